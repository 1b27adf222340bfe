//! What later calls need of a sale, kept with the order: its fulfilment tasks, how far each stage is, and what was picked.

use super::fulfilment::Fulfilment;
use super::sale::Sale;
use super::value::Word;
use super::words::{SaleKind, ShipStatus, StageStatus};
use crate::domain::ids::Sku;
use crate::domain::order::{SourceOrder, SourceShipment};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The tasks of a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tasks {
    #[serde(rename = "Type")]
    pub kind: String,
    /// Name of the location it ships from: stages name it.
    pub location: String,
    pub fulfilments: Vec<Task>,
}

/// One fulfilment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Task {
    #[serde(rename = "TaskID")]
    pub task_id: String,
    #[serde(rename = "FulfillmentNumber")]
    pub number: i64,
    pub pick: String,
    pub pack: String,
    pub ship: String,
    /// Units picked by SKU.
    #[serde(default)]
    pub picked: BTreeMap<String, i64>,
    /// Boxes packed.
    #[serde(default)]
    pub boxes: Vec<String>,
}

/// The stage a task needs next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StageDue {
    Pick,
    Pack,
    Ship,
    /// Shipped, or voided.
    None,
}

impl Task {
    /// As the whole sale shows it.
    pub fn of(fulfilment: &Fulfilment) -> Self {
        let mut picked: BTreeMap<String, i64> = BTreeMap::new();
        for line in fulfilment.pick.lines.iter().filter(|l| !l.is_service) {
            let units = line.quantity.as_whole().unwrap_or_default();
            *picked.entry(line.sku.0.clone()).or_default() += units;
        }
        let mut boxes: Vec<String> = Vec::new();
        for line in fulfilment.pack.lines.iter().filter(|l| !l.is_service) {
            if !line.box_name.is_empty() && !boxes.contains(&line.box_name) {
                boxes.push(line.box_name.clone());
            }
        }
        Self {
            task_id: fulfilment.task_id.clone(),
            number: fulfilment.number,
            pick: fulfilment.pick.status.as_str().to_owned(),
            pack: fulfilment.pack.status.as_str().to_owned(),
            ship: fulfilment.ship.status.as_str().to_owned(),
            picked,
            boxes,
        }
    }

    /// A simple sale that lists no fulfilment yet has one task under its own id.
    pub fn first_of(sale: &SourceOrder) -> Self {
        Self {
            task_id: sale.source_id.0.clone(),
            number: 1,
            pick: StageStatus::NotAvailable.as_str().to_owned(),
            pack: StageStatus::NotAvailable.as_str().to_owned(),
            ship: ShipStatus::NotAvailable.as_str().to_owned(),
            picked: BTreeMap::new(),
            boxes: Vec::new(),
        }
    }

    /// The stage to be written next; a stage the source shows as authorised never is.
    pub fn due(&self) -> StageDue {
        let is_open = |word: &str| StageStatus::of(word).is_none_or(StageStatus::is_open);
        match ShipStatus::of(&self.ship) {
            Some(ShipStatus::Authorised | ShipStatus::Voided) => StageDue::None,
            _ if is_open(&self.pick) => StageDue::Pick,
            _ if is_open(&self.pack) => StageDue::Pack,
            _ => StageDue::Ship,
        }
    }

    /// Work on it has begun and it has not left.
    pub fn is_under_way(&self) -> bool {
        matches!(self.due(), StageDue::Pack | StageDue::Ship)
    }
}

impl Tasks {
    /// Of a sale as read.
    pub fn of(sale: &Sale) -> Self {
        Self {
            kind: sale.kind.as_str().to_owned(),
            location: sale.location_name.clone(),
            fulfilments: sale.fulfilments.iter().map(Task::of).collect(),
        }
    }

    /// As kept with the order.
    ///
    /// # Errors
    /// They were never read, or not in this form.
    pub fn kept(order: &SourceOrder) -> Result<Self, String> {
        serde_json::from_value(order.vendor_extra.clone()).map_err(|error| {
            format!("the sale's tasks are not known ({error}); read the sale again")
        })
    }

    /// To be kept with the order.
    pub fn keep(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Whether a further fulfilment changes the sale's kind for good.
    pub fn is_simple(&self) -> bool {
        SaleKind::of(&self.kind) == Some(SaleKind::Simple)
    }
}

/// Shipments of a sale: those whose ship stage is authorised, with the units picked for them spread over the order's lines.
pub(super) fn shipments(sale: &Sale) -> Vec<SourceShipment> {
    let mut left: Vec<(&str, &Sku, i64)> = sale
        .lines
        .iter()
        .map(|l| {
            let units = l.quantity.as_whole().unwrap_or_default();
            (l.row_id.as_str(), &l.sku, units)
        })
        .collect();
    let mut out = Vec::new();
    let shipped = |f: &&Fulfilment| f.ship.status == ShipStatus::Authorised;
    for fulfilment in sale.fulfilments.iter().filter(shipped) {
        let mut lines = Vec::new();
        for (sku, units) in Task::of(fulfilment).picked {
            let mut rest = units;
            for (row, _, open) in left.iter_mut().filter(|(_, own, _)| own.as_str() == sku) {
                let part = rest.min(*open);
                if part > 0 {
                    *open -= part;
                    rest -= part;
                    lines.push(((*row).to_owned(), part));
                }
            }
        }
        let tracking = fulfilment.ship.lines.iter();
        out.push(SourceShipment {
            id: fulfilment.task_id.clone(),
            tracking: tracking
                .map(|l| l.tracking.clone())
                .filter(|t| !t.is_empty())
                .collect(),
            lines,
        });
    }
    out
}
