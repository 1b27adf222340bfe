//! What a mapping must fulfil before it is saved. Errors name the thing, the place and the remedy.

use super::*;
use crate::domain::catalogue::Kind;
use crate::domain::exception::Team;
use crate::domain::mapping::Target;
use crate::domain::near::near_matches;
use crate::domain::{movements, routing};
use std::borrow::Cow;

/// How many near matches an error offers.
const SUGGESTIONS_MAX: usize = 3;

/// Values of a side (`wms` or `source`) that mappings of a kind may name, as last read.
type Targets<'a> = dyn Fn(MappingKind, &str) -> Cow<'a, [Target]> + 'a;

/// Checks an edit against the set it is staged on and against both systems' lists. The warnings do not stop it.
///
/// # Errors
/// The first rule it breaks, in words for people: target missing or disabled (with near matches), alias chains, two
/// SKUs on one item without a multiple, units that are no whole number, a site without a basis, overlapping conditions.
pub fn validate_edit(
    set: &MappingSet,
    edit: &MappingEdit,
    targets: &Targets<'_>,
) -> Result<Vec<String>, String> {
    match edit {
        MappingEdit::Remove { kind, from } => removal(set, *kind, from),
        MappingEdit::Set {
            kind,
            from,
            to,
            attributes,
        } => {
            let rule = Rule {
                set,
                kind: *kind,
                from,
                to,
                attributes,
                targets,
            };
            rule.common()?;
            match kind {
                MappingKind::Carrier => rule.carrier(),
                MappingKind::Site => rule.site(),
                MappingKind::Item => rule.item(),
                MappingKind::Composite => rule.composite(),
                MappingKind::Buffer => rule.buffer(),
                MappingKind::OrderStatus => rule.order_status(),
                MappingKind::Routing => rule.routing(),
                MappingKind::Reason => movements::check_reason(to)
                    .map(|()| Vec::new())
                    .map_err(|why| format!("{kind} {from:?}: {why}")),
                MappingKind::ReturnStatus => rule.return_status(),
                MappingKind::Owner => rule.owner(),
                MappingKind::TrackingCarrier => Ok(Vec::new()),
                MappingKind::ReturnReason | MappingKind::Payment | MappingKind::Calendar => {
                    let known: Vec<&str> = MappingKind::offered().map(|k| k.as_str()).collect();
                    Err(format!(
                        "{kind} {from:?}: nothing reads such rows; the kinds are {}",
                        known.join(", ")
                    ))
                }
            }
        }
    }
}

/// What every row may say.
const COMMON: &[&str] = &["name", "note"];

/// Attributes that rows of a kind are read for; `None` where a kind says so itself or is not read.
const fn attribute_names(kind: MappingKind) -> Option<&'static [&'static str]> {
    Some(match kind {
        MappingKind::Carrier => &[
            "channel",
            "country",
            "name",
            "needs",
            "note",
            "order",
            "tracked",
            "value_max",
            "value_min",
        ],
        MappingKind::Site => &["basis", "name", "note", "stock_share_percent"],
        MappingKind::Item => &["multiple", "name", "note"],
        MappingKind::Buffer => &["location", "minimum", "name", "note", "until"],
        MappingKind::OrderStatus | MappingKind::ReturnStatus => &["name", "note", "side"],
        MappingKind::Reason => &["account", "name", "note"],
        MappingKind::Composite | MappingKind::TrackingCarrier | MappingKind::Owner => COMMON,
        MappingKind::Routing
        | MappingKind::ReturnReason
        | MappingKind::Payment
        | MappingKind::Calendar => return None,
    })
}

fn removal(set: &MappingSet, kind: MappingKind, from: &str) -> Result<Vec<String>, String> {
    let rows: Vec<&Mapping> = set.from(kind, from).collect();
    if rows.is_empty() {
        let known: Vec<&str> = set.rows(kind).map(|r| r.from.as_str()).collect();
        return Err(format!(
            "{kind} {from:?} is not mapped, so there is nothing to remove{}",
            did_you_mean(from, &known)
        ));
    }
    let used: i64 = rows.iter().map(|r| r.used_count).sum();
    let mut warnings = Vec::new();
    if used > 0 {
        warnings.push(format!(
            "{kind} {from:?} was used {used} times; orders that need it will be blocked"
        ));
    }
    Ok(warnings)
}

