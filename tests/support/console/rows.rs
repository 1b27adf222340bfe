//! Generated rows that read like the trade; the hostile ones read like an attack.

use super::decisions;
use tallyman::config::CardRow;
use tallyman::console::app::ask::{
    DeliverySheet, ExceptionSheet, FlowSheet, ItemSheet, Live, OrderSheet,
};
use tallyman::desk::{Found, LateChange};
use tallyman::domain::catalogue::Kind;
use tallyman::domain::delivery::{
    AnswerClass, Attempt, DeliveryRow, DeliveryState, Flow, Intent, Lane,
};
use tallyman::domain::exception::{
    ExceptionRow, ExceptionState, ObjectRef, OccurrenceRow, Severity, Team,
};
use tallyman::domain::ids::{
    CarrierService, DeliveryId, DespatchNo, ExceptionId, ItemCode, JournalSeq, LocationId,
    MappingId, OrderId, PairId, PayloadId, ServiceTag, SiteRef, Sku, SourceOrderId, SystemId,
    WmsOrderNo,
};
use tallyman::domain::live::{CallLive, LaneLive, MethodLive, ParcelsLive, SystemLive};
use tallyman::domain::mapping::{
    Attributes, Mapping, MappingEdit, MappingKind, MappingStatus, Target,
};
use tallyman::domain::order::{
    Address, OrderBody, OrderFull, OrderLine, OrderRow, OrderState, SourceOrder, SourceStatus,
};
use tallyman::domain::policy::Policy;
use tallyman::domain::stock::{Basis, StockDay, StockLevelRow, StockPosition};
use tallyman::domain::time::{Span, Ts};
use tallyman::domain::undo::{Standing, Undo, Undoable};
use tallyman::domain::wanted::Wanted;
use tallyman::domain::wms::DespatchLine;
use tallyman::store::Present;
use tallyman::store::read::{
    DespatchGroup, FlowLive, JournalRow, MappingVersion, SystemRow, Unmapped,
};

/// 2026-11-23T09:30:00Z, a Monday before a peak.
pub const NOW: Ts = Ts(1_795_426_200_000_000);

/// Exceptions of the typical scene.
pub const EXCEPTIONS: usize = 12;

/// Past the `typical` first rows, blocks of neighbours are of one kind.
pub(super) const fn alike(n: usize, typical: usize) -> usize {
    if n < typical { n } else { n / 400 }
}

fn pair() -> PairId {
    PairId::from("lw-pvx")
}

pub(super) fn ago(mins: i64) -> Ts {
    NOW - Span::mins(mins)
}

fn ahead(mins: i64) -> Ts {
    NOW + Span::mins(mins)
}

/// A name as it is, or as somebody with bad intentions sends it.
pub fn name(plain: &str, hostile: bool) -> String {
    if hostile {
        format!(
            "{plain}\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\u{202e} 漢字漢字\u{fe0f} 👩\u{200d}🚀 e\u{301}\u{9b}31m {}",
            "overlong ".repeat(30)
        )
    } else {
        plain.to_owned()
    }
}

struct Case(
    Kind,
    &'static str,
    Severity,
    ExceptionState,
    Team,
    Option<i64>,
    i64,
);

