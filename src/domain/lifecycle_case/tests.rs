//! Every edit in every state.

use super::super::catalogue::Kind;
use super::super::exception::Severity;
use super::super::ids::ExceptionId;
use super::*;

const NOW: Ts = Ts(1_800_000_000_000_000);
const ENGINE: &str = "engine/exceptions";

fn row(state: ExceptionState) -> ExceptionRow {
    let is_owned = !matches!(state, New | Reopened);
    let began_at = NOW - Span::hours(1);
    ExceptionRow {
        id: ExceptionId(12),
        kind: Kind::OrdStalled,
        pair: "lw-pvx".into(),
        discriminator: "order=LW-1".to_owned(),
        severity: Severity::S3,
        state,
        team: Team::Warehouse,
        person: is_owned.then(|| "ann".to_owned()),
        began_at,
        first_seen_at: began_at,
        last_seen_at: NOW,
        members: 4,
        occurrences_ever: 4,
        ship_by: None,
        value_minor: 0,
        ack_due_at: NOW,
        resolve_due_at: began_at + Span::days(1),
        snoozed_until: matches!(state, Snoozed | Waiting).then_some(NOW),
        snooze_condition: (state == Snoozed).then(|| "@4/S3".to_owned()),
        waiting_for: (state == Waiting).then(|| "the carrier".to_owned()),
        parent: None,
        is_regression: false,
        detail: "no progress".to_owned(),
        known_as: None,
        outcome: None,
        closed_at: (!state.is_open()).then_some(NOW),
        version: 7,
        updated_at: began_at,
    }
}

fn snooze(span: Span) -> ExceptionEdit {
    ExceptionEdit::Snooze {
        until: NOW + span,
        condition: None,
    }
}

fn wait_for(who: &str, span: Span) -> ExceptionEdit {
    ExceptionEdit::Wait {
        who: who.to_owned(),
        until: NOW + span,
    }
}

fn dismiss_because(reason: &str) -> ExceptionEdit {
    ExceptionEdit::Dismiss {
        reason: reason.to_owned(),
    }
}

fn assign_to(team: Team, person: Option<&str>) -> ExceptionEdit {
    ExceptionEdit::Assign {
        team,
        person: person.map(str::to_owned),
    }
}

fn by_ann(row: &ExceptionRow, edit: &ExceptionEdit) -> Result<ExceptionRow, String> {
    apply(row, edit, "ann", NOW)
}

#[test]
fn every_edit_in_every_state_does_what_the_life_cycle_says() {
    let states = [
        New,
        Acknowledged,
        Working,
        Snoozed,
        Waiting,
        FixedPending,
        Reopened,
        Resolved,
        Dismissed,
    ];
    assert_eq!(states.as_slice(), ExceptionState::ALL);
    let no = None;
    let table: [(ExceptionEdit, [Option<ExceptionState>; 9]); 11] = [
        (
            ExceptionEdit::Acknowledge,
            [
                Some(Acknowledged),
                Some(Acknowledged),
                no,
                Some(Acknowledged),
                Some(Acknowledged),
                no,
                Some(Acknowledged),
                no,
                no,
            ],
        ),
        (
            assign_to(Team::Data, None),
            [
                Some(New),
                Some(New),
                Some(New),
                Some(Snoozed),
                Some(Waiting),
                Some(FixedPending),
                Some(Reopened),
                no,
                no,
            ],
        ),
        (
            ExceptionEdit::Work,
            [
                Some(Working),
                Some(Working),
                no,
                Some(Working),
                Some(Working),
                no,
                Some(Working),
                no,
                no,
            ],
        ),
        (
            snooze(Span::hours(2)),
            [
                no,
                Some(Snoozed),
                Some(Snoozed),
                Some(Snoozed),
                no,
                no,
                no,
                no,
                no,
            ],
        ),
        (
            wait_for("Royal Mail", Span::hours(2)),
            [
                Some(Waiting),
                Some(Waiting),
                Some(Waiting),
                Some(Waiting),
                Some(Waiting),
                no,
                Some(Waiting),
                no,
                no,
            ],
        ),
        (
            ExceptionEdit::MarkFixed,
            [
                Some(FixedPending),
                Some(FixedPending),
                Some(FixedPending),
                Some(FixedPending),
                Some(FixedPending),
                no,
                Some(FixedPending),
                no,
                no,
            ],
        ),
        (
            ExceptionEdit::FixFailed {
                found: "still absent".to_owned(),
            },
            [no, no, no, no, no, Some(Working), no, no, no],
        ),
        (
            dismiss_because("customer collected it"),
            [
                Some(Dismissed),
                Some(Dismissed),
                Some(Dismissed),
                Some(Dismissed),
                Some(Dismissed),
                no,
                Some(Dismissed),
                no,
                no,
            ],
        ),
        (
            ExceptionEdit::Resolve {
                how: "auto".to_owned(),
                evidence: "read in both".to_owned(),
            },
            [
                Some(Resolved),
                Some(Resolved),
                Some(Resolved),
                Some(Resolved),
                Some(Resolved),
                Some(Resolved),
                Some(Resolved),
                no,
                no,
            ],
        ),
        (
            ExceptionEdit::Note {
                text: "rang the floor".to_owned(),
            },
            [
                Some(New),
                Some(Acknowledged),
                Some(Working),
                Some(Snoozed),
                Some(Waiting),
                Some(FixedPending),
                Some(Reopened),
                Some(Resolved),
                Some(Dismissed),
            ],
        ),
        (
            ExceptionEdit::Lapse,
            [
                no,
                Some(New),
                no,
                Some(Working),
                Some(Acknowledged),
                no,
                no,
                no,
                no,
            ],
        ),
    ];
    for (edit, expected) in &table {
        for (state, expected) in states.into_iter().zip(expected) {
            let before = row(state);
            match (by_ann(&before, edit), expected) {
                (Ok(after), Some(expected)) => {
                    assert_eq!(after.state, *expected, "{state} × {edit:?}");
                    assert_eq!(after.version, before.version);
                    assert_eq!(after.updated_at, NOW);
                }
                (Err(words), None) => {
                    assert!(words.starts_with("exception 12 "), "{words}");
                    assert!(words.contains(": "), "no way out named: {words}");
                }
                (found, expected) => panic!("{state} × {edit:?}: {found:?}, not {expected:?}"),
            }
        }
    }
}

