//! Mappings at the desk: stage, preview, apply, roll back, CSV in and out.

pub(crate) mod csv;
mod judge;
mod preview;

pub use csv::{
    CSV_BYTES_MAX, CSV_CELL_CHARS_MAX, CSV_ROWS_MAX, MappingCsv, parse_attributes, show_attributes,
};
pub use preview::{CodeRule, PREVIEW_ITEMS_MAX, PREVIEW_ORDERS_MAX, Preview, PreviewItem, Verdict};

use super::request::RequestKind;
use super::{Desk, DeskError, DeskResult, Done, reason};
use crate::domain::catalogue::{Kind, Remedy};
use crate::domain::change::Change;
use crate::domain::ids::PairId;
use crate::domain::mapping::{Mapping, MappingEdit, MappingKind, Target};
use crate::domain::mapping_set::words;
use crate::domain::mapping_set::{
    CATCH_ALL, MappingSet, Neighbour, SiteFindings, check_sites, validate_edit,
};
use crate::store::read::OpenException;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Most edits applied as one set.
pub const EDITS_MAX: usize = CSV_ROWS_MAX;
/// Most completions offered at once.
const COMPLETIONS_MAX: usize = 50;
/// Most faults of a set told at once.
const FAULTS_MAX: usize = 20;

/// Side of a target list: the values a mapping may point at.
pub(super) const SIDE_WMS: &str = "wms";
/// Side of a target list: the values a mapping may come from.
pub(super) const SIDE_SOURCE: &str = "source";

/// Items of a warehouse that are read for completion and checking at most.
const ITEM_TARGETS_MAX: usize = 200_000;

