use super::{floor, lead, no_lock};
use crate::domain::catalogue::Kind;
use crate::domain::delivery::AnswerClass;
use crate::domain::exception::Severity;
use crate::domain::movements::testing::{at, entry, movement};
use crate::domain::movements::*;
use crate::domain::retry::Found;
use crate::domain::role::Person;

#[test]
fn example_18_the_target_is_on_hand_just_read_plus_the_change_and_the_answer_proves_it() {
    let head = entry(1, "A", 5, MovementState::Waiting);
    let t = target(&head, 40).unwrap();
    assert_eq!(t.target_each, 45);
    assert_eq!(Aim::OnHand.after(45, 3), (45, 42), "update on hand");
    assert_eq!(Aim::Available.after(45, 3), (48, 45), "without the flag");
    assert_eq!(proof(&head.lane, &t, Some(40)), Proof::Clean);
    assert_eq!(proof(&head.lane, &t, None), Proof::Silent);
    let Proof::Broken { erased_each, fault } = proof(&head.lane, &t, Some(38)) else {
        panic!("somebody took two in between")
    };
    assert_eq!((erased_each, fault.kind), (-2, Kind::StkSequenceBroken));
    assert!(
        fault.detail.contains("2 units were taken in between"),
        "{}",
        fault.detail
    );
    assert!(comment(&head, &t).contains("on hand read 40"));
}

#[test]
fn a_head_that_would_go_below_zero_is_not_written() {
    let head = entry(1, "A", -3, MovementState::Waiting);
    assert_eq!(target(&head, 2).unwrap_err().kind, Kind::StkNegative);
    assert_eq!(target(&head, 3).unwrap().target_each, 0);
}

#[test]
fn answers_and_what_they_mean() {
    let failed = |class| Answer::Failed {
        class,
        text: "Stock is locked until the lock date",
        document: None,
    };
    let by_reference = Meaning::InDoubt(Ask::Reference("ref".to_owned()));
    let by_document = Meaning::InDoubt(Ask::Document("doc".to_owned()));
    let applied = |document: Option<&str>| Meaning::Applied {
        document: document.map(str::to_owned),
    };
    for (name, answer, heads, was_sent, expected) in [
        (
            "done",
            Answer::Done { document: "doc" },
            1,
            false,
            applied(Some("doc")),
        ),
        (
            "no need, sent before",
            Answer::NoNeed,
            1,
            true,
            applied(None),
        ),
        (
            "no need, never sent",
            Answer::NoNeed,
            1,
            false,
            Meaning::StoodAlready,
        ),
        (
            "no need for all of several?",
            Answer::NoNeed,
            2,
            true,
            Meaning::Split,
        ),
        (
            "refused",
            failed(AnswerClass::Rejected),
            1,
            false,
            Meaning::Refused(Refusal::PeriodLocked),
        ),
        (
            "one of several refused",
            failed(AnswerClass::Rejected),
            2,
            false,
            Meaning::Split,
        ),
        (
            "throttled",
            failed(AnswerClass::Throttled),
            1,
            false,
            Meaning::Later(AnswerClass::Throttled),
        ),
        ("lost", failed(AnswerClass::Unknown), 1, false, by_reference),
        (
            "a draft",
            Answer::Unlike {
                document: "doc",
                why: "DRAFT",
            },
            1,
            false,
            by_document.clone(),
        ),
        (
            "broke off after the id",
            Answer::Failed {
                class: AnswerClass::Malformed,
                text: "",
                document: Some("doc"),
            },
            1,
            false,
            by_document,
        ),
    ] {
        assert_eq!(meaning(&answer, "ref", heads, was_sent), expected, "{name}");
    }
}

#[test]
fn a_document_in_doubt_is_ours_only_when_completed_with_our_figures() {
    let key = LaneKey::of(&"A".into(), &"main".into());
    let wanted = [(key.clone(), 45)];
    let document = |reference: &str, is_completed, figure| FoundDocument {
        reference: reference.to_owned(),
        is_completed,
        lines: vec![(key.clone(), figure)],
    };
    let of = |d| found("ref", &wanted, Some(&d));
    assert_eq!(of(document("ref", true, 45)), Found::Equal);
    assert_eq!(of(document("ref", false, 45)), Found::Different);
    assert_eq!(of(document("ref", true, 44)), Found::Different);
    assert_eq!(of(document("other", true, 45)), Found::Absent);
    assert_eq!(found("ref", &wanted, None), Found::Absent);
}

fn count(minutes: i64) -> Count {
    Count {
        counted_each: 50,
        counted_at: at(minutes),
        despatched_since_each: 2,
        unconfirmed_each: 3,
    }
}

