//! Locations, carriers, products and availability.

use super::Cin7Core;
use super::call::Call;
use super::client::fail;
use super::decimal::Decimal;
use super::page::{RowsPage, page_query, rows};
use super::stages::Place;
use super::value::{Fault, Node, Read};
use super::words::{ProductKind, ProductStatus};
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{LocationId, Sku};
use crate::domain::mapping::Target;
use crate::domain::time::Ts;
use crate::vendors::{Answer, CallLog, SourceLocation, SourceProduct, SourceStock};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// A warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub id: LocationId,
    pub name: String,
    pub is_default: bool,
    pub is_deprecated: bool,
    pub bins: Vec<Bin>,
}

/// A bin of a warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bin {
    pub id: LocationId,
    pub name: String,
    pub is_deprecated: bool,
    pub is_staging: bool,
}

impl Location {
    /// In the house's terms. On hand counts the stock of open orders.
    pub fn source(&self) -> SourceLocation {
        SourceLocation {
            id: self.id.clone(),
            name: self.name.clone(),
            is_fulfilment_centre: false,
            counts_open_orders: true,
        }
    }

    /// The warehouse itself, to write to.
    pub fn place(&self) -> Place {
        Place {
            name: self.name.clone(),
            id: Some(self.id.clone()),
        }
    }

    /// One of its bins, to write to: named `Warehouse: Bin`, with the bin's id.
    pub fn bin_place(&self, bin: &Bin) -> Place {
        Place {
            name: format!("{}: {}", self.name, bin.name),
            id: Some(bin.id.clone()),
        }
    }
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// In the house's terms; the price is the first tier's.
    pub product: SourceProduct,
    pub kind: ProductKind,
    pub status: ProductStatus,
    /// As written: `FIFO`, `FEFO - Batch` …; decides whether batches must be named.
    pub costing_method: String,
    /// As written.
    pub drop_ship_mode: String,
    pub default_location: String,
    /// Cost of a unit, for adjustments.
    pub average_cost: Decimal,
    pub modified_at: Option<Ts>,
}

/// Stock of one product at one location, bin and batch. Rows whose figures are all zero are left out by Cin7 Core: a
/// row that vanished means zero, but only once every page was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    pub product_id: String,
    pub sku: Sku,
    /// The location's id by its name, from the last list of locations; the name itself when unknown.
    pub location: LocationId,
    pub location_name: String,
    /// `None`: lying in the warehouse without a bin.
    pub bin: Option<String>,
    /// Empty when there is none.
    pub batch: String,
    pub expiry: Option<NaiveDate>,
    /// Physically there, including stock of open orders.
    pub on_hand: Decimal,
    pub allocated: Decimal,
    /// As reported, never recomputed: derived from components for assembled products, and negative at times.
    pub available: Decimal,
    pub on_order: Decimal,
    pub in_transit: Decimal,
}

/// Availability rows added up for the house.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StockSums {
    /// One per SKU and location, sorted.
    pub stock: Vec<SourceStock>,
    /// SKUs held in parts of a unit, which the house does not count.
    pub not_whole: Vec<Sku>,
}

/// Adds up bins and batches per SKU and location. Feed it the rows of every page at once.
pub fn stock_by_location<'r>(rows: impl IntoIterator<Item = &'r StockRow>) -> StockSums {
    let mut sums: BTreeMap<(&Sku, &LocationId), Option<[Decimal; 3]>> = BTreeMap::new();
    for row in rows {
        let sum = sums
            .entry((&row.sku, &row.location))
            .or_insert(Some([Decimal::ZERO; 3]));
        *sum = sum.and_then(|[level, committed, available]| {
            Some([
                level.plus(row.on_hand)?,
                committed.plus(row.allocated)?,
                available.plus(row.available)?,
            ])
        });
    }
    let mut out = StockSums::default();
    for ((sku, location), sum) in sums {
        let each = sum.and_then(|[level, committed, available]| {
            Some(SourceStock {
                sku: sku.clone(),
                location: location.clone(),
                level_each: level.as_whole()?,
                committed_each: committed.as_whole()?,
                available_each: available.as_whole()?,
            })
        });
        match each {
            Some(stock) => out.stock.push(stock),
            None if out.not_whole.last() != Some(sku) => out.not_whole.push(sku.clone()),
            None => {}
        }
    }
    out
}

impl Cin7Core {
    /// A page (from 1) of the warehouses with their bins, deprecated ones too. Their ids are remembered by name.
    pub async fn locations_page(&self, page: u32, log: &CallLog) -> Answer<RowsPage<Location>> {
        let call = Call::Locations;
        let answer = self.client.read(call, &page_query(page), log).await?;
        let key = ("LocationList", page);
        let out = rows(call, &answer, key, "Name", location)?;
        self.remember(&out.rows, page);
        Ok(out)
    }

    /// A page (from 1) of the carriers. A carrier goes by its description everywhere else: that is the code.
    pub async fn carriers_page(&self, page: u32, log: &CallLog) -> Answer<RowsPage<Target>> {
        let call = Call::Carriers;
        let answer = self.client.read(call, &page_query(page), log).await?;
        let key = ("CarrierList", page);
        rows(call, &answer, key, "CarrierID", |node| {
            let code = node.need_text("Description")?;
            Ok(Some(Target {
                name: code.clone(),
                code,
                is_active: true,
            }))
        })
    }

    /// A page (from 1) of the products, deprecated ones too.
    pub async fn products_page(
        &self,
        modified_since: Option<Ts>,
        page: u32,
        log: &CallLog,
    ) -> Answer<RowsPage<Product>> {
        let call = Call::Products;
        let mut query = page_query(page);
        query.push(("IncludeDeprecated", "true".to_owned()));
        if let Some(at) = modified_since {
            let text = at.to_utc().format("%Y-%m-%dT%H:%M:%S").to_string();
            query.push(("ModifiedSince", text));
        }
        let answer = self.client.read(call, &query, log).await?;
        let found = rows(call, &answer, ("Products", page), "SKU", product)?;
        self.learn_costs(&found.rows);
        Ok(found)
    }

