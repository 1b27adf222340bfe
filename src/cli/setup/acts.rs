//! What the dialogue asks to be done: tests, files, store, mappings.

use super::dialogue::{Act, Dialogue, Lists, Location, Told};
use super::draft::{Draft, StorePlace};
use super::write::{self, WriteError};
use super::{file, rest};
use crate::cli::context::{Context, Globals, Opening, open_store, system_clock};
use crate::cli::mappings::{preview_lines, read_text};
use crate::cli::output::CliError;
use crate::config::{Config, Loaded};
use crate::domain::delivery::Flow;
use crate::domain::ids::{PairId, SystemId};
use crate::domain::mapping::MappingEdit;
use crate::secret::Secret;
use crate::text::count;
use crate::vendors::registry::{self, RegistryError, Systems};
use crate::vendors::{CallLog, Finding};
use base64::Engine as _;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest test of one system.
const PROBE_TIME_MAX: Duration = Duration::from_secs(90);
/// The reason that stands beside what the set-up changes.
const REASON: &str = "set-up: going live";
/// Flows that write to a system, held until the team lets them go.
const WRITING: [Flow; 9] = [
    Flow::Product,
    Flow::OrderCreate,
    Flow::OrderAmend,
    Flow::OrderCancel,
    Flow::Despatch,
    Flow::StockSnapshot,
    Flow::StockDelta,
    Flow::ReturnExpect,
    Flow::CreditNote,
];

/// What is being done, for the person who waits; `None` when it takes no time.
pub fn waiting(dialogue: &Dialogue, act: &Act) -> Option<String> {
    let name = |system: usize| dialogue.vendor(system).name();
    match act {
        Act::Probe { system } => Some(format!(
            "Asking {} (Ctrl-C ends the wait) ...",
            name(*system)
        )),
        Act::ReadLists { system } | Act::WriteRest { system } => Some(format!(
            "Reading the lists of Peoplevox and {} ...",
            name(*system)
        )),
        Act::OpenStore => Some("Opening the store ...".to_owned()),
        Act::Check => Some("Checking everything, as `tallyman check` does ...".to_owned()),
        _ => None,
    }
}

/// Does one act. What does not work is told in words, with what helps.
pub async fn perform(globals: &Globals, dialogue: &Dialogue, act: Act) -> Told {
    let Some(file) = dialogue.file() else {
        return Told::Failed("It is not said yet where the configuration goes.".to_owned());
    };
    let draft = dialogue.draft();
    let result = match act {
        Act::KeepSecret {
            wanted,
            ours,
            secret,
        } => match write::keep_secret(file, &wanted, ours.as_deref(), &secret) {
            Ok(path) => Ok(Told::Kept(path)),
            Err(error) => Err(CliError::failed(error)),
        },
        Act::MakeHookSecret { ours } => make_hook_secret(file, ours.as_deref()),
        Act::Probe { system } => Ok(Told::Probed(probe(draft, file, system).await)),
        Act::Write => write_config(draft, file),
        Act::OpenStore => make_store(draft, file).await,
        Act::Hold => hold(globals, draft, file).await,
        Act::ReadSheet { pair, path } => read_sheet(globals, draft, file, &pair, &path).await,
        Act::Preview { pair, edits } => preview(globals, draft, file, &pair, edits).await,
        Act::Apply { pair, edits } => apply(globals, draft, file, &pair, edits).await,
        Act::ReadLists { system } => read_lists(draft, file, system).await.map(Told::Lists),
        Act::WriteRest { system } => rest::write(globals, draft, file, system).await,
        Act::Check => Ok(Told::Checked),
    };
    result.unwrap_or_else(|error| Told::Failed(error.to_string()))
}

/// The draft as a configuration that was loaded from its file, with only these systems.
fn loaded(draft: &Draft, file: &Path, systems: &[usize]) -> Result<Loaded, CliError> {
    let mut config = Config::parse(&file::text(draft), file)?;
    let wanted = |id: &SystemId| {
        let mut ids = systems.iter().filter_map(|n| draft.systems.get(*n));
        ids.any(|s| s.id == id.as_str())
    };
    config.systems.retain(|s| wanted(&s.id));
    config.pairs.clear();
    Ok(Loaded::made(config, write::folder_of(file)))
}

