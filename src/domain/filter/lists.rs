//! The fields of every list.

use super::{FieldKind, FieldSpec};
use crate::domain::catalogue::Kind;
use crate::domain::delivery::{DeliveryState, Flow, Lane};
use crate::domain::exception::{ExceptionState, Severity, Team};
use crate::domain::mapping::{MappingKind, MappingStatus};
use crate::domain::movements::Standing;
use crate::domain::order::OrderState;
use crate::domain::returns::{Cause, MoneyState, ReturnState};

/// The names of a coded enum, as a constant list.
macro_rules! names {
    ($name:ident, $of:ty, $text:ident) => {
        const $name: &[&str] = &{
            let mut names = [""; <$of>::ALL.len()];
            let mut at = 0;
            while at < names.len() {
                names[at] = <$of>::ALL[at].$text();
                at += 1;
            }
            names
        };
    };
}

names!(KINDS, Kind, code);
names!(EXCEPTION_STATES, ExceptionState, as_str);
names!(TEAMS, Team, as_str);
names!(SEVERITIES, Severity, as_str);
names!(ORDER_STATES, OrderState, as_str);
names!(MAPPING_KINDS, MappingKind, as_str);
names!(MAPPING_STATUSES, MappingStatus, as_str);
names!(FLOWS, Flow, as_str);
names!(DELIVERY_STATES, DeliveryState, as_str);
names!(LANES, Lane, as_str);
names!(STANDINGS, Standing, as_str);
names!(RETURN_STATES, ReturnState, as_str);
names!(MONEY_STATES, MoneyState, as_str);
names!(CAUSES, Cause, as_str);
const YES_NO: &[&str] = &["yes", "no"];
const SOURCE_STATUSES: &[&str] = &["open", "processed", "cancelled", "gone"];

const fn field(name: &'static str, kind: FieldKind, help: &'static str) -> FieldSpec {
    FieldSpec { name, kind, help }
}

use FieldKind::{Age, Choice, Money, Number, Text, Until};

/// Fields of the exception list.
pub const EXCEPTIONS: &[FieldSpec] = &[
    field(
        "kind",
        Choice(KINDS),
        "kind of exception; STK* for a family",
    ),
    field("state", Choice(EXCEPTION_STATES), "state of the exception"),
    field("team", Choice(TEAMS), "team that owns it"),
    field("person", Text, "person who has it"),
    field("severity", Choice(SEVERITIES), "S1 is worst"),
    field("pair", Text, "pair of systems"),
    field("age", Age, "time since the problem began"),
    field("ship", Until, "time to the earliest promise"),
    field("members", Number, "orders or items in it"),
    field("value", Money, "value at stake"),
    field("id", Number, "number of the exception"),
    field("rule", Number, "number of the rule that knows its error"),
];

/// Fields of the order list.
pub const ORDERS: &[FieldSpec] = &[
    field("state", Choice(ORDER_STATES), "where the order stands"),
    field("pair", Text, "pair of systems"),
    field("number", Text, "order number in the sales system"),
    field("wms", Text, "order number in the warehouse"),
    field("reference", Text, "channel's or customer's reference"),
    field("service", Text, "delivery service the customer chose"),
    field("carrier", Text, "carrier service in the warehouse"),
    field("site", Text, "warehouse site"),
    field("channel", Text, "where it was sold"),
    field("sku", Text, "SKU on one of its lines"),
    field("postcode", Text, "postcode district"),
    field("country", Text, "country of delivery"),
    field("age", Age, "time since it was received"),
    field("ship", Until, "time to its promise"),
    field("value", Money, "order value"),
    field(
        "source",
        Choice(SOURCE_STATUSES),
        "status in the sales system",
    ),
    field("held", Choice(YES_NO), "held back by a person"),
];

/// Fields of the mapping list.
pub const MAPPINGS: &[FieldSpec] = &[
    field("kind", Choice(MAPPING_KINDS), "kind of mapping"),
    field("from", Text, "value in the sales system"),
    field("to", Text, "value in the warehouse"),
    field(
        "status",
        Choice(MAPPING_STATUSES),
        "draft, active or retired",
    ),
    field("broken", Choice(YES_NO), "its target is gone"),
    field("used", Number, "times used"),
];

/// Fields of the stock list.
pub const STOCK: &[FieldSpec] = &[
    field("item", Text, "item code or SKU"),
    field("location", Text, "location in the sales system"),
    field("drift", Choice(YES_NO), "figures disagree unexplained"),
    field("gap", Number, "shown less what should be shown"),
    field("risk", Number, "hours to overselling"),
    field("value", Money, "value at risk"),
    field("paused", Choice(YES_NO), "publishing is stopped"),
];

/// Fields of the board of lanes.
pub const STOCK_LANES: &[FieldSpec] = &[
    field("item", Text, "item code in the warehouse"),
    field("location", Text, "location in the sales system"),
    field("state", Choice(STANDINGS), "how the head stands"),
    field("stopped", Choice(YES_NO), "waits for a person"),
    field("pair", Text, "pair of systems"),
    field("age", Age, "time since the head is first"),
    field("waiting", Number, "movements behind the head"),
    field("units", Number, "units the sales system was not told of"),
    field("owed", Number, "movements left out and still owed"),
    field("orders", Number, "orders held behind it"),
];

/// Fields of the audit list.
pub const AUDIT: &[FieldSpec] = &[
    field("who", Text, "person or rule"),
    field("action", Text, "what was done"),
    field("object", Text, "what it was done to"),
    field("pair", Text, "pair of systems"),
    field("age", Age, "time since it was done"),
];

/// Fields of the delivery list.
pub const DELIVERIES: &[FieldSpec] = &[
    field("flow", Choice(FLOWS), "flow it belongs to"),
    field("state", Choice(DELIVERY_STATES), "where the write stands"),
    field("lane", Choice(LANES), "lane it waits in"),
    field("system", Text, "system that is written to"),
    field("order", Text, "order number"),
    field("age", Age, "time since it was caused"),
    field("attempts", Number, "times tried"),
];

/// Fields of the list of returns.
pub const RETURNS: &[FieldSpec] = &[
    field("state", Choice(RETURN_STATES), "where the goods are"),
    field("money", Choice(MONEY_STATES), "where the money is"),
    field("pair", Text, "pair of systems"),
    field("return", Text, "number of the return"),
    field("order", Text, "order number"),
    field("sku", Text, "SKU on one of its lines"),
    field("cause", Choice(CAUSES), "what made it come back"),
    field("reason", Text, "what the customer or a colleague said"),
    field("who", Text, "person or rule that allowed it"),
    field("age", Age, "time since it was created"),
    field("due", Until, "time to when the goods are given up"),
];

/// Every list with what its rows are called.
pub const ALL: &[(&str, &[FieldSpec])] = &[
    ("exceptions", EXCEPTIONS),
    ("orders", ORDERS),
    ("mappings", MAPPINGS),
    ("stock", STOCK),
    ("audit lines", AUDIT),
    ("deliveries", DELIVERIES),
    ("returns", RETURNS),
];

/// What the rows of a list are called, from its fields.
pub fn rows_called(fields: &[FieldSpec]) -> &'static str {
    ALL.iter()
        .find(|(_, known)| *known == fields)
        .map_or("rows", |(name, _)| *name)
}
