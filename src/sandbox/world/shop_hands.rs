//! Hands in the store, for tests and demonstrations: do what a shopper or a colleague would do, now.

use super::World;
use super::hands::{HandError, unknown};
use super::shop_build::{SHOP_LOCATION, SHOP_MAPPED};
use super::shoppers::RATES;
use crate::sandbox::shop::state::{Parcel, Payment, Restock, ShopAddress, ShopOrder};
use crate::sandbox::shop::{Draft, DraftLine};

/// An order of the store to be placed by hand. Everything has a sensible default.
#[derive(Debug, Clone)]
pub struct ShopOrderSpec {
    /// SKU, quantity, name of the location the line is stocked at (empty: the mapped one).
    pub lines: Vec<(String, i64, String)>,
    /// Title of the shipping rate.
    pub rate: String,
    pub payment: Payment,
    pub name: String,
    pub line1: String,
    pub postcode: String,
    /// Country of delivery and its code.
    pub country: (String, String),
    /// Whether it says where its lines lie.
    pub names_locations: bool,
}

impl Default for ShopOrderSpec {
    fn default() -> Self {
        Self {
            lines: vec![("MUG-BLU-01".to_owned(), 1, String::new())],
            rate: RATES[0].0.to_owned(),
            payment: Payment::Paid,
            name: "Pat Sample".to_owned(),
            line1: "9 Sample Street".to_owned(),
            postcode: "YO1 0AA".to_owned(),
            country: ("United Kingdom".to_owned(), "GB".to_owned()),
            names_locations: true,
        }
    }
}

impl ShopOrderSpec {
    /// An order of these SKUs and quantities at the mapped location.
    pub fn of(lines: &[(&str, i64)]) -> Self {
        let lines = lines.iter();
        Self {
            lines: lines
                .map(|(sku, quantity)| ((*sku).to_owned(), *quantity, String::new()))
                .collect(),
            ..Self::default()
        }
    }
}

impl World {
    /// A shopper places an order; answers with its id. Nobody will do anything to it by themselves.
    ///
    /// # Errors
    /// When a SKU or location is not the store's.
    pub fn shop_place(&mut self, spec: &ShopOrderSpec) -> Result<String, HandError> {
        let mut lines = Vec::new();
        for (sku, quantity, place) in &spec.lines {
            let place = if place.is_empty() {
                SHOP_LOCATION
            } else {
                place
            };
            let variant = self.shop.variant_by_sku.get(sku).copied();
            let location = self.shop.location_named(place);
            lines.push(DraftLine {
                variant: Some(variant.ok_or_else(|| unknown("SKU", sku))?),
                quantity: *quantity,
                location: location.ok_or_else(|| unknown("location", place))?,
            });
        }
        let (first, last) = spec.name.split_once(' ').unwrap_or((&spec.name, ""));
        let ix = self.shop_enter(Draft {
            created_at: self.now,
            payment: spec.payment,
            lines,
            address: ShopAddress {
                first_name: first.to_owned(),
                last_name: last.to_owned(),
                line1: spec.line1.clone(),
                town: "York".to_owned(),
                postcode: spec.postcode.clone(),
                country: spec.country.0.clone(),
                country_code: spec.country.1.clone(),
                ..ShopAddress::default()
            },
            email: "pat@example.test".to_owned(),
            buyer_note: String::new(),
            rate: spec.rate.clone(),
            postage_minor: 350,
            names_locations: spec.names_locations,
        });
        Ok(self.shop.orders[ix].id.clone())
    }

    /// Position of an order by id or number, that is not cancelled.
    fn shop_live(&self, id: &str, deed: &'static str) -> Result<usize, HandError> {
        let found = self
            .shop
            .order_by_id
            .get(id)
            .or_else(|| self.shop.order_by_name.get(id));
        let ix = *found.ok_or_else(|| unknown("order", id))?;
        if self.shop.orders[ix].cancelled_at.is_none() {
            return Ok(ix);
        }
        Err(HandError::NotNow {
            number: self.shop.orders[ix].name.clone(),
            deed,
            state: "cancelled".to_owned(),
        })
    }

