//! Calls and time per order with the vendors' limits on, in virtual time, against the arithmetic minimum; and the same
//! orders through a deliberately naive client.
//!
//! Everything is present at once. The floor of the warehouse has one question more for every hundred orders than an
//! arithmetic of mere writing has: whether a number is taken is asked before it is written. Intake and confirmation are
//! timed apart: the floor waits until every order is in the warehouse and then despatches all of them, so that each
//! system's own limit shows.

use super::floor::Floor;
use super::naive;
use super::rig::{BenchRig, BenchRigOptions};
use super::{BenchError, Figure, Sheet};
use crate::domain::change::Change;
use crate::domain::delivery::Flow;
use crate::domain::time::{Span, Ts};
use crate::sandbox::{CallStats, SimSystem};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What is run.
#[derive(Debug, Clone)]
pub struct CallOptions {
    /// Orders placed at once.
    pub orders: usize,
    /// Where temporary files go.
    pub folder: Option<PathBuf>,
    pub seed: u64,
    /// The sales system that trades.
    pub source: SimSystem,
}

/// Floor calls may be this share of those made, at least.
const CALLS_BAR_PVX: f64 = 0.90;
const CALLS_BAR_SOURCE: f64 = 0.95;
/// Floor time may be this share of the time taken, at least.
const TIME_BAR: f64 = 0.90;
/// Quiet time before and after the drain, for polls and re-reads to become regular.
const QUIET: Span = Span::mins(10);
/// Quiet spans of the same length over which polls are averaged.
const QUIET_SPANS: u64 = 2;
/// From the last allocation to the first parcel: picking takes its time, and budgets that ran low are whole again.
const PICKING: Span = Span::mins(2);
/// Parts, one a second, in which the goods leave.
const LEAVING_STEPS: usize = 10;
/// Virtual time a phase may take.
const PHASE_MAX: Span = Span::hours(12);
/// Steps of a phase.
const STEPS_MAX: usize = 200_000;

/// Calls by system and method.
type Calls = BTreeMap<(SimSystem, String), u64>;

fn since(after: &CallStats, before: &CallStats) -> Calls {
    after
        .by_method
        .iter()
        .map(|(key, n)| {
            let was = before.by_method.get(key).copied().unwrap_or(0);
            (key.clone(), n.saturating_sub(was))
        })
        .filter(|(_, n)| *n > 0)
        .collect()
}

fn sum(calls: &Calls, system: SimSystem) -> u64 {
    calls
        .iter()
        .filter(|((s, _), _)| *s == system)
        .map(|(_, n)| n)
        .sum()
}

/// Steps until `is_done`; returns the virtual time that took.
async fn phase(
    rig: &mut BenchRig,
    what: &str,
    is_done: impl Fn(&BenchRig) -> bool,
) -> Result<Span, BenchError> {
    let begun = rig.now();
    let until = begun + PHASE_MAX;
    for _ in 0..STEPS_MAX {
        if is_done(rig) {
            return Ok(rig.now().since(begun));
        }
        if rig.now() >= until {
            break;
        }
        rig.step(until).await?;
    }
    Err(BenchError::Unfinished(format!(
        "{what} did not come to its end"
    )))
}

/// Steps until the engine's own books hold every order for confirmed.
async fn confirmations(rig: &mut BenchRig, orders: usize) -> Result<(), BenchError> {
    phase(rig, "confirming", |rig| rig.shipped() >= orders).await?;
    for _ in 0..STEPS_MAX {
        if rig.confirmed().await? >= orders {
            return Ok(());
        }
        let until: Ts = rig.now() + Span::secs(1);
        rig.step(until).await?;
    }
    Err(BenchError::Unfinished(
        "confirmations were not read back".to_owned(),
    ))
}

/// Lets every order leave the building within seconds: everything is present at once, yet no warehouse stamps a
/// thousand parcels with one second. Returns the time from the first parcel to the last confirmation read back.
async fn despatch(rig: &mut BenchRig, orders: usize) -> Result<Span, BenchError> {
    let begun = rig.now();
    let each = orders.div_ceil(LEAVING_STEPS).max(1);
    for step in 0..LEAVING_STEPS {
        rig.despatch_some(each)?;
        if step == 0 || step + 1 == LEAVING_STEPS {
            rig.hasten(Flow::Despatch).await?;
        }
        rig.rest(Span::secs(1)).await?;
    }
    confirmations(rig, orders).await?;
    Ok(rig.now().since(begun))
}

