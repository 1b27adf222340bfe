//! Pools, connections, transactions and what their errors mean.

use super::dialect::Dialect;
use super::meter::Meter;
use super::value::{Row, Val, pg_args, sqlite_args};
use super::{StoreError, StoreResult};
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

/// The two databases.
pub(super) enum Db {
    /// One connection writes, others read. Without a writer the store is read-only.
    Sqlite {
        writer: Option<SqlitePool>,
        reader: SqlitePool,
    },
    Pg {
        pool: PgPool,
        is_read_only: bool,
    },
}

impl Db {
    /// Starts a transaction that may write: on SQLite the write lock is taken at once, because a deferred transaction
    /// that reads first is refused without waiting when somebody else wrote meanwhile.
    pub(super) async fn write(&self) -> StoreResult<Conn> {
        match self {
            Self::Sqlite {
                writer: Some(pool), ..
            } => Ok(Conn::new(Link::SqliteTx(
                Box::pin(pool.begin_with("BEGIN IMMEDIATE"))
                    .await
                    .map_err(fault)?,
            ))),
            Self::Pg {
                pool,
                is_read_only: false,
            } => Ok(Conn::new(Link::PgTx(
                Box::pin(pool.begin()).await.map_err(fault)?,
            ))),
            _ => Err(StoreError::Refused(
                "this store was opened read-only; nothing was written".to_owned(),
            )),
        }
    }

    /// A connection for reading.
    pub(super) async fn read(&self) -> StoreResult<Conn> {
        Ok(Conn::new(match self {
            Self::Sqlite { reader, .. } => {
                Link::SqliteRead(Box::pin(reader.acquire()).await.map_err(fault)?)
            }
            Self::Pg { pool, .. } => Link::PgRead(Box::pin(pool.acquire()).await.map_err(fault)?),
        }))
    }
}

