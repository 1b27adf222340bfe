//! Which sale an order of the warehouse belongs to. The floor works on warehouse orders whatever source they came from;
//! who wants to know the sale behind one asks here.

use super::World;
use crate::sandbox::config::SimSystem;
use crate::sandbox::lw::state::{Book, LwOrder};
use crate::sandbox::pvx::state::PvxOrder;
use crate::sandbox::rng::Guid;

/// A sale, by its position in its system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sale {
    Linnworks(usize),
    Shop(usize),
    Cin7(usize),
}

impl Sale {
    /// The system it was made in.
    pub const fn system(self) -> SimSystem {
        match self {
            Self::Linnworks(_) => SimSystem::Linnworks,
            Self::Shop(_) => SimSystem::Shopline,
            Self::Cin7(_) => SimSystem::Cin7,
        }
    }
}

impl World {
    /// The pair a warehouse order number belongs to by its beginning; `None` for orders of somebody else.
    pub fn source_of(&self, number: &str) -> Option<SimSystem> {
        let pairs = [
            (SimSystem::Linnworks, &self.config.wms_prefix),
            (SimSystem::Shopline, &self.config.shop.wms_prefix),
            (SimSystem::Cin7, &self.config.cin7.wms_prefix),
        ];
        let starts = |prefix: &str| {
            let rest = number.strip_prefix(prefix);
            rest.is_some_and(|r| r.starts_with('-'))
        };
        pairs
            .into_iter()
            .find(|(_, prefix)| starts(prefix))
            .map(|(system, _)| system)
    }

    /// The sale behind a warehouse order: by its purchase order reference, which holds the source's id, in SHOPLINE else
    /// by its number. `None` for orders keyed by hand.
    pub fn sale_of(&self, order: &PvxOrder) -> Option<Sale> {
        let id = || Guid::parse(&order.po_reference);
        match self.source_of(&order.number)? {
            SimSystem::Linnworks => {
                let found = self.lw.order_by_id.get(&id()?);
                found.copied().map(Sale::Linnworks)
            }
            SimSystem::Shopline => {
                let prefix = format!("{}-", self.config.shop.wms_prefix);
                let name = order.number.strip_prefix(&prefix)?;
                let by_id = self.shop.order_by_id.get(&order.po_reference);
                let found = by_id.or_else(|| self.shop.order_by_name.get(name));
                found.copied().map(Sale::Shop)
            }
            SimSystem::Cin7 => {
                let found = self.cin7.sale_by_id.get(&id()?);
                found.copied().map(Sale::Cin7)
            }
            SimSystem::Peoplevox => None,
        }
    }

    /// The Linnworks order behind a warehouse order; `None` for those of other systems too.
    pub fn linnworks_sale(&self, order: &PvxOrder) -> Option<&LwOrder> {
        match self.sale_of(order)? {
            Sale::Linnworks(ix) => self.lw.orders.get(ix),
            Sale::Shop(_) | Sale::Cin7(_) => None,
        }
    }

    /// Whether a sale was called off: cancelled, voided, deleted or taken back to a draft.
    pub fn is_called_off(&self, sale: Sale) -> bool {
        match sale {
            Sale::Linnworks(ix) => {
                let book = self.lw.orders.get(ix).map(|o| o.book);
                matches!(book, Some(Book::Cancelled(_) | Book::Gone(_)))
            }
            Sale::Shop(ix) => {
                let order = self.shop.orders.get(ix);
                order.is_some_and(|o| o.cancelled_at.is_some())
            }
            Sale::Cin7(ix) => {
                let sale = self.cin7.sales.get(ix);
                sale.is_some_and(|s| !s.order.is_authorised())
            }
        }
    }
}
