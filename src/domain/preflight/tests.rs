use super::testing::*;
use super::*;
use crate::domain::ids::Sku;
use crate::domain::mapping_set::testing::{Row, rows, set};
use crate::domain::order::Component;
use crate::domain::policy::BarcodePolicy;
use crate::domain::wms::{WmsLine, WmsOrder};
use MappingKind::{Carrier, Composite, Item, Site};

const MAPPED: &[Row<'static>] = &[
    (Carrier, "Tracked 48", "TRK48", "country=GB"),
    (Site, "north", "MAIN", "basis=GROSS"),
];

/// A warehouse that knows MUG, PLATE and SPOON, and an inactive LAMP.
fn known(code: &ItemCode) -> ItemFact {
    match code.as_str() {
        "MUG" | "PLATE" | "SPOON" => ItemFact::Known(item(code.as_str())),
        "mug" => ItemFact::Known(item("MUG")),
        "LAMP" => ItemFact::Known(WmsItem {
            is_active: false,
            ..item("LAMP")
        }),
        "LATER" => ItemFact::Unread,
        _ => ItemFact::Absent,
    }
}

fn run_with(order: &SourceOrder, mappings: &MappingSet, policy: &Policy) -> Verdict {
    let limits = FieldLimits::default();
    check(&PreflightInput {
        order,
        mappings,
        policy,
        prefix: "LW",
        channel: "Linnworks",
        revision: 1,
        pair: &"lw-pvx".into(),
        items: &known,
        code_fault: &|code| code.as_str().contains('~').then(|| "it holds ~".to_owned()),
        limits: &limits,
        service_targets: &|service| (service.as_str() == "DEAD").then_some(false),
        stock: &|_, _| None,
        sent: None,
        site_choice: None,
        edits: &[],
        now: Ts(0),
    })
}

fn run(order: &SourceOrder, these: &[Row<'_>]) -> Verdict {
    run_with(order, &set(these), &Policy::linnworks())
}

fn faults(verdict: Verdict) -> Vec<(Kind, String, String)> {
    match verdict {
        Verdict::Fail(faults) => faults
            .into_iter()
            .map(|f| (f.kind, f.discriminator, f.detail))
            .collect(),
        other => panic!("expected faults, got {other:?}"),
    }
}

fn passed(verdict: Verdict) -> (WmsOrderIntent, Vec<Fault>) {
    match verdict {
        Verdict::Pass { intent, notes, .. } => (*intent, notes),
        other => panic!("expected a pass, got {other:?}"),
    }
}

#[test]
fn a_sound_order_becomes_a_warehouse_order() {
    let (intent, notes) = passed(run(&order("1001"), MAPPED));
    assert_eq!(intent.number.as_str(), "LW-1001");
    assert_eq!(intent.po_reference, "id-1001");
    assert_eq!(
        (intent.site.as_str(), intent.service.as_str()),
        ("MAIN", "TRK48")
    );
    assert!(!intent.is_partial_allowed);
    let lines: Vec<(&str, &str, i64)> = intent
        .lines
        .iter()
        .map(|l| (l.line_ref.as_str(), l.item.as_str(), l.qty_each))
        .collect();
    assert_eq!(lines, [("1", "MUG", 2), ("2", "PLATE", 1)]);
    assert_eq!(intent.mapping_versions, [(1, 1), (2, 1)]);
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn one_unknown_sku_of_two_blocks_the_whole_order() {
    let mut order = order("1001");
    order.lines.push(line("r3", "ABC-1", 1));
    let found = faults(run(&order, MAPPED));
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].0, found[0].1.as_str()),
        (Kind::OrdSkuUnknown, "SKU=ABC-1")
    );
    assert!(
        found[0].2.contains("is created from the source"),
        "{}",
        found[0].2
    );
}

