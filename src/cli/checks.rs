//! `tallyman checks …`

use super::args::one;
use super::context::{Context, Globals, Opening};
use super::listing::print;
use super::output::{CliError, Outcome, say, terminal_columns};
use crate::desk::{CheckLine, CheckPage};
use crate::domain::checks::{Cadence, Check, Period, Standing};
use crate::domain::exception::Team;
use crate::domain::time::Span;
use crate::report::{
    Column, Format, Table, at, check_table, save_checks, shift_facts, shift_markdown,
};
use crate::text::count;
use chrono::NaiveDate;
use clap::Subcommand;
use std::io::Read;
use std::path::PathBuf;

/// Most of a hand-over note that is read from standard input, bytes.
const NOTE_BYTES_MAX: u64 = 64 * 1024;
/// How far the shift report beside an exported sheet looks back.
const SHIFT: Span = Span::hours(8);

/// What can be done with checks.
#[derive(Debug, Subcommand)]
pub enum ChecksVerb {
    /// The sheet of today, this week or this month: what was found, who signs, what is signed
    List {
        #[command(flatten)]
        which: WhichArgs,
        /// Another day, such as 2026-03-01
        #[arg(long, value_name = "DAY")]
        day: Option<NaiveDate>,
    },
    /// One check in full: its figures, what stands behind them, who signed it before
    Show {
        /// Name of the check, such as shipped_open
        #[arg(value_parser = parse_check)]
        check: &'static Check,
        /// Whose line, when several teams sign it
        #[arg(long, value_parser = parse_team)]
        team: Option<Team>,
    },
    /// Sign a check with its figures as they are now
    Sign {
        #[arg(value_parser = parse_check)]
        check: &'static Check,
        /// For which team, when several sign it
        #[arg(long, value_parser = parse_team)]
        team: Option<Team>,
        /// Instead of today's sheet that of an earlier day
        #[arg(long, value_name = "DAY", conflicts_with = "missed")]
        day: Option<NaiveDate>,
        /// What was carried over, instead of what is due now
        #[arg(long)]
        missed: bool,
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Tell the next shift something; `-` reads it from standard input
    Note {
        #[arg(long, value_parser = parse_team)]
        team: Team,
        text: String,
    },
    /// What was told to the next shift, newest first
    Notes {
        #[arg(long, value_parser = parse_team)]
        team: Team,
    },
    /// Write sheet and shift report as Markdown and HTML files
    Export {
        #[command(flatten)]
        which: WhichArgs,
        #[arg(long, value_name = "DAY")]
        day: Option<NaiveDate>,
        /// Where to
        #[arg(long, value_name = "FOLDER", default_value = ".")]
        folder: PathBuf,
    },
}

/// Which sheet.
#[derive(Debug, Clone, clap::Args)]
pub struct WhichArgs {
    /// daily, weekly or month
    #[arg(long, default_value = "daily", value_parser = parse_cadence)]
    cadence: Cadence,
    /// Only this team's lines
    #[arg(long, value_parser = parse_team)]
    team: Option<Team>,
}

fn parse_cadence(text: &str) -> Result<Cadence, String> {
    Cadence::parse(text).ok_or_else(|| {
        let names: Vec<&str> = Cadence::ALL.iter().map(|c| c.as_str()).collect();
        format!("a sheet is one of {}", names.join(", "))
    })
}

fn parse_team(text: &str) -> Result<Team, String> {
    Team::parse(text).ok_or_else(|| {
        let names: Vec<&str> = Team::ALL.iter().map(|t| t.as_str()).collect();
        format!("a team is one of {}", names.join(", "))
    })
}

fn parse_check(text: &str) -> Result<&'static Check, String> {
    Check::find(text).ok_or_else(|| {
        format!(
            "there is no check {:?}; `tallyman checks list` shows their names in the last column",
            crate::text::clean_to(text, 40)
        )
    })
}

pub(super) async fn run(globals: &Globals, verb: ChecksVerb) -> Result<Outcome, CliError> {
    let opening = match &verb {
        ChecksVerb::List { .. } | ChecksVerb::Show { .. } | ChecksVerb::Notes { .. } => {
            Opening::Reading
        }
        _ => Opening::Writing,
    };
    let context = Context::open(globals, opening).await?;
    let desk = &context.desk;
    match verb {
        ChecksVerb::List { which, day } => list(&context, &which, day).await,
        ChecksVerb::Show { check, team } => {
            let page = desk.check_page(check, signer(check, team)?, None).await?;
            show(&context, &page)
        }
        ChecksVerb::Sign {
            check,
            team,
            day,
            missed,
            note,
        } => {
            let team = signer(check, team)?;
            let periods = periods(&context, check, team, (day, missed)).await?;
            let act = desk.sign_check(check, team, &periods, &note);
            one(&context, "signing", None, act).await
        }
        ChecksVerb::Note { team, text } => {
            let text = if text == "-" { standard_input()? } else { text };
            one(&context, "handing over", None, desk.hand_over(team, &text)).await
        }
        ChecksVerb::Notes { team } => notes(&context, team).await,
        ChecksVerb::Export { which, day, folder } => export(&context, &which, day, &folder).await,
    }
}

