//! The API's front: routes, verbs, sign-in, sessions, quotas, errors.

use super::params::{Params, Refusal, Shape};
use super::state::LwSession;
use crate::domain::time::Ts;
use crate::sandbox::config::SimSystem;
use crate::sandbox::pvx::service::respond;
use crate::sandbox::rng::{Guid, Rng};
use crate::sandbox::world::World;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};

/// A route: name, verb of the specification, calls a minute, shape of the JSON body.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    pub name: &'static str,
    pub is_get: bool,
    pub per_minute: u32,
    pub shape: Shape,
}

const fn get(name: &'static str, per_minute: u32) -> Route {
    Route {
        name,
        is_get: true,
        per_minute,
        shape: Shape::Plain,
    }
}

const fn post(name: &'static str, per_minute: u32, shape: Shape) -> Route {
    Route {
        name,
        is_get: false,
        per_minute,
        shape,
    }
}

/// Every call that is served.
pub const ROUTES: &[Route] = &[
    post("Auth/AuthorizeByApplication", 150, Shape::Bare),
    get("Inventory/GetStockLocations", 150),
    get("Locations/GetLocation", 150),
    get("Orders/GetUserLocationId", 150),
    post("Orders/GetOpenOrders", 250, Shape::Plain),
    post("Orders/GetAllOpenOrders", 250, Shape::Plain),
    post("OpenOrders/GetOpenOrders", 150, Shape::Bare),
    post("OpenOrders/GetOpenOrderIds", 150, Shape::Bare),
    post("OpenOrders/GetOpenOrdersDetails", 150, Shape::Bare),
    post("OpenOrders/SearchOrders", 150, Shape::Bare),
    post("Orders/GetOrdersById", 250, Shape::Plain),
    get("Orders/GetOrderById", 150),
    get("Orders/GetOrderDetailsByNumOrderId", 250),
    get("Orders/GetOrderDetailsByReferenceId", 250),
    get("Orders/GetOrderRelations", 250),
    get("Orders/GetOrderAuditTrail", 250),
    post("Orders/GetOrderAuditTrailsByIds", 150, Shape::Bare),
    post("Orders/ChangeStatus", 150, Shape::Plain),
    post("Orders/ChangeOrderTag", 250, Shape::Plain),
    post("Orders/LockOrder", 150, Shape::Plain),
    post("Orders/AssignToFolder", 250, Shape::Plain),
    post("Orders/UnassignToFolder", 250, Shape::Plain),
    post("Orders/MoveToLocation", 150, Shape::Plain),
    post("Orders/ChangeShippingMethod", 150, Shape::Plain),
    post("Orders/SetOrderShippingInfo", 250, Shape::Plain),
    post("Orders/SplitOrder", 150, Shape::Plain),
    get("Orders/GetOrderNotes", 250),
    post("Orders/SetOrderNotes", 250, Shape::Plain),
    post("Orders/AddOrdersNote", 150, Shape::Bare),
    post("Orders/DeleteOrder", 150, Shape::Plain),
    post("Orders/CancelOrder", 150, Shape::Plain),
    post("Orders/ProcessOrder", 250, Shape::Plain),
    post("Orders/ProcessOrdersInBatch", 250, Shape::Plain),
    post("Orders/ProcessFulfilmentCentreOrder", 250, Shape::Plain),
    get("Orders/GetCountries", 150),
    get("Orders/GetShippingMethods", 150),
    post("ProcessedOrders/SearchProcessedOrders", 150, Shape::Wrapped),
    get("ProcessedOrders/GetOrderInfo", 250),
    get("ProcessedOrders/GetProcessedAuditTrail", 150),
    get("PostalServices/GetPostalServices", 150),
    get("Stock/GetStockItems", 150),
    post("Stock/GetStockItemsFull", 150, Shape::Plain),
    post("Stock/GetStockItemsFullByIds", 250, Shape::Wrapped),
    get("Stock/SKUExists", 250),
    get("Stock/GetStockLevel", 250),
    post("Stock/GetStockLevel_Batch", 250, Shape::Wrapped),
    post("Stock/SetStockLevel", 250, Shape::Plain),
    post("Stock/UpdateStockLevelsBySKU", 150, Shape::Plain),
    get("Stock/GetItemChangesHistory", 250),
    post("Inventory/GetStockItemIdsBySKU", 250, Shape::Wrapped),
    post(
        "Inventory/GetInventoryItemsCompositionByIds",
        250,
        Shape::Wrapped,
    ),
];

