//! People around the store: late payers, second thoughts, staff with the shipping button, other channels, other apps.

use super::names::STREETS;
use super::shop_build::SHOP_MAPPED;
use super::{Event, World};
use crate::domain::time::Span;
use crate::sandbox::config::midnight_of;
use crate::sandbox::rng::Rng;
use crate::sandbox::shop::Webhook;
use crate::sandbox::shop::state::{Parcel, Payment, Progress, Restock};

/// Something that is going to happen in the store.
#[derive(Debug)]
pub(crate) enum ShopEvent {
    /// The next shopper orders.
    Shopper,
    /// What a person does to an order: (order, deed, dice key).
    Deed(usize, ShopDeed, u64),
    /// A unit is sold through another channel of the store.
    OtherSale(u64),
    /// Another app writes a figure.
    OtherWriter(u64),
    /// A webhook is due.
    Hook(Box<Webhook>),
    /// Held creation events of an order have waited long enough.
    Release(usize),
}

/// What a person does to an order of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShopDeed {
    Pay,
    Readdress,
    EditLine,
    Cancel,
    ShipByHand,
    Goodwill,
    AskReturn,
    RefundReturn,
    Archive,
}

/// The other app's name.
pub const SHOP_OTHER_APP: &str = "Stock Buddy";
/// Reasons for which goods come back.
const REASONS: &[&str] = &["UNWANTED", "DEFECTIVE", "WRONG_ITEM", "NOT_AS_DESCRIBED"];
/// Part of the price given back as goodwill, percent.
const GOODWILL_PERCENT: i64 = 20;

impl World {
    pub(super) fn shop_happens(&mut self, event: ShopEvent) {
        match event {
            ShopEvent::Shopper => self.next_shopper(),
            ShopEvent::Deed(ix, deed, key) => self.shop_person_acts(ix, deed, key),
            ShopEvent::OtherSale(key) => self.other_channel_sells(key),
            ShopEvent::OtherWriter(key) => self.other_app_writes(key),
            ShopEvent::Hook(webhook) => self.shop_hook_due(*webhook),
            ShopEvent::Release(order) => self.shop_release_held(order, None),
        }
    }

    /// Decides, once, what people will do to a new order.
    pub(super) fn plan_shop_people(&mut self, ix: usize, key: u64) {
        let traits = self.config.shop.traits.clone();
        if !self.shop.orders[ix].payment.is_captured() {
            self.plan_shop(ix, key, (ShopDeed::Pay, "shop-pay", 1.0), (5, 12 * 60));
        }
        let deeds = [
            (
                ShopDeed::Readdress,
                "shop-readdress",
                traits.address_edits,
                (2, 90),
            ),
            (ShopDeed::EditLine, "shop-edit", traits.line_edits, (2, 60)),
            (
                ShopDeed::Cancel,
                "shop-cancel",
                traits.late_cancels,
                (3, 180),
            ),
            (
                ShopDeed::ShipByHand,
                "shop-by-hand",
                traits.fulfilled_by_hand,
                (10, 180),
            ),
            (
                ShopDeed::Goodwill,
                "shop-goodwill",
                traits.goodwill_refunds,
                (60, 600),
            ),
        ];
        for (deed, name, chance, minutes) in deeds {
            self.plan_shop(ix, key, (deed, name, chance), minutes);
        }
    }

    fn plan_shop(
        &mut self,
        ix: usize,
        key: u64,
        (deed, name, chance): (ShopDeed, &str, f64),
        minutes: (i64, i64),
    ) {
        let mut dice = Rng::keyed(self.config.seed, name, key);
        if dice.chance(chance) {
            let wait = Span::secs(dice.between(minutes.0 * 60, minutes.1 * 60));
            self.schedule(self.now + wait, Event::Shop(ShopEvent::Deed(ix, deed, key)));
        }
    }

    /// Everything of an order has left: what its shopper and the merchant will do about it. Only a store that trades
    /// has such people.
    pub(crate) fn shop_was_shipped(&mut self, ix: usize) {
        if self.config.shop.orders_per_day == 0 {
            return;
        }
        let traits = self.config.shop.traits.clone();
        let key = ix as u64;
        let day = 24 * 60;
        let back = (ShopDeed::AskReturn, "shop-return", traits.returns);
        self.plan_shop(ix, key, back, traits.return_after);
        let filed = (ShopDeed::Archive, "shop-archive", traits.archived);
        self.plan_shop(ix, key, filed, (60, 2 * day));
    }

    fn shop_person_acts(&mut self, ix: usize, deed: ShopDeed, key: u64) {
        let order = &self.shop.orders[ix];
        if order.cancelled_at.is_some() || self.shop.deleted.contains(&ix) {
            return;
        }
        let progress = order.progress();
        let is_untouched = progress == Progress::Nothing;
        match deed {
            ShopDeed::Pay if !order.payment.is_captured() => self.shop_pay_order(ix),
            ShopDeed::Readdress if is_untouched => self.shopper_moves(ix, key),
            ShopDeed::EditLine if is_untouched => self.staff_edit(ix, key),
            ShopDeed::Cancel if is_untouched => {
                self.shop_cancel_order(ix, "Customer changed their mind", true, true);
            }
            ShopDeed::ShipByHand if progress != Progress::All => self.staff_ship(ix, key),
            ShopDeed::Goodwill if order.payment == Payment::Paid => {
                let amount = order.goods_minor() * GOODWILL_PERCENT / 100;
                self.shop_refund_order(ix, &[], amount, "Goodwill", true);
            }
            ShopDeed::AskReturn => self.shopper_sends_back(ix, key),
            ShopDeed::RefundReturn => self.staff_refund_return(ix, key),
            ShopDeed::Archive if !order.is_archived => self.shop_archive_order(ix, true, true),
            _ => {}
        }
    }