/// `; did you mean A or B?`, or nothing.
fn did_you_mean(code: &str, known: &[&str]) -> String {
    let mut near = near_matches(code, known);
    near.truncate(SUGGESTIONS_MAX);
    if near.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", near.join(" or "))
    }
}

struct Rule<'a, 't> {
    set: &'a MappingSet,
    kind: MappingKind,
    from: &'a str,
    to: &'a str,
    attributes: &'a Attributes,
    targets: &'a Targets<'t>,
}

impl Rule<'_, '_> {
    fn common(&self) -> Result<(), String> {
        let Self { kind, from, to, .. } = self;
        if from.trim().is_empty() {
            return Err(format!("{kind}: the value to map from is empty"));
        }
        if to.trim().is_empty() {
            return Err(format!(
                "{kind} {from:?}: the value to map to is empty; remove the mapping instead"
            ));
        }
        if to.trim() != *to {
            return Err(format!(
                "{kind} {from:?}: {to:?} begins or ends with a space"
            ));
        }
        self.attribute_names()
    }

    /// A misspelt attribute would be kept and never read.
    fn attribute_names(&self) -> Result<(), String> {
        let Some(known) = attribute_names(self.kind) else {
            return Ok(());
        };
        let mut names = self.attributes.keys();
        let Some(strange) = names.find(|k| !known.contains(&k.as_str())) else {
            return Ok(());
        };
        let may = if known == COMMON {
            "it has no other than a note".to_owned()
        } else {
            format!("it may have {}", known.join(", "))
        };
        let (kind, from) = (self.kind, self.from);
        Err(format!(
            "{kind} {from:?}: {strange:?} is no attribute of this kind; {may}{}",
            did_you_mean(strange, known)
        ))
    }

    /// The target exists in the warehouse and is enabled. An unread list cannot be checked: that is a warning.
    fn target(&self, kind: MappingKind, code: &str, what: &str) -> Result<Vec<String>, String> {
        let list = (self.targets)(kind, "wms");
        if list.is_empty() {
            return Ok(vec![format!(
                "the warehouse's list of {what}s has not been read yet, so {code:?} could not be checked"
            )]);
        }
        // Lists come in order of their codes; item lists are long.
        let at = list.binary_search_by(|t| t.code.as_str().cmp(code)).ok();
        match at.and_then(|at| list.get(at)) {
            Some(t) if t.is_active => Ok(Vec::new()),
            Some(_) => Err(format!(
                "{} {:?}: {what} {code} is disabled in the warehouse; enable it there or choose another",
                self.kind, self.from
            )),
            None if kind == MappingKind::Item => Ok(vec![self.not_in_catalogue(&list, code)]),
            None => {
                let by_name = list.iter().find(|t| t.name.eq_ignore_ascii_case(code));
                let hint = by_name.map_or_else(
                    || {
                        let known: Vec<&str> = list.iter().map(|t| t.code.as_str()).collect();
                        did_you_mean(code, &known)
                    },
                    |t| format!("; did you mean {} (its name is {:?})?", t.code, t.name),
                );
                Err(format!(
                    "{} {:?}: the warehouse has no {what} {code}{hint}",
                    self.kind, self.from
                ))
            }
        }
    }

    /// The catalogue may be older than the item, so this is no fault.
    fn not_in_catalogue(&self, list: &[Target], code: &str) -> String {
        let known: Vec<&str> = list.iter().map(|t| t.code.as_str()).collect();
        format!(
            "{} {:?}: the warehouse had no item {code} when its catalogue was last read, and orders wait until it has{}",
            self.kind,
            self.from,
            did_you_mean(code, &known)
        )
    }

    /// A `from` the source does not list is probably mistyped, but may still be in old orders: a warning.
    fn source(&self, what: &str) -> Vec<String> {
        let list = (self.targets)(self.kind, "source");
        if list.is_empty() || list.iter().any(|t| t.code == self.from) {
            return Vec::new();
        }
        let known: Vec<&str> = list.iter().map(|t| t.code.as_str()).collect();
        vec![format!(
            "the source has no {what} {:?}{}",
            self.from,
            did_you_mean(self.from, &known)
        )]
    }

