//! Credit notes and the goods they put back. Money and goods of one note are independent. Cin7 Core has no return
//! orders in its API: a return is a credit note with restock lines, or an adjustment.

use super::Cin7Core;
use super::call::Call;
use super::client::{refused, unread};
use super::decimal::Decimal;
use super::json::Json;
use super::page::{RowsPage, page_query, rows};
use super::sales::is_of;
use super::stages::{Place, ReadBack, Written, check_count, date};
use super::value::{Node, Read, ZERO_ID};
use super::words::{StageStatus, WriteStatus};
use crate::domain::ids::{LocationId, Sku, SourceOrderId};
use crate::domain::time::Ts;
use crate::text::clean_to;
use crate::vendors::{Answer, CallLog};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Longest memo sent, characters.
const MEMO_CHARS_MAX: usize = 1_000;

/// A credit note of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNote {
    pub task_id: String,
    /// `CR-00017`; empty before it has one.
    pub number: String,
    pub status: StageStatus,
    /// Not every answer has it.
    pub restock_status: Option<StageStatus>,
    /// The invoice it credits.
    pub invoice_number: String,
    /// Our key stands here.
    pub memo: String,
    pub issued_on: Option<NaiveDate>,
    pub lines: Vec<CreditLine>,
    pub restock: Vec<Restock>,
}

/// A line of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditLine {
    pub product_id: String,
    pub sku: Sku,
    pub title: String,
    pub quantity: Decimal,
    pub price: Decimal,
    pub discount_percent: Decimal,
    pub tax: Decimal,
    pub total: Decimal,
    pub tax_rule: String,
    /// Code of the sales account.
    pub account: String,
}

/// Goods put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restock {
    pub sku: Sku,
    /// Where they had been picked.
    pub place: String,
    pub quantity: Decimal,
    pub batch: String,
    /// Where they go.
    pub restock_place: String,
    pub restock_place_id: Option<LocationId>,
    pub restocked_on: Option<NaiveDate>,
}

/// A row of the list of credit notes: one per sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNoteRow {
    pub sale: SourceOrderId,
    pub order_number: String,
    pub number: String,
    /// `Sale Credit Note`, or `Credit Note` for one that stands alone; as written.
    pub kind: String,
    pub status: StageStatus,
    pub restock_status: Option<StageStatus>,
    pub updated_at: Option<Ts>,
}

/// A credit note to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNoteWrite {
    pub sale: SourceOrderId,
    /// An existing draft; `None` makes a new note.
    pub task_id: Option<String>,
    /// The invoice, which must be authorised or paid.
    pub invoice_number: String,
    /// The tenant's calendar date.
    pub issued_on: NaiveDate,
    /// Our key, by which the note is found again.
    pub memo: String,
    /// Authorising moves money and stock. A draft leaves both to a person.
    pub status: WriteStatus,
    /// Left out when `None`.
    pub conversion_rate: Option<Decimal>,
    pub lines: Vec<CreditLine>,
    pub restock: Vec<RestockWrite>,
}

/// Goods to put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestockWrite {
    pub sku: Sku,
    /// Where they had been picked.
    pub place: Place,
    pub qty_each: i64,
    pub batch: String,
    /// Where they go.
    pub restock_place: Place,
    pub restocked_on: NaiveDate,
}

impl Cin7Core {
    /// A page (from 1) of the list of credit notes. On the boundary of `updated_since` see [`super::SaleFilter`].
    pub async fn credit_notes_page(
        &self,
        updated_since: Option<Ts>,
        page: u32,
        log: &CallLog,
    ) -> Answer<RowsPage<CreditNoteRow>> {
        let call = Call::CreditNoteList;
        let mut query = page_query(page);
        if let Some(at) = updated_since {
            let text = at.to_utc().format("%Y-%m-%dT%H:%M:%S").to_string();
            query.push(("UpdatedSince", text));
        }
        let answer = self.client.read(call, &query, log).await?;
        // The key is that of sales.
        rows(
            call,
            &answer,
            ("SaleList", page),
            "CreditNoteNumber",
            |node| {
                Ok(Some(CreditNoteRow {
                    sale: SourceOrderId(node.need_id("SaleID")?),
                    order_number: node.text("OrderNumber")?,
                    number: node.text("CreditNoteNumber")?,
                    kind: node.text("Type")?,
                    status: node.need_word("CreditNoteStatus")?,
                    restock_status: node.word("RestockStatus")?,
                    updated_at: node.time("Updated")?,
                }))
            },
        )
    }

