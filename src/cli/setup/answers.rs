//! What an answer leads to.

use super::dialogue::{Act, Asked, Dialogue, Next, Question};
use super::draft::{
    Field, HOOK_SECRET_VARIABLE, HooksDraft, Keeping, SYSTEMS_MAX, SecretPlace, StorePlace, Vendor,
    Verdict,
};
use crate::cli::context::NAME_CHARS_MAX;
use crate::secret::Secret;

/// Longest name of an environment variable.
const VARIABLE_CHARS_MAX: usize = 100;
/// How a location treats its stock figure, in the order it is offered.
pub(super) const BASES: [&str; 3] = ["GROSS", "NET_STATIC", "NET_LIVE"];

/// Yes or no; nothing typed is the default.
pub(super) fn yes(text: &str, default: bool) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "" => Ok(default),
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err(format!("{text:?} is neither yes nor no: type y or n.")),
    }
}

/// A number from 1 to `most`; nothing typed is the default.
pub(super) fn choice(text: &str, most: usize, default: usize) -> Result<usize, String> {
    if text.is_empty() {
        return Ok(default);
    }
    text.parse()
        .ok()
        .filter(|n| (1..=most).contains(n))
        .ok_or_else(|| format!("{text:?} is not one of them: type a number from 1 to {most}."))
}

/// Goes on with a good answer; asks again for a bad one.
macro_rules! good {
    ($dialogue:expr, $answer:expr) => {
        match $answer {
            Ok(answer) => answer,
            Err(why) => return $dialogue.refuse(why),
        }
    };
}
pub(super) use good;

impl Dialogue {
    /// Takes one line of plain text.
    pub(super) fn answer(&mut self, text: &str) -> Next {
        match self.draft.at {
            Question::Where => self.answer_where(text),
            Question::Existing => self.answer_existing(text),
            Question::Keeping => self.answer_keeping(text),
            Question::Field { system, field } => self.answer_field(system, field, text),
            Question::Verdict { system } => self.answer_verdict(system, text),
            Question::Source => self.answer_source(text),
            Question::PairId { system }
            | Question::Prefix { system }
            | Question::Channel { system } => self.answer_pair(system, text),
            Question::More => self.answer_more(text),
            Question::Zone | Question::Cutoff => self.answer_promise(text),
            Question::Store | Question::Postgres | Question::Key => self.answer_store(text),
            Question::Hooks => self.answer_hooks(text),
            Question::Operator => self.answer_operator(text),
            Question::Write | Question::StoreFailed | Question::Hold => self.answer_doing(text),
            _ => self.answer_mapping(text),
        }
    }

    fn answer_keeping(&mut self, text: &str) -> Next {
        let n = good!(self, choice(text, 2, self.keeping_number()));
        self.draft.keeping = if n == 1 {
            Keeping::Files
        } else {
            Keeping::Variables
        };
        if self.draft.systems.is_empty() {
            self.draft.add(Vendor::Peoplevox);
        }
        self.first_field(0)
    }

    fn answer_doing(&mut self, text: &str) -> Next {
        match self.draft.at {
            Question::Write => match good!(self, yes(text, true)) {
                true => Next::Do(Act::Write),
                false => Next::Stop,
            },
            Question::StoreFailed => match good!(self, choice(text, 2, 1)) {
                1 => Next::Do(Act::OpenStore),
                _ => Next::Stop,
            },
            _ => match good!(self, yes(text, true)) {
                true => Next::Do(Act::Hold),
                false => self.pair_after(0),
            },
        }
    }

    fn answer_store(&mut self, text: &str) -> Next {
        match self.draft.at {
            Question::Store => {
                let is_shared = matches!(self.draft.store, StorePlace::Postgres(_));
                if good!(self, choice(text, 2, 1 + usize::from(is_shared))) == 2 {
                    return self.to(Question::Postgres);
                }
                self.draft.store = StorePlace::Sqlite(super::draft::STORE_FILE.to_owned());
                self.draft.makes_key = false;
                self.to(Question::Hooks)
            }
            Question::Postgres => self.answer_postgres(text),
            _ => {
                self.draft.makes_key = good!(self, yes(text, true));
                self.to(Question::Hooks)
            }
        }
    }

    fn answer_where(&mut self, text: &str) -> Next {
        let n = good!(self, choice(text, self.places.len(), 1));
        let Some(place) = self.places.get(n - 1) else {
            return Next::Ask;
        };
        let is_taken = place.is_taken;
        self.file = Some(place.path.clone());
        self.to(if is_taken {
            Question::Existing
        } else {
            Question::Keeping
        })
    }

    fn answer_existing(&mut self, text: &str) -> Next {
        match good!(self, choice(text, 2, 1)) {
            1 => Next::Stop,
            _ => {
                self.draft.replaces = true;
                self.to(if self.draft.systems.is_empty() {
                    Question::Keeping
                } else {
                    Question::Write
                })
            }
        }
    }

    pub(super) fn keeping_number(&self) -> usize {
        match self.draft.keeping {
            Keeping::Files => 1,
            Keeping::Variables => 2,
        }
    }

