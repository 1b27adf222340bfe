//! The rig: a sandbox, a store, adapters wired in process, a virtual clock, and an engine that may die and come back.

use super::doors::base_of;
use super::fuse::Fuse;
use super::pairs::{WAREHOUSE, mappings_of, paced, pair_of, share_of, systems_over};
use super::{Plan, RehearsalError, source_name};
use crate::desk::mappings::csv;
use crate::domain::change::{Batch, Change};
use crate::domain::delivery::Flow;
use crate::domain::ids::{OrderId, SystemId};
use crate::domain::policy::Policy;
use crate::domain::time::{Span, Ts};
use crate::sandbox::{
    Cin7Config, Cin7Traits, Sandbox, SandboxConfig, ShopConfig, ShopTraits, SimSystem,
    TradingHours, WorldTraits,
};
use crate::store::{Store, StoreOptions};
use crate::sync::{Cx, Engine, Pace, PairCx, Systems};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// How a rig is built.
#[derive(Debug, Clone)]
pub struct RigOptions {
    pub sandbox: SandboxConfig,
    /// The sales systems that are paired with the warehouse, with the policy of each pair.
    pub sources: Vec<(SimSystem, Policy)>,
    /// `None`: a temporary SQLite file that is removed with the rig.
    pub store_url: Option<String>,
    /// Chance that the process dies within a step, 0 to 1.
    pub death_chance: f64,
    /// Calls a minute the warehouse is allowed; the default of the adapter when `None`.
    pub warehouse_per_minute: Option<u32>,
    /// Callbacks and webhooks are received; without them only polling finds what happened.
    pub is_listening: bool,
    /// Survive power cuts too (slower); a rehearsal's deaths are of the process only.
    pub is_durable: bool,
    /// Share of the shipped sales of a ledger's source whose customers send goods back, 0 to 1.
    pub authorised_returns: f64,
}

/// Orders that wait in a source when the day begins.
const OPENING_ORDERS: u32 = 12;
/// Fewest and most items of a rehearsal's shop.
const SKUS: (u32, u32) = (40, 120);

/// Monday, 5 January 2026, 06:00 UTC.
const START: Ts = Ts(1_767_592_800_000_000);

impl RigOptions {
    /// The options of a rehearsal.
    pub fn from_plan(plan: &Plan) -> Self {
        let orders = |source| share_of(plan, source);
        let cin7 = orders(SimSystem::Cin7);
        let sandbox = SandboxConfig {
            seed: plan.seed,
            orders_per_day: orders(SimSystem::Linnworks),
            opening_orders: if orders(SimSystem::Linnworks) > 0 {
                OPENING_ORDERS
            } else {
                0
            },
            shop: ShopConfig {
                orders_per_day: orders(SimSystem::Shopline),
                opening_orders: orders(SimSystem::Shopline).min(OPENING_ORDERS),
                traits: if plan.with_mistakes {
                    ShopTraits {
                        // Within a day, so that even a short rehearsal sees goods come back.
                        returns: 0.15,
                        return_after: RETURN_AFTER,
                        ..ShopTraits::typical()
                    }
                } else {
                    ShopTraits::quiet()
                },
                ..ShopConfig::default()
            },
            cin7: Cin7Config {
                traits: if plan.with_mistakes {
                    Cin7Traits::typical(cin7)
                } else {
                    Cin7Traits {
                        sales_per_day: cin7,
                        ..Cin7Traits::default()
                    }
                },
                ..Cin7Config::default()
            },
            // A small shop has few items; each is sold all the more often.
            skus: (plan.orders_per_day / 2).clamp(SKUS.0, SKUS.1),
            start: START,
            customers_until: Some(START + Span::days(i64::from(plan.days) - 1) + plan.last_day),
            faults: plan.faults,
            trading_hours: TradingHours::ALWAYS,
            traits: if plan.with_mistakes {
                WorldTraits {
                    works_returns: true,
                    return_damaged: 0.2,
                    return_short: 0.1,
                    return_never_comes: 0.1,
                    ..WorldTraits::typical()
                }
            } else {
                WorldTraits::quiet()
            },
            ..SandboxConfig::default()
        };
        Self {
            sandbox,
            sources: plan
                .sources
                .iter()
                .map(|s| (*s, paced(*s, plan.read_every)))
                .collect(),
            store_url: plan.store_url.clone(),
            death_chance: if plan.with_deaths { 0.01 } else { 0.0 },
            // The warehouse publishes no limit; a brisk pace keeps the rehearsal short.
            warehouse_per_minute: Some(1_200),
            is_listening: plan.listens,
            is_durable: false,
            authorised_returns: if plan.with_mistakes { 0.25 } else { 0.0 },
        }
    }
}

