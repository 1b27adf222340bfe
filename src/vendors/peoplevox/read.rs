//! Reads: templates and reports turned into the trade's rows, each row held against the filter that was asked for.

use super::Peoplevox;
use super::clause::{Clause, ClauseFault};
use super::client::succeed;
use super::dates::YearHint;
use super::names::{self, DELETED_MARK, SYSTEM_SITE, report, template};
use super::rows::{Cols, Fetched, Row};
use super::sheet::Sheet;
use super::soap::Operation;
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{CarrierService, DespatchNo, ItemCode, MovementId, SiteRef, WmsOrderNo};
use crate::domain::time::{Span, Ts};
use crate::domain::wms::{
    DespatchLine, WmsItem, WmsLine, WmsMovement, WmsOrder, WmsOrderStatus, WmsService, WmsSite,
    WmsStock, WmsStockChange,
};
use crate::vendors::transport::{CallClass, Effect};
use crate::vendors::{Answer, CallError, CallLog, PAGE_ROWS, Page};
use std::collections::{HashMap, HashSet};

/// Spellings of the order number in reports.
pub(super) const NUMBER_SPELLINGS: &[&str] = &[
    "Salesorder number",
    "Sales order no.",
    "Sales order number",
    "SalesOrderNumber",
];
/// Reports print minutes, so a row may seem up to this much earlier than the moment asked for.
const DATE_ROUNDING: Span = Span::secs(60);

/// A report to read: which, what of it, in what order.
pub(super) struct Ask<'a> {
    pub(super) name: &'static str,
    pub(super) page: u32,
    pub(super) clause: Option<Clause>,
    pub(super) order_by: &'a str,
    pub(super) columns: &'a [&'static str],
}

/// A value or column that cannot be searched for: refused here, nothing was sent.
pub(super) fn refused(title: &str, fault: &ClauseFault) -> CallError {
    CallError::new(AnswerClass::Rejected, format!("{title}: {fault}"))
}

/// Holds a value against the values asked for; the vendor compares without case.
pub(super) struct Asked(HashSet<String>);

impl Asked {
    pub(super) fn new<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        Self(values.map(str::to_lowercase).collect())
    }

    pub(super) fn check(&self, fetched: &Fetched, value: &str) -> Answer<()> {
        if self.0.is_empty() || self.0.contains(&value.to_lowercase()) {
            return Ok(());
        }
        Err(outside(fetched, value))
    }
}

/// A row the filter should have left out: the filter was not understood, so nothing of the answer can be used.
pub(super) fn outside(fetched: &Fetched, what: &str) -> CallError {
    fetched.fault(&format!(
        "{what:?} came although it was not asked for; the search is not understood"
    ))
}

pub(super) fn not_before(fetched: &Fetched, since: Ts, at: Ts, what: &str) -> Answer<()> {
    if at >= since - DATE_ROUNDING {
        return Ok(());
    }
    Err(outside(fetched, &format!("{what} of {at}")))
}

impl Peoplevox {
    pub(super) async fn get_data(
        &self,
        name: &'static str,
        page: u32,
        per_page: u32,
        clause: Option<&Clause>,
        log: &CallLog,
    ) -> Answer<Fetched> {
        let operation = Operation::GetData {
            template: self.names.sheet(name),
            page,
            per_page,
            clause: clause.map_or("", Clause::as_str),
        };
        self.fetch(name, &operation, log).await
    }

    pub(super) async fn get_report(&self, ask: Ask<'_>, log: &CallLog) -> Answer<Fetched> {
        let fault = |e: ClauseFault| refused(ask.name, &e);
        let order_by = self
            .names
            .report_column(ask.name, ask.order_by)
            .map_err(fault)?;
        let columns = self
            .names
            .column_list(ask.name, ask.columns)
            .map_err(fault)?;
        let operation = Operation::GetReportData {
            report: self.names.sheet(ask.name),
            page: ask.page.max(1),
            per_page: PAGE_ROWS,
            clause: ask.clause.as_ref().map_or("", Clause::as_str),
            order_by: &format!("{} asc", order_by.as_str()),
            columns: &columns,
        };
        self.fetch(ask.name, &operation, log).await
    }

