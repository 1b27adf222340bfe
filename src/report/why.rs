//! Why an order is where it is, as text.

use super::print::at;
use crate::domain::ids::PairId;
use crate::domain::why::Why;
use crate::text::clean;

/// What holds it, what tallyman does next, and what a person can do, with the verb that does it.
pub fn why_text(why: &Why, number: &str, pair: &PairId) -> String {
    let since = at(Some(why.since));
    let mut out = format!(
        "Why: {}, {} since {since} UTC\n",
        why.standing.words(),
        clean(&why.place)
    );
    let when = |next: &str, next_at| match at(next_at) {
        time if time.is_empty() => clean(next),
        time => format!("{} Next at {time} UTC.", clean(next)),
    };
    if !why.next.is_empty() {
        out.push_str(&format!("  tallyman: {}\n", when(&why.next, why.next_at)));
    }
    for reason in &why.reasons {
        let since = match at(reason.since) {
            time if time.is_empty() => String::new(),
            time => format!(" (since {time} UTC)"),
        };
        out.push_str(&format!("  - {}{since}\n", clean(&reason.what)));
        let next = when(&reason.next, reason.next_at);
        out.push_str(&format!("      tallyman: {next}\n"));
        let way = reason.way.words();
        if !way.is_empty() {
            out.push_str(&format!("      you can: {}\n", clean(&way)));
        }
        if let Some(verb) = reason.way.verb(number, pair) {
            out.push_str(&format!("      $ {}\n", clean(&verb)));
        }
    }
    out
}
