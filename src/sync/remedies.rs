//! What a person decides about the head of a lane, carried out: tried again, left out with a debt, replaced by a count.

use super::context::{Cx, PairCx};
use super::lanes;
use super::requests::{Answered, field};
use super::settle;
use super::stock;
use crate::domain::change::{Change, Journal, NewMovement};
use crate::domain::delivery::{DeliveryRow, DeliveryState, Intent};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::{ItemCode, LocationId, PairId};
use crate::domain::keys;
use crate::domain::movements::{
    self, Count, HeadRemedy, LaneEntry, LaneKey, MovementKind, MovementState, Resolution, resolve,
};
use crate::domain::role::Person;
use crate::domain::second::{self, Proposal};
use crate::domain::time::Ts;
use crate::store::read::RequestRow;
use crate::store::{MovementRow, StoreResult};

/// Name of the request.
pub const LANE_HEAD: &str = "lane_head";
/// Movements of a lane looked at.
const LANE_MAX: usize = 10_000;
/// What is asked for.
struct Asked<'a> {
    pair: &'a PairCx,
    key: LaneKey,
    who: &'a str,
    reason: String,
    rows: Vec<MovementRow>,
    now: Ts,
}

fn said(is_ok: bool, text: impl Into<String>, changes: Vec<Change>) -> Answered {
    Answered {
        changes,
        is_ok,
        text: text.into(),
    }
}

/// Carries out what a person wants done about the head of a lane.
pub async fn lane_head(cx: &Cx, request: &RequestRow, now: Ts) -> StoreResult<Answered> {
    let named = (
        field::<PairId>(request, "pair"),
        field::<ItemCode>(request, "item"),
        field::<LocationId>(request, "location"),
    );
    let (Some(pair), Some(item), Some(location)) = named else {
        return Ok(said(false, "the request names no lane", Vec::new()));
    };
    let Some(pair) = cx.pair(&pair) else {
        return Ok(said(false, "there is no such pair", Vec::new()));
    };
    let key = LaneKey::of(&item, &location);
    let lanes = [key.order_key()];
    let asked = Asked {
        rows: cx.store.movements_open(&pair.id, &lanes, LANE_MAX).await?,
        pair,
        key,
        who: &request.who,
        reason: field(request, "reason").unwrap_or_default(),
        now,
    };
    match field::<String>(request, "remedy").as_deref() {
        Some("retry") => asked.retry(cx).await,
        Some("skip") => asked.skip(cx).await,
        Some("replace") => match field::<i64>(request, "counted") {
            Some(counted) => asked.replace(cx, counted).await,
            None => Ok(said(false, "the request names no count", Vec::new())),
        },
        _ => Ok(said(false, "the request names no remedy", Vec::new())),
    }
}

