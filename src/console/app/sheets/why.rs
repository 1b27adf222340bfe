//! Why an order is where it is, as the first lines of its page.

use super::super::doc::{DocLine, Link};
use super::super::words;
use crate::console::theme::Role;
use crate::domain::time::Ts;
use crate::domain::why::{Reason, Standing, Why};

const fn role(standing: Standing) -> Role {
    match standing {
        Standing::Stopped => Role::Error,
        Standing::Waiting => Role::Warn,
        Standing::Moving => Role::Ok,
        Standing::Ended => Role::Muted,
    }
}

const fn label(standing: Standing) -> &'static str {
    match standing {
        Standing::Stopped => "Not moving",
        Standing::Waiting => "Waiting",
        Standing::Moving => "Moving",
        Standing::Ended => "Finished",
    }
}

/// What holds it, or that nothing does.
pub fn lines(why: &Why, now: Ts) -> Vec<DocLine> {
    let since = words::clock(why.since, now);
    if why.reasons.is_empty() {
        let mut line =
            DocLine::labelled(label(why.standing)).and(why.place.clone(), role(why.standing));
        line = line.and(format!(" since {since}"), Role::Text);
        let mut lines = vec![line];
        lines.extend(said("  tallyman", &why.next, why.next_at, now));
        return lines;
    }
    let mut lines = Vec::new();
    for (at, reason) in why.reasons.iter().enumerate() {
        let is_as_above =
            at > 0 && why.reasons.get(at - 1).map(|r| r.standing) == Some(reason.standing);
        lines.extend(of_reason(reason, is_as_above, now));
    }
    lines
}

fn of_reason(reason: &Reason, is_as_above: bool, now: Ts) -> Vec<DocLine> {
    let head = if is_as_above {
        "and"
    } else {
        label(reason.standing)
    };
    let mut line = DocLine::labelled(head).and(reason.what.clone(), role(reason.standing));
    if let Some(since) = reason.since {
        line = line.and(format!("  since {}", words::clock(since, now)), Role::Muted);
    }
    let case = reason.case.map(Link::Exception);
    let mut lines = vec![line.to(case.or(reason.delivery.map(Link::Delivery)))];
    lines.extend(said("  tallyman", &reason.next, reason.next_at, now));
    let way = reason.way.words();
    if !way.is_empty() {
        lines.push(DocLine::labelled("  you can").and(way, Role::Accent));
    }
    lines
}

fn said(label: &str, what: &str, next_at: Option<Ts>, now: Ts) -> Option<DocLine> {
    if what.is_empty() {
        return None;
    }
    let mut line = DocLine::labelled(label).and(what, Role::Text);
    if let Some(at) = next_at.filter(|at| *at != Ts::NEVER) {
        let when = if at <= now {
            "due now".to_owned()
        } else {
            format!("next at {}", words::clock(at, now))
        };
        line = line.and(format!("  {when}"), Role::Muted);
    }
    Some(line)
}
