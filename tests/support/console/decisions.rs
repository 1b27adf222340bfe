//! Cases whose remedy is one decision about one order: where it ships from, what its refund meant.

use super::rows::{NOW, exception_sheet, name, order};
use tallyman::console::app::ask::{ExceptionSheet, Refunds};
use tallyman::desk::SiteQuestion;
use tallyman::domain::catalogue::Kind;
use tallyman::domain::exception::Team;
use tallyman::domain::ids::{ExceptionId, OrderId, SiteRef, Sku};
use tallyman::domain::order::{OrderRow, OrderState};
use tallyman::domain::returns::{Cause, Claim, ClaimState};
use tallyman::domain::routing::keeps_site;

/// The case about orders that no rule found a site for.
pub const SITE_CASE: ExceptionId = ExceptionId(902);
/// The case about money that went back without goods.
pub const REFUND_CASE: ExceptionId = ExceptionId(903);

/// What can be chosen for the site of an order.
pub fn site(row: &OrderRow) -> SiteQuestion {
    SiteQuestion {
        order: row.id,
        number: row.number.clone(),
        site: row.site.clone(),
        why: "rule north: country GB".to_owned(),
        sites: ["NORTH", "SOUTH", "WEST"].map(SiteRef::from).to_vec(),
        refused: keeps_site(row.state, false, false).map(str::to_owned),
    }
}

/// Refunds of an order: of one whose goods come back, two wait for an explanation.
pub fn refunds(row: &OrderRow, hostile: bool) -> Refunds {
    let claim = |id: &str, amount: i64, units: i64| Claim {
        pair: row.pair.clone(),
        cause: Cause::Refund,
        id: id.to_owned(),
        order: row.id,
        at: NOW,
        units: [(Sku(name("LAMP-OAK", hostile)), units)].into(),
        is_whole: false,
        amount_minor: Some(amount),
        currency: "GBP".to_owned(),
        state: ClaimState::Asked,
        due_at: Some(NOW),
        note: String::new(),
    };
    let claims = if row.state == OrderState::Returning {
        vec![claim("rf-77", 1_200, 1), claim("rf-78", 450, 2)]
    } else {
        Vec::new()
    };
    Refunds::of(row.id, &row.number, &claims)
}

/// Exceptions of an order, as its page lists them.
pub fn exceptions(row: &OrderRow, hostile: bool) -> Vec<(ExceptionId, String, String)> {
    let (id, kind, detail) = match row.state {
        OrderState::Checking => (SITE_CASE, Kind::OrdUnroutable, "no rule is for IE"),
        OrderState::Returning => (
            REFUND_CASE,
            Kind::RetRefundNoReturn,
            "money went back for 1 × LAMP-OAK and no return is planned",
        ),
        _ => (
            ExceptionId(1),
            Kind::OrdCarrierUnmapped,
            "Tracked 48 XL is not mapped",
        ),
    };
    vec![(id, kind.code().to_owned(), name(detail, hostile))]
}

/// The page of one of these cases.
pub fn case_sheet(id: ExceptionId, hostile: bool) -> Option<ExceptionSheet> {
    let mut sheet = exception_sheet(4, hostile);
    sheet.row.id = id;
    match id {
        SITE_CASE => {
            sheet = exception_sheet(3, hostile);
            sheet.row.id = id;
            sheet.row.kind = Kind::OrdUnroutable;
            sheet.row.discriminator = "ROUTE=ADDRESS:IE".to_owned();
            sheet.row.team = Team::Ecommerce;
            sheet.row.detail = "no rule is for Ireland; the closest is north: GB".to_owned();
            sheet.sites = (0..sheet.members.len())
                .map(|n| SiteQuestion {
                    order: OrderId(i64::try_from(n).unwrap() + 1),
                    site: None,
                    why: sheet.row.detail.clone(),
                    refused: None,
                    ..site(&order(n, hostile))
                })
                .collect();
        }
        REFUND_CASE => {
            sheet.row.kind = Kind::RetRefundNoReturn;
            sheet.row.team = Team::Finance;
            sheet.row.discriminator = "ORDER=100105".to_owned();
            sheet.row.detail = "money went back and no return is planned".to_owned();
            sheet.refunds = Some(refunds(&order(4, false), hostile));
        }
        _ => return None,
    }
    Some(sheet)
}
