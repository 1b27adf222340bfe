//! The real SHOPLINE client against the sandbox, on the wire: every call it makes, and what comes by webhook.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tallyman::domain::delivery::AnswerClass;
use tallyman::domain::ids::SourceOrderId;
use tallyman::domain::order::SourceStatus;
use tallyman::domain::time::{Span, Ts};
use tallyman::sandbox::{
    FaultKind, FaultRule, SHOP_LOCATION, Sandbox, SandboxConfig, ShopConfig, ShopOrderSpec,
    ShopTraits, SimSystem, TradingHours, WorldTraits, serve,
};
use tallyman::secret::Secret;
use tallyman::vendors::shopline::{
    Archive, FulfilmentOrderState, NewFulfilment, Notify, OrdersQuery, Payment, Restock,
    ReturnState, Ship, ShipLine, Shipped, Shopline, ShoplineConfig, SignatureFault, StatusFilter,
    Topic, Tracking, envelope, subject, verify,
};
use tallyman::vendors::transport::{TransportOptions, VendorHosts, install_crypto, reqwest_wire};
use tallyman::vendors::{CallLog, System};

struct House {
    sandbox: Sandbox,
    clock: Arc<AtomicI64>,
    shop: Shopline,
    log: CallLog,
}

fn quiet() -> SandboxConfig {
    SandboxConfig {
        orders_per_day: 0,
        opening_orders: 0,
        traits: WorldTraits::quiet(),
        trading_hours: TradingHours::ALWAYS,
        shop: ShopConfig {
            traits: ShopTraits::quiet(),
            ..ShopConfig::default()
        },
        ..SandboxConfig::default()
    }
}

impl House {
    fn new(config: SandboxConfig) -> Self {
        let clock = Arc::new(AtomicI64::new(config.start.0));
        let hand = clock.clone();
        let sandbox = Sandbox::new(config, Arc::new(move || Ts(hand.load(Ordering::SeqCst))));
        let c = sandbox.demo_credentials();
        let mut settings = ShoplineConfig::new(&c.shop_handle, Secret::new(c.shop_access_token));
        settings.app_secret = Some(Secret::new(c.shop_app_secret));
        let shop = Shopline::new(settings, sandbox.wire(SimSystem::Shopline)).unwrap();
        Self {
            sandbox,
            clock,
            shop,
            log: CallLog::default(),
        }
    }

    fn wait(&self, span: Span) {
        self.clock.fetch_add(span.0, Ordering::SeqCst);
        self.sandbox.advance();
    }

    fn now(&self) -> Ts {
        Ts(self.clock.load(Ordering::SeqCst))
    }

    fn place(&self, lines: &[(&str, i64)]) -> SourceOrderId {
        let spec = ShopOrderSpec::of(lines);
        SourceOrderId(self.sandbox.act(|w| w.shop_place(&spec)).unwrap())
    }

    async fn read(&self, id: &SourceOrderId) -> tallyman::vendors::shopline::ShoplineOrder {
        let ids = [id.clone()];
        let found = self
            .shop
            .orders_by_ids(&ids, Archive::Current, &self.log)
            .await
            .unwrap();
        assert!(found.unread.is_empty(), "{:?}", found.unread);
        found.rows[0].clone()
    }
}

fn tracking(number: &str) -> Tracking {
    Tracking {
        carrier: "Royal Mail".to_owned(),
        number: number.to_owned(),
        url: String::new(),
    }
}

#[tokio::test]
async fn a_check_finds_the_store_in_order() {
    let house = House::new(quiet());
    house.shop.probe(&house.log).await.unwrap();
    let findings = house.shop.check(house.now(), &house.log).await;
    for finding in &findings {
        assert!(finding.is_ok, "{finding:?}");
    }
    assert!(findings.len() > 5);
}

