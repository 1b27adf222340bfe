//! What happens every day: goods in, counts, the other connector, orders keyed by hand.

use super::build::MAPPED;
use super::{Event, World};
use crate::domain::time::Span;
use crate::sandbox::config::midnight_of;
use crate::sandbox::pvx::save_orders::set_header;
use crate::sandbox::pvx::state::PvxLine;
use crate::sandbox::rng::Rng;
use serde_json::json;

/// One piece of the day's routine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Routine {
    GoodsIn,
    Count,
    OtherWriter,
    OrphanOrder,
    ForeignOrder,
}

/// Hours between deliveries of goods.
const GOODS_EVERY_HOURS: i64 = 2;
/// Target for items nobody planned (created by a connector).
const UNPLANNED_TARGET: i64 = 40;
/// The second connector's name in the stock history.
pub const OTHER_WRITER: &str = "Channel Sync Pro";

impl World {
    pub(super) fn lay_out_routine(&mut self) {
        let midnight = midnight_of(self.now);
        let day = midnight.0.unsigned_abs();
        for hour in (0..24).step_by(GOODS_EVERY_HOURS as usize) {
            let at = midnight + Span::hours(hour) + Span::mins(11);
            if at > self.now && self.config.trading_hours.is_open(at) {
                self.schedule(
                    at,
                    Event::Routine(Routine::GoodsIn, hour.unsigned_abs() ^ day),
                );
            }
        }
        let traits = self.config.traits.clone();
        let rest = [
            (Routine::Count, "counts", traits.counts_per_day, true),
            (
                Routine::OtherWriter,
                "other-writer",
                traits.other_writer_per_day,
                false,
            ),
            (
                Routine::OrphanOrder,
                "orphans",
                traits.orphan_wms_orders_per_day,
                true,
            ),
            (
                Routine::ForeignOrder,
                "foreign",
                traits.foreign_wms_orders_per_day,
                false,
            ),
        ];
        for (routine, name, per_day, is_floor) in rest {
            let mut dice = Rng::keyed(self.config.seed, name, day);
            for _ in 0..per_day {
                let at = midnight + Span::secs(dice.between(0, 86_399));
                let key = dice.next_u64();
                if at > self.now && (!is_floor || self.config.trading_hours.is_open(at)) {
                    self.schedule(at, Event::Routine(routine, key));
                }
            }
        }
    }

    pub(super) fn routine_happens(&mut self, routine: Routine, key: u64) {
        match routine {
            Routine::GoodsIn => self.goods_come_in(key),
            Routine::Count => self.count_finds_difference(key),
            Routine::OtherWriter => self.other_writer_writes(key),
            Routine::OrphanOrder => self.somebody_keys_an_order(key, true),
            Routine::ForeignOrder => self.somebody_keys_an_order(key, false),
        }
    }

    fn goods_come_in(&mut self, key: u64) {
        let reference = format!("GI{}", key % 1_000_000);
        for item in 0..self.pvx.items.len() {
            if self.pvx.items[item].is_deleted {
                continue;
            }
            let target = self
                .targets
                .get(&self.pvx.items[item].code)
                .copied()
                .unwrap_or(UNPLANNED_TARGET);
            let free = self.pvx.shelf(item, 0).on_hand - self.pvx.shelf(item, 0).allocated;
            if free * 10 < target * 4 {
                let quantity = target - free;
                self.pvx_move(item, 0, quantity, "Goods in");
                self.call_back_goods(item, quantity, &reference);
            }
        }
    }

    fn count_finds_difference(&mut self, key: u64) {
        let mut dice = Rng::keyed(self.config.seed, "count", key);
        let item = dice.below(self.pvx.items.len());
        let shelf = self.pvx.shelf(item, 0);
        if self.pvx.items[item].is_deleted || shelf.on_hand <= 3 {
            return;
        }
        let delta = if dice.chance(0.75) {
            -dice.between(1, 3)
        } else {
            dice.between(1, 2)
        };
        self.pvx_move(item, 0, delta, "Stock count");
    }

    fn other_writer_writes(&mut self, key: u64) {
        let mut dice = Rng::keyed(self.config.seed, "other-write", key);
        let at = dice.below(self.plan.goods.len().min(60));
        let item = self.plan.goods[at];
        let level = self.lw.levels[item][MAPPED].level + dice.between(-6, 9);
        self.lw_set_level("SetStockLevel", (item, MAPPED), level, OTHER_WRITER, true);
    }

    /// An order nobody sent: with our prefix (an orphan) or another shop's.
    fn somebody_keys_an_order(&mut self, key: u64, is_ours: bool) {
        let mut dice = Rng::keyed(self.config.seed, "keyed-order", key);
        let number = if is_ours {
            format!("{}-9{:05}", self.config.wms_prefix, dice.below(100_000))
        } else {
            format!("B2B-{:06}", dice.below(1_000_000))
        };
        let channel = if is_ours {
            self.config.wms_channel.clone()
        } else {
            "Wholesale".to_owned()
        };
        let item = dice.below(self.pvx.items.len().min(30));
        if self.pvx.order_by_number.contains_key(&number) || self.pvx.items[item].is_deleted {
            return;
        }
        let site = usize::from(!is_ours);
        let po = format!("MANUAL-{}", dice.below(10_000));
        self.key_order(&number, &po, &channel, site, item);
    }

    /// Keys an order with one line into the warehouse by hand.
    fn key_order(&mut self, number: &str, po: &str, channel: &str, site: usize, item: usize) {
        let ix = self.pvx_open_order(number);
        let now = self.now;
        let order = &mut self.pvx.orders[ix];
        set_header(order, "CustomerPurchaseOrderReferenceNumber", po);
        set_header(order, "ChannelName", channel);
        set_header(order, "ServiceType", "RM48");
        set_header(order, "ContactName", "Keyed by hand");
        order.site = site;
        order.created_date = Some(now);
        order.lines.push(PvxLine {
            item,
            line: "1".to_owned(),
            sequence: 1,
            ordered: 1,
            allocated: 0,
            picked: 0,
            despatched: 0,
            price_minor: 1_000,
            requested: None,
            created_at: now,
        });
        let detail = json!({"item": self.pvx.items[item].code, "channel": channel});
        self.pvx_note(
            "Order keyed by hand",
            number.to_owned(),
            po.to_owned(),
            detail,
            true,
        );
        self.pvx_allocate(ix);
    }

    /// A different order takes the number that this Linnworks order will want in the warehouse.
    pub(super) fn take_number(&mut self, ix: usize) {
        let number = format!("{}-{}", self.config.wms_prefix, self.lw.orders[ix].number);
        if !self.pvx.order_by_number.contains_key(&number) {
            let channel = self.config.wms_channel.clone();
            self.key_order(&number, "MANUAL-CLASH", &channel, 0, 0);
        }
    }
}
