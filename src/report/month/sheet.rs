//! The sheet as people read it: parts of a title, what must be known about it, and a table.

use super::{CutLine, CutSum, MonthFacts, PairMonth};
use crate::domain::month::Cut;
use crate::domain::movements::MovementState;
use crate::domain::policy::FinanceBasis;
use crate::domain::returns::ClaimState;
use crate::domain::time::Ts;
use crate::report::markup::{escape, page};
use crate::report::print::{PrintError, csv_rows};
use crate::report::table::{Column, Table};
use crate::store::Bounded;
use crate::text::{count, money};
use chrono_tz::Tz;

/// A part of a pair's sheet.
struct Part {
    title: String,
    notes: Vec<String>,
    table: Table,
    /// Rows that are not listed.
    more: i64,
}

impl Part {
    fn new(title: impl Into<String>, columns: &[Column]) -> Self {
        Self {
            title: title.into(),
            notes: Vec::new(),
            table: Table::new(columns),
            more: 0,
        }
    }

    fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// A row for each of a list, and how many more there are.
    fn rows<T, const N: usize>(
        mut self,
        list: &Bounded<T>,
        cells: impl Fn(&T) -> [String; N],
    ) -> Self {
        for row in &list.rows {
            self.table.row(cells(row));
        }
        self.more = list.more();
        self
    }
}

/// The sheet as Markdown.
pub fn month_markdown(facts: &MonthFacts) -> String {
    let mut out = String::new();
    for pair in &facts.pairs {
        out.push_str(&format!("# {}\n\n", title(pair)));
        for line in head(pair, facts.at) {
            out.push_str(&format!("{line}\n\n"));
        }
        for part in parts(pair) {
            out.push_str(&format!("## {}\n\n", part.title));
            for note in &part.notes {
                out.push_str(&format!("{note}\n\n"));
            }
            if part.table.rows.is_empty() {
                out.push_str("Nothing.\n\n");
                continue;
            }
            out.push_str(&part.table.markdown());
            if part.more > 0 {
                out.push_str(&format!("\nand {} more\n", part.more));
            }
            out.push('\n');
        }
    }
    out
}

/// The sheet as an HTML page.
pub fn month_html(facts: &MonthFacts) -> String {
    let mut out = String::new();
    for pair in &facts.pairs {
        out.push_str(&format!("<h1>{}</h1>\n", escape(&title(pair))));
        for line in head(pair, facts.at) {
            out.push_str(&format!("<p>{}</p>\n", escape(&line)));
        }
        for part in parts(pair) {
            out.push_str(&format!("<h2>{}</h2>\n", escape(&part.title)));
            for note in &part.notes {
                out.push_str(&format!("<p>{}</p>\n", escape(note)));
            }
            if part.table.rows.is_empty() {
                out.push_str("<p>Nothing.</p>\n");
                continue;
            }
            out.push_str(&part.table.html());
            if part.more > 0 {
                out.push_str(&format!("<p>and {} more</p>\n", part.more));
            }
        }
    }
    page("Month-end sheet", &out)
}

/// The sheet as CSV: each part under its own titles, its rows marked with pair, month and part.
///
/// # Errors
/// When a cell cannot be written.
pub fn month_csv(facts: &MonthFacts) -> Result<String, PrintError> {
    let mut out = String::new();
    for pair in &facts.pairs {
        let month = pair.month.to_string();
        for mut part in parts(pair) {
            if part.more > 0 {
                part.table.row([format!("and {} more", part.more)]);
            }
            if part.table.rows.is_empty() {
                continue;
            }
            let marks = [
                ("pair", pair.pair.as_str()),
                ("month", month.as_str()),
                ("part", part.title.as_str()),
            ];
            out.push_str(&csv_rows(&part.table, &marks)?);
        }
    }
    Ok(out)
}

fn title(pair: &PairMonth) -> String {
    format!("Month {} of {}", pair.month, pair.pair)
}

/// A time by the pair's clock.
fn local(pair: &PairMonth, at: Ts) -> String {
    let zone: Tz = pair.zone.parse().unwrap_or(Tz::UTC);
    let local = at.to_utc().with_timezone(&zone);
    local.format("%Y-%m-%d %H:%M").to_string()
}

fn head(pair: &PairMonth, now: Ts) -> Vec<String> {
    let mut lines = vec![
        format!(
            "{} beside {}. From {} to {} by the clock of {}; finance counts {} (finance.basis {}).",
            pair.warehouse,
            pair.source,
            local(pair, pair.period.from),
            local(pair, pair.period.to),
            pair.zone,
            pair.basis.words(),
            pair.basis.as_str()
        ),
        format!(
            "Made {} by that clock. What came back, exceptions and debts stand as they are now; times of despatches and of their confirmations are those of the systems.",
            local(pair, now)
        ),
    ];
    if !pair.is_over {
        lines.push(
            "The month is not over: these are the figures up to now, not those of its end."
                .to_owned(),
        );
    }
    lines
}

