//! Sales read into the house's terms.

use super::*;
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{LocationId, SourceOrderId};
use crate::domain::order::SourceStatus;
use crate::domain::time::Ts;
use crate::vendors::CallLog;
use crate::vendors::cin7core::{
    Decimal, FulfilmentStatus, OrderStatus, Sale, SaleFilter, SaleKind, SaleRead, SaleStatus,
    ShipStatus, ShippingStatus, StageStatus,
};

async fn read_any(sale: &Value) -> SaleRead {
    let (_, client) = client_with(ok(sale));
    let id = SourceOrderId::from(SALE);
    client.sale(&id, &CallLog::default()).await.unwrap()
}

async fn read_with(change: impl FnOnce(&mut Value)) -> Sale {
    let mut sale = sale();
    change(&mut sale);
    match read_any(&sale).await {
        SaleRead::Sale(sale) => *sale,
        SaleRead::Unread(unread) => panic!("unread: {}", unread.text),
    }
}

async fn fault_of(change: impl FnOnce(&mut Value)) -> String {
    let mut sale = sale();
    change(&mut sale);
    match read_any(&sale).await {
        SaleRead::Sale(_) => panic!("the sale was read"),
        SaleRead::Unread(unread) => {
            assert_eq!(unread.source_id.as_str(), SALE);
            unread.text
        }
    }
}

#[tokio::test]
async fn an_authorised_sale_is_read_whole() {
    let sale = read_with(|_| {}).await;
    let order = &sale.order;
    assert_eq!(order.source_id.as_str(), SALE);
    assert_eq!(
        (
            order.number.as_str(),
            order.reference.as_str(),
            order.channel.as_str()
        ),
        ("SO-01042", "WEB-7781", "Shopify")
    );
    assert_eq!(order.status, SourceStatus::Open);
    // On account: authorised is released, whatever the payment says.
    assert!(order.is_paid && !order.is_parked && !order.is_locked);
    assert_eq!(sale.payment, "UNPAID");
    // Berlin is an hour ahead of UTC in March; the promise lasts until the end of its day.
    assert_eq!(order.received_at.to_string(), "2026-03-03T23:00:00Z");
    assert_eq!(order.ship_by.unwrap().to_string(), "2026-03-06T22:59:59Z");
    assert_eq!((order.processed_at, order.paid_at), (None, None));
    assert_eq!(
        (order.service.as_str(), order.service_id.as_str()),
        ("DHL Paket", "DHL Paket")
    );
    assert_eq!((order.total_minor, order.shipping_minor), (42_840, 490));
    assert_eq!(order.currency, "EUR");
    assert_eq!(order.address.name, "Ida Brandt");
    assert_eq!(order.address.company, "Nordlicht Outdoor");
    assert_eq!(order.address.town, "Hamburg");
    assert_eq!(
        (
            order.address.country.as_str(),
            order.address.postcode.as_str()
        ),
        ("DE", "20457")
    );
    assert_eq!(order.address.email, "ida@example.test");
    let line = &order.lines[0];
    assert_eq!(
        (line.sku.as_str(), line.qty_each, line.unit_price_minor),
        ("TENT-2P", 3, 12_000)
    );
    assert!(!line.is_service && !line.is_unlinked);
    assert_eq!(line.row_id, format!("{PRODUCT}#1"));
    assert_eq!(sale.kind, SaleKind::Simple);
    assert_eq!(sale.shipping_notes, "leave at door");
    assert_eq!(sale.next_task().as_deref(), Some(SALE));
    assert_eq!(order.vendor_extra["Fulfilments"][0]["TaskID"], json!(SALE));
    // Not known by name until the locations were read.
    assert_eq!(order.location, LocationId::from("Main Warehouse"));
}

#[tokio::test]
async fn the_location_of_a_sale_is_the_id_once_the_locations_were_read() {
    let fake = Fake::answering([ok(&locations()), ok(&sale())]);
    let client = client(&fake);
    let log = CallLog::default();
    client.locations_page(1, &log).await.unwrap();
    let id = SourceOrderId::from(SALE.to_uppercase());
    let orders = client.sale(&id, &log).await.unwrap().into_orders();
    assert_eq!(orders.rows[0].location, LocationId::from(PLACE));
    let calls = fake.calls();
    assert_eq!(calls[0].uri, "/ref/location?Page=1&Limit=1000");
    assert_eq!(
        calls[1].uri,
        format!(
            "/sale?ID={}&CountryFormat=Code2&HideInventoryMovements=true",
            SALE.to_uppercase()
        )
    );
}

