//! Writing the head of a lane: the absolute figure, what the answer proves, and whom to ask when there is none.

use super::{LaneEntry, LaneKey};
use crate::domain::catalogue::Kind;
use crate::domain::delivery::AnswerClass;
use crate::domain::exception::Severity;
use crate::domain::preflight::Fault;
use crate::domain::retry;
use serde::{Deserialize, Serialize};

/// What an absolute adjustment aims at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// The shelf figure ("update on hand"): the only one we ever use.
    OnHand,
    /// What may be promised: the source's own default, wrong for goods as soon as anything is allocated.
    Available,
}

impl Aim {
    /// On hand and available after `target` was written with this aim.
    pub const fn after(self, target_each: i64, allocated_each: i64) -> (i64, i64) {
        match self {
            Self::OnHand => (target_each, target_each.saturating_sub(allocated_each)),
            Self::Available => (target_each.saturating_add(allocated_each), target_each),
        }
    }
}

/// The figure to write for a head, from the on-hand figure that was read just now, inside the locked lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// On hand as read.
    pub before_each: i64,
    pub delta_each: i64,
    /// On hand afterwards.
    pub target_each: i64,
}

/// On hand just read + change.
///
/// # Errors
/// `STK_NEGATIVE` when the source would show less than nothing: it is not written.
pub fn target(entry: &LaneEntry, on_hand_each: i64) -> Result<Target, Fault> {
    let delta_each = entry.movement.delta_each;
    let target_each = on_hand_each.saturating_add(delta_each);
    if target_each < 0 {
        return Err(Fault::new(
            Kind::StkNegative,
            entry.lane.discriminator(),
            format!(
                "the source has {on_hand_each} of {} and {} would make it {target_each}; nothing was written",
                entry.movement.item,
                entry.movement.words()
            ),
        ));
    }
    Ok(Target {
        before_each: on_hand_each,
        delta_each,
        target_each,
    })
}

/// Whether the shelf figure read before a write is sent again is already the one the lost attempt would have made. Then
/// its document is looked for once more instead: sending the change on top would count it twice.
pub const fn looks_applied(lost: &Target, on_hand_each: i64) -> bool {
    lost.delta_each != 0 && on_hand_each == lost.target_each
}

/// The comment of a document line: what moved and the figure that was read.
pub fn comment(entry: &LaneEntry, target: &Target) -> String {
    let document = if entry.movement.document.is_empty() {
        String::new()
    } else {
        format!(", {}", entry.movement.document)
    };
    format!(
        "{} ({}{document}); on hand read {}",
        entry.movement.words(),
        entry.movement.word,
        target.before_each
    )
}

/// What the answer's "quantity before" proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It is what we read: nobody moved stock in between.
    Clean,
    /// The answer does not say.
    Silent,
    /// Somebody moved `erased_each` units (signed) in between and our figure erased that.
    Broken { erased_each: i64, fault: Fault },
}

/// Compares what we read with the quantity before in the answer.
pub fn proof(lane: &LaneKey, target: &Target, before_each: Option<i64>) -> Proof {
    let Some(before) = before_each else {
        return Proof::Silent;
    };
    let erased_each = before.saturating_sub(target.before_each);
    if erased_each == 0 {
        return Proof::Clean;
    }
    let units = crate::text::count(erased_each.abs(), "unit was", "units were");
    let way = if erased_each < 0 {
        "taken"
    } else {
        "brought in"
    };
    let detail = format!(
        "{lane}: we read {}, the source had {before} when it wrote {}: {units} {way} in between and our figure erased it; read both systems again",
        target.before_each, target.target_each
    );
    Proof::Broken {
        erased_each,
        fault: Fault::new(Kind::StkSequenceBroken, lane.discriminator(), detail),
    }
}

/// Why the source refuses a posting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The date lies in a closed period.
    PeriodLocked,
    /// Account, location, product, or anything else the answer names.
    Other,
}

/// What kind of refusal a text speaks of. Words only: an answer has no code for it.
pub fn refusal(text: &str) -> Refusal {
    let text = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    if has(&["lock", "closed"]) && has(&["date", "period"]) {
        Refusal::PeriodLocked
    } else {
        Refusal::Other
    }
}

