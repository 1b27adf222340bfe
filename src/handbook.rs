//! What people read inside the console: a runbook per kind of exception, and the chapters of the handbook.
//!
//! A runbook is a text with places for live values, such as `{members}`; see [`PLACEHOLDERS`] and [`fill`]. Any text names
//! a key by what it does, such as `{hold}`; see [`Keys`].

use crate::domain::catalogue::Kind;
use crate::text;
use std::collections::HashMap;

/// Places in a runbook that the console fills, with what belongs there.
pub const PLACEHOLDERS: &[(&str, &str)] = &[
    (
        "discriminator",
        "the value that identifies the cause: `SKU=ABC-1`",
    ),
    (
        "members",
        "how many are concerned, with their noun: `38 orders`",
    ),
    ("ship_by", "the earliest promise, in the team's time zone"),
    (
        "order",
        "what the first member is called: an order number, an item code",
    ),
    ("pair", "the pair of systems"),
    ("age", "time since the problem began: `25m`"),
    ("worth", "value at stake with its currency"),
    (
        "detail",
        "the newest member's explanation, without a full stop added",
    ),
];

/// What stands in a place for which there is no value.
pub const UNKNOWN: &str = "(not known)";

/// Longest value put into a place, characters.
pub const VALUE_CHARS_MAX: usize = 500;

macro_rules! runbooks {
    ($($variant:ident => $code:ident,)*) => {
        /// The runbook of a kind, Markdown with places for live values.
        pub const fn runbook(kind: Kind) -> &'static str {
            match kind {
                $(Kind::$variant => include_str!(concat!(
                    "../assets/runbooks/",
                    stringify!($code),
                    ".md"
                )),)*
            }
        }
    };
}

