//! Every question as it is shown: title, purpose, example, choices, default.

use super::dialogue::{Asked, Dialogue, Question};
use super::draft::{Field, Keeping, LISTEN, SecretPlace, StorePlace, Vendor, Verdict};
use super::words;
use crate::text::{clean_to, count};

/// Most sites shown of a list; others can be typed by their reference.
const SITES_SHOWN_MAX: usize = 30;
/// Longest name shown in a list, characters.
const NAME_CHARS_MAX: usize = 60;

/// A question without choices.
fn asked(title: impl Into<String>, line: impl Into<String>, more: &'static str) -> Asked {
    Asked {
        title: title.into(),
        lines: vec![line.into()],
        more,
        ..Asked::default()
    }
}

impl Asked {
    fn with_default(mut self, default: impl Into<String>) -> Self {
        self.default = Some(default.into());
        self
    }

    fn choose(mut self, choices: &[&str], default: usize) -> Self {
        self.choices = choices.iter().map(|c| (*c).to_owned()).collect();
        self.default = Some(default.to_string());
        self
    }

    fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }
}

/// What Enter does where an answer is not needed.
const LEAVE_OUT: &str = "leave it out";

impl Dialogue {
    /// The question that stands now.
    pub fn ask(&self) -> Asked {
        match self.draft.at {
            Question::Where => self.ask_where(),
            Question::Existing => self.ask_existing(),
            Question::Keeping => self.ask_keeping(),
            Question::Field { system, field } => self.ask_field(system, field),
            Question::Verdict { system } => self.ask_verdict(system),
            Question::Source => asked(
                "Where do orders come from?",
                "One sales system now; more can follow.",
                words::PAIR_MORE,
            )
            .choose(&Vendor::SOURCES.map(Vendor::name), 1),
            Question::PairId { system }
            | Question::Prefix { system }
            | Question::Channel { system } => self.ask_pair(system),
            Question::More | Question::Zone | Question::Cutoff => self.ask_promise(),
            Question::Store | Question::Postgres | Question::Key => self.ask_store(),
            Question::Hooks => self.ask_hooks(),
            Question::Operator => asked(
                "Your name",
                "It stands beside every change you make. Example: sam",
                words::OPERATOR_MORE,
            )
            .with_default(self.draft.operator.clone()),
            Question::Write => self.ask_write(),
            Question::StoreFailed | Question::Hold => self.ask_doing(),
            _ => self.ask_mapping(),
        }
    }

    fn ask_keeping(&self) -> Asked {
        asked(
            "Secrets",
            "Passwords and tokens never stand in the configuration. Where shall they be kept?",
            words::KEEPING_MORE,
        )
        .choose(
            &[
                "in files beside the configuration that only you can read",
                "in environment variables that you set yourself",
            ],
            self.keeping_number(),
        )
    }

    fn ask_promise(&self) -> Asked {
        match self.draft.at {
            Question::More => asked(
                "Another sales system? (y/n)",
                "Each is joined to the same warehouse and has its own order prefix.",
                words::PAIR_MORE,
            )
            .with_default("n"),
            Question::Zone => asked(
                "Time zone of the warehouse",
                "Promises to customers are counted in its days. Example: Europe/London",
                words::ZONE_MORE,
            )
            .with_default(self.draft.zone.clone()),
            _ => asked(
                "Orders until which hour leave the same day? (0 to 23)",
                "What waits is sorted by the time that is left until then. Example: 14",
                words::CUTOFF_MORE,
            )
            .with_default(self.draft.cutoff_hour.to_string()),
        }
    }

    fn ask_doing(&self) -> Asked {
        match self.draft.at {
            Question::StoreFailed => asked(
                "The store is not open yet",
                "The configuration is written. Put right what was said above, then try again.",
                words::STORE_MORE,
            )
            .choose(&["try again", "stop; `tallyman setup` goes on here"], 1),
            _ => asked(
                "Hold every write for now? (y/n)",
                "tallyman then reads both systems and shows what it would do, until you let it. That is how to begin.",
                words::HOLD_MORE,
            )
            .with_default("y"),
        }
    }

