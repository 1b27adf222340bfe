//! Connections, the engine and its store.

use super::{Cause, Entry, Kind, Remedy};
use crate::domain::exception::{Severity, Team};

pub(super) const SYS_AUTH: Entry = Entry {
    kind: Kind::SysAuth,
    title: "The system refuses our credentials",
    owner: Team::Integration,
    watchers: &[
        Team::Warehouse,
        Team::Ecommerce,
        Team::Operations,
        Team::Data,
        Team::Finance,
        Team::Cx,
    ],
    severity: Severity::S1,
    severity_rule: "Already the highest",
    cause: Cause::Authorisation,
    meaning: "We can no longer sign in. Nothing passes to or from this system until that is put \
        right.",
    automatic: "Stops calling. Work waits and loses no attempts.",
    actions: &[
        "Renew the credentials where the system issues them",
        "Test them",
        "Resume",
    ],
    next_step: "Renew the credentials in the system itself, then run the check.",
    remedy: Remedy::Credentials,
    clears_when: "A test call is accepted.",
    is_dismissable: false,
    is_parent: true,
};

pub(super) const SYS_DOWN: Entry = Entry {
    kind: Kind::SysDown,
    title: "System cannot be reached",
    owner: Team::Integration,
    watchers: &[
        Team::Warehouse,
        Team::Ecommerce,
        Team::Operations,
        Team::Data,
        Team::Finance,
        Team::Cx,
    ],
    severity: Severity::S2,
    severity_rule: "S1 after 30 minutes",
    cause: Cause::Connection,
    meaning: "Calls to this system fail one after another. What belongs to it waits; nothing is \
        lost.",
    automatic: "Stops calling and tries once every 30 seconds.",
    actions: &["Tell the teams", "Pause the pair"],
    next_step: "Look at the vendor's status page and tell each team what waits.",
    remedy: Remedy::Wait,
    clears_when: "Calls have worked again for 5 minutes.",
    is_dismissable: false,
    is_parent: true,
};

pub(super) const SYS_THROTTLED: Entry = Entry {
    kind: Kind::SysThrottled,
    title: "The call limit slows us down",
    owner: Team::Integration,
    watchers: &[Team::Ecommerce],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Limit,
    meaning: "The system allows fewer calls than the work needs. Orders, despatches and stock \
        arrive later than usual.",
    automatic: "Keeps each lane's reserved share and publishes stock less often.",
    actions: &[
        "Shift the shares between lanes",
        "Put off comparisons",
        "Ask the vendor for more",
    ],
    next_step: "See which lane or which other program spends the calls.",
    remedy: Remedy::Wait,
    clears_when: "The waiting work would be done in under 10 minutes.",
    is_dismissable: false,
    is_parent: true,
};

