//! The interface's front: routes, token, scopes, the bucket, errors, headers.

use super::config::ErrorShape;
use super::state::Bucket;
use super::wire::{Query, Refusal, unsettle};
use crate::sandbox::faults::FaultKind;
use crate::sandbox::pvx::service::respond;
use crate::sandbox::rng::Rng;
use crate::sandbox::world::World;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

/// One call in the bucket, in its millionths.
const ONE_CALL: i64 = 1_000_000;
const CDN_PAGE: &str = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>";

/// What a route does.
type Handler = fn(&mut World, &Call) -> Result<Out, Refusal>;

/// A route: verb, path below the version (`{}` stands for an id), scope.
#[derive(Clone, Copy)]
pub struct Route {
    pub verb: &'static str,
    /// Without `.json`.
    pub path: &'static str,
    /// `None` where no page names one.
    pub scope: Option<&'static str>,
    /// Verb and path: what faults, counts and records call it.
    pub name: &'static str,
    run: Handler,
}

macro_rules! routes {
    ($($verb:literal $path:literal $scope:expr => $run:expr;)*) => {
        &[$(Route {
            verb: $verb,
            path: $path,
            scope: $scope,
            name: concat!($verb, " ", $path),
            run: $run,
        }),*]
    };
}

const READ_ORDERS: Option<&str> = Some("read_orders");
const WRITE_ORDERS: Option<&str> = Some("write_orders");
const READ_SHIPPING: Option<&str> = Some("read_assigned_fulfillment_orders");
const WRITE_SHIPPING: Option<&str> = Some("write_assigned_fulfillment_orders");
const READ_STOCK: Option<&str> = Some("read_inventory");
const WRITE_STOCK: Option<&str> = Some("write_inventory");
const READ_PRODUCTS: Option<&str> = Some("read_products");
const READ_PLACES: Option<&str> = Some("read_location");

