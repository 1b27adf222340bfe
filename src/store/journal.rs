//! The journal: append-only, hash-chained, written last in every commit.

use super::db::Conn;
use super::read::JournalRow;
use super::value::{Cols, Val, vals};
use super::{Store, StoreError, StoreResult};
use crate::domain::change::Journal;
use crate::domain::exception::ObjectRef;
use crate::domain::ids::{ExceptionId, JournalSeq, PayloadId};
use crate::domain::time::Ts;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Rows read at once while the chain is checked.
const VERIFY_PAGE: i64 = 2_000;
/// Longest text kept in one field of a journal row, characters.
const TEXT_CHARS_MAX: usize = 2_000;

/// A journal line to be written, with its place in the batch.
pub(super) struct Draft {
    pub(super) index: usize,
    /// The order whose timeline it belongs to.
    pub(super) order: Option<i64>,
    pub(super) entry: Journal,
}

/// One row in the form that is hashed.
struct Link<'a> {
    seq: i64,
    at: i64,
    actor: &'a str,
    action: &'a str,
    object_kind: &'a str,
    object_id: &'a str,
    order: Option<i64>,
    pair: Option<&'a str>,
    before: &'a str,
    after: &'a str,
    reason: &'a str,
    exception: Option<i64>,
    payload: Option<i64>,
}

impl Link<'_> {
    /// SHA-256 over the previous hash and the row's canonical JSON.
    fn hash(&self, previous: &[u8]) -> StoreResult<Vec<u8>> {
        let canonical = serde_json::to_vec(&(
            (
                self.seq,
                self.at,
                self.actor,
                self.action,
                self.object_kind,
                self.object_id,
            ),
            (
                self.order,
                self.pair,
                self.before,
                self.after,
                self.reason,
                self.exception,
                self.payload,
            ),
        ))
        .map_err(|e| StoreError::Decode(e.to_string()))?;
        let mut digest = Sha256::new();
        digest.update(previous);
        digest.update(&canonical);
        Ok(digest.finalize().to_vec())
    }
}

fn capped(text: &str) -> String {
    if text.len() <= TEXT_CHARS_MAX && !text.contains('\0') {
        return text.to_owned();
    }
    text.chars()
        .filter(|c| *c != '\0')
        .take(TEXT_CHARS_MAX)
        .collect()
}

/// First and last line of each change of a batch, by its index.
pub(super) type Lines = BTreeMap<usize, (i64, i64)>;

/// Appends the drafts of a batch in their order. The head row is locked last and shortly.
pub(super) async fn append(
    conn: &mut Conn,
    actor: &str,
    at: Ts,
    mut drafts: Vec<Draft>,
) -> StoreResult<Lines> {
    let mut lines = Lines::new();
    if drafts.is_empty() {
        return Ok(lines);
    }
    drafts.sort_by_key(|d| d.index);
    let head = conn
        .row(
            "select seq, hash from journal_head where one = 1 @lock",
            vec![],
        )
        .await?
        .ok_or_else(|| StoreError::Corrupt("the journal has lost its head".to_owned()))?;
    let (mut seq, mut hash) = (head.get::<i64>(0)?, head.get::<Vec<u8>>(1)?);
    let actor = capped(actor);
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        seq += 1;
        lines.entry(draft.index).or_insert((seq, seq)).1 = seq;
        let (row, own) = linked(draft, (seq, at), &actor, &hash)?;
        hash = own;
        rows.push(row);
    }
    conn.bulk(
        "insert into journal (seq, at, actor, action, object_kind, object_id, order_id, pair, before_text, after_text, \
         reason, exception_id, payload_id, hash)",
        "",
        rows,
    )
    .await?;
    conn.exec(
        "update journal_head set seq = $1, hash = $2 where one = 1",
        vals![seq, hash],
    )
    .await?;
    Ok(lines)
}

/// A draft as a row after the one with the hash `previous`, and its own hash.
fn linked(
    draft: Draft,
    (seq, at): (i64, Ts),
    actor: &str,
    previous: &[u8],
) -> StoreResult<(Vec<Val>, Vec<u8>)> {
    let Draft { order, entry, .. } = draft;
    let (object_id, action) = (capped(&entry.object.id()), capped(&entry.action));
    let (before, after) = (capped(&entry.before), capped(&entry.after));
    let reason = capped(&entry.reason);
    let pair = entry.pair.as_ref().map(|p| capped(p.as_str()));
    let hash = Link {
        seq,
        at: at.0,
        actor,
        action: &action,
        object_kind: entry.object.kind(),
        object_id: &object_id,
        order,
        pair: pair.as_deref(),
        before: &before,
        after: &after,
        reason: &reason,
        exception: entry.exception.map(|e| e.0),
        payload: entry.payload.map(|p| p.0),
    }
    .hash(previous)?;
    let row = vals![
        seq,
        at,
        actor,
        action,
        entry.object.kind(),
        object_id,
        order,
        pair,
        before,
        after,
        reason,
        entry.exception.map(|e| e.0),
        entry.payload.map(|p| p.0),
        hash.clone(),
    ];
    Ok((row, hash))
}

/// The columns of [`journal_row`], in order.
pub(super) const COLUMNS: &str = "seq, at, actor, action, object_kind, object_id, pair, before_text, after_text, reason, exception_id, payload_id";

