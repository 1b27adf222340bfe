//! Working on exceptions: take, hand over, put off, say fixed, dismiss with a debt.

use super::request::RequestKind;
use super::{Desk, DeskError, DeskResult, Done, reason};
use crate::domain::change::Change;
use crate::domain::exception::{ExceptionEdit, ExceptionRow, Team};
use crate::domain::ids::ExceptionId;
use crate::domain::time::Ts;

/// Conditions a snooze may end on.
pub const SNOOZE_CONDITIONS: &[&str] = &["next_snapshot", "grows"];

impl Desk {
    /// An open exception as it stands now.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when there is none with this number.
    pub async fn exception(&self, id: ExceptionId) -> DeskResult<ExceptionRow> {
        let what = format!("exception {id}");
        self.store
            .exception(id)
            .await
            .map_err(DeskError::store(&what))?
            .ok_or(DeskError::NotFound { what })
    }

    async fn edit(
        &self,
        id: ExceptionId,
        version: i64,
        verb: &str,
        edit: ExceptionEdit,
        text: String,
    ) -> DeskResult<Done> {
        let change = Change::Exception {
            id,
            version: Some(version),
            edit,
        };
        self.commit(&format!("{verb} exception {id}"), vec![change])
            .await?;
        Ok(Done::now(text))
    }

    /// Takes ownership; escalation stops.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, changed meanwhile, refused by the life cycle, or the store failed.
    pub async fn acknowledge(&self, id: ExceptionId, version: i64) -> DeskResult<Done> {
        let text = format!(
            "Exception {id} is yours. It comes back by itself if nothing happens to it in time."
        );
        self.edit(
            id,
            version,
            "acknowledging",
            ExceptionEdit::Acknowledge,
            text,
        )
        .await
    }

    /// Hands it to a team, optionally to a person, with a note about why when given.
    ///
    /// # Errors
    /// As [`Desk::acknowledge`].
    pub async fn assign(
        &self,
        id: ExceptionId,
        version: i64,
        team: Team,
        person: Option<&str>,
        note: Option<&str>,
    ) -> DeskResult<Done> {
        let person = person
            .map(|p| crate::text::clean_to(p.trim(), 64))
            .filter(|p| !p.is_empty());
        let text = match &person {
            Some(person) => format!("Exception {id} belongs to {person} of {team} now."),
            None => format!("Exception {id} belongs to {team} now."),
        };
        let mut changes = vec![Change::Exception {
            id,
            version: Some(version),
            edit: ExceptionEdit::Assign { team, person },
        }];
        if let Some(note) = note {
            changes.push(Change::Exception {
                id,
                version: None,
                edit: ExceptionEdit::Note {
                    text: reason("a note", note)?,
                },
            });
        }
        self.commit(&format!("assigning exception {id}"), changes)
            .await?;
        Ok(Done::now(text))
    }

    /// Says that somebody has started on it.
    ///
    /// # Errors
    /// As [`Desk::acknowledge`].
    pub async fn work(&self, id: ExceptionId, version: i64) -> DeskResult<Done> {
        let text = format!("Exception {id} is being worked on by {}.", self.who);
        self.edit(id, version, "starting on", ExceptionEdit::Work, text)
            .await
    }

    /// Puts it off until a time, or a condition of [`SNOOZE_CONDITIONS`] before that; never past its earliest promise.
    ///
    /// # Errors
    /// As [`Desk::acknowledge`].
    pub async fn snooze(
        &self,
        id: ExceptionId,
        version: i64,
        until: Ts,
        condition: Option<&str>,
    ) -> DeskResult<Done> {
        let row = self.exception(id).await?;
        let refuse = |why: String| {
            Err(DeskError::Refused(format!(
                "exception {id} was not snoozed: {why}"
            )))
        };
        if until <= self.now() {
            return refuse("that time has passed; give a later one".to_owned());
        }
        if let Some(promise) = row.ship_by.filter(|promise| until > *promise) {
            return refuse(format!(
                "an order in it must ship by {promise}; snooze it to an earlier time"
            ));
        }
        if let Some(unknown) = condition.filter(|c| !SNOOZE_CONDITIONS.contains(c)) {
            return refuse(format!(
                "{:?} is not a condition; use {}",
                crate::text::clean_to(unknown, 40),
                SNOOZE_CONDITIONS.join(" or ")
            ));
        }
        let text = match condition {
            Some(condition) => {
                format!("Exception {id} sleeps until {until}, or earlier: {condition}.")
            }
            None => {
                format!("Exception {id} sleeps until {until}; it wakes early if it grows by half.")
            }
        };
        let edit = ExceptionEdit::Snooze {
            until,
            condition: condition.map(str::to_owned),
        };
        self.edit(id, version, "snoozing", edit, text).await
    }

