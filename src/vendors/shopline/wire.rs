//! What SHOPLINE answers, by its own names. Every member may be absent; unknown members are ignored. Nothing is believed
//! here: the modules beside this one read these into the house's terms and name what is missing.

use crate::vendors::scalar::Scalar;
use serde::Deserialize;

macro_rules! answers {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(default)]
        pub(super) struct $name { $($(#[$fmeta])* pub $field: $kind),* }
    )*};
}

answers! {
    /// `GET merchants/shop.json`.
    ShopAnswer { data: Option<Shop>, }
    /// The store.
    Shop {
        id: Scalar,
        name: Scalar,
        domain: Scalar,
        currency: Scalar,
        iana_timezone: Scalar,
        biz_store_status: Scalar,
    }
    /// `GET orders.json`. Each order is taken apart by itself, so that one of a strange shape spoils no other.
    OrdersAnswer { orders: Option<Vec<serde_json::Value>>, }
    /// An order.
    Order {
        id: Scalar,
        name: Scalar,
        status: Scalar,
        financial_status: Scalar,
        fulfillment_status: Scalar,
        return_info: Option<ReturnInfo>,
        hidden_order: Scalar,
        created_at: Scalar,
        updated_at: Scalar,
        order_at: Scalar,
        cancelled_at: Scalar,
        cancel_reason: Scalar,
        currency: Scalar,
        current_total_price: Scalar,
        total_outstanding: Scalar,
        email: Scalar,
        phone: Scalar,
        buyer_note: Scalar,
        tags: Scalar,
        po_number: Scalar,
        order_source: Scalar,
        source_name: Scalar,
        service: Scalar,
        pos_location_id: Scalar,
        customer: Option<Customer>,
        shipping_address: Option<Address>,
        shipping_lines: Option<Vec<ShippingLine>>,
        line_items: Option<Vec<Line>>,
        fulfillments: Option<Vec<Fulfilment>>,
        refunds: Option<Vec<Refund>>,
    }
    /// State of returns, as a word on the order.
    ReturnInfo { return_status: Scalar, }
    /// The buyer; each member may be null.
    Customer { email: Scalar, phone: Scalar, }
    /// A postal address; an object of nulls when there is none.
    Address {
        name: Scalar,
        first_name: Scalar,
        last_name: Scalar,
        company: Scalar,
        phone: Scalar,
        email: Scalar,
        country: Scalar,
        country_code: Scalar,
        province: Scalar,
        city: Scalar,
        district: Scalar,
        neighborhood: Scalar,
        address1: Scalar,
        address2: Scalar,
        zip: Scalar,
    }
    /// The delivery chosen at checkout.
    ShippingLine { title: Scalar, code: Scalar, price: Scalar, }
    /// An order line. Its id is text here and a number inside fulfilments.
    Line {
        id: Scalar,
        product_id: Scalar,
        variant_id: Scalar,
        sku: Scalar,
        title: Scalar,
        name: Scalar,
        variant_title: Scalar,
        quantity: Scalar,
        fulfillable_quantity: Scalar,
        fulfillment_quantity: Scalar,
        fulfillment_status: Scalar,
        fulfillment_service: Scalar,
        location_id: Scalar,
        price: Scalar,
        requires_shipping: Scalar,
        gift_card: Scalar,
        is_bundle: Scalar,
        is_bundle_component: Scalar,
        bundle_parent_variant_id: Scalar,
    }
    /// `GET orders/{id}/fulfillments.json`.
    FulfilmentsAnswer { fulfillments: Option<Vec<Fulfilment>>, }
    /// What a create or a change of tracking answers.
    FulfilmentAnswer { fulfillment: Option<Fulfilment>, }
    /// A fulfilment.
    Fulfilment {
        id: Scalar,
        order_id: Scalar,
        name: Scalar,
        status: Scalar,
        shipment_status: Scalar,
        location_id: Scalar,
        created_at: Scalar,
        updated_at: Scalar,
        tracking_company: Scalar,
        tracking_number: Scalar,
        tracking_url: Scalar,
        tracking_info_list: Option<Vec<Tracking>>,
        line_items: Option<Vec<Line>>,
    }
    /// One parcel.
    Tracking { tracking_company: Scalar, tracking_number: Scalar, tracking_url: Scalar, }
    /// `GET fulfillment_orders/{order}/fulfillment_orders.json`.
    FulfilmentOrdersAnswer { fulfillment_orders: Option<Vec<FulfilmentOrder>>, }
    /// The part of an order that one location is to ship.
    FulfilmentOrder {
        id: Scalar,
        order_id: Scalar,
        status: Scalar,
        request_status: Scalar,
        supported_actions: Option<Vec<Scalar>>,
        assigned_location_id: Scalar,
        delivery_method: DeliveryMethod,
        line_items: Option<Vec<FulfilmentOrderLine>>,
    }
    /// A line of a fulfilment order, with an id of its own.
    FulfilmentOrderLine {
        id: Scalar,
        line_item_id: Scalar,
        variant_id: Scalar,
        sku: Scalar,
        quantity: Scalar,
        fulfillable_quantity: Scalar,
    }
    /// `GET locations/list.json`.
    LocationsAnswer { locations: Option<Vec<Location>>, }
    /// A stock location.
    Location { id: Scalar, name: Scalar, active: Scalar, is_default: Scalar, legacy: Scalar, }
    /// `GET products/products.json`.
    ProductsAnswer { products: Option<Vec<Product>>, }
    /// A product.
    Product { id: Scalar, title: Scalar, status: Scalar, variants: Option<Vec<Variant>>, }
    /// `GET products/{id}/variants.json`.
    VariantsAnswer { variants: Option<Vec<Variant>>, }
    /// A variant: what is sold and stocked.
    Variant {
        id: Scalar,
        product_id: Scalar,
        sku: Scalar,
        barcode: Scalar,
        title: Scalar,
        price: Scalar,
        inventory_item_id: Scalar,
        inventory_quantity: Scalar,
        inventory_policy: Scalar,
        inventory_tracker: Scalar,
        required_shipping: Scalar,
    }
    /// `GET inventory_levels.json`.
    LevelsAnswer { inventory_levels: Option<Vec<Level>>, }
    /// `POST inventory_levels/set.json`.
    LevelAnswer { inventory_level: Option<Level>, }
    /// Stock of one item at one location. `adjust` spells `update_at`, everything else `updated_at`.
    Level {
        inventory_item_id: Scalar,
        location_id: Scalar,
        variant_id: Scalar,
        available: Scalar,
        updated_at: Scalar,
        update_at: Scalar,
    }
    /// `GET orders/{id}/refunds.json`.
    RefundsAnswer { refunds: Option<Vec<Refund>>, }
    /// A refund; a cancelled order always has one.
    Refund {
        id: Scalar,
        order_id: Scalar,
        note: Scalar,
        created_at: Scalar,
        refund_line_items: Option<Vec<RefundLine>>,
    }
    /// A line of a refund.
    RefundLine {
        id: Scalar,
        line_item_id: Scalar,
        quantity: Scalar,
        restock_type: Scalar,
        subtotal: Scalar,
        total_tax: Scalar,
    }
    /// `GET return.json`.
    ReturnsAnswer { returns: Option<Vec<Return>>, }
    /// A return; by itself it moves neither money nor stock.
    Return {
        id: Scalar,
        order_id: Scalar,
        status: Scalar,
        return_reason: Scalar,
        created_at: Scalar,
        return_line_items: Option<Vec<ReturnLine>>,
    }
    /// A line of a return.
    ReturnLine {
        id: Scalar,
        fulfillment_id: Scalar,
        quantity: Scalar,
        return_reason: Scalar,
        return_reason_note: Scalar,
        fulfillment_line_item: Option<ReturnedLine>,
    }
    /// What was shipped and now comes back.
    ReturnedLine { line_item: Option<Line>, }
    /// `GET webhooks.json`.
    WebhooksAnswer { webhooks: Option<Vec<Webhook>>, }
    /// `POST webhooks.json`.
    WebhookAnswer { webhook: Option<Webhook>, }
    /// A subscription.
    Webhook { id: Scalar, topic: Scalar, address: Scalar, api_version: Scalar, }
}

/// An object in one call, a plain word in another.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum DeliveryMethod {
    Whole {
        #[serde(default)]
        method_type: Scalar,
    },
    Word(Scalar),
}

impl Default for DeliveryMethod {
    fn default() -> Self {
        Self::Word(Scalar::Absent)
    }
}

impl DeliveryMethod {
    /// The word.
    pub const fn word(&self) -> &Scalar {
        match self {
            Self::Whole { method_type } | Self::Word(method_type) => method_type,
        }
    }
}
