//! `tallyman sandbox`: the vendors simulated on loopback, for trying and training.

use super::context::system_clock;
use super::output::{CliError, Outcome, say};
use super::sync::asked_to_end;
use crate::sandbox::{
    Cin7Config, Cin7Traits, DemoCredentials, Sandbox, SandboxConfig, ShopConfig, TradingHours,
    serve,
};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

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
    /// Orders placed in the SHOPLINE store in a day
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub shop_orders_per_day: u32,
    /// Sales entered in Cin7 Core in a day
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub cin7_sales_per_day: u32,
    /// Write mappings that fit this world into a folder, one file a pair, for `tallyman mappings import`
    #[arg(long, value_name = "FOLDER")]
    pub mappings: Option<PathBuf>,
}

/// Orders that wait in a trading source when the world begins.
const OPENING_MAX: u32 = 12;

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
        shop: ShopConfig {
            orders_per_day: args.shop_orders_per_day,
            opening_orders: OPENING_MAX.min(args.shop_orders_per_day),
            host: host.clone(),
            ..ShopConfig::default()
        },
        cin7: Cin7Config {
            traits: Cin7Traits {
                opening_sales: OPENING_MAX.min(args.cin7_sales_per_day),
                ..Cin7Traits::typical(args.cin7_sales_per_day)
            },
            ..Cin7Config::default()
        },
        ..SandboxConfig::default()
    };
    let sandbox = Sandbox::new(config, clock);
    let credentials = sandbox.demo_credentials();
    if let Some(folder) = &args.mappings {
        write_mappings(&sandbox, folder)?;
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

/// One file a pair, named after it.
fn write_mappings(sandbox: &Sandbox, folder: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(folder)
        .map_err(|e| CliError::failed(format!("{} cannot be made: {e}", folder.display())))?;
    let texts = [
        ("lw-pvx.csv", sandbox.demo_mappings()),
        ("sl-pvx.csv", sandbox.demo_shop_mappings()),
        ("c7-pvx.csv", sandbox.demo_cin7_mappings()),
    ];
    for (name, text) in texts {
        let file = folder.join(name);
        std::fs::write(&file, text)
            .map_err(|e| CliError::failed(format!("{} cannot be written: {e}", file.display())))?;
    }
    Ok(())
}

/// What to write into a configuration to use the sandbox. The credentials open nothing else.
fn instructions(host: &str, c: &DemoCredentials) -> String {
    format!(
        "Linnworks, SHOPLINE, Cin7 Core and Peoplevox are simulated at {host}. Ctrl-C ends it.\n\n\
         In another terminal:\n\n\
         export SANDBOX_PVX={} SANDBOX_LW_SECRET={} SANDBOX_LW_TOKEN={} \\\n\
         SANDBOX_SL_TOKEN={} SANDBOX_SL_SECRET={} SANDBOX_CIN7_KEY={}\n\n\
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
         [[system]]\n\
         id = \"shop\"\n\
         kind = \"shopline\"\n\
         base_url = \"{host}\"\n\
         access_token = {{ env = \"SANDBOX_SL_TOKEN\" }}\n\
         app_secret = {{ env = \"SANDBOX_SL_SECRET\" }}\n\
         [[system]]\n\
         id = \"cin7\"\n\
         kind = \"cin7core\"\n\
         base_url = \"{host}/ExternalApi/v2\"\n\
         account_id = \"{}\"\n\
         application_key = {{ env = \"SANDBOX_CIN7_KEY\" }}\n\
         [[pair]]\n\
         id = \"lw-pvx\"\n\
         source = \"lw\"\n\
         warehouse = \"pvx\"\n\
         prefix = \"LW\"\n\
         channel = \"Linnworks\"\n\
         [[pair]]\n\
         id = \"sl-pvx\"\n\
         source = \"shop\"\n\
         warehouse = \"pvx\"\n\
         prefix = \"SL\"\n\
         channel = \"SHOPLINE\"\n\
         [[pair]]\n\
         id = \"c7-pvx\"\n\
         source = \"cin7\"\n\
         warehouse = \"pvx\"\n\
         prefix = \"C7\"\n\
         channel = \"Cin7 Core\"\n",
        c.pvx_password,
        c.lw_application_secret,
        c.lw_token,
        c.shop_access_token,
        c.shop_app_secret,
        c.cin7_application_key,
        c.pvx_client_id,
        c.pvx_username,
        c.lw_application_id,
        c.cin7_account_id,
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
        assert_eq!(config.pairs.len(), 3);
    }
}
