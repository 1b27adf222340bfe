//! Shipments: boxes with their tracking. Goods leave with this stage.

use super::fulfil::status_refusal;
use super::params::{Body, Query, Refusal};
use super::render;
use super::sale::{Kind, ShipLine, StageLine, Stand};
use crate::sandbox::faults::FaultKind;
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Longest tracking number, characters.
const TRACKING_CHARS_MAX: usize = 256;

impl World {
    /// Refuses a carrier that is not in the reference book.
    pub(super) fn cin7_check_carrier(&self, name: &str) -> Result<(), Refusal> {
        let is_known = self.cin7.carriers.iter().any(|c| c.1 == name);
        if is_known || self.config.cin7.switches.lenient_carriers {
            return Ok(());
        }
        Err(Refusal::bad(format!(
            "Carrier '{name}' was not found in reference book"
        )))
    }

    fn cin7_ship_answer(&self, at: (usize, usize)) -> Value {
        let f = self.cin7_at(at);
        let mut out = render::ship(&f.ship, &self.cin7_ship_to(at.0));
        out["TaskID"] = json!(f.task);
        out
    }

    /// `GET sale/fulfilment/ship`.
    pub(super) fn cin7_get_ship(&self, query: &Query) -> Result<Value, Refusal> {
        let at = self.cin7_task_of(query.need_guid("TaskID")?)?;
        Ok(self.cin7_ship_answer(at))
    }

    /// `POST` and `PUT sale/fulfilment/ship`; with `AddTrackingNumbers` only tracking and carrier of boxes that left.
    pub(super) fn cin7_write_ship(&mut self, body: &Body) -> Result<Value, Refusal> {
        let at = self.cin7_task_of(body.need_guid("TaskID")?)?;
        let f = self.cin7_at(at);
        let (pack, ship) = (f.pack.status, f.ship.status);
        if body.flag("AddTrackingNumbers") == Some(true) && !ship.is_open() {
            return self.cin7_change_tracking(at, body);
        }
        let is_simple = self.cin7.sales[at.0].kind == Kind::Simple;
        let has_pack = !is_simple || self.config.cin7.switches.simple_has_pack;
        if has_pack && pack != Stand::Authorised {
            return Err(status_refusal("Pack", pack));
        }
        if !ship.is_open() {
            return Err(status_refusal("Ship", ship));
        }
        let is_final = match body.need_text("Status")?.as_str() {
            "DRAFT" => false,
            "AUTHORISED" | "PARTIALLY AUTHORISED" => true,
            _ => return Err(Refusal::invalid("Status")),
        };
        if !has_pack {
            self.cin7_pack_by_itself(at, body)?;
        }
        let lines = self.cin7_read_shipment(at, body)?;
        if is_final && lines.is_empty() {
            return Err(Refusal::bad("Lines are required to authorise Ship."));
        }
        let require_by = body.day("RequireBy")?;
        if self.faults.current != Some(FaultKind::DroppedLine) {
            if let Some(day) = require_by {
                self.cin7_at_mut(at).ship.require_by = Some(day);
                self.cin7.sales[at.0].ship_by = Some(day);
            }
            self.cin7_at_mut(at).ship.notes = body.text("ShippingNotes").unwrap_or_default();
            self.cin7_ship(at, lines, is_final, false);
        }
        Ok(self.cin7_ship_answer(at))
    }

    /// Accounts whose simple sales have no pack put the goods into the boxes the shipment names: all into the first.
    fn cin7_pack_by_itself(&mut self, at: (usize, usize), body: &Body) -> Result<(), Refusal> {
        let f = self.cin7_at(at);
        if f.pick.status != Stand::Authorised {
            return Err(status_refusal("Pick", f.pick.status));
        }
        let first = body.list("Lines").first().and_then(|l| l.text("Box"));
        let first = first.unwrap_or_else(|| "Box 1".to_owned());
        let name = boxes_of(&first).into_iter().next().unwrap_or(first);
        let lines: Vec<StageLine> = f
            .pick
            .lines
            .iter()
            .map(|l| StageLine {
                box_name: name.clone(),
                ..l.clone()
            })
            .collect();
        self.cin7_at_mut(at).pack.lines = lines;
        Ok(())
    }

    fn cin7_read_shipment(
        &mut self,
        at: (usize, usize),
        body: &Body,
    ) -> Result<Vec<ShipLine>, Refusal> {
        let mut out: Vec<ShipLine> = Vec::new();
        for row in body.list("Lines") {
            let boxes = boxes_of(&row.need_text("Box")?);
            let date = row
                .day("ShipmentDate")?
                .ok_or_else(|| Refusal::missing("ShipmentDate"))?;
            let carrier = row.text("Carrier").unwrap_or_default();
            if !carrier.is_empty() {
                self.cin7_check_carrier(&carrier)?;
            }
            for name in &boxes {
                let is_packed = self
                    .cin7_at(at)
                    .pack
                    .lines
                    .iter()
                    .any(|l| l.box_name == *name);
                let is_twice = out.iter().any(|l| l.boxes.contains(name));
                if !is_packed || is_twice {
                    return Err(Refusal::bad(format!("Box '{name}' was not found in Pack.")));
                }
            }
            out.push(ShipLine {
                id: self.cin7_guid(),
                date: Some(date),
                carrier,
                boxes,
                tracking: tracking_of(&row)?,
                is_shipped: row.flag("IsShipped").unwrap_or(true),
            });
        }
        Ok(out)
    }

