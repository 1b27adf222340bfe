//! Which services carry a tracking number: a `CARRIER` row says so with `tracked=no`. Whatever nobody said it of is
//! tracked, for a parcel nobody can follow must not go unnoticed.

use super::{CarrierFacts, MappingSet, is_same_rule};
use crate::domain::ids::ServiceTag;
use crate::domain::mapping::{Attributes, Mapping, MappingKind};

/// The attribute's name.
const TRACKED: &str = "tracked";

impl MappingSet {
    /// Whether a parcel ought to have a tracking number. `left_with` is the service the warehouse says it left with;
    /// where that is not the one the order's rule asks for, the rows that lead to it decide.
    pub fn is_tracked(&self, tag: &ServiceTag, facts: &CarrierFacts<'_>, left_with: &str) -> bool {
        let asked = self.carrier_rule(tag, facts).map(|(row, _)| row);
        if let Some(row) = asked.filter(|row| row.to == left_with) {
            return is_row_tracked(row);
        }
        let leading = self.pointing_at(MappingKind::Carrier, left_with);
        if leading.is_empty() {
            asked.is_none_or(is_row_tracked)
        } else {
            leading.into_iter().any(is_row_tracked)
        }
    }

    /// What the team said is not tracked, as one text: another text means that somebody changed their mind.
    pub fn untracked(&self) -> String {
        let rows = self
            .rows(MappingKind::Carrier)
            .filter(|r| !is_row_tracked(r));
        let mut said: Vec<String> = rows
            .map(|r| format!("{}\t{}\t{:?}", r.from, r.to, r.attributes))
            .collect();
        said.sort_unstable();
        if said.is_empty() {
            return String::new();
        }
        crate::domain::hash::of_json(&said)
    }
}

fn is_tracked(attributes: &Attributes) -> bool {
    let said = attributes.get(TRACKED).map(|t| t.trim());
    !said.is_some_and(|t| t.eq_ignore_ascii_case("no"))
}

fn is_row_tracked(row: &Mapping) -> bool {
    is_tracked(&row.attributes)
}

/// The attribute says yes or no.
pub(super) fn check(kind: MappingKind, from: &str, attributes: &Attributes) -> Result<(), String> {
    match attributes.get(TRACKED).map(|t| t.trim()) {
        Some(said) if !["yes", "no"].iter().any(|w| w.eq_ignore_ascii_case(said)) => Err(format!(
            "{kind} {from:?}: {TRACKED}={said} is neither yes nor no; write {TRACKED}=no for a service without \
                 tracking numbers"
        )),
        _ => Ok(()),
    }
}

/// A warning when another row says the opposite of the same service.
pub(super) fn otherwise(
    set: &MappingSet,
    from: &str,
    to: &str,
    attributes: &Attributes,
) -> Option<String> {
    let kind = MappingKind::Carrier;
    let other = set.pointing_at(kind, to).into_iter().find(|r| {
        !is_same_rule(r, kind, from, attributes) && is_row_tracked(r) != is_tracked(attributes)
    })?;
    let said = if is_row_tracked(other) {
        "tracked"
    } else {
        "untracked"
    };
    Some(format!(
        "{:?} leads to {to} as well and says it is {said}; say the same at both",
        other.from
    ))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Row, edit, set};
    use super::super::validate_edit;
    use super::*;
    use crate::domain::mapping::MappingKind::Carrier;
    use std::borrow::Cow;

    const UK: CarrierFacts<'_> = CarrierFacts {
        country: "GB",
        value_minor: 1_000,
        channel: "shop",
    };

    fn said(rows: &[Row<'_>], tag: &str, left_with: &str) -> bool {
        set(rows).is_tracked(&tag.into(), &UK, left_with)
    }

    #[test]
    fn a_service_is_tracked_until_its_own_rule_says_otherwise() {
        let rows = [
            (Carrier, "Letter", "LET", "tracked=No"),
            (Carrier, "Tracked 48", "TRK48", ""),
            (Carrier, "Parcel", "PF", "order=1;country=IE;tracked=no"),
            (Carrier, "Parcel", "PF", "order=2;tracked=yes"),
        ];
        assert!(!said(&rows, "Letter", "LET"));
        assert!(said(&rows, "Tracked 48", "TRK48"));
        assert!(
            said(&rows, "Parcel", "PF"),
            "the rule for Ireland is another"
        );
        assert!(said(&rows, "Pigeon", "BIRD"), "nobody mapped it");
        // What the warehouse's word does not explain is as the order's rule says.
        assert!(!said(&rows, "Letter", ""));
        assert!(!said(&rows, "Letter", "Large letter, second class"));
    }

    #[test]
    fn a_parcel_sent_with_another_service_than_asked_for_is_judged_by_that_one() {
        let rows = [
            (Carrier, "Letter", "LET", "tracked=no"),
            (Carrier, "Tracked 48", "TRK48", ""),
        ];
        assert!(said(&rows, "Letter", "TRK48"));
        assert!(!said(&rows, "Tracked 48", "LET"));
    }

    #[test]
    fn only_a_change_of_what_is_untracked_reads_as_one() {
        let plain = set(&[(Carrier, "Letter", "LET", "")]).untracked();
        let with = set(&[(Carrier, "Letter", "LET", "tracked=no")]).untracked();
        let more = set(&[
            (Carrier, "Letter", "LET", "tracked=no"),
            (Carrier, "Tracked 48", "TRK48", "order=3"),
        ]);
        assert_eq!(plain, "");
        assert_ne!(plain, with);
        assert_eq!(with, more.untracked());
    }

    #[test]
    fn it_is_yes_or_no_and_two_rows_of_one_service_should_agree() {
        let rows = set(&[(Carrier, "Letter", "LET", "tracked=no")]);
        let checked =
            |row: Row<'_>| validate_edit(&rows, &edit(row), &|_, _| Cow::Owned(Vec::new()));
        let refused = checked((Carrier, "Post", "LET", "tracked=never")).unwrap_err();
        assert_eq!(
            refused,
            "CARRIER \"Post\": tracked=never is neither yes nor no; write tracked=no for a service without tracking numbers"
        );
        let warned = checked((Carrier, "Post", "LET", "")).unwrap().join("\n");
        assert!(
            warned.contains("\"Letter\" leads to LET as well and says it is untracked"),
            "{warned}"
        );
        let agreed = checked((Carrier, "Post", "LET", "tracked=no")).unwrap();
        assert!(!agreed.join("\n").contains("leads to LET"), "{agreed:?}");
        let replaced = checked((Carrier, "Letter", "LET", "tracked=yes")).unwrap();
        assert!(
            !replaced.join("\n").contains("leads to LET"),
            "{replaced:?}"
        );
    }
}
