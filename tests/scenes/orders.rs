//! Orders on their way into the warehouse.

use crate::stage::{MUG, Placed, SOON, Setting, Stage, edit, play};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::mapping::MappingKind;
use tallyman::domain::order::OrderState;
use tallyman::domain::time::Span;
use tallyman::sandbox::{LwLine, OrderSpec, PvxStatus, World};

const TEE: &str = "TEE-BLU-01";
const CANDLE: &str = "CDL-BLU-01";
const UNMAPPED: &str = "Royal Mail Tracked 24 Signature";

pub async fn a_paid_order(s: &mut Stage) {
    let order = s.sold(&[(MUG, 2)]);
    s.accepted(&order).await;
    s.run(Span::mins(30)).await;
    let there = s.wms(&order).unwrap();
    assert_eq!(there.service, "RM48");
    assert_eq!(there.channel, "Linnworks");
    assert_eq!(there.po_reference, order.id);
    let site = |w: &World| w.pvx.sites[there.site].reference.clone();
    assert_eq!(s.sandbox.inspect(site), "PrimarySite");
    assert_eq!(s.wms_lines(&order.wms), [("1".into(), MUG.into(), 2)]);
    assert_eq!((s.headers(&order), s.line_saves(&order)), (1, 1));
    assert_eq!(s.order(&order).await.state, OrderState::Allocated);
    assert_eq!(s.cases().await, []);
}

#[tokio::test]
async fn a_paid_order_reaches_the_warehouse_once_with_service_site_channel_and_reference() {
    play(Setting::default(), a_paid_order).await;
}

#[tokio::test]
async fn an_order_that_cannot_be_read_is_a_case_of_its_own_and_delays_no_other() {
    play(Setting::default(), async |s: &mut Stage| {
        let (odd, well) = (s.sold(&[(MUG, 7)]), s.sold(&[(MUG, 2)]));
        s.smudge("\"Quantity\":7", "\"Quantity\":7.5");
        s.accepted(&well).await;
        s.run(SOON).await;
        assert!(s.wms(&odd).is_none());
        assert_eq!(s.kinds().await, [Kind::SysPoison]);
        let case = s.case(Kind::SysPoison).await.unwrap();
        assert_eq!(case.members, 1);
        s.wipe();
        s.accepted(&odd).await;
        s.case_closes(Kind::SysPoison, SOON).await;
    })
    .await;
}

#[tokio::test]
async fn an_unpaid_order_waits_and_goes_when_it_is_paid_weeks_later() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.place(&OrderSpec {
            is_paid: false,
            ..OrderSpec::default()
        });
        s.run(SOON).await;
        assert_eq!(s.order(&order).await.state, OrderState::HeldPayment);
        s.sleep(Span::days(19));
        s.run(SOON).await;
        assert!(s.wms(&order).is_none());
        assert_eq!(s.kinds().await, [Kind::OrdPaymentStuck]);
        s.act(|w| w.pay(&order.id));
        s.accepted(&order).await;
        s.case_closes(Kind::OrdPaymentStuck, SOON).await;
        assert_eq!(s.headers(&order), 1);
    })
    .await;
}

