//! Faults strike where they are told, and the ledger knows what happened.

use super::*;
use crate::sandbox::faults::{EventFate, Faults};

fn rule(bench: &Bench, system: SimSystem, method: &str, kind: FaultKind) {
    bench
        .sandbox
        .add_fault(FaultRule::next(system, method, kind, 1));
}

const PVX: SimSystem = SimSystem::Peoplevox;
const LW: SimSystem = SimSystem::Linnworks;

fn save_order(bench: &Bench, number: &str) -> Exchange {
    let inner = format!(
        "<saveRequest><TemplateName>Sales orders</TemplateName><CsvData>SalesOrderNumber\n{number}\n</CsvData></saveRequest>"
    );
    bench
        .sandbox
        .handle(PVX, bench.soap_request("SaveData", &inner))
}

fn exists(bench: &Bench, number: &str) -> bool {
    bench.sandbox.inspect(|w| w.pvx.order(number).is_some())
}

#[test]
fn an_answer_lost_after_the_effect_leaves_the_effect() {
    let bench = Bench::quiet();
    rule(&bench, PVX, "SaveData Sales orders", FaultKind::LostAfter);
    assert!(matches!(save_order(&bench, "S1"), Exchange::Lost(_)));
    assert!(exists(&bench, "S1"));
    let effect = bench.sandbox.ledger().pop().unwrap();
    assert!(!effect.answered && !effect.caused_by_world);
    assert!(
        matches!(save_order(&bench, "S2"), Exchange::Answer(_)),
        "struck once"
    );
    assert!(bench.sandbox.ledger().pop().unwrap().answered);
    assert_eq!(
        bench.sandbox.faults_fired()["F-NET-1 answer lost after the effect"],
        1
    );
}

#[test]
fn a_request_lost_before_the_effect_leaves_nothing() {
    let bench = Bench::quiet();
    rule(&bench, PVX, "SaveData*", FaultKind::LostBefore);
    assert!(matches!(save_order(&bench, "S1"), Exchange::Lost(_)));
    rule(&bench, PVX, "SaveData*", FaultKind::Refused);
    assert!(matches!(save_order(&bench, "S1"), Exchange::NotSent(_)));
    rule(&bench, PVX, "*", FaultKind::ErrorBefore(503));
    assert!(matches!(save_order(&bench, "S1"), Exchange::Answer(a) if a.status() == 503));
    assert!(!exists(&bench, "S1"));
    assert!(bench.sandbox.ledger().is_empty());
}

#[test]
fn a_delayed_effect_happens_after_the_client_gave_up() {
    let bench = Bench::quiet();
    rule(&bench, PVX, "SaveData*", FaultKind::Delayed(Span::secs(8)));
    assert!(matches!(save_order(&bench, "S1"), Exchange::Lost(_)));
    bench.wait(Span::secs(7));
    assert!(!exists(&bench, "S1"));
    bench.wait(Span::secs(2));
    assert!(exists(&bench, "S1"));
    assert!(!bench.sandbox.ledger()[0].answered);
}

#[test]
fn five_hundreds_pages_and_empty_bodies_may_follow_an_effect() {
    let bench = Bench::quiet();
    for (number, kind, happens) in [
        ("S1", FaultKind::ErrorAfter(502), true),
        ("S2", FaultKind::EmptyBody, true),
        ("S3", FaultKind::HtmlPage, false),
        ("S4", FaultKind::Reset, true),
    ] {
        rule(&bench, PVX, "SaveData*", kind);
        save_order(&bench, number);
        assert_eq!(exists(&bench, number), happens, "{kind:?}");
    }
}

#[test]
fn a_storm_answers_429_and_is_counted_apart() {
    let bench = Bench::quiet();
    let now = bench.sandbox.inspect(|w| w.now);
    bench.sandbox.add_fault(FaultRule::window(
        LW,
        FaultKind::Storm,
        now,
        now + Span::secs(30),
    ));
    let answer = bench.lw_answer("Orders/GetCountries", &Value::Null);
    assert_eq!(answer.status(), 429);
    bench.wait(Span::secs(31));
    assert_eq!(
        bench
            .lw_answer("Orders/GetCountries", &Value::Null)
            .status(),
        200
    );
    rule(&bench, LW, "*", FaultKind::QuotaIn400);
    let answer = bench.lw_answer("Orders/GetCountries", &Value::Null);
    assert_eq!(answer.status(), 400);
    assert!(String::from_utf8_lossy(answer.body()).contains("Maximum admitted 150 per Minute."));
    let calls = bench.sandbox.calls();
    assert_eq!((calls.throttled_own, calls.throttled_storm), (0, 2));
}

