//! Flows of a pair: pause, resume, run now.

use super::request::RequestKind;
use super::{Desk, DeskError, DeskResult, Done, reason};
use crate::domain::change::Change;
use crate::domain::delivery::Flow;
use crate::domain::ids::PairId;

/// How messages call a flow, or all of them.
fn named(pair: &PairId, flow: Option<Flow>) -> String {
    match flow {
        Some(flow) => format!("flow {flow} of {pair}"),
        None => format!("every flow of {pair}"),
    }
}

impl Desk {
    /// Stops a flow (or all flows of a pair) with a reason. What was sent is still asked about; nothing new goes out.
    ///
    /// # Errors
    /// [`DeskError`]: read-only, unknown pair, no reason, or the store failed.
    pub async fn pause_flow(
        &self,
        pair: &PairId,
        flow: Option<Flow>,
        why: &str,
    ) -> DeskResult<Done> {
        self.pair(pair)?;
        let why = reason("pausing a flow", why)?;
        let name = named(pair, flow);
        let change = Change::FlowPaused {
            pair: pair.clone(),
            flow,
            paused: Some(why),
        };
        self.commit(&format!("pausing {name}"), vec![change])
            .await?;
        Ok(Done::now(format!(
            "Paused {name}. Work collects in the store until it is resumed."
        )))
    }

    /// Lets a paused flow (or all flows of a pair) go on.
    ///
    /// # Errors
    /// As [`Desk::pause_flow`].
    pub async fn resume_flow(&self, pair: &PairId, flow: Option<Flow>) -> DeskResult<Done> {
        self.pair(pair)?;
        let name = named(pair, flow);
        let change = Change::FlowPaused {
            pair: pair.clone(),
            flow,
            paused: None,
        };
        let what = format!("resuming {name}");
        self.commit(&what, vec![change]).await?;
        // A pair that is paused as a whole holds its flows back whatever is said of one of them.
        let live = self
            .store
            .flows_live(self.now())
            .await
            .map_err(DeskError::store(&what))?;
        let still = live
            .iter()
            .find(|l| l.pair == *pair && flow.is_none_or(|f| f == l.flow) && l.paused.is_some());
        let text = match (flow, still.and_then(|l| l.paused.as_deref())) {
            (_, None) => {
                format!("Resumed {name}. What has collected goes out within the call budget.")
            }
            (Some(_), Some(why)) => format!(
                "Resumed {name}, but it still stands: the pair as a whole is paused ({why}); resume ALL."
            ),
            (None, Some(_)) => {
                format!("Resumed {pair} as a whole; flows that were paused one by one stay paused.")
            }
        };
        Ok(Done::now(text))
    }

    /// Runs a scheduled flow now.
    ///
    /// # Errors
    /// As [`Desk::pause_flow`]; also when the flow has no schedule.
    pub async fn run_flow(&self, pair: &PairId, flow: Flow) -> DeskResult<Done> {
        self.pair(pair)?;
        if !Flow::SCHEDULED.contains(&flow) {
            let names: Vec<&str> = Flow::SCHEDULED.iter().map(|f| f.as_str()).collect();
            return Err(DeskError::Refused(format!(
                "flow {flow} has no schedule: it runs when an order asks for it. These can be run: {}",
                names.join(", ")
            )));
        }
        let name = named(pair, Some(flow));
        let kind = RequestKind::RunFlow {
            pair: pair.clone(),
            flow,
        };
        self.ask(
            &format!("running {name}"),
            kind,
            format!("{name} will run now."),
        )
        .await
    }
}
