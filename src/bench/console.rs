//! The console on a store of years: the real loop, state, picture and frame writer on the real store, with a counting
//! device in place of the terminal.

use super::fill::fill;
use super::machine::{Folder, busy_seconds, memory_mib, private_memory_mib};
use super::sheet::percentile;
use super::{BenchError, Figure, Sheet, screen};
use crate::console::app::key::{Code, Key};
use crate::console::app::nav::Pane;
use crate::domain::change::{Batch, Change};
use crate::domain::time::Ts;
use crate::store::{Store, StoreOptions};
use screen::Desk;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What is run.
#[derive(Debug, Clone)]
pub struct ConsoleOptions {
    /// Orders in the store.
    pub orders: usize,
    /// Open occurrences.
    pub occurrences: usize,
    /// The store, filled when it has fewer orders and kept; a temporary SQLite file when `None`.
    pub store_url: Option<String>,
    /// Where temporary files go.
    pub folder: Option<PathBuf>,
}

/// Bars: milliseconds, bytes, percent, MiB.
const FIRST_PAINT_BAR: f64 = 100.0;
const FIRST_ROWS_BAR: f64 = 150.0;
const KEY_P50_BAR: f64 = 2.0;
const KEY_P95_BAR: f64 = 10.0;
const LETTER_BAR: f64 = 30.0;
const ROWS_BAR: f64 = 120.0;
/// The bar for rows is one for lists of so many.
const ROWS_BAR_FOR: usize = 100_000;
const MOVE_BYTES_BAR: f64 = 400.0;
const PAGE_BYTES_BAR: f64 = 2_500.0;
const IDLE_CPU_BAR: f64 = 0.1;
const MEMORY_BAR: f64 = 60.0;
/// Keys pressed per measurement.
const KEYS: usize = 120;
/// Time between two keys: quick typing, and longer than two frames are apart.
const KEY_GAP: Duration = Duration::from_millis(45);
/// Idle time that is watched.
const IDLE: Duration = Duration::from_secs(10);
/// How often the engine beside the console commits something.
const SYNC_GAP: Duration = Duration::from_millis(400);
/// Texts typed into the filter line, letter by letter.
const FILTERS: [&str; 4] = ["sample", "turner", "tracked", "100123"];

/// Runs the bench.
///
/// # Errors
/// The store failed, or the console did not answer.
pub async fn run(options: &ConsoleOptions) -> Result<Sheet, BenchError> {
    let folder = Folder::new(options.folder.as_deref())?;
    let url = options
        .store_url
        .clone()
        .unwrap_or_else(|| folder.store_url());
    let now = Ts::from_utc(chrono::Utc::now());
    let filling = Instant::now();
    let store = open(&url, false).await?;
    fill(&store, now, options.orders, options.occurrences).await?;
    store.close().await;
    let filled = filling.elapsed();
    let mut sheet = Sheet::new(
        "console",
        format!(
            "{} orders, {} open occurrences, 120x40; the store was filled in {:.0} s",
            options.orders,
            options.occurrences,
            filled.as_secs_f64()
        ),
    );
    opening(&mut sheet, &url).await?;
    let before = private_memory_mib();
    let store = open(&url, true).await?;
    let mut desk = Desk::start(&store, Pane::Orders).await?;
    idle(&mut sheet, &mut desk).await?;
    keys(&mut sheet, &mut desk, &store).await?;
    for (pane, rows) in [
        (Pane::Orders, options.orders),
        (Pane::Exceptions, options.occurrences),
    ] {
        filters(&mut sheet, &mut desk, pane, rows).await?;
    }
    memory(&mut sheet, before);
    desk.quit().await?;
    store.close().await;
    Ok(sheet)
}

async fn open(url: &str, is_durable: bool) -> Result<Store, BenchError> {
    Ok(Store::open(&StoreOptions {
        url: url.to_owned(),
        payload_key: [7; 32],
        is_read_only: false,
        is_migrating: true,
        is_durable,
    })
    .await?)
}

/// From nothing to the first frame, and to the first rows, of the two largest lists.
async fn opening(sheet: &mut Sheet, url: &str) -> Result<(), BenchError> {
    for pane in [Pane::Exceptions, Pane::Orders] {
        let begun = Instant::now();
        let store = open(url, true).await?;
        let mut desk = Desk::start(&store, pane).await?;
        let first = desk.first_paint().saturating_duration_since(begun);
        let rows = desk.rows_shown().await?.saturating_duration_since(begun);
        desk.quit().await?;
        store.close().await;
        let name = pane.title();
        sheet.add(
            Figure::new(format!("{name}: first paint"), ms(first), "ms")
                .at_most(FIRST_PAINT_BAR)
                .how("the store opened and the first frame sent"),
        );
        sheet.add(
            Figure::new(format!("{name}: first rows"), ms(rows), "ms").at_most(FIRST_ROWS_BAR),
        );
    }
    Ok(())
}