#[test]
fn sessions_end_and_401_strikes_everything_but_the_sign_in() {
    let bench = Bench::quiet();
    rule(&bench, PVX, "*", FaultKind::SessionEnds);
    let answer = bench.soap("GetSaveTemplate", "<templateName>Sites</templateName>");
    assert!(answer.contains("System : Security - Session Expired"));
    let now = bench.sandbox.inspect(|w| w.now);
    bench.sandbox.add_fault(FaultRule::window(
        LW,
        FaultKind::Unauthorised,
        now,
        now + Span::secs(30),
    ));
    bench.sign_in();
    assert_eq!(
        bench
            .lw_answer("Orders/GetCountries", &Value::Null)
            .status(),
        401
    );
    bench.wait(Span::secs(30));
    assert_eq!(
        bench
            .lw_answer("Orders/GetCountries", &Value::Null)
            .status(),
        200
    );
    rule(&bench, LW, "Auth/*", FaultKind::ServerMoves);
    let c = bench.sandbox.demo_credentials();
    let session = bench.lw(
        "Auth/AuthorizeByApplication",
        &json!({"ApplicationId": c.lw_application_id, "ApplicationSecret": c.lw_application_secret, "Token": c.lw_token}),
    );
    assert_eq!(session["Server"], "https://us-ext.linnworks.net");
}

#[test]
fn pages_and_results_are_bent_while_totals_stay() {
    let bench = Bench::quiet();
    let total = bench.data("Item types", "").len() - 1;
    rule(&bench, PVX, "GetData*", FaultKind::PartialPage);
    assert_eq!(bench.data("Item types", "").len() - 1, total / 2);
    rule(&bench, PVX, "GetData*", FaultKind::ShiftedPage);
    assert_eq!(bench.data("Item types", "").len(), total);
    rule(&bench, PVX, "SaveData*", FaultKind::FewerResults);
    let answer = bench.save("Sales orders", "SalesOrderNumber\nA\nB\n");
    assert!(answer.contains("<TotalCount>2</TotalCount>") && !answer.contains("<Reference>B"));
    rule(&bench, PVX, "SaveData*", FaultKind::ReorderedResults);
    let answer = bench.save("Sales orders", "SalesOrderNumber\nA\nB\n");
    assert!(answer.find("<Reference>B").unwrap() < answer.find("<Reference>A").unwrap());
}

#[test]
fn a_dropped_line_is_answered_success_and_missing() {
    let bench = Bench::quiet();
    bench.save("Sales orders", "SalesOrderNumber\nA\n");
    rule(
        &bench,
        PVX,
        "SaveData Sales order items",
        FaultKind::DroppedLine,
    );
    let answer = bench.save(
        "Sales order items",
        "SalesOrderNumber,ItemCode,QuantityOrdered,Line\nA,MUG-BLU-01,1,1\nA,TEE-BLU-01,1,2\n",
    );
    assert!(answer.contains("<ResponseId>0</ResponseId><TotalCount>2</TotalCount>"));
    assert_eq!(
        bench
            .sandbox
            .inspect(|w| w.pvx.order("A").unwrap().lines.len()),
        1
    );
}

#[test]
fn a_stale_read_lags_behind_and_the_next_one_is_fresh() {
    let bench = Bench::quiet();
    bench.wait(Span::mins(1));
    let (id, number) = bench.carry_over(&OrderSpec::default());
    rule(
        &bench,
        PVX,
        "GetData*",
        FaultKind::StaleRead(Span::secs(20)),
    );
    let clause = format!("SalesOrderNumber = \"{number}\"");
    assert_eq!(
        bench.data("Sales orders", &clause).len(),
        1,
        "just the header"
    );
    assert_eq!(bench.data("Sales orders", &clause).len(), 2);
    bench.wait(Span::mins(1));
    bench.lw(
        "Orders/ProcessOrder",
        &json!({"orderId": id, "scanPerformed": true}),
    );
    rule(
        &bench,
        LW,
        "Orders/GetOrdersById",
        FaultKind::StaleRead(Span::secs(20)),
    );
    let read =
        || bench.lw("Orders/GetOrdersById", &json!({"pkOrderIds": [id]}))[0]["Processed"].clone();
    assert_eq!((read(), read()), (json!(false), json!(true)));
}

#[test]
fn a_refusal_in_the_body_does_not_process() {
    let bench = Bench::quiet();
    let id = bench
        .sandbox
        .act(|w| w.place(&OrderSpec::default()))
        .unwrap();
    rule(&bench, LW, "Orders/Process*", FaultKind::RefusedRow);
    let body = json!({"orderId": id, "scanPerformed": true});
    assert_eq!(bench.lw("Orders/ProcessOrder", &body)["Processed"], false);
    assert!(bench.sandbox.notifications().is_empty());
    assert_eq!(bench.lw("Orders/ProcessOrder", &body)["Processed"], true);
}

