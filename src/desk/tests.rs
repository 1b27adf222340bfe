//! The desk on a real store: who may do what, and what is written when they do.

use super::*;
use crate::domain::catalogue::Kind;
use crate::domain::columns::Layout;
use crate::domain::delivery::{DeliveryState, Flow, Intent, NewDelivery};
use crate::domain::exception::{ExceptionState, ObjectRef, Occurrence, Team};
use crate::domain::ids::{DeliveryId, ExceptionId, JournalSeq, OrderId, SystemId, WmsOrderNo};
use crate::domain::mapping::{MappingEdit, MappingKind, Target};
use crate::domain::mapping_set::testing::edit;
use crate::domain::order::{OrderBody, OrderRow, OrderState, SourceOrder};
use crate::domain::policy::Policy;
use crate::domain::preflight::testing::{item, order};
use crate::domain::time::Span;
use crate::domain::views::{ListName, View};
use crate::store::StoreOptions;
use crate::store::read::RequestRow;

const NOW: Ts = Ts(1_800_000_600_000_000);

fn pair() -> PairId {
    PairId::from("lw-pvx")
}

/// Another pair on the same warehouse.
fn shop() -> PairId {
    PairId::from("sl-pvx")
}

/// One whose source keeps a ledger of its own.
fn ledger() -> PairId {
    PairId::from("c7-pvx")
}

struct Bench {
    _folder: tempfile::TempDir,
    store: Store,
    desk: Desk,
}

async fn bench(access: Access) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions {
        url: format!("sqlite:{}", folder.path().join("t.db").display()),
        payload_key: [7; 32],
        is_read_only: false,
        is_migrating: true,
        is_durable: false,
    };
    let store = Store::open(&options).await.unwrap();
    let config = |id: PairId, source: &str, prefix: &str, policy: Policy| PairConfig {
        id,
        source: SystemId::from(source),
        warehouse: SystemId::from("pvx"),
        prefix: prefix.to_owned(),
        channel: source.to_owned(),
        policy,
    };
    let pairs = vec![
        config(pair(), "lw", "LW", Policy::linnworks()),
        config(shop(), "shop", "SL", Policy::shopline()),
        config(ledger(), "cin7", "C7", Policy::cin7core()),
    ];
    let desk = Desk::new(
        store.clone(),
        Operator::from("sam"),
        access,
        pairs,
        Arc::new(|| NOW),
    );
    Bench {
        _folder: folder,
        store,
        desk,
    }
}

impl Bench {
    async fn given(&self, changes: Vec<Change>) -> Committed {
        let batch = Batch {
            actor: "engine/test".to_owned(),
            at: NOW - Span::mins(5),
            fence: None,
            changes,
        };
        self.store.commit(batch).await.unwrap()
    }

    async fn requests(&self) -> Vec<RequestRow> {
        self.store.requests_new(100).await.unwrap()
    }

    /// What mappings may point at, and the one site mapping.
    async fn lists(&self) {
        self.given(vec![
            Change::Items {
                system: "pvx".into(),
                items: vec![item("MUG"), item("PLATE")],
                at: NOW,
            },
            targets(MappingKind::Carrier, &["RM48", "RM24"]),
            targets(MappingKind::Site, &["MAIN"]),
            Change::Mappings {
                pair: pair(),
                edits: vec![edit((MappingKind::Site, "north", "MAIN", "basis=GROSS"))],
                reason: "go live".to_owned(),
            },
        ])
        .await;
    }

    /// One blocked order per number, and the exception that blocks them.
    async fn blocked_orders(&self, numbers: &[&str]) -> ExceptionId {
        self.lists().await;
        let mut changes = Vec::new();
        for (at, number) in numbers.iter().enumerate() {
            let id = i64::try_from(at).unwrap() + 1;
            changes.push(order_change(id, order(number), OrderState::Blocked));
            changes.push(Change::Raise(unmapped(OrderId(id), number)));
        }
        let done = self.given(changes).await;
        done.opened[0]
    }
}

fn targets(kind: MappingKind, codes: &[&str]) -> Change {
    targets_of(pair(), kind, codes)
}

