//! `tallyman check`: one line for everything an engineer asks before going live. Changes nothing.

use super::context::{Globals, Opening, open_store, system_clock};
use super::listing::print;
use super::output::{CliError, Outcome};
use crate::config::{CardRow, Config, Loaded};
use crate::domain::mapping::MappingKind;
use crate::domain::time::Ts;
use crate::report::{Column, Table};
use crate::vendors::registry::{self, RegistryError, Systems};
use crate::vendors::{CallLog, Finding};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a listener may take to say that it is alive.
const ALIVE_WAIT: Duration = Duration::from_secs(2);
/// Most of its answer that is read, bytes.
const ALIVE_BYTES_MAX: u64 = 4_096;

/// Options of the check.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Only configuration, secrets and store; no system is called
    #[arg(long)]
    pub offline: bool,
    /// Every switch of every pair: how it stands, what it does and why; nothing is checked
    #[arg(long, conflicts_with = "offline")]
    pub policies: bool,
}

/// One line of the check as JSON.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    is_ok: bool,
    /// `house`, or a system or pair by its id.
    about: String,
    what: String,
    found: String,
}

fn line(about: &str, is_ok: bool, what: &str, found: impl Into<String>) -> Line {
    Line {
        is_ok,
        about: about.to_owned(),
        what: what.to_owned(),
        found: found.into(),
    }
}

pub(super) async fn run(globals: &Globals, args: CheckArgs) -> Result<Outcome, CliError> {
    let loaded = Config::load(globals.config.as_deref())?;
    if args.policies {
        return policies(globals, &loaded);
    }
    let lines = collect(&loaded, args.offline).await;
    show(globals, &lines)
}

/// Every line about a configuration; `offline` calls no system.
pub(super) async fn collect(loaded: &Loaded, offline: bool) -> Vec<Line> {
    let mut lines = vec![configuration(loaded)];
    lines.extend(not_in_this_build(loaded));
    server_lines(loaded, &mut lines);
    store_lines(loaded, &mut lines).await;
    match registry::build(loaded, &BTreeMap::new()) {
        Ok(systems) => {
            lines.push(line("house", true, "secrets", "every secret can be had"));
            if !offline {
                system_lines(&systems, system_clock()(), &mut lines).await;
            }
        }
        Err(RegistryError(faults)) => {
            lines.extend(
                faults
                    .iter()
                    .map(|f| line("house", false, "secrets and addresses", f)),
            );
        }
    }
    lines
}