/// What a call brings: JSON, or nothing at all (204).
pub enum Out {
    Json(Value),
    Nothing,
}

fn route_of(request: &Request<Bytes>) -> Option<&'static Route> {
    let path = request.uri().path().trim_matches('/');
    let (api, name) = path.split_once('/')?;
    if !api.eq_ignore_ascii_case("api") {
        return None;
    }
    ROUTES.iter().find(|r| r.name.eq_ignore_ascii_case(name))
}

/// The method of a request, `Controller/Method`, or `unknown`.
pub(crate) fn method_of(request: &Request<Bytes>) -> &'static str {
    route_of(request).map_or("unknown", |r| r.name)
}

/// Calls a minute of a method.
pub(crate) fn limit_of(method: &str) -> u32 {
    ROUTES
        .iter()
        .find(|r| r.name == method)
        .map_or(150, |r| r.per_minute)
}

impl World {
    /// Carries a call out.
    pub(crate) fn lw_run(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let Some(route) = route_of(request) else {
            return respond(StatusCode::NOT_FOUND, "text/html", String::new());
        };
        if !route.is_get && request.method() != Method::POST {
            return refuse(
                405,
                "The requested resource does not support http method 'GET'.",
            );
        }
        let is_sign_in = route.name == "Auth/AuthorizeByApplication";
        if !is_sign_in && !self.lw_session(request) {
            return refuse(401, "Token is wrong.");
        }
        if let Some(answer) = self.lw_quota(route) {
            return answer;
        }
        let content_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or("application/json");
        let params = Params::read(
            request.uri().query(),
            content_type,
            request.body(),
            route.shape,
            self.config.lw.strict_wrapping,
        );
        let outcome = params.and_then(|params| {
            if is_sign_in {
                self.lw_sign_in(&params)
            } else {
                self.lw_dispatch(route.name, &params)
            }
        });
        match outcome {
            Ok(Out::Json(value)) => respond(
                StatusCode::OK,
                "application/json; charset=utf-8",
                value.to_string(),
            ),
            Ok(Out::Nothing) => respond(StatusCode::NO_CONTENT, "application/json", String::new()),
            Err(refusal) => refuse(refusal.status, &refusal.message),
        }
    }

    fn lw_sign_in(&mut self, params: &Params) -> Result<Out, Refusal> {
        *self.calls.sign_ins.entry(SimSystem::Linnworks).or_default() += 1;
        let given = ["ApplicationId", "ApplicationSecret", "Token"]
            .map(|name| params.text(name).as_deref().and_then(Guid::parse));
        let [Some(id), Some(secret), Some(token)] = given else {
            return Err(Refusal::invalid());
        };
        let known = (
            self.lw.application_id,
            self.lw.application_secret,
            self.lw.token,
        );
        if (id, secret, token) != known {
            return Err(Refusal {
                status: 401,
                message: "Invalid application id, secret or token".to_owned(),
            });
        }
        self.lw.sessions_made += 1;
        let mut dice = Rng::keyed(self.config.seed, "lw-session", self.lw.sessions_made);
        let session = dice.guid();
        let expires_at = self.now + self.config.lw.session_lifetime;
        self.lw.sessions.insert(session, LwSession { expires_at });
        let server = if self.lw.uses_other_host {
            self.config.lw_other_host.as_str()
        } else {
            self.config.lw_host.as_str()
        };
        Ok(Out::Json(json!({
            "Id": dice.guid(), "EntityId": dice.guid(), "DatabaseName": "SANDBOX0001",
            "DatabaseServer": null, "PrivateDatabaseServer": null, "DatabaseUser": null,
            "DatabasePassword": null, "AppName": null, "sid_registration": Guid::ZERO,
            "UserName": "ops@example.test", "Md5Hash": "", "Locality": "EU", "SuperAdmin": false,
            "TTL": self.config.lw.session_lifetime.as_secs(), "Token": session, "AccessToken": null,
            "GroupName": "", "Device": "ByApplication", "DeviceType": "ByApplication",
            "UserType": "Application",
            "Status": {"State": "AVAILABLE", "Reason": "", "Parameters": {}},
            "UserId": Guid::ZERO, "Properties": {}, "Email": "ops@example.test",
            "Server": server, "PushServer": "https://eu-push.linnworks.net"
        })))
    }

