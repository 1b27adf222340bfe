//! What a person does, handed to the desk.

use super::super::app::ask::{Act, Done, ExceptionAct, OrderAct, Seen, Trouble};
use super::store::StoreBackend;
use crate::desk::{Desk, DeskError};
use crate::domain::checks::Cadence;
use crate::domain::exception::Team;
use crate::domain::ids::OrderId;
use crate::domain::time::Span;
use crate::report::{Reader, order_paper, save_checks, shift_facts, shift_markdown};
use std::path::Path;

/// How far the shift report beside an exported sheet looks back.
const SHIFT: Span = Span::hours(8);
/// Reasons of refusals told when several objects were acted on; the others are counted.
const REASONS_MAX: usize = 3;

fn done(done: crate::desk::Done) -> Done {
    Done {
        text: done.text,
        request: done.request,
    }
}

impl StoreBackend {
    pub(super) async fn carry_out(&self, act: Act) -> Result<Done, Trouble> {
        let desk = self.desk();
        let result = match act {
            Act::Exceptions { targets, what } => return self.on_exceptions(&targets, &what).await,
            Act::Orders { targets, what } => return self.on_orders(&targets, &what).await,
            Act::BulkOrders { targets, what } => {
                let started = desk.start_order_bulk(&targets, what).await;
                started.map(|(_, done)| done)
            }
            Act::Bulk { targets, what } => {
                let seen: Vec<_> = targets.iter().map(|t| (t.id, t.version)).collect();
                desk.start_bulk(&seen, what).await.map(|(_, done)| done)
            }
            Act::FloorSaid {
                case,
                answer,
                goods,
            } => desk.floor_said(case.id, case.version, answer, &goods).await,
            Act::StopBulk(id) => desk.stop_bulk(id).await,
            Act::RetryDelivery(id) => desk.retry_delivery(id).await,
            Act::CancelDelivery { id, reason } => desk.cancel_delivery(id, &reason).await,
            Act::ChooseSite { id, site, reason } => desk.choose_site(id, &site, &reason).await,
            Act::PauseFlow { pair, flow, reason } => {
                desk.pause_flow(&pair, Some(flow), &reason).await
            }
            Act::ResumeFlow { pair, flow } => desk.resume_flow(&pair, Some(flow)).await,
            Act::RunFlow { pair, flow } => desk.run_flow(&pair, flow).await,
            Act::PushStock {
                pair,
                item,
                location,
            } => desk.push_stock(&pair, &item, &location).await,
            Act::ResumeStock {
                pair,
                item,
                location,
                reason,
            } => desk.resume_stock(&pair, &item, &location, &reason).await,
            Act::ApplyMappings {
                pair,
                edits,
                expected,
                reason,
            } => desk.apply(&pair, edits, expected, &reason).await,
            Act::RollBackMappings {
                pair,
                version,
                reason,
            } => desk.rollback(&pair, version, &reason).await,
            Act::ExpectReturn {
                order,
                units,
                reason,
            } => {
                let row = desk.order(order).await?;
                desk.expect_return(&row, units, &reason).await
            }
            Act::ExplainRefund {
                order,
                refund,
                to,
                reason,
            } => {
                let row = desk.order(order).await?;
                desk.explain_refund(&row, refund, to, &reason).await
            }
            Act::DecideReturn {
                pair,
                reference,
                what,
            } => desk.decide(pair, reference, what).await,
            Act::LaneHead {
                pair,
                item,
                location,
                remedy,
                reason,
            } => {
                desk.lane_head(&pair, (&item, &location), remedy, &reason)
                    .await
            }
            Act::CorrectStock {
                pair,
                item,
                location,
                counted_each,
                reason,
            } => {
                desk.correct_stock(&pair, (&item, &location), counted_each, &reason)
                    .await
            }
            Act::AskCount {
                pair,
                item,
                location,
                reason,
            } => desk.ask_count(&pair, (&item, &location), &reason).await,
            Act::Counted {
                case,
                counted_each,
                remark,
            } => desk.counted(case, counted_each, &remark).await,
            Act::SignCheck {
                check,
                team,
                periods,
                note,
            } => desk.sign_check(check, team, &periods, &note).await,
            Act::HandOver { team, text } => desk.hand_over(team, &text).await,
            Act::ExportChecks { cadence, team } => return self.export(cadence, team).await,
            Act::LookInto(id) => desk.look_into(id).await,
            Act::Undo(line) => desk.undo(line).await,
            Act::EditOrder { id, fields, reason } => desk.edit_order(id, fields, &reason).await,
            Act::Classify { case, rule, over } => desk.classify(case, *rule, over).await,
            Act::ExportOrder { id, reader } => return self.export_order(id, reader).await,
            Act::SaveView { view, over } => desk.save_view(view, over).await,
            Act::RemoveView {
                list,
                name,
                version,
            } => desk.remove_view(list, &name, version).await,
            Act::KeepColumns { list, layout } => desk.keep_layout(list, layout).await,
        };
        Ok(done(result?))
    }

