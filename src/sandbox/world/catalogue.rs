//! The shop's catalogue: SKUs, names, barcodes, kits, and the mistakes in it.

use super::World;
use super::names::{COLOURS, THINGS};
use crate::sandbox::lw::state::{Level, LwItem};
use crate::sandbox::pvx::state::{PvxItem, Shelf};
use crate::sandbox::rng::Rng;
use std::collections::BTreeMap;

/// Which Linnworks items customers may order, by role.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Ordinary goods, most popular first.
    pub goods: Vec<usize>,
    pub kits: Vec<usize>,
    /// Items whose SKU was typed wrong: not in the warehouse.
    pub mistyped: Vec<usize>,
}

/// Average units of one order, in thousandths, for stock targets.
const UNITS_PER_ORDER_MILLI: i64 = 2_300;

/// So many of the most popular items have no mistake in either system.
const SAFE_GOODS: usize = 8;

/// A valid EAN-13 for the n-th item.
pub(crate) fn barcode(n: usize) -> String {
    let digits = format!("50{n:010}");
    let sum: u32 = digits
        .bytes()
        .enumerate()
        .map(|(at, b)| u32::from(b - b'0') * if at % 2 == 0 { 1 } else { 3 })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

impl World {
    pub(super) fn build_catalogue(&mut self) {
        let count = self.config.skus.max(4) as usize;
        for n in 0..count {
            self.add_goods(n, count);
        }
        let kits = if self.config.traits.kit > 0.0 {
            (count / 20).clamp(1, 40)
        } else {
            0
        };
        for n in 0..kits {
            self.add_kit(n);
        }
        let mistyped = if self.config.traits.mistyped_sku > 0.0 {
            (count / 40).clamp(1, 20)
        } else {
            0
        };
        for n in 0..mistyped {
            self.add_mistyped(n);
        }
    }

    fn add_goods(&mut self, n: usize, count: usize) {
        let thing = &THINGS[n % THINGS.len()];
        let colour = &COLOURS[(n / THINGS.len()) % COLOURS.len()];
        let series = n / (THINGS.len() * COLOURS.len()) + 1;
        let mut dice = Rng::keyed(self.config.seed, "goods", n as u64);
        let price = thing.3 + dice.between(-4, 12) * 25;
        let sku = format!("{}-{}-{series:02}", thing.0, colour.0);
        let name = format!("{}, {}", thing.1, colour.1);
        let ix = self.add_lw_item(LwItem {
            id: dice.guid(),
            sku: sku.clone(),
            title: name.clone(),
            barcode: barcode(n),
            category: thing.2.to_owned(),
            price_minor: price,
            weight_grams: thing.4,
            components: Vec::new(),
            is_archived: false,
        });
        self.plan.goods.push(ix);
        let share = ((n + 1) as f64 / count as f64).sqrt() - (n as f64 / count as f64).sqrt();
        let daily = i64::from(self.orders_a_day()) * UNITS_PER_ORDER_MILLI / 1_000;
        let wanted = daily as f64 * share * f64::from(self.config.stock_days);
        let target = (wanted.ceil() as i64).max(12);
        self.targets.insert(sku.clone(), target);
        self.stock_goods(n, ix, sku, name, target);
    }

    /// Orders of every source together: all of them are picked from one shelf.
    fn orders_a_day(&self) -> u32 {
        let config = &self.config;
        config.orders_per_day + config.shop.orders_per_day + config.cin7.traits.sales_per_day
    }

    /// Puts an item into the warehouse, with the mistakes the traits ask for, and levels into Linnworks.
    fn stock_goods(&mut self, n: usize, lw: usize, sku: String, name: String, target: i64) {
        let traits = self.config.traits.clone();
        let mut dice = Rng::keyed(self.config.seed, "shelf", n as u64);
        let on_hand = target * dice.between(70, 130) / 100;
        let elsewhere = dice.between(0, 40);
        let wrong_by = dice.between(2, 15);
        let mut level = on_hand;
        if !self.is_chosen("missing", n, traits.missing_in_pvx) {
            let code = barcode(n);
            let is_other = self.is_chosen("barcode", n, traits.barcode_mismatch);
            let ix = self.pvx_add_item(PvxItem {
                code: sku.clone(),
                name: crate::text::truncate(&name, 50),
                barcode: if is_other { barcode(900_000 + n) } else { code },
                group: self.lw.items[lw].category.clone(),
                is_deleted: false,
                texts: BTreeMap::new(),
                retail_minor: self.lw.items[lw].price_minor,
                weight_grams: self.lw.items[lw].weight_grams,
            });
            self.pvx.stock[ix][0] = Shelf {
                on_hand,
                allocated: 0,
            };
            self.pvx.stock[ix][1].on_hand = elsewhere;
            if self.is_chosen("deactivated", n, traits.deactivated_in_pvx) {
                self.pvx_deactivate_item(&sku, true);
            }
        } else {
            level = 0;
        }
        if self.is_chosen("drift", n, traits.opening_drift) {
            level += wrong_by;
        }
        let mapped = super::build::MAPPED;
        self.lw.levels[lw][mapped].level = level;
        self.lw.levels[lw][super::build::DEFAULT].level = dice.between(0, 5);
        self.lw.levels[lw][super::build::OVERSEAS].level = dice.between(0, 20);
    }

    /// Whether the n-th item is one of the share that has a mistake. Every share above nothing gets at least one item;
    /// the most popular things are right, so that a small world still works.
    pub(super) fn is_chosen(&self, what: &str, n: usize, share: f64) -> bool {
        let room = (self.config.skus.max(4) as usize).saturating_sub(SAFE_GOODS);
        if share <= 0.0 || room == 0 || n < SAFE_GOODS {
            return false;
        }
        let stride = ((1.0 / share).round() as usize).clamp(1, room);
        let first = Rng::named(self.config.seed, "chosen", what).below(stride);
        (n - SAFE_GOODS) % stride == first
    }

    fn add_kit(&mut self, n: usize) {
        let mut dice = Rng::keyed(self.config.seed, "kit", n as u64);
        let parts = usize::try_from(dice.between(2, 3)).unwrap_or(2);
        let mut components: Vec<(usize, i64)> = Vec::new();
        let mut price = 0;
        for _ in 0..parts {
            let part = self.plan.goods[dice.below(self.plan.goods.len().min(40))];
            if components.iter().any(|c| c.0 == part) {
                continue;
            }
            let quantity = dice.between(1, 2);
            price += self.lw.items[part].price_minor * quantity;
            components.push((part, quantity));
        }
        let ix = self.add_lw_item(LwItem {
            id: dice.guid(),
            sku: format!("GIFT-{:02}", n + 1),
            title: format!("Gift box no. {}", n + 1),
            barcode: barcode(500_000 + n),
            category: "Gifts".to_owned(),
            price_minor: price * 9 / 10,
            weight_grams: 900,
            components,
            is_archived: false,
        });
        self.plan.kits.push(ix);
    }

    /// The letter O where a zero belongs: looks right, is not in the warehouse.
    fn add_mistyped(&mut self, n: usize) {
        let mut dice = Rng::keyed(self.config.seed, "mistyped", n as u64);
        let right = self.plan.goods[dice.below(self.plan.goods.len())];
        let right = self.lw.items[right].clone();
        let sku = right.sku.replace("-0", "-O");
        if sku == right.sku || self.lw.item_by_sku.contains_key(&sku) {
            return;
        }
        let ix = self.add_lw_item(LwItem {
            id: dice.guid(),
            sku,
            barcode: String::new(),
            ..right
        });
        self.plan.mistyped.push(ix);
    }

    fn add_lw_item(&mut self, item: LwItem) -> usize {
        let ix = self.lw.items.len();
        self.lw.item_by_sku.insert(item.sku.clone(), ix);
        self.lw.item_by_id.insert(item.id, ix);
        self.lw.items.push(item);
        let none = Level {
            level: 0,
            in_orders: 0,
            updated_at: self.now,
            operation: "INITIAL".into(),
        };
        self.lw.levels.push(vec![none; self.lw.locations.len()]);
        ix
    }
}