    fn first_field(&mut self, system: usize) -> Next {
        match self.vendor(system).fields().first() {
            Some(field) => self.to(Question::Field {
                system,
                field: *field,
            }),
            None => Next::Ask,
        }
    }

    /// After a field: the next one, or the test.
    pub(super) fn after_field(&mut self, system: usize, field: Field) -> Next {
        let fields = self.vendor(system).fields();
        let next = fields.iter().skip_while(|f| **f != field).nth(1);
        match next {
            Some(next) => self.to(Question::Field {
                system,
                field: *next,
            }),
            None => Next::Do(Act::Probe { system }),
        }
    }

    fn answer_field(&mut self, system: usize, field: Field, text: &str) -> Next {
        if field.is_secret() {
            return self.answer_secret_line(system, field, text);
        }
        let Asked { default, title, .. } = self.ask();
        let value = match (text, default) {
            ("", Some(default)) => default,
            ("", None) => {
                return self.refuse(format!(
                    "Nothing was typed. {title} is needed; `?` says where to find it."
                ));
            }
            (text, _) => text.to_owned(),
        };
        let changed = self.accept(|draft| {
            if let Some(s) = draft.systems.get_mut(system) {
                s.answers.insert(field, value);
                s.verdict = Verdict::Untried;
            }
        });
        good!(self, changed);
        self.after_field(system, field)
    }

    /// A secret's line that was typed visibly: the name of a variable, or nothing, or `-`.
    fn answer_secret_line(&mut self, system: usize, field: Field, text: &str) -> Next {
        let is_kept = matches!(
            (self.draft.keeping, self.secret_place(system, field)),
            (Keeping::Files, Some(SecretPlace::File(_)))
                | (Keeping::Variables, Some(SecretPlace::Env(_)))
        );
        let name = match text {
            "" if is_kept => return self.after_field(system, field),
            "" | "-" if field.is_optional() => {
                self.put_secret(system, field, None);
                return self.after_field(system, field);
            }
            "" | "-" if self.draft.keeping == Keeping::Files => {
                return self.refuse(
                    "Nothing was typed. It is needed to sign in; `?` says where to find it.",
                );
            }
            "" => self.ask().default.unwrap_or_default(),
            name => name.to_owned(),
        };
        let is_name = name.len() <= VARIABLE_CHARS_MAX
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        if !is_name {
            // Not repeated: it may be the secret itself, typed in the wrong place.
            return self.refuse("That is not the name of a variable: letters, digits and _ only. The secret itself is not typed here.");
        }
        self.put_secret(system, field, Some(SecretPlace::Env(name)));
        self.after_field(system, field)
    }

    /// A secret typed without being shown.
    pub(super) fn answer_secret(&mut self, secret: &Secret) -> Next {
        let Question::Field { system, field } = self.draft.at else {
            return Next::Ask;
        };
        let text = secret.expose().trim();
        if text.is_empty() || text == "-" {
            return self.answer_secret_line(system, field, text);
        }
        if text.contains(['\n', '\r']) {
            return self
                .refuse("Those were several lines; nothing was taken. Type or paste one value.");
        }
        if text.chars().any(char::is_control) {
            return self.refuse("That holds characters that do not show; nothing was taken. Type or paste it again.");
        }
        let ours = match self.secret_place(system, field) {
            Some(SecretPlace::File(path)) => Some(path.clone()),
            _ => None,
        };
        let id = self.draft.systems.get(system).map_or("", |s| s.id.as_str());
        Next::Do(Act::KeepSecret {
            wanted: format!("{id}-{}", field.key().replace('_', "-")),
            ours,
            secret: Secret::new(text.to_owned()),
        })
    }

    pub(super) fn put_secret(&mut self, system: usize, field: Field, place: Option<SecretPlace>) {
        if let Some(s) = self.draft.systems.get_mut(system) {
            s.verdict = Verdict::Untried;
            match place {
                Some(place) => s.secrets.insert(field, place),
                None => s.secrets.remove(&field),
            };
        }
    }

    fn answer_verdict(&mut self, system: usize, text: &str) -> Next {
        let most = if system == 0 { 2 } else { 3 };
        match good!(self, choice(text, most, 1)) {
            1 => self.first_field(system),
            2 => {
                if let Some(s) = self.draft.systems.get_mut(system) {
                    s.verdict = Verdict::KeptAnyway;
                }
                self.after_system(system)
            }
            _ => {
                self.leave_out(system);
                Next::Ask
            }
        }
    }

    /// Takes a source out again, and with it the way back to its questions.
    fn leave_out(&mut self, system: usize) {
        let name = self.vendor(system).name();
        self.draft.systems.remove(system);
        self.draft.past.clear();
        self.draft.at = if self.draft.systems.len() > 1 {
            Question::More
        } else {
            Question::Source
        };
        self.notes.push(format!("{name} is left out."));
    }

    pub(super) fn after_system(&mut self, system: usize) -> Next {
        if system > 0 {
            return self.to(Question::PairId { system });
        }
        self.draft.drop_unfinished();
        self.to(if self.draft.systems.len() > 1 {
            Question::More
        } else {
            Question::Source
        })
    }

