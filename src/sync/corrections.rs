//! A drift put right in a ledger the source keeps itself. It is never a write of its own: the missing units become a
//! movement of the item's lane, which takes its turn there and is posted under the same exclusion as every other. The
//! warehouse is never corrected: a figure that was counted has to stand there first.

use super::context::{Cx, PairCx};
use super::lanes;
use super::requests::{Answered, field, refused};
use crate::domain::change::{Change, Journal, NewMovement};
use crate::domain::drift::ledger::{Correction, ROOT_CAUSE_WITHIN, correction, may_correct};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::{ItemCode, LocationId, PairId};
use crate::domain::keys;
use crate::domain::movements::{
    CORRECTION, LaneEntry, LaneKey, Movement, MovementKind, MovementState,
};
use crate::domain::role::Person;
use crate::domain::second::{self, Proposal};
use crate::domain::stock::{LedgerBook, StockPosition};
use crate::domain::time::{Span, Ts};
use crate::store::read::RequestRow;
use crate::store::{MovementRow, StoreResult};

/// Name of the request.
pub const CORRECT_STOCK: &str = "correct_stock";
/// A comparison older than this is made again before anything is corrected by it.
const FRESH: Span = Span::mins(30);
/// Movements of an item looked at.
const KEPT_MAX: usize = 10_000;

struct Asked<'a> {
    pair: &'a PairCx,
    position: StockPosition,
    book: LedgerBook,
    lane: LaneKey,
    kept: Vec<MovementRow>,
    counted: Option<i64>,
    reason: String,
    who: &'a str,
    now: Ts,
}

fn done(text: String, changes: Vec<Change>) -> Answered {
    Answered {
        changes,
        is_ok: true,
        text,
    }
}

/// Has a drift that was told put right.
pub async fn correct_stock(cx: &Cx, request: &RequestRow, now: Ts) -> StoreResult<Answered> {
    let named = (
        field::<PairId>(request, "pair"),
        field::<ItemCode>(request, "item"),
        field::<LocationId>(request, "location"),
    );
    let (Some(pair), Some(item), Some(location)) = named else {
        return Ok(refused("the request names no pair, item and location"));
    };
    let Some(pair) = cx.pair(&pair) else {
        return Ok(refused("there is no such pair"));
    };
    let found = cx
        .store
        .positions_of(&pair.id, std::slice::from_ref(&item))
        .await?;
    let found = found.into_iter().find(|p| p.location == location);
    let Some((position, book)) = found.and_then(|p| p.ledger.map(|book| (p, book))) else {
        return Ok(refused(
            "nothing was compared there: only a ledger that the source keeps itself is corrected, other figures are published",
        ));
    };
    let asked = Asked {
        kept: cx
            .store
            .movements_of_item(&pair.id, &item, KEPT_MAX)
            .await?,
        lane: LaneKey::of(&item, &location),
        counted: field(request, "counted"),
        reason: field(request, "reason").unwrap_or_default(),
        who: &request.who,
        pair,
        position,
        book,
        now,
    };
    asked.judged(cx).await
}