fn parts(pair: &PairMonth) -> Vec<Part> {
    let mut parts = vec![
        left(pair),
        differences(pair),
        came_back(pair),
        money_back(pair),
        bare_refunds(pair),
    ];
    if pair.has_ledger {
        parts.push(moved(pair));
        parts.push(owed(pair));
    }
    parts.extend([cases(pair), debts(pair), strays(pair)]);
    parts
}

fn left(pair: &PairMonth) -> Part {
    let mut part = Part::new(
        "Goods that left",
        &[
            Column::text("what"),
            Column::number("orders"),
            Column::number("despatches"),
            Column::number("units"),
        ],
    );
    let cuts = &pair.cuts;
    let end = match pair.is_over {
        true => "its end",
        false => "now",
    };
    let shows = match pair.basis {
        FinanceBasis::Ledger => "posted in the ledger",
        _ => "shown by the source",
    };
    let rows: Vec<(String, CutSum)> = match pair.basis {
        FinanceBasis::SourceReports | FinanceBasis::Ledger => vec![
            ("despatched by the warehouse".to_owned(), cuts.left),
            (format!("less: {shows} after its end"), cuts.late),
            (format!("less: not {shows} yet"), cuts.open),
            (
                format!("plus: left before, {shows} in the month"),
                cuts.brought_in,
            ),
            (
                format!("recognised: {}", pair.basis.words()),
                cuts.recognised,
            ),
            (format!("left before, not {shows} by {end}"), cuts.older),
        ],
        FinanceBasis::DespatchData => vec![
            ("despatched by the warehouse".to_owned(), cuts.left),
            (
                format!("recognised: {}", pair.basis.words()),
                cuts.recognised,
            ),
            (format!("of these {shows} after its end"), cuts.late),
            (format!("of these not {shows} yet"), cuts.open),
            (
                format!("left before, {shows} in the month"),
                cuts.brought_in,
            ),
            (format!("left before, not {shows} by {end}"), cuts.older),
        ],
    };
    for (what, sum) in rows {
        let figures = [sum.orders, sum.despatches, sum.units].map(|n| n.to_string());
        part.table.row(std::iter::once(what).chain(figures));
    }
    if pair.basis == FinanceBasis::Ledger {
        part = part.note("A shipment counts from when it was posted; the date of its document may be an earlier one.");
    }
    if pair.basis != FinanceBasis::DespatchData {
        part = part.note(
            "Despatches and units add up; an order that left in parts may count on two lines.",
        );
    }
    part
}

fn differences(pair: &PairMonth) -> Part {
    let title = match pair.basis {
        FinanceBasis::DespatchData => "What the source shows in another month or not at all",
        _ => "Differences, line by line",
    };
    let mut part = Part::new(
        title,
        &[
            Column::text("order"),
            Column::text("in the warehouse"),
            Column::text("despatch"),
            Column::text("left"),
            Column::number("units"),
            Column::number("order value"),
            Column::text("currency"),
            Column::text("recognised"),
            Column::text("why"),
        ],
    )
    .rows(&pair.cuts.lines, |line| difference(pair, line));
    if !pair.cuts.lines.rows.is_empty() {
        part = part.note(
            "The worthiest orders first. The value is the whole order's: despatches have none of their own.",
        );
    }
    part
}

fn difference(pair: &PairMonth, line: &CutLine) -> [String; 9] {
    let shown = line
        .shown_at
        .map_or_else(|| "not yet".to_owned(), |at| local(pair, at));
    let cut = match line.cut {
        Cut::Late => "left in the month, recognised after its end",
        Cut::Open => "left in the month, not recognised",
        Cut::BroughtIn => "left before the month, recognised in it",
        Cut::Older => "left before the month, not recognised by its end",
        Cut::Within | Cut::Elsewhere => "",
    };
    let why = match line.why.as_str() {
        "" => cut.to_owned(),
        why => format!("{cut}: {why}"),
    };
    [
        line.order.clone(),
        line.wms_number.clone(),
        line.despatch.clone(),
        local(pair, line.left_at),
        line.units.to_string(),
        money(line.order_value_minor),
        line.currency.clone(),
        shown,
        why,
    ]
}

fn came_back(pair: &PairMonth) -> Part {
    let mut part = Part::new(
        "Goods that came back",
        &[
            Column::text("what"),
            Column::number("returns"),
            Column::number("units"),
        ],
    );
    let back = pair.came_back;
    let mut rows = vec![
        (
            "received in the month",
            Some(back.returns_received),
            back.units_received,
        ),
        ("of these credited by now", None, back.units_credited),
        (
            "inspected in the month: fit for sale",
            Some(back.returns_inspected),
            back.units_sellable,
        ),
        ("inspected in the month: unfit", None, back.units_unsellable),
        (
            "back on the shelf in the month",
            Some(back.returns_shelved),
            back.units_shelved,
        ),
    ];
    if pair.has_ledger {
        rows.push((
            "of these not in the ledger by now",
            None,
            back.units_unbooked,
        ));
    }
    for (what, returns, units) in rows {
        let returns = returns.map(|n| n.to_string()).unwrap_or_default();
        part.table
            .row([what.to_owned(), returns, units.to_string()]);
    }
    part
}

