//! What a check finds out about a store: token, clock, state, locations, permissions, subscriptions.

use super::Shopline;
use super::client::Ask;
use super::method::Method;
use super::orders::{Archive, OrdersQuery};
use super::wire;
use crate::domain::ids::SourceOrderId;
use crate::domain::time::{Span, Ts};
use crate::vendors::transport::clock_skew;
use crate::vendors::{Answer, CallError, CallLog, Finding};

/// A clock that differs by more than this is worth a word.
const SKEW_MAX: Span = Span::mins(1);
/// Names listed in one finding.
const NAMES_MAX: usize = 10;
/// An id nobody has; only the permission to ask matters.
const PROBE_ID: &str = "1";
/// `biz_store_status` by number.
const STORE_STATES: [(i64, &str); 5] = [
    (1, "not activated yet"),
    (2, "open"),
    (3, "closed"),
    (4, "frozen"),
    (5, "deactivated"),
];
const STORE_OPEN: i64 = 2;

impl Shopline {
    /// The store's own description, and the answer's headers.
    pub(super) async fn shop(&self, log: &CallLog) -> Answer<(wire::Shop, http::HeaderMap)> {
        let method = Method::Shop;
        let ask = Ask::new(method, "merchants/shop.json");
        let response = self.client.send(ask, log).await?;
        let answer: wire::ShopAnswer = self.client.parse(method, response.body())?;
        let shop = answer
            .data
            .ok_or_else(|| super::client::malformed(method, "data is missing"))?;
        Ok((shop, response.headers().clone()))
    }

    pub(super) async fn findings(&self, now: Ts, log: &CallLog) -> Vec<Finding> {
        let mut out = Vec::new();
        match self.shop(log).await {
            Ok((shop, headers)) => {
                out.push(store(&shop));
                out.push(clock(now, &headers));
            }
            Err(error) => {
                out.push(bad("store", &error.to_string()));
                return out;
            }
        }
        match self.locations(log).await {
            Ok(found) => {
                let names = found.iter().map(|l| l.location.name.as_str());
                out.push(list("locations", names));
                for place in found.iter().filter(|l| l.location.is_fulfilment_centre) {
                    let text = format!(
                        "{:?} is run by a fulfilment app: shipments from it are that app's to enter",
                        place.location.name
                    );
                    out.push(good("locations", &text));
                }
            }
            Err(error) => out.push(bad("locations", &error.to_string())),
        }
        let since = OrdersQuery::updated_since(now - SKEW_MAX, Archive::Current);
        let orders = self.orders_page(&since, log).await;
        out.push(permission("reading orders", orders.err()));
        // Whoever asks after an order that does not exist is either refused for lack of permission or told so.
        let nobody = SourceOrderId::from(PROBE_ID);
        let error = self.fulfilments(&nobody, log).await.err();
        let error = error.filter(|e| e.class != crate::domain::delivery::AnswerClass::Rejected);
        out.push(permission("reading fulfilments", error));
        let levels = self.levels(&[PROBE_ID.to_owned()], &[], log).await;
        out.push(permission("reading stock", levels.err()));
        match self.subscriptions(log).await {
            Ok(found) => {
                let topics: Vec<&str> = found.iter().map(|s| s.topic.as_str()).collect();
                let shown = topics[..topics.len().min(NAMES_MAX)].join(", ");
                out.push(good("webhooks", &format!("{}: {shown}", topics.len())));
            }
            Err(error) => out.push(bad("webhooks", &error.to_string())),
        }
        out
    }
}

fn good(what: &str, found: &str) -> Finding {
    Finding {
        is_ok: true,
        what: format!("shopline {what}"),
        found: found.to_owned(),
    }
}

fn bad(what: &str, found: &str) -> Finding {
    Finding {
        is_ok: false,
        ..good(what, found)
    }
}

fn permission(what: &str, error: Option<CallError>) -> Finding {
    match error {
        None => good(what, "allowed"),
        Some(error) => bad(what, &error.to_string()),
    }
}

fn store(shop: &wire::Shop) -> Finding {
    let text = |value: &crate::vendors::scalar::Scalar| value.text("data").unwrap_or_default();
    let state = shop.biz_store_status.whole("data.biz_store_status");
    let state = state.ok().flatten();
    let word = STORE_STATES
        .iter()
        .find(|(n, _)| Some(*n) == state)
        .map_or("in an unknown state", |(_, word)| *word);
    let found = format!(
        "{} at {}, {}, time zone {}: {word}",
        text(&shop.name),
        text(&shop.domain),
        text(&shop.currency),
        text(&shop.iana_timezone)
    );
    if state.is_some_and(|n| n != STORE_OPEN) {
        bad("store", &found)
    } else {
        good("store", &found)
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
            "this machine is {} s away from SHOPLINE; set its clock by a time server",
            skew.as_secs()
        );
        return bad("clock", &text);
    }
    good("clock", &format!("within {} s", skew.as_secs().abs()))
}
