//! A test that plays whole days keeps to one core, the threads of its stores included. Every statement of SQLite is
//! handed to another thread and its answer handed back; between cores that costs more than the statement.

use std::cell::RefCell;
use std::sync::Mutex;

/// Keeps the calling test to a core that no other test has, as long as there is one. Threads it starts later stay there
/// too. The core is free again when the test's thread ends.
pub fn keep_to_one_core() {
    HELD.with_borrow_mut(|held| {
        if held.is_none() {
            *held = Held::free();
        }
    });
}

thread_local! {
    static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
}

/// Cores that tests of this process keep to.
static TAKEN: Mutex<Vec<usize>> = Mutex::new(Vec::new());

struct Held(usize);

impl Held {
    #[cfg(target_os = "linux")]
    fn free() -> Option<Self> {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
        let allowed = sched_getaffinity(None).unwrap();
        let mut taken = TAKEN.lock().unwrap();
        let core = (0..CpuSet::MAX_CPU).find(|c| allowed.is_set(*c) && !taken.contains(c))?;
        let mut only = CpuSet::new();
        only.set(core);
        sched_setaffinity(None, &only).unwrap();
        taken.push(core);
        Some(Self(core))
    }

    /// Elsewhere threads stay where the system puts them: slower, and otherwise the same.
    #[cfg(not(target_os = "linux"))]
    fn free() -> Option<Self> {
        None
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        TAKEN.lock().unwrap().retain(|core| *core != self.0);
    }
}
