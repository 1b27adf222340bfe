//! Labels that are booked after the source was told of the parcel.

use crate::house::{House, Setting};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::order::OrderState;
use tallyman::domain::time::Span;
use tallyman::sandbox::{Cin7SaleSpec, FaultKind, FaultRule, SimSystem};

/// Longer than anybody waits for a label before the parcel is told of without it.
const GIVEN_UP: Span = Span::mins(20);
const SOON: Span = Span::mins(15);

/// The number of an order in the warehouse.
async fn number(house: &House, pair: &str, id: &str) -> String {
    let order = house.order(pair, id).await.unwrap();
    order.row.wms_number.unwrap().0
}

/// A sale that left without a label and was confirmed without one.
async fn told_without(house: &mut House, pair: &str, id: &str) -> String {
    house
        .until("it is in the warehouse", SOON, async |h: &House| {
            h.in_warehouse(id) == 1
        })
        .await;
    let wms = number(house, pair, id).await;
    house.run(Span::mins(2)).await;
    house.sandbox.act(|w| w.despatch(&wms, "")).unwrap();
    let what = "it is confirmed";
    house
        .until(what, GIVEN_UP, async |h: &House| {
            is_confirmed(h, pair, id).await
        })
        .await;
    wms
}

async fn is_confirmed(house: &House, pair: &str, id: &str) -> bool {
    let order = house.order(pair, id).await.unwrap().row;
    order.state == OrderState::Confirmed
}

fn shop_labels(house: &House, id: &str) -> Vec<String> {
    house.sandbox.inspect(|w| {
        let order = &w.shop.orders[w.shop.order_by_id[id]];
        let parcels = order.fulfilments.iter().flat_map(|f| &f.tracking);
        parcels.map(|p| p.number.clone()).collect()
    })
}

fn cin7_labels(house: &House, id: &str) -> Vec<String> {
    house.sandbox.inspect(|w| {
        let sales = w.cin7.sales.iter();
        let mut mine = sales.filter(|s| s.id.to_string().eq_ignore_ascii_case(id));
        let sale = mine.next().unwrap();
        let lines = sale.live().flat_map(|f| &f.ship.lines);
        lines.map(|l| l.tracking.clone()).collect()
    })
}

async fn shows(
    house: &mut House,
    what: &str,
    labels: impl Fn(&House) -> Vec<String>,
    expected: &str,
) {
    house
        .until(what, SOON, async |h: &House| labels(h) == [expected])
        .await;
}

fn changes_of(house: &House, op: &str) -> usize {
    let ledger = house.sandbox.ledger();
    ledger.iter().filter(|e| e.op == op).count()
}

/// How often the shopper heard of an order.
fn told(house: &House, id: &str) -> usize {
    let notes = house.sandbox.notifications();
    notes.iter().filter(|n| n.order_id == id).count()
}

#[tokio::test]
async fn a_label_booked_late_reaches_the_shop_and_the_shopper_hears_once() {
    let mut house = House::subscribed(Setting::default()).await;
    let id = house.sold();
    let wms = told_without(&mut house, "sl-pvx", &id).await;
    let heard = told(&house, &id);
    assert_eq!(shop_labels(&house, &id), Vec::<String>::new());
    house.sandbox.act(|w| w.label(&wms, "RM1GB")).unwrap();
    let of = |h: &House| shop_labels(h, &id);
    shows(&mut house, "the shop shows the label", of, "RM1GB").await;
    house.run(SOON).await;
    let order = house.order("sl-pvx", &id).await.unwrap();
    assert_eq!(
        (order.row.state, order.row.tracking.as_str()),
        (OrderState::Confirmed, "RM1GB")
    );
    assert_eq!(told(&house, &id), heard, "no second message");
    assert_eq!(changes_of(&house, "Update tracking"), 1);
    assert_eq!(house.cases(Kind::DspTrackingRejected).await, []);
    house.close().await;
}

