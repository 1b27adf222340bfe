//! The sandbox: Peoplevox, Linnworks, SHOPLINE and Cin7 Core simulated on the wire, one world behind them, faults on
//! demand, a ledger of what really happened.
//!
//! It is built from a seed and a clock given in. The same seed and the same calls at the same times give the same
//! answers; nothing waits, so virtual time works. It never uses the clients of `vendors`, so that neither side can
//! hide the other's mistake.

mod cin7;
pub mod config;
pub mod faults;
pub mod ledger;
mod lw;
mod pvx;
mod rng;
mod serve;
mod setup;
mod shop;
#[cfg(test)]
mod tests;
mod troubles;
mod world;

pub use cin7::config::{Cin7Config, Cin7Switches, Cin7Traits, ThrottleStyle};
pub use cin7::decimal::Dec;
pub use cin7::hands::Cin7SaleSpec;
pub use cin7::hooks::{Cin7Hook, HookCall, TYPES as CIN7_EVENT_TYPES};
pub use cin7::sale::{Cin7Line, Cin7Sale, Fulfilment, Kind, Stand};
pub use cin7::service::ROUTES as CIN7_ROUTES;
pub use cin7::state::{Cin7, Cin7Adjustment, Cin7Location, Cin7Product, Slot, Stock};
pub use config::{
    FaultLevel, LwSwitches, PartialPolicy, PvxSwitches, SandboxConfig, SimSystem, TradingHours,
    WorldTraits,
};
pub use faults::{FaultKind, FaultRule};
pub use ledger::{CallStats, Effect, Notification, calls_per_minute};
pub use lw::service::ROUTES as LINNWORKS_ROUTES;
pub use lw::state::{Book, Level, Linnworks, LwAddress, LwItem, LwLine, LwLocation, LwOrder};
pub use pvx::callbacks::Callback;
pub use pvx::returns::{PvxReceipt, PvxReturn, PvxReturnLine, ReturnPlace};
pub use pvx::state::{
    Despatch, Pvx, PvxItem, PvxLine, PvxOrder, PvxStatus, Shelf, StockChange, StockMovement,
};
pub use rng::Guid;
pub use serve::{Served, serve};
pub use setup::DemoCredentials;
pub use shop::config::{ErrorShape, ShopConfig, ShopSwitches, ShopTraits};
pub use shop::state::{
    FulfilmentOrder, Parcel, Payment, Progress, Restock, Shop, ShopAddress, ShopFulfilment,
    ShopLevel, ShopLine, ShopOrder, ShopRefund, ShopReturn, ShopVariant,
};
pub use shop::webhooks::{HookSubscription, Hooks, Webhook};
pub use troubles::Troubles;
pub use world::{
    HandError, MAPPED_LOCATION, MAPPED_SITE, OrderSpec, SHOP_FLOOR_LOCATION, SHOP_LOCATION, Sale,
    ShopOrderSpec, World,
};

use crate::domain::time::{Span, Ts};
use crate::wire::{Wire, WireError};
use bytes::Bytes;
use http::{Request, Response};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The clock the world lives by.
pub type Clock = Arc<dyn Fn() -> Ts + Send + Sync>;

/// What becomes of one HTTP request.
#[derive(Debug)]
pub enum Exchange {
    Answer(Response<Bytes>),
    /// The request never arrived.
    NotSent(String),
    /// The request may have had its effect; no answer came.
    Lost(String),
}

