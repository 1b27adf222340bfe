//! Loops: our own writes coming back, two systems overwriting each other, writes multiplying.

use super::policy::Policy;
use super::time::{Span, Ts};
use std::collections::BTreeMap;

/// A value seen this soon after we wrote it is our own.
pub const ECHO_WINDOW: Span = Span::mins(2);

/// This many writes without any change of the figure to write are a fight, however the values look.
pub const UNEXPLAINED_WRITES_MAX: usize = 6;

/// More writes than this per physical movement are an amplification.
pub const WRITES_PER_MOVEMENT_MAX: i64 = 3;

/// Fewer writes than this are never an amplification: one buffer change writes a handful without any movement.
pub const AMPLIFICATION_WRITES_MIN: i64 = 20;

/// Whether the figure of one item and place is being fought over: within the policy's window it returns to earlier
/// values `loop_flips` times or more, or the same value was written again [`UNEXPLAINED_WRITES_MAX`] times. `history` is
/// what we wrote, `source_changes` what the source showed that we had not written, both (time, value). The text says
/// what was seen.
///
/// A figure that sells down and is raised by a cancellation now and then passes many values and comes back to each of
/// them once: that is trade. A fight comes back to one value again and again, or knows few values at all.
pub fn oscillates(
    history: &[(Ts, i64)],
    source_changes: &[(Ts, i64)],
    policy: &Policy,
    now: Ts,
) -> Option<String> {
    let from = now - policy.loop_window;
    let is_recent = |(at, _): &&(Ts, i64)| *at >= from && *at <= now;
    let mut seen: Vec<(Ts, i64)> = history
        .iter()
        .filter(is_recent)
        .chain(source_changes.iter().filter(is_recent))
        .copied()
        .collect();
    seen.sort_by_key(|(at, _)| *at);

    let minutes = policy.loop_window.as_secs() / 60;
    let back = returns_to_earlier(&seen);
    let (returns, flips) = (back.times, policy.loop_flips.max(1));
    if returns >= flips && (back.times_to_one >= flips || returns >= back.values) {
        let values: Vec<String> = seen.iter().map(|(_, v)| v.to_string()).collect();
        return Some(format!(
            "the figure returned to an earlier value {returns} times in {minutes} minutes: {}",
            values.join(" → ")
        ));
    }
    let repeats = history
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.1 == b.1 && b.0 >= from && b.0 <= now))
        .count();
    (repeats >= UNEXPLAINED_WRITES_MAX).then(|| {
        format!("the same figure was written {repeats} times again in {minutes} minutes, and nothing moved in the warehouse")
    })
}

/// How often a series comes back to values it had left.
#[derive(Debug, Default)]
struct Returns {
    times: i64,
    /// To the value it comes back to most often.
    times_to_one: i64,
    /// Different values of the series.
    values: i64,
}

fn returns_to_earlier(seen: &[(Ts, i64)]) -> Returns {
    let mut times: BTreeMap<i64, i64> = BTreeMap::new();
    let mut last = None;
    for (_, value) in seen {
        if last != Some(*value) {
            times.entry(*value).and_modify(|n| *n += 1).or_insert(0);
        }
        last = Some(*value);
    }
    Returns {
        times: times.values().sum(),
        times_to_one: times.values().copied().max().unwrap_or(0),
        values: i64::try_from(times.len()).unwrap_or(i64::MAX),
    }
}

/// Whether a pair writes far more figures than goods moved (over 15 minutes, counted by the caller).
pub fn amplifies(writes: i64, movements: i64) -> bool {
    writes >= AMPLIFICATION_WRITES_MIN
        && writes > movements.max(0).saturating_mul(WRITES_PER_MOVEMENT_MAX)
}

