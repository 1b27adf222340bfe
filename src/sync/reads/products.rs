//! The source's own lists: locations, postal services and products. The same walk over the products either creates
//! missing items in the warehouse (PRODUCT) or compares the stock they show (RECONCILE_STOCK).

use super::super::calls::{JobCx, Keep, call};
use super::super::deliver::Tick;
use super::super::deliver::publish::ItemIds;
use super::super::stock;
use super::Run;
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::delivery::{Flow, Intent, NewDelivery};
use crate::domain::ids::{DeliveryId, ItemCode, LocationId, PairId, SourceOrderId};
use crate::domain::keys;
use crate::domain::mapping::{MappingKind, Target};
use crate::domain::order::{OrderState, PickLine};
use crate::domain::preflight;
use crate::domain::time::Span;
use crate::store::StoreResult;
use crate::store::read::OpenException;
use crate::vendors::{
    Channel, NotifyState, Op, ProductsPage, SalesSystem, SourceProduct, SourceStock, TERMS_MAX,
};
use std::collections::HashMap;
use std::sync::Arc;

/// A difference seen once is looked at again after this long.
const LOOK_AGAIN: Span = Span::mins(5);
/// A walk made before the warehouse's list was there is made again after this long.
const EARLY_AGAIN: Span = Span::mins(2);
/// Snapshots of a warehouse, of all its pairs, looked through for this pair's newest.
const SNAPSHOTS_MAX: usize = 30;
/// Warehouse and source figures further apart than this are not comparable.
const COMPARABLE: Span = Span::mins(15);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Locations,
    Services,
    Products,
    /// Levels of the page, where the list of products does not carry them.
    Levels,
}

/// The walk over the source's lists.
pub struct Products {
    source: Arc<dyn SalesSystem>,
    run: Run,
    ids: ItemIds,
    phase: Phase,
    /// Where the walk goes on; `None` at its beginning.
    mark: Option<String>,
    page: ProductsPage,
    products: i64,
    created: i64,
    drifting: i64,
    /// Differences seen for the first time: looked at again soon.
    suspected: i64,
    /// The warehouse's list was not there yet: the walk is made again soon.
    is_early: bool,
}

