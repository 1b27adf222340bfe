//! Exceptions: grouping, settling, coming back, dismissal with debt, editing with versions.

use crate::bench::{Bench, NOW, batch, both, pair, unknown_sku};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::change::Change;
use tallyman::domain::exception::{
    ExceptionEdit, ExceptionState, ObjectRef, Occurrence, Severity, Team,
};
use tallyman::domain::ids::{ExceptionId, OrderId};
use tallyman::domain::mapping::{MappingEdit, MappingKind};
use tallyman::domain::time::Span;
use tallyman::store::StoreError;

both! {
    failures_with_one_cause_are_one_exception,
    the_last_member_that_is_settled_settles_the_exception_with_evidence,
    clearing_and_raising_in_one_batch_leaves_it_open,
    the_same_failure_within_a_week_reopens_it,
    a_dismissal_leaves_a_debt_and_its_members_do_not_wake_it,
    two_people_on_one_exception_and_one_is_told_who_was_first,
    a_system_that_is_down_explains_what_fails_because_of_it,
    an_owner_mapping_overrides_the_catalogue,
    severity_follows_promise_and_size,
}

fn order(id: i64) -> ObjectRef {
    ObjectRef::Order(OrderId(id))
}

fn cleared(id: i64) -> Change {
    Change::Clear {
        kind: Kind::OrdSkuUnknown,
        pair: pair(),
        discriminator: None,
        object: order(id),
        how: "mapping".to_owned(),
        evidence: "the order passed every check".to_owned(),
    }
}

fn raise(order: i64) -> Change {
    Change::Raise(unknown_sku(order, "ABC-1"))
}

async fn failures_with_one_cause_are_one_exception(bench: Bench) {
    let done = bench.commit(vec![raise(1), raise(2)]).await.unwrap();
    assert_eq!(done.opened.len(), 1);
    let id = done.opened[0];
    let done = bench
        .commit(vec![
            raise(2),
            raise(3),
            Change::Raise(unknown_sku(1, "XYZ-9")),
        ])
        .await
        .unwrap();
    assert_eq!(done.opened.len(), 1);
    let row = bench.store.exception(id).await.unwrap().unwrap();
    assert_eq!(
        (row.members, row.occurrences_ever, row.value_minor),
        (3, 3, 3_000)
    );
    assert_eq!(row.state, ExceptionState::New);
    assert!(row.ack_due_at > NOW && row.resolve_due_at > row.ack_due_at);
    let members = bench.store.members(id, None, 2).await.unwrap();
    assert_eq!(members.len(), 2);
    assert_eq!(members[1].times, 2);
    let rest = bench
        .store
        .members(id, Some(tallyman::store::member_cursor(&members[1])), 10)
        .await
        .unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].object, order(3));
    let of_first = bench.store.occurrences_of(&order(1)).await.unwrap();
    let causes: Vec<&str> = of_first.iter().map(|(_, d, _)| d.as_str()).collect();
    assert_eq!(causes, ["SKU=ABC-1", "SKU=XYZ-9"]);
    let unmapped = bench.store.unmapped(&pair()).await.unwrap();
    assert_eq!(
        (unmapped[0].wanted.from.as_str(), unmapped[0].orders),
        ("ABC-1", 3)
    );
    let timeline = bench.store.timeline(&order(1), 10).await.unwrap();
    assert_eq!(timeline.len(), 2);
}

async fn the_last_member_that_is_settled_settles_the_exception_with_evidence(bench: Bench) {
    let id = bench.commit(vec![raise(1), raise(2)]).await.unwrap().opened[0];
    let done = bench.commit(vec![cleared(1)]).await.unwrap();
    assert!(done.closed.is_empty());
    assert_eq!(bench.store.exception(id).await.unwrap().unwrap().members, 1);
    let done = bench.commit(vec![cleared(2)]).await.unwrap();
    assert_eq!(done.closed, [id]);
    let row = bench.store.exception(id).await.unwrap().unwrap();
    assert_eq!(row.state, ExceptionState::Resolved);
    assert_eq!((row.members, row.value_minor), (0, 0));
    assert_eq!(
        row.outcome.as_deref(),
        Some("mapping: the order passed every check")
    );
    assert!(bench.store.invariants(NOW).await.unwrap().is_empty());
    // Clearing what is not there is nothing.
    assert!(
        bench
            .commit(vec![cleared(2)])
            .await
            .unwrap()
            .closed
            .is_empty()
    );
    // All at once.
    let id = bench
        .commit(vec![
            Change::Raise(unknown_sku(1, "B")),
            Change::Raise(unknown_sku(2, "B")),
        ])
        .await
        .unwrap()
        .opened[0];
    let all = Change::ClearAll {
        kind: Kind::OrdSkuUnknown,
        pair: pair(),
        discriminator: "SKU=B".to_owned(),
        how: "mapping".to_owned(),
        evidence: "B is mapped to MUG".to_owned(),
    };
    assert_eq!(bench.commit(vec![all]).await.unwrap().closed, [id]);
    assert!(
        bench
            .store
            .occurrences_of(&order(1))
            .await
            .unwrap()
            .is_empty()
    );
}

