//! People in Cin7 Core: staff and trade customers entering sales, second thoughts, work done by hand, and colleagues who
//! adjust stock. None of it happens unless the traits ask for it.

use super::build::CARRIERS;
use super::decimal::Dec;
use super::hooks::HookCall;
use super::sale::{Cin7Address, Cin7Line, Kind, Stand};
use crate::domain::time::{Span, Ts};
use crate::sandbox::config::{TradingHours, midnight_of};
use crate::sandbox::rng::Rng;
use crate::sandbox::world::{Event, World};
use serde_json::json;

/// First and last hour of the sales office, UTC.
const OFFICE_HOURS: (i64, i64) = (8, 18);
/// Trade customers: name, contact, town, postcode.
const CUSTOMERS: [(&str, &str, &str, &str); 6] = [
    ("Example Interiors Ltd", "Robin Example", "York", "YO1 7AA"),
    ("Mockford & Sons", "Alex Mockford", "Leeds", "LS1 4BB"),
    ("Sample Gifts", "Priya Sample", "Bristol", "BS2 9CC"),
    (
        "Trialby Department Store",
        "Kim Trialby",
        "Glasgow",
        "G3 8DD",
    ),
    ("Pattern Hill Cafés", "Zoë Draftson", "Cardiff", "CF10 1EE"),
    ("Placeholder Hotels", "Sam Stubbs", "Norwich", "NR2 2FF"),
];
/// Products sales are made of: the most popular ones.
const PRODUCTS_SOLD: usize = 60;

/// What happens in the account by itself.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A sale is entered.
    Sale(u64),
    /// Somebody does something to a sale.
    Deed(usize, Deed, u64),
    /// Somebody adjusts stock.
    Adjust(u64),
    /// A delivery of a webhook is due.
    Hook(Box<HookCall>),
}

/// What a person does to a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Authorise,
    Edit,
    Void,
    FulfilByHand,
    Invoice,
    Pay,
    CreditEarly,
}

impl World {
    /// Lays out the account's day.
    pub(crate) fn lay_out_cin7(&mut self) {
        let traits = self.config.cin7.traits.clone();
        let midnight = midnight_of(self.now);
        let day = midnight.0.unsigned_abs();
        let mut dice = Rng::keyed(self.config.seed, "cin7-day", day);
        let (open, close) = if self.config.trading_hours == TradingHours::ALWAYS {
            (0, 24)
        } else {
            OFFICE_HOURS
        };
        for n in 0..traits.sales_per_day + traits.adjustments_per_day {
            let at = midnight + Span::secs(dice.between(open * 3_600, close * 3_600));
            let key = dice.next_u64();
            let is_sale = n < traits.sales_per_day;
            if at > self.now {
                let what = if is_sale {
                    Happening::Sale(key)
                } else {
                    Happening::Adjust(key)
                };
                self.schedule(at, Event::Cin7(what));
            }
        }
    }

    /// The sales that wait when the world begins.
    pub(crate) fn place_opening_cin7_sales(&mut self) {
        let mut dice = Rng::named(self.config.seed, "cin7", "opening");
        for _ in 0..self.config.cin7.traits.opening_sales {
            self.cin7_customer_orders(dice.next_u64());
        }
    }

    /// Lets one thing happen.
    pub(crate) fn cin7_happens(&mut self, what: Happening) {
        match what {
            Happening::Sale(key) => {
                let is_open = self
                    .config
                    .customers_until
                    .is_none_or(|until| self.now < until);
                if is_open && !self.cin7.products.is_empty() {
                    self.cin7_customer_orders(key);
                }
            }
            Happening::Deed(s, deed, key) => self.cin7_person_acts(s, deed, key),
            Happening::Adjust(key) => self.cin7_colleague_adjusts(key),
            Happening::Hook(call) => self.cin7_hook_due(*call),
        }
    }

    fn cin7_customer_orders(&mut self, key: u64) {
        let traits = self.config.cin7.traits.clone();
        let seed = self.config.seed;
        let roll = |name: &str, chance: f64| Rng::keyed(seed, name, key).chance(chance);
        let mut dice = Rng::keyed(seed, "cin7-sale", key);
        let (customer, contact, town, postcode) = *dice.pick(&CUSTOMERS);
        let kind = if roll("cin7-advanced", traits.advanced) {
            Kind::Advanced
        } else {
            Kind::Simple
        };
        let is_elsewhere = roll("cin7-elsewhere", traits.unmapped_location);
        let location = if is_elsewhere {
            self.cin7.locations.len() - 1
        } else {
            0
        };
        let mapped = CARRIERS.len() - 1;
        let is_odd = roll("cin7-odd-carrier", traits.unmapped_carrier);
        let carrier = if is_odd { mapped } else { dice.below(mapped) };
        let lines = self.cin7_basket(&mut dice, location, roll("cin7-oversold", traits.oversold));
        let s = self.cin7_new_sale(kind, customer, location);
        let sale = &mut self.cin7.sales[s];
        contact.clone_into(&mut sale.contact);
        sale.email = format!("buyer{}@example.test", dice.below(1_000));
        sale.phone = format!("01632 960{:03}", dice.below(1_000));
        sale.reference = format!("PO-{}", dice.between(10_000, 99_999));
        CARRIERS[carrier].0.clone_into(&mut sale.carrier);
        sale.address = address_of(customer, contact, (town, postcode), &mut dice);
        sale.ship_by = sale
            .date
            .checked_add_days(chrono::Days::new(dice.between(1, 4).unsigned_abs()));
        sale.lines = lines;
        sale.order = Stand::Draft;
        let detail = json!({"lines": self.cin7_lines_detail(s)});
        self.cin7_note_sale("Sale created", s, String::new(), detail, true);
        self.cin7_tell("Sale/Created", s, None);
        if roll("cin7-late", traits.late_authorised) {
            self.cin7_plan(s, key, Deed::Authorise, 1.0, (20, 240));
        } else {
            self.cin7_person_acts(s, Deed::Authorise, key);
        }
    }

