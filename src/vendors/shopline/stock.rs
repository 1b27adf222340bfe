//! Locations, variants and stock. Plain reads and writes know only the *available* figure, for one item at one location
//! a call; it sinks and rises with sales by itself. Only absolute figures are written.

use super::client::{Ask, malformed, path_id, refused, unknown};
use super::cursor::{Cursor, CursorPage};
use super::method::Method;
use super::order::need;
use super::{Shopline, unread, wire};
use crate::domain::ids::{LocationId, Sku};
use crate::domain::time::Ts;
use crate::vendors::scalar::{Fault, Read, Scalar};
use crate::vendors::{Answer, CallLog, SourceLocation, SourceProduct, SourceStock};

/// Products or variants per page: the most SHOPLINE allows.
pub const PRODUCTS_PAGE_ROWS: u32 = 250;
/// Most items in one read of levels.
pub const LEVEL_ITEMS_MAX: usize = 50;
/// Most locations in one read of levels.
pub const LEVEL_LOCATIONS_MAX: usize = 10;
/// Largest figure that is written.
const AVAILABLE_MAX: i64 = i32::MAX as i64;

/// A location with what SHOPLINE knows beyond the house's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShoplineLocation {
    pub location: SourceLocation,
    pub is_active: bool,
    pub is_default: bool,
}

/// A variant: what is sold and stocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub id: String,
    pub product_id: String,
    /// What levels are read and written by.
    pub inventory_item_id: String,
    /// May be empty, and may stand on several variants.
    pub sku: Sku,
    /// Of the product and, behind it, of the variant.
    pub title: String,
    pub barcode: String,
    pub price_minor: i64,
    /// Stock is counted; levels of other items cannot be written.
    pub is_tracked: bool,
    /// Sold even when nothing is available.
    pub can_oversell: bool,
    /// Available over all locations.
    pub available_each: Option<i64>,
    /// There is something to ship.
    pub is_shipped: bool,
    /// `active`, `draft` or `archived`, of the product; empty when the list does not tell.
    pub product_status: String,
}

impl Variant {
    /// The house's product, by the id that stock is kept under; `None` without a SKU. Levels are read apart.
    pub fn product(&self) -> Option<SourceProduct> {
        if self.sku.as_str().is_empty() {
            return None;
        }
        Some(SourceProduct {
            id: self.inventory_item_id.clone(),
            sku: self.sku.clone(),
            title: self.title.clone(),
            barcode: self.barcode.clone(),
            category: String::new(),
            is_composite: false,
            price_minor: self.price_minor,
            stock: None,
        })
    }
}

/// Available stock of one item at one location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub inventory_item_id: String,
    pub location: LocationId,
    pub variant_id: Option<String>,
    /// The customer-facing figure; below zero when oversold.
    pub available_each: i64,
    pub updated_at: Option<Ts>,
}

impl Level {
    /// The house's figure. The field that is written is the available one; SHOPLINE does not tell open commitments in
    /// this call, and they are already taken off, so they are given as none.
    pub fn stock(&self, sku: &Sku) -> SourceStock {
        SourceStock {
            sku: sku.clone(),
            location: self.location.clone(),
            level_each: self.available_each,
            committed_each: 0,
            available_each: self.available_each,
        }
    }
}

impl Shopline {
    /// Every location; remembers which of them fulfilment apps run.
    ///
    /// # Errors
    /// As every call; malformed when one cannot be read.
    pub async fn locations(&self, log: &CallLog) -> Answer<Vec<ShoplineLocation>> {
        let method = Method::Locations;
        let ask = Ask::new(method, "locations/list.json");
        let reply = self.client.call::<wire::LocationsAnswer>(ask, log).await?;
        let found = reply
            .value
            .locations
            .ok_or_else(|| malformed(method, "locations is missing"))?
            .iter()
            .map(location)
            .collect::<Read<Vec<_>>>()
            .map_err(|fault| unread(method, &fault))?;
        self.remember_centres(&found);
        Ok(found)
    }

