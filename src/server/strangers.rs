//! Messages that do not prove where they are from: counted in memory, told at most once a minute for each system.

use super::Intake;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Batch, Change};
use crate::domain::exception::{ObjectRef, Occurrence, Severity};
use crate::domain::ids::{PairId, SystemId};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// An exception is raised at most this often, whatever is thrown at us.
const TELL_EVERY: Span = Span::mins(1);
/// Quiet for so long, the exception is over.
const QUIET: Span = Span::hours(1);
/// So many of them before it is quiet again weigh more.
const MANY: u64 = 5;
/// Messages kept between two tellings; of the others only the number is known.
const KEPT_MAX: u64 = 60;
/// The exception belongs to no single pair.
const ALL_PAIRS: &str = "all";

/// What was counted, by system. Only configured systems are counted, so that it cannot grow.
#[derive(Debug, Default)]
pub(super) struct Strangers(Mutex<BTreeMap<SystemId, Count>>);

#[derive(Debug, Default)]
struct Count {
    since_told: u64,
    since_quiet: u64,
    told_at: Option<Ts>,
    last_at: Option<Ts>,
}

/// What is to be told.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// Since the last time.
    count: u64,
    is_many: bool,
}

impl Strangers {
    /// Counts one; answers with how many there were when it is time to tell somebody.
    fn note(&self, system: &SystemId, now: Ts) -> Option<Told> {
        let Ok(mut all) = self.0.lock() else {
            return None;
        };
        let count = all.entry(system.clone()).or_default();
        if count.last_at.is_some_and(|at| now.since(at) >= QUIET) {
            count.since_quiet = 0;
        }
        count.since_told += 1;
        count.since_quiet += 1;
        count.last_at = Some(now);
        if count.told_at.is_some_and(|at| now.since(at) < TELL_EVERY) {
            return None;
        }
        count.told_at = Some(now);
        Some(Told {
            count: std::mem::take(&mut count.since_told),
            is_many: count.since_quiet >= MANY,
        })
    }

    /// Whether there is room to keep one more.
    pub(super) fn is_kept(&self, system: &SystemId) -> bool {
        self.0.lock().is_ok_and(|all| {
            all.get(system)
                .is_none_or(|count| count.since_told < KEPT_MAX)
        })
    }

    /// Whether none has come for an hour. What an earlier process raised counts as heard when this one first looks.
    fn is_quiet(&self, system: &SystemId, now: Ts) -> bool {
        let Ok(mut all) = self.0.lock() else {
            return false;
        };
        let last = all
            .entry(system.clone())
            .or_default()
            .last_at
            .get_or_insert(now);
        now.since(*last) >= QUIET
    }
}

fn discriminator(system: &SystemId) -> String {
    format!("SYSTEM={system}")
}

/// A message for one of our systems came without proof: `what` says which, after a number of messages.
pub(super) async fn refused(intake: &Intake, system: &SystemId, what: &str) {
    let now = (intake.clock)();
    let Some(told) = intake.strangers.note(system, now) else {
        return;
    };
    let n = i64::try_from(told.count).unwrap_or(i64::MAX);
    let messages = crate::text::count(n, "message", "messages");
    let raised = Change::Raise(Occurrence {
        kind: Kind::SysSignature,
        pair: PairId::from(ALL_PAIRS),
        discriminator: discriminator(system),
        object: ObjectRef::System(system.0.clone()),
        label: system.0.clone(),
        detail: format!("{messages} {what}"),
        began_at: now,
        ship_by: None,
        value_minor: 0,
        severity: told.is_many.then_some(Severity::S2),
    });
    if let Err(error) = commit(intake, now, vec![raised]).await {
        tracing::warn!(%error, %system, "messages without proof could not be told");
    }
}

/// Ends the exceptions of systems that have been quiet for an hour.
pub(super) async fn settle(intake: &Intake) -> StoreResult<()> {
    let now = (intake.clock)();
    let open = intake
        .store
        .open_exceptions(&[Kind::SysSignature], None)
        .await?;
    let mut ended = Vec::new();
    for case in open {
        let system = case.discriminator.strip_prefix("SYSTEM=");
        let Some(system) = system.map(SystemId::from) else {
            continue;
        };
        if intake.strangers.is_quiet(&system, now) {
            ended.push(Change::ClearAll {
                kind: Kind::SysSignature,
                pair: case.pair,
                discriminator: case.discriminator,
                how: "auto".to_owned(),
                evidence: "no message without proof has come for an hour".to_owned(),
            });
        }
    }
    if ended.is_empty() {
        return Ok(());
    }
    commit(intake, now, ended).await
}

async fn commit(intake: &Intake, now: Ts, changes: Vec<Change>) -> StoreResult<()> {
    let batch = Batch {
        actor: "engine/server".to_owned(),
        at: now,
        fence: None,
        changes,
    };
    intake.store.commit(batch).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(count: u64, is_many: bool) -> Option<Told> {
        Some(Told { count, is_many })
    }

    #[test]
    fn a_flood_of_strangers_is_told_once_a_minute_with_its_count() {
        let strangers = Strangers::default();
        let (shop, other) = (SystemId::from("shop"), SystemId::from("pvx"));
        let start = Ts(1_000_000_000);
        assert_eq!(strangers.note(&shop, start), told(1, false));
        for n in 0..5_000 {
            assert_eq!(strangers.note(&shop, start + Span::ms(n)), None);
        }
        assert_eq!(
            strangers.note(&other, start),
            told(1, false),
            "each its own"
        );
        let later = strangers.note(&shop, start + Span::mins(1));
        assert_eq!(later, told(5_001, true));
        assert!(!strangers.is_quiet(&shop, start + Span::mins(60)));
        assert!(strangers.is_quiet(&shop, start + Span::mins(61)));
    }

    #[test]
    fn of_a_flood_only_the_first_are_kept() {
        let strangers = Strangers::default();
        let shop = SystemId::from("shop");
        let mut kept = 0;
        for n in 0..1_000 {
            kept += u64::from(strangers.is_kept(&shop));
            let _ = strangers.note(&shop, Ts(n));
        }
        assert_eq!(kept, KEPT_MAX + 1);
    }

    #[test]
    fn an_earlier_process_is_believed_for_an_hour() {
        let strangers = Strangers::default();
        let shop = SystemId::from("shop");
        let start = Ts(1_000_000_000);
        assert!(!strangers.is_quiet(&shop, start));
        assert!(!strangers.is_quiet(&shop, start + Span::mins(59)));
        assert!(strangers.is_quiet(&shop, start + Span::hours(1)));
    }
}
