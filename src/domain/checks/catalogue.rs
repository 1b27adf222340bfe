//! The checks as data (domain.md §17). A check without a source of figures is not here: nothing is shown that is not
//! computed.

use super::{Cadence, Check, Part, Shelf, Source};
use crate::domain::exception::Team;
use crate::domain::role::Role;
use Cadence::{Daily, Monthly, Weekly};
use Shelf::{Exceptions, Lanes, Mappings, Orders, Returns, Stock};

/// Roles of people who work in a team.
const TEAM: &[Role] = &[Role::Operator, Role::Lead];
/// What only the lead answers for.
const LEAD: &[Role] = &[Role::Lead];
/// Finance, day by day.
const BOOKS: &[Role] = &[Role::Operator, Role::Lead, Role::FinanceApprover];
/// The end of a month.
const FINANCE: &[Role] = &[Role::FinanceApprover];

const fn part(label: &'static str, source: Source) -> Part {
    Part {
        label,
        source,
        is_aside: false,
    }
}

const fn list(label: &'static str, shelf: Shelf, filter: &'static str) -> Part {
    part(label, Source::List(shelf, filter))
}

/// Rows that are no fault by themselves.
const fn aside(label: &'static str, shelf: Shelf, filter: &'static str) -> Part {
    Part {
        label,
        source: Source::List(shelf, filter),
        is_aside: true,
    }
}

const SHIPPED_OPEN: Part = list(
    "despatched, source open",
    Orders,
    "state:despatched,confirming source:open",
);
const DRIFT: Part = list("drift unexplained", Stock, "drift:yes");
const OPEN_DEBT: Part = part("open debt", Source::OpenDebt);
const OWED_LANES: Part = list("lanes that owe movements", Lanes, "owed>0");
const NOT_POSTED: Part = list(
    "on the shelf, not posted",
    Returns,
    "state:returned_to_stock",
);
const POST_FAILED: Part = list(
    "posting failed or credited too early",
    Exceptions,
    "kind:RET_STOCKIN_FAILED,CRN_BEFORE_STOCKIN",
);

