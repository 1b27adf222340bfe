//! What moved a source's own figures since they were written or computed: confirmations, sales, cancellations.

use crate::domain::delivery::DeliveryRow;
use crate::domain::drift;
use crate::domain::ids::{ItemCode, LocationId, PairId};
use crate::domain::stock::{Basis, StockPosition};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::store::read::UnitsTraded;
use crate::sync::context::Cx;

/// Moves further back than this are not looked for.
const MOVES_MAX: Span = Span::days(2);

/// What moved a source's own figure since it was written.
#[derive(Debug, Default)]
pub struct Moves {
    /// Units confirmed there, by item and location, with the time.
    confirmed: Vec<(ItemCode, LocationId, Ts, i64)>,
    /// Sales and cancellations, for figures that follow them by themselves.
    traded: Vec<UnitsTraded>,
}

impl Moves {
    /// Units of a position confirmed since its last write.
    pub(super) fn confirmed_each(&self, position: &StockPosition) -> i64 {
        let since = position.written_at.unwrap_or(Ts::MIN);
        self.confirmed
            .iter()
            .filter(|(item, location, at, _)| {
                *item == position.item && *location == position.location && *at >= since
            })
            .map(|(_, _, _, qty)| qty)
            .sum()
    }

    /// Units of a position sold and given back since its last write.
    pub(super) fn traded_each(&self, position: &StockPosition) -> (i64, i64) {
        let since = position.written_at.unwrap_or(Ts::MIN);
        let (mut sold, mut released) = (0, 0);
        let here = |t: &&UnitsTraded| t.item == position.item && t.location == position.location;
        for trade in self.traded.iter().filter(here) {
            if trade.sold_at >= since {
                sold += trade.qty_each;
            }
            if trade.cancelled_at.is_some_and(|at| at >= since) {
                released += trade.qty_each;
            }
        }
        (sold, released)
    }

    /// The figure the source should show by itself now; `None` before the first write.
    pub(super) fn expected_each(&self, position: &StockPosition) -> Option<i64> {
        let (sold, released) = self.traded_each(position);
        drift::expected(position, sold, released)
    }
}

/// What moved the source's figures since the oldest of these positions' last writes.
pub async fn moves_since_writes<'a>(
    cx: &Cx,
    pair: Option<PairId>,
    positions: impl Iterator<Item = &'a StockPosition>,
) -> StoreResult<Moves> {
    let mut moves = Moves::default();
    let Some(pair) = pair else {
        return Ok(moves);
    };
    let (mut confirmed, mut traded) = (Ts::NEVER, Ts::NEVER);
    for position in positions {
        let Some(at) = position.written_at else {
            continue;
        };
        if position.basis == Basis::NetLive {
            traded = traded.min(at);
        } else if position.written_each != position.source_level_each
            || position.source_each.is_none()
        {
            confirmed = confirmed.min(at);
        }
    }
    let floor = cx.now() - MOVES_MAX;
    if confirmed < Ts::NEVER {
        let since = confirmed.max(floor);
        moves.confirmed = cx.store.confirmed_since(&pair, since).await?;
    }
    if traded < Ts::NEVER {
        let since = traded.max(floor);
        moves.traded = cx.store.units_traded_since(&pair, since).await?;
    }
    Ok(moves)
}

/// Units sold since figures were computed.
#[derive(Debug, Default)]
pub struct NewlySold(Vec<UnitsTraded>);

impl NewlySold {
    /// Units of a position sold since its figure was computed at `since`.
    pub fn each(&self, position: &StockPosition, since: Ts) -> i64 {
        self.0
            .iter()
            .filter(|t| t.item == position.item && t.location == position.location)
            .filter(|t| t.sold_at >= since && t.cancelled_at.is_none())
            .map(|t| t.qty_each)
            .sum()
    }
}

/// What was sold since these figures were computed, for those that follow their sales by themselves.
pub async fn sold_since_computed<'a>(
    cx: &Cx,
    rows: impl Iterator<Item = &'a DeliveryRow>,
    mut positions: impl Iterator<Item = &'a StockPosition>,
) -> StoreResult<NewlySold> {
    let oldest = rows.map(|row| (row.created_at, row.pair.clone())).min();
    let is_live = positions.any(|p| p.basis == Basis::NetLive);
    let Some((since, pair)) = oldest.filter(|_| is_live) else {
        return Ok(NewlySold::default());
    };
    let traded = cx.store.units_traded_since(&pair, since).await?;
    Ok(NewlySold(traded))
}
