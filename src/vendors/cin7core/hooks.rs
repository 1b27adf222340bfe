//! Webhooks: subscriptions, and what arrives. Nothing is signed and nothing has an event id; deliveries repeat, may come
//! in any order, and after six failures the webhook goes inactive without a word. An event is a hint to read again.

use super::Cin7Core;
use super::call::Call;
use super::client::{refused, unread};
use super::json::Json;
use super::stages::{ReadBack, Written};
use super::stock::{StockRow, stock_row};
use super::value::{Node, Read, numbers_as_text};
use super::words::{EventKind, HookAuth};
use crate::domain::ids::{LocationId, Sku, SourceOrderId};
use crate::secret::Secret;
use crate::text::clean_to;
use crate::vendors::transport::{Redactor, TEXT_CHARS_MAX};
use crate::vendors::{Answer, CallLog};
use chrono::NaiveDate;
use serde_json::Value;

/// Largest event body read, bytes: a stock event holds every row of one product.
const EVENT_BYTES_MAX: usize = 1024 * 1024;

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    pub id: String,
    /// `None` for a type we do not know.
    pub kind: Option<EventKind>,
    /// The type as written.
    pub kind_text: String,
    /// Cin7 Core clears this itself after six failed deliveries.
    pub is_active: bool,
    pub url: String,
    pub auth: Option<HookAuth>,
    /// Names of the further headers; their values are not kept.
    pub headers: Vec<String>,
}

/// How Cin7 Core shall prove itself.
#[derive(Debug, Clone)]
pub enum WebhookLogin {
    None,
    Basic { user: String, password: Secret },
    Bearer(Secret),
}

/// A subscription to write. A change replaces the whole: the secret is sent again every time, or it would be wiped.
#[derive(Debug, Clone)]
pub struct WebhookWrite {
    pub kind: EventKind,
    pub url: String,
    pub is_active: bool,
    pub login: WebhookLogin,
    /// A stock event does not name itself: give each type an address or a header of its own.
    pub headers: Vec<(String, Secret)>,
}

impl Cin7Core {
    /// Every subscription. Needs the tenant's automation module; what is answered without it is not documented.
    pub async fn webhooks(&self, log: &CallLog) -> Answer<Vec<Webhook>> {
        let call = Call::Webhooks;
        let answer = self.client.read(call, &[], log).await?;
        hooks_of(&answer).map_err(|fault| unread(call, &fault))
    }

    /// Subscribes. At most five of one type may exist.
    pub async fn add_webhook(
        &self,
        write: &WebhookWrite,
        log: &CallLog,
    ) -> Answer<Written<Webhook>> {
        self.write_webhook(Call::AddWebhook, None, write, log).await
    }

    /// Replaces a subscription whole; also the way to make it active again.
    pub async fn change_webhook(
        &self,
        id: &str,
        write: &WebhookWrite,
        log: &CallLog,
    ) -> Answer<Written<Webhook>> {
        self.write_webhook(Call::ChangeWebhook, Some(id), write, log)
            .await
    }

    /// Ends a subscription.
    pub async fn remove_webhook(&self, id: &str, log: &CallLog) -> Answer<()> {
        let call = Call::RemoveWebhook;
        let query = [("ID", id.to_owned())];
        self.client.read(call, &query, log).await.map(|_| ())
    }

    async fn write_webhook(
        &self,
        call: Call,
        id: Option<&str>,
        write: &WebhookWrite,
        log: &CallLog,
    ) -> Answer<Written<Webhook>> {
        if !write.url.starts_with("https://") && !write.url.starts_with("http://") {
            return Err(refused(call, "the address to call is not an address"));
        }
        let answer = self.client.write(call, &body(id, write), log).await;
        let hidden = hidden(write);
        let answer = answer.map_err(|mut error| {
            let text = hidden.redact(error.text.as_bytes());
            error.text = String::from_utf8_lossy(&text).into_owned();
            error
        })?;
        let hooks = hooks_of(&answer).map_err(|fault| unread(call, &fault))?;
        let is_it = |hook: &Webhook| match id {
            Some(id) => hook.id.eq_ignore_ascii_case(id),
            None => hook.kind == Some(write.kind) && hook.url == write.url,
        };
        let found = hooks.into_iter().find(is_it);
        let against = match &found {
            None => Some("the answer does not show the webhook".to_owned()),
            Some(hook) => against(hook, write),
        };
        Ok(Written::judged(found, against, ReadBack::Webhooks))
    }
}

