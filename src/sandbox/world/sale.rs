//! Which sale an order of the warehouse belongs to. The floor works on warehouse orders whatever source they came from;
//! who wants to know the sale behind one asks here.

use super::World;
use crate::sandbox::config::SimSystem;
use crate::sandbox::pvx::state::PvxOrder;

/// A sale, by its position in its system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sale {
    Linnworks(usize),
    Shop(usize),
}

impl Sale {
    /// The system it was made in.
    pub const fn system(self) -> SimSystem {
        match self {
            Self::Linnworks(_) => SimSystem::Linnworks,
            Self::Shop(_) => SimSystem::Shopline,
        }
    }
}

impl World {
    /// The pair a warehouse order number belongs to by its beginning; `None` for orders of somebody else.
    pub fn source_of(&self, number: &str) -> Option<SimSystem> {
        let starts = |prefix: &str| {
            let rest = number.strip_prefix(prefix);
            rest.is_some_and(|r| r.starts_with('-'))
        };
        if starts(&self.config.wms_prefix) {
            return Some(SimSystem::Linnworks);
        }
        starts(&self.config.shop.wms_prefix).then_some(SimSystem::Shopline)
    }

    /// The sale behind a warehouse order: by its purchase order reference, which holds the source's id, else by its
    /// number.
    pub fn sale_of(&self, order: &PvxOrder) -> Option<Sale> {
        match self.source_of(&order.number)? {
            SimSystem::Linnworks => {
                let id = crate::sandbox::rng::Guid::parse(&order.po_reference)?;
                self.lw.order_by_id.get(&id).copied().map(Sale::Linnworks)
            }
            SimSystem::Shopline => {
                let prefix = format!("{}-", self.config.shop.wms_prefix);
                let name = order.number.strip_prefix(&prefix)?;
                let by_id = self.shop.order_by_id.get(&order.po_reference);
                let found = by_id.or_else(|| self.shop.order_by_name.get(name));
                found.copied().map(Sale::Shop)
            }
            SimSystem::Peoplevox => None,
        }
    }
}