    /// A page of the catalogue, variants of all its products. There is no way to ask by SKU.
    ///
    /// # Errors
    /// As every call; malformed when a variant cannot be read.
    pub async fn variants_page(
        &self,
        cursor: Option<&Cursor>,
        log: &CallLog,
    ) -> Answer<CursorPage<Variant>> {
        let method = Method::Products;
        let mut ask = Ask::new(method, "products/products.json").with("limit", PRODUCTS_PAGE_ROWS);
        if let Some(cursor) = cursor {
            ask = ask.at(cursor);
        }
        let reply = self.client.call::<wire::ProductsAnswer>(ask, log).await?;
        let rows = reply
            .value
            .products
            .ok_or_else(|| malformed(method, "products is missing"))?;
        let page = Self::page(method, &rows, reply.next, product)?;
        Ok(CursorPage {
            rows: page.rows.into_iter().flatten().collect(),
            next: page.next,
        })
    }

    /// A page of one product's variants.
    ///
    /// # Errors
    /// As [`Self::variants_page`].
    pub async fn variants_of(
        &self,
        product: &str,
        cursor: Option<&Cursor>,
        log: &CallLog,
    ) -> Answer<CursorPage<Variant>> {
        let method = Method::Variants;
        let id = path_id(method, "a product", product)?;
        let mut ask = Ask::new(method, format!("products/{id}/variants.json"))
            .with("limit", PRODUCTS_PAGE_ROWS);
        if let Some(cursor) = cursor {
            ask = ask.at(cursor);
        }
        let reply = self.client.call::<wire::VariantsAnswer>(ask, log).await?;
        let rows = reply
            .value
            .variants
            .ok_or_else(|| malformed(method, "variants is missing"))?;
        Self::page(method, &rows, reply.next, |row| {
            variant(row, &wire::Product::default())
        })
    }

    /// Levels of at most [`LEVEL_ITEMS_MAX`] items at at most [`LEVEL_LOCATIONS_MAX`] locations; no location means all.
    /// Pairs that are not connected are absent.
    ///
    /// # Errors
    /// As every call; rejected before sending when there are too many; malformed when a level comes that was not asked
    /// for.
    pub async fn levels(
        &self,
        items: &[String],
        locations: &[LocationId],
        log: &CallLog,
    ) -> Answer<Vec<Level>> {
        let method = Method::Levels;
        if items.is_empty() {
            return Ok(Vec::new());
        }
        if items.len() > LEVEL_ITEMS_MAX || locations.len() > LEVEL_LOCATIONS_MAX {
            let text = format!(
                "{} items at {} locations in one call, at most {LEVEL_ITEMS_MAX} at {LEVEL_LOCATIONS_MAX} are allowed",
                items.len(),
                locations.len()
            );
            return Err(refused(method, &text));
        }
        for id in items {
            path_id(method, "an inventory item", id)?;
        }
        let mut ask =
            Ask::new(method, "inventory_levels.json").with("inventory_item_ids", items.join(","));
        if !locations.is_empty() {
            let mut list = Vec::with_capacity(locations.len());
            for id in locations {
                list.push(path_id(method, "a location", id.as_str())?);
            }
            ask = ask.with("location_ids", list.join(","));
        }
        let reply = self.client.call::<wire::LevelsAnswer>(ask, log).await?;
        let rows = reply
            .value
            .inventory_levels
            .ok_or_else(|| malformed(method, "inventory_levels is missing"))?;
        let mut out: Vec<Level> = Vec::with_capacity(rows.len());
        for row in &rows {
            let found = level(row).map_err(|fault| unread(method, &fault))?;
            let is_asked = items.contains(&found.inventory_item_id)
                && (locations.is_empty() || locations.contains(&found.location));
            if !is_asked {
                let text = format!(
                    "item {} at {} was not asked for",
                    found.inventory_item_id, found.location
                );
                return Err(malformed(method, &text));
            }
            out.push(found);
        }
        Ok(out)
    }

