//! The search language and the CSV.

use super::super::pvx::clause::{Clause, Value};
use super::super::pvx::csvio;
use super::*;
use proptest::prelude::*;

const COLUMNS: &[&str] = &[
    "SalesOrderNumber",
    "Status",
    "Site reference",
    "Despatch date",
    "Available",
];

fn column(name: &str) -> Option<usize> {
    COLUMNS.iter().position(|c| c.eq_ignore_ascii_case(name))
}

fn cell(at: usize) -> Value {
    match at {
        0 => Value::Text("SO-1001".to_owned()),
        1 => Value::Status(5, "Despatched".to_owned()),
        2 => Value::Text("PrimarySite".to_owned()),
        3 => Value::Date(Ts::from_utc("2024-06-14T15:07:31Z".parse().unwrap())),
        _ => Value::Int(41),
    }
}

#[test]
fn clauses_are_read_for_real() {
    let table = [
        ("", true),
        ("SalesOrderNumber.Equals(\"SO-1001\")", true),
        (
            "salesOrderNumber.Equals(\"SO-1002\") OR salesOrderNumber.Equals(\"SO-1001\")",
            true,
        ),
        ("SalesOrderNumber = \"SO-1001\" AND Status.Equals(6)", false),
        ("Status.Equals(5)", true),
        ("Status.Equals(\"Despatched\")", true),
        ("Status!=\"Cancelled\"", true),
        ("!([Status].Equals(\"Despatched\"))", false),
        ("!SalesOrderNumber.Contains(\"1001\")", false),
        (
            "SalesOrderNumber.StartsWith(\"SO-\") AND SalesOrderNumber.EndsWith(\"01\")",
            true,
        ),
        ("([Site reference].Equals(\"PrimarySite\"))", true),
        ("([Despatch date] >= DateTime(2024,06,14,00,00,00))", true),
        ("[Despatch date] > DateTime(2024,06,14,15,07,31)", false),
        ("[Despatch date] < DateTime(2024,06,15)", true),
        ("Available > 40 and Available <= 41", true),
        ("Available == 41 && (Status = 5 || Status = 6)", true),
        ("NOT (Available < 41) AND (([Available] <> 3))", true),
    ];
    for (text, wanted) in table {
        let clause = Clause::read(text, &column).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(clause.matches(&cell), wanted, "{text}");
    }
}

#[test]
fn bad_clauses_are_refused() {
    for text in [
        "Nope.Equals(\"x\")",
        "Status.Equals(\"x\"",
        "Status.Like(\"x\")",
        "Status",
        "Status = ",
        "(Status = 5",
        "[Status = 5",
        "Status = 5 extra",
        "[Despatch date] > DateTime(2024,13,01)",
        "SalesOrderNumber = \"open",
        "== 5",
    ] {
        assert!(Clause::read(text, &column).is_err(), "{text}");
    }
    assert!(Clause::read(&"(".repeat(5_000), &column).is_err());
    let bench = Bench::quiet();
    let answer = bench.soap(
        "GetData",
        "<getRequest><TemplateName>Sales orders</TemplateName><SearchClause>x y z</SearchClause></getRequest>",
    );
    assert!(answer.contains("System : Search - Invalid search clause"));
}

#[test]
fn a_clause_tells_the_index_what_it_needs() {
    let read = |text: &str| Clause::read(text, &column).unwrap();
    let either = read("SalesOrderNumber.Equals(\"A\") OR SalesOrderNumber.Equals(\"B\")");
    assert_eq!(
        either.texts_of(0),
        Some(vec!["A".to_owned(), "B".to_owned()])
    );
    assert_eq!(
        read("SalesOrderNumber = \"A\" OR Status = 5").texts_of(0),
        None
    );
    assert!(
        read("Status = 5 AND [Despatch date] >= DateTime(2024,1,1)")
            .earliest(3)
            .is_some()
    );
    let open = read("!([Status].Equals(\"Despatched\")) AND SalesOrderNumber.StartsWith(\"SO\")");
    let known = |at: usize| (at == 1).then(|| Value::Status(5, "Despatched".to_owned()));
    assert_eq!(open.decide(&known), Some(false));
    assert_eq!(
        read("SalesOrderNumber.StartsWith(\"SO\")").decide(&known),
        None
    );
}

#[test]
fn a_hundred_numbers_in_one_clause_work() {
    let bench = Bench::quiet();
    let mut csv = String::from("SalesOrderNumber\n");
    let terms: Vec<String> = (0..100)
        .map(|n| {
            csv.push_str(&format!("N-{n}\n"));
            format!("SalesOrderNumber.Equals(\"N-{n}\")")
        })
        .collect();
    bench.save("Sales orders", &csv);
    assert_eq!(bench.data("Sales orders", &terms.join(" OR ")).len(), 101);
}

proptest! {
    #[test]
    fn any_text_survives_a_save_and_a_read(text in "[^\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{fffe}\u{ffff}\r\n]{0,60}") {
        let bench = Bench::quiet();
        let mut csv = String::new();
        let style = csvio::Style { crlf: true, quote_all: true };
        csvio::push_row(&mut csv, ["SalesOrderNumber", "ContactName"].into_iter(), style);
        csvio::push_row(&mut csv, ["S1", text.as_str()].into_iter(), style);
        bench.save("Sales orders", &csv);
        let rows = bench.data("Sales orders", "SalesOrderNumber = \"S1\"");
        let at = rows[0].iter().position(|c| c == "ContactName").unwrap();
        prop_assert_eq!(&rows[1][at], &text);
    }

    #[test]
    fn no_clause_brings_the_reader_down(text in "[\\[\\]()!=<>\"'.,A-Za-z0-9 ]{0,80}") {
        let _ = Clause::read(&text, &column);
    }
}
