//! The trade's interface to SHOPLINE: each method is one call, but for orders that hide in the archive.

use super::despatch::{NewFulfilment, Notify, Ship, ShipLine, TRACKING_MAX};
use super::fulfilment::{Fulfilment, Tracking};
use super::{Archive, Cursor, LEVEL_ITEMS_MAX, OrdersQuery, Return, Shopline, ShoplineOrders};
use crate::domain::delivery::{AnswerClass, DespatchIntent, RelabelIntent};
use crate::domain::ids::{Sku, SourceOrderId};
use crate::domain::mapping::Target;
use crate::domain::order::{SourceOrder, SourceShipment};
use crate::domain::time::Ts;
use crate::text::clean_to;
use crate::vendors::{
    Answer, CallError, CallLog, ChangedOrders, ChangesPage, Channel, Confirming, Intake, ItemIds,
    LevelWrite, Op, Orders, ParcelStep, Parcels, ProductsPage, RowOutcome, SalesSystem,
    SourceLocation, StockByItem, StockFigures, TERMS_MAX, UnreadOrder,
};
use futures::future::BoxFuture;
use std::sync::Arc;

/// Parcels entered before they are looked at again: as many as one look shows. At four calls a second the first of a full
/// batch waits half a minute for its proof.
const PARCELS_AT_ONCE: usize = 100;
/// Begins the mark of a page among orders that are not archived.
const CURRENT: &str = "current:";
/// Begins the mark of a page among archived ones; alone it is their first page.
const ARCHIVED: &str = "archived:";

impl SalesSystem for Shopline {
    fn locations<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<Vec<SourceLocation>>> {
        Box::pin(async move {
            let found = Self::locations(self, log).await?;
            let active = found.into_iter().filter(|l| l.is_active);
            Ok(active.map(|l| l.location).collect())
        })
    }

    fn postal_services<'a>(
        &'a self,
        _log: &'a CallLog,
    ) -> Option<BoxFuture<'a, Answer<Vec<Target>>>> {
        None
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
            let current = self.orders_of(ids, Archive::Current, log).await?;
            let mut found = self.with_returns(current, log).await?;
            let is_found = |id: &&SourceOrderId| {
                found.rows.iter().any(|o| &o.source_id == *id)
                    || found.unread.iter().any(|o| &o.source_id == *id)
            };
            let hidden: Vec<SourceOrderId> =
                ids.iter().filter(|id| !is_found(id)).cloned().collect();
            if !hidden.is_empty() {
                let rest = self.orders_of(&hidden, Archive::Archived, log).await?;
                let rest = self.with_returns(rest, log).await?;
                found.rows.extend(rest.rows);
                found.unread.extend(rest.unread);
            }
            Ok(found)
        })
    }

    fn confirming(self: Arc<Self>) -> Confirming {
        Confirming::Parcels(self)
    }

    fn stock(self: Arc<Self>) -> Option<Arc<dyn StockFigures>> {
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
            let cursor = mark.map(cursor).transpose()?;
            let page = self.variants_page(cursor.as_ref(), log).await?;
            Ok(ProductsPage {
                rows: page.rows.iter().filter_map(|v| v.product()).collect(),
                next: page.next.map(|c| c.as_str().to_owned()),
            })
        })
    }

    fn at_once(&self, op: Op) -> usize {
        match op {
            Op::StockLevels => LEVEL_ITEMS_MAX,
            // There is no bulk form.
            Op::SetStock => 1,
            Op::ShipParcel => PARCELS_AT_ONCE,
            _ => TERMS_MAX,
        }
    }
}

fn cursor(text: &str) -> Answer<Cursor> {
    Cursor::new(text).ok_or_else(|| {
        CallError::new(
            AnswerClass::Malformed,
            format!("{:?} is no mark of a page", clean_to(text, 60)),
        )
    })
}

impl ChangedOrders for Shopline {
    fn changes_page<'a>(
        &'a self,
        since: Ts,
        mark: Option<&'a str>,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<ChangesPage>> {
        Box::pin(async move {
            let (half, at) = match mark {
                Some(mark) if mark.starts_with(ARCHIVED) => {
                    (Archive::Archived, mark.strip_prefix(ARCHIVED))
                }
                Some(mark) => (Archive::Current, mark.strip_prefix(CURRENT)),
                None => (Archive::Current, None),
            };
            let found = match at.filter(|at| !at.is_empty()) {
                Some(at) => self.orders_next(&cursor(at)?, log).await?,
                None => {
                    let query = OrdersQuery::updated_since(since, half);
                    self.orders_page(&query, log).await?
                }
            };
            let newest = found.rows.iter().map(|o| o.updated_at).max();
            let next = match (half, &found.next) {
                (Archive::Current, Some(next)) => Some(format!("{CURRENT}{}", next.as_str())),
                (Archive::Archived, Some(next)) => Some(format!("{ARCHIVED}{}", next.as_str())),
                (Archive::Current, None) => Some(ARCHIVED.to_owned()),
                (Archive::Archived, None) => None,
            };
            Ok(ChangesPage {
                orders: self.with_returns(found, log).await?,
                named: Vec::new(),
                newest,
                next,
            })
        })
    }
}

