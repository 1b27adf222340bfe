//! What `tallyman check` finds out about an account: sign-in, clock, locations, services, permissions.

use super::client::{Content, parse};
use super::method::Method;
use super::{Linnworks, wire};
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::Sku;
use crate::domain::time::Ts;
use crate::vendors::findings::Findings;
use crate::vendors::{CallLog, Finding, SourceLocation};

/// A SKU nobody has; only the permission to ask matters.
const PROBE_SKU: &str = "tallyman-check";

impl Linnworks {
    pub(super) async fn findings(&self, now: Ts, log: &CallLog) -> Vec<Finding> {
        let mut out = Findings::new("linnworks", "Linnworks");
        match self.client.sign_in(log).await {
            Ok(session) => {
                let ttl = session
                    .ttl_secs
                    .map_or_else(String::new, |secs| format!("; idle sessions live {secs} s"));
                out.good("sign-in", format!("signed in to {}{ttl}", session.base));
            }
            Err(error) => {
                let remedy = match error.class {
                    AnswerClass::Auth => "",
                    AnswerClass::Unavailable | AnswerClass::Malformed | AnswerClass::Unknown => {
                        "; check auth_url, the network and a proxy in between"
                    }
                    _ => "; try again in a minute",
                };
                out.bad("sign-in", format!("{error}{remedy}"));
                return out.done();
            }
        }
        let locations = self.check_locations(now, log, &mut out).await;
        self.check_services(log, &mut out).await;
        self.check_orders(&locations, log, &mut out).await;
        let items = self.read_ids(&[Sku::from(PROBE_SKU)], log).await;
        out.permission("reading items", items.as_ref().err());
        out.done()
    }

    async fn check_locations(
        &self,
        now: Ts,
        log: &CallLog,
        out: &mut Findings,
    ) -> Vec<SourceLocation> {
        let method = Method::Locations;
        let response = match self.client.send(method, Content::Nothing, log).await {
            Ok(response) => response,
            Err(error) => {
                out.bad("locations", error.to_string());
                return Vec::new();
            }
        };
        out.clock(now, response.headers());
        let read = parse::<Vec<wire::Location>>(method, response.body()).and_then(|rows| {
            let found = self.take_locations(&rows)?;
            Ok((rows, found))
        });
        match read {
            Ok((rows, found)) => {
                let names: Vec<&str> = found.iter().map(|l| l.name.as_str()).collect();
                out.list("locations", &names, false);
                for location in found.iter().filter(|l| l.is_fulfilment_centre) {
                    let text = format!(
                        "{:?} is a fulfilment centre: its orders are parked by Linnworks and processed by another call; \
                         an ordinary location is safer",
                        location.name
                    );
                    out.good("locations", text);
                }
                for row in &rows {
                    if let Ok(Some(true)) = row.is_warehouse_managed.flag("IsWarehouseManaged") {
                        let name = row.location_name.text("LocationName").unwrap_or_default();
                        let text = format!(
                            "{name:?} is run by Linnworks's own warehouse module; levels written to it are unreliable. \
                             Do not map it"
                        );
                        out.bad("locations", text);
                    }
                }
                found
            }
            Err(error) => {
                out.bad("locations", error.to_string());
                Vec::new()
            }
        }
    }

    async fn check_services(&self, log: &CallLog, out: &mut Findings) {
        match self.read_services(log).await {
            Ok(services) => {
                let names: Vec<&str> = services.iter().map(|s| s.code.as_str()).collect();
                out.list("postal services", &names, false);
            }
            Err(error) => out.bad("postal services", error.to_string()),
        }
    }

    async fn check_orders(&self, locations: &[SourceLocation], log: &CallLog, out: &mut Findings) {
        let Some(location) = locations.first() else {
            return;
        };
        let ids = self.read_open_ids(&location.id, log).await;
        out.permission("listing open orders", ids.as_ref().err());
        if let Ok(ids) = ids
            && let Some(id) = ids.first()
        {
            let orders = self.read_by_ids(std::slice::from_ref(id), log).await;
            out.permission("reading orders", orders.as_ref().err());
        }
    }
}
