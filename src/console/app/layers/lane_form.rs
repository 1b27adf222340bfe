//! Forms about lanes of stock movements and drifts of a ledger the source keeps itself.

use super::super::ask::Act;
use crate::desk::LaneRemedy;
use crate::domain::count::figure;
use crate::domain::ids::{ItemCode, LocationId, PairId};

/// What a form is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneForm {
    pub pair: PairId,
    pub item: ItemCode,
    pub location: LocationId,
    pub matter: Matter,
}

/// What is to be done there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// Leave the head out with a debt.
    Skip,
    /// Post a count in place of what waits.
    Count,
    /// Post what a drift is missing.
    Correct,
    /// Have the floor count it.
    AskCount,
}

impl Matter {
    /// The button.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Skip => "Skip it",
            Self::Count => "Give the count",
            Self::Correct => "Correct",
            Self::AskCount => "Ask for it",
        }
    }

    /// Labels of its fields, and which must be filled in.
    pub const fn labels(self) -> &'static [(&'static str, bool)] {
        match self {
            Self::Skip | Self::AskCount => &[("Reason", true)],
            Self::Count => &[("Counted", true), ("Reason", true)],
            Self::Correct => &[("Counted", false), ("Cause", true)],
        }
    }
}

impl LaneForm {
    /// What the form says when it is sent.
    ///
    /// # Errors
    /// The field that is wrong and what is wrong with it.
    pub fn act(&self, texts: &[String]) -> Result<Act, (usize, String)> {
        let text = |at: usize| texts.get(at).cloned().unwrap_or_default();
        let (pair, item, location) = (self.pair.clone(), self.item.clone(), self.location.clone());
        let head = |remedy, reason| Act::LaneHead {
            pair: pair.clone(),
            item: item.clone(),
            location: location.clone(),
            remedy,
            reason,
        };
        Ok(match self.matter {
            Matter::AskCount => Act::AskCount {
                pair: pair.clone(),
                item: item.clone(),
                location: location.clone(),
                reason: text(0),
            },
            Matter::Skip => head(LaneRemedy::Skip, text(0)),
            Matter::Count => {
                let counted_each = figure(&text(0)).map_err(|why| (0, why))?;
                head(LaneRemedy::Replace { counted_each }, text(1))
            }
            Matter::Correct => Act::CorrectStock {
                pair: pair.clone(),
                item: item.clone(),
                location: location.clone(),
                counted_each: match text(0).as_str() {
                    "" => None,
                    typed => Some(figure(typed).map_err(|why| (0, why))?),
                },
                reason: text(1),
            },
        })
    }
}
