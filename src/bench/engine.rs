//! Orders from source to confirmed despatch, sandbox in process, as fast as the engine goes.

use super::machine::{cpu_seconds, flushes_per_second};
use super::rig::{BenchRig, BenchRigOptions};
use super::{BenchError, Figure, Sheet};
use crate::domain::delivery::Flow;
use crate::domain::time::Span;
use crate::sandbox::SimSystem;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What is run.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Orders placed at once.
    pub orders: usize,
    /// The store; a temporary SQLite file when `None`.
    pub store_url: Option<String>,
    /// Where temporary files go.
    pub folder: Option<PathBuf>,
    pub seed: u64,
}

/// Orders a second the engine must carry.
const RATE_BAR: f64 = 1_000.0;
/// How long the disk is asked for flushes.
const FLUSH_SPAN: Duration = Duration::from_millis(700);
/// Orders that go through before anything is measured.
const WARM_ORDERS: usize = 50;
/// Virtual time within which everything must be through.
const DRAIN_MAX: Span = Span::hours(2);
/// Steps of a drain.
const STEPS_MAX: usize = 20_000;

/// Steps until every placed order is confirmed, the floor despatching whatever it gets at once.
pub async fn drain(rig: &mut BenchRig, orders: usize) -> Result<(), BenchError> {
    rig.hasten(Flow::OrderPull).await?;
    let until = rig.now() + DRAIN_MAX;
    let mut is_told = false;
    for _ in 0..STEPS_MAX {
        rig.step(until).await?;
        if rig.despatch_all()? > 0 {
            rig.hasten(Flow::Despatch).await?;
            is_told = false;
        }
        if rig.shipped() >= orders {
            if is_told && rig.confirmed().await? >= orders {
                return Ok(());
            }
            is_told = true;
        }
        if rig.now() >= until {
            break;
        }
    }
    Err(BenchError::Unfinished(format!(
        "{} of {orders} orders were confirmed",
        rig.confirmed().await?
    )))
}

/// Runs the bench.
///
/// # Errors
/// The store failed, or an order was not confirmed.
pub async fn run(options: &EngineOptions) -> Result<Sheet, BenchError> {
    let mut rig = BenchRig::new(&BenchRigOptions {
        source: SimSystem::Linnworks,
        seed: options.seed,
        with_limits: false,
        store_url: options.store_url.clone(),
        folder: options.folder.clone(),
        is_durable: true,
    })
    .await?;
    let kind = if options.store_url.is_some() {
        "PostgreSQL"
    } else {
        "SQLite, every commit flushed"
    };
    let mut sheet = Sheet::new(
        "engine",
        format!(
            "{} orders of 1 to 4 lines placed at once, no vendor limits, {kind}",
            options.orders
        ),
    );
    rig.place(WARM_ORDERS)?;
    drain(&mut rig, WARM_ORDERS).await?;
    rig.place(options.orders)?;
    let total = WARM_ORDERS + options.orders;
    let (commits, wire, cpu) = (rig.store.commits(), rig.wire_time.total(), cpu_seconds());
    let begun = Instant::now();
    drain(&mut rig, total).await?;
    let took = begun.elapsed();
    let commits = rig.store.commits().since(commits);
    let wire = rig.wire_time.total().saturating_sub(wire);
    let cpu = cpu_seconds().zip(cpu).map(|(after, before)| after - before);
    let orders = options.orders as f64;
    let rate = orders / took.as_secs_f64();
    let own = orders / took.saturating_sub(wire).as_secs_f64();
    sheet.add(
        Figure::new("orders a second", rate, "orders/s")
            .at_least(RATE_BAR)
            .how("from placing to the last confirmation read back, simulated vendors included"),
    );
    sheet.add(
        Figure::new(
            "orders a second without the vendors' own time",
            own,
            "orders/s",
        )
        .how("the time inside the simulated vendors is taken off"),
    );
    sheet.add(Figure::new("commits", commits.count as f64, "commits"));
    sheet.add(Figure::new(
        "orders per commit",
        orders / commits.count.max(1) as f64,
        "orders",
    ));
    if let Some(folder) = rig.folder() {
        let flushes = flushes_per_second(folder, FLUSH_SPAN)?;
        sheet.add(
            Figure::new(
                "time for the commits alone",
                commits.count as f64 / flushes * 1_000.0,
                "ms",
            )
            .how(format!(
                "what the disk needs at {flushes:.0} flushes a second"
            )),
        );
    }
    let ms = |d: Duration| d.as_secs_f64() * 1_000.0;
    sheet.add(Figure::new("time, whole", ms(took), "ms"));
    sheet.add(Figure::new("time, in commits", ms(commits.took), "ms"));
    sheet.add(Figure::new(
        "time, in the simulated vendors",
        ms(wire),
        "ms",
    ));
    let rest = took.saturating_sub(commits.took).saturating_sub(wire);
    sheet.add(Figure::new("time, engine and its reads", ms(rest), "ms"));
    if let Some(cpu) = cpu {
        sheet.add(
            Figure::new("processor time", cpu * 1_000.0, "ms").how("all threads, vendors included"),
        );
    }
    rig.close().await;
    Ok(sheet)
}
