//! The server on a real port: callbacks, strangers, floods, health and figures; and the subscriptions that bring them.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tallyman::cli::demo::{self, Demo};
use tallyman::cli::sync::engine_context;
use tallyman::cli::{Globals, system_clock};
use tallyman::domain::delivery::Flow;
use tallyman::domain::ids::SystemId;
use tallyman::domain::time::{Span, Ts};
use tallyman::report::Format;
use tallyman::secret::Secret;
use tallyman::server::{self, BODY_BYTES_MAX, Intake};
use tallyman::store::{ScheduleRow, Store};
use tallyman::sync::{Cx, Engine};
use tokio_util::sync::CancellationToken;

const SECRET: &str = "an-address-nobody-can-guess-0123456789";

/// A demo's store, systems and world, with a served intake before it.
struct House {
    demo: Demo,
    address: SocketAddr,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
    client: reqwest::Client,
    folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        tallyman::vendors::transport::install_crypto();
        let folder = tempfile::tempdir().unwrap();
        let globals = Globals {
            config: None,
            as_name: Some("sam".to_owned()),
            format: Format::Table,
            log: "off".to_owned(),
        };
        let demo = demo::prepare(&globals, 7, folder.path()).await.unwrap();
        let intake = Intake::new(
            demo.context.store.clone(),
            BTreeSet::from([SystemId::from("pvx"), SystemId::from("lw")]),
            Secret::new(SECRET.to_owned()),
            system_clock(),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(server::serve(
            intake,
            listener,
            stop.clone().cancelled_owned(),
        ));
        Self {
            demo,
            address,
            stop,
            serving,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            folder,
        }
    }

