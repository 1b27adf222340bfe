//! `tallyman sandbox`: the vendors simulated on loopback, for trying and training.

use std::net::SocketAddr;

/// Options of the sandbox.
#[derive(Debug, Clone, clap::Args)]
pub struct SandboxArgs {
    /// Which world: the same number makes the same orders, people and mistakes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8481", value_parser = parse_loopback)]
    pub listen: SocketAddr,
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
