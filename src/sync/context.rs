//! What every part of the engine shares: store, systems, pairs, ids, clock, mapping cache.

use super::reads;
use crate::domain::change::{Batch, Change, Fence};
use crate::domain::delivery::Flow;
use crate::domain::ids::{LocationId, PairId, SiteRef, SystemId};
use crate::domain::mapping_set::MappingSet;
use crate::domain::policy::Policy;
use crate::domain::time::{Span, Ts};
use crate::secret::Secret;
use crate::store::{Committed, Store, StoreResult};
use crate::vendors::{Hooks, SalesSystem, Warehouse};
use futures::future::BoxFuture;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// Adapters by system id.
#[derive(Clone, Default)]
pub struct Systems {
    pub warehouses: BTreeMap<SystemId, Arc<dyn Warehouse>>,
    pub sources: BTreeMap<SystemId, Arc<dyn SalesSystem>>,
}

/// Calls a minute by system and limit key.
pub type Limits = BTreeMap<SystemId, BTreeMap<String, u32>>;

/// One pair as the engine needs it.
#[derive(Debug, Clone)]
pub struct PairCx {
    pub id: PairId,
    pub source: SystemId,
    pub warehouse: SystemId,
    /// Of order numbers in the warehouse, without the dash.
    pub prefix: String,
    /// Channel name in the warehouse.
    pub channel: String,
    pub policy: Policy,
}

impl PairCx {
    /// What every order number of this pair starts with in the warehouse.
    pub fn number_start(&self) -> String {
        format!("{}-", self.prefix)
    }
}

/// Tells the time. A rehearsal gives a virtual one.
pub type Clock = Arc<dyn Fn() -> Ts + Send + Sync>;

/// How many ids are fetched from the store at once.
const ID_BLOCK: i64 = 2_000;

#[derive(Debug, Default)]
struct IdBlock {
    next: i64,
    end: i64,
}

/// A place to stop at, see [`Cx::checkpoint`].
pub type Checkpoint = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// How often the engine looks at things nobody calls it for. A rehearsal, whose clock leaps, looks less often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long a lease lives without renewal.
    pub lease_ttl: Span,
    /// How often a working system's state is stored for the Live pane.
    pub live_every: Span,
    /// A worker without anything to do looks again after this long.
    pub idle_max: Span,
    /// How often the watches run.
    pub watch_every: Span,
    /// How often despatches without tracking are looked at.
    pub waiting_every: Span,
    /// How often unknown items are looked up again.
    pub items_again: Span,
    /// How often one order is asked about again because of a watch.
    pub resync_again: Span,
}

impl Pace {
    /// The pace of a program that serves people.
    pub const LIVE: Self = Self {
        lease_ttl: Span::secs(30),
        live_every: Span::secs(2),
        idle_max: Span::mins(1),
        watch_every: Span::mins(1),
        waiting_every: Span::secs(15),
        items_again: Span::mins(5),
        resync_again: Span::mins(10),
    };
}

/// Shared by all workers of one engine.
pub struct Cx {
    pub store: Store,
    pub systems: Systems,
    pub pairs: Vec<PairCx>,
    /// Name of this process as lease holder: host, pid and start.
    pub holder: String,
    clock: Clock,
    rng: Mutex<StdRng>,
    ids: tokio::sync::Mutex<IdBlock>,
    mappings: Mutex<HashMap<PairId, Arc<MappingSet>>>,
    wake: tokio::sync::watch::Sender<u64>,
    /// Calls a minute by system and limit key, in place of what the adapter says; empty keeps the adapters' own.
    pub limits: Limits,
    /// How often the engine looks at things nobody calls it for.
    pub pace: Pace,
    /// Waited for before and after every commit; a rehearsal ends the process's life there. `None` in a live engine.
    pub checkpoint: Option<Checkpoint>,
    /// Addresses below which callbacks of a system arrive; a system without one is only polled. They are credentials.
    pub callback_base: BTreeMap<SystemId, Secret>,
    /// When this process came up: what changed before need not have been told to it.
    pub started_at: Ts,
}

impl Cx {
    /// Joins everything the engine works with. `seed` feeds the jitter of retries only.
    pub fn new(
        store: Store,
        systems: Systems,
        pairs: Vec<PairCx>,
        holder: String,
        clock: Clock,
        seed: u64,
    ) -> Self {
        let started_at = clock();
        Self {
            store,
            systems,
            pairs,
            holder,
            clock,
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
            ids: tokio::sync::Mutex::new(IdBlock::default()),
            mappings: Mutex::new(HashMap::new()),
            wake: tokio::sync::watch::Sender::new(0),
            limits: Limits::new(),
            pace: Pace::LIVE,
            checkpoint: None,
            callback_base: BTreeMap::new(),
            started_at,
        }
    }

