//! The board of what came too late: every case that only the floor can end, with where the goods are.

use super::super::doc::{Doc, DocLine, Link, pad};
use super::super::words;
use crate::console::theme::Role;
use crate::desk::LateChange;
use crate::domain::exception::{ExceptionRow, ExceptionState, Severity};
use crate::domain::order::OrderRow;
use crate::domain::time::Ts;
use crate::text::{age, time_left};

/// What the breadcrumb says.
pub const TITLE: &str = "Late changes";

/// Where the words of a line begin.
const HANG: u16 = 14;

/// The document.
pub fn doc(late: &[LateChange], now: Ts) -> Doc {
    let unanswered = late.iter().filter(|l| answer(&l.case).is_none()).count();
    let says = if late.is_empty() {
        "Nothing came too late: no change or cancellation waits for the floor.".to_owned()
    } else {
        format!(
            "{} of {} without an answer from the floor. Ring with the order number; Enter opens the case, v there records the answer.",
            unanswered,
            late.len()
        )
    };
    let head = vec![
        DocLine::of(TITLE, Role::Title),
        DocLine::of(
            says,
            if late.is_empty() {
                Role::Ok
            } else {
                Role::Muted
            },
        )
        .hanging(2),
    ];
    let mut lines = Vec::new();
    for one in late {
        lines.extend(told(one, now));
    }
    Doc {
        head,
        tabs: Vec::new(),
    }
    .tab("The floor", lines)
}

fn told(late: &LateChange, now: Ts) -> Vec<DocLine> {
    let case = &late.case;
    let since = age(now.since(case.began_at).as_secs());
    let role = if case.severity == Severity::S1 {
        Role::Error
    } else {
        Role::Warn
    };
    let name = late
        .orders
        .first()
        .map_or_else(|| case.discriminator.clone(), |order| order.number.clone());
    let hang = usize::from(HANG);
    let mut lines = vec![
        DocLine::of(pad(&format!("{} {name}", case.severity), hang), role)
            .and(case.title().to_owned(), Role::Text)
            .and(format!(", {since} ago"), Role::Muted)
            .to(Some(Link::Exception(case.id)))
            .hanging(HANG),
    ];
    let under = |text: String, role: Role| {
        DocLine::of(pad("", hang), Role::Text)
            .and(text, role)
            .hanging(HANG)
    };
    for (at, order) in late.orders.iter().enumerate() {
        lines.push(under(place(order, at == 0, now), Role::Text));
    }
    lines.push(match answer(case) {
        Some(said) => under(said, Role::Ok),
        None => under("the floor has not answered".to_owned(), Role::Warn),
    });
    lines.push(DocLine::blank());
    lines
}

/// `Part Picked in the warehouse since 09:12, promise 1h10`; with its number where it is not the first.
fn place(order: &OrderRow, is_first: bool, now: Ts) -> String {
    let number = if is_first {
        String::new()
    } else {
        format!("order {}: ", order.number)
    };
    let status = order.wms_status.as_deref().unwrap_or("not");
    let since = words::hour(order.state_since, now);
    let mut text = format!("{number}{status} in the warehouse since {since}");
    if let Some(ship_by) = order.ship_by.filter(|_| order.despatched_at.is_none()) {
        let left = time_left(ship_by.since(now).as_secs());
        text.push_str(&format!(", promise {left}"));
    }
    text
}

/// What is known of the floor's answer, from what the case is doing.
fn answer(case: &ExceptionRow) -> Option<String> {
    match case.state {
        ExceptionState::FixedPending => {
            Some("said to be stopped: both systems are being read".to_owned())
        }
        ExceptionState::Waiting => {
            let who = case.waiting_for.as_deref().unwrap_or("somebody");
            Some(format!("waits for {who}"))
        }
        _ => None,
    }
}