/// The target lists that checks look at, read once.
pub(super) type TargetLists = BTreeMap<(MappingKind, &'static str), Vec<Target>>;

impl Desk {
    /// Every active mapping of a pair.
    ///
    /// # Errors
    /// [`DeskError`]: unknown pair, or the store failed.
    pub async fn mappings(&self, pair: &PairId) -> DeskResult<Vec<Mapping>> {
        self.pair(pair)?;
        self.store
            .mappings(pair)
            .await
            .map_err(DeskError::store("reading the mappings"))
    }

    /// The active mappings as a set that rules can use.
    pub(super) async fn mapping_set(&self, pair: &PairId) -> DeskResult<MappingSet> {
        let what = "reading the mappings";
        let version = self
            .store
            .mapping_version(pair)
            .await
            .map_err(DeskError::store(what))?;
        Ok(MappingSet::new(version, self.mappings(pair).await?))
    }

    /// The target lists of these kinds, both sides, and always the carrier services.
    pub(super) async fn target_lists(
        &self,
        pair: &PairId,
        kinds: BTreeSet<MappingKind>,
    ) -> DeskResult<TargetLists> {
        let mut out = TargetLists::new();
        for kind in kinds {
            for side in [SIDE_WMS, SIDE_SOURCE] {
                let list = self.targets(pair, kind, side).await?;
                out.insert((kind, side), list);
            }
        }
        Ok(out)
    }

    /// Values of the warehouse a mapping of this kind may point at, best match first.
    ///
    /// # Errors
    /// As [`Desk::mappings`].
    pub async fn completion(
        &self,
        pair: &PairId,
        kind: MappingKind,
        prefix: &str,
    ) -> DeskResult<Vec<Target>> {
        self.complete(pair, kind, SIDE_WMS, prefix).await
    }

    /// Values of the source a mapping of this kind may come from, best match first.
    ///
    /// # Errors
    /// As [`Desk::mappings`].
    pub async fn completion_from(
        &self,
        pair: &PairId,
        kind: MappingKind,
        prefix: &str,
    ) -> DeskResult<Vec<Target>> {
        self.complete(pair, kind, SIDE_SOURCE, prefix).await
    }

    async fn complete(
        &self,
        pair: &PairId,
        kind: MappingKind,
        side: &'static str,
        prefix: &str,
    ) -> DeskResult<Vec<Target>> {
        let list = self.targets(pair, kind, side).await?;
        Ok(best_matches(list, prefix))
    }

    /// Every value of one side a mapping of this kind may name, in order of their codes, inactive ones too. Items are
    /// the warehouse's own catalogue.
    ///
    /// # Errors
    /// As [`Desk::mappings`].
    pub async fn targets(
        &self,
        pair: &PairId,
        kind: MappingKind,
        side: &str,
    ) -> DeskResult<Vec<Target>> {
        let warehouse = &self.pair(pair)?.warehouse;
        if let Some(words) = words::own(kind) {
            return Ok(words
                .into_iter()
                .map(|(code, name)| Target {
                    code: code.to_owned(),
                    name,
                    is_active: true,
                })
                .collect());
        }
        let read = if kind == MappingKind::Item && side == SIDE_WMS {
            self.store.item_targets(warehouse, ITEM_TARGETS_MAX).await
        } else {
            // Rules lead to the sites that locations do.
            let kind = match kind {
                MappingKind::Routing => MappingKind::Site,
                other => other,
            };
            self.store.targets(pair, kind, side).await
        };
        read.map_err(DeskError::store("reading what mappings may point at"))
    }

    /// What stands against a pair's SITE rules as they would be, among themselves and beside those of the other pairs on
    /// its warehouse.
    ///
    /// # Errors
    /// As [`Desk::mappings`].
    pub async fn site_findings(
        &self,
        pair: &PairId,
        staged: &MappingSet,
    ) -> DeskResult<SiteFindings> {
        let ours = self.pair(pair)?;
        let mut neighbours = Vec::new();
        for other in self.pairs.iter() {
            if other.id != *pair && other.warehouse == ours.warehouse {
                neighbours.push(Neighbour {
                    pair: other.id.clone(),
                    mode: other.policy.stock_mode,
                    set: self.mapping_set(&other.id).await?,
                });
            }
        }
        Ok(check_sites(ours.policy.stock_mode, staged, &neighbours))
    }

    /// As [`Desk::site_findings`] for edits that touch SITE rules; a fault refuses them.
    pub(super) async fn site_warnings(
        &self,
        pair: &PairId,
        set: &MappingSet,
        edits: &[MappingEdit],
    ) -> DeskResult<Vec<String>> {
        if !edits.iter().any(|e| edit_kind(e) == MappingKind::Site) {
            return Ok(Vec::new());
        }
        let found = self.site_findings(pair, &set.with_edits(edits)).await?;
        if found.faults.is_empty() {
            return Ok(found.warnings);
        }
        Err(DeskError::Refused(format!(
            "nothing was changed:\n{}",
            found.faults.join("\n")
        )))
    }

    /// Holds every edit against the set it would join. Faults refuse the whole set; warnings come back.
    pub(super) fn validated(
        set: &MappingSet,
        edits: &[MappingEdit],
        lists: &TargetLists,
    ) -> DeskResult<Vec<String>> {
        if edits.is_empty() {
            return Err(DeskError::Refused(
                "there is nothing to change: every value is mapped so already".to_owned(),
            ));
        }
        if edits.len() > EDITS_MAX {
            return Err(DeskError::Refused(format!(
                "{} changes at once are too many; at most {EDITS_MAX} make one set",
                edits.len()
            )));
        }
        let targets = |kind: MappingKind, side: &str| {
            lists
                .iter()
                .find(|((k, s), _)| *k == kind && *s == side)
                .map(|(_, list)| Cow::Borrowed(list.as_slice()))
                .unwrap_or_default()
        };
        // Against the whole set as it would be: two edits may only be right together.
        let staged = set.with_edits(edits);
        let mut warnings = Vec::new();
        let mut faults = Vec::new();
        for edit in edits {
            let against = match edit {
                MappingEdit::Set { .. } => &staged,
                MappingEdit::Remove { .. } => set,
            };
            match validate_edit(against, edit, &targets) {
                Ok(found) => warnings.extend(found),
                Err(fault) => faults.push(fault),
            }
            if faults.len() >= FAULTS_MAX {
                break;
            }
        }
        warnings.dedup();
        if faults.is_empty() {
            Ok(warnings)
        } else {
            Err(DeskError::Refused(format!(
                "nothing was changed:\n{}",
                faults.join("\n")
            )))
        }
    }

    /// Applies a set of edits as one version, and has the orders they concern checked again. With `expected` it is
    /// refused when the mappings have another version than the one previewed.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, a fault in an edit, changed meanwhile, or the store failed.
    pub async fn apply(
        &self,
        pair: &PairId,
        edits: Vec<MappingEdit>,
        expected: Option<i64>,
        why: &str,
    ) -> DeskResult<Done> {
        let what = "changing the mappings";
        self.must_write(what)?;
        let why = reason(what, why)?;
        let set = self.mapping_set(pair).await?;
        if expected.is_some_and(|v| v != set.version()) {
            return Err(DeskError::Stale {
                what: format!("the mappings of {pair}"),
                by: "somebody else".to_owned(),
            });
        }
        let kinds = edits.iter().map(edit_kind).collect();
        let lists = self.target_lists(pair, kinds).await?;
        Self::validated(&set, &edits, &lists)?;
        self.site_warnings(pair, &set, &edits).await?;
        self.store_edits(pair, edits, why, what, Vec::new()).await
    }

    /// Applies edits that were checked, with what belongs into the same commit.
    pub(super) async fn store_edits(
        &self,
        pair: &PairId,
        edits: Vec<MappingEdit>,
        why: String,
        what: &str,
        mut changes: Vec<Change>,
    ) -> DeskResult<Done> {
        let open = self
            .store
            .open_exceptions(&[], Some(pair))
            .await
            .map_err(DeskError::store(what))?;
        let concerned: Vec<&OpenException> = open
            .iter()
            .filter(|e| edits.iter().any(|edit| concerns(edit, e)))
            .collect();
        let changed = i64::try_from(edits.len()).unwrap_or(i64::MAX);
        // One request however many causes: a pair's blocked orders are few, and going through them once is enough.
        let (kind, discriminator) = match concerned.as_slice() {
            [only] => (only.kind.code().to_owned(), only.discriminator.clone()),
            _ => (String::new(), String::new()),
        };
        let recheck = RequestKind::RecheckOrders {
            pair: pair.clone(),
            kind,
            discriminator,
        };
        let (request, recheck) = self.request_change(what, &recheck).await?;
        changes.extend([
            Change::Mappings {
                pair: pair.clone(),
                edits,
                reason: why,
            },
            recheck,
        ]);
        let members: i64 = concerned.iter().map(|e| e.members).sum();
        self.commit(what, changes).await?;
        let mut text = format!(
            "{} of {pair} applied.",
            crate::text::count(changed, "mapping change", "mapping changes")
        );
        if members > 0 {
            let waiting = crate::text::count(members, "blocked object", "blocked objects");
            text.push_str(&format!(" {waiting} will be checked again."));
        }
        Ok(Done {
            text,
            request: Some(request),
        })
    }

    /// Brings back the mappings as they stood at an earlier version, as a new version.
    ///
    /// # Errors
    /// As [`Desk::apply`].
    pub async fn rollback(&self, pair: &PairId, version: i64, why: &str) -> DeskResult<Done> {
        let what = "rolling the mappings back";
        self.must_write(what)?;
        let why = reason(what, why)?;
        let current = self
            .store
            .mapping_version(pair)
            .await
            .map_err(DeskError::store(what))?;
        if version < 0 || version >= current {
            return Err(DeskError::Refused(format!(
                "the mappings of {pair} cannot go back to version {version}: they are at version {current}; `tallyman mappings list --versions` shows them all"
            )));
        }
        let edits = self.edits_back(pair, version).await?;
        if edits.is_empty() {
            return Err(DeskError::Refused(format!(
                "the mappings of {pair} are the same as at version {version}; there is nothing to roll back"
            )));
        }
        self.store_edits(
            pair,
            edits,
            format!("back to version {version}: {why}"),
            what,
            Vec::new(),
        )
        .await
    }

    /// The edits that lead from the mappings as they are to those of an earlier version.
    pub(super) async fn edits_back(
        &self,
        pair: &PairId,
        version: i64,
    ) -> DeskResult<Vec<MappingEdit>> {
        let then = self
            .store
            .mappings_at(pair, version)
            .await
            .map_err(DeskError::store(
                "reading the mappings of an earlier version",
            ))?;
        Ok(difference(&self.mappings(pair).await?, &then))
    }

    /// Every active mapping as CSV for people.
    ///
    /// # Errors
    /// As [`Desk::mappings`].
    pub async fn export_csv(&self, pair: &PairId) -> DeskResult<String> {
        csv::write(&self.mappings(pair).await?)
    }

    /// Reads a CSV file and says what it would change; nothing is changed yet.
    ///
    /// # Errors
    /// [`DeskError::Refused`] with every fault at its line.
    pub async fn import_csv(&self, pair: &PairId, text: &str) -> DeskResult<MappingCsv> {
        csv::read(text, &self.mappings(pair).await?)
    }
}

/// The kind an edit is about.
pub(super) const fn edit_kind(edit: &MappingEdit) -> MappingKind {
    match edit {
        MappingEdit::Set { kind, .. } | MappingEdit::Remove { kind, .. } => *kind,
    }
}

/// Whether an edit may settle an exception: same value, or a catch-all for what this kind of mapping settles.
fn concerns(edit: &MappingEdit, exception: &OpenException) -> bool {
    let (MappingEdit::Set { kind, from, .. } | MappingEdit::Remove { kind, from }) = edit;
    // Parcels that left are not held by a mapping: a watch looks at them, and no order is decided on again.
    if exception.kind == Kind::DspTrackingMissing {
        return false;
    }
    if from == CATCH_ALL {
        return exception.kind.entry().remedy == Remedy::Map(*kind);
    }
    exception
        .discriminator
        .split_once('=')
        .is_some_and(|(_, value)| value == from || value == format!("{kind}:{from}"))
}

/// Edits that lead from one set of active mappings to another. A value whose rules differ is taken out and set anew,
/// because an edit that removes takes every rule of its value.
fn difference(now: &[Mapping], then: &[Mapping]) -> Vec<MappingEdit> {
    type Rules<'m> = BTreeMap<(MappingKind, &'m str), Vec<&'m Mapping>>;
    fn grouped(rows: &[Mapping]) -> Rules<'_> {
        let mut out = Rules::new();
        for row in rows {
            out.entry((row.kind, row.from.as_str()))
                .or_default()
                .push(row);
        }
        for rows in out.values_mut() {
            rows.sort_by(|a, b| (&a.attributes, &a.to).cmp(&(&b.attributes, &b.to)));
        }
        out
    }
    let (now, then) = (grouped(now), grouped(then));
    let keys: BTreeSet<_> = now.keys().chain(then.keys()).copied().collect();
    let content =
        |rows: Option<&Vec<&Mapping>>| -> Vec<(String, crate::domain::mapping::Attributes)> {
            rows.into_iter()
                .flatten()
                .map(|m| (m.to.clone(), m.attributes.clone()))
                .collect()
        };
    let mut edits = Vec::new();
    for (kind, from) in keys {
        let (old, new) = (
            content(now.get(&(kind, from))),
            content(then.get(&(kind, from))),
        );
        if old == new {
            continue;
        }
        if !old.is_empty() && (new.is_empty() || old.len() > 1 || new.len() > 1) {
            edits.push(MappingEdit::Remove {
                kind,
                from: from.to_owned(),
            });
        }
        for (to, attributes) in new {
            edits.push(MappingEdit::Set {
                kind,
                from: from.to_owned(),
                to,
                attributes,
            });
        }
    }
    edits
}

