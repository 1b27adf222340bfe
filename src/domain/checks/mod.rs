//! Checks that people sign: every day, every week, at the end of a month. What each is and how it is computed is data
//! ([`catalogue`]); when one is due, what is carried over and what a signature takes are rules ([`plan`]).

mod catalogue;
mod period;
mod plan;
#[cfg(test)]
mod tests;

pub use catalogue::CATALOGUE;
pub use period::{Period, day_of, starts};
pub use plan::{CARRIED_MAX, Entry, Standing, looks_back, may_sign, plan};

use super::exception::Team;
use super::filter::{FieldSpec, lists};
use super::ids::PairId;
use super::order::coded_enum;
use super::role::Role;
use super::time::Ts;
use serde::{Deserialize, Serialize};

/// Longest note to a signature, characters.
pub const REMARK_CHARS_MAX: usize = 500;
/// Longest hand-over note, characters.
pub const HAND_OVER_CHARS_MAX: usize = 4_000;

coded_enum! {
    /// How often a check is made.
    Cadence {
        Daily = 0, "daily";
        Weekly = 1, "weekly";
        Monthly = 2, "month";
    }
}

impl Cadence {
    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Daily => "Daily",
            Self::Weekly => "Weekly",
            Self::Monthly => "Month end",
        }
    }
}

coded_enum! {
    /// A list of the console whose filter defines a figure: opening the figure opens what was counted.
    Shelf {
        Orders = 0, "orders";
        Exceptions = 1, "exceptions";
        Mappings = 2, "mappings";
        Stock = 3, "stock";
        Lanes = 4, "lanes";
        Returns = 5, "returns";
    }
}

impl Shelf {
    /// The fields its filters know.
    pub const fn fields(self) -> &'static [FieldSpec] {
        match self {
            Self::Orders => lists::ORDERS,
            Self::Exceptions => lists::EXCEPTIONS,
            Self::Mappings => lists::MAPPINGS,
            Self::Stock => lists::STOCK,
            Self::Lanes => lists::STOCK_LANES,
            Self::Returns => lists::RETURNS,
        }
    }

    /// What one of its rows is called, and several.
    const fn nouns(self) -> (&'static str, &'static str) {
        match self {
            Self::Orders => ("order", "orders"),
            Self::Exceptions => ("exception", "exceptions"),
            Self::Mappings => ("mapping", "mappings"),
            Self::Stock => ("position", "positions"),
            Self::Lanes => ("lane", "lanes"),
            Self::Returns => ("return", "returns"),
        }
    }
}

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Rows of a list under a filter.
    List(Shelf, &'static str),
    /// Debts of dismissed exceptions and skipped movements that no comparison has settled.
    OpenDebt,
    /// Exceptions dismissed since the day before began.
    Dismissed,
    /// Flows whose last run failed, that are paused, or whose deliveries are stuck.
    Flows,
}

/// One figure of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub label: &'static str,
    pub source: Source,
    /// Rows are explained by another part or are no fault by themselves: they do not make the check unclean.
    pub is_aside: bool,
}

/// A check.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable name, used by verbs and in the store.
    pub code: &'static str,
    pub cadence: Cadence,
    pub title: &'static str,
    /// How it is computed and what to look for.
    pub how: &'static str,
    /// Each of them signs.
    pub teams: &'static [Team],
    /// Any of these roles may sign.
    pub roles: &'static [Role],
    pub parts: &'static [Part],
}

impl Check {
    /// From its name.
    pub fn find(code: &str) -> Option<&'static Self> {
        CATALOGUE
            .iter()
            .find(|c| c.code.eq_ignore_ascii_case(code.trim()))
    }
}

impl Serialize for Check {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code)
    }
}

/// What was counted for one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    pub label: String,
    pub count: i64,
    /// What one row is called, and several.
    #[serde(skip)]
    pub nouns: (&'static str, &'static str),
    /// Orders or items in the rows, where a row groups several.
    pub members: Option<i64>,
    pub oldest: Option<Ts>,
    pub value_minor: Option<i64>,
    /// The list that was counted: its name and filter, and the pair where the list is of one pair.
    pub shelf: Option<Shelf>,
    pub filter: String,
    pub pair: Option<PairId>,
    pub is_aside: bool,
}

/// What a store's list tells of the rows under a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub count: i64,
    pub members: Option<i64>,
    pub oldest: Option<Ts>,
    pub value_minor: Option<i64>,
}

