//! What a sandbox is told when it is built: seed, size, opening hours, people's mistakes, vendor switches.

use super::cin7::config::Cin7Config;
use super::shop::config::ShopConfig;
use crate::domain::time::{Span, Ts};
use chrono::{Datelike, Timelike};

/// One of the simulated systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SimSystem {
    Peoplevox,
    Linnworks,
    Shopline,
    Cin7,
}

impl std::fmt::Display for SimSystem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Peoplevox => "peoplevox",
            Self::Linnworks => "linnworks",
            Self::Shopline => "shopline",
            Self::Cin7 => "cin7core",
        })
    }
}

/// How much goes wrong on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FaultLevel {
    /// Every system behaves.
    #[default]
    None,
    /// A bad day now and then.
    Light,
    /// Everything of the fault catalogue, often.
    Heavy,
}

impl FaultLevel {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Light => "light",
            Self::Heavy => "heavy",
        }
    }

    /// From its name, ignoring case.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "none" | "off" => Some(Self::None),
            "light" => Some(Self::Light),
            "heavy" => Some(Self::Heavy),
            _ => None,
        }
    }
}

/// When the warehouse floor works. Minutes of the day are UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TradingHours {
    pub open_minute: u32,
    /// At most 1440; equal to or below `open_minute` means closed all day.
    pub close_minute: u32,
    /// Monday first.
    pub weekdays: [bool; 7],
}

impl TradingHours {
    /// The floor never closes.
    pub const ALWAYS: Self = Self {
        open_minute: 0,
        close_minute: 1_440,
        weekdays: [true; 7],
    };

    /// 06:00 to 22:00 on all days.
    pub const LONG_DAYS: Self = Self {
        open_minute: 6 * 60,
        close_minute: 22 * 60,
        weekdays: [true; 7],
    };

    /// Whether the floor works at this time.
    pub fn is_open(&self, at: Ts) -> bool {
        let time = at.to_utc();
        let minute = time.hour() * 60 + time.minute();
        let day = time.weekday().num_days_from_monday() as usize;
        self.weekdays[day] && minute >= self.open_minute && minute < self.close_minute
    }

    /// `at` itself while the floor works, else the next opening. A floor that never opens opens at `at`.
    pub fn next_open(&self, at: Ts) -> Ts {
        if self.is_open(at) || self.open_minute >= self.close_minute {
            return at;
        }
        let midnight = midnight_of(at);
        for day in 0..8 {
            let opening = midnight + Span::days(day) + Span::mins(i64::from(self.open_minute));
            if opening >= at && self.is_open(opening) {
                return opening;
            }
        }
        at
    }

    /// `work` minutes of floor time after `at`: nights and closed days do not count.
    pub fn after(&self, at: Ts, work: Span) -> Ts {
        let mut from = self.next_open(at);
        let mut left = work.0.max(0);
        for _ in 0..DAYS_AHEAD_MAX {
            let closes = midnight_of(from) + Span::mins(i64::from(self.close_minute));
            let room = closes.since(from).0;
            if room <= 0 || left <= room {
                return from + Span(left);
            }
            left -= room;
            from = self.next_open(closes);
        }
        from
    }
}

/// How many closed periods one piece of floor work may span.
const DAYS_AHEAD_MAX: usize = 60;

/// The start of the day, UTC.
pub(crate) fn midnight_of(at: Ts) -> Ts {
    let day = Span::days(1).0;
    Ts(at.0.div_euclid(day) * day)
}

