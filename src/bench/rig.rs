//! Sandbox, store and engine for a bench: a quiet world, a virtual clock, call limits on or off.

use super::BenchError;
use super::machine::Folder;
use super::trade;
use crate::desk::mappings::csv;
use crate::domain::change::{Batch, Change};
use crate::domain::delivery::{DeliveryState, Flow};
use crate::domain::time::{Span, Ts};
use crate::rehearsal::{RehearsalError, RigOptions, mappings_of, pair_of, systems_over};
use crate::sandbox::{
    MAPPED_SITE, PvxStatus, Sandbox, SandboxConfig, ShopConfig, ShopTraits, SimSystem,
    TradingHours, WorldTraits,
};
use crate::store::{Store, StoreOptions};
use crate::sync::context::Limits;
use crate::sync::{Cx, Engine, PairCx, Systems};
use crate::wire::Wire;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tower::ServiceExt as _;

/// Tuesday, 6 January 2026, 09:00 UTC.
const START: Ts = Ts(1_767_690_000_000_000);
/// A limit that never binds, calls a minute.
const UNLIMITED: u32 = 1_000_000_000;
/// Items in the catalogue.
const SKUS: u32 = 200;
/// The engine is left alone with the empty world this long before anything is measured.
const WARM_UP: Span = Span::mins(3);
/// Steps of one phase; more means that something never ends.
const STEPS_MAX: usize = 20_000;

/// Units of every item that arrive at once.
const RECEIVED_EACH: i64 = 24;
/// Deliveries counted.
const WAITING_MAX: usize = 1_000_000;

/// How a bench's rig is built.
#[derive(Debug, Clone)]
pub struct BenchRigOptions {
    pub seed: u64,
    /// The sales system that trades.
    pub source: SimSystem,
    /// Keep and enforce the vendors' call limits; without, neither side counts.
    pub with_limits: bool,
    /// `None`: a SQLite file in a folder that goes with the rig.
    pub store_url: Option<String>,
    /// Where that folder is made.
    pub folder: Option<std::path::PathBuf>,
    /// Survive power cuts: flush at every commit.
    pub is_durable: bool,
}

/// Time the simulated vendors took, which is no time of the engine's.
#[derive(Debug, Clone, Default)]
pub struct WireTime(Arc<AtomicU64>);

impl WireTime {
    /// So far.
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    fn over(&self, wire: Wire) -> Wire {
        let nanos = self.0.clone();
        Wire::new(tower::service_fn(move |request| {
            let (wire, nanos) = (wire.clone(), nanos.clone());
            async move {
                let begun = Instant::now();
                let answer = wire.oneshot(request).await;
                let took = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
                nanos.fetch_add(took, Ordering::Relaxed);
                answer
            }
        }))
    }
}

/// A quiet world with an engine on it.
pub struct BenchRig {
    pub sandbox: Sandbox,
    pub store: Store,
    pub systems: Systems,
    pub source: SimSystem,
    pub pair: PairCx,
    pub wire_time: WireTime,
    pub engine: Engine,
    clock: Arc<AtomicI64>,
    skus: Vec<String>,
    placed: usize,
    folder: Option<Folder>,
}

/// Limits that never bind, for every key of every system.
fn unlimited(systems: &Systems) -> Limits {
    let warehouses = systems
        .warehouses
        .iter()
        .map(|(id, w)| (id.clone(), w.limits()));
    let sources = systems
        .sources
        .iter()
        .map(|(id, s)| (id.clone(), s.limits()));
    warehouses
        .chain(sources)
        .map(|(id, limits)| {
            let keys = limits.into_iter().map(|l| (l.key, UNLIMITED)).collect();
            (id, keys)
        })
        .collect()
}

/// The world of a bench: quiet, always open, customers only when told.
pub fn quiet_world(seed: u64, with_limits: bool) -> SandboxConfig {
    SandboxConfig {
        seed,
        orders_per_day: 0,
        opening_orders: 0,
        start: START,
        traits: WorldTraits::quiet(),
        shop: ShopConfig {
            traits: ShopTraits::quiet(),
            ..ShopConfig::default()
        },
        limits: with_limits,
        skus: SKUS,
        trading_hours: TradingHours::ALWAYS,
        // The floor works when it is told to and not by itself.
        floor_percent: 1,
        ..SandboxConfig::default()
    }
}

