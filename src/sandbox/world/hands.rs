//! Hands for tests and demonstrations: do what a customer, a colleague or a picker would do, now.

use super::build::MAPPED;
use super::{OrderSpec, World};
use crate::domain::time::Span;
use crate::sandbox::config::midnight_of;
use crate::sandbox::lw::state::{Book, LwAddress, LwOrder, MARKER_PARKED, status};
use crate::sandbox::pvx::state::PvxStatus;
use crate::sandbox::rng::{Guid, Rng};
use serde_json::json;

/// Why a hand could not do what it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandError {
    #[error("there is no {what} '{name}'")]
    Unknown { what: &'static str, name: String },
    #[error("order {number} cannot be {deed}: it is {state}")]
    NotNow {
        number: String,
        deed: &'static str,
        state: String,
    },
}

pub(super) fn unknown(what: &'static str, name: &str) -> HandError {
    HandError::Unknown {
        what,
        name: name.to_owned(),
    }
}

impl World {
    /// A customer places an order; answers with its GUID.
    pub fn place(&mut self, spec: &OrderSpec) -> Result<String, HandError> {
        let location = self
            .lw
            .location_named(&spec.location)
            .ok_or_else(|| unknown("location", &spec.location))?;
        let service = self
            .lw
            .services
            .iter()
            .position(|s| s.name == spec.service)
            .ok_or_else(|| unknown("postal service", &spec.service))?;
        let mut lines = Vec::new();
        for (sku, quantity) in &spec.lines {
            let item = *self
                .lw
                .item_by_sku
                .get(sku)
                .ok_or_else(|| unknown("SKU", sku))?;
            lines.push(self.line_of(item, *quantity));
        }
        let number = self.lw.next_number;
        self.lw.next_number += 1;
        let reference = if spec.reference.is_empty() {
            format!("H{number}")
        } else {
            spec.reference.clone()
        };
        let order = LwOrder {
            id: Rng::keyed(self.config.seed, "lw-order", number.unsigned_abs()).guid(),
            number,
            status: if spec.is_paid {
                status::PAID
            } else {
                status::UNPAID
            },
            marker: (!spec.is_paid).then_some(MARKER_PARKED),
            is_parked: !spec.is_paid,
            is_locked: false,
            reference,
            source: "SHOPIFY",
            sub_source: "Acme UK",
            received_at: self.now,
            created_at: self.now,
            paid_at: spec.is_paid.then_some(self.now),
            ship_by: Some(midnight_of(self.now) + Span::days(2)),
            location,
            service,
            tracking: String::new(),
            postage_minor: 350,
            address: LwAddress {
                name: spec.name.clone(),
                line1: spec.line1.clone(),
                town: "York".to_owned(),
                postcode: "YO1 0AA".to_owned(),
                email: "pat@example.test".to_owned(),
                ..LwAddress::default()
            },
            lines,
            notes: Vec::new(),
            audit: Vec::new(),
            folders: Vec::new(),
            book: Book::Open,
        };
        let ix = self.order_arrives(order);
        Ok(self.lw.orders[ix].id.to_string())
    }

    /// Position of an open Linnworks order by GUID or number.
    fn open_order(&self, id: &str, deed: &'static str) -> Result<usize, HandError> {
        let ix = Guid::parse(id)
            .and_then(|id| self.lw.order_by_id.get(&id))
            .or_else(|| {
                id.parse()
                    .ok()
                    .and_then(|n: i64| self.lw.order_by_number.get(&n))
            })
            .copied()
            .ok_or_else(|| unknown("order", id))?;
        let order = &self.lw.orders[ix];
        if order.is_open() {
            return Ok(ix);
        }
        Err(HandError::NotNow {
            number: order.number.to_string(),
            deed,
            state: format!("{:?}", order.book),
        })
    }

    /// Customer care cancels an order in Linnworks.
    pub fn cancel(&mut self, id: &str) -> Result<(), HandError> {
        let ix = self.open_order(id, "cancelled")?;
        self.lw_cancel_order(ix, "Cancelled by hand", true);
        Ok(())
    }

