//! Reading: which rows a list has (by index where the clause allows it) and what stands in each cell.

use super::clause::{Clause, Value};
use super::columns::{Column, Kind, List, position};
use super::state::{PvxOrder, PvxStatus};
use crate::domain::time::Ts;
use crate::sandbox::world::World;

/// A row of a list, by reference into the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Order(usize),
    Line(usize, usize),
    Item(usize),
    Site(usize),
    Carrier(usize),
    Service(usize),
    Customer(usize),
    Shelf(usize, usize),
    Change(usize),
    Movement(usize),
    Despatch(usize),
    DespatchLine(usize, usize),
    Return(usize),
    ReturnLine(usize, usize),
    Receipt(usize),
}

/// The internal site every tenant shows in its Sites template.
pub const SYSTEM_SITE: &str = "SystemSite";

impl World {
    /// Rows of a list that may match the clause; the caller still tests each.
    pub(crate) fn pvx_candidates(&self, list: List, clause: &Clause) -> Vec<Row> {
        match list {
            List::SalesOrders | List::OrdersByStatus | List::OrderSummary => self
                .pvx_order_candidates(list, clause)
                .into_iter()
                .map(Row::Order)
                .collect(),
            List::SalesOrderItems => self.pvx_line_candidates(clause),
            List::ItemTypes => self
                .pvx_item_candidates(list, clause)
                .into_iter()
                .map(Row::Item)
                .collect(),
            List::Sites => (0..=self.pvx.sites.len()).map(Row::Site).collect(),
            List::Carriers => (0..self.pvx.carriers.len()).map(Row::Carrier).collect(),
            List::ServiceTypes => (0..self.pvx.services.len()).map(Row::Service).collect(),
            List::Customers => (0..self.pvx.customers.len()).map(Row::Customer).collect(),
            List::Despatches => self
                .pvx_despatches_from(clause.earliest(position_of(list, "DespatchDate")))
                .map(Row::Despatch)
                .collect(),
            List::InventorySummary => {
                let sites = self.pvx.sites.len();
                self.pvx_item_candidates(list, clause)
                    .into_iter()
                    .filter(|item| !self.pvx.items[*item].is_deleted)
                    .flat_map(|item| (0..sites).map(move |site| Row::Shelf(item, site)))
                    .collect()
            }
            List::InventoryAllSites => self
                .pvx_item_candidates(list, clause)
                .into_iter()
                .filter(|item| !self.pvx.items[*item].is_deleted)
                .map(Row::Item)
                .collect(),
            List::Returns | List::ReturnItems | List::ReturnsByLine => {
                self.pvx_return_candidates(list, clause)
            }
            List::Changes => {
                let since = clause.earliest(position_of(list, "Timestamp"));
                let from = since.map_or(0, |at| self.pvx.changes.partition_point(|c| c.at < at));
                (from..self.pvx.changes.len()).map(Row::Change).collect()
            }
            List::Movements => {
                let since = clause.earliest(position_of(list, "Date timestamp"));
                let from = since.map_or(0, |at| self.pvx.movements.partition_point(|m| m.at < at));
                let until = self.pvx.stale_since.unwrap_or(self.now);
                (from..self.pvx.movements.len())
                    .filter(|ix| self.pvx.movements[*ix].at <= until)
                    .map(Row::Movement)
                    .collect()
            }
            List::DespatchSummary => self
                .pvx_despatches_from(clause.earliest(position_of(list, "Despatch date")))
                .flat_map(|d| {
                    (0..self.pvx.despatches[d].lines.len()).map(move |l| Row::DespatchLine(d, l))
                })
                .collect(),
        }
    }

