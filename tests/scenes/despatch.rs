//! Despatches on their way back to the source and the shopper.

use crate::stage::{MUG, SOON, Setting, Stage, play};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::order::OrderState;
use tallyman::domain::time::{Span, Ts};
use tallyman::sandbox::{Book, FaultKind, SimSystem};

fn in_parts() -> Setting {
    Setting::default().policy(|p| p.partial_shipment = true)
}

pub async fn a_despatch(s: &mut Stage) {
    let order = s.mug_in_warehouse().await;
    s.act(|w| w.despatch(&order.wms, "RM123GB"));
    s.confirmed(&order, SOON).await;
    s.run(Span::hours(2)).await;
    assert_eq!(s.processed(&order), 1);
    let told = s.told(&order);
    assert_eq!((told.len(), told[0].tracking.as_str()), (1, "RM123GB"));
    assert_eq!(s.order(&order).await.state, OrderState::Notified);
    assert_eq!(s.cases().await, []);
}

#[tokio::test]
async fn a_despatch_is_confirmed_with_tracking_exactly_once_and_the_shopper_is_told_once() {
    play(Setting::default(), a_despatch).await;
}

#[tokio::test]
async fn example_13_a_channel_that_was_not_told_is_its_own_case_and_no_failed_confirmation() {
    let setting = Setting::default().world(|w| w.traits.lost_note = 1.0);
    play(setting, async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.despatch(&order.wms, "RM13GB"));
        s.confirmed(&order, SOON).await;
        let case = s.case_opens(Kind::DspNotNotified, Span::hours(3)).await;
        assert!(
            case.detail.contains("its channel was not"),
            "{}",
            case.detail
        );
        assert_eq!(s.kinds().await, [Kind::DspNotNotified]);
        // The source was told, once; nothing is written again for the channel's sake.
        assert_eq!(s.processed(&order), 1);
        assert_eq!(s.order(&order).await.state, OrderState::Confirmed);
    })
    .await;
}

#[tokio::test]
async fn the_floor_works_a_whole_day_without_a_case() {
    let setting = Setting::default().world(|w| w.floor_percent = 100);
    play(setting, async |s: &mut Stage| {
        let orders: Vec<_> = (1..6).map(|n| s.sold(&[(MUG, n)])).collect();
        s.act(|w| w.count(MUG, "PrimarySite", 100));
        s.run(Span::hours(3)).await;
        for order in &orders {
            assert_eq!(s.order(order).await.state, OrderState::Notified);
            assert_eq!((s.processed(order), s.told(order).len()), (1, 1));
        }
        assert_eq!(s.offered(MUG), s.on_shelf(MUG));
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn goods_added_to_the_sale_after_packing_are_not_confirmed_as_shipped() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.despatch(&order.wms, "RM77GB"));
        // The sale grows before anybody has read it again.
        s.act(|w| w.amend_order(&order.id, |o| o.lines[0].quantity += 1));
        s.run(SOON).await;
        assert_eq!(s.processed(&order), 0);
        let kinds = s.kinds().await;
        assert!(kinds.contains(&Kind::DspConfirmFailed), "{kinds:?}");
        assert!(kinds.contains(&Kind::AmdTooLate), "{kinds:?}");
        // Customer care makes the sale agree with what left.
        s.act(|w| w.amend_order(&order.id, |o| o.lines[0].quantity -= 1));
        s.confirmed(&order, Span::hours(1)).await;
        assert_eq!((s.processed(&order), s.told(&order).len()), (1, 1));
        s.case_closes(Kind::DspConfirmFailed, SOON).await;
    })
    .await;
}

#[tokio::test]
async fn an_address_changed_after_packing_is_told_and_the_despatch_confirmed() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.despatch(&order.wms, "RM78GB"));
        s.act(|w| w.amend_order(&order.id, |o| o.address.line1 = "1 New Street".to_owned()));
        s.confirmed(&order, SOON).await;
        s.run(SOON).await;
        assert_eq!(s.kinds().await, [Kind::AmdTooLate]);
    })
    .await;
}

