//! Comparing stock: every level against what was published, beside merely reading the same rows.

use super::machine::{Folder, cpu_seconds, private_memory_mib};
use super::{BenchError, Figure, Sheet};
use crate::domain::change::{Batch, Change, Fence};
use crate::domain::ids::{ItemCode, LocationId, PairId, SystemId};
use crate::domain::mapping::{Attributes, MappingEdit, MappingKind};
use crate::domain::publish::{self, StockInputs};
use crate::domain::stock::{Basis, SnapshotRow, StockLevelRow, StockPosition};
use crate::domain::time::{Span, Ts};
use crate::store::{Store, StoreOptions};
use crate::sync::{Cx, PairCx, Systems, stock};
use crate::vendors::SourceStock;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What is run.
#[derive(Debug, Clone)]
pub struct DriftOptions {
    /// Rows of item and site.
    pub rows: usize,
    /// The store; a temporary SQLite file when `None`.
    pub store_url: Option<String>,
    /// Where temporary files go.
    pub folder: Option<PathBuf>,
}

/// Sites behind the one published location.
const SITES: usize = 10;
/// Rows stored per commit, and read per page.
const CHUNK: usize = 5_000;
/// One item in so many has moved since it was published.
const MOVED_ONE_IN: usize = 1_000;
/// Private memory the comparison may add, MiB.
const MEMORY_BAR: f64 = 64.0;
/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// Monday, 5 January 2026.
const NOW: Ts = Ts(1_767_600_000_000_000);
const SYSTEM: &str = "pvx";
const PAIR: &str = "bench";
const LOCATION: &str = "north";

/// What a piece of work took.
struct Took {
    wall: f64,
    cpu: Option<f64>,
    /// Private memory at its highest, above what was there before, MiB.
    memory: Option<f64>,
}

async fn measured<T>(
    work: impl Future<Output = Result<T, BenchError>>,
) -> Result<(T, Took), BenchError> {
    let (cpu, memory) = (cpu_seconds(), private_memory_mib());
    let stop = Arc::new(AtomicBool::new(false));
    let ends = stop.clone();
    let looker = std::thread::spawn(move || {
        let mut most = None;
        while !ends.load(Ordering::Relaxed) {
            most = private_memory_mib().max_of(most);
            std::thread::sleep(LOOK);
        }
        most
    });
    let begun = Instant::now();
    let done = work.await;
    let wall = begun.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    let most = looker.join().ok().flatten();
    let took = Took {
        wall,
        cpu: cpu_seconds().zip(cpu).map(|(after, before)| after - before),
        memory: most.zip(memory).map(|(most, before)| most - before),
    };
    done.map(|done| (done, took))
}

trait MaxOf {
    fn max_of(self, other: Self) -> Self;
}

impl MaxOf for Option<f64> {
    fn max_of(self, other: Self) -> Self {
        match (self, other) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        }
    }
}

struct Bench {
    store: Store,
    cx: Cx,
    pair: PairCx,
    fence: Fence,
}

/// Runs the bench.
///
/// # Errors
/// The store failed, or the comparison missed what was moved.
pub async fn run(options: &DriftOptions) -> Result<Sheet, BenchError> {
    let folder = Folder::new(options.folder.as_deref())?;
    let url = options
        .store_url
        .clone()
        .unwrap_or_else(|| folder.store_url());
    let bench = Bench::open(url).await?;
    let items = options.rows.div_ceil(SITES);
    let moved = bench.fill(items).await?;
    let mut sheet = Sheet::new(
        "drift",
        format!(
            "{} rows: {items} items at {SITES} sites published at one location, {moved} of them moved",
            items * SITES
        ),
    );
    // Once to warm the page cache for both.
    bench.read().await?;
    let (rows, reading) = measured(bench.read()).await?;
    let (published, publishing) = measured(async {
        let done = stock::publish_all(&bench.cx, &bench.fence, &bench.pair, 2, true).await?;
        Ok(done)
    })
    .await?;
    if published.changed != moved {
        return Err(BenchError::Unfinished(format!(
            "{} figures were found moved, {moved} were",
            published.changed
        )));
    }
    let (judged, judging) = measured(bench.judge()).await?;
    if judged != items {
        return Err(BenchError::Unfinished(format!(
            "{judged} of {items} positions were judged"
        )));
    }
    add(&mut sheet, "reading the rows", &reading, None, rows);
    add(
        &mut sheet,
        "comparing them for publishing",
        &publishing,
        Some(&reading),
        rows,
    );
    add(
        &mut sheet,
        "judging positions for drift",
        &judging,
        None,
        items,
    );
    bench.store.close().await;
    Ok(sheet)
}

