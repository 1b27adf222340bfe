//! Which lane gets the next call: reserved shares by stride scheduling, borrowed freely and handed back at once.

use crate::domain::delivery::Lane;

/// Reserved share of each class of lanes, percent. The two stock lanes share one.
pub const SHARES: &[(Class, u64)] = &[
    (Class::Priority, 20),
    (Class::Despatch, 30),
    (Class::Orders, 25),
    (Class::Stock, 15),
    (Class::Other, 5),
    (Class::Read, 5),
];

/// Lanes that share one reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    Priority,
    Despatch,
    Orders,
    Stock,
    Other,
    Read,
}

impl Class {
    const fn of(lane: Lane) -> Self {
        match lane {
            Lane::Priority => Self::Priority,
            Lane::Despatch => Self::Despatch,
            Lane::Orders => Self::Orders,
            Lane::StockFifo | Lane::Stock => Self::Stock,
            Lane::Other => Self::Other,
            Lane::Read => Self::Read,
        }
    }
}

/// Distance a class of share 1 moves per call. Divisible by every share, so that no rounding adds up.
const STRIDE: u64 = 300;

/// One class's place in the race.
#[derive(Debug, Clone)]
struct Runner {
    class: Class,
    share: u64,
    /// Where it stands: the class that stands furthest back gets the next call.
    pass: u64,
    was_runnable: bool,
}

/// Shares a system's calls out between its lanes.
#[derive(Debug, Clone)]
pub struct LaneScheduler {
    runners: Vec<Runner>,
    /// Where the race stands: nobody who was idle may start from further back.
    time: u64,
    last_stock: Option<Lane>,
}

impl Default for LaneScheduler {
    fn default() -> Self {
        Self::new()
    }
}

impl LaneScheduler {
    /// With the house's shares.
    pub fn new() -> Self {
        let runners = SHARES
            .iter()
            .map(|(class, share)| Runner {
                class: *class,
                share: *share,
                pass: 0,
                was_runnable: false,
            })
            .collect();
        Self {
            runners,
            time: 0,
            last_stock: None,
        }
    }

    /// Reserved share of a lane, percent (the two stock lanes have one between them).
    pub fn share_percent(lane: Lane) -> i64 {
        let class = Class::of(lane);
        SHARES
            .iter()
            .find(|(c, _)| *c == class)
            .map_or(0, |(_, share)| i64::try_from(*share).unwrap_or(0))
    }

    /// The lane that gets the next call, of those that have work now. `None` when none has. Call [`Self::charge`] with
    /// what was then spent; without a charge the same lane is picked again.
    pub fn pick(&mut self, runnable: &[Lane]) -> Option<Lane> {
        let is_in = |class| runnable.iter().any(|l| Class::of(*l) == class);
        let mut is_priority_new = false;
        for runner in &mut self.runners {
            let is_runnable = is_in(runner.class);
            if is_runnable && !runner.was_runnable {
                // It saved nothing up while it was idle.
                runner.pass = runner.pass.max(self.time);
                if runner.class == Class::Priority {
                    is_priority_new = true;
                }
            }
            runner.was_runnable = is_runnable;
        }
        let next = if is_priority_new {
            Class::Priority
        } else {
            self.runners
                .iter()
                .filter(|r| r.was_runnable)
                .min_by_key(|r| (r.pass, r.class))?
                .class
        };
        let pass = self.runners.iter().find(|r| r.class == next)?.pass;
        let furthest_back = self
            .runners
            .iter()
            .filter(|r| r.was_runnable)
            .map(|r| r.pass)
            .min();
        self.time = self.time.max(furthest_back.unwrap_or(pass));
        self.lane_of(next, runnable)
    }

    /// Within the stock class the two lanes take turns.
    fn lane_of(&self, class: Class, runnable: &[Lane]) -> Option<Lane> {
        let of_class = |l: &&Lane| Class::of(**l) == class;
        runnable
            .iter()
            .filter(of_class)
            .find(|l| self.last_stock != Some(**l))
            .or_else(|| runnable.iter().find(of_class))
            .copied()
    }

    /// Counts calls against a lane's share.
    pub fn charge(&mut self, lane: Lane, calls: u64) {
        let class = Class::of(lane);
        if class == Class::Stock {
            self.last_stock = Some(lane);
        }
        if let Some(runner) = self.runners.iter_mut().find(|r| r.class == class) {
            let step = STRIDE / runner.share.max(1);
            runner.pass = runner.pass.saturating_add(step.saturating_mul(calls));
        }
    }
}
