//! One act on many cases or orders, worked through by the engine one after the other in a person's name.

use super::exception::{ExceptionEdit, ExceptionRow, Team};
use super::ids::{BulkId, ExceptionId, JournalSeq, OrderId};
use super::lifecycle_case;
use super::order::OrderRow;
use super::time::{Span, Ts};
use serde::{Deserialize, Serialize};

/// Cases or orders of one bulk act at most.
pub const ITEMS_MAX: usize = 100_000;
/// Bulk acts that are under way at most.
pub const RUNNING_MAX: i64 = 50;
/// Up to so many cases are done while the person waits.
pub const AT_ONCE_MAX: usize = 20;
/// What was done is forgotten so long after it ended; the journal keeps every line.
pub const KEPT: Span = Span::days(90);

/// What is done to exceptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum ExceptionAct {
    Acknowledge,
    Assign {
        team: Team,
        person: Option<String>,
    },
    Work,
    Snooze {
        until: Ts,
        condition: Option<String>,
    },
    Wait {
        who: String,
        until: Ts,
    },
    Note {
        text: String,
    },
    MarkFixed,
    Dismiss {
        reason: String,
    },
    Retry,
}

impl ExceptionAct {
    /// The edit of the case; `None` for what only asks the engine for something.
    pub fn edit(&self) -> Option<ExceptionEdit> {
        Some(match self.clone() {
            Self::Acknowledge => ExceptionEdit::Acknowledge,
            Self::Assign { team, person } => ExceptionEdit::Assign { team, person },
            Self::Work => ExceptionEdit::Work,
            Self::Snooze { until, condition } => ExceptionEdit::Snooze { until, condition },
            Self::Wait { who, until } => ExceptionEdit::Wait { who, until },
            Self::Note { text } => ExceptionEdit::Note { text },
            Self::MarkFixed => ExceptionEdit::MarkFixed,
            Self::Dismiss { reason } => ExceptionEdit::Dismiss { reason },
            Self::Retry => return None,
        })
    }

    /// Whether systems are read or written because of it.
    pub const fn is_outward(&self) -> bool {
        matches!(self, Self::Retry | Self::MarkFixed)
    }

    /// Whether a case that somebody changed meanwhile is left alone. Remarks and retries take nothing away from anybody.
    pub const fn minds_changes(&self) -> bool {
        !matches!(self, Self::Note { .. } | Self::Retry)
    }

    /// What it would come to on a case as it stands.
    ///
    /// # Errors
    /// Why it is not possible now, for people.
    pub fn would(&self, row: &ExceptionRow, who: &str, now: Ts) -> Result<(), String> {
        match self.edit() {
            Some(edit) => lifecycle_case::apply(row, &edit, who, now).map(|_| ()),
            None if row.state.is_open() => Ok(()),
            None => Err(format!(
                "exception {} is {}; there is nothing to retry",
                row.id, row.state
            )),
        }
    }

    /// The word on the button.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Acknowledge => "Take",
            Self::Assign { .. } => "Hand over",
            Self::Work => "Start",
            Self::Snooze { .. } => "Snooze",
            Self::Wait { .. } => "Wait",
            Self::Note { .. } => "Note",
            Self::MarkFixed => "Mark fixed",
            Self::Dismiss { .. } => "Dismiss",
            Self::Retry => "Retry",
        }
    }

    /// What is done, with everything that was said about it.
    pub fn says(&self) -> String {
        match self {
            Self::Acknowledge => "take".to_owned(),
            Self::Assign {
                team,
                person: Some(person),
            } => format!("hand over to {person} of {team}"),
            Self::Assign { team, person: None } => format!("hand over to {team}"),
            Self::Work => "start on".to_owned(),
            Self::Snooze {
                until,
                condition: None,
            } => format!("snooze until {until}"),
            Self::Snooze {
                until,
                condition: Some(condition),
            } => format!("snooze until {until} or {condition}"),
            Self::Wait { who, until } => format!("wait for {who} until {until}"),
            Self::Note { text } => format!("note: {text}"),
            Self::MarkFixed => "mark as fixed".to_owned(),
            Self::Dismiss { reason } => format!("dismiss: {reason}"),
            Self::Retry => "retry".to_owned(),
        }
    }
}

/// What is done to orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum OrderAct {
    Hold {
        reason: String,
    },
    Release,
    /// Read in both systems and decided on again.
    Resync,
}

