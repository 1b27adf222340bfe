//! What Linnworks answers, by its own names. Every member may be absent; unknown members are ignored. Nothing is
//! believed here: `order`, `stock` and `outcome` read these into the house's terms and name what is missing.

use crate::vendors::scalar::Scalar;
use serde::Deserialize;

macro_rules! answers {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(default, rename_all = "PascalCase")]
        pub(super) struct $name { $($(#[$fmeta])* pub $field: $kind),* }
    )*};
}

answers! {
    /// Auth/AuthorizeByApplication.
    SignIn {
        token: Scalar,
        access_token: Scalar,
        server: Scalar,
        locality: Scalar,
        #[serde(rename = "TTL")]
        ttl: Scalar,
        status: Option<SignInStatus>,
    }
    /// Whether the account is usable.
    SignInStatus { state: Scalar, reason: Scalar, }
    /// Inventory/GetStockLocations.
    Location {
        stock_location_id: Scalar,
        location_name: Scalar,
        is_fulfillment_center: Scalar,
        is_warehouse_managed: Scalar,
        count_in_order_until_acknowledgement: Scalar,
    }
    /// PostalServices/GetPostalServices.
    PostalService {
        #[serde(rename = "pkPostalServiceId")]
        pk_postal_service_id: Scalar,
        #[serde(rename = "id")]
        id: Scalar,
        postal_service_name: Scalar,
        vendor: Scalar,
    }
    /// `GenericPagedResult` of Orders/GetOpenOrders.
    OrderPage {
        page_number: Scalar,
        total_entries: Scalar,
        total_pages: Scalar,
        data: Option<Vec<Order>>,
    }
    /// OpenOrders/GetOpenOrdersDetails.
    OrderList { orders: Option<Vec<Order>>, }
    /// Both shapes of an order: `OpenOrder` of the listings, `OrderDetails` of the calls by id.
    Order {
        order_id: Scalar,
        num_order_id: Scalar,
        processed: Scalar,
        processed_date_time: Scalar,
        paid_date_time: Scalar,
        fulfilment_location_id: Scalar,
        general_info: Option<GeneralInfo>,
        shipping_info: Option<ShippingInfo>,
        customer_info: Option<CustomerInfo>,
        totals_info: Option<TotalsInfo>,
        items: Option<Vec<Item>>,
    }
    /// State, references, dates.
    GeneralInfo {
        status: Scalar,
        is_parked: Scalar,
        reference_num: Scalar,
        received_date: Scalar,
        source: Scalar,
        sub_source: Scalar,
        hold_or_cancel: Scalar,
        despatch_by_date: Scalar,
        scheduled_delivery: Option<ScheduledDelivery>,
        location: Scalar,
    }
    /// A delivery window; takes the place of the despatch date.
    ScheduledDelivery { from: Scalar, to: Scalar, }
    /// Service, weights, tracking.
    ShippingInfo {
        postal_service_id: Scalar,
        postal_service_name: Scalar,
        total_weight: Scalar,
        item_weight: Scalar,
        postage_cost: Scalar,
        tracking_number: Scalar,
        manual_adjust: Scalar,
    }
    /// Who it goes to; blank after redaction or without permission.
    CustomerInfo { address: Option<Address>, }
    /// A postal address.
    Address {
        email_address: Scalar,
        address1: Scalar,
        address2: Scalar,
        address3: Scalar,
        town: Scalar,
        region: Scalar,
        post_code: Scalar,
        country: Scalar,
        full_name: Scalar,
        company: Scalar,
        phone_number: Scalar,
    }
    /// Money of the whole order.
    TotalsInfo { postage_cost: Scalar, total_charge: Scalar, currency: Scalar, }
    /// A line, or a component of a kit line.
    Item {
        row_id: Scalar,
        item_id: Scalar,
        stock_item_id: Scalar,
        #[serde(rename = "SKU")]
        sku: Scalar,
        #[serde(rename = "ChannelSKU")]
        channel_sku: Scalar,
        title: Scalar,
        item_name: Scalar,
        quantity: Scalar,
        price_per_unit: Scalar,
        barcode_number: Scalar,
        is_service: Scalar,
        is_unlinked: Scalar,
        composite_sub_items: Option<Vec<Item>>,
    }
    /// Orders/ProcessOrder and its relatives.
    ProcessResult { order_id: Scalar, processed: Scalar, error: Scalar, }
    /// Orders/SetOrderShippingInfo.
    ShippingResult { shipping_info: Option<ShippingInfo>, }
    /// Orders/GetOrderRelations.
    OrderRelation {
        parent_order_id: Scalar,
        child_order_id: Scalar,
        #[serde(rename = "Type")]
        kind: Scalar,
    }
    /// Orders/AddOrdersNote.
    NoteResult { order_notes: Option<Vec<OrderNote>>, }
    /// A note as stored.
    OrderNote { order_id: Scalar, order_note_id: Scalar, }
    /// Orders/GetOrderAuditTrailsByIds.
    AuditTrails { audit_trails: Option<Vec<AuditTrail>>, }
    /// One order's history.
    AuditTrail {
        #[serde(rename = "pkOrderId")]
        pk_order_id: Scalar,
        #[serde(rename = "AuditTrail")]
        entries: Option<Vec<AuditEntry>>,
    }
    /// One event, by the names of both audit calls.
    AuditEntry {
        #[serde(rename = "fkOrderHistoryTypeId")]
        history_type: Scalar,
        tag: Scalar,
        date: Scalar,
        date_stamp: Scalar,
        note: Scalar,
        history_note: Scalar,
    }
    /// A level of one item at one location.
    StockLevel {
        location: Option<StockLevelLocation>,
        stock_level: Scalar,
        in_orders: Scalar,
        in_order_book: Scalar,
        available: Scalar,
        #[serde(rename = "SKU")]
        sku: Scalar,
    }
    /// The location inside a level row.
    StockLevelLocation { stock_location_id: Scalar, }
    /// Stock/GetStockLevel_Batch.
    ItemLevels {
        #[serde(rename = "pkStockItemId")]
        pk_stock_item_id: Scalar,
        stock_item_levels: Option<Vec<StockLevel>>,
    }
    /// Inventory/GetStockItemIdsBySKU.
    StockIds { items: Option<Vec<StockId>>, }
    /// A SKU and its item.
    StockId {
        stock_item_id: Scalar,
        #[serde(rename = "SKU")]
        sku: Scalar,
    }
    /// Stock/GetStockItemsFull.
    Product {
        stock_item_id: Scalar,
        item_number: Scalar,
        item_title: Scalar,
        barcode_number: Scalar,
        category_name: Scalar,
        is_composite_parent: Scalar,
        retail_price: Scalar,
        stock_levels: Option<Vec<StockLevel>>,
    }
}