    /// Sheet and shift report into the folder the console was started in.
    async fn export(&self, cadence: Cadence, team: Option<Team>) -> Result<Done, Trouble> {
        let desk = self.desk();
        let sheet = desk.check_sheet(cadence, None, team).await?;
        let facts = shift_facts(desk.store(), desk.now(), SHIFT).await?;
        let shift = shift_markdown(&facts);
        let saved = save_checks(Path::new("."), &sheet, &shift)
            .map_err(|e| Trouble::new(format!("the sheet was not written: {e}")))?;
        let kept = desk.exported(&sheet, (&saved.folder, &saved.names)).await?;
        Ok(done(kept))
    }

    /// One order into the folder the console was started in.
    async fn export_order(&self, id: OrderId, reader: Reader) -> Result<Done, Trouble> {
        let desk = self.desk();
        let row = desk.order(id).await?;
        let paper = order_paper(desk, id, reader).await?;
        let saved = paper
            .save(Path::new("."))
            .map_err(|e| Trouble::new(format!("order {} was not written: {e}", row.number)))?;
        let place = format!("{}: {}", saved.folder, saved.names.join(", "));
        let kept = desk.order_exported(&row, reader.words(), &place).await?;
        Ok(done(kept))
    }

    /// Each in turn, in one go for whoever takes it back; what one refuses does not keep the others from being done.
    async fn on_exceptions(&self, targets: &[Seen], what: &ExceptionAct) -> Result<Done, Trouble> {
        let desk = self.desk().in_one_go();
        let mut all = Several::default();
        for target in targets {
            all.take(on_exception(&desk, *target, what).await);
        }
        all.said()
    }

    /// As [`Self::on_exceptions`].
    async fn on_orders(&self, targets: &[OrderId], what: &OrderAct) -> Result<Done, Trouble> {
        let desk = self.desk().in_one_go();
        let mut all = Several::default();
        for id in targets {
            all.take(match what {
                OrderAct::Hold { reason } => desk.hold_order(*id, reason).await,
                OrderAct::Release => desk.release_order(*id).await,
                OrderAct::Resync => desk.resync_order(*id).await,
            });
        }
        all.said()
    }
}

/// What became of one act on several objects.
#[derive(Default)]
struct Several {
    tried: usize,
    last: Option<Done>,
    refused: Vec<Trouble>,
}

impl Several {
    fn take(&mut self, result: Result<crate::desk::Done, DeskError>) {
        self.tried += 1;
        match result {
            Ok(one) => self.last = Some(done(one)),
            Err(error) => self.refused.push(error.into()),
        }
    }

    fn said(mut self) -> Result<Done, Trouble> {
        let count = self.tried - self.refused.len();
        match (self.last, self.refused.len()) {
            (None, 0) => Err(Trouble::new("nothing was chosen")),
            (None, 1) => Err(self.refused.remove(0)),
            (Some(one), 0) if count == 1 => Ok(one),
            (Some(one), 0) => Ok(Done {
                text: format!("all {count} done; the last: {}", one.text),
                request: one.request,
            }),
            (_, not) => Err(Trouble {
                text: format!(
                    "{count} of {} were done, {not} were not: {}",
                    self.tried,
                    reasons(&self.refused)
                ),
                is_stale: self.refused.iter().any(|t| t.is_stale),
            }),
        }
    }
}

/// The first reasons in words, and how many more there are.
fn reasons(refused: &[Trouble]) -> String {
    let first: Vec<&str> = refused
        .iter()
        .take(REASONS_MAX)
        .map(|t| t.text.as_str())
        .collect();
    let more = refused.len().saturating_sub(REASONS_MAX);
    let more = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    format!("{}{more}", first.join("; "))
}

async fn on_exception(
    desk: &Desk,
    seen: Seen,
    what: &ExceptionAct,
) -> Result<crate::desk::Done, DeskError> {
    let Seen { id, version } = seen;
    match what {
        ExceptionAct::Acknowledge => desk.acknowledge(id, version).await,
        ExceptionAct::Assign { team, person } => {
            desk.assign(id, version, *team, person.as_deref(), None)
                .await
        }
        ExceptionAct::Work => desk.work(id, version).await,
        ExceptionAct::Snooze { until, condition } => {
            desk.snooze(id, version, *until, condition.as_deref()).await
        }
        ExceptionAct::Wait { who, until } => desk.wait(id, version, who, *until).await,
        ExceptionAct::Note { text } => desk.note(id, text).await,
        ExceptionAct::MarkFixed => desk.mark_fixed(id, version).await,
        ExceptionAct::Dismiss { reason } => desk.dismiss(id, version, reason).await,
        ExceptionAct::Retry => desk.retry_exception(id).await,
    }
}
