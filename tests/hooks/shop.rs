//! SHOPLINE tells of changes.

use crate::house::{House, MUG, PUBLIC, SECRET, SLOW, Setting};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::order::{OrderState, SourceStatus};
use tallyman::domain::time::Span;
use tallyman::sandbox::{FaultKind, FaultRule, Payment, ShopOrderSpec, SimSystem, Webhook};

/// Within this time an event has come, its order is read and the warehouse has it. The poll alone would take half an hour.
const PROMPT: Span = Span::secs(40);

fn next_fault(house: &House, topic: &str, kind: FaultKind) {
    let rule = FaultRule::next(SimSystem::Shopline, topic, kind, 1);
    house.sandbox.add_fault(rule);
}

async fn sent(house: &mut House, id: &str) {
    let what = format!("order {id} is in the warehouse");
    house
        .until(&what, PROMPT, async |h: &House| h.in_warehouse(id) == 1)
        .await;
}

#[tokio::test]
async fn an_event_brings_an_order_to_the_warehouse_long_before_the_poll() {
    let mut house = House::subscribed(Setting::default()).await;
    let subscribed = house.subscriptions();
    let topics = house.hooks("shop").topics().len();
    assert_eq!(subscribed.len(), topics);
    let address = format!("{PUBLIC}/hooks/shop/{SECRET}");
    assert!(
        subscribed.iter().all(|(_, a)| *a == address),
        "{subscribed:?}"
    );
    let id = house.sold();
    sent(&mut house, &id).await;
    house.run(SLOW + Span::mins(5)).await;
    assert_eq!(house.in_warehouse(&id), 1);
    assert_eq!(house.cases(Kind::SysWebhookSilent).await, []);
    // Kept whole, and readable only with the key.
    assert!(!house.arrived.is_empty());
    house.close().await;
}

#[tokio::test]
async fn many_orders_told_of_at_once_are_read_in_one_call() {
    let mut house = House::subscribed(Setting::default()).await;
    let before = house.calls_total(SimSystem::Shopline);
    let ids: Vec<String> = (0..40).map(|_| house.sold()).collect();
    house
        .until(
            "all are in the warehouse",
            Span::mins(3),
            async |h: &House| ids.iter().all(|id| h.in_warehouse(id) == 1),
        )
        .await;
    assert!(house.arrived.len() >= 80, "{}", house.arrived.len());
    let made = house.calls_total(SimSystem::Shopline) - before;
    assert!(
        made <= 12,
        "{made} calls for {} events",
        house.arrived.len()
    );
    house.close().await;
}

#[tokio::test]
async fn example_9_a_delivery_that_comes_twice_counts_once_and_another_id_for_one_order_makes_one_order()
 {
    let mut house = House::subscribed(Setting::default()).await;
    let id = house.sold();
    sent(&mut house, &id).await;
    let first: Webhook = house.arrived[0].clone();
    let known = house.store.inbox_new(1_000).await.unwrap().len();
    for _ in 0..20 {
        assert_eq!(house.hand_over(&first).await, 200);
    }
    assert_eq!(house.store.inbox_new(1_000).await.unwrap().len(), known);
    // The id is not signed: under another one the same content is the same event.
    let mut replayed = first.clone();
    for (name, value) in &mut replayed.headers {
        if *name == "x-shopline-webhook-id" {
            *value = "0".repeat(24);
        }
    }
    assert_eq!(house.hand_over(&replayed).await, 200);
    assert_eq!(house.store.inbox_new(1_000).await.unwrap().len(), known);
    // A true second event about the same order.
    let second = ShopOrderSpec::of(&[(MUG, 2)]);
    let other = house.placed(&second);
    next_fault(&house, "orders/updated", FaultKind::DuplicateCallback);
    house
        .sandbox
        .act(|w| w.shop_change_address(&id, |a| "5 New Street".clone_into(&mut a.line1)))
        .unwrap();
    house.run(Span::mins(2)).await;
    assert_eq!(
        (house.in_warehouse(&id), house.in_warehouse(&other)),
        (1, 1)
    );
    let order = house.order("sl-pvx", &id).await.unwrap();
    assert_eq!(order.body.source.address.line1, "5 New Street");
    house.close().await;
}

