//! Check 6: delivery details complete and within the warehouse's field lengths. Text is never cut.

use super::{FieldLimits, Findings, PreflightInput, this_order};
use crate::domain::catalogue::Kind;
use crate::domain::country;
use crate::domain::order::Address;

/// Adds one fault that names everything that is wrong with the address.
pub(super) fn check(input: &PreflightInput<'_>, needs: &[String], found: &mut Findings) {
    let wrong = address_faults(&input.order.address, needs, input.limits);
    if !wrong.is_empty() {
        found.fault(
            Kind::OrdAddressInvalid,
            this_order(input),
            format!(
                "{}; correct it in the source, or edit it for this send",
                wrong.join(", ")
            ),
        );
    }
}

/// Everything that is wrong with an address, each in a few words; `needs` are the contact fields its carrier demands.
pub fn address_faults(address: &Address, needs: &[String], limits: &FieldLimits) -> Vec<String> {
    let mut wrong = Vec::new();
    let blank = |text: &str| text.trim().is_empty();

    if blank(&address.name) && blank(&address.company) {
        wrong.push("no name".to_owned());
    }
    for (what, text) in [("address line 1", &address.line1), ("town", &address.town)] {
        if blank(text) {
            wrong.push(format!("no {what}"));
        }
    }
    match country::code(&address.country) {
        None if blank(&address.country) => wrong.push("no country".to_owned()),
        None => wrong.push(format!("{:?} is not a country", address.country)),
        Some(code) if blank(&address.postcode) && country::needs_postcode(code) => {
            wrong.push("no postcode".to_owned());
        }
        Some(_) => {}
    }
    for (what, text, is_needed) in [
        (
            "phone number",
            &address.phone,
            needs.iter().any(|n| n == "phone"),
        ),
        (
            "e-mail address",
            &address.email,
            needs.iter().any(|n| n == "email"),
        ),
    ] {
        if is_needed && blank(text) {
            wrong.push(format!("no {what}, which the carrier service needs"));
        }
    }
    for (what, text, most) in [
        ("name", &address.name, limits.contact_chars_max),
        ("company", &address.company, limits.address_chars_max),
        ("address line 1", &address.line1, limits.address_chars_max),
        ("address line 2", &address.line2, limits.address_chars_max),
        ("address line 3", &address.line3, limits.address_chars_max),
        ("town", &address.town, limits.address_chars_max),
        ("region", &address.region, limits.address_chars_max),
        ("postcode", &address.postcode, limits.address_chars_max),
        ("country", &address.country, limits.address_chars_max),
        ("e-mail address", &address.email, limits.email_chars_max),
    ] {
        let chars = text.chars().count();
        if chars > most {
            wrong.push(format!(
                "{what} has {chars} characters, the warehouse takes {most}"
            ));
        }
    }
    wrong
}
