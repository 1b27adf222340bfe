//! SHOPLINE: client of one store's Admin REST interface.
//!
//! Everything goes to `https://{handle}.myshopline.com/admin/openapi/{version}/`, with the store's token as bearer. Ids
//! are texts of up to 26 digits and never numbers. 200 is not success by itself: results are read from the body and
//! held against what was sent. Stock is only ever written as an absolute available figure.
//!
//! Each method is one call. Lists go on by [`Cursor`]. Too many calls are refused without a word on how long to wait;
//! nothing here sleeps, the limit is told through [`System`].

mod check;
mod client;
mod cursor;
mod despatch;
mod event;
mod fulfilment;
mod hooks;
mod method;
mod order;
mod orders;
mod refund;
mod stock;
#[cfg(test)]
mod tests;
mod trade;
mod webhooks;
mod wire;

pub use cursor::{Cursor, CursorPage};
pub use despatch::{LINES_MAX, NewFulfilment, Notify, Ship, ShipLine, TRACKING_MAX};
pub use event::{
    Envelope, SIGNATURE_HEADER, SignatureFault, Subject, Topic, envelope, subject, verify,
};
pub use fulfilment::{
    FulfilledLine, Fulfilment, FulfilmentOrder, FulfilmentOrderLine, FulfilmentOrderState, Tracking,
};
pub use order::{Bundle, LineFacts, Payment, Shipped, ShoplineOrder};
pub use orders::{Archive, ORDERS_PAGE_ROWS, OrdersQuery, ShoplineOrders, StatusFilter};
pub use refund::{Refund, RefundLine, Restock, Return, ReturnLine, ReturnState};
pub use stock::{
    LEVEL_ITEMS_MAX, LEVEL_LOCATIONS_MAX, Level, PRODUCTS_PAGE_ROWS, ShoplineLocation, Variant,
};
pub use webhooks::{ADDRESS_CHARS_MAX, Subscription};

use crate::domain::budget::Rate;
use crate::domain::ids::LocationId;
use crate::domain::time::Ts;
use crate::secret::Secret;
use crate::text::clean_to;
use crate::vendors::scalar::Fault;
use crate::vendors::transport::{HostRule, VendorHosts};
use crate::vendors::{Answer, CallError, CallLog, Finding, Hooks, Limit, Op, System};
use crate::wire::Wire;
use client::Client;
use futures::future::BoxFuture;
use method::Method;
use std::collections::HashSet;
use std::sync::{Arc, RwLock};

/// The version whose answers were seen recorded.
pub const API_VERSION_DEFAULT: &str = "v20260601";
/// Calls per minute without an enterprise plan: the bucket holds 40 and drains 4 a second, per app and store.
pub const PER_MINUTE_DEFAULT: u32 = 240;
/// The bucket holds what drains in ten seconds: 40 of 240 a minute.
const BUCKET_DIVISOR: u32 = 6;
/// The key all calls count under: SHOPLINE counts everything of an app in one store together.
pub const LIMIT_KEY: &str = "store";
/// What the hosts of stores end with.
const SHOPLINE_SUFFIX: &str = ".myshopline.com";
/// Handle of a store that is reached at another address, a sandbox's.
const ELSEWHERE: &str = "store";
/// Calls that may be in flight at once; four a second are reached with fewer.
const CONCURRENCY_MAX: usize = 4;
/// Longest first label of a store's domain, characters.
const HANDLE_CHARS_MAX: usize = 63;
/// Longest configured value quoted in an error, characters.
const SHOWN_CHARS_MAX: usize = 100;

/// One SHOPLINE store, as configured.
#[derive(Debug, Clone)]
pub struct ShoplineConfig {
    /// First label of the store's domain: `demo` of `demo.myshopline.com`.
    pub handle: String,
    /// Takes the place of `https://{handle}.myshopline.com`.
    pub base_url: Option<String>,
    /// The token of a private app lasts three years, that of an OAuth app ten hours.
    pub access_token: Secret,
    /// Signs webhooks; not needed for calls.
    pub app_secret: Option<Secret>,
    /// `vYYYYMMDD`.
    pub api_version: String,
    /// Calls per minute; an enterprise plan has no limit, and any may be set.
    pub per_minute: u32,
    /// Hosts besides `*.myshopline.com` that the configuration allows.
    pub extra_hosts: Vec<String>,
}

impl ShoplineConfig {
    /// A store at an address: its handle is the first label of the host, where the host is SHOPLINE's own.
    pub fn at(base_url: &str, access_token: Secret) -> Self {
        let host = reqwest::Url::parse(base_url).ok();
        let host = host.as_ref().and_then(reqwest::Url::host_str);
        let handle = host.and_then(|h| h.strip_suffix(SHOPLINE_SUFFIX));
        let mut config = Self::new(handle.unwrap_or(ELSEWHERE), access_token);
        config.base_url = Some(base_url.to_owned());
        config
    }

