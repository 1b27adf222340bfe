//! Credit notes and period end.

use super::{Cause, Entry, Kind, Remedy};
use crate::domain::exception::{Severity, Team};

pub(super) const CRN_BEFORE_STOCKIN: Entry = Entry {
    kind: Kind::CrnBeforeStockin,
    title: "Credit note was issued too early",
    owner: Team::Finance,
    watchers: &[],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Conflict,
    meaning: "A credit note exists although the returned goods are not booked in. Money may go out \
        for goods that never arrive.",
    automatic: "Nothing; it stays visible until the goods are booked.",
    actions: &["Hold or void the credit note", "Approve it as an exception"],
    next_step: "Find out who issued it, and void it if that is still possible.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The goods are booked in, or the exception is approved.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const CRN_OVERDUE: Entry = Entry {
    kind: Kind::CrnOverdue,
    title: "Credit note is still to be issued",
    owner: Team::Finance,
    watchers: &[Team::Cx],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Timing,
    meaning: "The goods have been back in stock for a working day and the customer has no credit \
        yet.",
    automatic: "Drafts the credit note where policy allows.",
    actions: &["Issue the credit note", "Explain why there is none"],
    next_step: "Issue it for the quantity that is booked in, no more.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The credit note exists.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const FIN_PERIOD_LOCKED: Entry = Entry {
    kind: Kind::FinPeriodLocked,
    title: "Posting falls in a closed period",
    owner: Team::Finance,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "S2 when a stock lane waits for it",
    cause: Cause::Limit,
    meaning: "The ERP refuses to book because the date lies in a period that is closed. The \
        movement waits, and so does everything behind it.",
    automatic: "Nothing until a date is chosen.",
    actions: &["Post it on the first open day", "Open the period again"],
    next_step: "Use the first open day and write the true date into the note.",
    remedy: Remedy::RecordOutcome,
    clears_when: "The posting is made.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const FIN_CUTOFF_RISK: Entry = Entry {
    kind: Kind::FinCutoffRisk,
    title: "Shipped but not booked before period end",
    owner: Team::Finance,
    watchers: &[Team::Operations],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Timing,
    meaning: "The period ends within a day, and goods have left that the books do not show yet. \
        The figures would be short.",
    automatic: "Looks from a day before the end to a day after it, and follows what it found until the \
        books show it. Confirmations have a share of the calls of their own.",
    actions: &[
        "Clear the list",
        "Read the month-end sheet",
        "Accrue what is left and sign it",
    ],
    next_step: "Work through the list by value, the largest first.",
    remedy: Remedy::Retry,
    clears_when: "Nothing is left, or finance has signed for the rest.",
    is_dismissable: true,
    is_parent: false,
};
