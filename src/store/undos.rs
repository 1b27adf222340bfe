//! Ways back from edits, read.

use super::value::{Cols, Val, from_json, vals};
use super::{Store, StoreResult};
use crate::domain::ids::JournalSeq;
use crate::domain::undo::Undoable;

const COLUMNS: &str = "u.seq, u.at, u.by_whom, u.way, u.undone_at, u.undone_by, j.action, j.before_text, \
                       j.after_text, u.seq - u.first_seq + 1";

fn undoable(c: &mut Cols<'_>) -> StoreResult<Undoable> {
    let (seq, at, by) = (c.int()?, c.ts()?, c.text()?);
    let undo = from_json(&c.text::<String>()?)?;
    let (undone_at, undone_by) = (c.opt_ts()?, c.opt_text::<String>()?);
    Ok(Undoable {
        seq: JournalSeq(seq),
        at,
        by,
        undo,
        undone: undone_at.zip(undone_by),
        action: c.text()?,
        before: c.text()?,
        after: c.text()?,
        lines: c.int()?,
    })
}

/// Most edits taken back in one go.
pub const TOGETHER_MAX: usize = 10_000;

impl Store {
    /// The newest edit of a person that was not taken back yet.
    pub async fn newest_undoable(&self, by: &str) -> StoreResult<Option<Undoable>> {
        self.one_undoable(
            "where u.by_whom = $1 and u.undone_at is null order by u.seq desc limit 1",
            vals![by],
        )
        .await
    }

    /// The edit a line of the journal belongs to, when there is a way back from it.
    pub async fn undoable(&self, line: JournalSeq) -> StoreResult<Option<Undoable>> {
        // Lines of one edit stand together: the first edit that ends at or behind the line has it, or none has.
        self.one_undoable(
            "where u.seq = (select min(seq) from undo where seq >= $1) and u.first_seq <= $1",
            vals![line.0],
        )
        .await
    }

    /// Edits that were made in one go with this one and are not taken back yet, itself included, in their order.
    pub async fn undoable_together(&self, with: &Undoable) -> StoreResult<Vec<Undoable>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!(
                "select {COLUMNS} from undo u join journal j on j.seq = u.first_seq \
                 where u.batch_seq = (select batch_seq from undo where seq = $1) and u.undone_at is null \
                 order by u.seq @limit($2)"
            ),
            vals![with.seq.0, super::limit(TOGETHER_MAX)],
        )
        .await?
        .iter()
        .map(|row| undoable(&mut row.cols()))
        .collect()
    }

    async fn one_undoable(&self, which: &str, args: Vec<Val>) -> StoreResult<Option<Undoable>> {
        let mut conn = self.inner.db.read().await?;
        conn.row(
            format!("select {COLUMNS} from undo u join journal j on j.seq = u.first_seq {which}"),
            args,
        )
        .await?
        .map(|row| undoable(&mut row.cols()))
        .transpose()
    }
}