    /// The shopper pays; Linnworks unparks.
    pub fn pay(&mut self, id: &str) -> Result<(), HandError> {
        let ix = self.open_order(id, "paid")?;
        self.lw_set_tag(ix, None, true);
        self.lw_set_status(ix, status::PAID, true);
        Ok(())
    }

    /// Somebody parks (or unparks) an order.
    pub fn park(&mut self, id: &str, is_parked: bool) -> Result<(), HandError> {
        let ix = self.open_order(id, "parked")?;
        self.lw_set_tag(ix, is_parked.then_some(MARKER_PARKED), true);
        Ok(())
    }

    /// Somebody locks (or unlocks) an order.
    pub fn lock(&mut self, id: &str, is_locked: bool) -> Result<(), HandError> {
        let ix = self.open_order(id, "locked")?;
        self.lw_set_lock(ix, is_locked, true);
        Ok(())
    }

    /// Somebody changes an order; reservations follow.
    pub fn amend_order(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut LwOrder),
    ) -> Result<(), HandError> {
        let ix = self.open_order(id, "changed")?;
        let reserves = !self.lw.orders[ix].is_locked;
        if reserves {
            self.lw_reserve(ix, -1);
        }
        change(&mut self.lw.orders[ix]);
        if reserves {
            self.lw_reserve(ix, 1);
        }
        self.lw_note("Order amended", ix, json!({"what": "by hand"}), true);
        Ok(())
    }

    /// Somebody moves an order to another location.
    pub fn move_order(&mut self, id: &str, location: &str) -> Result<(), HandError> {
        let ix = self.open_order(id, "moved")?;
        let target = self
            .lw
            .location_named(location)
            .ok_or_else(|| unknown("location", location))?;
        self.lw_move_to(ix, target, true);
        Ok(())
    }

    /// Somebody deletes an order.
    pub fn delete_order(&mut self, id: &str) -> Result<(), HandError> {
        let ix = self.open_order(id, "deleted")?;
        self.lw_delete_order(ix, true);
        Ok(())
    }

    /// Somebody processes an order by hand; the shopper is told.
    pub fn process_by_hand(&mut self, id: &str) -> Result<(), HandError> {
        let ix = self.open_order(id, "processed")?;
        self.lw_process(ix, true);
        Ok(())
    }

    /// Another program writes a stock level at the mapped location.
    pub fn write_level(&mut self, sku: &str, level: i64, source: &str) -> Result<(), HandError> {
        let item = *self
            .lw
            .item_by_sku
            .get(sku)
            .ok_or_else(|| unknown("SKU", sku))?;
        self.lw_set_level("SetStockLevel", (item, MAPPED), level, source, true);
        Ok(())
    }

    fn wms_order(&self, number: &str) -> Result<usize, HandError> {
        self.pvx
            .order_by_number
            .get(number)
            .copied()
            .ok_or_else(|| unknown("warehouse order", number))
    }

    /// The floor picks, without waiting.
    pub fn pick(&mut self, number: &str) -> Result<(), HandError> {
        let ix = self.wms_order(number)?;
        let order = &mut self.pvx.orders[ix];
        if !matches!(
            order.status,
            PvxStatus::Allocated | PvxStatus::PartAllocated
        ) {
            return Err(HandError::NotNow {
                number: number.to_owned(),
                deed: "picked",
                state: order.status.name().to_lowercase(),
            });
        }
        order.floor_plan += 1;
        order.is_on_floor = true;
        for line in &mut order.lines {
            line.picked = line.allocated;
        }
        self.pvx_set_status(ix, PvxStatus::Picked);
        Ok(())
    }

    /// The floor despatches everything allocated, without waiting; answers with the despatch number.
    pub fn despatch(&mut self, number: &str, tracking: &str) -> Result<String, HandError> {
        let ix = self.wms_order(number)?;
        let goods: Vec<(usize, i64)> = self.pvx.orders[ix]
            .lines
            .iter()
            .enumerate()
            .map(|(p, l)| (p, l.allocated - l.despatched))
            .filter(|(_, quantity)| *quantity > 0)
            .collect();
        self.despatch_goods(ix, goods, tracking)
    }

    /// The carrier books a label, or another one, for the parcel of an order that left last.
    pub fn label(&mut self, number: &str, tracking: &str) -> Result<(), HandError> {
        let ix = self.wms_order(number)?;
        let last = self.pvx.despatches.iter().rposition(|d| d.order == ix);
        let at = last.ok_or_else(|| unknown("despatch of", number))?;
        tracking.clone_into(&mut self.pvx.despatches[at].tracking);
        self.call_back_tracking(at);
        Ok(())
    }

    /// The floor despatches part of an order: (line reference, quantity).
    pub fn despatch_part(
        &mut self,
        number: &str,
        goods: &[(&str, i64)],
        tracking: &str,
    ) -> Result<String, HandError> {
        let ix = self.wms_order(number)?;
        let order = &self.pvx.orders[ix];
        let mut found = Vec::new();
        for (reference, quantity) in goods {
            let at = order
                .lines
                .iter()
                .position(|l| l.line == *reference)
                .ok_or_else(|| unknown("line", reference))?;
            found.push((at, *quantity));
        }
        self.despatch_goods(ix, found, tracking)
    }

    /// The floor closes an order with what has left of it.
    pub fn close_short(&mut self, number: &str) -> Result<(), HandError> {
        let ix = self.wms_order(number)?;
        self.pvx_set_status(ix, PvxStatus::Despatched);
        Ok(())
    }

    fn despatch_goods(
        &mut self,
        ix: usize,
        goods: Vec<(usize, i64)>,
        tracking: &str,
    ) -> Result<String, HandError> {
        let order = &mut self.pvx.orders[ix];
        if goods.is_empty() || order.status.is_closed() {
            return Err(HandError::NotNow {
                number: order.number.clone(),
                deed: "despatched",
                state: order.status.name().to_lowercase(),
            });
        }
        order.floor_plan += 1;
        order.is_on_floor = false;
        let at = self.pvx_despatch(ix, goods, tracking.to_owned(), self.now);
        Ok(self.pvx.despatches[at].number.clone())
    }

    /// The floor puts an order on hold or takes the hold off.
    pub fn hold(&mut self, number: &str, is_on_hold: bool) -> Result<(), HandError> {
        let ix = self.wms_order(number)?;
        self.floor_holds(ix, is_on_hold);
        Ok(())
    }

    /// A count sets the units on hand.
    pub fn count(&mut self, code: &str, site: &str, on_hand: i64) -> Result<(), HandError> {
        let (item, site) = self.shelf_of(code, site)?;
        let delta = on_hand - self.pvx.shelf(item, site).on_hand;
        self.pvx_move(item, site, delta, "Stock count");
        Ok(())
    }

    /// Goods arrive.
    pub fn goods_in(&mut self, code: &str, site: &str, quantity: i64) -> Result<(), HandError> {
        let (item, site) = self.shelf_of(code, site)?;
        self.pvx_move(item, site, quantity, "Goods in");
        self.call_back_goods(item, quantity, "GI-HAND");
        Ok(())
    }

    /// Goods turn up (or vanish) at the first site under a word of the floor's own.
    pub fn odd_movement(&mut self, code: &str, word: &'static str, change: i64) {
        if let Some(item) = self.pvx.item_by_code.get(code).copied() {
            let shelf = &mut self.pvx.stock[item][0];
            shelf.on_hand = (shelf.on_hand + change).max(0);
            let (from, to) = if change > 0 {
                ("", "A-01-01")
            } else {
                ("A-01-01", "")
            };
            self.pvx_record((word, from, to, ""), (item, 0, change.abs()), "");
            self.pvx_note_availability(item, 0);
        }
    }

    fn shelf_of(&self, code: &str, site: &str) -> Result<(usize, usize), HandError> {
        let item = *self
            .pvx
            .item_by_code
            .get(code)
            .ok_or_else(|| unknown("item", code))?;
        let site = self.pvx.site(site).ok_or_else(|| unknown("site", site))?;
        Ok((item, site))
    }
}
