//! Comparing stock figures against merely reading them. `tallyman bench drift` takes the same figures.

mod support;

use tallyman::bench::drift;

#[tokio::main]
async fn main() {
    if !support::is_bench() {
        return;
    }
    let options = drift::DriftOptions {
        rows: 200_000,
        store_url: None,
        folder: None,
    };
    support::show(drift::run(&options).await);
}
