//! What the warehouse tells us: orders, lines, items, stock, despatches.

use super::ids::{CarrierService, DespatchNo, ItemCode, ReturnRef, SiteRef, WmsOrderNo};
use super::order::coded_enum;
use super::time::Ts;
use serde::{Deserialize, Serialize};

coded_enum! {
    /// The warehouse's order status in the house's own words. Names differ between tenants and are mapped.
    WmsStatus {
        New = 0, "new";
        BackOrder = 1, "back_order";
        PartAllocated = 2, "part_allocated";
        Allocated = 3, "allocated";
        PartPicked = 4, "part_picked";
        Picked = 5, "picked";
        Packed = 6, "packed";
        PartDespatched = 7, "part_despatched";
        Despatched = 8, "despatched";
        Cancelled = 9, "cancelled";
    }
}

/// An order header as read back from the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WmsOrder {
    pub number: WmsOrderNo,
    pub po_reference: String,
    /// Status text verbatim (a name, or a number on some tenants).
    pub status_text: String,
    pub is_on_hold: bool,
    pub service: CarrierService,
    pub site: SiteRef,
    pub channel: String,
    pub contact_name: String,
    pub address_line1: String,
    pub town: String,
    pub postcode: String,
    pub country: String,
    pub requested_at: Option<Ts>,
    pub created_at: Option<Ts>,
}

/// One order line as read back from the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WmsLine {
    pub number: WmsOrderNo,
    pub line_ref: String,
    pub item: ItemCode,
    pub qty_each: i64,
}

/// A row of the order list report: number and status only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WmsOrderStatus {
    pub number: WmsOrderNo,
    pub status_text: String,
    pub channel: String,
}

/// An item of the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WmsItem {
    pub code: ItemCode,
    pub name: String,
    pub barcode: String,
    /// False for soft-deleted items.
    pub is_active: bool,
}

impl WmsItem {
    /// The record that the warehouse was asked about a code and does not have it.
    pub const fn absent(code: ItemCode) -> Self {
        Self {
            code,
            name: String::new(),
            barcode: String::new(),
            is_active: false,
        }
    }

    /// Whether this is such a record.
    pub const fn is_absent(&self) -> bool {
        !self.is_active && self.name.is_empty() && self.barcode.is_empty()
    }
}

/// An item to create in the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NewItem {
    pub code: ItemCode,
    pub name: String,
    pub barcode: String,
    pub group: String,
}

/// Stock of one item at one site, from a complete report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WmsStock {
    pub item: ItemCode,
    pub site: SiteRef,
    pub on_hand_each: i64,
    pub allocated_each: i64,
    pub available_each: i64,
}

/// A row of the warehouse's movement history. An end that is empty lies outside the building.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WmsMovement {
    /// The history's own number; `None` where the tenant's report has none.
    pub id: Option<super::ids::MovementId>,
    pub item: ItemCode,
    pub site: SiteRef,
    /// The warehouse's word for what happened, verbatim.
    pub word: String,
    /// Places inside the building.
    pub from: String,
    pub to: String,
    pub qty_each: i64,
    pub at: Ts,
    /// Order the goods moved for; empty when none.
    pub order: String,
}

/// A changed availability from the incremental report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WmsStockChange {
    pub item: ItemCode,
    pub site: SiteRef,
    pub available_each: i64,
    pub at: Ts,
}

/// One row of the despatch report: a despatch joined with one order line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DespatchLine {
    pub despatch: DespatchNo,
    pub number: WmsOrderNo,
    /// The line reference we sent, when the report has it.
    pub line_ref: String,
    pub item: ItemCode,
    pub qty_each: i64,
    pub carrier: String,
    pub service: String,
    /// Empty while the label is not booked.
    pub tracking: String,
    pub despatched_at: Ts,
    pub site: SiteRef,
    pub channel: String,
}

/// One row of the returns report: units of one line of a return at one place between the door and the shelf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WmsReturnLine {
    /// The return we announced; empty for goods nobody announced.
    pub reference: ReturnRef,
    /// The warehouse's own code of the receipt.
    pub code: String,
    /// The order the goods left with.
    pub number: WmsOrderNo,
    /// The line reference we sent.
    pub line_ref: String,
    pub item: ItemCode,
    pub qty_each: i64,
    /// Fit to be sold again; `None` while nobody has looked.
    pub is_reusable: Option<bool>,
    /// Where the units are, in the warehouse's own word.
    pub status_text: String,
    pub condition: String,
    /// When they arrived.
    pub returned_at: Ts,
}

/// An expected return as read back from the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WmsReturn {
    pub reference: ReturnRef,
    pub number: WmsOrderNo,
    pub status_text: String,
}

/// A line of an expected return as read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WmsReturnItem {
    pub reference: ReturnRef,
    pub line_ref: String,
    pub item: ItemCode,
    pub qty_each: i64,
}

/// A carrier service of the warehouse, a mapping target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WmsService {
    pub code: CarrierService,
    pub name: String,
    pub carrier: String,
}

/// A site of the warehouse, a mapping target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WmsSite {
    pub reference: SiteRef,
    pub name: String,
}

/// Longest values a warehouse takes, characters; pre-flight checks hold orders against it so that nothing is cut off silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WarehouseLimits {
    pub order_number_chars: usize,
    pub po_reference_chars: usize,
    pub item_code_chars: usize,
    pub item_name_chars: usize,
    pub barcode_chars: usize,
    pub item_group_chars: usize,
    pub channel_chars: usize,
    pub line_ref_chars: usize,
    /// Each address line (the second one with company and third line joined in), town, region, postcode, country.
    pub address_chars: usize,
    pub contact_chars: usize,
    pub email_chars: usize,
    pub service_chars: usize,
}
