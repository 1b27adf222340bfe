//! A deliberately naive client: one order at a time over the same adapters, every step proven by its own read. It shows
//! what batching is worth; nothing of it is used by the program.

use super::BenchError;
use super::rig::BenchRig;
use crate::domain::delivery::{DespatchIntent, DespatchIntentLine};
use crate::domain::ids::{CarrierService, ItemCode, SourceOrderId, WmsOrderNo};
use crate::domain::mapping_set::MappingSet;
use crate::domain::order::{SourceOrder, WmsOrderIntent};
use crate::domain::preflight::{self, FieldLimits, ItemFact, PreflightInput, Verdict};
use crate::domain::time::{Span, Ts};
use crate::domain::wms::WmsItem;
use crate::vendors::{
    Answer, CallLog, Confirming, Intake, ParcelStep, Parcels, Processing, SalesSystem,
    ShippingUpdate, Warehouse,
};
use std::collections::HashMap;
use std::sync::Arc;

fn had<T>(answer: Answer<T>) -> Result<T, BenchError> {
    answer.map_err(|error| {
        BenchError::Unfinished(format!("the naive client was refused: {}", error.text))
    })
}

fn missing(what: &str) -> BenchError {
    BenchError::Unfinished(format!("the naive client has no {what}"))
}

/// Takes every placed order into the warehouse and, once the floor has despatched it, back into the source.
///
/// # Errors
/// A call was refused.
pub async fn run(rig: &BenchRig, orders: usize) -> Result<(), BenchError> {
    let source = rig.systems.sources.get(&rig.pair.source);
    let source = source.ok_or_else(|| missing("sales system"))?.clone();
    let warehouse = rig.systems.warehouses.get(&rig.pair.warehouse);
    let warehouse = warehouse.ok_or_else(|| missing("warehouse"))?.clone();
    let log = CallLog::default();
    let version = rig.store.mapping_version(&rig.pair.id).await?;
    let set = MappingSet::new(version, rig.store.mappings(&rig.pair.id).await?);
    let ids = ids_of(rig, &set, &source, &log).await?;
    let mut sent = Vec::with_capacity(ids.len());
    for id in ids {
        let order = one(&source, &id, &log).await?;
        let intent = intent_of(rig, &set, &warehouse, &order).await?;
        send(&warehouse, &intent, &log).await?;
        sent.push((order, intent.number));
    }
    if sent.len() != orders {
        return Err(missing("way to all orders"));
    }
    rig.despatch_all()?;
    let tracking = tracking_of(rig, &warehouse, &log).await?;
    for (order, number) in &sent {
        let tracking = tracking.get(number).ok_or_else(|| missing("despatch"))?;
        match source.clone().confirming() {
            Confirming::Processing(of) => {
                confirm(&source, &of, &order.source_id, tracking, &log).await?;
            }
            Confirming::Parcels(of) => {
                let parcel = parcel_of(order, number, tracking, rig.now());
                ship(&source, &of, &parcel, &log).await?;
            }
        }
    }
    Ok(())
}

/// The orders to take in, from the one list there is.
async fn ids_of(
    rig: &BenchRig,
    set: &MappingSet,
    source: &Arc<dyn SalesSystem>,
    log: &CallLog,
) -> Result<Vec<SourceOrderId>, BenchError> {
    match source.clone().intake() {
        Intake::OpenList(open) => {
            let locations = set.locations();
            let (location, _) = locations.first().ok_or_else(|| missing("location"))?;
            had(open.open_order_ids(location, log).await)
        }
        Intake::Changes(changed) => {
            let since = rig.now() - Span::hours(1);
            let (mut ids, mut mark): (Vec<SourceOrderId>, Option<String>) = (Vec::new(), None);
            loop {
                let page = had(changed.changes_page(since, mark.as_deref(), log).await)?;
                ids.extend(page.orders.rows.into_iter().map(|o| o.source_id));
                ids.extend(page.named.into_iter().map(|o| o.source_id));
                mark = page.next;
                if mark.is_none() {
                    return Ok(ids);
                }
            }
        }
    }
}

async fn one(
    source: &Arc<dyn SalesSystem>,
    id: &SourceOrderId,
    log: &CallLog,
) -> Result<SourceOrder, BenchError> {
    let found = match source.clone().intake() {
        Intake::OpenList(open) => open.open_orders_by_ids(std::slice::from_ref(id), log).await,
        Intake::Changes(_) => source.orders_by_ids(std::slice::from_ref(id), log).await,
    };
    had(found)?.rows.pop().ok_or_else(|| missing("order"))
}