/// Every system and the world behind them. Clones share it.
#[derive(Clone)]
pub struct Sandbox {
    world: Arc<Mutex<World>>,
    clock: Clock,
    latency: Option<Span>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Builds a world and lets it run up to the clock.
    pub fn new(config: SandboxConfig, clock: Clock) -> Self {
        let latency = config.latency;
        let sandbox = Self {
            world: Arc::new(Mutex::new(World::new(config))),
            clock,
            latency,
        };
        sandbox.advance();
        sandbox
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets everything happen that is due by the clock. Every request does this too.
    pub fn advance(&self) {
        let now = (self.clock)();
        self.lock().advance(now);
    }

    /// When the next thing happens in the world by itself; for virtual time.
    pub fn next_event_at(&self) -> Option<Ts> {
        self.lock().next_event_at()
    }

    /// One HTTP exchange with a system.
    pub fn handle(&self, system: SimSystem, request: Request<Bytes>) -> Exchange {
        let now = (self.clock)();
        let mut world = self.lock();
        world.advance(now);
        world.exchange(system, request)
    }

    /// As [`Sandbox::handle`], with the configured latency really waited for, and slow answers waited for longer.
    async fn handle_in_time(&self, system: SimSystem, request: Request<Bytes>) -> Exchange {
        let Some(latency) = self.latency else {
            return self.handle(system, request);
        };
        tokio::time::sleep(latency.to_std()).await;
        let exchange = self.handle(system, request);
        if let Exchange::Answer(answer) = &exchange
            && let Some(slow) = answer.extensions().get::<world::SlowBy>().copied()
        {
            tokio::time::sleep(slow.0.to_std()).await;
        }
        exchange
    }

    /// A system as a wire, in process. Faults come as [`WireError`] or as bad answers. Answers at once unless the
    /// configuration asks for latency.
    pub fn wire(&self, system: SimSystem) -> Wire {
        let sandbox = self.clone();
        Wire::new(tower::service_fn(move |request: Request<Bytes>| {
            let sandbox = sandbox.clone();
            async move {
                match sandbox.handle_in_time(system, request).await {
                    Exchange::Answer(answer) => Ok(answer),
                    Exchange::NotSent(why) => Err(WireError::NotSent(why)),
                    Exchange::Lost(why) => Err(WireError::Lost(why)),
                }
            }
        }))
    }

    /// Everything that happened, oldest first.
    pub fn ledger(&self) -> Vec<Effect> {
        self.ledger_since(0)
    }

    /// What happened after position `seq`.
    pub fn ledger_since(&self, seq: u64) -> Vec<Effect> {
        self.lock().ledger.since(seq).collect()
    }

    /// One number that stands for everything that happened; equal runs have equal numbers.
    pub fn fingerprint(&self) -> u64 {
        self.lock().ledger.fingerprint()
    }

    /// Messages shoppers got.
    pub fn notifications(&self) -> Vec<Notification> {
        self.lock().ledger.notifications().to_vec()
    }

    /// Calls made and refused.
    pub fn calls(&self) -> CallStats {
        self.lock().calls.clone()
    }

    /// How often each fault has struck, by code.
    pub fn faults_fired(&self) -> BTreeMap<&'static str, u64> {
        self.lock().faults.fired().clone()
    }

    /// Looks at the world; for judges.
    pub fn inspect<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.lock())
    }

    /// Does something in the world, after what is due; for tests and people.
    pub fn act<T>(&self, deed: impl FnOnce(&mut World) -> T) -> T {
        let now = (self.clock)();
        let mut world = self.lock();
        world.advance(now);
        deed(&mut world)
    }

    /// Changes how much goes wrong; explicit rules stay.
    pub fn set_faults(&self, level: FaultLevel) {
        self.act(|world| {
            let now = world.now;
            world.faults.set_level(level, now);
        });
    }

    /// Adds one explicit fault.
    pub fn add_fault(&self, rule: FaultRule) {
        self.act(|world| world.faults.add(rule));
    }

    /// From now on every system behaves.
    pub fn clear_faults(&self) {
        self.act(|world| world.faults.clear());
    }

    /// Callbacks of Peoplevox that are due now, each taken once.
    pub fn take_callbacks(&self) -> Vec<Callback> {
        self.act(|world| world.callbacks.take())
    }

    /// A callback could not be delivered: Peoplevox tries again later.
    pub fn callback_failed(&self, callback: Callback) {
        self.act(|world| world.callback_failed(callback));
    }

    /// Webhooks of SHOPLINE that are due now, each taken once. What came of one goes to [`Self::webhook_answered`].
    pub fn take_webhooks(&self) -> Vec<Webhook> {
        self.act(|world| world.shop.hooks.take())
    }

    /// The receiver's status, `None` when none came within five seconds. SHOPLINE repeats what failed, and deletes a
    /// subscription after 19 failures in a row.
    pub fn webhook_answered(&self, webhook: Webhook, status: Option<u16>) {
        self.act(|world| world.shop_hook_answered(webhook, status));
    }

    /// Mappings of the pair of SHOPLINE and Peoplevox, with the planned mistakes in them.
    pub fn demo_shop_mappings(&self) -> String {
        self.inspect(setup::shop_mappings)
    }

    /// Deliveries of Cin7 Core's webhooks that are due now, each taken once.
    pub fn take_cin7_hooks(&self) -> Vec<HookCall> {
        self.act(|world| world.cin7.hooks.take())
    }

    /// A delivery was not answered well: Cin7 Core tries again later, and after the last time the webhook goes inactive.
    pub fn cin7_hook_failed(&self, call: HookCall) {
        self.act(|world| world.cin7_hook_failed(call));
    }

    /// Mappings of a Cin7 Core pair for `tallyman mappings import`, with the planned mistakes in them.
    pub fn demo_cin7_mappings(&self) -> String {
        self.inspect(setup::cin7_mappings)
    }

    /// Mappings for `tallyman mappings import`, with the planned mistakes in them.
    pub fn demo_mappings(&self) -> String {
        self.inspect(setup::mappings)
    }

    /// Credentials the simulators accept.
    pub fn demo_credentials(&self) -> DemoCredentials {
        self.inspect(|world| setup::credentials(world.config.seed))
    }
}
