//! The real Cin7 Core client against the sandbox, on the wire: every call, and a sale's whole way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tallyman::domain::delivery::AnswerClass;
use tallyman::domain::ids::{Sku, SourceOrderId};
use tallyman::domain::time::{Span, Ts};
use tallyman::sandbox::{
    Cin7SaleSpec, FaultKind, FaultRule, Sandbox, SandboxConfig, SimSystem, ThrottleStyle,
    TradingHours, WorldTraits,
};
use tallyman::secret::Secret;
use tallyman::vendors::cin7core::{
    Adjustment, AdjustmentWrite, Cin7Config, Cin7Core, CreditLine, CreditNoteWrite, Decimal, Event,
    EventKind, Location, PackLine, PickLine, Place, ReadBack, RestockWrite, Sale, SaleFilter,
    SaleRead, ShipStatus, ShipmentLine, ShippingStatus, StageStatus, WebhookLogin, WebhookWrite,
    WriteStatus, parse_event, stock_by_location,
};
use tallyman::vendors::transport::{TransportOptions, VendorHosts, reqwest_wire};
use tallyman::vendors::{CallLog, System};

const SKU: &str = "MUG-BLU-01";

struct House {
    sandbox: Sandbox,
    clock: Arc<AtomicI64>,
    cin7: Cin7Core,
    log: CallLog,
}

impl House {
    fn new(change: impl FnOnce(&mut SandboxConfig)) -> Self {
        let mut config = SandboxConfig {
            orders_per_day: 0,
            opening_orders: 0,
            traits: WorldTraits::quiet(),
            trading_hours: TradingHours::ALWAYS,
            ..SandboxConfig::default()
        };
        change(&mut config);
        let clock = Arc::new(AtomicI64::new(config.start.0));
        let hand = clock.clone();
        let sandbox = Sandbox::new(config, Arc::new(move || Ts(hand.load(Ordering::SeqCst))));
        let c = sandbox.demo_credentials();
        let account = Cin7Config::new(
            Secret::new(c.cin7_account_id),
            Secret::new(c.cin7_application_key),
        );
        let cin7 = Cin7Core::new(account, sandbox.wire(SimSystem::Cin7)).unwrap();
        Self {
            sandbox,
            clock,
            cin7,
            log: CallLog::default(),
        }
    }

    fn now(&self) -> Ts {
        Ts(self.clock.load(Ordering::SeqCst))
    }

    fn wait(&self, span: Span) {
        self.clock.fetch_add(span.0, Ordering::SeqCst);
        self.sandbox.advance();
    }

    fn enter(&self, quantity: i64, is_advanced: bool) -> SourceOrderId {
        let spec = Cin7SaleSpec {
            lines: vec![(SKU.to_owned(), quantity)],
            is_advanced,
            reference: "PO-1".to_owned(),
            ..Cin7SaleSpec::default()
        };
        SourceOrderId(self.sandbox.act(|w| w.cin7_enter(&spec)).unwrap())
    }

    async fn sale(&self, id: &SourceOrderId) -> Sale {
        match self.cin7.sale(id, &self.log).await.unwrap() {
            SaleRead::Sale(sale) => *sale,
            SaleRead::Unread(unread) => panic!("{}", unread.text),
        }
    }

    async fn main(&self) -> Location {
        let page = self.cin7.locations_page(1, &self.log).await.unwrap();
        assert!(page.unread.is_empty(), "{:?}", page.unread);
        page.rows.into_iter().find(|l| l.is_default).unwrap()
    }

    fn today(&self) -> chrono::NaiveDate {
        self.now().to_utc().date_naive()
    }

    fn pick(&self, place: &Place, qty_each: i64) -> PickLine {
        PickLine {
            sku: Sku(SKU.to_owned()),
            place: place.clone(),
            qty_each,
            batch: String::new(),
            expiry: None,
        }
    }

    fn parcel(&self, name: &str, tracking: &str) -> ShipmentLine {
        ShipmentLine {
            boxes: vec![name.to_owned()],
            shipped_on: self.today(),
            carrier: "Royal Mail".to_owned(),
            tracking: tracking.to_owned(),
        }
    }