#[test]
fn acknowledging_takes_ownership_and_lapses_after_twice_its_time() {
    let taken = apply(&row(New), &ExceptionEdit::Acknowledge, "bob", NOW).unwrap();
    assert_eq!(taken.person.as_deref(), Some("bob"));
    let lapses_at = NOW + Span::hours(8);
    assert_eq!(next_due(&taken), Some(lapses_at));
    let early = apply(
        &taken,
        &ExceptionEdit::Lapse,
        ENGINE,
        lapses_at - Span::secs(1),
    );
    assert!(early.unwrap_err().contains("does not lapse before"));
    let lapsed = apply(&taken, &ExceptionEdit::Lapse, ENGINE, lapses_at).unwrap();
    assert_eq!((lapsed.state, lapsed.person.clone()), (New, None));
    assert_eq!(lapsed.ack_due_at, lapses_at + Span::hours(4));
}

#[test]
fn nobody_takes_an_exception_from_another_without_saying_so() {
    for edit in [ExceptionEdit::Acknowledge, ExceptionEdit::Work] {
        let words = apply(&row(Acknowledged), &edit, "bob", NOW).unwrap_err();
        assert!(words.contains("with ann") && words.contains("assign it to yourself"));
    }
    let handed = apply(
        &row(Working),
        &assign_to(Team::Warehouse, Some("bob")),
        "bob",
        NOW,
    )
    .unwrap();
    assert_eq!(handed.state, Acknowledged);
    assert_eq!(handed.person.as_deref(), Some("bob"));
    assert_eq!(handed.ack_due_at, NOW + Span::hours(8));
}

#[test]
fn assigning_to_the_same_person_changes_nothing() {
    let same = by_ann(&row(Working), &assign_to(Team::Warehouse, Some("ann"))).unwrap();
    assert_eq!(same.state, Working);
}

#[test]
fn a_rule_never_becomes_the_owner() {
    let fixed = apply(&row(New), &ExceptionEdit::MarkFixed, ENGINE, NOW).unwrap();
    assert_eq!(fixed.person, None);
    let taken = apply(&row(New), &ExceptionEdit::MarkFixed, "bob", NOW).unwrap();
    assert_eq!(taken.person.as_deref(), Some("bob"));
}

#[test]
fn a_snooze_never_passes_the_promise() {
    let mut case = row(Acknowledged);
    case.ship_by = Some(NOW + Span::hours(3));
    assert!(by_ann(&case, &snooze(Span::hours(3))).is_ok());
    let words = by_ann(&case, &snooze(Span::hours(4))).unwrap_err();
    assert!(words.contains("at the latest"), "{words}");
    case.ship_by = Some(NOW - Span::mins(1));
    let words = by_ann(&case, &snooze(Span::mins(5))).unwrap_err();
    assert!(words.contains("has passed"), "{words}");
}