fn targets_of(pair: PairId, kind: MappingKind, codes: &[&str]) -> Change {
    let target = |code: &&str| Target {
        code: (*code).to_owned(),
        name: format!("service {code}"),
        is_active: true,
    };
    Change::Targets {
        pair,
        kind,
        side: "wms".to_owned(),
        targets: codes.iter().map(target).collect(),
        at: NOW,
    }
}

fn unmapped(order: OrderId, number: &str) -> Occurrence {
    Occurrence {
        kind: Kind::OrdCarrierUnmapped,
        pair: pair(),
        discriminator: "SERVICE=Tracked 48".to_owned(),
        object: ObjectRef::Order(order),
        label: number.to_owned(),
        detail: "postal service \"Tracked 48\" has no carrier service".to_owned(),
        began_at: NOW - Span::mins(10),
        ship_by: Some(NOW + Span::hours(4)),
        value_minor: 4_500,
        severity: None,
    }
}

fn order_change(id: i64, source: SourceOrder, state: OrderState) -> Change {
    let row = OrderRow {
        id: OrderId(id),
        pair: pair(),
        source_id: source.source_id.clone(),
        number: source.number.clone(),
        reference: source.reference.clone(),
        channel: source.channel.clone(),
        wms_number: Some(WmsOrderNo(format!("LW-{}", source.number))),
        wms_revision: 1,
        state,
        source_status: source.status,
        location: source.location.clone(),
        site: None,
        service: source.service.clone(),
        carrier_service: None,
        wms_status: None,
        is_on_hold: false,
        ship_by: Some(NOW + Span::hours(4)),
        value_minor: source.total_minor,
        currency: source.currency.clone(),
        units: 3,
        postcode_district: "YO1".to_owned(),
        customer_initials: "P S".to_owned(),
        country: "GB".to_owned(),
        tracking: String::new(),
        source_revision: source.revision(),
        sent_hash: None,
        blocked_by: String::new(),
        missing_polls: 0,
        received_at: source.received_at,
        released_at: None,
        first_sent_at: None,
        accepted_at: None,
        despatched_at: None,
        confirmed_at: None,
        notified_at: None,
        source_read_at: NOW,
        state_since: NOW,
        held_reason: None,
        version: 0,
        updated_at: NOW,
    };
    Change::Order {
        row: Box::new(row),
        body: Some(Box::new(OrderBody {
            source,
            intent: None,
            site_choice: None,
            edits: Vec::new(),
        })),
        lines: None,
    }
}

fn carrier(to: &str) -> MappingEdit {
    edit((MappingKind::Carrier, "Tracked 48", to, ""))
}

/// A view of late orders.
fn late() -> View {
    View {
        list: ListName::Orders,
        name: " Late ".to_owned(),
        filter: "ship<0m".to_owned(),
        sort: "ship".to_owned(),
        is_descending: false,
    }
}

#[tokio::test]
async fn a_view_is_found_by_its_name_and_one_that_could_not_be_shown_is_refused() {
    let b = bench(Access::Full).await;
    let done = b.desk.save_view(late(), None).await.unwrap();
    assert_eq!(
        done.text,
        "Saved the view \"Late\" of orders: ship<0m, by ship."
    );
    let saved = b.desk.view_named(ListName::Orders, "LATE").await.unwrap();
    assert_eq!((saved.saved_by.as_str(), saved.saved_at), ("sam", NOW));
    let wrong = View {
        filter: "team:cx".to_owned(),
        ..late()
    };
    let told = b.desk.save_view(wrong, Some(1)).await.unwrap_err();
    assert!(told.to_string().contains("team"), "{told}");
    let none = b.desk.view_named(ListName::Orders, "early").await;
    assert!(none.unwrap_err().to_string().contains("saved are Late"));
    b.desk
        .remove_view(ListName::Orders, "Late", saved.version)
        .await
        .unwrap();
    assert!(b.desk.views().await.unwrap().is_empty());
}

