//! Reading back: is the order in the warehouse the order that was meant?

use super::Fault;
use crate::domain::catalogue::Kind;
use crate::domain::country;
use crate::domain::order::WmsOrderIntent;
use crate::domain::wms::{WmsLine, WmsOrder};
use std::collections::BTreeMap;

/// Whether the order that holds our number is somebody else's: its PO reference names another source order. Without
/// a PO reference, name and postcode must both be ours.
pub fn is_clash(intent: &WmsOrderIntent, header: &WmsOrder) -> bool {
    let theirs = header.po_reference.trim();
    if !theirs.is_empty() {
        return !theirs.eq_ignore_ascii_case(intent.po_reference.trim());
    }
    let address = &intent.address;
    !is_same_text(&header.contact_name, &address.name)
        || !is_same_text(&header.postcode, &address.postcode)
}

/// The fault for an order number that another order already holds.
pub fn clash(intent: &WmsOrderIntent, existing: &WmsOrder) -> Option<Fault> {
    is_clash(intent, existing).then(|| {
        Fault::new(
            Kind::OrdReferenceClash,
            format!("NUMBER={}", intent.number),
            format!(
                "warehouse order {} already belongs to {:?} (customer {}, {}); nothing was written, give this order a new number or link it",
                existing.number, existing.po_reference, existing.contact_name, existing.status_text
            ),
        )
    })
}

/// Every difference in plain words, empty when the warehouse holds what was meant. Lines are compared as a multiset of
/// item and quantity; lines of quantity zero do not count. Whose order it is, is asked by [`is_clash`]. Address fields
/// that read back empty are not comparable: not every account's template returns them.
pub fn differs(intent: &WmsOrderIntent, header: &WmsOrder, lines: &[WmsLine]) -> Vec<String> {
    let mut out = line_differences(intent, lines);
    if header.service != intent.service {
        out.push(format!(
            "carrier service is {:?}, should be {}",
            header.service.0, intent.service
        ));
    }
    if header.site != intent.site {
        out.push(format!(
            "site is {:?}, should be {}",
            header.site.0, intent.site
        ));
    }
    let address = &intent.address;
    for (what, is, should) in [
        ("name", &header.contact_name, &address.name),
        ("address line 1", &header.address_line1, &address.line1),
        ("town", &header.town, &address.town),
        ("postcode", &header.postcode, &address.postcode),
    ] {
        if !is.trim().is_empty() && !is_same_text(is, should) {
            out.push(format!("{what} is {is:?}, should be {should:?}"));
        }
    }
    if !header.country.trim().is_empty() && !country::is_same(&header.country, &address.country) {
        out.push(format!(
            "country is {:?}, should be {:?}",
            header.country, address.country
        ));
    }
    out
}

/// Equal but for white space, which the warehouse's CSV import may trim or fold.
fn is_same_text(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}

fn line_differences(intent: &WmsOrderIntent, lines: &[WmsLine]) -> Vec<String> {
    // Per item: the quantities meant and the quantities found.
    let mut by_item: BTreeMap<&str, (Vec<i64>, Vec<i64>)> = BTreeMap::new();
    for line in &intent.lines {
        by_item
            .entry(line.item.as_str())
            .or_default()
            .0
            .push(line.qty_each);
    }
    for line in lines.iter().filter(|l| l.qty_each != 0) {
        by_item
            .entry(line.item.as_str())
            .or_default()
            .1
            .push(line.qty_each);
    }
    let mut out = Vec::new();
    for (item, (mut meant, mut found)) in by_item {
        meant.sort_unstable();
        found.sort_unstable();
        if meant == found {
            continue;
        }
        let total = |q: &[i64]| q.iter().copied().fold(0i64, i64::saturating_add);
        out.push(match (meant.is_empty(), found.is_empty()) {
            (false, true) => format!("{item} × {} is missing", total(&meant)),
            (true, false) => format!("{item} × {} was not ordered", total(&found)),
            _ if total(&meant) == total(&found) => format!(
                "{item} stands on lines of {}, should be on lines of {}",
                list(&found),
                list(&meant)
            ),
            _ => format!("{item} × {}, should be × {}", total(&found), total(&meant)),
        });
    }
    out
}

fn list(quantities: &[i64]) -> String {
    let texts: Vec<String> = quantities.iter().map(i64::to_string).collect();
    texts.join(" and ")
}