#[tokio::test]
async fn what_became_of_a_sale_is_told_by_the_combined_statuses() {
    let table: [(&str, Value, SourceStatus); 9] = [
        ("/Status", json!("BACKORDERED"), SourceStatus::Open),
        ("/Status", json!("voided"), SourceStatus::Cancelled),
        ("/Order/Status", json!("VOIDED"), SourceStatus::Cancelled),
        (
            "/CombinedShippingStatus",
            json!("SHIPPED"),
            SourceStatus::Processed,
        ),
        (
            "/CombinedShippingStatus",
            json!("PARTIALLY SHIPPED"),
            SourceStatus::Open,
        ),
        (
            "/FulFilmentStatus",
            json!("FULFILLED"),
            SourceStatus::Processed,
        ),
        ("/Order/Status", json!("FULFILLED"), SourceStatus::Processed),
        ("/Order/Status", json!("CLOSED"), SourceStatus::Processed),
        ("/Status", json!("COMPLETED"), SourceStatus::Processed),
    ];
    for (member, value, status) in table {
        let sale = read_with(|s| *s.pointer_mut(member).unwrap() = value.clone()).await;
        assert_eq!(sale.order.status, status, "{member} {value}");
    }
}

#[tokio::test]
async fn only_an_authorised_order_is_released() {
    for (status, is_released) in [
        ("NOT AVAILABLE", false),
        ("DRAFT", false),
        ("AUTHORISED", true),
        ("AUTH_NO_ALLOC", true),
    ] {
        let sale = read_with(|s| s["Order"]["Status"] = json!(status)).await;
        assert_eq!(sale.order.is_paid, is_released, "{status}");
        assert_eq!(sale.order_status.as_str(), status);
    }
    // A quote has no order number yet and goes by its id; an authorised order must have one.
    let quote = read_with(|s| {
        s["Order"]["Status"] = json!("NOT AVAILABLE");
        s["Order"]["SaleOrderNumber"] = json!("");
    })
    .await;
    assert_eq!(quote.order.number, SALE);
    let fault = fault_of(|s| s["Order"]["SaleOrderNumber"] = Value::Null).await;
    assert!(
        fault.ends_with("Order.SaleOrderNumber is missing"),
        "{fault}"
    );
}

#[tokio::test]
async fn an_advanced_sale_keeps_every_fulfilment_apart() {
    let sale = read_with(|s| {
        s["Type"] = json!("Advanced Sale");
        s["CombinedShippingStatus"] = json!("PARTIALLY SHIPPED");
        let mut first = fulfilment(TASK, 1);
        first["FulFilmentStatus"] = json!("FULFILLED");
        first["LinkedInvoiceNumber"] = json!("INV-00871");
        first["Pick"] = stage("AUTHORISED", &json!(2.0));
        first["Pack"] = stage("AUTHORISED", &json!("2"));
        first["Ship"] = json!({"Status": "AUTHORISED", "Lines": [{"ID": "55555555-0000-4000-8000-000000000001",
            "ShipmentDate": "2026-03-05T00:00:00", "Carrier": "DHL Paket", "Boxes": "Box 1, Box 2",
            "TrackingNumber": "JJD0001", "TrackingURL": "", "IsShipped": true}]});
        let second = fulfilment("11111111-0000-4000-8000-0000000000A3", 2);
        s["Fulfilments"] = json!([first, second]);
        s["Invoices"] = json!([{"TaskID": TASK, "InvoiceNumber": "INV-00871", "Status": "PAID",
            "LinkedFulfillmentNumber": 1}]);
    })
    .await;
    let [first, second] = sale.fulfilments.as_slice() else {
        panic!("two fulfilments")
    };
    assert_eq!(
        (first.number, first.status),
        (1, FulfilmentStatus::Fulfilled)
    );
    assert_eq!(first.invoice_number, "INV-00871");
    assert_eq!(first.pick.status, StageStatus::Authorised);
    assert_eq!(first.pick.lines[0].quantity, Decimal::whole(2));
    assert_eq!(first.pick.lines[0].place, "Main Warehouse: A-01-02");
    assert_eq!(first.pick.lines[0].place_id, Some(LocationId::from(BIN)));
    assert_eq!(first.pack.lines[0].box_name, "Box 1");
    assert_eq!(first.ship.status, ShipStatus::Authorised);
    assert_eq!(first.ship.lines[0].boxes, ["Box 1", "Box 2"]);
    assert_eq!(first.ship.lines[0].tracking, "JJD0001");
    assert_eq!(second.task_id, "11111111-0000-4000-8000-0000000000a3");
    // The next pick goes to the one that is still open, and the order is not done.
    assert_eq!(sale.next_task().as_deref(), Some(second.task_id.as_str()));
    assert_eq!(sale.order.status, SourceStatus::Open);
    assert_eq!(sale.invoices[0].fulfilment_number, Some(1));
}

