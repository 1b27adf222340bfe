//! What came too late for the floor: the board of it, and what the floor answered.

use super::request::RequestKind;
use super::{Desk, DeskError, DeskResult, Done};
use crate::domain::change::Change;
use crate::domain::exception::{ExceptionRow, ObjectRef};
use crate::domain::floor::{FloorAnswer, LATE_KINDS, edits, goods, is_physical};
use crate::domain::ids::{ExceptionId, OrderId};
use crate::domain::order::OrderRow;

/// Cases on the board at most.
pub const LATE_MAX: usize = 500;
/// Orders of one case on the board.
const ORDERS_MAX: usize = 5;

/// One line of the board: what came too late, and where the goods are by the warehouse's own word.
#[derive(Debug, Clone, PartialEq)]
pub struct LateChange {
    pub case: ExceptionRow,
    pub orders: Vec<OrderRow>,
}

impl Desk {
    /// Open cases that only the floor can end, the most urgent first.
    ///
    /// # Errors
    /// [`DeskError`]: the store failed.
    pub async fn late_changes(&self) -> DeskResult<Vec<LateChange>> {
        let what = "reading the late changes";
        let open = self.store.open_exceptions(&LATE_KINDS, None).await;
        let open = open.map_err(DeskError::store(what))?;
        let ids: Vec<ExceptionId> = open.iter().take(LATE_MAX).map(|case| case.id).collect();
        let cases = self.store.exceptions_by_id(&ids).await;
        let mut late = Vec::with_capacity(ids.len());
        for case in cases.map_err(DeskError::store(what))? {
            let members = self.store.members(case.id, None, ORDERS_MAX).await;
            let members = members.map_err(DeskError::store(what))?;
            let ids: Vec<OrderId> = members
                .iter()
                .filter_map(|member| match member.object {
                    ObjectRef::Order(id) => Some(id),
                    _ => None,
                })
                .collect();
            let orders = self.store.orders_by_id(&ids).await;
            let orders = orders.map_err(DeskError::store(what))?;
            late.push(LateChange {
                case,
                orders: orders.into_iter().map(|order| order.row).collect(),
            });
        }
        late.sort_by_key(|late| {
            let case = &late.case;
            (
                case.severity,
                case.ship_by.unwrap_or(case.resolve_due_at),
                case.id,
            )
        });
        Ok(late)
    }

    /// Records what the floor answered and where the goods are.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, not a case of this sort, nothing said about the goods, changed meanwhile, or the store
    /// failed.
    pub async fn floor_said(
        &self,
        id: ExceptionId,
        version: i64,
        answer: FloorAnswer,
        where_goods: &str,
    ) -> DeskResult<Done> {
        let what = format!("recording the floor's answer to exception {id}");
        let row = self.exception(id).await?;
        let refused = |why: String| DeskError::Refused(format!("{what} was not done: {why}"));
        if !is_physical(row.kind) {
            return Err(refused(format!(
                "{} is not about goods on the floor; use its own next step",
                row.kind
            )));
        }
        let goods = goods(where_goods).map_err(refused)?;
        let mut changes: Vec<Change> = edits(answer, &goods, self.now())
            .into_iter()
            .enumerate()
            .map(|(at, edit)| Change::Exception {
                id,
                version: (at == 0).then_some(version),
                edit,
            })
            .collect();
        let mut asked = None;
        if answer == FloorAnswer::Stopped {
            let kind = RequestKind::CheckFixed { exception: id };
            let (request, change) = self.request_change(&what, &kind).await?;
            changes.push(change);
            asked = Some(request);
        }
        self.commit(&what, changes).await?;
        let text = match answer {
            FloorAnswer::Stopped => {
                "Both systems are being read; what came too late is written as soon as the warehouse lets it, and the case closes when they agree."
            }
            FloorAnswer::Ships => {
                "Customer service has it now; it waits for the despatch, one day at most."
            }
            FloorAnswer::Gone => {
                "It is closed; its debt stays open until both systems agree. Arrange the return when the goods are to come back."
            }
        };
        Ok(Done {
            text: format!("Recorded for exception {id}: {}. {text}", answer.as_str()),
            request: asked,
        })
    }
}
