//! SOAP 1.1 envelopes of the Integration Service V4: requests written, replies read.

use super::xml::{self, XmlFault, escape, walk};
use crate::secret::Secret;
use base64::Engine;

/// Namespace of every body and header element; also the stem of the `SOAPAction`.
pub const NAMESPACE: &str = "http://www.peoplevox.net/";
const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// Most result rows read from one reply.
pub const STATUSES_MAX: usize = 10_000;

/// One operation with its arguments, element names and order as in the WSDL.
#[derive(Debug, Clone)]
pub enum Operation<'a> {
    /// Signs in; no session header. The password travels as base64.
    Authenticate {
        client_id: &'a str,
        username: &'a str,
        password: &'a Secret,
    },
    /// Rows of a template. `per_page` 0 asks for all rows.
    GetData {
        template: &'a str,
        page: u32,
        per_page: u32,
        clause: &'a str,
    },
    /// Rows of a report. Empty `columns` asks for all columns.
    GetReportData {
        report: &'a str,
        page: u32,
        per_page: u32,
        clause: &'a str,
        order_by: &'a str,
        columns: &'a str,
    },
    /// Column names of a report.
    GetReportColumns { report: &'a str },
    /// Column names of a configured template.
    GetSaveTemplate { template: &'a str },
    /// Creates and updates rows (upsert by key). Action 0: allocate as configured.
    SaveData { template: &'a str, csv: &'a str },
    /// Callback by GET; placeholders stand in the URL.
    SubscribeEvent { event: &'a str, url: &'a str },
    /// Callback by POST; placeholders stand in the parameters.
    SubscribePostEvent {
        event: &'a str,
        url: &'a str,
        params: &'a str,
    },
    /// Ends a subscription.
    UnsubscribeEvent { subscription: i64 },
}

impl Operation<'_> {
    /// The operation's name on the wire.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Authenticate { .. } => "Authenticate",
            Self::GetData { .. } => "GetData",
            Self::GetReportData { .. } => "GetReportData",
            Self::GetReportColumns { .. } => "GetReportColumns",
            Self::GetSaveTemplate { .. } => "GetSaveTemplate",
            Self::SaveData { .. } => "SaveData",
            Self::SubscribeEvent { .. } => "SubscribeEvent",
            Self::SubscribePostEvent { .. } => "SubscribePostEvent",
            Self::UnsubscribeEvent { .. } => "UnsubscribeEvent",
        }
    }

    /// Name for records: the operation and what it is about.
    pub fn title(&self) -> String {
        let about = match self {
            Self::GetData { template, .. }
            | Self::GetSaveTemplate { template }
            | Self::SaveData { template, .. } => template,
            Self::GetReportData { report, .. } | Self::GetReportColumns { report } => report,
            Self::SubscribeEvent { event, .. } | Self::SubscribePostEvent { event, .. } => event,
            Self::Authenticate { .. } | Self::UnsubscribeEvent { .. } => "",
        };
        format!("{} {about}", self.name()).trim_end().to_owned()
    }

    /// The callback address a subscription asks for, without its parameters. It holds a secret.
    pub fn callback_address(&self) -> Option<&str> {
        match self {
            Self::SubscribeEvent { url, .. } | Self::SubscribePostEvent { url, .. } => {
                Some(url.split_once('?').map_or(*url, |(address, _)| address))
            }
            _ => None,
        }
    }

    /// The first text that XML cannot carry, if any.
    pub fn unwritable(&self) -> Option<char> {
        let mut body = String::new();
        self.write_arguments(&mut body);
        xml::unwritable(&body)
    }

    fn write_arguments(&self, out: &mut String) {
        match *self {
            Self::Authenticate {
                client_id,
                username,
                password,
            } => {
                element(out, "clientId", client_id);
                element(out, "username", username);
                let engine = base64::engine::general_purpose::STANDARD;
                element(out, "password", &engine.encode(password.expose()));
            }
            Self::GetData {
                template,
                page,
                per_page,
                clause,
            } => wrapped(out, "getRequest", |out| {
                page_of(out, template, page, per_page, clause);
            }),
            Self::GetReportData {
                report,
                page,
                per_page,
                clause,
                order_by,
                columns,
            } => wrapped(out, "getReportRequest", |out| {
                page_of(out, report, page, per_page, clause);
                optional(out, "OrderBy", order_by);
                optional(out, "Columns", columns);
            }),
            Self::GetReportColumns { report: name } | Self::GetSaveTemplate { template: name } => {
                element(out, "templateName", name);
            }
            Self::SaveData { template, csv } => wrapped(out, "saveRequest", |out| {
                element(out, "TemplateName", template);
                element(out, "CsvData", csv);
                element(out, "Action", "0");
            }),
            Self::SubscribeEvent { event, url } => {
                element(out, "eventType", event);
                element(out, "filter", "");
                element(out, "callbackUrl", url);
            }
            Self::SubscribePostEvent { event, url, params } => {
                element(out, "eventType", event);
                element(out, "filter", "");
                element(out, "postUrl", url);
                element(out, "postParams", params);
            }
            Self::UnsubscribeEvent { subscription } => {
                element(out, "subscriptionId", &subscription.to_string());
            }
        }
    }
}

