//! Event callbacks: subscriptions, substitution of placeholders, and what is due for delivery.

use super::clause::{Clause, Value};
use crate::domain::time::{Span, Ts};
use crate::sandbox::rng::Rng;
use crate::sandbox::world::{Event, World};
use std::collections::VecDeque;

/// Most callbacks waiting to be taken; the oldest go first.
const OUTBOX_MAX: usize = 100_000;
/// Most subscriptions of one tenant.
pub(super) const SUBSCRIPTIONS_MAX: usize = 1_000;
/// Event types a subscription may name.
pub const EVENT_TYPES: &[&str] = &[
    "AvailabilityChanges",
    "SalesOrderStatusChanges",
    "GoodsReceived",
    "TrackingNumberReceived",
    "IncrementalChanges",
    "Returns",
    "DespatchPackageTrackingNumberReceived",
    "DespatchPackageDespatched",
    "OnDespatchOrderReceived",
];

/// How a subscription is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Style {
    /// GET of the substituted URL.
    Get { url: String },
    /// POST of the substituted parameters as a form.
    Post { url: String, params: String },
}

/// A subscription. It cannot be listed, as on the real server.
#[derive(Debug, Clone)]
pub struct Subscription {
    pub id: i64,
    pub event: String,
    pub filter: String,
    /// Only this site, when named.
    pub site: Option<String>,
    pub style: Style,
    /// Substituted values are URL-encoded.
    pub encodes: bool,
}

/// One callback to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    pub seq: u64,
    pub due: Ts,
    pub subscription: i64,
    pub event: String,
    /// `GET` or `POST`.
    pub method: &'static str,
    pub url: String,
    /// Form body of a POST.
    pub body: Option<String>,
    /// 1 for the first delivery.
    pub attempt: u32,
}

/// Subscriptions and callbacks on their way.
#[derive(Debug, Default)]
pub struct Callbacks {
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) next_id: i64,
    made: u64,
    outbox: VecDeque<Callback>,
}

impl Callbacks {
    /// Subscriptions in force (a real tenant cannot list them; judges can).
    pub fn subscriptions(&self) -> &[Subscription] {
        &self.subscriptions
    }

    /// Takes what is due.
    pub fn take(&mut self) -> Vec<Callback> {
        self.outbox.drain(..).collect()
    }

    fn ready(&mut self, callback: Callback) {
        if self.outbox.len() >= OUTBOX_MAX {
            self.outbox.pop_front();
        }
        self.outbox.push_back(callback);
    }
}

