//! What left, cut at the borders of a month, and the despatches on which warehouse and books do not agree.

use crate::config::PairConfig;
use crate::domain::delivery::{DeliveryRow, DeliveryState, Intent};
use crate::domain::ids::OrderId;
use crate::domain::month::{Cut, Period, cut};
use crate::domain::policy::FinanceBasis;
use crate::domain::time::{Span, Ts};
use crate::store::{Bounded, LeftKey, LeftRow, Store, StoreResult};
use serde::Serialize;
use std::collections::HashSet;

/// Despatches read at a time.
const PAGE: usize = 500;
/// How long before the month goods may have left that are recognised in it. What is older is settled, or in the open
/// debts.
const LOOK_BACK: Span = Span::days(92);
/// Most differences listed; the others are counted.
const LINES_MAX: usize = 200;

/// How much left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CutSum {
    pub orders: i64,
    pub despatches: i64,
    pub units: i64,
}

/// A despatch that lies on another side of a border than its recognition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CutLine {
    pub cut: Cut,
    pub order: String,
    pub wms_number: String,
    pub despatch: String,
    pub left_at: Ts,
    pub units: i64,
    /// Of the whole order: the store keeps no value of a despatch.
    pub order_value_minor: i64,
    pub currency: String,
    pub shown_at: Option<Ts>,
    /// Why the source does not show it, in words; empty when it does.
    pub why: String,
}

/// A month's despatches.
#[derive(Debug, Clone, Serialize)]
pub struct Cuts {
    /// Left the warehouse in the month.
    pub left: CutSum,
    /// Of those, shown by the source before its end.
    pub within: CutSum,
    /// Shown after its end.
    pub late: CutSum,
    /// Not shown yet.
    pub open: CutSum,
    /// Left before the month, shown in it.
    pub brought_in: CutSum,
    /// Left before the month, not shown by its end.
    pub older: CutSum,
    /// Recognised in the month by the pair's basis.
    pub recognised: CutSum,
    /// Differences, the worthiest orders first.
    pub lines: Bounded<CutLine>,
}

/// Counts one kind of despatch.
#[derive(Default)]
struct Counter {
    sum: CutSum,
    orders: HashSet<OrderId>,
    despatch: String,
}

impl Counter {
    fn add(&mut self, row: &LeftRow) {
        self.orders.insert(row.order);
        // Rows come in the order of despatches: one that left at two moments is counted once.
        if self.despatch != row.despatch {
            self.despatch.clone_from(&row.despatch);
            self.sum.despatches += 1;
        }
        self.sum.units = self.sum.units.saturating_add(row.units);
    }

    fn total(&self) -> CutSum {
        CutSum {
            orders: i64::try_from(self.orders.len()).unwrap_or(i64::MAX),
            ..self.sum
        }
    }
}

#[derive(Default)]
struct Counters {
    left: Counter,
    within: Counter,
    late: Counter,
    open: Counter,
    brought_in: Counter,
    older: Counter,
    recognised: Counter,
    lines: Vec<CutLine>,
    lines_total: i64,
}

impl Counters {
    fn add(&mut self, row: &LeftRow, shown: &Result<Ts, String>, at: Cut, basis: FinanceBasis) {
        let is_of_month = matches!(at, Cut::Within | Cut::Late | Cut::Open);
        if is_of_month {
            self.left.add(row);
        }
        let is_recognised = match basis {
            FinanceBasis::DespatchData => is_of_month,
            FinanceBasis::SourceReports | FinanceBasis::Ledger => {
                matches!(at, Cut::Within | Cut::BroughtIn)
            }
        };
        if is_recognised {
            self.recognised.add(row);
        }
        let counter = match at {
            Cut::Within => &mut self.within,
            Cut::Late => &mut self.late,
            Cut::Open => &mut self.open,
            Cut::BroughtIn => &mut self.brought_in,
            Cut::Older => &mut self.older,
            Cut::Elsewhere => return,
        };
        counter.add(row);
        if at != Cut::Within {
            self.list(row, shown, at);
        }
    }

