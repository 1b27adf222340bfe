//! Decisions that take two persons: what the first one asked for is kept until a second one asks for the same.

use super::ids::PairId;
use super::movements::LaneKey;
use super::role::Person;
use super::time::{Span, Ts};
use serde::{Deserialize, Serialize};

/// What one person asked for waits this long for a second one.
pub const SECOND_WITHIN: Span = Span::hours(24);

/// What one person asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub who: String,
    /// The figure: a count, or the units of a correction.
    pub each: i64,
    pub at: Ts,
}

impl Proposal {
    /// What was kept, while it still counts.
    pub fn read(kept: Option<&str>, now: Ts) -> Option<Self> {
        let found: Self = serde_json::from_str(kept?).ok()?;
        (now.since(found.at) <= SECOND_WITHIN).then_some(found)
    }

    /// As it is kept.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Until when a second person may ask for the same.
    pub fn until(&self) -> Ts {
        self.at + SECOND_WITHIN
    }

    /// Whether `by`, asking for `each`, is the second person of it.
    pub fn is_seconded(&self, by: &Person, each: i64) -> bool {
        self.each == each && !Person::with_every_role(&self.who).is_same(by)
    }
}

/// Where a count in place of a lane's movements is kept.
pub fn count_key(pair: &PairId, lane: &LaneKey) -> String {
    format!("lane_count/{pair}/{}", lane.order_key())
}

/// Where a correction of a drift is kept.
pub fn correction_key(pair: &PairId, lane: &LaneKey) -> String {
    format!("correction/{pair}/{}", lane.order_key())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_person_with_the_same_figure_within_a_day_is_the_second() {
        let first = Proposal {
            who: "sam".to_owned(),
            each: 7,
            at: Ts(0),
        };
        let kept = first.write();
        let alex = Person::with_every_role("alex");
        let later = Ts(0) + Span::hours(24);
        assert_eq!(Proposal::read(Some(&kept), later), Some(first.clone()));
        assert_eq!(Proposal::read(Some(&kept), later + Span::ms(1)), None);
        assert_eq!(Proposal::read(Some(""), Ts(0)), None, "carried out");
        assert!(first.is_seconded(&alex, 7));
        assert!(!first.is_seconded(&alex, 8));
        assert!(!first.is_seconded(&Person::with_every_role(" Sam"), 7));
    }
}
