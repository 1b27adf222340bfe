//! Ten thousand deliveries at the pace of a flash sale, the process killed in their midst: what was acknowledged is on
//! disk, what was not comes again, and nothing is there twice.

use crate::house::SECRET;
use hmac::{Hmac, KeyInit, Mac};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tallyman::domain::change::InboxBody;
use tallyman::domain::hint::About;
use tallyman::domain::ids::{PayloadId, SystemId};
use tallyman::domain::time::Ts;
use tallyman::secret::Secret;
use tallyman::server::{Intake, serve};
use tallyman::store::{Store, StoreOptions};
use tallyman::vendors::shopline::{Shopline, ShoplineConfig};
use tallyman::vendors::{Hooks, System};
use tallyman::wire::{Wire, WireError};
use tokio::sync::Semaphore;

const DELIVERIES: usize = 10_000;
/// The process dies when so many were sent.
const KILL_AT: usize = 4_000;
/// Deliveries a second.
const PER_SECOND: usize = 500;
/// Deliveries under way at once.
const AT_ONCE: usize = 100;
const APP_SECRET: &str = "shhh-app-secret";
/// Where the child finds its folder.
const FOLDER: &str = "TALLYMAN_TEST_HOOKS_FOLDER";
/// A delivery that is not acknowledged is repeated after this time.
const AGAIN: Duration = Duration::from_millis(500);

fn options(folder: &Path) -> StoreOptions {
    StoreOptions {
        url: format!("sqlite:{}", folder.join("hooks.db").display()),
        payload_key: [7; 32],
        is_read_only: false,
        is_migrating: true,
        is_durable: true,
    }
}

fn hooks() -> Arc<dyn Hooks> {
    let nowhere = Wire::new(tower::service_fn(|_: http::Request<bytes::Bytes>| async {
        Err::<http::Response<bytes::Bytes>, _>(WireError::NotSent("no calls here".to_owned()))
    }));
    let mut config = ShoplineConfig::new("demo", Secret::new("token-token".to_owned()));
    config.app_secret = Some(Secret::new(APP_SECRET.to_owned()));
    Arc::new(Shopline::new(config, nowhere).unwrap())
        .hooks()
        .unwrap()
}

/// Not a test: the process that is killed. It serves until it is, and writes its port where the parent finds it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the test below as a process of its own"]
async fn serves_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let store = Store::open(&options(&folder)).await.unwrap();
    let clock = || Ts::from_utc(chrono::Utc::now());
    let intake = Intake::new(
        store,
        BTreeSet::new(),
        Secret::new(SECRET.to_owned()),
        Arc::new(clock),
    )
    .with_hooks(BTreeMap::from([(SystemId::from("shop"), hooks())]));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    std::fs::write(folder.join("port.new"), port.to_string()).unwrap();
    std::fs::rename(folder.join("port.new"), folder.join("port")).unwrap();
    serve(intake, listener, std::future::pending())
        .await
        .unwrap();
}

