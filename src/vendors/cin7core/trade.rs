//! The trade's interface to Cin7 Core: each method is one call, but for lists of a few pages that are wanted whole.

use super::page::RowsPage;
use super::sale::SaleRow;
use super::sales::SaleFilter;
use super::words::{
    FulfilmentStatus, OrderStatus, ProductKind, SaleStatus, ShippingStatus, StageStatus,
};
use super::{Cin7Core, SalesPage};
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::SourceOrderId;
use crate::domain::mapping::Target;
use crate::domain::order::{SourceOrder, SourceShipment, SourceStatus};
use crate::domain::time::{Span, Ts};
use crate::vendors::{
    Adjustments, Answer, CallError, CallLog, ChangedOrder, ChangedOrders, ChangesPage, Channel,
    Confirming, Crediting, Intake, Op, Orders, ProductsPage, SalesSystem, SourceLocation,
    StockFigures, TERMS_MAX,
};
use futures::future::BoxFuture;
use std::sync::Arc;

/// Parcels of one batch: three calls each at one a second, then one look proves them all.
const PARCELS_AT_ONCE: usize = 25;
/// Sales a bulk look can tell of: a page of the list.
const SHOWN_AT_ONCE: usize = 1_000;
/// Most pages of a short list that is wanted whole.
const PAGES_MAX: u32 = 20;
/// Whether the time asked for itself belongs to a list of changes is not documented.
const BOUNDARY: Span = Span::secs(2);

/// Reads every page of a short list.
async fn whole<T, F, Fut>(read: F) -> Answer<Vec<T>>
where
    F: Fn(u32) -> Fut,
    Fut: Future<Output = Answer<RowsPage<T>>>,
{
    let mut out = Vec::new();
    for page in 1..=PAGES_MAX {
        let found = read(page).await?;
        out.extend(found.rows);
        if found.is_last {
            break;
        }
    }
    Ok(out)
}

fn page_of(mark: Option<&str>) -> Answer<u32> {
    mark.map_or(Ok(1), str::parse).map_err(|_| {
        CallError::new(
            AnswerClass::Malformed,
            "a mark of a list is no page number".to_owned(),
        )
    })
}

fn next_of(page: u32, is_last: bool) -> Option<String> {
    (!is_last).then(|| (page + 1).to_string())
}

impl Cin7Core {
    /// Sales name their location, everything else goes by its id: the names are learnt before the first sale is read.
    pub(super) async fn know_places(&self, log: &CallLog) -> Answer<()> {
        if self.places.read().is_ok_and(|ids| ids.is_empty()) {
            whole(|page| self.locations_page(page, log)).await?;
        }
        Ok(())
    }

    /// One sale whole; none when Cin7 Core refuses its id.
    pub(super) async fn order(&self, id: &SourceOrderId, log: &CallLog) -> Answer<Orders> {
        self.know_places(log).await?;
        match self.sale(id, log).await {
            Ok(read) => Ok(read.into_orders()),
            Err(error) if error.class == AnswerClass::Rejected => Ok(Orders::default()),
            Err(error) => Err(error),
        }
    }

    /// Sales known before as the list shows them now. A row that changed in a way the list does not tell in full is left
    /// out.
    pub(super) async fn shown_now(&self, known: &[SourceOrder], log: &CallLog) -> Answer<Orders> {
        let Some(oldest) = known.iter().map(|o| o.changed_at).min().flatten() else {
            return Ok(Orders::default());
        };
        let filter = SaleFilter {
            updated_since: Some(oldest - BOUNDARY),
            ..SaleFilter::default()
        };
        let page = self.sales_page(&filter, 1, log).await?;
        let rows = known.iter().filter_map(|order| as_shown(order, &page));
        Ok(Orders {
            rows: rows.collect(),
            unread: Vec::new(),
        })
    }
}

/// A known sale in the light of the list; `None` when the list does not tell enough.
fn as_shown(order: &SourceOrder, page: &SalesPage) -> Option<SourceOrder> {
    if page.unread.iter().any(|u| u.source_id == order.source_id) {
        return None;
    }
    let Some(row) = page.rows.iter().find(|r| r.id == order.source_id) else {
        // Not on the only page of what changed since it was read.
        return page.is_last.then(|| order.clone());
    };
    if row.updated_at == order.changed_at {
        return Some(order.clone());
    }
    if status_of(row) != SourceStatus::Processed {
        return None;
    }
    let mut now = order.clone();
    now.status = SourceStatus::Processed;
    now.tracking.clone_from(&row.tracking);
    now.changed_at = row.updated_at;
    now.shipments = vec![SourceShipment {
        id: String::new(),
        tracking: numbers(&row.tracking).map(str::to_owned).collect(),
        lines: Vec::new(),
    }];
    Some(now)
}

