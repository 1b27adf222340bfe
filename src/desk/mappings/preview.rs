//! What a set of mapping edits would do: which blocked orders would go, which open ones would change, what stays blocked.

use super::{SIDE_WMS, TargetLists, edit_kind};
use crate::config::PairConfig;
use crate::desk::{Desk, DeskError, DeskResult};
use crate::domain::ids::{CarrierService, ItemCode, OrderId, PairId};
use crate::domain::mapping::{MappingEdit, MappingKind};
use crate::domain::mapping_set::{CATCH_ALL, MappingSet};
use crate::domain::order::{OrderFull, OrderState, WmsOrderIntent};
use crate::domain::preflight::{self, FieldLimits, ItemFact, PreflightInput};
use crate::domain::routing::{self, Shelves};
use crate::domain::time::Ts;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Most orders of each sort looked at for one preview.
pub const PREVIEW_ORDERS_MAX: usize = 5_000;
/// Orders read from the store at once.
const PAGE_ORDERS: usize = 200;
/// Most orders listed one by one.
pub const PREVIEW_ITEMS_MAX: usize = 50;
/// Most rounds of reading items for one page: lines first, then what kits and aliases lead to.
const ITEM_ROUNDS_MAX: usize = 3;

/// What is wrong with an item code by the rules of a pair's warehouse.
pub type CodeRule = Arc<dyn Fn(&PairId, &ItemCode) -> Option<String> + Send + Sync>;

/// States in which a blocked order waits.
const BLOCKED: &[OrderState] = &[OrderState::Checking, OrderState::Blocked];
/// States in which a changed mapping would change what the warehouse has or is about to get.
const OPEN: &[OrderState] = &[
    OrderState::Ready,
    OrderState::Queued,
    OrderState::Sending,
    OrderState::InDoubt,
    OrderState::InWarehouse,
    OrderState::Allocated,
    OrderState::Backordered,
    OrderState::Picking,
    OrderState::Packing,
];

/// What applying a set would do.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// Version of the mappings this was reckoned on; hand it to apply.
    pub version: i64,
    /// Blocked orders that would be sent.
    pub released: usize,
    /// Causes that would still block orders, most orders first.
    pub still_blocked: Vec<(String, usize)>,
    /// Open orders whose content in the warehouse would change.
    pub changed_open: usize,
    /// Open orders that would no longer pass the checks.
    pub newly_blocked: usize,
    /// What is allowed but worth a second look.
    pub warnings: Vec<String>,
    /// The first orders concerned, earliest promise first.
    pub items: Vec<PreviewItem>,
    /// Orders that were looked at.
    pub looked_at: usize,
    /// There are more orders than were looked at: the figures are lower bounds.
    pub is_cut: bool,
}

/// One order of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewItem {
    pub order: OrderId,
    pub number: String,
    pub ship_by: Option<Ts>,
    pub verdict: Verdict,
}

/// What would become of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "why", rename_all = "snake_case")]
pub enum Verdict {
    /// Blocked now, would be sent.
    Released,
    /// Would pass, but a person holds it.
    Held,
    /// Still blocked: the causes.
    StillBlocked(Vec<String>),
    /// Open now, its content would change: in what.
    Changed(String),
    /// Open now, would no longer pass: the causes.
    NewlyBlocked(Vec<String>),
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Released => f.write_str("would be sent"),
            Self::Held => f.write_str("would pass, but is held by a person"),
            Self::StillBlocked(why) => write!(f, "still blocked: {}", why.join("; ")),
            Self::Changed(what) => write!(f, "would change: {what}"),
            Self::NewlyBlocked(why) => write!(f, "would be blocked: {}", why.join("; ")),
        }
    }
}

/// What checks of one preview share.
pub(super) struct Checker<'a> {
    pub(super) pair: &'a PairConfig,
    pub(super) code_rule: &'a CodeRule,
    pub(super) lists: &'a TargetLists,
    pub(super) items: HashMap<ItemCode, ItemFact>,
    /// Stock of the page's orders at the sites; empty when no routing rule asks.
    pub(super) shelves: Shelves,
    pub(super) limits: FieldLimits,
    pub(super) now: Ts,
}