async fn clearing_and_raising_in_one_batch_leaves_it_open(bench: Bench) {
    let id = bench.commit(vec![raise(1)]).await.unwrap().opened[0];
    let done = bench.commit(vec![cleared(1), raise(1)]).await.unwrap();
    assert!(done.closed.is_empty() && done.opened.is_empty());
    let row = bench.store.exception(id).await.unwrap().unwrap();
    assert_eq!((row.state, row.members), (ExceptionState::New, 1));
    assert_eq!(bench.store.members(id, None, 9).await.unwrap().len(), 1);
    let done = bench
        .commit(vec![Change::Raise(unknown_sku(5, "Q")), cleared(5)])
        .await
        .unwrap();
    assert_eq!(done.opened, done.closed);
}

async fn the_same_failure_within_a_week_reopens_it(bench: Bench) {
    let id = bench.commit(vec![raise(1)]).await.unwrap().opened[0];
    bench.commit(vec![cleared(1)]).await.unwrap();
    let back = NOW + Span::days(6);
    let done = bench.commit_at(back, vec![raise(1)]).await.unwrap();
    assert_eq!(done.opened, [id]);
    let row = bench.store.exception(id).await.unwrap().unwrap();
    assert_eq!(row.state, ExceptionState::Reopened);
    assert!(row.is_regression);
    assert_eq!((row.members, row.occurrences_ever), (1, 2));
    bench.commit_at(back, vec![cleared(1)]).await.unwrap();
    let done = bench
        .commit_at(back + Span::days(8), vec![raise(1)])
        .await
        .unwrap();
    assert_ne!(done.opened, [id]);
    let row = bench
        .store
        .exception(done.opened[0])
        .await
        .unwrap()
        .unwrap();
    assert!(!row.is_regression);
}

async fn a_dismissal_leaves_a_debt_and_its_members_do_not_wake_it(bench: Bench) {
    let id = bench.commit(vec![raise(1)]).await.unwrap().opened[0];
    let dismiss = Change::Exception {
        id,
        version: Some(1),
        edit: ExceptionEdit::Dismiss {
            reason: "the customer was refunded by hand".to_owned(),
        },
    };
    let outcome = bench.store.commit(batch("anna", NOW, vec![dismiss])).await;
    if !Kind::OrdSkuUnknown.entry().is_dismissable {
        assert!(matches!(outcome, Err(StoreError::Refused(_))));
        return;
    }
    assert_eq!(outcome.unwrap().closed, [id]);
    let debts = bench.store.debts(true, 10).await.unwrap();
    assert_eq!((debts.len(), debts[0].who.as_str()), (1, "anna"));
    let done = bench.commit(vec![raise(1)]).await.unwrap();
    assert!(done.opened.is_empty());
    let done = bench.commit(vec![raise(2)]).await.unwrap();
    assert_eq!(done.opened.len(), 1);
    // Agreement was read: the debt is settled.
    bench.commit(vec![cleared(1)]).await.unwrap();
    assert!(bench.store.debts(true, 10).await.unwrap().is_empty());
    assert!(
        bench.store.debts(false, 10).await.unwrap()[0]
            .settled_at
            .is_some()
    );
}

