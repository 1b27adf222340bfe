//! People at work on cases.

use crate::stage::{Placed, SOON, Setting, Stage, play};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::error_rule::ErrorRule;
use tallyman::domain::exception::{ExceptionRow, ExceptionState, Team};
use tallyman::domain::ids::ExceptionId;
use tallyman::domain::mapping::{MappingEdit, MappingKind};
use tallyman::domain::time::Span;
use tallyman::sandbox::OrderSpec;

const UNMAPPED: &str = "Royal Mail Tracked 24 Signature";

fn unmapped(s: &Stage) -> Placed {
    s.place(&OrderSpec {
        service: UNMAPPED.to_owned(),
        ..OrderSpec::default()
    })
}

async fn blocked(s: &mut Stage) -> (Placed, ExceptionRow) {
    let order = unmapped(s);
    let case = s.case_opens(Kind::OrdCarrierUnmapped, SOON).await;
    (order, case)
}

async fn version(s: &Stage, id: ExceptionId) -> i64 {
    s.case_by_id(id).await.version
}

#[tokio::test]
async fn a_case_is_taken_handed_over_worked_on_put_off_and_remarked_upon() {
    play(Setting::default(), async |s: &mut Stage| {
        let (_, case) = blocked(s).await;
        s.desk.acknowledge(case.id, case.version).await.unwrap();
        let row = s.case_by_id(case.id).await;
        assert_eq!(row.state, ExceptionState::Acknowledged);
        assert_eq!(row.person.as_deref(), Some("sam"));
        let (team, who) = (Team::Warehouse, Some("kim"));
        let why = Some("they know the service");
        s.desk
            .assign(case.id, row.version, team, who, why)
            .await
            .unwrap();
        let row = s.case_by_id(case.id).await;
        assert_eq!(
            (row.team, row.person.as_deref()),
            (Team::Warehouse, Some("kim"))
        );
        let kim = s.desk_of("kim");
        kim.work(case.id, row.version).await.unwrap();
        assert_eq!(s.case_by_id(case.id).await.state, ExceptionState::Working);
        kim.note(case.id, "asked the carrier").await.unwrap();
        let until = s.now() + Span::mins(30);
        let at = version(s, case.id).await;
        kim.snooze(case.id, at, until, None).await.unwrap();
        assert_eq!(s.case_by_id(case.id).await.state, ExceptionState::Snoozed);
        s.until("it wakes by itself", Span::mins(40), async |s: &Stage| {
            s.case_by_id(case.id).await.state != ExceptionState::Snoozed
        })
        .await;
        assert!(s.now() >= until);
        assert!(s.case_by_id(case.id).await.state.is_open());
    })
    .await;
}

pub async fn said_fixed(s: &mut Stage) {
    let (order, case) = blocked(s).await;
    let at = version(s, case.id).await;
    s.desk.mark_fixed(case.id, at).await.unwrap();
    s.until("it is proved untrue", SOON, async |s: &Stage| {
        s.case_by_id(case.id).await.state == ExceptionState::Working
    })
    .await;
    assert!(s.wms(&order).is_none());
    s.map(MappingKind::Carrier, UNMAPPED, "RM24S").await;
    s.accepted(&order).await;
    s.case_closes(Kind::OrdCarrierUnmapped, SOON).await;
    let row = s.case_by_id(case.id).await;
    assert_eq!(row.state, ExceptionState::Resolved);
    assert!(row.outcome.is_some_and(|o| !o.is_empty()));
}

#[tokio::test]
async fn a_case_said_to_be_fixed_goes_back_to_work_when_that_is_not_true() {
    play(Setting::default(), said_fixed).await;
}

#[tokio::test]
async fn a_case_said_to_be_fixed_is_proved_by_reading_both_systems() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.lock(&order.id, true));
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        let case = s.case_opens(Kind::DspConfirmFailed, SOON).await;
        s.act(|w| w.lock(&order.id, false));
        let at = version(s, case.id).await;
        s.desk.mark_fixed(case.id, at).await.unwrap();
        s.confirmed(&order, Span::mins(2)).await;
        s.until("it is resolved", SOON, async |s: &Stage| {
            s.case_by_id(case.id).await.state == ExceptionState::Resolved
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_dismissed_case_leaves_a_debt_until_the_systems_agree() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.pick(&order.wms));
        let before = s.lw(&order).address.line1;
        s.act(|w| {
            w.amend_order(&order.id, |o| {
                "5 New Street".clone_into(&mut o.address.line1)
            })
        });
        let case = s.case_opens(Kind::AmdTooLate, SOON).await;
        s.desk.acknowledge(case.id, case.version).await.unwrap();
        let at = version(s, case.id).await;
        let blank = s.desk.dismiss(case.id, at, " ").await.unwrap_err();
        assert!(blank.to_string().contains("reason"), "{blank}");
        let why = "the customer collects it";
        s.desk.dismiss(case.id, at, why).await.unwrap();
        let row = s.case_by_id(case.id).await;
        assert_eq!(row.state, ExceptionState::Dismissed);
        let debts = s.store.debts(true, 10).await.unwrap();
        assert_eq!((debts.len(), debts[0].reason.as_str()), (1, why));
        s.act(|w| w.amend_order(&order.id, |o| o.address.line1 = before));
        s.until("the debt is settled", Span::mins(30), async |s: &Stage| {
            s.store.debts(true, 10).await.unwrap().is_empty()
        })
        .await;
    })
    .await;
}