/// Every check, in the order of the sheets.
pub const CATALOGUE: &[Check] = &[
    Check {
        code: "shipped_open",
        cadence: Daily,
        title: "Shipped but open in the source",
        how: "Orders the warehouse despatched whose order in the sales system is still open.",
        teams: &[Team::Ecommerce],
        roles: TEAM,
        parts: &[SHIPPED_OPEN],
    },
    Check {
        code: "not_despatched",
        cadence: Daily,
        title: "In the warehouse, not despatched",
        how: "Orders the warehouse has and has not despatched: late first, then what must leave within a day.",
        teams: &[Team::Warehouse],
        roles: TEAM,
        parts: &[
            list(
                "promise passed",
                Orders,
                "state:in_warehouse,allocated,picking,packing,part_despatched,backordered ship<0m",
            ),
            list(
                "received over two days ago",
                Orders,
                "state:in_warehouse,allocated,picking,packing,part_despatched,backordered age>2d",
            ),
            aside(
                "to leave within a day",
                Orders,
                "state:in_warehouse,allocated,picking,packing,part_despatched,backordered ship>=0m ship<1d",
            ),
        ],
    },
    Check {
        code: "not_arrived",
        cadence: Daily,
        title: "Released but not in the warehouse",
        how: "Orders that may be sent and are not in the warehouse. Sending takes minutes; one that came in long ago was held before, or is stuck.",
        teams: &[Team::Operations],
        roles: TEAM,
        parts: &[
            list(
                "received over an hour ago",
                Orders,
                "state:ready,checking,queued,sending,in_doubt age>1h",
            ),
            aside(
                "received since",
                Orders,
                "state:ready,checking,queued,sending,in_doubt age<=1h",
            ),
        ],
    },
    Check {
        code: "source_closed",
        cadence: Daily,
        title: "Source closed, not despatched",
        how: "Orders that the sales system shows as processed, cancelled or gone while the warehouse still has them to send.",
        teams: &[Team::Ecommerce],
        roles: TEAM,
        parts: &[
            list(
                "processed",
                Orders,
                "state:in_warehouse,allocated,picking,packing,backordered source:processed",
            ),
            list(
                "cancelled or gone",
                Orders,
                "state:in_warehouse,allocated,picking,packing,backordered source:cancelled,gone",
            ),
        ],
    },
    Check {
        code: "stock_compared",
        cadence: Daily,
        title: "Available here against shown there",
        how: "Positions whose figure in the sales system is not what the warehouse's stock explains; soonest to oversell first.",
        teams: &[Team::Warehouse, Team::Ecommerce],
        roles: TEAM,
        parts: &[
            DRIFT,
            list("oversold within a day", Stock, "drift:yes risk<24"),
            list("publishing stopped", Stock, "paused:yes"),
            list(
                "items that cannot be compared",
                Exceptions,
                "kind:PRD_NOT_IN_WMS,PRD_NOT_IN_SOURCE",
            ),
        ],
    },
    Check {
        code: "blocked",
        cadence: Daily,
        title: "Blocked orders by cause",
        how: "Orders that fail the checks before sending, and the exceptions that say why.",
        teams: &[Team::Data, Team::Ecommerce],
        roles: TEAM,
        parts: &[
            list("blocked", Orders, "state:blocked"),
            list("SKU", Exceptions, "kind:ORD_SKU*"),
            list("carrier", Exceptions, "kind:ORD_CARRIER_UNMAPPED"),
            list("site", Exceptions, "kind:ORD_SITE_UNMAPPED,ORD_UNROUTABLE"),
            list("address", Exceptions, "kind:ORD_ADDRESS_INVALID"),
            list(
                "payment",
                Exceptions,
                "kind:ORD_PAYMENT_STUCK,ORD_UNPAID_IN_WMS",
            ),
        ],
    },
    Check {
        code: "too_late",
        cadence: Daily,
        title: "Too late to amend or cancel",
        how: "Changes that came after picking began. Each needs its physical outcome on record: stopped on the floor, or gone.",
        teams: &[Team::Operations],
        roles: TEAM,
        parts: &[
            list("amendments", Exceptions, "kind:AMD_TOO_LATE"),
            list(
                "cancellations",
                Exceptions,
                "kind:CAN_TOO_LATE,CAN_AFTER_DESPATCH,CAN_DESPATCHED_ANYWAY",
            ),
            list(
                "orders under review",
                Orders,
                "state:amend_review,cancel_review",
            ),
        ],
    },
    Check {
        code: "partials",
        cadence: Daily,
        title: "Partial despatches not reflected",
        how: "Parcels that left with a part of an order and that the sales system does not show.",
        teams: &[Team::Ecommerce],
        roles: TEAM,
        parts: &[
            list("not reflected", Exceptions, "kind:DSP_PARTIAL_UNREFLECTED"),
            aside("partly despatched", Orders, "state:part_despatched"),
        ],
    },
    Check {
        code: "returns",
        cadence: Daily,
        title: "Returns that stand still",
        how: "Goods received and not looked at, on the shelf and not posted, and credits that wait for the gate.",
        teams: &[Team::Warehouse, Team::Finance],
        roles: BOOKS,
        parts: &[
            list("received, not inspected", Returns, "state:received"),
            NOT_POSTED,
            list(
                "credit waits",
                Returns,
                "money:open,part state:inspected,returned_to_stock,stock_in_confirmed,not_sellable,disposed",
            ),
        ],
    },
    Check {
        code: "lanes",
        cadence: Daily,
        title: "Lanes and writes in doubt",
        how: "Lanes of stock movements whose head is stopped, movements left out with a debt, and writes nobody knows the end of.",
        teams: &[Team::Integration],
        roles: TEAM,
        parts: &[
            list("heads stopped", Lanes, "stopped:yes"),
            OWED_LANES,
            list(
                "in doubt",
                Exceptions,
                "kind:ORD_IN_DOUBT,DSP_IN_DOUBT,SYS_IN_DOUBT",
            ),
        ],
    },
    Check {
        code: "runs",
        cadence: Daily,
        title: "Runs, snapshots and webhooks",
        how: "Flows that failed, are paused or are stuck; schedules that were missed; snapshots that are not whole; webhooks not heard.",
        teams: &[Team::Integration],
        roles: TEAM,
        parts: &[
            part("flows in trouble", Source::Flows),
            list("schedules missed", Exceptions, "kind:SYS_SCHEDULE_MISSED"),
            list(
                "snapshots not whole or old",
                Exceptions,
                "kind:STK_SNAPSHOT_INCOMPLETE,STK_STALE",
            ),
            list("webhooks silent", Exceptions, "kind:SYS_WEBHOOK_SILENT"),
            list(
                "systems down or refused",
                Exceptions,
                "kind:SYS_DOWN,SYS_AUTH",
            ),
        ],
    },
    Check {
        code: "dismissed",
        cadence: Daily,
        title: "Dismissed yesterday, and open debt",
        how: "What was closed without agreement since yesterday, and every debt that no comparison has settled yet.",
        teams: &[Team::Operations],
        roles: LEAD,
        parts: &[part("dismissed", Source::Dismissed), OPEN_DEBT, OWED_LANES],
    },
    Check {
        code: "reconciliation",
        cadence: Weekly,
        title: "Stock reconciliation with causes",
        how: "Every position the last comparisons could not explain, and the causes found.",
        teams: &[Team::Finance, Team::Warehouse],
        roles: BOOKS,
        parts: &[
            DRIFT,
            list("drift", Exceptions, "kind:STK_DRIFT"),
            list(
                "movements missing or out of order",
                Exceptions,
                "kind:STK_INCREMENT_MISSING,STK_SEQUENCE_BROKEN",
            ),
            list("negative stock", Exceptions, "kind:STK_NEGATIVE"),
            list("a second writer", Exceptions, "kind:STK_LOOP"),
        ],
    },
    Check {
        code: "products",
        cadence: Weekly,
        title: "Products on both sides",
        how: "Items one system has and the other has not, items that are inactive, barcodes that differ.",
        teams: &[Team::Data],
        roles: TEAM,
        parts: &[
            list("not in the warehouse", Exceptions, "kind:PRD_NOT_IN_WMS"),
            list("not in the source", Exceptions, "kind:PRD_NOT_IN_SOURCE"),
            list("inactive", Exceptions, "kind:ORD_SKU_INACTIVE"),
            list("barcodes differ", Exceptions, "kind:PRD_BARCODE_MISMATCH"),
        ],
    },
    Check {
        code: "mappings",
        cadence: Weekly,
        title: "Mapping review",
        how: "Mappings no order ever used, mappings whose target is gone, orders that fell back to a default.",
        teams: &[Team::Ecommerce],
        roles: TEAM,
        parts: &[
            list("target gone", Mappings, "broken:yes"),
            aside("never used", Mappings, "used<1"),
            list("default used", Exceptions, "kind:ORD_DEFAULT_USED"),
        ],
    },
    Check {
        code: "causes",
        cadence: Weekly,
        title: "Causes by orders affected",
        how: "Everything open, the causes that touch most first; what came back after it was settled.",
        teams: &[Team::Operations],
        roles: TEAM,
        parts: &[
            list("open", Exceptions, ""),
            list("came back", Exceptions, "state:reopened"),
            list("ten or more members", Exceptions, "members>=10"),
        ],
    },
    Check {
        code: "alignment",
        cadence: Weekly,
        title: "Refund, return and credit",
        how: "Money that went back without goods, goods that came back without money, credits before their goods.",
        teams: &[Team::Finance],
        roles: BOOKS,
        parts: &[
            list(
                "refund without return",
                Exceptions,
                "kind:RET_REFUND_NO_RETURN",
            ),
            list("credit overdue", Exceptions, "kind:CRN_OVERDUE"),
            POST_FAILED,
            list(
                "goods booked, money open",
                Returns,
                "money:open,part state:stock_in_confirmed",
            ),
        ],
    },
    Check {
        code: "buffers",
        cadence: Weekly,
        title: "Buffers to adjust",
        how: "Items sold that were not there, about to be, or shown as sold out while stock lies on the shelf.",
        teams: &[Team::Ecommerce],
        roles: TEAM,
        parts: &[
            list("oversold", Exceptions, "kind:STK_OVERSOLD"),
            list("about to be", Exceptions, "kind:STK_OVERSELL_RISK"),
            list("falsely sold out", Exceptions, "kind:STK_FALSE_STOCKOUT"),
        ],
    },
    Check {
        code: "limits",
        cadence: Weekly,
        title: "Vendors' limits and backlog",
        how: "Systems that turned calls away and work that cannot keep up. What a peak would do is for `tallyman rehearse`.",
        teams: &[Team::Integration],
        roles: TEAM,
        parts: &[
            list("turned away", Exceptions, "kind:SYS_THROTTLED"),
            list("behind", Exceptions, "kind:SYS_BACKLOG"),
        ],
    },
    Check {
        code: "month_despatches",
        cadence: Monthly,
        title: "Unconfirmed despatches",
        how: "What left the warehouse and is not confirmed in the books of the sales system.",
        teams: &[Team::Finance],
        roles: FINANCE,
        parts: &[
            SHIPPED_OPEN,
            list("confirming failed", Exceptions, "kind:DSP_CONFIRM_FAILED"),
        ],
    },
    Check {
        code: "month_stock_ins",
        cadence: Monthly,
        title: "Unposted stock-ins",
        how: "Goods back on the shelf that the books do not show.",
        teams: &[Team::Finance],
        roles: FINANCE,
        parts: &[NOT_POSTED, POST_FAILED],
    },
    Check {
        code: "month_locked",
        cadence: Monthly,
        title: "Refused by a locked period",
        how: "Writes the books refused because their period is closed.",
        teams: &[Team::Finance],
        roles: FINANCE,
        parts: &[list("refused", Exceptions, "kind:FIN_PERIOD_LOCKED")],
    },
    Check {
        code: "month_drift",
        cadence: Monthly,
        title: "Valued drift",
        how: "Unexplained differences of stock, at the value at risk.",
        teams: &[Team::Finance],
        roles: FINANCE,
        parts: &[DRIFT],
    },
    Check {
        code: "month_debt",
        cadence: Monthly,
        title: "Open debt",
        how: "What was dismissed or left out and is still not shown to agree.",
        teams: &[Team::Finance],
        roles: FINANCE,
        parts: &[OPEN_DEBT, OWED_LANES],
    },
];
