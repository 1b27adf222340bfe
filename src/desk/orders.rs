//! One order: read again, hold back, let go.

use super::request::RequestKind;
use super::{Desk, DeskError, DeskResult, Done, reason};
use crate::domain::bulk::OrderAct;
use crate::domain::ids::{OrderId, SiteRef};
use crate::domain::order::{OrderFull, OrderRow};

/// How many orders a name may match before the person is asked to be more exact.
const MATCHES_MAX: usize = 10;

impl Desk {
    /// The one order a text names: number, warehouse number, reference, source id or tracking.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when none matches, [`DeskError::Refused`] naming the candidates when several do.
    pub async fn order_named(&self, text: &str) -> DeskResult<OrderRow> {
        let shown = crate::text::clean_to(text, 60);
        let what = format!("order {shown:?}");
        let mut found = self
            .store
            .find_orders(text, MATCHES_MAX)
            .await
            .map_err(DeskError::store(&what))?;
        let is_exact = |o: &OrderRow| {
            o.number == text || o.wms_number.as_ref().is_some_and(|n| n.as_str() == text)
        };
        if found.len() > 1 && found.iter().filter(|o| is_exact(o)).count() == 1 {
            found.retain(is_exact);
        }
        match found.len() {
            0 => Err(DeskError::NotFound { what }),
            1 => Ok(found.remove(0)),
            _ => {
                let names: Vec<String> = found
                    .iter()
                    .map(|o| match &o.wms_number {
                        Some(wms) => format!("{} ({}, {wms})", o.number, o.pair),
                        None => format!("{} ({})", o.number, o.pair),
                    })
                    .collect();
                Err(DeskError::Refused(format!(
                    "{what} matches several: {}; name one by its warehouse number",
                    names.join(", ")
                )))
            }
        }
    }

    /// An order by our number for it.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when there is none.
    pub async fn order(&self, id: OrderId) -> DeskResult<OrderRow> {
        self.order_in_full(id).await.map(|o| o.row)
    }

    /// As [`Desk::order`], with its content and lines.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when there is none.
    pub async fn order_in_full(&self, id: OrderId) -> DeskResult<OrderFull> {
        let what = format!("order {id}");
        self.store
            .orders_by_id(&[id])
            .await
            .map_err(DeskError::store(&what))?
            .into_iter()
            .next()
            .ok_or(DeskError::NotFound { what })
    }

    /// Reads the order in both systems again and decides anew.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, unknown order, or the store failed.
    pub async fn resync_order(&self, id: OrderId) -> DeskResult<Done> {
        let row = self.order(id).await?;
        let asked = format!(
            "Order {} will be read in both systems and decided on again.",
            row.number
        );
        let kind = RequestKind::ResyncOrder { order: id };
        self.ask(&format!("re-syncing order {}", row.number), kind, asked)
            .await
    }

    /// Keeps an order from being sent. Refused once the warehouse has it: only the warehouse can stop it then.
    ///
    /// # Errors
    /// As [`Desk::resync_order`].
    pub async fn hold_order(&self, id: OrderId, why: &str) -> DeskResult<Done> {
        let why = reason("holding an order", why)?;
        let row = self.order(id).await?;
        let hold = OrderAct::Hold {
            reason: String::new(),
        };
        if let Err(text) = hold.would(&row) {
            return Err(DeskError::Refused(format!(
                "order {} is not held: {text}",
                row.number
            )));
        }
        let asked = format!(
            "Order {} will not be sent until it is released.",
            row.number
        );
        let what = format!("holding order {}", row.number);
        let kind = RequestKind::HoldOrder {
            order: id,
            reason: why,
        };
        self.ask(&what, kind, asked).await
    }

    /// Ships one order from a site, whatever the rules say. Refused once the warehouse has it, and for a site that no
    /// mapping of the pair names.
    ///
    /// # Errors
    /// As [`Desk::resync_order`].
    pub async fn choose_site(&self, id: OrderId, site: &SiteRef, why: &str) -> DeskResult<Done> {
        let why = reason("choosing a site", why)?;
        let row = self.order(id).await?;
        if !row.state.is_before_warehouse() {
            return Err(DeskError::Refused(format!(
                "order {} keeps its site: it is {}",
                row.number, row.state
            )));
        }
        let asked = format!(
            "Order {} will be shipped from {site}; it is checked again.",
            row.number
        );
        let what = format!("choosing the site of order {}", row.number);
        let kind = RequestKind::ChooseSite {
            order: id,
            site: site.clone(),
            reason: why,
        };
        self.ask(&what, kind, asked).await
    }

    /// Lets a held order go.
    ///
    /// # Errors
    /// As [`Desk::resync_order`].
    pub async fn release_order(&self, id: OrderId) -> DeskResult<Done> {
        let row = self.order(id).await?;
        if let Err(text) = OrderAct::Release.would(&row) {
            return Err(DeskError::Refused(format!(
                "order {} is not released: {text}",
                row.number
            )));
        }
        let asked = format!("Order {} is released; it is checked and sent.", row.number);
        let kind = RequestKind::ReleaseOrder { order: id };
        self.ask(&format!("releasing order {}", row.number), kind, asked)
            .await
    }
}
