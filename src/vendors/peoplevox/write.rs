//! Writes: orders, lines, items, cancellations and subscriptions. There is no write of stock.

use super::Peoplevox;
use super::clause::searchable;
use super::client::succeed;
use super::names::{
    DELETED_MARK, EVENTS, ITEM_CODE_CHARS_MAX, LINE_REF_CHARS_MAX, ORDER_NUMBER_CHARS_MAX, template,
};
use super::save::{RowResult, judge_rows, worst_by_key};
use super::soap::{Operation, Reply};
use super::{dates, sheet, xml};
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{ItemCode, WmsOrderNo};
use crate::domain::order::{Address, WmsLineIntent, WmsOrderIntent};
use crate::domain::wms::NewItem;
use crate::text::{clean_to, money};
use crate::vendors::transport::{CallClass, Effect, TEXT_CHARS_MAX};
use crate::vendors::{Answer, CallError, CallLog, ROWS_MAX, RowOutcome};

/// One row to save: its key as Peoplevox will name it, and only the columns it has.
pub(super) struct Draft {
    pub(super) key: String,
    cells: Vec<(&'static str, String)>,
    /// Why it cannot be sent.
    pub(super) fault: Option<String>,
}

impl Draft {
    pub(super) fn new(key: &str, cells: Vec<(&'static str, String)>) -> Self {
        let fault = cells.iter().find_map(|(column, text)| {
            xml::unwritable(text).map(|c| {
                format!(
                    "{column} holds a character that cannot be sent (U+{:04X})",
                    u32::from(c)
                )
            })
        });
        Self {
            key: key.to_owned(),
            cells,
            fault,
        }
    }

    pub(super) fn with_fault(mut self, fault: Option<String>) -> Self {
        self.fault = fault.or(self.fault);
        self
    }
}

/// What stands in the second address line: Peoplevox has two lines and no company, so company, second and third line share it.
pub fn address_line2(address: &Address) -> String {
    [&address.company, &address.line2, &address.line3]
        .into_iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

fn number_fault(number: &WmsOrderNo) -> Option<String> {
    let text = number.as_str();
    let chars = text.chars().count();
    if chars == 0 || chars > ORDER_NUMBER_CHARS_MAX {
        return Some(format!(
            "an order number has 1 to {ORDER_NUMBER_CHARS_MAX} characters, {text:?} has {chars}"
        ));
    }
    (text.trim() != text).then(|| format!("the order number {text:?} begins or ends with a blank"))
}

/// What is wrong with an item code: 1 to 50 printable ASCII characters, no blank at either end, no mark of deleted records.
/// What Peoplevox itself allows is not documented; these are the codes seen to work everywhere.
pub fn item_code_fault(code: &ItemCode) -> Option<String> {
    let text = code.as_str();
    let shown = clean_to(text, 60);
    if text.is_empty() {
        Some("the item code is empty".to_owned())
    } else if text.chars().count() > ITEM_CODE_CHARS_MAX {
        Some(format!(
            "{shown:?} is longer than {ITEM_CODE_CHARS_MAX} characters"
        ))
    } else if let Some(c) = text.chars().find(|c| !matches!(c, ' '..='~')) {
        Some(format!(
            "{shown:?} holds {} (U+{:04X}); only plain printable characters work",
            clean_to(&c.to_string(), 4),
            u32::from(c)
        ))
    } else if text.trim() != text {
        Some(format!("{shown:?} begins or ends with a blank"))
    } else if text.contains(DELETED_MARK) {
        Some(format!(
            "{shown:?} holds {DELETED_MARK}, the mark of deleted items"
        ))
    } else {
        // An item that cannot be searched for can never be proven to be there.
        searchable(text).err().map(|fault| fault.to_string())
    }
}

fn too_many(what: &str, n: usize) -> CallError {
    CallError::new(
        AnswerClass::Rejected,
        format!("SaveData {what}: {n} rows in one call; at most {ROWS_MAX} are sent"),
    )
}

fn rejected(text: &str) -> RowResult {
    RowResult {
        class: AnswerClass::Rejected,
        text: clean_to(text, TEXT_CHARS_MAX),
    }
}

fn header_draft(order: &WmsOrderIntent) -> Draft {
    let address = &order.address;
    let mut cells = vec![
        ("SalesOrderNumber", order.number.0.clone()),
        (
            "CustomerPurchaseOrderReferenceNumber",
            order.po_reference.clone(),
        ),
        ("ContactName", address.name.clone()),
        ("Email", address.email.clone()),
        ("ShippingAddressLine1", address.line1.clone()),
        ("ShippingAddressLine2", address_line2(address)),
        ("ShippingAddressCity", address.town.clone()),
        ("ShippingAddressRegion", address.region.clone()),
        ("ShippingAddressPostcode", address.postcode.clone()),
        ("ShippingAddressCountry", address.country.clone()),
        ("CreatedDate", dates::write(order.created_at)),
        ("ServiceType", order.service.0.clone()),
        ("ChannelName", order.channel.clone()),
        ("Site", order.site.0.clone()),
        ("IsPartialShipment", order.is_partial_allowed.to_string()),
        ("ShippingCost", money(order.shipping_minor)),
        ("TotalSale", money(order.total_minor)),
    ];
    // What an empty date does on an update is unknown, so it is left out; empty text is meant as empty.
    if let Some(at) = order.requested_by {
        cells.push(("RequestedDeliveryDate", dates::write(at)));
    }
    Draft::new(order.number.as_str(), cells).with_fault(number_fault(&order.number))
}

fn line_draft(order: &WmsOrderIntent, line: &WmsLineIntent) -> Draft {
    let cells = vec![
        ("SalesOrderNumber", order.number.0.clone()),
        ("ItemCode", line.item.0.clone()),
        ("QuantityOrdered", line.qty_each.to_string()),
        ("Line", line.line_ref.clone()),
        ("SalePrice", money(line.unit_price_minor)),
    ];
    let chars = line.line_ref.chars().count();
    let fault = if chars > LINE_REF_CHARS_MAX {
        Some(format!(
            "the line reference {:?} is longer than {LINE_REF_CHARS_MAX} characters",
            line.line_ref
        ))
    } else if line.qty_each < 0 {
        Some(format!("line {:?} has a negative quantity", line.line_ref))
    } else {
        item_code_fault(&line.item)
    };
    Draft::new(order.number.as_str(), cells).with_fault(number_fault(&order.number).or(fault))
}

fn item_draft(item: &NewItem) -> Draft {
    let mut cells = vec![
        ("ItemCode", item.code.0.clone()),
        ("Name", item.name.clone()),
    ];
    // An empty barcode or group must not overwrite one that is there.
    if !item.barcode.is_empty() {
        cells.push(("Barcode", item.barcode.clone()));
    }
    if !item.group.is_empty() {
        cells.push(("ItemGroup", item.group.clone()));
    }
    Draft::new(item.code.as_str(), cells).with_fault(item_code_fault(&item.code))
}

impl Peoplevox {
    /// Saves rows, one call per set of columns (ordinarily one call in all, so that no row has holes), results in the
    /// order given. Rows with a fault are not sent.
    pub(super) async fn save(
        &self,
        name: &'static str,
        drafts: &[Draft],
        log: &CallLog,
    ) -> Answer<Vec<RowResult>> {
        if drafts.len() > ROWS_MAX {
            return Err(too_many(name, drafts.len()));
        }
        let mut results: Vec<Option<RowResult>> = drafts
            .iter()
            .map(|d| d.fault.as_deref().map(rejected))
            .collect();
        let mut buckets: Vec<(Vec<&'static str>, Vec<usize>)> = Vec::new();
        for (at, draft) in drafts.iter().enumerate() {
            if draft.fault.is_some() {
                continue;
            }
            let columns: Vec<&'static str> = draft.cells.iter().map(|(c, _)| *c).collect();
            match buckets.iter_mut().find(|(c, _)| *c == columns) {
                Some((_, rows)) => rows.push(at),
                None => buckets.push((columns, vec![at])),
            }
        }
        let mut is_first = true;
        for (columns, rows) in buckets {
            let keys: Vec<&str> = rows.iter().map(|at| drafts[*at].key.as_str()).collect();
            let answered = match self.save_bucket(name, &columns, &rows, drafts, log).await {
                Ok(reply) => judge_rows(&keys, &reply),
                Err(error) if is_first => return Err(error),
                // Rows of an earlier call are answered for and must be kept; these are asked about again.
                Err(error) => keys
                    .iter()
                    .map(|_| RowResult {
                        class: AnswerClass::Unknown,
                        text: error.text.clone(),
                    })
                    .collect(),
            };
            is_first = false;
            for (at, result) in rows.into_iter().zip(answered) {
                results[at] = Some(result);
            }
        }
        Ok(results
            .into_iter()
            .map(|r| {
                r.unwrap_or_else(|| RowResult {
                    class: AnswerClass::Unknown,
                    text: "the row has no answer".to_owned(),
                })
            })
            .collect())
    }

    async fn save_bucket(
        &self,
        name: &'static str,
        columns: &[&'static str],
        rows: &[usize],
        drafts: &[Draft],
        log: &CallLog,
    ) -> Answer<Reply> {
        // Columns the tenant is declared not to have are left out.
        let kept: Vec<(usize, &str)> = columns
            .iter()
            .enumerate()
            .filter_map(|(at, c)| self.names.column(name, c).map(|alias| (at, alias)))
            .collect();
        let header: Vec<&str> = kept.iter().map(|(_, alias)| *alias).collect();
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                kept.iter()
                    .map(|(at, _)| drafts[*row].cells[*at].1.clone())
                    .collect()
            })
            .collect();
        let operation = Operation::SaveData {
            template: self.names.sheet(name),
            csv: &sheet::write(&header, &lines),
        };
        self.client
            .call(&operation, CallClass::Write, Effect::Write, log)
            .await
    }

    /// Saves rows with one outcome per row.
    pub(super) async fn save_each(
        &self,
        name: &'static str,
        drafts: Vec<Draft>,
        log: &CallLog,
    ) -> Answer<Vec<RowOutcome>> {
        let results = self.save(name, &drafts, log).await?;
        Ok(drafts
            .into_iter()
            .zip(results)
            .map(|(draft, result)| RowOutcome {
                key: draft.key,
                class: result.class,
                text: result.text,
            })
            .collect())
    }

    pub(super) async fn write_items(
        &self,
        items: &[NewItem],
        log: &CallLog,
    ) -> Answer<Vec<RowOutcome>> {
        let drafts = items.iter().map(item_draft).collect();
        self.save_each(template::ITEMS, drafts, log).await
    }

    pub(super) async fn write_headers(
        &self,
        orders: &[WmsOrderIntent],
        log: &CallLog,
    ) -> Answer<Vec<RowOutcome>> {
        let drafts = orders.iter().map(header_draft).collect();
        self.save_each(template::ORDERS, drafts, log).await
    }

    /// Lines of several orders in one call. An order with one line that cannot be sent is not sent at all: half an
    /// order in the warehouse is worse than none.
    pub(super) async fn write_lines(
        &self,
        orders: &[WmsOrderIntent],
        log: &CallLog,
    ) -> Answer<Vec<RowOutcome>> {
        let mut drafts: Vec<Draft> = Vec::new();
        for order in orders {
            let mut rows: Vec<Draft> = order.lines.iter().map(|l| line_draft(order, l)).collect();
            if rows.is_empty() {
                let none = Draft::new(order.number.as_str(), Vec::new());
                rows.push(none.with_fault(Some("the order has no lines".to_owned())));
            }
            let fault = rows.iter().find_map(|r| r.fault.clone());
            drafts.extend(rows.into_iter().map(|r| r.with_fault(fault.clone())));
        }
        let results = self.save(template::LINES, &drafts, log).await?;
        let keys: Vec<&str> = drafts.iter().map(|d| d.key.as_str()).collect();
        Ok(worst_by_key(&keys, results))
    }

    /// `Cancelled` is the only status Peoplevox takes from outside.
    pub(super) async fn write_cancels(
        &self,
        numbers: &[WmsOrderNo],
        log: &CallLog,
    ) -> Answer<Vec<RowOutcome>> {
        let drafts = numbers
            .iter()
            .map(|number| {
                let cells = vec![
                    ("SalesOrderNumber", number.0.clone()),
                    ("Status", "Cancelled".to_owned()),
                ];
                Draft::new(number.as_str(), cells).with_fault(number_fault(number))
            })
            .collect();
        self.save_each(template::ORDERS, drafts, log).await
    }

    /// Subscribes by GET. The placeholders of the event are added to an address that has none.
    pub(super) async fn write_subscribe(
        &self,
        event: &str,
        url: &str,
        log: &CallLog,
    ) -> Answer<i64> {
        let placeholders = placeholders(event)?;
        let url = if placeholders.is_empty() || url.contains('{') {
            url.to_owned()
        } else {
            let joint = if url.contains('?') { '&' } else { '?' };
            format!("{url}{joint}{placeholders}")
        };
        let operation = Operation::SubscribeEvent { event, url: &url };
        self.subscription(&operation, log).await
    }

    /// As `subscribe`, with the placeholders in a posted form instead of the address, where they stay out of access logs.
    /// Answers with the subscription number.
    ///
    /// # Errors
    /// As every write; an event we do not know is rejected.
    pub async fn subscribe_post(&self, event: &str, url: &str, log: &CallLog) -> Answer<i64> {
        let operation = Operation::SubscribePostEvent {
            event,
            url,
            params: placeholders(event)?,
        };
        self.subscription(&operation, log).await
    }

    async fn subscription(&self, operation: &Operation<'_>, log: &CallLog) -> Answer<i64> {
        let answer = self.subscription_number(operation, log).await;
        answer.map_err(|mut error| {
            // The server may repeat the address it was given, and the address is a credential.
            if let Some(address) = operation.callback_address() {
                error.text = error.text.replace(address, "(callback address)");
            }
            error
        })
    }

    async fn subscription_number(&self, operation: &Operation<'_>, log: &CallLog) -> Answer<i64> {
        let title = operation.title();
        let reply = self
            .client
            .call(operation, CallClass::Write, Effect::Write, log)
            .await?;
        let reply = succeed(&title, reply)?;
        reply.detail.trim().parse().map_err(|_| CallError {
            // It may well exist: without its number it can never be ended.
            class: AnswerClass::Unknown,
            text: format!("{title}: the answer holds no subscription number"),
            wait: None,
        })
    }

    pub(super) async fn write_unsubscribe(&self, subscription: i64, log: &CallLog) -> Answer<bool> {
        let operation = Operation::UnsubscribeEvent { subscription };
        // Ending a subscription twice does no harm, so a lost answer is simply asked again.
        let reply = self
            .client
            .call(&operation, CallClass::Write, Effect::Read, log)
            .await?;
        let reply = succeed(&operation.title(), reply)?;
        Ok(reply.detail.trim().eq_ignore_ascii_case("true"))
    }
}

fn placeholders(event: &str) -> Answer<&'static str> {
    EVENTS
        .iter()
        .find(|(name, _)| *name == event)
        .map(|(_, placeholders)| *placeholders)
        .ok_or_else(|| {
            CallError::new(
                AnswerClass::Rejected,
                format!(
                    "there is no event {:?} to subscribe to",
                    clean_to(event, 60)
                ),
            )
        })
}
