//! Stock adjustments: absolute on-hand figures, completed at once. `Quantity` is the new figure, not a difference, and
//! without `UpdateOnHand` it would aim at *available*: the flag is always sent.

use super::Cin7Core;
use super::call::Call;
use super::client::{is_refusal, refused, unread};
use super::decimal::Decimal;
use super::json::Json;
use super::page::{RowsPage, page_query, rows};
use super::sales::is_of;
use super::stages::{Place, ReadBack, Written, check_count, date};
use super::value::{Node, Read};
use super::words::AdjustmentStatus;
use crate::domain::ids::{LocationId, Sku};
use crate::text::clean_to;
use crate::vendors::{Answer, CallLog};
use chrono::NaiveDate;
use std::collections::HashSet;

/// Longest comment sent, characters.
const COMMENT_CHARS_MAX: usize = 1_000;
/// What Cin7 Core says when every figure stands already.
const SAME_TEXT: &str = "no need to create Stock Adjustment";

/// On-hand figures to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustmentWrite {
    /// The tenant's calendar date. Stock changes when the write lands, whatever this says; a locked period refuses it.
    pub effective: NaiveDate,
    /// Our key: the list of adjustments shows it.
    pub reference: String,
    pub comment: String,
    /// Code of the expense account; the tenant's default when `None`.
    pub account: Option<String>,
    pub lines: Vec<Adjustment>,
}

/// One figure to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    pub sku: Sku,
    /// Exactly this location or bin; stock in other bins is not touched.
    pub place: Place,
    /// On hand afterwards.
    pub on_hand_each: i64,
    /// Cost of a unit, used for goods that come in.
    pub unit_cost: Decimal,
    /// Batch or serial number; empty for products without.
    pub batch: String,
    pub expiry: Option<NaiveDate>,
}

/// An adjustment as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjusted {
    pub task_id: String,
    /// `StocktakeNumber` (sic), shared with stock takes.
    pub number: String,
    pub status: AdjustmentStatus,
    pub reference: String,
    pub comment: String,
    pub lines: Vec<AdjustmentLine>,
}

/// A line of an adjustment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustmentLine {
    pub sku: Sku,
    pub place: String,
    pub place_id: Option<LocationId>,
    pub batch: String,
    /// On hand before. When it is not what was read before writing, somebody moved stock in between and the new figure
    /// has erased that.
    pub before: Decimal,
    /// Available before; zero where there was no stock.
    pub available_before: Decimal,
    /// The figure set.
    pub target: Decimal,
}

/// A row of the list of adjustments. The list has no time and no filter but the status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustmentRow {
    pub task_id: String,
    pub number: String,
    pub status: AdjustmentStatus,
    pub reference: String,
    pub comment: String,
    pub account: String,
    pub effective: Option<NaiveDate>,
}

impl Cin7Core {
    /// Sets on-hand figures and completes the adjustment. "No need" to change a single figure is applied; for several
    /// it is not documented whether all of them stand, so it is unknown.
    ///
    /// # Errors
    /// Rejected without a call when a figure is below zero, a line is there twice, or there is no reference.
    pub async fn write_adjustment(
        &self,
        write: &AdjustmentWrite,
        log: &CallLog,
    ) -> Answer<Written<Adjusted>> {
        let call = Call::WriteAdjustment;
        check(write)?;
        let by_reference = ReadBack::AdjustmentByReference(write.reference.clone());
        let answer = match self.client.write(call, &body(write), log).await {
            Ok(answer) => answer,
            Err(error) if is_refusal(&error, SAME_TEXT) => {
                let against = (write.lines.len() > 1).then_some(error.text);
                return Ok(Written::judged(None, against, by_reference));
            }
            Err(error) => return Err(error),
        };
        let found = adjusted(&Node::root(&answer)).map_err(|fault| unread(call, &fault))?;
        let against = against(&found, write);
        let read_back = ReadBack::Adjustment(found.task_id.clone());
        Ok(Written::judged(Some(found), against, read_back))
    }

    /// One adjustment.
    pub async fn adjustment(&self, task_id: &str, log: &CallLog) -> Answer<Adjusted> {
        let call = Call::Adjustment;
        let query = [("TaskID", task_id.to_owned())];
        let answer = self.client.read(call, &query, log).await?;
        let node = Node::root(&answer);
        is_of(&node, "TaskID", task_id)
            .and_then(|()| adjusted(&node))
            .map_err(|fault| unread(call, &fault))
    }

    /// A page (from 1) of the list of adjustments, in no order one may build on: our own are found by their reference.
    pub async fn adjustments_page(
        &self,
        status: Option<AdjustmentStatus>,
        page: u32,
        log: &CallLog,
    ) -> Answer<RowsPage<AdjustmentRow>> {
        let call = Call::AdjustmentList;
        let mut query = page_query(page);
        if let Some(status) = status {
            query.push(("Status", status.as_str().to_owned()));
        }
        let answer = self.client.read(call, &query, log).await?;
        let key = ("StockAdjustmentList", page);
        rows(call, &answer, key, "StocktakeNumber", |node| {
            Ok(Some(AdjustmentRow {
                task_id: node.need_id("TaskID")?,
                number: node.text("StocktakeNumber")?,
                status: node.need_word("Status")?,
                reference: node.text("Reference")?,
                comment: node.text("Comment")?,
                account: node.text("Account")?,
                effective: node.day("EffectiveDate")?,
            }))
        })
    }
}

