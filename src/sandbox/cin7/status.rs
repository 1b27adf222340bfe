//! Statuses that follow from what was done: of a sale, of its stages together.

use super::decimal::Dec;
use super::sale::{Cin7Sale, Fulfilment, Kind, Stand};
use super::state::Cin7;

/// One of the three stages of a fulfilment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stages {
    Pick,
    Pack,
    Ship,
}

impl Stages {
    /// Words for: nothing, begun, some, all.
    const fn words(self) -> [&'static str; 4] {
        match self {
            Self::Pick => ["NOT PICKED", "PICKING", "PARTIALLY PICKED", "PICKED"],
            Self::Pack => ["NOT PACKED", "PACKING", "PARTIALLY PACKED", "PACKED"],
            Self::Ship => ["NOT SHIPPED", "SHIPPING", "PARTIALLY SHIPPED", "SHIPPED"],
        }
    }

    fn done(self, fulfilment: &Fulfilment) -> Dec {
        let of = |stage: &super::sale::Stage| -> Dec {
            let is_done = stage.status == Stand::Authorised;
            let lines = stage.lines.iter().filter(|_| is_done);
            lines.map(|l| l.quantity).sum()
        };
        match self {
            Self::Pick => of(&fulfilment.pick),
            Self::Pack => of(&fulfilment.pack),
            Self::Ship => fulfilment.shipped().map(|l| l.quantity).sum(),
        }
    }

    fn is_begun(self, fulfilment: &Fulfilment) -> bool {
        match self {
            Self::Pick => !fulfilment.pick.lines.is_empty(),
            Self::Pack => !fulfilment.pack.lines.is_empty(),
            Self::Ship => !fulfilment.ship.lines.is_empty(),
        }
    }
}

/// Where an order stands beside its figures.
pub struct Standing<'a> {
    cin7: &'a Cin7,
    sale: &'a Cin7Sale,
}

impl<'a> Standing<'a> {
    /// Of a sale.
    pub fn of(cin7: &'a Cin7, sale: &'a Cin7Sale) -> Self {
        Self { cin7, sale }
    }

    /// Units to be shipped from stock.
    fn wanted(&self) -> Dec {
        self.sale
            .lines
            .iter()
            .filter(|l| !l.is_drop_ship && !self.cin7.products[l.product].is_service)
            .map(|l| l.quantity)
            .sum()
    }

    fn done(&self, stage: Stages) -> Dec {
        self.sale.live().map(|f| stage.done(f)).sum()
    }