#[tokio::test]
async fn columns_are_kept_for_the_person_who_chose_them() {
    let b = bench(Access::Full).await;
    let layout = Layout::parse("number,-units");
    let done = b.desk.keep_layout(ListName::Orders, layout.clone()).await;
    assert!(done.unwrap().text.is_empty(), "nothing needs saying");
    let kept = b.desk.layouts().await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].list, &kept[0].layout), (ListName::Orders, &layout));
    let long = Layout::of((0..64).map(|_| ("a_name_that_is_longer_than_any", true)));
    let told = b.desk.keep_layout(ListName::Stock, long).await.unwrap_err();
    assert!(told.to_string().contains("1000 characters"), "{told}");
}

#[tokio::test]
async fn a_read_only_session_changes_nothing_and_says_so() {
    let b = bench(Access::ReadOnly).await;
    let id = b.blocked_orders(&["1001"]).await;
    let before = b.store.exception(id).await.unwrap().unwrap();
    let desk = &b.desk;
    let refused = [
        desk.acknowledge(id, before.version).await,
        desk.note(id, "looked at it").await,
        desk.mark_fixed(id, before.version).await,
        desk.retry_exception(id).await,
        desk.hold_order(OrderId(1), "fraud check").await,
        desk.pause_flow(&pair(), Some(Flow::OrderCreate), "count")
            .await,
        desk.apply(&pair(), vec![carrier("RM48")], None, "new service")
            .await,
        desk.save_view(late(), None).await,
    ];
    for result in refused {
        let error = result.unwrap_err();
        assert!(matches!(error, DeskError::ReadOnly { .. }), "{error}");
        assert!(error.to_string().contains("read-only"));
    }
    assert_eq!(b.store.exception(id).await.unwrap().unwrap(), before);
    assert!(b.requests().await.is_empty());
    assert_eq!(desk.mappings(&pair()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_acts_on_old_values_is_told_and_nothing_is_lost() {
    let b = bench(Access::Full).await;
    let id = b.blocked_orders(&["1001"]).await;
    let version = b.desk.exception(id).await.unwrap().version;
    let done = b.desk.acknowledge(id, version).await.unwrap();
    assert!(done.text.contains("is yours"), "{}", done.text);
    let stale = b
        .desk
        .assign(id, version, Team::Data, Some("kim"), None)
        .await
        .unwrap_err();
    assert!(stale.is_stale(), "{stale}");
    assert!(stale.to_string().contains("by sam"), "{stale}");
    let row = b.desk.exception(id).await.unwrap();
    assert_eq!(row.state, ExceptionState::Acknowledged);
    assert_eq!(row.team, Kind::OrdCarrierUnmapped.entry().owner);
}

#[tokio::test]
async fn a_snooze_never_outlasts_the_promise_of_an_order_in_it() {
    let b = bench(Access::Full).await;
    let id = b.blocked_orders(&["1001"]).await;
    let version = b.desk.exception(id).await.unwrap().version;
    b.desk.acknowledge(id, version).await.unwrap();
    let version = version + 1;
    let told = |r: DeskResult<Done>| r.unwrap_err().to_string();
    let late = b.desk.snooze(id, version, NOW + Span::hours(5), None).await;
    assert!(told(late).contains("must ship by"));
    let past = b.desk.snooze(id, version, NOW - Span::secs(1), None).await;
    assert!(told(past).contains("that time has passed"));
    let odd = b
        .desk
        .snooze(id, version, NOW + Span::hours(1), Some("full moon"))
        .await;
    assert!(told(odd).contains("next_snapshot or grows"));
    b.desk
        .snooze(id, version, NOW + Span::hours(1), Some("grows"))
        .await
        .unwrap();
    let row = b.desk.exception(id).await.unwrap();
    assert_eq!(row.state, ExceptionState::Snoozed);
    let condition = row.snooze_condition.unwrap_or_default();
    assert!(condition.starts_with("grows"), "{condition}");
}

#[tokio::test]
async fn saying_fixed_asks_the_engine_to_read_both_systems() {
    let b = bench(Access::Full).await;
    let id = b.blocked_orders(&["1001"]).await;
    let version = b.desk.exception(id).await.unwrap().version;
    let done = b.desk.mark_fixed(id, version).await.unwrap();
    let requests = b.requests().await;
    assert_eq!(requests.len(), 1);
    assert_eq!(Some(requests[0].id), done.request);
    assert_eq!(requests[0].kind, "check_fixed");
    assert_eq!(requests[0].body["exception"], id.0);
    assert_eq!(requests[0].who, "sam");
    let row = b.desk.exception(id).await.unwrap();
    assert_eq!(row.state, ExceptionState::FixedPending);
}

#[tokio::test]
async fn dismissing_needs_a_reason_and_a_kind_that_allows_it() {
    let b = bench(Access::Full).await;
    let of = |is_dismissable: bool| {
        let mut kinds = Kind::ALL.iter().copied();
        kinds
            .find(|k| k.entry().is_dismissable == is_dismissable)
            .unwrap()
    };
    let raise = |kind| {
        Change::Raise(Occurrence {
            kind,
            ..unmapped(OrderId(1), "1001")
        })
    };
    b.given(vec![order_change(1, order("1001"), OrderState::Blocked)])
        .await;
    let debt = b.given(vec![raise(of(true))]).await.opened[0];
    let never = b.given(vec![raise(of(false))]).await.opened[0];
    for id in [debt, never] {
        let version = b.desk.exception(id).await.unwrap().version;
        b.desk.acknowledge(id, version).await.unwrap();
    }
    let version = b.desk.exception(debt).await.unwrap().version;
    let blank = b.desk.dismiss(debt, version, "  ").await.unwrap_err();
    assert!(blank.to_string().contains("needs a reason"), "{blank}");
    b.desk
        .dismiss(debt, version, "sold by phone")
        .await
        .unwrap();
    let debts = b.store.debts(true, 10).await.unwrap();
    assert_eq!((debts.len(), debts[0].who.as_str()), (1, "sam"));
    let version = b.desk.exception(never).await.unwrap().version;
    let refused = b.desk.dismiss(never, version, "tired of it").await;
    let told = refused.unwrap_err().to_string();
    assert!(told.contains("cannot be dismissed"), "{told}");
}

#[tokio::test]
async fn an_order_is_held_before_the_warehouse_has_it_and_not_after() {
    let b = bench(Access::Full).await;
    b.given(vec![
        order_change(1, order("1001"), OrderState::Ready),
        order_change(2, order("1002"), OrderState::Picking),
        order_change(3, order("1003"), OrderState::Closed),
    ])
    .await;
    b.desk.hold_order(OrderId(1), "fraud check").await.unwrap();
    let request = &b.requests().await[0];
    assert_eq!(request.kind, "hold_order");
    assert_eq!(request.body["order"], 1);
    assert_eq!(request.body["reason"], "fraud check");
    let picking = b.desk.hold_order(OrderId(2), "late").await.unwrap_err();
    assert!(
        picking.to_string().contains("the warehouse has it"),
        "{picking}"
    );
    let closed = b.desk.hold_order(OrderId(3), "late").await.unwrap_err();
    assert!(closed.to_string().contains("nothing is left"), "{closed}");
    let free = b.desk.release_order(OrderId(2)).await.unwrap_err();
    assert!(free.to_string().contains("nobody holds it"), "{free}");
    assert_eq!(b.requests().await.len(), 1);
}

#[tokio::test]
async fn without_a_worker_the_person_is_told_who_must_run() {
    let b = bench(Access::Full).await;
    b.given(vec![order_change(1, order("1001"), OrderState::Ready)])
        .await;
    let done = b.desk.resync_order(OrderId(1)).await.unwrap();
    assert!(done.text.contains("No worker is running"), "{}", done.text);
    let id = done.request.unwrap();
    let wait = std::time::Duration::from_millis(1);
    assert!(b.desk.wait_for_answer(id, wait).await.unwrap().is_none());
    b.given(vec![Change::RequestDone {
        id,
        is_ok: true,
        answer: "read again".to_owned(),
    }])
    .await;
    let row = b.desk.wait_for_answer(id, wait).await.unwrap().unwrap();
    assert_eq!(row.answer, "read again");
}

#[tokio::test]
async fn a_write_that_may_have_arrived_is_never_given_up() {
    let b = bench(Access::Full).await;
    let delivery = NewDelivery {
        id: DeliveryId(50),
        flow: Flow::OrderCancel,
        pair: pair(),
        system: "pvx".into(),
        lane: Flow::OrderCancel.lane(),
        order_key: "order:LW-1001".to_owned(),
        idem_key: "cancel|LW-1001".to_owned(),
        order: None,
        object: "LW-1001".to_owned(),
        intent: Intent::CancelOrder {
            number: "LW-1001".into(),
        },
        ship_by: None,
        due_at: NOW,
        depth: 0,
        caused_at: NOW,
    };
    b.given(vec![Change::Enqueue(Box::new(delivery))]).await;
    b.desk.retry_delivery(DeliveryId(50)).await.unwrap();
    b.given(vec![Change::Deliver(crate::domain::change::DeliveryMove {
        id: DeliveryId(50),
        from: None,
        to: DeliveryState::InDoubt,
        step: 0,
        due_at: NOW,
        attempts: 1,
        sent_at: Some(NOW),
        absent_at: None,
        class: None,
        text: "no answer".to_owned(),
        intent: None,
    })])
    .await;
    let error = b
        .desk
        .cancel_delivery(DeliveryId(50), "not needed")
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("may have arrived in pvx"),
        "{error}"
    );
    let asked = b.desk.retry_delivery(DeliveryId(50)).await.unwrap();
    assert!(asked.text.contains("asked first"), "{}", asked.text);
    let missing = b.desk.retry_delivery(DeliveryId(99)).await.unwrap_err();
    assert!(matches!(missing, DeskError::NotFound { .. }));
}

#[tokio::test]
async fn one_carrier_mapping_would_release_what_it_blocks_and_then_does() {
    let b = bench(Access::Full).await;
    b.blocked_orders(&["1001", "1002", "1003"]).await;
    let preview = b.desk.preview(&pair(), &[carrier("RM48")]).await.unwrap();
    assert_eq!((preview.released, preview.looked_at), (3, 3), "{preview:?}");
    assert!(preview.still_blocked.is_empty());
    assert_eq!(preview.items[0].verdict, Verdict::Released);
    let other = edit((MappingKind::Carrier, "Next day", "RM24", ""));
    let preview = b.desk.preview(&pair(), &[other]).await.unwrap();
    assert_eq!(preview.released, 0);
    assert_eq!(
        preview.still_blocked,
        [("ORD_CARRIER_UNMAPPED SERVICE=Tracked 48".to_owned(), 3)]
    );

    let done = b
        .desk
        .apply(
            &pair(),
            vec![carrier("RM48")],
            Some(preview.version),
            "new service",
        )
        .await
        .unwrap();
    assert!(done.text.contains("3 blocked objects"), "{}", done.text);
    let request = &b.requests().await[0];
    assert_eq!(request.kind, "recheck_orders");
    assert_eq!(request.body["kind"], "ORD_CARRIER_UNMAPPED");
    assert_eq!(request.body["discriminator"], "SERVICE=Tracked 48");
    let again = b
        .desk
        .apply(&pair(), vec![carrier("RM24")], Some(preview.version), "x")
        .await
        .unwrap_err();
    assert!(again.is_stale(), "{again}");
}

#[tokio::test]
async fn changing_a_carrier_shows_the_open_orders_it_would_change() {
    let b = bench(Access::Full).await;
    b.lists().await;
    b.desk
        .apply(&pair(), vec![carrier("RM48")], None, "go live")
        .await
        .unwrap();
    b.given(vec![
        order_change(11, order("2001"), OrderState::InWarehouse),
        order_change(12, order("2002"), OrderState::Despatched),
    ])
    .await;
    let preview = b.desk.preview(&pair(), &[carrier("RM24")]).await.unwrap();
    assert_eq!((preview.changed_open, preview.released), (1, 0));
    assert_eq!(
        preview.items[0].verdict,
        Verdict::Changed("carrier service RM48 → RM24".to_owned())
    );
    let remove = MappingEdit::Remove {
        kind: MappingKind::Carrier,
        from: "Tracked 48".to_owned(),
    };
    let preview = b.desk.preview(&pair(), &[remove]).await.unwrap();
    assert_eq!(preview.newly_blocked, 1);
}

#[tokio::test]
async fn a_mapping_to_something_that_does_not_exist_is_refused_with_what_was_meant() {
    let b = bench(Access::Full).await;
    b.blocked_orders(&["1001"]).await;
    let error = b
        .desk
        .apply(&pair(), vec![carrier("RM84")], None, "new service")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("RM84"), "{error}");
    assert!(error.to_string().contains("RM48"), "{error}");
    assert!(b.requests().await.is_empty());
    let codes: Vec<String> = b
        .desk
        .completion(&pair(), MappingKind::Carrier, "rm")
        .await
        .unwrap()
        .into_iter()
        .map(|t| t.code)
        .collect();
    assert_eq!(codes, ["RM24", "RM48"]);
}

#[tokio::test]
async fn a_site_that_feeds_another_pair_too_is_mapped_with_its_share_or_not_at_all() {
    let b = bench(Access::Full).await;
    b.lists().await;
    b.given(vec![targets_of(shop(), MappingKind::Site, &["MAIN"])])
        .await;
    let silent = edit((MappingKind::Site, "web", "MAIN", "basis=NET_LIVE"));
    let refused = b.desk.apply(&shop(), vec![silent], None, "go live").await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("feeds lw-pvx too"), "{refused}");
    assert_eq!(b.store.mapping_version(&shop()).await.unwrap(), 0);
    let said = edit((
        MappingKind::Site,
        "web",
        "MAIN",
        "basis=NET_LIVE;stock_share_percent=40",
    ));
    let preview = b.desk.preview(&shop(), std::slice::from_ref(&said)).await;
    let warnings = preview.unwrap().warnings.join("\n");
    assert!(warnings.contains("140 %"), "{warnings}");
    assert!(warnings.contains("lw-pvx offers all of it"), "{warnings}");
    b.desk
        .apply(&shop(), vec![said], None, "go live")
        .await
        .unwrap();
}

