//! Items, levels and services read into the house's terms.

use super::*;
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::Sku;
use crate::vendors::{CallLog, SalesSystem, StockFigures};

#[tokio::test]
async fn the_catalogue_ends_with_a_short_page_or_the_400_that_says_so() {
    let item = |n: usize| {
        json!({"StockItemId": format!("9a8b7c6d-5e4f-4a3b-8c2d-{n:012}"), "ItemNumber": format!("SKU-{n}"),
            "ItemTitle": "Mug", "BarcodeNumber": null, "CategoryName": "Default", "RetailPrice": 12.0,
            "StockLevels": [level("", LOCATION, 12)]})
    };
    let full: Vec<Value> = (0..200).map(item).collect();
    let fake = Fake::answering([
        ok(&json!(full)),
        ok(&json!([item(200)])),
        raw(
            400,
            r#"{"Code":null,"Message":"No items found with given filter."}"#,
        ),
        raw(
            400,
            r#"{"Code":null,"Message":"Number must be between 1 and 200"}"#,
        ),
    ]);
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    let first = linnworks.products_page(None, &log).await.unwrap();
    assert_eq!(first.next.as_deref(), Some("2"));
    let last = linnworks.products_page(Some("2"), &log).await.unwrap();
    assert_eq!(last.next, None);
    let product = &last.rows[0];
    assert_eq!(
        (product.sku.as_str(), product.price_minor),
        ("SKU-200", 1200)
    );
    let stock = &product.stock.as_ref().unwrap()[0];
    assert_eq!((stock.sku.as_str(), stock.level_each), ("SKU-200", 12));
    assert_eq!((stock.committed_each, stock.available_each), (3, 9));
    let end = linnworks.products_page(Some("3"), &log).await.unwrap();
    assert!(end.next.is_none() && end.rows.is_empty());
    let error = linnworks.products_page(Some("4"), &log).await.unwrap_err();
    assert_eq!(error.class, AnswerClass::Rejected);
}

#[tokio::test]
async fn levels_are_copied_never_recomputed_and_skus_are_matched_to_the_ones_asked_for() {
    let mut oversold = level("MUG-BLU-01", LOCATION, 1);
    oversold["Available"] = json!(-2);
    let fake = Fake::answering([
        ok(&json!([{"pkStockItemId": ITEM, "StockItemLevels": [oversold]}])),
        ok(&json!({"Items": [
            {"StockItemId": ITEM, "SKU": "mug-blu-01"},
            {"StockItemId": "00000000-0000-0000-0000-000000000000", "SKU": "NOPE"},
            {"StockItemId": ITEM, "SKU": "OTHER"}
        ]})),
        ok(&json!([{"pkStockItemId": ITEM, "StockItemLevels": [{"StockLevel": 1.5}]}])),
    ]);
    let linnworks = adapter(&fake);
    let log = CallLog::default();
    let levels = linnworks
        .stock_levels(&[ITEM.to_owned()], &log)
        .await
        .unwrap();
    assert_eq!(levels[0].1[0].available_each, -2);
    let ids = linnworks
        .stock_ids(&[Sku::from("MUG-BLU-01"), Sku::from("NOPE")], &log)
        .unwrap()
        .await
        .unwrap();
    assert_eq!(ids, [(Sku::from("MUG-BLU-01"), ITEM.to_owned())]);
    let error = linnworks
        .stock_levels(&[ITEM.to_owned()], &log)
        .await
        .unwrap_err();
    assert_eq!(error.class, AnswerClass::Malformed);
}

#[tokio::test]
async fn services_are_named_as_orders_name_them() {
    let row = |id: &str, name: &str, vendor: &str| json!({"pkPostalServiceId": id, "PostalServiceName": name, "Vendor": vendor});
    let fake = Fake::answering([ok(&json!([
        row(SERVICE, "Tracked 48", "Royal Mail"),
        row(ITEM, "Next Day", "DPD"),
        row(ORDER_ID, "Tracked 48", "Evri")
    ]))]);
    let services = adapter(&fake)
        .postal_services(&CallLog::default())
        .unwrap()
        .await
        .unwrap();
    assert_eq!(services.len(), 2);
    assert_eq!(
        (services[0].code.as_str(), services[0].name.as_str()),
        ("Tracked 48", "Royal Mail, Evri")
    );
}
