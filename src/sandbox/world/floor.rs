//! The warehouse floor: pick, pack, despatch, in opening hours and realistic times.

use super::{Event, Step, World};
use crate::domain::time::{Span, Ts};
use crate::sandbox::pvx::state::PvxStatus;
use crate::sandbox::rng::Rng;
use serde_json::json;

/// Shortest and longest way from accepted to despatched, seconds at pace 100.
const WORK_SECS: (i64, i64) = (20 * 60, 90 * 60);
/// Wait before goods of a partly allocated order go on their own.
const PARTIAL_WAIT: Span = Span::mins(60);
/// Wait before the floor looks again at an order on hold.
const HOLD_WAIT: Span = Span::mins(15);
/// Lines (by position) and quantities.
type Goods = Vec<(usize, i64)>;

/// Text shown for the odd status.
const ODD_STATUS: &str = "Awaiting QC";

impl World {
    fn floor_dice(&self, ix: usize, what: &str) -> Rng {
        let order = &self.pvx.orders[ix];
        let name = format!("{}/{}", order.number, order.despatches.len());
        Rng::named(self.config.seed, what, &name)
    }

    /// Irregularities of a new order: held by the floor, shown with an odd status.
    pub(crate) fn plan_order_oddities(&mut self, ix: usize) {
        let traits = self.config.traits.clone();
        let mut dice = self.floor_dice(ix, "oddities");
        if dice.chance(traits.unknown_status) {
            let until = self.now + Span::mins(dice.between(20, 40));
            self.pvx.orders[ix].odd_status = Some((ODD_STATUS.to_owned(), until));
        }
        if dice.chance(traits.held_on_floor) {
            let on = self.now + Span::mins(dice.between(1, 8));
            let off = on + Span::mins(dice.between(30, 120));
            self.schedule(on, Event::Hold(ix, true));
            self.schedule(off, Event::Hold(ix, false));
        }
    }

    pub(super) fn floor_holds(&mut self, ix: usize, on: bool) {
        if self.pvx.orders[ix].status.is_closed() {
            return;
        }
        self.pvx.orders[ix].is_on_hold = on;
        self.floor_note(ix, "Floor hold", json!({ "on_hold": on }));
    }

    fn floor_note(&mut self, ix: usize, op: &'static str, detail: serde_json::Value) {
        let order = &self.pvx.orders[ix];
        let (number, key) = (order.number.clone(), order.po_reference.clone());
        self.pvx_note(op, number, key, detail, true);
    }

    /// Plans the floor's work when an order can be picked and nobody is at it.
    pub(crate) fn plan_floor(&mut self, ix: usize) {
        let order = &self.pvx.orders[ix];
        if order.is_on_floor {
            return;
        }
        let extra = match order.status {
            PvxStatus::Allocated => Span::ZERO,
            PvxStatus::PartAllocated if order.is_partial => PARTIAL_WAIT,
            PvxStatus::PartDespatched if self.pvx_is_whole(ix) => Span::ZERO,
            _ => return,
        };
        let work = self.work(ix);
        let order = &mut self.pvx.orders[ix];
        order.floor_plan += 1;
        order.is_on_floor = true;
        let plan = order.floor_plan;
        let at = self.floor_time(extra + Span(work.0 * 35 / 100));
        self.schedule(at, Event::Floor(ix, plan, Step::PickStart));
    }

    fn work(&self, ix: usize) -> Span {
        let mut dice = self.floor_dice(ix, "floor");
        Span::secs(dice.between(WORK_SECS.0, WORK_SECS.1))
    }

    fn next_step(&mut self, ix: usize, plan: u32, step: Step, percent: i64) {
        let work = self.work(ix);
        let at = self.floor_time(Span(work.0 * percent / 100));
        self.schedule(at, Event::Floor(ix, plan, step));
    }

    pub(super) fn floor_works(&mut self, ix: usize, plan: u32, step: Step) {
        let order = &self.pvx.orders[ix];
        if order.floor_plan != plan || order.status.is_closed() {
            return;
        }
        if order.is_on_hold {
            let at = self.now + HOLD_WAIT;
            self.schedule(at, Event::Floor(ix, plan, step));
            return;
        }
        let is_rest = order.status == PvxStatus::PartDespatched;
        match step {
            Step::PickStart => {
                if !is_rest {
                    self.pvx_set_status(ix, PvxStatus::PartPicked);
                }
                self.floor_note(ix, "Floor pick", json!({}));
                self.next_step(ix, plan, Step::PickDone, 20);
            }
            Step::PickDone => {
                if !self.pick_goods(ix) {
                    return;
                }
                if !is_rest {
                    self.pvx_set_status(ix, PvxStatus::Picked);
                }
                self.next_step(ix, plan, Step::Pack, 25);
            }
            Step::Pack => {
                if !is_rest {
                    self.pvx_set_status(ix, PvxStatus::Packed);
                }
                self.next_step(ix, plan, Step::Despatch, 20);
            }
            Step::Despatch => self.goods_leave(ix),
        }
    }