    fn number(&self, key: &str, least: i64) -> Result<Option<i64>, String> {
        let Some(text) = self.attributes.get(key) else {
            return Ok(None);
        };
        match text.trim().parse::<i64>() {
            Ok(n) if n >= least => Ok(Some(n)),
            _ => Err(format!(
                "{} {:?}: {key}={text} must be a whole number, at least {least}",
                self.kind, self.from
            )),
        }
    }

    fn carrier(&self) -> Result<Vec<String>, String> {
        let mut warnings = self.target(MappingKind::Carrier, self.to, "carrier service")?;
        for name in self
            .attributes
            .get("country")
            .into_iter()
            .flat_map(|c| words(c))
        {
            if country::code(name).is_none() {
                return Err(format!(
                    "{} {:?}: {name:?} is not a country; use a two-letter code such as GB",
                    self.kind, self.from
                ));
            }
        }
        self.number("order", 0)?;
        let low = self.number("value_min", 0)?;
        let high = self.number("value_max", 0)?;
        if let (Some(low), Some(high)) = (low, high)
            && low > high
        {
            return Err(format!(
                "{} {:?}: value_min={low} is above value_max={high}, no order can match",
                self.kind, self.from
            ));
        }
        self.overlap()?;
        tracked::check(self.kind, self.from, self.attributes)?;
        warnings.extend(tracked::otherwise(
            self.set,
            self.from,
            self.to,
            self.attributes,
        ));
        if self.from == CATCH_ALL {
            warnings.push(
                "a catch-all decides for every unmapped service; each use is reported (ORD_DEFAULT_USED)"
                    .to_owned(),
            );
        } else {
            warnings.extend(self.source("postal service"));
        }
        Ok(warnings)
    }

    /// Two rules of one tag that could both match need an `order` each, and not the same one.
    fn overlap(&self) -> Result<(), String> {
        let mine = self.attributes.get("order").map(|o| o.trim());
        for row in self.set.from(MappingKind::Carrier, self.from) {
            if is_same_rule(row, self.kind, self.from, self.attributes) {
                continue;
            }
            let other = row.attributes.get("order").map(|o| o.trim());
            let is_ranked = mine.is_some() && other.is_some() && mine != other;
            // A rule without conditions is the tag's plain answer and is tried after the conditional ones.
            let is_plain = |a: &Attributes| condition(MappingKind::Carrier, a).is_empty();
            let is_last = (is_plain(self.attributes) && mine.is_none() && other.is_some())
                || (is_plain(&row.attributes) && other.is_none() && mine.is_some());
            if is_ranked || is_last || !is_overlapping(self.attributes, &row.attributes) {
                continue;
            }
            return Err(format!(
                "CARRIER {:?}: the conditions overlap with the rule to {} ({}); give both an `order`, lowest is tried first",
                self.from,
                row.to,
                match condition(MappingKind::Carrier, &row.attributes) {
                    c if c.is_empty() => "no condition".to_owned(),
                    c => c,
                }
            ));
        }
        Ok(())
    }

    fn site(&self) -> Result<Vec<String>, String> {
        let mut warnings = Vec::new();
        let sites: Vec<&str> = words(self.to).collect();
        for site in &sites {
            warnings.extend(self.target(MappingKind::Site, site, "site")?);
        }
        match self.attributes.get("basis") {
            Some(basis) if Basis::parse(basis).is_some() => {}
            Some(basis) => {
                return Err(format!(
                    "SITE {:?}: basis={basis} is unknown; use NET_STATIC, NET_LIVE or GROSS",
                    self.from
                ));
            }
            None => {
                return Err(format!(
                    "SITE {:?}: the stock basis is missing; add basis=GROSS for an ordinary location, basis=NET_STATIC for a fulfilment centre whose orders do not affect its stock",
                    self.from
                ));
            }
        }
        let share = self.number("stock_share_percent", 0)?.unwrap_or(100);
        if share > 100 {
            return Err(format!(
                "SITE {:?}: stock_share_percent={share} is more than 100",
                self.from
            ));
        }
        for (location, other) in self.set.locations() {
            let is_shared = other.sites.iter().any(|s| sites.contains(&s.as_str()));
            if location.as_str() != self.from
                && is_shared
                && share + other.stock_share_percent > 100
            {
                warnings.push(format!(
                    "location {} offers the same stock; set stock_share_percent on both so that they sum to 100 at most",
                    other.name
                ));
            }
        }
        warnings.extend(self.source("location"));
        Ok(warnings)
    }

