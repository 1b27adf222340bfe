//! Invoices as far as returns need them, and credit notes with the goods they put back. Money and goods of one note are
//! independent of each other.

use super::decimal::Dec;
use super::params::{Body, Query, Refusal};
use super::render::{TAX_RULE, date, text_or_null, today};
use super::sale::{CreditLine, CreditNote, Invoice, Kind, RestockLine, Stand};
use super::sales::totals;
use super::state::Slot;
use crate::sandbox::rng::Guid;
use crate::sandbox::world::World;
use chrono::NaiveDate;
use serde_json::{Value, json};

/// An invoice as shown.
pub(super) fn invoice(invoice: &Invoice) -> Value {
    json!({
        "TaskID": invoice.task, "InvoiceNumber": invoice.number, "Memo": "",
        "Status": invoice.status.word(), "InvoiceDate": date(invoice.date),
        "InvoiceDueDate": date(invoice.date), "CurrencyConversionRate": 1,
        "LinkedFulfillmentNumber": invoice.fulfilment, "Lines": [], "AdditionalCharges": [],
        "TotalBeforeTax": (invoice.total - invoice.tax).json(), "Tax": invoice.tax.json(),
        "Total": invoice.total.json(),
        "Paid": if invoice.status == Stand::Paid { invoice.total.json() } else { json!(0) },
    })
}

impl World {
    /// Refuses a posting dated in a closed period.
    pub(super) fn cin7_check_period(&self, day: NaiveDate) -> Result<(), Refusal> {
        match self.config.cin7.switches.lock_date {
            Some(lock) if day <= lock => Err(Refusal::bad(format!(
                "Effective Date can't be earlier than lock date {}",
                lock.format("%d/%m/%Y")
            ))),
            _ => Ok(()),
        }
    }

    /// Invoices an authorised order whole.
    pub(super) fn cin7_invoice(
        &mut self,
        s: usize,
        status: Stand,
        by_world: bool,
    ) -> Result<(), Refusal> {
        let sale = &self.cin7.sales[s];
        if !sale.order.is_authorised() {
            return Err(Refusal::bad(format!(
                "Order Status is {}",
                sale.order.word()
            )));
        }
        if let Some(held) = sale.invoices.iter().find(|i| i.status.is_authorised()) {
            return Err(Refusal::bad(format!(
                "Invoice Status is {}",
                held.status.word()
            )));
        }
        let (_, tax, total) = totals(sale);
        let fulfilment = sale.live().next().map(|f| f.number);
        self.cin7.invoices_made += 1;
        let number = format!("INV-{:05}", self.cin7.invoices_made);
        let held = sale.invoices.iter().position(|i| i.status == Stand::Draft);
        let is_simple = sale.kind == Kind::Simple;
        let task = if is_simple { sale.id } else { self.cin7_guid() };
        let new = Invoice {
            task,
            number: number.clone(),
            status,
            date: today(self.now),
            total,
            tax,
            fulfilment,
        };
        let sale = &mut self.cin7.sales[s];
        match held {
            Some(at) => sale.invoices[at] = new,
            None => sale.invoices.push(new),
        }
        if let Some(f) = sale.fulfilments.first_mut() {
            f.invoice_number.clone_from(&number);
        }
        let detail = json!({"status": status.word(), "total": total.json()});
        self.cin7_note_sale("Invoice", s, number, detail, by_world);
        if status.is_authorised() {
            self.cin7_tell("Sale/InvoiceAuthorised", s, None);
        }
        Ok(())
    }

    /// The customer pays the invoice.
    pub(super) fn cin7_pay(&mut self, s: usize) {
        let sale = &mut self.cin7.sales[s];
        let open = sale
            .invoices
            .iter_mut()
            .find(|i| i.status == Stand::Authorised);
        let Some(invoice) = open else {
            return;
        };
        invoice.status = Stand::Paid;
        let number = invoice.number.clone();
        self.cin7_note_sale("Payment", s, number, json!({}), true);
        self.cin7_tell("Sale/FullPaymentReceived", s, None);
    }

    /// `GET sale/invoice`.
    pub(super) fn cin7_get_invoices(&self, query: &Query) -> Result<Value, Refusal> {
        let s = self.cin7_sale_ix(query.need_guid("SaleID")?)?;
        let sale = &self.cin7.sales[s];
        let rows: Vec<Value> = sale.invoices.iter().map(invoice).collect();
        Ok(json!({"SaleID": sale.id, "Invoices": rows}))
    }

    /// `POST sale/invoice`: the whole order; lines of its own are not taken.
    pub(super) fn cin7_post_invoice(&mut self, body: &Body) -> Result<Value, Refusal> {
        let s = self.cin7_sale_ix(body.need_guid("SaleID")?)?;
        let status = match body.need_text("Status")?.as_str() {
            "DRAFT" => Stand::Draft,
            "AUTHORISED" => Stand::Authorised,
            _ => return Err(Refusal::invalid("Status")),
        };
        self.cin7_check_period(body.day("InvoiceDate")?.unwrap_or(today(self.now)))?;
        self.cin7_invoice(s, status, false)?;
        let sale = &self.cin7.sales[s];
        let rows: Vec<Value> = sale.invoices.iter().map(invoice).collect();
        Ok(json!({"SaleID": sale.id, "Invoices": rows}))
    }

