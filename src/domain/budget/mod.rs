//! Call budgets: how many calls a system may get in a minute, and which lane gets the next one.

mod lanes;

pub use lanes::{LaneScheduler, SHARES};

use super::time::{Span, Ts};
use std::collections::{BTreeMap, VecDeque};

/// Limits are kept over this span rather than 60 s: calls sent evenly may arrive bunched at the vendor's end.
const WINDOW: Span = Span::secs(61);

/// Part of a limit that may be spent at once, one in so many.
const BURST_DIVISOR: i64 = 50;

/// Limit of a key nobody declared.
pub const UNDECLARED: Rate = Rate::Window { per_minute: 60 };

/// Part of a vendor's own bucket that is spent at once, percent: calls sent apart may arrive together.
const AT_ONCE_PERCENT: i64 = 80;

/// How a vendor counts calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// So many in any 60 s.
    Window { per_minute: u32 },
    /// A leaky bucket: so many at once, and beside them a steady flow.
    Leaky { per_minute: u32, at_once: u32 },
}

impl Rate {
    /// The steady flow, calls per minute.
    pub const fn per_minute(self) -> u32 {
        match self {
            Self::Window { per_minute } | Self::Leaky { per_minute, .. } => per_minute,
        }
    }

    /// The same way of counting with another flow; a leaky bucket grows and shrinks with it.
    #[must_use]
    pub fn with_flow(self, per_minute: u32) -> Self {
        match self {
            Self::Window { .. } => Self::Window { per_minute },
            Self::Leaky {
                per_minute: before,
                at_once,
            } => {
                let sized = u64::from(at_once) * u64::from(per_minute) / u64::from(before.max(1));
                Self::Leaky {
                    per_minute,
                    at_once: u32::try_from(sized).unwrap_or(at_once),
                }
            }
        }
    }

    /// Calls spent at once.
    fn burst(self) -> i64 {
        match self {
            Self::Window { per_minute: 0 } | Self::Leaky { per_minute: 0, .. } => 0,
            Self::Window { per_minute } => (i64::from(per_minute) / BURST_DIVISOR).max(1),
            Self::Leaky { at_once, .. } => (i64::from(at_once) * AT_ONCE_PERCENT / 100).max(1),
        }
    }

    /// Tokens that flow in per [`WINDOW`].
    fn inflow(self) -> i64 {
        match self {
            Self::Window { per_minute } if per_minute > 1 => i64::from(per_minute) - self.burst(),
            _ => i64::from(self.per_minute()),
        }
    }

    /// The most calls a minute can hold.
    fn most_in_a_minute(self) -> i64 {
        match self {
            Self::Window { per_minute } => i64::from(per_minute),
            Self::Leaky { per_minute, .. } => i64::from(per_minute) + self.burst(),
        }
    }
}

/// A token bucket that keeps a rate: of a window, what may be spent at once plus what flows in during it never exceeds the
/// limit. It starts with one call in it, since a run before this one may have spent the rest.
#[derive(Debug, Clone)]
pub struct Bucket {
    rate: Rate,
    burst: i64,
    /// Credit in token-microseconds: [`WINDOW`] microseconds' worth is one token.
    credit: i64,
    at: Ts,
}

impl Bucket {
    /// A bucket for a rate. A limit of zero never lets a call through.
    pub fn new(rate: Rate, now: Ts) -> Self {
        Self {
            rate,
            burst: rate.burst(),
            credit: if rate.per_minute() == 0 { 0 } else { WINDOW.0 },
            at: now,
        }
    }

    fn refill(&mut self, now: Ts) {
        if now <= self.at {
            return;
        }
        let cap = self.burst.saturating_mul(WINDOW.0);
        let elapsed = now.since(self.at).0;
        self.credit = elapsed
            .saturating_mul(self.rate.inflow())
            .saturating_add(self.credit)
            .min(cap);
        self.at = now;
    }

    /// Takes one call if there is one.
    pub fn take(&mut self, now: Ts) -> bool {
        self.refill(now);
        let is_there = self.credit >= WINDOW.0;
        if is_there {
            self.credit -= WINDOW.0;
        }
        is_there
    }

    /// Takes one call whether it is there or not.
    fn owe(&mut self, now: Ts) {
        self.refill(now);
        self.credit -= WINDOW.0;
    }

    /// Calls that could be made at once now.
    pub fn available(&self, now: Ts) -> i64 {
        let mut then = self.clone();
        then.refill(now);
        (then.credit / WINDOW.0).max(0)
    }

    /// When the next call may be made: now, later, or never.
    pub fn next_at(&self, now: Ts) -> Ts {
        let mut then = self.clone();
        then.refill(now);
        let missing = WINDOW.0 - then.credit;
        match then.rate.inflow() {
            _ if missing <= 0 => now,
            0 => Ts::NEVER,
            inflow => then.at + Span(missing / inflow + i64::from(missing % inflow > 0)),
        }
    }

    /// Another limit from now on. What is in the bucket stays, up to the new burst.
    pub fn set_limit(&mut self, rate: Rate, now: Ts) {
        self.refill(now);
        self.rate = rate;
        self.burst = rate.burst();
        self.credit = self.credit.min(self.burst.saturating_mul(WINDOW.0));
    }
}