fn add(sheet: &mut Sheet, what: &str, took: &Took, floor: Option<&Took>, rows: usize) {
    sheet.add(
        Figure::new(
            format!("{what}: rows a second"),
            rows as f64 / took.wall.max(1e-9),
            "rows/s",
        )
        .how(format!("{rows} rows in {:.2} s", took.wall)),
    );
    if let Some(cpu) = took.cpu {
        let mut figure = Figure::new(format!("{what}: processor time"), cpu, "s");
        if let Some(least) = floor.and_then(|f| f.cpu) {
            figure = figure.floor(least).how(format!(
                "{:.2} times merely reading the rows",
                cpu / least.max(0.01)
            ));
        }
        sheet.add(figure);
    }
    if let Some(memory) = took.memory {
        sheet.add(
            Figure::new(format!("{what}: private memory"), memory.max(0.0), "MiB")
                .at_most(MEMORY_BAR)
                .how("at its highest, above what was there before"),
        );
    }
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
        let lease = store
            .lease("system/pvx", "bench", NOW, Span::days(1))
            .await?
            .ok_or_else(|| BenchError::Unfinished("the store is in use by an engine".to_owned()))?;
        let pair = PairCx {
            id: PAIR.into(),
            source: "lw".into(),
            warehouse: SYSTEM.into(),
            prefix: "LW".to_owned(),
            channel: "Linnworks".to_owned(),
            policy: super::trade::policy(crate::sandbox::SimSystem::Linnworks),
        };
        let cx = Cx::new(
            store.clone(),
            Systems::default(),
            vec![pair.clone()],
            "bench".to_owned(),
            Arc::new(|| NOW),
            1,
        );
        Ok(Self {
            store,
            cx,
            pair,
            fence: Fence {
                lease: lease.name,
                epoch: lease.epoch,
            },
        })
    }

    async fn commit(&self, change: Change) -> Result<(), BenchError> {
        let batch = Batch {
            actor: "engine/bench".to_owned(),
            at: NOW,
            fence: Some(self.fence.clone()),
            changes: vec![change],
        };
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Levels and positions that agree but for one item in [`MOVED_ONE_IN`]; returns how many do not.
    async fn fill(&self, items: usize) -> Result<usize, BenchError> {
        let sites: Vec<String> = (0..SITES).map(|n| format!("S{n:02}")).collect();
        let mut attributes = Attributes::new();
        attributes.insert("basis".to_owned(), Basis::NetStatic.as_str().to_owned());
        self.commit(Change::Mappings {
            pair: PAIR.into(),
            edits: vec![MappingEdit::Set {
                kind: MappingKind::Site,
                from: LOCATION.to_owned(),
                to: sites.join("+"),
                attributes,
            }],
            reason: "bench".to_owned(),
        })
        .await?;
        let mut moved = 0;
        let numbers: Vec<usize> = (0..items).collect();
        for chunk in numbers.chunks(CHUNK / SITES) {
            let mut levels = Vec::with_capacity(chunk.len() * SITES);
            let mut positions = Vec::with_capacity(chunk.len());
            for n in chunk {
                levels.extend(sites.iter().map(|site| level(*n, site)));
                let is_moved = n % MOVED_ONE_IN == 0;
                moved += usize::from(is_moved);
                positions.push(position(*n, is_moved));
            }
            let row = SnapshotRow {
                id: 1,
                system: SYSTEM.into(),
                pair: PAIR.into(),
                taken_at: NOW,
                is_complete: true,
                is_full: true,
                rows: levels.len() as i64,
                note: String::new(),
            };
            self.commit(Change::Snapshot { row, levels }).await?;
            self.commit(Change::Positions(positions)).await?;
        }
        Ok(moved)
    }

    /// Reads every level and every position, page by page, and does nothing with them.
    async fn read(&self) -> Result<usize, BenchError> {
        let (system, pair) = (SystemId::from(SYSTEM), PairId::from(PAIR));
        let mut rows = 0;
        let mut after = None;
        loop {
            let page = self.store.levels_page(&system, after, CHUNK).await?;
            rows += page.len();
            let is_last = page.len() < CHUNK;
            after = page.last().map(|l| (l.item.clone(), l.site.clone()));
            if is_last {
                break;
            }
        }
        let mut after: Option<(ItemCode, LocationId)> = None;
        loop {
            let page = self.store.positions_page(&pair, after, CHUNK).await?;
            let is_last = page.len() < CHUNK;
            after = page.last().map(|p| (p.item.clone(), p.location.clone()));
            if is_last {
                return Ok(rows);
            }
        }
    }

    /// Judges every position against a source that shows what was published.
    async fn judge(&self) -> Result<usize, BenchError> {
        let pair = PairId::from(PAIR);
        let mut judged = 0;
        let mut after: Option<(ItemCode, LocationId)> = None;
        loop {
            let page = self.store.positions_page(&pair, after, CHUNK).await?;
            for position in &page {
                let shown = SourceStock {
                    sku: position.sku.clone(),
                    location: position.location.clone(),
                    level_each: position.publish_each,
                    committed_each: 0,
                    available_each: position.publish_each,
                };
                let none = stock::Moves::default();
                let (judged_position, _) =
                    stock::compare(position, &shown, &none, &self.pair.policy, NOW);
                judged += usize::from(judged_position.source_each.is_some());
            }
            let is_last = page.len() < CHUNK;
            after = page.last().map(|p| (p.item.clone(), p.location.clone()));
            if is_last {
                return Ok(judged);
            }
        }
    }
}