#[test]
fn a_snooze_is_for_a_time_to_come_within_two_weeks_and_on_a_known_condition() {
    let case = row(Acknowledged);
    assert!(by_ann(&case, &snooze(Span::ZERO)).is_err());
    assert!(by_ann(&case, &snooze(Span::days(15))).is_err());
    let unknown = ExceptionEdit::Snooze {
        until: NOW + Span::hours(1),
        condition: Some("payday".to_owned()),
    };
    assert!(
        by_ann(&case, &unknown)
            .unwrap_err()
            .contains("next_snapshot")
    );
}

#[test]
fn a_snooze_stops_the_clock_of_a_tidy_up_but_not_of_harm_today() {
    let case = row(Acknowledged);
    let asleep = by_ann(&case, &snooze(Span::hours(5))).unwrap();
    assert_eq!(asleep.resolve_due_at, case.resolve_due_at + Span::hours(5));
    let later = NOW + Span::hours(2);
    let awake = apply(&asleep, &ExceptionEdit::Work, "ann", later).unwrap();
    assert_eq!(awake.resolve_due_at, case.resolve_due_at + Span::hours(2));
    let longer = apply(
        &asleep,
        &ExceptionEdit::Snooze {
            until: later + Span::hours(1),
            condition: None,
        },
        "ann",
        later,
    )
    .unwrap();
    assert_eq!(longer.resolve_due_at, case.resolve_due_at + Span::hours(3));
    let urgent = ExceptionRow {
        severity: Severity::S2,
        ..case
    };
    let asleep = by_ann(&urgent, &snooze(Span::hours(5))).unwrap();
    assert_eq!(asleep.resolve_due_at, urgent.resolve_due_at);
}

#[test]
fn a_snooze_wakes_early_when_it_grows_by_half_or_becomes_worse() {
    let asleep = by_ann(&row(Acknowledged), &snooze(Span::hours(5))).unwrap();
    let with = |members, severity| ExceptionRow {
        members,
        severity,
        ..asleep.clone()
    };
    let cases = [
        (4, Severity::S3, false),
        (5, Severity::S3, false),
        (6, Severity::S3, true),
        (4, Severity::S2, true),
        (2, Severity::S3, false),
    ];
    for (members, severity, wakes) in cases {
        let now = with(members, severity);
        assert_eq!(
            lapse_reason(&now, NOW).is_some(),
            wakes,
            "{members} {severity}"
        );
        let lapsed = apply(&now, &ExceptionEdit::Lapse, ENGINE, NOW);
        assert_eq!(lapsed.is_ok(), wakes);
    }
    let words = lapse_reason(&with(6, Severity::S3), NOW).unwrap();
    assert_eq!(words, "it grew from 4 to 6");
}

#[test]
fn a_snooze_until_the_next_stock_run_is_ended_by_the_engine_only() {
    let edit = ExceptionEdit::Snooze {
        until: NOW + Span::hours(5),
        condition: Some("next_snapshot".to_owned()),
    };
    let asleep = by_ann(&row(Working), &edit).unwrap();
    assert!(by_ann(&asleep, &ExceptionEdit::Lapse).is_err());
    let awake = apply(&asleep, &ExceptionEdit::Lapse, ENGINE, NOW).unwrap();
    assert_eq!((awake.state, awake.snooze_condition), (Working, None));
    let sleep = Sleep::parse(asleep.snooze_condition.as_deref().unwrap()).unwrap();
    assert_eq!(sleep.words(), "until the next stock run");
    assert_eq!(Sleep::parse(&sleep.to_string()), Some(sleep));
    assert_eq!(Sleep::parse("anything"), None);
}

#[test]
fn waiting_needs_a_name_and_an_end() {
    let case = row(Working);
    let waiting = by_ann(&case, &wait_for("Royal Mail", Span::days(1))).unwrap();
    assert_eq!(waiting.waiting_for.as_deref(), Some("Royal Mail"));
    assert_eq!(next_due(&waiting), Some(NOW + Span::days(1)));
    assert!(by_ann(&case, &wait_for(" ", Span::days(1))).is_err());
    assert!(by_ann(&case, &wait_for("Royal Mail", Span::ZERO)).is_err());
    assert!(by_ann(&case, &wait_for("Royal Mail", Span::days(31))).is_err());
    let over = apply(&waiting, &ExceptionEdit::Lapse, ENGINE, NOW + Span::days(1)).unwrap();
    assert_eq!((over.state, over.waiting_for), (Acknowledged, None));
    let nobody = ExceptionRow {
        person: None,
        ..waiting
    };
    let over = apply(&nobody, &ExceptionEdit::Lapse, ENGINE, NOW + Span::days(1)).unwrap();
    assert_eq!(over.state, New);
}

