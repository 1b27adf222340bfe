//! `[pair.policy]`: every switch of a pair by its key, with the range it may take.

use super::read::{Problems, Section, type_name};
use super::suggest::hint;
use crate::domain::credit_gate::{Gate, UnsellableGate};
use crate::domain::policy::{BarcodePolicy, FinanceBasis, Policy, ProductMaster};
use crate::domain::returns::CreateOn;
use crate::domain::time::Span;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// How one key is read.
enum Slot {
    /// A duration such as `"5m"`, between two bounds.
    Time {
        min: Span,
        max: Span,
        of: fn(&mut Policy) -> &mut Span,
    },
    /// `on` or `off` (or a TOML boolean).
    Switch(fn(&mut Policy) -> &mut bool),
    /// A whole number between two bounds.
    Number {
        min: i64,
        max: i64,
        get: fn(&Policy) -> i64,
        set: fn(&mut Policy, i64),
    },
    /// One word of a list; the position is handed over.
    Word {
        words: &'static [&'static str],
        get: fn(&Policy) -> usize,
        set: fn(&mut Policy, usize),
    },
    /// A time zone by its IANA name.
    Zone,
    /// Known to the trade, but this build has one answer only.
    Fixed(&'static str),
    /// One word that follows from the kind of source.
    OfSource(fn(&Policy) -> &'static str),
    /// Kept with the mappings.
    Elsewhere(&'static str),
}

const fn time(min: Span, max: Span, of: fn(&mut Policy) -> &mut Span) -> Slot {
    Slot::Time { min, max, of }
}

const S: fn(i64) -> Span = Span::secs;

/// Position of a value in the list of all values, which is the order of its words.
fn place<T: PartialEq>(all: &[T], value: T) -> usize {
    all.iter().position(|v| *v == value).unwrap_or_default()
}

/// Every key, with how it is read.
fn keys() -> Vec<(&'static str, Slot)> {
    let (m, h, d) = (Span::mins, Span::hours, Span::days);
    vec![
        (
            "order.release_on",
            Slot::Word {
                words: &[
                    "paid",
                    "open+paid",
                    "payment_captured",
                    "order_authorised",
                    "open",
                ],
                get: |p| if p.release_requires_paid { 0 } else { 4 },
                set: |p, n| p.release_requires_paid = n < 4,
            },
        ),
        ("order.partial_send", Slot::Fixed("never")),
        (
            "order.in_wms_grace",
            time(m(1), h(24), |p| &mut p.in_wms_grace),
        ),
        (
            "order.auto_cancel_recreate",
            Slot::Switch(|p| &mut p.auto_cancel_recreate),
        ),
        (
            "order.partial_shipment",
            Slot::Switch(|p| &mut p.partial_shipment),
        ),
        (
            "order.pull_interval",
            time(S(5), h(1), |p| &mut p.order_pull_interval),
        ),
        (
            "order.sweep_interval",
            time(m(5), h(24), |p| &mut p.order_sweep_interval),
        ),
        (
            "despatch.poll_interval",
            time(S(5), h(1), |p| &mut p.despatch_poll_interval),
        ),
        (
            "despatch.confirm_grace",
            time(m(1), h(24), |p| &mut p.confirm_grace),
        ),
        (
            "despatch.wait_for_tracking",
            time(S(0), h(24), |p| &mut p.wait_for_tracking),
        ),
        ("despatch.cadence", Slot::Fixed("event")),
        ("despatch.batch_window", Slot::Fixed("0s")),
        (
            "despatch.scan_required",
            Slot::Switch(|p| &mut p.scan_required),
        ),
        (
            "despatch.notify_customer",
            Slot::Word {
                words: &["on", "off", "source"],
                get: |p| usize::from(!p.notify_customer),
                set: |p, n| p.notify_customer = n != 1,
            },
        ),
        (
            "status.interval",
            time(S(10), h(1), |p| &mut p.status_interval),
        ),
        ("stock.physical_master", Slot::Fixed("pvx")),
        ("stock.availability_master", Slot::Fixed("source")),
        ("stock.mode", Slot::OfSource(|p| p.stock_mode.as_str())),
        (
            "stock.interval",
            time(m(1), h(24), |p| &mut p.stock_interval),
        ),
        (
            "stock.full_interval",
            time(m(15), d(7), |p| &mut p.stock_full_interval),
        ),
        (
            "stock.reserve_unpaid",
            Slot::Switch(|p| &mut p.reserve_unpaid),
        ),
        (
            "stock.mass_change_percent",
            Slot::Number {
                min: 1,
                max: 100,
                get: |p| p.mass_change_percent,
                set: |p, n| p.mass_change_percent = n,
            },
        ),
        (
            "stock.basis",
            Slot::Elsewhere(
                "the basis belongs to a location: set it with its SITE mapping (basis=NET_STATIC or basis=GROSS)",
            ),
        ),
        ("stock.replace_by_count", Slot::Fixed("two-person")),
        ("routing.default_site", Slot::Fixed("none")),
        (
            "reconcile.stock",
            time(m(5), d(7), |p| &mut p.reconcile_stock_interval),
        ),
        (
            "reconcile.orders",
            time(m(1), h(24), |p| &mut p.reconcile_orders_interval),
        ),
        (
            "catalogue.interval",
            time(m(5), d(7), |p| &mut p.catalogue_interval),
        ),
        ("notify.grace", time(m(1), d(7), |p| &mut p.notify_grace)),
        (
            "returns.create_on",
            Slot::Word {
                words: &["manual", "return_request", "refund_with_items", "refund"],
                get: |p| place(CreateOn::ALL, p.returns_create_on),
                set: |p, n| p.returns_create_on = CreateOn::ALL[n],
            },
        ),
        (
            "returns.interval",
            time(m(1), h(24), |p| &mut p.returns_interval),
        ),
        (
            "credit.gate",
            Slot::Word {
                words: &["off", "stock_in_confirmed"],
                get: |p| place(Gate::ALL, p.credit_gate),
                set: |p, n| p.credit_gate = Gate::ALL[n],
            },
        ),
        (
            "credit.gate_unsellable",
            Slot::Word {
                words: &["finance_approval"],
                get: |p| place(UnsellableGate::ALL, p.credit_gate_unsellable),
                set: |p, n| p.credit_gate_unsellable = UnsellableGate::ALL[n],
            },
        ),
        (
            "finance.basis",
            Slot::Word {
                words: &["source_reports", "despatch_data", "ledger"],
                get: |p| place(FinanceBasis::ALL, p.finance_basis),
                set: |p, n| p.finance_basis = FinanceBasis::ALL[n],
            },
        ),
        (
            "product.master",
            Slot::Word {
                words: &["source", "pvx"],
                get: |p| place(ProductMaster::ALL, p.product_master),
                set: |p, n| p.product_master = ProductMaster::ALL[n],
            },
        ),
        (
            "product.auto_create",
            Slot::Switch(|p| &mut p.product_auto_create),
        ),
        (
            "barcode.mismatch",
            Slot::Word {
                words: &["warn", "block"],
                get: |p| usize::from(p.barcode_mismatch == BarcodePolicy::Block),
                set: |p, n| {
                    p.barcode_mismatch = if n == 0 {
                        BarcodePolicy::Warn
                    } else {
                        BarcodePolicy::Block
                    };
                },
            },
        ),
        ("loop.window", time(m(1), h(24), |p| &mut p.loop_window)),
        (
            "loop.flips",
            Slot::Number {
                min: 2,
                max: 100,
                get: |p| p.loop_flips,
                set: |p, n| p.loop_flips = n,
            },
        ),
        (
            "payload.retention",
            time(d(1), d(3_650), |p| &mut p.payload_retention),
        ),
        (
            "sla.cutoff_hour",
            Slot::Number {
                min: 0,
                max: 23,
                get: |p| i64::from(p.cutoff_hour),
                set: |p, n| p.cutoff_hour = u32::try_from(n).unwrap_or_default(),
            },
        ),
        ("sla.time_zone", Slot::Zone),
    ]
}

/// Reads a pair's policy over the defaults. Keys may be quoted (`"stock.interval"`) or nested (`stock.interval`).
pub(super) fn read(p: &mut Problems<'_>, section: &Section<'_, '_>, defaults: Policy) -> Policy {
    let mut policy = defaults;
    let mut found = Vec::new();
    flatten(section.table, "", 0, &mut found);
    let keys = keys();
    let mut of_products = None;
    for (key, value, at) in found {
        let name = section.name(&crate::text::clean_to(&key, 60));
        let Some((_, slot)) = keys.iter().find(|(k, _)| *k == key) else {
            let text = format!(
                "unknown policy key{}",
                hint(&key, keys.iter().map(|(k, _)| *k))
            );
            p.add(&at, name, text);
            continue;
        };
        if key.starts_with("product.") {
            of_products = Some((at.clone(), name.clone()));
        }
        if let Err(text) = apply(&mut policy, slot, value) {
            p.add(&at, name, text);
        }
    }
    if policy.product_auto_create
        && policy.product_master == ProductMaster::Warehouse
        && let Some((at, name)) = of_products
    {
        p.add(&at, name, CREATES_IN_THE_MASTER.to_owned());
    }
    policy
}

/// Two keys that contradict each other.
const CREATES_IN_THE_MASTER: &str = "product.auto_create is on and product.master is \"pvx\": where the warehouse says which items exist, none is \
     created there from the source; switch product.auto_create off, or write product.master = \"source\"";

/// Every key with its value as it would be written.
pub(super) fn values(policy: &Policy) -> Vec<(&'static str, String)> {
    let on = |is: bool| if is { "on" } else { "off" }.to_owned();
    let value = |slot: Slot| match slot {
        Slot::Time { of, .. } => show_span(*of(&mut policy.clone())),
        Slot::Switch(of) => on(*of(&mut policy.clone())),
        Slot::Number { get, .. } => get(policy).to_string(),
        Slot::Word { words, get, .. } => words
            .get(get(policy))
            .copied()
            .unwrap_or_default()
            .to_owned(),
        Slot::Zone => policy.time_zone.clone(),
        Slot::Fixed(only) => only.to_owned(),
        Slot::OfSource(get) => get(policy).to_owned(),
        Slot::Elsewhere(_) => "by mapping".to_owned(),
    };
    keys()
        .into_iter()
        .map(|(key, slot)| (key, value(slot)))
        .collect()
}

/// Nested tables deeper than this are not policy keys.
const DEPTH_MAX: usize = 3;

fn flatten<'t, 's>(
    table: &'t DeTable<'s>,
    prefix: &str,
    depth: usize,
    out: &mut Vec<(String, &'t DeValue<'s>, Range<usize>)>,
) {
    for (key, value) in table {
        let name = if prefix.is_empty() {
            key.get_ref().to_string()
        } else {
            format!("{prefix}.{}", key.get_ref())
        };
        match value.get_ref() {
            DeValue::Table(inner) if depth < DEPTH_MAX => flatten(inner, &name, depth + 1, out),
            other => {
                let at = if key.span().is_empty() {
                    value.span()
                } else {
                    key.span()
                };
                out.push((name, other, at));
            }
        }
    }
}

fn apply(policy: &mut Policy, slot: &Slot, value: &DeValue<'_>) -> Result<(), String> {
    match slot {
        Slot::Time { min, max, of } => {
            let DeValue::String(text) = value else {
                return Err(format!(
                    "a duration in quotes such as \"5m\" is expected, not {}",
                    type_name(value)
                ));
            };
            let span = parse_span(text)?;
            if span < *min || span > *max {
                return Err(format!(
                    "must lie between {} and {}",
                    show_span(*min),
                    show_span(*max)
                ));
            }
            *of(policy) = span;
        }
        Slot::Switch(of) => {
            *of(policy) = match value {
                DeValue::Boolean(b) => *b,
                DeValue::String(s) if s == "on" => true,
                DeValue::String(s) if s == "off" => false,
                _ => return Err("\"on\" or \"off\" is expected".to_owned()),
            };
        }
        Slot::Number { min, max, set, .. } => {
            let n = match value {
                DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok(),
                _ => None,
            };
            match n.filter(|n| (min..=max).contains(&n)) {
                Some(n) => set(policy, n),
                None => {
                    return Err(format!(
                        "a whole number between {min} and {max} is expected"
                    ));
                }
            }
        }
        Slot::Word { words, set, .. } => {
            let text = word_of(value)?;
            match words.iter().position(|w| *w == text) {
                Some(n) => set(policy, n),
                None => {
                    return Err(format!(
                        "must be one of {}{}",
                        words.join(", "),
                        hint(text, words.iter().copied())
                    ));
                }
            }
        }
        Slot::Zone => {
            let text = word_of(value)?;
            text.parse::<chrono_tz::Tz>().map_err(|_| {
                format!(
                    "{:?} is not a time zone; write one such as \"Europe/London\"",
                    crate::text::clean_to(text, 60)
                )
            })?;
            policy.time_zone = text.to_owned();
        }
        Slot::Fixed(only) => {
            if word_of(value)? != *only {
                return Err(format!(
                    "this build knows {only:?} only; take the key out or write that"
                ));
            }
        }
        Slot::OfSource(get) => {
            let only = get(policy);
            if word_of(value)? != only {
                return Err(format!(
                    "a source of this kind works by {only:?} only; take the key out or write that"
                ));
            }
        }
        Slot::Elsewhere(text) => return Err((*text).to_owned()),
    }
    Ok(())
}

fn word_of<'v>(value: &'v DeValue<'_>) -> Result<&'v str, String> {
    match value {
        DeValue::String(s) => Ok(s.as_ref()),
        other => Err(format!(
            "text in quotes is expected, not {}",
            type_name(other)
        )),
    }
}

/// A duration from text: whole numbers with `s`, `m`, `h`, `d`, added up (`1h30m`).
///
/// # Errors
/// A text that says what is expected.
pub fn parse_span(text: &str) -> Result<Span, String> {
    let wrong = || {
        format!(
            "{:?} is not a duration; write a number and a unit such as 30s, 5m, 2h or 7d",
            crate::text::clean_to(text, 40)
        )
    };
    let mut total = Span::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let n: i64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = rest[digits..].chars().next().ok_or_else(wrong)?;
        let one = match unit {
            's' => Span::secs(1),
            'm' => Span::mins(1),
            'h' => Span::hours(1),
            'd' => Span::days(1),
            _ => return Err(wrong()),
        };
        total = total + one.times(n);
        rest = &rest[digits + unit.len_utf8()..];
    }
    Ok(total)
}

/// A duration as it would be written in the file.
pub fn show_span(span: Span) -> String {
    let secs = span.as_secs();
    let (n, unit) = match secs {
        0 => (0, 's'),
        s if s % 86_400 == 0 => (s / 86_400, 'd'),
        s if s % 3_600 == 0 => (s / 3_600, 'h'),
        s if s % 60 == 0 => (s / 60, 'm'),
        s => (s, 's'),
    };
    format!("{n}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        let cases = [
            ("30s", Some(30)),
            ("5m", Some(300)),
            ("1h30m", Some(5_400)),
            ("7d", Some(604_800)),
            ("0s", Some(0)),
            ("5", None),
            ("m", None),
            ("5 m", None),
            ("-5m", None),
            ("5µ", None),
            ("", None),
            ("99999999999999999999s", None),
        ];
        for (text, expected) in cases {
            assert_eq!(
                parse_span(text).ok().map(Span::as_secs),
                expected,
                "{text:?}"
            );
        }
        // The largest number of days is held, not wrapped.
        assert!(parse_span("9223372036854775807d").unwrap() > Span::days(1_000_000));
    }

    #[test]
    fn words_of_the_returns_switches_are_those_of_the_trade() {
        for (key, names) in [
            (
                "returns.create_on",
                CreateOn::ALL.iter().map(|v| v.as_str()).collect::<Vec<_>>(),
            ),
            (
                "credit.gate",
                Gate::ALL.iter().map(|v| v.as_str()).collect(),
            ),
            (
                "product.master",
                ProductMaster::ALL.iter().map(|v| v.as_str()).collect(),
            ),
            (
                "credit.gate_unsellable",
                UnsellableGate::ALL.iter().map(|v| v.as_str()).collect(),
            ),
            (
                "finance.basis",
                FinanceBasis::ALL.iter().map(|v| v.as_str()).collect(),
            ),
        ] {
            let keys = keys();
            let slot = keys.iter().find(|(k, _)| *k == key).map(|(_, s)| s);
            let Some(Slot::Word { words, get, set }) = slot else {
                panic!("{key} is chosen by word")
            };
            assert_eq!(*words, names, "{key}");
            let mut policy = Policy::cin7core();
            for n in 0..words.len() {
                set(&mut policy, n);
                assert_eq!(get(&policy), n, "{key}");
            }
        }
    }

    #[test]
    fn every_default_lies_within_its_own_bounds() {
        for (key, slot) in keys() {
            if let Slot::Time { min, max, of } = slot {
                let mut policy = Policy::linnworks();
                let value = *of(&mut policy);
                assert!(value >= min && value <= max, "{key}");
                assert_eq!(parse_span(&show_span(value)), Ok(value), "{key}");
            }
        }
    }
}
