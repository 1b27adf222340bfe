//! A stored call as people read it: both bodies set out, people masked unless somebody looks into all of it, and what
//! differs from the last call that went well.

use super::body::{Compared, Masker, Pretty, compare, pretty};
use crate::domain::ids::PayloadId;
use crate::domain::time::Ts;
use crate::store::read::{Exchange, PayloadText};
use crate::store::{Store, StoreResult};
use serde::Serialize;

/// How much of a call is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    /// Names, addresses, telephone numbers and tokens are replaced by words.
    Masked,
    /// As it was sent and came. Whoever asks for it stands in the journal.
    Whole,
}

/// Who spoke first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A call of ours.
    Ours,
    /// A message that came in by itself; it stands in the request's place.
    Heard,
}

/// One body of a call.
#[derive(Debug, Clone, Serialize)]
pub struct CallBody {
    /// `None` when past its retention.
    pub shown: Option<Pretty>,
    pub hash: String,
}

/// The last call of the same kind that took effect, and in what this one differs from it.
#[derive(Debug, Clone, Serialize)]
pub struct GoodCall {
    pub id: PayloadId,
    pub at: Ts,
    pub request: Option<Compared>,
    pub answer: Option<Compared>,
}

/// A stored call.
#[derive(Debug, Clone, Serialize)]
pub struct StoredCall {
    pub id: PayloadId,
    pub at: Ts,
    pub title: String,
    pub origin: Origin,
    pub sight: Sight,
    pub request: Option<CallBody>,
    pub answer: Option<CallBody>,
    pub good: Option<GoodCall>,
}

impl StoredCall {
    /// With words in place of what is about people, the same for the same value on both sides and in the comparison.
    #[must_use]
    pub fn masked(mut self) -> Self {
        let mut masker = Masker::default();
        let bodies = || [&self.request, &self.answer].into_iter().flatten();
        for shown in bodies().filter_map(|body| body.shown.as_ref()) {
            masker.learn(&shown.lines);
        }
        let sides = [&mut self.request, &mut self.answer].into_iter().flatten();
        for shown in sides.filter_map(|body| body.shown.as_mut()) {
            for line in &mut shown.lines {
                *line = masker.line(line);
            }
        }
        if let Some(good) = &mut self.good {
            let sides = [&mut good.request, &mut good.answer].into_iter().flatten();
            for (_, line) in sides.flat_map(|side| side.lines.iter_mut()) {
                *line = masker.line(line);
            }
        }
        self.sight = Sight::Masked;
        self
    }
}

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
    let (this, good) = (this?.shown.as_ref()?, good?.shown.as_ref()?);
    let mut compared = compare(&good.lines, &this.lines);
    compared.is_cut |= this.is_cut || good.is_cut;
    Some(compared)
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

/// The call that a body belongs to; `None` when no such body was ever kept.
///
/// # Errors
/// The store failed.
pub async fn stored_call(
    store: &Store,
    id: PayloadId,
    sight: Sight,
) -> StoreResult<Option<StoredCall>> {
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
    let good = good.and_then(|(good, call)| compared(good, &call, (&request, &answer)));
    let call = StoredCall {
        id,
        at,
        title,
        origin,
        sight: Sight::Whole,
        request,
        answer,
        good,
    };
    Ok(Some(match sight {
        Sight::Masked => call.masked(),
        Sight::Whole => call,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(request: &str, answer: &str, good: &str) -> StoredCall {
        let body = |text: &str| CallBody {
            shown: Some(pretty(text)),
            hash: String::new(),
        };
        let good = GoodCall {
            id: PayloadId(9),
            at: Ts(0),
            request: Some(compare(&pretty(good).lines, &pretty(request).lines)),
            answer: None,
        };
        StoredCall {
            id: PayloadId(1),
            at: Ts(0),
            title: String::new(),
            origin: Origin::Ours,
            sight: Sight::Whole,
            request: Some(body(request)),
            answer: Some(body(answer)),
            good: Some(good),
        }
    }

    #[test]
    fn who_is_meant_is_masked_in_the_answer_s_words_and_in_the_comparison_too() {
        let call = call(
            "{\"ShippingName\":\"Pat Sample\",\"Sku\":\"MUG-RED\"}",
            "order refused: PAT SAMPLE has no postcode, MUG-RED is fine",
            "{\"ShippingName\":\"Jo Other\",\"Sku\":\"MUG-RED\"}",
        )
        .masked();
        let text = format!("{:?}", (&call.request, &call.answer, &call.good));
        for name in ["Pat", "PAT", "Jo"] {
            assert!(!text.contains(name), "{text}");
        }
        assert!(
            text.contains("order refused: [name 1] has no postcode, MUG-RED is fine"),
            "{text}"
        );
        assert!(text.contains("[name 2]"), "{text}");
    }
}
