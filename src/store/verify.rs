//! Checks: the invariants the product asks itself every minute, the whole check of `store verify`, and sums.

use super::db::Conn;
use super::dialect::Dialect;
use super::read::Totals;
use super::value::{Val, vals};
use super::{Store, StoreError, StoreResult};
use crate::domain::delivery::{DeliveryState, Flow};
use crate::domain::exception::ExceptionState;
use crate::domain::order::OrderState;
use crate::domain::time::{Span, Ts};

/// Findings of one kind that are told; more of them add nothing.
const FINDINGS_MAX: i64 = 20;
/// A warehouse order may stand without lines for this long.
const HEADER_ONLY_MAX: Span = Span::mins(2);
/// A call may be under way without a lease for this long (a take-over and its recovery).
const UNLEASED_MAX: Span = Span::mins(2);
/// What a finding says of a call that nobody holds; a process that just came up finds what the one before it left.
pub const UNLEASED: &str = "I-MSG-5: sending without a live lease, delivery";
/// How far back closed exceptions are looked at each time.
const CLOSED_WITHIN: Span = Span::days(1);
/// Newest orders whose audit is compared each time.
const AUDITED: i64 = 200;
/// Newest journal rows that are looked at each time.
const JOURNAL_ROWS: i64 = 5_000;
/// Latencies in the sums.
const LATENCIES_MAX: usize = 10_000;

/// Appends one line per row of a query whose first column is text.
async fn findings(
    conn: &mut Conn,
    out: &mut Vec<String>,
    say: &str,
    sql: &'static str,
    args: Vec<Val>,
) -> StoreResult<()> {
    for row in conn.rows(sql, args).await? {
        out.push(format!("{say}: {}", row.get::<String>(0)?));
    }
    Ok(())
}

/// Every delivery that was ever stored stands in exactly one of the two tables.
async fn conservation(conn: &mut Conn, out: &mut Vec<String>) -> StoreResult<()> {
    let row = conn
        .row(
            "select (select count(*) from delivery_key), (select count(*) from delivery), \
             (select count(*) from delivery_done)",
            vec![],
        )
        .await?;
    let Some(row) = row else {
        return Ok(());
    };
    let (created, hot, ended) = (row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?);
    if created != hot + ended {
        out.push(format!(
            "I-MSG-1: {created} deliveries were created, but {hot} are on their way and {ended} have ended"
        ));
    }
    Ok(())
}

/// The checks of every minute: what a row of the answer means, the question, its values at a time.
struct Check {
    say: &'static str,
    sql: &'static str,
    args: fn(Ts) -> Vec<Val>,
}

