//! Which building ships an order of the store.

use crate::house::{House, MUG, Setting};
use tallyman::console::app::ask::{Answer, Question};
use tallyman::console::run::backend::Backend;
use tallyman::console::run::store::StoreBackend;
use tallyman::desk::SiteQuestion;
use tallyman::domain::catalogue::Kind;
use tallyman::domain::ids::{OrderId, SiteRef};
use tallyman::domain::order::OrderState;
use tallyman::domain::time::Span;
use tallyman::sandbox::{MAPPED_SITE, SHOP_FLOOR_LOCATION, ShopOrderSpec};

const NORTH: &str = "NorthSite";
const SOON: Span = Span::mins(5);
/// Stock was read again within this time.
const STOCK: Span = Span::mins(35);

fn nowhere() -> ShopOrderSpec {
    ShopOrderSpec {
        names_locations: false,
        ..ShopOrderSpec::of(&[(MUG, 2)])
    }
}

fn to_dublin(spec: ShopOrderSpec) -> ShopOrderSpec {
    ShopOrderSpec {
        postcode: "D02 X285".to_owned(),
        country: ("Ireland".to_owned(), "IE".to_owned()),
        ..spec
    }
}

fn stocked(house: &House, site: &str, units: i64) {
    let counted = house.sandbox.act(|w| w.count(MUG, site, units));
    counted.unwrap();
}

async fn goes_to(house: &mut House, id: &str, site: &str, within: Span) {
    let what = format!("order {id} stands at {site}");
    house
        .until(&what, within, async |h: &House| h.sites(id) == [site])
        .await;
}

async fn why(house: &House, id: &str) -> String {
    let order = house.order("sl-pvx", id).await.unwrap();
    order.routed().map_or_else(String::new, |r| r.why.clone())
}

/// A quiet house in which stock was read. The morning's delivery of goods is over; the next one is two hours off.
async fn house() -> House {
    let mut house = House::subscribed(Setting::default()).await;
    house.run(Span::mins(15)).await;
    house
}

#[tokio::test]
async fn each_location_ships_from_its_own_building_and_the_order_says_why() {
    let mut house = house().await;
    let here = house.sold();
    let there = house.placed(&ShopOrderSpec {
        lines: vec![(MUG.to_owned(), 1, SHOP_FLOOR_LOCATION.to_owned())],
        ..ShopOrderSpec::default()
    });
    goes_to(&mut house, &here, MAPPED_SITE, SOON).await;
    goes_to(&mut house, &there, NORTH, SOON).await;
    let said = why(&house, &there).await;
    assert!(
        said.starts_with("rule \"Shop orders\" (location "),
        "{said}"
    );
    house.close().await;
}

#[tokio::test]
async fn an_order_without_a_location_goes_where_all_of_it_lies() {
    let mut house = house().await;
    let first = house.placed(&nowhere());
    goes_to(&mut house, &first, MAPPED_SITE, SOON).await;
    stocked(&house, MAPPED_SITE, 1);
    stocked(&house, NORTH, 50);
    house.run(STOCK).await;
    let second = house.placed(&nowhere());
    goes_to(&mut house, &second, NORTH, SOON).await;
    let said = why(&house, &second).await;
    assert!(said.contains("NorthSite has every line in full"), "{said}");
    house.close().await;
}

#[tokio::test]
async fn an_order_no_rule_fits_is_held_with_its_case_until_somebody_writes_a_rule() {
    let mut house = house().await;
    let id = house.placed(&to_dublin(nowhere()));
    house.run(SOON).await;
    assert_eq!(house.in_warehouse(&id), 0);
    let cases = house.cases(Kind::OrdUnroutable).await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    assert_eq!(cases[0].0, "ROUTE=ADDRESS:IE");
    assert!(cases[0].1.contains("is for country GB"), "{cases:?}");
    let order = house.order("sl-pvx", &id).await.unwrap().row;
    assert_eq!(order.state, OrderState::Blocked);
    house
        .map("sl-pvx", "ROUTING,Ireland,NorthSite,order=40;country=IE")
        .await;
    goes_to(&mut house, &id, NORTH, SOON).await;
    assert_eq!(house.cases(Kind::OrdUnroutable).await, []);
    house.close().await;
}