#[tokio::test]
async fn payment_told_before_creation_makes_one_paid_order() {
    let mut house = House::subscribed(Setting::default()).await;
    next_fault(&house, "*", FaultKind::CreationAfterPayment);
    let id = house.placed(&ShopOrderSpec {
        payment: Payment::Unpaid,
        ..ShopOrderSpec::of(&[(MUG, 1)])
    });
    house.run(Span::mins(1)).await;
    assert_eq!(house.arrived.len(), 0, "the creation is held back");
    house.sandbox.act(|w| w.shop_pay(&id)).unwrap();
    sent(&mut house, &id).await;
    house.run(Span::mins(2)).await;
    let topics: Vec<&str> = house.arrived.iter().map(|w| w.topic.as_str()).collect();
    assert_eq!(topics[0], "orders/paid", "{topics:?}");
    assert!(topics.contains(&"orders/create"), "{topics:?}");
    let order = house.order("sl-pvx", &id).await.unwrap();
    assert!(order.body.source.is_paid && order.row.state.is_in_warehouse());
    assert_eq!(house.in_warehouse(&id), 1);
    house.close().await;
}

#[tokio::test]
async fn a_cancellation_told_before_creation_sends_nothing_ever() {
    let mut house = House::subscribed(Setting::default()).await;
    next_fault(&house, "*", FaultKind::CreationAfterCancel);
    let id = house.placed(&ShopOrderSpec {
        payment: Payment::Unpaid,
        ..ShopOrderSpec::of(&[(MUG, 1)])
    });
    house
        .sandbox
        .act(|w| w.shop_cancel_by_hand(&id, true))
        .unwrap();
    house.run(Span::mins(2)).await;
    let topics: Vec<&str> = house.arrived.iter().map(|w| w.topic.as_str()).collect();
    assert_eq!(topics[0], "orders/cancelled", "{topics:?}");
    assert!(topics.contains(&"orders/create"), "{topics:?}");
    house.run(SLOW + Span::mins(5)).await;
    assert_eq!(house.in_warehouse(&id), 0);
    house.close().await;
}

#[tokio::test]
async fn a_cancellation_is_heard_at_once() {
    let mut house = House::subscribed(Setting::default()).await;
    let id = house.sold();
    sent(&mut house, &id).await;
    house
        .sandbox
        .act(|w| w.shop_cancel_by_hand(&id, true))
        .unwrap();
    house
        .until("it is cancelled", Span::mins(2), async |h: &House| {
            let order = h.order("sl-pvx", &id).await.unwrap();
            order.row.state == OrderState::Cancelled
        })
        .await;
    house.close().await;
}

#[tokio::test]
async fn an_event_before_the_order_is_readable_is_read_again_a_few_seconds_later() {
    let mut house = House::subscribed(Setting::default()).await;
    let wait = FaultKind::NotYetReadable(Span::secs(20));
    next_fault(&house, "orders/create", wait);
    let id = house.sold();
    house.run(Span::secs(12)).await;
    assert!(!house.arrived.is_empty());
    assert!(house.order("sl-pvx", &id).await.is_none());
    house
        .until(
            "it is in the warehouse",
            Span::mins(1),
            async |h: &House| h.in_warehouse(&id) == 1,
        )
        .await;
    assert_eq!(house.cases(Kind::SysPoison).await, []);
    house.close().await;
}

#[tokio::test]
async fn an_order_that_never_becomes_readable_costs_a_few_calls_and_is_left_to_the_poll() {
    let mut house = House::subscribed(Setting::default()).await;
    let before = house.calls_total(SimSystem::Shopline);
    let wait = FaultKind::NotYetReadable(Span::mins(20));
    next_fault(&house, "orders/create", wait);
    let id = house.sold();
    house.run(Span::mins(10)).await;
    let made = house.calls_total(SimSystem::Shopline) - before;
    assert!(made <= 24, "{made} calls for an order that is not there");
    assert!(house.order("sl-pvx", &id).await.is_none());
    house.run(SLOW).await;
    assert_eq!(house.in_warehouse(&id), 1, "the poll found it");
    house.close().await;
}

#[tokio::test]
async fn a_wrong_signature_is_kept_and_causes_no_read() {
    let mut house = House::subscribed(Setting::default()).await;
    house.run_deaf(Span::secs(10)).await;
    let id = house.sold();
    house.run_deaf(Span::secs(10)).await;
    let mut webhook = house.sandbox.take_webhooks().remove(0);
    let body = String::from_utf8(webhook.body.to_vec()).unwrap();
    webhook.body = body.replace(&id, &format!("9{}", &id[1..])).into();
    let orders_read = |house: &House| house.calls(SimSystem::Shopline)["GET orders"];
    let before = orders_read(&house);
    assert_eq!(house.hand_over(&webhook).await, 401);
    house.run_deaf(Span::mins(2)).await;
    assert_eq!(orders_read(&house), before);
    assert!(house.order("sl-pvx", &id).await.is_none());
    // It does not take the place of the true one.
    webhook.body = body.into();
    assert_eq!(house.hand_over(&webhook).await, 200);
    sent(&mut house, &id).await;
    house.close().await;
}