/// Sandbox, store and engine under one virtual clock.
pub struct Rig {
    pub sandbox: Sandbox,
    pub store: Store,
    /// One per trading source, in the order of the plan.
    pub pairs: Vec<(SimSystem, PairCx)>,
    pub deaths: u64,
    pub steps: u64,
    pub calls: i64,
    clock: Arc<AtomicI64>,
    pub(super) options: RigOptions,
    store_options: StoreOptions,
    pub(super) systems: Systems,
    engine: Option<Engine>,
    fuse: Fuse,
    lives: u64,
    pub(super) dice: StdRng,
    folder: Option<PathBuf>,
    /// Orders whose customers were asked whether they send goods back.
    pub(super) asked: HashSet<OrderId>,
    /// The mappings of every pair as text, for the judges' own arithmetic.
    mappings: Vec<(SimSystem, String)>,
}

/// When shoppers send goods back, minutes after they left.
const RETURN_AFTER: (i64, i64) = (30, 300);

/// A rehearsal's clock leaps from event to event; what a live engine looks at every minute is looked at less often.
const PACE: Pace = Pace {
    lease_ttl: Span::mins(15),
    live_every: Span::mins(30),
    idle_max: Span::mins(10),
    watch_every: Span::mins(10),
    waiting_every: Span::mins(1),
    items_again: Span::mins(30),
    resync_again: Span::mins(30),
};

/// A process that is to die does so at one of this many points of its step, if the step has as many.
const POINTS_MAX: u32 = 24;

static RIGS_MADE: AtomicU64 = AtomicU64::new(0);

impl Rig {
    /// Builds everything and loads the sandbox's own mappings.
    pub async fn new(options: RigOptions) -> Result<Self, RehearsalError> {
        let clock = Arc::new(AtomicI64::new(options.sandbox.start.0));
        let ticking = clock.clone();
        let sandbox = Sandbox::new(
            options.sandbox.clone(),
            Arc::new(move || Ts(ticking.load(Ordering::Relaxed))),
        );
        let (url, folder) = match &options.store_url {
            Some(url) => (url.clone(), None),
            None => {
                let folder = fresh_folder(options.sandbox.seed)?;
                (
                    format!("sqlite:{}", folder.join("rehearsal.db").display()),
                    Some(folder),
                )
            }
        };
        let store_options = StoreOptions {
            url,
            payload_key: [7; 32],
            is_read_only: false,
            is_migrating: true,
            is_durable: options.is_durable,
        };
        let store = Store::open(&store_options).await?;
        let fuse = Fuse::new();
        let systems = systems_over(&sandbox, &options, |system| fuse.wire(sandbox.wire(system)))?;
        let pairs: Vec<(SimSystem, PairCx)> = options
            .sources
            .iter()
            .map(|(s, policy)| (*s, pair_of(*s, &options.sandbox, policy)))
            .collect();
        let dice = StdRng::seed_from_u64(options.sandbox.seed ^ 0x00d1_ce00);
        let mappings = options
            .sources
            .iter()
            .map(|(s, _)| (*s, mappings_of(&sandbox, *s)))
            .collect();
        let rig = Self {
            sandbox,
            store,
            pairs,
            deaths: 0,
            steps: 0,
            calls: 0,
            clock,
            options,
            store_options,
            systems,
            engine: None,
            fuse,
            lives: 0,
            dice,
            folder,
            asked: HashSet::new(),
            mappings,
        };
        rig.load_mappings().await?;
        Ok(rig)
    }

    async fn load_mappings(&self) -> Result<(), RehearsalError> {
        for (source, pair) in &self.pairs {
            if self.store.mapping_version(&pair.id).await? > 0 {
                continue;
            }
            let text = mappings_of(&self.sandbox, *source);
            let read =
                csv::read(&text, &[]).map_err(|error| RehearsalError::Setup(error.to_string()))?;
            let change = Change::Mappings {
                pair: pair.id.clone(),
                edits: read.edits,
                reason: "the sandbox's own mappings".to_owned(),
            };
            self.commit("rehearsal", vec![change]).await?;
        }
        Ok(())
    }

