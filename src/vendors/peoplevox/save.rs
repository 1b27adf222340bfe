//! `SaveData`: rows out, one outcome per row back.

use super::client::detail_text;
use super::soap::{Reply, RowStatus};
use crate::domain::delivery::AnswerClass;
use crate::text::clean_to;
use crate::vendors::RowOutcome;
use crate::vendors::transport::TEXT_CHARS_MAX;
use std::collections::{HashMap, VecDeque};

/// Result of one row sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowResult {
    /// Applied, Rejected or Unknown.
    pub class: AnswerClass,
    pub text: String,
}

/// Most `Line n : …` messages read from one detail.
const MESSAGES_MAX: usize = 1_000;

/// Judges the rows of one call. `keys` are the references in the order sent (a key may stand several times).
///
/// - Statuses are matched by reference, repeated references in order; rows the answer leaves out are unknown.
///   Only when no status names a reference and their count is the rows' count do they count by position.
/// - A call that failed without statuses rejected every row. A call that succeeded without statuses proves nothing: unknown.
/// - A call that failed although it calls rows successful is believed only as far as its own count of saved rows goes.
pub fn judge_rows(keys: &[&str], reply: &Reply) -> Vec<RowResult> {
    let detail = detail_text(reply);
    if reply.statuses.is_empty() {
        return without_statuses(keys, reply, &detail);
    }
    let statuses = matched(keys, reply);
    let successes = statuses
        .iter()
        .filter(|s| **s == Some(RowStatus::Success))
        .count();
    let saved = reply.total.and_then(|n| usize::try_from(n).ok());
    let has_error = reply
        .statuses
        .iter()
        .any(|s| s.status != RowStatus::Success);
    let is_success_believed =
        reply.response_id == 0 || (has_error && saved.is_none_or(|n| n >= successes));
    let messages = messages(&reply.detail);
    let shift = shift(&messages, &statuses);
    statuses
        .iter()
        .enumerate()
        .map(|(at, status)| match status {
            Some(RowStatus::Success) if is_success_believed => RowResult {
                class: AnswerClass::Applied,
                text: String::new(),
            },
            Some(RowStatus::Success) => unknown(format!(
                "the row is called a success in a call that failed: {detail}"
            )),
            Some(RowStatus::Error) => RowResult {
                class: AnswerClass::Rejected,
                text: row_text(&messages, at + 1 + shift, &detail),
            },
            Some(RowStatus::Other) => unknown("the row's result is a word we do not know".into()),
            None => unknown("the answer leaves this row out".into()),
        })
        .collect()
}

fn unknown(text: String) -> RowResult {
    RowResult {
        class: AnswerClass::Unknown,
        text: clean_to(&text, TEXT_CHARS_MAX),
    }
}

fn without_statuses(keys: &[&str], reply: &Reply, detail: &str) -> Vec<RowResult> {
    if reply.response_id == 0 {
        let text = "the answer names no rows";
        return keys.iter().map(|_| unknown(text.to_owned())).collect();
    }
    let messages = messages(&reply.detail);
    let fits = messages.keys().all(|n| (1..=keys.len()).contains(n));
    keys.iter()
        .enumerate()
        .map(|(at, _)| {
            let own = messages.get(&(at + 1)).filter(|_| fits);
            let text = match own {
                Some(text) => text.clone(),
                None if detail.is_empty() => "refused without a reason".to_owned(),
                None if messages.is_empty() => detail.to_owned(),
                None => format!("not saved because other rows failed: {detail}"),
            };
            RowResult {
                class: AnswerClass::Rejected,
                text: clean_to(&text, TEXT_CHARS_MAX),
            }
        })
        .collect()
}

fn matched(keys: &[&str], reply: &Reply) -> Vec<Option<RowStatus>> {
    let is_nameless = reply.statuses.iter().all(|s| s.reference.is_empty());
    if is_nameless && reply.statuses.len() == keys.len() {
        return reply.statuses.iter().map(|s| Some(s.status)).collect();
    }
    let mut by_key: HashMap<&str, VecDeque<RowStatus>> = HashMap::new();
    for row in &reply.statuses {
        by_key
            .entry(row.reference.as_str())
            .or_default()
            .push_back(row.status);
    }
    keys.iter()
        .map(|key| by_key.get_mut(key.trim()).and_then(VecDeque::pop_front))
        .collect()
}

/// `Line n : text` messages by their number.
fn messages(detail: &str) -> HashMap<usize, String> {
    let mut out = HashMap::new();
    for line in detail.lines().take(MESSAGES_MAX) {
        let line = line.trim();
        let Some(rest) = line.get(..4).filter(|w| w.eq_ignore_ascii_case("line")) else {
            continue;
        };
        let Some((number, text)) = line[rest.len()..].split_once(':') else {
            continue;
        };
        if let Ok(n) = number.trim().parse::<usize>() {
            out.entry(n)
                .or_insert_with(|| clean_to(text.trim(), TEXT_CHARS_MAX));
        }
    }
    out
}

/// Whether line numbers count the header: 0 when every message fits a failed row as is, 1 when they fit one line further down.
fn shift(messages: &HashMap<usize, String>, statuses: &[Option<RowStatus>]) -> usize {
    let fits = |shift: usize| {
        messages.keys().all(|n| {
            n.checked_sub(1 + shift)
                .and_then(|at| statuses.get(at))
                .is_some_and(|s| *s == Some(RowStatus::Error))
        })
    };
    usize::from(!fits(0) && fits(1))
}

fn row_text(messages: &HashMap<usize, String>, line: usize, detail: &str) -> String {
    match messages.get(&line) {
        Some(text) => text.clone(),
        None if detail.is_empty() => "refused without a reason".to_owned(),
        None => detail.to_owned(),
    }
}

/// Folds row results into one outcome per key, the worst of its rows: unknown, then rejected, then applied.
pub fn worst_by_key(keys: &[&str], results: Vec<RowResult>) -> Vec<RowOutcome> {
    let rank = |class: AnswerClass| match class {
        AnswerClass::Applied => 0,
        AnswerClass::Rejected => 1,
        _ => 2,
    };
    let mut order: Vec<&str> = Vec::new();
    let mut worst: HashMap<&str, RowResult> = HashMap::new();
    for (key, result) in keys.iter().zip(results) {
        match worst.get_mut(key) {
            None => {
                order.push(key);
                worst.insert(key, result);
            }
            Some(held) if rank(result.class) > rank(held.class) => *held = result,
            Some(_) => {}
        }
    }
    order
        .into_iter()
        .filter_map(|key| {
            worst.remove(key).map(|result| RowOutcome {
                key: key.to_owned(),
                class: result.class,
                text: result.text,
            })
        })
        .collect()
}
