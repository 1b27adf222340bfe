//! What is shown of a stored call.

use super::super::App;
use super::super::sheets::call::Mode;

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
}