enum Link {
    SqliteTx(Transaction<'static, Sqlite>),
    PgTx(Transaction<'static, Postgres>),
    SqliteRead(PoolConnection<Sqlite>),
    PgRead(PoolConnection<Postgres>),
}

/// A connection or transaction on either database. Dropped before [`Conn::commit`], a transaction rolls back.
pub(super) struct Conn {
    link: Link,
    /// The last error was a conflict between transactions: the whole transaction may be repeated.
    pub(super) is_conflict: bool,
    meter: Option<Arc<Meter>>,
}

impl Conn {
    fn new(link: Link) -> Self {
        Self {
            link,
            is_conflict: false,
            meter: None,
        }
    }

    /// Counts its commit.
    pub(super) fn metered(mut self, meter: Arc<Meter>) -> Self {
        self.meter = Some(meter);
        self
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self.link {
            Link::SqliteTx(_) | Link::SqliteRead(_) => Dialect::Sqlite,
            Link::PgTx(_) | Link::PgRead(_) => Dialect::Pg,
        }
    }

    /// Runs a statement; returns how many rows it touched.
    pub(super) async fn exec(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Val>,
    ) -> StoreResult<u64> {
        // The driver's futures are large, and everybody who waits for this one would carry them along: boxed.
        let sql = self.dialect().expand(sql.into());
        let done = Box::pin(self.execute(sql, args)).await?;
        done.map_err(|e| self.note(e))
    }

    async fn execute(
        &mut self,
        sql: Cow<'static, str>,
        args: Vec<Val>,
    ) -> StoreResult<sqlx::Result<u64>> {
        let sql = AssertSqlSafe(sql);
        Ok(match &mut self.link {
            Link::SqliteTx(tx) => sqlx::query_with(sql, sqlite_args(args)?)
                .execute(&mut **tx)
                .await
                .map(|d| d.rows_affected()),
            Link::SqliteRead(c) => sqlx::query_with(sql, sqlite_args(args)?)
                .execute(&mut **c)
                .await
                .map(|d| d.rows_affected()),
            Link::PgTx(tx) => sqlx::query_with(sql, pg_args(args)?)
                .execute(&mut **tx)
                .await
                .map(|d| d.rows_affected()),
            Link::PgRead(c) => sqlx::query_with(sql, pg_args(args)?)
                .execute(&mut **c)
                .await
                .map(|d| d.rows_affected()),
        })
    }

    /// Runs a query and reads every row of it.
    pub(super) async fn rows(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Val>,
    ) -> StoreResult<Vec<Row>> {
        let sql = self.dialect().expand(sql.into());
        let found = Box::pin(self.fetch(sql, args)).await?;
        found.map_err(|e| self.note(e))
    }

    async fn fetch(
        &mut self,
        sql: Cow<'static, str>,
        args: Vec<Val>,
    ) -> StoreResult<sqlx::Result<Vec<Row>>> {
        let sql = AssertSqlSafe(sql);
        Ok(match &mut self.link {
            Link::SqliteTx(tx) => sqlx::query_with(sql, sqlite_args(args)?)
                .fetch_all(&mut **tx)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Link::SqliteRead(c) => sqlx::query_with(sql, sqlite_args(args)?)
                .fetch_all(&mut **c)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Link::PgTx(tx) => sqlx::query_with(sql, pg_args(args)?)
                .fetch_all(&mut **tx)
                .await
                .map(|rows| rows.into_iter().map(Row::Pg).collect()),
            Link::PgRead(c) => sqlx::query_with(sql, pg_args(args)?)
                .fetch_all(&mut **c)
                .await
                .map(|rows| rows.into_iter().map(Row::Pg).collect()),
        })
    }

    /// The first row of a query, when there is one.
    pub(super) async fn row(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Val>,
    ) -> StoreResult<Option<Row>> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// One number; zero when there is no row or it is null.
    pub(super) async fn number(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        args: Vec<Val>,
    ) -> StoreResult<i64> {
        match self.row(sql, args).await? {
            Some(row) => Ok(row.get::<Option<i64>>(0)?.unwrap_or(0)),
            None => Ok(0),
        }
    }

    /// Runs a script of several statements (migrations).
    pub(super) async fn script(&mut self, sql: &'static str) -> StoreResult<()> {
        let done = match &mut self.link {
            Link::SqliteTx(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(|_| ()),
            Link::SqliteRead(c) => sqlx::raw_sql(sql).execute(&mut **c).await.map(|_| ()),
            Link::PgTx(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(|_| ()),
            Link::PgRead(c) => sqlx::raw_sql(sql).execute(&mut **c).await.map(|_| ()),
        };
        done.map_err(|e| self.note(e))
    }

    /// One statement per chunk of rows: `head values ($1,$2),($3,$4)… tail`. Chunk sizes are few, so that the prepared
    /// statements are reused.
    pub(super) async fn bulk(
        &mut self,
        head: &'static str,
        tail: &'static str,
        rows: Vec<Vec<Val>>,
    ) -> StoreResult<u64> {
        let mut touched = 0;
        let mut rows = rows.into_iter().peekable();
        let mut left = rows.len();
        while let Some(first) = rows.peek() {
            let width = first.len().max(1);
            let size = chunk_size(left, width);
            left -= size;
            let sql = bulk_sql(self.dialect(), (head, tail), width, size);
            let args: Vec<Val> = rows.by_ref().take(size).flatten().collect();
            touched += self.exec(sql, args).await?;
        }
        Ok(touched)
    }

    /// As [`Conn::bulk`], reading what the statements return.
    pub(super) async fn bulk_rows(
        &mut self,
        head: &'static str,
        tail: &'static str,
        rows: Vec<Vec<Val>>,
    ) -> StoreResult<Vec<Row>> {
        let mut found = Vec::new();
        let mut rows = rows.into_iter().peekable();
        let mut left = rows.len();
        while let Some(first) = rows.peek() {
            let width = first.len().max(1);
            let size = chunk_size(left, width);
            left -= size;
            let sql = bulk_sql(self.dialect(), (head, tail), width, size);
            let args: Vec<Val> = rows.by_ref().take(size).flatten().collect();
            found.extend(self.rows(sql, args).await?);
        }
        Ok(found)
    }

    /// Makes the transaction durable. An error here leaves the outcome unknown on PostgreSQL: callers read again.
    pub(super) async fn commit(self) -> Result<(), (StoreError, bool)> {
        let begun = Instant::now();
        let done = match self.link {
            Link::SqliteTx(tx) => Box::pin(tx.commit()).await,
            Link::PgTx(tx) => Box::pin(tx.commit()).await,
            Link::SqliteRead(_) | Link::PgRead(_) => Ok(()),
        };
        if let (Some(meter), Ok(())) = (&self.meter, &done) {
            meter.count(begun.elapsed());
        }
        done.map_err(|e| {
            let is_conflict = is_conflict(&e);
            (fault(e), is_conflict)
        })
    }

    fn note(&mut self, error: sqlx::Error) -> StoreError {
        self.is_conflict = is_conflict(&error);
        fault(error)
    }
}

/// Rows per statement; a value list of a size has one text and is prepared once.
const CHUNKS: [usize; 5] = [128, 32, 8, 2, 1];
/// Bound values per statement: below SQLite's 32,766 and PostgreSQL's 65,535.
const BINDS_MAX: usize = 16_000;

fn chunk_size(left: usize, width: usize) -> usize {
    CHUNKS
        .into_iter()
        .find(|size| *size <= left && size * width <= BINDS_MAX)
        .unwrap_or(1)
}

/// On SQLite the values have no numbers: the driver looks every number up by name, which takes longer than the insert.
fn bulk_sql(dialect: Dialect, (head, tail): (&str, &str), width: usize, size: usize) -> String {
    use std::fmt::Write as _;
    let mut sql = String::with_capacity(head.len() + tail.len() + width * size * 5);
    sql.push_str(head);
    sql.push_str(" values ");
    for row in 0..size {
        sql.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..width {
            if column > 0 {
                sql.push(',');
            }
            match dialect {
                Dialect::Sqlite => sql.push('?'),
                Dialect::Pg => {
                    // Writing to a String cannot fail.
                    let _ = write!(sql, "${}", row * width + column + 1);
                }
            }
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(tail);
    sql
}

/// A conflict between transactions, after which the whole transaction may be repeated.
fn is_conflict(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    error
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .is_some_and(|e| matches!(e.code(), "40001" | "40P01" | "55P03" | "23505"))
}

/// What an error of the driver means to the house.
pub(super) fn fault(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(inner) => match inner.try_downcast_ref::<sqlx::sqlite::SqliteError>()
        {
            Some(_) => sqlite_fault(inner.code().as_deref().unwrap_or(""), inner.message()),
            None => pg_fault(inner.code().as_deref().unwrap_or(""), inner.message()),
        },
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::TypeNotFound { .. } => StoreError::Decode(error.to_string()),
        sqlx::Error::Configuration(inner) => {
            StoreError::Refused(format!("the store's address is not understood: {inner}"))
        }
        other => StoreError::Unavailable(other.to_string()),
    }
}

fn sqlite_fault(code: &str, message: &str) -> StoreError {
    let extended: i64 = code.parse().unwrap_or(0);
    let text = format!("{message} (SQLite code {code})");
    match extended & 0xff {
        // 13 FULL
        13 => StoreError::Full(text),
        // 11 CORRUPT, 26 NOTADB, and the file system's own report of damage
        11 | 26 => StoreError::Corrupt(text),
        10 if extended >> 8 == 33 => StoreError::Corrupt(text),
        // 5 BUSY, 6 LOCKED, 7 NOMEM, 9 INTERRUPT, 10 IOERR, 14 CANTOPEN, 15 PROTOCOL
        5 | 6 | 7 | 9 | 10 | 14 | 15 => StoreError::Unavailable(text),
        _ => StoreError::Refused(format!("the store refused: {text}")),
    }
}

fn pg_fault(code: &str, message: &str) -> StoreError {
    let text = format!("{message} (PostgreSQL code {code})");
    if code == "53100" {
        return StoreError::Full(text);
    }
    if code.starts_with("XX00") && code != "XX000" {
        return StoreError::Corrupt(text);
    }
    let class = code.get(..2).unwrap_or("");
    match class {
        // connection, invalid transaction state (read-only standby), rollback, resources, operator, system
        "08" | "25" | "40" | "53" | "55" | "57" | "58" => StoreError::Unavailable(text),
        "28" => StoreError::Unavailable(format!("the database does not let tallyman in: {text}")),
        _ => StoreError::Refused(format!("the store refused: {text}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_tell_full_corrupt_and_busy_apart() {
        assert!(matches!(sqlite_fault("13", ""), StoreError::Full(_)));
        assert!(matches!(sqlite_fault("11", ""), StoreError::Corrupt(_)));
        assert!(matches!(sqlite_fault("26", ""), StoreError::Corrupt(_)));
        assert!(matches!(
            sqlite_fault("517", ""),
            StoreError::Unavailable(_)
        ));
        assert!(matches!(sqlite_fault("1811", ""), StoreError::Refused(_)));
        assert!(matches!(pg_fault("53100", ""), StoreError::Full(_)));
        assert!(matches!(pg_fault("57P01", ""), StoreError::Unavailable(_)));
        assert!(matches!(pg_fault("XX001", ""), StoreError::Corrupt(_)));
        assert!(matches!(pg_fault("23502", ""), StoreError::Refused(_)));
    }

    #[test]
    fn rows_are_cut_into_few_sizes_within_the_bind_limit() {
        assert_eq!(chunk_size(1_000, 43), 128);
        assert_eq!(chunk_size(130, 3), 128);
        assert_eq!(chunk_size(7, 3), 2);
        assert_eq!(chunk_size(1, 3), 1);
        assert_eq!(chunk_size(1_000, 200), 32);
        assert_eq!(
            bulk_sql(Dialect::Pg, ("insert into t", ""), 2, 2),
            "insert into t values ($1,$2),($3,$4) "
        );
        assert_eq!(
            bulk_sql(Dialect::Sqlite, ("insert into t", ""), 2, 2),
            "insert into t values (?,?),(?,?) "
        );
    }
}