/// The outcome of one check, cause by cause.
enum Checked {
    Passes(Box<WmsOrderIntent>),
    Fails(Vec<preflight::Fault>),
    NeedsItems(Vec<ItemCode>),
}

impl Checker<'_> {
    /// What the checks say of an order with a set of mappings.
    pub(super) fn verdict(&self, order: &OrderFull, set: &MappingSet) -> preflight::Verdict {
        let input = PreflightInput {
            order: &order.body.source,
            mappings: set,
            policy: &self.pair.policy,
            prefix: &self.pair.prefix,
            channel: &self.pair.channel,
            revision: order.row.wms_revision,
            pair: &self.pair.id,
            items: &|code| self.items.get(code).cloned().unwrap_or(ItemFact::Unread),
            code_fault: &|code| (self.code_rule)(&self.pair.id, code),
            limits: &self.limits,
            service_targets: &|service| self.is_service(service),
            stock: &|site, item| routing::free_for(&self.shelves, Some(order), site, item),
            sent: Some(order)
                .filter(|o| !o.row.state.is_before_warehouse())
                .and_then(|o| o.body.intent.as_ref()),
            site_choice: order.body.site_choice.as_ref(),
            edits: &order.body.edits,
            now: self.now,
        };
        preflight::check(&input)
    }

    fn check(&self, order: &OrderFull, set: &MappingSet) -> Checked {
        match self.verdict(order, set) {
            preflight::Verdict::Pass { intent, .. } => Checked::Passes(intent),
            preflight::Verdict::Fail(faults) => Checked::Fails(faults),
            preflight::Verdict::NeedItems(codes) => Checked::NeedsItems(codes),
            // Figures of a site that were not read yet.
            preflight::Verdict::Wait(_) => Checked::NeedsItems(Vec::new()),
        }
    }

    fn is_service(&self, service: &CarrierService) -> Option<bool> {
        let list = self.lists.get(&(MappingKind::Carrier, SIDE_WMS))?;
        (!list.is_empty()).then(|| {
            list.iter()
                .any(|t| t.is_active && t.code == service.as_str())
        })
    }
}

/// Names of causes for people: `ORD_CARRIER_UNMAPPED SERVICE=Tracked 48`.
fn causes(faults: &[preflight::Fault]) -> Vec<String> {
    faults
        .iter()
        .map(|f| format!("{} {}", f.kind, f.discriminator))
        .collect()
}

impl Desk {
    /// What a set of edits would do to the blocked and open orders of a pair. Nothing is changed.
    ///
    /// # Errors
    /// [`DeskError`]: unknown pair, a fault in an edit, or the store failed.
    pub async fn preview(&self, pair: &PairId, edits: &[MappingEdit]) -> DeskResult<Preview> {
        let config = self.pair(pair)?;
        let set = self.mapping_set(pair).await?;
        let kinds = edits
            .iter()
            .map(edit_kind)
            .chain([MappingKind::Carrier])
            .collect();
        let lists = self.target_lists(pair, kinds).await?;
        let mut warnings = Self::validated(&set, edits, &lists)?;
        warnings.extend(self.site_warnings(pair, &set, edits).await?);
        let staged = set.with_edits(edits);
        let mut checker = Checker {
            pair: config,
            code_rule: &self.code_rule,
            lists: &lists,
            items: HashMap::new(),
            shelves: Shelves::default(),
            limits: FieldLimits::default(),
            now: self.now(),
        };
        let mut tally = Tally::new(set.version(), warnings);
        self.each_order(
            pair,
            BLOCKED,
            &mut tally,
            &mut checker,
            (&set, &staged),
            |_| true,
            |t, c, o| {
                t.blocked(o, c.check(o, &staged));
            },
        )
        .await?;
        let touches = |o: &OrderFull| edits.iter().any(|e| touches(e, o));
        self.each_order(
            pair,
            OPEN,
            &mut tally,
            &mut checker,
            (&set, &staged),
            touches,
            |t, c, o| {
                t.open(o, c.check(o, &set), c.check(o, &staged));
            },
        )
        .await?;
        Ok(tally.finish())
    }