    /// `CombinedPickingStatus` and its sisters.
    pub fn combined(&self, stage: Stages) -> &'static str {
        if self.sale.is_voided {
            return "VOIDED";
        }
        let wanted = self.wanted();
        if !self.sale.order.is_authorised() || !wanted.is_positive() {
            return "NOT AVAILABLE";
        }
        let [nothing, begun, some, all] = stage.words();
        let done = self.done(stage);
        if done >= wanted {
            all
        } else if done.is_positive() {
            some
        } else if self.sale.live().any(|f| stage.is_begun(f)) {
            begun
        } else {
            nothing
        }
    }

    /// `FulFilmentStatus` of the sale: follows what was shipped.
    pub fn fulfilment(&self) -> &'static str {
        match self.combined(Stages::Ship) {
            "SHIPPED" => "FULFILLED",
            "PARTIALLY SHIPPED" => "PARTIALLY FULFILLED",
            "NOT SHIPPED" | "SHIPPING" => "NOT FULFILLED",
            other => other,
        }
    }

    /// Everything ordered has left.
    pub fn is_shipped(&self) -> bool {
        self.combined(Stages::Ship) == "SHIPPED"
    }

    fn has_invoice(&self, status: impl Fn(Stand) -> bool) -> bool {
        self.sale.invoices.iter().any(|i| status(i.status))
    }

    fn is_credited(&self) -> bool {
        let notes = &self.sale.credit_notes;
        notes.iter().any(|n| n.status == Stand::Authorised)
    }

    /// `OrderStatus`, `Order.Status`.
    pub fn order(&self) -> &'static str {
        if self.sale.is_voided {
            return Stand::Voided.word();
        }
        match (
            self.sale.order.is_authorised() && self.is_shipped(),
            self.has_invoice(Stand::is_authorised),
        ) {
            (true, true) => "CLOSED",
            (true, false) => "FULFILLED",
            _ => self.sale.order.word(),
        }
    }

    /// `CombinedInvoiceStatus`, in the words live accounts show.
    pub fn invoice(&self) -> &'static str {
        if self.sale.is_voided {
            "VOIDED"
        } else if self.is_credited() {
            "INVOICED / CREDITED"
        } else if self.has_invoice(Stand::is_authorised) {
            "INVOICED"
        } else if self.sale.order.is_authorised() {
            "NOT INVOICED"
        } else {
            "NOT AVAILABLE"
        }
    }

    /// `CreditNoteStatus`.
    pub fn credit(&self) -> &'static str {
        let last = self.sale.credit_notes.last();
        last.map_or(Stand::NotAvailable, |n| n.status).word()
    }

    /// `CombinedPaymentStatus`.
    pub fn payment(&self) -> &'static str {
        if self.sale.is_voided {
            "VOIDED"
        } else if self.has_invoice(|s| s == Stand::Paid) {
            "PAID"
        } else {
            "UNPAID"
        }
    }

    /// `Status`. An advanced sale shows ORDERED or BACKORDERED through its whole fulfilment.
    pub fn sale(&self) -> &'static str {
        let sale = self.sale;
        if sale.is_voided {
            return "VOIDED";
        }
        if !sale.order.is_authorised() {
            return match (sale.order, sale.quote) {
                (Stand::Draft, _) => "ORDERING",
                (_, Stand::Authorised) => "ESTIMATED",
                _ if sale.skip_quote => "ESTIMATED",
                _ => "ESTIMATING",
            };
        }
        let is_paid = self.has_invoice(|s| s == Stand::Paid);
        if is_paid && self.is_shipped() && !self.is_credited() {
            return "COMPLETED";
        }
        let waits = if sale.lines.iter().any(|l| l.backorder.is_positive()) {
            "BACKORDERED"
        } else {
            "ORDERED"
        };
        match sale.kind {
            Kind::Simple => self.simple(waits),
            Kind::Advanced | Kind::Service => waits,
        }
    }

    fn simple(&self, waits: &'static str) -> &'static str {
        if self.is_credited() {
            return "CREDITED";
        }
        if self.has_invoice(Stand::is_authorised) {
            return "INVOICED";
        }
        if self.has_invoice(|s| s == Stand::Draft) {
            return "INVOICING";
        }
        let Some(f) = self.sale.live().next() else {
            return waits;
        };
        match (f.pick.status, f.pack.status, f.ship.status) {
            (_, _, Stand::Draft | Stand::PartlyAuthorised | Stand::Authorised) => "SHIPPING",
            (_, Stand::Authorised, _) => "PACKED",
            (_, Stand::Draft, _) => "PACKING",
            (Stand::Authorised, _, _) => "PICKED",
            (Stand::Draft, _, _) => "PICKING",
            _ => waits,
        }
    }
}

/// `FulFilmentStatus` of one fulfilment.
pub fn of_fulfilment(fulfilment: &Fulfilment) -> &'static str {
    if fulfilment.is_voided() {
        return "VOIDED";
    }
    let picked: Dec = fulfilment.pick.lines.iter().map(|l| l.quantity).sum();
    let shipped: Dec = fulfilment.shipped().map(|l| l.quantity).sum();
    if shipped.is_positive() && shipped >= picked {
        "FULFILLED"
    } else if shipped.is_positive() {
        "PARTIALLY FULFILLED"
    } else {
        "NOT FULFILLED"
    }
}