#[tokio::test]
async fn a_ledger_s_site_is_mapped_from_one_location_only() {
    let b = bench(Access::Full).await;
    b.given(vec![targets_of(
        ledger(),
        MappingKind::Site,
        &["MAIN", "BACK"],
    )])
    .await;
    let site = |from, to| edit((MappingKind::Site, from, to, "basis=NET_STATIC"));
    let twice = vec![site("A", "MAIN"), site("B", "MAIN")];
    let refused = b.desk.apply(&ledger(), twice, None, "go live").await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("one location per site"), "{refused}");
    let once = vec![site("A", "MAIN"), site("B", "BACK")];
    b.desk
        .apply(&ledger(), once, None, "go live")
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_exported_imports_unchanged_and_a_rollback_brings_it_back() {
    let b = bench(Access::Full).await;
    b.blocked_orders(&["1001"]).await;
    b.desk
        .apply(&pair(), vec![carrier("RM48")], None, "go live")
        .await
        .unwrap();
    let first = b.store.mapping_version(&pair()).await.unwrap();
    let csv = b.desk.export_csv(&pair()).await.unwrap();
    let read = b.desk.import_csv(&pair(), &csv).await.unwrap();
    assert_eq!((read.edits.len(), read.unchanged), (0, 2));

    b.desk
        .apply(&pair(), vec![carrier("RM24")], None, "cheaper")
        .await
        .unwrap();
    b.desk
        .rollback(&pair(), first, "it was late")
        .await
        .unwrap();
    assert_eq!(b.desk.export_csv(&pair()).await.unwrap(), csv);
    let future = b.desk.rollback(&pair(), 999, "x").await.unwrap_err();
    assert!(future.to_string().contains("cannot go back to version 999"));
}

