//! Laying the ground of the store: account, locations, and a catalogue made of the warehouse's items.

use super::World;
use crate::sandbox::rng::Rng;
use crate::sandbox::shop::state::{ShopLevel, ShopLocation, ShopProduct, ShopVariant};
use crate::sandbox::shop::{long_id, plain_id};
use std::collections::BTreeMap;

/// Name of the store's location the demo mappings map.
pub const SHOP_LOCATION: &str = "Leeds Warehouse";

/// Positions of the store's locations.
pub(crate) const SHOP_MAPPED: usize = 0;
/// A shop with a till; its back room is the warehouse's second site.
pub(crate) const SHOP_FLOOR: usize = 1;
/// Its name.
pub const SHOP_FLOOR_LOCATION: &str = "Harrogate shop";

/// SKU of the gift card: nothing to pick.
pub(crate) const GIFT_CARD: &str = "GIFT-CARD-25";

impl World {
    pub(super) fn build_shop(&mut self) {
        let credentials = crate::sandbox::setup::credentials(self.config.seed);
        self.shop.handle = credentials.shop_handle;
        self.shop.access_token = credentials.shop_access_token;
        self.shop.app_secret = credentials.shop_app_secret;
        self.shop.store_id = "1700000000000".to_owned();
        self.shop.merchant_id = "2000000000".to_owned();
        self.build_shop_locations();
        self.build_shop_catalogue();
        self.add_gift_card();
    }

    fn build_shop_locations(&mut self) {
        let places = [
            (
                SHOP_LOCATION,
                true,
                false,
                "1 Dock Road",
                "Leeds",
                "LS1 1AA",
            ),
            (
                SHOP_FLOOR_LOCATION,
                false,
                false,
                "5 Parade",
                "Harrogate",
                "HG1 1AA",
            ),
            (
                "Fulfilment partner",
                false,
                true,
                "9 Freight Way",
                "Hull",
                "HU1 1AA",
            ),
        ];
        for (n, (name, is_default, is_legacy, line1, town, postcode)) in
            places.into_iter().enumerate()
        {
            self.shop.locations.push(ShopLocation {
                id: plain_id(n as u64 + 1),
                name: name.to_owned(),
                is_default,
                is_legacy,
                line1: line1.to_owned(),
                town: town.to_owned(),
                postcode: postcode.to_owned(),
                created_at: self.config.start,
            });
        }
    }

    /// One product per kind of thing, one variant per colour; the SKU is the item code, but for a few.
    fn build_shop_catalogue(&mut self) {
        let share = self.config.shop.traits.foreign_sku;
        let mut products: BTreeMap<String, usize> = BTreeMap::new();
        for n in 0..self.plan.goods.len() {
            let item = self.plan.goods[n];
            let (code, title) = (
                self.lw.items[item].sku.clone(),
                self.lw.items[item].title.clone(),
            );
            let (thing, colour) = title.split_once(", ").unwrap_or((&title, ""));
            let key = format!("{thing}/{}", code.rsplit('-').next().unwrap_or_default());
            let product = match products.get(&key) {
                Some(product) => *product,
                None => self.add_shop_product(thing),
            };
            products.insert(key, product);
            let sku = if self.is_chosen("shop-sku", n, share) {
                code.replace('-', "")
            } else {
                code.clone()
            };
            let variant = ShopVariant {
                product,
                option: colour.to_owned(),
                barcode: self.lw.items[item].barcode.clone(),
                price_minor: self.lw.items[item].price_minor,
                weight_grams: self.lw.items[item].weight_grams,
                code,
                ..self.bare_variant(sku)
            };
            self.add_shop_variant(variant);
            self.stock_shop(n);
        }
    }

    fn add_shop_product(&mut self, title: &str) -> usize {
        let at = self.shop.products.len();
        let id = long_id(self.config.seed, "1607", at as u64 + 1);
        self.shop.product_by_id.insert(id.clone(), at);
        self.shop.products.push(ShopProduct {
            id,
            title: title.to_owned(),
            variants: Vec::new(),
            created_at: self.config.start,
        });
        at
    }

    fn bare_variant(&self, sku: String) -> ShopVariant {
        let number = self.shop.variants.len() as u64 + 1;
        ShopVariant {
            id: long_id(self.config.seed, "1807", number),
            product: 0,
            inventory_item_id: plain_id(100 + number),
            sku,
            code: String::new(),
            option: String::new(),
            barcode: String::new(),
            price_minor: 0,
            weight_grams: 0,
            is_tracked: true,
            can_oversell: false,
            needs_shipping: true,
        }
    }

    fn add_shop_variant(&mut self, variant: ShopVariant) {
        let at = self.shop.variants.len();
        self.shop.variant_by_sku.insert(variant.sku.clone(), at);
        self.shop.variant_by_id.insert(variant.id.clone(), at);
        let item = variant.inventory_item_id.clone();
        self.shop.variant_by_item.insert(item, at);
        self.shop.products[variant.product].variants.push(at);
        self.shop.variants.push(variant);
        self.shop.levels.push(vec![None; self.shop.locations.len()]);
    }

    /// The figures at the beginning: what the warehouse has free, and a few on the shop floor.
    fn stock_shop(&mut self, n: usize) {
        let mut dice = Rng::keyed(self.config.seed, "shop-shelf", n as u64);
        let at = self.shop.variants.len() - 1;
        let code = &self.shop.variants[at].code;
        let found = self.pvx.item_by_code.get(code).copied();
        let mut free = found.map_or(0, |item| self.pvx.shelf(item, 0).available());
        let wrong_by = dice.between(2, 15);
        let on_floor = dice.between(0, 8);
        if self.is_chosen("shop-drift", n, self.config.shop.traits.opening_drift) {
            free += wrong_by;
        }
        let level = |available: i64| ShopLevel {
            available,
            committed: 0,
            unavailable: 0,
            updated_at: self.config.start,
        };
        let mapped = level(free);
        let floor = dice.chance(0.5).then(|| level(on_floor));
        self.shop.levels[at][SHOP_MAPPED] = Some(mapped);
        self.shop.levels[at][SHOP_FLOOR] = floor;
    }

    fn add_gift_card(&mut self) {
        let product = self.add_shop_product("Gift card");
        let card = ShopVariant {
            product,
            option: "25".to_owned(),
            price_minor: 2_500,
            is_tracked: false,
            needs_shipping: false,
            ..self.bare_variant(GIFT_CARD.to_owned())
        };
        self.add_shop_variant(card);
    }
}