impl BenchRig {
    /// Builds everything, fills the shelves and lets the engine come to rest.
    pub async fn new(options: &BenchRigOptions) -> Result<Self, BenchError> {
        let clock = Arc::new(AtomicI64::new(START.0));
        let ticking = clock.clone();
        let config = quiet_world(options.seed, options.with_limits);
        let sandbox = Sandbox::new(
            config.clone(),
            Arc::new(move || Ts(ticking.load(Ordering::Relaxed))),
        );
        let skus = sandbox.act(|world| trade::fill_shelves(world, options.source));
        let (store_url, folder) = match &options.store_url {
            Some(url) => (url.clone(), None),
            None => {
                let folder = Folder::new(options.folder.as_deref())?;
                (folder.store_url(), Some(folder))
            }
        };
        let store = Store::open(&StoreOptions {
            url: store_url,
            payload_key: [7; 32],
            is_read_only: false,
            is_migrating: true,
            is_durable: options.is_durable,
        })
        .await?;
        let wire_time = WireTime::default();
        let policy = trade::policy(options.source);
        let rig_options = RigOptions {
            sandbox: config.clone(),
            sources: vec![(options.source, policy.clone())],
            store_url: None,
            death_chance: 0.0,
            warehouse_per_minute: None,
            is_listening: false,
            is_durable: options.is_durable,
            authorised_returns: 0.0,
        };
        let systems = systems_over(&sandbox, &rig_options, |system| {
            wire_time.over(sandbox.wire(system))
        })?;
        let pair = pair_of(options.source, &config, &policy);
        let ticking = clock.clone();
        let mut cx = Cx::new(
            store.clone(),
            systems.clone(),
            vec![pair.clone()],
            format!("bench/{}", std::process::id()),
            Arc::new(move || Ts(ticking.load(Ordering::Relaxed))),
            options.seed,
        );
        cx.pace.lease_ttl = Span::hours(1);
        if !options.with_limits {
            cx.limits = unlimited(&systems);
        }
        let mut rig = Self {
            engine: Engine::new(Arc::new(cx)),
            sandbox,
            store,
            systems,
            source: options.source,
            pair,
            wire_time,
            clock,
            skus,
            placed: 0,
            folder,
        };
        rig.load_mappings().await?;
        rig.rest(WARM_UP).await?;
        Ok(rig)
    }

