//! Peoplevox: client and adapter for the Integration Service V4 (SOAP 1.1 over HTTPS, CSV inside).
//!
//! - One session is shared by all callers; an expired one costs one sign-in and one repeat.
//! - Success is read from `ResponseId` *and* every row's `Status`; the HTTP status says next to nothing.
//! - Every row read is held against the search that was made; a row outside it spoils the answer.
//! - Names of templates, reports and columns can be renamed per tenant, see [`Names`].

pub mod clause;
pub mod dates;
pub mod names;
pub mod save;
pub mod sheet;
pub mod soap;
pub mod xml;

mod check;
mod client;
mod read;
mod returns;
mod rows;
#[cfg(test)]
mod tests;
mod warehouse;
mod write;

pub use names::{FIELD_LIMITS, Names};
pub use write::{address_line2, item_code_fault};

use crate::domain::wms::WarehouseLimits;
use crate::secret::Secret;
use crate::wire::Wire;

/// Calls a minute unless configured; Peoplevox publishes no limit, one a second is what others keep to.
pub const PER_MINUTE_DEFAULT: u32 = 60;
/// The key all calls count under.
pub const LIMIT_KEY: &str = "peoplevox";

/// One tenant account.
#[derive(Debug, Clone)]
pub struct PeoplevoxConfig {
    /// Scheme and host, for example `https://wms.peoplevox.net`.
    pub base_url: String,
    /// The tenant, as in the dashboard's address.
    pub client_id: String,
    pub username: String,
    pub password: Secret,
    /// Calls allowed in any 60 s.
    pub per_minute: u32,
    /// What the tenant calls templates, reports and columns.
    pub template_aliases: Names,
    /// Statuses that need no further watching, in the tenant's words.
    pub closed_statuses: Vec<String>,
}

impl PeoplevoxConfig {
    /// Defaults beside the four things every tenant needs.
    pub fn new(base_url: &str, client_id: &str, username: &str, password: Secret) -> Self {
        Self {
            base_url: base_url.to_owned(),
            client_id: client_id.to_owned(),
            username: username.to_owned(),
            password,
            per_minute: PER_MINUTE_DEFAULT,
            template_aliases: Names::default(),
            closed_statuses: vec!["Despatched".to_owned(), "Cancelled".to_owned()],
        }
    }
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigFault {
    /// The client id goes into the address.
    #[error("client_id {0:?} is not a tenant name: letters, digits, dots, hyphens and underscores")]
    ClientId(String),
    /// No address can be made of it.
    #[error("base_url {0:?} is not an address")]
    BaseUrl(String),
    /// Nothing to sign in with.
    #[error("{0} is empty")]
    Empty(&'static str),
}

/// The adapter. Shared by reference; holds the session.
pub struct Peoplevox {
    client: client::Client,
    names: Names,
    per_minute: u32,
    closed_statuses: Vec<String>,
}

impl Peoplevox {
    /// An adapter that speaks through `wire`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ConfigFault`] when no address can be made or nothing is there to sign in with.
    pub fn new(config: PeoplevoxConfig, wire: Wire) -> Result<Self, ConfigFault> {
        let id = &config.client_id;
        let is_plain = id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        if id.is_empty() || !is_plain || id.starts_with('.') {
            return Err(ConfigFault::ClientId(crate::text::clean_to(id, 60)));
        }
        if config.username.is_empty() {
            return Err(ConfigFault::Empty("username"));
        }
        if config.password.is_empty() {
            return Err(ConfigFault::Empty("password"));
        }
        let base = config.base_url.trim_end_matches('/');
        let address = format!("{base}/{id}/resources/integrationservicev4.asmx");
        let bad_url = || ConfigFault::BaseUrl(crate::text::clean_to(base, 100));
        let endpoint: http::Uri = address.parse().map_err(|_| bad_url())?;
        if endpoint.host().is_none() || endpoint.scheme().is_none() || endpoint.query().is_some() {
            return Err(bad_url());
        }
        Ok(Self {
            client: client::Client::new(
                endpoint,
                config.client_id,
                config.username,
                config.password,
                wire,
            ),
            names: config.template_aliases,
            per_minute: config.per_minute,
            closed_statuses: config.closed_statuses,
        })
    }

    /// Longest values Peoplevox takes; pre-flight checks hold orders against it.
    pub const fn field_limits(&self) -> &'static WarehouseLimits {
        &FIELD_LIMITS
    }
}
