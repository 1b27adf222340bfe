//! Locations, products, inventory items and levels on the wire. Plain calls know only the available figure.

use super::cursor::{Ask, Page, Paging, id_before, link};
use super::events::About;
use super::service::{Call, Out};
use super::wire::{Refusal, int_of, or_null, text_of};
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Most items and locations in one read of levels.
const LEVEL_ITEMS_MAX: usize = 50;
const LEVEL_LOCATIONS_MAX: usize = 10;
const PRODUCTS: Paging = Paging {
    default: 50,
    max: 250,
    above: None,
};

impl World {
    /// `GET locations/list.json`.
    pub(super) fn shop_locations(&self) -> Out {
        let rows: Vec<Value> = (0..self.shop.locations.len())
            .map(|at| self.shop_location_json(at))
            .collect();
        Out::list("locations", rows)
    }

    /// `GET locations/{id}.json`.
    pub(super) fn shop_one_location(&self, call: &Call) -> Result<Out, Refusal> {
        let at = self
            .shop
            .location(call.id(0))
            .ok_or_else(|| Refusal::missing("location not found"))?;
        Ok(Out::json(json!({"location": self.shop_location_json(at)})))
    }

    /// `GET locations/count.json`.
    pub(super) fn shop_locations_count(&self) -> Out {
        Out::json(json!({"count": self.shop.locations.len()}))
    }

    fn shop_location_json(&self, at: usize) -> Value {
        let place = &self.shop.locations[at];
        json!({
            "id": place.id, "name": place.name, "active": true, "is_default": place.is_default,
            "legacy": place.is_legacy, "address1": place.line1, "address2": null,
            "city": place.town, "province": null, "province_code": "4200006",
            "country": "United Kingdom", "country_code": "GB", "zip": place.postcode,
            "phone": "1", "phone_code": "", "created_at": self.shop_time(place.created_at),
            "updated_at": self.shop_time(place.created_at),
        })
    }

    fn shop_variant_json(&self, at: usize) -> Value {
        let variant = &self.shop.variants[at];
        let total: i64 = self.shop.levels[at]
            .iter()
            .flatten()
            .map(|l| l.available)
            .sum();
        json!({
            "id": variant.id, "product_id": self.shop.products[variant.product].id,
            "sku": or_null(&variant.sku), "barcode": or_null(&variant.barcode),
            "title": variant.option, "option1": variant.option, "option2": null, "option3": null,
            "option4": null, "option5": null, "price": super::wire::money(variant.price_minor),
            "compare_at_price": null, "inventory_item_id": variant.inventory_item_id,
            "inventory_quantity": total,
            "inventory_policy": if variant.can_oversell { "continue" } else { "deny" },
            "inventory_tracker": variant.is_tracked, "required_shipping": variant.needs_shipping,
            "taxable": true, "weight": format!("{}.00", variant.weight_grams), "weight_unit": "g",
            "image": null,
        })
    }

    fn shop_product_json(&self, at: usize) -> Value {
        let product = &self.shop.products[at];
        let variants: Vec<Value> = product
            .variants
            .iter()
            .map(|v| self.shop_variant_json(*v))
            .collect();
        let made = self.shop_time(product.created_at);
        json!({
            "id": product.id, "title": product.title, "subtitle": "", "handle": product.id,
            "path": format!("/products/{}", product.id), "spu": null, "status": "active",
            "product_type": "NORMAL", "vendor": null, "tags": "", "options": [{"name": "Colour"}],
            "variants": variants, "image": null, "images": [], "published_at": made,
            "created_at": made, "updated_at": made,
        })
    }

    /// `GET products/products.json`. There is no filter by SKU.
    pub(super) fn shop_products(&self, call: &Call) -> Result<Out, Refusal> {
        let ask = Ask::read(&call.query, PRODUCTS, self.now)?;
        let ids = ask.filters.list("ids");
        let title = ask.filters.get("title").map(str::to_lowercase);
        let status = ask.filters.get("status");
        let all: Vec<usize> = (0..self.shop.products.len())
            .filter(|at| {
                let product = &self.shop.products[*at];
                ids.as_ref()
                    .is_none_or(|ids| ids.contains(&product.id.as_str()))
                    && title
                        .as_ref()
                        .is_none_or(|t| product.title.to_lowercase().contains(t))
                    && status.is_none_or(|s| s == "active")
            })
            .collect();
        let until = self.now + self.config.shop.switches.cursor_lifetime;
        let page = ask.cut(
            &all,
            |at| self.shop.products[at].id.as_str(),
            id_before,
            until,
        );
        let rows = |at: usize| self.shop_product_json(at);
        Ok(self.shop_page("products", call, &ask, page, &rows))
    }

