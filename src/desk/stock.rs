//! Stock: publish now, go on after a stop. Stock is only ever written to the source; the warehouse is never corrected from here.

use super::request::{LaneRemedy, RequestKind};
use super::{Desk, DeskError, DeskResult, Done, reason};
use crate::domain::drift::ledger::may_correct;
use crate::domain::ids::{ItemCode, LocationId, PairId};
use crate::domain::movements::{LaneKey, may};
use crate::domain::role;
use crate::domain::stock::StockPosition;

impl Desk {
    /// The position of one item at one location of the source.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when nothing is published there.
    pub async fn position(
        &self,
        pair: &PairId,
        item: &ItemCode,
        location: &LocationId,
    ) -> DeskResult<StockPosition> {
        self.pair(pair)?;
        let what = format!("stock of {item} at {location}");
        self.store
            .positions_of(pair, std::slice::from_ref(item))
            .await
            .map_err(DeskError::store(&what))?
            .into_iter()
            .find(|p| p.location == *location)
            .ok_or(DeskError::NotFound { what })
    }

    /// Publishes the figure of one item at one location now.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, unknown position, stopped, or the store failed.
    pub async fn push_stock(
        &self,
        pair: &PairId,
        item: &ItemCode,
        location: &LocationId,
    ) -> DeskResult<Done> {
        let position = self.position(pair, item, location).await?;
        if position.ledger.is_some() {
            return Err(DeskError::Refused(format!(
                "stock of {item} is not published: its source keeps its own ledger; a drift there is corrected through the item's lane"
            )));
        }
        if let Some(why) = &position.paused_reason {
            return Err(DeskError::Refused(format!(
                "stock of {item} is not published: writing is stopped ({why}); find the cause, then resume it"
            )));
        }
        let kind = RequestKind::PushStock {
            pair: pair.clone(),
            item: item.clone(),
            location: location.clone(),
        };
        let asked = format!(
            "The stock of {item} will be read and published now (last reckoned: {}).",
            position.publish_each
        );
        self.ask(&format!("publishing {item}"), kind, asked).await
    }

    /// Goes on publishing one item where writing was stopped; the cause that was found is kept.
    ///
    /// # Errors
    /// As [`Desk::push_stock`].
    pub async fn resume_stock(
        &self,
        pair: &PairId,
        item: &ItemCode,
        location: &LocationId,
        cause: &str,
    ) -> DeskResult<Done> {
        let cause = reason("resuming stock", cause)?;
        let position = self.position(pair, item, location).await?;
        if position.paused_reason.is_none() {
            return Err(DeskError::Refused(format!(
                "stock of {item} is not stopped; there is nothing to resume"
            )));
        }
        let kind = RequestKind::ResumeStock {
            pair: pair.clone(),
            item: item.clone(),
            location: location.clone(),
            cause,
        };
        let asked = format!("Stock of {item} will be published again.");
        self.ask(&format!("resuming {item}"), kind, asked).await
    }

    /// Deals with the head of a lane of stock movements.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, no reason, nothing waits there, or the store failed.
    pub async fn lane_head(
        &self,
        pair: &PairId,
        lane: (&ItemCode, &LocationId),
        remedy: LaneRemedy,
        why: &str,
    ) -> DeskResult<Done> {
        self.pair(pair)?;
        let what = format!("{} the head of {}", remedy.as_str(), lane.0);
        let reason = match remedy {
            LaneRemedy::Retry => why.trim().to_owned(),
            LaneRemedy::Skip | LaneRemedy::Replace { .. } => {
                role::reason(why).map_err(DeskError::Refused)?
            }
        };
        let key = LaneKey::of(lane.0, lane.1);
        let found = self
            .store
            .lane(pair, &key)
            .await
            .map_err(DeskError::store(&what))?
            .ok_or_else(|| DeskError::NotFound {
                what: format!("a movement of {key} that waits"),
            })?;
        may(&key, found.standing, found.head(), remedy.way()).map_err(DeskError::Refused)?;
        let kind = RequestKind::LaneHead {
            pair: pair.clone(),
            item: lane.0.clone(),
            location: lane.1.clone(),
            remedy,
            reason,
        };
        let asked = format!(
            "The head of the lane of {} will be dealt with: {}.",
            lane.0,
            remedy.as_str()
        );
        self.ask(&what, kind, asked).await
    }

    /// Puts a drift right in a ledger the source keeps itself: the missing units take their turn in the item's lane.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, no reason, nothing was compared there, no drift, or the store failed.
    pub async fn correct_stock(
        &self,
        pair: &PairId,
        place: (&ItemCode, &LocationId),
        counted_each: Option<i64>,
        why: &str,
    ) -> DeskResult<Done> {
        let (item, location) = place;
        let what = format!("correcting {item}");
        let reason = reason(&what, why)?;
        let position = self.position(pair, item, location).await?;
        may_correct(&position).map_err(DeskError::Refused)?;
        let asked = format!(
            "A correction of {:+} for {item} will take its turn in the lane.",
            position.remainder_each.saturating_neg()
        );
        let kind = RequestKind::CorrectStock {
            pair: pair.clone(),
            item: item.clone(),
            location: location.clone(),
            counted_each,
            reason,
        };
        self.ask(&what, kind, asked).await
    }

    /// Lets a stock run go on that stopped because it would change very many items.
    ///
    /// # Errors
    /// As [`Desk::push_stock`].
    pub async fn approve_mass_change(&self, pair: &PairId) -> DeskResult<Done> {
        self.pair(pair)?;
        let kind = RequestKind::ApproveMassChange { pair: pair.clone() };
        let asked = format!("The stopped stock run of {pair} will go on once.");
        self.ask("approving the mass change", kind, asked).await
    }
}