#[tokio::test]
async fn the_task_of_the_next_pick_is_never_guessed() {
    let bare = read_with(|s| s["Fulfilments"] = json!([])).await;
    assert_eq!(bare.next_task().as_deref(), Some(SALE));
    let advanced = read_with(|s| {
        s["Type"] = json!("Advanced Sale");
        s["Fulfilments"] = Value::Null;
    })
    .await;
    assert_eq!(advanced.next_task(), None);
    let picked = read_with(|s| s["Fulfilments"][0]["Pick"] = stage("AUTHORISED", &json!(1))).await;
    assert_eq!(picked.next_task(), None);
    let voided = read_with(|s| s["Fulfilments"][0]["FulFilmentStatus"] = json!("VOIDED")).await;
    assert_eq!(voided.next_task(), None);
}

#[tokio::test]
async fn shipped_on_is_the_latest_shipment_of_a_finished_sale() {
    let sale = read_with(|s| {
        s["CombinedShippingStatus"] = json!("SHIPPED");
        s["CombinedTrackingNumbers"] = json!("JJD0001, JJD0002");
        s["Fulfilments"][0]["Ship"] = json!({"Status": "AUTHORISED", "Lines": [
            {"ShipmentDate": "2026-03-05T00:00:00", "Boxes": "1", "IsShipped": true},
            {"ShipmentDate": "2026-07-01T00:00:00", "Boxes": "2", "IsShipped": "true"},
            {"ShipmentDate": "2026-08-01T00:00:00", "Boxes": "3", "IsShipped": false}]});
    })
    .await;
    assert_eq!(
        sale.order.processed_at.unwrap().to_string(),
        "2026-06-30T22:00:00Z"
    );
    assert_eq!(sale.order.tracking, "JJD0001, JJD0002");
}

#[tokio::test]
async fn backorders_drop_shipments_charges_and_the_same_sku_twice() {
    let sale = read_with(|s| {
        let mut short = line("TENT-2P", &json!(5));
        short["BackorderQuantity"] = json!(2.0);
        let mut dropped = line("TENT-4P", &json!(1));
        dropped["ProductID"] = json!("44444444-0000-4000-8000-000000000002");
        dropped["DropShip"] = json!("true");
        let mut charge = line("", &json!(1));
        charge["ProductID"] = json!("00000000-0000-0000-0000-000000000000");
        let mut cheap = line("TENT-2P", &json!("2.0000"));
        cheap["Discount"] = json!(12.5);
        cheap["Price"] = json!(19.99);
        s["Order"]["Lines"] = json!([line("TENT-2P", &json!(3)), short, dropped, charge, cheap]);
    })
    .await;
    let rows: Vec<(&str, bool, i64)> = sale
        .order
        .lines
        .iter()
        .map(|l| (l.row_id.as_str(), l.is_service, l.unit_price_minor))
        .collect();
    let first = format!("{PRODUCT}#1");
    let second = format!("{PRODUCT}#2");
    let third = format!("{PRODUCT}#3");
    assert_eq!(
        rows,
        [
            (first.as_str(), false, 12_000),
            (second.as_str(), false, 12_000),
            ("44444444-0000-4000-8000-000000000002#1", true, 12_000),
            ("#1", true, 12_000),
            // 19.99 less 12.5 % is 17.49125.
            (third.as_str(), false, 1_749),
        ]
    );
    let waiting: Vec<(&str, Decimal)> = sale
        .backordered()
        .map(|l| (l.row_id.as_str(), l.backorder))
        .collect();
    assert_eq!(waiting, [(second.as_str(), Decimal::whole(2))]);
    // The order stays as the customer placed it.
    assert_eq!(sale.order.lines[1].qty_each, 5);
}

