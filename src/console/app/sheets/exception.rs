//! What a page says about an exception: plain words first, then its members, what happened, what was tried, the runbook.

use super::super::ask::ExceptionSheet;
use super::super::doc::{Doc, DocLine, Link, link_of, pad, pad_left, return_of};
use super::super::markdown;
use super::super::words;
use super::{delivery, item, order, timeline};
use crate::console::theme::Role;
use crate::domain::exception::{ExceptionRow, OccurrenceRow};
use crate::domain::movements::LaneKey;
use crate::domain::places::Places;
use crate::domain::time::Ts;
use crate::handbook::{self, Keys};
use crate::text;

/// Members shown in the overview.
const OVERVIEW_MEMBERS: usize = 5;

/// What the breadcrumb says.
pub fn title(row: &ExceptionRow) -> String {
    format!(
        "{} {}",
        row.kind,
        words::discriminator_value(&row.discriminator)
    )
}

/// The document.
pub fn doc(sheet: &ExceptionSheet, keys: &Keys, bar: &str, places: &Places, now: Ts) -> Doc {
    let attempts = attempts(sheet, now);
    let mut head = head(&sheet.row, now);
    head.extend(super::others(&sheet.others, now));
    Doc {
        head,
        tabs: Vec::new(),
    }
    .tab("Overview", overview(sheet, now))
    .tab("Evidence", evidence(sheet, bar, places, now))
    .tab(
        format!("Members {}", sheet.row.members),
        sheet
            .members
            .iter()
            .map(|m| member(m, sheet, now))
            .collect(),
    )
    .tab(
        "Timeline",
        timeline(&sheet.timeline, now, Some(&sheet.row.pair)),
    )
    .tab("Attempts", attempts)
    .tab("Runbook", runbook(sheet, keys, now))
}

fn head(row: &ExceptionRow, now: Ts) -> Vec<DocLine> {
    let (severity, severity_role) = words::severity(row.severity);
    let (state, state_role) = words::exception_state(row.state);
    let (promise, promise_role) = words::promise(row.ship_by, now);
    let owner = row.person.as_ref().map_or_else(
        || row.team.to_string(),
        |person| format!("{} / {person}", row.team),
    );
    vec![
        DocLine::of(row.title().to_owned(), Role::Title).and(
            format!("   {}", words::discriminator_value(&row.discriminator)),
            Role::Accent,
        ),
        DocLine::of(severity, severity_role)
            .and("  ", Role::Text)
            .and(state, state_role)
            .and("  owner ", Role::Muted)
            .and(owner, Role::Text)
            .and("  promise ", Role::Muted)
            .and(promise, promise_role)
            .and("  since ", Role::Muted)
            .and(words::age(row.began_at, now), Role::Text)
            .and("  value ", Role::Muted)
            .and(text::money(row.value_minor), Role::Text)
            .and("  pair ", Role::Muted)
            .and(row.pair.to_string(), Role::Text),
    ]
}

fn overview(sheet: &ExceptionSheet, now: Ts) -> Vec<DocLine> {
    let row = &sheet.row;
    let entry = row.kind.entry();
    let mut lines = vec![
        DocLine::pair("What", row.detail.clone()),
        DocLine::pair("Meaning", entry.meaning),
    ];
    if let Some(saved) = &sheet.rule {
        lines.push(
            DocLine::labelled("Known as")
                .and(saved.rule.name.clone(), Role::Text)
                .and(
                    format!("  rule {} by {}", saved.id, saved.saved_by),
                    Role::Muted,
                ),
        );
        lines.push(DocLine::labelled("Advice").and(saved.rule.advice.clone(), Role::Accent));
    }
    lines.extend([
        DocLine::labelled("Next step").and(entry.next_step, Role::Accent),
        DocLine::pair("By itself", entry.automatic),
        DocLine::pair("Clears when", entry.clears_when),
    ]);
    for (at, action) in entry.actions.iter().enumerate() {
        let label = if at == 0 { "You can" } else { "" };
        lines.push(DocLine::pair(label, *action));
    }
    if let Some(Link::Return { pair, reference }) = return_of(&row.discriminator, &row.pair) {
        let next = sheet
            .returned
            .as_ref()
            .and_then(|r| r.steps().into_iter().next());
        let next = next.map_or_else(String::new, |step| format!("  {}", step.sentence()));
        lines.push(
            DocLine::labelled("Return")
                .and(reference.to_string(), Role::Link)
                .and(next, Role::Text)
                .to(Some(Link::Return { pair, reference })),
        );
    }
    lines.extend(standing(row, now));
    lines.extend(about_lane(sheet));
    lines.extend(about_service(sheet));
    lines.push(DocLine::blank());
    let shown = sheet.members.len().min(OVERVIEW_MEMBERS);
    lines.push(DocLine::heading(format!(
        "Members: {shown} of {}, soonest promise first",
        row.members
    )));
    lines.extend(
        sheet
            .members
            .iter()
            .take(OVERVIEW_MEMBERS)
            .map(|m| member(m, sheet, now)),
    );
    lines
}

