//! The filter language, tried.

use super::*;
use proptest::prelude::*;

fn orders(text: &str) -> Filter {
    parse(text, lists::ORDERS).unwrap()
}

fn refusal(text: &str) -> FilterError {
    parse(text, lists::ORDERS).unwrap_err()
}

fn is(field: &str, op: FieldOp, values: &[&str]) -> Term {
    Term {
        is_negated: false,
        what: What::Field {
            field: field.to_owned(),
            op,
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        },
    }
}

fn word(text: &str) -> Term {
    Term {
        is_negated: false,
        what: What::Word(text.to_owned()),
    }
}

#[test]
fn words_fields_and_comparisons_are_told_apart() {
    let filter =
        orders(r#"sample "red mug" state:blocked,queued age>2h ship<=4h value>99.5 LW-1001"#);
    assert_eq!(
        filter.terms,
        [
            word("sample"),
            word("red mug"),
            is("state", FieldOp::Is, &["blocked", "queued"]),
            is("age", FieldOp::Greater, &["2h"]),
            is("ship", FieldOp::LessOrEqual, &["4h"]),
            is("value", FieldOp::Greater, &["99.50"]),
            word("LW-1001"),
        ]
    );
}

#[test]
fn a_minus_turns_any_term_round() {
    let filter = orders(r#"-sample -state:blocked -"red mug""#);
    assert!(filter.terms.iter().all(|t| t.is_negated));
    assert_eq!(filter.to_string(), r#"-sample -state:blocked -"red mug""#);
}

#[test]
fn choices_ignore_case_and_are_kept_in_their_own_spelling() {
    assert_eq!(
        orders("STATE:Blocked").terms,
        [is("state", FieldOp::Is, &["blocked"])]
    );
    let kinds = parse("kind:ord_sku_unknown", lists::EXCEPTIONS).unwrap();
    assert_eq!(kinds.to_string(), "kind:ORD_SKU_UNKNOWN");
}

#[test]
fn a_star_stands_for_a_family_of_kinds() {
    let filter = parse("kind:prd*", lists::EXCEPTIONS).unwrap();
    let What::Field { values, .. } = &filter.terms[0].what else {
        panic!("not a field");
    };
    assert_eq!(values.len(), 5);
    assert!(values.iter().all(|v| v.starts_with("PRD_")));
}

#[test]
fn a_mistake_is_named_with_its_place_and_what_would_be_right() {
    let cases = [
        (
            "red stat:blocked",
            4,
            "there is no field `stat`",
            "did you mean `state`?",
        ),
        (
            "state:blokced",
            6,
            "`blokced` is not a state",
            "did you mean `blocked`?",
        ),
        ("state:", 0, "`state` needs a value", "one of received"),
        (
            "state:blocked,",
            0,
            "`state` needs a value",
            "one of received",
        ),
        (
            "state>blocked",
            0,
            "cannot be larger or smaller",
            "one of received",
        ),
        ("age:2h", 0, "`age` needs `<` or `>`", "`age>2h`"),
        ("age>soon", 4, "`soon` is not a span of time", "`age>2h`"),
        ("age>-2h", 4, "`-2h` is not a span of time", "`age>2h`"),
        ("value>lots", 6, "`lots` is not an amount", "`value>100`"),
        (
            "value>1,2",
            0,
            "compares with one value",
            "leave the others out",
        ),
        ("a -", 2, "nothing follows the minus", "right after it"),
        ("\"open", 0, "the quote is still open", "close it"),
        ("\"a\"b", 0, "something follows the quote", "blank"),
        ("\"\"", 0, "nothing to look for", "between the quotes"),
        ("zzz:1", 0, "there is no field `zzz`", "one of state, pair"),
    ];
    for (text, at, problem, hint) in cases {
        let error = refusal(text);
        assert_eq!(error.at, at, "{text}: {error}");
        assert!(error.problem.contains(problem), "{text}: {error}");
        let found = error.hint.clone().unwrap_or_default();
        assert!(found.contains(hint), "{text}: {error}");
        assert!(error.to_string().contains(&error.problem));
    }
}

#[test]
fn a_number_or_address_with_a_colon_is_a_word() {
    assert_eq!(orders("12:30").terms, [word("12:30")]);
    assert_eq!(orders("\"sku:A\"").terms, [word("sku:A")]);
}

#[test]
fn filters_have_limits() {
    assert!(
        refusal(&"a".repeat(FILTER_CHARS_MAX + 1))
            .problem
            .contains("at most 500")
    );
    assert!(
        refusal(&"a ".repeat(TERMS_MAX + 1))
            .problem
            .contains("at most 20 parts")
    );
    assert!(
        refusal(&"a".repeat(WORD_CHARS_MAX + 1))
            .problem
            .contains("at most 100")
    );
    let many = vec!["a"; VALUES_MAX + 1].join(",");
    assert!(
        refusal(&format!("sku:{many}"))
            .problem
            .contains("at most 40 values")
    );
}

#[test]
fn spans_are_read_with_their_units() {
    let cases = [
        ("45s", Some(45)),
        ("30m", Some(1_800)),
        ("2h", Some(7_200)),
        ("1h30m", Some(5_400)),
        ("1d", Some(86_400)),
        ("2w", Some(1_209_600)),
        ("0m", Some(0)),
        ("-2h", Some(-7_200)),
        ("2H", Some(7_200)),
        ("2", None),
        ("h", None),
        ("", None),
        ("-", None),
        ("2x", None),
        ("1h30", None),
        ("99999999999999999999h", None),
        ("9000w", None),
    ];
    for (text, secs) in cases {
        assert_eq!(duration(text), secs.map(Span::secs), "{text:?}");
    }
}

#[test]
fn amounts_are_read_in_minor_units() {
    let cases = [
        ("100", Some(10_000)),
        ("99.5", Some(9_950)),
        ("£20.05", Some(2_005)),
        ("-3.50", Some(-350)),
        ("1.234", None),
        ("1.", None),
        (".5", None),
        ("ten", None),
        ("", None),
        ("99999999999999999999", None),
    ];
    for (text, minor) in cases {
        assert_eq!(money_minor(text), minor, "{text:?}");
    }
}

#[test]
fn a_filter_is_told_in_words() {
    let cases = [
        ("", "all orders"),
        (
            r#"state:blocked service:"Tracked 48" ship<4h"#,
            "orders blocked, for service Tracked 48, shipping within 4h",
        ),
        ("mug -held:yes", "orders: with “mug”, not held by a person"),
        (
            "state:in_doubt,queued,sending value>=100",
            "orders in doubt, queued or sending, value at least 100.00",
        ),
        ("ship<0m age>1d", "orders late, older than 1d"),
    ];
    for (text, words) in cases {
        assert_eq!(explain(&orders(text), lists::ORDERS), words);
    }
    let own: &[FieldSpec] = &lists::ORDERS[..2];
    assert_eq!(explain(&Filter::default(), own), "all rows");
}

#[test]
fn completion_offers_fields_then_their_values() {
    let offer = |text: &str| complete(text, text.chars().count(), lists::ORDERS, &[]);
    assert_eq!(offer("sta"), ["state:"]);
    assert_eq!(offer("mug -sta"), ["-state:"]);
    assert_eq!(offer("ship"), ["ship<"]);
    assert_eq!(offer("state:bl"), ["state:blocked"]);
    assert_eq!(offer("state:blocked,que"), ["state:blocked,queued"]);
    assert!(!offer("state:blocked,").contains(&"state:blocked,blocked".to_owned()));
    assert_eq!(offer("ship<1"), ["ship<1h", "ship<1d"]);
    assert_eq!(offer("nothing:x"), Vec::<String>::new());
    assert_eq!(offer("").len(), lists::ORDERS.len());
}

#[test]
fn completion_replaces_only_the_part_at_the_cursor() {
    assert_eq!(part_at("mug sta age>2h", 7), (4, 7));
    assert_eq!(
        complete("mug sta age>2h", 7, lists::ORDERS, &[]),
        ["state:"]
    );
    assert_eq!(part_at("\"red mug", 8), (0, 8));
    assert_eq!(part_at("mug ", 4), (4, 4));
    assert_eq!(part_at("mug", 99), (0, 3));
}

#[test]
fn every_list_has_distinct_fields_with_help() {
    for (name, fields) in lists::ALL {
        let mut names: Vec<_> = fields.iter().map(|f| f.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), fields.len(), "{name}");
        assert!(
            fields
                .iter()
                .all(|f| !f.help.is_empty() && f.help.len() <= 40)
        );
        assert_eq!(lists::rows_called(fields), *name);
    }
}

fn any_term() -> impl Strategy<Value = Term> {
    let text = "[^\\s\\p{C}]([^\\p{C}]{0,10}[^\\s\\p{C}])?";
    let choice = proptest::sample::subsequence(vec!["blocked", "queued", "in_doubt"], 1..3)
        .prop_map(|v| {
            (
                "state",
                FieldOp::Is,
                v.into_iter().map(str::to_owned).collect(),
            )
        });
    let words = proptest::collection::vec(text, 1..4).prop_map(|v| ("sku", FieldOp::Is, v));
    let op = prop_oneof![
        Just(FieldOp::Less),
        Just(FieldOp::Greater),
        Just(FieldOp::LessOrEqual),
        Just(FieldOp::GreaterOrEqual)
    ];
    let money = (op.clone(), -9_999_999i64..9_999_999)
        .prop_map(|(op, m)| ("value", op, vec![crate::text::money(m)]));
    let span = (op, 0u32..500, "[smhdw]")
        .prop_map(|(op, n, unit)| ("ship", op, vec![format!("{n}{unit}")]));
    let field =
        prop_oneof![choice, words, money, span].prop_map(|(field, op, values)| What::Field {
            field: field.to_owned(),
            op,
            values,
        });
    let what = prop_oneof![text.prop_map(What::Word), field];
    (any::<bool>(), what).prop_map(|(is_negated, what)| Term { is_negated, what })
}

proptest! {
    #[test]
    fn parsing_never_panics_and_printing_reads_back(text in "[\\x00-\\x7f£…]{0,60}|(-?(state|age|value|sku|ship)[:<>=]{1,2}[a-z0-9,\"* -]{0,12} ?){0,5}") {
        if let Ok(filter) = parse(&text, lists::ORDERS) {
            let printed = filter.to_string();
            prop_assert_eq!(parse(&printed, lists::ORDERS), Ok(filter.clone()), "{}", printed);
            prop_assert!(!explain(&filter, lists::ORDERS).is_empty());
        }
    }

    #[test]
    fn a_printed_filter_is_read_back_as_it_was(terms in proptest::collection::vec(any_term(), 0..6)) {
        let filter = Filter { terms };
        let printed = filter.to_string();
        prop_assume!(printed.chars().count() <= FILTER_CHARS_MAX);
        prop_assert_eq!(parse(&printed, lists::ORDERS), Ok(filter), "{}", printed);
    }

    #[test]
    fn completing_never_panics_and_stays_in_bounds(text in ".{0,40}", cursor in 0usize..60) {
        let (from, to) = part_at(&text, cursor);
        prop_assert!(from <= to && to <= text.chars().count().max(from));
        prop_assert!(complete(&text, cursor, lists::ORDERS, &[]).len() <= COMPLETIONS_MAX);
    }
}
