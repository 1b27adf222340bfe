//! What a rehearsal tells: throughput, lag, calls, exceptions, faults, verdicts.

use super::{Plan, RehearsalError, Rig, Verdict};
use crate::domain::time::{Span, Ts};
use crate::sandbox::{CallStats, PvxStatus, SimSystem, calls_per_minute};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The report of one rehearsal.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Report {
    pub replay: String,
    pub seed: u64,
    pub orders_placed: usize,
    pub orders_in_warehouse: usize,
    pub orders_despatched: usize,
    pub orders_confirmed: i64,
    /// Milliseconds from despatch to confirmation: half, 95 of 100, 99 of 100.
    pub confirm_ms_p50: i64,
    pub confirm_ms_p95: i64,
    pub confirm_ms_p99: i64,
    pub calls_warehouse: u64,
    pub calls_source: u64,
    pub calls_per_1000_orders: u64,
    /// Calls per method, most first.
    pub calls_by_method: Vec<(String, u64)>,
    /// Each limit and how full its busiest hour was, percent, fullest first.
    pub busiest_hour: Vec<(String, u64)>,
    pub refusals_own: u64,
    pub deaths: u64,
    pub steps: u64,
    pub faults: Vec<(String, u64)>,
    pub exceptions_open: i64,
    pub exceptions_resolved: i64,
    pub exceptions_by_kind: Vec<(String, i64)>,
    /// Time from the last fault to rest.
    pub rest_minutes: i64,
    /// Stands for everything that happened in the systems; a seed that is played again has it again.
    pub fingerprint: u64,
    pub verdicts: Vec<Verdict>,
}

/// Limits named in the text.
const LIMITS_SHOWN_MAX: usize = 5;
/// Latencies read for the percentiles.
const LATENCIES_MAX: usize = 200_000;

fn by_method(calls: &CallStats) -> Vec<(String, u64)> {
    let mut methods: Vec<(String, u64)> = calls
        .by_method
        .iter()
        .map(|((system, method), n)| (format!("{system} {method}"), *n))
        .collect();
    methods.sort_by_key(|(method, n)| (std::cmp::Reverse(*n), method.clone()));
    methods
}

/// How much of every limit was used in the 60 minutes that used most of it. The warehouse publishes none: what it was given
/// here counts.
fn busiest_hour(calls: &CallStats, warehouse_per_minute: Option<u32>) -> Vec<(String, u64)> {
    let mut minutes: BTreeMap<(SimSystem, &str), BTreeMap<i64, u64>> = BTreeMap::new();
    for ((minute, system, method), n) in &calls.by_minute {
        // Linnworks limits every method by itself, the others the whole.
        let method = if *system == SimSystem::Linnworks {
            method
        } else {
            ""
        };
        let counts = minutes.entry((*system, method)).or_default();
        *counts.entry(*minute).or_default() += u64::from(*n);
    }
    let mut out: Vec<(String, u64)> = minutes
        .into_iter()
        .map(|((system, method), counts)| {
            let own = warehouse_per_minute.filter(|_| system == SimSystem::Peoplevox);
            let per_minute = u64::from(own.unwrap_or_else(|| calls_per_minute(system, method)));
            let most = (counts.keys())
                .map(|from| counts.range(*from..*from + 60).map(|(_, n)| n).sum::<u64>())
                .max()
                .unwrap_or(0);
            let limit = format!("{system} {method}");
            let limit = format!("{}'s {per_minute} calls a minute", limit.trim_end());
            (limit, most * 100 / (per_minute * 60).max(1))
        })
        .collect();
    out.sort_by_key(|(limit, percent)| (std::cmp::Reverse(*percent), limit.clone()));
    out
}

