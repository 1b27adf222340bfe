//! Windows of sorted lists, paged by key: the place in a list is the values it is sorted by, never an offset.

mod tables;

use super::db::Conn;
use super::filter_sql::{Condition, Field, Filterable, has_word, names};
use super::read::{Anchor, Cursor, JournalRow, ListQuery, Listed, Window};
use super::value::{Cols, Val};
use super::{LaneRow, Store, StoreError, StoreResult};
use crate::domain::checks::{Shelf, Tally};
use crate::domain::delivery::{DeliveryRow, DeliveryState};
use crate::domain::exception::ExceptionRow;
use crate::domain::filter::{Filter, What};
use crate::domain::ids::PairId;
use crate::domain::mapping::Mapping;
use crate::domain::order::OrderRow;
use crate::domain::returns::Return;
use crate::domain::stock::StockPosition;
use crate::domain::time::Ts;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tables::{DELIVERIES, EXCEPTIONS, JOURNAL, LANES, MAPPINGS, ORDERS, POSITIONS, RETURNS};

/// Longest window.
pub const WINDOW_MAX: usize = 1_000;
/// How long a count may be shown.
const COUNT_FRESH: Duration = Duration::from_secs(5);
/// Counts that are kept.
const COUNTS_MAX: usize = 64;
/// Lists up to this size say where in them a window stands.
const POSITION_MAX: i64 = 20_000;

/// Rows of whole filtered lists, counted lately.
#[derive(Default)]
pub(super) struct Counts {
    known: Mutex<HashMap<String, (i64, Instant)>>,
}

impl Counts {
    fn get(&self, key: &str) -> Option<i64> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(key)
            .filter(|(_, at)| at.elapsed() < COUNT_FRESH)
            .map(|(count, _)| *count)
    }

    fn put(&self, key: String, count: i64) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= COUNTS_MAX {
            known.retain(|_, (_, at)| at.elapsed() < COUNT_FRESH);
            if known.len() >= COUNTS_MAX {
                known.clear();
            }
        }
        known.insert(key, (count, Instant::now()));
    }
}

/// A value lists sort by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Int(i64),
    Text(String),
}

/// The columns of a sort, ending in what makes a row unique. All run in the same direction.
struct Sort {
    name: &'static str,
    columns: &'static [Column],
}

#[derive(Clone, Copy)]
enum Column {
    Int(&'static str),
    Text(&'static str),
}

impl Column {
    const fn name(self) -> &'static str {
        match self {
            Self::Int(name) | Self::Text(name) => name,
        }
    }
}

/// A list: where its rows come from and how they can be sorted and filtered.
struct List<T> {
    name: &'static str,
    columns: &'static str,
    sorts: &'static [Sort],
    filterable: &'static Filterable,
    decode: fn(&mut Cols<'_>) -> StoreResult<T>,
}

/// The place of a row, as kept in a [`Cursor`].
#[derive(Serialize, Deserialize)]
struct Place {
    sort: String,
    keys: Vec<Key>,
}

/// A list being read.
struct Reading<'a, T> {
    list: &'a List<T>,
    /// Tables (with joins) whose rows together make the list.
    sources: &'a [&'static str],
    condition: Condition,
    sort: &'static Sort,
    is_descending: bool,
}

/// Which rows beside a place are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    After,
    AtOrAfter,
    Before,
}

