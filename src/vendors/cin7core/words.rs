//! The closed vocabularies of Cin7 Core, exactly as written; read without regard to case.

use super::value::Word;

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),* }

        impl $name {
            /// Every word.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word as Cin7 Core writes it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Word for $name {
            fn of(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|w| w.as_str().eq_ignore_ascii_case(text))
            }
        }
    )*};
}

words! {
    /// Type of a sale. A simple sale has one fulfilment; a further one turns it into an advanced sale for good.
    SaleKind {
        Simple = "Simple Sale",
        Advanced = "Advanced Sale",
        Service = "Service Sale",
    }
    /// `Status` of a sale. An advanced sale stays ORDERED or BACKORDERED until COMPLETED: follow the combined statuses.
    SaleStatus {
        Draft = "DRAFT",
        Estimating = "ESTIMATING",
        Estimated = "ESTIMATED",
        Ordering = "ORDERING",
        Ordered = "ORDERED",
        Backordered = "BACKORDERED",
        Picking = "PICKING",
        Picked = "PICKED",
        Packing = "PACKING",
        Packed = "PACKED",
        Shipping = "SHIPPING",
        Invoicing = "INVOICING",
        Invoiced = "INVOICED",
        Credited = "CREDITED",
        Completed = "COMPLETED",
        Voided = "VOIDED",
    }
    /// `OrderStatus` of the list, `Order.Status` of a sale.
    OrderStatus {
        NotAvailable = "NOT AVAILABLE",
        Draft = "DRAFT",
        Authorised = "AUTHORISED",
        /// Authorised without allocating stock.
        AuthorisedUnallocated = "AUTH_NO_ALLOC",
        /// Nothing is left to fulfil.
        Fulfilled = "FULFILLED",
        /// Invoiced and shipped.
        Closed = "CLOSED",
        Voided = "VOIDED",
    }
    /// `CombinedPickingStatus`.
    PickingStatus {
        NotAvailable = "NOT AVAILABLE",
        NotPicked = "NOT PICKED",
        Picking = "PICKING",
        PartlyPicked = "PARTIALLY PICKED",
        Picked = "PICKED",
        Voided = "VOIDED",
    }
    /// `CombinedPackingStatus`.
    PackingStatus {
        NotAvailable = "NOT AVAILABLE",
        NotPacked = "NOT PACKED",
        Packing = "PACKING",
        PartlyPacked = "PARTIALLY PACKED",
        Packed = "PACKED",
        Voided = "VOIDED",
    }
    /// `CombinedShippingStatus`.
    ShippingStatus {
        NotAvailable = "NOT AVAILABLE",
        NotShipped = "NOT SHIPPED",
        Shipping = "SHIPPING",
        PartlyShipped = "PARTIALLY SHIPPED",
        Shipped = "SHIPPED",
        Voided = "VOIDED",
    }
    /// `FulFilmentStatus` of a sale and of each fulfilment.
    FulfilmentStatus {
        NotAvailable = "NOT AVAILABLE",
        NotFulfilled = "NOT FULFILLED",
        PartlyFulfilled = "PARTIALLY FULFILLED",
        Fulfilled = "FULFILLED",
        Voided = "VOIDED",
    }
    /// Status of a pick, a pack, a credit note or its restock.
    StageStatus {
        NotAvailable = "NOT AVAILABLE",
        Draft = "DRAFT",
        Authorised = "AUTHORISED",
        Voided = "VOIDED",
    }
    /// Status of a shipment.
    ShipStatus {
        NotAvailable = "NOT AVAILABLE",
        Draft = "DRAFT",
        PartlyAuthorised = "PARTIALLY AUTHORISED",
        Authorised = "AUTHORISED",
        Voided = "VOIDED",
    }
    /// How a document is written: left open, or authorised, which is final.
    WriteStatus {
        Draft = "DRAFT",
        Authorised = "AUTHORISED",
    }
    /// Status of a stock adjustment.
    AdjustmentStatus {
        Draft = "DRAFT",
        Completed = "COMPLETED",
        Voided = "VOIDED",
    }
    /// Type of a product.
    ProductKind {
        Stock = "Stock",
        Service = "Service",
    }
    /// Status of a product.
    ProductStatus {
        Active = "Active",
        SetupRequired = "Setup required",
        Deprecated = "Deprecated",
    }
    /// How Cin7 Core proves itself when it calls a webhook.
    HookAuth {
        None = "noauth",
        Basic = "basicauth",
        Bearer = "bearerauth",
    }
    /// What a webhook tells of. Spelled with s; nothing is signed.
    EventKind {
        SaleCreated = "Sale/Created",
        QuoteAuthorised = "Sale/QuoteAuthorised",
        OrderAuthorised = "Sale/OrderAuthorised",
        Backordered = "Sale/Backordered",
        PickAuthorised = "Sale/PickAuthorised",
        PackAuthorised = "Sale/PackAuthorised",
        ShipmentAuthorised = "Sale/ShipmentAuthorised",
        TrackingChanged = "Sale/ShipmentTrackingNumberChanged",
        InvoiceAuthorised = "Sale/InvoiceAuthorised",
        CreditNoteAuthorised = "Sale/CreditNoteAuthorised",
        SaleVoided = "Sale/Voided",
        SaleUndone = "Sale/Undo",
        PartialPayment = "Sale/PartialPaymentReceived",
        FullPayment = "Sale/FullPaymentReceived",
        AttachmentAdded = "Sale/AttachmentAdded",
        AttributesChanged = "Sale/AdditionalAttributesChanged",
        ProductUpdated = "Product/Updated",
        StockChanged = "Stock/AvailableStockLevelChanged",
        CustomerUpdated = "Customer/Updated",
    }
}

impl OrderStatus {
    /// Approved by the sales side: the warehouse may work on it, or has.
    pub const fn is_authorised(self) -> bool {
        matches!(
            self,
            Self::Authorised | Self::AuthorisedUnallocated | Self::Fulfilled | Self::Closed
        )
    }
}

impl StageStatus {
    /// Whether the stage can still be written.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::NotAvailable | Self::Draft)
    }
}
