//! How bad an exception is, and by when it must be taken up and settled.
//!
//! Severity starts from the kind's base (or a member's own judgement when that is worse) and is raised by the promise,
//! the size and repetition. A kind may have a rule of its own for one of these facts; then that fact is counted by the
//! stronger of the two ways and never twice.

use super::catalogue::Kind;
use super::exception::Severity;
use super::time::{Span, Ts};

/// A promise nearer than this raises by one step.
pub const PROMISE_NEAR: Span = Span::hours(4);
/// A promise nearer than this "ships today", whatever the time zone.
pub const SHIPS_TODAY: Span = Span::hours(16);
/// A promise nearer than this is the last moment for kinds that stop an order from being sent at all.
pub const PROMISE_VERY_NEAR: Span = Span::hours(2);
/// This many members raise by one step.
pub const MEMBERS_MANY: i64 = 20;
/// This value at stake, in minor units, raises by one step.
pub const VALUE_LARGE_MINOR: i64 = 200_000;
/// This many events with a wrong signature are no accident.
pub const SIGNATURES_MANY: i64 = 5;
/// A system that is away longer than this harms customers.
pub const DOWN_LONG: Span = Span::mins(30);
/// Many unconfirmed despatches older than this harm customers.
pub const UNCONFIRMED_LONG: Span = Span::mins(60);
/// A shipped order that is open longer than this harms customers.
pub const OPEN_AFTER_DESPATCH_LONG: Span = Span::hours(24);

/// What severity is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeverityFacts {
    pub now: Ts,
    /// When the problem began, not when it was noticed.
    pub began_at: Ts,
    /// Earliest promise among the members.
    pub earliest_ship_by: Option<Ts>,
    /// Open members.
    pub members: i64,
    pub value_minor: i64,
    /// It was settled within the last days and came back.
    pub is_regression: bool,
    /// The worst judgement a member brought with it.
    pub worst_occurrence: Option<Severity>,
    /// What it was until now; `None` when it is new.
    pub previous: Option<Severity>,
    /// Members have left since it was judged; only then may it fall.
    pub members_removed: bool,
}

/// A fact a kind's own rule has already counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    Promise,
    Size,
    Age,
}

/// The severity of an exception of this kind with these facts; never worse than S1, and never better than before while
/// it is open unless members have left.
pub fn severity(kind: Kind, facts: &SeverityFacts) -> Severity {
    let promise = i64::from(is_promise_at_stake(kind) && is_due_within(facts, PROMISE_NEAR));
    let size = i64::from(facts.members >= MEMBERS_MANY || facts.value_minor >= VALUE_LARGE_MINOR);
    let regression = i64::from(facts.is_regression);
    let base = kind.entry().severity;
    let base = facts.worst_occurrence.map_or(base, |worst| worst.min(base));
    let mut found = base.raised(promise + size + regression);
    if let Some((own, counted)) = own_rule(kind, facts) {
        let steps = match counted {
            Counted::Promise => size + regression,
            Counted::Size => promise + regression,
            Counted::Age => promise + size + regression,
        };
        found = found.min(own.raised(steps));
    }
    match facts.previous {
        Some(previous) if !facts.members_removed => previous.min(found),
        _ => found,
    }
}

/// What the kind's own rule says, and which fact it went by.
fn own_rule(kind: Kind, facts: &SeverityFacts) -> Option<(Severity, Counted)> {
    let age = facts.now.since(facts.began_at);
    let is_many = facts.members >= MEMBERS_MANY;
    match kind {
        Kind::OrdSkuUnknown
        | Kind::OrdSkuInactive
        | Kind::OrdSkuFormat
        | Kind::OrdAddressInvalid => {
            is_due_within(facts, SHIPS_TODAY).then_some((Severity::S2, Counted::Promise))
        }
        Kind::OrdCarrierUnmapped if is_many => Some((Severity::S1, Counted::Size)),
        Kind::OrdCarrierUnmapped | Kind::OrdMissingInWms => {
            is_due_within(facts, PROMISE_VERY_NEAR).then_some((Severity::S1, Counted::Promise))
        }
        Kind::OrdBackordered => facts
            .earliest_ship_by
            .map(|_| (Severity::S2, Counted::Promise)),
        Kind::DspConfirmFailed => {
            (is_many && age > UNCONFIRMED_LONG).then_some((Severity::S1, Counted::Size))
        }
        Kind::DspOpenAfterDespatch => {
            (age > OPEN_AFTER_DESPATCH_LONG).then_some((Severity::S1, Counted::Age))
        }
        Kind::SysDown => (age > DOWN_LONG).then_some((Severity::S1, Counted::Age)),
        Kind::SysSignature => {
            (facts.members >= SIGNATURES_MANY).then_some((Severity::S2, Counted::Size))
        }
        _ => None,
    }
}

