//! What a page says about a return: goods and money side by side, what the gate says of each line, who decided what.

use super::super::ask::ReturnSheet;
use super::super::doc::{Doc, DocLine, Link, pad, pad_left};
use super::super::words;
use super::{delivery, exceptions, timeline};
use crate::console::theme::Role;
use crate::domain::credit_gate::{Approval, LineGate};
use crate::domain::returns::{Cause, Claim, NextStep, Return, ReturnLine, ReturnRow, given_up_at};
use crate::domain::time::Ts;
use crate::text;

/// What the breadcrumb says.
pub fn title(row: &ReturnRow) -> String {
    format!("Return {}", row.reference)
}

/// The document.
pub fn doc(sheet: &ReturnSheet, now: Ts) -> Doc {
    let held = &sheet.books.held;
    let steps = sheet.gated().steps();
    let deliveries = match sheet.deliveries.as_slice() {
        [] => vec![DocLine::of("Nothing has been sent yet.", Role::Muted)],
        all => all.iter().map(|d| delivery::line(d, now)).collect(),
    };
    let decided = decisions(sheet);
    Doc {
        head: head(held, steps.first(), now),
        tabs: Vec::new(),
    }
    .tab("Overview", overview(sheet, &steps, now))
    .tab(format!("Lines {}", held.lines.len()), lines(sheet))
    .tab(
        format!("Decisions {}", decided.len()),
        match decided.as_slice() {
            [] => vec![DocLine::of("Nobody has decided anything yet.", Role::Muted)],
            _ => decided,
        },
    )
    .tab(format!("Deliveries {}", sheet.deliveries.len()), deliveries)
    .tab(
        format!("Exceptions {}", sheet.exceptions.len()),
        exceptions(&sheet.exceptions),
    )
    .tab(
        "Timeline",
        timeline(&sheet.timeline, now, Some(&held.row.pair)),
    )
}

/// Returns of an order, one line each.
pub fn lines_of(returns: &[Return], now: Ts) -> Vec<DocLine> {
    returns
        .iter()
        .map(|held| {
            let row = &held.row;
            let (goods, role) = words::return_state(row.state);
            let (money, money_role) = words::money_state(row.money);
            DocLine::of(pad(row.reference.as_str(), 18), Role::Link)
                .and(format!(" {}", pad(&goods, 18)), role)
                .and(format!(" money {}", pad(&money, 8)), money_role)
                .and(
                    format!(
                        "{}  {}",
                        pad_left(&words::age(row.created_at, now), 4),
                        row.reason
                    ),
                    Role::Muted,
                )
                .to(Some(link(row)))
                .hanging(4)
        })
        .collect()
}

fn link(row: &ReturnRow) -> Link {
    Link::Return {
        pair: row.pair.clone(),
        reference: row.reference.clone(),
    }
}

fn head(held: &Return, next: Option<&NextStep>, now: Ts) -> Vec<DocLine> {
    let row = &held.row;
    let (goods, goods_role) = words::return_state(row.state);
    let (money, money_role) = words::money_state(row.money);
    let given_up = given_up_at(row);
    let is_awaited = given_up.is_some();
    let (due, due_role) = match given_up {
        Some(_) => words::promise(given_up, now),
        None => (String::new(), Role::Text),
    };
    let next = match next {
        Some(step) => {
            let role = if step.is_decision {
                Role::Warn
            } else {
                Role::Text
            };
            DocLine::of("next ", Role::Muted).and(step.sentence(), role)
        }
        None => DocLine::of("nothing is left to do", Role::Ok),
    };
    vec![
        DocLine::of(title(row), Role::Title)
            .and("  ", Role::Text)
            .and(goods, goods_role)
            .and("  money ", Role::Muted)
            .and(money, money_role),
        DocLine::of("order ", Role::Muted)
            .and(row.order_number.clone(), Role::Text)
            .and("  age ", Role::Muted)
            .and(words::age(row.created_at, now), Role::Text)
            .and("  pair ", Role::Muted)
            .and(row.pair.to_string(), Role::Text)
            .and(if is_awaited { "  given up in " } else { "" }, Role::Muted)
            .and(due, due_role),
        next,
    ]
}