    /// Goes through the orders of a pair in these states, page by page, with the items their checks need at hand.
    #[allow(clippy::too_many_arguments)]
    async fn each_order(
        &self,
        pair: &PairId,
        states: &[OrderState],
        tally: &mut Tally,
        checker: &mut Checker<'_>,
        sets: (&MappingSet, &MappingSet),
        wanted: impl Fn(&OrderFull) -> bool,
        mut judge: impl FnMut(&mut Tally, &Checker<'_>, &OrderFull),
    ) -> DeskResult<()> {
        let what = "the preview";
        let mut after = None;
        let mut seen = 0;
        loop {
            let page = self
                .store
                .orders_in(pair, states, after, PAGE_ORDERS)
                .await
                .map_err(DeskError::store(what))?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.row.id);
            seen += page.len();
            let is_last = page.len() < PAGE_ORDERS;
            let page: Vec<OrderFull> = page.into_iter().filter(&wanted).collect();
            self.read_shelves(checker, sets, &page).await?;
            self.read_items(checker, tally, &page, &mut judge).await?;
            if is_last {
                return Ok(());
            }
            if seen >= PREVIEW_ORDERS_MAX {
                tally.preview.is_cut = true;
                return Ok(());
            }
        }
    }

    /// Stock of a page's items, when the rules of either set ask for it.
    pub(super) async fn read_shelves(
        &self,
        checker: &mut Checker<'_>,
        (set, staged): (&MappingSet, &MappingSet),
        page: &[OrderFull],
    ) -> DeskResult<()> {
        if !routing::asks_for_stock(set) && !routing::asks_for_stock(staged) {
            return Ok(());
        }
        let mut items: Vec<ItemCode> = page
            .iter()
            .flat_map(|o| routing::items_of(&o.body.source, staged))
            .collect();
        items.sort_unstable();
        items.dedup();
        let warehouse = &checker.pair.warehouse;
        let sharers = self.pairs.iter().filter(|p| &p.warehouse == warehouse);
        let sharers: Vec<PairId> = sharers.map(|p| p.id.clone()).collect();
        checker.shelves = self
            .store
            .shelves(warehouse, &checker.pair.id, &sharers, &items, set)
            .await
            .map_err(DeskError::store("the preview"))?;
        Ok(())
    }

    /// Judges a page, reading the items its checks ask for. An order whose items are still unread after the last
    /// round is judged as it is.
    async fn read_items(
        &self,
        checker: &mut Checker<'_>,
        tally: &mut Tally,
        page: &[OrderFull],
        judge: &mut impl FnMut(&mut Tally, &Checker<'_>, &OrderFull),
    ) -> DeskResult<()> {
        let what = "the preview";
        let warehouse = &checker.pair.warehouse;
        let has_catalogue = self
            .store
            .item_count(warehouse)
            .await
            .map_err(DeskError::store(what))?
            > 0;
        for order in page {
            for _ in 0..ITEM_ROUNDS_MAX {
                // A trial with a throw-away tally only finds out which items are asked for.
                let mut trial = Tally::new(0, Vec::new());
                judge(&mut trial, checker, order);
                if trial.missing.is_empty() {
                    break;
                }
                let codes = std::mem::take(&mut trial.missing);
                let found = self
                    .store
                    .items(warehouse, &codes)
                    .await
                    .map_err(DeskError::store(what))?;
                for item in found {
                    checker
                        .items
                        .insert(item.code.clone(), ItemFact::Known(item));
                }
                if !has_catalogue {
                    break;
                }
                for code in codes {
                    checker.items.entry(code).or_insert(ItemFact::Absent);
                }
            }
            judge(tally, checker, order);
            tally.missing.clear();
        }
        Ok(())
    }
}

/// Whether an edit can change what an order becomes.
fn touches(edit: &MappingEdit, order: &OrderFull) -> bool {
    let (MappingEdit::Set { kind, from, .. } | MappingEdit::Remove { kind, from }) = edit;
    let source = &order.body.source;
    match kind {
        MappingKind::Carrier => from == CATCH_ALL || source.service.as_str() == from,
        MappingKind::Site => source.location.as_str() == from,
        MappingKind::Item | MappingKind::Composite => source
            .lines
            .iter()
            .any(|l| l.sku.as_str() == from || l.components.iter().any(|c| c.sku.as_str() == from)),
        // Which orders a rule would take cannot be told from the rule alone.
        MappingKind::Routing => true,
        _ => false,
    }
}

/// A preview being added up.
struct Tally {
    preview: Preview,
    causes: BTreeMap<String, usize>,
    /// Items a check asked for and nobody had read.
    missing: Vec<ItemCode>,
}

impl Tally {
    fn new(version: i64, warnings: Vec<String>) -> Self {
        Self {
            preview: Preview {
                version,
                released: 0,
                still_blocked: Vec::new(),
                changed_open: 0,
                newly_blocked: 0,
                warnings,
                items: Vec::new(),
                looked_at: 0,
                is_cut: false,
            },
            causes: BTreeMap::new(),
            missing: Vec::new(),
        }
    }

