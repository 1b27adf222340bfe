//! Changes and cancellations that came when the goods were already in hands: only the floor knows what happened to them.

use super::catalogue::Kind;
use super::exception::{ExceptionEdit, Team};
use super::time::{Span, Ts};
use crate::text::clean;
use serde::{Deserialize, Serialize};

/// Kinds whose end is something that happens on the floor.
pub const LATE_KINDS: [Kind; 5] = [
    Kind::CanTooLate,
    Kind::AmdTooLate,
    Kind::CanDespatchedAnyway,
    Kind::CanAfterDespatch,
    Kind::AmdNotExpressible,
];

/// How long the despatch of what ships as it is may take.
const SHIPS_WITHIN: Span = Span::days(1);
/// Shortest word about where the goods are, characters.
pub const GOODS_CHARS_MIN: usize = 3;
/// Longest, characters.
pub const GOODS_CHARS_MAX: usize = 200;

/// What the floor answered when somebody rang.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FloorAnswer {
    /// Pulled: nothing of it leaves.
    Stopped,
    /// It leaves as it is.
    Ships,
    /// It has left.
    Gone,
}

impl FloorAnswer {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Stopped, Self::Ships, Self::Gone];

    /// In the words of the form.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Stopped => "stopped: the goods stay here",
            Self::Ships => "not stopped: it ships as it is",
            Self::Gone => "gone: it has left the building",
        }
    }

    /// In one word, as notes have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Ships => "not stopped, ships as it is",
            Self::Gone => "gone",
        }
    }
}

/// Whether the end of such a case is something that happens on the floor.
pub fn is_physical(kind: Kind) -> bool {
    LATE_KINDS.contains(&kind)
}

/// Where the goods are, as it is kept.
///
/// # Errors
/// Why that says nothing, and what to say.
pub fn goods(text: &str) -> Result<String, String> {
    let text = clean(text).trim().to_owned();
    let chars = text.chars().count();
    if chars < GOODS_CHARS_MIN {
        return Err(
            "say where the goods are: back on shelf A-3, on the van, with the customer".to_owned(),
        );
    }
    if chars > GOODS_CHARS_MAX {
        return Err(format!(
            "where the goods are may have {GOODS_CHARS_MAX} characters, this has {chars}"
        ));
    }
    Ok(text)
}

/// What an answer does to the case. Stopped: both systems are read, and what came too late is written. Ships: customer
/// service has it until the despatch. Gone: it closes and leaves a debt until both systems agree.
pub fn edits(answer: FloorAnswer, goods: &str, now: Ts) -> Vec<ExceptionEdit> {
    let said = format!("the floor: {}; the goods: {goods}", answer.as_str());
    match answer {
        FloorAnswer::Stopped => vec![ExceptionEdit::MarkFixed, ExceptionEdit::Note { text: said }],
        FloorAnswer::Ships => vec![
            ExceptionEdit::Assign {
                team: Team::Cx,
                person: None,
            },
            ExceptionEdit::Note { text: said },
            ExceptionEdit::Wait {
                who: "the despatch".to_owned(),
                until: now + SHIPS_WITHIN,
            },
        ],
        FloorAnswer::Gone => vec![ExceptionEdit::Dismiss { reason: said }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_without_a_word_about_the_goods_is_none() {
        assert!(goods(" - ").unwrap_err().contains("where the goods are"));
        assert_eq!(goods(" shelf A-3\u{1b} ").unwrap(), "shelf A-3");
        assert!(goods(&"x".repeat(201)).is_err());
    }

    #[test]
    fn only_what_has_left_is_closed_by_a_word() {
        let closes = |answer| {
            edits(answer, "shelf A-3", Ts(0))
                .iter()
                .any(|e| matches!(e, ExceptionEdit::Dismiss { .. }))
        };
        assert_eq!(FloorAnswer::ALL.map(closes), [false, false, true]);
    }
}
