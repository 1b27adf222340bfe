//! Figures, texts and dates at the border.

use super::super::Decimal;
use super::super::json::Json;
use super::super::value::{Node, numbers_as_text};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn figures_are_read_by_their_digits() {
    for (text, shown) in [
        ("5", "5"),
        ("5.0", "5"),
        ("497.0000", "497"),
        ("0.0000000000", "0"),
        ("-0", "0"),
        ("-2.50", "-2.5"),
        (".5", "0.5"),
        ("0.1", "0.1"),
        ("1E-05", "0.00001"),
        ("1.25e2", "125"),
        ("0e30", "0"),
        ("4e-30", "0"),
        ("70.1234565", "70.123457"),
        ("-70.1234565", "-70.123457"),
        ("0.30000000000000004", "0.3"),
        ("999999999999.999999", "999999999999.999999"),
    ] {
        assert_eq!(Decimal::parse(text).unwrap().to_string(), shown, "{text}");
    }
    for text in [
        "",
        "-",
        ".",
        "1.2.3",
        "--1",
        "1e",
        "1e31",
        "NaN",
        "1e20",
        "1000000000001",
        "1,5",
        "0x1",
    ] {
        assert_eq!(Decimal::parse(text), None, "{text}");
    }
}

#[test]
fn money_is_rounded_once_and_quantities_never() {
    for (text, minor, whole) in [
        ("12", 1_200, Some(12)),
        ("12.005", 1_201, None),
        ("-12.005", -1_201, None),
        ("0.004999", 0, None),
        ("3.0000", 300, Some(3)),
    ] {
        let figure = Decimal::parse(text).unwrap();
        assert_eq!(
            (figure.as_minor(), figure.as_whole()),
            (minor, whole),
            "{text}"
        );
    }
    assert_eq!(Decimal::minor(-1_234).to_string(), "-12.34");
    let third = Decimal::whole(100).less_percent(Decimal::parse("33.3333").unwrap());
    assert_eq!(third.unwrap().to_string(), "66.6667");
    assert_eq!(
        Decimal::whole(i64::MAX)
            .plus(Decimal::whole(1))
            .unwrap()
            .as_whole(),
        Some(1_000_000_000_001)
    );
}

#[test]
fn the_same_member_may_come_in_many_forms() {
    let body = br#"{"a": 1, "b": "1", "c": true, "d": "FALSE", "e": null, "f": "", "g": 3.0, "h": "  x\u0007 ",
        "i": "AAAAAAAA-0000-4000-8000-00000000000B", "j": "00000000-0000-0000-0000-000000000000", "k": [1], "l": "-1.5"}"#;
    let value: Value = serde_json::from_slice(&numbers_as_text(body)).unwrap();
    let node = Node::root(&value);
    let flags: Vec<bool> = ["a", "b", "c", "d", "e", "f"]
        .iter()
        .map(|m| node.flag(m).unwrap())
        .collect();
    assert_eq!(flags, [true, true, true, false, false, false]);
    assert!(node.flag("g").is_err() && node.flag("k").is_err());
    assert_eq!(node.whole("g").unwrap(), Some(3));
    assert_eq!(node.text("g").unwrap(), "3.0");
    assert_eq!(node.text("h").unwrap(), "x");
    assert_eq!(
        node.id("i").unwrap().unwrap(),
        "aaaaaaaa-0000-4000-8000-00000000000b"
    );
    assert_eq!(node.id("j").unwrap(), None);
    assert_eq!(
        node.quantity("l").unwrap_err().to_string(),
        "l is \"-1.5\", which is negative"
    );
    assert_eq!(node.quantity("e").unwrap_err().to_string(), "e is missing");
    assert_eq!(
        node.text("k").unwrap_err().to_string(),
        "k is a list, which is not a single value"
    );
}

#[test]
fn dates_are_instants_or_calendar_days_by_their_member() {
    let value = json!({"a": "2026-03-04T09:12:33.91Z", "b": "2026-03-04T09:12:33.1234567Z", "c": "05/03/2026",
        "d": "2026-03-05", "e": "0001-01-01T00:00:00", "f": "2026-13-01", "g": "2026-03-04T10:00:00+01:00"});
    let node = Node::root(&value);
    assert_eq!(node.time("a").unwrap().unwrap().0 % 1_000_000, 910_000);
    assert_eq!(node.time("b").unwrap().unwrap().0 % 1_000_000, 123_456);
    assert_eq!(
        node.time("g").unwrap().unwrap().to_string(),
        "2026-03-04T09:00:00Z"
    );
    for member in ["c", "d"] {
        assert_eq!(node.day(member).unwrap().unwrap().to_string(), "2026-03-05");
    }
    assert_eq!(
        (node.time("e").unwrap(), node.day("e").unwrap()),
        (None, None)
    );
    assert!(node.time("f").is_err() && node.day("f").is_err());
}

#[test]
fn what_is_sent_is_json_with_exact_figures() {
    let body = Json::object([
        ("Text", Json::from("quote \" back \\ line\n \u{1b}")),
        ("Figure", Decimal::parse("0.1").unwrap().into()),
        ("Rows", Json::list([Json::Null, Json::from(true)])),
        ("None", Json::text_or_null("")),
    ]);
    let text = body.to_string();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["Text"], "quote \" back \\ line\n \u{1b}");
    assert!(
        text.contains(r#""Figure":0.1,"Rows":[null,true],"None":null"#),
        "{text}"
    );
}

proptest! {
    #[test]
    fn any_figure_of_six_places_survives_the_way_out_and_in(n in -1_000_000_000_000_000i64..1_000_000_000_000_000) {
        let text = format!("{}{}.{:06}", if n < 0 { "-" } else { "" }, n.abs() / 1_000_000, n.abs() % 1_000_000);
        let figure = Decimal::parse(&text).unwrap();
        prop_assert_eq!(Decimal::parse(&figure.to_string()), Some(figure));
        prop_assert_eq!(figure.as_whole(), (n % 1_000_000 == 0).then_some(n / 1_000_000));
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "[-+0-9eE.]{0,60}|\\PC{0,40}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Decimal::parse(&text);
        let _ = numbers_as_text(&bytes);
        let _ = super::super::parse_event(&bytes);
    }

    #[test]
    fn numbers_become_text_and_nothing_else_changes(text in "\\PC{0,30}", n in any::<i64>()) {
        let value = json!({"t": text, "n": n, "l": [n, text, {"x": [true, null]}]});
        let read: Value = serde_json::from_slice(&numbers_as_text(value.to_string().as_bytes())).unwrap();
        let n = n.to_string();
        prop_assert_eq!(read, json!({"t": text, "n": n, "l": [n, text, {"x": [true, null]}]}));
    }
}
