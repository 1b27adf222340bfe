//! Consistent copies of a SQLite store.

use super::db::{Db, fault};
use super::value::vals;
use super::{BackupDone, Store, StoreError, StoreResult};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use std::path::{Path, PathBuf};

impl Store {
    /// A consistent copy (SQLite: `VACUUM INTO`, then opened and checked; PostgreSQL: refused with the command to run).
    /// An existing file is never overwritten.
    pub async fn backup(&self, to: &Path) -> StoreResult<BackupDone> {
        if self.inner.path.is_none() {
            return Err(StoreError::Refused(
                "a PostgreSQL store is backed up by the database's own tools: pg_dump --format=custom --file=FILE URL"
                    .to_owned(),
            ));
        }
        copy(&self.inner.db, to).await
    }
}

/// The copy that is kept beside the file before its schema is changed. One of the same schema that exists is kept: an
/// earlier try at the migration made it.
pub(super) async fn copy_before_migration(db: &Db, path: &Path, found: i64) -> StoreResult<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".schema-{found}.bak"));
    let to = PathBuf::from(name);
    if to.exists() {
        return check_copy(&to).await;
    }
    copy(db, &to).await.map(|_| ())
}

async fn copy(db: &Db, to: &Path) -> StoreResult<BackupDone> {
    if to.exists() {
        return Err(StoreError::Refused(format!(
            "{} exists already; name a new file",
            to.display()
        )));
    }
    let text = to.to_str().ok_or_else(|| {
        StoreError::Refused(format!("{} is not a name SQLite understands", to.display()))
    })?;
    // Made private and empty first: `VACUUM INTO` fills an empty file and keeps its mode.
    super::open::create_private(to)?;
    let mut conn = db.read().await?;
    if let Err(error) = conn.exec("vacuum into $1", vals![text]).await {
        // A half copy is worse than none; when it cannot even be removed, the first error still is the one to tell.
        let _ = std::fs::remove_file(to);
        return Err(error);
    }
    drop(conn);
    check_copy(to).await?;
    let file = std::fs::File::open(to).map_err(|e| unreadable(to, &e))?;
    file.sync_all().map_err(|e| unreadable(to, &e))?;
    let bytes = file.metadata().map_err(|e| unreadable(to, &e))?.len();
    Ok(BackupDone {
        path: to.to_owned(),
        bytes,
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}

/// Opens the copy by itself and checks it whole.
async fn check_copy(path: &Path) -> StoreResult<()> {
    let mut conn: SqliteConnection = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .connect()
        .await
        .map_err(fault)?;
    let found: String = sqlx::query_scalar("pragma integrity_check(1)")
        .fetch_one(&mut conn)
        .await
        .map_err(fault)?;
    conn.close().await.map_err(fault)?;
    if found == "ok" {
        return Ok(());
    }
    Err(StoreError::Corrupt(format!(
        "the copy {} is damaged: {found}",
        path.display()
    )))
}
