//! Misbehaviour on purpose: what goes wrong, on which calls, how often, and what has gone wrong so far.

use super::config::{FaultLevel, SimSystem, midnight_of};
use super::pvx::columns::List;
use super::rng::Rng;
use crate::domain::time::{Span, Ts};
use std::collections::BTreeMap;

/// One way to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The effect happens, the answer is lost.
    LostAfter,
    /// Request lost before the effect.
    LostBefore,
    /// The effect happens so long after the client gave up.
    Delayed(Span),
    /// Connection refused.
    Refused,
    /// The effect happens, the answer is cut in the middle.
    Reset,
    /// A 5xx before the effect.
    ErrorBefore(u16),
    /// A 5xx after the effect.
    ErrorAfter(u16),
    /// The system is down: refused or 503, by turns.
    Down,
    /// The limit's refusal on everything.
    Storm,
    /// Linnworks and Cin7 Core: the limit's text under status 400.
    QuotaIn400,
    /// The answer takes so long (real time only when latency is simulated).
    Slow(Span),
    /// An HTML page with status 200.
    HtmlPage,
    /// 200 without a body, after the effect.
    EmptyBody,
    /// Every session ends just before this call.
    SessionEnds,
    /// Linnworks and SHOPLINE: 401 on everything but the sign-in. Cin7 Core: 403, as seen under bursts.
    Unauthorised,
    /// Linnworks: the next sign-in names another server.
    ServerMoves,
    /// Half of a page is missing, totals unchanged.
    PartialPage,
    /// Rows moved between pages while we read: the page lacks its first row.
    ShiftedPage,
    /// One row of a save is answered Success and dropped; Cin7 Core: a stage is answered 200 and not written.
    DroppedLine,
    /// One result row is missing.
    FewerResults,
    /// Result rows in another order.
    ReorderedResults,
    /// Linnworks: `Processed: false` for no visible reason.
    RefusedRow,
    /// Lists show the state of a while ago.
    StaleRead(Span),
    /// Peoplevox: statuses shown as a text nobody knows.
    OddStatus,
    /// A callback is never sent.
    LostCallback,
    /// A callback is sent twice.
    DuplicateCallback,
    /// A callback comes long after later ones.
    LateCallback,
    /// SHOPLINE: the store is frozen (402) or locked (423), or its firewall blocks us (433 to 436).
    Blocked(u16),
    /// SHOPLINE: an order's creation is told after its payment.
    CreationAfterPayment,
    /// SHOPLINE: an order's creation is told after its cancellation.
    CreationAfterCancel,
    /// SHOPLINE: calls do not find an order so long after its creation was told.
    NotYetReadable(Span),
    /// Cin7 Core: the subscription goes inactive instead of telling, and nobody is told.
    SubscriptionGone,
}

