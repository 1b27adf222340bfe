//! Answers about mappings: sheets, and which location is which site.

use super::answers::{BASES, choice, good, yes};
use super::dialogue::{Act, After, Dialogue, LOCATIONS_ASKED_MAX, Next, Placed, Question};
use super::draft::Vendor;
use crate::domain::mapping::{Attributes, MappingEdit, MappingKind};

impl Dialogue {
    pub(super) fn answer_mapping(&mut self, text: &str) -> Next {
        match self.draft.at {
            Question::Sheet { system } if text.is_empty() => self.to(Question::Places { system }),
            Question::Sheet { system } => Next::Do(Act::ReadSheet {
                pair: self.pair_id(system),
                path: text.to_owned(),
            }),
            Question::Take { system } => match good!(self, yes(text, true)) {
                true => Next::Do(Act::Apply {
                    pair: self.pair_id(system),
                    edits: self.staged.clone(),
                }),
                false => self.to(Question::Sheet { system }),
            },
            Question::Places { system } => match good!(self, yes(text, true)) {
                true => Next::Do(Act::ReadLists { system }),
                false => self.to(Question::Rest { system }),
            },
            Question::Site { system, at } => self.answer_site(system, at, text),
            Question::Basis { system, at } => {
                let default = self.basis_number(system, at);
                let n = good!(self, choice(text, BASES.len(), default));
                self.placed.retain(|p| p.location <= at);
                if let (Some(placed), Some(basis)) = (self.placed.last_mut(), BASES.get(n - 1)) {
                    placed.basis = basis;
                }
                if self.asks_share(system) {
                    self.to(Question::Share { system, at })
                } else {
                    self.next_location(system, at)
                }
            }
            Question::Share { system, at } => {
                let default = self.share_default();
                let share = if text.is_empty() {
                    default
                } else {
                    let share = text.trim_end_matches('%').trim().parse::<u8>().ok();
                    good!(
                        self,
                        share.filter(|n| *n <= 100).ok_or_else(|| format!(
                            "{text:?} is not a part in percent: type a number from 0 to 100."
                        ))
                    )
                };
                self.placed.retain(|p| p.location <= at);
                if let Some(placed) = self.placed.last_mut() {
                    placed.share_percent = Some(share);
                }
                self.next_location(system, at)
            }
            Question::Rest { system } => match good!(self, yes(text, true)) {
                true => Next::Do(Act::WriteRest { system }),
                false => self.pair_after(system),
            },
            Question::Last => match good!(self, choice(text, 2, 1)) {
                1 => Next::Leave(After::Console),
                _ => Next::Leave(After::Nothing),
            },
            _ => Next::Ask,
        }
    }

    fn answer_site(&mut self, system: usize, at: usize, text: &str) -> Next {
        self.placed.retain(|p| p.location < at);
        let default = self.ask().default.unwrap_or_default();
        let text = if text.is_empty() {
            default.as_str()
        } else {
            text
        };
        if text == "0" || text == "-" || text.is_empty() {
            return self.next_location(system, at);
        }
        let mut sites = Vec::new();
        for part in text.split('+').map(str::trim) {
            let by_number = part
                .parse::<usize>()
                .ok()
                .and_then(|n| self.lists.sites.get(n.checked_sub(1)?));
            let by_name = || {
                let is_it = |(reference, _): &&(String, String)| reference == part;
                self.lists.sites.iter().find(is_it)
            };
            match by_number.or_else(by_name) {
                Some((reference, _)) if sites.contains(reference) => {}
                Some((reference, _)) => sites.push(reference.clone()),
                None => {
                    return self.refuse(format!(
                        "{part:?} is not a site of the warehouse: type a number of the list, several joined with +, or 0 to leave the location out."
                    ));
                }
            }
        }
        self.placed.push(Placed {
            location: at,
            sites: sites.join("+"),
            basis: BASES[0],
            share_percent: None,
        });
        self.to(Question::Basis { system, at })
    }

    /// The basis that is proposed, counted from 1.
    pub(super) fn basis_number(&self, system: usize, at: usize) -> usize {
        let counts = self
            .lists
            .locations
            .get(at)
            .is_none_or(|l| l.counts_open_orders);
        match (self.vendor(system), counts) {
            (Vendor::Shopline, _) => 3,
            (_, true) => 1,
            (_, false) => 2,
        }
    }

    /// Whether another location may offer the stock of the site just chosen.
    fn asks_share(&self, system: usize) -> bool {
        let Some((latest, earlier)) = self.placed.split_last() else {
            return false;
        };
        let is_again = earlier.iter().any(|p| {
            p.sites
                .split('+')
                .any(|s| latest.sites.split('+').any(|t| s == t))
        });
        self.vendor(system) != Vendor::Cin7core && (is_again || self.draft.sharers() > 1)
    }

    /// The part that is proposed, percent.
    pub(super) fn share_default(&self) -> u8 {
        let sharers = self.draft.sharers().max(2);
        u8::try_from(100 / sharers).unwrap_or(1)
    }

    fn next_location(&mut self, system: usize, at: usize) -> Next {
        let next = at + 1;
        if next < self.lists.locations.len().min(LOCATIONS_ASKED_MAX) {
            return self.to(Question::Site { system, at: next });
        }
        let edits = self.place_edits();
        if edits.is_empty() {
            return self.to(Question::Rest { system });
        }
        Next::Do(Act::Preview {
            pair: self.pair_id(system),
            edits,
        })
    }

    fn place_edits(&self) -> Vec<MappingEdit> {
        let edit = |placed: &Placed| {
            let location = self.lists.locations.get(placed.location)?;
            let mut attributes = Attributes::new();
            attributes.insert("basis".to_owned(), placed.basis.to_owned());
            attributes.insert("name".to_owned(), location.name.clone());
            if let Some(share) = placed.share_percent {
                attributes.insert("stock_share_percent".to_owned(), share.to_string());
            }
            Some(MappingEdit::Set {
                kind: MappingKind::Site,
                from: location.id.clone(),
                to: placed.sites.clone(),
                attributes,
            })
        };
        self.placed.iter().filter_map(edit).collect()
    }

    /// The sheet of the next pair, or the check that ends it all.
    pub(super) fn pair_after(&mut self, system: usize) -> Next {
        self.placed.clear();
        self.staged.clear();
        if system + 1 < self.draft.systems.len() {
            return self.to(Question::Sheet { system: system + 1 });
        }
        Next::Do(Act::Check)
    }
}
