//! Subscriptions of a system that tells of changes: every topic we want delivered to our address and active, once.
//! Vendors end them without a word, so that the list is looked at regularly; other programs' are left alone.

use super::super::calls::{Called, JobCx, Keep, call};
use super::super::context::Cx;
use super::super::deliver::Tick;
use super::super::requests::ALL_PAIRS;
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::delivery::AnswerClass;
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::hash;
use crate::domain::ids::SystemId;
use crate::domain::time::{Span, Ts};
use crate::secret::Secret;
use crate::store::StoreResult;
use crate::vendors::hooks::Subscription;
use crate::vendors::transport::Redactor;
use crate::vendors::{Answer, CallError, Hooks, Op};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// How often the list is looked at.
const EVERY: Span = Span::mins(15);
/// First wait after a check that failed; doubled with every further failure up to [`EVERY`].
const RETRY_FIRST: Span = Span::mins(1);
/// Failed checks in a row before people are told.
const FAILURES_TOLD: i64 = 3;
/// Subscriptions of ours that are remembered.
const MINE_MAX: usize = 200;

/// What is known of a system's subscriptions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Ids of those that were made for us, at whatever address.
    mine: Vec<String>,
    /// Hash of the address they call. The address itself is a credential and is kept nowhere.
    address: String,
    /// Since when every topic is delivered, microseconds; zero while it is not.
    pub ready_at: i64,
    /// When the list is looked at again, microseconds.
    pub due_at: i64,
    /// Failed checks in a row.
    failures: i64,
}

/// Where it is kept.
fn key(system: &SystemId) -> String {
    format!("hooks/{system}")
}

