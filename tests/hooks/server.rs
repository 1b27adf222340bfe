//! The server on a real port before the house: who is let in, what is kept, what is answered.

use crate::house::{House, SECRET, Setting};
use futures::StreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;
use tallyman::domain::catalogue::Kind;
use tallyman::domain::change::InboxBody;
use tallyman::domain::hint::About;
use tallyman::domain::ids::{PayloadId, SystemId};
use tallyman::domain::time::Span;
use tallyman::sandbox::Webhook;
use tallyman::secret::Secret;
use tallyman::server::{DELIVERY_BYTES_MAX, Intake, serve};
use tokio_util::sync::CancellationToken;

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
    client: reqwest::Client,
}

impl Served {
    async fn before(house: &House) -> Self {
        tallyman::vendors::transport::install_crypto();
        let mut hooks = BTreeMap::new();
        for system in ["shop", "cin7"] {
            hooks.insert(SystemId::from(system), house.hooks(system));
        }
        let intake = Intake::new(
            house.store.clone(),
            BTreeSet::from([SystemId::from("pvx")]),
            Secret::new(SECRET.to_owned()),
            house.clock(),
        )
        .with_hooks(hooks);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(intake, listener, stop.clone().cancelled_owned()));
        Self {
            address,
            stop,
            serving,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn post(&self, path: &str, headers: &[(&str, String)], body: Vec<u8>) -> u16 {
        let mut request = self.client.post(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        let told = answer.text().await.unwrap();
        assert_eq!(told, "", "an answer says nothing");
        status
    }

    async fn deliver(&self, webhook: &Webhook) -> u16 {
        let path = format!("/hooks/shop/{SECRET}");
        self.post(&path, &webhook.headers, webhook.body.to_vec())
            .await
    }

    async fn close(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), self.serving).await;
        ended.expect("it ends when told").unwrap().unwrap();
    }
}

/// One true delivery, not handed over.
async fn delivery(house: &mut House) -> Webhook {
    house.sold();
    house.run_deaf(Span::secs(10)).await;
    house.sandbox.take_webhooks().remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_is_kept_whole_before_it_is_acknowledged_and_counts_once() {
    let mut house = House::subscribed(Setting::default()).await;
    let webhook = delivery(&mut house).await;
    let served = Served::before(&house).await;
    for _ in 0..5 {
        assert_eq!(served.deliver(&webhook).await, 200);
    }
    let kept = house.store.inbox_new(100).await.unwrap();
    assert_eq!(kept.len(), 1);
    let InboxBody::Event {
        topic,
        about,
        refused,
        ..
    } = &kept[0].body
    else {
        panic!("{kept:?}");
    };
    assert_eq!((topic.as_str(), refused), (webhook.topic.as_str(), &None));
    assert!(matches!(about, About::Orders(ids) if ids.len() == 1));
    let sealed = house.store.payload(PayloadId(kept[0].id.0)).await.unwrap();
    let whole = sealed.unwrap().body.unwrap();
    assert!(whole.ends_with(&webhook.body));
    let head = String::from_utf8_lossy(&whole[..whole.len() - webhook.body.len()]).into_owned();
    for name in [
        "x-shopline-topic",
        "x-shopline-webhook-id",
        "x-shopline-hmac-sha256",
    ] {
        let value = webhook.header(name).unwrap();
        assert!(head.contains(&format!("{name}: {value}\n")), "{head}");
    }
    served.close().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_know_the_address_is_a_stranger() {
    let mut house = House::subscribed(Setting::default()).await;
    let webhook = delivery(&mut house).await;
    let served = Served::before(&house).await;
    let body = webhook.body.to_vec();
    for path in [
        format!("/hooks/shop/{SECRET}x"),
        format!("/hooks/nobody/{SECRET}"),
        format!("/hooks/pvx/{SECRET}"),
        format!("/hooks/pvx/{SECRET}/a/b"),
        "/hooks/shop".to_owned(),
        format!("/hooks/shop/{}", &SECRET[1..]),
    ] {
        let status = served.post(&path, &webhook.headers, body.clone()).await;
        assert_eq!(status, 404, "{path}");
    }
    let asked = served
        .client
        .get(format!("http://{}/hooks/shop/{SECRET}", served.address))
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), 405);
    assert_eq!(house.store.inbox_new(10).await.unwrap().len(), 0);
    served.close().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_signature_is_refused_kept_and_told() {
    let mut house = House::subscribed(Setting::default()).await;
    let webhook = delivery(&mut house).await;
    let served = Served::before(&house).await;
    let mut forged = webhook.clone();
    forged.body = webhook.body.iter().copied().chain(*b" ").collect();
    assert_eq!(served.deliver(&forged).await, 401);
    let mut bare = webhook.clone();
    bare.headers
        .retain(|(name, _)| *name != "x-shopline-hmac-sha256");
    assert_eq!(served.deliver(&bare).await, 401);
    assert_eq!(
        house.store.inbox_new(10).await.unwrap().len(),
        0,
        "nothing to act on"
    );
    let told = house.cases(Kind::SysSignature).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, "SYSTEM=shop");
    assert!(
        told[0].1.contains("the signature does not fit the body"),
        "{told:?}"
    );
    // Kept under ids of their own: two bodies, sealed.
    let next = house.store.reserve_ids(1).await.unwrap();
    let mut kept = 0;
    for id in next - 2_100..next {
        let sealed = house.store.payload(PayloadId(id)).await.unwrap();
        kept += usize::from(sealed.is_some_and(|p| p.kind == "inbound"));
    }
    assert_eq!(kept, 2);
    // The true one is taken all the same.
    assert_eq!(served.deliver(&webhook).await, 200);
    assert_eq!(house.store.inbox_new(10).await.unwrap().len(), 1);
    served.close().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_above_the_limit_is_refused_and_a_type_may_stand_in_the_address() {
    let house = House::open(Setting::default()).await;
    let served = Served::before(&house).await;
    let path = format!("/hooks/cin7/{SECRET}/Stock/AvailableStockLevelChanged");
    let large = vec![b' '; DELIVERY_BYTES_MAX + 1];
    assert_eq!(served.post(&path, &[], large).await, 413);
    assert_eq!(served.post(&path, &[], b"[]".to_vec()).await, 200);
    let kept = house.store.inbox_new(10).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].entity_id, "Stock/AvailableStockLevelChanged");
    served.close().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_at_the_door_shares_commits() {
    let house = House::open(Setting::default()).await;
    let served = Served::before(&house).await;
    let before = house.store.commits();
    let path = format!("/hooks/cin7/{SECRET}/Sale/OrderAuthorised");
    let posts = (0..600).map(|n| {
        let body = format!(
            r#"{{"SaleID":"11111111-0000-4000-8000-{n:012}","EventType":"Sale/OrderAuthorised"}}"#
        );
        served.post(&path, &[], body.into_bytes())
    });
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    // As many at once as a busy vendor opens; more connections than the server holds would wait for idle ones to end.
    let answers: Vec<u16> = futures::stream::iter(posts)
        .buffer_unordered(200)
        .collect()
        .await;
    for status in answers {
        *statuses.entry(status).or_default() += 1;
    }
    let taken = statuses[&200];
    assert_eq!(
        taken + statuses.get(&503).copied().unwrap_or(0),
        600,
        "{statuses:?}"
    );
    assert_eq!(house.store.inbox_new(1_000).await.unwrap().len(), taken);
    let commits = house.store.commits().since(before).count;
    assert!(
        commits * 3 < taken as u64,
        "{commits} commits for {taken} deliveries"
    );
    served.close().await;
    house.close().await;
}
