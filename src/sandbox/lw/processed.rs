//! Processed and cancelled orders: search, info, audit trail.

use super::filters::read_time;
use super::params::{Params, Refusal, int_of, member, text_of};
use super::render::{NO_DATE, double, time};
use super::state::{Book, COUNTRIES, LwOrder};
use crate::domain::time::Ts;
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Largest page of the search.
const PAGE_MAX: i64 = 500;

impl World {
    pub(super) fn lw_search_processed(&mut self, p: &Params) -> Result<Value, Refusal> {
        let field = p.text("DateField").unwrap_or_default().to_lowercase();
        let edge = |name: &str| p.text(name).and_then(|t| read_time(&t));
        let from = edge("FromDate").unwrap_or(Ts::MIN);
        let to = edge("ToDate").unwrap_or(Ts::NEVER);
        let has_dates = p.has("FromDate") || p.has("ToDate");
        if has_dates && !["processed", "payment", "cancelled", "received"].contains(&field.as_str())
        {
            return Err(Refusal::bad("Parameter 'DateField' has invalid value"));
        }
        let mut found: Vec<usize> = match field.as_str() {
            "processed" => range(&self.lw.processed, from, to),
            "cancelled" => range(&self.lw.cancelled, from, to),
            _ => {
                let mut all = range(&self.lw.processed, Ts::MIN, Ts::NEVER);
                all.extend(range(&self.lw.cancelled, Ts::MIN, Ts::NEVER));
                all.retain(|ix| {
                    let order = &self.lw.orders[*ix];
                    let at = if field == "payment" {
                        order.paid_at
                    } else {
                        Some(order.received_at)
                    };
                    !has_dates || at.is_some_and(|at| at >= from && at <= to)
                });
                all
            }
        };
        let term = p.text("SearchTerm").unwrap_or_default().to_lowercase();
        let filters = p.list("SearchFilters");
        found.retain(|ix| self.lw_found(&self.lw.orders[*ix], &term, &filters));
        if p.get("SearchSorting")
            .and_then(|s| member(&s, "SortDirection").map(text_of))
            .is_some_and(|d| d.eq_ignore_ascii_case("DESC"))
        {
            found.reverse();
        }
        let number = |name: &str, default: i64| {
            p.get(name)
                .as_ref()
                .and_then(int_of)
                .filter(|n| *n > 0)
                .unwrap_or(default)
        };
        let page = usize::try_from(number("PageNumber", 1)).unwrap_or(1);
        let size = usize::try_from(number("ResultsPerPage", 20).min(PAGE_MAX)).unwrap_or(20);
        let total = found.len();
        let mut rows: Vec<usize> = found
            .into_iter()
            .skip((page - 1).saturating_mul(size))
            .take(size)
            .collect();
        self.faults.bend_page(&mut rows);
        let data: Vec<Value> = rows.iter().map(|ix| self.lw_processed_row(*ix)).collect();
        Ok(json!({"ProcessedOrders": {
            "PageNumber": page, "EntriesPerPage": size, "TotalEntries": total,
            "TotalPages": total.div_ceil(size), "Data": data,
        }}))
    }

    fn lw_found(&self, order: &LwOrder, term: &str, filters: &[Value]) -> bool {
        let has_term = term.is_empty()
            || [
                order.number.to_string(),
                order.reference.to_lowercase(),
                order.address.name.to_lowercase(),
                order.tracking.to_lowercase(),
            ]
            .iter()
            .any(|t| t.contains(term));
        has_term
            && filters.iter().all(|filter| {
                let wanted = member(filter, "SearchTerm")
                    .map(text_of)
                    .unwrap_or_default();
                match member(filter, "SearchField").map(text_of).as_deref() {
                    Some("Source") => order.source.eq_ignore_ascii_case(&wanted),
                    Some("SubSource") => order.sub_source.eq_ignore_ascii_case(&wanted),
                    Some("ItemIdentifier") => order.lines.iter().any(|l| l.sku == wanted),
                    _ => true,
                }
            })
    }

