//! Durable jobs a second against flushes of the disk. `tallyman bench queue` takes the same figures.

mod support;

use tallyman::bench::queue;

#[tokio::main]
async fn main() {
    if !support::is_bench() {
        return;
    }
    let options = queue::QueueOptions {
        jobs: 5_000,
        store_url: None,
        folder: None,
    };
    support::show(queue::run(&options).await);
}