/// A promise can still be kept or lost: the goods have not left, and the kind does not stand for the promise itself.
fn is_promise_at_stake(kind: Kind) -> bool {
    match kind {
        Kind::DspClosedNotDespatched => true,
        Kind::CanAfterDespatch
        | Kind::CanDespatchedAnyway
        | Kind::SlaAtRisk
        | Kind::SlaBreached => false,
        _ => !["DSP_", "RET_", "CRN_", "FIN_"]
            .iter()
            .any(|family| kind.code().starts_with(family)),
    }
}

/// Nearer than `span`, or already past.
fn is_due_within(facts: &SeverityFacts, span: Span) -> bool {
    facts
        .earliest_ship_by
        .is_some_and(|ship_by| ship_by.since(facts.now) < span)
}

/// How long until somebody must have taken it up.
pub const fn acknowledge_within(severity: Severity) -> Span {
    match severity {
        Severity::S1 => Span::mins(15),
        Severity::S2 => Span::hours(1),
        Severity::S3 => Span::hours(4),
        Severity::S4 => Span::days(1),
    }
}

/// How long until it must be settled.
pub const fn resolve_within(severity: Severity) -> Span {
    match severity {
        Severity::S1 => Span::hours(2),
        Severity::S2 => Span::hours(4),
        Severity::S3 => Span::days(1),
        Severity::S4 => Span::days(5),
    }
}

/// When it must be acknowledged and when resolved. The clock starts when the problem began.
pub fn deadlines(severity: Severity, began_at: Ts) -> (Ts, Ts) {
    (
        began_at + acknowledge_within(severity),
        began_at + resolve_within(severity),
    )
}

