//! What can be decided where an exception is read: about refunds, about sites.

use super::super::app::ask::{Refunds, Trouble};
use super::store::StoreBackend;
use crate::desk::SiteQuestion;
use crate::domain::catalogue::Kind;
use crate::domain::exception::{ExceptionRow, ObjectRef, OccurrenceRow};
use crate::domain::ids::OrderId;

impl StoreBackend {
    /// The refunds that an exception asks about.
    pub(super) async fn refunds_about(
        &self,
        row: &ExceptionRow,
        members: &[OccurrenceRow],
    ) -> Result<Option<Refunds>, Trouble> {
        let order = orders_among(members).first().copied();
        let Some(order) = order.filter(|_| row.kind == Kind::RetRefundNoReturn) else {
            return Ok(None);
        };
        let found = self.store().orders_by_id(&[order]).await?;
        let Some(full) = found.into_iter().next() else {
            return Ok(None);
        };
        let claims = self.store().claims_of(&[order]).await?;
        Ok(Some(Refunds::of(order, &full.row.number, &claims)))
    }

    /// What can be chosen for the orders of an exception about sites.
    pub(super) async fn sites_about(
        &self,
        row: &ExceptionRow,
        members: &[OccurrenceRow],
    ) -> Result<Vec<SiteQuestion>, Trouble> {
        if !matches!(row.kind, Kind::OrdUnroutable | Kind::OrdSiteUnmapped) {
            return Ok(Vec::new());
        }
        Ok(self.desk().site_questions(&orders_among(members)).await?)
    }
}

fn orders_among(members: &[OccurrenceRow]) -> Vec<OrderId> {
    let orders = members.iter().filter_map(|m| match m.object {
        ObjectRef::Order(id) => Some(id),
        _ => None,
    });
    orders.collect()
}
