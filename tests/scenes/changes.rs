//! Changes and cancellations of orders that are already in the warehouse.

use crate::stage::{MUG, Placed, SOON, Setting, Stage, play};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::exception::{ExceptionState, Severity, Team};
use tallyman::domain::floor::FloorAnswer;
use tallyman::domain::order::OrderState;
use tallyman::domain::time::Span;
use tallyman::sandbox::{FaultKind, LwOrder, PvxStatus, SimSystem};

const TEE: &str = "TEE-BLU-01";
const PVX: SimSystem = SimSystem::Peoplevox;

fn amend(s: &Stage, order: &Placed, change: impl FnOnce(&mut LwOrder)) {
    s.act(|w| w.amend_order(&order.id, change));
}

fn moves_house(order: &mut LwOrder) {
    "5 New Street".clone_into(&mut order.address.line1);
}

#[tokio::test]
async fn an_amendment_before_picking_is_applied_and_read_back() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 1), (TEE, 1)]);
        s.accepted(&order).await;
        amend(s, &order, |o| {
            moves_house(o);
            o.lines[0].quantity = 3;
        });
        s.until("the change is in the warehouse", SOON, async |s: &Stage| {
            s.goods(&order)[MUG] == 3 && s.order(&order).await.blocked_by.is_empty()
        })
        .await;
        let headers = s.ours("SaveData Sales orders", &order.wms);
        assert_eq!((headers.len(), s.line_saves(&order)), (2, 2));
        let line1 = &headers[1].detail["changed"]["ShippingAddressLine1"];
        assert_eq!(line1[1], "5 New Street");
        assert_eq!(s.goods(&order)[TEE], 1);
        s.run(Span::mins(40)).await;
        assert_eq!(s.headers(&order), 2);
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_line_added_before_picking_is_added_in_the_warehouse() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| {
            let tee = w.lw.item_by_sku[TEE];
            w.amend_order(&order.id, |o| {
                let mut line = o.lines[0].clone();
                line.row.0 ^= 9;
                line.item = Some(tee);
                line.sku = TEE.to_owned();
                o.lines.push(line);
            })
        });
        s.until("the tee is in the warehouse", SOON, async |s: &Stage| {
            s.goods(&order).contains_key(TEE)
        })
        .await;
        s.run(SOON).await;
        assert_eq!(s.goods(&order), [(MUG.into(), 1), (TEE.into(), 1)].into());
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn an_amendment_during_picking_writes_nothing_and_is_said_to_be_too_late() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.pick(&order.wms));
        let mark = s.mark();
        amend(s, &order, moves_house);
        let case = s.case_opens(Kind::AmdTooLate, SOON).await;
        assert_eq!(case.discriminator, format!("ORDER={}", order.number));
        s.run(Span::mins(30)).await;
        assert_eq!(s.written_since(mark, PVX), []);
    })
    .await;
}

#[tokio::test]
async fn a_line_taken_out_cannot_be_expressed_and_a_person_decides() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 1), (TEE, 1)]);
        s.accepted(&order).await;
        let mark = s.mark();
        amend(s, &order, |o| drop(o.lines.remove(0)));
        let case = s.case_opens(Kind::AmdNotExpressible, SOON).await;
        assert!(case.detail.contains(MUG), "{}", case.detail);
        s.run(Span::mins(30)).await;
        assert_eq!(s.written_since(mark, PVX), []);
        assert_eq!(s.goods(&order).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn with_the_policy_a_line_taken_out_cancels_the_order_and_sends_it_again_as_r2() {
    let setting = Setting::default().policy(|p| p.auto_cancel_recreate = true);
    play(setting, async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 1), (TEE, 2)]);
        s.accepted(&order).await;
        amend(s, &order, |o| drop(o.lines.remove(0)));
        let second = format!("{}-R2", order.wms);
        s.until("the second order is accepted", SOON, async |s: &Stage| {
            let row = s.order(&order).await;
            row.wms_number.is_some_and(|n| n.0 == second) && row.state.is_in_warehouse()
        })
        .await;
        assert_eq!(s.wms_status(&order), PvxStatus::Cancelled);
        let there = s.wms_named(&second).unwrap();
        assert_eq!(there.po_reference, order.id);
        let lines = s.wms_lines(&second);
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].1.as_str(), lines[0].2), (TEE, 2));
        s.run(Span::mins(40)).await;
        assert_eq!(s.cases().await, []);
        s.act(|w| w.despatch(&second, "RM2GB"));
        s.confirmed(&order, SOON).await;
        assert_eq!(s.told(&order).len(), 1);
    })
    .await;
}

