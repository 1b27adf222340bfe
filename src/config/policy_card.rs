//! The policy card: for every switch of a pair what it is, what it does, and why it stands as it does.

use super::policy;
use crate::domain::policy::Policy;
use serde::Serialize;

/// One switch as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardRow {
    pub key: &'static str,
    /// As it would be written in the file.
    pub value: String,
    /// It stands otherwise than it would by itself.
    pub is_changed: bool,
    pub does: &'static str,
    pub why: &'static str,
}

/// The card of a pair: `usual` is what its kind of source has by default.
pub fn card(policy: &Policy, usual: &Policy) -> Vec<CardRow> {
    policy::values(policy)
        .into_iter()
        .zip(policy::values(usual))
        .map(|((key, value), (_, by_default))| {
            let (does, why) = words(key);
            CardRow {
                key,
                is_changed: value != by_default,
                value,
                does,
                why,
            }
        })
        .collect()
}

/// What a switch does, and why it is there.
pub(super) fn words(key: &str) -> (&'static str, &'static str) {
    match key {
        "order.release_on" => (
            "the moment an order may go to the warehouse",
            "goods should not leave before the money is in, or before the source approved the sale",
        ),
        "order.partial_send" => (
            "whether an order goes without the lines that fail a check",
            "nine of ten lines sent silently is a failure that looks like success",
        ),
        "order.in_wms_grace" => (
            "how long a released order may take to stand in the warehouse before somebody is told",
            "an order nobody picks is found by the customer first",
        ),
        "order.auto_cancel_recreate" => (
            "whether a change the warehouse cannot take is made by cancelling and sending again",
            "saving an order there adds and edits lines, it never removes them; a second number confuses the floor",
        ),
        "order.partial_shipment" => (
            "whether the warehouse may send an order in several parcels over time",
            "parts reach the customer sooner and cost more carriage; some sources cannot show them",
        ),
        "order.pull_interval" => (
            "how often new and changed orders are read",
            "events only make it sooner: the reading is what is relied on",
        ),
        "order.sweep_interval" => (
            "how often more is read than the last changes",
            "an order that was paid or moved late, and a change that was listed late, would be missed otherwise",
        ),
        "despatch.poll_interval" => (
            "how often the despatch report is read",
            "one text asks for confirmation at once, another for a schedule: callbacks make it at once, this is the schedule",
        ),
        "despatch.confirm_grace" => (
            "how long the source may go on showing a despatched order as open",
            "the customer asks where it is while the source says it has not left",
        ),
        "despatch.wait_for_tracking" => (
            "how long a despatch waits for its label before it is confirmed without one",
            "carriers book late; a confirmation without tracking is better than none",
        ),
        "despatch.cadence" => (
            "when a despatch is confirmed: the moment it is known, with the reading of the report behind it",
            "one text sequences confirmations on a schedule, another wants them at once: the schedule is only the net",
        ),
        "despatch.batch_window" => (
            "how long despatches are gathered before they are confirmed",
            "whatever is due together goes together anyway; waiting on purpose only makes customers ask",
        ),
        "despatch.scan_required" => (
            "orders are processed one by one, each vouching for its scan",
            "some accounts refuse the batch without it, at many times the calls",
        ),
        "despatch.notify_customer" => (
            "whether the customer is written to when a parcel is entered in the source",
            "a source that leaves it off by default would ship without a word; two messages are one too many",
        ),
        "status.interval" => (
            "how often order progress is read in the warehouse",
            "what is not read cannot be missed",
        ),
        "stock.physical_master" => (
            "whose word counts for what lies on the shelf",
            "one text calls the source the master of stock, another the warehouse: goods are counted where they lie",
        ),
        "stock.availability_master" => (
            "whose word counts for what may be sold",
            "only the source sees all its channels; what the warehouse knows is handed to it, never taken back",
        ),
        "stock.mode" => (
            "how stock reaches the source: absolute figures on a schedule, or each movement to a source with its own ledger",
            "one text speaks of snapshots, another of pushed adjustments: an absolute figure heals itself, and events only bring it forward; a ledger must be told of every movement, once and in order",
        ),
        "stock.interval" => (
            "how often figures are computed and the changed ones written",
            "real time is promised in one text and traded for stability in another; the shorter, the less can be oversold",
        ),
        "stock.full_interval" => (
            "how often every figure is read, not only those that moved",
            "a change nobody reported would stay unseen",
        ),
        "stock.reserve_unpaid" => (
            "whether orders waiting for payment hold stock back",
            "the goods of a customer who pays tomorrow are sold to another today",
        ),
        "stock.mass_change_percent" => (
            "a run that would change more of the items stops and asks",
            "a broken report must not empty a shop",
        ),
        "stock.basis" => (
            "how the source treats the figure that is written; set with each SITE mapping",
            "subtracting open orders twice hides stock, not at all oversells it",
        ),
        "stock.replace_by_count" => (
            "who may put a count in the place of movements that are stuck",
            "a ledger takes movements strictly in order, and a count skips them: two people look first",
        ),
        "routing.default_site" => (
            "where an order goes that no mapping and no rule places",
            "one text lets it go to one warehouse by default: goods promised from another building would leave twice",
        ),
        "reconcile.stock" => (
            "how often what the source shows is held against what it should show",
            "a figure somebody else changed is found by looking, not by our own record",
        ),
        "reconcile.orders" => (
            "how often orders are compared in both systems",
            "an order one system thinks is finished and the other does not belongs to nobody",
        ),
        "catalogue.interval" => (
            "how often items, services, sites and templates are read",
            "a service switched off there should be known before the first order meets it",
        ),
        "notify.grace" => (
            "how long the sales channel behind the source may take to hear of a despatch",
            "the source can know and its channel not; those are two different failures",
        ),
        "returns.create_on" => (
            "what makes the warehouse expect goods: a person, a customer's request, a refund naming goods, any whole refund",
            "one text creates it from a refund, another not: money given back does not say that goods come back",
        ),
        "returns.interval" => (
            "how often returns are read in the warehouse",
            "goods nobody knows of cannot be sold, and their customer waits for the money",
        ),
        "credit.gate" => (
            "whether a credit waits for the goods to be back in the source's books",
            "a credit for goods that never arrive is a loss nobody sees",
        ),
        "credit.gate_unsellable" => (
            "what lets goods be credited that cannot be sold again",
            "one text credits after stock-in only, another books sellable goods only: the rest needs an outcome and finance",
        ),
        "finance.basis" => (
            "what the month-end sheet holds against what the warehouse despatched",
            "each text closes its month by another book: the source's reports, the despatch data, the ledger",
        ),
        "product.master" => (
            "which side says what items exist, and is corrected when the two disagree",
            "for one kind of shop it is the source, for another the warehouse's item code",
        ),
        "product.auto_create" => (
            "whether an item the warehouse lacks is created from the source",
            "one text wants no order to fail for it, another wants each unknown SKU looked at: it depends on who keeps the master",
        ),
        "barcode.mismatch" => (
            "whether an order waits when barcodes differ",
            "the floor would scan another article",
        ),
        "loop.window" => (
            "the time in which figures written back and forth count as a fight",
            "two programs correcting each other never stop by themselves",
        ),
        "loop.flips" => ("how many turns make a fight", "one correction is none"),
        "payload.retention" => (
            "how long requests and answers are kept; the timeline is kept for ever",
            "evidence for a complaint, and no longer than needed",
        ),
        "sla.cutoff_hour" => (
            "orders released before this hour leave the same working day",
            "the promise that everything is sorted by",
        ),
        "sla.time_zone" => (
            "whose clock the hours are",
            "a cut-off at two is at two for the people there, in summer too",
        ),
        _ => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_has_a_card_and_its_value_reads_back() {
        let usual = Policy::shopline();
        let rows = card(&usual, &usual);
        assert!(rows.len() > 25);
        for row in rows {
            assert!(!row.does.is_empty() && !row.why.is_empty(), "{}", row.key);
            assert!(!row.value.is_empty() && !row.is_changed, "{}", row.key);
        }
    }

    #[test]
    fn a_switch_that_was_set_stands_out() {
        let mut policy = Policy::linnworks();
        policy.stock_interval = crate::domain::time::Span::mins(2);
        policy.reserve_unpaid = false;
        let changed: Vec<(&str, String)> = card(&policy, &Policy::linnworks())
            .into_iter()
            .filter(|r| r.is_changed)
            .map(|r| (r.key, r.value))
            .collect();
        assert_eq!(
            changed,
            [
                ("stock.interval", "2m".to_owned()),
                ("stock.reserve_unpaid", "off".to_owned())
            ]
        );
    }
}
