//! What may still be promised of items at sites: what the warehouse reports as available, less what orders were given
//! and the report does not know yet.

use crate::domain::ids::{ItemCode, SiteRef};
use crate::domain::mapping::MappingKind;
use crate::domain::mapping_set::MappingSet;
use crate::domain::order::{OrderFull, OrderState, SourceOrder};
use crate::domain::publish::sellable;
use crate::domain::stock::StockLevelRow;
use crate::domain::time::Ts;
use std::collections::{BTreeMap, HashMap, HashSet};

/// An item at a site.
pub type Place = (SiteRef, ItemCode);

/// Figures of some items at the mapped sites.
#[derive(Debug, Clone, Default)]
pub struct Shelves {
    levels: HashMap<Place, StockLevelRow>,
    promised: HashMap<Place, i64>,
    /// Sites of which a whole report was read: what it does not list is not there.
    whole: HashSet<SiteRef>,
}

impl Shelves {
    /// From stored levels, units that orders were given, and when every figure was last read.
    pub fn new(
        levels: Vec<StockLevelRow>,
        promised: impl IntoIterator<Item = (Place, i64)>,
        full_at: Option<Ts>,
        mappings: &MappingSet,
    ) -> Self {
        let mut mapped: HashMap<SiteRef, Ts> = HashMap::new();
        for row in mappings.rows(MappingKind::Site) {
            for site in super::rule::words(&row.to) {
                let since = mapped.entry(SiteRef::from(site)).or_insert(row.changed_at);
                *since = (*since).min(row.changed_at);
            }
        }
        // A site that was mapped after the report was not in it.
        let whole = mapped
            .into_iter()
            .filter(|(_, since)| full_at.is_some_and(|at| *since <= at))
            .map(|(site, _)| site)
            .collect();
        Self {
            levels: levels
                .into_iter()
                .map(|l| ((l.site.clone(), l.item.clone()), l))
                .collect(),
            promised: promised.into_iter().collect(),
            whole,
        }
    }

    /// Units that may still be promised; `None` when nobody has read the figure.
    pub fn free(&self, site: &SiteRef, item: &ItemCode) -> Option<i64> {
        let place = (site.clone(), item.clone());
        let promised = self.promised.get(&place).copied().unwrap_or(0);
        match self.levels.get(&place) {
            Some(l) => Some(sellable(
                l.available_each,
                l.on_hand_each,
                l.allocated_each,
                promised,
            )),
            None => self.whole.contains(site).then_some(-promised),
        }
    }

    /// An order was given to a site just now.
    pub fn promise(&mut self, site: &SiteRef, lines: impl IntoIterator<Item = (ItemCode, i64)>) {
        for (item, units) in lines {
            let sum = self.promised.entry((site.clone(), item)).or_default();
            *sum = sum.saturating_add(units);
        }
    }
}

/// Whether any rule of the pair asks for stock.
pub fn asks_for_stock(mappings: &MappingSet) -> bool {
    let mut rules = mappings.rows(MappingKind::Routing);
    rules.any(|r| r.attributes.contains_key("stock"))
}

/// Item codes an order needs, kits exploded.
pub fn items_of(order: &SourceOrder, mappings: &MappingSet) -> Vec<ItemCode> {
    let mut items: Vec<ItemCode> = Vec::new();
    for line in order.pick_lines() {
        match mappings.composite(&line.sku) {
            Some(parts) => items.extend(parts.into_iter().map(|(code, _)| code)),
            None => items.push(mappings.item(&line.sku).item),
        }
    }
    items.sort_unstable();
    items.dedup();
    items
}

/// What an order may count on at a site: what is free there, and what it holds there itself.
pub fn free_for(
    shelves: &Shelves,
    order: Option<&OrderFull>,
    site: &SiteRef,
    item: &ItemCode,
) -> Option<i64> {
    let own = order
        .filter(|o| o.row.site.as_ref() == Some(site))
        .and_then(|o| own_goods(o).get(item).copied())
        .unwrap_or(0);
    shelves.free(site, item).map(|n| n.saturating_add(own))
}

/// States in which an order is counted among what its site has promised and the report may not know yet.
pub const PROMISED_IN: &[OrderState] = &[
    OrderState::Queued,
    OrderState::Sending,
    OrderState::InDoubt,
    OrderState::InWarehouse,
    OrderState::Backordered,
];

/// States in which an order has its goods, set aside or shipped: the report knows when they were entered before it.
pub const TAKEN_IN: &[OrderState] = &[
    OrderState::Allocated,
    OrderState::Picking,
    OrderState::Packing,
    OrderState::PartDespatched,
    OrderState::AmendReview,
    OrderState::CancelReview,
    OrderState::Despatched,
    OrderState::Confirming,
];

/// Units an order holds at its own site already: they are there for it, whatever the figure says.
fn own_goods(order: &OrderFull) -> BTreeMap<ItemCode, i64> {
    let is_placed = |state: OrderState| {
        matches!(
            state,
            OrderState::Queued | OrderState::Sending | OrderState::InDoubt
        ) || state.is_in_warehouse()
    };
    let mut own = BTreeMap::new();
    if is_placed(order.row.state) {
        for line in &order.lines {
            if let Some(item) = &line.item {
                *own.entry(item.clone()).or_insert(0) += line.qty_each - line.despatched_each;
            }
        }
    }
    own
}
