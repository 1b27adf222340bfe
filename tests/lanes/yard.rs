//! A yard: one warehouse, one Cin7 Core account, an engine between them, one virtual clock.

use crate::one_core;
use tallyman::domain::catalogue::Kind;
use tallyman::domain::change::Change;
use tallyman::domain::delivery::Flow;
use tallyman::domain::exception::Severity;
use tallyman::domain::filter::{self, Filter};
use tallyman::domain::ids::{ItemCode, PairId, RequestId};
use tallyman::domain::mapping::{MappingEdit, MappingKind};
use tallyman::domain::movements::{self, LaneEntry};
use tallyman::domain::stock::StockPosition;
use tallyman::domain::time::{Span, Ts};
use tallyman::rehearsal::{Plan, Rig, RigOptions};
use tallyman::sandbox::{
    Cin7SaleSpec, Effect, FaultKind, FaultLevel, FaultRule, PvxStatus, SimSystem,
};
use tallyman::store::read::{Anchor, ListQuery};
use tallyman::store::{LaneRow, MovementRow};

pub const MUG: &str = "MUG-BLU-01";
pub const PLACE: &str = "Main Warehouse";
pub const WRITE: &str = "POST stockadjustment";
/// Long enough for a movement to be read and posted.
pub const SOON: Span = Span::mins(3);

pub struct Yard {
    pub rig: Rig,
    /// Another item of the warehouse that Cin7 Core knows by the same name.
    pub other: String,
    /// When the board was last held against the rules.
    looked_at: Ts,
}

impl Yard {
    /// Everything agrees, and the lanes are open.
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// Plays a scene in a yard of its own.
    pub async fn play(scene: impl AsyncFnOnce(&mut Self)) {
        Self::play_with(|_| {}, scene).await;
    }

    /// As [`Self::play`], with the rig set up differently.
    pub async fn play_with(
        change: impl FnOnce(&mut RigOptions),
        scene: impl AsyncFnOnce(&mut Self),
    ) {
        let mut yard = Self::with(change).await;
        scene(&mut yard).await;
        yard.rig.close().await;
    }

    pub async fn with(change: impl FnOnce(&mut RigOptions)) -> Self {
        one_core::keep_to_one_core();
        tallyman::vendors::transport::install_crypto();
        let plan = Plan {
            with_mistakes: false,
            with_deaths: false,
            orders_per_day: 0,
            sources: vec![SimSystem::Cin7],
            faults: FaultLevel::None,
            read_every: Span::mins(1),
            ..Plan::day(1)
        };
        let mut options = RigOptions::from_plan(&plan);
        options.sandbox.opening_orders = 0;
        options.sandbox.floor_percent = 1;
        change(&mut options);
        let rig = Rig::new(options).await.unwrap();
        let other = rig.sandbox.inspect(|w| {
            let mut codes = w.pvx.items.iter().map(|i| i.code.clone());
            codes.find(|c| c != MUG).unwrap()
        });
        let mut yard = Self {
            rig,
            other,
            looked_at: Ts(0),
        };
        yard.run(SOON).await;
        yard
    }

    pub async fn run(&mut self, span: Span) {
        let end = self.rig.now() + span;
        loop {
            let next = self.rig.step().await.unwrap();
            if self.rig.now().since(self.looked_at) >= Span::secs(20) {
                self.looked_at = self.rig.now();
                self.board_agrees().await;
            }
            if self.rig.now() >= end {
                return;
            }
            self.rig
                .advance_to(next.min(end).min(self.rig.now() + Span::secs(5)));
        }
    }

    /// The board added up by the store says of every lane what the rules say of its movements.
    async fn board_agrees(&self) {
        let (store, pair) = (&self.rig.store, self.pair());
        let rows = store.movements_open(&pair, &[], 1_000).await.unwrap();
        let owed = store.movements_owed(&pair).await.unwrap();
        let query = ListQuery {
            filter: Filter::default(),
            sort: "item".to_owned(),
            is_descending: false,
            anchor: Anchor::First,
            limit: 500,
            now: self.now(),
        };
        let board = store.lanes(Some(&pair), &query).await.unwrap().rows;
        let board: Vec<LaneRow> = board.into_iter().map(|l| l.row).collect();
        let entries: Vec<LaneEntry> = rows.iter().map(|r| r.entry.clone()).collect();
        let views = movements::lanes(&entries);
        for view in &views {
            let row = board.iter().find(|row| row.key == *view.key).unwrap();
            let head = row.head().map(|h| h.key.as_str());
            assert_eq!(head, view.head.map(|h| h.key.as_str()));
            assert_eq!(row.standing, view.standing);
            assert_eq!(row.waiting, view.waiting.len() as i64);
            assert_eq!(row.pending_each, view.pending_each());
        }
        for debt in &owed {
            let row = board.iter().find(|row| row.key == debt.lane).unwrap();
            assert_eq!(row.owed_each, debt.units_each);
        }
        let only_owed = board.iter().filter(|row| row.head().is_none()).count();
        assert_eq!(board.len(), views.len() + only_owed);
        for row in &board {
            let code = Filter {
                terms: filter::parse(
                    &format!("state:{}", row.standing),
                    filter::lists::STOCK_LANES,
                )
                .unwrap()
                .terms,
            };
            let query = ListQuery {
                filter: code,
                ..query.clone()
            };
            let found = store.lanes(None, &query).await.unwrap().rows;
            assert!(
                found.iter().any(|l| l.row.key == row.key),
                "{} is not found as {}",
                row.key,
                row.standing
            );
            assert_eq!(
                store.lane(&pair, &row.key).await.unwrap().as_ref(),
                Some(row)
            );
        }
    }

