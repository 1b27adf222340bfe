//! Hands for tests and demonstrations: do what somebody in Cin7 Core would do, now.

use super::decimal::Dec;
use super::sale::{Cin7Address, Cin7Line, Cin7Sale, Kind, Stand};
use super::state::Cin7Product;
use crate::sandbox::rng::{Guid, Rng};
use crate::sandbox::world::{HandError, World};
use serde_json::json;

/// A sale to be entered by hand. Everything has a sensible default.
#[derive(Debug, Clone)]
pub struct Cin7SaleSpec {
    /// SKU and quantity.
    pub lines: Vec<(String, i64)>,
    /// Description of a carrier.
    pub carrier: String,
    /// Name of the location.
    pub location: String,
    pub is_advanced: bool,
    /// Else it stays a draft.
    pub is_authorised: bool,
    pub customer: String,
    pub line1: String,
    pub reference: String,
}

impl Default for Cin7SaleSpec {
    fn default() -> Self {
        Self {
            lines: vec![("MUG-BLU-01".to_owned(), 1)],
            carrier: "Royal Mail Tracked 48".to_owned(),
            location: super::build::LOCATIONS[0].to_owned(),
            is_advanced: false,
            is_authorised: true,
            customer: "Example Interiors Ltd".to_owned(),
            line1: "9 Sample Street".to_owned(),
            reference: String::new(),
        }
    }
}

fn unknown(what: &'static str, name: &str) -> HandError {
    HandError::Unknown {
        what,
        name: name.to_owned(),
    }
}

impl World {
    /// Somebody enters a sale; answers with its id.
    ///
    /// # Errors
    /// A location or SKU that is not there.
    pub fn cin7_enter(&mut self, spec: &Cin7SaleSpec) -> Result<String, HandError> {
        let location = self.cin7.location_named(&spec.location);
        let location = location.ok_or_else(|| unknown("location", &spec.location))?;
        let mut lines = Vec::new();
        for (sku, quantity) in &spec.lines {
            let product = *self
                .cin7
                .product_by_sku
                .get(sku)
                .ok_or_else(|| unknown("SKU", sku))?;
            let price = self.cin7.products[product].price;
            lines.push(Cin7Line::new(product, Dec::whole(*quantity), price));
        }
        let kind = if spec.is_advanced {
            Kind::Advanced
        } else {
            Kind::Simple
        };
        let s = self.cin7_new_sale(kind, &spec.customer, location);
        let sale = &mut self.cin7.sales[s];
        sale.lines = lines;
        sale.order = Stand::Draft;
        sale.carrier.clone_from(&spec.carrier);
        sale.reference.clone_from(&spec.reference);
        "Robin Example".clone_into(&mut sale.contact);
        "buyer@example.test".clone_into(&mut sale.email);
        sale.address = Cin7Address {
            company: spec.customer.clone(),
            contact: "Robin Example".to_owned(),
            line1: spec.line1.clone(),
            city: "York".to_owned(),
            postcode: "YO1 7AA".to_owned(),
            country: "GB".to_owned(),
            ..Cin7Address::default()
        };
        let id = sale.id.to_string();
        let detail = json!({"lines": self.cin7_lines_detail(s)});
        self.cin7_note_sale("Sale created", s, String::new(), detail, true);
        self.cin7_tell("Sale/Created", s, None);
        if spec.is_authorised {
            self.cin7_authorise(s, true);
        }
        Ok(id)
    }

    /// Position of a sale by id or number that is not voided.
    fn cin7_hand_on(&self, id: &str, deed: &'static str) -> Result<usize, HandError> {
        let by_id = Guid::parse(id).and_then(|g| self.cin7.sale_by_id.get(&g).copied());
        let by_number = || self.cin7.sales.iter().position(|s| s.number_text() == id);
        let s = by_id
            .or_else(by_number)
            .ok_or_else(|| unknown("sale", id))?;
        if self.cin7.sales[s].is_voided {
            return Err(self.cin7_not_now(s, deed));
        }
        Ok(s)
    }

