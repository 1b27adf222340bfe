//! Shoppers of the store: when they order, what, and where it goes.

use super::names::{FIRST, HOSTILE_LINES, HOSTILE_NAMES, LAST, STREETS, TOWNS};
use super::shop_build::{GIFT_CARD, SHOP_FLOOR, SHOP_MAPPED};
use super::{Event, ShopEvent, World};
use crate::domain::time::{Span, Ts};
use crate::sandbox::config::midnight_of;
use crate::sandbox::rng::Rng;
use crate::sandbox::shop::state::{Payment, ShopAddress};
use crate::sandbox::shop::{Draft, DraftLine};
use std::collections::VecDeque;

/// Shipping rates at checkout: title and price. The demo mappings leave the last one out.
pub(crate) const RATES: &[(&str, i64)] = &[
    ("Standard delivery", 350),
    ("Tracked 24", 495),
    ("Next day by courier", 795),
    ("International", 1_250),
    ("Signed for delivery", 650),
];
/// Position of the rate nobody mapped, and of the one abroad.
const UNMAPPED_RATE: usize = 4;
const ABROAD: usize = 3;

/// Shoppers still to come today, and how many there were.
#[derive(Debug, Default)]
pub(crate) struct Shoppers {
    arrivals: VecDeque<Ts>,
    made: u64,
}

impl World {
    /// Orders that are waiting when the world begins.
    pub(super) fn place_opening_shop_orders(&mut self) {
        for n in 0..self.config.shop.opening_orders {
            let mut dice = Rng::keyed(self.config.seed, "shop-opening-age", u64::from(n));
            let age = Span::secs(dice.between(60, 6 * 3_600));
            self.shopper_orders(self.now - age);
        }
    }

    /// Draws the times of the day's shoppers that are still to come. Without trade nothing is put on the agenda.
    pub(super) fn lay_out_shoppers(&mut self) {
        let midnight = midnight_of(self.now);
        let mut dice = Rng::keyed(self.config.seed, "shop-arrivals", midnight.0.unsigned_abs());
        let mut times: Vec<Ts> = (0..self.config.shop.orders_per_day)
            .map(|_| midnight + Span::ms(dice.between(0, 86_399_999)))
            .filter(|at| *at > self.now)
            .filter(|at| self.config.customers_until.is_none_or(|until| *at < until))
            .collect();
        times.sort_unstable();
        self.shoppers.arrivals = times.into();
        self.expect_shopper();
    }

    fn expect_shopper(&mut self) {
        if let Some(at) = self.shoppers.arrivals.pop_front() {
            self.schedule(at, Event::Shop(ShopEvent::Shopper));
        }
    }

    pub(super) fn next_shopper(&mut self) {
        let until = self.config.customers_until;
        if until.is_none_or(|until| self.now < until) {
            self.shopper_orders(self.now);
        }
        self.expect_shopper();
    }

    fn shopper_orders(&mut self, created_at: Ts) {
        self.shoppers.made += 1;
        let key = self.shoppers.made;
        let traits = self.config.shop.traits.clone();
        let seed = self.config.seed;
        let roll = |name: &str, chance: f64| Rng::keyed(seed, name, key).chance(chance);
        let mut dice = Rng::keyed(seed, "shopper", key);
        let mut address = shop_address(&mut dice);
        if roll("shop-hostile", traits.hostile_text) {
            make_hostile(
                &mut address,
                &mut Rng::keyed(seed, "shop-hostile-text", key),
            );
        }
        let lines = self.shop_basket(&mut dice, key);
        let rate = if roll("shop-unmapped-rate", traits.unmapped_rate) {
            UNMAPPED_RATE
        } else if address.country_code != "GB" {
            ABROAD
        } else {
            [0, 0, 0, 1, 1, 2][dice.below(6)]
        };
        let payment = if roll("shop-late-payer", traits.late_payers) {
            Payment::Unpaid
        } else if roll("shop-authorised", traits.authorised_first) {
            Payment::Authorized
        } else {
            Payment::Paid
        };
        let ix = self.shop_enter(Draft {
            created_at,
            payment,
            lines,
            address,
            email: format!("shopper{key}@example.test"),
            buyer_note: if dice.chance(0.1) {
                "Leave with a neighbour".to_owned()
            } else {
                String::new()
            },
            rate: RATES[rate].0.to_owned(),
            postage_minor: RATES[rate].1,
            names_locations: !roll("shop-nowhere", traits.no_location),
        });
        self.plan_shop_people(ix, key);
    }

