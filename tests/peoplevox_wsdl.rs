//! Every request the Peoplevox adapter sends is held against the vendor's own service description, when that file is
//! present: operation, SOAPAction, element names, order, counts, namespaces and types. The schema is read, not searched.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tallyman::domain::ids::{ItemCode, SiteRef, WmsOrderNo};
use tallyman::domain::order::{Address, WmsLineIntent, WmsOrderIntent};
use tallyman::domain::time::Ts;
use tallyman::domain::wms::NewItem;
use tallyman::secret::Secret;
use tallyman::vendors::peoplevox::{Peoplevox, PeoplevoxConfig};
use tallyman::vendors::{CallLog, System, Warehouse};
use tallyman::wire::Wire;

const XSD: &str = "http://www.w3.org/2001/XMLSchema";
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const WSDL_SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";

/// An element with its namespace resolved.
#[derive(Debug, Clone, Default)]
struct Node {
    namespace: String,
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Node>,
    text: String,
}

impl Node {
    fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |c| c.name == name)
    }
}

fn node(namespace: &ResolveResult<'_>, start: &BytesStart<'_>) -> Node {
    let namespace = match namespace {
        ResolveResult::Bound(n) => n.as_ref().to_owned(),
        _ => String::new(),
    };
    let attributes = start
        .attributes()
        .map(|a| {
            let a = a.unwrap();
            (a.key.as_ref().to_owned(), a.value.to_string())
        })
        .collect();
    Node {
        namespace,
        name: start.local_name().as_ref().to_owned(),
        attributes,
        ..Node::default()
    }
}