#[tokio::test]
async fn a_label_booked_late_is_waited_for_and_then_sent() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.despatch(&order.wms, ""));
        s.run(Span::mins(5)).await;
        assert_eq!(s.processed(&order), 0);
        s.sandbox.act(|w| {
            let at = w.pvx.order(&order.wms).unwrap().despatches[0];
            w.pvx.despatches[at].tracking = "RM-LATE".to_owned();
        });
        s.confirmed(&order, SOON).await;
        assert_eq!(s.told(&order)[0].tracking, "RM-LATE");
        assert_eq!(s.processed(&order), 1);
    })
    .await;
}

#[tokio::test]
async fn a_label_booked_after_the_source_refused_for_want_of_it_is_sent_by_itself() {
    play(Setting::default(), async |s: &mut Stage| {
        s.sandbox.act(|w| {
            for service in &mut w.lw.services {
                service.is_tracking_required = true;
            }
        });
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.despatch(&order.wms, ""));
        s.run(Span::mins(30)).await;
        assert_eq!(s.processed(&order), 0);
        assert!(s.kinds().await.contains(&Kind::DspConfirmFailed));
        s.sandbox.act(|w| {
            let at = w.pvx.order(&order.wms).unwrap().despatches[0];
            w.pvx.despatches[at].tracking = "RM-LATER".to_owned();
        });
        s.confirmed(&order, Span::hours(4)).await;
        assert_eq!(s.told(&order)[0].tracking, "RM-LATER");
        assert_eq!(s.processed(&order), 1);
        s.case_closes(Kind::DspConfirmFailed, SOON).await;
    })
    .await;
}

#[tokio::test]
async fn a_label_that_never_comes_does_not_keep_the_shopper_waiting_for_ever() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.despatch(&order.wms, ""));
        s.confirmed(&order, Span::mins(20)).await;
        assert_eq!((s.processed(&order), s.told(&order).len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn two_parcels_of_one_order_are_confirmed_with_both_numbers() {
    play(in_parts(), async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 1), ("TEE-BLU-01", 1)]);
        s.accepted(&order).await;
        s.act(|w| w.despatch_part(&order.wms, &[("1", 1)], "RM1GB"));
        s.act(|w| w.despatch_part(&order.wms, &[("2", 1)], "RM2GB"));
        s.confirmed(&order, SOON).await;
        s.run(SOON).await;
        assert_eq!((s.processed(&order), s.told(&order).len()), (1, 1));
        assert_eq!(s.told(&order)[0].tracking, "RM1GB,RM2GB");
        assert!(s.ours("SplitOrder", &order.number).is_empty());
        assert_eq!(s.cases().await, []);
    })
    .await;
}

pub async fn a_part_despatch(s: &mut Stage) {
    let order = s.sold(&[(MUG, 5), ("TEE-BLU-01", 2)]);
    s.accepted(&order).await;
    s.act(|w| w.despatch_part(&order.wms, &[("1", 3)], "RM1GB"));
    s.reaches(&order, OrderState::PartDespatched, SOON).await;
    s.until("the part is processed", SOON, async |s: &Stage| {
        s.sandbox.notifications().len() == 1
    })
    .await;
    s.run(SOON).await;
    let left: i64 = s.lw(&order).lines.iter().map(|l| l.quantity).sum();
    assert_eq!((left, s.lw(&order).book), (4, Book::Open));
    assert_eq!(s.sandbox.notifications()[0].tracking, "RM1GB");
    s.act(|w| w.despatch(&order.wms, "RM2GB"));
    s.confirmed(&order, Span::mins(20)).await;
    s.run(SOON).await;
    let notes = s.sandbox.notifications();
    let tracking: Vec<&str> = notes.iter().map(|n| n.tracking.as_str()).collect();
    assert_eq!(tracking, ["RM1GB", "RM2GB"]);
    let units: i64 = s.sandbox.inspect(|w| {
        let done = |o: &&tallyman::sandbox::LwOrder| matches!(o.book, Book::Processed(_));
        let lines = w.lw.orders.iter().filter(done).flat_map(|o| &o.lines);
        lines.map(|l| l.quantity).sum()
    });
    assert_eq!(units, 7, "what was processed adds up to what was sold");
    assert_eq!(s.ours("SplitOrder", &order.number).len(), 1);
    assert_eq!(s.cases().await, []);
}

#[tokio::test]
async fn a_part_despatch_is_split_off_and_the_rest_follows_later() {
    play(in_parts(), a_part_despatch).await;
}

