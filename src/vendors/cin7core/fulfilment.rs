//! Fulfilments of a sale: pick, pack and ship, each with its own status.

use super::decimal::Decimal;
use super::value::{Node, Read};
use super::words::{FulfilmentStatus, ShipStatus, StageStatus};
use crate::domain::ids::{LocationId, Sku};
use chrono::NaiveDate;

/// One fulfilment. On a simple sale its task id equals the sale's id; never build on that, read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fulfilment {
    /// `TaskID`, the key of pick, pack and ship.
    pub task_id: String,
    /// `FulfillmentNumber`: 1, 2, …
    pub number: i64,
    pub status: FulfilmentStatus,
    /// Empty when no invoice is linked.
    pub invoice_number: String,
    pub pick: Stage,
    pub pack: Stage,
    pub ship: Ship,
}

/// A pick or a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    pub status: StageStatus,
    pub lines: Vec<StageLine>,
}

/// A line of a pick or a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageLine {
    /// `ProductID`; empty when not given.
    pub product_id: String,
    pub sku: Sku,
    pub title: String,
    /// `Main Warehouse`, or `Main Warehouse: A-01-02` with bins.
    pub place: String,
    /// The location's id; the bin's with bins.
    pub place_id: Option<LocationId>,
    pub quantity: Decimal,
    /// Batch or serial number; empty when there is none.
    pub batch: String,
    pub expiry: Option<NaiveDate>,
    /// Nothing lies on a shelf: a service.
    pub is_service: bool,
    /// Name of the box; empty on picks.
    pub box_name: String,
}

/// A shipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ship {
    pub status: ShipStatus,
    pub lines: Vec<ShipLine>,
}

/// A line of a shipment: one or several boxes under one tracking number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipLine {
    pub id: String,
    /// The tenant's calendar date.
    pub shipped_on: Option<NaiveDate>,
    pub carrier: String,
    /// Box names; Cin7 Core takes `Box` and answers `Boxes`, joined with commas.
    pub boxes: Vec<String>,
    pub tracking: String,
    /// Read-only in Cin7 Core.
    pub tracking_url: String,
    pub is_shipped: bool,
}

impl Stage {
    const NONE: Self = Self {
        status: StageStatus::NotAvailable,
        lines: Vec::new(),
    };
}

impl Fulfilment {
    /// Whether every stage is voided.
    pub fn is_voided(&self) -> bool {
        self.status == FulfilmentStatus::Voided
            || (self.pick.status == StageStatus::Voided && self.ship.status == ShipStatus::Voided)
    }
}

pub(super) fn fulfilment(node: &Node<'_>) -> Read<Fulfilment> {
    Ok(Fulfilment {
        task_id: node.need_id("TaskID")?,
        number: node.whole("FulfillmentNumber")?.unwrap_or_default(),
        status: node
            .word("FulFilmentStatus")?
            .unwrap_or(FulfilmentStatus::NotAvailable),
        invoice_number: node.text("LinkedInvoiceNumber")?,
        pick: node
            .child("Pick")?
            .map_or(Ok(Stage::NONE), |pick| stage(&pick))?,
        pack: node
            .child("Pack")?
            .map_or(Ok(Stage::NONE), |pack| stage(&pack))?,
        ship: match node.child("Ship")? {
            Some(node) => ship(&node)?,
            None => Ship {
                status: ShipStatus::NotAvailable,
                lines: Vec::new(),
            },
        },
    })
}

/// The fulfilments of an answer or of a sale.
pub(super) fn fulfilments(node: &Node<'_>) -> Read<Vec<Fulfilment>> {
    node.list("Fulfilments")?.iter().map(fulfilment).collect()
}

pub(super) fn stage(node: &Node<'_>) -> Read<Stage> {
    Ok(Stage {
        status: node.need_word("Status")?,
        lines: node
            .list("Lines")?
            .iter()
            .map(stage_line)
            .collect::<Read<_>>()?,
    })
}

fn stage_line(node: &Node<'_>) -> Read<StageLine> {
    Ok(StageLine {
        product_id: node.id("ProductID")?.unwrap_or_default(),
        sku: Sku(node.text("SKU")?),
        title: node.text("Name")?,
        place: node.text("Location")?,
        place_id: node.id("LocationID")?.map(LocationId),
        quantity: node.quantity("Quantity")?,
        batch: node.text("BatchSN")?,
        expiry: node.day("ExpiryDate")?,
        is_service: node.flag("NonInventory")?,
        box_name: node.text("Box")?,
    })
}

pub(super) fn ship(node: &Node<'_>) -> Read<Ship> {
    Ok(Ship {
        status: node.need_word("Status")?,
        lines: node
            .list("Lines")?
            .iter()
            .map(ship_line)
            .collect::<Read<_>>()?,
    })
}

fn ship_line(node: &Node<'_>) -> Read<ShipLine> {
    let boxes = node.text("Boxes")?;
    // Should an answer ever use the request's name.
    let boxes = if boxes.is_empty() {
        node.text("Box")?
    } else {
        boxes
    };
    Ok(ShipLine {
        id: node.id("ID")?.unwrap_or_default(),
        shipped_on: node.day("ShipmentDate")?,
        carrier: node.text("Carrier")?,
        boxes: boxes
            .split(',')
            .map(|b| b.trim().to_owned())
            .filter(|b| !b.is_empty())
            .collect(),
        tracking: node.text("TrackingNumber")?,
        tracking_url: node.text("TrackingURL")?,
        is_shipped: node.flag("IsShipped")?,
    })
}
