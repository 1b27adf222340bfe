//! A flash sale: events pour in, doubled and in no order, and every order is in the warehouse once.

use crate::house::{House, MUG, Setting};
use std::collections::HashMap;
use tallyman::domain::catalogue::Kind;
use tallyman::domain::time::Span;
use tallyman::sandbox::{ShopOrderSpec, Webhook};

const ORDERS: usize = 1_000;
const EVENTS: usize = 10_000;
/// Deliveries that arrive together.
const WAVE: usize = 500;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    fn shuffle<T>(&mut self, rows: &mut [T]) {
        for at in (1..rows.len()).rev() {
            rows.swap(at, self.below(at + 1));
        }
    }
}

/// A thousand shoppers within a minute; some correct their address at once. Nothing is delivered yet.
async fn sale(house: &mut House, dice: &mut Dice) -> (Vec<String>, Vec<Webhook>) {
    let (mut placed, mut events) = (Vec::new(), Vec::new());
    while placed.len() < ORDERS {
        for _ in 0..ORDERS / 10 {
            let units = 1 + i64::try_from(dice.below(3)).unwrap();
            let id = house.placed(&ShopOrderSpec::of(&[(MUG, units)]));
            if dice.below(4) == 0 {
                let line = format!("{} Corrected Street", dice.below(90));
                let deed = house
                    .sandbox
                    .act(|w| w.shop_change_address(&id, |a| line.clone_into(&mut a.line1)));
                deed.unwrap();
            }
            placed.push(id);
        }
        house.run_deaf(Span::secs(5)).await;
        events.extend(house.sandbox.take_webhooks());
    }
    for event in &events {
        house.sandbox.webhook_answered(event.clone(), Some(200));
    }
    (placed, events)
}

/// Every event at least once, ten thousand in all, in no order; every third repetition comes under an id of its own.
fn flood(events: &[Webhook], dice: &mut Dice) -> Vec<Webhook> {
    let mut all = events.to_vec();
    while all.len() < EVENTS {
        let mut again = events[dice.below(events.len())].clone();
        if all.len().is_multiple_of(3) {
            for (name, value) in &mut again.headers {
                if *name == "x-shopline-webhook-id" {
                    *value = format!("{:024x}", all.len());
                }
            }
        }
        all.push(again);
    }
    all.truncate(EVENTS.max(events.len()));
    dice.shuffle(&mut all);
    all
}

#[tokio::test]
async fn ten_thousand_events_of_a_thousand_orders_end_in_a_thousand_warehouse_orders() {
    let mut house = House::subscribed(Setting::default()).await;
    let mut dice = Dice(7);
    let (placed, events) = sale(&mut house, &mut dice).await;
    assert!(events.len() >= 2 * ORDERS, "{} events", events.len());
    let flood = flood(&events, &mut dice);
    assert_eq!(flood.len(), EVENTS);
    for wave in flood.chunks(WAVE) {
        house.hand_over_together(wave).await;
        house.run_deaf(Span::secs(2)).await;
    }
    let held = |h: &House| h.sandbox.inspect(|w| w.pvx.orders.len());
    house
        .until("all are there", Span::mins(20), async |h: &House| {
            held(h) >= ORDERS
        })
        .await;
    house.run_deaf(Span::mins(5)).await;
    let mut units: HashMap<String, Vec<i64>> = HashMap::new();
    house.sandbox.inspect(|w| {
        for order in &w.pvx.orders {
            let ordered = order.lines.iter().map(|l| l.ordered).sum();
            let reference = order.po_reference.clone();
            units.entry(reference).or_default().push(ordered);
        }
    });
    assert_eq!(held(&house), ORDERS, "one warehouse order each");
    for id in &placed {
        let sold: i64 = house.sandbox.inspect(|w| {
            let order = &w.shop.orders[w.shop.order_by_id[id]];
            order.lines.iter().map(|l| l.quantity).sum()
        });
        assert_eq!(units.get(id), Some(&vec![sold]), "order {id}");
    }
    assert_eq!(house.cases(Kind::OrdDuplicate).await, []);
    assert_eq!(house.cases(Kind::OrdInDoubt).await, []);
    assert_eq!(house.sandbox.calls().throttled_own, 0);
    house.close().await;
}
