use super::*;
use crate::domain::order::{Address, WmsLineIntent};
use crate::domain::time::Ts;
use ChangeVerdict as V;
use OrderChange::{Amend, Cancel};
use Severity::{S1, S2, S3};
use WmsStatus as W;
use proptest::prelude::*;

fn known(status: WmsStatus) -> LiveStatus {
    LiveStatus::Known {
        status,
        on_hold: false,
    }
}

/// Short form: what is done, and for a review kind and severity.
fn verdict(change: OrderChange, live: &LiveStatus, is_sent: bool, is_expressible: bool) -> String {
    let got = decide(change, live, is_sent, is_expressible, &Policy::linnworks());
    match got {
        V::Review { kind, severity, .. } => format!("{kind} {}", severity.unwrap()),
        other => format!("{other:?}"),
    }
}

#[test]
fn the_whole_table_of_changes_against_live_status() {
    let review = |kind: Kind, severity: Severity| format!("{kind} {severity}");
    let too_late = |severity| review(Kind::AmdTooLate, severity);
    let can_too_late = review(Kind::CanTooLate, S1);
    let rows: Vec<(WmsStatus, String, String)> = vec![
        (W::New, "Apply".into(), "Apply".into()),
        (W::BackOrder, "Apply".into(), "Apply".into()),
        (W::PartAllocated, "Apply".into(), "Apply".into()),
        (W::Allocated, "Apply".into(), "Apply".into()),
        (W::PartPicked, too_late(S2), can_too_late.clone()),
        (W::Picked, too_late(S2), can_too_late.clone()),
        (W::Packed, too_late(S1), can_too_late.clone()),
        (W::PartDespatched, too_late(S2), can_too_late),
        (
            W::Despatched,
            too_late(S2),
            review(Kind::CanAfterDespatch, S3),
        ),
        (
            W::Cancelled,
            review(Kind::AmdConflict, S2),
            "Nothing".into(),
        ),
    ];
    assert_eq!(rows.len(), WmsStatus::ALL.len());
    for (status, amend, cancel) in rows {
        for on_hold in [false, true] {
            let live = LiveStatus::Known { status, on_hold };
            assert_eq!(
                verdict(Amend, &live, true, true),
                amend,
                "amend at {status}"
            );
            assert_eq!(
                verdict(Cancel, &live, true, true),
                cancel,
                "cancel at {status}"
            );
        }
    }
}

#[test]
fn before_the_create_left_a_change_is_merged_and_a_cancellation_drops_it() {
    assert_eq!(verdict(Amend, &LiveStatus::NotThere, false, true), "Merge");
    assert_eq!(verdict(Amend, &LiveStatus::NotThere, false, false), "Merge");
    assert_eq!(verdict(Cancel, &LiveStatus::NotThere, false, true), "Drop");
}

#[test]
fn a_doubt_is_settled_before_anything_is_changed() {
    for change in [Amend, Cancel] {
        for is_sent in [false, true] {
            assert_eq!(verdict(change, &LiveStatus::InDoubt, is_sent, true), "Wait");
            assert_eq!(
                verdict(change, &LiveStatus::Unreadable, is_sent, true),
                "RetryRead"
            );
        }
    }
}

#[test]
fn an_order_that_was_sent_and_vanished_is_somebody_s() {
    let got = verdict(Amend, &LiveStatus::NotThere, true, true);
    assert_eq!(got, "ORD_MISSING_IN_WMS S2");
}

#[test]
fn what_a_save_cannot_express_is_recreated_only_where_policy_says_so() {
    for status in [W::New, W::BackOrder, W::PartAllocated, W::Allocated] {
        assert_eq!(
            verdict(Amend, &known(status), true, false),
            "AMD_NOT_EXPRESSIBLE S2"
        );
        let mut policy = Policy::linnworks();
        policy.auto_cancel_recreate = true;
        assert_eq!(
            decide(Amend, &known(status), true, false, &policy),
            V::Recreate
        );
    }
    let mut policy = Policy::linnworks();
    policy.auto_cancel_recreate = true;
    let picked = decide(Amend, &known(W::Picked), true, false, &policy);
    assert!(matches!(
        picked,
        V::Review {
            kind: Kind::AmdTooLate,
            ..
        }
    ));
}

#[test]
fn example_10_a_cancel_during_picking_writes_nothing_and_opens_can_too_late() {
    for status in [W::PartPicked, W::Picked] {
        assert_eq!(
            verdict(Cancel, &known(status), true, true),
            "CAN_TOO_LATE S1"
        );
    }
}

proptest! {
    #[test]
    fn nothing_is_ever_written_once_picking_began(
        status in 0i64..10, on_hold: bool, is_sent: bool, is_expressible: bool, is_recreating: bool, is_cancel: bool,
    ) {
        let status = WmsStatus::from_code(status).unwrap();
        let mut policy = Policy::linnworks();
        policy.auto_cancel_recreate = is_recreating;
        let change = if is_cancel { Cancel } else { Amend };
        let got = decide(change, &LiveStatus::Known { status, on_hold }, is_sent, is_expressible, &policy);
        if status >= W::PartPicked {
            prop_assert!(!matches!(got, V::Apply | V::Recreate | V::Merge | V::Drop), "{status}: {got:?}");
        }
    }
}

