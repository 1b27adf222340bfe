//! What makes the warehouse expect goods: the four answers to one question.

use crate::counter::{Counter, MUG, SOON, Sold, at_the_shop, play};
use tallyman::console::app::ask::{Answer, Question, Refunds};
use tallyman::console::run::backend::Backend;
use tallyman::console::run::store::StoreBackend;
use tallyman::desk::Decision;
use tallyman::domain::catalogue::Kind;
use tallyman::domain::policy::Policy;
use tallyman::domain::returns::{ClaimState, CreateOn, ReturnState};
use tallyman::domain::time::Span;
use tallyman::sandbox::{FaultKind, Restock, SimSystem};

const HEADS: &str = "SaveData Return authorisations";
const ITEMS: &str = "SaveData Return authorisation items";

/// What the screen offers to explain on the open case.
async fn read_in_the_case(c: &Counter, screen: &StoreBackend) -> Option<Refunds> {
    let open = c
        .store
        .open_exceptions(&[Kind::RetRefundNoReturn], None)
        .await;
    let id = open.unwrap().first().unwrap().id;
    match screen.ask(Question::Exception(id)).await {
        Ok(Answer::Exception(Some(sheet))) => sheet.refunds,
        other => panic!("{other:?}"),
    }
}

fn asks(c: &Counter, sold: &Sold) {
    c.act(|w| w.shop_ask_return(&sold.id, MUG, 1));
}

fn refunds(c: &Counter, sold: &Sold, units: i64) {
    c.act(|w| w.shop_refund(&sold.id, MUG, units, Restock::None));
}

/// How many returns the warehouse expects after a request, a refund naming goods, and a refund of everything.
async fn expected_in(create_on: CreateOn) -> [usize; 3] {
    let mut found = [0; 3];
    let seen = &mut found;
    at_the_shop(create_on, async |c: &mut Counter| {
        let asked = c.shipped(1).await;
        asks(c, &asked);
        c.run(SOON).await;
        seen[0] = c.expected().len();
        let refunded = c.shipped(1).await;
        refunds(c, &refunded, 1);
        c.run(SOON).await;
        seen[1] = c.expected().len();
        let whole = c.shipped(1).await;
        c.act(|w| w.shop_refund_all(&whole.id));
        c.run(SOON).await;
        seen[2] = c.expected().len();
    })
    .await;
    found
}

#[tokio::test]
async fn in_manual_mode_only_customer_service_makes_the_warehouse_expect_goods() {
    assert_eq!(expected_in(CreateOn::Manual).await, [0, 0, 0]);
}

#[tokio::test]
async fn a_customer_s_request_makes_the_warehouse_expect_goods_where_that_is_agreed() {
    assert_eq!(expected_in(CreateOn::ReturnRequest).await, [1, 1, 1]);
}

#[tokio::test]
async fn a_refund_naming_goods_makes_the_warehouse_expect_them_where_that_is_agreed() {
    assert_eq!(expected_in(CreateOn::RefundWithItems).await, [1, 2, 2]);
}

