//! Customers: when they order, and what.

use super::build::{MAPPED, OVERSEAS, UNMAPPED_SERVICE};
use super::names::{CHANNELS, FIRST, HOSTILE_LINES, HOSTILE_NAMES, LAST, STREETS, TOWNS};
use super::{Event, World};
use crate::domain::time::{Span, Ts};
use crate::sandbox::config::midnight_of;
use crate::sandbox::lw::state::{Audit, Book, LwAddress, LwLine, LwOrder, MARKER_PARKED, status};
use crate::sandbox::rng::Rng;
use serde_json::{Value, json};

/// How busy each hour of the day is.
const HOURS: [u32; 24] = [
    3, 2, 1, 1, 1, 2, 3, 5, 7, 8, 9, 9, 10, 9, 8, 8, 8, 9, 10, 11, 12, 11, 8, 5,
];

/// An order to be placed by hand (tests, demonstrations). Everything has a sensible default.
#[derive(Debug, Clone)]
pub struct OrderSpec {
    /// SKU and quantity.
    pub lines: Vec<(String, i64)>,
    /// Name of the Linnworks postal service.
    pub service: String,
    /// Name of the Linnworks location.
    pub location: String,
    pub is_paid: bool,
    pub name: String,
    pub line1: String,
    pub reference: String,
}

impl Default for OrderSpec {
    fn default() -> Self {
        Self {
            lines: vec![("MUG-BLU-01".to_owned(), 1)],
            service: "Royal Mail Tracked 48".to_owned(),
            location: "Leeds Warehouse".to_owned(),
            is_paid: true,
            name: "Pat Sample".to_owned(),
            line1: "9 Sample Street".to_owned(),
            reference: String::new(),
        }
    }
}

impl World {
    /// Draws the times of the day's customers that are still to come.
    pub(super) fn lay_out_customers(&mut self) {
        let midnight = midnight_of(self.now);
        let mut dice = Rng::keyed(self.config.seed, "arrivals", midnight.0.unsigned_abs());
        let total: u32 = HOURS.iter().sum();
        let mut times: Vec<Ts> = (0..self.config.orders_per_day)
            .map(|_| {
                let mut at = dice.below(total as usize) as u32;
                let mut hour = 0;
                while at >= HOURS[hour] {
                    at -= HOURS[hour];
                    hour += 1;
                }
                let within = Span::ms(dice.between(0, 3_599_999));
                midnight + Span::hours(i64::try_from(hour).unwrap_or(0)) + within
            })
            .filter(|at| *at > self.now)
            .filter(|at| self.config.customers_until.is_none_or(|until| *at < until))
            .collect();
        times.sort_unstable();
        self.arrivals = times.into();
        self.expect_customer();
    }

    fn expect_customer(&mut self) {
        if let Some(at) = self.arrivals.pop_front() {
            self.schedule(at, Event::Customer);
        }
    }

    pub(super) fn next_customer(&mut self) {
        if self
            .config
            .customers_until
            .is_none_or(|until| self.now < until)
        {
            self.customer_orders(self.now);
        }
        self.expect_customer();
    }

    /// From now on nobody orders, keys in, counts or writes figures of their own accord. What was begun goes on: orders
    /// are picked, goods come in and come back.
    pub fn calm(&mut self) {
        self.is_calm = true;
    }

