//! The service itself: from an HTTP request to an operation and back, with sessions.

use super::callbacks::{EVENT_TYPES, SUBSCRIPTIONS_MAX, Style, Subscription};
use super::clause::{Clause, Value};
use super::columns::List;
use super::csvio::{Style as CsvStyle, push_row};
use super::save::Action;
use super::soap::{self, IntegrationResponse, Node, Request};
use super::state::Session;
use super::tables::Row;
use crate::sandbox::config::SimSystem;
use crate::sandbox::rng::Rng;
use crate::sandbox::world::World;
use base64::Engine as _;
use bytes::Bytes;
use http::{Response, StatusCode, header};
use std::cmp::Ordering;

/// A call read far enough to know what it is.
#[derive(Debug)]
pub struct Call {
    /// For limits, faults and counts: operation and template, for example `SaveData Sales orders`.
    pub method: String,
    body: Result<Request, String>,
    operation: Result<String, Box<Response<Bytes>>>,
}

const SERVICE_PATH: &str = "resources/integrationservicev4.asmx";
const HTML_PAGE: &str = "<!DOCTYPE html><html><head><title>Peoplevox</title></head><body><h1>Sign in</h1></body></html>";

const OPERATIONS: &[&str] = &[
    "Authenticate",
    "GetData",
    "GetDataWithSitesFilters",
    "GetReportData",
    "GetReportColumns",
    "GetSaveTemplate",
    "SaveData",
    "SubscribeEvent",
    "SubscribePostEvent",
    "SubscribeEventWithSitesFilters",
    "SubscribePostEventWithSitesFilters",
    "UnsubscribeEvent",
];

impl World {
    /// Reads a request as far as its method.
    pub(crate) fn pvx_read(&self, request: &http::Request<Bytes>) -> Call {
        let path = request.uri().path().trim_matches('/').to_ascii_lowercase();
        let wanted = format!("{}/{SERVICE_PATH}", self.pvx.client_id.to_ascii_lowercase());
        let body = soap::read(request.body());
        let operation = if path != wanted {
            Err(Box::new(html()))
        } else {
            operation_of(request, body.as_ref())
        };
        let method = match (&operation, &body) {
            (Ok(name), Ok(envelope)) => {
                let template = template_of(&envelope.operation);
                if template.is_empty() {
                    name.clone()
                } else {
                    format!("{name} {template}")
                }
            }
            (Ok(name), Err(_)) => name.clone(),
            (Err(_), _) => "unknown".to_owned(),
        };
        Call {
            method,
            body,
            operation,
        }
    }

    /// Carries a call out.
    pub(crate) fn pvx_run(&mut self, call: Call) -> Response<Bytes> {
        let operation = match call.operation {
            Ok(operation) => operation,
            Err(answer) => return *answer,
        };
        let envelope = match call.body {
            Ok(envelope) => envelope,
            Err(reason) => {
                return fault(&format!("Server was unable to read request. ---> {reason}"));
            }
        };
        let answer = if operation == "Authenticate" {
            self.pvx_authenticate(&envelope.operation)
        } else {
            match self.pvx_session(&envelope.session) {
                Ok(()) => match self.pvx_operation(&operation, &envelope.operation) {
                    Ok(answer) => answer,
                    Err(text) => return fault(&text),
                },
                Err(text) => IntegrationResponse::failed(text),
            }
        };
        let text = soap::write(
            &operation,
            &answer,
            envelope.is_soap12,
            self.config.pvx.newer_members,
        );
        let kind = if envelope.is_soap12 {
            "application/soap+xml; charset=utf-8"
        } else {
            "text/xml; charset=utf-8"
        };
        respond(StatusCode::OK, kind, text)
    }

    fn pvx_authenticate(&mut self, node: &Node) -> IntegrationResponse {
        *self.calls.sign_ins.entry(SimSystem::Peoplevox).or_default() += 1;
        let squeezed: String = node
            .text_of("password")
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect();
        let password = base64::engine::general_purpose::STANDARD
            .decode(squeezed)
            .ok()
            .and_then(|b| String::from_utf8(b).ok());
        let is_known = node
            .text_of("clientId")
            .eq_ignore_ascii_case(&self.pvx.client_id)
            && node.text_of("username") == self.pvx.username
            && password.as_deref() == Some(self.pvx.password.as_str());
        if !is_known {
            return IntegrationResponse::failed("System : Security:Invalid Username or Password");
        }
        if self.config.pvx.single_session {
            let ended: Vec<String> = self.pvx.sessions.drain().map(|s| s.0).collect();
            self.pvx.ended_sessions.extend(ended);
        }
        self.pvx.sessions_made += 1;
        let id = Rng::keyed(self.config.seed, "pvx-session", self.pvx.sessions_made)
            .guid()
            .to_string();
        let expires_at = self.now + self.config.pvx.session_lifetime;
        self.pvx.sessions.insert(id.clone(), Session { expires_at });
        IntegrationResponse::ok(1, format!("{},{id}", self.pvx.client_id))
    }

