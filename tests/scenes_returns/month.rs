//! The end of a month: goods leave before it and are recognised after it, by three books of finance and two clocks.

use crate::counter::{Counter, MUG, SOON, at_the_shop, play, play_on};
use crate::{gate, pg};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::exception::ObjectRef;
use tallyman::domain::month::{Cut, Month, Period, zone_of};
use tallyman::domain::movements::MovementState;
use tallyman::domain::policy::Policy;
use tallyman::domain::returns::{ClaimState, CreateOn};
use tallyman::domain::time::Span;
use tallyman::report::{
    CutSum, MonthFacts, PairMonth, month_csv, month_facts, month_html, month_markdown,
};
use tallyman::sandbox::{FaultKind, FaultRule, Restock, SimSystem};
use tallyman::store::read::OpenException;

fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

async fn facts(c: &Counter, of: Option<Month>) -> MonthFacts {
    let facts = month_facts(&c.store, c.desk.pairs(), of, c.now()).await;
    facts.unwrap()
}

async fn sheet(c: &Counter, of: &str) -> PairMonth {
    facts(c, Some(month(of))).await.pairs.remove(0)
}

const fn sum(orders: i64, units: i64) -> CutSum {
    CutSum {
        orders,
        despatches: orders,
        units,
    }
}

fn march(c: &Counter) -> Period {
    month("2026-03").period(zone_of(&c.desk.pairs()[0].policy))
}

/// Two units leave and are shown in March; three leave half an hour before its end, while the source is down.
async fn to_the_border(c: &mut Counter) {
    let end = march(c).to;
    c.leap((end - Span::hours(4)).since(c.now()));
    c.shipped(2).await;
    let last = c.taken(3).await;
    c.leap((end - Span::mins(30)).since(c.now()));
    let down = FaultRule::window(c.source, FaultKind::Down, c.now(), end + Span::hours(1));
    c.sandbox.add_fault(down);
    c.act(|w| w.despatch(&last.wms, "RM1GB"));
    c.run(SOON).await;
}

/// The source is up again, an hour after the month's end, and hears of everything.
async fn past_it(c: &mut Counter) {
    let end = march(c).to;
    c.leap((end + Span::hours(1)).since(c.now()));
    c.run(Span::mins(40)).await;
}

/// The open case about what is not in the books.
async fn cutoff(c: &Counter) -> Option<(OpenException, String)> {
    let open = c.store.open_exceptions(&[Kind::FinCutoffRisk], None).await;
    let case = open.unwrap().into_iter().next()?;
    let discriminator = case.discriminator.clone();
    Some((case, discriminator))
}

async fn late_in_the_books(c: &mut Counter) {
    to_the_border(c).await;
    // What left a moment ago is on its way; after that finance is told.
    c.opens(Kind::FinCutoffRisk, Span::mins(20)).await;
    let (id, case) = cutoff(c).await.unwrap();
    assert_eq!(case, "MONTH=2026-03");
    let mut members = c.store.members(id.id, None, 9).await.unwrap();
    members.retain(|m| matches!(m.object, ObjectRef::Order(_)));
    assert_eq!(members.len(), 1, "{members:?}");
    assert!(
        members[0].detail.starts_with("3 units of order"),
        "{members:?}"
    );
    let running = sheet(c, "2026-03").await;
    assert!(!running.is_over);
    assert_eq!(running.cuts.left, sum(2, 5));
    assert_eq!(running.cuts.open, sum(1, 3));
    let [line] = running.cuts.lines.rows.as_slice() else {
        panic!("{:?}", running.cuts.lines);
    };
    assert_eq!((line.cut, line.units, line.shown_at), (Cut::Open, 3, None));
    assert!(line.why.starts_with("its confirmation is"), "{line:?}");
    past_it(c).await;
    c.closes(Kind::FinCutoffRisk, SOON).await;
    let over = sheet(c, "2026-03").await;
    assert!(over.is_over);
    assert_eq!(over.cuts.left, sum(2, 5));
    assert_eq!((over.cuts.within, over.cuts.late), (sum(1, 2), sum(1, 3)));
    assert_eq!(over.cuts.open, CutSum::default());
    assert_eq!(over.cuts.recognised, sum(1, 2), "the books of March");
    c.shipped(1).await;
    let next = sheet(c, "2026-04").await;
    assert_eq!(
        (next.cuts.left, next.cuts.brought_in),
        (sum(1, 1), sum(1, 3))
    );
    assert_eq!(next.cuts.recognised, sum(2, 4), "the books of April");
    assert_eq!(next.cuts.lines.rows[0].cut, Cut::BroughtIn);
    // Without a month it is the last one that is over.
    assert_eq!(facts(c, None).await.pairs[0].month, month("2026-03"));
    in_every_form(&facts(c, Some(month("2026-03"))).await);
}