    /// The time now.
    pub fn now(&self) -> Ts {
        (self.clock)()
    }

    /// A jitter factor in 0.5..=1.0.
    pub fn jitter(&self) -> f64 {
        self.rng
            .lock()
            .map(|mut rng| rng.random_range(0.5..=1.0))
            .unwrap_or(1.0)
    }

    /// A fresh id, unique over all processes of the store.
    pub async fn id(&self) -> StoreResult<i64> {
        self.ids(1).await
    }

    /// The first of `count` fresh ids in a row.
    pub async fn ids(&self, count: i64) -> StoreResult<i64> {
        let mut block = self.ids.lock().await;
        if block.end - block.next < count {
            let size = ID_BLOCK.max(count);
            block.next = self.store.reserve_ids(size).await?;
            block.end = block.next + size;
        }
        let first = block.next;
        block.next += count;
        Ok(first)
    }

    /// The pair's active mappings, read again when their version has moved.
    pub async fn mapping_set(&self, pair: &PairId) -> StoreResult<Arc<MappingSet>> {
        let version = self.store.mapping_version(pair).await?;
        let cached = self.mappings.lock().ok().and_then(|m| m.get(pair).cloned());
        if let Some(set) = cached.filter(|set| set.version() == version) {
            return Ok(set);
        }
        let set = Arc::new(MappingSet::new(version, self.store.mappings(pair).await?));
        if let Ok(mut cache) = self.mappings.lock() {
            cache.insert(pair.clone(), set.clone());
        }
        Ok(set)
    }

    /// Commits changes as a rule of the engine.
    pub async fn commit(
        &self,
        rule: &str,
        fence: Option<&Fence>,
        changes: Vec<Change>,
    ) -> StoreResult<Committed> {
        if changes.is_empty() {
            return Ok(Committed::default());
        }
        self.commit_as(format!("engine/{rule}"), fence.cloned(), changes)
            .await
    }

    /// Commits changes a person asked the engine for, in that person's name.
    pub async fn commit_for(
        &self,
        who: &str,
        fence: &Fence,
        changes: Vec<Change>,
    ) -> StoreResult<Committed> {
        self.commit_as(who.to_owned(), Some(fence.clone()), changes)
            .await
    }

    async fn commit_as(
        &self,
        actor: String,
        fence: Option<Fence>,
        changes: Vec<Change>,
    ) -> StoreResult<Committed> {
        let batch = Batch {
            actor,
            at: self.now(),
            fence,
            changes,
        };
        self.pass().await;
        let done = Box::pin(self.store.commit(batch)).await?;
        self.pass().await;
        self.wake.send_modify(|n| *n += 1);
        Ok(done)
    }

    async fn pass(&self) {
        if let Some(checkpoint) = &self.checkpoint {
            checkpoint().await;
        }
    }

    /// Sees every commit of any worker of this process.
    pub fn wakes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.wake.subscribe()
    }

    /// How a source tells of changes and where its deliveries arrive; `None` when it is only asked.
    pub fn listening(&self, system: &SystemId) -> Option<(Arc<dyn Hooks>, Secret)> {
        let hooks = self.systems.sources.get(system)?.clone().hooks()?;
        Some((hooks, self.callback_base.get(system)?.clone()))
    }

    /// The pairs that read from or write to this system.
    pub fn pairs_of<'a>(&'a self, system: &'a SystemId) -> impl Iterator<Item = &'a PairCx> {
        self.pairs
            .iter()
            .filter(move |p| &p.source == system || &p.warehouse == system)
    }

    /// Whether a pair has a flow.
    pub fn has_flow(&self, pair: &PairCx, flow: Flow) -> bool {
        let source = self.systems.sources.get(&pair.source);
        source.is_some_and(|s| reads::exists(flow, s))
    }

    /// A pair by id.
    pub fn pair(&self, id: &PairId) -> Option<&PairCx> {
        self.pairs.iter().find(|p| &p.id == id)
    }
}

/// Mapped locations of a pair and all warehouse sites behind them.
pub fn mapped_places(set: &MappingSet) -> (Vec<LocationId>, Vec<SiteRef>) {
    let mut locations = Vec::new();
    let mut sites: Vec<SiteRef> = Vec::new();
    for (location, map) in set.locations() {
        locations.push(location);
        for site in map.sites {
            if !sites.contains(&site) {
                sites.push(site);
            }
        }
    }
    (locations, sites)
}
