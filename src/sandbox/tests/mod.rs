//! Tests of the sandbox, spoken in the wire formats by small hand-made clients.

mod cin7;
mod cin7_faults;
mod cin7_hooks;
mod cin7_stages;
mod cin7_stock;
mod clauses;
mod day;
mod faults;
mod linnworks;
mod lw_stock;
mod peoplevox;
mod shop_days;
mod shop_faults;
mod shop_hooks;
mod shop_ship;
mod shop_stock;
mod shopline;
mod spec;

use super::*;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};

/// A sandbox with a clock that tests move.
pub(super) struct Bench {
    pub sandbox: Sandbox,
    clock: Arc<AtomicI64>,
    session: Mutex<String>,
    token: Mutex<String>,
}

pub(super) fn quiet() -> SandboxConfig {
    SandboxConfig {
        orders_per_day: 0,
        opening_orders: 0,
        traits: WorldTraits::quiet(),
        trading_hours: TradingHours::ALWAYS,
        shop: ShopConfig {
            traits: ShopTraits::quiet(),
            ..ShopConfig::default()
        },
        ..SandboxConfig::default()
    }
}

impl Bench {
    pub fn new(config: SandboxConfig) -> Self {
        let clock = Arc::new(AtomicI64::new(config.start.0));
        let hand = clock.clone();
        let sandbox = Sandbox::new(config, Arc::new(move || Ts(hand.load(Ordering::SeqCst))));
        let bench = Self {
            sandbox,
            clock,
            session: Mutex::default(),
            token: Mutex::default(),
        };
        bench.sign_in();
        bench
    }

    pub fn quiet() -> Self {
        Self::new(quiet())
    }

    pub fn wait(&self, span: Span) {
        self.clock.fetch_add(span.0, Ordering::SeqCst);
        self.sandbox.advance();
    }

    pub fn sign_in(&self) {
        let c = self.sandbox.demo_credentials();
        use base64::Engine as _;
        let password = base64::engine::general_purpose::STANDARD.encode(&c.pvx_password);
        let body = format!(
            "<clientId>{}</clientId><username>{}</username><password>{password}</password>",
            c.pvx_client_id, c.pvx_username
        );
        if let Some(answer) = self.try_soap("Authenticate", &body) {
            let session = between(&answer, "<Detail>", "</Detail>");
            let session = session.split(',').nth(1).unwrap_or_default().to_owned();
            *self.session.lock().unwrap() = session;
        }
        let body = json!({"ApplicationId": c.lw_application_id, "ApplicationSecret": c.lw_application_secret,
            "Token": c.lw_token});
        if let Exchange::Answer(answer) = self.lw_exchange("Auth/AuthorizeByApplication", &body) {
            let answer: Value = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
            if let Some(token) = answer["Token"].as_str() {
                *self.token.lock().unwrap() = token.to_owned();
            }
        }
    }

    pub fn soap_request(&self, operation: &str, inner: &str) -> Request<Bytes> {
        let client = self.sandbox.demo_credentials().pvx_client_id;
        let session = self.session.lock().unwrap().clone();
        let body = format!(
            "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Header>\
             <UserSessionCredentials xmlns=\"http://www.peoplevox.net/\"><UserId>0</UserId>\
             <ClientId>{client}</ClientId><SessionId>{session}</SessionId></UserSessionCredentials></soap:Header>\
             <soap:Body><{operation} xmlns=\"http://www.peoplevox.net/\">{inner}</{operation}></soap:Body></soap:Envelope>"
        );
        Request::post(format!(
            "https://wms.peoplevox.net/{client}/Resources/IntegrationServicev4.asmx"
        ))
        .header("Content-Type", "text/xml; charset=utf-8")
        .header(
            "SOAPAction",
            format!("\"http://www.peoplevox.net/{operation}\""),
        )
        .body(Bytes::from(body))
        .unwrap()
    }

    pub fn try_soap(&self, operation: &str, inner: &str) -> Option<String> {
        match self
            .sandbox
            .handle(SimSystem::Peoplevox, self.soap_request(operation, inner))
        {
            Exchange::Answer(answer) => Some(String::from_utf8(answer.body().to_vec()).unwrap()),
            _ => None,
        }
    }

    pub fn soap(&self, operation: &str, inner: &str) -> String {
        self.try_soap(operation, inner).unwrap()
    }

    pub fn save(&self, template: &str, csv: &str) -> String {
        self.save_with(template, csv, 0)
    }

    pub fn save_with(&self, template: &str, csv: &str, action: i32) -> String {
        let csv = pvx::soap::escape(csv);
        self.soap(
            "SaveData",
            &format!(
                "<saveRequest><TemplateName>{template}</TemplateName><CsvData>{csv}</CsvData>\
                 <Action>{action}</Action></saveRequest>"
            ),
        )
    }

    /// Rows of GetData, header first, as the CSV says.
    pub fn data(&self, template: &str, clause: &str) -> Vec<Vec<String>> {
        let clause = pvx::soap::escape(clause);
        let answer = self.soap(
            "GetData",
            &format!(
                "<getRequest><TemplateName>{template}</TemplateName><PageNo>1</PageNo>\
                 <ItemsPerPage>0</ItemsPerPage><SearchClause>{clause}</SearchClause></getRequest>"
            ),
        );
        rows(&answer)
    }