    fn lw_session(&mut self, request: &Request<Bytes>) -> bool {
        let token = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .and_then(Guid::parse);
        let Some(token) = token else {
            return false;
        };
        let (now, lifetime) = (self.now, self.config.lw.session_lifetime);
        match self.lw.sessions.get_mut(&token) {
            Some(session) if session.expires_at > now => {
                session.expires_at = now + lifetime;
                true
            }
            Some(_) => {
                self.lw.sessions.remove(&token);
                false
            }
            None => false,
        }
    }

    /// Ends every session at once.
    pub fn expire_lw_sessions(&mut self) {
        self.lw.sessions.clear();
    }

    fn lw_quota(&mut self, route: &Route) -> Option<Response<Bytes>> {
        if !self.config.limits {
            return None;
        }
        let limit = (route.per_minute / self.config.limit_divisor.max(1)).max(1);
        let minute = self.now.unix_secs().div_euclid(60);
        let window = self.lw.windows.entry(route.name).or_insert((minute, 0));
        if window.0 != minute {
            *window = (minute, 0);
        }
        if window.1 >= limit {
            self.calls.throttled_own += 1;
            return Some(quota(limit, self.now, self.config.lw.quota_as_object));
        }
        window.1 += 1;
        None
    }

    fn lw_dispatch(&mut self, name: &'static str, p: &Params) -> Result<Out, Refusal> {
        let json = match name {
            "Inventory/GetStockLocations" => self.lw_locations(),
            "Locations/GetLocation" => self.lw_location(p)?,
            "Orders/GetUserLocationId" => json!(Guid::ZERO),
            "Orders/GetOpenOrders" => self.lw_open_orders(p)?,
            "Orders/GetAllOpenOrders" => self.lw_all_open_orders(p)?,
            "OpenOrders/GetOpenOrders" => self.lw_view_orders(p, false)?,
            "OpenOrders/GetOpenOrderIds" => self.lw_view_orders(p, true)?,
            "OpenOrders/GetOpenOrdersDetails" => self.lw_open_details(p)?,
            "OpenOrders/SearchOrders" => self.lw_search_orders(p)?,
            "Orders/GetOrdersById" => self.lw_orders_by_id(p)?,
            "Orders/GetOrderById" => self.lw_order_by_id(p)?,
            "Orders/GetOrderDetailsByNumOrderId" => self.lw_order_by_number(p)?,
            "Orders/GetOrderDetailsByReferenceId" => self.lw_orders_by_reference(p),
            "Orders/GetOrderRelations" => self.lw_relations(p)?,
            "Orders/GetOrderAuditTrail" => self.lw_audit(p)?,
            "Orders/GetOrderAuditTrailsByIds" => self.lw_audits(p)?,
            "Orders/GetOrderNotes" => self.lw_notes(p)?,
            "Orders/AddOrdersNote" => self.lw_add_note(p)?,
            "Orders/ChangeStatus" => self.lw_change_status(p)?,
            "Orders/ChangeOrderTag" => self.lw_change_tag(p)?,
            "Orders/AssignToFolder" => self.lw_folder(p, true)?,
            "Orders/UnassignToFolder" => self.lw_folder(p, false)?,
            "Orders/MoveToLocation" => self.lw_move(p)?,
            "Orders/ChangeShippingMethod" => self.lw_change_service(p)?,
            "Orders/SetOrderShippingInfo" => self.lw_set_shipping(p)?,
            "Orders/SplitOrder" => self.lw_split(p)?,
            "Orders/CancelOrder" => self.lw_cancel(p)?,
            "Orders/ProcessOrder" => self.lw_process_one(p, name)?,
            "Orders/ProcessOrdersInBatch" => self.lw_process_batch(p)?,
            "Orders/ProcessFulfilmentCentreOrder" => self.lw_process_one(p, name)?,
            "Orders/LockOrder" => return self.lw_lock(p),
            "Orders/SetOrderNotes" => return self.lw_set_notes(p),
            "Orders/DeleteOrder" => return self.lw_delete(p),
            "Orders/GetCountries" => self.lw_countries(),
            "Orders/GetShippingMethods" => self.lw_shipping_methods(),
            "PostalServices/GetPostalServices" => self.lw_postal_services(),
            "ProcessedOrders/SearchProcessedOrders" => self.lw_search_processed(p)?,
            "ProcessedOrders/GetOrderInfo" => self.lw_processed_info(p)?,
            "ProcessedOrders/GetProcessedAuditTrail" => self.lw_processed_audit(p)?,
            _ => self.lw_dispatch_stock(name, p)?,
        };
        Ok(Out::Json(json))
    }

