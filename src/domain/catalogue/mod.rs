//! The catalogue of exception kinds as data: owner, severity, remedy, actions, what clears it.
//!
//! One file per family holds the entries; the list below ties code, entry and family together, so that a kind
//! without an entry does not compile.

mod changes;
mod despatch;
mod finance;
mod mappings;
mod orders;
mod products;
mod promises;
mod returns;
mod stock;
mod system;

use super::exception::{Severity, Team};
use super::order::OrderState;

macro_rules! kinds {
    ($($variant:ident => $code:ident in $family:ident,)*) => {
        /// A catalogued type of problem. Codes are stable for ever; titles may change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $(#[doc = stringify!($code)] $variant),* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code, for example `ORD_SKU_UNKNOWN`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => stringify!($code)),* }
            }

            /// Everything the catalogue knows about this kind.
            pub const fn entry(self) -> &'static Entry {
                match self { $(Self::$variant => &$family::$code),* }
            }
        }
    };
}

kinds! {
    OrdSkuUnknown => ORD_SKU_UNKNOWN in orders,
    OrdSkuInactive => ORD_SKU_INACTIVE in orders,
    OrdSkuFormat => ORD_SKU_FORMAT in orders,
    OrdCarrierUnmapped => ORD_CARRIER_UNMAPPED in orders,
    OrdSiteUnmapped => ORD_SITE_UNMAPPED in orders,
    OrdUnroutable => ORD_UNROUTABLE in orders,
    OrdDefaultUsed => ORD_DEFAULT_USED in orders,
    OrdAddressInvalid => ORD_ADDRESS_INVALID in orders,
    OrdPaymentStuck => ORD_PAYMENT_STUCK in orders,
    OrdUnpaidInWms => ORD_UNPAID_IN_WMS in orders,
    OrdRejected => ORD_REJECTED in orders,
    OrdBackordered => ORD_BACKORDERED in orders,
    OrdInDoubt => ORD_IN_DOUBT in orders,
    OrdDuplicate => ORD_DUPLICATE in orders,
    OrdReferenceClash => ORD_REFERENCE_CLASH in orders,
    OrdMissingInWms => ORD_MISSING_IN_WMS in orders,
    OrdNotInSource => ORD_NOT_IN_SOURCE in orders,
    OrdLinesDiffer => ORD_LINES_DIFFER in orders,
    OrdStalled => ORD_STALLED in orders,
    PrdNotInWms => PRD_NOT_IN_WMS in products,
    PrdNotInSource => PRD_NOT_IN_SOURCE in products,
    PrdCreateFailed => PRD_CREATE_FAILED in products,
    PrdBarcodeMismatch => PRD_BARCODE_MISMATCH in products,
    PrdBarcodeDuplicate => PRD_BARCODE_DUPLICATE in products,
    AmdTooLate => AMD_TOO_LATE in changes,
    CanTooLate => CAN_TOO_LATE in changes,
    CanAfterDespatch => CAN_AFTER_DESPATCH in changes,
    CanDespatchedAnyway => CAN_DESPATCHED_ANYWAY in changes,
    AmdNotExpressible => AMD_NOT_EXPRESSIBLE in changes,
    AmdStatusUnreadable => AMD_STATUS_UNREADABLE in changes,
    AmdConflict => AMD_CONFLICT in changes,
    DspConfirmFailed => DSP_CONFIRM_FAILED in despatch,
    DspOpenAfterDespatch => DSP_OPEN_AFTER_DESPATCH in despatch,
    DspInDoubt => DSP_IN_DOUBT in despatch,
    DspPartialUnreflected => DSP_PARTIAL_UNREFLECTED in despatch,
    DspQtyMismatch => DSP_QTY_MISMATCH in despatch,
    DspDuplicate => DSP_DUPLICATE in despatch,
    DspOrphan => DSP_ORPHAN in despatch,
    DspClosedNotDespatched => DSP_CLOSED_NOT_DESPATCHED in despatch,
    DspTrackingMissing => DSP_TRACKING_MISSING in despatch,
    DspTrackingRejected => DSP_TRACKING_REJECTED in despatch,
    DspNotNotified => DSP_NOT_NOTIFIED in despatch,
    DspLatency => DSP_LATENCY in despatch,
    StkDrift => STK_DRIFT in stock,
    StkOversellRisk => STK_OVERSELL_RISK in stock,
    StkOversold => STK_OVERSOLD in stock,
    StkFalseStockout => STK_FALSE_STOCKOUT in stock,
    StkStale => STK_STALE in stock,
    StkSnapshotIncomplete => STK_SNAPSHOT_INCOMPLETE in stock,
    StkAdjFailed => STK_ADJ_FAILED in stock,
    StkLaneBlocked => STK_LANE_BLOCKED in stock,
    StkSequenceBroken => STK_SEQUENCE_BROKEN in stock,
    StkLoop => STK_LOOP in stock,
    StkWriteback => STK_WRITEBACK in stock,
    StkNegative => STK_NEGATIVE in stock,
    StkIncrementMissing => STK_INCREMENT_MISSING in stock,
    StkCountAsked => STK_COUNT_ASKED in stock,
    MapTargetGone => MAP_TARGET_GONE in mappings,
    MapNotOneToOne => MAP_NOT_ONE_TO_ONE in mappings,
    MapLocationUnaligned => MAP_LOCATION_UNALIGNED in mappings,
    MapStatusUnknown => MAP_STATUS_UNKNOWN in mappings,
    MapChangedOutside => MAP_CHANGED_OUTSIDE in mappings,
    RetNotExpected => RET_NOT_EXPECTED in returns,
    RetRefundNoReturn => RET_REFUND_NO_RETURN in returns,
    RetOverdue => RET_OVERDUE in returns,
    RetUnexpected => RET_UNEXPECTED in returns,
    RetQtyMismatch => RET_QTY_MISMATCH in returns,
    RetStuck => RET_STUCK in returns,
    RetStockinFailed => RET_STOCKIN_FAILED in returns,
    RetNotSellable => RET_NOT_SELLABLE in returns,
    RetStateInvalid => RET_STATE_INVALID in returns,
    CrnBeforeStockin => CRN_BEFORE_STOCKIN in finance,
    CrnOverdue => CRN_OVERDUE in finance,
    FinPeriodLocked => FIN_PERIOD_LOCKED in finance,
    FinCutoffRisk => FIN_CUTOFF_RISK in finance,
    SlaAtRisk => SLA_AT_RISK in promises,
    SlaBreached => SLA_BREACHED in promises,
    SysAuth => SYS_AUTH in system,
    SysDown => SYS_DOWN in system,
    SysThrottled => SYS_THROTTLED in system,
    SysWebhookSilent => SYS_WEBHOOK_SILENT in system,
    SysSignature => SYS_SIGNATURE in system,
    SysScheduleMissed => SYS_SCHEDULE_MISSED in system,
    SysBacklog => SYS_BACKLOG in system,
    SysInDoubt => SYS_IN_DOUBT in system,
    SysPoison => SYS_POISON in system,
    SysSchema => SYS_SCHEMA in system,
    SysClock => SYS_CLOCK in system,
    SysAlertFailed => SYS_ALERT_FAILED in system,
    SysUnclassified => SYS_UNCLASSIFIED in system,
    SysInvariant => SYS_INVARIANT in system,
    SysStore => SYS_STORE in system,
    SysStoreRewound => SYS_STORE_REWOUND in system,
}

