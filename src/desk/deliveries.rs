//! Outward writes: try again, give up.

use super::request::RequestKind;
use super::{Desk, DeskError, DeskResult, Done, reason};
use crate::domain::delivery::{DeliveryRow, DeliveryState};
use crate::domain::ids::DeliveryId;

impl Desk {
    /// A delivery, on its way or ended.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when there is none with this number.
    pub async fn delivery(&self, id: DeliveryId) -> DeskResult<DeliveryRow> {
        let what = format!("delivery {id}");
        self.store
            .deliveries_by_id(&[id])
            .await
            .map_err(DeskError::store(&what))?
            .into_iter()
            .next()
            .ok_or(DeskError::NotFound { what })
    }

    /// Tries a delivery again now. What is in doubt is asked about first, never just repeated.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, ended, behind another one, or the store failed.
    pub async fn retry_delivery(&self, id: DeliveryId) -> DeskResult<Done> {
        let row = self.delivery(id).await?;
        let refuse = |why: &str| {
            Err(DeskError::Refused(format!(
                "delivery {id} is not tried again: {why}"
            )))
        };
        let asked = match row.state {
            s if s.is_final() => return refuse(&format!("it ended, {s}")),
            DeliveryState::Sending => {
                return refuse("it is being sent right now; wait for the answer");
            }
            DeliveryState::Waiting => {
                return refuse("it waits behind an older one of its key; deal with that one first");
            }
            DeliveryState::InDoubt => format!(
                "Delivery {id} is in doubt: {} is asked first, and it is sent again only if it did not arrive.",
                row.system
            ),
            _ => format!("Delivery {id} ({}) will be tried again.", row.object),
        };
        self.ask(
            &format!("retrying delivery {id}"),
            RequestKind::RetryDelivery { delivery: id },
            asked,
        )
        .await
    }

    /// Gives a delivery up, with a reason. What is being sent or in doubt cannot be given up: it may have arrived.
    ///
    /// # Errors
    /// As [`Desk::retry_delivery`].
    pub async fn cancel_delivery(&self, id: DeliveryId, why: &str) -> DeskResult<Done> {
        let why = reason("cancelling a delivery", why)?;
        let row = self.delivery(id).await?;
        match row.state {
            s if s.is_final() => {
                return Err(DeskError::Refused(format!(
                    "delivery {id} is not cancelled: it ended, {s}"
                )));
            }
            DeliveryState::Sending | DeliveryState::InDoubt => {
                return Err(DeskError::Refused(format!(
                    "delivery {id} is not cancelled: it may have arrived in {}; retry it, and it is asked about first",
                    row.system
                )));
            }
            _ => {}
        }
        let asked = format!("Delivery {id} ({}) will be given up.", row.object);
        let kind = RequestKind::CancelDelivery {
            delivery: id,
            reason: why,
        };
        self.ask(&format!("cancelling delivery {id}"), kind, asked)
            .await
    }
}
