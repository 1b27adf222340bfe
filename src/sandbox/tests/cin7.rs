//! Cin7 Core on the wire: headers, limit, errors, lists, sales.

use super::*;

/// The sale's location in these tests.
pub(super) const MAIN: &str = "Main Warehouse";
pub(super) const SKU: &str = "MUG-BLU-01";

impl Bench {
    /// One call, `GET saleList?Page=1` and the like, as it comes.
    pub fn c7_exchange(&self, call: &str, body: &Value) -> Exchange {
        let c = self.sandbox.demo_credentials();
        let request = c7_request(call, body, &c.cin7_account_id, &c.cin7_application_key);
        self.sandbox.handle(SimSystem::Cin7, request)
    }

    pub fn c7_answer(&self, call: &str, body: &Value) -> Response<Bytes> {
        match self.c7_exchange(call, body) {
            Exchange::Answer(answer) => answer,
            other => panic!("{call}: {other:?}"),
        }
    }

    /// A call that must succeed.
    pub fn c7(&self, call: &str, body: &Value) -> Value {
        let answer = self.c7_answer(call, body);
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        assert_eq!(answer.status(), 200, "{call}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// A call that must be refused with 400; answers with the text.
    pub fn c7_refused(&self, call: &str, body: &Value) -> String {
        let answer = self.c7_answer(call, body);
        assert_eq!(answer.status(), 400, "{call}: {answer:?}");
        let errors: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(errors[0]["ErrorCode"], 400);
        errors[0]["Exception"].as_str().unwrap().to_owned()
    }

    pub fn c7_enter(&self, spec: &Cin7SaleSpec) -> String {
        self.sandbox.act(|w| w.cin7_enter(spec)).unwrap()
    }

    pub fn c7_sale(&self, id: &str) -> Value {
        self.c7(&format!("GET sale?ID={id}"), &Value::Null)
    }
}

pub(super) fn c7_request(call: &str, body: &Value, account: &str, key: &str) -> Request<Bytes> {
    let (verb, path) = call.split_once(' ').unwrap();
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    Request::builder()
        .method(verb)
        .uri(format!(
            "https://inventory.dearsystems.com/ExternalApi/v2/{path}"
        ))
        .header("api-auth-accountid", account)
        .header("api-auth-applicationkey", key)
        .header("Content-Type", "application/json")
        .body(Bytes::from(body))
        .unwrap()
}

pub(super) fn selling(quantity: i64) -> Cin7SaleSpec {
    Cin7SaleSpec {
        lines: vec![(SKU.to_owned(), quantity)],
        ..Cin7SaleSpec::default()
    }
}

pub(super) fn switched(change: impl FnOnce(&mut SandboxConfig)) -> Bench {
    let mut config = quiet();
    change(&mut config);
    Bench::new(config)
}

#[test]
fn both_headers_are_asked_for_on_every_call() {
    let bench = Bench::quiet();
    let c = bench.sandbox.demo_credentials();
    let other = "00000000-0000-4000-8000-000000000001";
    let (account, key) = (c.cin7_account_id.as_str(), c.cin7_application_key.as_str());
    for (account, key) in [(other, key), (account, other), ("", key), (account, "")] {
        let request = c7_request("GET me", &Value::Null, account, key);
        let Exchange::Answer(answer) = bench.sandbox.handle(SimSystem::Cin7, request) else {
            panic!("no answer");
        };
        assert_eq!(answer.status(), 403);
        let errors: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(errors[0]["ErrorCode"], 403);
    }
    let me = bench.c7("GET me", &Value::Null);
    assert_eq!(
        (&me["Currency"], &me["TimeZone"]),
        (&json!("GBP"), &json!("Europe/London"))
    );
}

#[test]
fn the_sixty_first_call_of_a_minute_is_refused_in_one_of_three_ways() {
    for (style, status) in [
        (ThrottleStyle::TooManyRequests, 429),
        (ThrottleStyle::ServiceUnavailable, 503),
        (ThrottleStyle::BadRequest, 400),
    ] {
        let bench = switched(|c| c.cin7.switches.throttle = style);
        for _ in 0..30 {
            assert_eq!(bench.c7_answer("GET me", &Value::Null).status(), 200);
        }
        bench.wait(Span::secs(20));
        for _ in 0..30 {
            let answer = bench.c7_answer("GET me", &Value::Null);
            assert_eq!(answer.status(), 200);
            assert!(answer.headers().get("x-ratelimit-remaining").is_none());
        }
        let refused = bench.c7_answer("GET me", &Value::Null);
        assert_eq!(refused.status(), status);
        let errors: Value = serde_json::from_slice(refused.body()).unwrap();
        let text = errors[0]["Exception"].as_str().unwrap();
        assert_eq!(text, "You have reached 60 calls per 60 seconds API limit.");
        let retry = refused
            .headers()
            .get("Retry-After")
            .map(|v| v.to_str().unwrap());
        assert_eq!(retry, (status == 429).then_some("60 Seconds"));
        bench.wait(Span::secs(40));
        assert_eq!(
            bench.c7_answer("GET me", &Value::Null).status(),
            200,
            "the window slides"
        );
        assert_eq!(bench.sandbox.calls().throttled_own, 1);
    }
}

#[test]
fn a_wrong_path_answers_a_page_with_200_and_a_wrong_verb_405() {
    let bench = Bench::quiet();
    let answer = bench.c7_answer("GET salesList", &Value::Null);
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    assert!(String::from_utf8_lossy(answer.body()).contains("Page not found"));
    let answer = bench.c7_answer("PUT saleList", &json!({}));
    assert_eq!(answer.status(), 405);
    assert!(String::from_utf8_lossy(answer.body()).contains("http method 'PUT'"));
    let answer = bench.c7_answer("GET SALELIST?LIMIT=1", &Value::Null);
    assert_eq!(answer.status(), 200, "case does not matter");
    let strict = switched(|c| c.cin7.switches.unknown_path_is_404 = true);
    assert_eq!(strict.c7_answer("GET nothing", &Value::Null).status(), 404);
}

#[test]
fn errors_are_a_list_or_one_bare_object_and_name_what_is_wrong() {
    let bench = Bench::quiet();
    assert_eq!(
        bench.c7_refused("GET sale?ID=nonsense", &Value::Null),
        "ID parameter must be of GUID type"
    );
    assert_eq!(
        bench.c7_refused(
            "GET sale?ID=00000000-0000-4000-8000-000000000001",
            &Value::Null
        ),
        "Sale not found"
    );
    assert_eq!(
        bench.c7_refused("POST sale", &json!({"Customer": "X"})),
        "Required attribute 'Location' not provided."
    );
    let request = bench.c7_answer("POST sale", &json!("no object"));
    assert_eq!(request.status(), 500);
    let bare = switched(|c| c.cin7.switches.bare_errors = true);
    let answer = bare.c7_answer("GET sale?ID=x", &Value::Null);
    let error: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(error["ErrorCode"], 400);
}

#[test]
fn lists_come_by_page_with_a_total_and_end_with_an_empty_page() {
    let bench = Bench::quiet();
    for _ in 0..7 {
        bench.c7_enter(&selling(1));
    }
    let page = |query: &str| bench.c7(&format!("GET saleList?{query}"), &Value::Null);
    let numbers = |page: &Value| -> Vec<String> {
        let rows = page["SaleList"].as_array().unwrap();
        rows.iter()
            .map(|r| r["OrderNumber"].as_str().unwrap().to_owned())
            .collect()
    };
    let second = page("Page=2&Limit=3");
    assert_eq!((&second["Total"], &second["Page"]), (&json!(7), &json!(2)));
    assert_eq!(numbers(&second), ["SO-01004", "SO-01005", "SO-01006"]);
    assert_eq!(numbers(&page("page=4&limit=3")).len(), 0, "past the end");
    assert_eq!(
        numbers(&page("Misspelt=1")).len(),
        7,
        "unknown filters are ignored"
    );
    assert_eq!(
        numbers(&page("OrderStatus=AUTHORISED,DRAFT")).len(),
        0,
        "one value per filter"
    );
    assert_eq!(numbers(&page("Search=so-01003")), ["SO-01003"]);
    let products = bench.c7("GET product?Limit=5&Page=25", &Value::Null);
    assert_eq!(products["Total"], 121, "120 things and a service");
    assert_eq!(products["Products"].as_array().unwrap().len(), 1);
    let places = bench.c7("GET ref/location", &Value::Null);
    let rows = places["LocationList"].as_array().unwrap();
    let houses: Vec<&Value> = rows.iter().filter(|r| r["ParentID"].is_null()).collect();
    assert_eq!(houses.len(), 3);
    assert_eq!(
        rows.len() - houses.len(),
        houses[0]["Bins"].as_array().unwrap().len()
    );
}

#[test]
fn updated_since_narrows_and_every_change_moves_a_sale_into_it() {
    let bench = Bench::quiet();
    let old = bench.c7_enter(&selling(1));
    bench.wait(Span::hours(1));
    let new = bench.c7_enter(&selling(1));
    let at = bench.sandbox.inspect(|w| w.now);
    let since = at.to_utc().format("%Y-%m-%dT%H:%M:%S").to_string();
    let ids = || -> Vec<String> {
        let page = bench.c7(&format!("GET saleList?UpdatedSince={since}"), &Value::Null);
        let rows = page["SaleList"].as_array().unwrap().clone();
        rows.iter()
            .map(|r| r["SaleID"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(), std::slice::from_ref(&new));
    bench.sandbox.act(|w| w.cin7_invoice_sale(&old)).unwrap();
    assert_eq!(ids(), [old, new]);
}

#[test]
fn a_sale_made_by_the_api_is_reserved_and_only_void_is_for_good() {
    let bench = Bench::quiet();
    let header = json!({"Customer": "Example Interiors Ltd", "Location": MAIN, "SaleType": "Simple",
        "SkipQuote": "true", "ExternalID": "wms:7", "Carrier": "DPD Next Day",
        "ShippingAddress": {"Line1": "1 Test Lane", "City": "York", "Country": "United Kingdom"}});
    let sale = bench.c7("POST sale", &header);
    let id = sale["ID"].as_str().unwrap().to_owned();
    assert_eq!(sale["Status"], "ESTIMATED");
    assert_eq!(sale["Fulfilments"], json!([]));
    let order = json!({"SaleID": id, "Status": "AUTHORISED", "Lines": [{"SKU": SKU, "Quantity": 2.5, "Price": 12.99}],
        "AdditionalCharges": [{"Description": "Carriage", "Total": 4.5}]});
    let written = bench.c7("POST sale/order", &order);
    assert_eq!(
        (&written["Status"], &written["TotalBeforeTax"]),
        (&json!("AUTHORISED"), &json!(36.975))
    );
    assert_eq!(
        bench.c7_refused("POST sale/order", &order),
        "Order Status is AUTHORISED"
    );
    let sale = bench.c7(
        &format!("GET sale?ID={id}&CountryFormat=Code2"),
        &Value::Null,
    );
    assert_eq!(sale["Status"], "ORDERED");
    assert_eq!(sale["ShippingAddress"]["Country"], "GB");
    assert_eq!(
        sale["Fulfilments"][0]["TaskID"],
        json!(id),
        "the task of a simple sale is the sale"
    );
    let found = bench.c7("GET saleList?ExternalID=wms:7", &Value::Null);
    assert_eq!(found["Total"], 1);
    let allocated = || {
        bench
            .sandbox
            .inspect(|w| w.cin7.allocated(SKU, 0).to_string())
    };
    assert_eq!(allocated(), "2.5");
    let undone = bench.c7(&format!("DELETE sale?ID={id}"), &Value::Null);
    assert_eq!(
        (&undone["Status"], &undone["Order"]["Status"]),
        (&json!("ORDERING"), &json!("DRAFT"))
    );
    assert_eq!(
        undone["Order"]["Lines"].as_array().unwrap().len(),
        1,
        "lines stay"
    );
    assert_eq!(allocated(), "0");
    bench.c7("POST sale/order", &order);
    let voided = bench.c7(&format!("DELETE sale?ID={id}&Void=true"), &Value::Null);
    assert_eq!(
        (&voided["Status"], &voided["CombinedPickingStatus"]),
        (&json!("VOIDED"), &json!("VOIDED"))
    );
    assert_eq!(allocated(), "0");
    assert_eq!(
        bench.c7_refused(&format!("DELETE sale?ID={id}"), &Value::Null),
        "Sale Status is VOIDED"
    );
}

#[test]
fn a_service_sale_has_no_fulfilment() {
    let bench = Bench::quiet();
    let sale = bench.c7(
        "POST sale",
        &json!({"Customer": "X", "Location": MAIN, "ServiceOnly": true}),
    );
    let id = sale["ID"].as_str().unwrap();
    let order = json!({"SaleID": id, "Status": "AUTHORISED", "Lines": [{"SKU": "SVC-DELIVERY", "Quantity": 1}]});
    bench.c7("POST sale/order", &order);
    assert_eq!(bench.c7_sale(id)["CombinedPickingStatus"], "NOT AVAILABLE");
    let text = bench.c7_refused("POST sale/fulfilment", &json!({"SaleID": id}));
    assert!(text.contains("Service"), "{text}");
}

#[test]
fn a_warehouse_order_tells_which_sale_it_was_made_for() {
    let bench = Bench::quiet();
    let sale = bench.c7_enter(&selling(1));
    let order = bench
        .sandbox
        .act(|w| w.place(&OrderSpec::default()))
        .unwrap();
    let shopped = bench.shop_order(&[("MUG-BLU-01", 1)]);
    let sale_behind = |number: &str, po_reference: &str| {
        bench.sandbox.act(|w| {
            let at = w.pvx_open_order(number);
            po_reference.clone_into(&mut w.pvx.orders[at].po_reference);
            w.sale_of(&w.pvx.orders[at])
        })
    };
    let sales = [
        sale_behind("LW-100001", &order),
        sale_behind("SL-1001", &shopped),
        sale_behind("C7-SO-01001", &sale.to_uppercase()),
    ];
    let expected = [Sale::Linnworks(0), Sale::Shop(0), Sale::Cin7(0)];
    assert_eq!(sales, expected.map(Some));
    assert_eq!(
        expected.map(Sale::system),
        [SimSystem::Linnworks, SimSystem::Shopline, SimSystem::Cin7]
    );
    assert_eq!(sale_behind("C7-SO-01002", "keyed by hand"), None);
    assert_eq!(sale_behind("MANUAL-1", &sale), None, "nobody's number");
    let called_off = |sale: Sale| bench.sandbox.inspect(|w| w.is_called_off(sale));
    assert_eq!(expected.map(called_off), [false; 3]);
    bench.sandbox.act(|w| w.cin7_void_sale(&sale)).unwrap();
    bench.sandbox.act(|w| w.cancel(&order)).unwrap();
    let cancelled = bench.sandbox.act(|w| w.shop_cancel_by_hand(&shopped, true));
    cancelled.unwrap();
    let called_off = |sale: Sale| bench.sandbox.inspect(|w| w.is_called_off(sale));
    assert_eq!(expected.map(called_off), [true; 3]);
}

#[test]
fn the_demo_mappings_are_one_to_one_and_leave_something_out() {
    let bench = Bench::quiet();
    let text = bench.sandbox.demo_cin7_mappings();
    let sites: Vec<&str> = text.lines().filter(|l| l.starts_with("SITE,")).collect();
    assert_eq!(sites.len(), 2);
    assert!(sites[0].contains(MAPPED_SITE));
    assert!(text.contains("CARRIER,DPD Next Day,DPDND,"));
    assert!(
        !text.contains("Pallet"),
        "one carrier is left out on purpose"
    );
}
