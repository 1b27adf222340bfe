//! A day's sheet that reads like the trade: what was handed over, what is carried over, what is signed.

use super::rows::NOW;
use chrono::NaiveDate;
use tallyman::desk::{Behind, CheckLine, CheckPage, CheckSheet, Object};
use tallyman::domain::checks::{
    CATALOGUE, Cadence, Check, Figure, HandOver, Period, Shelf, Signature, Source, Standing, Tally,
    day_of, plan, result_words,
};
use tallyman::domain::exception::Team;
use tallyman::domain::ids::{ExceptionId, OrderId};
use tallyman::domain::time::Span;

fn today() -> NaiveDate {
    day_of(NOW, "Europe/London")
}

/// What is found of each part: its place in the catalogue decides.
fn figures(check: &Check, is_quiet: bool) -> Vec<Figure> {
    let parts = check.parts.iter().enumerate();
    parts
        .map(|(at, part)| {
            let n = (check.code.len() + at * 3) % 5;
            let count = if is_quiet || n > 2 { 0 } else { n as i64 };
            let is_orders = matches!(part.source, Source::List(Shelf::Orders, _));
            let tally = Tally {
                count,
                members: matches!(part.source, Source::List(Shelf::Exceptions, _))
                    .then_some(count * 19),
                oldest: (count > 0).then_some(NOW - Span::hours(7 * count)),
                value_minor: is_orders.then_some(count * 41_50),
            };
            Figure::of(part, tally, None)
        })
        .collect()
}

fn sign(check: &Check, team: Team, period: Period, hostile: bool) -> Signature {
    let note = if hostile {
        "seen \u{1b}[31m漢字"
    } else {
        "all known"
    };
    Signature {
        check: check.code.to_owned(),
        team,
        period,
        at: NOW - Span::hours(2),
        by: "ana".to_owned(),
        result: result_words(&figures(check, false), NOW),
        note: tallyman::text::clean(note),
    }
}

fn signatures(cadence: Cadence, hostile: bool) -> Vec<Signature> {
    let now = Period::of(cadence, today());
    let mut found = Vec::new();
    for check in CATALOGUE.iter().filter(|c| c.cadence == cadence) {
        for team in check.teams {
            if check.code != "runs" {
                found.push(sign(check, *team, now.previous(), hostile));
            }
            if check.code == "partials" || check.code == "products" {
                found.push(sign(check, *team, now, hostile));
            }
        }
    }
    found
}

pub fn sheet(
    cadence: Cadence,
    team: Option<Team>,
    (is_empty, hostile): (bool, bool),
) -> CheckSheet {
    let began = Period::of(cadence, today()).previous().first;
    let began = if is_empty { today() } else { began };
    let signed = if is_empty {
        Vec::new()
    } else {
        signatures(cadence, hostile)
    };
    let lines = plan(cadence, today(), today(), began, &signed)
        .into_iter()
        .filter(|e| team.is_none_or(|t| t == e.team))
        .map(|e| CheckLine {
            check: e.check,
            title: e.check.title,
            team: e.team,
            periods: e.periods,
            standing: e.standing,
            figures: figures(e.check, is_empty),
            signed: e.signed,
        })
        .collect();
    CheckSheet {
        cadence,
        period: Period::of(cadence, today()),
        at: NOW,
        team,
        hand_overs: if is_empty || team.is_some_and(|t| t != Team::Warehouse) {
            Vec::new()
        } else {
            notes(Team::Warehouse, hostile)
        },
        lines,
    }
}

pub fn notes(team: Team, hostile: bool) -> Vec<HandOver> {
    let text = if hostile {
        "\u{1b}]0;x\u{7}van 漢字漢字漢字 delayed"
    } else {
        "The van of 05:30 did not come.\nTwelve parcels wait at door 3; the carrier comes at 10."
    };
    vec![HandOver {
        team,
        at: NOW - Span::hours(3),
        by: "ana".to_owned(),
        text: HandOver::text_of(text).unwrap(),
    }]
}

pub fn page(check: &'static Check, team: Team, first: NaiveDate, hostile: bool) -> CheckPage {
    let all = sheet(check.cadence, Some(team), (false, hostile)).lines;
    let is_it = |l: &&CheckLine| l.check == check && l.periods[0].first == first;
    let line = all.iter().find(is_it).unwrap().clone();
    let rows = |figure: &Figure| {
        (0..figure.count.min(2))
            .map(|n| Behind {
                text: if figure.nouns.0 == "order" {
                    format!("10010{n} despatched, 7h, promise late 1h10")
                } else {
                    format!(
                        "{} Service not mapped: SERVICE=Tracked 48 XL, 38 members, 2h",
                        n + 1
                    )
                },
                object: if figure.nouns.0 == "order" {
                    Object::Order(OrderId(n + 1))
                } else {
                    Object::Exception(ExceptionId(n + 1))
                },
            })
            .collect()
    };
    let behind = line.figures.iter().map(|f| (f.clone(), rows(f))).collect();
    let earlier = if line.standing == Standing::NotYet {
        Vec::new()
    } else {
        let period = line.periods[0].previous();
        vec![sign(check, team, period, hostile)]
    };
    CheckPage {
        how: check.how,
        line,
        behind,
        earlier,
    }
}
