//! Templates and reports: their names, columns, kinds and lengths.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    Int,
    Money,
    Date,
    Bool,
}

/// A column of a template.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
}

const fn text(name: &'static str, length: usize) -> Column {
    Column {
        name,
        kind: Kind::Text(length),
    }
}

const fn of(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

/// A list the service can be asked for: a template (GetData, SaveData) or a report (GetReportData).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    SalesOrders,
    SalesOrderItems,
    ItemTypes,
    Sites,
    Carriers,
    ServiceTypes,
    Customers,
    Returns,
    ReturnItems,
    Despatches,
    InventorySummary,
    InventoryAllSites,
    Changes,
    Movements,
    DespatchSummary,
    OrdersByStatus,
    OrderSummary,
    ReturnsByLine,
}

const TEMPLATES: &[(&str, List)] = &[
    ("Sales orders", List::SalesOrders),
    ("Sales order items", List::SalesOrderItems),
    ("Item types", List::ItemTypes),
    ("Sites", List::Sites),
    ("Carriers", List::Carriers),
    ("Service types", List::ServiceTypes),
    ("Customers", List::Customers),
    ("Despatches", List::Despatches),
    ("Return authorisations", List::Returns),
    ("Return authorisation items", List::ReturnItems),
];

const REPORTS: &[(&str, List)] = &[
    ("Item inventory summary", List::InventorySummary),
    ("Item inventory summary all sites", List::InventoryAllSites),
    ("Incremental Changes Report v1", List::Changes),
    ("Item movement history", List::Movements),
    ("Despatch summary", List::DespatchSummary),
    ("Sales orders by status", List::OrdersByStatus),
    ("Sales order summary", List::OrderSummary),
    ("Returns by line", List::ReturnsByLine),
];

impl List {
    /// A template by name; spelling exact, as tenants see it.
    pub fn template(name: &str) -> Option<Self> {
        TEMPLATES.iter().find(|t| t.0 == name).map(|t| t.1)
    }

    /// A report by name, ignoring case.
    pub fn report(name: &str) -> Option<Self> {
        REPORTS
            .iter()
            .find(|t| t.0.eq_ignore_ascii_case(name))
            .map(|t| t.1)
    }

    /// The name as shown.
    pub fn name(self) -> &'static str {
        TEMPLATES
            .iter()
            .chain(REPORTS)
            .find(|t| t.1 == self)
            .map_or("", |t| t.0)
    }

    /// Whether dates carry single quotes (reports do, templates do not).
    pub const fn is_report(self) -> bool {
        matches!(
            self,
            Self::InventorySummary
                | Self::InventoryAllSites
                | Self::Changes
                | Self::Movements
                | Self::DespatchSummary
                | Self::OrdersByStatus
                | Self::OrderSummary
                | Self::ReturnsByLine
        )
    }

    /// Whether SaveData may write it.
    pub const fn is_writable(self) -> bool {
        matches!(
            self,
            Self::SalesOrders
                | Self::SalesOrderItems
                | Self::ItemTypes
                | Self::Customers
                | Self::Returns
                | Self::ReturnItems
        )
    }

    /// Its columns in default order.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::SalesOrders => SALES_ORDERS,
            Self::SalesOrderItems => SALES_ORDER_ITEMS,
            Self::ItemTypes => ITEM_TYPES,
            Self::Sites => SITES,
            Self::Carriers => CARRIERS,
            Self::ServiceTypes => SERVICE_TYPES,
            Self::Customers => CUSTOMERS,
            Self::Despatches => DESPATCHES,
            Self::InventorySummary => INVENTORY,
            Self::InventoryAllSites => INVENTORY_ALL_SITES,
            Self::Changes => CHANGES,
            Self::Movements => MOVEMENTS,
            Self::DespatchSummary => DESPATCH_SUMMARY,
            Self::OrdersByStatus | Self::OrderSummary => ORDER_SUMMARY,
            Self::Returns => RETURNS,
            Self::ReturnItems => RETURN_ITEMS,
            Self::ReturnsByLine => RETURNS_BY_LINE,
        }
    }
}

