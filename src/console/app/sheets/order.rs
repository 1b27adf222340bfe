//! What a page says about an order: the evidence from both systems, side by side and in order of time.

use super::super::ask::OrderSheet;
use super::super::doc::{Doc, DocLine, Link, pad, pad_left};
use super::super::words;
use super::{delivery, exceptions, returns, timeline};
use crate::console::theme::Role;
use crate::domain::edits::FieldEdit;
use crate::domain::order::{OrderFull, OrderLine, OrderRow};
use crate::domain::places::Places;
use crate::domain::time::Ts;
use crate::text;

/// What the breadcrumb says.
pub fn title(row: &OrderRow) -> String {
    format!("Order {}", row.number)
}

/// The document.
pub fn doc(sheet: &OrderSheet, now: Ts, places: &Places) -> Doc {
    let row = &sheet.full.row;
    let deliveries = if sheet.deliveries.is_empty() {
        vec![DocLine::of("Nothing has been sent yet.", Role::Muted)]
    } else {
        sheet
            .deliveries
            .iter()
            .map(|d| delivery::line(d, now))
            .collect()
    };
    let mut doc = Doc {
        head: head(row, now)
            .into_iter()
            .chain(super::others(&sheet.others, now))
            .collect(),
        tabs: Vec::new(),
    }
    .tab("Evidence", evidence(sheet, now, places))
    .tab(
        format!("Lines {}", sheet.full.lines.len()),
        lines(&sheet.full.lines, sheet),
    )
    .tab(format!("Deliveries {}", sheet.deliveries.len()), deliveries)
    .tab(
        format!("Despatches {}", sheet.despatches.len()),
        despatches(sheet, now),
    );
    // Most orders never have one.
    if !sheet.returns.is_empty() {
        doc = doc.tab(
            format!("Returns {}", sheet.returns.len()),
            returns::lines_of(&sheet.returns, now),
        );
    }
    doc.tab(
        format!("Exceptions {}", sheet.exceptions.len()),
        exceptions(&sheet.exceptions),
    )
    .tab("Timeline", timeline(&sheet.timeline, now, Some(&row.pair)))
}

fn head(row: &OrderRow, now: Ts) -> Vec<DocLine> {
    let (state, role) = words::order_state(row.state);
    let (promise, promise_role) = words::promise(row.ship_by, now);
    let mut first = DocLine::of(format!("Order {}", row.number), Role::Title)
        .and("  ", Role::Text)
        .and(state, role)
        .and(
            format!("  since {}", words::age(row.state_since, now)),
            Role::Muted,
        );
    if row.held_reason.is_some() {
        first = first.and("  held", Role::Warn);
    }
    vec![
        first,
        DocLine::of("promise ", Role::Muted)
            .and(promise, promise_role)
            .and("  value ", Role::Muted)
            .and(
                format!("{} {}", text::money(row.value_minor), row.currency),
                Role::Text,
            )
            .and("  units ", Role::Muted)
            .and(row.units.to_string(), Role::Text)
            .and("  pair ", Role::Muted)
            .and(row.pair.to_string(), Role::Text),
    ]
}

fn evidence(sheet: &OrderSheet, now: Ts, places: &Places) -> Vec<DocLine> {
    let row = &sheet.full.row;
    let mut lines = Vec::new();
    match &sheet.why {
        Some(why) => lines.extend(super::why::lines(why, now)),
        None if row.blocked_by.is_empty() => {}
        None => {
            lines.push(DocLine::labelled("Not moving").and(row.blocked_by.clone(), Role::Error));
        }
    }
    for claim in &sheet.refunds.asked {
        let amount = claim.amount_minor.map_or_else(
            || "money went back".to_owned(),
            |m| format!("{} {} went back", text::money(m), claim.currency),
        );
        let said = format!("{amount}, no goods come, and nobody said what was meant");
        lines.push(DocLine::labelled("Refund").and(said, Role::Warn));
    }
    lines.extend(both_systems(&sheet.full, places));
    lines.push(DocLine::pair("Reference", row.reference.clone()));
    lines.push(DocLine::pair("Channel", row.channel.clone()));
    lines.push(DocLine::pair(
        "Customer",
        format!(
            "{}, {} {}",
            row.customer_initials, row.postcode_district, row.country
        ),
    ));
    lines.extend(edits(sheet));
    if !row.tracking.is_empty() {
        lines.push(DocLine::pair("Tracking", row.tracking.clone()));
    }
    lines.push(DocLine::blank());
    lines.push(DocLine::heading("When"));
    lines.extend(stations(row, now));
    lines
}

/// What both systems say of it, side by side.
pub fn both_systems(full: &OrderFull, places: &Places) -> Vec<DocLine> {
    let row = &full.row;
    let mut lines = Vec::new();
    lines.push(two_columns(
        "",
        "in the sales system",
        "in the warehouse",
        Role::Muted,
    ));
    let wms_number = row
        .wms_number
        .as_ref()
        .map_or("not there yet", |n| n.as_str());
    let source_status = format!("{:?}", row.source_status).to_lowercase();
    let wms_status = row.wms_status.as_deref().unwrap_or("–");
    let site = row.site.as_ref().map_or("–", |s| s.as_str());
    let place = places.say(row.location.to_string());
    let carrier = row.carrier_service.as_ref().map_or("–", |c| c.as_str());
    let both: [(&str, &str, &str); 4] = [
        ("Number", &row.number, wms_number),
        ("Status", &source_status, wms_status),
        ("Place", &place, site),
        ("Service", row.service.as_str(), carrier),
    ];
    for (label, source, warehouse) in both {
        lines.push(two_columns(label, source, warehouse, Role::Text));
    }
    if let Some(routed) = full.routed() {
        lines.push(DocLine::pair("Site by", places.say(routed.why.clone())));
    }
    lines
}

