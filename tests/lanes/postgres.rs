//! A handful of the scenes on PostgreSQL.

use crate::yard::Yard;
use crate::{counted, doubt, excluded, pg, stopped};

async fn on_postgres(scene: impl AsyncFnOnce(&mut Yard)) {
    if let Some(url) = pg::database().await {
        Yard::play_with(|options| options.store_url = Some(url), scene).await;
    }
}

#[tokio::test]
async fn a_refused_head_stops_its_lane_and_no_other() {
    on_postgres(stopped::a_refused_head).await;
}

#[tokio::test]
async fn a_skipped_head_is_owed() {
    on_postgres(stopped::a_skipped_head).await;
}

#[tokio::test]
async fn a_count_of_two_persons_takes_the_place_of_what_waits() {
    on_postgres(stopped::a_count_of_two).await;
}

#[tokio::test]
async fn a_lane_is_worse_while_an_order_waits_behind_it() {
    on_postgres(stopped::an_order_behind_a_lane).await;
}

#[tokio::test]
async fn a_lost_request_is_written_once() {
    on_postgres(doubt::a_lost_request).await;
}

#[tokio::test]
async fn a_posting_by_hand_is_told_and_closed() {
    on_postgres(counted::a_posting_by_hand).await;
}

#[tokio::test]
async fn a_debt_is_settled_when_the_figures_agree() {
    on_postgres(counted::a_debt).await;
}

#[tokio::test]
async fn a_drift_is_corrected_through_the_lane() {
    on_postgres(counted::a_correction).await;
}

#[tokio::test]
async fn an_adjustment_waits_for_a_shipment_in_doubt() {
    on_postgres(excluded::a_shipment_in_doubt).await;
}

#[tokio::test]
async fn a_shipment_waits_for_an_adjustment_in_doubt() {
    on_postgres(excluded::an_adjustment_in_doubt).await;
}
