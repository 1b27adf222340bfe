//! One order that somebody asks about: why it does not move, its text corrected for the send, papers for people outside.

use crate::stage::{MUG, Placed, SOON, Setting, Stage, play};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::edits::SafeField;
use tallyman::domain::order::{OrderFull, OrderState};
use tallyman::domain::time::Span;
use tallyman::domain::why::{Standing, Way};
use tallyman::report::{Reader, order_paper};
use tallyman::sandbox::OrderSpec;

async fn full(s: &Stage, order: &Placed) -> OrderFull {
    let id = s.order(order).await.id;
    s.store.orders_by_id(&[id]).await.unwrap().remove(0)
}

/// An order whose first address line is longer than the warehouse takes.
async fn too_long(s: &mut Stage) -> Placed {
    let order = s.place(&OrderSpec {
        line1: "9 Sample Street, ".repeat(8),
        ..OrderSpec::default()
    });
    s.case_opens(Kind::OrdAddressInvalid, SOON).await;
    order
}

const SHORT: &str = "9 Sample Street, second gate";

fn line1(text: &str) -> Vec<(SafeField, String)> {
    vec![(SafeField::Line1, text.to_owned())]
}

#[tokio::test]
async fn an_address_that_is_too_long_is_edited_for_its_send_and_both_texts_are_kept() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = too_long(s).await;
        let (id, was) = (s.order(&order).await.id, s.lw(&order).address.line1);
        let why = s.desk.why_of(id).await.unwrap();
        assert_eq!(why.standing, Standing::Stopped, "{why:?}");
        assert_eq!(why.reasons[0].way, Way::Edit, "{why:?}");
        assert!(why.reasons[0].case.is_some(), "{why:?}");

        let still = line1(&"x".repeat(101));
        let refused = s.desk.edit_order(id, still, "guessed").await.unwrap_err();
        assert!(refused.to_string().contains("101 characters"), "{refused}");
        let asked = s
            .desk
            .edit_order(id, line1(SHORT), "asked the customer")
            .await;
        let answer = s.answered(asked).await;
        assert!(answer.is_ok, "{}", answer.answer);
        s.accepted(&order).await;
        let there = s.wms(&order).unwrap().texts;
        assert!(there.values().any(|text| text == SHORT), "{there:?}");
        s.case_closes(Kind::OrdAddressInvalid, SOON).await;

        let kept = full(s, &order).await.body;
        assert_eq!(
            kept.source.address.line1.trim(),
            was.trim(),
            "the source's own text stays"
        );
        let edit = &kept.edits[0];
        assert_eq!((edit.was.trim(), edit.now.as_str()), (was.trim(), SHORT));
        assert_eq!(edit.reason, "asked the customer");
        s.run(Span::mins(30)).await;
        assert_eq!(
            (s.headers(&order), s.kinds().await.len()),
            (1, 0),
            "nothing is amended back"
        );
        let late = s
            .desk
            .edit_order(id, line1("elsewhere"), "changed my mind")
            .await;
        let late = late.unwrap_err().to_string();
        assert!(late.contains("the warehouse has it already"), "{late}");
    })
    .await;
}

#[tokio::test]
async fn an_edit_counts_no_more_once_the_source_changes_the_field() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = too_long(s).await;
        let id = s.order(&order).await.id;
        let held = s.desk.hold_order(id, "the van is full").await;
        s.answered(held).await;
        let asked = s
            .desk
            .edit_order(id, line1(SHORT), "asked the customer")
            .await;
        s.answered(asked).await;
        let longer = "10 Other Street, ".repeat(8);
        s.act(|w| w.amend_order(&order.id, |o| longer.clone_into(&mut o.address.line1)));
        s.run(SOON).await;
        let release = s.desk.release_order(id).await;
        s.answered(release).await;
        s.case_opens(Kind::OrdAddressInvalid, SOON).await;
        assert!(
            s.wms(&order).is_none(),
            "what the source says now is too long again"
        );
        let kept = full(s, &order).await.body;
        assert!(!kept.edits[0].counts(&kept.source.address));
    })
    .await;
}

#[tokio::test]
async fn an_order_that_moves_says_where_it_is_and_a_held_one_who_holds_it() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.sold(&[(MUG, 1)]);
        s.accepted(&order).await;
        let id = s.order(&order).await.id;
        let why = s.desk.why_of(id).await.unwrap();
        assert_eq!(why.standing, Standing::Moving, "{why:?}");
        assert!(why.next_at.is_some(), "{why:?}");

        let unpaid = s.place(&OrderSpec {
            is_paid: false,
            ..OrderSpec::default()
        });
        s.run(SOON).await;
        assert_eq!(s.order(&unpaid).await.state, OrderState::HeldPayment);
        let id = s.order(&unpaid).await.id;
        let why = s.desk.why_of(id).await.unwrap();
        assert!(why.reasons[0].what.contains("paid"), "{why:?}");
    })
    .await;
}

#[tokio::test]
async fn a_bundle_for_a_support_desk_shows_the_calls_and_no_customer() {
    play(Setting::default(), async |s: &mut Stage| {
        let order = s.place(&OrderSpec {
            name: "Zebedee Canary".to_owned(),
            line1: "77 Canary Wharf Mews".to_owned(),
            ..OrderSpec::default()
        });
        s.accepted(&order).await;
        let id = s.order(&order).await.id;
        for reader in [Reader::Warehouse, Reader::Source] {
            let paper = order_paper(&s.desk, id, reader).await.unwrap();
            for secret in ["Canary", "canary", "Zebedee"] {
                assert!(!paper.markdown.contains(secret), "{}", paper.markdown);
            }
            assert!(paper.markdown.contains(&order.number), "{}", paper.markdown);
        }
        let paper = order_paper(&s.desk, id, Reader::Warehouse).await.unwrap();
        for word in ["Request:", "Answer:", "[name 1]", "[address 1]", &order.wms] {
            assert!(paper.markdown.contains(word), "{word}: {}", paper.markdown);
        }
        let page = order_paper(&s.desk, id, Reader::Customer).await.unwrap();
        assert!(
            page.markdown.contains("In the warehouse"),
            "{}",
            page.markdown
        );
        assert!(!page.markdown.contains(&order.wms), "{}", page.markdown);
    })
    .await;
}