fn case(n: usize) -> Case {
    use ExceptionState as S;
    use Severity::{S1, S2, S3, S4};
    let cases = [
        Case(
            Kind::OrdCarrierUnmapped,
            "SERVICE=Tracked 48 XL",
            S1,
            S::New,
            Team::Ecommerce,
            Some(45),
            38,
        ),
        Case(
            Kind::SlaBreached,
            "ORDER=100231",
            S2,
            S::Working,
            Team::Warehouse,
            Some(-70),
            1,
        ),
        Case(
            Kind::OrdInDoubt,
            "ORDER=100198",
            S1,
            S::New,
            Team::Integration,
            Some(80),
            2,
        ),
        Case(
            Kind::OrdSkuUnknown,
            "SKU=MUG-BLU-XL",
            S2,
            S::Acknowledged,
            Team::Data,
            Some(130),
            4,
        ),
        Case(
            Kind::CanTooLate,
            "ORDER=100177",
            S2,
            S::New,
            Team::Warehouse,
            Some(190),
            1,
        ),
        Case(
            Kind::StkOversellRisk,
            "ITEM=LAMP-OAK@Default",
            S2,
            S::New,
            Team::Warehouse,
            None,
            1,
        ),
        Case(
            Kind::DspConfirmFailed,
            "ORDER=100102",
            S3,
            S::FixedPending,
            Team::Integration,
            Some(260),
            3,
        ),
        Case(
            Kind::MapTargetGone,
            "CARRIER=Next Day",
            S2,
            S::New,
            Team::Ecommerce,
            Some(310),
            6,
        ),
        Case(
            Kind::StkDrift,
            "ITEM=MUG-RED@Default",
            S3,
            S::Reopened,
            Team::Warehouse,
            None,
            1,
        ),
        Case(
            Kind::OrdAddressInvalid,
            "ORDER=100240",
            S3,
            S::Waiting,
            Team::Cx,
            Some(900),
            1,
        ),
        Case(
            Kind::PrdBarcodeDuplicate,
            "BARCODE=5012345678900",
            S3,
            S::Snoozed,
            Team::Data,
            None,
            2,
        ),
        Case(
            Kind::SysThrottled,
            "SYSTEM=lw",
            S4,
            S::New,
            Team::Integration,
            None,
            1,
        ),
    ];
    // Far down a long list neighbours are alike, as they are in a sorted one.
    let at = alike(n, EXCEPTIONS) % cases.len();
    cases.into_iter().nth(at).unwrap()
}

pub fn exception(n: usize, hostile: bool) -> ExceptionRow {
    let Case(kind, discriminator, severity, state, team, ship_mins, members) = case(n);
    let id = i64::try_from(n).unwrap() + 1;
    let many = i64::try_from(n / EXCEPTIONS).unwrap();
    let discriminator = if many > 0 {
        format!("{discriminator}-{many}")
    } else {
        discriminator.to_owned()
    };
    let person = match state {
        ExceptionState::Working => Some("pat".to_owned()),
        ExceptionState::Acknowledged => Some("sam".to_owned()),
        _ => None,
    };
    ExceptionRow {
        id: ExceptionId(id),
        kind,
        pair: pair(),
        discriminator: name(&discriminator, hostile),
        severity,
        state,
        team,
        person,
        began_at: ago(130 + 7 * (id % 90)),
        first_seen_at: ago(129),
        last_seen_at: ago(2),
        members,
        occurrences_ever: members + 3,
        ship_by: ship_mins.map(|m| ahead(m + many)),
        value_minor: members * 4_000 + id % 100,
        ack_due_at: ahead(15),
        resolve_due_at: ahead(120),
        snoozed_until: (state == ExceptionState::Snoozed).then(|| ahead(240)),
        snooze_condition: None,
        waiting_for: (state == ExceptionState::Waiting).then(|| "the customer".to_owned()),
        parent: None,
        is_regression: state == ExceptionState::Reopened,
        detail: name(
            "The sales system's delivery service has no carrier service in the warehouse, so these orders are not sent.",
            hostile,
        ),
        known_as: None,
        outcome: None,
        closed_at: None,
        version: 3,
        updated_at: ago(2),
    }
}

/// Somebody else is there too.
fn present(hostile: bool) -> Vec<Present> {
    vec![Present {
        who: name("lee", hostile),
        since: ago(3),
    }]
}

