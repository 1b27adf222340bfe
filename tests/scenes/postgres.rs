//! A handful of the scenes on PostgreSQL, where a team's engines and consoles meet.

use crate::stage::{Setting, Stage, play_on};
use crate::{bulk, changes, checks, despatch, doubt, exceptions, labels, orders, pg, systems};

async fn on_postgres(setting: Setting, scene: impl AsyncFnOnce(&mut Stage)) {
    if let Some(url) = pg::database().await {
        play_on(url, setting, scene).await;
    }
}

#[tokio::test]
async fn an_order_goes_once() {
    on_postgres(Setting::default(), orders::a_paid_order).await;
}

#[tokio::test]
async fn one_mapping_releases_forty_orders() {
    on_postgres(Setting::default(), orders::an_unmapped_service).await;
}

#[tokio::test]
async fn a_lost_request_is_sent_again_once() {
    on_postgres(Setting::default(), doubt::a_lost_request).await;
}

#[tokio::test]
async fn a_cancel_before_picking_is_applied_once() {
    on_postgres(Setting::default(), changes::a_cancel_before_picking).await;
}

#[tokio::test]
async fn a_despatch_is_confirmed_once() {
    on_postgres(Setting::default(), despatch::a_despatch).await;
}

#[tokio::test]
async fn a_service_marked_untracked_frees_its_parcels() {
    on_postgres(Setting::default(), labels::a_service_marked_untracked).await;
}

#[tokio::test]
async fn a_part_despatch_adds_up() {
    let setting = Setting::default().policy(|p| p.partial_shipment = true);
    on_postgres(setting, despatch::a_part_despatch).await;
}

#[tokio::test]
async fn two_engines_share_the_work() {
    on_postgres(Setting::default(), systems::two_engines).await;
}

#[tokio::test]
async fn the_second_of_two_people_is_told_who_was_first() {
    on_postgres(Setting::default(), exceptions::two_people).await;
}

#[tokio::test]
async fn a_case_said_to_be_fixed_is_proved() {
    on_postgres(Setting::default(), exceptions::said_fixed).await;
}

#[tokio::test]
async fn a_days_sheet_is_counted_and_signed() {
    on_postgres(checks::unhurried(), checks::a_day_signed).await;
}

#[tokio::test]
async fn an_error_is_classified() {
    on_postgres(Setting::default(), exceptions::an_error_is_named).await;
}

#[tokio::test]
async fn many_cases_are_acted_on_in_one_go() {
    on_postgres(Setting::default(), async |s: &mut Stage| {
        bulk::many_cases_are_worked_through(s, |_| ()).await;
    })
    .await;
}

#[tokio::test]
async fn many_orders_are_held_in_one_go() {
    on_postgres(Setting::default(), async |s: &mut Stage| {
        bulk::many_orders_are_held(s, |_| ()).await;
    })
    .await;
}