/// What is known of a system's subscriptions.
pub async fn held(cx: &Cx, system: &SystemId) -> StoreResult<Held> {
    let stored = cx.store.setting(&key(system)).await?;
    Ok(stored
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}

/// One call to make.
#[derive(Debug, Clone)]
enum Step {
    Add(&'static str),
    Revive(Subscription),
    End(String),
}

/// What makes every topic arrive once at its address. New ones come first, so that nothing is missed while old ones end.
/// `wanted` holds topics with their addresses, `mine` the ids of what was made for us before.
fn plan(
    wanted: &[(&'static str, Secret)],
    listed: &[Subscription],
    mine: &[String],
) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    let mut ends = Vec::new();
    let is_here = |held: &Subscription| {
        wanted
            .iter()
            .any(|(topic, at)| *topic == held.topic && at.expose() == held.address.expose())
    };
    let is_ours = |held: &Subscription| {
        is_here(held)
            || mine.contains(&held.id)
            || wanted
                .iter()
                .any(|(_, at)| at.expose() == held.address.expose())
    };
    for (topic, _) in wanted {
        let mut here: Vec<&Subscription> = listed
            .iter()
            .filter(|s| s.topic == *topic && is_here(s) && s.is_current)
            .collect();
        // An active one is kept before one that would have to be revived.
        here.sort_by_key(|s| !s.is_active);
        match here.split_first() {
            None => steps.push_back(Step::Add(topic)),
            Some((kept, doubles)) => {
                if !kept.is_active {
                    steps.push_back(Step::Revive((*kept).clone()));
                }
                ends.extend(doubles.iter().map(|s| Step::End(s.id.clone())));
            }
        }
    }
    let is_stale = |s: &&Subscription| is_ours(s) && !(is_here(s) && s.is_current);
    ends.extend(
        listed
            .iter()
            .filter(is_stale)
            .map(|s| Step::End(s.id.clone())),
    );
    steps.extend(ends);
    steps
}

/// Looks at the subscriptions of a system and puts them right, one call per tick.
pub struct HookCheck {
    hooks: Arc<dyn Hooks>,
    system: SystemId,
    base: Secret,
    held: Option<Held>,
    steps: Option<VecDeque<Step>>,
    has_changed: bool,
    faults: Vec<String>,
}

impl HookCheck {
    /// For a system whose deliveries arrive below `base`.
    pub const fn new(hooks: Arc<dyn Hooks>, system: SystemId, base: Secret) -> Self {
        Self {
            hooks,
            system,
            base,
            held: None,
            steps: None,
            has_changed: false,
            faults: Vec::new(),
        }
    }

    /// The next call it will make.
    pub const fn next_op(&self) -> Op {
        Op::Subscribe
    }

    /// Makes that call.
    pub async fn tick(&mut self, jcx: &mut JobCx<'_>) -> StoreResult<Tick> {
        let mut held = match self.held.take() {
            Some(held) => held,
            None => held(jcx.cx, &self.system).await?,
        };
        let changes = match self.steps.as_mut() {
            None => self.list(jcx, &mut held).await?,
            Some(steps) => match steps.pop_front() {
                Some(step) => self.take(jcx, step, &mut held).await?,
                None => Vec::new(),
            },
        };
        let is_done = self.steps.as_ref().is_none_or(VecDeque::is_empty);
        let mut changes = changes;
        if is_done {
            changes.extend(self.end(&mut held, jcx.cx.now()));
        }
        self.held = Some(held);
        jcx.cx.commit("hooks", Some(jcx.fence), changes).await?;
        Ok(if is_done { Tick::Done } else { Tick::More })
    }

    fn wanted(&self) -> Vec<(&'static str, Secret)> {
        let topics = self.hooks.topics().iter();
        topics
            .map(|topic| (*topic, self.hooks.address(&self.base, topic)))
            .collect()
    }

    async fn list(&mut self, jcx: &mut JobCx<'_>, held: &mut Held) -> StoreResult<Vec<Change>> {
        let hooks = self.hooks.clone();
        let called = call!(jcx, Keep::OnError, |log| async {
            soft(hooks.subscriptions(&log).await)
        });
        let (answer, changes) = self.shown(called);
        match answer {
            Ok(listed) => {
                let wanted = self.wanted();
                self.steps = Some(plan(&wanted, &listed, &held.mine));
                let at_ours = |s: &&Subscription| {
                    wanted
                        .iter()
                        .any(|(_, at)| at.expose() == s.address.expose())
                };
                let is_mine = |s: &&Subscription| held.mine.contains(&s.id) || at_ours(s);
                let mine = listed.iter().filter(is_mine).take(MINE_MAX);
                held.mine = mine.map(|s| s.id.clone()).collect();
            }
            Err(error) => self.faults.push(format!("not listed: {error}")),
        }
        Ok(changes)
    }

    async fn take(
        &mut self,
        jcx: &mut JobCx<'_>,
        step: Step,
        held: &mut Held,
    ) -> StoreResult<Vec<Change>> {
        let hooks = self.hooks.clone();
        let (what, (answer, changes)) = match step {
            Step::Add(topic) => {
                let address = hooks.address(&self.base, topic);
                let called = call!(jcx, Keep::OnError, |log| async {
                    soft(hooks.subscribe(topic, &address, &log).await)
                });
                let (answer, changes) = self.shown(called);
                // Known as ours even if the address changes before the list is looked at again.
                let answer = answer.map(|id| held.mine.push(id));
                (topic.to_owned(), (answer, changes))
            }
            Step::Revive(held) => {
                let called = call!(jcx, Keep::OnError, |log| async {
                    soft(hooks.revive(&held, &log).await)
                });
                (held.topic, self.shown(called))
            }
            Step::End(id) => {
                let called = call!(jcx, Keep::OnError, |log| async {
                    soft(hooks.unsubscribe(&id, &log).await)
                });
                (format!("end of {id}"), self.shown(called))
            }
        };
        match answer {
            Ok(()) => self.has_changed = true,
            Err(error) => self.faults.push(format!("{what}: {error}")),
        }
        Ok(changes)
    }

    /// An answer without our secret in its texts: a vendor repeats the address it was given.
    fn shown<T>(&self, called: Called<T>) -> (Answer<T>, Vec<Change>) {
        let secret = self.base.expose().rsplit('/').next().unwrap_or_default();
        let redactor = Redactor::new().hide(secret);
        let answer = called.answer.map_err(|error| CallError {
            text: String::from_utf8_lossy(&redactor.redact(error.text.as_bytes())).into_owned(),
            ..error
        });
        let mut payloads = called.payloads;
        for change in &mut payloads {
            if let Change::Payload(payload) = change {
                payload.body = redactor.redact(&payload.body);
            }
        }
        (answer, payloads)
    }

    /// What is recorded at the end of a check, and when the next one comes.
    fn end(&mut self, held: &mut Held, now: Ts) -> Vec<Change> {
        let address = hash::of_bytes(self.base.expose().as_bytes());
        let is_moved = held.address != address;
        held.address = address;
        let mut changes = Vec::new();
        if self.faults.is_empty() {
            held.failures = 0;
            if self.has_changed || is_moved || held.ready_at == 0 {
                held.ready_at = now.0;
            }
            held.due_at = (now + EVERY).0;
            changes.push(Change::ClearAll {
                kind: Kind::SysWebhookSilent,
                pair: ALL_PAIRS.into(),
                discriminator: self.discriminator(),
                how: "auto".to_owned(),
                evidence: "every topic is delivered to our address".to_owned(),
            });
        } else {
            held.failures += 1;
            held.ready_at = 0;
            let doubled = 1 << (held.failures - 1).clamp(0, 10);
            let wait = RETRY_FIRST.times(doubled).min(EVERY);
            held.due_at = (now + wait).0;
            if held.failures >= FAILURES_TOLD {
                changes.push(Change::Raise(self.occurrence(now)));
            }
        }
        changes.push(Change::Setting {
            key: key(&self.system),
            value: serde_json::json!(held).to_string(),
        });
        changes
    }

    fn discriminator(&self) -> String {
        format!("SUBSCRIPTIONS={}", self.system)
    }

    fn occurrence(&self, now: Ts) -> Occurrence {
        let text = format!(
            "subscriptions cannot be put right: {}. Changes are found by asking meanwhile",
            self.faults.join("; ")
        );
        Occurrence {
            kind: Kind::SysWebhookSilent,
            pair: ALL_PAIRS.into(),
            discriminator: self.discriminator(),
            object: ObjectRef::System(self.system.0.clone()),
            label: self.system.0.clone(),
            detail: crate::text::clean_to(&text, crate::domain::exception::DETAIL_CHARS_MAX),
            began_at: now,
            ship_by: None,
            value_minor: 0,
            severity: None,
        }
    }
}

/// Webhooks may need a module or a right that nothing else needs: a refusal here says nothing about the credentials.
fn soft<T>(answer: Answer<T>) -> Answer<T> {
    answer.map_err(|error| match error.class {
        AnswerClass::Auth => CallError {
            class: AnswerClass::Rejected,
            ..error
        },
        _ => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://hooks.example.test/hooks/shop/secret";
    const OLD: &str = "https://old.example.test/hooks/shop/secret";

    fn wanted() -> Vec<(&'static str, Secret)> {
        ["orders/create", "orders/paid"]
            .into_iter()
            .map(|topic| (topic, Secret::new(BASE.to_owned())))
            .collect()
    }

    fn held(id: &str, topic: &str, address: &str) -> Subscription {
        Subscription {
            id: id.to_owned(),
            topic: topic.to_owned(),
            address: Secret::new(address.to_owned()),
            is_active: true,
            is_current: true,
        }
    }

    fn planned(listed: &[Subscription], mine: &[&str]) -> Vec<String> {
        let mine: Vec<String> = mine.iter().map(|id| (*id).to_owned()).collect();
        plan(&wanted(), listed, &mine)
            .iter()
            .map(|step| match step {
                Step::Add(topic) => format!("add {topic}"),
                Step::Revive(held) => format!("revive {}", held.id),
                Step::End(id) => format!("end {id}"),
            })
            .collect()
    }

    #[test]
    fn what_is_missing_is_added_and_what_is_right_is_left() {
        assert_eq!(planned(&[], &[]), ["add orders/create", "add orders/paid"]);
        let one = held("1", "orders/create", BASE);
        assert_eq!(
            planned(std::slice::from_ref(&one), &[]),
            ["add orders/paid"]
        );
        let two = held("2", "orders/paid", BASE);
        assert_eq!(planned(&[one, two], &[]), [""; 0]);
    }

    #[test]
    fn an_inactive_one_is_revived_and_a_second_one_ends() {
        let mut asleep = held("1", "orders/create", BASE);
        asleep.is_active = false;
        let listed = [asleep.clone(), held("2", "orders/paid", BASE)];
        assert_eq!(planned(&listed, &[]), ["revive 1"]);
        let double = held("3", "orders/create", BASE);
        let listed = [asleep, double, held("2", "orders/paid", BASE)];
        assert_eq!(planned(&listed, &[]), ["end 1"]);
    }

    #[test]
    fn one_of_another_shape_is_replaced() {
        let mut old = held("1", "orders/create", BASE);
        old.is_current = false;
        let listed = [old, held("2", "orders/paid", BASE)];
        assert_eq!(planned(&listed, &[]), ["add orders/create", "end 1"]);
    }

    #[test]
    fn ours_move_with_the_address_and_foreign_ones_are_left_alone() {
        let listed = [
            held("1", "orders/create", OLD),
            held("2", "orders/paid", OLD),
            held("9", "orders/create", "https://other.example.test/x"),
        ];
        let adds = ["add orders/create", "add orders/paid"];
        assert_eq!(planned(&listed, &[]), adds, "nobody says they are ours");
        let moved = [adds[0], adds[1], "end 1", "end 2"];
        assert_eq!(planned(&listed, &["1", "2"]), moved);
    }

    #[test]
    fn a_topic_that_is_no_longer_wanted_ends() {
        let listed = [
            held("1", "orders/create", BASE),
            held("2", "orders/paid", BASE),
            held("3", "orders/edited", BASE),
        ];
        assert_eq!(planned(&listed, &[]), ["end 3"]);
    }
}
