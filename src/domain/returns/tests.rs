use super::testing::{line, one_of_two_damaged};
use super::*;
use crate::domain::ids::{PairId, Sku};
use crate::domain::policy::Policy;
use crate::domain::time::{Span, Ts};
use proptest::prelude::*;

fn rma() -> ReturnRef {
    "RMA-1".into()
}

fn pair() -> PairId {
    "shop-pvx".into()
}

fn at(text: &str) -> Ts {
    Ts::from_utc(text.parse().unwrap())
}

#[test]
fn goods_go_forward_and_never_over_an_inspection() {
    for (from, to, is_legal) in [
        (AwaitingReceipt, Received, true),
        (AwaitingReceipt, Inspected, true),
        (Inspected, ReturnedToStock, true),
        (ReturnedToStock, ReturnedToStock, true),
        (AwaitingReceipt, ReturnedToStock, false),
        (Received, ReturnedToStock, false),
        (Inspected, Received, false),
        (ReturnedToStock, NotSellable, false),
        (NotSellable, Disposed, true),
        (AwaitingReceipt, NotReceived, true),
        (Closed, Requested, false),
    ] {
        let got = step(&rma(), from, to);
        assert_eq!(got.is_ok(), is_legal, "{from} → {to}");
        if let Err(fault) = got {
            assert_eq!(fault.kind, Kind::RetStateInvalid);
            assert!(
                fault.detail.contains(&format!("{from} is kept")),
                "{}",
                fault.detail
            );
        }
    }
}

#[test]
fn goods_that_come_after_all_were_not_expected() {
    assert_eq!(
        step(&rma(), NotReceived, Received).unwrap_err().kind,
        Kind::RetUnexpected
    );
    assert_eq!(
        step(&rma(), Requested, Received).unwrap_err().kind,
        Kind::RetUnexpected
    );
    assert_eq!(
        step(&rma(), Closed, Received).unwrap_err().kind,
        Kind::RetUnexpected
    );
}

#[test]
fn money_and_goods_are_two_tracks() {
    assert!(!may_close(StockInConfirmed, MoneyState::Open));
    assert!(
        !may_close(AwaitingReceipt, MoneyState::Done),
        "refunded, goods on the way"
    );
    assert!(may_close(StockInConfirmed, MoneyState::Done));
    assert!(may_close(Disposed, MoneyState::NotDue));
    assert!(may_close(NotReceived, MoneyState::Open));
    assert_eq!(
        words(AwaitingReceipt, MoneyState::Done),
        "on its way to the warehouse; money back"
    );
}

#[test]
fn a_return_is_as_far_as_its_slowest_unit() {
    let of = |edit: fn(&mut ReturnLine)| {
        let mut l = line("MUG", 2);
        edit(&mut l);
        state_of(&[l])
    };
    assert_eq!(of(|_| {}), None);
    assert_eq!(
        of(|l| (l.received_each, l.sellable_each) = (2, 1)),
        Some(Received)
    );
    assert_eq!(
        of(|l| (l.received_each, l.sellable_each) = (2, 2)),
        Some(Inspected)
    );
    assert_eq!(
        of(|l| (l.received_each, l.unsellable_each) = (2, 2)),
        Some(NotSellable)
    );
    assert_eq!(
        of(|l| (l.received_each, l.unsellable_each, l.disposed_each) = (1, 1, 1)),
        Some(Disposed)
    );
    assert_eq!(
        state_of(&[one_of_two_damaged()]),
        Some(ReturnedToStock),
        "one has no outcome yet"
    );
    let settled = ReturnLine {
        disposed_each: 1,
        ..one_of_two_damaged()
    };
    assert_eq!(state_of(&[settled]), Some(StockInConfirmed));
}

#[test]
fn lines_that_differ_or_have_no_outcome_are_named() {
    let kinds = |l: &ReturnLine, is_closed| -> Vec<Kind> {
        line_faults(&rma(), l, is_closed)
            .into_iter()
            .map(|f| f.kind)
            .collect()
    };
    let short = ReturnLine {
        received_each: 1,
        ..line("MUG", 2)
    };
    assert_eq!(kinds(&short, false), [], "the second may still come");
    assert_eq!(kinds(&short, true), [Kind::RetQtyMismatch]);
    let over = ReturnLine {
        received_each: 3,
        ..line("MUG", 2)
    };
    assert_eq!(kinds(&over, false), [Kind::RetQtyMismatch]);
    assert_eq!(kinds(&one_of_two_damaged(), true), [Kind::RetNotSellable]);
    let wrong = ReturnLine {
        received_each: 1,
        stocked_each: 2,
        ..line("MUG", 1)
    };
    assert_eq!(kinds(&wrong, true), [Kind::RetStateInvalid]);
}

