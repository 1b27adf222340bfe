//! What is shown of a stored call.

use super::super::App;
use super::super::ask::Act;
use super::super::doc::Link;
use super::super::sheets::call::Mode;
use crate::report::Sight;

impl App {
    /// The whole call, or in what it differs from the last one that went well.
    pub(super) fn compare_call(&mut self) {
        let (columns, now) = (self.size.0, self.now);
        let Some(page) = self.nav.page_mut() else {
            return;
        };
        if let Some(call) = &mut page.call {
            call.mode = match call.mode {
                Mode::Whole => Mode::Compared,
                Mode::Compared => Mode::Whole,
            };
        }
        page.lay_out_call(columns, now);
    }

    /// Shows the people of the call once the journal has it that they were looked at, or masks them again.
    pub(super) fn look_into(&mut self) {
        let Some(page) = self.nav.page_mut() else {
            return;
        };
        let (Link::Payload(id), Some(call)) = (&page.link, &mut page.call) else {
            return;
        };
        let (id, of) = (*id, page.id);
        match call.sight {
            Sight::Whole => {
                call.sight = Sight::Masked;
                page.is_stale = true;
            }
            Sight::Masked => {
                let before = self.ticket;
                self.act(Act::LookInto(id));
                self.looking = (self.ticket != before).then_some((self.ticket, of));
            }
        }
    }

    /// The journal has it, or could not take it: then nothing more is shown.
    pub(in super::super) fn looked_into(&mut self, ticket: u64, is_kept: bool) {
        let Some((_, page)) = self.looking.take_if(|(of, _)| *of == ticket) else {
            return;
        };
        if let Some(page) = self.nav.by_id(page)
            && let Some(call) = &mut page.call
            && is_kept
        {
            call.sight = Sight::Whole;
            page.is_stale = true;
        }
    }
}
