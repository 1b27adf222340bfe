//! The backend of the running program: reads from the store, acts through the desk.

use super::super::app::ask::{
    Act, Answer, Answered, DeliverySheet, Done, ExceptionSheet, FlowSheet, Header, ItemSheet, Live,
    MappingPreview, OrderSheet, Question, Refunds, ReturnSheet, Trouble,
};
use super::super::app::doc::{Link, return_of};
use super::super::app::export::ExportJob;
use super::super::app::panes::exceptions::is;
use super::super::app::subject::unlabelled_service;
use super::backend::Backend;
use super::export::Progress;
use super::marks::every_row;
use super::presence::Whereabouts;
use crate::desk::{Desk, DeskError, EditQuestion};
use crate::domain::delivery::{DeliveryRow, DeliveryState};
use crate::domain::exception::{ExceptionRow, ObjectRef, OccurrenceRow};
use crate::domain::filter::Filter;
use crate::domain::ids::{
    DeliveryId, ExceptionId, ItemCode, JournalSeq, OrderId, PairId, RequestId, ReturnRef,
};
use crate::domain::mapping::{Mapping, MappingKind};
use crate::domain::order::{OrderFull, OrderRow};
use crate::domain::stock::DAYS_KEPT;
use crate::domain::time::Ts;
use crate::domain::undo::Undoable;
use crate::domain::wanted::broken_row;
use crate::domain::why::Why;
use crate::report::stored_call;
use crate::store::read::{Anchor, JournalRow, ListQuery};
use crate::store::{Store, StoreError};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::time::Duration;

/// Members of an exception read for its page.
const MEMBERS_MAX: usize = 200;
/// Members whose deliveries are shown with their attempts.
const MEMBERS_TRIED_MAX: usize = 3;
/// Orders of an exception whose evidence is on its page.
const ORDERS_SHOWN_MAX: usize = 5;
/// Lines of a timeline.
const TIMELINE_MAX: usize = 500;
/// Lines of the event tail.
const TAIL_MAX: usize = 100;
/// Deliveries under way shown for a flow.
const UNDER_WAY_MAX: usize = 100;
/// Versions of mappings listed.
const VERSIONS_MAX: usize = 100;
/// Open S1 cases known by number, so that a new one rings.
const URGENT_MAX: usize = 500;
/// How long a change is waited for.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(60);
/// Side of a mapping that completion offers.
const TARGET_SIDE: &str = "wms";

/// Store and desk of one person.
pub struct StoreBackend {
    desk: Desk,
    whereabouts: Whereabouts,
}

impl StoreBackend {
    /// A backend on a person's desk.
    pub fn new(desk: Desk) -> Self {
        Self {
            desk,
            whereabouts: Whereabouts::new(),
        }
    }

    pub(super) const fn whereabouts(&self) -> &Whereabouts {
        &self.whereabouts
    }

    pub(super) const fn desk(&self) -> &Desk {
        &self.desk
    }

    pub(super) const fn store(&self) -> &Store {
        self.desk.store()
    }

    pub(super) fn now(&self) -> Ts {
        self.desk.now()
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self {
            is_stale: matches!(error, StoreError::Stale { .. }),
            text: error.to_string(),
        }
    }
}

impl From<DeskError> for Trouble {
    fn from(error: DeskError) -> Self {
        Self {
            is_stale: error.is_stale(),
            text: error.to_string(),
        }
    }
}

/// Whether a line of an order's timeline is about one of its returns.
fn is_about(line: &JournalRow, number: &str, deliveries: &[DeliveryRow]) -> bool {
    match &line.object {
        ObjectRef::Delivery(id) => deliveries.iter().any(|d| d.id.0 == *id),
        _ if line.action == "return.claim" => true,
        _ => {
            let names = |text: &str| {
                text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | ';' | '='))
                    .any(|word| word == number)
            };
            names(&line.after) || names(&line.reason)
        }
    }
}

impl Backend for StoreBackend {
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<Answer, Trouble>> {
        self.answer(question).boxed()
    }

    fn act(&self, act: Act) -> BoxFuture<'_, Result<Done, Trouble>> {
        self.carry_out(act).boxed()
    }

    fn export(&self, job: ExportJob, told: Progress) -> BoxFuture<'_, Result<String, Trouble>> {
        self.write_file(job, told).boxed()
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        self.store().changed(CHANGE_TIMEOUT).boxed()
    }
}

