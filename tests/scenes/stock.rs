//! Stock: what the source offers follows what the warehouse can ship, and never the other way round.

use crate::stage::{MUG, Placed, SOON, Setting, Stage, edit, play};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::delivery::Flow;
use tallyman::domain::exception::{ObjectRef, Team};
use tallyman::domain::ids::ItemCode;
use tallyman::domain::mapping::MappingKind;
use tallyman::domain::time::Span;
use tallyman::sandbox::{FaultKind, FaultRule, MAPPED_LOCATION, SimSystem, World};

const SITE: &str = "PrimarySite";
const OTHER: &str = "Channel Sync Pro";

fn shelf(s: &Stage, units: i64) {
    s.act(|w| w.count(MUG, SITE, units));
}

/// Orders are not sent to the warehouse, so that they stay unsent.
async fn nothing_is_sent(s: &Stage) {
    let flow = Some(Flow::OrderCreate);
    s.desk
        .pause_flow(&s.pair, flow, "stock count")
        .await
        .unwrap();
}

async fn offers(s: &mut Stage, units: i64) {
    let what = format!("the source offers {units}");
    s.until(&what, Span::mins(20), async |s: &Stage| {
        s.offered(MUG) == units
    })
    .await;
}

async fn figures_follow(s: &mut Stage) {
    s.run(Span::mins(6)).await;
    shelf(s, 50);
    offers(s, 50).await;
    nothing_is_sent(s).await;
    let order = s.sold(&[(MUG, 3)]);
    s.run(Span::mins(12)).await;
    assert_eq!(s.offered(MUG), 47, "unsent units are promised already");
    s.desk
        .resume_flow(&s.pair, Some(Flow::OrderCreate))
        .await
        .unwrap();
    s.accepted(&order).await;
    s.run(Span::mins(12)).await;
    assert_eq!((s.on_shelf(MUG), s.offered(MUG)), (47, 47));
    s.act(|w| w.despatch(&order.wms, "RM1GB"));
    s.run(Span::mins(15)).await;
    assert_eq!((s.on_shelf(MUG), s.offered(MUG)), (47, 47));
    let position = s.position(MUG).await;
    assert_eq!((position.publish_each, position.external_each), (47, 0));
    assert_eq!(s.cases().await, []);
}

#[tokio::test]
async fn the_source_offers_what_can_be_shipped_where_it_takes_off_its_own_orders() {
    play(Setting::default(), figures_follow).await;
}

#[tokio::test]
async fn the_source_offers_what_can_be_shipped_where_it_shows_the_figure_as_it_is() {
    let setting = Setting::default().world(|w| w.lw.fulfilment_centre = true);
    play(setting, figures_follow).await;
}

#[tokio::test]
async fn a_buffer_is_held_back_and_never_makes_a_figure_negative() {
    play(Setting::default(), async |s: &mut Stage| {
        s.run(Span::mins(6)).await;
        shelf(s, 50);
        offers(s, 50).await;
        s.map(MappingKind::Buffer, MUG, "8").await;
        offers(s, 42).await;
        shelf(s, 3);
        offers(s, 0).await;
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_despatch_is_confirmed_before_stock_is_published() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.mug_in_warehouse().await;
        s.run(Span::mins(6)).await;
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
        shelf(s, 66);
        let mark = s.mark();
        offers(s, 66).await;
        let written = s.written_since(mark, SimSystem::Linnworks);
        let at = |op: &str| written.iter().position(|e| e.op == op).unwrap();
        assert!(at("ProcessOrder") < at("SetStockLevel"));
    })
    .await;
}

