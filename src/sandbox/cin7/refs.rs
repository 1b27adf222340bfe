//! Reference books and products: company, locations, carriers, products, availability.

use super::params::{Query, Refusal};
use super::render::{CURRENCY, TIME_ZONE, date, stamp, text_or_null};
use super::state::{Cin7Bin, Cin7Product};
use crate::sandbox::world::World;
use serde_json::{Value, json};

impl World {
    /// `GET me`.
    pub(super) fn cin7_me(&self) -> Value {
        json!({
            "Company": "Acme Wholesale", "Currency": CURRENCY, "TimeZone": TIME_ZONE.name(),
            "DefaultWeightUnits": "kg", "DefaultDimensionsUnits": "cm",
            "LockDate": self.config.cin7.switches.lock_date.map(date), "OpeningBalanceDate": null,
            "TaxCalculationMethod": "Line", "DefaultLocation": self.cin7.locations[0].name,
        })
    }

    /// `GET ref/location`. Bins come twice: inside their warehouse (ids in upper case), and as rows with a parent.
    pub(super) fn cin7_locations(&self, query: &Query) -> Result<Value, Refusal> {
        let id = query.guid("ID")?;
        let name = query.text("Name").map(str::to_lowercase);
        let deprecated = query
            .text("Deprecated")
            .map(|t| t.eq_ignore_ascii_case("true"));
        let mut rows = Vec::new();
        for place in &self.cin7.locations {
            let bin = |b: &Cin7Bin| {
                json!({"ID": b.id.to_string().to_uppercase(), "Name": b.name, "IsDeprecated": false,
                    "IsStaging": false})
            };
            let bins: Vec<Value> = place.bins.iter().map(bin).collect();
            let row = |id: Value, name: &str, bins: Value, parent: (Value, Value)| {
                json!({
                    "ID": id, "Name": name, "IsDefault": place.is_default && parent.0.is_null(),
                    "IsDeprecated": place.is_deprecated, "Bins": bins, "ParentID": parent.0,
                    "ParentName": parent.1, "FixedAssetsLocation": false, "IsShopFloor": false,
                    "IsCoMan": false, "IsStaging": false, "PickZones": null, "ReferenceCount": 3,
                })
            };
            let inside = if bins.is_empty() {
                Value::Null
            } else {
                json!(bins)
            };
            let is_asked = |i, n: &str| {
                id.is_none_or(|wanted| wanted == i)
                    && name
                        .as_ref()
                        .is_none_or(|p| n.to_lowercase().starts_with(p))
                    && deprecated.is_none_or(|d| d == place.is_deprecated)
            };
            if is_asked(place.id, &place.name) {
                rows.push(row(
                    json!(place.id),
                    &place.name,
                    inside,
                    (Value::Null, Value::Null),
                ));
            }
            for bin in place.bins.iter().filter(|b| is_asked(b.id, &b.name)) {
                let parent = (json!(place.id), json!(place.name));
                rows.push(row(json!(bin.id), &bin.name, Value::Null, parent));
            }
        }
        Ok(self.cin7_page(query, "LocationList", rows))
    }

    /// `GET ref/carrier`.
    pub(super) fn cin7_carriers(&self, query: &Query) -> Result<Value, Refusal> {
        let id = query.guid("CarrierID")?;
        let start = query.text("Description").map(str::to_lowercase);
        let rows = self
            .cin7
            .carriers
            .iter()
            .filter(|(i, _)| id.is_none_or(|wanted| wanted == *i))
            .filter(|(_, d)| {
                start
                    .as_ref()
                    .is_none_or(|p| d.to_lowercase().starts_with(p))
            })
            .map(|(id, description)| json!({"CarrierID": id, "Description": description}))
            .collect();
        Ok(self.cin7_page(query, "CarrierList", rows))
    }

    /// `GET product`. `Sku` and `Name` find everything they are part of; deprecated products are hidden unless asked for.
    pub(super) fn cin7_products(&self, query: &Query) -> Result<Value, Refusal> {
        let id = query.guid("ID")?;
        let part = |name: &str| query.text(name).map(str::to_lowercase);
        let (sku, name) = (part("Sku"), part("Name"));
        let since = query.moment("ModifiedSince");
        let hides = !query.flag("IncludeDeprecated");
        let holds = |part: &Option<String>, text: &str| {
            part.as_ref()
                .is_none_or(|p| text.to_lowercase().contains(p))
        };
        let rows = self
            .cin7
            .products
            .iter()
            .filter(|p| id.is_none_or(|wanted| wanted == p.id))
            .filter(|p| !(hides && p.is_deprecated))
            .filter(|p| holds(&sku, &p.sku) && holds(&name, &p.name))
            .filter(|p| since.is_none_or(|s| p.modified_at >= s))
            .map(|p| self.cin7_product_row(p))
            .collect();
        Ok(self.cin7_page(query, "Products", rows))
    }

    fn cin7_product_row(&self, p: &Cin7Product) -> Value {
        let method = if p.is_batched { "FEFO - Batch" } else { "FIFO" };
        json!({
            "ID": p.id, "SKU": p.sku, "Name": p.name, "Category": p.category, "Brand": null,
            "Type": if p.is_service { "Service" } else { "Stock" }, "CostingMethod": method,
            "DropShipMode": "No Drop Ship", "DefaultLocation": self.cin7.locations[0].name,
            "Length": 0, "Width": 0, "Height": 0, "Weight": p.weight_grams as f64 / 1_000.0,
            "UOM": "Item", "WeightUnits": "kg", "DimensionsUnits": "cm",
            "Barcode": text_or_null(&p.barcode),
            "Status": if p.is_deprecated { "Deprecated" } else { "Active" }, "StockLocator": null,
            "PickZones": null, "Sellable": true, "BillOfMaterial": false, "AutoAssembly": false,
            "BOMType": "None", "HSCode": null, "CountryOfOrigin": null,
            "AverageCost": p.cost.json_point(), "PriceTier1": p.price.json_point(),
            "PriceTiers": {"Tier 1": p.price.json_point()}, "LastModifiedOn": stamp(p.modified_at),
            "Suppliers": [], "ReorderLevels": [], "CustomPrices": [], "Movements": [],
            "Attachments": [], "BillOfMaterialsProducts": [],
        })
    }

    /// `GET ref/productavailability`: one row per product, location, bin and batch; no filter on change.
    pub(super) fn cin7_availability_list(&self, query: &Query) -> Result<Value, Refusal> {
        let id = query.guid("ID")?;
        let name = query.text("Name").map(str::to_lowercase);
        let is_asked = |p: &Cin7Product| {
            id.is_none_or(|wanted| wanted == p.id)
                && query.text("Sku").is_none_or(|s| p.sku == s)
                && query.text("Category").is_none_or(|c| p.category == c)
                && name
                    .as_ref()
                    .is_none_or(|n| p.name.to_lowercase().starts_with(n))
        };
        let (place, batch) = (query.text("Location"), query.text("Batch"));
        let mut rows = Vec::new();
        for (at, _) in self
            .cin7
            .products
            .iter()
            .enumerate()
            .filter(|(_, p)| is_asked(p))
        {
            for row in self.cin7_availability(at) {
                let location = &self.cin7.locations[row.0.location].name;
                if place.is_none_or(|p| p == location) && batch.is_none_or(|b| b == row.0.batch) {
                    rows.push(self.cin7_availability_row(&row));
                }
            }
        }
        Ok(self.cin7_page(query, "ProductAvailabilityList", rows))
    }
}
