//! Text of an order that a person corrected for its send.

use super::context::Cx;
use super::requests::{Answered, field, recheck_order, refused};
use crate::domain::change::{Change, Journal};
use crate::domain::delivery::DeliveryRow;
use crate::domain::edits::{SafeField, keeps_text, merged};
use crate::domain::exception::ObjectRef;
use crate::domain::ids::OrderId;
use crate::domain::time::Ts;
use crate::store::StoreResult;
use crate::store::read::RequestRow;

/// Keeps original and edited text with the order, and has it decided again. The journal names the fields and their
/// lengths only: it is kept for ever, a customer's address is not.
pub(super) async fn edit_order(cx: &Cx, request: &RequestRow, now: Ts) -> StoreResult<Answered> {
    let (Some(id), Some(texts)) = (
        field::<OrderId>(request, "order"),
        field::<Vec<(SafeField, String)>>(request, "fields"),
    ) else {
        return Ok(refused("the request names no order and fields"));
    };
    let Some(order) = cx.store.orders_by_id(&[id]).await?.into_iter().next() else {
        return Ok(refused("there is no such order"));
    };
    let hot = cx.store.hot_deliveries_of(&[id]).await?;
    let is_begun = hot.values().flatten().any(DeliveryRow::is_creation_begun);
    if let Some(why) = keeps_text(order.row.state, is_begun) {
        return Ok(refused(why));
    }
    let reason: String = field(request, "reason").unwrap_or_default();
    let (mut row, mut body) = (order.row.clone(), order.body.clone());
    let address = &body.source.address;
    let lengths = |text: &dyn Fn(&(SafeField, String)) -> usize| -> String {
        let named = texts.iter().map(|t| {
            let chars = i64::try_from(text(t)).unwrap_or(i64::MAX);
            let chars = crate::text::count(chars, "character", "characters");
            format!("{}: {chars}", t.0)
        });
        named.collect::<Vec<_>>().join(", ")
    };
    let journal = Journal {
        action: "order.edited".to_owned(),
        object: ObjectRef::Order(id),
        pair: Some(row.pair.clone()),
        before: lengths(&|(field, _)| field.of(address).chars().count()),
        after: lengths(&|(_, text)| text.chars().count()),
        reason: format!("{reason} ({})", request.who),
        exception: None,
        payload: None,
    };
    let by = (request.who.as_str(), reason.as_str(), now);
    body.edits = merged(&body.edits, address, &texts, by);
    row.updated_at = now;
    let number = row.number.clone();
    let changes = vec![
        Change::Order {
            row: Box::new(row),
            body: Some(Box::new(body)),
            lines: None,
        },
        Change::Journal(journal),
        recheck_order(cx, id).await?,
    ];
    Ok(Answered {
        changes,
        is_ok: true,
        text: format!("{number} is checked again as edited; it goes when nothing else holds it"),
    })
}
