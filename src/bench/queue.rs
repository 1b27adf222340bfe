//! Durable jobs a second against flushes of the same disk: how much work one flush carries.

use super::machine::{Folder, flushes_per_second};
use super::{BenchError, Figure, Sheet};
use crate::domain::change::{Batch, Change, DeliveryMove, Fence};
use crate::domain::delivery::{
    AnswerClass, Attempt, DeliveryRow, DeliveryState, Flow, Intent, NewDelivery, StockWrite,
};
use crate::domain::ids::{DeliveryId, SystemId};
use crate::domain::time::{Span, Ts};
use crate::store::{ClaimQuery, Store, StoreOptions};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What is run.
#[derive(Debug, Clone)]
pub struct QueueOptions {
    /// Jobs worked in batches; a tenth of them is worked one by one.
    pub jobs: usize,
    /// The store; a temporary SQLite file when `None`.
    pub store_url: Option<String>,
    /// Where temporary files go: the disk that is measured.
    pub folder: Option<PathBuf>,
}

/// Jobs claimed and ended together.
const BATCH: usize = 100;
/// Jobs stored per commit.
const STORE_BATCH: usize = 500;
/// Jobs per flush, one by one and with a hundred ready.
const BAR_SINGLE: f64 = 0.45;
const BAR_BATCH: f64 = 20.0;
/// How long the disk is asked for flushes, before and after.
const FLUSH_SPAN: Duration = Duration::from_millis(700);
/// Monday, 5 January 2026.
const NOW: Ts = Ts(1_767_600_000_000_000);

struct Bench {
    store: Store,
    fence: Fence,
    system: SystemId,
}

/// Runs the bench.
///
/// # Errors
/// The store failed or lost a job.
pub async fn run(options: &QueueOptions) -> Result<Sheet, BenchError> {
    let folder = Folder::new(options.folder.as_deref())?;
    let url = options
        .store_url
        .clone()
        .unwrap_or_else(|| folder.store_url());
    let bench = Bench::open(url).await?;
    let before = flushes_per_second(folder.path(), FLUSH_SPAN)?;
    let singles = (options.jobs / 10).max(1);
    let mut sheet = Sheet::new(
        "queue",
        format!(
            "{} jobs in batches of {BATCH}, {singles} one by one; every job is claimed, tried, recorded and ended durably",
            options.jobs
        ),
    );
    let stored = bench.store_jobs(0, options.jobs + singles).await?;
    sheet.add(
        Figure::new("jobs stored a second", stored, "jobs/s")
            .how(format!("{STORE_BATCH} per commit, with keys and journal")),
    );
    let single = bench.work(singles, 1).await?;
    let batch = bench.work(options.jobs, BATCH).await?;
    let after = flushes_per_second(folder.path(), FLUSH_SPAN)?;
    let flushes = (before + after) / 2.0;
    sheet.add(
        Figure::new("flushes a second of this disk", flushes, "flushes/s").how(format!(
            "4 KiB appended and flushed, before {before:.0} and after {after:.0}"
        )),
    );
    add(&mut sheet, "one by one", &single, flushes, BAR_SINGLE);
    add(&mut sheet, "100 ready", &batch, flushes, BAR_BATCH);
    bench.store.close().await;
    Ok(sheet)
}

fn add(sheet: &mut Sheet, what: &str, worked: &Worked, flushes: f64, bar: f64) {
    let rate = worked.jobs / worked.secs;
    sheet.add(Figure::new(
        format!("{what}: jobs a second"),
        rate,
        "jobs/s",
    ));
    sheet.add(
        Figure::new(
            format!("{what}: jobs per commit"),
            worked.jobs / worked.commits.max(1.0),
            "jobs",
        )
        .at_least(bar)
        .how("one claim and one result commit per batch"),
    );
    sheet.add(
        Figure::new(
            format!("{what}: jobs per flush of the disk"),
            rate / flushes,
            "jobs",
        )
        .how("jobs a second over the disk's own flushes a second"),
    );
}

/// What a run of work came to.
struct Worked {
    jobs: f64,
    secs: f64,
    commits: f64,
}

