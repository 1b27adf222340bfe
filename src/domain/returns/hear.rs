//! What follows when the source or a person says that goods or money go back: the claim that is kept, and the return
//! that is to be expected.

use super::{
    Cause, Claim, ClaimState, CreateOn, Expectation, ExpectedLine, Return, ReturnIntent,
    ReturnIntentLine, ReturnRow, ReturnState, SoldLine, SourceEvent, Units, expect,
};
use super::{MoneyState, fresh_line};
use crate::domain::change::Change;
use crate::domain::delivery::{Flow, Intent, NewDelivery};
use crate::domain::ids::{DeliveryId, PairId, ReturnId, ReturnRef, Sku, SystemId, WmsOrderNo};
use crate::domain::keys;
use crate::domain::order::{ClaimedUnits, OrderFull, SourceReturnState, SourceStatus};
use crate::domain::time::Ts;

/// Returns of one order at most; more is a mistake somewhere.
pub const RETURNS_MAX: usize = 50;

/// What a decision about returns may look at.
#[derive(Debug, Clone, Copy)]
pub struct Hearing<'a> {
    pub pair: &'a PairId,
    pub warehouse: &'a SystemId,
    pub create_on: CreateOn,
    pub order: &'a OrderFull,
    /// What is known of the order's claims and returns.
    pub claims: &'a [Claim],
    pub returns: &'a [Return],
    pub now: Ts,
}

/// Unused ids, taken one after the other.
#[derive(Debug)]
pub struct Ids {
    next: i64,
}

impl Ids {
    /// From the first of a row of unused ids.
    pub const fn from(first: i64) -> Self {
        Self { next: first }
    }

    fn take(&mut self) -> i64 {
        self.next += 1;
        self.next - 1
    }
}

/// Ids one hearing of an order can need.
pub fn ids_needed(order: &OrderFull, claims: &[Claim]) -> i64 {
    let source = &order.body.source;
    2 * (source.refunds.len() + source.returns.len() + claims.len() + 1) as i64
}

/// Claims that are new in what the source shows of the order, or open and to be judged again.
pub fn due_claims(hearing: &Hearing<'_>) -> Vec<Claim> {
    let source = &hearing.order.body.source;
    let mut out = Vec::new();
    let is_known = |cause: Cause, id: &str| {
        hearing
            .claims
            .iter()
            .any(|c| c.cause == cause && c.id == id)
    };
    for said in &source.returns {
        let is_wanted = matches!(
            said.state,
            SourceReturnState::Requested | SourceReturnState::Open
        );
        if is_wanted && !is_known(Cause::Request, &said.id) {
            let units = units_of(hearing.order, &said.lines);
            out.push(claim(hearing, Cause::Request, &said.id, said.at, units));
        }
    }
    for refund in &source.refunds {
        if !is_known(Cause::Refund, &refund.id) {
            let units = units_of(hearing.order, &refund.lines);
            let mut new = claim(hearing, Cause::Refund, &refund.id, refund.at, units);
            new.is_whole = refund.is_whole;
            new.amount_minor = refund.amount_minor;
            out.push(new);
        }
    }
    let again = hearing.claims.iter().filter(|c| c.state.is_open());
    out.extend(again.cloned());
    out
}

fn claim(hearing: &Hearing<'_>, cause: Cause, id: &str, at: Option<Ts>, units: Units) -> Claim {
    Claim {
        pair: hearing.pair.clone(),
        cause,
        id: id.to_owned(),
        order: hearing.order.row.id,
        at: at.unwrap_or(hearing.now),
        units,
        is_whole: false,
        amount_minor: None,
        currency: hearing.order.row.currency.clone(),
        state: ClaimState::Waiting,
        due_at: None,
        note: String::new(),
    }
}

