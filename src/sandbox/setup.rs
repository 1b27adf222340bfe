//! What a person needs to connect: credentials and mappings that fit the simulated accounts.

use super::rng::Rng;
use super::world::World;
use std::fmt::Write as _;

/// Credentials the simulators accept. They are made up and open nothing but the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoCredentials {
    pub pvx_client_id: String,
    pub pvx_username: String,
    pub pvx_password: String,
    pub lw_application_id: String,
    pub lw_application_secret: String,
    pub lw_token: String,
    pub shop_handle: String,
    pub shop_access_token: String,
    /// Signs the store's webhooks.
    pub shop_app_secret: String,
    pub cin7_account_id: String,
    pub cin7_application_key: String,
}

/// Credentials of a seed.
pub fn credentials(seed: u64) -> DemoCredentials {
    let guid = |name: &str| Rng::named(seed, "credentials", name).guid().to_string();
    DemoCredentials {
        pvx_client_id: "acme1234".to_owned(),
        pvx_username: "robot".to_owned(),
        pvx_password: "sandbox-only".to_owned(),
        lw_application_id: guid("application"),
        lw_application_secret: guid("secret"),
        lw_token: guid("token"),
        shop_handle: "demo".to_owned(),
        shop_access_token: format!("sandbox.{}", guid("shop-token")),
        shop_app_secret: guid("shop-secret").replace('-', ""),
        cin7_account_id: guid("cin7-account"),
        cin7_application_key: guid("cin7-key"),
    }
}

/// Postal service and carrier service; one postal service is left out on purpose.
const CARRIERS: &[(&str, &str)] = &[
    ("Default", "RM48"),
    ("Royal Mail Tracked 48", "RM48"),
    ("Royal Mail Tracked 24", "RM24"),
    ("DPD Next Day", "DPDND"),
    ("Evri Standard", "EVRI"),
    ("International Tracked", "RMINT"),
];

/// Warehouse status text and the house's word for it.
const STATUSES: &[(&str, &str)] = &[
    ("New", "new"),
    ("Back order", "back_order"),
    ("Partially allocated", "part_allocated"),
    ("Allocated", "allocated"),
    ("Partially picked", "part_picked"),
    ("Picked", "picked"),
    ("Packed", "packed"),
    ("Partially despatched", "part_despatched"),
    ("Despatched", "despatched"),
    ("Cancelled", "cancelled"),
];

/// Linnworks status and the house's word for it.
const SOURCE_STATUSES: &[(&str, &str)] = &[
    ("0", "held_payment"),
    ("1", "ready"),
    ("2", "returning"),
    ("3", "held_payment"),
    ("4", "ready"),
];

/// Linnworks and SHOPLINE offer the stock of one site: each its half, when both trade.
fn share(world: &World) -> &'static str {
    if world.config.shop.orders_per_day > 0 && world.config.orders_per_day > 0 {
        ";stock_share_percent=50"
    } else {
        ""
    }
}

/// Mappings with which the demo works, but for the planned mistakes: `kind,from,to,attributes`.
pub(crate) fn mappings(world: &World) -> String {
    let mut out = String::from("kind,from,to,attributes\n");
    for (from, to) in CARRIERS {
        let _ = writeln!(out, "CARRIER,{from},{to},");
    }
    let location = &world.lw.locations[super::world::MAPPED];
    let basis = if location.reserves() {
        "GROSS"
    } else {
        "NET_STATIC"
    };
    let site = &world.pvx.sites[0].reference;
    let share = share(world);
    let _ = writeln!(out, "SITE,{},{site},basis={basis}{share}", location.id);
    for (from, to) in STATUSES {
        let _ = writeln!(out, "ORDER_STATUS,{from},{to},side=wms");
    }
    for (from, to) in SOURCE_STATUSES {
        let _ = writeln!(out, "ORDER_STATUS,{from},{to},side=source");
    }
    for (carrier, _) in &world.pvx.carriers {
        let _ = writeln!(out, "TRACKING_CARRIER,{carrier},{carrier},");
    }
    let _ = writeln!(out, "BUFFER,*,0,");
    out
}

/// Shipping rate of the store and carrier service; one rate is left out on purpose.
const SHOP_CARRIERS: [&str; 4] = ["RM48", "RM24", "DPDND", "RMINT"];

