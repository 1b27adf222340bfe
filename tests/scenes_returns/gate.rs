//! The credit gate: money goes back only for goods that stand in the source's books, and every way around it shows.

use crate::counter::{Counter, MUG, SOON, Sold, play};
use tallyman::desk::Decision;
use tallyman::domain::catalogue::Kind;
use tallyman::domain::policy::Policy;
use tallyman::domain::returns::{Disposition, MoneyState, ReturnState};
use tallyman::domain::time::Span;
use tallyman::sandbox::{FaultKind, FaultRule, SimSystem};

/// Units and memo of the credit notes in the books.
fn notes(c: &Counter, sold: &Sold) -> Vec<(i64, String)> {
    c.sandbox.inspect(|w| {
        let sales = w.cin7.sales.iter();
        let sale = sales.filter(|s| s.id.to_string().eq_ignore_ascii_case(&sold.id));
        sale.flat_map(|s| &s.credit_notes)
            .map(|n| {
                let units = n.lines.iter().map(|l| l.quantity.as_units()).sum();
                (units, n.memo.clone())
            })
            .collect()
    })
}

/// The books take no adjustments for now: what lies on the shelf is not in them.
fn books_take_nothing(c: &Counter) {
    let refused = FaultRule::share(
        Some(SimSystem::Cin7),
        "POST stockadjustment",
        FaultKind::LostBefore,
        1.0,
    );
    c.sandbox.add_fault(refused);
}

/// They do again, and the lane of the item goes on.
pub fn books_are_open(c: &Counter) {
    c.sandbox.clear_faults();
}

/// Two mugs were sold, invoiced and shipped, and are expected back.
async fn two_coming_back(c: &mut Counter) -> (Sold, String) {
    let sold = c.shipped(2).await;
    c.act(|w| w.cin7_invoice_sale(&sold.id));
    let row = c.order(&sold.id).await.unwrap().row;
    let asked = c
        .desk
        .expect_return(&row, [].into(), "both too small")
        .await;
    assert!(c.answered(asked).await.0);
    let held = c.reaches(ReturnState::AwaitingReceipt).await;
    (sold, held.row.reference.0)
}

/// One mug is back on the shelf, and the books do not take it.
pub async fn back_on_the_shelf_unbooked(c: &mut Counter) {
    let (_, reference) = two_coming_back(c).await;
    let fit = c.act(|w| w.receive_return(&reference, MUG, 1));
    c.act(|w| w.inspect_return(&fit, true));
    books_take_nothing(c);
    c.act(|w| w.settle_return(&fit));
}

async fn credited(c: &mut Counter, sold: &Sold, units: i64) {
    let what = format!("{units} are credited");
    c.until(&what, SOON, async |c: &Counter| {
        notes(c, sold).iter().map(|n| n.0).sum::<i64>() == units
    })
    .await;
}

#[tokio::test]
async fn example_15_one_is_credited_after_its_stock_in_the_other_after_outcome_and_finance() {
    play(SimSystem::Cin7, Policy::cin7core(), example_15).await;
}

pub async fn example_15(c: &mut Counter) {
    let (sold, reference) = two_coming_back(c).await;
    // They are given up in three weeks, and until then wait for nobody's word.
    assert_eq!(
        c.waits("due<22d").await,
        (vec![vec!["the goods are on their way".to_owned()]], 0)
    );
    assert_eq!(c.waits("due<20d").await.0.len(), 0);
    let fit = c.act(|w| w.receive_return(&reference, MUG, 1));
    let damaged = c.act(|w| w.receive_return(&reference, MUG, 1));
    c.act(|w| w.inspect_return(&fit, true));
    c.act(|w| w.inspect_return(&damaged, false));
    books_take_nothing(c);
    c.act(|w| w.settle_return(&fit));
    c.reaches(ReturnState::ReturnedToStock).await;
    c.run(SOON).await;
    assert_eq!(
        notes(c, &sold),
        [],
        "on the shelf, and not in the books yet"
    );
    // A quarter of an hour on the shelf and not in the books is finance's.
    c.opens(Kind::RetStockinFailed, Span::mins(20)).await;
    books_are_open(c);
    c.closes(Kind::RetStockinFailed, SOON).await;
    credited(c, &sold, 1).await;
    let gate = c.sheet(&reference).await.gates.remove(0);
    assert!(gate.contains("cannot be sold again"), "{gate}");
    let (steps, to_decide) = c.waits(&format!("return:{reference}")).await;
    assert_eq!(to_decide, 1);
    assert_eq!(
        steps[0][0],
        "finance: say what becomes of 1 unit unfit for sale"
    );
    // Finance approves an outcome, not a guess.
    let approve = Decision::Approve {
        line: None,
        units: 1,
        reason: "cracked on arrival, photo seen".to_owned(),
    };
    assert!(!c.decided(&reference, approve.clone()).await.0);
    let outcome = Decision::Outcome {
        line: None,
        to: Disposition::WriteOff,
        units: None,
    };
    assert!(c.decided(&reference, outcome).await.0);
    c.run(SOON).await;
    assert_eq!(notes(c, &sold).len(), 1, "the outcome alone opens nothing");
    let steps = c.waits("").await.0;
    assert_eq!(steps[0][0], "finance: approve the credit of 1 unit");
    assert!(c.decided(&reference, approve).await.0);
    credited(c, &sold, 2).await;
    let held = c.reaches(ReturnState::Closed).await;
    assert_eq!(held.row.money, MoneyState::Done);
    c.run(SOON).await;
    assert_eq!(notes(c, &sold).len(), 2, "no credit is repeated");
    assert_eq!(c.kinds().await, []);
    assert_eq!(c.waits("").await, (Vec::new(), 0), "it is over");
    let decided = c.decisions().await;
    let whats: Vec<&str> = decided.iter().map(|(what, _)| what.as_str()).collect();
    let outcome = format!("return {reference}: 1 of {MUG}: write_off");
    let approved = format!("return {reference}: 1 of {MUG} may be credited: unsellable");
    assert_eq!(whats, [outcome, approved]);
    assert!(decided[1].1.contains("photo seen (sam)"), "{decided:?}");
}

