//! What `tallyman check` finds out about an account: sign-in, clock, locations, services, permissions.

use super::client::{Content, parse};
use super::method::Method;
use super::{Linnworks, wire};
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::Sku;
use crate::domain::time::{Span, Ts};
use crate::vendors::transport::clock_skew;
use crate::vendors::{Answer, CallLog, Finding, SourceLocation};

/// A clock that differs by more than this is worth a word.
const SKEW_MAX: Span = Span::mins(1);
/// Names listed in one finding.
const NAMES_MAX: usize = 10;
/// A SKU nobody has; only the permission to ask matters.
const PROBE_SKU: &str = "tallyman-check";

impl Linnworks {
    pub(super) async fn findings(&self, now: Ts, log: &CallLog) -> Vec<Finding> {
        let mut out = Vec::new();
        match self.client.sign_in(log).await {
            Ok(session) => {
                let ttl = session
                    .ttl_secs
                    .map_or_else(String::new, |secs| format!("; idle sessions live {secs} s"));
                out.push(good(
                    "sign-in",
                    &format!("signed in to {}{ttl}", session.base),
                ));
            }
            Err(error) => {
                let remedy = match error.class {
                    AnswerClass::Auth => "",
                    AnswerClass::Unavailable | AnswerClass::Malformed | AnswerClass::Unknown => {
                        "; check auth_url, the network and a proxy in between"
                    }
                    _ => "; try again in a minute",
                };
                out.push(bad("sign-in", &format!("{error}{remedy}")));
                return out;
            }
        }
        let locations = self.check_locations(now, log, &mut out).await;
        self.check_services(log, &mut out).await;
        self.check_orders(&locations, log, &mut out).await;
        let items = self.read_ids(&[Sku::from(PROBE_SKU)], log).await;
        out.push(permission("reading items", &items));
        out
    }

    async fn check_locations(
        &self,
        now: Ts,
        log: &CallLog,
        out: &mut Vec<Finding>,
    ) -> Vec<SourceLocation> {
        let method = Method::Locations;
        let response = match self.client.send(method, Content::Nothing, log).await {
            Ok(response) => response,
            Err(error) => {
                out.push(bad("locations", &error.to_string()));
                return Vec::new();
            }
        };
        out.push(clock(now, response.headers()));
        let read = parse::<Vec<wire::Location>>(method, response.body()).and_then(|rows| {
            let found = self.take_locations(&rows)?;
            Ok((rows, found))
        });
        match read {
            Ok((rows, found)) => {
                out.push(list("locations", found.iter().map(|l| l.name.as_str())));
                for location in found.iter().filter(|l| l.is_fulfilment_centre) {
                    let text = format!(
                        "{:?} is a fulfilment centre: its orders are parked by Linnworks and processed by another call; \
                         an ordinary location is safer",
                        location.name
                    );
                    out.push(good("locations", &text));
                }
                for row in &rows {
                    if let Ok(Some(true)) = row.is_warehouse_managed.flag("IsWarehouseManaged") {
                        let name = row.location_name.text("LocationName").unwrap_or_default();
                        let text = format!(
                            "{name:?} is run by Linnworks's own warehouse module; levels written to it are unreliable. \
                             Do not map it"
                        );
                        out.push(bad("locations", &text));
                    }
                }
                found
            }
            Err(error) => {
                out.push(bad("locations", &error.to_string()));
                Vec::new()
            }
        }
    }

    async fn check_services(&self, log: &CallLog, out: &mut Vec<Finding>) {
        match self.read_services(log).await {
            Ok(services) => {
                out.push(list(
                    "postal services",
                    services.iter().map(|s| s.code.as_str()),
                ));
            }
            Err(error) => out.push(bad("postal services", &error.to_string())),
        }
    }

    async fn check_orders(
        &self,
        locations: &[SourceLocation],
        log: &CallLog,
        out: &mut Vec<Finding>,
    ) {
        let Some(location) = locations.first() else {
            return;
        };
        let ids = self.read_open_ids(&location.id, log).await;
        out.push(permission("listing open orders", &ids));
        if let Ok(ids) = ids
            && let Some(id) = ids.first()
        {
            let orders = self.read_by_ids(std::slice::from_ref(id), log).await;
            out.push(permission("reading orders", &orders));
        }
    }
}

fn good(what: &str, found: &str) -> Finding {
    Finding {
        is_ok: true,
        what: format!("linnworks {what}"),
        found: found.to_owned(),
    }
}

fn bad(what: &str, found: &str) -> Finding {
    Finding {
        is_ok: false,
        ..good(what, found)
    }
}

fn permission<T>(what: &str, answer: &Answer<T>) -> Finding {
    match answer {
        Ok(_) => good(what, "allowed"),
        Err(error) => bad(what, &error.to_string()),
    }
}

fn list<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Finding {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return bad(what, "none; nothing can be mapped");
    }
    let shown = names[..names.len().min(NAMES_MAX)].join(", ");
    let more = if names.len() > NAMES_MAX { ", …" } else { "" };
    good(what, &format!("{}: {shown}{more}", names.len()))
}

/// Our clock against the answer's `Date`.
fn clock(now: Ts, headers: &http::HeaderMap) -> Finding {
    let Some(skew) = clock_skew(now, headers) else {
        return good("clock", "the answer carries no time to compare with");
    };
    if skew.0.abs() > SKEW_MAX.0 {
        let text = format!(
            "this machine is {} s away from Linnworks; set its clock by a time server",
            skew.as_secs()
        );
        return bad("clock", &text);
    }
    good("clock", &format!("within {} s", skew.as_secs().abs()))
}
