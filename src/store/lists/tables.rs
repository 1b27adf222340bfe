//! The lists: their columns, sorts and filter fields. Field names are those of `domain::filter::lists`.

use super::super::filter_sql::{Field, Filterable};
use super::super::read::JournalRow;
use super::super::{
    LaneRow, deliveries, exceptions, journal, lanes, mappings, orders, returns, stock,
};
use super::{Column, List, Sort};
use crate::domain::delivery::{DeliveryRow, DeliveryState, Flow, Lane};
use crate::domain::exception::{ExceptionRow, ExceptionState, Severity, Team};
use crate::domain::mapping::{Mapping, MappingKind, MappingStatus};
use crate::domain::movements::Standing;
use crate::domain::order::{OrderRow, OrderState};
use crate::domain::returns::{Cause, MoneyState, Return, ReturnState};
use crate::domain::stock::StockPosition;

pub(super) const EXCEPTIONS: List<ExceptionRow> = List {
    name: "exceptions",
    columns: exceptions::COLUMNS,
    sorts: &[
        Sort {
            name: "promise",
            columns: &[
                Column::Int("e.ship_sort"),
                Column::Int("e.severity"),
                Column::Int("e.id"),
            ],
        },
        Sort {
            name: "severity",
            columns: &[
                Column::Int("e.severity"),
                Column::Int("e.began_at"),
                Column::Int("e.id"),
            ],
        },
        Sort {
            name: "age",
            columns: &[Column::Int("e.began_at"), Column::Int("e.id")],
        },
        Sort {
            name: "members",
            columns: &[Column::Int("e.members"), Column::Int("e.id")],
        },
        Sort {
            name: "kind",
            columns: &[Column::Text("e.kind"), Column::Int("e.id")],
        },
        Sort {
            name: "value",
            columns: &[Column::Int("e.value_minor"), Column::Int("e.id")],
        },
        Sort {
            name: "state",
            columns: &[
                Column::Int("e.state"),
                Column::Int("e.ship_sort"),
                Column::Int("e.id"),
            ],
        },
        Sort {
            name: "team",
            columns: &[
                Column::Int("e.team"),
                Column::Int("e.ship_sort"),
                Column::Int("e.id"),
            ],
        },
        Sort {
            name: "person",
            columns: &[
                Column::Text("coalesce(e.person, '')"),
                Column::Int("e.ship_sort"),
                Column::Int("e.id"),
            ],
        },
    ],
    filterable: &Filterable {
        fields: &[
            ("kind", Field::Word("e.kind")),
            (
                "state",
                Field::Code("e.state", |t| {
                    ExceptionState::parse(t).map(ExceptionState::code)
                }),
            ),
            (
                "team",
                Field::Code("e.team", |t| Team::parse(t).map(Team::code)),
            ),
            ("person", Field::Text("coalesce(e.person, '')")),
            (
                "severity",
                Field::Code("e.severity", |t| Severity::parse(t).map(Severity::code)),
            ),
            ("pair", Field::Text("e.pair")),
            ("age", Field::Age("e.began_at")),
            (
                "ship",
                Field::Until("coalesce(e.ship_by, 9223372036854775807)"),
            ),
            ("members", Field::Number("e.members", 1)),
            ("value", Field::Money("e.value_minor")),
            ("id", Field::Number("e.id", 1)),
            ("rule", Field::Number("coalesce(e.rule_id, 0)", 1)),
        ],
        words: &[
            Field::Text("e.search"),
            Field::Elsewhere(
                "e.id in (select m.exception_id from occurrence m where m.cleared_at is null and m.label",
                ")",
            ),
            Field::Elsewhere(
                "e.rule_id in (select r.id from error_rule r where r.name",
                ")",
            ),
        ],
    },
    decode: exceptions::exception_row,
};