impl OrderAct {
    /// What it would come to on an order as it stands.
    ///
    /// # Errors
    /// Why it is not possible now, for people; nothing in it is the order's own.
    pub fn would(&self, row: &OrderRow) -> Result<(), String> {
        match self {
            Self::Resync => Ok(()),
            Self::Release if row.held_reason.is_none() => {
                Err(format!("nobody holds it; it is {}", row.state))
            }
            Self::Release => Ok(()),
            Self::Hold { .. } if row.held_reason.is_some() => Err("it is held already".to_owned()),
            Self::Hold { .. } if row.state.is_finished() => {
                Err(format!("it is {}, nothing is left to hold", row.state))
            }
            Self::Hold { .. } if !row.state.is_before_warehouse() => Err(format!(
                "the warehouse has it ({}); put it on hold there",
                row.state
            )),
            Self::Hold { .. } => Ok(()),
        }
    }

    /// The word on the button.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Hold { .. } => "Hold",
            Self::Release => "Release",
            Self::Resync => "Read again",
        }
    }

    /// What is done, with everything that was said about it.
    pub fn says(&self) -> String {
        match self {
            Self::Hold { reason } => format!("hold: {reason}"),
            Self::Release => "release".to_owned(),
            Self::Resync => "read again".to_owned(),
        }
    }
}

/// What a bulk act does, and to what. The stored form is that of the act alone: no two acts share a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BulkAct {
    Cases(ExceptionAct),
    Orders(OrderAct),
}

impl BulkAct {
    /// What is done, with everything that was said about it.
    pub fn says(&self) -> String {
        match self {
            Self::Cases(act) => act.says(),
            Self::Orders(act) => act.says(),
        }
    }

    /// `340 orders`.
    pub fn count(&self, n: i64) -> String {
        match self {
            Self::Cases(_) => crate::text::count(n, "case", "cases"),
            Self::Orders(_) => crate::text::count(n, "order", "orders"),
        }
    }

    /// What a number stored with it means.
    pub const fn target(&self, id: i64) -> BulkTarget {
        match self {
            Self::Cases(_) => BulkTarget::Case(ExceptionId(id)),
            Self::Orders(_) => BulkTarget::Order(OrderId(id)),
        }
    }
}

/// What a bulk act is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkTarget {
    Case(ExceptionId),
    Order(OrderId),
}

impl BulkTarget {
    /// Its number, as it is stored.
    pub const fn number(self) -> i64 {
        match self {
            Self::Case(id) => id.0,
            Self::Order(id) => id.0,
        }
    }
}

/// Where a bulk act stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkState {
    Running,
    Ended,
    /// A person stopped it; what was done stays done.
    Stopped,
}

impl BulkState {
    /// Stored number.
    pub const fn code(self) -> i64 {
        match self {
            Self::Running => 0,
            Self::Ended => 1,
            Self::Stopped => 2,
        }
    }

    /// From the stored number.
    pub const fn from_code(code: i64) -> Option<Self> {
        match code {
            0 => Some(Self::Running),
            1 => Some(Self::Ended),
            2 => Some(Self::Stopped),
            _ => None,
        }
    }
}

impl std::fmt::Display for BulkState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Running => "running",
            Self::Ended => "ended",
            Self::Stopped => "stopped",
        })
    }
}

/// A bulk act with its counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bulk {
    pub id: BulkId,
    pub act: BulkAct,
    pub who: String,
    pub began_at: Ts,
    /// When it ended or was stopped.
    pub ended_at: Option<Ts>,
    pub state: BulkState,
    pub total: i64,
    pub done: i64,
    pub refused: i64,
    /// Line of the journal of its first edit: all are taken back together.
    pub first_line: Option<JournalSeq>,
}

impl Bulk {
    /// Cases nobody has tried yet.
    pub const fn left(&self) -> i64 {
        self.total - self.done - self.refused
    }

    /// How much longer at the pace so far; `None` before anything is known.
    pub fn rest(&self, now: Ts) -> Option<Span> {
        let tried = self.done + self.refused;
        if self.state != BulkState::Running || tried == 0 {
            return None;
        }
        let took = now.since(self.began_at).0.max(0);
        Some(Span(took.saturating_mul(self.left()) / tried))
    }

    /// `340 cases: 120 done, 3 refused, 217 to go`.
    pub fn counts(&self) -> String {
        let mut text = format!(
            "{}: {} done, {} refused",
            self.act.count(self.total),
            self.done,
            self.refused
        );
        match (self.left(), self.state) {
            (0, _) => {}
            (left, BulkState::Running) => text.push_str(&format!(", {left} to go")),
            (left, _) => text.push_str(&format!(", {left} never tried")),
        }
        text
    }
}

/// What became of one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    Waiting,
    Done,
    Refused,
}

impl ItemState {
    /// Stored number.
    pub const fn code(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Done => 1,
            Self::Refused => 2,
        }
    }

    /// From the stored number.
    pub const fn from_code(code: i64) -> Option<Self> {
        match code {
            0 => Some(Self::Waiting),
            1 => Some(Self::Done),
            2 => Some(Self::Refused),
            _ => None,
        }
    }
}