    /// Writes a shipment that was checked. Final: the boxes marked as shipped leave, and the status follows from whether
    /// those are all.
    pub(super) fn cin7_ship(
        &mut self,
        at: (usize, usize),
        lines: Vec<ShipLine>,
        is_final: bool,
        by_world: bool,
    ) {
        let f = self.cin7_at_mut(at);
        f.ship.lines = lines;
        f.ship.status = Stand::Draft;
        if !is_final {
            let key = f.task.to_string();
            self.cin7_note_sale("Ship drafted", at.0, key, json!({}), by_world);
            return;
        }
        f.ship.status = Stand::PartlyAuthorised;
        let is_whole = f.pack.lines.iter().all(|l| f.is_box_shipped(&l.box_name));
        if is_whole {
            f.ship.status = Stand::Authorised;
        }
        for line in self.cin7_at(at).ship.lines.clone() {
            if line.is_shipped {
                self.cin7_boxes_leave(at, &line, by_world);
            }
        }
        self.cin7_tell("Sale/ShipmentAuthorised", at.0, Some(at.1));
        if self
            .cin7_at(at)
            .ship
            .lines
            .iter()
            .any(|l| !l.tracking.is_empty())
        {
            self.cin7_tell("Sale/ShipmentTrackingNumberChanged", at.0, Some(at.1));
        }
    }

    /// One line of a shipment leaves: one effect per tracking number.
    fn cin7_boxes_leave(&mut self, at: (usize, usize), line: &ShipLine, by_world: bool) {
        let goods: Vec<StageLine> = self
            .cin7_at(at)
            .pack
            .lines
            .iter()
            .filter(|l| line.boxes.contains(&l.box_name))
            .cloned()
            .collect();
        for packed in &goods {
            self.cin7_leave(&packed.slot, packed.quantity);
        }
        let f = self.cin7_at(at);
        let key = f.task.to_string();
        let detail = json!({
            "fulfilment": f.number, "status": f.ship.status.word(), "boxes": line.boxes,
            "tracking": line.tracking, "carrier": line.carrier, "lines": self.cin7_goods(&goods),
        });
        self.cin7_note_sale("Ship", at.0, key, detail, by_world);
    }

    /// Boxes that were left behind leave after all; people can do that, the API cannot.
    pub(super) fn cin7_ship_rest(&mut self, at: (usize, usize), tracking: &str) {
        let f = self.cin7_at(at);
        let mut boxes: Vec<String> = Vec::new();
        for line in &f.pack.lines {
            if !f.is_box_shipped(&line.box_name) && !boxes.contains(&line.box_name) {
                boxes.push(line.box_name.clone());
            }
        }
        if boxes.is_empty() || f.ship.status != Stand::PartlyAuthorised {
            return;
        }
        let line = ShipLine {
            id: self.cin7_guid(),
            date: Some(render::today(self.now)),
            carrier: self.cin7.sales[at.0].carrier.clone(),
            boxes,
            tracking: tracking.to_owned(),
            is_shipped: true,
        };
        let ship = &mut self.cin7_at_mut(at).ship;
        ship.lines.retain(|l| l.is_shipped);
        ship.lines.push(line.clone());
        ship.status = Stand::Authorised;
        self.cin7_boxes_leave(at, &line, true);
        self.cin7_tell("Sale/ShipmentAuthorised", at.0, Some(at.1));
    }

    fn cin7_change_tracking(&mut self, at: (usize, usize), body: &Body) -> Result<Value, Refusal> {
        let mut changes: Vec<(usize, String, Option<String>)> = Vec::new();
        for row in body.list("Lines") {
            let boxes = boxes_of(&row.need_text("Box")?);
            let carrier = row.text("Carrier");
            if let Some(name) = &carrier {
                self.cin7_check_carrier(name)?;
            }
            let tracking = tracking_of(&row)?;
            let held = &self.cin7_at(at).ship.lines;
            for (n, _) in held
                .iter()
                .enumerate()
                .filter(|(_, l)| l.boxes.iter().any(|b| boxes.contains(b)))
            {
                changes.push((n, tracking.clone(), carrier.clone()));
            }
        }
        let mut detail = Vec::new();
        if self.faults.current == Some(FaultKind::DroppedLine) {
            changes.clear();
        }
        for (n, tracking, carrier) in changes {
            let line = &mut self.cin7_at_mut(at).ship.lines[n];
            let before = std::mem::replace(&mut line.tracking, tracking);
            line.carrier = carrier.unwrap_or_else(|| line.carrier.clone());
            detail.push(json!({"boxes": line.boxes, "before": before, "after": line.tracking, "carrier": line.carrier}));
        }
        if !detail.is_empty() {
            let key = self.cin7_at(at).task.to_string();
            self.cin7_note_sale("Tracking changed", at.0, key, Value::Array(detail), false);
            self.cin7_tell("Sale/ShipmentTrackingNumberChanged", at.0, Some(at.1));
        }
        Ok(self.cin7_ship_answer(at))
    }
}

/// Several boxes of one line are separated by commas.
fn boxes_of(text: &str) -> Vec<String> {
    let names = text.split(',').map(|b| b.trim().to_owned());
    names.filter(|b| !b.is_empty()).collect()
}

fn tracking_of(row: &Body) -> Result<String, Refusal> {
    let text = row.text("TrackingNumber").unwrap_or_default();
    if text.chars().count() > TRACKING_CHARS_MAX {
        let text = format!(
            "Attribute 'TrackingNumber' length can't be more than {TRACKING_CHARS_MAX} characters."
        );
        return Err(Refusal::bad(text));
    }
    Ok(text)
}
