//! Checks: the sheet of today, this week or this month, what was handed over and carried over on top.

use super::super::list::Load;
use crate::desk::{CheckLine, CheckSheet, signing_teams};
use crate::domain::checks::{Cadence, HandOver};
use crate::domain::exception::Team;

/// A row of the sheet.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    Note(&'a HandOver),
    Check(&'a CheckLine),
}

/// The pane's state.
#[derive(Debug, Clone)]
pub struct Checks {
    pub sheet: Option<CheckSheet>,
    pub load: Load,
    pub generation: u64,
    pub is_stale: bool,
    pub cadence: Cadence,
    /// Only this team's lines.
    pub team: Option<Team>,
    pub cursor: usize,
}

impl Checks {
    /// Nothing read yet.
    pub const fn new() -> Self {
        Self {
            sheet: None,
            load: Load::Never,
            generation: 0,
            is_stale: true,
            cadence: Cadence::Daily,
            team: None,
            cursor: 0,
        }
    }

    /// A row by its place: notes, then checks.
    pub fn row(&self, at: usize) -> Option<Row<'_>> {
        let sheet = self.sheet.as_ref()?;
        let notes = sheet.hand_overs.len();
        match sheet.hand_overs.get(at) {
            Some(note) => Some(Row::Note(note)),
            None => sheet.lines.get(at - notes).map(Row::Check),
        }
    }

    /// How many rows there are.
    pub fn total(&self) -> usize {
        self.sheet
            .as_ref()
            .map_or(0, |s| s.hand_overs.len() + s.lines.len())
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<Row<'_>> {
        self.row(self.cursor)
    }

    /// The check under the cursor.
    pub fn current_check(&self) -> Option<&CheckLine> {
        match self.current()? {
            Row::Check(line) => Some(line),
            Row::Note(_) => None,
        }
    }

    /// A sheet as it was read: the cursor stays on its check.
    pub fn take(&mut self, sheet: CheckSheet) {
        let was = self
            .current_check()
            .map(|l| (l.check.code, l.team, l.periods.first().copied()));
        self.sheet = Some(sheet);
        self.load = Load::Ready;
        let place = (0..self.total()).find(|at| match self.row(*at) {
            Some(Row::Check(l)) => Some((l.check.code, l.team, l.periods.first().copied())) == was,
            _ => false,
        });
        if let Some(place) = place {
            self.cursor = place;
        }
        self.move_by(0);
    }

    /// Moves the cursor.
    pub fn move_by(&mut self, by: isize) {
        let last = self.total().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    /// The next or previous sheet.
    pub fn turn(&mut self, by: isize) {
        let n = Cadence::ALL.len().cast_signed();
        let at = Cadence::ALL.iter().position(|c| *c == self.cadence);
        let next = (at.unwrap_or(0).cast_signed() + by).rem_euclid(n);
        if let Some(cadence) = Cadence::ALL.get(next.unsigned_abs()) {
            self.cadence = *cadence;
        }
        self.restart();
    }

    /// The next team that signs anything, after the last all of them.
    pub fn next_team(&mut self) {
        let teams = signing_teams();
        self.team = match self.team {
            None => teams.first().copied(),
            Some(team) => {
                let at = teams.iter().position(|t| *t == team).unwrap_or(0);
                teams.get(at + 1).copied()
            }
        };
        self.restart();
    }

    /// Another sheet is wanted: the old one must not be taken for it.
    fn restart(&mut self) {
        self.sheet = None;
        self.load = Load::Never;
        self.is_stale = true;
        self.cursor = 0;
    }
}

impl Default for Checks {
    fn default() -> Self {
        Self::new()
    }
}
