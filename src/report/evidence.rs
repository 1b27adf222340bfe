//! The evidence sheet of an order: one page that answers "the warehouse says it never got it".

use super::print::{at, opt};
use super::table::{Column, Table};
use super::why::why_text;
use crate::domain::delivery::{Attempt, DeliveryRow};
use crate::domain::edits::FieldEdit;
use crate::domain::exception::{ObjectRef, OccurrenceRow};
use crate::domain::ids::{OrderId, SystemId};
use crate::domain::order::{OrderFull, OrderLine, OrderRow};
use crate::domain::time::Ts;
use crate::domain::why::Why;
use crate::store::read::{DespatchGroup, JournalRow};
use crate::store::{Store, StoreResult};
use crate::text::{clean, money};
use serde::Serialize;

/// Most journal rows on one sheet.
pub const TIMELINE_ROWS_MAX: usize = 500;

/// Everything we can show about one order. Times are microseconds since 1970, UTC.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence {
    pub printed_at: Ts,
    pub order: OrderRow,
    /// What the source calls the order's location.
    pub place: String,
    /// How its site was chosen; empty before it was, and for orders older than the record of it.
    pub site_chosen_by: String,
    pub lines: Vec<OrderLine>,
    /// The timestamped record, oldest first.
    pub record: Vec<Moment>,
    pub deliveries: Vec<EvidenceDelivery>,
    pub exceptions: Vec<EvidenceException>,
    /// Text that a person corrected for the send.
    pub edits: Vec<FieldEdit>,
    /// Why it is where it is.
    pub why: Option<Why>,
    /// The journal of this order is longer than one sheet holds.
    pub is_shortened: bool,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    pub at: Ts,
    /// Where this is known from: `source`, `order`, `attempt`, `despatch`, `journal`.
    pub from: &'static str,
    pub what: String,
    /// Who or which rule did it; empty where nobody of ours did.
    pub by: String,
}

/// One outward write of the order.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceDelivery {
    pub delivery: DeliveryRow,
    pub attempts: Vec<Attempt>,
}

/// One exception the order stands in.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceException {
    pub kind: String,
    pub discriminator: String,
    pub occurrence: OccurrenceRow,
}

/// Gathers the sheet of an order; `warehouse` is the pair's warehouse when the configuration names it. `None` when
/// there is no such order.
///
/// # Errors
/// When the store cannot be read.
pub async fn order_evidence(
    store: &Store,
    id: OrderId,
    warehouse: Option<&SystemId>,
    now: Ts,
) -> StoreResult<Option<Evidence>> {
    let Some(full) = store.orders_by_id(&[id]).await?.into_iter().next() else {
        return Ok(None);
    };
    let mut deliveries = Vec::new();
    for delivery in store.deliveries_of_order(id).await? {
        let attempts = store.attempts(delivery.id).await?;
        deliveries.push(EvidenceDelivery { delivery, attempts });
    }
    let despatches = match (warehouse, &full.row.wms_number) {
        (Some(system), Some(number)) => {
            store
                .despatches_of(system, std::slice::from_ref(number))
                .await?
        }
        _ => Vec::new(),
    };
    let object = ObjectRef::Order(id);
    let journal = store.timeline(&object, TIMELINE_ROWS_MAX).await?;
    let exceptions = store
        .occurrences_of(&object)
        .await?
        .into_iter()
        .map(|(kind, discriminator, occurrence)| EvidenceException {
            kind: kind.code().to_owned(),
            discriminator,
            occurrence,
        })
        .collect();
    let places = store.places(std::slice::from_ref(&full.row.pair)).await?;
    Ok(Some(Evidence {
        place: places.say(full.row.location.to_string()),
        site_chosen_by: full
            .routed()
            .map_or_else(String::new, |r| places.say(r.why.clone())),
        printed_at: now,
        record: record(&full, &deliveries, &despatches, &journal),
        edits: full.body.edits,
        order: full.row,
        lines: full.lines,
        deliveries,
        exceptions,
        why: None,
        is_shortened: journal.len() == TIMELINE_ROWS_MAX,
    }))
}

fn record(
    full: &OrderFull,
    deliveries: &[EvidenceDelivery],
    despatches: &[DespatchGroup],
    journal: &[JournalRow],
) -> Vec<Moment> {
    let mut out = milestones(full);
    for d in deliveries {
        for a in &d.attempts {
            out.push(Moment {
                at: a.finished_at,
                from: "attempt",
                what: format!(
                    "{} delivery {} attempt {} at {}: {}{}",
                    d.delivery.flow,
                    d.delivery.id,
                    a.n,
                    d.delivery.system,
                    a.class,
                    said(&a.text)
                ),
                by: "engine".to_owned(),
            });
        }
    }
    for group in despatches {
        if let Some(line) = group.lines.first() {
            let units: i64 = group.lines.iter().map(|l| l.qty_each).sum();
            out.push(Moment {
                at: line.despatched_at,
                from: "despatch",
                what: format!(
                    "despatch {} left {}: {units} units, {} {}{}",
                    group.despatch,
                    line.site,
                    line.carrier,
                    line.service,
                    said(&line.tracking)
                ),
                by: String::new(),
            });
        }
    }
    for row in journal {
        let change = match (row.before.is_empty(), row.after.is_empty()) {
            (false, false) => format!(": {} → {}", row.before, row.after),
            (true, false) => format!(": {}", row.after),
            (false, true) => format!(": {} →", row.before),
            (true, true) => String::new(),
        };
        let why = if row.reason.is_empty() {
            String::new()
        } else {
            format!(" ({})", row.reason)
        };
        out.push(Moment {
            at: row.at,
            from: "journal",
            what: format!("{}{change}{why}", row.action),
            by: row.actor.clone(),
        });
    }
    out.sort_by_key(|m| m.at);
    out
}