    fn routing(&self) -> Result<Vec<String>, String> {
        let Self { kind, from, to, .. } = self;
        routing::check_rule(self.set, from, to, self.attributes)
            .map_err(|why| format!("{kind} {from:?}: {why}"))?;
        let mut warnings = Vec::new();
        if let Some(other) = routing::same_turn(self.set, from, self.attributes) {
            warnings.push(format!(
                "rule {other:?} is tried in the same turn; an order both fit is held when they disagree, so give one of \
                 them another `order`"
            ));
        }
        let known = (self.targets)(self.kind, "source");
        let listed = self.attributes.get("location").map_or("", String::as_str);
        for place in words(listed).filter(|w| *w != "none" && !known.is_empty()) {
            if !known.iter().any(|t| t.code == place) {
                warnings.push(format!(
                    "the sales system has no location {place}; name it by its id"
                ));
            }
        }
        Ok(warnings)
    }

    fn item(&self) -> Result<Vec<String>, String> {
        let multiple = self.number("multiple", 1)?;
        if self.from == self.to && multiple.is_none() {
            return Err(format!(
                "ITEM {:?}: a SKU maps to the item of the same code by itself; remove the mapping",
                self.from
            ));
        }
        let warnings = self.target(MappingKind::Item, self.to, "item")?;
        if let Some(next) = self.set.from(MappingKind::Item, self.to).next()
            && self.from != self.to
            && next.to != self.to
        {
            return Err(format!(
                "ITEM {:?}: {} is itself an alias of {}; map straight to {}",
                self.from, self.to, next.to, next.to
            ));
        }
        if self.from != self.to
            && let Some(before) = self.set.rows(MappingKind::Item).find(|r| r.to == self.from)
        {
            return Err(format!(
                "ITEM {:?}: {} is already an alias of it, which would make a chain; map {} straight to {}",
                self.from, before.from, before.from, self.to
            ));
        }
        let other = self
            .set
            .rows(MappingKind::Item)
            .find(|r| r.to == self.to && r.from != self.from);
        if let Some(other) = other
            && multiple.is_none()
        {
            return Err(format!(
                "ITEM {:?}: SKU {} already sells item {}; give `multiple` (units of the item per SKU) if both do",
                self.from, other.from, self.to
            ));
        }
        Ok(warnings)
    }

    fn composite(&self) -> Result<Vec<String>, String> {
        let parts = recipe(self.to).map_err(|why| format!("COMPOSITE {:?}: {why}", self.from))?;
        let mut warnings = Vec::new();
        for (code, _) in &parts {
            if code.as_str() == self.from || self.set.composite(&Sku(code.0.clone())).is_some() {
                return Err(format!(
                    "COMPOSITE {:?}: component {code} is itself a kit; list what it is made of instead",
                    self.from
                ));
            }
            warnings.extend(self.target(MappingKind::Item, code.as_str(), "item")?);
        }
        let is_nested_elsewhere = |r: &&Mapping| targets_of(r).iter().any(|t| t == self.from);
        if let Some(kit) = self
            .set
            .rows(MappingKind::Composite)
            .find(is_nested_elsewhere)
        {
            return Err(format!(
                "COMPOSITE {:?}: it is a component of kit {}; kits do not nest",
                self.from, kit.from
            ));
        }
        Ok(warnings)
    }