pub async fn two_people(s: &mut Stage) {
    let (_, case) = blocked(s).await;
    let kim = s.desk_of("kim");
    s.desk.acknowledge(case.id, case.version).await.unwrap();
    let late = kim.acknowledge(case.id, case.version).await.unwrap_err();
    assert!(late.is_stale(), "{late}");
    assert!(late.to_string().contains("sam"), "{late}");
    let row = s.case_by_id(case.id).await;
    assert_eq!(row.person.as_deref(), Some("sam"));
}

#[tokio::test]
async fn of_two_people_on_one_case_the_second_is_told_who_was_first() {
    play(Setting::default(), two_people).await;
}

#[tokio::test]
async fn of_two_people_on_the_mappings_the_second_is_told_and_loses_nothing() {
    play(Setting::default(), async |s: &mut Stage| {
        let (order, _) = blocked(s).await;
        let edits = |to: &str| vec![crate::stage::edit(MappingKind::Carrier, UNMAPPED, to, &[])];
        let kim = s.desk_of("kim");
        let seen = s.desk.preview(&s.pair, &edits("RM24S")).await.unwrap();
        let also = kim.preview(&s.pair, &edits("RM24")).await.unwrap();
        s.desk
            .apply(&s.pair, edits("RM24S"), Some(seen.version), "new service")
            .await
            .unwrap();
        let late = kim
            .apply(&s.pair, edits("RM24"), Some(also.version), "new service")
            .await;
        assert!(late.unwrap_err().is_stale());
        s.accepted(&order).await;
        assert_eq!(s.wms(&order).unwrap().service, "RM24S");
    })
    .await;
}

#[tokio::test]
async fn what_comes_back_reopens_the_same_case() {
    play(Setting::default(), async |s: &mut Stage| {
        let (order, case) = blocked(s).await;
        s.map(MappingKind::Carrier, UNMAPPED, "RM24S").await;
        s.accepted(&order).await;
        s.case_closes(Kind::OrdCarrierUnmapped, SOON).await;
        let remove = MappingEdit::Remove {
            kind: MappingKind::Carrier,
            from: UNMAPPED.to_owned(),
        };
        s.desk
            .apply(&s.pair, vec![remove], None, "the contract ended")
            .await
            .unwrap();
        unmapped(s);
        let again = s.case_opens(Kind::OrdCarrierUnmapped, SOON).await;
        assert_eq!(again.id, case.id);
        assert_eq!(again.state, ExceptionState::Reopened);
        assert!(again.is_regression);
    })
    .await;
}

#[tokio::test]
async fn a_case_nobody_looks_at_comes_back_to_the_queue() {
    play(Setting::default(), async |s: &mut Stage| {
        let (_, case) = blocked(s).await;
        s.desk.acknowledge(case.id, case.version).await.unwrap();
        s.sleep(Span::days(1));
        s.run(Span::mins(5)).await;
        let row = s.case_by_id(case.id).await;
        assert!(row.state.is_open());
        assert_ne!(row.state, ExceptionState::Acknowledged, "it lapses");
    })
    .await;
}

#[tokio::test]
async fn a_read_only_desk_changes_nothing_and_says_why() {
    play(Setting::default(), async |s: &mut Stage| {
        let (_, case) = blocked(s).await;
        let pairs = s.desk.pairs().to_vec();
        let now = s.now();
        let looker = tallyman::desk::Desk::new(
            s.store.clone(),
            "guest".into(),
            tallyman::desk::Access::ReadOnly,
            pairs,
            std::sync::Arc::new(move || now),
        );
        let told = looker.acknowledge(case.id, case.version).await.unwrap_err();
        assert!(told.to_string().contains("read-only"), "{told}");
        let told = looker
            .pause_flow(&s.pair, None, "why not")
            .await
            .unwrap_err();
        assert!(told.to_string().contains("read-only"), "{told}");
        assert_eq!(version(s, case.id).await, case.version);
    })
    .await;
}

