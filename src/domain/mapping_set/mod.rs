//! The active mappings of a pair, indexed for look-up. Every look-up is exact (case and spaces matter); nothing falls
//! back silently: a catch-all counts only when it is written as `*`.
//!
//! How rows are read, by kind:
//! - `CARRIER` postal service tag → service code. Conditions: `country` (codes or names joined by `+`), `value_min` and
//!   `value_max` (minor units, both inclusive), `channel`. Rules of one tag are tried by `order`, lowest first. `needs`
//!   (`phone`, `email`, joined by `+`) names what the carrier demands. `tracked` (`yes`, `no`) says whether its parcels get
//!   a tracking number; see [`tracked`]. From `*` is the catch-all.
//! - `SITE` location id → site references joined by `+`: the first receives orders, all count for stock. `basis`
//!   (required), `name`, `stock_share_percent` (100).
//! - `ITEM` SKU → item code; `multiple` is how many units of the item one unit of the SKU is (1).
//! - `COMPOSITE` SKU → `CODE*quantity` joined by `+`.
//! - `BUFFER` scope → units (`5`) or percent (`10%`, with `minimum`). Scope is `*`, `location:ID`, `category:NAME`,
//!   `item:CODE` or a bare item code; `location` narrows an item; `until` (YYYY-MM-DD) is its last day, UTC.
//! - `ORDER_STATUS` status text → status name, with `side` (`wms` or `source`).
//! - `ROUTING` rule → site references joined by `+`; see [`super::routing`].
//! - `REASON` word of a stock movement → `delta`, `no_delta` or a kind of movement, with `account`; see
//!   [`super::movements`].
//! - `TRACKING_CARRIER` warehouse carrier → carrier name the channel knows.

mod feeds;
mod tracked;
mod validate;
pub mod words;

pub use feeds::{Neighbour, SiteFindings, check_sites};
pub use validate::validate_edit;

use super::country;
use super::ids::{CarrierService, ItemCode, LocationId, MappingId, ServiceTag, SiteRef, Sku};
use super::mapping::{Attributes, Mapping, MappingEdit, MappingKind, MappingStatus};
use super::stock::Basis;
use super::time::Ts;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The `from` of a catch-all row.
pub const CATCH_ALL: &str = "*";

/// The mappings of one pair as one version.
#[derive(Debug, Clone, Default)]
pub struct MappingSet {
    version: i64,
    /// Active rows only.
    rows: Vec<Mapping>,
    by_from: BTreeMap<MappingKind, HashMap<String, Vec<usize>>>,
    skus_by_item: HashMap<String, Vec<usize>>,
}

/// What a carrier rule may ask about an order.
#[derive(Debug, Clone, Copy)]
pub struct CarrierFacts<'a> {
    /// Country of delivery as the source writes it.
    pub country: &'a str,
    /// Value of the order in minor units.
    pub value_minor: i64,
    /// Where it was sold.
    pub channel: &'a str,
}

/// What the `CARRIER` rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CarrierMatch {
    /// A rule decided. `mapping` is the row's id and version; `is_fallback` when it was the catch-all.
    Mapped {
        service: CarrierService,
        mapping: (i64, i64),
        is_fallback: bool,
    },
    /// No rule matches.
    Unmapped,
    /// The rule that matches points at something gone: why.
    Broken(String),
}

/// A location's place in the warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteMap {
    /// Never empty; the first receives orders, all of them count for stock.
    pub sites: Vec<SiteRef>,
    /// How the source treats the figure we write. A row without one reads as `NET_STATIC`, the side that cannot oversell.
    pub basis: Basis,
    /// What people call the location.
    pub name: String,
    pub mapping: (i64, i64),
    /// The target was found gone: why.
    pub broken: Option<String>,
    /// Percent of the sites' stock this location may offer.
    pub stock_share_percent: i64,
}

