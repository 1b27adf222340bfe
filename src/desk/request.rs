//! Operator requests: outward work that is asked for here and carried out by the engine.

use super::returns::ReturnRequest;
use super::{Desk, DeskError, DeskResult, Done};
use crate::domain::change::Change;
use crate::domain::delivery::Flow;
use crate::domain::edits::SafeField;
use crate::domain::ids::{
    DeliveryId, ExceptionId, ItemCode, LocationId, OrderId, PairId, RequestId, SiteRef,
};
use crate::domain::movements::Way;
use crate::domain::time::Ts;
use crate::store::read::RequestRow;
use serde_json::json;
use std::time::Duration;

/// What is to be done about the head of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneRemedy {
    /// Try it again now.
    Retry,
    /// Leave it out; what it moved is owed until a comparison agrees.
    Skip,
    /// Post this count in place of everything that moved before it.
    Replace { counted_each: i64 },
}

impl LaneRemedy {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::Replace { .. } => "replace",
        }
    }

    /// The way out it is.
    pub const fn way(self) -> Way {
        match self {
            Self::Retry => Way::Retry,
            Self::Skip => Way::Skip,
            Self::Replace { .. } => Way::Replace,
        }
    }

    const fn counted(self) -> Option<i64> {
        match self {
            Self::Replace { counted_each } => Some(counted_each),
            Self::Retry | Self::Skip => None,
        }
    }
}

/// What can be asked of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestKind {
    /// Check the members of an exception again and make its deliveries ready.
    RetryException { exception: ExceptionId },
    /// Try a delivery again now.
    RetryDelivery { delivery: DeliveryId },
    /// Give a delivery up.
    CancelDelivery {
        delivery: DeliveryId,
        reason: String,
    },
    /// Read the order in both systems and decide again.
    ResyncOrder { order: OrderId },
    /// Keep an order from being sent.
    HoldOrder { order: OrderId, reason: String },
    /// Let a held order go.
    ReleaseOrder { order: OrderId },
    /// Ship one order from a site, whatever the rules say.
    ChooseSite {
        order: OrderId,
        site: SiteRef,
        reason: String,
    },
    /// Send an order with corrected text.
    EditOrder {
        order: OrderId,
        fields: Vec<(SafeField, String)>,
        reason: String,
    },
    /// Run a scheduled flow now.
    RunFlow { pair: PairId, flow: Flow },
    /// Publish the stock of one item at one location now.
    PushStock {
        pair: PairId,
        item: ItemCode,
        location: LocationId,
    },
    /// Publish again where writing was stopped.
    ResumeStock {
        pair: PairId,
        item: ItemCode,
        location: LocationId,
        cause: String,
    },
    /// Read both systems and see whether an exception is settled.
    CheckFixed { exception: ExceptionId },
    /// Deal with the head of a lane of stock movements.
    LaneHead {
        pair: PairId,
        item: ItemCode,
        location: LocationId,
        remedy: LaneRemedy,
        reason: String,
    },
    /// Put a drift right in a ledger the source keeps itself; `counted_each` is what was counted on the shelf just now.
    CorrectStock {
        pair: PairId,
        item: ItemCode,
        location: LocationId,
        counted_each: Option<i64>,
        reason: String,
    },
    /// Let a stock run go on that would change very many items.
    ApproveMassChange { pair: PairId },
    /// Check the blocked orders of a pair again; kind and discriminator name the one cause, or are empty for all.
    RecheckOrders {
        pair: PairId,
        kind: String,
        discriminator: String,
    },
    /// A decision about returns.
    Returns(ReturnRequest),
}

