//! Whole days of trade in the store: its people, its books, and the same day twice.

use super::*;
use std::collections::{BTreeMap, BTreeSet};

fn trading(seed: u64, faults: FaultLevel) -> SandboxConfig {
    let mut config = SandboxConfig {
        seed,
        faults,
        ..quiet()
    };
    config.shop.orders_per_day = 600;
    config.shop.opening_orders = 10;
    config.shop.traits = ShopTraits::typical();
    config.shop.switches.is_unlimited = true;
    config
}

/// A day in which a careless connector ships whatever was paid two hours ago, and listens to some topics.
fn day(config: SandboxConfig, hours: i64) -> Bench {
    let bench = Bench::new(config);
    for topic in [
        "orders/create",
        "orders/paid",
        "orders/cancelled",
        "inventory_levels/update",
    ] {
        let body = json!({"webhook": {"topic": topic, "address": "https://h.example.test/x", "api_version": "v20260601"}});
        for _ in 0..5 {
            bench.shop_exchange("POST", "webhooks.json", &body);
        }
    }
    for quarter in 0..hours * 4 {
        bench.wait(Span::mins(15));
        for (n, hook) in bench.sandbox.take_webhooks().into_iter().enumerate() {
            let status = (!n.is_multiple_of(7)).then_some(200);
            bench.sandbox.webhook_answered(hook, status);
        }
        let ripe: Vec<String> = bench.sandbox.inspect(|w| {
            let old = w.now - Span::hours(2);
            let orders = w.shop.orders.iter();
            orders
                .filter(|o| o.is_open() && o.created_at < old && o.payment.is_captured())
                .map(|o| o.id.clone())
                .collect()
        });
        for id in ripe {
            let body = json!({"fulfillment": {"notify_customer": true, "tracking_info_list": [{
                "tracking_company": "Evri", "tracking_number": format!("E{quarter}")}]}});
            bench.shop_exchange("POST", &format!("orders/{id}/fulfillments.json"), &body);
        }
    }
    bench
}

#[test]
fn the_same_seed_and_calls_give_the_same_ledger() {
    for faults in [FaultLevel::None, FaultLevel::Heavy] {
        let print = |seed: u64| {
            let bench = day(trading(seed, faults), 8);
            let answer = bench.sandbox.handle(
                SimSystem::Shopline,
                bench.shop_request("GET", "orders.json?limit=100", &Value::Null),
            );
            let body = match answer {
                Exchange::Answer(a) => a.body().to_vec(),
                other => format!("{other:?}").into_bytes(),
            };
            let fired = bench.sandbox.faults_fired();
            (bench.sandbox.fingerprint(), body, fired)
        };
        assert_eq!(print(7), print(7));
        assert_ne!(print(7).0, print(8).0);
    }
}

#[test]
fn faults_do_not_change_the_shoppers() {
    let placed = |faults| -> Vec<(Ts, String, Value)> {
        let ledger = day(trading(3, faults), 6).sandbox.ledger().into_iter();
        ledger
            .filter(|e| e.op == "Shop order placed")
            .map(|e| (e.at, e.key, e.detail))
            .collect()
    };
    let plain = placed(FaultLevel::None);
    assert!(plain.len() > 80, "{}", plain.len());
    assert_eq!(plain, placed(FaultLevel::Heavy));
}

#[test]
fn three_days_show_every_habit_and_keep_the_books() {
    let mut config = trading(5, FaultLevel::None);
    config.shop.traits.returns = 0.3;
    config.shop.traits.fulfilled_by_hand = 0.02;
    let bench = day(config, 90);
    let ops: BTreeSet<(&str, bool)> = bench
        .sandbox
        .ledger()
        .iter()
        .map(|e| (e.op, e.caused_by_world))
        .collect();
    for op in [
        "Shop order placed",
        "Shop order paid",
        "Shop address changed",
        "Shop order edited",
        "Shop order cancelled",
        "Create fulfilment",
        "Shop return opened",
        "Shop refund",
        "Shop return closed",
        "Shop order archived",
        "Other channel sale",
        "Set available",
    ] {
        assert!(ops.contains(&(op, true)), "{op}: {ops:?}");
    }
    assert!(ops.contains(&("Create fulfilment", false)));
    bench.sandbox.inspect(|w| {
        let mut committed: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        for order in &w.shop.orders {
            for (at, line) in order.lines.iter().enumerate() {
                if let Some(variant) = line.variant {
                    *committed.entry((variant, line.location)).or_default() +=
                        order.fulfillable(at);
                }
            }
        }
        for (variant, levels) in w.shop.levels.iter().enumerate() {
            for (location, level) in levels.iter().enumerate() {
                let owed = committed.get(&(variant, location)).copied().unwrap_or(0);
                let is_tracked = w.shop.variants[variant].is_tracked;
                if let Some(level) = level.filter(|_| is_tracked) {
                    assert_eq!(level.committed, owed, "{}", w.shop.variants[variant].sku);
                }
            }
        }
        let mut changed: Vec<(i64, usize)> = w
            .shop
            .orders
            .iter()
            .enumerate()
            .map(|(ix, o)| (o.updated_at.unix_secs(), ix))
            .collect();
        changed.sort_unstable();
        assert_eq!(
            changed,
            w.shop.by_updated.iter().copied().collect::<Vec<_>>()
        );
        let ids: Vec<&String> = w.shop.orders.iter().map(|o| &o.id).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.len() == 26));
        let fulfilments: Vec<&String> = w
            .shop
            .orders
            .iter()
            .flat_map(|o| &o.fulfilments)
            .map(|f| &f.id)
            .collect();
        let unique: BTreeSet<&String> = fulfilments.iter().copied().collect();
        assert_eq!(unique.len(), fulfilments.len());
        let repeats: BTreeSet<u32> = w
            .shop
            .orders
            .iter()
            .flat_map(|o| &o.lines)
            .map(|l| l.id)
            .collect();
        let lines: usize = w.shop.orders.iter().map(|o| o.lines.len()).sum();
        assert!(
            repeats.len() < lines,
            "line ids are unique within an order only"
        );
        assert!(w.shop.orders.iter().any(|o| o.fulfilment_orders.len() > 1));
        assert!(
            w.shop
                .orders
                .iter()
                .any(|o| o.rate == "Signed for delivery")
        );
    });
}

#[test]
fn a_store_that_does_not_trade_leaves_no_trace() {
    let bench = Bench::new(SandboxConfig {
        orders_per_day: 300,
        traits: WorldTraits::typical(),
        ..quiet()
    });
    bench.wait(Span::days(2));
    assert!(
        bench
            .sandbox
            .ledger()
            .iter()
            .all(|e| e.system != SimSystem::Shopline)
    );
    let kept = |shop: ShopConfig| {
        let bench = Bench::new(SandboxConfig {
            orders_per_day: 300,
            traits: WorldTraits::typical(),
            shop,
            ..quiet()
        });
        bench.wait(Span::days(1));
        let rest = bench
            .sandbox
            .ledger()
            .into_iter()
            .filter(|e| e.system != SimSystem::Shopline);
        rest.map(|e| (e.at, content_without_shelf(&e).to_owned(), e.op, e.object))
            .collect::<Vec<_>>()
    };
    let trade = ShopConfig {
        orders_per_day: 400,
        ..ShopConfig::default()
    };
    assert_eq!(
        kept(ShopConfig::default()),
        kept(trade),
        "a trading store changes nobody else's day"
    );
}
