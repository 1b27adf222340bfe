//! Writes to a fulfilment: pick, pack, ship, tracking. Pick needs the order authorised, pack the pick, ship the pack;
//! an authorised stage takes no further write and cannot be taken back reliably. One shot per stage.

use super::Cin7Core;
use super::call::Call;
use super::client::{is_refusal, refused, unread};
use super::fulfilment::{Fulfilment, Ship, Stage, fulfilments, ship, stage};
use super::json::Json;
use super::sales::is_of;
use super::value::Node;
use super::words::{ShipStatus, WriteStatus};
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{LocationId, Sku, SourceOrderId};
use crate::vendors::{Answer, CallError, CallLog, ROWS_MAX};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Longest name of a box, characters.
const BOX_CHARS_MAX: usize = 256;
/// What Cin7 Core says to a write to a stage that is authorised already.
const DONE_TEXT: &str = "Status is AUTHORISED";

/// Where the truth about a write is found. A 200 alone was seen beside writes that had no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadBack {
    /// [`Cin7Core::pick`] of the task.
    Pick(String),
    /// [`Cin7Core::pack`] of the task.
    Pack(String),
    /// [`Cin7Core::shipment`] of the task, or in bulk the list's combined shipping status and tracking numbers.
    Ship(String),
    /// [`Cin7Core::fulfilments`] of the sale.
    Fulfilments(SourceOrderId),
    /// [`Cin7Core::credit_notes`] of the sale: our text in the memo.
    CreditNotes(SourceOrderId),
    /// [`Cin7Core::adjustment`] of the task, and the on-hand figures.
    Adjustment(String),
    /// No task is known: the on-hand figures, and the adjustments with this reference.
    AdjustmentByReference(String),
    /// [`Cin7Core::webhooks`].
    Webhooks,
}

/// A write that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    /// Applied: the answer shows what was meant. Unknown: it does not; the read-back decides. Never anything else.
    pub class: AnswerClass,
    /// Why it is not known; empty when applied.
    pub text: String,
    /// The document as answered; `None` when the answer was only a word.
    pub found: Option<T>,
    pub read_back: ReadBack,
}

impl<T> Written<T> {
    /// Applied when nothing speaks against it.
    pub(super) fn judged(found: Option<T>, against: Option<String>, read_back: ReadBack) -> Self {
        Self {
            class: match against {
                None => AnswerClass::Applied,
                Some(_) => AnswerClass::Unknown,
            },
            text: against.unwrap_or_default(),
            found,
            read_back,
        }
    }
}

/// A location or bin to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The warehouse's name, or `Main Warehouse: A-01-02` for a bin.
    pub name: String,
    /// Id of the location; of the bin for a bin. Needed for bins, whose names alone are refused.
    pub id: Option<LocationId>,
}

impl Place {
    /// The members that name it.
    pub(super) fn members(
        &self,
        name: &'static str,
        id: &'static str,
    ) -> Vec<(&'static str, Json)> {
        let mut out = vec![(name, Json::from(self.name.as_str()))];
        if let Some(place_id) = &self.id {
            out.push((id, Json::from(place_id.as_str())));
        }
        out
    }
}

/// A line to pick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickLine {
    pub sku: Sku,
    pub place: Place,
    pub qty_each: i64,
    /// Batch or serial number; empty when the product has none.
    pub batch: String,
    /// Must match the batch exactly for products that expire.
    pub expiry: Option<NaiveDate>,
}

/// A line to pack: goods and the box they lie in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackLine {
    pub goods: PickLine,
    pub box_name: String,
}

/// Boxes to ship under one tracking number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipmentLine {
    /// Names as packed; all packed boxes must be shipped for the shipment to become authorised.
    pub boxes: Vec<String>,
    /// The tenant's calendar date.
    pub shipped_on: NaiveDate,
    /// Description of a carrier as in the list of carriers.
    pub carrier: String,
    /// Empty when there is none yet.
    pub tracking: String,
}

