//! Drift of a source that keeps its own on-hand figure and is told of changes, not of levels. Two questions are kept
//! apart: do the goods agree (on hand), and do the promises agree (available)? What stands in our own queues explains
//! part of a difference and is never counted as drift.

use super::{WaterfallStep, step, tolerance};
use crate::domain::catalogue::Kind;
use crate::domain::ids::{ItemCode, LocationId};
use crate::domain::preflight::Fault;
use crate::domain::publish::sellable;
use crate::domain::time::{Span, Ts};

/// The two systems' figures must be read within this time of each other to be compared.
pub const COMPARABLE_WITHIN: Span = Span::mins(5);

/// Everything the comparison of one item at one location looks at, units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerFigures {
    /// H: on hand in the warehouse.
    pub on_hand: i64,
    /// L: allocated in the warehouse.
    pub allocated: i64,
    /// V: available in the warehouse, as reported.
    pub available: i64,
    /// U: on accepted orders and not yet allocated.
    pub unsent: i64,
    /// D: despatched, the source not yet told.
    pub unconfirmed: i64,
    /// Q: signed sum of movements not yet posted.
    pub pending: i64,
    /// The source's own on hand, allocated and available; available is copied as shown and never computed.
    pub source_on_hand: i64,
    pub source_allocated: i64,
    pub source_available: i64,
    /// The source keeps what cannot be picked in a place of its own, so that it is not offered there.
    pub has_unsellable_place: bool,
}

/// The differences. Positive: the source promises more than exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LedgerDrift {
    /// Of the goods, beyond what our queues explain.
    pub physical: i64,
    /// Of what may be promised.
    pub availability: i64,
    /// Of what is promised: orders that only one of the systems knows.
    pub allocation: i64,
    /// N: not pickable in the warehouse and offered by the source all the same.
    pub unpickable: i64,
    /// The physical drift is beyond tolerance.
    pub is_outside: bool,
}

/// T: what could be sold.
fn sellable_of(figures: &LedgerFigures) -> i64 {
    sellable(
        figures.available,
        figures.on_hand,
        figures.allocated,
        figures.unsent,
    )
}

/// Takes the differences apart.
pub fn ledger_drift(figures: &LedgerFigures) -> LedgerDrift {
    let t = sellable_of(figures);
    let physical = figures.source_on_hand + figures.pending - figures.unconfirmed - figures.on_hand;
    let availability = figures.source_available - t;
    let unpickable = if figures.has_unsellable_place {
        0
    } else {
        figures.on_hand - figures.allocated - (t + figures.unsent)
    };
    LedgerDrift {
        physical,
        availability,
        allocation: availability - physical + figures.pending - unpickable,
        unpickable,
        is_outside: physical.abs() > tolerance(t),
    }
}

/// Whether figures read at these times may be compared at all.
pub const fn is_comparable(warehouse_read_at: Ts, source_read_at: Ts) -> bool {
    warehouse_read_at.since(source_read_at).0.abs() <= COMPARABLE_WITHIN.0
}

/// A return that is back on the shelf, and whose stock-in is neither in the source nor among our movements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostReturn {
    pub return_ref: String,
    pub units_each: i64,
}

/// What is wrong with the goods of one item: lost stock-ins first, and drift only for what they do not explain. Two
/// runs in a row must find the drift; a lost stock-in is a known cause and is named at once.
pub fn findings(
    item: &ItemCode,
    location: &LocationId,
    figures: &LedgerFigures,
    lost: &[LostReturn],
    runs: i64,
) -> Vec<Fault> {
    let found = ledger_drift(figures);
    let mut out = Vec::new();
    let mut left = found.physical;
    for back in lost {
        if left >= 0 || back.units_each <= 0 || back.units_each > -left {
            continue;
        }
        left += back.units_each;
        out.push(Fault::new(
            Kind::RetStockinFailed,
            format!("RETURN={}", back.return_ref),
            format!(
                "{} of {item} from return {} are on the shelf and the source was never told",
                crate::text::count(back.units_each, "unit", "units"),
                back.return_ref
            ),
        ));
    }
    if left.abs() > tolerance(sellable_of(figures)) && runs >= RUNS_MIN {
        out.push(Fault::new(
            Kind::StkDrift,
            format!("ITEM={item}@{location}"),
            format!(
                "{item} at {location}: the source has {} on hand, the warehouse {}, and {left:+} is explained by nothing",
                figures.source_on_hand, figures.on_hand
            ),
        ));
    }
    out
}