    fn answer_source(&mut self, text: &str) -> Next {
        let vendor = good!(
            self,
            Vendor::source(if text.is_empty() { "1" } else { text })
        );
        let last = self.draft.systems.last();
        let is_begun = last.is_some_and(|s| s.verdict == Verdict::Untried && s.vendor == vendor);
        if !is_begun {
            self.draft.drop_unfinished();
            if self.draft.systems.len() >= SYSTEMS_MAX {
                return self.refuse(format!(
                    "{SYSTEMS_MAX} systems are set up here at most; add more in the file."
                ));
            }
            self.draft.add(vendor);
        }
        self.first_field(self.draft.systems.len() - 1)
    }

    fn answer_pair(&mut self, system: usize, text: &str) -> Next {
        let at = self.draft.at;
        if !text.is_empty() {
            let changed = self.accept(|draft| {
                let pair = draft.systems.get_mut(system).and_then(|s| s.pair.as_mut());
                if let Some(pair) = pair {
                    match at {
                        Question::PairId { .. } => text.clone_into(&mut pair.id),
                        Question::Prefix { .. } => text.clone_into(&mut pair.prefix),
                        _ => text.clone_into(&mut pair.channel),
                    }
                }
            });
            good!(self, changed);
        }
        self.to(match at {
            Question::PairId { .. } => Question::Prefix { system },
            Question::Prefix { .. } => Question::Channel { system },
            _ => Question::More,
        })
    }

    fn answer_more(&mut self, text: &str) -> Next {
        if good!(self, yes(text, false)) {
            return self.to(Question::Source);
        }
        self.draft.drop_unfinished();
        self.to(Question::Zone)
    }

    fn answer_promise(&mut self, text: &str) -> Next {
        if self.draft.at == Question::Zone {
            if !text.is_empty() {
                if text.parse::<chrono_tz::Tz>().is_err() {
                    return self.refuse(format!(
                        "{text:?} is not a time zone: write one such as Europe/London or America/New_York."
                    ));
                }
                text.clone_into(&mut self.draft.zone);
            }
            return self.to(Question::Cutoff);
        }
        if !text.is_empty() {
            let hour = text.trim_end_matches(":00").parse::<u8>().ok();
            match hour.filter(|h| *h <= 23) {
                Some(hour) => good!(self, self.accept(|draft| draft.cutoff_hour = hour)),
                None => {
                    return self.refuse(format!(
                        "{text:?} is not an hour: type a number from 0 to 23."
                    ));
                }
            }
        }
        self.to(Question::Store)
    }

    fn answer_postgres(&mut self, text: &str) -> Next {
        let known = match &self.draft.store {
            StorePlace::Postgres(url) => Some(url.clone()),
            StorePlace::Sqlite(_) => None,
        };
        let url = match (text, known) {
            ("", Some(url)) => url,
            ("", None) => {
                return self.refuse(
                    "Nothing was typed. Type the address, or < to choose the file instead.",
                );
            }
            (text, _) => text.to_owned(),
        };
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return self.refuse(
                "That is not a PostgreSQL address: it begins with postgres://, as in the example.",
            );
        }
        good!(
            self,
            self.accept(|draft| draft.store = StorePlace::Postgres(url))
        );
        self.to(Question::Key)
    }

    fn answer_hooks(&mut self, text: &str) -> Next {
        let before = self.draft.hooks.clone();
        let url = match (text, &before) {
            ("-", _) | ("", None) => {
                self.draft.hooks = None;
                return self.to(Question::Operator);
            }
            ("", Some(known)) => known.url.clone(),
            (typed, _) => typed.trim_end_matches('/').to_owned(),
        };
        if !url.starts_with("https://") {
            return self.refuse(
                "That is not such an address: it begins with https://, as in the example. - leaves it out.",
            );
        }
        let ours = before.and_then(|h| match h.secret {
            Some(SecretPlace::File(path)) => Some(path),
            _ => None,
        });
        let secret = match self.draft.keeping {
            Keeping::Files => None,
            Keeping::Variables => Some(SecretPlace::Env(HOOK_SECRET_VARIABLE.to_owned())),
        };
        let is_to_make = secret.is_none();
        good!(
            self,
            self.accept(|draft| draft.hooks = Some(HooksDraft { url, secret }))
        );
        if is_to_make {
            return Next::Do(Act::MakeHookSecret { ours });
        }
        self.notes.push(format!(
            "Give {HOOK_SECRET_VARIABLE} a long random value before tallyman starts."
        ));
        self.to(Question::Operator)
    }

    fn answer_operator(&mut self, text: &str) -> Next {
        if !text.is_empty() {
            if text.contains('/') || text.chars().count() > NAME_CHARS_MAX {
                return self.refuse(format!(
                    "That cannot be a name here: at most {} characters, no slash.",
                    NAME_CHARS_MAX
                ));
            }
            text.clone_into(&mut self.draft.operator);
        }
        self.to(Question::Write)
    }
}