/// The item behind a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemMatch {
    pub item: ItemCode,
    /// The alias row's id and version; `None` when the code is the SKU itself.
    pub mapping: Option<(i64, i64)>,
    /// Units of the item in one unit of the SKU.
    pub unit_multiple: i64,
    /// The alias target was found gone: why.
    pub broken: Option<String>,
}

impl MappingSet {
    /// Indexes the rows; drafts and retired ones are left out.
    pub fn new(version: i64, rows: Vec<Mapping>) -> Self {
        let mut set = Self {
            version,
            rows: rows
                .into_iter()
                .filter(|r| r.status == MappingStatus::Active)
                .collect(),
            ..Self::default()
        };
        set.rows.sort_by_key(|r| (r.kind, rule_order(r), r.id));
        for (at, row) in set.rows.iter().enumerate() {
            set.by_from
                .entry(row.kind)
                .or_default()
                .entry(row.from.clone())
                .or_default()
                .push(at);
            if row.kind == MappingKind::Item {
                set.skus_by_item.entry(row.to.clone()).or_default().push(at);
            }
        }
        set
    }

    /// Version of the set as a whole.
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// The set as it would be after these edits, for previews. New rows get negative ids.
    pub fn with_edits(&self, edits: &[MappingEdit]) -> Self {
        let mut rows = self.rows.clone();
        for (at, edit) in edits.iter().enumerate() {
            match edit {
                MappingEdit::Remove { kind, from } => {
                    rows.retain(|r| r.kind != *kind || r.from != *from);
                }
                MappingEdit::Set {
                    kind,
                    from,
                    to,
                    attributes,
                } => {
                    let replaced = rows
                        .iter()
                        .position(|r| is_same_rule(r, *kind, from, attributes));
                    let old = replaced.map(|p| rows.remove(p));
                    rows.push(staged(at, old, *kind, from, to, attributes));
                }
            }
        }
        Self::new(self.version + 1, rows)
    }

    /// Active rows of a kind, in rule order.
    pub fn rows(&self, kind: MappingKind) -> impl Iterator<Item = &Mapping> {
        self.rows.iter().filter(move |r| r.kind == kind)
    }

    /// An active row by id.
    pub fn row(&self, id: i64) -> Option<&Mapping> {
        self.rows.iter().find(|r| r.id == MappingId(id))
    }