#[tokio::test]
async fn orders_that_miss_one_cut_off_are_one_case_and_leave_it_one_by_one() {
    play(Setting::default(), async |s: &mut Stage| {
        let first = s.mug_in_warehouse().await;
        let second = s.mug_in_warehouse().await;
        s.until("both miss it", Span::days(3), async |s: &Stage| {
            let case = s.case(Kind::SlaBreached).await;
            case.is_some_and(|c| c.members == 2)
        })
        .await;
        assert_eq!(s.case(Kind::SlaAtRisk).await, None, "a breach is no risk");
        let case = s.case(Kind::SlaBreached).await.unwrap();
        assert!(case.discriminator.starts_with("PROMISE="), "{case:?}");
        s.act(|w| w.despatch(&first.wms, "RM1GB"));
        s.confirmed(&first, SOON).await;
        s.until("it leaves the case", SOON, async |s: &Stage| {
            s.case_by_id(case.id).await.members == 1
        })
        .await;
        s.act(|w| w.despatch(&second.wms, "RM2GB"));
        s.case_closes(Kind::SlaBreached, SOON).await;
    })
    .await;
}

/// Waits for so many open cases of a kind.
pub async fn open_cases(s: &mut Stage, kind: Kind, count: usize) -> Vec<ExceptionRow> {
    s.until("the cases are open", SOON, async |s: &Stage| {
        s.cases().await.iter().filter(|c| c.kind == kind).count() == count
    })
    .await;
    let mut cases = s.cases().await;
    cases.retain(|c| c.kind == kind);
    cases.sort_by_key(|c| c.id);
    cases
}

pub async fn an_error_is_named(s: &mut Stage) {
    const KIND: Kind = Kind::DspConfirmFailed;
    let mut orders = vec![s.mug_in_warehouse().await, s.mug_in_warehouse().await];
    let refused = |s: &Stage, order: &Placed| {
        s.act(|w| w.lock(&order.id, true));
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
    };
    orders.iter().for_each(|order| refused(s, order));
    let cases = open_cases(s, KIND, 2).await;
    let by_kind = KIND.entry().title;
    assert!(cases.iter().all(|c| c.title() == by_kind));

    // Words that the case does not say make no rule.
    let kim = s.desk_of("kim");
    let rule = |words: &str| ErrorRule {
        kind: KIND,
        words: words.to_owned(),
        name: "locked in Linnworks".to_owned(),
        advice: "Unlock it in Linnworks, then retry.".to_owned(),
        team: Some(Team::Cx),
    };
    let wrong = kim
        .classify(cases[0].id, rule("postcode missing"), None)
        .await;
    assert!(wrong.unwrap_err().to_string().contains("does not say"));
    assert!(kim.error_rules().await.unwrap().is_empty());

    // One case is classified: the other gets the name too; who has a case keeps it.
    let sam = s.desk.clone();
    sam.acknowledge(cases[1].id, cases[1].version)
        .await
        .unwrap();
    let done = kim
        .classify(cases[0].id, rule("LOCKED in the source"), None)
        .await;
    assert!(done.unwrap().text.contains("2 open cases are known by it"));
    let named = open_cases(s, KIND, 2).await;
    assert!(named.iter().all(|c| c.title() == "locked in Linnworks"));
    assert_eq!(named[0].team, Team::Cx);
    assert_eq!(
        (named[1].team, named[1].person.as_deref()),
        (cases[1].team, Some("sam"))
    );
    let saved = kim.rule_of(&named[0]).await.unwrap().unwrap();
    assert_eq!((saved.saved_by.as_str(), saved.version), ("kim", 1));
    let again = sam
        .classify(cases[0].id, rule("locked in  the source"), None)
        .await;
    assert!(again.unwrap_err().to_string().contains("saved by kim"));

    // The next one arrives with its name and at its team.
    let third = s.mug_in_warehouse().await;
    refused(s, &third);
    orders.push(third);
    let next = open_cases(s, KIND, 3).await;
    assert_eq!(
        (next[2].title(), next[2].team),
        ("locked in Linnworks", Team::Cx)
    );
    assert_eq!(next[2].kind, KIND);

    // What clears the kind clears it, name or not; a rule that is gone takes the name along.
    s.act(|w| w.lock(&orders[0].id, false));
    s.confirmed(&orders[0], Span::mins(20)).await;
    open_cases(s, KIND, 2).await;
    kim.remove_rule(saved.id, saved.version).await.unwrap();
    let left = open_cases(s, KIND, 2).await;
    assert!(left.iter().all(|c| c.title() == by_kind));
    for order in &orders[1..] {
        s.act(|w| w.lock(&order.id, false));
        s.confirmed(order, Span::mins(30)).await;
    }
    s.case_closes(KIND, SOON).await;
}

#[tokio::test]
async fn an_error_that_was_classified_has_its_name_from_then_on_and_backwards() {
    play(Setting::default(), an_error_is_named).await;
}