    fn lw_dispatch_stock(&mut self, name: &'static str, p: &Params) -> Result<Value, Refusal> {
        match name {
            "Stock/GetStockItems" => self.lw_stock_items(p),
            "Stock/GetStockItemsFull" => self.lw_stock_full(p),
            "Stock/GetStockItemsFullByIds" => self.lw_stock_full_by_ids(p),
            "Stock/SKUExists" => Ok(json!(
                self.lw
                    .item_by_sku
                    .contains_key(&p.text("SKU").unwrap_or_default())
            )),
            "Stock/GetStockLevel" => self.lw_levels_of(p),
            "Stock/GetStockLevel_Batch" => self.lw_levels_batch(p),
            "Stock/SetStockLevel" => self.lw_set_levels(p),
            "Stock/UpdateStockLevelsBySKU" => self.lw_add_levels(p),
            "Stock/GetItemChangesHistory" => self.lw_item_history(p),
            "Inventory/GetStockItemIdsBySKU" => self.lw_ids_by_sku(p),
            "Inventory/GetInventoryItemsCompositionByIds" => self.lw_compositions(p),
            other => Err(Refusal::bad(format!("'{other}' is not served"))),
        }
    }
}

/// The 429 answer: a bare JSON string and the seconds to the end of the window.
pub(crate) fn quota(limit: u32, now: Ts, as_object: bool) -> Response<Bytes> {
    let text = quota_text(limit);
    let body = if as_object {
        json!({"Message": text}).to_string()
    } else {
        json!(text).to_string()
    };
    let mut answer = respond(
        StatusCode::TOO_MANY_REQUESTS,
        "application/json; charset=utf-8",
        body,
    );
    let wait = 60 - now.unix_secs().rem_euclid(60);
    answer
        .headers_mut()
        .insert(header::RETRY_AFTER, header::HeaderValue::from(wait));
    answer
}

/// The text of a quota refusal.
pub(crate) fn quota_text(limit: u32) -> String {
    format!("API calls quota exceeded! Maximum admitted {limit} per Minute.")
}

/// An error answer with `Code` and `Message`.
pub(crate) fn refuse(status: u16, message: &str) -> Response<Bytes> {
    respond(
        StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
        "application/json; charset=utf-8",
        json!({"Code": null, "Message": message}).to_string(),
    )
}