    /// Codes that active rows of a kind point at, each once, sorted (for the check that targets still exist).
    pub fn used_targets(&self, kind: MappingKind) -> Vec<String> {
        let mut codes: Vec<String> = self.rows(kind).flat_map(targets_of).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// Active rows of a kind that point at a code.
    pub fn pointing_at(&self, kind: MappingKind, code: &str) -> Vec<&Mapping> {
        self.rows(kind)
            .filter(|r| targets_of(r).iter().any(|t| t == code))
            .collect()
    }

    fn from(&self, kind: MappingKind, from: &str) -> impl Iterator<Item = &Mapping> {
        self.by_from
            .get(&kind)
            .and_then(|by| by.get(from))
            .into_iter()
            .flatten()
            .filter_map(|at| self.rows.get(*at))
    }

    /// The carrier service for a postal service tag: rules of the tag top-down by `order`, then the catch-all.
    pub fn carrier(&self, tag: &ServiceTag, facts: &CarrierFacts<'_>) -> CarrierMatch {
        match self.carrier_rule(tag, facts) {
            None => CarrierMatch::Unmapped,
            Some((row, is_fallback)) => match &row.broken {
                Some(why) => CarrierMatch::Broken(why.clone()),
                None => CarrierMatch::Mapped {
                    service: CarrierService(row.to.clone()),
                    mapping: (row.id.0, row.version),
                    is_fallback,
                },
            },
        }
    }

    /// The rule that decides, and whether it is the catch-all.
    fn carrier_rule(&self, tag: &ServiceTag, facts: &CarrierFacts<'_>) -> Option<(&Mapping, bool)> {
        let named = self.from(MappingKind::Carrier, tag.as_str());
        let fallback = self.from(MappingKind::Carrier, CATCH_ALL);
        let is_named_star = tag.as_str() == CATCH_ALL;
        named
            .map(|r| (r, is_named_star))
            .chain(fallback.map(|r| (r, true)))
            .find(|(r, _)| is_condition_met(&r.attributes, facts))
    }

    /// Where a location's goods lie; `None` when nobody mapped it.
    pub fn site(&self, location: &LocationId) -> Option<SiteMap> {
        let mut found: Option<SiteMap> = None;
        for row in self.from(MappingKind::Site, location.as_str()) {
            let part = site_map(row);
            match &mut found {
                None => found = Some(part),
                Some(all) => {
                    for site in part.sites {
                        if !all.sites.contains(&site) {
                            all.sites.push(site);
                        }
                    }
                    all.broken = all.broken.take().or(part.broken);
                }
            }
        }
        found.filter(|s| !s.sites.is_empty())
    }

    /// Every site this pair's locations and routing rules name, in the order of their names.
    pub fn sites(&self) -> Vec<SiteRef> {
        let rules = self.rows(MappingKind::Routing);
        let named = self.rows(MappingKind::Site).chain(rules);
        let sites: BTreeSet<SiteRef> = named
            .flat_map(|row| words(&row.to).map(SiteRef::from))
            .collect();
        sites.into_iter().collect()
    }

    /// Whether a site is one of them.
    pub fn is_site_named(&self, site: &SiteRef) -> bool {
        self.sites().contains(site)
    }

    /// Every mapped location, in the order of their ids.
    pub fn locations(&self) -> Vec<(LocationId, SiteMap)> {
        let mut ids: Vec<&String> = self
            .by_from
            .get(&MappingKind::Site)
            .into_iter()
            .flat_map(HashMap::keys)
            .collect();
        ids.sort_unstable();
        ids.into_iter()
            .map(|id| LocationId(id.clone()))
            .filter_map(|id| self.site(&id).map(|site| (id, site)))
            .collect()
    }

    /// The item behind a SKU: its alias, else the SKU itself.
    pub fn item(&self, sku: &Sku) -> ItemMatch {
        match self.from(MappingKind::Item, sku.as_str()).next() {
            None => ItemMatch {
                item: ItemCode(sku.0.clone()),
                mapping: None,
                unit_multiple: 1,
                broken: None,
            },
            Some(row) => ItemMatch {
                item: ItemCode(row.to.clone()),
                mapping: Some((row.id.0, row.version)),
                unit_multiple: whole(&row.attributes, "multiple").unwrap_or(1).max(1),
                broken: row.broken.clone(),
            },
        }
    }

    /// The SKUs sold from an item: aliases pointing at it; else the SKU of the same name, unless that one is an alias
    /// of something else.
    pub fn skus_of(&self, item: &ItemCode) -> Vec<Sku> {
        if let Some(rows) = self.skus_by_item.get(item.as_str()) {
            return rows
                .iter()
                .filter_map(|at| self.rows.get(*at))
                .map(|r| Sku(r.from.clone()))
                .collect();
        }
        if self.from(MappingKind::Item, item.as_str()).next().is_some() {
            return Vec::new();
        }
        vec![Sku(item.0.clone())]
    }

    /// What a kit is made of, when the team wrote its recipe here: item codes with units per kit.
    pub fn composite(&self, sku: &Sku) -> Option<Vec<(ItemCode, i64)>> {
        let parts: Vec<(ItemCode, i64)> = self
            .from(MappingKind::Composite, sku.as_str())
            .flat_map(|r| recipe(&r.to).unwrap_or_default())
            .collect();
        (!parts.is_empty()).then_some(parts)
    }

    /// Units to withhold: the most specific rule that has not expired (item and location, item, category, location,
    /// pair). A percentage is of `target_each`, rounded up, with its minimum. Never negative.
    pub fn buffer(
        &self,
        item: &ItemCode,
        location: &LocationId,
        category: Option<&str>,
        now: Ts,
        target_each: i64,
    ) -> i64 {
        self.rows(MappingKind::Buffer)
            .filter(|r| !is_expired(&r.attributes, now))
            .filter_map(|r| Some((buffer_rank(r, item, location, category)?, r)))
            .min_by_key(|(rank, r)| (*rank, r.id))
            .map_or(0, |(_, r)| buffer_units(r, target_each))
    }

    /// The carrier name the channel knows; without a mapping the warehouse's own.
    pub fn tracking_carrier(&self, carrier: &str) -> String {
        self.from(MappingKind::TrackingCarrier, carrier)
            .next()
            .or_else(|| {
                self.rows(MappingKind::TrackingCarrier)
                    .find(|r| r.from.eq_ignore_ascii_case(carrier))
            })
            .map_or_else(|| carrier.to_owned(), |r| r.to.clone())
    }

    /// What the team says a status text of one side (`wms`, `source`) means: exact first, then ignoring case.
    pub fn status_row(&self, side: &str, text: &str) -> Option<&str> {
        let is_side = |r: &&Mapping| {
            r.attributes
                .get("side")
                .is_some_and(|s| s.eq_ignore_ascii_case(side))
        };
        self.from(MappingKind::OrderStatus, text)
            .find(is_side)
            .or_else(|| {
                self.rows(MappingKind::OrderStatus)
                    .filter(is_side)
                    .find(|r| r.from.trim().to_lowercase() == text.trim().to_lowercase())
            })
            .map(|r| r.to.as_str())
    }
}

/// The condition part of a rule: with kind and `from` it names the one active row it may be. Rules that differ only in
/// other attributes (name, basis, order) replace each other.
pub fn condition(kind: MappingKind, attributes: &Attributes) -> String {
    let keys: &[&str] = match kind {
        MappingKind::Carrier => &["channel", "country", "value_max", "value_min"],
        MappingKind::Buffer => &["location"],
        MappingKind::OrderStatus | MappingKind::ReturnStatus => &["side"],
        _ => &[],
    };
    keys.iter()
        .filter_map(|k| attributes.get(*k).map(|v| format!("{k}={v}")))
        .collect::<Vec<_>>()
        .join(";")
}

fn is_same_rule(row: &Mapping, kind: MappingKind, from: &str, attributes: &Attributes) -> bool {
    row.kind == kind
        && row.from == from
        && condition(kind, &row.attributes) == condition(kind, attributes)
}

fn staged(
    at: usize,
    old: Option<Mapping>,
    kind: MappingKind,
    from: &str,
    to: &str,
    attributes: &Attributes,
) -> Mapping {
    let id = i64::try_from(at).map_or(-1, |n| -1 - n);
    let mut row = old.unwrap_or_else(|| Mapping {
        id: MappingId(id),
        pair: "".into(),
        kind,
        from: from.to_owned(),
        to: String::new(),
        attributes: Attributes::new(),
        status: MappingStatus::Active,
        version: 0,
        author: String::new(),
        reason: String::new(),
        changed_at: Ts::default(),
        used_count: 0,
        last_used_at: None,
        broken: None,
    });
    row.to = to.to_owned();
    row.attributes = attributes.clone();
    row.version += 1;
    row.broken = None;
    row
}

/// A whole number among the attributes.
fn whole(attributes: &Attributes, key: &str) -> Option<i64> {
    attributes.get(key)?.trim().parse().ok()
}

/// Rules without an `order` come last.
fn rule_order(row: &Mapping) -> i64 {
    whole(&row.attributes, "order").unwrap_or(i64::MAX)
}

/// Words joined by `+` (or commas), trimmed, empty ones left out.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(['+', ','])
        .map(str::trim)
        .filter(|w| !w.is_empty())
}

