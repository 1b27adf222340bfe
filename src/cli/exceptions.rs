//! `tallyman exceptions …`

use super::args::{UntilArgs, WaitArgs, each, one};
use super::columns;
use super::context::{Context, Globals, Opening};
use super::listing::{ColumnedArgs, Natural, collect, print, print_listing};
use super::output::{CliError, Outcome, say, terminal_columns};
use crate::domain::error_rule::{ErrorRule, SavedRule};
use crate::domain::exception::{ExceptionRow, ObjectRef, OccurrenceRow, Team};
use crate::domain::floor::FloorAnswer;
use crate::domain::ids::ExceptionId;
use crate::domain::time::Ts;
use crate::domain::views::ListName;
use crate::report::columns::EXCEPTIONS;
use crate::report::{Column, Format, Table, at, opt};
use crate::store::read::JournalRow;
use crate::text::{age, clean, money, time_left};
use clap::Subcommand;
use serde::Serialize;

/// Columns a list can be sorted by; the first is the default.
const SORTS: &[&str] = ListName::Exceptions.sorts();
/// Most members and journal rows shown with one exception.
const DETAIL_ROWS_MAX: usize = 50;

/// What can be done with exceptions.
#[derive(Debug, Subcommand)]
pub enum ExceptionsVerb {
    /// Open exceptions, nearest promise first
    List(ColumnedArgs),
    /// One exception: meaning, next step, members, timeline
    Show { id: i64 },
    /// Take ownership; escalation stops
    Ack {
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Hand to a team, optionally to a person
    Assign {
        #[arg(required = true)]
        ids: Vec<i64>,
        /// warehouse, ecommerce, operations, data, finance, cx or integration
        #[arg(long, value_parser = parse_team)]
        team: Team,
        #[arg(long)]
        person: Option<String>,
        /// A note for the new owner
        #[arg(long)]
        note: Option<String>,
    },
    /// Say that you have started on it
    Work {
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Put off, never past the earliest promise
    Snooze {
        #[arg(required = true)]
        ids: Vec<i64>,
        #[command(flatten)]
        until: UntilArgs,
        /// Wake earlier: next_snapshot or grows
        #[arg(long)]
        condition: Option<String>,
    },
    /// Somebody outside must act
    Wait {
        #[arg(required = true)]
        ids: Vec<i64>,
        /// For whom
        #[arg(long = "on", value_name = "WHO")]
        who: String,
        #[command(flatten)]
        until: UntilArgs,
    },
    /// Add a remark
    Note { id: i64, text: String },
    /// Check its orders and try its deliveries again
    Retry {
        #[arg(required = true)]
        ids: Vec<i64>,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Say it is fixed; resolved once both systems read back the same
    Fixed {
        #[arg(required = true)]
        ids: Vec<i64>,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Say what the error of a case means: the next one arrives with that name, and those that are open get it now
    Classify {
        id: i64,
        /// Words of its explanation by which it is known again
        #[arg(long)]
        words: String,
        /// What such a case is called
        #[arg(long = "as", value_name = "NAME")]
        name: String,
        /// What the next person does about it
        #[arg(long)]
        advice: String,
        /// Whose such cases are; without it they stay with the team of their kind
        #[arg(long, value_parser = parse_team)]
        team: Option<Team>,
        /// Take the place of the rule with these words
        #[arg(long)]
        replace: bool,
        /// Only say which open cases it would name
        #[arg(long)]
        dry_run: bool,
    },
    /// Record what the floor answered about goods a change came too late for
    Floor {
        id: i64,
        /// stopped, ships or gone
        #[arg(long, value_parser = parse_answer)]
        answer: FloorAnswer,
        /// Where the goods are: back on shelf A-3, on the van
        #[arg(long)]
        goods: String,
    },
    /// The rules by which errors are known
    Rules,
    /// Remove a rule by its number; its open cases are called by their kind again
    Unclassify { rule: i64 },
    /// Close without agreement; leaves a debt
    Dismiss {
        #[arg(required = true)]
        ids: Vec<i64>,
        #[arg(long)]
        reason: String,
    },
}

pub(super) fn parse_team(text: &str) -> Result<Team, String> {
    Team::parse(text).ok_or_else(|| {
        let names: Vec<&str> = Team::ALL.iter().map(|t| t.as_str()).collect();
        format!("a team is one of {}", names.join(", "))
    })
}

fn parse_answer(text: &str) -> Result<FloorAnswer, String> {
    match text {
        "stopped" => Ok(FloorAnswer::Stopped),
        "ships" => Ok(FloorAnswer::Ships),
        "gone" => Ok(FloorAnswer::Gone),
        _ => Err("the floor's answer is stopped, ships or gone".to_owned()),
    }
}

pub(super) async fn run(globals: &Globals, verb: ExceptionsVerb) -> Result<Outcome, CliError> {
    let opening = match &verb {
        ExceptionsVerb::List(_)
        | ExceptionsVerb::Show { .. }
        | ExceptionsVerb::Rules
        | ExceptionsVerb::Classify { dry_run: true, .. } => Opening::Reading,
        _ => Opening::Writing,
    };
    let context = Context::open(globals, opening).await?;
    let desk = &context.desk;
    // The version acted on is the one just read: a verb has no screen that could be stale.
    let version = |id: i64| async move {
        let id = ExceptionId(id);
        desk.exception(id).await.map(|row| (id, row.version))
    };
    match verb {
        ExceptionsVerb::List(args) => list(&context, &args).await,
        ExceptionsVerb::Show { id } => show(&context, ExceptionId(id)).await,
        ExceptionsVerb::Ack { ids } => {
            each(&context, ids, None, |id| async move {
                let (id, version) = version(id).await?;
                desk.acknowledge(id, version).await
            })
            .await
        }
        ExceptionsVerb::Assign {
            ids,
            team,
            person,
            note,
        } => {
            let (person, note) = (person.as_deref(), note.as_deref());
            each(&context, ids, None, |id| async move {
                let (id, version) = version(id).await?;
                desk.assign(id, version, team, person, note).await
            })
            .await
        }
        ExceptionsVerb::Work { ids } => {
            each(&context, ids, None, |id| async move {
                let (id, version) = version(id).await?;
                desk.work(id, version).await
            })
            .await
        }
        ExceptionsVerb::Snooze {
            ids,
            until,
            condition,
        } => {
            let (until, condition) = (until.at(context.now()), condition.as_deref());
            each(&context, ids, None, |id| async move {
                let (id, version) = version(id).await?;
                desk.snooze(id, version, until, condition).await
            })
            .await
        }
        ExceptionsVerb::Wait { ids, who, until } => {
            let (until, who) = (until.at(context.now()), who.as_str());
            each(&context, ids, None, |id| async move {
                let (id, version) = version(id).await?;
                desk.wait(id, version, who, until).await
            })
            .await
        }
        ExceptionsVerb::Note { id, text } => {
            one(
                &context,
                "the note",
                None,
                desk.note(ExceptionId(id), &text),
            )
            .await
        }
        ExceptionsVerb::Retry { ids, wait } => {
            each(&context, ids, wait.wait, |id| {
                desk.retry_exception(ExceptionId(id))
            })
            .await
        }
        ExceptionsVerb::Fixed { ids, wait } => {
            each(&context, ids, wait.wait, |id| async move {
                let (id, version) = version(id).await?;
                desk.mark_fixed(id, version).await
            })
            .await
        }
        ExceptionsVerb::Classify {
            id,
            words,
            name,
            advice,
            team,
            replace,
            dry_run,
        } => {
            let rule = ErrorRule {
                kind: desk.exception(ExceptionId(id)).await?.kind,
                words,
                name,
                advice,
                team,
            };
            classify(&context, ExceptionId(id), rule, replace, dry_run).await
        }
        ExceptionsVerb::Floor { id, answer, goods } => {
            let (id, version) = version(id).await?;
            let said = desk.floor_said(id, version, answer, &goods);
            one(&context, "the floor's answer", None, said).await
        }
        ExceptionsVerb::Rules => rules(&context).await,
        ExceptionsVerb::Unclassify { rule } => {
            let known = desk.error_rules().await?.into_iter().find(|r| r.id == rule);
            let version = known.map_or(0, |saved| saved.version);
            one(&context, "the rule", None, desk.remove_rule(rule, version)).await
        }
        ExceptionsVerb::Dismiss { ids, reason } => {
            let reason = reason.as_str();
            each(&context, ids, None, |id| async move {
                let (id, version) = version(id).await?;
                desk.dismiss(id, version, reason).await
            })
            .await
        }
    }
}

async fn list(context: &Context, args: &ColumnedArgs) -> Result<Outcome, CliError> {
    let columns = columns::chosen(args.columns.as_deref(), EXCEPTIONS)?;
    let args = &args.list;
    let query = args
        .query(context, ListName::Exceptions, SORTS, Natural::Ascending)
        .await?;
    let store = &context.store;
    let listing = collect(
        args.limit,
        query,
        |q| async move { store.exceptions(&q).await },
    )
    .await?;
    let mut table = Table::new(&[
        Column::number("id"),
        Column::text("sev"),
        Column::text("kind"),
        Column::text("cause"),
        Column::number("members"),
        Column::number("value"),
        Column::text("promise"),
        Column::text("age"),
        Column::text("state"),
        Column::text("team"),
        Column::text("person"),
    ]);
    let now = context.now();
    for e in &listing.rows {
        table.row([
            e.id.to_string(),
            e.severity.to_string(),
            e.kind.to_string(),
            e.discriminator.clone(),
            e.members.to_string(),
            money(e.value_minor),
            e.ship_by
                .map(|t| time_left(t.since(now).as_secs()))
                .unwrap_or_default(),
            age(now.since(e.began_at).as_secs()),
            e.state.to_string(),
            e.team.to_string(),
            opt(e.person.as_ref()),
        ]);
    }
    if let Some(columns) = columns {
        let places = columns::places(context).await?;
        table = columns::table(&columns, &listing.rows, &places);
    }
    print_listing(&context.globals, &listing, "exceptions", table)?;
    Ok(Outcome::Done)
}

/// One exception as JSON.
#[derive(Debug, Serialize)]
struct ExceptionDetail {
    exception: ExceptionRow,
    title: String,
    /// The rule by which its error is known.
    rule: Option<SavedRule>,
    meaning: &'static str,
    automatic: &'static str,
    next_step: &'static str,
    actions: &'static [&'static str],
    clears_when: &'static str,
    members: Vec<OccurrenceRow>,
    timeline: Vec<JournalRow>,
}

async fn classify(
    context: &Context,
    case: ExceptionId,
    rule: ErrorRule,
    replace: bool,
    dry_run: bool,
) -> Result<Outcome, CliError> {
    let (rule, trial) = context.desk.try_rule(rule).await?;
    if dry_run {
        let mut table = Table::new(&[
            Column::number("id"),
            Column::text("cause"),
            Column::text("team"),
            Column::text("detail"),
        ]);
        for row in &trial.named {
            table.row([
                row.id.to_string(),
                row.discriminator.clone(),
                row.team.to_string(),
                row.detail.clone(),
            ]);
        }
        print(&context.globals, &trial.named, table, Some(trial.says()))?;
        return Ok(Outcome::Done);
    }
    let over = trial.replaces.filter(|_| replace).map(|old| old.version);
    let done = context.desk.classify(case, rule, over);
    one(context, "the rule", None, done).await
}

async fn rules(context: &Context) -> Result<Outcome, CliError> {
    let rules = context.desk.error_rules().await?;
    let mut table = Table::new(&[
        Column::number("rule"),
        Column::text("kind"),
        Column::text("words"),
        Column::text("called"),
        Column::text("advice"),
        Column::text("team"),
        Column::text("by"),
        Column::text("saved (UTC)"),
    ]);
    for saved in &rules {
        table.row([
            saved.id.to_string(),
            saved.rule.kind.to_string(),
            saved.rule.words.clone(),
            saved.rule.name.clone(),
            saved.rule.advice.clone(),
            opt(saved.rule.team.as_ref()),
            saved.saved_by.clone(),
            at(Some(saved.saved_at)),
        ]);
    }
    print(&context.globals, &rules, table, None)?;
    Ok(Outcome::Done)
}

async fn show(context: &Context, id: ExceptionId) -> Result<Outcome, CliError> {
    let exception = context.desk.exception(id).await?;
    let entry = exception.kind.entry();
    let detail = ExceptionDetail {
        title: exception.title().to_owned(),
        rule: context.desk.rule_of(&exception).await?,
        meaning: entry.meaning,
        automatic: entry.automatic,
        next_step: entry.next_step,
        actions: entry.actions,
        clears_when: entry.clears_when,
        members: context.store.members(id, None, DETAIL_ROWS_MAX).await?,
        timeline: context
            .store
            .timeline(&ObjectRef::Exception(id.0), DETAIL_ROWS_MAX)
            .await?,
        exception,
    };
    let members = members_table(&detail, context.now());
    match context.globals.format {
        Format::Table => say(&detail_text(&detail, &members))?,
        Format::Json | Format::Csv | Format::Md | Format::Html => {
            print(&context.globals, &detail, members, None)?
        }
    }
    Ok(Outcome::Done)
}

fn members_table(detail: &ExceptionDetail, now: Ts) -> Table {
    let mut table = Table::new(&[
        Column::text("member"),
        Column::text("promise"),
        Column::number("value"),
        Column::text("age"),
        Column::number("times"),
        Column::text("detail"),
    ]);
    for m in &detail.members {
        table.row([
            m.label.clone(),
            m.ship_by
                .map(|t| time_left(t.since(now).as_secs()))
                .unwrap_or_default(),
            money(m.value_minor),
            age(now.since(m.began_at).as_secs()),
            m.times.to_string(),
            m.detail.clone(),
        ]);
    }
    table
}

fn detail_text(detail: &ExceptionDetail, members: &Table) -> String {
    let e = &detail.exception;
    let columns = terminal_columns();
    let mut out = format!(
        "Exception {} {} {}: {}\n  {} of {}\n\n",
        e.id,
        e.severity,
        e.kind,
        detail.title,
        clean(&e.discriminator),
        e.pair
    );
    // What stands after the @ is where the condition began to count.
    let snooze = opt(e.snooze_condition.as_ref());
    let snooze = snooze.split('@').next().unwrap_or_default();
    let facts = [
        ("state", e.state.to_string()),
        ("owner", format!("{} {}", e.team, opt(e.person.as_ref()))),
        ("since", at(Some(e.began_at))),
        ("acknowledge", format!("by {}", at(Some(e.ack_due_at)))),
        ("resolve", format!("by {}", at(Some(e.resolve_due_at)))),
        ("promise", at(e.ship_by)),
        ("asleep", format!("{} {snooze}", at(e.snoozed_until))),
        ("waits for", opt(e.waiting_for.as_ref())),
        ("outcome", opt(e.outcome.as_ref())),
        ("last seen", e.detail.clone()),
        ("meaning", detail.meaning.to_owned()),
        (
            "advice",
            detail.rule.as_ref().map_or_else(String::new, |saved| {
                format!(
                    "{} (rule {} by {})",
                    saved.rule.advice, saved.id, saved.saved_by
                )
            }),
        ),
        ("engine", detail.automatic.to_owned()),
        ("next step", detail.next_step.to_owned()),
        ("clears when", detail.clears_when.to_owned()),
    ];
    for (name, value) in facts {
        if !value.trim().is_empty() {
            out.push_str(&format!("  {name:<12}{}\n", clean(value.trim())));
        }
    }
    out.push('\n');
    out.push_str(&members.show(columns));
    if e.members > i64::try_from(detail.members.len()).unwrap_or(i64::MAX) {
        out.push_str(&format!(
            "{} of {} members\n",
            detail.members.len(),
            e.members
        ));
    }
    if !detail.timeline.is_empty() {
        out.push('\n');
        out.push_str(&timeline_table(&detail.timeline).show(columns));
    }
    out
}

/// Journal rows as a table, oldest first.
pub(super) fn timeline_table(rows: &[JournalRow]) -> Table {
    let mut table = Table::new(&[
        Column::text("time (UTC)"),
        Column::text("by"),
        Column::text("what"),
        Column::text("before"),
        Column::text("after"),
        Column::text("reason"),
    ]);
    for row in rows {
        table.row([
            at(Some(row.at)),
            row.actor.clone(),
            row.action.clone(),
            row.before.clone(),
            row.after.clone(),
            row.reason.clone(),
        ]);
    }
    table
}
