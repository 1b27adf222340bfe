//! Sales, written: header, order, void and undo.

use super::decimal::Dec;
use super::params::{Body, Query, Refusal};
use super::render::{CountryForm, address, today};
use super::sale::{Cin7Address, Cin7Line, Cin7Sale, Fulfilment, Kind, Stand};
use super::state::Slot;
use crate::sandbox::rng::Guid;
use crate::sandbox::world::World;
use serde_json::{Value, json};

/// Number of the first sale.
const FIRST_NUMBER: i64 = 1_001;

impl World {
    /// A sale with nothing in it yet, already entered; answers with its position.
    pub(super) fn cin7_new_sale(&mut self, kind: Kind, customer: &str, location: usize) -> usize {
        let id = self.cin7_guid();
        let ix = self.cin7.sales.len();
        let sale = Cin7Sale {
            id,
            number: FIRST_NUMBER + i64::try_from(ix).unwrap_or(0),
            kind,
            customer: customer.to_owned(),
            customer_id: crate::sandbox::rng::Rng::named(
                self.config.seed,
                "cin7-customer",
                customer,
            )
            .guid(),
            contact: String::new(),
            phone: String::new(),
            email: String::new(),
            reference: String::new(),
            external_id: String::new(),
            note: String::new(),
            shipping_notes: String::new(),
            channel: String::new(),
            carrier: String::new(),
            location,
            address: Cin7Address::default(),
            skip_quote: true,
            quote: Stand::NotAvailable,
            order: Stand::NotAvailable,
            memo: String::new(),
            date: today(self.now),
            ship_by: None,
            created_at: self.now,
            updated_at: self.now,
            lines: Vec::new(),
            charges: Vec::new(),
            fulfilments: Vec::new(),
            invoices: Vec::new(),
            credit_notes: Vec::new(),
            is_voided: false,
        };
        self.cin7.sale_by_id.insert(id, ix);
        self.cin7.sales.push(sale);
        ix
    }

    /// The order becomes final: stock is reserved, the warehouse may begin.
    pub(super) fn cin7_authorise(&mut self, s: usize, by_world: bool) {
        let sale = &mut self.cin7.sales[s];
        if sale.order.is_authorised() || sale.is_voided {
            return;
        }
        sale.order = Stand::Authorised;
        if sale.kind == Kind::Simple && sale.fulfilments.is_empty() {
            let task = sale.id;
            let first = Fulfilment::new(task, 1, Stand::NotAvailable);
            sale.fulfilments.push(first);
        }
        self.cin7_reserve(s);
        let sale = &self.cin7.sales[s];
        let waits: Dec = sale.lines.iter().map(|l| l.backorder).sum();
        let detail = json!({"lines": self.cin7_lines_detail(s), "waiting": waits.json()});
        self.cin7_note_sale("Sale authorised", s, String::new(), detail, by_world);
        self.cin7_tell("Sale/OrderAuthorised", s, None);
        if waits.is_positive() {
            self.cin7_tell("Sale/Backordered", s, None);
        }
        self.cin7_tell_stock_of_sale(s);
    }

    /// SKU, quantity and what waits, per line.
    pub(super) fn cin7_lines_detail(&self, s: usize) -> Value {
        let lines = self.cin7.sales[s].lines.iter();
        lines
            .map(|l| {
                json!({"sku": self.cin7.products[l.product].sku, "qty": l.quantity.json(),
                    "backorder": l.backorder.json()})
            })
            .collect()
    }

    /// Takes every stage of a sale back: shipped goods return to where they were picked.
    fn cin7_take_back(&mut self, s: usize) {
        let mut back: Vec<(Slot, Dec)> = Vec::new();
        let mut freed: Vec<(Slot, Dec)> = Vec::new();
        for f in self.cin7.sales[s].live() {
            let shipped: Vec<(Slot, Dec)> =
                f.shipped().map(|l| (l.slot.clone(), l.quantity)).collect();
            if f.pick.status == Stand::Authorised {
                freed.extend(f.pick.lines.iter().map(|l| (l.slot.clone(), l.quantity)));
            }
            // What was shipped is no longer picked.
            freed.extend(shipped.iter().map(|(slot, q)| (slot.clone(), -*q)));
            back.extend(shipped);
        }
        self.cin7_release(s);
        for (slot, quantity) in &freed {
            self.cin7.stock.entry(slot.clone()).or_default().picked -= *quantity;
        }
        for (slot, quantity) in &back {
            self.cin7_move(slot, *quantity);
        }
        let products: Vec<(usize, usize)> = {
            let sale = &self.cin7.sales[s];
            sale.lines
                .iter()
                .map(|l| (l.product, sale.location))
                .collect()
        };
        for (product, location) in products {
            self.cin7_serve_waiting(product, location);
        }
    }