impl Kind {
    /// From the stable code, ignoring case.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|k| k.code().eq_ignore_ascii_case(code))
    }

    /// The team an exception of this kind goes to. A promise belongs to whoever has the order in hand: integration
    /// before the warehouse accepted it, the warehouse afterwards.
    pub fn owner_at(self, order: Option<OrderState>) -> Team {
        match (self, order) {
            (Self::SlaAtRisk | Self::SlaBreached, Some(state)) if state.is_before_warehouse() => {
                Team::Integration
            }
            _ => self.entry().owner,
        }
    }
}

impl serde::Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> serde::Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not an exception kind")))
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.code())
    }
}

/// Broad classes of cause, for filters and reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    Data,
    Mapping,
    Timing,
    Connection,
    Limit,
    Authorisation,
    Duplicate,
    Conflict,
    Unknown,
}

/// A remedy the engine or a person can start from the exception itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// Map the value: opens the mapping editor with this kind and the discriminator's value.
    Map(super::mapping::MappingKind),
    /// Try the delivery or order again.
    Retry,
    /// Read both systems again now.
    Resync,
    /// Correct in the source; tallyman notices by itself.
    FixInSource,
    /// The floor must act; tallyman notices by itself.
    FixInWarehouse,
    /// Publish stock now.
    PushStock,
    /// Renew credentials, then test.
    Credentials,
    /// Decide and record the physical outcome.
    RecordOutcome,
    /// Wait: the engine goes on by itself.
    Wait,
}

