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
        in_returns: 0,
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
        in_returns: 0,
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
        unconfirmed in 0i64..20, pending in -20i64..20, in_returns in 0i64..10, source_on_hand in 0i64..200,
        source_allocated in 0i64..60, source_available in -20i64..200, has_unsellable_place in any::<bool>(),
    ) -> LedgerFigures {
        LedgerFigures {
            on_hand, allocated, available, unsent, unconfirmed, pending, in_returns, source_on_hand, source_allocated,
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
    fn returned_goods_in_quarantine_that_only_the_warehouse_counts_are_no_drift(
        on_hand in 20i64..200, inside in 0i64..10, stray in 0i64..5,
    ) {
        let f = LedgerFigures { available: on_hand - inside, in_returns: inside, ..figures(on_hand - inside, on_hand) };
        prop_assert_eq!(ledger_drift(&f).physical, 0);
        let f = LedgerFigures { source_on_hand: on_hand - inside - stray, ..f };
        prop_assert_eq!(ledger_drift(&f).physical, -stray, "and explain no more than themselves");
        let f = LedgerFigures { source_on_hand: on_hand + stray, ..f };
        prop_assert_eq!(ledger_drift(&f).physical, stray, "nor anything the other way");
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
            in_returns: 0, source_on_hand, source_allocated, source_available: source_on_hand - source_allocated,
            has_unsellable_place: false,
        };
        let d = ledger_drift(&f);
        prop_assert_eq!((d.physical, d.allocation), (0, 0));
    }
}
