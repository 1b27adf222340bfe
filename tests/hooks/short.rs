//! The warehouse says despatched, and the records that reach us do not cover the order.

use crate::house::{House, MUG, Setting};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::order::OrderState;
use tallyman::domain::time::Span;
use tallyman::sandbox::{FaultKind, FaultRule, ShopOrderSpec, SimSystem};

const SOON: Span = Span::mins(15);
const PAIR: &str = "sl-pvx";

async fn state(house: &House, id: &str) -> OrderState {
    house.order(PAIR, id).await.unwrap().row.state
}

#[tokio::test]
async fn an_order_closed_short_is_a_case_until_the_source_has_closed_it_too() {
    let mut house = House::open(Setting::default()).await;
    let id = house.placed(&ShopOrderSpec::of(&[(MUG, 1), ("TEE-BLU-01", 3)]));
    house
        .until(
            "it is in the warehouse",
            Span::hours(1),
            async |h: &House| h.in_warehouse(&id) == 1,
        )
        .await;
    let wms = house.order(PAIR, &id).await.unwrap().row.wms_number;
    let wms = wms.unwrap().0;
    house.run(Span::mins(2)).await;
    // The store is down while the floor closes the order with what has left.
    let now = house.now();
    let down = FaultRule::window(
        SimSystem::Shopline,
        FaultKind::Down,
        now,
        now + Span::mins(10),
    );
    house.sandbox.add_fault(down);
    let left = house
        .sandbox
        .act(|w| w.despatch_part(&wms, &[("1", 1)], "RM1GB"));
    left.unwrap();
    house
        .until("the parcel is known of", SOON, async |h: &House| {
            state(h, &id).await == OrderState::PartDespatched
        })
        .await;
    house.sandbox.act(|w| w.close_short(&wms)).unwrap();
    // The parcel is told of; the three that did not leave are not forgotten with it.
    house
        .until("the parcel is told of", SOON, async |h: &House| {
            let order = h.order(PAIR, &id).await.unwrap();
            order.lines.iter().any(|l| l.confirmed_each > 0)
        })
        .await;
    house
        .until("the rest is a case", Span::hours(2), async |h: &House| {
            !h.cases(Kind::DspOpenAfterDespatch).await.is_empty()
        })
        .await;
    assert_eq!(state(&house, &id).await, OrderState::Despatched);
    let said = house.cases(Kind::DspOpenAfterDespatch).await;
    assert!(
        format!("{said:?}").contains("do not cover all of it"),
        "{said:?}"
    );

    // Customer service settles the rest in the store.
    house
        .sandbox
        .act(|w| w.shop_ship_by_hand(&id, "HAND1"))
        .unwrap();
    house
        .until(
            "both have finished with it",
            Span::hours(2),
            async |h: &House| {
                state(h, &id).await == OrderState::Confirmed
                    && h.cases(Kind::DspOpenAfterDespatch).await.is_empty()
            },
        )
        .await;
    house.close().await;
}
