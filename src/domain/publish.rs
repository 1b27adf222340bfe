//! What to publish: the sellable figure, and the field value that makes the source show it.

use super::stock::Basis;

/// What the figure is made of, units of the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockInputs {
    /// V: available in the warehouse over the mapped sites, as reported.
    pub available: i64,
    /// H: on hand.
    pub on_hand: i64,
    /// L: allocated.
    pub allocated: i64,
    /// U: on accepted orders and not yet allocated.
    pub unsent: i64,
    /// D: despatched, not yet confirmed in the source. Still committed there, no longer in the warehouse: it is part of
    /// `committed` and changes nothing here.
    pub unconfirmed: i64,
    /// B: withheld.
    pub buffer: i64,
    /// C: the source's own open commitments now.
    pub committed: i64,
    pub basis: Basis,
}

/// The three figures of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// T: what could be sold; negative when more was promised than exists.
    pub sellable: i64,
    /// P: what the source should show.
    pub publish: i64,
    /// W: the field value to write.
    pub write: i64,
}

/// T = V − U. Some reports stop V at zero; a shortage then shows only as on hand below allocated, and counts.
pub fn sellable(available: i64, on_hand: i64, allocated: i64, unsent: i64) -> i64 {
    let shelf = on_hand.saturating_sub(allocated);
    let available = if available == 0 && shelf < 0 {
        shelf
    } else {
        available
    };
    available.saturating_sub(unsent)
}

/// P = max(0, T − B); W = P, or P + C where the source shows its field less its own open commitments (`GROSS`).
pub fn publish(inputs: &StockInputs) -> Published {
    let sellable = sellable(
        inputs.available,
        inputs.on_hand,
        inputs.allocated,
        inputs.unsent,
    );
    let publish = sellable.saturating_sub(inputs.buffer.max(0)).max(0);
    let write = match inputs.basis {
        Basis::NetStatic | Basis::NetLive => publish,
        Basis::Gross => publish.saturating_add(inputs.committed.max(0)),
    };
    Published {
        sellable,
        publish,
        write,
    }
}

/// A figure below this is always published as the worst case has it.
const PLENTY_EACH: i64 = 10;

/// How many units of U the warehouse must have allocated already, if the figure the source shows is right: an order on
/// its way lowers V before it leaves U, and a figure computed in between counts it twice. 0 when nothing on its way
/// explains the difference, and wherever stock is short: there the lower figure is published.
pub fn counted_twice(shown: i64, figures: &Published, on_their_way: i64) -> i64 {
    let difference = shown.saturating_sub(figures.publish);
    let is_explained = (1..=on_their_way).contains(&difference);
    if is_explained && figures.publish >= PLENTY_EACH {
        difference
    } else {
        0
    }
}

/// A complete snapshot may have this much fewer items than the last one, percent.
pub const SNAPSHOT_SHRINK_PERCENT_MAX: i64 = 5;

/// What a snapshot run read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotFacts {
    /// Every page up to the vendor's own end was read.
    pub is_last_page_read: bool,
    /// Rows read over all pages.
    pub rows: i64,
    /// Rows the vendor says there are, when it says so.
    pub total: Option<i64>,
    /// Rows of the last complete snapshot of the same kind; `None` for the first.
    pub previous_rows: Option<i64>,
}

