//! Taking back an edit of our own books: what stays inside can be taken back as long as nobody has built on it.

use super::{Desk, DeskError, DeskResult, Done};
use crate::domain::change::{Change, Journal};
use crate::domain::exception::{ExceptionEdit, ObjectRef};
use crate::domain::ids::{JournalSeq, PairId};
use crate::domain::undo::{Undo, Undoable};
use crate::domain::views::ViewChange;

impl Desk {
    /// The newest edit of this person that can be taken back, whenever and from wherever it was made.
    ///
    /// # Errors
    /// [`DeskError`]: there is none, or the store failed.
    pub async fn newest_undoable(&self) -> DeskResult<Undoable> {
        let found = self
            .store
            .newest_undoable(&self.who.0)
            .await
            .map_err(DeskError::store("looking for what can be taken back"))?;
        found.ok_or_else(|| {
            DeskError::Refused(format!(
                "{} has made no edit that can be taken back. What went to another system is put right by an action of its own",
                self.who
            ))
        })
    }

    /// Edits made in one go with this one: taking it back takes them all back.
    ///
    /// # Errors
    /// [`DeskError`]: the store failed.
    pub async fn undoable_together(&self, found: Undoable) -> DeskResult<Vec<Undoable>> {
        if !matches!(found.undo, Undo::Exception { .. }) {
            return Ok(vec![found]);
        }
        self.store
            .undoable_together(&found)
            .await
            .map_err(DeskError::store("looking for what can be taken back"))
    }

    /// The edit that a line of the journal belongs to.
    ///
    /// # Errors
    /// [`DeskError`]: it cannot be taken back, was already, or the store failed.
    pub async fn undoable(&self, line: JournalSeq) -> DeskResult<Undoable> {
        let what = format!("line {line} of the journal");
        let found = self
            .store
            .undoable(line)
            .await
            .map_err(DeskError::store(&what))?;
        let Some(found) = found else {
            return Err(DeskError::Refused(format!(
                "{what} cannot be taken back: only a person's edits of our own books can (taking a case, handing over, snoozing, waiting, mappings, views). What went to another system is put right by an action of its own"
            )));
        };
        match &found.undone {
            Some((at, by)) => Err(DeskError::Refused(format!(
                "{what} was taken back by {by} at {at}"
            ))),
            None => Ok(found),
        }
    }

    /// Takes the edit back that ended with this line of the journal.
    ///
    /// # Errors
    /// [`DeskError`]: as [`Desk::undoable`]; or its object has changed since, by whom and what to do instead.
    pub async fn undo(&self, line: JournalSeq) -> DeskResult<Done> {
        let found = self.undoable(line).await?;
        let what = format!("taking back line {}", found.seq);
        self.must_write(&what)?;
        match &found.undo {
            Undo::Exception { .. } => self.undo_exceptions(&found).await,
            Undo::Mappings { pair, version } => self.undo_mappings(&found, pair, *version).await,
            Undo::ViewSaved {
                list,
                name,
                version,
                was,
            } => {
                let change = match was {
                    Some(was) => ViewChange::Save {
                        view: (**was).clone(),
                        over: Some(*version),
                    },
                    None => ViewChange::Remove {
                        list: *list,
                        name: name.clone(),
                        version: *version,
                    },
                };
                self.undo_view(&found, change).await
            }
            Undo::ViewRemoved { was } => {
                let change = ViewChange::Save {
                    view: (**was).clone(),
                    over: None,
                };
                self.undo_view(&found, change).await
            }
        }
    }

    /// What was made in one go is taken back in one go: all of it, or nothing and why.
    async fn undo_exceptions(&self, found: &Undoable) -> DeskResult<Done> {
        let what = format!("taking back line {}", found.seq);
        let together = self
            .store
            .undoable_together(found)
            .await
            .map_err(DeskError::store(&what))?;
        let mut changes = Vec::with_capacity(together.len() * 2);
        let mut stands = String::new();
        for one in &together {
            if let Undo::Exception { id, version, was } = &one.undo {
                stands = format!("exception {id} is {} again", was.says());
                let edit = ExceptionEdit::Undo {
                    was: was.clone(),
                    of: one.seq,
                };
                changes.push(Change::Exception {
                    id: *id,
                    version: Some(*version),
                    edit,
                });
                changes.push(Change::Undone(one.seq));
            }
        }
        let count = changes.len() / 2;
        self.commit(&what, changes).await?;
        Ok(Done::now(match count {
            1 => format!("Taken back: {stands}."),
            many => format!("Taken back: {many} exceptions stand as they did before."),
        }))
    }

    async fn undo_view(&self, found: &Undoable, change: ViewChange) -> DeskResult<Done> {
        let changes = vec![told(found), Change::View(change), Change::Undone(found.seq)];
        self.commit(&format!("taking back line {}", found.seq), changes)
            .await?;
        Ok(Done::now(format!(
            "Taken back: {} is as it was before {} changed it.",
            found.about(),
            found.by
        )))
    }

    /// Only the newest set can be taken back: a later one was made with it in sight.
    async fn undo_mappings(
        &self,
        found: &Undoable,
        pair: &PairId,
        version: i64,
    ) -> DeskResult<Done> {
        let what = format!("taking back line {}", found.seq);
        let newest = self
            .store
            .mapping_versions(pair, 1)
            .await
            .map_err(DeskError::store(&what))?;
        if let Some(later) = newest.first().filter(|set| set.version != version) {
            return Err(DeskError::Refused(format!(
                "the mappings of {pair} have changed since: {} made version {}. Roll back to a version of your choice instead (Versions in the pane of mappings, or `tallyman mappings rollback`)",
                later.who, later.version
            )));
        }
        let edits = self.edits_back(pair, version - 1).await?;
        if edits.is_empty() {
            return Err(DeskError::Refused(format!(
                "the mappings of {pair} are as they were before; there is nothing to take back"
            )));
        }
        let why = format!("line {} taken back", found.seq);
        let with = vec![told(found), Change::Undone(found.seq)];
        let mut done = self.store_edits(pair, edits, why, &what, with).await?;
        done.text.insert_str(0, "Taken back: ");
        Ok(done)
    }
}

/// The journal's line about taking back what has no line of its own for it.
fn told(found: &Undoable) -> Change {
    Change::Journal(Journal {
        action: "edit.undone".to_owned(),
        object: ObjectRef::House(format!("line {}", found.seq)),
        pair: None,
        before: found.action.clone(),
        after: String::new(),
        reason: format!("{}, done by {}", found.about(), found.by),
        exception: None,
        payload: None,
    })
}