impl Cin7Core {
    /// Adds a fulfilment. **Turns a simple sale into an advanced one for good.** Refused while an earlier one is not
    /// picked. `known` are the task ids read before: the new one is told by difference.
    pub async fn add_fulfilment(
        &self,
        sale: &SourceOrderId,
        known: &[String],
        log: &CallLog,
    ) -> Answer<Written<Fulfilment>> {
        let call = Call::AddFulfilment;
        let body = Json::object([("SaleID", Json::from(sale.as_str()))]);
        let answer = self.client.write(call, &body, log).await?;
        let node = Node::root(&answer);
        let all = is_of(&node, "SaleID", sale.as_str())
            .and_then(|()| fulfilments(&node))
            .map_err(|fault| unread(call, &fault))?;
        let is_new = |f: &Fulfilment| !known.iter().any(|k| k.eq_ignore_ascii_case(&f.task_id));
        let mut new: Vec<Fulfilment> = all.into_iter().filter(is_new).collect();
        let against = (new.len() != 1).then(|| {
            format!(
                "the answer shows {} new fulfilments, one was added",
                new.len()
            )
        });
        let found = new.pop().filter(|_| against.is_none());
        let read_back = ReadBack::Fulfilments(sale.clone());
        Ok(Written::judged(found, against, read_back))
    }

    /// Picks. With [`WriteStatus::Authorised`] the stage is final.
    pub async fn write_pick(
        &self,
        task_id: &str,
        status: WriteStatus,
        lines: &[PickLine],
        log: &CallLog,
    ) -> Answer<Written<Stage>> {
        let call = Call::WritePick;
        check_goods(call, lines.iter())?;
        let body = stage_body(
            task_id,
            status,
            lines.iter().map(|l| Json::Object(goods(l))),
        );
        let read_back = ReadBack::Pick(task_id.to_owned());
        self.write_stage(call, (task_id, status), &body, lines.iter(), read_back, log)
            .await
    }

    /// Lets Cin7 Core pick by its own choice of stock, and authorises.
    pub async fn auto_pick(&self, task_id: &str, log: &CallLog) -> Answer<Written<Stage>> {
        let call = Call::WritePick;
        let body = Json::object([
            ("TaskID", Json::from(task_id)),
            ("AutoPickMode", Json::from("AUTOPICK")),
        ]);
        let read_back = ReadBack::Pick(task_id.to_owned());
        let nothing = std::iter::empty();
        let sent = (task_id, WriteStatus::Authorised);
        self.write_stage(call, sent, &body, nothing, read_back, log)
            .await
    }

    /// Packs. Cin7 Core *adds* posted lines to a draft that has some: write a pack once, whole.
    pub async fn write_pack(
        &self,
        task_id: &str,
        status: WriteStatus,
        lines: &[PackLine],
        log: &CallLog,
    ) -> Answer<Written<Stage>> {
        let call = Call::WritePack;
        check_goods(call, lines.iter().map(|l| &l.goods))?;
        check_boxes(call, lines.iter().map(|l| l.box_name.as_str()))?;
        let rows = lines.iter().map(|l| {
            let mut members = goods(&l.goods);
            members.push(("Box", Json::from(l.box_name.as_str())));
            Json::Object(members)
        });
        let body = stage_body(task_id, status, rows);
        let read_back = ReadBack::Pack(task_id.to_owned());
        let goods = lines.iter().map(|l| &l.goods);
        self.write_stage(call, (task_id, status), &body, goods, read_back, log)
            .await
    }

