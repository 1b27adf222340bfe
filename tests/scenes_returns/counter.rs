//! The returns counter: one source that trades, the warehouse, a store, an engine and a desk.

use crate::one_core;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tallyman::config::PairConfig;
use tallyman::desk::{Access, Decision, Desk, DeskResult, Done, ReturnSheet};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::exception::ObjectRef;
use tallyman::domain::filter::lists::RETURNS;
use tallyman::domain::filter::{self, Filter};
use tallyman::domain::ids::{Operator, PairId};
use tallyman::domain::order::{OrderFull, OrderState};
use tallyman::domain::policy::Policy;
use tallyman::domain::returns::{Claim, CreateOn, NextStep, Return, ReturnState};
use tallyman::domain::time::{Span, Ts};
use tallyman::rehearsal::{RigOptions, systems_over};
use tallyman::sandbox::{
    Cin7Config, Cin7SaleSpec, FaultKind, FaultRule, HandError, OrderSpec, Sandbox, SandboxConfig,
    ShopConfig, ShopOrderSpec, ShopTraits, SimSystem, TradingHours, World, WorldTraits,
};
use tallyman::store::read::{Anchor, ListQuery};
use tallyman::store::{Store, StoreOptions};
use tallyman::sync::{Cx, Engine, PairCx};

/// The item that is sold.
pub const MUG: &str = "MUG-BLU-01";
/// Long enough for everything that needs no waiting.
pub const SOON: Span = Span::mins(12);

/// Sandbox, store, engine and desk.
pub struct Counter {
    pub sandbox: Sandbox,
    pub store: Store,
    pub desk: Desk,
    pub pair: PairId,
    pub source: SimSystem,
    clock: Arc<AtomicI64>,
    engine: Engine,
    _folder: tempfile::TempDir,
}

/// An order under its names.
#[derive(Debug, Clone)]
pub struct Sold {
    pub id: String,
    pub wms: String,
}

static COUNTERS: AtomicU64 = AtomicU64::new(0);

fn quick(policy: Policy) -> Policy {
    Policy {
        order_pull_interval: Span::secs(60),
        despatch_poll_interval: Span::secs(60),
        status_interval: Span::secs(60),
        returns_interval: Span::secs(120),
        stock_interval: Span::mins(5),
        product_auto_create: true,
        mass_change_percent: 100,
        ..policy
    }
}

fn world() -> SandboxConfig {
    SandboxConfig {
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
    }
}

/// Plays a scene of a shop in one of the four modes, and checks the books at its end.
pub async fn at_the_shop(create_on: CreateOn, scene: impl AsyncFnOnce(&mut Counter)) {
    let policy = Policy {
        returns_create_on: create_on,
        ..Policy::shopline()
    };
    play(SimSystem::Shopline, policy, scene).await;
}

/// Plays a scene of one source.
pub async fn play(source: SimSystem, policy: Policy, scene: impl AsyncFnOnce(&mut Counter)) {
    play_on(None, source, policy, scene).await;
}

/// As [`play`], over a store of this address; `None` is a SQLite file of its own.
pub async fn play_on(
    url: Option<String>,
    source: SimSystem,
    policy: Policy,
    scene: impl AsyncFnOnce(&mut Counter),
) {
    one_core::keep_to_one_core();
    let mut counter = Counter::open(url, source, quick(policy)).await;
    scene(&mut counter).await;
    counter.close().await;
}