pub(super) const ORDERS: List<OrderRow> = List {
    name: "orders",
    columns: orders::COLUMNS,
    sorts: &[
        Sort {
            name: "received",
            columns: &[Column::Int("o.received_at"), Column::Int("o.id")],
        },
        Sort {
            name: "ship",
            columns: &[Column::Int("o.ship_sort"), Column::Int("o.id")],
        },
        Sort {
            name: "number",
            columns: &[Column::Text("o.number"), Column::Int("o.id")],
        },
        Sort {
            name: "state",
            columns: &[
                Column::Int("o.state"),
                Column::Int("o.received_at"),
                Column::Int("o.id"),
            ],
        },
        Sort {
            name: "value",
            columns: &[Column::Int("o.value_minor"), Column::Int("o.id")],
        },
    ],
    filterable: &Filterable {
        fields: &[
            (
                "state",
                Field::Code("o.state", |t| OrderState::parse(t).map(OrderState::code)),
            ),
            ("pair", Field::Text("o.pair")),
            (
                "number",
                Field::Named {
                    column: "o.number",
                    search: "o.search",
                },
            ),
            (
                "wms",
                Field::Named {
                    column: "coalesce(o.wms_number, '')",
                    search: "o.search",
                },
            ),
            ("reference", Field::Text("o.reference")),
            ("service", Field::Text("o.service")),
            ("carrier", Field::Text("coalesce(o.carrier_service, '')")),
            ("site", Field::Text("coalesce(o.site, '')")),
            ("channel", Field::Text("o.channel")),
            (
                "sku",
                Field::Elsewhere(
                    "o.id in (select l.order_id from order_line l where l.sku",
                    ")",
                ),
            ),
            ("postcode", Field::Text("o.postcode_district")),
            ("country", Field::Text("o.country")),
            ("age", Field::Age("o.received_at")),
            ("ship", Field::Until("o.ship_sort")),
            ("value", Field::Money("o.value_minor")),
            (
                "source",
                Field::Code("o.source_status", |t| match t {
                    "open" => Some(0),
                    "processed" => Some(1),
                    "cancelled" => Some(2),
                    "gone" => Some(3),
                    _ => None,
                }),
            ),
            ("held", Field::Flag("o.held_reason is not null")),
        ],
        words: &[Field::Text("o.search")],
    },
    decode: orders::order_row,
};

pub(super) const DELIVERIES: List<DeliveryRow> = List {
    name: "deliveries",
    columns: deliveries::COLUMNS,
    sorts: &[
        Sort {
            name: "id",
            columns: &[Column::Int("d.id")],
        },
        Sort {
            name: "due",
            columns: &[Column::Int("d.due_at"), Column::Int("d.id")],
        },
        Sort {
            name: "age",
            columns: &[Column::Int("d.caused_at"), Column::Int("d.id")],
        },
    ],
    filterable: &Filterable {
        fields: &[
            (
                "flow",
                Field::Code("d.flow", |t| Flow::parse(t).map(Flow::code)),
            ),
            (
                "state",
                Field::Code("d.state", |t| {
                    DeliveryState::parse(t).map(DeliveryState::code)
                }),
            ),
            (
                "lane",
                Field::Code("d.lane", |t| Lane::parse(t).map(Lane::code)),
            ),
            ("system", Field::Text("d.system")),
            (
                "order",
                Field::Elsewhere(
                    "(d.object || ' ' || d.order_key || ' ' || coalesce((select o.number from orders o where o.id = d.order_id), ''))",
                    "",
                ),
            ),
            ("age", Field::Age("d.caused_at")),
            ("attempts", Field::Number("d.attempts", 1)),
        ],
        words: &[
            Field::Text("d.object"),
            Field::Text("d.order_key"),
            Field::Text("d.idem_key"),
            Field::Text("d.last_text"),
        ],
    },
    decode: deliveries::delivery_row,
};

pub(super) const RETURNS: List<Return> = List {
    name: "returns",
    columns: returns::COLUMNS,
    sorts: &[
        Sort {
            name: "id",
            columns: &[Column::Int("r.id")],
        },
        Sort {
            name: "age",
            columns: &[Column::Int("r.created_at"), Column::Int("r.id")],
        },
        Sort {
            name: "order",
            columns: &[Column::Text("r.order_number"), Column::Int("r.id")],
        },
        Sort {
            name: "due",
            columns: &[Column::Int(DUE), Column::Int("r.id")],
        },
        Sort {
            name: "state",
            columns: &[
                Column::Int("r.state"),
                Column::Int("r.created_at"),
                Column::Int("r.id"),
            ],
        },
        Sort {
            name: "money",
            columns: &[
                Column::Int("r.money"),
                Column::Int("r.created_at"),
                Column::Int("r.id"),
            ],
        },
    ],
    filterable: &Filterable {
        fields: &[
            (
                "state",
                Field::Code("r.state", |t| ReturnState::parse(t).map(ReturnState::code)),
            ),
            (
                "money",
                Field::Code("r.money", |t| MoneyState::parse(t).map(MoneyState::code)),
            ),
            (
                "cause",
                Field::Code("r.cause", |t| Cause::parse(t).map(Cause::code)),
            ),
            ("pair", Field::Text("r.pair")),
            ("return", Field::Text("r.reference")),
            (
                "order",
                Field::Elsewhere("(r.order_number || ' ' || r.wms_number)", ""),
            ),
            (
                "sku",
                Field::Elsewhere(
                    "r.id in (select l.return_id from goods_return_line l where l.sku",
                    ")",
                ),
            ),
            ("reason", Field::Text("r.reason")),
            ("who", Field::Text("r.authorised_by")),
            ("age", Field::Age("r.created_at")),
            ("due", Field::Until(DUE)),
        ],
        words: &[
            Field::Text("r.reference"),
            Field::Text("r.order_number"),
            Field::Text("r.wms_number"),
            Field::Text("r.reason"),
            Field::Elsewhere(
                "r.id in (select l.return_id from goods_return_line l where l.sku",
                ")",
            ),
        ],
    },
    decode: returns::return_row,
};

