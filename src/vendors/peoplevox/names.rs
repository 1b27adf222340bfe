//! Names of templates, reports and columns, and what a tenant calls them instead.

use super::clause::{ClauseFault, Column};
use std::collections::BTreeMap;

/// Templates (`GetData`, `SaveData`), in Peoplevox's own spelling.
pub mod template {
    pub const ORDERS: &str = "Sales orders";
    pub const LINES: &str = "Sales order items";
    pub const ITEMS: &str = "Item types";
    pub const SITES: &str = "Sites";
    pub const SERVICES: &str = "Service types";
    /// Expected returns; the template exists by name only in public sources, its columns are assumed.
    pub const RETURNS: &str = "Return authorisations";
    pub const RETURN_ITEMS: &str = "Return authorisation items";
}

/// Reports (`GetReportData`), in Peoplevox's own spelling.
pub mod report {
    pub const DESPATCHES: &str = "Despatch summary";
    pub const STOCK: &str = "Item inventory summary";
    pub const CHANGES: &str = "Incremental Changes Report v1";
    pub const MOVEMENTS: &str = "Item movement history";
    pub const STATUSES: &str = "Sales orders by status";
    /// Tenants make it themselves, line by line, beside the ready-made `Returns summary`; an alias names theirs.
    pub const RETURNS: &str = "Returns by line";
}

/// Columns written or required, per template.
pub const ORDER_COLUMNS: &[&str] = &[
    "SalesOrderNumber",
    "CustomerPurchaseOrderReferenceNumber",
    "ContactName",
    "Email",
    "ShippingAddressLine1",
    "ShippingAddressLine2",
    "ShippingAddressCity",
    "ShippingAddressRegion",
    "ShippingAddressPostcode",
    "ShippingAddressCountry",
    "CreatedDate",
    "RequestedDeliveryDate",
    "ServiceType",
    "ChannelName",
    "Site",
    "IsPartialShipment",
    "ShippingCost",
    "TotalSale",
    "Status",
];
/// Columns of order lines.
pub const LINE_COLUMNS: &[&str] = &[
    "SalesOrderNumber",
    "ItemCode",
    "QuantityOrdered",
    "Line",
    "SalePrice",
];
/// Columns of items.
pub const ITEM_COLUMNS: &[&str] = &["ItemCode", "Name", "Barcode", "ItemGroup"];
/// Columns of sites.
pub const SITE_COLUMNS: &[&str] = &["Name", "Reference"];
/// Columns of carrier services.
pub const SERVICE_COLUMNS: &[&str] = &["Carrier", "Name", "Code"];
/// Columns of the despatch report. The order number is spelt "Salesorder number" here and differently elsewhere.
pub const DESPATCH_COLUMNS: &[&str] = &[
    "Salesorder number",
    "Despatch number",
    "Despatch date",
    "Carrier",
    "Service",
    "Tracking number",
    "Item code",
    "No of items",
    "Site reference",
    "Channel name",
    "Line",
];
/// Columns of the stock report.
pub const STOCK_COLUMNS: &[&str] = &[
    "Item code",
    "Site reference",
    "On hand",
    "Allocated",
    "Available",
];
/// Columns of the report of stock changes.
pub const CHANGE_COLUMNS: &[&str] = &[
    "Item code",
    "Item current available quantity",
    "Timestamp",
    "Site reference",
];
/// Columns of the movement history.
pub const MOVEMENT_COLUMNS: &[&str] = &[
    "Item code",
    "Date timestamp",
    "From",
    "To",
    "Quantity",
    "Comments",
    "Sales order number",
    "History Id",
    "Site reference",
    "Register Reason",
];
/// Columns of the order list report.
pub const STATUS_COLUMNS: &[&str] = &["Sales order no.", "Status"];

/// Columns of the returns report. `Return status` says where the units are and is the tenant's own; the others are known
/// from reports of partners.
pub const RETURN_COLUMNS: &[&str] = &[
    "RMA number",
    "RMA item line number",
    "Sales order number",
    "Return code",
    "Return date",
    "Item code",
    "Quantity",
    "Is reusable",
    "Return condition",
    "Return status",
];

/// Renamed sheets and columns of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Template or report → our column name → the tenant's. An empty tenant name says that the column does not exist there.
    pub columns: BTreeMap<String, BTreeMap<String, String>>,
    /// Template or report → the tenant's name of it.
    pub sheets: BTreeMap<String, String>,
}