    /// The next customer places an order.
    pub(super) fn customer_orders(&mut self, received_at: Ts) {
        self.customers_made += 1;
        let key = self.customers_made;
        let traits = self.config.traits.clone();
        let seed = self.config.seed;
        let roll = |name: &str, chance: f64| Rng::keyed(seed, name, key).chance(chance);
        let mut dice = Rng::keyed(seed, "customer", key);
        let (source, sub_source) = channel(&mut dice);
        let number = self.lw.next_number;
        let mut address = self.address(&mut dice, key);
        if roll("hostile-text", traits.hostile_text) {
            make_hostile(&mut address, &mut Rng::keyed(seed, "hostile", key));
        }
        let lines = self.basket(&mut dice, key);
        let mut service = service_of(&mut dice, address.country);
        if roll("unmapped-service", traits.unmapped_service) {
            service = UNMAPPED_SERVICE;
        }
        let is_resend = roll("resend", traits.resend);
        let is_late_payer = !is_resend && roll("late-payer", traits.late_payers);
        let is_elsewhere = roll("unmapped-location", traits.unmapped_location);
        let ship_in = dice.between(1, 3);
        let order = LwOrder {
            id: Rng::keyed(seed, "lw-order", number.unsigned_abs()).guid(),
            number,
            status: match (is_resend, is_late_payer) {
                (true, _) => status::RESEND,
                (_, true) => status::UNPAID,
                _ => status::PAID,
            },
            marker: is_late_payer.then_some(MARKER_PARKED),
            is_parked: is_late_payer,
            is_locked: false,
            reference: reference(source, &mut dice, key),
            source,
            sub_source,
            received_at,
            created_at: self.now,
            paid_at: (!is_late_payer).then_some(received_at),
            ship_by: Some(midnight_of(received_at) + Span::days(ship_in)),
            location: if is_elsewhere { OVERSEAS } else { MAPPED },
            service,
            tracking: String::new(),
            postage_minor: [295, 350, 595, 1_250][dice.below(4)],
            address,
            lines,
            notes: Vec::new(),
            audit: Vec::new(),
            folders: Vec::new(),
            book: Book::Open,
        };
        self.lw.next_number += 1;
        let ix = self.order_arrives(order);
        self.plan_people(ix, key);
    }

    /// A new order enters Linnworks; in a fulfilment centre it is parked by Linnworks itself.
    pub(super) fn order_arrives(&mut self, mut order: LwOrder) -> usize {
        if self.lw.locations[order.location].is_fulfilment_centre {
            order.is_parked = true;
            order.marker = Some(MARKER_PARKED);
        }
        order.audit.push(Audit {
            at: self.now,
            kind: "ORDER_CREATED",
            tag: "DOWNLOADED",
            note: format!("Order downloaded from {}", order.source),
            user: "SYNC".to_owned(),
        });
        let ix = self.lw_enter(order);
        let order = &self.lw.orders[ix];
        let lines: Vec<Value> = order
            .lines
            .iter()
            .map(|l| json!({"row": l.row, "sku": l.sku, "qty": l.quantity}))
            .collect();
        let detail = json!({
            "status": order.status, "parked": order.is_parked,
            "location": self.lw.locations[order.location].name,
            "service": self.lw.services[order.service].name, "lines": lines,
        });
        self.lw_note("Order placed", ix, detail, true);
        ix
    }

    fn address(&self, dice: &mut Rng, key: u64) -> LwAddress {
        let (town, area) = *dice.pick(TOWNS);
        let first = *dice.pick(FIRST);
        let last = *dice.pick(LAST);
        let country = match dice.below(40) {
            0 => 1,
            1 => 2,
            2 => 3,
            _ => 0,
        };
        LwAddress {
            name: format!("{first} {last}"),
            company: if dice.chance(0.08) {
                "Acme Trading".to_owned()
            } else {
                String::new()
            },
            line1: format!("{} {}", dice.between(1, 180), dice.pick(STREETS)),
            line2: if dice.chance(0.2) {
                format!("Flat {}", dice.between(1, 30))
            } else {
                String::new()
            },
            line3: String::new(),
            town: town.to_owned(),
            region: String::new(),
            postcode: format!("{area} {}{}{}", dice.below(10), letter(dice), letter(dice)),
            country,
            email: format!("customer{key}@example.test"),
            phone: format!("07700 900{:03}", dice.below(1_000)),
        }
    }