runbooks! {
    OrdSkuUnknown => ORD_SKU_UNKNOWN,
    OrdSkuInactive => ORD_SKU_INACTIVE,
    OrdSkuFormat => ORD_SKU_FORMAT,
    OrdCarrierUnmapped => ORD_CARRIER_UNMAPPED,
    OrdSiteUnmapped => ORD_SITE_UNMAPPED,
    OrdUnroutable => ORD_UNROUTABLE,
    OrdDefaultUsed => ORD_DEFAULT_USED,
    OrdAddressInvalid => ORD_ADDRESS_INVALID,
    OrdPaymentStuck => ORD_PAYMENT_STUCK,
    OrdUnpaidInWms => ORD_UNPAID_IN_WMS,
    OrdRejected => ORD_REJECTED,
    OrdInDoubt => ORD_IN_DOUBT,
    OrdDuplicate => ORD_DUPLICATE,
    OrdReferenceClash => ORD_REFERENCE_CLASH,
    OrdMissingInWms => ORD_MISSING_IN_WMS,
    OrdNotInSource => ORD_NOT_IN_SOURCE,
    OrdLinesDiffer => ORD_LINES_DIFFER,
    OrdStalled => ORD_STALLED,
    OrdBackordered => ORD_BACKORDERED,
    PrdNotInWms => PRD_NOT_IN_WMS,
    PrdNotInSource => PRD_NOT_IN_SOURCE,
    PrdCreateFailed => PRD_CREATE_FAILED,
    PrdBarcodeMismatch => PRD_BARCODE_MISMATCH,
    PrdBarcodeDuplicate => PRD_BARCODE_DUPLICATE,
    AmdTooLate => AMD_TOO_LATE,
    CanTooLate => CAN_TOO_LATE,
    CanAfterDespatch => CAN_AFTER_DESPATCH,
    CanDespatchedAnyway => CAN_DESPATCHED_ANYWAY,
    AmdNotExpressible => AMD_NOT_EXPRESSIBLE,
    AmdStatusUnreadable => AMD_STATUS_UNREADABLE,
    AmdConflict => AMD_CONFLICT,
    DspConfirmFailed => DSP_CONFIRM_FAILED,
    DspOpenAfterDespatch => DSP_OPEN_AFTER_DESPATCH,
    DspInDoubt => DSP_IN_DOUBT,
    DspPartialUnreflected => DSP_PARTIAL_UNREFLECTED,
    DspQtyMismatch => DSP_QTY_MISMATCH,
    DspDuplicate => DSP_DUPLICATE,
    DspOrphan => DSP_ORPHAN,
    DspClosedNotDespatched => DSP_CLOSED_NOT_DESPATCHED,
    DspTrackingMissing => DSP_TRACKING_MISSING,
    DspTrackingRejected => DSP_TRACKING_REJECTED,
    DspNotNotified => DSP_NOT_NOTIFIED,
    DspLatency => DSP_LATENCY,
    StkDrift => STK_DRIFT,
    StkAdjFailed => STK_ADJ_FAILED,
    StkLaneBlocked => STK_LANE_BLOCKED,
    StkSequenceBroken => STK_SEQUENCE_BROKEN,
    StkIncrementMissing => STK_INCREMENT_MISSING,
    MapNotOneToOne => MAP_NOT_ONE_TO_ONE,
    FinPeriodLocked => FIN_PERIOD_LOCKED,
    RetStockinFailed => RET_STOCKIN_FAILED,
    StkOversellRisk => STK_OVERSELL_RISK,
    StkOversold => STK_OVERSOLD,
    StkFalseStockout => STK_FALSE_STOCKOUT,
    StkStale => STK_STALE,
    StkSnapshotIncomplete => STK_SNAPSHOT_INCOMPLETE,
    StkLoop => STK_LOOP,
    StkWriteback => STK_WRITEBACK,
    StkNegative => STK_NEGATIVE,
    StkCountAsked => STK_COUNT_ASKED,
    MapTargetGone => MAP_TARGET_GONE,
    MapLocationUnaligned => MAP_LOCATION_UNALIGNED,
    MapStatusUnknown => MAP_STATUS_UNKNOWN,
    MapChangedOutside => MAP_CHANGED_OUTSIDE,
    RetNotExpected => RET_NOT_EXPECTED,
    RetRefundNoReturn => RET_REFUND_NO_RETURN,
    RetOverdue => RET_OVERDUE,
    RetUnexpected => RET_UNEXPECTED,
    RetQtyMismatch => RET_QTY_MISMATCH,
    RetStuck => RET_STUCK,
    RetNotSellable => RET_NOT_SELLABLE,
    RetStateInvalid => RET_STATE_INVALID,
    CrnBeforeStockin => CRN_BEFORE_STOCKIN,
    CrnOverdue => CRN_OVERDUE,
    FinCutoffRisk => FIN_CUTOFF_RISK,
    SlaAtRisk => SLA_AT_RISK,
    SlaBreached => SLA_BREACHED,
    SysAuth => SYS_AUTH,
    SysDown => SYS_DOWN,
    SysThrottled => SYS_THROTTLED,
    SysWebhookSilent => SYS_WEBHOOK_SILENT,
    SysSignature => SYS_SIGNATURE,
    SysScheduleMissed => SYS_SCHEDULE_MISSED,
    SysBacklog => SYS_BACKLOG,
    SysInDoubt => SYS_IN_DOUBT,
    SysPoison => SYS_POISON,
    SysSchema => SYS_SCHEMA,
    SysClock => SYS_CLOCK,
    SysAlertFailed => SYS_ALERT_FAILED,
    SysUnclassified => SYS_UNCLASSIFIED,
    SysInvariant => SYS_INVARIANT,
    SysStore => SYS_STORE,
    SysStoreRewound => SYS_STORE_REWOUND,
}

macro_rules! chapters {
    ($($name:literal => $title:literal,)*) => {
        /// The handbook: file name without its ending, title, text in Markdown; in reading order.
        pub const fn chapters() -> &'static [(&'static str, &'static str, &'static str)] {
            &[$((
                $name,
                $title,
                include_str!(concat!("../assets/handbook/", $name, ".md")),
            )),*]
        }
    };
}

chapters! {
    "first-day" => "Your first day",
    "everyday" => "Everyday tasks",
    "daily-triage-warehouse" => "The day: warehouse",
    "daily-triage-returns" => "The day: returns and finance",
    "daily-triage-ecommerce" => "The day: ecommerce",
    "daily-triage-operations" => "The day: operations",
    "daily-triage-data" => "The day: product data",
    "daily-triage-integration" => "The day: integration",
    "checks" => "Checks and hand-over",
    "mappings" => "Mappings",
    "filters" => "Filters",
    "going-live" => "Going live",
    "when-something-breaks" => "When something breaks",
    "adding-a-system" => "Adding a system",
}

/// Something to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A chapter, by its name.
    Chapter(&'static str),
    /// What to do about a kind of exception.
    Runbook(Kind),
    /// Every key, as the console has them.
    Keys,
}