#[tokio::test]
async fn an_override_releases_the_credit_and_stays_visible_until_the_goods_are_booked() {
    play(SimSystem::Cin7, Policy::cin7core(), an_override).await;
}

pub async fn an_override(c: &mut Counter) {
    let (sold, reference) = two_coming_back(c).await;
    let pass = |reason: &str| Decision::Override {
        line: None,
        units: 1,
        reason: reason.to_owned(),
    };
    let (is_ok, text) = c
        .decided(&reference, pass("key account, goods on the way"))
        .await;
    assert!(is_ok, "{text}");
    credited(c, &sold, 1).await;
    c.opens(Kind::CrnBeforeStockin, SOON).await;
    let (_, detail) = c.cases().await.remove(0);
    assert!(detail.contains("released by sam: key account"), "{detail}");
    let code = c.act(|w| w.receive_return(&reference, MUG, 2));
    c.act(|w| w.inspect_return(&code, true));
    books_take_nothing(c);
    c.act(|w| w.settle_return(&code));
    c.run(SOON).await;
    assert!(
        c.kinds().await.contains(&Kind::CrnBeforeStockin),
        "not booked yet"
    );
    books_are_open(c);
    c.closes(Kind::CrnBeforeStockin, SOON).await;
    credited(c, &sold, 2).await;
}

#[tokio::test]
async fn a_lost_answer_to_a_credit_note_is_asked_about_and_the_money_goes_back_once() {
    for lost in [
        FaultKind::LostAfter,
        FaultKind::Reset,
        FaultKind::LostBefore,
    ] {
        play(
            SimSystem::Cin7,
            Policy::cin7core(),
            async |c: &mut Counter| {
                let (sold, reference) = two_coming_back(c).await;
                let code = c.act(|w| w.receive_return(&reference, MUG, 2));
                c.act(|w| w.inspect_return(&code, true));
                c.act(|w| w.settle_return(&code));
                let rule = FaultRule::next(SimSystem::Cin7, "POST sale/creditnote", lost, 1);
                c.sandbox.add_fault(rule);
                credited(c, &sold, 2).await;
                c.run(SOON).await;
                assert_eq!(notes(c, &sold).len(), 1, "{lost:?}");
                c.reaches(ReturnState::Closed).await;
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_credit_somebody_made_by_hand_ahead_of_the_goods_is_told() {
    play(
        SimSystem::Cin7,
        Policy::cin7core(),
        async |c: &mut Counter| {
            let (sold, _) = two_coming_back(c).await;
            c.act(|w| w.cin7_credit_by_hand(&sold.id, &[(MUG, 1)], false, "as agreed"));
            c.opens(Kind::CrnBeforeStockin, SOON).await;
            let held = c.only().await;
            assert_eq!(held.lines[0].credited_each, 1);
        },
    )
    .await;
}

#[tokio::test]
async fn a_credit_without_any_return_is_told() {
    play(
        SimSystem::Cin7,
        Policy::cin7core(),
        async |c: &mut Counter| {
            let sold = c.shipped(1).await;
            c.act(|w| w.cin7_invoice_sale(&sold.id));
            c.act(|w| w.cin7_credit_by_hand(&sold.id, &[(MUG, 1)], false, "goodwill"));
            c.opens(Kind::CrnBeforeStockin, SOON).await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_credit_the_books_refuse_is_finance_s_and_goes_on_when_the_cause_is_gone() {
    play(
        SimSystem::Cin7,
        Policy::cin7core(),
        async |c: &mut Counter| {
            // No invoice yet: there is nothing to credit.
            let sold = c.shipped(1).await;
            let row = c.order(&sold.id).await.unwrap().row;
            let asked = c.desk.expect_return(&row, [].into(), "unwanted").await;
            assert!(c.answered(asked).await.0);
            let reference = c
                .reaches(ReturnState::AwaitingReceipt)
                .await
                .row
                .reference
                .0;
            let code = c.act(|w| w.receive_return(&reference, MUG, 1));
            c.act(|w| w.inspect_return(&code, true));
            c.act(|w| w.settle_return(&code));
            c.opens(Kind::CrnOverdue, SOON).await;
            c.act(|w| w.cin7_invoice_sale(&sold.id));
            let open = c
                .store
                .open_exceptions(&[Kind::CrnOverdue], None)
                .await
                .unwrap();
            c.desk.retry_exception(open[0].id).await.unwrap();
            credited(c, &sold, 1).await;
            c.closes(Kind::CrnOverdue, SOON).await;
        },
    )
    .await;
}