    pub fn pair(&self) -> PairId {
        self.rig.pairs[0].1.id.clone()
    }

    /// On hand in Cin7 Core at the warehouse's location.
    pub fn in_cin7(&self, code: &str) -> i64 {
        self.rig.sandbox.inspect(|w| w.cin7_on_hand(code, PLACE))
    }

    pub fn on_shelf(&self, code: &str) -> i64 {
        self.rig.sandbox.inspect(|w| {
            let item = w.pvx.item_by_code[code];
            w.pvx.shelf(item, 0).on_hand
        })
    }

    /// Somebody writes a figure into Cin7 Core by hand.
    pub fn set_in_cin7(&self, code: &str, each: i64) {
        self.rig
            .sandbox
            .act(|w| w.cin7_set_on_hand(code, PLACE, each))
            .unwrap();
    }

    /// The floor picks, packs and ships everything it has.
    pub async fn ship_everything(&mut self) {
        let open: Vec<String> = self.rig.sandbox.inspect(|w| {
            let is_over = |s| matches!(s, PvxStatus::Despatched | PvxStatus::Cancelled);
            let open = w.pvx.orders.iter().filter(|o| !is_over(o.status));
            open.map(|o| o.number.clone()).collect()
        });
        for number in open {
            self.rig.sandbox.act(|w| w.pick(&number)).unwrap();
            self.run(Span::secs(5)).await;
            self.rig
                .sandbox
                .act(|w| w.despatch(&number, "RM1GB"))
                .unwrap();
        }
    }

    /// A write of ours erases what somebody moved, who moves it again.
    pub async fn break_sequence(&mut self, code: &str) {
        let held = self.in_cin7(code);
        self.rig
            .sandbox
            .act(|w| w.cin7_meddle_at_next_write(code, PLACE, held - 2))
            .unwrap();
        self.goods_in(code, 5);
        while self.adjustments(code).is_empty() {
            self.run(Span::secs(5)).await;
        }
        self.set_in_cin7(code, held + 3);
    }

    /// What the last comparison said of itself.
    pub async fn note(&self) -> String {
        let all = self.rig.store.schedules().await.unwrap();
        let mine = all.iter().find(|s| s.flow == Flow::ReconcileStock);
        mine.map(|s| s.last_note.clone()).unwrap_or_default()
    }

    /// What was compared last of an item.
    pub async fn position(&self, code: &str) -> StockPosition {
        let item = ItemCode(code.to_owned());
        let found = self
            .rig
            .store
            .positions_of(&self.pair(), &[item])
            .await
            .unwrap();
        let place = self.location();
        let mut here = found.into_iter().filter(|p| p.location.0 == place);
        here.next().unwrap()
    }

    /// The ledger's location, by its id.
    pub fn location(&self) -> String {
        self.rig
            .sandbox
            .inspect(|w| w.cin7.locations[0].id.to_string())
    }

    /// How bad the open case of a kind is.
    pub async fn severity(&self, kind: Kind) -> Option<Severity> {
        let open = self.rig.store.open_exceptions(&[kind], None).await.unwrap();
        let id = open.first()?.id;
        let row = self.rig.store.exception(id).await.unwrap()?;
        Some(row.severity)
    }

    /// Somebody says of the open case of a kind that it should be tried again.
    pub async fn retries(&mut self, kind: Kind) -> (bool, String) {
        let open = self.rig.store.open_exceptions(&[kind], None).await.unwrap();
        let body = serde_json::json!({ "exception": open.first().unwrap().id });
        self.requests("sam", "retry_exception", body).await
    }

    /// What the open cases of a kind say.
    pub async fn said(&self, kind: Kind) -> Vec<String> {
        let all = self.cases().await.into_iter();
        all.filter(|(k, _)| *k == kind).map(|(_, d)| d).collect()
    }

    pub fn goods_in(&self, code: &str, each: i64) {
        let site = self.site();
        self.rig
            .sandbox
            .act(|w| w.goods_in(code, &site, each))
            .unwrap();
    }

    pub fn count(&self, code: &str, on_hand: i64) {
        let site = self.site();
        self.rig
            .sandbox
            .act(|w| w.count(code, &site, on_hand))
            .unwrap();
    }

