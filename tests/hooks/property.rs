//! Events only make it sooner: whatever of them is lost, doubled, late or out of order, with the poll beside them
//! everything ends as with the poll alone.

use crate::house::{House, MUG, Setting};
use proptest::prelude::*;
use tallyman::domain::order::OrderState;
use tallyman::domain::time::Span;
use tallyman::sandbox::{Payment, ShopOrderSpec, Webhook};

/// How often the poll runs.
const PULL: Span = Span::mins(2);

/// What people do in the store; orders are meant by their place in the list of those placed.
#[derive(Debug, Clone)]
enum Deed {
    Place { units: i64, is_paid: bool },
    Pay(usize),
    Cancel(usize),
    Move(usize, u8),
    Wait(i64),
}

/// What becomes of a delivery.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Arrives,
    Twice,
    Lost,
    /// After this many others.
    Late(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (1..4_i64, any::<bool>()).prop_map(|(units, is_paid)| Deed::Place { units, is_paid }),
        2 => (0..6_usize).prop_map(Deed::Pay),
        1 => (0..6_usize).prop_map(Deed::Cancel),
        2 => (0..6_usize, 0..9_u8).prop_map(|(at, to)| Deed::Move(at, to)),
        3 => (1..100_i64).prop_map(Deed::Wait),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Arrives),
        2 => Just(Fate::Twice),
        2 => Just(Fate::Lost),
        2 => (1..12_usize).prop_map(Fate::Late),
    ]
}

/// What an order came to, as far as customers and the floor can tell.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Live orders in the warehouse with their units and address.
    live: Vec<(i64, String)>,
    /// `None`: not ours, or over.
    state: Option<&'static str>,
}

async fn do_it(house: &mut House, placed: &mut Vec<String>, deed: &Deed) {
    let id = |at: &usize| placed.get(at % placed.len().max(1)).cloned();
    match deed {
        Deed::Place { units, is_paid } => {
            let spec = ShopOrderSpec {
                payment: if *is_paid {
                    Payment::Paid
                } else {
                    Payment::Unpaid
                },
                ..ShopOrderSpec::of(&[(MUG, *units)])
            };
            let id = house.placed(&spec);
            placed.push(id);
        }
        // What the store refuses (paying a cancelled order, say) simply does not happen, in either run.
        Deed::Pay(at) => {
            if let Some(id) = id(at) {
                let _ = house.sandbox.act(|w| w.shop_pay(&id));
            }
        }
        Deed::Cancel(at) => {
            if let Some(id) = id(at) {
                let _ = house.sandbox.act(|w| w.shop_cancel_by_hand(&id, true));
            }
        }
        Deed::Move(at, to) => {
            if let Some(id) = id(at) {
                let line = format!("{to} New Street");
                let _ = house
                    .sandbox
                    .act(|w| w.shop_change_address(&id, |a| line.clone_into(&mut a.line1)));
            }
        }
        Deed::Wait(_) => {}
    }
}

/// Deliveries under way to the house.
struct Post {
    fates: Vec<Fate>,
    next: usize,
    late: Vec<(usize, Webhook)>,
}

impl Post {
    /// Everything that is due, in its fated order.
    async fn bring(&mut self, house: &mut House) {
        for webhook in house.sandbox.take_webhooks() {
            house.sandbox.webhook_answered(webhook.clone(), Some(200));
            let fate = self.fates.get(self.next % self.fates.len().max(1));
            self.next += 1;
            match fate.copied().unwrap_or(Fate::Arrives) {
                Fate::Lost => {}
                Fate::Late(after) => self.late.push((self.next + after, webhook)),
                Fate::Arrives => drop(house.hand_over(&webhook).await),
                Fate::Twice => {
                    house.hand_over(&webhook).await;
                    house.hand_over(&webhook).await;
                }
            }
        }
        let (now, later) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|(at, _)| *at <= self.next);
        self.late = later;
        let now: Vec<(usize, Webhook)> = now;
        for (_, webhook) in now.into_iter().rev() {
            house.hand_over(&webhook).await;
        }
    }

    async fn empty(&mut self, house: &mut House) {
        for (_, webhook) in std::mem::take(&mut self.late).into_iter().rev() {
            house.hand_over(&webhook).await;
        }
    }
}

async fn play(deeds: &[Deed], fates: Option<&[Fate]>) -> Vec<Outcome> {
    let setting = Setting {
        pull_every: PULL,
        listens: fates.is_some(),
        ..Setting::default()
    };
    let mut house = House::subscribed(setting).await;
    let mut post = fates.map(|fates| Post {
        fates: fates.to_vec(),
        next: 0,
        late: Vec::new(),
    });
    let mut placed = Vec::new();
    for deed in deeds {
        do_it(&mut house, &mut placed, deed).await;
        let wait = match deed {
            Deed::Wait(secs) => *secs,
            _ => 2,
        };
        for _ in 0..(wait / 2).max(1) {
            house.run_deaf(Span::secs(2)).await;
            if let Some(post) = &mut post {
                post.bring(&mut house).await;
            }
        }
    }
    for _ in 0..10 {
        house.run_deaf(Span::mins(1)).await;
        if let Some(post) = &mut post {
            post.bring(&mut house).await;
        }
    }
    if let Some(post) = &mut post {
        post.empty(&mut house).await;
    }
    house.run_deaf(Span::mins(8)).await;
    let mut out = Vec::new();
    for id in &placed {
        out.push(outcome(&house, id).await);
    }
    house.close().await;
    out
}

async fn outcome(house: &House, id: &str) -> Outcome {
    let live = house.sandbox.inspect(|w| {
        let mine = w.pvx.orders.iter().filter(|o| o.po_reference == id);
        mine.filter(|o| !o.status.is_closed())
            .map(|o| {
                let units = o.lines.iter().map(|l| l.ordered).sum();
                let street = o.texts.values().find(|t| t.contains("Street"));
                (units, street.cloned().unwrap_or_default())
            })
            .collect()
    });
    let state = house.order("sl-pvx", id).await.map(|o| o.row.state);
    let state = match state {
        None | Some(OrderState::Cancelled) => None,
        Some(state) if state.is_in_warehouse() => Some("in the warehouse"),
        Some(state) => Some(state.as_str()),
    };
    Outcome { live, state }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        max_shrink_iters: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_fate_of_the_events_ends_where_polling_alone_ends(
        deeds in prop::collection::vec(deed(), 4..14),
        fates in prop::collection::vec(fate(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let (told, polled) = runtime.block_on(async {
            (play(&deeds, Some(&fates)).await, play(&deeds, None).await)
        });
        prop_assert_eq!(told, polled);
    }
}