    /// Sets the available figure of one item at one location. Repeating it does no harm.
    ///
    /// # Errors
    /// As every call; rejected before sending when the figure is negative or too large, by SHOPLINE when the item is
    /// not tracked, and when the answer shows another figure; unknown when it is about something else.
    pub async fn set_available(
        &self,
        item: &str,
        location: &LocationId,
        available_each: i64,
        log: &CallLog,
    ) -> Answer<Level> {
        let method = Method::SetLevel;
        let item = path_id(method, "an inventory item", item)?;
        let place = path_id(method, "a location", location.as_str())?;
        if !(0..=AVAILABLE_MAX).contains(&available_each) {
            let text = format!("{available_each} cannot be written: 0 to {AVAILABLE_MAX} can");
            return Err(refused(method, &text));
        }
        let body = serde_json::json!({
            "inventory_item_id": item,
            "location_id": place,
            "available": available_each,
        });
        let ask = Ask::new(method, "inventory_levels/set.json").sending(body);
        let reply = self.client.call::<wire::LevelAnswer>(ask, log).await?;
        let row = reply
            .value
            .inventory_level
            .ok_or_else(|| malformed(method, "inventory_level is missing"))?;
        let shown = level(&row).map_err(|fault| unread(method, &fault))?;
        if shown.inventory_item_id != item || shown.location.as_str() != place {
            let text = format!(
                "the answer is about item {} at {}",
                shown.inventory_item_id, shown.location
            );
            return Err(unknown(method, &text));
        }
        if shown.available_each != available_each {
            let text = format!(
                "SHOPLINE shows {} after {available_each} was set",
                shown.available_each
            );
            return Err(refused(method, &text));
        }
        Ok(shown)
    }
}

fn flag(value: &Scalar, member: &str) -> Read<bool> {
    Ok(value.flag(member)?.unwrap_or(false))
}

/// A location. Its figure shows stock as it can be sold, so that open orders are never counted in it.
fn location(row: &wire::Location) -> Read<ShoplineLocation> {
    Ok(ShoplineLocation {
        location: SourceLocation {
            id: LocationId(need(row.id.id("locations.id")?, "locations.id")?),
            name: row.name.text("locations.name")?,
            is_fulfilment_centre: flag(&row.legacy, "locations.legacy")?,
            counts_open_orders: false,
        },
        is_active: row.active.flag("locations.active")?.unwrap_or(true),
        is_default: flag(&row.is_default, "locations.is_default")?,
    })
}

fn product(row: &wire::Product) -> Read<Vec<Variant>> {
    let variants = row
        .variants
        .as_ref()
        .ok_or_else(|| Fault::missing("products.variants"))?;
    variants.iter().map(|v| variant(v, row)).collect()
}

fn variant(row: &wire::Variant, of: &wire::Product) -> Read<Variant> {
    let at = |name: &str| format!("variants.{name}");
    let product_id = match row.product_id.id(&at("product_id"))? {
        Some(id) => Some(id),
        None => of.id.id("products.id")?,
    };
    let item = row.inventory_item_id.id(&at("inventory_item_id"))?;
    let title = of.title.text("products.title")?;
    let own = row.title.text(&at("title"))?;
    Ok(Variant {
        id: need(row.id.id(&at("id"))?, &at("id"))?,
        product_id: need(product_id, &at("product_id"))?,
        inventory_item_id: need(item, &at("inventory_item_id"))?,
        // Compared exactly everywhere, so that blanks stay.
        sku: Sku(row.sku.text(&at("sku"))?),
        title: match (title.is_empty(), own.is_empty()) {
            (false, false) => format!("{title} ({own})"),
            (false, true) => title,
            _ => own,
        },
        barcode: row.barcode.text(&at("barcode"))?,
        price_minor: row.price.minor(&at("price"))?,
        is_tracked: flag(&row.inventory_tracker, &at("inventory_tracker"))?,
        can_oversell: row.inventory_policy.text(&at("inventory_policy"))? == "continue",
        available_each: row.inventory_quantity.whole(&at("inventory_quantity"))?,
        is_shipped: row
            .required_shipping
            .flag(&at("required_shipping"))?
            .unwrap_or(true),
        product_status: of.status.text("products.status")?,
    })
}

fn level(row: &wire::Level) -> Read<Level> {
    let at = |name: &str| format!("inventory_level.{name}");
    let item = row.inventory_item_id.id(&at("inventory_item_id"))?;
    let place = row.location_id.id(&at("location_id"))?;
    let changed = row.updated_at.time(&at("updated_at"))?;
    Ok(Level {
        inventory_item_id: need(item, &at("inventory_item_id"))?,
        location: LocationId(need(place, &at("location_id"))?),
        variant_id: row.variant_id.id(&at("variant_id"))?,
        available_each: need(row.available.whole(&at("available"))?, &at("available"))?,
        updated_at: changed.or(row.update_at.time(&at("update_at"))?),
    })
}