pub fn exception_sheet(n: usize, hostile: bool) -> ExceptionSheet {
    let row = exception(n, hostile);
    let members = (0..row.members.min(40))
        .map(|m| OccurrenceRow {
            exception: row.id,
            object: ObjectRef::Order(OrderId(m + 1)),
            label: format!("{}", 100_101 + m),
            detail: name("Tracked 48 XL is not mapped", hostile),
            began_at: ago(120 - m),
            last_seen_at: ago(1),
            times: 2,
            ship_by: Some(ahead(45 + 9 * m)),
            value_minor: 4_000 + m * 125,
            cleared_at: None,
        })
        .collect();
    ExceptionSheet {
        members,
        timeline: (0..6).map(|i| journal(i, hostile)).rev().collect(),
        deliveries: vec![delivery_sheet(7, hostile)],
        returned: None,
        lane: None,
        position: None,
        orders: (0..row.members.min(2))
            .map(|m| order_sheet(usize::try_from(m).unwrap(), hostile).full)
            .collect(),
        mapping: None,
        refunds: None,
        sites: Vec::new(),
        rule: None,
        others: present(hostile),
        row,
    }
}

pub fn order(n: usize, hostile: bool) -> OrderRow {
    let id = i64::try_from(n).unwrap() + 1;
    let state = OrderState::ALL[(alike(n, 24) * 5 + 5) % OrderState::ALL.len()];
    let is_blocked = state == OrderState::Blocked;
    let has_left = state.code() >= OrderState::Despatched.code();
    OrderRow {
        id: OrderId(id),
        pair: pair(),
        source_id: SourceOrderId(format!("guid-{id}")),
        number: format!("{}", 100_100 + id),
        reference: name(&format!("SHOP-{id:05}"), hostile),
        channel: "SHOPIFY / Acme UK".to_owned(),
        wms_number: (!state.is_before_warehouse())
            .then(|| WmsOrderNo(format!("LW-{}", 100_100 + id))),
        wms_revision: 1,
        state,
        source_status: if has_left {
            SourceStatus::Processed
        } else {
            SourceStatus::Open
        },
        location: LocationId::from("Default"),
        site: Some(SiteRef::from("NORTH")),
        service: ServiceTag(name("Tracked 48", hostile)),
        carrier_service: (!is_blocked).then(|| CarrierService::from("TPS48")),
        wms_status: (!state.is_before_warehouse()).then(|| "Allocated".to_owned()),
        is_on_hold: false,
        ship_by: Some(ahead(30 * id - 90)),
        value_minor: 3_999 + id * 250,
        currency: "GBP".to_owned(),
        units: 1 + id % 5,
        postcode_district: "AB1".to_owned(),
        customer_initials: "P S".to_owned(),
        country: "GB".to_owned(),
        tracking: if has_left {
            format!("JD00022{id:06}")
        } else {
            String::new()
        },
        source_revision: "r".to_owned(),
        sent_hash: None,
        blocked_by: if is_blocked {
            name("delivery service \"Tracked 48 XL\" is not mapped", hostile)
        } else {
            String::new()
        },
        missing_polls: 0,
        received_at: ago(300 - id),
        released_at: Some(ago(290 - id)),
        first_sent_at: (!state.is_before_warehouse()).then(|| ago(280 - id)),
        accepted_at: (!state.is_before_warehouse()).then(|| ago(279 - id)),
        despatched_at: has_left.then(|| ago(40)),
        confirmed_at: None,
        notified_at: None,
        source_read_at: ago(1),
        state_since: ago(60),
        held_reason: None,
        version: 4,
        updated_at: ago(1),
    }
}

