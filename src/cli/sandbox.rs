//! `tallyman sandbox`: the vendors simulated on loopback, for trying and training.

use super::context::system_clock;
use super::output::{CliError, Outcome, say};
use super::sync::asked_to_end;
use crate::sandbox::{DemoCredentials, Sandbox, SandboxConfig, TradingHours, serve};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Options of the sandbox.
#[derive(Debug, Clone, clap::Args)]
pub struct SandboxArgs {
    /// Which world: the same number makes the same customers, people and mistakes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8481", value_parser = parse_loopback)]
    pub listen: SocketAddr,
    /// Orders customers place in a day
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub orders_per_day: u32,
    /// How fast the floor works: 100 is 20 to 90 minutes from order to despatch
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub floor_percent: u32,
    /// Write mappings that fit this world, for `tallyman mappings import`
    #[arg(long, value_name = "FILE")]
    pub mappings: Option<PathBuf>,
}

/// The sandbox knows no users: only this machine may reach it.
fn parse_loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| "write ADDRESS:PORT such as 127.0.0.1:8481".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("the sandbox listens on this machine only: use 127.0.0.1".to_owned())
    }
}

pub(super) async fn run(args: SandboxArgs) -> Result<Outcome, CliError> {
    let clock = system_clock();
    let host = format!("http://{}", args.listen);
    let config = SandboxConfig {
        seed: args.seed,
        orders_per_day: args.orders_per_day,
        floor_percent: args.floor_percent,
        start: clock(),
        trading_hours: TradingHours::ALWAYS,
        lw_host: host.clone(),
        lw_other_host: host.clone(),
        pvx_host: host.clone(),
        ..SandboxConfig::default()
    };
    let sandbox = Sandbox::new(config, clock);
    let credentials = sandbox.demo_credentials();
    if let Some(file) = &args.mappings {
        std::fs::write(file, sandbox.demo_mappings())
            .map_err(|e| CliError::failed(format!("{} cannot be written: {e}", file.display())))?;
    }
    let mut served = serve(sandbox, args.listen)
        .await
        .map_err(|e| CliError::failed(format!("{} cannot be listened on: {e}", args.listen)))?;
    say(&instructions(&host, &credentials))?;
    tokio::select! {
        asked = asked_to_end() => asked?,
        ended = &mut served.task => {
            let why = match ended {
                Ok(Ok(())) => "it ended by itself".to_owned(),
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            return Err(CliError::failed(format!("the sandbox failed: {why}")));
        }
    }
    served.task.abort();
    Ok(Outcome::Done)
}

/// What to write into a configuration to use the sandbox. The credentials open nothing else.
fn instructions(host: &str, c: &DemoCredentials) -> String {
    format!(
        "Linnworks and Peoplevox are simulated at {host}. Ctrl-C ends it.\n\n\
         In another terminal:\n\n\
         export SANDBOX_PVX={} SANDBOX_LW_SECRET={} SANDBOX_LW_TOKEN={}\n\n\
         and in tallyman.toml:\n\n\
         [store]\n\
         url = \"sqlite:sandbox.db\"\n\
         [[system]]\n\
         id = \"pvx\"\n\
         kind = \"peoplevox\"\n\
         base_url = \"{host}\"\n\
         client_id = \"{}\"\n\
         username = \"{}\"\n\
         password = {{ env = \"SANDBOX_PVX\" }}\n\
         [[system]]\n\
         id = \"lw\"\n\
         kind = \"linnworks\"\n\
         auth_url = \"{host}\"\n\
         application_id = \"{}\"\n\
         application_secret = {{ env = \"SANDBOX_LW_SECRET\" }}\n\
         token = {{ env = \"SANDBOX_LW_TOKEN\" }}\n\
         [[pair]]\n\
         id = \"lw-pvx\"\n\
         source = \"lw\"\n\
         warehouse = \"pvx\"\n\
         prefix = \"LW\"\n\
         channel = \"Linnworks\"\n",
        c.pvx_password,
        c.lw_application_secret,
        c.lw_token,
        c.pvx_client_id,
        c.pvx_username,
        c.lw_application_id,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::path::Path;

    #[test]
    fn the_sandbox_listens_on_this_machine_only() {
        assert!(parse_loopback("127.0.0.1:8481").is_ok());
        assert!(parse_loopback("[::1]:8481").is_ok());
        assert!(parse_loopback("0.0.0.0:8481").is_err());
        assert!(parse_loopback("8481").is_err());
    }

    #[test]
    fn the_configuration_it_prints_is_a_good_one() {
        let sandbox = Sandbox::new(SandboxConfig::default(), system_clock());
        let text = instructions("http://127.0.0.1:8481", &sandbox.demo_credentials());
        let (_, toml) = text.split_once("tallyman.toml:\n\n").unwrap();
        let config = Config::parse(toml, Path::new("t.toml")).unwrap();
        assert_eq!(config.pairs.len(), 1);
    }
}
