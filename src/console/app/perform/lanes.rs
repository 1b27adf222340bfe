//! What people do about lanes of stock movements and about drifts of a ledger the source keeps itself.

use super::super::action::Action;
use super::super::ask::Act;
use super::super::layers::Layer;
use super::super::layers::form::{Form, Purpose};
use super::super::layers::lane_form::{LaneForm, Matter};
use super::super::layers::mapping::MappingEditor;
use super::super::subject::{Subject, lane_of};
use super::super::{App, words};
use crate::desk::LaneRemedy;
use crate::domain::drift::ledger::{
    APPROVAL_ABOVE_MINOR, COUNT_RECENT, Correction, ROOT_CAUSE_TIMES, ROOT_CAUSE_WITHIN, correction,
};
use crate::domain::ids::{ItemCode, LocationId, PairId};
use crate::domain::mapping::MappingKind;
use crate::domain::movements::Standing;
use crate::domain::second::SECOND_WITHIN;
use crate::domain::stock::StockPosition;
use crate::domain::time::Span;
use crate::store::LaneRow;
use crate::text;

/// The place of a lane of one item; a lane of a whole location has none.
fn place(row: &LaneRow) -> Option<(PairId, ItemCode, LocationId)> {
    let item = row.key.item.clone()?;
    Some((row.pair.clone(), item, row.key.location.clone()))
}

const fn hours(span: Span) -> i64 {
    span.as_secs() / 3_600
}

impl App {
    /// The lane that keys act on here.
    pub(in super::super) fn lane(&self) -> Option<LaneRow> {
        self.subjects().into_iter().find_map(|s| match s {
            Subject::Lane(row) => Some(*row),
            _ => None,
        })
    }

    /// From an exception to the lane it is about.
    pub(super) fn open_lane(&mut self) {
        let found = self.subjects().into_iter().find_map(|s| match s {
            Subject::Exceptions(rows) => rows.first().and_then(lane_of),
            _ => None,
        });
        if let Some(link) = found {
            let title = self.link_title(&link);
            self.nav.open(link, title);
        }
    }

    pub(super) fn on_lane(&mut self, action: Action, row: &LaneRow) {
        match action {
            Action::RetryHead => self.retry_head(row),
            Action::SkipHead => self.lane_form(row, Matter::Skip, "Skip the head of", skipped(row)),
            Action::CountLane => {
                self.lane_form(row, Matter::Count, "Replace by a count:", counted(row));
            }
            Action::MapWord => self.map_word(row),
            _ => {}
        }
    }

    fn retry_head(&mut self, row: &LaneRow) {
        let (Some((pair, item, location)), Some(head)) = (place(row), row.head()) else {
            return;
        };
        let mut lines = vec![head.movement.words()];
        if !head.text.is_empty() {
            lines.push(format!("Last answer: {}", head.text));
        }
        lines.push(match row.standing {
            Standing::Blocked => "It is written again now. Where the answer says that the figure stands already, you say with this that it is not in the source.".to_owned(),
            _ => "It is written now, as soon as its system takes calls.".to_owned(),
        });
        let title = self
            .header
            .places
            .say(format!("Try the head of {} again?", row.key));
        let act = Act::LaneHead {
            pair,
            item,
            location,
            remedy: LaneRemedy::Retry,
            reason: String::new(),
        };
        self.ask_first(title, self.named_places(lines), "Try again", act, 1);
    }

    fn lane_form(&mut self, row: &LaneRow, matter: Matter, verb: &str, about: Vec<String>) {
        let Some((pair, item, location)) = place(row) else {
            return;
        };
        let title = self.header.places.say(format!("{verb} {}", row.key));
        let purpose = Purpose::Lane(LaneForm {
            pair,
            item,
            location,
            matter,
        });
        let form = Form::new(purpose, title, self.named_places(about));
        self.push_layer(Layer::Form(form));
    }

    fn named_places(&self, lines: Vec<String>) -> Vec<String> {
        lines
            .into_iter()
            .map(|line| self.header.places.say(line))
            .collect()
    }

