//! Rehearsal: engine and sandbox in one process under virtual time, from a seed, judged by what really happened in the
//! sandbox. A red seed replays exactly.

mod doors;
mod fuse;
pub mod judges;
mod pairs;
mod people;
pub mod report;
pub mod rig;
mod twin;

pub use judges::Verdict;
pub use pairs::systems_over;
pub(crate) use pairs::{mappings_of, pair_of};
pub use report::Report;
pub use rig::{Rig, RigOptions};
pub use twin::{EndState, twin};

use crate::domain::time::{Span, Ts};
use crate::sandbox::{FaultLevel, SimSystem};
use crate::store::StoreError;

/// What a rehearsal plays through.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    /// Simulated days of trading.
    pub days: u32,
    /// Customers order for this long on the last day; what they ordered is then worked off.
    pub last_day: Span,
    /// Over all sources together.
    pub orders_per_day: u32,
    /// The sales systems that trade, each paired with the one warehouse.
    pub sources: Vec<SimSystem>,
    pub faults: FaultLevel,
    /// The process dies now and then at any await point.
    pub with_deaths: bool,
    /// People and the world misbehave (unmapped services, late cancels, a second connector …).
    pub with_mistakes: bool,
    /// Callbacks and webhooks are received; otherwise polling alone must do.
    pub listens: bool,
    /// How often orders and despatches are read; everything slower follows from it.
    pub read_every: Span,
    /// `None`: a temporary SQLite file.
    pub store_url: Option<String>,
}

/// How long customers order on the days of the test command.
const LONG_DAY: Span = Span::hours(3);
const SHORT_DAY: Span = Span::mins(75);

impl Plan {
    /// One day with everything that can go wrong. The seed says who trades: each source alone in turn, and all three
    /// one time in forty; one time in four the door is shut; one day in 22 is long, the others short and busy.
    pub fn day(seed: u64) -> Self {
        let is_long = seed.is_multiple_of(22);
        Self {
            seed,
            days: 1,
            last_day: if is_long { LONG_DAY } else { SHORT_DAY },
            orders_per_day: if is_long { 60 } else { 144 },
            sources: match usize::try_from(seed % 20).unwrap_or(0) {
                0 if seed.is_multiple_of(40) => SOURCES.to_vec(),
                n => SOURCES
                    .into_iter()
                    .skip(n % SOURCES.len())
                    .take(1)
                    .collect(),
            },
            read_every: Span::mins(10),
            faults: FaultLevel::Heavy,
            listens: !(seed / 20).is_multiple_of(4),
            with_deaths: true,
            with_mistakes: true,
            store_url: None,
        }
    }

    /// The command that plays this plan again.
    pub fn replay(&self) -> String {
        let mut words = format!(
            "tallyman rehearse --seed {} --days {} --last-day {}s --orders-per-day {} --read-every {}s --faults {}",
            self.seed,
            self.days,
            self.last_day.as_secs(),
            self.orders_per_day,
            self.read_every.as_secs(),
            self.faults.name()
        );
        let names: Vec<String> = self
            .sources
            .iter()
            .map(|s| source_name(*s).to_owned())
            .collect();
        words.push_str(&format!(" --sources {}", names.join(",")));
        if !self.listens {
            words.push_str(" --deaf");
        }
        if !self.with_deaths {
            words.push_str(" --no-deaths");
        }
        if !self.with_mistakes {
            words.push_str(" --no-mistakes");
        }
        words
    }
}

/// Every sales system there is.
pub const SOURCES: [SimSystem; 3] = [SimSystem::Linnworks, SimSystem::Shopline, SimSystem::Cin7];

/// Id of a sales system in a rehearsal, as the command line has it.
pub const fn source_name(source: SimSystem) -> &'static str {
    match source {
        SimSystem::Linnworks => "lw",
        SimSystem::Shopline => "shop",
        SimSystem::Cin7 => "cin7",
        SimSystem::Peoplevox => "pvx",
    }
}

/// Why a rehearsal could not be played.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The store failed.
    #[error("the rehearsal's store failed: {0}")]
    Store(#[from] StoreError),
    /// The rig could not be built.
    #[error("the rehearsal could not be set up: {0}")]
    Setup(String),
}

/// After the last customer the world runs on this long with faults off, so that everything can come to rest.
const REST: Span = Span::hours(8);
/// A comparison that must find the same twice makes its second look within this time.
const SECOND_LOOK: Span = Span::mins(10);
/// Faults stop this long before the end of the resting time begins.
const STEPS_MAX: u64 = 5_000_000;

/// Plays a plan to its end and judges it.
pub async fn play(plan: &Plan) -> Result<Report, RehearsalError> {
    let mut rig = Rig::new(RigOptions::from_plan(plan)).await?;
    let started = rig.now();
    let trading_ends = end_of_trading(started, plan);
    run_until(&mut rig, trading_ends).await?;
    rig.calm();
    let calm_at = rig.now();
    let rested_at = rest(&mut rig, calm_at).await?;
    let verdicts = judges::judge(&rig).await?;
    let report = Report::new(plan, &rig, started, trading_ends, rested_at, verdicts).await?;
    rig.close().await;
    Ok(report)
}

/// Faults and deaths go on for a while after the last customer.
fn end_of_trading(started: Ts, plan: &Plan) -> Ts {
    let after = Span(plan.last_day.0 / 3);
    started + Span::days(i64::from(plan.days) - 1) + plan.last_day + after
}

/// Steps the engine through virtual time up to `until`.
pub async fn run_until(rig: &mut Rig, until: Ts) -> Result<(), RehearsalError> {
    for _ in 0..STEPS_MAX {
        if rig.now() >= until {
            break;
        }
        let next = rig.step().await?;
        rig.advance_to(next.min(until));
    }
    Ok(())
}

/// Runs on without faults until nothing moves in either system, at most for [`REST`]. Returns when it came to rest.
async fn rest(rig: &mut Rig, from: Ts) -> Result<Ts, RehearsalError> {
    let limit = from + REST;
    // The slowest reader comes every sixth time, and what it finds twice it finds again some minutes later.
    let settled = rig.read_every().times(7) + SECOND_LOOK;
    let mut quiet_since = None;
    for _ in 0..STEPS_MAX {
        let now = rig.now();
        if now >= limit {
            return Ok(now);
        }
        let next = rig.step().await?;
        if rig.is_quiet().await? {
            let since = *quiet_since.get_or_insert(now);
            // Quiet long enough for every slow reader (sweep, comparison, watch) to have looked once more.
            if now.since(since) >= settled {
                return Ok(since);
            }
        } else {
            quiet_since = None;
        }
        rig.advance_to(next.max(now + Span::ms(1)));
    }
    Ok(rig.now())
}
