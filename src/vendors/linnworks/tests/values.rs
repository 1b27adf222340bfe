//! Numbers, dates, flags and hostile JSON.

use crate::domain::time::Ts;
use crate::vendors::linnworks::method::Method;
use crate::vendors::linnworks::order::{self, Shape};
use crate::vendors::linnworks::{client, outcome, stock, wire};
use crate::vendors::scalar::Scalar;
use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};

fn scalar(value: Value) -> Scalar {
    serde_json::from_value(value).unwrap()
}

#[test]
fn money_is_read_from_its_decimal_text() {
    for (value, minor) in [
        (json!(12), 1200),
        (json!(12.0), 1200),
        (json!(27.5), 2750),
        (json!(23.325), 2333),
        (json!(1.005), 101),
        (json!(1.004_999_99), 101),
        (json!(0.302_918_865_740_740_73), 30),
        (json!(11.999_999_999_999_998), 1200),
        (json!(-3.5), -350),
        (json!(-0.005), -1),
        (json!("19.99"), 1999),
        (json!("1e2"), 10_000),
        (json!(0.000_001), 0),
        (json!(null), 0),
        (json!(""), 0),
    ] {
        assert_eq!(scalar(value.clone()).minor("x"), Ok(minor), "{value}");
    }
    for value in [
        json!(1e30),
        json!("NaN"),
        json!("twelve"),
        json!([1]),
        json!(true),
    ] {
        assert!(scalar(value.clone()).minor("x").is_err(), "{value}");
    }
}

#[test]
fn quantities_are_whole_and_not_negative_or_refused() {
    for (value, n) in [
        (json!(2), Some(2)),
        (json!(2.0), Some(2)),
        (json!("2"), Some(2)),
        (json!("2.0"), Some(2)),
        (json!(0), Some(0)),
        (json!(null), None),
        (json!("null"), None),
    ] {
        assert_eq!(scalar(value.clone()).quantity("Quantity"), Ok(n), "{value}");
    }
    for value in [
        json!(1.5),
        json!(-1),
        json!("-2"),
        json!(1e30),
        json!("NaN"),
        json!("inf"),
        json!(18_446_744_073_709_551_615_u64),
        json!({}),
        json!(true),
    ] {
        let fault = scalar(value.clone()).quantity("Quantity").unwrap_err();
        assert_eq!(fault.member, "Quantity", "{value}");
    }
}

#[test]
fn dates_have_up_to_seven_fraction_digits_and_year_one_is_none() {
    let at = |text: &str| Ts::from_utc(DateTime::parse_from_rfc3339(text).unwrap().to_utc());
    for (text, expected) in [
        ("2026-02-03T09:15:02Z", "2026-02-03T09:15:02Z"),
        ("2026-02-03T09:15:02.1Z", "2026-02-03T09:15:02.1Z"),
        ("2026-02-03T09:15:02.19Z", "2026-02-03T09:15:02.19Z"),
        ("2026-02-03T09:15:02.903Z", "2026-02-03T09:15:02.903Z"),
        (
            "2026-02-03T09:15:02.1234567Z",
            "2026-02-03T09:15:02.123456Z",
        ),
        ("2026-02-03T10:15:02+01:00", "2026-02-03T09:15:02Z"),
        ("2026-02-03T09:15:02", "2026-02-03T09:15:02Z"),
        ("2026-02-03 09:15:02", "2026-02-03T09:15:02Z"),
        ("2026-02-03", "2026-02-03T00:00:00Z"),
    ] {
        let read = scalar(json!(text)).time("d");
        assert_eq!(read, Ok(Some(at(expected))), "{text}");
    }
    for none in [
        json!(null),
        json!(""),
        json!("0001-01-01T00:00:00Z"),
        json!("0001-01-01T00:00:00"),
    ] {
        assert_eq!(scalar(none.clone()).time("d"), Ok(None), "{none}");
    }
    for bad in [
        json!("03/02/2026"),
        json!("YYYY-02-03"),
        json!(1_770_000_000),
        json!("soon"),
    ] {
        assert!(scalar(bad.clone()).time("d").is_err(), "{bad}");
    }
}

