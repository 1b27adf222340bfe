//! Forms of the wire: dates, stamps, addresses, lines.

use super::decimal::Dec;
use super::sale::{Cin7Address, Fulfilment, Ship, Stage, StageLine};
use super::status::of_fulfilment;
use crate::domain::time::Ts;
use crate::sandbox::lw::state::COUNTRIES;
use crate::sandbox::world::World;
use chrono::{NaiveDate, TimeZone};
use chrono_tz::Tz;
use serde_json::{Value, json};

/// The tenant's time zone: business dates are its calendar's.
pub const TIME_ZONE: Tz = chrono_tz::Europe::London;
/// The tenant's currency.
pub const CURRENCY: &str = "GBP";
/// Tax rule of everything, and its rate in percent.
pub const TAX_RULE: (&str, i64) = ("VAT 20", 20);

/// The calendar date of a moment, for the tenant.
pub fn today(at: Ts) -> NaiveDate {
    TIME_ZONE
        .from_utc_datetime(&at.to_utc().naive_utc())
        .date_naive()
}

/// A business date: midnight without a zone.
pub fn date(day: NaiveDate) -> String {
    day.format("%Y-%m-%dT00:00:00").to_string()
}

/// An audit stamp: UTC with up to three digits after the second, zeros at the end dropped.
pub fn stamp(at: Ts) -> String {
    let text = at.to_utc().format("%Y-%m-%dT%H:%M:%S%.3f").to_string();
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}Z")
}

/// Some members are null when there is nothing, others are empty.
pub fn text_or_null(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        json!(text)
    }
}

/// Tax on an amount.
pub fn tax_of(amount: Dec) -> Dec {
    amount.times(Dec::minor(TAX_RULE.1))
}

/// How countries are written in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountryForm {
    Name,
    Code,
}

/// An address.
pub fn address(a: &Cin7Address, form: CountryForm, is_shipping: bool) -> Value {
    let named = COUNTRIES.iter().find(|c| c.1 == a.country);
    let country = match (form, named) {
        (CountryForm::Name, Some(known)) => known.0,
        _ => a.country.as_str(),
    };
    let mut out = json!({
        "DisplayAddressLine1": a.line1,
        "DisplayAddressLine2": format!("{} {} {country}", a.city, a.postcode),
        "Line1": a.line1, "Line2": a.line2, "City": a.city, "State": a.state,
        "Postcode": a.postcode, "Country": country,
    });
    if is_shipping {
        out["Company"] = json!(a.company);
        out["Contact"] = json!(a.contact);
        out["ShipToOther"] = json!(false);
    }
    out
}

impl World {
    /// A line of a pick; with its box, of a pack.
    pub(super) fn cin7_stage_line(&self, line: &StageLine, is_pack: bool) -> Value {
        let product = &self.cin7.products[line.slot.product];
        let mut out = json!({
            "ProductID": product.id, "SKU": product.sku, "Name": product.name,
            "Location": self.cin7.place_name(&line.slot),
            "LocationID": self.cin7.place_id(&line.slot),
            "Quantity": line.quantity.json(), "BatchSN": text_or_null(&line.slot.batch),
            "ExpiryDate": line.slot.expiry.map(date), "NonInventory": product.is_service,
        });
        if is_pack {
            out["Box"] = json!(line.box_name);
            out["WarrantyRegistrationNumber"] = Value::Null;
        }
        out
    }

    pub(super) fn cin7_stage(&self, stage: &Stage, is_pack: bool) -> Value {
        let lines = stage.lines.iter();
        let lines: Vec<Value> = lines.map(|l| self.cin7_stage_line(l, is_pack)).collect();
        json!({"Status": stage.status.word(), "Lines": lines})
    }

    pub(super) fn cin7_fulfilment(&self, f: &Fulfilment, to: &Value) -> Value {
        json!({
            "TaskID": f.task, "FulfillmentNumber": f.number,
            "LinkedInvoiceNumber": text_or_null(&f.invoice_number),
            "FulFilmentStatus": of_fulfilment(f),
            "Pick": self.cin7_stage(&f.pick, false),
            "Pack": self.cin7_stage(&f.pack, true),
            "Ship": ship(&f.ship, to),
        })
    }
}

/// A shipment: `Boxes` in answers, joined by commas.
pub fn ship(ship: &Ship, to: &Value) -> Value {
    let lines: Vec<Value> = ship
        .lines
        .iter()
        .map(|l| {
            json!({
                "ID": l.id, "ShipmentDate": l.date.map(date), "Carrier": l.carrier,
                "Boxes": l.boxes.join(","), "TrackingNumber": l.tracking, "TrackingURL": "",
                "IsShipped": l.is_shipped,
            })
        })
        .collect();
    json!({
        "Status": ship.status.word(), "RequireBy": ship.require_by.map(date),
        "ShippingAddress": to, "ShippingNotes": ship.notes, "Lines": lines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_drop_zeros_at_the_end_and_dates_are_the_tenants() {
        let at = |text: &str| super::super::params::moment_of(text).unwrap();
        let echoed = |text: &str| stamp(at(text));
        assert_eq!(
            echoed("2026-03-04T09:12:33.910Z"),
            "2026-03-04T09:12:33.91Z"
        );
        assert_eq!(echoed("2026-03-04T09:12:30"), "2026-03-04T09:12:30Z");
        assert_eq!(today(at("2026-07-04T23:30:00Z")).to_string(), "2026-07-05");
    }
}