    fn pvx_order_candidates(&self, list: List, clause: &Clause) -> Vec<usize> {
        let fresh = |ix: &usize| {
            self.pvx
                .stale_since
                .is_none_or(|since| self.pvx.orders[*ix].created_at <= since)
        };
        let key = 0;
        if let Some(mut numbers) = clause.texts_of(key) {
            numbers.sort();
            numbers.dedup();
            let mut found: Vec<usize> = numbers
                .iter()
                .filter_map(|n| self.pvx.order_by_number.get(n).copied())
                .filter(fresh)
                .collect();
            found.sort_unstable();
            return found;
        }
        let status_column = position_of(list, "Status");
        let may_be = |status: PvxStatus| {
            clause.decide(&|column| {
                (column == status_column)
                    .then(|| Value::Status(status as i64, status.name().to_owned()))
            }) != Some(false)
        };
        if self.pvx.stale_since.is_none()
            && !self.pvx.shows_odd_status
            && !may_be(PvxStatus::Despatched)
            && !may_be(PvxStatus::Cancelled)
        {
            return self.pvx.open.iter().copied().collect();
        }
        let since = clause.earliest(position_of(
            list,
            if list == List::SalesOrders {
                "CreatedDate"
            } else {
                "Date"
            },
        ));
        let from = since.map_or(0, |at| {
            let slack = at - crate::domain::time::Span::days(CREATED_SLACK_DAYS);
            self.pvx.orders.partition_point(|o| o.created_at < slack)
        });
        (from..self.pvx.orders.len()).filter(fresh).collect()
    }

    fn pvx_line_candidates(&self, clause: &Clause) -> Vec<Row> {
        let orders = self.pvx_order_candidates(List::SalesOrderItems, clause);
        let since = self.pvx.stale_since;
        orders
            .into_iter()
            .flat_map(|order| {
                (0..self.pvx.orders[order].lines.len())
                    .filter(move |line| {
                        since.is_none_or(|since| {
                            self.pvx.orders[order].lines[*line].created_at <= since
                        })
                    })
                    .map(move |line| Row::Line(order, line))
            })
            .collect()
    }

    fn pvx_item_candidates(&self, list: List, clause: &Clause) -> Vec<usize> {
        let key = position_of(
            list,
            if list == List::ItemTypes {
                "ItemCode"
            } else {
                "Item code"
            },
        );
        match clause.texts_of(key) {
            Some(codes) => {
                let mut found: Vec<usize> = codes
                    .iter()
                    .filter_map(|c| self.pvx.item_by_code.get(c).copied())
                    .collect();
                found.sort_unstable();
                found.dedup();
                found
            }
            None => (0..self.pvx.items.len()).collect(),
        }
    }