fn in_every_form(facts: &MonthFacts) {
    let text = month_markdown(facts);
    for part in [
        "# Month 2026-03 of",
        "by the clock of Europe/London",
        "From 2026-03-01 00:00 to 2026-04-01 00:00",
        "| despatched by the warehouse | 2 | 2 | 5 |",
        "left in the month, recognised after its end",
        "2026-03-31 23:3",
        "## Movements of the month in the ledger",
    ] {
        let is_of_ledger = part.contains("ledger");
        let is_expected = !is_of_ledger || facts.pairs[0].has_ledger;
        assert_eq!(text.contains(part), is_expected, "{part}\n{text}");
    }
    let csv = month_csv(facts).unwrap();
    assert!(
        csv.starts_with("pair,month,part,what,orders,despatches,units\r\n"),
        "{csv}"
    );
    assert!(csv.contains(",2026-03,Goods that left,despatched by the warehouse,2,2,5\r\n"));
    let html = month_html(facts);
    assert!(html.contains("<td>despatched by the warehouse</td><td class=\"n\">2</td>"));
    let json = serde_json::to_value(facts).unwrap();
    assert_eq!(json["pairs"][0]["month"], "2026-03");
    assert_eq!(json["pairs"][0]["cuts"]["late"]["units"], 3);
}

#[tokio::test]
async fn what_linnworks_shows_after_the_month_is_cut_off_from_it() {
    play(SimSystem::Linnworks, Policy::linnworks(), late_in_the_books).await;
}

#[tokio::test]
async fn what_the_ledger_has_after_the_month_is_cut_off_from_it() {
    play(SimSystem::Cin7, Policy::cin7core(), late_in_the_books).await;
}

#[tokio::test]
async fn a_month_is_cut_off_the_same_on_postgres() {
    if let Some(url) = pg::database().await {
        let (source, policy) = (SimSystem::Linnworks, Policy::linnworks());
        play_on(Some(url), source, policy, late_in_the_books).await;
    }
}

#[tokio::test]
async fn by_despatch_data_what_left_counts_as_it_left_by_the_shops_own_clock() {
    let policy = Policy {
        time_zone: "Asia/Hong_Kong".to_owned(),
        ..Policy::shopline()
    };
    play(SimSystem::Shopline, policy, async |c: &mut Counter| {
        to_the_border(c).await;
        c.run(Span::mins(25)).await;
        assert!(
            cutoff(c).await.is_none(),
            "by this basis nothing is missing"
        );
        past_it(c).await;
        let over = sheet(c, "2026-03").await;
        assert_eq!(over.zone, "Asia/Hong_Kong");
        assert_eq!(
            (over.cuts.left, over.cuts.recognised),
            (sum(2, 5), sum(2, 5))
        );
        assert_eq!(over.cuts.late, sum(1, 3), "told of all the same");
        // Still March in Greenwich, April at the shop.
        c.shipped(1).await;
        assert_eq!(sheet(c, "2026-03").await.cuts.left, sum(2, 5));
        assert_eq!(sheet(c, "2026-04").await.cuts.recognised, sum(1, 1));
    })
    .await;
}

