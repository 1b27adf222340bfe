//! A parcel into Cin7 Core: pick, pack and ship, each authorised once and final then. What the sale shows decides which
//! stage is written; a stage it shows as authorised never is.

use super::Cin7Core;
use super::stages::{PackLine, PickLine, Place, ShipmentLine, Written};
use super::tasks::{StageDue, Task, Tasks};
use super::trade::numbers;
use super::words::{ShipStatus, StageStatus, WriteStatus};
use crate::domain::delivery::{AnswerClass, DespatchIntent, RelabelIntent};
use crate::domain::order::{SourceOrder, SourceShipment};
use crate::vendors::{Answer, CallError, CallLog, Orders, ParcelStep, Parcels};
use futures::future::BoxFuture;
use std::collections::BTreeMap;

/// Name of the box of a parcel we pack.
const BOX: &str = "Parcel 1";

impl Parcels for Cin7Core {
    /// Pick, pack and ship.
    fn calls_each(&self) -> u32 {
        3
    }

    fn shown<'a>(
        &'a self,
        known: &'a [SourceOrder],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Orders>> {
        Box::pin(self.shown_now(known, log))
    }

    fn next(&self, sale: &SourceOrder, parcel: &DespatchIntent) -> Result<ParcelStep, String> {
        let held: Vec<&str> = numbers(&parcel.tracking).collect();
        if sale.shows(&held, &parcel.lines) {
            return Ok(ParcelStep::Shown);
        }
        if held.len() > 1 {
            return Err(format!(
                "one despatch with several tracking numbers ({}); a shipment of Cin7 Core has one",
                parcel.tracking
            ));
        }
        let tasks = Tasks::kept(sale)?;
        if let Some(task) = tasks.fulfilments.iter().find(|t| t.is_under_way()) {
            is_ours(task, parcel)?;
        }
        Ok(ParcelStep::Write)
    }

    fn next_label(&self, sale: &SourceOrder, change: &RelabelIntent) -> Result<ParcelStep, String> {
        let wanted: Vec<&str> = numbers(&change.parcel.tracking).collect();
        if sale.shipment_of(&wanted, &change.parcel.lines).is_some() {
            return Ok(ParcelStep::Shown);
        }
        if wanted.len() > 1 {
            return Err(format!(
                "one despatch with several tracking numbers ({}); a shipment of Cin7 Core has one",
                change.parcel.tracking
            ));
        }
        told_task(sale, change).map(|_| ParcelStep::Write)
    }

    fn write_label<'a>(
        &'a self,
        sale: &'a SourceOrder,
        change: &'a RelabelIntent,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<SourceOrder>> {
        Box::pin(async move {
            let parcel = &change.parcel;
            let task = told_task(sale, change)
                .map_err(|text| CallError::new(AnswerClass::Rejected, text))?;
            let line = self.shipment_line(&task, parcel);
            proven(self.change_tracking(&task.task_id, &[line], log).await?)?;
            let mut after = sale.clone();
            for shipment in after.shipments.iter_mut().filter(|s| s.id == task.task_id) {
                shipment.tracking = numbers(&parcel.tracking).map(str::to_owned).collect();
            }
            Ok(after)
        })
    }

    fn write<'a>(
        &'a self,
        sale: &'a SourceOrder,
        parcel: &'a DespatchIntent,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<SourceOrder>> {
        Box::pin(async move {
            let mut tasks =
                Tasks::kept(sale).map_err(|text| CallError::new(AnswerClass::Rejected, text))?;
            let mut after = sale.clone();
            let Some(at) = open_task(&mut tasks, sale) else {
                let task = self.added(&tasks, sale, log).await?;
                tasks.fulfilments.push(task);
                after.vendor_extra = tasks.keep();
                return Ok(after);
            };
            let place = Place {
                name: tasks.location.clone(),
                id: Some(parcel.location.clone()),
            };
            if let Some(task) = tasks.fulfilments.get_mut(at) {
                self.stage(task, &place, parcel, log).await?;
                if task.due() == StageDue::None {
                    after.shipments.push(shipment(task, parcel));
                }
            }
            after.vendor_extra = tasks.keep();
            Ok(after)
        })
    }
}

/// The task to work on: one that is under way, else one whose pick is open. A simple sale that lists none has one under
/// its own id; otherwise a further fulfilment is added first (`None`).
fn open_task(tasks: &mut Tasks, sale: &SourceOrder) -> Option<usize> {
    if tasks.fulfilments.is_empty() && tasks.is_simple() {
        tasks.fulfilments.push(Task::first_of(sale));
    }
    let begun = tasks.fulfilments.iter().position(Task::is_under_way);
    begun.or_else(|| {
        tasks
            .fulfilments
            .iter()
            .position(|t| t.due() == StageDue::Pick)
    })
}

