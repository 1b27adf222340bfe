//! Schedules, inbound messages, requests, settings and the Live pane.

use super::read::{FlowLive, InboxRow, RequestRow, SystemRow};
use super::value::{Cols, from_json, vals};
use super::{ScheduleRow, Store, StoreResult, Topic};
use crate::domain::delivery::{DeliveryState, Flow};
use crate::domain::ids::{InboxId, PairId, RequestId, SystemId};
use crate::domain::time::{Span, Ts};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

/// Minutes of history the Live pane draws.
const RATE_MINUTES: usize = 30;

const REQUEST: &str =
    "select id, at, who, kind, body, is_done, is_ok, answer, done_at from request";

fn request_row(c: &mut Cols<'_>) -> StoreResult<RequestRow> {
    Ok(RequestRow {
        id: RequestId(c.int()?),
        at: c.ts()?,
        who: c.text()?,
        kind: c.text()?,
        body: c.json()?,
        is_done: c.flag()?,
        is_ok: c.flag()?,
        answer: c.text()?,
        done_at: c.opt_ts()?,
    })
}

impl Store {
    /// Inbound messages nobody decided on yet, oldest first.
    pub async fn inbox_new(&self, limit: usize) -> StoreResult<Vec<InboxRow>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select id, system, pair, entity, entity_id, received_at, body from inbox \
             where done_at is null order by id @limit($1)",
            vals![super::limit(limit)],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok(InboxRow {
                id: InboxId(c.int()?),
                system: c.text()?,
                pair: c.opt_text()?,
                entity: c.text()?,
                entity_id: c.text()?,
                received_at: c.ts()?,
                body: c.json()?,
            })
        })
        .collect()
    }

    /// Operator requests the engine has not answered, oldest first.
    pub async fn requests_new(&self, limit: usize) -> StoreResult<Vec<RequestRow>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!("{REQUEST} where is_done = 0 order by id @limit($1)"),
            vals![super::limit(limit)],
        )
        .await?
        .iter()
        .map(|row| request_row(&mut row.cols()))
        .collect()
    }

    /// One request.
    pub async fn request(&self, id: RequestId) -> StoreResult<Option<RequestRow>> {
        let mut conn = self.inner.db.read().await?;
        conn.row(format!("{REQUEST} where id = $1"), vals![id.0])
            .await?
            .map(|row| request_row(&mut row.cols()))
            .transpose()
    }

    /// A small named value.
    pub async fn setting(&self, key: &str) -> StoreResult<Option<String>> {
        let mut conn = self.inner.db.read().await?;
        conn.row("select value from setting where key = $1", vals![key])
            .await?
            .map(|row| row.get(0))
            .transpose()
    }

    /// As [`Store::schedules`], read again when any was written: at once what this process wrote, within about a second
    /// what others did.
    pub async fn known_schedules(&self) -> StoreResult<Arc<[ScheduleRow]>> {
        let version = self.version(&[Topic::Schedules]).await;
        let known = self.inner.schedules.lock();
        let known = known.unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, rows)) = known.filter(|(at, _)| *at == version) {
            return Ok(rows);
        }
        let rows: Arc<[ScheduleRow]> = self.schedules().await?.into();
        let mut known = (self.inner.schedules.lock()).unwrap_or_else(PoisonError::into_inner);
        *known = Some((version, rows.clone()));
        Ok(rows)
    }

    /// Every scheduled flow, with the reason when it or its pair is paused.
    pub async fn schedules(&self) -> StoreResult<Vec<ScheduleRow>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select s.pair, s.flow, s.due_at, s.last_started_at, s.last_ok_at, s.last_note, s.is_last_ok, s.failures, \
             s.cursor, coalesce(f.reason, p.reason) from schedule s \
             left join pause f on f.pair = s.pair and f.flow = s.flow \
             left join pause p on p.pair = s.pair and p.flow = 0 order by s.pair, s.flow",
            vec![],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok(ScheduleRow {
                pair: c.text()?,
                flow: c.code(Flow::from_code)?,
                due_at: c.ts()?,
                last_started_at: c.opt_ts()?,
                last_ok_at: c.opt_ts()?,
                last_note: c.text()?,
                is_last_ok: c.flag()?,
                failures: c.int()?,
                cursor: c.text()?,
                paused: c.opt_text()?,
            })
        })
        .collect()
    }

    /// What is paused of a pair: a flow, or `None` for the pair as a whole, and why.
    pub async fn pauses_of(&self, pair: &PairId) -> StoreResult<Vec<(Option<Flow>, String)>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select flow, reason from pause where pair = $1 order by flow",
            vals![pair.as_str()],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok((Flow::from_code(c.int()?), c.text()?))
        })
        .collect()
    }

    /// Every system whose state was told, with the holder of its lease. The lease of a system is named `system/ID` or
    /// like the system itself.
    pub async fn systems_live(&self) -> StoreResult<Vec<SystemRow>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select s.system, s.live, l.holder, l.until_at from system_live s \
             left join lease l on l.name in (s.system, 'system/' || s.system) and l.holder <> '' order by s.system",
            vec![],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok(SystemRow {
                system: c.text::<SystemId>()?,
                live: from_json(&c.text::<String>()?)?,
                holder: c.opt_text()?,
                lease_until: c.opt_ts()?,
            })
        })
        .collect()
    }

    /// Every flow of every pair that has a schedule, a pause or a delivery, for the Live pane.
    pub async fn flows_live(&self, now: Ts) -> StoreResult<Vec<FlowLive>> {
        let mut flows: BTreeMap<(PairId, Flow), FlowLive> = BTreeMap::new();
        for schedule in self.schedules().await? {
            let flow = at(&mut flows, schedule.pair, schedule.flow);
            flow.paused = schedule.paused;
            flow.is_last_ok = schedule.is_last_ok;
            flow.last_ok_at = schedule.last_ok_at;
            flow.last_started_at = schedule.last_started_at;
            flow.next_due_at = Some(schedule.due_at);
            flow.last_note = schedule.last_note;
        }
        let mut conn = self.inner.db.read().await?;
        let counts = conn
            .rows(
                "select pair, flow, state, count(*), min(due_at) from delivery group by pair, flow, state",
                vec![],
            )
            .await?;
        for row in counts {
            let mut c = row.cols();
            let flow = at(&mut flows, c.text()?, c.code(Flow::from_code)?);
            count_state(
                flow,
                c.code(DeliveryState::from_code)?,
                c.int()?,
                c.opt_ts()?,
            );
        }
        let minute = Span::mins(1).0;
        let first = now.0.div_euclid(minute) - i64::try_from(RATE_MINUTES).unwrap_or(0) + 1;
        let rates = conn
            .rows(
                "select pair, flow, updated_at / $2, count(*) from delivery_done \
                 where updated_at >= $1 and state = $3 group by pair, flow, updated_at / $2",
                vals![first * minute, minute, DeliveryState::Applied.code()],
            )
            .await?;
        for row in rates {
            let mut c = row.cols();
            let flow = at(&mut flows, c.text()?, c.code(Flow::from_code)?);
            let (bucket, count) = (c.int()? - first, c.int()?);
            if let Some(slot) = usize::try_from(bucket)
                .ok()
                .and_then(|b| flow.applied_per_minute.get_mut(b))
            {
                *slot = u32::try_from(count).unwrap_or(u32::MAX);
            }
        }
        let pauses = conn
            .rows("select pair, flow, reason from pause", vec![])
            .await?;
        for row in pauses {
            let mut c = row.cols();
            let (pair, code, reason) = (c.text::<PairId>()?, c.int()?, c.text::<String>()?);
            if let Some(flow) = Flow::from_code(code) {
                at(&mut flows, pair, flow).paused = Some(reason);
            } else {
                for (_, live) in flows.iter_mut().filter(|((p, _), _)| *p == pair) {
                    live.paused.get_or_insert_with(|| reason.clone());
                }
            }
        }
        Ok(flows.into_values().collect())
    }
}

/// The entry of a flow, made when absent.
fn at(flows: &mut BTreeMap<(PairId, Flow), FlowLive>, pair: PairId, flow: Flow) -> &mut FlowLive {
    flows
        .entry((pair.clone(), flow))
        .or_insert_with(|| FlowLive {
            pair,
            flow,
            paused: None,
            is_last_ok: true,
            last_ok_at: None,
            last_started_at: None,
            next_due_at: None,
            last_note: String::new(),
            waiting: 0,
            sending: 0,
            in_doubt: 0,
            stuck: 0,
            oldest_at: None,
            applied_per_minute: vec![0; RATE_MINUTES],
        })
}

fn count_state(flow: &mut FlowLive, state: DeliveryState, count: i64, oldest: Option<Ts>) {
    match state {
        DeliveryState::Waiting | DeliveryState::Ready => {
            flow.waiting += count;
            flow.oldest_at = match (flow.oldest_at, oldest) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        DeliveryState::Sending => flow.sending += count,
        DeliveryState::InDoubt => flow.in_doubt += count,
        DeliveryState::Rejected | DeliveryState::Dead => flow.stuck += count,
        DeliveryState::Applied | DeliveryState::Superseded | DeliveryState::Cancelled => {}
    }
}
