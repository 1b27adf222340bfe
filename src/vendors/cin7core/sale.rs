//! Sales as Cin7 Core tells them: rows of the list, and one sale whole.

use super::credit::{CreditNote, credit_note};
use super::decimal::Decimal;
use super::fulfilment::{Fulfilment, fulfilments};
use super::order;
use super::value::{Fault, Node, Read};
use super::words::{
    FulfilmentStatus, OrderStatus, PackingStatus, PickingStatus, SaleKind, SaleStatus,
    ShippingStatus, StageStatus,
};
use crate::domain::ids::{LocationId, Sku, SourceOrderId};
use crate::domain::order::SourceOrder;
use crate::domain::time::Ts;
use crate::vendors::{Orders, UnreadOrder};
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::collections::HashMap;

/// A row of the list of sales. Rows carry no lines and no address: a sale is read whole by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleRow {
    pub id: SourceOrderId,
    pub number: String,
    pub kind: SaleKind,
    pub status: SaleStatus,
    pub order_status: OrderStatus,
    pub picking: PickingStatus,
    pub packing: PackingStatus,
    pub shipping: ShippingStatus,
    pub fulfilment: FulfilmentStatus,
    /// `CombinedInvoiceStatus` as written: its documented values do not match the data.
    pub invoicing: String,
    /// `CombinedPaymentStatus` as written.
    pub payment: String,
    pub credit_status: StageStatus,
    /// `CombinedTrackingNumbers`; how several are joined is not documented.
    pub tracking: String,
    pub customer: String,
    pub reference: String,
    pub channel: String,
    /// Our own mark on sales we created.
    pub external_id: String,
    /// Id of the location the order ships from; only the list has it.
    pub location: Option<LocationId>,
    /// The tenant's calendar date.
    pub ship_by: Option<NaiveDate>,
    /// Last change of any kind. Unchanged means that everything read before still holds.
    pub updated_at: Option<Ts>,
}

/// One sale, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// In the house's terms.
    pub order: SourceOrder,
    pub kind: SaleKind,
    pub status: SaleStatus,
    pub order_status: OrderStatus,
    pub picking: PickingStatus,
    pub packing: PackingStatus,
    pub shipping: ShippingStatus,
    pub fulfilment: FulfilmentStatus,
    /// As written.
    pub invoicing: String,
    /// As written.
    pub payment: String,
    pub customer: String,
    pub customer_id: String,
    /// Name of the default pick location.
    pub location_name: String,
    pub note: String,
    pub shipping_notes: String,
    pub external_id: String,
    /// When it last changed.
    pub modified_at: Option<Ts>,
    pub lines: Vec<SaleLine>,
    pub charges: Vec<Charge>,
    pub fulfilments: Vec<Fulfilment>,
    pub invoices: Vec<InvoiceRef>,
    pub credit_notes: Vec<CreditNote>,
}

/// An order line with what the house's line does not hold. In the order of `Sale::order.lines`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleLine {
    /// Ours, as lines have no id: product id and its how-many-eth line (`…#2`).
    pub row_id: String,
    /// Empty for an additional charge among the lines.
    pub product_id: String,
    pub sku: Sku,
    pub title: String,
    pub quantity: Decimal,
    /// Part of `quantity` that waits for stock. Cin7 Core puts lines on backorder without any error.
    pub backorder: Decimal,
    /// The supplier ships it; nothing leaves our shelves.
    pub is_drop_ship: bool,
    pub price: Decimal,
    pub discount_percent: Decimal,
    pub tax: Decimal,
    pub tax_rule: String,
    pub total: Decimal,
    pub comment: String,
}

/// An additional charge of the order: carriage, gift wrap, a discount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub description: String,
    pub total: Decimal,
}

/// An invoice of the sale, as far as returns need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceRef {
    pub task_id: String,
    pub number: String,
    /// As written: `DRAFT`, `AUTHORISED`, `PAID` …
    pub status: String,
    /// Number of the fulfilment it bills; `None` when not linked.
    pub fulfilment_number: Option<i64>,
}

/// A sale asked for by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaleRead {
    Sale(Box<Sale>),
    /// It exists and cannot be read; set aside alone.
    Unread(UnreadOrder),
}

impl SaleRead {
    /// As the house's answer about orders.
    pub fn into_orders(self) -> Orders {
        match self {
            Self::Sale(sale) => Orders {
                rows: vec![sale.order],
                unread: Vec::new(),
            },
            Self::Unread(unread) => Orders {
                rows: Vec::new(),
                unread: vec![unread],
            },
        }
    }
}

impl Sale {
    /// The fulfilment to be worked on: the first whose pick is not authorised yet.
    pub fn open_fulfilment(&self) -> Option<&Fulfilment> {
        self.fulfilments
            .iter()
            .find(|f| f.pick.status.is_open() && !f.is_voided())
    }

    /// The task the next pick goes to. A simple sale that lists no fulfilment yet has one task under the sale's own id;
    /// an advanced sale without an open one needs a new fulfilment first (`None`).
    pub fn next_task(&self) -> Option<String> {
        match self.open_fulfilment() {
            Some(open) => Some(open.task_id.clone()),
            None if self.kind == SaleKind::Simple && self.fulfilments.is_empty() => {
                Some(self.order.source_id.0.clone())
            }
            None => None,
        }
    }

    /// Lines waiting for stock.
    pub fn backordered(&self) -> impl Iterator<Item = &SaleLine> {
        self.lines
            .iter()
            .filter(|line| line.backorder > Decimal::ZERO)
    }
}

/// How far a sale has come, as the list and the whole sale both state it.
struct Progress {
    picking: PickingStatus,
    packing: PackingStatus,
    shipping: ShippingStatus,
    fulfilment: FulfilmentStatus,
    invoicing: String,
    payment: String,
}

