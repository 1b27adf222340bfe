//! Lanes: who is first, who waits, what stands in the way.

use super::{Movement, MovementKind};
use crate::domain::catalogue::Kind;
use crate::domain::exception::Severity;
use crate::domain::ids::{ItemCode, LocationId};
use crate::domain::keys;
use crate::domain::order::coded_enum;
use crate::domain::preflight::Fault;
use crate::domain::time::{Span, Ts};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A head older than this is a stopped lane.
pub const HEAD_AGE_MAX: Span = Span::mins(10);

/// Received goods must be in the source's stock within this time.
pub const INCREMENT_GRACE: Span = Span::mins(30);

coded_enum! {
    /// What became of a movement.
    MovementState {
        /// Not written yet; whether it is the head depends on its lane.
        Waiting = 0, "waiting";
        /// A document with it is under way.
        Sending = 1, "sending";
        /// The effect of the write is unknown; it is asked about.
        InDoubt = 2, "in_doubt";
        /// The source said no; tried again at the head.
        Refused = 3, "refused";
        /// Nobody said what the warehouse's word means.
        UnknownWord = 4, "unknown_word";
        /// In the source.
        Applied = 10, "applied";
        /// Recorded; the source need not be told.
        NoDelta = 11, "no_delta";
        /// Left out by a person, with a debt.
        Skipped = 12, "skipped";
        /// Part of a correction from a count.
        Replaced = 13, "replaced";
    }
}

impl MovementState {
    /// Nothing further is to be done.
    pub const fn is_settled(self) -> bool {
        self.code() >= Self::Applied.code()
    }
}

/// How the discriminator of a lane begins.
const DISCRIMINATOR: &str = "LANE=";

/// What a lane is about: an item at a location of the source, or a whole location where the account wants it stricter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LaneKey {
    pub location: LocationId,
    pub item: Option<ItemCode>,
}

impl LaneKey {
    /// The lane of an item at a location.
    pub fn of(item: &ItemCode, location: &LocationId) -> Self {
        Self {
            location: location.clone(),
            item: Some(item.clone()),
        }
    }

    /// The FIFO key of deliveries. A confirmation that ships the item from there takes the same key.
    pub fn order_key(&self) -> String {
        match &self.item {
            Some(item) => keys::movement_lane(item, &self.location),
            None => keys::movement_lane_of_location(&self.location),
        }
    }

    /// Discriminator of everything that is wrong with the lane.
    pub fn discriminator(&self) -> String {
        format!("{DISCRIMINATOR}{self}")
    }

    /// The lane that something is wrong with, when it is a lane at all.
    pub fn of_discriminator(text: &str) -> Option<Self> {
        let (item, location) = text.strip_prefix(DISCRIMINATOR)?.rsplit_once('@')?;
        Some(Self {
            location: LocationId(location.to_owned()),
            item: (!item.is_empty()).then(|| ItemCode(item.to_owned())),
        })
    }
}

impl std::fmt::Display for LaneKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.item {
            Some(item) => write!(f, "{item}@{}", self.location),
            None => write!(f, "@{}", self.location),
        }
    }
}

/// A movement in its lane.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LaneEntry {
    pub lane: LaneKey,
    pub movement: Movement,
    pub kind: Option<MovementKind>,
    /// Its idempotency key.
    pub key: String,
    pub state: MovementState,
    /// Account to post against; `None` is the source's own default.
    pub account: Option<String>,
    /// The last answer in plain words.
    pub text: String,
    /// On hand that a count found: the figure is written as it is, in place of a change.
    #[serde(default)]
    pub counted_each: Option<i64>,
}

impl LaneEntry {
    /// Goods that left with a carrier: the source lowers its figure itself.
    pub fn is_despatch(&self) -> bool {
        let letters = self.movement.word.trim().to_lowercase();
        self.kind == Some(MovementKind::Despatch)
            || (self.state == MovementState::NoDelta && letters.contains("spatch"))
    }
}