#[test]
fn enums_come_by_name_or_number() {
    let names = ["UNPAID", "PAID"];
    for (value, at) in [
        (json!(1), 1),
        (json!("1"), 1),
        (json!("Paid"), 1),
        (json!(0), 0),
    ] {
        assert_eq!(
            scalar(value.clone()).ordinal("s", &names),
            Ok(Some(at)),
            "{value}"
        );
    }
    for value in [json!(9), json!(-1), json!("LOST"), json!([])] {
        assert!(
            scalar(value.clone()).ordinal("s", &names).is_err(),
            "{value}"
        );
    }
}

#[test]
fn guids_are_compared_in_lower_case_and_other_ids_as_they_are() {
    let id = |v: Value| scalar(v).id("id").unwrap();
    assert_eq!(
        id(json!("3F1D2C4B-5A69-4788-9B0C-1D2E3F405162")).unwrap(),
        "3f1d2c4b-5a69-4788-9b0c-1d2e3f405162"
    );
    assert_eq!(id(json!("Order-A")).unwrap(), "Order-A");
    assert_eq!(id(json!(100_482)).unwrap(), "100482");
    assert_eq!(id(json!(null)), None);
}

fn arbitrary_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("2026-02-03T09:15:02.1Z")),
        Just(json!("3f1d2c4b-5a69-4788-9b0c-1d2e3f405162")),
    ];
    let names = prop_oneof![
        Just("OrderId"),
        Just("NumOrderId"),
        Just("GeneralInfo"),
        Just("ShippingInfo"),
        Just("TotalsInfo"),
        Just("Items"),
        Just("Status"),
        Just("Quantity"),
        Just("RowId"),
        Just("SKU"),
        Just("Data"),
        Just("Message"),
        Just("TotalPages"),
        Just("CompositeSubItems"),
        Just("ReceivedDate"),
        Just("Location"),
        Just("Processed"),
        Just("StockLevel"),
        Just("Available"),
        Just("StockItemId"),
        Just("AuditTrail"),
        Just("Token"),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..8).prop_map(|members| {
                Value::Object(
                    members
                        .into_iter()
                        .map(|(n, v)| (n.to_owned(), v))
                        .collect(),
                )
            }),
        ]
    })
}

fn read_everything(body: &[u8]) {
    let method = Method::OrdersById;
    let _ = client::answer_text(body);
    if let Ok(rows) = client::parse::<Vec<wire::Order>>(method, body) {
        for row in &rows {
            let _ = order::read(row, Shape::ByIdAnyState, &|_| false);
        }
    }
    if let Ok(row) = client::parse::<wire::Order>(method, body) {
        let _ = order::read(&row, Shape::Listed, &|_| true);
    }
    if let Ok(rows) = client::parse::<Vec<wire::Product>>(method, body) {
        let _: Vec<_> = rows.iter().map(stock::product).collect();
    }
    if let Ok(rows) = client::parse::<Vec<wire::AuditEntry>>(method, body) {
        let _ = outcome::notify_state(&rows);
    }
    if let Ok(rows) = client::parse::<Vec<wire::ProcessResult>>(method, body) {
        let outcomes = outcome::processed(&["x".into()], &rows);
        assert_eq!(outcomes.len(), 1);
    }
    let _ = client::parse::<wire::SignIn>(method, body);
    let _ = client::parse::<wire::OrderPage>(method, body);
}

proptest! {
    #[test]
    fn no_json_makes_the_reader_panic(value in arbitrary_json()) {
        read_everything(value.to_string().as_bytes());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_everything(&bytes);
    }

    #[test]
    fn two_decimals_survive_exactly(minor in -10_000_000_000_i64..10_000_000_000) {
        let text = crate::text::money(minor);
        prop_assert_eq!(scalar(json!(text.clone())).minor("x"), Ok(minor));
        let number: f64 = text.parse().unwrap();
        prop_assert_eq!(scalar(json!(number)).minor("x"), Ok(minor));
    }

    #[test]
    fn a_changed_member_never_makes_an_order_panic(
        section in prop_oneof![Just(""), Just("GeneralInfo"), Just("ShippingInfo"), Just("TotalsInfo")],
        member in "[A-Za-z]{1,12}|Status|Items|Location|NumOrderId|ReceivedDate|TotalCharge",
        value in arbitrary_json(),
    ) {
        let mut order = super::details();
        if section.is_empty() {
            order[member.as_str()] = value;
        } else {
            order[section][member.as_str()] = value;
        }
        read_everything(json!([order]).to_string().as_bytes());
    }
}
