//! The API's front: routes, the two headers, the call limit, errors.

use super::config::ThrottleStyle;
use super::params::{Body, Query, Refusal};
use crate::domain::time::Span;
use crate::sandbox::faults::FaultKind;
use crate::sandbox::pvx::service::respond;
use crate::sandbox::rng::Guid;
use crate::sandbox::world::World;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};

/// Beginning of every path, in lower case.
pub const BASE: &str = "/externalapi/v2/";
/// Calls in any 60 s per application key.
pub const PER_MINUTE: usize = 60;
/// What a call over the limit is told, whatever the status.
pub const LIMIT_TEXT: &str = "You have reached 60 calls per 60 seconds API limit.";

/// Every call that is served: verb and path.
pub const ROUTES: &[&str] = &[
    "GET me",
    "GET saleList",
    "GET sale",
    "POST sale",
    "PUT sale",
    "DELETE sale",
    "GET sale/order",
    "POST sale/order",
    "GET sale/fulfilment",
    "POST sale/fulfilment",
    "DELETE sale/fulfilment",
    "GET sale/fulfilment/pick",
    "POST sale/fulfilment/pick",
    "PUT sale/fulfilment/pick",
    "GET sale/fulfilment/pack",
    "POST sale/fulfilment/pack",
    "PUT sale/fulfilment/pack",
    "GET sale/fulfilment/ship",
    "POST sale/fulfilment/ship",
    "PUT sale/fulfilment/ship",
    "GET sale/invoice",
    "POST sale/invoice",
    "GET saleCreditNoteList",
    "GET sale/creditnote",
    "POST sale/creditnote",
    "GET ref/location",
    "GET ref/carrier",
    "GET ref/productavailability",
    "GET product",
    "GET stockadjustmentList",
    "GET stockadjustment",
    "POST stockadjustment",
    "PUT stockadjustment",
    "DELETE stockadjustment",
    "GET webhooks",
    "POST webhooks",
    "PUT webhooks",
    "DELETE webhooks",
];

/// What a request is, as far as its path tells.
enum Route {
    Known(&'static str),
    /// The path exists, with other verbs.
    OtherVerb,
    Nowhere,
}

fn route_of(request: &Request<Bytes>) -> Route {
    let path = request.uri().path();
    let is_ours = path
        .get(..BASE.len())
        .is_some_and(|b| b.eq_ignore_ascii_case(BASE));
    let rest = path
        .get(BASE.len()..)
        .filter(|_| is_ours)
        .unwrap_or_default();
    let rest = rest.trim_matches('/');
    let mut is_path = false;
    for route in ROUTES {
        let (verb, path) = route.split_once(' ').unwrap_or_default();
        if path.eq_ignore_ascii_case(rest) {
            is_path = true;
            if request.method().as_str() == verb {
                return Route::Known(route);
            }
        }
    }
    if is_path {
        Route::OtherVerb
    } else {
        Route::Nowhere
    }
}

/// The method of a request, `GET saleList` and the like, or `unknown`.
pub(crate) fn method_of(request: &Request<Bytes>) -> &'static str {
    match route_of(request) {
        Route::Known(name) => name,
        Route::OtherVerb | Route::Nowhere => "unknown",
    }
}

impl World {
    /// Carries a call out.
    pub(crate) fn cin7_run(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let name = match route_of(request) {
            Route::Known(name) => name,
            Route::Nowhere => return self.cin7_not_found(),
            Route::OtherVerb => {
                let text = format!(
                    "The requested resource does not support http method '{}'.",
                    request.method()
                );
                return answer(405, json!({"Message": text}));
            }
        };
        if !self.cin7_lets_in(request) {
            return self.cin7_refuse_login();
        }
        if let Some(answer) = self.cin7_throttle() {
            return answer;
        }
        let query = Query::read(request.uri().query());
        let has_body = *request.method() != Method::GET && *request.method() != Method::DELETE;
        let body = match serde_json::from_slice::<Value>(request.body()) {
            Ok(body @ Value::Object(_)) => Body(body),
            _ if has_body => {
                let text = "The request body can't be parsed.".to_owned();
                return self.cin7_refuse(500, &[text]);
            }
            _ => Body(Value::Null),
        };
        match self.cin7_dispatch(name, &query, &body) {
            Ok(value) => answer(200, value),
            Err(refusal) => self.cin7_refuse(refusal.status, &refusal.problems),
        }
    }

    fn cin7_dispatch(&mut self, name: &str, q: &Query, b: &Body) -> Result<Value, Refusal> {
        match name {
            "GET me" => Ok(self.cin7_me()),
            "GET saleList" => self.cin7_sale_list(q),
            "GET sale" => self.cin7_get_sale(q),
            "POST sale" => self.cin7_write_sale(b, true),
            "PUT sale" => self.cin7_write_sale(b, false),
            "DELETE sale" => self.cin7_delete_sale(q),
            "GET sale/order" => self.cin7_get_order(q),
            "POST sale/order" => self.cin7_write_order(b),
            "GET sale/fulfilment" => self.cin7_get_fulfilments(q),
            "POST sale/fulfilment" => self.cin7_post_fulfilment(b),
            "DELETE sale/fulfilment" => self.cin7_delete_fulfilment(q),
            "GET sale/fulfilment/pick" => self.cin7_get_stage(q, false),
            "GET sale/fulfilment/pack" => self.cin7_get_stage(q, true),
            "GET sale/fulfilment/ship" => self.cin7_get_ship(q),
            "POST sale/fulfilment/pick" | "PUT sale/fulfilment/pick" => self.cin7_write_pick(b),
            "POST sale/fulfilment/pack" => self.cin7_write_pack(b, false),
            "PUT sale/fulfilment/pack" => self.cin7_write_pack(b, true),
            "POST sale/fulfilment/ship" | "PUT sale/fulfilment/ship" => self.cin7_write_ship(b),
            "GET sale/invoice" => self.cin7_get_invoices(q),
            "POST sale/invoice" => self.cin7_post_invoice(b),
            "GET saleCreditNoteList" => self.cin7_credit_note_list(q),
            "GET sale/creditnote" => self.cin7_get_credit_notes(q),
            "POST sale/creditnote" => self.cin7_post_credit_note(b),
            _ => self.cin7_dispatch_stock(name, q, b),
        }
    }