impl Parcels for Shopline {
    fn calls_each(&self) -> u32 {
        1
    }

    fn shown<'a>(
        &'a self,
        known: &'a [SourceOrder],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Orders>> {
        Box::pin(async move {
            let ids: Vec<SourceOrderId> = known.iter().map(|o| o.source_id.clone()).collect();
            let found = self.orders_of(&ids, Archive::Current, log).await?;
            Ok(Orders::from(found))
        })
    }

    fn next(&self, sale: &SourceOrder, parcel: &DespatchIntent) -> Result<ParcelStep, String> {
        let numbers: Vec<&str> = numbers(&parcel.tracking).collect();
        if sale.shows(&numbers, &parcel.lines) {
            return Ok(ParcelStep::Shown);
        }
        if numbers.len() > TRACKING_MAX {
            return Err(format!(
                "{} tracking numbers for one despatch; SHOPLINE takes {TRACKING_MAX}",
                numbers.len()
            ));
        }
        for line in &parcel.lines {
            let ordered = sale
                .lines
                .iter()
                .find(|l| l.row_id == line.row_id)
                .map_or(0, |l| l.qty_each);
            let left = ordered - sale.shipped_each(&line.row_id);
            if line.qty_each > left {
                return Err(format!(
                    "{} of {} left the warehouse, SHOPLINE has {left} left to ship: somebody entered a shipment by \
                     hand; put it right there, the confirmation follows by itself",
                    line.qty_each, line.sku
                ));
            }
        }
        Ok(ParcelStep::Write)
    }

    fn next_label(&self, sale: &SourceOrder, change: &RelabelIntent) -> Result<ParcelStep, String> {
        let parcel = &change.parcel;
        let wanted: Vec<&str> = numbers(&parcel.tracking).collect();
        if sale.shipment_of(&wanted, &parcel.lines).is_some() {
            return Ok(ParcelStep::Shown);
        }
        if wanted.len() > TRACKING_MAX {
            return Err(format!(
                "{} tracking numbers for one despatch; SHOPLINE takes {TRACKING_MAX}",
                wanted.len()
            ));
        }
        told_shipment(sale, change).map(|_| ParcelStep::Write)
    }

    fn write_label<'a>(
        &'a self,
        sale: &'a SourceOrder,
        change: &'a RelabelIntent,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<SourceOrder>> {
        Box::pin(async move {
            let parcel = &change.parcel;
            let held = told_shipment(sale, change)
                .map_err(|text| CallError::new(AnswerClass::Rejected, text))?;
            let tracking: Vec<Tracking> = trackings(parcel).collect();
            let made = self
                .update_tracking(&parcel.source_id, &held.id, &tracking, Notify::Nobody, log)
                .await?;
            let mut after = sale.clone();
            for shipment in after.shipments.iter_mut().filter(|s| s.id == made.id) {
                shipment.tracking = made.tracking.iter().map(|t| t.number.clone()).collect();
            }
            Ok(after)
        })
    }

    fn write<'a>(
        &'a self,
        sale: &'a SourceOrder,
        parcel: &'a DespatchIntent,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<SourceOrder>> {
        Box::pin(async move {
            let goods = parcel.lines.iter().map(|l| ShipLine {
                line_id: l.row_id.clone(),
                qty_each: l.qty_each,
            });
            let lines = goods.chain(unpicked(sale, parcel));
            let new = NewFulfilment {
                order: parcel.source_id.clone(),
                ship: Ship::OfOrder(lines.collect()),
                tracking: trackings(parcel).collect(),
                notify: if parcel.is_customer_told {
                    Notify::Customer
                } else {
                    Notify::Nobody
                },
                message: String::new(),
            };
            let made = self.create_fulfilment(&new, log).await?;
            let mut after = sale.clone();
            after.shipments.push(SourceShipment {
                id: made.id,
                tracking: made.tracking.into_iter().map(|t| t.number).collect(),
                lines: parcel
                    .lines
                    .iter()
                    .map(|l| (l.row_id.clone(), l.qty_each))
                    .collect(),
            });
            Ok(after)
        })
    }
}

/// Tracking as SHOPLINE takes it.
fn trackings(parcel: &DespatchIntent) -> impl Iterator<Item = Tracking> {
    numbers(&parcel.tracking).map(|number| Tracking {
        carrier: parcel.carrier.clone(),
        number: number.to_owned(),
        url: String::new(),
    })
}

