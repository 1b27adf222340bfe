//! Labels that were booked, or booked again, after a parcel was told of: which parcel gets which tracking.

use super::{Group, tracking};
use crate::domain::delivery::{DeliveryRow, DeliveryState, DespatchIntent, Intent, RelabelIntent};
use crate::domain::mapping_set::MappingSet;
use crate::domain::wms::DespatchLine;

/// The parcels of an order as the source was told of them, or is about to be, with the tracking told last. Pass the
/// deliveries oldest first.
pub fn told(deliveries: &[DeliveryRow]) -> Vec<DespatchIntent> {
    let mut parcels: Vec<DespatchIntent> = Vec::new();
    let is_over = |d: &&DeliveryRow| {
        matches!(
            d.state,
            DeliveryState::Cancelled | DeliveryState::Superseded
        )
    };
    for delivery in deliveries.iter().filter(|d| !is_over(d)) {
        match &delivery.intent {
            Intent::ConfirmDespatch(parcel) => parcels.push(parcel.as_ref().clone()),
            Intent::Relabel(change) => {
                let is_same = |p: &&mut DespatchIntent| {
                    p.despatches == change.parcel.despatches
                        && p.lines == change.parcel.lines
                        && p.tracking == change.told
                };
                if let Some(parcel) = parcels.iter_mut().find(is_same) {
                    parcel.tracking.clone_from(&change.parcel.tracking);
                }
            }
            _ => {}
        }
    }
    parcels
}

fn numbers(tracking: &str) -> Vec<&str> {
    let all = tracking.split(',').map(str::trim);
    all.filter(|n| !n.is_empty()).collect()
}

/// The changes of tracking that make the source agree with the warehouse; `groups` are all despatches of the order.
///
/// # Errors
/// Several parcels of one despatch could be meant: which, in plain words. Nothing is guessed then.
pub fn relabel(
    parcels: &[DespatchIntent],
    groups: &[Group],
    mappings: &MappingSet,
) -> Result<Vec<RelabelIntent>, String> {
    let mut changes = Vec::new();
    for parcel in parcels {
        let rows: Vec<DespatchLine> = groups
            .iter()
            .filter(|(number, ..)| parcel.despatches.contains(number))
            .flat_map(|(_, rows, _)| rows.clone())
            .collect();
        let shown = tracking(&rows);
        let beside: Vec<&DespatchIntent> = parcels
            .iter()
            .filter(|p| *p != parcel && p.despatches.iter().any(|d| parcel.despatches.contains(d)))
            .collect();
        let theirs: Vec<&str> = beside.iter().flat_map(|p| numbers(&p.tracking)).collect();
        let mine: Vec<&str> = numbers(&shown)
            .into_iter()
            .filter(|n| !theirs.contains(n))
            .collect();
        if mine.is_empty() || mine == numbers(&parcel.tracking) {
            continue;
        }
        if !beside.is_empty() && !is_open(parcel, &shown) {
            continue;
        }
        if beside.iter().any(|p| is_open(p, &shown)) {
            return Err(format!(
                "tracking {} was booked, and several parcels of one despatch are without theirs; enter it at the \
                 parcel it belongs to",
                mine.join(", ")
            ));
        }
        let first = rows
            .iter()
            .find(|r| mine.iter().any(|n| r.tracking.contains(n)));
        let carrier = first.map_or("", |r| r.carrier.as_str());
        let changed = DespatchIntent {
            tracking: mine.join(","),
            carrier: if carrier.is_empty() {
                parcel.carrier.clone()
            } else {
                mappings.tracking_carrier(carrier)
            },
            carrier_wms: if carrier.is_empty() {
                parcel.carrier_wms.clone()
            } else {
                carrier.to_owned()
            },
            is_customer_told: false,
            ..parcel.clone()
        };
        changes.push(RelabelIntent {
            parcel: changed,
            told: parcel.tracking.clone(),
        });
    }
    Ok(changes)
}