    fn site(&self) -> String {
        self.rig
            .sandbox
            .inspect(|w| w.pvx.sites[0].reference.clone())
    }

    pub fn fault(&self, method: &str, kind: FaultKind, count: u32) {
        let rule = FaultRule::next(SimSystem::Cin7, method, kind, count);
        self.rig.sandbox.add_fault(rule);
    }

    /// Adjustments of ours that took effect.
    pub fn adjustments(&self, code: &str) -> Vec<Effect> {
        let all = self.rig.sandbox.ledger().into_iter();
        all.filter(|e| e.op == "Adjustment" && !e.caused_by_world)
            .filter(|e| e.object.starts_with(code))
            .collect()
    }

    pub async fn lane(&self, code: &str) -> Vec<MovementRow> {
        let all = self
            .rig
            .store
            .movements_open(&self.pair(), &[], 1_000)
            .await
            .unwrap();
        let item = ItemCode(code.to_owned());
        all.into_iter()
            .filter(|m| m.entry.movement.item == item)
            .collect()
    }

    /// Every movement of an item that was kept, newest first.
    pub async fn kept(&self, code: &str) -> Vec<MovementRow> {
        let item = ItemCode(code.to_owned());
        self.rig
            .store
            .movements_of_item(&self.pair(), &item, 1_000)
            .await
            .unwrap()
    }

    /// Open cases by kind, with what they say.
    pub async fn cases(&self) -> Vec<(Kind, String)> {
        let mut out = Vec::new();
        for case in self.rig.store.open_exceptions(&[], None).await.unwrap() {
            let members = self.rig.store.members(case.id, None, 100).await.unwrap();
            for member in members {
                out.push((case.kind, member.detail));
            }
        }
        out
    }

    pub async fn has(&self, kind: Kind) -> bool {
        self.cases().await.iter().any(|(k, _)| *k == kind)
    }

    pub fn sell(&self, lines: &[(&str, i64)]) -> String {
        let spec = Cin7SaleSpec {
            lines: lines.iter().map(|(c, n)| ((*c).to_owned(), *n)).collect(),
            ..Cin7SaleSpec::default()
        };
        self.rig.sandbox.act(|w| w.cin7_enter(&spec)).unwrap()
    }

    /// Whether the warehouse has an order of this sale.
    pub fn is_sent(&self, sale: &str) -> bool {
        let id = sale.to_lowercase();
        self.rig.sandbox.inspect(|w| {
            let mut orders = w.pvx.orders.iter();
            orders.any(|o| o.po_reference.to_lowercase() == id)
        })
    }

    /// Somebody asks for a remedy of the mug's lane; whether it was done, and the answer.
    pub async fn asks(
        &mut self,
        who: &str,
        remedy: &str,
        counted: Option<i64>,
        reason: &str,
    ) -> (bool, String) {
        let body = serde_json::json!({
            "pair": self.pair(), "item": MUG, "location": self.location(),
            "remedy": remedy, "counted": counted, "reason": reason,
        });
        self.requests(who, "lane_head", body).await
    }

    /// Somebody asks for the mug's drift to be corrected.
    pub async fn corrects(
        &mut self,
        who: &str,
        counted: Option<i64>,
        reason: &str,
    ) -> (bool, String) {
        let body = serde_json::json!({
            "pair": self.pair(), "item": MUG, "location": self.location(),
            "counted": counted, "reason": reason,
        });
        self.requests(who, "correct_stock", body).await
    }

    async fn requests(&mut self, who: &str, kind: &str, body: serde_json::Value) -> (bool, String) {
        let id = RequestId(self.rig.store.reserve_ids(1).await.unwrap());
        let kind = kind.to_owned();
        let change = Change::Request { id, kind, body };
        self.rig.commit(who, vec![change]).await.unwrap();
        self.run(Span::secs(5)).await;
        let row = self.rig.store.request(id).await.unwrap().unwrap();
        assert!(row.is_done);
        (row.is_ok, row.answer)
    }

    /// Goods turn up under a word the warehouse never used before.
    pub fn odd_movement(&self, code: &str, word: &'static str, each: i64) {
        self.rig.sandbox.act(|w| w.odd_movement(code, word, each));
    }

    /// Somebody maps a word, and whatever waits for it is looked at again.
    pub async fn maps(&mut self, kind: &str, from: &str, to: &str) {
        let edit = MappingEdit::Set {
            kind: MappingKind::parse(kind).unwrap(),
            from: from.to_owned(),
            to: to.to_owned(),
            attributes: std::collections::BTreeMap::new(),
        };
        let change = Change::Mappings {
            pair: self.pair(),
            edits: vec![edit],
            reason: "found goods count".to_owned(),
        };
        self.rig.commit("sam", vec![change]).await.unwrap();
    }

    pub fn now(&self) -> Ts {
        self.rig.now()
    }
}