#[tokio::test]
async fn a_flow_is_paused_with_a_reason_and_only_scheduled_ones_run_by_hand() {
    let b = bench(Access::Full).await;
    let flow = Flow::OrderCreate;
    let blank = b
        .desk
        .pause_flow(&pair(), Some(flow), "")
        .await
        .unwrap_err();
    assert!(blank.to_string().contains("needs a reason"));
    b.desk
        .pause_flow(&pair(), Some(flow), "stock count")
        .await
        .unwrap();
    b.desk.resume_flow(&pair(), Some(flow)).await.unwrap();
    let error = b.desk.run_flow(&pair(), flow).await.unwrap_err();
    assert!(error.to_string().contains("has no schedule"), "{error}");
    b.desk.run_flow(&pair(), Flow::StockSnapshot).await.unwrap();
    assert_eq!(b.requests().await[0].body["flow"], "STOCK_SNAPSHOT");
    let unknown = b
        .desk
        .run_flow(&PairId::from("nope"), Flow::StockSnapshot)
        .await
        .unwrap_err();
    assert!(unknown.to_string().contains("the configuration has lw-pvx"));
}

#[tokio::test]
async fn a_lane_in_which_nothing_waits_is_not_dealt_with_and_a_reason_says_something() {
    let b = bench(Access::Full).await;
    let (item, location) = ("MUG".into(), "main".into());
    let deal = |remedy, why: &'static str| {
        let (desk, lane) = (b.desk.clone(), (&item, &location));
        async move { desk.lane_head(&ledger(), lane, remedy, why).await }
    };
    let empty = deal(LaneRemedy::Skip, "entered by hand in the office").await;
    assert!(
        matches!(empty, Err(DeskError::NotFound { .. })),
        "{empty:?}"
    );
    let short = deal(LaneRemedy::Replace { counted_each: 4 }, "ok").await;
    assert!(
        matches!(&short, Err(DeskError::Refused(why)) if why.contains("characters")),
        "{short:?}"
    );
}

