//! What people can do, once for the screen and the verbs: the same rules, the same audit row.
//! Nothing here speaks to a vendor. Outward work becomes an operator request, which the engine carries out.

mod bulks;
mod checks;
mod counts;
mod deliveries;
mod edits;
mod error_rules;
mod exceptions;
mod find;
mod floor;
mod flows;
mod layouts;
pub(crate) mod mappings;
mod orders;
mod outside;
mod request;
mod returns;
mod sites;
mod stock;
#[cfg(test)]
mod tests;
mod undo;
mod views;
mod why;

pub use bulks::{BULK_ITEMS_MAX, BulkPage};
pub use checks::{Behind, CheckLine, CheckPage, CheckSheet, Object, signing_teams};
pub use edits::EditQuestion;
pub use error_rules::RuleTrial;
pub use find::{FIND_CHARS_MIN, Found};
pub use floor::LateChange;
pub use mappings::{
    CSV_BYTES_MAX, CSV_CELL_CHARS_MAX, CSV_ROWS_MAX, CodeRule, EDITS_MAX, MappingCsv,
    PREVIEW_ITEMS_MAX, PREVIEW_ORDERS_MAX, Preview, PreviewItem, Verdict, parse_attributes,
    show_attributes,
};
pub use request::{LaneRemedy, RequestKind};
pub use returns::{AlignedRow, Decision, GatedReturn, ReturnRequest, ReturnSheet};
pub use sites::SiteQuestion;

use crate::config::{CardRow, PairConfig};
use crate::domain::change::{Batch, Change};
use crate::domain::ids::{JournalSeq, Operator, PairId, RequestId};
use crate::domain::time::Ts;
use crate::store::{Committed, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Longest reason or note kept, characters.
pub const REASON_CHARS_MAX: usize = 500;

/// Whether a person may change anything here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Full,
    ReadOnly,
}

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Ts + Send + Sync>;

/// What was done, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// One or two sentences for the person.
    pub text: String,
    /// The request the engine will answer, when outward work was asked for.
    pub request: Option<RequestId>,
}

impl Done {
    fn now(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            request: None,
        }
    }
}

/// Why something was not done: what, why, and what the person can do. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Opened for looking only.
    #[error("{what} was not done: this is a read-only session; open one without --read-only")]
    ReadOnly { what: String },
    /// The thing does not exist (any more).
    #[error("{what} was not found; it may have ended, or the number is wrong")]
    NotFound { what: String },
    /// A rule refuses it.
    #[error("{0}")]
    Refused(String),
    /// Somebody else changed it first.
    #[error(
        "{what} was changed by {by} meanwhile; nothing was written. Look at the new values and do it again if it is still right"
    )]
    Stale { what: String, by: String },
    /// The store failed.
    #[error("{what} was not done: {source}")]
    Store { what: String, source: StoreError },
}

impl DeskError {
    /// Somebody else changed it first: read again and decide again.
    pub const fn is_stale(&self) -> bool {
        matches!(self, Self::Stale { .. })
    }

    pub(crate) fn store(what: &str) -> impl FnOnce(StoreError) -> Self {
        let what = what.to_owned();
        move |source| match source {
            StoreError::Stale { what, by, .. } => Self::Stale { what, by },
            StoreError::Refused(text) => Self::Refused(format!("{what} was not done: {text}")),
            source => Self::Store { what, source },
        }
    }
}

/// Result of everything at the desk.
pub type DeskResult<T> = Result<T, DeskError>;

/// One person at work on one store.
#[derive(Clone)]
pub struct Desk {
    store: Store,
    who: Operator,
    access: Access,
    pairs: Arc<[PairConfig]>,
    clock: Clock,
    code_rule: CodeRule,
    cards: Arc<BTreeMap<PairId, Vec<CardRow>>>,
    /// The first line in the journal of what is being done in one go; 0 before there is one.
    go: Option<Arc<AtomicI64>>,
}

impl Desk {
    /// A desk for a person. `pairs` are those of the configuration.
    pub fn new(
        store: Store,
        who: Operator,
        access: Access,
        pairs: Vec<PairConfig>,
        clock: Clock,
    ) -> Self {
        Self {
            store,
            who,
            access,
            pairs: pairs.into(),
            clock,
            code_rule: Arc::new(|_, _| None),
            cards: Arc::default(),
            go: None,
        }
    }

    /// The same desk for one thing done to several objects: whoever takes it back takes all of it back.
    #[must_use]
    pub fn in_one_go(&self) -> Self {
        Self {
            go: Some(Arc::default()),
            ..self.clone()
        }
    }

    /// With the policy cards of the pairs, for people to read.
    pub fn with_cards(mut self, cards: BTreeMap<PairId, Vec<CardRow>>) -> Self {
        self.cards = cards.into();
        self
    }

    /// How a pair's switches stand; empty when nobody gave the cards.
    pub fn card(&self, pair: &PairId) -> &[CardRow] {
        self.cards.get(pair).map_or(&[], Vec::as_slice)
    }

    /// With the warehouses' rules for item codes, for exact previews.
    pub fn with_code_rule(mut self, rule: CodeRule) -> Self {
        self.code_rule = rule;
        self
    }

    /// The store behind it, for reading.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Who sits here.
    pub const fn who(&self) -> &Operator {
        &self.who
    }

    /// What they may do.
    pub const fn access(&self) -> Access {
        self.access
    }

    /// The configured pairs.
    pub fn pairs(&self) -> &[PairConfig] {
        &self.pairs
    }

    /// The time now.
    pub fn now(&self) -> Ts {
        (self.clock)()
    }

    fn pair(&self, id: &PairId) -> DeskResult<&PairConfig> {
        self.pairs.iter().find(|p| p.id == *id).ok_or_else(|| {
            let names: Vec<&str> = self.pairs.iter().map(|p| p.id.as_str()).collect();
            DeskError::Refused(format!(
                "there is no pair {:?}; the configuration has {}",
                id.as_str(),
                names.join(", ")
            ))
        })
    }

    fn must_write(&self, what: &str) -> DeskResult<()> {
        match self.access {
            Access::Full => Ok(()),
            Access::ReadOnly => Err(DeskError::ReadOnly {
                what: what.to_owned(),
            }),
        }
    }

    /// Writes changes in this person's name, whole or not at all.
    async fn commit(&self, what: &str, mut changes: Vec<Change>) -> DeskResult<Committed> {
        self.must_write(what)?;
        if let Some(go) = &self.go {
            changes.push(Change::Together(JournalSeq(go.load(Ordering::Relaxed))));
        }
        let batch = Batch {
            actor: self.who.0.clone(),
            at: self.now(),
            fence: None,
            changes,
        };
        let done = self
            .store
            .commit(batch)
            .await
            .map_err(DeskError::store(what))?;
        if let (Some(go), Some(first)) = (&self.go, done.first_line) {
            // Whoever is first names it for all.
            let _ = go.compare_exchange(0, first.0, Ordering::Relaxed, Ordering::Relaxed);
        }
        Ok(done)
    }
}

/// A reason people can be asked about later: cleaned, not blank, not endless.
fn reason(what: &str, text: &str) -> DeskResult<String> {
    let cleaned = crate::text::clean(text).trim().to_owned();
    if cleaned.is_empty() {
        return Err(DeskError::Refused(format!(
            "{what} needs a reason; say in a few words why"
        )));
    }
    let chars = cleaned.chars().count();
    if chars > REASON_CHARS_MAX {
        return Err(DeskError::Refused(format!(
            "the reason for {what} has {chars} characters; at most {REASON_CHARS_MAX} are kept"
        )));
    }
    Ok(cleaned)
}
