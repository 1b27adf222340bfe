//! The sheets of checks, on what the sandbox really did.

use crate::stage::{SOON, Setting, Stage, play};
use tallyman::desk::{CheckLine, CheckSheet, Object};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::checks::{Cadence, Check, Standing};
use tallyman::domain::exception::Team;
use tallyman::domain::time::Span;
use tallyman::sandbox::OrderSpec;

const UNMAPPED: &str = "Royal Mail Tracked 24 Signature";

async fn sheet(s: &Stage) -> CheckSheet {
    let sheet = s.desk.check_sheet(Cadence::Daily, None, None).await;
    sheet.unwrap()
}

fn line<'a>(sheet: &'a CheckSheet, code: &str, team: Team, standing: Standing) -> &'a CheckLine {
    let found = sheet
        .lines
        .iter()
        .find(|l| l.check.code == code && l.team == team && l.standing == standing);
    found.unwrap_or_else(|| panic!("no {standing:?} line of {code} for {team}: {sheet:#?}"))
}

fn figure(line: &CheckLine, label: &str) -> (i64, Option<i64>) {
    let found = line.figures.iter().find(|f| f.label == label);
    let figure = found.unwrap_or_else(|| panic!("no figure {label}: {line:#?}"));
    (figure.count, figure.members)
}

/// A night passes in this scene; read every four minutes it says as much as read every minute.
pub fn unhurried() -> Setting {
    Setting::default().policy(|policy| {
        policy.order_pull_interval = Span::mins(4);
        policy.despatch_poll_interval = Span::mins(4);
        policy.status_interval = Span::mins(4);
    })
}

pub async fn a_day_signed(s: &mut Stage) {
    let blocked: Vec<_> = (0..3)
        .map(|_| {
            s.place(&OrderSpec {
                service: UNMAPPED.to_owned(),
                ..OrderSpec::default()
            })
        })
        .collect();
    let case = s.case_opens(Kind::OrdCarrierUnmapped, SOON).await;
    let stuck = s.mug_in_warehouse().await;
    s.act(|w| w.lock(&stuck.id, true));
    s.act(|w| w.despatch(&stuck.wms, "RM1GB"));
    s.case_opens(Kind::DspConfirmFailed, SOON).await;
    s.until("all are blocked", SOON, async |s: &Stage| {
        s.case_by_id(case.id).await.members == 3
    })
    .await;
    let value: i64 = {
        let mut sum = 0;
        for order in &blocked {
            sum += s.order(order).await.value_minor;
        }
        sum
    };

    // Every figure is what the sandbox brought about, and no more.
    let first = sheet(s).await;
    assert!(first.lines.iter().all(|l| l.standing == Standing::Due));
    let causes = line(&first, "blocked", Team::Ecommerce, Standing::Due);
    assert_eq!(figure(causes, "blocked"), (3, None));
    assert_eq!(causes.figures[0].value_minor, Some(value));
    assert_eq!(figure(causes, "carrier"), (1, Some(3)));
    assert_eq!(figure(causes, "SKU"), (0, None));
    let open = line(&first, "shipped_open", Team::Ecommerce, Standing::Due);
    assert_eq!(figure(open, "despatched, source open"), (1, None));
    let lanes = line(&first, "lanes", Team::Integration, Standing::Due);
    assert!(lanes.is_clean(), "{lanes:#?}");

    // What stands behind a figure is the rows that were counted.
    let check = Check::find("shipped_open").unwrap();
    let page = s
        .desk
        .check_page(check, Team::Ecommerce, None)
        .await
        .unwrap();
    let (_, rows) = &page.behind[0];
    let order = s.order(&stuck).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].object, Object::Order(order.id));

    // It is signed once, with the figure as it was.
    let now = &open.periods;
    let kim = s.desk_of("kim");
    kim.sign_check(check, Team::Ecommerce, now, "carrier told")
        .await
        .unwrap();
    let again = s.desk.sign_check(check, Team::Ecommerce, now, "").await;
    assert!(again.unwrap_err().to_string().contains("kim signed it"));
    let other = s.desk.sign_check(check, Team::Warehouse, now, "").await;
    assert!(other.unwrap_err().to_string().contains("ecommerce does"));
    kim.hand_over(
        Team::Ecommerce,
        "One order is locked in Linnworks.\nThe carrier is told.",
    )
    .await
    .unwrap();

    // The order is confirmed afterwards: the signature keeps what was signed.
    s.act(|w| w.lock(&stuck.id, false));
    s.confirmed(&stuck, Span::mins(20)).await;
    let later = sheet(s).await;
    let signed = line(&later, "shipped_open", Team::Ecommerce, Standing::Signed);
    let kept = signed.signed.as_ref().unwrap();
    assert!(
        kept.result.starts_with("despatched, source open: 1 order"),
        "{kept:?}"
    );
    assert_eq!(
        (kept.by.as_str(), kept.note.as_str()),
        ("kim", "carrier told")
    );
    assert_eq!(figure(signed, "despatched, source open").0, 0);
    assert_eq!(
        later.hand_overs[0].headline(),
        "One order is locked in Linnworks."
    );

    // The next day what nobody signed is on top, and signing it takes it away.
    s.run(Span::hours(24)).await;
    let next = sheet(s).await;
    let carried: Vec<&CheckLine> = next
        .lines
        .iter()
        .take_while(|l| l.standing == Standing::Carried)
        .collect();
    assert_eq!(
        carried.len() + 1,
        first.lines.len(),
        "all but the signed one"
    );
    assert!(carried.iter().all(|l| l.check.code != "shipped_open"));
    let missed = carried.iter().find(|l| l.check.code == "lanes").unwrap();
    let lanes = Check::find("lanes").unwrap();
    let periods = &missed.periods;
    s.desk
        .sign_check(lanes, Team::Integration, periods, "late")
        .await
        .unwrap();
    let after = sheet(s).await;
    assert_eq!(after.lines.len() + 1, next.lines.len());
    let today = line(&after, "lanes", Team::Integration, Standing::Due);
    assert!(today.periods[0] > periods[0]);
    assert_eq!(s.store.verify_journal().await.unwrap(), None);
}

#[tokio::test]
async fn a_days_sheet_is_counted_signed_and_what_nobody_signed_comes_back_tomorrow() {
    play(unhurried(), a_day_signed).await;
}
