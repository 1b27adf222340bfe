//! Attempts: what was tried, when, and what came back.

use super::value::vals;
use super::{Store, StoreResult};
use crate::domain::delivery::{AnswerClass, Attempt};
use crate::domain::ids::{DeliveryId, PayloadId};

impl Store {
    /// Every attempt of a delivery, oldest first.
    pub async fn attempts(&self, delivery: DeliveryId) -> StoreResult<Vec<Attempt>> {
        let mut conn = self.inner.db.read().await?;
        conn.rows(
            "select n, step, started_at, finished_at, class, text, request, answer from attempt \
             where delivery_id = $1 order by n, id",
            vals![delivery.0],
        )
        .await?
        .iter()
        .map(|row| {
            let mut c = row.cols();
            Ok(Attempt {
                delivery,
                n: c.int()?,
                step: c.int()?,
                started_at: c.ts()?,
                finished_at: c.ts()?,
                class: c.code(AnswerClass::from_code)?,
                text: c.text()?,
                request: c.opt_int()?.map(PayloadId),
                answer: c.opt_int()?.map(PayloadId),
            })
        })
        .collect()
    }
}
