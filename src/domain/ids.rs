//! Typed identifiers. Text ids come from vendors or configuration, numeric ids from the store.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_id {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    )*};
}

macro_rules! number_id {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

text_id! {
    /// One vendor account, as named in the configuration (`[[system]] id`).
    SystemId,
    /// One source joined to one warehouse (`[[pair]] id`).
    PairId,
    /// The source's technical order id (Linnworks: a GUID).
    SourceOrderId,
    /// The order number in the warehouse, at most 30 characters.
    WmsOrderNo,
    /// The product identifier in the source.
    Sku,
    /// The warehouse's item code; equality with a SKU is exact.
    ItemCode,
    /// Reference of a warehouse site (a building).
    SiteRef,
    /// The source's location id (Linnworks: a GUID; all zeros is the built-in Default).
    LocationId,
    /// The source's name for the delivery service the customer chose.
    ServiceTag,
    /// The warehouse's service type code.
    CarrierService,
    /// Number of a despatch record in the warehouse.
    DespatchNo,
    /// A person, as the audit names them.
    Operator,
    /// The warehouse's own number of a stock movement.
    MovementId,
    /// Reference of a return in the warehouse.
    ReturnRef,
    /// One received line of a goods-in record in the warehouse.
    GoodsInLine,
}

number_id! {
    /// An order of ours.
    OrderId,
    /// One outward write on its way.
    DeliveryId,
    /// One exception (a case).
    ExceptionId,
    /// One return.
    ReturnId,
    /// One inbound message.
    InboxId,
    /// One operator request.
    RequestId,
    /// One act on many cases.
    BulkId,
    /// One stored request or answer body.
    PayloadId,
    /// One mapping row.
    MappingId,
    /// Position in the journal.
    JournalSeq,
}