/// Runs in a row that must find a difference.
pub const RUNS_MIN: i64 = 2;

/// The goods from the source's on hand to the warehouse's shelf: the first step is the source's figure, the last what
/// nothing explains, and all together make the shelf figure.
pub fn goods_waterfall(figures: &LedgerFigures) -> Vec<WaterfallStep> {
    let found = ledger_drift(figures);
    kept(vec![
        step("on hand in the source", figures.source_on_hand, ""),
        step(
            "movements not yet posted",
            figures.pending,
            "waiting in this item's lane",
        ),
        step(
            "despatched, not yet confirmed",
            -figures.unconfirmed,
            "gone from the shelf, still in the source",
        ),
        step(
            "unexplained",
            -found.physical,
            "a lost message, a posting by hand or a wrong count",
        ),
    ])
}

/// The promises from the source's available figure to what could be sold.
pub fn promise_waterfall(figures: &LedgerFigures) -> Vec<WaterfallStep> {
    let found = ledger_drift(figures);
    kept(vec![
        step("available in the source", figures.source_available, ""),
        step(
            "movements not yet posted",
            figures.pending,
            "waiting in this item's lane",
        ),
        step(
            "not pickable",
            -found.unpickable,
            "quarantine, damaged, in returns: the source offers it",
        ),
        step(
            "promises only one system knows",
            -found.allocation,
            "look for orders that stand in one of them only",
        ),
        step("unexplained goods", -found.physical, "as for on hand"),
    ])
}

/// Without steps of zero, the first and the last excepted.
fn kept(mut steps: Vec<WaterfallStep>) -> Vec<WaterfallStep> {
    let last = steps.len().saturating_sub(1);
    let mut at = 0;
    steps.retain(|s| {
        let is_kept = s.value != 0 || at == 0 || at == last;
        at += 1;
        is_kept
    });
    steps
}

/// What the differences look like, in a sentence.
pub fn suggest(figures: &LedgerFigures) -> Option<String> {
    let found = ledger_drift(figures);
    if found.physical != 0 {
        return Some(format!(
            "Goods differ by {:+}: look for a posting by hand, a lost stock-in or a despatch confirmed twice.",
            found.physical
        ));
    }
    if found.allocation != 0 {
        return Some(format!(
            "Goods agree and promises differ by {:+}: look for orders that stand in one system only.",
            found.allocation
        ));
    }
    (found.unpickable > 0).then(|| {
        format!(
            "The source offers {} that cannot be picked: give unpickable stock a place of its own there.",
            crate::text::count(found.unpickable, "unit", "units")
        )
    })
}

/// A count is recent for this long.
pub const COUNT_RECENT: Span = Span::days(7);

/// Drift worth more than this is corrected with finance's approval, minor units.
pub const APPROVAL_ABOVE_MINOR: i64 = 25_000;

/// An item that drifted this often within [`ROOT_CAUSE_WITHIN`] is no longer corrected by itself.
pub const ROOT_CAUSE_TIMES: i64 = 3;

/// The stretch in which repeated drift is counted.
pub const ROOT_CAUSE_WITHIN: Span = Span::days(30);

/// How a physical drift is put right. The warehouse is never corrected from a source figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// Nothing to correct.
    None,
    /// Have the item counted first.
    Count,
    /// Post this change in the source.
    Post { delta_each: i64 },
    /// The same, once finance has approved.
    PostWithApproval { delta_each: i64 },
    /// Find the cause; nothing is corrected by itself any more.
    FindCause,
}

