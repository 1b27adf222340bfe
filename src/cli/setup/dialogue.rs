//! The set-up as a state machine without a terminal: what is asked, what an answer leads to, what is to be done.
//! Whoever drives it shows [`Dialogue::ask`], hands in what was typed, does the [`Act`]s and tells what came of them.

use super::draft::{Draft, Field, SecretPlace, Vendor};
use super::file;
use crate::domain::mapping::MappingEdit;
use crate::secret::Secret;
use crate::vendors::Finding;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Most questions one can go back.
const PAST_MAX: usize = 200;
/// Longest answer that is shown, characters.
pub const ANSWER_CHARS_MAX: usize = 500;
/// Locations asked one by one; the others stand in the sheet of what is left.
pub const LOCATIONS_ASKED_MAX: usize = 20;

/// A question; `system` is a place in the draft's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Which file is written.
    Where,
    /// There is a configuration already.
    Existing,
    /// Where secrets are kept.
    Keeping,
    Field {
        system: usize,
        field: Field,
    },
    /// The test of a system found something.
    Verdict {
        system: usize,
    },
    /// Which sales system.
    Source,
    PairId {
        system: usize,
    },
    Prefix {
        system: usize,
    },
    Channel {
        system: usize,
    },
    /// Another sales system?
    More,
    Zone,
    Cutoff,
    Store,
    Postgres,
    /// Whether the payload key of a shared store is made here.
    Key,
    /// Where the systems reach this machine, for their webhooks.
    Hooks,
    Operator,
    /// Everything once more, then it is written.
    Write,
    /// The store could not be opened.
    StoreFailed,
    /// Whether writes are held at first.
    Hold,
    /// A sheet of mappings for a pair.
    Sheet {
        system: usize,
    },
    /// Whether what was previewed is taken.
    Take {
        system: usize,
    },
    /// Whether locations are asked one by one.
    Places {
        system: usize,
    },
    Site {
        system: usize,
        at: usize,
    },
    Basis {
        system: usize,
        at: usize,
    },
    Share {
        system: usize,
        at: usize,
    },
    /// Whether what has no mapping yet is written to a sheet.
    Rest {
        system: usize,
    },
    /// The console, or leave.
    Last,
}

/// A question as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    pub title: String,
    /// One or two sentences and an example.
    pub lines: Vec<String>,
    /// Numbered from 1.
    pub choices: Vec<String>,
    /// Taken when nothing is typed.
    pub default: Option<String>,
    pub is_secret: bool,
    /// For `?`.
    pub more: &'static str,
}

/// What a person typed or did.
#[derive(Debug)]
pub enum Typed {
    Text(String),
    Secret(Secret),
    /// More than is read.
    TooLong,
}

/// What comes next.
#[derive(Debug)]
pub enum Next {
    /// Ask what stands now.
    Ask,
    /// Do this and tell what came of it.
    Do(Act),
    /// The person stops; everything is kept.
    Stop,
    /// The set-up is done.
    Leave(After),
}

/// What follows the set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    Console,
    Nothing,
}

/// Something outside the dialogue.
#[derive(Debug)]
pub enum Act {
    /// Keep a secret in a file; `ours` is the file this set-up made for it before.
    KeepSecret {
        wanted: String,
        ours: Option<String>,
        secret: Secret,
    },
    /// Make the secret of the webhooks' addresses and keep it in a file; `ours` is the one made before.
    MakeHookSecret { ours: Option<String> },
    /// Sign in to a system and look whether it has what is needed.
    Probe { system: usize },
    /// Write the configuration.
    Write,
    /// Make or open the store.
    OpenStore,
    /// Pause every flow that writes.
    Hold,
    /// Read a sheet and say what it would do.
    ReadSheet { pair: String, path: String },
    /// Say what edits would do.
    Preview {
        pair: String,
        edits: Vec<MappingEdit>,
    },
    Apply {
        pair: String,
        edits: Vec<MappingEdit>,
    },
    /// Read locations and sites of a pair.
    ReadLists { system: usize },
    /// Write a sheet of what has no mapping yet.
    WriteRest { system: usize },
    /// The same check as the verb.
    Check,
}