    /// A page as an answer, with its links.
    pub(super) fn shop_page(
        &self,
        name: &str,
        call: &Call,
        ask: &Ask,
        mut page: Page,
        row: &dyn Fn(usize) -> Value,
    ) -> Out {
        let address = format!("{}{}", self.config.shop.host, call.path);
        let link = link(&address, ask.limit, &page);
        self.faults.bend_page(&mut page.rows);
        let mut rows: Vec<Value> = page.rows.into_iter().map(row).collect();
        if let Some(fields) = &ask.fields {
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            rows.iter_mut()
                .for_each(|row| super::wire::keep_fields(row, &fields));
        }
        let mut out = Out::list(name, rows);
        out.link = link;
        out
    }

    /// `GET products/{id}.json`.
    pub(super) fn shop_one_product(&self, call: &Call) -> Result<Out, Refusal> {
        let at = self.shop_product_at(call.id(0))?;
        Ok(Out::json(json!({"product": self.shop_product_json(at)})))
    }

    fn shop_product_at(&self, id: &str) -> Result<usize, Refusal> {
        let found = self.shop.product_by_id.get(id).copied();
        found.ok_or_else(|| Refusal::missing("The product does not exist."))
    }

    /// `GET products/{id}/variants.json`.
    pub(super) fn shop_variants(&self, call: &Call) -> Result<Out, Refusal> {
        let at = self.shop_product_at(call.id(0))?;
        let ask = Ask::read(&call.query, PRODUCTS, self.now)?;
        let until = self.now + self.config.shop.switches.cursor_lifetime;
        let all = &self.shop.products[at].variants;
        let page = ask.cut(all, |v| self.shop.variants[v].id.as_str(), id_before, until);
        let rows = |v: usize| self.shop_variant_json(v);
        Ok(self.shop_page("variants", call, &ask, page, &rows))
    }

    /// `GET products/variants/{id}.json`.
    pub(super) fn shop_one_variant(&self, call: &Call) -> Result<Out, Refusal> {
        let found = self.shop.variant_by_id.get(call.id(0)).copied();
        let at = found.ok_or_else(|| Refusal::missing("The variant does not exist."))?;
        Ok(Out::json(json!({"variant": self.shop_variant_json(at)})))
    }

    fn shop_item_json(&self, at: usize) -> Value {
        let variant = &self.shop.variants[at];
        let made = self.shop_time(self.shop.products[variant.product].created_at);
        json!({
            "id": variant.inventory_item_id, "variant_id": variant.id, "sku": or_null(&variant.sku),
            "cost": null, "tracked": variant.is_tracked, "required_shipping": variant.needs_shipping,
            "created_at": made, "updated_at": made,
        })
    }

    /// `GET inventory_items.json?ids=…`: unknown ids are absent, the rest sorted by id.
    pub(super) fn shop_items(&self, call: &Call) -> Result<Out, Refusal> {
        let ids = call
            .query
            .list("ids")
            .ok_or_else(|| Refusal::bad("ids is required"))?;
        let mut found: Vec<usize> = ids
            .iter()
            .filter_map(|id| self.shop.variant_by_item.get(*id).copied())
            .collect();
        found.sort_unstable();
        found.dedup();
        let rows: Vec<Value> = found
            .into_iter()
            .map(|at| self.shop_item_json(at))
            .collect();
        Ok(Out::json(json!({ "inventory_items": rows })))
    }

    /// `GET inventory_items/{id}.json`.
    pub(super) fn shop_one_item(&self, call: &Call) -> Result<Out, Refusal> {
        let at = self.shop_item_at(call.id(0))?;
        Ok(Out::json(
            json!({"inventory_item": self.shop_item_json(at)}),
        ))
    }

    fn shop_item_at(&self, id: &str) -> Result<usize, Refusal> {
        let found = self.shop.variant_by_item.get(id).copied();
        found.ok_or_else(|| Refusal::missing("inventory item not found"))
    }

    /// A level; `time` is how the answer spells its time.
    fn shop_level_json(&self, pair: (usize, usize), time: &str) -> Value {
        let variant = &self.shop.variants[pair.0];
        let level = self.shop.levels[pair.0][pair.1];
        json!({
            "inventory_item_id": variant.inventory_item_id,
            "location_id": self.shop.locations[pair.1].id, "variant_id": variant.id,
            "available": level.map_or(0, |l| l.available),
            time: self.shop_maybe_time(level.map(|l| l.updated_at)),
        })
    }

    /// A level as events tell it: with all four figures.
    pub(super) fn shop_level_event(&self, variant: usize, location: usize) -> Value {
        let mut out = self.shop_level_json((variant, location), "updated_at");
        if let Some(level) = self.shop.levels[variant][location] {
            out["committed"] = json!(level.committed);
            out["onhand"] = json!(level.on_hand());
            out["unavailable"] = json!(level.unavailable);
        }
        out
    }

