//! Columns of the list of exceptions.

use super::ListColumn;
use crate::domain::exception::ExceptionRow;
use crate::text;

type Column = ListColumn<ExceptionRow>;

/// Every column; those on show at first stand first.
pub const EXCEPTIONS: &[Column] = &[
    Column::text("severity", "S", 2, |e| e.severity.to_string()).by("severity"),
    Column::time("promise", "promise", 10, |e| e.ship_by).by("promise"),
    Column::text("state", "state", 9, |e| e.state.to_string())
        .drops(1)
        .by("state"),
    Column::text("what", "what", 20, |e| {
        let again = if e.is_regression { "again: " } else { "" };
        format!("{again}{}", e.title())
    })
    .share(4)
    .by("kind"),
    Column::text("value", "value", 13, |e| cause(&e.discriminator).to_owned())
        .share(1)
        .unsorted("causes are of many kinds; sort by kind"),
    Column::figure("members", "members", 7, |e| e.members.to_string())
        .drops(2)
        .by("members"),
    Column::text("team", "team", 11, |e| e.team.to_string())
        .drops(3)
        .by("team"),
    Column::text("person", "person", 8, |e| {
        e.person.clone().unwrap_or_default()
    })
    .share(1)
    .drops(6)
    .by("person"),
    Column::time("began", "age", 4, |e| Some(e.began_at))
        .drops(5)
        .by("age"),
    Column::figure("stake", "at stake", 10, |e| text::money(e.value_minor))
        .drops(7)
        .by("value"),
    Column::text("kind", "kind", 24, |e| e.kind.code().to_owned())
        .drops(8)
        .by("kind"),
    Column::text("pair", "pair", 10, |e| e.pair.to_string())
        .drops(9)
        .unsorted("filter by pair instead"),
    Column::figure("id", "id", 7, |e| e.id.to_string())
        .extra()
        .unsorted("sort by age: numbers follow it"),
    Column::text("detail", "detail", 20, |e| e.detail.clone())
        .extra()
        .share(2),
    Column::time("answer_by", "answer by", 12, |e| Some(e.ack_due_at)).extra(),
    Column::time("settle_by", "settle by", 12, |e| Some(e.resolve_due_at)).extra(),
    Column::time("sleeps_until", "sleeps until", 12, |e| e.snoozed_until).extra(),
    Column::text("waits_for", "waits for", 10, |e| {
        e.waiting_for.clone().unwrap_or_default()
    })
    .extra()
    .share(1),
    Column::time("last_seen", "last seen", 12, |e| Some(e.last_seen_at)).extra(),
];

/// The value behind a discriminator: `SERVICE=Tracked 48` says `Tracked 48`.
fn cause(discriminator: &str) -> &str {
    discriminator
        .split_once('=')
        .map_or(discriminator, |(_, value)| value)
}