/// It has no label, or one the warehouse no longer shows.
fn is_open(parcel: &DespatchIntent, shown: &str) -> bool {
    let shown = numbers(shown);
    let told = numbers(&parcel.tracking);
    told.is_empty() || told.iter().any(|n| !shown.contains(n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::DespatchIntentLine;
    use crate::domain::mapping_set::testing::set;
    use crate::domain::time::Ts;

    fn parcel(despatch: &str, tracking: &str) -> DespatchIntent {
        DespatchIntent {
            source_id: "S1".into(),
            number: "SL-1".into(),
            despatches: vec![despatch.into()],
            tracking: tracking.to_owned(),
            carrier: "Royal Mail".to_owned(),
            carrier_wms: String::new(),
            despatched_at: Ts(0),
            location: "shop".into(),
            lines: vec![DespatchIntentLine {
                row_id: "r1".to_owned(),
                sku: "MUG".into(),
                qty_each: 1,
                before_each: 0,
                unit_price_minor: 0,
            }],
            is_whole: true,
            is_customer_told: true,
            split_id: None,
        }
    }

    fn group(despatch: &str, labels: &[&str]) -> Group {
        let row = |label: &&str| DespatchLine {
            despatch: despatch.into(),
            number: "SL-1".into(),
            line_ref: "1".to_owned(),
            item: "MUG".into(),
            qty_each: 1,
            carrier: "RM".to_owned(),
            service: String::new(),
            tracking: (*label).to_owned(),
            despatched_at: Ts(0),
            site: "MAIN".into(),
            channel: String::new(),
        };
        (despatch.into(), labels.iter().map(row).collect(), Ts(0))
    }

    fn changes(parcels: &[DespatchIntent], groups: &[Group]) -> Vec<(String, String)> {
        let found = relabel(parcels, groups, &set(&[])).unwrap();
        let pairs = found.into_iter().map(|c| {
            assert!(!c.parcel.is_customer_told, "nobody hears of it twice");
            (c.told, c.parcel.tracking)
        });
        pairs.collect()
    }

    #[test]
    fn a_label_booked_late_belongs_to_the_parcel_that_left_without_one() {
        let got = changes(&[parcel("D1", "")], &[group("D1", &["A"])]);
        assert_eq!(got, [(String::new(), "A".to_owned())]);
        assert_eq!(changes(&[parcel("D1", "A")], &[group("D1", &["A"])]), []);
        assert_eq!(changes(&[parcel("D1", "A")], &[group("D1", &[""])]), []);
    }

    #[test]
    fn another_label_takes_the_place_of_the_first() {
        let got = changes(&[parcel("D1", "A")], &[group("D1", &["B"])]);
        assert_eq!(got, [("A".to_owned(), "B".to_owned())]);
    }

    #[test]
    fn only_the_parcel_without_a_label_gets_one_and_others_keep_theirs() {
        let parcels = [parcel("D1", "A"), parcel("D1", "")];
        let got = changes(&parcels, &[group("D1", &["A", "B"])]);
        assert_eq!(got, [(String::new(), "B".to_owned())]);
        let apart = [parcel("D1", "A"), parcel("D2", "")];
        let got = changes(&apart, &[group("D1", &["A"]), group("D2", &["B"])]);
        assert_eq!(got, [(String::new(), "B".to_owned())]);
    }

    #[test]
    fn two_boxes_of_one_parcel_are_both_named() {
        let got = changes(&[parcel("D1", "")], &[group("D1", &["A", "B"])]);
        assert_eq!(got, [(String::new(), "A,B".to_owned())]);
    }

    #[test]
    fn nothing_is_guessed_between_two_parcels_without_labels() {
        let other = DespatchIntent {
            is_whole: false,
            ..parcel("D1", "")
        };
        let found = relabel(
            &[parcel("D1", ""), other],
            &[group("D1", &["A"])],
            &set(&[]),
        );
        assert!(found.unwrap_err().contains("several parcels"));
    }
}