/// Runs the bench.
///
/// # Errors
/// The store failed, or an order was not confirmed.
pub async fn run(options: &CallOptions) -> Result<Sheet, BenchError> {
    let n = options.orders;
    let rig_options = BenchRigOptions {
        seed: options.seed,
        source: options.source,
        with_limits: true,
        store_url: None,
        folder: options.folder.clone(),
        is_durable: false,
    };
    let mut rig = BenchRig::new(&rig_options).await?;
    rig.rest(QUIET).await?;
    let before = rig.sandbox.calls();
    let begun = rig.now();
    let lines = rig.place(n)?;
    rig.hasten(Flow::OrderPull).await?;
    let intake = phase(&mut rig, "intake", |rig| rig.is_all_allocated(n)).await?;
    rig.rest(PICKING).await?;
    let confirming = despatch(&mut rig, n).await?;
    // A ledger is told of goods by movements, and these wait for nothing but each other; figures are published.
    let figures = if options.source == SimSystem::Cin7 {
        0
    } else {
        rig.receive_goods()?
    };
    // One publishing of what arrived belongs to the work.
    rig.rest(Span::mins(6)).await?;
    let span = rig.now().since(begun);
    let during = rig.sandbox.calls();
    rig.rest(QUIET).await?;
    let quiet_from = rig.sandbox.calls();
    for _ in 0..QUIET_SPANS {
        rig.rest(span).await?;
    }
    let after = rig.sandbox.calls();
    let all = since(&during, &before);
    let mut quiet = since(&after, &quiet_from);
    for calls in quiet.values_mut() {
        *calls = calls.div_ceil(QUIET_SPANS);
    }
    rig.close().await;
    let naive = naive_calls(&rig_options, n).await?;
    let floor = Floor::of(options.source, n, lines, figures);
    let mut sheet = Sheet::new(
        name_of(options.source),
        format!(
            "{n} orders, {lines} lines, {figures} stock figures, vendor limits on, virtual time; {:.0} min of trading",
            span.as_secs() as f64 / 60.0
        ),
    );
    ratios(&mut sheet, (options.source, floor), &all, &quiet, &naive);
    if trickles(options.source) {
        warehouse_alone(&mut sheet, &rig_options, n).await?;
    }
    times(&mut sheet, floor, intake, confirming);
    sheet.add(
        Figure::new(
            "429 of our own making",
            after.throttled_own as f64,
            "answers",
        )
        .floor(0.0)
        .at_most(0.0),
    );
    methods(&mut sheet, &all, &quiet, &naive);
    Ok(sheet)
}

/// The warehouse's part alone, with every order present at once: creations are held back until the source was read. Some
/// sources give one order a second, and the warehouse then gets each as it comes.
async fn present_at_once(
    options: &BenchRigOptions,
    n: usize,
) -> Result<(usize, Calls, Span), BenchError> {
    let mut rig = BenchRig::new(options).await?;
    rig.rest(QUIET).await?;
    let pair = rig.pair.id.clone();
    let held = |why: Option<&str>| Change::FlowPaused {
        pair: pair.clone(),
        flow: Some(Flow::OrderCreate),
        paused: why.map(str::to_owned),
    };
    rig.commit(vec![held(Some("until every order is present"))])
        .await?;
    let lines = rig.place(n)?;
    rig.hasten(Flow::OrderPull).await?;
    let until = rig.now() + PHASE_MAX;
    while rig.waiting(Flow::OrderCreate).await? < n {
        if rig.now() >= until {
            return Err(BenchError::Unfinished(
                "reading the orders did not end".to_owned(),
            ));
        }
        rig.rest(Span::secs(10)).await?;
    }
    let before = rig.sandbox.calls();
    rig.commit(vec![held(None)]).await?;
    let took = phase(&mut rig, "creating", |rig| rig.is_all_allocated(n)).await?;
    let made = since(&rig.sandbox.calls(), &before);
    rig.close().await;
    Ok((lines, made, took))
}