coded_enum! {
    /// What a lane can do now, what needs a person first.
    Standing {
        /// The head was refused: it may be tried again, and everything behind it waits.
        Blocked = 0, "refused";
        /// The head's word is unknown: it cannot be written until somebody maps it.
        Unmapped = 1, "unmapped";
        /// Nobody knows yet whether the head was applied.
        InDoubt = 2, "in_doubt";
        /// The head may be written.
        Open = 3, "open";
        /// The head is being written.
        Writing = 4, "writing";
        /// Nothing waits.
        Empty = 5, "empty";
    }
}

impl Standing {
    /// Of a lane whose head is in this state.
    pub const fn of_head(head: MovementState) -> Self {
        match head {
            MovementState::Waiting => Self::Open,
            MovementState::Refused => Self::Blocked,
            MovementState::UnknownWord => Self::Unmapped,
            MovementState::Sending => Self::Writing,
            MovementState::InDoubt => Self::InDoubt,
            _ => Self::Empty,
        }
    }

    /// The word people read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InDoubt => "in doubt",
            other => other.as_str(),
        }
    }

    /// It does not move until a person does something.
    pub const fn is_stopped(self) -> bool {
        matches!(self, Self::Blocked | Self::Unmapped)
    }

    /// A write of the lane may still take effect: no other document and no shipment may touch its key.
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Writing | Self::InDoubt)
    }
}

/// A lane as it stands: the head, and what waits behind it in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneView<'a> {
    pub key: &'a LaneKey,
    pub standing: Standing,
    pub head: Option<&'a LaneEntry>,
    pub waiting: Vec<&'a LaneEntry>,
}

impl<'a> LaneView<'a> {
    /// Everything that is not settled, head first.
    pub fn outstanding(&self) -> impl Iterator<Item = &'a LaneEntry> + '_ {
        self.head.into_iter().chain(self.waiting.iter().copied())
    }

    /// Q: signed units that the source does not have yet.
    pub fn pending_each(&self) -> i64 {
        self.outstanding()
            .map(|e| e.movement.delta_each)
            .fold(0, i64::saturating_add)
    }

    /// A write of the lane may still take effect: no other document and no shipment may touch its key.
    pub const fn is_held(&self) -> bool {
        self.standing.is_held()
    }

    fn of(key: &'a LaneKey, mut entries: Vec<&'a LaneEntry>) -> Self {
        entries.sort_by_cached_key(|e| e.movement.turn());
        // Whatever is on its way is the head, even when an older movement has turned up since.
        if let Some(at) = entries
            .iter()
            .position(|e| matches!(e.state, MovementState::Sending | MovementState::InDoubt))
        {
            let busy = entries.remove(at);
            entries.insert(0, busy);
        }
        let mut entries = entries.into_iter();
        let head = entries.next();
        let standing = head.map_or(Standing::Empty, |h| Standing::of_head(h.state));
        Self {
            key,
            standing,
            head,
            waiting: entries.collect(),
        }
    }
}

/// The lanes of these entries, in the order of their keys. Settled entries are left out; a lane with nothing else is
/// left out too.
pub fn lanes(entries: &[LaneEntry]) -> Vec<LaneView<'_>> {
    let mut by_key: BTreeMap<&LaneKey, Vec<&LaneEntry>> = BTreeMap::new();
    for entry in entries.iter().filter(|e| !e.state.is_settled()) {
        by_key.entry(&entry.lane).or_default().push(entry);
    }
    by_key
        .into_iter()
        .map(|(key, entries)| LaneView::of(key, entries))
        .collect()
}

/// Where a movement that was just read belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Into its lane, by its turn.
    InPlace,
    /// Its key is there already.
    Known,
    /// The lane has passed its turn: it is not posted by itself, the item is compared instead.
    TooLate(Fault),
}