    /// `GET inventory_levels.json`: only connected pairs.
    pub(super) fn shop_levels(&self, call: &Call) -> Result<Out, Refusal> {
        let items = call
            .query
            .list("inventory_item_ids")
            .ok_or_else(|| Refusal::bad("inventory_item_ids is required"))?;
        let places = call.query.list("location_ids");
        if items.len() > LEVEL_ITEMS_MAX
            || places
                .as_ref()
                .is_some_and(|p| p.len() > LEVEL_LOCATIONS_MAX)
        {
            return Err(Refusal::bad("too many ids"));
        }
        let mut variants: Vec<usize> = items
            .iter()
            .filter_map(|id| self.shop.variant_by_item.get(*id).copied())
            .collect();
        variants.sort_unstable();
        variants.dedup();
        let mut rows = Vec::new();
        for variant in variants {
            for (location, level) in self.shop.levels[variant].iter().enumerate() {
                let id = self.shop.locations[location].id.as_str();
                if level.is_some() && places.as_ref().is_none_or(|p| p.contains(&id)) {
                    rows.push(self.shop_level_json((variant, location), "updated_at"));
                }
            }
        }
        self.faults.bend_page(&mut rows);
        Ok(Out::json(json!({ "inventory_levels": rows })))
    }

    /// The pair a request names.
    fn shop_pair(
        &self,
        item: Option<String>,
        place: Option<String>,
    ) -> Result<(usize, usize), Refusal> {
        let variant = self.shop_item_at(&item.unwrap_or_default())?;
        let location = self
            .shop
            .location(&place.unwrap_or_default())
            .ok_or_else(|| Refusal::missing("location not found"))?;
        Ok((variant, location))
    }

    fn shop_pair_of_body(&self, body: &Value) -> Result<(usize, usize), Refusal> {
        self.shop_pair(
            text_of(&body["inventory_item_id"]),
            text_of(&body["location_id"]),
        )
    }

    fn shop_counted(&self, variant: usize) -> Result<(), Refusal> {
        if self.shop.variants[variant].is_tracked {
            Ok(())
        } else {
            Err(Refusal::bad("inventory item is not tracked"))
        }
    }

    /// `POST inventory_levels/set.json`: an absolute figure.
    pub(super) fn shop_set_level(&mut self, call: &Call) -> Result<Out, Refusal> {
        let pair = self.shop_pair_of_body(&call.body)?;
        self.shop_counted(pair.0)?;
        let available =
            int_of(&call.body["available"]).ok_or_else(|| Refusal::bad("available is invalid"))?;
        if self.shop.levels[pair.0][pair.1].is_none() && !self.config.shop.switches.set_connects {
            return Err(Refusal::not_possible(
                "inventory item is not connected to the location",
            ));
        }
        self.shop_not_below(pair.0, available)?;
        self.shop_set_available(pair, available, "Set available", "api", false);
        Ok(Out::json(
            json!({"inventory_level": self.shop_level_json(pair, "updated_at")}),
        ))
    }

    /// `POST inventory_levels/adjust.json`: a difference. It spells its time in a way of its own.
    pub(super) fn shop_adjust_level(&mut self, call: &Call) -> Result<Out, Refusal> {
        let pair = self.shop_pair_of_body(&call.body)?;
        self.shop_counted(pair.0)?;
        let by = int_of(&call.body["available_adjustment"])
            .ok_or_else(|| Refusal::bad("available_adjustment is invalid"))?;
        let level = self.shop.levels[pair.0][pair.1].ok_or_else(|| {
            Refusal::not_possible("inventory item is not connected to the location")
        })?;
        self.shop_not_below(pair.0, level.available.saturating_add(by))?;
        let available = level.available.saturating_add(by);
        self.shop_set_available(pair, available, "Adjust available", "api", false);
        Ok(Out::json(
            json!({"inventory_level": self.shop_level_json(pair, "update_at")}),
        ))
    }

    fn shop_not_below(&self, variant: usize, available: i64) -> Result<(), Refusal> {
        if available < 0 && !self.shop.variants[variant].can_oversell {
            return Err(Refusal::not_possible("available must not be negative"));
        }
        Ok(())
    }

    /// `POST inventory_levels/connect.json`.
    pub(super) fn shop_connect(&mut self, call: &Call) -> Result<Out, Refusal> {
        let pair = self.shop_pair_of_body(&call.body)?;
        if self.shop.levels[pair.0][pair.1].is_none() {
            self.shop_set_available(pair, 0, "Connect level", "api", false);
        }
        Ok(Out::json(
            json!({"inventory_level": self.shop_level_json(pair, "updated_at")}),
        ))
    }

    /// `DELETE inventory_levels/disconnect.json`; the answer has no body.
    pub(super) fn shop_disconnect(&mut self, call: &Call) -> Result<Out, Refusal> {
        let text = |name: &str| call.query.get(name).map(str::to_owned);
        let pair = self.shop_pair(text("inventory_item_id"), text("location_id"))?;
        if self.shop.levels[pair.0][pair.1].take().is_some() {
            let object = format!(
                "{}@{}",
                self.shop.variants[pair.0].sku, self.shop.locations[pair.1].name
            );
            self.shop_ledger(
                "Disconnect level",
                object,
                "api".to_owned(),
                json!({}),
                false,
            );
            self.shop_tell("inventory_levels/disconnect", About::Parted(pair.0, pair.1));
        }
        Ok(Out::nothing())
    }
}