/// Units by SKU as they lie on the shelf: a line of the source may be a kit, whose components come back.
fn units_of(order: &OrderFull, lines: &[ClaimedUnits]) -> Units {
    let mut out = Units::new();
    for said in lines {
        let sold = order
            .body
            .source
            .lines
            .iter()
            .find(|l| l.row_id == said.row_id);
        let whole = sold.map_or(1, |l| l.qty_each).max(1);
        let ours = order.lines.iter().filter(|l| l.row_id == said.row_id);
        for line in ours {
            let each = said.qty_each.saturating_mul(line.qty_each) / whole;
            *out.entry(line.sku.clone()).or_default() += each;
        }
    }
    out.retain(|_, n| *n > 0);
    out
}

/// What left of the order, and what of it is expected back already.
pub fn sold_lines(order: &OrderFull, returns: &[Return]) -> Vec<SoldLine> {
    let mut out: Vec<SoldLine> = Vec::new();
    for line in &order.lines {
        match out.iter_mut().find(|s| s.sku == line.sku) {
            Some(sold) => sold.despatched_each += line.despatched_each,
            None => out.push(SoldLine {
                sku: line.sku.clone(),
                despatched_each: line.despatched_each,
                covered_each: 0,
            }),
        }
    }
    for line in returns
        .iter()
        .filter(|r| r.is_counted())
        .flat_map(|r| &r.lines)
    {
        if let Some(sold) = out.iter_mut().find(|s| s.sku == line.sku) {
            sold.covered_each += line.authorised_each.max(line.received_each);
        }
    }
    out
}

/// Decides on everything due about an order; the changes are to be stored together.
pub fn hear(hearing: &Hearing<'_>, ids: &mut Ids) -> Vec<Change> {
    let mut returns: Vec<Return> = hearing.returns.to_vec();
    let mut changes = Vec::new();
    let mut claims: Vec<Claim> = hearing.claims.to_vec();
    for claim in due_claims(hearing) {
        let judged = judge(hearing, (&claims, &returns), claim.clone());
        claims.retain(|c| c.cause != claim.cause || c.id != claim.id);
        claims.push(judged.claim.clone());
        if let Some(made) = judged.made {
            let made = new_return(hearing, &claim, made, &returns, ids.take());
            changes.push(Change::Return(Box::new(made.clone())));
            if made.row.state == ReturnState::Authorised {
                changes.push(delivery(hearing, &made, ids.take()));
            }
            returns.push(made);
        }
        let is_known = hearing.claims.contains(&judged.claim);
        if !is_known {
            changes.push(Change::Claim(Box::new(judged.claim)));
        }
    }
    changes
}

struct Made {
    key: String,
    lines: Vec<ExpectedLine>,
    state: ReturnState,
}

struct Judged {
    claim: Claim,
    made: Option<Made>,
}

fn event_of(claim: &Claim) -> SourceEvent {
    let (id, units) = (claim.id.clone(), claim.units.clone());
    match claim.cause {
        Cause::Authorisation => SourceEvent::Authorised { id, units },
        Cause::Request => SourceEvent::ReturnRequested { id, units },
        Cause::Refund => SourceEvent::Refunded {
            id,
            units,
            is_whole: claim.is_whole,
            at: claim.at,
        },
    }
}

/// Units that are expected or back and that no earlier refund pays for: a refund of them asks for no further goods.
fn unpaid_cover(claims: &[Claim], returns: &[Return], of: &Claim) -> Units {
    let mut out = Units::new();
    for line in returns
        .iter()
        .filter(|r| r.is_counted())
        .flat_map(|r| &r.lines)
    {
        *out.entry(line.sku.clone()).or_default() += line.authorised_each.max(line.received_each);
    }
    let paid = claims
        .iter()
        .filter(|c| c.cause == Cause::Refund && c.id != of.id && c.state == ClaimState::Expected);
    for (sku, n) in paid.flat_map(|c| &c.units) {
        if let Some(left) = out.get_mut(sku) {
            *left -= n;
        }
    }
    out.retain(|_, n| *n > 0);
    out
}

/// What a refund says beyond goods that are expected already.
fn beyond(units: &Units, cover: &Units) -> Units {
    let rest = units.iter().map(|(sku, n)| {
        let covered = cover.get(sku).copied().unwrap_or(0);
        (sku.clone(), n - covered)
    });
    rest.filter(|(_, n)| *n > 0).collect()
}

