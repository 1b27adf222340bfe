//! What goes to people outside: read here, and written down that it went.

use super::{Desk, DeskError, DeskResult, Done};
use crate::config::PairConfig;
use crate::domain::change::{Change, Journal};
use crate::domain::exception::ObjectRef;
use crate::domain::order::OrderRow;
use crate::store::read::DespatchGroup;

impl Desk {
    /// The pair of an order.
    ///
    /// # Errors
    /// When the configuration does not have it.
    pub fn pair_of(&self, row: &OrderRow) -> DeskResult<&PairConfig> {
        self.pair(&row.pair)
    }

    /// What left the warehouse for an order.
    ///
    /// # Errors
    /// [`DeskError`]: a pair nobody configured, or the store failed.
    pub async fn despatches_of(&self, row: &OrderRow) -> DeskResult<Vec<DespatchGroup>> {
        let Some(number) = &row.wms_number else {
            return Ok(Vec::new());
        };
        let warehouse = &self.pair(&row.pair)?.warehouse;
        self.store
            .despatches_of(warehouse, std::slice::from_ref(number))
            .await
            .map_err(DeskError::store("reading what left of it"))
    }

    /// Writes down that a paper about an order was given out: for whom, and where it lies.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, or the store failed.
    pub async fn order_exported(
        &self,
        row: &OrderRow,
        reader: &str,
        place: &str,
    ) -> DeskResult<Done> {
        let line = Journal {
            action: "order.exported".to_owned(),
            object: ObjectRef::Order(row.id),
            pair: Some(row.pair.clone()),
            before: String::new(),
            after: place.to_owned(),
            reason: format!("for {reader}"),
            exception: None,
            payload: None,
        };
        self.commit("the export of the order", vec![Change::Journal(line)])
            .await?;
        Ok(Done::now(format!("Written to {place}.")))
    }
}