fn against(hook: &Webhook, write: &WebhookWrite) -> Option<String> {
    if hook.kind != Some(write.kind) {
        return Some(format!("the answer shows type {}", hook.kind_text));
    }
    if hook.url != write.url {
        return Some("the answer shows another address".to_owned());
    }
    (hook.is_active != write.is_active).then(|| {
        let state = if hook.is_active { "active" } else { "inactive" };
        format!("the answer shows it {state}")
    })
}

/// The secrets of a write, to be kept out of errors.
fn hidden(write: &WebhookWrite) -> Redactor {
    let mut out = Redactor::new().hide(&write.url);
    match &write.login {
        WebhookLogin::None => {}
        WebhookLogin::Basic { password, .. } => out = out.hide(password.expose()),
        WebhookLogin::Bearer(token) => out = out.hide(token.expose()),
    }
    for (_, value) in &write.headers {
        out = out.hide(value.expose());
    }
    out
}

fn body(id: Option<&str>, write: &WebhookWrite) -> Json {
    let mut members = Vec::new();
    if let Some(id) = id {
        members.push(("ID", Json::from(id)));
    }
    members.push(("Type", Json::from(write.kind.as_str())));
    members.push(("IsActive", Json::from(write.is_active)));
    members.push(("ExternalURL", Json::from(write.url.as_str())));
    let auth = match &write.login {
        WebhookLogin::None => HookAuth::None,
        WebhookLogin::Basic { .. } => HookAuth::Basic,
        WebhookLogin::Bearer(_) => HookAuth::Bearer,
    };
    members.push(("ExternalAuthorizationType", Json::from(auth.as_str())));
    match &write.login {
        WebhookLogin::None => {}
        WebhookLogin::Basic { user, password } => {
            members.push(("ExternalUserName", Json::from(user.as_str())));
            members.push(("ExternalPassword", Json::from(password.expose())));
        }
        WebhookLogin::Bearer(token) => {
            members.push(("ExternalBearerToken", Json::from(token.expose())));
        }
    }
    let headers = write.headers.iter().map(|(name, value)| {
        Json::object([
            ("Key", Json::from(name.as_str())),
            ("Value", Json::from(value.expose())),
        ])
    });
    members.push(("ExternalHeaders", Json::list(headers)));
    Json::Object(members)
}

fn hooks_of(answer: &Value) -> Read<Vec<Webhook>> {
    let node = Node::root(answer);
    node.need_list("Webhooks")?;
    node.list("Webhooks")?.iter().map(hook).collect()
}

fn hook(node: &Node<'_>) -> Read<Webhook> {
    let headers = node.list("ExternalHeaders")?;
    Ok(Webhook {
        id: node.need_id("ID")?,
        kind: node.word("Type").ok().flatten(),
        kind_text: node.need_text("Type")?,
        is_active: node.flag("IsActive")?,
        url: node.text("ExternalURL")?,
        auth: node.word("ExternalAuthorizationType").ok().flatten(),
        headers: headers.iter().map(|h| h.text("Key")).collect::<Read<_>>()?,
    })
}

/// What a webhook told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something about a sale.
    Sale(SaleEvent),
    /// Products were made or changed.
    Products(Vec<ProductHint>),
    /// Every availability row of a product. `location` holds the location's name.
    Stock(Vec<StockRow>),
    /// A type nobody reads: as written.
    Other(String),
}

