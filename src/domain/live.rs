//! What the engine tells about a system while it works: budgets, breaker, calls in flight.

use super::delivery::Lane;
use super::time::Ts;
use serde::{Deserialize, Serialize};

/// State of a system's circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls flow.
    #[default]
    Closed,
    /// Nothing is called until the next probe.
    Open,
    /// One probe is allowed.
    HalfOpen,
}

/// Calls of one lane in the last minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneLive {
    pub lane: Lane,
    /// Reserved share, percent.
    pub share_percent: i64,
    pub calls_last_minute: i64,
    pub waiting: i64,
    pub oldest_at: Option<Ts>,
}

/// Calls of one vendor method in the last minute, against its limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodLive {
    pub method: String,
    pub calls_last_minute: i64,
    pub limit_per_minute: i64,
}

/// What a limit means for parcels: how many can be confirmed in a minute when nothing else is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelsLive {
    pub calls_each: i64,
    pub per_minute_max: i64,
}

impl ParcelsLive {
    /// Minutes so many parcels take at best; at least one.
    pub const fn minutes(&self, parcels: i64) -> i64 {
        let rate = if self.per_minute_max > 0 {
            self.per_minute_max
        } else {
            1
        };
        (parcels + rate - 1) / rate
    }
}

/// One recent call, for the event tail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLive {
    pub at: Ts,
    pub method: String,
    pub millis: i64,
    pub class: String,
    pub text: String,
}

/// A system as the Live pane shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct SystemLive {
    pub breaker: BreakerState,
    pub breaker_until: Option<Ts>,
    pub throttled_until: Option<Ts>,
    /// Credentials were refused: the text. `None` while signed in or untried.
    pub auth_failed: Option<String>,
    pub in_flight: Vec<CallLive>,
    pub recent: Vec<CallLive>,
    pub lanes: Vec<LaneLive>,
    pub methods: Vec<MethodLive>,
    /// For a source that is told of every parcel.
    #[serde(default)]
    pub parcels: Option<ParcelsLive>,
    pub calls_total: i64,
    pub orders_total: i64,
    pub at: Ts,
}

/// How many recent calls are kept for the event tail.
pub const RECENT_CALLS_MAX: usize = 40;