impl Bench {
    async fn open(url: String) -> Result<Self, BenchError> {
        let store = Store::open(&StoreOptions {
            url,
            payload_key: [7; 32],
            is_read_only: false,
            is_migrating: true,
            is_durable: true,
        })
        .await?;
        let system = SystemId::from("lw");
        let name = format!("system/{system}");
        let lease = store
            .lease(&name, "bench", NOW, Span::days(1))
            .await?
            .ok_or_else(|| BenchError::Unfinished("the store is in use by an engine".to_owned()))?;
        Ok(Self {
            store,
            fence: Fence {
                lease: lease.name,
                epoch: lease.epoch,
            },
            system,
        })
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), BenchError> {
        let batch = Batch {
            actor: "engine/bench".to_owned(),
            at: NOW,
            fence: Some(self.fence.clone()),
            changes,
        };
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Stores jobs, each with a key of its own; returns jobs a second.
    async fn store_jobs(&self, from: usize, count: usize) -> Result<f64, BenchError> {
        let first = self
            .store
            .reserve_ids(i64::try_from(count).unwrap_or(i64::MAX))
            .await?;
        let begun = Instant::now();
        let mut changes = Vec::with_capacity(STORE_BATCH);
        for (id, n) in (first..).zip(from..from + count) {
            changes.push(Change::Enqueue(Box::new(self.job(DeliveryId(id), n))));
            if changes.len() == STORE_BATCH {
                self.commit(std::mem::take(&mut changes)).await?;
            }
        }
        if !changes.is_empty() {
            self.commit(changes).await?;
        }
        Ok(count as f64 / begun.elapsed().as_secs_f64())
    }

    fn job(&self, id: DeliveryId, n: usize) -> NewDelivery {
        let item = format!("BENCH-{n:07}");
        NewDelivery {
            id,
            flow: Flow::StockSnapshot,
            pair: "bench".into(),
            system: self.system.clone(),
            lane: Flow::StockSnapshot.lane(),
            order_key: format!("stock:{item}"),
            idem_key: format!("bench/{item}/{id}"),
            order: None,
            object: item.clone(),
            intent: Intent::PublishStock(StockWrite {
                item: item.clone().into(),
                sku: item.into(),
                location: "north".into(),
                level_each: 5,
                publish_each: 5,
                snapshot_id: 1,
            }),
            ship_by: None,
            due_at: NOW,
            depth: 1,
            caused_at: NOW,
        }
    }

    /// Claims, tries and ends jobs in batches of `size`.
    async fn work(&self, jobs: usize, size: usize) -> Result<Worked, BenchError> {
        let before = self.store.commits();
        let begun = Instant::now();
        let mut done = 0;
        while done < jobs {
            let query = ClaimQuery {
                system: self.system.clone(),
                lane: Flow::StockSnapshot.lane(),
                flow: Flow::StockSnapshot,
                step: None,
                limit: size.min(jobs - done),
            };
            let rows = self.store.claim(&query, NOW, &self.fence).await?;
            if rows.is_empty() {
                return Err(BenchError::Unfinished(format!(
                    "only {done} of {jobs} jobs could be claimed"
                )));
            }
            done += rows.len();
            self.commit(rows.iter().flat_map(ended).collect()).await?;
        }
        Ok(Worked {
            jobs: done as f64,
            secs: begun.elapsed().as_secs_f64(),
            commits: self.store.commits().since(before).count as f64,
        })
    }
}

/// What the engine stores of a write that was applied.
fn ended(row: &DeliveryRow) -> [Change; 2] {
    [
        Change::Attempt(Attempt {
            delivery: row.id,
            n: row.attempts,
            step: row.step,
            started_at: NOW,
            finished_at: NOW,
            class: AnswerClass::Applied,
            text: String::new(),
            request: None,
            answer: None,
        }),
        Change::Deliver(DeliveryMove {
            id: row.id,
            from: Some(row.state),
            to: DeliveryState::Applied,
            step: row.step,
            due_at: NOW,
            attempts: row.attempts,
            sent_at: row.sent_at,
            absent_at: None,
            class: Some(AnswerClass::Applied),
            text: "read back".to_owned(),
            intent: None,
        }),
    ]
}