    /// Takes goods from the shelf. False when something is missing and the order must wait whole.
    fn pick_goods(&mut self, ix: usize) -> bool {
        let site = self.pvx.orders[ix].site;
        // Each walk to the shelf has its own luck; otherwise an order picked short once would be so for ever.
        let walk = format!("short-pick/{}", self.pvx.orders[ix].floor_plan);
        let mut dice = self.floor_dice(ix, &walk);
        let is_unlucky = dice.chance(self.config.traits.short_pick);
        let mut is_short = false;
        for p in 0..self.pvx.orders[ix].lines.len() {
            let line = &self.pvx.orders[ix].lines[p];
            let wanted = line.allocated - line.despatched;
            let item = line.item;
            let on_hand = self.pvx.shelf(item, site).on_hand;
            let found = if is_unlucky && p == 0 {
                wanted - 1
            } else {
                wanted.min(on_hand)
            };
            if found < wanted {
                is_short = true;
                let missing = wanted - found;
                self.pvx.orders[ix].lines[p].allocated -= missing;
                let shelf = &mut self.pvx.stock[item][site];
                shelf.allocated -= missing;
                let phantom = shelf.on_hand.min(missing);
                self.pvx.wanting.entry((item, site)).or_default().insert(ix);
                self.pvx_move(item, site, -phantom, "Short pick");
            }
            let number = self.pvx.orders[ix].number.clone();
            let line = &mut self.pvx.orders[ix].lines[p];
            let taken = line.allocated - line.picked;
            line.picked = line.allocated;
            self.pvx_record_pick(item, site, taken, &number);
        }
        let order = &self.pvx.orders[ix];
        let is_something_left = order.lines.iter().any(|l| l.allocated > l.despatched);
        if !is_short || (order.is_partial && is_something_left) {
            return true;
        }
        self.back_to_waiting(ix);
        false
    }

    /// A short-picked order goes back to the shelf and waits for stock.
    fn back_to_waiting(&mut self, ix: usize) {
        let order = &mut self.pvx.orders[ix];
        order.floor_plan += 1;
        order.is_on_floor = false;
        for line in &mut order.lines {
            line.picked = line.despatched;
        }
        if order.status != PvxStatus::PartDespatched {
            let status = if order.lines.iter().any(|l| l.allocated > 0) {
                PvxStatus::PartAllocated
            } else {
                PvxStatus::BackOrder
            };
            self.pvx_set_status(ix, status);
        }
        self.pvx_allocate(ix);
    }

    fn goods_leave(&mut self, ix: usize) {
        let traits = self.config.traits.clone();
        let mut dice = self.floor_dice(ix, "despatch");
        let order = &self.pvx.orders[ix];
        let is_first = order.despatches.is_empty();
        let goods: Goods = order
            .lines
            .iter()
            .enumerate()
            .map(|(p, l)| (p, l.allocated - l.despatched))
            .filter(|(_, quantity)| *quantity > 0)
            .collect();
        let parts = dice.chance(traits.part_despatch) && order.is_partial && is_first;
        let parcels = dice.chance(traits.two_parcels) && is_first;
        self.pvx.orders[ix].is_on_floor = false;
        let (now, later) = if parts || parcels {
            halves(goods)
        } else {
            (goods, Vec::new())
        };
        self.one_parcel(ix, now, &mut dice);
        if !later.is_empty() && !parts {
            self.one_parcel(ix, later, &mut dice);
        }
        if !self.pvx.orders[ix].status.is_closed() {
            self.pvx_allocate(ix);
        }
    }

    fn one_parcel(&mut self, ix: usize, goods: Goods, dice: &mut Rng) {
        let traits = self.config.traits.clone();
        let is_late = dice.chance(traits.late_tracking);
        let tracking = self.tracking_number(ix, dice);
        let shown_at = if dice.chance(traits.lost_despatch) {
            Ts::NEVER
        } else if dice.chance(traits.late_despatch_row) {
            self.now + Span::secs(dice.between(60, 600))
        } else {
            self.now
        };
        let given = if is_late { String::new() } else { tracking };
        let at = self.pvx_despatch(ix, goods, given, shown_at);
        // Drawn apart, so that everything else happens as it would have.
        let name = &self.pvx.despatches[at].number;
        let mut lot = Rng::named(self.config.seed, "lost-label", name);
        if is_late && !lot.chance(traits.lost_tracking) {
            let due = self.now + Span::mins(dice.between(5, 40));
            self.schedule(due, Event::Tracking(at));
        }
    }

    fn tracking_number(&self, ix: usize, dice: &mut Rng) -> String {
        let prefix = match self.pvx.orders[ix].service.get(..2) {
            Some("RM") => "RM",
            Some("DP") => "DP",
            _ => "EV",
        };
        format!("{prefix}{:09}GB", dice.below(1_000_000_000))
    }

    pub(super) fn tracking_arrives(&mut self, despatch: usize) {
        let order = self.pvx.despatches[despatch].order;
        let name = self.pvx.despatches[despatch].number.clone();
        let mut dice = Rng::named(self.config.seed, "late-label", &name);
        let tracking = self.tracking_number(order, &mut dice);
        self.pvx.despatches[despatch].tracking = tracking.clone();
        self.floor_note(
            order,
            "Floor tracking",
            json!({"despatch": name, "tracking": tracking}),
        );
        self.call_back_tracking(despatch);
    }
}

/// Splits goods into two parcels; the second is empty for a single unit.
fn halves(mut goods: Goods) -> (Goods, Goods) {
    if goods.len() > 1 {
        let later = goods.split_off(goods.len().div_ceil(2));
        return (goods, later);
    }
    match goods.first().copied() {
        Some((line, quantity)) if quantity > 1 => {
            let first = (quantity + 1) / 2;
            (vec![(line, first)], vec![(line, quantity - first)])
        }
        _ => (goods, Vec::new()),
    }
}
