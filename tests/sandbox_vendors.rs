//! The real clients against the sandbox, on the wire: an order's whole way, and every read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tallyman::domain::delivery::{AnswerClass, DespatchIntentLine, StockWrite};
use tallyman::domain::ids::{
    CarrierService, ItemCode, LocationId, SiteRef, SourceOrderId, WmsOrderNo,
};
use tallyman::domain::order::{SourceOrder, WmsLineIntent, WmsOrderIntent};
use tallyman::domain::time::{Span, Ts};
use tallyman::domain::wms::NewItem;
use tallyman::sandbox::{
    FaultKind, FaultRule, OrderSpec, Sandbox, SandboxConfig, SimSystem, TradingHours, WorldTraits,
};
use tallyman::secret::Secret;
use tallyman::vendors::linnworks::{Linnworks, LinnworksConfig};
use tallyman::vendors::peoplevox::{Peoplevox, PeoplevoxConfig};
use tallyman::vendors::{
    CallLog, Channel, LevelWrite, NotifyState, OpenOrders, Processing, SalesSystem, ShippingUpdate,
    StockFigures, System, Warehouse,
};

struct House {
    sandbox: Sandbox,
    clock: Arc<AtomicI64>,
    lw: Linnworks,
    pvx: Peoplevox,
    log: CallLog,
}

impl House {
    fn new(config: SandboxConfig) -> Self {
        let clock = Arc::new(AtomicI64::new(config.start.0));
        let hand = clock.clone();
        let sandbox = Sandbox::new(config, Arc::new(move || Ts(hand.load(Ordering::SeqCst))));
        let c = sandbox.demo_credentials();
        let lw = Linnworks::new(
            LinnworksConfig {
                auth_url: "https://api.linnworks.net".to_owned(),
                server_url: None,
                application_id: c.lw_application_id,
                application_secret: Secret::new(c.lw_application_secret),
                token: Secret::new(c.lw_token),
                extra_hosts: Vec::new(),
            },
            sandbox.wire(SimSystem::Linnworks),
        );
        let pvx = Peoplevox::new(
            PeoplevoxConfig::new(
                "https://wms.peoplevox.net",
                &c.pvx_client_id,
                &c.pvx_username,
                Secret::new(c.pvx_password),
            ),
            sandbox.wire(SimSystem::Peoplevox),
        )
        .unwrap();
        Self {
            sandbox,
            clock,
            lw,
            pvx,
            log: CallLog::default(),
        }
    }

    fn quiet() -> Self {
        Self::new(SandboxConfig {
            orders_per_day: 0,
            opening_orders: 0,
            traits: WorldTraits::quiet(),
            trading_hours: TradingHours::ALWAYS,
            ..SandboxConfig::default()
        })
    }

    fn now(&self) -> Ts {
        Ts(self.clock.load(Ordering::SeqCst))
    }

    fn wait(&self, span: Span) {
        self.clock.fetch_add(span.0, Ordering::SeqCst);
        self.sandbox.advance();
    }

    async fn leeds(&self) -> LocationId {
        let places = self.lw.locations(&self.log).await.unwrap();
        places
            .into_iter()
            .find(|l| l.name == "Leeds Warehouse")
            .unwrap()
            .id
    }

    async fn read(&self, id: &str) -> SourceOrder {
        let ids = [SourceOrderId::from(id)];
        self.lw
            .orders_by_ids(&ids, &self.log)
            .await
            .unwrap()
            .rows
            .remove(0)
    }
}

fn intent(order: &SourceOrder) -> WmsOrderIntent {
    WmsOrderIntent {
        number: WmsOrderNo(format!("LW-{}", order.number)),
        po_reference: order.source_id.0.clone(),
        channel: "Linnworks".to_owned(),
        site: SiteRef::from("PrimarySite"),
        service: CarrierService::from("RM48"),
        address: order.address.clone(),
        requested_by: order.ship_by,
        created_at: order.received_at,
        currency: order.currency.clone(),
        total_minor: order.total_minor,
        shipping_minor: order.shipping_minor,
        is_partial_allowed: false,
        lines: order
            .pick_lines()
            .into_iter()
            .map(|l| WmsLineIntent {
                line_ref: l.line_ref,
                row_id: l.row_id,
                item: ItemCode(l.sku.0.clone()),
                sku: l.sku,
                qty_each: l.qty_each,
                unit_price_minor: l.unit_price_minor,
            })
            .collect(),
        mapping_versions: Vec::new(),
        routed: None,
    }
}

