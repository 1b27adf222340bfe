//! SaveData for sales orders and their lines: two saves, upsert, cancel.

use super::columns::{List, SALES_ORDERS, position};
use super::save::{Action, Cells, RowResult, boolean, date, minor};
use super::state::{PvxLine, PvxOrder, PvxStatus};
use super::tables::SYSTEM_SITE;
use crate::sandbox::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ORDERS: List = List::SalesOrders;
const LINES: List = List::SalesOrderItems;

impl World {
    pub(super) fn pvx_check_order(&self, row: &Cells) -> Result<(), String> {
        let line = row.line;
        let number = row.text(ORDERS, "SalesOrderNumber");
        let service = row.text(ORDERS, "ServiceType");
        if !service.is_empty() && self.pvx.service(service).is_none() {
            return Err(format!("Line {line} : Service type '{service}' not found"));
        }
        let site = row.text(ORDERS, "Site");
        if !site.is_empty() && (site == SYSTEM_SITE || self.pvx.site(site).is_none()) {
            return Err(format!("Line {line} : Site '{site}' not found"));
        }
        let customer = row.text(ORDERS, "Customer");
        let is_known =
            |c: &super::state::PvxCustomer| c.name == customer || c.reference == customer;
        if !customer.is_empty() && !self.pvx.customers.iter().any(is_known) {
            return Err(format!("Line {line} : Customer '{customer}' not found"));
        }
        let Some(order) = self.pvx.order(number) else {
            return Ok(());
        };
        let cancels = row.text(ORDERS, "Status") == "Cancelled";
        let is_tracking_only = row.values.keys().all(|c| {
            matches!(
                SALES_ORDERS[*c].name,
                "SalesOrderNumber" | "DespatchTrackingNumber" | "CarrierName"
            )
        });
        match order.status {
            PvxStatus::Cancelled if cancels => Ok(()),
            PvxStatus::Despatched if is_tracking_only => Ok(()),
            status if cancels && !status.is_before_picking() => {
                if self.config.pvx.late_cancel_succeeds && status != PvxStatus::Despatched {
                    Ok(())
                } else {
                    Err(format!(
                        "Line {line} : Sales order '{number}' cannot be cancelled"
                    ))
                }
            }
            status if status.is_closed() => Err(format!(
                "Line {line} : Sales order '{number}' is {}",
                status.name().to_lowercase()
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn pvx_save_orders(&mut self, rows: &[Cells], action: Action) -> Vec<RowResult> {
        let mut results = Vec::with_capacity(rows.len());
        for row in rows {
            let number = row.text(ORDERS, "SalesOrderNumber").to_owned();
            let mut outcome = self.pvx_check(ORDERS, row, action);
            if action == Action::Delete {
                outcome = Err(format!(
                    "Line {} : Sales orders cannot be deleted",
                    row.line
                ));
            }
            if outcome.is_ok() {
                self.pvx_write_order(&number, row, action);
            }
            results.push((number, outcome));
        }
        results
    }

    fn pvx_write_order(&mut self, number: &str, row: &Cells, action: Action) {
        let (ix, is_new) = match self.pvx.order_by_number.get(number) {
            Some(ix) => (*ix, false),
            None => (self.pvx_open_order(number), true),
        };
        if is_new && action == Action::DoNotAllocate {
            self.pvx.orders[ix].may_allocate = false;
        }
        let status = self.pvx.orders[ix].status;
        let was_on_hold = self.pvx.orders[ix].is_on_hold;
        let changed = self.pvx_apply_header(ix, row);
        let cancels = row.text(ORDERS, "Status") == "Cancelled";
        let cancelled = cancels && status.is_before_picking();
        if cancelled {
            self.pvx_cancel(ix);
        }
        let order = &self.pvx.orders[ix];
        let detail = json!({
            "created": is_new,
            "status": status.name(),
            "status_after": order.status.name(),
            "cancel": cancels,
            "cancelled": cancelled,
            "on_hold": was_on_hold,
            "changed": changed,
            "site": self.pvx.sites[order.site].reference,
            "service": order.service,
            "channel": order.channel,
        });
        let key = order.po_reference.clone();
        self.pvx_note(
            "SaveData Sales orders",
            number.to_owned(),
            key,
            detail,
            false,
        );
    }

    /// Makes an empty order.
    pub(crate) fn pvx_open_order(&mut self, number: &str) -> usize {
        let ix = self.pvx.orders.len();
        self.pvx.orders.push(PvxOrder {
            number: number.to_owned(),
            po_reference: String::new(),
            status: PvxStatus::New,
            status_at: self.now,
            status_before: PvxStatus::New,
            odd_status: None,
            is_on_hold: false,
            is_partial: false,
            site: 0,
            service: String::new(),
            channel: String::new(),
            created_at: self.now,
            created_date: None,
            requested: None,
            tracking: String::new(),
            texts: BTreeMap::new(),
            lines: Vec::new(),
            despatches: Vec::new(),
            may_allocate: true,
            floor_plan: 0,
            is_on_floor: false,
        });
        self.pvx.order_by_number.insert(number.to_owned(), ix);
        self.pvx.open.insert(ix);
        self.plan_order_oddities(ix);
        ix
    }

    /// Writes the sent header columns; answers which changed, with the values before and after.
    fn pvx_apply_header(&mut self, ix: usize, row: &Cells) -> Value {
        let empty_clears = self.config.pvx.empty_clears_text;
        let mut changed = serde_json::Map::new();
        for (at, value) in &row.values {
            let name = SALES_ORDERS[*at].name;
            let before = self.pvx_header_text(ix, *at);
            if name == "Site" {
                self.pvx_move_to_site(ix, value);
            } else {
                let order = &mut self.pvx.orders[ix];
                apply_cell(order, *at, name, value, empty_clears);
            }
            let after = self.pvx_header_text(ix, *at);
            if before != after {
                changed.insert(name.to_owned(), json!([before, after]));
            }
        }
        Value::Object(changed)
    }

    fn pvx_header_text(&self, ix: usize, column: usize) -> String {
        use super::clause::Value as Cell;
        match self.pvx_cell(ORDERS, super::tables::Row::Order(ix), column) {
            Cell::Text(text) | Cell::Status(_, text) => text,
            Cell::Int(n) => n.to_string(),
            Cell::Money(n) => crate::text::money(n),
            Cell::Bool(b) => b.to_string(),
            Cell::Date(at) => at.to_string(),
            Cell::NoDate => String::new(),
        }
    }

    fn pvx_move_to_site(&mut self, ix: usize, reference: &str) {
        let Some(site) = self.pvx.site(reference) else {
            return;
        };
        if self.pvx.orders[ix].site != site && self.pvx.orders[ix].status.is_before_picking() {
            self.pvx_release(ix);
            self.pvx.orders[ix].site = site;
            self.pvx_allocate(ix);
        }
    }

    pub(super) fn pvx_check_line(&self, row: &Cells) -> Result<(), String> {
        let line = row.line;
        let number = row.text(LINES, "SalesOrderNumber");
        let Some(order) = self.pvx.order(number) else {
            return Err(format!("Line {line} : Sales order '{number}' not found"));
        };
        let code = row.text(LINES, "ItemCode");
        let item = self.pvx.item_by_code.get(code).copied();
        match item {
            None => return Err(format!("Line {line} : Item type '{code}' not found")),
            Some(ix) if self.pvx.items[ix].is_deleted => {
                return Err(format!("Line {line} : Item type '{code}' not found"));
            }
            Some(_) => {}
        }
        if !order.status.is_before_picking() {
            return Err(format!(
                "Line {line} : Sales order '{number}' is {}",
                order.status.name().to_lowercase()
            ));
        }
        match row
            .get(LINES, "QuantityOrdered")
            .map(|q| q.trim().parse::<i64>())
        {
            Some(Ok(quantity)) if quantity >= 0 => Ok(()),
            Some(Ok(_)) => Err(format!(
                "Line {line} : QuantityOrdered has an invalid value"
            )),
            _ if line_position(order, row, item).is_some() => Ok(()),
            _ => Err(format!("Line {line} : QuantityOrdered is required")),
        }
    }

    pub(super) fn pvx_save_lines(&mut self, rows: &[Cells], action: Action) -> Vec<RowResult> {
        let mut results = Vec::with_capacity(rows.len());
        let mut written: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
        for row in rows {
            let number = row.text(LINES, "SalesOrderNumber").to_owned();
            let outcome = self.pvx_check(LINES, row, action);
            if outcome.is_ok()
                && let Some(ix) = self.pvx.order_by_number.get(&number).copied()
            {
                let note = self.pvx_write_line(ix, row, action);
                written.entry(ix).or_default().push(note);
            }
            results.push((number, outcome));
        }
        for (ix, lines) in written {
            let order = &self.pvx.orders[ix];
            let detail = json!({
                "status": order.status.name(),
                "on_hold": order.is_on_hold,
                "action": if action == Action::Delete { "delete" } else { "save" },
                "lines": lines,
            });
            let (number, key) = (order.number.clone(), order.po_reference.clone());
            self.pvx_note("SaveData Sales order items", number, key, detail, false);
            if action == Action::DoNotAllocate {
                self.pvx.orders[ix].may_allocate = false;
            }
            self.pvx_allocate(ix);
        }
        results
    }

    fn pvx_write_line(&mut self, ix: usize, row: &Cells, action: Action) -> Value {
        let code = row.text(LINES, "ItemCode");
        let item = self.pvx.item_by_code.get(code).copied().unwrap_or_default();
        let position = line_position(&self.pvx.orders[ix], row, Some(item));
        let quantity: Option<i64> = row
            .get(LINES, "QuantityOrdered")
            .and_then(|q| q.trim().parse().ok());
        let before = position.map(|p| {
            let line = &self.pvx.orders[ix].lines[p];
            json!({"item": self.pvx.items[line.item].code, "qty": line.ordered})
        });
        let note = json!({
            "line": row.text(LINES, "Line"), "item": code, "qty": quantity, "before": before,
        });
        if let Some(p) = position {
            self.pvx_release_line(ix, p);
        }
        if action == Action::Delete || quantity == Some(0) {
            if let Some(p) = position {
                self.pvx.orders[ix].lines.remove(p);
            }
            return note;
        }
        let now = self.now;
        let order = &mut self.pvx.orders[ix];
        let p = position.unwrap_or_else(|| {
            order.lines.push(PvxLine {
                item,
                line: row.text(LINES, "Line").to_owned(),
                sequence: i64::try_from(order.lines.len()).unwrap_or(0) + 1,
                ordered: 0,
                allocated: 0,
                picked: 0,
                despatched: 0,
                price_minor: 0,
                requested: None,
                created_at: now,
            });
            order.lines.len() - 1
        });
        let line = &mut order.lines[p];
        line.item = item;
        line.ordered = quantity.unwrap_or(line.ordered);
        if let Some(price) = row.get(LINES, "SalePrice").and_then(minor) {
            line.price_minor = price;
        }
        if let Some(at) = row.get(LINES, "RequestedDeliveryDate").and_then(date) {
            line.requested = Some(at);
        }
        if let Some(n) = row
            .get(LINES, "Sequence")
            .and_then(|n| n.trim().parse().ok())
        {
            line.sequence = n;
        }
        note
    }
}

/// Which line of an order a row means: by `Line` when it is sent, else by item.
fn line_position(order: &PvxOrder, row: &Cells, item: Option<usize>) -> Option<usize> {
    let reference = row.text(LINES, "Line");
    order.lines.iter().position(|line| {
        if reference.is_empty() {
            line.line.is_empty() && Some(line.item) == item
        } else {
            line.line == reference
        }
    })
}

fn apply_cell(order: &mut PvxOrder, at: usize, name: &str, value: &str, empty_clears: bool) {
    if value.is_empty() {
        let is_text = matches!(SALES_ORDERS[at].kind, super::columns::Kind::Text(_));
        if !is_text || !empty_clears {
            return;
        }
    }
    match name {
        "SalesOrderNumber" | "Status" => {}
        "CustomerPurchaseOrderReferenceNumber" => order.po_reference = value.to_owned(),
        "IsPartialShipment" => order.is_partial = boolean(value).unwrap_or(order.is_partial),
        "OnHold" => order.is_on_hold = boolean(value).unwrap_or(order.is_on_hold),
        "RequestedDeliveryDate" => order.requested = date(value).or(order.requested),
        "CreatedDate" => order.created_date = date(value).or(order.created_date),
        "ServiceType" => order.service = value.to_owned(),
        "ChannelName" => order.channel = value.to_owned(),
        "DespatchTrackingNumber" => order.tracking = value.to_owned(),
        _ => {
            order.texts.insert(at, value.to_owned());
        }
    }
}

/// Sets a header column of an order by name; for people keying orders into the warehouse.
pub(crate) fn set_header(order: &mut PvxOrder, name: &str, value: &str) {
    if let Some(at) = position(ORDERS, name) {
        apply_cell(order, at, name, value, true);
    }
}
