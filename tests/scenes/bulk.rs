//! One act on many cases or orders.

use crate::exceptions::open_cases;
use crate::stage::{MUG, SOON, Setting, Stage, play};
use tallyman::desk::BulkPage;
use tallyman::domain::bulk::{BulkState, BulkTarget, ExceptionAct, OrderAct};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::exception::ExceptionRow;
use tallyman::domain::ids::{BulkId, OrderId};
use tallyman::domain::order::OrderState;
use tallyman::domain::time::Span;
use tallyman::sandbox::OrderSpec;

/// Cases of their own, each of an order whose address is too long.
async fn cases_of_their_own(s: &mut Stage, count: usize) -> Vec<ExceptionRow> {
    for n in 1..=count {
        s.place(&OrderSpec {
            line1: format!("{n} very long street name").repeat(8),
            ..OrderSpec::default()
        });
    }
    open_cases(s, Kind::OrdAddressInvalid, count).await
}

/// The act has ended.
async fn bulk_ends(s: &mut Stage, id: BulkId) -> BulkPage {
    s.until("the act on many cases ends", SOON, async |s: &Stage| {
        s.desk.bulk_page(id).await.unwrap().bulk.state == BulkState::Ended
    })
    .await;
    s.desk.bulk_page(id).await.unwrap()
}

pub async fn many_cases_are_worked_through(s: &mut Stage, meanwhile: impl FnOnce(&mut Stage)) {
    let cases = cases_of_their_own(s, 24).await;
    let seen: Vec<_> = cases.iter().map(|c| (c.id, c.version)).collect();
    let ids: Vec<_> = cases.iter().map(|c| c.id).collect();
    let kim = s.desk_of("kim");

    // What it would come to is said first, and changes nothing.
    let retry = kim.bulk_trial(&ids, &ExceptionAct::Retry).await.unwrap();
    assert_eq!((retry.cases, retry.passes), (24, 24));
    let orders = retry.orders.unwrap();
    assert_eq!((orders.looked_at, orders.passes), (24, 0));
    let why = "ORD_ADDRESS_INVALID, 24 different ones".to_owned();
    assert_eq!(orders.still, [(why, 24)]);

    // Somebody takes one meanwhile: that one is refused, the others are done, whatever happens to the process.
    let sam = s.desk.clone();
    sam.acknowledge(cases[3].id, cases[3].version)
        .await
        .unwrap();
    let take = kim.start_bulk(&seen, ExceptionAct::Acknowledge).await;
    let (id, done) = take.unwrap();
    assert!(done.text.contains("24 cases"), "{}", done.text);
    let waiting = s.desk.bulk_page(id).await.unwrap();
    assert_eq!(waiting.bulk.left(), 24);
    meanwhile(s);
    let page = bulk_ends(s, id).await;
    assert_eq!((page.bulk.done, page.bulk.refused), (23, 1));
    assert_eq!(page.refused[0].target, BulkTarget::Case(cases[3].id));
    assert!(
        page.refused[0].text.contains("sam"),
        "{}",
        page.refused[0].text
    );
    for (n, case) in cases.iter().enumerate() {
        let owner = if n == 3 { "sam" } else { "kim" };
        let row = s.case_by_id(case.id).await;
        assert_eq!(row.person.as_deref(), Some(owner), "case {n}");
    }

    // Who did it takes all of it back in one go.
    let newest = kim.newest_undoable().await.unwrap();
    let together = kim.undoable_together(newest).await.unwrap();
    assert_eq!(together.len(), 23);
    kim.undo(together[0].seq).await.unwrap();
    let taken = s.cases().await.into_iter();
    assert_eq!(taken.filter(|c| c.person.is_some()).count(), 1);

    // A stopped act leaves the rest alone; nobody stops it twice.
    let text = "asked the carrier".to_owned();
    let (id, _) = kim
        .start_bulk(&seen, ExceptionAct::Note { text })
        .await
        .unwrap();
    kim.stop_bulk(id).await.unwrap();
    let again = kim.stop_bulk(id).await.unwrap_err().to_string();
    assert!(again.contains("not under way"), "{again}");
    s.run(Span::mins(5)).await;
    let stopped = s.desk.bulk_page(id).await.unwrap().bulk;
    assert_eq!(
        (stopped.state, stopped.left()),
        (BulkState::Stopped, 24),
        "{}",
        stopped.counts()
    );
    assert_eq!(s.desk.bulks().await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_act_on_many_cases_is_worked_through_whatever_happens_to_the_process() {
    play(Setting::default(), async |s: &mut Stage| {
        many_cases_are_worked_through(s, |s| {
            s.engines_die();
            s.engine_starts();
        })
        .await;
    })
    .await;
}

pub async fn many_orders_are_held(s: &mut Stage, meanwhile: impl FnOnce(&mut Stage)) {
    s.act(|w| w.count(MUG, "PrimarySite", 100));
    let gone = s.mug_in_warehouse().await;
    let mut orders = Vec::new();
    for _ in 0..23 {
        orders.push(s.place(&OrderSpec {
            is_paid: false,
            ..OrderSpec::default()
        }));
    }
    let mut ids: Vec<OrderId> = vec![s.order(&gone).await.id];
    for order in &orders {
        s.reaches(order, OrderState::HeldPayment, SOON).await;
        ids.push(s.order(order).await.id);
    }
    let kim = s.desk_of("kim");
    let hold = OrderAct::Hold {
        reason: "recall of the red mug".to_owned(),
    };
    let trial = kim.order_trial(&ids, &hold).await.unwrap();
    assert_eq!((trial.cases, trial.passes), (24, 23));
    assert!(
        trial.refused[0].0.contains("the warehouse has it"),
        "{trial:?}"
    );

    let (id, done) = kim.start_order_bulk(&ids, hold).await.unwrap();
    assert!(done.text.contains("24 orders"), "{}", done.text);
    meanwhile(s);
    let page = bulk_ends(s, id).await;
    assert_eq!((page.bulk.done, page.bulk.refused), (23, 1));
    assert_eq!(page.refused[0].target, BulkTarget::Order(ids[0]));
    assert_eq!(page.refused[0].label, gone.number);
    for order in &orders {
        s.act(|w| w.pay(&order.id));
    }
    s.run(SOON).await;
    for order in &orders {
        assert!(s.wms(order).is_none(), "held: {}", order.number);
        let row = s.order(order).await;
        assert_eq!(
            row.held_reason.as_deref(),
            Some("recall of the red mug (kim)")
        );
    }

    let (id, _) = kim.start_order_bulk(&ids, OrderAct::Release).await.unwrap();
    let page = bulk_ends(s, id).await;
    assert_eq!((page.bulk.done, page.bulk.refused), (23, 1));
    for order in &orders {
        s.accepted(order).await;
    }
    assert_eq!(s.cases().await, []);
}

#[tokio::test]
async fn an_act_on_many_orders_is_worked_through_whatever_happens_to_the_process() {
    play(Setting::default(), async |s: &mut Stage| {
        many_orders_are_held(s, |s| {
            s.engines_die();
            s.engine_starts();
        })
        .await;
    })
    .await;
}