pub(super) const SYS_WEBHOOK_SILENT: Entry = Entry {
    kind: Kind::SysWebhookSilent,
    title: "Expected events have stopped",
    owner: Team::Integration,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Connection,
    meaning: "The system no longer tells us of changes. They are still found by asking, only \
        later.",
    automatic: "Asks more often and subscribes again.",
    actions: &["Send a test event", "Subscribe again"],
    next_step: "See whether the subscription still exists and our address can be reached.",
    remedy: Remedy::Resync,
    clears_when: "Events arrive again.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const SYS_SIGNATURE: Entry = Entry {
    kind: Kind::SysSignature,
    title: "Event with a wrong signature or secret",
    owner: Team::Integration,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "S2 from 5 of them",
    cause: Cause::Authorisation,
    meaning: "A message came that does not prove where it is from. It may be a changed secret, or \
        a stranger.",
    automatic: "Keeps the message, does nothing it says and makes no call because of it.",
    actions: &["Change the secret", "Block the sender"],
    next_step: "Ask whether a secret was changed, or a proxy alters the messages.",
    remedy: Remedy::Credentials,
    clears_when: "None has come for an hour.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const SYS_SCHEDULE_MISSED: Entry = Entry {
    kind: Kind::SysScheduleMissed,
    title: "A scheduled flow did not run",
    owner: Team::Integration,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "S2 for stock and despatch",
    cause: Cause::Timing,
    meaning: "A flow that runs by the clock is overdue. What it would have found or sent is not \
        known.",
    automatic: "Starts it.",
    actions: &["Run it now", "Resume it if it was paused"],
    next_step: "See whether somebody paused it, or a long run is in its way.",
    remedy: Remedy::Resync,
    clears_when: "The flow has run to its end.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const SYS_BACKLOG: Entry = Entry {
    kind: Kind::SysBacklog,
    title: "Waiting work is getting old",
    owner: Team::Integration,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "S2 when it is four times its target",
    cause: Cause::Limit,
    meaning: "Work in this lane waits more than twice as long as it should. Customers will notice \
        later today.",
    automatic: "Lends the lane what other lanes do not use.",
    actions: &["Pause lanes that can wait", "Raise this lane's share"],
    next_step: "See whether work comes in faster than the limit allows, or something else is down.",
    remedy: Remedy::Wait,
    clears_when: "The oldest piece of work is within its target.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const SYS_IN_DOUBT: Entry = Entry {
    kind: Kind::SysInDoubt,
    title: "Not known whether a write took effect",
    owner: Team::Integration,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "S2 for stock and credit",
    cause: Cause::Unknown,
    meaning: "Something was written and the answer was lost. Writing it again could do it twice.",
    automatic: "Looks for our reference in the other system. It writes again only when two looks \
        agree that it is not there.",
    actions: &[
        "Ask the other system now",
        "Look there yourself and note what you see",
    ],
    next_step: "Search the other system for our reference.",
    remedy: Remedy::Resync,
    clears_when: "The other system was read and the write is there or, twice in a row, not.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const SYS_POISON: Entry = Entry {
    kind: Kind::SysPoison,
    title: "A message the engine cannot work",
    owner: Team::Integration,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Data,
    meaning: "This order or message cannot be read, or working on it failed twice in the engine \
        itself. Others go on; this one is set aside.",
    automatic: "An order that cannot be read is read again with every pull; anything else is kept \
        whole and not tried again by itself.",
    actions: &[
        "Inspect it",
        "Try again after a new version",
        "Cancel it, which leaves a debt",
    ],
    next_step: "Keep the message as it is and pass it to whoever maintains the program.",
    remedy: Remedy::Retry,
    clears_when: "The order could be read, the message was worked, or it was cancelled with a reason.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const SYS_SCHEMA: Entry = Entry {
    kind: Kind::SysSchema,
    title: "An answer or template changed its shape",
    owner: Team::Integration,
    watchers: &[],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Data,
    meaning: "A column or field we need is missing, or holds something never seen. Going on would \
        mean guessing.",
    automatic: "Stops the flow when what is missing is needed; keeps the answer.",
    actions: &[
        "Correct the template in the warehouse",
        "Ask for a new version of the program",
    ],
    next_step: "Compare the answer with the last good one: a template edit is the usual cause.",
    remedy: Remedy::FixInWarehouse,
    clears_when: "The answer has every field it needs.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const SYS_CLOCK: Entry = Entry {
    kind: Kind::SysClock,
    title: "A system's clock is off",
    owner: Team::Integration,
    watchers: &[],
    severity: Severity::S4,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Timing,
    meaning: "Times from this system lie in the future or are more than two minutes off. Ages and \
        deadlines may be wrong.",
    automatic: "Goes by each system's own time when it puts events in order.",
    actions: &["Correct the clock", "Correct the time zone setting"],
    next_step: "Check the time zone setting first.",
    remedy: Remedy::FixInWarehouse,
    clears_when: "The clocks differ by less than 30 seconds.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const SYS_ALERT_FAILED: Entry = Entry {
    kind: Kind::SysAlertFailed,
    title: "Alert did not reach anybody",
    owner: Team::Integration,
    watchers: &[
        Team::Warehouse,
        Team::Ecommerce,
        Team::Operations,
        Team::Data,
        Team::Finance,
        Team::Cx,
    ],
    severity: Severity::S2,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Connection,
    meaning: "People who should know were not told. Until this works, only those who look at the \
        screen know.",
    automatic: "Uses the next contact and shows a banner on every screen.",
    actions: &["Put the contact right", "Send a test"],
    next_step: "Send a test to every contact of the team.",
    remedy: Remedy::Retry,
    clears_when: "A test alert has arrived.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const SYS_UNCLASSIFIED: Entry = Entry {
    kind: Kind::SysUnclassified,
    title: "An answer nobody recognises",
    owner: Team::Integration,
    watchers: &[],
    severity: Severity::S3,
    severity_rule: "Raised by promise, size and repetition only",
    cause: Cause::Unknown,
    meaning: "The other system answered something that fits no rule. What it means for the message \
        is not known.",
    automatic: "Reads again once; a write is treated as in doubt.",
    actions: &[
        "Read the raw answer",
        "Ask the other system now",
        "Classify it, so that the next one is known",
    ],
    next_step: "Read the raw answer, decide what it means and classify it.",
    remedy: Remedy::Resync,
    clears_when: "The answer has a meaning and the message was worked by it.",
    is_dismissable: true,
    is_parent: false,
};

