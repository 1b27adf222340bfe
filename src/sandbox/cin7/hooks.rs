//! Webhooks: subscriptions, thin and uneven payloads, delivery with retries until the webhook goes inactive.
//!
//! Nothing is signed and no event has an id. What proves the sender is a secret in the address, a header, or basic or
//! bearer credentials of the subscription.

use super::params::{Body, Query, Refusal};
use super::people::Happening;
use super::render::text_or_null;
use crate::domain::time::{Span, Ts};
use crate::sandbox::config::SimSystem;
use crate::sandbox::faults::EventFate;
use crate::sandbox::rng::{Guid, Rng};
use crate::sandbox::world::{Event, World};
use base64::Engine as _;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Most webhooks of one type.
const SAME_TYPE_MAX: usize = 5;
/// Most deliveries waiting to be taken; the oldest go first.
const OUTBOX_MAX: usize = 100_000;
/// The event that does not name itself.
const STOCK_CHANGED: &str = "Stock/AvailableStockLevelChanged";

/// Types a webhook may have, and what people read beside them.
pub const TYPES: &[(&str, &str)] = &[
    ("Sale/Created", "Sale has been created"),
    ("Sale/QuoteAuthorised", "Sale quote has been authorised"),
    ("Sale/OrderAuthorised", "Sale order has been authorised"),
    ("Sale/Backordered", "Sale has been backordered"),
    ("Sale/PickAuthorised", "Sale pick has been authorised"),
    ("Sale/PackAuthorised", "Sale pack has been authorised"),
    (
        "Sale/ShipmentAuthorised",
        "Sale shipment has been authorised",
    ),
    (
        "Sale/ShipmentTrackingNumberChanged",
        "Shipment tracking number has changed",
    ),
    ("Sale/InvoiceAuthorised", "Sale invoice has been authorised"),
    (
        "Sale/CreditNoteAuthorised",
        "Sale credit note has been authorised",
    ),
    ("Sale/Voided", "Sale has been voided"),
    ("Sale/Undo", "Sale has been undone"),
    (
        "Sale/PartialPaymentReceived",
        "Sale has been partially paid",
    ),
    ("Sale/FullPaymentReceived", "Sale has been paid"),
    (
        "Sale/AttachmentAdded",
        "Attachment has been added to a sale",
    ),
    (
        "Sale/AdditionalAttributesChanged",
        "Additional attributes of a sale have changed",
    ),
    ("Product/Updated", "Product has been updated"),
    (STOCK_CHANGED, "Available stock level has changed"),
    ("Customer/Updated", "Customer has been updated"),
    ("Supplier/Updated", "Supplier has been updated"),
    (
        "Purchase/OrderAuthorised",
        "Purchase order has been authorised",
    ),
    (
        "Purchase/StockReceivedAuthorised",
        "Stock has been received",
    ),
    (
        "Purchase/InvoiceAuthorised",
        "Purchase invoice has been authorised",
    ),
    (
        "Purchase/CreditNoteAuthorised",
        "Purchase credit note has been authorised",
    ),
    ("Purchase/Updated", "Purchase has been updated"),
];

/// A subscription.
#[derive(Debug, Clone)]
pub struct Cin7Hook {
    pub id: Guid,
    pub kind: &'static str,
    /// Cleared by Cin7 Core itself after the last failed delivery.
    pub is_active: bool,
    pub url: String,
    /// `noauth`, `basicauth` or `bearerauth`.
    pub authorization: String,
    pub user: String,
    pub password: String,
    pub token: String,
    pub headers: Vec<(String, String)>,
}

/// One delivery: a POST of a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookCall {
    pub seq: u64,
    /// When it is sent.
    pub due: Ts,
    /// The subscription.
    pub hook: Guid,
    pub event: &'static str,
    pub url: String,
    /// `Authorization` where the subscription has one, and its own headers.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// 1 for the first delivery.
    pub attempt: u32,
}

/// Subscriptions and deliveries on their way.
#[derive(Debug, Default)]
pub struct Cin7Hooks {
    /// Subscriptions in force and inactive ones.
    pub subscriptions: Vec<Cin7Hook>,
    made: u64,
    outbox: VecDeque<HookCall>,
}

impl Cin7Hooks {
    /// Takes what is due.
    pub fn take(&mut self) -> Vec<HookCall> {
        self.outbox.drain(..).collect()
    }

    fn hears(&self, kind: &str) -> bool {
        self.subscriptions
            .iter()
            .any(|h| h.is_active && h.kind == kind)
    }
}

impl World {
    /// A delivery leaves, unless its webhook went away or inactive meanwhile.
    pub(super) fn cin7_hook_due(&mut self, call: HookCall) {
        let hooks = &mut self.cin7.hooks;
        if !hooks
            .subscriptions
            .iter()
            .any(|h| h.id == call.hook && h.is_active)
        {
            return;
        }
        if hooks.outbox.len() >= OUTBOX_MAX {
            hooks.outbox.pop_front();
        }
        hooks.outbox.push_back(call);
    }

