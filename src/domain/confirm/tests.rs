use super::*;
use crate::domain::mapping::MappingKind;
use crate::domain::mapping_set::testing::set;
use crate::domain::order::{Component, OrderBody, OrderRow, SourceOrder};
use crate::domain::preflight::testing::{line, order as source_order};
use crate::domain::time::Span;
use proptest::prelude::*;

pub(super) fn at(minutes: i64) -> Ts {
    Ts(1_800_000_000_000_000) + Span::mins(minutes)
}

/// An order in the warehouse whose books hold the lines of this source order, nothing despatched.
pub(super) fn full(source: SourceOrder) -> OrderFull {
    let lines = source
        .pick_lines()
        .into_iter()
        .map(|p| OrderLine {
            line_ref: p.line_ref,
            row_id: p.row_id,
            item: Some(p.sku.as_str().into()),
            sku: p.sku,
            title: p.title,
            qty_each: p.qty_each,
            despatched_each: 0,
            confirmed_each: 0,
            unit_price_minor: p.unit_price_minor,
        })
        .collect();
    OrderFull {
        row: row(&source),
        body: OrderBody {
            source,
            intent: None,
            site_choice: None,
            edits: Vec::new(),
        },
        lines,
    }
}

fn row(source: &SourceOrder) -> OrderRow {
    OrderRow {
        id: crate::domain::ids::OrderId(1),
        pair: "lw-pvx".into(),
        source_id: source.source_id.clone(),
        number: source.number.clone(),
        reference: source.reference.clone(),
        channel: source.channel.clone(),
        wms_number: Some(WmsOrderNo(format!("LW-{}", source.number))),
        wms_revision: 1,
        state: OrderState::Despatched,
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
        state_since: at(0),
        held_reason: None,
        version: 1,
        updated_at: at(0),
    }
}

fn left(despatch: &str, line_ref: &str, item: &str, qty_each: i64, tracking: &str) -> DespatchLine {
    DespatchLine {
        despatch: despatch.into(),
        number: "LW-1001".into(),
        line_ref: line_ref.to_owned(),
        item: item.into(),
        qty_each,
        carrier: "RMG".to_owned(),
        service: "TRK48".to_owned(),
        tracking: tracking.to_owned(),
        despatched_at: at(0),
        site: "MAIN".into(),
        channel: "Linnworks".to_owned(),
    }
}

fn group(despatch: &str, rows: Vec<DespatchLine>) -> Group {
    (despatch.into(), rows, at(0))
}

/// Both lines of the usual order in one parcel.
fn whole(tracking: &str) -> Vec<Group> {
    vec![group(
        "DES1",
        vec![
            left("DES1", "1", "MUG", 2, tracking),
            left("DES1", "2", "PLATE", 1, tracking),
        ],
    )]
}

fn run(order: &OrderFull, groups: &[Group], minutes: i64) -> ConfirmPlan {
    run_as(Telling::Once, order, groups, minutes)
}

fn run_as(telling: Telling, order: &OrderFull, groups: &[Group], minutes: i64) -> ConfirmPlan {
    let mappings = set(&[(MappingKind::TrackingCarrier, "RMG", "Royal Mail", "")]);
    let policy = Policy::linnworks();
    plan(order, groups, &mappings, &policy, telling, at(minutes))
}

fn confirmed(plan: ConfirmPlan) -> (DespatchIntent, Vec<i64>) {
    match plan {
        ConfirmPlan::Confirm { intents, lines } => {
            assert_eq!(intents.len(), 1);
            let despatched = lines.iter().map(|l| l.despatched_each).collect();
            (intents[0].clone(), despatched)
        }
        other => panic!("expected a confirmation, got {other:?}"),
    }
}

fn fault(plan: ConfirmPlan) -> (Kind, String) {
    match plan {
        ConfirmPlan::Faults(faults) => (faults[0].kind, faults[0].detail.clone()),
        other => panic!("expected a fault, got {other:?}"),
    }
}

