//! Exceptions (cases): severity, states, what an occurrence is.

use super::catalogue::Kind;
use super::ids::{ExceptionId, JournalSeq, OrderId, PairId};
use super::order::coded_enum;
use super::time::Ts;
use super::undo::Standing;
use serde::{Deserialize, Serialize};

coded_enum! {
    /// S1 harms customers now, S4 is a tidy-up. The lower the code, the worse.
    Severity {
        S1 = 1, "S1";
        S2 = 2, "S2";
        S3 = 3, "S3";
        S4 = 4, "S4";
    }
}

impl Severity {
    /// Worse by `steps`, capped at S1.
    pub fn raised(self, steps: i64) -> Self {
        Self::from_code((self.code() - steps).max(1)).unwrap_or(Self::S1)
    }
}

coded_enum! {
    /// Life of an exception.
    ExceptionState {
        New = 0, "new";
        Acknowledged = 1, "acknowledged";
        Working = 2, "working";
        Snoozed = 3, "snoozed";
        Waiting = 4, "waiting";
        FixedPending = 5, "fixed_pending";
        Reopened = 6, "reopened";
        Resolved = 10, "resolved";
        Dismissed = 11, "dismissed";
    }
}

impl ExceptionState {
    /// Still somebody's.
    pub const fn is_open(self) -> bool {
        self.code() < Self::Resolved.code()
    }
}

coded_enum! {
    /// A team that owns exceptions.
    Team {
        Warehouse = 0, "warehouse";
        Ecommerce = 1, "ecommerce";
        Operations = 2, "operations";
        Data = 3, "data";
        Finance = 4, "finance";
        Cx = 5, "cx";
        Integration = 6, "integration";
    }
}

/// What failed: an order, an item at a place, a system, a flow.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "object", content = "id", rename_all = "snake_case")]
pub enum ObjectRef {
    /// An order of ours.
    Order(OrderId),
    /// An item code, optionally at a location: `MUG-RED@North 3PL`.
    Item(String),
    /// A system id.
    System(String),
    /// A flow of a pair: `lw-pvx/STOCK_SNAPSHOT`.
    Flow(String),
    /// A mapping: `CARRIER:Tracked 48`.
    Mapping(String),
    /// A despatch number of the warehouse.
    Despatch(String),
    /// An order number in the warehouse that is not (yet) an order of ours.
    WmsOrder(String),
    /// A delivery id.
    Delivery(i64),
    /// An exception itself (used in the journal).
    Exception(i64),
    /// Configuration, access and the store itself.
    House(String),
}

impl ObjectRef {
    /// Short kind name, stable: used in the store and in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Order(_) => "order",
            Self::Item(_) => "item",
            Self::System(_) => "system",
            Self::Flow(_) => "flow",
            Self::Mapping(_) => "mapping",
            Self::Despatch(_) => "despatch",
            Self::WmsOrder(_) => "wms_order",
            Self::Delivery(_) => "delivery",
            Self::Exception(_) => "exception",
            Self::House(_) => "house",
        }
    }

    /// The id as text.
    pub fn id(&self) -> String {
        match self {
            Self::Order(id) => id.0.to_string(),
            Self::Delivery(id) | Self::Exception(id) => id.to_string(),
            Self::Item(t)
            | Self::System(t)
            | Self::Flow(t)
            | Self::Mapping(t)
            | Self::Despatch(t)
            | Self::WmsOrder(t)
            | Self::House(t) => t.clone(),
        }
    }

    /// From the two stored columns.
    pub fn from_parts(kind: &str, id: &str) -> Option<Self> {
        Some(match kind {
            "order" => Self::Order(OrderId(id.parse().ok()?)),
            "item" => Self::Item(id.to_owned()),
            "system" => Self::System(id.to_owned()),
            "flow" => Self::Flow(id.to_owned()),
            "mapping" => Self::Mapping(id.to_owned()),
            "despatch" => Self::Despatch(id.to_owned()),
            "wms_order" => Self::WmsOrder(id.to_owned()),
            "delivery" => Self::Delivery(id.parse().ok()?),
            "exception" => Self::Exception(id.parse().ok()?),
            "house" => Self::House(id.to_owned()),
            _ => return None,
        })
    }
}