/// A secret nobody can guess, for the webhooks' addresses. One that was made before stays: the systems know it.
fn make_hook_secret(file: &Path, ours: Option<&str>) -> Result<Told, CliError> {
    if let Some(path) = ours.filter(|path| write::folder_of(file).join(path).exists()) {
        return Ok(Told::Kept(path.to_owned()));
    }
    let mut bytes = [0_u8; 32];
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut bytes)
        .map_err(|e| CliError::failed(format!("the system gives no random numbers: {e}")))?;
    let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let secret = Secret::new(text);
    write::keep_secret(file, "hook-secret", None, &secret)
        .map(Told::Kept)
        .map_err(CliError::failed)
}

fn finding(is_ok: bool, what: &str, found: impl Into<String>) -> Finding {
    Finding {
        is_ok,
        what: what.to_owned(),
        found: found.into(),
    }
}

/// The same test as `tallyman check`, of one system.
async fn probe(draft: &Draft, file: &Path, system: usize) -> Vec<Finding> {
    let loaded = match loaded(draft, file, &[system]) {
        Ok(loaded) => loaded,
        Err(error) => return vec![finding(false, "configuration", error.to_string())],
    };
    let systems = match registry::build(&loaded, &BTreeMap::new()) {
        Ok(systems) => systems,
        Err(RegistryError(faults)) => {
            return faults
                .into_iter()
                .map(|f| finding(false, "secrets and addresses", f))
                .collect();
        }
    };
    let Some(id) = draft.systems.get(system).map(|s| SystemId(s.id.clone())) else {
        return Vec::new();
    };
    let Some(found) = systems.get(&id) else {
        return Vec::new();
    };
    let log = CallLog::default();
    match tokio::time::timeout(PROBE_TIME_MAX, found.check(system_clock()(), &log)).await {
        Ok(findings) => findings,
        Err(_) => vec![finding(
            false,
            "test",
            format!(
                "no end after {} s; check the address and the network, or try again later",
                PROBE_TIME_MAX.as_secs()
            ),
        )],
    }
}

/// The warehouse and one source, ready to be called.
pub(super) fn both_sides(draft: &Draft, file: &Path, system: usize) -> Result<Systems, CliError> {
    let loaded = loaded(draft, file, &[0, system])?;
    Ok(registry::build(&loaded, &BTreeMap::new())?)
}

fn write_config(draft: &Draft, file: &Path) -> Result<Told, CliError> {
    match write::write_config(file, &file::text(draft), draft.replaces) {
        Ok(None) => Ok(Told::Done(vec![format!("{} is written.", file.display())])),
        Ok(Some(old)) => Ok(Told::Done(vec![format!(
            "{} is written; the one that was there is {} now.",
            file.display(),
            old.display()
        )])),
        Err(WriteError::Exists(_)) => Ok(Told::Exists),
        Err(error) => Err(CliError::failed(format!(
            "{error}. Nothing was changed; make room or choose another place with --config FILE."
        ))),
    }
}

async fn make_store(draft: &Draft, file: &Path) -> Result<Told, CliError> {
    let loaded = Config::load_file(file)?;
    if draft.makes_key && matches!(draft.store, StorePlace::Postgres(_)) {
        loaded.make_shared_key()?;
    }
    let store = open_store(&loaded, Opening::Migrating).await?;
    store.close().await;
    Ok(Told::Done(vec![
        format!("The store is ready: {}.", loaded.store_url()),
        "Keep a copy of payload.key somewhere else: without it stored messages cannot be read."
            .to_owned(),
    ]))
}

/// The written configuration with its store, in the name of the person who was asked.
pub(super) async fn context(
    globals: &Globals,
    draft: &Draft,
    file: &Path,
) -> Result<Context, CliError> {
    let globals = named(globals, draft, file);
    Context::with(&globals, Config::load_file(file)?, Opening::Migrating).await
}

