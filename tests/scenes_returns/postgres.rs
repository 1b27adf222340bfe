//! Goods that come back to a source with books of its own, on PostgreSQL.

use crate::counter::{Counter, play_on};
use crate::{gate, pg};
use tallyman::domain::policy::Policy;
use tallyman::sandbox::SimSystem;

async fn on_postgres(scene: impl AsyncFnOnce(&mut Counter)) {
    if let Some(url) = pg::database().await {
        play_on(Some(url), SimSystem::Cin7, Policy::cin7core(), scene).await;
    }
}

#[tokio::test]
async fn one_is_credited_after_its_stock_in_the_other_after_outcome_and_finance() {
    on_postgres(gate::example_15).await;
}

#[tokio::test]
async fn an_override_stays_visible_until_the_goods_are_booked() {
    on_postgres(gate::an_override).await;
}