#[test]
fn all_failures_are_reported_together() {
    let mut order = order("1001");
    order.lines = vec![
        line("r1", "NOPE", 1),
        line("r2", "LAMP", 1),
        line("r3", "BAD~", 1),
        line("r4", "MUG", 0),
        line("r5", "mug", 1),
    ];
    order.service = "Pigeon".into();
    order.location = "south".into();
    order.address.postcode.clear();
    order.address.country = "Narnia".to_owned();
    order.address.line1 = "x".repeat(101);
    order.is_paid = false;
    order.number = "9".repeat(40);
    let found = faults(run(&order, MAPPED));
    let kinds: Vec<(Kind, &str)> = found.iter().map(|f| (f.0, f.1.as_str())).collect();
    let this = format!("ORDER={}", order.number);
    assert_eq!(
        kinds,
        [
            (Kind::OrdRejected, this.as_str()),
            (Kind::OrdSkuUnknown, "SKU=NOPE"),
            (Kind::OrdSkuInactive, "SKU=LAMP"),
            (Kind::OrdSkuFormat, "SKU=BAD~"),
            (Kind::OrdRejected, this.as_str()),
            (Kind::OrdSkuFormat, "SKU=mug"),
            (Kind::OrdCarrierUnmapped, "SERVICE=Pigeon"),
            (Kind::OrdSiteUnmapped, "LOCATION=south"),
            (Kind::OrdAddressInvalid, this.as_str()),
            (Kind::OrdPaymentStuck, this.as_str()),
        ]
    );
    let address = &found[8].2;
    assert!(
        address.contains("101 characters") && address.contains("Narnia"),
        "{address}"
    );
}

#[test]
fn unread_items_are_asked_for_before_any_judgement() {
    let mut order = order("1001");
    order.lines.push(line("r3", "LATER", 1));
    order.lines.push(line("r4", "LATER", 2));
    order.service = "Pigeon".into();
    assert_eq!(
        run(&order, MAPPED),
        Verdict::NeedItems(vec!["LATER".into()])
    );
}

#[test]
fn example_12_forty_orders_on_one_sku_share_a_cause_and_an_alias_frees_them_but_two() {
    let orders: Vec<SourceOrder> = (0..40)
        .map(|n| {
            let mut order = order(&format!("{n}"));
            order.lines = vec![line("r1", "ABC-1", 1)];
            if n < 2 {
                order.service = "Pigeon".into();
            }
            order
        })
        .collect();
    let before = set(MAPPED);
    let policy = Policy::linnworks();
    let causes = |mappings: &MappingSet| {
        let mut causes = std::collections::BTreeMap::<String, usize>::new();
        for order in &orders {
            match run_with(order, mappings, &policy) {
                Verdict::Fail(faults) => {
                    for fault in faults {
                        *causes.entry(fault.discriminator).or_default() += 1;
                    }
                }
                _ => *causes.entry("pass".to_owned()).or_default() += 1,
            }
        }
        causes
    };
    assert_eq!(causes(&before).get("SKU=ABC-1"), Some(&40));
    // The alias sells a mug under another name: the barcode on the line is the mug's.
    let mut with_alias = rows(MAPPED);
    with_alias.extend(rows(&[(Item, "ABC-1", "MUG", "multiple=2")]));
    let after = causes(&MappingSet::new(2, with_alias));
    assert_eq!(after.get("pass"), Some(&38));
    assert_eq!(after.get("SERVICE=Pigeon"), Some(&2));
    assert_eq!(after.get("SKU=ABC-1"), None);
}

#[test]
fn a_disabled_carrier_service_is_a_broken_mapping_not_a_refused_order() {
    let found = faults(run(
        &order("1"),
        &[(Carrier, "Tracked 48", "DEAD", ""), MAPPED[1]],
    ));
    assert_eq!(found[0].0, Kind::MapTargetGone);
    assert_eq!(found[0].1, "MAPPING=CARRIER:Tracked 48");
}

#[test]
fn the_catch_all_lets_the_order_go_and_says_so() {
    let (intent, notes) = passed(run(&order("1"), &[(Carrier, "*", "STD", ""), MAPPED[1]]));
    assert_eq!(intent.service.as_str(), "STD");
    assert_eq!(notes[0].kind, Kind::OrdDefaultUsed);
    assert_eq!(notes[0].discriminator, "SERVICE=Tracked 48");
}

#[test]
fn a_service_that_needs_a_phone_number_gets_one_or_waits() {
    let rows = [(Carrier, "Tracked 48", "TRK48", "needs=phone"), MAPPED[1]];
    let mut order = order("1");
    passed(run(&order, &rows));
    order.address.phone.clear();
    let found = faults(run(&order, &rows));
    assert!(found[0].2.contains("no phone number"), "{}", found[0].2);
}

#[test]
fn a_postcode_is_asked_for_only_where_there_are_any() {
    let rows = [(Carrier, "Tracked 48", "TRK48", ""), MAPPED[1]];
    let mut order = order("1");
    order.address.postcode.clear();
    order.address.country = "Hong Kong".to_owned();
    passed(run(&order, &rows));
    order.address.country = "Germany".to_owned();
    assert!(faults(run(&order, &rows))[0].2.contains("no postcode"));
}