impl FaultKind {
    /// Code of the fault catalogue and a short name, for reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::LostAfter => "F-NET-1 answer lost after the effect",
            Self::LostBefore => "F-NET-2 request lost before the effect",
            Self::Delayed(_) => "F-NET-3 effect after the client gave up",
            Self::Refused => "F-NET-4 connection refused",
            Self::Reset => "F-NET-5 reset in the middle of the answer",
            Self::Slow(_) => "F-NET-6 slow answer",
            Self::HtmlPage => "F-NET-9 HTML page with 200",
            Self::EmptyBody => "F-NET-10 empty body with 200",
            Self::ErrorBefore(_) => "F-NET-12 5xx before the effect",
            Self::ErrorAfter(_) => "F-NET-13 5xx after the effect",
            Self::Storm => "F-LIM-1 429 storm",
            Self::QuotaIn400 => "F-LIM-1 quota text in a 400",
            Self::Down => "F-LIM-3 vendor down",
            Self::Unauthorised => "F-LIM-6 401 on everything",
            Self::SessionEnds => "F-LIM-7 session expired",
            Self::ServerMoves => "F-LIM-7 server changes at sign-in",
            Self::RefusedRow => "F-ANS-1 refused in the body",
            Self::DroppedLine => "F-ANS-2 success that did nothing",
            Self::FewerResults => "F-ANS-3 fewer result rows",
            Self::ReorderedResults => "F-ANS-3 result rows in another order",
            Self::PartialPage => "F-ANS-4 partial page",
            Self::ShiftedPage => "F-ANS-4 shifted page",
            Self::OddStatus => "F-ANS-5 unknown status text",
            Self::StaleRead(_) => "F-ANS-7 stale read",
            Self::DuplicateCallback => "F-EVT-1 duplicate callback",
            Self::LateCallback => "F-EVT-2 callback out of order",
            Self::LostCallback => "F-EVT-3 lost callback",
            Self::Blocked(_) => "F-LIM-6 store or address blocked",
            Self::CreationAfterPayment => "F-EVT-2 creation told after payment",
            Self::CreationAfterCancel => "F-EVT-2 creation told after cancellation",
            Self::NotYetReadable(_) => "F-EVT-4 object not readable yet",
            Self::SubscriptionGone => "F-EVT-3 subscription inactive",
        }
    }

    /// Faults of what a system tells by itself; calls never have them.
    const fn is_callback(self) -> bool {
        matches!(
            self,
            Self::LostCallback
                | Self::DuplicateCallback
                | Self::LateCallback
                | Self::SubscriptionGone
                | Self::CreationAfterPayment
                | Self::CreationAfterCancel
                | Self::NotYetReadable(_)
        )
    }

    /// Whether a system's callback or webhook can have the fault. Topics are SHOPLINE's; the others' have none here.
    fn fits_topic(self, system: SimSystem, topic: &str) -> bool {
        match self {
            Self::CreationAfterPayment | Self::CreationAfterCancel | Self::NotYetReadable(_) => {
                system == SimSystem::Shopline && topic == "orders/create"
            }
            Self::SubscriptionGone => system == SimSystem::Cin7,
            other => other.is_callback(),
        }
    }

    /// Whether the fault makes sense on this call.
    fn fits(self, system: SimSystem, method: &str) -> bool {
        let is_sign_in = method == "Authenticate" || method.starts_with("Auth/");
        match self {
            _ if self.is_callback() => false,
            Self::Blocked(_) => system == SimSystem::Shopline,
            Self::Storm => system != SimSystem::Peoplevox,
            Self::QuotaIn400 => matches!(system, SimSystem::Linnworks | SimSystem::Cin7),
            Self::Unauthorised => system != SimSystem::Peoplevox && !is_sign_in,
            Self::ServerMoves => system == SimSystem::Linnworks && is_sign_in,
            // Neither a store's token nor the keys of Cin7 Core have sessions.
            Self::SessionEnds if matches!(system, SimSystem::Shopline | SimSystem::Cin7) => false,
            Self::SessionEnds | Self::Delayed(_) => !is_sign_in,
            Self::PartialPage | Self::ShiftedPage => is_list(method),
            Self::StaleRead(_) if system == SimSystem::Cin7 => method == "GET saleList",
            Self::StaleRead(_) => is_list(method) && !method.contains("Stock"),
            Self::DroppedLine if system == SimSystem::Cin7 => CIN7_STAGES.contains(&method),
            Self::DroppedLine => method == "SaveData Sales order items",
            Self::FewerResults | Self::ReorderedResults => {
                method.starts_with("SaveData")
                    || method.ends_with("ProcessOrdersInBatch")
                    || method.ends_with("SetStockLevel")
            }
            Self::RefusedRow => {
                method.starts_with("Orders/Process") || method.ends_with("hide_mark")
            }
            Self::OddStatus => matches!(
                method,
                "GetData Sales orders"
                    | "GetReportData Sales orders by status"
                    | "GetReportData Sales order summary"
            ),
            _ => true,
        }
    }
}

