//! Lanes of stock movements as generated rows.

use super::rows::{NOW, delivery_sheet, exception_sheet, name, position};
use tallyman::console::app::ask::{ExceptionSheet, ItemSheet, LaneSheet};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::delivery::Flow;
use tallyman::domain::drift::ledger::LedgerFigures;
use tallyman::domain::exception::{ObjectRef, OccurrenceRow, Severity};
use tallyman::domain::ids::{
    DeliveryId, ExceptionId, ItemCode, MovementId, OrderId, PairId, SiteRef,
};
use tallyman::domain::movements::{
    LaneEntry, LaneKey, Movement, MovementKind, MovementState, Standing,
};
use tallyman::domain::second::Proposal;
use tallyman::domain::stock::{LedgerBook, StockPosition};
use tallyman::domain::time::{Span, Ts};
use tallyman::store::{LaneRow, MovementRow};

/// Lanes of the typical scene.
pub const LANES: usize = 7;
/// The case of the first lane.
pub const LANE_CASE: ExceptionId = ExceptionId(77);
/// The case of a drift in a ledger.
pub const DRIFT_CASE: ExceptionId = ExceptionId(78);

fn pair() -> PairId {
    PairId::from("c7-pvx")
}

fn ago(mins: i64) -> Ts {
    NOW - Span::mins(mins)
}

fn item(n: usize, hostile: bool) -> ItemCode {
    let items = ["MUG-RED", "LAMP-OAK", "CUSHION-GRN", "RUG-120", "VASE-TALL"];
    let code = items[n % items.len()];
    if n < items.len() {
        ItemCode(name(code, hostile))
    } else {
        ItemCode(format!("{code}-{n}"))
    }
}

fn movement(n: usize, at: usize, state: MovementState, hostile: bool) -> MovementRow {
    let code = item(n, hostile);
    let number = i64::try_from(n * 100 + at).unwrap();
    let mins = 140 - i64::try_from((n % 7) * 15 + at * 2).unwrap();
    let is_unknown = state == MovementState::UnknownWord;
    let text = match state {
        MovementState::Refused => {
            "the account 1400 is not open for the date of the adjustment; the period is locked until 30 November"
        }
        MovementState::UnknownWord => {
            "the warehouse calls a movement \"Re-graded\" and nobody said whether the source must be told; map it as delta or no_delta"
        }
        MovementState::InDoubt => "no answer within 30 s",
        MovementState::Applied => "written",
        MovementState::Skipped => "skipped by sam: the office books it by hand",
        _ => "",
    };
    let movement = Movement {
        id: Some(MovementId(format!("{}", 880_100 + number))),
        word: if is_unknown {
            "Re-graded".to_owned()
        } else {
            name("Received through mobile unit", hostile)
        },
        item: code.clone(),
        site: SiteRef::from("NORTH"),
        other_site: None,
        delta_each: [5, -3, 24, 1, -2][(n + at) % 5],
        at: ago(mins),
        document: if at == 0 {
            "PO-4410".to_owned()
        } else {
            String::new()
        },
        ordinal: 0,
        goods_in_line: None,
        after_each: None,
        seen_at: ago(mins - 1),
    };
    MovementRow {
        pair: pair(),
        entry: LaneEntry {
            lane: LaneKey::of(&code, &"Main".into()),
            key: movement.key(&pair()),
            kind: (!is_unknown).then_some(MovementKind::GoodsIn),
            movement,
            state,
            account: None,
            text: name(text, hostile && !text.is_empty()),
            counted_each: None,
        },
        reference: String::new(),
        delivery: (at == 0 && !is_unknown && !state.is_settled()).then_some(DeliveryId(41)),
        document: if state == MovementState::Applied {
            format!("SA-{number:05}")
        } else {
            String::new()
        },
        head_since: Some(ago(mins - 2)),
        due_at: (at == 0 && state == MovementState::Refused).then(|| NOW + Span::mins(6)),
        is_owed: state == MovementState::Skipped,
        updated_at: ago(mins - 3),
    }
}

fn state(n: usize) -> MovementState {
    use MovementState as M;
    let of = if n < LANES { n } else { n / 400 };
    [
        M::Refused,
        M::UnknownWord,
        M::InDoubt,
        M::Waiting,
        M::Sending,
        M::Waiting,
        M::Skipped,
    ][of % LANES]
}

pub fn lane(n: usize, hostile: bool) -> LaneRow {
    let first = movement(n, 0, state(n), hostile);
    let standing = Standing::of_head(first.entry.state);
    let is_owed_only = standing == Standing::Empty;
    let waiting = if is_owed_only {
        0
    } else {
        [4, 2, 0, 11, 0, 1, 0][n % 7]
    };
    LaneRow {
        pair: pair(),
        key: first.entry.lane.clone(),
        standing,
        pending_each: if is_owed_only {
            0
        } else {
            first.entry.movement.delta_each + waiting * 3
        },
        waiting,
        owed: i64::from(is_owed_only || n == 0),
        owed_each: if is_owed_only || n == 0 { -3 } else { 0 },
        exception: (n < 2).then_some(LANE_CASE),
        orders: [3, 0, 0, 0, 0, 0, 0][n % 7],
        first,
    }
}