fn tree(text: &str) -> Node {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = NsReader::from_str(text);
    let mut stack = vec![Node::default()];
    loop {
        let (namespace, event) = reader.read_resolved_event().unwrap();
        match event {
            Event::Start(start) => stack.push(node(&namespace, &start)),
            Event::Empty(start) => {
                let leaf = node(&namespace, &start);
                stack.last_mut().unwrap().children.push(leaf);
            }
            Event::End(_) => {
                let done = stack.pop().unwrap();
                stack.last_mut().unwrap().children.push(done);
            }
            Event::Text(t) => stack.last_mut().unwrap().text.push_str(&t),
            Event::GeneralRef(r) => {
                let text = match r.resolve_char_ref().unwrap() {
                    Some(c) => c.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(&r)
                        .expect("a built-in entity")
                        .to_owned(),
                };
                stack.last_mut().unwrap().text.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(stack.len(), 1);
    stack.pop().unwrap().children.remove(0)
}

#[derive(Debug, Clone)]
struct Member {
    name: String,
    type_name: String,
    min: usize,
    max: usize,
}

/// The parts of the description that requests must fit.
#[derive(Default)]
struct Schema {
    namespace: String,
    /// Members of every complex type and of every element with one of its own.
    types: BTreeMap<String, Vec<Member>>,
    /// Words of every enumeration.
    words: BTreeMap<String, Vec<String>>,
    /// Operation → its SOAPAction and whether it takes a session header.
    operations: BTreeMap<String, (String, bool)>,
}

impl Schema {
    fn read(text: &str) -> Self {
        let wsdl = tree(text);
        let mut out = Self::default();
        let schema = wsdl.child("types").unwrap().child("schema").unwrap();
        assert_eq!(schema.namespace, XSD);
        assert_eq!(schema.attribute("elementFormDefault"), "qualified");
        schema
            .attribute("targetNamespace")
            .clone_into(&mut out.namespace);
        for complex in schema.all("complexType") {
            let members = members(complex, schema);
            out.types
                .insert(complex.attribute("name").to_owned(), members);
        }
        for element in schema.all("element") {
            if let Some(complex) = element.child("complexType") {
                let name = format!("element {}", element.attribute("name"));
                out.types.insert(name, members(complex, schema));
            }
        }
        for simple in schema.all("simpleType") {
            let words = simple.child("restriction").unwrap();
            let words = words.all("enumeration");
            let words = words.map(|e| e.attribute("value").to_owned()).collect();
            out.words.insert(simple.attribute("name").to_owned(), words);
        }
        let binding = wsdl
            .all("binding")
            .find(|b| {
                b.children
                    .iter()
                    .any(|c| c.name == "binding" && c.namespace == WSDL_SOAP)
            })
            .unwrap();
        for operation in binding.all("operation") {
            let action = operation
                .child("operation")
                .unwrap()
                .attribute("soapAction");
            let has_header = operation.child("input").unwrap().child("header").is_some();
            out.operations.insert(
                operation.attribute("name").to_owned(),
                (action.to_owned(), has_header),
            );
        }
        out
    }

    fn check_sequence(&self, at: &str, node: &Node, members: &[Member]) {
        let mut children = node.children.iter().peekable();
        for member in members {
            let mut count = 0;
            while let Some(child) = children.next_if(|c| c.name == member.name) {
                assert_eq!(child.namespace, self.namespace, "{at}/{}", child.name);
                self.check_type(&format!("{at}/{}", child.name), child, &member.type_name);
                count += 1;
            }
            let range = member.min..=member.max;
            assert!(range.contains(&count), "{at}: {count} of {}", member.name);
        }
        let left: Vec<&str> = children.map(|c| c.name.as_str()).collect();
        assert!(left.is_empty(), "{at}: {left:?} out of order or unknown");
    }

    fn check_type(&self, at: &str, node: &Node, type_name: &str) {
        let (prefix, local) = type_name.split_once(':').unwrap();
        if prefix == "xs" {
            assert!(node.children.is_empty(), "{at} is a plain value");
            match local {
                "string" => {}
                "int" => assert!(node.text.parse::<i32>().is_ok(), "{at}: {:?}", node.text),
                other => panic!("{at}: a type this test does not know: {other}"),
            }
        } else if let Some(words) = self.words.get(local) {
            assert!(words.contains(&node.text), "{at}: {:?}", node.text);
        } else {
            assert!(node.text.trim().is_empty(), "{at}: text between members");
            self.check_sequence(at, node, &self.types[local]);
        }
    }

    fn check_request(&self, action: &str, body: &str) -> String {
        let envelope = tree(body);
        assert_eq!(
            (envelope.name.as_str(), envelope.namespace.as_str()),
            ("Envelope", SOAP)
        );
        let payload = &envelope.child("Body").unwrap().children;
        assert_eq!(payload.len(), 1);
        let payload = &payload[0];
        assert_eq!(payload.namespace, self.namespace);
        let (soap_action, has_header) = &self.operations[&payload.name];
        assert_eq!(action.trim_matches('"'), soap_action);
        let header = envelope.child("Header");
        assert_eq!(header.is_some(), *has_header, "{} header", payload.name);
        if let Some(header) = header {
            let credentials = &header.children[0];
            assert_eq!(header.children.len(), 1);
            assert_eq!(credentials.name, "UserSessionCredentials");
            assert_eq!(credentials.namespace, self.namespace);
            self.check_sequence("Header", credentials, &self.types["UserSessionCredentials"]);
            assert!(!credentials.child("SessionId").unwrap().text.is_empty());
        }
        let members = &self.types[&format!("element {}", payload.name)];
        self.check_sequence(&payload.name, payload, members);
        payload.name.clone()
    }
}

/// Members of a complex type, those of its base first.
fn members(complex: &Node, schema: &Node) -> Vec<Member> {
    let count = |node: &Node, name: &str| match node.attribute(name) {
        "" => 1,
        "unbounded" => usize::MAX,
        n => n.parse().unwrap(),
    };
    let mut out = Vec::new();
    let mut body = complex;
    if let Some(content) = complex.child("complexContent") {
        let extension = content.child("extension").unwrap();
        let base = extension.attribute("base").split_once(':').unwrap().1;
        let base = schema
            .all("complexType")
            .find(|c| c.attribute("name") == base)
            .unwrap();
        out.extend(members(base, schema));
        body = extension;
    }
    for element in body
        .child("sequence")
        .into_iter()
        .flat_map(|s| s.all("element"))
    {
        out.push(Member {
            name: element.attribute("name").to_owned(),
            type_name: element.attribute("type").to_owned(),
            min: count(element, "minOccurs"),
            max: count(element, "maxOccurs"),
        });
    }
    out
}

type Seen = Arc<Mutex<Vec<(String, String)>>>;

/// Remembers requests and answers each with an empty success of its own operation.
fn recorder(seen: &Seen) -> Wire {
    let seen = Arc::clone(seen);
    Wire::new(tower::service_fn(move |request: http::Request<Bytes>| {
        let action = request.headers()["soapaction"].to_str().unwrap().to_owned();
        let operation = action
            .trim_matches('"')
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned();
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        seen.lock().unwrap().push((action, body));
        let detail = match operation.as_str() {
            "Authenticate" => "acme1234,6f0e2c1a",
            "UnsubscribeEvent" => "True",
            "SubscribeEvent" | "SubscribePostEvent" => "7",
            _ => "",
        };
        let answer = format!(
            "<e:Envelope xmlns:e='{SOAP}'><e:Body><{operation}Response><{operation}Result><ResponseId>0</ResponseId>\
             <TotalCount>0</TotalCount><Detail>{detail}</Detail></{operation}Result></{operation}Response></e:Body></e:Envelope>"
        );
        async move { Ok(http::Response::new(Bytes::from(answer))) }
    }))
}

fn order() -> WmsOrderIntent {
    WmsOrderIntent {
        number: "LW-1".into(),
        po_reference: "guid".to_owned(),
        channel: "Web & more".to_owned(),
        site: "PrimarySite".into(),
        service: "RM24".into(),
        address: Address {
            name: "Ada \"A\" <Example>".to_owned(),
            line1: "1, Sample St ]]>".to_owned(),
            ..Address::default()
        },
        requested_by: None,
        created_at: Ts(0),
        currency: "GBP".to_owned(),
        total_minor: 1,
        shipping_minor: 0,
        is_partial_allowed: true,
        lines: vec![WmsLineIntent {
            line_ref: "1".to_owned(),
            row_id: "r".to_owned(),
            sku: "MUG".into(),
            item: "MUG".into(),
            qty_each: 1,
            unit_price_minor: 1,
        }],
        mapping_versions: Vec::new(),
        routed: None,
    }
}

/// Calls everything there is; what comes back does not matter here.
async fn call_everything(system: &Peoplevox) {
    let log = CallLog::default();
    let numbers = [WmsOrderNo::from("LW-1"), WmsOrderNo::from("LW-<&>")];
    let codes = [ItemCode::from("MUG")];
    let sites = [SiteRef::from("PrimarySite")];
    let item = NewItem {
        code: "MUG".into(),
        name: "Mug".to_owned(),
        barcode: "1".to_owned(),
        group: String::new(),
    };
    let url = "https://hooks.example.test/x";
    system.probe(&log).await.unwrap();
    system.check(Ts(0), &log).await;
    system.items_page(1, &log).await.unwrap();
    system.items_by_code(&codes, &log).await.unwrap();
    system.save_items(&[item], &log).await.unwrap();
    system.orders_by_number(&numbers, &log).await.unwrap();
    system.lines_by_number(&numbers, &log).await.unwrap();
    system.save_headers(&[order()], &log).await.unwrap();
    system.save_lines(&[order()], &log).await.unwrap();
    system.cancel_orders(&numbers, &log).await.unwrap();
    system.statuses_page("LW-", true, 1, &log).await.unwrap();
    system.despatches_page(Ts(0), 1, &log).await.unwrap();
    system.stock_page(&sites, 1, &log).await.unwrap();
    system.stock_page(&[], 2, &log).await.unwrap();
    system
        .stock_changes_page(Ts(0), &sites, 1, &log)
        .await
        .unwrap();
    system.carrier_services(&log).await.unwrap();
    system.sites(&log).await.unwrap();
    system.templates(&log).await.unwrap();
    system.subscribe("Returns", url, &log).await.unwrap();
    system
        .subscribe("AvailabilityChanges", url, &log)
        .await
        .unwrap();
    system
        .subscribe_post("TrackingNumberReceived", url, &log)
        .await
        .unwrap();
    system.unsubscribe(7, &log).await.unwrap();
}

#[tokio::test]
async fn every_request_fits_the_vendors_own_description() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/specs/peoplevox/integrationservicev4.wsdl");
    let seen = Seen::default();
    let config = PeoplevoxConfig::new(
        "https://wms.peoplevox.net",
        "acme1234",
        "robot",
        Secret::new("p&<w".to_owned()),
    );
    let system = Peoplevox::new(config, recorder(&seen)).unwrap();
    call_everything(&system).await;
    let requests = seen.lock().unwrap().clone();
    assert!(requests.len() > 20);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!(
            "no service description beside the crate; the requests were made but not held against it"
        );
        return;
    };
    let schema = Schema::read(&text);
    let mut operations: Vec<String> = requests
        .iter()
        .map(|(action, body)| schema.check_request(action, body))
        .collect();
    operations.sort();
    operations.dedup();
    let all: Vec<&String> = schema.operations.keys().collect();
    assert_eq!(
        operations.iter().collect::<Vec<_>>(),
        all,
        "operations left untried"
    );
}

#[test]
fn the_check_itself_notices_a_wrong_request() {
    let description = r#"<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/">
        <types><xs:schema elementFormDefault="qualified" targetNamespace="urn:t" xmlns:xs="http://www.w3.org/2001/XMLSchema">
        <xs:element name="Op"><xs:complexType><xs:sequence>
        <xs:element minOccurs="0" maxOccurs="1" name="a" type="xs:string" /><xs:element minOccurs="1" maxOccurs="1" name="b" type="xs:int" />
        </xs:sequence></xs:complexType></xs:element></xs:schema></types>
        <binding name="B"><soap:binding /><operation name="Op"><soap:operation soapAction="urn:t/Op" /><input /></operation></binding></definitions>"#;
    let schema = Schema::read(description);
    let request = |inner: &str| {
        format!(
            "<s:Envelope xmlns:s='{SOAP}'><s:Body><Op xmlns='urn:t'>{inner}</Op></s:Body></s:Envelope>"
        )
    };
    assert_eq!(
        schema.check_request("\"urn:t/Op\"", &request("<a>x</a><b>1</b>")),
        "Op"
    );
    for wrong in [
        "<b>1</b><a>x</a>",
        "<a>x</a>",
        "<b>one</b>",
        "<b>1</b><b>2</b>",
        "<b>1</b><c/>",
        "<b xmlns=''>1</b>",
        "<B>1</B>",
    ] {
        let body = request(wrong);
        let result = std::panic::catch_unwind(|| schema.check_request("urn:t/Op", &body));
        assert!(result.is_err(), "{wrong} passed");
    }
}
