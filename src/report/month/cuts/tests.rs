use super::*;
use crate::domain::delivery::{DespatchIntent, Flow, Lane};
use crate::domain::ids::{DeliveryId, DespatchNo};

fn left(despatch: &str, at: i64, confirmed_at: Option<i64>) -> LeftRow {
    LeftRow {
        despatch: despatch.to_owned(),
        wms_number: "LW-1".into(),
        state: "matched".to_owned(),
        left_at: Ts(at),
        units: 2,
        order: OrderId(1),
        number: "1".to_owned(),
        value_minor: 1_000,
        currency: "GBP".to_owned(),
        confirmed_at: confirmed_at.map(Ts),
    }
}

fn told(despatches: &[&str], state: DeliveryState, at: i64) -> DeliveryRow {
    DeliveryRow {
        id: DeliveryId(at),
        flow: Flow::Despatch,
        pair: "lw-pvx".into(),
        system: "lw".into(),
        lane: Lane::Despatch,
        order_key: String::new(),
        idem_key: String::new(),
        order: Some(OrderId(1)),
        object: String::new(),
        intent: Intent::ConfirmDespatch(Box::new(DespatchIntent {
            source_id: "g".into(),
            number: "LW-1".into(),
            despatches: despatches.iter().map(|d| DespatchNo::from(*d)).collect(),
            tracking: String::new(),
            carrier: String::new(),
            carrier_wms: String::new(),
            despatched_at: Ts(0),
            location: "Default".into(),
            lines: Vec::new(),
            is_whole: true,
            is_customer_told: true,
            split_id: None,
        })),
        state,
        step: 1,
        attempts: 1,
        ship_by: None,
        due_at: Ts(at),
        created_at: Ts(at),
        caused_at: Ts(at),
        sent_at: None,
        absent_at: None,
        last_class: None,
        last_text: "said no".to_owned(),
        depth: 0,
        version: 1,
        updated_at: Ts(at),
    }
}

#[test]
fn a_despatch_is_shown_when_its_own_confirmation_ended_and_the_last_one_by_the_sources_time() {
    use DeliveryState::{Applied, Cancelled, Rejected};
    let both = [told(&["D1"], Applied, 50), told(&["D2"], Applied, 90)];
    assert_eq!(shown(&left("D1", 10, Some(88)), &both), Ok(Ts(50)));
    assert_eq!(shown(&left("D2", 10, Some(88)), &both), Ok(Ts(88)));
    let stuck = [told(&["D1"], Applied, 50), told(&["D2"], Rejected, 90)];
    assert_eq!(shown(&left("D1", 10, None), &stuck), Ok(Ts(50)));
    let why = shown(&left("D2", 10, None), &stuck).unwrap_err();
    assert_eq!(why, "its confirmation is rejected: said no");
    // Given up by a person, and put right in the source by hand.
    let by_hand = [told(&["D1"], Cancelled, 50)];
    assert_eq!(shown(&left("D1", 10, Some(70)), &by_hand), Ok(Ts(70)));
    assert!(shown(&left("D1", 10, None), &by_hand).is_err());
}

#[test]
fn parts_of_an_order_and_of_a_despatch_are_counted_once() {
    let mut found = Counters::default();
    for (row, at) in [
        (left("D1", 10, None), Cut::Open),
        (left("D1", 11, None), Cut::Open),
        (left("D2", 10, Some(20)), Cut::Within),
    ] {
        let shown = row.confirmed_at.ok_or_else(String::new);
        found.add(&row, &shown, at, FinanceBasis::SourceReports);
    }
    let sum = |orders, despatches, units| CutSum {
        orders,
        despatches,
        units,
    };
    assert_eq!(found.left.total(), sum(1, 2, 6));
    assert_eq!(found.open.total(), sum(1, 1, 4));
    assert_eq!(found.recognised.total(), sum(1, 1, 2));
    assert_eq!((found.lines.len(), found.lines_total), (2, 2));
}

#[test]
fn a_long_list_keeps_the_worthiest_and_counts_the_others() {
    let mut found = Counters::default();
    let many = i64::try_from(3 * LINES_MAX).unwrap();
    for n in 0..many {
        let mut row = left(&format!("D{n}"), n, None);
        row.value_minor = (n * 7) % many;
        found.add(&row, &Err(String::new()), Cut::Open, FinanceBasis::Ledger);
    }
    found.keep_the_worthiest();
    assert_eq!(found.lines.len(), LINES_MAX);
    assert_eq!(found.lines_total, many);
    let least = found.lines.last().unwrap().order_value_minor;
    assert_eq!(least, many - i64::try_from(LINES_MAX).unwrap());
    assert_eq!(found.open.total().despatches, many);
}