    pub fn report(&self, name: &str, clause: &str, columns: &str) -> Vec<Vec<String>> {
        let clause = pvx::soap::escape(clause);
        let answer = self.soap(
            "GetReportData",
            &format!(
                "<getReportRequest><TemplateName>{name}</TemplateName><PageNo>1</PageNo>\
                 <ItemsPerPage>0</ItemsPerPage><SearchClause>{clause}</SearchClause>\
                 <Columns>{columns}</Columns></getReportRequest>"
            ),
        );
        rows(&answer)
    }

    pub fn lw_exchange(&self, method: &str, body: &Value) -> Exchange {
        let token = self.token.lock().unwrap().clone();
        let request = Request::post(format!("https://eu-ext.linnworks.net/api/{method}"))
            .header("Content-Type", "application/json")
            .header("Authorization", token)
            .body(Bytes::from(body.to_string()))
            .unwrap();
        self.sandbox.handle(SimSystem::Linnworks, request)
    }

    pub fn lw_answer(&self, method: &str, body: &Value) -> Response<Bytes> {
        match self.lw_exchange(method, body) {
            Exchange::Answer(answer) => answer,
            other => panic!("{method}: {other:?}"),
        }
    }

    pub fn lw(&self, method: &str, body: &Value) -> Value {
        let answer = self.lw_answer(method, body);
        serde_json::from_slice(answer.body()).unwrap_or(Value::Null)
    }

    pub fn shop_request(&self, verb: &str, path: &str, body: &Value) -> Request<Bytes> {
        let token = self.sandbox.demo_credentials().shop_access_token;
        let body = if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        };
        Request::builder()
            .method(verb)
            .uri(format!(
                "https://demo.myshopline.com/admin/openapi/v20260601/{path}"
            ))
            .header("Authorization", format!("Bearer {token}"))
            .header("Accept", "application/json")
            .header("Content-Type", "application/json; charset=utf-8")
            .body(body)
            .unwrap()
    }

    pub fn shop_exchange(&self, verb: &str, path: &str, body: &Value) -> Exchange {
        let request = self.shop_request(verb, path, body);
        self.sandbox.handle(SimSystem::Shopline, request)
    }

    pub fn shop_answer(&self, verb: &str, path: &str, body: &Value) -> Response<Bytes> {
        match self.shop_exchange(verb, path, body) {
            Exchange::Answer(answer) => answer,
            other => panic!("{verb} {path}: {other:?}"),
        }
    }

    /// Status and body; null when there is none.
    pub fn shop_status(&self, verb: &str, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.shop_answer(verb, path, body);
        let value = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        (answer.status().as_u16(), value)
    }

    pub fn shop_get(&self, path: &str) -> Value {
        let (status, body) = self.shop_status("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub fn shop_post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.shop_status("POST", path, body);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// A shopper orders; answers with the order's id.
    pub fn shop_order(&self, lines: &[(&str, i64)]) -> String {
        let spec = ShopOrderSpec::of(lines);
        self.sandbox.act(|w| w.shop_place(&spec)).unwrap()
    }

    /// The order as the list shows it.
    pub fn shop_read(&self, id: &str) -> Value {
        self.shop_get(&format!("orders.json?ids={id}"))["orders"][0].clone()
    }

    /// Places an order by hand and carries it into the warehouse as a connector would: two saves.
    pub fn carry_over(&self, spec: &OrderSpec) -> (String, String) {
        let id = self.sandbox.act(|w| w.place(spec)).unwrap();
        let order = self.lw("Orders/GetOrdersById", &json!({"pkOrderIds": [id]}));
        let number = format!("LW-{}", order[0]["NumOrderId"]);
        let answer = self.save(
            "Sales orders",
            &format!(
                "SalesOrderNumber,CustomerPurchaseOrderReferenceNumber,ServiceType,ChannelName,Site\n\
                 {number},{id},RM48,Linnworks,PrimarySite\n"
            ),
        );
        assert!(answer.contains("<ResponseId>0</ResponseId>"), "{answer}");
        let mut csv = String::from("SalesOrderNumber,ItemCode,QuantityOrdered,Line\n");
        for (at, line) in order[0]["Items"].as_array().unwrap().iter().enumerate() {
            let sku = line["SKU"].as_str().unwrap();
            csv.push_str(&format!("{number},{sku},{},{}\n", line["Quantity"], at + 1));
        }
        let answer = self.save("Sales order items", &csv);
        assert!(answer.contains("<ResponseId>0</ResponseId>"), "{answer}");
        (id, number)
    }

    pub fn status(&self, number: &str) -> PvxStatus {
        self.sandbox
            .inspect(|w| w.pvx.order(number).unwrap().status)
    }
}

pub(super) fn between(text: &str, from: &str, to: &str) -> String {
    let start = text.find(from).map_or(0, |at| at + from.len());
    let end = text[start..].find(to).map_or(start, |at| start + at);
    text[start..end].to_owned()
}

pub(super) fn rows(answer: &str) -> Vec<Vec<String>> {
    assert!(answer.contains("<ResponseId>0</ResponseId>"), "{answer}");
    let request = format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>{}</soap:Body></soap:Envelope>",
        between(answer, "<soap:Body>", "</soap:Body>")
    );
    let envelope = pvx::soap::read(request.as_bytes()).unwrap();
    let detail = &envelope.operation.children[0].text_of("Detail").to_owned();
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(detail.as_bytes())
        .records()
        .map(|r| r.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

/// What an entry says, but for how much stands on the shelf: all sources are picked from one, so a source that trades
/// is stocked for.
fn content_without_shelf(effect: &Effect) -> &str {
    match effect.op {
        "Stock count" | "SetStockLevel" => "",
        _ => &effect.content_hash,
    }
}
