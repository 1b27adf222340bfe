//! Checks 2 and 3: every SKU resolves to one item that exists, is active and legal; kits are picked by component.

use super::{Fault, Findings, ItemFact, PreflightInput, mapping_discriminator, this_order};
use crate::domain::catalogue::Kind;
use crate::domain::ids::{ItemCode, Sku};
use crate::domain::mapping::MappingKind;
use crate::domain::order::{PickLine, WmsLineIntent};
use crate::domain::policy::BarcodePolicy;
use crate::domain::wms::{NewItem, WmsItem};
use unicode_segmentation::UnicodeSegmentation;

/// Group of items that were created because an order needed them, so that the warehouse finds them again.
pub const AUTO_ITEM_GROUP: &str = "Created by tallyman";

/// Longest item code, name and barcode, characters (Peoplevox `Item types`).
const ITEM_CHARS_MAX: usize = 50;

/// Checks every line and returns those that resolved.
pub(super) fn check(input: &PreflightInput<'_>, found: &mut Findings) -> Vec<WmsLineIntent> {
    let mut out = Vec::new();
    for pick in input.order.pick_lines() {
        if pick.qty_each <= 0 {
            found.fault(
                Kind::OrdRejected,
                this_order(input),
                format!(
                    "line {} ({}) has quantity {}; it must be a whole number above zero",
                    pick.line_ref, pick.sku, pick.qty_each
                ),
            );
            continue;
        }
        if pick.line_ref.chars().count() > input.limits.line_ref_chars_max {
            found.fault(
                Kind::OrdRejected,
                this_order(input),
                format!(
                    "line reference {} is too long for the warehouse",
                    pick.line_ref
                ),
            );
            continue;
        }
        if pick.sku.as_str().trim().is_empty() {
            found.fault(
                Kind::OrdSkuFormat,
                this_order(input),
                format!(
                    "line {} ({}) has no SKU; give it one in the source",
                    pick.line_ref, pick.title
                ),
            );
            continue;
        }
        // A component the source itself multiplied out is an item; only whole lines may be kits of our own recipe.
        let is_component = pick.line_ref.contains('.');
        match input.mappings.composite(&pick.sku) {
            Some(parts) if !is_component => out.extend(kit_lines(input, &pick, &parts, found)),
            _ => out.extend(single_line(input, &pick, found)),
        }
    }
    out
}

fn single_line(
    input: &PreflightInput<'_>,
    pick: &PickLine,
    found: &mut Findings,
) -> Option<WmsLineIntent> {
    let hit = input.mappings.item(&pick.sku);
    if let Some(why) = hit.broken {
        found.fault(
            Kind::MapTargetGone,
            mapping_discriminator(MappingKind::Item, pick.sku.as_str()),
            format!(
                "SKU {} is an alias of {}, which is gone: {why}",
                pick.sku, hit.item
            ),
        );
        return None;
    }
    if let Some(row) = hit.mapping {
        found.use_row(row);
    }
    let item = usable_item(input, Some(pick), &pick.sku, &hit.item, found)?;
    if hit.unit_multiple == 1 {
        check_barcode(input, pick, &item, found)?;
    }
    let Some(qty_each) = pick.qty_each.checked_mul(hit.unit_multiple) else {
        found.fault(
            Kind::OrdRejected,
            this_order(input),
            format!(
                "line {} ({}) asks for too many units",
                pick.line_ref, pick.sku
            ),
        );
        return None;
    };
    Some(WmsLineIntent {
        line_ref: pick.line_ref.clone(),
        row_id: pick.row_id.clone(),
        sku: pick.sku.clone(),
        item: hit.item,
        qty_each,
        unit_price_minor: pick.unit_price_minor / hit.unit_multiple,
    })
}

/// A kit whose recipe is in the mappings: one line per component, all or none.
fn kit_lines(
    input: &PreflightInput<'_>,
    pick: &PickLine,
    parts: &[(ItemCode, i64)],
    found: &mut Findings,
) -> Vec<WmsLineIntent> {
    let mut out = Vec::new();
    let recipe = input.mappings.rows(MappingKind::Composite);
    for row in recipe.filter(|r| r.from == pick.sku.as_str()) {
        if let Some(why) = &row.broken {
            found.fault(
                Kind::MapTargetGone,
                mapping_discriminator(MappingKind::Composite, pick.sku.as_str()),
                format!("the recipe of kit {} is broken: {why}", pick.sku),
            );
            return out;
        }
        found.use_row((row.id.0, row.version));
    }
    for (at, (item, units)) in parts.iter().enumerate() {
        let sku = Sku(item.0.clone());
        let is_usable = usable_item(input, None, &sku, item, found).is_some();
        let Some(qty_each) = pick.qty_each.checked_mul(*units).filter(|_| is_usable) else {
            continue;
        };
        out.push(WmsLineIntent {
            line_ref: format!("{}.{}", pick.line_ref, at + 1),
            row_id: pick.row_id.clone(),
            sku,
            item: item.clone(),
            qty_each,
            unit_price_minor: 0,
        });
    }
    if out.len() < parts.len() && found.faults.is_empty() && found.unread.is_empty() {
        found.fault(
            Kind::OrdRejected,
            this_order(input),
            format!("kit {} asks for too many units", pick.sku),
        );
    }
    out
}

