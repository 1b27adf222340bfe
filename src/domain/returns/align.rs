//! Money beside goods, item by item: what finance reads at the end of the month.

use super::ReturnLine;
use crate::domain::ids::Sku;
use crate::domain::order::coded_enum;
use std::collections::BTreeMap;

coded_enum! {
    /// How money and goods of one SKU compare.
    Aligned {
        /// As many units paid back as came back and were accepted.
        Even = 0, "even";
        /// Money went back first and the goods are on their way.
        MoneyFirst = 1, "money_first";
        /// Money went back and nobody plans a return.
        NoGoods = 2, "no_goods";
        /// Goods came back and the money has not followed.
        GoodsFirst = 3, "goods_first";
        /// A person recorded that no goods come: goodwill, or never shipped.
        Explained = 4, "explained";
    }
}

/// Money that went back for one SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    pub sku: Sku,
    pub refunded_each: i64,
    /// Of those: units for which a person recorded that no goods come.
    pub explained_each: i64,
}

/// One row of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    pub sku: Sku,
    pub refunded_each: i64,
    /// Expected back and not rejected.
    pub authorised_each: i64,
    pub received_each: i64,
    /// In stock, as far as the warehouse goes.
    pub stocked_each: i64,
    /// Fit for stock and not in the source's ledger yet.
    pub unposted_each: i64,
    pub aligned: Aligned,
    /// Units by which money is ahead of accepted goods (positive) or behind (negative).
    pub money_ahead_each: i64,
}

/// Compares refunds and returns of one order, in order of the SKUs.
pub fn align(money: &[Money], lines: &[ReturnLine]) -> Vec<Alignment> {
    let mut rows: BTreeMap<&Sku, (Alignment, i64, i64)> = BTreeMap::new();
    for m in money {
        let (row, explained, _) = rows.entry(&m.sku).or_insert_with(|| empty(&m.sku));
        row.refunded_each = row.refunded_each.saturating_add(m.refunded_each);
        *explained = explained.saturating_add(m.explained_each);
    }
    for l in lines {
        let (row, _, inspected) = rows.entry(&l.sku).or_insert_with(|| empty(&l.sku));
        row.authorised_each = row.authorised_each.saturating_add(l.authorised_each);
        row.received_each = row.received_each.saturating_add(l.received_each);
        row.stocked_each = row.stocked_each.saturating_add(l.stocked_each);
        let unposted = l.stocked_each.saturating_sub(l.confirmed_each).max(0);
        row.unposted_each = row.unposted_each.saturating_add(unposted);
        *inspected = inspected.saturating_add(l.inspected_each());
    }
    rows.into_values()
        .map(|(row, explained, inspected)| judged(row, explained, inspected))
        .collect()
}

fn empty(sku: &Sku) -> (Alignment, i64, i64) {
    let row = Alignment {
        sku: sku.clone(),
        refunded_each: 0,
        authorised_each: 0,
        received_each: 0,
        stocked_each: 0,
        unposted_each: 0,
        aligned: Aligned::Even,
        money_ahead_each: 0,
    };
    (row, 0, 0)
}

fn judged(mut row: Alignment, explained: i64, inspected: i64) -> Alignment {
    let owed = row.refunded_each.saturating_sub(explained);
    row.money_ahead_each = owed.saturating_sub(inspected);
    row.aligned = match row.money_ahead_each {
        0 if explained > 0 => Aligned::Explained,
        0 => Aligned::Even,
        n if n < 0 => Aligned::GoodsFirst,
        _ if owed <= row.authorised_each => Aligned::MoneyFirst,
        _ => Aligned::NoGoods,
    };
    row
}

impl Alignment {
    /// The row in plain words.
    pub fn words(&self) -> String {
        let n = crate::text::count(self.money_ahead_each.abs(), "unit", "units");
        match self.aligned {
            Aligned::Even => "money and goods agree".to_owned(),
            Aligned::Explained => "money and goods agree, the rest is explained".to_owned(),
            Aligned::MoneyFirst => format!("money went back for {n} still on the way"),
            Aligned::NoGoods => {
                format!("money went back for {n}, not all of which anybody expects")
            }
            Aligned::GoodsFirst => format!("{n} came back and the money has not followed"),
        }
    }
}
