//! From the door to the shelf: stock only after inspection, and everything late or odd is somebody's.

use crate::counter::{Counter, MUG, SOON, at_the_shop};
use tallyman::desk::Decision;
use tallyman::domain::catalogue::Kind;
use tallyman::domain::returns::{CreateOn, Disposition, MoneyState, ReturnState};
use tallyman::domain::time::Span;
use tallyman::sandbox::Restock;

/// Mugs were shipped, refunded and are expected back; answers with the return's number.
async fn coming_back(c: &mut Counter, units: i64) -> (String, String) {
    let sold = c.shipped(units).await;
    c.act(|w| w.shop_refund(&sold.id, MUG, units, Restock::None));
    let held = c.reaches(ReturnState::AwaitingReceipt).await;
    (held.row.reference.0, sold.wms)
}

#[tokio::test]
async fn goods_go_back_on_the_shelf_after_inspection_and_the_return_closes() {
    at_the_shop(CreateOn::RefundWithItems, async |c: &mut Counter| {
        let (reference, _) = coming_back(c, 2).await;
        let before = c.on_shelf();
        let code = c.act(|w| w.receive_return(&reference, MUG, 2));
        c.reaches(ReturnState::Received).await;
        assert_eq!(c.on_shelf(), before);
        c.act(|w| w.inspect_return(&code, true));
        c.reaches(ReturnState::Inspected).await;
        assert_eq!(c.on_shelf(), before, "stock moves with the put-away only");
        c.act(|w| w.settle_return(&code));
        let held = c.reaches(ReturnState::Closed).await;
        assert_eq!(c.on_shelf(), before + 2);
        assert_eq!(held.row.money, MoneyState::Done);
        assert_eq!(held.lines[0].confirmed_each, 2, "the next figures show it");
        let sheet = c.sheet(&reference).await;
        assert_eq!(sheet.alignment[0].words, "money and goods agree");
        assert_eq!(c.kinds().await, []);
    })
    .await;
}

#[tokio::test]
async fn goods_that_went_through_every_hand_between_two_readings_are_taken_in_at_once() {
    at_the_shop(CreateOn::RefundWithItems, async |c: &mut Counter| {
        let (reference, _) = coming_back(c, 1).await;
        let code = c.act(|w| w.receive_return(&reference, MUG, 1));
        c.act(|w| w.inspect_return(&code, true));
        c.act(|w| w.settle_return(&code));
        c.reaches(ReturnState::Closed).await;
        assert_eq!(c.kinds().await, []);
    })
    .await;
}

#[tokio::test]
async fn damaged_goods_wait_for_an_outcome_that_a_person_records() {
    at_the_shop(CreateOn::RefundWithItems, async |c: &mut Counter| {
        let (reference, _) = coming_back(c, 1).await;
        let before = c.on_shelf();
        let code = c.act(|w| w.receive_return(&reference, MUG, 1));
        c.act(|w| w.inspect_return(&code, false));
        c.reaches(ReturnState::NotSellable).await;
        c.opens(Kind::RetNotSellable, SOON).await;
        let what = Decision::Outcome {
            line: None,
            to: Disposition::WriteOff,
            units: None,
        };
        let (is_ok, text) = c.decided(&reference, what).await;
        assert!(is_ok, "{text}");
        c.closes(Kind::RetNotSellable, SOON).await;
        c.reaches(ReturnState::Closed).await;
        assert_eq!(c.on_shelf(), before);
    })
    .await;
}

#[tokio::test]
async fn fewer_than_agreed_is_a_difference_once_everything_is_inspected() {
    at_the_shop(CreateOn::RefundWithItems, async |c: &mut Counter| {
        let (reference, _) = coming_back(c, 2).await;
        let code = c.act(|w| w.receive_return(&reference, MUG, 1));
        c.reaches(ReturnState::Received).await;
        c.run(SOON).await;
        assert_eq!(c.kinds().await, [], "the second may still come");
        c.act(|w| w.inspect_return(&code, true));
        c.opens(Kind::RetQtyMismatch, SOON).await;
        let what = Decision::Accept {
            reason: "one was kept, agreed by phone".to_owned(),
        };
        assert!(c.decided(&reference, what).await.0);
        c.closes(Kind::RetQtyMismatch, SOON).await;
    })
    .await;
}

#[tokio::test]
async fn goods_nobody_expected_are_a_case_with_their_order() {
    at_the_shop(CreateOn::Manual, async |c: &mut Counter| {
        let sold = c.shipped(1).await;
        c.act(|w| w.receive_unannounced(&sold.wms, MUG, 1));
        c.opens(Kind::RetUnexpected, SOON).await;
        let row = c.order(&sold.id).await.unwrap().row;
        let asked = c
            .desk
            .expect_return(&row, [].into(), "box at the door")
            .await;
        assert!(c.answered(asked).await.0);
        c.closes(Kind::RetUnexpected, SOON).await;
    })
    .await;
}

#[tokio::test]
async fn a_return_nobody_inspects_and_one_that_never_comes_are_told() {
    at_the_shop(CreateOn::RefundWithItems, async |c: &mut Counter| {
        let (reference, _) = coming_back(c, 1).await;
        c.leap(Span::days(22));
        c.opens(Kind::RetOverdue, SOON).await;
        let (is_ok, _) = c.decided(&reference, Decision::Extend { days: 10 }).await;
        assert!(is_ok);
        c.closes(Kind::RetOverdue, SOON).await;
        c.act(|w| w.receive_return(&reference, MUG, 1));
        c.reaches(ReturnState::Received).await;
        c.leap(Span::days(6));
        c.opens(Kind::RetStuck, SOON).await;
    })
    .await;
}

#[tokio::test]
async fn a_return_that_was_given_up_and_comes_after_all_is_told() {
    at_the_shop(CreateOn::RefundWithItems, async |c: &mut Counter| {
        let (reference, _) = coming_back(c, 1).await;
        let what = Decision::Close {
            to: ReturnState::NotReceived,
            reason: "the carrier lost it".to_owned(),
        };
        assert!(c.decided(&reference, what).await.0);
        c.act(|w| w.receive_return(&reference, MUG, 1));
        c.opens(Kind::RetUnexpected, SOON).await;
    })
    .await;
}