#[tokio::test]
async fn a_service_sale_has_nothing_to_pick() {
    let sale = read_with(|s| {
        s["Type"] = json!("Service Sale");
        s["Order"] = Value::Null;
        s["Fulfilments"] = Value::Null;
    })
    .await;
    assert_eq!(
        (sale.order.lines.len(), sale.order_status),
        (0, OrderStatus::NotAvailable)
    );
    assert_eq!(sale.next_task(), None);
    let fault = fault_of(|s| s["Order"] = Value::Null).await;
    assert!(fault.ends_with("Order is missing"), "{fault}");
}

#[tokio::test]
async fn a_sale_that_cannot_be_read_is_set_aside_with_the_member_at_fault() {
    let table: [(&str, Value, &str); 11] = [
        (
            "/Type",
            json!("Odd Sale"),
            "Type is \"Odd Sale\", which is not a known value",
        ),
        ("/Status", json!(""), "Status is missing"),
        (
            "/CombinedShippingStatus",
            json!("LOST"),
            "CombinedShippingStatus is \"LOST\"",
        ),
        ("/SaleOrderDate", Value::Null, "SaleOrderDate is missing"),
        (
            "/ShipBy",
            json!("tomorrow"),
            "ShipBy is \"tomorrow\", which is not a date",
        ),
        (
            "/Order/Lines/0/Quantity",
            json!(1.5),
            "line 1 (TENT-2P): Quantity is 1.5, which is not a whole number",
        ),
        (
            "/Order/Lines/0/Quantity",
            json!(-1),
            "Order.Lines[1].Quantity is \"-1\", which is negative",
        ),
        (
            "/Order/Lines",
            json!("none"),
            "Order.Lines is \"none\", which is not a list",
        ),
        (
            "/Order/Total",
            json!("NaN"),
            "Order.Total is \"NaN\", which is not a number",
        ),
        (
            "/Fulfilments/0/TaskID",
            Value::Null,
            "Fulfilments[1].TaskID is missing",
        ),
        (
            "/Fulfilments/0/Pick/Status",
            json!("BUSY"),
            "Fulfilments[1].Pick.Status is \"BUSY\"",
        ),
    ];
    for (member, value, told) in table {
        let fault = fault_of(|s| *s.pointer_mut(member).unwrap() = value.clone()).await;
        assert!(fault.starts_with("order SO-01042: "), "{fault}");
        assert!(fault.contains(told), "{fault}");
    }
}

#[tokio::test]
async fn an_answer_about_another_sale_is_no_answer() {
    for change in [json!("11111111-0000-4000-8000-0000000000ff"), Value::Null] {
        let mut body = sale();
        body["ID"] = change;
        let (_, client) = client_with(ok(&body));
        let id = SourceOrderId::from(SALE);
        let error = client.sale(&id, &CallLog::default()).await.unwrap_err();
        assert_eq!(error.class, AnswerClass::Malformed, "{}", error.text);
    }
}

#[tokio::test]
async fn hostile_text_is_cleaned_where_it_enters() {
    let sale = read_with(|s| {
        s["ShippingAddress"]["Contact"] = json!("Ida\u{1b}]52;c;aGk=\u{7} Brandt\u{202e}");
        s["Order"]["Lines"][0]["Name"] = json!("Tent\r\n\u{9b}31m2P");
        s["Note"] = json!("\u{1b}[2Jgone");
        s["Carrier"] = json!(" DHL\u{0}  ");
    })
    .await;
    assert_eq!(sale.order.address.name, "Ida Brandt");
    assert_eq!(sale.order.lines[0].title, "Tent  2P");
    assert_eq!(sale.note, "gone");
    assert_eq!(sale.order.service.as_str(), "DHL");
    let fault = fault_of(|s| s["Type"] = json!("\u{1b}[31mOdd\u{7}")).await;
    assert!(fault.chars().all(|c| !c.is_control()), "{fault:?}");
}

