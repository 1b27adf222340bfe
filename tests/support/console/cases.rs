//! Why an order of the scene does not move.

use super::rows::ago;
use tallyman::domain::ids::ExceptionId;
use tallyman::domain::mapping::MappingKind;
use tallyman::domain::order::{OrderRow, OrderState};
use tallyman::domain::time::Span;
use tallyman::domain::why::{Reason, Standing, Way, Why};

/// What holds it; orders that nothing holds say so.
pub fn why(row: &OrderRow) -> Why {
    let reasons = match row.state {
        OrderState::Blocked => vec![Reason {
            standing: Standing::Stopped,
            what: row.blocked_by.clone(),
            since: Some(row.state_since),
            next: "Checks it again with every change of a mapping or an item.".to_owned(),
            next_at: None,
            way: Way::Map {
                kind: MappingKind::Carrier,
                value: row.service.to_string(),
            },
            case: Some(ExceptionId(1)),
            delivery: None,
        }],
        _ => Vec::new(),
    };
    Why {
        standing: reasons.first().map_or(Standing::Moving, |r| r.standing),
        place: row.state.as_str().replace('_', " "),
        since: row.state_since,
        next: if reasons.is_empty() {
            "Despatches are read every 20 s, progress every 60 s.".to_owned()
        } else {
            String::new()
        },
        next_at: reasons.is_empty().then(|| ago(0) + Span::secs(12)),
        reasons,
    }
}