impl Progress {
    fn read(node: &Node<'_>) -> Read<Self> {
        Ok(Self {
            picking: node
                .word("CombinedPickingStatus")?
                .unwrap_or(PickingStatus::NotAvailable),
            packing: node
                .word("CombinedPackingStatus")?
                .unwrap_or(PackingStatus::NotAvailable),
            shipping: node
                .word("CombinedShippingStatus")?
                .unwrap_or(ShippingStatus::NotAvailable),
            fulfilment: node
                .word("FulFilmentStatus")?
                .unwrap_or(FulfilmentStatus::NotAvailable),
            invoicing: node.text("CombinedInvoiceStatus")?,
            payment: node.text("CombinedPaymentStatus")?,
        })
    }
}

/// Reads a row of the list.
pub(super) fn row(node: &Node<'_>) -> Read<SaleRow> {
    let node = &node.bare();
    let progress = Progress::read(node)?;
    Ok(SaleRow {
        id: SourceOrderId(node.need_id("SaleID")?),
        number: node.text("OrderNumber")?,
        kind: node.need_word("Type")?,
        status: node.need_word("Status")?,
        order_status: node
            .word("OrderStatus")?
            .unwrap_or(OrderStatus::NotAvailable),
        picking: progress.picking,
        packing: progress.packing,
        shipping: progress.shipping,
        fulfilment: progress.fulfilment,
        invoicing: progress.invoicing,
        payment: progress.payment,
        credit_status: node
            .word("CreditNoteStatus")?
            .unwrap_or(StageStatus::NotAvailable),
        tracking: node.text("CombinedTrackingNumbers")?,
        customer: node.text("Customer")?,
        reference: node.text("CustomerReference")?,
        channel: node.text("SourceChannel")?,
        external_id: node.text("ExternalID")?,
        location: node.id("OrderLocationID")?.map(LocationId),
        ship_by: node.day("ShipBy")?,
        updated_at: node.time("Updated")?,
    })
}

/// What a sale needs to be read: the id of a location by its name, the tenant's time zone.
pub(super) struct Context<'a> {
    pub location_id: &'a dyn Fn(&str) -> LocationId,
    pub time_zone: Tz,
}

/// Reads a sale whole.
pub(super) fn sale(node: &Node<'_>, context: &Context<'_>) -> Read<Sale> {
    let kind: SaleKind = node.need_word("Type")?;
    let details = node.child("Order")?;
    if details.is_none() && kind != SaleKind::Service {
        return Err(Fault::missing("Order"));
    }
    let (order_status, lines, charges) = match &details {
        Some(details) => (
            details.need_word("Status")?,
            sale_lines(details)?,
            charges(details)?,
        ),
        None => (OrderStatus::NotAvailable, Vec::new(), Vec::new()),
    };
    let fulfilments = fulfilments(node)?;
    let progress = Progress::read(node)?;
    let mut sale = Sale {
        order: order::blank(node.need_id("ID")?),
        kind,
        status: node.need_word("Status")?,
        order_status,
        picking: progress.picking,
        packing: progress.packing,
        shipping: progress.shipping,
        fulfilment: progress.fulfilment,
        invoicing: progress.invoicing,
        payment: progress.payment,
        customer: node.text("Customer")?,
        customer_id: node.id("CustomerID")?.unwrap_or_default(),
        location_name: node.text("Location")?,
        note: node.text("Note")?,
        shipping_notes: node.text("ShippingNotes")?,
        external_id: node.text("ExternalID")?,
        modified_at: node.time("LastModifiedOn")?,
        lines,
        charges,
        fulfilments,
        invoices: node
            .list("Invoices")?
            .iter()
            .map(invoice)
            .collect::<Read<_>>()?,
        credit_notes: node
            .list("CreditNotes")?
            .iter()
            .map(credit_note)
            .collect::<Read<_>>()?,
    };
    sale.order = order::read(node, details.as_ref(), &sale, context)?;
    Ok(sale)
}

fn sale_lines(details: &Node<'_>) -> Read<Vec<SaleLine>> {
    let mut counts: HashMap<String, u32> = HashMap::new();
    let mut out = Vec::new();
    for node in details.list("Lines")? {
        let product_id = node.id("ProductID")?.unwrap_or_default();
        let sku = node.text("SKU")?;
        let key = if product_id.is_empty() {
            sku.clone()
        } else {
            product_id.clone()
        };
        let count = counts.entry(key.clone()).or_default();
        *count += 1;
        out.push(SaleLine {
            row_id: format!("{key}#{count}"),
            product_id,
            sku: Sku(sku),
            title: node.text("Name")?,
            quantity: node.quantity("Quantity")?,
            backorder: node.amount("BackorderQuantity")?,
            is_drop_ship: node.flag("DropShip")?,
            price: node.amount("Price")?,
            discount_percent: node.amount("Discount")?,
            tax: node.amount("Tax")?,
            tax_rule: node.text("TaxRule")?,
            total: node.amount("Total")?,
            comment: node.text("Comment")?,
        });
    }
    Ok(out)
}

fn charges(details: &Node<'_>) -> Read<Vec<Charge>> {
    let read = |node: &Node<'_>| {
        Ok(Charge {
            description: node.text("Description")?,
            total: node.amount("Total")?,
        })
    };
    details
        .list("AdditionalCharges")?
        .iter()
        .map(read)
        .collect()
}

fn invoice(node: &Node<'_>) -> Read<InvoiceRef> {
    Ok(InvoiceRef {
        task_id: node.id("TaskID")?.unwrap_or_default(),
        number: node.text("InvoiceNumber")?,
        status: node.text("Status")?,
        fulfilment_number: node.whole("LinkedFulfillmentNumber")?,
    })
}
