//! What a run did: the table at the end of a demo or a bounded sync.

use super::table::{Column, Table};
use crate::domain::time::Span;
use crate::store::read::Totals;
use serde::Serialize;

/// A run's figures as JSON.
#[derive(Debug, Clone, Serialize)]
pub struct RunSummary {
    /// Time the run took, microseconds.
    pub elapsed: Span,
    pub totals: Totals,
    /// Vendor calls made.
    pub calls: i64,
}

/// The figure at least `percent` of the ascending ones do not exceed; `None` without figures.
pub(super) fn percentile(ascending: &[i64], percent: usize) -> Option<i64> {
    let rank = (ascending.len() * percent).div_ceil(100);
    ascending.get(rank.checked_sub(1)?).copied()
}

impl RunSummary {
    /// The summary as a table of two columns.
    pub fn table(&self) -> Table {
        let mut table = Table::new(&[Column::text("what"), Column::number("figure")]);
        let mut row = |what: &str, figure: String| table.row([what.to_owned(), figure]);
        let t = &self.totals;
        row(
            "seconds",
            format!("{:.1}", self.elapsed.as_ms() as f64 / 1_000.0),
        );
        row("orders seen", t.orders.to_string());
        for (state, n) in &t.orders_by_state {
            row(&format!("orders {state}"), n.to_string());
        }
        for (state, n) in &t.deliveries_by_state {
            row(&format!("deliveries {state}"), n.to_string());
        }
        row("exceptions open", t.exceptions_open.to_string());
        row("exceptions resolved", t.exceptions_resolved.to_string());
        for (kind, n) in &t.exceptions_by_kind {
            row(&format!("exceptions {kind}"), n.to_string());
        }
        row("vendor calls", self.calls.to_string());
        if t.orders > 0 {
            let per_thousand = self.calls as f64 * 1_000.0 / t.orders as f64;
            row("calls per 1,000 orders", format!("{per_thousand:.0}"));
        }
        let mut latencies = t.confirmed_latency_ms.clone();
        latencies.sort_unstable();
        for percent in [50, 95, 99] {
            if let Some(ms) = percentile(&latencies, percent) {
                row(
                    &format!("despatched to confirmed, {percent} % within, s"),
                    format!("{:.1}", ms as f64 / 1_000.0),
                );
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_figures_that_were_really_seen() {
        assert_eq!(percentile(&[], 95), None);
        assert_eq!(percentile(&[5], 99), Some(5));
        let hundred: Vec<i64> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 50), Some(50));
        assert_eq!(percentile(&hundred, 95), Some(95));
    }

    #[test]
    fn a_run_is_summed_up_with_its_calls_per_thousand_orders() {
        let summary = RunSummary {
            elapsed: Span::secs(60),
            totals: Totals {
                orders: 500,
                orders_by_state: vec![("confirmed".into(), 480)],
                confirmed_latency_ms: vec![9_000, 1_000],
                ..Totals::default()
            },
            calls: 100,
        };
        let text = summary.table().show(None);
        let figure = |what: &str| {
            text.lines()
                .find(|l| l.starts_with(what))
                .and_then(|l| l.split_whitespace().last().map(str::to_owned))
        };
        assert_eq!(figure("orders confirmed").as_deref(), Some("480"));
        assert_eq!(figure("calls per 1,000").as_deref(), Some("200"));
        assert_eq!(
            figure("despatched to confirmed, 95").as_deref(),
            Some("9.0")
        );
    }
}