impl StoreBackend {
    async fn answer(&self, question: Question) -> Result<Answer, Trouble> {
        let store = self.store();
        Ok(match question {
            Question::Header { person } => Answer::Header(self.header(&person).await?),
            Question::Live(filter) => Answer::Live(Box::new(self.live(filter).await?)),
            Question::Exceptions(query) => Answer::Exceptions(store.exceptions(&query).await?),
            Question::AllExceptions(query) => Answer::Exceptions(
                every_row(query, |q| async move { store.exceptions(&q).await }).await?,
            ),
            Question::AllOrders(query) => {
                Answer::Orders(every_row(query, |q| async move { store.orders(&q).await }).await?)
            }
            Question::Orders(query) => Answer::Orders(store.orders(&query).await?),
            Question::Mappings { pair, query } => {
                Answer::Mappings(store.mapping_list(&pair, &query).await?)
            }
            Question::Unmapped { pair } => Answer::Unmapped(store.unmapped(&pair).await?),
            Question::Stock(query) => Answer::Stock(store.positions(None, &query).await?),
            Question::Journal(query) => Answer::Journal(store.journal(&query).await?),
            Question::Exception(id) => Answer::Exception(self.exception(id).await?.map(Box::new)),
            Question::Order(id) => Answer::Order(self.order(id).await?.map(Box::new)),
            Question::Delivery(id) => Answer::Delivery(self.delivery(id).await?.map(Box::new)),
            Question::Item { pair, item } => Answer::Item(Box::new(self.item(pair, item).await?)),
            Question::Flow { pair, flow } => Answer::Flow(Box::new(self.flow(&pair, flow).await?)),
            Question::Payload { id, sight } => {
                Answer::Payload(stored_call(store, id, sight).await?.map(Box::new))
            }
            Question::Versions { pair } => {
                Answer::Versions(store.mapping_versions(&pair, VERSIONS_MAX).await?)
            }
            Question::Targets { pair, kind } => {
                Answer::Targets(self.desk.targets(&pair, kind, TARGET_SIDE).await?)
            }
            Question::Preview { pair, edits } => {
                Answer::Preview(self.preview(&pair, &edits).await?)
            }
            Question::BulkTrial { cases, act } => {
                Answer::BulkTrial(self.desk.bulk_trial(&cases, &act).await?)
            }
            Question::OrderTrial { orders, act } => {
                Answer::BulkTrial(self.desk.order_trial(&orders, &act).await?)
            }
            Question::LateChanges => Answer::LateChanges(self.desk.late_changes().await?),
            Question::Bulks => Answer::Bulks(self.desk.bulks().await?),
            Question::Bulk(id) => Answer::Bulk(match self.desk.bulk_page(id).await {
                Ok(page) => Some(Box::new(page)),
                Err(DeskError::NotFound { .. }) => None,
                Err(error) => return Err(error.into()),
            }),
            Question::RuleTrial { kind, words } => {
                Answer::RuleTrial(Box::new(self.desk.try_words(kind, &words).await?))
            }
            Question::Find(text) => Answer::Find(self.desk.find(&text).await?),
            Question::Undoable(line) => Answer::Undoable(self.undoable(line).await?),
            Question::VerifyJournal => Answer::VerifyJournal(store.verify_journal().await?),
            Question::Requests(ids) => Answer::Requests(self.answered(&ids).await?),
            Question::Returns(query) => Answer::Returns(self.desk.returns(&query).await?),
            Question::Return { pair, reference } => {
                Answer::Return(self.returned(&pair, &reference).await?.map(Box::new))
            }
            Question::Checks { cadence, team } => {
                let sheet = self.desk.check_sheet(cadence, None, team).await?;
                Answer::Checks(Box::new(sheet))
            }
            Question::Check { check, team, first } => {
                let page = self.desk.check_page(check, team, Some(first)).await?;
                Answer::Check(Box::new(page))
            }
            Question::HandOvers(team) => Answer::HandOvers(self.desk.hand_overs(team).await?),
            Question::Lanes(query) => Answer::Lanes(store.lanes(None, &query).await?),
            Question::Lane { pair, lane } => Answer::Lane(Box::new(self.lane(pair, lane).await?)),
        })
    }

    fn first(&self, filter: Filter, sort: &str, limit: usize) -> ListQuery {
        ListQuery {
            filter,
            sort: sort.to_owned(),
            is_descending: false,
            anchor: Anchor::First,
            limit,
            now: self.desk.now(),
        }
    }