    fn pvx_despatches_from(&self, since: Option<Ts>) -> impl Iterator<Item = usize> + '_ {
        let from = since.map_or(0, |at| self.pvx.despatches.partition_point(|d| d.at < at));
        let until = self.pvx.stale_since.unwrap_or(self.now);
        (from..self.pvx.despatches.len())
            .filter(move |ix| self.pvx.despatches[*ix].shown_at <= until)
    }

    /// The value of one cell.
    pub(crate) fn pvx_cell(&self, list: List, row: Row, column: usize) -> Value {
        let spec = &list.columns()[column];
        match row {
            Row::Order(ix) if list == List::SalesOrders => {
                self.pvx_order_cell(&self.pvx.orders[ix], column, spec)
            }
            Row::Order(ix) => self.pvx_summary_cell(&self.pvx.orders[ix], spec.name),
            Row::Line(order, line) => self.pvx_line_cell(order, line, spec.name),
            Row::Item(ix) if list == List::ItemTypes => self.pvx_item_cell(ix, column, spec),
            Row::Item(ix) => self.pvx_shelf_cell(ix, None, spec.name),
            Row::Site(ix) => {
                let (name, reference) = match ix.checked_sub(1) {
                    None => ("System site", SYSTEM_SITE),
                    Some(ix) => {
                        let site = &self.pvx.sites[ix];
                        (site.name.as_str(), site.reference.as_str())
                    }
                };
                text(if spec.name == "Name" { name } else { reference })
            }
            Row::Carrier(ix) => {
                let (name, reference) = &self.pvx.carriers[ix];
                text(if spec.name == "Name" { name } else { reference })
            }
            Row::Service(ix) => {
                let service = &self.pvx.services[ix];
                text(match spec.name {
                    "Carrier" => &service.carrier,
                    "Name" => &service.name,
                    _ => &service.code,
                })
            }
            Row::Customer(ix) => {
                let customer = &self.pvx.customers[ix];
                match spec.name {
                    "Name" => text(&customer.name),
                    "Reference" => text(&customer.reference),
                    _ => text(customer.texts.get(&column).map_or("", String::as_str)),
                }
            }
            Row::Shelf(item, site) => self.pvx_shelf_cell(item, Some(site), spec.name),
            Row::Change(ix) => {
                let change = self.pvx.changes[ix];
                match spec.name {
                    "Item code" => text(&self.pvx.items[change.item].code),
                    "Item current available quantity" => Value::Int(change.available),
                    "Item Barcode" => text(&self.pvx.items[change.item].barcode),
                    "Timestamp" => Value::Date(change.at),
                    _ => text(&self.pvx.sites[change.site].reference),
                }
            }
            Row::Movement(ix) => {
                let moved = &self.pvx.movements[ix];
                match spec.name {
                    "Item code" => text(&self.pvx.items[moved.item].code),
                    "Item name" => text(&self.pvx.items[moved.item].name),
                    "Item barcode" => text(&self.pvx.items[moved.item].barcode),
                    "Date timestamp" => Value::Date(moved.at),
                    "User" => text("floor"),
                    "From" => text(moved.from),
                    "To" => text(moved.to),
                    "Quantity" => Value::Int(moved.quantity),
                    "Comments" => text(moved.comment),
                    "Sales order number" => text(&moved.order),
                    "History Id" => Value::Int(moved.id),
                    "Site reference" => text(&self.pvx.sites[moved.site].reference),
                    _ => text(moved.reason),
                }
            }
            Row::Return(ix) => self.pvx_return_cell(ix, None, spec.name),
            Row::ReturnLine(ix, line) => self.pvx_return_cell(ix, Some(line), spec.name),
            Row::Receipt(ix) => self.pvx_receipt_cell(ix, spec.name),
            Row::Despatch(ix) => self.pvx_despatch_cell(ix, None, spec.name),
            Row::DespatchLine(ix, line) => self.pvx_despatch_cell(ix, Some(line), spec.name),
        }
    }

    /// Status of an order as lists show it.
    pub(crate) fn pvx_shown_status(&self, order: &PvxOrder) -> Value {
        let status = match self.pvx.stale_since {
            Some(since) if order.status_at > since => order.status_before,
            _ => order.status,
        };
        if let Some((odd, until)) = &order.odd_status
            && *until > self.now
        {
            return Value::Status(42, odd.clone());
        }
        if self.pvx.shows_odd_status {
            return Value::Status(42, "Awaiting QC".to_owned());
        }
        Value::Status(status as i64, status.name().to_owned())
    }

    fn pvx_order_cell(&self, order: &PvxOrder, column: usize, spec: &Column) -> Value {
        match spec.name {
            "SalesOrderNumber" => text(&order.number),
            "CustomerPurchaseOrderReferenceNumber" => text(&order.po_reference),
            "IsPartialShipment" => Value::Bool(order.is_partial),
            "Status" => self.pvx_shown_status(order),
            "RequestedDeliveryDate" => date(order.requested),
            "CreatedDate" => date(order.created_date.or(Some(order.created_at))),
            "ServiceType" => text(&order.service),
            "ChannelName" => text(&order.channel),
            "OnHold" => Value::Bool(order.is_on_hold),
            "Site" => text(&self.pvx.sites[order.site].reference),
            "DespatchTrackingNumber" => text(&order.tracking),
            _ => stored(order.texts.get(&column), spec.kind),
        }
    }

    fn pvx_summary_cell(&self, order: &PvxOrder, name: &str) -> Value {
        match name {
            "Sales order no." => text(&order.number),
            "Status" => self.pvx_shown_status(order),
            "Requested delivery date" => date(order.requested),
            "Number of items" => Value::Int(order.lines.iter().map(|l| l.ordered).sum()),
            "Channel" => text(&order.channel),
            "Date" => date(order.created_date.or(Some(order.created_at))),
            _ => text(&self.pvx.sites[order.site].reference),
        }
    }

    fn pvx_line_cell(&self, order: usize, line: usize, name: &str) -> Value {
        let order = &self.pvx.orders[order];
        let line = &order.lines[line];
        match name {
            "SalesOrderNumber" => text(&order.number),
            "ItemCode" => text(&self.pvx.items[line.item].code),
            "QuantityOrdered" => Value::Int(line.ordered),
            "RequestedDeliveryDate" => date(line.requested.or(order.requested)),
            "Line" => text(&line.line),
            "Sequence" => Value::Int(line.sequence),
            "SalePrice" => Value::Money(line.price_minor),
            _ => text(""),
        }
    }

    fn pvx_item_cell(&self, ix: usize, column: usize, spec: &Column) -> Value {
        let item = &self.pvx.items[ix];
        match spec.name {
            "ItemCode" => text(&item.code),
            "Name" => text(&item.name),
            "Barcode" => text(&item.barcode),
            "ItemGroup" => text(&item.group),
            "RetailPrice" => Value::Money(item.retail_minor),
            "Weight" => Value::Money(item.weight_grams / 10),
            "OnHand" => Value::Int(self.pvx.stock[ix].iter().map(|s| s.on_hand).sum()),
            _ => stored(item.texts.get(&column), spec.kind),
        }
    }

    fn pvx_shelf_cell(&self, item: usize, site: Option<usize>, name: &str) -> Value {
        let record = &self.pvx.items[item];
        let sum = |figure: &dyn Fn(super::state::Shelf) -> i64| {
            Value::Int(match site {
                Some(site) => figure(self.pvx.shelf(item, site)),
                None => self.pvx.stock[item].iter().map(|s| figure(*s)).sum(),
            })
        };
        match name {
            "Item code" => text(&record.code),
            "Item name" => text(&record.name),
            "Item barcode" => text(&record.barcode),
            "On hand" => sum(&|s| s.on_hand),
            "Allocated" => sum(&|s| s.allocated),
            "Available" => sum(&|s| s.available()),
            "Site reference" => text(site.map_or("", |s| &self.pvx.sites[s].reference)),
            _ => text(site.map_or("", |s| &self.pvx.sites[s].name)),
        }
    }

    fn pvx_despatch_cell(&self, ix: usize, line: Option<usize>, name: &str) -> Value {
        let despatch = &self.pvx.despatches[ix];
        let order = &self.pvx.orders[despatch.order];
        let goods = line.map(|l| despatch.lines[l]);
        let item = goods.map(|(l, _)| &self.pvx.items[order.lines[l].item]);
        let header = |name: &str| {
            position(List::SalesOrders, name)
                .and_then(|c| order.texts.get(&c))
                .map_or("", String::as_str)
        };
        match name {
            "Salesorder number" | "SalesOrderNumber" => text(&order.number),
            "Requested delivery date" => date(order.requested),
            "Despatch number" | "DespatchNumber" => text(&despatch.number),
            "Carrier" => text(&despatch.carrier),
            "Service" => text(&despatch.service_name),
            "ServiceType" | "Service type code" => text(&despatch.service_code),
            "Despatch date" | "DespatchDate" => Value::Date(despatch.at),
            "Tracking number" | "TrackingNumber" => text(&despatch.tracking),
            "Item name" => text(item.map_or("", |i| &i.name)),
            "Item code" => text(item.map_or("", |i| &i.code)),
            "Item barcode" => text(item.map_or("", |i| &i.barcode)),
            "No of items" => Value::Int(goods.map_or(0, |g| g.1)),
            "NumberOfPackages" => Value::Int(1),
            "Destination country" => text(header("ShippingAddressCountry")),
            "Site reference" | "Site" => text(&self.pvx.sites[order.site].reference),
            "Username" => text("floor"),
            "Customer order reference" => text(&order.po_reference),
            "Shipping cost" => stored_text(header("ShippingCost"), Kind::Money),
            "Total sale" => stored_text(header("TotalSale"), Kind::Money),
            "Email" => text(header("Email")),
            "Contact name" => text(header("ContactName")),
            "Channel name" => text(&order.channel),
            "Line" => text(goods.map_or("", |g| &order.lines[g.0].line)),
            _ => text(""),
        }
    }
}

/// Orders may carry a created date this much later than the save that made them.
const CREATED_SLACK_DAYS: i64 = 2;

fn position_of(list: List, name: &str) -> usize {
    position(list, name).unwrap_or(usize::MAX)
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn date(at: Option<Ts>) -> Value {
    at.map_or(Value::NoDate, Value::Date)
}

fn stored(value: Option<&String>, kind: Kind) -> Value {
    stored_text(value.map_or("", String::as_str), kind)
}

fn stored_text(value: &str, kind: Kind) -> Value {
    match kind {
        Kind::Text(_) => text(value),
        Kind::Int => Value::Int(value.parse().unwrap_or(0)),
        Kind::Money => Value::Money(crate::sandbox::pvx::save::minor(value).unwrap_or(0)),
        Kind::Bool => Value::Bool(value.eq_ignore_ascii_case("true")),
        Kind::Date => super::save::date(value).map_or(Value::NoDate, Value::Date),
    }
}