    fn shop_basket(&self, dice: &mut Rng, key: u64) -> Vec<DraftLine> {
        let traits = &self.config.shop.traits;
        let seed = self.config.seed;
        let roll = |name: &str, chance: f64| Rng::keyed(seed, name, key).chance(chance);
        let count = [1, 1, 1, 1, 1, 2, 2, 2, 3, 4][dice.below(10)];
        let goods = self.plan.goods.len();
        let mut lines: Vec<DraftLine> = Vec::new();
        for _ in 0..count {
            let pull = dice.unit();
            let variant = ((goods as f64 * pull * pull) as usize).min(goods.saturating_sub(1));
            let quantity = [1, 1, 1, 1, 1, 1, 1, 2, 2, 3][dice.below(10)];
            if !lines.iter().any(|l| l.variant == Some(variant)) {
                lines.push(DraftLine {
                    variant: Some(variant),
                    quantity,
                    location: SHOP_MAPPED,
                });
            }
        }
        if roll("shop-split", traits.split_locations)
            && let Some(line) = lines.last_mut()
        {
            line.location = SHOP_FLOOR;
        }
        let mut one = |variant: Option<usize>| {
            lines.push(DraftLine {
                variant,
                quantity: 1,
                location: SHOP_MAPPED,
            });
        };
        if roll("shop-gift-card", traits.gift_cards) {
            one(self.shop.variant_by_sku.get(GIFT_CARD).copied());
        }
        if roll("shop-no-sku", traits.no_sku) {
            one(None);
        }
        lines
    }
}

/// Country, code, towns of the country; the first is home.
const ABROAD_TOWNS: &[(&str, &str, &str, &str)] = &[
    ("Ireland", "IE", "Dublin", "D02 X285"),
    ("France", "FR", "Lyon", "69001"),
    ("United States", "US", "Fresno", "93650"),
];

fn shop_address(dice: &mut Rng) -> ShopAddress {
    let (first, last) = (*dice.pick(FIRST), *dice.pick(LAST));
    let line1 = format!("{} {}", dice.between(1, 180), dice.pick(STREETS));
    let phone = format!("07700 900{:03}", dice.below(1_000));
    let own = ShopAddress {
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        line1,
        phone,
        ..ShopAddress::default()
    };
    if dice.chance(0.08) {
        let (country, code, town, postcode) = *dice.pick(ABROAD_TOWNS);
        return ShopAddress {
            town: town.to_owned(),
            postcode: postcode.to_owned(),
            country: country.to_owned(),
            country_code: code.to_owned(),
            ..own
        };
    }
    let (town, area) = *dice.pick(TOWNS);
    let mut letter = || char::from(b'A' + u8::try_from(dice.below(26)).unwrap_or(0));
    let inward = [letter(), letter()];
    ShopAddress {
        town: town.to_owned(),
        postcode: format!("{area} {}{}{}", dice.below(10), inward[0], inward[1]),
        country: "United Kingdom".to_owned(),
        country_code: "GB".to_owned(),
        ..own
    }
}

fn make_hostile(address: &mut ShopAddress, dice: &mut Rng) {
    address.first_name = (*dice.pick(HOSTILE_NAMES)).to_owned();
    address.last_name = String::new();
    address.line1 = (*dice.pick(HOSTILE_LINES)).to_owned();
    if dice.chance(0.3) {
        address.postcode = String::new();
    }
}