/// Everything a sandbox needs to be built.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    pub seed: u64,
    /// Orders customers place in 24 hours.
    pub orders_per_day: u32,
    /// Orders already waiting when the world begins.
    pub opening_orders: u32,
    /// When the world begins.
    pub start: Ts,
    /// Customers stop ordering at this time; `None` never.
    pub customers_until: Option<Ts>,
    pub faults: FaultLevel,
    pub traits: WorldTraits,
    /// Enforce the vendors' call limits.
    pub limits: bool,
    /// Divides the limits of Linnworks and Cin7 Core, for tests: 1 is the real limit.
    pub limit_divisor: u32,
    /// Catalogue size.
    pub skus: u32,
    pub trading_hours: TradingHours,
    /// The floor's pace in percent: 100 means 20 to 90 minutes from accepted order to despatch, 200 half of that.
    pub floor_percent: u32,
    /// Stock found in the warehouse at the start, in days of sales.
    pub stock_days: u32,
    /// Scheme and host Linnworks' sign-in names as `Server`, without a trailing slash.
    pub lw_host: String,
    /// Scheme and host a sign-in may name instead while the fault "server changes" strikes.
    pub lw_other_host: String,
    /// Scheme and host of Peoplevox.
    pub pvx_host: String,
    /// Beginning of the order numbers the connector uses in the warehouse, and its channel name there.
    pub wms_prefix: String,
    pub wms_channel: String,
    pub pvx: PvxSwitches,
    pub lw: LwSwitches,
    /// The SHOPLINE store. It stands still unless its trade is switched on.
    pub shop: ShopConfig,
    /// The Cin7 Core account. It stands still unless its trade is switched on.
    pub cin7: Cin7Config,
    /// Real waiting before every answer (for a demo over the network); `None` answers at once.
    pub latency: Option<Span>,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            seed: 7,
            orders_per_day: 600,
            opening_orders: 12,
            start: Ts(1_767_600_000_000_000),
            customers_until: None,
            faults: FaultLevel::None,
            traits: WorldTraits::typical(),
            limits: true,
            limit_divisor: 1,
            skus: 120,
            trading_hours: TradingHours::LONG_DAYS,
            floor_percent: 100,
            stock_days: 4,
            lw_host: "https://eu-ext.linnworks.net".to_owned(),
            lw_other_host: "https://us-ext.linnworks.net".to_owned(),
            pvx_host: "https://wms.peoplevox.net".to_owned(),
            wms_prefix: "LW".to_owned(),
            wms_channel: "Linnworks".to_owned(),
            pvx: PvxSwitches::default(),
            lw: LwSwitches::default(),
            shop: ShopConfig::default(),
            cin7: Cin7Config::default(),
            latency: None,
        }
    }
}

/// People's mistakes and the world's irregularities. Numbers without a unit are chances per order, 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldTraits {
    /// Orders with the one postal service that the demo mappings leave out.
    pub unmapped_service: f64,
    /// Orders with a line whose SKU was typed wrong in Linnworks.
    pub mistyped_sku: f64,
    /// Orders customer care cancels after they were placed.
    pub late_cancels: f64,
    /// Orders that are changed after they were placed (address, quantity, one line more, one line less).
    pub amendments: f64,
    /// Stock writes a day by a second connector at the mapped location.
    pub other_writer_per_day: u32,
    /// Despatches that never show in the despatch report (only the order's status tells).
    pub lost_despatch: f64,
    /// Despatches that show in the report minutes after their own date.
    pub late_despatch_row: f64,
    /// Orders placed unpaid and parked, paid later.
    pub late_payers: f64,
    /// Warehouse orders that show a status text nobody mapped, for a while.
    pub unknown_status: f64,
    /// Orders shipped in two despatches where the order allows parts.
    pub part_despatch: f64,
    /// Whole orders shipped in two parcels at once.
    pub two_parcels: f64,
    /// Despatches whose tracking number comes minutes later.
    pub late_tracking: f64,
    /// Of these, despatches whose tracking number never comes.
    pub lost_tracking: f64,
    /// Pickers find less than the books say.
    pub short_pick: f64,
    pub resend: f64,
    pub kit: f64,
    pub service_line: f64,
    pub unlinked_line: f64,
    /// Orders with one SKU on two lines.
    pub same_sku_twice: f64,
    /// Orders with names and addresses full of quotes, commas, ampersands, emoji, escape sequences or far too long.
    pub hostile_text: f64,
    /// Orders a person processes by hand in Linnworks.
    pub processed_by_hand: f64,
    /// Orders with our prefix that people key into the warehouse, a day.
    pub orphan_wms_orders_per_day: u32,
    /// Orders of another shop in the same warehouse, a day.
    pub foreign_wms_orders_per_day: u32,
    /// Orders whose warehouse number is already taken by a different order.
    pub number_clash: f64,
    /// Orders moved to another location, merged, split, deleted in Linnworks.
    pub moved: f64,
    pub merged: f64,
    pub split: f64,
    pub deleted: f64,
    /// Orders locked by hand in Linnworks for an hour or so.
    pub locked: f64,
    /// Orders the floor puts on hold for a while.
    pub held_on_floor: f64,
    /// Orders placed at the location nobody mapped.
    pub unmapped_location: f64,
    /// Share of the catalogue whose barcode differs in the warehouse.
    pub barcode_mismatch: f64,
    /// Share of the catalogue missing in the warehouse.
    pub missing_in_pvx: f64,
    /// Share of the catalogue deactivated in the warehouse.
    pub deactivated_in_pvx: f64,
    /// Share of the catalogue whose Linnworks level is wrong at the start.
    pub opening_drift: f64,
    /// Stock counts a day in the warehouse that find a difference.
    pub counts_per_day: u32,
    /// Processed orders whose despatch note the channel never confirms.
    pub lost_note: f64,
    /// The floor receives, inspects and puts away announced returns by itself.
    pub works_returns: bool,
    /// Returned units that cannot be sold again.
    pub return_damaged: f64,
    /// Returns of which a unit is missing.
    pub return_short: f64,
    /// Announced returns that never come.
    pub return_never_comes: f64,
}