/// What the screen offers for the site of an order.
async fn offered(screen: &StoreBackend, order: OrderId) -> SiteQuestion {
    match screen.ask(Question::Order(order)).await {
        Ok(Answer::Order(Some(sheet))) => sheet.site.unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_person_chooses_the_site_of_one_odd_order_and_the_rules_stay_as_they_are() {
    let mut house = house().await;
    let odd = house.placed(&to_dublin(nowhere()));
    house.run(SOON).await;
    let order = house.order("sl-pvx", &odd).await.unwrap().row;
    let desk = house.desk("sl-pvx");
    let [nowhere_known, north, main] = ["Moon", NORTH, MAPPED_SITE].map(SiteRef::from);
    let screen = StoreBackend::new(desk.clone());
    let first = offered(&screen, order.id).await;
    assert_eq!(first.sites, [NORTH, MAPPED_SITE].map(SiteRef::from));
    assert_eq!(first.refused, None);
    let asked = desk.choose_site(order.id, &nowhere_known, "the customer collects there");
    let (is_ok, answer) = house.answer(asked.await.unwrap()).await;
    assert!(!is_ok && answer.contains(NORTH), "{answer}");
    let asked = desk.choose_site(order.id, &north, "the customer collects there");
    let (is_ok, answer) = house.answer(asked.await.unwrap()).await;
    assert!(is_ok, "{answer}");
    goes_to(&mut house, &odd, NORTH, SOON).await;
    let said = why(&house, &odd).await;
    assert!(
        said.contains("chose it: the customer collects there"),
        "{said}"
    );
    assert_eq!(house.cases(Kind::OrdUnroutable).await, []);
    house.run(SOON).await;
    let late = desk.choose_site(order.id, &main, "changed my mind");
    let why = offered(&screen, order.id).await.refused.unwrap();
    assert!(why.contains("the warehouse already has it"), "{why}");
    let refused = late.await.unwrap_err().to_string();
    assert!(refused.contains("keeps its site"), "{refused}");
    let next = house.placed(&to_dublin(nowhere()));
    house.run(SOON).await;
    assert_eq!(house.in_warehouse(&next), 0, "it was for one order only");
    house.close().await;
}

#[tokio::test]
async fn an_order_held_for_stock_goes_by_itself_when_goods_arrive() {
    let mut house = house().await;
    stocked(&house, MAPPED_SITE, 1);
    stocked(&house, NORTH, 1);
    house.run(STOCK).await;
    let id = house.placed(&nowhere());
    house.run(SOON).await;
    let cases = house.cases(Kind::OrdUnroutable).await;
    assert_eq!(cases[0].0, format!("ROUTE=STOCK:{MUG}"));
    assert!(
        cases[0].1.contains("several sites together have it"),
        "{cases:?}"
    );
    assert_eq!(house.in_warehouse(&id), 0);
    let arrived = house.sandbox.act(|w| w.goods_in(MUG, NORTH, 20));
    arrived.unwrap();
    goes_to(&mut house, &id, NORTH, STOCK).await;
    house.run(SOON).await;
    assert_eq!(house.cases(Kind::OrdUnroutable).await, []);
    house.close().await;
}

#[tokio::test]
async fn two_orders_never_count_on_the_same_last_goods() {
    let mut house = house().await;
    stocked(&house, MAPPED_SITE, 3);
    stocked(&house, NORTH, 0);
    house.run(STOCK).await;
    let ids = [house.placed(&nowhere()), house.placed(&nowhere())];
    house.run(SOON).await;
    let there: usize = ids.iter().map(|id| house.in_warehouse(id)).sum();
    assert_eq!(there, 1);
    assert_eq!(house.cases(Kind::OrdUnroutable).await.len(), 1);
    house.close().await;
}

#[tokio::test]
async fn an_order_the_warehouse_has_never_moves() {
    let mut house = house().await;
    let id = house.placed(&nowhere());
    goes_to(&mut house, &id, MAPPED_SITE, SOON).await;
    house
        .map(
            "sl-pvx",
            "ROUTING,Everything,NorthSite,order=1;country=GB+IE",
        )
        .await;
    let changed = house.sandbox.act(|w| {
        w.shop_change_address(&id, |a| {
            a.postcode = "D02 X285".to_owned();
            a.country = "Ireland".to_owned();
            a.country_code = "IE".to_owned();
        })
    });
    changed.unwrap();
    house.run(STOCK).await;
    assert_eq!(house.sites(&id), [MAPPED_SITE]);
    assert_eq!(house.cases(Kind::OrdUnroutable).await, []);
    let ledger = house.sandbox.ledger();
    let moved = ledger
        .iter()
        .any(|e| e.detail.pointer("/changed/Site").is_some());
    assert!(!moved);
    let next = house.placed(&nowhere());
    goes_to(&mut house, &next, NORTH, SOON).await;
    house.close().await;
}
