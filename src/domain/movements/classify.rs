//! What a movement means: a change the source must be told of, or nothing to it.

use super::{Movement, MovementKind};
use crate::domain::catalogue::Kind;
use crate::domain::ids::{LocationId, SiteRef};
use crate::domain::mapping::{Mapping, MappingKind};
use crate::domain::mapping_set::MappingSet;
use crate::domain::preflight::{Fault, mapping_discriminator};

/// What to do about a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posting {
    /// A change for the source.
    Delta {
        /// `None` when the team's row says "delta" and no more.
        kind: Option<MovementKind>,
        /// Account to post against; `None` is the source's own default.
        account: Option<String>,
        /// Id and version of the `REASON` row that decided.
        mapping: Option<(i64, i64)>,
    },
    /// Recorded, not posted: why.
    NoDelta {
        why: String,
        mapping: Option<(i64, i64)>,
    },
    /// Nobody said what the word means, or its row is broken: the lane stops here.
    Unknown(Fault),
}

/// What a movement means. The team's `REASON` rows (word → `delta`, `no_delta` or a kind such as `goods_in`, with
/// `account`) decide first, then the words Peoplevox is known to use. Any other word is never guessed. `number_start`
/// is how the warehouse numbers of the source's own orders begin.
pub fn posting(movement: &Movement, mappings: &MappingSet, number_start: &str) -> Posting {
    let word = movement.word.trim();
    match reason_row(word, mappings) {
        Some(row) => by_row(row, movement, number_start),
        None => match built_in(word, movement) {
            Some(kind) => by_kind(whose(kind, movement, number_start), movement, None, None),
            None => Posting::Unknown(Fault::new(
                Kind::MapStatusUnknown,
                format!("REASON={word}"),
                format!(
                    "the warehouse calls a movement {word:?} and nobody said whether the source must be told; map it as delta or no_delta"
                ),
            )),
        },
    }
}

fn reason_row<'a>(word: &str, mappings: &'a MappingSet) -> Option<&'a Mapping> {
    let rows = || mappings.rows(MappingKind::Reason);
    rows()
        .find(|r| r.from == word)
        .or_else(|| rows().find(|r| r.from.trim().to_lowercase() == word.to_lowercase()))
}

/// Goods that left for somebody else's order: several sources may sell from one building.
fn whose(kind: MovementKind, movement: &Movement, number_start: &str) -> MovementKind {
    let order = movement.document.trim();
    let is_others = !order.is_empty() && !order.starts_with(number_start);
    if kind == MovementKind::Despatch && is_others {
        return MovementKind::OtherOrder;
    }
    kind
}

fn by_row(row: &Mapping, movement: &Movement, number_start: &str) -> Posting {
    let mapping = Some((row.id.0, row.version));
    if let Some(why) = &row.broken {
        return Posting::Unknown(Fault::new(
            Kind::MapTargetGone,
            mapping_discriminator(MappingKind::Reason, &row.from),
            format!(
                "the row for movements {:?} is broken: {why}; give it an account that is open",
                row.from
            ),
        ));
    }
    let account = row
        .attributes
        .get("account")
        .map(|a| a.trim().to_owned())
        .filter(|a| !a.is_empty());
    let target = target(&row.to);
    match (target.as_str(), MovementKind::parse(&target)) {
        (_, Some(kind)) => by_kind(
            whose(kind, movement, number_start),
            movement,
            account,
            mapping,
        ),
        ("delta", None) if movement.delta_each != 0 => Posting::Delta {
            kind: None,
            account,
            mapping,
        },
        ("delta" | "no_delta", None) => no_delta("the team's row says no delta", movement, mapping),
        _ => Posting::Unknown(Fault::new(
            Kind::MapStatusUnknown,
            format!("REASON={}", row.from),
            format!(
                "the row for movements {:?} says {:?}, which is neither delta nor no_delta; correct the row",
                row.from, row.to
            ),
        )),
    }
}

fn target(to: &str) -> String {
    to.trim().to_lowercase().replace([' ', '-'], "_")
}

/// What a `REASON` row may say, with what it does.
pub fn reasons() -> Vec<(&'static str, String)> {
    let kinds = MovementKind::ALL.iter().map(|kind| {
        let says = if kind.is_delta() {
            "the source is told"
        } else {
            "the source is not told"
        };
        (
            kind.as_str(),
            format!("{}: {says}", kind.as_str().replace('_', " ")),
        )
    });
    let plain = [
        ("delta", "the source is told of the change".to_owned()),
        ("no_delta", "recorded; the source is not told".to_owned()),
    ];
    plain.into_iter().chain(kinds).collect()
}