#[tokio::test]
async fn parked_and_locked_orders_wait_until_somebody_lets_them_go() {
    play(Setting::default(), async |s: &mut Stage| {
        let (parked, locked) = (s.sold(&[(MUG, 1)]), s.sold(&[(MUG, 1)]));
        s.act(|w| w.park(&parked.id, true));
        s.act(|w| w.lock(&locked.id, true));
        s.run(SOON).await;
        for order in [&parked, &locked] {
            assert!(s.wms(order).is_none());
            assert_eq!(s.order(order).await.state, OrderState::HeldSource);
        }
        s.act(|w| w.park(&parked.id, false));
        s.accepted(&parked).await;
        assert!(s.wms(&locked).is_none());
        s.act(|w| w.lock(&locked.id, false));
        s.accepted(&locked).await;
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_kit_is_picked_by_component_and_a_service_is_left_out() {
    let setting = Setting::default().world(|w| w.traits.kit = 0.01);
    play(setting, async |s: &mut Stage| {
        let order = s.sold(&[("GIFT-01", 2), (MUG, 1)]);
        s.act(|w| {
            w.amend_order(&order.id, |o| {
                let mut service = o.lines[1].clone();
                service.row.0 ^= 1;
                service.item = None;
                service.sku = "GIFTWRAP".to_owned();
                service.is_service = true;
                o.lines.push(service);
            })
        });
        s.accepted(&order).await;
        let mut wanted = s.sandbox.inspect(|w| {
            let kit = &w.lw.items[w.lw.item_by_sku["GIFT-01"]];
            let part = |(item, each): &(usize, i64)| (w.lw.items[*item].sku.clone(), each * 2);
            kit.components
                .iter()
                .map(part)
                .collect::<std::collections::BTreeMap<_, _>>()
        });
        *wanted.entry(MUG.to_owned()).or_default() += 1;
        assert_eq!(s.goods(&order), wanted);
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn one_sku_on_two_lines_stays_two_lines() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 1), (TEE, 1), (MUG, 3)]);
        s.accepted(&order).await;
        let line = |at: &str, sku: &str, n| (at.to_owned(), sku.to_owned(), n);
        assert_eq!(
            s.wms_lines(&order.wms),
            [line("1", MUG, 1), line("2", TEE, 1), line("3", MUG, 3)]
        );
    })
    .await;
}

/// A SKU that Linnworks knows and the warehouse does not, without a barcode to create it from.
fn mistyped(s: &Stage) -> String {
    s.sandbox.inspect(|w| {
        let item = w.lw.items.iter().find(|i| i.barcode.is_empty());
        item.unwrap().sku.clone()
    })
}

fn with_typos() -> Setting {
    Setting::default().world(|w| w.traits.mistyped_sku = 0.01)
}

#[tokio::test]
async fn every_fault_of_an_order_is_told_at_once_and_one_round_of_correction_releases_it() {
    play(with_typos(), async |s: &mut Stage| {
        let sku = mistyped(s);
        let order = s.place(&OrderSpec {
            lines: vec![(sku.clone(), 1)],
            service: UNMAPPED.to_owned(),
            line1: "x".repeat(150),
            ..OrderSpec::default()
        });
        s.case_opens(Kind::OrdSkuUnknown, SOON).await;
        let mut kinds = s.kinds().await;
        kinds.sort();
        assert_eq!(
            kinds,
            [
                Kind::OrdSkuUnknown,
                Kind::OrdCarrierUnmapped,
                Kind::OrdAddressInvalid
            ]
        );
        assert_eq!(s.order(&order).await.state, OrderState::Blocked);
        let edits = vec![
            edit(MappingKind::Carrier, UNMAPPED, "RM24S", &[]),
            edit(MappingKind::Item, &sku, MUG, &[]),
        ];
        s.desk
            .apply(&s.pair, edits, None, "put right")
            .await
            .unwrap();
        let fix =
            |o: &mut tallyman::sandbox::LwOrder| "1 Short Street".clone_into(&mut o.address.line1);
        s.act(|w| w.amend_order(&order.id, fix));
        s.accepted(&order).await;
        assert_eq!(s.wms(&order).unwrap().service, "RM24S");
        assert_eq!(s.goods(&order), [(MUG.to_owned(), 1)].into());
        let blocking = s.cases().await;
        let is_note = |k: Kind| k == Kind::PrdBarcodeMismatch;
        assert!(blocking.iter().all(|c| is_note(c.kind)), "{blocking:#?}");
        assert_eq!(s.headers(&order), 1);
    })
    .await;
}