    fn pvx_session(&mut self, id: &str) -> Result<(), String> {
        let lifetime = self.config.pvx.session_lifetime;
        let slides = self.config.pvx.session_slides;
        let now = self.now;
        match self.pvx.sessions.get_mut(id) {
            Some(session) if session.expires_at > now => {
                if slides {
                    session.expires_at = now + lifetime;
                }
                return Ok(());
            }
            Some(_) => {
                self.pvx.sessions.remove(id);
                self.pvx.ended_sessions.insert(id.to_owned());
            }
            None => {}
        }
        Err(if self.pvx.ended_sessions.contains(id) {
            "System : Security - Session Expired".to_owned()
        } else {
            "System : Security - Invalid Session".to_owned()
        })
    }

    /// Ends every session at once.
    pub fn expire_pvx_sessions(&mut self) {
        let ended: Vec<String> = self.pvx.sessions.drain().map(|s| s.0).collect();
        self.pvx.ended_sessions.extend(ended);
    }

    /// An operation of a signed-in caller. The error is the text of a fault.
    fn pvx_operation(
        &mut self,
        operation: &str,
        node: &Node,
    ) -> Result<IntegrationResponse, String> {
        let none = Node::default();
        Ok(match operation {
            "GetData" | "GetDataWithSitesFilters" => {
                self.pvx_get_data(node.child("getRequest").unwrap_or(&none))
            }
            "GetReportData" => self.pvx_get_report(node.child("getReportRequest").unwrap_or(&none)),
            "GetReportColumns" => match List::report(node.text_of("templateName")) {
                Some(list) => IntegrationResponse::ok(list.columns().len(), self.pvx_names(list)),
                None => unknown_report(node.text_of("templateName")),
            },
            "GetSaveTemplate" => match self.pvx_template(node.text_of("templateName")) {
                Ok(list) => IntegrationResponse::ok(list.columns().len(), self.pvx_names(list)),
                Err(answer) => answer,
            },
            "SaveData" => {
                let request = node.child("saveRequest").unwrap_or(&none);
                let action = Action::from_code(request.int_of("Action"));
                let mut answer = self.pvx_save(
                    request.text_of("TemplateName"),
                    request.text_of("CsvData"),
                    action,
                );
                self.faults.bend_results(&mut answer.statuses);
                answer
            }
            "UnsubscribeEvent" => self.pvx_unsubscribe(node.int_of("subscriptionId")),
            _ => self.pvx_subscribe(operation, node)?,
        })
    }

    fn pvx_names(&self, list: List) -> String {
        let names: Vec<&str> = list
            .columns()
            .iter()
            .map(|c| self.pvx_alias(list, c.name))
            .collect();
        names.join(",")
    }

    fn pvx_get_data(&mut self, request: &Node) -> IntegrationResponse {
        let list = match self.pvx_template(request.text_of("TemplateName")) {
            Ok(list) => list,
            Err(answer) => return answer,
        };
        let columns: Vec<usize> = (0..list.columns().len()).collect();
        self.pvx_list(list, &columns, None, request)
    }

    fn pvx_get_report(&mut self, request: &Node) -> IntegrationResponse {
        let name = request.text_of("TemplateName");
        let Some(list) = List::report(name) else {
            return unknown_report(name);
        };
        let wanted = request.text_of("Columns");
        let mut columns = Vec::new();
        for part in wanted.split(',').filter(|p| !p.is_empty()) {
            let bare = part.trim_start_matches('[').trim_end_matches(']');
            match self.pvx_column_exact(list, bare) {
                Some(at) => columns.push(at),
                None => {
                    return IntegrationResponse::failed(format!(
                        "System : Reports - Column '{part}' does not exist in report '{name}'"
                    ));
                }
            }
        }
        if columns.is_empty() {
            columns = (0..list.columns().len()).collect();
        }
        let order = request.text_of("OrderBy").trim();
        let sort = if order.is_empty() {
            None
        } else {
            let (column, is_descending) = match order.rsplit_once(' ') {
                Some((column, "asc" | "ASC")) => (column, false),
                Some((column, "desc" | "DESC")) => (column, true),
                _ => (order, false),
            };
            let bare = column.trim().trim_start_matches('[').trim_end_matches(']');
            match self.pvx_column(list, bare) {
                Some(at) => Some((at, is_descending)),
                None => return bad_clause(),
            }
        };
        self.pvx_list(list, &columns, sort, request)
    }