impl std::fmt::Display for ItemState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Refused => "refused",
        })
    }
}

/// One case or order of a bulk act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BulkItem {
    /// Its place in the order of work, from 0.
    pub place: i64,
    #[serde(flatten)]
    pub target: BulkTarget,
    /// What it is called.
    pub label: String,
    /// The version the person saw.
    pub version: i64,
    pub state: ItemState,
    /// What was done, or why not.
    pub text: String,
}

/// A bulk act begins, goes on or is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkChange {
    /// What it is done to, by number, with the versions that were seen, in the order of work.
    Start {
        id: BulkId,
        act: BulkAct,
        targets: Vec<(i64, i64)>,
    },
    /// One was tried; stored with what it led to. Refused when it was before.
    Item {
        id: BulkId,
        place: i64,
        is_done: bool,
        text: String,
    },
    /// What is left is not tried.
    Stop { id: BulkId },
}

/// What a bulk act would come to now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BulkTrial {
    /// Cases or orders that were looked at.
    pub cases: usize,
    /// Those it would be done to.
    pub passes: usize,
    /// Why it would not be done to the others, most cases first.
    pub refused: Vec<(String, usize)>,
    /// The first ones in the order of work.
    pub first: Vec<String>,
    /// Of orders in these cases that wait for the checks: how many would pass them now.
    pub orders: Option<OrdersTrial>,
    /// How long the orders that pass take at today's limits.
    pub takes: Option<Span>,
}

/// What today's checks say of orders that would be tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OrdersTrial {
    pub looked_at: usize,
    pub passes: usize,
    /// What would still keep the others, most orders first.
    pub still: Vec<(String, usize)>,
    /// There are more orders than were looked at.
    pub is_cut: bool,
}

/// How often each text stands in a list, the most frequent first.
pub fn tally(texts: impl IntoIterator<Item = String>) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts
}

/// A refusal without the number of the case it is about, so that equal ones are counted together.
pub fn common_reason(text: &str, case: ExceptionId) -> String {
    text.replace(&format!("exception {case}"), "a case")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(done: i64, refused: i64, state: BulkState) -> Bulk {
        Bulk {
            id: BulkId(3),
            act: BulkAct::Cases(ExceptionAct::Retry),
            who: "sam".to_owned(),
            began_at: Ts(0),
            ended_at: None,
            state,
            total: 40,
            done,
            refused,
            first_line: None,
        }
    }

    #[test]
    fn what_is_left_takes_as_long_as_what_was_done() {
        let now = Ts(0) + Span::secs(10);
        assert_eq!(
            bulk(9, 1, BulkState::Running).rest(now),
            Some(Span::secs(30))
        );
        assert_eq!(bulk(0, 0, BulkState::Running).rest(now), None);
        assert_eq!(bulk(9, 1, BulkState::Stopped).rest(now), None);
    }

    #[test]
    fn counts_say_what_was_never_tried() {
        let says = |state| bulk(9, 1, state).counts();
        assert_eq!(
            says(BulkState::Running),
            "40 cases: 9 done, 1 refused, 30 to go"
        );
        assert_eq!(
            says(BulkState::Stopped),
            "40 cases: 9 done, 1 refused, 30 never tried"
        );
    }

    #[test]
    fn what_is_done_to_orders_is_stored_beside_what_is_done_to_cases() {
        let acts = [
            BulkAct::Cases(ExceptionAct::Retry),
            BulkAct::Cases(ExceptionAct::Note {
                text: "seen".to_owned(),
            }),
            BulkAct::Orders(OrderAct::Release),
            BulkAct::Orders(OrderAct::Hold {
                reason: "recall".to_owned(),
            }),
        ];
        for act in acts {
            let text = serde_json::to_string(&act).unwrap();
            assert_eq!(
                serde_json::from_str::<BulkAct>(&text).unwrap(),
                act,
                "{text}"
            );
        }
        let old = serde_json::from_str::<BulkAct>("{\"act\":\"mark_fixed\"}").unwrap();
        assert_eq!(old, BulkAct::Cases(ExceptionAct::MarkFixed));
    }

    #[test]
    fn equal_reasons_of_different_cases_are_counted_together() {
        let reasons = [7, 8].map(|n| {
            common_reason(
                &format!("exception {n} is already resolved"),
                ExceptionId(n),
            )
        });
        assert_eq!(
            tally(reasons.into_iter().chain(["other".to_owned()])),
            [
                ("a case is already resolved".to_owned(), 2),
                ("other".to_owned(), 1)
            ]
        );
    }
}