async fn idle(sheet: &mut Sheet, desk: &mut Desk) -> Result<(), BenchError> {
    desk.settled().await?;
    // Not across a full minute: the clock in the header is a change.
    let second = chrono::Utc::now().timestamp() % 60;
    let watched = IDLE.as_secs() as i64 + 2;
    if second > 60 - watched {
        tokio::time::sleep(Duration::from_secs((61 - second).unsigned_abs())).await;
        desk.settled().await?;
    }
    let (cpu, bytes) = (busy_seconds(), desk.bytes());
    tokio::time::sleep(IDLE).await;
    let sent = desk.bytes() - bytes;
    sheet.add(Figure::new("idle: bytes in 10 s", sent as f64, "bytes").at_most(0.0));
    if let Some((after, before)) = busy_seconds().zip(cpu) {
        let percent = (after - before) / IDLE.as_secs_f64() * 100.0;
        sheet.add(
            Figure::new("idle: processor", percent, "%")
                .at_most(IDLE_CPU_BAR)
                .how("all threads of this process, of one core"),
        );
    }
    Ok(())
}

/// What pressing a key many times came to.
async fn press(desk: &mut Desk, key: Key) -> Result<(Vec<f64>, Vec<f64>), BenchError> {
    let (mut waits, mut bytes) = (Vec::new(), Vec::new());
    for _ in 0..KEYS {
        let painted = desk.key(key).await?;
        if let Some(painted) = painted {
            waits.push(ms(painted.wait));
            bytes.push(painted.bytes as f64);
        }
        tokio::time::sleep(KEY_GAP).await;
    }
    Ok((waits, bytes))
}

async fn keys(sheet: &mut Sheet, desk: &mut Desk, store: &Store) -> Result<(), BenchError> {
    desk.key(Key::char('3')).await?;
    desk.settled().await?;
    let stop = tokio_util::sync::CancellationToken::new();
    let busy = tokio::spawn(commits(store.clone(), stop.clone()));
    let kinds = [
        ("cursor", Code::Down, MOVE_BYTES_BAR),
        ("page", Code::PageDown, PAGE_BYTES_BAR),
    ];
    for (what, code, bar) in kinds {
        let (waits, bytes) = press(desk, Key::plain(code)).await?;
        if waits.len() < KEYS / 2 {
            return Err(BenchError::Unfinished(format!(
                "only {} of {KEYS} keys changed the picture",
                waits.len()
            )));
        }
        let (p50, p95) = (percentile(&waits, 0.5), percentile(&waits, 0.95));
        sheet.add(Figure::new(format!("{what}: key to paint p50"), p50, "ms").at_most(KEY_P50_BAR));
        sheet.add(Figure::new(format!("{what}: key to paint p95"), p95, "ms").at_most(KEY_P95_BAR));
        sheet.add(
            Figure::new(
                format!("{what}: bytes p50"),
                percentile(&bytes, 0.5),
                "bytes",
            )
            .at_most(bar),
        );
    }
    stop.cancel();
    busy.await
        .map_err(|e| BenchError::Unfinished(format!("the writer beside the console: {e}")))?
}

/// Commits now and then, as an engine at work does.
async fn commits(
    store: Store,
    stop: tokio_util::sync::CancellationToken,
) -> Result<(), BenchError> {
    let mut n = 0_u64;
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(SYNC_GAP) => {}
        }
        n += 1;
        let batch = Batch {
            actor: "engine/bench".to_owned(),
            at: Ts::from_utc(chrono::Utc::now()),
            fence: None,
            changes: vec![Change::Setting {
                key: "bench/beat".to_owned(),
                value: n.to_string(),
            }],
        };
        store.commit(batch).await?;
    }
}

async fn filters(
    sheet: &mut Sheet,
    desk: &mut Desk,
    pane: Pane,
    all: usize,
) -> Result<(), BenchError> {
    desk.key(Key::char(pane.digit())).await?;
    desk.settled().await?;
    let (mut letters, mut rows) = (Vec::new(), Vec::new());
    for text in FILTERS {
        desk.key(Key::char('/')).await?;
        desk.settled().await?;
        for letter in text.chars() {
            let begun = Instant::now();
            if let Some(painted) = desk.key(Key::char(letter)).await? {
                letters.push(ms(painted.wait));
            }
            desk.settled().await?;
            rows.push(ms(desk.last_paint().saturating_duration_since(begun)));
            tokio::time::sleep(KEY_GAP).await;
        }
        desk.key(Key::plain(Code::Esc)).await?;
        desk.settled().await?;
    }
    let name = pane.title();
    sheet.add(
        Figure::new(
            format!("{name}: filter letter shown p95"),
            percentile(&letters, 0.95),
            "ms",
        )
        .at_most(LETTER_BAR),
    );
    sheet.add(Figure::new(
        format!("{name}: filter rows shown p50"),
        percentile(&rows, 0.5),
        "ms",
    ));
    let shown = Figure::new(
        format!("{name}: filter rows shown p95"),
        percentile(&rows, 0.95),
        "ms",
    );
    sheet.add(if all <= ROWS_BAR_FOR {
        let how = "from the letter typed to the last frame it brought about";
        shown.at_most(ROWS_BAR).how(how)
    } else {
        shown.how("more rows than the 100,000 the bar of 120 ms is for")
    });
    Ok(())
}

fn memory(sheet: &mut Sheet, before: Option<f64>) {
    if let Some(memory) = memory_mib() {
        sheet.add(
            Figure::new("memory of this process", memory, "MiB")
                .at_most(MEMORY_BAR)
                .how("resident; a store filled in this very run counts too, run it again with --store to leave that out"),
        );
    }
    if let Some((now, before)) = private_memory_mib().zip(before) {
        sheet.add(Figure::new(
            "memory the console added",
            (now - before).max(0.0),
            "MiB",
        ));
    }
}

fn ms(wait: Duration) -> f64 {
    wait.as_secs_f64() * 1_000.0
}
