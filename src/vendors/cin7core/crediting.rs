//! Credits as the house asks for them: drafted against the sale's invoice for units whose gate is open. A person
//! authorises the draft, because authorising moves money. Goods are not put back here: their stock-in is a document of
//! its own, and a second one would count them twice.

use super::Cin7Core;
use super::call::Call;
use super::client::refused;
use super::credit::{CreditLine, CreditNote, CreditNoteWrite};
use super::decimal::Decimal;
use super::sale::{Sale, SaleLine, SaleRead};
use super::words::{SaleKind, StageStatus, WriteStatus};
use crate::domain::delivery::{AnswerClass, CreditIntent};
use crate::domain::ids::Sku;
use crate::domain::order::{ClaimedUnits, SourceOrder, SourceRefund};
use crate::vendors::{Answer, CallError, CallLog, Crediting};
use futures::future::BoxFuture;

/// What our own notes begin with in their memo.
const OURS: &str = "credit|";
/// Statuses of an invoice that can be credited.
const CREDITABLE: [&str; 2] = ["AUTHORISED", "PAID"];

/// A credit note as money that went back; `None` for one that is void, or empty.
pub(super) fn refund(note: &CreditNote, lines: &[(String, Sku)]) -> Option<SourceRefund> {
    let is_held = matches!(note.status, StageStatus::Draft | StageStatus::Authorised);
    if !is_held || note.lines.is_empty() {
        return None;
    }
    let units = note.lines.iter().filter_map(|l| {
        let (row_id, _) = lines.iter().find(|(_, sku)| *sku == l.sku)?;
        Some(ClaimedUnits {
            row_id: row_id.clone(),
            qty_each: l.quantity.as_whole()?,
        })
    });
    let is_ours = note.memo.starts_with(OURS);
    let total: i64 = note.lines.iter().map(|l| l.total.as_minor()).sum();
    Some(SourceRefund {
        id: if is_ours {
            note.memo.clone()
        } else {
            format!("note|{}", note.task_id)
        },
        at: None,
        lines: units.collect(),
        is_whole: false,
        amount_minor: Some(total),
        memo: note.memo.clone(),
    })
}

fn rows_of(sale: &SourceOrder) -> Vec<(String, Sku)> {
    let lines = sale.lines.iter();
    lines.map(|l| (l.row_id.clone(), l.sku.clone())).collect()
}

impl Crediting for Cin7Core {
    fn credits<'a>(
        &'a self,
        sale: &'a SourceOrder,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<SourceRefund>>> {
        Box::pin(async move {
            let notes = self.credit_notes(&sale.source_id, log).await?;
            let rows = rows_of(sale);
            Ok(notes.iter().filter_map(|n| refund(n, &rows)).collect())
        })
    }

    fn write_credit<'a>(
        &'a self,
        credit: &'a CreditIntent,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<()>> {
        Box::pin(async move {
            let sale = match self.sale(&credit.source_id, log).await? {
                SaleRead::Sale(sale) => sale,
                SaleRead::Unread(unread) => {
                    return Err(refused(Call::WriteCreditNote, &unread.text));
                }
            };
            let write = self.note_of(&sale, credit)?;
            let written = self.write_credit_note(&write, log).await?;
            match written.class {
                AnswerClass::Applied => Ok(()),
                class => Err(CallError::new(class, written.text)),
            }
        })
    }
}

impl Cin7Core {
    fn note_of(&self, sale: &Sale, credit: &CreditIntent) -> Answer<CreditNoteWrite> {
        let call = Call::WriteCreditNote;
        let is_open = |status: &str| CREDITABLE.contains(&status.trim());
        let invoice = sale.invoices.iter().find(|i| is_open(&i.status));
        let Some(invoice) = invoice else {
            return Err(refused(
                call,
                "the sale has no authorised invoice to credit",
            ));
        };
        let is_held = |n: &&CreditNote| n.status != StageStatus::Voided && !n.lines.is_empty();
        let held = sale.credit_notes.iter().find(is_held);
        // A simple sale has one note only: writing a second would replace the first.
        if let Some(held) = held.filter(|_| sale.kind == SaleKind::Simple) {
            let text = format!(
                "a simple sale has one credit note, and {} stands there; add the units to it by hand",
                if held.number.is_empty() {
                    "one without a number yet"
                } else {
                    held.number.as_str()
                }
            );
            return Err(refused(call, &text));
        }
        let mut lines = Vec::with_capacity(credit.lines.len());
        for (sku, n) in &credit.lines {
            let line = sale.lines.iter().find(|l| l.sku == *sku);
            let line = line.ok_or_else(|| refused(call, &format!("{sku} is not in the sale")))?;
            lines.push(
                credit_line(line, *n).ok_or_else(|| {
                    refused(call, &format!("the price of {sku} cannot be reckoned"))
                })?,
            );
        }
        let day = credit.issued_at.to_utc().with_timezone(&self.time_zone);
        Ok(CreditNoteWrite {
            sale: credit.source_id.clone(),
            task_id: None,
            invoice_number: invoice.number.clone(),
            issued_on: day.date_naive(),
            memo: credit.memo.clone(),
            status: WriteStatus::Draft,
            conversion_rate: None,
            lines,
            restock: Vec::new(),
        })
    }
}

/// Some units of a sale's line at its own price, discount and tax.
fn credit_line(line: &SaleLine, n: i64) -> Option<CreditLine> {
    let sold = line.quantity.as_whole().filter(|q| *q > 0)?;
    let each = line.price.less_percent(line.discount_percent)?;
    Some(CreditLine {
        product_id: line.product_id.clone(),
        sku: line.sku.clone(),
        title: line.title.clone(),
        quantity: Decimal::whole(n),
        price: line.price,
        discount_percent: line.discount_percent,
        tax: Decimal::minor(line.tax.as_minor().checked_mul(n)? / sold),
        total: Decimal::minor(each.as_minor().checked_mul(n)?),
        tax_rule: line.tax_rule.clone(),
        account: String::new(),
    })
}