pub fn lane_sheet(pair: PairId, key: LaneKey, hostile: bool) -> LaneSheet {
    let n = (0..LANES)
        .find(|n| lane(*n, hostile).key == key)
        .unwrap_or(0);
    let row = lane(n, hostile);
    let behind = usize::try_from(row.waiting).unwrap();
    let mut outstanding = Vec::new();
    if row.head().is_some() {
        outstanding.push(row.first.clone());
        outstanding.extend((1..=behind).map(|at| movement(n, at, MovementState::Waiting, hostile)));
    }
    let mut head = delivery_sheet(41, hostile);
    head.row.flow = Flow::StockDelta;
    head.row.object = "MUG-RED".to_owned();
    head.row.order = None;
    let held = (0..row.orders)
        .map(|m| OccurrenceRow {
            exception: LANE_CASE,
            object: ObjectRef::Order(OrderId(m + 1)),
            label: format!("SO-{}", 7_101 + m),
            detail: "lane MUG-RED@Main has stopped; the order waits for it".to_owned(),
            began_at: ago(70 - m),
            last_seen_at: ago(1),
            times: 2,
            ship_by: Some(NOW + Span::mins(45 + 30 * m)),
            value_minor: 4_000,
            cleared_at: None,
        })
        .collect();
    LaneSheet {
        pair,
        key,
        outstanding,
        owed: if row.owed > 0 {
            vec![movement(n, 9, MovementState::Skipped, hostile)]
        } else {
            Vec::new()
        },
        settled: (20..26)
            .rev()
            .map(|at| movement(n, at, MovementState::Applied, hostile))
            .collect(),
        head: row.first.delivery.map(|_| head),
        held,
        waiting: Vec::new(),
        exceptions: vec![(
            LANE_CASE,
            "STK_LANE_BLOCKED".to_owned(),
            name(
                "+5 MUG-RED of this morning was refused; 4 movements wait behind it",
                hostile,
            ),
        )],
        position: Some(ledger_position()),
        count: (n == 0).then(|| Proposal {
            who: "sam".to_owned(),
            each: 131,
            at: ago(25),
        }),
        row: Some(row),
    }
}

/// A position of a source that keeps its own ledger, 40 units apart.
pub fn ledger_position() -> StockPosition {
    let mut row = position(0, false);
    row.pair = pair();
    row.location = "Main".into();
    row.remainder_each = 40;
    row.on_hand_each = 131;
    row.source_each = Some(171);
    row.paused_reason = None;
    row.ledger = Some(LedgerBook {
        figures: LedgerFigures {
            on_hand: 131,
            allocated: 12,
            available: 119,
            unsent: 0,
            unconfirmed: 0,
            pending: 0,
            in_returns: 0,
            source_on_hand: 171,
            source_allocated: 12,
            source_available: 159,
            has_unsellable_place: false,
        },
        owed_each: 0,
        agreed_since: None,
        warehouse_read_at: ago(4),
        unit_cost_minor: 900,
    });
    row
}

/// An item of a source that keeps its own ledger.
pub fn item_sheet(pair: PairId, item: ItemCode, hostile: bool) -> ItemSheet {
    let mut sheet = super::rows::item_sheet(pair, item, hostile);
    let mut position = ledger_position();
    position.item = sheet.item.clone();
    sheet.corrections = vec![(
        position.location.clone(),
        Proposal {
            who: "sam".to_owned(),
            each: -40,
            at: ago(25),
        },
    )];
    sheet.positions = vec![position];
    sheet.lanes = vec![lane(0, hostile)];
    sheet
}

/// The exceptions about a lane and about a drift.
pub fn case_sheet(id: ExceptionId, hostile: bool) -> Option<ExceptionSheet> {
    let mut sheet = exception_sheet(5, hostile);
    sheet.row.id = id;
    sheet.row.pair = pair();
    sheet.row.severity = Severity::S1;
    sheet.deliveries.clear();
    match id {
        LANE_CASE => {
            let lane = lane(0, hostile);
            sheet.row.kind = Kind::StkLaneBlocked;
            sheet.row.discriminator = lane.key.discriminator();
            sheet.lane = Some(lane);
        }
        DRIFT_CASE => {
            sheet.row.kind = Kind::StkDrift;
            sheet.row.discriminator = "ITEM=MUG-RED@Main".to_owned();
            sheet.position = Some(ledger_position());
        }
        _ => return None,
    }
    Some(sheet)
}
