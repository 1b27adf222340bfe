//! Promises to customers: orders that will not leave, or did not leave, by the time promised. One case per time promised
//! and side that holds the orders, for it is one cut-off that is missed and one team that has to hurry.

use super::context::{Cx, PairCx};
use crate::domain::catalogue::Kind;
use crate::domain::change::Change;
use crate::domain::decide as rules;
use crate::domain::exception::ObjectRef;
use crate::domain::ids::OrderId;
use crate::domain::order::OrderRow;
use crate::domain::preflight::Fault;
use crate::domain::sla;
use crate::domain::time::{Span, Ts};
use crate::store::StoreResult;
use std::collections::HashMap;

const KINDS: [Kind; 2] = [Kind::SlaAtRisk, Kind::SlaBreached];

/// The cases an order of a pair stands in, as the store knows them.
pub struct Promises<'a> {
    pair: &'a PairCx,
    now: Ts,
    held: HashMap<OrderId, Vec<(Kind, String)>>,
}

impl<'a> Promises<'a> {
    /// Reads who stands in an open case of a promise.
    pub async fn read(cx: &Cx, pair: &'a PairCx, now: Ts) -> StoreResult<Self> {
        let mut held: HashMap<OrderId, Vec<(Kind, String)>> = HashMap::new();
        for (kind, discriminator, object) in cx.store.open_members(&KINDS, &pair.id).await? {
            if let ObjectRef::Order(order) = object {
                held.entry(order).or_default().push((kind, discriminator));
            }
        }
        Ok(Self { pair, now, held })
    }

    /// What an order that is still under way brings: it enters, changes or leaves a case.
    pub fn order(&mut self, row: &OrderRow, changes: &mut Vec<Change>) {
        let (case, evidence) = self.case_of(row);
        let mut is_known = false;
        for held in self.held.remove(&row.id).unwrap_or_default() {
            if case.as_ref() == Some(&held) {
                is_known = true;
            } else {
                changes.push(self.clear(row.id, held, evidence));
            }
        }
        let (Some((kind, discriminator)), false, Some(ship_by)) = (case, is_known, row.ship_by)
        else {
            return;
        };
        let began_at = match kind {
            Kind::SlaBreached => ship_by,
            _ => self.now,
        };
        let text = format!("promised for {}, still {}", ship_by.in_words(), row.state);
        let fault = Fault::new(kind, discriminator, text);
        let occurrence = rules::occurrence(&self.pair.id, row, &fault, None, began_at);
        changes.push(Change::Raise(occurrence));
    }

    /// Orders nobody asked about have ended since.
    pub fn rest(&mut self, changes: &mut Vec<Change>) {
        let mut ended: Vec<_> = std::mem::take(&mut self.held).into_iter().collect();
        ended.sort_by_key(|(order, _)| *order);
        for (order, cases) in ended {
            for held in cases {
                let evidence = "both systems have finished with the order";
                changes.push(self.clear(order, held, evidence));
            }
        }
    }

    /// The case an order belongs in, and why it belongs in no other.
    fn case_of(&self, row: &OrderRow) -> (Option<(Kind, String)>, &'static str) {
        let is_unsent = row.state.is_before_warehouse();
        let is_waiting = row.released_at.is_some() && (is_unsent || row.state.is_in_warehouse());
        let (Some(ship_by), true) = (row.ship_by, is_waiting) else {
            return (None, "it has left, or is not to be sent");
        };
        let side = if is_unsent { "unsent, " } else { "" };
        let case = |kind| Some((kind, format!("PROMISE={side}{}", minute(ship_by))));
        if sla::is_breached(self.now, ship_by, row.state) {
            (
                case(Kind::SlaBreached),
                "the promise has passed: now a breach",
            )
        } else if sla::at_risk(self.now, ship_by, row.state, Span::ZERO) {
            (case(Kind::SlaAtRisk), "it has moved on")
        } else {
            (None, "enough time is left")
        }
    }

    fn clear(&self, order: OrderId, held: (Kind, String), evidence: &str) -> Change {
        Change::Clear {
            kind: held.0,
            pair: self.pair.id.clone(),
            discriminator: Some(held.1),
            object: ObjectRef::Order(order),
            how: "auto".to_owned(),
            evidence: evidence.to_owned(),
        }
    }
}

/// `05 Jan 18:00`, UTC like every time people are shown.
fn minute(at: Ts) -> String {
    at.to_utc().format("%d %b %H:%M").to_string()
}