#[test]
fn a_count_replaces_what_moved_before_it_and_takes_two_persons() {
    let entries = [
        entry(1, "A", -3, MovementState::Refused),
        entry(2, "A", 5, MovementState::Waiting),
        entry(60, "A", 1, MovementState::Waiting),
    ];
    let lanes = lanes(&entries);
    let by = |minutes, by: &Person, second: Option<&Person>| {
        let remedy = HeadRemedy::ReplaceByCount {
            count: count(minutes),
            reason: "recounted, the tail was long".to_owned(),
        };
        resolve(&lanes[0], &remedy, by, second, at(90))
    };
    assert!(
        by(30, &floor(), None)
            .unwrap_err()
            .contains("second person")
    );
    assert!(
        by(30, &lead(), Some(&lead()))
            .unwrap_err()
            .contains("both persons")
    );
    assert!(
        by(30, &lead(), Some(&floor()))
            .unwrap_err()
            .contains("lead")
    );
    assert!(
        by(0, &floor(), Some(&lead()))
            .unwrap_err()
            .contains("before")
    );
    assert!(
        by(91, &floor(), Some(&lead()))
            .unwrap_err()
            .contains("not fresh")
    );
    let Ok(Resolution::Replaced {
        dropped,
        kept,
        target_each,
        ..
    }) = by(30, &floor(), Some(&lead()))
    else {
        panic!("replaced")
    };
    let deltas = |of: Vec<&LaneEntry>| of.iter().map(|e| e.movement.delta_each).collect::<Vec<_>>();
    assert_eq!((deltas(dropped), deltas(kept)), (vec![-3, 5], vec![1]));
    assert_eq!(
        target_each, 51,
        "50 counted, 2 left since, 3 the source still has"
    );
}

#[test]
fn nothing_is_done_to_a_head_that_may_have_been_applied() {
    for state in [MovementState::Sending, MovementState::InDoubt] {
        let entries = [
            entry(1, "A", -3, state),
            entry(0, "A", 1, MovementState::Waiting),
        ];
        let lanes = lanes(&entries);
        assert!(
            lanes[0].is_held(),
            "the busy one is the head though an older one came"
        );
        let refusal = resolve(&lanes[0], &HeadRemedy::Retry, &lead(), None, at(9)).unwrap_err();
        assert!(refusal.contains("asked about"), "{refusal}");
    }
}

#[test]
fn heads_of_different_items_and_one_account_share_a_document() {
    let mut other_account = entry(3, "C", 1, MovementState::Waiting);
    other_account.account = Some("403".to_owned());
    let mut same_item = entry(4, "A", 1, MovementState::Waiting);
    same_item.lane = LaneKey::of(&"A".into(), &"shop".into());
    let entries = [
        entry(1, "A", 1, MovementState::Waiting),
        entry(2, "B", 1, MovementState::Waiting),
        other_account,
        same_item,
        entry(5, "D", 1, MovementState::Refused),
        entry(6, "E", 1, MovementState::Waiting),
    ];
    let lanes = lanes(&entries);
    let items = |documents: Vec<Vec<&LaneEntry>>| -> Vec<String> {
        documents
            .iter()
            .map(|d| d.iter().map(|e| e.movement.item.as_str()).collect())
            .collect()
    };
    assert_eq!(
        items(documents(&lanes, &no_lock, 9)),
        ["ABE", "C", "A", "D"]
    );
    assert_eq!(
        items(documents(&lanes, &no_lock, 2)),
        ["AB", "C", "AE", "D"]
    );
    let shipping = |l: &LaneView<'_>| l.key.item.as_ref().is_some_and(|i| i.as_str() == "B");
    assert_eq!(
        items(documents(&lanes, &shipping, 9)),
        ["AE", "C", "A", "D"]
    );
}

#[test]
fn returned_goods_go_by_their_received_line_and_each_part_of_it_on_its_own() {
    let pair = "c7-pvx".into();
    let back = |n, part| {
        let mut m = movement(n, "A", 1);
        m.goods_in_line = Some(("GRN-9/1".into(), part));
        m.key(&pair)
    };
    assert_eq!(back(1, 1), back(7, 1), "one movement, told by two reports");
    assert_ne!(back(1, 1), back(2, 2));
    assert_ne!(back(1, 1), movement(1, "A", 1).key(&pair));
}

#[test]
fn a_refused_head_opens_the_case_of_its_kind() {
    let mut head = entry(1, "A", 1, MovementState::Refused);
    let of = |e: &LaneEntry, text| {
        let (fault, severity) = refusal_fault(e, text);
        (fault.kind, fault.discriminator, severity)
    };
    let lane = "LANE=A@main".to_owned();
    assert_eq!(
        of(&head, "Account 403 is archived"),
        (Kind::StkAdjFailed, lane.clone(), None)
    );
    assert_eq!(
        of(&head, "The date is before the lock date"),
        (Kind::FinPeriodLocked, lane, Some(Severity::S2))
    );
    head.kind = Some(MovementKind::ReturnPutAway);
    head.movement.document = "RMA-1".to_owned();
    assert_eq!(
        of(&head, "Account 403 is archived"),
        (Kind::RetStockinFailed, "RETURN=RMA-1".to_owned(), None)
    );
}

#[test]
fn a_lost_write_that_shows_on_the_shelf_is_asked_about_and_not_sent_again() {
    let head = entry(1, "A", 5, MovementState::Waiting);
    let lost = target(&head, 40).unwrap();
    assert!(looks_applied(&lost, 45));
    assert!(!looks_applied(&lost, 40));
}
