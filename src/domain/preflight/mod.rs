//! Pre-flight: may this order be written to the warehouse, and as what exactly? All checks run and are reported
//! together, so that one round of correction settles an order.

mod address;
mod compare;
mod items;

pub use super::near::near_matches;
pub use address::address_faults;
pub use compare::{clash, differs, is_clash};
pub use items::{AUTO_ITEM_GROUP, auto_item};

use super::catalogue::Kind;
use super::edits::{self, FieldEdit};
use super::ids::{CarrierService, ItemCode, PairId, SiteRef, WmsOrderNo};
use super::keys;
use super::mapping::MappingKind;
use super::mapping_set::{CarrierFacts, CarrierMatch, MappingSet};
use super::order::{Routed, SiteChoice, SourceOrder, WmsLineIntent, WmsOrderIntent};
use super::policy::Policy;
use super::routing::{self, Route, RouteFacts, SiteStock};
use super::time::Ts;
use super::wms::WmsItem;

/// One failed check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    /// The value that identifies the cause: `SKU=ABC-1`, `SERVICE=Tracked 48`, `LOCATION=…`, `ORDER=…`, `MAPPING=…`.
    pub discriminator: String,
    /// What failed, on what, and what helps.
    pub detail: String,
}

impl Fault {
    /// A fault of this kind and cause.
    pub fn new(kind: Kind, discriminator: String, detail: String) -> Self {
        Self {
            kind,
            discriminator,
            detail,
        }
    }
}

/// What we know about an item of the warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemFact {
    /// Read.
    Known(WmsItem),
    /// Asked for, and not there.
    Absent,
    /// Never asked for.
    Unread,
}

/// Field lengths of the warehouse, characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldLimits {
    pub number_chars_max: usize,
    pub po_reference_chars_max: usize,
    pub address_chars_max: usize,
    pub contact_chars_max: usize,
    pub email_chars_max: usize,
    pub line_ref_chars_max: usize,
    pub channel_chars_max: usize,
    pub service_chars_max: usize,
    pub item_chars_max: usize,
}

impl Default for FieldLimits {
    /// Lengths of Peoplevox's sales order and item templates.
    fn default() -> Self {
        Self {
            number_chars_max: 30,
            po_reference_chars_max: 50,
            address_chars_max: 100,
            contact_chars_max: 100,
            email_chars_max: 500,
            line_ref_chars_max: 16,
            channel_chars_max: 50,
            service_chars_max: 100,
            item_chars_max: 50,
        }
    }
}

/// Everything a check looks at.
pub struct PreflightInput<'a> {
    pub order: &'a SourceOrder,
    pub mappings: &'a MappingSet,
    pub policy: &'a Policy,
    /// Prefix of order numbers in the warehouse.
    pub prefix: &'a str,
    /// Channel name in the warehouse.
    pub channel: &'a str,
    /// 1, or higher after a cancel-and-recreate.
    pub revision: i64,
    pub pair: &'a PairId,
    pub items: &'a dyn Fn(&ItemCode) -> ItemFact,
    /// What is wrong with an item code by the warehouse's rules.
    pub code_fault: &'a dyn Fn(&ItemCode) -> Option<String>,
    pub limits: &'a FieldLimits,
    /// Whether a carrier service exists and is enabled; `None` while the list was not read.
    pub service_targets: &'a dyn Fn(&CarrierService) -> Option<bool>,
    /// What may still be promised of an item at a site; routing rules may ask.
    pub stock: &'a SiteStock<'a>,
    /// The order as the warehouse holds it, once it does: its site is not chosen again.
    pub sent: Option<&'a WmsOrderIntent>,
    /// What a person said about its site.
    pub site_choice: Option<&'a SiteChoice>,
    /// Text a person corrected for the send; what counts of it stands for what the source says.
    pub edits: &'a [FieldEdit],
    pub now: Ts,
}