#[test]
fn a_different_barcode_blocks_or_warns_by_policy_and_a_line_without_one_says_nothing() {
    let mut order = order("1");
    order.lines[0].barcode = "999".to_owned();
    let found = faults(run(&order, MAPPED));
    assert_eq!(
        (found[0].0, found[0].1.as_str()),
        (Kind::PrdBarcodeMismatch, "SKU=MUG")
    );
    let mut policy = Policy::linnworks();
    policy.barcode_mismatch = BarcodePolicy::Warn;
    let (_, notes) = passed(run_with(&order, &set(MAPPED), &policy));
    assert_eq!(notes[0].kind, Kind::PrdBarcodeMismatch);
    order.lines[0].barcode.clear();
    let (_, notes) = passed(run(&order, MAPPED));
    assert_eq!(notes.len(), 0, "there is nothing to compare");
}

#[test]
fn an_order_with_a_line_on_backorder_waits_whole_and_says_for_what() {
    let mut order = order("1");
    order.lines[0].backorder_each = 1;
    let found = faults(run(&order, MAPPED));
    assert_eq!(
        (found[0].0, found[0].1.as_str()),
        (Kind::OrdBackordered, "ORDER=1")
    );
    assert!(found[0].2.contains("× MUG"), "{}", found[0].2);
    order.lines[0].backorder_each = 0;
    passed(run(&order, MAPPED));
}

#[test]
fn a_kit_is_picked_by_component_whoever_knows_its_recipe() {
    let mut by_source = order("1");
    by_source.lines = vec![line("r1", "SET", 2)];
    by_source.lines[0].components = vec![
        Component {
            sku: "MUG".into(),
            qty_each: 4,
            barcode: "50MUG".to_owned(),
            title: String::new(),
        },
        Component {
            sku: "SPOON".into(),
            qty_each: 2,
            barcode: "50SPOON".to_owned(),
            title: String::new(),
        },
    ];
    let lines = |intent: WmsOrderIntent| -> Vec<(String, String, i64)> {
        intent
            .lines
            .into_iter()
            .map(|l| (l.line_ref, l.item.0, l.qty_each))
            .collect()
    };
    let (one, _) = passed(run(&by_source, MAPPED));
    let mut by_mapping = by_source.clone();
    by_mapping.lines[0].components.clear();
    let mut rows = MAPPED.to_vec();
    rows.push((Composite, "SET", "MUG*2+SPOON", ""));
    let (two, _) = passed(run(&by_mapping, &rows));
    let expected = [
        ("1.1".to_owned(), "MUG".to_owned(), 4),
        ("1.2".to_owned(), "SPOON".to_owned(), 2),
    ];
    assert_eq!(lines(one), expected);
    assert_eq!(lines(two), expected);
}

#[test]
fn services_are_not_picked_and_an_order_of_services_is_not_sent() {
    let mut order = order("1");
    order.lines[1].is_service = true;
    assert_eq!(passed(run(&order, MAPPED)).0.lines.len(), 1);
    order.lines[0].is_service = true;
    assert_eq!(faults(run(&order, MAPPED))[0].0, Kind::OrdLinesDiffer);
}

#[test]
fn an_item_is_created_only_from_a_product_the_source_knows() {
    let pick = |edit: fn(&mut PickLineEdit)| {
        let mut order = order("1");
        order.lines.truncate(1);
        edit(&mut order.lines[0]);
        let line = order.pick_lines().remove(0);
        let code = ItemCode(line.sku.0.clone());
        auto_item(&line, &code)
    };
    let made = pick(|_| {}).unwrap();
    assert_eq!(
        (made.code.as_str(), made.barcode.as_str()),
        ("MUG", "50MUG")
    );
    assert_eq!(made.group, AUTO_ITEM_GROUP);
    assert!(
        pick(|l| l.is_unlinked = true)
            .unwrap_err()
            .contains("no product behind")
    );
    assert!(
        pick(|l| l.barcode = " ".to_owned())
            .unwrap_err()
            .contains("no barcode")
    );
    assert!(
        pick(|l| l.barcode = "1".repeat(51))
            .unwrap_err()
            .contains("51 characters")
    );
    assert!(
        pick(|l| l.sku = Sku("S".repeat(51)))
            .unwrap_err()
            .contains("item code")
    );
    let cut =
        pick(|l| l.title = "Stoneware mug with a very long description of its glaze".to_owned());
    assert_eq!(
        cut.unwrap().name,
        "Stoneware mug with a very long description of…"
    );
    let unbroken = pick(|l| l.title = "m".repeat(60)).unwrap().name;
    assert_eq!(
        (unbroken.chars().count(), unbroken.ends_with('…')),
        (50, true)
    );
    let line = order("1").pick_lines().remove(0);
    assert!(
        auto_item(&line, &"OTHER".into())
            .unwrap_err()
            .contains("alias")
    );
}

