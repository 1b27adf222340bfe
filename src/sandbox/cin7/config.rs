//! What a simulated Cin7 Core account is told: behaviours no public source settles, account settings, people's habits.

use crate::domain::time::Span;
use chrono::NaiveDate;

/// The account as part of a sandbox. It stands still, but answers, unless its traits ask for trade.
#[derive(Debug, Clone, PartialEq)]
pub struct Cin7Config {
    /// Beginning of the order numbers the connector uses in the warehouse, and its channel name there.
    pub wms_prefix: String,
    pub wms_channel: String,
    pub traits: Cin7Traits,
    pub switches: Cin7Switches,
}

impl Default for Cin7Config {
    fn default() -> Self {
        Self {
            wms_prefix: "C7".to_owned(),
            wms_channel: "Cin7 Core".to_owned(),
            traits: Cin7Traits::default(),
            switches: Cin7Switches::default(),
        }
    }
}

/// How a call over the limit is answered; all three were seen on live accounts, with the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThrottleStyle {
    /// 429 with rate-limit headers and `Retry-After: 60 Seconds`.
    #[default]
    TooManyRequests,
    /// 503, as older accounts answered.
    ServiceUnavailable,
    /// 400, as some end points answer.
    BadRequest,
}

/// Cin7 Core behaviours and account settings. Defaults are the likelier reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cin7Switches {
    pub throttle: ThrottleStyle,
    /// An error is one bare object instead of a list of them.
    pub bare_errors: bool,
    /// An unknown path answers 404 (else 200), with the same page.
    pub unknown_path_is_404: bool,
    /// Lists of sales come in no order.
    pub shuffled_lists: bool,
    /// `UpdatedSince` leaves the moment itself out.
    pub since_is_exclusive: bool,
    /// A freshly authorised simple sale lists its one, empty fulfilment.
    pub lists_task_of_simple: bool,
    /// Simple sales can be packed.
    pub simple_has_pack: bool,
    /// A pack nobody wrote yet offers the pick's lines when it is read.
    pub offers_pack_lines: bool,
    /// A shipment may name a carrier that is not in the reference book.
    pub lenient_carriers: bool,
    /// `DELETE` of an authorised fulfilment takes it back, as documented (else: 200, and nothing happens).
    pub delete_reaches_authorised: bool,
    /// An adjustment that changes nothing is made all the same (else: 400).
    pub makes_empty_adjustments: bool,
    /// Availability rows with nothing but zeros are listed.
    pub lists_zero_rows: bool,
    /// Stock of the mapped location lies in bins (else loose in the warehouse).
    pub stock_in_bins: bool,
    /// The automation module, without which there are no webhooks.
    pub has_automation: bool,
    /// From an event to the first delivery.
    pub hook_delay: Span,
    /// Waits after failed deliveries; after the last one the webhook goes inactive.
    pub hook_retries: Vec<Span>,
    /// Every so many-th event is delivered twice; 0 for never.
    pub hook_duplicate_every: u32,
    /// The books are closed up to here: postings with an earlier date are refused.
    pub lock_date: Option<NaiveDate>,
}

impl Default for Cin7Switches {
    fn default() -> Self {
        Self {
            throttle: ThrottleStyle::default(),
            bare_errors: false,
            unknown_path_is_404: false,
            shuffled_lists: false,
            since_is_exclusive: false,
            lists_task_of_simple: true,
            simple_has_pack: true,
            offers_pack_lines: true,
            lenient_carriers: false,
            delete_reaches_authorised: false,
            makes_empty_adjustments: false,
            lists_zero_rows: false,
            stock_in_bins: false,
            has_automation: true,
            hook_delay: Span::secs(60),
            hook_retries: [5, 10, 15, 20, 25].map(Span::mins).to_vec(),
            hook_duplicate_every: 0,
            lock_date: None,
        }
    }
}

/// What people do in Cin7 Core. Numbers without a unit are chances per sale, 0 to 1. The default is nothing at all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cin7Traits {
    /// Sales staff and customers enter in 24 hours.
    pub sales_per_day: u32,
    /// Sales entered when the world begins.
    pub opening_sales: u32,
    /// Sales of the advanced kind.
    pub advanced: f64,
    /// Sales entered as drafts and authorised within hours.
    pub late_authorised: f64,
    /// Authorised sales that are undone, changed and authorised again.
    pub edited: f64,
    pub voided: f64,
    /// Sales a colleague picks, packs and ships by hand.
    pub fulfilled_by_hand: f64,
    /// Sales invoiced within a day.
    pub invoiced: f64,
    /// Invoiced and shipped sales of which something comes back, credited without waiting for the goods.
    pub credited_early: f64,
    /// Sales with the one carrier the mappings leave out.
    pub unmapped_carrier: f64,
    /// Sales at the location nobody mapped.
    pub unmapped_location: f64,
    /// Sales of more than there is.
    pub oversold: f64,
    /// Adjustments a day that other people make.
    pub adjustments_per_day: u32,
    /// Share of the catalogue whose SKU is not the warehouse's item code.
    pub own_sku: f64,
}

impl Cin7Traits {
    /// An ordinary week in an ordinary wholesale business.
    pub fn typical(sales_per_day: u32) -> Self {
        Self {
            sales_per_day,
            opening_sales: 0,
            advanced: 0.25,
            late_authorised: 0.2,
            edited: 0.03,
            voided: 0.02,
            fulfilled_by_hand: 0.005,
            invoiced: 0.8,
            credited_early: 0.01,
            unmapped_carrier: 0.02,
            unmapped_location: 0.02,
            oversold: 0.02,
            adjustments_per_day: 4,
            own_sku: 0.02,
        }
    }
}