/// Adds what [`present_at_once`] found: writes and their read-backs are the work, everything else is polled all the time.
async fn warehouse_alone(
    sheet: &mut Sheet,
    options: &BenchRigOptions,
    n: usize,
) -> Result<(), BenchError> {
    let (lines, made, took) = present_at_once(options, n).await?;
    let floor = Floor::of(options.source, n, lines, 0).intake_pvx;
    let own: u64 = made
        .iter()
        .filter(|((system, method), _)| {
            *system == SimSystem::Peoplevox && !method.starts_with("GetReportData")
        })
        .map(|(_, calls)| calls)
        .sum();
    let name = "peoplevox: calls, every order present at once";
    sheet.add(Figure::new(name, own as f64, "calls").floor(floor as f64));
    let ratio = floor as f64 / own.max(1) as f64;
    sheet.add(Figure::new("peoplevox: floor ÷ calls (E)", ratio, "").at_least(CALLS_BAR_PVX));
    let secs = took.0 as f64 / 1_000_000.0;
    sheet.add(
        Figure::new(
            "peoplevox: floor ÷ time (R)",
            floor as f64 / secs.max(0.001),
            "",
        )
        .at_least(TIME_BAR)
        .how(format!("{secs:.0} s, polls included")),
    );
    Ok(())
}

/// The naive client, in a world of its own without limits: only its calls count.
async fn naive_calls(options: &BenchRigOptions, orders: usize) -> Result<Calls, BenchError> {
    let mut rig = BenchRig::new(&BenchRigOptions {
        with_limits: false,
        ..options.clone()
    })
    .await?;
    rig.place(orders)?;
    let before = rig.sandbox.calls();
    naive::run(&rig, orders).await?;
    let calls = since(&rig.sandbox.calls(), &before);
    rig.close().await;
    Ok(calls)
}

/// Gives its orders one by one and slower than the warehouse takes them.
const fn trickles(source: SimSystem) -> bool {
    matches!(source, SimSystem::Cin7)
}

const fn name_of(source: SimSystem) -> &'static str {
    match source {
        SimSystem::Shopline => "calls SHOPLINE",
        SimSystem::Cin7 => "calls Cin7 Core",
        SimSystem::Linnworks | SimSystem::Peoplevox => "calls Linnworks",
    }
}

fn ratios(
    sheet: &mut Sheet,
    (source, floor): (SimSystem, Floor),
    all: &Calls,
    quiet: &Calls,
    naive: &Calls,
) {
    let systems = [
        (SimSystem::Peoplevox, floor.pvx, CALLS_BAR_PVX),
        (source, floor.source, CALLS_BAR_SOURCE),
    ];
    for (system, least, bar) in systems {
        let (made, polls) = (sum(all, system), sum(quiet, system));
        let own = made.saturating_sub(polls).max(1);
        sheet.add(
            Figure::new(
                format!("{system}: calls for the orders"),
                own as f64,
                "calls",
            )
            .floor(least as f64)
            .how(format!(
                "{made} made, less {polls} that an equally long quiet span makes"
            )),
        );
        let ratio = least as f64 / own as f64;
        let ratio = Figure::new(format!("{system}: floor ÷ calls (E)"), ratio, "");
        sheet.add(if system == SimSystem::Peoplevox && trickles(source) {
            ratio.how(
                "orders come one a second here and go on at once; the floor has them all at once",
            )
        } else {
            ratio.at_least(bar)
        });
        sheet.add(Figure::new(
            format!("{system}: naive client"),
            sum(naive, system) as f64,
            "calls",
        ));
    }
}

fn times(sheet: &mut Sheet, floor: Floor, intake: Span, confirming: Span) {
    let secs = |span: Span| span.0 as f64 / 1_000_000.0;
    let parts = [
        ("intake to allocated", intake, floor.intake_secs),
        ("despatch to read back", confirming, floor.confirm_secs),
    ];
    for (what, took, least) in parts {
        sheet.add(
            Figure::new(format!("{what}: time"), secs(took), "s")
                .floor(least)
                .how("virtual time; calls answer at once, only the limits hold them up; polls included"),
        );
        sheet.add(
            Figure::new(
                format!("{what}: floor ÷ time (R)"),
                least / secs(took).max(0.001),
                "",
            )
            .at_least(TIME_BAR),
        );
    }
}

fn methods(sheet: &mut Sheet, all: &Calls, quiet: &Calls, naive: &Calls) {
    let mut keys: Vec<&(SimSystem, String)> = all.keys().chain(naive.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let of = |calls: &Calls| calls.get(key).copied().unwrap_or(0);
        sheet.add(
            Figure::new(format!("{}: {}", key.0, key.1), of(all) as f64, "calls").how(format!(
                "{} in a quiet span, naive {}",
                of(quiet),
                of(naive)
            )),
        );
    }
}