fn check(write: &AdjustmentWrite) -> Answer<()> {
    let call = Call::WriteAdjustment;
    check_count(call, write.lines.len())?;
    if write.reference.trim().is_empty() {
        return Err(refused(
            call,
            "without a reference it could not be found again",
        ));
    }
    let mut seen = HashSet::new();
    for line in &write.lines {
        if line.sku.as_str().trim().is_empty() {
            return Err(refused(call, "a line has no SKU"));
        }
        if line.place.name.trim().is_empty() && line.place.id.is_none() {
            return Err(refused(call, &format!("{} has no location", line.sku)));
        }
        if line.on_hand_each < 0 {
            let text = format!("{} on hand of {} cannot be", line.on_hand_each, line.sku);
            return Err(refused(call, &text));
        }
        if line.unit_cost.is_negative() {
            return Err(refused(
                call,
                &format!("the cost of {} is negative", line.sku),
            ));
        }
        let place = line
            .place
            .id
            .as_ref()
            .map_or(line.place.name.as_str(), LocationId::as_str);
        if !seen.insert((line.sku.as_str(), place, line.batch.as_str(), line.expiry)) {
            return Err(refused(call, &format!("{} is there twice", line.sku)));
        }
    }
    Ok(())
}

fn body(write: &AdjustmentWrite) -> Json {
    let lines = write.lines.iter().map(|line| {
        let mut out = vec![
            ("SKU", Json::from(line.sku.as_str())),
            ("Quantity", Decimal::whole(line.on_hand_each).into()),
            ("UnitCost", line.unit_cost.into()),
        ];
        out.extend(line.place.members("Location", "LocationID"));
        out.push(("BatchSN", Json::text_or_null(&line.batch)));
        out.push(("ExpiryDate", line.expiry.map_or(Json::Null, date)));
        Json::Object(out)
    });
    let mut members = vec![
        ("EffectiveDate", date(write.effective)),
        ("Status", Json::from(AdjustmentStatus::Completed.as_str())),
        ("UpdateOnHand", Json::from(true)),
        ("Reference", Json::from(write.reference.as_str())),
        (
            "Comment",
            Json::from(clean_to(&write.comment, COMMENT_CHARS_MAX)),
        ),
    ];
    if let Some(account) = &write.account {
        members.push(("Account", Json::from(account.as_str())));
    }
    members.push(("Lines", Json::list(lines)));
    Json::Object(members)
}

fn adjusted(node: &Node<'_>) -> Read<Adjusted> {
    let mut lines = Vec::new();
    for row in node.list("ExistingStockLines")? {
        let target = row.need_decimal("Adjustment")?;
        lines.push(line(&row, row.amount("QuantityOnHand")?, target)?);
    }
    // Where there was no stock nothing can have been erased.
    for row in node.list("NewStockLines")? {
        let target = row.need_decimal("Quantity")?;
        lines.push(line(&row, Decimal::ZERO, target)?);
    }
    Ok(Adjusted {
        task_id: node.need_id("TaskID")?,
        number: node.text("StocktakeNumber")?,
        status: node.need_word("Status")?,
        reference: node.text("Reference")?,
        comment: node.text("Comment")?,
        lines,
    })
}

fn line(row: &Node<'_>, before: Decimal, target: Decimal) -> Read<AdjustmentLine> {
    Ok(AdjustmentLine {
        sku: Sku(row.text("SKU")?),
        place: row.text("Location")?,
        place_id: row.id("LocationID")?.map(LocationId),
        batch: row.text("BatchSN")?,
        before,
        available_before: row.amount("Available")?,
        target,
    })
}

impl AdjustmentLine {
    /// Whether this is the line that was written.
    pub(super) fn is(&self, write: &Adjustment) -> bool {
        let is_place = match (&self.place_id, &write.place.id) {
            (Some(held), Some(sent)) => held.as_str().eq_ignore_ascii_case(sent.as_str()),
            _ => self.place.eq_ignore_ascii_case(write.place.name.trim()),
        };
        self.sku == write.sku && self.batch == write.batch.trim() && is_place
    }
}

/// What speaks against the adjustment standing as written.
fn against(found: &Adjusted, write: &AdjustmentWrite) -> Option<String> {
    if found.status != AdjustmentStatus::Completed {
        return Some(format!(
            "the answer shows {}, COMPLETED was written",
            found.status
        ));
    }
    for sent in &write.lines {
        let Some(held) = found.lines.iter().find(|line| line.is(sent)) else {
            return Some(format!(
                "the answer has no line of {} at {}",
                sent.sku, sent.place.name
            ));
        };
        if held.target.as_whole() != Some(sent.on_hand_each) {
            return Some(format!(
                "the answer shows {} of {}, {} was written",
                held.target, sent.sku, sent.on_hand_each
            ));
        }
    }
    None
}
