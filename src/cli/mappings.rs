//! `tallyman mappings …`

use super::args::{WaitArgs, one};
use super::columns;
use super::context::{Context, Globals, Opening};
use super::listing::{ColumnedArgs, Listing, Natural, collect, print, print_listing};
use super::output::{CliError, Outcome, say, say_line, terminal_columns};
use crate::desk::{CSV_BYTES_MAX, Preview, parse_attributes, show_attributes};
use crate::domain::ids::PairId;
use crate::domain::mapping::{Attributes, MappingEdit, MappingKind};
use crate::domain::views::ListName;
use crate::report::columns::MAPPINGS;
use crate::report::{Column, Format, Table, at, opt};
use crate::text::{count, time_left};
use clap::Subcommand;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Columns a list can be sorted by; the first is the default.
const SORTS: &[&str] = ListName::Mappings.sorts();
/// Most versions listed.
const VERSIONS_MAX: usize = 200;

/// What can be done with mappings.
#[derive(Debug, Subcommand)]
pub enum MappingsVerb {
    /// Mappings of a pair
    List {
        /// Pair, when the configuration has several
        #[arg(long)]
        pair: Option<String>,
        /// Values nobody mapped yet, ranked by the orders they block
        #[arg(long, conflicts_with = "versions")]
        unmapped: bool,
        /// Versions instead of mappings
        #[arg(long)]
        versions: bool,
        #[command(flatten)]
        list: ColumnedArgs,
    },
    /// Map one value
    Set {
        /// CARRIER, SITE, ITEM …
        #[arg(value_parser = parse_kind)]
        kind: MappingKind,
        /// Value of the source
        from: String,
        /// Value of the warehouse
        to: String,
        /// Attribute such as basis=GROSS; may be given several times
        #[arg(long = "with", value_name = "KEY=VALUE")]
        attributes: Vec<String>,
        #[command(flatten)]
        apply: ApplyArgs,
    },
    /// Take a mapping away
    Remove {
        #[arg(value_parser = parse_kind)]
        kind: MappingKind,
        from: String,
        #[command(flatten)]
        apply: ApplyArgs,
    },
    /// What a CSV file would do; changes nothing
    Preview {
        /// File with kind,from,to,attributes; - reads standard input
        file: PathBuf,
        /// Pair, when the configuration has several
        #[arg(long)]
        pair: Option<String>,
    },
    /// Apply a CSV file that was previewed
    Apply {
        /// File with kind,from,to,attributes; - reads standard input
        file: PathBuf,
        /// The version the preview named; refused when the mappings changed since
        #[arg(long)]
        version: i64,
        /// Pair, when the configuration has several
        #[arg(long)]
        pair: Option<String>,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Bring an earlier version back, as a new one
    Rollback {
        version: i64,
        /// Pair, when the configuration has several
        #[arg(long)]
        pair: Option<String>,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Apply a CSV file; rows that are not in it stay as they are
    Import {
        /// File with kind,from,to,attributes; - reads standard input
        file: PathBuf,
        #[command(flatten)]
        apply: ApplyArgs,
    },
    /// Every mapping as CSV on standard output
    Export {
        /// Pair, when the configuration has several
        #[arg(long)]
        pair: Option<String>,
    },
}

/// Options of everything that changes mappings at once.
#[derive(Debug, Clone, clap::Args)]
pub struct ApplyArgs {
    /// Pair, when the configuration has several
    #[arg(long)]
    pair: Option<String>,
    /// Why; kept with the change
    #[arg(long, required_unless_present = "preview")]
    reason: Option<String>,
    /// Only say what it would do
    #[arg(long)]
    preview: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

fn parse_kind(text: &str) -> Result<MappingKind, String> {
    MappingKind::parse(text).ok_or_else(|| {
        let names: Vec<&str> = MappingKind::offered().map(|k| k.as_str()).collect();
        format!("a kind of mapping is one of {}", names.join(", "))
    })
}

pub(super) async fn run(globals: &Globals, verb: MappingsVerb) -> Result<Outcome, CliError> {
    match verb {
        MappingsVerb::List {
            pair,
            unmapped,
            versions,
            list,
        } => {
            let context = Context::open(globals, Opening::Reading).await?;
            let pair = context.pair(pair.as_deref())?;
            match (unmapped, versions) {
                (true, _) => list_unmapped(&context, &pair).await,
                (_, true) => list_versions(&context, &pair).await,
                _ => list_mappings(&context, &pair, &list).await,
            }
        }
        MappingsVerb::Set {
            kind,
            from,
            to,
            attributes,
            apply,
        } => {
            let edit = MappingEdit::Set {
                kind,
                from,
                to,
                attributes: read_attributes(&attributes)?,
            };
            change(globals, apply, Source::Edit(edit)).await
        }
        MappingsVerb::Remove { kind, from, apply } => {
            change(
                globals,
                apply,
                Source::Edit(MappingEdit::Remove { kind, from }),
            )
            .await
        }
        MappingsVerb::Preview { file, pair } => {
            let apply = ApplyArgs {
                pair,
                reason: None,
                preview: true,
                wait: WaitArgs { wait: None },
            };
            change(globals, apply, Source::File(file)).await
        }
        MappingsVerb::Import { file, apply } => change(globals, apply, Source::File(file)).await,
        MappingsVerb::Apply {
            file,
            version,
            pair,
            reason,
            wait,
        } => {
            let context = Context::open(globals, Opening::Writing).await?;
            let pair = context.pair(pair.as_deref())?;
            let csv = context.desk.import_csv(&pair, &read_text(&file)?).await?;
            let act = context.desk.apply(&pair, csv.edits, Some(version), &reason);
            one(&context, "changing the mappings", wait.wait, act).await
        }
        MappingsVerb::Rollback {
            version,
            pair,
            reason,
            wait,
        } => {
            let context = Context::open(globals, Opening::Writing).await?;
            let pair = context.pair(pair.as_deref())?;
            let act = context.desk.rollback(&pair, version, &reason);
            one(&context, "rolling back", wait.wait, act).await
        }
        MappingsVerb::Export { pair } => {
            let context = Context::open(globals, Opening::Reading).await?;
            let pair = context.pair(pair.as_deref())?;
            say(&context.desk.export_csv(&pair).await?)?;
            Ok(Outcome::Done)
        }
    }
}

/// Where edits come from.
enum Source {
    Edit(MappingEdit),
    File(PathBuf),
}

async fn change(globals: &Globals, apply: ApplyArgs, source: Source) -> Result<Outcome, CliError> {
    let opening = if apply.preview {
        Opening::Reading
    } else {
        Opening::Writing
    };
    let context = Context::open(globals, opening).await?;
    let pair = context.pair(apply.pair.as_deref())?;
    let edits = match source {
        Source::Edit(edit) => vec![edit],
        Source::File(file) => {
            context
                .desk
                .import_csv(&pair, &read_text(&file)?)
                .await?
                .edits
        }
    };
    if apply.preview {
        let preview = context.desk.preview(&pair, &edits).await?;
        print_preview(&context, &preview)?;
        return Ok(Outcome::Done);
    }
    let reason = apply.reason.unwrap_or_default();
    let act = context.desk.apply(&pair, edits, None, &reason);
    one(&context, "changing the mappings", apply.wait.wait, act).await
}

fn read_attributes(pairs: &[String]) -> Result<Attributes, CliError> {
    let mut out = Attributes::new();
    for pair in pairs {
        // One argument is one attribute: a semicolon in it belongs to the value.
        let escaped = pair.replace('\\', "\\\\").replace(';', "\\;");
        let one = parse_attributes(&escaped).map_err(CliError::Usage)?;
        out.extend(one);
    }
    Ok(out)
}

/// A file's text, or standard input for `-`, with the cap of imports.
pub(super) fn read_text(file: &Path) -> Result<String, CliError> {
    let fault =
        |e: std::io::Error| CliError::failed(format!("{} cannot be read: {e}", file.display()));
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file).map_err(fault)?)
    };
    let mut text = String::new();
    source
        .take(CSV_BYTES_MAX as u64 + 1)
        .read_to_string(&mut text)
        .map_err(fault)?;
    Ok(text)
}