#[tokio::test]
async fn the_list_is_asked_by_its_own_parameter_names() {
    let (fake, client) = client_with(ok(&list("SaleList", &[row()])));
    let filter = SaleFilter {
        updated_since: Some(
            "2026-03-04T08:00:00Z"
                .parse::<chrono::DateTime<chrono::Utc>>()
                .map(Ts::from_utc)
                .unwrap(),
        ),
        order_status: Some(OrderStatus::Authorised),
        status: Some(SaleStatus::Ordered),
        picking: Some(super::super::PickingStatus::NotPicked),
        packing: Some(super::super::PackingStatus::NotPacked),
        shipping: Some(ShippingStatus::NotShipped),
        is_ready_for_shipping: true,
        location: Some(LocationId::from(PLACE)),
        external_id: Some("wms:7781".to_owned()),
        ..SaleFilter::default()
    };
    let page = client
        .sales_page(&filter, 1, &CallLog::default())
        .await
        .unwrap();
    assert!(page.is_last);
    assert_eq!(page.total, Some(1));
    let sale = &page.rows[0];
    assert_eq!((sale.id.as_str(), sale.number.as_str()), (SALE, "SO-01042"));
    assert_eq!(
        sale.location,
        Some(LocationId::from("33333333-0000-4000-8000-00000000000a"))
    );
    assert_eq!(sale.invoicing, "INVOICED / CREDITED");
    assert_eq!(sale.updated_at.unwrap().0 % 1_000_000, 913_000);
    assert_eq!(
        fake.calls()[0].uri,
        format!(
            "/saleList?Page=1&Limit=1000&UpdatedSince=2026-03-04T08%3A00%3A00&Status=ORDERED\
            &OrderStatus=AUTHORISED&CombinedPickStatus=NOT+PICKED&CombinedPackStatus=NOT+PACKED\
            &CombinedShippingStatus=NOT+SHIPPED&ReadyForShipping=true&OrderLocationID={PLACE}&ExternalID=wms%3A7781"
        )
    );
}

#[tokio::test]
async fn one_unreadable_row_is_set_aside_alone_and_repeats_count_once() {
    let mut bad = row();
    bad["SaleID"] = json!(TASK);
    bad["OrderNumber"] = json!("SO-01043");
    bad["Status"] = json!("SHIPPED");
    let rows = [row(), bad.clone(), row(), bad];
    let (_, client) = client_with(ok(&list("SaleList", &rows)));
    let filter = SaleFilter::default();
    let page = client
        .sales_page(&filter, 1, &CallLog::default())
        .await
        .unwrap();
    assert_eq!((page.rows.len(), page.unread.len()), (1, 1));
    assert_eq!(page.unread[0].source_id.as_str(), TASK);
    assert_eq!(
        page.unread[0].text,
        "order SO-01043: Status is \"SHIPPED\", which is not a known value"
    );
}

#[tokio::test]
async fn an_answer_that_is_mostly_unreadable_has_changed_its_shape() {
    let bad = |n: u32| {
        let mut bad = row();
        bad["SaleID"] = json!(format!("11111111-0000-4000-8000-{n:012}"));
        bad["Status"] = json!("SHIPPED");
        bad
    };
    let mut nameless = row();
    nameless["SaleID"] = Value::Null;
    let mut before = row();
    before["Updated"] = json!("2020-01-01T00:00:00Z");
    let since = SaleFilter {
        updated_since: Some(Ts(1_700_000_000_000_000)),
        ..SaleFilter::default()
    };
    let all = SaleFilter::default();
    let table: [(Vec<Value>, &SaleFilter, &str); 3] = [
        (
            vec![row(), bad(7), bad(8), bad(9)],
            &all,
            "which is not a known value",
        ),
        (vec![row(), nameless], &all, "SaleID is missing"),
        (vec![before], &since, "UpdatedSince was ignored"),
    ];
    for (rows, filter, told) in table {
        let (_, client) = client_with(ok(&list("SaleList", &rows)));
        let error = client
            .sales_page(filter, 1, &CallLog::default())
            .await
            .unwrap_err();
        assert_eq!(error.class, AnswerClass::Malformed);
        assert!(error.text.contains(told), "{}", error.text);
    }
}

