//! The calls we make: path, verb, limit, permission. A call that is not listed here cannot be made; the one that adds a
//! difference to a stock level is not listed on purpose.

use crate::domain::budget::Rate;
use crate::vendors::transport::{CallClass, Effect};
use crate::vendors::{Limit, Op};

/// A Linnworks method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Method {
    SignIn,
    Locations,
    PostalServices,
    AllOpenOrders,
    OpenOrders,
    OpenOrdersDetails,
    OrdersById,
    SetShippingInfo,
    ProcessBatch,
    ProcessOrder,
    ProcessCentreOrder,
    SplitOrder,
    Relations,
    AuditTrails,
    ProcessedAuditTrail,
    AddNote,
    SetStockLevel,
    StockLevelBatch,
    StockIdsBySku,
    ItemsFull,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 20] = [
        Self::SignIn,
        Self::Locations,
        Self::PostalServices,
        Self::AllOpenOrders,
        Self::OpenOrders,
        Self::OpenOrdersDetails,
        Self::OrdersById,
        Self::SetShippingInfo,
        Self::ProcessBatch,
        Self::ProcessOrder,
        Self::ProcessCentreOrder,
        Self::SplitOrder,
        Self::Relations,
        Self::AuditTrails,
        Self::ProcessedAuditTrail,
        Self::AddNote,
        Self::SetStockLevel,
        Self::StockLevelBatch,
        Self::StockIdsBySku,
        Self::ItemsFull,
    ];

    /// Controller and method: the path below `/api/`, and the key its calls are counted under.
    pub const fn path(self) -> &'static str {
        match self {
            Self::SignIn => "Auth/AuthorizeByApplication",
            Self::Locations => "Inventory/GetStockLocations",
            Self::PostalServices => "PostalServices/GetPostalServices",
            Self::AllOpenOrders => "Orders/GetAllOpenOrders",
            Self::OpenOrders => "Orders/GetOpenOrders",
            Self::OpenOrdersDetails => "OpenOrders/GetOpenOrdersDetails",
            Self::OrdersById => "Orders/GetOrdersById",
            Self::SetShippingInfo => "Orders/SetOrderShippingInfo",
            Self::ProcessBatch => "Orders/ProcessOrdersInBatch",
            Self::ProcessOrder => "Orders/ProcessOrder",
            Self::ProcessCentreOrder => "Orders/ProcessFulfilmentCentreOrder",
            Self::SplitOrder => "Orders/SplitOrder",
            Self::Relations => "Orders/GetOrderRelations",
            Self::AuditTrails => "Orders/GetOrderAuditTrailsByIds",
            Self::ProcessedAuditTrail => "ProcessedOrders/GetProcessedAuditTrail",
            Self::AddNote => "Orders/AddOrdersNote",
            Self::SetStockLevel => "Stock/SetStockLevel",
            Self::StockLevelBatch => "Stock/GetStockLevel_Batch",
            Self::StockIdsBySku => "Inventory/GetStockItemIdsBySKU",
            Self::ItemsFull => "Stock/GetStockItemsFull",
        }
    }

    /// The verb the official description gives.
    pub const fn verb(self) -> http::Method {
        match self {
            Self::Locations
            | Self::PostalServices
            | Self::Relations
            | Self::ProcessedAuditTrail => http::Method::GET,
            _ => http::Method::POST,
        }
    }

    /// Calls per minute, as the official description of each method states it.
    pub const fn per_minute(self) -> u32 {
        match self {
            Self::AllOpenOrders
            | Self::OpenOrders
            | Self::OrdersById
            | Self::SetShippingInfo
            | Self::ProcessBatch
            | Self::ProcessOrder
            | Self::ProcessCentreOrder
            | Self::Relations
            | Self::SetStockLevel
            | Self::StockLevelBatch
            | Self::StockIdsBySku => 250,
            Self::SignIn
            | Self::Locations
            | Self::PostalServices
            | Self::OpenOrdersDetails
            | Self::SplitOrder
            | Self::AuditTrails
            | Self::ProcessedAuditTrail
            | Self::AddNote
            | Self::ItemsFull => 150,
        }
    }

    /// Whether it may change something.
    pub const fn effect(self) -> Effect {
        match self {
            Self::SetShippingInfo
            | Self::ProcessBatch
            | Self::ProcessOrder
            | Self::ProcessCentreOrder
            | Self::SplitOrder
            | Self::AddNote
            | Self::SetStockLevel => Effect::Write,
            _ => Effect::Read,
        }
    }

    /// Which deadline it gets. Lists are slow on large accounts; a batch of 100 orders gets a read's time, because
    /// giving up on it puts all of them in doubt.
    pub const fn class(self) -> CallClass {
        match self {
            Self::ItemsFull | Self::OpenOrders => CallClass::Report,
            Self::SetShippingInfo
            | Self::ProcessOrder
            | Self::ProcessCentreOrder
            | Self::SplitOrder
            | Self::AddNote
            | Self::SetStockLevel => CallClass::Write,
            _ => CallClass::Read,
        }
    }

    /// The permission its page names, below `GlobalPermissions.`.
    pub const fn permission(self) -> Option<&'static str> {
        match self {
            Self::AllOpenOrders | Self::OpenOrders | Self::ProcessCentreOrder => {
                Some("OrderBook.OpenOrdersNode")
            }
            Self::OpenOrdersDetails | Self::OrdersById => Some("OrderBook.ViewOrderDetailsNode"),
            Self::ProcessedAuditTrail => Some("OrderBook.ProcessedOrdersNode"),
            Self::PostalServices => Some("ShippingService.PostalServicesNode"),
            Self::StockIdsBySku | Self::ItemsFull | Self::StockLevelBatch => {
                Some("Inventory.Stock.StockReadNode")
            }
            Self::SetStockLevel => Some("Inventory.Stock.StockWrite.ChangeStockLevelsNode"),
            _ => None,
        }
    }
}