fn partial_allowed(mut order: OrderFull) -> OrderFull {
    let mut policy = Policy::linnworks();
    policy.partial_shipment = true;
    let mappings = set(&[
        (MappingKind::Carrier, "Tracked 48", "TRK48", ""),
        (MappingKind::Site, "north", "MAIN", "basis=GROSS"),
    ]);
    let verdict = crate::domain::preflight::check(&crate::domain::preflight::PreflightInput {
        order: &order.body.source,
        mappings: &mappings,
        policy: &policy,
        prefix: "LW",
        channel: "Linnworks",
        revision: 1,
        pair: &"lw-pvx".into(),
        items: &|code| {
            crate::domain::preflight::ItemFact::Known(crate::domain::preflight::testing::item(
                code.as_str(),
            ))
        },
        code_fault: &|_| None,
        limits: &crate::domain::preflight::FieldLimits::default(),
        service_targets: &|_| None,
        stock: &|_, _| None,
        sent: None,
        site_choice: None,
        edits: &[],
        now: at(0),
    });
    match verdict {
        crate::domain::preflight::Verdict::Pass { intent, .. } => {
            order.body.intent = Some(*intent);
        }
        other => panic!("{other:?}"),
    }
    order
}

#[test]
fn everything_in_one_parcel_confirms_the_whole_order() {
    let order = full(source_order("1001"));
    let (intent, despatched) = confirmed(run(&order, &whole("T1"), 0));
    assert!(intent.is_whole);
    assert_eq!(despatched, [2, 1]);
    assert_eq!(
        (intent.tracking.as_str(), intent.carrier.as_str()),
        ("T1", "Royal Mail")
    );
    assert_eq!(intent.source_id.as_str(), "id-1001");
    assert_eq!(intent.despatches, [DespatchNo::from("DES1")]);
    let lines: Vec<(&str, i64)> = intent
        .lines
        .iter()
        .map(|l| (l.row_id.as_str(), l.qty_each))
        .collect();
    assert_eq!(lines, [("r1", 2), ("r2", 1)]);
}

#[test]
fn a_part_is_split_off_and_the_rest_confirmed_when_it_leaves() {
    let mut order = partial_allowed(full(source_order("1001")));
    let first = [group("DES1", vec![left("DES1", "1", "MUG", 1, "T1")])];
    let (intent, despatched) = confirmed(run(&order, &first, 0));
    assert!(!intent.is_whole);
    assert_eq!(despatched, [1, 0]);
    assert_eq!(intent.lines.len(), 1);
    order.lines[0].despatched_each = 1;
    let rest = [group(
        "DES2",
        vec![
            left("DES2", "1", "MUG", 1, "T2"),
            left("DES2", "2", "PLATE", 1, "T2"),
        ],
    )];
    let (intent, despatched) = confirmed(run(&order, &rest, 0));
    assert!(intent.is_whole);
    assert_eq!(despatched, [2, 1]);
    assert_eq!(intent.tracking, "T2");
    let lines: Vec<(&str, i64)> = intent
        .lines
        .iter()
        .map(|l| (l.row_id.as_str(), l.qty_each))
        .collect();
    assert_eq!(lines, [("r1", 1), ("r2", 1)]);
}

#[test]
fn several_parcels_become_one_confirmation_with_all_tracking_numbers() {
    let order = full(source_order("1001"));
    let groups = [
        group("DES1", vec![left("DES1", "1", "MUG", 2, "T1")]),
        group("DES2", vec![left("DES2", "2", "PLATE", 1, "T2")]),
    ];
    let (intent, _) = confirmed(run(&order, &groups, 0));
    assert!(intent.is_whole);
    assert_eq!(intent.tracking, "T1,T2");
    assert_eq!(intent.despatches.len(), 2);
}

#[test]
fn a_despatch_without_tracking_waits_ten_minutes_then_goes_without() {
    let order = full(source_order("1001"));
    assert_eq!(
        run(&order, &whole(""), 9),
        ConfirmPlan::WaitTracking { until: at(10) }
    );
    let (intent, _) = confirmed(run(&order, &whole(""), 10));
    assert_eq!(intent.tracking, "");
    confirmed(run(&order, &whole("T1"), 0));
}

#[test]
fn a_row_read_before_and_after_the_label_was_booked_counts_once() {
    let order = full(source_order("1001"));
    let mut groups = whole("T1");
    groups[0].1.insert(0, left("DES1", "1", "MUG", 2, ""));
    groups[0].1.push(left("DES1", "1", "MUG", 2, "T1"));
    let (intent, despatched) = confirmed(run(&order, &groups, 0));
    assert_eq!(despatched, [2, 1]);
    assert_eq!(intent.tracking, "T1");
}

#[test]
fn two_parcels_of_one_line_in_one_despatch_both_count() {
    let order = full(source_order("1001"));
    let rows = vec![
        left("DES1", "1", "MUG", 1, "T1"),
        left("DES1", "1", "MUG", 1, "T2"),
        left("DES1", "2", "PLATE", 1, "T2"),
    ];
    let (intent, despatched) = confirmed(run(&order, &[group("DES1", rows)], 0));
    assert_eq!(despatched, [2, 1]);
    assert_eq!(intent.tracking, "T1,T2");
}