    fn ask_where(&self) -> Asked {
        let choices: Vec<String> = self
            .places
            .iter()
            .map(|place| {
                let note = if place.is_taken {
                    " (there is one)"
                } else {
                    ""
                };
                format!("{}{note}", place.path.display())
            })
            .collect();
        let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
        asked(
            "Where shall the configuration be written?",
            "tallyman looks at both places, in the folder you are in first; secrets and store go beside it.",
            "Take the first for yourself or a service user: it is found from every folder. Take the one in this folder to \
             keep several set-ups apart; tallyman then has to be started here, or with --config FILE.",
        )
        .choose(&choices, 1)
    }

    fn ask_existing(&self) -> Asked {
        let file = self.file.as_ref().map(|f| f.display().to_string());
        asked(
            "There is a configuration already",
            format!("{} is in use. It is not touched unless you say so.", file.unwrap_or_default()),
            "Replacing keeps the old file beside the new one, under a name that ends in .old. Secrets and store of the old \
             one stay as they are. To change one thing only, stop here, change it in the file and run `tallyman check`.",
        )
        .choose(
            &["leave it as it is, and stop", "write a new one in its place; the old one is kept beside it"],
            1,
        )
    }

    fn ask_field(&self, system: usize, field: Field) -> Asked {
        let words = words::field(self.vendor(system), field);
        let mut out = asked(words.title, words.why, words.more);
        let known = self.draft.systems.get(system);
        if !field.is_secret() {
            if !words.example.is_empty() {
                out = out.line(format!("Example: {}", words.example));
            }
            let answer = known.and_then(|s| s.answers.get(&field).cloned());
            out.default = answer.or_else(|| words.default.map(str::to_owned));
            return out;
        }
        let place = self.secret_place(system, field);
        let kept = match place {
            Some(SecretPlace::File(path)) => Some(format!("kept in {path}")),
            Some(SecretPlace::Env(name)) => Some(name.clone()),
            None => None,
        };
        match (self.draft.keeping, place) {
            (Keeping::Files, place) => {
                out = out.line(
                    "Type or paste it: nothing shows. It goes into a file only you can read.",
                );
                out.is_secret = true;
                out.default = match (kept, field.is_optional()) {
                    // A variable chosen before is not what files are.
                    (Some(kept), _) if matches!(place, Some(SecretPlace::File(_))) => Some(kept),
                    (_, true) => Some(LEAVE_OUT.to_owned()),
                    _ => None,
                };
            }
            (Keeping::Variables, Some(SecretPlace::Env(name))) => {
                out = out.line("The name of the variable that holds it.");
                out.default = Some(name.clone());
            }
            (Keeping::Variables, _) => {
                out = out.line(format!(
                    "The name of the variable that holds it. Example: {}",
                    words.variable
                ));
                out.default = Some(if field.is_optional() {
                    LEAVE_OUT.to_owned()
                } else {
                    let id = known.map_or("", |s| s.id.as_str());
                    variable(words.variable, self.vendor(system), id)
                });
            }
        }
        out
    }

    fn ask_verdict(&self, system: usize) -> Asked {
        let name = self.vendor(system).name();
        let mut choices = vec![
            "answer again, with what you typed as default",
            "keep it as it is: `tallyman check` will say the same",
        ];
        if system > 0 {
            choices.push(LEAVE_OUT);
        }
        asked(
            format!("{name}: something is not right"),
            "The lines marked NO say what, and what helps.",
            "Nothing was changed anywhere: the test only reads. What is right to do depends on the line. A refused sign-in \
             is a typing mistake or a user without the right. A missing report column is added in Peoplevox, by its \
             administrator, and does not stop you from going on. A host that cannot be reached is the network, or a proxy.",
        )
        .choose(&choices, 1)
    }

