//! Arguments several verbs share: times, waiting for the engine, several things at once.

use super::context::{Context, Globals};
use super::output::{CliError, Outcome, say_line};
use crate::desk::{DeskResult, Done};
use crate::domain::filter::duration;
use crate::domain::time::{Span, Ts};
use crate::report::{Column, Format, Table};
use serde::Serialize;
use std::future::Future;
use std::time::Duration;

/// Longest time a verb waits for the engine.
const WAIT_MAX: Span = Span::hours(1);

/// Waiting for the engine's answer.
#[derive(Debug, Clone, clap::Args)]
pub struct WaitArgs {
    /// Wait this long for the engine's answer, for example 30s; without it the request is only stored
    #[arg(long, value_name = "TIME", value_parser = parse_wait)]
    pub wait: Option<Span>,
}

fn parse_wait(text: &str) -> Result<Span, String> {
    parse_span(text).and_then(|s| {
        if s <= WAIT_MAX {
            Ok(s)
        } else {
            Err("at most 1h".to_owned())
        }
    })
}

/// A positive span such as `30s`, `2h`, `1d`.
pub fn parse_span(text: &str) -> Result<Span, String> {
    duration(text)
        .filter(|s| *s > Span::ZERO)
        .ok_or_else(|| "write a number and a unit, such as 30s, 15m, 2h or 1d".to_owned())
}

/// A point in time: RFC 3339, such as `2026-03-01T14:00:00Z`.
pub fn parse_time(text: &str) -> Result<Ts, String> {
    chrono::DateTime::parse_from_rfc3339(text)
        .map(|t| Ts::from_utc(t.to_utc()))
        .map_err(|_| "write a time with its zone, such as 2026-03-01T14:00:00Z".to_owned())
}

/// Until when something is put off.
#[derive(Debug, Clone, clap::Args)]
#[group(required = true, multiple = false)]
pub struct UntilArgs {
    /// Until a time, such as 2026-03-01T14:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Ts>,
    /// For a while, such as 2h
    #[arg(long = "for", value_name = "SPAN", value_parser = parse_span)]
    span: Option<Span>,
}

impl UntilArgs {
    /// The point in time that is meant.
    pub fn at(&self, now: Ts) -> Ts {
        match (self.until, self.span) {
            (Some(at), _) => at,
            (None, Some(span)) => now + span,
            (None, None) => now,
        }
    }
}

/// What became of one thing that was asked for, as JSON.
#[derive(Debug, Serialize)]
struct Result1 {
    what: String,
    is_ok: bool,
    text: String,
    request: Option<i64>,
}

/// Does something to several things, one after the other. One failure does not stop the others; the exit code tells.
///
/// # Errors
/// [`CliError::Failed`] when at least one failed.
pub async fn each<T, F, W>(
    context: &Context,
    things: Vec<T>,
    wait: Option<Span>,
    mut act: F,
) -> Result<Outcome, CliError>
where
    T: std::fmt::Display,
    F: FnMut(T) -> W,
    W: Future<Output = DeskResult<Done>>,
{
    let mut results = Vec::new();
    for thing in things {
        let what = thing.to_string();
        let done = act(thing).await;
        results.push(answered(context, what, done, wait).await?);
    }
    tell(&context.globals, &results)?;
    let failed = results.iter().filter(|r| !r.is_ok).count();
    if failed == 0 {
        Ok(Outcome::Done)
    } else {
        Err(CliError::failed(format!(
            "{failed} of {} were not done",
            results.len()
        )))
    }
}

/// Does one thing and tells what became of it.
///
/// # Errors
/// [`CliError::Failed`] when it failed.
pub async fn one(
    context: &Context,
    what: &str,
    wait: Option<Span>,
    act: impl Future<Output = DeskResult<Done>>,
) -> Result<Outcome, CliError> {
    let done = act.await?;
    let result = answered(context, what.to_owned(), Ok(done), wait).await?;
    let is_ok = result.is_ok;
    tell(&context.globals, std::slice::from_ref(&result))?;
    if is_ok {
        Ok(Outcome::Done)
    } else {
        Err(CliError::failed(format!("{what} was not done")))
    }
}

async fn answered(
    context: &Context,
    what: String,
    done: DeskResult<Done>,
    wait: Option<Span>,
) -> Result<Result1, CliError> {
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            return Ok(Result1 {
                what,
                is_ok: false,
                text: error.to_string(),
                request: None,
            });
        }
    };
    let mut result = Result1 {
        what,
        is_ok: true,
        text: done.text,
        request: done.request.map(|r| r.0),
    };
    if let (Some(request), Some(wait)) = (done.request, wait) {
        let limit: Duration = wait.to_std();
        match context.desk.wait_for_answer(request, limit).await? {
            Some(row) => {
                result.is_ok = row.is_ok;
                result.text = row.answer;
            }
            None => {
                result.is_ok = false;
                result.text = format!(
                    "{} No answer within {} s; it is still waiting in the store as request {request}.",
                    result.text,
                    limit.as_secs()
                );
            }
        }
    }
    Ok(result)
}

fn tell(globals: &Globals, results: &[Result1]) -> Result<(), CliError> {
    if globals.format == Format::Table {
        for r in results {
            if r.is_ok {
                say_line(&r.text)?;
            } else {
                say_line(&format!("{}: {}", r.what, r.text))?;
            }
        }
        return Ok(());
    }
    let mut table = Table::new(&[
        Column::text("what"),
        Column::text("ok"),
        Column::text("text"),
        Column::number("request"),
    ]);
    for r in results {
        table.row([
            r.what.clone(),
            if r.is_ok { "yes" } else { "no" }.to_owned(),
            r.text.clone(),
            r.request.map(|n| n.to_string()).unwrap_or_default(),
        ]);
    }
    super::listing::print(globals, &results, table, None)
}
