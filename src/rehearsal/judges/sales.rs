//! Sales of every source in one form, read from the sandbox's own books.

use super::super::rig::Rig;
use crate::sandbox::{
    Book, Cin7Sale, Kind, LwOrder, Payment, Progress, PvxOrder, PvxStatus, SHOP_FLOOR_LOCATION,
    SHOP_LOCATION, ShopOrder, SimSystem, World,
};
use std::collections::{BTreeMap, HashMap};

/// A sale as the judges need it.
#[derive(Debug, Clone)]
pub(super) struct SaleFact {
    pub system: SimSystem,
    /// What the warehouse keeps as its reference: the source's id, small letters.
    pub reference: String,
    /// What people know it by.
    pub number: String,
    /// Open, and everything about it says that the warehouse should have it.
    pub is_released: bool,
    pub is_open: bool,
    pub is_cancelled: bool,
    /// The source shows it as shipped.
    pub is_shipped: bool,
    /// Sold at the location that is mapped and whose stock is published.
    pub is_here: bool,
    /// Positions of the warehouse sites its order may stand at; empty when no rule gives it one, `None` when nobody
    /// ever chooses.
    pub sites: Option<Vec<usize>>,
    /// Split or merged: its lines stand elsewhere too.
    pub is_in_parts: bool,
    /// Item code and units the warehouse should hold: kits exploded, services left out.
    pub wanted: BTreeMap<String, i64>,
    /// Tracking numbers of its shipments; `None` where a shipment takes none once it is told.
    pub labels: Option<Vec<String>>,
    /// Units the source shows as shipped; `None` where it tells only that the sale is done with.
    pub shipped: Option<BTreeMap<String, i64>>,
}

/// Every sale of the sources that trade.
pub(super) fn sales(rig: &Rig, world: &World) -> Vec<SaleFact> {
    let mut out = Vec::new();
    for (system, _) in &rig.pairs {
        match system {
            SimSystem::Shopline => out.extend(world.shop.orders.iter().map(|o| shop(world, o))),
            SimSystem::Cin7 => out.extend(world.cin7.sales.iter().map(|s| cin7(world, s))),
            SimSystem::Linnworks | SimSystem::Peoplevox => {
                out.extend(world.lw.orders.iter().map(|o| linnworks(world, o)));
            }
        }
    }
    out
}

fn linnworks(world: &World, order: &LwOrder) -> SaleFact {
    let place = world.lw.locations.get(order.location);
    let is_here = place.is_some_and(|l| l.name == crate::sandbox::MAPPED_LOCATION);
    let has_goods = order.lines.iter().any(|l| !l.is_service);
    let is_paid = matches!(order.status, 1 | 4);
    let is_held = order.is_parked || order.is_locked;
    let id_of = |at: usize| world.lw.orders.get(at).map(|o| o.id);
    SaleFact {
        system: SimSystem::Linnworks,
        reference: order.id.to_string().to_lowercase(),
        number: order.number.to_string(),
        is_released: order.is_open() && is_here && is_paid && !is_held && has_goods,
        is_open: order.is_open(),
        is_cancelled: matches!(order.book, Book::Cancelled(_)),
        is_shipped: matches!(order.book, Book::Processed(_)),
        is_here,
        sites: None,
        is_in_parts: world.lw.relations.iter().any(|(parent, child, _)| {
            id_of(*parent) == Some(order.id) || id_of(*child) == Some(order.id)
        }),
        labels: None,
        wanted: linnworks_goods(world, order),
        shipped: None,
    }
}

fn linnworks_goods(world: &World, order: &LwOrder) -> BTreeMap<String, i64> {
    let mut wanted: BTreeMap<String, i64> = BTreeMap::new();
    for line in order.lines.iter().filter(|l| !l.is_service) {
        let item = line.item.and_then(|ix| world.lw.items.get(ix));
        match item.filter(|i| !i.components.is_empty()) {
            Some(kit) => {
                for (component, each) in &kit.components {
                    if let Some(part) = world.lw.items.get(*component) {
                        *wanted.entry(part.sku.clone()).or_default() += each * line.quantity;
                    }
                }
            }
            None => *wanted.entry(line.sku.clone()).or_default() += line.quantity,
        }
    }
    wanted
}

fn shop(world: &World, order: &ShopOrder) -> SaleFact {
    let here = world.shop.location_named(SHOP_LOCATION);
    let mut wanted: BTreeMap<String, i64> = BTreeMap::new();
    let mut shipped: BTreeMap<String, i64> = BTreeMap::new();
    let mut is_here = true;
    let mut is_due = false;
    for (at, line) in order.lines.iter().enumerate() {
        if !line.needs_shipping || line.is_gift_card {
            continue;
        }
        is_here &= order.names_locations && Some(line.location) == here;
        is_due |= order.fulfillable(at) > 0;
        let variant = line.variant.and_then(|ix| world.shop.variants.get(ix));
        let code = variant.map_or_else(|| line.sku.clone(), |v| v.code.clone());
        let left = order.shipped(at);
        *wanted.entry(code.clone()).or_default() += (line.quantity - line.removed).max(left);
        *shipped.entry(code).or_default() += left;
    }
    wanted.retain(|_, units| *units > 0);
    shipped.retain(|_, units| *units > 0);
    let is_paid = matches!(order.payment, Payment::Paid | Payment::PartiallyRefunded);
    let is_cancelled = order.cancelled_at.is_some();
    let is_shipped = order.progress() == Progress::All;
    let sites = shop_sites(world, order);
    SaleFact {
        system: SimSystem::Shopline,
        reference: order.id.to_lowercase(),
        number: order.name.clone(),
        is_released: is_paid && is_due && !is_cancelled && !is_shipped,
        is_open: !is_cancelled && !is_shipped,
        is_cancelled,
        is_shipped,
        is_here,
        sites: Some(sites),
        is_in_parts: false,
        labels: Some(shop_labels(order)),
        wanted,
        shipped: Some(shipped),
    }
}