    fn ask_pair(&self, system: usize) -> Asked {
        let Some((source, pair)) = self
            .draft
            .systems
            .get(system)
            .and_then(|s| Some((s, s.pair.as_ref()?)))
        else {
            return Asked::default();
        };
        let name = source.vendor.name();
        match self.draft.at {
            Question::PairId { .. } => asked(
                format!("{name} and the warehouse: a name for the pair"),
                "It stands in lists and commands. Small letters, digits and hyphens. Example: lw-pvx",
                words::PAIR_MORE,
            )
            .with_default(pair.id.clone()),
            Question::Prefix { .. } => asked(
                format!("{name}: prefix of its order numbers"),
                format!(
                    "Order 100123 becomes {}-100123 in the warehouse; never change it later.",
                    pair.prefix
                ),
                words::PREFIX_MORE,
            )
            .with_default(pair.prefix.clone()),
            _ => asked(
                format!("{name}: channel name in the warehouse"),
                "The warehouse shows it beside each order.",
                words::CHANNEL_MORE,
            )
            .with_default(pair.channel.clone()),
        }
    }

    fn ask_store(&self) -> Asked {
        match self.draft.at {
            Question::Store => asked(
                "Where shall tallyman keep what it knows?",
                "One file is enough for one machine, however many people look at it.",
                words::STORE_MORE,
            )
            .choose(
                &[
                    "in a file beside the configuration (tallyman.db)",
                    "in a PostgreSQL database, for several machines",
                ],
                1 + usize::from(matches!(self.draft.store, StorePlace::Postgres(_))),
            ),
            Question::Postgres => {
                let mut out = asked(
                    "PostgreSQL: address",
                    "Without the password. Example: postgres://tallyman@db.example/tallyman",
                    words::POSTGRES_MORE,
                );
                if let StorePlace::Postgres(url) = &self.draft.store {
                    out.default = Some(url.clone());
                }
                out
            }
            _ => asked(
                "Is this the first machine on that database? (y/n)",
                "The first one makes the key the stored messages are encrypted with; the others get a copy of it.",
                words::KEY_MORE,
            )
            .with_default("y"),
        }
    }

    fn ask_hooks(&self) -> Asked {
        let known = self.draft.hooks.as_ref().map(|h| h.url.clone());
        asked(
            "Webhooks: the address of this machine outside (may be left out)",
            "With it the systems tell at once what polling finds a little later. An https address in front of 127.0.0.1:8480 \
             here. Example: https://hooks.example.com",
            words::HOOKS_MORE,
        )
        .with_default(known.unwrap_or_else(|| LEAVE_OUT.to_owned()))
    }

    fn ask_write(&self) -> Asked {
        let draft = &self.draft;
        let file = self.file.as_ref().map(|f| f.display().to_string());
        let mut out = asked(
            "Write this? (y/n)",
            format!("configuration  {}", file.unwrap_or_default()),
            "Nothing is sent to any system by this. `<` goes back to any answer; `q` stops and keeps them all.",
        )
        .with_default("y");
        for system in &draft.systems {
            let verdict = match system.verdict {
                Verdict::Good => "tested, all well",
                Verdict::KeptAnyway => "needs attention, kept all the same",
                Verdict::Untried => "not tested",
            };
            out = out.line(format!(
                "system         {} ({}): {verdict}",
                system.id,
                system.vendor.name()
            ));
        }
        for (system, pair) in draft.pairs() {
            out = out.line(format!(
                "pair           {}: {} orders become {}-NUMBER",
                pair.id,
                system.vendor.name(),
                pair.prefix
            ));
        }
        let store = match &draft.store {
            StorePlace::Sqlite(file) => format!("{file}, beside the configuration"),
            StorePlace::Postgres(url) => url.clone(),
        };
        let hooks = draft.hooks.as_ref().map_or_else(
            || "none, everything is polled".to_owned(),
            |h| format!("{}, passed on to {LISTEN} here", h.url),
        );
        let secrets = match draft.keeping {
            Keeping::Files => "files in secrets/, beside the configuration",
            Keeping::Variables => "environment variables",
        };
        out.line(format!(
            "promises       until {}:00, {}",
            draft.cutoff_hour, draft.zone
        ))
        .line(format!("store          {store}"))
        .line(format!("webhooks       {hooks}"))
        .line(format!("secrets        {secrets}"))
    }

