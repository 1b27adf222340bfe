//! A sale and its papers: order lines, fulfilments, invoices, credit notes.

use super::decimal::Dec;
use super::state::Slot;
use crate::domain::time::Ts;
use crate::sandbox::rng::Guid;
use chrono::NaiveDate;

/// Kind of a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// One fulfilment, one invoice, one credit note.
    #[default]
    Simple,
    Advanced,
    /// No stock, no fulfilment.
    Service,
}

/// Status of a document: quote, order, pick, pack, ship, invoice, credit note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stand {
    #[default]
    NotAvailable,
    Draft,
    /// Orders only: authorised without allocating stock.
    AuthorisedUnallocated,
    /// Shipments only: some boxes.
    PartlyAuthorised,
    Authorised,
    /// Invoices only.
    Paid,
    Voided,
}

impl Stand {
    /// The word as Cin7 Core writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAvailable => "NOT AVAILABLE",
            Self::Draft => "DRAFT",
            Self::AuthorisedUnallocated => "AUTH_NO_ALLOC",
            Self::PartlyAuthorised => "PARTIALLY AUTHORISED",
            Self::Authorised => "AUTHORISED",
            Self::Paid => "PAID",
            Self::Voided => "VOIDED",
        }
    }

    /// Can still be written.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::NotAvailable | Self::Draft)
    }

    /// Approved: final but for undoing.
    pub const fn is_authorised(self) -> bool {
        matches!(
            self,
            Self::Authorised | Self::AuthorisedUnallocated | Self::Paid
        )
    }
}

/// Where a sale goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cin7Address {
    pub company: String,
    pub contact: String,
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub state: String,
    pub postcode: String,
    /// ISO code of two letters; answers may ask for the name.
    pub country: String,
}

/// A line of an order.
#[derive(Debug, Clone)]
pub struct Cin7Line {
    pub product: usize,
    pub quantity: Dec,
    pub price: Dec,
    pub discount_percent: Dec,
    pub is_drop_ship: bool,
    pub comment: String,
    /// Allocated at the sale's location and not picked yet.
    pub reserved: Dec,
    /// Waiting for stock.
    pub backorder: Dec,
}

impl Cin7Line {
    /// A line nothing is reserved for yet.
    pub fn new(product: usize, quantity: Dec, price: Dec) -> Self {
        Self {
            product,
            quantity,
            price,
            discount_percent: Dec::ZERO,
            is_drop_ship: false,
            comment: String::new(),
            reserved: Dec::ZERO,
            backorder: Dec::ZERO,
        }
    }
}

/// A line of a pick or a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageLine {
    pub slot: Slot,
    pub quantity: Dec,
    /// Packs only.
    pub box_name: String,
}

/// A pick or a pack.
#[derive(Debug, Clone, Default)]
pub struct Stage {
    pub status: Stand,
    pub lines: Vec<StageLine>,
}

/// A line of a shipment: boxes under one tracking number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipLine {
    pub id: Guid,
    pub date: Option<NaiveDate>,
    pub carrier: String,
    pub boxes: Vec<String>,
    pub tracking: String,
    pub is_shipped: bool,
}

/// A shipment.
#[derive(Debug, Clone, Default)]
pub struct Ship {
    pub status: Stand,
    pub require_by: Option<NaiveDate>,
    pub notes: String,
    pub lines: Vec<ShipLine>,
}

/// One fulfilment of a sale.
#[derive(Debug, Clone)]
pub struct Fulfilment {
    /// The sale's own id on simple sales.
    pub task: Guid,
    pub number: usize,
    pub pick: Stage,
    pub pack: Stage,
    pub ship: Ship,
    pub invoice_number: String,
}

impl Fulfilment {
    /// A fulfilment nothing was done to.
    pub fn new(task: Guid, number: usize, pick: Stand) -> Self {
        Self {
            task,
            number,
            pick: Stage {
                status: pick,
                lines: Vec::new(),
            },
            pack: Stage::default(),
            ship: Ship::default(),
            invoice_number: String::new(),
        }
    }

    /// Voided fulfilments stay listed.
    pub fn is_voided(&self) -> bool {
        self.pick.status == Stand::Voided
    }

    /// Nobody has done anything to it.
    pub fn is_untouched(&self) -> bool {
        self.pick.status.is_open() && self.pick.lines.is_empty()
    }

