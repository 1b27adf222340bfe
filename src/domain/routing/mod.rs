//! Routing: which site ships an order. The account's `ROUTING` rules decide by delivery address and stock, in their
//! order, the first that fits; a location without rules goes by its `SITE` mapping. Nothing is chosen silently: a
//! default counts only when it is written as `*`, two rules that fit equally well are a fault, and so is none.
//!
//! A rule: name → site references joined by `+`, tried in that order. Conditions: `country` and `channel` (joined by
//! `+`), `postcode` (areas `IV`, districts `IV27`, beginnings `75*`, joined by `+`), `location` of the source (joined by
//! `+`; all of an order's locations must be among them, `none` stands for an order that names none), `stock=all` (every
//! line in full at the site). Rules are tried by `order`, lowest first, those without one last and `*` after all of them.

mod rule;
mod shelves;

pub use rule::{check_rule, same_turn};
pub use shelves::{PROMISED_IN, Place, Shelves, TAKEN_IN, asks_for_stock, free_for, items_of};

use super::catalogue::Kind;
use super::country;
use super::ids::{ItemCode, LocationId, SiteRef};
use super::mapping::MappingKind;
use super::mapping_set::{MappingSet, SiteMap};
use super::order::{OrderRow, OrderState};
use super::preflight::{Fault, mapping_discriminator};
use rule::{Rule, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// What the rules may ask about an order.
#[derive(Debug, Clone, Copy)]
pub struct RouteFacts<'a> {
    /// The order's number, for texts.
    pub number: &'a str,
    /// As the source names it: several joined by `+` when the lines lie apart, empty when it names none.
    pub location: &'a LocationId,
    /// Country of delivery as the source writes it.
    pub country: &'a str,
    pub postcode: &'a str,
    pub channel: &'a str,
    /// What must be picked.
    pub lines: &'a [(ItemCode, i64)],
}

/// What may still be promised of an item at a site; `None` when it was not read.
pub type SiteStock<'a> = dyn Fn(&SiteRef, &ItemCode) -> Option<i64> + 'a;

/// Where an order goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    Chosen {
        site: SiteRef,
        /// Name of the rule, or of the location when no rule concerns it.
        rule: String,
        /// What made it fit, in words.
        why: String,
        /// Id and version of the row that decided.
        mapping: (i64, i64),
        /// The written default decided: worth a note (`ORD_DEFAULT_USED`).
        is_default: bool,
    },
    /// These figures must be read first; then decide again.
    NeedStock(Vec<(SiteRef, ItemCode)>),
    /// No site: why.
    Unroutable(Fault),
}

