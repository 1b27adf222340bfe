//! The shift report: what the next shift must know, in Markdown.

use super::markup::cell;
use super::print::at;
use super::summary::percentile;
use crate::domain::exception::ExceptionRow;
use crate::domain::filter::Filter;
use crate::domain::time::{Span, Ts};
use crate::store::read::{Anchor, DebtRow, ExceptionCount, FlowLive, ListQuery, SystemRow, Totals};
use crate::store::{Store, StoreResult};
use crate::text::{age, clean, count, money, time_left};
use serde::Serialize;

/// Most exceptions listed one by one.
const EXCEPTIONS_MAX: usize = 25;
/// Most debts listed one by one.
const DEBTS_MAX: usize = 25;
/// Most confirmations the latency figures are made of.
const LATENCIES_MAX: usize = 100_000;

/// What a shift report is made of. Times are microseconds since 1970, UTC.
#[derive(Debug, Clone, Serialize)]
pub struct ShiftFacts {
    pub at: Ts,
    /// How far back figures of the shift reach.
    pub since: Ts,
    pub counts: Vec<ExceptionCount>,
    /// Nearest to their promise first.
    pub exceptions: Vec<ExceptionRow>,
    pub exceptions_total: i64,
    pub flows: Vec<FlowLive>,
    pub systems: Vec<SystemRow>,
    pub debts: Vec<DebtRow>,
    pub totals: Totals,
    /// Despatch to confirmation of orders confirmed in the shift, milliseconds, ascending.
    pub confirm_latency_ms: Vec<i64>,
    /// Broken invariants, one line each; empty when all hold.
    pub invariants: Vec<String>,
}

/// Reads what the report needs.
///
/// # Errors
/// When the store cannot be read.
pub async fn shift_facts(store: &Store, now: Ts, shift: Span) -> StoreResult<ShiftFacts> {
    let since = now - shift;
    let query = ListQuery {
        filter: Filter::default(),
        sort: "promise".to_owned(),
        is_descending: false,
        anchor: Anchor::First,
        limit: EXCEPTIONS_MAX,
        now,
    };
    let window = store.exceptions(&query).await?;
    let mut confirm_latency_ms = store.confirm_latencies_ms(since, LATENCIES_MAX).await?;
    confirm_latency_ms.sort_unstable();
    Ok(ShiftFacts {
        at: now,
        since,
        counts: store.exception_counts().await?,
        exceptions_total: window.total,
        exceptions: window.rows.into_iter().map(|l| l.row).collect(),
        flows: store.flows_live(now).await?,
        systems: store.systems_live().await?,
        debts: store.debts(true, DEBTS_MAX).await?,
        totals: store.totals().await?,
        confirm_latency_ms,
        invariants: store.invariants(now).await?,
    })
}

/// The report as Markdown.
pub fn shift_markdown(f: &ShiftFacts) -> String {
    let mut out = format!(
        "# Shift report\n\n{} UTC, looking back to {} UTC\n\n",
        at(Some(f.at)),
        at(Some(f.since))
    );
    teams(&mut out, f);
    open_exceptions(&mut out, f);
    despatch(&mut out, f);
    flows(&mut out, f);
    debts(&mut out, f);
    out.push_str("## Invariants\n\n");
    if f.invariants.is_empty() {
        out.push_str("All hold.\n");
    } else {
        for line in &f.invariants {
            out.push_str(&format!("- {}\n", clean(line)));
        }
    }
    out
}

fn teams(out: &mut String, f: &ShiftFacts) {
    out.push_str("## Exceptions by team\n\n");
    if f.counts.is_empty() {
        out.push_str("Nothing is open.\n\n");
        return;
    }
    out.push_str(
        "| team | severity | open | not acknowledged | nearest promise |\n|---|---|--:|--:|---|\n",
    );
    for c in &f.counts {
        let promise = c
            .earliest_ship_by
            .map(|t| time_left(t.since(f.at).as_secs()))
            .unwrap_or_default();
        out.push_str(&format!(
            "| {} | {} | {} | {} | {promise} |\n",
            c.team, c.severity, c.open, c.unacknowledged
        ));
    }
    out.push('\n');
}

fn open_exceptions(out: &mut String, f: &ShiftFacts) {
    if f.exceptions.is_empty() {
        return;
    }
    out.push_str("## Open exceptions, nearest promise first\n\n");
    out.push_str("| no. | severity | what | members | value | age | promise | state | who | next step |\n|--:|---|---|--:|--:|---|---|---|---|---|\n");
    for e in &f.exceptions {
        let entry = e.kind.entry();
        let who = match &e.person {
            Some(person) => format!("{person} ({})", e.team),
            None => e.team.to_string(),
        };
        let promise = e
            .ship_by
            .map(|t| time_left(t.since(f.at).as_secs()))
            .unwrap_or_default();
        out.push_str(&format!(
            "| {} | {} | {}: {} | {} | {} | {} | {promise} | {} | {} | {} |\n",
            e.id,
            e.severity,
            cell(entry.title),
            cell(&e.discriminator),
            e.members,
            money(e.value_minor),
            age(f.at.since(e.began_at).as_secs()),
            e.state,
            cell(&who),
            cell(entry.next_step)
        ));
    }
    let more = f.exceptions_total - i64::try_from(f.exceptions.len()).unwrap_or(i64::MAX);
    if more > 0 {
        out.push_str(&format!(
            "\nand {} more.\n",
            count(more, "exception", "exceptions")
        ));
    }
    out.push('\n');
}

