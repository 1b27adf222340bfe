//! The one world behind the systems: its clock, its agenda, and who does what when.

mod build;
pub(crate) use build::MAPPED;
pub use build::{MAPPED_LOCATION, MAPPED_SITE};
mod catalogue;
mod customers;
mod floor;
mod hands;
mod names;
mod people;
mod returns;
mod routine;
mod sale;
mod shop_build;
mod shop_hands;
mod shop_people;
mod shoppers;

pub use customers::OrderSpec;
pub use hands::HandError;
pub use sale::Sale;
pub use shop_build::SHOP_LOCATION;
pub(crate) use shop_build::SHOP_MAPPED;
pub use shop_hands::ShopOrderSpec;
pub(crate) use shop_people::ShopEvent;
pub(crate) use shoppers::RATES as SHOP_RATES;

use super::cin7::people::Happening;
use super::cin7::state::Cin7;
use super::config::{SandboxConfig, SimSystem};
use super::faults::{FaultKind, Faults};
use super::ledger::{CallStats, Ledger};
use super::lw::state::Linnworks;
use super::pvx::callbacks::{Callback, Callbacks};
use super::pvx::state::Pvx;
use super::shop::state::Shop;
use super::{Exchange, cin7, lw, pvx, shop};
use crate::domain::time::{Span, Ts};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use std::collections::{BTreeMap, VecDeque};

/// A step of the floor's work on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    PickStart,
    PickDone,
    Pack,
    Despatch,
}

/// Something that is going to happen.
#[derive(Debug)]
pub(crate) enum Event {
    /// Midnight: the day's routine is laid out.
    Day,
    /// The next customer orders.
    Customer,
    /// What a person does to a Linnworks order: (order, deed, dice key).
    Person(usize, people::Deed, u64),
    /// The floor works on an order, if its plan still holds.
    Floor(usize, u32, Step),
    /// A label is booked late.
    Tracking(usize),
    /// The floor puts an order on hold or takes the hold off.
    Hold(usize, bool),
    /// The channel confirms (or ignores) a despatch note.
    ChannelNote(usize),
    /// Something of the day's routine.
    Routine(routine::Routine, u64),
    /// Goods come back.
    Return(returns::ReturnStep),
    Callback(Box<Callback>),
    /// Something in the SHOPLINE store.
    Shop(ShopEvent),
    /// Something in Cin7 Core.
    Cin7(Happening),
    /// A request whose client has already given up.
    Delayed(SimSystem, Box<Request<Bytes>>),
}

impl Event {
    /// Whether somebody begins something new of their own accord. Goods that come in only let begun things go on.
    fn begins_something(&self) -> bool {
        use routine::Routine;
        matches!(
            self,
            Self::Customer
                | Self::Routine(
                    Routine::Count
                        | Routine::OtherWriter
                        | Routine::OrphanOrder
                        | Routine::ForeignOrder,
                    _
                )
                | Self::Shop(
                    ShopEvent::Shopper | ShopEvent::OtherSale(_) | ShopEvent::OtherWriter(_)
                )
                | Self::Cin7(Happening::Sale(_) | Happening::Adjust(_))
        )
    }
}