    /// An outside party must act, until when.
    ///
    /// # Errors
    /// As [`Desk::acknowledge`].
    pub async fn wait(
        &self,
        id: ExceptionId,
        version: i64,
        who: &str,
        until: Ts,
    ) -> DeskResult<Done> {
        let who = reason("waiting for somebody", who)?;
        if until <= self.now() {
            return Err(DeskError::Refused(format!(
                "exception {id} was not set waiting: {until} has passed; give a later time"
            )));
        }
        let text = format!("Exception {id} waits for {who} until {until}.");
        let edit = ExceptionEdit::Wait { who, until };
        self.edit(id, version, "waiting with", edit, text).await
    }

    /// Adds a remark. Needs no version: remarks never overwrite each other.
    ///
    /// # Errors
    /// As [`Desk::acknowledge`].
    pub async fn note(&self, id: ExceptionId, text: &str) -> DeskResult<Done> {
        let change = Change::Exception {
            id,
            version: None,
            edit: ExceptionEdit::Note {
                text: reason("a note", text)?,
            },
        };
        self.commit(&format!("the note on exception {id}"), vec![change])
            .await?;
        Ok(Done::now(format!("The note on exception {id} is kept.")))
    }

    /// Says it is fixed. Both systems are read again; only when they agree it is resolved.
    ///
    /// # Errors
    /// As [`Desk::acknowledge`].
    pub async fn mark_fixed(&self, id: ExceptionId, version: i64) -> DeskResult<Done> {
        let what = format!("marking exception {id} fixed");
        let kind = RequestKind::CheckFixed { exception: id };
        let (request, change) = self.request_change(&what, &kind).await?;
        let edit = Change::Exception {
            id,
            version: Some(version),
            edit: ExceptionEdit::MarkFixed,
        };
        self.commit(&what, vec![edit, change]).await?;
        Ok(Done {
            text: format!(
                "Exception {id} counts as fixed once both systems read back the same; they are being read."
            ),
            request: Some(request),
        })
    }

    /// Closes it without agreement. Leaves a debt that stays on the daily sheet until the systems agree.
    ///
    /// # Errors
    /// As [`Desk::acknowledge`]; also when its kind cannot be dismissed.
    pub async fn dismiss(&self, id: ExceptionId, version: i64, why: &str) -> DeskResult<Done> {
        let why = reason("dismissing an exception", why)?;
        let row = self.exception(id).await?;
        let entry = row.kind.entry();
        if !entry.is_dismissable {
            return Err(DeskError::Refused(format!(
                "exception {id} was not dismissed: {} cannot be dismissed, it must be settled. {}",
                row.kind, entry.next_step
            )));
        }
        let text =
            format!("Exception {id} is dismissed; its debt stays open until both systems agree.");
        self.edit(
            id,
            version,
            "dismissing",
            ExceptionEdit::Dismiss { reason: why },
            text,
        )
        .await
    }

    /// Has its orders checked and its deliveries tried again, with today's mappings and content.
    ///
    /// # Errors
    /// As [`Desk::acknowledge`].
    pub async fn retry_exception(&self, id: ExceptionId) -> DeskResult<Done> {
        let row = self.exception(id).await?;
        if !row.state.is_open() {
            return Err(DeskError::Refused(format!(
                "exception {id} is {}; there is nothing to retry",
                row.state
            )));
        }
        let asked = format!(
            "{} of exception {id} will be tried again.",
            crate::text::count(row.members, "member", "members")
        );
        self.ask(
            &format!("retrying exception {id}"),
            RequestKind::RetryException { exception: id },
            asked,
        )
        .await
    }
}
