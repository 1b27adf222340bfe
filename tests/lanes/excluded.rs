//! A shipment and an adjustment of one item change the same figure: they never overlap.

use crate::yard::{MUG, SOON, WRITE, Yard};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::delivery::{DeliveryState, Flow};
use tallyman::domain::time::Span;
use tallyman::sandbox::FaultKind;

const SHIP: &str = "POST sale/fulfilment/ship";
const OPEN: [DeliveryState; 2] = [DeliveryState::Sending, DeliveryState::InDoubt];

/// Writes of a flow whose effect is not known.
async fn open(yard: &Yard, flow: Flow) -> usize {
    let (store, pair) = (&yard.rig.store, yard.pair());
    let found = store.deliveries_in(&pair, flow, &OPEN, 10).await;
    found.unwrap().len()
}

/// A sale of mugs that the floor is about to let go.
async fn packed(yard: &mut Yard, units: i64) {
    let sale = yard.sell(&[(MUG, units)]);
    yard.run(SOON).await;
    assert!(yard.is_sent(&sale));
}

#[tokio::test]
async fn an_adjustment_waits_for_a_shipment_in_doubt() {
    Yard::play(a_shipment_in_doubt).await;
}

pub async fn a_shipment_in_doubt(yard: &mut Yard) {
    let before = yard.in_cin7(MUG);
    packed(yard, 2).await;
    yard.fault(SHIP, FaultKind::LostAfter, 1);
    // What would tell of the shipment is away for a while.
    yard.fault("GET sale*", FaultKind::ErrorBefore(503), 12);
    yard.ship_everything().await;
    let mut was_in_doubt = false;
    for second in 0..400 {
        let doubtful = open(yard, Flow::Despatch).await > 0;
        if doubtful && !was_in_doubt {
            was_in_doubt = true;
            yard.goods_in(MUG, 5);
        }
        let posted = yard.adjustments(MUG).len();
        yard.run(Span::secs(1)).await;
        if doubtful && open(yard, Flow::Despatch).await > 0 {
            assert_eq!(yard.adjustments(MUG).len(), posted, "second {second}");
        }
    }
    assert!(was_in_doubt);
    assert_eq!(yard.in_cin7(MUG), before + 3);
    assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG));
    assert_eq!(yard.adjustments(MUG).len(), 1);
    assert!(!yard.has(Kind::StkSequenceBroken).await);
}

#[tokio::test]
async fn a_shipment_waits_for_an_adjustment_in_doubt() {
    Yard::play(an_adjustment_in_doubt).await;
}

pub async fn an_adjustment_in_doubt(yard: &mut Yard) {
    let before = yard.in_cin7(MUG);
    packed(yard, 2).await;
    yard.fault(WRITE, FaultKind::LostBefore, 1);
    yard.goods_in(MUG, 5);
    let mut was_in_doubt = false;
    for second in 0..400 {
        let doubtful = open(yard, Flow::StockDelta).await > 0;
        if doubtful && !was_in_doubt {
            was_in_doubt = true;
            yard.ship_everything().await;
        }
        let shown = yard.in_cin7(MUG);
        let is_still = open(yard, Flow::StockDelta).await > 0;
        yard.run(Span::secs(1)).await;
        if is_still && open(yard, Flow::StockDelta).await > 0 {
            assert_eq!(yard.in_cin7(MUG), shown, "second {second}");
        }
    }
    assert!(was_in_doubt);
    assert_eq!(yard.in_cin7(MUG), before + 3);
    assert_eq!(yard.in_cin7(MUG), yard.on_shelf(MUG));
    assert_eq!(yard.adjustments(MUG).len(), 1);
    assert!(!yard.has(Kind::StkSequenceBroken).await);
}
