//! A stage for scenes of the trade: both systems simulated, a store, engines and a desk under one virtual clock.
//!
//! A scene says what people and the floor do, lets time pass, and looks at what the sandbox's ledger and the people's
//! lists show. It never looks at the queue. Every scene ends with the audit chain and the store's invariants checked.

use crate::one_core;
use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use tallyman::config::PairConfig;
use tallyman::desk::{Access, Desk, DeskResult, Done};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::change::{Batch, Change};
use tallyman::domain::exception::ExceptionRow;
use tallyman::domain::ids::{ExceptionId, ItemCode, LocationId, Operator, PairId, SystemId};
use tallyman::domain::mapping::{MappingEdit, MappingKind};
use tallyman::domain::order::{OrderRow, OrderState};
use tallyman::domain::policy::Policy;
use tallyman::domain::stock::StockPosition;
use tallyman::domain::time::{Span, Ts};
use tallyman::rehearsal::{RigOptions, systems_over};
use tallyman::sandbox::{
    Effect, FaultKind, FaultRule, LwOrder, MAPPED_LOCATION, Notification, OrderSpec, PvxOrder,
    PvxStatus, Sandbox, SandboxConfig, SimSystem, TradingHours, World, WorldTraits,
};
use tallyman::store::read::RequestRow;
use tallyman::store::{Store, StoreOptions};
use tallyman::sync::{Cx, Engine, PairCx, Systems};
use tallyman::wire::Wire;
use tower::{Service, ServiceExt};

/// The item most scenes sell.
pub const MUG: &str = "MUG-BLU-01";
/// Long enough for everything that needs no waiting.
pub const SOON: Span = Span::mins(10);
/// Steps a scene may take at most before it counts as stuck.
const STEPS_MAX: u32 = 60_000;
/// How often everything may be begun anew at the same instant without getting anywhere.
const SAME_INSTANT_MAX: u32 = 2_000;

/// What a scene starts from.
#[derive(Clone)]
pub struct Setting {
    pub sandbox: SandboxConfig,
    pub policy: Policy,
    pub store_url: Option<String>,
}

impl Default for Setting {
    /// A quiet Monday morning: nobody orders, the floor waits to be told, everybody reads once a minute.
    fn default() -> Self {
        let mut policy = Policy::linnworks();
        policy.order_pull_interval = Span::secs(60);
        policy.despatch_poll_interval = Span::secs(60);
        policy.status_interval = Span::secs(60);
        Self {
            sandbox: SandboxConfig {
                orders_per_day: 0,
                opening_orders: 0,
                skus: 12,
                traits: WorldTraits::quiet(),
                trading_hours: TradingHours::ALWAYS,
                floor_percent: 1,
                ..SandboxConfig::default()
            },
            policy,
            store_url: None,
        }
    }
}

impl Setting {
    /// With another policy.
    pub fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    /// With another world.
    pub fn world(mut self, change: impl FnOnce(&mut SandboxConfig)) -> Self {
        change(&mut self.sandbox);
        self
    }
}

/// An order of a scene under its three names.
#[derive(Debug, Clone)]
pub struct Placed {
    /// GUID in the source.
    pub id: String,
    /// The number people see.
    pub number: String,
    /// The number in the warehouse.
    pub wms: String,
}

/// Plays a scene from a setting and checks the books at its end.
pub async fn play(setting: Setting, scene: impl AsyncFnOnce(&mut Stage)) {
    one_core::keep_to_one_core();
    let mut stage = Stage::open(setting).await;
    scene(&mut stage).await;
    stage.end().await;
}

/// As [`play`], on the store at this address.
pub async fn play_on(url: String, setting: Setting, scene: impl AsyncFnOnce(&mut Stage)) {
    let setting = Setting {
        store_url: Some(url),
        ..setting
    };
    play(setting, scene).await;
}

/// Sandbox, store, engines and desk.
pub struct Stage {
    pub sandbox: Sandbox,
    pub store: Store,
    /// The desk at which Sam sits.
    pub desk: Desk,
    pub pair: PairId,
    clock: Arc<AtomicI64>,
    setting: Setting,
    store_options: StoreOptions,
    systems: Systems,
    engines: Vec<Engine>,
    lives: u64,
    folder: Option<PathBuf>,
    smudges: Smudges,
}

/// Texts that are replaced in every answer of a vendor.
type Smudges = Arc<Mutex<Vec<(String, String)>>>;