impl WorldTraits {
    /// A world without mistakes: every order paid, mapped, in stock, picked and shipped.
    pub fn quiet() -> Self {
        Self {
            unmapped_service: 0.0,
            mistyped_sku: 0.0,
            late_cancels: 0.0,
            amendments: 0.0,
            other_writer_per_day: 0,
            lost_despatch: 0.0,
            late_despatch_row: 0.0,
            late_payers: 0.0,
            unknown_status: 0.0,
            part_despatch: 0.0,
            two_parcels: 0.0,
            late_tracking: 0.0,
            lost_tracking: 0.0,
            short_pick: 0.0,
            resend: 0.0,
            kit: 0.0,
            service_line: 0.0,
            unlinked_line: 0.0,
            same_sku_twice: 0.0,
            hostile_text: 0.0,
            processed_by_hand: 0.0,
            orphan_wms_orders_per_day: 0,
            foreign_wms_orders_per_day: 0,
            number_clash: 0.0,
            moved: 0.0,
            merged: 0.0,
            split: 0.0,
            deleted: 0.0,
            locked: 0.0,
            held_on_floor: 0.0,
            unmapped_location: 0.0,
            barcode_mismatch: 0.0,
            missing_in_pvx: 0.0,
            deactivated_in_pvx: 0.0,
            opening_drift: 0.0,
            counts_per_day: 0,
            lost_note: 0.0,
            works_returns: false,
            return_damaged: 0.0,
            return_short: 0.0,
            return_never_comes: 0.0,
        }
    }

    /// An ordinary week in an ordinary shop.
    pub fn typical() -> Self {
        Self {
            unmapped_service: 0.02,
            mistyped_sku: 0.006,
            late_cancels: 0.015,
            amendments: 0.02,
            other_writer_per_day: 12,
            lost_despatch: 0.002,
            late_despatch_row: 0.01,
            late_payers: 0.03,
            unknown_status: 0.004,
            part_despatch: 0.02,
            two_parcels: 0.03,
            late_tracking: 0.06,
            lost_tracking: 0.2,
            short_pick: 0.004,
            resend: 0.01,
            kit: 0.06,
            service_line: 0.05,
            unlinked_line: 0.004,
            same_sku_twice: 0.02,
            hostile_text: 0.02,
            processed_by_hand: 0.004,
            orphan_wms_orders_per_day: 2,
            foreign_wms_orders_per_day: 10,
            number_clash: 0.001,
            moved: 0.003,
            merged: 0.003,
            split: 0.003,
            deleted: 0.002,
            locked: 0.006,
            held_on_floor: 0.005,
            unmapped_location: 0.02,
            barcode_mismatch: 0.01,
            missing_in_pvx: 0.01,
            deactivated_in_pvx: 0.01,
            opening_drift: 0.04,
            counts_per_day: 6,
            lost_note: 0.004,
            works_returns: false,
            return_damaged: 0.0,
            return_short: 0.0,
            return_never_comes: 0.0,
        }
    }
}

