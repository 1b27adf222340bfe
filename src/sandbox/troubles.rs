//! Troubles on cue: what goes wrong in an ordinary week, brought about within minutes, for people who try the product.

use super::Cin7SaleSpec;
use super::pvx::state::PvxStatus;
use super::world::{MAPPED_LOCATION, World};
use crate::domain::time::{Span, Ts};

/// The customer changes their mind about an order on the trolley this long after the beginning.
const CANCEL_AFTER: Span = Span::secs(40);
/// A colleague locks an order that is about to leave.
const LOCK_AFTER: Span = Span::secs(60);
/// The colleague lets go of it again.
const LOCKED_FOR: Span = Span::mins(4);
/// A marketplace app writes a stock figure of its own.
const DRIFT_AFTER: Span = Span::secs(50);
/// Units the app is wrong by, beside half the figure: more than is put right by itself.
const DRIFT_EACH: i64 = 40;

/// The office turns a product into a service, and goods of it arrive.
const REFUSED_AFTER: Span = Span::secs(30);
/// Units that arrive.
const REFUSED_EACH: i64 = 12;
/// A customer orders the product whose goods wait.
const ORDERED_AFTER: Span = Span::secs(20);
/// The office sees its mistake.
const REFUSED_FOR: Span = Span::mins(8);
/// The floor finds goods and books them under a word of its own.
const FOUND_AFTER: Span = Span::secs(75);
/// That word.
const FOUND_WORD: &str = "Found behind the rack";
/// Units found.
const FOUND_EACH: i64 = 3;

/// Which troubles were brought about.
#[derive(Debug, Clone, Default)]
pub struct Troubles {
    begun_at: Option<Ts>,
    is_cancelled: bool,
    is_drifted: bool,
    locked: Option<(String, Ts)>,
    is_unlocked: bool,
    lanes: Lanes,
}

/// Movements that cannot be posted in a ledger: one the office refuses by mistake, one whose word nobody knows.
#[derive(Debug, Clone, Default)]
struct Lanes {
    refused: Option<(String, Ts)>,
    is_ordered: bool,
    is_mended: bool,
    is_found: bool,
}

impl Lanes {
    fn act(&mut self, world: &mut World, age: Span, now: Ts) {
        if self.refused.is_none() && age >= REFUSED_AFTER {
            self.refused = refuse(world).map(|code| (code, now));
        }
        if !self.is_found && age >= FOUND_AFTER {
            let not_that = self.refused.as_ref().map(|(code, _)| code.clone());
            if let Some(code) = kept_in_ledger(world, not_that.as_deref()) {
                self.is_found = true;
                world.odd_movement(&code, FOUND_WORD, FOUND_EACH);
            }
        }
        let Some((code, since)) = self.refused.clone() else {
            return;
        };
        if !self.is_ordered && now.since(since) >= ORDERED_AFTER {
            let sale = Cin7SaleSpec {
                lines: vec![(code.clone(), 1)],
                ..Cin7SaleSpec::default()
            };
            // The product is known: nothing else can keep the sale from being entered.
            self.is_ordered = world.cin7_enter(&sale).is_ok();
        }
        if !self.is_mended && now.since(since) >= REFUSED_FOR {
            self.is_mended = world.cin7_keeps_stock_of(&code, true).is_ok();
        }
    }
}

/// An item that lies in the first building and is in the ledger too.
fn kept_in_ledger(world: &World, but: Option<&str>) -> Option<String> {
    let place = world.cin7.locations.first()?.name.clone();
    let codes = world.pvx.items.iter().filter(|i| !i.is_deleted);
    codes
        .map(|i| i.code.as_str())
        .filter(|code| Some(*code) != but)
        .find(|code| world.cin7_on_hand(code, &place) >= 5)
        .map(str::to_owned)
}

/// Goods arrive of a product that the office has turned into a service.
fn refuse(world: &mut World) -> Option<String> {
    let site = world.pvx.sites.first()?.reference.clone();
    let code = kept_in_ledger(world, None)?;
    world.cin7_keeps_stock_of(&code, false).ok()?;
    world.goods_in(&code, &site, REFUSED_EACH).ok()?;
    Some(code)
}

impl Troubles {
    /// Brings about what is due. An order suits only while the floor has it, so this waits for one.
    pub fn act(&mut self, world: &mut World, now: Ts) {
        let age = now.since(*self.begun_at.get_or_insert(now));
        if !self.is_cancelled && age >= CANCEL_AFTER {
            self.is_cancelled = on_the_floor(world).is_some_and(|id| world.cancel(&id).is_ok());
        }
        if !self.is_drifted && age >= DRIFT_AFTER {
            self.is_drifted = drift(world);
        }
        self.lanes.act(world, age, now);
        if self.locked.is_none() && self.is_cancelled && age >= LOCK_AFTER {
            self.locked = on_the_floor(world)
                .filter(|id| world.lock(id, true).is_ok())
                .map(|id| (id, now));
        }
        if let Some((id, at)) = &self.locked
            && !self.is_unlocked
            && now.since(*at) >= LOCKED_FOR
        {
            // An order that was cancelled or processed by hand meanwhile needs no unlocking.
            self.is_unlocked = true;
            if world.lock(id, false).is_err() {
                tracing::debug!(order = id, "no longer open");
            }
        }
    }
}