impl<T> Reading<'_, T> {
    /// Rows on a side of a place, nearest first.
    async fn fetch(
        &self,
        conn: &mut Conn,
        from: Option<(&[Key], Side)>,
        is_backward: bool,
        limit: usize,
    ) -> StoreResult<Vec<(Vec<Key>, T)>> {
        let keys = key_list(self.sort);
        let is_falling = self.is_descending != is_backward;
        let order = ordered(self.sort, is_falling);
        let mut out = Vec::new();
        for source in self.sources {
            let (condition, mut args) = self.condition_at(from);
            args.push(Val::from(super::limit(limit)));
            let sql = format!(
                "select {}, {keys} from {source} where {condition} order by {order} @limit(${})",
                self.list.columns,
                args.len()
            );
            for row in conn.rows(sql, args).await? {
                let mut c = row.cols();
                let decoded = (self.list.decode)(&mut c)?;
                out.push((read_keys(&mut c, self.sort)?, decoded));
            }
        }
        if self.sources.len() > 1 {
            out.sort_by(|a, b| {
                if is_falling {
                    b.0.cmp(&a.0)
                } else {
                    a.0.cmp(&b.0)
                }
            });
            out.truncate(limit);
        }
        Ok(out)
    }

    /// The filter, and the side of a place.
    fn condition_at(&self, from: Option<(&[Key], Side)>) -> (String, Vec<Val>) {
        let mut args = self.condition.args.clone();
        let mut sql = if self.condition.sql.is_empty() {
            "1 = 1".to_owned()
        } else {
            self.condition.sql.clone()
        };
        if let Some((place, side)) = from {
            let sign = match (side, self.is_descending) {
                (Side::After, false) | (Side::Before, true) => ">",
                (Side::After, true) | (Side::Before, false) => "<",
                (Side::AtOrAfter, false) => ">=",
                (Side::AtOrAfter, true) => "<=",
            };
            let mut binds = Vec::with_capacity(place.len());
            for key in place {
                args.push(match key {
                    Key::Int(n) => Val::from(*n),
                    Key::Text(t) => Val::from(t.as_str()),
                });
                binds.push(format!("${}", args.len()));
            }
            sql.push_str(&format!(
                " and ({}) {sign} ({})",
                key_list(self.sort),
                binds.join(", ")
            ));
        }
        (sql, args)
    }

    async fn exists(&self, conn: &mut Conn, place: &[Key], side: Side) -> StoreResult<bool> {
        let is_falling = self.is_descending != (side == Side::Before);
        let order = ordered(self.sort, is_falling);
        for source in self.sources {
            let (condition, args) = self.condition_at(Some((place, side)));
            let sql = format!("select 1 from {source} where {condition} order by {order} limit 1");
            if conn.row(sql, args).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn count(&self, conn: &mut Conn, from: Option<(&[Key], Side)>) -> StoreResult<i64> {
        let mut total = 0;
        for source in self.sources {
            let (condition, args) = self.condition_at(from);
            total += conn
                .number(
                    format!("select count(*) from {source} where {condition}"),
                    args,
                )
                .await?;
        }
        Ok(total)
    }

    /// Rows in display order and what lies on either side.
    async fn window(&self, conn: &mut Conn, query: &ListQuery) -> StoreResult<Found<T>> {
        let limit = query.limit.clamp(1, WINDOW_MAX);
        let place = match &query.anchor {
            Anchor::First | Anchor::Last => None,
            Anchor::After(c) | Anchor::Before(c) | Anchor::At(c) => Some(place(c, self.sort)?),
        };
        let (from, is_backward) = match (&query.anchor, &place) {
            (Anchor::After(_), Some(keys)) => (Some((keys.as_slice(), Side::After)), false),
            (Anchor::At(_), Some(keys)) => (Some((keys.as_slice(), Side::AtOrAfter)), false),
            (Anchor::Before(_), Some(keys)) => (Some((keys.as_slice(), Side::Before)), true),
            (Anchor::Last, _) => (None, true),
            _ => (None, false),
        };
        let mut rows = self.fetch(conn, from, is_backward, limit + 1).await?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let mut found = Found {
            rows,
            has_before: has_more && is_backward,
            has_after: has_more && !is_backward,
        };
        if is_backward {
            found.rows.reverse();
        }
        match (&query.anchor, &place) {
            (Anchor::After(_) | Anchor::At(_), Some(keys)) => {
                let first = found.rows.first().map_or(keys, |(k, _)| k);
                found.has_before = self.exists(conn, first, Side::Before).await?;
            }
            (Anchor::Before(_), Some(keys)) => {
                found.has_after = match found.rows.last() {
                    Some((last, _)) => self.exists(conn, last, Side::After).await?,
                    None => self.exists(conn, keys, Side::AtOrAfter).await?,
                };
            }
            _ => {}
        }
        Ok(found)
    }
}

struct Found<T> {
    rows: Vec<(Vec<Key>, T)>,
    has_before: bool,
    has_after: bool,
}

fn key_list(sort: &Sort) -> String {
    let names: Vec<&str> = sort.columns.iter().map(|c| c.name()).collect();
    names.join(", ")
}

fn ordered(sort: &Sort, is_falling: bool) -> String {
    let word = if is_falling { " desc" } else { "" };
    let names: Vec<String> = sort
        .columns
        .iter()
        .map(|c| format!("{}{word}", c.name()))
        .collect();
    names.join(", ")
}

fn read_keys(c: &mut Cols<'_>, sort: &Sort) -> StoreResult<Vec<Key>> {
    sort.columns
        .iter()
        .map(|column| {
            Ok(match column {
                Column::Int(_) => Key::Int(c.int()?),
                Column::Text(_) => Key::Text(c.text()?),
            })
        })
        .collect()
}

fn place(cursor: &Cursor, sort: &Sort) -> StoreResult<Vec<Key>> {
    let place: Place = serde_json::from_str(&cursor.0)
        .map_err(|_| StoreError::Refused("this place in the list is not understood".to_owned()))?;
    let fits = place.sort == sort.name
        && place.keys.len() == sort.columns.len()
        && place.keys.iter().zip(sort.columns).all(|pair| {
            matches!(
                pair,
                (Key::Int(_), Column::Int(_)) | (Key::Text(_), Column::Text(_))
            )
        });
    if fits {
        return Ok(place.keys);
    }
    Err(StoreError::Refused(format!(
        "this place belongs to a list that was not sorted by {}",
        sort.name
    )))
}

fn sort_of<T>(list: &List<T>, name: &str) -> StoreResult<&'static Sort> {
    let wanted = if name.is_empty() {
        list.sorts.first()
    } else {
        list.sorts.iter().find(|s| s.name == name)
    };
    wanted.ok_or_else(|| {
        let names: Vec<&str> = list.sorts.iter().map(|s| s.name).collect();
        StoreError::Refused(format!(
            "{} cannot be sorted by {name:?}; use one of {}",
            list.name,
            names.join(", ")
        ))
    })
}