impl Figure {
    /// The figure of a part.
    pub fn of(part: &Part, tally: Tally, pair: Option<PairId>) -> Self {
        let (shelf, filter, nouns) = match part.source {
            Source::List(shelf, filter) => (Some(shelf), filter, shelf.nouns()),
            Source::OpenDebt => (None, "", ("debt", "debts")),
            Source::Dismissed => (None, "", ("exception", "exceptions")),
            Source::Flows => (None, "", ("flow", "flows")),
        };
        Self {
            label: part.label.to_owned(),
            count: tally.count,
            nouns,
            members: tally.members,
            oldest: tally.oldest,
            value_minor: tally.value_minor,
            shelf,
            filter: filter.to_owned(),
            pair,
            is_aside: part.is_aside,
        }
    }

    /// `3 exceptions, 41 members, oldest 2d, 310.00`.
    pub fn words(&self, now: Ts) -> String {
        use crate::text::{age, count, money};
        let mut out = count(self.count, self.nouns.0, self.nouns.1);
        if self.count == 0 {
            return out;
        }
        if let Some(members) = self.members.filter(|m| *m > 0) {
            out.push_str(&format!(", {}", count(members, "member", "members")));
        }
        if let Some(oldest) = self.oldest {
            out.push_str(&format!(", oldest {}", age(now.since(oldest).as_secs())));
        }
        if let Some(value) = self.value_minor.filter(|v| *v != 0) {
            out.push_str(&format!(", {}", money(value)));
        }
        out
    }
}

/// Whether nothing stands behind the figures that somebody has to look at.
pub fn is_clean(figures: &[Figure]) -> bool {
    figures.iter().all(|f| f.is_aside || f.count == 0)
}

/// All figures in one line; figures of nothing are left out when others say something.
pub fn result_words(figures: &[Figure], now: Ts) -> String {
    let said: Vec<String> = figures
        .iter()
        .filter(|f| f.count > 0)
        .map(|f| format!("{}: {}", f.label, f.words(now)))
        .collect();
    if said.is_empty() {
        "nothing found".to_owned()
    } else {
        said.join("; ")
    }
}

/// Labels that are nouns, with how one of them is called.
const ONE: [(&str, &str); 13] = [
    ("amendments", "amendment"),
    ("barcodes differ", "barcode differs"),
    ("cancellations", "cancellation"),
    ("flows in trouble", "flow in trouble"),
    ("heads stopped", "head stopped"),
    (
        "items that cannot be compared",
        "item that cannot be compared",
    ),
    ("lanes that owe movements", "lane that owes movements"),
    (
        "movements missing or out of order",
        "movement missing or out of order",
    ),
    ("orders under review", "order under review"),
    ("schedules missed", "schedule missed"),
    ("snapshots not whole or old", "snapshot not whole or old"),
    ("systems down or refused", "system down or refused"),
    ("webhooks silent", "webhook silent"),
];

fn label_of(figure: &Figure) -> &str {
    let one = ONE.iter().find(|(many, _)| *many == figure.label);
    match (figure.count, one) {
        (1, Some((_, one))) => one,
        _ => &figure.label,
    }
}

/// All figures in few words, the numbers first: for a list, where the end of a line may have no room.
pub fn short_words(figures: &[Figure]) -> String {
    let found = figures.iter().filter(|f| f.count > 0);
    let said: Vec<String> = found
        .map(|f| format!("{} {}", f.count, label_of(f)))
        .collect();
    if said.is_empty() {
        "nothing found".to_owned()
    } else {
        said.join("; ")
    }
}

/// A check that was signed: the figure as it was then. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// [`Check::code`].
    pub check: String,
    pub team: Team,
    pub period: Period,
    pub at: Ts,
    pub by: String,
    /// [`result_words`] at the time.
    pub result: String,
    pub note: String,
}

impl Signature {
    /// Its name in the journal.
    pub fn object(&self) -> String {
        format!("check/{}/{}/{}", self.check, self.team, self.period.first)
    }
}

/// What one shift tells the next. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    pub team: Team,
    pub at: Ts,
    pub by: String,
    pub text: String,
}

impl HandOver {
    /// The text as it is kept: lines stay lines, everything else is cleaned.
    ///
    /// # Errors
    /// When nothing is said, or more than is kept.
    pub fn text_of(text: &str) -> Result<String, String> {
        let lines: Vec<String> = text
            .trim()
            .lines()
            .map(|l| crate::text::clean(l).trim_end().to_owned())
            .collect();
        let kept = lines.join("\n").trim().to_owned();
        if kept.is_empty() {
            return Err("a hand-over note needs a text; say what the next shift must know".into());
        }
        let chars = kept.chars().count();
        if chars > HAND_OVER_CHARS_MAX {
            return Err(format!(
                "the note has {chars} characters; at most {HAND_OVER_CHARS_MAX} are kept"
            ));
        }
        Ok(kept)
    }

    /// Its first line.
    pub fn headline(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }
}
