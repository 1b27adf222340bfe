//! Loads the cases and members a batch touches.

use super::{Book, Case, Step};
use crate::domain::change::Change;
use crate::domain::exception::ObjectRef;
use crate::store::StoreResult;
use crate::store::db::Conn;
use crate::store::exceptions::{COLUMNS, exception_row};
use crate::store::value::{Row, Val, vals};
use std::collections::{HashMap, HashSet};

pub(super) async fn book(conn: &mut Conn, steps: &[(usize, Step<'_>)]) -> StoreResult<Book> {
    let mut book = Book::default();
    let mut fingerprints: HashSet<String> = HashSet::new();
    let mut ids: HashSet<i64> = HashSet::new();
    let mut objects: HashMap<&'static str, HashSet<String>> = HashMap::new();
    for (_, step) in steps {
        if let Some(raised) = step.raised() {
            fingerprints.insert(raised.fingerprint());
            objects
                .entry(raised.object.kind())
                .or_default()
                .insert(raised.object.id());
        }
        match step {
            Step::Given(Change::Clear { object, .. }) => {
                objects
                    .entry(object.kind())
                    .or_default()
                    .insert(object.id());
            }
            Step::Given(Change::ClearAll {
                kind,
                pair,
                discriminator,
                ..
            }) => {
                fingerprints.insert(format!("{}|{pair}|{discriminator}", kind.code()));
            }
            Step::Given(Change::Exception { id, .. }) => {
                ids.insert(id.0);
            }
            _ => {}
        }
    }
    for (kind, wanted) in objects {
        members(conn, &mut book, kind, wanted.into_iter().collect()).await?;
    }
    ids.extend(book.members.keys().map(|(id, _)| *id));
    if !fingerprints.is_empty() {
        let list: Vec<String> = fingerprints.into_iter().collect();
        cases(
            conn,
            &mut book,
            "e.id in (select max(id) from exception where fingerprint @any($1) group by fingerprint)",
            vals![list],
        )
        .await?;
    }
    ids.retain(|id| !book.cases.contains_key(id));
    if !ids.is_empty() {
        let list: Vec<i64> = ids.into_iter().collect();
        cases(conn, &mut book, "e.id @any($1)", vals![list]).await?;
    }
    Ok(book)
}

/// Open members that are these objects, in open and in dismissed exceptions.
async fn members(
    conn: &mut Conn,
    book: &mut Book,
    kind: &'static str,
    ids: Vec<String>,
) -> StoreResult<()> {
    let rows = conn
        .rows(
            "select m.exception_id, m.object_id, m.value_minor from occurrence m \
             join exception e on e.id = m.exception_id \
             where m.object_kind = $1 and m.object_id @any($2) and m.cleared_at is null and e.state <> 10",
            vals![kind, ids],
        )
        .await?;
    for row in rows {
        let mut c = row.cols();
        let (exception, id) = (c.int()?, c.text::<String>()?);
        let value_minor = c.int()?;
        if let Some(object) = ObjectRef::from_parts(kind, &id) {
            book.add_member(exception, object, value_minor);
        }
    }
    Ok(())
}

async fn cases(
    conn: &mut Conn,
    book: &mut Book,
    condition: &'static str,
    args: Vec<Val>,
) -> StoreResult<()> {
    let sql = format!("select {COLUMNS}, e.updated_by from exception e where {condition} @lock");
    for row in conn.rows(sql, args).await? {
        book.add_case(case(&row)?);
    }
    Ok(())
}

fn case(row: &Row) -> StoreResult<Case> {
    let mut c = row.cols();
    Ok(Case {
        row: exception_row(&mut c)?,
        updated_by: c.text()?,
        is_new: false,
        is_dirty: false,
        is_regrouped: false,
        has_shrunk: false,
        was_reopened: false,
        is_cleared: false,
        settled: None,
        index: 0,
    })
}
