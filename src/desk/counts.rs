//! Counts of items: asked of the floor, and what the floor counted.

use super::{Desk, DeskError, DeskResult, Done, REASON_CHARS_MAX, reason};
use crate::domain::catalogue::Kind;
use crate::domain::change::{Change, Journal};
use crate::domain::count::{EACH_MAX, Shown, verdict};
use crate::domain::exception::{ExceptionEdit, ObjectRef, Occurrence, OccurrenceRow};
use crate::domain::ids::{ExceptionId, ItemCode, LocationId, PairId};

/// Open cases about an item that are told of its count at most.
const TOLD_MAX: usize = 10;

fn line(action: &str, pair: &PairId, object: ObjectRef, after: String, reason: &str) -> Change {
    Change::Journal(Journal {
        action: action.to_owned(),
        object,
        pair: Some(pair.clone()),
        before: String::new(),
        after,
        reason: reason.to_owned(),
        exception: None,
        payload: None,
    })
}

/// What the object of such a case is called.
fn object(item: &ItemCode, location: &LocationId) -> ObjectRef {
    ObjectRef::Item(format!("{item}@{location}"))
}

impl Desk {
    /// Asks the floor to count an item: a case of the warehouse until the figure is recorded.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, no reason, unknown position, asked for already, or the store failed.
    pub async fn ask_count(
        &self,
        pair: &PairId,
        (item, location): (&ItemCode, &LocationId),
        why: &str,
    ) -> DeskResult<Done> {
        let what = format!("asking for a count of {item}");
        let why = reason(&what, why)?;
        let position = self.position(pair, item, location).await?;
        let object = object(item, location);
        if let Some(open) = self.count_asked(&what, pair, &object).await? {
            return Err(DeskError::Refused(format!(
                "a count of {item} is asked for already: exception {}",
                open.exception
            )));
        }
        let raised = Occurrence {
            kind: Kind::StkCountAsked,
            pair: pair.clone(),
            discriminator: format!("ITEM={}", object.id()),
            object: object.clone(),
            label: item.0.clone(),
            detail: format!(
                "{} asks: {why} (on hand in the warehouse: {}, unexplained: {:+})",
                self.who, position.on_hand_each, position.remainder_each
            ),
            began_at: self.now(),
            ship_by: None,
            value_minor: position.value_at_risk_minor,
            severity: None,
        };
        let line = line("stock.count_asked", pair, object, String::new(), &why);
        self.commit(&what, vec![Change::Raise(raised), line])
            .await?;
        Ok(Done::now(format!(
            "The warehouse is asked to count {item}; the figure comes back as a note."
        )))
    }

    /// Records what the floor counted. Its case ends; other open cases about the item get the figure as a note.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, not a case of this sort, a figure that is none, or the store failed.
    pub async fn counted(
        &self,
        id: ExceptionId,
        counted_each: i64,
        remark: &str,
    ) -> DeskResult<Done> {
        let what = format!("recording the count of exception {id}");
        let refused = |why: &str| DeskError::Refused(format!("{what} was not done: {why}"));
        let row = self.exception(id).await?;
        if row.kind != Kind::StkCountAsked || !row.state.is_open() {
            return Err(refused("nobody waits for a count there"));
        }
        if !(0..=EACH_MAX).contains(&counted_each) {
            return Err(refused(&format!("a count is 0 to {EACH_MAX} units")));
        }
        let name = row.discriminator.strip_prefix("ITEM=").unwrap_or_default();
        let (item, location) = name.rsplit_once('@').unwrap_or((name, ""));
        let (item, location) = (ItemCode(item.to_owned()), LocationId(location.to_owned()));
        let shown = match self.position(&row.pair, &item, &location).await {
            Ok(position) => Some(Shown {
                on_hand_each: position.on_hand_each,
                unexplained_each: position.remainder_each,
            }),
            Err(DeskError::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        let verdict = verdict(counted_each, shown);
        let remark = crate::text::clean_to(remark.trim(), REASON_CHARS_MAX);
        let object = ObjectRef::Item(name.to_owned());
        let mut changes = self.notes(&what, &object, id, &verdict, &remark).await?;
        let line = line(
            "stock.counted",
            &row.pair,
            object.clone(),
            verdict.clone(),
            &remark,
        );
        changes.push(line);
        changes.push(Change::Clear {
            kind: row.kind,
            pair: row.pair,
            discriminator: Some(row.discriminator),
            object,
            how: "counted".to_owned(),
            evidence: verdict.clone(),
        });
        self.commit(&what, changes).await?;
        Ok(Done::now(format!("{item}: {verdict}.")))
    }

    /// The count of an item that is asked for now.
    async fn count_asked(
        &self,
        what: &str,
        pair: &PairId,
        object: &ObjectRef,
    ) -> DeskResult<Option<OccurrenceRow>> {
        let open = self.store.occurrences_of(object).await;
        let open = open.map_err(DeskError::store(what))?;
        let asked = open
            .into_iter()
            .filter(|(kind, ..)| *kind == Kind::StkCountAsked);
        for (.., member) in asked {
            if self.exception(member.exception).await?.pair == *pair {
                return Ok(Some(member));
            }
        }
        Ok(None)
    }

    /// The figure as a note on every other open case about the item.
    async fn notes(
        &self,
        what: &str,
        object: &ObjectRef,
        asked: ExceptionId,
        verdict: &str,
        remark: &str,
    ) -> DeskResult<Vec<Change>> {
        let open = self.store.occurrences_of(object).await;
        let open = open.map_err(DeskError::store(what))?;
        let text = match remark {
            "" => format!("the floor: {verdict}"),
            remark => format!("the floor: {verdict} ({remark})"),
        };
        let others = open.into_iter().map(|(.., member)| member.exception);
        Ok(others
            .filter(|other| *other != asked)
            .take(TOLD_MAX)
            .map(|id| Change::Exception {
                id,
                version: None,
                edit: ExceptionEdit::Note { text: text.clone() },
            })
            .collect())
    }
}
