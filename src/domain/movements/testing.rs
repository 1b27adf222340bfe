//! Short ways to write movements in tests.

use super::*;
use crate::domain::time::Span;

/// Minutes of the test's day.
pub(crate) fn at(minutes: i64) -> Ts {
    Ts(1_800_000_000_000_000) + Span::mins(minutes)
}

/// A receipt of this many units, numbered and timed by `n`.
pub(crate) fn movement(n: i64, item: &str, delta_each: i64) -> Movement {
    Movement {
        id: Some(MovementId(n.to_string())),
        word: "Added through adjustment module".to_owned(),
        item: item.into(),
        site: "MAIN".into(),
        other_site: None,
        delta_each,
        at: at(n),
        document: String::new(),
        ordinal: 0,
        goods_in_line: None,
        after_each: None,
        seen_at: at(n),
    }
}

/// That movement in its lane at location `main`.
pub(crate) fn entry(n: i64, item: &str, delta_each: i64, state: MovementState) -> LaneEntry {
    let movement = movement(n, item, delta_each);
    LaneEntry {
        lane: LaneKey::of(&movement.item, &"main".into()),
        key: movement.key(&"c7-pvx".into()),
        kind: Some(MovementKind::Count),
        movement,
        state,
        account: None,
        text: String::new(),
        counted_each: None,
    }
}