    fn cin7_not_now(&self, s: usize, deed: &'static str) -> HandError {
        let sale = &self.cin7.sales[s];
        HandError::NotNow {
            number: sale.number_text(),
            deed,
            state: super::status::Standing::of(&self.cin7, sale)
                .sale()
                .to_lowercase(),
        }
    }

    /// Somebody authorises a draft.
    ///
    /// # Errors
    /// An unknown or voided sale.
    pub fn cin7_authorise_sale(&mut self, id: &str) -> Result<(), HandError> {
        let s = self.cin7_hand_on(id, "authorised")?;
        self.cin7_authorise(s, true);
        Ok(())
    }

    /// Somebody voids a sale for good; shipped goods come back to their places.
    ///
    /// # Errors
    /// An unknown or voided sale.
    pub fn cin7_void_sale(&mut self, id: &str) -> Result<(), HandError> {
        let s = self.cin7_hand_on(id, "voided")?;
        self.cin7_void(s, true);
        Ok(())
    }

    /// Somebody undoes a sale: a draft again.
    ///
    /// # Errors
    /// An unknown or voided sale.
    pub fn cin7_undo_sale(&mut self, id: &str) -> Result<(), HandError> {
        let s = self.cin7_hand_on(id, "undone")?;
        self.cin7_undo(s, true);
        Ok(())
    }