type Fields = Vec<(&'static str, String)>;

impl World {
    /// Makes a callback available for delivery.
    pub(crate) fn callback_due(&mut self, callback: Callback) {
        self.callbacks.ready(callback);
    }

    /// The receiver answered badly or not at all: try again later, as often as the tenant does.
    pub(crate) fn callback_failed(&mut self, mut callback: Callback) {
        let at = usize::try_from(callback.attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        if let Some(wait) = self.config.pvx.callback_retries.get(at).copied() {
            callback.attempt += 1;
            callback.due = self.now + wait;
            self.schedule(callback.due, Event::Callback(Box::new(callback)));
        }
    }

    pub(crate) fn call_back_status(&mut self, ix: usize) {
        if self.callbacks.subscriptions.is_empty() {
            return;
        }
        let order = &self.pvx.orders[ix];
        let site = order.site;
        let fields = vec![
            ("SalesOrderNumber", order.number.clone()),
            ("SalesOrderStatu.Name", order.status.name().to_owned()),
            ("LastModificationTime", stamp(self.now)),
        ];
        self.fire("SalesOrderStatusChanges", Some(site), &fields);
    }

    pub(crate) fn call_back_availability(&mut self, item: usize, site: usize) {
        if self.callbacks.subscriptions.is_empty() {
            return;
        }
        let total: i64 = self.pvx.stock[item].iter().map(|s| s.available()).sum();
        let here = self.pvx.shelf(item, site).available();
        let code = self.pvx.items[item].code.clone();
        let of = |available: i64| -> Fields {
            vec![
                ("ItemCode", code.clone()),
                ("Available", available.to_string()),
            ]
        };
        self.fire_filtered("AvailabilityChanges", Some(site), &of(here), &of(total));
    }

    pub(crate) fn call_back_movement(&mut self, item: usize, delta: i64, reason: &str) {
        if self.callbacks.subscriptions.is_empty() || delta == 0 {
            return;
        }
        let record = &self.pvx.items[item];
        let fields = vec![
            ("QuantityChanged", delta.to_string()),
            ("UpdatedBy", "floor".to_owned()),
            ("UpdateTimestamp", stamp(self.now)),
            ("Reason", reason.to_owned()),
            ("ItemType.Name", record.name.clone()),
            ("ItemType.ItemCode", record.code.clone()),
        ];
        self.fire("IncrementalChanges", None, &fields);
    }

    pub(crate) fn call_back_tracking(&mut self, despatch: usize) {
        if self.callbacks.subscriptions.is_empty() {
            return;
        }
        let record = &self.pvx.despatches[despatch];
        let order = &self.pvx.orders[record.order];
        let site = order.site;
        let email = super::columns::position(super::columns::List::SalesOrders, "Email")
            .and_then(|c| order.texts.get(&c))
            .cloned()
            .unwrap_or_default();
        let fields = vec![
            ("DespatchNumber", record.number.clone()),
            ("Despatch.DespatchNumber", record.number.clone()),
            ("TrackingNumber", record.tracking.clone()),
            ("Carrier.Number", record.carrier.clone()),
            ("ServiceType.Name", record.service_name.clone()),
            ("ServiceType.Code", record.service_code.clone()),
            ("Picks.SalesOrder.SalesOrderNumber", order.number.clone()),
            ("SalesOrder.SalesOrderNumber", order.number.clone()),
            ("Picks.SalesOrder.Email", email),
        ];
        self.fire("TrackingNumberReceived", Some(site), &fields);
        self.fire("DespatchPackageTrackingNumberReceived", Some(site), &fields);
    }

    pub(crate) fn call_back_goods(&mut self, item: usize, quantity: i64, reference: &str) {
        if self.callbacks.subscriptions.is_empty() {
            return;
        }
        let record = &self.pvx.items[item];
        let fields = vec![
            ("GoodsInId", reference.to_owned()),
            ("Reference", reference.to_owned()),
            ("ReconciledDateTime", stamp(self.now)),
            (
                "Consignments.ConsignmentItemTypes.Quantity",
                quantity.to_string(),
            ),
            (
                "Consignments.ConsignmentItemTypes.ItemType.Name",
                record.name.clone(),
            ),
            (
                "Consignments.ConsignmentItemTypes.ItemType.ItemCode",
                record.code.clone(),
            ),
        ];
        self.fire("GoodsReceived", None, &fields);
    }

    fn fire(&mut self, event: &str, site: Option<usize>, fields: &Fields) {
        self.fire_filtered(event, site, fields, fields);
    }

    /// `here` goes to subscriptions limited to the site, `total` to the others.
    fn fire_filtered(&mut self, event: &str, site: Option<usize>, here: &Fields, total: &Fields) {
        let reference = site.map(|s| self.pvx.sites[s].reference.clone());
        let mut made = Vec::new();
        for subscription in &self.callbacks.subscriptions {
            let fields = match &subscription.site {
                None => total,
                Some(wanted) if Some(wanted) == reference.as_ref() => here,
                Some(_) => continue,
            };
            if subscription.event == event && passes(&subscription.filter, fields) {
                made.push(fill(subscription, fields));
            }
        }
        for callback in made {
            self.send(callback);
        }
    }

    fn send(&mut self, mut callback: Callback) {
        self.callbacks.made += 1;
        callback.seq = self.callbacks.made;
        let mut dice = Rng::keyed(self.config.seed, "callback", callback.seq);
        let usual = Span::ms(dice.between(800, 4_000));
        for extra in self.faults.callback_fate(self.now) {
            let mut one = callback.clone();
            one.due = self.now + usual + extra;
            self.schedule(one.due, Event::Callback(Box::new(one)));
        }
    }
}

fn stamp(at: Ts) -> String {
    at.to_utc().format("%d/%m/%Y %H:%M:%S").to_string()
}

fn passes(filter: &str, fields: &Fields) -> bool {
    if filter.trim().is_empty() {
        return true;
    }
    let column = |name: &str| fields.iter().position(|f| f.0.eq_ignore_ascii_case(name));
    Clause::read(filter, &column)
        .is_ok_and(|clause| clause.matches(&|c| Value::Text(fields[c].1.clone())))
}

fn fill(subscription: &Subscription, fields: &Fields) -> Callback {
    let put = |template: &str| {
        let mut out = template.to_owned();
        for (name, value) in fields {
            let value = if subscription.encodes {
                percent_encode(value)
            } else {
                value.clone()
            };
            out = out.replace(&format!("{{{name}}}"), &value);
        }
        out
    };
    let (method, url, body) = match &subscription.style {
        Style::Get { url } => ("GET", put(url), None),
        Style::Post { url, params } => ("POST", url.clone(), Some(put(params))),
    };
    Callback {
        seq: 0,
        due: Ts::MIN,
        subscription: subscription.id,
        event: subscription.event.clone(),
        method,
        url,
        body,
        attempt: 1,
    }
}

/// Percent-encodes everything but unreserved characters.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte as char);
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
