use super::*;
use crate::domain::delivery::Lane;
use proptest::prelude::*;

fn at_ms(ms: i64) -> Ts {
    Ts(1_800_000_000_000_000) + Span::ms(ms)
}

const fn window(per_minute: u32) -> Rate {
    Rate::Window { per_minute }
}

/// Calls made when every chance is taken, by asking again at the time the bucket names.
fn greedy(per_minute: u32, seconds: i64) -> Vec<Ts> {
    let mut bucket = Bucket::new(window(per_minute), at_ms(0));
    let end = at_ms(seconds * 1_000);
    let mut now = at_ms(0);
    let mut calls = Vec::new();
    while now < end {
        if bucket.take(now) {
            calls.push(now);
        } else {
            let next = bucket.next_at(now);
            assert!(next > now, "an empty bucket must name a later time");
            now = next;
        }
    }
    calls
}

fn most_in_a_minute(calls: &[Ts]) -> usize {
    (0..calls.len())
        .map(|i| {
            calls[i..]
                .iter()
                .take_while(|t| t.since(calls[i]) < Span::mins(1))
                .count()
        })
        .max()
        .unwrap_or(0)
}

#[test]
fn a_greedy_caller_keeps_the_limit_and_uses_nearly_all_of_it() {
    for limit in [1u32, 2, 60, 150, 250] {
        let calls = greedy(limit, 600);
        let most = most_in_a_minute(&calls);
        assert!(most <= limit as usize, "{limit}: {most} in a minute");
        // A very small limit pays for its burst of one.
        let least = if limit < 60 { 45 } else { 95 };
        assert!(
            calls.len() * 100 >= limit as usize * 10 * least,
            "{limit}: only {}",
            calls.len()
        );
    }
}

#[test]
fn a_limit_of_zero_lets_nothing_through() {
    let mut bucket = Bucket::new(window(0), at_ms(0));
    assert!(!bucket.take(at_ms(100_000)));
    assert_eq!(bucket.next_at(at_ms(0)), Ts::NEVER);
}

#[test]
fn a_bucket_starts_nearly_empty_and_never_saves_up_more_than_its_burst() {
    let mut bucket = Bucket::new(window(250), at_ms(0));
    assert_eq!(bucket.available(at_ms(0)), 1);
    assert_eq!(bucket.available(at_ms(3_600_000)), 5);
    assert!(bucket.take(at_ms(0)));
    assert!(!bucket.take(at_ms(0)));
    assert!(
        !bucket.take(at_ms(-5_000)),
        "a clock set back gives nothing"
    );
}

#[test]
fn keys_have_budgets_of_their_own_and_a_throttle_pauses_them_all() {
    let limits = [("a".to_owned(), window(60)), ("b".to_owned(), window(60))];
    let mut budgets = Budgets::new(limits, at_ms(0));
    assert!(budgets.try_take("a", at_ms(0)));
    assert!(!budgets.try_take("a", at_ms(0)));
    assert!(budgets.try_take("b", at_ms(0)));
    assert_eq!(budgets.spent_last_minute("a", at_ms(0)), 1);
    budgets.pause_until(at_ms(60_000));
    budgets.pause_until(at_ms(30_000));
    assert!(!budgets.try_take("b", at_ms(59_999)));
    assert_eq!(budgets.next_at("b", at_ms(0)), at_ms(60_000));
    assert!(budgets.try_take("b", at_ms(60_000)));
    assert_eq!(budgets.paused_until(), None);
    assert_eq!(budgets.spent_last_minute("a", at_ms(60_000)), 0);
}

#[test]
fn an_undeclared_key_is_not_unlimited() {
    let mut budgets = Budgets::new([], at_ms(0));
    let made = (0..60_000)
        .filter(|ms| budgets.try_take("new", at_ms(*ms)))
        .count();
    assert!((50..=60).contains(&made), "{made}");
}

#[test]
fn sharing_an_account_halves_every_limit() {
    let mut budgets = Budgets::new(
        [("a".to_owned(), window(250)), ("b".to_owned(), window(1))],
        at_ms(0),
    );
    budgets.scale(50, at_ms(0));
    assert_eq!((budgets.limit("a"), budgets.limit("b")), (125, 1));
    budgets.scale(100, at_ms(0));
    assert_eq!(budgets.limit("a"), 250);
}

#[test]
fn a_leaky_bucket_is_spent_at_once_with_room_to_spare_and_shrinks_with_its_flow() {
    let rate = Rate::Leaky {
        per_minute: 240,
        at_once: 40,
    };
    let mut budgets = Budgets::new([("store".to_owned(), rate)], at_ms(0));
    assert_eq!(budgets.available("store", at_ms(0)), 1);
    assert_eq!(budgets.available("store", at_ms(60_000)), 32);
    assert_eq!(budgets.limit("store"), 272);
    budgets.scale(50, at_ms(60_000));
    assert_eq!(budgets.available("store", at_ms(60_000)), 16);
    assert_eq!(budgets.limit("store"), 136);
}

