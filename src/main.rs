//! Entry: panics told plainly, the TLS provider, the runtime, the verb, the exit code.

use clap::Parser;
use std::process::ExitCode;
use tallyman::cli;

fn main() -> ExitCode {
    // Without colour codes: the text may end up in a log or under a screen that was just left.
    let hooks = color_eyre::config::HookBuilder::default()
        .theme(color_eyre::config::Theme::new())
        .install();
    if let Err(error) = hooks {
        return cli::finish(Err(cli::CliError::failed(error)));
    }
    tallyman::vendors::transport::install_crypto();
    let cli = cli::Cli::parse_from(cli::shield_terms(std::env::args_os()));
    if let Err(error) = cli::start_logging(&cli.globals.log) {
        return cli::finish(Err(error));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => cli::finish(runtime.block_on(cli::run(cli))),
        Err(error) => cli::finish(Err(cli::CliError::failed(format!(
            "the runtime could not be started: {error}"
        )))),
    }
}
