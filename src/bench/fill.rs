//! A store as it is after years of trading: orders in every state, most of them long done, and open exceptions.

use super::BenchError;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Batch, Change};
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::ids::OrderId;
use crate::domain::order::{
    Address, OrderBody, OrderLine, OrderRow, OrderState, SourceLine, SourceOrder, SourceStatus,
};
use crate::domain::time::{Span, Ts};
use crate::store::Store;

/// Orders per commit.
const ORDERS_CHUNK: usize = 2_000;
/// Occurrences per commit.
const OCCURRENCES_CHUNK: usize = 5_000;
/// Occurrences of one cause.
const OCCURRENCES_PER_CAUSE: usize = 4;
/// One order in so many is still on its way.
const OPEN_ONE_IN: usize = 50;
/// Time between two orders.
const APART: Span = Span::secs(60);
const PAIR: &str = "lw-pvx";

const FIRST: [&str; 8] = ["Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gwen", "Hugh"];
const LAST: [&str; 8] = [
    "Archer", "Baker", "Cooper", "Dyer", "Fletcher", "Glover", "Mason", "Turner",
];
const OPEN_STATES: [OrderState; 8] = [
    OrderState::Ready,
    OrderState::Blocked,
    OrderState::Queued,
    OrderState::InWarehouse,
    OrderState::Allocated,
    OrderState::Picking,
    OrderState::Backordered,
    OrderState::Confirming,
];
const KINDS: [Kind; 4] = [
    Kind::OrdSkuUnknown,
    Kind::OrdCarrierUnmapped,
    Kind::OrdBackordered,
    Kind::OrdRejected,
];

/// Fills an empty store; a store that has as many orders already is left as it is. Everything goes through commits as
/// the engine makes them, with versions and journal.
///
/// # Errors
/// The store failed.
pub async fn fill(
    store: &Store,
    now: Ts,
    orders: usize,
    occurrences: usize,
) -> Result<(), BenchError> {
    let there = usize::try_from(store.totals().await?.orders).unwrap_or(0);
    if there >= orders {
        return Ok(());
    }
    let ids: Vec<usize> = (there..orders).collect();
    for chunk in ids.chunks(ORDERS_CHUNK) {
        let changes = chunk.iter().map(|n| order(*n, orders, now)).collect();
        commit(store, now, changes).await?;
    }
    let all: Vec<usize> = (0..occurrences).collect();
    for chunk in all.chunks(OCCURRENCES_CHUNK) {
        let changes = chunk
            .iter()
            .map(|n| Change::Raise(occurrence(*n, now)))
            .collect();
        commit(store, now, changes).await?;
    }
    Ok(())
}

async fn commit(store: &Store, now: Ts, changes: Vec<Change>) -> Result<(), BenchError> {
    let batch = Batch {
        actor: "engine/bench".to_owned(),
        at: now,
        fence: None,
        changes,
    };
    store.commit(batch).await?;
    Ok(())
}

/// The number people see.
pub fn number(n: usize) -> String {
    format!("{}", 100_000 + n)
}

fn name(n: usize) -> String {
    format!(
        "{} {}",
        FIRST[n % FIRST.len()],
        LAST[n / FIRST.len() % LAST.len()]
    )
}

fn source_order(n: usize, received: Ts) -> SourceOrder {
    let lines = (0..1 + n % 3)
        .map(|line| SourceLine {
            row_id: format!("row-{n}-{line}"),
            sku: format!("SKU-{:05}", (n * 7 + line * 13) % 20_000).into(),
            title: "A mug of some colour".to_owned(),
            qty_each: 1 + (n % 2) as i64,
            unit_price_minor: 1_250,
            barcode: format!("50{:011}", n % 20_000),
            is_service: false,
            backorder_each: 0,
            is_unlinked: false,
            components: Vec::new(),
        })
        .collect();
    SourceOrder {
        source_id: format!("00000000-0000-4000-8000-{n:012}").into(),
        number: number(n),
        reference: format!("SH{n:08}"),
        channel: "SHOPIFY / Acme UK".to_owned(),
        status: SourceStatus::Open,
        is_paid: true,
        is_resend: false,
        is_parked: false,
        is_locked: false,
        location: "north".into(),
        location_is_fulfilment_centre: false,
        received_at: received,
        paid_at: Some(received),
        ship_by: Some(received + Span::days(2)),
        processed_at: None,
        service: "Royal Mail Tracked 48".into(),
        service_id: "11111111-1111-4111-8111-111111111111".to_owned(),
        tracking: String::new(),
        address: Address {
            name: name(n),
            line1: format!("{} Sample Street", 1 + n % 200),
            town: "York".to_owned(),
            postcode: "YO1 0AA".to_owned(),
            country: "United Kingdom".to_owned(),
            email: "pat@example.test".to_owned(),
            ..Address::default()
        },
        currency: "GBP".to_owned(),
        total_minor: 2_850,
        shipping_minor: 350,
        lines,
        changed_at: None,
        shipments: Vec::new(),
        refunds: Vec::new(),
        returns: Vec::new(),
        vendor_extra: serde_json::Value::Null,
    }
}