fn smudged(wire: Wire, smudges: Smudges) -> Wire {
    Wire::new(tower::service_fn(move |request| {
        let (mut wire, smudges) = (wire.clone(), smudges.clone());
        async move {
            let answer = wire.ready().await?.call(request).await?;
            let smudges = smudges.lock().unwrap().clone();
            Ok(answer.map(|body| {
                smudges
                    .iter()
                    .fold(body, |body, (from, to)| match std::str::from_utf8(&body) {
                        Ok(text) if text.contains(from) => text.replace(from, to).into(),
                        _ => body,
                    })
            }))
        }
    }))
}

static STAGES_MADE: AtomicU64 = AtomicU64::new(0);

impl Stage {
    async fn open(setting: Setting) -> Self {
        let clock = Arc::new(AtomicI64::new(setting.sandbox.start.0));
        let ticking = clock.clone();
        let sandbox = Sandbox::new(
            setting.sandbox.clone(),
            Arc::new(move || Ts(ticking.load(Ordering::Relaxed))),
        );
        let (url, folder) = match &setting.store_url {
            Some(url) => (url.clone(), None),
            None => {
                let folder = fresh_folder();
                let file = folder.join("scene.db");
                (format!("sqlite:{}", file.display()), Some(folder))
            }
        };
        let store_options = StoreOptions {
            url,
            payload_key: [7; 32],
            is_read_only: false,
            is_migrating: true,
            is_durable: false,
        };
        let store = Store::open(&store_options).await.unwrap();
        let options = RigOptions {
            sandbox: setting.sandbox.clone(),
            sources: vec![(SimSystem::Linnworks, setting.policy.clone())],
            store_url: None,
            death_chance: 0.0,
            warehouse_per_minute: None,
            is_listening: true,
            is_durable: false,
            authorised_returns: 0.0,
        };
        let smudges = Smudges::default();
        let systems = systems_over(&sandbox, &options, |system| {
            smudged(sandbox.wire(system), smudges.clone())
        })
        .unwrap();
        let desk = desk_of(&store, &setting, &clock, &systems, "sam");
        let mut stage = Self {
            sandbox,
            store,
            desk,
            pair: "lw-pvx".into(),
            clock,
            setting,
            store_options,
            systems,
            engines: Vec::new(),
            lives: 0,
            folder,
            smudges,
        };
        let csv = stage.sandbox.demo_mappings();
        let read = stage.desk.import_csv(&stage.pair, &csv).await.unwrap();
        stage
            .desk
            .apply(&stage.pair, read.edits, None, "go live")
            .await
            .unwrap();
        stage.engine_starts();
        stage
    }

    /// From here on every answer of a vendor says `to` where it said `from`.
    pub fn smudge(&self, from: &str, to: &str) {
        let smudge = (from.to_owned(), to.to_owned());
        self.smudges.lock().unwrap().push(smudge);
    }

    /// Answers are as the vendors gave them again.
    pub fn wipe(&self) {
        self.smudges.lock().unwrap().clear();
    }

    /// The desk of another person.
    pub fn desk_of(&self, who: &str) -> Desk {
        desk_of(&self.store, &self.setting, &self.clock, &self.systems, who)
    }

    /// One more process with an engine on the same store.
    pub fn engine_starts(&mut self) {
        self.lives += 1;
        let ticking = self.clock.clone();
        let pair = PairCx {
            id: self.pair.clone(),
            source: "lw".into(),
            warehouse: "pvx".into(),
            prefix: self.setting.sandbox.wms_prefix.clone(),
            channel: self.setting.sandbox.wms_channel.clone(),
            policy: self.setting.policy.clone(),
        };
        let cx = Cx::new(
            self.store.clone(),
            self.systems.clone(),
            vec![pair],
            format!("stage/{}", self.lives),
            Arc::new(move || Ts(ticking.load(Ordering::Relaxed))),
            self.setting.sandbox.seed.wrapping_add(self.lives),
        );
        self.engines.push(Engine::new(Arc::new(cx)));
    }

    /// Every engine's process dies without giving its leases back.
    pub fn engines_die(&mut self) {
        self.engines.clear();
    }

    /// The virtual time.
    pub fn now(&self) -> Ts {
        Ts(self.clock.load(Ordering::Relaxed))
    }