#[tokio::test]
async fn a_busy_store_is_read_to_the_last_order() {
    let mut config = quiet();
    config.shop.orders_per_day = 900;
    config.shop.traits = ShopTraits::typical();
    config.shop.switches.is_unlimited = true;
    let house = House::new(config);
    house.wait(Span::hours(14));
    let query = OrdersQuery {
        archive: Archive::Current,
        status: StatusFilter::Any,
        updated_from: None,
        updated_to: None,
    };
    let mut page = house.shop.orders_page(&query, &house.log).await.unwrap();
    let mut seen = Vec::new();
    loop {
        assert!(page.unread.is_empty(), "{:?}", page.unread);
        seen.extend(page.rows.iter().map(|o| o.order.source_id.0.clone()));
        let Some(next) = page.next else { break };
        page = house.shop.orders_next(&next, &house.log).await.unwrap();
    }
    let wanted: Vec<String> = house.sandbox.inspect(|w| {
        let current = w.shop.orders.iter().filter(|o| !o.is_archived);
        current.map(|o| o.id.clone()).collect()
    });
    assert!(wanted.len() > 300, "{}", wanted.len());
    assert_eq!(seen, wanted);
    let lately = OrdersQuery::updated_since(house.now() - Span::hours(1), Archive::Current);
    let lately = house.shop.orders_page(&lately, &house.log).await.unwrap();
    assert!(!lately.rows.is_empty() && lately.rows.len() < 100);
}

#[tokio::test]
async fn an_order_goes_its_whole_way() {
    let house = House::new(quiet());
    let id = house.place(&[("MUG-BLU-01", 2), ("GIFT-CARD-25", 1)]);
    let order = house.read(&id).await;
    assert_eq!(order.order.number, "1001");
    assert_eq!(order.payment, Payment::Paid);
    assert!(order.order.is_paid && !order.order.lines[0].is_service);
    assert!(order.order.lines[1].is_service, "a gift card is not picked");
    assert_eq!(order.order.service.0, "Standard delivery");
    assert_eq!(order.shipped, Shipped::Nothing);
    let parts = house.shop.fulfilment_orders(&id, &house.log).await.unwrap();
    assert_eq!(parts.len(), 2);
    assert!(parts[0].can_fulfil && parts[0].state == FulfilmentOrderState::Open);
    let of_order = NewFulfilment {
        order: id.clone(),
        ship: Ship::OfOrder(vec![ShipLine {
            line_id: order.order.lines[0].row_id.clone(),
            qty_each: 1,
        }]),
        tracking: vec![tracking("T1")],
        notify: Notify::Nobody,
        message: String::new(),
    };
    let first = house
        .shop
        .create_fulfilment(&of_order, &house.log)
        .await
        .unwrap();
    assert_eq!(house.read(&id).await.shipped, Shipped::Part);
    let rest = NewFulfilment {
        ship: Ship::OfFulfilmentOrders(
            parts
                .iter()
                .map(|p| {
                    let line = ShipLine {
                        line_id: p.lines[0].id.clone(),
                        qty_each: 1,
                    };
                    (p.id.clone(), vec![line])
                })
                .collect(),
        ),
        tracking: vec![tracking("T2"), tracking("T3")],
        notify: Notify::Customer,
        message: "the rest".to_owned(),
        ..of_order
    };
    house
        .shop
        .create_fulfilment(&rest, &house.log)
        .await
        .unwrap();
    house
        .shop
        .update_tracking(
            &id,
            &first.id,
            &[tracking("T9")],
            Notify::Nobody,
            &house.log,
        )
        .await
        .unwrap();
    let all = house.shop.fulfilments(&id, &house.log).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].tracking, [tracking("T9")]);
    let order = house.read(&id).await;
    assert_eq!(order.order.status, SourceStatus::Processed);
    assert_eq!(house.sandbox.notifications().len(), 1);
    house
        .sandbox
        .act(|w| w.shop_ask_return(id.as_str(), "MUG-BLU-01", 1))
        .unwrap();
    let back = house.shop.returns(&id, &house.log).await.unwrap();
    assert_eq!((back.len(), back[0].state), (1, ReturnState::Open));
    house
        .sandbox
        .act(|w| {
            w.shop_refund(
                id.as_str(),
                "MUG-BLU-01",
                1,
                tallyman::sandbox::Restock::Return,
            )
        })
        .unwrap();
    let money = house.shop.refunds(&id, &house.log).await.unwrap();
    assert_eq!(money[0].lines[0].restock, Restock::Return);
    assert_eq!(house.read(&id).await.payment, Payment::PartiallyRefunded);
}

