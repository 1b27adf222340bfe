//! Every judge must be able to say no: a world put wrong by hand, or a ledger written by hand, breaks its rule.

use super::*;
use crate::domain::returns::Return;
use crate::domain::time::{Span, Ts};
use crate::rehearsal::{Plan, RigOptions};
use crate::sandbox::{Effect, Notification, OrderSpec, PvxLine, PvxStatus, SimSystem};
use serde_json::{Value, json};

/// A rig whose engine never runs: what nobody did, the judges must miss.
async fn idle_rig() -> Rig {
    idle_rig_of(SimSystem::Linnworks).await
}

async fn idle_rig_of(source: SimSystem) -> Rig {
    crate::vendors::transport::install_crypto();
    let plan = Plan {
        with_mistakes: false,
        with_deaths: false,
        orders_per_day: 0,
        sources: vec![source],
        faults: crate::sandbox::FaultLevel::None,
        ..Plan::day(1)
    };
    let mut options = RigOptions::from_plan(&plan);
    options.sandbox.opening_orders = 0;
    Rig::new(options).await.expect("a rig")
}

fn place(rig: &Rig) -> String {
    rig.sandbox
        .act(|world| world.place(&OrderSpec::default()))
        .expect("an order")
}

/// Keys the order into the warehouse the way somebody at a desk would.
fn key_in(rig: &Rig, id: &str, number: &str, qty: Option<i64>) {
    rig.sandbox.act(|world| {
        let code = OrderSpec::default().lines[0].0.clone();
        let item = world.pvx.item_by_code[&code];
        let at = world.pvx_open_order(number);
        let now = rig.now();
        let order = &mut world.pvx.orders[at];
        order.po_reference = id.to_owned();
        order.lines.extend(qty.map(|ordered| PvxLine {
            item,
            line: "1".to_owned(),
            sequence: 1,
            ordered,
            allocated: 0,
            picked: 0,
            despatched: 0,
            price_minor: 0,
            requested: None,
            created_at: now,
        }));
    });
}

fn set_status(rig: &Rig, number: &str, status: PvxStatus) {
    rig.sandbox.act(|world| {
        let at = world.pvx.order_by_number[number];
        world.pvx.orders[at].status = status;
    });
}

async fn broken(rig: &Rig) -> Vec<&'static str> {
    let verdicts = judge(rig).await.expect("a judgement");
    verdicts
        .iter()
        .filter(|v| !v.holds())
        .map(|v| v.code)
        .collect()
}

fn number(rig: &Rig, suffix: &str) -> String {
    format!("{}-{suffix}", rig.pairs[0].1.prefix)
}

#[tokio::test]
async fn a_world_where_nothing_was_sold_breaks_nothing_until_stock_moves_unpublished() {
    let mut rig = idle_rig().await;
    assert_eq!(broken(&rig).await, Vec::<&str>::new());
    let code = OrderSpec::default().lines[0].0.clone();
    rig.sandbox
        .act(|world| world.goods_in(&code, crate::sandbox::MAPPED_SITE, 5))
        .expect("goods in");
    assert_eq!(broken(&rig).await, Vec::<&str>::new(), "not due yet");
    let later = rig.now() + Span::hours(2);
    rig.advance_to(later);
    assert_eq!(broken(&rig).await, vec!["I-STK-6"]);
    rig.close().await;
}

#[tokio::test]
async fn an_order_that_never_arrived_is_missed() {
    let mut rig = idle_rig().await;
    place(&rig);
    assert!(!broken(&rig).await.contains(&"I-ORD-1"), "not due yet");
    let later = rig.now() + Span::hours(2);
    rig.advance_to(later);
    assert!(broken(&rig).await.contains(&"I-ORD-1"));
    rig.close().await;
}

#[tokio::test]
async fn an_order_that_stands_twice_is_seen_until_one_is_cancelled() {
    let rig = idle_rig().await;
    let id = place(&rig);
    key_in(&rig, &id, &number(&rig, "A"), Some(1));
    key_in(&rig, &id, &number(&rig, "B"), Some(1));
    assert!(broken(&rig).await.contains(&"I-ORD-2"));
    set_status(&rig, &number(&rig, "B"), PvxStatus::Cancelled);
    assert!(!broken(&rig).await.contains(&"I-ORD-2"));
    rig.close().await;
}