fn is_list(method: &str) -> bool {
    method.starts_with("GetData")
        || method.starts_with("GetReportData")
        || [
            "Orders/GetOpenOrders",
            "Orders/GetAllOpenOrders",
            "OpenOrders/GetOpenOrdersDetails",
            "Orders/GetOrdersById",
            "ProcessedOrders/SearchProcessedOrders",
            "Stock/GetStockItemsFull",
            "GET orders",
            "GET orders/{}/fulfillments",
            "GET products/products",
            "GET products/{}/variants",
            "GET inventory_levels",
            "GET saleList",
            "GET product",
            "GET ref/productavailability",
        ]
        .contains(&method)
}

/// Writes of Cin7 Core that can be answered with 200 and not carried out.
const CIN7_STAGES: [&str; 6] = [
    "POST sale/fulfilment/pick",
    "POST sale/fulfilment/pack",
    "PUT sale/fulfilment/pack",
    "POST sale/fulfilment/ship",
    "PUT sale/fulfilment/ship",
    "PUT sale/fulfilment/pick",
];

/// What becomes of one event on its way to a subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EventFate {
    /// Sent: how much later than usual, once per copy; none when it is lost.
    Sent(Vec<Span>),
    /// The subscription is gone without a word.
    SubscriptionGone,
}

/// Where, when and how often a fault strikes.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRule {
    /// `None`: every system.
    pub system: Option<SimSystem>,
    /// A method, `*` for all, or a beginning followed by `*`; case is ignored.
    pub method: String,
    pub kind: FaultKind,
    /// Per matching call, 0 to 1.
    pub chance: f64,
    /// Strikes so many times and is then used up; `None` for ever.
    pub count: Option<u32>,
    pub from: Ts,
    pub until: Ts,
}

impl FaultRule {
    /// The fault strikes the next `count` calls of a method.
    pub fn next(system: SimSystem, method: &str, kind: FaultKind, count: u32) -> Self {
        Self {
            system: Some(system),
            method: method.to_owned(),
            kind,
            chance: 1.0,
            count: Some(count),
            from: Ts::MIN,
            until: Ts::NEVER,
        }
    }

    /// The fault strikes a share of the calls of a method, for ever.
    pub fn share(system: Option<SimSystem>, method: &str, kind: FaultKind, chance: f64) -> Self {
        Self {
            system,
            method: method.to_owned(),
            kind,
            chance,
            count: None,
            from: Ts::MIN,
            until: Ts::NEVER,
        }
    }

    /// The fault strikes every call of a system between two times.
    pub fn window(system: SimSystem, kind: FaultKind, from: Ts, until: Ts) -> Self {
        Self {
            from,
            until,
            ..Self::share(Some(system), "*", kind, 1.0)
        }
    }

    fn matches(&self, system: SimSystem, method: &str, now: Ts) -> bool {
        self.system.is_none_or(|s| s == system)
            && now >= self.from
            && now < self.until
            && self.count != Some(0)
            && self.kind.fits(system, method)
            && pattern_matches(&self.method, method)
    }
}

fn pattern_matches(pattern: &str, method: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => method
            .get(..start.len())
            .is_some_and(|m| m.eq_ignore_ascii_case(start)),
        None => pattern.eq_ignore_ascii_case(method),
    }
}

/// How often the dice were thrown. Linnworks and Peoplevox share a count; what other systems are called and tell has
/// counts of its own, so that it shifts nobody else's dice.
#[derive(Debug, Default)]
struct Rolls {
    pair: u64,
    shop_calls: u64,
    shop_events: u64,
    cin7_calls: u64,
    cin7_events: u64,
}

