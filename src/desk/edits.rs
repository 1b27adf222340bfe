//! Text of an order corrected for its send: what may be edited, and the check before it is asked for.

use super::request::RequestKind;
use super::{Desk, DeskError, DeskResult, Done, reason};
use crate::domain::catalogue::Kind;
use crate::domain::delivery::DeliveryRow;
use crate::domain::edits::{SafeField, edited, keeps_text, merged};
use crate::domain::ids::OrderId;
use crate::domain::order::{Address, OrderFull};
use crate::domain::preflight::{Verdict, service_needs};

/// What a person has to know to edit the text of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditQuestion {
    pub order: OrderId,
    /// What people call the order.
    pub number: String,
    /// As it would be sent now, earlier edits included.
    pub address: Address,
    /// Contact fields the carrier service demands.
    pub needs: Vec<String>,
    /// Why nobody may edit it any more; the engine says the same.
    pub refused: Option<String>,
}

impl Desk {
    /// What can be edited of an order; `deliveries` are its own.
    ///
    /// # Errors
    /// [`DeskError`]: a pair nobody configured, or the store failed.
    pub async fn edit_question(
        &self,
        order: &OrderFull,
        deliveries: &[DeliveryRow],
    ) -> DeskResult<EditQuestion> {
        let is_begun = deliveries.iter().any(DeliveryRow::is_creation_begun);
        let set = self.mapping_set(&order.row.pair).await?;
        Ok(EditQuestion {
            order: order.row.id,
            number: order.row.number.clone(),
            address: edited(&order.body.source.address, &order.body.edits),
            needs: service_needs(&order.body.source, &set),
            refused: keeps_text(order.row.state, is_begun).map(str::to_owned),
        })
    }

    /// Sends an order with these texts in place of what the source says. The checks run on them first; what they still
    /// find wrong with the address is the refusal.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, unknown order, the warehouse has it, the address still fails, or the store failed.
    pub async fn edit_order(
        &self,
        id: OrderId,
        texts: Vec<(SafeField, String)>,
        why: &str,
    ) -> DeskResult<Done> {
        let why = reason("editing an order", why)?;
        let mut order = self.order_in_full(id).await?;
        let number = order.row.number.clone();
        let refuse =
            |text: &str| DeskError::Refused(format!("order {number} is not edited: {text}"));
        let texts: Vec<(SafeField, String)> = texts
            .into_iter()
            .map(|(field, text)| (field, crate::text::clean(&text).trim().to_owned()))
            .collect();
        let hot = self.store.hot_deliveries_of(&[id]).await;
        let hot = hot.map_err(DeskError::store("editing an order"))?;
        let is_begun = hot.values().flatten().any(DeliveryRow::is_creation_begun);
        if let Some(why) = keeps_text(order.row.state, is_begun) {
            return Err(refuse(why));
        }
        let source = order.body.source.address.clone();
        let before = edited(&source, &order.body.edits);
        if texts.iter().all(|(field, text)| field.of(&before) == text) {
            return Err(refuse("it says that already"));
        }
        let by = (self.who.0.as_str(), why.as_str(), self.now());
        order.body.edits = merged(&order.body.edits, &source, &texts, by);
        if let (Verdict::Fail(faults), _) = self.judged(&order).await?
            && let Some(fault) = faults.iter().find(|f| f.kind == Kind::OrdAddressInvalid)
        {
            return Err(refuse(&fault.detail));
        }
        let asked = format!(
            "Order {number} is checked again as edited; it goes when nothing else holds it."
        );
        let kind = RequestKind::EditOrder {
            order: id,
            fields: texts,
            reason: why,
        };
        self.ask(&format!("editing order {number}"), kind, asked)
            .await
    }
}