/// An open sale whose goods are being picked or packed.
fn on_the_floor(world: &World) -> Option<String> {
    world
        .pvx
        .orders
        .iter()
        .filter(|o| matches!(o.status, PvxStatus::Picked | PvxStatus::Packed) && !o.is_on_hold)
        .filter_map(|o| world.linnworks_sale(o))
        .filter(|sale| sale.is_open() && !sale.is_locked)
        .map(|sale| sale.id.to_string())
        .next()
}

/// A figure that people can see is set too high. The item is one nobody is ordering just now: the next sale would have
/// the figure written over before anybody saw it.
fn drift(world: &mut World) -> bool {
    let Some(location) = world.lw.location_named(MAPPED_LOCATION) else {
        return false;
    };
    let target = world
        .pvx
        .items
        .iter()
        .rev()
        .filter(|i| !i.is_deleted)
        .map(|i| (i.code.clone(), world.lw.level(&i.code, location)))
        .find(|(sku, level)| *level >= 5 && world.lw.available(sku, location) == *level);
    target.is_some_and(|(sku, level)| {
        let level = level + level / 2 + DRIFT_EACH;
        world.write_level(&sku, level, "Marketplace app").is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::super::{OrderSpec, Sandbox, SandboxConfig, TradingHours, WorldTraits};
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// A world in which nobody buys, and the hand of its clock.
    fn quiet(config: SandboxConfig) -> (Sandbox, Arc<AtomicI64>) {
        let config = SandboxConfig {
            orders_per_day: 0,
            opening_orders: 0,
            traits: WorldTraits::quiet(),
            trading_hours: TradingHours::ALWAYS,
            ..config
        };
        let clock = Arc::new(AtomicI64::new(config.start.0));
        let hand = clock.clone();
        let now = Arc::new(move || Ts(hand.load(Ordering::SeqCst)));
        (Sandbox::new(config, now), clock)
    }

    #[test]
    fn goods_that_cannot_be_posted_come_within_two_minutes_and_the_office_mends_its_mistake() {
        let (sandbox, clock) = quiet(SandboxConfig::default());
        let mut troubles = Troubles::default();
        let run = |troubles: &mut Troubles, span: Span| {
            for _ in 0..span.as_secs() / 10 {
                sandbox.act(|world| troubles.act(world, Ts(clock.load(Ordering::SeqCst))));
                clock.fetch_add(Span::secs(10).0, Ordering::SeqCst);
            }
        };
        run(&mut troubles, Span::mins(2));
        let lanes = troubles.lanes.clone();
        let (code, _) = lanes.refused.clone().unwrap();
        assert!(lanes.is_ordered && lanes.is_found && !lanes.is_mended);
        let (moved, is_service) = sandbox.inspect(|world| {
            let words: Vec<&str> = world
                .pvx
                .movements
                .iter()
                .flat_map(|m| [m.comment, m.reason])
                .collect();
            let product = world.cin7.product_by_sku[&code];
            (words, world.cin7.products[product].is_service)
        });
        assert!(is_service);
        assert!(moved.contains(&FOUND_WORD), "{moved:?}");
        run(&mut troubles, REFUSED_FOR);
        assert!(troubles.lanes.is_mended);
        sandbox.inspect(|world| {
            assert!(!world.cin7.products[world.cin7.product_by_sku[&code]].is_service);
        });
    }

    #[test]
    fn a_late_cancel_a_drift_and_a_locked_order_come_within_minutes() {
        let (sandbox, clock) = quiet(SandboxConfig {
            floor_percent: 1,
            ..SandboxConfig::default()
        });
        let ids: Vec<String> = (0..2)
            .map(|n| {
                sandbox.act(|world| {
                    let id = world.place(&OrderSpec::default()).unwrap();
                    let at = world.pvx_open_order(&format!("LW-{n}"));
                    world.pvx.orders[at].po_reference.clone_from(&id);
                    world.pvx.orders[at].status = PvxStatus::Picked;
                    id
                })
            })
            .collect();
        let mut troubles = Troubles::default();
        for _ in 0..10 {
            sandbox.act(|world| troubles.act(world, Ts(clock.load(Ordering::SeqCst))));
            clock.fetch_add(Span::secs(10).0, Ordering::SeqCst);
        }
        sandbox.inspect(|world| {
            let open: Vec<bool> = ids
                .iter()
                .map(|id| world.lw.order(id).unwrap().is_open())
                .collect();
            assert_eq!(open, [false, true], "one is cancelled, late");
            assert!(world.lw.order(&ids[1]).unwrap().is_locked);
        });
        assert!(troubles.is_drifted);
        clock.fetch_add(LOCKED_FOR.0, Ordering::SeqCst);
        sandbox.act(|world| troubles.act(world, Ts(clock.load(Ordering::SeqCst))));
        sandbox.inspect(|world| assert!(!world.lw.order(&ids[1]).unwrap().is_locked));
    }
}
