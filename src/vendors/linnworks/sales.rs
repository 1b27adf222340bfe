//! The trade's interface to Linnworks: each method is one call.

use super::Linnworks;
use crate::domain::delivery::{DespatchIntentLine, StockWrite};
use crate::domain::ids::{LocationId, Sku, SourceOrderId};
use crate::domain::mapping::Target;
use crate::vendors::{
    Answer, CallLog, Channel, Confirming, Intake, ItemIds, LevelWrite, NotifyState, OpenOrders,
    Orders, OrdersPage, Processing, ProductsPage, Relation, RowOutcome, SalesSystem,
    ShippingUpdate, SourceLocation, SourceStock, StockFigures,
};
use futures::future::BoxFuture;
use std::sync::Arc;

impl SalesSystem for Linnworks {
    fn locations<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<Vec<SourceLocation>>> {
        Box::pin(self.read_locations(log))
    }

    fn postal_services<'a>(
        &'a self,
        log: &'a CallLog,
    ) -> Option<BoxFuture<'a, Answer<Vec<Target>>>> {
        Some(Box::pin(self.read_services(log)))
    }

    fn intake(self: Arc<Self>) -> Intake {
        Intake::OpenList(self)
    }

    fn orders_by_ids<'a>(
        &'a self,
        ids: &'a [SourceOrderId],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Orders>> {
        Box::pin(self.read_by_ids(ids, log))
    }

    fn confirming(self: Arc<Self>) -> Confirming {
        Confirming::Processing(self)
    }

    fn stock(self: Arc<Self>) -> Option<Arc<dyn StockFigures>> {
        Some(self)
    }

    fn channel(self: Arc<Self>) -> Option<Arc<dyn Channel>> {
        Some(self)
    }

    fn products_page<'a>(
        &'a self,
        mark: Option<&'a str>,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<ProductsPage>> {
        Box::pin(self.read_products(mark, log))
    }
}

impl OpenOrders for Linnworks {
    fn open_order_ids<'a>(
        &'a self,
        location: &'a LocationId,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<SourceOrderId>>> {
        Box::pin(self.read_open_ids(location, log))
    }

    fn open_orders_page<'a>(
        &'a self,
        location: &'a LocationId,
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<OrdersPage>> {
        Box::pin(self.read_open_page(location, page, log))
    }

    fn open_orders_by_ids<'a>(
        &'a self,
        ids: &'a [SourceOrderId],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Orders>> {
        Box::pin(self.read_open_by_ids(ids, log))
    }
}

impl Processing for Linnworks {
    fn set_shipping<'a>(
        &'a self,
        update: &'a ShippingUpdate,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<()>> {
        Box::pin(self.write_shipping(update, log))
    }

    fn process_batch<'a>(
        &'a self,
        ids: &'a [SourceOrderId],
        location: &'a LocationId,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>> {
        Box::pin(self.write_batch(ids, location, log))
    }

    fn process_one<'a>(
        &'a self,
        id: &'a SourceOrderId,
        location: &'a LocationId,
        is_fulfilment_centre: bool,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<RowOutcome>> {
        Box::pin(self.write_one(id, location, is_fulfilment_centre, log))
    }

    fn split_order<'a>(
        &'a self,
        id: &'a SourceOrderId,
        location: &'a LocationId,
        service_id: &'a str,
        lines: &'a [DespatchIntentLine],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<SourceOrderId>> {
        Box::pin(self.write_split(id, location, service_id, lines, log))
    }

    fn relations<'a>(
        &'a self,
        id: &'a SourceOrderId,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<Relation>>> {
        Box::pin(self.read_relations(id, log))
    }
}

impl StockFigures for Linnworks {
    fn set_stock<'a>(
        &'a self,
        writes: &'a [LevelWrite],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>> {
        Box::pin(async move {
            // Linnworks takes the SKU itself.
            let writes: Vec<StockWrite> = writes.iter().map(|w| w.write.clone()).collect();
            self.write_stock(&writes, log).await
        })
    }

    fn stock_levels<'a>(
        &'a self,
        ids: &'a [String],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<(String, Vec<SourceStock>)>>> {
        Box::pin(self.read_levels(ids, log))
    }

    fn stock_ids<'a>(
        &'a self,
        skus: &'a [Sku],
        log: &'a CallLog,
    ) -> Option<BoxFuture<'a, Answer<ItemIds>>> {
        Some(Box::pin(self.read_ids(skus, log)))
    }
}

impl Channel for Linnworks {
    fn notify_states<'a>(
        &'a self,
        ids: &'a [SourceOrderId],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<(SourceOrderId, NotifyState)>>> {
        Box::pin(self.read_notify(ids, log))
    }
}
