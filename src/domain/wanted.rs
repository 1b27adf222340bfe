//! What mapping a case asks for: read from what identifies its cause.

use super::catalogue::Kind;
use super::mapping::{Attributes, MappingKind};
use serde::Serialize;

/// A mapping row as far as a case says it. What is empty is for the person to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wanted {
    pub kind: MappingKind,
    /// The value nobody mapped.
    pub from: String,
    /// What it will mean, where that is what the case is about: an item nobody sells, a site of no location.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub to: String,
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

impl Wanted {
    fn value(kind: MappingKind, from: &str) -> Self {
        Self {
            kind,
            from: from.to_owned(),
            to: String::new(),
            attributes: Attributes::new(),
        }
    }

    fn target(kind: MappingKind, to: &str) -> Self {
        Self {
            to: to.to_owned(),
            ..Self::value(kind, "")
        }
    }

    fn with(mut self, key: &str, value: &str) -> Self {
        self.attributes.insert(key.to_owned(), value.to_owned());
        self
    }

    /// What a list shows of it: the value, else what is to be stood for.
    pub fn label(&self) -> String {
        if self.from.is_empty() && !self.to.is_empty() {
            format!("→ {}", self.to)
        } else {
            self.from.clone()
        }
    }
}

/// The mapping that would end a case of this kind, by its discriminator; `None` where no mapping does.
pub fn of_case(kind: Kind, discriminator: &str) -> Option<Wanted> {
    let (what, value) = discriminator.split_once('=')?;
    Some(match (kind, what) {
        (Kind::OrdCarrierUnmapped | Kind::OrdDefaultUsed, "SERVICE") => {
            Wanted::value(MappingKind::Carrier, value)
        }
        (Kind::OrdSkuUnknown | Kind::OrdSkuFormat, "SKU") => {
            Wanted::value(MappingKind::Item, value)
        }
        (Kind::OrdSiteUnmapped | Kind::MapLocationUnaligned, "LOCATION") => {
            Wanted::value(MappingKind::Site, value)
        }
        (Kind::MapLocationUnaligned | Kind::MapNotOneToOne, "SITE") => {
            Wanted::target(MappingKind::Site, value)
        }
        (Kind::OrdUnroutable, "ROUTE") => route(value)?,
        (Kind::MapStatusUnknown, "STATUS") => {
            Wanted::value(MappingKind::OrderStatus, value).with("side", "wms")
        }
        (Kind::MapStatusUnknown, "RETURN_STATUS") => {
            Wanted::value(MappingKind::ReturnStatus, value).with("side", "wms")
        }
        (Kind::MapStatusUnknown, "REASON") => Wanted::value(MappingKind::Reason, value),
        (Kind::DspTrackingRejected, "CARRIER") => {
            Wanted::value(MappingKind::TrackingCarrier, value)
        }
        (Kind::PrdNotInSource, "ITEM") => Wanted::target(MappingKind::Item, value),
        _ => return None,
    })
}

/// The row a broken mapping's case is about: its kind and value.
pub fn broken_row(discriminator: &str) -> Option<(MappingKind, &str)> {
    let (kind, from) = discriminator.strip_prefix("MAPPING=")?.split_once(':')?;
    Some((MappingKind::parse(kind)?, from))
}

/// How a case names a carrier that a source does not know.
pub fn carrier_discriminator(carrier: &str) -> String {
    format!("CARRIER={carrier}")
}

/// A rule of one's own for orders no rule fits. Rules that disagree want an order of their own instead of a new row.
fn route(cause: &str) -> Option<Wanted> {
    let (what, value) = cause.split_once(':').unwrap_or((cause, ""));
    let rule = Wanted::value(MappingKind::Routing, "");
    match what {
        "TIE" => None,
        "ADDRESS" if value.len() == 2 => Some(rule.with("country", value)),
        _ => Some(rule),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(kind: Kind, discriminator: &str) -> Option<String> {
        let w = of_case(kind, discriminator)?;
        let with: Vec<String> = w
            .attributes
            .iter()
            .map(|(k, v)| format!(" {k}={v}"))
            .collect();
        Some(format!("{} {} > {}{}", w.kind, w.from, w.to, with.join("")))
    }

    #[test]
    fn a_case_says_which_row_would_end_it() {
        for (kind, discriminator, wanted) in [
            (
                Kind::OrdCarrierUnmapped,
                "SERVICE=Tracked 48 = XL",
                "CARRIER Tracked 48 = XL > ",
            ),
            (Kind::OrdSiteUnmapped, "LOCATION=a1", "SITE a1 > "),
            (Kind::MapLocationUnaligned, "SITE=Yard", "SITE  > Yard"),
            (Kind::OrdSkuFormat, "SKU=MUG ", "ITEM MUG  > "),
            (
                Kind::MapStatusUnknown,
                "STATUS=Waved",
                "ORDER_STATUS Waved >  side=wms",
            ),
            (
                Kind::MapStatusUnknown,
                "RETURN_STATUS=Graded",
                "RETURN_STATUS Graded >  side=wms",
            ),
            (Kind::MapStatusUnknown, "REASON=Found", "REASON Found > "),
            (
                Kind::DspTrackingRejected,
                "CARRIER=RMG",
                "TRACKING_CARRIER RMG > ",
            ),
            (Kind::PrdNotInSource, "ITEM=PIN-01", "ITEM  > PIN-01"),
            (
                Kind::OrdUnroutable,
                "ROUTE=ADDRESS:FR",
                "ROUTING  >  country=FR",
            ),
            (Kind::OrdUnroutable, "ROUTE=STOCK:MUG", "ROUTING  > "),
        ] {
            assert_eq!(
                says(kind, discriminator).as_deref(),
                Some(wanted),
                "{discriminator}"
            );
        }
    }

    #[test]
    fn what_no_row_would_end_asks_for_none() {
        for (kind, discriminator) in [
            (Kind::OrdUnroutable, "ROUTE=TIE:A+B"),
            (Kind::DspTrackingRejected, "ORDER=100101"),
            (Kind::MapTargetGone, "MAPPING=CARRIER:Tracked 48"),
            (Kind::OrdRejected, "ORDER=100101"),
            (Kind::SysAuth, "SYSTEM=lw"),
            (Kind::OrdCarrierUnmapped, "nothing"),
        ] {
            assert_eq!(of_case(kind, discriminator), None, "{discriminator}");
        }
        assert_eq!(
            broken_row("MAPPING=CARRIER:Tracked: 48"),
            Some((MappingKind::Carrier, "Tracked: 48"))
        );
        assert_eq!(broken_row("SERVICE=Tracked"), None);
    }
}
