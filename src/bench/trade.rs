//! The sales systems as a bench uses them: what stands on the shelf, how an order is placed, and what has been shipped.

use super::BenchError;
use crate::domain::policy::Policy;
use crate::sandbox::{
    Book, Cin7SaleSpec, HandError, MAPPED_SITE, OrderSpec, Progress, ShopOrderSpec, SimSystem,
    World,
};
use std::collections::BTreeMap;

/// Units of every item on the shelf, so that no order waits for stock.
const SHELF_UNITS: i64 = 1_000_000;

/// The policy of a bench: every figure may change at once.
pub fn policy(source: SimSystem) -> Policy {
    let usual = match source {
        SimSystem::Shopline => Policy::shopline(),
        SimSystem::Cin7 => Policy::cin7core(),
        SimSystem::Linnworks | SimSystem::Peoplevox => Policy::linnworks(),
    };
    Policy {
        mass_change_percent: 100,
        ..usual
    }
}

/// Puts plenty of every plain item on the shelf; answers with the SKUs warehouse and source both know.
pub(super) fn fill_shelves(world: &mut World, source: SimSystem) -> Vec<String> {
    let mut codes: Vec<String> = world
        .pvx
        .items
        .iter()
        .filter(|i| !i.is_deleted)
        .map(|i| i.code.clone())
        .collect();
    codes.retain(|code| is_sold(world, source, code));
    codes.retain(|code| world.count(code, MAPPED_SITE, SHELF_UNITS).is_ok());
    if source == SimSystem::Cin7 {
        let place = Cin7SaleSpec::default().location;
        codes.retain(|code| world.cin7_set_on_hand(code, &place, SHELF_UNITS).is_ok());
    }
    codes
}

fn is_sold(world: &World, source: SimSystem, code: &str) -> bool {
    match source {
        SimSystem::Shopline => world.shop.variant_by_sku.contains_key(code),
        SimSystem::Cin7 => world.cin7.product_by_sku.contains_key(code),
        SimSystem::Linnworks | SimSystem::Peoplevox => world
            .lw
            .item_by_sku
            .get(code)
            .and_then(|ix| world.lw.items.get(*ix))
            .is_some_and(|item| item.components.is_empty() && !item.is_archived),
    }
}

/// Somebody orders.
pub(super) fn place(
    world: &mut World,
    source: SimSystem,
    n: usize,
    lines: Vec<(String, i64)>,
) -> Result<(), BenchError> {
    let done: Result<String, HandError> = match source {
        SimSystem::Shopline => {
            let lines: Vec<(&str, i64)> = lines.iter().map(|(s, q)| (s.as_str(), *q)).collect();
            world.shop_place(&ShopOrderSpec::of(&lines))
        }
        SimSystem::Cin7 => world.cin7_enter(&Cin7SaleSpec {
            lines,
            reference: format!("B{n}"),
            ..Cin7SaleSpec::default()
        }),
        SimSystem::Linnworks | SimSystem::Peoplevox => world.place(&OrderSpec {
            lines,
            reference: format!("B{n}"),
            ..OrderSpec::default()
        }),
    };
    done.map(|_| ())
        .map_err(|error| BenchError::Unfinished(error.to_string()))
}

/// Orders the source shows as shipped.
pub(super) fn shipped(world: &World, source: SimSystem) -> usize {
    match source {
        SimSystem::Shopline => {
            let orders = world.shop.orders.iter();
            orders.filter(|o| o.progress() == Progress::All).count()
        }
        SimSystem::Cin7 => {
            let sales = world.cin7.sales.iter();
            sales.filter(|s| is_sale_shipped(s)).count()
        }
        SimSystem::Linnworks | SimSystem::Peoplevox => {
            let orders = world.lw.orders.iter();
            orders
                .filter(|o| matches!(o.book, Book::Processed(_)))
                .count()
        }
    }
}

fn is_sale_shipped(sale: &crate::sandbox::Cin7Sale) -> bool {
    let mut left: BTreeMap<usize, i64> = BTreeMap::new();
    for line in &sale.lines {
        *left.entry(line.product).or_default() += line.quantity.as_units();
    }
    for line in sale.live().flat_map(crate::sandbox::Fulfilment::shipped) {
        *left.entry(line.slot.product).or_default() -= line.quantity.as_units();
    }
    left.values().all(|units| *units <= 0)
}