fn overview(sheet: &ReturnSheet, steps: &[NextStep], now: Ts) -> Vec<DocLine> {
    let row = &sheet.books.held.row;
    let mut out = vec![
        DocLine::labelled("Order")
            .and(row.order_number.clone(), Role::Link)
            .to(Some(Link::Order(row.order))),
    ];
    for (at, step) in steps.iter().enumerate() {
        let role = if step.is_decision {
            Role::Warn
        } else {
            Role::Text
        };
        let label = if at == 0 { "Waits for" } else { "" };
        out.push(DocLine::labelled(label).and(step.sentence(), role));
    }
    if !row.reason.is_empty() {
        out.push(DocLine::pair("Reason", row.reason.clone()));
    }
    let by = match row.cause {
        Cause::Authorisation => "a person here",
        Cause::Request => "a return the customer asked for",
        Cause::Refund => "a refund in the sales system",
    };
    out.push(DocLine::pair("Made for", by));
    if !row.authorised_by.is_empty() {
        out.push(DocLine::pair("Allowed by", row.authorised_by.clone()));
    }
    out.push(DocLine::blank());
    out.extend(both_sides(&sheet.books.held, &sheet.books.claims));
    out.push(DocLine::blank());
    out.push(DocLine::heading("Money beside goods, whole order"));
    out.extend(alignment(sheet));
    out.push(DocLine::blank());
    out.push(DocLine::heading("When"));
    out.extend(stations(row, now));
    out
}

fn total(held: &Return, of: fn(&ReturnLine) -> i64) -> i64 {
    held.lines.iter().map(of).fold(0, i64::saturating_add)
}

/// What each system shows, line by line.
fn both_sides(held: &Return, claims: &[Claim]) -> Vec<DocLine> {
    let refunds: Vec<&Claim> = claims.iter().filter(|c| c.cause == Cause::Refund).collect();
    let amount: i64 = refunds.iter().filter_map(|c| c.amount_minor).sum();
    let currency = refunds.first().map_or("", |c| c.currency.as_str());
    let refunded = match refunds.len() {
        0 => "no refund".to_owned(),
        n if amount == 0 => text::count(i64::try_from(n).unwrap_or(0), "refund", "refunds"),
        n => format!(
            "{}, {} {currency}",
            text::count(i64::try_from(n).unwrap_or(0), "refund", "refunds"),
            text::money(amount)
        ),
    };
    let units = |n: i64, what: &str| format!("{} {what}", text::count(n, "unit", "units"));
    let rows = [
        (
            "Number",
            held.row.order_number.clone(),
            format!("{} of {}", held.row.reference, held.row.wms_number),
        ),
        (
            "Units",
            units(total(held, |l| l.credited_each), "credited"),
            format!(
                "{} of {} agreed",
                units(total(held, |l| l.received_each), "received"),
                total(held, |l| l.authorised_each)
            ),
        ),
        (
            "Stock",
            units(total(held, |l| l.confirmed_each), "booked"),
            format!(
                "{} on the shelf, {} unfit",
                total(held, |l| l.stocked_each),
                total(held, |l| l.unsellable_each)
            ),
        ),
        ("Money", refunded, String::new()),
    ];
    let side = |label: &str, source: &str, warehouse: &str, role: Role| {
        DocLine::labelled(label)
            .and(format!("{} ", pad(source, 26)), role)
            .and(warehouse, role)
    };
    let first = side("", "in the sales system", "in the warehouse", Role::Muted);
    std::iter::once(first)
        .chain(rows.iter().map(|(l, s, w)| side(l, s, w, Role::Text)))
        .collect()
}

fn alignment(sheet: &ReturnSheet) -> Vec<DocLine> {
    if sheet.books.alignment.is_empty() {
        return vec![DocLine::of("Nothing to compare yet.", Role::Muted)];
    }
    let row = |sku: &str, figures: [&str; 4], words: &str, role: Role| {
        let figures: String = figures
            .iter()
            .map(|f| format!(" {}", pad_left(f, 8)))
            .collect();
        DocLine::of(pad(sku, 16), role)
            .and(figures, role)
            .and(format!("  {words}"), Role::Muted)
            .hanging(4)
    };
    let titles = ["refunded", "agreed", "received", "shelf"];
    let first = row("SKU", titles, "", Role::Muted);
    let rows = sheet.books.alignment.iter().map(|a| {
        let figures = [
            a.refunded_each,
            a.authorised_each,
            a.received_each,
            a.stocked_each,
        ];
        let figures = figures.map(|n| n.to_string());
        row(
            &a.sku,
            figures.each_ref().map(String::as_str),
            &a.words,
            Role::Text,
        )
    });
    std::iter::once(first).chain(rows).collect()
}