proptest! {
    /// The vendor's own bucket, 40 deep and drained four times a second, never runs over.
    #[test]
    fn a_leaky_bucket_never_runs_over_at_the_vendor(
        gaps in proptest::collection::vec((0i64..9_000, 0i64..1_500), 1..200),
    ) {
        let rate = Rate::Leaky { per_minute: 240, at_once: 40 };
        let mut bucket = Bucket::new(rate, at_ms(0));
        let (mut now, mut arrived, mut level_milli) = (at_ms(0), at_ms(0), 0i64);
        for (gap, delay) in gaps {
            now = now + Span::ms(gap);
            while bucket.take(now) {
                // On its way it may lose up to a second and a half: calls sent apart arrive together.
                let at = arrived.max(now + Span::ms(delay));
                level_milli = (level_milli - at.since(arrived).as_ms() * 4).max(0) + 1_000;
                arrived = at;
                prop_assert!(level_milli <= 40_000, "{level_milli}");
            }
        }
    }

    #[test]
    fn no_window_of_a_minute_ever_exceeds_the_limit(
        limit in 0u32..300,
        gaps in proptest::collection::vec(0i64..3_000, 1..400),
    ) {
        let mut bucket = Bucket::new(window(limit), at_ms(0));
        let mut now = at_ms(0);
        let mut calls = Vec::new();
        for gap in gaps {
            now = now + Span::ms(gap);
            while bucket.take(now) {
                calls.push(now);
            }
        }
        prop_assert!(most_in_a_minute(&calls) <= limit as usize);
    }
}

/// The lanes picked in turn when these always have work and each call costs one.
fn picks(scheduler: &mut LaneScheduler, runnable: &[Lane], n: usize) -> Vec<Lane> {
    (0..n)
        .map(|_| {
            let lane = scheduler.pick(runnable).unwrap();
            scheduler.charge(lane, 1);
            lane
        })
        .collect()
}

fn count(picked: &[Lane], lane: Lane) -> usize {
    picked.iter().filter(|l| **l == lane).count()
}

#[test]
fn at_full_load_every_lane_gets_its_share() {
    let picked = picks(&mut LaneScheduler::new(), Lane::ALL, 1_000);
    for (lane, share) in [
        (Lane::Priority, 200),
        (Lane::Despatch, 300),
        (Lane::Orders, 250),
        (Lane::StockFifo, 75),
        (Lane::Stock, 75),
        (Lane::Other, 50),
        (Lane::Read, 50),
    ] {
        assert!(
            count(&picked, lane).abs_diff(share) <= 2,
            "{lane}: {}",
            count(&picked, lane)
        );
    }
}

#[test]
fn an_unused_share_is_borrowed_and_handed_back_at_once() {
    let mut scheduler = LaneScheduler::new();
    let alone = picks(&mut scheduler, &[Lane::Read], 500);
    assert_eq!(count(&alone, Lane::Read), 500);
    let both = picks(&mut scheduler, &[Lane::Read, Lane::Orders], 60);
    assert!(
        count(&both, Lane::Orders) >= 49,
        "{}",
        count(&both, Lane::Orders)
    );
    assert!(
        count(&both, Lane::Read) >= 9,
        "{}",
        count(&both, Lane::Read)
    );
}

#[test]
fn a_lane_that_was_idle_has_saved_nothing_up() {
    let mut scheduler = LaneScheduler::new();
    picks(&mut scheduler, &[Lane::Orders], 10_000);
    let after = picks(&mut scheduler, &[Lane::Orders, Lane::Despatch], 110);
    assert!(
        count(&after, Lane::Despatch).abs_diff(60) <= 2,
        "{}",
        count(&after, Lane::Despatch)
    );
}

#[test]
fn a_cancellation_arriving_at_full_load_goes_next() {
    let mut scheduler = LaneScheduler::new();
    let rest = [
        Lane::Despatch,
        Lane::Orders,
        Lane::Stock,
        Lane::Other,
        Lane::Read,
    ];
    for warm_up in 0..40 {
        picks(&mut scheduler, &rest, warm_up);
        assert_eq!(
            scheduler.pick(Lane::ALL),
            Some(Lane::Priority),
            "after {warm_up}"
        );
        scheduler.charge(Lane::Priority, 1);
        picks(&mut scheduler, &rest, 1);
    }
}

#[test]
fn nothing_runnable_is_nothing_picked() {
    assert_eq!(LaneScheduler::new().pick(&[]), None);
}

#[test]
fn the_reserved_shares_make_a_whole() {
    assert_eq!(SHARES.iter().map(|(_, share)| share).sum::<u64>(), 100);
    assert_eq!(LaneScheduler::share_percent(Lane::StockFifo), 15);
    assert_eq!(LaneScheduler::share_percent(Lane::Stock), 15);
}

proptest! {
    #[test]
    fn no_lane_with_work_starves_whatever_the_others_do(
        steps in proptest::collection::vec((any::<u8>(), 1u64..4), 300..600),
    ) {
        let mut scheduler = LaneScheduler::new();
        let mut reads = 0;
        let total = steps.len();
        for (mask, calls) in steps {
            let mut runnable: Vec<Lane> = Lane::ALL.iter().copied()
                .filter(|l| mask & (1 << l.code()) != 0 && *l != Lane::Read)
                .collect();
            runnable.push(Lane::Read);
            let lane = scheduler.pick(&runnable).unwrap();
            prop_assert!(runnable.contains(&lane));
            scheduler.charge(lane, calls);
            reads += usize::from(lane == Lane::Read);
        }
        // Its share is a twentieth; charges of up to three calls may thin the picks out.
        prop_assert!(reads * 60 >= total, "{} of {}", reads, total);
    }
}
