//! Columns of what is only written to files: flows and budgets as the Live pane shows them, values nobody mapped.

use super::ListColumn;
use crate::domain::live::BreakerState;
use crate::domain::time::Ts;
use crate::report::opt;
use crate::store::read::{FlowLive, SystemRow, Unmapped};

type Flow = ListColumn<FlowLive>;
type Line = ListColumn<BudgetLine>;
type Value = ListColumn<Unmapped>;

/// Every column of the values nobody mapped.
pub const UNMAPPED: &[Value] = &[
    Value::text("kind", "kind", 16, |u| u.wanted.kind.to_string()),
    Value::text("from", "value", 16, |u| u.wanted.label()),
    Value::figure("orders", "orders", 6, |u| u.orders.to_string()),
    Value::time("promise", "promise", 8, |u| u.earliest_ship_by),
    Value::text("exception", "exception", 9, |u| opt(u.exception.as_ref())),
];

/// Every column of the flows.
pub const FLOWS: &[Flow] = &[
    Flow::text("pair", "pair", 8, |f| f.pair.to_string()),
    Flow::text("flow", "flow", 16, |f| f.flow.to_string()),
    Flow::text("state", "state", 8, |f| {
        match (&f.paused, f.is_last_ok, f.last_started_at) {
            (Some(_), ..) => "paused",
            (None, _, None) => "never ran",
            (None, true, _) => "ok",
            (None, false, _) => "failing",
        }
        .to_owned()
    }),
    Flow::time("last_ok", "last ok", 8, |f| f.last_ok_at),
    Flow::time("last_started", "last", 8, |f| f.last_started_at),
    Flow::time("next", "next", 8, |f| f.next_due_at),
    Flow::figure("waiting", "waiting", 7, |f| f.waiting.to_string()),
    Flow::figure("sending", "sending", 7, |f| f.sending.to_string()),
    Flow::figure("in_doubt", "doubt", 5, |f| f.in_doubt.to_string()),
    Flow::figure("stuck", "stuck", 5, |f| f.stuck.to_string()),
    Flow::time("oldest", "lag", 8, |f| f.oldest_at),
    Flow::figure("applied_30m", "30 minutes", 8, |f| {
        f.applied_per_minute.iter().sum::<u32>().to_string()
    }),
    Flow::text("note", "found", 14, |f| {
        f.paused.clone().unwrap_or_else(|| f.last_note.clone())
    }),
];

/// A lane or a method of a system with what of its budget is spent.
#[derive(Debug, Clone)]
pub struct BudgetLine {
    system: String,
    state: String,
    part: &'static str,
    name: String,
    calls_last_minute: i64,
    limit_per_minute: Option<i64>,
    share_percent: Option<i64>,
    waiting: Option<i64>,
    oldest_at: Option<Ts>,
}

impl BudgetLine {
    /// Every method and lane of these systems; a system without any has one line of its own.
    pub fn of(systems: &[SystemRow]) -> Vec<Self> {
        let mut lines = Vec::new();
        for row in systems {
            let line = |part, name: &str, calls_last_minute| Self {
                system: row.system.to_string(),
                state: match (&row.live.auth_failed, row.live.breaker) {
                    (Some(why), _) => why.clone(),
                    (None, BreakerState::Closed) => "ok".to_owned(),
                    (None, BreakerState::Open) => "down".to_owned(),
                    (None, BreakerState::HalfOpen) => "probing".to_owned(),
                },
                part,
                name: name.to_owned(),
                calls_last_minute,
                limit_per_minute: None,
                share_percent: None,
                waiting: None,
                oldest_at: None,
            };
            let before = lines.len();
            lines.extend(row.live.methods.iter().map(|m| Self {
                limit_per_minute: Some(m.limit_per_minute),
                ..line("method", &m.method, m.calls_last_minute)
            }));
            lines.extend(row.live.lanes.iter().map(|l| Self {
                share_percent: Some(l.share_percent),
                waiting: Some(l.waiting),
                oldest_at: l.oldest_at,
                ..line("lane", &l.lane.to_string(), l.calls_last_minute)
            }));
            if lines.len() == before {
                lines.push(line("system", row.system.as_str(), 0));
            }
        }
        lines
    }
}

/// Every column of the budgets.
pub const BUDGETS: &[Line] = &[
    Line::text("system", "system", 8, |b| b.system.clone()),
    Line::text("state", "state", 8, |b| b.state.clone()),
    Line::text("part", "part", 6, |b| b.part.to_owned()),
    Line::text("name", "name", 16, |b| b.name.clone()),
    Line::figure("calls_last_minute", "calls", 6, |b| {
        b.calls_last_minute.to_string()
    }),
    Line::figure("limit_per_minute", "limit", 6, |b| {
        opt(b.limit_per_minute.as_ref())
    }),
    Line::figure("share_percent", "share", 6, |b| {
        opt(b.share_percent.as_ref())
    }),
    Line::figure("waiting", "waiting", 7, |b| opt(b.waiting.as_ref())),
    Line::time("oldest", "oldest", 8, |b| b.oldest_at),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::Lane;
    use crate::domain::live::{LaneLive, MethodLive, SystemLive};
    use crate::domain::places::Places;
    use crate::report::export::{ListFormat, ListWriter};

    #[test]
    fn what_is_spent_of_each_budget_stands_on_a_line_of_its_own() {
        let live = SystemLive {
            methods: vec![MethodLive {
                method: "SaveData".to_owned(),
                calls_last_minute: 42,
                limit_per_minute: 60,
            }],
            lanes: vec![LaneLive {
                lane: Lane::Despatch,
                share_percent: 40,
                calls_last_minute: 7,
                waiting: 3,
                oldest_at: None,
            }],
            ..SystemLive::default()
        };
        let row = |system: &str, live| SystemRow {
            system: system.into(),
            live,
            holder: None,
            lease_until: None,
        };
        let lines = BudgetLine::of(&[row("pvx", live), row("lw", SystemLive::default())]);
        let names: Vec<&str> = BUDGETS.iter().map(|c| c.spec.name).collect();
        let mut writer = ListWriter::new(BUDGETS, &names, ListFormat::Csv, Places::default());
        let text = writer.rows(lines.iter()).unwrap();
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "pvx,ok,method,SaveData,42,60,,,",
                "pvx,ok,lane,despatch,7,,40,3,",
                "lw,ok,system,lw,0,,,,",
            ]
        );
    }
}
