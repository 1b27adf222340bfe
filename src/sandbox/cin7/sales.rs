//! Sales, read: the list and one sale whole.

use super::decimal::Dec;
use super::params::{Query, Refusal};
use super::render::{CURRENCY, CountryForm, TAX_RULE, address, date, stamp, tax_of, text_or_null};
use super::sale::{Cin7Line, Cin7Sale, Kind, Stand};
use super::status::{Stages, Standing};
use crate::sandbox::rng::{Guid, Rng};
use crate::sandbox::world::World;
use serde_json::{Value, json};

impl Kind {
    /// The word as Cin7 Core writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Simple => "Simple Sale",
            Self::Advanced => "Advanced Sale",
            Self::Service => "Service Sale",
        }
    }
}

/// Filters on a status: parameter, and the row's member with another name.
const STATUS_FILTERS: [(&str, &str); 8] = [
    ("Status", "Status"),
    ("QuoteStatus", "QuoteStatus"),
    ("OrderStatus", "OrderStatus"),
    ("CombinedPickStatus", "CombinedPickingStatus"),
    ("CombinedPackStatus", "CombinedPackingStatus"),
    ("CombinedShippingStatus", "CombinedShippingStatus"),
    ("CombinedInvoiceStatus", "CombinedInvoiceStatus"),
    ("CreditNoteStatus", "CreditNoteStatus"),
];

/// Members `Search` looks into.
const SEARCHED: [&str; 6] = [
    "OrderNumber",
    "Status",
    "Customer",
    "InvoiceNumber",
    "CustomerReference",
    "CreditNoteNumber",
];

/// An amount of a line before tax.
pub(super) fn line_total(line: &Cin7Line) -> Dec {
    let gross = line.quantity.times(line.price);
    gross - gross.times(line.discount_percent).times(Dec::minor(1))
}

/// Before tax, tax, and both together.
pub(super) fn totals(sale: &Cin7Sale) -> (Dec, Dec, Dec) {
    let goods: Dec = sale.lines.iter().map(line_total).sum();
    let charges: Dec = sale.charges.iter().map(|c| c.1).sum();
    let before = goods + charges;
    let tax = tax_of(before);
    (before, tax, before + tax)
}

/// One page of rows in the envelope of a list.
pub(super) fn envelope(query: &Query, key: &str, rows: Vec<Value>) -> (Value, Vec<Value>) {
    let (page, limit) = query.page();
    let total = rows.len();
    let skip = (page - 1).saturating_mul(limit);
    let rows: Vec<Value> = rows.into_iter().skip(skip).take(limit).collect();
    (json!({"Total": total, "Page": page, key: []}), rows)
}

impl World {
    /// A page of a list, bent when a fault asks for it.
    pub(super) fn cin7_page(&self, query: &Query, key: &str, rows: Vec<Value>) -> Value {
        let (mut out, mut rows) = envelope(query, key, rows);
        self.faults.bend_page(&mut rows);
        out[key] = Value::Array(rows);
        out
    }

    fn cin7_combined(&self, sale: &Cin7Sale) -> Value {
        let standing = Standing::of(&self.cin7, sale);
        json!({
            "CombinedPickingStatus": standing.combined(Stages::Pick),
            "CombinedPackingStatus": standing.combined(Stages::Pack),
            "CombinedShippingStatus": standing.combined(Stages::Ship),
            "FulFilmentStatus": standing.fulfilment(),
            "CombinedInvoiceStatus": standing.invoice(),
            "CombinedPaymentStatus": standing.payment(),
            "CombinedTrackingNumbers": sale.tracking().join(", "),
        })
    }