impl Topic {
    /// Everything there is, in reading order.
    pub fn all() -> impl Iterator<Item = Self> {
        let chapters = chapters().iter().map(|(name, ..)| Self::Chapter(name));
        let runbooks = Kind::ALL.iter().map(|kind| Self::Runbook(*kind));
        chapters.chain([Self::Keys]).chain(runbooks)
    }

    /// What a person types for it: `mappings`, `keys`, `ORD_SKU_UNKNOWN`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chapter(name) => name,
            Self::Runbook(kind) => kind.code(),
            Self::Keys => "keys",
        }
    }

    /// From such a name; upper and lower case make no difference.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|t| t.name().eq_ignore_ascii_case(name.trim()))
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Chapter(name) => chapters()
                .iter()
                .find(|(known, ..)| *known == name)
                .map_or(name, |(_, title, _)| title),
            Self::Runbook(kind) => kind.entry().title,
            Self::Keys => "Keys",
        }
    }

    /// Its text in Markdown with the keys as they are, places for live values described instead of filled.
    pub fn text(self, keys: &Keys) -> String {
        match self {
            Self::Chapter(name) => keys.put_into(chapter(name).unwrap_or_default()),
            Self::Runbook(kind) => described(&keys.put_into(runbook(kind))),
            Self::Keys => keys.chapter.clone(),
        }
    }
}

/// A runbook without a case: `{members}` reads `(members)`.
fn described(text: &str) -> String {
    PLACEHOLDERS
        .iter()
        .fold(text.to_owned(), |text, (name, _)| {
            text.replace(
                &format!("{{{name}}}"),
                &format!("({})", name.replace('_', " ")),
            )
        })
}

/// The keys of the console as they are now, yours included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    chapter: String,
    by_action: HashMap<&'static str, String>,
}

impl Keys {
    /// From the chapter that lists them all and the key of each action, by the action's name.
    pub const fn new(chapter: String, by_action: HashMap<&'static str, String>) -> Self {
        Self { chapter, by_action }
    }

    /// The text with its keys: for `{hold}` stands the key of that action.
    pub fn put_into(&self, text: &str) -> String {
        replaced(text, |name| self.by_action.get(name).cloned())
    }
}

/// A place where what was looked for stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub topic: Topic,
    /// The line, from 0; 0 when the title says it.
    pub line: usize,
    /// The line itself; empty when the title says it.
    pub says: String,
}

/// Topics that contain every word, titles first; every topic when nothing is asked.
pub fn search(query: &str, keys: &Keys) -> Vec<Hit> {
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let has_all = |text: &str| words.iter().all(|w| text.contains(w));
    let (mut titled, mut found) = (Vec::new(), Vec::new());
    for topic in Topic::all() {
        let name = format!("{} {}", topic.title(), topic.name()).to_lowercase();
        if has_all(&name) {
            titled.push(Hit {
                topic,
                line: 0,
                says: String::new(),
            });
            continue;
        }
        let text = topic.text(keys);
        if has_all(&text.to_lowercase()) {
            found.extend(best_line(&text, &words).map(|(line, says)| Hit { topic, line, says }));
        }
    }
    titled.extend(found);
    titled
}

/// The line with most of the words, the earliest of those.
fn best_line(text: &str, words: &[&str]) -> Option<(usize, String)> {
    let counted = text.lines().enumerate().map(|(at, line)| {
        let lower = line.to_lowercase();
        (
            words.iter().filter(|w| lower.contains(**w)).count(),
            at,
            line,
        )
    });
    let (n, at, line) = counted.max_by_key(|(n, at, _)| (*n, std::cmp::Reverse(*at)))?;
    (n > 0).then(|| (at, line.trim().to_owned()))
}

/// A chapter's text by its name.
pub fn chapter(name: &str) -> Option<&'static str> {
    chapters()
        .iter()
        .find(|(known, _, _)| *known == name)
        .map(|(_, _, text)| *text)
}

/// The text with its places filled. Values come from other systems and are cleaned; a place without a value reads
/// [`UNKNOWN`]. Braces inside a value stay as they are.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    replaced(text, |name| {
        PLACEHOLDERS.iter().find(|(known, _)| *known == name)?;
        let value = values.iter().find(|(known, _)| *known == name);
        Some(value.map_or_else(|| UNKNOWN.to_owned(), |(_, v)| shown(v)))
    })
}

