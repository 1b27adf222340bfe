use super::*;
use crate::domain::role::Person;
use chrono::NaiveDate;
use std::collections::BTreeSet;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn signed(check: &str, team: Team, period: Period) -> Signature {
    Signature {
        check: check.to_owned(),
        team,
        period,
        at: Ts(0),
        by: "sam".to_owned(),
        result: "nothing found".to_owned(),
        note: String::new(),
    }
}

#[test]
fn every_figure_is_a_filter_of_its_list() {
    let mut codes = BTreeSet::new();
    for check in CATALOGUE {
        assert!(codes.insert(check.code), "{} stands twice", check.code);
        assert!(!check.teams.is_empty() && !check.parts.is_empty() && !check.roles.is_empty());
        let mut labels = BTreeSet::new();
        for part in check.parts {
            assert!(labels.insert(part.label), "{}: {}", check.code, part.label);
            if let Source::List(shelf, filter) = part.source {
                let parsed = crate::domain::filter::parse(filter, shelf.fields());
                assert!(parsed.is_ok(), "{}: {filter}: {parsed:?}", check.code);
            }
        }
    }
}

#[test]
fn a_week_begins_on_monday_and_a_month_ends_on_its_last_day() {
    let week = Period::of(Cadence::Weekly, day("2026-11-22"));
    assert_eq!(
        (week.first, week.last()),
        (day("2026-11-16"), day("2026-11-22"))
    );
    assert_eq!(week.previous().first, day("2026-11-09"));
    let month = Period::of(Cadence::Monthly, day("2028-02-10"));
    assert_eq!(
        (month.first, month.last()),
        (day("2028-02-01"), day("2028-02-29"))
    );
    assert_eq!(month.previous().first, day("2028-01-01"));
    assert_eq!(month.opens(), day("2028-02-29"));
}

#[test]
fn the_day_is_that_of_the_house() {
    // Half past eleven in the evening, UTC, in June: London is already at the next day.
    let late = Ts::from_utc("2026-06-10T23:30:00Z".parse().unwrap());
    assert_eq!(day_of(late, "Europe/London"), day("2026-06-11"));
    assert_eq!(day_of(late, "America/New_York"), day("2026-06-10"));
    let began = starts(day("2026-06-11"), "Europe/London");
    assert_eq!(began, Ts::from_utc("2026-06-10T23:00:00Z".parse().unwrap()));
}

#[test]
fn what_was_not_signed_is_carried_over_on_top_and_the_oldest_first() {
    let today = day("2026-11-22");
    let began = day("2026-11-20");
    let yesterday = Period::of(Cadence::Daily, day("2026-11-21"));
    let mut signatures: Vec<Signature> = Vec::new();
    for check in CATALOGUE.iter().filter(|c| c.cadence == Cadence::Daily) {
        for team in check.teams {
            signatures.push(signed(check.code, *team, yesterday));
            signatures.push(signed(check.code, *team, yesterday.previous()));
        }
    }
    let clean = plan(Cadence::Daily, today, today, began, &signatures);
    assert!(clean.iter().all(|e| e.standing == Standing::Due));
    signatures.retain(|s| !(s.check == "runs" && s.period == yesterday) && s.check != "lanes");
    let sheet = plan(Cadence::Daily, today, today, began, &signatures);
    let carried: Vec<(&str, usize)> = sheet
        .iter()
        .take_while(|e| e.standing == Standing::Carried)
        .map(|e| (e.check.code, e.periods.len()))
        .collect();
    assert_eq!(carried, [("lanes", 2), ("runs", 1)]);
    assert_eq!(sheet.len(), clean.len() + 2);
    // The two checks of two teams are signed by each.
    let stock = sheet.iter().filter(|e| e.check.code == "stock_compared");
    assert_eq!(stock.count(), 2);
}

#[test]
fn nothing_is_expected_from_before_there_were_sheets_nor_for_ever() {
    let today = day("2026-11-22");
    let fresh = plan(Cadence::Daily, today, today, today, &[]);
    assert!(fresh.iter().all(|e| e.standing == Standing::Due));
    let old = plan(Cadence::Daily, today, today, day("2025-01-01"), &[]);
    let longest = old.iter().map(|e| e.periods.len()).max();
    assert_eq!(longest, Some(CARRIED_MAX));
    assert_eq!(looks_back(Cadence::Daily, today), day("2026-11-15"));
}