    /// Voids a sale for good.
    pub(super) fn cin7_void(&mut self, s: usize, by_world: bool) {
        if self.cin7.sales[s].is_voided {
            return;
        }
        let sale = &mut self.cin7.sales[s];
        sale.is_voided = true;
        self.cin7_take_back(s);
        let sale = &mut self.cin7.sales[s];
        sale.order = Stand::Voided;
        sale.quote = Stand::Voided;
        for f in &mut sale.fulfilments {
            f.pick.status = Stand::Voided;
            f.pack.status = Stand::Voided;
            f.ship.status = Stand::Voided;
            f.pick.lines.clear();
            f.pack.lines.clear();
            f.ship.lines.clear();
        }
        for invoice in &mut sale.invoices {
            invoice.status = Stand::Voided;
        }
        self.cin7_note_sale("Sale voided", s, String::new(), json!({}), by_world);
        self.cin7_tell("Sale/Voided", s, None);
        self.cin7_tell_stock_of_sale(s);
    }

    /// Undoes a sale: back to a draft with its lines, every stage to be done again.
    pub(super) fn cin7_undo(&mut self, s: usize, by_world: bool) {
        if self.cin7.sales[s].is_voided {
            return;
        }
        self.cin7_take_back(s);
        let sale = &mut self.cin7.sales[s];
        sale.order = Stand::Draft;
        sale.fulfilments.clear();
        sale.invoices.clear();
        self.cin7_note_sale("Sale undone", s, String::new(), json!({}), by_world);
        self.cin7_tell("Sale/Undo", s, None);
        self.cin7_tell_stock_of_sale(s);
    }

    /// `POST sale` and `PUT sale`: the header only.
    pub(super) fn cin7_write_sale(&mut self, body: &Body, is_new: bool) -> Result<Value, Refusal> {
        let customer = body.text("Customer").or(body.text("CustomerID"));
        let customer = customer.ok_or_else(|| Refusal::missing("Customer"))?;
        let place = body.need_text("Location")?;
        let location = self.cin7.location_named(&place).ok_or_else(|| {
            Refusal::bad(format!(
                "Location '{place}' was not found in Locations reference book"
            ))
        })?;
        let carrier = body.text("Carrier");
        if let Some(name) = &carrier {
            self.cin7_check_carrier(name)?;
        }
        let ship_by = body.day("ShipBy")?;
        let s = if is_new {
            self.cin7_new_sale(kind_of(body)?, &customer, location)
        } else {
            self.cin7_sale_ix(body.need_guid("ID")?)?
        };
        let sale = &mut self.cin7.sales[s];
        if sale.is_voided {
            return Err(Refusal::bad("Sale Status is VOIDED"));
        }
        if sale.order.is_authorised() && sale.location != location {
            return Err(Refusal::bad(format!(
                "Order Status is {}",
                sale.order.word()
            )));
        }
        sale.location = location;
        sale.carrier = carrier.unwrap_or_else(|| sale.carrier.clone());
        sale.ship_by = ship_by.or(sale.ship_by);
        sale.skip_quote = body.flag("SkipQuote").unwrap_or(sale.skip_quote);
        take_texts(sale, body);
        let op = if is_new {
            "Sale created"
        } else {
            "Sale changed"
        };
        let key = self.cin7.sales[s].external_id.clone();
        self.cin7_note_sale(op, s, key, json!({"location": place}), false);
        if is_new {
            self.cin7_tell("Sale/Created", s, None);
        }
        Ok(self.cin7_whole_sale(s, CountryForm::Name))
    }

    /// `GET sale/order`.
    pub(super) fn cin7_get_order(&self, query: &Query) -> Result<Value, Refusal> {
        let s = self.cin7_sale_ix(query.need_guid("SaleID")?)?;
        Ok(self.cin7_order_answer(s))
    }

    fn cin7_order_answer(&self, s: usize) -> Value {
        let sale = &self.cin7.sales[s];
        let mut out = self.cin7_order(sale);
        out["SaleID"] = json!(sale.id);
        out
    }