/// Every call that is served; where two fit, the first counts.
#[rustfmt::skip]
pub const ROUTES: &[Route] = routes! {
    "GET" "merchants/shop" Some("read_store_information") => |w, _| Ok(w.shop_itself());
    "GET" "orders" READ_ORDERS => |w, c| w.shop_orders(c);
    "GET" "orders/count" READ_ORDERS => |w, c| w.shop_orders_count(c);
    "PUT" "orders/{}" WRITE_ORDERS => |w, c| w.shop_update_order(c);
    "DELETE" "orders/{}" WRITE_ORDERS => |w, c| w.shop_delete(c);
    "POST" "orders/{}/cancel" WRITE_ORDERS => |w, c| w.shop_cancel(c);
    "PUT" "orders/{}/hide_mark" WRITE_ORDERS => |w, c| w.shop_hide(c, true);
    "PUT" "orders/{}/cancel_hide_mark" WRITE_ORDERS => |w, c| w.shop_hide(c, false);
    "GET" "orders/{}/fulfillments" READ_SHIPPING => |w, c| w.shop_fulfilments(c);
    "GET" "orders/{}/fulfillments/count" READ_SHIPPING => |w, c| w.shop_fulfilments_count(c);
    "POST" "orders/{}/fulfillments" WRITE_ORDERS => |w, c| w.shop_create_by_order(c);
    "POST" "orders/{}/fulfillments/{}/update_tracking" WRITE_ORDERS => |w, c| w.shop_update_tracking(c);
    "POST" "orders/{}/fulfillments/{}/cancel" WRITE_ORDERS => |w, c| w.shop_cancel_fulfilment(c);
    "POST" "fulfillments/fulfillments" WRITE_SHIPPING => |w, c| w.shop_create_by_part(c);
    "POST" "fulfillments/{}/{}/update_tracking" WRITE_SHIPPING => |w, c| w.shop_update_tracking(c);
    "POST" "fulfillments/{}/{}/cancel" WRITE_SHIPPING => |w, c| w.shop_cancel_fulfilment(c);
    "POST" "fulfillments/{}/{}/events/create" WRITE_SHIPPING => |w, c| w.shop_delivery_event(c);
    "GET" "fulfillment_orders/{}/fulfillment_orders" READ_SHIPPING => |w, c| w.shop_parts_of(c);
    "GET" "fulfillment_orders/{}/{}" READ_SHIPPING => |w, c| w.shop_one_part(c);
    "POST" "fulfillment_orders/{}/{}/hold" WRITE_SHIPPING => |w, c| w.shop_hold_part(c, true);
    "POST" "fulfillment_orders/{}/{}/release_hold" WRITE_SHIPPING => |w, c| w.shop_hold_part(c, false);
    "GET" "orders/{}/refunds" READ_ORDERS => |w, c| w.shop_refunds(c);
    "GET" "orders/{}/refunds/{}" READ_ORDERS => |w, c| w.shop_one_refund(c);
    "POST" "order/refund" WRITE_ORDERS => |w, c| w.shop_create_refund(c);
    "GET" "return" Some("read_returns") => |w, c| w.shop_returns(c);
    "POST" "return/create" Some("write_returns") => |w, c| w.shop_create_return(c);
    "POST" "return/{}/close" Some("write_returns") => |w, c| w.shop_close_return(c);
    "GET" "locations/list" READ_PLACES => |w, _| Ok(w.shop_locations());
    "GET" "locations/count" READ_PLACES => |w, _| Ok(w.shop_locations_count());
    "GET" "locations/{}" READ_PLACES => |w, c| w.shop_one_location(c);
    "GET" "products/products" READ_PRODUCTS => |w, c| w.shop_products(c);
    "GET" "products/variants/{}" READ_PRODUCTS => |w, c| w.shop_one_variant(c);
    "GET" "products/{}/variants" READ_PRODUCTS => |w, c| w.shop_variants(c);
    "GET" "products/{}" READ_PRODUCTS => |w, c| w.shop_one_product(c);
    "GET" "inventory_items" READ_STOCK => |w, c| w.shop_items(c);
    "GET" "inventory_items/{}" READ_STOCK => |w, c| w.shop_one_item(c);
    "GET" "inventory_levels" READ_STOCK => |w, c| w.shop_levels(c);
    "POST" "inventory_levels/set" WRITE_STOCK => |w, c| w.shop_set_level(c);
    "POST" "inventory_levels/adjust" WRITE_STOCK => |w, c| w.shop_adjust_level(c);
    "POST" "inventory_levels/connect" WRITE_STOCK => |w, c| w.shop_connect(c);
    "DELETE" "inventory_levels/disconnect" WRITE_STOCK => |w, c| w.shop_disconnect(c);
    "GET" "webhooks" None => |w, _| Ok(w.shop_hooks());
    "GET" "webhooks/count" None => |w, _| Ok(w.shop_hooks_count());
    "POST" "webhooks" None => |w, c| w.shop_subscribe(c);
    "GET" "{}/webhooks" None => |w, c| w.shop_one_hook(c);
    "PUT" "{}/webhooks" None => |w, c| w.shop_move_hook(c);
    "DELETE" "{}/webhooks" None => |w, c| w.shop_unsubscribe(c);
};

/// A call, read.
#[derive(Debug)]
pub(super) struct Call {
    /// Whole path, for links.
    pub path: String,
    ids: Vec<String>,
    pub query: Query,
    /// Null when there is none.
    pub body: Value,
}

impl Call {
    /// The n-th id of the path.
    pub fn id(&self, at: usize) -> &str {
        self.ids.get(at).map_or("", String::as_str)
    }
}

/// What a call brings.
#[derive(Debug)]
pub(super) struct Out {
    body: Option<Value>,
    /// Value of the `link` header.
    pub link: Option<String>,
}

impl Out {
    /// A JSON body.
    pub const fn json(body: Value) -> Self {
        Self {
            body: Some(body),
            link: None,
        }
    }

    /// A list under its name. Not by `json!`, which copies what it is given, row by row.
    pub fn list(name: &str, rows: Vec<Value>) -> Self {
        let list = (name.to_owned(), Value::Array(rows));
        Self::json(Value::Object([list].into_iter().collect()))
    }

    /// No body at all.
    pub const fn nothing() -> Self {
        Self {
            body: None,
            link: None,
        }
    }
}

