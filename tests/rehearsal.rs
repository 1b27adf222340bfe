//! Seeds of a trading day with faults and process deaths, judged by the invariants.
//! `tallyman rehearse --seeds N` plays as many more as there is time for.
//! A red seed prints how to play it again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use tallyman::rehearsal::{Plan, play};

async fn seeds(range: std::ops::Range<u64>) {
    tallyman::vendors::transport::install_crypto();
    let mut red = Vec::new();
    let (mut deaths, mut faults) = (0, 0);
    for seed in range {
        let plan = Plan::day(seed);
        let report = play(&plan)
            .await
            .unwrap_or_else(|error| panic!("{error}; play it again: {}", plan.replay()));
        deaths += report.deaths;
        faults += report.faults.iter().map(|(_, n)| n).sum::<u64>();
        if !report.is_green() {
            red.push(report.text());
        }
    }
    assert!(
        red.is_empty(),
        "{} red seeds:\n{}",
        red.len(),
        red.join("\n")
    );
    assert!(
        deaths > 0 && faults > 0,
        "the plan is too tame: {deaths} deaths, {faults} faults"
    );
}

macro_rules! day {
    ($($name:ident: $range:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
        async fn $name() {
            seeds($range).await;
        }
    )*};
}

day! {
    trading_days_1_to_10_keep_every_promise: 1..11;
    trading_days_101_to_110_keep_every_promise: 101..111;
}