type PickLineEdit = crate::domain::order::SourceLine;

fn read_back(intent: &WmsOrderIntent) -> (WmsOrder, Vec<WmsLine>) {
    let header = WmsOrder {
        number: intent.number.clone(),
        po_reference: intent.po_reference.clone(),
        status_text: "New".to_owned(),
        is_on_hold: false,
        service: intent.service.clone(),
        site: intent.site.clone(),
        channel: intent.channel.clone(),
        contact_name: intent.address.name.clone(),
        address_line1: intent.address.line1.clone(),
        town: intent.address.town.clone(),
        postcode: intent.address.postcode.clone(),
        country: "GB".to_owned(),
        requested_at: None,
        created_at: None,
    };
    let lines = intent
        .lines
        .iter()
        .map(|l| WmsLine {
            number: intent.number.clone(),
            line_ref: l.line_ref.clone(),
            item: l.item.clone(),
            qty_each: l.qty_each,
        })
        .collect();
    (header, lines)
}

#[test]
fn what_reads_back_equal_does_not_differ() {
    let (intent, _) = passed(run(&order("1"), MAPPED));
    let (header, mut lines) = read_back(&intent);
    lines.reverse();
    assert!(differs(&intent, &header, &lines).is_empty());
    assert!(!is_clash(&intent, &header));
    assert_eq!(clash(&intent, &header), None);
}

#[test]
fn example_20_a_header_without_lines_names_every_missing_line() {
    let (intent, _) = passed(run(&order("1"), MAPPED));
    let (header, _) = read_back(&intent);
    assert_eq!(
        differs(&intent, &header, &[]),
        ["MUG × 2 is missing", "PLATE × 1 is missing"]
    );
}

#[test]
fn every_kind_of_difference_is_named_in_plain_words() {
    let (intent, _) = passed(run(&order("1"), MAPPED));
    let (mut header, mut lines) = read_back(&intent);
    lines[0].qty_each = 1;
    lines[1].item = "SPOON".into();
    let mut ghost = lines[0].clone();
    ghost.qty_each = 0;
    ghost.item = "LAMP".into();
    lines.push(ghost);
    header.service = "STD".into();
    header.site = "ANNEXE".into();
    header.postcode = "YO2".to_owned();
    header.town.clear();
    header.country = "France".to_owned();
    assert_eq!(
        differs(&intent, &header, &lines),
        [
            "MUG × 1, should be × 2",
            "PLATE × 1 is missing",
            "SPOON × 1 was not ordered",
            "carrier service is \"STD\", should be TRK48",
            "site is \"ANNEXE\", should be MAIN",
            "postcode is \"YO2\", should be \"YO1 0AA\"",
            "country is \"France\", should be \"United Kingdom\"",
        ]
    );
}

#[test]
fn the_same_total_on_other_lines_is_still_another_order() {
    let mut two_lines = order("1");
    two_lines.lines = vec![line("r1", "MUG", 1), line("r2", "MUG", 2)];
    let (intent, _) = passed(run(&two_lines, MAPPED));
    let (header, mut lines) = read_back(&intent);
    lines[0].qty_each = 3;
    lines.truncate(1);
    assert_eq!(
        differs(&intent, &header, &lines),
        ["MUG stands on lines of 3, should be on lines of 1 and 2"]
    );
}

#[test]
fn a_number_held_by_another_order_is_a_clash_and_never_overwritten() {
    let (intent, _) = passed(run(&order("1"), MAPPED));
    let (mut header, _) = read_back(&intent);
    header.po_reference = "id-77".to_owned();
    let fault = clash(&intent, &header).unwrap();
    assert_eq!(
        (fault.kind, fault.discriminator.as_str()),
        (Kind::OrdReferenceClash, "NUMBER=LW-1")
    );
    header.po_reference.clear();
    assert!(
        !is_clash(&intent, &header),
        "same customer, no reference: ours"
    );
    header.contact_name = "Sam Other".to_owned();
    assert!(is_clash(&intent, &header));
}