    /// Picks, packs and ships one parcel; every write must be applied by what its answer shows.
    async fn fulfil(&self, task: &str, qty_each: i64, tracking: &str) {
        let place = self.main().await.place();
        let goods = self.pick(&place, qty_each);
        let authorised = WriteStatus::Authorised;
        let picked = self
            .cin7
            .write_pick(task, authorised, std::slice::from_ref(&goods), &self.log)
            .await
            .unwrap();
        assert_eq!(picked.class, AnswerClass::Applied, "{}", picked.text);
        let boxed = PackLine {
            goods,
            box_name: "Parcel 1".to_owned(),
        };
        let packed = self
            .cin7
            .write_pack(task, authorised, &[boxed], &self.log)
            .await
            .unwrap();
        assert_eq!(packed.class, AnswerClass::Applied, "{}", packed.text);
        let line = self.parcel("Parcel 1", tracking);
        let shipped = self
            .cin7
            .write_shipment(task, authorised, &[line], &self.log)
            .await
            .unwrap();
        assert_eq!(shipped.class, AnswerClass::Applied, "{}", shipped.text);
        assert_eq!(shipped.found.unwrap().status, ShipStatus::Authorised);
    }
}

#[tokio::test]
async fn the_account_is_checked_without_a_complaint() {
    let house = House::new(|_| {});
    let company = house.cin7.company(&house.log).await.unwrap();
    assert_eq!(
        (company.currency.as_str(), company.time_zone.as_str()),
        ("GBP", "Europe/London")
    );
    let findings = house.cin7.check(house.now(), &house.log).await;
    let text = format!("{findings:?}");
    assert!(findings.len() >= 4, "{text}");
    for name in ["locations", "carriers"] {
        assert!(text.contains(name), "{text}");
    }
}

#[tokio::test]
async fn every_list_is_read_to_its_end() {
    let house = House::new(|_| {});
    for n in 0..3 {
        house.enter(n + 1, n == 1);
    }
    let main = house.main().await;
    assert_eq!(main.bins.len(), 3);
    let carriers = house.cin7.carriers_page(1, &house.log).await.unwrap();
    assert!(carriers.is_last && carriers.rows.iter().any(|c| c.code == "DPD Next Day"));
    let products = house.cin7.products_page(None, 1, &house.log).await.unwrap();
    assert!(products.unread.is_empty(), "{:?}", products.unread);
    assert_eq!((products.rows.len(), products.total), (121, Some(121)));
    let mug = house
        .cin7
        .product(&Sku(SKU.to_owned()), &house.log)
        .await
        .unwrap()
        .unwrap();
    assert!(!mug.product.barcode.is_empty());
    let sales = house
        .cin7
        .sales_page(&SaleFilter::default(), 1, &house.log)
        .await
        .unwrap();
    assert!(sales.unread.is_empty() && sales.is_last);
    assert_eq!(sales.rows.len(), 3);
    let found = house
        .cin7
        .sale_by_number("SO-01002", &house.log)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.reference, "PO-1");
    let stock = house.cin7.stock_page(1, &house.log).await.unwrap();
    assert!(stock.unread.is_empty(), "{:?}", stock.unread);
    let sums = stock_by_location(&stock.rows);
    let row = sums
        .stock
        .iter()
        .find(|s| s.sku.as_str() == SKU && s.location == main.id)
        .unwrap();
    assert_eq!(
        (row.committed_each, row.available_each),
        (6, row.level_each - 6)
    );
    assert!(sums.not_whole.is_empty());
}

#[tokio::test]
async fn a_sale_is_read_whole_and_shipped_in_two_parcels() {
    let house = House::new(|_| {});
    let main = house.main().await;
    let id = house.enter(5, false);
    let sale = house.sale(&id).await;
    assert_eq!(sale.order.location, main.id);
    assert_eq!(
        (sale.order.lines.len(), sale.order.address.country.as_str()),
        (1, "GB")
    );
    assert_eq!(sale.order.service.0, "Royal Mail Tracked 48");
    let task = sale.next_task().unwrap();
    assert_eq!(task, id.0);
    house.fulfil(&task, 2, "T1").await;

    let known = [task];
    let added = house
        .cin7
        .add_fulfilment(&id, &known, &house.log)
        .await
        .unwrap();
    assert_eq!(added.class, AnswerClass::Applied, "{}", added.text);
    let second = added.found.unwrap();
    assert_eq!((second.number, second.pick.status), (2, StageStatus::Draft));
    house.fulfil(&second.task_id, 3, "T2").await;
    let sale = house.sale(&id).await;
    assert_eq!(sale.shipping, ShippingStatus::Shipped);
    assert_eq!(sale.order.tracking, "T1, T2");
    assert_eq!(
        house.cin7.fulfilments(&id, &house.log).await.unwrap().len(),
        2
    );
    let shipment = house
        .cin7
        .shipment(&second.task_id, &house.log)
        .await
        .unwrap();
    assert_eq!(shipment.lines[0].boxes, ["Parcel 1"]);
    let changed = [house.parcel("Parcel 1", "T2-NEW")];
    let changed = house
        .cin7
        .change_tracking(&second.task_id, &changed, &house.log)
        .await
        .unwrap();
    assert_eq!(changed.class, AnswerClass::Applied, "{}", changed.text);
}