/// Checks what a `REASON` row says before it is saved.
///
/// # Errors
/// In words for people: it is neither `delta` nor `no_delta` nor a kind of movement.
pub fn check_reason(to: &str) -> Result<(), String> {
    let said = target(to);
    if matches!(said.as_str(), "delta" | "no_delta") || MovementKind::parse(&said).is_some() {
        return Ok(());
    }
    let kinds: Vec<&str> = MovementKind::ALL.iter().map(|k| k.as_str()).collect();
    Err(format!(
        "{to:?} says nothing about the source's stock; write delta, no_delta or one of {}",
        kinds.join(", ")
    ))
}

fn by_kind(
    kind: MovementKind,
    movement: &Movement,
    account: Option<String>,
    mapping: Option<(i64, i64)>,
) -> Posting {
    let why = match kind {
        MovementKind::Despatch => "the source lowers its figure itself when it ships",
        MovementKind::BinMove => "the goods stayed on the site",
        MovementKind::Allocation | MovementKind::Picking => "nothing left the site",
        _ if movement.delta_each != 0 => {
            return Posting::Delta {
                kind: Some(kind),
                account,
                mapping,
            };
        }
        _ => "",
    };
    no_delta(why, movement, mapping)
}

fn no_delta(why: &str, movement: &Movement, mapping: Option<(i64, i64)>) -> Posting {
    let why = if movement.delta_each == 0 {
        "the figure did not change"
    } else {
        why
    };
    Posting::NoDelta {
        why: why.to_owned(),
        mapping,
    }
}

/// Words seen in the warehouse's movement history.
fn built_in(word: &str, movement: &Movement) -> Option<MovementKind> {
    let letters: String = word
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let is_between_sites = movement
        .other_site
        .as_ref()
        .is_some_and(|other| *other != movement.site);
    Some(match letters.as_str() {
        "despatched" | "dispatched" | "despatch" | "dispatch" => MovementKind::Despatch,
        "picking" | "transferedtopackbench" | "transferredtopackbench" => MovementKind::Picking,
        "movedwithputaway" | "movedusingthedevice"
            if is_between_sites || (movement.other_site.is_none() && movement.delta_each != 0) =>
        {
            MovementKind::SiteMove
        }
        "movedwithputaway" | "movedusingthedevice" => MovementKind::BinMove,
        "receivedthroughmobileunit" => MovementKind::GoodsIn,
        "addedthroughadjustmentmodule" | "modifiedthroughadjustmentmodule" => MovementKind::Count,
        _ => return None,
    })
}

/// One side of a movement: what changed on which site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    pub site: SiteRef,
    pub other_site: Option<SiteRef>,
    pub delta_each: i64,
}

/// A move of `qty_each` units as the sites see it: out of one and into the other. Inside one site nothing changes;
/// with one end outside, it is a receipt or a loss.
pub fn legs(from: Option<&SiteRef>, to: Option<&SiteRef>, qty_each: i64) -> Vec<Leg> {
    if from == to || qty_each == 0 {
        return Vec::new();
    }
    let leg = |site: &SiteRef, other: Option<&SiteRef>, delta_each| Leg {
        site: site.clone(),
        other_site: other.cloned(),
        delta_each,
    };
    let out = from.map(|site| leg(site, to, qty_each.saturating_neg()));
    let into = to.map(|site| leg(site, from, qty_each));
    out.into_iter().chain(into).collect()
}

/// The source's location for a site's stock: exactly one, or the stock flow of the site stops.
///
/// # Errors
/// `MAP_LOCATION_UNALIGNED` when nobody mapped the site, `MAP_NOT_ONE_TO_ONE` when it belongs to several locations or
/// its location to several sites, `MAP_TARGET_GONE` when the row is broken.
pub fn place(site: &SiteRef, mappings: &MappingSet) -> Result<LocationId, Fault> {
    let mut found: Vec<_> = mappings
        .locations()
        .into_iter()
        .filter(|(_, map)| map.sites.contains(site))
        .collect();
    let Some((location, map)) = found.pop() else {
        return Err(Fault::new(
            Kind::MapLocationUnaligned,
            format!("SITE={site}"),
            format!(
                "stock moved on site {site}, which no location of the source is mapped to; map it or leave it out"
            ),
        ));
    };
    if !found.is_empty() || map.sites.len() != 1 {
        return Err(Fault::new(
            Kind::MapNotOneToOne,
            format!("SITE={site}"),
            format!(
                "site {site} and its locations are not one to one; decide which location is the ledger of the building"
            ),
        ));
    }
    match map.broken {
        None => Ok(location),
        Some(why) => Err(Fault::new(
            Kind::MapTargetGone,
            mapping_discriminator(MappingKind::Site, location.as_str()),
            format!(
                "the site of location {} is broken: {why}; map it to a site that exists",
                map.name
            ),
        )),
    }
}