/// States of the store's orders and the house's word for them.
const SHOP_STATUSES: &[(&str, &str)] = &[
    ("unpaid", "held_payment"),
    ("authorized", "held_payment"),
    ("pending", "held_payment"),
    ("partially_paid", "held_payment"),
    ("paid", "ready"),
    ("partially_refunded", "ready"),
    ("refunded", "held_payment"),
];

/// Mappings of the SHOPLINE pair with which the demo works, but for the planned mistakes: one shipping rate and the last
/// SKU that is not an item code are left out.
pub(crate) fn shop_mappings(world: &World) -> String {
    let mut out = String::from("kind,from,to,attributes\n");
    for ((rate, _), code) in super::world::SHOP_RATES.iter().zip(SHOP_CARRIERS) {
        let _ = writeln!(out, "CARRIER,{rate},{code},");
    }
    shop_places(world, &mut out);
    let foreign: Vec<_> = world
        .shop
        .variants
        .iter()
        .filter(|v| !v.code.is_empty() && v.code != v.sku)
        .collect();
    for variant in foreign.iter().take(foreign.len().saturating_sub(1)) {
        let _ = writeln!(out, "ITEM,{},{},", variant.sku, variant.code);
    }
    for (from, to) in STATUSES {
        let _ = writeln!(out, "ORDER_STATUS,{from},{to},side=wms");
    }
    for (from, to) in SHOP_STATUSES {
        let _ = writeln!(out, "ORDER_STATUS,{from},{to},side=source");
    }
    for (carrier, _) in &world.pvx.carriers {
        let _ = writeln!(out, "TRACKING_CARRIER,{carrier},{carrier},");
    }
    let _ = writeln!(out, "BUFFER,*,0,");
    out
}

/// Where the store's orders go: each location has a building of its own. An order that names both, or none, goes where
/// all of it lies, as long as it stays in the country; nobody has said yet what becomes of one that goes abroad.
fn shop_places(world: &World, out: &mut String) {
    let of = |at: usize| (&world.shop.locations[at].id, &world.pvx.sites[at].reference);
    let (main, here) = of(super::world::SHOP_MAPPED);
    let (shop, there) = of(super::world::SHOP_FLOOR);
    let share = share(world);
    let _ = writeln!(out, "SITE,{main},{here},basis=NET_LIVE{share}");
    let _ = writeln!(out, "SITE,{shop},{there},basis=NET_LIVE{share}");
    let _ = writeln!(
        out,
        "ROUTING,Warehouse orders,{here},order=10;location={main}"
    );
    let _ = writeln!(out, "ROUTING,Shop orders,{there},order=20;location={shop}");
    let _ = writeln!(
        out,
        "ROUTING,Where all of it lies,{here}+{there},order=30;location={main}+{shop}+none;country=GB;stock=all"
    );
}

/// The warehouse's words for movements a ledger is told of, what they are, and the account they are booked on.
const REASONS: &[(&str, &str, &str)] = &[
    ("Received through mobile unit", "goods_in", ""),
    ("Returned goods put away", "return_put_away", ""),
    ("Added through adjustment module", "found", "account=403"),
    ("Modified through adjustment module", "count", "account=403"),
    ("Despatched", "despatch", ""),
    ("Picking", "no_delta", ""),
];

/// Mappings of a Cin7 Core pair, but for the planned mistakes. Locations and sites are one to one.
pub(crate) fn cin7_mappings(world: &World) -> String {
    let mut out = String::from("kind,from,to,attributes\n");
    for (from, to) in super::cin7::build::CARRIERS
        .iter()
        .filter(|c| !c.1.is_empty())
    {
        let _ = writeln!(out, "CARRIER,{from},{to},");
    }
    for (location, site) in world.cin7.locations.iter().zip(&world.pvx.sites) {
        let _ = writeln!(out, "SITE,{},{},basis=GROSS", location.id, site.reference);
    }
    for (from, to) in STATUSES {
        let _ = writeln!(out, "ORDER_STATUS,{from},{to},side=wms");
    }
    for (carrier, _) in &world.pvx.carriers {
        let _ = writeln!(out, "TRACKING_CARRIER,{carrier},{carrier},");
    }
    for (word, kind, attributes) in REASONS {
        let _ = writeln!(out, "REASON,{word},{kind},{attributes}");
    }
    let _ = writeln!(out, "BUFFER,*,0,");
    out
}
