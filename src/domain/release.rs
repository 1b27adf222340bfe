//! The release rule: when may an order go to the warehouse?

use super::ids::LocationId;
use super::mapping_set::MappingSet;
use super::order::{SourceOrder, SourceStatus};
use super::policy::Policy;
use super::routing;

/// What the release rule says about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// May go: the order-to-warehouse clock starts.
    Ready,
    /// Not paid, and the pair requires payment.
    HeldPayment,
    /// The source says "not yet": why.
    HeldSource(String),
    /// Nothing for this warehouse (any more): why.
    NotOurs(String),
    /// Only services and fees: there is nothing to pick.
    NothingToPick,
}

/// Applies the release rule (open, paid or a resend, not parked or locked except by the fulfilment-centre location
/// itself). A location without a site does not decide here: only mapped locations are polled, and an order that is
/// blocked while its mapping is missing must stay visible (`ORD_SITE_UNMAPPED`). For an order that was elsewhere
/// before use [`release_after_move`].
pub fn release(order: &SourceOrder, mappings: &MappingSet, policy: &Policy) -> Release {
    release_after_move(order, &order.location, mappings, policy)
}

/// The release rule for an order whose location was `was` when it was last decided on: moved to a location without a
/// site, it is no longer ours.
pub fn release_after_move(
    order: &SourceOrder,
    was: &LocationId,
    mappings: &MappingSet,
    policy: &Policy,
) -> Release {
    match order.status {
        SourceStatus::Open => {}
        SourceStatus::Processed => {
            return Release::NotOurs("the source has already processed it".to_owned());
        }
        SourceStatus::Cancelled => {
            return Release::NotOurs("it was cancelled in the source".to_owned());
        }
        SourceStatus::Gone => {
            return Release::NotOurs("the source no longer knows it".to_owned());
        }
    }
    if *was != order.location && !routing::is_served(&order.location, mappings) {
        return Release::NotOurs(format!(
            "it was moved to location {}, which has no warehouse site",
            order.location
        ));
    }
    if policy.release_requires_paid && !order.is_paid && !order.is_resend {
        return Release::HeldPayment;
    }
    if let Some(why) = source_hold(order) {
        return Release::HeldSource(why);
    }
    if order.pick_lines().is_empty() {
        return Release::NothingToPick;
    }
    Release::Ready
}

/// Why the source holds it back. In a fulfilment-centre location Linnworks parks or locks orders by itself, so there
/// the flags say nothing.
fn source_hold(order: &SourceOrder) -> Option<String> {
    if order.lines.is_empty() {
        return Some("the source shows no lines yet".to_owned());
    }
    if order.location_is_fulfilment_centre {
        return None;
    }
    match (order.is_parked, order.is_locked) {
        (true, true) => Some("parked and locked in the source".to_owned()),
        (true, false) => Some("parked in the source".to_owned()),
        (false, true) => Some("locked in the source".to_owned()),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mapping::MappingKind;
    use crate::domain::mapping_set::testing::set;
    use crate::domain::preflight::testing::order;

    fn mappings() -> MappingSet {
        set(&[(MappingKind::Site, "north", "MAIN", "basis=GROSS")])
    }

    type Edit = fn(&mut SourceOrder);

    #[test]
    fn the_release_rule_case_by_case() {
        let held = |why: &str| Release::HeldSource(why.to_owned());
        let cases: Vec<(&str, Edit, Release)> = vec![
            ("open and paid", |_| {}, Release::Ready),
            ("unpaid", |o| o.is_paid = false, Release::HeldPayment),
            (
                "unpaid resend",
                |o| {
                    o.is_paid = false;
                    o.is_resend = true;
                },
                Release::Ready,
            ),
            (
                "parked",
                |o| o.is_parked = true,
                held("parked in the source"),
            ),
            (
                "locked",
                |o| o.is_locked = true,
                held("locked in the source"),
            ),
            (
                "parked by its fulfilment centre",
                |o| {
                    o.is_parked = true;
                    o.is_locked = true;
                    o.location_is_fulfilment_centre = true;
                },
                Release::Ready,
            ),
            (
                "unpaid and parked is a matter of payment",
                |o| {
                    o.is_paid = false;
                    o.is_parked = true;
                },
                Release::HeldPayment,
            ),
            (
                "only a service line",
                |o| o.lines.iter_mut().for_each(|l| l.is_service = true),
                Release::NothingToPick,
            ),
            (
                "no lines yet",
                |o| o.lines.clear(),
                held("the source shows no lines yet"),
            ),
            (
                "unmapped location stays visible",
                |o| o.location = "nowhere".into(),
                Release::Ready,
            ),
            (
                "cancelled",
                |o| o.status = SourceStatus::Cancelled,
                Release::NotOurs("it was cancelled in the source".to_owned()),
            ),
        ];
        for (name, edit, expected) in cases {
            let mut order = order("1001");
            edit(&mut order);
            let got = release(&order, &mappings(), &Policy::linnworks());
            assert_eq!(got, expected, "{name}");
        }
    }

    #[test]
    fn an_order_moved_to_an_unmapped_location_is_no_longer_ours() {
        let mut moved = order("1001");
        moved.location = "shop".into();
        let policy = Policy::linnworks();
        let got = release_after_move(&moved, &"north".into(), &mappings(), &policy);
        assert!(matches!(got, Release::NotOurs(why) if why.contains("shop")));
        moved.location = "north".into();
        let got = release_after_move(&moved, &"shop".into(), &mappings(), &policy);
        assert_eq!(got, Release::Ready);
    }

    #[test]
    fn a_pair_may_release_unpaid_orders() {
        let mut unpaid = order("1001");
        unpaid.is_paid = false;
        let mut policy = Policy::linnworks();
        policy.release_requires_paid = false;
        assert_eq!(release(&unpaid, &mappings(), &policy), Release::Ready);
    }
}