/// What was meant by money that went back.
const fn meant(state: ClaimState) -> &'static str {
    match state {
        ClaimState::Waiting => "for goods that had not left",
        ClaimState::Asked => "nobody said what was meant",
        ClaimState::Expected => "for goods that come back",
        ClaimState::Nothing => "nothing follows from it",
        ClaimState::Goodwill => "goodwill",
        ClaimState::NeverShipped => "never shipped",
    }
}

fn money_back(pair: &PairMonth) -> Part {
    let mut part = Part::new(
        "Money that went back",
        &[
            Column::text("meant"),
            Column::text("currency"),
            Column::number("refunds"),
            Column::number("amount"),
            Column::number("without an amount"),
        ],
    );
    for row in &pair.money_back {
        part.table.row([
            meant(row.state).to_owned(),
            row.currency.clone(),
            row.refunds.to_string(),
            money(row.amount_minor),
            row.without_amount.to_string(),
        ]);
    }
    part
}

fn bare_refunds(pair: &PairMonth) -> Part {
    Part::new(
        "Refunds without goods",
        &[
            Column::text("order"),
            Column::text("refund"),
            Column::text("at"),
            Column::number("units"),
            Column::number("amount"),
            Column::text("currency"),
            Column::text("meant"),
            Column::text("explanation"),
        ],
    )
    .rows(&pair.bare_refunds, |row| {
        [
            row.number.clone(),
            row.id.clone(),
            local(pair, row.at),
            row.units.to_string(),
            row.amount_minor.map(money).unwrap_or_default(),
            row.currency.clone(),
            meant(row.state).to_owned(),
            row.note.clone(),
        ]
    })
}

fn moved(pair: &PairMonth) -> Part {
    let mut part = Part::new(
        "Movements of the month in the ledger",
        &[
            Column::text("what"),
            Column::number("movements"),
            Column::number("units"),
        ],
    );
    for sum in &pair.moved {
        let what = match (sum.state, sum.is_in_time) {
            (MovementState::Applied, true) => "posted by the end of the month",
            (MovementState::Applied, false) => "posted after its end",
            (MovementState::NoDelta, _) => "the ledger need not be told",
            (MovementState::Skipped, _) => "left out by a person, with a debt",
            (MovementState::Replaced, _) => "part of a correction from a count",
            (MovementState::Waiting, _) => "not posted: it waits",
            (MovementState::Sending, _) => "not posted: under way",
            (MovementState::InDoubt, _) => "not posted for certain: in doubt",
            (MovementState::Refused, _) => "not posted: the source refused it",
            (MovementState::UnknownWord, _) => "not posted: its word is not mapped",
        };
        part.table.row([
            what.to_owned(),
            sum.movements.to_string(),
            sum.units.to_string(),
        ]);
    }
    part
}

fn owed(pair: &PairMonth) -> Part {
    Part::new(
        "Movements left out and still owed",
        &[
            Column::text("item"),
            Column::text("location"),
            Column::text("moved"),
            Column::number("units"),
            Column::text("last answer"),
        ],
    )
    .rows(&pair.owed, |row| {
        [
            row.item.clone(),
            row.location.clone(),
            local(pair, row.moved_at),
            row.units.to_string(),
            row.text.clone(),
        ]
    })
}

fn cases(pair: &PairMonth) -> Part {
    let part = Part::new(
        "Open exceptions with money in them",
        &[
            Column::number("no."),
            Column::text("what"),
            Column::text("about"),
            Column::number("members"),
            Column::text("since"),
            Column::number("value"),
        ],
    )
    .rows(&pair.cases, |row| {
        [
            row.exception.to_string(),
            format!("{}: {}", row.kind, row.kind.entry().title),
            row.discriminator.clone(),
            row.members.to_string(),
            local(pair, row.began_at),
            money(row.value_minor),
        ]
    });
    match pair.cases.total {
        0 => part,
        n => part.note(format!(
            "{} with {} in them, orders in several counted each time.",
            count(n, "exception", "exceptions"),
            money(pair.cases_value_minor)
        )),
    }
}

fn debts(pair: &PairMonth) -> Part {
    Part::new(
        "Dismissed and not yet shown to agree",
        &[
            Column::number("exception"),
            Column::text("what"),
            Column::text("about"),
            Column::text("reason"),
            Column::text("who"),
            Column::text("at"),
        ],
    )
    .rows(&pair.debts, |row| {
        [
            row.exception.to_string(),
            row.kind.to_string(),
            row.label.clone(),
            row.reason.clone(),
            row.who.clone(),
            local(pair, row.at),
        ]
    })
}

fn strays(pair: &PairMonth) -> Part {
    Part::new(
        format!(
            "Left the warehouse {} under numbers no order here has",
            pair.warehouse
        ),
        &[
            Column::text("in the warehouse"),
            Column::text("despatch"),
            Column::text("channel"),
            Column::text("left"),
            Column::number("units"),
        ],
    )
    .rows(&pair.strays, |row| {
        [
            row.wms_number.clone(),
            row.despatch.clone(),
            row.channel.clone(),
            local(pair, row.left_at),
            row.units.to_string(),
        ]
    })
}