#[tokio::test]
async fn a_label_booked_again_takes_the_place_of_the_first() {
    let mut house = House::subscribed(Setting::default()).await;
    let id = house.sold();
    let wms = told_without(&mut house, "sl-pvx", &id).await;
    house.sandbox.act(|w| w.label(&wms, "RM1GB")).unwrap();
    let of = |h: &House| shop_labels(h, &id);
    shows(&mut house, "the first label", of, "RM1GB").await;
    house.sandbox.act(|w| w.label(&wms, "RM2GB")).unwrap();
    house
        .until("the second label", Span::mins(40), async |h: &House| {
            shop_labels(h, &id) == ["RM2GB"]
        })
        .await;
    house.run(SOON).await;
    assert_eq!(changes_of(&house, "Update tracking"), 2);
    house.close().await;
}

#[tokio::test]
async fn a_lost_answer_about_a_label_is_asked_about_and_not_repeated() {
    let mut house = House::subscribed(Setting::default()).await;
    let id = house.sold();
    let wms = told_without(&mut house, "sl-pvx", &id).await;
    let rule = FaultRule::next(
        SimSystem::Shopline,
        "POST fulfillments/{}/{}/update_tracking",
        FaultKind::LostAfter,
        1,
    );
    house.sandbox.add_fault(rule);
    house.sandbox.act(|w| w.label(&wms, "RM1GB")).unwrap();
    house.run(SOON).await;
    assert_eq!(shop_labels(&house, &id), ["RM1GB"]);
    assert_eq!(changes_of(&house, "Update tracking"), 1);
    assert_eq!(house.cases(Kind::DspInDoubt).await, []);
    house.close().await;
}

#[tokio::test]
async fn a_shipment_somebody_changed_by_hand_is_a_case_and_not_written_over() {
    let mut house = House::subscribed(Setting::default()).await;
    let id = house.sold();
    let wms = told_without(&mut house, "sl-pvx", &id).await;
    house.sandbox.act(|w| {
        let at = w.shop.order_by_id[&id];
        let parcel = tallyman::sandbox::Parcel {
            company: "By hand".to_owned(),
            number: "HAND1".to_owned(),
            url: String::new(),
        };
        w.shop.orders[at].fulfilments[0].tracking = vec![parcel];
    });
    house.sandbox.act(|w| w.label(&wms, "RM1GB")).unwrap();
    house.run(SOON).await;
    let cases = house.cases(Kind::DspTrackingRejected).await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    assert!(cases[0].1.contains("RM1GB"), "{cases:?}");
    assert_eq!(shop_labels(&house, &id), ["HAND1"]);
    house.close().await;
}

#[tokio::test]
async fn a_label_booked_late_reaches_the_shipment_in_cin7_core() {
    let mut house = House::subscribed(Setting::default()).await;
    let spec = Cin7SaleSpec::default();
    let id = house.sandbox.act(|w| w.cin7_enter(&spec)).unwrap();
    let id = id.to_lowercase();
    let wms = told_without(&mut house, "c7-pvx", &id).await;
    assert_eq!(cin7_labels(&house, &id), [""]);
    let rule = FaultRule::next(
        SimSystem::Cin7,
        "PUT sale/fulfilment/ship",
        FaultKind::LostAfter,
        1,
    );
    house.sandbox.act(|w| w.label(&wms, "RM9GB")).unwrap();
    house.sandbox.add_fault(rule);
    let of = |h: &House| cin7_labels(h, &id);
    shows(&mut house, "the shipment shows the label", of, "RM9GB").await;
    house.run(SOON).await;
    let order = house.order("c7-pvx", &id).await.unwrap();
    assert_eq!(order.row.tracking, "RM9GB");
    assert_eq!(changes_of(&house, "Tracking changed"), 1);
    house.close().await;
}

