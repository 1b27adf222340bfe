//! Cin7 Core misbehaving, people at work in it, and runs that replay.

use super::cin7::{selling, switched};
use super::cin7_stages::pick_body;
use super::*;

const C7: SimSystem = SimSystem::Cin7;

/// The account with people at work in it.
fn trading(traits: Cin7Traits) -> Cin7Config {
    Cin7Config {
        traits,
        ..Cin7Config::default()
    }
}

fn strike(bench: &Bench, method: &str, kind: FaultKind) {
    bench
        .sandbox
        .add_fault(FaultRule::next(C7, method, kind, 1));
}

#[test]
fn a_write_may_take_effect_although_its_answer_is_lost() {
    let bench = Bench::quiet();
    let id = bench.c7_enter(&selling(1));
    strike(&bench, "POST sale/fulfilment/pick", FaultKind::LostAfter);
    let body = pick_body(&id, 1);
    assert!(matches!(
        bench.c7_exchange("POST sale/fulfilment/pick", &body),
        Exchange::Lost(_)
    ));
    assert_eq!(bench.c7_sale(&id)["CombinedPickingStatus"], "PICKED");
    let last = bench.sandbox.ledger().pop().unwrap();
    assert_eq!((last.op, last.answered), ("Pick", false));
    assert_eq!(
        bench.c7_refused("POST sale/fulfilment/pick", &body),
        "Pick Status is AUTHORISED"
    );
}

#[test]
fn a_write_may_be_answered_with_200_and_not_carried_out() {
    let bench = Bench::quiet();
    let id = bench.c7_enter(&selling(1));
    strike(&bench, "POST sale/fulfilment/*", FaultKind::DroppedLine);
    let answer = bench.c7("POST sale/fulfilment/pick", &pick_body(&id, 1));
    assert_eq!(answer["Status"], "NOT AVAILABLE");
    assert_eq!(bench.c7_sale(&id)["CombinedPickingStatus"], "NOT PICKED");
}

#[test]
fn storms_bursts_and_pages_strike_in_cin7s_own_words() {
    let bench = switched(|c| c.cin7.switches.throttle = ThrottleStyle::ServiceUnavailable);
    let status = |kind: FaultKind| {
        strike(&bench, "*", kind);
        let answer = bench.c7_answer("GET me", &Value::Null);
        (
            answer.status().as_u16(),
            String::from_utf8_lossy(answer.body()).into_owned(),
        )
    };
    let (code, text) = status(FaultKind::Storm);
    assert!(
        code == 503 && text.contains("60 calls per 60 seconds"),
        "{code} {text}"
    );
    let (code, text) = status(FaultKind::QuotaIn400);
    assert!(
        code == 400 && text.contains("60 calls per 60 seconds"),
        "{code} {text}"
    );
    assert_eq!(status(FaultKind::Unauthorised).0, 403, "as under a burst");
    let (code, text) = status(FaultKind::HtmlPage);
    assert!(code == 200 && text.contains("Page not found"));
    assert_eq!(status(FaultKind::EmptyBody), (200, String::new()));
    let calls = bench.sandbox.calls();
    assert_eq!((calls.throttled_storm, calls.throttled_own), (2, 0));
}

#[test]
fn pages_come_short_shifted_and_stale() {
    let bench = Bench::quiet();
    for _ in 0..4 {
        bench.c7_enter(&selling(1));
    }
    bench.wait(Span::mins(1));
    bench.c7_enter(&selling(1));
    let rows = |kind: Option<FaultKind>| {
        if let Some(kind) = kind {
            strike(&bench, "GET saleList", kind);
        }
        let page = bench.c7("GET saleList", &Value::Null);
        let total = page["Total"].as_u64().unwrap();
        (page["SaleList"].as_array().unwrap().len(), total)
    };
    assert_eq!(rows(None), (5, 5));
    assert_eq!(
        rows(Some(FaultKind::PartialPage)),
        (2, 5),
        "the total tells"
    );
    assert_eq!(rows(Some(FaultKind::ShiftedPage)), (4, 5));
    assert_eq!(rows(Some(FaultKind::StaleRead(Span::secs(20)))), (4, 4));
    strike(
        &bench,
        "GET ref/productavailability",
        FaultKind::PartialPage,
    );
    let page = bench.c7("GET ref/productavailability?Limit=1000", &Value::Null);
    let total = page["Total"].as_u64().unwrap() as usize;
    assert_eq!(
        page["ProductAvailabilityList"].as_array().unwrap().len(),
        total / 2
    );
}

fn busy(seed: u64, faults: FaultLevel) -> SandboxConfig {
    SandboxConfig {
        seed,
        faults,
        cin7: trading(Cin7Traits::typical(60)),
        ..quiet()
    }
}

/// Two days, a look at the list every ten minutes, and every sale picked that can be.
fn run(config: SandboxConfig) -> (u64, Vec<String>) {
    let bench = Bench::new(config);
    let mut seen = Vec::new();
    for _ in 0..2 * 24 * 6 {
        bench.wait(Span::mins(10));
        if let Exchange::Answer(answer) = bench.c7_exchange("GET saleList?Limit=1000", &Value::Null)
        {
            seen.push(String::from_utf8_lossy(answer.body()).into_owned());
        }
    }
    (bench.sandbox.fingerprint(), seen)
}