fn judge(
    hearing: &Hearing<'_>,
    (claims, returns): (&[Claim], &[Return]),
    mut claim: Claim,
) -> Judged {
    let order = hearing.order;
    let sold = sold_lines(order, returns);
    let is_open = order.row.state.is_before_warehouse() || order.row.state.is_in_warehouse();
    let mut said = claim.clone();
    if claim.cause == Cause::Refund && !claim.units.is_empty() {
        said.units = beyond(&claim.units, &unpaid_cover(claims, returns, &claim));
        if said.units.is_empty() {
            claim.state = ClaimState::Expected;
            claim.due_at = None;
            claim.note = "its goods are expected, or back".to_owned();
            return Judged { claim, made: None };
        }
    }
    let event = event_of(&said);
    let found = expect(hearing.create_on, &event, &sold, is_open, hearing.pair);
    let mut made = None;
    match found {
        Expectation::Create { key, lines } if returns.len() < RETURNS_MAX => {
            claim.state = ClaimState::Expected;
            claim.note = format!("{} comes back", words(&lines));
            claim.due_at = None;
            made = Some(Made {
                key,
                lines,
                state: ReturnState::Authorised,
            });
        }
        Expectation::Create { .. } => {
            claim.state = ClaimState::Nothing;
            claim.note = format!("the order has {RETURNS_MAX} returns already");
        }
        Expectation::AfterDespatch => {
            claim.state = ClaimState::Waiting;
            claim.note = "the goods have not left yet".to_owned();
        }
        Expectation::Ask { due_at, .. } => {
            claim.state = ClaimState::Asked;
            claim.due_at = Some(due_at);
            claim.note = "no goods are expected for it".to_owned();
        }
        Expectation::Nothing(_) if is_for_a_person(&claim, &sold) => {
            claim.state = ClaimState::Expected;
            claim.note = "the customer asked; customer service decides".to_owned();
            made = Some(Made {
                key: keys::return_expect(hearing.pair, claim.cause.as_str(), &claim.id),
                lines: lines_out(&claim.units, &sold),
                state: ReturnState::Requested,
            });
        }
        Expectation::Nothing(why) => {
            // A question that has an answer by now: the goods are expected after all.
            let was_asked = claim.state == ClaimState::Asked;
            claim.state = if was_asked {
                ClaimState::Expected
            } else {
                ClaimState::Nothing
            };
            claim.due_at = None;
            claim.note = why;
        }
    }
    Judged { claim, made }
}

/// A customer's request that nothing but customer service can grant.
fn is_for_a_person(claim: &Claim, sold: &[SoldLine]) -> bool {
    claim.cause == Cause::Request && !lines_out(&claim.units, sold).is_empty()
}

fn lines_out(units: &Units, sold: &[SoldLine]) -> Vec<ExpectedLine> {
    let out = units.iter().map(|(sku, n)| {
        let left: i64 = sold
            .iter()
            .filter(|l| l.sku == *sku)
            .map(|l| (l.despatched_each - l.covered_each).max(0))
            .sum();
        ExpectedLine {
            sku: sku.clone(),
            qty_each: (*n).min(left),
        }
    });
    out.filter(|l| l.qty_each > 0).collect()
}

fn words(lines: &[ExpectedLine]) -> String {
    let parts: Vec<String> = lines
        .iter()
        .map(|l| format!("{} × {}", l.qty_each, l.sku))
        .collect();
    parts.join(", ")
}

/// The number of an order's next return.
pub fn next_reference(wms_number: &WmsOrderNo, returns: &[Return]) -> ReturnRef {
    let taken = |n: usize| {
        let text = format!("{wms_number}-RT{n}");
        returns.iter().any(|r| r.row.reference.as_str() == text)
    };
    let n = (1..=RETURNS_MAX + 1).find(|n| !taken(*n));
    ReturnRef(format!("{wms_number}-RT{}", n.unwrap_or(RETURNS_MAX + 1)))
}