impl Rolls {
    /// Dice of the next call.
    fn of_call(&mut self, seed: u64, system: SimSystem) -> Rng {
        let (stream, roll) = match system {
            SimSystem::Peoplevox | SimSystem::Linnworks => ("fault", &mut self.pair),
            SimSystem::Shopline => ("shop-fault", &mut self.shop_calls),
            SimSystem::Cin7 => ("cin7-fault", &mut self.cin7_calls),
        };
        *roll += 1;
        Rng::keyed(seed, stream, *roll)
    }

    /// Dice of the next callback or webhook.
    fn of_event(&mut self, seed: u64, system: SimSystem) -> Rng {
        let (stream, roll) = match system {
            SimSystem::Peoplevox | SimSystem::Linnworks => ("callback-fault", &mut self.pair),
            SimSystem::Shopline => ("webhook-fault", &mut self.shop_events),
            SimSystem::Cin7 => ("cin7-hook-fault", &mut self.cin7_events),
        };
        *roll += 1;
        Rng::keyed(seed, stream, *roll)
    }
}

/// The plan and its history.
#[derive(Debug, Default)]
pub struct Faults {
    seed: u64,
    level: FaultLevel,
    /// Rules of people and tests.
    rules: Vec<FaultRule>,
    /// Rules of the level.
    preset: Vec<FaultRule>,
    rolls: Rolls,
    /// The fault of the call being carried out.
    pub(crate) current: Option<FaultKind>,
    fired: BTreeMap<&'static str, u64>,
}

impl Faults {
    /// A plan at a level.
    pub fn new(seed: u64, level: FaultLevel, now: Ts) -> Self {
        let mut faults = Self {
            seed,
            ..Self::default()
        };
        faults.set_level(level, now);
        faults
    }

    /// Changes the level; explicit rules stay.
    pub fn set_level(&mut self, level: FaultLevel, now: Ts) {
        self.level = level;
        self.preset = shares_of(level);
        self.add_windows_of_day(now);
    }

    /// Adds a rule.
    pub fn add(&mut self, rule: FaultRule) {
        self.rules.push(rule);
    }

    /// From now on every system behaves.
    pub fn clear(&mut self) {
        self.level = FaultLevel::None;
        self.rules.clear();
        self.preset.clear();
    }

    /// Level in force.
    pub fn level(&self) -> FaultLevel {
        self.level
    }

