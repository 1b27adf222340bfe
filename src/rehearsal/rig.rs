//! The rig: a sandbox, a store, adapters wired in process, a virtual clock, and an engine that may die and come back.

use super::fuse::Fuse;
use super::{Plan, RehearsalError};
use crate::desk::mappings::csv;
use crate::domain::catalogue::Kind;
use crate::domain::change::{Batch, Change};
use crate::domain::delivery::Flow;
use crate::domain::ids::{RequestId, SystemId};
use crate::domain::policy::Policy;
use crate::domain::time::{Span, Ts};
use crate::sandbox::{Sandbox, SandboxConfig, SimSystem, TradingHours, WorldTraits};
use crate::secret::Secret;
use crate::store::{Store, StoreOptions};
use crate::sync::{Cx, Engine, Pace, PairCx, Systems};
use crate::vendors::linnworks::{Linnworks, LinnworksConfig};
use crate::vendors::peoplevox::{Peoplevox, PeoplevoxConfig};
use crate::wire::Wire;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// How a rig is built.
#[derive(Debug, Clone)]
pub struct RigOptions {
    pub sandbox: SandboxConfig,
    pub policy: Policy,
    /// `None`: a temporary SQLite file that is removed with the rig.
    pub store_url: Option<String>,
    /// Chance that the process dies within a step, 0 to 1.
    pub death_chance: f64,
    /// Calls a minute the warehouse is allowed; the default of the adapter when `None`.
    pub warehouse_per_minute: Option<u32>,
    /// Survive power cuts too (slower); a rehearsal's deaths are of the process only.
    pub is_durable: bool,
}

/// Customers order for this long on the last day; what they ordered is then worked off.
pub(super) const LAST_DAY: Span = Span::hours(8);

/// Fewest and most items of a rehearsal's shop.
const SKUS: (u32, u32) = (40, 120);

/// Monday, 5 January 2026, 06:00 UTC.
const START: Ts = Ts(1_767_592_800_000_000);

impl RigOptions {
    /// The options of a rehearsal.
    pub fn from_plan(plan: &Plan) -> Self {
        let mut policy = Policy::linnworks();
        // A day is played in seconds: readings come a little apart, the slow ones often enough to matter within the day.
        policy.order_pull_interval = plan.read_every;
        policy.order_sweep_interval = plan.read_every.times(6);
        policy.despatch_poll_interval = plan.read_every;
        policy.status_interval = plan.read_every.times(2);
        policy.stock_interval = plan.read_every.times(4);
        policy.reconcile_stock_interval = plan.read_every.times(6);
        policy.partial_shipment = true;
        let sandbox = SandboxConfig {
            seed: plan.seed,
            orders_per_day: plan.orders_per_day,
            // A small shop has few items; each is sold all the more often.
            skus: plan.orders_per_day.clamp(SKUS.0, SKUS.1),
            start: START,
            customers_until: Some(START + Span::days(i64::from(plan.days) - 1) + LAST_DAY),
            faults: plan.faults,
            trading_hours: TradingHours::ALWAYS,
            traits: if plan.with_mistakes {
                WorldTraits::typical()
            } else {
                WorldTraits::quiet()
            },
            ..SandboxConfig::default()
        };
        Self {
            sandbox,
            policy,
            store_url: plan.store_url.clone(),
            death_chance: if plan.with_deaths { 0.01 } else { 0.0 },
            // The warehouse publishes no limit; a brisk pace keeps the rehearsal short.
            warehouse_per_minute: Some(1_200),
            is_durable: false,
        }
    }
}

/// Sandbox, store and engine under one virtual clock.
pub struct Rig {
    pub sandbox: Sandbox,
    pub store: Store,
    pub pair: PairCx,
    pub deaths: u64,
    pub steps: u64,
    pub calls: i64,
    clock: Arc<AtomicI64>,
    options: RigOptions,
    store_options: StoreOptions,
    systems: Systems,
    engine: Option<Engine>,
    fuse: Fuse,
    lives: u64,
    dice: StdRng,
    folder: Option<PathBuf>,
    /// The mappings as text, for the judges' own arithmetic.
    sandbox_mappings: String,
}

