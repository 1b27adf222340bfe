use super::*;
use crate::domain::returns::Disposition;
use crate::domain::returns::testing::{line, one_of_two_damaged};
use crate::domain::time::Span;
use proptest::prelude::*;

const SHUT: GatePolicy = GatePolicy {
    gate: Gate::StockInConfirmed,
    unsellable: UnsellableGate::FinanceApproval,
};

const OFF: GatePolicy = GatePolicy {
    gate: Gate::Off,
    unsellable: UnsellableGate::FinanceApproval,
};

fn finance() -> Person {
    Person::new("Kim", &[Role::FinanceApprover])
}

#[test]
fn example_15_the_sellable_unit_is_credited_now_and_the_damaged_one_waits_for_outcome_and_approval()
{
    let mut line = one_of_two_damaged();
    let now = gate(SHUT, &line, &[]);
    assert_eq!(now.allowed_each, 1);
    assert_eq!(
        now.words(),
        "1 may be credited now; 1 waits: cannot be sold again; its outcome must be recorded and finance must approve"
    );
    line.credited_each = 1;
    let refusal =
        approve_unsellable(&line, &[], 1, &finance(), "damaged by the carrier").unwrap_err();
    assert!(refusal.contains("record first"), "{refusal}");
    line.disposed_each = 1;
    line.disposition = Some(Disposition::WriteOff);
    let recorded = gate(SHUT, &line, &[]);
    assert_eq!(recorded.allowed_each, 0);
    assert!(
        recorded.words().contains("finance must approve"),
        "{}",
        recorded.words()
    );
    let approvals =
        [approve_unsellable(&line, &[], 1, &finance(), "damaged by the carrier").unwrap()];
    assert_eq!(gate(SHUT, &line, &approvals).allowed_each, 1);
    let twice = approve_unsellable(&line, &approvals, 1, &finance(), "damaged by the carrier");
    assert!(twice.unwrap_err().contains("approved already"));
}

#[test]
fn the_gate_step_by_step() {
    let mut l = line("MUG", 3);
    for (name, edit, allowed, why) in [
        (
            "expected",
            (|_| {}) as fn(&mut ReturnLine),
            0,
            "3 wait: not received yet",
        ),
        (
            "received",
            |l| l.received_each = 3,
            0,
            "3 wait: not inspected yet",
        ),
        (
            "inspected",
            |l| l.sellable_each = 3,
            0,
            "3 wait: fit for sale, not yet back on the shelf",
        ),
        (
            "on the shelf",
            |l| l.stocked_each = 3,
            0,
            "3 wait: on the shelf, and the source has not confirmed the stock-in",
        ),
        (
            "two booked",
            |l| l.confirmed_each = 2,
            2,
            "2 may be credited now; 1 waits",
        ),
        (
            "all booked",
            |l| l.confirmed_each = 3,
            3,
            "3 may be credited now",
        ),
        (
            "credited",
            |l| l.credited_each = 3,
            0,
            "nothing is left to credit",
        ),
    ] {
        edit(&mut l);
        let now = gate(SHUT, &l, &[]);
        assert_eq!(now.allowed_each, allowed, "{name}");
        assert!(now.words().starts_with(why), "{name}: {}", now.words());
    }
}

#[test]
fn without_a_gate_what_was_received_may_be_credited() {
    let mut l = line("MUG", 3);
    l.received_each = 2;
    let now = gate(OFF, &l, &[]);
    assert_eq!(
        (now.allowed_each, now.shut.len(), now.too_early_each),
        (2, 0, 0)
    );
}

#[test]
fn only_finance_passes_a_shut_gate_and_says_why() {
    let mut l = line("MUG", 2);
    l.received_each = 2;
    let pass = |l: &ReturnLine, n, who: &Person, why| approve_override(SHUT, l, &[], n, who, why);
    let lead = Person::new("Sam", &[Role::Lead, Role::Administrator]);
    let why = "long-standing customer";
    assert!(
        pass(&l, 1, &lead, why)
            .unwrap_err()
            .contains("finance_approver")
    );
    assert!(
        pass(&l, 1, &finance(), "ok")
            .unwrap_err()
            .contains("reason")
    );
    assert!(
        pass(&l, 3, &finance(), why)
            .unwrap_err()
            .contains("2 of MUG wait")
    );
    let approvals = [pass(&l, 1, &finance(), why).unwrap()];
    let now = gate(SHUT, &l, &approvals);
    assert_eq!((now.allowed_each, now.overridden_each), (1, 1));

    l.credited_each = 1;
    let now = gate(SHUT, &l, &approvals);
    assert_eq!((now.allowed_each, now.too_early_each), (0, 1));
    let fault = too_early_fault(&"RMA-1".into(), &l, &now, &approvals).unwrap();
    assert_eq!(fault.kind, Kind::CrnBeforeStockin);
    assert!(
        fault
            .detail
            .contains("released by Kim: long-standing customer"),
        "{}",
        fault.detail
    );

    (l.sellable_each, l.stocked_each, l.confirmed_each) = (2, 2, 2);
    let now = gate(SHUT, &l, &approvals);
    assert_eq!(too_early_fault(&"RMA-1".into(), &l, &now, &approvals), None);
    assert_eq!(
        (now.allowed_each, now.overridden_each),
        (1, 0),
        "the override is made good"
    );
    assert!(
        pass(&l, 1, &finance(), why)
            .unwrap_err()
            .contains("nothing of MUG waits")
    );
}