    /// A store with the default version and limit.
    pub fn new(handle: &str, access_token: Secret) -> Self {
        Self {
            handle: handle.to_owned(),
            base_url: None,
            access_token,
            app_secret: None,
            api_version: API_VERSION_DEFAULT.to_owned(),
            per_minute: PER_MINUTE_DEFAULT,
            extra_hosts: Vec::new(),
        }
    }
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigFault {
    /// It becomes a part of the host name.
    #[error("handle {0:?} is not the first label of a store's domain: letters, digits and hyphens")]
    Handle(String),
    /// It becomes a part of the path.
    #[error("api_version {0:?} is not a version: v and eight digits, for example v20260601")]
    Version(String),
    /// No address can be made of it, or it must not be spoken to.
    #[error("base_url {0:?}: {1}")]
    BaseUrl(String, String),
    /// Nothing to sign in with, or nothing that can stand in a header.
    #[error("access_token: {0}")]
    Token(String),
}

/// The client of one store.
#[derive(Debug)]
pub struct Shopline {
    client: Client,
    api_version: String,
    per_minute: u32,
    /// Proves who sent a webhook.
    app_secret: Option<Secret>,
    /// Locations run by fulfilment apps, from the last list of locations; orders do not say it.
    centres: RwLock<HashSet<LocationId>>,
}

impl Shopline {
    /// A client over a wire. Nothing is called yet.
    ///
    /// # Errors
    /// [`ConfigFault`] when no address can be made, the host rule refuses it, or the token cannot be sent.
    pub fn new(config: ShoplineConfig, wire: Wire) -> Result<Self, ConfigFault> {
        let base = base(&config)?;
        if config.access_token.is_empty() {
            return Err(ConfigFault::Token("is empty".to_owned()));
        }
        client::bearer(&config.access_token).map_err(ConfigFault::Token)?;
        Ok(Self {
            api_version: config.api_version.clone(),
            per_minute: config.per_minute,
            app_secret: config.app_secret.clone().filter(|s| !s.is_empty()),
            client: Client::new(wire, base, config),
            centres: RwLock::default(),
        })
    }

    fn is_centre(&self, location: &LocationId) -> bool {
        self.centres.read().is_ok_and(|ids| ids.contains(location))
    }

    fn remember_centres(&self, locations: &[ShoplineLocation]) {
        if let Ok(mut ids) = self.centres.write() {
            *ids = locations
                .iter()
                .map(|l| &l.location)
                .filter(|l| l.is_fulfilment_centre)
                .map(|l| l.id.clone())
                .collect();
        }
    }
}

/// The address all paths are put behind, with a slash at its end.
fn base(config: &ShoplineConfig) -> Result<String, ConfigFault> {
    let handle = &config.handle;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if handle.is_empty()
        || handle.len() > HANDLE_CHARS_MAX
        || !handle.bytes().all(is_plain)
        || handle.starts_with('-')
        || handle.ends_with('-')
    {
        return Err(ConfigFault::Handle(clean_to(handle, SHOWN_CHARS_MAX)));
    }
    let version = &config.api_version;
    let digits = version.strip_prefix('v').unwrap_or_default();
    if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ConfigFault::Version(clean_to(version, SHOWN_CHARS_MAX)));
    }
    let own = format!("https://{}.myshopline.com", handle.to_ascii_lowercase());
    let url = config.base_url.as_deref().unwrap_or(&own);
    let refuse = |why: String| ConfigFault::BaseUrl(clean_to(url, SHOWN_CHARS_MAX), why);
    let mut hosts = HostRule::for_vendor(VendorHosts::Shopline, &[url]);
    hosts.extra.clone_from(&config.extra_hosts);
    hosts.check_text(url).map_err(|e| refuse(e.to_string()))?;
    // Taken from the parsed form, so that no two parsers can disagree about the host.
    let parsed = reqwest::Url::parse(url).map_err(|e| refuse(e.to_string()))?;
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(refuse("holds more than an address".to_owned()));
    }
    let path = parsed.path().trim_end_matches('/');
    let origin = parsed.origin().ascii_serialization();
    Ok(format!("{origin}{path}/admin/openapi/{version}/"))
}

impl System for Shopline {
    fn limits(&self) -> Vec<Limit> {
        vec![Limit {
            key: LIMIT_KEY.to_owned(),
            rate: Rate::Leaky {
                per_minute: self.per_minute,
                at_once: self.per_minute / BUCKET_DIVISOR,
            },
        }]
    }

    fn limit_key(&self, _op: Op) -> &str {
        LIMIT_KEY
    }

    fn concurrency_max(&self) -> usize {
        CONCURRENCY_MAX
    }

    fn check<'a>(&'a self, now: Ts, log: &'a CallLog) -> BoxFuture<'a, Vec<Finding>> {
        Box::pin(self.findings(now, log))
    }

    fn probe<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<()>> {
        Box::pin(async move { self.shop(log).await.map(|_| ()) })
    }

    /// Without the app's secret nothing proves who sent a webhook: then the store is polled only.
    fn hooks(self: Arc<Self>) -> Option<Arc<dyn Hooks>> {
        if self.app_secret.is_some() {
            Some(self)
        } else {
            None
        }
    }
}

/// An answer whose member cannot be used.
fn unread(method: Method, fault: &Fault) -> CallError {
    client::malformed(method, &fault.to_string())
}
