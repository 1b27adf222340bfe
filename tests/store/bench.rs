//! A store to test on, and short ways to make rows.

use crate::pg;
use tallyman::domain::catalogue::Kind;
use tallyman::domain::change::{Batch, Change, DeliveryMove, Fence};
use tallyman::domain::delivery::{
    AnswerClass, DeliveryRow, DeliveryState, Flow, Intent, Lane, NewDelivery,
};
use tallyman::domain::exception::{ObjectRef, Occurrence};
use tallyman::domain::ids::{DeliveryId, ItemCode, OrderId, PairId, SystemId, WmsOrderNo};
use tallyman::domain::order::{
    Address, OrderBody, OrderLine, OrderRow, OrderState, SourceOrder, SourceStatus,
};
use tallyman::domain::time::{Span, Ts};
use tallyman::store::{ClaimQuery, Committed, Store, StoreOptions, StoreResult};

/// Noon of a working day.
pub const NOW: Ts = Ts(1_795_000_000_000_000);
pub const LEASE: &str = "system/pvx";

/// Runs each test on both databases.
macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    super::$name(crate::bench::Bench::sqlite().await).await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    if let Some(bench) = crate::bench::Bench::postgres().await {
                        super::$name(bench).await;
                    }
                }
            )*
        }
    };
}
pub(crate) use both;

pub struct Bench {
    pub store: Store,
    pub options: StoreOptions,
    /// Keeps the SQLite file's folder.
    pub dir: Option<tempfile::TempDir>,
}

pub fn options(url: String) -> StoreOptions {
    StoreOptions {
        url,
        payload_key: [9; 32],
        is_read_only: false,
        is_migrating: true,
        is_durable: false,
    }
}

impl Bench {
    pub async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = options(format!("sqlite:{}", dir.path().join("t.db").display()));
        Self {
            store: Store::open(&options).await.unwrap(),
            options,
            dir: Some(dir),
        }
    }

    pub async fn postgres() -> Option<Self> {
        let options = options(pg::database().await?);
        Some(Self {
            store: Store::open(&options).await.unwrap(),
            options,
            dir: None,
        })
    }

    pub fn is_sqlite(&self) -> bool {
        self.dir.is_some()
    }

    /// A second opening of the same store, as another process would have it.
    pub async fn another(&self) -> Store {
        Store::open(&self.options).await.unwrap()
    }

    pub async fn commit(&self, changes: Vec<Change>) -> StoreResult<Committed> {
        self.commit_at(NOW, changes).await
    }

    pub async fn commit_at(&self, at: Ts, changes: Vec<Change>) -> StoreResult<Committed> {
        self.store.commit(batch("engine/test", at, changes)).await
    }

    /// Takes the lease and gives its fence.
    pub async fn fence(&self) -> Fence {
        let lease = self
            .store
            .lease(LEASE, "w1", NOW, Span::hours(1))
            .await
            .unwrap()
            .unwrap();
        Fence {
            lease: lease.name,
            epoch: lease.epoch,
        }
    }

    pub async fn claim(&self, fence: &Fence, now: Ts, limit: usize) -> Vec<DeliveryRow> {
        self.store
            .claim(&claim_query(limit), now, fence)
            .await
            .unwrap()
    }

    pub async fn order(&self, id: i64) -> OrderRow {
        let full = self.store.orders_by_id(&[OrderId(id)]).await.unwrap();
        full.into_iter().next().unwrap().row
    }

    pub async fn delivery(&self, id: i64) -> DeliveryRow {
        let found = self
            .store
            .deliveries_by_id(&[DeliveryId(id)])
            .await
            .unwrap();
        found.into_iter().next().unwrap()
    }
}

pub fn batch(actor: &str, at: Ts, changes: Vec<Change>) -> Batch {
    Batch {
        actor: actor.to_owned(),
        at,
        fence: None,
        changes,
    }
}

pub fn claim_query(limit: usize) -> ClaimQuery {
    ClaimQuery {
        system: SystemId::from("pvx"),
        lane: Lane::Orders,
        flow: Flow::OrderCreate,
        step: None,
        limit,
    }
}

pub fn pair() -> PairId {
    PairId::from("lw-pvx")
}

