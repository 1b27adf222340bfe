//! Fields of an order that a person may correct for its send, where the source cannot be corrected in time. What was
//! edited is kept beside what the source said: it counts only as long as the source still says the same.

use super::order::{Address, OrderState, SourceOrder, coded_enum};
use super::preflight::FieldLimits;
use super::time::Ts;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

coded_enum! {
    /// A field that may be edited: text of the delivery address. Never quantities, SKUs, prices, nor the country, which
    /// decides about carrier and tax.
    SafeField {
        Name = 0, "name";
        Company = 1, "company";
        Line1 = 2, "line1";
        Line2 = 3, "line2";
        Line3 = 4, "line3";
        Town = 5, "town";
        Region = 6, "region";
        Postcode = 7, "postcode";
        Email = 8, "email";
        Phone = 9, "phone";
    }
}

impl SafeField {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Company => "Company",
            Self::Line1 => "Address line 1",
            Self::Line2 => "Address line 2",
            Self::Line3 => "Address line 3",
            Self::Town => "Town",
            Self::Region => "Region",
            Self::Postcode => "Postcode",
            Self::Email => "E-mail address",
            Self::Phone => "Phone number",
        }
    }

    /// Its text in an address.
    pub fn of(self, address: &Address) -> &str {
        match self {
            Self::Name => &address.name,
            Self::Company => &address.company,
            Self::Line1 => &address.line1,
            Self::Line2 => &address.line2,
            Self::Line3 => &address.line3,
            Self::Town => &address.town,
            Self::Region => &address.region,
            Self::Postcode => &address.postcode,
            Self::Email => &address.email,
            Self::Phone => &address.phone,
        }
    }

    /// Puts a text into an address.
    pub fn set(self, address: &mut Address, text: &str) {
        let field = match self {
            Self::Name => &mut address.name,
            Self::Company => &mut address.company,
            Self::Line1 => &mut address.line1,
            Self::Line2 => &mut address.line2,
            Self::Line3 => &mut address.line3,
            Self::Town => &mut address.town,
            Self::Region => &mut address.region,
            Self::Postcode => &mut address.postcode,
            Self::Email => &mut address.email,
            Self::Phone => &mut address.phone,
        };
        text.clone_into(field);
    }

    /// Characters the warehouse takes.
    pub const fn chars_max(self, limits: &FieldLimits) -> usize {
        match self {
            Self::Name => limits.contact_chars_max,
            Self::Email => limits.email_chars_max,
            Self::Company
            | Self::Line1
            | Self::Line2
            | Self::Line3
            | Self::Town
            | Self::Region
            | Self::Postcode
            | Self::Phone => limits.address_chars_max,
        }
    }
}

/// One field as a person wants it sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldEdit {
    pub field: SafeField,
    /// What the source said when it was edited.
    pub was: String,
    /// What is sent instead.
    pub now: String,
    pub who: String,
    pub reason: String,
    pub at: Ts,
}

impl FieldEdit {
    /// Whether it still counts: the source says what it said then.
    pub fn counts(&self, source: &Address) -> bool {
        self.field.of(source) == self.was
    }
}

/// An address with the edits that still count.
pub fn edited(source: &Address, edits: &[FieldEdit]) -> Address {
    let mut address = source.clone();
    for edit in edits.iter().filter(|e| e.counts(source)) {
        edit.field.set(&mut address, &edit.now);
    }
    address
}

/// An order with the edits that still count.
pub fn applied<'a>(order: &'a SourceOrder, edits: &[FieldEdit]) -> Cow<'a, SourceOrder> {
    if !edits.iter().any(|e| e.counts(&order.address)) {
        return Cow::Borrowed(order);
    }
    Cow::Owned(SourceOrder {
        address: edited(&order.address, edits),
        ..order.clone()
    })
}

/// Takes new texts into the edits of an order. A field put back to what the source says is no edit any more.
pub fn merged(
    edits: &[FieldEdit],
    source: &Address,
    texts: &[(SafeField, String)],
    (who, reason, at): (&str, &str, Ts),
) -> Vec<FieldEdit> {
    let is_replaced = |e: &&FieldEdit| !texts.iter().any(|(field, _)| *field == e.field);
    let mut out: Vec<FieldEdit> = edits.iter().filter(is_replaced).cloned().collect();
    for (field, text) in texts {
        let was = field.of(source);
        if text != was {
            out.push(FieldEdit {
                field: *field,
                was: was.to_owned(),
                now: text.clone(),
                who: who.to_owned(),
                reason: reason.to_owned(),
                at,
            });
        }
    }
    out
}

/// Why nobody may edit an order any more; `None` when one may. `is_begun`: its creation is on the way.
pub const fn keeps_text(state: OrderState, is_begun: bool) -> Option<&'static str> {
    if !state.is_before_warehouse() {
        Some("the warehouse has it already: change it in the source, which amends it there")
    } else if is_begun {
        Some("it is being written to the warehouse just now")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::preflight::testing::order;

    fn edit(was: &str, now: &str) -> FieldEdit {
        FieldEdit {
            field: SafeField::Line1,
            was: was.to_owned(),
            now: now.to_owned(),
            who: "ana".to_owned(),
            reason: "asked the customer".to_owned(),
            at: Ts(0),
        }
    }

    #[test]
    fn an_edit_is_sent_instead_of_what_the_source_says() {
        let order = order("1001");
        let sent = applied(&order, &[edit("1 High Street", "1 High St")]);
        assert_eq!(sent.address.line1, "1 High St");
        assert_eq!(sent.address.town, order.address.town);
    }

    #[test]
    fn an_edit_of_a_text_the_source_changed_since_counts_no_more() {
        let order = order("1001");
        let sent = applied(&order, &[edit("2 Low Street", "2 Low St")]);
        assert!(matches!(sent, Cow::Borrowed(_)));
        assert_eq!(sent.address.line1, "1 High Street");
    }

    #[test]
    fn a_field_put_back_is_no_edit_and_a_second_edit_replaces_the_first() {
        let address = order("1001").address;
        let by = ("ana", "asked", Ts(5));
        let first = merged(&[], &address, &[(SafeField::Line1, "A".to_owned())], by);
        let second = merged(&first, &address, &[(SafeField::Line1, "B".to_owned())], by);
        assert_eq!(second.len(), 1);
        assert_eq!(
            (second[0].was.as_str(), second[0].now.as_str()),
            ("1 High Street", "B")
        );
        let back = [(SafeField::Line1, address.line1.clone())];
        assert!(merged(&second, &address, &back, by).is_empty());
    }

    #[test]
    fn what_the_warehouse_has_is_changed_in_the_source() {
        assert!(keeps_text(OrderState::Blocked, false).is_none());
        assert!(keeps_text(OrderState::Queued, true).is_some());
        assert!(keeps_text(OrderState::Picking, false).is_some());
    }

    #[test]
    fn every_field_reads_back_what_was_put_in() {
        for field in SafeField::ALL {
            let mut address = Address::default();
            field.set(&mut address, "x");
            assert_eq!(field.of(&address), "x", "{field}");
            assert_eq!(SafeField::parse(field.as_str()), Some(*field));
        }
    }
}