#[tokio::test]
async fn what_finance_signed_for_stays_a_debt_until_the_books_show_it() {
    let policy = Policy::linnworks();
    play(SimSystem::Linnworks, policy, async |c: &mut Counter| {
        to_the_border(c).await;
        c.opens(Kind::FinCutoffRisk, Span::mins(20)).await;
        let (case, _) = cutoff(c).await.unwrap();
        let signed = c.desk.dismiss(case.id, case.version, "accrued: 3 mugs");
        signed.await.unwrap();
        c.run(SOON).await;
        assert!(cutoff(c).await.is_none(), "it does not come back");
        let debts = sheet(c, "2026-03").await.debts;
        let kinds: Vec<Kind> = debts.rows.iter().map(|d| d.kind).collect();
        assert_eq!(kinds, [Kind::FinCutoffRisk]);
        assert!(debts.rows[0].reason.contains("accrued"), "{debts:?}");
        past_it(c).await;
        c.run(SOON).await;
        assert_eq!(sheet(c, "2026-03").await.debts.total, 0);
    })
    .await;
}

#[tokio::test]
async fn goods_back_on_the_shelf_that_the_ledger_lacks_at_its_end_are_finances_business() {
    play(
        SimSystem::Cin7,
        Policy::cin7core(),
        async |c: &mut Counter| {
            let end = march(c).to;
            c.leap((end - Span::hours(4)).since(c.now()));
            gate::back_on_the_shelf_unbooked(c).await;
            c.opens(Kind::FinCutoffRisk, Span::hours(2)).await;
            let (case, _) = cutoff(c).await.unwrap();
            let members = c.store.members(case.id, None, 9).await.unwrap();
            assert!(members[0].label.starts_with(MUG), "{members:?}");
            assert!(members[0].detail.contains("+1 units"), "{members:?}");
            gate::books_are_open(c);
            c.closes(Kind::FinCutoffRisk, Span::hours(1)).await;
        },
    )
    .await;
}

#[tokio::test]
async fn refunds_without_goods_stand_there_with_what_was_meant() {
    at_the_shop(CreateOn::Manual, async |c: &mut Counter| {
        let kept = c.shipped(2).await;
        let open = c.shipped(1).await;
        c.act(|w| w.shop_refund(&kept.id, MUG, 1, Restock::None));
        c.act(|w| w.shop_refund(&open.id, MUG, 1, Restock::None));
        c.run(SOON).await;
        let row = c.order(&kept.id).await.unwrap().row;
        let asked = c
            .desk
            .explain_refund(&row, None, ClaimState::Goodwill, "arrived late")
            .await;
        assert!(c.answered(asked).await.0);
        let january = sheet(c, "2026-01").await;
        let found = &january.bare_refunds;
        let states: Vec<ClaimState> = found.rows.iter().map(|r| r.state).collect();
        assert_eq!(states, [ClaimState::Asked, ClaimState::Goodwill]);
        assert_eq!(found.rows[1].number, row.number);
        assert!(found.rows[1].note.contains("arrived late"), "{found:?}");
        let refunds: i64 = january.money_back.iter().map(|m| m.refunds).sum();
        assert_eq!((refunds, found.total), (2, 2));
        assert_eq!(sheet(c, "2025-12").await.bare_refunds.total, 0);
        assert!(!january.has_ledger && january.moved.is_empty());
    })
    .await;
}

#[tokio::test]
async fn goods_that_came_back_and_their_postings_stand_in_the_sheet_of_a_ledger() {
    let policy = Policy::cin7core();
    play(SimSystem::Cin7, policy, async |c: &mut Counter| {
        gate::example_15(c).await;
        let january = sheet(c, "2026-01").await;
        let back = january.came_back;
        assert_eq!((back.returns_received, back.units_received), (1, 2));
        assert_eq!((back.units_sellable, back.units_unsellable), (1, 1));
        assert_eq!((back.units_shelved, back.units_unbooked), (1, 0));
        assert_eq!(back.units_credited, 2);
        let posted: i64 = (january.moved.iter())
            .filter(|m| m.state == MovementState::Applied && m.is_in_time)
            .map(|m| m.units)
            .sum();
        assert_eq!(posted, 1, "{:?}", january.moved);
        assert_eq!(january.owed.total, 0);
    })
    .await;
}