    /// Somebody changes a sale: undone, changed, authorised again.
    ///
    /// # Errors
    /// An unknown or voided sale.
    pub fn cin7_amend_sale(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut Cin7Sale),
    ) -> Result<(), HandError> {
        let s = self.cin7_hand_on(id, "changed")?;
        self.cin7_undo(s, true);
        change(&mut self.cin7.sales[s]);
        self.cin7_note_sale(
            "Sale changed",
            s,
            String::new(),
            json!({"what": "by hand"}),
            true,
        );
        self.cin7_authorise(s, true);
        Ok(())
    }

    /// A colleague picks, packs and ships what is allocated of a sale.
    ///
    /// # Errors
    /// An unknown sale, or one whose stages are under way.
    pub fn cin7_fulfil_by_hand(&mut self, id: &str, tracking: &str) -> Result<(), HandError> {
        let s = self.cin7_hand_on(id, "fulfilled")?;
        if self.cin7_fulfil_whole(s, tracking) {
            return Ok(());
        }
        Err(self.cin7_not_now(s, "fulfilled"))
    }

    /// Boxes of a partly authorised shipment that were left behind leave.
    ///
    /// # Errors
    /// An unknown or voided sale.
    pub fn cin7_ship_left_boxes(&mut self, id: &str, tracking: &str) -> Result<(), HandError> {
        let s = self.cin7_hand_on(id, "shipped")?;
        for f in 0..self.cin7.sales[s].fulfilments.len() {
            self.cin7_ship_rest((s, f), tracking);
        }
        Ok(())
    }

    /// Finance invoices a sale whole.
    ///
    /// # Errors
    /// An unknown sale, one that is not authorised, or one with an invoice.
    pub fn cin7_invoice_sale(&mut self, id: &str) -> Result<String, HandError> {
        let s = self.cin7_hand_on(id, "invoiced")?;
        let made = self.cin7_invoice(s, Stand::Authorised, true);
        made.map_err(|_| self.cin7_not_now(s, "invoiced"))?;
        let last = self.cin7.sales[s].invoices.last();
        Ok(last.map(|i| i.number.clone()).unwrap_or_default())
    }

    /// The customer pays.
    ///
    /// # Errors
    /// An unknown or voided sale.
    pub fn cin7_pay_sale(&mut self, id: &str) -> Result<(), HandError> {
        let s = self.cin7_hand_on(id, "paid")?;
        self.cin7_pay(s);
        Ok(())
    }

    /// Finance credits goods (SKU, quantity), with or without putting them back on the shelf.
    ///
    /// # Errors
    /// An unknown sale or SKU, or no invoice to credit.
    pub fn cin7_credit_by_hand(
        &mut self,
        id: &str,
        goods: &[(&str, i64)],
        restocks: bool,
        memo: &str,
    ) -> Result<(), HandError> {
        let s = self.cin7_hand_on(id, "credited")?;
        let mut found = Vec::new();
        for (sku, quantity) in goods {
            let product = self
                .cin7
                .product_by_sku
                .get(*sku)
                .ok_or_else(|| unknown("SKU", sku))?;
            found.push((*product, Dec::whole(*quantity)));
        }
        if self.cin7_credit(s, &found, restocks, memo) {
            return Ok(());
        }
        Err(self.cin7_not_now(s, "credited"))
    }

    /// Somebody sets the units on hand of a SKU lying loose at a location, or in its first bin.
    ///
    /// # Errors
    /// An unknown SKU or location.
    pub fn cin7_set_on_hand(
        &mut self,
        sku: &str,
        location: &str,
        on_hand: i64,
    ) -> Result<(), HandError> {
        let product = *self
            .cin7
            .product_by_sku
            .get(sku)
            .ok_or_else(|| unknown("SKU", sku))?;
        let at = self.cin7.location_named(location);
        let at = at.ok_or_else(|| unknown("location", location))?;
        let first = self
            .cin7
            .slots(product, at)
            .next()
            .map(|(slot, _)| slot.clone());
        let slot = first.unwrap_or_else(|| self.cin7_loose(product, at));
        self.cin7_adjust_by_hand(slot, Dec::whole(on_hand), "By hand");
        Ok(())
    }

    /// Units on hand of a SKU at a location, over its bins.
    pub fn cin7_on_hand(&self, sku: &str, location: &str) -> i64 {
        let found = self.cin7.product_by_sku.get(sku).copied();
        let Some((product, at)) = found.zip(self.cin7.location_named(location)) else {
            return 0;
        };
        let sum: Dec = self.cin7.slots(product, at).map(|(_, s)| s.on_hand).sum();
        sum.trunc()
    }

    /// Somebody turns a product into a service, or back into one with stock.
    ///
    /// # Errors
    /// An unknown SKU.
    pub fn cin7_keeps_stock_of(&mut self, sku: &str, keeps: bool) -> Result<(), HandError> {
        let product = *self
            .cin7
            .product_by_sku
            .get(sku)
            .ok_or_else(|| unknown("SKU", sku))?;
        self.cin7.products[product].is_service = !keeps;
        Ok(())
    }

    /// A colleague sets the units on hand in the very moment in which the next adjustment arrives.
    ///
    /// # Errors
    /// An unknown SKU or location.
    pub fn cin7_meddle_at_next_write(
        &mut self,
        sku: &str,
        location: &str,
        on_hand: i64,
    ) -> Result<(), HandError> {
        if !self.cin7.product_by_sku.contains_key(sku) {
            return Err(unknown("SKU", sku));
        }
        if self.cin7.location_named(location).is_none() {
            return Err(unknown("location", location));
        }
        self.cin7.meddling = Some((sku.to_owned(), location.to_owned(), on_hand));
        Ok(())
    }

    /// Whoever waited for an adjustment to arrive acts.
    pub(super) fn cin7_meddle(&mut self) {
        if let Some((sku, location, on_hand)) = self.cin7.meddling.take()
            && let Err(error) = self.cin7_set_on_hand(&sku, &location, on_hand)
        {
            tracing::warn!(%error, "nobody could meddle");
        }
    }

    /// Somebody creates a product; answers with its id.
    pub fn cin7_add_product(&mut self, sku: &str, is_batched: bool) -> String {
        let id = Rng::named(self.config.seed, "cin7-product", sku).guid();
        self.cin7_add(Cin7Product {
            id,
            sku: sku.to_owned(),
            name: sku.to_owned(),
            barcode: String::new(),
            category: "Other".to_owned(),
            price: Dec::whole(10),
            cost: Dec::whole(4),
            weight_grams: 100,
            is_service: false,
            is_batched,
            is_deprecated: false,
            modified_at: self.now,
        });
        id.to_string()
    }
}