/// An event about a sale. Shapes differ per type; what a type does not tell is `None` or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleEvent {
    pub kind: EventKind,
    /// `SaleID`. Shipment and invoice events have only `task_id`.
    pub sale: Option<SourceOrderId>,
    /// `TaskID` or `SaleTaskID`: the sale's own id on simple sales, perhaps the fulfilment's on advanced ones. When no
    /// sale has this id, look for the order number.
    pub task_id: Option<String>,
    pub order_number: String,
    pub invoice_number: String,
    pub credit_note_number: String,
    pub shipments: Vec<Shipment>,
}

/// A shipment of a tracking event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    pub shipped_on: Option<NaiveDate>,
    pub tracking: String,
    pub url: String,
    pub carrier: String,
}

/// A product named by an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductHint {
    /// What happened, as written (`Creation` …); the other words are not documented.
    pub event: String,
    pub id: Option<String>,
    pub sku: Sku,
}

/// An event that cannot be read. It is a hint all the same: poll.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a Cin7 Core event cannot be read: {0}; what it meant is found by the next poll")]
pub struct EventFault(pub String);

/// Reads the body of a delivery.
///
/// # Errors
/// [`EventFault`] when it is too large, no JSON, or lacks what its type must have.
pub fn parse_event(body: &[u8]) -> Result<Event, EventFault> {
    if body.len() > EVENT_BYTES_MAX {
        return Err(EventFault(format!("it has {} bytes", body.len())));
    }
    let bare = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let value: Value = serde_json::from_slice(&numbers_as_text(bare))
        .map_err(|e| EventFault(clean_to(&e.to_string(), TEXT_CHARS_MAX)))?;
    event(&Node::root(&value)).map_err(|fault| EventFault(fault.to_string()))
}

fn event(node: &Node<'_>) -> Read<Event> {
    // Stock events are a bare list and do not name themselves.
    if let Some(rows) = node.entries() {
        let by_name = |name: &str| LocationId(name.to_owned());
        let rows: Read<Vec<StockRow>> = rows.iter().map(|row| stock_row(row, &by_name)).collect();
        return rows.map(Event::Stock);
    }
    let text = node.need_text("EventType")?;
    let kind = match node.word::<EventKind>("EventType") {
        Ok(Some(kind)) => kind,
        _ => return Ok(Event::Other(text)),
    };
    match kind {
        EventKind::ProductUpdated => {
            let rows = node.list("ProductDetailsList")?;
            let products: Read<Vec<ProductHint>> = rows.iter().map(product_hint).collect();
            products.map(Event::Products)
        }
        EventKind::StockChanged | EventKind::CustomerUpdated => Ok(Event::Other(text)),
        _ => sale_event(node, kind).map(Event::Sale),
    }
}

fn product_hint(node: &Node<'_>) -> Read<ProductHint> {
    Ok(ProductHint {
        event: node.text("Event")?,
        id: node.id("ID")?,
        sku: Sku(node.text("SKU")?),
    })
}

fn sale_event(node: &Node<'_>, kind: EventKind) -> Read<SaleEvent> {
    let task_id = match node.id("TaskID")? {
        Some(id) => Some(id),
        None => node.id("SaleTaskID")?,
    };
    let sale = node.id("SaleID")?.map(SourceOrderId);
    let mut order_number = node.text("SaleOrderNumber")?;
    if order_number.is_empty() {
        order_number = node.text("OrderNumber")?;
    }
    if sale.is_none() && task_id.is_none() && order_number.is_empty() {
        return Err(super::value::Fault::missing("SaleID"));
    }
    let shipment = |row: &Node<'_>| {
        Ok(Shipment {
            shipped_on: row.day("ShipmentDate")?,
            tracking: row.text("TrackingNumber")?,
            url: row.text("TrackingUrl")?,
            carrier: row.text("Carrier")?,
        })
    };
    Ok(SaleEvent {
        kind,
        sale,
        task_id,
        order_number,
        invoice_number: node.text("InvoiceNumber")?,
        credit_note_number: node.text("CreditNoteNumber")?,
        shipments: node
            .list("Shipments")?
            .iter()
            .map(shipment)
            .collect::<Read<_>>()?,
    })
}
