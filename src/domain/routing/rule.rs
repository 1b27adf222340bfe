//! One routing rule: whom it concerns, whether it fits, and what must be true of it before it is saved.

use super::{RouteFacts, SiteStock};
use crate::domain::country;
use crate::domain::ids::{ItemCode, LocationId, SiteRef};
use crate::domain::mapping::{Attributes, Mapping};
use crate::domain::mapping_set::{CATCH_ALL, MappingSet};
use std::collections::BTreeMap;

/// What a rule may hold.
const KNOWN: &[&str] = &[
    "channel", "country", "location", "name", "note", "order", "postcode", "stock",
];

/// The word for an order that names no location.
const NOWHERE: &str = "none";

/// Of those, the ones that narrow it: a written default has none.
const NARROWING: &[&str] = &["channel", "country", "postcode", "stock"];

pub(super) struct Rule<'a> {
    pub row: &'a Mapping,
}

/// What a rule says about an order.
pub(super) enum Verdict {
    /// Its site, and what made it fit.
    Fits(SiteRef, String),
    /// Its address conditions are not met: whom it is for.
    Elsewhere(String),
    /// None of its sites has these items in full.
    Short(Vec<ItemCode>),
    /// Stock it depends on was not read.
    Unread(Vec<(SiteRef, ItemCode)>),
    /// It would fit, and cannot be followed: why.
    Broken(String),
}

impl<'a> Rule<'a> {
    pub(super) const fn of(row: &'a Mapping) -> Self {
        Self { row }
    }

    fn attribute(&self, key: &str) -> Option<&'a str> {
        self.row.attributes.get(key).map(|v| v.trim())
    }

    pub(super) fn is_default(&self) -> bool {
        self.row.from == CATCH_ALL
    }

    /// The default comes after everything else.
    pub(super) fn turn(&self) -> (bool, i64) {
        let order = self.attribute("order").and_then(|o| o.parse().ok());
        (self.is_default(), order.unwrap_or(i64::MAX))
    }

    pub(super) fn concerns(&self, location: &LocationId) -> bool {
        self.attribute("location").is_none_or(|list| {
            let is_listed = |place: &str| words(list).any(|w| w == place);
            let mut places = words(location.as_str()).peekable();
            match places.peek() {
                None => is_listed(NOWHERE),
                Some(_) => places.all(is_listed),
            }
        })
    }

    /// It names the locations it is for.
    pub(super) fn is_for_some_location(&self) -> bool {
        self.attribute("location").is_some()
    }

    /// Its conditions in words.
    fn conditions(&self) -> String {
        let said: Vec<String> = ["location", "country", "postcode", "channel"]
            .iter()
            .filter_map(|key| Some(format!("{key} {}", self.attribute(key)?)))
            .collect();
        if said.is_empty() {
            "for every order".to_owned()
        } else {
            said.join(", ")
        }
    }

    pub(super) fn judge(
        &self,
        facts: &RouteFacts<'_>,
        wanted: &BTreeMap<ItemCode, i64>,
        mappings: &MappingSet,
        stock: &SiteStock<'_>,
    ) -> Verdict {
        if let Some(whom) = self.other_address(facts) {
            return Verdict::Elsewhere(whom);
        }
        if let Err(why) = check_rule(mappings, &self.row.from, &self.row.to, &self.row.attributes) {
            return Verdict::Broken(why);
        }
        if let Some(why) = &self.row.broken {
            return Verdict::Broken(why.clone());
        }
        let sites: Vec<SiteRef> = words(&self.row.to).map(SiteRef::from).collect();
        if self.attribute("stock").is_some() {
            return match with_stock(&sites, wanted, stock) {
                Verdict::Fits(site, why) => {
                    Verdict::Fits(site, format!("{}; {why}", self.conditions()))
                }
                other => other,
            };
        }
        match sites.into_iter().next() {
            Some(site) => Verdict::Fits(site, self.conditions()),
            None => Verdict::Broken("it names no site".to_owned()),
        }
    }

    /// Whom the rule is for, when that is somebody else.
    fn other_address(&self, facts: &RouteFacts<'_>) -> Option<String> {
        let is_met = |key: &str, test: &dyn Fn(&str) -> bool| {
            let list = self.attribute(key)?;
            (!words(list).any(test)).then(|| format!("{key} {list}"))
        };
        is_met("country", &|w| country::is_same(w, facts.country))
            .or_else(|| is_met("postcode", &|w| is_postcode(w, facts)))
            .or_else(|| is_met("channel", &|w| w.eq_ignore_ascii_case(facts.channel.trim())))
    }
}