#[tokio::test]
async fn a_stage_done_already_is_recognised_by_its_text() {
    let house = House::new(|_| {});
    let id = house.enter(1, false);
    house.fulfil(&id.0, 1, "T1").await;
    let goods = [house.pick(&house.main().await.place(), 1)];
    let again = house
        .cin7
        .write_pick(&id.0, WriteStatus::Authorised, &goods, &house.log)
        .await
        .unwrap();
    assert_eq!(
        (again.class, &again.read_back),
        (AnswerClass::Unknown, &ReadBack::Pick(id.0.clone()))
    );
    let held = house.cin7.pick(&id.0, &house.log).await.unwrap();
    assert_eq!(held.status, StageStatus::Authorised);
}

#[tokio::test]
async fn a_figure_is_set_absolutely_and_no_need_is_applied() {
    let house = House::new(|_| {});
    let place = house.main().await.place();
    let sku = Sku(SKU.to_owned());
    let held = house.cin7.stock_of(&sku, &house.log).await.unwrap();
    let on_hand = held
        .iter()
        .find(|r| r.location_name == place.name)
        .unwrap()
        .on_hand
        .as_whole()
        .unwrap();
    let write = AdjustmentWrite {
        effective: house.today(),
        reference: "MV-1".to_owned(),
        comment: format!("read {on_hand}"),
        account: None,
        lines: vec![Adjustment {
            sku: sku.clone(),
            place,
            on_hand_each: on_hand + 5,
            unit_cost: Decimal::whole(4),
            batch: String::new(),
            expiry: None,
        }],
    };
    let made = house
        .cin7
        .write_adjustment(&write, &house.log)
        .await
        .unwrap();
    assert_eq!(made.class, AnswerClass::Applied, "{}", made.text);
    let made = made.found.unwrap();
    assert_eq!(made.lines[0].before, Decimal::whole(on_hand));
    let same = house
        .cin7
        .write_adjustment(&write, &house.log)
        .await
        .unwrap();
    assert_eq!(same.class, AnswerClass::Applied);
    let read = house
        .cin7
        .adjustment(&made.task_id, &house.log)
        .await
        .unwrap();
    assert_eq!(read.reference, "MV-1");
    let list = house
        .cin7
        .adjustments_page(None, 1, &house.log)
        .await
        .unwrap();
    assert_eq!(list.rows.len(), 1);
}

#[tokio::test]
async fn a_return_is_credited_with_its_goods() {
    let house = House::new(|_| {});
    let place = house.main().await.place();
    let id = house.enter(2, false);
    house.fulfil(&id.0, 2, "T1").await;
    let invoice_number = house.sandbox.act(|w| w.cin7_invoice_sale(&id.0)).unwrap();
    let line = &house.sale(&id).await.lines[0];
    let write = CreditNoteWrite {
        sale: id.clone(),
        task_id: None,
        invoice_number,
        issued_on: house.today(),
        memo: "RMA 55".to_owned(),
        status: WriteStatus::Authorised,
        conversion_rate: Some(Decimal::whole(1)),
        lines: vec![CreditLine {
            product_id: line.product_id.clone(),
            sku: line.sku.clone(),
            title: line.title.clone(),
            quantity: Decimal::whole(1),
            price: line.price,
            discount_percent: Decimal::ZERO,
            tax: Decimal::ZERO,
            total: line.price,
            tax_rule: line.tax_rule.clone(),
            account: "200".to_owned(),
        }],
        restock: vec![RestockWrite {
            sku: line.sku.clone(),
            place: place.clone(),
            qty_each: 1,
            batch: String::new(),
            restock_place: place,
            restocked_on: house.today(),
        }],
    };
    let made = house
        .cin7
        .write_credit_note(&write, &house.log)
        .await
        .unwrap();
    assert_eq!(made.class, AnswerClass::Applied, "{}", made.text);
    let notes = house.cin7.credit_notes(&id, &house.log).await.unwrap();
    assert_eq!((notes.len(), notes[0].memo.as_str()), (1, "RMA 55"));
    let list = house
        .cin7
        .credit_notes_page(None, 1, &house.log)
        .await
        .unwrap();
    assert_eq!(list.rows[0].sale, id);
}