    /// Where the store's file is, when it is the rig's own.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(Folder::path)
    }

    async fn load_mappings(&self) -> Result<(), BenchError> {
        let read = csv::read(&mappings_of(&self.sandbox, self.source), &[])
            .map_err(|error| RehearsalError::Setup(error.to_string()))?;
        self.commit(vec![Change::Mappings {
            pair: self.pair.id.clone(),
            edits: read.edits,
            reason: "the sandbox's own mappings".to_owned(),
        }])
        .await
    }

    pub async fn commit(&self, changes: Vec<Change>) -> Result<(), BenchError> {
        let batch = Batch {
            actor: "bench".to_owned(),
            at: self.now(),
            fence: None,
            changes,
        };
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Virtual time.
    pub fn now(&self) -> Ts {
        Ts(self.clock.load(Ordering::Relaxed))
    }

    /// One step of the engine; then the clock moves to when there is something to do again, at most to `until`.
    pub async fn step(&mut self, until: Ts) -> Result<(), BenchError> {
        let now = self.now();
        let done = self.engine.step(now).await?;
        let next = done.next_at.max(now + Span::ms(1)).min(until);
        self.clock.fetch_max(next.0, Ordering::Relaxed);
        self.sandbox.advance();
        Ok(())
    }

    /// Steps through virtual time.
    pub async fn rest(&mut self, span: Span) -> Result<(), BenchError> {
        let until = self.now() + span;
        for _ in 0..STEPS_MAX {
            if self.now() >= until {
                return Ok(());
            }
            self.step(until).await?;
        }
        Err(BenchError::Unfinished(
            "the engine did not come to rest".to_owned(),
        ))
    }

    /// Customers place orders: one to four lines each, two and a half on average. Returns how many lines.
    pub fn place(&mut self, orders: usize) -> Result<usize, BenchError> {
        let from = self.placed;
        let skus = self.skus.clone();
        let source = self.source;
        self.placed += orders;
        self.sandbox.act(|world| {
            let mut lines = 0;
            for n in from..from + orders {
                let wanted = lines_of(n, &skus);
                lines += wanted.len();
                trade::place(world, source, n, wanted)?;
            }
            Ok(lines)
        })
    }

    /// Goods arrive of every item, so that each figure changes; returns how many.
    pub fn receive_goods(&self) -> Result<usize, BenchError> {
        self.sandbox.act(|world| {
            for code in &self.skus {
                world
                    .goods_in(code, MAPPED_SITE, RECEIVED_EACH)
                    .map_err(|error| BenchError::Unfinished(error.to_string()))?;
            }
            Ok(self.skus.len())
        })
    }

    /// Whether so many orders are in the warehouse with every line allocated.
    pub fn is_all_allocated(&self, orders: usize) -> bool {
        self.sandbox.inspect(|world| {
            let orders_there = world.pvx.orders.iter();
            orders_there
                .filter(|o| o.status == PvxStatus::Allocated)
                .count()
                >= orders
        })
    }

    /// The flow runs in the next step.
    pub async fn hasten(&self, flow: Flow) -> Result<(), BenchError> {
        self.commit(vec![Change::ScheduleHasten {
            pair: self.pair.id.clone(),
            flow,
            at: self.now(),
        }])
        .await
    }

    /// The floor despatches whatever is allocated; returns how many orders left.
    pub fn despatch_all(&self) -> Result<usize, BenchError> {
        self.despatch_some(usize::MAX)
    }

    /// Despatches so many of the allocated orders, the first ones first.
    ///
    /// # Errors
    /// The warehouse could not.
    pub fn despatch_some(&self, orders_max: usize) -> Result<usize, BenchError> {
        self.sandbox.act(|world| {
            let ready: Vec<String> = world
                .pvx
                .open
                .iter()
                .filter_map(|ix| world.pvx.orders.get(*ix))
                .filter(|o| o.status == PvxStatus::Allocated)
                .map(|o| o.number.clone())
                .take(orders_max)
                .collect();
            for number in &ready {
                world
                    .despatch(number, &format!("RM-{number}"))
                    .map_err(|error| BenchError::Unfinished(error.to_string()))?;
            }
            Ok(ready.len())
        })
    }

    /// Orders the source shows as shipped.
    pub fn shipped(&self) -> usize {
        let source = self.source;
        self.sandbox.inspect(|world| trade::shipped(world, source))
    }

    /// Deliveries of a flow that stand ready.
    pub async fn waiting(&self, flow: Flow) -> Result<usize, BenchError> {
        let ready = [DeliveryState::Ready];
        let rows = self
            .store
            .deliveries_in(&self.pair.id, flow, &ready, WAITING_MAX);
        Ok(rows.await?.len())
    }

    /// Orders the engine holds for confirmed, by its own books.
    pub async fn confirmed(&self) -> Result<usize, BenchError> {
        let totals = self.store.totals().await?;
        let done = ["confirmed", "notified", "closed"];
        let confirmed: i64 = totals
            .orders_by_state
            .iter()
            .filter(|(state, _)| done.contains(&state.as_str()))
            .map(|(_, n)| n)
            .sum();
        Ok(usize::try_from(confirmed).unwrap_or(0))
    }

    /// Closes the store.
    pub async fn close(self) {
        self.store.close().await;
    }
}

/// One to four lines of one to three units each.
fn lines_of(n: usize, skus: &[String]) -> Vec<(String, i64)> {
    (0..1 + n % 4)
        .filter_map(|line| {
            let sku = skus.get((n * 7 + line * 13) % skus.len().max(1))?;
            Some((sku.clone(), 1 + (n % 3) as i64))
        })
        .collect()
}
