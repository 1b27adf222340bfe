//! Locations, variants and stock figures.

use super::*;
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{LocationId, Sku};
use crate::vendors::shopline::{LEVEL_ITEMS_MAX, LEVEL_LOCATIONS_MAX};
use AnswerClass::{Malformed, Rejected, Unknown};

fn variant(sku: Value) -> Value {
    json!({"id": VARIANT, "product_id": PRODUCT, "sku": sku, "barcode": null, "title": "Yellow · S",
        "price": "10.00", "inventory_item_id": ITEM, "inventory_quantity": 42, "inventory_policy": "deny",
        "inventory_tracker": true, "required_shipping": true})
}

fn level(available: Value) -> Value {
    json!({"inventory_item_id": ITEM, "location_id": PLACE, "variant_id": VARIANT, "available": available,
        "updated_at": "2026-09-02T21:53:18+08:00"})
}

#[tokio::test]
async fn locations_tell_who_runs_them() {
    let rows = json!([
        {"id": PLACE, "name": "De\u{1b}[1mfault", "active": true, "is_default": true, "legacy": false},
        {"id": "2", "name": "3PL", "active": false, "is_default": "false", "legacy": true}]);
    let fake = Fake::answering([
        ok(&json!({"locations": rows})),
        ok(&json!({"locations": [{"name": "?"}]})),
    ]);
    let store = client(&fake);
    let found = store.locations(&log()).await.unwrap();
    assert_eq!(fake.only().path, "locations/list.json");
    assert_eq!(found[0].location.id.as_str(), PLACE);
    assert_eq!(found[0].location.name, "Default");
    assert!(found[0].is_active && found[0].is_default);
    assert!(!found[0].location.is_fulfilment_centre);
    assert!(!found[1].is_active && !found[1].is_default);
    assert!(found[1].location.is_fulfilment_centre);
    assert!(found.iter().all(|l| !l.location.counts_open_orders));
    assert_eq!(store.locations(&log()).await.unwrap_err().class, Malformed);
}

#[tokio::test]
async fn the_catalogue_is_read_by_variant_and_cursor() {
    let product = json!({"id": PRODUCT, "title": "Tee", "status": "active",
        "variants": [variant(json!("TEE-Y-S")), variant(json!(null))]});
    let link = format!("<{BASE}products/products.json?limit=250&page_info=AB>; rel=\"next\"");
    let fake = Fake::answering([
        with(ok(&json!({"products": [product]})), "link", &link),
        ok(&json!({"products": []})),
        ok(&json!({"products": [{"id": PRODUCT}]})),
    ]);
    let store = client(&fake);
    let page = store.variants_page(None, &log()).await.unwrap();
    let found = &page.rows[0];
    assert_eq!(
        (found.id.as_str(), found.product_id.as_str()),
        (VARIANT, PRODUCT)
    );
    assert_eq!(
        (found.title.as_str(), found.price_minor),
        ("Tee (Yellow · S)", 1000)
    );
    assert!(found.is_tracked && !found.can_oversell && found.is_shipped);
    assert_eq!(
        (found.available_each, found.product_status.as_str()),
        (Some(42), "active")
    );
    let house = found.product().unwrap();
    assert_eq!((house.id.as_str(), house.sku.as_str()), (ITEM, "TEE-Y-S"));
    assert_eq!(
        page.rows[1].product(),
        None,
        "without a SKU it maps to nothing"
    );
    let last = store
        .variants_page(page.next.as_ref(), &log())
        .await
        .unwrap();
    assert!(last.rows.is_empty() && last.next.is_none());
    let paths: Vec<String> = fake.calls().into_iter().map(|c| c.path).collect();
    assert_eq!(paths[0], "products/products.json?limit=250");
    assert_eq!(paths[1], "products/products.json?limit=250&page_info=AB");
    assert_eq!(
        store.variants_page(None, &log()).await.unwrap_err().class,
        Malformed
    );
}

