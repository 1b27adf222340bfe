//! Opening and closing: addresses, files, pools, checks at the start.

use super::db::{Db, fault};
use super::notice::Notice;
use super::payloads::Cipher;
use super::{Inner, Store, StoreError, StoreOptions, StoreResult, migrate};
use crate::domain::time::Ts;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Readers of a SQLite store.
const READERS: u32 = 4;
/// Connections to PostgreSQL, the one that listens for notices included.
const PG_CONNECTIONS: u32 = 10;
/// How long a connection may be waited for before the store counts as not available.
const ACQUIRE: Duration = Duration::from_secs(10);
/// How long SQLite waits for another process's write lock.
const BUSY: Duration = Duration::from_secs(5);
/// Tries at opening while other processes create or migrate the same store.
const OPEN_TRIES: u32 = 20;
/// Files up to this size are checked whole at every start; larger ones by `store verify`.
const CHECK_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Oldest PostgreSQL that is supported.
const PG_VERSION_MIN: i64 = 140_000;

/// The wall clock, for the store's own notes (schema steps); decisions bring their time along.
pub(super) fn wall_clock() -> Ts {
    Ts::from_utc(chrono::Utc::now())
}

impl Store {
    /// Opens, checks and (when asked) migrates. An empty store is created unless it is opened read-only.
    pub async fn open(options: &StoreOptions) -> StoreResult<Self> {
        let mut tries = 0;
        loop {
            match open_once(options).await {
                Err(StoreError::Unavailable(_))
                    if is_sqlite(&options.url) && tries < OPEN_TRIES =>
                {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                other => return other,
            }
        }
    }

    /// Closes pools after the last commit.
    pub async fn close(&self) {
        match &self.inner.db {
            Db::Sqlite { writer, reader } => {
                reader.close().await;
                if let Some(writer) = writer {
                    writer.close().await;
                }
            }
            Db::Pg { pool, .. } => pool.close().await,
        }
    }
}

fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

async fn open_once(options: &StoreOptions) -> StoreResult<Store> {
    let (db, path) = if is_sqlite(&options.url) {
        let path = sqlite_path(&options.url)?;
        (open_sqlite(options, &path).await?, Some(path))
    } else if options.url.starts_with("postgres:") || options.url.starts_with("postgresql:") {
        (open_pg(options).await?, None)
    } else {
        return Err(StoreError::Refused(
            "the store's url must start with sqlite: or postgres:".to_owned(),
        ));
    };
    let store = Store {
        inner: Arc::new(Inner {
            db,
            path,
            cipher: Cipher::new(&options.payload_key),
            notice: Notice::new(instance()?),
            counts: super::lists::Counts::default(),
            meter: Arc::default(),
            schedules: Mutex::default(),
        }),
        seen: AtomicU64::new(0),
    };
    store.see_all().await;
    Ok(store)
}

/// A name for this opening of the store.
fn instance() -> StoreResult<String> {
    let mut bytes = [0_u8; 8];
    super::payloads::random(&mut bytes)?;
    Ok(format!("{:016x}", u64::from_le_bytes(bytes)))
}

fn sqlite_path(url: &str) -> StoreResult<PathBuf> {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(":memory:") {
        return Err(StoreError::Refused(
            "the store needs a file: sqlite:PATH".to_owned(),
        ));
    }
    Ok(PathBuf::from(path))
}

/// The file's size; made empty and private when there is none.
fn size_or_create(options: &StoreOptions, path: &Path) -> StoreResult<u64> {
    match std::fs::metadata(path) {
        Ok(meta) => Ok(meta.len()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if options.is_read_only {
                return Err(StoreError::Refused(format!(
                    "there is no store at {}",
                    path.display()
                )));
            }
            create_private(path)?;
            Ok(0)
        }
        Err(error) => Err(StoreError::Unavailable(format!(
            "{}: {error}",
            path.display()
        ))),
    }
}

async fn open_sqlite(options: &StoreOptions, path: &Path) -> StoreResult<Db> {
    let size = size_or_create(options, path)?;
    let base = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .statement_cache_capacity(512)
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON");
    let reader = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(base.clone().read_only(true).pragma("cache_size", "-2048"));
    if options.is_read_only {
        let db = Db::Sqlite {
            writer: None,
            reader,
        };
        return check_sqlite(db, options, path, size).await;
    }
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE * 3)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(
            base.journal_mode(SqliteJournalMode::Wal)
                .synchronous(if options.is_durable {
                    SqliteSynchronous::Full
                } else {
                    SqliteSynchronous::Off
                })
                .pragma("journal_size_limit", "67108864")
                .pragma("wal_autocheckpoint", "4000")
                .pragma("cache_size", "-16384"),
        )
        .await
        .map_err(fault)?;
    let mode: String = sqlx::query_scalar("pragma journal_mode")
        .fetch_one(&writer)
        .await
        .map_err(fault)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Refused(format!(
            "{} is on a file system without shared memory (write-ahead logging is not possible); put the store on a local disk",
            path.display()
        )));
    }
    let db = Db::Sqlite {
        writer: Some(writer),
        reader,
    };
    check_sqlite(db, options, path, size).await
}