pub fn order_sheet(n: usize, hostile: bool) -> OrderSheet {
    let row = order(n, hostile);
    let source = SourceOrder {
        source_id: row.source_id.clone(),
        number: row.number.clone(),
        reference: row.reference.clone(),
        channel: row.channel.clone(),
        status: row.source_status,
        is_paid: true,
        is_resend: false,
        is_parked: false,
        is_locked: false,
        location: row.location.clone(),
        location_is_fulfilment_centre: false,
        received_at: row.received_at,
        paid_at: Some(row.received_at),
        ship_by: row.ship_by,
        processed_at: None,
        service: row.service.clone(),
        service_id: "1".to_owned(),
        tracking: row.tracking.clone(),
        address: Address::default(),
        currency: row.currency.clone(),
        total_minor: row.value_minor,
        shipping_minor: 399,
        lines: Vec::new(),
        changed_at: None,
        shipments: Vec::new(),
        refunds: Vec::new(),
        returns: Vec::new(),
        vendor_extra: serde_json::Value::Null,
    };
    let line = |at: i64, sku: &str, qty: i64, left: i64| OrderLine {
        line_ref: at.to_string(),
        row_id: format!("row-{at}"),
        sku: Sku::from(sku),
        item: Some(ItemCode::from(sku)),
        title: name("Mug, red, 330 ml", hostile),
        qty_each: qty,
        despatched_each: left,
        confirmed_each: 0,
        unit_price_minor: 1_299,
    };
    let mut unmapped = line(3, "MUG-BLU-XL", 1, 0);
    unmapped.item = None;
    let number = WmsOrderNo(format!("LW-{}", row.number));
    OrderSheet {
        others: Vec::new(),
        deliveries: vec![
            delivery_sheet(7, hostile).row,
            delivery_sheet(8, hostile).row,
        ],
        despatches: vec![DespatchGroup {
            despatch: "D-5501".to_owned(),
            number: number.clone(),
            state: "matched".to_owned(),
            first_seen_at: ago(39),
            lines: vec![DespatchLine {
                despatch: DespatchNo::from("D-5501"),
                number,
                line_ref: "1".to_owned(),
                item: ItemCode::from("MUG-RED"),
                qty_each: 2,
                carrier: "Royal Mail".to_owned(),
                service: "TPS48".to_owned(),
                tracking: "JD0002200001".to_owned(),
                despatched_at: ago(40),
                site: SiteRef::from("NORTH"),
                channel: "Linnworks".to_owned(),
            }],
        }],
        exceptions: decisions::exceptions(&row, hostile),
        refunds: decisions::refunds(&row, hostile),
        site: Some(decisions::site(&row)),
        why: Some(super::cases::why(&row)),
        edit: Some(super::cases::edit(&row)),
        timeline: (0..8).map(|i| journal(i, hostile)).rev().collect(),
        returns: super::returns::of_order(n, hostile),
        full: OrderFull {
            lines: vec![
                line(1, "MUG-RED", 2, 1),
                line(2, "LAMP-OAK", 1, 0),
                unmapped,
            ],
            body: OrderBody {
                source,
                intent: None,
                site_choice: None,
                edits: Vec::new(),
            },
            row,
        },
    }
}

pub fn delivery_sheet(id: i64, hostile: bool) -> DeliverySheet {
    let flow = if id % 2 == 1 {
        Flow::OrderCreate
    } else {
        Flow::OrderCancel
    };
    let attempt = |n: i64, class: AnswerClass, text: &str| Attempt {
        delivery: DeliveryId(id),
        n,
        step: 0,
        started_at: ago(30 - 10 * n),
        finished_at: ago(30 - 10 * n) + Span::ms(840),
        class,
        text: name(text, hostile),
        request: Some(PayloadId(100 + n)),
        answer: Some(PayloadId(200 + n)),
    };
    DeliverySheet {
        row: DeliveryRow {
            id: DeliveryId(id),
            flow,
            pair: pair(),
            system: SystemId::from("pvx"),
            lane: flow.lane(),
            order_key: "order:LW-100101".to_owned(),
            idem_key: format!("lw-pvx/{flow}/LW-100101/1"),
            order: Some(OrderId(1)),
            object: "LW-100101".to_owned(),
            intent: Intent::CancelOrder {
                number: WmsOrderNo::from("LW-100101"),
            },
            state: DeliveryState::InDoubt,
            step: 0,
            attempts: 2,
            ship_by: Some(ahead(45)),
            due_at: ahead(1),
            created_at: ago(31),
            caused_at: ago(31),
            sent_at: Some(ago(10)),
            absent_at: None,
            last_class: Some(AnswerClass::Unknown),
            last_text: name("no answer within 30 s", hostile),
            depth: 0,
            version: 5,
            updated_at: ago(10),
        },
        attempts: vec![
            attempt(1, AnswerClass::Throttled, "429 too many requests"),
            attempt(2, AnswerClass::Unknown, "no answer within 30 s"),
        ],
    }
}

