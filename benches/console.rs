//! First paint, key to paint, bytes to the terminal. `tallyman bench console` takes the same figures.

mod support;

use tallyman::bench::console;

#[tokio::main]
async fn main() {
    if !support::is_bench() {
        return;
    }
    let options = console::ConsoleOptions {
        orders: 100_000,
        occurrences: 10_000,
        store_url: None,
        folder: None,
    };
    support::show(console::run(&options).await);
}