    /// A row of the list of sales.
    pub(super) fn cin7_sale_row(&self, sale: &Cin7Sale) -> Value {
        let standing = Standing::of(&self.cin7, sale);
        let invoice = sale.invoices.last();
        let note = sale.credit_notes.last();
        let invoiced: Dec = sale.invoices.iter().map(|i| i.total).sum();
        let paid = sale.invoices.iter().filter(|i| i.status == Stand::Paid);
        let paid: Dec = paid.map(|i| i.total).sum();
        let mut row = json!({
            "SaleID": sale.id, "OrderNumber": sale.number_text(), "Status": standing.sale(),
            "Type": sale.kind.word(), "OrderDate": date(sale.date),
            "InvoiceDate": invoice.map(|i| date(i.date)), "InvoiceDueDate": invoice.map(|i| date(i.date)),
            "ShipBy": sale.ship_by.map(date), "Customer": sale.customer, "CustomerID": sale.customer_id,
            "InvoiceNumber": invoice.map(|i| i.number.clone()),
            "CustomerReference": text_or_null(&sale.reference),
            "CreditNoteNumber": note.map(|n| n.number.clone()),
            "InvoiceAmount": invoiced.json(), "PaidAmount": paid.json(),
            "SaleInvoicesTotalAmount": invoiced.json(), "CombinedPaymentTotal": paid.json(),
            "BaseCurrency": CURRENCY, "CustomerCurrency": CURRENCY, "Updated": stamp(sale.updated_at),
            "QuoteStatus": sale.quote.word(), "OrderStatus": standing.order(),
            "CreditNoteStatus": standing.credit(), "SourceChannel": text_or_null(&sale.channel),
            "ExternalID": text_or_null(&sale.external_id),
            "OrderLocationID": self.cin7.locations[sale.location].id,
        });
        merge(&mut row, self.cin7_combined(sale));
        row
    }

    /// Sales a list asks for, in its order.
    fn cin7_listed(&self, query: &Query) -> Result<Vec<usize>, Refusal> {
        let place = query.guid("OrderLocationID")?;
        let since = query.moment("UpdatedSince");
        let until = query.moment("UpdatedUntil");
        let created = query.moment("CreatedSince");
        let is_exclusive = self.config.cin7.switches.since_is_exclusive;
        let external = query.text("ExternalID");
        let mut out: Vec<usize> = (0..self.cin7.sales.len())
            .filter(|ix| {
                let sale = &self.cin7.sales[*ix];
                let is_fresh = |from| match is_exclusive {
                    true => sale.updated_at > from,
                    false => sale.updated_at >= from,
                };
                since.is_none_or(is_fresh)
                    && until.is_none_or(|u| sale.updated_at <= u)
                    && created.is_none_or(|c| sale.created_at >= c)
                    && self.cin7.stale_since.is_none_or(|s| sale.updated_at <= s)
                    && place.is_none_or(|p| self.cin7.locations[sale.location].id == p)
                    && external.is_none_or(|e| sale.external_id == e)
            })
            .collect();
        if self.config.cin7.switches.shuffled_lists {
            let seed = self.config.seed;
            out.sort_by_cached_key(|ix| Rng::keyed(seed, "cin7-shuffle", *ix as u64).next_u64());
        }
        Ok(out)
    }

    /// `GET saleList`.
    pub(super) fn cin7_sale_list(&self, query: &Query) -> Result<Value, Refusal> {
        let search = query.text("Search").map(str::to_lowercase);
        let ready = query.flag("ReadyForShipping");
        let ship_by = query.text("ShipBy").and_then(super::params::day_of);
        let rows = self
            .cin7_listed(query)?
            .into_iter()
            .filter(|ix| {
                let sale = &self.cin7.sales[*ix];
                let may_ship = |f: &super::sale::Fulfilment| {
                    f.pack.status == Stand::Authorised && f.ship.status != Stand::Authorised
                };
                let is_shipped = || Standing::of(&self.cin7, sale).is_shipped();
                let is_due = |day| sale.ship_by.is_some_and(|by| by <= day) && !is_shipped();
                (!ready || sale.live().any(may_ship)) && ship_by.is_none_or(is_due)
            })
            .map(|ix| self.cin7_sale_row(&self.cin7.sales[ix]))
            .filter(|row| passes(query, row) && search.as_deref().is_none_or(|s| found(row, s)))
            .collect();
        Ok(self.cin7_page(query, "SaleList", rows))
    }