/// A parcel of a sale that nobody labels: a case, until the label is booked and the source shows it.
async fn a_case_until_the_label_is_booked(
    house: &mut House,
    (pair, id): (&str, &str),
    label: &str,
    labels: impl Fn(&House) -> Vec<String>,
) {
    let missing = Kind::DspTrackingMissing;
    let wms = told_without(house, pair, id).await;
    let heard = told(house, id);
    assert_eq!(house.cases(missing).await, [], "half an hour is not over");
    house
        .until("a case is open", Span::mins(30), async |h: &House| {
            !h.cases(missing).await.is_empty()
        })
        .await;
    let cases = house.cases(missing).await;
    let service = house.order(pair, id).await.unwrap().row.service;
    assert_eq!(cases.len(), 1, "{cases:?}");
    assert_eq!(cases[0].0, format!("SERVICE={service}"));
    house.sandbox.act(|w| w.label(&wms, label)).unwrap();
    shows(house, "the source shows the label", labels, label).await;
    house
        .until("the case has closed", SOON, async |h: &House| {
            h.cases(missing).await.is_empty()
        })
        .await;
    assert_eq!(told(house, id), heard, "no second message");
}

#[tokio::test]
async fn a_parcel_without_a_label_for_half_an_hour_is_a_case_until_the_shop_shows_it() {
    let mut house = House::subscribed(Setting::default()).await;
    let id = house.sold();
    let labels = |h: &House| shop_labels(h, &id);
    a_case_until_the_label_is_booked(&mut house, ("sl-pvx", &id), "RM1GB", labels).await;
    house.close().await;
}

#[tokio::test]
async fn a_parcel_without_a_label_for_half_an_hour_is_a_case_until_cin7_core_shows_it() {
    let mut house = House::subscribed(Setting::default()).await;
    let spec = Cin7SaleSpec::default();
    let id = house.sandbox.act(|w| w.cin7_enter(&spec)).unwrap();
    let id = id.to_lowercase();
    let labels = |h: &House| cin7_labels(h, &id);
    a_case_until_the_label_is_booked(&mut house, ("c7-pvx", &id), "RM9GB", labels).await;
    house.close().await;
}

#[tokio::test]
async fn a_carrier_the_ledger_does_not_know_is_one_case_until_it_is_mapped() {
    let mut house = House::subscribed(Setting::default()).await;
    let carriers = house
        .sandbox
        .inspect(|w| -> Vec<String> { w.pvx.carriers.iter().map(|c| c.0.clone()).collect() });
    let mapped = |ending: &str| {
        let rows = carriers.iter();
        let rows: Vec<String> = rows
            .map(|c| format!("TRACKING_CARRIER,{c},{c}{ending},"))
            .collect();
        rows.join("\n")
    };
    house.map("c7-pvx", &mapped(" Ltd")).await;
    let mut ids = Vec::new();
    for number in ["RM1GB", "RM2GB"] {
        let id = house
            .sandbox
            .act(|w| w.cin7_enter(&Cin7SaleSpec::default()))
            .unwrap();
        let id = id.to_lowercase();
        house
            .until("it is in the warehouse", SOON, async |h: &House| {
                h.in_warehouse(&id) == 1
            })
            .await;
        let wms = self::number(&house, "c7-pvx", &id).await;
        house.run(Span::mins(2)).await;
        house.sandbox.act(|w| w.despatch(&wms, number)).unwrap();
        ids.push(id);
    }
    house.run(SOON).await;
    let cases = house.cases(Kind::DspTrackingRejected).await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    assert!(
        cases[0].1.contains("was not found in reference book"),
        "{cases:?}"
    );
    house.map("c7-pvx", &mapped("")).await;
    for id in &ids {
        house
            .until("it is confirmed", Span::hours(1), async |h: &House| {
                is_confirmed(h, "c7-pvx", id).await
            })
            .await;
    }
    assert_eq!(house.cases(Kind::DspTrackingRejected).await, []);
    house.close().await;
}
