//! Signatures of checks and hand-over notes: added, never changed.

use super::{Work, entry};
use crate::domain::change::Change;
use crate::domain::checks::{HandOver, Signature};
use crate::domain::exception::ObjectRef;
use crate::store::value::vals;
use crate::store::{StoreError, StoreResult};

pub(super) async fn write(work: &mut Work<'_>, changes: &[(usize, &Change)]) -> StoreResult<()> {
    for (index, change) in changes {
        match change {
            Change::CheckSigned(signature) => sign(work, *index, signature).await?,
            Change::HandedOver(note) => hand_over(work, *index, note).await?,
            _ => {}
        }
    }
    Ok(())
}

async fn sign(work: &mut Work<'_>, index: usize, signed: &Signature) -> StoreResult<()> {
    let period = signed.period;
    let first_day = period.first.to_string();
    let added = work
        .conn
        .exec(
            "insert into check_signature (check_code, team, cadence, first_day, signed_at, signed_by, result, note) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (cadence, first_day, check_code, team) do nothing",
            vals![
                signed.check.as_str(),
                signed.team.code(),
                period.cadence.code(),
                first_day.as_str(),
                signed.at,
                signed.by.as_str(),
                signed.result.as_str(),
                signed.note.as_str(),
            ],
        )
        .await?;
    if added == 0 {
        let row = work
            .conn
            .row(
                "select signed_by from check_signature \
                 where cadence = $1 and first_day = $2 and check_code = $3 and team = $4",
                vals![
                    period.cadence.code(),
                    first_day,
                    signed.check.as_str(),
                    signed.team.code()
                ],
            )
            .await?;
        let by = match row {
            Some(row) => row.get::<String>(0)?,
            None => "somebody".to_owned(),
        };
        return Err(StoreError::Refused(format!(
            "{by} signed it for {period} already; a signature stays as it is"
        )));
    }
    let line = entry(
        "check.signed",
        ObjectRef::House(signed.object()),
        None,
        "",
        signed.result.as_str(),
        signed.note.as_str(),
    );
    work.note(index, None, line);
    Ok(())
}

async fn hand_over(work: &mut Work<'_>, index: usize, note: &HandOver) -> StoreResult<()> {
    work.conn
        .exec(
            "insert into hand_over (team, at, by_whom, body) values ($1, $2, $3, $4)",
            vals![
                note.team.code(),
                note.at,
                note.by.as_str(),
                note.text.as_str()
            ],
        )
        .await?;
    let line = entry(
        "check.handed_over",
        ObjectRef::House(format!("hand-over/{}", note.team)),
        None,
        "",
        note.text.as_str(),
        "",
    );
    work.note(index, None, line);
    Ok(())
}