#[test]
fn goods_booked_later_make_an_override_good_and_release_nothing_twice() {
    let mut l = line("MUG", 3);
    l.received_each = 3;
    let approvals =
        [approve_override(SHUT, &l, &[], 1, &finance(), "long-standing customer").unwrap()];
    l.credited_each = 1;
    (l.sellable_each, l.stocked_each, l.confirmed_each) = (1, 1, 1);
    assert_eq!(gate(SHUT, &l, &approvals).allowed_each, 0);
    let more = approve_override(
        SHUT,
        &l,
        &approvals,
        1,
        &finance(),
        "long-standing customer",
    );
    let both = [approvals[0].clone(), more.unwrap()];
    assert_eq!(gate(SHUT, &l, &both).allowed_each, 1);
}

#[test]
fn a_credit_nobody_approved_is_named() {
    let mut l = line("MUG", 1);
    (l.received_each, l.credited_each) = (1, 1);
    let now = gate(SHUT, &l, &[]);
    let fault = too_early_fault(&"RMA-1".into(), &l, &now, &[]).unwrap();
    assert!(
        fault.detail.starts_with("1 of MUG was credited") && fault.detail.contains("void"),
        "{}",
        fault.detail
    );
}

#[test]
fn an_open_gate_without_a_credit_is_overdue_after_a_working_day() {
    let opened = Ts::from_utc("2026-06-19T09:00:00Z".parse().unwrap());
    let gates = [gate(SHUT, &one_of_two_damaged(), &[])];
    let of = |after| {
        overdue_fault(
            &"RMA-1".into(),
            &gates,
            opened,
            &Policy::linnworks(),
            opened + after,
        )
    };
    assert_eq!(of(Span::days(2)), None, "a weekend is no working day");
    assert_eq!(
        of(Span::days(3) + Span::mins(1)).unwrap().kind,
        Kind::CrnOverdue
    );
    let done = ReturnLine {
        credited_each: 1,
        ..one_of_two_damaged()
    };
    let none = [gate(SHUT, &done, &[])];
    assert_eq!(
        overdue_fault(
            &"RMA-1".into(),
            &none,
            opened,
            &Policy::linnworks(),
            Ts::NEVER
        ),
        None
    );
}

prop_compose! {
    fn any_line()(
        authorised in 0i64..9, received in 0i64..9, inspected in 0i64..9, sellable in 0i64..9,
        stocked in 0i64..9, confirmed in 0i64..9, disposed in 0i64..9, credited in 0i64..9,
    ) -> ReturnLine {
        let received = received.min(authorised);
        let inspected = inspected.min(received);
        let sellable = sellable.min(inspected);
        let stocked = stocked.min(sellable);
        let unsellable = inspected - sellable;
        let disposed = disposed.min(unsellable);
        ReturnLine {
            received_each: received, sellable_each: sellable, unsellable_each: unsellable, stocked_each: stocked,
            confirmed_each: confirmed.min(stocked), disposed_each: disposed,
            disposition: (disposed > 0).then_some(Disposition::Repair), credited_each: credited,
            ..line("MUG", authorised)
        }
    }
}

proptest! {
    #[test]
    fn no_unit_is_credited_before_its_gate_opens_and_every_unit_is_accounted_for(l in any_line(), approved in 0i64..9) {
        prop_assert!(l.is_sound());
        let approvals: Vec<Approval> = approve_unsellable(&l, &[], approved, &finance(), "damaged by the carrier").into_iter().collect();
        let units = approvals.first().map_or(0, |a| a.units_each);
        let now = gate(SHUT, &l, &approvals);
        prop_assert!(l.credited_each + now.allowed_each <= (l.confirmed_each + l.disposed_each.min(units)).max(l.credited_each));
        let waiting: i64 = now.shut.iter().map(|s| s.units_each).sum();
        prop_assert_eq!(l.credited_each.max(l.credited_each + now.allowed_each) + waiting, l.authorised_each.max(l.credited_each));
        prop_assert_eq!(now.overridden_each, 0);
    }
}