#[test]
fn callbacks_are_lost_and_doubled() {
    let bench = Bench::quiet();
    bench.soap(
        "SubscribeEvent",
        "<eventType>AvailabilityChanges</eventType><callbackUrl>https://h.example.test/?i={ItemCode}</callbackUrl>",
    );
    let count = |kind: FaultKind| {
        rule(&bench, PVX, "*", kind);
        bench
            .sandbox
            .act(|w| w.goods_in("MUG-BLU-01", "PrimarySite", 1))
            .unwrap();
        bench.wait(Span::mins(3));
        bench.sandbox.take_callbacks().len()
    };
    assert_eq!(count(FaultKind::LostCallback), 0);
    assert_eq!(count(FaultKind::DuplicateCallback), 2);
    assert_eq!(count(FaultKind::LateCallback), 1);
}

#[test]
fn clearing_faults_brings_quiet() {
    let bench = Bench::new(SandboxConfig {
        faults: FaultLevel::Heavy,
        ..quiet()
    });
    bench.sandbox.clear_faults();
    bench.sign_in();
    for _ in 0..200 {
        assert!(
            bench
                .soap("GetSaveTemplate", "<templateName>Sites</templateName>")
                .contains("<ResponseId>0")
        );
    }
    bench.wait(Span::days(1));
    bench.sign_in();
    assert!(
        bench
            .try_soap("GetSaveTemplate", "<templateName>Sites</templateName>")
            .is_some()
    );
}

#[test]
fn a_fault_strikes_only_the_systems_that_have_it() {
    let now = SandboxConfig::default().start;
    let strikes = |kind: FaultKind| {
        let all = [
            SimSystem::Peoplevox,
            SimSystem::Linnworks,
            SimSystem::Shopline,
            SimSystem::Cin7,
        ];
        let hit = all.into_iter().filter(|system| {
            let mut faults = Faults::new(1, FaultLevel::None, now);
            faults.add(FaultRule::share(None, "*", kind, 1.0));
            faults.choose(*system, "GET orders", now).is_some()
        });
        hit.collect::<Vec<SimSystem>>()
    };
    use SimSystem::{Cin7, Linnworks, Peoplevox, Shopline};
    assert_eq!(strikes(FaultKind::Storm), [Linnworks, Shopline, Cin7]);
    assert_eq!(strikes(FaultKind::QuotaIn400), [Linnworks, Cin7]);
    assert_eq!(
        strikes(FaultKind::Unauthorised),
        [Linnworks, Shopline, Cin7]
    );
    assert_eq!(strikes(FaultKind::SessionEnds), [Peoplevox, Linnworks]);
    assert_eq!(strikes(FaultKind::Blocked(423)), [Shopline]);
    for kind in [
        FaultKind::LostCallback,
        FaultKind::SubscriptionGone,
        FaultKind::CreationAfterPayment,
    ] {
        assert_eq!(strikes(kind), []);
    }
}

#[test]
fn what_is_told_by_itself_meets_its_own_systems_faults() {
    let now = SandboxConfig::default().start;
    let with = |kind: FaultKind| {
        let mut faults = Faults::new(1, FaultLevel::None, now);
        faults.add(FaultRule::share(None, "*", kind, 1.0));
        faults
    };
    let usual = EventFate::Sent(vec![Span::ZERO]);
    let mut gone = with(FaultKind::SubscriptionGone);
    assert_eq!(gone.webhook_fate("orders/create", now), None);
    assert_eq!(gone.event_fate(SimSystem::Peoplevox, now), usual);
    assert_eq!(
        gone.event_fate(SimSystem::Cin7, now),
        EventFate::SubscriptionGone
    );
    let kind = FaultKind::CreationAfterCancel;
    let mut late = with(kind);
    assert_eq!(late.webhook_fate("orders/create", now), Some(kind));
    assert_eq!(late.webhook_fate("orders/paid", now), None);
    assert_eq!(late.event_fate(SimSystem::Cin7, now), usual);
    assert_eq!(late.event_fate(SimSystem::Peoplevox, now), usual);
}

#[test]
fn calls_of_other_systems_shift_nobody_elses_dice() {
    let now = SandboxConfig::default().start;
    let run = |has_others: bool| {
        let mut faults = Faults::new(7, FaultLevel::Heavy, now);
        let mut seen = Vec::new();
        for _ in 0..400 {
            if has_others {
                faults.choose(SimSystem::Shopline, "GET orders", now);
                faults.choose(SimSystem::Cin7, "GET saleList", now);
                faults.webhook_fate("orders/create", now);
                faults.event_fate(SimSystem::Cin7, now);
            }
            seen.push(faults.choose(SimSystem::Linnworks, "Orders/GetOrdersById", now));
            seen.push(faults.choose(SimSystem::Peoplevox, "GetData Sales orders", now));
            assert!(faults.callback_fate(now).len() < 3);
        }
        seen
    };
    let alone = run(false);
    assert!(alone.iter().flatten().count() > 10);
    assert_eq!(alone, run(true));
}