/// One object failing once. Occurrences with the same kind, pair and discriminator form one exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    pub kind: Kind,
    pub pair: PairId,
    /// The value that identifies the cause, for example `SKU=ABC-1`. Never a message text, time or quantity.
    pub discriminator: String,
    pub object: ObjectRef,
    /// What people call the object: an order number, an item code.
    pub label: String,
    /// What failed, in plain words, cleaned; at most [`DETAIL_CHARS_MAX`] characters.
    pub detail: String,
    /// When the problem began (not when it was noticed).
    pub began_at: Ts,
    pub ship_by: Option<Ts>,
    pub value_minor: i64,
    /// A severity computed for this occurrence; overrides the kind's base when worse.
    pub severity: Option<Severity>,
}

impl Occurrence {
    /// The identity of the case it belongs to.
    pub fn fingerprint(&self) -> String {
        format!("{}|{}|{}", self.kind.code(), self.pair, self.discriminator)
    }
}

/// Longest explanation kept with an occurrence, characters.
pub const DETAIL_CHARS_MAX: usize = 2_000;

/// An exception as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionRow {
    pub id: ExceptionId,
    pub kind: Kind,
    pub pair: PairId,
    pub discriminator: String,
    pub severity: Severity,
    pub state: ExceptionState,
    pub team: Team,
    pub person: Option<String>,
    pub began_at: Ts,
    pub first_seen_at: Ts,
    pub last_seen_at: Ts,
    /// Open occurrences (members).
    pub members: i64,
    /// Occurrences ever.
    pub occurrences_ever: i64,
    /// Earliest promise among the members.
    pub ship_by: Option<Ts>,
    pub value_minor: i64,
    pub ack_due_at: Ts,
    pub resolve_due_at: Ts,
    pub snoozed_until: Option<Ts>,
    pub snooze_condition: Option<String>,
    pub waiting_for: Option<String>,
    /// Explains this one: it is not raised by itself while the parent is open.
    pub parent: Option<ExceptionId>,
    pub is_regression: bool,
    /// Newest member's explanation.
    pub detail: String,
    /// What people call an error with this explanation.
    pub known_as: Option<KnownAs>,
    /// How it was settled and what was read, when resolved; the reason, when dismissed.
    pub outcome: Option<String>,
    pub closed_at: Option<Ts>,
    pub version: i64,
    pub updated_at: Ts,
}

/// The rule by which the error of a case is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownAs {
    pub rule: i64,
    pub name: String,
}

impl ExceptionRow {
    /// What it is called: by the people's name for the error, else by its kind.
    pub fn title(&self) -> &str {
        self.known_as
            .as_ref()
            .map_or(self.kind.entry().title, |known| known.name.as_str())
    }
}

/// A member of an exception as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OccurrenceRow {
    pub exception: ExceptionId,
    pub object: ObjectRef,
    pub label: String,
    pub detail: String,
    pub began_at: Ts,
    pub last_seen_at: Ts,
    pub times: i64,
    pub ship_by: Option<Ts>,
    pub value_minor: i64,
    pub cleared_at: Option<Ts>,
}

/// What a person or rule does to an exception. Every variant is checked against the life cycle and audited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ExceptionEdit {
    /// Take ownership; stops escalation.
    Acknowledge,
    /// Hand to a team, optionally a person.
    Assign { team: Team, person: Option<String> },
    /// Started on it.
    Work,
    /// Sleep until a time or a condition (`next_snapshot`, `grows`), never past the earliest promise.
    Snooze {
        until: Ts,
        condition: Option<String>,
    },
    /// An outside party must act, until when.
    Wait { who: String, until: Ts },
    /// Said to be fixed; both systems are read again and only agreement resolves it.
    MarkFixed,
    /// The check after `MarkFixed` found disagreement.
    FixFailed { found: String },
    /// Closed with a debt record, reason required.
    Dismiss { reason: String },
    /// Agreement was read; evidence required.
    Resolve { how: String, evidence: String },
    /// A remark.
    Note { text: String },
    /// The acknowledgement lapsed or the snooze ended.
    Lapse,
    /// An earlier edit is taken back: it stands again as it did before that line of the journal.
    Undo { was: Box<Standing>, of: JournalSeq },
}
