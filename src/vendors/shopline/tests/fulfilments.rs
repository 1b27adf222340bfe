//! What left the warehouse, entered and read back.

use super::*;
use crate::domain::delivery::AnswerClass;
use crate::vendors::Answer;
use crate::vendors::shopline::{
    Fulfilment, FulfilmentOrderState, NewFulfilment, Notify, Ship, ShipLine, TRACKING_MAX, Tracking,
};
use AnswerClass::{Malformed, Rejected, Unknown};

fn parcel(number: &str) -> Tracking {
    Tracking {
        carrier: "FedEx".to_owned(),
        number: number.to_owned(),
        url: String::new(),
    }
}

fn ship(id: &str, qty_each: i64) -> ShipLine {
    ShipLine {
        line_id: id.to_owned(),
        qty_each,
    }
}

/// One of two units in one parcel.
fn new() -> NewFulfilment {
    NewFulfilment {
        order: ORDER.into(),
        ship: Ship::OfOrder(vec![ship("458610", 1)]),
        tracking: vec![parcel("1234567890")],
        notify: Notify::Customer,
        message: String::new(),
    }
}

async fn create(answer: Value) -> Answer<Fulfilment> {
    let fake = Fake::answering([ok(&answer)]);
    client(&fake).create_fulfilment(&new(), &log()).await
}

#[tokio::test]
async fn a_part_is_shipped_by_line_and_quantity_and_the_customer_is_told_on_request() {
    for (notify, flag) in [(Notify::Customer, true), (Notify::Nobody, false)] {
        let answer = json!({"fulfillment": fulfilment(1, &["1234567890"])});
        let fake = Fake::answering([ok(&answer)]);
        let sent = NewFulfilment { notify, ..new() };
        let made = client(&fake)
            .create_fulfilment(&sent, &log())
            .await
            .unwrap();
        assert_eq!(made.id, FULFILMENT);
        assert_eq!(made.lines[0].row_id, "458610", "a number there, text here");
        assert_eq!(made.lines[0].shipped_each, Some(1), "not the two ordered");
        let seen = fake.only();
        assert_eq!(seen.verb, "POST");
        assert_eq!(seen.path, format!("orders/{ORDER}/fulfillments.json"));
        assert_eq!(
            seen.body,
            json!({"fulfillment": {"line_items": [{"id": "458610", "quantity": 1}],
                "tracking_info_list": [{"tracking_company": "FedEx", "tracking_number": "1234567890",
                    "tracking_url": ""}],
                "notify_customer": flag}})
        );
    }
}

#[tokio::test]
async fn a_shipment_by_fulfilment_order_names_that_orders_own_lines() {
    let answer = json!({"fulfillment": fulfilment(1, &["1234567890"])});
    let fake = Fake::answering([ok(&answer)]);
    let sent = NewFulfilment {
        ship: Ship::OfFulfilmentOrders(vec![(
            "4005000000000000000001".to_owned(),
            vec![ship("1039283", 1)],
        )]),
        message: "first\nparcel".to_owned(),
        ..new()
    };
    client(&fake)
        .create_fulfilment(&sent, &log())
        .await
        .unwrap();
    let seen = fake.only();
    assert_eq!(seen.path, "fulfillments/fulfillments.json");
    assert_eq!(seen.body["order_id"], ORDER, "outside the fulfilment");
    let inner = &seen.body["fulfillment"];
    assert_eq!(
        inner["line_items_by_fulfillment_order"],
        json!([{"fulfillment_order_id": "4005000000000000000001",
            "fulfillment_order_line_items": [{"id": "1039283", "quantity": 1}]}])
    );
    assert_eq!(inner["message"], "first parcel");
}