    /// The shopper pays.
    ///
    /// # Errors
    /// When the order is unknown or cancelled.
    pub fn shop_pay(&mut self, id: &str) -> Result<(), HandError> {
        let ix = self.shop_live(id, "paid")?;
        self.shop_pay_order(ix);
        Ok(())
    }

    /// Customer care cancels an order; unshipped goods go back on sale when asked.
    ///
    /// # Errors
    /// When the order is unknown, cancelled, or something of it was shipped.
    pub fn shop_cancel_by_hand(&mut self, id: &str, restocks: bool) -> Result<(), HandError> {
        let ix = self.shop_live(id, "cancelled")?;
        let order = &self.shop.orders[ix];
        if order.fulfilments.iter().any(|f| f.cancelled_at.is_none()) {
            return Err(HandError::NotNow {
                number: order.name.clone(),
                deed: "cancelled",
                state: "shipped".to_owned(),
            });
        }
        self.shop_cancel_order(ix, "Cancelled by hand", restocks, true);
        Ok(())
    }

    /// The shopper corrects the address.
    ///
    /// # Errors
    /// When the order is unknown or cancelled.
    pub fn shop_change_address(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut ShopAddress),
    ) -> Result<(), HandError> {
        let ix = self.shop_live(id, "changed")?;
        let mut address = self.shop.orders[ix].address.clone();
        change(&mut address);
        self.shop_readdress(ix, address, true);
        Ok(())
    }

    /// Staff set the quantity of the line with this SKU.
    ///
    /// # Errors
    /// When the order or the line is unknown, or the order is cancelled.
    pub fn shop_change_line(
        &mut self,
        id: &str,
        sku: &str,
        quantity: i64,
    ) -> Result<(), HandError> {
        let ix = self.shop_live(id, "changed")?;
        let at = self.shop_line_of(ix, sku)?;
        self.shop_edit_line(ix, at, quantity);
        Ok(())
    }

    fn shop_line_of(&self, ix: usize, sku: &str) -> Result<usize, HandError> {
        let lines = &self.shop.orders[ix].lines;
        let at = lines.iter().position(|l| l.sku == sku);
        at.ok_or_else(|| unknown("line", sku))
    }

    /// Staff ship everything that is left; the shopper is told.
    ///
    /// # Errors
    /// When the order is unknown, cancelled, or wholly shipped.
    pub fn shop_ship_by_hand(&mut self, id: &str, tracking: &str) -> Result<String, HandError> {
        let ix = self.shop_live(id, "shipped")?;
        let order = &self.shop.orders[ix];
        let goods: Vec<(usize, i64)> = (0..order.lines.len())
            .map(|at| (at, order.fulfillable(at)))
            .filter(|(_, units)| *units > 0)
            .collect();
        if goods.is_empty() {
            return Err(HandError::NotNow {
                number: order.name.clone(),
                deed: "shipped",
                state: "shipped".to_owned(),
            });
        }
        let parcel = Parcel {
            company: "Royal Mail".to_owned(),
            number: tracking.to_owned(),
            url: String::new(),
        };
        let at = self.shop_ship(ix, goods, vec![parcel], true, true);
        Ok(self.shop.orders[ix].fulfilments[at].id.clone())
    }

    /// Staff take the newest shipment back.
    ///
    /// # Errors
    /// When the order is unknown or cancelled, or nothing stands as shipped.
    pub fn shop_unship_by_hand(&mut self, id: &str) -> Result<(), HandError> {
        let ix = self.shop_live(id, "taken back")?;
        let parts = &self.shop.orders[ix].fulfilments;
        let at = parts.iter().rposition(|f| f.cancelled_at.is_none());
        self.shop_unship(ix, at.ok_or_else(|| unknown("shipment", id))?, true);
        Ok(())
    }

    /// Staff hold the first fulfilment order, or let go of it.
    ///
    /// # Errors
    /// When the order is unknown or cancelled, or has none.
    pub fn shop_hold(&mut self, id: &str, is_held: bool) -> Result<(), HandError> {
        let ix = self.shop_live(id, "held")?;
        if self.shop.orders[ix].fulfilment_orders.is_empty() {
            return Err(unknown("fulfilment order", id));
        }
        let reason = is_held.then(|| "inventory_out_of_stock".to_owned());
        self.shop_set_hold((ix, 0), reason, true);
        Ok(())
    }

    /// The shopper asks to send units back; answers with the return's id.
    ///
    /// # Errors
    /// When the order or line is unknown, or fewer units were shipped.
    pub fn shop_ask_return(
        &mut self,
        id: &str,
        sku: &str,
        units: i64,
    ) -> Result<String, HandError> {
        let ix = self.shop_live(id, "returned")?;
        let line = self.shop_line_of(ix, sku)?;
        let order: &ShopOrder = &self.shop.orders[ix];
        if units < 1 || units > order.shipped(line) {
            return Err(HandError::NotNow {
                number: order.name.clone(),
                deed: "returned",
                state: format!("shipped with {} of {sku}", order.shipped(line)),
            });
        }
        let at = self.shop_open_return(ix, &[(line, units)], "UNWANTED", true);
        Ok(self.shop.orders[ix].returns[at].id.clone())
    }

    /// Staff refund units of a line; answers with the refund's id.
    ///
    /// # Errors
    /// When the order or line is unknown, or the order is cancelled.
    pub fn shop_refund(
        &mut self,
        id: &str,
        sku: &str,
        units: i64,
        restock: Restock,
    ) -> Result<String, HandError> {
        let ix = self.shop_live(id, "refunded")?;
        let line = self.shop_line_of(ix, sku)?;
        let amount = self.shop.orders[ix].lines[line].price_minor * units;
        let at = self.shop_refund_order(ix, &[(line, units, restock)], amount, "By hand", true);
        Ok(self.shop.orders[ix].refunds[at].id.clone())
    }

    /// Staff pay everything back that is left, naming no goods; answers with the refund's id.
    ///
    /// # Errors
    /// When the order is unknown or cancelled.
    pub fn shop_refund_all(&mut self, id: &str) -> Result<String, HandError> {
        let ix = self.shop_live(id, "refunded")?;
        let amount = self.shop.orders[ix].refundable_minor();
        let at = self.shop_refund_order(ix, &[], amount, "Everything", true);
        Ok(self.shop.orders[ix].refunds[at].id.clone())
    }

    /// Staff archive an order, or take it out again.
    ///
    /// # Errors
    /// When the order is unknown or cancelled.
    pub fn shop_archive(&mut self, id: &str, is_archived: bool) -> Result<(), HandError> {
        let ix = self.shop_live(id, "archived")?;
        self.shop_archive_order(ix, is_archived, true);
        Ok(())
    }

    /// Another app writes an available figure at the mapped location.
    ///
    /// # Errors
    /// When the SKU is unknown.
    pub fn shop_write_level(
        &mut self,
        sku: &str,
        available: i64,
        source: &str,
    ) -> Result<(), HandError> {
        let variant = self.shop.variant_by_sku.get(sku).copied();
        let variant = variant.ok_or_else(|| unknown("SKU", sku))?;
        let pair = (variant, SHOP_MAPPED);
        self.shop_set_available(pair, available, "Set available", source, true);
        Ok(())
    }

    /// Another channel of the store sells units of the mapped location.
    ///
    /// # Errors
    /// When the SKU is unknown.
    pub fn shop_sell(&mut self, sku: &str, units: i64) -> Result<(), HandError> {
        let variant = self.shop.variant_by_sku.get(sku).copied();
        let variant = variant.ok_or_else(|| unknown("SKU", sku))?;
        self.shop_sell_elsewhere((variant, SHOP_MAPPED), units);
        Ok(())
    }
}
