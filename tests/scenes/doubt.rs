//! Answers that were lost, requests that were lost, effects that come late, processes that die.

use crate::stage::{MUG, SOON, Setting, Stage, play};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::delivery::Flow;
use tallyman::domain::order::OrderState;
use tallyman::domain::time::Span;
use tallyman::sandbox::{Book, FaultKind, PvxStatus, SimSystem};

const HEADERS: &str = "SaveData Sales orders";
const LINES: &str = "SaveData Sales order items";

fn goods(n: i64) -> std::collections::BTreeMap<String, i64> {
    [(MUG.to_owned(), n)].into()
}

#[tokio::test]
async fn a_death_between_header_and_lines_is_completed_after_the_restart() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 3)]);
        let wms = order.wms.clone();
        s.die_when("the header has left", move |sandbox| {
            sandbox.inspect(|w| w.pvx.order(&wms).is_some_and(|o| o.lines.is_empty()))
        })
        .await;
        assert!(s.wms(&order).unwrap().lines.is_empty());
        s.engine_starts();
        s.accepted(&order).await;
        s.run(SOON).await;
        assert_eq!(s.goods(&order), goods(3));
        assert_eq!((s.headers(&order), s.line_saves(&order)), (1, 1));
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_after_the_header_is_asked_about_and_the_order_goes_once() {
    for lost in [
        FaultKind::LostAfter,
        FaultKind::Reset,
        FaultKind::ErrorAfter(502),
        FaultKind::EmptyBody,
    ] {
        play(Setting::default(), async |s: &mut Stage| {
            s.wms_fault(HEADERS, lost);
            let order = s.sold(&[(MUG, 2)]);
            s.accepted(&order).await;
            s.run(SOON).await;
            assert_eq!(
                (s.headers(&order), s.goods(&order)),
                (1, goods(2)),
                "{lost:?}"
            );
            assert_eq!(s.cases().await, []);
        })
        .await;
    }
}

#[tokio::test]
async fn a_lost_answer_after_the_lines_is_asked_about_and_the_lines_stand_once() {
    play(Setting::default(), async |s: &mut Stage| {
        s.wms_fault(LINES, FaultKind::LostAfter);
        let order = s.sold(&[(MUG, 2)]);
        s.accepted(&order).await;
        s.run(SOON).await;
        assert_eq!((s.headers(&order), s.line_saves(&order)), (1, 1));
        assert_eq!(s.goods(&order), goods(2));
        assert_eq!(s.cases().await, []);
    })
    .await;
}

pub async fn a_lost_request(s: &mut Stage) {
    s.wms_fault(HEADERS, FaultKind::LostBefore);
    let order = s.sold(&[(MUG, 2)]);
    let sold_at = s.now();
    s.accepted(&order).await;
    s.run(SOON).await;
    let headers = s.ours(HEADERS, &order.wms);
    assert_eq!((headers.len(), s.goods(&order)), (1, goods(2)));
    let waited = headers[0].at.since(sold_at);
    assert!(waited >= Span::secs(15), "sent again after {waited:?}");
    assert_eq!(s.cases().await, []);
}

#[tokio::test]
async fn a_lost_request_is_sent_again_once_after_two_readings_agree() {
    play(Setting::default(), a_lost_request).await;
}

#[tokio::test]
async fn an_effect_that_comes_seconds_after_we_gave_up_makes_no_second_order() {
    for wait in [2, 8, 12] {
        play(Setting::default(), async |s: &mut Stage| {
            s.wms_fault(HEADERS, FaultKind::Delayed(Span::secs(wait)));
            let order = s.sold(&[(MUG, 2)]);
            s.accepted(&order).await;
            s.run(SOON).await;
            assert_eq!(
                (s.headers(&order), s.goods(&order)),
                (1, goods(2)),
                "{wait} s"
            );
        })
        .await;
    }
}

#[tokio::test]
async fn lines_that_take_effect_late_do_not_double_the_goods() {
    play(Setting::default(), async |s: &mut Stage| {
        s.wms_fault(LINES, FaultKind::Delayed(Span::secs(12)));
        let order = s.sold(&[(MUG, 2)]);
        s.accepted(&order).await;
        s.run(SOON).await;
        assert_eq!((s.headers(&order), s.goods(&order)), (1, goods(2)));
    })
    .await;
}