/// When goods are given up (`domain::returns::given_up_at`), for sorting: those nobody waits for come last.
const DUE: &str = "case when r.state in (1, 2) then \
 coalesce(r.awaited_until, r.authorised_at + 1814400000000, 9223372036854775807) else 9223372036854775807 end";

pub(super) const MAPPINGS: List<Mapping> = List {
    name: "mappings",
    columns: mappings::COLUMNS,
    sorts: &[
        Sort {
            name: "kind",
            columns: &[
                Column::Int("m.kind"),
                Column::Text("m.from_text"),
                Column::Int("m.id"),
                Column::Int("m.version"),
            ],
        },
        Sort {
            name: "from",
            columns: &[
                Column::Text("m.from_text"),
                Column::Int("m.kind"),
                Column::Int("m.id"),
                Column::Int("m.version"),
            ],
        },
        Sort {
            name: "used",
            columns: &[
                Column::Int("m.used_count"),
                Column::Int("m.id"),
                Column::Int("m.version"),
            ],
        },
        Sort {
            name: "changed",
            columns: &[
                Column::Int("m.changed_at"),
                Column::Int("m.id"),
                Column::Int("m.version"),
            ],
        },
        Sort {
            name: "to",
            columns: &[
                Column::Text("m.to_text"),
                Column::Int("m.id"),
                Column::Int("m.version"),
            ],
        },
        Sort {
            name: "last_used",
            columns: &[
                Column::Int("coalesce(m.last_used_at, 0)"),
                Column::Int("m.id"),
                Column::Int("m.version"),
            ],
        },
        Sort {
            name: "author",
            columns: &[
                Column::Text("m.author"),
                Column::Int("m.id"),
                Column::Int("m.version"),
            ],
        },
    ],
    filterable: &Filterable {
        fields: &[
            (
                "kind",
                Field::Code("m.kind", |t| MappingKind::parse(t).map(MappingKind::code)),
            ),
            ("from", Field::Text("m.from_text")),
            ("to", Field::Text("m.to_text")),
            (
                "status",
                Field::Code("m.status", |t| {
                    MappingStatus::parse(t).map(MappingStatus::code)
                }),
            ),
            ("broken", Field::Flag("m.broken is not null")),
            ("used", Field::Number("m.used_count", 1)),
        ],
        words: &[Field::Text("m.search"), Field::Text("m.attributes")],
    },
    decode: mappings::mapping_row,
};

pub(super) const POSITIONS: List<StockPosition> = List {
    name: "stock",
    columns: "s.body",
    sorts: &[
        Sort {
            name: "risk",
            columns: &[
                Column::Int("s.risk_sort"),
                Column::Text("s.pair"),
                Column::Text("s.item"),
                Column::Text("s.location"),
            ],
        },
        Sort {
            name: "gap",
            columns: &[
                Column::Int("s.gap_sort"),
                Column::Text("s.pair"),
                Column::Text("s.item"),
                Column::Text("s.location"),
            ],
        },
        Sort {
            name: "value",
            columns: &[
                Column::Int("s.value_at_risk_minor"),
                Column::Text("s.pair"),
                Column::Text("s.item"),
                Column::Text("s.location"),
            ],
        },
        Sort {
            name: "item",
            columns: &[
                Column::Text("s.item"),
                Column::Text("s.pair"),
                Column::Text("s.location"),
            ],
        },
    ],
    filterable: &Filterable {
        fields: &[
            ("item", Field::Text("(s.item || ' ' || s.sku)")),
            ("location", Field::Text("s.location")),
            (
                "drift",
                Field::Flag("(s.remainder_each <> 0 or s.drift_since is not null)"),
            ),
            ("gap", Field::Number("s.gap_each", 1)),
            ("risk", Field::Number("s.risk_sort", 1_000)),
            ("value", Field::Money("s.value_at_risk_minor")),
            ("paused", Field::Flag("s.is_paused = 1")),
        ],
        words: &[
            Field::Text("s.item"),
            Field::Text("s.sku"),
            Field::Text("s.location"),
        ],
    },
    decode: stock::position,
};

