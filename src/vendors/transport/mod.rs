//! HTTP shared by all vendors: the reqwest [`Wire`], which hosts may be spoken to, deadlines, recorded exchanges
//! and what an HTTP status means. Bodies of successful answers are the vendor's own business.

mod exchange;
mod hosts;
mod redact;
#[cfg(test)]
mod tests;

pub use exchange::{
    Effect, Exchange, TEXT_CHARS_MAX, WAIT_MAX, answer_excerpt, clock_skew, exchange, exchange_raw,
    judge_status, looks_like_html, lost_class, retry_after, wire_error,
};
pub use hosts::{HostRule, Loopback, VendorHosts, allowed_host, is_loopback};
pub use redact::Redactor;

use crate::wire::{ANSWER_BYTES_MAX, Wire, WireError};
use bytes::{Bytes, BytesMut};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tower::ServiceExt;

/// Longest time to reach a host: name, TCP and TLS.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an unused connection is kept.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Largest number of header lines in an answer.
pub const HEADERS_MAX: usize = 100;
/// Largest header block of an HTTP/2 answer, bytes.
pub const HEADER_BYTES_MAX: u32 = 64 * 1024;

/// Why no client could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The TLS or HTTP client could not be built.
    #[error("the HTTP client could not be built: {0}")]
    Client(String),
    /// The configured proxy address is not usable.
    #[error("the proxy address is not usable: {0}")]
    Proxy(String),
    /// An address that our rules do not let us speak to.
    #[error("{0}")]
    Host(String),
}

/// What kind of call a request is; decides its total deadline. Put into the request's extensions;
/// a request without one counts as [`CallClass::Read`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CallClass {
    /// An ordinary read: 60 s.
    #[default]
    Read,
    /// A report or a long list: 10 min (Peoplevox reports may take minutes).
    Report,
    /// Anything with an effect: 30 s.
    Write,
}

/// Total time a call may take, from the first look-up of the name to the last byte of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    pub read: Duration,
    pub report: Duration,
    pub write: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            read: Duration::from_secs(60),
            report: Duration::from_secs(600),
            write: Duration::from_secs(30),
        }
    }
}

impl Deadlines {
    /// The deadline of a class.
    pub const fn of(&self, class: CallClass) -> Duration {
        match class {
            CallClass::Read => self.read,
            CallClass::Report => self.report,
            CallClass::Write => self.write,
        }
    }
}

/// How to build a [`Wire`] over the real network.
#[derive(Debug, Clone)]
pub struct TransportOptions {
    /// Hosts that may be spoken to. Every request is held against it, also those to addresses a vendor handed us.
    pub hosts: HostRule,
    pub deadlines: Deadlines,
    /// Largest answer body after decompression, bytes.
    pub answer_bytes_max: usize,
    /// A proxy set in our own configuration; the environment's proxy settings are never used.
    pub proxy: Option<String>,
}

impl TransportOptions {
    /// Defaults for a vendor. Loopback is allowed only when one of the configured addresses is itself on loopback,
    /// so that an address handed out by a vendor cannot lead us to our own machine.
    pub fn for_vendor(vendor: VendorHosts, configured_urls: &[&str]) -> Self {
        Self {
            hosts: HostRule::for_vendor(vendor, configured_urls),
            deadlines: Deadlines::default(),
            answer_bytes_max: ANSWER_BYTES_MAX,
            proxy: None,
        }
    }
}

/// Installs the process-wide TLS crypto provider (ring) once. Safe to call often and from any thread.
pub fn install_crypto() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        // An error means that a provider is installed already, which is all we want.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// A [`Wire`] over the network: no redirects, no retries, no proxy from the environment, TLS 1.2 or newer, the body
/// cap enforced while streaming (after decompression), a total deadline per [`CallClass`].
///
/// # Errors
/// [`TransportError`] when the client cannot be built or the proxy address is unusable.
pub fn reqwest_wire(options: TransportOptions) -> Result<Wire, TransportError> {
    let client = client(&options)?;
    let hosts = Arc::new(options.hosts);
    let cap = options.answer_bytes_max;
    let bare = Wire::new(tower::service_fn(move |request: http::Request<Bytes>| {
        let client = client.clone();
        let hosts = Arc::clone(&hosts);
        async move { send(&client, &hosts, cap, request).await }
    }));
    Ok(with_deadlines(bare, options.deadlines))
}