fn order(n: usize, orders: usize, now: Ts) -> Change {
    let received = now - Span(APART.0 * (orders - n) as i64);
    let source = source_order(n, received);
    let is_open = n.is_multiple_of(OPEN_ONE_IN);
    let state = if is_open {
        OPEN_STATES[n / OPEN_ONE_IN % OPEN_STATES.len()]
    } else {
        OrderState::Notified
    };
    let done = (!is_open).then_some(received + Span::hours(20));
    let lines: Vec<OrderLine> = source
        .lines
        .iter()
        .map(|l| OrderLine {
            line_ref: l.row_id.clone(),
            row_id: l.row_id.clone(),
            sku: l.sku.clone(),
            item: Some(l.sku.0.clone().into()),
            title: l.title.clone(),
            qty_each: l.qty_each,
            despatched_each: if is_open { 0 } else { l.qty_each },
            confirmed_each: if is_open { 0 } else { l.qty_each },
            unit_price_minor: l.unit_price_minor,
        })
        .collect();
    let row = OrderRow {
        id: OrderId(1_000_000_000 + n as i64),
        pair: PAIR.into(),
        source_id: source.source_id.clone(),
        number: source.number.clone(),
        reference: source.reference.clone(),
        channel: source.channel.clone(),
        wms_number: Some(format!("LW-{}", source.number).into()),
        wms_revision: 1,
        state,
        source_status: if is_open {
            SourceStatus::Open
        } else {
            SourceStatus::Processed
        },
        location: source.location.clone(),
        site: Some("PrimarySite".into()),
        service: source.service.clone(),
        carrier_service: Some("RM48".into()),
        wms_status: Some(if is_open { "Allocated" } else { "Despatched" }.to_owned()),
        is_on_hold: false,
        ship_by: source.ship_by,
        value_minor: source.total_minor + (n % 500) as i64,
        currency: source.currency.clone(),
        units: lines.iter().map(|l| l.qty_each).sum(),
        postcode_district: "YO1".to_owned(),
        customer_initials: "PS".to_owned(),
        country: "GB".to_owned(),
        tracking: if is_open {
            String::new()
        } else {
            format!("RM{n:09}GB")
        },
        source_revision: source.revision(),
        sent_hash: None,
        blocked_by: String::new(),
        missing_polls: 0,
        received_at: received,
        released_at: Some(received),
        first_sent_at: Some(received + Span::mins(1)),
        accepted_at: Some(received + Span::mins(2)),
        despatched_at: done,
        confirmed_at: done,
        notified_at: done,
        source_read_at: received,
        state_since: done.unwrap_or(received),
        held_reason: None,
        version: 0,
        updated_at: received,
    };
    Change::Order {
        row: Box::new(row),
        body: Some(Box::new(OrderBody {
            source,
            intent: None,
            site_choice: None,
            edits: Vec::new(),
        })),
        lines: Some(lines),
    }
}

fn occurrence(n: usize, now: Ts) -> Occurrence {
    let cause = n / OCCURRENCES_PER_CAUSE;
    Occurrence {
        kind: KINDS[cause % KINDS.len()],
        pair: PAIR.into(),
        discriminator: format!("CAUSE=C{cause:06}"),
        object: ObjectRef::Order(OrderId(1_000_000_000 + n as i64)),
        label: number(n),
        detail: format!(
            "C{cause:06} is not known in the warehouse; order {} waits",
            number(n)
        ),
        began_at: now - Span::mins((n % 10_000) as i64),
        ship_by: Some(now + Span::mins((n % 5_000) as i64 - 500)),
        value_minor: 2_850,
        severity: None,
    }
}