pub(super) fn journal_row(c: &mut Cols<'_>) -> StoreResult<JournalRow> {
    let (seq, at, actor, action) = (c.int()?, c.ts()?, c.text()?, c.text()?);
    let (kind, id) = (c.text::<String>()?, c.text::<String>()?);
    Ok(JournalRow {
        seq: JournalSeq(seq),
        at,
        actor,
        action,
        object: object(&kind, &id)?,
        pair: c.opt_text()?,
        before: c.text()?,
        after: c.text()?,
        reason: c.text()?,
        exception: c.opt_int()?.map(ExceptionId),
        payload: c.opt_int()?.map(PayloadId),
    })
}

/// An object from its two columns.
pub(super) fn object(kind: &str, id: &str) -> StoreResult<ObjectRef> {
    ObjectRef::from_parts(kind, id)
        .ok_or_else(|| StoreError::Decode(format!("{kind}:{id} is not a known object")))
}

impl Store {
    /// The timeline of an object, oldest first: for an order also what its deliveries and exceptions did, for an
    /// exception also what befell its members. When there is more than `limit`, the newest are returned.
    pub async fn timeline(&self, object: &ObjectRef, limit: usize) -> StoreResult<Vec<JournalRow>> {
        let limit = super::limit(limit);
        let mut conn = self.inner.db.read().await?;
        let (sql, args): (String, Vec<Val>) = match object {
            ObjectRef::Order(id) => (
                format!(
                    "select {COLUMNS} from journal where order_id = $1 order by seq desc @limit($2)"
                ),
                vals![id.0, limit],
            ),
            ObjectRef::Exception(id) => (
                format!(
                    "select {COLUMNS} from journal where exception_id = $1 order by seq desc @limit($2)"
                ),
                vals![*id, limit],
            ),
            other => (
                format!(
                    "select {COLUMNS} from journal where object_kind = $1 and object_id = $2 order by seq desc @limit($3)"
                ),
                vals![other.kind(), other.id(), limit],
            ),
        };
        let mut rows = conn
            .rows(sql, args)
            .await?
            .iter()
            .map(|row| journal_row(&mut row.cols()))
            .collect::<StoreResult<Vec<_>>>()?;
        rows.reverse();
        Ok(rows)
    }

    /// Recomputes the hash chain; `Ok(None)` when it holds, else what is wrong with the first bad row.
    pub async fn verify_journal(&self) -> StoreResult<Option<String>> {
        let mut conn = self.inner.db.read().await?;
        // The head is read first: rows appended while we look are not judged.
        let head = conn
            .row("select seq, hash from journal_head where one = 1", vec![])
            .await?
            .ok_or_else(|| StoreError::Corrupt("the journal has lost its head".to_owned()))?;
        let (last, last_hash) = (head.get::<i64>(0)?, head.get::<Vec<u8>>(1)?);
        let (mut seq, mut hash) = (0_i64, Vec::new());
        while seq < last {
            let rows = conn
                .rows(
                    "select seq, at, actor, action, object_kind, object_id, order_id, pair, before_text, after_text, \
                     reason, exception_id, payload_id, hash from journal \
                     where seq > $1 and seq <= $2 order by seq @limit($3)",
                    vals![seq, last, VERIFY_PAGE],
                )
                .await?;
            if rows.is_empty() {
                return Ok(Some(format!(
                    "journal row {} and all after it up to {last} are missing",
                    seq + 1
                )));
            }
            for row in rows {
                match check_link(&mut row.cols(), seq, &hash)? {
                    Ok(next) => hash = next,
                    Err(wrong) => return Ok(Some(wrong)),
                }
                seq += 1;
            }
        }
        if hash != last_hash {
            return Ok(Some(format!(
                "the journal's head does not match its last row {last}"
            )));
        }
        let beyond = conn
            .number("select count(*) from journal where seq <= 0", vec![])
            .await?;
        if beyond > 0 {
            return Ok(Some(format!(
                "{beyond} journal rows stand before the first"
            )));
        }
        Ok(None)
    }
}

/// Checks one row against its predecessor; the inner result is the row's hash or what is wrong.
fn check_link(
    c: &mut Cols<'_>,
    before: i64,
    previous: &[u8],
) -> StoreResult<Result<Vec<u8>, String>> {
    let (seq, at) = (c.int()?, c.int()?);
    if seq != before + 1 {
        return Ok(Err(format!("journal row {} is missing", before + 1)));
    }
    let (actor, action) = (c.text::<String>()?, c.text::<String>()?);
    let (object_kind, object_id) = (c.text::<String>()?, c.text::<String>()?);
    let (order, pair) = (c.opt_int()?, c.opt_text::<String>()?);
    let (before, after, reason) = (
        c.text::<String>()?,
        c.text::<String>()?,
        c.text::<String>()?,
    );
    let (exception, payload, hash) = (c.opt_int()?, c.opt_int()?, c.blob()?);
    let link = Link {
        seq,
        at,
        actor: &actor,
        action: &action,
        object_kind: &object_kind,
        object_id: &object_id,
        order,
        pair: pair.as_deref(),
        before: &before,
        after: &after,
        reason: &reason,
        exception,
        payload,
    };
    if link.hash(previous)? == hash {
        return Ok(Ok(hash));
    }
    Ok(Err(format!(
        "journal row {seq} was changed, or the row before it was"
    )))
}