/// What both systems say of what it is about.
fn evidence(sheet: &ExceptionSheet, bar: &str, places: &Places, now: Ts) -> Vec<DocLine> {
    let mut lines = Vec::new();
    if let Some(position) = &sheet.position {
        lines.extend(item::waterfall(position, now, bar));
        lines.push(DocLine::blank());
    }
    for full in &sheet.orders {
        let row = &full.row;
        let (state, role) = words::order_state(row.state);
        lines.push(
            DocLine::of(format!("Order {}", row.number), Role::Link)
                .and("  ", Role::Text)
                .and(state, role)
                .and(format!("  {}", row.blocked_by), Role::Muted)
                .to(Some(Link::Order(row.id))),
        );
        lines.extend(order::both_systems(full, places));
        let read = format!("source read {}", words::clock(row.source_read_at, now));
        lines.push(DocLine::labelled("").and(read, Role::Muted));
        lines.push(DocLine::blank());
    }
    let more = sheet.row.members - i64::try_from(sheet.orders.len()).unwrap_or(0);
    if more > 0 && !sheet.orders.is_empty() {
        let text = format!("{more} more among the members; Enter on one shows it whole.");
        lines.push(DocLine::of(text, Role::Muted));
    }
    if lines.is_empty() {
        let text = "It is about no order and no figure of stock: What, on the overview, and the attempts say all there is.";
        lines.push(DocLine::of(text, Role::Muted));
    }
    lines
}

/// The way to the lane it is about.
fn about_lane(sheet: &ExceptionSheet) -> Option<DocLine> {
    let lane = LaneKey::of_discriminator(&sheet.row.discriminator)?;
    let (state, role) = sheet.lane.as_ref().map_or_else(
        || ("nothing is outstanding".to_owned(), Role::Ok),
        words::lane_state,
    );
    let line = DocLine::labelled("Lane")
        .and(lane.to_string(), Role::Link)
        .and("  ", Role::Text)
        .and(state, role);
    Some(line.to(super::super::subject::lane_of(&sheet.row)))
}

/// The mapping that says whether its parcels get a number.
fn about_service(sheet: &ExceptionSheet) -> Option<DocLine> {
    let row = sheet.mapping.as_ref()?;
    let said = format!("{} leads to {}", row.from, row.to);
    let line = DocLine::labelled("Mapping").and(said, Role::Text);
    Some(line.and("; the key for mapping marks it untracked", Role::Muted))
}

/// Lines about deadlines, sleep, regression, outcome.
fn standing(row: &ExceptionRow, now: Ts) -> Vec<DocLine> {
    let mut lines = vec![DocLine::pair(
        "Due",
        format!(
            "take by {}, settle by {}",
            words::hour(row.ack_due_at, now),
            words::hour(row.resolve_due_at, now)
        ),
    )];
    if let Some(until) = row.snoozed_until {
        let condition = row
            .snooze_condition
            .as_ref()
            .map_or_else(String::new, |c| format!(" or {c}"));
        lines.push(DocLine::pair(
            "Sleeps",
            format!("until {}{condition}", words::hour(until, now)),
        ));
    }
    if let Some(who) = &row.waiting_for {
        lines.push(DocLine::pair("Waits for", who.clone()));
    }
    if row.is_regression {
        lines.push(
            DocLine::labelled("Again").and("it was settled before and came back", Role::Warn),
        );
    }
    if let Some(parent) = row.parent {
        lines.push(
            DocLine::labelled("Explained by")
                .and(format!("exception {parent}"), Role::Link)
                .to(Some(super::super::doc::Link::Exception(parent))),
        );
    }
    if let Some(outcome) = &row.outcome {
        lines.push(DocLine::pair("Outcome", outcome.clone()));
    }
    lines
}

fn member(member: &OccurrenceRow, sheet: &ExceptionSheet, now: Ts) -> DocLine {
    let (promise, role) = words::promise(member.ship_by, now);
    let link = link_of(&member.object, Some(&sheet.row.pair));
    let label_role = if link.is_some() {
        Role::Link
    } else {
        Role::Text
    };
    DocLine::of(pad(&member.label, 18), label_role)
        .and(" ", Role::Text)
        .and(pad_left(&promise, 10), role)
        .and(
            format!(
                " {} {}  ",
                pad_left(&text::money(member.value_minor), 9),
                pad_left(&words::age(member.began_at, now), 4)
            ),
            Role::Muted,
        )
        .and(member.detail.clone(), Role::Text)
        .to(link)
        .hanging(46)
}

fn attempts(sheet: &ExceptionSheet, now: Ts) -> Vec<DocLine> {
    if sheet.deliveries.is_empty() {
        return vec![DocLine::of(
            "Nothing has been sent for it: the members were stopped before.",
            Role::Muted,
        )];
    }
    let mut lines = Vec::new();
    for sheet in &sheet.deliveries {
        lines.push(delivery::line(&sheet.row, now));
        lines.extend(
            sheet
                .attempts
                .iter()
                .rev()
                .map(|a| delivery::attempt(a, now)),
        );
    }
    lines
}

/// The kind's runbook with this exception's values.
fn runbook(sheet: &ExceptionSheet, keys: &Keys, now: Ts) -> Vec<DocLine> {
    let row = &sheet.row;
    let members = text::count(row.members, "member", "members");
    let age = words::age(row.began_at, now);
    let worth = text::money(row.value_minor);
    let ship_by = row.ship_by.map(|at| words::hour(at, now));
    let first = sheet.members.first().map(|m| m.label.clone());
    let mut values = vec![
        ("discriminator", row.discriminator.as_str()),
        ("members", &members),
        ("pair", row.pair.as_str()),
        ("age", &age),
        ("worth", &worth),
        ("detail", row.detail.trim_end_matches('.')),
    ];
    values.extend(ship_by.as_deref().map(|v| ("ship_by", v)));
    values.extend(first.as_deref().map(|v| ("order", v)));
    markdown::lines(&handbook::fill(
        &keys.put_into(handbook::runbook(row.kind)),
        &values,
    ))
}
