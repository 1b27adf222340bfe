//! How people want their columns: one row for each person and list. The journal is not told of it.

use super::Work;
use crate::domain::columns::{KeptLayout, LAYOUT_CHARS_MAX, LAYOUTS_MAX};
use crate::store::value::vals;
use crate::store::{StoreError, StoreResult};

pub(super) async fn write(work: &mut Work<'_>, layouts: &[&KeptLayout]) -> StoreResult<()> {
    for kept in layouts {
        if kept.layout.is_declared() {
            forget(work, kept).await?;
        } else {
            keep(work, kept).await?;
        }
    }
    Ok(())
}

async fn forget(work: &mut Work<'_>, kept: &KeptLayout) -> StoreResult<()> {
    let args = vals![work.actor, kept.list.as_str()];
    let sql = "delete from column_layout where operator = $1 and list = $2";
    // Where none was kept there is nothing to forget.
    work.conn.exec(sql, args).await?;
    Ok(())
}

async fn keep(work: &mut Work<'_>, kept: &KeptLayout) -> StoreResult<()> {
    let columns = kept.layout.to_string();
    if columns.chars().count() > LAYOUT_CHARS_MAX {
        return Err(StoreError::Refused(format!(
            "the columns of {} take more than {LAYOUT_CHARS_MAX} characters to keep",
            kept.list
        )));
    }
    let args = vals![
        work.actor,
        kept.list.as_str(),
        columns,
        work.at,
        super::super::limit(LAYOUTS_MAX)
    ];
    let written = work
        .conn
        .exec(
            "insert into column_layout (operator, list, columns, saved_at) \
             select $1, $2, $3, $4 where (select count(*) from column_layout) < $5 \
             or exists (select 1 from column_layout where operator = $1 and list = $2) \
             on conflict (operator, list) do update set columns = excluded.columns, saved_at = excluded.saved_at",
            args,
        )
        .await?;
    if written == 0 {
        return Err(StoreError::Refused(format!(
            "the columns of {LAYOUTS_MAX} lists are kept already; yours of {} are for this session only",
            kept.list
        )));
    }
    Ok(())
}