#[tokio::test]
async fn a_wrong_quantity_and_an_order_without_lines_are_seen() {
    let rig = idle_rig().await;
    let (wrong, empty) = (place(&rig), place(&rig));
    key_in(&rig, &wrong, &number(&rig, "A"), Some(7));
    key_in(&rig, &empty, &number(&rig, "B"), None);
    let codes = broken(&rig).await;
    assert!(codes.contains(&"I-ORD-3") && codes.contains(&"I-ORD-4"));
    rig.close().await;
}

#[tokio::test]
async fn a_despatch_nobody_confirmed_is_seen() {
    let rig = idle_rig().await;
    let id = place(&rig);
    key_in(&rig, &id, &number(&rig, "A"), Some(1));
    set_status(&rig, &number(&rig, "A"), PvxStatus::Despatched);
    assert!(broken(&rig).await.contains(&"I-DSP-2"));
    rig.close().await;
}

#[tokio::test]
async fn a_parcel_that_left_for_a_cancelled_sale_is_seen() {
    let rig = idle_rig().await;
    let id = place(&rig);
    key_in(&rig, &id, &number(&rig, "A"), Some(1));
    rig.sandbox
        .act(|world| world.cancel(&id))
        .expect("a cancellation");
    assert!(!broken(&rig).await.contains(&"I-ORD-5"));
    set_status(&rig, &number(&rig, "A"), PvxStatus::Despatched);
    assert!(broken(&rig).await.contains(&"I-ORD-5"));
    rig.close().await;
}

fn effect(op: &'static str, object: &str, detail: Value) -> Effect {
    Effect {
        seq: 1,
        at: Ts(0),
        system: SimSystem::Peoplevox,
        op,
        object: object.to_owned(),
        key: String::new(),
        content_hash: "0".repeat(16),
        detail,
        answered: true,
        caused_by_world: op.starts_with("Floor"),
    }
}

#[tokio::test]
async fn a_despatch_after_our_own_cancellation_is_seen_unless_a_case_names_it() {
    let rig = idle_rig().await;
    let ledger = [
        effect(
            "SaveData Sales orders",
            "W-1",
            json!({"created": false, "status": "New", "cancel": true, "cancelled": true, "changed": {}}),
        ),
        effect("Floor despatch", "W-1", json!({})),
    ];
    let judged = |seen: &Seen| {
        rig.sandbox.inspect(|world| {
            let bench = Bench::new(&rig, world, seen);
            orders::nothing_shipped_after_cancel(&bench, &ledger)
        })
    };
    assert!(!judged(&Seen::default()).holds());
    let told = Seen {
        cased_labels: HashSet::from(["W-1".to_owned()]),
        ..Seen::default()
    };
    assert!(judged(&told).holds());
    rig.close().await;
}

#[test]
fn a_change_once_picking_began_is_seen_and_one_before_is_not() {
    let header = |status: &str, changed: Value, cancel: bool| {
        let detail = json!({"created": false, "status": status, "cancel": cancel, "cancelled": false, "changed": changed});
        orders::no_write_after_picking(&[effect("SaveData Sales orders", "W-1", detail)]).holds()
    };
    let town = json!({"Town": ["York", "Leeds"]});
    for late in [
        "Partially picked",
        "Picked",
        "Packed",
        "Partially despatched",
        "Despatched",
        "Cancelled",
    ] {
        assert!(!header(late, town.clone(), false), "{late}");
        assert!(!header(late, json!({}), true), "{late}");
        let lines =
            json!({"status": late, "lines": [{"before": {"item": "A", "qty": 1}, "qty": 2}]});
        let verdict =
            orders::no_write_after_picking(&[effect("SaveData Sales order items", "W-1", lines)]);
        assert!(!verdict.holds(), "{late}");
    }
    for early in ["New", "Back order", "Allocated", "Partially allocated"] {
        assert!(header(early, town.clone(), false), "{early}");
    }
    assert!(header("Picked", json!({}), false), "nothing was changed");
}

#[test]
fn the_sandbox_names_statuses_the_way_the_judge_reads_them() {
    let early = [
        PvxStatus::New,
        PvxStatus::BackOrder,
        PvxStatus::Allocated,
        PvxStatus::PartAllocated,
    ];
    for status in early {
        assert!(status.is_before_picking());
        assert!(orders::OPEN_TO_CHANGE.contains(&status.name()));
    }
    assert_eq!(early.len(), orders::OPEN_TO_CHANGE.len());
}