impl Counter {
    async fn open(url: Option<String>, source: SimSystem, policy: Policy) -> Self {
        let config = world();
        let clock = Arc::new(AtomicI64::new(config.start.0));
        let ticking = clock.clone();
        let tell = move || Ts(ticking.load(Ordering::Relaxed));
        let sandbox = Sandbox::new(config.clone(), Arc::new(tell.clone()));
        let folder = tempfile::tempdir().unwrap();
        let n = COUNTERS.fetch_add(1, Ordering::Relaxed);
        let file = || format!("sqlite:{}", folder.path().join(format!("{n}.db")).display());
        let store = Store::open(&StoreOptions {
            url: url.unwrap_or_else(file),
            payload_key: [7; 32],
            is_read_only: false,
            is_migrating: true,
            is_durable: false,
        })
        .await
        .unwrap();
        let options = RigOptions {
            sandbox: config,
            sources: vec![(source, policy.clone())],
            store_url: None,
            death_chance: 0.0,
            warehouse_per_minute: None,
            is_listening: false,
            is_durable: false,
            authorised_returns: 0.0,
        };
        let systems = systems_over(&sandbox, &options, |system| sandbox.wire(system)).unwrap();
        let (pair, id, prefix, channel, csv) = match source {
            SimSystem::Cin7 => (
                "c7-pvx",
                "cin7",
                "C7",
                "Cin7 Core",
                sandbox.demo_cin7_mappings(),
            ),
            SimSystem::Linnworks => ("lw-pvx", "lw", "LW", "Linnworks", sandbox.demo_mappings()),
            _ => (
                "sl-pvx",
                "shop",
                "SL",
                "SHOPLINE",
                sandbox.demo_shop_mappings(),
            ),
        };
        let warehouse = systems.warehouses.values().next().unwrap().clone();
        let desk = Desk::new(
            store.clone(),
            Operator::from("sam"),
            Access::Full,
            vec![PairConfig {
                id: pair.into(),
                source: id.into(),
                warehouse: "pvx".into(),
                prefix: prefix.to_owned(),
                channel: channel.to_owned(),
                policy: policy.clone(),
            }],
            Arc::new(tell.clone()),
        )
        .with_code_rule(Arc::new(move |_, code| warehouse.item_code_fault(code)));
        let read = desk.import_csv(&pair.into(), &csv).await.unwrap();
        desk.apply(&pair.into(), read.edits, None, "go live")
            .await
            .unwrap();
        let pair_cx = PairCx {
            id: pair.into(),
            source: id.into(),
            warehouse: "pvx".into(),
            prefix: prefix.to_owned(),
            channel: channel.to_owned(),
            policy,
        };
        let cx = Cx::new(
            store.clone(),
            systems,
            vec![pair_cx],
            "counter".to_owned(),
            Arc::new(tell),
            7,
        );
        Self {
            sandbox,
            store,
            desk,
            pair: pair.into(),
            source,
            clock,
            engine: Engine::new(Arc::new(cx)),
            _folder: folder,
        }
    }

    pub fn now(&self) -> Ts {
        Ts(self.clock.load(Ordering::Relaxed))
    }

    async fn step(&mut self, until: Ts) {
        let now = self.now();
        let done = self.engine.step(now).await.unwrap();
        let next = done.next_at.max(now + Span::ms(1)).min(until);
        let next = next.min(
            self.sandbox
                .next_event_at()
                .unwrap_or(next)
                .max(now + Span::ms(1)),
        );
        self.clock.fetch_max(next.0, Ordering::Relaxed);
        self.sandbox.advance();
    }

    /// Lets time pass.
    pub async fn run(&mut self, span: Span) {
        let until = self.now() + span;
        while self.now() < until {
            self.step(until).await;
        }
    }

    /// Nothing runs for a while: the house is closed.
    pub fn leap(&mut self, span: Span) {
        self.clock.fetch_add(span.0, Ordering::Relaxed);
        self.sandbox.advance();
    }

    /// Lets time pass until something holds.
    pub async fn until(&mut self, what: &str, limit: Span, holds: impl AsyncFn(&Self) -> bool) {
        let until = self.now() + limit;
        while !holds(self).await {
            assert!(
                self.now() < until,
                "not within {} s: {what}\n{}",
                limit.as_secs(),
                self.describe().await
            );
            self.step(until).await;
        }
    }

    async fn describe(&self) -> String {
        let mut out = String::new();
        let states = OrderState::ALL;
        let rows = self.store.order_rows_in(&self.pair, states, None, 9).await;
        for row in rows.unwrap() {
            out.push_str(&format!(
                "order {} {} {}\n",
                row.number, row.state, row.blocked_by
            ));
            for d in self.store.deliveries_of_order(row.id).await.unwrap() {
                let line = format!("  {} {} {}: {}\n", d.flow, d.object, d.state, d.last_text);
                out.push_str(&line);
            }
        }
        for held in self.returns().await {
            out.push_str(&format!("return {:?}\n", held));
        }
        for claim in self.claims().await {
            out.push_str(&format!("claim {claim:?}\n"));
        }
        for row in self.store.schedules().await.unwrap() {
            out.push_str(&format!("{} {}\n", row.flow, row.last_note));
        }
        for (kind, detail) in self.cases().await {
            out.push_str(&format!("case {kind} {detail}\n"));
        }
        out
    }