    async fn fetch(
        &self,
        name: &'static str,
        operation: &Operation<'_>,
        log: &CallLog,
    ) -> Answer<Fetched> {
        let title = operation.title();
        // Searches by key are short; reports and whole templates may take minutes.
        let class = match operation {
            Operation::GetData { clause, .. } if !clause.is_empty() => CallClass::Read,
            _ => CallClass::Report,
        };
        let reply = self
            .client
            .call(operation, class, Effect::Read, log)
            .await?;
        let reply = succeed(&title, reply)?;
        let sheet = Sheet::read(&reply.detail).map_err(|e| super::rows::malformed(&title, &e))?;
        Ok(Fetched {
            title,
            name,
            sheet,
            total: reply.total,
        })
    }

    /// The header of a template as `GetData` prints it.
    pub(super) async fn data_header(&self, name: &'static str, log: &CallLog) -> Answer<Sheet> {
        Ok(self.get_data(name, 1, 1, None, log).await?.sheet)
    }

    fn in_numbers(&self, name: &'static str, numbers: &[WmsOrderNo]) -> Answer<Clause> {
        self.names
            .template_column(name, "SalesOrderNumber")
            .and_then(|c| Clause::any_of(&c, numbers.iter().map(WmsOrderNo::as_str)))
            .map_err(|e| refused(name, &e))
    }

    fn in_sites(&self, name: &'static str, sites: &[SiteRef]) -> Answer<Option<Clause>> {
        if sites.is_empty() {
            return Ok(None);
        }
        self.names
            .report_column(name, "Site reference")
            .and_then(|c| Clause::any_of(&c, sites.iter().map(SiteRef::as_str)))
            .map(Some)
            .map_err(|e| refused(name, &e))
    }

    pub(super) fn since(
        &self,
        name: &'static str,
        column: &'static str,
        since: Ts,
    ) -> Answer<Clause> {
        let column = self
            .names
            .report_column(name, column)
            .map_err(|e| refused(name, &e))?;
        Ok(Clause::since(&column, since))
    }

    fn items(&self, fetched: &Fetched) -> Answer<Vec<WmsItem>> {
        let mut cols = Cols::new(&self.names, fetched);
        let code = cols.need("ItemCode", &["Item code"]);
        let name = cols.need("Name", &[]);
        let barcode = cols.need("Barcode", &[]);
        cols.finish()?;
        let mut items: Vec<WmsItem> = Vec::with_capacity(fetched.count());
        let mut at_code: HashMap<ItemCode, usize> = HashMap::new();
        for row in fetched.rows() {
            let (key, is_active) = row.live_key(code)?;
            let item = WmsItem {
                code: ItemCode(key),
                name: row.text(name).replace(DELETED_MARK, ""),
                barcode: row.text(barcode).replace(DELETED_MARK, ""),
                is_active,
            };
            match at_code.get(&item.code) {
                // A deleted record may stand beside a live one of the same code; the live one counts.
                Some(at) if item.is_active => items[*at] = item,
                Some(_) => {}
                None => {
                    at_code.insert(item.code.clone(), items.len());
                    items.push(item);
                }
            }
        }
        Ok(items)
    }

    pub(super) async fn read_items_page(&self, page: u32, log: &CallLog) -> Answer<Page<WmsItem>> {
        let page = page.max(1);
        let fetched = self
            .get_data(template::ITEMS, page, PAGE_ROWS, None, log)
            .await?;
        fetched.page(self.items(&fetched)?, page, PAGE_ROWS)
    }

