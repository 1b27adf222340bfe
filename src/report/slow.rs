//! Why is this slow? Everything that stops, slows or soon will, from what the engine tells about its flows and systems:
//! the worst first, each with what tallyman does next and what a person can do.

use crate::domain::delivery::{AnswerClass, Flow};
use crate::domain::ids::{PairId, SystemId};
use crate::domain::live::{BreakerState, SystemLive};
use crate::domain::time::{Span, Ts};
use crate::store::read::{FlowLive, SystemRow};
use crate::text;
use serde::Serialize;

/// A delivery may be this old before its flow counts as late.
pub const LAG_LATE: Span = Span::mins(5);
/// A run may be this much overdue before somebody is told: the engine looks every second.
const OVERDUE: Span = Span::mins(1);
/// A call under way for longer than this is told.
const CALL_LONG: Span = Span::secs(15);
/// Answers that usually take longer than this set the pace.
const ANSWER_LONG_MS: i64 = 4_000;
/// Fewest recent calls from which anything is concluded.
const CALLS_MIN: usize = 5;
/// From this share of a limit on, the limit sets the pace; percent.
const LIMIT_NEAR_PERCENT: i64 = 90;
/// From this share of failures among the recent calls on, they are told; percent.
const FAILED_PERCENT: usize = 20;
/// Minutes over which the present rate of a flow is taken.
const RATE_MINUTES: usize = 5;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Nothing moves there.
    Stopped,
    /// It moves more slowly than it should.
    Slowed,
    /// It may become slow.
    Watch,
}