pub fn mapping(n: usize, hostile: bool) -> Mapping {
    let rows = [
        (MappingKind::Carrier, "Tracked 24", "TPN24"),
        (MappingKind::Carrier, "Tracked 48", "TPS48"),
        (MappingKind::Carrier, "Next Day", "DPDND"),
        (MappingKind::Site, "Default", "NORTH"),
        (MappingKind::Item, "MUG-RED-OLD", "MUG-RED"),
        (MappingKind::OrderStatus, "Despatched", "despatched"),
    ];
    let (kind, from, to) = rows[n % rows.len()];
    let from = if n < rows.len() {
        from.to_owned()
    } else {
        format!("{from} {n}")
    };
    let mut attributes = Attributes::new();
    if kind == MappingKind::Site {
        attributes.insert("basis".to_owned(), "GROSS".to_owned());
    }
    Mapping {
        id: MappingId(i64::try_from(n).unwrap() + 1),
        pair: pair(),
        kind,
        from: name(&from, hostile),
        to: to.to_owned(),
        attributes,
        status: MappingStatus::Active,
        version: 2,
        author: "pat".to_owned(),
        reason: "set up".to_owned(),
        changed_at: ago(9_000),
        used_count: 40 + i64::try_from(n % 100).unwrap() * 31,
        last_used_at: Some(ago(3)),
        broken: (n == 2).then(|| "DPDND is not in the warehouse's list any more".to_owned()),
    }
}

fn wanted(kind: MappingKind, from: &str) -> Wanted {
    Wanted {
        kind,
        from: from.to_owned(),
        to: String::new(),
        attributes: Attributes::new(),
    }
}

pub fn unmapped(hostile: bool) -> Vec<Unmapped> {
    vec![
        Unmapped {
            wanted: wanted(MappingKind::Carrier, &name("Tracked 48 XL", hostile)),
            orders: 38,
            earliest_ship_by: Some(ahead(45)),
            exception: Some(ExceptionId(1)),
        },
        Unmapped {
            wanted: wanted(MappingKind::Item, "MUG-BLU-XL"),
            orders: 4,
            earliest_ship_by: Some(ahead(130)),
            exception: Some(ExceptionId(4)),
        },
    ]
}

pub fn targets(hostile: bool) -> Vec<Target> {
    [
        ("TPN24", "Royal Mail Tracked 24", true),
        ("TPS48", "Royal Mail Tracked 48", true),
        ("TPS48L", "Royal Mail Tracked 48 Large", true),
        ("DPDND", "DPD Next Day", false),
        ("DPD12", "DPD by 12", true),
        ("DHLX", "DHL Express Worldwide", true),
        ("EVRI", "Evri standard", true),
        ("COLLECT", "Customer collects", true),
        ("PALLET", "Pallet network", true),
    ]
    .into_iter()
    .map(|(code, text, is_active)| Target {
        code: code.to_owned(),
        name: name(text, hostile),
        is_active,
    })
    .collect()
}

pub fn versions() -> Vec<MappingVersion> {
    (0..5)
        .map(|n| MappingVersion {
            version: 17 - n,
            at: ago(60 + n * 900),
            who: "pat".to_owned(),
            reason: format!("exception {}", 40 - n),
            edits: vec![
                MappingEdit::Set {
                    kind: MappingKind::Carrier,
                    from: format!("Tracked {}", 48 + n),
                    to: "TPS48".to_owned(),
                    attributes: Attributes::new(),
                },
                MappingEdit::Remove {
                    kind: MappingKind::Item,
                    from: format!("OLD-{n}"),
                },
            ],
        })
        .collect()
}

