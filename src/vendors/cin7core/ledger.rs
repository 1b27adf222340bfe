//! The ledger as the trade sees it: on hand of an item where it lies, and documents that change it.
//!
//! A line of an adjustment addresses exactly one place (the warehouse without a bin, or one bin); stock elsewhere is not
//! touched. Lots are not guessed: an item held in batches is refused in words.

use super::adjust::{Adjusted, Adjustment, AdjustmentLine, AdjustmentWrite};
use super::call::Call;
use super::client::{fail, refused};
use super::decimal::Decimal;
use super::stages::Place;
use super::stock::{Product, StockRow, stock_by_location};
use super::words::AdjustmentStatus;
use super::{Cin7Core, RowsPage};
use crate::domain::delivery::AnswerClass;
use crate::domain::ids::{ItemCode, LocationId, Sku};
use crate::domain::movements::{FoundDocument, LaneKey};
use crate::vendors::{
    AdjustmentDoc, AdjustmentLineWrite, Adjustments, Answer, CallLog, LedgerPage, PostedDoc,
    Posting, Shelf, Sought,
};
use futures::future::BoxFuture;

/// Most pages of the list of adjustments looked through: a million documents.
const PAGES_MAX: u32 = 1_000;

impl Cin7Core {
    pub(super) fn learn_costs(&self, products: &[Product]) {
        if let Ok(mut costs) = self.costs.write() {
            for product in products {
                costs.insert(product.product.sku.clone(), product.average_cost);
            }
        }
    }

    fn cost(&self, sku: &Sku) -> Decimal {
        let known = self.costs.read().ok();
        let cost = known.and_then(|costs| costs.get(sku).copied());
        cost.unwrap_or(Decimal::ZERO)
    }

    /// The name of a location by its id.
    fn place_name(&self, location: &LocationId) -> Option<String> {
        let known = self.places.read().ok()?;
        let mut found = known.iter().filter(|(_, id)| *id == location);
        found.next().map(|(name, _)| name.clone())
    }

    fn place(&self, name: &str, location: &LocationId) -> Place {
        let bins = self.bins.read().ok();
        let bin = bins.and_then(|ids| ids.get(&name.to_lowercase()).cloned());
        Place {
            name: name.to_owned(),
            id: Some(bin.unwrap_or_else(|| location.clone())),
        }
    }

    async fn read_shelf(
        &self,
        sku: &Sku,
        location: &LocationId,
        delta_each: i64,
        log: &CallLog,
    ) -> Answer<Shelf> {
        self.know_places(log).await?;
        let rows = self.stock_of(sku, log).await?;
        let here: Vec<&StockRow> = rows.iter().filter(|r| r.location == *location).collect();
        if here.iter().any(|r| !r.batch.is_empty()) {
            let text = format!(
                "{sku} is held in batches there, and the movement names none: book it by hand"
            );
            return Err(refused(Call::WriteAdjustment, &text));
        }
        let mut lying = Vec::with_capacity(here.len());
        for row in here {
            let Some(on_hand) = row.on_hand.as_whole() else {
                let text = format!("{sku} is held in parts of a unit: {}", row.on_hand);
                return Err(refused(Call::WriteAdjustment, &text));
            };
            lying.push((row, on_hand));
        }
        let (place, on_hand_each) = match chosen(&lying, delta_each) {
            Some((row, on_hand)) => (place_of(row), on_hand),
            // Rows of nothing but zeros are left out: nothing lies there.
            None => (
                self.place_name(location)
                    .unwrap_or_else(|| location.0.clone()),
                0,
            ),
        };
        Ok(Shelf {
            sku: sku.clone(),
            location: location.clone(),
            place,
            on_hand_each,
        })
    }

    fn line(&self, line: &AdjustmentLineWrite) -> Adjustment {
        Adjustment {
            sku: line.shelf.sku.clone(),
            place: self.place(&line.shelf.place, &line.shelf.location),
            on_hand_each: line.target_each,
            unit_cost: self.cost(&line.shelf.sku),
            batch: String::new(),
            expiry: None,
        }
    }

    async fn post_doc(&self, doc: &AdjustmentDoc, log: &CallLog) -> Answer<Posting> {
        let write = AdjustmentWrite {
            effective: doc.at.to_utc().with_timezone(&self.time_zone).date_naive(),
            reference: doc.reference.clone(),
            comment: doc.comment.clone(),
            account: doc.account.clone(),
            lines: doc.lines.iter().map(|l| self.line(l)).collect(),
        };
        let written = self.write_adjustment(&write, log).await?;
        Ok(match (written.class, written.found) {
            (_, None) => Posting::NoNeed,
            (AnswerClass::Applied, Some(found)) => Posting::Done {
                before: write.lines.iter().map(|l| before_of(&found, l)).collect(),
                document: found.task_id,
            },
            (_, Some(found)) => Posting::Unlike {
                document: found.task_id,
                why: written.text,
            },
        })
    }