pub(super) const SYS_INVARIANT: Entry = Entry {
    kind: Kind::SysInvariant,
    title: "The books do not add up",
    owner: Team::Integration,
    watchers: &[
        Team::Warehouse,
        Team::Ecommerce,
        Team::Operations,
        Team::Data,
        Team::Finance,
        Team::Cx,
    ],
    severity: Severity::S1,
    severity_rule: "Already the highest",
    cause: Cause::Unknown,
    meaning: "One of the engine's own rules was found broken, for example a message that is in two \
        places. What it writes could not be trusted.",
    automatic: "Stops the flow concerned and goes on reading.",
    actions: &[
        "Keep the evidence and call whoever maintains the program",
        "Resume the flow once it is explained",
    ],
    next_step: "Note which rule and which object, and do not resume before it is explained.",
    remedy: Remedy::Wait,
    clears_when: "The rule holds again in two checks in a row.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const SYS_STORE: Entry = Entry {
    kind: Kind::SysStore,
    title: "The store is full, failing or damaged",
    owner: Team::Integration,
    watchers: &[
        Team::Warehouse,
        Team::Ecommerce,
        Team::Operations,
        Team::Data,
        Team::Finance,
        Team::Cx,
    ],
    severity: Severity::S1,
    severity_rule: "Already the highest",
    cause: Cause::Limit,
    meaning: "What happens can no longer be written down safely. Nothing is sent, because it could \
        not be remembered.",
    automatic: "Sends nothing. Goes on by itself when the store can be written again.",
    actions: &[
        "Free disk space",
        "Check the store",
        "Restore from a backup",
    ],
    next_step: "Look at the free space first, then check the store.",
    remedy: Remedy::Wait,
    clears_when: "The store can be written and passes its check.",
    is_dismissable: false,
    is_parent: false,
};

pub(super) const SYS_STORE_REWOUND: Entry = Entry {
    kind: Kind::SysStoreRewound,
    title: "The store is older than what was sent",
    owner: Team::Integration,
    watchers: &[
        Team::Warehouse,
        Team::Ecommerce,
        Team::Operations,
        Team::Data,
        Team::Finance,
        Team::Cx,
    ],
    severity: Severity::S1,
    severity_rule: "Already the highest",
    cause: Cause::Conflict,
    meaning: "After a restore, the store no longer knows everything that was already written to \
        the other systems. Going on as usual would send things twice.",
    automatic: "Reads every open object in the other systems before it writes anything.",
    actions: &[
        "Let recovery finish",
        "Settle what recovery could not match",
    ],
    next_step: "Leave writing stopped until recovery has gone through every open order.",
    remedy: Remedy::Resync,
    clears_when: "Recovery has matched every open object with the other systems.",
    is_dismissable: false,
    is_parent: false,
};
