//! When does the warehouse have to expect goods? What the source says is one thing, the account's switch
//! (`returns.create_on`) another, and goods that never left cannot come back.

use crate::domain::catalogue::Kind;
use crate::domain::ids::{PairId, Sku};
use crate::domain::keys;
use crate::domain::order::coded_enum;
use crate::domain::preflight::Fault;
use crate::domain::time::{Span, Ts};
use std::collections::BTreeMap;

/// An expected return must be in the warehouse within this time.
pub const NOT_EXPECTED_GRACE: Span = Span::mins(15);

/// A refund that nobody explained becomes finance's question after this time.
pub const REFUND_GRACE: Span = Span::days(2);

coded_enum! {
    /// What makes the warehouse expect goods (`returns.create_on`). Each includes those before it.
    CreateOn {
        /// Only a person's authorisation.
        Manual = 0, "manual";
        /// A return the customer asked for in the source.
        ReturnRequest = 1, "return_request";
        /// A refund that names goods.
        RefundWithItems = 2, "refund_with_items";
        /// Any refund that pays the whole order back.
        Refund = 3, "refund";
    }
}

/// Units by SKU.
pub type Units = BTreeMap<Sku, i64>;

/// Something the source or customer service says about goods coming back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceEvent {
    /// Customer service authorised it, here or in the source.
    Authorised { id: String, units: Units },
    /// The customer asked for a return in the source.
    ReturnRequested { id: String, units: Units },
    /// Money went back. `units` are the goods it names, `is_whole` when everything paid went back.
    Refunded {
        id: String,
        units: Units,
        is_whole: bool,
        at: Ts,
    },
}

/// What was sold of one SKU and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldLine {
    pub sku: Sku,
    pub despatched_each: i64,
    /// Expected back already, or back, by whichever record.
    pub covered_each: i64,
}

/// One line of a return to be expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedLine {
    pub sku: Sku,
    pub qty_each: i64,
}

/// What follows from an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// Make the warehouse expect these goods, under this key.
    Create {
        key: String,
        lines: Vec<ExpectedLine>,
    },
    /// The goods have not left yet: decide again when they are despatched.
    AfterDespatch,
    /// Money went back for goods that nobody expects: a person decides by then, else `RET_REFUND_NO_RETURN`.
    Ask { units: Units, due_at: Ts },
    /// Nothing to do: why.
    Nothing(String),
}

/// Whether an event makes the warehouse expect goods. `is_open_in_warehouse`: some of the order may still leave.
pub fn expect(
    create_on: CreateOn,
    event: &SourceEvent,
    sold: &[SoldLine],
    is_open_in_warehouse: bool,
    pair: &PairId,
) -> Expectation {
    let (cause, id, wanted) = match event {
        SourceEvent::Authorised { id, units } => ("authorisation", id, units.clone()),
        SourceEvent::ReturnRequested { id, units } => ("return", id, units.clone()),
        SourceEvent::Refunded {
            id,
            units,
            is_whole,
            ..
        } => ("refund", id, refunded_units(units, *is_whole, sold)),
    };
    if wanted.is_empty() {
        return Expectation::Nothing("it names no goods: money only".to_owned());
    }
    let lines = still_out(&wanted, sold);
    let has_left = sold
        .iter()
        .any(|l| wanted.contains_key(&l.sku) && l.despatched_each > 0);
    match (lines.is_empty(), event) {
        (true, SourceEvent::Refunded { .. }) if !has_left => {
            Expectation::Nothing("the goods never left the warehouse".to_owned())
        }
        (true, _) if !has_left && is_open_in_warehouse => Expectation::AfterDespatch,
        (true, _) if !has_left => {
            Expectation::Nothing("the goods never left the warehouse".to_owned())
        }
        (true, _) => Expectation::Nothing("these goods are expected already".to_owned()),
        (false, event) if is_trigger(create_on, event) => Expectation::Create {
            key: keys::return_expect(pair, cause, id),
            lines,
        },
        (false, SourceEvent::Refunded { at, .. }) => Expectation::Ask {
            units: lines.into_iter().map(|l| (l.sku, l.qty_each)).collect(),
            due_at: *at + REFUND_GRACE,
        },
        (false, _) => Expectation::Nothing(format!(
            "returns.create_on is {create_on}: customer service authorises it first"
        )),
    }
}

/// The goods a refund speaks of: those it names; a whole refund that names none speaks of everything that left.
fn refunded_units(units: &Units, is_whole: bool, sold: &[SoldLine]) -> Units {
    if !units.is_empty() || !is_whole {
        return units.clone();
    }
    sold.iter()
        .filter(|l| l.despatched_each > 0)
        .map(|l| (l.sku.clone(), l.despatched_each))
        .collect()
}

fn is_trigger(create_on: CreateOn, event: &SourceEvent) -> bool {
    let least = match event {
        SourceEvent::Authorised { .. } => CreateOn::Manual,
        SourceEvent::ReturnRequested { .. } => CreateOn::ReturnRequest,
        SourceEvent::Refunded { units, .. } if !units.is_empty() => CreateOn::RefundWithItems,
        SourceEvent::Refunded { .. } => CreateOn::Refund,
    };
    create_on >= least
}

/// What of the wanted units has left and is not expected back yet.
fn still_out(wanted: &Units, sold: &[SoldLine]) -> Vec<ExpectedLine> {
    wanted
        .iter()
        .map(|(sku, units)| {
            let out: i64 = sold
                .iter()
                .filter(|l| l.sku == *sku)
                .map(|l| l.despatched_each.saturating_sub(l.covered_each).max(0))
                .sum();
            ExpectedLine {
                sku: sku.clone(),
                qty_each: (*units).min(out),
            }
        })
        .filter(|l| l.qty_each > 0)
        .collect()
}

/// A refund whose goods nobody expects, once its grace has passed and nobody has decided what was meant.
pub fn refund_fault(
    number: &str,
    units: &Units,
    due_at: Ts,
    is_decided: bool,
    now: Ts,
) -> Option<Fault> {
    if is_decided || now < due_at {
        return None;
    }
    let goods: Vec<String> = units
        .iter()
        .map(|(sku, n)| format!("{n} × {sku}"))
        .collect();
    Some(Fault::new(
        Kind::RetRefundNoReturn,
        format!("ORDER={number}"),
        format!(
            "order {number}: money went back for {} and no return is planned; authorise one, or record goodwill or never shipped",
            goods.join(", ")
        ),
    ))
}

/// A return that should be expected in the warehouse and is not there yet.
pub fn not_expected_fault(key: &str, number: &str, decided_at: Ts, now: Ts) -> Option<Fault> {
    (now.since(decided_at) >= NOT_EXPECTED_GRACE).then(|| {
        Fault::new(
            Kind::RetNotExpected,
            format!("RETURN={key}"),
            format!("goods of order {number} are coming back and the warehouse does not expect them; create the return"),
        )
    })
}