    /// `GET saleCreditNoteList`: one row per sale that has a note.
    pub(super) fn cin7_credit_note_list(&self, query: &Query) -> Result<Value, Refusal> {
        let search = query.text("Search").map(str::to_lowercase);
        let rows = self
            .cin7_listed(query)?
            .into_iter()
            .filter_map(|ix| {
                let sale = &self.cin7.sales[ix];
                let note = sale.credit_notes.last()?;
                let mut row = self.cin7_sale_row(sale);
                let is_stocked = !note.restock.is_empty();
                let restock = if is_stocked {
                    note.status
                } else {
                    Stand::NotAvailable
                };
                row["RestockStatus"] = json!(restock.word());
                row["Type"] = json!("Sale Credit Note");
                Some(row)
            })
            .filter(|row| passes(query, row) && search.as_deref().is_none_or(|s| found(row, s)))
            .collect();
        Ok(self.cin7_page(query, "SaleList", rows))
    }

    /// Position of a sale by id.
    pub(super) fn cin7_sale_ix(&self, id: Guid) -> Result<usize, Refusal> {
        let found = self.cin7.sale_by_id.get(&id).copied();
        found.ok_or_else(|| Refusal::bad("Sale not found"))
    }

    /// `GET sale`.
    pub(super) fn cin7_get_sale(&self, query: &Query) -> Result<Value, Refusal> {
        let s = self.cin7_sale_ix(query.need_guid("ID")?)?;
        let form = match query.text("CountryFormat") {
            Some("Code2" | "Code") => CountryForm::Code,
            _ => CountryForm::Name,
        };
        Ok(self.cin7_whole_sale(s, form))
    }

    pub(super) fn cin7_order_line(&self, line: &Cin7Line) -> Value {
        let product = &self.cin7.products[line.product];
        let total = line_total(line);
        json!({
            "ProductID": product.id, "SKU": product.sku, "Name": product.name,
            "Quantity": line.quantity.json(), "Price": line.price.json(),
            "Discount": line.discount_percent.json(), "Tax": tax_of(total).json(),
            "AverageCost": product.cost.json(), "TaxRule": TAX_RULE.0, "Comment": line.comment,
            "DropShip": line.is_drop_ship, "Backorder": line.backorder.is_positive(),
            "BackorderQuantity": line.backorder.json(), "Total": total.json(),
        })
    }

    /// Lines, charges and totals of an order.
    pub(super) fn cin7_order(&self, sale: &Cin7Sale) -> Value {
        let (before, tax, total) = totals(sale);
        let lines: Vec<Value> = sale.lines.iter().map(|l| self.cin7_order_line(l)).collect();
        let charge = |(what, amount): &(String, Dec)| {
            json!({
                "Description": what, "Price": amount.json(), "Quantity": 1, "Discount": 0,
                "Tax": tax_of(*amount).json(), "Total": amount.json(), "TaxRule": TAX_RULE.0,
                "Comment": "",
            })
        };
        let charges: Vec<Value> = sale.charges.iter().map(charge).collect();
        json!({
            "SaleOrderNumber": sale.number_text(), "Memo": sale.memo,
            "Status": Standing::of(&self.cin7, sale).order(), "Lines": lines,
            "AdditionalCharges": charges, "TotalBeforeTax": before.json(), "Tax": tax.json(),
            "Total": total.json(),
        })
    }

    /// Fulfilments as listed.
    pub(super) fn cin7_fulfilments(&self, sale: &Cin7Sale, to: &Value) -> Vec<Value> {
        let lists_bare =
            self.config.cin7.switches.lists_task_of_simple || sale.kind != Kind::Simple;
        let shown = |f: &&super::sale::Fulfilment| lists_bare || !f.is_untouched();
        let rows = sale.fulfilments.iter().filter(shown);
        rows.map(|f| self.cin7_fulfilment(f, to)).collect()
    }