    /// A column list with a blank after the comma does not work, as one client found out.
    fn pvx_column_exact(&self, list: List, shown: &str) -> Option<usize> {
        (shown == shown.trim())
            .then(|| self.pvx_column(list, shown))
            .flatten()
    }

    fn pvx_list(
        &mut self,
        list: List,
        columns: &[usize],
        sort: Option<(usize, bool)>,
        request: &Node,
    ) -> IntegrationResponse {
        let clause = match Clause::read(request.text_of("SearchClause"), &|name| {
            self.pvx_column(list, name)
        }) {
            Ok(clause) => clause,
            Err(_) => return bad_clause(),
        };
        let site = request
            .child("sitesFilter")
            .and_then(|f| f.text.split('"').nth(1));
        let site_column = self
            .pvx_column(list, "Site")
            .or_else(|| self.pvx_column(list, "Site reference"));
        let mut rows: Vec<Row> = self
            .pvx_candidates(list, &clause)
            .into_iter()
            .filter(|row| clause.matches(&|column| self.pvx_cell(list, *row, column)))
            .collect();
        if let (Some(site), Some(column)) = (site, site_column) {
            rows.retain(|row| self.pvx_cell(list, *row, column) == Value::Text(site.to_owned()));
        }
        if let Some((column, is_descending)) = sort {
            rows.sort_by(|a, b| {
                let order = compare(
                    &self.pvx_cell(list, *a, column),
                    &self.pvx_cell(list, *b, column),
                );
                if is_descending {
                    order.reverse()
                } else {
                    order
                }
            });
        }
        let total = rows.len();
        let mut page = self.pvx_page(rows, request);
        self.faults.bend_page(&mut page);
        let detail = self.pvx_csv(list, columns, &page);
        IntegrationResponse::ok(total, detail)
    }

    fn pvx_page(&self, rows: Vec<Row>, request: &Node) -> Vec<Row> {
        let asked = usize::try_from(request.int_of("ItemsPerPage")).unwrap_or(0);
        if asked == 0 {
            return rows;
        }
        let size = asked.min(self.config.pvx.page_rows_max.max(1));
        let page = usize::try_from(request.int_of("PageNo"))
            .unwrap_or(0)
            .max(1);
        rows.into_iter()
            .skip((page - 1).saturating_mul(size))
            .take(size)
            .collect()
    }

    fn pvx_csv(&self, list: List, columns: &[usize], rows: &[Row]) -> String {
        let style = CsvStyle {
            crlf: self.config.pvx.crlf,
            quote_all: self.config.pvx.quote_all,
        };
        let mut out = String::with_capacity(rows.len() * columns.len() * 14 + 200);
        let header = columns
            .iter()
            .map(|c| self.pvx_alias(list, list.columns()[*c].name));
        push_row(&mut out, header, style);
        for row in rows {
            let cells: Vec<String> = columns
                .iter()
                .map(|c| self.pvx_shown(list, self.pvx_cell(list, *row, *c)))
                .collect();
            push_row(&mut out, cells.iter().map(String::as_str), style);
        }
        out
    }

    fn pvx_shown(&self, list: List, value: Value) -> String {
        match value {
            Value::Text(text) => text,
            Value::Int(n) => n.to_string(),
            Value::Money(n) => crate::text::money(n),
            Value::Bool(b) => if b { "True" } else { "False" }.to_owned(),
            Value::Status(id, name) => {
                if self.config.pvx.status_as_id {
                    id.to_string()
                } else {
                    name
                }
            }
            Value::NoDate => String::new(),
            Value::Date(at) if list.is_report() => {
                let year = if self.config.pvx.literal_yyyy {
                    "YYYY"
                } else {
                    "%Y"
                };
                let time = if self.config.pvx.report_seconds {
                    "%H:%M:%S"
                } else {
                    "%H:%M"
                };
                let shown = at
                    .to_utc()
                    .format(&format!("%d/%m/{year} {time}"))
                    .to_string();
                format!("'{shown}'")
            }
            Value::Date(at) => at.to_utc().format("%d/%m/%Y %H:%M:%S").to_string(),
        }
    }