    fn cin7_basket(&self, dice: &mut Rng, location: usize, is_oversold: bool) -> Vec<Cin7Line> {
        let sold = self.cin7.products.len().min(PRODUCTS_SOLD);
        let mut out: Vec<Cin7Line> = Vec::new();
        for n in 0..dice.between(1, 5) {
            let product = dice.below(sold);
            let units = dice.between(1, 8);
            if out.iter().any(|l| l.product == product) {
                continue;
            }
            let free = self.cin7_free(product, location).or_nothing().trunc();
            let wanted = if is_oversold && n == 0 {
                free + units
            } else {
                units
            };
            let price = self.cin7.products[product].price;
            out.push(Cin7Line {
                discount_percent: Dec::whole([0, 0, 5, 10][dice.below(4)]),
                ..Cin7Line::new(product, Dec::whole(wanted), price)
            });
        }
        out
    }

    fn cin7_plan(&mut self, s: usize, key: u64, deed: Deed, chance: f64, minutes: (i64, i64)) {
        let mut dice = Rng::named(self.config.seed, "cin7-deed", &format!("{deed:?}/{key}"));
        if dice.chance(chance) {
            let at: Ts = self.now + Span::secs(dice.between(minutes.0 * 60, minutes.1 * 60));
            self.schedule(at, Event::Cin7(Happening::Deed(s, deed, key)));
        }
    }

    fn cin7_person_acts(&mut self, s: usize, deed: Deed, key: u64) {
        let sale = &self.cin7.sales[s];
        if sale.is_voided {
            return;
        }
        let is_untouched = sale.live().all(super::sale::Fulfilment::is_untouched);
        let is_shipped = sale.live().any(|f| f.shipped().next().is_some());
        match deed {
            Deed::Authorise => self.cin7_person_authorises(s, key),
            Deed::Edit if is_untouched && sale.order.is_authorised() => self.cin7_edit(s, key),
            Deed::Void if !is_shipped => self.cin7_void(s, true),
            Deed::FulfilByHand if is_untouched => {
                let tracking = format!("HAND{:08}", key % 100_000_000);
                self.cin7_fulfil_whole(s, &tracking);
            }
            Deed::Invoice => {
                if self.cin7_invoice(s, Stand::Authorised, true).is_ok() {
                    self.cin7_plan(s, key, Deed::Pay, 1.0, (60, 48 * 60));
                }
            }
            Deed::Pay => self.cin7_pay(s),
            Deed::CreditEarly if is_shipped => {
                let line = &sale.lines[0];
                let back = [(line.product, Dec::whole(1).min(line.quantity))];
                self.cin7_credit(s, &back, false, "Goods coming back");
            }
            Deed::Edit | Deed::Void | Deed::FulfilByHand | Deed::CreditEarly => {}
        }
    }

    fn cin7_person_authorises(&mut self, s: usize, key: u64) {
        let traits = self.config.cin7.traits.clone();
        self.cin7_authorise(s, true);
        let deeds = [
            (Deed::Edit, traits.edited, (3, 120)),
            (Deed::Void, traits.voided, (3, 300)),
            (Deed::FulfilByHand, traits.fulfilled_by_hand, (10, 240)),
            (Deed::Invoice, traits.invoiced, (60, 20 * 60)),
            (Deed::CreditEarly, traits.credited_early, (24 * 60, 72 * 60)),
        ];
        for (deed, chance, minutes) in deeds {
            self.cin7_plan(s, key, deed, chance, minutes);
        }
    }

    /// Undone, changed, authorised again: the only way to change an authorised order.
    fn cin7_edit(&mut self, s: usize, key: u64) {
        let mut dice = Rng::keyed(self.config.seed, "cin7-edit", key);
        self.cin7_undo(s, true);
        let street = format!("{} Model Row", dice.between(1, 90));
        let sale = &mut self.cin7.sales[s];
        let what = match dice.below(3) {
            0 => {
                sale.address.line1 = street;
                "address"
            }
            1 if sale.lines.len() > 1 => {
                sale.lines.pop();
                "line removed"
            }
            _ => {
                sale.lines[0].quantity += Dec::whole(1);
                "quantity"
            }
        };
        self.cin7_note_sale(
            "Sale changed",
            s,
            String::new(),
            json!({"what": what}),
            true,
        );
        self.cin7_authorise(s, true);
    }

    fn cin7_colleague_adjusts(&mut self, key: u64) {
        let mut dice = Rng::keyed(self.config.seed, "cin7-adjust", key);
        let sold = self.cin7.products.len().min(PRODUCTS_SOLD);
        let product = dice.below(sold.max(1));
        let found = self.cin7.slots(product, 0).next();
        let Some((slot, stock)) = found.map(|(slot, stock)| (slot.clone(), *stock)) else {
            return;
        };
        let target = (stock.on_hand + Dec::whole(dice.between(-4, 5))).or_nothing();
        self.cin7_adjust_by_hand(slot, target, "Corrected in the office");
    }
}

fn address_of(
    customer: &str,
    contact: &str,
    (town, postcode): (&str, &str),
    dice: &mut Rng,
) -> Cin7Address {
    Cin7Address {
        company: customer.to_owned(),
        contact: contact.to_owned(),
        line1: format!("{} Example Road", dice.between(1, 180)),
        city: town.to_owned(),
        postcode: postcode.to_owned(),
        country: "GB".to_owned(),
        ..Cin7Address::default()
    }
}