    fn list(&mut self, row: &LeftRow, shown: &Result<Ts, String>, at: Cut) {
        self.lines_total += 1;
        self.lines.push(CutLine {
            cut: at,
            order: row.number.clone(),
            wms_number: row.wms_number.0.clone(),
            despatch: row.despatch.clone(),
            left_at: row.left_at,
            units: row.units,
            order_value_minor: row.value_minor,
            currency: row.currency.clone(),
            shown_at: shown.as_ref().ok().copied(),
            why: shown.as_ref().err().cloned().unwrap_or_default(),
        });
        if self.lines.len() >= 2 * LINES_MAX {
            self.keep_the_worthiest();
        }
    }

    fn keep_the_worthiest(&mut self) {
        self.lines.sort_by(|a, b| {
            (b.order_value_minor, a.left_at, &a.despatch).cmp(&(
                a.order_value_minor,
                b.left_at,
                &b.despatch,
            ))
        });
        self.lines.truncate(LINES_MAX);
    }
}

/// Reads what left for a pair, page by page.
pub async fn read(store: &Store, pair: &PairConfig, period: Period) -> StoreResult<Cuts> {
    let span = Period {
        from: period.from - LOOK_BACK,
        to: period.to,
    };
    let mut found = Counters::default();
    let mut after = LeftKey::first();
    loop {
        let of = (&pair.id, &pair.warehouse);
        let page = store.left(of, span, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.key();
        let orders: HashSet<OrderId> = page.iter().map(|r| r.order).collect();
        let orders: Vec<OrderId> = orders.into_iter().collect();
        let told = store.confirmations_of(&orders).await?;
        for row in &page {
            let own = told.get(&row.order).map_or(&[][..], Vec::as_slice);
            let shown = shown(row, own);
            let at = cut(period, row.left_at, shown.as_ref().ok().copied());
            found.add(row, &shown, at, pair.policy.finance_basis);
        }
    }
    found.keep_the_worthiest();
    Ok(Cuts {
        left: found.left.total(),
        within: found.within.total(),
        late: found.late.total(),
        open: found.open.total(),
        brought_in: found.brought_in.total(),
        older: found.older.total(),
        recognised: found.recognised.total(),
        lines: Bounded {
            rows: found.lines,
            total: found.lines_total,
        },
    })
}

/// When the source showed a despatch, or why it does not: by what was written about it, else by the order.
fn shown(row: &LeftRow, deliveries: &[DeliveryRow]) -> Result<Ts, String> {
    let confirms = |d: &&DeliveryRow| {
        !matches!(
            d.state,
            DeliveryState::Superseded | DeliveryState::Cancelled
        ) && matches!(d.intent, Intent::ConfirmDespatch(_))
    };
    let all: Vec<&DeliveryRow> = deliveries.iter().filter(confirms).collect();
    let names = |d: &&&DeliveryRow| match &d.intent {
        Intent::ConfirmDespatch(intent) => {
            intent.number == row.wms_number && intent.despatches.iter().any(|n| n.0 == row.despatch)
        }
        _ => false,
    };
    let mine: Vec<&DeliveryRow> = all.iter().filter(names).copied().collect();
    if let Some(waiting) = mine.iter().find(|d| d.state != DeliveryState::Applied) {
        let state = waiting.state.as_str().replace('_', " ");
        return Err(match waiting.last_text.as_str() {
            "" => format!("its confirmation is {state}"),
            text => format!("its confirmation is {state}: {text}"),
        });
    }
    let ended = |many: &[&DeliveryRow]| many.iter().map(|d| d.updated_at).max();
    match (ended(&mine), row.confirmed_at) {
        // The last confirmation makes the order confirmed: the source's own time of it is the better one.
        (Some(at), Some(of_order)) if Some(at) == ended(&all) => Ok(of_order.min(at)),
        (Some(at), _) | (None, Some(at)) => Ok(at),
        (None, None) => Err(match row.state.as_str() {
            "new" | "waiting" => "it waits for its order or its label".to_owned(),
            "ignored" => "nothing was left to be told when it was read".to_owned(),
            _ => "no confirmation of it is under way".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