    fn basket(&mut self, dice: &mut Rng, key: u64) -> Vec<LwLine> {
        let traits = self.config.traits.clone();
        let seed = self.config.seed;
        let roll = |name: &str, chance: f64| Rng::keyed(seed, name, key).chance(chance);
        let count = match dice.below(100) {
            0..=54 => 1,
            55..=79 => 2,
            80..=91 => 3,
            _ => 4,
        };
        let mut wanted: Vec<(usize, i64)> = Vec::new();
        for _ in 0..count {
            let pull = dice.unit();
            let at = (self.plan.goods.len() as f64 * pull * pull) as usize;
            let item = self.plan.goods[at.min(self.plan.goods.len() - 1)];
            let quantity = match dice.below(100) {
                0..=79 => 1,
                80..=93 => 2,
                _ => dice.between(3, 5),
            };
            if !wanted.iter().any(|w| w.0 == item) {
                wanted.push((item, quantity));
            }
        }
        let mut extra = Rng::keyed(seed, "basket-extra", key);
        if roll("kit", traits.kit) && !self.plan.kits.is_empty() {
            wanted.push((*extra.pick(&self.plan.kits), 1));
        }
        if roll("mistyped-sku", traits.mistyped_sku) && !self.plan.mistyped.is_empty() {
            wanted.push((*extra.pick(&self.plan.mistyped), 1));
        }
        if roll("same-sku-twice", traits.same_sku_twice) {
            wanted.push((wanted[0].0, 1));
        }
        let mut lines: Vec<LwLine> = wanted
            .into_iter()
            .map(|(item, quantity)| self.line_of(item, quantity))
            .collect();
        if roll("service-line", traits.service_line) {
            lines.push(self.bare_line("SVC-WRAP", "Gift wrapping", 250, true));
        }
        if roll("unlinked-line", traits.unlinked_line) {
            lines.push(self.bare_line("OLD-LISTING-9", "Discontinued thing", 999, false));
        }
        lines
    }

    /// A line of a linked item.
    pub(crate) fn line_of(&mut self, item: usize, quantity: i64) -> LwLine {
        let row = self.lw_row_id();
        let record = &self.lw.items[item];
        LwLine {
            row,
            item: Some(item),
            sku: record.sku.clone(),
            title: record.title.clone(),
            quantity,
            price_minor: record.price_minor,
            is_service: false,
            channel_number: (7_000 + item).to_string(),
        }
    }

    fn bare_line(&mut self, sku: &str, title: &str, price_minor: i64, is_service: bool) -> LwLine {
        LwLine {
            row: self.lw_row_id(),
            item: None,
            sku: sku.to_owned(),
            title: title.to_owned(),
            quantity: 1,
            price_minor,
            is_service,
            channel_number: "0".to_owned(),
        }
    }
}

fn channel(dice: &mut Rng) -> (&'static str, &'static str) {
    let mut at = dice.below(CHANNELS.iter().map(|c| c.2).sum());
    for (source, account, weight) in CHANNELS {
        if at < *weight {
            return (source, account);
        }
        at -= weight;
    }
    (CHANNELS[0].0, CHANNELS[0].1)
}

fn reference(source: &str, dice: &mut Rng, key: u64) -> String {
    match source {
        "SHOPIFY" => format!("#{}", 10_000 + key),
        "AMAZON" => format!(
            "203-{:07}-{:07}",
            dice.below(10_000_000),
            dice.below(10_000_000)
        ),
        _ => format!("12-{:05}-{:05}", dice.below(100_000), dice.below(100_000)),
    }
}

fn service_of(dice: &mut Rng, country: usize) -> usize {
    if country != 0 {
        return 5;
    }
    match dice.below(10) {
        0..=4 => 1,
        5..=7 => 2,
        8 => 3,
        _ => 4,
    }
}

fn letter(dice: &mut Rng) -> char {
    char::from(b'A' + u8::try_from(dice.below(26)).unwrap_or(0))
}

fn make_hostile(address: &mut LwAddress, dice: &mut Rng) {
    address.name = (*dice.pick(HOSTILE_NAMES)).to_owned();
    address.line1 = (*dice.pick(HOSTILE_LINES)).to_owned();
    if dice.chance(0.5) {
        address.line2 = (*dice.pick(HOSTILE_LINES)).to_owned();
    }
    if dice.chance(0.2) {
        address.postcode = String::new();
    }
}