/// What a person corrected for the send, beside what the source said.
fn edits(sheet: &OrderSheet) -> Vec<DocLine> {
    let body = &sheet.full.body;
    let of_edit = |edit: &FieldEdit| {
        let said = format!(
            "{} by {}: was {:?}, now {:?} ({})",
            edit.field.title().to_lowercase(),
            edit.who,
            edit.was,
            edit.now,
            edit.reason
        );
        let line = DocLine::labelled("Edited").and(said, Role::Accent);
        if edit.counts(&body.source.address) {
            line
        } else {
            line.and(
                "; the source changed it since: it counts no more",
                Role::Warn,
            )
        }
    };
    body.edits.iter().map(of_edit).collect()
}

fn two_columns(label: &str, source: &str, warehouse: &str, role: Role) -> DocLine {
    DocLine::labelled(label)
        .and(format!("{} ", pad(source, 28)), role)
        .and(warehouse, role)
}

/// The order's way, station by station, with the time since the station before.
fn stations(row: &OrderRow, now: Ts) -> Vec<DocLine> {
    let stations: [(&str, Option<Ts>); 7] = [
        ("Received", Some(row.received_at)),
        ("Released", row.released_at),
        ("First sent", row.first_sent_at),
        ("Accepted", row.accepted_at),
        ("Despatched", row.despatched_at),
        ("Confirmed", row.confirmed_at),
        ("Notified", row.notified_at),
    ];
    let mut before: Option<Ts> = None;
    let mut lines = Vec::new();
    for (label, at) in stations {
        let line = match at {
            None => DocLine::labelled(label).and("–", Role::Muted),
            Some(at) => {
                let mut line =
                    DocLine::labelled(label).and(pad(&words::clock(at, now), 14), Role::Text);
                if let Some(before) = before {
                    let secs = at.since(before).as_secs();
                    line = line.and(format!("{} later", text::age(secs)), Role::Muted);
                }
                before = Some(at);
                line
            }
        };
        lines.push(line);
    }
    lines.push(DocLine::pair(
        "Source read",
        words::clock(row.source_read_at, now),
    ));
    lines
}

fn lines(order_lines: &[OrderLine], sheet: &OrderSheet) -> Vec<DocLine> {
    let mut out = vec![DocLine::of(
        format!(
            "{} {} {} {} {} {}  title",
            pad("line", 4),
            pad("SKU", 16),
            pad("item code", 16),
            pad_left("qty", 4),
            pad_left("left", 4),
            pad_left("conf", 4)
        ),
        Role::Muted,
    )];
    for line in order_lines {
        let is_short = line.despatched_each < line.qty_each && line.despatched_each > 0;
        let role = if is_short { Role::Warn } else { Role::Text };
        out.push(
            DocLine::of(
                format!("{} {} ", pad(&line.line_ref, 4), pad(line.sku.as_str(), 16)),
                Role::Text,
            )
            .and(
                pad(line.item.as_ref().map_or("not mapped", |i| i.as_str()), 16),
                if line.item.is_some() {
                    Role::Link
                } else {
                    Role::Error
                },
            )
            .and(
                format!(
                    " {} {} {}  ",
                    pad_left(&line.qty_each.to_string(), 4),
                    pad_left(&line.despatched_each.to_string(), 4),
                    pad_left(&line.confirmed_each.to_string(), 4)
                ),
                role,
            )
            .and(line.title.clone(), Role::Muted)
            .to(line.item.as_ref().map(|item| Link::Item {
                pair: sheet.full.row.pair.clone(),
                item: item.clone(),
            }))
            .hanging(6),
        );
    }
    out
}

fn despatches(sheet: &OrderSheet, now: Ts) -> Vec<DocLine> {
    if sheet.despatches.is_empty() {
        return vec![DocLine::of("Nothing has left the warehouse.", Role::Muted)];
    }
    let mut out = Vec::new();
    for group in &sheet.despatches {
        out.push(
            DocLine::of(pad(&group.despatch, 18), Role::Title)
                .and(pad(&group.state, 12), Role::Accent)
                .and(
                    format!("first seen {}", words::clock(group.first_seen_at, now)),
                    Role::Muted,
                ),
        );
        for line in &group.lines {
            out.push(despatch_line(line));
        }
    }
    out
}

fn despatch_line(line: &crate::domain::wms::DespatchLine) -> DocLine {
    DocLine::of(
        format!(
            "  {} {} {}",
            pad(line.item.as_str(), 20),
            pad_left(&line.qty_each.to_string(), 5),
            line.tracking
        ),
        Role::Text,
    )
}
