//! Returns that read like the trade, one in each state that matters at the desk.

use super::rows::{NOW, ago, alike, delivery_sheet, exception_sheet, journal, name, order};
use tallyman::console::app::ask::{ExceptionSheet, ReturnSheet};
use tallyman::desk::{AlignedRow, GatedReturn};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::credit_gate::{
    Approval, ApprovalKind, Gate, GatePolicy, UnsellableGate, gate,
};
use tallyman::domain::exception::{ObjectRef, Team};
use tallyman::domain::ids::{ExceptionId, ItemCode, OrderId, PairId, ReturnId, Sku, WmsOrderNo};
use tallyman::domain::order::OrderState;
use tallyman::domain::returns::{
    Cause, Claim, ClaimState, Disposition, MoneyState, Return, ReturnLine, ReturnRow, ReturnState,
    money_back,
};
use tallyman::domain::role::Person;

/// Returns of the typical scene.
pub const RETURNS: usize = 9;

const GATE: GatePolicy = GatePolicy {
    gate: Gate::StockInConfirmed,
    unsellable: UnsellableGate::FinanceApproval,
};

/// Agreed, received, fit, unfit, on the shelf, booked, with an outcome, credited.
type Figures = [i64; 8];

struct Case {
    state: ReturnState,
    money: MoneyState,
    lines: &'static [Figures],
    reason: &'static str,
    age_days: i64,
}

const fn case(
    state: ReturnState,
    money: MoneyState,
    lines: &'static [Figures],
    reason: &'static str,
    age_days: i64,
) -> Case {
    Case {
        state,
        money,
        lines,
        reason,
        age_days,
    }
}

const CASES: [Case; RETURNS] = {
    use MoneyState::{Open, Part};
    use ReturnState as S;
    [
        case(
            S::AwaitingReceipt,
            Open,
            &[[1, 0, 0, 0, 0, 0, 0, 0]],
            "does not fit",
            20,
        ),
        case(
            S::NotSellable,
            Open,
            &[[2, 2, 0, 2, 0, 0, 0, 0]],
            "broken on arrival",
            9,
        ),
        case(
            S::Disposed,
            Part,
            &[[3, 3, 1, 2, 1, 1, 2, 1], [1, 1, 1, 0, 1, 1, 0, 1]],
            "two cracked, two unwanted",
            8,
        ),
        case(
            S::Received,
            Open,
            &[[1, 1, 0, 0, 0, 0, 0, 0]],
            "wrong colour",
            6,
        ),
        case(
            S::Inspected,
            Open,
            &[[3, 2, 2, 0, 0, 0, 0, 0]],
            "kept one",
            5,
        ),
        case(
            S::ReturnedToStock,
            Open,
            &[[1, 1, 1, 0, 1, 0, 0, 0]],
            "unwanted",
            4,
        ),
        case(
            S::StockInConfirmed,
            Open,
            &[[1, 1, 1, 0, 1, 1, 0, 0]],
            "unwanted",
            3,
        ),
        case(
            S::Authorised,
            Open,
            &[[1, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0]],
            "",
            2,
        ),
        case(
            S::Requested,
            Open,
            &[[1, 0, 0, 0, 0, 0, 0, 0]],
            "changed my mind",
            1,
        ),
    ]
};

const SKUS: [&str; 3] = ["MUG-RED", "LAMP-OAK", "VASE-TALL"];

fn line(n: usize, figures: Figures, hostile: bool) -> ReturnLine {
    let sku = SKUS[n % SKUS.len()];
    let [
        agreed,
        received,
        fit,
        unfit,
        shelf,
        booked,
        disposed,
        credited,
    ] = figures;
    ReturnLine {
        line_ref: (n + 1).to_string(),
        sku: Sku(name(sku, hostile)),
        item: ItemCode::from(sku),
        authorised_each: agreed,
        received_each: received,
        sellable_each: fit,
        unsellable_each: unfit,
        stocked_each: shelf,
        confirmed_each: booked,
        disposed_each: disposed,
        disposition: (disposed > 0).then_some(Disposition::WriteOff),
        credited_each: credited,
    }
}