/// One catalogue entry.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub kind: Kind,
    /// What the person sees first; short, plain.
    pub title: &'static str,
    pub owner: Team,
    pub watchers: &'static [Team],
    pub severity: Severity,
    /// The rule that raises the base severity, in words.
    pub severity_rule: &'static str,
    pub cause: Cause,
    /// What went wrong and why it matters, one or two sentences.
    pub meaning: &'static str,
    /// What the engine does by itself.
    pub automatic: &'static str,
    /// What a person can do, in order of preference.
    pub actions: &'static [&'static str],
    /// The suggested next step, as an imperative.
    pub next_step: &'static str,
    pub remedy: Remedy,
    /// What must be read in both systems before it counts as settled.
    pub clears_when: &'static str,
    /// Whether a person may dismiss it, leaving a debt record.
    pub is_dismissable: bool,
    /// Explains others while open (domain §13.5).
    pub is_parent: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Longest title that fits the narrowest list, columns.
    const TITLE_COLUMNS_MAX: usize = 48;

    fn check_text(kind: Kind, what: &str, text: &str, columns_max: usize) {
        let columns = crate::text::width(text);
        assert!(!text.trim().is_empty(), "{kind}: {what} is empty");
        assert!(
            columns <= columns_max,
            "{kind}: {what} takes {columns} columns, {columns_max} allowed"
        );
        assert_eq!(text, text.trim(), "{kind}: {what} has blank ends");
        assert!(!text.contains("  "), "{kind}: {what} has a double blank");
        assert_eq!(text, crate::text::clean(text), "{kind}: {what}");
    }

    #[test]
    fn there_are_89_kinds_of_the_trade_three_of_the_engine_and_one_people_raise() {
        assert_eq!(Kind::ALL.len(), 93);
    }

    #[test]
    fn every_kind_has_an_entry_of_its_own_and_a_code_that_reads_back() {
        for kind in Kind::ALL.iter().copied() {
            assert_eq!(kind.entry().kind, kind);
            assert_eq!(Kind::parse(kind.code()), Some(kind));
            assert_eq!(Kind::parse(&kind.code().to_lowercase()), Some(kind));
        }
        assert_eq!(Kind::parse("ORD_NOTHING"), None);
    }

    #[test]
    fn titles_are_unique_and_fit_a_list() {
        let mut seen = BTreeSet::new();
        for kind in Kind::ALL.iter().copied() {
            let title = kind.entry().title;
            check_text(kind, "title", title, TITLE_COLUMNS_MAX);
            assert!(!title.ends_with('.'), "{kind}: a title is not a sentence");
            assert!(seen.insert(title.to_lowercase()), "{kind}: title repeated");
        }
    }

    #[test]
    fn every_text_is_there_and_short_enough_to_be_read() {
        for kind in Kind::ALL.iter().copied() {
            let entry = kind.entry();
            check_text(kind, "meaning", entry.meaning, 240);
            check_text(kind, "automatic", entry.automatic, 200);
            check_text(kind, "next step", entry.next_step, 120);
            check_text(kind, "clears when", entry.clears_when, 120);
            check_text(kind, "severity rule", entry.severity_rule, 80);
            assert!(
                (1..=5).contains(&entry.actions.len()),
                "{kind}: one to five actions"
            );
            for action in entry.actions {
                check_text(kind, "action", action, 80);
            }
            for sentence in [entry.meaning, entry.automatic, entry.next_step] {
                assert!(
                    sentence.ends_with('.') || sentence.ends_with('?'),
                    "{kind}: {sentence}"
                );
            }
        }
    }

    #[test]
    fn no_owner_watches_its_own_exceptions_and_no_watcher_stands_twice() {
        for kind in Kind::ALL.iter().copied() {
            let entry = kind.entry();
            let watchers: BTreeSet<_> = entry.watchers.iter().collect();
            assert_eq!(watchers.len(), entry.watchers.len(), "{kind}");
            assert!(!watchers.contains(&entry.owner), "{kind}");
        }
    }

    #[test]
    fn four_kinds_explain_others_and_are_never_dismissed() {
        let parents: Vec<_> = Kind::ALL
            .iter()
            .filter(|k| k.entry().is_parent)
            .map(|k| k.code())
            .collect();
        assert_eq!(
            parents,
            ["STK_LANE_BLOCKED", "SYS_AUTH", "SYS_DOWN", "SYS_THROTTLED"]
        );
        for kind in Kind::ALL.iter().filter(|k| k.entry().is_parent) {
            assert!(!kind.entry().is_dismissable, "{kind}");
        }
    }

    #[test]
    fn a_mapping_remedy_names_the_mapping_the_title_speaks_of() {
        use crate::domain::mapping::MappingKind;
        assert_eq!(
            Kind::OrdCarrierUnmapped.entry().remedy,
            Remedy::Map(MappingKind::Carrier)
        );
        assert_eq!(
            Kind::OrdSiteUnmapped.entry().remedy,
            Remedy::Map(MappingKind::Site)
        );
        assert_eq!(
            Kind::OrdSkuUnknown.entry().remedy,
            Remedy::Map(MappingKind::Item)
        );
        assert_eq!(
            Kind::MapStatusUnknown.entry().remedy,
            Remedy::Map(MappingKind::OrderStatus)
        );
    }

    #[test]
    fn a_promise_belongs_to_whoever_has_the_order_in_hand() {
        let before = Kind::SlaAtRisk.owner_at(Some(OrderState::Blocked));
        let after = Kind::SlaAtRisk.owner_at(Some(OrderState::Picking));
        assert_eq!((before, after), (Team::Integration, Team::Warehouse));
        assert_eq!(Kind::OrdStalled.owner_at(None), Team::Warehouse);
    }
}