/// What came of an act.
#[derive(Debug)]
pub enum Told {
    Kept(String),
    Probed(Vec<Finding>),
    /// There is a file in its place that may not be replaced.
    Exists,
    /// What edits would do, and the edits.
    Previewed {
        lines: Vec<String>,
        edits: Vec<MappingEdit>,
    },
    Lists(Lists),
    /// The check was made and shown.
    Checked,
    /// It worked; what is worth saying.
    Done(Vec<String>),
    /// Why it did not work, and what helps.
    Failed(String),
}

/// Locations of a source and sites of the warehouse, as the systems themselves list them.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    pub locations: Vec<Location>,
    pub sites: Vec<(String, String)>,
}

/// A location that may be joined to a site.
#[derive(Debug, Clone)]
pub struct Location {
    pub id: String,
    pub name: String,
    /// Its orders count in its stock.
    pub counts_open_orders: bool,
}

/// What was said of one location.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub location: usize,
    /// Joined by `+`.
    pub sites: String,
    pub basis: &'static str,
    pub share_percent: Option<u8>,
}

/// A place the configuration may be written to.
#[derive(Debug, Clone)]
pub struct Place {
    pub path: PathBuf,
    /// A file is there.
    pub is_taken: bool,
}

/// The dialogue between two answers.
#[derive(Debug)]
pub struct Dialogue {
    pub(super) draft: Draft,
    pub(super) places: Vec<Place>,
    pub(super) file: Option<PathBuf>,
    pub(super) notes: Vec<String>,
    pub(super) lists: Lists,
    pub(super) placed: Vec<Placed>,
    pub(super) staged: Vec<MappingEdit>,
}

impl Dialogue {
    /// A new dialogue. With one place it is not asked where to write.
    pub fn begin(places: Vec<Place>, mut draft: Draft) -> Self {
        let mut file = None;
        if let [only] = places.as_slice() {
            file = Some(only.path.clone());
            draft.at = if only.is_taken {
                Question::Existing
            } else {
                Question::Keeping
            };
        }
        Self::with(places, file, draft)
    }

    /// Goes on where a draft stopped; `None` when it does not hold together.
    pub fn resume(place: Place, mut draft: Draft) -> Option<Self> {
        if !is_sound(&draft) {
            return None;
        }
        if draft.is_written && !place.is_taken {
            draft.is_written = false;
            draft.at = Question::Write;
            draft.past.clear();
        }
        // What the systems listed is not kept: it is read again.
        draft.at = match draft.at {
            Question::Take { system }
            | Question::Site { system, .. }
            | Question::Basis { system, .. }
            | Question::Share { system, .. } => Question::Sheet { system },
            Question::Where => Question::Keeping,
            // Written, and stopped before the store was open.
            Question::Write if draft.is_written => Question::StoreFailed,
            at => at,
        };
        let file = place.path.clone();
        Some(Self::with(vec![place], Some(file), draft))
    }

    fn with(places: Vec<Place>, file: Option<PathBuf>, draft: Draft) -> Self {
        Self {
            draft,
            places,
            file,
            notes: Vec::new(),
            lists: Lists::default(),
            placed: Vec::new(),
            staged: Vec::new(),
        }
    }

    /// Everything answered so far.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Where the configuration goes; `None` until that is answered.
    pub fn file(&self) -> Option<&PathBuf> {
        self.file.as_ref()
    }

    /// What is to be shown before the next question.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Takes what was typed.
    pub fn reply(&mut self, typed: Typed) -> Next {
        let text = match typed {
            Typed::TooLong => {
                return self.refuse("That is longer than anything asked here; nothing was taken. Type or paste it again.");
            }
            Typed::Text(text) => text,
            Typed::Secret(secret) => match secret.expose().trim() {
                "?" | "<" | "q" => secret.expose().to_owned(),
                _ => return self.answer_secret(&secret),
            },
        };
        match text.trim() {
            "?" => {
                let more = self.ask().more;
                self.notes.push(more.to_owned());
                Next::Ask
            }
            "<" => self.back(),
            "q" => Next::Stop,
            _ => match plain(&text) {
                Ok(text) => self.answer(&text),
                Err(fault) => self.refuse(fault),
            },
        }
    }

