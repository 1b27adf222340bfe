//! Answers about lanes of stock movements.

use super::super::app::ask::{DeliverySheet, LaneSheet, Trouble};
use super::store::StoreBackend;
use crate::domain::catalogue::Kind;
use crate::domain::exception::{ExceptionRow, ObjectRef, OccurrenceRow};
use crate::domain::ids::{ItemCode, LocationId, PairId};
use crate::domain::movements::{LaneEntry, LaneKey, is_at_barrier, lanes};
use crate::domain::order::{OrderRow, OrderState};
use crate::domain::second::{Proposal, correction_key, count_key};
use crate::domain::stock::StockPosition;
use crate::store::{LaneRow, MovementRow};

/// Movements of a lane read for its page.
const WAITING_MAX: usize = 500;
/// Settled movements shown.
const SETTLED_MAX: usize = 50;
/// Orders shown, held or waiting.
const ORDERS_MAX: usize = 200;
/// Orders looked through for those that wait at the barrier.
const CHECKING_MAX: usize = 1_000;

/// Kinds whose cases are about one item at one location.
const POSITION_KINDS: &[Kind] = &[
    Kind::StkDrift,
    Kind::StkOversellRisk,
    Kind::StkOversold,
    Kind::StkFalseStockout,
    Kind::StkLoop,
    Kind::StkCountAsked,
];

impl StoreBackend {
    pub(super) async fn lane(&self, pair: PairId, key: LaneKey) -> Result<LaneSheet, Trouble> {
        let store = self.store();
        let row = store.lane(&pair, &key).await?;
        let order_key = [key.order_key()];
        let open = store.movements_open(&pair, &order_key, WAITING_MAX).await?;
        let kept = store.setting(&count_key(&pair, &key)).await?;
        let exceptions = match &key.item {
            Some(item) => {
                self.exceptions_of(&ObjectRef::Item(item.to_string()))
                    .await?
            }
            None => Vec::new(),
        };
        Ok(LaneSheet {
            head: self.head_of(row.as_ref()).await?,
            held: self.held_behind(row.as_ref()).await?,
            waiting: self.waiting_for(&pair, &key).await?,
            position: self.position_of(&pair, &key).await?,
            owed: store.movements_owed_in(&pair, &key, WAITING_MAX).await?,
            settled: store.movements_settled(&pair, &key, SETTLED_MAX).await?,
            count: Proposal::read(kept.as_deref(), self.now()),
            outstanding: in_order(row.as_ref(), open),
            exceptions,
            pair,
            key,
            row,
        })
    }

    async fn head_of(&self, row: Option<&LaneRow>) -> Result<Option<DeliverySheet>, Trouble> {
        match row.and_then(|row| row.first.delivery) {
            Some(id) => self.delivery(id).await,
            None => Ok(None),
        }
    }

    async fn held_behind(&self, row: Option<&LaneRow>) -> Result<Vec<OccurrenceRow>, Trouble> {
        let Some(id) = row.and_then(|row| row.exception) else {
            return Ok(Vec::new());
        };
        let mut members = self.store().members(id, None, ORDERS_MAX).await?;
        members.retain(|m| matches!(m.object, ObjectRef::Order(_)));
        Ok(members)
    }

    /// Orders that came to the barrier lately and are not held yet.
    async fn waiting_for(&self, pair: &PairId, key: &LaneKey) -> Result<Vec<OrderRow>, Trouble> {
        let states = [OrderState::Checking];
        let mut rows = self
            .store()
            .order_rows_in(pair, &states, None, CHECKING_MAX)
            .await?;
        let name = key.to_string();
        rows.retain(|row| is_at_barrier(row) && row.blocked_by.contains(&name));
        rows.truncate(ORDERS_MAX);
        Ok(rows)
    }

    async fn position_of(
        &self,
        pair: &PairId,
        key: &LaneKey,
    ) -> Result<Option<StockPosition>, Trouble> {
        let Some(item) = &key.item else {
            return Ok(None);
        };
        self.position_at(pair, item, &key.location).await
    }

    async fn position_at(
        &self,
        pair: &PairId,
        item: &ItemCode,
        location: &LocationId,
    ) -> Result<Option<StockPosition>, Trouble> {
        let items = std::slice::from_ref(item);
        let found = self.store().positions_of(pair, items).await?;
        Ok(found
            .into_iter()
            .find(|p| p.location == *location && p.ledger.is_some()))
    }

    /// Corrections of these positions that wait for a second person.
    pub(super) async fn corrections_asked(
        &self,
        pair: &PairId,
        positions: &[StockPosition],
    ) -> Result<Vec<(LocationId, Proposal)>, Trouble> {
        let mut asked = Vec::new();
        for position in positions.iter().filter(|p| p.ledger.is_some()) {
            let lane = LaneKey::of(&position.item, &position.location);
            let kept = self.store().setting(&correction_key(pair, &lane)).await?;
            let first = Proposal::read(kept.as_deref(), self.now());
            asked.extend(first.map(|first| (position.location.clone(), first)));
        }
        Ok(asked)
    }

    /// The lane an exception is about, while anything is outstanding there.
    pub(super) async fn lane_about(&self, case: &ExceptionRow) -> Result<Option<LaneRow>, Trouble> {
        match LaneKey::of_discriminator(&case.discriminator) {
            Some(lane) => Ok(self.store().lane(&case.pair, &lane).await?),
            None => Ok(None),
        }
    }

    /// The stock position that an exception is about.
    pub(super) async fn position_about(
        &self,
        case: &ExceptionRow,
    ) -> Result<Option<StockPosition>, Trouble> {
        let place = case.discriminator.strip_prefix("ITEM=");
        match place.and_then(|p| p.rsplit_once('@')) {
            Some((item, location)) if POSITION_KINDS.contains(&case.kind) => {
                self.position_at(&case.pair, &item.into(), &location.into())
                    .await
            }
            _ => Ok(None),
        }
    }
}

/// Rows of a lane as the lane's rules put them: the head first.
fn in_order(lane: Option<&LaneRow>, rows: Vec<MovementRow>) -> Vec<MovementRow> {
    let entries: Vec<LaneEntry> = rows.iter().map(|r| r.entry.clone()).collect();
    let views = lanes(&entries);
    let Some(view) = views.iter().find(|v| lane.is_some_and(|l| l.key == *v.key)) else {
        return rows;
    };
    let turn: Vec<&str> = view.outstanding().map(|e| e.key.as_str()).collect();
    let mut rows = rows;
    rows.sort_by_cached_key(|row| turn.iter().position(|key| *key == row.entry.key));
    rows
}
