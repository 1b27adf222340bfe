//! Seeds of a trading day with faults and process deaths, judged by the invariants.
//! `tallyman rehearse --seeds N` plays as many more as there is time for.
//! A red seed prints how to play it again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/one_core.rs"]
mod one_core;

use tallyman::rehearsal::{Plan, play, twin};

async fn seeds(range: std::ops::Range<u64>) {
    one_core::keep_to_one_core();
    tallyman::vendors::transport::install_crypto();
    let mut red = Vec::new();
    let (mut deaths, mut faults) = (0, 0);
    for plan in range.map(Plan::day) {
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
        #[tokio::test]
        async fn $name() {
            seeds($range).await;
        }
    )*};
}

day! {
    trading_days_1_to_50_keep_every_promise: 1..51;
    trading_days_51_to_100_keep_every_promise: 51..101;
    trading_days_101_to_150_keep_every_promise: 101..151;
    trading_days_151_to_200_keep_every_promise: 151..201;
    trading_days_201_to_250_keep_every_promise: 201..251;
    trading_days_251_to_300_keep_every_promise: 251..301;
    trading_days_301_to_350_keep_every_promise: 301..351;
    trading_days_351_to_400_keep_every_promise: 351..401;
    trading_days_401_to_450_keep_every_promise: 401..451;
    trading_days_451_to_500_keep_every_promise: 451..501;
}

#[tokio::test]
async fn a_day_with_faults_and_deaths_ends_like_the_same_day_without() {
    one_core::keep_to_one_core();
    tallyman::vendors::transport::install_crypto();
    let mut told = Vec::new();
    for seed in 1..7 {
        let differences = twin(seed, 60).await.unwrap();
        told.extend(differences.into_iter().map(|d| format!("seed {seed}: {d}")));
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[tokio::test]
async fn a_seed_plays_the_same_way_twice() {
    one_core::keep_to_one_core();
    tallyman::vendors::transport::install_crypto();
    let plan = Plan::day(7);
    let (first, second) = (play(&plan).await.unwrap(), play(&plan).await.unwrap());
    assert!(first.deaths > 0);
    assert_eq!(first.fingerprint, second.fingerprint, "{}", plan.replay());
}