/// The fulfilment whose tracking is to be changed.
fn told_shipment<'a>(
    sale: &'a SourceOrder,
    change: &RelabelIntent,
) -> Result<&'a SourceShipment, String> {
    let told: Vec<&str> = numbers(&change.told).collect();
    sale.shipment_of(&told, &change.parcel.lines)
        .ok_or_else(|| {
            format!(
                "SHOPLINE shows no shipment of these goods with tracking {:?}: somebody changed it by hand; enter {:?} \
                 there",
                change.told, change.parcel.tracking
            )
        })
}

/// Takes an order out of those that were read.
fn set_aside(orders: &mut Orders, id: &SourceOrderId, why: &str) {
    let Some(at) = orders.rows.iter().position(|o| &o.source_id == id) else {
        return;
    };
    let order = orders.rows.remove(at);
    orders.unread.push(UnreadOrder {
        source_id: order.source_id,
        label: order.number,
        text: why.to_owned(),
    });
}

/// The tracking numbers of a confirmation.
fn numbers(tracking: &str) -> impl Iterator<Item = &str> {
    tracking.split(',').map(str::trim).filter(|n| !n.is_empty())
}

/// Lines nobody picks (gift cards, services) go with the last parcel: the order would stay half shipped without them.
fn unpicked(sale: &SourceOrder, parcel: &DespatchIntent) -> Vec<ShipLine> {
    if !parcel.is_whole {
        return Vec::new();
    }
    let services = sale.lines.iter().filter(|l| l.is_service);
    let left = services.map(|l| ShipLine {
        line_id: l.row_id.clone(),
        qty_each: l.qty_each - sale.shipped_each(&l.row_id),
    });
    left.filter(|l| l.qty_each > 0).collect()
}

/// A fulfilment as a shipment of the house's order; `None` when it was taken back.
pub(super) fn shipment(of: &Fulfilment) -> Option<SourceShipment> {
    (!of.is_cancelled).then(|| SourceShipment {
        id: of.id.clone(),
        tracking: of.tracking.iter().map(|t| t.number.clone()).collect(),
        lines: of
            .lines
            .iter()
            .filter_map(|l| Some((l.row_id.clone(), l.shipped_each?)))
            .collect(),
    })
}

impl StockFigures for Shopline {
    fn set_stock<'a>(
        &'a self,
        writes: &'a [LevelWrite],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>> {
        Box::pin(async move {
            let mut out = Vec::with_capacity(writes.len());
            for LevelWrite { item_id, write } in writes {
                let key = format!("{}@{}", write.sku, write.location);
                let answer = self
                    .set_available(item_id, &write.location, write.level_each, log)
                    .await;
                out.push(match answer {
                    Ok(_) => RowOutcome {
                        key,
                        class: AnswerClass::Applied,
                        text: String::new(),
                    },
                    Err(error) if error.class == AnswerClass::Rejected => RowOutcome {
                        key,
                        class: error.class,
                        text: error.text,
                    },
                    Err(error) => return Err(error),
                });
            }
            Ok(out)
        })
    }

    fn stock_levels<'a>(
        &'a self,
        ids: &'a [String],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<StockByItem>>> {
        Box::pin(async move {
            let levels = self.levels(ids, &[], log).await?;
            let of = |id: &String| {
                let own = levels.iter().filter(|l| &l.inventory_item_id == id);
                // The answer goes by item id and does not repeat the SKU.
                own.map(|l| l.stock(&Sku::default())).collect()
            };
            Ok(ids.iter().map(|id| (id.clone(), of(id))).collect())
        })
    }

    fn stock_ids<'a>(
        &'a self,
        _skus: &'a [Sku],
        _log: &'a CallLog,
    ) -> Option<BoxFuture<'a, Answer<ItemIds>>> {
        None
    }
}

/// What an order without any return says about them.
const NO_RETURN: &str = "NO_RETURN";

impl Shopline {
    /// The orders with what their customers asked to send back: an order only tells that there is something, so each
    /// that does costs a further call. One whose returns cannot be read is set aside alone.
    async fn with_returns(&self, found: ShoplineOrders, log: &CallLog) -> Answer<Orders> {
        let asking: Vec<SourceOrderId> = found
            .rows
            .iter()
            .filter(|o| !o.return_status.is_empty() && o.return_status != NO_RETURN)
            .map(|o| o.order.source_id.clone())
            .collect();
        let mut out = Orders::from(found);
        for id in asking {
            let returns = match self.returns(&id, log).await {
                Ok(returns) => returns,
                Err(error) if error.class == AnswerClass::Malformed => {
                    set_aside(&mut out, &id, &error.text);
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let Some(order) = out.rows.iter_mut().find(|o| o.source_id == id) {
                order.returns = returns.iter().map(Return::in_trade).collect();
            }
        }
        Ok(out)
    }

    async fn orders_of(
        &self,
        ids: &[SourceOrderId],
        half: Archive,
        log: &CallLog,
    ) -> Answer<ShoplineOrders> {
        Self::orders_by_ids(self, ids, half, log).await
    }
}
