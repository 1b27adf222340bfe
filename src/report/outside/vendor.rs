//! A bundle for a vendor's support desk: ids, times in UTC, and the calls to their system with people masked.

use crate::domain::delivery::Attempt;
use crate::domain::ids::{PayloadId, SystemId};
use crate::domain::order::OrderFull;
use crate::report::body::{Masker, pretty};
use crate::report::evidence::Evidence;
use crate::report::markup::cell;
use crate::report::{Column, Table, at, opt};
use crate::store::read::{Exchange, PayloadText};
use crate::store::{Store, StoreResult};
use std::collections::BTreeMap;

/// Newest calls in one bundle.
const CALLS_MAX: usize = 20;
/// Lines of one body.
const BODY_LINES_MAX: usize = 400;

/// Calls of the order's deliveries to a system, by the number of their request.
pub(super) async fn calls(
    store: &Store,
    evidence: &Evidence,
    system: &SystemId,
) -> StoreResult<BTreeMap<PayloadId, Exchange>> {
    let mut ids: Vec<PayloadId> = attempts(evidence, system)
        .filter_map(|(_, a)| a.request.or(a.answer))
        .collect();
    ids.sort_unstable_by_key(|id| std::cmp::Reverse(id.0));
    ids.dedup();
    let mut out = BTreeMap::new();
    for id in ids.into_iter().take(CALLS_MAX) {
        if let Some(call) = store.exchange(id).await? {
            out.insert(id, call);
        }
    }
    Ok(out)
}

/// Attempts at a system, with the flow they belong to.
fn attempts<'a>(
    evidence: &'a Evidence,
    system: &'a SystemId,
) -> impl Iterator<Item = (&'a str, &'a Attempt)> {
    evidence
        .deliveries
        .iter()
        .filter(move |d| d.delivery.system == *system)
        .flat_map(|d| d.attempts.iter().map(|a| (d.delivery.flow.as_str(), a)))
}

/// The bundle.
pub(super) fn markdown(
    order: &OrderFull,
    evidence: &Evidence,
    system: &SystemId,
    calls: &BTreeMap<PayloadId, Exchange>,
) -> String {
    let row = &order.row;
    let sent = order.body.intent.as_ref().map(|i| &i.address);
    let addresses: Vec<_> = [Some(&order.body.source.address), sent]
        .into_iter()
        .flatten()
        .collect();
    let mut masker = Masker::knowing(&addresses);
    let mut out = format!(
        "# Order {} at {system}\n\nNames, addresses, e-mail addresses, telephone numbers and credentials are replaced by \
         words; the same word stands for the same value.\n\n## What it is about\n\n",
        cell(&row.number)
    );
    let facts = [
        ("order number", row.number.clone()),
        ("id in the source", row.source_id.0.clone()),
        ("reference", masker.text(&row.reference)),
        ("number in the warehouse", opt(row.wms_number.as_ref())),
        ("state", row.state.to_string()),
        ("status in the warehouse", opt(row.wms_status.as_ref())),
        ("blocked by", masker.text(&row.blocked_by)),
        ("pair", row.pair.to_string()),
        ("system", system.to_string()),
        (
            "program",
            format!(
                "tallyman {} on {} {}",
                env!("CARGO_PKG_VERSION"),
                std::env::consts::OS,
                std::env::consts::ARCH
            ),
        ),
        ("printed (UTC)", at(Some(evidence.printed_at))),
    ];
    for (name, value) in facts {
        if !value.trim().is_empty() {
            out.push_str(&format!("- {name}: {}\n", cell(&value)));
        }
    }
    out.push_str(&format!(
        "\n## Timeline (UTC)\n\n{}",
        timeline(evidence, system, &mut masker)
    ));
    out.push_str("\n## Calls\n");
    if calls.is_empty() {
        out.push_str("\nNo call about this order is kept.\n");
    }
    for (n, call) in calls.values().enumerate() {
        out.push_str(&call_text(n + 1, call, &mut masker));
    }
    out
}

/// What the order's own row tells, and every attempt at this system. What our people did is not theirs to read.
fn timeline(evidence: &Evidence, system: &SystemId, masker: &mut Masker) -> String {
    let mut moments: Vec<(crate::domain::time::Ts, String)> = evidence
        .record
        .iter()
        .filter(|m| matches!(m.from, "source" | "order" | "despatch"))
        .map(|m| (m.at, m.what.clone()))
        .collect();
    for (flow, attempt) in attempts(evidence, system) {
        let took = attempt.finished_at.since(attempt.started_at).as_ms();
        let text = format!(
            "{flow} attempt {}: {} after {took} ms {}",
            attempt.n, attempt.class, attempt.text
        );
        moments.push((attempt.started_at, text));
    }
    moments.sort_by_key(|m| m.0);
    let mut table = Table::new(&[Column::text("time"), Column::text("what")]);
    for (when, what) in moments {
        table.row([at(Some(when)), masker.text(what.trim_end())]);
    }
    table.markdown()
}

fn call_text(n: usize, call: &Exchange, masker: &mut Masker) -> String {
    let (request, answer) = call.bodies();
    let Some(first) = request.or(answer) else {
        return String::new();
    };
    let mut out = format!(
        "\n### {n}. {} at {}\n",
        cell(&first.method),
        at(Some(first.at))
    );
    for (name, body) in [("Request", request), ("Answer", answer)] {
        out.push_str(&format!("\n{name}:\n\n"));
        match body {
            Some(body) => out.push_str(&body_text(body, masker)),
            None => out.push_str("    none was kept\n"),
        }
    }
    out
}

/// Set out, masked, and moved in: an indented block cannot be ended by what stands in it.
fn body_text(text: &PayloadText, masker: &mut Masker) -> String {
    let Some(bytes) = &text.body else {
        return format!("    past its retention; SHA-256 {}\n", text.hash);
    };
    let shown = pretty(&String::from_utf8_lossy(bytes));
    let mut out = String::new();
    for line in shown.lines.iter().take(BODY_LINES_MAX) {
        out.push_str(&format!("    {}\n", masker.line(line)));
    }
    if shown.is_cut || shown.lines.len() > BODY_LINES_MAX {
        out.push_str("    … cut here\n");
    }
    out
}
