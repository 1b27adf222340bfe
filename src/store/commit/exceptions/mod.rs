//! Exceptions: the cases a batch touches are loaded, changed in memory in its order, judged once and written back.

mod apply;
mod edit;
mod load;
mod save;

use super::Work;
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::error_rule::SavedRule;
use crate::domain::exception::{ExceptionRow, ObjectRef, Occurrence, Severity};
use crate::domain::ids::PairId;
use crate::store::db::Conn;
use crate::store::dialect::Dialect;
use crate::store::value::vals;
use crate::store::{StoreError, StoreResult};
use std::collections::{HashMap, HashSet};

/// A change to exceptions: given with the batch, or found by the store while it applied the rest.
pub(super) enum Step<'b> {
    Given(&'b Change),
    Found(Box<Occurrence>),
}

impl Step<'_> {
    fn raised(&self) -> Option<&Occurrence> {
        match self {
            Self::Given(Change::Raise(occurrence)) => Some(occurrence),
            Self::Found(occurrence) => Some(occurrence),
            Self::Given(_) => None,
        }
    }
}

/// An exception in hand.
struct Case {
    row: ExceptionRow,
    updated_by: String,
    is_new: bool,
    is_dirty: bool,
    /// Members came, went or changed: severity must be judged anew.
    is_regrouped: bool,
    /// Members left.
    has_shrunk: bool,
    was_reopened: bool,
    /// Every member not in hand is cleared as well.
    is_cleared: bool,
    /// How and by what reading its last member was settled.
    settled: Option<(String, String)>,
    /// The change that touched it last, for the place of its journal lines.
    index: usize,
}

/// A member in hand that has not been cleared.
struct Member {
    value_minor: i64,
}

/// What a member's row shall become.
struct Touch {
    label: String,
    detail: String,
    began_at: i64,
    ship_by: Option<i64>,
    value_minor: i64,
    severity: Option<Severity>,
    times: i64,
    is_cleared: bool,
}

/// One object in one exception.
type MemberKey = (i64, ObjectRef);

/// Everything a batch touches.
#[derive(Default)]
struct Book {
    cases: HashMap<i64, Case>,
    /// The newest case of a fingerprint.
    newest: HashMap<String, i64>,
    members: HashMap<MemberKey, Member>,
    /// Exceptions in which an object is an open member.
    of_object: HashMap<ObjectRef, Vec<i64>>,
    touched: HashMap<MemberKey, Touch>,
    /// The order of first touching, so that rows are written in a stable order.
    touched_order: Vec<MemberKey>,
    free_ids: Vec<i64>,
    /// Owners set by the team per pair and kind; filled when the first new case needs it.
    owners: Option<HashMap<(String, String), String>>,
    /// Rules by which errors are known; read when the first case is raised.
    rules: Option<Vec<SavedRule>>,
    /// Open exceptions that explain others: id and pair.
    parents: Option<Vec<(i64, PairId)>>,
    evidence: Vec<Evidence>,
    debts: Vec<Debt>,
    orphaned: HashSet<i64>,
}

struct Evidence {
    exception: i64,
    how: String,
    evidence: String,
}

struct Debt {
    exception: i64,
    kind: Kind,
    label: String,
    reason: String,
}

/// The lock names of a batch (PostgreSQL): one per kind and pair.
pub(super) async fn keys(conn: &mut Conn, steps: &[(usize, Step<'_>)]) -> StoreResult<Vec<String>> {
    let mut keys = HashSet::new();
    let mut ids = Vec::new();
    for (_, step) in steps {
        if let Some(occurrence) = step.raised() {
            keys.insert(lock_name(occurrence.kind.code(), &occurrence.pair));
        }
        match step {
            Step::Given(Change::Clear { kind, pair, .. } | Change::ClearAll { kind, pair, .. }) => {
                keys.insert(lock_name(kind.code(), pair));
            }
            Step::Given(
                Change::Exception { id, .. } | Change::DebtSettled { exception: id, .. },
            ) => ids.push(id.0),
            _ => {}
        }
    }
    if !ids.is_empty() {
        let rows = conn
            .rows(
                "select kind, pair from exception where id @any($1)",
                vals![ids],
            )
            .await?;
        for row in rows {
            let mut c = row.cols();
            let (kind, pair) = (c.text::<String>()?, c.text::<PairId>()?);
            keys.insert(lock_name(&kind, &pair));
        }
    }
    Ok(keys.into_iter().collect())
}

fn lock_name(kind: &str, pair: &PairId) -> String {
    format!("case|{kind}|{pair}")
}

/// Applies the steps in the order of the batch. A case whose last member was cleared is settled at the end of the batch,
/// so that clearing and raising the same failure in one batch leaves it as it was.
pub(super) async fn write(work: &mut Work<'_>, steps: &[(usize, Step<'_>)]) -> StoreResult<()> {
    if steps.is_empty() {
        return Ok(());
    }
    let mut book = load::book(work.conn, steps).await?;
    for (index, step) in steps {
        match step {
            Step::Found(occurrence) => apply::raise(work, &mut book, *index, occurrence).await?,
            Step::Given(change) => given(work, &mut book, *index, change).await?,
        }
    }
    edit::settle(work, &mut book)?;
    save::all(work, &mut book).await
}