fn said(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(", {text}")
    }
}

/// The points of an order's life that its own row knows.
fn milestones(full: &OrderFull) -> Vec<Moment> {
    let row = &full.row;
    let wms = opt(row.wms_number.as_ref());
    let points = [
        (
            Some(row.received_at),
            "source",
            "created in the source".to_owned(),
        ),
        (
            full.body.source.paid_at,
            "source",
            "paid in the source".to_owned(),
        ),
        (
            row.released_at,
            "order",
            "released: may go to the warehouse".to_owned(),
        ),
        (row.first_sent_at, "order", "first sent".to_owned()),
        (
            row.accepted_at,
            "order",
            format!("accepted by the warehouse as {wms}"),
        ),
        (
            row.despatched_at,
            "order",
            "wholly despatched by the warehouse".to_owned(),
        ),
        (
            row.confirmed_at,
            "order",
            "confirmation read back in the source".to_owned(),
        ),
        (
            row.notified_at,
            "order",
            "the channel was told (hop 2)".to_owned(),
        ),
    ];
    points
        .into_iter()
        .filter_map(|(at, from, what)| {
            Some(Moment {
                at: at?,
                from,
                what,
                by: String::new(),
            })
        })
        .collect()
}

impl Evidence {
    /// The record as a table.
    pub fn record_table(&self) -> Table {
        let mut table = Table::new(&[
            Column::text("time (UTC)"),
            Column::text("from"),
            Column::text("what"),
            Column::text("by"),
        ]);
        for m in &self.record {
            table.row([
                at(Some(m.at)),
                m.from.to_owned(),
                m.what.clone(),
                m.by.clone(),
            ]);
        }
        table
    }

    /// The whole sheet as text.
    pub fn text(&self, columns_max: Option<usize>) -> String {
        let o = &self.order;
        let mut out = format!(
            "Order {}{} of pair {}\n",
            clean(&o.number),
            o.wms_number
                .as_ref()
                .map(|n| format!(" ({n} in the warehouse)"))
                .unwrap_or_default(),
            o.pair
        );
        let held = o
            .held_reason
            .as_ref()
            .map(|r| format!(", held: {r}"))
            .unwrap_or_default();
        let facts = [
            (
                "state",
                format!("{} since {}{held}", o.state, at(Some(o.state_since))),
            ),
            (
                "blocked by",
                if self.why.is_some() {
                    String::new()
                } else {
                    o.blocked_by.clone()
                },
            ),
            ("source", format!("{:?}, {}", o.source_status, o.channel)),
            (
                "service",
                format!("{} → {}", o.service, opt(o.carrier_service.as_ref())),
            ),
            ("site", format!("{} → {}", self.place, opt(o.site.as_ref()))),
            ("site chosen by", self.site_chosen_by.clone()),
            ("warehouse", opt(o.wms_status.as_ref())),
            ("ship by", at(o.ship_by)),
            ("value", format!("{} {}", money(o.value_minor), o.currency)),
            (
                "customer",
                format!(
                    "{} {} {}",
                    o.customer_initials, o.postcode_district, o.country
                ),
            ),
            ("tracking", o.tracking.clone()),
        ];
        for (name, value) in facts {
            if !value.trim().is_empty() {
                out.push_str(&format!("  {name:<11}{}\n", clean(&value)));
            }
        }
        for edit in &self.edits {
            out.push_str(&format!(
                "  {:<11}{} by {} at {}: was {:?}, now {:?} ({})\n",
                "edited",
                edit.field,
                clean(&edit.who),
                at(Some(edit.at)),
                clean(&edit.was),
                clean(&edit.now),
                clean(&edit.reason)
            ));
        }
        if let Some(why) = &self.why {
            out.push('\n');
            out.push_str(&why_text(why, &o.number, &o.pair));
        }
        out.push('\n');
        out.push_str(&self.lines_table().show(columns_max));
        out.push('\n');
        out.push_str(&self.record_table().show(columns_max));
        if !self.exceptions.is_empty() {
            out.push('\n');
            out.push_str(&self.exceptions_table().show(columns_max));
        }
        if self.is_shortened {
            out.push_str(&format!(
                "\nThe journal is longer; its first {TIMELINE_ROWS_MAX} rows are shown.\n"
            ));
        }
        out.push_str(&format!(
            "\nPrinted {} UTC by tallyman\n",
            at(Some(self.printed_at))
        ));
        out
    }

    fn lines_table(&self) -> Table {
        let mut table = Table::new(&[
            Column::text("line"),
            Column::text("sku"),
            Column::text("item"),
            Column::number("ordered"),
            Column::number("despatched"),
            Column::number("confirmed"),
            Column::text("title"),
        ]);
        for l in &self.lines {
            table.row([
                l.line_ref.clone(),
                l.sku.0.clone(),
                opt(l.item.as_ref()),
                l.qty_each.to_string(),
                l.despatched_each.to_string(),
                l.confirmed_each.to_string(),
                l.title.clone(),
            ]);
        }
        table
    }

    fn exceptions_table(&self) -> Table {
        let mut table = Table::new(&[
            Column::number("exception"),
            Column::text("kind"),
            Column::text("since"),
            Column::text("detail"),
        ]);
        for e in &self.exceptions {
            table.row([
                e.occurrence.exception.to_string(),
                e.kind.clone(),
                at(Some(e.occurrence.began_at)),
                e.occurrence.detail.clone(),
            ]);
        }
        table
    }
}