    /// A credit note as shown.
    pub(super) fn cin7_credit_note(&self, note: &CreditNote) -> Value {
        let line = |l: &CreditLine| {
            let product = &self.cin7.products[l.product];
            json!({
                "ProductID": product.id, "SKU": product.sku, "Name": product.name,
                "Quantity": l.quantity.json(), "Price": l.price.json(),
                "Discount": l.discount_percent.json(), "Tax": l.tax.json(), "Total": l.total.json(),
                "TaxRule": l.tax_rule, "Account": l.account, "Comment": "",
            })
        };
        let restock = |l: &RestockLine| {
            let product = &self.cin7.products[l.from.product];
            json!({
                "ProductID": product.id, "SKU": product.sku, "Name": product.name,
                "Location": self.cin7.place_name(&l.from), "LocationID": self.cin7.place_id(&l.from),
                "Quantity": l.quantity.json(), "BatchSN": text_or_null(&l.from.batch),
                "ExpiryDate": l.from.expiry.map(date),
                "RestockLocation": self.cin7.place_name(&l.to),
                "RestockLocationID": self.cin7.place_id(&l.to), "RestockDate": l.date.map(date),
            })
        };
        let lines: Vec<Value> = note.lines.iter().map(line).collect();
        let goods: Vec<Value> = note.restock.iter().map(restock).collect();
        let total: Dec = note.lines.iter().map(|l| l.total).sum();
        let tax: Dec = note.lines.iter().map(|l| l.tax).sum();
        json!({
            "TaskID": note.task, "CreditNoteInvoiceNumber": note.invoice_number, "Memo": note.memo,
            "Status": note.status.word(), "CreditNoteDate": date(note.date),
            "CreditNoteNumber": text_or_null(&note.number), "CreditNoteConversionRate": 1,
            "Lines": lines, "AdditionalCharges": [], "Restock": goods, "Refunds": [],
            "TotalBeforeTax": total.json(), "Tax": tax.json(), "Total": (total + tax).json(),
        })
    }

    fn cin7_credit_answer(&self, s: usize) -> Value {
        let sale = &self.cin7.sales[s];
        let notes = sale.credit_notes.iter();
        let rows: Vec<Value> = notes.map(|n| self.cin7_credit_note(n)).collect();
        json!({"SaleID": sale.id, "CreditNotes": rows})
    }

    /// `GET sale/creditnote`.
    pub(super) fn cin7_get_credit_notes(&self, query: &Query) -> Result<Value, Refusal> {
        let s = self.cin7_sale_ix(query.need_guid("SaleID")?)?;
        Ok(self.cin7_credit_answer(s))
    }

    /// `POST sale/creditnote`.
    pub(super) fn cin7_post_credit_note(&mut self, body: &Body) -> Result<Value, Refusal> {
        let s = self.cin7_sale_ix(body.need_guid("SaleID")?)?;
        for name in [
            "TaskID",
            "CombineAdditionalCharges",
            "CreditNoteInvoiceNumber",
            "Status",
            "CreditNoteDate",
        ] {
            body.need_text(name)?;
        }
        let status = match body.need_text("Status")?.as_str() {
            "DRAFT" => Stand::Draft,
            "AUTHORISED" => Stand::Authorised,
            _ => return Err(Refusal::invalid("Status")),
        };
        let number = self.cin7_invoice_to_credit(s, body)?;
        let day = body
            .day("CreditNoteDate")?
            .ok_or_else(|| Refusal::missing("CreditNoteDate"))?;
        self.cin7_check_period(day)?;
        let held = self.cin7_note_at(s, body.need_guid("TaskID")?)?;
        let lines = self.cin7_credit_lines(s, body)?;
        let restock = self.cin7_restock_lines(s, body)?;
        let task = match held {
            Some(at) => self.cin7.sales[s].credit_notes[at].task,
            None if self.cin7.sales[s].kind == Kind::Simple => self.cin7.sales[s].id,
            None => self.cin7_guid(),
        };
        let note = CreditNote {
            task,
            number: String::new(),
            status: Stand::Draft,
            invoice_number: number,
            memo: body.text("Memo").unwrap_or_default(),
            date: day,
            lines,
            restock,
        };
        self.cin7_keep_note(s, held, note, status == Stand::Authorised, false);
        Ok(self.cin7_credit_answer(s))
    }

    /// Number of the invoice a note names; it must be authorised or paid.
    fn cin7_invoice_to_credit(&self, s: usize, body: &Body) -> Result<String, Refusal> {
        let number = body.need_text("CreditNoteInvoiceNumber")?;
        let sale = &self.cin7.sales[s];
        let Some(invoice) = sale.invoices.iter().find(|i| i.number == number) else {
            return Err(Refusal::bad(format!(
                "Invoice '{number}' not found in this sale"
            )));
        };
        if !invoice.status.is_authorised() {
            return Err(Refusal::bad(format!(
                "Invoice Status is {}",
                invoice.status.word()
            )));
        }
        Ok(number)
    }