#[tokio::test]
async fn a_line_the_warehouse_dropped_in_silence_is_saved_again() {
    play(Setting::default(), async |s: &mut Stage| {
        s.wms_fault(LINES, FaultKind::DroppedLine);
        let order = s.sold(&[(MUG, 1), ("TEE-BLU-01", 2), ("CDL-BLU-01", 3)]);
        s.accepted(&order).await;
        s.run(SOON).await;
        assert_eq!(s.goods(&order).values().sum::<i64>(), 6);
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_line_the_warehouse_keeps_dropping_is_a_case() {
    play(Setting::default(), async |s: &mut Stage| {
        s.fault(SimSystem::Peoplevox, LINES, FaultKind::DroppedLine, 50);
        let order = s.sold(&[(MUG, 1), ("TEE-BLU-01", 2), ("CDL-BLU-01", 3)]);
        let case = s.case_opens(Kind::OrdLinesDiffer, SOON).await;
        assert_eq!(case.discriminator, format!("ORDER={}", order.number));
        assert!(s.line_saves(&order) <= 3, "it is not saved for ever");
    })
    .await;
}

#[tokio::test]
async fn fewer_or_reordered_result_rows_send_nothing_twice() {
    for odd in [FaultKind::FewerResults, FaultKind::ReorderedResults] {
        for method in [HEADERS, LINES] {
            play(Setting::default(), async |s: &mut Stage| {
                s.wms_fault(method, odd);
                let orders = [
                    s.sold(&[(MUG, 1)]),
                    s.sold(&[(MUG, 2)]),
                    s.sold(&[(MUG, 3)]),
                ];
                for (order, n) in orders.iter().zip(1..) {
                    s.accepted(order).await;
                    assert_eq!((s.headers(order), s.goods(order)), (1, goods(n)), "{odd:?}");
                }
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_lost_answer_after_a_cancel_is_asked_about_and_the_cancel_counts_once() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.wms_fault(HEADERS, FaultKind::LostAfter);
        s.act(|w| w.cancel(&order.id));
        s.reaches(&order, OrderState::Cancelled, SOON).await;
        s.run(SOON).await;
        assert_eq!(s.wms_status(&order), PvxStatus::Cancelled);
        assert_eq!(s.headers(&order), 2, "one create, one cancel");
        assert_eq!(s.cases().await, []);
    })
    .await;
}

/// Faults after which the source has processed the order and we do not know.
const PROCESS_LOST: &[FaultKind] = &[
    FaultKind::LostAfter,
    FaultKind::ErrorAfter(502),
    FaultKind::EmptyBody,
    FaultKind::Delayed(Span::secs(12)),
];

#[tokio::test]
async fn a_lost_answer_after_processing_is_asked_about_and_the_shopper_is_told_once() {
    for lost in PROCESS_LOST {
        play(Setting::default(), async |s: &mut Stage| {
            let order = s.mug_in_warehouse().await;
            s.lw_fault("Orders/Process*", *lost);
            s.act(|w| w.despatch(&order.wms, "RM1GB"));
            s.confirmed(&order, Span::mins(20)).await;
            s.run(SOON).await;
            assert_eq!(
                (s.processed(&order), s.told(&order).len()),
                (1, 1),
                "{lost:?}"
            );
            assert_eq!(s.lw(&order).tracking, "RM1GB");
            assert_eq!(s.cases().await, []);
        })
        .await;
    }
}

#[tokio::test]
async fn a_lost_answer_after_a_split_finds_its_child_and_splits_once() {
    let setting = Setting::default().policy(|p| p.partial_shipment = true);
    play(setting, async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 3)]);
        s.accepted(&order).await;
        s.lw_fault("Orders/SplitOrder", FaultKind::LostAfter);
        s.act(|w| w.despatch_part(&order.wms, &[("1", 1)], "RM1GB"));
        s.until(
            "the part is processed",
            Span::mins(20),
            async |s: &Stage| !s.sandbox.notifications().is_empty(),
        )
        .await;
        s.run(SOON).await;
        assert_eq!(s.ours("SplitOrder", &order.number).len(), 1);
        assert_eq!(s.sandbox.notifications().len(), 1);
        assert_eq!(s.sandbox.notifications()[0].tracking, "RM1GB");
        assert_eq!(s.lw(&order).lines[0].quantity, 2);
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_after_a_stock_write_ends_with_the_right_figure() {
    for lost in [FaultKind::LostAfter, FaultKind::LostBefore] {
        play(Setting::default(), async |s: &mut Stage| {
            s.run(Span::mins(6)).await;
            s.act(|w| w.count(MUG, "PrimarySite", 77));
            s.lw_fault("Stock/SetStockLevel", lost);
            s.run(SOON).await;
            assert_eq!(s.offered(MUG), 77, "{lost:?}");
            assert_eq!(s.levels_written(MUG), [77], "{lost:?}");
            assert_eq!(s.cases().await, []);
        })
        .await;
    }
}

#[tokio::test]
async fn a_death_while_processing_asks_before_it_processes_again() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        let id = order.id.clone();
        s.die_when("it is processed", move |sandbox| {
            sandbox.inspect(|w| matches!(w.lw.order(&id).unwrap().book, Book::Processed(_)))
        })
        .await;
        s.engine_starts();
        s.confirmed(&order, SOON).await;
        s.run(SOON).await;
        assert_eq!((s.processed(&order), s.told(&order).len()), (1, 1));
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_doubt_that_lasts_is_a_case_and_closes_when_it_is_settled() {
    play(Setting::default(), async |s: &mut Stage| {
        s.mug_in_warehouse().await;
        s.wms_fault(HEADERS, FaultKind::LostAfter);
        let order = s.sold(&[(MUG, 1)]);
        s.until("the header is there", SOON, async |s: &Stage| {
            s.wms(&order).is_some()
        })
        .await;
        s.fault(
            SimSystem::Peoplevox,
            "GetData Sales orders",
            FaultKind::ErrorBefore(500),
            200,
        );
        s.case_opens(Kind::OrdInDoubt, Span::mins(30)).await;
        s.sandbox.clear_faults();
        s.accepted(&order).await;
        s.case_closes(Kind::OrdInDoubt, SOON).await;
        assert_eq!(s.headers(&order), 1);
        let flow = Flow::OrderCreate;
        let live = s.store.flows_live(s.now()).await.unwrap();
        assert!(live.iter().all(|f| f.flow != flow || f.in_doubt == 0));
    })
    .await;
}