#[tokio::test]
async fn a_set_of_mappings_is_taken_back_unless_somebody_made_a_later_one() {
    let b = bench(Access::Full).await;
    b.blocked_orders(&["100101"]).await;
    let set = |from: &str, to: &str| vec![edit((MappingKind::Carrier, from, to, ""))];
    b.desk
        .apply(&pair(), set("Tracked 48", "RM48"), None, "new service")
        .await
        .unwrap();
    let found = b.desk.newest_undoable().await.unwrap();
    assert!(found.about().contains("1 change to the mappings of lw-pvx"));
    let done = b.desk.undo(found.seq).await.unwrap();
    assert!(done.text.starts_with("Taken back: "), "{}", done.text);
    let left = b.desk.mappings(&pair()).await.unwrap();
    assert!(left.iter().all(|m| m.from != "Tracked 48"), "{left:?}");
    let twice = b.desk.undo(found.seq).await.unwrap_err().to_string();
    assert!(twice.contains("was taken back by sam"), "{twice}");

    let mut lines = Vec::new();
    for from in ["Tracked 48", "Tracked 24"] {
        b.desk
            .apply(&pair(), set(from, "RM48"), None, "new service")
            .await
            .unwrap();
        lines.push(b.desk.newest_undoable().await.unwrap().seq);
    }
    let refused = b.desk.undo(lines[0]).await.unwrap_err().to_string();
    assert!(refused.contains("have changed since"), "{refused}");
}