/// A request read as far as its method.
enum Call {
    Peoplevox(pvx::service::Call),
    Linnworks(&'static str),
    Shopline(&'static str),
    Cin7(&'static str),
}

impl Call {
    fn read(world: &World, system: SimSystem, request: &Request<Bytes>) -> Self {
        match system {
            SimSystem::Peoplevox => Self::Peoplevox(world.pvx_read(request)),
            SimSystem::Linnworks => Self::Linnworks(lw::service::method_of(request)),
            SimSystem::Shopline => Self::Shopline(shop::service::method_of(request)),
            SimSystem::Cin7 => Self::Cin7(cin7::service::method_of(request)),
        }
    }

    fn method(&self) -> String {
        match self {
            Self::Peoplevox(call) => call.method.clone(),
            Self::Linnworks(name) | Self::Shopline(name) | Self::Cin7(name) => (*name).to_owned(),
        }
    }
}

/// Marks an answer that takes longer than usual where latency is real.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlowBy(pub Span);

/// Everything there is.
#[derive(Debug)]
pub struct World {
    pub config: SandboxConfig,
    /// The world's clock; never runs backwards.
    pub now: Ts,
    pub pvx: Pvx,
    pub lw: Linnworks,
    pub shop: Shop,
    pub cin7: Cin7,
    pub ledger: Ledger,
    pub calls: CallStats,
    pub faults: Faults,
    pub callbacks: Callbacks,
    agenda: BTreeMap<(Ts, u64), Event>,
    scheduled: u64,
    /// Times of today's customers still to come.
    arrivals: VecDeque<Ts>,
    customers_made: u64,
    /// Nothing new is begun any more; what was begun goes on.
    is_calm: bool,
    shoppers: shoppers::Shoppers,
    /// Units the site should hold per item code, for goods-in.
    targets: BTreeMap<String, i64>,
    plan: catalogue::Plan,
}

impl World {
    /// A world at its beginning, opening orders placed.
    pub fn new(config: SandboxConfig) -> Self {
        let mut world = Self {
            now: config.start,
            pvx: Pvx::default(),
            lw: Linnworks::default(),
            shop: Shop::default(),
            cin7: Cin7::default(),
            ledger: Ledger::default(),
            calls: CallStats::default(),
            faults: Faults::new(config.seed, config.faults, config.start),
            callbacks: Callbacks::default(),
            agenda: BTreeMap::new(),
            scheduled: 0,
            arrivals: VecDeque::new(),
            customers_made: 0,
            is_calm: false,
            shoppers: shoppers::Shoppers::default(),
            targets: BTreeMap::new(),
            plan: catalogue::Plan::default(),
            config,
        };
        world.build();
        world
    }

    /// Puts something on the agenda.
    pub(crate) fn schedule(&mut self, at: Ts, event: Event) {
        self.scheduled += 1;
        self.agenda
            .insert((at.max(self.now), self.scheduled), event);
    }

    /// When the next thing happens by itself.
    pub fn next_event_at(&self) -> Option<Ts> {
        self.agenda.first_key_value().map(|(key, _)| key.0)
    }

    /// Lets everything happen that is due up to `now`. A clock that runs backwards is ignored.
    pub fn advance(&mut self, now: Ts) {
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let ((at, _), event) = entry.remove_entry();
            self.now = self.now.max(at);
            if !(self.is_calm && event.begins_something()) {
                self.happen(event);
            }
        }
        self.now = self.now.max(now);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Day => self.begin_day(),
            Event::Customer => self.next_customer(),
            Event::Person(order, deed, key) => self.person_acts(order, deed, key),
            Event::Floor(order, plan, step) => self.floor_works(order, plan, step),
            Event::Tracking(despatch) => self.tracking_arrives(despatch),
            Event::Hold(order, on) => self.floor_holds(order, on),
            Event::ChannelNote(order) => self.channel_answers(order),
            Event::Routine(routine, key) => self.routine_happens(routine, key),
            Event::Return(step) => self.return_happens(step),
            Event::Callback(callback) => self.callback_due(*callback),
            Event::Shop(event) => self.shop_happens(event),
            Event::Cin7(what) => self.cin7_happens(what),
            Event::Delayed(system, request) => {
                let from = self.ledger.len();
                let call = Call::read(self, system, &request);
                self.carry_out(call, &request);
                self.ledger.mark_unanswered(from);
            }
        }
    }

    /// One HTTP exchange: what arrives, what goes wrong, what comes back.
    pub fn exchange(&mut self, system: SimSystem, request: Request<Bytes>) -> Exchange {
        let call = Call::read(self, system, &request);
        let method = call.method();
        let fault = self.faults.choose(system, &method, self.now);
        if let Some(answer) = self.before_effect(system, &method, fault) {
            return answer;
        }
        self.calls.count(system, &method, self.now);
        if let Some(FaultKind::Delayed(wait)) = fault {
            let due = self.now + wait;
            self.schedule(due, Event::Delayed(system, Box::new(request)));
            return Exchange::Lost("timed out".to_owned());
        }
        self.bend(system, fault);
        let from = self.ledger.len();
        let answer = self.carry_out(call, &request);
        self.unbend();
        self.after_effect(fault, from, answer)
    }

    fn carry_out(&mut self, call: Call, request: &Request<Bytes>) -> Response<Bytes> {
        match call {
            Call::Peoplevox(call) => self.pvx_run(call),
            Call::Linnworks(_) => self.lw_run(request),
            Call::Shopline(_) => self.shop_run(request),
            Call::Cin7(_) => self.cin7_run(request),
        }
    }

    /// Faults that keep the request from having any effect.
    fn before_effect(
        &mut self,
        system: SimSystem,
        method: &str,
        fault: Option<FaultKind>,
    ) -> Option<Exchange> {
        let json = "application/json; charset=utf-8";
        let page = "text/html; charset=utf-8";
        if let Some(answer) = self.own_failure(system, fault?) {
            self.calls.count(system, method, self.now);
            return Some(Exchange::Answer(answer));
        }
        let answer = match fault? {
            FaultKind::Refused => return Some(Exchange::NotSent("connection refused".to_owned())),
            FaultKind::Down if self.now.unix_secs() % 2 == 0 => {
                return Some(Exchange::NotSent("connection refused".to_owned()));
            }
            FaultKind::Down => failure(503, page, "<html><body>Service Unavailable</body></html>"),
            FaultKind::LostBefore => {
                self.calls.count(system, method, self.now);
                return Some(Exchange::Lost("timed out".to_owned()));
            }
            FaultKind::ErrorBefore(status) => {
                failure(status, page, "<html><body>Server Error</body></html>")
            }
            FaultKind::Storm => {
                self.calls.throttled_storm += 1;
                lw::service::quota(
                    lw::service::limit_of(method),
                    self.now,
                    self.config.lw.quota_as_object,
                )
            }
            FaultKind::QuotaIn400 => {
                self.calls.throttled_storm += 1;
                let text = lw::service::quota_text(lw::service::limit_of(method));
                failure(
                    400,
                    json,
                    &serde_json::json!({"Code": null, "Message": text}).to_string(),
                )
            }
            FaultKind::HtmlPage => pvx::service::html(),
            FaultKind::Unauthorised => lw::service::refuse(401, "Token is wrong."),
            _ => return None,
        };
        self.calls.count(system, method, self.now);
        Some(Exchange::Answer(answer))
    }

    /// What a system says in its own words when a fault keeps it from working.
    fn own_failure(&mut self, system: SimSystem, fault: FaultKind) -> Option<Response<Bytes>> {
        let shape = self.config.shop.switches.error_shape;
        let answer = match system {
            SimSystem::Shopline => shop::service::fault_answer(fault, shape)?,
            SimSystem::Cin7 => self.cin7_fault_answer(fault)?,
            SimSystem::Peoplevox | SimSystem::Linnworks => return None,
        };
        let is_throttled = matches!(fault, FaultKind::Storm | FaultKind::QuotaIn400);
        self.calls.throttled_storm += u64::from(is_throttled);
        Some(answer)
    }

    fn bend(&mut self, system: SimSystem, fault: Option<FaultKind>) {
        self.faults.current = fault;
        match fault {
            Some(FaultKind::SessionEnds) => match system {
                SimSystem::Peoplevox => self.expire_pvx_sessions(),
                SimSystem::Linnworks => self.expire_lw_sessions(),
                SimSystem::Shopline | SimSystem::Cin7 => {}
            },
            Some(FaultKind::ServerMoves) => self.lw.uses_other_host = !self.lw.uses_other_host,
            Some(FaultKind::StaleRead(lag)) => {
                let since = self.now - lag;
                self.pvx.stale_since = Some(since);
                self.lw.stale_since = Some(since);
                self.shop.stale_since = Some(since);
                self.cin7.stale_since = Some(since);
            }
            Some(FaultKind::OddStatus) => self.pvx.shows_odd_status = true,
            _ => {}
        }
    }

    fn unbend(&mut self) {
        self.faults.current = None;
        self.pvx.stale_since = None;
        self.lw.stale_since = None;
        self.shop.stale_since = None;
        self.cin7.stale_since = None;
        self.pvx.shows_odd_status = false;
    }

    /// Faults that strike when the effect has happened.
    fn after_effect(
        &mut self,
        fault: Option<FaultKind>,
        from: usize,
        mut answer: Response<Bytes>,
    ) -> Exchange {
        let lost = match fault {
            Some(FaultKind::LostAfter) => Exchange::Lost("timed out".to_owned()),
            Some(FaultKind::Reset) => {
                Exchange::Lost("connection reset in the middle of the answer".to_owned())
            }
            Some(FaultKind::ErrorAfter(status)) => Exchange::Answer(failure(
                status,
                "text/html; charset=utf-8",
                "<html><body>Bad Gateway</body></html>",
            )),
            Some(FaultKind::Slow(extra)) => {
                answer.extensions_mut().insert(SlowBy(extra));
                return Exchange::Answer(answer);
            }
            Some(FaultKind::EmptyBody) => Exchange::Answer(Response::new(Bytes::new())),
            _ => return Exchange::Answer(answer),
        };
        self.ledger.mark_unanswered(from);
        lost
    }

    /// Work of the floor ends at this time when it takes so long from now, by opening hours and pace.
    pub(crate) fn floor_time(&self, work: Span) -> Ts {
        let percent = i64::from(self.config.floor_percent.max(1));
        let paced = Span(work.0.saturating_mul(100) / percent);
        self.config.trading_hours.after(self.now, paced)
    }
}

fn failure(status: u16, kind: &'static str, body: &str) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    pvx::service::respond(status, kind, body.to_owned())
}