    fn shopper_moves(&mut self, ix: usize, key: u64) {
        let mut dice = Rng::keyed(self.config.seed, "shop-new-address", key);
        let mut address = self.shop.orders[ix].address.clone();
        address.line1 = format!("{} {}", dice.between(1, 180), dice.pick(STREETS));
        self.shop_readdress(ix, address, true);
    }

    fn staff_edit(&mut self, ix: usize, key: u64) {
        let mut dice = Rng::keyed(self.config.seed, "shop-new-quantity", key);
        let at = dice.below(self.shop.orders[ix].lines.len());
        let quantity = self.shop.orders[ix].lines[at].quantity;
        let is_last = self.shop.orders[ix].lines.len() == 1;
        let quantity = match dice.below(3) {
            0 if !is_last => 0,
            1 if quantity > 1 => quantity - 1,
            _ => quantity + 1,
        };
        self.shop_edit_line(ix, at, quantity);
    }

    fn staff_ship(&mut self, ix: usize, key: u64) {
        let mut dice = Rng::keyed(self.config.seed, "shop-hand-label", key);
        let order = &self.shop.orders[ix];
        let goods: Vec<(usize, i64)> = (0..order.lines.len())
            .map(|at| (at, order.fulfillable(at)))
            .filter(|(_, units)| *units > 0)
            .collect();
        if goods.is_empty() {
            return;
        }
        let parcel = Parcel {
            company: "Royal Mail".to_owned(),
            number: format!("HAND{:09}GB", dice.below(1_000_000_000)),
            url: String::new(),
        };
        self.shop_ship(ix, goods, vec![parcel], true, true);
    }

    fn shopper_sends_back(&mut self, ix: usize, key: u64) {
        let mut dice = Rng::keyed(self.config.seed, "shop-return-what", key);
        let order = &self.shop.orders[ix];
        let sent: Vec<usize> = (0..order.lines.len())
            .filter(|at| order.shipped(*at) > 0 && order.lines[*at].needs_shipping)
            .collect();
        if sent.is_empty() || !order.returns.is_empty() {
            return;
        }
        let at = *dice.pick(&sent);
        let reason = *dice.pick(REASONS);
        self.shop_open_return(ix, &[(at, 1)], reason, true);
        let wait = Span::hours(dice.between(12, 72));
        let then = ShopEvent::Deed(ix, ShopDeed::RefundReturn, key);
        self.schedule(self.now + wait, Event::Shop(then));
    }

    /// Staff pay back a return; about half of them put the goods back on sale by the same button.
    fn staff_refund_return(&mut self, ix: usize, key: u64) {
        let mut dice = Rng::keyed(self.config.seed, "shop-return-refund", key);
        let open = self.shop.orders[ix]
            .returns
            .iter()
            .position(|r| r.status == "OPEN");
        let Some(at) = open else {
            return;
        };
        let restock = if dice.chance(0.5) {
            Restock::Return
        } else {
            Restock::None
        };
        let order = &self.shop.orders[ix];
        let rows: Vec<(usize, i64, Restock)> = order.returns[at]
            .lines
            .iter()
            .map(|l| (l.line, l.quantity, restock))
            .collect();
        let amount = rows
            .iter()
            .map(|r| order.lines[r.0].price_minor * r.1)
            .sum();
        self.shop_refund_order(ix, &rows, amount, "Returned goods", true);
        self.shop_end_return(ix, at, true);
    }

    /// Sales of other channels and writes of other apps, on days of trade.
    pub(super) fn lay_out_shop_routine(&mut self) {
        if self.config.shop.orders_per_day == 0 {
            return;
        }
        let midnight = midnight_of(self.now);
        let traits = self.config.shop.traits.clone();
        let rows = [
            ("shop-other-sales", traits.other_sales_per_day, true),
            ("shop-other-writer", traits.other_writer_per_day, false),
        ];
        for (name, per_day, is_sale) in rows {
            let mut dice = Rng::keyed(self.config.seed, name, midnight.0.unsigned_abs());
            for _ in 0..per_day {
                let at = midnight + Span::secs(dice.between(0, 86_399));
                let key = dice.next_u64();
                let event = if is_sale {
                    ShopEvent::OtherSale(key)
                } else {
                    ShopEvent::OtherWriter(key)
                };
                if at > self.now {
                    self.schedule(at, Event::Shop(event));
                }
            }
        }
    }

    fn popular_variant(&self, dice: &mut Rng) -> usize {
        dice.below(self.plan.goods.len().min(60))
    }

    fn other_channel_sells(&mut self, key: u64) {
        let mut dice = Rng::keyed(self.config.seed, "shop-other-sale", key);
        let variant = self.popular_variant(&mut dice);
        let units = dice.between(1, 3);
        self.shop_sell_elsewhere((variant, SHOP_MAPPED), units);
    }

    fn other_app_writes(&mut self, key: u64) {
        let mut dice = Rng::keyed(self.config.seed, "shop-other-write", key);
        let pair = (self.popular_variant(&mut dice), SHOP_MAPPED);
        let now = self.shop.levels[pair.0][pair.1].map_or(0, |l| l.available);
        let figure = (now + dice.between(-6, 9)).max(0);
        self.shop_set_available(pair, figure, "Set available", SHOP_OTHER_APP, true);
    }

    /// Another channel of the store takes units off the available figure.
    pub(super) fn shop_sell_elsewhere(&mut self, pair: (usize, usize), units: i64) {
        let available = self.shop.levels[pair.0][pair.1].map_or(0, |l| l.available);
        let sold = units.min(available.max(0));
        if sold > 0 {
            self.shop_set_available(pair, available - sold, "Other channel sale", "pos", true);
        }
    }
}
