//! What goes to people outside, or tells who a customer is: written down that it went, and who looked.

use super::{Access, Desk, DeskError, DeskResult, Done};
use crate::config::PairConfig;
use crate::domain::change::{Change, Journal};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::PayloadId;
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

    /// Writes down that somebody looks at the people in a stored call. Until that is kept they are shown masked.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, or the store failed.
    pub async fn look_into(&self, call: PayloadId) -> DeskResult<Done> {
        let line = Journal {
            action: "call.looked_into".to_owned(),
            object: ObjectRef::House(format!("call/{call}")),
            pair: None,
            before: String::new(),
            after: "names and addresses were shown".to_owned(),
            reason: String::new(),
            exception: None,
            payload: Some(call),
        };
        let what = format!("the look into call {call}");
        self.commit(&what, vec![Change::Journal(line)]).await?;
        Ok(Done::now(format!(
            "The people in call {call} are shown; the journal has it that you looked."
        )))
    }

    /// Writes down that a list or page was written to a file: what, and where it lies. Who may only read keeps no journal;
    /// the program's log has it then.
    ///
    /// # Errors
    /// [`DeskError`]: the store failed.
    pub async fn list_exported(&self, what: &str, place: &str) -> DeskResult<()> {
        if self.access == Access::ReadOnly {
            tracing::info!(who = %self.who, what, place, "exported by a reader");
            return Ok(());
        }
        let line = Journal {
            action: "list.exported".to_owned(),
            object: ObjectRef::House(format!("export/{what}")),
            pair: None,
            before: String::new(),
            after: place.to_owned(),
            reason: String::new(),
            exception: None,
            payload: None,
        };
        self.commit("the export", vec![Change::Journal(line)])
            .await?;
        Ok(())
    }
}