#[tokio::test]
async fn what_was_split_off_is_never_sent_to_the_warehouse_however_long_its_processing_takes() {
    for (method, fault) in [
        ("Orders/Process*", FaultKind::RefusedRow),
        ("Orders/SplitOrder", FaultKind::LostAfter),
    ] {
        let busy = in_parts().policy(|p| p.order_pull_interval = Span::secs(2));
        play(busy, async |s: &mut Stage| {
            let order = s.sold(&[(MUG, 5)]);
            s.accepted(&order).await;
            s.fault(SimSystem::Linnworks, method, fault, 4);
            s.act(|w| w.despatch_part(&order.wms, &[("1", 2)], "RM1GB"));
            s.until(
                "the part is processed",
                Span::mins(60),
                async |s: &Stage| s.sandbox.notifications().len() == 1,
            )
            .await;
            s.run(Span::mins(20)).await;
            assert_eq!(s.sandbox.inspect(|w| w.pvx.orders.len()), 1);
            s.act(|w| w.despatch(&order.wms, "RM2GB"));
            s.confirmed(&order, Span::mins(20)).await;
            assert_eq!(s.sandbox.notifications().len(), 2);
            assert_eq!(s.sandbox.inspect(|w| w.pvx.orders.len()), 1);
        })
        .await;
    }
}

#[tokio::test]
async fn an_order_that_leaves_in_three_parts_adds_up() {
    play(in_parts(), async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 5), ("TEE-BLU-01", 1)]);
        s.accepted(&order).await;
        for (parts, tracking) in [(3, "RM1GB"), (1, "RM2GB")] {
            s.act(|w| w.despatch_part(&order.wms, &[("1", parts)], tracking));
            s.run(Span::mins(20)).await;
        }
        let left: i64 = s.lw(&order).lines.iter().map(|l| l.quantity).sum();
        assert_eq!((s.sandbox.notifications().len(), left), (2, 2));
        s.act(|w| w.despatch(&order.wms, "RM3GB"));
        s.confirmed(&order, Span::mins(20)).await;
        assert_eq!(s.sandbox.notifications().len(), 3);
        let kinds = s.kinds().await;
        assert!(!kinds.contains(&Kind::AmdTooLate), "{kinds:?}");
    })
    .await;
}

#[tokio::test]
async fn a_part_that_was_processed_is_no_drift_of_the_stock() {
    play(in_parts(), async |s: &mut Stage| {
        s.act(|w| w.count(MUG, "PrimarySite", 30));
        s.run(Span::mins(10)).await;
        let order = s.sold(&[(MUG, 5)]);
        s.accepted(&order).await;
        s.run(Span::mins(40)).await;
        s.act(|w| w.despatch_part(&order.wms, &[("1", 3)], "RM1GB"));
        s.run(Span::mins(75)).await;
        assert_eq!((s.offered(MUG), s.on_shelf(MUG)), (25, 25));
        let kinds = s.kinds().await;
        assert!(!kinds.contains(&Kind::StkDrift), "{}", s.describe().await);
        s.act(|w| w.despatch(&order.wms, "RM2GB"));
        s.confirmed(&order, Span::mins(20)).await;
        s.run(Span::mins(75)).await;
        assert_eq!((s.offered(MUG), s.on_shelf(MUG)), (25, 25));
        let kinds = s.kinds().await;
        assert!(!kinds.contains(&Kind::StkDrift), "{}", s.describe().await);
    })
    .await;
}

#[tokio::test]
async fn an_order_processed_by_hand_is_noticed_and_not_processed_again() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.process_by_hand(&order.id));
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        s.confirmed(&order, SOON).await;
        s.run(SOON).await;
        assert_eq!((s.processed(&order), s.told(&order).len()), (0, 1));
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn an_order_processed_by_hand_while_the_warehouse_still_has_it_is_a_case() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.process_by_hand(&order.id));
        s.case_opens(Kind::DspClosedNotDespatched, Span::mins(60))
            .await;
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        s.case_closes(Kind::DspClosedNotDespatched, Span::mins(20))
            .await;
        assert_eq!(s.processed(&order), 0);
    })
    .await;
}

