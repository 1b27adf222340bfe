use super::*;
use crate::domain::time::Ts;
use proptest::prelude::*;

fn position(basis: Basis) -> StockPosition {
    StockPosition {
        pair: "lw-pvx".into(),
        item: "MUG".into(),
        sku: "MUG".into(),
        location: "north".into(),
        basis,
        available_each: 15,
        others_each: 0,
        on_hand_each: 20,
        allocated_each: 5,
        unsent_each: 3,
        unconfirmed_each: 0,
        buffer_each: 2,
        publish_each: 10,
        written_each: Some(12),
        written_snapshot: Some(1),
        written_at: Some(Ts(0)),
        committed_each: 0,
        written_committed_each: 0,
        processed_since_each: 0,
        source_each: Some(11),
        source_level_each: None,
        source_read_at: Some(Ts(0)),
        gap_each: 0,
        external_each: 0,
        lag_each: 0,
        remainder_each: 0,
        runs: 0,
        velocity_milli: 0,
        oversell_hours_milli: None,
        value_at_risk_minor: 0,
        price_minor: 1_000,
        history: Vec::new(),
        paused_reason: None,
        drift_since: None,
        updated_at: Ts(0),
        ledger: None,
    }
}

#[test]
fn example_3_lag_is_not_drift_on_a_live_figure() {
    let d = drift(&position(Basis::NetLive), 1, 0);
    assert_eq!((d.gap, d.external, d.lag, d.is_outside), (1, 0, 1, false));
}

#[test]
fn example_3_the_same_figures_on_a_static_field_are_somebody_else_s_doing() {
    let d = drift(&position(Basis::NetStatic), 1, 0);
    assert_eq!((d.external, d.lag), (-1, 2));
}

#[test]
fn example_4_a_figure_that_rose_by_itself_is_drift_and_oversells_in_three_hours() {
    let mut p = position(Basis::NetLive);
    p.source_each = Some(14);
    let d = drift(&p, 1, 0);
    assert_eq!((d.external, d.remainder), (3, 3));
    assert!(d.is_outside);
    let r = risk(12, 14, 4_000, 5_000, 1_000);
    assert_eq!(r.oversell_hours_milli, Some(3_000));
    assert_eq!(
        (r.severity, r.kind),
        (Some(Severity::S2), Some(Kind::StkOversellRisk))
    );
    assert_eq!(
        r.expected_oversold_milli, 8_000,
        "4 an hour for 5 hours, 12 there"
    );
    assert_eq!(r.value_minor, 8_000);
}

#[test]
fn what_is_promised_and_not_there_is_at_stake_whole() {
    let r = risk(-3, 0, 0, 5_000, 1_299);
    assert_eq!(r.kind, Some(Kind::StkOversold));
    assert_eq!((r.expected_oversold_milli, r.value_minor), (3_000, 3_897));
    let selling_on = risk(-3, 2, 1_000, 5_000, 1_000);
    assert_eq!(
        selling_on.value_minor, 8_000,
        "3 promised, 5 more sold by then"
    );
}

#[test]
fn a_gross_figure_explains_commitments_and_processing() {
    // Written 18 with 8 committed; since then 2 were processed and 1 was ordered: 8 − 2 + 1 = 7 committed.
    let mut p = position(Basis::Gross);
    p.written_each = Some(18);
    p.written_committed_each = 8;
    p.committed_each = 7;
    p.processed_since_each = 2;
    p.source_each = Some(9);
    p.publish_each = 9;
    let d = drift(&p, 0, 0);
    assert_eq!((d.gap, d.external, d.lag), (0, 0, 0));
    p.source_each = Some(14);
    assert_eq!(drift(&p, 0, 0).external, 5);
}

#[test]
fn a_figure_never_written_is_unpublished_and_one_never_read_is_not_compared() {
    let mut p = position(Basis::NetStatic);
    p.written_each = None;
    let d = drift(&p, 0, 0);
    assert_eq!((d.external, d.lag, d.is_outside), (0, 1, false));
    p.source_each = None;
    assert_eq!(drift(&p, 0, 0), Drift::default());
}

#[test]
fn small_stocks_tolerate_nothing_and_large_ones_two_percent() {
    for (t, expected) in [
        (-5, 0),
        (0, 0),
        (10, 0),
        (11, 1),
        (99, 1),
        (100, 2),
        (1_000, 20),
    ] {
        assert_eq!(tolerance(t), expected, "{t}");
    }
}

#[test]
fn risk_case_by_case() {
    use Kind::{StkFalseStockout as Hidden, StkOversellRisk as Risky, StkOversold as Oversold};
    use Severity::{S1, S2, S3};
    for (name, t, s, velocity, severity, kind) in [
        ("agreement", 10, 10, 4_000, None, None),
        ("nothing left but offered", 0, 3, 0, Some(S1), Some(Risky)),
        ("gone within the hour", 3, 5, 4_000, Some(S1), Some(Risky)),
        ("gone today", 10, 12, 1_000, Some(S2), Some(Risky)),
        ("gone next week", 100, 120, 1_000, Some(S3), None),
        ("nothing sells", 10, 12, 0, Some(S3), None),
        (
            "more promised than exists",
            -1,
            0,
            0,
            Some(S1),
            Some(Oversold),
        ),
        ("hidden and wanted", 5, 0, 100, Some(S2), Some(Hidden)),
        ("hidden, nobody asks", 5, 0, 0, Some(S3), Some(Hidden)),
        ("a little hidden", 5, 4, 100, None, None),
    ] {
        let r = risk(t, s, velocity, 1_000, 500);
        assert_eq!((r.severity, r.kind), (severity, kind), "{name}");
    }
}