/// What the checks say.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// May be written.
    Pass {
        intent: Box<WmsOrderIntent>,
        /// Id and version of every mapping row that was used.
        used: Vec<(i64, i64)>,
        /// Warnings that do not stop it, for example `ORD_DEFAULT_USED`.
        notes: Vec<Fault>,
    },
    /// Every check that failed.
    Fail(Vec<Fault>),
    /// These items must be read first; then check again.
    NeedItems(Vec<ItemCode>),
    /// Nothing is wrong with it, and something else has to come first (older goods into the source's stock, figures of a
    /// site): looked at again when it has. Says what.
    Wait(String),
}

/// Discriminator of `MAP_TARGET_GONE`: one case per mapping row's `from`.
pub fn mapping_discriminator(kind: MappingKind, from: &str) -> String {
    format!("MAPPING={kind}:{from}")
}

/// What the single checks add to.
#[derive(Default)]
struct Findings {
    faults: Vec<Fault>,
    notes: Vec<Fault>,
    unread: Vec<ItemCode>,
    used: Vec<(i64, i64)>,
    /// Figures of sites nobody has read.
    unread_stock: Vec<(SiteRef, ItemCode)>,
}

impl Findings {
    fn fault(&mut self, kind: Kind, discriminator: String, detail: String) {
        let fault = Fault::new(kind, discriminator, detail);
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    fn note(&mut self, kind: Kind, discriminator: String, detail: String) {
        let note = Fault::new(kind, discriminator, detail);
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn use_row(&mut self, row: (i64, i64)) {
        if !self.used.contains(&row) {
            self.used.push(row);
        }
    }
}

/// Runs every check of the trade's list, in its order.
pub fn check(input: &PreflightInput<'_>) -> Verdict {
    let order = edits::applied(input.order, input.edits);
    let input = &PreflightInput {
        order: &order,
        ..*input
    };
    let mut found = Findings::default();
    let number = check_reference(input, &mut found);
    let lines = items::check(input, &mut found);
    let service = check_carrier(input, &mut found);
    let site = check_site(input, &lines, &mut found);
    address::check(
        input,
        service.as_ref().map_or(&[], |s| s.needs.as_slice()),
        &mut found,
    );
    check_payment(input, &mut found);
    check_backorder(input, &mut found);
    check_nothing_dropped(input, &lines, &mut found);
    if !found.unread.is_empty() {
        return Verdict::NeedItems(found.unread);
    }
    if found.faults.is_empty() && !found.unread_stock.is_empty() {
        return Verdict::Wait(routing::waits_for(&found.unread_stock));
    }
    match (number, service, site) {
        (Some(number), Some(service), Some((site, routed))) if found.faults.is_empty() => {
            let mut intent = build(input, number, service.code, site, lines, found.used.clone());
            intent.routed = routed;
            Verdict::Pass {
                intent: Box::new(intent),
                used: found.used,
                notes: found.notes,
            }
        }
        _ => Verdict::Fail(found.faults),
    }
}

fn this_order(input: &PreflightInput<'_>) -> String {
    format!("ORDER={}", input.order.number)
}

/// Check 1: the number is legal, and so are the two other references that name the order.
fn check_reference(input: &PreflightInput<'_>, found: &mut Findings) -> Option<WmsOrderNo> {
    let limits = input.limits;
    for (what, text, most) in [
        (
            "source id",
            input.order.source_id.as_str(),
            limits.po_reference_chars_max,
        ),
        ("channel name", input.channel, limits.channel_chars_max),
    ] {
        let chars = text.chars().count();
        if chars == 0 || chars > most {
            found.fault(
                Kind::OrdRejected,
                this_order(input),
                format!("{what} {text:?} has {chars} characters; the warehouse takes 1 to {most}"),
            );
        }
    }
    match keys::wms_number(
        input.prefix,
        &input.order.number,
        input.revision,
        limits.number_chars_max,
    ) {
        Ok(number) => Some(number),
        Err(why) => {
            found.fault(Kind::OrdRejected, this_order(input), why);
            None
        }
    }
}

struct Service {
    code: CarrierService,
    /// Contact fields the carrier demands.
    needs: Vec<String>,
}

/// Check 4: the delivery service resolves, and the target exists and is enabled.
fn check_carrier(input: &PreflightInput<'_>, found: &mut Findings) -> Option<Service> {
    let order = input.order;
    let tag = &order.service;
    let facts = CarrierFacts {
        country: &order.address.country,
        value_minor: order.total_minor,
        channel: &order.channel,
    };
    let gone = match input.mappings.carrier(tag, &facts) {
        CarrierMatch::Mapped {
            service,
            mapping,
            is_fallback,
        } => match service_fault(input, &service) {
            None => return Some(use_service(input, service, mapping, is_fallback, found)),
            Some(why) => why,
        },
        CarrierMatch::Broken(why) => why,
        CarrierMatch::Unmapped => {
            let shown = if tag.as_str().is_empty() {
                "(none)"
            } else {
                tag.as_str()
            };
            found.fault(
                Kind::OrdCarrierUnmapped,
                format!("SERVICE={tag}"),
                format!(
                    "postal service {shown} has no carrier service for {}; map it",
                    facts.country
                ),
            );
            return None;
        }
    };
    found.fault(
        Kind::MapTargetGone,
        mapping_discriminator(MappingKind::Carrier, tag.as_str()),
        format!(
            "the mapping of postal service {tag} is broken: {gone}; map it to a service that exists"
        ),
    );
    None
}

/// What stands against using a carrier service.
fn service_fault(input: &PreflightInput<'_>, service: &CarrierService) -> Option<String> {
    if (input.service_targets)(service) == Some(false) {
        return Some(format!("the warehouse no longer has {service} enabled"));
    }
    let (chars, most) = (
        service.as_str().chars().count(),
        input.limits.service_chars_max,
    );
    (chars > most).then(|| format!("{service} has {chars} characters, the warehouse takes {most}"))
}

fn use_service(
    input: &PreflightInput<'_>,
    code: CarrierService,
    mapping: (i64, i64),
    is_fallback: bool,
    found: &mut Findings,
) -> Service {
    if is_fallback {
        let tag = &input.order.service;
        found.note(
            Kind::OrdDefaultUsed,
            format!("SERVICE={tag}"),
            format!(
                "the catch-all chose {code} for postal service {tag}; add a mapping of its own"
            ),
        );
    }
    found.use_row(mapping);
    Service {
        code,
        needs: needs_of(input.mappings, mapping.0),
    }
}

/// Contact fields that the mapping of a service says its carrier demands.
fn needs_of(mappings: &MappingSet, mapping: i64) -> Vec<String> {
    let row = mappings.row(mapping);
    let needs = row.and_then(|r| r.attributes.get("needs"));
    needs.map_or_else(Vec::new, |n| {
        n.split(['+', ','])
            .map(|w| w.trim().to_lowercase())
            .collect()
    })
}

/// Contact fields the carrier service of an order demands; none while it has no service.
pub fn service_needs(order: &SourceOrder, mappings: &MappingSet) -> Vec<String> {
    let facts = CarrierFacts {
        country: &order.address.country,
        value_minor: order.total_minor,
        channel: &order.channel,
    };
    match mappings.carrier(&order.service, &facts) {
        CarrierMatch::Mapped { mapping, .. } => needs_of(mappings, mapping.0),
        CarrierMatch::Broken(_) | CarrierMatch::Unmapped => Vec::new(),
    }
}

/// Check 5: a site by the routing rules or the location's mapping. There is no silent default, and an order the
/// warehouse holds keeps its site as long as the source says the same location.
fn check_site(
    input: &PreflightInput<'_>,
    lines: &[WmsLineIntent],
    found: &mut Findings,
) -> Option<(SiteRef, Option<Routed>)> {
    let order = input.order;
    if let Some(sent) = input.sent
        && let Some(routed) = &sent.routed
        && routed.location == order.location
    {
        return Some((sent.site.clone(), Some(routed.clone())));
    }
    if let Some(choice) = input.site_choice
        && choice.location == order.location
        && input.mappings.is_site_named(&choice.site)
    {
        let routed = Routed {
            location: order.location.clone(),
            rule: choice.who.clone(),
            why: format!("{} chose it: {}", choice.who, choice.reason),
        };
        return Some((choice.site.clone(), Some(routed)));
    }
    let wanted: Vec<(ItemCode, i64)> = lines.iter().map(|l| (l.item.clone(), l.qty_each)).collect();
    let facts = RouteFacts {
        number: &order.number,
        location: &order.location,
        country: &order.address.country,
        postcode: &order.address.postcode,
        channel: &order.channel,
        lines: &wanted,
    };
    match routing::route(&facts, input.mappings, input.stock) {
        Route::Chosen {
            site,
            rule,
            why,
            mapping,
            is_default,
        } => {
            found.use_row(mapping);
            if is_default {
                found.note(
                    Kind::OrdDefaultUsed,
                    format!("ROUTE={rule}"),
                    format!("the written default chose site {site}; add a rule for such orders"),
                );
            }
            let routed = Routed {
                location: order.location.clone(),
                rule,
                why,
            };
            Some((site, Some(routed)))
        }
        Route::NeedStock(figures) => {
            found.unread_stock = figures;
            None
        }
        Route::Unroutable(fault) => {
            found.fault(fault.kind, fault.discriminator, fault.detail);
            None
        }
    }
}

/// Check 7: payment. The release rule holds unpaid orders back already; this catches one that slipped past it.
fn check_payment(input: &PreflightInput<'_>, found: &mut Findings) {
    let order = input.order;
    if input.policy.release_requires_paid && !order.is_paid && !order.is_resend {
        found.fault(
            Kind::OrdPaymentStuck,
            this_order(input),
            "the order is not paid; it goes when the source shows it as paid".to_owned(),
        );
    }
}

/// A source that puts lines on backorder says so nowhere else: nothing is sent until all of the order can be.
fn check_backorder(input: &PreflightInput<'_>, found: &mut Findings) {
    let waiting: Vec<String> = input
        .order
        .lines
        .iter()
        .filter(|l| l.backorder_each > 0 && !l.is_service)
        .map(|l| format!("{} of {} × {}", l.backorder_each, l.qty_each, l.sku))
        .collect();
    if !waiting.is_empty() {
        found.fault(
            Kind::OrdBackordered,
            this_order(input),
            format!(
                "the source waits for stock of {}; nothing is sent until it has all, or until the line is split off, \
                 changed or cancelled there",
                waiting.join(", ")
            ),
        );
    }
}

/// Check 9: every line that must be picked is among the warehouse lines, unless its own check already failed.
fn check_nothing_dropped(
    input: &PreflightInput<'_>,
    lines: &[WmsLineIntent],
    found: &mut Findings,
) {
    if !found.faults.is_empty() || !found.unread.is_empty() {
        return;
    }
    let picks = input.order.pick_lines();
    if picks.is_empty() {
        found.fault(
            Kind::OrdLinesDiffer,
            this_order(input),
            "the order has nothing to pick, so an empty order would be sent".to_owned(),
        );
    }
    for pick in picks {
        let is_there = lines.iter().any(|l| {
            l.row_id == pick.row_id
                && (l.line_ref == pick.line_ref
                    || l.line_ref.starts_with(&format!("{}.", pick.line_ref)))
        });
        if !is_there {
            found.fault(
                Kind::OrdLinesDiffer,
                this_order(input),
                format!(
                    "line {} ({}) was dropped on the way to the warehouse",
                    pick.line_ref, pick.sku
                ),
            );
        }
    }
}

fn build(
    input: &PreflightInput<'_>,
    number: WmsOrderNo,
    service: CarrierService,
    site: SiteRef,
    lines: Vec<WmsLineIntent>,
    used: Vec<(i64, i64)>,
) -> WmsOrderIntent {
    let order = input.order;
    WmsOrderIntent {
        number,
        po_reference: order.source_id.0.clone(),
        channel: input.channel.to_owned(),
        site,
        service,
        address: order.address.clone(),
        requested_by: order.ship_by,
        created_at: order.received_at,
        currency: order.currency.clone(),
        total_minor: order.total_minor,
        shipping_minor: order.shipping_minor,
        is_partial_allowed: input.policy.partial_shipment,
        lines,
        mapping_versions: used,
        routed: None,
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
