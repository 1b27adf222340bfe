//! Taking back: an edit of our own books has a way back until somebody builds on it, whatever restarts in between.

use crate::bench::{Bench, NOW, batch, both, new_order, pair, unknown_sku};
use tallyman::domain::change::Change;
use tallyman::domain::exception::{ExceptionEdit, ExceptionRow, ExceptionState, Team};
use tallyman::domain::ids::{ExceptionId, JournalSeq};
use tallyman::domain::mapping::{Attributes, MappingEdit, MappingKind};
use tallyman::domain::order::OrderState;
use tallyman::domain::undo::{Undo, Undoable};
use tallyman::store::StoreError;

both! {
    a_handed_over_case_goes_back_to_whom_it_was_with,
    a_way_back_is_closed_when_somebody_did_more_with_the_case,
    what_was_done_in_one_go_is_found_together,
    every_line_of_a_set_of_mappings_leads_to_its_way_back,
    what_rules_do_has_no_way_back,
}

async fn case(b: &Bench) -> ExceptionId {
    let done = b
        .commit(vec![
            new_order(1, OrderState::Blocked),
            Change::Raise(unknown_sku(1, "MUG")),
        ])
        .await
        .unwrap();
    done.opened[0]
}

async fn row(b: &Bench, id: ExceptionId) -> ExceptionRow {
    b.store.exception(id).await.unwrap().unwrap()
}

fn edit(id: ExceptionId, version: i64, edit: ExceptionEdit) -> Change {
    Change::Exception {
        id,
        version: Some(version),
        edit,
    }
}

async fn person(b: &Bench, changes: Vec<Change>) -> Result<(), StoreError> {
    b.store.commit(batch("sam", NOW, changes)).await.map(|_| ())
}

fn back(found: &Undoable) -> Vec<Change> {
    let Undo::Exception { id, version, was } = &found.undo else {
        panic!("{found:?}");
    };
    let was = ExceptionEdit::Undo {
        was: was.clone(),
        of: found.seq,
    };
    vec![edit(*id, *version, was), Change::Undone(found.seq)]
}

fn hand_over(id: ExceptionId, version: i64) -> Change {
    let to = ExceptionEdit::Assign {
        team: Team::Warehouse,
        person: Some("kim".to_owned()),
    };
    edit(id, version, to)
}

async fn a_handed_over_case_goes_back_to_whom_it_was_with(b: Bench) {
    let id = case(&b).await;
    let before = row(&b, id).await;
    person(
        &b,
        vec![edit(id, before.version, ExceptionEdit::Acknowledge)],
    )
    .await
    .unwrap();
    let taken = row(&b, id).await;
    person(&b, vec![hand_over(id, taken.version)])
        .await
        .unwrap();
    assert_eq!(row(&b, id).await.person.as_deref(), Some("kim"));

    // Another opening of the store: the way back outlives the session.
    let other = b.another().await;
    let found = other.newest_undoable("sam").await.unwrap().unwrap();
    assert_eq!(found.action, "exception.assigned");
    other.commit(batch("sam", NOW, back(&found))).await.unwrap();
    let again = row(&b, id).await;
    assert_eq!(
        (
            again.state,
            again.team,
            again.person.as_deref(),
            again.ack_due_at
        ),
        (
            ExceptionState::Acknowledged,
            taken.team,
            Some("sam"),
            taken.ack_due_at
        )
    );
    assert!(again.version > taken.version, "others see that it moved");

    // Once only, and the newest is now the one before it.
    let twice = b.store.commit(batch("sam", NOW, back(&found))).await;
    assert!(twice.is_err());
    let next = b.store.newest_undoable("sam").await.unwrap().unwrap();
    assert_eq!(next.action, "exception.acknowledged");
    assert_eq!(b.store.verify_journal().await.unwrap(), None);
}

async fn a_way_back_is_closed_when_somebody_did_more_with_the_case(b: Bench) {
    let id = case(&b).await;
    let version = row(&b, id).await.version;
    person(&b, vec![hand_over(id, version)]).await.unwrap();
    let found = b.store.newest_undoable("sam").await.unwrap().unwrap();
    let took = edit(id, row(&b, id).await.version, ExceptionEdit::Acknowledge);
    b.store.commit(batch("kim", NOW, vec![took])).await.unwrap();
    let refused = person(&b, back(&found)).await.unwrap_err();
    assert!(
        matches!(&refused, StoreError::Stale { by, .. } if by == "kim"),
        "{refused:?}"
    );
    assert_eq!(row(&b, id).await.person.as_deref(), Some("kim"));
    // Nothing was half done: the way back is still marked open.
    let still = b.store.undoable(found.seq).await.unwrap().unwrap();
    assert_eq!(still.undone, None);
}

async fn what_was_done_in_one_go_is_found_together(b: Bench) {
    let first = case(&b).await;
    let opened = b
        .commit(vec![
            new_order(2, OrderState::Blocked),
            Change::Raise(unknown_sku(2, "PLATE")),
        ])
        .await
        .unwrap()
        .opened;
    let (one, two) = (row(&b, first).await, row(&b, opened[0]).await);
    let both = vec![
        edit(one.id, one.version, ExceptionEdit::Acknowledge),
        edit(two.id, two.version, ExceptionEdit::Acknowledge),
    ];
    person(&b, both).await.unwrap();
    let newest = b.store.newest_undoable("sam").await.unwrap().unwrap();
    let together = b.store.undoable_together(&newest).await.unwrap();
    assert_eq!(together.len(), 2);
    let all: Vec<Change> = together.iter().flat_map(back).collect();
    person(&b, all).await.unwrap();
    for id in [one.id, two.id] {
        assert_eq!(row(&b, id).await.state, ExceptionState::New);
    }
    assert_eq!(b.store.newest_undoable("sam").await.unwrap(), None);
}

async fn every_line_of_a_set_of_mappings_leads_to_its_way_back(b: Bench) {
    let set = |from: &str| MappingEdit::Set {
        kind: MappingKind::Carrier,
        from: from.to_owned(),
        to: "RM48".to_owned(),
        attributes: Attributes::new(),
    };
    let change = Change::Mappings {
        pair: pair(),
        edits: vec![set("Tracked 48"), set("Tracked 24")],
        reason: "new services".to_owned(),
    };
    person(&b, vec![change]).await.unwrap();
    let found = b.store.newest_undoable("sam").await.unwrap().unwrap();
    assert_eq!(found.lines, 2);
    assert_eq!(
        found.undo,
        Undo::Mappings {
            pair: pair(),
            version: 1
        }
    );
    for line in [found.seq.0 - 1, found.seq.0] {
        let of_line = b.store.undoable(JournalSeq(line)).await.unwrap();
        assert_eq!(of_line.as_ref(), Some(&found), "line {line}");
    }
    let beside = b.store.undoable(JournalSeq(found.seq.0 - 2)).await.unwrap();
    assert_eq!(beside, None);
}

async fn what_rules_do_has_no_way_back(b: Bench) {
    let id = case(&b).await;
    let version = row(&b, id).await.version;
    b.commit(vec![hand_over(id, version)]).await.unwrap();
    assert_eq!(b.store.newest_undoable("engine/test").await.unwrap(), None);
}