    async fn close(mut self) {
        self.run(Span::secs(5)).await;
        assert_eq!(self.store.verify_journal().await.unwrap(), None);
        let broken = self.store.invariants(self.now()).await.unwrap();
        assert!(broken.is_empty(), "{broken:#?}");
        self.store.close().await;
    }

    // ---- what is done

    /// Somebody does something in the world.
    pub fn act<T>(&self, deed: impl FnOnce(&mut World) -> Result<T, HandError>) -> T {
        self.sandbox.act(deed).unwrap()
    }

    /// A fault on the warehouse's next call of a method.
    pub fn wms_fault(&self, method: &str, kind: FaultKind) {
        let rule = FaultRule::next(SimSystem::Peoplevox, method, kind, 1);
        self.sandbox.add_fault(rule);
    }

    /// Mugs are sold and the warehouse has the order.
    pub async fn taken(&mut self, units: i64) -> Sold {
        let id = match self.source {
            SimSystem::Linnworks => self.act(|w| {
                w.place(&OrderSpec {
                    lines: vec![(MUG.to_owned(), units)],
                    ..OrderSpec::default()
                })
            }),
            SimSystem::Cin7 => self.sold_in_books(units),
            _ => self.act(|w| w.shop_place(&ShopOrderSpec::of(&[(MUG, units)]))),
        };
        let what = "the order is in the warehouse";
        self.until(what, SOON, async |c: &Self| {
            let order = c.order(&id).await;
            order.is_some_and(|o| o.row.state >= OrderState::InWarehouse)
        })
        .await;
        let wms = self.order(&id).await.unwrap().row.wms_number.unwrap().0;
        Sold { id, wms }
    }

    /// Mugs are sold and have left the building.
    pub async fn shipped(&mut self, units: i64) -> Sold {
        let Sold { id, wms } = self.taken(units).await;
        self.act(|w| w.despatch(&wms, "RM1GB"));
        let what = "the source shows it as shipped";
        self.until(what, SOON, async |c: &Self| {
            let order = c.order(&id).await.unwrap();
            order.row.confirmed_at.is_some()
        })
        .await;
        Sold { id, wms }
    }

    fn sold_in_books(&self, units: i64) -> String {
        let spec = Cin7SaleSpec {
            lines: vec![(MUG.to_owned(), units)],
            is_advanced: true,
            ..Cin7SaleSpec::default()
        };
        self.act(|w| w.cin7_enter(&spec))
    }

    /// Asks something at the desk and waits for the engine's answer.
    pub async fn answered(&mut self, asked: DeskResult<Done>) -> (bool, String) {
        let id = asked.unwrap().request.unwrap();
        self.until(
            "the engine has answered",
            Span::mins(5),
            async |c: &Self| c.store.request(id).await.unwrap().unwrap().is_done,
        )
        .await;
        let row = self.store.request(id).await.unwrap().unwrap();
        (row.is_ok, row.answer)
    }

    /// A decision about a return, carried out.
    pub async fn decided(&mut self, reference: &str, what: Decision) -> (bool, String) {
        let asked = self.desk.decide_return(reference, what).await;
        self.answered(asked).await
    }

    // ---- what is seen

    pub async fn order(&self, id: &str) -> Option<OrderFull> {
        let ids = [id.into()];
        let found = self.store.orders_by_source(&self.pair, &ids).await.unwrap();
        found.into_iter().next()
    }

    /// Every return in our books, oldest first.
    pub async fn returns(&self) -> Vec<Return> {
        let query = ListQuery {
            filter: Filter::default(),
            sort: "id".to_owned(),
            is_descending: false,
            anchor: Anchor::First,
            limit: 100,
            now: self.now(),
        };
        let window = self.store.returns(None, true, &query).await.unwrap();
        window.rows.into_iter().map(|listed| listed.row).collect()
    }