    /// The credit notes of a sale.
    pub async fn credit_notes(
        &self,
        sale: &SourceOrderId,
        log: &CallLog,
    ) -> Answer<Vec<CreditNote>> {
        let call = Call::CreditNotes;
        let query = [("SaleID", sale.0.clone())];
        let answer = self.client.read(call, &query, log).await?;
        notes_of(&answer, sale).map_err(|fault| unread(call, &fault))
    }

    /// Writes a credit note with the goods it puts back. Authorised, it is final.
    ///
    /// # Errors
    /// Rejected without a call when it has neither lines nor goods, no memo, or a quantity below one.
    pub async fn write_credit_note(
        &self,
        write: &CreditNoteWrite,
        log: &CallLog,
    ) -> Answer<Written<CreditNote>> {
        let call = Call::WriteCreditNote;
        check(write)?;
        let answer = self.client.write(call, &body(write), log).await?;
        let notes = notes_of(&answer, &write.sale).map_err(|fault| unread(call, &fault))?;
        let memo = memo_of(write);
        let is_it = |note: &CreditNote| match &write.task_id {
            Some(task) => note.task_id.eq_ignore_ascii_case(task),
            None => note.memo == memo,
        };
        let found = notes.into_iter().find(is_it);
        let against = match &found {
            None => Some("the answer does not show the credit note".to_owned()),
            Some(note) => against(note, write),
        };
        let read_back = ReadBack::CreditNotes(write.sale.clone());
        Ok(Written::judged(found, against, read_back))
    }
}

fn notes_of(answer: &serde_json::Value, sale: &SourceOrderId) -> Read<Vec<CreditNote>> {
    let node = Node::root(answer);
    is_of(&node, "SaleID", sale.as_str())?;
    node.need_list("CreditNotes")?;
    node.list("CreditNotes")?.iter().map(credit_note).collect()
}

pub(super) fn credit_note(node: &Node<'_>) -> Read<CreditNote> {
    Ok(CreditNote {
        task_id: node.id("TaskID")?.unwrap_or_default(),
        number: node.text("CreditNoteNumber")?,
        status: node.need_word("Status")?,
        restock_status: node.word("RestockStatus")?,
        invoice_number: node.text("CreditNoteInvoiceNumber")?,
        memo: node.text("Memo")?,
        issued_on: node.day("CreditNoteDate")?,
        lines: node
            .list("Lines")?
            .iter()
            .map(credit_line)
            .collect::<Read<_>>()?,
        restock: node
            .list("Restock")?
            .iter()
            .map(restock)
            .collect::<Read<_>>()?,
    })
}

fn credit_line(node: &Node<'_>) -> Read<CreditLine> {
    Ok(CreditLine {
        product_id: node.id("ProductID")?.unwrap_or_default(),
        sku: Sku(node.text("SKU")?),
        title: node.text("Name")?,
        quantity: node.quantity("Quantity")?,
        price: node.amount("Price")?,
        discount_percent: node.amount("Discount")?,
        tax: node.amount("Tax")?,
        total: node.amount("Total")?,
        tax_rule: node.text("TaxRule")?,
        account: node.text("Account")?,
    })
}

fn restock(node: &Node<'_>) -> Read<Restock> {
    Ok(Restock {
        sku: Sku(node.text("SKU")?),
        place: node.text("Location")?,
        quantity: node.quantity("Quantity")?,
        batch: node.text("BatchSN")?,
        restock_place: node.text("RestockLocation")?,
        restock_place_id: node.id("RestockLocationID")?.map(LocationId),
        restocked_on: node.day("RestockDate")?,
    })
}