pub async fn an_unmapped_service(s: &mut Stage) {
    let mut orders: Vec<Placed> = Vec::new();
    let base = s.now() + Span::hours(6);
    for n in 0..40 {
        let order = s.place(&OrderSpec {
            service: UNMAPPED.to_owned(),
            ..OrderSpec::default()
        });
        s.act(|w| w.amend_order(&order.id, |o| o.ship_by = Some(base - Span::mins(n))));
        orders.push(order);
    }
    s.until("all 40 are blocked", SOON, async |s: &Stage| {
        s.case(Kind::OrdCarrierUnmapped)
            .await
            .is_some_and(|c| c.members == 40)
    })
    .await;
    assert_eq!(s.cases().await.len(), 1);
    let case = s.case(Kind::OrdCarrierUnmapped).await.unwrap();
    assert_eq!(case.discriminator, format!("SERVICE={UNMAPPED}"));
    let edits = vec![edit(MappingKind::Carrier, UNMAPPED, "RM24S", &[])];
    let preview = s.desk.preview(&s.pair, &edits).await.unwrap();
    assert_eq!((preview.released, preview.looked_at), (40, 40));
    let version = Some(preview.version);
    let done = s.desk.apply(&s.pair, edits, version, "new service").await;
    assert!(done.unwrap().text.contains("40 blocked objects"));
    for order in &orders {
        s.accepted(order).await;
        assert_eq!(s.wms(order).unwrap().service, "RM24S");
    }
    let sent: Vec<String> = s
        .sandbox
        .ledger()
        .into_iter()
        .filter(|e| e.op == "SaveData Sales orders")
        .map(|e| e.object)
        .collect();
    let earliest_first: Vec<String> = orders.iter().rev().map(|o| o.wms.clone()).collect();
    assert_eq!(sent, earliest_first);
    assert_eq!(s.cases().await, []);
    let case = s.case_by_id(case.id).await;
    assert!(!case.state.is_open() && case.outcome.is_some(), "{case:?}");
}

#[tokio::test]
async fn forty_orders_with_an_unmapped_service_are_one_case_and_one_mapping_releases_them() {
    play(Setting::default(), an_unmapped_service).await;
}