    /// What the desk sees of the open returns that match a filter, soonest given up first: what each waits for. With it
    /// the number of those that wait for somebody's word.
    pub async fn waits(&self, text: &str) -> (Vec<Vec<String>>, usize) {
        let query = ListQuery {
            filter: filter::parse(text, RETURNS).unwrap(),
            sort: "due".to_owned(),
            is_descending: false,
            anchor: Anchor::First,
            limit: 100,
            now: self.now(),
        };
        let window = self.desk.returns(&query).await.unwrap();
        let steps = window.rows.iter().map(|listed| {
            let steps = listed.row.steps();
            steps.iter().map(NextStep::sentence).collect()
        });
        (
            steps.collect(),
            self.desk.returns_to_decide().await.unwrap(),
        )
    }

    /// What the order's timeline says of decisions about its returns: what and why.
    pub async fn decisions(&self) -> Vec<(String, String)> {
        let order = ObjectRef::Order(self.only().await.row.order);
        let lines = self.store.timeline(&order, 500).await.unwrap();
        let decided = lines.into_iter().filter(|l| l.action == "return.decided");
        decided.map(|l| (l.after, l.reason)).collect()
    }

    /// The only return.
    pub async fn only(&self) -> Return {
        let mut all = self.returns().await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    pub async fn claims(&self) -> Vec<Claim> {
        let states = OrderState::ALL;
        let rows = self.store.order_rows_in(&self.pair, states, None, 99).await;
        let ids: Vec<_> = rows.unwrap().into_iter().map(|r| r.id).collect();
        self.store.claims_of(&ids).await.unwrap()
    }

    pub async fn sheet(&self, reference: &str) -> ReturnSheet {
        self.desk.return_sheet(reference).await.unwrap()
    }

    /// Returns the warehouse expects, with their units.
    pub fn expected(&self) -> Vec<(String, i64)> {
        self.sandbox.inspect(|w| {
            let held = w.pvx.returns.held.iter();
            held.map(|r| (r.number.clone(), r.lines.iter().map(|l| l.quantity).sum()))
                .collect()
        })
    }

    /// How often we wrote to a template of the warehouse.
    pub fn written(&self, op: &str) -> usize {
        let ledger = self.sandbox.ledger();
        ledger
            .iter()
            .filter(|e| !e.caused_by_world && e.op == op)
            .count()
    }

    /// A return reaches a state.
    pub async fn reaches(&mut self, state: ReturnState) -> Return {
        let what = format!("the return is {state}");
        self.until(&what, Span::mins(30), async |c: &Self| {
            let all = c.returns().await;
            all.last().is_some_and(|r| r.row.state == state)
        })
        .await;
        self.returns().await.pop().unwrap()
    }

    /// Kinds and details of the open cases.
    pub async fn cases(&self) -> Vec<(Kind, String)> {
        let mut out = Vec::new();
        for open in self.store.open_exceptions(&[], None).await.unwrap() {
            let row = self.store.exception(open.id).await.unwrap().unwrap();
            // The catalogue's own loose ends are nobody's business at this counter.
            if row.kind != Kind::PrdNotInWms {
                out.push((row.kind, row.detail));
            }
        }
        out
    }

    pub async fn kinds(&self) -> Vec<Kind> {
        self.cases().await.into_iter().map(|c| c.0).collect()
    }

    pub async fn opens(&mut self, kind: Kind, limit: Span) {
        let what = format!("a case {kind} is open");
        self.until(&what, limit, async |c: &Self| {
            c.kinds().await.contains(&kind)
        })
        .await;
    }

    pub async fn closes(&mut self, kind: Kind, limit: Span) {
        let what = format!("no case {kind} is open");
        self.until(&what, limit, async |c: &Self| {
            !c.kinds().await.contains(&kind)
        })
        .await;
    }

    pub fn on_shelf(&self) -> i64 {
        self.sandbox.inspect(|w| w.pvx.on_hand(MUG))
    }
}
