//! The circuit breaker of a system: when it is down, one probe asks for all.

use super::delivery::AnswerClass;
use super::live::BreakerState;
use super::time::{Span, Ts};
use std::collections::VecDeque;

/// This many unavailable answers in a row open it.
pub const CONSECUTIVE_MAX: u32 = 5;

/// Answers looked back at.
pub const WINDOW: usize = 20;

/// This many unavailable ones among the last [`WINDOW`] open it.
pub const WINDOW_FAILED_MAX: usize = WINDOW / 2;

/// How long it stays open before a probe; also how long a probe may stay without result.
pub const OPEN_FOR: Span = Span::secs(30);

/// Circuit breaker of one system.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    state: BreakerState,
    consecutive: u32,
    /// Last answers: true is unavailable.
    window: VecDeque<bool>,
    /// Since when the system is down; survives failed probes.
    opened_at: Option<Ts>,
    /// When the next probe is allowed, while open or probing.
    probe_at: Ts,
}

impl Breaker {
    /// Closed.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a call ended with. Only `Unavailable` speaks against a system: a refusal, a throttle or a wrong password
    /// come from one that is up. A lost answer says nothing either way, except about a probe.
    pub fn on_result(&mut self, class: AnswerClass, now: Ts) {
        match (self.state, class) {
            // Answers to calls that were under way when it opened.
            (BreakerState::Open, _) => {}
            (BreakerState::HalfOpen, AnswerClass::Unavailable | AnswerClass::Unknown) => {
                self.open(now);
            }
            (BreakerState::HalfOpen, _) => *self = Self::new(),
            (BreakerState::Closed, AnswerClass::Unknown) => {}
            (BreakerState::Closed, class) => {
                let is_failed = class == AnswerClass::Unavailable;
                self.consecutive = if is_failed { self.consecutive + 1 } else { 0 };
                self.window.push_back(is_failed);
                if self.window.len() > WINDOW {
                    self.window.pop_front();
                }
                let failed = self.window.iter().filter(|f| **f).count();
                let is_half_failed = self.window.len() == WINDOW && failed >= WINDOW_FAILED_MAX;
                if self.consecutive >= CONSECUTIVE_MAX || (is_failed && is_half_failed) {
                    self.open(now);
                }
            }
        }
    }

    fn open(&mut self, now: Ts) {
        self.state = BreakerState::Open;
        self.opened_at = self.opened_at.or(Some(now));
        self.probe_at = now + OPEN_FOR;
        self.consecutive = 0;
        self.window.clear();
    }

    /// Whether a call may be made. While open it grants one probe every [`OPEN_FOR`] and is half-open until its result.
    pub fn may_call(&mut self, now: Ts) -> bool {
        if self.state == BreakerState::Closed {
            return true;
        }
        if now < self.probe_at {
            return false;
        }
        self.state = BreakerState::HalfOpen;
        self.probe_at = now + OPEN_FOR;
        true
    }

    /// Closed, open or probing.
    pub const fn state(&self) -> BreakerState {
        self.state
    }

    /// Since when the system is down; `None` while calls flow.
    pub const fn opened_at(&self) -> Option<Ts> {
        self.opened_at
    }

    /// When the next call may be made; `None` while calls flow.
    pub const fn next_at(&self) -> Option<Ts> {
        match self.state {
            BreakerState::Closed => None,
            BreakerState::Open | BreakerState::HalfOpen => Some(self.probe_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Ts {
        Ts(0) + Span::secs(seconds)
    }

    fn down() -> Breaker {
        let mut breaker = Breaker::new();
        for second in 0..5 {
            assert!(breaker.may_call(at(second)));
            breaker.on_result(AnswerClass::Unavailable, at(second));
        }
        breaker
    }

    #[test]
    fn five_unavailable_answers_in_a_row_open_it() {
        let breaker = down();
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(breaker.opened_at(), Some(at(4)));
        assert_eq!(breaker.next_at(), Some(at(34)));
    }

    #[test]
    fn half_of_twenty_open_it_too() {
        let mut breaker = Breaker::new();
        for n in 0..20 {
            assert_eq!(breaker.state(), BreakerState::Closed, "after {n}");
            let class = if n % 2 == 1 {
                AnswerClass::Unavailable
            } else {
                AnswerClass::Applied
            };
            breaker.on_result(class, at(n));
        }
        assert_eq!(breaker.state(), BreakerState::Open);
    }

    #[test]
    fn refusals_throttles_and_wrong_passwords_come_from_a_system_that_is_up() {
        let mut breaker = Breaker::new();
        for class in [
            AnswerClass::Rejected,
            AnswerClass::Throttled,
            AnswerClass::Auth,
            AnswerClass::Malformed,
        ] {
            for n in 0..30 {
                breaker.on_result(class, at(n));
            }
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_lost_answer_does_not_reset_the_count() {
        let mut breaker = Breaker::new();
        for n in 0..5 {
            breaker.on_result(AnswerClass::Unavailable, at(n));
            breaker.on_result(AnswerClass::Unknown, at(n));
        }
        assert_eq!(breaker.state(), BreakerState::Open);
    }

    #[test]
    fn one_probe_decides() {
        let mut breaker = down();
        assert!(!breaker.may_call(at(33)));
        assert!(breaker.may_call(at(34)));
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert!(!breaker.may_call(at(35)), "one probe only");
        breaker.on_result(AnswerClass::Unavailable, at(36));
        assert_eq!(
            breaker.opened_at(),
            Some(at(4)),
            "the outage began when it began"
        );
        assert!(!breaker.may_call(at(65)));
        assert!(breaker.may_call(at(66)));
        breaker.on_result(AnswerClass::Rejected, at(67));
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert_eq!((breaker.opened_at(), breaker.next_at()), (None, None));
    }

    #[test]
    fn a_probe_that_never_answers_does_not_block_for_ever() {
        let mut breaker = down();
        assert!(breaker.may_call(at(34)));
        assert!(!breaker.may_call(at(63)));
        assert!(breaker.may_call(at(64)));
    }

    proptest! {
        #[test]
        fn while_open_there_is_at_most_one_probe_per_half_minute(steps in proptest::collection::vec((1i64..20, any::<bool>()), 1..80)) {
            let mut breaker = down();
            let mut now = at(4);
            let mut last: Option<Ts> = None;
            for (seconds, is_answered) in steps {
                now = now + Span::secs(seconds);
                if breaker.may_call(now) {
                    if let Some(last) = last {
                        prop_assert!(now.since(last) >= OPEN_FOR);
                    }
                    last = Some(now);
                    if is_answered {
                        breaker.on_result(AnswerClass::Unavailable, now);
                    }
                }
            }
        }
    }
}