    async fn write_stage<'l>(
        &self,
        call: Call,
        (task_id, status): (&str, WriteStatus),
        body: &Json,
        sent: impl Iterator<Item = &'l PickLine>,
        read_back: ReadBack,
        log: &CallLog,
    ) -> Answer<Written<Stage>> {
        let answer = match self.client.write(call, body, log).await {
            Ok(answer) => answer,
            Err(error) => return already_done(error, read_back),
        };
        let node = Node::root(&answer);
        let found = is_of(&node, "TaskID", task_id)
            .and_then(|()| stage(&node))
            .map_err(|fault| unread(call, &fault))?;
        let against = stage_against(&found, status, sent);
        Ok(Written::judged(Some(found), against, read_back))
    }

    /// Ships boxes with their tracking. Stock leaves with this step. When boxes are left over the shipment becomes
    /// PARTIALLY AUTHORISED, which the answer's status shows and which counts as not applied.
    pub async fn write_shipment(
        &self,
        task_id: &str,
        status: WriteStatus,
        lines: &[ShipmentLine],
        log: &CallLog,
    ) -> Answer<Written<Ship>> {
        let is_shipped = status == WriteStatus::Authorised;
        let call = Call::WriteShip;
        check_shipment(call, lines)?;
        let body = Json::object([
            ("TaskID", Json::from(task_id)),
            ("Status", Json::from(status.as_str())),
            (
                "Lines",
                Json::list(lines.iter().map(|l| shipment_line(l, is_shipped))),
            ),
        ]);
        self.write_ship(call, (task_id, status), &body, lines, log)
            .await
    }

    /// Changes tracking number or carrier of boxes of a shipment that is authorised already; nothing else of it can
    /// change.
    pub async fn change_tracking(
        &self,
        task_id: &str,
        lines: &[ShipmentLine],
        log: &CallLog,
    ) -> Answer<Written<Ship>> {
        let call = Call::ChangeTracking;
        check_shipment(call, lines)?;
        let status = WriteStatus::Authorised;
        let body = Json::object([
            ("TaskID", Json::from(task_id)),
            ("AddTrackingNumbers", Json::from(true)),
            ("Status", Json::from(status.as_str())),
            (
                "Lines",
                Json::list(lines.iter().map(|l| shipment_line(l, true))),
            ),
        ]);
        self.write_ship(call, (task_id, status), &body, lines, log)
            .await
    }

    async fn write_ship(
        &self,
        call: Call,
        (task_id, status): (&str, WriteStatus),
        body: &Json,
        lines: &[ShipmentLine],
        log: &CallLog,
    ) -> Answer<Written<Ship>> {
        let read_back = ReadBack::Ship(task_id.to_owned());
        let answer = match self.client.write(call, body, log).await {
            Ok(answer) => answer,
            Err(error) => return already_done(error, read_back),
        };
        let node = Node::root(&answer);
        let found = is_of(&node, "TaskID", task_id)
            .and_then(|()| ship(&node))
            .map_err(|fault| unread(call, &fault))?;
        let against = ship_against(&found, status, lines);
        Ok(Written::judged(Some(found), against, read_back))
    }
}

/// A stage that is authorised already: by us in a call whose answer was lost, or by somebody else. What it holds decides.
fn already_done<T>(error: CallError, read_back: ReadBack) -> Answer<Written<T>> {
    if !is_refusal(&error, DONE_TEXT) {
        return Err(error);
    }
    Ok(Written::judged(None, Some(error.text), read_back))
}

fn stage_body(task_id: &str, status: WriteStatus, rows: impl Iterator<Item = Json>) -> Json {
    Json::object([
        ("TaskID", Json::from(task_id)),
        ("Status", Json::from(status.as_str())),
        ("Lines", Json::list(rows)),
    ])
}

fn goods(line: &PickLine) -> Vec<(&'static str, Json)> {
    let mut out = vec![
        ("SKU", Json::from(line.sku.as_str())),
        ("Quantity", super::Decimal::whole(line.qty_each).into()),
    ];
    out.extend(line.place.members("Location", "LocationID"));
    out.push(("BatchSN", Json::text_or_null(&line.batch)));
    if let Some(day) = line.expiry {
        out.push(("ExpiryDate", date(day)));
    }
    out
}

fn shipment_line(line: &ShipmentLine, is_shipped: bool) -> Json {
    Json::object([
        ("ShipmentDate", date(line.shipped_on)),
        ("Carrier", Json::from(line.carrier.as_str())),
        // `Box` in, `Boxes` out.
        ("Box", Json::from(line.boxes.join(","))),
        ("TrackingNumber", Json::from(line.tracking.as_str())),
        ("IsShipped", Json::from(is_shipped)),
    ])
}

/// A business date in the form the service uses.
pub(super) fn date(day: NaiveDate) -> Json {
    Json::from(day.format("%Y-%m-%dT00:00:00").to_string())
}

/// Refuses a list of lines that cannot be meant.
pub(super) fn check_count(call: Call, count: usize) -> Answer<()> {
    match count {
        0 => Err(refused(call, "there is no line to write")),
        n if n > ROWS_MAX => {
            let text = format!("{n} lines in one call, at most {ROWS_MAX} are allowed");
            Err(refused(call, &text))
        }
        _ => Ok(()),
    }
}