impl Asked<'_> {
    fn entries(&self) -> Vec<LaneEntry> {
        self.rows.iter().map(|r| r.entry.clone()).collect()
    }

    fn row(&self, entry: &LaneEntry) -> Option<&MovementRow> {
        self.rows.iter().find(|r| r.entry.key == entry.key)
    }

    /// Judges the remedy by the rules; the error is for the person.
    fn judged<T>(
        &self,
        remedy: &HeadRemedy,
        second: Option<&Person>,
        then: impl FnOnce(Resolution<'_>) -> T,
    ) -> Result<T, String> {
        let entries = self.entries();
        let views = movements::lanes(&entries);
        let Some(view) = views.first() else {
            return Err(format!(
                "lane {} is empty: there is nothing to deal with",
                self.key
            ));
        };
        let by = Person::with_every_role(self.who);
        resolve(view, remedy, &by, second, self.now).map(then)
    }

    /// The delivery of a movement, when it has not ended.
    async fn delivery(&self, cx: &Cx, entry: &LaneEntry) -> StoreResult<Option<DeliveryRow>> {
        let Some(id) = self.row(entry).and_then(|r| r.delivery) else {
            return Ok(None);
        };
        let found = cx.store.deliveries_by_id(&[id]).await?;
        Ok(found.into_iter().find(|d| !d.state.is_final()))
    }

    fn note(&self, what: &str) -> Change {
        Change::Journal(Journal {
            action: format!("lane.{what}"),
            object: ObjectRef::Item(self.key.item.clone().unwrap_or_default().0),
            pair: Some(self.pair.id.clone()),
            before: String::new(),
            after: self.key.to_string(),
            reason: format!("{} ({})", self.reason, self.who),
            exception: None,
            payload: None,
        })
    }

    async fn retry(&self, cx: &Cx) -> StoreResult<Answered> {
        let remedy = match self.reason.trim() {
            "" => HeadRemedy::Retry,
            what => HeadRemedy::Fixed {
                what: what.to_owned(),
            },
        };
        let head = match self.judged(&remedy, None, |r| match r {
            Resolution::Again { head, .. } => Some(head.clone()),
            _ => None,
        }) {
            Ok(head) => head,
            Err(why) => return Ok(said(false, why, Vec::new())),
        };
        let Some(head) = head else {
            return Ok(said(
                false,
                "nothing of the lane can be tried again",
                Vec::new(),
            ));
        };
        let Some(delivery) = self.delivery(cx, &head).await? else {
            return Ok(said(true, "the head is on its way already", Vec::new()));
        };
        let mut moved = match settle::again(&delivery, 0, self.now, "tried again by a person") {
            Change::Deliver(moved) => moved,
            other => return Ok(said(false, format!("{other:?} is no retry"), Vec::new())),
        };
        if let Intent::PostMovement(post) = &delivery.intent {
            // A person looked at the figure: it may be written although it stands as a lost write would have left it.
            let mut post = post.clone();
            post.is_vouched = delivery.state == DeliveryState::Rejected;
            moved.intent = Some(Intent::PostMovement(post));
        }
        let text = format!("{} is tried again", head.movement.words());
        Ok(said(
            true,
            text,
            vec![Change::Deliver(moved), self.note("retry")],
        ))
    }

    /// Ends a head's delivery and its turn.
    async fn take_out(
        &self,
        cx: &Cx,
        entry: &LaneEntry,
        to: MovementState,
    ) -> StoreResult<Vec<Change>> {
        let mut changes = Vec::new();
        let text = format!("{} by {}: {}", to.as_str(), self.who, self.reason);
        if let Some(delivery) = self.delivery(cx, entry).await? {
            changes.push(settle::ended(
                &delivery,
                DeliveryState::Cancelled,
                self.now,
                &text,
            ));
            changes.extend(self.settled_by(cx, entry, &delivery, &text).await?);
        }
        if let Some(row) = self.row(entry) {
            let mut moved = lanes::moved(row, to, &text);
            moved.is_owed = to == MovementState::Skipped;
            changes.push(Change::Movement(Box::new(moved)));
        }
        Ok(changes)
    }

    /// What was open about a head that is dealt with.
    async fn settled_by(
        &self,
        cx: &Cx,
        entry: &LaneEntry,
        delivery: &DeliveryRow,
        text: &str,
    ) -> StoreResult<Vec<Change>> {
        let object = ObjectRef::Item(entry.movement.item.0.clone());
        let open = cx.store.open_for(std::slice::from_ref(&object)).await?;
        let lane = entry.lane.discriminator();
        let mine: Vec<_> = open
            .get(&object)
            .into_iter()
            .flatten()
            .filter(|(_, about)| *about == lane)
            .cloned()
            .collect();
        Ok(settle::cleared(delivery, &mine, text))
    }

    async fn skip(&self, cx: &Cx) -> StoreResult<Answered> {
        let remedy = HeadRemedy::Skip {
            reason: self.reason.clone(),
        };
        let skipped = match self.judged(&remedy, None, |r| match r {
            Resolution::Skipped { head, debt, .. } => Some((head.clone(), debt)),
            _ => None,
        }) {
            Ok(skipped) => skipped,
            Err(why) => return Ok(said(false, why, Vec::new())),
        };
        let Some((head, debt)) = skipped else {
            return Ok(said(
                false,
                "nothing of the lane can be left out",
                Vec::new(),
            ));
        };
        let mut changes = self.take_out(cx, &head, MovementState::Skipped).await?;
        changes.push(self.note("skip"));
        changes.extend(lanes::compare(cx, &self.pair.id));
        let text = format!(
            "{} is left out; {:+} is owed until a comparison agrees",
            head.movement.words(),
            debt.delta_each
        );
        Ok(said(true, text, changes))
    }

    /// It takes two persons: the first one's count is kept, the second one's same count is carried out.
    async fn replace(&self, cx: &Cx, counted_each: i64) -> StoreResult<Answered> {
        let setting = second::count_key(&self.pair.id, &self.key);
        let kept = cx.store.setting(&setting).await?;
        let first = Proposal::read(kept.as_deref(), self.now).filter(|p| p.each == counted_each);
        let by = Person::with_every_role(self.who);
        let other = first
            .as_ref()
            .filter(|p| p.is_seconded(&by, counted_each))
            .map(|p| Person::with_every_role(&p.who));
        let counted_at = first.as_ref().map_or(self.now, |p| p.at);
        let count = self.count(cx, counted_each, counted_at).await?;
        let remedy = HeadRemedy::ReplaceByCount {
            count,
            reason: self.reason.clone(),
        };
        // Whether it could be done at all is said to the first person already.
        let witness = other
            .clone()
            .unwrap_or_else(|| Person::with_every_role("a second person"));
        let replaced = match self.judged(&remedy, Some(&witness), |r| match r {
            Resolution::Replaced {
                dropped,
                target_each,
                ..
            } => Some((
                dropped.into_iter().cloned().collect::<Vec<_>>(),
                target_each,
            )),
            _ => None,
        }) {
            Ok(replaced) => replaced,
            Err(why) => return Ok(said(false, why, Vec::new())),
        };
        if other.is_none() {
            return Ok(self.propose(setting, counted_each, counted_at));
        }
        let Some((dropped, target_each)) = replaced else {
            return Ok(said(
                false,
                "nothing of the lane can be replaced",
                Vec::new(),
            ));
        };
        self.post_count(cx, setting, &dropped, target_each, counted_at)
            .await
    }

    fn propose(&self, key: String, counted_each: i64, counted_at: Ts) -> Answered {
        let proposed = Proposal {
            who: self.who.to_owned(),
            each: counted_each,
            at: counted_at,
        };
        let value = proposed.write();
        let changes = vec![Change::Setting { key, value }, self.note("count")];
        let text = format!(
            "a count of {counted_each} is kept; a second person has to give the same count within a day"
        );
        said(true, text, changes)
    }

    async fn post_count(
        &self,
        cx: &Cx,
        setting: String,
        dropped: &[LaneEntry],
        target_each: i64,
        counted_at: Ts,
    ) -> StoreResult<Answered> {
        let Some(item) = self.key.item.clone() else {
            return Ok(said(false, "a count is of one item", Vec::new()));
        };
        let mut changes = Vec::new();
        for entry in dropped {
            changes.extend(self.take_out(cx, entry, MovementState::Replaced).await?);
        }
        let id = cx.id().await?;
        let Some(head) = dropped.first() else {
            return Ok(said(
                false,
                "the count covers nothing of the lane",
                Vec::new(),
            ));
        };
        let mut movement = head.movement.clone();
        "Count in place of what waited".clone_into(&mut movement.word);
        movement.id = None;
        movement.goods_in_line = None;
        movement.document = String::new();
        movement.delta_each = 0;
        movement.at = counted_at;
        movement.seen_at = self.now;
        let entry = LaneEntry {
            lane: self.key.clone(),
            key: keys::stock_correction(&self.pair.id, id, &item, &self.key.location),
            kind: Some(MovementKind::Count),
            movement,
            state: MovementState::Waiting,
            account: head.account.clone(),
            text: String::new(),
            counted_each: Some(target_each),
        };
        changes.push(Change::Movements(vec![NewMovement {
            id,
            pair: self.pair.id.clone(),
            entry,
            reference: String::new(),
        }]));
        changes.push(Change::Setting {
            key: setting,
            value: String::new(),
        });
        changes.push(self.note("replace"));
        changes.extend(lanes::compare(cx, &self.pair.id));
        let text = format!(
            "{} left to the count; on hand {target_each} is written",
            crate::text::count(dropped.len() as i64, "movement is", "movements are")
        );
        Ok(said(true, text, changes))
    }

    /// The count, and what left since or is still in the source's figure.
    async fn count(&self, cx: &Cx, counted_each: i64, counted_at: Ts) -> StoreResult<Count> {
        let item = self.key.item.clone().unwrap_or_default();
        let kept = cx
            .store
            .movements_of_item(&self.pair.id, &item, LANE_MAX)
            .await?;
        let despatched_since_each = kept
            .iter()
            .filter(|m| m.entry.is_despatch() && m.entry.lane == self.key)
            .filter(|m| m.entry.movement.at > counted_at)
            .map(|m| m.entry.movement.delta_each.saturating_neg())
            .sum();
        let set = cx.mapping_set(&self.pair.id).await?;
        let unconfirmed = stock::unconfirmed(cx, self.pair, &set, self.now).await?;
        Ok(Count {
            counted_each,
            counted_at,
            despatched_since_each,
            unconfirmed_each: unconfirmed.each(&self.key),
        })
    }
}
