//! Cin7 Core tells of changes: unsigned, a minute late, and inactive after six failures.

use crate::house::{House, SECRET, Setting};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::order::OrderState;
use tallyman::domain::time::Span;
use tallyman::sandbox::{Cin7SaleSpec, SimSystem};

fn hooks(house: &House) -> Vec<(String, String, bool)> {
    house.sandbox.inspect(|w| {
        let all = w.cin7.hooks.subscriptions.iter();
        all.map(|h| (h.kind.to_owned(), h.url.clone(), h.is_active))
            .collect()
    })
}

fn entered(house: &House) -> String {
    let spec = Cin7SaleSpec::default();
    house.sandbox.act(|w| w.cin7_enter(&spec)).unwrap()
}

async fn sent(house: &mut House, id: &str) {
    house
        .until(
            "the sale is in the warehouse",
            Span::mins(4),
            async |h: &House| h.in_warehouse(id) == 1,
        )
        .await;
}

#[tokio::test]
async fn every_type_has_an_address_of_its_own_and_an_event_brings_the_sale() {
    let mut house = House::subscribed(Setting::default()).await;
    let made = hooks(&house);
    assert_eq!(made.len(), house.hooks("cin7").topics().len());
    for (kind, url, is_active) in &made {
        assert!(*is_active);
        assert_eq!(*url, format!("{}/{kind}", house.base("cin7")));
    }
    let id = entered(&house);
    sent(&mut house, &id).await;
    house.sandbox.act(|w| w.cin7_void_sale(&id)).unwrap();
    house
        .until("it is cancelled", Span::mins(4), async |h: &House| {
            let order = h.order("c7-pvx", &id.to_lowercase()).await.unwrap();
            order.row.state == OrderState::Cancelled
        })
        .await;
    house.close().await;
}

#[tokio::test]
async fn the_same_event_within_ten_minutes_is_the_same_event() {
    let house = House::open(Setting::default()).await;
    let body = br#"{"SaleID":"11111111-0000-4000-8000-000000000001","SaleOrderNumber":"SO-1","EventType":"Sale/OrderAuthorised"}"#;
    for _ in 0..10 {
        let told = house
            .arrives("cin7", "Sale/OrderAuthorised", &[], body)
            .await;
        assert_eq!(told, 200);
    }
    assert_eq!(house.store.inbox_new(100).await.unwrap().len(), 1);
    // What cannot be read still says that something happened.
    assert_eq!(house.arrives("cin7", "Sale/Voided", &[], b"{").await, 200);
    assert_eq!(house.store.inbox_new(100).await.unwrap().len(), 2);
    house.close().await;
}

#[tokio::test]
async fn a_subscription_that_went_inactive_is_made_active_again() {
    let mut setting = Setting::default();
    setting.sandbox.cin7.switches.hook_retries = vec![Span::secs(10); 5];
    let mut house = House::subscribed(setting).await;
    let wanted = hooks(&house).len();
    entered(&house);
    let until = house.now() + Span::hours(1);
    while hooks(&house).iter().all(|(.., is_active)| *is_active) {
        assert!(house.now() < until, "it never went inactive");
        for call in house.sandbox.take_cin7_hooks() {
            house.sandbox.cin7_hook_failed(call);
        }
        house.run_deaf(Span::secs(5)).await;
    }
    house
        .until("all are active", Span::mins(16), async |h: &House| {
            hooks(h).iter().all(|(.., is_active)| *is_active)
        })
        .await;
    assert_eq!(hooks(&house).len(), wanted, "revived, not doubled");
    let id = entered(&house);
    sent(&mut house, &id).await;
    house.close().await;
}

#[tokio::test]
async fn an_account_without_the_module_is_polled_and_people_are_told_why() {
    let mut setting = Setting {
        pull_every: Span::mins(1),
        ..Setting::default()
    };
    setting.sandbox.cin7.switches.has_automation = false;
    let mut house = House::subscribed(setting).await;
    let id = entered(&house);
    sent(&mut house, &id).await;
    house.run(Span::mins(10)).await;
    let told = house.cases(Kind::SysWebhookSilent).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "SUBSCRIPTIONS=cin7");
    assert!(told[0].1.contains("Automation module"), "{told:?}");
    assert!(!told[0].1.contains(SECRET));
    assert_eq!(
        house.cases(Kind::SysAuth).await,
        [],
        "it says nothing about our keys"
    );
    house
        .sandbox
        .act(|w| w.config.cin7.switches.has_automation = true);
    house
        .until("the case is closed", Span::mins(20), async |h: &House| {
            h.cases(Kind::SysWebhookSilent).await.is_empty()
        })
        .await;
    house.close().await;
}

#[tokio::test]
async fn a_flood_of_events_leaves_the_calls_to_the_others() {
    let mut house = House::subscribed(Setting::default()).await;
    let before = house.calls_total(SimSystem::Cin7);
    for n in 0..300 {
        let body = format!(
            r#"{{"SaleID":"11111111-0000-4000-8000-{n:012}","SaleOrderNumber":"SO-{n}","EventType":"Sale/OrderAuthorised"}}"#
        );
        house
            .arrives("cin7", "Sale/OrderAuthorised", &[], body.as_bytes())
            .await;
    }
    house.run(Span::mins(5)).await;
    let made = house.calls_total(SimSystem::Cin7) - before;
    assert!(
        made <= 40,
        "{made} calls in five minutes because of strangers' ids"
    );
    house.close().await;
}