#[test]
fn a_second_processing_a_second_message_and_a_refusal_for_haste_are_seen() {
    let twice = [
        effect("ProcessOrder", "100", json!({})),
        effect("ProcessOrder", "100", json!({})),
    ];
    assert!(!despatches::confirmed_once(&twice).holds());
    assert!(despatches::confirmed_once(&twice[..1]).holds());
    let note = Notification {
        at: Ts(0),
        system: SimSystem::Linnworks,
        order_id: "g".to_owned(),
        number: 100,
        shipment: String::new(),
        tracking: String::new(),
        caused_by_world: false,
    };
    let part = |shipment: &str| Notification {
        system: SimSystem::Shopline,
        shipment: shipment.to_owned(),
        ..note.clone()
    };
    assert!(despatches::shopper_told_once(&[note.clone(), part("1"), part("2")]).holds());
    assert!(!despatches::shopper_told_once(&[part("1"), part("1")]).holds());
    assert!(!despatches::shopper_told_once(&[note.clone(), note.clone()]).holds());
    assert!(despatches::shopper_told_once(&[note]).holds());
    assert!(!limits_kept(1).holds());
    assert!(limits_kept(0).holds());
}

#[test]
fn a_relative_stock_write_and_a_figure_written_again_and_again_are_seen() {
    let relative = [effect("UpdateStockLevelsBySKU", "MUG@Leeds", json!({}))];
    assert!(!stock::no_forbidden_write(&relative).holds());
    let again: Vec<Effect> = (0..8)
        .map(|_| effect("SetStockLevel", "MUG@Leeds", json!({"level": 4})))
        .collect();
    assert!(!stock::is_not_fought_over(&again).holds());
    assert!(stock::is_not_fought_over(&again[..4]).holds());
}

fn announced(rig: &Rig, order: &str, units: i64) {
    use crate::sandbox::{PvxReturn, PvxReturnLine};
    rig.sandbox.act(|world| {
        let order = world.pvx.order_by_number[order];
        let item = world.pvx.item_by_code[&OrderSpec::default().lines[0].0];
        let number = format!("RT-{}", world.pvx.returns.held.len());
        let at = world.pvx.returns.held.len();
        world.pvx.returns.by_number.insert(number.clone(), at);
        world.pvx.returns.held.push(PvxReturn {
            number,
            order,
            customer: String::new(),
            comment: String::new(),
            site: 0,
            is_complete: false,
            created_at: world.now,
            lines: vec![PvxReturnLine {
                line: "1".to_owned(),
                item,
                quantity: units,
                reason: String::new(),
                created_at: world.now,
            }],
        });
    });
}

#[tokio::test]
async fn more_goods_expected_back_than_left_are_seen() {
    let rig = idle_rig().await;
    let id = place(&rig);
    let name = number(&rig, "A");
    key_in(&rig, &id, &name, Some(2));
    rig.sandbox.act(|world| {
        let at = world.pvx.order_by_number[&name];
        world.pvx.orders[at].lines[0].despatched = 2;
    });
    announced(&rig, &name, 2);
    assert!(!broken(&rig).await.contains(&"I-RET-1"));
    announced(&rig, &name, 1);
    assert!(broken(&rig).await.contains(&"I-RET-1"));
    rig.close().await;
}

fn one_return(state: crate::domain::returns::ReturnState) -> Return {
    let mut held = crate::domain::returns::testing::returned(
        state,
        vec![crate::domain::returns::testing::line("MUG", 2)],
    );
    held.row.reference = "C7-1-RT1".into();
    held
}

#[tokio::test]
async fn goods_on_the_shelf_by_the_books_only_are_seen() {
    let rig = idle_rig().await;
    let seen = Seen::default();
    let mut held = one_return(crate::domain::returns::ReturnState::ReturnedToStock);
    let judged = |held: &Return| {
        let books = returns::Books {
            returns: vec![held.clone()],
            ..returns::Books::default()
        };
        rig.sandbox
            .inspect(|world| returns::goods_agree(&Bench::new(&rig, world, &seen), &books, true))
            .holds()
    };
    assert!(judged(&held));
    let line = &mut held.lines[0];
    (line.received_each, line.sellable_each, line.stocked_each) = (1, 1, 1);
    assert!(!judged(&held));
    rig.close().await;
}