impl Names {
    /// What the tenant calls a template or report.
    pub fn sheet<'a>(&'a self, name: &'a str) -> &'a str {
        self.sheets.get(name).map_or(name, String::as_str)
    }

    /// What the tenant calls a column; `None` when it is declared absent.
    pub fn column<'a>(&'a self, sheet: &str, name: &'a str) -> Option<&'a str> {
        match self.columns.get(sheet).and_then(|c| c.get(name)) {
            Some(alias) if alias.is_empty() => None,
            Some(alias) => Some(alias),
            None => Some(name),
        }
    }

    /// A template column for a clause.
    ///
    /// # Errors
    /// When it is declared absent or cannot be written.
    pub fn template_column(&self, sheet: &str, name: &str) -> Result<Column, ClauseFault> {
        Column::of_template(self.column(sheet, name).unwrap_or_default())
    }

    /// A report column for a clause, an order or a column list.
    ///
    /// # Errors
    /// When it is declared absent or cannot be written.
    pub fn report_column(&self, sheet: &str, name: &str) -> Result<Column, ClauseFault> {
        Column::of_report(self.column(sheet, name).unwrap_or_default())
    }

    /// The list for `Columns`: bracketed, commas without spaces, absent ones left out.
    ///
    /// # Errors
    /// When a renamed column cannot be written.
    pub fn column_list(&self, sheet: &str, names: &[&str]) -> Result<String, ClauseFault> {
        let mut out = Vec::new();
        for name in names {
            if let Some(name) = self.column(sheet, name) {
                out.push(Column::of_report(name)?.as_str().to_owned());
            }
        }
        Ok(out.join(","))
    }
}

/// Longest values Peoplevox takes, characters. Over-length values are not sent.
pub const FIELD_LIMITS: crate::domain::wms::WarehouseLimits = crate::domain::wms::WarehouseLimits {
    order_number_chars: ORDER_NUMBER_CHARS_MAX,
    po_reference_chars: 50,
    item_code_chars: ITEM_CODE_CHARS_MAX,
    item_name_chars: 50,
    barcode_chars: 50,
    item_group_chars: 50,
    channel_chars: 50,
    line_ref_chars: LINE_REF_CHARS_MAX,
    address_chars: ADDRESS_CHARS_MAX,
    contact_chars: CONTACT_CHARS_MAX,
    email_chars: EMAIL_CHARS_MAX,
    service_chars: SERVICE_CHARS_MAX,
};

/// Longest order number.
pub const ORDER_NUMBER_CHARS_MAX: usize = 30;
/// Longest item code.
pub const ITEM_CODE_CHARS_MAX: usize = 50;
/// Longest number of a return.
pub const RETURN_CHARS_MAX: usize = 50;
/// Longest line reference.
pub const LINE_REF_CHARS_MAX: usize = 16;
/// Longest part of an address (each line, town, region, postcode, country).
pub const ADDRESS_CHARS_MAX: usize = 100;
/// Longest contact name.
pub const CONTACT_CHARS_MAX: usize = 100;
/// Longest e-mail address.
pub const EMAIL_CHARS_MAX: usize = 500;
/// Longest carrier service code.
pub const SERVICE_CHARS_MAX: usize = 100;

/// Stands in the key of deactivated items and other soft-deleted records.
pub const DELETED_MARK: &str = "~D~";
/// The internal pseudo-site; nothing is ever sent to it or read from it.
pub const SYSTEM_SITE: &str = "SystemSite";

/// Events that can be subscribed to, each with the placeholders worth asking for. They only ever cause a re-read.
pub const EVENTS: &[(&str, &str)] = &[
    (
        "AvailabilityChanges",
        "item={ItemCode}&available={Available}",
    ),
    (
        "SalesOrderStatusChanges",
        "order={SalesOrderNumber}&status={SalesOrderStatu.Name}",
    ),
    ("GoodsReceived", "reference={Reference}"),
    (
        "TrackingNumberReceived",
        "order={Picks.SalesOrder.SalesOrderNumber}&despatch={DespatchNumber}&tracking={TrackingNumber}",
    ),
    (
        "IncrementalChanges",
        "item={ItemType.ItemCode}&reason={Reason}",
    ),
    ("Returns", ""),
    ("DespatchPackageTrackingNumberReceived", ""),
    ("DespatchPackageDespatched", ""),
];
