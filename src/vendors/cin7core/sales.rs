//! Calls that read sales.

use super::Cin7Core;
use super::call::Call;
use super::client::{Parameter, fail, unread};
use super::fulfilment::{Fulfilment, Ship, Stage, fulfilments, ship, stage};
use super::page::{self, page_query, too_many_unread};
use super::sale::{self, Context, SaleRead, SaleRow};
use super::value::{Fault, Node, normal_id};
use super::words::{OrderStatus, PackingStatus, PickingStatus, SaleStatus, ShippingStatus};
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{LocationId, SourceOrderId};
use crate::domain::time::Ts;
use crate::text::clean_to;
use crate::vendors::{Answer, CallLog, UnreadOrder};
use serde_json::Value;
use std::collections::HashSet;

/// Longest order number shown for a sale that cannot be read, characters.
const LABEL_CHARS_MAX: usize = 60;

/// Which sales a list shall hold. One value per status: lists of values match nothing.
#[derive(Debug, Clone, Default)]
pub struct SaleFilter {
    /// Changed in any way since then. Whether the boundary itself belongs is not documented: overlap the windows by a
    /// few minutes and tell sales apart by id.
    pub updated_since: Option<Ts>,
    /// `UpdatedUntil`.
    pub updated_until: Option<Ts>,
    pub created_since: Option<Ts>,
    pub status: Option<SaleStatus>,
    /// AUTHORISED brings sales at every later stage too.
    pub order_status: Option<OrderStatus>,
    pub picking: Option<PickingStatus>,
    pub packing: Option<PackingStatus>,
    pub shipping: Option<ShippingStatus>,
    /// Pack authorised, shipment not.
    pub is_ready_for_shipping: bool,
    pub location: Option<LocationId>,
    pub external_id: Option<String>,
}

impl SaleFilter {
    /// The query. Parameters and members have different names here and there (`CombinedPickStatus` against
    /// `CombinedPickingStatus`); a misspelt one would be ignored silently.
    fn query(&self) -> Vec<Parameter<'static>> {
        let word = |word: Option<&'static str>| word.map(str::to_owned);
        let members = [
            ("UpdatedSince", self.updated_since.map(stamp)),
            ("UpdatedUntil", self.updated_until.map(stamp)),
            ("CreatedSince", self.created_since.map(stamp)),
            ("Status", word(self.status.map(SaleStatus::as_str))),
            (
                "OrderStatus",
                word(self.order_status.map(OrderStatus::as_str)),
            ),
            (
                "CombinedPickStatus",
                word(self.picking.map(PickingStatus::as_str)),
            ),
            (
                "CombinedPackStatus",
                word(self.packing.map(PackingStatus::as_str)),
            ),
            (
                "CombinedShippingStatus",
                word(self.shipping.map(ShippingStatus::as_str)),
            ),
            (
                "ReadyForShipping",
                self.is_ready_for_shipping.then(|| "true".to_owned()),
            ),
            (
                "OrderLocationID",
                self.location.as_ref().map(|l| l.0.clone()),
            ),
            ("ExternalID", self.external_id.clone()),
        ];
        let given = members.into_iter();
        given.filter_map(|(name, v)| Some((name, v?))).collect()
    }
}