fn new_return(
    hearing: &Hearing<'_>,
    claim: &Claim,
    made: Made,
    returns: &[Return],
    id: i64,
) -> Return {
    let row = &hearing.order.row;
    let wms_number = row.wms_number.clone().unwrap_or_default();
    let is_allowed = made.state == ReturnState::Authorised;
    let by = match claim.cause {
        Cause::Authorisation => claim.note.clone(),
        Cause::Request | Cause::Refund if is_allowed => {
            format!("returns.create_on {}", hearing.create_on)
        }
        Cause::Request | Cause::Refund => String::new(),
    };
    let lines = made.lines.into_iter().enumerate().map(|(at, line)| {
        let item = item_of(hearing.order, &line.sku);
        fresh_line((at + 1).to_string(), line.sku, item, line.qty_each)
    });
    Return {
        row: ReturnRow {
            id: ReturnId(id),
            pair: hearing.pair.clone(),
            reference: next_reference(&wms_number, returns),
            key: made.key,
            cause: claim.cause,
            cause_id: claim.id.clone(),
            order: row.id,
            order_number: row.number.clone(),
            wms_number,
            state: made.state,
            money: MoneyState::Open,
            reason: reason_of(hearing.order, claim),
            authorised_by: by,
            created_at: hearing.now,
            authorised_at: is_allowed.then_some(hearing.now),
            expected_at: None,
            received_at: None,
            inspected_at: None,
            stocked_at: None,
            gate_opened_at: None,
            awaited_until: None,
            version: 0,
            updated_at: hearing.now,
        },
        lines: lines.collect(),
        approvals: Vec::new(),
    }
}

fn item_of(order: &OrderFull, sku: &Sku) -> crate::domain::ids::ItemCode {
    let line = order.lines.iter().find(|l| l.sku == *sku);
    line.and_then(|l| l.item.clone())
        .unwrap_or_else(|| crate::domain::ids::ItemCode(sku.0.clone()))
}

fn reason_of(order: &OrderFull, claim: &Claim) -> String {
    let source = &order.body.source;
    let said = source.returns.iter().find(|r| r.id == claim.id);
    match claim.cause {
        Cause::Request => said.map(|r| r.reason.clone()).unwrap_or_default(),
        Cause::Refund => "refunded".to_owned(),
        Cause::Authorisation => String::new(),
    }
}

/// The write that makes the warehouse expect a return.
pub fn delivery(hearing: &Hearing<'_>, made: &Return, id: i64) -> Change {
    let order = hearing.order;
    let intent = ReturnIntent {
        reference: made.row.reference.clone(),
        wms_number: made.row.wms_number.clone(),
        site: order
            .row
            .site
            .as_ref()
            .map_or_else(String::new, |s| s.0.clone()),
        customer: order.body.source.address.name.clone(),
        comment: crate::text::clean_to(&made.row.reason, 200),
        lines: made
            .lines
            .iter()
            .map(|l| ReturnIntentLine {
                line_ref: l.line_ref.clone(),
                item: l.item.clone(),
                qty_each: l.authorised_each,
                reason: crate::text::clean_to(&made.row.reason, 50),
            })
            .collect(),
    };
    Change::Enqueue(Box::new(NewDelivery {
        id: DeliveryId(id),
        flow: Flow::ReturnExpect,
        pair: hearing.pair.clone(),
        system: hearing.warehouse.clone(),
        lane: Flow::ReturnExpect.lane(),
        order_key: keys::return_lane(&made.row.reference),
        idem_key: made.row.key.clone(),
        order: Some(order.row.id),
        object: made.row.reference.0.clone(),
        intent: Intent::ExpectReturn(Box::new(intent)),
        ship_by: None,
        due_at: hearing.now,
        depth: 1,
        caused_at: hearing.now,
    }))
}

/// Whether what the source shows of money and returns differs from what is kept.
pub fn is_news(known: &OrderFull, incoming: &crate::domain::order::SourceOrder) -> bool {
    let was = &known.body.source;
    incoming.status != SourceStatus::Gone
        && (was.refunds != incoming.refunds || was.returns != incoming.returns)
}