fn is_condition_met(attributes: &Attributes, facts: &CarrierFacts<'_>) -> bool {
    attributes.iter().all(|(key, value)| match key.as_str() {
        "country" => words(value).any(|w| country::is_same(w, facts.country)),
        "channel" => value.trim().eq_ignore_ascii_case(facts.channel.trim()),
        // A bound that is no number is met by nothing: better unmapped than mapped wrongly.
        "value_min" => value
            .trim()
            .parse()
            .is_ok_and(|n: i64| facts.value_minor >= n),
        "value_max" => value
            .trim()
            .parse()
            .is_ok_and(|n: i64| facts.value_minor <= n),
        _ => true,
    })
}

fn site_map(row: &Mapping) -> SiteMap {
    let basis = row.attributes.get("basis").and_then(|b| Basis::parse(b));
    SiteMap {
        sites: words(&row.to).map(SiteRef::from).collect(),
        basis: basis.unwrap_or(Basis::NetStatic),
        name: row
            .attributes
            .get("name")
            .map_or_else(|| row.from.clone(), Clone::clone),
        mapping: (row.id.0, row.version),
        broken: row.broken.clone(),
        stock_share_percent: whole(&row.attributes, "stock_share_percent")
            .unwrap_or(100)
            .clamp(0, 100),
    }
}