    async fn header(&self, person: &str) -> Result<Header, Trouble> {
        let store = self.store();
        let filter = Filter {
            terms: vec![is("person", person)],
        };
        let mine = store.exceptions(&self.first(filter, "promise", 1)).await?;
        let pairs: Vec<PairId> = self.desk.pairs().iter().map(|p| p.id.clone()).collect();
        let mut unmapped = 0;
        for pair in &pairs {
            unmapped += i64::try_from(store.unmapped(pair).await?.len()).unwrap_or(i64::MAX);
        }
        Ok(Header {
            places: store.places(&pairs).await?,
            counts: store.exception_counts().await?,
            urgent: store.urgent_exceptions(URGENT_MAX).await?,
            mine: mine.total,
            mine_ship_by: mine.rows.first().and_then(|l| l.row.ship_by),
            pairs,
            unmapped,
            checks: i64::try_from(self.desk.checks_waiting().await?.0).unwrap_or(i64::MAX),
            views: self.desk.views().await?,
            layouts: self.desk.layouts().await?,
            returns: i64::try_from(self.desk.returns_to_decide().await?).unwrap_or(i64::MAX),
        })
    }

    async fn live(&self, filter: Filter) -> Result<Live, Trouble> {
        let store = self.store();
        let query = ListQuery {
            is_descending: true,
            ..self.first(filter, "seq", TAIL_MAX)
        };
        let newest = store.journal(&query).await?;
        let mut tail: Vec<_> = newest.rows.into_iter().map(|l| l.row).collect();
        tail.sort_by_key(|row| row.seq);
        Ok(Live {
            flows: store.flows_live(self.desk.now()).await?,
            systems: store.systems_live().await?,
            tail,
        })
    }

    async fn exception(&self, id: ExceptionId) -> Result<Option<ExceptionSheet>, Trouble> {
        let store = self.store();
        let Some(row) = store.exception(id).await? else {
            return Ok(None);
        };
        let members = store.members(id, None, MEMBERS_MAX).await?;
        let mut deliveries = Vec::new();
        for member in members.iter().take(MEMBERS_TRIED_MAX) {
            let rows = match &member.object {
                ObjectRef::Order(order) => store.deliveries_of_order(*order).await?,
                ObjectRef::Delivery(delivery) => {
                    store.deliveries_by_id(&[DeliveryId(*delivery)]).await?
                }
                _ => Vec::new(),
            };
            for row in rows {
                let attempts = store.attempts(row.id).await?;
                deliveries.push(DeliverySheet { row, attempts });
            }
        }
        let timeline = store
            .timeline(&ObjectRef::Exception(id.0), TIMELINE_MAX)
            .await?;
        let returned = match return_of(&row.discriminator, &row.pair) {
            Some(Link::Return { pair, reference }) => {
                self.desk.return_of(&pair, &reference).await?
            }
            _ => None,
        };
        Ok(Some(ExceptionSheet {
            returned: returned.map(|held| self.desk.gated(held, &[])),
            refunds: self.refunds_about(&row, &members).await?,
            sites: self.sites_about(&row, &members).await?,
            lane: self.lane_about(&row).await?,
            position: self.position_about(&row).await?,
            orders: self.orders_about(&members).await?,
            mapping: self.mapping_about(&row).await?,
            rule: self.desk.rule_of(&row).await?,
            others: self.meet_at(&format!("exception {id}")).await?,
            row,
            members,
            timeline,
            deliveries,
        }))
    }

    /// Orders of the first members.
    async fn orders_about(&self, members: &[OccurrenceRow]) -> Result<Vec<OrderFull>, Trouble> {
        let mut ids: Vec<OrderId> = Vec::new();
        for member in members {
            match member.object {
                ObjectRef::Order(id) if !ids.contains(&id) => ids.push(id),
                _ => {}
            }
        }
        ids.truncate(ORDERS_SHOWN_MAX);
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = self.store().orders_by_id(&ids).await?;
        found.sort_by_key(|full| ids.iter().position(|id| *id == full.row.id));
        Ok(found)
    }