    pub(super) async fn read_items(
        &self,
        codes: &[ItemCode],
        log: &CallLog,
    ) -> Answer<Vec<WmsItem>> {
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let clause = self
            .names
            .template_column(template::ITEMS, "ItemCode")
            .and_then(|c| Clause::any_of(&c, codes.iter().map(ItemCode::as_str)))
            .map_err(|e| refused(template::ITEMS, &e))?;
        let fetched = self
            .get_data(template::ITEMS, 1, 0, Some(&clause), log)
            .await?;
        fetched.expect_all()?;
        let items = self.items(&fetched)?;
        let asked = Asked::new(codes.iter().map(ItemCode::as_str));
        for item in &items {
            asked.check(&fetched, item.code.as_str())?;
        }
        Ok(items)
    }

    pub(super) async fn read_orders(
        &self,
        numbers: &[WmsOrderNo],
        log: &CallLog,
    ) -> Answer<Vec<WmsOrder>> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let clause = self.in_numbers(template::ORDERS, numbers)?;
        let fetched = self
            .get_data(template::ORDERS, 1, 0, Some(&clause), log)
            .await?;
        fetched.expect_all()?;
        let orders = self.orders(&fetched)?;
        let asked = Asked::new(numbers.iter().map(WmsOrderNo::as_str));
        for order in &orders {
            asked.check(&fetched, order.number.as_str())?;
        }
        Ok(orders)
    }

    fn orders(&self, fetched: &Fetched) -> Answer<Vec<WmsOrder>> {
        let mut cols = Cols::new(&self.names, fetched);
        let number = cols.need("SalesOrderNumber", &[]);
        let status = cols.need("Status", &[]);
        let po = cols.need("CustomerPurchaseOrderReferenceNumber", &[]);
        let service = cols.need("ServiceType", &[]);
        let site = cols.need("Site", &[]);
        let channel = cols.need("ChannelName", &[]);
        let on_hold = cols.maybe("OnHold", &[]);
        let contact = cols.maybe("ContactName", &[]);
        let line1 = cols.maybe("ShippingAddressLine1", &[]);
        let town = cols.maybe("ShippingAddressCity", &[]);
        let postcode = cols.maybe("ShippingAddressPostcode", &[]);
        let country = cols.maybe("ShippingAddressCountry", &[]);
        let requested = cols.maybe("RequestedDeliveryDate", &[]);
        let created = cols.maybe("CreatedDate", &[]);
        cols.finish()?;
        let read = |row: Row<'_>| -> Answer<WmsOrder> {
            let (requested_at, created_at) = row.dates(requested, created)?;
            Ok(WmsOrder {
                number: WmsOrderNo(row.key(number)?),
                po_reference: row.text(po),
                status_text: row.text(status),
                is_on_hold: row.flag(on_hold)?,
                service: CarrierService(row.text(service)),
                site: SiteRef(row.text(site)),
                channel: row.text(channel),
                contact_name: row.text(contact),
                address_line1: row.text(line1),
                town: row.text(town),
                postcode: row.text(postcode),
                country: row.text(country),
                requested_at,
                created_at,
            })
        };
        fetched.rows().map(read).collect()
    }

    pub(super) async fn read_lines(
        &self,
        numbers: &[WmsOrderNo],
        log: &CallLog,
    ) -> Answer<Vec<WmsLine>> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let clause = self.in_numbers(template::LINES, numbers)?;
        let fetched = self
            .get_data(template::LINES, 1, 0, Some(&clause), log)
            .await?;
        fetched.expect_all()?;
        let mut cols = Cols::new(&self.names, &fetched);
        let number = cols.need("SalesOrderNumber", &[]);
        let line = cols.need("Line", &[]);
        let item = cols.need("ItemCode", &[]);
        let qty = cols.need("QuantityOrdered", &[]);
        cols.finish()?;
        let asked = Asked::new(numbers.iter().map(WmsOrderNo::as_str));
        let read = |row: Row<'_>| -> Answer<WmsLine> {
            let number = row.key(number)?;
            asked.check(&fetched, &number)?;
            Ok(WmsLine {
                number: WmsOrderNo(number),
                line_ref: row.text(line),
                item: ItemCode(row.live_key(item)?.0),
                qty_each: row.quantity(qty)?,
            })
        };
        fetched.rows().map(read).collect()
    }

    pub(super) async fn read_statuses(
        &self,
        prefix: &str,
        open_only: bool,
        page: u32,
        log: &CallLog,
    ) -> Answer<Page<WmsOrderStatus>> {
        let name = report::STATUSES;
        let page = page.max(1);
        let clause = self
            .statuses_clause(prefix, open_only)
            .map_err(|e| refused(name, &e))?;
        let ask = Ask {
            name,
            page,
            clause: Some(clause),
            order_by: "Sales order no.",
            // All columns: which one holds the channel, if any, is not documented for this report.
            columns: &[],
        };
        let fetched = self.get_report(ask, log).await?;
        let mut cols = Cols::new(&self.names, &fetched);
        let number = cols.need("Sales order no.", NUMBER_SPELLINGS);
        let status = cols.need("Status", &[]);
        let channel = cols.maybe("Channel name", &["Channel", "ChannelName"]);
        cols.finish()?;
        let folded = prefix.to_lowercase();
        let read = |row: Row<'_>| -> Answer<WmsOrderStatus> {
            let found = WmsOrderStatus {
                number: WmsOrderNo(row.key(number)?),
                status_text: row.text(status),
                channel: row.text(channel),
            };
            let is_closed = self
                .closed_statuses
                .iter()
                .any(|s| s.eq_ignore_ascii_case(&found.status_text));
            let is_ours = found.number.as_str().to_lowercase().starts_with(&folded);
            if !is_ours || (open_only && is_closed) {
                let what = format!("{} {}", found.number, found.status_text);
                return Err(outside(&fetched, &what));
            }
            Ok(found)
        };
        let rows = fetched.rows().map(read).collect::<Answer<Vec<_>>>()?;
        fetched.page(rows, page, PAGE_ROWS)
    }

    fn statuses_clause(&self, prefix: &str, open_only: bool) -> Result<Clause, ClauseFault> {
        let number = self
            .names
            .report_column(report::STATUSES, "Sales order no.")?;
        let mut clause = Clause::starts_with(&number, prefix)?;
        if open_only {
            let status = self.names.report_column(report::STATUSES, "Status")?;
            for closed in &self.closed_statuses {
                clause = clause.and(Clause::is_not(&status, closed)?);
            }
        }
        Ok(clause)
    }

    pub(super) async fn read_despatches(
        &self,
        since: Ts,
        page: u32,
        log: &CallLog,
    ) -> Answer<Page<DespatchLine>> {
        let name = report::DESPATCHES;
        let page = page.max(1);
        let ask = Ask {
            name,
            page,
            clause: Some(self.since(name, "Despatch date", since)?),
            order_by: "Despatch date",
            columns: names::DESPATCH_COLUMNS,
        };
        let fetched = self.get_report(ask, log).await?;
        let mut cols = Cols::new(&self.names, &fetched);
        let number = cols.need("Salesorder number", NUMBER_SPELLINGS);
        let despatch = cols.need("Despatch number", &[]);
        let date = cols.need("Despatch date", &[]);
        let tracking = cols.need("Tracking number", &[]);
        let item = cols.need("Item code", &["Item"]);
        let qty = cols.need("No of items", &[]);
        let carrier = cols.maybe("Carrier", &[]);
        let service = cols.maybe("Service", &["Service type code"]);
        let site = cols.maybe("Site reference", &[]);
        let channel = cols.maybe("Channel name", &[]);
        let line = cols.maybe("Line", &[]);
        cols.finish()?;
        let read = |row: Row<'_>| -> Answer<DespatchLine> {
            let despatch = row.key(despatch)?;
            let despatched_at = row.date(date, YearHint::NotBefore(since))?;
            not_before(&fetched, since, despatched_at, &despatch)?;
            Ok(DespatchLine {
                despatch: DespatchNo(despatch),
                number: WmsOrderNo(row.key(number)?),
                line_ref: row.text(line),
                item: ItemCode(row.live_key(item)?.0),
                qty_each: row.quantity(qty)?,
                carrier: row.text(carrier),
                service: row.text(service),
                tracking: row.text(tracking).trim().to_owned(),
                despatched_at,
                site: SiteRef(row.text(site)),
                channel: row.text(channel),
            })
        };
        let rows = fetched.rows().map(read).collect::<Answer<Vec<_>>>()?;
        fetched.page(rows, page, PAGE_ROWS)
    }

    pub(super) async fn read_stock(
        &self,
        sites: &[SiteRef],
        page: u32,
        log: &CallLog,
    ) -> Answer<Page<WmsStock>> {
        let name = report::STOCK;
        let page = page.max(1);
        let ask = Ask {
            name,
            page,
            clause: self.in_sites(name, sites)?,
            order_by: "Item code",
            columns: names::STOCK_COLUMNS,
        };
        let fetched = self.get_report(ask, log).await?;
        let mut cols = Cols::new(&self.names, &fetched);
        let item = cols.need("Item code", &[]);
        let site = cols.need("Site reference", &[]);
        let on_hand = cols.need("On hand", &[]);
        let allocated = cols.need("Allocated", &[]);
        let available = cols.need("Available", &[]);
        cols.finish()?;
        let asked = Asked::new(sites.iter().map(SiteRef::as_str));
        let mut rows = Vec::with_capacity(fetched.count());
        for row in fetched.rows() {
            let site = row.key(site)?;
            asked.check(&fetched, &site)?;
            let (code, is_active) = row.live_key(item)?;
            if site == SYSTEM_SITE || !is_active {
                continue;
            }
            rows.push(WmsStock {
                item: ItemCode(code),
                site: SiteRef(site),
                on_hand_each: row.whole(on_hand)?,
                allocated_each: row.whole(allocated)?,
                available_each: row.whole(available)?,
            });
        }
        fetched.page(rows, page, PAGE_ROWS)
    }

    pub(super) async fn read_stock_changes(
        &self,
        since: Ts,
        sites: &[SiteRef],
        page: u32,
        log: &CallLog,
    ) -> Answer<Page<WmsStockChange>> {
        let name = report::CHANGES;
        let page = page.max(1);
        let mut clause = self.since(name, "Timestamp", since)?;
        if let Some(sites) = self.in_sites(name, sites)? {
            clause = clause.and(sites);
        }
        let ask = Ask {
            name,
            page,
            clause: Some(clause),
            order_by: "Timestamp",
            columns: names::CHANGE_COLUMNS,
        };
        let fetched = self.get_report(ask, log).await?;
        let mut cols = Cols::new(&self.names, &fetched);
        let item = cols.need("Item code", &[]);
        let available = cols.need("Item current available quantity", &[]);
        let at = cols.need("Timestamp", &[]);
        let site = cols.need("Site reference", &[]);
        cols.finish()?;
        let asked = Asked::new(sites.iter().map(SiteRef::as_str));
        let mut rows = Vec::with_capacity(fetched.count());
        for row in fetched.rows() {
            let site = row.key(site)?;
            asked.check(&fetched, &site)?;
            let (code, is_active) = row.live_key(item)?;
            let at = row.date(at, YearHint::NotBefore(since))?;
            not_before(&fetched, since, at, &code)?;
            if site == SYSTEM_SITE || !is_active {
                continue;
            }
            rows.push(WmsStockChange {
                item: ItemCode(code),
                site: SiteRef(site),
                available_each: row.whole(available)?,
                at,
            });
        }
        fetched.page(rows, page, PAGE_ROWS)
    }

    /// The movement history: the only report that names a movement by a number and says where goods came from and went.
    /// (The availability ledger and the incremental report show available figures, which allocations change too.)
    pub(super) async fn read_movements(
        &self,
        since: Ts,
        sites: &[SiteRef],
        page: u32,
        log: &CallLog,
    ) -> Answer<Page<WmsMovement>> {
        let name = report::MOVEMENTS;
        let page = page.max(1);
        let mut clause = self.since(name, "Date timestamp", since)?;
        if let Some(sites) = self.in_sites(name, sites)? {
            clause = clause.and(sites);
        }
        let ask = Ask {
            name,
            page,
            clause: Some(clause),
            order_by: "Date timestamp",
            columns: names::MOVEMENT_COLUMNS,
        };
        let fetched = self.get_report(ask, log).await?;
        let mut cols = Cols::new(&self.names, &fetched);
        let item = cols.need("Item code", &[]);
        let at = cols.need("Date timestamp", &[]);
        let from = cols.need("From", &[]);
        let to = cols.need("To", &[]);
        let quantity = cols.need("Quantity", &[]);
        let word = cols.need("Comments", &[]);
        let order = cols.maybe("Sales order number", &["Sales order no."]);
        let id = cols.maybe("History Id", &[]);
        let site = cols.need("Site reference", &[]);
        let reason = cols.maybe("Register Reason", &[]);
        cols.finish()?;
        let asked = Asked::new(sites.iter().map(SiteRef::as_str));
        let mut rows = Vec::with_capacity(fetched.count());
        for row in fetched.rows() {
            let site = row.key(site)?;
            asked.check(&fetched, &site)?;
            let (code, _) = row.live_key(item)?;
            let at = row.date(at, YearHint::NotBefore(since))?;
            not_before(&fetched, since, at, &code)?;
            if site == SYSTEM_SITE {
                continue;
            }
            let said = row.text(word).trim().to_owned();
            rows.push(WmsMovement {
                id: Some(row.text(id).trim().to_owned())
                    .filter(|id| !id.is_empty())
                    .map(MovementId),
                item: ItemCode(code),
                site: SiteRef(site),
                word: if said.is_empty() {
                    row.text(reason).trim().to_owned()
                } else {
                    said
                },
                from: row.text(from).trim().to_owned(),
                to: row.text(to).trim().to_owned(),
                qty_each: row.whole(quantity)?,
                at,
                order: row.text(order).trim().to_owned(),
            });
        }
        fetched.page(rows, page, PAGE_ROWS)
    }

    pub(super) async fn read_services(&self, log: &CallLog) -> Answer<Vec<WmsService>> {
        let fetched = self.get_data(template::SERVICES, 1, 0, None, log).await?;
        fetched.expect_all()?;
        let mut cols = Cols::new(&self.names, &fetched);
        let code = cols.need("Code", &[]);
        let name = cols.need("Name", &[]);
        let carrier = cols.maybe("Carrier", &[]);
        cols.finish()?;
        let mut services = Vec::new();
        for row in fetched.rows() {
            // A service without a code, or a deleted one, cannot be sent and so is no target.
            let (code, name) = (row.text(code), row.text(name));
            let is_deleted = code.contains(DELETED_MARK) || name.contains(DELETED_MARK);
            if code.trim().is_empty() || is_deleted {
                continue;
            }
            services.push(WmsService {
                code: CarrierService(code),
                name,
                carrier: row.text(carrier),
            });
        }
        Ok(services)
    }

    pub(super) async fn read_sites(&self, log: &CallLog) -> Answer<Vec<WmsSite>> {
        let fetched = self.get_data(template::SITES, 1, 0, None, log).await?;
        fetched.expect_all()?;
        let mut cols = Cols::new(&self.names, &fetched);
        let reference = cols.need("Reference", &[]);
        let name = cols.need("Name", &[]);
        cols.finish()?;
        let mut sites = Vec::new();
        for row in fetched.rows() {
            let (reference, is_active) = row.live_key(reference)?;
            if !is_active || reference == SYSTEM_SITE {
                continue;
            }
            sites.push(WmsSite {
                reference: SiteRef(reference),
                name: row.text(name),
            });
        }
        Ok(sites)
    }
}