    /// What a sale says beside its stages.
    fn cin7_header(&self, sale: &Cin7Sale, to: &Value, form: CountryForm) -> Value {
        let mut out = json!({
            "ID": sale.id, "Customer": sale.customer, "CustomerID": sale.customer_id,
            "Contact": sale.contact, "Phone": sale.phone, "Email": sale.email, "DefaultAccount": "200",
            "SkipQuote": sale.skip_quote, "BillingAddress": address(&sale.address, form, false),
            "ShippingAddress": to, "ShippingNotes": sale.shipping_notes, "BaseCurrency": CURRENCY,
            "CustomerCurrency": CURRENCY, "TaxRule": TAX_RULE.0, "TaxCalculation": "Exclusive",
        });
        let rest = json!({
            "Terms": "30 days", "PriceTier": "Tier 1", "ShipBy": sale.ship_by.map(date),
            "Location": self.cin7.locations[sale.location].name, "SaleOrderDate": date(sale.date),
            "LastModifiedOn": stamp(sale.updated_at), "Note": sale.note,
            "CustomerReference": sale.reference, "Carrier": text_or_null(&sale.carrier),
            "CurrencyRate": 1, "SalesRepresentative": null, "Type": sale.kind.word(),
            "SourceChannel": text_or_null(&sale.channel), "ExternalID": text_or_null(&sale.external_id),
            "ServiceOnly": sale.kind == Kind::Service,
        });
        merge(&mut out, rest);
        out
    }

    /// A sale, whole.
    pub(super) fn cin7_whole_sale(&self, s: usize, form: CountryForm) -> Value {
        let sale = &self.cin7.sales[s];
        let to = address(&sale.address, form, true);
        let invoices: Vec<Value> = sale.invoices.iter().map(super::credit::invoice).collect();
        let notes: Vec<Value> = sale
            .credit_notes
            .iter()
            .map(|n| self.cin7_credit_note(n))
            .collect();
        let cost: Dec = sale
            .live()
            .flat_map(|f| f.shipped())
            .map(|l| l.quantity.times(self.cin7.products[l.slot.product].cost))
            .sum();
        let mut out = self.cin7_header(sale, &to, form);
        let rest = json!({
            "COGSAmount": cost.json(), "Status": Standing::of(&self.cin7, sale).sale(),
            "Quote": {"Memo": null, "Status": sale.quote.word(), "Lines": [], "AdditionalCharges": []},
            "Order": self.cin7_order(sale), "Fulfilments": self.cin7_fulfilments(sale, &to),
            "Invoices": invoices, "CreditNotes": notes,
            "ManualJournals": {"Status": "NOT AVAILABLE", "Lines": []}, "AdditionalAttributes": {},
            "Attachments": [], "InventoryMovements": [], "Transactions": [],
        });
        merge(&mut out, rest);
        merge(&mut out, self.cin7_combined(sale));
        out
    }
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

/// One value per filter; a list of values matches nothing.
fn passes(query: &Query, row: &Value) -> bool {
    STATUS_FILTERS.iter().all(|(parameter, member)| {
        query.text(parameter).is_none_or(|wanted| {
            let is_it = |t: &str| t.eq_ignore_ascii_case(wanted);
            // AUTHORISED brings orders at every later stage too.
            let is_later = *member == "OrderStatus" && wanted.eq_ignore_ascii_case("AUTHORISED");
            row[*member]
                .as_str()
                .is_some_and(|t| is_it(t) || (is_later && matches!(t, "FULFILLED" | "CLOSED")))
        })
    })
}

fn found(row: &Value, search: &str) -> bool {
    let holds = |t: &str| t.to_lowercase().contains(search);
    SEARCHED.iter().any(|m| row[*m].as_str().is_some_and(holds))
}