#[tokio::test]
async fn a_removed_view_comes_back_and_a_new_one_goes() {
    let b = bench(Access::Full).await;
    let late = View {
        list: ListName::Orders,
        name: "late".to_owned(),
        filter: "ship<0m".to_owned(),
        sort: "ship".to_owned(),
        is_descending: false,
    };
    b.desk.save_view(late.clone(), None).await.unwrap();
    b.desk
        .remove_view(ListName::Orders, "late", 1)
        .await
        .unwrap();
    let removed = b.desk.newest_undoable().await.unwrap();
    b.desk.undo(removed.seq).await.unwrap();
    let views = b.desk.views().await.unwrap();
    assert_eq!(views.first().map(|v| &v.view), Some(&late));
    let saved = b.desk.newest_undoable().await.unwrap();
    b.desk.undo(saved.seq).await.unwrap();
    assert!(b.desk.views().await.unwrap().is_empty());
    let none = b.desk.newest_undoable().await.unwrap_err().to_string();
    assert!(none.contains("sam has made no edit"), "{none}");
}

#[tokio::test]
async fn what_went_outside_is_not_taken_back_and_a_reader_takes_nothing_back() {
    let b = bench(Access::Full).await;
    let id = b.blocked_orders(&["100101"]).await;
    b.desk.retry_exception(id).await.unwrap();
    let none = b.desk.newest_undoable().await.unwrap_err().to_string();
    assert!(none.contains("an action of its own"), "{none}");
    let line = b
        .desk
        .undoable(JournalSeq(1))
        .await
        .unwrap_err()
        .to_string();
    assert!(line.contains("cannot be taken back"), "{line}");
    let version = b.desk.exception(id).await.unwrap().version;
    b.desk.acknowledge(id, version).await.unwrap();
    let reader = bench(Access::ReadOnly).await;
    let seq = b.desk.newest_undoable().await.unwrap().seq;
    let mine = Desk {
        access: reader.desk.access,
        ..b.desk.clone()
    };
    let refused = mine.undo(seq).await.unwrap_err();
    assert!(matches!(refused, DeskError::ReadOnly { .. }), "{refused}");
}

