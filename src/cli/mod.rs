//! The verbs: one file each. Wiring of configuration, store, desk and output lives here and nowhere else.

pub mod bench;
pub mod console;
pub mod demo;
pub mod rehearse;
pub mod sandbox;
pub mod sync;

mod args;
mod audit;
mod bulk;
mod check;
mod checks;
mod columns;
mod context;
mod deliveries;
mod exceptions;
mod flows;
mod handbook;
mod lanes;
mod listing;
mod logging;
mod mappings;
mod orders;
mod output;
mod report;
mod returns;
mod server;
mod setup;
mod stock;
mod store;
mod views;

pub use context::{Context, Globals, Opening, system_clock};
pub use listing::shield_terms;
pub use logging::{LOG_BYTES_MAX, start_logging};
pub use output::{CliError, Outcome, finish};

use clap::{Parser, Subcommand};

/// Sales systems and the Peoplevox warehouse, kept in agreement.
#[derive(Debug, Parser)]
#[command(name = "tallyman", version, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 usage, 3 done and it found something.\n\
    Every list takes a filter, for example: tallyman exceptions list severity:S1,S2 team:warehouse ship<4h\n\
    Times in JSON are microseconds since 1970, UTC; money is in minor units."
)]
pub struct Cli {
    #[command(flatten)]
    pub globals: Globals,
    /// Without a verb: the console
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Questions, one at a time, that end in a configuration which was tested; can be stopped and gone on with
    Setup(setup::SetupArgs),
    /// Everything in one process: simulated vendors, engine and screen; nothing to configure
    Demo(demo::DemoArgs),
    /// The screen (also without a verb); runs the engine too when no worker does
    Console(console::ConsoleArgs),
    /// The engine and the callback intake without a screen
    Sync(sync::SyncArgs),
    /// Check configuration, credentials, systems and mappings; changes nothing
    Check(check::CheckArgs),
    /// Problems people own
    #[command(subcommand)]
    Exceptions(exceptions::ExceptionsVerb),
    /// One act on every case that matches, worked through by the engine
    #[command(subcommand)]
    Bulk(bulk::BulkVerb),
    /// Orders in any state, with their evidence
    #[command(subcommand)]
    Orders(orders::OrdersVerb),
    /// Outward writes on their way
    #[command(subcommand)]
    Deliveries(deliveries::DeliveriesVerb),
    /// What one system's words mean in the other
    #[command(subcommand)]
    Mappings(mappings::MappingsVerb),
    /// Stock figures that disagree, and why
    #[command(subcommand)]
    Stock(stock::StockVerb),
    /// Goods that come back and the money that goes back
    #[command(subcommand)]
    Returns(returns::ReturnsVerb),
    /// What each team looks at and signs: every day, every week, at the end of a month
    #[command(subcommand)]
    Checks(checks::ChecksVerb),
    /// Flows of a pair: state, pause, resume, run now
    #[command(subcommand)]
    Flows(flows::FlowsVerb),
    /// What the team saved of its lists by name: filter and order
    #[command(subcommand)]
    Views(views::ViewsVerb),
    /// Who did what, and whether the record is whole
    #[command(subcommand)]
    Audit(audit::AuditVerb),
    /// Shift report, evidence sheet
    #[command(subcommand)]
    Report(report::ReportVerb),
    /// What to do: the first day, the day of each team, every runbook, every key
    Handbook(handbook::HandbookArgs),
    /// All vendors simulated on this machine, for trying and training
    Sandbox(sandbox::SandboxArgs),
    /// Days of trading in minutes, with everything that can go wrong, judged
    Rehearse(rehearse::RehearseArgs),
    /// What this machine can do, beside a floor measured in the same run
    Bench(bench::BenchArgs),
    /// The store itself: migrate, verify, back up, restore
    #[command(subcommand)]
    Store(store::StoreVerb),
}