#[test]
fn the_same_seed_and_calls_give_the_same_answers() {
    let one = run(busy(3, FaultLevel::Heavy));
    assert_eq!(one, run(busy(3, FaultLevel::Heavy)));
    assert_ne!(one.0, run(busy(4, FaultLevel::Heavy)).0);
}

#[test]
fn people_enter_change_void_fulfil_and_credit_sales() {
    let mut config = busy(5, FaultLevel::None);
    config.cin7.traits = Cin7Traits {
        edited: 0.2,
        voided: 0.2,
        fulfilled_by_hand: 0.5,
        credited_early: 0.5,
        ..Cin7Traits::typical(60)
    };
    let bench = Bench::new(config);
    bench.wait(Span::days(5));
    let ledger = bench.sandbox.ledger();
    let count = |op: &str| {
        ledger
            .iter()
            .filter(|e| e.op == op && e.system == C7)
            .count()
    };
    for op in [
        "Sale created",
        "Sale authorised",
        "Sale undone",
        "Sale changed",
        "Sale voided",
        "Ship",
        "Invoice",
        "Payment",
        "Credit note",
        "Adjustment",
    ] {
        assert!(count(op) > 0, "nobody did: {op}");
    }
    assert!(ledger.iter().all(|e| e.caused_by_world));
    bench.sandbox.inspect(|w| {
        let kinds = |k: Kind| w.cin7.sales.iter().filter(|s| s.kind == k).count();
        assert!(kinds(Kind::Simple) > 0 && kinds(Kind::Advanced) > 0);
        assert!(
            w.cin7.products.iter().any(|p| p.sku.contains('/')),
            "some SKUs need mapping"
        );
        assert_books_balance(w);
    });
}

/// Whatever was done: what is allocated is what open sales hold, and nothing is on a shelf twice.
fn assert_books_balance(world: &World) {
    let sum = |of: &dyn Fn(&Cin7Line) -> Dec| -> Dec {
        world.cin7.sales.iter().flat_map(|s| &s.lines).map(of).sum()
    };
    let reserved: Dec = world.cin7.reserved.values().copied().sum();
    assert_eq!(sum(&|l| l.reserved).to_string(), reserved.to_string());
    let picked: Dec = world.cin7.stock.values().map(|s| s.picked).sum();
    let held: Dec = world
        .cin7
        .sales
        .iter()
        .flat_map(|s| {
            s.fulfilments
                .iter()
                .filter(|f| !f.is_voided() && f.pick.status == Stand::Authorised)
        })
        .map(|f| {
            let picked: Dec = f.pick.lines.iter().map(|l| l.quantity).sum();
            let shipped: Dec = f.shipped().map(|l| l.quantity).sum();
            picked - shipped
        })
        .sum();
    assert_eq!(held.to_string(), picked.to_string());
    for sale in world.cin7.sales.iter().filter(|s| s.is_voided) {
        assert!(
            sale.lines
                .iter()
                .all(|l| l.reserved == Dec::ZERO && l.backorder == Dec::ZERO)
        );
    }
}

#[test]
fn nobody_is_at_work_unless_asked_for() {
    let bench = Bench::quiet();
    bench.wait(Span::days(2));
    let of_cin7 = bench
        .sandbox
        .ledger()
        .into_iter()
        .filter(|e| e.system == C7);
    assert_eq!(of_cin7.count(), 0);
    assert!(bench.sandbox.inspect(|w| w.cin7.sales.is_empty()));
}

#[test]
fn goods_leave_the_warehouse_and_nothing_happens_in_cin7() {
    let bench = Bench::quiet();
    let id = bench.c7_enter(&selling(1));
    let answer = bench.save(
        "Sales orders",
        &format!(
            "SalesOrderNumber,CustomerPurchaseOrderReferenceNumber,ServiceType,ChannelName,Site\n\
             C7-1,{id},RM48,Cin7 Core,PrimarySite\n"
        ),
    );
    assert!(answer.contains("<ResponseId>0</ResponseId>"), "{answer}");
    bench.save(
        "Sales order items",
        "SalesOrderNumber,ItemCode,QuantityOrdered,Line\nC7-1,MUG-BLU-01,1,1\n",
    );
    bench.wait(Span::hours(6));
    assert_eq!(bench.status("C7-1"), PvxStatus::Despatched);
    let sale = bench.c7_sale(&id);
    assert_eq!(
        (&sale["Status"], &sale["CombinedPickingStatus"]),
        (&json!("ORDERED"), &json!("NOT PICKED"))
    );
}

#[test]
fn sales_in_cin7_shift_nobody_elses_dice() {
    let run = |traits: Cin7Traits| {
        let config = SandboxConfig {
            faults: FaultLevel::Heavy,
            cin7: trading(traits),
            ..SandboxConfig::default()
        };
        let bench = Bench::new(config);
        bench.wait(Span::days(1));
        let ledger = bench.sandbox.ledger().into_iter();
        let others = ledger.filter(|e| e.system != C7);
        others
            .map(|e| {
                format!(
                    "{:?} {} {} {}",
                    e.at,
                    e.op,
                    e.object,
                    content_without_shelf(&e)
                )
            })
            .collect::<Vec<String>>()
    };
    let without = run(Cin7Traits::default());
    assert!(without.len() > 500);
    assert!(
        without == run(Cin7Traits::typical(80)),
        "the other systems' day is the same"
    );
}