/// The item when it exists, is active and its code is legal. One case per SKU. `pick` is the line that sells the item
/// itself; a component of our own recipe has none, so nothing is known to create it from.
fn usable_item(
    input: &PreflightInput<'_>,
    pick: Option<&PickLine>,
    sku: &Sku,
    code: &ItemCode,
    found: &mut Findings,
) -> Option<WmsItem> {
    let this_sku = format!("SKU={sku}");
    if let Some(why) = code_fault(input, code) {
        found.fault(
            Kind::OrdSkuFormat,
            this_sku,
            format!("item code {code:?} is not legal: {why}"),
        );
        return None;
    }
    match (input.items)(code) {
        ItemFact::Unread => {
            if !found.unread.contains(code) {
                found.unread.push(code.clone());
            }
            None
        }
        ItemFact::Absent => {
            let next = match pick.filter(|_| input.policy.product_auto_create) {
                Some(pick) => match auto_item(pick, code) {
                    Ok(_) => "; it is created from the source's product".to_owned(),
                    Err(why) => format!("; it cannot be created by itself: {why}"),
                },
                None => "; create it there or add an alias".to_owned(),
            };
            found.fault(
                Kind::OrdSkuUnknown,
                this_sku,
                format!("SKU {sku} is not an item in the warehouse{next}"),
            );
            None
        }
        ItemFact::Known(item) if item.code != *code => {
            found.fault(
                Kind::OrdSkuFormat,
                this_sku,
                format!(
                    "SKU {sku} differs from item {} only in case or spaces; correct it against {}, which keeps the product master, or add an alias",
                    item.code,
                    input.policy.product_master.words()
                ),
            );
            None
        }
        ItemFact::Known(item) if !item.is_active => {
            found.fault(
                Kind::OrdSkuInactive,
                this_sku,
                format!("item {code} exists in the warehouse but is not active; reactivate it or map the SKU to its successor"),
            );
            None
        }
        ItemFact::Known(item) => Some(item),
    }
}

fn code_fault(input: &PreflightInput<'_>, code: &ItemCode) -> Option<String> {
    let chars = code.as_str().chars().count();
    if code.as_str().trim() != code.as_str() {
        return Some("it begins or ends with a space".to_owned());
    }
    if chars > input.limits.item_chars_max {
        return Some(format!(
            "it has {chars} characters, the warehouse takes {}",
            input.limits.item_chars_max
        ));
    }
    (input.code_fault)(code)
}

/// Two different barcodes mean the floor would scan another article: by policy a fault or a note. A barcode missing in
/// the warehouse is worth a note only, nothing can be mis-scanned by it; orders of some sources carry none at all.
fn check_barcode(
    input: &PreflightInput<'_>,
    pick: &PickLine,
    item: &WmsItem,
    found: &mut Findings,
) -> Option<()> {
    let (ours, theirs) = (pick.barcode.trim(), item.barcode.trim());
    if ours.is_empty() || ours == theirs {
        return Some(());
    }
    let fault = Fault::new(
        Kind::PrdBarcodeMismatch,
        format!("SKU={}", pick.sku),
        format!(
            "barcode of {} is {:?} in the source and {:?} in the warehouse; scan the article, then correct {}, which keeps the product master",
            pick.sku,
            ours,
            theirs,
            input.policy.product_master.words()
        ),
    );
    let is_blocking = input.policy.barcode_mismatch == BarcodePolicy::Block;
    if is_blocking && !theirs.is_empty() {
        found.fault(fault.kind, fault.discriminator, fault.detail);
        return None;
    }
    found.note(fault.kind, fault.discriminator, fault.detail);
    Some(())
}

/// The item to create for a line whose item the warehouse lacks. A name longer than the warehouse's field ends, at a
/// word if possible, in `…`, so that the cut is visible wherever the name is shown; code and barcode are never cut.
///
/// # Errors
/// Why a person must create it: no product behind the line, an alias, no barcode, code or barcode too long.
pub fn auto_item(line: &PickLine, item: &ItemCode) -> Result<NewItem, String> {
    if line.is_unlinked {
        return Err(format!(
            "the source knows no product behind {}; link the line or correct its SKU",
            line.sku
        ));
    }
    if line.sku.as_str() != item.as_str() {
        return Err(format!(
            "SKU {} is an alias of {item}, which must exist first",
            line.sku
        ));
    }
    let barcode = line.barcode.trim();
    if barcode.is_empty() {
        return Err(format!(
            "product {} has no barcode in the source; add it there",
            line.sku
        ));
    }
    for (what, text) in [("item code", item.as_str()), ("barcode", barcode)] {
        let chars = text.chars().count();
        if chars == 0 || chars > ITEM_CHARS_MAX {
            return Err(format!(
                "{what} {text:?} has {chars} characters, the warehouse takes 1 to {ITEM_CHARS_MAX}"
            ));
        }
    }
    let title = line.title.trim();
    Ok(NewItem {
        code: item.clone(),
        name: if title.is_empty() {
            item.0.clone()
        } else {
            short_name(title)
        },
        barcode: barcode.to_owned(),
        group: AUTO_ITEM_GROUP.to_owned(),
    })
}

/// At most [`ITEM_CHARS_MAX`] characters, with `…` where something was left out.
fn short_name(title: &str) -> String {
    if title.chars().count() <= ITEM_CHARS_MAX {
        return title.to_owned();
    }
    let mut kept = String::new();
    for grapheme in title.graphemes(true) {
        if kept.chars().count() + grapheme.chars().count() > ITEM_CHARS_MAX - 1 {
            break;
        }
        kept.push_str(grapheme);
    }
    // Back to the last whole word, unless that would leave less than half.
    if let Some(at) = kept.rfind(' ')
        && kept[..at].chars().count() * 2 >= ITEM_CHARS_MAX
    {
        kept.truncate(at);
    }
    format!("{}…", kept.trim_end())
}
