//! Orders from source to confirmed despatch, and calls against the limits' floor. `tallyman bench engine` takes the same figures.

mod support;

use tallyman::bench::{calls, engine};
use tallyman::rehearsal::SOURCES;

#[tokio::main]
async fn main() {
    if !support::is_bench() {
        return;
    }
    let options = engine::EngineOptions {
        orders: 1_000,
        store_url: None,
        folder: None,
        seed: 1,
    };
    support::show(engine::run(&options).await);
    for source in SOURCES {
        let options = calls::CallOptions {
            orders: 1_000,
            folder: None,
            seed: 1,
            source,
        };
        support::show(calls::run(&options).await);
    }
}