/// Does what was asked.
///
/// # Errors
/// [`CliError`] with the exit code it stands for.
pub async fn run(cli: Cli) -> Result<Outcome, CliError> {
    let globals = &cli.globals;
    let verb = match cli.verb {
        Some(verb) => verb,
        None => match setup::first_verb(globals).await? {
            setup::First::Verb(verb) => verb,
            setup::First::Leave(outcome) => return Ok(outcome),
        },
    };
    match verb {
        Verb::Setup(args) => Box::pin(setup::run(globals, args)).await,
        Verb::Demo(args) => demo::run(globals, args).await,
        Verb::Console(args) => console::run(globals, args).await,
        Verb::Sync(args) => sync::run(globals, args).await,
        Verb::Check(args) => check::run(globals, args).await,
        Verb::Exceptions(verb) => exceptions::run(globals, verb).await,
        Verb::Bulk(verb) => bulk::run(globals, verb).await,
        Verb::Orders(verb) => orders::run(globals, verb).await,
        Verb::Deliveries(verb) => deliveries::run(globals, verb).await,
        Verb::Mappings(verb) => mappings::run(globals, verb).await,
        Verb::Stock(verb) => stock::run(globals, verb).await,
        Verb::Returns(verb) => returns::run(globals, verb).await,
        Verb::Checks(verb) => checks::run(globals, verb).await,
        Verb::Flows(verb) => flows::run(globals, verb).await,
        Verb::Views(verb) => views::run(globals, verb).await,
        Verb::Audit(verb) => audit::run(globals, verb).await,
        Verb::Report(verb) => report::run(globals, verb).await,
        Verb::Handbook(args) => handbook::run(globals, &args),
        Verb::Sandbox(args) => sandbox::run(args).await,
        Verb::Rehearse(args) => rehearse::run(globals, args).await,
        Verb::Bench(args) => bench::run(globals, args).await,
        Verb::Store(verb) => store::run(globals, verb).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    fn read(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(shield_terms(line.split(' ').map(Into::into)))
    }

    #[test]
    fn negated_terms_and_options_of_a_list_stand_in_any_order() {
        for line in [
            "tallyman exceptions list --limit 7 --format json -team:cx kind:SYS_AUTH mug",
            "tallyman exceptions list -team:cx kind:SYS_AUTH mug --limit 7 --format json",
            "tallyman exceptions list -team:cx --limit 7 kind:SYS_AUTH --format json mug",
        ] {
            let cli = read(line).unwrap();
            assert_eq!(cli.globals.format, crate::report::Format::Json, "{line}");
            let Some(Verb::Exceptions(exceptions::ExceptionsVerb::List(args))) = cli.verb else {
                panic!("a list was asked for")
            };
            assert_eq!(
                args.list.filter,
                ["-team:cx", "kind:SYS_AUTH", "mug"],
                "{line}"
            );
            assert_eq!(args.list.limit, 7, "{line}");
        }
    }

    #[test]
    fn a_mistyped_option_is_no_filter() {
        let told = read("tallyman exceptions list kind:SYS_AUTH --fromat json")
            .unwrap_err()
            .to_string();
        assert!(told.contains("--fromat"), "{told}");
        assert!(read("tallyman orders show -x").is_err());
    }

    #[test]
    fn what_writes_in_the_console_can_be_done_without_it() {
        use crate::console::app::action::Action;
        for action in Action::ALL {
            let info = action.info();
            let Some(verb) = info.verb else {
                assert!(!action.is_writing(), "{action:?} has no verb");
                continue;
            };
            let mut command = Cli::command();
            for word in verb.split(' ') {
                command = command
                    .find_subcommand(word)
                    .unwrap_or_else(|| panic!("{action:?}: there is no `{verb}`"))
                    .clone();
            }
            assert!(!command.has_subcommands(), "{verb} needs one word more");
        }
    }

    #[test]
    fn without_a_verb_the_console_is_meant() {
        assert!(Cli::try_parse_from(["tallyman"]).unwrap().verb.is_none());
        assert!(
            Cli::try_parse_from(["tallyman", "--as", "sam"])
                .unwrap()
                .verb
                .is_none()
        );
    }
}