#[tokio::test]
async fn a_cancelled_and_an_archived_order_read_as_such() {
    let house = House::new(quiet());
    let (one, two) = (
        house.place(&[("MUG-BLU-01", 1)]),
        house.place(&[("MUG-BLU-01", 1)]),
    );
    house
        .sandbox
        .act(|w| {
            w.shop_cancel_by_hand(one.as_str(), true)?;
            w.shop_archive(two.as_str(), true)
        })
        .unwrap();
    let order = house.read(&one).await;
    assert_eq!(order.order.status, SourceStatus::Cancelled);
    assert_eq!(order.refunds.len(), 1);
    let ids = [two];
    let current = house
        .shop
        .orders_by_ids(&ids, Archive::Current, &house.log)
        .await
        .unwrap();
    assert!(current.rows.is_empty());
    let archived = house
        .shop
        .orders_by_ids(&ids, Archive::Archived, &house.log)
        .await
        .unwrap();
    assert!(archived.rows[0].is_archived);
}

#[tokio::test]
async fn stock_is_found_read_and_set() {
    let house = House::new(quiet());
    let places = house.shop.locations(&house.log).await.unwrap();
    let leeds = places
        .iter()
        .find(|l| l.location.name == SHOP_LOCATION)
        .unwrap();
    assert!(places.iter().any(|l| l.location.is_fulfilment_centre));
    let mut variants = Vec::new();
    let mut cursor = None;
    loop {
        let page = house
            .shop
            .variants_page(cursor.as_ref(), &house.log)
            .await
            .unwrap();
        variants.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(variants.len(), 121);
    let mug = variants
        .iter()
        .find(|v| v.sku.as_str() == "MUG-BLU-01")
        .unwrap();
    let own = house
        .shop
        .variants_of(&mug.product_id, None, &house.log)
        .await
        .unwrap();
    assert!(own.rows.iter().any(|v| v.id == mug.id));
    let items = [mug.inventory_item_id.clone()];
    let place = [leeds.location.id.clone()];
    let before = house.shop.levels(&items, &place, &house.log).await.unwrap()[0].available_each;
    let set = house
        .shop
        .set_available(&items[0], &place[0], before + 4, &house.log)
        .await
        .unwrap();
    assert_eq!(set.available_each, before + 4);
    let card = variants.iter().find(|v| !v.is_tracked).unwrap();
    let refused = house
        .shop
        .set_available(&card.inventory_item_id, &place[0], 1, &house.log)
        .await
        .unwrap_err();
    assert_eq!(refused.class, AnswerClass::Rejected);
}

#[tokio::test]
async fn webhooks_prove_themselves_and_name_their_order() {
    let house = House::new(quiet());
    let address = "https://hooks.example.test/hooks/shop/secret";
    for topic in [
        "orders/create",
        "fulfillment_order/create",
        "inventory_levels/update",
        "return/create",
        "order_transactions/create",
        "fulfillments/create",
        "refunds/create",
    ] {
        house
            .shop
            .subscribe(topic, address, &house.log)
            .await
            .unwrap();
    }
    let made = house.shop.subscriptions(&house.log).await.unwrap();
    assert_eq!(made.len(), 7);
    let id = house.place(&[("MUG-BLU-01", 1)]);
    house
        .sandbox
        .act(|w| {
            w.shop_ship_by_hand(id.as_str(), "T1")?;
            w.shop_ask_return(id.as_str(), "MUG-BLU-01", 1)?;
            w.shop_refund(
                id.as_str(),
                "MUG-BLU-01",
                1,
                tallyman::sandbox::Restock::None,
            )
        })
        .unwrap();
    house.wait(Span::secs(20));
    let secret = Secret::new(house.sandbox.demo_credentials().shop_app_secret);
    let mut seen = Vec::new();
    for hook in house.sandbox.take_webhooks() {
        let mut headers = http::HeaderMap::new();
        for (name, value) in &hook.headers {
            headers.insert(*name, value.parse().unwrap());
        }
        let signature = hook.header("x-shopline-hmac-sha256").unwrap();
        verify(&secret, signature, &hook.body).unwrap();
        let wrong = verify(&secret, signature, b"{}").unwrap_err();
        assert_eq!(wrong, SignatureFault::Wrong);
        let cover = envelope(&headers).unwrap();
        let about = cover.about();
        let found = subject(about, &hook.body).unwrap();
        assert!(
            found.changed_at.is_some() || about == Topic::FulfilmentOrder,
            "{about:?}"
        );
        if about != Topic::Stock {
            assert_eq!(found.order.as_ref(), Some(&id), "{about:?}");
        }
        seen.push(cover.topic);
        house.sandbox.webhook_answered(hook, Some(200));
    }
    for topic in &made {
        assert!(seen.contains(&topic.topic), "{} of {seen:?}", topic.topic);
    }
    house
        .shop
        .unsubscribe(made[0].id, &house.log)
        .await
        .unwrap();
    assert_eq!(house.shop.subscriptions(&house.log).await.unwrap().len(), 6);
}

#[tokio::test]
async fn refusals_are_classed_as_the_product_needs_them() {
    let house = House::new(quiet());
    let query = OrdersQuery::updated_since(house.now(), Archive::Current);
    for (kind, class) in [
        (FaultKind::Storm, AnswerClass::Throttled),
        (FaultKind::Unauthorised, AnswerClass::Auth),
        (FaultKind::Blocked(402), AnswerClass::Auth),
        (FaultKind::Blocked(434), AnswerClass::Auth),
        (FaultKind::HtmlPage, AnswerClass::Malformed),
        (FaultKind::EmptyBody, AnswerClass::Malformed),
        (FaultKind::Refused, AnswerClass::Unavailable),
    ] {
        let rule = FaultRule::next(SimSystem::Shopline, "GET orders", kind, 1);
        house.sandbox.add_fault(rule);
        let error = house
            .shop
            .orders_page(&query, &house.log)
            .await
            .unwrap_err();
        assert_eq!(error.class, class, "{kind:?}: {error}");
    }
    let nobody = SourceOrderId::from("1");
    let error = house
        .shop
        .fulfilments(&nobody, &house.log)
        .await
        .unwrap_err();
    assert_eq!(error.class, AnswerClass::Rejected, "{error}");
}

#[tokio::test]
async fn the_store_is_served_on_loopback_beside_the_others() {
    install_crypto();
    let config = quiet();
    let start = config.start;
    let sandbox = Sandbox::new(config, Arc::new(move || start));
    let served = serve(sandbox.clone(), "127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let base = format!("http://{}", served.addr);
    let wire = reqwest_wire(TransportOptions::for_vendor(
        VendorHosts::Shopline,
        &[&base],
    ))
    .unwrap();
    let c = sandbox.demo_credentials();
    let mut settings = ShoplineConfig::new(&c.shop_handle, Secret::new(c.shop_access_token));
    settings.base_url = Some(base.clone());
    let shop = Shopline::new(settings, wire).unwrap();
    let log = CallLog::default();
    sandbox
        .act(|w| (0..130).for_each(|_| assert!(w.shop_place(&ShopOrderSpec::default()).is_ok())));
    let query = OrdersQuery::updated_since(start, Archive::Current);
    let page = shop.orders_page(&query, &log).await.unwrap();
    let rest = shop.orders_next(&page.next.unwrap(), &log).await.unwrap();
    assert_eq!(
        (page.rows.len(), rest.rows.len(), rest.next),
        (100, 30, None)
    );
    served.task.abort();
}
