//! The pairs of a rehearsal: which sources trade, how often each is read, and the adapters that reach the sandbox.

use super::rig::RigOptions;
use super::{Plan, RehearsalError, source_name};
use crate::domain::ids::SystemId;
use crate::domain::policy::Policy;
use crate::domain::time::Span;
use crate::sandbox::{Sandbox, SandboxConfig, SimSystem};
use crate::secret::Secret;
use crate::sync::{PairCx, Systems};
use crate::vendors::SalesSystem;
use crate::vendors::cin7core::{Cin7Config, Cin7Core};
use crate::vendors::linnworks::{Linnworks, LinnworksConfig};
use crate::vendors::peoplevox::{Peoplevox, PeoplevoxConfig};
use crate::vendors::shopline::{Shopline, ShoplineConfig};
use crate::wire::Wire;
use std::sync::Arc;

/// Id of the one warehouse.
pub(super) const WAREHOUSE: &str = "pvx";

/// The policy of a pair, with readings a little apart, the slow ones often enough to matter within a day played in
/// seconds.
pub(super) fn paced(source: SimSystem, read_every: Span) -> Policy {
    let usual = match source {
        SimSystem::Shopline => Policy::shopline(),
        SimSystem::Cin7 => Policy::cin7core(),
        SimSystem::Linnworks | SimSystem::Peoplevox => Policy::linnworks(),
    };
    Policy {
        order_pull_interval: read_every,
        order_sweep_interval: read_every.times(6),
        despatch_poll_interval: read_every,
        status_interval: read_every.times(2),
        stock_interval: read_every.times(4),
        reconcile_stock_interval: read_every.times(6),
        partial_shipment: true,
        ..usual
    }
}

/// Orders of one source a day: the plan's, shared out by weight.
pub(super) fn share_of(plan: &Plan, source: SimSystem) -> u32 {
    let weight = |s: SimSystem| if s == SimSystem::Cin7 { 1 } else { 2 };
    let total: u32 = plan.sources.iter().map(|s| weight(*s)).sum();
    if plan.sources.contains(&source) {
        plan.orders_per_day * weight(source) / total.max(1)
    } else {
        0
    }
}

/// A source of the rehearsal as a pair of the engine.
pub(crate) fn pair_of(source: SimSystem, sandbox: &SandboxConfig, policy: &Policy) -> PairCx {
    let (id, prefix, channel) = match source {
        SimSystem::Shopline => (
            "sl-pvx",
            &sandbox.shop.wms_prefix,
            &sandbox.shop.wms_channel,
        ),
        SimSystem::Cin7 => (
            "c7-pvx",
            &sandbox.cin7.wms_prefix,
            &sandbox.cin7.wms_channel,
        ),
        SimSystem::Linnworks | SimSystem::Peoplevox => {
            ("lw-pvx", &sandbox.wms_prefix, &sandbox.wms_channel)
        }
    };
    PairCx {
        id: id.into(),
        source: source_name(source).into(),
        warehouse: WAREHOUSE.into(),
        prefix: prefix.clone(),
        channel: channel.clone(),
        policy: policy.clone(),
    }
}

/// Adapters that talk to the sandbox in process, over wires that lead to it: the same bytes as over a network.
pub fn systems_over(
    sandbox: &Sandbox,
    options: &RigOptions,
    wire: impl Fn(SimSystem) -> Wire,
) -> Result<Systems, RehearsalError> {
    let credentials = sandbox.demo_credentials();
    let setup = |error: String| RehearsalError::Setup(error);
    let mut pvx = PeoplevoxConfig::new(
        &options.sandbox.pvx_host,
        &credentials.pvx_client_id,
        &credentials.pvx_username,
        Secret::new(credentials.pvx_password),
    );
    if let Some(limit) = options.warehouse_per_minute {
        pvx.per_minute = limit;
    }
    let warehouse = Peoplevox::new(pvx, wire(SimSystem::Peoplevox))
        .map_err(|error| setup(error.to_string()))?;
    let mut systems = Systems::default();
    systems
        .warehouses
        .insert(SystemId::from(WAREHOUSE), Arc::new(warehouse));
    for (source, _) in &options.sources {
        let built = source_over(sandbox, *source, wire(*source))?;
        systems
            .sources
            .insert(SystemId::from(source_name(*source)), built);
    }
    Ok(systems)
}

/// One sales system over a wire.
fn source_over(
    sandbox: &Sandbox,
    source: SimSystem,
    wire: Wire,
) -> Result<Arc<dyn SalesSystem>, RehearsalError> {
    let credentials = sandbox.demo_credentials();
    Ok(match source {
        SimSystem::Shopline => {
            let token = Secret::new(credentials.shop_access_token);
            let mut config = ShoplineConfig::new(&credentials.shop_handle, token);
            config.app_secret = Some(Secret::new(credentials.shop_app_secret));
            let shop = Shopline::new(config, wire);
            Arc::new(shop.map_err(|error| RehearsalError::Setup(error.to_string()))?)
        }
        SimSystem::Cin7 => {
            let id = Secret::new(credentials.cin7_account_id);
            let key = Secret::new(credentials.cin7_application_key);
            let cin7 = Cin7Core::new(Cin7Config::new(id, key), wire);
            Arc::new(cin7.map_err(|error| RehearsalError::Setup(error.to_string()))?)
        }
        SimSystem::Linnworks | SimSystem::Peoplevox => {
            let config = LinnworksConfig {
                auth_url: "https://api.linnworks.net".to_owned(),
                server_url: None,
                application_id: credentials.lw_application_id,
                application_secret: Secret::new(credentials.lw_application_secret),
                token: Secret::new(credentials.lw_token),
                extra_hosts: Vec::new(),
            };
            Arc::new(Linnworks::new(config, wire))
        }
    })
}

/// The sandbox's own mappings for a source's pair, as CSV.
pub(crate) fn mappings_of(sandbox: &Sandbox, source: SimSystem) -> String {
    match source {
        SimSystem::Shopline => sandbox.demo_shop_mappings(),
        SimSystem::Cin7 => sandbox.demo_cin7_mappings(),
        SimSystem::Linnworks | SimSystem::Peoplevox => sandbox.demo_mappings(),
    }
}