impl Report {
    /// Collects the figures from sandbox and store.
    pub async fn new(
        plan: &Plan,
        rig: &Rig,
        started: Ts,
        trading_ended: Ts,
        rested: Ts,
        verdicts: Vec<Verdict>,
    ) -> Result<Self, RehearsalError> {
        let totals = rig.store.totals().await?;
        let mut latencies = rig
            .store
            .confirm_latencies_ms(started, LATENCIES_MAX)
            .await?;
        latencies.sort_unstable();
        let calls = rig.sandbox.calls();
        let (placed, present, despatched) = rig.sandbox.inspect(|world| {
            let trades = |s: SimSystem| rig.pairs.iter().any(|(own, _)| *own == s);
            let ours = || {
                let orders = world.pvx.orders.iter();
                orders.filter(|o| world.source_of(&o.number).is_some_and(trades))
            };
            (
                world.lw.orders.len() + world.shop.orders.len() + world.cin7.sales.len(),
                ours().count(),
                ours().filter(|o| o.status == PvxStatus::Despatched).count(),
            )
        });
        let (warehouse, source) = (
            calls.total(SimSystem::Peoplevox),
            rig.pairs.iter().map(|(s, _)| calls.total(*s)).sum(),
        );
        Ok(Self {
            replay: plan.replay(),
            seed: plan.seed,
            orders_placed: placed,
            orders_in_warehouse: present,
            orders_despatched: despatched,
            orders_confirmed: latencies.len() as i64,
            confirm_ms_p50: percentile(&latencies, 50),
            confirm_ms_p95: percentile(&latencies, 95),
            confirm_ms_p99: percentile(&latencies, 99),
            calls_warehouse: warehouse,
            calls_source: source,
            calls_per_1000_orders: (warehouse + source) * 1_000 / placed.max(1) as u64,
            calls_by_method: by_method(&calls),
            busiest_hour: busiest_hour(&calls, rig.options.warehouse_per_minute),
            refusals_own: calls.throttled_own,
            deaths: rig.deaths,
            steps: rig.steps,
            faults: rig
                .sandbox
                .faults_fired()
                .into_iter()
                .map(|(code, n)| (code.to_owned(), n))
                .collect(),
            exceptions_open: totals.exceptions_open,
            exceptions_resolved: totals.exceptions_resolved,
            exceptions_by_kind: totals.exceptions_by_kind,
            rest_minutes: Span(rested.since(trading_ended).0.max(0)).as_secs() / 60,
            fingerprint: rig.sandbox.fingerprint(),
            verdicts,
        })
    }

    /// Whether every rule held.
    pub fn is_green(&self) -> bool {
        self.verdicts.iter().all(Verdict::holds)
    }

    /// The report as text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut line = |label: &str, value: String| {
            let _ = writeln!(out, "{label:<34}{value}");
        };
        line("orders placed", self.orders_placed.to_string());
        line("in the warehouse", self.orders_in_warehouse.to_string());
        line("despatched", self.orders_despatched.to_string());
        line("confirmed in the source", self.orders_confirmed.to_string());
        let secs = |ms: i64| format!("{:.1} s", ms as f64 / 1_000.0);
        line(
            "despatch to confirmation",
            format!(
                "half within {}, 95 % within {}, 99 % within {}",
                secs(self.confirm_ms_p50),
                secs(self.confirm_ms_p95),
                secs(self.confirm_ms_p99)
            ),
        );
        line("calls to the warehouse", self.calls_warehouse.to_string());
        line("calls to the sources", self.calls_source.to_string());
        line(
            "calls per 1,000 orders",
            self.calls_per_1000_orders.to_string(),
        );
        for (limit, percent) in self.busiest_hour.iter().take(LIMITS_SHOWN_MAX) {
            line("busiest hour", format!("{percent} % of {limit}"));
        }
        line("429 of our own making", self.refusals_own.to_string());
        line("process deaths", self.deaths.to_string());
        line(
            "minutes from last fault to rest",
            self.rest_minutes.to_string(),
        );
        line(
            "exceptions open / resolved",
            format!("{} / {}", self.exceptions_open, self.exceptions_resolved),
        );
        for (kind, n) in &self.exceptions_by_kind {
            line(&format!("  {kind}"), n.to_string());
        }
        if !self.faults.is_empty() {
            line(
                "faults",
                self.faults.iter().map(|(_, n)| n).sum::<u64>().to_string(),
            );
            for (code, n) in &self.faults {
                line(&format!("  {code}"), n.to_string());
            }
        }
        out.push('\n');
        for verdict in &self.verdicts {
            let word = if verdict.holds() { "holds " } else { "BROKEN" };
            let _ = writeln!(out, "{word}  {:<8}  {}", verdict.code, verdict.rule);
            for object in &verdict.broken {
                let _ = writeln!(out, "                  {object}");
            }
        }
        if !self.is_green() {
            let _ = writeln!(out, "\nplay it again: {}", self.replay);
        }
        out
    }
}

fn percentile(sorted: &[i64], percent: usize) -> i64 {
    if sorted.is_empty() {
        return 0;
    }
    let at = (sorted.len() * percent)
        .div_ceil(100)
        .saturating_sub(1)
        .min(sorted.len() - 1);
    sorted.get(at).copied().unwrap_or(0)
}