/// A path below `/admin/openapi/`: version and the rest without `.json`.
fn split(path: &str) -> Option<(&str, &str)> {
    let (version, rest) = path.strip_prefix("/admin/openapi/")?.split_once('/')?;
    Some((version, rest.strip_suffix(".json")?))
}

/// The ids of a path when a route fits it.
fn fit(route: &Route, verb: &Method, path: &str) -> Option<Vec<String>> {
    if route.verb != verb.as_str() {
        return None;
    }
    let mut wanted = route.path.split('/');
    let mut ids = Vec::new();
    for part in path.split('/') {
        match wanted.next()? {
            "{}" if !part.is_empty() => ids.push(part.to_owned()),
            fixed if fixed == part => {}
            _ => return None,
        }
    }
    wanted.next().is_none().then_some(ids)
}

fn route_of(request: &Request<Bytes>) -> Option<(&'static Route, Vec<String>)> {
    let (_, path) = split(request.uri().path())?;
    ROUTES
        .iter()
        .find_map(|r| Some((r, fit(r, request.method(), path)?)))
}

/// What a request asks for: verb and path with its ids left out, or `unknown`.
pub(crate) fn method_of(request: &Request<Bytes>) -> &'static str {
    route_of(request).map_or("unknown", |(route, _)| route.name)
}

/// What a fault answers in place of the store, where it is the store's own way of failing.
pub(crate) fn fault_answer(fault: FaultKind, shape: ErrorShape) -> Option<Response<Bytes>> {
    let refusal = match fault {
        FaultKind::Storm => Refusal::new(429, "Too many request"),
        FaultKind::Unauthorised => Refusal::new(401, "ACCESS_TOKEN is invalid!"),
        FaultKind::Blocked(402) => Refusal::new(402, "the store is frozen"),
        FaultKind::Blocked(423) => Refusal::new(423, "the store is locked"),
        FaultKind::Blocked(status) => return Some(cdn_page(status)),
        FaultKind::HtmlPage => return Some(cdn_page(200)),
        _ => return None,
    };
    Some(refused(&refusal, shape))
}

/// The delivery network answers in place of the store.
fn cdn_page(status: u16) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    respond(status, "text/html; charset=UTF-8", CDN_PAGE.to_owned())
}