#[tokio::test]
async fn half_a_page_of_stock_is_never_applied() {
    play(Setting::default(), async |s: &mut Stage| {
        s.run(Span::mins(6)).await;
        let report = "GetReportData Item inventory*";
        s.fault(SimSystem::Peoplevox, report, FaultKind::PartialPage, 1_000);
        shelf(s, 50);
        let mark = s.mark();
        s.case_opens(Kind::SysSchema, SOON).await;
        s.run(Span::mins(20)).await;
        assert_eq!(s.written_since(mark, SimSystem::Linnworks), []);
        s.sandbox.clear_faults();
        offers(s, 50).await;
        s.run(SOON).await;
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_run_that_would_change_nearly_everything_stops_and_asks() {
    let setting = Setting::default().world(|w| w.skus = 60);
    play(setting, async |s: &mut Stage| {
        let recount = |w: &mut World, n: i64| {
            let codes: Vec<String> = w.pvx.items.iter().map(|i| i.code.clone()).collect();
            for code in codes {
                w.count(&code, SITE, n).unwrap();
            }
        };
        s.sandbox.act(|w| recount(w, 90));
        let case = s.case_opens(Kind::StkSnapshotIncomplete, SOON).await;
        assert_eq!(case.discriminator, "MASS");
        s.run(Span::mins(30)).await;
        assert!(s.levels_written(MUG).is_empty());
        s.desk.approve_mass_change(&s.pair).await.unwrap();
        offers(s, 90).await;
        s.case_closes(Kind::StkSnapshotIncomplete, SOON).await;
        shelf(s, 80);
        offers(s, 80).await;
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_figure_another_program_wrote_is_drift_after_two_readings_and_is_pushed_back() {
    play(Setting::default(), async |s: &mut Stage| {
        s.run(Span::mins(6)).await;
        shelf(s, 50);
        offers(s, 50).await;
        s.run(Span::mins(10)).await;
        s.act(|w| w.write_level(MUG, 56, OTHER));
        s.until(
            "the figure is pushed back",
            Span::hours(3),
            async |s: &Stage| s.offered(MUG) == 50,
        )
        .await;
        let seen = s.desk.position(&s.pair, &MUG.into(), &s.location()).await;
        assert_eq!(seen.unwrap().publish_each, 50);
        s.run(Span::hours(2)).await;
        assert_eq!((s.offered(MUG), s.cases().await), (50, vec![]));
    })
    .await;
}

#[tokio::test]
async fn a_large_drift_waits_for_a_person_who_pushes_the_figure() {
    play(Setting::default(), async |s: &mut Stage| {
        s.run(Span::mins(6)).await;
        shelf(s, 50);
        offers(s, 50).await;
        s.act(|w| w.write_level(MUG, 90, OTHER));
        let case = s.case_opens(Kind::StkDrift, Span::hours(3)).await;
        assert!(case.detail.contains("shows 90"), "{}", case.detail);
        s.run(Span::hours(1)).await;
        assert_eq!(s.offered(MUG), 90);
        let (item, location) = (ItemCode::from(MUG), s.location());
        let asked = s.desk.push_stock(&s.pair, &item, &location).await;
        s.answered(asked).await;
        offers(s, 50).await;
        s.run(Span::hours(2)).await;
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_program_that_keeps_changing_a_figure_is_drift() {
    play(Setting::default(), async |s: &mut Stage| {
        s.run(Span::mins(6)).await;
        shelf(s, 50);
        offers(s, 50).await;
        for n in 0..40 {
            s.act(|w| w.write_level(MUG, 61 + n, OTHER));
            s.run(Span::mins(5)).await;
            let flow = Flow::ReconcileStock;
            s.desk.run_flow(&s.pair, flow).await.unwrap();
            let kinds = s.kinds().await;
            if kinds.contains(&Kind::StkDrift) || kinds.contains(&Kind::StkLoop) {
                return;
            }
        }
        panic!("nobody was told\n{}", s.describe().await);
    })
    .await;
}

#[tokio::test]
async fn two_systems_overwriting_each_other_are_stopped_until_a_cause_is_named() {
    play(Setting::default(), async |s: &mut Stage| {
        s.run(Span::mins(6)).await;
        shelf(s, 50);
        offers(s, 50).await;
        for _ in 0..12 {
            s.act(|w| w.write_level(MUG, 44, OTHER));
            for _ in 0..2 {
                s.desk
                    .run_flow(&s.pair, Flow::ReconcileStock)
                    .await
                    .unwrap();
                s.run(Span::mins(2)).await;
            }
            if s.case(Kind::StkLoop).await.is_some() {
                break;
            }
        }
        let case = s.case(Kind::StkLoop).await.expect("a loop is noticed");
        assert!(case.discriminator.contains(MUG));
        let position = s.position(MUG).await;
        let place = (&position.item, &position.location);
        let asked = s.desk.ask_count(&s.pair, place, "which is right?").await;
        asked.unwrap();
        let asked = s.case(Kind::StkCountAsked).await.unwrap();
        s.desk.counted(asked.id, 50, "").await.unwrap();
        let lines = s
            .store
            .timeline(&ObjectRef::Exception(case.id.0), 100)
            .await;
        let lines = format!("{:?}", lines.unwrap());
        assert!(lines.contains("the floor: 50 counted"), "{lines}");
        let mark = s.mark();
        s.act(|w| w.write_level(MUG, 45, OTHER));
        s.run(Span::hours(1)).await;
        let ours = s.written_since(mark, SimSystem::Linnworks);
        assert!(ours.iter().all(|e| !e.object.starts_with(MUG)), "{ours:#?}");
        let (item, location) = (ItemCode::from(MUG), s.location());
        let refused = s.desk.push_stock(&s.pair, &item, &location).await;
        assert!(refused.unwrap_err().to_string().contains("stopped"));
        let cause = "the other program was switched off";
        let asked = s.desk.resume_stock(&s.pair, &item, &location, cause).await;
        s.answered(asked).await;
        offers(s, 50).await;
        s.run(Span::mins(30)).await;
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn an_item_the_source_does_not_sell_is_said_so_once() {
    play(Setting::default(), async |s: &mut Stage| {
        s.sandbox.act(|w| {
            let at = w.lw.item_by_sku.remove(MUG).unwrap();
            w.lw.items[at].is_archived = true;
            w.lw.items[at].sku = "MUG-OLD".to_owned();
            w.lw.item_by_sku.insert("MUG-OLD".to_owned(), at);
        });
        let case = s.case_opens(Kind::PrdNotInSource, SOON).await;
        assert!(case.discriminator.contains(MUG), "{}", case.discriminator);
        s.run(Span::mins(30)).await;
        let kinds = s.kinds().await;
        assert_eq!(kinds, [Kind::PrdNotInSource]);
    })
    .await;
}

#[tokio::test]
async fn stock_pushed_by_hand_is_read_and_written_now() {
    play(Setting::default(), async |s: &mut Stage| {
        s.run(Span::mins(6)).await;
        s.act(|w| w.write_level(MUG, 99, OTHER));
        let (item, location) = (ItemCode::from(MUG), s.location());
        let asked = s.desk.push_stock(&s.pair, &item, &location).await;
        s.answered(asked).await;
        s.run(Span::mins(1)).await;
        assert_eq!(s.offered(MUG), s.on_shelf(MUG));
    })
    .await;
}

pub async fn nothing_but_orders_and_products(s: &mut Stage) {
    let orders: Vec<Placed> = (1..5).map(|n| s.sold(&[(MUG, n)])).collect();
    s.run(Span::mins(30)).await;
    for order in &orders {
        s.act(|w| w.despatch(&order.wms, "RM1GB"));
    }
    s.act(|w| w.write_level(MUG, 3, OTHER));
    s.run(Span::hours(3)).await;
    let allowed = [
        "SaveData Sales orders",
        "SaveData Sales order items",
        "SaveData Item types",
    ];
    let written = s.written_since(0, SimSystem::Peoplevox);
    assert!(!written.is_empty());
    assert!(
        written.iter().all(|e| allowed.contains(&e.op)),
        "{written:#?}"
    );
    assert_eq!(s.offered(MUG), s.on_shelf(MUG));
}

#[tokio::test]
async fn stock_is_never_written_to_the_warehouse() {
    play(Setting::default(), nothing_but_orders_and_products).await;
}

#[tokio::test]
async fn an_alias_publishes_the_item_under_its_own_sku() {
    let setting = Setting::default().world(|w| w.traits.mistyped_sku = 0.01);
    play(setting, async |s: &mut Stage| {
        let edits = vec![edit(MappingKind::Buffer, "*", "1", &[])];
        s.desk
            .apply(&s.pair, edits, None, "a little less")
            .await
            .unwrap();
        s.run(Span::mins(20)).await;
        assert_eq!(s.offered(MUG), s.on_shelf(MUG) - 1);
        let rule = FaultRule::share(
            None,
            "Stock/SetStockLevel",
            FaultKind::ReorderedResults,
            1.0,
        );
        s.sandbox.add_fault(rule);
        shelf(s, 44);
        offers(s, 43).await;
        let at = format!("{MUG}@{MAPPED_LOCATION}");
        assert!(!s.ours("SetStockLevel", &at).is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_floor_counts_what_somebody_doubts_and_its_figure_reaches_everybody() {
    play(Setting::default(), async |s: &mut Stage| {
        s.run(Span::mins(6)).await;
        shelf(s, 50);
        offers(s, 50).await;
        s.run(SOON).await;
        let position = s.position(MUG).await;
        let (kim, sam) = (s.desk_of("kim"), s.desk.clone());
        let place = (&position.item, &position.location);
        let asked = kim.ask_count(&s.pair, place, "a customer saw none").await;
        assert!(asked.unwrap().text.contains("asked to count"));
        let twice = sam.ask_count(&s.pair, place, "same here").await;
        let twice = twice.unwrap_err().to_string();
        assert!(twice.contains("asked for already"), "{twice}");
        let case = s.case(Kind::StkCountAsked).await.unwrap();
        assert_eq!(case.team, Team::Warehouse);
        assert!(
            case.detail.contains("a customer saw none"),
            "{}",
            case.detail
        );

        // Nothing the engine reads ends it: only the figure does.
        s.run(Span::mins(30)).await;
        assert!(s.case(Kind::StkCountAsked).await.is_some());
        let wrong = sam.counted(case.id, -1, "").await.unwrap_err().to_string();
        assert!(wrong.contains("a count is 0 to"), "{wrong}");
        let done = sam.counted(case.id, 47, "three broken ones").await.unwrap();
        assert!(
            done.text.contains("correct it there by -3"),
            "{}",
            done.text
        );
        assert!(s.case(Kind::StkCountAsked).await.is_none());
        let lines = s
            .store
            .timeline(
                &ObjectRef::Item(format!("{MUG}@{}", position.location)),
                100,
            )
            .await
            .unwrap();
        let counted = lines.iter().find(|l| l.action == "stock.counted").unwrap();
        assert_eq!(counted.reason, "three broken ones");
        let again = sam.counted(case.id, 47, "").await.unwrap_err().to_string();
        assert!(again.contains("nobody waits for a count"), "{again}");
    })
    .await;
}
