//! The end of a month: what has left or come back and is not in the books of finance yet, as one case a pair and month.

use super::context::{Cx, PairCx};
use super::stock::object_name;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, Fence};
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::ids::ExceptionId;
use crate::domain::month::{Month, Period, zone_of};
use crate::domain::movements::INCREMENT_GRACE;
use crate::domain::policy::{FinanceBasis, StockMode};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// How near its end, on either side, a month is looked at. Later only what was found then is followed to its end.
const NEAR: Span = Span::hours(24);
/// Most orders, and most lanes, of one case.
const MEMBERS_MAX: usize = 2_000;

/// How the discriminator of a month begins.
const DISCRIMINATOR: &str = "MONTH=";

/// Runs the watch of one pair.
pub async fn watch(cx: &Cx, pair: &PairCx, fence: &Fence, now: Ts) -> StoreResult<()> {
    let zone = zone_of(&pair.policy);
    for (month, cases) in months(cx, pair, zone, now).await? {
        let period = month.period(zone);
        let found = found(cx, pair, period, now).await?;
        let mut known = Vec::new();
        for case in cases {
            let members = cx.store.members(case, None, 2 * MEMBERS_MAX).await?;
            known.extend(members.into_iter().map(|m| m.object));
        }
        let discriminator = format!("{DISCRIMINATOR}{month}");
        let mut changes = Vec::new();
        if is_near(period, now) {
            let new = found.iter().filter(|(object, _)| !known.contains(object));
            changes.extend(new.map(|(object, what)| {
                Change::Raise(occurrence(pair, &discriminator, object, what))
            }));
        }
        // Of a list that was cut short nobody can say what is no longer on it.
        let is_whole = found.len() < MEMBERS_MAX;
        let gone = known
            .iter()
            .filter(|object| is_whole && !found.contains_key(object));
        changes.extend(gone.map(|object| Change::Clear {
            kind: Kind::FinCutoffRisk,
            pair: pair.id.clone(),
            discriminator: Some(discriminator.clone()),
            object: object.clone(),
            how: "auto".to_owned(),
            evidence: "the books show it".to_owned(),
        }));
        for chunk in changes.chunks(500) {
            cx.commit("closing", Some(fence), chunk.to_vec()).await?;
        }
    }
    Ok(())
}

const fn is_near(period: Period, now: Ts) -> bool {
    now.since(period.to).0.abs() < NEAR.0
}

/// Months to look at: those whose end is near, and those with a case that is open or was closed with a debt.
async fn months(
    cx: &Cx,
    pair: &PairCx,
    zone: Tz,
    now: Ts,
) -> StoreResult<BTreeMap<Month, Vec<ExceptionId>>> {
    let mut months: BTreeMap<Month, Vec<ExceptionId>> = BTreeMap::new();
    for (id, discriminator) in cx
        .store
        .unsettled_cases(Kind::FinCutoffRisk, &pair.id)
        .await?
    {
        let named = discriminator.strip_prefix(DISCRIMINATOR);
        if let Some(month) = named.and_then(|text| Month::parse(text).ok()) {
            months.entry(month).or_default().push(id);
        }
    }
    let this = Month::of(now, zone);
    for month in [this.before(), this] {
        if is_near(month.period(zone), now) {
            months.entry(month).or_default();
        }
    }
    Ok(months)
}

/// What is not in the books, in words.
struct Missing {
    label: String,
    detail: String,
    began_at: Ts,
    value_minor: i64,
}

/// What moved before the month's end and is not in the books. What happened just now is on its way and not meant; where
/// finance counts what the warehouse despatched, a despatch is never missing.
async fn found(
    cx: &Cx,
    pair: &PairCx,
    period: Period,
    now: Ts,
) -> StoreResult<BTreeMap<ObjectRef, Missing>> {
    let mut out = BTreeMap::new();
    if pair.policy.finance_basis != FinanceBasis::DespatchData {
        let before = period.to.min(now - pair.policy.confirm_grace);
        let rows = cx.store.unconfirmed_before(&pair.id, before, MEMBERS_MAX);
        for row in rows.await? {
            let missing = Missing {
                detail: format!(
                    "{} of order {} left and the source does not show it",
                    crate::text::count(row.units, "unit", "units"),
                    row.number
                ),
                label: row.number,
                began_at: row.left_at,
                value_minor: row.value_minor,
            };
            out.insert(ObjectRef::Order(row.order), missing);
        }
    }
    if pair.policy.stock_mode == StockMode::Delta {
        let before = period.to.min(now - INCREMENT_GRACE);
        let rows = cx.store.unposted_before(&pair.id, before, MEMBERS_MAX);
        for row in rows.await? {
            let name = object_name(&row.item, &row.location);
            let missing = Missing {
                detail: format!(
                    "{} ({:+} units) of {name} not posted in the ledger",
                    crate::text::count(row.movements, "movement", "movements"),
                    row.units
                ),
                label: name.clone(),
                began_at: row.moved_at,
                value_minor: 0,
            };
            out.insert(ObjectRef::Item(name), missing);
        }
    }
    Ok(out)
}

fn occurrence(
    pair: &PairCx,
    discriminator: &str,
    object: &ObjectRef,
    what: &Missing,
) -> Occurrence {
    Occurrence {
        kind: Kind::FinCutoffRisk,
        pair: pair.id.clone(),
        discriminator: discriminator.to_owned(),
        object: object.clone(),
        label: what.label.clone(),
        detail: what.detail.clone(),
        began_at: what.began_at,
        ship_by: None,
        value_minor: what.value_minor,
        severity: None,
    }
}
