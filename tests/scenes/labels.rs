//! Parcels whose label comes late, or never.

use crate::stage::{MUG, Placed, SOON, Setting, Stage, play};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::mapping::MappingKind;
use tallyman::domain::time::Span;
use tallyman::sandbox::OrderSpec;

/// The postal service of the scenes, and the warehouse's code of it.
const SERVICE: &str = "Royal Mail Tracked 48";
const CODE: &str = "RM48";
const MISSING: Kind = Kind::DspTrackingMissing;

/// Orders of one mug each that left without a label and were confirmed without one.
async fn left_without(s: &mut Stage, count: usize) -> Vec<Placed> {
    let orders: Vec<Placed> = (0..count).map(|_| s.sold(&[(MUG, 1)])).collect();
    for order in &orders {
        s.accepted(order).await;
        s.act(|w| w.despatch(&order.wms, ""));
    }
    for order in &orders {
        s.confirmed(order, Span::mins(20)).await;
    }
    orders
}

/// Somebody enters a number at a processed order in Linnworks.
fn entered_by_hand(s: &Stage, order: &Placed, number: &str) {
    s.sandbox.act(|w| {
        let is_it = |o: &&mut tallyman::sandbox::LwOrder| o.number.to_string() == order.number;
        let found = w.lw.orders.iter_mut().find(is_it);
        number.clone_into(&mut found.unwrap().tracking);
    });
}

#[tokio::test]
async fn a_parcel_without_a_label_for_half_an_hour_is_a_case_until_linnworks_shows_one() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = left_without(s, 1).await.remove(0);
        assert_eq!(s.kinds().await, [], "half an hour is not over");
        let case = s.case_opens(MISSING, Span::mins(25)).await;
        assert_eq!(case.discriminator, format!("SERVICE={SERVICE}"));
        assert!(
            case.detail.contains("has no tracking number"),
            "{}",
            case.detail
        );
        // The label comes after Linnworks has processed the order: it takes none then, and a person is told the number.
        s.act(|w| w.label(&order.wms, "RM-LATE"));
        s.until("the number is told", SOON, async |s: &Stage| {
            let case = s.case(MISSING).await.unwrap();
            case.detail.contains("RM-LATE was booked after")
        })
        .await;
        s.run(Span::hours(1)).await;
        assert_eq!(s.cases().await.len(), 1, "one case, and it stays");
        entered_by_hand(s, &order, "rm-late");
        s.case_closes(MISSING, Span::mins(40)).await;
        assert_eq!((s.processed(&order), s.told(&order).len()), (1, 1));
        assert_eq!(s.order(&order).await.tracking, "rm-late");
    })
    .await;
}

#[tokio::test]
async fn a_number_entered_in_linnworks_for_a_parcel_that_never_got_one_closes_its_case() {
    play(Setting::default(), async |s: &mut Stage| {
        let orders = left_without(s, 2).await;
        s.case_opens(MISSING, Span::mins(25)).await;
        s.until("both are in it", SOON, async |s: &Stage| {
            s.case(MISSING).await.unwrap().members == 2
        })
        .await;
        entered_by_hand(s, &orders[0], "BY HAND 1");
        s.until("one is left", Span::mins(40), async |s: &Stage| {
            s.case(MISSING).await.unwrap().members == 1
        })
        .await;
        entered_by_hand(s, &orders[1], "BY HAND 2");
        // Whoever says that it is fixed has both systems read at once.
        let case = s.case(MISSING).await.unwrap();
        let desk = s.desk_of("sam");
        desk.mark_fixed(case.id, case.version).await.unwrap();
        s.case_closes(MISSING, Span::mins(5)).await;
    })
    .await;
}

#[tokio::test]
async fn a_label_that_linnworks_waits_for_longer_than_half_an_hour_is_no_case_and_told_once() {
    let setting = Setting::default().policy(|p| p.wait_for_tracking = Span::mins(45));
    play(setting, async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.act(|w| w.despatch(&order.wms, ""));
        s.run(Span::mins(40)).await;
        assert!(!s.kinds().await.contains(&MISSING));
        s.act(|w| w.label(&order.wms, "RM-LATE"));
        s.confirmed(&order, SOON).await;
        s.run(Span::hours(1)).await;
        assert!(!s.kinds().await.contains(&MISSING));
        assert_eq!((s.processed(&order), s.told(&order).len()), (1, 1));
        assert_eq!(s.told(&order)[0].tracking, "RM-LATE");
    })
    .await;
}

pub async fn a_service_marked_untracked(s: &mut Stage) {
    left_without(s, 3).await;
    let other = s.place(&OrderSpec {
        service: "Royal Mail Tracked 24".to_owned(),
        ..OrderSpec::default()
    });
    s.accepted(&other).await;
    s.act(|w| w.despatch(&other.wms, ""));
    s.run(Span::mins(40)).await;
    let members = |cases: Vec<tallyman::domain::exception::ExceptionRow>| {
        let mut found: Vec<(String, i64)> = cases
            .into_iter()
            .map(|c| (c.discriminator, c.members))
            .collect();
        found.sort();
        found
    };
    let others = ("SERVICE=Royal Mail Tracked 24".to_owned(), 1);
    let these = (format!("SERVICE={SERVICE}"), 3);
    assert_eq!(members(s.cases().await), [others.clone(), these.clone()]);
    let untracked = [("tracked", "no")];
    s.map_with(MappingKind::Carrier, SERVICE, CODE, &untracked)
        .await;
    s.run(Span::mins(2)).await;
    assert_eq!(members(s.cases().await), std::slice::from_ref(&others));
    left_without(s, 1).await;
    s.run(Span::hours(1)).await;
    assert_eq!(members(s.cases().await), std::slice::from_ref(&others));
    s.map(MappingKind::Carrier, SERVICE, CODE).await;
    s.run(Span::mins(2)).await;
    let again = (these.0, 4);
    assert_eq!(members(s.cases().await), [others, again]);
}

#[tokio::test]
async fn marking_the_service_untracked_frees_all_its_parcels_and_taking_it_back_finds_them_again() {
    play(Setting::default(), a_service_marked_untracked).await;
}
