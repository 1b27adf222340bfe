//! Laying the ground: accounts, sites, locations, services, catalogue, opening orders.

use super::{Event, World};
use crate::domain::time::Span;
use crate::sandbox::config::midnight_of;
use crate::sandbox::lw::state::{LwLocation, LwService};
use crate::sandbox::pvx::state::{Service, Site};
use crate::sandbox::rng::{Guid, Rng};
use std::collections::BTreeSet;

/// Name of the Linnworks location the demo mappings map.
pub const MAPPED_LOCATION: &str = "Leeds Warehouse";
/// Reference of the warehouse site it is mapped to.
pub const MAPPED_SITE: &str = "PrimarySite";

/// Positions of the Linnworks locations.
pub(crate) const DEFAULT: usize = 0;
pub(crate) const MAPPED: usize = 1;
pub(crate) const OVERSEAS: usize = 2;

/// Position of the Linnworks postal service the demo mappings leave out.
pub(crate) const UNMAPPED_SERVICE: usize = 6;

/// Linnworks postal services: name, vendor, code, tracking required.
pub(crate) const POSTAL_SERVICES: &[(&str, &str, &str, bool)] = &[
    ("Default", "NONE", "", false),
    ("Royal Mail Tracked 48", "Royal Mail", "TRS48", false),
    ("Royal Mail Tracked 24", "Royal Mail", "TRN24", false),
    ("DPD Next Day", "DPD", "DPD12", true),
    ("Evri Standard", "Evri", "EVRI", false),
    ("International Tracked", "Royal Mail", "MTI", false),
    (
        "Royal Mail Tracked 24 Signature",
        "Royal Mail",
        "TRN24S",
        false,
    ),
];

/// Warehouse carrier services: carrier, name, code.
pub(crate) const CARRIER_SERVICES: &[(&str, &str, &str)] = &[
    ("Royal Mail", "Tracked 48", "RM48"),
    ("Royal Mail", "Tracked 24", "RM24"),
    ("DPD", "Next Day", "DPDND"),
    ("Evri", "Standard", "EVRI"),
    ("Royal Mail", "International Tracked", "RMINT"),
    ("Royal Mail", "Tracked 24 Signature", "RM24S"),
];

impl World {
    pub(super) fn build(&mut self) {
        let credentials = crate::sandbox::setup::credentials(self.config.seed);
        self.pvx.client_id = credentials.pvx_client_id;
        self.pvx.username = credentials.pvx_username;
        self.pvx.password = credentials.pvx_password;
        self.lw.application_id = Guid::parse(&credentials.lw_application_id).unwrap_or_default();
        self.lw.application_secret =
            Guid::parse(&credentials.lw_application_secret).unwrap_or_default();
        self.lw.token = Guid::parse(&credentials.lw_token).unwrap_or_default();
        self.build_warehouse();
        self.build_account();
        self.build_catalogue();
        self.build_shop();
        self.build_cin7();
        self.lw.next_number = FIRST_NUMBER;
        self.lw.next_derived = FIRST_DERIVED_NUMBER;
        let opening = self.config.opening_orders;
        for _ in 0..opening {
            let key = self.customers_made + 1;
            let age = Rng::keyed(self.config.seed, "opening-age", key).between(60, 6 * 3_600);
            self.customer_orders(self.now - Span::secs(age));
        }
        self.place_opening_shop_orders();
        self.place_opening_cin7_sales();
        self.begin_day();
    }

    fn build_warehouse(&mut self) {
        for (name, reference) in [
            ("Leeds DC", MAPPED_SITE),
            ("Doncaster overflow", "NorthSite"),
        ] {
            self.pvx.sites.push(Site {
                reference: reference.to_owned(),
                name: name.to_owned(),
            });
        }
        for carrier in ["Royal Mail", "DPD", "Evri"] {
            let reference = carrier.replace(' ', "").to_uppercase();
            self.pvx.carriers.push((carrier.to_owned(), reference));
        }
        for (carrier, name, code) in CARRIER_SERVICES {
            self.pvx.services.push(Service {
                carrier: (*carrier).to_owned(),
                name: (*name).to_owned(),
                code: (*code).to_owned(),
            });
        }
    }

    fn build_account(&mut self) {
        let seed = self.config.seed;
        let id = |name: &str| Rng::named(seed, "lw-fixture", name).guid();
        let switches = self.config.lw.clone();
        let places = [
            ("Default", Guid::ZERO, false),
            (
                MAPPED_LOCATION,
                id(MAPPED_LOCATION),
                switches.fulfilment_centre,
            ),
            ("Overseas 3PL", id("Overseas 3PL"), false),
        ];
        for (name, id, is_fulfilment_centre) in places {
            self.lw.locations.push(LwLocation {
                id,
                name: name.to_owned(),
                is_fulfilment_centre,
                counts_orders: switches.fc_counts_orders,
                deducts: switches.fc_deducts,
            });
            self.lw.open.push(BTreeSet::new());
        }
        for (name, vendor, code, is_tracking_required) in POSTAL_SERVICES {
            let id = if *name == "Default" {
                Guid::ZERO
            } else {
                id(name)
            };
            self.lw.services.push(LwService {
                id,
                name: (*name).to_owned(),
                vendor: (*vendor).to_owned(),
                code: (*code).to_owned(),
                is_tracking_required: *is_tracking_required,
            });
        }
    }

    /// Midnight (or the world's beginning): customers, routine and faults of the day.
    pub(super) fn begin_day(&mut self) {
        self.lay_out_customers();
        self.lay_out_routine();
        self.lay_out_shoppers();
        self.lay_out_shop_routine();
        self.lay_out_cin7();
        self.faults.add_windows_of_day(self.now);
        self.schedule(midnight_of(self.now) + Span::days(1), Event::Day);
    }
}

/// Number of the first Linnworks order.
const FIRST_NUMBER: i64 = 100_001;
/// Number of the first order made by splitting or merging, so that those do not shift the others.
const FIRST_DERIVED_NUMBER: i64 = 800_001;
