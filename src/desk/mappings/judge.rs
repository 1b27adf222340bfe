//! What the checks say of one order now, with the mappings and items of today.

use super::preview::Checker;
use crate::desk::{Desk, DeskError, DeskResult};
use crate::domain::ids::ItemCode;
use crate::domain::mapping::MappingKind;
use crate::domain::mapping_set::MappingSet;
use crate::domain::order::OrderFull;
use crate::domain::preflight::{FieldLimits, ItemFact, Verdict};
use crate::domain::routing::Shelves;
use std::collections::{BTreeSet, HashMap};

/// Most rounds of reading items: lines first, then what kits and aliases lead to.
const ITEM_ROUNDS_MAX: usize = 3;

impl Desk {
    /// The verdict of all checks on an order, and the mappings it was reached with.
    ///
    /// # Errors
    /// [`DeskError`]: a pair nobody configured, or the store failed.
    pub(in crate::desk) async fn judged(
        &self,
        order: &OrderFull,
    ) -> DeskResult<(Verdict, MappingSet)> {
        let what = "checking the order";
        let pair = self.pair(&order.row.pair)?;
        let set = self.mapping_set(&pair.id).await?;
        let lists = self
            .target_lists(&pair.id, BTreeSet::from([MappingKind::Carrier]))
            .await?;
        let mut checker = Checker {
            pair,
            code_rule: &self.code_rule,
            lists: &lists,
            items: HashMap::new(),
            shelves: Shelves::default(),
            limits: FieldLimits::default(),
            now: self.now(),
        };
        self.read_shelves(&mut checker, (&set, &set), std::slice::from_ref(order))
            .await?;
        for _ in 0..ITEM_ROUNDS_MAX {
            let Verdict::NeedItems(codes) = checker.verdict(order, &set) else {
                break;
            };
            let found = self
                .store
                .items(&pair.warehouse, &codes)
                .await
                .map_err(DeskError::store(what))?;
            let is_catalogue_read = self
                .store
                .item_count(&pair.warehouse)
                .await
                .map_err(DeskError::store(what))?
                > 0;
            for item in found {
                let fact = if item.is_absent() {
                    ItemFact::Absent
                } else {
                    ItemFact::Known(item.clone())
                };
                checker.items.insert(item.code, fact);
            }
            if !is_catalogue_read {
                break;
            }
            let unknown: Vec<ItemCode> = codes
                .into_iter()
                .filter(|code| !checker.items.contains_key(code))
                .collect();
            for code in unknown {
                checker.items.insert(code, ItemFact::Absent);
            }
        }
        Ok((checker.verdict(order, &set), set))
    }
}
