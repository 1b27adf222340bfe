//! Why an order is where it is: the facts, gathered for the one function that answers.

use super::{Desk, DeskError, DeskResult};
use crate::domain::delivery::DeliveryRow;
use crate::domain::exception::ObjectRef;
use crate::domain::ids::OrderId;
use crate::domain::order::OrderFull;
use crate::domain::why::{OpenCase, Pause, Why, WhyInput, why};

impl Desk {
    /// As [`Desk::why`], of an order by our number for it.
    ///
    /// # Errors
    /// As [`Desk::why`], and [`DeskError::NotFound`] when there is no such order.
    pub async fn why_of(&self, id: OrderId) -> DeskResult<Why> {
        let order = self.order_in_full(id).await?;
        let deliveries = self
            .store
            .deliveries_of_order(id)
            .await
            .map_err(DeskError::store("reading its deliveries"))?;
        self.why(&order, &deliveries).await
    }

    /// What holds an order, or that nothing does; `deliveries` are its own.
    ///
    /// # Errors
    /// [`DeskError`]: a pair nobody configured, or the store failed.
    pub async fn why(&self, order: &OrderFull, deliveries: &[DeliveryRow]) -> DeskResult<Why> {
        let what = "asking why the order does not move";
        let row = &order.row;
        let pair = self.pair(&row.pair)?;
        let store = self.store();
        let cases = store
            .occurrences_of(&ObjectRef::Order(row.id))
            .await
            .map_err(DeskError::store(what))?
            .into_iter()
            .map(|(kind, discriminator, found)| OpenCase {
                id: found.exception,
                kind,
                discriminator,
                detail: found.detail,
                began_at: found.began_at,
            })
            .collect::<Vec<_>>();
        let pauses = store.pauses_of(&row.pair).await;
        let pauses: Vec<Pause> = pauses
            .map_err(DeskError::store(what))?
            .into_iter()
            .map(|(flow, why)| Pause { flow, why })
            .collect();
        let schedules = store.schedules().await.map_err(DeskError::store(what))?;
        let of_pair = schedules.into_iter().filter(|s| s.pair == row.pair);
        let due: Vec<_> = of_pair.map(|s| (s.flow, s.due_at)).collect();
        let systems = store.systems_live().await.map_err(DeskError::store(what))?;
        let systems: Vec<_> = systems.into_iter().map(|s| (s.system, s.live)).collect();
        let (verdict, mappings) = if row.state.is_before_warehouse() {
            let (verdict, set) = self.judged(order).await?;
            (Some(verdict), set)
        } else {
            (None, self.mapping_set(&row.pair).await?)
        };
        Ok(why(&WhyInput {
            order,
            deliveries,
            cases: &cases,
            pauses: &pauses,
            due: &due,
            systems: &systems,
            mappings: &mappings,
            policy: &pair.policy,
            verdict: verdict.as_ref(),
            now: self.now(),
        }))
    }
}