/// Gives up on an exchange when the deadline of its [`CallClass`] has passed. What was sent may have taken effect,
/// so a passed deadline is [`WireError::Lost`].
pub fn with_deadlines(inner: Wire, deadlines: Deadlines) -> Wire {
    Wire::new(tower::service_fn(move |request: http::Request<Bytes>| {
        let inner = inner.clone();
        async move {
            let class = request
                .extensions()
                .get::<CallClass>()
                .copied()
                .unwrap_or_default();
            let limit = deadlines.of(class);
            match tokio::time::timeout(limit, inner.oneshot(request)).await {
                Ok(result) => result,
                Err(_) => Err(WireError::Lost(format!(
                    "no whole answer within {} s",
                    limit.as_secs()
                ))),
            }
        }
    }))
}

fn builder(options: &TransportOptions) -> Result<reqwest::ClientBuilder, TransportError> {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .gzip(true)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .http1_max_headers(HEADERS_MAX)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        .user_agent(concat!("tallyman/", env!("CARGO_PKG_VERSION")));
    match &options.proxy {
        None => Ok(builder),
        Some(url) => reqwest::Proxy::all(url.as_str())
            .map(|proxy| builder.proxy(proxy))
            .map_err(|error| TransportError::Proxy(words(&error))),
    }
}

fn client(options: &TransportOptions) -> Result<reqwest::Client, TransportError> {
    install_crypto();
    if let Ok(client) = builder(options)?.build() {
        return Ok(client);
    }
    // A machine without CA certificates cannot build the platform verifier at all; the bundled roots can.
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let tls = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    builder(options)?
        .tls_backend_preconfigured(tls)
        .build()
        .map_err(|error| TransportError::Client(words(&error)))
}

async fn send(
    client: &reqwest::Client,
    hosts: &HostRule,
    cap: usize,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, WireError> {
    let request =
        reqwest::Request::try_from(request).map_err(|error| WireError::NotSent(words(&error)))?;
    // Judged on the address as the client understands it, so that no two parsers can disagree about the host.
    hosts
        .check(request.url())
        .map_err(|error| WireError::NotSent(error.to_string()))?;
    let response = client.execute(request).await.map_err(|e| send_error(&e))?;
    collect(response, cap).await
}

async fn collect(
    mut response: reqwest::Response,
    cap: usize,
) -> Result<http::Response<Bytes>, WireError> {
    let too_large = WireError::TooLarge { limit_bytes: cap };
    let promised = response.content_length().unwrap_or(0);
    if usize::try_from(promised).unwrap_or(usize::MAX) > cap {
        return Err(too_large);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| WireError::Lost(words(&error)))?
    {
        if body.len() + chunk.len() > cap {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    let mut out = http::Response::new(body.freeze());
    *out.status_mut() = response.status();
    *out.headers_mut() = std::mem::take(response.headers_mut());
    Ok(out)
}

/// A failure before the connection stood cannot have had an effect; anything later may have.
fn send_error(error: &reqwest::Error) -> WireError {
    if error.is_connect() || error.is_builder() {
        WireError::NotSent(words(error))
    } else {
        WireError::Lost(words(error))
    }
}

/// Longest chain of causes that is put into words.
const CAUSES_MAX: usize = 6;

/// The innermost causes of an error, cleaned, without the address (it may carry a token).
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut at = error.source();
    while let Some(cause) = at {
        if parts.len() >= CAUSES_MAX {
            break;
        }
        let text = crate::text::clean_to(&cause.to_string(), TEXT_CHARS_MAX);
        if !parts.iter().any(|p| p.contains(&text)) {
            parts.push(text);
        }
        at = cause.source();
    }
    if parts.is_empty() {
        return "the request could not be made".to_owned();
    }
    parts.join(": ")
}