    fn lw_finished(&self, p: &Params) -> Result<usize, Refusal> {
        let id = p.guid("pkOrderId")?;
        self.lw
            .order_by_id
            .get(&id)
            .copied()
            .filter(|ix| {
                matches!(
                    self.lw.orders[*ix].book,
                    Book::Processed(_) | Book::Cancelled(_)
                )
            })
            .ok_or_else(|| Refusal::bad("Order not found"))
    }

    pub(super) fn lw_processed_info(&self, p: &Params) -> Result<Value, Refusal> {
        Ok(self.lw_processed_row(self.lw_finished(p)?))
    }

    pub(super) fn lw_processed_audit(&self, p: &Params) -> Result<Value, Refusal> {
        let ix = self.lw_finished(p)?;
        let order = &self.lw.orders[ix];
        Ok(order
            .audit
            .iter()
            .enumerate()
            .map(|(at, a)| {
                json!({
                    "sid_history": ix * 100 + at, "fkOrderId": order.id, "HistoryNote": a.note,
                    "fkOrderHistoryTypeId": a.kind, "DateStamp": time(a.at), "Tag": a.tag,
                    "UpdatedBy": a.user, "TypeDescription": a.kind,
                })
            })
            .collect())
    }

    /// A flat row; null members are left out, as recorded.
    fn lw_processed_row(&self, ix: usize) -> Value {
        let order = &self.lw.orders[ix];
        let (processed, cancelled) = match order.book {
            Book::Processed(at) => (time(at), NO_DATE.to_owned()),
            Book::Cancelled(at) => (time(at), time(at)),
            Book::Open | Book::Gone(_) => (NO_DATE.to_owned(), NO_DATE.to_owned()),
        };
        let service = &self.lw.services[order.service];
        let total = double(order.total_minor());
        let a = &order.address;
        let mut row = json!({
            "pkOrderID": order.id, "nOrderId": order.number, "nStatus": order.status,
            "dReceivedDate": time(order.received_at), "dProcessedOn": processed,
            "dCancelledOn": cancelled, "timeDiff": 0.30291886574074073,
            "ReferenceNum": order.reference, "SecondaryReference": "",
            "ExternalReference": order.reference, "Source": order.source,
            "SubSource": order.sub_source, "PostalTrackingNumber": order.tracking,
            "PostalServiceName": service.name, "Vendor": service.vendor, "fTotalCharge": total,
            "fPostageCost": double(order.postage_minor),
            "PostageCostExTax": double(order.postage_minor) / 1.2,
            "Subtotal": double(order.goods_minor()) / 1.2, "fTax": total - total / 1.2,
            "TotalDiscount": 0.0, "ProfitMargin": 0.0, "CountryTaxRate": 20.0,
        });
        let mut rest = json!({
            "cCurrency": "GBP", "cCountry": COUNTRIES[a.country].0, "cFullName": a.name,
            "cEmailAddress": a.email, "cPostCode": a.postcode, "Address1": a.line1,
            "Address2": a.line2, "Address3": a.line3, "Town": a.town, "Region": a.region,
            "Company": a.company, "BuyerPhoneNumber": a.phone, "ChannelBuyerName": "",
            "AccountName": "Default", "HoldOrCancel": matches!(order.book, Book::Cancelled(_)),
            "IsResend": order.status == super::state::status::RESEND, "IsExchange": false,
            "TaxId": "", "FulfilmentLocationName": self.lw.locations[order.location].name,
        });
        if let (Some(row), Some(rest)) = (row.as_object_mut(), rest.as_object_mut()) {
            row.append(rest);
        }
        if let Some(at) = order.paid_at {
            row["dPaidOn"] = json!(time(at));
        }
        row
    }
}

fn range(set: &std::collections::BTreeSet<(Ts, usize)>, from: Ts, to: Ts) -> Vec<usize> {
    if from > to {
        return Vec::new();
    }
    set.range((from, 0)..=(to, usize::MAX))
        .map(|e| e.1)
        .collect()
}
