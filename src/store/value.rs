//! Values bound to queries and rows read back, the same for both databases.

use super::{StoreError, StoreResult};
use crate::domain::time::Ts;
use sqlx::postgres::{PgArguments, PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{Arguments, Decode, Row as _, Type};

/// One bound value. Absent values keep their type, because PostgreSQL asks for it.
#[derive(Debug, Clone)]
pub(super) enum Val {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
    /// A list for `@any($n)`.
    Ints(Vec<i64>),
    /// A list for `@any($n)`.
    Texts(Vec<String>),
}

macro_rules! val_from {
    ($($from:ty, $value:ident => $to:expr;)*) => {$(
        impl From<$from> for Val {
            fn from($value: $from) -> Self { $to }
        }
    )*};
}

val_from! {
    i64, v => Self::Int(Some(v));
    Option<i64>, v => Self::Int(v);
    bool, v => Self::Int(Some(i64::from(v)));
    Ts, v => Self::Int(Some(v.0));
    Option<Ts>, v => Self::Int(v.map(|t| t.0));
    &str, v => Self::Text(Some(v.to_owned()));
    &String, v => Self::Text(Some(v.clone()));
    String, v => Self::Text(Some(v));
    Option<String>, v => Self::Text(v);
    Option<&str>, v => Self::Text(v.map(str::to_owned));
    Vec<u8>, v => Self::Blob(Some(v));
    Option<Vec<u8>>, v => Self::Blob(v);
    Vec<i64>, v => Self::Ints(v);
    Vec<String>, v => Self::Texts(v);
}

/// A list of bound values from anything that becomes a [`Val`].
macro_rules! vals {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::value::Val::from($value)),*] };
}
pub(super) use vals;

/// PostgreSQL text cannot hold a NUL; cleaned text never has one, and a stray one must not poison a batch.
fn pg_text(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

fn bind_error(error: sqlx::error::BoxDynError) -> StoreError {
    StoreError::Refused(format!("a value could not be bound: {error}"))
}

/// Binds for SQLite; lists become one JSON text that `json_each` expands.
pub(super) fn sqlite_args(values: Vec<Val>) -> StoreResult<SqliteArguments> {
    let mut args = SqliteArguments::default();
    args.reserve(values.len(), 0);
    for value in values {
        let bound = match value {
            Val::Int(v) => Arguments::add(&mut args, v),
            Val::Text(v) => Arguments::add(&mut args, v),
            Val::Blob(v) => Arguments::add(&mut args, v),
            Val::Ints(v) => Arguments::add(&mut args, json_list(&v)?),
            Val::Texts(v) => Arguments::add(&mut args, json_list(&v)?),
        };
        bound.map_err(bind_error)?;
    }
    Ok(args)
}

fn json_list<T: serde::Serialize>(list: &[T]) -> StoreResult<String> {
    serde_json::to_string(list).map_err(|e| StoreError::Decode(e.to_string()))
}

/// Binds for PostgreSQL; lists become arrays.
pub(super) fn pg_args(values: Vec<Val>) -> StoreResult<PgArguments> {
    let mut args = PgArguments::default();
    args.reserve(values.len(), 0);
    for value in values {
        let bound = match value {
            Val::Int(v) => args.add(v),
            Val::Text(v) => args.add(v.map(pg_text)),
            Val::Blob(v) => args.add(v),
            Val::Ints(v) => args.add(v),
            Val::Texts(v) => args.add(v.into_iter().map(pg_text).collect::<Vec<_>>()),
        };
        bound.map_err(bind_error)?;
    }
    Ok(args)
}

/// A row of either database.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Pg(PgRow),
}

/// A column type both databases can decode.
pub(super) trait Cell:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}
impl<T> Cell for T where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl Row {
    /// The value of column `at`, counted from zero.
    pub(super) fn get<T: Cell>(&self, at: usize) -> StoreResult<T> {
        match self {
            Self::Sqlite(row) => row.try_get::<T, usize>(at),
            Self::Pg(row) => row.try_get::<T, usize>(at),
        }
        .map_err(|e| StoreError::Decode(e.to_string()))
    }

    /// Reads the columns one after the other.
    pub(super) fn cols(&self) -> Cols<'_> {
        Cols { row: self, at: 0 }
    }
}

/// Reads a row's columns in order.
pub(super) struct Cols<'r> {
    row: &'r Row,
    at: usize,
}

impl Cols<'_> {
    fn next<T: Cell>(&mut self) -> StoreResult<T> {
        let at = self.at;
        self.at += 1;
        self.row.get(at)
    }

    pub(super) fn int(&mut self) -> StoreResult<i64> {
        self.next()
    }

    pub(super) fn opt_int(&mut self) -> StoreResult<Option<i64>> {
        self.next()
    }

    pub(super) fn flag(&mut self) -> StoreResult<bool> {
        Ok(self.int()? != 0)
    }

    pub(super) fn ts(&mut self) -> StoreResult<Ts> {
        Ok(Ts(self.int()?))
    }

    pub(super) fn opt_ts(&mut self) -> StoreResult<Option<Ts>> {
        Ok(self.opt_int()?.map(Ts))
    }

    /// Text in the type of an identifier or as it is.
    pub(super) fn text<T: From<String>>(&mut self) -> StoreResult<T> {
        Ok(T::from(self.next::<String>()?))
    }

    pub(super) fn opt_text<T: From<String>>(&mut self) -> StoreResult<Option<T>> {
        Ok(self.next::<Option<String>>()?.map(T::from))
    }

    pub(super) fn blob(&mut self) -> StoreResult<Vec<u8>> {
        self.next()
    }

    pub(super) fn opt_blob(&mut self) -> StoreResult<Option<Vec<u8>>> {
        self.next()
    }

    /// An enumeration by its code.
    pub(super) fn code<T>(&mut self, from: fn(i64) -> Option<T>) -> StoreResult<T> {
        let code = self.int()?;
        from(code).ok_or_else(|| {
            StoreError::Decode(format!(
                "{code} is not a known {}",
                std::any::type_name::<T>()
            ))
        })
    }

    /// A JSON text.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&mut self) -> StoreResult<T> {
        from_json(&self.next::<String>()?)
    }
}

/// A value as JSON text for the store.
pub(super) fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> StoreResult<String> {
    serde_json::to_string(value).map_err(|e| StoreError::Decode(e.to_string()))
}

/// A value from the store's JSON text.
pub(super) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> StoreResult<T> {
    serde_json::from_str(text).map_err(|e| StoreError::Decode(e.to_string()))
}
