use super::testing::*;
use super::*;
use crate::domain::mapping::Target;
use crate::domain::time::Span;
use MappingKind::{
    Buffer, Carrier, Composite, Item, OrderStatus, Owner, ReturnStatus, Site, TrackingCarrier,
};
use std::borrow::Cow;

fn facts(country: &str, value_minor: i64) -> CarrierFacts<'_> {
    CarrierFacts {
        country,
        value_minor,
        channel: "EBAY / Acme",
    }
}

fn chosen(set: &MappingSet, tag: &str, facts: &CarrierFacts<'_>) -> String {
    match set.carrier(&tag.into(), facts) {
        CarrierMatch::Mapped {
            service,
            is_fallback,
            ..
        } => format!("{service}{}", if is_fallback { " by default" } else { "" }),
        CarrierMatch::Unmapped => "unmapped".to_owned(),
        CarrierMatch::Broken(why) => format!("broken: {why}"),
    }
}

#[test]
fn carrier_rules_are_tried_top_down_and_the_first_that_fits_decides() {
    let rules = set(&[
        (Carrier, "Tracked 48", "INTL", "order=30"),
        (Carrier, "Tracked 48", "TRK48-IE", "order=10;country=IE"),
        (
            Carrier,
            "Tracked 48",
            "SIGNED",
            "order=20;country=GB;value_min=10000",
        ),
        (Carrier, "Tracked 48", "TRK48", "order=25;country=GB"),
        (Carrier, "Express", "EXP", "channel=ebay / acme"),
    ]);
    for (tag, country, value, expected) in [
        ("Tracked 48", "United Kingdom", 9_999, "TRK48"),
        ("Tracked 48", "GB", 10_000, "SIGNED"),
        ("Tracked 48", "Republic of Ireland", 20_000, "TRK48-IE"),
        ("Tracked 48", "France", 1, "INTL"),
        ("Express", "France", 1, "EXP"),
        ("tracked 48", "GB", 1, "unmapped"),
        ("Tracked 48 ", "GB", 1, "unmapped"),
        ("Unknown", "GB", 1, "unmapped"),
    ] {
        let got = chosen(&rules, tag, &facts(country, value));
        assert_eq!(got, expected, "{tag:?} to {country} worth {value}");
    }
}

#[test]
fn a_catch_all_counts_only_when_somebody_wrote_one() {
    let without = set(&[(Carrier, "Tracked 48", "TRK48", "country=GB")]);
    assert_eq!(chosen(&without, "Other", &facts("GB", 1)), "unmapped");
    assert_eq!(chosen(&without, "Tracked 48", &facts("FR", 1)), "unmapped");
    let with = set(&[
        (Carrier, "*", "STD", ""),
        (Carrier, "Tracked 48", "TRK48", "country=GB"),
    ]);
    assert_eq!(chosen(&with, "Other", &facts("GB", 1)), "STD by default");
    assert_eq!(
        chosen(&with, "Tracked 48", &facts("FR", 1)),
        "STD by default"
    );
    assert_eq!(chosen(&with, "Tracked 48", &facts("GB", 1)), "TRK48");
}

#[test]
fn a_rule_whose_target_is_gone_does_not_let_the_next_one_decide() {
    let mut all = rows(&[(Carrier, "A", "OLD", "order=1"), (Carrier, "*", "STD", "")]);
    all[0].broken = Some("OLD was disabled".to_owned());
    let set = MappingSet::new(1, all);
    assert_eq!(
        chosen(&set, "A", &facts("GB", 1)),
        "broken: OLD was disabled"
    );
}

#[test]
fn a_condition_that_cannot_be_read_is_met_by_nothing() {
    let set = set(&[(Carrier, "A", "X", "value_min=lots")]);
    assert_eq!(chosen(&set, "A", &facts("GB", 1)), "unmapped");
}

#[test]
fn drafts_and_retired_rows_do_not_count() {
    let mut all = rows(&[(Carrier, "A", "X", ""), (Carrier, "B", "Y", "")]);
    all[0].status = MappingStatus::Draft;
    all[1].status = MappingStatus::Retired;
    let set = MappingSet::new(1, all);
    assert_eq!(chosen(&set, "A", &facts("GB", 1)), "unmapped");
    assert_eq!(chosen(&set, "B", &facts("GB", 1)), "unmapped");
}

