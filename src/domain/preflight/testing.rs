//! Orders and items for tests.

use super::*;
use crate::domain::ids::{Sku, SourceOrderId};
use crate::domain::order::{Address, SourceLine, SourceStatus};

/// A paid, open order of two mugs and one plate for an address in York, at location `north`.
pub(crate) fn order(number: &str) -> SourceOrder {
    SourceOrder {
        source_id: SourceOrderId(format!("id-{number}")),
        number: number.to_owned(),
        reference: format!("ref-{number}"),
        channel: "SHOPIFY / Acme UK".to_owned(),
        status: SourceStatus::Open,
        is_paid: true,
        is_resend: false,
        is_parked: false,
        is_locked: false,
        location: "north".into(),
        location_is_fulfilment_centre: false,
        received_at: Ts(1_800_000_000_000_000),
        paid_at: Some(Ts(1_800_000_060_000_000)),
        ship_by: None,
        processed_at: None,
        service: "Tracked 48".into(),
        service_id: "svc-1".to_owned(),
        tracking: String::new(),
        address: Address {
            name: "Pat Sample".to_owned(),
            line1: "1 High Street".to_owned(),
            town: "York".to_owned(),
            postcode: "YO1 0AA".to_owned(),
            country: "United Kingdom".to_owned(),
            email: "pat@example.test".to_owned(),
            phone: "01904 000000".to_owned(),
            ..Address::default()
        },
        currency: "GBP".to_owned(),
        total_minor: 4_500,
        shipping_minor: 350,
        lines: vec![line("r1", "MUG", 2), line("r2", "PLATE", 1)],
        changed_at: None,
        shipments: Vec::new(),
        refunds: Vec::new(),
        returns: Vec::new(),
        vendor_extra: serde_json::Value::Null,
    }
}

/// A line of a product the source knows.
pub(crate) fn line(row_id: &str, sku: &str, qty_each: i64) -> SourceLine {
    SourceLine {
        row_id: row_id.to_owned(),
        sku: Sku::from(sku),
        title: format!("{sku} of good make"),
        qty_each,
        unit_price_minor: 1_200,
        barcode: format!("50{sku}"),
        is_service: false,
        backorder_each: 0,
        is_unlinked: false,
        components: Vec::new(),
    }
}

/// An active item whose barcode is that of [`line`].
pub(crate) fn item(code: &str) -> WmsItem {
    WmsItem {
        code: code.into(),
        name: code.to_owned(),
        barcode: format!("50{code}"),
        is_active: true,
    }
}
