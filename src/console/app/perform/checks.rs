//! What the actions of the Checks pane do; and the way from a figure to the list that was counted.

use super::super::App;
use super::super::action::Action;
use super::super::ask::Act;
use super::super::layers::Layer;
use super::super::layers::check_form::CheckForm;
use super::super::layers::form::{Form, Purpose};
use super::super::nav::Pane;
use super::super::panes::stock;
use super::super::sheets;
use crate::desk::CheckLine;
use crate::domain::checks::Shelf;
use crate::domain::ids::PairId;

impl App {
    pub(super) fn on_check(&mut self, action: Action, line: Option<&CheckLine>) {
        match (action, line) {
            (Action::SignCheck, Some(line)) => self.sign(line),
            (Action::HandOver, line) => {
                let team = line.map(|l| l.team).or(self.panes.checks.team);
                let about = vec!["The next shift sees it first, on top of the sheet.".to_owned()];
                let purpose = Purpose::Checks(CheckForm::HandOver(team));
                let form = Form::new(purpose, "Hand over to the next shift".to_owned(), about);
                self.push_layer(Layer::Form(form));
            }
            (Action::ExportSheet, _) => {
                let pane = &self.panes.checks;
                let (cadence, team) = (pane.cadence, pane.team);
                self.act(Act::ExportChecks { cadence, team });
            }
            _ => {}
        }
    }

    fn sign(&mut self, line: &CheckLine) {
        let mut about: Vec<String> = line
            .figures
            .iter()
            .filter(|f| f.count > 0)
            .map(|f| format!("{}: {}", f.label, f.words(self.now)))
            .collect();
        if about.is_empty() {
            about.push("Nothing was found.".to_owned());
        }
        if line.periods.len() > 1 {
            let of: Vec<String> = line.periods.iter().map(ToString::to_string).collect();
            about.push(format!("Signs {}.", of.join(", ")));
        }
        about.push("The figures are counted again and kept with your name.".to_owned());
        let purpose = Purpose::Checks(CheckForm::Sign {
            check: line.check,
            team: line.team,
            periods: line.periods.clone(),
        });
        let title = format!("Sign {}", sheets::checks::title(line));
        self.push_layer(Layer::Form(Form::new(purpose, title, about)));
    }

    /// Goes to the list that was counted, with the filter that counted it.
    pub(super) fn go_to_list(&mut self, shelf: Shelf, pair: Option<&PairId>, filter: &str) {
        self.nav.pane = match shelf {
            Shelf::Orders => Pane::Orders,
            Shelf::Exceptions => Pane::Exceptions,
            Shelf::Mappings => Pane::Mappings,
            Shelf::Stock | Shelf::Lanes => Pane::Stock,
            Shelf::Returns => Pane::Returns,
        };
        while self.nav.back() {}
        self.panes.stock.part = match shelf {
            Shelf::Lanes => stock::Part::Lanes,
            _ => stock::Part::Drift,
        };
        if let Some(pair) = pair {
            for _ in 0..self.panes.mappings.pairs.len() {
                if self.panes.mappings.current_pair() == Some(pair) {
                    break;
                }
                self.panes.mappings.next_pair();
            }
        }
        // Team, owner and an earlier filter would hide rows that were counted.
        self.clear_filter();
        self.set_filter(filter);
    }
}