impl Products {
    /// A fresh walk; which of the two it is, its run's flow says.
    pub fn new(source: Arc<dyn SalesSystem>, run: Run, ids: ItemIds) -> Self {
        let phase = if run.flow == Flow::Product {
            Phase::Locations
        } else {
            Phase::Products
        };
        Self {
            source,
            run,
            ids,
            phase,
            mark: None,
            page: ProductsPage::default(),
            products: 0,
            created: 0,
            drifting: 0,
            suspected: 0,
            is_early: false,
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        match self.phase {
            Phase::Locations => Op::Locations,
            Phase::Services => Op::PostalServices,
            Phase::Products => Op::ProductsPage,
            Phase::Levels => Op::StockLevels,
        }
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let pair = self.run.pair.id.clone();
        match self.phase {
            Phase::Locations => {
                let called = call!(jcx, Keep::OnError, |log| self.source.locations(&log));
                let locations = match called.answer {
                    Ok(locations) => locations,
                    Err(error) => return self.fail(jcx, &error, called.payloads).await,
                };
                let centres: Vec<&str> = locations
                    .iter()
                    .filter(|l| l.is_fulfilment_centre)
                    .map(|l| l.id.as_str())
                    .collect();
                let setting = Change::Setting {
                    key: format!("centres/{}", self.run.pair.source),
                    value: serde_json::to_string(&centres).unwrap_or_default(),
                };
                let targets = locations
                    .iter()
                    .map(|l| Target {
                        code: l.id.0.clone(),
                        name: l.name.clone(),
                        is_active: true,
                    })
                    .collect();
                let list = Change::Targets {
                    pair,
                    kind: MappingKind::Site,
                    side: "source".to_owned(),
                    targets,
                    at: jcx.cx.now(),
                };
                jcx.cx
                    .commit("products", Some(jcx.fence), vec![setting, list])
                    .await?;
                self.phase = Phase::Services;
            }
            Phase::Services => {
                self.phase = Phase::Products;
                return self.services(jcx, pair).await;
            }
            Phase::Products => {
                if self.run.flow == Flow::ReconcileStock
                    && self.mark.is_none()
                    && !self.is_comparable(jcx).await?
                {
                    return Ok(Tick::Done);
                }
                return self.product_page(jcx).await;
            }
            Phase::Levels => return self.levels(jcx).await,
        }
        Ok(Tick::More)
    }

    async fn fail(
        &self,
        jcx: &JobCx<'_>,
        error: &crate::vendors::CallError,
        payloads: Vec<Change>,
    ) -> StoreResult<Tick> {
        self.run.failed(jcx, error, payloads).await?;
        Ok(Tick::Done)
    }

    /// Comparing against old warehouse figures proves nothing: ask for new ones and come back.
    async fn is_comparable(&self, jcx: &JobCx<'_>) -> StoreResult<bool> {
        let newest = jcx
            .cx
            .store
            .snapshots(&self.run.pair.warehouse, SNAPSHOTS_MAX)
            .await?
            .into_iter()
            .find(|s| s.is_complete && s.pair == self.run.pair.id);
        let now = jcx.cx.now();
        if newest.is_some_and(|s| now.since(s.taken_at) <= COMPARABLE) {
            return Ok(true);
        }
        let mut done = self.run.done(
            now,
            "not comparable yet: a new warehouse snapshot was asked for".to_owned(),
            None,
        );
        if let Change::ScheduleDone(done) = &mut done {
            done.next_due_at = now + Span::mins(1);
        }
        let hasten = Change::ScheduleHasten {
            pair: self.run.pair.id.clone(),
            flow: Flow::StockSnapshot,
            at: now,
        };
        jcx.cx
            .commit("products", Some(jcx.fence), vec![hasten, done])
            .await?;
        Ok(false)
    }

    /// The source's own list of delivery services; one that has none is told apart by making no call.
    async fn services(&mut self, jcx: &mut JobCx<'_>, pair: PairId) -> StoreResult<Tick> {
        let source = self.source.clone();
        let log = jcx.gate.call_log(jcx.cx.now());
        let Some(asking) = source.postal_services(&log) else {
            return self.product_page(jcx).await;
        };
        let started_at = jcx.cx.now();
        let answer = asking.await;
        let called = jcx.finish(Keep::OnError, started_at, log, answer).await?;
        let targets = match called.answer {
            Ok(targets) => targets,
            Err(error) => return self.fail(jcx, &error, called.payloads).await,
        };
        let list = Change::Targets {
            pair,
            kind: MappingKind::Carrier,
            side: "source".to_owned(),
            targets,
            at: jcx.cx.now(),
        };
        jcx.cx
            .commit("products", Some(jcx.fence), vec![list])
            .await?;
        Ok(Tick::More)
    }

    async fn product_page(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let called = call!(jcx, Keep::OnError, |log| self
            .source
            .products_page(self.mark.as_deref(), &log));
        let found = match called.answer {
            Ok(found) => found,
            Err(error) => return self.fail(jcx, &error, called.payloads).await,
        };
        self.products += found.rows.len() as i64;
        self.ids.learn(
            found
                .rows
                .iter()
                .filter(|p| !p.id.is_empty())
                .map(|p| (p.sku.clone(), p.id.clone())),
        );
        self.page = found;
        self.after_page(jcx).await
    }

    /// Reads the levels of some products of the page; all of them read, the page is compared.
    async fn levels(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let Some(figures) = self.source.clone().stock() else {
            self.page.rows.clear();
            return self.after_page(jcx).await;
        };
        let limit = figures.at_once(Op::StockLevels).max(1);
        let ids: Vec<String> = self
            .page
            .rows
            .iter()
            .filter(|p| p.stock.is_none())
            .map(|p| p.id.clone())
            .take(limit)
            .collect();
        let called = call!(jcx, Keep::OnError, |log| figures.stock_levels(&ids, &log));
        let mut levels: HashMap<String, Vec<SourceStock>> = match called.answer {
            Ok(levels) => levels.into_iter().collect(),
            Err(error) => return self.fail(jcx, &error, called.payloads).await,
        };
        for product in &mut self.page.rows {
            if product.stock.is_none() && ids.contains(&product.id) {
                product.stock = Some(levels.remove(&product.id).unwrap_or_default());
            }
        }
        self.after_page(jcx).await
    }

    /// What is done with a page once everything about it is read.
    async fn after_page(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let is_comparing = self.run.flow != Flow::Product;
        if is_comparing && self.page.rows.iter().any(|p| p.stock.is_none()) {
            self.phase = Phase::Levels;
            return Ok(Tick::More);
        }
        let page = std::mem::take(&mut self.page);
        if is_comparing {
            self.compare(jcx, &page.rows).await?;
        } else {
            self.create_missing(jcx, &page.rows).await?;
        }
        self.phase = Phase::Products;
        self.mark = page.next;
        if self.mark.is_some() {
            return Ok(Tick::More);
        }
        self.ids.is_whole_now();
        let note = if self.run.flow == Flow::Product {
            format!(
                "{} products, {} to create in the warehouse",
                self.products, self.created
            )
        } else {
            format!(
                "{} products compared, {} drifting",
                self.products, self.drifting
            )
        };
        let mut done = self.run.done(jcx.cx.now(), note, None);
        if let (true, Change::ScheduleDone(done)) = (self.is_early, &mut done) {
            done.next_due_at = done.next_due_at.min(jcx.cx.now() + EARLY_AGAIN);
        }
        if let (true, Change::ScheduleDone(done)) = (self.suspected > 0, &mut done) {
            // One reading proves nothing: the second follows soon.
            done.next_due_at = done.next_due_at.min(jcx.cx.now() + LOOK_AGAIN);
        }
        jcx.cx
            .commit("products", Some(jcx.fence), vec![done])
            .await?;
        Ok(Tick::Done)
    }

    async fn is_catalogue_read(&self, jcx: &JobCx<'_>) -> StoreResult<bool> {
        let schedules = jcx.cx.store.schedules().await?;
        Ok(schedules.iter().any(|s| {
            let is_ours = s.pair == self.run.pair.id && s.flow == Flow::Catalogue;
            is_ours && s.last_ok_at.is_some()
        }))
    }

    /// Products the warehouse does not have are created there, when the policy allows it.
    async fn create_missing(
        &mut self,
        jcx: &JobCx<'_>,
        products: &[SourceProduct],
    ) -> StoreResult<()> {
        if !self.run.pair.policy.product_auto_create {
            return Ok(());
        }
        // Without the warehouse's own list, read to its end, products would look missing that are not.
        if !self.is_catalogue_read(jcx).await? {
            self.is_early = true;
            return Ok(());
        }
        let set = jcx.cx.mapping_set(&self.run.pair.id).await?;
        let codes: Vec<ItemCode> = products.iter().map(|p| set.item(&p.sku).item).collect();
        let known = jcx.cx.store.items(&self.run.pair.warehouse, &codes).await?;
        let mut changes = Vec::new();
        for (product, code) in products.iter().zip(&codes) {
            if product.is_composite
                || known.iter().any(|k| &k.code == code && !k.is_absent())
                || set.item(&product.sku).mapping.is_some()
            {
                continue;
            }
            let id = DeliveryId(jcx.cx.id().await?);
            match create_item(&self.run, product, code, id, jcx.cx.now()) {
                Ok(delivery) => {
                    self.created += 1;
                    changes.push(Change::Enqueue(Box::new(delivery)));
                }
                Err(why) => {
                    let mut occurrence = self.run.occurrence(Kind::PrdNotInWms, &why, jcx.cx.now());
                    occurrence.discriminator = format!("SKU={}", product.sku);
                    occurrence.object =
                        crate::domain::exception::ObjectRef::Item(product.sku.0.clone());
                    occurrence.label = product.sku.0.clone();
                    changes.push(Change::Raise(occurrence));
                }
            }
        }
        jcx.cx
            .commit("products", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }

    /// What the source shows against what it should show.
    async fn compare(&mut self, jcx: &JobCx<'_>, products: &[SourceProduct]) -> StoreResult<()> {
        let set = jcx.cx.mapping_set(&self.run.pair.id).await?;
        let items: Vec<ItemCode> = products.iter().map(|p| set.item(&p.sku).item).collect();
        let stored = jcx.cx.store.positions_of(&self.run.pair.id, &items).await?;
        let moves =
            stock::moves_since_writes(jcx.cx, Some(self.run.pair.id.clone()), stored.iter())
                .await?;
        let places: Vec<LocationId> = set
            .locations()
            .into_iter()
            .map(|(location, _)| location)
            .collect();
        let now = jcx.cx.now();
        let mut changes = Vec::new();
        let mut positions = Vec::new();
        let open: Vec<OpenException> = jcx
            .cx
            .store
            .open_exceptions(&[], Some(&self.run.pair.id))
            .await?;
        for (product, item) in products.iter().zip(&items) {
            for location in &places {
                let Some(position) = stored
                    .iter()
                    .find(|p| &p.item == item && &p.location == location)
                else {
                    continue;
                };
                let shown = product
                    .stock
                    .iter()
                    .flatten()
                    .find(|s| &s.location == location)
                    .cloned()
                    .unwrap_or_else(|| SourceStock {
                        sku: product.sku.clone(),
                        location: location.clone(),
                        level_each: 0,
                        committed_each: 0,
                        available_each: 0,
                    });
                let (mut compared, found) =
                    stock::compare(position, &shown, &moves, &self.run.pair.policy, now);
                compared.price_minor = product.price_minor;
                self.drifting += i64::from(compared.runs >= 2);
                self.suspected += i64::from(compared.runs == 1);
                changes.extend(found.into_iter().filter(|c| is_worth_writing(c, &open)));
                if compared.lag_each != 0 || compared.external_each != 0 {
                    changes.push(Change::ScheduleHasten {
                        pair: self.run.pair.id.clone(),
                        flow: Flow::StockSnapshot,
                        at: now,
                    });
                }
                positions.push(compared);
            }
        }
        changes.push(Change::Positions(positions));
        jcx.cx
            .commit("reconcile", Some(jcx.fence), changes)
            .await
            .map(|_| ())
    }
}

/// A clear for something that is not open need not be written.
pub(super) fn is_worth_writing(change: &Change, open: &[OpenException]) -> bool {
    match change {
        Change::Clear {
            kind,
            discriminator: Some(discriminator),
            ..
        } => open
            .iter()
            .any(|e| e.kind == *kind && &e.discriminator == discriminator),
        _ => true,
    }
}

fn create_item(
    run: &Run,
    product: &SourceProduct,
    code: &ItemCode,
    id: DeliveryId,
    now: crate::domain::time::Ts,
) -> Result<NewDelivery, String> {
    let line = PickLine {
        row_id: String::new(),
        line_ref: String::new(),
        sku: product.sku.clone(),
        title: product.title.clone(),
        barcode: product.barcode.clone(),
        qty_each: 0,
        unit_price_minor: product.price_minor,
        is_unlinked: false,
    };
    let item = preflight::auto_item(&line, code)?;
    Ok(product_delivery(run, &product.sku.0, item, id, now))
}

/// The write that creates an item.
pub fn product_delivery(
    run: &Run,
    sku: &str,
    item: crate::domain::wms::NewItem,
    id: DeliveryId,
    now: crate::domain::time::Ts,
) -> NewDelivery {
    let intent = Intent::CreateItem(item.clone());
    NewDelivery {
        id,
        flow: Flow::Product,
        pair: run.pair.id.clone(),
        system: run.pair.warehouse.clone(),
        lane: Flow::Product.lane(),
        order_key: keys::item_lane(&item.code),
        idem_key: keys::product(&run.pair.id, &sku.into(), &intent.content_hash()),
        order: None,
        object: item.code.0.clone(),
        intent,
        ship_by: None,
        due_at: now,
        depth: 1,
        caused_at: now,
    }
}

/// Hop 2: was the sales channel told about the despatch?
pub struct NotifyWatch {
    source: Arc<dyn Channel>,
    run: Run,
    waiting: Option<Vec<crate::domain::order::OrderRow>>,
    told: usize,
    failed: usize,
}

/// Confirmed orders looked at per run.
const NOTIFY_ROWS_MAX: usize = 1_000;

impl NotifyWatch {
    /// A fresh watch.
    pub const fn new(source: Arc<dyn Channel>, run: Run) -> Self {
        Self {
            source,
            run,
            waiting: None,
            told: 0,
            failed: 0,
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        Op::AuditTrails
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        if self.waiting.is_none() {
            let rows = jcx
                .cx
                .store
                .order_rows_in(
                    &self.run.pair.id,
                    &[OrderState::Confirmed],
                    None,
                    NOTIFY_ROWS_MAX,
                )
                .await?;
            self.waiting = Some(rows);
        }
        let Some(waiting) = self.waiting.as_mut() else {
            return Ok(Tick::Done);
        };
        let chunk: Vec<_> = waiting.drain(..waiting.len().min(TERMS_MAX)).collect();
        let is_last = waiting.is_empty();
        if !chunk.is_empty() {
            let ids: Vec<SourceOrderId> = chunk.iter().map(|r| r.source_id.clone()).collect();
            let called = call!(jcx, Keep::OnError, |log| self
                .source
                .notify_states(&ids, &log));
            let states: HashMap<SourceOrderId, NotifyState> = match called.answer {
                Ok(states) => states.into_iter().collect(),
                Err(error) => {
                    self.run.failed(jcx, &error, called.payloads).await?;
                    return Ok(Tick::Done);
                }
            };
            self.judge(jcx, &chunk, &states).await?;
        }
        if !is_last {
            return Ok(Tick::More);
        }
        let note = format!("{} channels told, {} not", self.told, self.failed);
        let done = self.run.done(jcx.cx.now(), note, None);
        jcx.cx.commit("notify", Some(jcx.fence), vec![done]).await?;
        Ok(Tick::Done)
    }

    async fn judge(
        &mut self,
        jcx: &JobCx<'_>,
        rows: &[crate::domain::order::OrderRow],
        states: &HashMap<SourceOrderId, NotifyState>,
    ) -> StoreResult<()> {
        let now = jcx.cx.now();
        let ids: Vec<_> = rows.iter().map(|r| r.id).collect();
        let grace = self.run.pair.policy.notify_grace;
        let pair = self.run.pair.id.clone();
        let (mut told, mut failed) = (0, 0);
        for row in rows {
            match states.get(&row.source_id) {
                Some(NotifyState::Confirmed) => told += 1,
                Some(NotifyState::Failed(_)) => failed += 1,
                _ => {}
            }
        }
        self.told += told;
        self.failed += failed;
        settle_notified(jcx, &ids, &pair, states, grace, now).await
    }
}

async fn settle_notified(
    jcx: &JobCx<'_>,
    ids: &[crate::domain::ids::OrderId],
    pair: &crate::domain::ids::PairId,
    states: &HashMap<SourceOrderId, NotifyState>,
    grace: Span,
    now: crate::domain::time::Ts,
) -> StoreResult<()> {
    use crate::domain::decide;
    use crate::domain::preflight::Fault;
    super::super::settle::commit_orders(jcx, "notify", ids, |orders| {
        let mut changes = Vec::new();
        for order in orders.values() {
            let mut row = order.row.clone();
            let confirmed_at = row.confirmed_at.unwrap_or(now);
            let discriminator = format!("ORDER={}", row.number);
            let fault = |detail: String| Fault {
                kind: Kind::DspNotNotified,
                discriminator: discriminator.clone(),
                detail,
            };
            match states.get(&row.source_id) {
                Some(NotifyState::Confirmed) => {
                    row.notified_at = Some(now);
                    decide::enter(&mut row, OrderState::Notified, now);
                    changes.push(Change::Clear {
                        kind: Kind::DspNotNotified,
                        pair: pair.clone(),
                        discriminator: Some(discriminator),
                        object: crate::domain::exception::ObjectRef::Order(row.id),
                        how: "auto".to_owned(),
                        evidence: "the source's audit trail shows the channel confirmed".to_owned(),
                    });
                    changes.push(Change::Order {
                        row: Box::new(row),
                        body: None,
                        lines: None,
                    });
                }
                Some(NotifyState::Failed(note)) => {
                    let fault = fault(format!("the source was told, its channel was not: {note}"));
                    changes.push(Change::Raise(decide::occurrence(
                        pair,
                        &row,
                        &fault,
                        None,
                        confirmed_at,
                    )));
                }
                _ if now.since(confirmed_at) > grace => {
                    let fault = fault(
                        "the source was told, and nothing shows that its channel was".to_owned(),
                    );
                    changes.push(Change::Raise(decide::occurrence(
                        pair,
                        &row,
                        &fault,
                        None,
                        confirmed_at,
                    )));
                }
                _ => {}
            }
        }
        changes
    })
    .await
}