/// The whole order in one parcel.
fn parcel_of(order: &SourceOrder, number: &WmsOrderNo, tracking: &str, now: Ts) -> DespatchIntent {
    let lines = order.lines.iter().filter(|l| !l.is_service);
    DespatchIntent {
        source_id: order.source_id.clone(),
        number: number.clone(),
        despatches: Vec::new(),
        tracking: tracking.to_owned(),
        carrier: order.service.to_string(),
        carrier_wms: String::new(),
        despatched_at: now,
        location: order.location.clone(),
        lines: lines
            .map(|l| DespatchIntentLine {
                row_id: l.row_id.clone(),
                sku: l.sku.clone(),
                qty_each: l.qty_each,
                before_each: 0,
                unit_price_minor: l.unit_price_minor,
            })
            .collect(),
        is_whole: true,
        is_customer_told: true,
        split_id: None,
    }
}

/// Calls one parcel may take.
const CALLS_MAX: usize = 8;

async fn ship(
    source: &Arc<dyn SalesSystem>,
    parcels: &Arc<dyn Parcels>,
    parcel: &DespatchIntent,
    log: &CallLog,
) -> Result<(), BenchError> {
    let mut sale = one(source, &parcel.source_id, log).await?;
    for _ in 0..CALLS_MAX {
        let step = parcels.next(&sale, parcel);
        match step.map_err(BenchError::Unfinished)? {
            ParcelStep::Shown => break,
            ParcelStep::Write => sale = had(parcels.write(&sale, parcel, log).await)?,
        }
    }
    one(source, &parcel.source_id, log).await?;
    Ok(())
}

async fn send(
    warehouse: &Arc<dyn Warehouse>,
    intent: &WmsOrderIntent,
    log: &CallLog,
) -> Result<(), BenchError> {
    let number = std::slice::from_ref(&intent.number);
    let one = std::slice::from_ref(intent);
    had(warehouse.orders_by_number(number, log).await)?;
    had(warehouse.save_headers(one, log).await)?;
    had(warehouse.save_lines(one, log).await)?;
    had(warehouse.orders_by_number(number, log).await)?;
    had(warehouse.lines_by_number(number, log).await)?;
    Ok(())
}

async fn confirm(
    source: &Arc<dyn SalesSystem>,
    processing: &Arc<dyn Processing>,
    id: &SourceOrderId,
    tracking: &str,
    log: &CallLog,
) -> Result<(), BenchError> {
    let ids = std::slice::from_ref(id);
    let found = had(source.orders_by_ids(ids, log).await)?.rows.pop();
    let order = found.ok_or_else(|| missing("order"))?;
    let update = ShippingUpdate {
        source_id: id.clone(),
        tracking: tracking.to_owned(),
        service_id: order.service_id.clone(),
        vendor_extra: order.vendor_extra.clone(),
    };
    had(processing.set_shipping(&update, log).await)?;
    had(processing.process_batch(ids, &order.location, log).await)?;
    had(source.orders_by_ids(ids, log).await)?;
    Ok(())
}

/// Tracking by warehouse order number, from the despatch report.
async fn tracking_of(
    rig: &BenchRig,
    warehouse: &Arc<dyn Warehouse>,
    log: &CallLog,
) -> Result<HashMap<WmsOrderNo, String>, BenchError> {
    let mut out = HashMap::new();
    let since = rig.now() - Span::hours(1);
    for page in 1.. {
        let rows = had(warehouse.despatches_page(since, page, log).await)?;
        for row in rows.rows {
            out.insert(row.number, row.tracking);
        }
        if rows.is_last {
            break;
        }
    }
    Ok(out)
}

async fn intent_of(
    rig: &BenchRig,
    set: &MappingSet,
    warehouse: &Arc<dyn Warehouse>,
    order: &SourceOrder,
) -> Result<WmsOrderIntent, BenchError> {
    let codes: Vec<ItemCode> = order
        .pick_lines()
        .iter()
        .map(|l| set.item(&l.sku).item)
        .collect();
    let items: HashMap<ItemCode, WmsItem> = rig
        .store
        .items(&rig.pair.warehouse, &codes)
        .await?
        .into_iter()
        .map(|i| (i.code.clone(), i))
        .collect();
    let limits = FieldLimits::default();
    let verdict = preflight::check(&PreflightInput {
        order,
        mappings: set,
        policy: &rig.pair.policy,
        prefix: &rig.pair.prefix,
        channel: &rig.pair.channel,
        revision: 1,
        pair: &rig.pair.id,
        items: &|code| {
            items
                .get(code)
                .map_or(ItemFact::Absent, |i| ItemFact::Known(i.clone()))
        },
        code_fault: &|code| warehouse.item_code_fault(code),
        limits: &limits,
        service_targets: &|_: &CarrierService| Some(true),
        stock: &|_, _| None,
        sent: None,
        site_choice: None,
        edits: &[],
        now: rig.now(),
    });
    match verdict {
        Verdict::Pass { intent, .. } => Ok(*intent),
        Verdict::Fail(faults) => Err(BenchError::Unfinished(format!(
            "the naive client may not send order {}: {}",
            order.number,
            faults
                .first()
                .map(|f| f.detail.as_str())
                .unwrap_or_default()
        ))),
        Verdict::NeedItems(_) => Err(missing("items")),
        Verdict::Wait(_) => Err(missing("stock movements")),
    }
}