#[tokio::test]
async fn a_credit_ahead_of_its_gate_is_seen() {
    let rig = idle_rig_of(SimSystem::Cin7).await;
    let seen = Seen::default();
    let spec = crate::sandbox::Cin7SaleSpec::default();
    let id = rig.sandbox.act(|w| w.cin7_enter(&spec)).expect("a sale");
    let sku = spec.lines[0].0.clone();
    rig.sandbox
        .act(|w| w.cin7_invoice_sale(&id))
        .expect("an invoice");
    let memo = "credit|c7-pvx|sale|C7-1-RT1|P1";
    rig.sandbox
        .act(|w| w.cin7_credit_by_hand(&id, &[(&sku, 1)], false, memo))
        .expect("a note");
    let judged = |held: &Return| {
        let books = returns::Books {
            returns: vec![held.clone()],
            ..returns::Books::default()
        };
        rig.sandbox
            .inspect(|world| returns::credit_behind_gate(&Bench::new(&rig, world, &seen), &books))
            .holds()
    };
    let mut held = one_return(crate::domain::returns::ReturnState::ReturnedToStock);
    assert!(!judged(&held));
    held.lines[0].confirmed_each = 1;
    assert!(judged(&held));
    rig.close().await;
}

#[tokio::test]
async fn a_refund_for_goods_that_nobody_knows_of_is_seen() {
    let rig = idle_rig_of(SimSystem::Shopline).await;
    let spec = crate::sandbox::ShopOrderSpec::default();
    let id = rig.sandbox.act(|w| w.shop_place(&spec)).expect("an order");
    rig.sandbox
        .act(|w| w.shop_ship_by_hand(&id, "T1"))
        .expect("shipped");
    rig.sandbox
        .act(|w| w.shop_refund(&id, &spec.lines[0].0, 1, crate::sandbox::Restock::None))
        .expect("refunded");
    let mut seen = Seen::default();
    let mut books = returns::Books::default();
    books.orders.insert(id.to_lowercase(), OrderId(7));
    let judged = |books: &returns::Books, seen: &Seen| {
        rig.sandbox
            .inspect(|world| returns::money_in_sight(&Bench::new(&rig, world, seen), books, true))
            .holds()
    };
    assert!(!judged(&books, &seen));
    seen.cased_orders.insert(OrderId(7));
    assert!(judged(&books, &seen));
    rig.close().await;
}

#[tokio::test]
async fn goods_a_ledger_was_never_told_of_break_order_and_agreement() {
    let mut rig = idle_rig_of(SimSystem::Cin7).await;
    assert!(!broken(&rig).await.contains(&"I-STK-3"));
    let (code, site) = rig.sandbox.inspect(|w| {
        let item = &w.pvx.items[0];
        (item.code.clone(), w.pvx.sites[0].reference.clone())
    });
    rig.sandbox
        .act(|w| w.goods_in(&code, &site, 5))
        .expect("goods");
    let later = rig.now() + Span::hours(2);
    rig.advance_to(later);
    let found = broken(&rig).await;
    assert!(
        found.contains(&"I-STK-3") && found.contains(&"I-STK-4"),
        "{found:?}"
    );
    rig.close().await;
}

#[tokio::test]
async fn the_judge_of_disagreements_misses_a_ledger_that_nobody_was_told_of_and_a_drift_that_is_none()
 {
    let rig = idle_rig_of(SimSystem::Cin7).await;
    let place = rig.sandbox.inspect(|w| w.cin7.locations[0].name.clone());
    let code = rig.sandbox.inspect(|w| {
        let mut codes = w.pvx.items.iter().map(|i| i.code.clone());
        codes
            .find(|c| w.cin7.product_by_sku.contains_key(c))
            .expect("an item")
    });
    let judged = |seen: &Seen| {
        let ledger = Vec::new();
        rig.sandbox.inspect(|world| {
            let bench = Bench::new(&rig, world, seen);
            lanes::disagreement_is_told(&bench, &ledger)
        })
    };
    let mut seen = Seen::default();
    assert!(judged(&seen).holds(), "{:?}", judged(&seen).broken);
    let drift = rig.sandbox.inspect(|w| lanes::drift_of(w, &code));
    seen.cased.insert((Kind::StkDrift, drift));
    assert!(judged(&seen).broken[0].contains("a drift is open"));
    seen.cased.clear();
    rig.sandbox
        .act(|w| w.cin7_set_on_hand(&code, &place, 9_999))
        .expect("a figure");
    assert!(judged(&seen).broken[0].contains("nobody was told"));
    seen.cased_labels.insert(code);
    assert!(judged(&seen).holds());
    rig.close().await;
}