fn stations(row: &ReturnRow, now: Ts) -> Vec<DocLine> {
    let mut stations = vec![
        ("Created", Some(row.created_at)),
        ("Allowed", row.authorised_at),
        ("Announced", row.expected_at),
        ("Received", row.received_at),
        ("Inspected", row.inspected_at),
        ("On the shelf", row.stocked_at),
    ];
    if row.gate_opened_at.is_some() {
        stations.push(("Gate open", row.gate_opened_at));
    }
    if let Some(at) = given_up_at(row) {
        stations.push(("Given up", Some(at)));
    }
    stations
        .into_iter()
        .map(|(label, at)| match at {
            Some(at) => DocLine::pair(label, words::clock(at, now)),
            None => DocLine::labelled(label).and("–", Role::Muted),
        })
        .collect()
}

/// Titles of the figures of a line; each is as wide as its title.
const FIGURES: [&str; 7] = [
    "agreed", "received", " fit", "unfit", "shelf", "booked", "credited",
];

fn lines(sheet: &ReturnSheet) -> Vec<DocLine> {
    let held = &sheet.books.held;
    let mut out = vec![figures(
        "line",
        "SKU",
        FIGURES.map(str::to_owned),
        Role::Muted,
    )];
    for (at, line) in held.lines.iter().enumerate() {
        let each = [
            line.authorised_each,
            line.received_each,
            line.sellable_each,
            line.unsellable_each,
            line.stocked_each,
            line.confirmed_each,
            line.credited_each,
        ];
        let differs = line.received_each > 0 && line.received_each != line.authorised_each;
        let role = if differs { Role::Warn } else { Role::Text };
        out.push(
            figures(
                &line.line_ref,
                line.sku.as_str(),
                each.map(|n| n.to_string()),
                role,
            )
            .to(Some(Link::Item {
                pair: held.row.pair.clone(),
                item: line.item.clone(),
            })),
        );
        if let Some(becomes) = line.disposition {
            let words = format!(
                "{} {}",
                line.disposed_each,
                becomes.as_str().replace('_', " ")
            );
            out.push(DocLine::of("     outcome  ", Role::Muted).and(words, Role::Text));
        }
        out.push(gate_line(sheet.books.line_gates.get(at)));
    }
    out
}

fn figures(line: &str, sku: &str, each: [String; 7], role: Role) -> DocLine {
    let each = each.iter().zip(FIGURES);
    let each: String = each
        .map(|(figure, title)| format!(" {}", pad_left(figure, title.len())))
        .collect();
    DocLine::of(format!("{} {}", pad(line, 4), pad(sku, 20)), role).and(each, role)
}

/// What the gate says of a line.
fn gate_line(gate: Option<&LineGate>) -> DocLine {
    let line = DocLine::of("     gate     ", Role::Muted).hanging(14);
    match gate {
        None => line.and("its pair is not configured here", Role::Muted),
        Some(gate) => {
            let role = if gate.too_early_each > 0 {
                Role::Error
            } else if gate.allowed_each > 0 {
                Role::Ok
            } else if gate.waiting_each() > 0 {
                Role::Warn
            } else {
                Role::Muted
            };
            line.and(gate.words(), role)
        }
    }
}

/// What people decided: finance's approvals, then what was said about the order's goods and money.
fn decisions(sheet: &ReturnSheet) -> Vec<DocLine> {
    let approvals = sheet.books.held.approvals.iter().map(approval);
    approvals
        .chain(sheet.books.claims.iter().map(claim))
        .collect()
}

fn approval(approval: &Approval) -> DocLine {
    let what = match approval.kind {
        crate::domain::credit_gate::ApprovalKind::Unsellable => "credit approved",
        crate::domain::credit_gate::ApprovalKind::Override => "gate passed",
    };
    DocLine::of(pad(what, 16), Role::Accent)
        .and(
            format!(
                "{} of line {}",
                text::count(approval.units_each, "unit", "units"),
                approval.line_ref
            ),
            Role::Text,
        )
        .and(format!("  {}", approval.by.name), Role::Text)
        .and(format!("  {}", approval.reason), Role::Muted)
        .hanging(16)
}

fn claim(claim: &Claim) -> DocLine {
    let units: Vec<String> = claim
        .units
        .iter()
        .map(|(s, n)| format!("{n} of {s}"))
        .collect();
    let amount = claim.amount_minor.map_or_else(String::new, |n| {
        format!("  {} {}", text::money(n), claim.currency)
    });
    DocLine::of(pad(claim.cause.as_str(), 16), Role::Accent)
        .and(format!("{} {}", claim.id, units.join(", ")), Role::Text)
        .and(amount, Role::Text)
        .and(
            format!("  {}", claim.state.as_str().replace('_', " ")),
            Role::Text,
        )
        .and(format!("  {}", claim.note), Role::Muted)
        .hanging(16)
}