#[tokio::test]
async fn the_variants_of_one_product_are_read() {
    let mut blank = variant(json!(" TEE "));
    blank["inventory_policy"] = json!("continue");
    let fake = Fake::answering([ok(&json!({"variants": [blank]}))]);
    let page = client(&fake)
        .variants_of(PRODUCT, None, &log())
        .await
        .unwrap();
    assert_eq!(
        fake.only().path,
        format!("products/{PRODUCT}/variants.json?limit=250")
    );
    assert_eq!(
        page.rows[0].sku.as_str(),
        " TEE ",
        "compared exactly, blanks and all"
    );
    assert!(page.rows[0].can_oversell);
}

#[tokio::test]
async fn levels_are_read_for_what_was_asked() {
    let mut spelt = level(json!(-3));
    spelt["update_at"] = spelt["updated_at"].take();
    let fake = Fake::answering([
        ok(&json!({"inventory_levels": [level(json!(95))]})),
        ok(&json!({"inventory_levels": [spelt]})),
        ok(&json!({"inventory_levels": [level(json!(null))]})),
        ok(&json!({"inventory_levels": [level(json!(1))]})),
    ]);
    let store = client(&fake);
    let items = [ITEM.to_owned(), "7680000000000000102".to_owned()];
    let places = [LocationId::from(PLACE)];
    let found = store.levels(&items, &places, &log()).await.unwrap();
    assert_eq!(
        fake.only().path,
        format!(
            "inventory_levels.json?inventory_item_ids={ITEM}%2C7680000000000000102&location_ids={PLACE}"
        )
    );
    let house = found[0].stock(&Sku::from("TEE"));
    assert_eq!(
        (house.level_each, house.committed_each, house.available_each),
        (95, 0, 95)
    );
    let found = store.levels(&items, &[], &log()).await.unwrap();
    assert_eq!(found[0].available_each, -3, "oversold");
    assert!(found[0].updated_at.is_some());
    assert_eq!(
        store.levels(&items, &[], &log()).await.unwrap_err().class,
        Malformed
    );
    let other = [LocationId::from("1")];
    let error = store.levels(&items, &other, &log()).await.unwrap_err();
    assert_eq!(error.class, Malformed, "a level nobody asked for");
    // Nothing is asked for nothing, or for too much.
    assert!(store.levels(&[], &[], &log()).await.unwrap().is_empty());
    let many = vec![ITEM.to_owned(); LEVEL_ITEMS_MAX + 1];
    let wide = vec![LocationId::from(PLACE); LEVEL_LOCATIONS_MAX + 1];
    assert_eq!(
        store.levels(&many, &[], &log()).await.unwrap_err().class,
        Rejected
    );
    assert_eq!(
        store.levels(&items, &wide, &log()).await.unwrap_err().class,
        Rejected
    );
    assert_eq!(fake.calls().len(), 4);
}

#[tokio::test]
async fn a_figure_is_set_absolutely_and_believed_only_when_shown() {
    let mut elsewhere = level(json!(50));
    elsewhere["location_id"] = json!("1");
    let fake = Fake::answering([
        ok(&json!({"inventory_level": level(json!(50))})),
        ok(&json!({"inventory_level": level(json!(49))})),
        ok(&json!({"inventory_level": elsewhere})),
        ok(&json!({"inventory_level": null})),
        raw(400, "{\"errors\":\"inventory item is not tracked\"}"),
    ]);
    let store = client(&fake);
    let place = LocationId::from(PLACE);
    let shown = store.set_available(ITEM, &place, 50, &log()).await.unwrap();
    assert_eq!(shown.available_each, 50);
    let seen = fake.only();
    assert_eq!(
        (seen.verb.as_str(), seen.path.as_str()),
        ("POST", "inventory_levels/set.json")
    );
    assert_eq!(
        seen.body,
        json!({"inventory_item_id": ITEM, "location_id": PLACE, "available": 50})
    );
    for class in [Rejected, Unknown, Malformed, Rejected] {
        let error = store
            .set_available(ITEM, &place, 50, &log())
            .await
            .unwrap_err();
        assert_eq!(error.class, class, "{}", error.text);
    }
    for figure in [-1, i64::from(i32::MAX) + 1] {
        let error = store.set_available(ITEM, &place, figure, &log()).await;
        assert_eq!(error.unwrap_err().class, Rejected);
    }
    assert_eq!(fake.calls().len(), 5, "an impossible figure is not sent");
}