/// Which correction a physical drift calls for. `times` is how often the item drifted unexplained lately.
pub fn correction(
    physical: i64,
    counted_at: Option<Ts>,
    unit_value_minor: i64,
    times: i64,
    now: Ts,
) -> Correction {
    if physical == 0 {
        return Correction::None;
    }
    if times >= ROOT_CAUSE_TIMES {
        return Correction::FindCause;
    }
    if counted_at.is_none_or(|at| now.since(at) > COUNT_RECENT) {
        return Correction::Count;
    }
    let delta_each = physical.saturating_neg();
    let value = physical.abs().saturating_mul(unit_value_minor.max(0));
    if value > APPROVAL_ABOVE_MINOR {
        Correction::PostWithApproval { delta_each }
    } else {
        Correction::Post { delta_each }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::drift::risk;
    use proptest::prelude::*;

    fn figures(source_on_hand: i64, on_hand: i64) -> LedgerFigures {
        LedgerFigures {
            on_hand,
            allocated: 0,
            available: on_hand,
            unsent: 0,
            unconfirmed: 0,
            pending: 0,
            source_on_hand,
            source_allocated: 0,
            source_available: source_on_hand,
            has_unsellable_place: true,
        }
    }

    fn findings_of(figures: &LedgerFigures, lost: &[LostReturn]) -> Vec<Kind> {
        findings(&"MUG".into(), &"main".into(), figures, lost, RUNS_MIN)
            .into_iter()
            .map(|f| f.kind)
            .collect()
    }

    #[test]
    fn example_5_what_stands_in_our_queues_is_no_drift() {
        let f = LedgerFigures {
            unconfirmed: 4,
            pending: 1,
            ..figures(100, 97)
        };
        let d = ledger_drift(&f);
        assert_eq!((d.physical, d.is_outside), (0, false));
        assert_eq!(findings_of(&f, &[]), []);
        let steps: Vec<i64> = goods_waterfall(&f).iter().map(|s| s.value).collect();
        assert_eq!(steps, [100, 1, -4, 0]);
    }

    #[test]
    fn example_6_a_lost_return_is_named_as_such_and_not_as_drift() {
        let f = figures(50, 51);
        assert_eq!(ledger_drift(&f).physical, -1);
        let lost = [LostReturn {
            return_ref: "RMA-1".to_owned(),
            units_each: 1,
        }];
        assert_eq!(findings_of(&f, &lost), [Kind::RetStockinFailed]);
        let large = figures(40, 51);
        assert_eq!(
            findings_of(&large, &lost),
            [Kind::RetStockinFailed, Kind::StkDrift],
            "one return does not explain eleven"
        );
        assert_eq!(
            findings_of(&figures(51, 50), &lost),
            [],
            "within tolerance the other way"
        );
    }

    #[test]
    fn example_16_available_differs_by_what_cannot_be_picked() {
        let f = LedgerFigures {
            on_hand: 20,
            allocated: 5,
            available: 13,
            unsent: 3,
            unconfirmed: 0,
            pending: 0,
            source_on_hand: 20,
            source_allocated: 8,
            source_available: 12,
            has_unsellable_place: false,
        };
        let d = ledger_drift(&f);
        assert_eq!(
            (d.physical, d.availability, d.allocation, d.unpickable),
            (0, 2, 0, 2)
        );
        assert!(
            suggest(&f)
                .unwrap()
                .contains("2 units that cannot be picked")
        );
        let r = risk(10, 12, 1_000, 1_000, 100);
        assert_eq!(
            r.kind,
            Some(Kind::StkOversellRisk),
            "what it offers is judged as ever"
        );
        let with_place = LedgerFigures {
            has_unsellable_place: true,
            ..f
        };
        assert_eq!(ledger_drift(&with_place).allocation, 2);
    }

    #[test]
    fn example_19_a_despatch_posted_as_a_change_too_shows_as_four_missing() {
        // Both systems had 60; 4 left and were confirmed; posting −4 on top lowers the source twice.
        assert_eq!(ledger_drift(&figures(56, 56)).physical, 0);
        assert_eq!(ledger_drift(&figures(52, 56)).physical, -4);
    }

    #[test]
    fn drift_takes_two_runs_and_figures_read_together() {
        let f = figures(90, 50);
        let once = findings(&"MUG".into(), &"main".into(), &f, &[], 1);
        assert_eq!(once, []);
        assert_eq!(findings_of(&f, &[]), [Kind::StkDrift]);
        let at = |minutes| Ts(0) + Span::mins(minutes);
        assert!(is_comparable(at(5), at(0)) && is_comparable(at(0), at(5)));
        assert!(!is_comparable(at(6), at(0)) && !is_comparable(at(0), at(6)));
    }

    #[test]
    fn promises_that_only_one_system_knows_are_no_matter_of_goods() {
        let f = LedgerFigures {
            allocated: 5,
            available: 45,
            source_allocated: 2,
            source_available: 48,
            ..figures(50, 50)
        };
        let d = ledger_drift(&f);
        assert_eq!((d.physical, d.allocation), (0, 3));
        assert!(suggest(&f).unwrap().contains("one system only"));
    }

    #[test]
    fn corrections_go_into_the_source_and_only_after_a_count() {
        let now = Ts(0) + Span::days(100);
        let of = |drift, days: Option<i64>, value, times| {
            correction(drift, days.map(|d| now - Span::days(d)), value, times, now)
        };
        assert_eq!(of(0, None, 100, 9), Correction::None);
        assert_eq!(of(3, None, 100, 0), Correction::Count);
        assert_eq!(of(3, Some(8), 100, 0), Correction::Count);
        assert_eq!(of(3, Some(7), 100, 0), Correction::Post { delta_each: -3 });
        assert_eq!(
            of(-3, Some(1), 8_334, 2),
            Correction::PostWithApproval { delta_each: 3 }
        );
        assert_eq!(of(3, Some(1), 100, 3), Correction::FindCause);
    }

    prop_compose! {
        fn any_figures()(
            on_hand in 0i64..200, allocated in 0i64..60, available in 0i64..200, unsent in 0i64..40,
            unconfirmed in 0i64..20, pending in -20i64..20, source_on_hand in 0i64..200,
            source_allocated in 0i64..60, source_available in -20i64..200, has_unsellable_place in any::<bool>(),
        ) -> LedgerFigures {
            LedgerFigures {
                on_hand, allocated, available, unsent, unconfirmed, pending, source_on_hand, source_allocated,
                source_available, has_unsellable_place,
            }
        }
    }

    proptest! {
        #[test]
        fn both_waterfalls_add_up(f in any_figures()) {
            let sum = |steps: Vec<WaterfallStep>| steps.iter().map(|s| s.value).sum::<i64>();
            prop_assert_eq!(sum(goods_waterfall(&f)), f.on_hand);
            prop_assert_eq!(sum(promise_waterfall(&f)), sellable_of(&f));
        }

        #[test]
        fn two_systems_that_differ_only_by_our_queues_never_drift(
            on_hand in 0i64..200, unconfirmed in 0i64..20, pending in -20i64..20,
        ) {
            let f = LedgerFigures { unconfirmed, pending, ..figures(on_hand + unconfirmed - pending, on_hand) };
            prop_assert_eq!(ledger_drift(&f).physical, 0);
        }

        #[test]
        fn promises_agree_when_the_source_allocates_what_the_warehouse_and_our_queues_know(
            on_hand in 50i64..200, allocated in 0i64..20, unsent in 0i64..20, unconfirmed in 0i64..20,
            unpickable in 0i64..5, pending in -10i64..10,
        ) {
            let source_on_hand = on_hand + unconfirmed - pending;
            let source_allocated = allocated + unsent + unconfirmed;
            let f = LedgerFigures {
                on_hand, allocated, available: on_hand - allocated - unpickable, unsent, unconfirmed, pending,
                source_on_hand, source_allocated, source_available: source_on_hand - source_allocated,
                has_unsellable_place: false,
            };
            let d = ledger_drift(&f);
            prop_assert_eq!((d.physical, d.allocation), (0, 0));
        }
    }
}