/// Key column of sales orders is the first; the rest as the import file orders them.
pub const SALES_ORDERS: &[Column] = &[
    text("SalesOrderNumber", 30),
    text("Customer", 50),
    text("CustomerPurchaseOrderReferenceNumber", 50),
    text("ShippingAddressLine1", 100),
    text("ShippingAddressLine2", 100),
    text("ShippingAddressCity", 100),
    text("ShippingAddressRegion", 100),
    text("ShippingAddressPostcode", 100),
    text("ShippingAddressCountry", 100),
    text("ShippingAddressReference", 100),
    text("InvoiceAddressLine1", 100),
    text("InvoiceAddressLine2", 100),
    text("InvoiceAddressCity", 100),
    text("InvoiceAddressRegion", 100),
    text("InvoiceAddressPostcode", 100),
    text("InvoiceAddressCountry", 100),
    text("InvoiceAddressReference", 100),
    of("IsPartialShipment", Kind::Bool),
    text("Status", 50),
    of("RequestedDeliveryDate", Kind::Date),
    of("ShippingCost", Kind::Money),
    text("Email", 500),
    text("ContactName", 100),
    of("TotalSale", Kind::Money),
    of("Discount", Kind::Money),
    of("TaxPaid", Kind::Money),
    of("CreatedDate", Kind::Date),
    text("PaymentMethod", 50),
    text("ServiceType", 100),
    text("ChannelName", 50),
    of("OnHold", Kind::Bool),
    text("Attribute1", 500),
    text("Attribute2", 500),
    text("Attribute3", 500),
    text("Attribute4", 500),
    text("Attribute5", 500),
    text("Site", 50),
    text("DespatchTrackingNumber", 250),
    text("CarrierName", 100),
];

const SALES_ORDER_ITEMS: &[Column] = &[
    text("SalesOrderNumber", 30),
    text("ItemCode", 50),
    of("QuantityOrdered", Kind::Int),
    of("RequestedDeliveryDate", Kind::Date),
    text("Line", 16),
    of("Sequence", Kind::Int),
    of("SalePrice", Kind::Money),
    text("Attribute1", 500),
    text("Attribute2", 500),
    text("Attribute3", 500),
];

const ITEM_TYPES: &[Column] = &[
    text("ItemCode", 50),
    text("Name", 50),
    text("Barcode", 50),
    text("ItemGroup", 50),
    text("Description", 250),
    text("UnitOfMeasure", 10),
    of("DefaultEconomicOrderQuantity", Kind::Int),
    of("DefaultLeadTime", Kind::Int),
    text("DefaultSuppliersPartNumber", 50),
    of("HasSerialNumbers", Kind::Bool),
    of("ReorderPoint", Kind::Int),
    of("BuyPrice", Kind::Money),
    of("WholesalePrice", Kind::Money),
    of("RetailPrice", Kind::Money),
    of("Weight", Kind::Money),
    text("WeightMeasure", 10),
    of("Height", Kind::Money),
    of("Width", Kind::Money),
    of("Depth", Kind::Money),
    text("DimensionMeasure", 10),
    text("Tags", 8_000),
    text("Attribute1", 500),
    text("Attribute2", 500),
    text("Attribute3", 500),
    text("Attribute4", 500),
    text("Attribute5", 500),
    text("Attribute6", 500),
    text("Attribute7", 500),
    text("Attribute8", 500),
    of("OnHand", Kind::Int),
];

const SITES: &[Column] = &[text("Name", 50), text("Reference", 50)];
const CARRIERS: &[Column] = &[text("Name", 50), text("Reference", 50)];
const SERVICE_TYPES: &[Column] = &[text("Carrier", 50), text("Name", 100), text("Code", 100)];

const CUSTOMERS: &[Column] = &[
    text("Name", 50),
    text("Reference", 50),
    text("FirstName", 50),
    text("LastName", 50),
    text("Phone", 50),
    text("Mobile", 50),
    text("Email", 500),
];