/// Where the sandbox's own rules send an order of the store: a building of its own for each location, either one for an
/// order that names both or none and stays in the country, nowhere for one that goes abroad.
fn shop_sites(world: &World, order: &ShopOrder) -> Vec<usize> {
    let mut named: Vec<usize> = order
        .lines
        .iter()
        .filter(|l| order.names_locations && l.needs_shipping && !l.is_gift_card)
        .map(|l| l.location)
        .collect();
    named.sort_unstable();
    named.dedup();
    let mapped = [SHOP_LOCATION, SHOP_FLOOR_LOCATION];
    let site = |at: &usize| {
        let place = world.shop.locations.get(*at)?;
        mapped.iter().position(|name| *name == place.name)
    };
    match named.as_slice() {
        [only] => site(only).into_iter().collect(),
        _ if order.address.country_code == "GB" => (0..mapped.len()).collect(),
        _ => Vec::new(),
    }
}

fn shop_labels(order: &ShopOrder) -> Vec<String> {
    let live = order
        .fulfilments
        .iter()
        .filter(|f| f.cancelled_at.is_none());
    let parcels = live.flat_map(|f| &f.tracking);
    parcels.map(|p| p.number.clone()).collect()
}

fn cin7(world: &World, sale: &Cin7Sale) -> SaleFact {
    let units = |dec: crate::sandbox::Dec| dec.as_units();
    let mut wanted: BTreeMap<String, i64> = BTreeMap::new();
    for line in sale.lines.iter().filter(|l| !l.is_drop_ship) {
        let product = world.cin7.products.get(line.product);
        if let Some(product) = product.filter(|p| !p.is_service) {
            *wanted.entry(product.sku.clone()).or_default() += units(line.quantity);
        }
    }
    let mut shipped: BTreeMap<String, i64> = BTreeMap::new();
    for line in sale.live().flat_map(crate::sandbox::Fulfilment::shipped) {
        if let Some(product) = world.cin7.products.get(line.slot.product) {
            *shipped.entry(product.sku.clone()).or_default() += units(line.quantity);
        }
    }
    let shipments = sale.live().flat_map(|f| &f.ship.lines);
    let labels = shipments.map(|l| l.tracking.clone());
    let is_cancelled = sale.is_voided;
    let is_authorised = sale.order.is_authorised();
    let is_shipped = !wanted.is_empty() && shipped == wanted;
    let is_here = sale.location < world.pvx.sites.len();
    SaleFact {
        system: SimSystem::Cin7,
        reference: sale.id.to_string().to_lowercase(),
        number: sale.number_text(),
        is_released: is_authorised
            && is_here
            && !is_shipped
            && !wanted.is_empty()
            && sale.kind != Kind::Service,
        is_open: !is_cancelled && !is_shipped,
        is_cancelled,
        is_shipped,
        is_here,
        sites: None,
        is_in_parts: false,
        labels: Some(labels.collect()),
        wanted,
        shipped: Some(shipped),
    }
}

/// Positions of warehouse orders by the reference they keep, for the pairs that trade.
pub(super) fn by_reference(rig: &Rig, world: &World) -> HashMap<(SimSystem, String), Vec<usize>> {
    let mut map: HashMap<(SimSystem, String), Vec<usize>> = HashMap::new();
    for (at, order) in world.pvx.orders.iter().enumerate() {
        let Some(system) = ours(rig, world, order) else {
            continue;
        };
        if !order.po_reference.is_empty() {
            let key = (system, order.po_reference.to_lowercase());
            map.entry(key).or_default().push(at);
        }
    }
    map
}

/// The pair a warehouse order belongs to, when it is one of the rehearsal's.
pub(super) fn ours(rig: &Rig, world: &World, order: &PvxOrder) -> Option<SimSystem> {
    let system = world.source_of(&order.number)?;
    rig.pairs
        .iter()
        .any(|(s, _)| *s == system)
        .then_some(system)
}

/// Units promised by a source and not allocated: what it sold and the warehouse does not have, and what it has without
/// having allocated it. What was sold counts, not what the warehouse kept of it: a dropped line is still promised.
pub(super) fn promised(
    world: &World,
    sales: &[SaleFact],
    held: &HashMap<(SimSystem, String), Vec<usize>>,
    system: SimSystem,
    (item, code): (usize, &str),
) -> i64 {
    let mut promised = 0;
    let open = |s: &&SaleFact| s.system == system && s.is_open;
    for sale in sales.iter().filter(open) {
        let wanted = sale.wanted.get(code).copied().unwrap_or(0);
        let found = held.get(&(system, sale.reference.clone()));
        let order = found
            .and_then(|at| at.last())
            .and_then(|at| world.pvx.orders.get(*at));
        // An order that rules sent to another building lowers what is offered from there.
        let is_here = match (order, &sale.sites) {
            (Some(order), Some(_)) => order.site == 0,
            _ => sale.is_here,
        };
        if !is_here {
            continue;
        }
        match order {
            None => promised += wanted,
            Some(order) if matches!(order.status, PvxStatus::New | PvxStatus::BackOrder) => {
                let lines = order.lines.iter().filter(|l| l.item == item);
                let allocated: i64 = lines.map(|l| l.allocated).sum();
                promised += (wanted - allocated).max(0);
            }
            Some(_) => {}
        }
    }
    promised
}