/// The parts of a recipe such as `MUG*2+SPOON`.
fn recipe(text: &str) -> Result<Vec<(ItemCode, i64)>, String> {
    text.split('+')
        .map(|part| {
            let part = part.trim();
            let (code, units) = part.rsplit_once('*').unwrap_or((part, "1"));
            match (code.trim(), units.trim().parse::<i64>()) {
                ("", _) => Err(format!("{text:?} names a component without a code")),
                (code, Ok(n)) if n > 0 => Ok((ItemCode::from(code), n)),
                (code, _) => Err(format!(
                    "{units:?} of component {code} is not a whole number above zero"
                )),
            }
        })
        .collect()
}

/// The codes a row points at.
fn targets_of(row: &Mapping) -> Vec<String> {
    match row.kind {
        MappingKind::Site | MappingKind::Routing => words(&row.to).map(str::to_owned).collect(),
        MappingKind::Composite => recipe(&row.to)
            .unwrap_or_default()
            .into_iter()
            .map(|(code, _)| code.0)
            .collect(),
        _ => vec![row.to.clone()],
    }
}

/// How specific a buffer rule is for this item and place: 0 is the most specific; `None`: it does not apply.
fn buffer_rank(
    row: &Mapping,
    item: &ItemCode,
    location: &LocationId,
    category: Option<&str>,
) -> Option<u8> {
    let narrowed = row
        .attributes
        .get("location")
        .map(|l| l.trim() == location.as_str());
    if narrowed == Some(false) {
        return None;
    }
    let (is_match, rank) = match row.from.split_once(':') {
        Some(("item", code)) => (code == item.as_str(), 1),
        Some(("category", name)) => (category == Some(name), 2),
        Some(("location", id)) => (id == location.as_str(), 3),
        _ if row.from == CATCH_ALL => (true, if narrowed.is_some() { 3 } else { 4 }),
        _ => (row.from == item.as_str(), 1),
    };
    let rank = if rank == 1 && narrowed.is_some() {
        0
    } else {
        rank
    };
    is_match.then_some(rank)
}

fn buffer_units(row: &Mapping, target_each: i64) -> i64 {
    let units = match row.to.trim().strip_suffix('%') {
        None => row.to.trim().parse().unwrap_or(0),
        Some(percent) => {
            let percent: i64 = percent.trim().parse().unwrap_or(0);
            let share = target_each.max(0).saturating_mul(percent.clamp(0, 100));
            let minimum = whole(&row.attributes, "minimum").unwrap_or(0);
            (share / 100 + i64::from(share % 100 > 0)).max(minimum)
        }
    };
    units.max(0)
}

/// Whether a rule's last day (`until`, YYYY-MM-DD, UTC) is over. A date that cannot be read never expires the rule:
/// withholding too long is safer than overselling.
fn is_expired(attributes: &Attributes, now: Ts) -> bool {
    attributes
        .get("until")
        .and_then(|text| text.trim().parse::<chrono::NaiveDate>().ok())
        .is_some_and(|last| now.to_utc().date_naive() > last)
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
