//! Whether an order's parcels can be followed: each that left on a tracked service has a number, and the source shows it.

use super::Group;
use crate::domain::ids::DespatchNo;
use crate::domain::mapping_set::{CarrierFacts, MappingSet};
use crate::domain::order::{OrderFull, SourceOrder};
use crate::domain::time::Ts;
use crate::domain::wms::DespatchLine;

/// How an order stands with the tracking of its parcels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Labels {
    /// The source shows a number for each parcel that ought to have one.
    Shown,
    /// Nothing of it left on a tracked service.
    Untracked,
    Missing(Unlabelled),
}

/// What cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlabelled {
    /// Despatches the warehouse shows no number for; empty when only the source lacks one.
    pub despatches: Vec<DespatchNo>,
    /// When the first of them left.
    pub left_at: Ts,
    /// Numbers the warehouse shows and the source does not.
    pub unshown: Vec<String>,
}

/// Judges an order by all its despatches. `told` are tracking texts the source was told and took: it need not show them
/// with the order where that was split.
///
/// The warehouse's numbers must all be shown. Those of parcels it knows none of are counted: what somebody typed in the
/// source beside them belongs to these.
pub fn labels(order: &OrderFull, groups: &[Group], told: &[&str], mappings: &MappingSet) -> Labels {
    let source = &order.body.source;
    let facts = CarrierFacts {
        country: &source.address.country,
        value_minor: source.total_minor,
        channel: &source.channel,
    };
    let is_tracked =
        |line: &DespatchLine| mappings.is_tracked(&source.service, &facts, &line.service);
    let lines = || groups.iter().flat_map(|(_, lines, _)| lines);
    if !lines().any(is_tracked) {
        return Labels::Untracked;
    }
    let is_blank = |line: &&DespatchLine| line.tracking.trim().is_empty() && is_tracked(line);
    let booked = distinct(lines().map(|l| l.tracking.as_str()));
    let shown = distinct(shown(order, source).chain(told.iter().copied()));
    let mut despatches: Vec<DespatchNo> = groups
        .iter()
        .filter(|(_, lines, _)| lines.iter().any(|l| is_blank(&l)))
        .map(|(number, ..)| number.clone())
        .collect();
    despatches.sort_unstable();
    despatches.dedup();
    let is_counted = shown.len() >= booked.len() + despatches.len();
    let unshown: Vec<String> = booked.into_iter().filter(|n| !shown.contains(n)).collect();
    if is_counted && unshown.is_empty() {
        return Labels::Shown;
    }
    let first = lines().filter(is_blank).map(|l| l.despatched_at).min();
    let left_at = first.or_else(|| lines().map(|l| l.despatched_at).min());
    Labels::Missing(Unlabelled {
        despatches,
        left_at: left_at.unwrap_or_default(),
        unshown,
    })
}

/// The tracking texts the source shows. A confirmed order's own row holds what it was confirmed with.
fn shown<'o>(order: &'o OrderFull, source: &'o SourceOrder) -> impl Iterator<Item = &'o str> {
    let confirmed = order.row.confirmed_at.map(|_| order.row.tracking.as_str());
    let shipments = source.shipments.iter().flat_map(|s| &s.tracking);
    confirmed
        .into_iter()
        .chain([source.tracking.as_str()])
        .chain(shipments.map(String::as_str))
}

/// Numbers out of tracking texts, each once however it is written.
fn distinct<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<String> {
    let plain = |word: &str| -> String {
        let signs = word.chars().filter(|c| !c.is_whitespace());
        signs.map(|c| c.to_ascii_uppercase()).collect()
    };
    let words = texts.flat_map(|t| t.split([',', ';'])).map(plain);
    let mut numbers: Vec<String> = words.filter(|n| !n.is_empty()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, full};
    use super::*;
    use crate::domain::mapping::MappingKind::Carrier;
    use crate::domain::mapping_set::testing::set;
    use crate::domain::order::SourceShipment;
    use crate::domain::preflight::testing::{line, order as source_order};

    fn group(despatch: &str, tracking: &str) -> Group {
        let row = DespatchLine {
            despatch: despatch.into(),
            number: "LW-1".into(),
            line_ref: "1".to_owned(),
            item: "MUG".into(),
            qty_each: 1,
            carrier: "Royal Mail".to_owned(),
            service: "LET".to_owned(),
            tracking: tracking.to_owned(),
            despatched_at: at(5),
            site: "Main".into(),
            channel: String::new(),
        };
        (despatch.into(), vec![row], at(6))
    }

    fn order(tracking: &str) -> OrderFull {
        let mut source = source_order("1");
        source.lines = vec![line("r1", "MUG", 2)];
        source.tracking = tracking.to_owned();
        full(source)
    }

    fn missing(labels: Labels) -> (Vec<String>, Vec<String>) {
        match labels {
            Labels::Missing(m) => (m.despatches.into_iter().map(|d| d.0).collect(), m.unshown),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_parcel_wants_a_number_and_the_source_has_to_show_it() {
        let set = set(&[]);
        let judged = |shown: &str, groups: &[Group]| labels(&order(shown), groups, &[], &set);
        let bare = [group("D1", "")];
        assert_eq!(missing(judged("", &bare)).0, ["D1"]);
        assert_eq!(judged("typed by hand", &bare), Labels::Shown);
        let two = [group("D1", "RM1"), group("D2", "")];
        assert_eq!(
            missing(judged("RM1", &two)),
            (vec!["D2".to_owned()], vec![])
        );
        assert_eq!(judged("rm 1, RM2", &two), Labels::Shown);
        // A number of our own that is not shown is not made up for by another.
        assert_eq!(missing(judged("RM0", &[group("D1", "RM1")])).1, ["RM1"]);
        assert_eq!(judged("RM1", &[group("D1", "RM1")]), Labels::Shown);
    }

    #[test]
    fn numbers_count_wherever_the_source_shows_or_took_them() {
        let set = set(&[]);
        let two = [group("D1", "RM1"), group("D2", "RM2")];
        let mut of_parcels = order("");
        of_parcels.body.source.shipments = ["RM1", "RM2"]
            .map(|number| SourceShipment {
                id: number.to_owned(),
                tracking: vec![number.to_owned()],
                lines: Vec::new(),
            })
            .to_vec();
        assert_eq!(labels(&of_parcels, &two, &[], &set), Labels::Shown);
        let mut confirmed = order("");
        confirmed.row.tracking = "RM2".to_owned();
        assert_eq!(missing(labels(&confirmed, &two, &["RM1"], &set)).1, ["RM2"]);
        confirmed.row.confirmed_at = Some(at(9));
        assert_eq!(labels(&confirmed, &two, &["RM1"], &set), Labels::Shown);
    }

    #[test]
    fn nothing_is_wanted_of_a_service_that_is_not_tracked() {
        let rows = set(&[(Carrier, "Second class", "LET", "tracked=no")]);
        let judged = labels(&order(""), &[group("D1", "")], &[], &rows);
        assert_eq!(judged, Labels::Untracked);
    }
}
