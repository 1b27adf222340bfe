//! `tallyman flows …`

use super::args::{WaitArgs, each, one};
use super::context::{Context, Globals, Opening};
use super::listing::print;
use super::output::{CliError, Outcome};
use crate::domain::delivery::Flow;
use crate::report::{Column, Table, all_well, at, why_slow};
use crate::text::age;
use clap::Subcommand;

/// What can be done with flows.
#[derive(Debug, Subcommand)]
pub enum FlowsVerb {
    /// State of every flow
    List,
    /// What stops or slows them now, the worst first
    Why,
    /// Stop flows; work collects in the store
    Pause {
        #[command(flatten)]
        which: WhichArgs,
        #[arg(long)]
        reason: String,
    },
    /// Let paused flows go on
    Resume {
        #[command(flatten)]
        which: WhichArgs,
    },
    /// Run a scheduled flow now
    Run {
        #[arg(value_parser = parse_flow)]
        flow: Flow,
        /// Pair, when the configuration has several
        #[arg(long)]
        pair: Option<String>,
        #[command(flatten)]
        wait: WaitArgs,
    },
}

/// Some flows, or the whole pair.
#[derive(Debug, Clone, clap::Args)]
pub struct WhichArgs {
    /// Flows, for example ORDER_CREATE DESPATCH; ALL for the pair as a whole (then only ALL resumes it)
    #[arg(value_parser = parse_flows, required = true)]
    flows: Vec<Which>,
    /// Pair, when the configuration has several
    #[arg(long)]
    pair: Option<String>,
}

/// One flow or every flow.
#[derive(Debug, Clone, Copy)]
enum Which {
    One(Flow),
    All,
}

fn parse_flows(text: &str) -> Result<Which, String> {
    if text.eq_ignore_ascii_case("all") {
        Ok(Which::All)
    } else {
        parse_flow(text).map(Which::One)
    }
}

fn parse_flow(text: &str) -> Result<Flow, String> {
    Flow::parse(text).ok_or_else(|| {
        let names: Vec<&str> = Flow::ALL.iter().map(|f| f.as_str()).collect();
        format!("a flow is one of {}", names.join(", "))
    })
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One(flow) => write!(f, "{flow}"),
            Self::All => f.write_str("ALL"),
        }
    }
}

impl Which {
    const fn flow(self) -> Option<Flow> {
        match self {
            Self::One(flow) => Some(flow),
            Self::All => None,
        }
    }
}

pub(super) async fn run(globals: &Globals, verb: FlowsVerb) -> Result<Outcome, CliError> {
    let opening = match &verb {
        FlowsVerb::List | FlowsVerb::Why => Opening::Reading,
        _ => Opening::Writing,
    };
    let context = Context::open(globals, opening).await?;
    let desk = &context.desk;
    match verb {
        FlowsVerb::List => list(&context).await,
        FlowsVerb::Why => why(&context).await,
        FlowsVerb::Pause { which, reason } => {
            let pair = context.pair(which.pair.as_deref())?;
            let (pair, reason) = (&pair, reason.as_str());
            each(&context, which.flows, None, |which| {
                desk.pause_flow(pair, which.flow(), reason)
            })
            .await
        }
        FlowsVerb::Resume { which } => {
            let pair = context.pair(which.pair.as_deref())?;
            let pair = &pair;
            each(&context, which.flows, None, |which| {
                desk.resume_flow(pair, which.flow())
            })
            .await
        }
        FlowsVerb::Run { flow, pair, wait } => {
            let pair = context.pair(pair.as_deref())?;
            one(&context, "running", wait.wait, desk.run_flow(&pair, flow)).await
        }
    }
}

async fn why(context: &Context) -> Result<Outcome, CliError> {
    let now = context.now();
    let flows = context.store.flows_live(now).await?;
    let systems = context.store.systems_live().await?;
    let found = why_slow(&flows, &systems, now);
    let foot = found.is_empty().then(|| all_well(&flows, &systems, now));
    let mut table = Table::new(&[
        Column::text("weight"),
        Column::text("reason"),
        Column::text("next"),
    ]);
    for one in &found {
        table.row([
            one.weight.word().to_owned(),
            one.says.clone(),
            one.next.clone(),
        ]);
    }
    print(&context.globals, &found, table, foot)?;
    Ok(Outcome::Done)
}

async fn list(context: &Context) -> Result<Outcome, CliError> {
    let now = context.now();
    let rows = context.store.flows_live(now).await?;
    let mut table = Table::new(&[
        Column::text("pair"),
        Column::text("flow"),
        Column::text("state"),
        Column::text("last ok"),
        Column::text("next (UTC)"),
        Column::number("waiting"),
        Column::number("sending"),
        Column::number("in doubt"),
        Column::number("stuck"),
        Column::text("note"),
    ]);
    for f in &rows {
        let state = match (&f.paused, f.is_last_ok) {
            (Some(why), _) => format!("paused: {why}"),
            (None, true) => "ok".to_owned(),
            (None, false) => "failing".to_owned(),
        };
        table.row([
            f.pair.to_string(),
            f.flow.to_string(),
            state,
            f.last_ok_at
                .map(|t| age(now.since(t).as_secs()))
                .unwrap_or_default(),
            at(f.next_due_at),
            f.waiting.to_string(),
            f.sending.to_string(),
            f.in_doubt.to_string(),
            f.stuck.to_string(),
            f.last_note.clone(),
        ]);
    }
    print(&context.globals, &rows, table, None)?;
    Ok(Outcome::Done)
}
