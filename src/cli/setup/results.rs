//! What came of an act, and what follows from it.

use super::dialogue::{Act, Dialogue, Next, Question, Told};
use super::draft::{SecretPlace, Verdict};
use crate::domain::mapping::MappingEdit;
use crate::vendors::Finding;

/// Longest finding of a test that is shown, characters.
const FINDING_CHARS_MAX: usize = 500;

impl Dialogue {
    /// Takes what came of an act.
    pub fn told(&mut self, told: Told) -> Next {
        match (self.draft.at, told) {
            (Question::Field { system, field }, Told::Kept(path)) => {
                self.notes.push(format!("Kept in {path}."));
                self.put_secret(system, field, Some(SecretPlace::File(path)));
                self.after_field(system, field)
            }
            (Question::Field { system, .. }, Told::Probed(findings)) => {
                self.probed(system, &findings)
            }
            (Question::Hooks, Told::Kept(path)) => {
                if let Some(hooks) = &mut self.draft.hooks {
                    hooks.secret = Some(SecretPlace::File(path));
                }
                self.to(Question::Operator)
            }
            (Question::Write, Told::Exists) => self.to(Question::Existing),
            (at, Told::Failed(why)) => {
                self.notes.push(why);
                match at {
                    Question::Write if self.draft.is_written => self.to(Question::StoreFailed),
                    // A sheet or a set that is refused is chosen again.
                    Question::Take { system }
                    | Question::Share { system, .. }
                    | Question::Basis { system, .. }
                    | Question::Site { system, .. } => self.to(Question::Sheet { system }),
                    _ => Next::Ask,
                }
            }
            (_, Told::Previewed { lines, edits }) => self.previewed(lines, edits),
            (Question::Places { system }, Told::Lists(lists)) => {
                self.placed.clear();
                self.lists = lists;
                if self.lists.locations.is_empty() || self.lists.sites.is_empty() {
                    self.notes
                        .push("One of the systems lists nothing that could be joined.".to_owned());
                    return self.to(Question::Rest { system });
                }
                self.to(Question::Site { system, at: 0 })
            }
            (_, Told::Checked) => self.to(Question::Last),
            (at, Told::Done(lines)) => {
                self.notes.extend(lines);
                self.done(at)
            }
            _ => Next::Ask,
        }
    }

    fn previewed(&mut self, lines: Vec<String>, edits: Vec<MappingEdit>) -> Next {
        self.notes.extend(lines);
        let (Question::Sheet { system }
        | Question::Site { system, .. }
        | Question::Basis { system, .. }
        | Question::Share { system, .. }) = self.draft.at
        else {
            return Next::Ask;
        };
        if edits.is_empty() {
            return self.to(Question::Rest { system });
        }
        self.staged = edits;
        self.to(Question::Take { system })
    }

    fn done(&mut self, at: Question) -> Next {
        match at {
            Question::Write if !self.draft.is_written => {
                self.draft.is_written = true;
                self.draft.past.clear();
                Next::Do(Act::OpenStore)
            }
            Question::Write | Question::StoreFailed => {
                self.draft.at = Question::Hold;
                self.draft.past.clear();
                Next::Ask
            }
            Question::Hold => self.pair_after(0),
            Question::Take { system } => self.to(Question::Rest { system }),
            Question::Rest { system } => self.pair_after(system),
            _ => Next::Ask,
        }
    }

    /// What the test of a system found.
    fn probed(&mut self, system: usize, findings: &[Finding]) -> Next {
        for finding in findings {
            let word = if finding.is_ok { "ok" } else { "NO" };
            let text = format!("  {word}  {}: {}", finding.what, finding.found);
            self.notes
                .push(crate::text::clean_to(&text, FINDING_CHARS_MAX));
        }
        let is_good = !findings.is_empty() && findings.iter().all(|f| f.is_ok);
        let name = self.vendor(system).name();
        if !is_good {
            return self.to(Question::Verdict { system });
        }
        self.notes
            .push(format!("{name} answers and has what is needed."));
        if let Some(s) = self.draft.systems.get_mut(system) {
            s.verdict = Verdict::Good;
        }
        self.after_system(system)
    }
}