#[tokio::test]
async fn a_refund_of_everything_makes_the_warehouse_expect_everything_where_that_is_agreed() {
    assert_eq!(expected_in(CreateOn::Refund).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_refund_alone_reserves_no_room_in_the_warehouse_and_is_visible_to_finance() {
    at_the_shop(CreateOn::Manual, async |c: &mut Counter| {
        let sold = c.shipped(2).await;
        refunds(c, &sold, 1);
        c.run(SOON).await;
        assert_eq!(c.expected(), []);
        assert_eq!(c.claims().await[0].state, ClaimState::Asked);
        assert_eq!(c.kinds().await, [], "customer service has two days");
        c.leap(Span::days(2));
        c.opens(Kind::RetRefundNoReturn, SOON).await;
        let mut cases = c.cases().await;
        cases.retain(|(kind, _)| *kind == Kind::RetRefundNoReturn);
        let (_, detail) = cases.remove(0);
        assert!(detail.contains("1 × MUG-BLU-01"), "{detail}");
        // Goodwill: finance has its explanation, and the question is closed.
        let row = c.order(&sold.id).await.unwrap().row;
        let screen = StoreBackend::new(c.desk.clone());
        let refunds = read_in_the_case(c, &screen).await.unwrap();
        assert_eq!((refunds.order, refunds.asked.len()), (row.id, 1));
        let asked = c
            .desk
            .explain_refund(&row, None, ClaimState::Goodwill, "arrived late")
            .await;
        assert!(c.answered(asked).await.0);
        c.closes(Kind::RetRefundNoReturn, SOON).await;
        assert_eq!(c.expected(), []);
        let again = screen.ask(Question::Order(row.id)).await;
        let Ok(Answer::Order(Some(sheet))) = again else {
            panic!("{again:?}");
        };
        assert!(sheet.refunds.is_any && sheet.refunds.asked.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_return_authorised_after_the_refund_answers_finance_s_question() {
    at_the_shop(CreateOn::Manual, async |c: &mut Counter| {
        let sold = c.shipped(2).await;
        refunds(c, &sold, 1);
        c.run(SOON).await;
        c.leap(Span::days(2));
        c.opens(Kind::RetRefundNoReturn, SOON).await;
        let row = c.order(&sold.id).await.unwrap().row;
        let units = [(MUG.into(), 1)].into();
        let asked = c.desk.expect_return(&row, units, "parcel on its way").await;
        let (is_ok, text) = c.answered(asked).await;
        assert!(is_ok, "{text}");
        c.closes(Kind::RetRefundNoReturn, SOON).await;
        let held = c.reaches(ReturnState::AwaitingReceipt).await;
        assert_eq!(c.expected(), [(held.row.reference.0.clone(), 1)]);
        assert_eq!(held.lines[0].credited_each, 1, "the money is known");
        assert!(held.row.authorised_by.contains("sam"));
    })
    .await;
}

#[tokio::test]
async fn what_a_customer_asked_for_waits_for_customer_service_and_is_allowed_by_it() {
    at_the_shop(CreateOn::Manual, async |c: &mut Counter| {
        let sold = c.shipped(1).await;
        asks(c, &sold);
        let held = c.reaches(ReturnState::Requested).await;
        assert_eq!(held.row.reason, "UNWANTED");
        assert_eq!(c.expected(), []);
        let reference = held.row.reference.0.clone();
        let (is_ok, text) = c.decided(&reference, Decision::Grant).await;
        assert!(is_ok, "{text}");
        c.reaches(ReturnState::AwaitingReceipt).await;
        assert_eq!(c.expected(), [(reference, 1)]);
    })
    .await;
}

#[tokio::test]
async fn without_any_source_telling_of_returns_customer_service_authorises_them() {
    play(
        SimSystem::Linnworks,
        Policy::linnworks(),
        async |c: &mut Counter| {
            let sold = c.shipped(2).await;
            let row = c.order(&sold.id).await.unwrap().row;
            let asked = c.desk.expect_return(&row, [].into(), "wrong colour").await;
            assert!(c.answered(asked).await.0);
            let held = c.reaches(ReturnState::AwaitingReceipt).await;
            assert_eq!(c.expected(), [(held.row.reference.0, 2)]);
            // They are expected already.
            let asked = c.desk.expect_return(&row, [].into(), "once more").await;
            assert!(!c.answered(asked).await.0);
            assert_eq!(c.expected().len(), 1);
        },
    )
    .await;
}

#[tokio::test]
async fn a_lost_answer_to_an_expected_return_is_asked_about_and_not_created_twice() {
    for (method, lost) in [
        (HEADS, FaultKind::LostAfter),
        (HEADS, FaultKind::Reset),
        (HEADS, FaultKind::ErrorAfter(502)),
        (ITEMS, FaultKind::LostAfter),
        (ITEMS, FaultKind::EmptyBody),
        (HEADS, FaultKind::Delayed(Span::secs(12))),
        (ITEMS, FaultKind::Delayed(Span::secs(8))),
    ] {
        at_the_shop(CreateOn::RefundWithItems, async |c: &mut Counter| {
            let sold = c.shipped(2).await;
            c.wms_fault(method, lost);
            refunds(c, &sold, 2);
            let held = c.reaches(ReturnState::AwaitingReceipt).await;
            assert_eq!(c.expected(), [(held.row.reference.0, 2)]);
            let written = (c.written(HEADS), c.written(ITEMS));
            assert_eq!(written, (1, 1), "{method} {lost:?}");
            c.run(SOON).await;
            assert_eq!(c.kinds().await, []);
        })
        .await;
    }
}

#[tokio::test]
async fn a_lost_request_is_sent_again_once_two_readings_agree() {
    at_the_shop(CreateOn::RefundWithItems, async |c: &mut Counter| {
        let sold = c.shipped(1).await;
        c.wms_fault(HEADS, FaultKind::LostBefore);
        refunds(c, &sold, 1);
        c.reaches(ReturnState::AwaitingReceipt).await;
        assert_eq!((c.written(HEADS), c.written(ITEMS)), (1, 1));
        assert_eq!(c.returns().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_request_and_its_refund_are_one_return() {
    at_the_shop(CreateOn::Refund, async |c: &mut Counter| {
        let sold = c.shipped(1).await;
        asks(c, &sold);
        c.reaches(ReturnState::AwaitingReceipt).await;
        refunds(c, &sold, 1);
        c.run(SOON).await;
        let held = c.only().await;
        assert_eq!(held.lines[0].credited_each, 1);
        assert_eq!(c.expected().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_return_the_warehouse_cannot_take_is_a_case_until_it_stands_there() {
    at_the_shop(CreateOn::RefundWithItems, async |c: &mut Counter| {
        let sold = c.shipped(1).await;
        for _ in 0..90 {
            c.wms_fault(HEADS, FaultKind::ErrorBefore(503));
        }
        refunds(c, &sold, 1);
        c.opens(Kind::RetNotExpected, Span::hours(1)).await;
        c.sandbox.clear_faults();
        c.closes(Kind::RetNotExpected, Span::hours(1)).await;
        assert_eq!(c.expected().len(), 1);
    })
    .await;
}