const EVERY_MINUTE: &[Check] = &[
    Check {
        say: "I-MSG-3: a delivery does not own its key",
        sql: "select d.idem_key from (select id, idem_key from delivery order by id desc limit 1000) d \
             left join delivery_key k on k.idem_key = d.idem_key where k.delivery_id is null or k.delivery_id <> d.id @limit($1)",
        args: |_| vals![FINDINGS_MAX],
    },
    Check {
        say: "I-MSG-4: left doubt without a verdict, delivery",
        sql: "select object_id from journal where seq > (select seq from journal_head where one = 1) - $1 \
             and action = 'delivery.moved' and before_text = 'in_doubt' and after_text in ('applied', 'ready') \
             and reason like '%: ' @limit($2)",
        args: |_| vals![JOURNAL_ROWS, FINDINGS_MAX],
    },
    Check {
        say: UNLEASED,
        sql: "select cast(d.id as text) from delivery d where d.state = 2 and d.sent_at < $1 and not exists \
             (select 1 from lease l where l.until_at >= $2 and (l.name = d.system or l.name like '%/' || d.system \
             or l.name like '%:' || d.system)) @limit($3)",
        args: |now| vals![now - UNLEASED_MAX, now, FINDINGS_MAX],
    },
    Check {
        say: "I-MSG-6: dead without an open exception, delivery",
        sql: "select cast(d.id as text) from delivery d where d.state = 5 and not exists \
             (select 1 from occurrence m join exception e on e.id = m.exception_id \
             where m.cleared_at is null and e.state <> 10 and ((m.object_kind = 'delivery' and m.object_id = cast(d.id as text)) \
             or (m.object_kind = 'order' and m.object_id = cast(d.order_id as text)) \
             or (m.object_kind in ('item', 'despatch', 'wms_order') and m.object_id = d.object) \
             or (m.object_kind = 'system' and m.object_id = d.system))) @limit($1)",
        args: |_| vals![FINDINGS_MAX],
    },
    Check {
        say: "I-MSG-6: resolved without evidence, exception",
        sql: "select cast(e.id as text) from exception e where e.closed_at is not null and e.closed_at >= $1 and e.state = 10 \
             and not exists (select 1 from evidence v where v.exception_id = e.id) @limit($2)",
        args: |now| vals![now - CLOSED_WITHIN, FINDINGS_MAX],
    },
    Check {
        say: "I-ORD-4: a warehouse order stands without its lines, delivery",
        sql: "select cast(d.id as text) from delivery d where d.state = 1 and d.flow = $1 and d.step = 1 and d.due_at < $2 \
             and not exists (select 1 from pause p where p.pair = d.pair and p.flow in (0, d.flow)) @limit($3)",
        args: |now| {
            vals![
                Flow::OrderCreate.code(),
                now - HEADER_ONLY_MAX,
                FINDINGS_MAX
            ]
        },
    },
];

impl Store {
    /// Violated query invariants, one line each (empty when all hold). Cheap enough for once a minute.
    pub async fn invariants(&self, now: Ts) -> StoreResult<Vec<String>> {
        let mut conn = self.inner.db.read().await?;
        let conn = &mut conn;
        let mut out = Vec::new();
        conservation(conn, &mut out).await?;
        for check in EVERY_MINUTE {
            findings(conn, &mut out, check.say, check.sql, (check.args)(now)).await?;
        }
        audited(conn, &mut out).await?;
        Ok(out)
    }

    /// Consistency check of file, schema, chains and message conservation; one line per finding, empty when sound.
    pub async fn verify(&self) -> StoreResult<Vec<String>> {
        let mut out = Vec::new();
        match self.verify_all(&mut out).await {
            // Damage that a check stumbles over is a finding, not a failure of the check.
            Err(StoreError::Corrupt(what)) => out.push(what),
            other => other?,
        }
        Ok(out)
    }

    async fn verify_all(&self, out: &mut Vec<String>) -> StoreResult<()> {
        let mut conn = self.inner.db.read().await?;
        if conn.dialect() == Dialect::Sqlite {
            for row in conn.rows("pragma integrity_check(20)", vec![]).await? {
                let text = row.get::<String>(0)?;
                if text != "ok" {
                    out.push(format!("file: {text}"));
                }
            }
            if !out.is_empty() {
                return Ok(());
            }
            for row in conn.rows("pragma foreign_key_check", vec![]).await? {
                out.push(format!(
                    "file: a row of {} refers to nothing",
                    row.get::<String>(0)?
                ));
            }
        }
        let schema = super::migrate::found(&mut conn).await?;
        if schema != super::migrate::known() {
            out.push(format!(
                "schema: {schema} is stored, {} is known",
                super::migrate::known()
            ));
        }
        conservation(&mut conn, out).await?;
        for (say, sql) in WHOLE {
            findings(&mut conn, out, say, sql, vals![FINDINGS_MAX]).await?;
        }
        drop(conn);
        if let Some(wrong) = self.verify_journal().await? {
            out.push(format!("journal: {wrong}"));
        }
        Ok(())
    }

