//! The catalogue of exception kinds as data: owner, severity, remedy, actions, what clears it.

use super::exception::{Severity, Team};

macro_rules! kinds {
    ($($variant:ident => $code:literal,)*) => {
        /// A catalogued type of problem. Codes are stable for ever; titles may change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $(#[doc = $code] $variant),* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code, for example `ORD_SKU_UNKNOWN`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }
        }
    };
}

kinds! {
    OrdSkuUnknown => "ORD_SKU_UNKNOWN",
    OrdSkuInactive => "ORD_SKU_INACTIVE",
    OrdSkuFormat => "ORD_SKU_FORMAT",
    OrdCarrierUnmapped => "ORD_CARRIER_UNMAPPED",
    OrdSiteUnmapped => "ORD_SITE_UNMAPPED",
    OrdUnroutable => "ORD_UNROUTABLE",
    OrdDefaultUsed => "ORD_DEFAULT_USED",
    OrdAddressInvalid => "ORD_ADDRESS_INVALID",
    OrdPaymentStuck => "ORD_PAYMENT_STUCK",
    OrdUnpaidInWms => "ORD_UNPAID_IN_WMS",
    OrdRejected => "ORD_REJECTED",
    OrdBackordered => "ORD_BACKORDERED",
    OrdInDoubt => "ORD_IN_DOUBT",
    OrdDuplicate => "ORD_DUPLICATE",
    OrdReferenceClash => "ORD_REFERENCE_CLASH",
    OrdMissingInWms => "ORD_MISSING_IN_WMS",
    OrdNotInSource => "ORD_NOT_IN_SOURCE",
    OrdLinesDiffer => "ORD_LINES_DIFFER",
    OrdStalled => "ORD_STALLED",
    PrdNotInWms => "PRD_NOT_IN_WMS",
    PrdNotInSource => "PRD_NOT_IN_SOURCE",
    PrdCreateFailed => "PRD_CREATE_FAILED",
    PrdBarcodeMismatch => "PRD_BARCODE_MISMATCH",
    PrdBarcodeDuplicate => "PRD_BARCODE_DUPLICATE",
    AmdTooLate => "AMD_TOO_LATE",
    CanTooLate => "CAN_TOO_LATE",
    CanAfterDespatch => "CAN_AFTER_DESPATCH",
    CanDespatchedAnyway => "CAN_DESPATCHED_ANYWAY",
    AmdNotExpressible => "AMD_NOT_EXPRESSIBLE",
    AmdStatusUnreadable => "AMD_STATUS_UNREADABLE",
    AmdConflict => "AMD_CONFLICT",
    DspConfirmFailed => "DSP_CONFIRM_FAILED",
    DspOpenAfterDespatch => "DSP_OPEN_AFTER_DESPATCH",
    DspInDoubt => "DSP_IN_DOUBT",
    DspPartialUnreflected => "DSP_PARTIAL_UNREFLECTED",
    DspQtyMismatch => "DSP_QTY_MISMATCH",
    DspDuplicate => "DSP_DUPLICATE",
    DspOrphan => "DSP_ORPHAN",
    DspClosedNotDespatched => "DSP_CLOSED_NOT_DESPATCHED",
    DspTrackingMissing => "DSP_TRACKING_MISSING",
    DspTrackingRejected => "DSP_TRACKING_REJECTED",
    DspNotNotified => "DSP_NOT_NOTIFIED",
    DspLatency => "DSP_LATENCY",
    StkDrift => "STK_DRIFT",
    StkOversellRisk => "STK_OVERSELL_RISK",
    StkOversold => "STK_OVERSOLD",
    StkFalseStockout => "STK_FALSE_STOCKOUT",
    StkStale => "STK_STALE",
    StkSnapshotIncomplete => "STK_SNAPSHOT_INCOMPLETE",
    StkAdjFailed => "STK_ADJ_FAILED",
    StkLaneBlocked => "STK_LANE_BLOCKED",
    StkSequenceBroken => "STK_SEQUENCE_BROKEN",
    StkLoop => "STK_LOOP",
    StkWriteback => "STK_WRITEBACK",
    StkNegative => "STK_NEGATIVE",
    StkIncrementMissing => "STK_INCREMENT_MISSING",
    MapTargetGone => "MAP_TARGET_GONE",
    MapNotOneToOne => "MAP_NOT_ONE_TO_ONE",
    MapLocationUnaligned => "MAP_LOCATION_UNALIGNED",
    MapStatusUnknown => "MAP_STATUS_UNKNOWN",
    MapChangedOutside => "MAP_CHANGED_OUTSIDE",
    RetNotExpected => "RET_NOT_EXPECTED",
    RetRefundNoReturn => "RET_REFUND_NO_RETURN",
    RetOverdue => "RET_OVERDUE",
    RetUnexpected => "RET_UNEXPECTED",
    RetQtyMismatch => "RET_QTY_MISMATCH",
    RetStuck => "RET_STUCK",
    RetStockinFailed => "RET_STOCKIN_FAILED",
    RetNotSellable => "RET_NOT_SELLABLE",
    RetStateInvalid => "RET_STATE_INVALID",
    CrnBeforeStockin => "CRN_BEFORE_STOCKIN",
    CrnOverdue => "CRN_OVERDUE",
    FinPeriodLocked => "FIN_PERIOD_LOCKED",
    FinCutoffRisk => "FIN_CUTOFF_RISK",
    SlaAtRisk => "SLA_AT_RISK",
    SlaBreached => "SLA_BREACHED",
    SysAuth => "SYS_AUTH",
    SysDown => "SYS_DOWN",
    SysThrottled => "SYS_THROTTLED",
    SysWebhookSilent => "SYS_WEBHOOK_SILENT",
    SysSignature => "SYS_SIGNATURE",
    SysScheduleMissed => "SYS_SCHEDULE_MISSED",
    SysBacklog => "SYS_BACKLOG",
    SysInDoubt => "SYS_IN_DOUBT",
    SysPoison => "SYS_POISON",
    SysSchema => "SYS_SCHEMA",
    SysClock => "SYS_CLOCK",
    SysAlertFailed => "SYS_ALERT_FAILED",
    SysUnclassified => "SYS_UNCLASSIFIED",
    SysInvariant => "SYS_INVARIANT",
    SysStore => "SYS_STORE",
    SysStoreRewound => "SYS_STORE_REWOUND",
}

impl Kind {
    /// From the stable code, ignoring case.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|k| k.code().eq_ignore_ascii_case(code))
    }

    /// Everything the catalogue knows about this kind.
    pub fn entry(self) -> &'static Entry {
        unimplemented!("catalogue data")
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