    /// Position of the note a write means; `None` for a new one.
    fn cin7_note_at(&self, s: usize, task: Guid) -> Result<Option<usize>, Refusal> {
        let sale = &self.cin7.sales[s];
        let is_single = sale.kind == Kind::Simple && (task == Guid::ZERO || task == sale.id);
        let held = if is_single {
            sale.credit_notes.len().checked_sub(1)
        } else if task == Guid::ZERO {
            None
        } else {
            let at = sale.credit_notes.iter().position(|n| n.task == task);
            Some(at.ok_or_else(|| Refusal::bad("Credit Note task not found"))?)
        };
        match held.map(|at| sale.credit_notes[at].status) {
            Some(status) if !status.is_open() => Err(Refusal::bad(format!(
                "Credit Note Status is {}",
                status.word()
            ))),
            _ => Ok(held),
        }
    }

    fn cin7_is_of_sale(&self, s: usize, product: usize) -> Result<usize, Refusal> {
        if self.cin7.sales[s]
            .lines
            .iter()
            .any(|l| l.product == product)
        {
            return Ok(product);
        }
        let sku = &self.cin7.products[product].sku;
        Err(Refusal::bad(format!(
            "Product with SKU '{sku}' is not in the order"
        )))
    }

    fn cin7_credit_lines(&self, s: usize, body: &Body) -> Result<Vec<CreditLine>, Refusal> {
        let mut out = Vec::new();
        for row in body.list("Lines") {
            let product = self.cin7_is_of_sale(s, self.cin7_product_of(&row)?)?;
            let figure = |name: &str| row.dec(name);
            let quantity = figure("Quantity")?.ok_or_else(|| Refusal::missing("Quantity"))?;
            if !quantity.is_positive() {
                return Err(Refusal::invalid("Quantity"));
            }
            out.push(CreditLine {
                product,
                quantity,
                price: figure("Price")?.unwrap_or_default(),
                discount_percent: figure("Discount")?.unwrap_or_default(),
                tax: figure("Tax")?.unwrap_or_default(),
                total: figure("Total")?.unwrap_or_default(),
                tax_rule: row.text("TaxRule").unwrap_or_else(|| TAX_RULE.0.to_owned()),
                account: row.text("Account").unwrap_or_else(|| "200".to_owned()),
            });
        }
        Ok(out)
    }

    fn cin7_restock_lines(&self, s: usize, body: &Body) -> Result<Vec<RestockLine>, Refusal> {
        let mut out = Vec::new();
        for row in body.list("Restock") {
            let from = self.cin7_slot(&row)?;
            self.cin7_is_of_sale(s, from.product)?;
            let quantity = row
                .dec("Quantity")?
                .ok_or_else(|| Refusal::missing("Quantity"))?;
            if !quantity.is_positive() {
                return Err(Refusal::invalid("Quantity"));
            }
            let has_target =
                row.get("RestockLocation").is_some() || row.get("RestockLocationID").is_some();
            let (location, bin) = if has_target {
                self.cin7_place(&row, "RestockLocation", "RestockLocationID")?
            } else {
                (from.location, from.bin)
            };
            let to = Slot {
                location,
                bin,
                ..from.clone()
            };
            let date = row.day("RestockDate")?;
            out.push(RestockLine {
                from,
                to,
                quantity,
                date,
            });
        }
        Ok(out)
    }

    /// Stores a note; authorised, it moves money and puts its goods back.
    pub(super) fn cin7_keep_note(
        &mut self,
        s: usize,
        held: Option<usize>,
        mut note: CreditNote,
        is_final: bool,
        by_world: bool,
    ) {
        if is_final {
            self.cin7.credit_notes_made += 1;
            note.number = format!("CR-{:05}", self.cin7.credit_notes_made);
            note.status = Stand::Authorised;
        }
        let mut goods = Vec::new();
        for line in &note.restock {
            let before = self
                .cin7
                .stock
                .get(&line.to)
                .copied()
                .unwrap_or_default()
                .on_hand;
            goods.push(json!({
                "sku": self.cin7.products[line.to.product].sku, "place": self.cin7.place_name(&line.to),
                "qty": line.quantity.json(), "before": before.json(),
            }));
        }
        let credited: Vec<Value> = note
            .lines
            .iter()
            .map(|l| json!({"sku": self.cin7.products[l.product].sku, "qty": l.quantity.json(), "total": l.total.json()}))
            .collect();
        let detail = json!({
            "authorised": is_final, "number": note.number, "task": note.task, "credited": credited, "restock": goods,
        });
        let (key, restock) = (note.memo.clone(), note.restock.clone());
        let notes = &mut self.cin7.sales[s].credit_notes;
        match held {
            Some(at) => notes[at] = note,
            None => notes.push(note),
        }
        self.cin7_note_sale("Credit note", s, key, detail, by_world);
        if is_final {
            for line in restock {
                self.cin7_move(&line.to, line.quantity);
                self.cin7_tell_stock(line.to.product);
            }
            self.cin7_tell("Sale/CreditNoteAuthorised", s, None);
        }
    }
}