/// The options of a verb that follows the set-up.
pub fn named(globals: &Globals, draft: &Draft, file: &Path) -> Globals {
    Globals {
        config: Some(file.to_owned()),
        as_name: Some(draft.operator.clone()),
        ..globals.clone()
    }
}

async fn hold(globals: &Globals, draft: &Draft, file: &Path) -> Result<Told, CliError> {
    let context = context(globals, draft, file).await?;
    for (_, pair) in draft.pairs() {
        for flow in WRITING {
            context
                .desk
                .pause_flow(&PairId(pair.id.clone()), Some(flow), REASON)
                .await?;
        }
    }
    context.store.close().await;
    let pairs = count(
        i64::try_from(draft.pairs().count()).unwrap_or(i64::MAX),
        "pair",
        "pairs",
    );
    Ok(Told::Done(vec![format!(
        "Held: everything that writes, of {pairs}. `tallyman handbook going-live` says when to let what go."
    )]))
}

async fn read_sheet(
    globals: &Globals,
    draft: &Draft,
    file: &Path,
    pair: &str,
    path: &str,
) -> Result<Told, CliError> {
    let text = read_text(&at_home(path))?;
    let context = context(globals, draft, file).await?;
    let csv = context
        .desk
        .import_csv(&PairId(pair.to_owned()), &text)
        .await;
    context.store.close().await;
    let csv = csv?;
    if csv.edits.is_empty() {
        let rows = count(
            i64::try_from(csv.unchanged).unwrap_or(i64::MAX),
            "row",
            "rows",
        );
        let line = format!("Nothing to take: {rows} in the sheet, all mapped so already.");
        return Ok(Told::Previewed {
            lines: vec![line],
            edits: Vec::new(),
        });
    }
    preview(globals, draft, file, pair, csv.edits).await
}

/// `~/` as the shell means it: the path is typed here, not there.
fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

async fn preview(
    globals: &Globals,
    draft: &Draft,
    file: &Path,
    pair: &str,
    edits: Vec<MappingEdit>,
) -> Result<Told, CliError> {
    let context = context(globals, draft, file).await?;
    let previewed = context.desk.preview(&PairId(pair.to_owned()), &edits).await;
    context.store.close().await;
    let changes = count(
        i64::try_from(edits.len()).unwrap_or(i64::MAX),
        "mapping",
        "mappings",
    );
    let mut lines = vec![format!("{changes} would be set.")];
    lines.extend(preview_lines(&previewed?));
    Ok(Told::Previewed { lines, edits })
}

async fn apply(
    globals: &Globals,
    draft: &Draft,
    file: &Path,
    pair: &str,
    edits: Vec<MappingEdit>,
) -> Result<Told, CliError> {
    let context = context(globals, draft, file).await?;
    let done = context
        .desk
        .apply(&PairId(pair.to_owned()), edits, None, REASON)
        .await;
    context.store.close().await;
    Ok(Told::Done(vec![done?.text]))
}

async fn read_lists(draft: &Draft, file: &Path, system: usize) -> Result<Lists, CliError> {
    let systems = both_sides(draft, file, system)?;
    let (Some(warehouse), Some(source)) = (
        systems.warehouses.values().next(),
        systems.sources.values().next(),
    ) else {
        return Err(CliError::failed("the pair is not complete"));
    };
    let log = CallLog::default();
    let remedy = "; try again, or go on with n and a sheet";
    let sites = warehouse.sites(&log).await.map_err(|e| {
        CliError::failed(format!(
            "The sites of the warehouse cannot be read: {e}{remedy}"
        ))
    })?;
    let locations = source
        .locations(&log)
        .await
        .map_err(|e| CliError::failed(format!("The locations cannot be read: {e}{remedy}")))?;
    Ok(Lists {
        locations: locations
            .into_iter()
            .map(|l| Location {
                id: l.id.as_str().to_owned(),
                name: l.name,
                counts_open_orders: l.counts_open_orders,
            })
            .collect(),
        sites: sites
            .into_iter()
            .map(|s| (s.reference.as_str().to_owned(), s.name))
            .collect(),
    })
}