async fn given(
    work: &mut Work<'_>,
    book: &mut Book,
    index: usize,
    change: &Change,
) -> StoreResult<()> {
    match change {
        Change::Raise(occurrence) => apply::raise(work, book, index, occurrence).await?,
        Change::Clear {
            kind,
            pair,
            discriminator,
            object,
            how,
            evidence,
        } => {
            let wanted = apply::Wanted {
                kind: *kind,
                pair,
                discriminator: discriminator.as_deref(),
            };
            apply::clear(work, book, index, &wanted, object, (how, evidence));
        }
        Change::ClearAll {
            kind,
            pair,
            discriminator,
            how,
            evidence,
        } => {
            let fingerprint = format!("{}|{pair}|{discriminator}", kind.code());
            apply::clear_all(work, book, index, &fingerprint, (how, evidence));
        }
        Change::Exception { id, version, edit } => {
            edit::edit(work, book, index, id.0, *version, edit)?;
        }
        Change::DebtSettled {
            exception,
            evidence,
        } => save::settle_debt(work, index, exception.0, evidence).await?,
        _ => {}
    }
    Ok(())
}

/// Kinds whose open exception explains failures of the same pair.
const PARENTS: [Kind; 3] = [Kind::SysDown, Kind::SysAuth, Kind::SysThrottled];

/// Kinds that merely repeat that a system is down, does not let us in or throttles. Named one by one: a cause such as
/// "timing" also stands for problems of the business (a cancel after the parcel left), which must never be hidden.
const EXPLAINED: [Kind; 11] = [
    Kind::OrdInDoubt,
    Kind::OrdMissingInWms,
    Kind::DspConfirmFailed,
    Kind::DspInDoubt,
    Kind::DspLatency,
    Kind::StkStale,
    Kind::StkIncrementMissing,
    Kind::SysBacklog,
    Kind::SysInDoubt,
    Kind::SysScheduleMissed,
    Kind::SysWebhookSilent,
];

/// Fresh exception ids. Gaps are harmless.
async fn fresh_ids(conn: &mut Conn, count: i64) -> StoreResult<Vec<i64>> {
    match conn.dialect() {
        Dialect::Sqlite => {
            let next = conn
                .number(
                    "update counter set next = next + $1 where name = 'exception' returning next",
                    vals![count],
                )
                .await?;
            Ok(((next - count)..next).rev().collect())
        }
        Dialect::Pg => {
            let mut ids: Vec<i64> = conn
                .rows(
                    "select nextval('exception_id') from generate_series(1, $1)",
                    vals![count],
                )
                .await?
                .iter()
                .map(|row| row.get(0))
                .collect::<StoreResult<_>>()?;
            ids.reverse();
            Ok(ids)
        }
    }
}

impl Book {
    fn case(&mut self, id: i64) -> StoreResult<&mut Case> {
        self.cases.get_mut(&id).ok_or_else(|| {
            StoreError::Refused(format!("exception {id} is not known; nothing was written"))
        })
    }

    fn add_case(&mut self, case: Case) {
        let id = case.row.id.0;
        let fingerprint = fingerprint(&case.row);
        let newest = self.newest.entry(fingerprint).or_insert(id);
        *newest = id.max(*newest);
        self.cases.insert(id, case);
    }

    fn add_member(&mut self, exception: i64, object: ObjectRef, value_minor: i64) {
        self.of_object
            .entry(object.clone())
            .or_default()
            .push(exception);
        self.members
            .insert((exception, object), Member { value_minor });
    }

    fn touch(&mut self, key: MemberKey, touch: Touch) {
        if self.touched.insert(key.clone(), touch).is_none() {
            self.touched_order.push(key);
        }
    }
}

fn fingerprint(row: &ExceptionRow) -> String {
    format!("{}|{}|{}", row.kind.code(), row.pair, row.discriminator)
}
