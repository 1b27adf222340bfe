//! Which hosts may be spoken to: by vendor rule, loopback when configured, and an explicit list.

use super::TransportError;
use std::net::IpAddr;

/// The host rule of a vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VendorHosts {
    /// `*.linnworks.net`.
    Linnworks,
    /// `*.peoplevox.net`.
    Peoplevox,
    /// `*.myshopline.com`.
    Shopline,
    /// `*.dearsystems.com`.
    Cin7,
}

impl VendorHosts {
    const fn domain(self) -> &'static str {
        match self {
            Self::Linnworks => "linnworks.net",
            Self::Peoplevox => "peoplevox.net",
            Self::Shopline => "myshopline.com",
            Self::Cin7 => "dearsystems.com",
        }
    }
}

/// Whether hosts of our own machine may be spoken to, over plain http too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loopback {
    /// Sandbox and tests.
    Allowed,
    /// The default against real accounts.
    Refused,
}

/// What a client may connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRule {
    pub vendor: VendorHosts,
    pub loopback: Loopback,
    /// Further hosts, named by the configuration; any port and plain http are the configuration's responsibility.
    pub extra: Vec<String>,
}

/// Whether a host belongs to the vendor by its own rule. Only whole labels count: `evilpeoplevox.net` does not,
/// nor does the bare domain, a trailing dot, or anything but ASCII letters, digits, dots and hyphens.
pub fn allowed_host(vendor: VendorHosts, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let is_plain = host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    let Some(labels) = host
        .strip_suffix(vendor.domain())
        .and_then(|rest| rest.strip_suffix('.'))
    else {
        return false;
    };
    is_plain
        && !labels.is_empty()
        && labels
            .split('.')
            .all(|l| !l.is_empty() && !l.starts_with("xn--"))
}

/// 127.0.0.0/8, `::1` or `localhost`.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| match ip {
            IpAddr::V4(v4) => v4.is_loopback(),
            IpAddr::V6(v6) => v6.is_loopback(),
        })
}

impl HostRule {
    /// The vendor's rule; loopback is allowed only when one of the configured addresses is on it.
    pub fn for_vendor(vendor: VendorHosts, configured_urls: &[&str]) -> Self {
        let is_local = configured_urls.iter().any(|url| {
            reqwest::Url::parse(url).is_ok_and(|u| u.host_str().is_some_and(is_loopback))
        });
        Self {
            vendor,
            loopback: if is_local {
                Loopback::Allowed
            } else {
                Loopback::Refused
            },
            extra: Vec::new(),
        }
    }

    /// Holds an address given as text against the rule, for addresses from configuration or from a vendor.
    ///
    /// # Errors
    /// [`TransportError::Host`] saying what is wrong with it.
    pub fn check_text(&self, url: &str) -> Result<(), TransportError> {
        let shown = crate::text::clean_to(url, 100);
        match reqwest::Url::parse(url) {
            Ok(url) => self.check(&url),
            Err(_) => Err(TransportError::Host(format!("{shown:?} is not an address"))),
        }
    }

    /// Holds an address against the rule: scheme, user part, host, port.
    ///
    /// # Errors
    /// [`TransportError::Host`] saying what is wrong with it.
    pub fn check(&self, url: &reqwest::Url) -> Result<(), TransportError> {
        let host = url.host_str().unwrap_or_default();
        let refuse = |why: &str| {
            let host = crate::text::clean_to(host, 100);
            Err(TransportError::Host(format!(
                "{host:?} is not spoken to: {why}"
            )))
        };
        if !matches!(url.scheme(), "https" | "http") {
            return refuse("only https is");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("the address holds a user name or password");
        }
        if self.extra.iter().any(|e| e.eq_ignore_ascii_case(host)) {
            return Ok(());
        }
        if is_loopback(host) {
            return match self.loopback {
                Loopback::Allowed => Ok(()),
                Loopback::Refused => refuse("this machine is not configured as the vendor"),
            };
        }
        if !allowed_host(self.vendor, host) {
            return refuse("it is not a host of this vendor");
        }
        if url.scheme() != "https" {
            return refuse("only https is");
        }
        if url.port().is_some() {
            return refuse("the port is not the vendor's");
        }
        Ok(())
    }
}
