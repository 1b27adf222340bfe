//! Leases with fencing, and blocks of ids.

use super::db::Conn;
use super::dialect::Dialect;
use super::value::vals;
use super::{Lease, Store, StoreError, StoreResult};
use crate::domain::change::Fence;
use crate::domain::time::{Span, Ts};

/// Largest block of ids given out at once.
const BLOCK_MAX: i64 = 1_000_000;

/// The time leases are judged by: the database's own on PostgreSQL, because workers' clocks differ.
async fn lease_clock(conn: &mut Conn, now: Ts) -> StoreResult<Ts> {
    match conn.dialect() {
        Dialect::Sqlite => Ok(now),
        Dialect::Pg => Ok(Ts(conn
            .number(
                "select (extract(epoch from clock_timestamp()) * 1000000)::bigint",
                vec![],
            )
            .await?)),
    }
}

/// Refuses when the lease was taken over. The row stays locked until the commit, so that a take-over cannot slip in.
pub(super) async fn check_fence(conn: &mut Conn, fence: &Fence) -> StoreResult<()> {
    let row = conn
        .row(
            "select epoch from lease where name = $1 @share",
            vals![fence.lease.as_str()],
        )
        .await?;
    let epoch = match row {
        Some(row) => row.get::<i64>(0)?,
        None => 0,
    };
    if epoch == fence.epoch {
        return Ok(());
    }
    Err(StoreError::Fenced {
        lease: fence.lease.clone(),
    })
}

impl Store {
    /// A block of `count` fresh ids; returns the first.
    pub async fn reserve_ids(&self, count: i64) -> StoreResult<i64> {
        if !(1..=BLOCK_MAX).contains(&count) {
            return Err(StoreError::Refused(format!(
                "{count} ids were asked for; 1 to {BLOCK_MAX} can be given at once"
            )));
        }
        let mut tx = self.inner.write().await?;
        let next = tx
            .number(
                "update counter set next = next + $1 where name = 'id' returning next",
                vals![count],
            )
            .await?;
        tx.commit().await.map_err(|(e, _)| e)?;
        Ok(next - count)
    }

    /// Takes or renews a lease: granted when free, expired, or already ours. `None` when another holder lives.
    /// The epoch grows by one whenever the lease comes into other hands; a renewal keeps it.
    pub async fn lease(
        &self,
        name: &str,
        holder: &str,
        now: Ts,
        ttl: Span,
    ) -> StoreResult<Option<Lease>> {
        let mut tx = self.inner.write().await?;
        let now = lease_clock(&mut tx, now).await?;
        let until = now + ttl;
        let taken = tx
            .row(
                "insert into lease (name, holder, epoch, until_at, taken_at) values ($1, $2, 1, $3, $4) \
                 on conflict (name) do update set holder = excluded.holder, until_at = excluded.until_at, \
                 epoch = case when lease.holder = excluded.holder then lease.epoch else lease.epoch + 1 end, \
                 taken_at = case when lease.holder = excluded.holder then lease.taken_at else excluded.taken_at end \
                 where lease.holder in ('', excluded.holder) or lease.until_at <= excluded.taken_at \
                 returning epoch",
                vals![name, holder, until, now],
            )
            .await?;
        let Some(taken) = taken else { return Ok(None) };
        let epoch = taken.get(0)?;
        tx.commit().await.map_err(|(e, _)| e)?;
        Ok(Some(Lease {
            name: name.to_owned(),
            epoch,
            until,
        }))
    }

    /// Gives a lease back. Nothing happens when it is no longer ours.
    pub async fn release(&self, fence: &Fence, holder: &str) -> StoreResult<()> {
        let mut tx = self.inner.write().await?;
        tx.exec(
            "update lease set holder = '', until_at = 0 where name = $1 and epoch = $2 and holder = $3",
            vals![fence.lease.as_str(), fence.epoch, holder],
        )
        .await?;
        tx.commit().await.map_err(|(e, _)| e)
    }
}