    /// Sums for the end of a run and the shift report.
    pub async fn totals(&self) -> StoreResult<Totals> {
        let mut conn = self.inner.db.read().await?;
        let conn = &mut conn;
        let mut totals = Totals::default();
        for row in conn
            .rows(
                "select state, count(*) from orders group by state order by state",
                vec![],
            )
            .await?
        {
            let mut c = row.cols();
            let (state, count) = (c.code(OrderState::from_code)?, c.int()?);
            totals.orders += count;
            totals
                .orders_by_state
                .push((state.as_str().to_owned(), count));
        }
        for row in conn
            .rows(
                "select state, count(*) from delivery group by state \
                 union all select state, count(*) from delivery_done group by state order by 1",
                vec![],
            )
            .await?
        {
            let mut c = row.cols();
            let (state, count) = (c.code(DeliveryState::from_code)?, c.int()?);
            totals
                .deliveries_by_state
                .push((state.as_str().to_owned(), count));
        }
        for row in conn
            .rows(
                "select kind, count(*), cast(sum(case when state < 10 then 1 else 0 end) as bigint), \
                 cast(sum(case when state = $1 then 1 else 0 end) as bigint) from exception group by kind order by kind",
                vals![ExceptionState::Resolved.code()],
            )
            .await?
        {
            let mut c = row.cols();
            totals.exceptions_by_kind.push((c.text()?, c.int()?));
            totals.exceptions_open += c.int()?;
            totals.exceptions_resolved += c.int()?;
        }
        totals.confirmed_latency_ms = self.confirm_latencies_ms(Ts::MIN, LATENCIES_MAX).await?;
        Ok(totals)
    }
}

/// The newest orders stand in the state the journal last told of.
async fn audited(conn: &mut Conn, out: &mut Vec<String>) -> StoreResult<()> {
    let rows = conn
        .rows(
            "select o.id, o.state, (select j.after_text from journal j where j.object_kind = 'order' \
             and j.object_id = cast(o.id as text) and j.action = 'order.state' order by j.seq desc limit 1) \
             from (select id, state from orders order by id desc @limit($1)) o",
            vals![AUDITED],
        )
        .await?;
    for row in rows {
        let mut c = row.cols();
        let (id, state) = (c.int()?, c.code(OrderState::from_code)?);
        let told = c.opt_text::<String>()?.unwrap_or_default();
        if told != state.as_str() {
            out.push(format!(
                "I-AUD-1: order {id} is {state}, the journal last said {told:?}"
            ));
        }
    }
    Ok(())
}

/// Checks over everything, for `store verify`.
const WHOLE: &[(&str, &str)] = &[
    (
        "I-MSG-3: a delivery does not own its key",
        "select d.idem_key from (select id, idem_key from delivery union all select id, idem_key from delivery_done) d \
         left join delivery_key k on k.idem_key = d.idem_key where k.delivery_id is null or k.delivery_id <> d.id @limit($1)",
    ),
    (
        "a delivery is both on its way and ended",
        "select cast(d.id as text) from delivery d join delivery_done e on e.id = d.id @limit($1)",
    ),
    (
        "a delivery has lost what it writes",
        "select cast(d.id as text) from (select id from delivery union all select id from delivery_done) d \
         left join delivery_intent i on i.delivery_id = d.id where i.delivery_id is null @limit($1)",
    ),
    (
        "a key waits although nothing is before it",
        "select d.order_key from delivery d where d.state = 0 and d.key_seq = \
         (select min(e.key_seq) from delivery e where e.order_key = d.order_key) @limit($1)",
    ),
    (
        "a delivery is ready although another is before it",
        "select cast(d.id as text) from delivery d where d.state = 1 and exists \
         (select 1 from delivery e where e.order_key = d.order_key and e.key_seq < d.key_seq) @limit($1)",
    ),
    (
        "an order has lost its content",
        "select o.number from orders o left join order_body b on b.order_id = o.id where b.order_id is null @limit($1)",
    ),
    (
        "an exception miscounts its members",
        "select cast(e.id as text) from exception e where e.state < 10 and e.members <> \
         (select count(*) from occurrence m where m.exception_id = e.id and m.cleared_at is null) @limit($1)",
    ),
    (
        "I-MSG-6: resolved without evidence, exception",
        "select cast(e.id as text) from exception e where e.state = 10 \
         and not exists (select 1 from evidence v where v.exception_id = e.id) @limit($1)",
    ),
];