/// Whether a value seen at the source is only our last write coming back: recorded, not acted on.
pub fn is_echo(last_write: Option<(Ts, i64)>, seen: i64, now: Ts) -> bool {
    last_write.is_some_and(|(at, value)| {
        let age = now.since(at);
        value == seen && age >= Span::ZERO && age <= ECHO_WINDOW
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minutes: i64) -> Ts {
        Ts(1_800_000_000_000_000) + Span::mins(minutes)
    }

    fn series(values: &[(i64, i64)]) -> Vec<(Ts, i64)> {
        values.iter().map(|(m, v)| (at(*m), *v)).collect()
    }

    #[test]
    fn two_writers_taking_turns_are_a_loop() {
        let ours = series(&[(0, 10), (10, 10), (20, 10)]);
        let theirs = series(&[(5, 7), (15, 7)]);
        let found = oscillates(&ours, &theirs, &Policy::linnworks(), at(21)).unwrap();
        assert!(
            found.contains("3 times") && found.contains("10 → 7 → 10"),
            "{found}"
        );
    }

    #[test]
    fn a_fight_that_ended_an_hour_ago_is_over() {
        let ours = series(&[(0, 10), (10, 10), (20, 10)]);
        let theirs = series(&[(5, 7), (15, 7)]);
        assert_eq!(
            oscillates(&ours, &theirs, &Policy::linnworks(), at(80)),
            None
        );
    }

    #[test]
    fn ordinary_selling_and_one_cancellation_are_no_loop() {
        let ours = series(&[(0, 10), (5, 9), (10, 8), (15, 9), (20, 7)]);
        assert_eq!(oscillates(&ours, &[], &Policy::linnworks(), at(21)), None);
    }

    #[test]
    fn a_fast_seller_with_a_few_cancellations_is_no_loop() {
        let sold = [769, 770, 769, 769, 768, 767, 766, 765, 766, 765, 764, 763];
        let ours: Vec<(Ts, i64)> = (0..).zip(sold).map(|(m, v)| (at(m), v)).collect();
        assert_eq!(oscillates(&ours, &[], &Policy::linnworks(), at(13)), None);
    }

    #[test]
    fn another_writer_against_a_figure_that_sells_is_a_loop() {
        let ours = series(&[(0, 10), (6, 9), (12, 8), (18, 7)]);
        let theirs = series(&[(3, 50), (9, 50), (15, 50), (21, 50)]);
        let found = oscillates(&ours, &theirs, &Policy::linnworks(), at(22)).unwrap();
        assert!(found.contains("50 → 7 → 50"), "{found}");
    }

    #[test]
    fn writing_one_figure_again_and_again_is_a_loop() {
        let six = series(&[(0, 4), (4, 4), (8, 4), (12, 4), (16, 4), (20, 4)]);
        assert_eq!(oscillates(&six, &[], &Policy::linnworks(), at(21)), None);
        let seven = series(&[(0, 4), (4, 4), (8, 4), (12, 4), (16, 4), (20, 4), (24, 4)]);
        let found = oscillates(&seven, &[], &Policy::linnworks(), at(25)).unwrap();
        assert!(found.contains("6 times again"), "{found}");
    }

    #[test]
    fn writes_without_movements_amplify() {
        assert!(amplifies(20, 0));
        assert!(amplifies(31, 10));
        assert!(!amplifies(30, 10));
        assert!(!amplifies(19, 0));
    }

    #[test]
    fn our_own_figure_within_two_minutes_is_an_echo() {
        let write = Some((at(0), 12));
        assert!(is_echo(write, 12, at(2)));
        assert!(!is_echo(write, 12, at(3)));
        assert!(!is_echo(write, 11, at(1)));
        assert!(!is_echo(write, 12, at(-1)));
        assert!(!is_echo(None, 12, at(1)));
    }

    proptest! {
        #[test]
        fn a_figure_that_only_falls_is_never_a_loop(mut values in proptest::collection::vec(0i64..1000, 0..12)) {
            values.sort_unstable();
            values.dedup();
            values.reverse();
            let history: Vec<(Ts, i64)> = values.iter().enumerate()
                .map(|(i, v)| (at(i64::try_from(i).unwrap()), *v)).collect();
            prop_assert_eq!(oscillates(&history, &[], &Policy::linnworks(), at(15)), None);
        }
    }
}