    fn advance_to(&self, to: Ts) {
        self.clock.fetch_max(to.0, Ordering::Relaxed);
        self.sandbox.advance();
    }

    /// One step of every engine; when there is something to do again.
    async fn step(&mut self) -> Ts {
        self.hand_over_callbacks().await;
        let now = self.now();
        let mut next = now + Span::mins(1);
        for engine in &mut self.engines {
            let done = engine.step(now).await.unwrap();
            next = next.min(done.next_at);
        }
        next.max(now + Span::ms(1))
    }

    async fn hand_over_callbacks(&self) {
        let callbacks = self.sandbox.take_callbacks();
        if callbacks.is_empty() {
            return;
        }
        let mut id = self
            .store
            .reserve_ids(callbacks.len() as i64)
            .await
            .unwrap();
        let mut changes = Vec::new();
        for callback in callbacks {
            let system = SystemId::from("pvx");
            changes.push(tallyman::server::hint(
                id,
                &system,
                &callback.event,
                &callback.url,
                self.now(),
            ));
            id += 1;
        }
        self.commit(changes).await;
    }

    async fn commit(&self, changes: Vec<Change>) {
        let batch = Batch {
            actor: "server".to_owned(),
            at: self.now(),
            fence: None,
            changes,
        };
        self.store.commit(batch).await.unwrap();
    }

    /// Lets time pass.
    pub async fn run(&mut self, span: Span) {
        let until = self.now() + span;
        let mut instant = (self.now(), 0);
        for _ in 0..STEPS_MAX {
            if self.now() >= until {
                return;
            }
            let next = self.step().await;
            self.advance_to(next.min(until));
            if self.now() <= instant.0 + Span::ms(2_000) {
                instant.1 += 1;
                assert!(instant.1 < SAME_INSTANT_MAX, "spins at {}", self.now());
            } else {
                instant = (self.now(), 0);
            }
        }
        panic!("a scene took more than {STEPS_MAX} steps");
    }

    /// Lets time pass until something holds, at most for `limit`; fails with `what` when it never does.
    pub async fn until(&mut self, what: &str, limit: Span, holds: impl AsyncFn(&Stage) -> bool) {
        let until = self.now() + limit;
        for _ in 0..STEPS_MAX {
            let next = self.step().await;
            if holds(self).await {
                return;
            }
            if self.now() >= until {
                break;
            }
            self.advance_to(next.min(until));
        }
        let seen = self.describe().await;
        panic!("not within {} s: {what}\n{seen}", limit.as_secs());
    }

    /// Nothing runs for a while: the program was off.
    pub fn sleep(&self, span: Span) {
        self.advance_to(self.now() + span);
    }

    /// Steps until something holds in the two systems and kills the process right there, between two awaits.
    pub async fn die_when(&mut self, what: &str, holds: impl Fn(&Sandbox) -> bool) {
        let until = self.now() + Span::hours(1);
        while self.now() < until {
            let now = self.now();
            let mut engine = self.engines.pop().unwrap();
            let sandbox = self.sandbox.clone();
            let fate = {
                let mut step = pin!(engine.step(now));
                std::future::poll_fn(|cx| match step.as_mut().poll(cx) {
                    Poll::Ready(done) => Poll::Ready(Some(done.unwrap().next_at)),
                    Poll::Pending if holds(&sandbox) => Poll::Ready(None),
                    Poll::Pending => Poll::Pending,
                })
                .await
            };
            match fate {
                None => {
                    drop(engine);
                    self.engines.clear();
                    self.store.close().await;
                    self.store = Store::open(&self.store_options).await.unwrap();
                    self.desk = self.desk_of("sam");
                    return;
                }
                Some(next) => {
                    self.engines.push(engine);
                    self.advance_to(next.max(now + Span::ms(1)));
                }
            }
        }
        panic!("it never came so far: {what}");
    }

    // ---- what people and the floor do

    /// Does something in the world.
    pub fn act<T, E: std::fmt::Debug>(&self, deed: impl FnOnce(&mut World) -> Result<T, E>) -> T {
        self.sandbox.act(deed).unwrap()
    }

    /// A customer orders.
    pub fn place(&self, spec: &OrderSpec) -> Placed {
        let prefix = self.setting.sandbox.wms_prefix.clone();
        self.sandbox.act(|world| {
            let id = world.place(spec).unwrap();
            let number = world.lw.order(&id).unwrap().number.to_string();
            Placed {
                wms: format!("{prefix}-{number}"),
                id,
                number,
            }
        })
    }