/// The text with what stands in braces replaced where `by` knows it; every other brace stays as it is.
fn replaced(text: &str, by: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find('{') {
        let (before, from) = rest.split_at(begin);
        out.push_str(before);
        let known = from
            .find('}')
            .and_then(|end| from.get(1..end))
            .and_then(|name| Some((name, by(name)?)));
        match known {
            Some((name, value)) => {
                out.push_str(&value);
                rest = from.get(name.len() + 2..).unwrap_or_default();
            }
            None => {
                out.push('{');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn shown(value: &str) -> String {
    let cleaned = text::clean_to(value, VALUE_CHARS_MAX);
    if cleaned.trim().is_empty() {
        UNKNOWN.to_owned()
    } else {
        cleaned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::{self, lists};
    use crate::domain::mapping::MappingKind;
    use proptest::prelude::*;

    #[test]
    fn every_topic_is_found_by_its_name_and_has_a_title() {
        for topic in Topic::all() {
            assert_eq!(Topic::parse(&topic.name().to_lowercase()), Some(topic));
            assert!(!topic.title().is_empty());
            assert!(!topic.text(&keys()).is_empty());
            assert!(
                !PLACEHOLDERS
                    .iter()
                    .any(|(n, _)| topic.text(&keys()).contains(&format!("{{{n}}}")))
            );
        }
    }

    #[test]
    fn words_are_found_in_titles_first_and_then_in_the_text() {
        let hits = search("mappings", &keys());
        assert_eq!(
            hits.first().map(|h| h.topic),
            Some(Topic::Chapter("mappings"))
        );
        let hits = search("tracked parcels number", &keys());
        let texts = hits.iter().find(|h| h.topic == Topic::Chapter("mappings"));
        let line = texts.map_or("", |h| h.says.as_str());
        assert!(line.contains("tracked"), "{line}");
        assert!(search("zyzzyva quagga", &keys()).is_empty());
        assert_eq!(search("", &keys()).len(), Topic::all().count());
        let keys = search(
            "flobber",
            &Keys::new("## Lists\n| / | flobber |".to_owned(), HashMap::new()),
        );
        assert_eq!(
            keys.first().map(|h| (h.topic, h.line)),
            Some((Topic::Keys, 1))
        );
    }

    /// Widest line of a runbook or chapter, columns: it fits an 80-column terminal inside its frame.
    const COLUMNS_MAX: usize = 78;
    /// Longest runbook, lines.
    const RUNBOOK_LINES_MAX: usize = 40;
    /// Most steps of a runbook.
    const STEPS_MAX: usize = 7;
    const HEADINGS: [&str; 5] = [
        "## What you see",
        "## Why it matters",
        "## Do this",
        "## It clears when",
        "## If it comes back",
    ];

    fn keys() -> Keys {
        crate::console::app::sheets::handbook::keys(&crate::console::app::keymap::Keymap::built_in())
    }

    fn check_lines(name: &str, text: &str) {
        let text = &keys().put_into(text);
        for (at, line) in text.lines().enumerate() {
            let columns = text::width(line);
            assert!(columns <= COLUMNS_MAX, "{name}:{} has {columns}", at + 1);
            assert_eq!(line, line.trim_end(), "{name}:{}", at + 1);
            assert_eq!(line, text::clean(line), "{name}:{}", at + 1);
        }
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{name}");
    }

    fn places(text: &str) -> Vec<&str> {
        text.split('{')
            .skip(1)
            .map(|rest| rest.split('}').next().unwrap())
            .collect()
    }

    #[test]
    fn every_kind_has_a_runbook_under_its_own_title() {
        for kind in Kind::ALL.iter().copied() {
            let text = runbook(kind);
            let title = format!("# {}: {}", kind.code(), kind.entry().title);
            assert_eq!(text.lines().next(), Some(title.as_str()));
        }
    }

    #[test]
    fn every_runbook_has_the_same_five_parts_and_fits_a_screen() {
        for kind in Kind::ALL.iter().copied() {
            let text = runbook(kind);
            check_lines(kind.code(), text);
            assert!(text.lines().count() <= RUNBOOK_LINES_MAX, "{kind}");
            let found: Vec<_> = text.lines().filter(|l| l.starts_with("## ")).collect();
            assert_eq!(found, HEADINGS, "{kind}");
            let is_step = |l: &&str| {
                l.split_once(". ")
                    .is_some_and(|(n, _)| n.parse::<u8>().is_ok())
            };
            let steps = text.lines().filter(is_step).count();
            assert!((2..=STEPS_MAX).contains(&steps), "{kind}: {steps} steps");
        }
    }

    #[test]
    fn runbooks_name_only_places_the_console_can_fill() {
        for kind in Kind::ALL.iter().copied() {
            for place in places(&keys().put_into(runbook(kind))) {
                let is_known = PLACEHOLDERS.iter().any(|(name, _)| *name == place);
                assert!(is_known, "{kind}: {{{place}}}");
            }
        }
    }

    #[test]
    fn a_text_names_keys_by_what_they_do() {
        let keys = Keys::new(String::new(), HashMap::from([("hold", "h".to_owned())]));
        assert_eq!(keys.put_into("`{hold}` {order} {"), "`h` {order} {");
        for (name, ..) in chapters() {
            let text = Topic::Chapter(name).text(&self::keys());
            let left = text.replace("{ env", "");
            assert!(!left.contains('{'), "{name}: {text}");
        }
        let text = Topic::Runbook(Kind::StkLaneBlocked).text(&self::keys());
        assert!(text.contains("`Q` puts the count"), "{text}");
    }

    #[test]
    fn a_filled_runbook_has_no_places_left() {
        let values: Vec<_> = PLACEHOLDERS.iter().map(|(name, _)| (*name, "38")).collect();
        for kind in Kind::ALL.iter().copied() {
            let filled = fill(&keys().put_into(runbook(kind)), &values);
            assert!(!filled.contains('{') && !filled.contains(UNKNOWN), "{kind}");
        }
    }

    #[test]
    fn values_from_other_systems_cannot_move_the_cursor_or_open_a_place() {
        let values = [
            ("order", "LW-1\u{1b}[2J"),
            ("detail", "{order}"),
            ("age", " "),
        ];
        let filled = fill("{order} {detail} {age} {pair} {nothing} {", &values);
        assert_eq!(filled, "LW-1 {order} (not known) (not known) {nothing} {");
    }

    #[test]
    fn chapters_have_their_title_and_fit_the_screen() {
        for (name, title, text) in chapters() {
            assert_eq!(text.lines().next(), Some(format!("# {title}").as_str()));
            check_lines(name, text);
            assert_eq!(chapter(name), Some(*text));
        }
        assert_eq!(chapter("no-such-chapter"), None);
    }

    #[test]
    fn codes_named_in_the_handbook_exist() {
        let families = [
            "ORD_", "PRD_", "AMD_", "CAN_", "DSP_", "STK_", "MAP_", "SLA_", "SYS_", "FIN_", "RET_",
            "CRN_",
        ];
        for (name, _, text) in chapters() {
            let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
            for word in words.filter(|w| {
                families
                    .iter()
                    .any(|f| w.starts_with(f) && w.len() > f.len())
            }) {
                assert!(Kind::parse(word).is_some(), "{name}: {word}");
            }
        }
    }

    #[test]
    fn the_filter_chapter_names_every_field_of_every_list() {
        let text = chapter("filters").unwrap();
        for (list, fields) in lists::ALL {
            for field in *fields {
                let cell = format!("`{}`", field.name);
                assert!(text.contains(&cell), "{list}: {cell} is missing");
            }
        }
    }

    #[test]
    fn filters_shown_in_the_chapters_of_the_day_are_understood() {
        let is_filter = |s: &&str| s.contains([':', '<', '>']) && !s.contains("key");
        let mut found = 0;
        for (name, _, text) in chapters() {
            if *name != "filters" && !name.starts_with("daily-triage") {
                continue;
            }
            for snippet in text.split('`').skip(1).step_by(2).filter(is_filter) {
                let is_read = lists::ALL
                    .iter()
                    .any(|(_, fields)| filter::parse(snippet, fields).is_ok());
                assert!(is_read, "{name}: {snippet}");
                found += 1;
            }
        }
        assert!(found > 30, "only {found} filters found");
    }

    #[test]
    fn the_mapping_chapter_names_every_kind_this_pair_uses() {
        let text = chapter("mappings").unwrap();
        for kind in MappingKind::offered() {
            assert!(text.contains(&format!("## {}", kind.as_str())), "{kind}");
        }
    }

    proptest! {
        #[test]
        fn filling_never_panics(text in ".{0,60}", value in ".{0,20}") {
            let filled = fill(&text, &[("order", &value)]);
            prop_assert!(!text.is_empty() || filled.is_empty());
        }
    }
}
