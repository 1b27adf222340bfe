//! Which sale a warehouse order was made for: the warehouse serves every sales system alike.

use super::World;
use crate::sandbox::rng::Guid;

/// A sale of one of the sales systems, by its position there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichSale {
    Linnworks(usize),
    Cin7(usize),
}

impl World {
    /// The sale a warehouse order refers to, by the id its PO reference holds; `None` for orders keyed by hand.
    pub fn sale_of(&self, po_reference: &str) -> Option<WhichSale> {
        let id = Guid::parse(po_reference)?;
        if let Some(ix) = self.lw.order_by_id.get(&id) {
            return Some(WhichSale::Linnworks(*ix));
        }
        self.cin7.sale_by_id.get(&id).map(|ix| WhichSale::Cin7(*ix))
    }

    /// Whether the sale behind a warehouse order was called off: cancelled, voided, deleted or taken back to a draft.
    pub fn is_called_off(&self, sale: WhichSale) -> bool {
        match sale {
            WhichSale::Linnworks(ix) => {
                let book = self.lw.orders[ix].book;
                matches!(
                    book,
                    crate::sandbox::Book::Cancelled(_) | crate::sandbox::Book::Gone(_)
                )
            }
            WhichSale::Cin7(ix) => !self.cin7.sales[ix].order.is_authorised(),
        }
    }
}
