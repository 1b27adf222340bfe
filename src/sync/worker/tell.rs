//! What people are told about the system itself: its live state, and the cases that it is down, refusing or throttling.

use super::Worker;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, Fence};
use crate::domain::delivery::Lane;
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::live::BreakerState;
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use crate::sync::context::Cx;
use crate::sync::requests;
use std::collections::HashMap;

/// How long a system must be quiet before its "down" case is closed.
const CALM: Span = Span::mins(5);
/// Throttled for so long is a case.
const THROTTLED_LONG: Span = Span::mins(10);

impl Worker {
    /// When there may be something to tell although nothing happens.
    pub(super) fn tell_at(&self, cx: &Cx) -> Ts {
        let mut at = Ts::NEVER;
        if self.gate.calls_total != self.live_calls {
            at = at.min(self.live_at.max(Ts(0)) + cx.pace.live_every);
        }
        if let (true, Some(calm)) = (self.told_down, self.calm_since) {
            at = at.min(calm + CALM);
        }
        if let (false, Some(since)) = (self.told_throttled, self.throttled_since) {
            at = at.min(since + THROTTLED_LONG);
        }
        at
    }

    /// Stores the state for people, and opens or closes the cases about the system itself.
    pub(super) async fn tell(&mut self, cx: &Cx, fence: &Fence, now: Ts) -> StoreResult<()> {
        let mut changes = Vec::new();
        self.tell_down(now, &mut changes);
        self.tell_auth(now, &mut changes);
        self.tell_throttled(now, &mut changes);
        let is_due = now.since(self.live_at) >= cx.pace.live_every
            && self.gate.calls_total != self.live_calls;
        if is_due || !changes.is_empty() {
            self.live_at = now;
            self.live_calls = self.gate.calls_total;
            let mut waiting: HashMap<Lane, (i64, Option<Ts>)> = HashMap::new();
            for part in cx.store.lane_work(&self.gate.system, now).await? {
                let entry = waiting.entry(part.lane).or_insert((0, None));
                entry.0 += part.ready;
                entry.1 = match (entry.1, part.oldest_due_at) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
            let live = self.gate.live(now, &waiting);
            let live = serde_json::to_value(&live).unwrap_or_default();
            changes.push(Change::SystemLive {
                system: self.gate.system.clone(),
                live,
            });
        }
        cx.commit("live", Some(fence), changes).await.map(|_| ())
    }

    pub(super) fn tell_down(&mut self, now: Ts, changes: &mut Vec<Change>) {
        if self.gate.breaker.state() == BreakerState::Closed {
            let calm = *self.calm_since.get_or_insert(now);
            if self.told_down && now.since(calm) >= CALM {
                self.told_down = false;
                changes.push(self.close(Kind::SysDown, "it has answered for five minutes"));
            }
            return;
        }
        self.calm_since = None;
        if !self.told_down
            || self
                .gate
                .breaker
                .opened_at()
                .is_some_and(|at| now.since(at) < Span::secs(1))
        {
            self.told_down = true;
            let began = self.gate.breaker.opened_at().unwrap_or(now);
            let text = format!(
                "{} does not answer; one probe every 30 s, all its work waits",
                self.gate.system
            );
            changes.push(self.raise(Kind::SysDown, &text, began));
        }
    }

    pub(super) fn tell_auth(&mut self, now: Ts, changes: &mut Vec<Change>) {
        match self.gate.auth_failed.clone() {
            Some((text, _)) if !self.told_auth || self.gate.calls_total <= 3 => {
                self.told_auth = true;
                let text = format!(
                    "{} refuses our credentials: {text}. Work waits; a test is made every minute",
                    self.gate.system
                );
                changes.push(self.raise(Kind::SysAuth, &text, now));
            }
            None if self.told_auth && self.gate.calls_total > 0 => {
                self.told_auth = false;
                changes.push(self.close(Kind::SysAuth, "a test call passed"));
            }
            _ => {}
        }
    }

    pub(super) fn tell_throttled(&mut self, now: Ts, changes: &mut Vec<Change>) {
        if self.gate.throttled_until.is_some() {
            let since = *self.throttled_since.get_or_insert(now);
            if !self.told_throttled && now.since(since) >= THROTTLED_LONG {
                self.told_throttled = true;
                let text = format!(
                    "{} has refused calls for ten minutes: another program may be spending the same limit",
                    self.gate.system
                );
                changes.push(self.raise(Kind::SysThrottled, &text, since));
            }
        } else if self.gate.calls_total > 0 {
            self.throttled_since = None;
            if self.told_throttled {
                self.told_throttled = false;
                changes.push(self.close(Kind::SysThrottled, "calls are accepted again"));
            }
        }
    }

    pub(super) fn raise(&self, kind: Kind, detail: &str, began_at: Ts) -> Change {
        Change::Raise(Occurrence {
            kind,
            pair: requests::ALL_PAIRS.into(),
            discriminator: format!("SYSTEM={}", self.gate.system),
            object: ObjectRef::System(self.gate.system.0.clone()),
            label: self.gate.system.0.clone(),
            detail: detail.to_owned(),
            began_at,
            ship_by: None,
            value_minor: 0,
            severity: None,
        })
    }

    pub(super) fn close(&self, kind: Kind, evidence: &str) -> Change {
        Change::ClearAll {
            kind,
            pair: requests::ALL_PAIRS.into(),
            discriminator: format!("SYSTEM={}", self.gate.system),
            how: "auto".to_owned(),
            evidence: evidence.to_owned(),
        }
    }
}