#[tokio::test]
async fn a_list_ends_with_an_empty_page_or_a_short_one_that_holds_what_was_counted() {
    let rows = |n: u32| -> Vec<Value> {
        let one = |at: u32| {
            let mut row = row();
            row["SaleID"] = json!(format!("11111111-0000-4000-8000-{at:012}"));
            row
        };
        (0..n).map(one).collect()
    };
    // Rows, page, Total, the page the answer says: last?
    type Row = (u32, u32, Value, Value, Result<bool, &'static str>);
    let table: [Row; 10] = [
        (0, 1, json!(0), json!(1), Ok(true)),
        (3, 1, json!(3), json!(1), Ok(true)),
        (3, 1, Value::Null, Value::Null, Ok(true)),
        (1000, 1, json!(1000), json!(1), Ok(false)),
        (1000, 1, json!(2500), json!(1), Ok(false)),
        (5, 2, json!(1005), json!("2"), Ok(true)),
        // Less came than was counted: the next page is asked for, and its emptiness ends the list.
        (4, 2, json!(1005), json!(2), Ok(false)),
        (0, 3, json!(1005), json!(3), Ok(true)),
        (
            100,
            1,
            json!(350),
            json!(1),
            Err("holds 100 rows of 350 though 1000 were asked for"),
        ),
        (
            3,
            2,
            json!(1003),
            json!(1),
            Err("Page is 1 though page 2 was asked for"),
        ),
    ];
    for (count, page, total, said, expected) in table {
        let body = json!({"Total": total, "Page": said, "SaleList": rows(count)});
        let (_, client) = client_with(ok(&body));
        let answer = client
            .sales_page(&SaleFilter::default(), page, &CallLog::default())
            .await;
        match (answer, expected) {
            (Ok(found), Ok(is_last)) => assert_eq!(found.is_last, is_last, "{count} on {page}"),
            (Err(error), Err(told)) => assert!(error.text.contains(told), "{}", error.text),
            (answer, _) => panic!("{count} on {page}: {:?}", answer.map(|a| a.is_last)),
        }
    }
}

#[tokio::test]
async fn a_number_is_searched_for_and_compared() {
    let mut longer = row();
    longer["SaleID"] = json!(TASK);
    longer["OrderNumber"] = json!("SO-010421");
    let fake = Fake::answering([
        ok(&list("SaleList", &[longer.clone(), row()])),
        ok(&list("SaleList", &[longer.clone()])),
        ok(&list(
            "SaleList",
            &[row(), {
                longer["OrderNumber"] = json!("SO-01042");
                longer
            }],
        )),
    ]);
    let client = client(&fake);
    let log = CallLog::default();
    let found = client.sale_by_number("SO-01042", &log).await.unwrap();
    assert_eq!(found.unwrap().id.as_str(), SALE);
    assert_eq!(client.sale_by_number("SO-01042", &log).await.unwrap(), None);
    assert!(client.sale_by_number("SO-01042", &log).await.is_err());
    assert_eq!(
        fake.calls()[0].uri,
        "/saleList?Page=1&Limit=1000&Search=SO-01042"
    );
}

#[tokio::test]
async fn stages_are_read_by_their_task() {
    let ship = json!({"TaskID": SALE, "Status": "PARTIALLY AUTHORISED", "Lines": []});
    let fake = Fake::answering([
        ok(
            &json!({"SaleID": SALE.to_uppercase(), "Fulfilments": [fulfilment(TASK, 1), fulfilment(SALE, 2)]}),
        ),
        ok(&stage("DRAFT", &json!(1.2500))),
        ok(&stage("AUTHORISED", &json!(1))),
        ok(&ship),
        ok(&stage("AUTHORISED", &json!(1))),
        ok(&json!({"SaleID": SALE})),
    ]);
    let client = client(&fake);
    let log = CallLog::default();
    let id = SourceOrderId::from(SALE);
    let all = client.fulfilments(&id, &log).await.unwrap();
    assert_eq!(all.iter().map(|f| f.number).collect::<Vec<_>>(), [1, 2]);
    let pick = client.pick(SALE, &log).await.unwrap();
    assert_eq!(pick.lines[0].quantity.to_string(), "1.25");
    let pack = client.pack(SALE, &log).await.unwrap();
    assert_eq!(pack.status, StageStatus::Authorised);
    let shipment = client.shipment(SALE, &log).await.unwrap();
    assert_eq!(shipment.status, ShipStatus::PartlyAuthorised);
    // Another task than asked for, and a list that is not there.
    assert!(client.pick(TASK, &log).await.is_err());
    let error = client.fulfilments(&id, &log).await.unwrap_err();
    assert_eq!(error.text, "GET sale/fulfilment: Fulfilments is missing");
    let uris: Vec<String> = fake.calls().into_iter().map(|c| c.uri).collect();
    assert_eq!(
        uris[..4],
        [
            format!("/sale/fulfilment?SaleID={SALE}"),
            format!("/sale/fulfilment/pick?TaskID={SALE}"),
            format!("/sale/fulfilment/pack?TaskID={SALE}"),
            format!("/sale/fulfilment/ship?TaskID={SALE}"),
        ]
    );
}