    /// How often each fault has struck, by code.
    pub fn fired(&self) -> &BTreeMap<&'static str, u64> {
        &self.fired
    }

    /// Storms and outages of the day that begins or goes on now.
    pub(crate) fn add_windows_of_day(&mut self, now: Ts) {
        self.preset
            .retain(|r| r.until == Ts::NEVER || r.until > now);
        let midnight = midnight_of(now);
        let day = midnight.0.unsigned_abs();
        let mut dice = Rng::keyed(self.seed, "fault-windows", day);
        for (system, kind, per_day, shortest, longest) in windows_of(self.level) {
            for _ in 0..*per_day {
                let from = midnight + Span::secs(dice.between(0, 86_399));
                let until = from + Span::secs(dice.between(*shortest, *longest));
                if until > now {
                    self.preset
                        .push(FaultRule::window(*system, *kind, from, until));
                }
            }
        }
    }

    /// What goes wrong with this call, if anything.
    pub(crate) fn choose(&mut self, system: SimSystem, method: &str, now: Ts) -> Option<FaultKind> {
        if self.rules.is_empty() && self.preset.is_empty() {
            return None;
        }
        let mut dice = self.rolls.of_call(self.seed, system);
        for rule in self.rules.iter_mut().chain(&mut self.preset) {
            let roll = dice.unit();
            if !rule.matches(system, method, now) || roll >= rule.chance {
                continue;
            }
            rule.count = rule.count.map(|n| n - 1);
            *self.fired.entry(rule.kind.code()).or_default() += 1;
            return Some(rule.kind);
        }
        None
    }

    /// When each copy of a callback is sent beyond the usual delay; empty when it is lost.
    pub(crate) fn callback_fate(&mut self, now: Ts) -> Vec<Span> {
        match self.event_fate(SimSystem::Peoplevox, now) {
            EventFate::Sent(copies) => copies,
            EventFate::SubscriptionGone => Vec::new(),
        }
    }

    /// What becomes of one event of Peoplevox or Cin7 Core, whatever method a rule names.
    pub(crate) fn event_fate(&mut self, system: SimSystem, now: Ts) -> EventFate {
        match self.choose_for_event(system, None, now) {
            None => EventFate::Sent(vec![Span::ZERO]),
            Some(FaultKind::LostCallback) => EventFate::Sent(Vec::new()),
            Some(FaultKind::DuplicateCallback) => EventFate::Sent(vec![Span::ZERO, Span::secs(20)]),
            Some(FaultKind::SubscriptionGone) => EventFate::SubscriptionGone,
            Some(_) => EventFate::Sent(vec![Span::secs(120)]),
        }
    }

    /// What goes wrong with the webhook of a topic of SHOPLINE, if anything. Rules name topics where those of calls name
    /// methods.
    pub(crate) fn webhook_fate(&mut self, topic: &str, now: Ts) -> Option<FaultKind> {
        self.choose_for_event(SimSystem::Shopline, Some(topic), now)
    }

    /// The dice are thrown only for rules that this event can meet.
    fn choose_for_event(
        &mut self,
        system: SimSystem,
        topic: Option<&str>,
        now: Ts,
    ) -> Option<FaultKind> {
        if self.rules.is_empty() && self.preset.is_empty() {
            return None;
        }
        let mut dice = self.rolls.of_event(self.seed, system);
        for rule in self.rules.iter_mut().chain(&mut self.preset) {
            let is_meant = rule.system.is_none_or(|s| s == system)
                && rule.kind.fits_topic(system, topic.unwrap_or_default())
                && topic.is_none_or(|topic| pattern_matches(&rule.method, topic));
            let is_live = now >= rule.from && now < rule.until && rule.count != Some(0);
            if !is_meant || !is_live || dice.unit() >= rule.chance {
                continue;
            }
            rule.count = rule.count.map(|n| n - 1);
            *self.fired.entry(rule.kind.code()).or_default() += 1;
            return Some(rule.kind);
        }
        None
    }

    /// Bends a page of a list.
    pub(crate) fn bend_page<T>(&self, rows: &mut Vec<T>) {
        match self.current {
            Some(FaultKind::PartialPage) => rows.truncate(rows.len() / 2),
            Some(FaultKind::ShiftedPage) if !rows.is_empty() => {
                rows.remove(0);
            }
            _ => {}
        }
    }

    /// Bends the result rows of a write.
    pub(crate) fn bend_results<T>(&self, rows: &mut Vec<T>) {
        match self.current {
            Some(FaultKind::FewerResults) => {
                rows.pop();
            }
            Some(FaultKind::ReorderedResults) => rows.reverse(),
            _ => {}
        }
    }

    /// Which row of a save is dropped in silence.
    pub(crate) fn dropped_row(&self, list: List, rows: usize) -> Option<usize> {
        let drops = self.current == Some(FaultKind::DroppedLine) && list == List::SalesOrderItems;
        (drops && rows > 0).then_some(rows / 2)
    }

    /// A refusal out of the blue, once per call.
    pub(crate) fn refusal(&mut self) -> Option<String> {
        if self.current != Some(FaultKind::RefusedRow) {
            return None;
        }
        self.current = None;
        Some("Order could not be processed. Please try again later.".to_owned())
    }
}

/// System, kind, windows a day, shortest and longest in seconds.
type Window = (SimSystem, FaultKind, u32, i64, i64);