fn units(of: &[(&str, i64)]) -> Units {
    of.iter().map(|(sku, n)| (Sku::from(*sku), *n)).collect()
}

fn sold(despatched_each: i64, covered_each: i64) -> Vec<SoldLine> {
    vec![SoldLine {
        sku: "MUG".into(),
        despatched_each,
        covered_each,
    }]
}

fn refund(of: &[(&str, i64)], is_whole: bool) -> SourceEvent {
    SourceEvent::Refunded {
        id: "rf1".to_owned(),
        units: units(of),
        is_whole,
        at: at("2026-06-16T09:00:00Z"),
    }
}

fn created(got: &Expectation) -> Option<i64> {
    match got {
        Expectation::Create { lines, .. } => Some(lines.iter().map(|l| l.qty_each).sum()),
        _ => None,
    }
}

#[test]
fn the_four_modes_and_what_makes_the_warehouse_expect_goods() {
    let request = SourceEvent::ReturnRequested {
        id: "rt1".to_owned(),
        units: units(&[("MUG", 2)]),
    };
    let authorised = SourceEvent::Authorised {
        id: "cx1".to_owned(),
        units: units(&[("MUG", 2)]),
    };
    let with_items = refund(&[("MUG", 2)], false);
    let whole = refund(&[], true);
    let goodwill = refund(&[], false);
    for (mode, expected) in [
        (CreateOn::Manual, [true, false, false, false, false]),
        (CreateOn::ReturnRequest, [true, true, false, false, false]),
        (CreateOn::RefundWithItems, [true, true, true, false, false]),
        (CreateOn::Refund, [true, true, true, true, false]),
    ] {
        let events = [&authorised, &request, &with_items, &whole, &goodwill];
        let got = events.map(|e| created(&expect(mode, e, &sold(2, 0), false, &pair())).is_some());
        assert_eq!(got, expected, "{mode}");
    }
}

#[test]
fn a_refund_in_manual_mode_is_finance_s_question_after_two_days() {
    let got = expect(
        CreateOn::Manual,
        &refund(&[("MUG", 1)], false),
        &sold(2, 0),
        false,
        &pair(),
    );
    let Expectation::Ask { units, due_at } = got else {
        panic!("somebody must say what was meant")
    };
    assert_eq!(due_at, at("2026-06-18T09:00:00Z"));
    assert_eq!(
        refund_fault("1001", &units, due_at, false, due_at - Span::secs(1)),
        None
    );
    let fault = refund_fault("1001", &units, due_at, false, due_at).unwrap();
    assert_eq!(fault.kind, Kind::RetRefundNoReturn);
    assert!(fault.detail.contains("1 × MUG"), "{}", fault.detail);
    assert_eq!(refund_fault("1001", &units, due_at, true, due_at), None);
}

#[test]
fn goods_that_never_left_and_goods_already_expected_are_not_expected_again() {
    let of = |event: &SourceEvent, despatched, covered, is_open| {
        expect(
            CreateOn::Refund,
            event,
            &sold(despatched, covered),
            is_open,
            &pair(),
        )
    };
    let never = of(&refund(&[("MUG", 2)], true), 0, 0, true);
    assert!(
        matches!(never, Expectation::Nothing(why) if why.contains("never left")),
        "a cancellation"
    );
    let covered = of(&refund(&[("MUG", 2)], false), 2, 2, false);
    assert!(matches!(covered, Expectation::Nothing(why) if why.contains("already")));
    assert_eq!(
        created(&of(&refund(&[("MUG", 2)], false), 2, 1, false)),
        Some(1)
    );
    let request = SourceEvent::ReturnRequested {
        id: "rt1".to_owned(),
        units: units(&[("MUG", 2)]),
    };
    assert_eq!(of(&request, 0, 0, true), Expectation::AfterDespatch);
    assert!(matches!(of(&request, 0, 0, false), Expectation::Nothing(_)));
}

#[test]
fn one_refund_told_twice_is_one_expected_return() {
    let key =
        |event: &SourceEvent| match expect(CreateOn::Refund, event, &sold(2, 0), false, &pair()) {
            Expectation::Create { key, .. } => key,
            other => panic!("{other:?}"),
        };
    let event = refund(&[("MUG", 1)], false);
    assert_eq!(key(&event), key(&event));
    let request = SourceEvent::ReturnRequested {
        id: "rf1".to_owned(),
        units: units(&[("MUG", 1)]),
    };
    assert_ne!(key(&event), key(&request), "same id, another record");
}

