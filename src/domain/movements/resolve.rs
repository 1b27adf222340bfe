//! A person's way out of a stopped lane. Only the head is ever dealt with; what waits behind it keeps its turn.

use super::{LaneEntry, LaneKey, LaneView, Standing};
use crate::domain::role::{self, Person, Role};
use crate::domain::time::{Span, Ts};

/// A count older than this is no fresh count.
const COUNT_AGE_MAX: Span = Span::hours(24);

/// A count made by the floor, and what left since or is still to be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// On hand at the site when it was counted.
    pub counted_each: i64,
    pub counted_at: Ts,
    /// Units despatched after the count.
    pub despatched_since_each: i64,
    /// Units despatched at any time whose confirmation the source does not have: still in its on-hand figure.
    pub unconfirmed_each: i64,
}

impl Count {
    /// The source's on-hand figure that agrees with the count, once the movements made after it follow.
    pub const fn target_each(&self) -> i64 {
        self.counted_each
            .saturating_sub(self.despatched_since_each)
            .saturating_add(self.unconfirmed_each)
    }
}

/// What a person wants done about a stopped head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadRemedy {
    /// Try it again as it is.
    Retry,
    /// The cause was put right in the source: what was done. Then try again.
    Fixed { what: String },
    /// Leave it out: it becomes a debt and the item is compared at once.
    Skip { reason: String },
    /// Drop what waits and post the counted figure.
    ReplaceByCount { count: Count, reason: String },
}

/// A movement that was never posted, remembered until a comparison shows agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debt {
    pub lane: LaneKey,
    /// Key of the movement.
    pub key: String,
    pub delta_each: i64,
    pub reason: String,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution<'a> {
    /// The head goes again; the note belongs in the journal.
    Again { head: &'a LaneEntry, note: String },
    /// The head is skipped, the debt opened, the item of the lane compared now; the next in line becomes the head.
    Skipped {
        head: &'a LaneEntry,
        debt: Debt,
        next: Option<&'a LaneEntry>,
    },
    /// These movements are part of the count; the figure is posted in their place, and those made after the count
    /// follow in their order.
    Replaced {
        dropped: Vec<&'a LaneEntry>,
        kept: Vec<&'a LaneEntry>,
        target_each: i64,
        reason: String,
    },
}

/// The ways out, whatever a person says with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Retry,
    Skip,
    Replace,
}

/// Whether the head of a lane that stands like this can be dealt with in this way at all, whoever asks.
///
/// # Errors
/// In words for people: nothing waits, the effect of a write is unknown, a word has to be mapped first.
pub fn may(
    key: &LaneKey,
    standing: Standing,
    head: Option<&LaneEntry>,
    way: Way,
) -> Result<(), String> {
    let Some(head) = head else {
        return Err(format!(
            "lane {key} is empty: there is nothing to deal with"
        ));
    };
    if standing.is_held() {
        return Err(format!(
            "wait until it was asked about, it may be in the source already: {}",
            head.movement.words()
        ));
    }
    if way == Way::Retry && standing == Standing::Unmapped {
        return Err(format!(
            "map it first, it goes by itself then: {}",
            head.text
        ));
    }
    if way == Way::Replace && key.item.is_none() {
        return Err(format!(
            "lane {key} holds all items of a location: a count of one cannot replace it"
        ));
    }
    Ok(())
}

impl HeadRemedy {
    /// The way out it is.
    pub const fn way(&self) -> Way {
        match self {
            Self::Retry | Self::Fixed { .. } => Way::Retry,
            Self::Skip { .. } => Way::Skip,
            Self::ReplaceByCount { .. } => Way::Replace,
        }
    }
}

/// Whether a person may deal with the head in this way, and what follows. `second` is the other person of a decision
/// that takes two.
///
/// # Errors
/// In words for people: nothing to deal with, a write whose effect is unknown, the wrong role, no reason, one person
/// where two are needed, a count that does not cover the head.
pub fn resolve<'a>(
    lane: &LaneView<'a>,
    remedy: &HeadRemedy,
    by: &Person,
    second: Option<&Person>,
    now: Ts,
) -> Result<Resolution<'a>, String> {
    may(lane.key, lane.standing, lane.head, remedy.way())?;
    let Some(head) = lane.head else {
        return Err(format!("lane {} is empty", lane.key));
    };
    match remedy {
        HeadRemedy::Retry => again(head, by, "tried again as it is".to_owned()),
        HeadRemedy::Fixed { what } => again(head, by, role::reason(what)?),
        HeadRemedy::Skip { reason } => {
            role::require(by, &[Role::Lead], "skip a movement")?;
            Ok(Resolution::Skipped {
                head,
                debt: Debt {
                    lane: lane.key.clone(),
                    key: head.key.clone(),
                    delta_each: head.movement.delta_each,
                    reason: role::reason(reason)?,
                },
                next: lane.waiting.first().copied(),
            })
        }
        HeadRemedy::ReplaceByCount { count, reason } => {
            two_persons(by, second)?;
            replaced(lane, head, count, role::reason(reason)?, now)
        }
    }
}

fn again<'a>(head: &'a LaneEntry, by: &Person, note: String) -> Result<Resolution<'a>, String> {
    let roles = [Role::Operator, Role::Lead, Role::FinanceApprover];
    role::require(by, &roles, "retry a movement")?;
    Ok(Resolution::Again { head, note })
}

fn two_persons(by: &Person, second: Option<&Person>) -> Result<(), String> {
    let what = "replace a lane by a count";
    let roles = [Role::Operator, Role::Lead, Role::FinanceApprover];
    role::require(by, &roles, what)?;
    let Some(second) = second else {
        return Err(format!("it takes a second person to {what}"));
    };
    if by.is_same(second) {
        return Err(format!(
            "{} cannot be both persons: it takes a second one to {what}",
            by.name
        ));
    }
    role::require(
        second,
        &[Role::Lead, Role::FinanceApprover],
        &format!("approve: {what}"),
    )
}

fn replaced<'a>(
    lane: &LaneView<'a>,
    head: &'a LaneEntry,
    count: &Count,
    reason: String,
    now: Ts,
) -> Result<Resolution<'a>, String> {
    if count.counted_at > now || now.since(count.counted_at) > COUNT_AGE_MAX {
        return Err(format!(
            "the count of {} is not fresh: have the item counted again",
            count.counted_at.in_words()
        ));
    }
    if count.counted_at < head.movement.at {
        return Err(format!(
            "the count of {} was made before {}: it cannot replace it",
            count.counted_at.in_words(),
            head.movement.words()
        ));
    }
    let target_each = count.target_each();
    if count.counted_each < 0 || target_each < 0 {
        return Err(format!("a figure of {target_each} on hand cannot be"));
    }
    let (dropped, kept) = lane
        .outstanding()
        .partition(|e| e.movement.at <= count.counted_at);
    Ok(Resolution::Replaced {
        dropped,
        kept,
        target_each,
        reason,
    })
}