/// As [`deadlines`], with the S2 rule that it must be settled before the earliest promise when that comes first.
pub fn deadlines_with_promise(
    severity: Severity,
    began_at: Ts,
    earliest_ship_by: Option<Ts>,
) -> (Ts, Ts) {
    let (acknowledge, resolve) = deadlines(severity, began_at);
    match (severity, earliest_ship_by) {
        (Severity::S2, Some(ship_by)) => (acknowledge, resolve.min(ship_by.max(began_at))),
        _ => (acknowledge, resolve),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Severity::{S1, S2, S3, S4};
    use proptest::prelude::*;

    const NOW: Ts = Ts(1_800_000_000_000_000);

    fn facts() -> SeverityFacts {
        SeverityFacts {
            now: NOW,
            began_at: NOW - Span::mins(5),
            earliest_ship_by: None,
            members: 1,
            value_minor: 0,
            is_regression: false,
            worst_occurrence: None,
            previous: None,
            members_removed: false,
        }
    }

    fn ships_in(span: Span) -> SeverityFacts {
        SeverityFacts {
            earliest_ship_by: Some(NOW + span),
            ..facts()
        }
    }

    fn with_members(members: i64) -> SeverityFacts {
        SeverityFacts { members, ..facts() }
    }

    fn aged(age: Span) -> SeverityFacts {
        SeverityFacts {
            began_at: NOW - age,
            ..facts()
        }
    }

    #[test]
    fn a_kind_alone_has_its_base_severity() {
        for kind in Kind::ALL.iter().copied() {
            assert_eq!(severity(kind, &facts()), kind.entry().severity, "{kind}");
        }
    }

    #[test]
    fn the_kinds_own_rules_hold() {
        let large_and_old = SeverityFacts {
            members: 20,
            ..aged(Span::mins(61))
        };
        let few_and_old = SeverityFacts {
            members: 19,
            ..aged(Span::mins(61))
        };
        let cases = [
            (Kind::OrdSkuUnknown, ships_in(Span::hours(20)), S3),
            (Kind::OrdSkuUnknown, ships_in(Span::hours(8)), S2),
            (Kind::OrdSkuInactive, ships_in(Span::hours(3)), S2),
            (Kind::OrdSkuFormat, ships_in(Span::hours(-3)), S2),
            (Kind::OrdAddressInvalid, ships_in(Span::hours(15)), S2),
            (Kind::OrdCarrierUnmapped, with_members(19), S2),
            (Kind::OrdCarrierUnmapped, with_members(20), S1),
            (Kind::OrdCarrierUnmapped, ships_in(Span::hours(5)), S2),
            (Kind::OrdCarrierUnmapped, ships_in(Span::hours(3)), S1),
            (Kind::OrdMissingInWms, ships_in(Span::mins(119)), S1),
            (Kind::OrdBackordered, facts(), S3),
            (Kind::OrdBackordered, ships_in(Span::days(3)), S2),
            (Kind::OrdStalled, ships_in(Span::hours(3)), S2),
            (Kind::DspConfirmFailed, large_and_old, S1),
            (Kind::DspConfirmFailed, few_and_old, S2),
            (Kind::DspOpenAfterDespatch, aged(Span::hours(23)), S2),
            (Kind::DspOpenAfterDespatch, aged(Span::hours(25)), S1),
            (Kind::SysDown, aged(Span::mins(29)), S2),
            (Kind::SysDown, aged(Span::mins(31)), S1),
            (Kind::SysSignature, with_members(4), S3),
            (Kind::SysSignature, with_members(5), S2),
        ];
        for (kind, facts, expected) in cases {
            assert_eq!(severity(kind, &facts), expected, "{kind} {facts:?}");
        }
    }

    #[test]
    fn promise_size_and_repetition_each_raise_by_one_step() {
        let near = ships_in(Span::hours(3));
        let worth = |value_minor| SeverityFacts {
            value_minor,
            ..facts()
        };
        let regression = SeverityFacts {
            is_regression: true,
            ..facts()
        };
        let all = SeverityFacts {
            members: 25,
            is_regression: true,
            ..near
        };
        let cases = [
            (near, S2),
            (ships_in(Span::hours(4)), S3),
            (with_members(20), S2),
            (worth(200_000), S2),
            (worth(199_999), S3),
            (regression, S2),
            (all, S1),
        ];
        for (facts, expected) in cases {
            assert_eq!(severity(Kind::OrdStalled, &facts), expected, "{facts:?}");
        }
    }

    #[test]
    fn a_passed_promise_does_not_raise_what_has_already_left() {
        let late = ships_in(Span::hours(-5));
        assert_eq!(severity(Kind::DspConfirmFailed, &late), S2);
        assert_eq!(severity(Kind::CanAfterDespatch, &late), S3);
        assert_eq!(severity(Kind::SlaAtRisk, &late), S2);
        assert_eq!(severity(Kind::DspClosedNotDespatched, &late), S1);
    }

    #[test]
    fn a_member_judged_worse_than_its_kind_counts() {
        let judged = |severity| SeverityFacts {
            worst_occurrence: Some(severity),
            ..facts()
        };
        assert_eq!(severity(Kind::OrdLinesDiffer, &judged(S1)), S1);
        assert_eq!(severity(Kind::StkDrift, &judged(S2)), S2);
        assert_eq!(severity(Kind::OrdLinesDiffer, &judged(S4)), S2);
    }

    #[test]
    fn severity_falls_only_when_members_left() {
        let kept = SeverityFacts {
            previous: Some(S1),
            ..facts()
        };
        let removed = SeverityFacts {
            members_removed: true,
            ..kept
        };
        assert_eq!(severity(Kind::OrdStalled, &kept), S1);
        assert_eq!(severity(Kind::OrdStalled, &removed), S3);
    }

    #[test]
    fn deadlines_run_from_when_the_problem_began() {
        let cases = [
            (S1, Span::mins(15), Span::hours(2)),
            (S2, Span::hours(1), Span::hours(4)),
            (S3, Span::hours(4), Span::days(1)),
            (S4, Span::days(1), Span::days(5)),
        ];
        for (severity, acknowledge, resolve) in cases {
            assert_eq!(deadlines(severity, NOW), (NOW + acknowledge, NOW + resolve));
        }
    }

    #[test]
    fn an_s2_is_due_before_the_promise_when_that_comes_first() {
        let due = |severity, ship_by| deadlines_with_promise(severity, NOW, ship_by).1;
        assert_eq!(due(S2, Some(NOW + Span::hours(2))), NOW + Span::hours(2));
        assert_eq!(due(S2, Some(NOW + Span::hours(9))), NOW + Span::hours(4));
        assert_eq!(due(S2, Some(NOW - Span::hours(9))), NOW);
        assert_eq!(due(S3, Some(NOW + Span::hours(2))), NOW + Span::days(1));
        assert_eq!(due(S2, None), NOW + Span::hours(4));
    }

    proptest! {
        #[test]
        fn severity_never_falls_below_the_base_and_never_by_itself(
            at in 0..Kind::ALL.len(),
            ship_in in proptest::option::of(-100i64..100),
            members in 0i64..40,
            value_minor in 0i64..400_000,
            is_regression: bool,
            age in 0i64..2_000,
        ) {
            let kind = Kind::ALL[at];
            let one = SeverityFacts {
                began_at: NOW - Span::mins(age),
                earliest_ship_by: ship_in.map(|h| NOW + Span::hours(h)),
                members,
                value_minor,
                is_regression,
                ..facts()
            };
            let first = severity(kind, &one);
            prop_assert!(first <= kind.entry().severity);
            let later = SeverityFacts { previous: Some(first), ..facts() };
            prop_assert!(severity(kind, &later) <= first);
        }
    }
}
