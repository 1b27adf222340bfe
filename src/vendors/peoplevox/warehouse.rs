//! The traits of the house, carried out by the parts beside this file.

use super::names::ORDER_NUMBER_CHARS_MAX;
use super::{LIMIT_KEY, Peoplevox, write};
use crate::domain::budget::Rate;
use crate::domain::ids::{ItemCode, ReturnRef, SiteRef, WmsOrderNo};
use crate::domain::order::WmsOrderIntent;
use crate::domain::returns::ReturnIntent;
use crate::domain::time::Ts;
use crate::domain::wms::{
    DespatchLine, NewItem, WmsItem, WmsLine, WmsMovement, WmsOrder, WmsOrderStatus, WmsReturn,
    WmsReturnItem, WmsReturnLine, WmsService, WmsSite, WmsStock, WmsStockChange,
};
use crate::vendors::{Answer, CallLog, Finding, Limit, Op, Page, RowOutcome, System, Warehouse};
use futures::FutureExt;
use futures::future::BoxFuture;

impl System for Peoplevox {
    fn limits(&self) -> Vec<Limit> {
        vec![Limit {
            key: LIMIT_KEY.to_owned(),
            rate: Rate::Window {
                per_minute: self.per_minute,
            },
        }]
    }

    fn limit_key(&self, _op: Op) -> &str {
        LIMIT_KEY
    }

    fn concurrency_max(&self) -> usize {
        1
    }

    fn check<'a>(&'a self, now: Ts, log: &'a CallLog) -> BoxFuture<'a, Vec<Finding>> {
        self.run_check(now, log).boxed()
    }

    fn probe<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<()>> {
        self.read_probe(log).boxed()
    }
}

impl Warehouse for Peoplevox {
    fn items_page<'a>(
        &'a self,
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<WmsItem>>> {
        self.read_items_page(page, log).boxed()
    }

    fn items_by_code<'a>(
        &'a self,
        codes: &'a [ItemCode],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<WmsItem>>> {
        self.read_items(codes, log).boxed()
    }

    fn save_items<'a>(
        &'a self,
        items: &'a [NewItem],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>> {
        self.write_items(items, log).boxed()
    }

    fn orders_by_number<'a>(
        &'a self,
        numbers: &'a [WmsOrderNo],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<WmsOrder>>> {
        self.read_orders(numbers, log).boxed()
    }

    fn lines_by_number<'a>(
        &'a self,
        numbers: &'a [WmsOrderNo],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<WmsLine>>> {
        self.read_lines(numbers, log).boxed()
    }

    fn save_headers<'a>(
        &'a self,
        orders: &'a [WmsOrderIntent],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>> {
        self.write_headers(orders, log).boxed()
    }

    fn save_lines<'a>(
        &'a self,
        orders: &'a [WmsOrderIntent],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>> {
        self.write_lines(orders, log).boxed()
    }

    fn cancel_orders<'a>(
        &'a self,
        numbers: &'a [WmsOrderNo],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>> {
        self.write_cancels(numbers, log).boxed()
    }

    fn statuses_page<'a>(
        &'a self,
        prefix: &'a str,
        open_only: bool,
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<WmsOrderStatus>>> {
        self.read_statuses(prefix, open_only, page, log).boxed()
    }

    fn despatches_page<'a>(
        &'a self,
        since: Ts,
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<DespatchLine>>> {
        self.read_despatches(since, page, log).boxed()
    }

    fn stock_page<'a>(
        &'a self,
        sites: &'a [SiteRef],
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<WmsStock>>> {
        self.read_stock(sites, page, log).boxed()
    }

    fn stock_changes_page<'a>(
        &'a self,
        since: Ts,
        sites: &'a [SiteRef],
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<WmsStockChange>>> {
        self.read_stock_changes(since, sites, page, log).boxed()
    }

    fn movements_page<'a>(
        &'a self,
        since: Ts,
        sites: &'a [SiteRef],
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<WmsMovement>>> {
        self.read_movements(since, sites, page, log).boxed()
    }

    fn carrier_services<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<Vec<WmsService>>> {
        self.read_services(log).boxed()
    }

    fn sites<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<Vec<WmsSite>>> {
        self.read_sites(log).boxed()
    }

    fn templates<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<Vec<Finding>>> {
        self.read_templates(log).boxed()
    }

    fn subscribe<'a>(
        &'a self,
        event: &'a str,
        url: &'a str,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<i64>> {
        self.write_subscribe(event, url, log).boxed()
    }

    fn unsubscribe<'a>(
        &'a self,
        subscription: i64,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<bool>> {
        self.write_unsubscribe(subscription, log).boxed()
    }

    fn save_returns<'a>(
        &'a self,
        returns: &'a [ReturnIntent],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>> {
        self.write_returns(returns, log).boxed()
    }

    fn save_return_items<'a>(
        &'a self,
        returns: &'a [ReturnIntent],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<RowOutcome>>> {
        self.write_return_items(returns, log).boxed()
    }

    fn returns_by_ref<'a>(
        &'a self,
        references: &'a [ReturnRef],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<WmsReturn>>> {
        self.read_returns(references, log).boxed()
    }

    fn return_items_by_ref<'a>(
        &'a self,
        references: &'a [ReturnRef],
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Vec<WmsReturnItem>>> {
        self.read_return_items(references, log).boxed()
    }

    fn return_progress_page<'a>(
        &'a self,
        since: Ts,
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Page<WmsReturnLine>>> {
        self.read_return_progress(since, page, log).boxed()
    }

    fn order_number_chars_max(&self) -> usize {
        ORDER_NUMBER_CHARS_MAX
    }

    fn item_code_fault(&self, code: &ItemCode) -> Option<String> {
        write::item_code_fault(code)
    }
}
