//! SaveData: reading the sheet, checking rows one by one, item types and customers. Orders are in `save_orders`.

use super::columns::{Kind, List, position};
use super::csvio::{self, Sheet};
use super::soap::{IntegrationResponse, RowStatus};
use super::state::{PvxCustomer, PvxItem, Shelf};
use crate::domain::time::Ts;
use crate::sandbox::config::{PartialPolicy, SimSystem};
use crate::sandbox::ledger::Entry;
use crate::sandbox::world::World;
use chrono::{NaiveDate, NaiveDateTime};
use serde_json::json;
use std::collections::BTreeMap;

/// Largest import that is read, bytes.
const CSV_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What a save does beside writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Normal,
    DoNotAllocate,
    Delete,
}

impl Action {
    /// From the wire number; unknown numbers behave as 0.
    pub fn from_code(code: i64) -> Self {
        match code {
            1 => Self::DoNotAllocate,
            2 => Self::Delete,
            _ => Self::Normal,
        }
    }
}

/// One row of a sheet: cells by position of the template's column.
#[derive(Debug, Clone, Default)]
pub struct Cells {
    /// 1-based number of the data row.
    pub line: usize,
    pub values: BTreeMap<usize, String>,
}

impl Cells {
    /// A cell by our column name; `None` when the column was not sent.
    pub fn get(&self, list: List, name: &str) -> Option<&str> {
        position(list, name)
            .and_then(|c| self.values.get(&c))
            .map(String::as_str)
    }

    /// As [`Cells::get`], empty when not sent.
    pub fn text(&self, list: List, name: &str) -> &str {
        self.get(list, name).unwrap_or("")
    }
}

/// Outcome of one row: its reference, and the complaint when it failed.
pub type RowResult = (String, Result<(), String>);

/// Reads `12.5` as 1250. `None` when it is not a decimal.
pub fn minor(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    (value.is_finite() && value.abs() < 1e12).then(|| (value * 100.0).round() as i64)
}

/// Reads an import date, `yyyy-MM-dd HH:mm:ss` or `yyyy-MM-dd`.
pub fn date(text: &str) -> Option<Ts> {
    let text = text.trim();
    let parsed = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"))
        .or_else(|_| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .map(|d| d.and_hms_opt(0, 0, 0).unwrap_or_default())
        });
    parsed.ok().map(|t| Ts::from_utc(t.and_utc()))
}

/// Reads a boolean; `None` when it is neither.
pub fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

impl World {
    /// SaveData as a whole.
    pub(crate) fn pvx_save(
        &mut self,
        template: &str,
        csv_text: &str,
        action: Action,
    ) -> IntegrationResponse {
        let list = match self.pvx_template(template) {
            Ok(list) if list.is_writable() => list,
            Ok(_) => {
                return IntegrationResponse::failed(format!(
                    "System : Integration - Template '{template}' cannot be imported"
                ));
            }
            Err(answer) => return answer,
        };
        if csv_text.len() > CSV_BYTES_MAX {
            return IntegrationResponse::failed("System : Integration - The import is too large");
        }
        let sheet = match csvio::read(csv_text) {
            Ok(sheet) => sheet,
            Err(reason) => {
                return IntegrationResponse::failed(format!("System : Integration - {reason}"));
            }
        };
        let columns = match self.pvx_header(list, &sheet) {
            Ok(columns) => columns,
            Err(answer) => return answer,
        };
        let mut rows = cells_of(&sheet, &columns);
        let dropped = self.faults.dropped_row(list, rows.len());
        let policy = self.config.pvx.partial;
        if policy == PartialPolicy::AllOrNothing {
            let complaints: Vec<String> = rows
                .iter()
                .filter_map(|row| self.pvx_check(list, row, action).err())
                .collect();
            if !complaints.is_empty() {
                return refused_whole(&rows, list, &complaints);
            }
        }
        let kept = dropped.map(|at| rows.remove(at));
        let mut results = match list {
            List::SalesOrders => self.pvx_save_orders(&rows, action),
            List::SalesOrderItems => self.pvx_save_lines(&rows, action),
            List::ItemTypes => self.pvx_save_items(&rows, action),
            List::Returns => self.pvx_save_returns(&rows, action),
            List::ReturnItems => self.pvx_save_return_items(&rows, action),
            _ => self.pvx_save_customers(&rows, action),
        };
        if let (Some(at), Some(row)) = (dropped, kept) {
            results.insert(
                at,
                (row.text(list, list.columns()[0].name).to_owned(), Ok(())),
            );
        }
        answer_of(results, policy)
    }