/// The case of a head that was refused, with a severity worse than its kind's own. Returned goods have their own kind,
/// one case per return: they are on the shelf and cannot be sold.
pub fn refusal_fault(entry: &LaneEntry, text: &str) -> (Fault, Option<Severity>) {
    let document = &entry.movement.document;
    let lane = entry.lane.discriminator();
    let (kind, discriminator, severity) = match (refusal(text), entry.kind) {
        (Refusal::PeriodLocked, _) => (Kind::FinPeriodLocked, lane, Some(Severity::S2)),
        (Refusal::Other, Some(super::MovementKind::ReturnPutAway)) => {
            let returned = if document.is_empty() {
                lane
            } else {
                format!("RETURN={document}")
            };
            (Kind::RetStockinFailed, returned, None)
        }
        (Refusal::Other, _) => (Kind::StkAdjFailed, lane, None),
    };
    let detail = format!("{} was refused: {text}", entry.movement.words());
    (Fault::new(kind, discriminator, detail), severity)
}

/// What came back from writing a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<'a> {
    /// The document, completed, every line as written.
    Done { document: &'a str },
    /// A document, but not as written: a draft, a missing line, another figure.
    Unlike { document: &'a str, why: &'a str },
    /// Every figure already stands as wanted.
    NoNeed,
    /// No document.
    Failed {
        class: AnswerClass,
        text: &'a str,
        /// A document the answer named before it broke off.
        document: Option<&'a str>,
    },
}

/// Whom to ask about a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// One read by the document's id.
    Document(String),
    /// The newest documents, looked through for our reference.
    Reference(String),
}

/// What an answer means for the heads in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// In the source under this document.
    Applied { document: Option<String> },
    /// The figure stood already, and never by our doing: somebody posted the same, or moved stock in between.
    StoodAlready,
    /// The source said no to one head: its lane stops.
    Refused(Refusal),
    /// The source said no to a document of several heads: each is written alone, to see which one it was.
    Split,
    /// Nothing was written; the same document may go again.
    Later(AnswerClass),
    /// Unknown: ask, never write again before.
    InDoubt(Ask),
}

/// What an answer means. `heads` is how many lanes the document carries, `was_sent` whether an earlier attempt of it ended
/// without an answer. "No need" is our own earlier write where there was one; where there was none somebody else moved the
/// figure to exactly where we wanted it, and that must be looked at. For several lines "no need" does not say whether it
/// means all of them.
pub fn meaning(answer: &Answer<'_>, reference: &str, heads: usize, was_sent: bool) -> Meaning {
    let doubt = |document: Option<&str>| Meaning::InDoubt(ask(document, reference));
    match answer {
        Answer::Done { document } => Meaning::Applied {
            document: Some((*document).to_owned()),
        },
        Answer::Unlike { document, .. } => doubt(Some(document)),
        Answer::NoNeed if heads > 1 => Meaning::Split,
        Answer::NoNeed if was_sent => Meaning::Applied { document: None },
        Answer::NoNeed => Meaning::StoodAlready,
        Answer::Failed {
            document: Some(id), ..
        } => doubt(Some(id)),
        Answer::Failed { class, text, .. } => match class {
            AnswerClass::Rejected if heads > 1 => Meaning::Split,
            AnswerClass::Rejected => Meaning::Refused(refusal(text)),
            AnswerClass::Throttled | AnswerClass::Auth | AnswerClass::Unavailable => {
                Meaning::Later(*class)
            }
            AnswerClass::Unknown | AnswerClass::Malformed | AnswerClass::Applied => doubt(None),
        },
    }
}

/// A document as found in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDocument {
    pub reference: String,
    /// Completed: the figures count. A draft or a voided document changes nothing.
    pub is_completed: bool,
    /// Lane and figure of each line.
    pub lines: Vec<(LaneKey, i64)>,
}

/// What was found about a document in doubt, for [`retry::settle`]. A draft or voided document under our reference was
/// somebody's decision: different, a person looks. When two reads agree on nothing, the head is read and its target
/// computed afresh before it goes again.
pub fn found(
    reference: &str,
    wanted: &[(LaneKey, i64)],
    document: Option<&FoundDocument>,
) -> retry::Found {
    match document {
        None => retry::Found::Absent,
        Some(d) if d.reference != reference => retry::Found::Absent,
        Some(d) => {
            let is_equal = d.is_completed && wanted.iter().all(|line| d.lines.contains(line));
            if is_equal {
                retry::Found::Equal
            } else {
                retry::Found::Different
            }
        }
    }
}

/// Whom to ask about a write whose answer never came: its document when one was named, else our reference.
pub fn ask(document: Option<&str>, reference: &str) -> Ask {
    document.map_or_else(
        || Ask::Reference(reference.to_owned()),
        |id| Ask::Document(id.to_owned()),
    )
}
