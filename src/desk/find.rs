//! Where something is that a person has a number of: an order, an item, a return, an exception.

use super::{Desk, DeskError, DeskResult};
use crate::domain::exception::ExceptionRow;
use crate::domain::ids::{ExceptionId, ItemCode, PairId, ReturnRef};
use crate::domain::order::OrderRow;

/// Fewest characters that are looked for: fewer would find half of the store.
pub const FIND_CHARS_MIN: usize = 3;
/// Most characters of a number, a reference or a code.
const FIND_CHARS_MAX: usize = 80;
/// Things of a kind that are offered.
const EACH_MAX: usize = 5;

/// Something found.
#[derive(Debug, Clone)]
pub enum Found {
    Order(Box<OrderRow>),
    Item {
        pair: PairId,
        item: ItemCode,
        name: String,
    },
    Return {
        pair: PairId,
        reference: ReturnRef,
        order_number: String,
    },
    Exception(Box<ExceptionRow>),
}

impl Desk {
    /// What carries this number: orders by any number, reference or tracking; items by code or barcode; returns; an
    /// exception by its number. The likeliest first.
    ///
    /// # Errors
    /// [`DeskError`]: the store failed.
    pub async fn find(&self, text: &str) -> DeskResult<Vec<Found>> {
        let text = crate::text::clean(text).trim().to_owned();
        let chars = text.chars().count();
        if chars > FIND_CHARS_MAX {
            return Ok(Vec::new());
        }
        let failed = || DeskError::store("looking for a number");
        let mut found = Vec::new();
        if let Ok(id) = text.trim_start_matches('#').parse() {
            let row = self.store.exception(ExceptionId(id)).await;
            let row = row.map_err(failed())?;
            found.extend(row.map(|row| Found::Exception(Box::new(row))));
        }
        if chars < FIND_CHARS_MIN {
            return Ok(found);
        }
        let orders = self.store.find_orders(&text, EACH_MAX).await;
        let orders = orders.map_err(failed())?.into_iter();
        found.splice(0..0, orders.map(|row| Found::Order(Box::new(row))));
        // Codes and references are written in capitals, and typed as it comes.
        let mut spellings = vec![text.clone(), text.to_uppercase()];
        spellings.dedup();
        for pair in self.pairs() {
            for text in &spellings {
                let items = self.store.find_items(&pair.warehouse, text, EACH_MAX).await;
                found.extend(items.map_err(failed())?.into_iter().map(|(item, name)| {
                    Found::Item {
                        pair: pair.id.clone(),
                        item,
                        name,
                    }
                }));
                let returns = self.store.find_returns(&pair.id, text, EACH_MAX).await;
                found.extend(returns.map_err(failed())?.into_iter().map(
                    |(reference, order_number)| Found::Return {
                        pair: pair.id.clone(),
                        reference,
                        order_number,
                    },
                ));
            }
        }
        Ok(found)
    }
}