    /// A template by name, configured on this tenant.
    pub(crate) fn pvx_template(&self, name: &str) -> Result<List, IntegrationResponse> {
        let is_configured = !self.config.pvx.unconfigured.iter().any(|t| t == name);
        List::template(name)
            .filter(|_| is_configured)
            .ok_or_else(|| IntegrationResponse {
                total_count: -1,
                ..IntegrationResponse::failed(format!(
                    "System : Integration - Template '{name}' is not configured"
                ))
            })
    }

    /// What the tenant calls a column.
    pub(crate) fn pvx_alias<'a>(&'a self, list: List, name: &'a str) -> &'a str {
        self.config
            .pvx
            .aliases
            .iter()
            .find(|(l, ours, _)| l == list.name() && ours == name)
            .map_or(name, |(_, _, theirs)| theirs.as_str())
    }

    /// Position of a column by the tenant's name for it, ignoring case.
    pub(crate) fn pvx_column(&self, list: List, shown: &str) -> Option<usize> {
        let shown = shown.trim();
        list.columns()
            .iter()
            .position(|c| self.pvx_alias(list, c.name).eq_ignore_ascii_case(shown))
    }

    fn pvx_header(&self, list: List, sheet: &Sheet) -> Result<Vec<usize>, IntegrationResponse> {
        sheet
            .header
            .iter()
            .map(|name| {
                self.pvx_column(list, name).ok_or_else(|| {
                    IntegrationResponse::failed(format!(
                        "System : Integration - Column '{name}' does not exist in template '{}'",
                        list.name()
                    ))
                })
            })
            .collect()
    }

    /// Checks of a row that do not depend on the rows before it.
    pub(crate) fn pvx_check(&self, list: List, row: &Cells, action: Action) -> Result<(), String> {
        let line = row.line;
        let key = list.columns()[0].name;
        if list != List::Customers && row.text(list, key).trim().is_empty() {
            return Err(format!("Line {line} : {key} is required"));
        }
        for (at, value) in &row.values {
            let column = &list.columns()[*at];
            if value.is_empty() {
                continue;
            }
            let is_good = match column.kind {
                Kind::Text(length) => value.chars().count() <= length,
                Kind::Int => value.trim().parse::<i64>().is_ok(),
                Kind::Money => minor(value).is_some(),
                Kind::Date => date(value).is_some(),
                Kind::Bool => boolean(value).is_some(),
            };
            if !is_good {
                return Err(match column.kind {
                    Kind::Text(length) => format!(
                        "Line {line} : {} is longer than {length} characters",
                        column.name
                    ),
                    _ => format!("Line {line} : {} has an invalid value", column.name),
                });
            }
        }
        match list {
            List::SalesOrders => self.pvx_check_order(row),
            List::SalesOrderItems => self.pvx_check_line(row),
            List::ItemTypes => self.pvx_check_item(row, action),
            List::Returns => self.pvx_check_return(row),
            List::ReturnItems => self.pvx_check_return_item(row),
            _ => Ok(()),
        }
    }