/// Where a movement belongs among the entries of its lane (settled ones included).
pub fn arrival(movement: &Movement, key: &str, lane: &[LaneEntry]) -> Arrival {
    if lane.iter().any(|e| e.key == key) {
        return Arrival::Known;
    }
    let turn = movement.turn();
    let passed = lane
        .iter()
        .filter(|e| matches!(e.state, MovementState::Applied | MovementState::Replaced))
        .filter(|e| e.movement.turn() > turn)
        .max_by_key(|e| e.movement.turn());
    match passed {
        None => Arrival::InPlace,
        Some(later) => Arrival::TooLate(Fault::new(
            Kind::StkSequenceBroken,
            later.lane.discriminator(),
            format!(
                "{} came after {} was posted; it is not posted by itself, the item is compared",
                movement.words(),
                later.movement.words()
            ),
        )),
    }
}

/// Whether a stretch of movements of one item and site joins up: before + change = after, one to the next. Rows whose
/// report says nothing about on hand, and words nobody has mapped, prove nothing either way.
pub fn continuity(key: &LaneKey, stretch: &[(Movement, Option<MovementKind>)]) -> Option<Fault> {
    let mut rows: Vec<_> = stretch.iter().collect();
    rows.sort_by_cached_key(|(m, _)| m.turn());
    let mut known: Option<i64> = None;
    for (movement, kind) in rows {
        let change = match kind {
            None => None,
            Some(k) if k.changes_on_hand() => Some(movement.delta_each),
            Some(_) => Some(0),
        };
        let expected = known.zip(change).map(|(before, change)| before + change);
        if let (Some(expected), Some(after)) = (expected, movement.after_each)
            && expected != after
        {
            return Some(Fault::new(
                Kind::StkSequenceBroken,
                key.discriminator(),
                format!(
                    "after {} the warehouse shows {after}, its own movements make {expected}: {:+} is missing; read that stretch again",
                    movement.words(),
                    after - expected
                ),
            ));
        }
        known = movement.after_each.or(expected);
    }
    None
}

/// How bad it is that an order is held behind a lane: every such order brings it along, and takes it away when it goes, so
/// that the case of the lane rises and falls with the orders behind it. `None`: the kind's own severity.
pub fn severity_of_held(kind: Kind) -> Option<Severity> {
    (kind == Kind::StkLaneBlocked).then_some(Severity::S1)
}

/// What is wrong with a lane that has stood still too long. `head_since` is when the head became first, `orders_waiting`
/// how many orders wait behind the lane; those that are held join the case and make it worse.
pub fn block_fault(
    lane: &LaneView<'_>,
    head_since: Ts,
    orders_waiting: i64,
    now: Ts,
) -> Option<Fault> {
    let head = lane.head?;
    if now.since(head_since) < HEAD_AGE_MAX {
        return None;
    }
    let stands = match lane.standing {
        Standing::Blocked => format!("was refused: {}", head.text),
        Standing::Unmapped => format!("has the word {:?}, which is not mapped", head.movement.word),
        Standing::InDoubt => "is in doubt".to_owned(),
        _ => "is not through yet".to_owned(),
    };
    let behind = crate::text::count(
        i64::try_from(lane.waiting.len()).unwrap_or(i64::MAX),
        "movement waits",
        "movements wait",
    );
    let orders = crate::text::count(orders_waiting, "order waits", "orders wait");
    let detail = format!(
        "{} of lane {} {stands}; {behind} behind it, {orders}",
        head.movement.words(),
        lane.key
    );
    Some(Fault::new(
        Kind::StkLaneBlocked,
        lane.key.discriminator(),
        detail,
    ))
}

/// Received goods that the source still does not have, half an hour later. `state` is that of their movement, when
/// there is one.
pub fn increment_missing(
    received: &Movement,
    lane: &LaneKey,
    state: Option<MovementState>,
    now: Ts,
) -> Option<Fault> {
    let is_late = now.since(received.at) >= INCREMENT_GRACE;
    let is_missing = state.is_none_or(|s| !s.is_settled());
    (is_late && is_missing).then(|| {
        Fault::new(
            Kind::StkIncrementMissing,
            lane.discriminator(),
            format!(
                "{} was received and the source does not have it yet{}",
                received.words(),
                if state.is_none() {
                    "; no movement was made of it"
                } else {
                    ""
                }
            ),
        )
    })
}