fn element(out: &mut String, name: &str, text: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    out.push_str(&escape(text));
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn optional(out: &mut String, name: &str, text: &str) {
    if !text.is_empty() {
        element(out, name, text);
    }
}

fn wrapped(out: &mut String, name: &str, inner: impl FnOnce(&mut String)) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    inner(out);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn page_of(out: &mut String, sheet: &str, page: u32, per_page: u32, clause: &str) {
    element(out, "TemplateName", sheet);
    element(out, "PageNo", &page.to_string());
    element(out, "ItemsPerPage", &per_page.to_string());
    optional(out, "SearchClause", clause);
}

/// Who is calling, for the session header.
#[derive(Debug, Clone, Copy)]
pub struct Credentials<'a> {
    pub client_id: &'a str,
    pub session: &'a Secret,
}

/// The whole envelope. Only `Authenticate` goes without credentials.
pub fn envelope(operation: &Operation<'_>, credentials: Option<Credentials<'_>>) -> String {
    let mut out = String::with_capacity(1_024);
    out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"");
    out.push_str(ENVELOPE);
    out.push_str("\">");
    if let Some(credentials) = credentials {
        out.push_str("<soap:Header><UserSessionCredentials xmlns=\"");
        out.push_str(NAMESPACE);
        out.push_str("\">");
        element(&mut out, "UserId", "0");
        element(&mut out, "ClientId", credentials.client_id);
        element(&mut out, "SessionId", credentials.session.expose());
        out.push_str("</UserSessionCredentials></soap:Header>");
    }
    out.push_str("<soap:Body><");
    out.push_str(operation.name());
    out.push_str(" xmlns=\"");
    out.push_str(NAMESPACE);
    out.push_str("\">");
    operation.write_arguments(&mut out);
    out.push_str("</");
    out.push_str(operation.name());
    out.push_str("></soap:Body></soap:Envelope>");
    out
}

/// Result of one saved row as Peoplevox states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowStatus {
    Success,
    Error,
    /// A word we do not know.
    Other,
}

/// One entry of `Statuses`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReply {
    /// The row's key, trimmed; empty when the answer names none.
    pub reference: String,
    pub status: RowStatus,
}

/// An `IntegrationResponse`. Members we do not know are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// 0 is success; anything else is a failure of the call.
    pub response_id: i64,
    /// Matching rows over all pages, or rows saved; absent or negative counts are none.
    pub total: Option<i64>,
    /// Payload on success, error text on failure; verbatim.
    pub detail: String,
    pub statuses: Vec<RowReply>,
}

/// What an answer body holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Reply(Reply),
    /// A SOAP fault: code (local part) and text.
    Fault {
        code: String,
        text: String,
    },
}