#[tokio::test]
async fn webhooks_are_written_and_what_they_bring_is_read() {
    let house = House::new(|_| {});
    for kind in [
        EventKind::OrderAuthorised,
        EventKind::ShipmentAuthorised,
        EventKind::StockChanged,
        EventKind::SaleVoided,
    ] {
        let write = WebhookWrite {
            kind,
            url: "https://hooks.example.test/hooks/cin7/secret".to_owned(),
            is_active: true,
            login: WebhookLogin::None,
            headers: Vec::new(),
        };
        let made = house.cin7.add_webhook(&write, &house.log).await.unwrap();
        assert_eq!(made.class, AnswerClass::Applied, "{}", made.text);
        let id = made.found.unwrap().id;
        let again = house
            .cin7
            .change_webhook(&id, &write, &house.log)
            .await
            .unwrap();
        assert_eq!(again.class, AnswerClass::Applied, "{}", again.text);
    }
    assert_eq!(house.cin7.webhooks(&house.log).await.unwrap().len(), 4);
    let id = house.enter(1, false);
    house.fulfil(&id.0, 1, "T1").await;
    let voided = house.enter(1, false);
    house.sandbox.act(|w| w.cin7_void_sale(&voided.0)).unwrap();
    house.wait(Span::mins(2));
    let mut kinds = Vec::new();
    for call in house.sandbox.take_cin7_hooks() {
        match parse_event(call.body.as_bytes()).unwrap() {
            Event::Sale(event) => {
                assert!(event.order_number.starts_with("SO-"));
                assert!(event.sale.is_some() || event.task_id.is_some());
                kinds.push(event.kind);
            }
            Event::Stock(rows) => assert!(rows.iter().all(|r| r.sku.as_str() == SKU)),
            other => panic!("{other:?}"),
        }
    }
    for kind in [
        EventKind::OrderAuthorised,
        EventKind::ShipmentAuthorised,
        EventKind::SaleVoided,
    ] {
        assert!(kinds.contains(&kind), "{kind} is missing in {kinds:?}");
    }
}

#[tokio::test]
async fn throttling_is_recognised_in_every_style_and_so_is_a_page() {
    for style in [
        ThrottleStyle::TooManyRequests,
        ThrottleStyle::ServiceUnavailable,
        ThrottleStyle::BadRequest,
    ] {
        let house = House::new(|c| c.cin7.switches.throttle = style);
        for _ in 0..60 {
            house.cin7.company(&house.log).await.unwrap();
        }
        let refused = house.cin7.company(&house.log).await.unwrap_err();
        assert_eq!(
            refused.class,
            AnswerClass::Throttled,
            "{style:?}: {}",
            refused.text
        );
    }
    let house = House::new(|_| {});
    let rule = FaultRule::next(SimSystem::Cin7, "GET me", FaultKind::HtmlPage, 1);
    house.sandbox.add_fault(rule);
    let page = house.cin7.company(&house.log).await.unwrap_err();
    assert_eq!(page.class, AnswerClass::Malformed, "{}", page.text);
}

#[tokio::test]
async fn a_write_answered_and_not_carried_out_is_not_believed() {
    let house = House::new(|_| {});
    let id = house.enter(1, false);
    let goods = [house.pick(&house.main().await.place(), 1)];
    let rule = FaultRule::next(
        SimSystem::Cin7,
        "POST sale/fulfilment/pick",
        FaultKind::DroppedLine,
        1,
    );
    house.sandbox.add_fault(rule);
    let picked = house
        .cin7
        .write_pick(&id.0, WriteStatus::Authorised, &goods, &house.log)
        .await
        .unwrap();
    assert_eq!(picked.class, AnswerClass::Unknown, "{}", picked.text);
}

#[tokio::test]
async fn it_is_served_on_loopback_beside_the_others() {
    let house = House::new(|_| {});
    let listen = "127.0.0.1:0".parse().unwrap();
    let served = tallyman::sandbox::serve(house.sandbox.clone(), listen)
        .await
        .unwrap();
    let c = house.sandbox.demo_credentials();
    let base_url = format!("http://{}/ExternalApi/v2", served.addr);
    // Only the configured address on loopback counts here, not the vendor whose domain would be allowed beside it.
    let options = TransportOptions::for_vendor(VendorHosts::Cin7, &[&base_url]);
    let account = Cin7Config {
        base_url,
        ..Cin7Config::new(
            Secret::new(c.cin7_account_id),
            Secret::new(c.cin7_application_key),
        )
    };
    let wire = reqwest_wire(options).unwrap();
    let cin7 = Cin7Core::new(account, wire).unwrap();
    assert_eq!(cin7.company(&house.log).await.unwrap().currency, "GBP");
    served.task.abort();
}