fn windows_of(level: FaultLevel) -> &'static [Window] {
    const LW: SimSystem = SimSystem::Linnworks;
    const PVX: SimSystem = SimSystem::Peoplevox;
    const SHOP: SimSystem = SimSystem::Shopline;
    const C7: SimSystem = SimSystem::Cin7;
    match level {
        FaultLevel::None => &[],
        FaultLevel::Light => &[
            (LW, FaultKind::Storm, 2, 30, 60),
            (LW, FaultKind::Down, 1, 30, 120),
            (PVX, FaultKind::Down, 1, 30, 180),
            (SHOP, FaultKind::Storm, 1, 30, 60),
            (SHOP, FaultKind::Down, 1, 30, 120),
            (C7, FaultKind::Storm, 2, 30, 60),
            (C7, FaultKind::Down, 1, 30, 120),
        ],
        FaultLevel::Heavy => &[
            (LW, FaultKind::Storm, 8, 30, 90),
            (LW, FaultKind::QuotaIn400, 3, 20, 60),
            (LW, FaultKind::Down, 5, 30, 600),
            (LW, FaultKind::Unauthorised, 2, 20, 60),
            (PVX, FaultKind::Down, 5, 30, 600),
            (PVX, FaultKind::HtmlPage, 2, 20, 60),
            (SHOP, FaultKind::Storm, 6, 30, 90),
            (SHOP, FaultKind::Down, 4, 30, 600),
            (SHOP, FaultKind::Unauthorised, 1, 20, 60),
            (SHOP, FaultKind::Blocked(434), 1, 20, 60),
            (SHOP, FaultKind::HtmlPage, 2, 20, 60),
            (C7, FaultKind::Storm, 8, 30, 90),
            (C7, FaultKind::QuotaIn400, 3, 20, 60),
            (C7, FaultKind::Down, 5, 30, 600),
            (C7, FaultKind::Unauthorised, 4, 10, 40),
            (C7, FaultKind::HtmlPage, 2, 20, 60),
        ],
    }
}

fn shares_of(level: FaultLevel) -> Vec<FaultRule> {
    let factor = match level {
        FaultLevel::None => return Vec::new(),
        FaultLevel::Light => 1.0,
        FaultLevel::Heavy => 6.0,
    };
    const SHARES: &[(FaultKind, f64)] = &[
        (FaultKind::LostAfter, 0.002),
        (FaultKind::LostBefore, 0.002),
        (FaultKind::Delayed(Span::secs(8)), 0.000_6),
        (FaultKind::Refused, 0.001),
        (FaultKind::Reset, 0.001),
        (FaultKind::ErrorBefore(500), 0.001),
        (FaultKind::ErrorAfter(502), 0.000_7),
        (FaultKind::Slow(Span::secs(12)), 0.002),
        (FaultKind::HtmlPage, 0.000_5),
        (FaultKind::EmptyBody, 0.000_7),
        (FaultKind::SessionEnds, 0.001),
        (FaultKind::ServerMoves, 0.02),
        (FaultKind::PartialPage, 0.002),
        (FaultKind::ShiftedPage, 0.002),
        (FaultKind::DroppedLine, 0.004),
        (FaultKind::FewerResults, 0.002),
        (FaultKind::ReorderedResults, 0.005),
        (FaultKind::RefusedRow, 0.001),
        (FaultKind::StaleRead(Span::secs(20)), 0.004),
        (FaultKind::OddStatus, 0.000_5),
        (FaultKind::LostCallback, 0.02),
        (FaultKind::DuplicateCallback, 0.02),
        (FaultKind::LateCallback, 0.02),
        // Later rows have no say in the dice of the rows above.
        (FaultKind::CreationAfterPayment, 0.01),
        (FaultKind::CreationAfterCancel, 0.01),
        (FaultKind::NotYetReadable(Span::secs(20)), 0.02),
        (FaultKind::SubscriptionGone, 0.000_5),
    ];
    SHARES
        .iter()
        .map(|(kind, chance)| FaultRule::share(None, "*", *kind, chance * factor))
        .collect()
}
