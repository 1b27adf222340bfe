//! Expected returns and what becomes of them. Return authorisations and their items exist as objects of the integration
//! service and are tied to a sales order; their columns are not documented and assumed here, with aliases for a
//! tenant's own names.

use super::Peoplevox;
use super::clause::Clause;
use super::dates::YearHint;
use super::names::{self, RETURN_CHARS_MAX, report, template};
use super::read::{Ask, Asked, NUMBER_SPELLINGS, not_before, refused};
use super::rows::{Cols, Row};
use super::save::worst_by_key;
use super::write::{Draft, item_code_fault};
use crate::domain::ids::{ItemCode, ReturnRef, WmsOrderNo};
use crate::domain::returns::ReturnIntent;
use crate::domain::time::Ts;
use crate::domain::wms::{WmsReturn, WmsReturnItem, WmsReturnLine};
use crate::vendors::{Answer, CallLog, PAGE_ROWS, Page, RowOutcome};

fn reference_fault(reference: &ReturnRef) -> Option<String> {
    let text = reference.as_str();
    let chars = text.chars().count();
    if chars == 0 || chars > RETURN_CHARS_MAX {
        return Some(format!(
            "a return number has 1 to {RETURN_CHARS_MAX} characters, {text:?} has {chars}"
        ));
    }
    (text.trim() != text).then(|| format!("the return number {text:?} begins or ends with a blank"))
}

fn header_draft(held: &ReturnIntent) -> Draft {
    let cells = vec![
        ("RMANumber", held.reference.0.clone()),
        ("SalesOrderNumber", held.wms_number.0.clone()),
        ("CustomerName", held.customer.clone()),
        ("Comment", held.comment.clone()),
        ("Site", held.site.clone()),
    ];
    Draft::new(held.reference.as_str(), cells).with_fault(reference_fault(&held.reference))
}

fn line_drafts(held: &ReturnIntent) -> Vec<Draft> {
    let none = || Draft::new(held.reference.as_str(), Vec::new());
    if held.lines.is_empty() {
        return vec![none().with_fault(Some("the return has no lines".to_owned()))];
    }
    let draft = |line: &crate::domain::returns::ReturnIntentLine| {
        let cells = vec![
            ("RMANumber", held.reference.0.clone()),
            ("Line", line.line_ref.clone()),
            ("ItemCode", line.item.0.clone()),
            ("Quantity", line.qty_each.to_string()),
            ("Reason", line.reason.clone()),
        ];
        let fault = if line.qty_each < 1 {
            Some(format!("line {:?} returns nothing", line.line_ref))
        } else {
            item_code_fault(&line.item)
        };
        Draft::new(held.reference.as_str(), cells).with_fault(fault)
    };
    held.lines.iter().map(draft).collect()
}

impl Peoplevox {
    pub(super) async fn write_returns(
        &self,
        returns: &[ReturnIntent],
        log: &CallLog,
    ) -> Answer<Vec<RowOutcome>> {
        let drafts = returns.iter().map(header_draft).collect();
        self.save_each(template::RETURNS, drafts, log).await
    }

    /// Lines of several returns in one call; a return with one line that cannot be sent is not sent at all.
    pub(super) async fn write_return_items(
        &self,
        returns: &[ReturnIntent],
        log: &CallLog,
    ) -> Answer<Vec<RowOutcome>> {
        let mut drafts: Vec<Draft> = Vec::new();
        for held in returns {
            let rows = line_drafts(held);
            let fault = rows.iter().find_map(|r| r.fault.clone());
            drafts.extend(rows.into_iter().map(|r| r.with_fault(fault.clone())));
        }
        let results = self.save(template::RETURN_ITEMS, &drafts, log).await?;
        let keys: Vec<&str> = drafts.iter().map(|d| d.key.as_str()).collect();
        Ok(worst_by_key(&keys, results))
    }

    fn in_references(&self, name: &'static str, references: &[ReturnRef]) -> Answer<Clause> {
        self.names
            .template_column(name, "RMANumber")
            .and_then(|c| Clause::any_of(&c, references.iter().map(ReturnRef::as_str)))
            .map_err(|e| refused(name, &e))
    }

