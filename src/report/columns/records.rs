//! Columns of the mappings, of the journal and of what is on its way to a system.

use super::ListColumn;
use crate::desk::show_attributes;
use crate::domain::delivery::DeliveryRow;
use crate::domain::mapping::Mapping;
use crate::report::opt;
use crate::store::read::JournalRow;

type Mapped = ListColumn<Mapping>;
type Line = ListColumn<JournalRow>;
type Write = ListColumn<DeliveryRow>;

/// Every column of what is mapped; those on show at first stand first.
pub const MAPPINGS: &[Mapped] = &[
    Mapped::text("kind", "kind", 16, |m| m.kind.to_string())
        .drops(1)
        .by("kind"),
    Mapped::text("from", "value", 16, |m| m.from.clone())
        .share(3)
        .by("from"),
    Mapped::text("to", "means", 14, |m| m.to.clone())
        .share(3)
        .by("to"),
    Mapped::text("status", "status", 8, |m| match &m.broken {
        Some(_) => "broken".to_owned(),
        None => m.status.to_string(),
    })
    .drops(2)
    .unsorted("filter by status or broken instead"),
    Mapped::text("attributes", "with", 10, |m| show_attributes(&m.attributes))
        .share(2)
        .drops(4),
    Mapped::figure("used", "use", 6, |m| m.used_count.to_string())
        .drops(3)
        .by("used"),
    Mapped::time("last_used", "used", 5, |m| m.last_used_at)
        .drops(5)
        .by("last_used"),
    Mapped::text("author", "by", 8, |m| m.author.clone())
        .share(1)
        .drops(6)
        .by("author"),
    Mapped::time("changed", "change", 6, |m| Some(m.changed_at))
        .drops(7)
        .by("changed"),
    Mapped::text("broken", "broken", 14, |m| opt(m.broken.as_ref()))
        .extra()
        .share(1),
    Mapped::text("reason", "reason", 14, |m| m.reason.clone())
        .extra()
        .share(1),
    Mapped::figure("version", "version", 7, |m| m.version.to_string()).extra(),
    Mapped::text("pair", "pair", 8, |m| m.pair.to_string())
        .extra()
        .unsorted("one pair is on show at a time"),
];

/// The journal is a chain.
const IN_TIME: &str = "the journal is in order of time";

/// Every column of the journal.
pub const AUDIT: &[Line] = &[
    Line::time("time", "time", 12, |j| Some(j.at))
        .left()
        .by("seq"),
    Line::text("who", "who", 14, |j| j.actor.clone()).unsorted(IN_TIME),
    Line::text("what", "what", 17, |j| j.action.clone())
        .share(1)
        .unsorted(IN_TIME),
    Line::text("on", "on", 12, |j| {
        format!("{} {}", j.object.kind(), j.object.id())
    })
    .share(2)
    .drops(1)
    .unsorted(IN_TIME),
    Line::text("change", "change", 14, |j| {
        match (j.before.is_empty(), j.after.is_empty()) {
            (true, _) => j.after.clone(),
            (false, true) => format!("{} → (gone)", j.before),
            (false, false) => format!("{} → {}", j.before, j.after),
        }
    })
    .share(4)
    .unsorted(IN_TIME),
    Line::text("reason", "reason", 14, |j| j.reason.clone())
        .share(2)
        .drops(2)
        .unsorted(IN_TIME),
    Line::text("pair", "pair", 8, |j| opt(j.pair.as_ref()))
        .drops(3)
        .unsorted(IN_TIME),
    Line::figure("seq", "line", 8, |j| j.seq.to_string())
        .extra()
        .by("seq"),
    Line::text("before", "before", 14, |j| j.before.clone())
        .extra()
        .unsorted(IN_TIME),
    Line::text("after", "after", 14, |j| j.after.clone())
        .extra()
        .unsorted(IN_TIME),
    Line::text("exception", "exception", 9, |j| opt(j.exception.as_ref()))
        .extra()
        .unsorted(IN_TIME),
];

/// Every column of the outward writes that have not ended.
pub const DELIVERIES: &[Write] = &[
    Write::figure("id", "id", 7, |d| d.id.to_string()).by("id"),
    Write::text("flow", "flow", 14, |d| d.flow.to_string()),
    Write::text("object", "object", 14, |d| d.object.clone()),
    Write::text("to", "to", 8, |d| d.system.to_string()),
    Write::text("lane", "lane", 8, |d| d.lane.to_string()),
    Write::text("state", "state", 9, |d| d.state.to_string()),
    Write::figure("tries", "tries", 5, |d| d.attempts.to_string()),
    Write::time("due", "due", 5, |d| Some(d.due_at)).by("due"),
    Write::time("began", "age", 4, |d| Some(d.caused_at)).by("age"),
    Write::text("answer", "last answer", 20, |d| d.last_text.clone()),
    Write::text("pair", "pair", 8, |d| d.pair.to_string()).extra(),
    Write::time("promise", "promise", 10, |d| d.ship_by).extra(),
    Write::time("sent", "sent", 10, |d| d.sent_at).extra(),
    Write::text("key", "key", 20, |d| d.idem_key.clone()).extra(),
];