/// Why an answer body is not a reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyFault {
    #[error(transparent)]
    Xml(#[from] XmlFault),
    /// XML, but not the answer to this call.
    #[error("the answer holds no {0}Result")]
    NoResult(&'static str),
    /// The result lacks or repeats a member that everything hangs on, or holds no number where one is due.
    #[error("the result's {0}")]
    Member(&'static str),
    #[error("the result lists more than {STATUSES_MAX} rows")]
    TooManyRows,
}

/// Reads an answer to an operation: `{Op}Response/{Op}Result`, or a fault.
///
/// # Errors
/// [`ReplyFault`].
pub fn read_reply(operation: &'static str, bytes: &[u8]) -> Result<Body, ReplyFault> {
    let mut found = Found::default();
    let wanted = format!("{operation}Result");
    walk(bytes, |path, text| found.element(path, &wanted, text))?;
    found.finish(operation)
}

#[derive(Default)]
struct Found {
    has_result: bool,
    response_id: Vec<String>,
    total: Option<String>,
    details: Vec<String>,
    statuses: Vec<RowReply>,
    reference: Option<String>,
    status: Option<RowStatus>,
    fault: Option<(String, String)>,
    fault_parts: (String, String),
    is_too_many: bool,
}

impl Found {
    fn element(&mut self, path: &[String], wanted: &str, text: &str) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["Envelope", "Body", _, result, inner @ ..] if *result == wanted => {
                self.member(inner, text);
            }
            ["Envelope", "Body", "Fault", "faultcode"] => text.clone_into(&mut self.fault_parts.0),
            ["Envelope", "Body", "Fault", "faultstring"] => {
                text.clone_into(&mut self.fault_parts.1);
            }
            ["Envelope", "Body", "Fault"] => {
                self.fault = Some(std::mem::take(&mut self.fault_parts));
            }
            _ => {}
        }
    }

    fn member(&mut self, inner: &[&str], text: &str) {
        match inner {
            [] => self.has_result = true,
            ["ResponseId"] => self.response_id.push(text.trim().to_owned()),
            ["TotalCount"] => self.total = Some(text.trim().to_owned()),
            ["Detail"] => self.details.push(text.to_owned()),
            ["Statuses", "IntegrationStatusResponse", "Reference"] => {
                self.reference = Some(text.trim().to_owned());
            }
            ["Statuses", "IntegrationStatusResponse", "Status"] => {
                self.status = Some(match text.trim() {
                    t if t.eq_ignore_ascii_case("success") => RowStatus::Success,
                    t if t.eq_ignore_ascii_case("error") => RowStatus::Error,
                    _ => RowStatus::Other,
                });
            }
            ["Statuses", "IntegrationStatusResponse"] => {
                self.is_too_many |= self.statuses.len() >= STATUSES_MAX;
                if !self.is_too_many {
                    self.statuses.push(RowReply {
                        reference: self.reference.take().unwrap_or_default(),
                        status: self.status.take().unwrap_or(RowStatus::Other),
                    });
                }
            }
            _ => {}
        }
    }

    fn finish(self, operation: &'static str) -> Result<Body, ReplyFault> {
        if let Some((code, text)) = self.fault {
            let local = code.rsplit(':').next().unwrap_or_default().trim();
            return Ok(Body::Fault {
                code: local.to_owned(),
                text,
            });
        }
        if !self.has_result {
            return Err(ReplyFault::NoResult(operation));
        }
        if self.is_too_many {
            return Err(ReplyFault::TooManyRows);
        }
        let [id] = self.response_id.as_slice() else {
            return Err(ReplyFault::Member("ResponseId is missing or repeated"));
        };
        let response_id = id
            .parse()
            .map_err(|_| ReplyFault::Member("ResponseId is not a number"))?;
        if self.details.len() > 1 {
            return Err(ReplyFault::Member("Detail is repeated"));
        }
        let total = match self.total.as_deref() {
            None | Some("") => None,
            Some(text) => Some(
                text.parse::<i64>()
                    .map_err(|_| ReplyFault::Member("TotalCount is not a number"))?,
            ),
        };
        Ok(Body::Reply(Reply {
            response_id,
            total: total.filter(|n| *n >= 0),
            detail: self.details.into_iter().next().unwrap_or_default(),
            statuses: self.statuses,
        }))
    }
}
