//! Callbacks that do not prove where they are from: counted in memory, told at most once a minute.

use super::Intake;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Batch, Change};
use crate::domain::exception::{ObjectRef, Occurrence};
use crate::domain::ids::{PairId, SystemId};
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use std::sync::Mutex;

/// An exception is raised at most this often, whatever is thrown at us.
const TELL_EVERY: Span = Span::mins(1);
/// Quiet for so long, the exception is over.
const QUIET: Span = Span::hours(1);
/// The exception belongs to no single pair.
const ALL_PAIRS: &str = "all";

/// What was counted since it was last told.
#[derive(Debug, Default)]
pub(super) struct Strangers(Mutex<Count>);

#[derive(Debug, Default)]
struct Count {
    since_told: u64,
    told_at: Option<Ts>,
    last_at: Option<Ts>,
    /// The open ones of an earlier process were taken over.
    is_taken_over: bool,
}

impl Strangers {
    /// Counts one; answers with how many there were when it is time to tell somebody.
    fn note(&self, now: Ts) -> Option<u64> {
        let Ok(mut count) = self.0.lock() else {
            return None;
        };
        count.since_told += 1;
        count.last_at = Some(now);
        if count.told_at.is_some_and(|at| now.since(at) < TELL_EVERY) {
            return None;
        }
        count.told_at = Some(now);
        Some(std::mem::take(&mut count.since_told))
    }

    /// Whether none has come for an hour. What an earlier process raised counts as heard when this one first looks.
    fn is_quiet(&self, now: Ts) -> bool {
        let Ok(mut count) = self.0.lock() else {
            return false;
        };
        if !count.is_taken_over {
            count.is_taken_over = true;
            count.last_at = count.last_at.or(Some(now));
        }
        count.last_at.is_some_and(|at| now.since(at) >= QUIET)
    }
}

fn discriminator(system: &SystemId) -> String {
    format!("SYSTEM={system}")
}

/// A callback for one of our systems came with a wrong secret.
pub(super) async fn refused(intake: &Intake, system: &SystemId) {
    let now = (intake.clock)();
    let Some(n) = intake.strangers.note(now) else {
        return;
    };
    let times = crate::text::count(
        i64::try_from(n).unwrap_or(i64::MAX),
        "callback",
        "callbacks",
    );
    let raised = Change::Raise(Occurrence {
        kind: Kind::SysSignature,
        pair: PairId::from(ALL_PAIRS),
        discriminator: discriminator(system),
        object: ObjectRef::System(system.0.clone()),
        label: system.0.clone(),
        detail: format!("{times} with a wrong secret; nothing they said was read"),
        began_at: now,
        ship_by: None,
        value_minor: 0,
        severity: None,
    });
    if let Err(error) = commit(intake, now, vec![raised]).await {
        tracing::warn!(%error, %system, "callbacks with a wrong secret could not be told");
    }
}

/// Ends the exception once it has been quiet for an hour.
pub(super) async fn settle(intake: &Intake) -> StoreResult<()> {
    let now = (intake.clock)();
    if !intake.strangers.is_quiet(now) {
        return Ok(());
    }
    let open = intake
        .store
        .open_exceptions(&[Kind::SysSignature], None)
        .await?;
    let ended: Vec<Change> = open
        .into_iter()
        .map(|case| Change::ClearAll {
            kind: Kind::SysSignature,
            pair: case.pair,
            discriminator: case.discriminator,
            how: "auto".to_owned(),
            evidence: "no callback with a wrong secret has come for an hour".to_owned(),
        })
        .collect();
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

    #[test]
    fn a_flood_of_strangers_is_told_once_a_minute_with_its_count() {
        let strangers = Strangers::default();
        let start = Ts(1_000_000_000);
        assert_eq!(strangers.note(start), Some(1));
        for n in 0..5_000 {
            assert_eq!(strangers.note(start + Span::ms(n)), None);
        }
        assert_eq!(strangers.note(start + Span::mins(1)), Some(5_001));
        assert!(!strangers.is_quiet(start + Span::mins(60)));
        assert!(strangers.is_quiet(start + Span::mins(61)));
    }

    #[test]
    fn an_earlier_process_is_believed_for_an_hour() {
        let strangers = Strangers::default();
        let start = Ts(1_000_000_000);
        assert!(!strangers.is_quiet(start));
        assert!(!strangers.is_quiet(start + Span::mins(59)));
        assert!(strangers.is_quiet(start + Span::hours(1)));
    }
}