#[test]
fn a_sheet_of_the_past_says_what_was_missed_and_carries_nothing() {
    let (today, past) = (day("2026-11-22"), day("2026-11-19"));
    let period = Period::of(Cadence::Daily, past);
    let one = [signed("runs", Team::Integration, period)];
    let sheet = plan(Cadence::Daily, past, today, day("2026-11-01"), &one);
    for entry in sheet {
        let is_it = entry.check.code == "runs";
        assert_eq!(entry.standing == Standing::Signed, is_it);
        assert_eq!(entry.standing == Standing::Missed, !is_it);
    }
}

#[test]
fn a_signature_takes_the_team_the_role_and_the_time() {
    let today = day("2026-11-22");
    let daily = [Period::of(Cadence::Daily, today)];
    let lanes = Check::find("lanes").unwrap();
    let viewer = Person::new("vi", &[Role::Viewer]);
    let worker = Person::new("wo", &[Role::Operator]);
    let sign = |p: &Person, c: &Check, t, periods: &[Period]| may_sign(p, c, t, periods, today);
    assert!(sign(&worker, lanes, Team::Integration, &daily).is_ok());
    let refusal = sign(&viewer, lanes, Team::Integration, &daily).unwrap_err();
    assert!(refusal.contains("operator or lead"), "{refusal}");
    let refusal = sign(&worker, lanes, Team::Cx, &daily).unwrap_err();
    assert!(refusal.contains("integration does"), "{refusal}");
    let debts = Check::find("dismissed").unwrap();
    assert!(sign(&worker, debts, Team::Operations, &daily).is_err());
    let month = Check::find("month_debt").unwrap();
    let finance = Person::new("fi", &[Role::FinanceApprover]);
    let november = [Period::of(Cadence::Monthly, today)];
    let refusal = sign(&finance, month, Team::Finance, &november).unwrap_err();
    assert!(refusal.contains("from 30 Nov 2026"), "{refusal}");
    let october = [november[0].previous()];
    assert!(sign(&finance, month, Team::Finance, &october).is_ok());
}

#[test]
fn a_result_says_what_was_found_and_how_long_it_waits() {
    let part = CATALOGUE[0].parts[0];
    let now = Ts(0) + super::super::time::Span::hours(50);
    let tally = Tally {
        count: 2,
        members: None,
        oldest: Some(Ts(0)),
        value_minor: Some(31_000),
    };
    let figure = Figure::of(&part, tally, None);
    assert_eq!(
        result_words(std::slice::from_ref(&figure), now),
        "despatched, source open: 2 orders, oldest 2d, 310.00"
    );
    assert_eq!(
        short_words(std::slice::from_ref(&figure)),
        "2 despatched, source open"
    );
    assert!(!is_clean(&[figure]));
    let none = Figure::of(&part, Tally::default(), None);
    assert_eq!(result_words(&[none], now), "nothing found");
}

#[test]
fn one_of_something_is_said_of_one() {
    let part = |label: &str| {
        CATALOGUE
            .iter()
            .flat_map(|c| c.parts)
            .find(|p| p.label == label)
    };
    let said = |label: &str, count: i64| {
        let tally = Tally {
            count,
            ..Tally::default()
        };
        short_words(&[Figure::of(part(label).unwrap(), tally, None)])
    };
    assert_eq!(said("cancellations", 1), "1 cancellation");
    assert_eq!(said("cancellations", 2), "2 cancellations");
    assert_eq!(
        said("systems down or refused", 1),
        "1 system down or refused"
    );
    for (many, _) in ONE {
        assert!(part(many).is_some(), "{many} is no label");
    }
}

#[test]
fn a_hand_over_keeps_its_lines_and_loses_what_moves_the_cursor() {
    let text = HandOver::text_of("  Van late.\u{1b}[2J\n\n second line \n ").unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(!text.contains('\u{1b}'));
    assert!(HandOver::text_of(" \n ").is_err());
    assert!(HandOver::text_of(&"x".repeat(HAND_OVER_CHARS_MAX + 1)).is_err());
}