#[tokio::test]
async fn an_answer_that_shows_another_shipment_leaves_the_effect_unknown() {
    let change = |edit: &dyn Fn(&mut Value)| {
        let mut row = fulfilment(1, &["1234567890"]);
        edit(&mut row);
        json!({"fulfillment": row})
    };
    for (what, answer) in [
        ("another order", change(&|r| r["order_id"] = json!("2107"))),
        ("cancelled", change(&|r| r["status"] = json!("cancelled"))),
        (
            "other tracking",
            change(&|r| r["tracking_info_list"] = json!([{"tracking_number": "9"}])),
        ),
        (
            "other quantity",
            change(&|r| r["line_items"][0]["fulfillment_quantity"] = json!(2)),
        ),
        (
            "other line",
            change(&|r| r["line_items"][0]["id"] = json!(1)),
        ),
        (
            "one line more",
            change(&|r| {
                let mut more = r["line_items"][0].clone();
                more["id"] = json!(2);
                r["line_items"].as_array_mut().unwrap().push(more);
            }),
        ),
    ] {
        let error = create(answer).await.unwrap_err();
        assert_eq!(error.class, Unknown, "{what}: {}", error.text);
    }
    for (what, answer) in [
        ("no fulfilment", json!({"fulfillment": null})),
        ("no id", change(&|r| r["id"] = json!(null))),
        ("strange status", change(&|r| r["status"] = json!("open"))),
    ] {
        let error = create(answer).await.unwrap_err();
        assert_eq!(error.class, Malformed, "{what}: {}", error.text);
    }
    // Lists may be null in the answers of writes: that says nothing against it.
    assert!(
        create(change(&|r| r["line_items"] = json!(null)))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn user_errors_in_a_success_are_a_refusal() {
    let mut answer = json!({"fulfillment": fulfilment(1, &["1234567890"])});
    answer["user_errors"] = json!([{"code": "C", "message": "fulfillable quantity is not enough"}]);
    let error = create(answer).await.unwrap_err();
    assert_eq!(error.class, Rejected);
    assert!(
        error
            .text
            .contains("fulfillable quantity is not enough (C)")
    );
}

#[tokio::test]
async fn what_cannot_be_shipped_is_not_sent() {
    let too_many = (0..=TRACKING_MAX).map(|n| parcel(&n.to_string())).collect();
    let of = |lines: Vec<ShipLine>| NewFulfilment {
        ship: Ship::OfOrder(lines),
        ..new()
    };
    let with_tracking = |tracking: Vec<Tracking>| NewFulfilment { tracking, ..new() };
    let table = [
        ("everything left by accident", of(vec![])),
        ("nothing", of(vec![ship("1", 0)])),
        ("less than nothing", of(vec![ship("1", -1)])),
        ("a line twice", of(vec![ship("1", 1), ship("1", 1)])),
        ("no line", of(vec![ship("", 1)])),
        (
            "a hundred lines",
            of((0..101).map(|n| ship(&n.to_string(), 1)).collect()),
        ),
        ("too many parcels", with_tracking(too_many)),
        ("no number", with_tracking(vec![parcel(" ")])),
        ("a novel", with_tracking(vec![parcel(&"9".repeat(300))])),
        (
            "an order that leads elsewhere",
            NewFulfilment {
                order: "1/../../x".into(),
                ..new()
            },
        ),
        (
            "no fulfilment order",
            NewFulfilment {
                ship: Ship::OfFulfilmentOrders(vec![]),
                ..new()
            },
        ),
    ];
    for (what, sent) in table {
        let fake = Fake::answering([]);
        let error = client(&fake).create_fulfilment(&sent, &log()).await;
        assert_eq!(error.unwrap_err().class, Rejected, "{what}");
        assert!(fake.calls().is_empty(), "{what}");
    }
}

#[tokio::test]
async fn tracking_is_replaced_without_telling_the_customer() {
    let answer = json!({"fulfillment": fulfilment(1, &["1Z999"])});
    let fake = Fake::answering([ok(&answer), ok(&answer)]);
    let store = client(&fake);
    let (order, log) = (ORDER.into(), log());
    let sent = [parcel("1z999")];
    let made = store.update_tracking(&order, FULFILMENT, &sent, Notify::Nobody, &log);
    assert_eq!(made.await.unwrap().tracking[0].number, "1Z999");
    let seen = fake.only();
    assert_eq!(
        seen.path,
        format!("fulfillments/{ORDER}/{FULFILMENT}/update_tracking.json"),
        "the order first"
    );
    assert_eq!(seen.body["fulfillment"]["notify_customer"], json!(false));
    let other = store.update_tracking(&order, "2207", &sent, Notify::Nobody, &log);
    assert_eq!(other.await.unwrap_err().class, Unknown);
    let none = store.update_tracking(&order, FULFILMENT, &[], Notify::Nobody, &log);
    assert_eq!(none.await.unwrap_err().class, Rejected);
    assert_eq!(fake.calls().len(), 2);
}

#[tokio::test]
async fn fulfilments_are_read_back_cancelled_ones_too() {
    let mut bare = fulfilment(1, &[]);
    bare["id"] = json!("22070000000000000000000001");
    bare["status"] = json!("cancelled");
    bare["tracking_number"] = json!("");
    bare["shipment_status"] = json!("in_transit");
    bare["tracking_info_list"] =
        json!([{"tracking_company": "", "tracking_number": "", "tracking_url": ""}]);
    let mut old = fulfilment(2, &["T1"]);
    old.as_object_mut().unwrap().remove("tracking_info_list");
    let fake = Fake::answering([ok(&json!({"fulfillments": [bare, old]}))]);
    let found = client(&fake)
        .fulfilments(&ORDER.into(), &log())
        .await
        .unwrap();
    let seen = fake.only();
    assert_eq!(
        (seen.verb.as_str(), seen.path),
        ("GET", format!("orders/{ORDER}/fulfillments.json"))
    );
    assert!(found[0].is_cancelled && found[0].tracking.is_empty());
    assert_eq!(found[0].shipment_status, "in_transit");
    assert_eq!(
        found[1].tracking[0].number, "T1",
        "older versions have no list"
    );
    assert_eq!(found[1].location.as_ref().map(|l| l.as_str()), Some(PLACE));
    let mut strange = fulfilment(1, &[]);
    strange["order_id"] = json!("999");
    for answer in [
        json!({"fulfillments": [strange]}),
        json!({"fulfillments": null}),
        json!({}),
    ] {
        let fake = Fake::answering([ok(&answer)]);
        let error = client(&fake).fulfilments(&ORDER.into(), &log()).await;
        assert_eq!(error.unwrap_err().class, Malformed, "{answer}");
    }
}

#[tokio::test]
async fn fulfilment_orders_tell_what_each_location_is_to_ship() {
    let row = |status: &str, method: Value| {
        json!({"id": "4005000000000000000001", "order_id": ORDER, "status": status,
            "request_status": "unsubmitted", "supported_actions": ["create_fulfillment", "move"],
            "assigned_location_id": PLACE, "delivery_method": method,
            "line_items": [{"id": "1039283", "line_item_id": "458610", "variant_id": VARIANT, "sku": "TEE-Y-S",
                "quantity": 2, "fulfillable_quantity": "1"}]})
    };
    for (word, state) in [
        ("open", FulfilmentOrderState::Open),
        ("on_hold", FulfilmentOrderState::OnHold),
        ("in_progress", FulfilmentOrderState::InProgress),
        ("closed", FulfilmentOrderState::Closed),
    ] {
        let whole = json!({"method_type": "shipping", "shipping_rate_name": "Standard"});
        let rows = json!([
            row(word, whole),
            row(word, json!("pickup")),
            row(word, json!(null))
        ]);
        let fake = Fake::answering([ok(&json!({"fulfillment_orders": rows}))]);
        let found = client(&fake)
            .fulfilment_orders(&ORDER.into(), &log())
            .await
            .unwrap();
        assert_eq!(
            fake.only().path,
            format!("fulfillment_orders/{ORDER}/fulfillment_orders.json")
        );
        assert_eq!(found[0].state, state);
        let methods: Vec<&str> = found.iter().map(|f| f.method.as_str()).collect();
        assert_eq!(methods, ["shipping", "pickup", ""]);
        assert!(found[0].can_fulfil);
        let line = &found[0].lines[0];
        assert_eq!(
            (line.id.as_str(), line.row_id.as_str()),
            ("1039283", "458610")
        );
        assert_eq!((line.qty_each, line.fulfillable_each), (2, 1));
    }
    let mut foreign = row("open", json!(null));
    foreign["order_id"] = json!("999");
    for bad in [foreign, row("melted", json!(null))] {
        let fake = Fake::answering([ok(&json!({"fulfillment_orders": [bad]}))]);
        let error = client(&fake).fulfilment_orders(&ORDER.into(), &log()).await;
        assert_eq!(error.unwrap_err().class, Malformed);
    }
}
