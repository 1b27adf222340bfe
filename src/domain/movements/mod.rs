//! Physical stock movements of the warehouse, posted one after the other to a source that keeps its own on-hand figure
//! and takes changes rather than snapshots.
//!
//! One lane per item and source location, in the order in which the goods moved. Only the head of a lane is ever
//! written, and a head that fails stops its lane and no other. What the warehouse's words mean is in `classify`, the
//! lanes in `lane`, the writing in `write`, several heads in one document in `document`, a person's way out of a
//! stopped lane in `resolve`, and which orders have to wait in `barrier`.

mod barrier;
mod classify;
mod document;
mod history;
mod lane;
mod post;
mod resolve;
mod write;

pub use barrier::{BARRIER_WAIT, BarrierInput, HELD, Passage, is_at_barrier, passage, waits_for};
pub use classify::{Leg, Posting, check_reason, legs, place, posting, reasons};
pub use document::{LINES_MAX, documents, reference};
pub use history::movement_of;
pub use lane::{
    Arrival, HEAD_AGE_MAX, INCREMENT_GRACE, LaneEntry, LaneKey, LaneView, MovementState, Standing,
    arrival, block_fault, continuity, increment_missing, lanes, severity_of_held,
};
pub use post::{MovementPost, Sent};
pub use resolve::{Count, Debt, HeadRemedy, Resolution, Way, may, resolve};
pub use write::{
    Aim, Answer, Ask, FoundDocument, Meaning, Proof, Refusal, Target, ask, comment, found,
    looks_applied, meaning, proof, refusal, refusal_fault, target,
};

use super::ids::{GoodsInLine, ItemCode, MovementId, PairId, SiteRef};
use super::keys::{self, UnnumberedMovement};
use super::order::coded_enum;
use super::time::Ts;
use serde::{Deserialize, Serialize};

coded_enum! {
    /// Why goods moved in the warehouse.
    MovementKind {
        /// Received from a supplier.
        GoodsIn = 0, "goods_in";
        /// A customer's return went back on the shelf, fit for sale.
        ReturnPutAway = 1, "return_put_away";
        /// A count found another figure.
        Count = 2, "count";
        WriteOff = 3, "write_off";
        Found = 4, "found";
        Lost = 5, "lost";
        /// Left one site for another, or came from it.
        SiteMove = 6, "site_move";
        /// Left with a carrier for an order the source knows nothing of: nothing else would lower its figure.
        OtherOrder = 7, "other_order";
        /// Left with a carrier: the source lowers its figure itself when the despatch is confirmed there.
        Despatch = 10, "despatch";
        /// From one place to another inside a site.
        BinMove = 11, "bin_move";
        /// Reserved for an order.
        Allocation = 12, "allocation";
        /// Taken from its place for an order, still in the building.
        Picking = 13, "picking";
    }
}

impl MovementKind {
    /// Whether the source must be told by a change of its on-hand figure.
    pub const fn is_delta(self) -> bool {
        self.code() < Self::Despatch.code()
    }

    /// Whether the site's own on-hand figure changes.
    pub const fn changes_on_hand(self) -> bool {
        self.is_delta() || matches!(self, Self::Despatch)
    }
}

/// The word of a movement that the warehouse never made: a comparison found the units missing in the source.
pub const CORRECTION: &str = "Correction after a comparison";

/// One movement of one item at one site, as the warehouse tells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Movement {
    /// The warehouse's own number; some reports have none.
    pub id: Option<MovementId>,
    /// The warehouse's word for what happened, verbatim.
    pub word: String,
    pub item: ItemCode,
    pub site: SiteRef,
    /// The other end, when goods went from one place to another.
    pub other_site: Option<SiteRef>,
    /// Signed change at `site`.
    pub delta_each: i64,
    /// When the goods moved, by the warehouse's clock.
    pub at: Ts,
    /// Receipt, count, order or return it belongs to; empty when the report has none.
    pub document: String,
    /// Tells equal rows of one moment and document apart, counted in the report's order.
    pub ordinal: i64,
    /// For returned goods only: the received line they came with, and which of its movements to the shelf this is,
    /// counted from 1.
    pub goods_in_line: Option<(GoodsInLine, i64)>,
    /// On hand at the site afterwards, when the report says so.
    pub after_each: Option<i64>,
    /// When we first saw it.
    pub seen_at: Ts,
}

/// Place of a movement in its lane: the warehouse's time, then its number, then our arrival.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn(Ts, (u8, u128, String), Ts, i64);

impl Turn {
    /// When the goods moved.
    pub const fn at(&self) -> Ts {
        self.0
    }

    /// A text that sorts as the turn does.
    pub fn sort_text(&self) -> String {
        let Self(at, (rank, number, text), seen, ordinal) = self;
        let plain = |n: i64| n.unsigned_abs().wrapping_add(1 << 63);
        let signed = |n: i64| {
            if n < 0 {
                (n as u64) ^ (1 << 63)
            } else {
                plain(n)
            }
        };
        format!(
            "{:020}|{rank}|{number:039}|{text}|{:020}|{:020}",
            signed(at.0),
            signed(seen.0),
            signed(*ordinal)
        )
    }
}

impl Movement {
    /// Where it stands in its lane.
    pub fn turn(&self) -> Turn {
        // Numbers before words before nothing: any two movements have an order, whatever the report holds.
        let number = self.id.as_ref().map_or((2, 0, String::new()), |id| {
            let text = id.as_str();
            match text.trim().parse::<u128>() {
                Ok(n) => (0, n, text.to_owned()),
                Err(_) => (1, 0, text.to_owned()),
            }
        });
        Turn(self.at, number, self.seen_at, self.ordinal)
    }

    /// Its idempotency key: returned goods go by their received line, everything else by number, else by content. It
    /// does not depend on what the word was mapped to, so that a later mapping does not make another movement of it.
    pub fn key(&self, pair: &PairId) -> String {
        if let Some((line, part)) = &self.goods_in_line {
            return keys::return_stock_in(pair, line, *part);
        }
        match &self.id {
            Some(id) => keys::stock_delta(pair, id),
            None => keys::stock_delta_unnumbered(
                pair,
                &UnnumberedMovement {
                    item: &self.item,
                    site: &self.site,
                    delta_each: self.delta_each,
                    at: self.at,
                    document: &self.document,
                    ordinal: self.ordinal,
                },
            ),
        }
    }

    /// What people call it: `+5 MUG of 12 Mar 2026, 09:00 UTC (no. 881)`.
    pub fn words(&self) -> String {
        let number = self
            .id
            .as_ref()
            .map_or_else(String::new, |id| format!(" (no. {id})"));
        let at = self.at.in_words();
        format!("{:+} {} of {at}{number}", self.delta_each, self.item)
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