    fn pvx_subscribe(
        &mut self,
        operation: &str,
        node: &Node,
    ) -> Result<IntegrationResponse, String> {
        let event = node.text_of("eventType").trim();
        if !EVENT_TYPES.contains(&event) {
            return Err(format!(
                "Server was unable to read request. ---> Instance validation error: '{event}' is not a valid value for SubscriptionEventTypes."
            ));
        }
        if self.callbacks.subscriptions.len() >= SUBSCRIPTIONS_MAX {
            return Ok(IntegrationResponse::failed(
                "System : Integration - Too many subscriptions",
            ));
        }
        let style = if operation.starts_with("SubscribePostEvent") {
            Style::Post {
                url: node.text_of("postUrl").trim().to_owned(),
                params: node.text_of("postParams").to_owned(),
            }
        } else {
            Style::Get {
                url: node.text_of("callbackUrl").trim().to_owned(),
            }
        };
        let site = node
            .child("sitesFilter")
            .and_then(|f| f.text.split('"').nth(1))
            .map(str::to_owned);
        let encodes = super::save::boolean(node.text_of("encodeParameterData"))
            .unwrap_or(self.config.pvx.encode_by_default);
        self.callbacks.next_id = (self.callbacks.next_id + 1).max(57);
        let id = self.callbacks.next_id;
        self.callbacks.subscriptions.push(Subscription {
            id,
            event: event.to_owned(),
            filter: node.text_of("filter").to_owned(),
            site,
            style,
            encodes,
        });
        Ok(IntegrationResponse::ok(1, id.to_string()))
    }

    fn pvx_unsubscribe(&mut self, id: i64) -> IntegrationResponse {
        let before = self.callbacks.subscriptions.len();
        self.callbacks.subscriptions.retain(|s| s.id != id);
        let is_gone = self.callbacks.subscriptions.len() < before;
        IntegrationResponse::ok(1, if is_gone { "True" } else { "False" }.to_owned())
    }
}

fn operation_of(
    request: &http::Request<Bytes>,
    body: Result<&Request, &String>,
) -> Result<String, Box<Response<Bytes>>> {
    if request.method() != http::Method::POST {
        return Err(Box::new(html()));
    }
    let is_soap12 = body.is_ok_and(|b| b.is_soap12);
    let named = request
        .headers()
        .get("SOAPAction")
        .and_then(|v| v.to_str().ok())
        .map(|v| v.trim().trim_matches('"').to_owned());
    let action = match named {
        Some(action) => action,
        None if is_soap12 => {
            let name = body.map(|b| b.operation.name.clone()).unwrap_or_default();
            format!("{}{name}", soap::NAMESPACE)
        }
        None => String::new(),
    };
    match action.strip_prefix(soap::NAMESPACE) {
        Some(name) if OPERATIONS.contains(&name) => Ok(name.to_owned()),
        _ => Err(Box::new(fault(&format!(
            "Server did not recognize the value of HTTP Header SOAPAction: {action}."
        )))),
    }
}

fn template_of(operation: &Node) -> String {
    let direct = operation.text_of("templateName");
    if !direct.is_empty() {
        return direct.to_owned();
    }
    operation
        .children
        .first()
        .map_or("", |request| request.text_of("TemplateName"))
        .to_owned()
}

fn unknown_report(name: &str) -> IntegrationResponse {
    IntegrationResponse::failed(format!("System : Reports - Report '{name}' not found"))
}

fn bad_clause() -> IntegrationResponse {
    IntegrationResponse::failed("System : Search - Invalid search clause")
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Date(x), Value::Date(y)) => x.cmp(y),
        (Value::NoDate, Value::Date(_)) => Ordering::Less,
        (Value::Date(_), Value::NoDate) => Ordering::Greater,
        (Value::Int(x) | Value::Money(x), Value::Int(y) | Value::Money(y)) => x.cmp(y),
        (Value::Text(x), Value::Text(y)) => x.cmp(y),
        (Value::Status(x, _), Value::Status(y, _)) => x.cmp(y),
        _ => Ordering::Equal,
    }
}

/// An HTML page with status 200: what a wrong tenant gets.
pub(crate) fn html() -> Response<Bytes> {
    respond(
        StatusCode::OK,
        "text/html; charset=utf-8",
        HTML_PAGE.to_owned(),
    )
}

fn fault(text: &str) -> Response<Bytes> {
    respond(
        StatusCode::INTERNAL_SERVER_ERROR,
        "text/xml; charset=utf-8",
        soap::fault(text),
    )
}

/// Builds an answer.
pub(crate) fn respond(status: StatusCode, kind: &'static str, body: String) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    answer
}