#[tokio::test]
async fn an_order_locked_in_the_source_is_a_case_that_closes_when_it_is_unlocked() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.lock(&order.id, true));
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        let case = s.case_opens(Kind::DspConfirmFailed, SOON).await;
        assert!(case.detail.contains("locked"), "{}", case.detail);
        s.run(SOON).await;
        assert_eq!(s.processed(&order), 0);
        s.act(|w| w.lock(&order.id, false));
        s.confirmed(&order, Span::mins(20)).await;
        s.case_closes(Kind::DspConfirmFailed, SOON).await;
        assert_eq!((s.processed(&order), s.told(&order).len()), (1, 1));
        assert!(!s.case_by_id(case.id).await.state.is_open());
    })
    .await;
}

#[tokio::test]
async fn a_refused_processing_is_a_case_and_is_tried_again() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.fault(
            SimSystem::Linnworks,
            "Orders/Process*",
            FaultKind::RefusedRow,
            2,
        );
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        let case = s.case_opens(Kind::DspConfirmFailed, SOON).await;
        assert!(
            case.detail.contains("could not be processed"),
            "{}",
            case.detail
        );
        s.confirmed(&order, Span::mins(20)).await;
        s.case_closes(Kind::DspConfirmFailed, SOON).await;
        assert_eq!((s.processed(&order), s.told(&order).len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_despatch_of_an_order_nobody_knows_is_an_orphan() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.sandbox.act(|w| {
            let mut other = w.pvx.order(&order.wms).unwrap().clone();
            other.number = "LW-900777".to_owned();
            other.po_reference = "MANUAL".to_owned();
            let ix = w.pvx.orders.len();
            w.pvx.order_by_number.insert(other.number.clone(), ix);
            w.pvx.open.insert(ix);
            w.pvx.orders.push(other);
        });
        s.act(|w| w.despatch("LW-900777", "RM9GB"));
        let case = s.case_opens(Kind::DspOrphan, SOON).await;
        assert_eq!(case.discriminator, "ORDER=LW-900777");
        s.run(SOON).await;
        assert!(s.sandbox.notifications().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_despatch_record_that_shows_late_is_a_case_until_it_does() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        let show = |s: &Stage, at: Ts| {
            s.sandbox.act(|w| {
                let ix = w.pvx.order(&order.wms).unwrap().despatches[0];
                w.pvx.despatches[ix].shown_at = at;
            });
        };
        show(s, Ts::NEVER);
        s.reaches(&order, OrderState::Despatched, SOON).await;
        s.case_opens(Kind::DspOpenAfterDespatch, Span::mins(30))
            .await;
        assert_eq!(s.processed(&order), 0);
        show(s, s.now());
        s.confirmed(&order, Span::mins(30)).await;
        s.case_closes(Kind::DspOpenAfterDespatch, SOON).await;
        assert_eq!((s.processed(&order), s.told(&order).len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn an_order_deleted_in_the_source_while_it_was_despatched_is_a_case() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.delete_order(&order.id));
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        s.until("somebody is told", Span::mins(20), async |s: &Stage| {
            !s.cases().await.is_empty()
        })
        .await;
        s.run(SOON).await;
        assert_eq!((s.processed(&order), s.told(&order).len()), (0, 0));
        let kinds = s.kinds().await;
        let fitting = [
            Kind::CanAfterDespatch,
            Kind::DspOrphan,
            Kind::CanDespatchedAnyway,
        ];
        assert!(kinds.iter().all(|k| fitting.contains(k)), "{kinds:?}");
    })
    .await;
}

#[tokio::test]
async fn an_order_keyed_by_hand_with_our_prefix_is_said_to_be_unknown() {
    let setting = Setting::default();
    play(setting, async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.sandbox.act(|w| {
            let mut other = w.pvx.order(&order.wms).unwrap().clone();
            other.number = "LW-900778".to_owned();
            other.po_reference = "MANUAL".to_owned();
            let ix = w.pvx.orders.len();
            w.pvx.order_by_number.insert(other.number.clone(), ix);
            w.pvx.open.insert(ix);
            w.pvx.orders.push(other);
        });
        let case = s.case_opens(Kind::OrdNotInSource, SOON).await;
        assert_eq!(case.discriminator, "ORDER=LW-900778");
    })
    .await;
}