#[test]
fn a_location_may_stand_for_several_sites() {
    let set = set(&[
        (
            Site,
            "loc-2",
            "SOUTH",
            "basis=net_static;stock_share_percent=60",
        ),
        (Site, "loc-1", "MAIN+ANNEXE", "basis=GROSS;name=North 3PL"),
    ]);
    let site = set.site(&"loc-1".into()).unwrap();
    assert_eq!(site.sites, [SiteRef::from("MAIN"), SiteRef::from("ANNEXE")]);
    assert_eq!(
        (site.basis, site.name.as_str()),
        (Basis::Gross, "North 3PL")
    );
    assert_eq!(site.stock_share_percent, 100);
    assert_eq!(set.site(&"loc-3".into()), None);
    let all: Vec<String> = set.locations().into_iter().map(|(id, _)| id.0).collect();
    assert_eq!(all, ["loc-1", "loc-2"]);
    assert_eq!(set.locations()[1].1.stock_share_percent, 60);
    assert_eq!(set.used_targets(Site), ["ANNEXE", "MAIN", "SOUTH"]);
    assert_eq!(set.pointing_at(Site, "ANNEXE").len(), 1);
}

#[test]
fn a_sku_is_its_own_item_unless_an_alias_says_otherwise() {
    let set = set(&[
        (Item, "MUG-OLD", "MUG", ""),
        (Item, "MUG-6PACK", "MUG", "multiple=6"),
        (Item, "CUP", "BEAKER", ""),
    ]);
    let alias = set.item(&"MUG-6PACK".into());
    assert_eq!((alias.item.as_str(), alias.unit_multiple), ("MUG", 6));
    assert_eq!(alias.mapping, Some((2, 1)));
    let plain = set.item(&"PLATE".into());
    assert_eq!(
        (plain.item.as_str(), plain.unit_multiple, plain.mapping),
        ("PLATE", 1, None)
    );
    assert_eq!(
        set.skus_of(&"MUG".into()),
        [Sku::from("MUG-OLD"), Sku::from("MUG-6PACK")]
    );
    assert_eq!(set.skus_of(&"PLATE".into()), [Sku::from("PLATE")]);
    assert!(
        set.skus_of(&"CUP".into()).is_empty(),
        "SKU CUP sells BEAKER"
    );
}

#[test]
fn a_kit_s_recipe_is_read_from_its_row() {
    let set = set(&[(Composite, "SET", "MUG*2+PLATE", "")]);
    assert_eq!(
        set.composite(&"SET".into()).unwrap(),
        [(ItemCode::from("MUG"), 2), (ItemCode::from("PLATE"), 1)]
    );
    assert_eq!(set.composite(&"MUG".into()), None);
}

#[test]
fn the_most_specific_buffer_wins_until_it_expires() {
    let now = Ts::from_utc("2026-11-27T12:00:00Z".parse().unwrap());
    let set = set(&[
        (Buffer, "*", "1", ""),
        (Buffer, "location:loc", "2", ""),
        (Buffer, "category:Kitchen", "3", ""),
        (Buffer, "item:MUG", "4", ""),
        (
            Buffer,
            "MUG",
            "50%",
            "location=loc;minimum=5;until=2026-11-27",
        ),
        (Buffer, "item:OTHER", "9", ""),
    ]);
    let at = |item: &str, location: &str, category, now, target| {
        set.buffer(&item.into(), &location.into(), category, now, target)
    };
    assert_eq!(
        at("MUG", "loc", Some("Kitchen"), now, 21),
        11,
        "half of 21, rounded up"
    );
    assert_eq!(at("MUG", "loc", None, now, 4), 5, "at least the minimum");
    assert_eq!(
        at("MUG", "loc", None, now, -8),
        5,
        "never a share of nothing"
    );
    assert_eq!(
        at("MUG", "loc", None, now + Span::hours(13), 21),
        4,
        "expired"
    );
    assert_eq!(at("MUG", "elsewhere", Some("Kitchen"), now, 21), 4);
    assert_eq!(at("PAN", "loc", Some("Kitchen"), now, 21), 3);
    assert_eq!(at("PAN", "loc", None, now, 21), 2);
    assert_eq!(at("PAN", "elsewhere", None, now, 21), 1);
}

#[test]
fn a_carrier_s_name_for_the_channel_is_looked_up_and_otherwise_kept() {
    let set = set(&[(TrackingCarrier, "RMG", "Royal Mail", "")]);
    assert_eq!(set.tracking_carrier("RMG"), "Royal Mail");
    assert_eq!(set.tracking_carrier("rmg"), "Royal Mail");
    assert_eq!(set.tracking_carrier("DPD"), "DPD");
}