#[test]
fn a_buffer_that_withholds_everything_is_no_false_stock_out() {
    let mut p = position(Basis::NetStatic);
    p.source_each = Some(0);
    assert_eq!(risk_of(&p, 1_000).kind, Some(Kind::StkFalseStockout));
    p.buffer_each = 12;
    p.publish_each = 0;
    assert_eq!(
        (risk_of(&p, 1_000).kind, risk_of(&p, 1_000).severity),
        (None, None)
    );
}

#[test]
fn the_waterfall_walks_from_the_source_to_the_shelf() {
    let mut p = position(Basis::Gross);
    p.written_each = Some(18);
    p.written_committed_each = 8;
    p.committed_each = 8;
    p.unconfirmed_each = 2;
    p.source_each = Some(13);
    p.on_hand_each = 22;
    let steps: Vec<(String, i64)> = waterfall(&p)
        .into_iter()
        .map(|s| (s.label, s.value))
        .collect();
    let expected = [
        ("shown by the source", 13),
        ("open orders in the source", 6),
        ("despatched, not yet confirmed", 2),
        ("open orders at the last write", -8),
        ("withheld", 2),
        ("orders not yet allocated", 3),
        ("not pickable", 2),
        ("allocated in the warehouse", 5),
        ("unexplained", -3),
    ];
    assert_eq!(steps, expected.map(|(l, v)| (l.to_owned(), v)));
    assert_eq!(steps.iter().map(|s| s.1).sum::<i64>(), 22);
}

#[test]
fn what_other_pairs_may_offer_of_the_same_sites_is_not_called_broken() {
    let mut p = position(Basis::NetLive);
    p.on_hand_each = 40;
    p.others_each = 15;
    let steps = waterfall(&p);
    let of = |label: &str| steps.iter().find(|s| s.label == label).map(|s| s.value);
    assert_eq!(of("for other pairs"), Some(15));
    assert_eq!(of("not pickable"), Some(5));
    assert_eq!(steps.iter().map(|s| s.value).sum::<i64>(), 40);
}

#[test]
fn a_remainder_with_a_familiar_size_gets_a_hint() {
    let hint = |edit: fn(&mut StockPosition)| {
        let mut p = position(Basis::Gross);
        edit(&mut p);
        suggest(&p)
    };
    assert_eq!(hint(|_| {}), None);
    assert_eq!(hint(|p| p.remainder_each = 7), None);
    let of = |edit| hint(edit).unwrap();
    assert!(
        of(|p| {
            p.remainder_each = -4;
            p.unconfirmed_each = 4;
        })
        .contains("confirmation")
    );
    assert!(
        of(|p| {
            p.remainder_each = 8;
            p.committed_each = 8;
        })
        .contains("basis")
    );
    assert!(of(|p| p.remainder_each = 2).contains("buffer"));
    assert!(of(|p| p.remainder_each = -50).contains("by hand"));
}

#[test]
fn a_mass_change_stops_and_a_handful_does_not() {
    assert!(mass_change(51, 1_000, 5));
    assert!(!mass_change(50, 1_000, 5));
    assert!(!mass_change(10, 12, 5), "a handful of a small catalogue");
    assert!(mass_change(20, 20, 5));
    assert!(!mass_change(0, 0, 5));
}

prop_compose! {
    fn any_position()(
        code in 0i64..3, v in -20i64..200, h in 0i64..200, l in 0i64..100, u in 0i64..50, d in 0i64..20,
        b in 0i64..20, written in proptest::option::of(0i64..300), source in proptest::option::of(-50i64..300),
        c in 0i64..60, wc in 0i64..60, done in 0i64..30, external in -40i64..40,
    ) -> StockPosition {
        let mut p = position(Basis::from_code(code).unwrap());
        p.available_each = v;
        p.on_hand_each = h;
        p.allocated_each = l;
        p.unsent_each = u;
        p.unconfirmed_each = d;
        p.buffer_each = b;
        p.publish_each = (sellable_of(&p) - b).max(0);
        p.written_each = written;
        p.source_each = source;
        p.committed_each = c;
        p.written_committed_each = wc;
        p.processed_since_each = done;
        p.external_each = external;
        p
    }
}

proptest! {
    #[test]
    fn every_waterfall_adds_up_to_the_shelf_and_ends_with_the_remainder(p in any_position()) {
        let steps = waterfall(&p);
        prop_assert_eq!(steps.iter().map(|s| s.value).sum::<i64>(), p.on_hand_each);
        prop_assert_eq!(&steps.last().unwrap().label, "unexplained");
        prop_assert_eq!(&steps[0].label, "shown by the source");
    }

    #[test]
    fn every_gap_is_external_plus_lag(p in any_position(), sold in 0i64..50, released in 0i64..50) {
        let d = drift(&p, sold, released);
        prop_assert_eq!(d.gap, d.external + d.lag);
    }

    #[test]
    fn a_write_that_was_just_acknowledged_leaves_no_drift(p in any_position()) {
        let inputs = crate::domain::publish::StockInputs {
            available: p.available_each, on_hand: p.on_hand_each, allocated: p.allocated_each,
            unsent: p.unsent_each, unconfirmed: p.unconfirmed_each, buffer: p.buffer_each,
            committed: p.committed_each, basis: p.basis,
        };
        let published = crate::domain::publish::publish(&inputs);
        let shown = if p.basis == Basis::Gross { published.write - p.committed_each } else { published.write };
        let fresh = StockPosition {
            publish_each: published.publish, written_each: Some(published.write), source_each: Some(shown),
            written_committed_each: p.committed_each, processed_since_each: 0, ..p
        };
        let d = drift(&fresh, 0, 0);
        prop_assert_eq!((d.gap, d.external, d.lag), (0, 0, 0));
    }
}