    /// The product with exactly this SKU. Cin7 Core's filter finds similar ones too, which are left out.
    ///
    /// # Errors
    /// As every read; malformed when a product beside it cannot be read and this one was not found.
    pub async fn product(&self, sku: &Sku, log: &CallLog) -> Answer<Option<Product>> {
        let call = Call::Products;
        let mut query = page_query(1);
        query.push(("IncludeDeprecated", "true".to_owned()));
        query.push(("Sku", sku.0.clone()));
        let answer = self.client.read(call, &query, log).await?;
        let found = rows(call, &answer, ("Products", 1), "SKU", product)?;
        if let Some(bad) = found.unread.iter().find(|u| u.label == sku.0) {
            return Err(fail(call, AnswerClass::Malformed, &bad.text));
        }
        let mut all = found.rows.into_iter();
        Ok(all.find(|p| p.product.sku == *sku))
    }

    /// A page (from 1) of availability. There is no filter on change: a mirror reads every page.
    pub async fn stock_page(&self, page: u32, log: &CallLog) -> Answer<RowsPage<StockRow>> {
        self.availability(page_query(page), page, log).await
    }

    /// Availability of one SKU, every location, bin and batch: what an adjustment is computed from.
    ///
    /// # Errors
    /// As every read; malformed when not everything fits on one page, or a row cannot be read.
    pub async fn stock_of(&self, sku: &Sku, log: &CallLog) -> Answer<Vec<StockRow>> {
        let mut query = page_query(1);
        query.push(("Sku", sku.0.clone()));
        let page = self.availability(query, 1, log).await?;
        if let Some(bad) = page.unread.first() {
            return Err(fail(Call::Availability, AnswerClass::Malformed, &bad.text));
        }
        if !page.is_last && !page.rows.is_empty() {
            let text = format!("the stock of {sku} does not fit on one page");
            return Err(fail(Call::Availability, AnswerClass::Malformed, &text));
        }
        let rows = page.rows.into_iter();
        Ok(rows.filter(|row| row.sku == *sku).collect())
    }

    async fn availability(
        &self,
        query: Vec<super::client::Parameter<'_>>,
        page: u32,
        log: &CallLog,
    ) -> Answer<RowsPage<StockRow>> {
        let call = Call::Availability;
        let answer = self.client.read(call, &query, log).await?;
        let key = ("ProductAvailabilityList", page);
        rows(call, &answer, key, "SKU", |node| {
            stock_row(node, &|name| self.location_id(name)).map(Some)
        })
    }
}

/// A warehouse. Bins come twice, inside their warehouse and as rows with a parent: the latter are left out.
fn location(node: &Node<'_>) -> Read<Option<Location>> {
    if node.id("ParentID")?.is_some() {
        return Ok(None);
    }
    let bin = |bin: &Node<'_>| {
        Ok(Bin {
            id: LocationId(bin.need_id("ID")?),
            name: bin.need_text("Name")?,
            is_deprecated: bin.flag("IsDeprecated")?,
            is_staging: bin.flag("IsStaging")?,
        })
    };
    let bins = if node.has("Bins") {
        node.need_list("Bins")?
    } else {
        Vec::new()
    };
    Ok(Some(Location {
        id: LocationId(node.need_id("ID")?),
        name: node.need_text("Name")?,
        is_default: node.flag("IsDefault")?,
        // One member in the documentation, the other in answers.
        is_deprecated: node.flag("IsDeprecated")? || node.flag("Deprecated")?,
        bins: bins.iter().map(bin).collect::<Read<_>>()?,
    }))
}

fn product(node: &Node<'_>) -> Read<Option<Product>> {
    let sku = node.need_text("SKU")?;
    Ok(Some(Product {
        product: SourceProduct {
            id: node.need_id("ID")?,
            sku: Sku(sku),
            title: node.text("Name")?,
            barcode: node.text("Barcode")?,
            category: node.text("Category")?,
            is_composite: node.flag("BillOfMaterial")?,
            price_minor: node.amount("PriceTier1")?.as_minor(),
            stock: None,
        },
        kind: node.need_word("Type")?,
        status: node.need_word("Status")?,
        costing_method: node.text("CostingMethod")?,
        drop_ship_mode: node.text("DropShipMode")?,
        default_location: node.text("DefaultLocation")?,
        average_cost: node.amount("AverageCost")?,
        modified_at: node.time("LastModifiedOn")?,
    }))
}

/// A row of availability. `StockOnHand` is money and is not read.
pub(super) fn stock_row(
    node: &Node<'_>,
    location_id: &dyn Fn(&str) -> LocationId,
) -> Read<StockRow> {
    let location_name = node.need_text("Location")?;
    let sku = node.text("SKU")?;
    if sku.is_empty() {
        return Err(Fault::missing(node.place("SKU")));
    }
    Ok(StockRow {
        product_id: node.id("ID")?.unwrap_or_default(),
        sku: Sku(sku),
        location: location_id(&location_name),
        location_name,
        bin: Some(node.text("Bin")?).filter(|b| !b.is_empty()),
        batch: node.text("Batch")?,
        expiry: node.day("ExpiryDate")?,
        on_hand: node.need_decimal("OnHand")?,
        allocated: node.need_decimal("Allocated")?,
        available: node.need_decimal("Available")?,
        on_order: node.amount("OnOrder")?,
        in_transit: node.amount("InTransit")?,
    })
}