#[tokio::test]
async fn a_mistyped_sku_is_a_case_and_an_alias_releases_the_order() {
    play(with_typos(), async |s: &mut Stage| {
        let sku = mistyped(s);
        let order = s.sold(&[(sku.as_str(), 3)]);
        let case = s.case_opens(Kind::OrdSkuUnknown, SOON).await;
        assert_eq!(case.discriminator, format!("SKU={sku}"));
        s.map(MappingKind::Item, &sku, TEE).await;
        s.accepted(&order).await;
        assert_eq!(s.goods(&order), [(TEE.to_owned(), 3)].into());
        assert!(s.case(Kind::OrdSkuUnknown).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_product_the_warehouse_lacks_is_created_first_and_then_the_order_goes() {
    play(Setting::default(), async |s: &mut Stage| {
        s.run(Span::mins(2)).await;
        s.sandbox.act(|w| {
            let mut new = w.lw.items[w.lw.item_by_sku[MUG]].clone();
            new.id.0 ^= 77;
            new.sku = "JUG-NEW-01".to_owned();
            new.title = "A jug nobody has seen before, with a name that is far too long".to_owned();
            new.barcode = "5099999000013".to_owned();
            let ix = w.lw.items.len();
            w.lw.item_by_sku.insert(new.sku.clone(), ix);
            w.lw.item_by_id.insert(new.id, ix);
            w.lw.items.push(new);
            let levels = w.lw.levels[0].clone();
            w.lw.levels.push(levels);
        });
        let order = s.sold(&[("JUG-NEW-01", 1), (MUG, 1)]);
        s.accepted(&order).await;
        let created = s.ours("SaveData Item types", "JUG-NEW-01");
        let header = s.ours("SaveData Sales orders", &order.wms);
        assert_eq!((created.len(), header.len()), (1, 1));
        assert!(created[0].seq < header[0].seq);
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_different_barcode_blocks_the_order_until_the_product_master_is_corrected() {
    play(Setting::default(), async |s: &mut Stage| {
        let set = |w: &mut World, code: &str| {
            let ix = w.pvx.item_by_code[MUG];
            std::mem::replace(&mut w.pvx.items[ix].barcode, code.to_owned())
        };
        let right = s.sandbox.act(|w| set(w, "5012345678900"));
        let order = s.sold(&[(MUG, 1)]);
        let case = s.case_opens(Kind::PrdBarcodeMismatch, SOON).await;
        assert_eq!(case.discriminator, format!("SKU={MUG}"));
        assert!(case.detail.contains("5012345678900"), "{}", case.detail);
        s.run(SOON).await;
        assert!(s.wms(&order).is_none());
        s.sandbox.act(|w| set(w, &right));
        let answer = s.answered(s.desk.retry_exception(case.id).await).await;
        assert!(answer.is_ok, "{}", answer.answer);
        s.accepted(&order).await;
        s.case_closes(Kind::PrdBarcodeMismatch, SOON).await;
    })
    .await;
}

/// Renames an item in both systems.
fn rename(w: &mut World, old: &str, new: &str) {
    let lw = w.lw.item_by_sku.remove(old).unwrap();
    new.clone_into(&mut w.lw.items[lw].sku);
    w.lw.item_by_sku.insert(new.to_owned(), lw);
    let pvx = w.pvx.item_by_code.remove(old).unwrap();
    new.clone_into(&mut w.pvx.items[pvx].code);
    w.pvx.item_by_code.insert(new.to_owned(), pvx);
}

#[tokio::test]
async fn quotes_commas_ampersands_emoji_and_escapes_arrive_whole_and_harmless() {
    play(Setting::default(), async |s: &mut Stage| {
        let sku = "MU,G & <B>'01;=+%";
        s.sandbox.act(|w| rename(w, MUG, sku));
        let order = s.place(&OrderSpec {
            lines: vec![(sku.to_owned(), 2)],
            name: "Zoë \"Ace\", O'Neil & Söns 🎉\u{1b}[31m".to_owned(),
            line1: "Flat 1, \"The <Mews>\" & Co\u{7}".to_owned(),
            ..OrderSpec::default()
        });
        s.accepted(&order).await;
        assert_eq!(s.goods(&order), [(sku.to_owned(), 2)].into());
        let header = &s.ours("SaveData Sales orders", &order.wms)[0].detail["changed"];
        assert_eq!(
            header["ShippingAddressLine1"][1],
            "Flat 1, \"The <Mews>\" & Co"
        );
        let name = header["ContactName"][1].as_str().unwrap();
        assert!(name.starts_with("Zoë \"Ace\", O'Neil & Söns 🎉"), "{name}");
        assert!(!name.contains('\u{1b}'), "{name:?}");
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_sku_with_an_emoji_is_no_item_code_and_is_said_so() {
    play(Setting::default(), async |s: &mut Stage| {
        s.sandbox.act(|w| rename(w, MUG, "MUG-🎉"));
        let order = s.sold(&[("MUG-🎉", 1)]);
        let case = s.case_opens(Kind::OrdSkuFormat, SOON).await;
        assert_eq!(case.discriminator, "SKU=MUG-🎉");
        assert_eq!(s.order(&order).await.state, OrderState::Blocked);
        assert!(s.wms(&order).is_none());
    })
    .await;
}

#[tokio::test]
async fn a_sku_nobody_can_search_for_holds_up_no_other_order() {
    play(Setting::default(), async |s: &mut Stage| {
        s.run(Span::mins(2)).await;
        let hostile = "MUG\" OR \"1";
        s.sandbox.act(|w| {
            rename(w, MUG, hostile);
            rename(w, TEE, "TEE-NEVER-SEEN");
        });
        let bad = s.sold(&[(hostile, 1)]);
        let good = s.sold(&[("TEE-NEVER-SEEN", 1)]);
        s.accepted(&good).await;
        let case = s.case_opens(Kind::OrdSkuFormat, SOON).await;
        assert_eq!(s.order(&bad).await.state, OrderState::Blocked);
        s.answered(s.desk.retry_exception(case.id).await).await;
        let other = s.sold(&[(CANDLE, 1)]);
        s.accepted(&other).await;
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_too_long_is_never_cut_and_goes_when_it_is_corrected() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.place(&OrderSpec {
            line1: "A very long street name ".repeat(8),
            ..OrderSpec::default()
        });
        let case = s.case_opens(Kind::OrdAddressInvalid, SOON).await;
        assert!(
            case.detail.contains("the warehouse takes 100"),
            "{}",
            case.detail
        );
        assert!(s.wms(&order).is_none());
        s.act(|w| {
            w.amend_order(&order.id, |o| {
                "1 Short Street".clone_into(&mut o.address.line1)
            })
        });
        s.accepted(&order).await;
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn an_order_without_lines_waits_for_them() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 1)]);
        let lines: Vec<LwLine> = s.lw(&order).lines;
        s.act(|w| w.amend_order(&order.id, |o| o.lines.clear()));
        s.run(SOON).await;
        assert_eq!(s.order(&order).await.state, OrderState::HeldSource);
        assert!(s.wms(&order).is_none());
        s.act(|w| w.amend_order(&order.id, |o| o.lines = lines));
        s.accepted(&order).await;
        assert_eq!(s.goods(&order), [(MUG.to_owned(), 1)].into());
    })
    .await;
}

#[tokio::test]
async fn an_order_that_only_sells_a_service_is_not_sent() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 1)]);
        s.act(|w| {
            w.amend_order(&order.id, |o| {
                o.lines[0].is_service = true;
                o.lines[0].item = None;
            })
        });
        s.run(SOON).await;
        assert_eq!(s.order(&order).await.state, OrderState::Closed);
        assert!(s.wms(&order).is_none());
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_number_that_is_another_order_in_the_warehouse_is_never_overwritten() {
    play(Setting::default(), async |s: &mut Stage| {
        let first = s.mug_in_warehouse().await;
        let number: i64 = first.number.parse().unwrap();
        let taken = format!("LW-{}", number + 1);
        s.sandbox.act(|w| {
            let mut other = w.pvx.order(&first.wms).unwrap().clone();
            other.number.clone_from(&taken);
            other.po_reference = "MANUAL-CLASH".to_owned();
            let ix = w.pvx.orders.len();
            w.pvx.order_by_number.insert(taken.clone(), ix);
            w.pvx.open.insert(ix);
            w.pvx.orders.push(other);
        });
        let order = s.sold(&[(TEE, 5)]);
        assert_eq!(order.wms, taken);
        let case = s.case_opens(Kind::OrdReferenceClash, SOON).await;
        assert!(case.detail.contains("MANUAL-CLASH"), "{}", case.detail);
        s.run(Span::mins(30)).await;
        assert_eq!(s.wms(&order).unwrap().po_reference, "MANUAL-CLASH");
        assert_eq!((s.headers(&order), s.line_saves(&order)), (0, 0));
        assert_eq!(s.order(&order).await.state, OrderState::Blocked);

        // What leaves under that number is the other order's parcel: the sale here stays unfulfilled and nobody is told.
        s.act(|w| w.despatch(&taken, "RM9GB"));
        let case = s.case_opens(Kind::DspOrphan, SOON).await;
        assert_eq!(case.discriminator, format!("ORDER={taken}"));
        assert!(
            case.detail.contains("ours was never there"),
            "{}",
            case.detail
        );
        s.run(Span::mins(30)).await;
        assert_eq!((s.processed(&order), s.told(&order).len()), (0, 0));
        assert_eq!(s.order(&order).await.state, OrderState::Blocked);
    })
    .await;
}

/// Stops sending orders, as a supervisor would, and waits until this one is queued.
async fn held_back(s: &mut Stage, order: &Placed) {
    let flow = tallyman::domain::delivery::Flow::OrderCreate;
    s.desk
        .pause_flow(&s.pair, Some(flow), "stock count")
        .await
        .unwrap();
    s.reaches(order, OrderState::Queued, SOON).await;
}

async fn let_go(s: &mut Stage) {
    let flow = tallyman::domain::delivery::Flow::OrderCreate;
    s.desk.resume_flow(&s.pair, Some(flow)).await.unwrap();
    s.run(SOON).await;
}

#[tokio::test]
async fn an_order_cancelled_or_deleted_before_it_was_sent_is_never_sent() {
    play(Setting::default(), async |s: &mut Stage| {
        let (cancelled, deleted) = (s.sold(&[(MUG, 1)]), s.sold(&[(MUG, 1)]));
        held_back(s, &cancelled).await;
        s.act(|w| w.cancel(&cancelled.id));
        s.act(|w| w.delete_order(&deleted.id));
        s.reaches(&cancelled, OrderState::Cancelled, SOON).await;
        s.reaches(&deleted, OrderState::Cancelled, SOON).await;
        let_go(s).await;
        for order in [&cancelled, &deleted] {
            assert!(s.wms(order).is_none());
            assert_eq!(s.order(order).await.state, OrderState::Cancelled);
        }
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn an_order_edited_while_it_is_queued_goes_once_with_todays_content() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 1)]);
        held_back(s, &order).await;
        s.act(|w| {
            w.amend_order(&order.id, |o| {
                o.lines[0].quantity = 4;
                "2 New Street".clone_into(&mut o.address.line1);
            })
        });
        s.run(SOON).await;
        let_go(s).await;
        assert_eq!(s.goods(&order), [(MUG.to_owned(), 4)].into());
        let headers = s.ours("SaveData Sales orders", &order.wms);
        assert_eq!((headers.len(), s.line_saves(&order)), (1, 1));
        let line1 = &headers[0].detail["changed"]["ShippingAddressLine1"][1];
        assert_eq!(line1, "2 New Street");
    })
    .await;
}

#[tokio::test]
async fn an_order_moved_to_another_location_before_it_was_sent_is_not_ours_any_more() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 1)]);
        held_back(s, &order).await;
        s.act(|w| w.move_order(&order.id, "Overseas 3PL"));
        s.reaches(&order, OrderState::Cancelled, SOON).await;
        let_go(s).await;
        assert!(s.wms(&order).is_none());
        assert_eq!(s.cases().await, []);
    })
    .await;
}