    /// Commits as somebody, the way the console would.
    pub async fn commit(&self, actor: &str, changes: Vec<Change>) -> Result<(), RehearsalError> {
        let batch = Batch {
            actor: actor.to_owned(),
            at: self.now(),
            fence: None,
            changes,
        };
        self.store
            .commit(batch)
            .await
            .map(|_| ())
            .map_err(RehearsalError::Store)
    }

    /// Virtual time.
    pub fn now(&self) -> Ts {
        Ts(self.clock.load(Ordering::Relaxed))
    }

    /// How often orders are read.
    pub fn read_every(&self) -> Span {
        let first = self.pairs.first();
        first.map_or(Span::mins(10), |(_, p)| p.policy.order_pull_interval)
    }

    /// Moves the clock forward and lets the world's events happen.
    pub fn advance_to(&mut self, to: Ts) {
        self.clock.fetch_max(to.0, Ordering::Relaxed);
        self.sandbox.advance();
    }

    /// Everything the vendors and customers do wrong stops; what was begun goes on.
    pub fn calm(&mut self) {
        self.sandbox.clear_faults();
        self.sandbox.act(crate::sandbox::World::calm);
        self.options.death_chance = 0.0;
        self.options.authorised_returns = 0.0;
    }

    fn engine(&mut self) -> Engine {
        self.lives += 1;
        let ticking = self.clock.clone();
        let clock = Arc::new(move || Ts(ticking.load(Ordering::Relaxed)));
        let holder = format!("rehearsal/{}", self.lives);
        let seed = self.options.sandbox.seed.wrapping_add(self.lives);
        let mut cx = Cx::new(
            self.store.clone(),
            self.systems.clone(),
            self.pairs.iter().map(|(_, p)| p.clone()).collect(),
            holder,
            clock,
            seed,
        );
        cx.pace = PACE;
        let fuse = self.fuse.clone();
        cx.checkpoint = Some(Arc::new(move || Box::pin(fuse.clone().pass())));
        if self.options.is_listening {
            let sources = self.pairs.iter().map(|(s, _)| source_name(*s));
            for system in sources.chain([WAREHOUSE]) {
                let base = base_of(system);
                cx.callback_base.insert(SystemId::from(system), base);
            }
        }
        Engine::new(Arc::new(cx))
    }

    /// One step of the engine, or its death within it. Returns when there is something to do again.
    pub async fn step(&mut self) -> Result<Ts, RehearsalError> {
        self.steps += 1;
        self.open_doors().await?;
        self.people_look().await?;
        let now = self.now();
        let mut engine = match self.engine.take() {
            Some(engine) => engine,
            None => self.engine(),
        };
        if self.options.death_chance > 0.0 && self.dice.random_bool(self.options.death_chance) {
            self.fuse.light(self.dice.random_range(1..POINTS_MAX));
            let fate = self.fuse.burn(engine.step(now)).await;
            self.fuse.put_out();
            match fate {
                None => {
                    drop(engine);
                    self.deaths += 1;
                    self.reopen().await?;
                    // A new process comes up after the old one's leases have run out.
                    return Ok(now + Span::secs(1) + PACE.lease_ttl);
                }
                Some(done) => {
                    let next = done?.next_at;
                    self.engine = Some(engine);
                    return Ok(next.max(now + Span::ms(1)));
                }
            }
        }
        let before = engine.calls_total();
        let done = engine.step(now).await?;
        self.calls += engine.calls_total() - before;
        self.engine = Some(engine);
        Ok(done.next_at.max(now + Span::ms(1)))
    }

    /// The store as a new process finds it.
    async fn reopen(&mut self) -> Result<(), RehearsalError> {
        self.store.close().await;
        self.store = Store::open(&self.store_options).await?;
        Ok(())
    }