    fn buffer(&self) -> Result<Vec<String>, String> {
        let (text, top) = match self.to.strip_suffix('%') {
            Some(text) => (text, 100),
            None => (self.to, i64::MAX),
        };
        if !text
            .trim()
            .parse::<i64>()
            .is_ok_and(|n| (0..=top).contains(&n))
        {
            return Err(format!(
                "BUFFER {:?}: {:?} must be whole units of 0 or more, or a percentage from 0% to 100%",
                self.from, self.to
            ));
        }
        self.number("minimum", 0)?;
        if let Some(until) = self.attributes.get("until")
            && until.trim().parse::<chrono::NaiveDate>().is_err()
        {
            return Err(format!(
                "BUFFER {:?}: until={until} is not a date; write it as 2026-12-31",
                self.from
            ));
        }
        if self.attributes.contains_key("location") && self.from.starts_with("location:") {
            return Err(format!(
                "BUFFER {:?}: the scope is a location already; drop the `location` attribute",
                self.from
            ));
        }
        Ok(Vec::new())
    }

    fn order_status(&self) -> Result<Vec<String>, String> {
        use crate::domain::order::OrderState;
        use crate::domain::wms::WmsStatus;
        match self.attributes.get("side").map(String::as_str) {
            Some("wms") if WmsStatus::parse(self.to).is_some() => Ok(Vec::new()),
            Some("source") if OrderState::parse(self.to).is_some() => Ok(Vec::new()),
            Some("wms") => self.is_none_of("a status", WmsStatus::ALL.iter().map(|s| s.as_str())),
            Some("source") => Err(format!(
                "ORDER_STATUS {:?}: {:?} is not an order state",
                self.from, self.to
            )),
            _ => Err(format!(
                "ORDER_STATUS {:?}: say whose word it is with side=wms or side=source",
                self.from
            )),
        }
    }

    fn return_status(&self) -> Result<Vec<String>, String> {
        use crate::domain::returns::GoodsStep;
        if self.attributes.get("side").map(String::as_str) != Some("wms") {
            return Err(format!(
                "RETURN_STATUS {:?}: it is the warehouse's word; write side=wms",
                self.from
            ));
        }
        if GoodsStep::parse(self.to).is_some() {
            return Ok(Vec::new());
        }
        self.is_none_of(
            "a place of goods",
            GoodsStep::ALL.iter().map(|s| s.as_str()),
        )
    }

    fn owner(&self) -> Result<Vec<String>, String> {
        if Kind::parse(self.from).is_none() {
            let known: Vec<&str> = Kind::ALL.iter().map(|k| k.code()).collect();
            return Err(format!(
                "OWNER {:?}: it is no kind of exception{}",
                self.from,
                did_you_mean(self.from, &known)
            ));
        }
        if Team::parse(self.to).is_some() {
            return Ok(Vec::new());
        }
        self.is_none_of("a team", Team::ALL.iter().map(|t| t.as_str()))
    }

    /// What the row means is not one of our own words.
    fn is_none_of(
        &self,
        what: &str,
        words: impl Iterator<Item = &'static str>,
    ) -> Result<Vec<String>, String> {
        let words: Vec<&str> = words.collect();
        Err(format!(
            "{} {:?}: {:?} is not {what}; use one of {}",
            self.kind,
            self.from,
            self.to,
            words.join(", ")
        ))
    }
}

/// Whether some order could meet both conditions.
fn is_overlapping(a: &Attributes, b: &Attributes) -> bool {
    let countries = |x: &Attributes| -> Option<Vec<String>> {
        x.get("country").map(|c| {
            words(c)
                .map(|w| country::code(w).map_or_else(|| w.to_lowercase(), str::to_owned))
                .collect()
        })
    };
    let share_country = match (countries(a), countries(b)) {
        (Some(a), Some(b)) => a.iter().any(|c| b.contains(c)),
        _ => true,
    };
    let share_channel = match (a.get("channel"), b.get("channel")) {
        (Some(a), Some(b)) => a.trim().eq_ignore_ascii_case(b.trim()),
        _ => true,
    };
    let low = |x: &Attributes| whole(x, "value_min").unwrap_or(i64::MIN);
    let high = |x: &Attributes| whole(x, "value_max").unwrap_or(i64::MAX);
    share_country && share_channel && low(a) <= high(b) && low(b) <= high(a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mapping_set::words;

    #[test]
    fn what_is_offered_beside_a_row_is_read() {
        for kind in MappingKind::ALL.iter().copied() {
            let Some(read) = attribute_names(kind) else {
                continue;
            };
            for (name, _) in words::attributes(kind) {
                assert!(read.contains(name), "{kind}: {name}");
            }
        }
    }
}