#[tokio::test]
async fn what_carries_a_number_is_found_whatever_it_is() {
    let b = bench(Access::Full).await;
    let id = b.blocked_orders(&["100101", "100102"]).await;
    let kinds = |found: Vec<Found>| -> Vec<String> {
        let said = found.iter().map(|f| match f {
            Found::Order(row) => format!("order {}", row.number),
            Found::Item { pair, item, .. } => format!("item {item} of {pair}"),
            Found::Return { reference, .. } => format!("return {reference}"),
            Found::Exception(row) => format!("exception {}", row.id),
        });
        said.collect()
    };
    let one = kinds(b.desk.find("LW-100101").await.unwrap());
    assert_eq!(one, ["order 100101"]);
    let begins = kinds(b.desk.find("1001").await.unwrap());
    assert_eq!(begins, ["order 100101", "order 100102"]);
    // One warehouse, three pairs: the item is somebody's in each.
    let item = kinds(b.desk.find("plat").await.unwrap());
    assert_eq!(
        item.first().map(String::as_str),
        Some("item PLATE of lw-pvx")
    );
    let case = kinds(b.desk.find(&format!("#{id}")).await.unwrap());
    assert_eq!(case, [format!("exception {id}")]);
    assert!(
        b.desk.find("pl").await.unwrap().is_empty(),
        "too short to mean one"
    );
    assert!(b.desk.find(&"x".repeat(500)).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_done_to_several_in_one_go_is_taken_back_in_one_go() {
    let b = bench(Access::Full).await;
    let first = b.blocked_orders(&["100101"]).await;
    let second = {
        let other = Occurrence {
            discriminator: "SERVICE=Tracked 24".to_owned(),
            ..unmapped(OrderId(1), "100101")
        };
        b.given(vec![Change::Raise(other)]).await.opened[0]
    };
    let desk = b.desk.in_one_go();
    for id in [first, second] {
        let version = b.desk.exception(id).await.unwrap().version;
        desk.acknowledge(id, version).await.unwrap();
    }
    let newest = b.desk.newest_undoable().await.unwrap();
    let together = b.desk.undoable_together(newest.clone()).await.unwrap();
    assert_eq!(together.len(), 2);
    let done = b.desk.undo(newest.seq).await.unwrap();
    assert!(
        done.text.contains("2 exceptions stand as they did"),
        "{}",
        done.text
    );
    for id in [first, second] {
        let row = b.desk.exception(id).await.unwrap();
        assert_eq!(row.state, ExceptionState::New);
    }
}
