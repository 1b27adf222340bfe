//! Outward writes: one file per kind of write, each a small machine that makes one call per tick.

pub mod adjust;
pub mod change;
pub mod confirm;
pub mod create;
pub mod credit;
pub mod parcels;
pub mod product;
pub mod publish;
pub mod returns;
pub mod told;

use crate::domain::catalogue::Kind;
use crate::domain::delivery::{DeliveryRow, DespatchIntent};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::ItemCode;
use crate::domain::keys;
use crate::domain::mapping_set::MappingSet;
use crate::store::{Store, StoreResult};
use std::collections::HashMap;

/// Whether a job wants another tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// Call again when the budget allows the next operation.
    More,
    /// Finished; drop the job.
    Done,
}

/// The lanes of movements that a parcel's shipment changes, by the key their deliveries are ordered by.
fn lane_keys(set: &MappingSet, parcel: &DespatchIntent) -> Vec<String> {
    let units = lane_units(set, parcel).into_iter();
    units.map(|(lane, _)| lane).collect()
}

/// The lanes a parcel's shipment changes, with the units that leave.
pub fn lane_units(set: &MappingSet, parcel: &DespatchIntent) -> Vec<(String, i64)> {
    let key = |item: &ItemCode| keys::movement_lane(item, &parcel.location);
    let mut out = Vec::new();
    for line in &parcel.lines {
        match set.composite(&line.sku) {
            Some(parts) => {
                let units = |each: i64| each.saturating_mul(line.qty_each);
                out.extend(parts.iter().map(|(item, each)| (key(item), units(*each))));
            }
            None => out.push((key(&set.item(&line.sku).item), line.qty_each)),
        }
    }
    out
}

fn object_of(row: &DeliveryRow) -> ObjectRef {
    match row.order {
        Some(order) => ObjectRef::Order(order),
        None => ObjectRef::Item(row.object.clone()),
    }
}

/// Open occurrences of the objects behind deliveries: by delivery id, kind and discriminator.
pub async fn open_of(
    store: &Store,
    rows: &[&DeliveryRow],
) -> StoreResult<HashMap<i64, Vec<(Kind, String)>>> {
    let mut out = HashMap::new();
    if store.open_exceptions(&[], None).await?.is_empty() {
        return Ok(out);
    }
    let objects: Vec<ObjectRef> = rows.iter().map(|row| object_of(row)).collect();
    let open = store.open_for(&objects).await?;
    for (row, object) in rows.iter().zip(&objects) {
        if let Some(open) = open.get(object) {
            out.insert(row.id.0, open.clone());
        }
    }
    Ok(out)
}
