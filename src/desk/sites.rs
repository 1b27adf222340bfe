//! Which site ships one order: the sites a person may choose from, and why they may not.

use super::{Desk, DeskError, DeskResult};
use crate::domain::delivery::DeliveryRow;
use crate::domain::ids::{OrderId, PairId, SiteRef};
use crate::domain::policy::StockMode;
use crate::domain::routing::keeps_site;
use std::collections::BTreeMap;

/// What a person has to know to choose the site of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteQuestion {
    pub order: OrderId,
    /// What people call the order.
    pub number: String,
    /// Where it goes by now.
    pub site: Option<SiteRef>,
    /// Why it goes there, or why it goes nowhere.
    pub why: String,
    /// Sites that a mapping of the pair names.
    pub sites: Vec<SiteRef>,
    /// Why nobody may choose any more; the engine says the same.
    pub refused: Option<String>,
}

impl Desk {
    /// What can be chosen for each of these orders, in their order; those that are not in the store are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn site_questions(&self, ids: &[OrderId]) -> DeskResult<Vec<SiteQuestion>> {
        let what = "the sites of these orders";
        let orders = self.store.orders_by_id(ids).await;
        let orders = orders.map_err(DeskError::store(what))?;
        let hot = self.store.hot_deliveries_of(ids).await;
        let hot = hot.map_err(DeskError::store(what))?;
        let mut sites: BTreeMap<PairId, Vec<SiteRef>> = BTreeMap::new();
        for order in &orders {
            let pair = &order.row.pair;
            if !sites.contains_key(pair) {
                let named = self.mapping_set(pair).await?.sites();
                sites.insert(pair.clone(), named);
            }
        }
        let questions = orders.iter().map(|order| {
            let row = &order.row;
            let under_way = hot.get(&row.id).into_iter().flatten();
            let is_begun = under_way.into_iter().any(DeliveryRow::is_creation_begun);
            let sites = sites.get(&row.pair).cloned().unwrap_or_default();
            SiteQuestion {
                order: row.id,
                number: row.number.clone(),
                site: row.site.clone(),
                why: match order.routed() {
                    Some(routed) => routed.why.clone(),
                    None => row.blocked_by.clone(),
                },
                refused: self
                    .pair(&row.pair)
                    .map_err(|error| error.to_string())
                    .and_then(|pair| {
                        let is_ledger = pair.policy.stock_mode == StockMode::Delta;
                        match keeps_site(row.state, is_begun, is_ledger) {
                            Some(why) => Err(why.to_owned()),
                            None if sites.is_empty() => Err(format!(
                                "no mapping of {} names a site yet: map its locations first",
                                row.pair
                            )),
                            None => Ok(()),
                        }
                    })
                    .err(),
                sites,
            }
        });
        Ok(questions.collect())
    }
}