    /// A customer orders these goods, paid.
    pub fn sold(&self, lines: &[(&str, i64)]) -> Placed {
        self.place(&OrderSpec {
            lines: lines.iter().map(|(s, n)| ((*s).to_owned(), *n)).collect(),
            ..OrderSpec::default()
        })
    }

    /// Sells one mug and waits until the warehouse has it and we know.
    pub async fn mug_in_warehouse(&mut self) -> Placed {
        let order = self.sold(&[(MUG, 1)]);
        self.accepted(&order).await;
        order
    }

    /// Waits until an order is accepted by the warehouse.
    pub async fn accepted(&mut self, order: &Placed) {
        let what = format!("order {} accepted by the warehouse", order.number);
        self.until(&what, Span::mins(15), async |s: &Stage| {
            s.try_order(order)
                .await
                .is_some_and(|o| o.state.is_in_warehouse())
        })
        .await;
    }

    /// Waits for a state of an order.
    pub async fn reaches(&mut self, order: &Placed, state: OrderState, limit: Span) {
        let what = format!("order {} is {state}", order.number);
        self.until(&what, limit, async |s: &Stage| {
            s.try_order(order).await.is_some_and(|o| o.state == state)
        })
        .await;
    }

    /// Waits until the source is proven to have processed an order, whether or not its channel was told by then.
    pub async fn confirmed(&mut self, order: &Placed, limit: Span) {
        let what = format!("order {} is confirmed", order.number);
        self.until(&what, limit, async |s: &Stage| {
            s.try_order(order)
                .await
                .is_some_and(|o| matches!(o.state, OrderState::Confirmed | OrderState::Notified))
        })
        .await;
    }

    /// Waits until a case of a kind is open.
    pub async fn case_opens(&mut self, kind: Kind, limit: Span) -> ExceptionRow {
        let what = format!("a case {kind} is open");
        self.until(&what, limit, async |s: &Stage| s.case(kind).await.is_some())
            .await;
        self.case(kind).await.unwrap()
    }

    /// Waits until no case of a kind is open.
    pub async fn case_closes(&mut self, kind: Kind, limit: Span) {
        let what = format!("no case {kind} is open");
        self.until(&what, limit, async |s: &Stage| s.case(kind).await.is_none())
            .await;
    }

    /// A fault on the next calls of a method.
    pub fn fault(&self, system: SimSystem, method: &str, kind: FaultKind, count: u32) {
        self.sandbox
            .add_fault(FaultRule::next(system, method, kind, count));
    }

    /// A fault on the warehouse's next call of a method.
    pub fn wms_fault(&self, method: &str, kind: FaultKind) {
        self.fault(SimSystem::Peoplevox, method, kind, 1);
    }

    /// A fault on the source's next call of a method.
    pub fn lw_fault(&self, method: &str, kind: FaultKind) {
        self.fault(SimSystem::Linnworks, method, kind, 1);
    }

    /// A mapping is set at the desk.
    pub async fn map(&self, kind: MappingKind, from: &str, to: &str) {
        self.map_with(kind, from, to, &[]).await;
    }

    /// A mapping with attributes is set at the desk.
    pub async fn map_with(&self, kind: MappingKind, from: &str, to: &str, with: &[(&str, &str)]) {
        let edit = edit(kind, from, to, with);
        self.desk
            .apply(&self.pair, vec![edit], None, "as agreed with the warehouse")
            .await
            .unwrap();
    }

    /// Asks something at the desk and waits for the engine's answer.
    pub async fn answered(&mut self, asked: DeskResult<Done>) -> RequestRow {
        let id = asked.unwrap().request.unwrap();
        self.until(
            "the engine has answered",
            Span::mins(5),
            async |s: &Stage| s.store.request(id).await.unwrap().unwrap().is_done,
        )
        .await;
        self.store.request(id).await.unwrap().unwrap()
    }

    // ---- what is seen

    /// An order in our books, if it is there.
    pub async fn try_order(&self, order: &Placed) -> Option<OrderRow> {
        let ids = [order.id.as_str().into()];
        let found = self.store.orders_by_source(&self.pair, &ids).await.unwrap();
        found.into_iter().next().map(|o| o.row)
    }

    /// An order in our books.
    pub async fn order(&self, order: &Placed) -> OrderRow {
        self.try_order(order).await.unwrap()
    }

