//! A house with two sources that tell of changes: sandbox, store and engine under one virtual clock.

use crate::one_core;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tallyman::config::PairConfig;
use tallyman::desk::{Access, Desk, Done};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::change::{Batch, Change};
use tallyman::domain::ids::{Operator, PairId, SystemId};
use tallyman::domain::order::OrderFull;
use tallyman::domain::policy::Policy;
use tallyman::domain::time::{Span, Ts};
use tallyman::rehearsal::{RigOptions, systems_over};
use tallyman::sandbox::{
    Cin7Config, HookCall, Sandbox, SandboxConfig, ShopConfig, ShopOrderSpec, ShopTraits, SimSystem,
    TradingHours, Webhook, WorldTraits,
};
use tallyman::secret::Secret;
use tallyman::server::{callback_base, delivered};
use tallyman::store::{Store, StoreOptions};
use tallyman::sync::{Cx, Engine, PairCx, Systems};
use tallyman::vendors::Hooks;
use tallyman::vendors::hooks::Delivery;

/// The item that is sold.
pub const MUG: &str = "MUG-BLU-01";
/// The secret in the addresses.
pub const SECRET: &str = "an-address-nobody-can-guess-0123456789";
/// Where the house says it listens.
pub const PUBLIC: &str = "https://hooks.example.test";
/// The poll is this slow where a scene shows what events do.
pub const SLOW: Span = Span::mins(30);

/// What a house starts from.
#[derive(Clone)]
pub struct Setting {
    pub sandbox: SandboxConfig,
    pub pull_every: Span,
    /// Whether `[server]` is configured.
    pub listens: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            sandbox: SandboxConfig {
                orders_per_day: 0,
                opening_orders: 0,
                skus: 12,
                traits: WorldTraits::quiet(),
                trading_hours: TradingHours::ALWAYS,
                floor_percent: 1,
                shop: ShopConfig {
                    traits: ShopTraits::quiet(),
                    ..ShopConfig::default()
                },
                cin7: Cin7Config::default(),
                ..SandboxConfig::default()
            },
            pull_every: SLOW,
            listens: true,
        }
    }
}

/// Sandbox, store and engine.
pub struct House {
    pub sandbox: Sandbox,
    pub store: Store,
    pub systems: Systems,
    pub setting: Setting,
    /// Every delivery that arrived, in order.
    pub arrived: Vec<Webhook>,
    clock: Arc<AtomicI64>,
    engine: Engine,
    lives: u64,
    public: String,
    _folder: tempfile::TempDir,
}

fn pair(id: &str, source: &str, prefix: &str, channel: &str, policy: Policy) -> PairCx {
    PairCx {
        id: id.into(),
        source: source.into(),
        warehouse: "pvx".into(),
        prefix: prefix.to_owned(),
        channel: channel.to_owned(),
        policy,
    }
}

fn systems(sandbox: &Sandbox, config: &SandboxConfig) -> Systems {
    let options = RigOptions {
        sandbox: config.clone(),
        sources: vec![
            (SimSystem::Shopline, Policy::shopline()),
            (SimSystem::Cin7, Policy::cin7core()),
        ],
        store_url: None,
        death_chance: 0.0,
        warehouse_per_minute: None,
        is_listening: true,
        is_durable: false,
        authorised_returns: 0.0,
    };
    systems_over(sandbox, &options, |system| sandbox.wire(system)).unwrap()
}

impl House {
    pub async fn open(setting: Setting) -> Self {
        one_core::keep_to_one_core();
        let clock = Arc::new(AtomicI64::new(setting.sandbox.start.0));
        let ticking = clock.clone();
        let sandbox = Sandbox::new(
            setting.sandbox.clone(),
            Arc::new(move || Ts(ticking.load(Ordering::Relaxed))),
        );
        let folder = fresh_folder();
        let store = Store::open(&StoreOptions {
            url: format!("sqlite:{}", folder.path().join("hooks.db").display()),
            payload_key: [7; 32],
            is_read_only: false,
            is_migrating: true,
            is_durable: false,
        })
        .await
        .unwrap();
        let systems = systems(&sandbox, &setting.sandbox);
        let engine = engine(&store, &systems, &setting, &clock, PUBLIC, 0);
        let house = Self {
            sandbox,
            store,
            systems,
            setting,
            arrived: Vec::new(),
            clock,
            engine,
            lives: 0,
            public: PUBLIC.to_owned(),
            _folder: folder,
        };
        for (pair, csv) in [
            ("sl-pvx", house.sandbox.demo_shop_mappings()),
            ("c7-pvx", house.sandbox.demo_cin7_mappings()),
        ] {
            let desk = house.desk(pair);
            let pair = PairId::from(pair);
            let read = desk.import_csv(&pair, &csv).await.unwrap();
            let applied = desk.apply(&pair, read.edits, None, "go live").await;
            applied.unwrap();
        }
        house
    }