pub async fn a_cancel_before_picking(s: &mut Stage) {
    let order = s.mug_in_warehouse().await;
    s.act(|w| w.cancel(&order.id));
    s.reaches(&order, OrderState::Cancelled, SOON).await;
    assert_eq!(s.wms_status(&order), PvxStatus::Cancelled);
    s.run(Span::mins(40)).await;
    assert_eq!(s.headers(&order), 2, "one create, one cancel");
    assert_eq!(s.processed(&order), 0);
    assert_eq!(s.cases().await, []);
}

#[tokio::test]
async fn a_cancel_before_picking_is_applied_once() {
    play(Setting::default(), a_cancel_before_picking).await;
}

async fn cancelled_too_late(s: &mut Stage) -> (Placed, tallyman::domain::exception::ExceptionRow) {
    let order = s.mug_in_warehouse().await;
    s.act(|w| w.pick(&order.wms));
    let mark = s.mark();
    s.act(|w| w.cancel(&order.id));
    let case = s.case_opens(Kind::CanTooLate, SOON).await;
    assert_eq!(case.severity, Severity::S1);
    s.run(SOON).await;
    assert_eq!(s.written_since(mark, PVX), []);
    (order, case)
}

/// The floor puts the goods back on the shelf.
fn floor_stops(s: &Stage, order: &Placed) {
    s.sandbox.act(|w| {
        let at = w.pvx.order_by_number[&order.wms];
        let order = &mut w.pvx.orders[at];
        order.status = PvxStatus::Allocated;
        order.lines.iter_mut().for_each(|l| l.picked = 0);
    });
}

async fn cancelled_after_all(s: &mut Stage, order: &Placed, case: i64) {
    s.reaches(order, OrderState::Cancelled, SOON).await;
    s.case_closes(Kind::CanTooLate, SOON).await;
    assert_eq!(s.wms_status(order), PvxStatus::Cancelled);
    let case = s.case_by_id(tallyman::domain::ids::ExceptionId(case)).await;
    assert!(!case.state.is_open());
    assert!(case.outcome.is_some_and(|o| !o.is_empty()));
    assert_eq!(s.headers(order), 2);
}

#[tokio::test]
async fn a_cancel_during_picking_writes_nothing_and_goes_through_once_the_floor_stops_it() {
    play(Setting::default(), async |s: &mut Stage| {
        let (order, case) = cancelled_too_late(s).await;
        floor_stops(s, &order);
        s.answered(s.desk.retry_exception(case.id).await).await;
        cancelled_after_all(s, &order, case.id.0).await;
    })
    .await;
}

#[tokio::test]
async fn a_cancel_during_picking_is_proved_by_reading_when_somebody_says_it_was_stopped() {
    play(Setting::default(), async |s: &mut Stage| {
        let (order, case) = cancelled_too_late(s).await;
        floor_stops(s, &order);
        let now = s.case_by_id(case.id).await;
        s.answered(s.desk.mark_fixed(case.id, now.version).await)
            .await;
        cancelled_after_all(s, &order, case.id.0).await;
    })
    .await;
}