#[tokio::test]
async fn an_order_goes_out_is_picked_and_comes_back_confirmed() {
    let house = House::quiet();
    let (log, leeds) = (&house.log, house.leeds().await);
    let spec = OrderSpec {
        lines: vec![("MUG-BLU-01".to_owned(), 2), ("TEE-BLU-01".to_owned(), 1)],
        ..OrderSpec::default()
    };
    let id = house.sandbox.act(|w| w.place(&spec)).unwrap();
    let ids = house.lw.open_order_ids(&leeds, log).await.unwrap();
    assert_eq!(ids, [SourceOrderId(id.clone())]);
    let order = house
        .lw
        .open_orders_by_ids(&ids, log)
        .await
        .unwrap()
        .rows
        .remove(0);
    let page = house.lw.open_orders_page(&leeds, 1, log).await.unwrap();
    assert!(page.is_last);
    assert_eq!(
        page.orders.rows[0].revision(),
        order.revision(),
        "both shapes say the same"
    );
    assert!(order.is_paid && !order.is_parked);
    assert_eq!(order.lines.len(), 2);
    let intent = intent(&order);
    let saved = house
        .pvx
        .save_headers(std::slice::from_ref(&intent), log)
        .await
        .unwrap();
    assert_eq!(saved[0].class, AnswerClass::Applied);
    let saved = house
        .pvx
        .save_lines(std::slice::from_ref(&intent), log)
        .await
        .unwrap();
    assert_eq!(saved[0].class, AnswerClass::Applied, "{}", saved[0].text);
    let numbers = [intent.number.clone()];
    let header = house
        .pvx
        .orders_by_number(&numbers, log)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        (header.status_text.as_str(), header.po_reference.as_str()),
        ("Allocated", id.as_str())
    );
    assert_eq!(header.address_line1, order.address.line1);
    assert_eq!(header.requested_at, order.ship_by);
    let lines = house.pvx.lines_by_number(&numbers, log).await.unwrap();
    assert_eq!(lines.len(), 2);
    let open = house.pvx.statuses_page("LW-", true, 1, log).await.unwrap();
    assert_eq!(open.rows[0].number, intent.number);
    let since = house.now();
    for _ in 0..95 {
        house.wait(Span::mins(1));
    }
    assert!(
        house
            .pvx
            .statuses_page("LW-", true, 1, log)
            .await
            .unwrap()
            .rows
            .is_empty()
    );
    let all = house.pvx.statuses_page("LW-", false, 1, log).await.unwrap();
    assert_eq!(all.rows[0].status_text, "Despatched");
    let despatches = house.pvx.despatches_page(since, 1, log).await.unwrap();
    assert_eq!(despatches.rows.len(), 2);
    let parcel = &despatches.rows[0];
    assert_eq!(
        (&parcel.number, parcel.line_ref.as_str(), parcel.qty_each),
        (&intent.number, "1", 2)
    );
    let update = ShippingUpdate {
        source_id: order.source_id.clone(),
        tracking: parcel.tracking.clone(),
        service_id: order.service_id.clone(),
        vendor_extra: order.vendor_extra.clone(),
    };
    house.lw.set_shipping(&update, log).await.unwrap();
    let done = house.lw.process_batch(&ids, &leeds, log).await.unwrap();
    assert_eq!(done[0].class, AnswerClass::Applied);
    assert_eq!(house.read(&id).await.tracking, parcel.tracking);
    house.wait(Span::mins(5));
    let told = house.lw.notify_states(&ids, log).await.unwrap();
    assert_eq!(told[0].1, NotifyState::Confirmed);
    assert_eq!(house.sandbox.notifications().len(), 1);
    assert!(
        house
            .lw
            .open_order_ids(&leeds, log)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn every_check_and_every_list_reads_well() {
    let house = House::quiet();
    let log = &house.log;
    for finding in [
        house.lw.check(house.now(), log).await,
        house.pvx.check(house.now(), log).await,
        house.pvx.templates(log).await.unwrap(),
    ]
    .concat()
    {
        assert!(finding.is_ok, "{}: {}", finding.what, finding.found);
    }
    house.lw.probe(log).await.unwrap();
    house.pvx.probe(log).await.unwrap();
    assert_eq!(
        house.lw.postal_services(log).unwrap().await.unwrap().len(),
        7
    );
    assert_eq!(house.pvx.carrier_services(log).await.unwrap().len(), 6);
    let sites = house.pvx.sites(log).await.unwrap();
    assert_eq!(sites.len(), 2, "the pseudo-site is left out: {sites:?}");
    let items = house.pvx.items_page(1, log).await.unwrap();
    assert_eq!((items.rows.len(), items.is_last), (120, true));
    let mut products = 0;
    let mut mark = None;
    loop {
        let page = house.lw.products_page(mark.as_deref(), log).await.unwrap();
        products += page.rows.len();
        mark = page.next;
        if mark.is_none() {
            break;
        }
    }
    assert_eq!(products, 120);
    let new = NewItem {
        code: ItemCode::from("NEW-1"),
        name: "New".to_owned(),
        barcode: "5099999999991".to_owned(),
        group: "Fresh".to_owned(),
    };
    let saved = house.pvx.save_items(&[new], log).await.unwrap();
    assert_eq!(saved[0].class, AnswerClass::Applied);
    let found = house
        .pvx
        .items_by_code(&[ItemCode::from("NEW-1"), ItemCode::from("NOPE")], log)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    let number = house
        .pvx
        .subscribe(
            "AvailabilityChanges",
            "https://hooks.example.test/x?i={ItemCode}",
            log,
        )
        .await
        .unwrap();
    assert!(house.pvx.unsubscribe(number, log).await.unwrap());
}

#[tokio::test]
async fn stock_goes_from_the_shelf_to_the_source() {
    let house = House::quiet();
    let (log, leeds) = (&house.log, house.leeds().await);
    let since = house.now();
    house.wait(Span::mins(1));
    house
        .sandbox
        .act(|w| w.count("MUG-BLU-01", "PrimarySite", 7))
        .unwrap();
    let sites = [SiteRef::from("PrimarySite")];
    let changes = house
        .pvx
        .stock_changes_page(since, &sites, 1, log)
        .await
        .unwrap();
    assert_eq!((changes.rows.len(), changes.rows[0].available_each), (1, 7));
    let stock = house.pvx.stock_page(&sites, 1, log).await.unwrap();
    let mug = stock
        .rows
        .iter()
        .find(|r| r.item.0 == "MUG-BLU-01")
        .unwrap();
    assert_eq!(
        (mug.on_hand_each, mug.allocated_each, mug.available_each),
        (7, 0, 7)
    );
    let write = |sku: &str| LevelWrite {
        item_id: String::new(),
        write: StockWrite {
            item: ItemCode::from(sku),
            sku: sku.into(),
            location: leeds.clone(),
            level_each: 7,
            publish_each: 7,
            snapshot_id: 1,
        },
    };
    let done = house
        .lw
        .set_stock(&[write("MUG-BLU-01"), write("NOPE")], log)
        .await
        .unwrap();
    let classes: Vec<AnswerClass> = done.iter().map(|r| r.class).collect();
    assert_eq!(classes, [AnswerClass::Applied, AnswerClass::Rejected]);
    let ids = house
        .lw
        .stock_ids(&["MUG-BLU-01".into()], log)
        .unwrap()
        .await
        .unwrap();
    let levels = house
        .lw
        .stock_levels(&[ids[0].1.clone()], log)
        .await
        .unwrap();
    let here = levels[0].1.iter().find(|l| l.location == leeds).unwrap();
    assert_eq!((here.level_each, here.available_each), (7, 7));
}

#[tokio::test]
async fn a_split_processes_the_shipped_part() {
    let house = House::quiet();
    let (log, leeds) = (&house.log, house.leeds().await);
    let spec = OrderSpec {
        lines: vec![("MUG-BLU-01".to_owned(), 3)],
        ..OrderSpec::default()
    };
    let id = house.sandbox.act(|w| w.place(&spec)).unwrap();
    let order = house.read(&id).await;
    let part = DespatchIntentLine {
        row_id: order.lines[0].row_id.clone(),
        sku: order.lines[0].sku.clone(),
        qty_each: 1,
        before_each: 0,
        unit_price_minor: order.lines[0].unit_price_minor,
    };
    let child = house
        .lw
        .split_order(&order.source_id, &leeds, &order.service_id, &[part], log)
        .await
        .unwrap();
    assert_ne!(child, order.source_id);
    assert_eq!(house.read(&child.0).await.lines[0].qty_each, 1);
    assert_eq!(house.read(&id).await.lines[0].qty_each, 2);
    let relations = house.lw.relations(&order.source_id, log).await.unwrap();
    assert_eq!(relations[0].child, child);
    let done = house
        .lw
        .process_one(&child, &leeds, false, log)
        .await
        .unwrap();
    assert_eq!(done.class, AnswerClass::Applied, "{}", done.text);
    house
        .lw
        .add_note(&order.source_id, "Short pick: 1 missing", log)
        .await
        .unwrap();
}

#[tokio::test]
async fn expired_sessions_cost_one_sign_in_and_a_repeat() {
    let house = House::quiet();
    let log = &house.log;
    house.lw.probe(log).await.unwrap();
    house.pvx.probe(log).await.unwrap();
    house.wait(Span::mins(40));
    house.lw.probe(log).await.unwrap();
    house.pvx.probe(log).await.unwrap();
    let sign_ins = house.sandbox.calls().sign_ins;
    assert_eq!(sign_ins.values().copied().collect::<Vec<u64>>(), [2, 2]);
    house.sandbox.add_fault(FaultRule::next(
        SimSystem::Linnworks,
        "Auth/*",
        FaultKind::ServerMoves,
        1,
    ));
    house.wait(Span::mins(40));
    house.lw.probe(log).await.unwrap();
}

#[tokio::test]
async fn a_typical_day_is_read_without_a_malformed_answer() {
    let house = House::new(SandboxConfig {
        orders_per_day: 1_500,
        opening_orders: 60,
        trading_hours: TradingHours::ALWAYS,
        ..SandboxConfig::default()
    });
    let (log, leeds) = (&house.log, house.leeds().await);
    let mut sent = std::collections::BTreeSet::new();
    let since = house.now();
    for _ in 0..60 {
        house.wait(Span::mins(12));
        let ids = house.lw.open_order_ids(&leeds, log).await.unwrap();
        for chunk in ids.chunks(100) {
            for order in house.lw.open_orders_by_ids(chunk, log).await.unwrap().rows {
                let may =
                    (order.is_paid || order.is_resend) && !order.is_parked && !order.is_locked;
                if !may || !sent.insert(order.source_id.clone()) {
                    continue;
                }
                let intent = intent(&order);
                let saved = house
                    .pvx
                    .save_headers(std::slice::from_ref(&intent), log)
                    .await;
                if saved.is_ok_and(|rows| rows[0].class == AnswerClass::Applied) {
                    house
                        .pvx
                        .save_lines(std::slice::from_ref(&intent), log)
                        .await
                        .unwrap();
                }
            }
        }
        house.pvx.statuses_page("LW-", true, 1, log).await.unwrap();
        house.pvx.despatches_page(since, 1, log).await.unwrap();
        log.take();
    }
    assert!(sent.len() > 500, "{}", sent.len());
    let despatched = house
        .sandbox
        .ledger()
        .iter()
        .filter(|e| e.op == "Floor despatch")
        .count();
    assert!(despatched > 300, "{despatched}");
}