/// What happens to a `SaveData` call when some rows are bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartialPolicy {
    /// Good rows are kept; any bad row makes `ResponseId` −1.
    RowsFailCall,
    /// Good rows are kept; `ResponseId` stays 0 and only the statuses tell.
    RowsOnly,
    /// One bad row and nothing is kept.
    AllOrNothing,
}

/// Peoplevox behaviours that no public source settles; each default is the likelier reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PvxSwitches {
    pub session_lifetime: Span,
    /// Every call extends the session.
    pub session_slides: bool,
    /// A new sign-in ends the user's earlier session.
    pub single_session: bool,
    /// Larger page sizes are cut to this; 0 rows asked still means all.
    pub page_rows_max: usize,
    /// CRLF (else LF) in answers.
    pub crlf: bool,
    /// Every value quoted (else only where needed).
    pub quote_all: bool,
    /// Report dates with seconds.
    pub report_seconds: bool,
    /// Report dates with the literal letters `YYYY` for the year.
    pub literal_yyyy: bool,
    /// Status column shows the number instead of the name.
    pub status_as_id: bool,
    /// Column aliases: (template or report, our name, the tenant's name).
    pub aliases: Vec<(String, String, String)>,
    /// Templates nobody configured.
    pub unconfigured: Vec<String>,
    pub partial: PartialPolicy,
    /// Cancelling a picked order answers Success although nothing happens.
    pub late_cancel_succeeds: bool,
    /// An empty cell clears a text (else it is left alone).
    pub empty_clears_text: bool,
    /// Answers carry the members newer servers add.
    pub newer_members: bool,
    /// Values substituted into callbacks are URL-encoded when the subscription does not say.
    pub encode_by_default: bool,
    /// Failed callbacks are tried again after these waits.
    pub callback_retries: Vec<Span>,
}

impl Default for PvxSwitches {
    fn default() -> Self {
        Self {
            session_lifetime: Span::mins(30),
            session_slides: true,
            single_session: false,
            page_rows_max: 1_000,
            crlf: true,
            quote_all: true,
            report_seconds: true,
            literal_yyyy: false,
            status_as_id: false,
            aliases: Vec::new(),
            unconfigured: Vec::new(),
            partial: PartialPolicy::RowsFailCall,
            late_cancel_succeeds: false,
            empty_clears_text: true,
            newer_members: true,
            encode_by_default: false,
            callback_retries: vec![Span::mins(1), Span::mins(5), Span::mins(15)],
        }
    }
}

/// Linnworks behaviours that no public source settles, and account settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LwSwitches {
    pub session_lifetime: Span,
    /// Only the documented body shape (bare or wrapped) is accepted.
    pub strict_wrapping: bool,
    /// `ChangeStatus` and `ChangeOrderTag` sent as JSON answer 200 and do nothing.
    pub json_state_calls_noop: bool,
    /// 429 answers an object with `Message` instead of a bare JSON string.
    pub quota_as_object: bool,
    /// Processing refuses unpaid orders.
    pub check_payment: bool,
    /// Processing refuses when the shelf is short.
    pub check_stock: bool,
    /// Processing refuses unlinked lines.
    pub check_unlinked: bool,
    /// Processing wants `scanPerformed`.
    pub check_scan: bool,
    /// The mapped location is a fulfilment centre.
    pub fulfilment_centre: bool,
    /// Orders in a fulfilment centre count in its stock (figures are then gross).
    pub fc_counts_orders: bool,
    /// Processing in a fulfilment centre lowers the level.
    pub fc_deducts: bool,
    /// Largest page of `Orders/GetOpenOrders`.
    pub open_page_max: usize,
}

impl Default for LwSwitches {
    fn default() -> Self {
        Self {
            session_lifetime: Span::mins(30),
            strict_wrapping: false,
            json_state_calls_noop: false,
            quota_as_object: false,
            check_payment: true,
            check_stock: false,
            check_unlinked: false,
            check_scan: false,
            fulfilment_centre: false,
            fc_counts_orders: false,
            fc_deducts: false,
            open_page_max: 1_000,
        }
    }
}