/// Key for operations Linnworks does not have, so that every operation has one.
const OTHER_KEY: &str = "other";
/// What most methods allow per minute.
const OTHER_PER_MINUTE: u32 = 150;

/// One limit per method: Linnworks counts each method by itself.
pub(super) fn limits() -> Vec<Limit> {
    let mut out: Vec<Limit> = Method::ALL
        .iter()
        .map(|m| Limit {
            key: m.path().to_owned(),
            rate: Rate::Window {
                per_minute: m.per_minute(),
            },
        })
        .collect();
    out.push(Limit {
        key: OTHER_KEY.to_owned(),
        rate: Rate::Window {
            per_minute: OTHER_PER_MINUTE,
        },
    });
    out
}

/// The key an operation counts under.
pub(super) const fn limit_key(op: Op) -> &'static str {
    match op {
        Op::Locations => Method::Locations.path(),
        Op::PostalServices => Method::PostalServices.path(),
        Op::OpenOrderIds => Method::AllOpenOrders.path(),
        Op::OpenOrdersPage => Method::OpenOrders.path(),
        Op::OpenOrdersByIds => Method::OpenOrdersDetails.path(),
        Op::OrdersByIds => Method::OrdersById.path(),
        Op::SetShipping => Method::SetShippingInfo.path(),
        Op::ProcessBatch => Method::ProcessBatch.path(),
        Op::ProcessOne => Method::ProcessOrder.path(),
        Op::SplitOrder => Method::SplitOrder.path(),
        Op::Relations => Method::Relations.path(),
        Op::SetStock => Method::SetStockLevel.path(),
        Op::StockLevels => Method::StockLevelBatch.path(),
        Op::StockIds => Method::StockIdsBySku.path(),
        Op::ProductsPage => Method::ItemsFull.path(),
        Op::AuditTrails => Method::AuditTrails.path(),
        _ => OTHER_KEY,
    }
}
