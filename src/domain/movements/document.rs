//! Several heads in one adjustment document: the vendor counts calls, and heads of different items do not mind each
//! other.

use super::{LaneEntry, LaneView, Standing};
use crate::domain::keys;
use std::collections::BTreeSet;

/// Most lines of one document.
pub const LINES_MAX: usize = 50;

/// The documents to write now: heads of lanes that are open or were refused before, oldest movement first. A document
/// holds one line per item and one account. A head that was refused goes alone, so that it cannot take others down
/// with it. `is_locked` says that a shipment or another document holds the lane.
pub fn documents<'a>(
    lanes: &[LaneView<'a>],
    is_locked: &dyn Fn(&LaneView<'a>) -> bool,
    lines_max: usize,
) -> Vec<Vec<&'a LaneEntry>> {
    let mut heads: Vec<(&'a LaneEntry, bool)> = lanes
        .iter()
        .filter(|lane| !is_locked(lane))
        .filter_map(|lane| match lane.standing {
            Standing::Open => lane.head.map(|h| (h, false)),
            Standing::Blocked => lane.head.map(|h| (h, true)),
            _ => None,
        })
        .collect();
    heads.sort_by_cached_key(|(h, _)| (h.movement.turn(), h.lane.clone()));
    let mut out: Vec<Document<'a>> = Vec::new();
    for (head, is_alone) in heads {
        let room = out.iter_mut().find(|d| d.takes(head, is_alone, lines_max));
        match room {
            Some(document) => document.add(head),
            None => out.push(Document::of(head, is_alone)),
        }
    }
    out.into_iter().map(|d| d.lines).collect()
}

/// The reference of a document that carries these heads.
pub fn reference(heads: &[&LaneEntry]) -> String {
    let keys: Vec<&str> = heads.iter().map(|h| h.key.as_str()).collect();
    keys::adjustment_reference(&keys)
}

struct Document<'a> {
    lines: Vec<&'a LaneEntry>,
    items: BTreeSet<&'a str>,
    is_alone: bool,
}

impl<'a> Document<'a> {
    fn of(head: &'a LaneEntry, is_alone: bool) -> Self {
        Self {
            lines: vec![head],
            items: BTreeSet::from([head.movement.item.as_str()]),
            is_alone,
        }
    }

    fn takes(&self, head: &LaneEntry, is_alone: bool, lines_max: usize) -> bool {
        !self.is_alone
            && !is_alone
            && self.lines.len() < lines_max
            && !self.items.contains(head.movement.item.as_str())
            && self.lines.iter().all(|l| l.account == head.account)
    }

    fn add(&mut self, head: &'a LaneEntry) {
        self.lines.push(head);
        self.items.insert(head.movement.item.as_str());
    }
}