    /// The row it is about: a broken one, or that of a service. A value with several rules has none that stands for all
    /// of them.
    async fn mapping_about(&self, row: &ExceptionRow) -> Result<Option<Mapping>, Trouble> {
        let unlabelled = unlabelled_service(row).map(|service| (MappingKind::Carrier, service));
        let Some((kind, from)) = unlabelled.or_else(|| broken_row(&row.discriminator)) else {
            return Ok(None);
        };
        let rows = self.store().mappings(&row.pair).await?;
        let mut of_value = rows
            .into_iter()
            .filter(|m| m.kind == kind && m.from == from);
        let only = of_value.next();
        Ok(only.filter(|_| of_value.next().is_none()))
    }

    async fn order(&self, id: OrderId) -> Result<Option<OrderSheet>, Trouble> {
        let store = self.store();
        let Some(full) = store.orders_by_id(&[id]).await?.into_iter().next() else {
            return Ok(None);
        };
        let object = ObjectRef::Order(id);
        let deliveries = store.deliveries_of_order(id).await?;
        Ok(Some(OrderSheet {
            why: self.why(&full, &deliveries).await?,
            edit: self.edit(&full, &deliveries).await?,
            deliveries,
            despatches: self.despatches(&full.row).await?,
            exceptions: self.exceptions_of(&object).await?,
            timeline: store.timeline(&object, TIMELINE_MAX).await?,
            returns: store.returns_of(&[id]).await?,
            refunds: Refunds::of(id, &full.row.number, &store.claims_of(&[id]).await?),
            site: self.desk.site_questions(&[id]).await?.into_iter().next(),
            others: self.meet_at(&format!("order {id}")).await?,
            full,
        }))
    }

    /// Why an order is where it is; an order of a pair that is no longer configured has no answer.
    async fn why(
        &self,
        full: &OrderFull,
        deliveries: &[DeliveryRow],
    ) -> Result<Option<Why>, Trouble> {
        if !self.desk.pairs().iter().any(|p| p.id == full.row.pair) {
            return Ok(None);
        }
        Ok(Some(self.desk.why(full, deliveries).await?))
    }

    /// What can be edited of an order, likewise.
    async fn edit(
        &self,
        full: &OrderFull,
        deliveries: &[DeliveryRow],
    ) -> Result<Option<EditQuestion>, Trouble> {
        if !self.desk.pairs().iter().any(|p| p.id == full.row.pair) {
            return Ok(None);
        }
        Ok(Some(self.desk.edit_question(full, deliveries).await?))
    }

    async fn returned(
        &self,
        pair: &PairId,
        reference: &ReturnRef,
    ) -> Result<Option<ReturnSheet>, Trouble> {
        let Some(held) = self.desk.return_of(pair, reference).await? else {
            return Ok(None);
        };
        let store = self.store();
        let (order, number) = (held.row.order, held.row.reference.0.clone());
        let object = ObjectRef::Order(order);
        let mut deliveries = store.deliveries_of_order(order).await?;
        deliveries.retain(|d| d.object == number);
        let mut exceptions = Vec::new();
        for (kind, discriminator, row) in store.occurrences_of(&object).await? {
            let link = return_of(&discriminator, pair);
            if matches!(link, Some(Link::Return { reference: named, .. }) if named == *reference) {
                exceptions.push((row.exception, kind.code().to_owned(), row.detail));
            }
        }
        let mut timeline = store.timeline(&object, TIMELINE_MAX).await?;
        timeline.retain(|line| is_about(line, &number, &deliveries));
        Ok(Some(ReturnSheet {
            books: self.desk.sheet_of(held).await?,
            deliveries,
            exceptions,
            timeline,
        }))
    }

    async fn despatches(
        &self,
        row: &OrderRow,
    ) -> Result<Vec<crate::store::read::DespatchGroup>, Trouble> {
        let pair = self.desk.pairs().iter().find(|p| p.id == row.pair);
        match (pair, &row.wms_number) {
            (Some(pair), Some(number)) => Ok(self
                .store()
                .despatches_of(&pair.warehouse, std::slice::from_ref(number))
                .await?),
            _ => Ok(Vec::new()),
        }
    }

    pub(super) async fn exceptions_of(
        &self,
        object: &ObjectRef,
    ) -> Result<Vec<(ExceptionId, String, String)>, Trouble> {
        let found = self.store().occurrences_of(object).await?;
        Ok(found
            .into_iter()
            .map(|(kind, _, row)| (row.exception, kind.code().to_owned(), row.detail))
            .collect())
    }

    pub(super) async fn delivery(&self, id: DeliveryId) -> Result<Option<DeliverySheet>, Trouble> {
        let store = self.store();
        let Some(row) = store.deliveries_by_id(&[id]).await?.into_iter().next() else {
            return Ok(None);
        };
        let attempts = store.attempts(id).await?;
        Ok(Some(DeliverySheet { row, attempts }))
    }