pub fn position(n: usize, hostile: bool) -> StockPosition {
    let items = [
        "MUG-RED",
        "LAMP-OAK",
        "CUSHION-GRN",
        "RUG-120",
        "VASE-TALL",
        "CLOCK-STEEL",
    ];
    let item = if n < items.len() {
        items[n].to_owned()
    } else {
        format!("{}-{n}", items[n % items.len()])
    };
    let remainder = [11, -4, 0, 25, 3, 0][alike(n, 12) % 6];
    let publish = 120 - i64::try_from(n % 60).unwrap();
    StockPosition {
        pair: pair(),
        item: ItemCode(name(&item, hostile)),
        sku: Sku(item),
        location: LocationId::from("Default"),
        basis: Basis::NetStatic,
        available_each: publish + 9,
        others_each: 0,
        on_hand_each: publish + 21,
        allocated_each: 12,
        unsent_each: 4,
        unconfirmed_each: 3,
        buffer_each: 5,
        publish_each: publish,
        written_each: Some(publish),
        written_snapshot: Some(88),
        written_at: Some(ago(6)),
        committed_each: 7,
        written_committed_each: 7,
        processed_since_each: 0,
        source_each: Some(publish + remainder),
        source_level_each: Some(publish + remainder),
        source_read_at: Some(ago(2)),
        gap_each: remainder,
        external_each: remainder,
        lag_each: 0,
        remainder_each: remainder,
        runs: 3,
        velocity_milli: 2_400,
        oversell_hours_milli: (remainder > 0).then(|| 2_200 + i64::try_from(n).unwrap() * 900),
        value_at_risk_minor: remainder.abs() * 1_299,
        price_minor: 1_299,
        history: (0..8)
            .map(|i| (ago(400 - 50 * i), publish + 40 - 5 * i))
            .collect(),
        paused_reason: (n == 3).then(|| "more than 20 % of items would change".to_owned()),
        drift_since: (remainder != 0).then(|| ago(95)),
        updated_at: ago(2),
        ledger: None,
    }
}

/// Thirty days of selling, two deliveries, and a drift that began this week.
fn days(position: &StockPosition) -> Vec<StockDay> {
    (0..30)
        .map(|n| {
            let drift = if n > 26 { 11 } else { 0 };
            let on_hand = 140 - 9 * (n % 14) + position.on_hand_each % 7;
            StockDay {
                location: position.location.clone(),
                day: NOW.day() - 29 + n,
                on_hand_each: on_hand,
                publish_each: on_hand - 6,
                source_each: (n > 2).then_some(on_hand - 6 + drift),
                remainder_each: drift,
            }
        })
        .collect()
}

pub fn item_sheet(pair: PairId, item: ItemCode, hostile: bool) -> ItemSheet {
    let mut first = position(0, hostile);
    first.item = item.clone();
    ItemSheet {
        levels: ["NORTH", "SOUTH"]
            .into_iter()
            .map(|site| StockLevelRow {
                system: SystemId::from("pvx"),
                item: item.clone(),
                site: SiteRef::from(site),
                on_hand_each: 70,
                allocated_each: 6,
                available_each: 64,
                snapshot_id: 88,
                read_at: ago(6),
            })
            .collect(),
        days: days(&first),
        positions: vec![first],
        lanes: Vec::new(),
        corrections: Vec::new(),
        exceptions: vec![(
            ExceptionId(9),
            "STK_DRIFT".to_owned(),
            name("11 too many are shown", hostile),
        )],
        timeline: (0..5).map(|i| journal(i, hostile)).rev().collect(),
        pair,
        item,
    }
}