    /// Lines in boxes that have left.
    pub fn shipped(&self) -> impl Iterator<Item = &StageLine> {
        self.pack
            .lines
            .iter()
            .filter(|l| self.is_box_shipped(&l.box_name))
    }

    /// Whether a box has left.
    pub fn is_box_shipped(&self, name: &str) -> bool {
        let has_it = |line: &ShipLine| line.is_shipped && line.boxes.iter().any(|b| b == name);
        matches!(
            self.ship.status,
            Stand::PartlyAuthorised | Stand::Authorised
        ) && self.ship.lines.iter().any(has_it)
    }
}

/// An invoice, as far as returns need it.
#[derive(Debug, Clone)]
pub struct Invoice {
    pub task: Guid,
    pub number: String,
    pub status: Stand,
    pub date: NaiveDate,
    pub total: Dec,
    pub tax: Dec,
    pub fulfilment: Option<usize>,
}

/// A line of money of a credit note.
#[derive(Debug, Clone)]
pub struct CreditLine {
    pub product: usize,
    pub quantity: Dec,
    pub price: Dec,
    pub discount_percent: Dec,
    pub tax: Dec,
    pub total: Dec,
    pub tax_rule: String,
    pub account: String,
}

/// Goods a credit note puts back.
#[derive(Debug, Clone)]
pub struct RestockLine {
    /// Where they had been picked.
    pub from: Slot,
    /// Where they go.
    pub to: Slot,
    pub quantity: Dec,
    pub date: Option<NaiveDate>,
}

/// A credit note.
#[derive(Debug, Clone)]
pub struct CreditNote {
    pub task: Guid,
    pub number: String,
    pub status: Stand,
    pub invoice_number: String,
    pub memo: String,
    pub date: NaiveDate,
    pub lines: Vec<CreditLine>,
    pub restock: Vec<RestockLine>,
}

/// A sale.
#[derive(Debug, Clone)]
pub struct Cin7Sale {
    pub id: Guid,
    /// `SO-01042` without the letters.
    pub number: i64,
    pub kind: Kind,
    pub customer: String,
    pub customer_id: Guid,
    pub contact: String,
    pub phone: String,
    pub email: String,
    /// `CustomerReference`.
    pub reference: String,
    pub external_id: String,
    pub note: String,
    pub shipping_notes: String,
    pub channel: String,
    /// Description of a carrier; empty for none.
    pub carrier: String,
    /// Default pick location.
    pub location: usize,
    pub address: Cin7Address,
    pub skip_quote: bool,
    pub quote: Stand,
    pub order: Stand,
    pub memo: String,
    pub date: NaiveDate,
    pub ship_by: Option<NaiveDate>,
    pub created_at: Ts,
    pub updated_at: Ts,
    pub lines: Vec<Cin7Line>,
    /// Description and amount of charges beside goods.
    pub charges: Vec<(String, Dec)>,
    pub fulfilments: Vec<Fulfilment>,
    pub invoices: Vec<Invoice>,
    pub credit_notes: Vec<CreditNote>,
    pub is_voided: bool,
}

impl Cin7Sale {
    /// The number people know.
    pub fn number_text(&self) -> String {
        format!("SO-{:05}", self.number)
    }

    /// Fulfilments that count.
    pub fn live(&self) -> impl Iterator<Item = &Fulfilment> {
        self.fulfilments.iter().filter(|f| !f.is_voided())
    }

    /// Every tracking number so far, in order, each once.
    pub fn tracking(&self) -> Vec<&str> {
        let mut out: Vec<&str> = Vec::new();
        for line in self.live().flat_map(|f| &f.ship.lines) {
            if !line.tracking.is_empty() && !out.contains(&line.tracking.as_str()) {
                out.push(&line.tracking);
            }
        }
        out
    }

    /// Units of a product ordered on all lines.
    pub fn ordered(&self, product: usize) -> Dec {
        let of_it = self.lines.iter().filter(|l| l.product == product);
        of_it.map(|l| l.quantity).sum()
    }

    /// Units of a product picked and authorised.
    pub fn picked(&self, product: usize) -> Dec {
        self.live()
            .filter(|f| f.pick.status == Stand::Authorised)
            .flat_map(|f| &f.pick.lines)
            .filter(|l| l.slot.product == product)
            .map(|l| l.quantity)
            .sum()
    }
}
