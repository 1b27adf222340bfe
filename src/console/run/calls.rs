//! A stored call for its page: both bodies set out, and what differs from the last one that went well.

use super::super::app::ask::{CallBody, GoodCall, Origin, PayloadSheet, Trouble};
use super::store::StoreBackend;
use crate::domain::ids::PayloadId;
use crate::report::body::{Compared, Pretty, compare, pretty};
use crate::store::read::{Exchange, PayloadText};

fn set_out(text: &PayloadText) -> CallBody {
    let shown = text
        .body
        .as_ref()
        .map(|bytes| pretty(&String::from_utf8_lossy(bytes)));
    CallBody {
        shown,
        hash: text.hash.clone(),
    }
}

fn against(this: Option<&CallBody>, good: Option<&CallBody>) -> Option<Compared> {
    let lines = |body: Option<&CallBody>| -> Option<Pretty> { body?.shown.clone() };
    let (this, good) = (lines(this)?, lines(good)?);
    let mut compared = compare(&good.lines, &this.lines);
    compared.is_cut |= this.is_cut || good.is_cut;
    Some(compared)
}

impl StoreBackend {
    /// The call that a body belongs to.
    pub(super) async fn call(&self, id: PayloadId) -> Result<Option<PayloadSheet>, Trouble> {
        let store = self.store();
        let Some(found) = store.exchange(id).await? else {
            return Ok(None);
        };
        let (request, answer) = found.bodies();
        let Some(first) = request.or(answer) else {
            return Ok(None);
        };
        let ids: Vec<PayloadId> = [request, answer]
            .into_iter()
            .flatten()
            .map(|body| body.id)
            .collect();
        let good = store
            .last_good_call(&first.system, &first.method, &ids)
            .await?;
        let good = match good {
            Some(good) => store.exchange(good).await?.map(|call| (good, call)),
            None => None,
        };
        let (at, title) = (first.at, format!("{} of {}", first.method, first.system));
        let origin = match &found {
            Exchange::Call { .. } => Origin::Ours,
            Exchange::Heard(_) => Origin::Heard,
        };
        let (request, answer) = (request.map(set_out), answer.map(set_out));
        let good = good.map(|(good, call)| compared(good, &call, (&request, &answer)));
        Ok(Some(PayloadSheet {
            id,
            at,
            title,
            origin,
            request,
            answer,
            good: good.flatten(),
        }))
    }
}

fn compared(
    id: PayloadId,
    good: &Exchange,
    (request, answer): (&Option<CallBody>, &Option<CallBody>),
) -> Option<GoodCall> {
    let (good_request, good_answer) = good.bodies();
    let at = good_request.or(good_answer)?.at;
    let (good_request, good_answer) = (good_request.map(set_out), good_answer.map(set_out));
    Some(GoodCall {
        id,
        at,
        request: against(request.as_ref(), good_request.as_ref()),
        answer: against(answer.as_ref(), good_answer.as_ref()),
    })
}