#[tokio::test]
async fn an_order_held_at_the_desk_waits_for_its_release() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.place(&OrderSpec {
            is_paid: false,
            ..OrderSpec::default()
        });
        s.reaches(&order, OrderState::HeldPayment, SOON).await;
        let row = s.desk.order_named(&order.number).await.unwrap();
        s.answered(s.desk.hold_order(row.id, "fraud check").await)
            .await;
        s.act(|w| w.pay(&order.id));
        s.run(SOON).await;
        assert!(s.wms(&order).is_none());
        let row = s.order(&order).await;
        assert!(row.blocked_by.contains("fraud check"), "{}", row.blocked_by);
        s.answered(s.desk.release_order(row.id).await).await;
        s.accepted(&order).await;
    })
    .await;
}

#[tokio::test]
async fn an_order_back_ordered_in_the_warehouse_goes_on_when_goods_come_in() {
    play(Setting::default(), async |s: &mut Stage| {
        s.act(|w| w.count(TEE, "PrimarySite", 0));
        let order = s.sold(&[(TEE, 2)]);
        s.accepted(&order).await;
        s.run(Span::mins(3)).await;
        assert_eq!(s.wms_status(&order), PvxStatus::BackOrder);
        assert_eq!(s.order(&order).await.state, OrderState::Backordered);
        s.act(|w| w.goods_in(TEE, "PrimarySite", 20));
        s.reaches(&order, OrderState::Allocated, SOON).await;
    })
    .await;
}
