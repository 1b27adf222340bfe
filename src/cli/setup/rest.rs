//! The sheet of what has no mapping yet: every location and delivery service a source lists, for people to fill in.

use super::acts::{both_sides, context};
use super::dialogue::Told;
use super::draft::{Draft, Vendor};
use super::write::write_new;
use crate::cli::context::Globals;
use crate::cli::output::CliError;
use crate::domain::ids::PairId;
use crate::domain::mapping::{Mapping, MappingKind};
use crate::domain::wms::WmsService;
use crate::report::guard;
use crate::text::{clean_to, count};
use crate::vendors::{CallLog, SourceLocation};
use std::path::Path;

/// Most rows of the sheet.
const ROWS_MAX: usize = 5_000;
/// Carrier services named on the screen.
const SERVICES_SHOWN_MAX: usize = 40;

/// Writes the sheet of a pair beside the configuration.
///
/// # Errors
/// [`CliError`] when the lists cannot be read or the sheet cannot be written.
pub async fn write(
    globals: &Globals,
    draft: &Draft,
    file: &Path,
    system: usize,
) -> Result<Told, CliError> {
    let Some((vendor, pair)) = draft
        .systems
        .get(system)
        .and_then(|s| Some((s.vendor, s.pair.as_ref()?.id.clone())))
    else {
        return Err(CliError::failed("the pair is not complete"));
    };
    let context = context(globals, draft, file).await?;
    let mapped = context.desk.mappings(&PairId(pair.clone())).await;
    context.store.close().await;
    let mapped = mapped?;
    let systems = both_sides(draft, file, system)?;
    let (Some(warehouse), Some(source)) = (
        systems.warehouses.values().next(),
        systems.sources.values().next(),
    ) else {
        return Err(CliError::failed("the pair is not complete"));
    };
    let log = CallLog::default();
    let failed = |e: crate::vendors::CallError| {
        CliError::failed(format!(
            "The lists cannot be read: {e}; try again, or go on with n"
        ))
    };
    let services = warehouse.carrier_services(&log).await.map_err(failed)?;
    let locations = source.locations(&log).await.map_err(failed)?;
    let (wanted, has_list) = match source.postal_services(&log) {
        Some(list) => (list.await.map_err(failed)?, true),
        None => (Vec::new(), false),
    };
    let wanted: Vec<String> = wanted.into_iter().map(|t| t.code).collect();
    let rows = rows(vendor, &mapped, &locations, &wanted, &services);
    let mut lines = Vec::new();
    if !has_list {
        lines.push(format!(
            "{} keeps no list of delivery services: `tallyman mappings list --unmapped --pair {pair}` shows them as orders name them.",
            vendor.name()
        ));
    }
    if rows.is_empty() {
        lines.push("Nothing is left: every value that is listed has a mapping.".to_owned());
        return Ok(Told::Done(lines));
    }
    let path = write_new(file, &format!("{pair}-mappings"), "csv", &sheet(&rows)?)
        .map_err(CliError::failed)?;
    lines.push(format!(
        "{} written to {}. Fill in the third column, take out what you do not need, then:",
        count(
            i64::try_from(rows.len()).unwrap_or(i64::MAX),
            "line",
            "lines"
        ),
        path.display()
    ));
    lines.push(format!(
        "  tallyman mappings import {} --pair {pair} --preview",
        path.display()
    ));
    lines.push(format!(
        "The warehouse's carrier services: {}",
        named(&services)
    ));
    Ok(Told::Done(lines))
}

fn named(services: &[WmsService]) -> String {
    let shown: Vec<String> = services
        .iter()
        .take(SERVICES_SHOWN_MAX)
        .map(|s| clean_to(s.code.as_str(), 40))
        .collect();
    let more = services.len().saturating_sub(SERVICES_SHOWN_MAX);
    match more {
        0 => shown.join(", "),
        n => format!("{} and {n} more", shown.join(", ")),
    }
}

/// A row of the sheet: kind, from, to, attributes.
type Row = [String; 4];

/// What is listed and not mapped. A service the warehouse knows by the same name is filled in already.
fn rows(
    vendor: Vendor,
    mapped: &[Mapping],
    locations: &[SourceLocation],
    wanted: &[String],
    services: &[WmsService],
) -> Vec<Row> {
    let is_mapped =
        |kind: MappingKind, from: &str| mapped.iter().any(|m| m.kind == kind && m.from == from);
    let places = locations
        .iter()
        .filter(|l| !is_mapped(MappingKind::Site, l.id.as_str()))
        .map(|l| {
            let basis = match (vendor, l.counts_open_orders) {
                (Vendor::Shopline, _) => "NET_LIVE",
                (_, true) => "GROSS",
                (_, false) => "NET_STATIC",
            };
            let name = l.name.replace('\\', "\\\\").replace(';', "\\;");
            [
                MappingKind::Site.as_str().to_owned(),
                l.id.as_str().to_owned(),
                String::new(),
                format!("basis={basis};name={name}"),
            ]
        });
    let carriers = wanted
        .iter()
        .filter(|from| !is_mapped(MappingKind::Carrier, from))
        .map(|from| {
            let same = services.iter().find(|s| {
                s.code.as_str().eq_ignore_ascii_case(from) || s.name.eq_ignore_ascii_case(from)
            });
            [
                MappingKind::Carrier.as_str().to_owned(),
                from.clone(),
                same.map(|s| s.code.as_str().to_owned()).unwrap_or_default(),
                String::new(),
            ]
        });
    places.chain(carriers).take(ROWS_MAX).collect()
}

/// The rows as CSV that no spreadsheet takes for formulas.
fn sheet(rows: &[Row]) -> Result<String, CliError> {
    let fault =
        |e: &dyn std::fmt::Display| CliError::failed(format!("the sheet cannot be made: {e}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(["kind", "from", "to", "attributes"])
        .map_err(|e| fault(&e))?;
    for row in rows {
        writer
            .write_record(row.iter().map(|cell| guard(cell)))
            .map_err(|e| fault(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| fault(&e))?;
    String::from_utf8(bytes).map_err(|e| fault(&e))
}