    fn store(&self) -> &Store {
        &self.demo.context.store
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(self.url(path)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn figure(&self, name: &str) -> String {
        let (code, figures) = self.get("/metrics").await;
        assert_eq!(code, 200);
        let line = figures.lines().find(|l| l.starts_with(name));
        line.unwrap_or_else(|| panic!("{name} is not in\n{figures}"))
            .rsplit(' ')
            .next()
            .unwrap()
            .to_owned()
    }

    async fn inbox(&self) -> usize {
        self.store().inbox_new(1_000).await.unwrap().len()
    }

    fn cx(&self, change: impl FnOnce(&mut Cx)) -> Arc<Cx> {
        let made = engine_context(
            &self.demo.context.loaded,
            self.store(),
            self.demo.systems.clone(),
        );
        let mut cx = Arc::into_inner(made.unwrap()).unwrap();
        // One pair is enough to see what callbacks do, and has the warehouse for itself.
        cx.pairs.retain(|p| p.id.0 == "lw-pvx");
        change(&mut cx);
        Arc::new(cx)
    }

    async fn close(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), self.serving).await;
        ended.expect("it ends when told").unwrap().unwrap();
        self.demo.context.store.close().await;
        drop(self.folder);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_sent_twice_within_a_minute_counts_once() {
    let house = House::new().await;
    let path = format!("/hooks/pvx/{SECRET}/TrackingNumberReceived?SalesOrderNumber=LW-1&T=x");
    // The identity holds for a calendar minute: begin where one does not end.
    while Ts::from_utc(chrono::Utc::now()).unix_secs() % 60 > 50 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    for _ in 0..5 {
        assert_eq!(house.get(&path).await, (200, String::new()));
    }
    let other = path.replace("LW-1", "LW-2");
    assert_eq!(house.get(&other).await.0, 200);
    assert_eq!(house.inbox().await, 2);
    assert_eq!(
        house
            .figure("tallyman_callbacks_total{outcome=\"taken\"}")
            .await,
        "6"
    );
    assert_eq!(
        house
            .figure("tallyman_callbacks_total{outcome=\"doubled\"}")
            .await,
        "4"
    );
    // Posted forms are taken too.
    let posted = house
        .client
        .post(house.url(&format!("/hooks/pvx/{SECRET}/AvailabilityChanges")))
        .body("ItemCode=MUG-RED&Available=4")
        .send()
        .await
        .unwrap();
    assert_eq!(posted.status(), 200);
    assert_eq!(house.inbox().await, 3);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_learns_nothing_and_writes_one_case_however_often_he_knocks() {
    let house = House::new().await;
    let before = house.store().requests_new(10).await.unwrap().len();
    for n in 0..60 {
        let wrong = format!("/hooks/pvx/{SECRET}x{n}/TrackingNumberReceived?a=b");
        assert_eq!(house.get(&wrong).await, (404, String::new()));
        let unknown = format!("/hooks/nobody/{SECRET}/TrackingNumberReceived?a=b");
        assert_eq!(house.get(&unknown).await, (404, String::new()));
    }
    assert_eq!(house.get("/").await, (404, String::new()));
    assert_eq!(house.inbox().await, 0);
    assert_eq!(house.store().requests_new(10).await.unwrap().len(), before);
    assert_eq!(
        house
            .figure("tallyman_callbacks_total{outcome=\"refused\"}")
            .await,
        "120"
    );
    let open = house.store().open_exceptions(&[], None).await.unwrap();
    let signatures: Vec<_> = open
        .iter()
        .filter(|c| c.kind == tallyman::domain::catalogue::Kind::SysSignature)
        .collect();
    assert_eq!(signatures.len(), 1);
    assert_eq!(signatures[0].discriminator, "SYSTEM=pvx");
    // One write for the minute, not sixty: the version of the case tells.
    assert!(signatures[0].version <= 2, "{signatures:?}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_too_large_is_refused_and_nothing_is_stored() {
    let house = House::new().await;
    let path = format!("/hooks/pvx/{SECRET}/AvailabilityChanges");
    let answer = house
        .client
        .post(house.url(&path))
        .body(vec![b'a'; BODY_BYTES_MAX + 1])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(house.inbox().await, 0);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_readiness_and_figures_are_told_without_a_secret() {
    let house = House::new().await;
    assert_eq!(house.get("/healthz").await, (200, "alive\n".to_owned()));
    assert_eq!(house.get("/readyz").await, (200, "ready\n".to_owned()));
    let mut engine = Engine::new(house.cx(|_| {}));
    engine.step(house.demo.context.now()).await.unwrap();
    let (_, figures) = house.get("/metrics").await;
    for name in [
        "tallyman_deliveries_waiting{pair=\"lw-pvx\",flow=\"PRODUCT\"}",
        "tallyman_flow_age_seconds{pair=\"lw-pvx\"",
        "tallyman_calls_total{system=\"pvx\"}",
    ] {
        assert!(figures.contains(name), "{name} is not in\n{figures}");
    }
    assert!(!figures.contains(SECRET));
    // A store that is gone: alive, and not ready.
    house.store().close().await;
    assert_eq!(house.get("/healthz").await.0, 200);
    assert_eq!(house.get("/readyz").await.0, 503);
    let path = format!("/hooks/pvx/{SECRET}/TrackingNumberReceived?a=b");
    let answer = house.client.get(house.url(&path)).send().await.unwrap();
    assert_eq!(answer.status(), 503, "the sender is asked to come again");
    assert_eq!(answer.headers()["retry-after"], "5");
    house.close().await;
}

async fn due(house: &House, flow: Flow) -> Ts {
    let rows = house.store().schedules().await.unwrap();
    let of_pair = |r: &&ScheduleRow| r.pair.0 == "lw-pvx";
    let row = rows.iter().filter(of_pair).find(|r| r.flow == flow);
    row.unwrap().due_at
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_makes_the_next_despatch_reading_come_sooner_but_not_at_any_price() {
    let house = House::new().await;
    let cx = house.cx(|cx| cx.pairs[0].policy.despatch_poll_interval = Span::mins(40));
    let mut engine = Engine::new(cx);
    engine.step(house.demo.context.now()).await.unwrap();
    let now = house.demo.context.now();
    let usual = due(&house, Flow::Despatch).await;
    assert!(usual.since(now) > Span::mins(35), "{usual:?}");
    let path = format!("/hooks/pvx/{SECRET}/TrackingNumberReceived?SalesOrderNumber=LW-1");
    assert_eq!(house.get(&path).await.0, 200);
    engine.step(house.demo.context.now()).await.unwrap();
    let hastened = due(&house, Flow::Despatch).await;
    assert!(hastened < usual);
    // A quarter of the interval after the last reading began, and no sooner.
    assert!(hastened.since(now) > Span::mins(8), "{hastened:?}");
    assert!(hastened.since(now) <= Span::mins(10), "{hastened:?}");
    assert_eq!(house.inbox().await, 0, "the hint was taken");
    house.close().await;
}

/// How long a reading may take on a machine that does much else. An idle one needs two seconds.
const READING_MAX: Duration = Duration::from_secs(120);

/// Steps until the catalogue run has ended.
async fn read_catalogue(house: &House, cx: Arc<Cx>) {
    let mut engine = Engine::new(cx);
    let begun = Instant::now();
    loop {
        engine.step(house.demo.context.now()).await.unwrap();
        let rows = house.store().schedules().await.unwrap();
        let of_pair = |r: &&ScheduleRow| r.pair.0 == "lw-pvx";
        let row = rows
            .iter()
            .filter(of_pair)
            .find(|r| r.flow == Flow::Catalogue);
        let row = row.unwrap();
        if row.last_ok_at.is_some() && row.due_at > house.demo.context.now() {
            engine.release().await;
            return;
        }
        assert!(
            begun.elapsed() < READING_MAX,
            "the catalogue was never read: {row:?}"
        );
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_are_asked_for_once_moved_with_the_address_and_their_secret_is_kept_nowhere() {
    let house = House::new().await;
    let pvx = SystemId::from("pvx");
    let based = |base: String| {
        let pvx = pvx.clone();
        house.cx(move |cx| {
            cx.callback_base.insert(pvx, Secret::new(base));
        })
    };
    let subscriptions = || {
        house
            .demo
            .sandbox
            .inspect(|world| format!("{:?}", world.callbacks.subscriptions()))
    };
    let first = format!("http://old.example.test/hooks/pvx/{SECRET}");
    read_catalogue(&house, based(first)).await;
    let made = subscriptions();
    assert_eq!(made.matches(SECRET).count(), 3, "{made}");
    for event in tallyman::sync::reads::subscriptions::EVENTS {
        assert!(made.contains(&format!("{SECRET}/{event}?")), "{made}");
        let key = tallyman::sync::reads::subscriptions::key(&pvx, event);
        let kept = house.store().setting(&key).await.unwrap().unwrap();
        assert!(
            !kept.contains("example.test") && !kept.contains(SECRET),
            "{kept}"
        );
    }
    // The address changes: the old ones end, new ones are made. The same again changes nothing.
    for _ in 0..2 {
        let hasten = tallyman::domain::change::Change::ScheduleHasten {
            pair: "lw-pvx".into(),
            flow: Flow::Catalogue,
            at: house.demo.context.now(),
        };
        let batch = tallyman::domain::change::Batch {
            actor: "sam".to_owned(),
            at: house.demo.context.now(),
            fence: None,
            changes: vec![hasten],
        };
        house.store().commit(batch).await.unwrap();
        let base = house.url(&format!("/hooks/pvx/{SECRET}"));
        read_catalogue(&house, based(base)).await;
        let moved = subscriptions();
        assert!(!moved.contains("old.example.test"), "{moved}");
        assert_eq!(moved.matches(SECRET).count(), 3, "{moved}");
    }
    house.close().await;
}
