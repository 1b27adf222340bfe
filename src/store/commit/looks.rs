//! Orders of a source to be read because events told of them: one row per order, however many events.

use super::Work;
use crate::domain::change::Change;
use crate::store::StoreResult;
use crate::store::value::{Val, vals};

pub(super) async fn write(work: &mut Work<'_>, changes: &[&Change]) -> StoreResult<()> {
    let mut new: Vec<Vec<Val>> = Vec::new();
    for change in changes {
        if let Change::Look(look) = change {
            new.push(vals![
                look.pair.as_str(),
                look.source_id.as_str(),
                look.system.as_str(),
                look.heard_at,
                look.due_at,
                0_i64,
                0_i64,
                work.at,
            ]);
        }
    }
    work.conn
        .bulk(
            "insert into look (pair, source_id, system, heard_at, due_at, reads, absent, updated_at)",
            "on conflict (pair, source_id) do update set \
             heard_at = case when excluded.heard_at > look.heard_at then excluded.heard_at else look.heard_at end, \
             due_at = case when look.due_at is null or excluded.due_at < look.due_at then excluded.due_at else look.due_at end, \
             updated_at = excluded.updated_at",
            new,
        )
        .await?;
    for change in changes {
        match change {
            Change::Looked(looked) => {
                let ids: Vec<String> = looked.ids.iter().map(|i| i.0.clone()).collect();
                work.conn
                    .exec(
                        "update look set reads = reads + $3, absent = case when $4 = 1 then absent + 1 else 0 end, \
                         due_at = case when heard_at > $5 then due_at else $6 end, updated_at = $7 \
                         where pair = $1 and source_id @any($2)",
                        vals![
                            looked.pair.as_str(),
                            ids,
                            i64::from(looked.is_hinted),
                            looked.is_absent,
                            looked.asked_at,
                            looked.again_at,
                            work.at,
                        ],
                    )
                    .await?;
            }
            Change::LooksForgotten { before } => {
                work.conn
                    .exec(
                        "delete from look where due_at is null and updated_at < $1",
                        vals![*before],
                    )
                    .await?;
            }
            _ => {}
        }
    }
    Ok(())
}