    fn cin7_dispatch_stock(&mut self, name: &str, q: &Query, b: &Body) -> Result<Value, Refusal> {
        match name {
            "GET ref/location" => self.cin7_locations(q),
            "GET ref/carrier" => self.cin7_carriers(q),
            "GET ref/productavailability" => self.cin7_availability_list(q),
            "GET product" => self.cin7_products(q),
            "GET stockadjustmentList" => Ok(self.cin7_adjustment_list(q)),
            "GET stockadjustment" => self.cin7_get_adjustment(q),
            "POST stockadjustment" => self.cin7_write_adjustment(b, true),
            "PUT stockadjustment" => self.cin7_write_adjustment(b, false),
            "DELETE stockadjustment" => self.cin7_delete_adjustment(q),
            "GET webhooks" => self.cin7_get_hooks(),
            "POST webhooks" => self.cin7_write_hook(b, true),
            "PUT webhooks" => self.cin7_write_hook(b, false),
            "DELETE webhooks" => self.cin7_delete_hook(q),
            other => Err(Refusal::bad(format!("'{other}' is not served"))),
        }
    }

    /// Both headers are right.
    fn cin7_lets_in(&self, request: &Request<Bytes>) -> bool {
        let is = |name: &str, wanted: Guid| {
            let given = request.headers().get(name).and_then(|v| v.to_str().ok());
            given.and_then(Guid::parse) == Some(wanted)
        };
        is("api-auth-accountid", self.cin7.account_id)
            && is("api-auth-applicationkey", self.cin7.application_key)
    }

    /// Refuses the call when the last 60 s are full; refused calls do not count.
    fn cin7_throttle(&mut self) -> Option<Response<Bytes>> {
        if !self.config.limits {
            return None;
        }
        let divisor = usize::try_from(self.config.limit_divisor.max(1)).unwrap_or(1);
        let limit = (PER_MINUTE / divisor).max(1);
        let from = self.now - Span::secs(60);
        while self.cin7.calls.front().is_some_and(|at| *at <= from) {
            self.cin7.calls.pop_front();
        }
        if self.cin7.calls.len() >= limit {
            self.calls.throttled_own += 1;
            return Some(self.cin7_limit_answer(self.config.cin7.switches.throttle));
        }
        self.cin7.calls.push_back(self.now);
        None
    }

    /// The answer to a call over the limit. Ordinary answers carry no such headers.
    fn cin7_limit_answer(&self, style: ThrottleStyle) -> Response<Bytes> {
        let texts = [LIMIT_TEXT.to_owned()];
        match style {
            ThrottleStyle::ServiceUnavailable => self.cin7_refuse(503, &texts),
            ThrottleStyle::BadRequest => self.cin7_refuse(400, &texts),
            ThrottleStyle::TooManyRequests => {
                let mut answer = self.cin7_refuse(429, &texts);
                let headers = answer.headers_mut();
                headers.insert("x-ratelimit-limit", HeaderValue::from_static("60"));
                headers.insert("x-ratelimit-remaining", HeaderValue::from_static("0"));
                headers.insert("x-ratelimit-reset", HeaderValue::from_static("60"));
                // Not a number, as the real service writes it.
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60 Seconds"));
                answer
            }
        }
    }

    /// What a fault makes the service say instead of working; `None` for faults that have nothing to do with it.
    pub(crate) fn cin7_fault_answer(&self, fault: FaultKind) -> Option<Response<Bytes>> {
        let answer = match fault {
            FaultKind::Storm => self.cin7_limit_answer(self.config.cin7.switches.throttle),
            FaultKind::QuotaIn400 => self.cin7_limit_answer(ThrottleStyle::BadRequest),
            FaultKind::Unauthorised => self.cin7_refuse_login(),
            FaultKind::HtmlPage => self.cin7_not_found(),
            _ => return None,
        };
        Some(answer)
    }

    fn cin7_refuse_login(&self) -> Response<Bytes> {
        self.cin7_refuse(403, &["Incorrect credentials!".to_owned()])
    }

    /// The page for a path that does not exist, with status 200 unless switched.
    fn cin7_not_found(&self) -> Response<Bytes> {
        let status = if self.config.cin7.switches.unknown_path_is_404 {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::OK
        };
        let page = "<!DOCTYPE html><html><head><title>Page not found</title></head>\
            <body><h1>Page not found</h1></body></html>";
        respond(status, "text/html; charset=utf-8", page.to_owned())
    }

    /// An error answer: a list with one object per problem.
    pub(crate) fn cin7_refuse(&self, status: u16, problems: &[String]) -> Response<Bytes> {
        let one = |text: &String| json!({"ErrorCode": status, "Exception": text});
        let list: Vec<Value> = problems.iter().map(one).collect();
        if self.config.cin7.switches.bare_errors
            && let Some(first) = list.first()
        {
            return answer(status, first.clone());
        }
        answer(status, Value::Array(list))
    }
}

fn answer(status: u16, body: Value) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    respond(status, "application/json; charset=utf-8", body.to_string())
}