fn check_goods<'l>(call: Call, lines: impl Iterator<Item = &'l PickLine>) -> Answer<()> {
    let mut count = 0;
    for line in lines {
        count += 1;
        if line.sku.as_str().trim().is_empty() {
            return Err(refused(call, &format!("line {count} has no SKU")));
        }
        if line.qty_each < 1 {
            let text = format!("{} of {} cannot be written", line.qty_each, line.sku);
            return Err(refused(call, &text));
        }
        if line.place.name.trim().is_empty() && line.place.id.is_none() {
            return Err(refused(call, &format!("{} has no location", line.sku)));
        }
    }
    check_count(call, count)
}

fn check_boxes<'l>(call: Call, names: impl Iterator<Item = &'l str>) -> Answer<()> {
    for name in names {
        let why = if name.trim().is_empty() {
            "has no name"
        } else if name.contains(',') {
            "has a comma in its name, which separates boxes"
        } else if name.chars().count() > BOX_CHARS_MAX {
            "has too long a name"
        } else {
            continue;
        };
        let shown = crate::text::clean_to(name, 40);
        return Err(refused(call, &format!("box {shown:?} {why}")));
    }
    Ok(())
}

fn check_shipment(call: Call, lines: &[ShipmentLine]) -> Answer<()> {
    check_count(call, lines.len())?;
    if lines.iter().any(|l| l.boxes.is_empty()) {
        return Err(refused(call, "a shipment line has no box"));
    }
    let boxes = || {
        lines
            .iter()
            .flat_map(|l| l.boxes.iter().map(String::as_str))
    };
    check_boxes(call, boxes())?;
    let mut seen = std::collections::BTreeSet::new();
    match boxes().find(|name| !seen.insert(*name)) {
        Some(twice) => Err(refused(call, &format!("box {twice:?} is shipped twice"))),
        None => Ok(()),
    }
}

/// What speaks against a stage standing as written: its status, or quantities per SKU.
fn stage_against<'l>(
    found: &Stage,
    status: WriteStatus,
    sent: impl Iterator<Item = &'l PickLine>,
) -> Option<String> {
    if found.status.as_str() != status.as_str() {
        return Some(format!(
            "the answer shows {}, {status} was written",
            found.status
        ));
    }
    let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
    for line in sent {
        let sum = wanted.entry(line.sku.as_str()).or_default();
        *sum = sum.saturating_add(line.qty_each);
    }
    if wanted.is_empty() {
        return None;
    }
    let mut held: BTreeMap<&str, super::Decimal> = BTreeMap::new();
    for line in &found.lines {
        let sum = held.entry(line.sku.as_str()).or_default();
        *sum = sum.plus(line.quantity)?;
    }
    for (sku, qty) in &wanted {
        let has = held.remove(sku).unwrap_or_default();
        if has.as_whole() != Some(*qty) {
            return Some(format!(
                "the answer shows {has} of {sku}, {qty} were written"
            ));
        }
    }
    let (sku, has) = held.into_iter().find(|(_, n)| *n != super::Decimal::ZERO)?;
    Some(format!(
        "the answer shows {has} of {sku}, which was not written"
    ))
}

/// What speaks against a shipment standing as written: its status, a box, its tracking or carrier.
fn ship_against(found: &Ship, status: WriteStatus, lines: &[ShipmentLine]) -> Option<String> {
    let is_meant = match status {
        WriteStatus::Authorised => found.status == ShipStatus::Authorised,
        WriteStatus::Draft => found.status == ShipStatus::Draft,
    };
    if !is_meant {
        return Some(format!(
            "the answer shows {}, {status} was written",
            found.status
        ));
    }
    let is_shipped = status == WriteStatus::Authorised;
    for line in lines {
        for name in &line.boxes {
            let name = name.trim();
            let Some(held) = found
                .lines
                .iter()
                .find(|l| l.boxes.iter().any(|b| b == name))
            else {
                return Some(format!("the answer does not show box {name:?}"));
            };
            if held.tracking != line.tracking.trim() {
                return Some(format!(
                    "the answer shows tracking {:?} for box {name:?}, {:?} was written",
                    held.tracking, line.tracking
                ));
            }
            if !held.carrier.eq_ignore_ascii_case(line.carrier.trim()) {
                return Some(format!(
                    "the answer shows carrier {:?} for box {name:?}, {:?} was written",
                    held.carrier, line.carrier
                ));
            }
            if held.is_shipped != is_shipped {
                return Some(format!("the answer does not show box {name:?} as shipped"));
            }
        }
    }
    None
}