#[test]
fn rows_without_a_line_reference_fill_the_lines_of_their_item_in_turn() {
    let mut source = source_order("1001");
    source.lines = vec![
        line("r1", "MUG", 1),
        line("r2", "MUG", 1),
        line("r3", "PLATE", 1),
    ];
    let order = full(source);
    // Two equal rows are two lines here, and only here.
    let rows = vec![
        left("DES1", "", "MUG", 1, "T1"),
        left("DES1", "", "MUG", 1, "T1"),
        left("DES1", "", "PLATE", 1, "T1"),
        left("DES1", "", "PLATE", 1, "T1"),
    ];
    let (intent, despatched) = confirmed(run(&order, &[group("DES1", rows)], 0));
    assert_eq!(despatched, [1, 1, 1]);
    assert!(intent.is_whole);
}

#[test]
fn a_short_despatch_of_an_order_that_may_not_ship_in_parts_may_be_half_read() {
    let order = full(source_order("1001"));
    let short = [group("DES1", vec![left("DES1", "1", "MUG", 2, "T1")])];
    assert_eq!(
        run(&order, &short, 5),
        ConfirmPlan::WaitTracking { until: at(10) }
    );
    let (intent, _) = confirmed(run(&order, &short, 10));
    assert!(
        !intent.is_whole,
        "a short pick: the remainder stays for the source to decide"
    );
}

#[test]
fn more_than_ordered_in_one_parcel_is_a_mismatch() {
    let order = full(source_order("1001"));
    let groups = [group(
        "DES1",
        vec![
            left("DES1", "1", "MUG", 3, "T1"),
            left("DES1", "2", "PLATE", 1, "T1"),
        ],
    )];
    let (kind, detail) = fault(run(&order, &groups, 0));
    assert_eq!(kind, Kind::DspQtyMismatch);
    assert!(
        detail.contains("3 of MUG") && detail.contains("2 were ordered"),
        "{detail}"
    );
}

#[test]
fn goods_nobody_ordered_are_a_mismatch() {
    let order = full(source_order("1001"));
    for (line_ref, item) in [("", "LAMP"), ("9", "LAMP"), ("1", "PLATE")] {
        let groups = [group("DES1", vec![left("DES1", line_ref, item, 1, "T1")])];
        assert_eq!(
            fault(run(&order, &groups, 0)).0,
            Kind::DspQtyMismatch,
            "{line_ref} {item}"
        );
    }
}

#[test]
fn an_order_shipped_a_second_time_is_a_duplicate() {
    let mut order = full(source_order("1001"));
    order.lines[0].despatched_each = 2;
    order.lines[1].despatched_each = 1;
    assert_eq!(fault(run(&order, &whole("T2"), 0)).0, Kind::DspDuplicate);
    let fresh = full(source_order("1001"));
    let mut both = whole("T1");
    both.push(group("DES2", vec![left("DES2", "1", "MUG", 2, "T2")]));
    assert_eq!(fault(run(&fresh, &both, 0)).0, Kind::DspDuplicate);
}

#[test]
fn goods_of_a_cancelled_order_are_never_confirmed() {
    let mut order = full(source_order("1001"));
    order.row.source_status = SourceStatus::Cancelled;
    let too_late = fault(run(&order, &whole("T1"), 0));
    assert_eq!(too_late.0, Kind::CanAfterDespatch);
    order.row.state = OrderState::Cancelled;
    let told = fault(run(&order, &whole("T1"), 0));
    assert_eq!(told.0, Kind::CanDespatchedAnyway);
}

#[test]
fn a_parcel_pulled_back_is_for_a_person() {
    let order = full(source_order("1001"));
    let groups = [group("DES1", vec![left("DES1", "1", "MUG", -2, "T1")])];
    assert!(fault(run(&order, &groups, 0)).1.contains("pulled back"));
}

#[test]
fn a_kit_counts_when_all_its_components_left() {
    let mut source = source_order("1001");
    source.lines = vec![line("r1", "SET", 2)];
    let component = |sku: &str, qty_each| Component {
        sku: sku.into(),
        qty_each,
        barcode: String::new(),
        title: String::new(),
    };
    source.lines[0].components = vec![component("MUG", 4), component("SPOON", 2)];
    let order = full(source);
    let mugs = group("DES1", vec![left("DES1", "1.1", "MUG", 4, "T1")]);
    let spoons = group("DES2", vec![left("DES2", "1.2", "SPOON", 2, "T2")]);
    assert_eq!(
        run(&order, std::slice::from_ref(&mugs), 30),
        ConfirmPlan::Nothing
    );
    let (intent, _) = confirmed(run(&order, &[mugs, spoons], 30));
    assert_eq!(intent.lines.len(), 1);
    assert_eq!(
        (intent.lines[0].sku.as_str(), intent.lines[0].qty_each),
        ("SET", 2)
    );
}