#[test]
fn edits_are_previewed_without_touching_the_set() {
    let before = set(&[
        (Carrier, "A", "X", "country=GB"),
        (Carrier, "A", "Y", ""),
        (Item, "S", "I", ""),
    ]);
    let after = before.with_edits(&[
        edit((Carrier, "A", "Z", "country=GB")),
        edit((Carrier, "B", "W", "")),
        MappingEdit::Remove {
            kind: Item,
            from: "S".to_owned(),
        },
    ]);
    assert_eq!(after.version(), before.version() + 1);
    assert_eq!(chosen(&before, "A", &facts("GB", 1)), "X");
    assert_eq!(chosen(&after, "A", &facts("GB", 1)), "Z");
    assert_eq!(
        chosen(&after, "A", &facts("FR", 1)),
        "Y",
        "the rule without condition stays"
    );
    assert_eq!(chosen(&after, "B", &facts("FR", 1)), "W");
    assert_eq!(after.item(&"S".into()).item.as_str(), "S");
    assert_eq!(after.rows(Carrier).count(), 3);
}

fn targets(kind: MappingKind, side: &str) -> Cow<'static, [Target]> {
    let list: &[(&str, &str, bool)] = match (kind, side) {
        (Carrier, "wms") => &[
            ("TRK48", "Tracked 48", true),
            ("TRK24", "Tracked 24", true),
            ("OLD", "Old", false),
        ],
        (Carrier, "source") => &[("Tracked 48", "Tracked 48", true)],
        (Site, "wms") => &[("MAIN", "Main", true), ("ANNEXE", "Annexe", true)],
        (Item, "wms") => &[
            ("MUG-RED", "Red mug", true),
            ("PLATE", "Plate", true),
            ("GONE", "Gone", false),
        ],
        _ => &[],
    };
    let mut list: Vec<Target> = list
        .iter()
        .map(|(code, name, is_active)| Target {
            code: (*code).to_owned(),
            name: (*name).to_owned(),
            is_active: *is_active,
        })
        .collect();
    list.sort_by(|a, b| a.code.cmp(&b.code));
    list.into()
}

#[test]
fn what_is_refused_names_the_thing_and_the_remedy() {
    let set = set(&[
        (Carrier, "Tracked 48", "TRK48", "country=GB+IE"),
        (Item, "MUG-OLD", "MUG-RED", ""),
        (Composite, "SET", "MUG-RED*2+PLATE", ""),
    ]);
    for (row, expected) in [
        (
            (Carrier, "New", "TRK84", ""),
            "did you mean TRK24 or TRK48?",
        ),
        ((Carrier, "New", "Tracked 24", ""), "did you mean TRK24"),
        ((Carrier, "New", "OLD", ""), "is disabled"),
        ((Carrier, "", "TRK48", ""), "is empty"),
        ((Carrier, "New", "", ""), "remove the mapping instead"),
        (
            (Carrier, "New", "TRK48 ", ""),
            "begins or ends with a space",
        ),
        (
            (Carrier, "New", "TRK48", "country=Narnia"),
            "is not a country",
        ),
        (
            (Carrier, "New", "TRK48", "traked=no"),
            "\"traked\" is no attribute of this kind; it may have channel, country, name, needs, note, order, tracked, \
             value_max, value_min; did you mean tracked?",
        ),
        (
            (TrackingCarrier, "RM", "Royal Mail", "country=GB"),
            "it has no other than a note",
        ),
        (
            (Carrier, "New", "TRK48", "value_min=9;value_max=3"),
            "no order can match",
        ),
        ((Carrier, "New", "TRK48", "value_min=-1"), "whole number"),
        (
            (Carrier, "Tracked 48", "TRK24", "country=Ireland"),
            "overlap",
        ),
        (
            (Carrier, "Tracked 48", "TRK24", "country=GB;value_min=1"),
            "overlap",
        ),
        ((Site, "loc", "MIAN", "basis=GROSS"), "has no site MIAN"),
        ((Site, "loc", "MAIN", ""), "stock basis is missing"),
        (
            (Site, "loc", "MAIN", "basis=NET"),
            "NET_STATIC, NET_LIVE or GROSS",
        ),
        (
            (Site, "loc", "MAIN", "basis=GROSS;stock_share_percent=120"),
            "more than 100",
        ),
        ((Item, "NEW", "GONE", ""), "disabled"),
        ((Item, "NEW", "MUG-RED", ""), "already sells"),
        ((Item, "PLATE", "PLATE", ""), "by itself"),
        ((Item, "MUG-RED", "PLATE", ""), "chain"),
        ((Item, "NEW", "PLATE", "multiple=0"), "at least 1"),
        ((Composite, "BOX", "PLATE*0", ""), "above zero"),
        ((Composite, "BOX", "PLATE*1.5", ""), "above zero"),
        ((Composite, "BOX", "SET+PLATE", ""), "itself a kit"),
        ((Composite, "PLATE", "MUG-RED", ""), "kits do not nest"),
        ((Buffer, "*", "-1", ""), "0 or more"),
        ((Buffer, "*", "2.5", ""), "0 or more"),
        ((Buffer, "*", "101%", ""), "0% to 100%"),
        ((Buffer, "*", "5%", "minimum=few"), "whole number"),
        ((Buffer, "*", "5", "until=Christmas"), "not a date"),
        ((OrderStatus, "Waved", "allocated", ""), "side=wms"),
        (
            (OrderStatus, "Waved", "waved", "side=wms"),
            "use one of new, back_order",
        ),
        (
            (MappingKind::Payment, "paid", "captured", ""),
            "nothing reads such rows",
        ),
        ((ReturnStatus, "Graded", "inspected", ""), "side=wms"),
        (
            (ReturnStatus, "Graded", "graded", "side=wms"),
            "returned_to_stock",
        ),
        (
            (Owner, "ORD_CARIER_UNMAPPED", "warehouse", ""),
            "did you mean ORD_CARRIER_UNMAPPED",
        ),
        (
            (Owner, "ORD_CARRIER_UNMAPPED", "the floor", ""),
            "use one of warehouse, ecommerce",
        ),
    ] {
        let got = validate_edit(&set, &edit(row), &targets).unwrap_err();
        assert!(got.contains(expected), "{row:?} gave {got}");
    }
}