impl Asked<'_> {
    /// What would be posted.
    const fn delta_each(&self) -> i64 {
        self.position.remainder_each.saturating_neg()
    }

    fn corrections(&self) -> impl Iterator<Item = &MovementRow> {
        let mine = self.kept.iter().filter(|m| m.entry.lane == self.lane);
        mine.filter(|m| m.entry.movement.word == CORRECTION)
    }

    async fn judged(&self, cx: &Cx) -> StoreResult<Answered> {
        if self.reason.trim().is_empty() {
            return Ok(refused("say what the cause was"));
        }
        if let Err(why) = may_correct(&self.position) {
            return Ok(refused(&why));
        }
        if self.corrections().any(|m| !m.entry.state.is_settled()) {
            return Ok(refused("a correction of it waits in its lane already"));
        }
        let read_at = self.position.source_read_at.unwrap_or(Ts::MIN);
        let is_spent = self.corrections().any(|m| m.updated_at >= read_at);
        if is_spent || self.now.since(read_at) > FRESH {
            return Ok(Answered {
                changes: lanes::compare(cx, &self.pair.id).into_iter().collect(),
                is_ok: false,
                text: "the figures are not fresh: both systems are read again now, correct it after that"
                    .to_owned(),
            });
        }
        let shelf = self.book.figures.on_hand;
        if let Some(counted) = self.counted.filter(|counted| *counted != shelf) {
            return Ok(refused(&format!(
                "{counted} were counted and the warehouse shows {shelf}: book the count in the warehouse first; nothing else changes what lies there"
            )));
        }
        self.by_rule(cx).await
    }

    async fn by_rule(&self, cx: &Cx) -> StoreResult<Answered> {
        let times = self
            .corrections()
            .filter(|m| self.now.since(m.updated_at) <= ROOT_CAUSE_WITHIN)
            .count();
        let counted_at = self.counted.map(|_| self.now).or_else(|| {
            let counts = self.kept.iter().filter(|m| {
                m.entry.lane == self.lane
                    && m.entry.kind == Some(MovementKind::Count)
                    && m.entry.movement.word != CORRECTION
            });
            counts.map(|m| m.entry.movement.at).max()
        });
        let wanted = correction(
            self.position.remainder_each,
            counted_at,
            self.book.unit_cost_minor,
            i64::try_from(times).unwrap_or(i64::MAX),
            self.now,
        );
        match wanted {
            Correction::None => Ok(refused("there is nothing to correct")),
            Correction::Count => Ok(refused(
                "have the item counted first, and give what was counted: nobody counted it within a week",
            )),
            Correction::Post { .. } => self.post(cx, Vec::new()).await,
            Correction::PostWithApproval { .. } => self.by_two(cx, "of its worth").await,
            Correction::FindCause => self.by_two(cx, "it drifted too often lately").await,
        }
    }

    /// It takes two persons: the first one's wish is kept, the second one's is carried out.
    async fn by_two(&self, cx: &Cx, because: &str) -> StoreResult<Answered> {
        let key = second::correction_key(&self.pair.id, &self.lane);
        let kept = cx.store.setting(&key).await?;
        let by = Person::with_every_role(self.who);
        let is_second = Proposal::read(kept.as_deref(), self.now)
            .is_some_and(|first| first.is_seconded(&by, self.delta_each()));
        if is_second {
            let value = String::new();
            return self.post(cx, vec![Change::Setting { key, value }]).await;
        }
        let proposed = Proposal {
            who: self.who.to_owned(),
            each: self.delta_each(),
            at: self.now,
        };
        let value = proposed.write();
        let text = format!(
            "a correction of {:+} is kept; because {because} a second person has to ask for the same within a day",
            self.delta_each()
        );
        let changes = vec![
            Change::Setting { key, value },
            self.note("lane.correction_asked"),
        ];
        Ok(done(text, changes))
    }

    fn note(&self, action: &str) -> Change {
        Change::Journal(Journal {
            action: action.to_owned(),
            object: ObjectRef::Item(self.position.item.0.clone()),
            pair: Some(self.pair.id.clone()),
            before: self.book.figures.source_on_hand.to_string(),
            after: format!("{:+}", self.delta_each()),
            reason: format!("{} ({})", self.reason, self.who),
            exception: None,
            payload: None,
        })
    }

    /// The correction takes its turn in the lane: at the moment the warehouse was read, because whatever moved until then
    /// is in the comparison, and whatever moved later follows it.
    async fn post(&self, cx: &Cx, mut changes: Vec<Change>) -> StoreResult<Answered> {
        let set = cx.mapping_set(&self.pair.id).await?;
        let Some(site) = set
            .site(&self.lane.location)
            .and_then(|map| map.sites.into_iter().next())
        else {
            return Ok(refused("the location is mapped to no site any more"));
        };
        let item = self.position.item.clone();
        let read_at = self.position.source_read_at.unwrap_or(self.now);
        let key = keys::stock_correction(&self.pair.id, read_at.0, &item, &self.lane.location);
        let movement = Movement {
            id: None,
            word: CORRECTION.to_owned(),
            item: item.clone(),
            site,
            other_site: None,
            delta_each: self.delta_each(),
            at: self.book.warehouse_read_at,
            document: String::new(),
            ordinal: 0,
            goods_in_line: None,
            after_each: None,
            seen_at: self.now,
        };
        changes.push(Change::Movements(vec![NewMovement {
            id: cx.id().await?,
            pair: self.pair.id.clone(),
            reference: String::new(),
            entry: LaneEntry {
                lane: self.lane.clone(),
                key,
                kind: Some(MovementKind::Count),
                movement,
                state: MovementState::Waiting,
                account: None,
                text: self.reason.clone(),
                counted_each: None,
            },
        }]));
        changes.push(self.note("lane.corrected"));
        let text = format!(
            "{item}: a correction of {:+} takes its turn in the lane; both systems are read again once it is posted",
            self.delta_each()
        );
        Ok(done(text, changes))
    }
}