/// Who signs: the only team, or the one that was named.
fn signer(check: &Check, team: Option<Team>) -> Result<Team, CliError> {
    match (team, check.teams) {
        (Some(team), _) => Ok(team),
        (None, [only]) => Ok(*only),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|t| t.as_str()).collect();
            Err(CliError::Usage(format!(
                "{} is signed by {}; say which with --team",
                check.code,
                names.join(" and ")
            )))
        }
    }
}

async fn periods(
    context: &Context,
    check: &'static Check,
    team: Team,
    (day, missed): (Option<NaiveDate>, bool),
) -> Result<Vec<Period>, CliError> {
    if !missed {
        let day = day.unwrap_or_else(|| context.desk.today());
        return Ok(vec![Period::of(check.cadence, day)]);
    }
    let sheet = context
        .desk
        .check_sheet(check.cadence, None, Some(team))
        .await?;
    let is_it = |l: &CheckLine| l.check == check && l.standing == Standing::Carried;
    match sheet.lines.into_iter().find(is_it) {
        Some(line) => Ok(line.periods),
        None => Err(CliError::failed(format!(
            "nothing of {} is carried over for {team}",
            check.code
        ))),
    }
}

fn standard_input() -> Result<String, CliError> {
    let mut text = String::new();
    let mut input = std::io::stdin().take(NOTE_BYTES_MAX);
    input.read_to_string(&mut text).map_err(CliError::failed)?;
    Ok(text)
}

async fn list(
    context: &Context,
    which: &WhichArgs,
    day: Option<NaiveDate>,
) -> Result<Outcome, CliError> {
    let desk = &context.desk;
    let sheet = desk.check_sheet(which.cadence, day, which.team).await?;
    if context.globals.format == Format::Table {
        for note in &sheet.hand_overs {
            let by = format!("{} {}, {} UTC", note.team, note.by, at(Some(note.at)));
            say(&format!("Hand-over of {by}\n{}\n\n", indented(&note.text)))?;
        }
    }
    let (signed, all) = sheet.signed();
    let foot = format!("{}: {signed} of {all} signed", sheet.period);
    print(&context.globals, &sheet, check_table(&sheet), Some(foot))?;
    Ok(Outcome::Done)
}

/// Several lines, moved in.
fn indented(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|l| format!("  {}", crate::text::clean(l)))
        .collect();
    lines.join("\n")
}

fn show(context: &Context, page: &CheckPage) -> Result<Outcome, CliError> {
    let now = context.now();
    let mut table = Table::new(&[Column::text("figure"), Column::text("found")]);
    for (figure, rows) in &page.behind {
        table.row([figure.label.clone(), figure.words(now)]);
        for row in rows {
            table.row([String::new(), row.text.clone()]);
        }
    }
    if context.globals.format != Format::Table {
        print(&context.globals, page, table, None)?;
        return Ok(Outcome::Done);
    }
    let line = &page.line;
    let mut text = format!(
        "{} ({}): {}\n{}\n\n",
        line.title,
        line.team,
        line.state_words(),
        page.how
    );
    text.push_str(&table.show(terminal_columns()));
    if !page.earlier.is_empty() {
        text.push_str("\nSigned\n");
    }
    for signed in &page.earlier {
        text.push_str(&format!(
            "  {} by {}, {} UTC: {} {}\n",
            signed.period,
            signed.by,
            at(Some(signed.at)),
            signed.result,
            signed.note
        ));
    }
    say(&text)?;
    Ok(Outcome::Done)
}

async fn notes(context: &Context, team: Team) -> Result<Outcome, CliError> {
    let notes = context.desk.hand_overs(team).await?;
    let mut table = Table::new(&[
        Column::text("at (UTC)"),
        Column::text("by"),
        Column::text("note"),
    ]);
    for note in &notes {
        table.row([at(Some(note.at)), note.by.clone(), note.text.clone()]);
    }
    let held = i64::try_from(notes.len()).unwrap_or(i64::MAX);
    print(
        &context.globals,
        &notes,
        table,
        Some(count(held, "note", "notes")),
    )?;
    Ok(Outcome::Done)
}

async fn export(
    context: &Context,
    which: &WhichArgs,
    day: Option<NaiveDate>,
    folder: &std::path::Path,
) -> Result<Outcome, CliError> {
    let desk = &context.desk;
    let sheet = desk.check_sheet(which.cadence, day, which.team).await?;
    let facts = shift_facts(&context.store, context.now(), SHIFT).await?;
    let saved = save_checks(folder, &sheet, &shift_markdown(&facts)).map_err(|e| {
        CliError::failed(format!(
            "the sheet was not written to {}: {e}",
            folder.display()
        ))
    })?;
    let act = desk.exported(&sheet, (&saved.folder, &saved.names));
    one(context, "exporting", None, act).await
}