impl Weight {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Slowed => "slowed",
            Self::Watch => "watch",
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Spot {
    System(SystemId),
    Flow { pair: PairId, flow: Flow },
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub weight: Weight,
    pub spot: Spot,
    /// What is so, since when, with figures.
    pub says: String,
    /// What tallyman does next, and what a person can do.
    pub next: String,
}

/// Every reason, the worst first; within a weight systems stand before flows, because flows wait for them.
pub fn why_slow(flows: &[FlowLive], systems: &[SystemRow], now: Ts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for row in systems {
        system(row, now, &mut found);
    }
    for row in flows {
        flow(row, now, &mut found);
    }
    found.sort_by_key(|f| f.weight);
    found
}

/// What there is to say when nothing is slow: how much waits, since when, and which limit is nearest.
pub fn all_well(flows: &[FlowLive], systems: &[SystemRow], now: Ts) -> String {
    let waiting: i64 = flows.iter().map(|f| f.waiting + f.sending).sum();
    let oldest = flows.iter().filter_map(|f| f.oldest_at).min();
    let waits = match oldest {
        Some(at) if waiting > 0 => format!(
            "{} under way, the oldest for {}",
            text::count(waiting, "delivery", "deliveries"),
            ago(at, now)
        ),
        _ => "nothing waits".to_owned(),
    };
    let nearest = systems
        .iter()
        .flat_map(|s| s.live.methods.iter().map(move |m| (s, m)))
        .max_by_key(|(_, m)| percent(m.calls_last_minute, m.limit_per_minute));
    match nearest {
        Some((s, m)) => format!(
            "Nothing is slow: {waits}. The nearest limit is {} of {}: {} of {} calls a minute.",
            m.method, s.system, m.calls_last_minute, m.limit_per_minute
        ),
        None => format!("Nothing is slow: {waits}."),
    }
}

fn system(row: &SystemRow, now: Ts, found: &mut Vec<Finding>) {
    let name = &row.system;
    let mut say = |weight, says: String, next: &str| {
        found.push(Finding {
            weight,
            spot: Spot::System(name.clone()),
            says,
            next: next.to_owned(),
        });
    };
    let live = &row.live;
    if let Some(text) = &live.auth_failed {
        say(
            Weight::Stopped,
            format!("{name} does not let tallyman in: {}", text::clean(text)),
            "Its work waits in the store. Put the credentials right in the configuration (`tallyman check` tries them), \
             then start tallyman again.",
        );
    } else if live.breaker != BreakerState::Closed {
        let probe = live.breaker_until.map_or_else(String::new, |at| {
            format!("; the next try is in {}", ago(now, at))
        });
        say(
            Weight::Stopped,
            format!("{name} failed too often: no calls until it answers one again{probe}"),
            "tallyman tries by itself, and nothing is lost meanwhile. Its last calls below say how it failed; its status \
             page says whether they know.",
        );
    } else if row.holder.is_none() || row.lease_until.is_some_and(|until| until < now) {
        say(
            Weight::Stopped,
            format!("no worker looks after {name}: nothing is sent to it or read from it"),
            "Start `tallyman sync` on the host that does it, or open a console without --no-sync.",
        );
    }
    if let Some(until) = live.throttled_until.filter(|at| *at > now) {
        say(
            Weight::Slowed,
            format!(
                "{name} asked for fewer calls; it is left alone for {}",
                ago(now, until)
            ),
            "tallyman waits and goes on by itself. When the figures of its methods are below their limits, somebody else \
             uses the same account.",
        );
    }
    limits(live, name, &mut say);
    answers(live, name, now, &mut say);
}

/// Methods at their limits.
fn limits(live: &SystemLive, name: &SystemId, say: &mut impl FnMut(Weight, String, &str)) {
    let waiting: i64 = live.lanes.iter().map(|l| l.waiting).sum();
    for method in &live.methods {
        let used = percent(method.calls_last_minute, method.limit_per_minute);
        if used < LIMIT_NEAR_PERCENT {
            continue;
        }
        let queue: Vec<String> = live
            .lanes
            .iter()
            .filter(|l| l.waiting > 0)
            .map(|l| format!("{} {}", l.lane, l.waiting))
            .collect();
        let queue = if queue.is_empty() {
            "nothing waits".to_owned()
        } else {
            format!("waiting: {}", queue.join(", "))
        };
        let weight = if waiting > 0 {
            Weight::Slowed
        } else {
            Weight::Watch
        };
        say(
            weight,
            format!(
                "the limit of {} on {name} sets the pace: {} of {} calls in the last minute; {queue}",
                method.method, method.calls_last_minute, method.limit_per_minute
            ),
            "Urgent lanes go first, the others in their shares. A higher limit granted by the vendor is entered as \
             `limits` under the system.",
        );
    }
}

/// How the last calls went, and those under way.
fn answers(
    live: &SystemLive,
    name: &SystemId,
    now: Ts,
    say: &mut impl FnMut(Weight, String, &str),
) {
    if let Some(call) = live.in_flight.iter().min_by_key(|c| c.at)
        && now.since(call.at) > CALL_LONG
    {
        say(
            Weight::Watch,
            format!(
                "a call of {} to {name} has been under way for {}",
                call.method,
                ago(call.at, now)
            ),
            "It ends by itself at the timeout; a write is then asked about before it is repeated.",
        );
    }
    if live.recent.len() < CALLS_MIN {
        return;
    }
    let mut millis: Vec<i64> = live.recent.iter().map(|c| c.millis).collect();
    millis.sort_unstable();
    let median = millis.get(millis.len() / 2).copied().unwrap_or(0);
    if median >= ANSWER_LONG_MS {
        say(
            Weight::Slowed,
            format!(
                "answers of {name} are slow: half of its last {} calls took {} s or more",
                millis.len(),
                median / 1_000
            ),
            "Fewer calls fit into a minute than the limit allows. tallyman sends as much with each as the vendor takes.",
        );
    }
    let failed: Vec<&str> = live
        .recent
        .iter()
        .filter(|c| AnswerClass::parse(&c.class).is_none_or(is_failure))
        .map(|c| c.class.as_str())
        .collect();
    if failed.len() * 100 >= live.recent.len() * FAILED_PERCENT {
        let newest = live
            .recent
            .iter()
            .rev()
            .find(|c| failed.contains(&c.class.as_str()));
        let said = newest.map_or_else(String::new, |c| {
            format!("; the newest: {} {}", c.class, text::clean(&c.text))
        });
        say(
            Weight::Slowed,
            format!(
                "{} of the last {} calls to {name} failed{}",
                failed.len(),
                live.recent.len(),
                said.trim_end()
            ),
            "Each is tried again with growing pauses; after enough of them the calls stop until one succeeds.",
        );
    }
}

/// The call itself went wrong; a refusal of what was sent is an answer.
const fn is_failure(class: AnswerClass) -> bool {
    !matches!(class, AnswerClass::Applied | AnswerClass::Rejected)
}

fn flow(row: &FlowLive, now: Ts, found: &mut Vec<Finding>) {
    let name = format!("{} of {}", row.flow, row.pair);
    let mut say = |weight, says: String, next: &str| {
        found.push(Finding {
            weight,
            spot: Spot::Flow {
                pair: row.pair.clone(),
                flow: row.flow,
            },
            says,
            next: next.to_owned(),
        });
    };
    let waits = match row.waiting {
        0 => "nothing waits".to_owned(),
        n => format!("{} wait", text::count(n, "delivery", "deliveries")),
    };
    if let Some(why) = &row.paused {
        say(
            Weight::Stopped,
            format!("{name} is paused: {}; {waits}", text::clean(why)),
            "Ask who paused it why, then resume it.",
        );
        return;
    }
    if row.last_started_at.is_some() && !row.is_last_ok {
        let note = text::clean(&row.last_note);
        say(
            Weight::Slowed,
            format!("the last run of {name} failed: {note}"),
            "It runs again at its next time, from where it stopped. Run it now once the cause is gone.",
        );
    }
    if let Some(due) = row.next_due_at
        && now.since(due) > OVERDUE
    {
        say(
            Weight::Slowed,
            format!("{name} should have run {} ago", ago(due, now)),
            "The engine is behind or has stopped. See which worker holds its systems.",
        );
    }
    if row.stuck > 0 {
        say(
            Weight::Slowed,
            match row.stuck {
                1 => format!("1 delivery of {name} was refused and holds what is behind it"),
                n => format!("{n} deliveries of {name} were refused and hold what is behind them"),
            },
            "Each has its case among the exceptions; settling the cause lets them all go.",
        );
    }
    if row.in_doubt > 0 {
        say(
            Weight::Watch,
            format!(
                "{} of {name} got no answer: they are asked about, never just repeated",
                text::count(row.in_doubt, "delivery", "deliveries")
            ),
            "Nothing to do: what arrived is recognised, the rest is sent again.",
        );
    }
    late(row, &name, now, &mut say);
}

fn late(row: &FlowLive, name: &str, now: Ts, say: &mut impl FnMut(Weight, String, &str)) {
    let Some(oldest) = row.oldest_at.filter(|at| now.since(*at) > LAG_LATE) else {
        return;
    };
    let minutes = row.applied_per_minute.iter().rev().take(RATE_MINUTES);
    let (count, sum) = minutes.fold((0_i64, 0_i64), |(n, sum), applied| {
        (n + 1, sum + i64::from(*applied))
    });
    let pace = match (count, sum) {
        (0, _) | (_, 0) => format!("none went in the last {RATE_MINUTES} minutes"),
        (n, sum) => format!(
            "about {} a minute go, so the last goes in about {} min",
            (sum + n - 1) / n,
            (row.waiting * n + sum - 1) / sum
        ),
    };
    say(
        Weight::Slowed,
        format!(
            "{} of {name} wait, the oldest for {}; {pace}",
            row.waiting,
            ago(oldest, now)
        ),
        "A limit or failure that holds them stands above; their own page has the rest. What must ship first goes first.",
    );
}

fn percent(used: i64, limit: i64) -> i64 {
    if limit <= 0 {
        return 0;
    }
    used.saturating_mul(100) / limit
}

/// The time between two moments, in words.
fn ago(from: Ts, to: Ts) -> String {
    text::age(to.since(from).as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::Lane;
    use crate::domain::live::{CallLive, LaneLive, MethodLive};

    const NOW: Ts = Ts(1_800_000_000_000_000);

    fn pvx() -> SystemRow {
        SystemRow {
            system: SystemId::from("pvx"),
            live: SystemLive::default(),
            holder: Some("w1".to_owned()),
            lease_until: Some(NOW + Span::secs(30)),
        }
    }

    fn orders() -> FlowLive {
        FlowLive {
            pair: PairId::from("lw-pvx"),
            flow: Flow::OrderCreate,
            paused: None,
            is_last_ok: true,
            last_ok_at: Some(NOW - Span::mins(1)),
            last_started_at: Some(NOW - Span::mins(1)),
            next_due_at: None,
            last_note: String::new(),
            waiting: 0,
            sending: 0,
            in_doubt: 0,
            stuck: 0,
            oldest_at: None,
            applied_per_minute: vec![0; 30],
        }
    }

    fn call(millis: i64, class: AnswerClass) -> CallLive {
        CallLive {
            at: NOW,
            method: "GetData".to_owned(),
            millis,
            class: class.as_str().to_owned(),
            text: "gateway timeout".to_owned(),
        }
    }

    fn says(flows: &[FlowLive], systems: &[SystemRow]) -> Vec<String> {
        let found = why_slow(flows, systems, NOW);
        found
            .iter()
            .map(|f| format!("{}: {}", f.weight.word(), f.says))
            .collect()
    }

    #[test]
    fn a_quiet_house_has_no_reasons_and_says_how_near_its_limits_are() {
        let mut system = pvx();
        system.live.methods = vec![MethodLive {
            method: "SaveData".to_owned(),
            calls_last_minute: 12,
            limit_per_minute: 60,
        }];
        assert_eq!(says(&[orders()], &[system.clone()]), Vec::<String>::new());
        assert_eq!(
            all_well(&[orders()], &[system], NOW),
            "Nothing is slow: nothing waits. The nearest limit is SaveData of pvx: 12 of 60 calls a minute."
        );
    }

    #[test]
    fn a_queue_at_a_limit_tells_the_limit_first_and_then_how_long_it_takes() {
        let mut system = pvx();
        system.live.methods = vec![MethodLive {
            method: "SaveData".to_owned(),
            calls_last_minute: 58,
            limit_per_minute: 60,
        }];
        system.live.lanes = vec![LaneLive {
            lane: Lane::Orders,
            share_percent: 40,
            calls_last_minute: 50,
            waiting: 214,
            oldest_at: Some(NOW - Span::mins(7)),
        }];
        let mut flow = orders();
        flow.waiting = 214;
        flow.oldest_at = Some(NOW - Span::mins(7));
        flow.applied_per_minute = vec![18; 30];
        let told = says(&[flow], &[system]);
        assert_eq!(
            told,
            [
                "slowed: the limit of SaveData on pvx sets the pace: 58 of 60 calls in the last minute; waiting: orders 214",
                "slowed: 214 of ORDER_CREATE of lw-pvx wait, the oldest for 7m; about 18 a minute go, so the last goes in about 12 min",
            ]
        );
    }

    #[test]
    fn what_stops_comes_before_what_slows() {
        let mut flow = orders();
        flow.stuck = 3;
        let mut paused = orders();
        paused.flow = Flow::Despatch;
        paused.paused = Some("stocktake\u{1b}[2J".to_owned());
        let mut nobody = pvx();
        nobody.holder = None;
        let told = says(&[flow, paused], &[nobody]);
        assert!(told[0].starts_with("stopped: no worker looks after pvx"));
        assert!(told[1].starts_with("stopped: DESPATCH of lw-pvx is paused: stocktake"));
        assert!(!told[1].contains('\u{1b}'));
        assert!(told[2].starts_with("slowed: 3 deliveries of ORDER_CREATE"));
    }

    #[test]
    fn slow_and_failing_answers_are_told_and_a_refusal_is_an_answer() {
        let mut system = pvx();
        system.live.recent = vec![call(5_200, AnswerClass::Applied); 10];
        assert!(says(&[], &[system.clone()])[0].contains("took 5 s or more"));
        system.live.recent = vec![call(80, AnswerClass::Rejected); 10];
        assert_eq!(says(&[], &[system.clone()]), Vec::<String>::new());
        system.live.recent = vec![call(80, AnswerClass::Applied); 8];
        system
            .live
            .recent
            .extend(vec![call(80, AnswerClass::Unavailable); 2]);
        let told = says(&[], &[system]);
        assert!(
            told[0].contains("2 of the last 10 calls to pvx failed"),
            "{told:?}"
        );
    }

    #[test]
    fn a_run_that_did_not_come_and_a_call_that_hangs_are_seen() {
        let mut flow = orders();
        flow.next_due_at = Some(NOW - Span::mins(4));
        let mut system = pvx();
        let mut hanging = call(0, AnswerClass::Applied);
        hanging.at = NOW - Span::secs(42);
        system.live.in_flight = vec![hanging];
        let told = says(&[flow], &[system]);
        assert!(told[0].contains("should have run 4m ago"), "{told:?}");
        assert!(told[1].contains("under way for 42s"), "{told:?}");
    }
}