    /// Asks why the floor is to count it.
    pub(super) fn ask_count(&mut self, row: &StockPosition) {
        let about = self.named_places(vec![
            format!(
                "The warehouse shows {} on hand, {} unexplained.",
                row.on_hand_each,
                words::signed(row.remainder_each)
            ),
            "It becomes a case of the warehouse until the figure is recorded there; nothing is corrected by it."
                .to_owned(),
        ]);
        let place = format!("{}@{}", row.item, row.location);
        let title = self.header.places.say(format!("Have {place} counted"));
        let purpose = Purpose::Lane(LaneForm {
            pair: row.pair.clone(),
            item: row.item.clone(),
            location: row.location.clone(),
            matter: Matter::AskCount,
        });
        self.push_layer(Layer::Form(Form::new(purpose, title, about)));
    }

    /// What the head's word means; for a site nobody mapped, which location it is.
    fn map_word(&mut self, row: &LaneRow) {
        let Some(head) = row.head() else {
            return;
        };
        let reason = match row.exception {
            Some(id) => format!("exception {id}"),
            None => self.header.places.say(format!("lane {}", row.key)),
        };
        let (kind, from) = match head.kind {
            // Its word is known: it is the site that no location is mapped to.
            Some(_) => (MappingKind::Site, ""),
            None => (MappingKind::Reason, head.movement.word.trim()),
        };
        let (editor, ask) = MappingEditor::new(row.pair.clone(), kind, from, &reason);
        self.edit_mapping(editor, ask);
    }

    pub(super) fn correct_stock(&mut self, row: &StockPosition) {
        let about = self.named_places(corrected(row));
        let place = format!("{}@{}", row.item, row.location);
        let title = self.header.places.say(format!("Correct {place}"));
        let purpose = Purpose::Lane(LaneForm {
            pair: row.pair.clone(),
            item: row.item.clone(),
            location: row.location.clone(),
            matter: Matter::Correct,
        });
        self.push_layer(Layer::Form(Form::new(purpose, title, about)));
    }
}

fn skipped(row: &LaneRow) -> Vec<String> {
    let Some(head) = row.head() else {
        return Vec::new();
    };
    let next = match row.waiting {
        0 => "Nothing waits behind it.".to_owned(),
        n => format!(
            "{} behind it; the next one becomes the head.",
            text::count(n, "movement waits", "movements wait")
        ),
    };
    vec![
        head.movement.words(),
        format!(
            "It is left out: {} owed, and both systems are compared now. The debt stays on the lane until a comparison agrees; nothing posts it by itself.",
            units_are(head.movement.delta_each)
        ),
        next,
    ]
}

fn counted(row: &LaneRow) -> Vec<String> {
    vec![
        format!(
            "In place of {} ({} units) that moved before the count, the counted figure is written. Despatches the source was not told of are added; what moves later follows.",
            text::count(row.waiting + 1, "movement", "movements"),
            words::signed(row.pending_each)
        ),
        format!(
            "It takes two persons: the first one's count is kept, a second one gives the same count within {} hours. Count the shelf just before.",
            hours(SECOND_WITHIN)
        ),
    ]
}

/// `+1 unit is`, `-5 units are`.
fn units_are(each: i64) -> String {
    let noun = if each.abs() == 1 {
        "unit is"
    } else {
        "units are"
    };
    format!("{} {noun}", words::signed(each))
}

fn corrected(row: &StockPosition) -> Vec<String> {
    let Some(book) = &row.ledger else {
        return Vec::new();
    };
    let by_worth = correction(
        row.remainder_each,
        Some(row.updated_at),
        book.unit_cost_minor,
        0,
        row.updated_at,
    );
    let persons = match by_worth {
        Correction::PostWithApproval { .. } => format!(
            "It takes two persons, because it is worth more than {}: a second one asks for the same within {} hours.",
            text::money(APPROVAL_ABOVE_MINOR),
            hours(SECOND_WITHIN)
        ),
        _ => format!(
            "One person is enough, unless it was corrected {ROOT_CAUSE_TIMES} times within {} days: then a second one asks for the same.",
            hours(ROOT_CAUSE_WITHIN) / 24
        ),
    };
    vec![
        format!(
            "The source has {} on hand, the warehouse {}; {} is explained by nothing. A correction of {} takes its turn in the item's lane.",
            book.figures.source_on_hand,
            book.figures.on_hand,
            words::signed(row.remainder_each),
            words::signed(row.remainder_each.saturating_neg())
        ),
        format!(
            "Counted: what was counted on the shelf just now; the warehouse must show the same. Leave it empty when a count of the last {} days is in the warehouse.",
            hours(COUNT_RECENT) / 24
        ),
        persons,
    ]
}