/// Decides where an order goes.
pub fn route(facts: &RouteFacts<'_>, mappings: &MappingSet, stock: &SiteStock<'_>) -> Route {
    let rules: Vec<Rule<'_>> = mappings
        .rows(MappingKind::Routing)
        .map(Rule::of)
        .filter(|r| r.concerns(facts.location))
        .collect();
    if rules.is_empty() {
        return by_location(facts, mappings);
    }
    let wanted = wanted(facts);
    let mut by_order: BTreeMap<(bool, i64), Vec<&Rule<'_>>> = BTreeMap::new();
    for rule in &rules {
        by_order.entry(rule.turn()).or_default().push(rule);
    }
    let mut refused: Vec<(&Rule<'_>, Verdict)> = Vec::new();
    for group in by_order.values() {
        let mut fitting: Vec<(&Rule<'_>, SiteRef, String)> = Vec::new();
        for rule in group {
            match rule.judge(facts, &wanted, mappings, stock) {
                Verdict::Fits(site, why) => fitting.push((rule, site, why)),
                Verdict::Broken(why) => return broken(rule, &why),
                Verdict::Unread(figures) => return Route::NeedStock(figures),
                verdict => refused.push((rule, verdict)),
            }
        }
        match fitting.as_slice() {
            [] => {}
            [(rule, site, why), rest @ ..] if rest.iter().all(|(_, s, _)| s == site) => {
                return chosen(rule, site, why);
            }
            _ => return tie(facts, &fitting),
        }
    }
    Route::Unroutable(nothing_fits(facts, &wanted, &refused, mappings, stock))
}

/// The locations an order names, each by itself.
fn places(location: &LocationId) -> impl Iterator<Item = &str> {
    rule::words(location.as_str())
}

/// Whether orders of a location are this pair's: it has a site, a rule is for it, or only a rule could say (an order
/// without a location, or with several). Orders of any other location are somebody else's.
pub fn is_served(location: &LocationId, mappings: &MappingSet) -> bool {
    let mut rules = mappings.rows(MappingKind::Routing).map(Rule::of);
    mappings.site(location).is_some()
        || places(location).count() != 1
        || rules.any(|r| r.is_for_some_location() && r.concerns(location))
}

/// Without rules the location's own mapping decides; there is no other default.
fn by_location(facts: &RouteFacts<'_>, mappings: &MappingSet) -> Route {
    let location = facts.location;
    if let Some(map) = mappings.site(location) {
        return by_mapping(location, map);
    }
    let named: Vec<LocationId> = places(location).map(LocationId::from).collect();
    match named.as_slice() {
        [] => Route::Unroutable(Fault::new(
            Kind::OrdUnroutable,
            "ROUTE=NOWHERE".to_owned(),
            format!(
                "order {} names no location, and {NO_RULE} such orders; add one with location=none, or give its lines \
                 a location in the sales system",
                facts.number
            ),
        )),
        [only] => unmapped(only),
        several => by_locations(facts, several, mappings),
    }
}

/// Ends the reason when no rule says anything about an order.
const NO_RULE: &str = "no routing rule is for";

fn unmapped(location: &LocationId) -> Route {
    Route::Unroutable(Fault::new(
        Kind::OrdSiteUnmapped,
        format!("LOCATION={location}"),
        format!("location {location} has no warehouse site and no routing rule; map it"),
    ))
}

fn by_mapping(location: &LocationId, map: SiteMap) -> Route {
    // The first of a location's sites receives orders.
    let Some(site) = map.sites.first().cloned() else {
        return unmapped(location);
    };
    if let Some(why) = &map.broken {
        return Route::Unroutable(Fault::new(
            Kind::MapTargetGone,
            mapping_discriminator(MappingKind::Site, location.as_str()),
            format!(
                "the site of location {} is broken: {why}; map it to a site that exists",
                map.name
            ),
        ));
    }
    Route::Chosen {
        site,
        why: format!("the site of location {}", map.name),
        rule: map.name,
        mapping: map.mapping,
        is_default: false,
    }
}

/// Lines at several locations: one site ships them when all the locations lie there.
fn by_locations(facts: &RouteFacts<'_>, named: &[LocationId], mappings: &MappingSet) -> Route {
    let mut found: Option<(SiteRef, Route)> = None;
    let mut sites: Vec<String> = Vec::new();
    for location in named {
        let Some(map) = mappings.site(location) else {
            return unmapped(location);
        };
        let name = map.name.clone();
        let route = by_mapping(location, map);
        let Route::Chosen { site, .. } = &route else {
            return route;
        };
        sites.push(format!("{name} at {site}"));
        match &found {
            Some((first, _)) if first != site => {
                return Route::Unroutable(Fault::new(
                    Kind::OrdUnroutable,
                    format!("ROUTE=SPLIT:{}", facts.location),
                    format!(
                        "the lines of order {} lie apart ({}), and {NO_RULE} such orders; add one, or move or split \
                         the lines in the sales system",
                        facts.number,
                        sites.join(", ")
                    ),
                ));
            }
            Some(_) => {}
            None => found = Some((site.clone(), route)),
        }
    }
    found.map_or_else(|| unmapped(facts.location), |(_, route)| route)
}

/// Begins what an order waits for while the stock of its sites was not read.
const WAITS: &str = "waits for the stock of";
/// In what an order is held by when every rule said no.
const NO_FIT: &str = "fits no routing rule";
/// How many unread figures are named.
const UNREAD_NAMED_MAX: usize = 5;

/// Why an order waits for figures nobody has read yet.
pub fn waits_for(figures: &[(SiteRef, ItemCode)]) -> String {
    let named: Vec<String> = figures
        .iter()
        .take(UNREAD_NAMED_MAX)
        .map(|(site, item)| format!("{item} at {site}"))
        .collect();
    format!("{WAITS} {} to be read", named.join(", "))
}

/// Whether it waits for figures that nobody has read yet.
pub fn is_waiting(row: &OrderRow) -> bool {
    row.state == OrderState::Checking && row.blocked_by.starts_with(WAITS)
}

/// Whether new stock figures may change where an order goes.
pub fn depends_on_stock(row: &OrderRow) -> bool {
    is_waiting(row) || (row.state == OrderState::Blocked && row.blocked_by.contains(NO_FIT))
}

/// Why nobody may choose another site for an order any more, whatever the site; `None` when one may be chosen.
/// `is_begun`: its creation is on the way to the warehouse. `is_ledger`: the source keeps a ledger of its own for each
/// location.
pub const fn keeps_site(
    state: OrderState,
    is_begun: bool,
    is_ledger: bool,
) -> Option<&'static str> {
    if !state.is_before_warehouse() {
        Some(
            "the warehouse already has it: an order keeps its site; cancel it in the source and let it be made again",
        )
    } else if is_begun {
        Some("it is being written to the warehouse just now")
    } else if is_ledger {
        Some(
            "the source keeps a ledger for each location, and each has one site: move the order to another location there",
        )
    } else {
        None
    }
}

/// Units by item, each item once.
fn wanted(facts: &RouteFacts<'_>) -> BTreeMap<ItemCode, i64> {
    let mut out = BTreeMap::new();
    for (item, units) in facts.lines {
        let sum: &mut i64 = out.entry(item.clone()).or_default();
        *sum = sum.saturating_add(*units);
    }
    out
}

fn chosen(rule: &Rule<'_>, site: &SiteRef, why: &str) -> Route {
    Route::Chosen {
        site: site.clone(),
        rule: rule.row.from.clone(),
        why: format!("rule {:?} ({why})", rule.row.from),
        mapping: (rule.row.id.0, rule.row.version),
        is_default: rule.is_default(),
    }
}

fn broken(rule: &Rule<'_>, why: &str) -> Route {
    Route::Unroutable(Fault::new(
        Kind::MapTargetGone,
        mapping_discriminator(MappingKind::Routing, &rule.row.from),
        format!("routing rule {:?} fits and is broken: {why}", rule.row.from),
    ))
}

/// Two rules of one turn fit and point at different sites: people must say which comes first.
fn tie(facts: &RouteFacts<'_>, fitting: &[(&Rule<'_>, SiteRef, String)]) -> Route {
    let names: BTreeSet<&str> = fitting.iter().map(|(r, ..)| r.row.from.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let sites: Vec<String> = fitting
        .iter()
        .map(|(r, site, _)| format!("{:?} says {site}", r.row.from))
        .collect();
    Route::Unroutable(Fault::new(
        Kind::OrdUnroutable,
        format!("ROUTE=TIE:{}", names.join("+")),
        format!(
            "order {}: rules of the same order disagree, {}; give them different orders",
            facts.number,
            sites.join(" and ")
        ),
    ))
}

/// Every rule said no. Stock is named before address: the rule that failed by stock alone came closest.
fn nothing_fits(
    facts: &RouteFacts<'_>,
    wanted: &BTreeMap<ItemCode, i64>,
    refused: &[(&Rule<'_>, Verdict)],
    mappings: &MappingSet,
    stock: &SiteStock<'_>,
) -> Fault {
    let mut short: BTreeSet<&ItemCode> = BTreeSet::new();
    let (mut by_stock, mut by_address) = (Vec::new(), Vec::new());
    for (rule, verdict) in refused {
        let name = &rule.row.from;
        match verdict {
            Verdict::Short(items) => {
                short.extend(items);
                let items: Vec<&str> = items.iter().map(ItemCode::as_str).collect();
                by_stock.push(format!("{name:?} is short of {}", items.join(", ")));
            }
            Verdict::Elsewhere(why) => by_address.push(format!("{name:?} is for {why}")),
            _ => {}
        }
    }
    by_stock.append(&mut by_address);
    by_stock.truncate(REASONS_MAX);
    let cause = if short.is_empty() {
        let country = country::code(facts.country).unwrap_or(facts.country);
        format!("ROUTE=ADDRESS:{country}")
    } else {
        let items: Vec<&str> = short.iter().map(|i| i.as_str()).collect();
        format!("ROUTE=STOCK:{}", items.join("+"))
    };
    let split = if short.is_empty() {
        ""
    } else {
        split_hint(wanted, mappings, stock)
    };
    Fault::new(
        Kind::OrdUnroutable,
        cause,
        format!(
            "order {} {NO_FIT}: {}{split}",
            facts.number,
            by_stock.join("; ")
        ),
    )
}

/// How many refusals a fault names.
const REASONS_MAX: usize = 5;

/// Whether the sites could ship it together.
fn split_hint(
    wanted: &BTreeMap<ItemCode, i64>,
    mappings: &MappingSet,
    stock: &SiteStock<'_>,
) -> &'static str {
    let sites: BTreeSet<SiteRef> = mappings
        .locations()
        .into_iter()
        .flat_map(|(_, map)| map.sites)
        .collect();
    let is_enough = wanted.iter().all(|(item, units)| {
        let all: i64 = sites
            .iter()
            .filter_map(|site| stock(site, item))
            .map(|n| n.max(0))
            .fold(0, i64::saturating_add);
        all >= *units
    });
    if is_enough {
        "; several sites together have it: split the order or wait"
    } else {
        "; all sites together do not have it"
    }
}

#[cfg(test)]
mod tests;