pub fn held(n: usize, hostile: bool) -> Return {
    let case = &CASES[alike(n, RETURNS) % RETURNS];
    let id = i64::try_from(n).unwrap() + 1;
    let order = order(n, false);
    let began = |days: i64| ago(case.age_days * 1_440 - days * 1_440);
    let came = |is: bool, days: i64| is.then(|| began(days));
    let code = case.state.code();
    let approvals = if case.state == ReturnState::Disposed {
        vec![Approval {
            line_ref: "1".to_owned(),
            kind: ApprovalKind::Unsellable,
            units_each: 1,
            up_to_each: None,
            by: Person::with_every_role("kim"),
            reason: name("the first, photo seen", hostile),
        }]
    } else {
        Vec::new()
    };
    Return {
        row: ReturnRow {
            id: ReturnId(id),
            pair: PairId::from("lw-pvx"),
            reference: format!("{}-RT1", order.number).as_str().into(),
            key: format!("expect|{id}"),
            cause: if n.is_multiple_of(2) {
                Cause::Request
            } else {
                Cause::Authorisation
            },
            cause_id: format!("rq-{id}"),
            order: OrderId(id),
            order_number: order.number.clone(),
            wms_number: WmsOrderNo(format!("LW-{}", order.number)),
            state: case.state,
            money: case.money,
            reason: name(case.reason, hostile && !case.reason.is_empty()),
            authorised_by: if code > 0 {
                "sam".to_owned()
            } else {
                String::new()
            },
            created_at: began(0),
            authorised_at: came(code >= 1, 0),
            expected_at: came(code >= 2, 0),
            received_at: came(code >= 3, 1),
            inspected_at: came(code >= 4, 2),
            stocked_at: came(matches!(code, 5 | 6), 2),
            gate_opened_at: None,
            awaited_until: None,
            version: 2,
            updated_at: ago(5),
        },
        lines: (0..)
            .zip(case.lines)
            .map(|(at, figures)| line(n + at, *figures, hostile))
            .enumerate()
            .map(|(at, l)| ReturnLine {
                line_ref: (at + 1).to_string(),
                ..l
            })
            .collect(),
        approvals,
    }
}

pub fn gated(n: usize, hostile: bool) -> GatedReturn {
    let held = held(n, hostile);
    let gates = held
        .lines
        .iter()
        .map(|l| gate(GATE, l, &held.approvals))
        .collect();
    GatedReturn {
        held,
        gates,
        asked: Vec::new(),
    }
}

pub fn sheet(n: usize, hostile: bool) -> ReturnSheet {
    let GatedReturn { held, gates, .. } = gated(n, hostile);
    let first = &held.lines[0];
    let claim = |cause: Cause, id: &str, amount: Option<i64>, note: &str| Claim {
        pair: held.row.pair.clone(),
        cause,
        id: id.to_owned(),
        order: held.row.order,
        at: NOW,
        units: [(first.sku.clone(), first.authorised_each)].into(),
        is_whole: false,
        amount_minor: amount,
        currency: "GBP".to_owned(),
        state: ClaimState::Expected,
        due_at: None,
        note: name(note, hostile),
    };
    let mut claims = vec![claim(Cause::Request, "rq-1", None, "sam (within 30 days)")];
    if first.credited_each > 0 {
        claims.push(claim(
            Cause::Refund,
            "rf-77",
            Some(2_598),
            "credit note CN-77",
        ));
    }
    let mut announced = delivery_sheet(9, hostile).row;
    announced.flow = tallyman::domain::delivery::Flow::ReturnExpect;
    announced.object = held.row.reference.to_string();
    announced.state = tallyman::domain::delivery::DeliveryState::Applied;
    announced.last_text = "1 of 1 rows saved".to_owned();
    let mut decided = journal(3, hostile);
    decided.action = "return.decided".to_owned();
    decided.object = ObjectRef::Order(held.row.order);
    decided.before = String::new();
    decided.after = format!(
        "return {} is announced to the warehouse",
        held.row.reference
    );
    decided.reason = "sam".to_owned();
    let exceptions = if first.unsellable_each > first.disposed_each {
        vec![(
            CASE,
            "RET_NOT_SELLABLE".to_owned(),
            "LAMP-OAK: 2 cannot be sold again; record what becomes of it".to_owned(),
        )]
    } else {
        Vec::new()
    };
    ReturnSheet {
        books: tallyman::desk::ReturnSheet {
            gates: gates.iter().map(|g| g.words()).collect(),
            alignment: money_back(&claims, std::slice::from_ref(&held))
                .iter()
                .map(AlignedRow::from)
                .collect(),
            line_gates: gates,
            held,
            claims,
        },
        deliveries: vec![announced],
        exceptions,
        timeline: vec![decided],
    }
}

/// Returns of an order: those that are on their way back have one.
pub fn of_order(n: usize, hostile: bool) -> Vec<Return> {
    if order(n, hostile).state == OrderState::Returning {
        vec![held(n, hostile)]
    } else {
        Vec::new()
    }
}

/// The case a return's page leads to.
pub const CASE: ExceptionId = ExceptionId(901);

/// The case about the unfit goods of the second return.
pub fn case_sheet(hostile: bool) -> ExceptionSheet {
    let mut sheet = exception_sheet(4, hostile);
    sheet.row.id = CASE;
    sheet.row.kind = Kind::RetNotSellable;
    sheet.row.discriminator = "RETURN=100102-RT1;LINE=1".to_owned();
    sheet.row.team = Team::Finance;
    sheet.row.detail = "LAMP-OAK: 2 cannot be sold again; record what becomes of it".to_owned();
    sheet.returned = Some(gated(1, hostile));
    sheet
}