    /// One question back.
    fn back(&mut self) -> Next {
        match self.draft.past.pop() {
            Some(question) => self.draft.at = question,
            None if self.draft.is_written => {
                self.notes.push("The configuration is written; what was asked before it is changed in the file now.".to_owned());
            }
            None => self.notes.push("This is the first question.".to_owned()),
        }
        Next::Ask
    }

    /// Goes on to another question.
    pub(super) fn to(&mut self, question: Question) -> Next {
        if self.draft.past.len() >= PAST_MAX {
            self.draft.past.remove(0);
        }
        self.draft.past.push(self.draft.at);
        self.draft.at = question;
        Next::Ask
    }

    /// Asks the same again, saying why.
    pub(super) fn refuse(&mut self, why: impl Into<String>) -> Next {
        self.notes.push(why.into());
        Next::Ask
    }

    /// Takes a changed draft when the loader takes it; else says what the loader says.
    pub(super) fn accept(&mut self, change: impl FnOnce(&mut Draft)) -> Result<(), String> {
        let mut changed = self.draft.clone();
        change(&mut changed);
        match file::fault(&changed) {
            None => {
                self.draft = changed;
                Ok(())
            }
            Some(fault) => Err(format!("That cannot be taken: {fault}.")),
        }
    }

    /// Where a secret is kept now.
    pub(super) fn secret_place(&self, system: usize, field: Field) -> Option<&SecretPlace> {
        self.draft.systems.get(system)?.secrets.get(&field)
    }

    /// The pair's id of a source.
    pub(super) fn pair_id(&self, system: usize) -> String {
        let pair = self.draft.systems.get(system).and_then(|s| s.pair.as_ref());
        pair.map(|p| p.id.clone()).unwrap_or_default()
    }

    /// The vendor of a system in the list.
    pub(super) fn vendor(&self, system: usize) -> Vendor {
        let found = self.draft.systems.get(system);
        found.map_or(Vendor::Peoplevox, |s| s.vendor)
    }
}

/// One line of printable text.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn plain(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.contains(['\n', '\r']) {
        return Err(
            "Those were several lines; nothing was taken. Type or paste one value.".to_owned(),
        );
    }
    if text.chars().count() > ANSWER_CHARS_MAX {
        return Err(format!(
            "That is longer than {ANSWER_CHARS_MAX} characters; nothing was taken. Type or paste it again."
        ));
    }
    if crate::text::clean(text) != text {
        return Err(
            "That holds characters that do not show; nothing was taken. Type it by hand."
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// Whether a draft that was read back holds together: its places exist and the loader would take it.
fn is_sound(draft: &Draft) -> bool {
    use super::draft::{DRAFT_VERSION, SYSTEMS_MAX};
    let count = draft.systems.len();
    let exists = |question: &Question| match question {
        Question::Field { system, field } => draft
            .systems
            .get(*system)
            .is_some_and(|s| s.vendor.fields().contains(field)),
        Question::Verdict { system } => *system < count,
        Question::PairId { system }
        | Question::Prefix { system }
        | Question::Channel { system }
        | Question::Sheet { system }
        | Question::Take { system }
        | Question::Places { system }
        | Question::Site { system, .. }
        | Question::Basis { system, .. }
        | Question::Share { system, .. }
        | Question::Rest { system } => draft.systems.get(*system).is_some_and(|s| s.pair.is_some()),
        _ => true,
    };
    draft.version == DRAFT_VERSION
        && count <= SYSTEMS_MAX
        && draft.past.len() <= PAST_MAX
        && draft.past.iter().all(exists)
        && exists(&draft.at)
        && draft.systems.iter().enumerate().all(|(at, s)| {
            (at == 0) == (s.vendor == Vendor::Peoplevox) && (at == 0) == s.pair.is_none()
        })
        && file::fault(draft).is_none()
}