    /// The process ends and another one comes up, which listens at this address.
    pub async fn restart_at(&mut self, public: &str) {
        self.engine.release().await;
        self.lives += 1;
        self.public = public.to_owned();
        self.engine = engine(
            &self.store,
            &self.systems,
            &self.setting,
            &self.clock,
            public,
            self.lives,
        );
    }

    /// Where a system's deliveries arrive.
    pub fn base(&self, system: &str) -> String {
        let secret = Secret::new(SECRET.to_owned());
        callback_base(&self.public, &system.into(), &secret)
            .expose()
            .to_owned()
    }

    /// What people can do, of one pair.
    pub fn desk(&self, pair: &str) -> Desk {
        let pair = PairConfig {
            id: pair.into(),
            source: "shop".into(),
            warehouse: "pvx".into(),
            prefix: String::new(),
            channel: String::new(),
            policy: Policy::shopline(),
        };
        Desk::new(
            self.store.clone(),
            Operator::from("sam"),
            Access::Full,
            vec![pair],
            self.clock(),
        )
    }

    pub fn now(&self) -> Ts {
        Ts(self.clock.load(Ordering::Relaxed))
    }

    /// A clock for a server beside the house.
    pub fn clock(&self) -> Arc<dyn Fn() -> Ts + Send + Sync> {
        let ticking = self.clock.clone();
        Arc::new(move || Ts(ticking.load(Ordering::Relaxed)))
    }

    pub fn hooks(&self, system: &str) -> Arc<dyn Hooks> {
        self.systems.sources[&SystemId::from(system)]
            .clone()
            .hooks()
            .unwrap()
    }

    pub async fn commit(&self, changes: Vec<Change>) {
        let batch = Batch {
            actor: "server".to_owned(),
            at: self.now(),
            fence: None,
            changes,
        };
        self.store.commit(batch).await.unwrap();
    }