    /// The order as it stands in the warehouse.
    pub fn wms(&self, order: &Placed) -> Option<PvxOrder> {
        self.wms_named(&order.wms)
    }

    /// A warehouse order by its number.
    pub fn wms_named(&self, number: &str) -> Option<PvxOrder> {
        self.sandbox.inspect(|w| w.pvx.order(number).cloned())
    }

    /// Status of the order in the warehouse.
    pub fn wms_status(&self, order: &Placed) -> PvxStatus {
        self.wms(order).unwrap().status
    }

    /// Lines the warehouse holds: reference, item code, quantity.
    pub fn wms_lines(&self, number: &str) -> Vec<(String, String, i64)> {
        self.sandbox.inspect(|w| {
            let order = w.pvx.order(number).unwrap();
            let line = |l: &tallyman::sandbox::PvxLine| {
                (l.line.clone(), w.pvx.items[l.item].code.clone(), l.ordered)
            };
            order.lines.iter().map(line).collect()
        })
    }

    /// Item codes and quantities the warehouse holds for an order.
    pub fn goods(&self, order: &Placed) -> BTreeMap<String, i64> {
        let mut goods = BTreeMap::new();
        for (_, item, quantity) in self.wms_lines(&order.wms) {
            *goods.entry(item).or_default() += quantity;
        }
        goods
    }

    /// The order as it stands in the source.
    pub fn lw(&self, order: &Placed) -> LwOrder {
        self.sandbox
            .inspect(|w| w.lw.order(&order.id).unwrap().clone())
    }

    /// Our own effects of an operation on an object.
    pub fn ours(&self, op: &str, object: &str) -> Vec<Effect> {
        let mut ledger = self.sandbox.ledger();
        ledger.retain(|e| !e.caused_by_world && e.op == op && e.object == object);
        ledger
    }

    /// How often the order's header was written by us.
    pub fn headers(&self, order: &Placed) -> usize {
        self.ours("SaveData Sales orders", &order.wms).len()
    }

    /// How often the order's lines were written by us.
    pub fn line_saves(&self, order: &Placed) -> usize {
        self.ours("SaveData Sales order items", &order.wms).len()
    }

    /// How often we processed the order in the source.
    pub fn processed(&self, order: &Placed) -> usize {
        self.ours("ProcessOrder", &order.number).len()
    }

    /// Messages the shopper of an order got.
    pub fn told(&self, order: &Placed) -> Vec<Notification> {
        let mut notes = self.sandbox.notifications();
        notes.retain(|n| n.number.to_string() == order.number);
        notes
    }

    /// Position of the ledger's end, to look at what comes after.
    pub fn mark(&self) -> u64 {
        self.sandbox.ledger().len() as u64
    }

    /// What we wrote into a system since a mark.
    pub fn written_since(&self, mark: u64, system: SimSystem) -> Vec<Effect> {
        let mut ledger = self.sandbox.ledger_since(mark);
        ledger.retain(|e| !e.caused_by_world && e.system == system);
        ledger
    }

    /// Every open case.
    pub async fn cases(&self) -> Vec<ExceptionRow> {
        let mut cases = Vec::new();
        for open in self.store.open_exceptions(&[], None).await.unwrap() {
            cases.push(self.store.exception(open.id).await.unwrap().unwrap());
        }
        cases
    }

    /// Kinds of the open cases.
    pub async fn kinds(&self) -> Vec<Kind> {
        self.cases().await.into_iter().map(|c| c.kind).collect()
    }

    /// The open case of a kind.
    pub async fn case(&self, kind: Kind) -> Option<ExceptionRow> {
        let open = self.store.open_exceptions(&[kind], None).await.unwrap();
        let id = open.first()?.id;
        self.store.exception(id).await.unwrap()
    }

    /// A case, open or not.
    pub async fn case_by_id(&self, id: ExceptionId) -> ExceptionRow {
        self.store.exception(id).await.unwrap().unwrap()
    }

    /// The mapped location's id.
    pub fn location(&self) -> LocationId {
        self.sandbox.inspect(|w| {
            let at = w.lw.location_named(MAPPED_LOCATION).unwrap();
            w.lw.locations[at].id.to_string().as_str().into()
        })
    }

