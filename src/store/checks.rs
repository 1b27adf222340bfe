//! Signatures of checks, hand-over notes, and the figures no list has.

use super::value::{Cols, vals};
use super::{Store, StoreError, StoreResult};
use crate::domain::checks::{Cadence, HandOver, Period, Signature, Tally};
use crate::domain::exception::Team;
use crate::domain::time::Ts;
use chrono::NaiveDate;

/// Most signatures read at once: every check of every team, for longer than anything is carried over.
const SIGNATURES_MAX: i64 = 2_000;

const SIGNATURE: &str = "select check_code, team, cadence, first_day, signed_at, signed_by, result, note from check_signature";

fn signature(c: &mut Cols<'_>) -> StoreResult<Signature> {
    let (check, team) = (c.text()?, c.code(Team::from_code)?);
    let cadence = c.code(Cadence::from_code)?;
    let first = day(&c.text::<String>()?)?;
    Ok(Signature {
        check,
        team,
        period: Period { cadence, first },
        at: c.ts()?,
        by: c.text()?,
        result: c.text()?,
        note: c.text()?,
    })
}

fn day(text: &str) -> StoreResult<NaiveDate> {
    text.parse()
        .map_err(|_| StoreError::Decode(format!("{text:?} is not a day")))
}

impl Store {
    /// Signatures for periods of a cadence that begin within these days, oldest period first.
    pub async fn signatures(
        &self,
        cadence: Cadence,
        from: NaiveDate,
        to: NaiveDate,
    ) -> StoreResult<Vec<Signature>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            format!(
                "{SIGNATURE} where cadence = $1 and first_day >= $2 and first_day <= $3 \
                 order by cadence, first_day, check_code, team @limit($4)"
            ),
            vals![
                cadence.code(),
                from.to_string(),
                to.to_string(),
                SIGNATURES_MAX
            ],
        )
        .await?
        .iter()
        .map(|row| signature(&mut row.cols()))
        .collect()
    }

    /// Hand-over notes of a team, newest first.
    pub async fn hand_overs(&self, team: Team, limit: usize) -> StoreResult<Vec<HandOver>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select team, at, by_whom, body from hand_over where team = $1 \
             order by team desc, at desc, id desc @limit($2)",
            vals![team.code(), super::limit(limit)],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok(HandOver {
                team: c.code(Team::from_code)?,
                at: c.ts()?,
                by: c.text()?,
                text: c.text()?,
            })
        })
        .collect()
    }

    /// Debts that no comparison has settled.
    pub async fn open_debt(&self) -> StoreResult<Tally> {
        self.debt_tally("settled_at is null", Ts(0)).await
    }

    /// What was dismissed since a time, settled meanwhile or not.
    pub async fn dismissed_since(&self, since: Ts) -> StoreResult<Tally> {
        self.debt_tally("at >= $1", since).await
    }

    async fn debt_tally(&self, condition: &str, since: Ts) -> StoreResult<Tally> {
        let args = if condition.contains("$1") {
            vals![since]
        } else {
            vec![]
        };
        let mut conn = self.inner.db.read().await?;
        let sql = format!("select count(*), min(at) from debt where {condition}");
        let Some(row) = conn.row(sql, args).await? else {
            return Ok(Tally::default());
        };
        let mut c = row.cols();
        Ok(Tally {
            count: c.int()?,
            oldest: c.opt_ts()?,
            ..Tally::default()
        })
    }

    /// When the journal begins: from before nothing is expected of anybody.
    pub async fn began_at(&self) -> StoreResult<Option<Ts>> {
        let mut conn = self.inner.db.read().await?;
        let row = conn
            .row("select at from journal order by seq limit 1", vec![])
            .await?;
        row.map(|row| row.cols().ts()).transpose()
    }
}