    pub(super) async fn read_returns(
        &self,
        references: &[ReturnRef],
        log: &CallLog,
    ) -> Answer<Vec<WmsReturn>> {
        if references.is_empty() {
            return Ok(Vec::new());
        }
        let clause = self.in_references(template::RETURNS, references)?;
        let fetched = self
            .get_data(template::RETURNS, 1, 0, Some(&clause), log)
            .await?;
        fetched.expect_all()?;
        let mut cols = Cols::new(&self.names, &fetched);
        let reference = cols.need("RMANumber", &[]);
        let number = cols.need("SalesOrderNumber", &[]);
        let status = cols.maybe("Status", &[]);
        cols.finish()?;
        let asked = Asked::new(references.iter().map(ReturnRef::as_str));
        let read = |row: Row<'_>| -> Answer<WmsReturn> {
            let key = row.key(reference)?;
            asked.check(&fetched, &key)?;
            Ok(WmsReturn {
                reference: ReturnRef(key),
                number: WmsOrderNo(row.text(number)),
                status_text: row.text(status),
            })
        };
        fetched.rows().map(read).collect()
    }

    pub(super) async fn read_return_items(
        &self,
        references: &[ReturnRef],
        log: &CallLog,
    ) -> Answer<Vec<WmsReturnItem>> {
        if references.is_empty() {
            return Ok(Vec::new());
        }
        let clause = self.in_references(template::RETURN_ITEMS, references)?;
        let fetched = self
            .get_data(template::RETURN_ITEMS, 1, 0, Some(&clause), log)
            .await?;
        fetched.expect_all()?;
        let mut cols = Cols::new(&self.names, &fetched);
        let reference = cols.need("RMANumber", &[]);
        let line = cols.need("Line", &[]);
        let item = cols.need("ItemCode", &[]);
        let qty = cols.need("Quantity", &[]);
        cols.finish()?;
        let asked = Asked::new(references.iter().map(ReturnRef::as_str));
        let read = |row: Row<'_>| -> Answer<WmsReturnItem> {
            let key = row.key(reference)?;
            asked.check(&fetched, &key)?;
            Ok(WmsReturnItem {
                reference: ReturnRef(key),
                line_ref: row.text(line),
                item: ItemCode(row.live_key(item)?.0),
                qty_each: row.quantity(qty)?,
            })
        };
        fetched.rows().map(read).collect()
    }

    pub(super) async fn read_return_progress(
        &self,
        since: Ts,
        page: u32,
        log: &CallLog,
    ) -> Answer<Page<WmsReturnLine>> {
        let name = report::RETURNS;
        let page = page.max(1);
        let ask = Ask {
            name,
            page,
            clause: Some(self.since(name, "Return date", since)?),
            order_by: "Return date",
            columns: names::RETURN_COLUMNS,
        };
        let fetched = self.get_report(ask, log).await?;
        let mut cols = Cols::new(&self.names, &fetched);
        let reference = cols.need("RMA number", &["RMANumber"]);
        let line = cols.maybe("RMA item line number", &["Line"]);
        let number = cols.need("Sales order number", NUMBER_SPELLINGS);
        let code = cols.need("Return code", &[]);
        let date = cols.need("Return date", &[]);
        let item = cols.need("Item code", &["Item"]);
        let qty = cols.need("Quantity", &[]);
        let fit = cols.need("Is reusable", &["Is Reusable"]);
        let condition = cols.maybe("Return condition", &[]);
        let status = cols.need("Return status", &["RMA status"]);
        cols.finish()?;
        let read = |row: Row<'_>| -> Answer<WmsReturnLine> {
            let code = row.key(code)?;
            let returned_at = row.date(date, YearHint::NotBefore(since))?;
            not_before(&fetched, since, returned_at, &code)?;
            let is_known = !row.text(fit).trim().is_empty();
            Ok(WmsReturnLine {
                reference: ReturnRef(row.text(reference).trim().to_owned()),
                number: WmsOrderNo(row.text(number).trim().to_owned()),
                line_ref: row.text(line),
                item: ItemCode(row.live_key(item)?.0),
                qty_each: row.quantity(qty)?,
                is_reusable: if is_known { Some(row.flag(fit)?) } else { None },
                status_text: row.text(status),
                condition: row.text(condition),
                returned_at,
                code,
            })
        };
        let rows = fetched.rows().map(read).collect::<Answer<Vec<_>>>()?;
        fetched.page(rows, page, PAGE_ROWS)
    }
}