    /// Nothing is overdue and nothing is in doubt.
    pub async fn is_engine_quiet(&self) -> Result<bool, RehearsalError> {
        let warehouse = SystemId::from(WAREHOUSE);
        let sources = self.pairs.iter().map(|(_, p)| &p.source);
        for system in sources.chain([&warehouse]) {
            // A step does everything that is due; what is due later waits out a back-off or waits for a person.
            let overdue = self.now() - Span::secs(1);
            let work = self.store.lane_work(system, overdue).await?;
            if work.iter().any(|w| w.ready > 0 || w.in_doubt_due > 0) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Nothing is overdue or in doubt, and the floor has nothing left to despatch.
    pub async fn is_quiet(&self) -> Result<bool, RehearsalError> {
        if !self.is_engine_quiet().await? {
            return Ok(false);
        }
        let is_floor_busy = self.sandbox.inspect(|world| {
            world.pvx.orders.iter().any(|o| {
                o.is_on_floor && !o.status.is_closed() && !o.is_on_hold && !o.lines.is_empty()
            })
        });
        Ok(!is_floor_busy)
    }

    /// Flows with their state, as people see them.
    pub async fn flows(&self) -> Result<Vec<(Flow, i64, i64)>, RehearsalError> {
        let live = self.store.flows_live(self.now()).await?;
        Ok(live
            .into_iter()
            .map(|f| (f.flow, f.waiting, f.in_doubt))
            .collect())
    }

    /// Closes the store and removes its folder.
    pub async fn close(mut self) {
        self.engine = None;
        self.store.close().await;
        if let Some(folder) = self.folder.take()
            && let Err(error) = std::fs::remove_dir_all(&folder)
        {
            tracing::warn!(%error, folder = %folder.display(), "a rehearsal's folder could not be removed");
        }
    }
}

fn fresh_folder(seed: u64) -> Result<PathBuf, RehearsalError> {
    let n = RIGS_MADE.fetch_add(1, Ordering::Relaxed);
    let base = ["/dev/shm"]
        .iter()
        .map(PathBuf::from)
        .find(|p| p.is_dir())
        .unwrap_or_else(std::env::temp_dir);
    let folder = base.join(format!(
        "tallyman-rehearsal-{}-{seed}-{n}",
        std::process::id()
    ));
    std::fs::create_dir_all(&folder)
        .map_err(|error| RehearsalError::Setup(format!("{}: {error}", folder.display())))?;
    Ok(folder)
}

// ---- facts for the judges, computed from the sandbox alone

impl Rig {
    fn mappings(&self, source: SimSystem) -> &str {
        let own = self.mappings.iter().find(|(s, _)| *s == source);
        own.map_or("", |(_, text)| text.as_str())
    }

    /// Percent of its sites' stock a source's location offers.
    pub fn share_percent(&self, source: SimSystem) -> i64 {
        self.mappings(source)
            .lines()
            .filter_map(|line| line.strip_prefix("SITE,"))
            .filter_map(|rest| rest.split_once("stock_share_percent="))
            .find_map(|(_, share)| share.parse().ok())
            .unwrap_or(100)
    }

    /// Sites whose stock the mapped location of a source publishes, as positions in the world.
    pub fn published_sites(&self, world: &crate::sandbox::World, source: SimSystem) -> Vec<usize> {
        let shown = world.shop.location_named(crate::sandbox::SHOP_LOCATION);
        let shown = shown.and_then(|at| world.shop.locations.get(at));
        let is_shown = |from: &str| match (source, shown) {
            (SimSystem::Shopline, Some(place)) => from == place.id,
            _ => true,
        };
        let sites: Vec<&str> = self
            .mappings(source)
            .lines()
            .filter_map(|line| line.strip_prefix("SITE,"))
            .filter_map(|rest| rest.split_once(','))
            .filter(|(from, _)| is_shown(from))
            .filter_map(|(_, rest)| rest.split(',').next())
            .flat_map(|to| to.split('+'))
            .collect();
        world
            .pvx
            .sites
            .iter()
            .enumerate()
            .filter(|(_, s)| sites.contains(&s.reference.as_str()))
            .map(|(at, _)| at)
            .collect()
    }

    /// The buffer of an item by the sandbox's own mappings.
    pub fn buffer_of(&self, source: SimSystem, code: &str) -> i64 {
        let rows = self
            .mappings(source)
            .lines()
            .filter_map(|line| line.strip_prefix("BUFFER,"));
        let mut general = 0;
        for row in rows {
            let mut parts = row.split(',');
            let (from, to) = (
                parts.next().unwrap_or_default(),
                parts.next().unwrap_or_default(),
            );
            let units = to.parse().unwrap_or(0);
            if from == code || from == format!("item:{code}") {
                return units;
            }
            if from == "*" {
                general = units;
            }
        }
        general
    }
}