    fn pvx_check_item(&self, row: &Cells, action: Action) -> Result<(), String> {
        let line = row.line;
        let code = row.text(List::ItemTypes, "ItemCode");
        if code != code.trim() || code.contains("~D~") {
            return Err(format!("Line {line} : Item code '{code}' is not allowed"));
        }
        let known = self.pvx.item_by_code.get(code).copied();
        if action == Action::Delete {
            return match known {
                Some(_) => Ok(()),
                None => Err(format!("Line {line} : Item type '{code}' not found")),
            };
        }
        let barcode = row.text(List::ItemTypes, "Barcode");
        if known.is_none() && barcode.trim().is_empty() {
            return Err(format!("Line {line} : Barcode is required"));
        }
        if let Some(holder) = self.pvx.item_by_barcode.get(barcode)
            && known != Some(*holder)
            && !barcode.is_empty()
        {
            return Err(format!(
                "Line {line} : Barcode '{barcode}' is already in use"
            ));
        }
        Ok(())
    }

    fn pvx_save_items(&mut self, rows: &[Cells], action: Action) -> Vec<RowResult> {
        let mut results = Vec::with_capacity(rows.len());
        for row in rows {
            let code = row.text(List::ItemTypes, "ItemCode").to_owned();
            let outcome = self.pvx_check(List::ItemTypes, row, action);
            if outcome.is_ok() {
                if action == Action::Delete {
                    self.pvx_deactivate_item(&code, false);
                } else {
                    self.pvx_write_item(&code, row);
                }
            }
            results.push((code, outcome));
        }
        results
    }

    fn pvx_write_item(&mut self, code: &str, row: &Cells) {
        let list = List::ItemTypes;
        let is_new = !self.pvx.item_by_code.contains_key(code);
        let ix = match self.pvx.item_by_code.get(code) {
            Some(ix) => *ix,
            None => self.pvx_add_item(PvxItem {
                code: code.to_owned(),
                name: String::new(),
                barcode: String::new(),
                group: String::new(),
                is_deleted: false,
                texts: BTreeMap::new(),
                retail_minor: 0,
                weight_grams: 0,
            }),
        };
        let old_barcode = self.pvx.items[ix].barcode.clone();
        let item = &mut self.pvx.items[ix];
        for (at, value) in &row.values {
            match list.columns()[*at].name {
                "ItemCode" | "OnHand" => {}
                "Name" => item.name.clone_from(value),
                "Barcode" if !value.is_empty() => item.barcode.clone_from(value),
                "ItemGroup" => item.group.clone_from(value),
                "RetailPrice" => item.retail_minor = minor(value).unwrap_or(item.retail_minor),
                "Weight" => item.weight_grams = minor(value).map_or(item.weight_grams, |m| m * 10),
                _ => {
                    item.texts.insert(*at, value.clone());
                }
            }
        }
        let barcode = item.barcode.clone();
        if old_barcode != barcode {
            self.pvx.item_by_barcode.remove(&old_barcode);
            self.pvx.item_by_barcode.insert(barcode.clone(), ix);
        }
        let detail = json!({"created": is_new, "columns": row.values.len(), "barcode": barcode});
        self.pvx_note(
            "SaveData Item types",
            code.to_owned(),
            barcode,
            detail,
            false,
        );
    }

    /// Adds an item without stock.
    pub(crate) fn pvx_add_item(&mut self, item: PvxItem) -> usize {
        let ix = self.pvx.items.len();
        self.pvx.item_by_code.insert(item.code.clone(), ix);
        if !item.barcode.is_empty() {
            self.pvx.item_by_barcode.insert(item.barcode.clone(), ix);
        }
        self.pvx.items.push(item);
        self.pvx
            .stock
            .push(vec![Shelf::default(); self.pvx.sites.len()]);
        ix
    }

    /// Deactivates an item: it stays visible with `~D~` before its code.
    pub(crate) fn pvx_deactivate_item(&mut self, code: &str, by_world: bool) {
        let Some(ix) = self.pvx.item_by_code.remove(code) else {
            return;
        };
        let item = &mut self.pvx.items[ix];
        item.is_deleted = true;
        item.code = format!("~D~{code}");
        let shown = item.code.clone();
        let barcode = item.barcode.clone();
        self.pvx.item_by_barcode.remove(&barcode);
        self.pvx.item_by_code.insert(shown, ix);
        self.pvx_note(
            "Item deactivated",
            code.to_owned(),
            String::new(),
            json!({}),
            by_world,
        );
    }