fn intent(lines: &[(&str, &str, &str, i64)]) -> WmsOrderIntent {
    WmsOrderIntent {
        number: "LW-1".into(),
        po_reference: "id-1".to_owned(),
        channel: "Linnworks".to_owned(),
        site: "MAIN".into(),
        service: "TRK48".into(),
        address: Address {
            name: "Pat Sample".to_owned(),
            email: "pat@example.test".to_owned(),
            ..Address::default()
        },
        requested_by: None,
        created_at: Ts(0),
        currency: "GBP".to_owned(),
        total_minor: 0,
        shipping_minor: 0,
        is_partial_allowed: false,
        lines: lines
            .iter()
            .map(|(line_ref, row_id, item, qty_each)| WmsLineIntent {
                line_ref: (*line_ref).to_owned(),
                row_id: (*row_id).to_owned(),
                sku: (*item).into(),
                item: (*item).into(),
                qty_each: *qty_each,
                unit_price_minor: 0,
            })
            .collect(),
        mapping_versions: Vec::new(),
        routed: None,
    }
}

fn sent() -> WmsOrderIntent {
    intent(&[
        ("1", "a", "MUG", 1),
        ("2", "b", "PLATE", 1),
        ("3", "c", "SPOON", 4),
    ])
}

#[test]
fn header_fields_quantities_and_new_lines_are_expressible() {
    let mut wanted = intent(&[
        ("1", "a", "MUG", 5),
        ("2", "d", "LAMP", 1),
        ("3", "b", "PLATE", 1),
        ("4", "c", "SPOON", 1),
    ]);
    wanted.service = "TRK24".into();
    wanted.address.line1 = "2 Low Street".to_owned();
    wanted.address.name = "Pat Q Sample".to_owned();
    assert_eq!(expressible(&sent(), &wanted), Ok(()));
    let kept = keep_line_refs(&sent(), wanted);
    let refs: Vec<(&str, &str)> = kept
        .lines
        .iter()
        .map(|l| (l.line_ref.as_str(), l.item.as_str()))
        .collect();
    assert_eq!(
        refs,
        [("1", "MUG"), ("4", "LAMP"), ("2", "PLATE"), ("3", "SPOON")]
    );
}

#[test]
fn what_turns_it_into_another_order_is_not_expressible() {
    type Edit = fn(&mut WmsOrderIntent);
    let cases: [(Edit, &str); 6] = [
        (|w| drop(w.lines.remove(0)), "line 1 (MUG × 1) is removed"),
        (
            |w| w.lines[1].item = "LAMP".into(),
            "line 2 (PLATE × 1) is removed",
        ),
        (
            |w| w.site = "ANNEXE".into(),
            "site changes from MAIN to ANNEXE",
        ),
        (|w| w.number = "LW-2".into(), "another order"),
        (|w| w.po_reference = "id-2".to_owned(), "another order"),
        (
            |w| {
                w.address.name = "Sam Other".to_owned();
                w.address.email = "sam@example.test".to_owned();
            },
            "customer changes",
        ),
    ];
    for (edit, expected) in cases {
        let mut wanted = sent();
        edit(&mut wanted);
        let why = expressible(&sent(), &wanted).unwrap_err();
        assert!(why.contains(expected), "{why}");
    }
}

#[test]
fn a_line_removed_from_the_middle_does_not_rename_the_rest() {
    // The source's ordinals moved up: SPOON is now its second line.
    let wanted = intent(&[("1", "a", "MUG", 1), ("2", "c", "SPOON", 4)]);
    let why = expressible(&sent(), &wanted).unwrap_err();
    assert_eq!(why, "line 2 (PLATE × 1) is removed");
    let kept = keep_line_refs(&sent(), wanted);
    assert_eq!(kept.lines[1].line_ref, "3");
}

#[test]
fn components_of_one_kit_row_keep_their_own_references() {
    let kit = intent(&[("1.1", "a", "MUG", 2), ("1.2", "a", "SPOON", 2)]);
    let mut turned = intent(&[("1.1", "a", "SPOON", 2), ("1.2", "a", "MUG", 2)]);
    turned = keep_line_refs(&kit, turned);
    assert_eq!(turned.lines[0].line_ref, "1.2");
    assert_eq!(expressible(&kit, &turned), Ok(()));
}

proptest! {
    #[test]
    fn references_stay_unique_and_an_unchanged_order_is_left_as_it_is(
        before in proptest::collection::vec((0u8..6, 0u8..4), 1..8),
        after in proptest::collection::vec((0u8..6, 0u8..4), 1..8),
    ) {
        let make = |rows: &[(u8, u8)]| {
            let texts: Vec<(String, String, String)> = rows.iter().enumerate()
                .map(|(n, (row, item))| ((n + 1).to_string(), format!("r{row}"), format!("I{item}")))
                .collect();
            let lines: Vec<(&str, &str, &str, i64)> = texts.iter()
                .map(|(n, row, item)| (n.as_str(), row.as_str(), item.as_str(), 1)).collect();
            intent(&lines)
        };
        let (sent, wanted) = (make(&before), make(&after));
        prop_assert_eq!(keep_line_refs(&sent, sent.clone()), sent.clone());
        let kept = keep_line_refs(&sent, wanted.clone());
        let refs: BTreeSet<&str> = kept.lines.iter().map(|l| l.line_ref.as_str()).collect();
        prop_assert_eq!(refs.len(), kept.lines.len());
        // What keeps a reference keeps its goods.
        for line in &kept.lines {
            if let Some(old) = sent.lines.iter().find(|s| s.line_ref == line.line_ref) {
                prop_assert_eq!((&old.row_id, &old.item), (&line.row_id, &line.item));
            }
        }
    }
}