/// Prints the lines; the outcome says whether one needs attention.
///
/// # Errors
/// [`CliError`] when they cannot be printed.
pub(super) fn show(globals: &Globals, lines: &[Line]) -> Result<Outcome, CliError> {
    let mut table = Table::new(&[
        Column::text("ok"),
        Column::text("about"),
        Column::text("what"),
        Column::text("found"),
    ]);
    for l in lines {
        table.row([
            if l.is_ok { "yes" } else { "NO" }.to_owned(),
            l.about.clone(),
            l.what.clone(),
            l.found.clone(),
        ]);
    }
    let bad = lines.iter().filter(|l| !l.is_ok).count();
    let foot = if bad == 0 {
        format!("{} checks, all well", lines.len())
    } else {
        format!("{bad} of {} checks need attention", lines.len())
    };
    print(globals, &lines, table, Some(foot))?;
    Ok(if bad == 0 {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

/// One switch of one pair as JSON.
#[derive(Debug, Serialize)]
struct Switch {
    pair: String,
    #[serde(flatten)]
    row: CardRow,
}

/// The policy card of every pair.
fn policies(globals: &Globals, loaded: &Loaded) -> Result<Outcome, CliError> {
    let config = &loaded.config;
    let switches: Vec<Switch> = config
        .cards()
        .into_iter()
        .flat_map(|(pair, card)| {
            card.into_iter().map(move |row| Switch {
                pair: pair.0.clone(),
                row,
            })
        })
        .collect();
    let mut table = Table::new(&[
        Column::text("pair"),
        Column::text("switch"),
        Column::text("stands at"),
        Column::text("does"),
        Column::text("why"),
    ]);
    for Switch { pair, row } in &switches {
        let mark = if row.is_changed { " (set)" } else { "" };
        table.row([
            pair.clone(),
            row.key.to_owned(),
            format!("{}{mark}", row.value),
            row.does.to_owned(),
            row.why.to_owned(),
        ]);
    }
    let foot = format!(
        "{} switches of {} pairs",
        switches.len(),
        config.pairs.len()
    );
    print(globals, &switches, table, Some(foot))?;
    Ok(Outcome::Done)
}

fn configuration(loaded: &Loaded) -> Line {
    let config = &loaded.config;
    let place = loaded
        .file
        .as_ref()
        .map(|f| f.display().to_string())
        .unwrap_or_default();
    let found = format!(
        "{place}: {} systems, {} pairs",
        config.systems.len(),
        config.pairs.len()
    );
    if config.pairs.is_empty() {
        return line(
            "house",
            false,
            "configuration",
            format!("{found}; without a [[pair]] nothing is synchronised"),
        );
    }
    line("house", true, "configuration", found)
}

/// What the file asks for and this build reads but does not do.
fn not_in_this_build(loaded: &Loaded) -> Vec<Line> {
    let config = &loaded.config;
    let mut out = Vec::new();
    if config.teams.iter().any(|t| !t.alerts.is_empty()) {
        let found = "not in this build: no alert is sent, look at the console";
        out.push(line("house", false, "[[team]] alerts", found));
    }
    out
}

/// Whether the server could start, and what it is for.
fn server_lines(loaded: &Loaded, lines: &mut Vec<Line>) {
    let Some(config) = &loaded.config.server else {
        return;
    };
    let about = "server";
    if let Err(error) = super::server::hook_secret(loaded, config) {
        lines.push(line(about, false, "hook_secret", error.to_string()));
    }
    match std::net::TcpListener::bind(config.listen) {
        Ok(_) => lines.push(line(
            about,
            true,
            "listen",
            format!("{} is free", config.listen),
        )),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let is_ours = alive(config.listen);
            let found = if is_ours {
                format!("{}: tallyman listens", config.listen)
            } else {
                format!("{} is taken by another program", config.listen)
            };
            lines.push(line(about, is_ours, "listen", found));
        }
        Err(error) => lines.push(line(
            about,
            false,
            "listen",
            format!("{}: {error}", config.listen),
        )),
    }
    let found = match &config.public_url {
        Some(url) => format!("callbacks are asked for below {url}/hooks/"),
        None => "none: no callbacks are asked for, work arrives by polling".to_owned(),
    };
    lines.push(line(about, true, "public_url", found));
}

/// Whether a tallyman answers there.
fn alive(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, ALIVE_WAIT)?;
        stream.set_read_timeout(Some(ALIVE_WAIT))?;
        stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.take(ALIVE_BYTES_MAX).read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.ends_with("alive\n"))
}

async fn store_lines(loaded: &Loaded, lines: &mut Vec<Line>) {
    let store = match open_store(loaded, Opening::Reading).await {
        Ok(store) => store,
        Err(error) => {
            lines.push(line("house", false, "store", error.to_string()));
            return;
        }
    };
    lines.push(line("house", true, "store", loaded.store_url()));
    for pair in &loaded.config.pairs {
        let about = pair.id.as_str();
        match store.mappings(&pair.id).await {
            Ok(rows) => {
                for kind in [MappingKind::Site, MappingKind::Carrier] {
                    let n = rows.iter().filter(|m| m.kind == kind).count();
                    let found = if n == 0 {
                        format!(
                            "none: no order can pass; map one with `tallyman mappings set {kind} FROM TO --pair {about} --reason …`"
                        )
                    } else {
                        format!("{n} active")
                    };
                    lines.push(line(about, n > 0, &format!("{kind} mappings"), found));
                }
                for broken in rows.iter().filter(|m| m.broken.is_some()) {
                    let what = format!("{} {}", broken.kind, broken.from);
                    let found = broken.broken.clone().unwrap_or_default();
                    lines.push(line(about, false, &what, found));
                }
            }
            Err(error) => lines.push(line(about, false, "mappings", error.to_string())),
        }
        match store.unmapped(&pair.id).await {
            Ok(rows) if rows.is_empty() => {
                lines.push(line(about, true, "unmapped values", "none"));
            }
            Ok(rows) => {
                let orders: i64 = rows.iter().map(|u| u.orders).sum();
                let found = format!(
                    "{} values block {orders} orders; see `tallyman mappings list --unmapped --pair {about}`",
                    rows.len()
                );
                lines.push(line(about, false, "unmapped values", found));
            }
            Err(error) => lines.push(line(about, false, "unmapped values", error.to_string())),
        }
    }
    store.close().await;
}

async fn system_lines(systems: &Systems, now: Ts, lines: &mut Vec<Line>) {
    for id in systems.ids() {
        let Some(system) = systems.get(&id) else {
            continue;
        };
        let log = CallLog::default();
        for Finding { is_ok, what, found } in system.check(now, &log).await {
            lines.push(line(id.as_str(), is_ok, &what, found));
        }
        for limit in systems.limits(&id) {
            tracing::debug!(system = %id, key = limit.key, rate = ?limit.rate, "limit");
        }
    }
}