/// The serving process; killed when dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    async fn start(folder: &Path) -> Self {
        let file = folder.join("port");
        if file.exists() {
            std::fs::remove_file(&file).unwrap();
        }
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::serves_until_it_is_killed", "--ignored"])
            .env(FOLDER, folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self { child, port: 0 };
        let begun = Instant::now();
        loop {
            if let Ok(text) = std::fs::read_to_string(&file) {
                server.port = text.parse().unwrap();
                return server;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "it did not come up"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGKILL: no chance to finish anything.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn order_id(n: usize) -> String {
    format!("21070000000000000000{n:06}")
}

fn body(n: usize) -> Vec<u8> {
    let updated = "2026-09-02T21:44:07+08:00";
    format!(
        r#"{{"id":"{}","name":"{n}","updated_at":"{updated}"}}"#,
        order_id(n)
    )
    .into_bytes()
}

/// Who delivers.
struct Vendor {
    client: reqwest::Client,
    port: AtomicUsize,
    acknowledged: Vec<AtomicBool>,
    slowest: AtomicUsize,
    repeats: AtomicUsize,
}

impl Vendor {
    /// Delivers until it is acknowledged; the event id is the same every time.
    async fn deliver(&self, n: usize) {
        let body = body(n);
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(APP_SECRET.as_bytes()).unwrap();
        mac.update(&body);
        let mac = mac.finalize().into_bytes();
        let signature: String = mac.iter().map(|b| format!("{b:02x}")).collect();
        loop {
            let begun = Instant::now();
            let port = self.port.load(Ordering::SeqCst);
            let answer = self
                .client
                .post(format!("http://127.0.0.1:{port}/hooks/shop/{SECRET}"))
                .header("x-shopline-topic", "orders/create")
                .header("x-shopline-hmac-sha256", &signature)
                .header("x-shopline-shop-domain", "demo.myshopline.com")
                .header("x-shopline-shop-id", "1700000000000")
                .header("x-shopline-merchant-id", "2000000000")
                .header("x-shopline-api-version", "v20260601")
                .header("x-shopline-webhook-id", format!("{n:024x}"))
                .body(body.clone())
                .send()
                .await;
            if answer.is_ok_and(|a| a.status() == 200) {
                let took = usize::try_from(begun.elapsed().as_millis()).unwrap();
                self.slowest.fetch_max(took, Ordering::SeqCst);
                self.acknowledged[n].store(true, Ordering::SeqCst);
                return;
            }
            self.repeats.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(AGAIN).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_doubled_when_the_process_is_killed() {
    tallyman::vendors::transport::install_crypto();
    let folder = tempfile::tempdir().unwrap();
    let mut server = Some(Server::start(folder.path()).await);
    let vendor = Arc::new(Vendor {
        client: reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .build()
            .unwrap(),
        port: AtomicUsize::new(usize::from(server.as_ref().unwrap().port)),
        acknowledged: (0..DELIVERIES).map(|_| AtomicBool::new(false)).collect(),
        slowest: AtomicUsize::new(0),
        repeats: AtomicUsize::new(0),
    });
    let lines = Arc::new(Semaphore::new(AT_ONCE));
    let begun = Instant::now();
    let mut under_way = tokio::task::JoinSet::new();
    let mut acknowledged_at_kill = Vec::new();
    for n in 0..DELIVERIES {
        let due = Duration::from_millis((n * 1_000 / PER_SECOND) as u64);
        tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
        if n == KILL_AT {
            drop(server.take());
            acknowledged_at_kill = (0..DELIVERIES)
                .filter(|n| vendor.acknowledged[*n].load(Ordering::SeqCst))
                .collect();
            let next = Server::start(folder.path()).await;
            vendor.port.store(usize::from(next.port), Ordering::SeqCst);
            server = Some(next);
        }
        let line = lines.clone().acquire_owned().await.unwrap();
        let vendor = vendor.clone();
        under_way.spawn(async move {
            vendor.deliver(n).await;
            // Now and then the acknowledgement is lost on its way, and the vendor repeats what was taken.
            if n % 50 == 0 {
                vendor.deliver(n).await;
            }
            drop(line);
        });
    }
    while let Some(done) = under_way.join_next().await {
        done.unwrap();
    }
    let took = begun.elapsed();
    drop(server);
    assert!(
        acknowledged_at_kill.len() > KILL_AT / 2,
        "{}",
        acknowledged_at_kill.len()
    );
    println!(
        "{DELIVERIES} deliveries in {:.1} s ({:.0}/s), slowest acknowledgement {} ms, {} repeated",
        took.as_secs_f64(),
        DELIVERIES as f64 / took.as_secs_f64(),
        vendor.slowest.load(Ordering::SeqCst),
        vendor.repeats.load(Ordering::SeqCst)
    );
    let store = Store::open(&options(folder.path())).await.unwrap();
    let kept = store.inbox_new(DELIVERIES * 2).await.unwrap();
    let mut seen = BTreeMap::new();
    for row in &kept {
        let InboxBody::Event {
            about: About::Orders(ids),
            ..
        } = &row.body
        else {
            panic!("{row:?}");
        };
        *seen.entry(ids[0].0.clone()).or_insert(0) += 1;
    }
    for n in 0..DELIVERIES {
        assert_eq!(seen.get(&order_id(n)), Some(&1), "delivery {n}");
    }
    assert_eq!(kept.len(), DELIVERIES);
    for row in kept.iter().step_by(997) {
        let whole = store.payload(PayloadId(row.id.0)).await.unwrap().unwrap();
        assert!(
            whole
                .body
                .unwrap()
                .starts_with(b"x-shopline-topic: orders/create\n")
        );
    }
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    store.close().await;
}