    /// `POST sale/order`: replaces lines and charges of an order that is not authorised yet.
    pub(super) fn cin7_write_order(&mut self, body: &Body) -> Result<Value, Refusal> {
        let s = self.cin7_sale_ix(body.need_guid("SaleID")?)?;
        let status = body.need_text("Status")?;
        if !matches!(status.as_str(), "DRAFT" | "AUTHORISED") {
            return Err(Refusal::invalid("Status"));
        }
        let sale = &self.cin7.sales[s];
        if !sale.order.is_open() {
            return Err(Refusal::bad(format!(
                "Order Status is {}",
                sale.order.word()
            )));
        }
        if !sale.skip_quote && sale.quote != Stand::Authorised {
            return Err(Refusal::bad(format!(
                "Quote Status is {}",
                sale.quote.word()
            )));
        }
        let lines = self.cin7_read_lines(body)?;
        let mut charges = Vec::new();
        for row in body.list("AdditionalCharges") {
            let amount = row.dec("Total")?.unwrap_or_default();
            charges.push((row.need_text("Description")?, amount));
        }
        let sale = &mut self.cin7.sales[s];
        sale.lines = lines;
        sale.charges = charges;
        sale.memo = body.text("Memo").unwrap_or_default();
        sale.order = Stand::Draft;
        let detail = json!({"lines": self.cin7_lines_detail(s)});
        self.cin7_note_sale("Order written", s, String::new(), detail, false);
        if status == "AUTHORISED" {
            self.cin7_authorise(s, false);
        }
        Ok(self.cin7_order_answer(s))
    }

    fn cin7_read_lines(&self, body: &Body) -> Result<Vec<Cin7Line>, Refusal> {
        let mut out = Vec::new();
        for row in body.list("Lines") {
            let product = self.cin7_product_of(&row)?;
            let quantity = row
                .dec("Quantity")?
                .ok_or_else(|| Refusal::missing("Quantity"))?;
            if !quantity.is_positive() {
                return Err(Refusal::invalid("Quantity"));
            }
            let price = row.dec("Price")?.unwrap_or_default();
            out.push(Cin7Line {
                discount_percent: row.dec("Discount")?.unwrap_or_default(),
                is_drop_ship: row.flag("DropShip").unwrap_or(false),
                comment: row.text("Comment").unwrap_or_default(),
                ..Cin7Line::new(product, quantity, price)
            });
        }
        Ok(out)
    }

    /// A product by `ProductID` or `SKU`.
    pub(super) fn cin7_product_of(&self, row: &Body) -> Result<usize, Refusal> {
        if let Some(id) = row.guid("ProductID")?.filter(|id| *id != Guid::ZERO) {
            let found = self.cin7.product_by_id.get(&id).copied();
            return found.ok_or_else(|| Refusal::bad("Product with specified 'ID' not found."));
        }
        let sku = row.need_text("SKU")?;
        let found = self.cin7.product_by_sku.get(&sku).copied();
        found.ok_or_else(|| Refusal::bad(format!("Product with specified 'SKU' not found: {sku}.")))
    }

    /// `DELETE sale`: without `Void=true` it is an undo.
    pub(super) fn cin7_delete_sale(&mut self, query: &Query) -> Result<Value, Refusal> {
        let s = self.cin7_sale_ix(query.need_guid("ID")?)?;
        if self.cin7.sales[s].is_voided {
            return Err(Refusal::bad("Sale Status is VOIDED"));
        }
        if query.flag("Void") {
            self.cin7_void(s, false);
        } else {
            self.cin7_undo(s, false);
        }
        Ok(self.cin7_whole_sale(s, CountryForm::Name))
    }

    /// The shipping address of a sale, as shipments show it.
    pub(super) fn cin7_ship_to(&self, s: usize) -> Value {
        address(&self.cin7.sales[s].address, CountryForm::Name, true)
    }
}

fn read_address(body: &Body) -> Cin7Address {
    let text = |name: &str| body.text(name).unwrap_or_default();
    let country = text("Country");
    let code = crate::sandbox::lw::state::COUNTRIES
        .iter()
        .find(|c| c.0.eq_ignore_ascii_case(&country))
        .map_or(country.as_str(), |c| c.1);
    Cin7Address {
        company: text("Company"),
        contact: text("Contact"),
        line1: text("Line1"),
        line2: text("Line2"),
        city: text("City"),
        state: text("State"),
        postcode: text("Postcode"),
        country: code.to_owned(),
    }
}

fn kind_of(body: &Body) -> Result<Kind, Refusal> {
    match (body.flag("ServiceOnly"), body.text("SaleType").as_deref()) {
        (Some(true), _) => Ok(Kind::Service),
        (_, Some("Advanced")) => Ok(Kind::Advanced),
        (_, None | Some("Simple")) => Ok(Kind::Simple),
        _ => Err(Refusal::invalid("SaleType")),
    }
}

/// Optional members that are left out keep what is there.
fn take_texts(sale: &mut Cin7Sale, body: &Body) {
    for (name, held) in [
        ("CustomerReference", &mut sale.reference),
        ("ExternalID", &mut sale.external_id),
        ("Note", &mut sale.note),
        ("ShippingNotes", &mut sale.shipping_notes),
        ("Contact", &mut sale.contact),
        ("Phone", &mut sale.phone),
        ("Email", &mut sale.email),
    ] {
        if let Some(text) = body.text(name) {
            *held = text;
        }
    }
    if let Some(to) = body.get("ShippingAddress") {
        sale.address = read_address(&Body(to.clone()));
    }
}