/// The first site that has every line in full. An unread figure stops the search: a later site must not win by it.
fn with_stock(
    sites: &[SiteRef],
    wanted: &BTreeMap<ItemCode, i64>,
    stock: &SiteStock<'_>,
) -> Verdict {
    let mut short: Vec<ItemCode> = Vec::new();
    let mut passed: Vec<&str> = Vec::new();
    for site in sites {
        let mut is_enough = true;
        let mut unread = Vec::new();
        for (item, units) in wanted {
            match stock(site, item) {
                None => unread.push((site.clone(), item.clone())),
                Some(n) if n < *units => {
                    is_enough = false;
                    if !short.contains(item) {
                        short.push(item.clone());
                    }
                }
                Some(_) => {}
            }
        }
        match (is_enough, unread.is_empty()) {
            (true, true) => return Verdict::Fits(site.clone(), in_full(site, &passed)),
            (true, false) => return Verdict::Unread(unread),
            (false, _) => passed.push(site.as_str()),
        }
    }
    short.sort_unstable();
    Verdict::Short(short)
}

fn in_full(site: &SiteRef, passed: &[&str]) -> String {
    if passed.is_empty() {
        format!("{site} has every line in full")
    } else {
        format!(
            "{site} has every line in full, {} not",
            passed.join(" and ")
        )
    }
}

/// Another rule that is tried in the same turn: when both fit and disagree, the order is held.
pub fn same_turn(mappings: &MappingSet, from: &str, attributes: &Attributes) -> Option<String> {
    let order = |a: &Attributes| a.get("order").and_then(|o| o.trim().parse::<i64>().ok());
    let mine = order(attributes);
    mappings
        .rows(crate::domain::mapping::MappingKind::Routing)
        .filter(|r| r.from != from && r.from != CATCH_ALL && from != CATCH_ALL)
        .find(|r| order(&r.attributes) == mine)
        .map(|r| r.from.clone())
}

/// Words joined by `+` (or commas), trimmed, empty ones left out.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(['+', ','])
        .map(str::trim)
        .filter(|w| !w.is_empty())
}

fn letters_and_digits(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

/// Length of the inward part of a British postcode.
const INWARD_CHARS: usize = 3;

/// Whether an address lies in a postcode area (`IV`: letters only), in a district (`IV27`) or behind a beginning (`75*`).
fn is_postcode(word: &str, facts: &RouteFacts<'_>) -> bool {
    let postcode = letters_and_digits(facts.postcode);
    let rule = letters_and_digits(word);
    if rule.is_empty() || postcode.is_empty() {
        return false;
    }
    if word.trim().ends_with('*') {
        return postcode.starts_with(&rule);
    }
    if rule.chars().all(char::is_alphabetic) {
        let area: String = postcode.chars().take_while(|c| c.is_alphabetic()).collect();
        return area == rule;
    }
    let is_british = country::code(facts.country) == Some("GB");
    let outward = postcode.chars().count().saturating_sub(INWARD_CHARS);
    let district: String = postcode.chars().take(outward).collect();
    postcode == rule || (is_british && district == rule)
}

/// Checks a rule before it is saved, and again before it is followed.
///
/// # Errors
/// In words for people: an unknown condition, an order that is no number, a stock condition other than `all`, a default
/// with conditions, a site that no location is mapped to.
pub fn check_rule(
    mappings: &MappingSet,
    from: &str,
    to: &str,
    attributes: &Attributes,
) -> Result<(), String> {
    if let Some(key) = attributes.keys().find(|k| !KNOWN.contains(&k.as_str())) {
        return Err(format!(
            "{key:?} is no condition of a routing rule; it may have {}",
            KNOWN.join(", ")
        ));
    }
    if let Some(order) = attributes.get("order")
        && order.trim().parse::<i64>().is_err()
    {
        return Err(format!("its order {order:?} is not a whole number"));
    }
    if let Some(stock) = attributes.get("stock")
        && stock.trim() != "all"
    {
        return Err(format!(
            "its stock condition {stock:?} is not known; write stock=all or leave it out"
        ));
    }
    if from == CATCH_ALL
        && let Some(key) = NARROWING.iter().find(|k| attributes.contains_key(**k))
    {
        return Err(format!(
            "the default {CATCH_ALL:?} has the condition {key}; give such a rule a name"
        ));
    }
    let mapped: Vec<SiteRef> = mappings
        .locations()
        .into_iter()
        .flat_map(|(_, map)| map.sites)
        .collect();
    let mut sites = words(to).peekable();
    if sites.peek().is_none() {
        return Err("it names no site".to_owned());
    }
    match sites.find(|s| !mapped.iter().any(|m| m.as_str() == *s)) {
        Some(site) => Err(format!(
            "no location is mapped to its site {site}, so nobody counts stock there; map one first"
        )),
        None => Ok(()),
    }
}
