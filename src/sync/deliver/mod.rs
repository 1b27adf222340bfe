//! Outward writes: one file per kind of write, each a small machine that makes one call per tick.

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
use crate::domain::delivery::DeliveryRow;
use crate::domain::exception::ObjectRef;
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