    fn ask_mapping(&self) -> Asked {
        match self.draft.at {
            Question::Sheet { system } => asked(
                format!("{}: a sheet of mappings?", self.pair_id(system)),
                "The path of a CSV file (kind,from,to,attributes); Enter to go on without one. Example: maps/lw-pvx.csv",
                words::SHEET_MORE,
            ),
            Question::Take { system } => asked(
                format!("{}: take these mappings? (y/n)", self.pair_id(system)),
                "They can be changed and rolled back at any time.",
                words::SHEET_MORE,
            )
            .with_default("y"),
            Question::Places { system } => {
                let name = self.vendor(system).name();
                asked(
                    format!("{}: join locations to sites now? (y/n)", self.pair_id(system)),
                    format!("The locations of {name} and the sites of the warehouse are read, and asked one by one."),
                    words::SITE_MORE,
                )
                .with_default("y")
            }
            Question::Site { system, at } => self.ask_site(system, at),
            Question::Basis { system, at } => asked(
                format!("{}: how is its stock figure treated?", self.location(at)),
                "It decides whether you oversell; test it before stock is written.",
                words::BASIS_MORE,
            )
            .choose(
                &[
                    "GROSS: open orders are taken off the figure by the sales system",
                    "NET_STATIC: it shows the figure as written",
                    "NET_LIVE: it shows the figure and lowers it at each sale",
                ],
                self.basis_number(system, at),
            ),
            Question::Share { at, .. } => asked(
                format!("{}: its part of the site's stock, in percent", self.location(at)),
                "Others offer the same stock; all parts together are at most 100.",
                words::SHARE_MORE,
            )
            .with_default(self.share_default().to_string()),
            Question::Rest { system } => asked(
                format!("{}: write a sheet of what has no mapping yet? (y/n)", self.pair_id(system)),
                "Locations and postal services, for you to fill in and import.",
                words::REST_MORE,
            )
            .with_default("y"),
            _ => asked(
                "Done. What now?",
                "Later: `tallyman sync` runs the engine without a screen, `tallyman` opens the console.",
                words::HOLD_MORE,
            )
            .choose(&["open the console", "leave"], 1),
        }
    }

    fn location(&self, at: usize) -> String {
        let found = self.lists.locations.get(at);
        found.map_or_else(String::new, |l| clean_to(&l.name, NAME_CHARS_MAX))
    }

    fn ask_site(&self, system: usize, at: usize) -> Asked {
        let sites = &self.lists.sites;
        let name = self.location(at);
        let total = i64::try_from(self.lists.locations.len()).unwrap_or(i64::MAX);
        let mut out = asked(
            format!("{name}: which site of the warehouse?"),
            format!(
                "Location {} of {} in {}. 0 leaves it out.",
                at + 1,
                count(total, "location", "locations"),
                self.vendor(system).name()
            ),
            words::SITE_MORE,
        );
        if sites.len() > SITES_SHOWN_MAX {
            out = out.line(format!(
                "There are {} sites; one that is not shown is typed by its reference.",
                sites.len()
            ));
        }
        let shown = sites
            .iter()
            .take(SITES_SHOWN_MAX)
            .map(|(reference, title)| {
                if title.is_empty() || title == reference {
                    clean_to(reference, NAME_CHARS_MAX)
                } else {
                    format!(
                        "{} ({})",
                        clean_to(reference, NAME_CHARS_MAX),
                        clean_to(title, NAME_CHARS_MAX)
                    )
                }
            });
        out.choices = shown.collect();
        let same = sites
            .iter()
            .position(|(r, t)| r.eq_ignore_ascii_case(&name) || t.eq_ignore_ascii_case(&name));
        let only = (sites.len() == 1 && at == 0).then_some(0);
        out.default = Some(same.or(only).map_or(0, |n| n + 1).to_string());
        out
    }
}

/// The proposed variable: with a number in it when the system is not the first of its kind.
fn variable(base: &str, vendor: Vendor, id: &str) -> String {
    match id.strip_prefix(vendor.id()) {
        Some(number) if !number.is_empty() => format!("{base}_{number}"),
        _ => base.to_owned(),
    }
}