/// One counted key.
#[derive(Debug, Clone)]
struct Counted {
    /// As declared, before scaling.
    declared: Rate,
    bucket: Bucket,
    /// Calls per second of the last minute: (second, calls).
    spent: VecDeque<(i64, i64)>,
}

impl Counted {
    /// Remembers a call for the figures of the last minute.
    fn note(&mut self, now: Ts) {
        let second = now.unix_secs();
        match self.spent.back_mut() {
            Some((s, calls)) if *s >= second => *calls += 1,
            _ => self.spent.push_back((second, 1)),
        }
        while self.spent.front().is_some_and(|(s, _)| *s <= second - 60) {
            self.spent.pop_front();
        }
    }
}

/// The budgets of one system, by limit key.
#[derive(Debug, Clone, Default)]
pub struct Budgets {
    keys: BTreeMap<String, Counted>,
    paused_until: Option<Ts>,
    percent: i64,
}

impl Budgets {
    /// Budgets for keys and their rates.
    pub fn new<I: IntoIterator<Item = (String, Rate)>>(limits: I, now: Ts) -> Self {
        let mut budgets = Self {
            percent: 100,
            ..Self::default()
        };
        for (key, rate) in limits {
            budgets.declare(&key, rate, now);
        }
        budgets
    }

    fn declare(&mut self, key: &str, rate: Rate, now: Ts) -> &mut Counted {
        let scaled = scaled(rate, self.percent);
        self.keys.entry(key.to_owned()).or_insert_with(|| Counted {
            declared: rate,
            bucket: Bucket::new(scaled, now),
            spent: VecDeque::new(),
        })
    }

    /// Spends one call of a key if the limit and no pause stand against it. A key nobody declared gets
    /// [`UNDECLARED`].
    pub fn try_take(&mut self, key: &str, now: Ts) -> bool {
        if self.paused_until.is_some_and(|until| now < until) {
            return false;
        }
        self.paused_until = None;
        let counted = match self.keys.get_mut(key) {
            Some(counted) => counted,
            None => self.declare(key, UNDECLARED, now),
        };
        if !counted.bucket.take(now) {
            return false;
        }
        counted.note(now);
        true
    }

    /// Counts a call that was made without asking first; the next one waits for it.
    pub fn owe(&mut self, key: &str, now: Ts) {
        let counted = match self.keys.get_mut(key) {
            Some(counted) => counted,
            None => self.declare(key, UNDECLARED, now),
        };
        counted.bucket.owe(now);
        counted.note(now);
    }

    /// Calls of a key that could be made at once now.
    pub fn available(&self, key: &str, now: Ts) -> i64 {
        if self.paused_until.is_some_and(|until| now < until) {
            return 0;
        }
        self.keys
            .get(key)
            .map_or(1, |counted| counted.bucket.available(now))
    }

    /// When the next call of a key may be made; never earlier than a pause ends.
    pub fn next_at(&self, key: &str, now: Ts) -> Ts {
        let from = self.paused_until.map_or(now, |until| until.max(now));
        self.keys
            .get(key)
            .map_or(from, |counted| counted.bucket.next_at(from))
    }

    /// Calls of a key in the last minute.
    pub fn spent_last_minute(&self, key: &str, now: Ts) -> i64 {
        let since = now.unix_secs() - 60;
        self.keys.get(key).map_or(0, |counted| {
            counted
                .spent
                .iter()
                .filter(|(s, _)| *s > since)
                .map(|(_, calls)| calls)
                .sum()
        })
    }

    /// The most calls of a key that a minute can hold as it is kept now.
    pub fn limit(&self, key: &str) -> i64 {
        self.keys
            .get(key)
            .map_or(UNDECLARED, |c| c.bucket.rate)
            .most_in_a_minute()
    }

    /// Every key, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// The vendor throttled us: no call at all before this time. An earlier pause never shortens a later one.
    pub fn pause_until(&mut self, until: Ts) {
        self.paused_until = Some(self.paused_until.map_or(until, |known| known.max(until)));
    }

    /// Until when no call is made; `None` when none is paused.
    pub const fn paused_until(&self) -> Option<Ts> {
        self.paused_until
    }

    /// Keeps only this percentage of every declared limit (somebody else spends the rest), 1 to 100.
    pub fn scale(&mut self, percent: i64, now: Ts) {
        self.percent = percent.clamp(1, 100);
        for counted in self.keys.values_mut() {
            counted
                .bucket
                .set_limit(scaled(counted.declared, self.percent), now);
        }
    }

    /// The percentage kept now.
    pub const fn percent(&self) -> i64 {
        self.percent
    }
}

/// A share of a rate, at least one call a minute when the rate is not zero.
fn scaled(rate: Rate, percent: i64) -> Rate {
    let per_minute = rate.per_minute();
    let share = i64::from(per_minute) * percent.clamp(1, 100) / 100;
    let share = u32::try_from(share).unwrap_or(per_minute);
    rate.with_flow(share.max(per_minute.min(1)))
}

#[cfg(test)]
mod tests;
