//! Who looks at what just now. Nothing of the books: the journal is not told, and it is forgotten within minutes.

use super::value::vals;
use super::{Store, StoreResult};
use crate::domain::time::{Span, Ts};

/// How long somebody counts as being at a place after the last look.
pub const PRESENT_FOR: Span = Span::secs(150);
/// When a session that was not heard of is forgotten.
const FORGOTTEN_AFTER: Span = Span::mins(10);
/// Others named at a place at most.
const OTHERS_MAX: usize = 20;

/// Somebody who looks at the same thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    pub who: String,
    pub since: Ts,
}

impl Store {
    /// A session looks at a place, and nowhere else.
    pub async fn look_at(&self, session: &str, who: &str, place: &str, now: Ts) -> StoreResult<()> {
        let mut conn = self.inner.write().await?;
        conn.exec(
            "delete from presence where seen_at < $1",
            vals![now - FORGOTTEN_AFTER],
        )
        .await?;
        conn.exec(
            "insert into presence (session, who, place, since, seen_at) values ($1, $2, $3, $4, $4) \
             on conflict (session) do update set who = excluded.who, place = excluded.place, \
             since = case when presence.place = excluded.place then presence.since else excluded.since end, \
             seen_at = excluded.seen_at",
            vals![session, who, place, now],
        )
        .await?;
        conn.commit().await.map_err(|(error, _)| error)
    }

    /// Who else looks at a place, the longest there first.
    pub async fn others_at(
        &self,
        place: &str,
        session: &str,
        now: Ts,
    ) -> StoreResult<Vec<Present>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select who, min(since) from presence where place = $1 and session <> $2 and seen_at > $3 \
             group by who order by min(since), who @limit($4)",
            vals![place, session, now - PRESENT_FOR, super::limit(OTHERS_MAX)],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok(Present {
                who: c.text()?,
                since: c.ts()?,
            })
        })
        .collect()
    }
}