/// Checks the file and brings its schema forward.
async fn check_sqlite(db: Db, options: &StoreOptions, path: &Path, size: u64) -> StoreResult<Db> {
    if size > 0 {
        let mut conn = db.read().await?;
        if size <= CHECK_BYTES_MAX {
            quick_check(&mut conn).await?;
        }
        let found = migrate::found(&mut conn).await?;
        drop(conn);
        migrate::refuse_newer(found)?;
        if found > 0 && found < migrate::known() {
            refuse_older(options, found)?;
            super::backup::copy_before_migration(&db, path, found).await?;
        }
    }
    if options.is_read_only {
        let found = migrate::found(&mut db.read().await?).await?;
        if found != migrate::known() {
            return Err(StoreError::Refused(format!(
                "the store at {} has schema {found}, this program reads {}: open it once for writing",
                path.display(),
                migrate::known()
            )));
        }
        return Ok(db);
    }
    migrate::run(&db).await?;
    Ok(db)
}

/// The first damage SQLite finds, as an error.
async fn quick_check(conn: &mut super::db::Conn) -> StoreResult<()> {
    let rows = conn.rows("pragma quick_check(1)", vec![]).await?;
    match rows.first().map(|r| r.get::<String>(0)).transpose()? {
        Some(text) if text != "ok" => Err(StoreError::Corrupt(format!(
            "the database file is damaged: {text}; restore a backup"
        ))),
        _ => Ok(()),
    }
}

fn refuse_older(options: &StoreOptions, found: i64) -> StoreResult<()> {
    if options.is_migrating {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "the store has the older schema {found}, this program needs {}: run `tallyman store migrate`",
        migrate::known()
    )))
}

/// Creates the file readable and writable by its owner only; SQLite gives its companion files the same mode.
pub(super) fn create_private(path: &Path) -> StoreResult<()> {
    let mut open = std::fs::OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        open.mode(0o600);
    }
    match open.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            Err(StoreError::Full(format!("{}: {error}", path.display())))
        }
        Err(error) => Err(StoreError::Refused(format!(
            "the store cannot be created at {}: {error}",
            path.display()
        ))),
    }
}

async fn open_pg(options: &StoreOptions) -> StoreResult<Db> {
    let mut settings = vec![
        ("lock_timeout", "5s"),
        ("statement_timeout", "30s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ];
    if !options.is_durable {
        settings.push(("synchronous_commit", "off"));
    }
    if options.is_read_only {
        settings.push(("default_transaction_read_only", "on"));
    }
    let connect = PgConnectOptions::from_str(&options.url)
        .map_err(fault)?
        .application_name("tallyman")
        .statement_cache_capacity(256)
        .options(settings);
    let pool = PgPoolOptions::new()
        .max_connections(PG_CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .connect_with(connect)
        .await
        .map_err(fault)?;
    let db = Db::Pg {
        pool,
        is_read_only: options.is_read_only,
    };
    let mut conn = db.read().await?;
    let version = conn
        .number(
            "select current_setting('server_version_num')::bigint",
            vec![],
        )
        .await?;
    if version < PG_VERSION_MIN {
        return Err(StoreError::Refused(
            "PostgreSQL 14 or newer is needed".to_owned(),
        ));
    }
    let found = migrate::found(&mut conn).await?;
    drop(conn);
    migrate::refuse_newer(found)?;
    if found > 0 && found < migrate::known() {
        refuse_older(options, found)?;
    }
    if options.is_read_only {
        if found != migrate::known() {
            return Err(StoreError::Refused(format!(
                "the store has schema {found}, this program reads {}: open it once for writing",
                migrate::known()
            )));
        }
        return Ok(db);
    }
    migrate::run(&db).await?;
    Ok(db)
}
