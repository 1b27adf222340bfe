//! Acts on many cases or orders: the list of them, and one with what became of each.

use super::super::doc::{Doc, DocLine, Link, pad};
use super::super::words;
use crate::console::theme::Role;
use crate::desk::{BULK_ITEMS_MAX, BulkPage};
use crate::domain::bulk::{Bulk, BulkItem, BulkState, BulkTarget, common_reason, tally};
use crate::domain::time::Ts;
use crate::text::age;

/// What the breadcrumb says of the list.
pub const TITLE: &str = "Bulk acts";

/// Columns of a bar that is full.
const BAR_COLUMNS: i64 = 30;
/// Reasons told together before the single ones.
const REASONS_MAX: usize = 8;
/// Columns of a number.
const NUMBER_COLUMNS: usize = 9;
/// Where the words of a list begin.
const HANG: u16 = 18;
/// Columns of a name.
const LABEL_COLUMNS: usize = 36;

const fn role(state: BulkState) -> Role {
    match state {
        BulkState::Running => Role::Accent,
        BulkState::Ended => Role::Ok,
        BulkState::Stopped => Role::Warn,
    }
}

/// What the breadcrumb says of one.
pub fn title(bulk: &Bulk) -> String {
    format!("Bulk act {}", bulk.id)
}

/// The list.
pub fn list(bulks: &[Bulk], now: Ts) -> Doc {
    let says = if bulks.is_empty() {
        "None yet: mark cases or orders (space, B, *) and act on them; more than 20 are worked through by the engine."
    } else {
        "The newest first. Enter opens one."
    };
    let head = vec![
        DocLine::of(TITLE, Role::Title),
        DocLine::of(says, Role::Muted).hanging(2),
    ];
    let mut lines = Vec::new();
    for bulk in bulks {
        let when = words::clock(bulk.began_at, now);
        lines.push(
            DocLine::of(pad(&bulk.id.to_string(), NUMBER_COLUMNS), Role::Link)
                .and(pad(&bulk.state.to_string(), 9), role(bulk.state))
                .and(bulk.act.says(), Role::Text)
                .to(Some(Link::Bulk(bulk.id)))
                .hanging(HANG),
        );
        let far = format!("{}, by {} at {when}", bulk.counts(), bulk.who);
        lines.push(
            DocLine::of(" ".repeat(usize::from(HANG)), Role::Text)
                .and(far, Role::Muted)
                .hanging(HANG),
        );
    }
    Doc {
        head,
        tabs: Vec::new(),
    }
    .tab("Acts", lines)
}

/// One of them. `bar` is the sign of what is done.
pub fn doc(page: &BulkPage, now: Ts, bar: &str) -> Doc {
    let bulk = &page.bulk;
    let mut head = vec![
        DocLine::of(format!("{}: {}", title(bulk), bulk.act.says()), Role::Title).hanging(2),
        DocLine::labelled("State")
            .and(bulk.state.to_string(), role(bulk.state))
            .and(format!(", {}", bulk.counts()), Role::Text),
        DocLine::labelled("Begun").and(
            format!("by {} at {}", bulk.who, words::clock(bulk.began_at, now)),
            Role::Text,
        ),
    ];
    let tried = bulk.done + bulk.refused;
    let full = usize::try_from(BAR_COLUMNS * tried / bulk.total.max(1)).unwrap_or(0);
    let percent = 100 * tried / bulk.total.max(1);
    let mut far = DocLine::labelled("Progress")
        .and(bar.repeat(full), Role::Accent)
        .and(format!(" {percent} %"), Role::Text);
    if let Some(rest) = bulk.rest(now) {
        far = far.and(format!(", about {} more", age(rest.as_secs())), Role::Muted);
    }
    head.push(far);
    if let Some(ended) = bulk.ended_at {
        head.push(DocLine::labelled("Ended").and(words::clock(ended, now), Role::Text));
    }
    let counted = |name: &str, n: i64| format!("{name} {n}");
    Doc {
        head,
        tabs: Vec::new(),
    }
    .tab(counted("Refused", bulk.refused), refused(page))
    .tab(counted("Done", bulk.done), items(&page.done, bulk.done))
    .tab(
        counted("Not tried", bulk.left()),
        items(&page.waiting, bulk.left()),
    )
}

fn refused(page: &BulkPage) -> Vec<DocLine> {
    if page.refused.is_empty() {
        return vec![DocLine::of("Nothing was refused.", Role::Ok)];
    }
    let reasons = page.refused.iter();
    let reasons = tally(reasons.map(|item| match item.target {
        BulkTarget::Case(id) => common_reason(&item.text, id),
        BulkTarget::Order(_) => item.text.clone(),
    }));
    let mut lines = Vec::new();
    for (why, count) in reasons.iter().take(REASONS_MAX) {
        lines.push(
            DocLine::of(pad(&count.to_string(), 7), Role::Warn)
                .and(why.clone(), Role::Text)
                .hanging(7),
        );
    }
    if reasons.len() > REASONS_MAX {
        let more = format!("and {} other reasons", reasons.len() - REASONS_MAX);
        lines.push(DocLine::of(more, Role::Muted));
    }
    lines.push(DocLine::blank());
    lines.extend(items(&page.refused, page.bulk.refused));
    lines
}

fn items(items: &[BulkItem], all: i64) -> Vec<DocLine> {
    if items.is_empty() {
        return vec![DocLine::of("None.", Role::Muted)];
    }
    let mut lines: Vec<DocLine> = items
        .iter()
        .map(|item| {
            DocLine::of(
                pad(&item.target.number().to_string(), NUMBER_COLUMNS),
                Role::Link,
            )
            .and(pad(&item.label, LABEL_COLUMNS), Role::Text)
            .and(format!(" {}", item.text), Role::Muted)
            .to(Some(match item.target {
                BulkTarget::Case(id) => Link::Exception(id),
                BulkTarget::Order(id) => Link::Order(id),
            }))
            .hanging(u16::try_from(NUMBER_COLUMNS).unwrap_or(0))
        })
        .collect();
    let more = all.saturating_sub(i64::try_from(items.len()).unwrap_or(i64::MAX));
    if more > 0 && items.len() >= BULK_ITEMS_MAX {
        let text = format!("and {more} more; `tallyman bulk show` lists all of them");
        lines.push(DocLine::of(text, Role::Muted));
    }
    lines
}
