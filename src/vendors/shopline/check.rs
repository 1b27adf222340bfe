//! What a check finds out about a store: token, clock, state, locations, permissions, subscriptions.

use super::Shopline;
use super::client::Ask;
use super::method::Method;
use super::orders::{Archive, OrdersQuery};
use super::wire;
use crate::domain::ids::SourceOrderId;
use crate::domain::time::Ts;
use crate::vendors::findings::{Findings, SKEW_MAX};
use crate::vendors::{Answer, CallLog, Finding};

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
        let mut out = Findings::new("shopline", "SHOPLINE");
        match self.shop(log).await {
            Ok((shop, headers)) => {
                store(&shop, &mut out);
                out.clock(now, &headers);
            }
            Err(error) => {
                out.bad("store", error.to_string());
                return out.done();
            }
        }
        match self.locations(log).await {
            Ok(found) => {
                let names: Vec<&str> = found.iter().map(|l| l.location.name.as_str()).collect();
                out.list("locations", &names, false);
                for place in found.iter().filter(|l| l.location.is_fulfilment_centre) {
                    let text = format!(
                        "{:?} is run by a fulfilment app: shipments from it are that app's to enter",
                        place.location.name
                    );
                    out.good("locations", text);
                }
            }
            Err(error) => out.bad("locations", error.to_string()),
        }
        let since = OrdersQuery::updated_since(now - SKEW_MAX, Archive::Current);
        let orders = self.orders_page(&since, log).await;
        out.permission("reading orders", orders.err().as_ref());
        // Whoever asks after an order that does not exist is either refused for lack of permission or told so.
        let nobody = SourceOrderId::from(PROBE_ID);
        let error = self.fulfilments(&nobody, log).await.err();
        let error = error.filter(|e| e.class != crate::domain::delivery::AnswerClass::Rejected);
        out.permission("reading fulfilments", error.as_ref());
        let levels = self.levels(&[PROBE_ID.to_owned()], &[], log).await;
        out.permission("reading stock", levels.err().as_ref());
        match self.subscriptions(log).await {
            Ok(found) => {
                let topics: Vec<&str> = found.iter().map(|s| s.topic.as_str()).collect();
                out.any("webhooks", &topics);
            }
            Err(error) => out.bad("webhooks", error.to_string()),
        }
        out.done()
    }
}

fn store(shop: &wire::Shop, out: &mut Findings) {
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
        out.bad("store", found);
    } else {
        out.good("store", found);
    }
}