/// Refused, unmapped, or for so long that a case was opened.
const IS_STOPPED: &str = "l.standing <= 1 or l.exception_id is not null";

/// What has stopped first, then what is in doubt, what moves, what is only owed.
const STOPPED: &str = "case when l.standing <= 1 or l.exception_id is not null then 0 \
 when l.standing in (3, 4) then 2 else l.standing end";

pub(super) const LANES: List<LaneRow> = List {
    name: "lanes",
    columns: lanes::COLUMNS,
    sorts: &[
        Sort {
            name: "state",
            columns: &[
                Column::Int(STOPPED),
                Column::Int("l.since"),
                Column::Int("l.id"),
            ],
        },
        Sort {
            name: "age",
            columns: &[Column::Int("l.since"), Column::Int("l.id")],
        },
        Sort {
            name: "orders",
            columns: &[Column::Int("l.orders"), Column::Int("l.id")],
        },
        Sort {
            name: "waiting",
            columns: &[Column::Int("l.pending"), Column::Int("l.id")],
        },
        Sort {
            name: "item",
            columns: &[Column::Text("l.item"), Column::Int("l.id")],
        },
    ],
    filterable: &Filterable {
        fields: &[
            ("item", Field::Text("l.item")),
            ("location", Field::Text("l.location")),
            (
                "state",
                Field::Code("l.standing", |t| Standing::parse(t).map(Standing::code)),
            ),
            ("stopped", Field::Flag(IS_STOPPED)),
            ("pair", Field::Text("l.pair")),
            ("age", Field::Age("l.since")),
            ("waiting", Field::Number("l.pending - 1", 1)),
            ("units", Field::Number("l.pending_each", 1)),
            ("owed", Field::Number("l.owed", 1)),
            ("orders", Field::Number("l.orders", 1)),
        ],
        words: &[
            Field::Text("l.item"),
            Field::Text("l.location"),
            Field::Text("l.last_text"),
            Field::Text("coalesce(l.d_text, '')"),
        ],
    },
    decode: lanes::lane_row,
};

pub(super) const JOURNAL: List<JournalRow> = List {
    name: "audit lines",
    columns: journal::COLUMNS,
    sorts: &[Sort {
        name: "seq",
        columns: &[Column::Int("seq")],
    }],
    filterable: &Filterable {
        fields: &[
            ("who", Field::Text("actor")),
            ("action", Field::Text("action")),
            ("object", Field::Text("(object_kind || ':' || object_id)")),
            ("pair", Field::Text("coalesce(pair, '')")),
            ("age", Field::Age("at")),
        ],
        words: &[
            Field::Text("actor"),
            Field::Text("action"),
            Field::Text("object_id"),
            Field::Text("before_text"),
            Field::Text("after_text"),
            Field::Text("reason"),
        ],
    },
    decode: journal::journal_row,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::lists;

    #[test]
    fn goods_are_given_up_when_the_domain_says_so() {
        let usual = crate::domain::returns::OVERDUE_AFTER;
        assert!(
            DUE.contains(&format!("r.authorised_at + {}", usual.0)),
            "{}",
            usual.0
        );
        let awaited: Vec<String> = ReturnState::ALL
            .iter()
            .filter(|s| s.is_awaited())
            .map(|s| s.code().to_string())
            .collect();
        assert!(DUE.contains(&format!("r.state in ({})", awaited.join(", "))));
    }

    #[test]
    fn every_field_of_the_filter_language_is_known_to_its_list() {
        let known = [
            (lists::EXCEPTIONS, EXCEPTIONS.filterable),
            (lists::ORDERS, ORDERS.filterable),
            (lists::MAPPINGS, MAPPINGS.filterable),
            (lists::STOCK, POSITIONS.filterable),
            (lists::AUDIT, JOURNAL.filterable),
            (lists::DELIVERIES, DELIVERIES.filterable),
            (lists::STOCK_LANES, LANES.filterable),
        ];
        for (specs, filterable) in known {
            let wanted: Vec<&str> = specs.iter().map(|f| f.name).collect();
            let have: Vec<&str> = filterable.fields.iter().map(|(name, _)| *name).collect();
            assert_eq!(wanted, have);
        }
    }
}