    /// The receiver answered badly or not at all: again later, and after the last time never more.
    pub(crate) fn cin7_hook_failed(&mut self, mut call: HookCall) {
        let at = usize::try_from(call.attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        match self.config.cin7.switches.hook_retries.get(at).copied() {
            Some(wait) => {
                call.attempt += 1;
                call.due = self.now + wait;
                self.schedule(call.due, Event::Cin7(Happening::Hook(Box::new(call))));
            }
            None => self.cin7_silence(call.hook),
        }
    }

    fn cin7_silence(&mut self, hook: Guid) {
        if let Some(held) = self
            .cin7
            .hooks
            .subscriptions
            .iter_mut()
            .find(|h| h.id == hook)
        {
            held.is_active = false;
            let kind = held.kind;
            self.cin7_note(
                "Webhook inactive",
                kind.to_owned(),
                hook.to_string(),
                json!({}),
                true,
            );
        }
    }

    /// Tells of something that happened to a sale; `f` is the fulfilment it happened to.
    pub(super) fn cin7_tell(&mut self, kind: &'static str, s: usize, f: Option<usize>) {
        if self.cin7.hooks.hears(kind) {
            let sale = &self.cin7.sales[s];
            let fulfilment = f.and_then(|f| sale.fulfilments.get(f));
            let body = self.cin7_payload(kind, sale, fulfilment);
            self.cin7_fire(kind, &body);
        }
    }

    /// Tells of the availability of a product: every row of it.
    pub(super) fn cin7_tell_stock(&mut self, product: usize) {
        if !self.cin7.hooks.hears(STOCK_CHANGED) {
            return;
        }
        let rows = self.cin7_availability(product);
        let rows: Vec<Value> = rows
            .iter()
            .map(|row| {
                let mut out = self.cin7_availability_row(row);
                if let Some(members) = out.as_object_mut() {
                    members.shift_remove("InTransit");
                    members.shift_remove("NextDeliveryDate");
                }
                out["ID"] = json!(self.cin7.products[product].id.to_string().to_uppercase());
                out["Category"] = json!(self.cin7.products[product].category);
                out["MaxRows"] = json!(rows.len());
                out
            })
            .collect();
        self.cin7_fire(STOCK_CHANGED, &Value::Array(rows));
    }

    /// Tells of the availability of everything on a sale.
    pub(super) fn cin7_tell_stock_of_sale(&mut self, s: usize) {
        if self.cin7.hooks.hears(STOCK_CHANGED) {
            let products = self.cin7.sales[s].lines.iter().map(|l| l.product);
            let products: std::collections::BTreeSet<usize> = products.collect();
            for product in products {
                self.cin7_tell_stock(product);
            }
        }
    }

    fn cin7_fire(&mut self, kind: &'static str, body: &Value) {
        let hooks: Vec<Cin7Hook> = self
            .cin7
            .hooks
            .subscriptions
            .iter()
            .filter(|h| h.is_active && h.kind == kind)
            .cloned()
            .collect();
        for hook in hooks {
            self.cin7.hooks.made += 1;
            let seq = self.cin7.hooks.made;
            let call = HookCall {
                seq,
                due: Ts::MIN,
                hook: hook.id,
                event: kind,
                url: hook.url.clone(),
                headers: headers_of(&hook),
                body: body.to_string(),
                attempt: 1,
            };
            let mut dice = Rng::keyed(self.config.seed, "cin7-hook", seq);
            let usual = self.config.cin7.switches.hook_delay + Span::ms(dice.between(0, 5_000));
            let every = u64::from(self.config.cin7.switches.hook_duplicate_every);
            let copies = match self.faults.event_fate(SimSystem::Cin7, self.now) {
                EventFate::Sent(copies) => copies,
                EventFate::SubscriptionGone => {
                    self.cin7_silence(hook.id);
                    continue;
                }
            };
            let is_twice = every > 0 && seq.is_multiple_of(every) && copies.len() == 1;
            let echo = is_twice.then_some(Span::secs(20));
            for extra in copies.into_iter().chain(echo) {
                let due = self.now + usual + extra;
                let call = HookCall {
                    due,
                    ..call.clone()
                };
                self.schedule(due, Event::Cin7(Happening::Hook(Box::new(call))));
            }
        }
    }

    fn cin7_need_automation(&self) -> Result<(), Refusal> {
        if self.config.cin7.switches.has_automation {
            return Ok(());
        }
        Err(Refusal {
            status: 403,
            problems: vec!["Automation module is not available for this account.".to_owned()],
        })
    }

    /// `GET webhooks`: all of them, no pages.
    pub(super) fn cin7_get_hooks(&self) -> Result<Value, Refusal> {
        self.cin7_need_automation()?;
        let rows = self.cin7.hooks.subscriptions.iter();
        Ok(json!({"Webhooks": rows.map(|h| shown(h, true)).collect::<Vec<Value>>()}))
    }

    /// The subscription a write means; `None` for a new one.
    fn cin7_hook_at(
        &self,
        body: &Body,
        kind: &str,
        is_new: bool,
    ) -> Result<Option<usize>, Refusal> {
        let held = &self.cin7.hooks.subscriptions;
        if is_new {
            if held.iter().filter(|h| h.kind == kind).count() >= SAME_TYPE_MAX {
                let text =
                    format!("Maximum number of webhooks of type '{kind}' is {SAME_TYPE_MAX}.");
                return Err(Refusal::bad(text));
            }
            Ok(None)
        } else {
            let id = body.need_guid("ID")?;
            let at = held.iter().position(|h| h.id == id);
            Ok(Some(at.ok_or_else(|| Refusal::bad("Webhook not found"))?))
        }
    }

    /// `POST webhooks` (a new one) and `PUT webhooks` (replaces one whole).
    pub(super) fn cin7_write_hook(&mut self, body: &Body, is_new: bool) -> Result<Value, Refusal> {
        self.cin7_need_automation()?;
        let wanted = body.need_text("Type")?;
        let known = TYPES.iter().find(|t| t.0.eq_ignore_ascii_case(&wanted));
        let kind = known.ok_or_else(|| Refusal::invalid("Type"))?.0;
        let authorization = body.text("ExternalAuthorizationType");
        let authorization = authorization.unwrap_or_else(|| "noauth".to_owned());
        if !["noauth", "basicauth", "bearerauth"].contains(&authorization.as_str()) {
            return Err(Refusal::invalid("ExternalAuthorizationType"));
        }
        let at = self.cin7_hook_at(body, kind, is_new)?;
        let text = |name: &str| body.text(name).unwrap_or_default();
        let headers = body.list("ExternalHeaders");
        let header = |h: &Body| Some((h.text("Key")?, h.text("Value").unwrap_or_default()));
        let hook = Cin7Hook {
            id: match at {
                Some(at) => self.cin7.hooks.subscriptions[at].id,
                None => self.cin7_guid(),
            },
            kind,
            is_active: body.flag("IsActive").unwrap_or(false),
            url: body.need_text("ExternalURL")?,
            authorization,
            user: text("ExternalUserName"),
            password: text("ExternalPassword"),
            token: text("ExternalBearerToken"),
            headers: headers.iter().filter_map(header).collect(),
        };
        let row = shown(&hook, false);
        let op = if is_new {
            "Webhook added"
        } else {
            "Webhook changed"
        };
        let detail = json!({"active": hook.is_active});
        self.cin7_note(op, kind.to_owned(), hook.id.to_string(), detail, false);
        match at {
            Some(at) => self.cin7.hooks.subscriptions[at] = hook,
            None => self.cin7.hooks.subscriptions.push(hook),
        }
        Ok(json!({"Webhooks": [row]}))
    }

    /// `DELETE webhooks`.
    pub(super) fn cin7_delete_hook(&mut self, query: &Query) -> Result<Value, Refusal> {
        self.cin7_need_automation()?;
        let id = query.need_guid("ID")?;
        let held = &mut self.cin7.hooks.subscriptions;
        let at = held.iter().position(|h| h.id == id);
        let at = at.ok_or_else(|| Refusal::bad("Webhook not found"))?;
        let gone = held.remove(at);
        self.cin7_note(
            "Webhook removed",
            gone.kind.to_owned(),
            id.to_string(),
            json!({}),
            false,
        );
        Ok(json!({"Webhooks": []}))
    }
}

/// A subscription as shown. A list shows an empty bearer token; whoever sends that back wipes the secret.
fn shown(hook: &Cin7Hook, is_list: bool) -> Value {
    let label = TYPES.iter().find(|t| t.0 == hook.kind).map_or("", |t| t.1);
    let headers = hook.headers.iter();
    let headers: Vec<Value> = headers
        .map(|(k, v)| json!({"Key": k, "Value": v}))
        .collect();
    let token = if is_list {
        json!("")
    } else {
        text_or_null(&hook.token)
    };
    json!({
        "ID": hook.id.to_string().to_uppercase(), "Type": hook.kind, "Name": label,
        "IsActive": hook.is_active, "ExternalURL": hook.url,
        "ExternalAuthorizationType": hook.authorization, "ExternalUserName": text_or_null(&hook.user),
        "ExternalPassword": text_or_null(&hook.password), "ExternalBearerToken": token,
        "ExternalHeaders": headers,
    })
}

fn headers_of(hook: &Cin7Hook) -> Vec<(String, String)> {
    let login = match hook.authorization.as_str() {
        "basicauth" => {
            let pair = format!("{}:{}", hook.user, hook.password);
            let pair = base64::engine::general_purpose::STANDARD.encode(pair);
            Some(format!("Basic {pair}"))
        }
        "bearerauth" => Some(format!("Bearer {}", hook.token)),
        _ => None,
    };
    let login = login.map(|value| ("Authorization".to_owned(), value));
    login
        .into_iter()
        .chain(hook.headers.iter().cloned())
        .collect()
}