    /// Our stock position of an item at the mapped location.
    pub async fn position(&self, item: &str) -> StockPosition {
        let location = self.location();
        self.desk
            .position(&self.pair, &ItemCode::from(item), &location)
            .await
            .unwrap()
    }

    /// What the source offers of a SKU at the mapped location.
    pub fn offered(&self, sku: &str) -> i64 {
        self.sandbox.inspect(|w| {
            let at = w.lw.location_named(MAPPED_LOCATION).unwrap();
            w.lw.available(sku, at)
        })
    }

    /// What can be picked of an item at the mapped site.
    pub fn on_shelf(&self, item: &str) -> i64 {
        self.sandbox
            .inspect(|w| w.pvx.shelf(w.pvx.item_by_code[item], 0).available())
    }

    /// Stock levels we wrote for a SKU.
    pub fn levels_written(&self, sku: &str) -> Vec<i64> {
        let object = format!("{sku}@{MAPPED_LOCATION}");
        let level = |e: &Effect| e.detail["after"].as_i64().unwrap();
        self.ours("SetStockLevel", &object)
            .iter()
            .map(level)
            .collect()
    }

    /// What people see, for the message of a scene that failed.
    pub async fn describe(&self) -> String {
        let mut out = format!("now {}\n", self.now());
        let states = OrderState::ALL;
        for row in self
            .store
            .order_rows_in(&self.pair, states, None, 20)
            .await
            .unwrap()
        {
            out.push_str(&format!(
                "order {} {} wms {:?} source {:?}: {}\n",
                row.number, row.state, row.wms_status, row.source_status, row.blocked_by
            ));
            for d in self.store.deliveries_of_order(row.id).await.unwrap() {
                out.push_str(&format!(
                    "    {} {} {} step {}: {}\n",
                    d.id, d.flow, d.state, d.step, d.last_text
                ));
            }
        }
        for case in self.cases().await {
            out.push_str(&format!(
                "case {} {} {} {}: {}\n",
                case.kind, case.severity, case.state, case.discriminator, case.detail
            ));
        }
        for effect in self.sandbox.ledger().iter().rev().take(12).rev() {
            out.push_str(&format!(
                "effect {} {} {} {}\n",
                effect.at, effect.op, effect.object, effect.detail
            ));
        }
        out
    }

    /// The end of every scene: the audit chain verifies and the store's own rules hold.
    async fn end(&mut self) {
        self.engines.clear();
        let chain = self.store.verify_journal().await.unwrap();
        assert_eq!(chain, None, "the audit chain is broken");
        let broken = self.store.invariants(self.now()).await.unwrap();
        assert!(broken.is_empty(), "{broken:#?}");
        self.store.close().await;
    }
}

impl Drop for Stage {
    /// The store's folder goes with the stage, also when the scene failed.
    fn drop(&mut self) {
        if let Some(folder) = self.folder.take()
            && let Err(error) = std::fs::remove_dir_all(&folder)
        {
            eprintln!("{} could not be removed: {error}", folder.display());
        }
    }
}

/// A mapping as it is typed.
pub fn edit(kind: MappingKind, from: &str, to: &str, with: &[(&str, &str)]) -> MappingEdit {
    MappingEdit::Set {
        kind,
        from: from.to_owned(),
        to: to.to_owned(),
        attributes: with
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
    }
}

fn desk_of(
    store: &Store,
    setting: &Setting,
    clock: &Arc<AtomicI64>,
    systems: &Systems,
    who: &str,
) -> Desk {
    let pair = PairConfig {
        id: "lw-pvx".into(),
        source: "lw".into(),
        warehouse: "pvx".into(),
        prefix: setting.sandbox.wms_prefix.clone(),
        channel: setting.sandbox.wms_channel.clone(),
        policy: setting.policy.clone(),
    };
    let ticking = clock.clone();
    let warehouse = systems.warehouses[&SystemId::from("pvx")].clone();
    Desk::new(
        store.clone(),
        Operator::from(who),
        Access::Full,
        vec![pair],
        Arc::new(move || Ts(ticking.load(Ordering::Relaxed))),
    )
    .with_code_rule(Arc::new(move |_, code| warehouse.item_code_fault(code)))
}

fn fresh_folder() -> PathBuf {
    let n = STAGES_MADE.fetch_add(1, Ordering::Relaxed);
    let memory = PathBuf::from("/dev/shm");
    let base = if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    };
    let folder = base.join(format!("tallyman-scene-{}-{n}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