impl Store {
    /// Reads one window. `base` is what always holds, already bound.
    async fn list<T>(
        &self,
        list: &List<T>,
        sources: &[&'static str],
        mut base: Condition,
        query: &ListQuery,
    ) -> StoreResult<Window<T>> {
        let sort = sort_of(list, &query.sort)?;
        let count_key = format!(
            "{}|{}|{:?}|{}|{:?}",
            list.name, base.sql, base.args, query.filter, sources
        );
        base.add(&query.filter, list.filterable, query.now)?;
        let reading = Reading {
            list,
            sources,
            condition: base,
            sort,
            is_descending: query.is_descending,
        };
        let mut conn = self.inner.db.read().await?;
        let found = reading.window(&mut conn, query).await?;
        let is_all = !found.has_before && !found.has_after;
        let total = match self.inner.counts.get(&count_key) {
            _ if is_all => super::limit(found.rows.len()),
            Some(total) => total,
            None => {
                let total = reading.count(&mut conn, None).await?;
                self.inner.counts.put(count_key, total);
                total
            }
        };
        let position = match found.rows.first() {
            _ if !found.has_before => Some(0),
            Some((first, _)) if total <= POSITION_MAX => Some(
                reading
                    .count(&mut conn, Some((first, Side::Before)))
                    .await?,
            ),
            _ => None,
        };
        let mut rows = Vec::with_capacity(found.rows.len());
        for (keys, row) in found.rows {
            let place = Place {
                sort: sort.name.to_owned(),
                keys,
            };
            rows.push(Listed {
                cursor: Cursor(super::value::to_json(&place)?),
                row,
            });
        }
        Ok(Window {
            // A count a few seconds old must not contradict what is on screen.
            total: total.max(super::limit(rows.len())),
            rows,
            position,
            has_before: found.has_before,
            has_after: found.has_after,
        })
    }

    /// Sorts: `promise` (time to the promise, else to when it should be settled; then severity), `severity`, `age`,
    /// `members`, `kind`, `value`, `state`, `team`, `person`. Without a `state` in the filter only open exceptions are listed; those explained by a parent are listed too (see their `parent`).
    pub async fn exceptions(&self, query: &ListQuery) -> StoreResult<Window<ExceptionRow>> {
        let base = open_exceptions(&query.filter);
        self.list(&EXCEPTIONS, &["exception e"], base, query).await
    }

    /// Sorts: `received`, `ship`, `number`, `state`, `value`.
    pub async fn orders(&self, query: &ListQuery) -> StoreResult<Window<OrderRow>> {
        self.list(&ORDERS, &["orders o"], Condition::default(), query)
            .await
    }

    /// Sorts: `id`, `due`, `age`. Sorted by `id` the list holds ended deliveries too; sorted by `due` or `age` only those
    /// on their way, unless the filter names a state in which deliveries end.
    pub async fn deliveries(&self, query: &ListQuery) -> StoreResult<Window<DeliveryRow>> {
        const HOT: &str = "delivery d join delivery_intent i on i.delivery_id = d.id";
        const DONE: &str = "delivery_done d join delivery_intent i on i.delivery_id = d.id";
        let is_by_id = query.sort.is_empty() || query.sort == "id";
        let sources: &[&'static str] = if is_by_id || names_final_state(&query.filter) {
            &[HOT, DONE]
        } else {
            &[HOT]
        };
        self.list(&DELIVERIES, sources, Condition::default(), query)
            .await
    }

    /// Sorts: `kind`, `from`, `used`, `changed`, `to`, `last_used`, `author`. Without a `status` in the filter only active mappings are listed.
    pub async fn mapping_list(
        &self,
        pair: &PairId,
        query: &ListQuery,
    ) -> StoreResult<Window<Mapping>> {
        let base = active_mappings(&query.filter, Some(pair));
        self.list(&MAPPINGS, &["mapping m"], base, query).await
    }

    /// Sorts: `risk`, `gap`, `value`, `item`. Only positions with drift or a pause, unless the filter asks for `drift`,
    /// `paused`, an `item` or a word.
    pub async fn positions(
        &self,
        pair: Option<&PairId>,
        query: &ListQuery,
    ) -> StoreResult<Window<StockPosition>> {
        let base = notable_positions(&query.filter, pair);
        self.list(&POSITIONS, &["position s"], base, query).await
    }

    /// Lanes of stock movements with anything outstanding. Sorts: `state` (what has stopped first, then the oldest), `age`,
    /// `orders`, `waiting`, `item`.
    pub async fn lanes(
        &self,
        pair: Option<&PairId>,
        query: &ListQuery,
    ) -> StoreResult<Window<LaneRow>> {
        let mut base = Condition::default();
        if let Some(pair) = pair {
            let p = base.bind(pair.as_str());
            base.and(&format!("l.pair = {p}"));
        }
        self.list(&LANES, &[super::lanes::BOARD], base, query).await
    }

    /// Sorts: `id`, `age`, `order`, `due`, `state`, `money`. Returns that are over only when `with_closed` or the filter names a `state`.
    pub async fn returns(
        &self,
        pair: Option<&PairId>,
        with_closed: bool,
        query: &ListQuery,
    ) -> StoreResult<Window<Return>> {
        let base = running_returns(&query.filter, with_closed, pair);
        let mut window = self
            .list(&RETURNS, &["goods_return r"], base, query)
            .await?;
        let mut conn = self.inner.db.read().await?;
        let rows = window.rows.iter_mut().map(|listed| &mut listed.row);
        super::returns::with_lines(&mut conn, rows.collect()).await?;
        Ok(window)
    }

    /// How many rows of a list a filter finds, and what the list's own fields tell of them together: members, the oldest,
    /// the value. The rows are exactly those the list shows under this filter.
    pub async fn tally(
        &self,
        shelf: Shelf,
        pair: Option<&PairId>,
        filter: &Filter,
        now: Ts,
    ) -> StoreResult<Tally> {
        let (source, mut base, filterable) = match shelf {
            Shelf::Orders => ("orders o", Condition::default(), ORDERS.filterable),
            Shelf::Exceptions => (
                "exception e",
                open_exceptions(filter),
                EXCEPTIONS.filterable,
            ),
            Shelf::Mappings => (
                "mapping m",
                active_mappings(filter, pair),
                MAPPINGS.filterable,
            ),
            Shelf::Stock => (
                "position s",
                notable_positions(filter, pair),
                POSITIONS.filterable,
            ),
            Shelf::Lanes => (super::lanes::BOARD, Condition::default(), LANES.filterable),
            Shelf::Returns => (
                "goods_return r",
                running_returns(filter, false, pair),
                RETURNS.filterable,
            ),
        };
        base.add(filter, filterable, now)?;
        let sql = tally_sql(source, &base.sql, filterable);
        let mut conn = self.inner.db.read().await?;
        let Some(row) = conn.row(sql, base.args).await? else {
            return Ok(Tally::default());
        };
        let mut c = row.cols();
        Ok(Tally {
            count: c.int()?,
            members: c.opt_int()?,
            oldest: c.opt_ts()?,
            value_minor: c.opt_int()?,
        })
    }

    /// Newest first; sort `seq`.
    pub async fn journal(&self, query: &ListQuery) -> StoreResult<Window<JournalRow>> {
        self.list(&JOURNAL, &["journal"], Condition::default(), query)
            .await
    }
}

/// Exceptions that are open, unless the filter names a state.
fn open_exceptions(filter: &Filter) -> Condition {
    let mut base = Condition::default();
    if !names(filter, &["state"]) {
        base.and("e.state < 10");
    }
    base
}

/// Active mappings, unless the filter names a status.
fn active_mappings(filter: &Filter, pair: Option<&PairId>) -> Condition {
    let mut base = Condition::default();
    if !names(filter, &["status"]) {
        base.and("m.status = 1");
    }
    of_pair(base, "m.pair", pair)
}

/// Positions with drift or a pause, unless the filter asks for others.
fn notable_positions(filter: &Filter, pair: Option<&PairId>) -> Condition {
    let mut base = Condition::default();
    if !names(filter, &["drift", "paused", "item"]) && !has_word(filter) {
        base.and("s.is_notable = 1");
    }
    of_pair(base, "s.pair", pair)
}

/// Returns that are not over, unless the filter names a state.
fn running_returns(filter: &Filter, with_closed: bool, pair: Option<&PairId>) -> Condition {
    let mut base = Condition::default();
    if !with_closed && !names(filter, &["state"]) {
        base.and("r.state < 9");
    }
    of_pair(base, "r.pair", pair)
}

fn of_pair(mut base: Condition, column: &str, pair: Option<&PairId>) -> Condition {
    if let Some(pair) = pair {
        let p = base.bind(pair.as_str());
        base.and(&format!("{column} = {p}"));
    }
    base
}

/// Counts rows and sums up what the list's fields `members`, `age` and `value` stand for.
fn tally_sql(source: &str, condition: &str, of: &Filterable) -> String {
    let field = |name: &str| of.fields.iter().find(|(n, _)| *n == name).map(|(_, f)| *f);
    let sum = |column: &str| format!("cast(sum({column}) as bigint)");
    let none = || "cast(null as bigint)".to_owned();
    let members = match field("members") {
        Some(Field::Number(column, 1)) => sum(column),
        _ => none(),
    };
    let oldest = match field("age") {
        Some(Field::Age(column)) => format!("min({column})"),
        _ => none(),
    };
    let value = match field("value") {
        Some(Field::Money(column)) => sum(column),
        _ => none(),
    };
    let condition = if condition.is_empty() {
        "1 = 1"
    } else {
        condition
    };
    format!("select count(*), {members}, {oldest}, {value} from {source} where {condition}")
}

/// A term that asks for a state in which deliveries end.
fn names_final_state(filter: &Filter) -> bool {
    filter.terms.iter().any(|term| match &term.what {
        What::Field { field, values, .. } => {
            !term.is_negated
                && field == "state"
                && values
                    .iter()
                    .filter_map(|v| DeliveryState::parse(v))
                    .any(DeliveryState::is_final)
        }
        What::Word(_) => false,
    })
}

/// Queries in the order of every sort that must follow an index, for the test of their plans. `{dir}` is the direction.
#[cfg(test)]
pub(super) fn walks() -> Vec<String> {
    fn of<T>(list: &List<T>, source: &str, condition: &str, out: &mut Vec<String>) {
        for sort in list.sorts {
            let order: Vec<String> = sort
                .columns
                .iter()
                .map(|c| format!("{}{{dir}}", c.name()))
                .collect();
            let binds: Vec<String> = (1..=sort.columns.len()).map(|n| format!("${n}")).collect();
            let order = order.join(", ");
            let (columns, keys) = (list.columns, key_list(sort));
            out.push(format!(
                "select {columns} from {source} where {condition} order by {order} limit 60"
            ));
            out.push(format!(
                "select {columns} from {source} where {condition} and ({keys}) > ({}) order by {order} limit 60",
                binds.join(", ")
            ));
        }
    }
    let mut out = Vec::new();
    of(&ORDERS, "orders o", "1 = 1", &mut out);
    of(&POSITIONS, "position s", "s.is_notable = 1", &mut out);
    of(&JOURNAL, "journal", "1 = 1", &mut out);
    let mut exceptions = Vec::new();
    of(&EXCEPTIONS, "exception e", "e.state < 10", &mut exceptions);
    // Sorting by these is rare and exceptions are few.
    let rare = [
        "e.kind",
        "e.value_minor",
        "e.state",
        "e.team",
        "coalesce(e.person",
    ];
    let is_rare = |q: &String| {
        rare.iter()
            .any(|key| q.contains(&format!("order by {key}")))
    };
    out.extend(exceptions.into_iter().filter(|q| !is_rare(q)));
    out
}