    async fn item(&self, pair: PairId, item: ItemCode) -> Result<ItemSheet, Trouble> {
        let store = self.store();
        let items = std::slice::from_ref(&item);
        let positions = store.positions_of(&pair, items).await?;
        let config = self.desk.pairs().iter().find(|p| p.id == pair);
        let levels = match config {
            Some(config) => store.levels_of(&config.warehouse, items).await?,
            None => Vec::new(),
        };
        // Stock exceptions are about an item at a location; others about the item alone.
        let mut objects = vec![ObjectRef::Item(item.to_string())];
        objects.extend(
            positions
                .iter()
                .map(|p| ObjectRef::Item(format!("{item}@{}", p.location))),
        );
        let mut exceptions = Vec::new();
        let mut timeline = Vec::new();
        for object in &objects {
            exceptions.extend(self.exceptions_of(object).await?);
            timeline.extend(store.timeline(object, TIMELINE_MAX).await?);
        }
        timeline.sort_by_key(|row| row.seq);
        Ok(ItemSheet {
            days: store
                .stock_days(&pair, &item, self.desk.now().day() - DAYS_KEPT + 1)
                .await?,
            lanes: store.lanes_of_item(&pair, &item).await?,
            corrections: self.corrections_asked(&pair, &positions).await?,
            pair,
            item,
            positions,
            levels,
            exceptions,
            timeline,
        })
    }

    async fn flow(
        &self,
        pair: &PairId,
        flow: crate::domain::delivery::Flow,
    ) -> Result<FlowSheet, Trouble> {
        let store = self.store();
        let live = store
            .flows_live(self.desk.now())
            .await?
            .into_iter()
            .find(|f| f.pair == *pair && f.flow == flow)
            .ok_or_else(|| Trouble::new(format!("{flow} of {pair} has not run yet")))?;
        let states: Vec<DeliveryState> = DeliveryState::ALL
            .iter()
            .copied()
            .filter(|s| !s.is_final())
            .collect();
        let object = ObjectRef::Flow(format!("{pair}/{flow}"));
        Ok(FlowSheet {
            live,
            deliveries: store
                .deliveries_in(pair, flow, &states, UNDER_WAY_MAX)
                .await?,
            timeline: store.timeline(&object, TIMELINE_MAX).await?,
            policy: self.desk.card(pair).to_vec(),
        })
    }

    async fn undoable(&self, line: Option<JournalSeq>) -> Result<Vec<Undoable>, Trouble> {
        let found = match line {
            Some(line) => self.desk.undoable(line).await?,
            None => self.desk.newest_undoable().await?,
        };
        Ok(self.desk.undoable_together(found).await?)
    }

    async fn preview(
        &self,
        pair: &PairId,
        edits: &[crate::domain::mapping::MappingEdit],
    ) -> Result<MappingPreview, Trouble> {
        let figure = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        match self.desk.preview(pair, edits).await {
            Ok(preview) => {
                let mut warnings = preview.warnings;
                if preview.is_cut {
                    warnings.push(format!(
                        "only the first {} orders were looked at: there are more",
                        preview.looked_at
                    ));
                }
                Ok(MappingPreview {
                    version: Some(preview.version),
                    released: figure(preview.released),
                    blocked_by: preview
                        .still_blocked
                        .into_iter()
                        .map(|(why, n)| (why, figure(n)))
                        .collect(),
                    changed_open: figure(preview.changed_open),
                    newly_blocked: figure(preview.newly_blocked),
                    warnings,
                    refused: None,
                })
            }
            Err(DeskError::Refused(why)) => Ok(MappingPreview {
                refused: Some(why),
                ..MappingPreview::default()
            }),
            Err(error) => Err(error.into()),
        }
    }

    async fn answered(&self, ids: &[RequestId]) -> Result<Vec<Answered>, Trouble> {
        let mut found = Vec::new();
        for id in ids {
            match self.store().request(*id).await? {
                Some(row) if row.is_done => found.push(Answered {
                    id: *id,
                    is_ok: row.is_ok,
                    text: row.answer,
                }),
                Some(_) => {}
                None => found.push(Answered {
                    id: *id,
                    is_ok: false,
                    text: format!("request {id} is not in the store any more"),
                }),
            }
        }
        Ok(found)
    }
}