/// Tracking numbers of a text: how the list joins several is not documented.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', '\n'])
        .map(str::trim)
        .filter(|n| !n.is_empty())
}

/// What became of a sale, by its row. The combined statuses decide, as for the whole sale.
fn status_of(row: &SaleRow) -> SourceStatus {
    if row.status == SaleStatus::Voided || row.order_status == OrderStatus::Voided {
        return SourceStatus::Cancelled;
    }
    let is_done = row.shipping == ShippingStatus::Shipped
        || row.fulfilment == FulfilmentStatus::Fulfilled
        || row.status == SaleStatus::Completed
        || matches!(
            row.order_status,
            OrderStatus::Fulfilled | OrderStatus::Closed
        );
    if is_done {
        SourceStatus::Processed
    } else {
        SourceStatus::Open
    }
}

impl SalesSystem for Cin7Core {
    fn locations<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<Vec<SourceLocation>>> {
        Box::pin(async move {
            let found = whole(|page| self.locations_page(page, log)).await?;
            let used = found.iter().filter(|l| !l.is_deprecated);
            Ok(used.map(|l| l.source()).collect())
        })
    }

    fn postal_services<'a>(
        &'a self,
        log: &'a CallLog,
    ) -> Option<BoxFuture<'a, Answer<Vec<Target>>>> {
        Some(Box::pin(whole(move |page| self.carriers_page(page, log))))
    }

    fn intake(self: Arc<Self>) -> Intake {
        Intake::Changes(self)
    }

    fn orders_by_ids<'a>(
        &'a self,
        ids: &'a [SourceOrderId],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Orders>> {
        Box::pin(async move {
            let mut out = Orders::default();
            for id in ids {
                let found = self.order(id, log).await?;
                out.rows.extend(found.rows);
                out.unread.extend(found.unread);
            }
            Ok(out)
        })
    }

    fn confirming(self: Arc<Self>) -> Confirming {
        Confirming::Parcels(self)
    }

    fn stock(self: Arc<Self>) -> Option<Arc<dyn StockFigures>> {
        None
    }

    fn crediting(self: Arc<Self>) -> Option<Arc<dyn Crediting>> {
        Some(self)
    }

    fn adjustments(self: Arc<Self>) -> Option<Arc<dyn Adjustments>> {
        Some(self)
    }

    fn channel(self: Arc<Self>) -> Option<Arc<dyn Channel>> {
        None
    }

    fn products_page<'a>(
        &'a self,
        mark: Option<&'a str>,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<ProductsPage>> {
        Box::pin(async move {
            let page = page_of(mark)?;
            let found = Self::products_page(self, None, page, log).await?;
            Ok(ProductsPage {
                // Services are sold and never picked.
                rows: found
                    .rows
                    .into_iter()
                    .filter(|p| p.kind == ProductKind::Stock)
                    .map(|p| p.product)
                    .collect(),
                next: next_of(page, found.is_last),
            })
        })
    }

    fn at_once(&self, op: Op) -> usize {
        match op {
            Op::OrdersByIds => 1,
            Op::ParcelsShown => SHOWN_AT_ONCE,
            Op::ShipParcel => PARCELS_AT_ONCE,
            _ => TERMS_MAX,
        }
    }
}

impl ChangedOrders for Cin7Core {
    fn changes_page<'a>(
        &'a self,
        since: Ts,
        mark: Option<&'a str>,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<ChangesPage>> {
        Box::pin(async move {
            let page = page_of(mark)?;
            let filter = SaleFilter {
                updated_since: Some(since),
                ..SaleFilter::default()
            };
            let found = self.sales_page(&filter, page, log).await?;
            let named = found.rows.iter().map(|row| ChangedOrder {
                source_id: row.id.clone(),
                changed_at: row.updated_at,
                status: status_of(row),
                is_released: row.order_status.is_authorised(),
                is_credited: row.credit_status != StageStatus::NotAvailable,
            });
            Ok(ChangesPage {
                named: named.collect(),
                newest: found.rows.iter().filter_map(|r| r.updated_at).max(),
                orders: Orders {
                    rows: Vec::new(),
                    unread: found.unread,
                },
                next: next_of(page, found.is_last),
            })
        })
    }
}