async fn list_mappings(
    context: &Context,
    pair: &PairId,
    args: &ColumnedArgs,
) -> Result<Outcome, CliError> {
    let columns = columns::chosen(args.columns.as_deref(), MAPPINGS)?;
    let args = &args.list;
    let query = args
        .query(context, ListName::Mappings, SORTS, Natural::Ascending)
        .await?;
    let store = &context.store;
    let listing = collect(args.limit, query, |q| async move {
        store.mapping_list(pair, &q).await
    })
    .await?;
    let mut table = Table::new(&[
        Column::text("kind"),
        Column::text("from"),
        Column::text("to"),
        Column::text("attributes"),
        Column::text("status"),
        Column::number("used"),
        Column::text("last used (UTC)"),
        Column::text("by"),
        Column::text("broken"),
    ]);
    for m in &listing.rows {
        table.row([
            m.kind.to_string(),
            m.from.clone(),
            m.to.clone(),
            show_attributes(&m.attributes),
            m.status.to_string(),
            m.used_count.to_string(),
            at(m.last_used_at),
            m.author.clone(),
            opt(m.broken.as_ref()),
        ]);
    }
    if let Some(columns) = columns {
        let places = columns::places(context).await?;
        table = columns::table(&columns, &listing.rows, &places);
    }
    print_listing(&context.globals, &listing, "mappings", table)?;
    Ok(Outcome::Done)
}