    fn pvx_save_customers(&mut self, rows: &[Cells], action: Action) -> Vec<RowResult> {
        let list = List::Customers;
        let mut results = Vec::with_capacity(rows.len());
        for row in rows {
            let reference = row.text(list, "Reference").to_owned();
            if reference.is_empty() {
                let line = row.line;
                results.push((
                    reference,
                    Err(format!("Line {line} : Reference is required")),
                ));
                continue;
            }
            let outcome = self.pvx_check(list, row, action);
            if outcome.is_ok() {
                self.pvx_write_customer(&reference, row, action);
            }
            results.push((reference, outcome));
        }
        results
    }

    fn pvx_write_customer(&mut self, reference: &str, row: &Cells, action: Action) {
        let list = List::Customers;
        let found = self
            .pvx
            .customers
            .iter()
            .position(|c| c.reference == reference);
        if action == Action::Delete {
            if let Some(ix) = found {
                self.pvx.customers.remove(ix);
            }
        } else {
            let ix = found.unwrap_or_else(|| {
                self.pvx.customers.push(PvxCustomer {
                    reference: reference.to_owned(),
                    ..PvxCustomer::default()
                });
                self.pvx.customers.len() - 1
            });
            let customer = &mut self.pvx.customers[ix];
            for (at, value) in &row.values {
                match list.columns()[*at].name {
                    "Name" => customer.name.clone_from(value),
                    "Reference" => {}
                    _ => {
                        customer.texts.insert(*at, value.clone());
                    }
                }
            }
        }
        let detail = json!({"deleted": action == Action::Delete});
        self.pvx_note(
            "SaveData Customers",
            reference.to_owned(),
            String::new(),
            detail,
            false,
        );
    }

    /// Appends a Peoplevox effect.
    pub(crate) fn pvx_note(
        &mut self,
        op: &'static str,
        object: String,
        key: String,
        detail: serde_json::Value,
        by_world: bool,
    ) {
        let entry = Entry {
            system: SimSystem::Peoplevox,
            op,
            object,
            key,
            detail,
            caused_by_world: by_world,
        };
        self.ledger.append(self.now, entry);
    }
}

fn cells_of(sheet: &Sheet, columns: &[usize]) -> Vec<Cells> {
    sheet
        .rows
        .iter()
        .map(|(line, cells)| Cells {
            line: *line,
            values: columns
                .iter()
                .zip(cells)
                .map(|(column, cell)| (*column, cell.clone()))
                .collect(),
        })
        .collect()
}

fn refused_whole(rows: &[Cells], list: List, complaints: &[String]) -> IntegrationResponse {
    IntegrationResponse {
        response_id: -1,
        total_count: 0,
        detail: complaints.join("\n"),
        statuses: rows
            .iter()
            .map(|row| RowStatus {
                reference: row.text(list, list.columns()[0].name).to_owned(),
                is_ok: false,
            })
            .collect(),
    }
}

fn answer_of(results: Vec<RowResult>, policy: PartialPolicy) -> IntegrationResponse {
    let complaints: Vec<String> = results
        .iter()
        .filter_map(|(_, r)| r.as_ref().err().cloned())
        .collect();
    let saved = results.len() - complaints.len();
    let fails = !complaints.is_empty() && policy != PartialPolicy::RowsOnly;
    IntegrationResponse {
        response_id: if fails { -1 } else { 0 },
        total_count: i64::try_from(saved).unwrap_or(i64::MAX),
        detail: complaints.join("\n"),
        statuses: results
            .into_iter()
            .map(|(reference, outcome)| RowStatus {
                reference,
                is_ok: outcome.is_ok(),
            })
            .collect(),
    }
}
