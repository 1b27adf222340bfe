//! Acts on many cases, generated.

use super::rows::{NOW, name};
use tallyman::desk::BulkPage;
use tallyman::domain::bulk::{
    Bulk, BulkAct, BulkItem, BulkState, BulkTarget, BulkTrial, ExceptionAct, ItemState, OrdersTrial,
};
use tallyman::domain::exception::Team;
use tallyman::domain::ids::{BulkId, ExceptionId};
use tallyman::domain::time::Span;

pub fn trial(cases: usize) -> BulkTrial {
    BulkTrial {
        cases,
        passes: cases - 2,
        refused: vec![(
            "a case is resolved: add a note if something is to be said".to_owned(),
            2,
        )],
        first: vec!["1000 Carrier service is not mapped".to_owned()],
        orders: Some(OrdersTrial {
            looked_at: 300,
            passes: 281,
            still: vec![
                ("ORD_SKU_UNKNOWN SKU=MUG-BLU-XL".to_owned(), 17),
                ("held: customer calls back".to_owned(), 2),
            ],
            is_cut: true,
        }),
        takes: Some(Span::mins(4)),
    }
}

pub fn bulk(id: BulkId, hostile: bool) -> Bulk {
    Bulk {
        id,
        act: BulkAct::Cases(ExceptionAct::Assign {
            team: Team::Warehouse,
            person: Some(name("kim", hostile)),
        }),
        who: name("sam", hostile),
        began_at: NOW - Span::mins(2),
        ended_at: None,
        state: BulkState::Running,
        total: 340,
        done: 121,
        refused: 3,
        first_line: None,
    }
}

pub fn page(id: BulkId, hostile: bool) -> BulkPage {
    let item = |n: i64, state, text: &str| BulkItem {
        place: n,
        target: BulkTarget::Case(ExceptionId(1000 + n)),
        label: name(
            "Carrier service is not mapped SERVICE=Tracked 48 XL",
            hostile,
        ),
        version: 3,
        state,
        text: name(text, hostile),
    };
    let stale = |n| format!("exception {} was changed by lee", 1000 + n);
    BulkPage {
        bulk: bulk(id, hostile),
        refused: (0..3)
            .map(|n| item(n, ItemState::Refused, &stale(n)))
            .collect(),
        waiting: (3..9).map(|n| item(n, ItemState::Waiting, "")).collect(),
        done: (9..40)
            .map(|n| item(n, ItemState::Done, "hand over to kim of warehouse"))
            .collect(),
    }
}