    /// A delivery arrives, as the server would store it. Answers with the server's status.
    pub async fn arrives(
        &self,
        system: &str,
        tail: &str,
        headers: &[(&str, String)],
        body: &[u8],
    ) -> u16 {
        let mut map = http::HeaderMap::new();
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().unwrap();
            map.insert(name, value.parse().unwrap());
        }
        let delivery = Delivery {
            tail,
            headers: &map,
            body,
        };
        let hooks = self.hooks(system);
        let id = self.store.reserve_ids(1).await.unwrap();
        let system = SystemId::from(system);
        self.commit(delivered(
            id,
            &system,
            hooks.as_ref(),
            &delivery,
            self.now(),
        ))
        .await;
        if hooks.judge(&delivery).refused.is_some() {
            return 401;
        }
        200
    }

    pub async fn hand_over(&mut self, webhook: &Webhook) -> u16 {
        self.arrived.push(webhook.clone());
        self.arrives("shop", "", &webhook.headers, &webhook.body)
            .await
    }

    /// Deliveries that arrive at the same moment share commits, as the server's do.
    pub async fn hand_over_together(&mut self, webhooks: &[Webhook]) {
        let hooks = self.hooks("shop");
        let system = SystemId::from("shop");
        let count = i64::try_from(webhooks.len()).unwrap();
        let first = self.store.reserve_ids(count).await.unwrap();
        let mut changes = Vec::new();
        for (webhook, id) in webhooks.iter().zip(first..) {
            let mut map = http::HeaderMap::new();
            for (name, value) in &webhook.headers {
                let name: http::HeaderName = name.parse().unwrap();
                map.insert(name, value.parse().unwrap());
            }
            let delivery = Delivery {
                tail: "",
                headers: &map,
                body: &webhook.body,
            };
            let heard = delivered(id, &system, hooks.as_ref(), &delivery, self.now());
            changes.extend(heard);
        }
        self.commit(changes).await;
    }

    async fn hand_over_all(&mut self) {
        for webhook in self.sandbox.take_webhooks() {
            let ours = webhook.url.starts_with(&self.base("shop"));
            let status = match ours {
                true => Some(self.hand_over(&webhook).await),
                false => None,
            };
            self.sandbox.webhook_answered(webhook, status);
        }
        for call in self.sandbox.take_cin7_hooks() {
            let base = format!("{}/", self.base("cin7"));
            match call.url.strip_prefix(&base) {
                Some(tail) => self.hand_over_cin7(tail, &call).await,
                None => self.sandbox.cin7_hook_failed(call),
            }
        }
    }

    async fn hand_over_cin7(&self, tail: &str, call: &HookCall) {
        let tail = tail.to_owned();
        let status = self.arrives("cin7", &tail, &[], call.body.as_bytes()).await;
        assert_eq!(status, 200);
    }

    /// Steps once and leaps to the next event, at most to `until`.
    async fn step(&mut self, until: Ts, hands_over: bool) {
        if hands_over {
            self.hand_over_all().await;
        }
        let now = self.now();
        let done = self.engine.step(now).await.unwrap();
        let next = done.next_at.max(now + Span::ms(1)).min(until);
        // Deliveries fall due between the engine's own times.
        let next = next.min(now + Span::secs(1).max(next.since(now).min(Span::secs(5))));
        self.clock.fetch_max(next.0, Ordering::Relaxed);
        self.sandbox.advance();
    }

    /// Lets time pass; deliveries arrive.
    pub async fn run(&mut self, span: Span) {
        let until = self.now() + span;
        while self.now() < until {
            self.step(until, true).await;
        }
    }

    /// Lets time pass; deliveries stay where they are.
    pub async fn run_deaf(&mut self, span: Span) {
        let until = self.now() + span;
        while self.now() < until {
            self.step(until, false).await;
        }
    }

    /// Lets time pass until something holds; fails with `what` when it does not within `limit`.
    pub async fn until(&mut self, what: &str, limit: Span, holds: impl AsyncFn(&Self) -> bool) {
        let until = self.now() + limit;
        while !holds(self).await {
            if self.now() >= until {
                panic!(
                    "not within {} s: {what}\n{}",
                    limit.as_secs(),
                    self.describe().await
                );
            }
            self.step(until, true).await;
        }
    }

    // ---- what is done

    /// The house is open and subscribed.
    pub async fn subscribed(setting: Setting) -> Self {
        let mut house = Self::open(setting).await;
        house.run(Span::mins(1)).await;
        house
    }

    /// A shopper orders one mug in the store.
    pub fn sold(&self) -> String {
        self.placed(&ShopOrderSpec::of(&[(MUG, 1)]))
    }

    pub fn placed(&self, spec: &ShopOrderSpec) -> String {
        self.sandbox.act(|w| w.shop_place(spec)).unwrap()
    }

    /// Somebody applies mappings of a pair, written as a CSV file has them.
    pub async fn map(&self, pair: &str, rows: &str) {
        let desk = self.desk(pair);
        let pair = PairId::from(pair);
        let csv = format!("kind,from,to,attributes\n{rows}\n");
        let read = desk.import_csv(&pair, &csv).await.unwrap();
        let applied = desk.apply(&pair, read.edits, None, "a gap in the rules");
        applied.await.unwrap();
    }

    /// What the engine made of something asked at the desk: whether it was done, and the answer.
    pub async fn answer(&mut self, asked: Done) -> (bool, String) {
        self.run(Span::secs(5)).await;
        let row = self.store.request(asked.request.unwrap()).await;
        let row = row.unwrap().unwrap();
        assert!(row.is_done);
        (row.is_ok, row.answer)
    }

    // ---- what is seen

    /// References of the sites at which the warehouse holds a source's order.
    pub fn sites(&self, id: &str) -> Vec<String> {
        self.sandbox.inspect(|w| {
            let orders = w.pvx.orders.iter();
            orders
                .filter(|o| o.po_reference.eq_ignore_ascii_case(id))
                .map(|o| w.pvx.sites[o.site].reference.clone())
                .collect()
        })
    }

    /// Topics and addresses subscribed to in the store.
    pub fn subscriptions(&self) -> Vec<(String, String)> {
        self.sandbox.inspect(|w| {
            let all = w.shop.hooks.subscriptions().iter();
            all.map(|s| (s.topic.clone(), s.address.clone())).collect()
        })
    }

    pub async fn order(&self, pair: &str, id: &str) -> Option<OrderFull> {
        let ids = [id.into()];
        let found = self.store.orders_by_source(&PairId::from(pair), &ids).await;
        found.unwrap().into_iter().next()
    }

    /// How many orders the warehouse holds for a source's order.
    pub fn in_warehouse(&self, id: &str) -> usize {
        self.sandbox.inspect(|w| {
            let orders = w.pvx.orders.iter();
            orders
                .filter(|o| o.po_reference.eq_ignore_ascii_case(id))
                .count()
        })
    }

    /// Calls of a system so far, by method.
    pub fn calls(&self, system: SimSystem) -> BTreeMap<String, u64> {
        let calls = self.sandbox.calls();
        let mine = calls
            .by_method
            .into_iter()
            .filter(|((s, _), _)| *s == system);
        mine.map(|((_, method), n)| (method, n)).collect()
    }

    pub fn calls_total(&self, system: SimSystem) -> u64 {
        self.calls(system).values().sum()
    }

    /// Discriminator and detail of the open cases of a kind.
    pub async fn cases(&self, kind: Kind) -> Vec<(String, String)> {
        let open = self.store.open_exceptions(&[kind], None).await.unwrap();
        let mut out = Vec::new();
        for case in open {
            let row = self.store.exception(case.id).await.unwrap().unwrap();
            out.push((row.discriminator, row.detail));
        }
        out
    }

    pub async fn describe(&self) -> String {
        let mut out = format!("now {}\n", self.now());
        for pair in ["sl-pvx", "c7-pvx"] {
            let states = tallyman::domain::order::OrderState::ALL;
            let rows = self
                .store
                .order_rows_in(&pair.into(), states, None, 20)
                .await;
            for row in rows.unwrap() {
                let line = format!("{} {} {} {}\n", pair, row.number, row.state, row.blocked_by);
                out.push_str(&line);
            }
        }
        for row in self.store.schedules().await.unwrap() {
            let line = format!(
                "{} {} {} {}\n",
                row.pair, row.flow, row.due_at, row.last_note
            );
            out.push_str(&line);
        }
        for case in self.store.open_exceptions(&[], None).await.unwrap() {
            let row = self.store.exception(case.id).await.unwrap().unwrap();
            out.push_str(&format!(
                "case {} {} {}\n",
                row.kind, row.discriminator, row.detail
            ));
        }
        for effect in self.sandbox.ledger().iter().rev().take(12).rev() {
            out.push_str(&format!(
                "effect {} {} {}\n",
                effect.at, effect.op, effect.object
            ));
        }
        out
    }

    /// The end of every scene: the audit chain verifies and the store's own rules hold.
    pub async fn close(self) {
        assert_eq!(self.store.verify_journal().await.unwrap(), None);
        let broken = self.store.invariants(self.now()).await.unwrap();
        assert!(broken.is_empty(), "{broken:#?}");
        self.store.close().await;
    }
}