#[tokio::test]
async fn a_cancel_is_written_when_the_floor_says_stopped_and_nothing_is_recorded_without_the_goods()
{
    play(Setting::default(), async |s: &mut Stage| {
        let (order, case) = cancelled_too_late(s).await;
        let board = s.desk.late_changes().await.unwrap();
        assert_eq!(board.len(), 1);
        assert_eq!(board[0].orders[0].number, order.number);
        let mute = s
            .desk
            .floor_said(case.id, case.version, FloorAnswer::Stopped, " ");
        let why = mute.await.unwrap_err().to_string();
        assert!(why.contains("where the goods are"), "{why}");
        floor_stops(s, &order);
        let now = s.case_by_id(case.id).await.version;
        let said = s
            .desk
            .floor_said(case.id, now, FloorAnswer::Stopped, "back on shelf A-3");
        s.answered(said.await).await;
        cancelled_after_all(s, &order, case.id.0).await;
        assert!(s.desk.late_changes().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_the_floor_cannot_stop_waits_for_its_despatch_and_what_is_gone_closes_with_a_debt() {
    play(Setting::default(), async |s: &mut Stage| {
        let (order, case) = cancelled_too_late(s).await;
        let at = s.case_by_id(case.id).await.version;
        let ships = s
            .desk
            .floor_said(case.id, at, FloorAnswer::Ships, "on bench 4");
        ships.await.unwrap();
        let row = s.case_by_id(case.id).await;
        assert_eq!((row.state, row.team), (ExceptionState::Waiting, Team::Cx));
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        let left = s.case_opens(Kind::CanAfterDespatch, SOON).await;
        let gone = s
            .desk
            .floor_said(left.id, left.version, FloorAnswer::Gone, "on the van");
        gone.await.unwrap();
        let row = s.case_by_id(left.id).await;
        assert_eq!(row.state, ExceptionState::Dismissed);
        assert!(row.outcome.unwrap().contains("the goods: on the van"));
    })
    .await;
}

#[tokio::test]
async fn a_cancel_that_came_too_late_ships_and_the_goods_are_never_confirmed() {
    play(Setting::default(), async |s: &mut Stage| {
        let (order, _) = cancelled_too_late(s).await;
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        s.case_opens(Kind::CanAfterDespatch, SOON).await;
        s.run(Span::mins(30)).await;
        assert_eq!((s.processed(&order), s.told(&order).len()), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_cancel_after_despatch_is_a_case_and_nothing_is_written() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.cancel(&order.id));
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        let mark = s.mark();
        s.case_opens(Kind::CanAfterDespatch, Span::mins(20)).await;
        s.run(Span::mins(30)).await;
        assert_eq!(s.written_since(mark, PVX), []);
        assert_eq!((s.processed(&order), s.told(&order).len()), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_change_while_the_order_is_in_doubt_waits_for_the_verdict() {
    play(Setting::default(), async |s: &mut Stage| {
        s.wms_fault("SaveData Sales orders", FaultKind::LostAfter);
        let order = s.sold(&[(MUG, 1)]);
        s.until("the header is there", SOON, async |s: &Stage| {
            s.wms(&order).is_some()
        })
        .await;
        amend(s, &order, |o| o.lines[0].quantity = 5);
        let row = s.order(&order).await;
        s.desk.resync_order(row.id).await.unwrap();
        s.until("the change is there", SOON, async |s: &Stage| {
            s.goods(&order).get(MUG) == Some(&5)
        })
        .await;
        s.run(Span::mins(30)).await;
        assert_eq!(s.goods(&order), [(MUG.to_owned(), 5)].into());
        let row = s.order(&order).await;
        assert_eq!(
            (row.state, row.blocked_by.as_str()),
            (OrderState::Allocated, "")
        );
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_cancel_while_the_order_is_in_doubt_follows_when_it_was_read_back() {
    play(Setting::default(), async |s: &mut Stage| {
        s.wms_fault("SaveData Sales orders", FaultKind::LostAfter);
        let order = s.sold(&[(MUG, 1)]);
        s.until("the header is there", SOON, async |s: &Stage| {
            s.wms(&order).is_some()
        })
        .await;
        s.act(|w| w.cancel(&order.id));
        let row = s.order(&order).await;
        s.desk.resync_order(row.id).await.unwrap();
        s.reaches(&order, OrderState::Cancelled, Span::mins(30))
            .await;
        assert_eq!(s.wms_status(&order), PvxStatus::Cancelled);
        s.run(Span::mins(30)).await;
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn payment_taken_back_after_sending_is_a_case_and_writes_nothing() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        let mark = s.mark();
        amend(s, &order, |o| o.status = 0);
        s.case_opens(Kind::OrdUnpaidInWms, SOON).await;
        assert_eq!(s.written_since(mark, PVX), []);
        amend(s, &order, |o| o.status = 1);
        s.case_closes(Kind::OrdUnpaidInWms, Span::mins(20)).await;
    })
    .await;
}

#[tokio::test]
async fn a_change_that_is_taken_back_leaves_the_order_and_no_case() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.pick(&order.wms));
        let before = s.lw(&order).address.line1;
        amend(s, &order, moves_house);
        s.case_opens(Kind::AmdTooLate, SOON).await;
        let mark = s.mark();
        amend(s, &order, |o| o.address.line1 = before);
        s.case_closes(Kind::AmdTooLate, Span::mins(20)).await;
        assert_eq!(s.written_since(mark, PVX), []);
        assert_eq!(s.order(&order).await.blocked_by, "");
    })
    .await;
}