pub fn source_order(id: i64) -> SourceOrder {
    SourceOrder {
        source_id: format!("guid-{id}").into(),
        number: format!("{}", 100_000 + id),
        reference: format!("REF-{id}"),
        channel: "SHOPIFY / Acme UK".to_owned(),
        status: SourceStatus::Open,
        is_paid: true,
        is_resend: false,
        is_parked: false,
        is_locked: false,
        location: "loc-1".into(),
        location_is_fulfilment_centre: false,
        received_at: NOW,
        paid_at: None,
        ship_by: None,
        processed_at: None,
        service: "Tracked 48".into(),
        service_id: "svc".to_owned(),
        tracking: String::new(),
        address: Address {
            name: "Zoë Smith".to_owned(),
            ..Address::default()
        },
        currency: "GBP".to_owned(),
        total_minor: 2_500,
        shipping_minor: 300,
        lines: vec![],
        changed_at: None,
        shipments: Vec::new(),
        refunds: Vec::new(),
        returns: Vec::new(),
        vendor_extra: serde_json::json!({"weight": 1}),
    }
}

pub fn order_row(id: i64, state: OrderState) -> OrderRow {
    OrderRow {
        id: OrderId(id),
        pair: pair(),
        source_id: format!("guid-{id}").into(),
        number: format!("{}", 100_000 + id),
        reference: format!("REF-{id}"),
        channel: "SHOPIFY / Acme UK".to_owned(),
        wms_number: Some(format!("LW-{id}").into()),
        wms_revision: 1,
        state,
        source_status: SourceStatus::Open,
        location: "loc-1".into(),
        site: Some("MAIN".into()),
        service: "Tracked 48".into(),
        carrier_service: None,
        wms_status: None,
        is_on_hold: false,
        ship_by: None,
        value_minor: 2_500,
        currency: "GBP".to_owned(),
        units: 2,
        postcode_district: "LS1".to_owned(),
        customer_initials: "ZS".to_owned(),
        country: "GB".to_owned(),
        tracking: String::new(),
        source_revision: "rev".to_owned(),
        sent_hash: None,
        blocked_by: String::new(),
        missing_polls: 0,
        received_at: NOW,
        released_at: None,
        first_sent_at: None,
        accepted_at: None,
        despatched_at: None,
        confirmed_at: None,
        notified_at: None,
        source_read_at: NOW,
        state_since: NOW,
        held_reason: None,
        version: 0,
        updated_at: NOW,
    }
}

pub fn line(n: i64, sku: &str, qty_each: i64) -> OrderLine {
    OrderLine {
        line_ref: n.to_string(),
        row_id: format!("row-{n}"),
        sku: sku.into(),
        item: Some(ItemCode::from(sku)),
        title: "A mug".to_owned(),
        qty_each,
        despatched_each: 0,
        confirmed_each: 0,
        unit_price_minor: 500,
    }
}

/// A new order with body and one line.
pub fn new_order(id: i64, state: OrderState) -> Change {
    save(order_row(id, state), Some(vec![line(1, "MUG-RED", 2)]))
}

pub fn save(row: OrderRow, lines: Option<Vec<OrderLine>>) -> Change {
    let body = (row.version == 0).then(|| {
        Box::new(OrderBody {
            source: source_order(row.id.0),
            intent: None,
            site_choice: None,
            edits: Vec::new(),
        })
    });
    Change::Order {
        row: Box::new(row),
        body,
        lines,
    }
}

pub fn delivery(id: i64, key: &str, idem: &str) -> NewDelivery {
    NewDelivery {
        id: DeliveryId(id),
        flow: Flow::OrderCreate,
        pair: pair(),
        system: SystemId::from("pvx"),
        lane: Lane::Orders,
        order_key: key.to_owned(),
        idem_key: idem.to_owned(),
        order: None,
        object: format!("LW-{id}"),
        intent: Intent::CancelOrder {
            number: WmsOrderNo::from(idem),
        },
        ship_by: None,
        due_at: NOW,
        depth: 0,
        caused_at: NOW,
    }
}

pub fn enqueue(id: i64, key: &str, idem: &str) -> Change {
    Change::Enqueue(Box::new(delivery(id, key, idem)))
}

pub fn step(id: i64, to: DeliveryState) -> DeliveryMove {
    DeliveryMove {
        id: DeliveryId(id),
        from: None,
        to,
        step: 0,
        due_at: NOW,
        attempts: 1,
        sent_at: None,
        absent_at: None,
        class: Some(AnswerClass::Applied),
        text: "as told".to_owned(),
        intent: None,
    }
}

pub fn moved(id: i64, to: DeliveryState) -> Change {
    Change::Deliver(step(id, to))
}

pub fn unknown_sku(order: i64, sku: &str) -> Occurrence {
    Occurrence {
        kind: Kind::OrdSkuUnknown,
        pair: pair(),
        discriminator: format!("SKU={sku}"),
        object: ObjectRef::Order(OrderId(order)),
        label: format!("{}", 100_000 + order),
        detail: format!("{sku} is not an item of the warehouse"),
        began_at: NOW,
        ship_by: None,
        value_minor: 1_000,
        severity: None,
    }
}