#[tokio::test]
async fn a_flood_of_replays_spends_a_small_share_of_the_calls() {
    let mut house = House::subscribed(Setting::default()).await;
    let id = house.sold();
    sent(&mut house, &id).await;
    house.run(Span::mins(1)).await;
    let secret = house.sandbox.demo_credentials().shop_app_secret;
    let before = house.calls_total(SimSystem::Shopline);
    let template = house.arrived[0].clone();
    for second in 0..120 {
        for n in 0..10 {
            // Signed by somebody who has the secret, each about the same order and of another content.
            let body = format!(r#"{{"id":"{id}","n":"{second}-{n}"}}"#).into_bytes();
            let mut webhook = template.clone();
            for (name, value) in &mut webhook.headers {
                match *name {
                    "x-shopline-hmac-sha256" => *value = signed(&secret, &body),
                    "x-shopline-webhook-id" => *value = format!("{second:012}{n:012}"),
                    _ => {}
                }
            }
            webhook.body = body.into();
            assert_eq!(house.hand_over(&webhook).await, 200);
        }
        house.run(Span::secs(1)).await;
    }
    let made = house.calls_total(SimSystem::Shopline) - before;
    assert!(
        made <= 10,
        "{made} calls for 1,200 events of one order in two minutes"
    );
    house.close().await;
}

fn signed(secret: &str, body: &[u8]) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[tokio::test]
async fn what_we_did_ourselves_is_not_read_again() {
    let mut house = House::subscribed(Setting::default()).await;
    let id = house.sold();
    sent(&mut house, &id).await;
    house.run(Span::mins(2)).await;
    let number = house.sandbox.inspect(|w| {
        w.pvx
            .orders
            .iter()
            .find(|o| o.po_reference == id)
            .unwrap()
            .number
            .clone()
    });
    house.sandbox.act(|w| w.despatch(&number, "RM1GB")).unwrap();
    let told = house.arrived.len();
    house
        .until("it is confirmed", Span::mins(10), async |h: &House| {
            let order = h.order("sl-pvx", &id).await.unwrap();
            order.row.state == OrderState::Confirmed
        })
        .await;
    let orders_read = |house: &House| house.calls(SimSystem::Shopline)["GET orders"];
    let before = orders_read(&house);
    house.run(Span::mins(3)).await;
    assert!(house.arrived.len() > told, "our own write was told of");
    assert_eq!(orders_read(&house), before, "and not read");
    assert_eq!(house.in_warehouse(&id), 1);
    house.close().await;
}

#[tokio::test]
async fn a_source_that_goes_silent_is_told_and_hearing_from_it_again_ends_it() {
    let setting = Setting {
        pull_every: Span::mins(1),
        ..Setting::default()
    };
    let mut house = House::subscribed(setting).await;
    let first = house.sold();
    sent(&mut house, &first).await;
    let lost = FaultRule::share(Some(SimSystem::Shopline), "*", FaultKind::LostCallback, 1.0);
    house.sandbox.add_fault(lost);
    for _ in 0..4 {
        house.sold();
    }
    house.run(Span::mins(10)).await;
    assert_eq!(
        house.cases(Kind::SysWebhookSilent).await,
        [],
        "four may be bad luck"
    );
    let last: Vec<String> = (0..3).map(|_| house.sold()).collect();
    house
        .until("the silence is told", Span::mins(10), async |h: &House| {
            !h.cases(Kind::SysWebhookSilent).await.is_empty()
        })
        .await;
    let told = house.cases(Kind::SysWebhookSilent).await;
    assert_eq!(told[0].0, "SYSTEM=shop");
    assert!(
        told[0].1.starts_with("7 changes were found by asking"),
        "{told:?}"
    );
    assert!(
        last.iter().all(|id| house.in_warehouse(id) == 1),
        "polling goes on"
    );
    house.sandbox.clear_faults();
    house.run(Span::mins(5)).await;
    assert_eq!(house.cases(Kind::SysWebhookSilent).await.len(), 1);
    house.sold();
    house
        .until("it is over", Span::mins(5), async |h: &House| {
            h.cases(Kind::SysWebhookSilent).await.is_empty()
        })
        .await;
    house.close().await;
}

#[tokio::test]
async fn a_subscription_that_the_store_removed_comes_back() {
    let mut setting = Setting::default();
    setting.sandbox.shop.switches.retry_percent = 1;
    let mut house = House::subscribed(setting).await;
    let wanted = house.subscriptions().len();
    house.sold();
    // Nobody answers, until the store gives the subscriptions of what happened up.
    let until = house.now() + Span::hours(1);
    while house.subscriptions().len() == wanted {
        assert!(house.now() < until, "the store never gave up");
        for webhook in house.sandbox.take_webhooks() {
            house.sandbox.webhook_answered(webhook, None);
        }
        house.run_deaf(Span::secs(10)).await;
    }
    house
        .until("every topic is back", Span::mins(16), async |h: &House| {
            h.subscriptions().len() == wanted
        })
        .await;
    let id = house.sold();
    sent(&mut house, &id).await;
    house.close().await;
}

#[tokio::test]
async fn subscriptions_move_with_the_address_and_foreign_ones_are_left_alone() {
    let mut house = House::subscribed(Setting::default()).await;
    let wanted = house.subscriptions().len();
    let hooks = house.hooks("shop");
    let foreign = tallyman::secret::Secret::new("https://other.example.test/hook".to_owned());
    let log = tallyman::vendors::CallLog::default();
    hooks
        .subscribe("orders/create", &foreign, &log)
        .await
        .unwrap();
    house.restart_at("https://new.example.test").await;
    house.run(Span::mins(2)).await;
    let now = house.subscriptions();
    assert_eq!(now.len(), wanted + 1, "{now:?}");
    let at = |part: &str| now.iter().filter(|(_, a)| a.contains(part)).count();
    assert_eq!(
        (at("new.example.test"), at("other.example.test")),
        (wanted, 1)
    );
    // The same again changes nothing.
    house.restart_at("https://new.example.test").await;
    house.run(Span::mins(2)).await;
    assert_eq!(house.subscriptions(), now);
    // The secret in the address is kept nowhere.
    let kept = house.store.setting("hooks/shop").await.unwrap().unwrap();
    assert!(
        !kept.contains(SECRET) && !kept.contains("example.test"),
        "{kept}"
    );
    house.close().await;
}

#[tokio::test]
async fn events_of_a_paused_flow_wait_and_are_read_when_it_goes_on() {
    let mut house = House::subscribed(Setting::default()).await;
    let pause = |paused: Option<&str>| tallyman::domain::change::Change::FlowPaused {
        pair: "sl-pvx".into(),
        flow: Some(tallyman::domain::delivery::Flow::OrderPull),
        paused: paused.map(str::to_owned),
    };
    house.commit(vec![pause(Some("a fair is on"))]).await;
    let id = house.sold();
    house.run(Span::mins(3)).await;
    assert!(house.order("sl-pvx", &id).await.is_none());
    house.commit(vec![pause(None)]).await;
    sent(&mut house, &id).await;
    house.close().await;
}

#[tokio::test]
async fn a_deleted_order_is_gone_here_too() {
    let mut house = House::subscribed(Setting::default()).await;
    let id = house.placed(&ShopOrderSpec {
        payment: Payment::Unpaid,
        ..ShopOrderSpec::of(&[(MUG, 1)])
    });
    house
        .until("it is known", PROMPT, async |h: &House| {
            h.order("sl-pvx", &id).await.is_some()
        })
        .await;
    let wait = Span::hours(2);
    house.sandbox.act(|w| {
        let at = w.shop.orders.iter().position(|o| o.id == id).unwrap();
        w.shop.orders[at].readable_from = w.now + wait;
    });
    let mut deleted = house.arrived[0].clone();
    for (name, value) in &mut deleted.headers {
        match *name {
            "x-shopline-topic" => "orders/delete".clone_into(value),
            "x-shopline-webhook-id" => *value = "d".repeat(24),
            _ => {}
        }
    }
    assert_eq!(house.hand_over(&deleted).await, 200);
    house
        .until("it is gone", Span::mins(2), async |h: &House| {
            let order = h.order("sl-pvx", &id).await.unwrap();
            order.row.source_status == SourceStatus::Gone
        })
        .await;
    house.close().await;
}

#[tokio::test]
async fn without_a_server_nothing_is_asked_for_and_polling_reaches_the_same_end() {
    let setting = Setting {
        pull_every: Span::mins(1),
        listens: false,
        ..Setting::default()
    };
    let mut house = House::subscribed(setting).await;
    let id = house.sold();
    house
        .until(
            "it is in the warehouse",
            Span::mins(3),
            async |h: &House| h.in_warehouse(&id) == 1,
        )
        .await;
    assert_eq!(house.subscriptions(), []);
    let calls = house.calls(SimSystem::Shopline);
    assert!(calls.keys().all(|m| !m.contains("webhooks")), "{calls:?}");
    house.close().await;
}