fn refused(refusal: &Refusal, shape: ErrorShape) -> Response<Bytes> {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = refusal.body(shape).to_string();
    respond(status, "application/json; charset=utf-8", body)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

impl World {
    /// Carries a call out.
    pub(crate) fn shop_run(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        self.shop.answers_made += 1;
        let mut answer = match self.shop_answer(request) {
            Ok(out) => {
                let body = out.body.map_or_else(String::new, |b| b.to_string());
                let mut answer = respond(StatusCode::OK, "application/json; charset=utf-8", body);
                let link = out.link.and_then(|l| HeaderValue::from_str(&l).ok());
                if let Some(link) = link {
                    answer.headers_mut().insert(header::LINK, link);
                }
                answer
            }
            Err(refusal) => refused(&refusal, self.config.shop.switches.error_shape),
        };
        self.shop_headers(request.uri().path(), answer.headers_mut());
        answer
    }

    fn shop_headers(&self, path: &str, headers: &mut HeaderMap) {
        let mut dice = Rng::keyed(self.config.seed, "trace", self.shop.answers_made);
        let trace = format!("{:016x}{:016x}", dice.next_u64(), dice.next_u64());
        let date = self
            .now
            .to_utc()
            .format("%a, %d %b %Y %H:%M:%S GMT")
            .to_string();
        for (name, value) in [("traceid", trace), ("date", date)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        headers.insert("server", HeaderValue::from_static("cloudflare"));
        // Answers about products and stock carry it; it means nothing.
        if path.contains("/products/") || path.contains("/inventory_") {
            headers.insert("http_status_code", HeaderValue::from_static("0"));
        }
    }

    fn shop_answer(&mut self, request: &Request<Bytes>) -> Result<Out, Refusal> {
        self.shop_admit(request)?;
        let path = request.uri().path();
        let is_served = split(path).is_some_and(|(version, _)| {
            let versions = &self.config.shop.switches.versions;
            versions.iter().any(|v| v == version)
        });
        let found = route_of(request).filter(|_| is_served);
        let (route, ids) = found.ok_or_else(|| Refusal::missing("Not Found"))?;
        let has_scope = route.scope.is_none_or(|s| {
            let scopes = &self.config.shop.switches.scopes;
            scopes.iter().any(|held| held == s)
        });
        if !has_scope {
            return Err(Refusal::new(403, "ACCESS_TOKEN is no permission!"));
        }
        let call = Call {
            path: path.to_owned(),
            ids,
            query: Query::read(request.uri().query()),
            body: read_body(request)?,
        };
        (route.run)(self, &call)
    }

    /// Token, store, accepted forms, and room in the bucket.
    fn shop_admit(&mut self, request: &Request<Bytes>) -> Result<(), Refusal> {
        let headers = request.headers();
        let token = text(headers, &header::AUTHORIZATION).and_then(|v| v.strip_prefix("Bearer "));
        if token != Some(self.shop.access_token.as_str()) {
            return Err(Refusal::new(401, "ACCESS_TOKEN is invalid!"));
        }
        let named = request
            .uri()
            .host()
            .or_else(|| text(headers, &header::HOST));
        let handle = named.and_then(|host| host.strip_suffix(".myshopline.com"));
        if handle.is_some_and(|h| !h.eq_ignore_ascii_case(&self.shop.handle)) {
            return Err(Refusal::new(403, "ACCESS_TOKEN is no permission!"));
        }
        let is_wanted = |accept: &str| {
            ["application/json", "application/*", "*/*"]
                .iter()
                .any(|kind| accept.contains(kind))
        };
        if text(headers, &header::ACCEPT).is_some_and(|a| !is_wanted(a)) {
            return Err(Refusal::new(406, "Not Acceptable"));
        }
        if self.config.limits && !self.config.shop.switches.is_unlimited && !self.shop_pour() {
            self.calls.throttled_own += 1;
            return Err(Refusal::new(429, "Too many request"));
        }
        Ok(())
    }

    /// Puts one call into the bucket; false when it is full. What is inside is answered at once.
    fn shop_pour(&mut self) -> bool {
        let switches = &self.config.shop.switches;
        let elapsed = self.now.since(self.shop.bucket.at).0.max(0);
        let leaked = elapsed.saturating_mul(i64::from(switches.leak_per_second));
        let level = self.shop.bucket.level.saturating_sub(leaked).max(0);
        let is_room = level + ONE_CALL <= i64::from(switches.bucket_calls) * ONE_CALL;
        self.shop.bucket = Bucket {
            level: if is_room { level + ONE_CALL } else { level },
            at: self.now,
        };
        is_room
    }

    /// An object with its members turned around, where the switch asks for it.
    pub(super) fn shop_unsettled(&self, mut row: Value, key: u64) -> Value {
        if self.config.shop.switches.shuffles_members {
            let key = self.shop.answers_made ^ key.rotate_left(32);
            unsettle(&mut row, &mut Rng::keyed(self.config.seed, "members", key));
        }
        row
    }

    fn shop_itself(&self) -> Out {
        let made = self.shop_time(self.config.start);
        let id: u64 = self.shop.store_id.parse().unwrap_or(0);
        Out::json(json!({"data": {
            "id": id, "merchant_id": self.shop.merchant_id, "name": "Acme",
            "domain": format!("{}.myshopline.com", self.shop.handle),
            "currency": super::wire::CURRENCY, "iana_timezone": "Europe/London", "language": "en",
            "biz_store_status": 2, "location_country_code": "GB", "email": "shop@example.test",
            "customer_email": "care@example.test", "created_at": made, "updated_at": made,
            "sales_channels": [{"channel_handle": "web"}],
        }}))
    }
}

/// The body of a request that has one. A body has to say that it is JSON.
fn read_body(request: &Request<Bytes>) -> Result<Value, Refusal> {
    let bytes = request.body();
    if bytes.is_empty() || request.method() == Method::GET || request.method() == Method::DELETE {
        return Ok(Value::Null);
    }
    let kind = text(request.headers(), &header::CONTENT_TYPE).unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("application/json") {
        return Err(Refusal::bad("Content-Type must be application/json"));
    }
    serde_json::from_slice(bytes).map_err(|_| Refusal::bad("the body cannot be read"))
}