fn best_matches(list: Vec<Target>, prefix: &str) -> Vec<Target> {
    let wanted = prefix.trim().to_lowercase();
    let rank = |t: &Target| {
        let (code, name) = (t.code.to_lowercase(), t.name.to_lowercase());
        if code == wanted {
            Some(0)
        } else if code.starts_with(&wanted) {
            Some(1)
        } else if name.starts_with(&wanted) {
            Some(2)
        } else if code.contains(&wanted) || name.contains(&wanted) {
            Some(3)
        } else {
            None
        }
    };
    let mut found: Vec<(u8, Target)> = list
        .into_iter()
        .filter(|t| t.is_active)
        .filter_map(|t| Some((rank(&t)?, t)))
        .collect();
    found.sort_by(|(a, x), (b, y)| (a, &x.code).cmp(&(b, &y.code)));
    found
        .into_iter()
        .take(COMPLETIONS_MAX)
        .map(|(_, t)| t)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ExceptionId, MappingId};
    use crate::domain::mapping::{Attributes, MappingStatus};
    use crate::domain::time::Ts;

    fn row(kind: MappingKind, from: &str, to: &str, attributes: &[(&str, &str)]) -> Mapping {
        Mapping {
            id: MappingId(1),
            pair: PairId::from("lw-pvx"),
            kind,
            from: from.to_owned(),
            to: to.to_owned(),
            attributes: attributes
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            status: MappingStatus::Active,
            version: 1,
            author: String::new(),
            reason: String::new(),
            changed_at: Ts(0),
            used_count: 0,
            last_used_at: None,
            broken: None,
        }
    }

    #[test]
    fn rolling_back_reaches_the_earlier_mappings_from_the_present_ones() {
        let then = vec![
            row(MappingKind::Carrier, "Tracked 48", "RM48", &[]),
            row(
                MappingKind::Carrier,
                "Next day",
                "DPD",
                &[("country", "GB")],
            ),
            row(
                MappingKind::Carrier,
                "Next day",
                "DHL",
                &[("country", "DE")],
            ),
            row(MappingKind::Site, "0000", "MAIN", &[("basis", "GROSS")]),
        ];
        let now = vec![
            row(MappingKind::Carrier, "Tracked 48", "RM24", &[]),
            row(
                MappingKind::Carrier,
                "Next day",
                "DPD",
                &[("country", "FR")],
            ),
            row(MappingKind::Carrier, "New", "X", &[]),
            row(MappingKind::Site, "0000", "MAIN", &[("basis", "GROSS")]),
        ];
        let edits = difference(&now, &then);
        let reached = MappingSet::new(1, now).with_edits(&edits);
        let content = |set: &MappingSet| {
            let mut rows: Vec<(String, String, Attributes)> =
                [MappingKind::Carrier, MappingKind::Site]
                    .into_iter()
                    .flat_map(|k| set.rows(k))
                    .map(|m| (m.from.clone(), m.to.clone(), m.attributes.clone()))
                    .collect();
            rows.sort();
            rows
        };
        assert_eq!(
            content(&reached),
            content(&MappingSet::new(1, then.clone()))
        );
        assert!(difference(&then, &then).is_empty());
    }

    #[test]
    fn an_edit_concerns_the_exceptions_of_its_value_and_a_catch_all_those_of_its_kind() {
        let open = |kind, discriminator: &str| OpenException {
            id: ExceptionId(1),
            kind,
            pair: PairId::from("lw-pvx"),
            discriminator: discriminator.to_owned(),
            members: 3,
            version: 1,
            began_at: Ts(0),
        };
        let set = |from: &str| MappingEdit::Set {
            kind: MappingKind::Carrier,
            from: from.to_owned(),
            to: "RM48".to_owned(),
            attributes: Attributes::new(),
        };
        let carrier = open(Kind::OrdCarrierUnmapped, "SERVICE=Tracked 48");
        let gone = open(Kind::MapTargetGone, "MAPPING=CARRIER:Tracked 48");
        let sku = open(Kind::OrdSkuUnknown, "SKU=MUG");
        assert!(concerns(&set("Tracked 48"), &carrier));
        assert!(concerns(&set("Tracked 48"), &gone));
        assert!(!concerns(&set("Tracked 24"), &carrier));
        assert!(concerns(&set("*"), &carrier));
        let left = open(Kind::DspTrackingMissing, "SERVICE=Tracked 48");
        assert!(!concerns(&set("Tracked 48"), &left), "nothing of it waits");
        assert!(!concerns(&set("*"), &sku));
    }

    #[test]
    fn completion_offers_active_values_with_the_exact_code_first() {
        let target = |code: &str, name: &str, is_active| Target {
            code: code.to_owned(),
            name: name.to_owned(),
            is_active,
        };
        let list = vec![
            target("RM48P", "Royal Mail 48 parcel", true),
            target("DPD-RM48", "DPD", true),
            target("RM48", "Royal Mail 48", true),
            target("RM48X", "old", false),
            target("Z", "RM48 lookalike", true),
        ];
        let codes: Vec<String> = best_matches(list, "rm48")
            .into_iter()
            .map(|t| t.code)
            .collect();
        assert_eq!(codes, ["RM48", "RM48P", "Z", "DPD-RM48"]);
    }
}
