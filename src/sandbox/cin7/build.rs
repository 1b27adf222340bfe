//! Laying the ground: locations, carriers, and a catalogue of what the warehouse holds.

use super::decimal::Dec;
use super::state::{Cin7Bin, Cin7Location, Cin7Product, Slot, Stock};
use crate::sandbox::rng::{Guid, Rng};
use crate::sandbox::world::World;

/// Locations that are warehouse sites, in the order of the sites, and one that nobody mapped.
pub const LOCATIONS: [&str; 3] = ["Main Warehouse", "North Warehouse", "Showroom"];
/// Bins of the first location.
const BINS: [&str; 3] = ["A-01-01", "A-01-02", "RETURNS"];
/// Carriers of the reference book and the warehouse's service for each; the last one is left out of the mappings.
pub(crate) const CARRIERS: &[(&str, &str)] = &[
    ("Royal Mail Tracked 48", "RM48"),
    ("Royal Mail Tracked 24", "RM24"),
    ("DPD Next Day", "DPDND"),
    ("Evri Standard", "EVRI"),
    ("Pallet 24h", ""),
];
/// What Cin7 Core puts into every reference book of carriers.
const DEFAULT_CARRIER: &str = "DEFAULT Carrier";
/// A product that is work, not goods.
pub(crate) const SERVICE_SKU: &str = "SVC-DELIVERY";
/// So many of the most popular products carry the warehouse's item code whatever the traits say.
const SAFE_PRODUCTS: usize = 8;
/// The part of the price a product costs.
const COST_PART: i64 = 3;

impl World {
    /// Builds the account from what the warehouse holds.
    pub(crate) fn build_cin7(&mut self) {
        let seed = self.config.seed;
        let id = |kind: &str, name: &str| Rng::named(seed, kind, name).guid();
        let credentials = crate::sandbox::setup::credentials(seed);
        self.cin7.account_id = Guid::parse(&credentials.cin7_account_id).unwrap_or_default();
        self.cin7.application_key =
            Guid::parse(&credentials.cin7_application_key).unwrap_or_default();
        for (at, name) in LOCATIONS.iter().enumerate() {
            let bins = BINS.iter().filter(|_| at == 0).map(|bin| Cin7Bin {
                id: id("cin7-bin", bin),
                name: (*bin).to_owned(),
            });
            self.cin7.locations.push(Cin7Location {
                id: id("cin7-location", name),
                name: (*name).to_owned(),
                is_default: at == 0,
                is_deprecated: false,
                bins: bins.collect(),
            });
        }
        let named = CARRIERS.iter().map(|c| c.0.to_owned());
        let plain = self.pvx.carriers.iter().map(|c| c.0.clone());
        let book = std::iter::once(DEFAULT_CARRIER.to_owned())
            .chain(named)
            .chain(plain);
        self.cin7.carriers = book.map(|name| (id("cin7-carrier", &name), name)).collect();
        for item in 0..self.pvx.items.len() {
            self.build_cin7_product(item);
        }
        self.cin7_add(Cin7Product {
            id: id("cin7-product", SERVICE_SKU),
            sku: SERVICE_SKU.to_owned(),
            name: "Delivery and unpacking".to_owned(),
            barcode: String::new(),
            category: "Services".to_owned(),
            price: Dec::minor(2_500),
            cost: Dec::ZERO,
            weight_grams: 0,
            is_service: true,
            is_batched: false,
            is_deprecated: false,
            modified_at: self.config.start,
        });
    }

    fn build_cin7_product(&mut self, item: usize) {
        let record = self.pvx.items[item].clone();
        if record.is_deleted {
            return;
        }
        let price = record.retail_minor;
        let product = self.cin7_add(Cin7Product {
            id: Rng::named(self.config.seed, "cin7-product", &record.code).guid(),
            sku: self.cin7_sku(item, &record.code),
            name: record.name,
            barcode: record.barcode,
            category: record.group,
            price: Dec::minor(price),
            cost: Dec::minor(price / COST_PART),
            weight_grams: record.weight_grams,
            is_service: false,
            is_batched: false,
            is_deprecated: false,
            modified_at: self.config.start,
        });
        for site in 0..self.pvx.sites.len() {
            let on_hand = Dec::whole(self.pvx.shelf(item, site).on_hand);
            let has_bins = self.config.cin7.switches.stock_in_bins
                && !self.cin7.locations[site].bins.is_empty();
            let slot = Slot {
                product,
                location: site,
                bin: has_bins.then_some(item % 2),
                batch: String::new(),
                expiry: None,
            };
            let stock = Stock {
                on_hand,
                ..Stock::default()
            };
            self.cin7.stock.insert(slot, stock);
        }
    }

    /// The SKU of an item: its code, but for the share that people wrote in a form of their own.
    fn cin7_sku(&self, item: usize, code: &str) -> String {
        let share = self.config.cin7.traits.own_sku;
        if share <= 0.0 || item < SAFE_PRODUCTS {
            return code.to_owned();
        }
        let room = self.pvx.items.len().saturating_sub(SAFE_PRODUCTS).max(1);
        let stride = ((1.0 / share).round() as usize).clamp(1, room);
        let first = Rng::named(self.config.seed, "cin7-own-sku", "").below(stride);
        if (item - SAFE_PRODUCTS) % stride == first {
            format!("C-{}", code.replace('-', "/"))
        } else {
            code.to_owned()
        }
    }

    pub(super) fn cin7_add(&mut self, product: Cin7Product) -> usize {
        let at = self.cin7.products.len();
        self.cin7.product_by_sku.insert(product.sku.clone(), at);
        self.cin7.product_by_id.insert(product.id, at);
        self.cin7.products.push(product);
        at
    }
}
