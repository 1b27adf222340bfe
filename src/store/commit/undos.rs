//! Ways back from edits of our own books: kept beside the lines of the journal, taken once.

use super::Work;
use crate::domain::ids::JournalSeq;
use crate::store::journal::Lines;
use crate::store::value::{to_json, vals};
use crate::store::{StoreError, StoreResult};

/// Keeps the ways back of a batch. An edit that wrote no line changed nothing and needs none.
/// Those of several batches done `together` share the line that the first of them began with.
pub(super) async fn keep(
    work: &mut Work<'_>,
    lines: &Lines,
    together: Option<JournalSeq>,
) -> StoreResult<()> {
    let Some(batch) = together.or(work.done.first_line) else {
        return Ok(());
    };
    for (index, undo) in std::mem::take(&mut work.undos) {
        let Some((first, last)) = lines.get(&index) else {
            continue;
        };
        work.conn
            .exec(
                "insert into undo (seq, first_seq, batch_seq, at, by_whom, way) \
                 values ($1, $2, $3, $4, $5, $6)",
                vals![*last, *first, batch.0, work.at, work.actor, to_json(&undo)?],
            )
            .await?;
    }
    Ok(())
}

/// Marks edits as taken back. What a taking back changes is no edit of its own: it has no way back but doing it again.
pub(super) async fn take(work: &mut Work<'_>, undone: &[JournalSeq]) -> StoreResult<()> {
    for seq in undone {
        let taken = work
            .conn
            .exec(
                "update undo set undone_at = $2, undone_by = $3 where seq = $1 and undone_at is null",
                vals![seq.0, work.at, work.actor],
            )
            .await?;
        if taken == 0 {
            return Err(StoreError::Refused(format!(
                "line {seq} of the journal was taken back already, or cannot be"
            )));
        }
    }
    Ok(())
}
