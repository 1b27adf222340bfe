//! Cin7 Core (formerly DEAR): client of the External API v2.
//!
//! - No session: two headers on every request. 60 calls a minute; the client counts nothing and never waits.
//! - A 200 is no proof that a write was applied. Every write answers with a [`Written`]: what the answer shows, and what
//!   has to be read back.
//! - A stage of a fulfilment can be authorised once and is final then. Nothing is ever repeated here.
//! - Stock is only ever written as an absolute on-hand figure.
//! - Money and quantities are exact decimals, never doubles.

mod adjust;
mod call;
mod check;
mod client;
mod credit;
mod crediting;
mod decimal;
mod fulfilment;
mod heard;
mod hooks;
mod json;
mod ledger;
mod order;
mod page;
mod parcels;
mod redact;
mod sale;
mod sales;
mod stages;
mod stock;
mod tasks;
#[cfg(test)]
mod tests;
mod trade;
mod value;
mod words;

pub use adjust::{Adjusted, Adjustment, AdjustmentLine, AdjustmentRow, AdjustmentWrite};
pub use call::{LIMIT_KEY, PER_MINUTE};
pub use check::Company;
pub use credit::{CreditLine, CreditNote, CreditNoteRow, CreditNoteWrite, Restock, RestockWrite};
pub use decimal::Decimal;
pub use fulfilment::{Fulfilment, Ship, ShipLine, Stage, StageLine};
pub use hooks::{
    Event, EventFault, ProductHint, SaleEvent, Shipment, Webhook, WebhookLogin, WebhookWrite,
    parse_event,
};
pub use page::{ROWS_DEFAULT, RowsPage, UnreadRow};
pub use sale::{Charge, InvoiceRef, Sale, SaleLine, SaleRead, SaleRow};
pub use sales::{SaleFilter, SalesPage};
pub use stages::{PackLine, PickLine, Place, ReadBack, ShipmentLine, Written};
pub use stock::{Bin, Location, Product, StockRow, StockSums, stock_by_location};
pub use words::{
    AdjustmentStatus, EventKind, FulfilmentStatus, HookAuth, OrderStatus, PackingStatus,
    PickingStatus, ProductKind, ProductStatus, SaleKind, SaleStatus, ShipStatus, ShippingStatus,
    StageStatus, WriteStatus,
};

use crate::domain::budget::Rate;
use crate::domain::ids::{LocationId, Sku};
use crate::domain::time::Ts;
use crate::secret::Secret;
use crate::vendors::transport::{HostRule, VendorHosts};
use crate::vendors::{Answer, CallLog, Finding, Hooks, Limit, Op, System};
use crate::wire::Wire;
use chrono_tz::Tz;
use client::Client;
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// Where the service is; one host for all regions.
pub const BASE_URL: &str = "https://inventory.dearsystems.com/ExternalApi/v2";
/// Calls that may be in flight at once: one a second is all the limit allows, and bursts were answered with 403.
const CONCURRENCY_MAX: usize = 2;

/// One Cin7 Core account, as configured.
#[derive(Debug, Clone)]
pub struct Cin7Config {
    /// Usually [`BASE_URL`].
    pub base_url: String,
    /// One per company.
    pub account_id: Secret,
    /// One per API application; the limit counts by it.
    pub application_key: Secret,
    /// The tenant's time zone: business dates are its calendar's. [`Cin7Core::company`] tells it.
    pub time_zone: Tz,
    /// Calls allowed in any 60 s.
    pub per_minute: u32,
    /// Hosts besides `*.dearsystems.com` that the configuration allows.
    pub extra_hosts: Vec<String>,
}

