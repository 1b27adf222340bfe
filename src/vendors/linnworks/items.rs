//! Calls about locations, services, items and stock.

use super::client::Content;
use super::method::Method;
use super::orders::{self, at_most};
use super::{Linnworks, request, stock, unread, wire};
use crate::domain::delivery::{AnswerClass, StockWrite};
use crate::domain::ids::Sku;
use crate::domain::mapping::Target;
use crate::text::clean_to;
use crate::vendors::{
    Answer, CallLog, ProductsPage, ROWS_MAX, RowOutcome, SourceLocation, SourceStock, TERMS_MAX,
};

/// What Linnworks Stock/GetStockItemsFull says under 400 when a page lies past the last item.
const NO_ITEMS_TEXT: &str = "no items found";

impl Linnworks {
    pub(super) async fn read_locations(&self, log: &CallLog) -> Answer<Vec<SourceLocation>> {
        let method = Method::Locations;
        let rows: Vec<wire::Location> = self.client.call(method, Content::Nothing, log).await?;
        self.take_locations(&rows)
    }

    /// Reads the rows and remembers which locations are fulfilment centres.
    pub(super) fn take_locations(&self, rows: &[wire::Location]) -> Answer<Vec<SourceLocation>> {
        let locations = rows
            .iter()
            .map(stock::location)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|fault| unread(Method::Locations, &fault))?;
        self.remember_centres(&locations);
        Ok(locations)
    }

    pub(super) async fn read_services(&self, log: &CallLog) -> Answer<Vec<Target>> {
        let method = Method::PostalServices;
        let rows: Vec<wire::PostalService> =
            self.client.call(method, Content::Nothing, log).await?;
        stock::services(&rows).map_err(|fault| unread(method, &fault))
    }

    pub(super) async fn write_stock(
        &self,
        writes: &[StockWrite],
        log: &CallLog,
    ) -> Answer<Vec<RowOutcome>> {
        let method = Method::SetStockLevel;
        if at_most(method, writes.len(), ROWS_MAX)? {
            return Ok(Vec::new());
        }
        let sent: Vec<&StockWrite> = writes
            .iter()
            .filter(|w| stock::write_fault(w).is_none())
            .collect();
        if sent.is_empty() {
            return Ok(stock::write_outcomes(writes, &[]));
        }
        let body = Content::Json(request::set_stock_level(&sent));
        let rows: Vec<wire::StockLevel> = self.client.call(method, body, log).await?;
        Ok(stock::write_outcomes(writes, &rows))
    }

    pub(super) async fn read_levels(
        &self,
        ids: &[String],
        log: &CallLog,
    ) -> Answer<Vec<(String, Vec<SourceStock>)>> {
        let method = Method::StockLevelBatch;
        if at_most(method, ids.len(), TERMS_MAX)? {
            return Ok(Vec::new());
        }
        let body = Content::Json(request::stock_levels(ids));
        let rows: Vec<wire::ItemLevels> = self.client.call(method, body, log).await?;
        stock::item_levels(&rows).map_err(|fault| unread(method, &fault))
    }

    pub(super) async fn read_ids(&self, skus: &[Sku], log: &CallLog) -> Answer<Vec<(Sku, String)>> {
        let method = Method::StockIdsBySku;
        if at_most(method, skus.len(), TERMS_MAX)? {
            return Ok(Vec::new());
        }
        let body = Content::Json(request::stock_ids(skus));
        let answer: wire::StockIds = self.client.call(method, body, log).await?;
        stock::ids(&answer, skus).map_err(|fault| unread(method, &fault))
    }

    /// The list ends with a short page, or with a 400 that says there is nothing.
    pub(super) async fn read_products(
        &self,
        mark: Option<&str>,
        log: &CallLog,
    ) -> Answer<ProductsPage> {
        let method = Method::ItemsFull;
        let page = mark.map_or(Ok(1), str::parse::<u32>).map_err(|_| {
            let text = format!("{:?} is no page", clean_to(mark.unwrap_or_default(), 20));
            orders::malformed(method, &text)
        })?;
        let body = Content::Json(request::items_full(page));
        let rows: Vec<wire::Product> = match self.client.call(method, body, log).await {
            Ok(rows) => rows,
            Err(error)
                if error.class == AnswerClass::Rejected
                    && error.text.to_ascii_lowercase().contains(NO_ITEMS_TEXT) =>
            {
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let full = usize::try_from(request::ITEMS_PAGE_ROWS).unwrap_or(usize::MAX);
        let is_last = rows.len() < full;
        let rows = rows
            .iter()
            .map(stock::product)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|fault| unread(method, &fault))?;
        Ok(ProductsPage {
            rows,
            next: (!is_last).then(|| (page + 1).to_string()),
        })
    }
}