fn despatch(out: &mut String, f: &ShiftFacts) {
    out.push_str("## Orders\n\n");
    for (state, n) in &f.totals.orders_by_state {
        out.push_str(&format!("- {}: {n}\n", cell(state)));
    }
    let figures = [50, 95, 99].map(|p| percentile(&f.confirm_latency_ms, p));
    match figures {
        [Some(p50), Some(p95), Some(p99)] => out.push_str(&format!(
            "\nDespatched to confirmed in this shift ({}): half within {:.1} s, 95 % within {:.1} s, 99 % within {:.1} s.\n\n",
            count(i64::try_from(f.confirm_latency_ms.len()).unwrap_or(i64::MAX), "order", "orders"),
            p50 as f64 / 1_000.0,
            p95 as f64 / 1_000.0,
            p99 as f64 / 1_000.0
        )),
        _ => out.push_str("\nNo order was confirmed in this shift.\n\n"),
    }
}

fn flows(out: &mut String, f: &ShiftFacts) {
    let troubled: Vec<&FlowLive> = f
        .flows
        .iter()
        .filter(|l| l.paused.is_some() || !l.is_last_ok || l.in_doubt > 0 || l.stuck > 0)
        .collect();
    out.push_str("## Flows and systems\n\n");
    for l in &troubled {
        let mut parts = Vec::new();
        if let Some(why) = &l.paused {
            parts.push(format!("paused: {}", clean(why)));
        }
        if !l.is_last_ok {
            parts.push(format!("last run failed: {}", clean(&l.last_note)));
        }
        if l.in_doubt > 0 {
            parts.push(format!("{} in doubt", l.in_doubt));
        }
        if l.stuck > 0 {
            parts.push(format!("{} stuck", l.stuck));
        }
        out.push_str(&format!("- {} {}: {}\n", l.pair, l.flow, parts.join("; ")));
    }
    let mut is_quiet = troubled.is_empty();
    for s in &f.systems {
        let is_leased = s.lease_until.is_some_and(|t| t > f.at);
        if !is_leased {
            is_quiet = false;
            out.push_str(&format!("- {}: no worker is serving it\n", s.system));
        }
        if let Some(why) = &s.live.auth_failed {
            is_quiet = false;
            out.push_str(&format!(
                "- {}: credentials refused: {}\n",
                s.system,
                clean(why)
            ));
        }
    }
    if is_quiet {
        out.push_str("All flows run, all systems are served.\n");
    }
    out.push('\n');
}

fn debts(out: &mut String, f: &ShiftFacts) {
    if f.debts.is_empty() {
        return;
    }
    out.push_str("## Open debt\n\nDismissed or skipped, and not yet shown to agree:\n\n");
    for d in &f.debts {
        out.push_str(&format!(
            "- exception {} {} {}: {} ({}, {})\n",
            d.exception,
            d.kind,
            cell(&d.label),
            cell(&d.reason),
            cell(&d.who),
            at(Some(d.at))
        ));
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::Kind;
    use crate::domain::exception::Severity;
    use crate::domain::exception::Team;
    use crate::domain::ids::ExceptionId;

    fn facts() -> ShiftFacts {
        ShiftFacts {
            at: Ts(0) + Span::hours(8),
            since: Ts(0),
            counts: vec![ExceptionCount {
                team: Team::Ecommerce,
                severity: Severity::S2,
                open: 3,
                unacknowledged: 1,
                earliest_ship_by: Some(Ts(0) + Span::hours(9)),
            }],
            exceptions: vec![],
            exceptions_total: 0,
            flows: vec![],
            systems: vec![],
            debts: vec![DebtRow {
                exception: ExceptionId(7),
                kind: Kind::DspConfirmFailed,
                label: "LW-1 | x".into(),
                reason: "carrier strike".into(),
                who: "sam".into(),
                at: Ts(0),
                settled_at: None,
            }],
            totals: Totals::default(),
            confirm_latency_ms: vec![1_000, 2_000, 90_000],
            invariants: vec!["two orders hold LW-9".into()],
        }
    }

    #[test]
    fn a_shift_report_says_who_has_what_and_how_long_it_can_wait() {
        let text = shift_markdown(&facts());
        for part in [
            "| ecommerce | S2 | 3 | 1 | 1h00 |",
            "- exception 7 DSP_CONFIRM_FAILED LW-1 \\| x: carrier strike (sam, 1970-01-01 00:00:00)",
            "(3 orders): half within 2.0 s, 95 % within 90.0 s, 99 % within 90.0 s.",
            "- two orders hold LW-9",
            "All flows run",
        ] {
            assert!(text.contains(part), "{part}\n---\n{text}");
        }
    }
}
