//! The ledger of effects: what really happened in either system, in order, whoever caused it. Judges read it.

use super::config::SimSystem;
use crate::domain::time::Ts;
use serde_json::Value;
use std::collections::BTreeMap;

/// One change in one simulated system.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Effect {
    /// Position in the ledger, from 1.
    pub seq: u64,
    pub at: Ts,
    pub system: SimSystem,
    /// The operation, for example `SaveData Sales orders`, `ProcessOrder`, `SetStockLevel`, `Floor despatch`.
    pub op: &'static str,
    /// Order number, or `SKU@location`.
    pub object: String,
    /// PO reference, order GUID or change source; empty when there is none.
    pub key: String,
    /// Hash of what was written, as 16 hexadecimal digits.
    pub content_hash: String,
    /// What changed: before, after, the live status at the moment of the write, lines.
    pub detail: Value,
    /// The caller got the answer. Always true for what the world did itself.
    pub answered: bool,
    /// People, other connectors and the floor; not a call of ours.
    pub caused_by_world: bool,
}

/// A message to a shopper: every processing in Linnworks sends one, SHOPLINE where a shipment asks for it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Notification {
    pub at: Ts,
    /// The system that sends it.
    pub system: SimSystem,
    /// Linnworks order GUID, SHOPLINE order id.
    pub order_id: String,
    /// The number people see.
    pub number: i64,
    /// SHOPLINE fulfilment id; empty where an order has one message in all.
    pub shipment: String,
    pub tracking: String,
    pub caused_by_world: bool,
}

/// A change about to be written to the ledger.
#[derive(Debug, Clone)]
pub struct Entry {
    pub system: SimSystem,
    pub op: &'static str,
    pub object: String,
    pub key: String,
    pub detail: Value,
    pub caused_by_world: bool,
}

/// How an effect is kept: the detail as text, which is a fraction of its size as a tree.
#[derive(Debug)]
struct Kept {
    at: Ts,
    system: SimSystem,
    op: &'static str,
    object: Box<str>,
    key: Box<str>,
    detail: Box<str>,
    answered: bool,
    caused_by_world: bool,
}

/// Effects and notifications so far.
#[derive(Debug, Default)]
pub struct Ledger {
    effects: Vec<Kept>,
    notifications: Vec<Notification>,
}

impl Ledger {
    /// Appends one effect.
    pub fn append(&mut self, at: Ts, entry: Entry) {
        self.effects.push(Kept {
            at,
            system: entry.system,
            op: entry.op,
            object: entry.object.into(),
            key: entry.key.into(),
            detail: entry.detail.to_string().into(),
            answered: true,
            caused_by_world: entry.caused_by_world,
        });
    }

    /// Notes a message to a shopper.
    pub fn notify(&mut self, notification: Notification) {
        self.notifications.push(notification);
    }

    /// Number of effects so far; also the position of the newest.
    pub fn len(&self) -> usize {
        self.effects.len()
    }

    /// Nothing happened yet.
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }

    /// Effects after position `seq` (0 for all), oldest first.
    pub fn since(&self, seq: u64) -> impl Iterator<Item = Effect> + '_ {
        let from = usize::try_from(seq).unwrap_or(usize::MAX).min(self.len());
        self.effects[from..]
            .iter()
            .enumerate()
            .map(move |(at, kept)| Effect {
                seq: (from + at) as u64 + 1,
                at: kept.at,
                system: kept.system,
                op: kept.op,
                object: kept.object.to_string(),
                key: kept.key.to_string(),
                content_hash: format!("{:016x}", super::rng::fnv64(kept.detail.as_bytes())),
                detail: serde_json::from_str(&kept.detail).unwrap_or(Value::Null),
                answered: kept.answered,
                caused_by_world: kept.caused_by_world,
            })
    }

    /// Messages to shoppers so far.
    pub fn notifications(&self) -> &[Notification] {
        &self.notifications
    }

    /// Marks our own effects from position `from` on as "the caller never got the answer".
    pub fn mark_unanswered(&mut self, from: usize) {
        for kept in self.effects.iter_mut().skip(from) {
            if !kept.caused_by_world {
                kept.answered = false;
            }
        }
    }

    /// One number that stands for everything that happened; equal runs have equal numbers.
    pub fn fingerprint(&self) -> u64 {
        self.effects.iter().fold(0, |hash: u64, kept| {
            let line = format!(
                "{}|{}|{}|{}|{}|{}|{}",
                kept.at.0, kept.system, kept.op, kept.object, kept.key, kept.detail, kept.answered
            );
            hash.rotate_left(5) ^ super::rng::fnv64(line.as_bytes())
        })
    }
}

/// Calls made and refused, for the call floor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallStats {
    /// Calls that reached a system, per system and method.
    pub by_method: BTreeMap<(SimSystem, String), u64>,
    /// The same per minute (minutes since 1970), for the last days.
    pub by_minute: BTreeMap<(i64, SimSystem, String), u32>,
    /// 429 answers the caller's own pace brought about.
    pub throttled_own: u64,
    /// 429 answers and quota texts of an injected storm.
    pub throttled_storm: u64,
    /// Sign-ins, good and bad.
    pub sign_ins: BTreeMap<SimSystem, u64>,
}

/// Minutes of per-minute counts that are kept.
const MINUTES_KEPT: i64 = 3 * 24 * 60;

/// Calls a minute a system allows for long, as it is by default: Linnworks for each method, the others for all together.
/// Peoplevox publishes no limit; one call a second is what both sides assume.
pub fn calls_per_minute(system: SimSystem, method: &str) -> u32 {
    match system {
        SimSystem::Linnworks => super::lw::service::limit_of(method),
        SimSystem::Shopline => 60 * super::shop::config::ShopSwitches::default().leak_per_second,
        SimSystem::Cin7 => super::cin7::service::PER_MINUTE as u32,
        SimSystem::Peoplevox => 60,
    }
}

impl CallStats {
    /// Counts one call.
    pub fn count(&mut self, system: SimSystem, method: &str, at: Ts) {
        let minute = at.unix_secs().div_euclid(60);
        *self
            .by_method
            .entry((system, method.to_owned()))
            .or_default() += 1;
        let key = (minute, system, method.to_owned());
        let is_new = !self.by_minute.contains_key(&key);
        *self.by_minute.entry(key).or_default() += 1;
        if is_new {
            let oldest = minute - MINUTES_KEPT;
            while self
                .by_minute
                .first_key_value()
                .is_some_and(|(key, _)| key.0 < oldest)
            {
                self.by_minute.pop_first();
            }
        }
    }

    /// Calls so far, of one system.
    pub fn total(&self, system: SimSystem) -> u64 {
        self.by_method
            .iter()
            .filter(|(key, _)| key.0 == system)
            .map(|(_, n)| n)
            .sum()
    }
}