impl Cin7Config {
    /// Defaults beside the two credentials.
    pub fn new(account_id: Secret, application_key: Secret) -> Self {
        Self {
            base_url: BASE_URL.to_owned(),
            account_id,
            application_key,
            time_zone: Tz::UTC,
            per_minute: PER_MINUTE,
            extra_hosts: Vec::new(),
        }
    }
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigFault {
    /// No address can be made of it.
    #[error("base_url {0:?} is not an address")]
    BaseUrl(String),
    /// An address that is not spoken to.
    #[error(
        "base_url {0:?} is not spoken to: only https on *.dearsystems.com, this machine, or a host listed in hosts"
    )]
    Host(String),
    /// Nothing to sign in with.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// Characters that no header may hold.
    #[error("{0} holds characters that no key has")]
    Credential(&'static str),
}

/// The client of one Cin7 Core account.
#[derive(Debug)]
pub struct Cin7Core {
    client: Client,
    time_zone: Tz,
    per_minute: u32,
    /// Location ids by name, from the last list of locations: sales and availability name a location, the list of sales
    /// has its id.
    places: RwLock<HashMap<String, LocationId>>,
    /// Bin ids by `warehouse: bin`.
    bins: RwLock<HashMap<String, LocationId>>,
    /// Cost of a unit by SKU, as the list of products tells it: goods that come in are booked at it.
    costs: RwLock<HashMap<Sku, Decimal>>,
}

impl Cin7Core {
    /// A client over a wire. Nothing is called yet.
    ///
    /// # Errors
    /// [`ConfigFault`] for an address that is not spoken to or credentials that cannot be sent.
    pub fn new(config: Cin7Config, wire: Wire) -> Result<Self, ConfigFault> {
        let base = base_of(&config)?;
        Ok(Self {
            client: Client::new(&config, base, wire)?,
            time_zone: config.time_zone,
            per_minute: config.per_minute,
            places: RwLock::default(),
            bins: RwLock::default(),
            costs: RwLock::default(),
        })
    }

    /// The id of a location by its name; the name itself when it is not known (no mapping matches it then, and the
    /// order stays blocked with a name people recognise).
    pub(super) fn location_id(&self, name: &str) -> LocationId {
        let known = self
            .places
            .read()
            .ok()
            .and_then(|ids| ids.get(&name.to_lowercase()).cloned());
        known.unwrap_or_else(|| LocationId(name.to_owned()))
    }

    fn remember(&self, locations: &[Location], page: u32) {
        if let Ok(mut ids) = self.places.write() {
            if page == 1 {
                ids.clear();
            }
            for location in locations {
                ids.insert(location.name.to_lowercase(), location.id.clone());
            }
        }
        if let Ok(mut ids) = self.bins.write() {
            if page == 1 {
                ids.clear();
            }
            for location in locations {
                for bin in &location.bins {
                    let place = location.bin_place(bin);
                    ids.insert(place.name.to_lowercase(), bin.id.clone());
                }
            }
        }
    }
}

/// The base address without a slash at its end, held against the host rule.
fn base_of(config: &Cin7Config) -> Result<String, ConfigFault> {
    let shown = crate::text::clean_to(&config.base_url, 100);
    let url =
        reqwest::Url::parse(&config.base_url).map_err(|_| ConfigFault::BaseUrl(shown.clone()))?;
    let mut hosts = HostRule::for_vendor(VendorHosts::Cin7, &[&config.base_url]);
    hosts.extra.clone_from(&config.extra_hosts);
    let holds_more = url.query().is_some() || url.fragment().is_some();
    if holds_more || hosts.check(&url).is_err() {
        return Err(ConfigFault::Host(shown));
    }
    Ok(String::from(url).trim_end_matches('/').to_owned())
}

impl System for Cin7Core {
    fn limits(&self) -> Vec<Limit> {
        vec![Limit {
            key: LIMIT_KEY.to_owned(),
            rate: Rate::Window {
                per_minute: self.per_minute,
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
        Box::pin(async move { self.company(log).await.map(|_| ()) })
    }

    fn hooks(self: Arc<Self>) -> Option<Arc<dyn Hooks>> {
        Some(self)
    }
}