async fn two_people_on_one_exception_and_one_is_told_who_was_first(bench: Bench) {
    let id = bench.commit(vec![raise(1)]).await.unwrap().opened[0];
    let acknowledge = |who: &'static str| {
        batch(
            who,
            NOW,
            vec![Change::Exception {
                id,
                version: Some(1),
                edit: ExceptionEdit::Acknowledge,
            }],
        )
    };
    bench.store.commit(acknowledge("anna")).await.unwrap();
    match bench.store.commit(acknowledge("ben")).await {
        Err(StoreError::Stale { by, .. }) => assert_eq!(by, "anna"),
        other => panic!("{other:?}"),
    }
    let row = bench.store.exception(id).await.unwrap().unwrap();
    assert_eq!(row.person.as_deref(), Some("anna"));
    let told = bench
        .store
        .timeline(&ObjectRef::Exception(id.0), 10)
        .await
        .unwrap();
    let edits = told
        .iter()
        .filter(|j| j.action == "exception.acknowledged")
        .count();
    assert_eq!(edits, 1);
    // Members that come meanwhile do not make a person's view stale.
    bench.commit(vec![raise(2)]).await.unwrap();
    assert_eq!(bench.store.exception(id).await.unwrap().unwrap().version, 2);
    assert!(
        bench
            .store
            .exceptions_due(NOW + Span::days(9), 10)
            .await
            .unwrap()
            .iter()
            .any(|e| e.id == id)
    );
}

async fn a_system_that_is_down_explains_what_fails_because_of_it(bench: Bench) {
    let down = Occurrence {
        kind: Kind::SysDown,
        discriminator: "SYSTEM=pvx".to_owned(),
        object: ObjectRef::System("pvx".to_owned()),
        ..unknown_sku(1, "-")
    };
    let parent = bench
        .commit(vec![Change::Raise(down.clone())])
        .await
        .unwrap()
        .opened[0];
    let doubt = Occurrence {
        kind: Kind::OrdInDoubt,
        discriminator: "ORDER=7".to_owned(),
        ..unknown_sku(7, "-")
    };
    let done = bench
        .commit(vec![Change::Raise(doubt), raise(2)])
        .await
        .unwrap();
    let mut parents = Vec::new();
    for id in &done.opened {
        let row = bench.store.exception(*id).await.unwrap().unwrap();
        parents.push((row.kind, row.parent));
    }
    assert!(parents.contains(&(Kind::OrdSkuUnknown, None)));
    assert!(
        parents.contains(&(Kind::OrdInDoubt, Some(parent))),
        "{parents:?}"
    );
    let counted: i64 = bench
        .store
        .exception_counts()
        .await
        .unwrap()
        .iter()
        .map(|c| c.open)
        .sum();
    assert_eq!(counted, 2);
    let up = Change::ClearAll {
        kind: Kind::SysDown,
        pair: pair(),
        discriminator: down.discriminator,
        how: "auto".to_owned(),
        evidence: "a probe was answered".to_owned(),
    };
    bench.commit(vec![up]).await.unwrap();
    let row = bench
        .store
        .exception(done.opened[0])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.parent, None);
}

async fn an_owner_mapping_overrides_the_catalogue(bench: Bench) {
    let edit = MappingEdit::Set {
        kind: MappingKind::Owner,
        from: "ORD_SKU_UNKNOWN".to_owned(),
        to: "finance".to_owned(),
        attributes: Default::default(),
    };
    bench
        .commit(vec![Change::Mappings {
            pair: pair(),
            edits: vec![edit],
            reason: "agreed".to_owned(),
        }])
        .await
        .unwrap();
    let id = bench.commit(vec![raise(1)]).await.unwrap().opened[0];
    let row = bench.store.exception(id).await.unwrap().unwrap();
    assert_eq!(row.team, Team::Finance);
}

async fn severity_follows_promise_and_size(bench: Bench) {
    let id: ExceptionId = bench.commit(vec![raise(1)]).await.unwrap().opened[0];
    let before = bench.store.exception(id).await.unwrap().unwrap().severity;
    let mut urgent = unknown_sku(2, "ABC-1");
    urgent.ship_by = Some(NOW + Span::hours(1));
    bench
        .commit(
            std::iter::once(Change::Raise(urgent))
                .chain((3..40).map(raise))
                .collect(),
        )
        .await
        .unwrap();
    let row = bench.store.exception(id).await.unwrap().unwrap();
    assert!(row.severity < before, "{} then {}", before, row.severity);
    assert_eq!(row.severity, Severity::S1);
    assert_eq!(row.ship_by, Some(NOW + Span::hours(1)));
    // It falls only when members leave.
    bench.commit((2..40).map(cleared).collect()).await.unwrap();
    let row = bench.store.exception(id).await.unwrap().unwrap();
    assert_eq!((row.severity, row.ship_by, row.members), (before, None, 1));
}