#[test]
fn an_item_the_catalogue_lacks_is_warned_of_because_the_catalogue_may_be_older() {
    let row = (Item, "NEW", "MUG-RDE", "");
    let warned = validate_edit(&set(&[]), &edit(row), &targets).unwrap();
    assert!(warned[0].contains("did you mean MUG-RED"), "{warned:?}");
}

#[test]
fn an_alias_of_an_alias_is_refused_from_both_ends() {
    let set = set(&[(Item, "B", "MUG-RED", "")]);
    let none = |_: MappingKind, _: &str| Cow::Owned(Vec::new());
    let forward = validate_edit(&set, &edit((Item, "A", "B", "")), &none).unwrap_err();
    assert!(forward.contains("map straight to MUG-RED"), "{forward}");
    let backward = validate_edit(&set, &edit((Item, "MUG-RED", "PLATE", "")), &none).unwrap_err();
    assert!(backward.contains("chain"), "{backward}");
}

#[test]
fn what_is_allowed_may_still_warn() {
    let set = set(&[
        (Carrier, "Tracked 48", "TRK48", "order=10;country=GB"),
        (Item, "MUG-OLD", "MUG-RED", ""),
        (Site, "loc-1", "MAIN", "basis=GROSS"),
    ]);
    let check = |row| {
        validate_edit(&set, &edit(row), &targets)
            .unwrap()
            .join("; ")
    };
    assert_eq!(check((Carrier, "Tracked 48", "TRK24", "order=20")), "");
    assert_eq!(
        check((Carrier, "Tracked 48", "TRK24", "")),
        "",
        "the plain answer comes last"
    );
    assert_eq!(check((Carrier, "Tracked 48", "TRK24", "country=FR")), "");
    assert_eq!(
        check((Carrier, "Tracked 48", "TRK24", "order=10;country=GB")),
        "",
        "replaces the rule"
    );
    assert!(check((Carrier, "Tracked  48", "TRK24", "")).contains("did you mean Tracked 48"));
    assert!(check((Carrier, "*", "TRK24", "")).contains("ORD_DEFAULT_USED"));
    assert_eq!(check((Item, "MUG-6", "MUG-RED", "multiple=6")), "");
    assert!(check((Site, "loc-2", "MAIN", "basis=GROSS")).contains("stock_share_percent"));
    let unread = |_: MappingKind, _: &str| Cow::Owned(Vec::new());
    let warned = validate_edit(&set, &edit((Carrier, "X", "Y", "")), &unread).unwrap();
    assert!(warned[0].contains("has not been read yet"), "{warned:?}");
}

#[test]
fn removing_says_what_depends_on_it() {
    let mut all = rows(&[(Carrier, "Tracked 48", "TRK48", "")]);
    all[0].used_count = 41;
    let set = MappingSet::new(1, all);
    let remove = |from: &str| {
        let edit = MappingEdit::Remove {
            kind: Carrier,
            from: from.to_owned(),
        };
        validate_edit(&set, &edit, &targets)
    };
    assert!(remove("Tracked 48").unwrap()[0].contains("41 times"));
    assert!(
        remove("Tracked48")
            .unwrap_err()
            .contains("did you mean Tracked 48")
    );
}