#[test]
fn a_pack_of_six_is_confirmed_in_packs() {
    let mut order = full(source_order("1001"));
    order.lines[0].qty_each = 12;
    let mut groups = whole("T1");
    groups[0].1[0].qty_each = 12;
    let (intent, _) = confirmed(run(&order, &groups, 0));
    assert_eq!(intent.lines[0].qty_each, 2);
}

#[test]
fn nothing_despatched_is_nothing_to_confirm() {
    let order = full(source_order("1001"));
    assert_eq!(run(&order, &[], 0), ConfirmPlan::Nothing);
    let empty = [group("DES1", vec![left("DES1", "1", "MUG", 0, "T1")])];
    assert_eq!(run(&order, &empty, 0), ConfirmPlan::Nothing);
}

#[test]
fn tracking_numbers_are_left_out_whole_and_never_cut() {
    let rows: Vec<DespatchLine> = (0..30)
        .map(|n| left("DES1", "1", "MUG", 1, &format!("TRACKING{n:04}")))
        .collect();
    let text = tracking(&rows);
    assert!(text.chars().count() <= TRACKING_CHARS_MAX);
    assert_eq!(text.split(',').count(), 19);
    assert!(text.split(',').all(|n| n.len() == 12));
}

#[test]
fn a_source_that_takes_parcels_is_told_of_each_with_its_own_tracking() {
    let order = partial_allowed(full(source_order("1001")));
    let groups = [
        group("DES1", vec![left("DES1", "1", "MUG", 1, "T1")]),
        group(
            "DES2",
            vec![
                left("DES2", "1", "MUG", 1, "T2"),
                left("DES2", "2", "PLATE", 1, "T2"),
            ],
        ),
    ];
    let ConfirmPlan::Confirm { intents, lines } = run_as(Telling::ByParcel, &order, &groups, 60)
    else {
        panic!("expected parcels");
    };
    let told: Vec<(&str, i64, bool)> = intents
        .iter()
        .map(|i| {
            let units = i.lines.iter().map(|l| l.qty_each).sum();
            (i.tracking.as_str(), units, i.is_whole)
        })
        .collect();
    assert_eq!(told, [("T1", 1, false), ("T2", 2, true)]);
    assert!(lines.iter().all(|l| l.despatched_each == l.qty_each));
    // The same goods in one confirmation, where a source holds one text per order.
    let (once, _) = confirmed(run(&order, &groups, 60));
    assert_eq!((once.tracking.as_str(), once.is_whole), ("T1,T2", true));
}

proptest! {
    #[test]
    fn what_is_confirmed_is_what_left_and_never_more_than_ordered(
        parcels in proptest::collection::vec((0usize..2, 1i64..3, 0u8..3), 0..6),
    ) {
        let order = partial_allowed(full(source_order("1001")));
        let mut groups: Vec<Group> = Vec::new();
        let mut sums = [0i64; 2];
        for (n, (line, qty, _)) in parcels.iter().enumerate() {
            let name = format!("DES{n}");
            let (line_ref, item) = [("1", "MUG"), ("2", "PLATE")][*line];
            groups.push(group(&name, vec![left(&name, line_ref, item, *qty, &format!("T{n}"))]));
            sums[*line] += qty;
        }
        let is_over = sums[0] > 2 || sums[1] > 1;
        match run(&order, &groups, 60) {
            ConfirmPlan::Confirm { intents, lines } => {
                prop_assert!(!is_over);
                prop_assert_eq!([lines[0].despatched_each, lines[1].despatched_each], sums);
                prop_assert_eq!(intents.len(), 1);
                let intent = &intents[0];
                prop_assert_eq!(intent.lines.iter().map(|l| l.qty_each).sum::<i64>(), sums[0] + sums[1]);
                prop_assert_eq!(intent.is_whole, sums == [2, 1]);
            }
            ConfirmPlan::Faults(_) => prop_assert!(is_over),
            ConfirmPlan::Nothing => prop_assert!(parcels.is_empty()),
            ConfirmPlan::WaitTracking { .. } => prop_assert!(false, "every parcel has tracking"),
        }
    }
}