#[test]
fn said_to_be_fixed_comes_back_when_the_check_finds_otherwise() {
    let pending = by_ann(&row(Working), &ExceptionEdit::MarkFixed).unwrap();
    let found = ExceptionEdit::FixFailed {
        found: "Peoplevox still has 2 lines".to_owned(),
    };
    let back = apply(&pending, &found, ENGINE, NOW).unwrap();
    assert_eq!(back.state, Working);
    assert_eq!(back.detail, "Not settled yet: Peoplevox still has 2 lines");
    assert_eq!(back.person.as_deref(), Some("ann"));
}

#[test]
fn a_dismissal_needs_a_reason_and_a_kind_that_allows_it() {
    let words = by_ann(&row(Working), &dismiss_because("  not now  ")).unwrap_err();
    assert!(words.contains("at least 10 characters"), "{words}");
    let done = by_ann(&row(Working), &dismiss_because("order was collected")).unwrap();
    assert_eq!(done.outcome.as_deref(), Some("order was collected"));
    assert_eq!(done.closed_at, Some(NOW));
    for kind in Kind::ALL.iter().copied() {
        let case = ExceptionRow {
            kind,
            ..row(Working)
        };
        let found = by_ann(&case, &dismiss_because("order was collected"));
        assert_eq!(found.is_ok(), kind.entry().is_dismissable, "{kind}");
    }
}

#[test]
fn resolving_carries_how_and_what_was_read() {
    let edit = |how: &str, evidence: &str| ExceptionEdit::Resolve {
        how: how.to_owned(),
        evidence: evidence.to_owned(),
    };
    assert!(by_ann(&row(Working), &edit("auto", " ")).is_err());
    assert!(by_ann(&row(Working), &edit("", "read")).is_err());
    let done = by_ann(&row(Snoozed), &edit("mapping", "38 orders read back")).unwrap();
    assert_eq!(
        done.outcome.as_deref(),
        Some("mapping: 38 orders read back")
    );
    assert_eq!((done.closed_at, done.snoozed_until), (Some(NOW), None));
}

#[test]
fn notes_have_something_in_them_and_an_end() {
    let note = |text: &str| ExceptionEdit::Note {
        text: text.to_owned(),
    };
    assert!(by_ann(&row(New), &note("\u{1b}[2J")).is_err());
    assert!(by_ann(&row(New), &note(&"a".repeat(REMARK_CHARS_MAX + 1))).is_err());
    assert!(by_ann(&row(Dismissed), &note("seen again")).is_ok());
}

#[test]
fn a_note_by_its_owner_keeps_an_acknowledgement_alive() {
    let note = ExceptionEdit::Note {
        text: "rang the floor".to_owned(),
    };
    let case = row(Acknowledged);
    let by = |actor| apply(&case, &note, actor, NOW).unwrap().ack_due_at;
    assert_eq!(by("ann"), NOW + Span::hours(8));
    assert_eq!(by("bob"), case.ack_due_at);
    assert_eq!(by(ENGINE), case.ack_due_at);
}

#[test]
fn getting_worse_brings_the_deadlines_nearer_and_getting_better_gives_time_back() {
    let mut case = row(New);
    (case.ack_due_at, case.resolve_due_at) =
        deadlines_with_promise(case.severity, case.began_at, None);
    let worse = regrade(&case, Severity::S1, NOW);
    assert_eq!(worse.ack_due_at, case.began_at + Span::mins(15));
    assert_eq!(worse.resolve_due_at, case.began_at + Span::hours(2));
    let better = regrade(&worse, Severity::S3, NOW);
    assert_eq!(better.resolve_due_at, case.resolve_due_at);
    let same = regrade(&case, Severity::S3, NOW);
    assert_eq!(same.resolve_due_at, case.resolve_due_at);
    let taken = apply(&case, &ExceptionEdit::Acknowledge, "ann", NOW).unwrap();
    let worse = regrade(&taken, Severity::S1, NOW);
    assert_eq!(worse.ack_due_at, NOW + Span::mins(30));
}

#[test]
fn the_same_failure_within_seven_days_opens_the_same_exception_again() {
    let mut case = row(Resolved);
    case.closed_at = Some(NOW - Span::days(7));
    case.outcome = Some("mapping: 38 orders read back".to_owned());
    let again = reopen(&case, NOW).unwrap();
    assert_eq!((again.state, again.is_regression), (Reopened, true));
    assert_eq!(again.outcome, case.outcome);
    assert_eq!(again.closed_at, None);
    assert_eq!(again.ack_due_at, NOW + Span::hours(4));
    case.closed_at = Some(NOW - Span::days(7) - Span::secs(1));
    assert!(reopen(&case, NOW).is_err());
    assert!(reopen(&row(Dismissed), NOW).is_err());
    assert!(reopen(&row(Working), NOW).is_err());
    assert!(!is_regression(NOW + Span::secs(1), NOW));
}