fn check(write: &CreditNoteWrite) -> Answer<()> {
    let call = Call::WriteCreditNote;
    check_count(call, write.lines.len().max(write.restock.len()))?;
    if memo_of(write).is_empty() {
        return Err(refused(call, "without a memo it could not be found again"));
    }
    if write.invoice_number.trim().is_empty() {
        return Err(refused(call, "there is no invoice to credit"));
    }
    if let Some(line) = write.restock.iter().find(|l| l.qty_each < 1) {
        let text = format!("{} of {} cannot be put back", line.qty_each, line.sku);
        return Err(refused(call, &text));
    }
    let is_wrong = |l: &&CreditLine| l.quantity <= Decimal::ZERO || l.total.is_negative();
    if let Some(line) = write.lines.iter().find(is_wrong) {
        let text = format!("{} of {} cannot be credited", line.quantity, line.sku);
        return Err(refused(call, &text));
    }
    Ok(())
}

/// The memo as sent and compared.
fn memo_of(write: &CreditNoteWrite) -> String {
    clean_to(&write.memo, MEMO_CHARS_MAX).trim().to_owned()
}

fn body(write: &CreditNoteWrite) -> Json {
    let lines = write.lines.iter().map(|l| {
        Json::object([
            ("ProductID", Json::text_or_null(&l.product_id)),
            ("SKU", Json::from(l.sku.as_str())),
            ("Name", Json::from(l.title.as_str())),
            ("Quantity", l.quantity.into()),
            ("Price", l.price.into()),
            ("Discount", l.discount_percent.into()),
            ("Tax", l.tax.into()),
            ("Total", l.total.into()),
            ("TaxRule", Json::from(l.tax_rule.as_str())),
            // Without one the account of the product is taken.
            ("Account", Json::text_or_null(&l.account)),
        ])
    });
    let goods = write.restock.iter().map(|l| {
        let mut out = vec![("SKU", Json::from(l.sku.as_str()))];
        out.extend(l.place.members("Location", "LocationID"));
        out.push(("Quantity", Decimal::whole(l.qty_each).into()));
        out.push(("BatchSN", Json::text_or_null(&l.batch)));
        let place = &l.restock_place;
        out.extend(place.members("RestockLocation", "RestockLocationID"));
        out.push(("RestockDate", date(l.restocked_on)));
        Json::Object(out)
    });
    let task = write.task_id.as_deref().unwrap_or(ZERO_ID);
    let mut members = vec![
        ("SaleID", Json::from(write.sale.as_str())),
        ("TaskID", Json::from(task)),
        ("CombineAdditionalCharges", Json::from(false)),
        (
            "CreditNoteInvoiceNumber",
            Json::from(write.invoice_number.as_str()),
        ),
        ("Status", Json::from(write.status.as_str())),
        ("CreditNoteDate", date(write.issued_on)),
        ("Memo", Json::from(memo_of(write))),
    ];
    if let Some(rate) = write.conversion_rate {
        members.push(("CreditNoteConversionRate", rate.into()));
    }
    members.push(("Lines", Json::list(lines)));
    members.push(("AdditionalCharges", Json::list([])));
    members.push(("Restock", Json::list(goods)));
    Json::Object(members)
}

/// What speaks against the note standing as written: status, credited quantities, goods put back.
fn against(note: &CreditNote, write: &CreditNoteWrite) -> Option<String> {
    if note.status.as_str() != write.status.as_str() {
        return Some(format!(
            "the answer shows {}, {} was written",
            note.status, write.status
        ));
    }
    let held = sums(note.lines.iter().map(|l| (&l.sku, l.quantity)));
    let sent = sums(write.lines.iter().map(|l| (&l.sku, l.quantity)));
    if held != sent {
        return Some("the answer shows other credited quantities than were written".to_owned());
    }
    let held = sums(note.restock.iter().map(|l| (&l.sku, l.quantity)));
    let sent = sums(
        write
            .restock
            .iter()
            .map(|l| (&l.sku, Decimal::whole(l.qty_each))),
    );
    (held != sent).then(|| "the answer shows other goods put back than were written".to_owned())
}

fn sums<'l>(lines: impl Iterator<Item = (&'l Sku, Decimal)>) -> Option<BTreeMap<&'l Sku, Decimal>> {
    let mut out: BTreeMap<&Sku, Decimal> = BTreeMap::new();
    for (sku, quantity) in lines {
        let sum = out.entry(sku).or_default();
        *sum = sum.plus(quantity)?;
    }
    Some(out)
}