#[test]
fn what_is_late_about_a_return() {
    let returned_ref = rma();
    let friday = at("2026-06-19T09:00:00Z");
    let lines = [ReturnLine {
        received_each: 2,
        ..line("MUG", 2)
    }];
    let base = Watched {
        return_ref: &returned_ref,
        state: Received,
        lines: &lines,
        authorised_at: Some(friday),
        received_at: Some(friday),
        stocked_at: None,
        is_ledger: true,
    };
    let kinds = |w: Watched<'_>, now| -> Vec<Kind> {
        watch(&w, &Policy::linnworks(), now)
            .into_iter()
            .map(|f| f.kind)
            .collect()
    };
    assert_eq!(
        kinds(base, friday + Span::days(4)),
        [],
        "two working days are not over"
    );
    assert_eq!(
        kinds(base, friday + Span::days(4) + Span::mins(1)),
        [Kind::RetStuck]
    );
    let none: [ReturnLine; 0] = [];
    let awaited = Watched {
        state: AwaitingReceipt,
        lines: &none,
        received_at: None,
        ..base
    };
    assert_eq!(kinds(awaited, friday + Span::days(20)), []);
    assert_eq!(kinds(awaited, friday + Span::days(21)), [Kind::RetOverdue]);
    let on_shelf = [ReturnLine {
        received_each: 1,
        sellable_each: 1,
        stocked_each: 1,
        ..line("MUG", 1)
    }];
    let stocked = Watched {
        state: ReturnedToStock,
        lines: &on_shelf,
        stocked_at: Some(friday),
        ..base
    };
    assert_eq!(kinds(stocked, friday + Span::mins(14)), []);
    assert_eq!(
        kinds(stocked, friday + Span::mins(15)),
        [Kind::RetStockinFailed]
    );
    assert_eq!(
        kinds(
            Watched {
                is_ledger: false,
                ..stocked
            },
            friday + Span::mins(15)
        ),
        [],
        "in the next snapshot"
    );
    assert!(not_expected_fault("k", "1001", friday, friday + Span::mins(15)).is_some());
    assert!(not_expected_fault("k", "1001", friday, friday + Span::mins(14)).is_none());
}

#[test]
fn finance_sees_money_beside_goods() {
    let money = |sku: &str, refunded_each, explained_each| Money {
        sku: sku.into(),
        refunded_each,
        explained_each,
    };
    let rows = align(
        &[
            money("A", 1, 0),
            money("B", 1, 0),
            money("C", 2, 2),
            money("D", 1, 0),
        ],
        &[
            ReturnLine {
                received_each: 1,
                sellable_each: 1,
                stocked_each: 1,
                ..line("A", 1)
            },
            line("B", 1),
            ReturnLine {
                received_each: 1,
                unsellable_each: 1,
                ..line("E", 1)
            },
        ],
    );
    let got: Vec<_> = rows
        .iter()
        .map(|r| (r.sku.as_str(), r.aligned, r.money_ahead_each))
        .collect();
    assert_eq!(
        got,
        [
            ("A", Aligned::Even, 0),
            ("B", Aligned::MoneyFirst, 1),
            ("C", Aligned::Explained, 0),
            ("D", Aligned::NoGoods, 1),
            ("E", Aligned::GoodsFirst, -1),
        ]
    );
    assert_eq!(rows[0].unposted_each, 1);
    assert_eq!(
        rows[1].words(),
        "money went back for 1 unit still on the way"
    );
}

proptest! {
    #[test]
    fn any_walk_of_legal_steps_passes_an_inspection_before_stock(picks in proptest::collection::vec(0usize..5, 0..12)) {
        let (mut at, mut was_inspected) = (Requested, false);
        for pick in picks {
            let legal: Vec<ReturnState> = ReturnState::ALL.iter().copied()
                .filter(|to| *to != at && step(&rma(), at, *to).is_ok()).collect();
            let Some(to) = legal.get(pick % legal.len().max(1)) else { break };
            at = *to;
            was_inspected |= at == Inspected;
            prop_assert!(at != ReturnedToStock || was_inspected);
        }
    }

    #[test]
    fn no_more_is_ever_expected_back_than_left(
        mode in 0i64..4, despatched in 0i64..9, covered in 0i64..9, asked in 1i64..20,
    ) {
        let mode = CreateOn::from_code(mode).unwrap();
        let got = expect(mode, &refund(&[("MUG", asked)], true), &sold(despatched, covered), false, &pair());
        if let Some(n) = created(&got) {
            prop_assert!(n >= 1 && n <= asked && n + covered <= despatched);
        }
    }
}
