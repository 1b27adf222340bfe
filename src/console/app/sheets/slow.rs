//! What the page says when somebody asks why this is slow.

use super::super::ask::Live;
use super::super::doc::{Doc, DocLine, Link, pad};
use crate::console::theme::Role;
use crate::domain::time::Ts;
use crate::report::{Finding, Spot, Weight, all_well, why_slow};

/// What the breadcrumb says.
pub const TITLE: &str = "Why is this slow?";

/// Columns of the word before each reason.
const WORD_COLUMNS: usize = 9;

/// The document.
pub fn doc(live: &Live, now: Ts) -> Doc {
    let found = why_slow(&live.flows, &live.systems, now);
    let mut head = vec![DocLine::of(TITLE, Role::Title)];
    let mut lines = Vec::new();
    if found.is_empty() {
        head.push(DocLine::of(all_well(&live.flows, &live.systems, now), Role::Ok).hanging(2));
    } else {
        let count = |weight| found.iter().filter(|f| f.weight == weight).count();
        head.push(DocLine::of(
            format!(
                "{} stopped, {} slowed, {} to watch; the worst first. Enter on a flow opens it.",
                count(Weight::Stopped),
                count(Weight::Slowed),
                count(Weight::Watch)
            ),
            Role::Muted,
        ));
        for finding in &found {
            lines.extend(told(finding));
        }
    }
    Doc {
        head,
        tabs: Vec::new(),
    }
    .tab("Reasons", lines)
}

fn told(finding: &Finding) -> [DocLine; 3] {
    let role = match finding.weight {
        Weight::Stopped => Role::Error,
        Weight::Slowed => Role::Warn,
        Weight::Watch => Role::Accent,
    };
    let hang = u16::try_from(WORD_COLUMNS).unwrap_or(0);
    let mut says = DocLine::of(pad(finding.weight.word(), WORD_COLUMNS), role)
        .and(finding.says.clone(), Role::Text)
        .hanging(hang);
    if let Spot::Flow { pair, flow } = &finding.spot {
        says = says.to(Some(Link::Flow {
            pair: pair.clone(),
            flow: *flow,
        }));
    }
    let next = DocLine::of(pad("", WORD_COLUMNS), Role::Text)
        .and(finding.next.clone(), Role::Muted)
        .hanging(hang);
    [says, next, DocLine::blank()]
}
