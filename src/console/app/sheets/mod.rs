//! Documents built from answers: what a page says about its object.

pub mod bulk;
pub mod call;
pub mod checks;
pub mod delivery;
pub mod exception;
pub mod flow;
pub mod handbook;
pub mod item;
pub mod lane;
pub mod late;
pub mod order;
pub mod records;
pub mod returns;
pub mod slow;
pub mod stock_days;
pub mod why;

use super::doc::{DocLine, link_of, pad};
use super::words;
use crate::console::theme::Role;
use crate::domain::ids::{ExceptionId, PairId};
use crate::domain::time::Ts;
use crate::store::Present;
use crate::store::read::JournalRow;

/// Lines of a timeline, newest first.
pub fn timeline(rows: &[JournalRow], now: Ts, pair: Option<&PairId>) -> Vec<DocLine> {
    if rows.is_empty() {
        return vec![DocLine::of(
            "Nothing has been written about it yet.",
            Role::Muted,
        )];
    }
    rows.iter()
        .rev()
        .map(|row| {
            let mut line = DocLine::of(pad(&words::clock(row.at, now), 13), Role::Muted)
                .and(pad(&row.actor, 16), Role::Text)
                .and(" ", Role::Text)
                .and(row.action.clone(), Role::Accent);
            let change = change_words(&row.before, &row.after);
            if !change.is_empty() {
                line = line.and(format!("  {change}"), Role::Text);
            }
            if !row.reason.is_empty() {
                line = line.and(format!("  {}", row.reason), Role::Muted);
            }
            let link = row
                .payload
                .map(super::doc::Link::Payload)
                .or_else(|| link_of(&row.object, row.pair.as_ref().or(pair)));
            line.to(link).hanging(13)
        })
        .collect()
}

/// Who else looks at the same thing, where somebody does.
pub fn others(others: &[Present], now: Ts) -> Option<DocLine> {
    let named: Vec<String> = others
        .iter()
        .map(|one| format!("{} since {}", one.who, words::hour(one.since, now)))
        .collect();
    if named.is_empty() {
        return None;
    }
    let line = DocLine::of("also here ", Role::Muted);
    Some(line.and(named.join(", "), Role::Warn).hanging(10))
}

/// `before → after`, or whichever there is.
pub fn change_words(before: &str, after: &str) -> String {
    match (before.is_empty(), after.is_empty()) {
        (true, true) => String::new(),
        (true, false) => after.to_owned(),
        (false, true) => format!("{before} → (gone)"),
        (false, false) => format!("{before} → {after}"),
    }
}

/// Lines about the exceptions that touch an object.
pub fn exceptions(list: &[(ExceptionId, String, String)]) -> Vec<DocLine> {
    if list.is_empty() {
        return vec![DocLine::of("No open exception.", Role::Ok)];
    }
    list.iter()
        .map(|(id, kind, detail)| {
            DocLine::of(pad(kind, 26), Role::Link)
                .and(format!(" {detail}"), Role::Text)
                .to(Some(super::doc::Link::Exception(*id)))
                .hanging(4)
        })
        .collect()
}