fn engine(
    store: &Store,
    systems: &Systems,
    setting: &Setting,
    clock: &Arc<AtomicI64>,
    public: &str,
    life: u64,
) -> Engine {
    let quick = |policy: Policy| Policy {
        order_pull_interval: setting.pull_every,
        despatch_poll_interval: Span::secs(60),
        status_interval: Span::secs(60),
        stock_interval: Span::mins(30),
        product_auto_create: true,
        mass_change_percent: 100,
        ..policy
    };
    let pairs = vec![
        pair(
            "sl-pvx",
            "shop",
            "SL",
            "SHOPLINE",
            quick(Policy::shopline()),
        ),
        pair(
            "c7-pvx",
            "cin7",
            "C7",
            "Cin7 Core",
            quick(Policy::cin7core()),
        ),
    ];
    let ticking = clock.clone();
    let mut cx = Cx::new(
        store.clone(),
        systems.clone(),
        pairs,
        format!("house/{life}"),
        Arc::new(move || Ts(ticking.load(Ordering::Relaxed))),
        7 + life,
    );
    if setting.listens {
        let secret = Secret::new(SECRET.to_owned());
        for system in ["shop", "cin7"] {
            let system = SystemId::from(system);
            let base = callback_base(public, &system, &secret);
            cx.callback_base.insert(system, base);
        }
    }
    Engine::new(Arc::new(cx))
}

fn fresh_folder() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() {
        return tempfile::tempdir_in(memory).unwrap();
    }
    tempfile::tempdir().unwrap()
}