pub fn journal(n: usize, hostile: bool) -> JournalRow {
    let rows = [
        (
            "pat",
            "mapping.set",
            ObjectRef::Mapping("CARRIER:Tracked 48".to_owned()),
            "TPN48",
            "TPS48",
            "exception 40",
        ),
        (
            "engine/deliver",
            "order.accepted",
            ObjectRef::Order(OrderId(3)),
            "sending",
            "in_warehouse",
            "",
        ),
        (
            "engine/decide",
            "exception.opened",
            ObjectRef::Exception(1),
            "",
            "ORD_CARRIER_UNMAPPED",
            "",
        ),
        (
            "sam",
            "exception.acknowledged",
            ObjectRef::Exception(4),
            "new",
            "acknowledged",
            "",
        ),
        (
            "engine/compare",
            "stock.drift",
            ObjectRef::Item("MUG-RED@Default".to_owned()),
            "120",
            "131",
            "remainder +11",
        ),
        (
            "engine/deliver",
            "delivery.in_doubt",
            ObjectRef::Delivery(7),
            "sending",
            "in_doubt",
            "no answer within 30 s",
        ),
    ];
    let at = alike(n, 40) % rows.len();
    let (actor, action, object, before, after, reason) = rows.into_iter().nth(at).unwrap();
    let seq = i64::try_from(n).unwrap();
    JournalRow {
        seq: JournalSeq(100_000 - seq),
        at: ago(seq * 3) - Span::secs(seq % 50),
        actor: actor.to_owned(),
        action: action.to_owned(),
        object,
        pair: Some(pair()),
        before: before.to_owned(),
        after: name(after, hostile),
        reason: reason.to_owned(),
        exception: None,
        payload: (at == 5).then_some(PayloadId(202)),
    }
}

fn flow(n: usize, flow: Flow, hostile: bool) -> FlowLive {
    let per_minute = (0..30)
        .map(|m| u32::try_from((m * (n + 3) + n * n) % 17).unwrap())
        .collect();
    let is_create = flow == Flow::OrderCreate;
    FlowLive {
        pair: pair(),
        flow,
        paused: (flow == Flow::StockSnapshot).then(|| "counting in the north".to_owned()),
        is_last_ok: flow != Flow::ReconcileStock,
        last_ok_at: Some(ago(1 + i64::try_from(n).unwrap())),
        last_started_at: Some(ago(1 + i64::try_from(n).unwrap())),
        next_due_at: Flow::SCHEDULED
            .contains(&flow)
            .then(|| ahead(i64::try_from(n).unwrap())),
        last_note: if flow == Flow::ReconcileStock {
            name("the stock report ended early: 8,112 of 9,000 rows", hostile)
        } else {
            name("12 new, 3 changed", hostile)
        },
        waiting: if is_create { 214 } else { 0 },
        sending: if is_create { 3 } else { 0 },
        in_doubt: if flow == Flow::OrderCancel { 2 } else { 0 },
        stuck: 0,
        oldest_at: is_create.then(|| ago(7)),
        applied_per_minute: per_minute,
    }
}

pub fn live(hostile: bool) -> Live {
    let flows = [
        Flow::OrderPull,
        Flow::OrderCreate,
        Flow::OrderAmend,
        Flow::OrderCancel,
        Flow::Despatch,
        Flow::StockSnapshot,
        Flow::StatusPull,
        Flow::ReconcileOrders,
        Flow::ReconcileStock,
        Flow::Catalogue,
    ];
    Live {
        flows: flows
            .into_iter()
            .enumerate()
            .map(|(n, f)| flow(n, f, hostile))
            .collect(),
        systems: vec![
            system("lw", Some(ahead(1)), hostile),
            system("pvx", None, hostile),
        ],
        tail: (0..40).map(|n| journal(n, hostile)).rev().collect(),
    }
}