    /// A document in the house's terms. Items go by their SKU here; who asked knows both.
    fn as_found(&self, held: Adjusted) -> PostedDoc {
        let lane = |line: &AdjustmentLine| LaneKey {
            location: self.warehouse_of(line),
            item: Some(ItemCode(line.sku.0.clone())),
        };
        let figures = held
            .lines
            .iter()
            .map(|l| (lane(l), l.target.as_whole().unwrap_or(i64::MIN)));
        PostedDoc {
            found: FoundDocument {
                lines: figures.collect(),
                is_completed: held.status == AdjustmentStatus::Completed,
                reference: held.reference,
            },
            document: held.task_id,
        }
    }

    /// The warehouse a line is booked at; a line may name a bin.
    fn warehouse_of(&self, line: &AdjustmentLine) -> LocationId {
        let name = line.place.split(": ").next().unwrap_or_default();
        self.location_id(name)
    }
}

/// Goods lie loose where they can; a change that is too large for that goes to the fullest bin.
fn chosen<'r>(lying: &[(&'r StockRow, i64)], delta_each: i64) -> Option<(&'r StockRow, i64)> {
    let loose = lying.iter().find(|(row, _)| row.bin.is_none()).copied();
    let fullest = lying.iter().max_by_key(|(_, on_hand)| *on_hand).copied();
    match (loose, fullest) {
        (Some((row, on_hand)), _) if on_hand.saturating_add(delta_each) >= 0 => {
            Some((row, on_hand))
        }
        (_, Some(fullest)) => Some(fullest),
        (loose, None) => loose,
    }
}

fn place_of(row: &StockRow) -> String {
    match &row.bin {
        Some(bin) => format!("{}: {bin}", row.location_name),
        None => row.location_name.clone(),
    }
}

/// Quantity before of the line that was sent.
fn before_of(found: &Adjusted, sent: &Adjustment) -> Option<i64> {
    let line = found.lines.iter().find(|line| line.is(sent))?;
    line.before.as_whole()
}

impl Adjustments for Cin7Core {
    fn shelf<'a>(
        &'a self,
        sku: &'a Sku,
        location: &'a LocationId,
        delta_each: i64,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Shelf>> {
        Box::pin(self.read_shelf(sku, location, delta_each, log))
    }

    fn knows(&self, sku: &Sku) -> bool {
        self.costs.read().is_ok_and(|costs| costs.contains_key(sku))
    }

    fn unit_cost_minor(&self, sku: &Sku) -> Option<i64> {
        let costs = self.costs.read().ok()?;
        costs.get(sku).map(|cost| cost.as_minor())
    }

    fn learn<'a>(&'a self, sku: &'a Sku, log: &'a CallLog) -> BoxFuture<'a, Answer<()>> {
        Box::pin(async move {
            let Some(product) = self.product(sku, log).await? else {
                return Err(refused(
                    Call::Products,
                    &format!("there is no product {sku}"),
                ));
            };
            self.learn_costs(&[product]);
            Ok(())
        })
    }

    fn post<'a>(
        &'a self,
        doc: &'a AdjustmentDoc,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Posting>> {
        Box::pin(self.post_doc(doc, log))
    }

    fn posted<'a>(
        &'a self,
        document: &'a str,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<PostedDoc>> {
        Box::pin(async move {
            self.know_places(log).await?;
            let held = self.adjustment(document, log).await?;
            Ok(self.as_found(held))
        })
    }

    fn seek<'a>(
        &'a self,
        reference: &'a str,
        page: u32,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<Sought>> {
        Box::pin(async move {
            let found = self.adjustments_page(None, page, log).await?;
            if let Some(bad) = found.unread.first() {
                // The one that cannot be read may be the one that is looked for.
                return Err(fail(
                    Call::AdjustmentList,
                    AnswerClass::Malformed,
                    &bad.text,
                ));
            }
            let rows = found.rows.into_iter().filter(|r| r.reference == reference);
            Ok(Sought {
                documents: rows.map(|r| r.task_id).collect(),
                is_last: found.is_last || page >= PAGES_MAX,
            })
        })
    }

    fn ledger_page<'a>(&'a self, page: u32, log: &'a CallLog) -> BoxFuture<'a, Answer<LedgerPage>> {
        Box::pin(async move {
            self.know_places(log).await?;
            let found: RowsPage<StockRow> = self.stock_page(page, log).await?;
            if let Some(bad) = found.unread.first() {
                return Err(fail(Call::Availability, AnswerClass::Malformed, &bad.text));
            }
            let sums = stock_by_location(&found.rows);
            Ok(LedgerPage {
                rows: sums.stock,
                not_whole: sums.not_whole,
                count: i64::try_from(found.rows.len()).unwrap_or(i64::MAX),
                total: found.total,
                is_last: found.is_last,
            })
        })
    }
}
