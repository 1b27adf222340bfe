//! People in Linnworks: late payers, second thoughts, tidy-minded colleagues.

use super::build::DEFAULT;
use super::names::STREETS;
use super::{Event, World};
use crate::domain::time::Span;
use crate::sandbox::lw::state::{Book, status};
use crate::sandbox::rng::Rng;
use serde_json::json;

/// What a person does to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Pay,
    Cancel,
    Amend,
    ProcessByHand,
    Move,
    Merge,
    Split,
    Delete,
    Lock,
    Unlock,
}

impl World {
    /// Decides, once, what people will do to a new order.
    pub(super) fn plan_people(&mut self, ix: usize, key: u64) {
        let traits = self.config.traits.clone();
        if self.lw.orders[ix].status == status::UNPAID {
            self.plan(ix, key, Deed::Pay, "pay", 1.0, (10, 20 * 60));
        }
        let deeds = [
            (Deed::Cancel, "late-cancel", traits.late_cancels, (3, 180)),
            (Deed::Amend, "amend", traits.amendments, (2, 60)),
            (
                Deed::ProcessByHand,
                "by-hand",
                traits.processed_by_hand,
                (10, 120),
            ),
            (Deed::Move, "move", traits.moved, (3, 60)),
            (Deed::Merge, "merge", traits.merged, (3, 40)),
            (Deed::Split, "split", traits.split, (3, 40)),
            (Deed::Delete, "delete", traits.deleted, (3, 60)),
            (Deed::Lock, "lock", traits.locked, (0, 20)),
        ];
        for (deed, name, chance, minutes) in deeds {
            self.plan(ix, key, deed, name, chance, minutes);
        }
        if Rng::keyed(self.config.seed, "clash", key).chance(traits.number_clash) {
            self.take_number(ix);
        }
    }

    fn plan(
        &mut self,
        ix: usize,
        key: u64,
        deed: Deed,
        name: &str,
        chance: f64,
        minutes: (i64, i64),
    ) {
        let mut dice = Rng::keyed(self.config.seed, name, key);
        if dice.chance(chance) {
            let wait = Span::secs(dice.between(minutes.0 * 60, minutes.1 * 60));
            self.schedule(self.now + wait, Event::Person(ix, deed, key));
        }
    }

    /// Somebody acts. Orders that left the open book meanwhile are left alone.
    pub(super) fn person_acts(&mut self, ix: usize, deed: Deed, key: u64) {
        if !self.lw.orders[ix].is_open() {
            return;
        }
        match deed {
            Deed::Pay => {
                self.lw_set_tag(ix, None, true);
                self.lw_set_status(ix, status::PAID, true);
            }
            Deed::Cancel => self.lw_cancel_order(ix, "Customer changed their mind", true),
            Deed::Amend => self.amend(ix, key),
            Deed::ProcessByHand => self.lw_process(ix, true),
            Deed::Move => self.lw_move_to(ix, DEFAULT, true),
            Deed::Merge => self.merge_with_neighbour(ix),
            Deed::Split => self.split_by_hand(ix),
            Deed::Delete => self.lw_delete_order(ix, true),
            Deed::Lock => {
                self.lw_set_lock(ix, true, true);
                let mut dice = Rng::keyed(self.config.seed, "unlock", key);
                let wait = Span::mins(dice.between(30, 90));
                self.schedule(self.now + wait, Event::Person(ix, Deed::Unlock, key));
            }
            Deed::Unlock => self.lw_set_lock(ix, false, true),
        }
    }

    fn amend(&mut self, ix: usize, key: u64) {
        let mut dice = Rng::keyed(self.config.seed, "amendment", key);
        let reserves = !self.lw.orders[ix].is_locked;
        if reserves {
            self.lw_reserve(ix, -1);
        }
        let what = match dice.below(5) {
            0 | 1 => {
                let line1 = format!("{} {}", dice.between(1, 180), dice.pick(STREETS));
                self.lw.orders[ix].address.line1 = line1;
                "address"
            }
            2 => {
                self.lw.orders[ix].lines[0].quantity += 1;
                "quantity"
            }
            3 if self.lw.orders[ix].lines.len() > 1 => {
                self.lw.orders[ix].lines.pop();
                "line removed"
            }
            _ => {
                let at = dice.below(self.plan.goods.len().min(20));
                let line = self.line_of(self.plan.goods[at], 1);
                self.lw.orders[ix].lines.push(line);
                "line added"
            }
        };
        if reserves {
            self.lw_reserve(ix, 1);
        }
        self.lw_trail(ix, "ORDER_EDITED", "EDITED", what);
        self.lw_note("Order amended", ix, json!({ "what": what }), true);
    }

    fn merge_with_neighbour(&mut self, ix: usize) {
        let location = self.lw.orders[ix].location;
        let may = |o: &usize| {
            let order = &self.lw.orders[*o];
            *o != ix && !order.is_parked && !order.is_locked && order.status == status::PAID
        };
        let neighbour = self.lw.open[location]
            .range(..ix)
            .rev()
            .find(|o| may(o))
            .copied();
        let order = &self.lw.orders[ix];
        let is_plain = !order.is_parked && !order.is_locked && order.status == status::PAID;
        if let Some(other) = neighbour.filter(|_| is_plain) {
            self.lw_merge(other, ix);
        }
    }

    fn split_by_hand(&mut self, ix: usize) {
        let order = &self.lw.orders[ix];
        let units: i64 = order.lines.iter().map(|l| l.quantity).sum();
        if order.is_locked || units < 2 {
            return;
        }
        let last = order.lines.len() - 1;
        let quantity = if last == 0 {
            1
        } else {
            order.lines[last].quantity
        };
        let (service, location) = (order.service, order.location);
        let child = self.lw_split_off(ix, vec![(last, quantity)], service, false, location);
        let number = self.lw.orders[child].number;
        self.lw_note("SplitOrder", ix, json!({ "new": [number] }), true);
    }

    /// The channel answers the despatch note of a processed order.
    pub(super) fn channel_answers(&mut self, ix: usize) {
        if !matches!(self.lw.orders[ix].book, Book::Processed(_)) {
            return;
        }
        let number = self.lw.orders[ix].number.unsigned_abs();
        let mut dice = Rng::keyed(self.config.seed, "lost-note", number);
        if dice.chance(self.config.traits.lost_note) {
            self.lw_trail(
                ix,
                "DESPATCH_NOTE",
                "FAILED",
                "The channel refused the despatch note",
            );
        } else {
            self.lw_trail(
                ix,
                "DESPATCH_NOTE",
                "CONFIRMED",
                "Order despatch sent to the channel",
            );
        }
    }
}
