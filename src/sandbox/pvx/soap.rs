//! SOAP envelopes: a small tolerant reader and the writer of `IntegrationResponse`.

use quick_xml::Reader;
use quick_xml::events::Event;
use std::fmt::Write as _;

/// Namespace of every operation.
pub const NAMESPACE: &str = "http://www.peoplevox.net/";
const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// Deepest nesting that is read.
const DEPTH_MAX: usize = 32;
/// Most elements in one request.
const NODES_MAX: usize = 10_000;

/// One element: its local name, its own text, its children.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    /// First child of that name; names are case-sensitive, as on the real server.
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|c| c.name == name)
    }

    /// Text of a child; empty when there is none.
    pub fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |c| c.text.as_str())
    }

    /// Whole number of a child; 0 when missing or unreadable (a missing int defaults to 0).
    pub fn int_of(&self, name: &str) -> i64 {
        self.text_of(name).trim().parse().unwrap_or(0)
    }
}

/// A request taken apart.
#[derive(Debug, Clone)]
pub struct Request {
    pub is_soap12: bool,
    /// Session id of the header; empty when there is none.
    pub session: String,
    /// The body's first child: the operation element.
    pub operation: Node,
}

/// Reads an envelope. The error is the text for a fault.
pub fn read(body: &[u8]) -> Result<Request, String> {
    let text = std::str::from_utf8(body).map_err(|e| format!("body is not UTF-8: {e}"))?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let root = read_tree(text)?;
    if root.name != "Envelope" {
        return Err(format!("root element is '{}', not an envelope", root.name));
    }
    let session = root
        .child("Header")
        .and_then(|h| h.child("UserSessionCredentials"))
        .map(|c| c.text_of("SessionId").trim().to_owned())
        .unwrap_or_default();
    let operation = root
        .child("Body")
        .and_then(|b| b.children.first())
        .cloned()
        .ok_or("the envelope has no body")?;
    let opening = text.find("Body").map_or(text, |at| &text[..at]);
    Ok(Request {
        is_soap12: opening.contains(SOAP12),
        session,
        operation,
    })
}

fn read_tree(text: &str) -> Result<Node, String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut stack: Vec<Node> = Vec::new();
    let mut nodes = 0;
    loop {
        let event = reader.read_event().map_err(|e| e.to_string())?;
        match event {
            Event::Start(start) => {
                nodes += 1;
                if nodes > NODES_MAX || stack.len() >= DEPTH_MAX {
                    return Err("the envelope is too large".to_owned());
                }
                stack.push(named(start.local_name().as_ref()));
            }
            Event::Empty(empty) => {
                nodes += 1;
                if nodes > NODES_MAX {
                    return Err("the envelope is too large".to_owned());
                }
                let node = named(empty.local_name().as_ref());
                match stack.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok(node),
                }
            }
            Event::Text(piece) => append(&mut stack, &piece.xml10_content()),
            Event::CData(piece) => append(&mut stack, &piece.xml10_content()),
            Event::GeneralRef(reference) => {
                let resolved = resolve(&reference)?;
                append(&mut stack, &resolved);
            }
            Event::End(_) => {
                let Some(done) = stack.pop() else {
                    return Err("unbalanced elements".to_owned());
                };
                match stack.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Ok(done),
                }
            }
            Event::Eof => return Err("the envelope ends early".to_owned()),
            Event::DocType(_) => return Err("a document type is not allowed".to_owned()),
            _ => {}
        }
    }
}

fn named(name: &str) -> Node {
    Node {
        name: name.to_owned(),
        ..Node::default()
    }
}

fn append(stack: &mut [Node], text: &str) {
    if let Some(node) = stack.last_mut() {
        node.text.push_str(text);
    }
}

fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, String> {
    if let Some(c) = reference.resolve_char_ref().map_err(|e| e.to_string())? {
        return Ok(c.to_string());
    }
    match reference.as_ref() {
        "amp" => Ok("&".to_owned()),
        "lt" => Ok("<".to_owned()),
        "gt" => Ok(">".to_owned()),
        "quot" => Ok("\"".to_owned()),
        "apos" => Ok("'".to_owned()),
        other => Err(format!("reference to undeclared entity '{other}'")),
    }
}

/// Escapes text for an element. Characters XML 1.0 forbids become numeric references, as .NET writes them.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            c if c < ' ' && c != '\n' && c != '\t' => {
                let _ = write!(out, "&#x{:X};", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// Result of one row of a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowStatus {
    pub reference: String,
    pub is_ok: bool,
}

/// The one answer type of every operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IntegrationResponse {
    /// 0 success, −1 failure.
    pub response_id: i32,
    pub total_count: i64,
    pub detail: String,
    pub statuses: Vec<RowStatus>,
}

impl IntegrationResponse {
    /// Success with a payload.
    pub fn ok(total_count: usize, detail: String) -> Self {
        Self {
            response_id: 0,
            total_count: i64::try_from(total_count).unwrap_or(i64::MAX),
            detail,
            statuses: Vec::new(),
        }
    }

    /// Failure with a text.
    pub fn failed(detail: impl Into<String>) -> Self {
        Self {
            response_id: -1,
            total_count: 0,
            detail: detail.into(),
            statuses: Vec::new(),
        }
    }
}

/// Writes the answer envelope of an operation.
pub fn write(
    operation: &str,
    answer: &IntegrationResponse,
    is_soap12: bool,
    newer_members: bool,
) -> String {
    let envelope = if is_soap12 { SOAP12 } else { SOAP11 };
    let mut out = String::with_capacity(answer.detail.len() + 800);
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"{envelope}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">\
         <soap:Body><{operation}Response xmlns=\"{NAMESPACE}\"><{operation}Result>\
         <ResponseId>{}</ResponseId><TotalCount>{}</TotalCount>",
        answer.response_id, answer.total_count
    );
    if answer.detail.is_empty() {
        out.push_str("<Detail />");
    } else {
        let _ = write!(out, "<Detail>{}</Detail>", escape(&answer.detail));
    }
    if answer.statuses.is_empty() {
        out.push_str("<Statuses />");
    } else {
        out.push_str("<Statuses>");
        for row in &answer.statuses {
            let status = if row.is_ok { "Success" } else { "Error" };
            let _ = write!(
                out,
                "<IntegrationStatusResponse><Reference>{}</Reference><Status>{status}</Status></IntegrationStatusResponse>",
                escape(&row.reference)
            );
        }
        out.push_str("</Statuses>");
    }
    if newer_members {
        out.push_str(
            "<ImportingQueueId>0</ImportingQueueId><SalesOrdersToDespatchIds /><ErrorCode xsi:nil=\"true\" />",
        );
    }
    let _ = write!(
        out,
        "</{operation}Result></{operation}Response></soap:Body></soap:Envelope>"
    );
    out
}

/// Writes a fault, ASMX style.
pub fn fault(text: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"{SOAP11}\"><soap:Body><soap:Fault>\
         <faultcode>soap:Client</faultcode><faultstring>{}</faultstring><detail /></soap:Fault></soap:Body></soap:Envelope>",
        escape(text)
    )
}