/// Where the rehearsal's callbacks are said to arrive; they are taken from the sandbox in process.
const CALLBACK_BASE: &str = "https://hooks.example.test/hooks/pvx/rehearsal-rehearsal-rehearsal";
/// Steps between two looks of the rehearsal's operator.
const OPERATOR_LOOKS_EVERY: u64 = 50;

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
        let pair = PairCx {
            id: "lw-pvx".into(),
            source: "lw".into(),
            warehouse: "pvx".into(),
            prefix: options.sandbox.wms_prefix.clone(),
            channel: options.sandbox.wms_channel.clone(),
            policy: options.policy.clone(),
        };
        let dice = StdRng::seed_from_u64(options.sandbox.seed ^ 0x00d1_ce00);
        let sandbox_mappings = sandbox.demo_mappings();
        let rig = Self {
            sandbox,
            store,
            pair,
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
            sandbox_mappings,
        };
        rig.load_mappings().await?;
        Ok(rig)
    }

    async fn load_mappings(&self) -> Result<(), RehearsalError> {
        if self.store.mapping_version(&self.pair.id).await? > 0 {
            return Ok(());
        }
        let text = self.sandbox.demo_mappings();
        let read =
            csv::read(&text, &[]).map_err(|error| RehearsalError::Setup(error.to_string()))?;
        let change = Change::Mappings {
            pair: self.pair.id.clone(),
            edits: read.edits,
            reason: "the sandbox's own mappings".to_owned(),
        };
        self.commit("rehearsal", vec![change]).await
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
        self.options.policy.order_pull_interval
    }

    /// Moves the clock forward and lets the world's events happen.
    pub fn advance_to(&mut self, to: Ts) {
        self.clock.fetch_max(to.0, Ordering::Relaxed);
        self.sandbox.advance();
    }

    /// Everything the vendors and customers do wrong stops; what was begun goes on.
    pub fn calm(&mut self) {
        self.sandbox.clear_faults();
        self.sandbox.act(crate::sandbox::World::stop_customers);
        self.options.death_chance = 0.0;
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
            vec![self.pair.clone()],
            holder,
            clock,
            seed,
        );
        cx.pace = PACE;
        let fuse = self.fuse.clone();
        cx.checkpoint = Some(Arc::new(move || Box::pin(fuse.clone().pass())));
        let callbacks = Secret::new(CALLBACK_BASE.to_owned());
        cx.callback_base
            .insert(self.pair.warehouse.clone(), callbacks);
        Engine::new(Arc::new(cx))
    }

    /// One step of the engine, or its death within it. Returns when there is something to do again.
    pub async fn step(&mut self) -> Result<Ts, RehearsalError> {
        self.steps += 1;
        self.deliver_callbacks().await?;
        self.approve_mass_changes().await?;
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

    /// The rehearsal's operator looks at a stopped stock run now and then and approves it.
    async fn approve_mass_changes(&self) -> Result<(), RehearsalError> {
        if !self.steps.is_multiple_of(OPERATOR_LOOKS_EVERY) {
            return Ok(());
        }
        let open = self
            .store
            .open_exceptions(&[Kind::StkSnapshotIncomplete], Some(&self.pair.id))
            .await?;
        if !open.iter().any(|case| case.discriminator == "MASS") {
            return Ok(());
        }
        let id = RequestId(self.store.reserve_ids(1).await?);
        let body = serde_json::json!({ "pair": self.pair.id });
        let kind = crate::sync::requests::APPROVE_MASS_CHANGE.to_owned();
        self.commit("operator", vec![Change::Request { id, kind, body }])
            .await
    }

    /// The store as a new process finds it.
    async fn reopen(&mut self) -> Result<(), RehearsalError> {
        self.store.close().await;
        self.store = Store::open(&self.store_options).await?;
        Ok(())
    }

    /// Callbacks of the warehouse arrive as hints, exactly as the server would store them.
    async fn deliver_callbacks(&self) -> Result<(), RehearsalError> {
        let callbacks = self.sandbox.take_callbacks();
        if callbacks.is_empty() {
            return Ok(());
        }
        let mut changes = Vec::new();
        let mut id = self.store.reserve_ids(callbacks.len() as i64).await?;
        for callback in callbacks {
            changes.push(crate::server::hint(
                id,
                &self.pair.warehouse,
                &callback.event,
                &callback.url,
                self.now(),
            ));
            id += 1;
        }
        self.commit("server", changes).await
    }

    /// Nothing is overdue and nothing is in doubt.
    pub async fn is_engine_quiet(&self) -> Result<bool, RehearsalError> {
        for system in [&self.pair.source, &self.pair.warehouse] {
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

/// Adapters that talk to the sandbox in process, over wires that lead to it: the same bytes as over a network.
pub fn systems_over(
    sandbox: &Sandbox,
    options: &RigOptions,
    wire: impl Fn(SimSystem) -> Wire,
) -> Result<Systems, RehearsalError> {
    let credentials = sandbox.demo_credentials();
    let setup = |error: String| RehearsalError::Setup(error);
    let mut pvx = PeoplevoxConfig::new(
        &options.sandbox.pvx_host,
        &credentials.pvx_client_id,
        &credentials.pvx_username,
        Secret::new(credentials.pvx_password),
    );
    if let Some(limit) = options.warehouse_per_minute {
        pvx.per_minute = limit;
    }
    let warehouse = Peoplevox::new(pvx, wire(SimSystem::Peoplevox))
        .map_err(|error| setup(error.to_string()))?;
    let linnworks = Linnworks::new(
        LinnworksConfig {
            auth_url: "https://api.linnworks.net".to_owned(),
            server_url: None,
            application_id: credentials.lw_application_id,
            application_secret: Secret::new(credentials.lw_application_secret),
            token: Secret::new(credentials.lw_token),
            extra_hosts: Vec::new(),
        },
        wire(SimSystem::Linnworks),
    );
    let mut systems = Systems::default();
    systems
        .warehouses
        .insert(SystemId::from("pvx"), Arc::new(warehouse));
    systems
        .sources
        .insert(SystemId::from("lw"), Arc::new(linnworks));
    Ok(systems)
}

// ---- facts for the judges, computed from the sandbox alone

impl Rig {
    /// Sites whose stock the mapped location publishes, as positions in the world.
    pub fn published_sites(&self, world: &crate::sandbox::World) -> Vec<usize> {
        let sites: Vec<&str> = self
            .sandbox_mappings
            .lines()
            .filter_map(|line| line.strip_prefix("SITE,"))
            .filter_map(|rest| rest.split(',').nth(1))
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

    /// Units promised and not allocated: released or held orders that the warehouse does not have, and what it has
    /// without having allocated it.
    pub fn promised(&self, world: &crate::sandbox::World, item: usize, code: &str) -> i64 {
        let location = world.lw.location_named(crate::sandbox::MAPPED_LOCATION);
        let mut in_warehouse: std::collections::HashMap<String, &crate::sandbox::PvxOrder> =
            std::collections::HashMap::new();
        for order in world
            .pvx
            .orders
            .iter()
            .filter(|o| !o.po_reference.is_empty())
        {
            in_warehouse.insert(order.po_reference.to_lowercase(), order);
        }
        let mut promised = 0;
        for order in world
            .lw
            .orders
            .iter()
            .filter(|o| o.is_open() && Some(o.location) == location)
        {
            let wanted = super::judges::units_of(world, order, code);
            match in_warehouse.get(&order.id.to_string().to_lowercase()) {
                None => promised += wanted,
                Some(held)
                    if matches!(
                        held.status,
                        crate::sandbox::PvxStatus::New | crate::sandbox::PvxStatus::BackOrder
                    ) =>
                {
                    // What was sold counts, not what the warehouse kept of it: a dropped line is still promised.
                    let allocated: i64 = held
                        .lines
                        .iter()
                        .filter(|l| l.item == item)
                        .map(|l| l.allocated)
                        .sum();
                    promised += (wanted - allocated).max(0);
                }
                Some(_) => {}
            }
        }
        promised
    }

    /// The buffer of an item by the sandbox's own mappings.
    pub fn buffer_of(&self, code: &str) -> i64 {
        let rows = self
            .sandbox_mappings
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