    fn item(&mut self, order: &OrderFull, verdict: Verdict) {
        self.preview.items.push(PreviewItem {
            order: order.row.id,
            number: order.row.number.clone(),
            ship_by: order.row.ship_by,
            verdict,
        });
    }

    fn blocked(&mut self, order: &OrderFull, after: Checked) {
        self.preview.looked_at += 1;
        let why = match after {
            Checked::Passes(_) if order.row.held_reason.is_some() => {
                return self.item(order, Verdict::Held);
            }
            Checked::Passes(_) => {
                self.preview.released += 1;
                return self.item(order, Verdict::Released);
            }
            Checked::Fails(faults) => causes(&faults),
            Checked::NeedsItems(codes) => {
                self.missing.extend(codes);
                vec!["items or stock of the warehouse were not read yet".to_owned()]
            }
        };
        for cause in &why {
            *self.causes.entry(cause.clone()).or_default() += 1;
        }
        self.item(order, Verdict::StillBlocked(why));
    }

    fn open(&mut self, order: &OrderFull, before: Checked, after: Checked) {
        self.preview.looked_at += 1;
        match (before, after) {
            (Checked::Passes(old), Checked::Passes(new)) => {
                let changes = changes(&old, &new);
                if !changes.is_empty() {
                    self.preview.changed_open += 1;
                    self.item(order, Verdict::Changed(changes.join(", ")));
                }
            }
            (Checked::Passes(_), Checked::Fails(faults)) => {
                self.preview.newly_blocked += 1;
                self.item(order, Verdict::NewlyBlocked(causes(&faults)));
            }
            (Checked::NeedsItems(codes), _) | (_, Checked::NeedsItems(codes)) => {
                self.missing.extend(codes);
            }
            (Checked::Fails(_), _) => {}
        }
    }

    fn finish(self) -> Preview {
        let mut preview = self.preview;
        preview.still_blocked = self.causes.into_iter().collect();
        preview
            .still_blocked
            .sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        preview
            .items
            .sort_by_key(|i| (i.ship_by.unwrap_or(Ts::NEVER), i.order));
        preview.items.truncate(PREVIEW_ITEMS_MAX);
        preview
    }
}

/// In what two intended orders differ, in the trade's words.
fn changes(old: &WmsOrderIntent, new: &WmsOrderIntent) -> Vec<String> {
    if old.content_hash() == new.content_hash() {
        return Vec::new();
    }
    let mut out = Vec::new();
    if old.service != new.service {
        out.push(format!("carrier service {} → {}", old.service, new.service));
    }
    if old.site != new.site {
        out.push(format!("site {} → {}", old.site, new.site));
    }
    if old.lines != new.lines {
        out.push("lines".to_owned());
    }
    if out.is_empty() {
        out.push("other details".to_owned());
    }
    out
}