/// The task whose shipment is to have another tracking.
fn told_task(sale: &SourceOrder, change: &RelabelIntent) -> Result<Task, String> {
    let told: Vec<&str> = numbers(&change.told).collect();
    let shipment = sale.shipment_of(&told, &change.parcel.lines);
    let tasks = Tasks::kept(sale)?;
    let mut tasks = tasks.fulfilments.into_iter();
    shipment
        .and_then(|s| tasks.find(|t| t.task_id == s.id))
        .ok_or_else(|| {
            format!(
                "Cin7 Core shows no shipment of these goods with tracking {:?}: somebody changed it by hand; enter \
                 {:?} there",
                change.told, change.parcel.tracking
            )
        })
}

/// Units of the parcel by SKU.
fn goods(parcel: &DespatchIntent) -> BTreeMap<String, i64> {
    let mut out: BTreeMap<String, i64> = BTreeMap::new();
    for line in &parcel.lines {
        *out.entry(line.sku.0.clone()).or_default() += line.qty_each;
    }
    out
}

/// What was picked must be what is in the parcel; otherwise somebody else works on the sale.
fn is_ours(task: &Task, parcel: &DespatchIntent) -> Result<(), String> {
    let (picked, wanted) = (&task.picked, goods(parcel));
    if picked.is_empty() || *picked == wanted {
        return Ok(());
    }
    let told = |goods: &BTreeMap<String, i64>| {
        let parts = goods.iter().map(|(sku, units)| format!("{units} × {sku}"));
        parts.collect::<Vec<_>>().join(", ")
    };
    Err(format!(
        "fulfilment {} of the sale was picked with {}, this parcel holds {}; finish or void it in Cin7 Core, the \
         confirmation follows by itself",
        task.number,
        told(picked),
        told(&wanted)
    ))
}

fn shipment(task: &Task, parcel: &DespatchIntent) -> SourceShipment {
    SourceShipment {
        id: task.task_id.clone(),
        tracking: numbers(&parcel.tracking).map(str::to_owned).collect(),
        lines: parcel
            .lines
            .iter()
            .map(|l| (l.row_id.clone(), l.qty_each))
            .collect(),
    }
}

/// The document of a write that is proven; otherwise the doubt it leaves.
fn proven<T>(written: Written<T>) -> Answer<Option<T>> {
    if written.class == AnswerClass::Applied {
        return Ok(written.found);
    }
    Err(CallError::new(AnswerClass::Unknown, written.text))
}

impl Cin7Core {
    /// Adds a fulfilment for a further parcel. A simple sale becomes an advanced one by it, for good.
    async fn added(&self, tasks: &Tasks, sale: &SourceOrder, log: &CallLog) -> Answer<Task> {
        let known: Vec<String> = tasks
            .fulfilments
            .iter()
            .map(|t| t.task_id.clone())
            .collect();
        let written = self.add_fulfilment(&sale.source_id, &known, log).await?;
        let found = proven(written)?.ok_or_else(|| {
            CallError::new(
                AnswerClass::Unknown,
                "the answer does not show the new fulfilment".to_owned(),
            )
        })?;
        Ok(Task::of(&found))
    }

    /// All boxes of a task as one shipment under the parcel's tracking.
    fn shipment_line(&self, task: &Task, parcel: &DespatchIntent) -> ShipmentLine {
        let day = parcel.despatched_at.to_utc().with_timezone(&self.time_zone);
        ShipmentLine {
            boxes: task.boxes.clone(),
            shipped_on: day.date_naive(),
            carrier: parcel.carrier.clone(),
            tracking: parcel.tracking.clone(),
        }
    }

    /// Writes the stage that is due, and notes it on the task.
    async fn stage(
        &self,
        task: &mut Task,
        place: &Place,
        parcel: &DespatchIntent,
        log: &CallLog,
    ) -> Answer<()> {
        let authorised = WriteStatus::Authorised;
        let lines = goods(parcel).into_iter().map(|(sku, qty_each)| PickLine {
            sku: sku.into(),
            place: place.clone(),
            qty_each,
            batch: String::new(),
            expiry: None,
        });
        match task.due() {
            StageDue::Pick => {
                let lines: Vec<PickLine> = lines.collect();
                proven(
                    self.write_pick(&task.task_id, authorised, &lines, log)
                        .await?,
                )?;
                task.pick = StageStatus::Authorised.as_str().to_owned();
                task.picked = goods(parcel);
            }
            StageDue::Pack => {
                let lines: Vec<PackLine> = lines
                    .map(|goods| PackLine {
                        goods,
                        box_name: BOX.to_owned(),
                    })
                    .collect();
                proven(
                    self.write_pack(&task.task_id, authorised, &lines, log)
                        .await?,
                )?;
                task.pack = StageStatus::Authorised.as_str().to_owned();
                task.boxes = vec![BOX.to_owned()];
            }
            StageDue::Ship => {
                let line = self.shipment_line(task, parcel);
                proven(
                    self.write_shipment(&task.task_id, authorised, &[line], log)
                        .await?,
                )?;
                task.ship = ShipStatus::Authorised.as_str().to_owned();
            }
            StageDue::None => {}
        }
        Ok(())
    }
}