fn system(id: &str, throttled_until: Option<Ts>, hostile: bool) -> SystemRow {
    let call = |method: &str, secs: i64| CallLive {
        at: NOW - Span::secs(secs),
        method: method.to_owned(),
        millis: 310,
        class: "applied".to_owned(),
        text: name("ok", hostile),
    };
    let lane = |lane: Lane, calls: i64, waiting: i64| LaneLive {
        lane,
        share_percent: 25,
        calls_last_minute: calls,
        waiting,
        oldest_at: (waiting > 0).then(|| ago(7)),
    };
    SystemRow {
        system: SystemId::from(id),
        live: SystemLive {
            throttled_until,
            in_flight: vec![call("SaveData Sales orders", 2)],
            recent: vec![call("GetData Stock", 40)],
            lanes: vec![
                lane(Lane::Priority, 2, 0),
                lane(Lane::Orders, 18, 4),
                lane(Lane::Stock, 9, 0),
            ],
            methods: vec![
                MethodLive {
                    method: "SaveData".to_owned(),
                    calls_last_minute: 42,
                    limit_per_minute: 60,
                },
                MethodLive {
                    method: "GetData".to_owned(),
                    calls_last_minute: 12,
                    limit_per_minute: 60,
                },
            ],
            parcels: (id == "lw").then_some(ParcelsLive {
                calls_each: 3,
                per_minute_max: 20,
            }),
            calls_total: 4_210,
            orders_total: 3_800,
            at: NOW,
            ..SystemLive::default()
        },
        holder: Some("desk-1".to_owned()),
        lease_until: Some(ahead(1)),
    }
}

pub fn flow_sheet(pair: PairId, which: Flow, hostile: bool) -> FlowSheet {
    let mut live = flow(1, which, hostile);
    live.pair = pair;
    FlowSheet {
        live,
        deliveries: vec![delivery_sheet(7, hostile).row],
        timeline: (0..4).map(|i| journal(i, hostile)).rev().collect(),
        policy: policy_card(),
    }
}

fn policy_card() -> Vec<CardRow> {
    let mut policy = Policy::linnworks();
    policy.partial_shipment = !policy.partial_shipment;
    tallyman::config::card(&policy, &Policy::linnworks())
}

/// A case that was put off two minutes ago, and may be taken back.
pub fn undoable() -> Undoable {
    let was = exception(0, false);
    Undoable {
        seq: JournalSeq(4_711),
        at: NOW - Span::mins(2),
        by: "pat".to_owned(),
        undo: Undo::Exception {
            id: was.id,
            version: was.version + 1,
            was: Box::new(Standing::of(&was)),
        },
        undone: None,
        action: "exception.snoozed".to_owned(),
        before: "NEW ecommerce".to_owned(),
        after: "SNOOZED ecommerce pat".to_owned(),
        lines: 1,
    }
}

/// What carries a number, as the desk finds it.
pub fn found(text: &str) -> Vec<Found> {
    let orders = (0..24).map(|n| order(n, false));
    let mut found: Vec<Found> = orders
        .filter(|row| row.number.starts_with(text))
        .take(3)
        .map(|row| Found::Order(Box::new(row)))
        .collect();
    if "MUG-RED".starts_with(&text.to_uppercase()) {
        found.push(Found::Item {
            pair: PairId::from("lw-pvx"),
            item: ItemCode::from("MUG-RED"),
            name: "Mug, red".to_owned(),
        });
    }
    found
}

/// The typical case that came too late, and one the floor has answered.
pub fn late(hostile: bool) -> Vec<LateChange> {
    let case = exception(4, hostile);
    let answered = ExceptionRow {
        id: ExceptionId(90),
        kind: Kind::AmdTooLate,
        severity: Severity::S2,
        state: ExceptionState::Waiting,
        waiting_for: Some("the despatch".to_owned()),
        ..exception(4, hostile)
    };
    let order = |n: usize, status: &str| OrderRow {
        wms_status: Some(name(status, hostile)),
        state: OrderState::Picking,
        ..order(n, hostile)
    };
    vec![
        LateChange {
            case,
            orders: vec![order(3, "Part Picked")],
        },
        LateChange {
            case: answered,
            orders: vec![order(7, "Packed")],
        },
    ]
}
