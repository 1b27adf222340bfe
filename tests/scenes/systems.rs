//! Systems that refuse, fail, lie or are paused; engines that die or share the work.

use crate::stage::{MUG, Placed, SOON, Setting, Stage, play};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::mapping::MappingKind;
use tallyman::domain::order::OrderState;
use tallyman::domain::time::{Span, Ts};
use tallyman::sandbox::{FaultKind, FaultRule, SimSystem};

const LW: SimSystem = SimSystem::Linnworks;
const PVX: SimSystem = SimSystem::Peoplevox;

fn window(s: &Stage, system: SimSystem, kind: FaultKind, span: Span) {
    let rule = FaultRule::window(system, kind, s.now(), s.now() + span);
    s.sandbox.add_fault(rule);
}

async fn sent_once(s: &mut Stage, orders: &[Placed]) {
    for order in orders {
        s.accepted(order).await;
    }
    s.run(SOON).await;
    for order in orders {
        assert_eq!((s.headers(order), s.line_saves(order)), (1, 1));
        assert_eq!(s.goods(order), [(MUG.to_owned(), 1)].into());
    }
}

fn five(s: &Stage) -> Vec<Placed> {
    (0..5).map(|_| s.sold(&[(MUG, 1)])).collect()
}

#[tokio::test]
async fn a_wrong_password_is_one_case_and_work_waits_until_it_is_right_again() {
    play(Setting::default(), async |s: &mut Stage| {
        s.run(Span::mins(2)).await;
        let right = s.sandbox.act(|w| {
            w.pvx.sessions.clear();
            std::mem::replace(&mut w.pvx.password, "changed".to_owned())
        });
        let orders = five(s);
        let case = s.case_opens(Kind::SysAuth, SOON).await;
        assert_eq!(case.discriminator, "SYSTEM=pvx");
        let signed_in = s.sandbox.calls().sign_ins[&PVX];
        s.run(Span::hours(2)).await;
        let tries = s.sandbox.calls().sign_ins[&PVX] - signed_in;
        assert!(tries <= 125, "{tries} sign-ins in two hours");
        s.sandbox.act(|w| w.pvx.password = right);
        sent_once(s, &orders).await;
        s.case_closes(Kind::SysAuth, SOON).await;
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_system_that_is_down_is_one_case_not_one_per_order_and_drains_afterwards() {
    play(Setting::default(), async |s: &mut Stage| {
        s.run(Span::mins(2)).await;
        window(s, PVX, FaultKind::Down, Span::mins(40));
        let orders = five(s);
        s.case_opens(Kind::SysDown, SOON).await;
        s.run(Span::mins(20)).await;
        let shown: Vec<_> = s
            .cases()
            .await
            .into_iter()
            .filter(|c| c.parent.is_none())
            .collect();
        let kinds: Vec<Kind> = shown.iter().map(|c| c.kind).collect();
        assert_eq!(kinds, [Kind::SysDown], "{shown:#?}");
        s.run(Span::mins(20)).await;
        sent_once(s, &orders).await;
        s.case_closes(Kind::SysDown, SOON).await;
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_storm_of_refusals_kills_no_message_and_costs_few_calls() {
    for kind in [FaultKind::Storm, FaultKind::QuotaIn400] {
        play(Setting::default(), async |s: &mut Stage| {
            let order = s.mug_in_warehouse().await;
            window(s, LW, kind, Span::mins(5));
            s.act(|w| w.despatch(&order.wms, "RM1GB"));
            s.run(Span::mins(5)).await;
            let stormed = s.sandbox.calls().throttled_storm;
            assert!(
                (1..=12).contains(&stormed),
                "{stormed} calls into the storm"
            );
            s.confirmed(&order, SOON).await;
            assert_eq!((s.processed(&order), s.told(&order).len()), (1, 1));
            assert_eq!(s.sandbox.calls().throttled_own, 0);
            s.run(SOON).await;
            assert_eq!(s.cases().await, []);
        })
        .await;
    }
}

#[tokio::test]
async fn a_status_nobody_mapped_is_a_case_and_the_order_keeps_its_state_until_it_is_mapped() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.reaches(&order, OrderState::Allocated, SOON).await;
        s.sandbox.act(|w| {
            let at = w.pvx.order_by_number[&order.wms];
            w.pvx.orders[at].odd_status = Some(("Awaiting QC".to_owned(), Ts::NEVER));
        });
        let case = s.case_opens(Kind::MapStatusUnknown, SOON).await;
        assert_eq!(case.discriminator, "STATUS=Awaiting QC");
        s.run(SOON).await;
        assert_eq!(s.order(&order).await.state, OrderState::Allocated);
        let side = [("side", "wms")];
        s.map_with(MappingKind::OrderStatus, "Awaiting QC", "picked", &side)
            .await;
        s.reaches(&order, OrderState::Picking, SOON).await;
        s.case_closes(Kind::MapStatusUnknown, SOON).await;
    })
    .await;
}

#[tokio::test]
async fn web_pages_instead_of_answers_change_nothing_and_are_said_so() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        let before = s.order(&order).await;
        window(s, PVX, FaultKind::HtmlPage, Span::mins(20));
        let mark = s.mark();
        s.case_opens(Kind::SysSchema, Span::mins(15)).await;
        let now = s.order(&order).await;
        assert_eq!(
            (now.state, now.wms_status),
            (before.state, before.wms_status)
        );
        assert_eq!(s.written_since(mark, PVX), []);
        s.run(Span::mins(10)).await;
        s.case_closes(Kind::SysSchema, Span::mins(20)).await;
        s.run(SOON).await;
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_paused_pair_writes_nothing_and_goes_on_when_it_is_resumed() {
    play(Setting::default(), async |s: &mut Stage| {
        let first = s.mug_in_warehouse().await;
        s.desk
            .pause_flow(&s.pair, None, "go-live rehearsal")
            .await
            .unwrap();
        let mark = s.mark();
        let orders = five(s);
        s.act(|w| w.despatch(&first.wms, "RM1GB"));
        s.run(Span::hours(1)).await;
        assert_eq!(s.written_since(mark, PVX), []);
        assert_eq!(s.written_since(mark, LW), []);
        s.desk.resume_flow(&s.pair, None).await.unwrap();
        sent_once(s, &orders).await;
        s.confirmed(&first, SOON).await;
    })
    .await;
}

pub async fn a_takeover(s: &mut Stage) {
    let first = s.sold(&[(MUG, 1)]);
    let wms = first.wms.clone();
    s.die_when("the header has left", move |sandbox| {
        sandbox.inspect(|w| w.pvx.order(&wms).is_some())
    })
    .await;
    s.engine_starts();
    let mut orders = five(s);
    orders.push(first);
    sent_once(s, &orders).await;
    assert_eq!(s.cases().await, []);
}

#[tokio::test]
async fn a_second_engine_takes_over_when_the_first_dies() {
    play(Setting::default(), a_takeover).await;
}

pub async fn two_engines(s: &mut Stage) {
    s.engine_starts();
    let orders: Vec<Placed> = (0..20).map(|_| s.sold(&[(MUG, 1)])).collect();
    s.act(|w| w.count(MUG, "PrimarySite", 100));
    sent_once(s, &orders).await;
    for order in &orders {
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
    }
    for order in &orders {
        s.confirmed(order, SOON).await;
        assert_eq!((s.processed(order), s.told(order).len()), (1, 1));
    }
}

#[tokio::test]
async fn two_engines_on_one_store_never_send_anything_twice() {
    play(Setting::default(), two_engines).await;
}

#[tokio::test]
async fn sessions_that_end_and_servers_that_move_are_taken_in_stride() {
    play(Setting::default(), async |s: &mut Stage| {
        for system in [LW, PVX] {
            let rule = FaultRule::share(Some(system), "*", FaultKind::SessionEnds, 0.3);
            s.sandbox.add_fault(rule);
        }
        let rule = FaultRule::share(Some(LW), "*", FaultKind::ServerMoves, 0.5);
        s.sandbox.add_fault(rule);
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        s.confirmed(&order, Span::mins(30)).await;
        assert_eq!((s.headers(&order), s.processed(&order)), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_source_that_was_off_for_a_weekend_is_caught_up_with() {
    play(Setting::default(), async |s: &mut Stage| {
        let first = s.mug_in_warehouse().await;
        s.engines_die();
        s.act(|w| w.despatch(&first.wms, "RM1GB"));
        let orders = five(s);
        s.sleep(Span::days(2));
        s.engine_starts();
        sent_once(s, &orders).await;
        s.confirmed(&first, SOON).await;
        assert_eq!((s.processed(&first), s.told(&first).len()), (1, 1));
    })
    .await;
}
