//! What a person can do about an order that does not move.

use crate::domain::delivery::Flow;
use crate::domain::ids::{DeliveryId, PairId};
use crate::domain::mapping::MappingKind;
use crate::domain::time::Span;
use serde::Serialize;

/// A way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Way {
    /// Nothing needs doing.
    Nothing,
    /// In the sales system.
    Source(String),
    /// In the warehouse.
    Floor(String),
    /// What the catalogue suggests.
    Advice(String),
    /// Take our own hold off.
    Release,
    Map {
        kind: MappingKind,
        value: String,
    },
    ChooseSite,
    /// Correct a field for this send.
    Edit,
    ReadAgain,
    Retry {
        delivery: DeliveryId,
    },
    /// `None` for the pair as a whole.
    Resume {
        flow: Option<Flow>,
    },
}

impl Way {
    /// In words; empty when nothing needs doing.
    pub fn words(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Source(what) | Self::Floor(what) | Self::Advice(what) => what.clone(),
            Self::Release => "release it".to_owned(),
            Self::Map { kind, value } => format!("map the {} {value}", mapped(*kind)),
            Self::ChooseSite => "choose its site, or change the routing rules".to_owned(),
            Self::Edit => "edit the field for this send, and correct it in the source".to_owned(),
            Self::ReadAgain => "have it read again now".to_owned(),
            Self::Retry { .. } => "have it tried again".to_owned(),
            Self::Resume { flow: Some(flow) } => format!("resume {flow}"),
            Self::Resume { flow: None } => "resume the pair".to_owned(),
        }
    }

    /// The verb that does it, where there is one.
    pub fn verb(&self, number: &str, pair: &PairId) -> Option<String> {
        Some(match self {
            Self::Nothing | Self::Source(_) | Self::Floor(_) | Self::Advice(_) => return None,
            Self::Release => format!("tallyman orders release {number}"),
            Self::Map { kind, value } => {
                format!("tallyman mappings set {kind} {value:?} TO --pair {pair} --reason TEXT")
            }
            Self::ChooseSite => format!("tallyman orders route {number} --site SITE --reason TEXT"),
            Self::Edit => {
                format!("tallyman orders edit {number} --field NAME --to TEXT --reason TEXT")
            }
            Self::ReadAgain => format!("tallyman orders resync {number}"),
            Self::Retry { delivery } => format!("tallyman deliveries retry {delivery}"),
            Self::Resume { flow } => {
                let which = flow.map_or("ALL", Flow::as_str);
                format!("tallyman flows resume {which} --pair {pair}")
            }
        })
    }
}

const fn mapped(kind: MappingKind) -> &'static str {
    match kind {
        MappingKind::Carrier => "postal service",
        MappingKind::Site => "location",
        MappingKind::Item | MappingKind::Composite => "SKU",
        _ => "value",
    }
}

/// A span in words: `20 s`, `5 min`, `2 h`.
pub fn spell(span: Span) -> String {
    let secs = span.as_secs();
    match secs {
        0..120 => format!("{secs} s"),
        120..7_200 => format!("{} min", secs / 60),
        _ => format!("{} h", secs / 3_600),
    }
}