async fn list_unmapped(context: &Context, pair: &PairId) -> Result<Outcome, CliError> {
    let rows = context.store.unmapped(pair).await?;
    let mut table = Table::new(&[
        Column::text("kind"),
        Column::text("from"),
        Column::number("orders"),
        Column::text("promise"),
        Column::number("exception"),
    ]);
    let now = context.now();
    for u in &rows {
        table.row([
            u.wanted.kind.to_string(),
            u.wanted.label(),
            u.orders.to_string(),
            u.earliest_ship_by
                .map(|t| time_left(t.since(now).as_secs()))
                .unwrap_or_default(),
            opt(u.exception.as_ref()),
        ]);
    }
    let found = !rows.is_empty();
    let listing = Listing {
        total: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        rows,
    };
    print_listing(&context.globals, &listing, "unmapped values", table)?;
    Ok(if found { Outcome::Found } else { Outcome::Done })
}

async fn list_versions(context: &Context, pair: &PairId) -> Result<Outcome, CliError> {
    let rows = context.store.mapping_versions(pair, VERSIONS_MAX).await?;
    let mut table = Table::new(&[
        Column::number("version"),
        Column::text("time (UTC)"),
        Column::text("by"),
        Column::number("changes"),
        Column::text("reason"),
    ]);
    for v in &rows {
        table.row([
            v.version.to_string(),
            at(Some(v.at)),
            v.who.clone(),
            v.edits.len().to_string(),
            v.reason.clone(),
        ]);
    }
    let listing = Listing {
        total: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        rows,
    };
    print_listing(&context.globals, &listing, "versions", table)?;
    Ok(Outcome::Done)
}

fn print_preview(context: &Context, preview: &Preview) -> Result<(), CliError> {
    let mut table = Table::new(&[
        Column::text("order"),
        Column::text("promise"),
        Column::text("what"),
    ]);
    let now = context.now();
    for item in &preview.items {
        table.row([
            item.number.clone(),
            item.ship_by
                .map(|t| time_left(t.since(now).as_secs()))
                .unwrap_or_default(),
            item.verdict.to_string(),
        ]);
    }
    if context.globals.format != Format::Table {
        return print(&context.globals, preview, table, None);
    }
    for line in preview_lines(preview) {
        say_line(&line)?;
    }
    if preview.items.is_empty() {
        return Ok(());
    }
    say("\n")?;
    say(&table.show(terminal_columns()))
}

/// A preview in words, without its orders.
pub(super) fn preview_lines(preview: &Preview) -> Vec<String> {
    let n =
        |n: usize, one: &str, many: &str| count(i64::try_from(n).unwrap_or(i64::MAX), one, many);
    let mut lines = vec![format!(
        "{} would be sent; {} would change; {} would be blocked. Mappings are at version {}.",
        n(preview.released, "blocked order", "blocked orders"),
        n(preview.changed_open, "open order", "open orders"),
        n(preview.newly_blocked, "open order", "open orders"),
        preview.version
    )];
    lines.extend(preview.warnings.iter().map(|w| format!("warning: {w}")));
    lines.extend(preview.still_blocked.iter().map(|(cause, orders)| {
        format!("{} still blocked by {cause}", n(*orders, "order", "orders"))
    }));
    if preview.is_cut {
        lines.push(format!(
            "Only {} orders were looked at; there are more.",
            preview.looked_at
        ));
    }
    lines
}