impl RequestKind {
    /// The stored name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RetryException { .. } => "retry_exception",
            Self::RetryDelivery { .. } => "retry_delivery",
            Self::CancelDelivery { .. } => "cancel_delivery",
            Self::ResyncOrder { .. } => "resync_order",
            Self::HoldOrder { .. } => "hold_order",
            Self::ReleaseOrder { .. } => "release_order",
            Self::ChooseSite { .. } => "choose_site",
            Self::EditOrder { .. } => "edit_order",
            Self::RunFlow { .. } => "run_flow",
            Self::PushStock { .. } => "push_stock",
            Self::ResumeStock { .. } => "resume_stock",
            Self::CheckFixed { .. } => "check_fixed",
            Self::LaneHead { .. } => "lane_head",
            Self::CorrectStock { .. } => "correct_stock",
            Self::ApproveMassChange { .. } => "approve_mass_change",
            Self::RecheckOrders { .. } => "recheck_orders",
            Self::Returns(request) => request.name(),
        }
    }

    /// The stored body.
    pub fn body(&self) -> serde_json::Value {
        match self {
            Self::RetryException { exception } | Self::CheckFixed { exception } => {
                json!({ "exception": exception })
            }
            Self::RetryDelivery { delivery } => json!({ "delivery": delivery }),
            Self::CancelDelivery { delivery, reason } => {
                json!({ "delivery": delivery, "reason": reason })
            }
            Self::ResyncOrder { order } | Self::ReleaseOrder { order } => {
                json!({ "order": order })
            }
            Self::HoldOrder { order, reason } => json!({ "order": order, "reason": reason }),
            Self::ChooseSite {
                order,
                site,
                reason,
            } => json!({ "order": order, "site": site, "reason": reason }),
            Self::EditOrder {
                order,
                fields,
                reason,
            } => json!({ "order": order, "fields": fields, "reason": reason }),
            Self::RunFlow { pair, flow } => json!({ "pair": pair, "flow": flow }),
            Self::PushStock {
                pair,
                item,
                location,
            } => json!({ "pair": pair, "item": item, "location": location }),
            Self::ResumeStock {
                pair,
                item,
                location,
                cause,
            } => json!({ "pair": pair, "item": item, "location": location, "cause": cause }),
            Self::LaneHead {
                pair,
                item,
                location,
                remedy,
                reason,
            } => json!({
                "pair": pair, "item": item, "location": location, "reason": reason,
                "remedy": remedy.as_str(), "counted": remedy.counted(),
            }),
            Self::CorrectStock {
                pair,
                item,
                location,
                counted_each,
                reason,
            } => json!({
                "pair": pair, "item": item, "location": location, "counted": counted_each, "reason": reason,
            }),
            Self::ApproveMassChange { pair } => json!({ "pair": pair }),
            Self::RecheckOrders {
                pair,
                kind,
                discriminator,
            } => json!({ "pair": pair, "kind": kind, "discriminator": discriminator }),
            Self::Returns(request) => request.body(),
        }
    }
}

/// How often a waiting verb looks for its answer.
const ANSWER_POLL: Duration = Duration::from_millis(250);

impl Desk {
    /// The change that stores a request, with its id.
    pub(super) async fn request_change(
        &self,
        what: &str,
        kind: &RequestKind,
    ) -> DeskResult<(RequestId, Change)> {
        self.must_write(what)?;
        let id = self
            .store
            .reserve_ids(1)
            .await
            .map(RequestId)
            .map_err(DeskError::store(what))?;
        let change = Change::Request {
            id,
            kind: kind.name().to_owned(),
            body: kind.body(),
        };
        Ok((id, change))
    }

    /// Stores a request; `asked` says what the engine was asked for.
    pub(super) async fn ask(
        &self,
        what: &str,
        kind: RequestKind,
        asked: String,
    ) -> DeskResult<Done> {
        let (id, change) = self.request_change(what, &kind).await?;
        self.commit(what, vec![change]).await?;
        Ok(Done {
            text: format!("{asked}{}", self.worker_hint().await?),
            request: Some(id),
        })
    }

    /// A word of warning when nobody is there to carry requests out.
    pub(super) async fn worker_hint(&self) -> DeskResult<&'static str> {
        let now: Ts = self.now();
        let systems = self
            .store
            .systems_live()
            .await
            .map_err(DeskError::store("looking for a worker"))?;
        let is_alive = systems
            .iter()
            .any(|s| s.lease_until.is_some_and(|until| until > now));
        Ok(if is_alive {
            ""
        } else {
            " No worker is running now: it will be done when `tallyman sync` or a console runs."
        })
    }

    /// Waits for the engine's answer to a request, at most `limit`. `None` when there is none yet.
    ///
    /// # Errors
    /// [`DeskError`] when the store cannot be read or the request is unknown.
    pub async fn wait_for_answer(
        &self,
        id: RequestId,
        limit: Duration,
    ) -> DeskResult<Option<RequestRow>> {
        let started = tokio::time::Instant::now();
        loop {
            let row = self
                .store
                .request(id)
                .await
                .map_err(DeskError::store("waiting for the answer"))?
                .ok_or_else(|| DeskError::NotFound {
                    what: format!("request {id}"),
                })?;
            if row.is_done {
                return Ok(Some(row));
            }
            if started.elapsed() >= limit {
                return Ok(None);
            }
            self.store.changed(ANSWER_POLL).await;
        }
    }
}