const DESPATCHES: &[Column] = &[
    text("DespatchNumber", 50),
    text("SalesOrderNumber", 30),
    text("Carrier", 50),
    text("ServiceType", 100),
    text("TrackingNumber", 250),
    of("DespatchDate", Kind::Date),
    of("NumberOfPackages", Kind::Int),
    text("Site", 50),
];

const INVENTORY: &[Column] = &[
    text("Item code", 50),
    text("Item name", 50),
    text("Item barcode", 50),
    of("On hand", Kind::Int),
    of("Allocated", Kind::Int),
    of("Available", Kind::Int),
    text("Site reference", 50),
    text("Site name", 50),
];

const INVENTORY_ALL_SITES: &[Column] = &[
    text("Item code", 50),
    text("Item name", 50),
    text("Item barcode", 50),
    of("On hand", Kind::Int),
    of("Allocated", Kind::Int),
    of("Available", Kind::Int),
];

const CHANGES: &[Column] = &[
    text("Item code", 50),
    of("Item current available quantity", Kind::Int),
    text("Item Barcode", 50),
    of("Timestamp", Kind::Date),
    text("Site reference", 50),
];

const MOVEMENTS: &[Column] = &[
    text("Item code", 50),
    text("Item name", 50),
    text("Item barcode", 50),
    of("Date timestamp", Kind::Date),
    text("User", 50),
    text("From", 50),
    text("To", 50),
    of("Quantity", Kind::Int),
    text("Comments", 200),
    text("Sales order number", 30),
    of("History Id", Kind::Int),
    text("Site reference", 50),
    text("Register Reason", 100),
];

const DESPATCH_SUMMARY: &[Column] = &[
    text("Salesorder number", 30),
    of("Requested delivery date", Kind::Date),
    text("Despatch number", 50),
    text("Carrier", 50),
    text("Service", 100),
    of("Despatch date", Kind::Date),
    text("Tracking number", 250),
    text("Item name", 50),
    of("No of items", Kind::Int),
    text("Destination country", 100),
    text("Site reference", 50),
    text("Parent", 50),
    text("Item code", 50),
    text("Username", 50),
    text("Carrier reference", 50),
    text("Service type code", 100),
    text("Customer order reference", 50),
    of("Shipping cost", Kind::Money),
    text("Email", 500),
    text("Contact name", 100),
    of("Total sale", Kind::Money),
    text("Channel name", 50),
    text("Item barcode", 50),
    text("Line", 16),
];

const ORDER_SUMMARY: &[Column] = &[
    text("Sales order no.", 30),
    text("Status", 50),
    of("Requested delivery date", Kind::Date),
    of("Number of items", Kind::Int),
    text("Channel", 50),
    of("Date", Kind::Date),
    text("Site reference", 50),
];

/// Columns are not documented: assumed from those of the returns report.
const RETURNS: &[Column] = &[
    text("RMANumber", 50),
    text("SalesOrderNumber", 30),
    text("CustomerName", 100),
    text("Comment", 500),
    text("ReturnsTrackingNumber", 250),
    text("Status", 50),
    text("Site", 50),
];

const RETURN_ITEMS: &[Column] = &[
    text("RMANumber", 50),
    text("Line", 16),
    text("ItemCode", 50),
    of("Quantity", Kind::Int),
    text("Reason", 50),
    text("ExpectedState", 50),
    text("Comment", 500),
];

const RETURNS_BY_LINE: &[Column] = &[
    text("RMA number", 50),
    text("RMA item line number", 16),
    text("Sales order number", 30),
    text("Return code", 50),
    of("Return date", Kind::Date),
    text("Item code", 50),
    of("Quantity", Kind::Int),
    text("Is reusable", 10),
    text("Return condition", 50),
    text("Return status", 50),
];

/// Position of a column by our name.
pub fn position(list: List, name: &str) -> Option<usize> {
    list.columns()
        .iter()
        .position(|c| c.name.eq_ignore_ascii_case(name))
}
