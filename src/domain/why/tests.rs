use super::*;
use crate::domain::delivery::{DeliveryState, Intent};
use crate::domain::ids::{OrderId, WmsOrderNo};
use crate::domain::live::BreakerState;
use crate::domain::mapping::MappingKind;
use crate::domain::mapping_set::testing::set;
use crate::domain::order::{OrderBody, OrderRow, SourceOrder};
use crate::domain::preflight::testing::order as sold;
use crate::domain::time::Span;

fn at(minutes: i64) -> Ts {
    Ts(1_800_000_000_000_000) + Span::mins(minutes)
}

fn row(source: &SourceOrder, state: OrderState) -> OrderRow {
    OrderRow {
        id: OrderId(1),
        pair: "lw-pvx".into(),
        source_id: source.source_id.clone(),
        number: source.number.clone(),
        reference: source.reference.clone(),
        channel: source.channel.clone(),
        wms_number: Some(WmsOrderNo(format!("LW-{}", source.number))),
        wms_revision: 1,
        state,
        source_status: source.status,
        location: source.location.clone(),
        site: None,
        service: source.service.clone(),
        carrier_service: None,
        wms_status: None,
        is_on_hold: false,
        ship_by: None,
        value_minor: 0,
        currency: "GBP".to_owned(),
        units: 3,
        postcode_district: String::new(),
        customer_initials: String::new(),
        country: String::new(),
        tracking: String::new(),
        source_revision: String::new(),
        sent_hash: None,
        blocked_by: String::new(),
        missing_polls: 0,
        received_at: at(0),
        released_at: None,
        first_sent_at: None,
        accepted_at: None,
        despatched_at: None,
        confirmed_at: None,
        notified_at: None,
        source_read_at: at(0),
        state_since: at(1),
        held_reason: None,
        version: 1,
        updated_at: at(0),
    }
}

/// What the tests say of an order; anything they do not name is as on a quiet day.
struct Day {
    order: OrderFull,
    deliveries: Vec<DeliveryRow>,
    cases: Vec<OpenCase>,
    pauses: Vec<Pause>,
    systems: Vec<(SystemId, SystemLive)>,
    verdict: Option<Verdict>,
}

fn day(state: OrderState) -> Day {
    let source = sold("1001");
    Day {
        order: OrderFull {
            row: row(&source, state),
            body: OrderBody {
                source,
                intent: None,
                site_choice: None,
                edits: Vec::new(),
            },
            lines: Vec::new(),
        },
        deliveries: Vec::new(),
        cases: Vec::new(),
        pauses: Vec::new(),
        systems: Vec::new(),
        verdict: None,
    }
}

impl Day {
    fn why(&self) -> Why {
        why(&WhyInput {
            order: &self.order,
            deliveries: &self.deliveries,
            cases: &self.cases,
            pauses: &self.pauses,
            due: &[(Flow::OrderPull, at(9)), (Flow::Despatch, at(8))],
            systems: &self.systems,
            mappings: &set(&[(MappingKind::Site, "north", "MAIN", "basis=GROSS")]),
            policy: &Policy::linnworks(),
            verdict: self.verdict.as_ref(),
            now: at(5),
        })
    }
}

fn create(state: DeliveryState, attempts: i64) -> DeliveryRow {
    DeliveryRow {
        id: DeliveryId(7),
        flow: Flow::OrderCreate,
        pair: "lw-pvx".into(),
        system: "pvx".into(),
        lane: Flow::OrderCreate.lane(),
        order_key: "order:LW-1001".to_owned(),
        idem_key: "k".to_owned(),
        order: Some(OrderId(1)),
        object: "1001".to_owned(),
        intent: Intent::CancelOrder {
            number: WmsOrderNo::from("LW-1001"),
        },
        state,
        step: 0,
        attempts,
        ship_by: None,
        due_at: at(6),
        created_at: at(2),
        caused_at: at(2),
        sent_at: None,
        absent_at: None,
        last_class: None,
        last_text: "no answer within 30 s".to_owned(),
        depth: 0,
        version: 1,
        updated_at: at(3),
    }
}

#[test]
fn an_unpaid_order_waits_for_its_payment_and_says_when_the_source_is_read_next() {
    let mut day = day(OrderState::HeldPayment);
    day.order.body.source.is_paid = false;
    let why = day.why();
    assert_eq!(why.standing, Standing::Stopped);
    let [reason] = why.reasons.as_slice() else {
        panic!("{why:?}");
    };
    assert!(reason.what.contains("paid"), "{reason:?}");
    assert_eq!((reason.since, reason.next_at), (Some(at(1)), Some(at(9))));
}