fn item(n: usize) -> ItemCode {
    format!("ITEM-{n:07}").into()
}

fn level(n: usize, site: &str) -> StockLevelRow {
    let available = (n % 40) as i64;
    StockLevelRow {
        system: SYSTEM.into(),
        item: item(n),
        site: site.into(),
        on_hand_each: available + 2,
        allocated_each: 2,
        available_each: available,
        snapshot_id: 1,
        read_at: NOW,
    }
}

/// The position of an item as it was published; a moved one was published with one unit more.
fn position(n: usize, is_moved: bool) -> StockPosition {
    let sites = SITES as i64;
    let available = (n % 40) as i64 * sites;
    let inputs = StockInputs {
        available,
        on_hand: available + 2 * sites,
        allocated: 2 * sites,
        unsent: 0,
        unconfirmed: 0,
        buffer: 0,
        committed: 0,
        basis: Basis::NetStatic,
    };
    let figure = publish::publish(&inputs).publish + i64::from(is_moved);
    let code = item(n);
    StockPosition {
        pair: PAIR.into(),
        sku: code.0.clone().into(),
        item: code,
        location: LOCATION.into(),
        basis: Basis::NetStatic,
        available_each: inputs.available,
        others_each: 0,
        on_hand_each: inputs.on_hand,
        allocated_each: inputs.allocated,
        unsent_each: 0,
        unconfirmed_each: 0,
        buffer_each: 0,
        publish_each: figure,
        written_each: Some(figure),
        written_snapshot: Some(1),
        written_at: Some(NOW),
        committed_each: 0,
        written_committed_each: 0,
        processed_since_each: 0,
        source_each: Some(figure),
        source_level_each: Some(figure),
        source_read_at: Some(NOW),
        gap_each: 0,
        external_each: 0,
        lag_each: 0,
        remainder_each: 0,
        runs: 0,
        velocity_milli: 0,
        oversell_hours_milli: None,
        value_at_risk_minor: 0,
        price_minor: 0,
        history: Vec::new(),
        paused_reason: None,
        drift_since: None,
        updated_at: NOW,
        ledger: None,
    }
}