/// Why a snapshot must not be applied; `None` when it is whole. What is absent from a snapshot with holes is never zero.
pub fn snapshot_fault(facts: &SnapshotFacts) -> Option<String> {
    let SnapshotFacts { rows, .. } = *facts;
    if !facts.is_last_page_read {
        return Some(format!(
            "a page is missing: only {rows} rows were read; nothing was applied, it is read again"
        ));
    }
    if let Some(total) = facts.total
        && total != rows
    {
        return Some(format!(
            "{rows} rows were read, but the warehouse counts {total}; nothing was applied, it is read again"
        ));
    }
    let previous = facts.previous_rows?;
    let least = previous.saturating_mul(100 - SNAPSHOT_SHRINK_PERCENT_MAX);
    (rows.saturating_mul(100) < least).then(|| {
        format!("{rows} rows were read, {previous} the time before; nothing was applied, accept it if the items are really gone")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mug() -> StockInputs {
        StockInputs {
            available: 15,
            on_hand: 20,
            allocated: 5,
            unsent: 3,
            unconfirmed: 0,
            buffer: 2,
            committed: 8,
            basis: Basis::NetLive,
        }
    }

    #[test]
    fn an_order_being_written_is_not_taken_off_twice() {
        // 100 were shown, 3 were sold: 97 in the source. The warehouse has allocated 2 of them before we know.
        let found = StockInputs {
            available: 98,
            unsent: 3,
            buffer: 0,
            ..mug()
        };
        let figures = publish(&found);
        assert_eq!(figures.publish, 95);
        assert_eq!(counted_twice(97, &figures, 3), 2);
        assert_eq!(
            counted_twice(97, &figures, 1),
            0,
            "one order on its way does not explain two units"
        );
        assert_eq!(counted_twice(95, &figures, 3), 0);
        assert_eq!(
            counted_twice(90, &figures, 3),
            0,
            "the source shows less: it is told at once"
        );
    }

    #[test]
    fn where_stock_is_short_the_worst_case_is_published() {
        let found = StockInputs {
            available: 9,
            unsent: 2,
            buffer: 0,
            ..mug()
        };
        assert_eq!(counted_twice(9, &publish(&found), 2), 0);
    }

    #[test]
    fn example_1_net_publish_writes_what_it_shows() {
        let p = publish(&mug());
        assert_eq!((p.sellable, p.publish, p.write), (12, 10, 10));
        let fixed = publish(&StockInputs {
            basis: Basis::NetStatic,
            ..mug()
        });
        assert_eq!(fixed, p);
    }

    #[test]
    fn example_2_gross_publish_adds_the_source_s_own_commitments() {
        let p = publish(&StockInputs {
            basis: Basis::Gross,
            ..mug()
        });
        assert_eq!((p.publish, p.write), (10, 18));
        assert_eq!(p.write - mug().committed, 10, "what the source then shows");
    }

    #[test]
    fn a_report_that_stops_at_zero_still_shows_the_shortage() {
        let p = publish(&StockInputs {
            available: 0,
            on_hand: 4,
            allocated: 6,
            unsent: 1,
            ..mug()
        });
        assert_eq!((p.sellable, p.publish, p.write), (-3, 0, 0));
        let quarantined = publish(&StockInputs {
            available: 0,
            on_hand: 4,
            allocated: 0,
            unsent: 0,
            ..mug()
        });
        assert_eq!(quarantined.sellable, 0);
    }

    #[test]
    fn a_despatch_awaiting_confirmation_does_not_move_the_shown_figure() {
        // Two units leave: warehouse on hand 20 → 18, allocated 5 → 3; the source still counts them as committed.
        let before = publish(&StockInputs {
            basis: Basis::Gross,
            ..mug()
        });
        let after = publish(&StockInputs {
            on_hand: 18,
            allocated: 3,
            unconfirmed: 2,
            basis: Basis::Gross,
            ..mug()
        });
        assert_eq!(before, after);
    }

    #[test]
    fn example_14_a_snapshot_with_a_hole_is_not_applied() {
        let whole = SnapshotFacts {
            is_last_page_read: true,
            rows: 4_000,
            total: Some(4_000),
            previous_rows: Some(4_010),
        };
        assert_eq!(snapshot_fault(&whole), None);
        assert_eq!(
            snapshot_fault(&SnapshotFacts {
                total: None,
                previous_rows: None,
                ..whole
            }),
            None
        );
        for (facts, expected) in [
            (
                SnapshotFacts {
                    is_last_page_read: false,
                    rows: 3_600,
                    ..whole
                },
                "page is missing",
            ),
            (
                SnapshotFacts {
                    rows: 3_600,
                    ..whole
                },
                "counts 4000",
            ),
            (
                SnapshotFacts {
                    rows: 3_600,
                    total: None,
                    ..whole
                },
                "4010 the time before",
            ),
            (
                SnapshotFacts {
                    rows: 0,
                    total: Some(0),
                    ..whole
                },
                "4010 the time before",
            ),
        ] {
            let got = snapshot_fault(&facts).unwrap();
            assert!(got.contains(expected), "{got}");
        }
    }

    proptest! {
        #[test]
        fn nothing_negative_is_ever_published_and_the_shopper_never_sees_more_than_sellable(
            available in -50i64..500, on_hand in 0i64..500, allocated in 0i64..500, unsent in 0i64..500,
            buffer in -5i64..50, committed in 0i64..500, code in 0i64..3,
        ) {
            let basis = Basis::from_code(code).unwrap();
            let p = publish(&StockInputs { available, on_hand, allocated, unsent, unconfirmed: 0, buffer, committed, basis });
            prop_assert!(p.publish >= 0 && p.write >= 0);
            prop_assert!(p.publish <= p.sellable.max(0));
            let shown = if basis == Basis::Gross { p.write - committed } else { p.write };
            prop_assert_eq!(shown, p.publish);
        }
    }
}
