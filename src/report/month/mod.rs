//! The month-end sheet of a pair: what left the warehouse beside what the books of finance recognise, and why they differ.

mod cuts;
mod sheet;

pub use cuts::{CutLine, CutSum, Cuts};
pub use sheet::{month_csv, month_html, month_markdown};

use crate::config::PairConfig;
use crate::domain::month::{Month, Period, zone_of};
use crate::domain::policy::{FinanceBasis, StockMode};
use crate::domain::time::Ts;
use crate::store::{
    BareRefund, Bounded, CameBack, MoneyBack, MoneyCase, MovedSum, OwedRow, PairDebt, Store,
    StoreResult, StrayRow,
};
use serde::Serialize;

/// Most rows of each list; the others are counted.
const ROWS_MAX: usize = 100;

/// What the sheet is made of.
#[derive(Debug, Clone, Serialize)]
pub struct MonthFacts {
    pub at: Ts,
    pub pairs: Vec<PairMonth>,
}

/// A month of one pair. What came back, exceptions and debts stand as they are now; the store keeps no past figures of
/// them.
#[derive(Debug, Clone, Serialize)]
pub struct PairMonth {
    pub pair: String,
    pub source: String,
    pub warehouse: String,
    pub month: Month,
    /// Whose clock the borders are.
    pub zone: String,
    pub period: Period,
    /// Otherwise the figures are those up to now.
    pub is_over: bool,
    pub basis: FinanceBasis,
    /// The source keeps a ledger that is told of every movement.
    pub has_ledger: bool,
    pub cuts: Cuts,
    pub came_back: CameBack,
    pub money_back: Vec<MoneyBack>,
    pub bare_refunds: Bounded<BareRefund>,
    pub moved: Vec<MovedSum>,
    pub owed: Bounded<OwedRow>,
    pub cases: Bounded<MoneyCase>,
    pub cases_value_minor: i64,
    pub debts: Bounded<PairDebt>,
    /// Of the whole warehouse: nobody can say which pair they belong to.
    pub strays: Bounded<StrayRow>,
}

/// Reads the sheets of these pairs. Without a month it is for each pair the last one that is over by its clock.
///
/// # Errors
/// When the store cannot be read.
pub async fn month_facts(
    store: &Store,
    pairs: &[PairConfig],
    month: Option<Month>,
    now: Ts,
) -> StoreResult<MonthFacts> {
    let mut facts = MonthFacts {
        at: now,
        pairs: Vec::new(),
    };
    for pair in pairs {
        let zone = zone_of(&pair.policy);
        let month = month.unwrap_or_else(|| Month::of(now, zone).before());
        facts.pairs.push(of_pair(store, pair, month, now).await?);
    }
    Ok(facts)
}

async fn of_pair(
    store: &Store,
    pair: &PairConfig,
    month: Month,
    now: Ts,
) -> StoreResult<PairMonth> {
    let zone = zone_of(&pair.policy);
    let period = month.period(zone);
    let id = &pair.id;
    let has_ledger = pair.policy.stock_mode == StockMode::Delta;
    let (cases, cases_value_minor) = store.money_cases(id, ROWS_MAX).await?;
    Ok(PairMonth {
        pair: id.to_string(),
        source: pair.source.to_string(),
        warehouse: pair.warehouse.to_string(),
        month,
        zone: zone.name().to_owned(),
        is_over: now >= period.to,
        basis: pair.policy.finance_basis,
        has_ledger,
        cuts: cuts::read(store, pair, period).await?,
        came_back: store.came_back(id, period).await?,
        money_back: store.money_back_in(id, period).await?,
        bare_refunds: store.bare_refunds(id, period, ROWS_MAX).await?,
        moved: match has_ledger {
            true => store.moved_in(id, period).await?,
            false => Vec::new(),
        },
        owed: match has_ledger {
            true => store.owed_before(id, period.to, ROWS_MAX).await?,
            false => Bounded::default(),
        },
        cases,
        cases_value_minor,
        debts: store.debts_of_pair(id, ROWS_MAX).await?,
        strays: store.strays(&pair.warehouse, period, ROWS_MAX).await?,
        period,
    })
}
