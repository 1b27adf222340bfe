//! Which stock figures to write first when the calls of a cycle do not suffice for all: those that are about to be
//! oversold, then those that have waited longest.

use super::ids::{ItemCode, LocationId};
use super::time::{Span, Ts};

/// A figure that changed since its last acknowledged write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFigure {
    pub item: ItemCode,
    pub location: LocationId,
    /// The source offers more than could be shipped, so that it may oversell.
    pub is_at_risk: bool,
    /// Hours to overselling, times 1000; `None` when nothing sells.
    pub oversell_hours_milli: Option<i64>,
    pub changed_at: Ts,
}

/// What a cycle may spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallBudget {
    /// Calls a second, times 1000.
    pub calls_per_sec_milli: i64,
    /// From one cycle to the next.
    pub interval: Span,
    /// Calls of the cycle that others have first claim to, such as confirmations of despatches.
    pub taken: i64,
}

impl CallBudget {
    /// Figures that can be written in one cycle.
    pub const fn capacity(&self) -> i64 {
        let all = self
            .calls_per_sec_milli
            .saturating_mul(self.interval.as_ms())
            / 1_000_000;
        let left = all.saturating_sub(self.taken);
        if left < 0 { 0 } else { left }
    }

    /// How long so many writes take at least.
    pub const fn time_for(&self, writes: i64) -> Span {
        if self.calls_per_sec_milli <= 0 {
            return Span(i64::MAX);
        }
        // Milliseconds, rounded up.
        let per = self.calls_per_sec_milli;
        Span::ms((writes.saturating_mul(1_000_000) + per - 1) / per)
    }
}

/// The plan of one cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishPlan {
    /// In this order.
    pub now: Vec<ChangedFigure>,
    /// For later cycles, in this order.
    pub later: Vec<ChangedFigure>,
    /// How many of both are at risk.
    pub at_risk: usize,
    /// When the last one at risk is written, from the start of the cycle.
    pub at_risk_done: Span,
    /// The oldest change of what is left for later.
    pub oldest_waiting: Option<Ts>,
    /// What is left for later does not fit into one more cycle: `SYS_THROTTLED`.
    pub is_throttled: bool,
}

impl PublishPlan {
    /// `900 changed, 480 now, 420 waiting`: lag, not drift.
    pub fn words(&self) -> String {
        format!(
            "{} changed, {} now, {} waiting",
            self.now.len() + self.later.len(),
            self.now.len(),
            self.later.len()
        )
    }
}

/// Plans a cycle: at-risk figures first, the nearest to overselling before the others; then by age. Items and locations
/// break ties, so that one state of things always gives one order.
pub fn plan(mut changed: Vec<ChangedFigure>, budget: &CallBudget) -> PublishPlan {
    changed.sort_by(|a, b| turn(a).cmp(&turn(b)));
    let at_risk = changed.iter().filter(|c| c.is_at_risk).count();
    let capacity = usize::try_from(budget.capacity()).unwrap_or(0);
    let later = changed.split_off(capacity.min(changed.len()));
    PublishPlan {
        at_risk,
        at_risk_done: budget.time_for(i64::try_from(at_risk).unwrap_or(i64::MAX)),
        oldest_waiting: later.iter().map(|c| c.changed_at).min(),
        is_throttled: later.len() > capacity,
        now: changed,
        later,
    }
}

fn turn(c: &ChangedFigure) -> (bool, i64, Ts, &ItemCode, &LocationId) {
    let hours = if c.is_at_risk {
        c.oversell_hours_milli.unwrap_or(i64::MAX)
    } else {
        0
    };
    (!c.is_at_risk, hours, c.changed_at, &c.item, &c.location)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn figure(n: i64, oversell_hours_milli: Option<i64>) -> ChangedFigure {
        ChangedFigure {
            item: ItemCode(format!("ITEM-{n:04}")),
            location: "shop".into(),
            is_at_risk: oversell_hours_milli.is_some(),
            oversell_hours_milli,
            changed_at: Ts(n),
        }
    }

    fn four_a_second(taken: i64) -> CallBudget {
        CallBudget {
            calls_per_sec_milli: 4_000,
            interval: Span::mins(2),
            taken,
        }
    }

    #[test]
    fn example_21_thirty_one_at_risk_go_first_and_the_rest_drains_in_the_next_cycle() {
        // The newest 31 changes are the ones at risk: they would come last by age.
        let changed: Vec<ChangedFigure> = (0..900)
            .map(|n| figure(n, (n >= 869).then_some(5_000 - n)))
            .collect();
        let p = plan(changed, &four_a_second(0));
        assert_eq!((p.now.len(), p.later.len(), p.at_risk), (480, 420, 31));
        assert!(p.now.iter().take(31).all(|c| c.is_at_risk));
        assert_eq!(
            p.now[0].item.as_str(),
            "ITEM-0899",
            "the nearest to overselling"
        );
        assert_eq!(p.at_risk_done, Span::ms(7_750), "8 seconds");
        assert!(!p.is_throttled);
        assert_eq!(p.words(), "900 changed, 480 now, 420 waiting");
        assert_eq!(p.oldest_waiting, Some(Ts(449)));
        let next = plan(p.later, &four_a_second(0));
        assert!(next.later.is_empty(), "the rest drains");
    }

    #[test]
    fn example_21_despatches_take_their_calls_first() {
        let changed: Vec<ChangedFigure> = (0..900).map(|n| figure(n, None)).collect();
        let p = plan(changed, &four_a_second(60));
        assert_eq!(
            (p.now.len(), p.later.len(), p.is_throttled),
            (420, 480, true)
        );
    }

    #[test]
    fn a_budget_that_others_have_spent_writes_nothing() {
        let p = plan(vec![figure(1, Some(0))], &four_a_second(1_000));
        assert_eq!((p.now.len(), p.later.len(), p.is_throttled), (0, 1, true));
        assert_eq!(plan(Vec::new(), &four_a_second(0)).oldest_waiting, None);
    }

    #[test]
    fn twenty_thousand_figures_take_more_than_an_hour() {
        assert_eq!(four_a_second(0).time_for(20_000).as_secs(), 5_000);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_risk_waits_while_something_safe_goes(
            risks in proptest::collection::vec(proptest::option::of(0i64..9_000), 0..60), taken in 0i64..480,
        ) {
            let changed: Vec<ChangedFigure> = risks.iter().enumerate()
                .map(|(n, r)| figure(i64::try_from(n).unwrap(), *r)).collect();
            let total = changed.len();
            let p = plan(changed, &four_a_second(taken + 430));
            prop_assert_eq!(p.now.len() + p.later.len(), total);
            if p.later.iter().any(|c| c.is_at_risk) {
                prop_assert!(p.now.iter().all(|c| c.is_at_risk));
            }
        }
    }
}
