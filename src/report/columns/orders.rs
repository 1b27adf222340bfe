//! Columns of the list of orders.

use super::ListColumn;
use crate::domain::order::OrderRow;
use crate::report::opt;
use crate::text;

type Column = ListColumn<OrderRow>;

/// A million orders are only read in an order an index has.
const NO_INDEX: &str = "no index of orders by it";

/// Every column; those on show at first stand first.
pub const ORDERS: &[Column] = &[
    Column::text("number", "number", 9, |o| o.number.clone()).by("number"),
    Column::text("state", "state", 16, |o| o.state.to_string()).by("state"),
    Column::time("promise", "promise", 10, |o| o.ship_by).by("ship"),
    Column::text("blocked_by", "not moving because", 26, |o| {
        match &o.held_reason {
            Some(reason) => format!("held: {reason}"),
            None => o.blocked_by.clone(),
        }
    })
    .share(5)
    .drops(1)
    .unsorted(NO_INDEX),
    Column::text("service", "service", 12, |o| o.service.to_string())
        .share(1)
        .drops(2)
        .unsorted(NO_INDEX),
    Column::figure("value", "value", 9, |o| text::money(o.value_minor))
        .drops(3)
        .by("value"),
    Column::figure("units", "units", 5, |o| o.units.to_string())
        .drops(5)
        .unsorted(NO_INDEX),
    Column::time("received", "received", 8, |o| Some(o.received_at))
        .drops(4)
        .by("received"),
    Column::text("warehouse_number", "in warehouse", 12, |o| {
        opt(o.wms_number.as_ref())
    })
    .share(1)
    .drops(6)
    .unsorted(NO_INDEX),
    Column::text("reference", "reference", 10, |o| o.reference.clone())
        .share(1)
        .drops(7)
        .unsorted(NO_INDEX),
    Column::text("channel", "channel", 10, |o| o.channel.clone())
        .share(1)
        .drops(8)
        .unsorted(NO_INDEX),
    Column::text("pair", "pair", 8, |o| o.pair.to_string())
        .drops(9)
        .unsorted(NO_INDEX),
    Column::text("site", "site", 10, |o| opt(o.site.as_ref()))
        .extra()
        .unsorted(NO_INDEX),
    Column::text("carrier", "carrier service", 16, |o| {
        opt(o.carrier_service.as_ref())
    })
    .extra()
    .unsorted(NO_INDEX),
    Column::text("warehouse_status", "warehouse says", 14, |o| {
        o.wms_status.clone().unwrap_or_default()
    })
    .extra()
    .unsorted(NO_INDEX),
    Column::text("tracking", "tracking", 16, |o| o.tracking.clone())
        .extra()
        .unsorted(NO_INDEX),
    Column::text("country", "country", 7, |o| o.country.clone())
        .extra()
        .unsorted(NO_INDEX),
    Column::text("district", "district", 8, |o| o.postcode_district.clone())
        .extra()
        .unsorted(NO_INDEX),
    Column::text("currency", "currency", 8, |o| o.currency.clone())
        .extra()
        .unsorted(NO_INDEX),
    Column::time("accepted", "accepted", 12, |o| o.accepted_at)
        .extra()
        .unsorted(NO_INDEX),
    Column::time("despatched", "despatched", 12, |o| o.despatched_at)
        .extra()
        .unsorted(NO_INDEX),
    Column::time("confirmed", "confirmed", 12, |o| o.confirmed_at)
        .extra()
        .unsorted(NO_INDEX),
    Column::time("state_since", "state since", 12, |o| Some(o.state_since))
        .extra()
        .unsorted(NO_INDEX),
];