/// UTC in the documented form, seconds rounded down.
fn stamp(at: Ts) -> String {
    at.to_utc().format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// A page of the list of sales.
#[derive(Debug, Clone)]
pub struct SalesPage {
    pub rows: Vec<SaleRow>,
    /// Sales that exist and cannot be read, set aside alone.
    pub unread: Vec<UnreadOrder>,
    /// The vendor's own count; not exact while data changes.
    pub total: Option<i64>,
    pub is_last: bool,
}

impl Cin7Core {
    /// A page (from 1) of the list of sales, each sale once. One that cannot be read is set aside alone.
    ///
    /// # Errors
    /// Malformed when a sale lies before the time asked for: the filter was ignored.
    pub async fn sales_page(
        &self,
        filter: &SaleFilter,
        page: u32,
        log: &CallLog,
    ) -> Answer<SalesPage> {
        let call = Call::SaleList;
        let mut query = page_query(page);
        query.extend(filter.query());
        let answer = self.client.read(call, &query, log).await?;
        let out = sales_of(call, &answer, page)?;
        // The query holds whole seconds.
        let since = filter.updated_since.map(|at| at.unix_secs());
        let early = out.rows.iter().find(|row| {
            let updated = row.updated_at.map(|at| at.unix_secs());
            matches!((updated, since), (Some(updated), Some(since)) if updated < since)
        });
        if let Some(row) = early {
            let text = format!(
                "sale {} was last changed before the time asked for: UpdatedSince was ignored",
                row.number
            );
            return Err(fail(call, AnswerClass::Malformed, &text));
        }
        Ok(out)
    }

    /// The sale with exactly this order number. Cin7 Core's search also looks for parts of it and in other members, so
    /// what it finds is compared; `None` when no row of the first page fits.
    ///
    /// # Errors
    /// As every read; malformed when two sales have the number.
    pub async fn sale_by_number(&self, number: &str, log: &CallLog) -> Answer<Option<SaleRow>> {
        let call = Call::SaleList;
        let mut query = page_query(1);
        query.push(("Search", number.to_owned()));
        let answer = self.client.read(call, &query, log).await?;
        let found = sales_of(call, &answer, 1)?;
        let mut rows = found.rows.into_iter().filter(|row| row.number == number);
        match (rows.next(), rows.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => {
                let text = format!("two sales have the number {number}");
                Err(fail(call, AnswerClass::Malformed, &text))
            }
        }
    }

    /// One sale, whole, with its fulfilments, invoices and credit notes; countries as two-letter codes. One that exists
    /// and cannot be read is set aside.
    ///
    /// # Errors
    /// Malformed when the answer is not this sale. What an unknown id is answered with is not documented; a 400 is
    /// expected, which is rejected.
    pub async fn sale(&self, id: &SourceOrderId, log: &CallLog) -> Answer<SaleRead> {
        let call = Call::Sale;
        let query = [
            ("ID", id.0.clone()),
            ("CountryFormat", "Code2".to_owned()),
            ("HideInventoryMovements", "true".to_owned()),
        ];
        let answer = self.client.read(call, &query, log).await?;
        let node = Node::root(&answer);
        is_of(&node, "ID", id.as_str()).map_err(|fault| unread(call, &fault))?;
        let context = Context {
            location_id: &|name| self.location_id(name),
            time_zone: self.time_zone,
        };
        Ok(match sale::sale(&node, &context) {
            Ok(sale) => SaleRead::Sale(Box::new(sale)),
            Err(fault) => {
                let number = node
                    .child("Order")
                    .ok()
                    .flatten()
                    .and_then(|order| order.text("SaleOrderNumber").ok())
                    .unwrap_or_default();
                SaleRead::Unread(unread_sale(normal_id(id.as_str()), number, &fault))
            }
        })
    }

    /// The fulfilments of a sale.
    pub async fn fulfilments(&self, id: &SourceOrderId, log: &CallLog) -> Answer<Vec<Fulfilment>> {
        let call = Call::Fulfilments;
        let answer = self
            .client
            .read(call, &[("SaleID", id.0.clone())], log)
            .await?;
        let node = Node::root(&answer);
        is_of(&node, "SaleID", id.as_str())
            .and_then(|()| node.need_list("Fulfilments"))
            .and_then(|_| fulfilments(&node))
            .map_err(|fault| unread(call, &fault))
    }

    /// The pick of a fulfilment.
    pub async fn pick(&self, task_id: &str, log: &CallLog) -> Answer<Stage> {
        self.stage_of(Call::ReadPick, task_id, log).await
    }

    /// The pack of a fulfilment. Once the pick is authorised it may already offer lines to be boxed.
    pub async fn pack(&self, task_id: &str, log: &CallLog) -> Answer<Stage> {
        self.stage_of(Call::ReadPack, task_id, log).await
    }

    /// The shipment of a fulfilment.
    pub async fn shipment(&self, task_id: &str, log: &CallLog) -> Answer<Ship> {
        let call = Call::ReadShip;
        let answer = self.task(call, task_id, log).await?;
        let node = Node::root(&answer);
        is_of(&node, "TaskID", task_id)
            .and_then(|()| ship(&node))
            .map_err(|fault| unread(call, &fault))
    }

    async fn stage_of(&self, call: Call, task_id: &str, log: &CallLog) -> Answer<Stage> {
        let answer = self.task(call, task_id, log).await?;
        let node = Node::root(&answer);
        is_of(&node, "TaskID", task_id)
            .and_then(|()| stage(&node))
            .map_err(|fault| unread(call, &fault))
    }

    async fn task(&self, call: Call, task_id: &str, log: &CallLog) -> Answer<Value> {
        let query = [("TaskID", task_id.to_owned())];
        self.client.read(call, &query, log).await
    }
}

/// Whether an answer is about the object asked for.
pub(super) fn is_of(node: &Node<'_>, member: &str, id: &str) -> Result<(), Fault> {
    let found = node.need_id(member)?;
    if found != normal_id(id) {
        let why = format!("is {found} though {id} was asked for");
        return Err(Fault::new(member, why));
    }
    Ok(())
}

/// The rows of a list of sales.
fn sales_of(call: Call, answer: &Value, page: u32) -> Answer<SalesPage> {
    let node = Node::root(answer);
    let list = page::list(&node, "SaleList", page).map_err(|fault| unread(call, &fault))?;
    let mut out = SalesPage {
        rows: Vec::with_capacity(list.rows.len()),
        unread: Vec::new(),
        total: list.total,
        is_last: list.is_last,
    };
    let mut seen = HashSet::with_capacity(list.rows.len());
    for row in &list.rows {
        match sale::row(row) {
            Ok(sale) => {
                if seen.insert(sale.id.clone()) {
                    out.rows.push(sale);
                }
            }
            Err(fault) => match row.id("SaleID") {
                Ok(Some(id)) if seen.insert(SourceOrderId(id.clone())) => {
                    let number = row.text("OrderNumber").unwrap_or_default();
                    out.unread.push(unread_sale(id, number, &fault));
                }
                Ok(Some(_)) => {}
                // Without an id nobody can say what is missing.
                _ => return Err(unread(call, &fault)),
            },
        }
    }
    too_many_unread(call, out.rows.len(), out.unread.len(), || {
        out.unread.first().map(|u| u.text.clone())
    })?;
    Ok(out)
}

fn unread_sale(id: String, number: String, fault: &Fault) -> UnreadOrder {
    let label = if number.is_empty() {
        id.clone()
    } else {
        clean_to(&number, LABEL_CHARS_MAX)
    };
    UnreadOrder {
        source_id: SourceOrderId(id),
        text: format!("order {label}: {fault}"),
        label,
    }
}