#[test]
fn a_blocked_order_names_every_failed_check_with_its_case_and_its_way_out() {
    let mut day = day(OrderState::Blocked);
    let discriminator = "SERVICE=Tracked 48 XL".to_owned();
    day.verdict = Some(Verdict::Fail(vec![
        Fault::new(
            Kind::OrdCarrierUnmapped,
            discriminator.clone(),
            "postal service Tracked 48 XL has no carrier service".to_owned(),
        ),
        Fault::new(
            Kind::OrdAddressInvalid,
            "ORDER=1001".to_owned(),
            "no town".to_owned(),
        ),
    ]));
    day.cases.push(OpenCase {
        id: ExceptionId(12),
        kind: Kind::OrdCarrierUnmapped,
        discriminator,
        detail: "older words".to_owned(),
        began_at: at(3),
    });
    let why = day.why();
    assert_eq!(why.reasons.len(), 2, "{why:?}");
    let first = &why.reasons[0];
    assert_eq!(
        (first.case, first.since),
        (Some(ExceptionId(12)), Some(at(3)))
    );
    assert_eq!(first.way.words(), "map the postal service Tracked 48 XL");
    assert_eq!(why.reasons[1].way, Way::Edit);
}

#[test]
fn what_a_person_holds_is_released_by_a_person() {
    let mut day = day(OrderState::Ready);
    day.order.row.held_reason = Some("wrong van (ana)".to_owned());
    let why = day.why();
    assert_eq!(why.reasons[0].way, Way::Release);
    assert_eq!(
        why.reasons[0].way.verb("1001", &"lw-pvx".into()).as_deref(),
        Some("tallyman orders release 1001")
    );
}

#[test]
fn a_delivery_says_whether_it_is_refused_in_doubt_paused_or_tried_again() {
    let mut day = day(OrderState::Queued);
    let cases = [
        (
            DeliveryState::Ready,
            2,
            Standing::Waiting,
            "failed after 2 tries",
        ),
        (
            DeliveryState::Rejected,
            1,
            Standing::Stopped,
            "pvx refused the order",
        ),
        (
            DeliveryState::Dead,
            9,
            Standing::Stopped,
            "was given up after 9 tries",
        ),
        (
            DeliveryState::InDoubt,
            1,
            Standing::Waiting,
            "nobody knows yet",
        ),
    ];
    for (state, attempts, standing, words) in cases {
        day.deliveries = vec![create(state, attempts)];
        let why = day.why();
        assert_eq!(why.standing, standing, "{state}: {why:?}");
        assert!(why.reasons[0].what.contains(words), "{state}: {why:?}");
        assert_eq!(why.reasons[0].delivery, Some(DeliveryId(7)));
    }
    day.deliveries = vec![create(DeliveryState::Ready, 0)];
    day.pauses.push(Pause {
        flow: None,
        why: "stocktake".to_owned(),
    });
    let why = day.why();
    assert_eq!(why.reasons[0].way, Way::Resume { flow: None }, "{why:?}");
    day.pauses.clear();
    day.systems.push((
        "pvx".into(),
        SystemLive {
            breaker: BreakerState::Open,
            breaker_until: Some(at(7)),
            ..SystemLive::default()
        },
    ));
    let why = day.why();
    assert!(
        why.reasons[0].what.contains("pvx does not answer"),
        "{why:?}"
    );
    assert_eq!(why.reasons[0].next_at, Some(at(7)));
}

#[test]
fn a_create_that_a_check_parked_is_not_called_refused_by_the_warehouse() {
    let mut day = day(OrderState::Blocked);
    day.deliveries = vec![create(DeliveryState::Rejected, 0)];
    day.verdict = Some(Verdict::Fail(vec![Fault::new(
        Kind::OrdAddressInvalid,
        "ORDER=1001".to_owned(),
        "no town".to_owned(),
    )]));
    let why = day.why();
    assert_eq!(why.reasons.len(), 1, "{why:?}");
    assert_eq!(why.reasons[0].what, "no town");
}

#[test]
fn an_order_that_moves_says_so_and_what_is_read_next() {
    let why = day(OrderState::Picking).why();
    assert_eq!(why.standing, Standing::Moving);
    assert_eq!((why.place.as_str(), why.since), ("being picked", at(1)));
    assert!(why.next.contains("Despatches are read every"), "{why:?}");
    assert_eq!(why.next_at, Some(at(8)));
    let ended = day(OrderState::Notified).why();
    assert_eq!(ended.standing, Standing::Ended);
    assert!(ended.reasons.is_empty());
}

#[test]
fn a_promise_at_risk_is_no_reason_of_its_own() {
    let mut day = day(OrderState::Picking);
    day.cases.push(OpenCase {
        id: ExceptionId(3),
        kind: Kind::SlaAtRisk,
        discriminator: "ORDER=1001".to_owned(),
        detail: "promised for noon".to_owned(),
        began_at: at(3),
    });
    assert_eq!(day.why().standing, Standing::Moving);
    day.cases[0].kind = Kind::OrdStalled;
    assert_eq!(day.why().reasons[0].case, Some(ExceptionId(3)));
}

#[test]
fn what_needs_a_person_stands_before_what_goes_on_by_itself() {
    let mut day = day(OrderState::Backordered);
    day.order.row.is_on_hold = true;
    let why = day.why();
    let standings: Vec<Standing> = why.reasons.iter().map(|r| r.standing).collect();
    assert_eq!(standings, [Standing::Stopped, Standing::Waiting]);
}
