//! Who else is where this person is.

use super::super::app::ask::Trouble;
use super::store::StoreBackend;
use crate::desk::Access;
use crate::domain::time::{Span, Ts};
use crate::store::Present;
use std::sync::{Mutex, PoisonError};

/// A place is told again so long after it was told, so that one still counts as being there.
const AGAIN_AFTER: Span = Span::secs(50);
/// Places are told no faster than this, however fast the cursor runs.
const APART: Span = Span::secs(1);

/// Where this console was last said to be.
pub(super) struct Whereabouts {
    session: String,
    told: Mutex<Option<(String, Ts)>>,
}

impl Whereabouts {
    pub(super) fn new() -> Self {
        Self {
            session: format!("{}/{:016x}", std::process::id(), rand::random::<u64>()),
            told: Mutex::new(None),
        }
    }

    /// Whether the store is to be told of this place now.
    fn is_news(&self, place: &str, now: Ts) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = match &*told {
            Some((at, _)) if at == place => AGAIN_AFTER,
            _ => APART,
        };
        if told.as_ref().is_some_and(|(_, at)| now.since(*at) < wait) {
            return false;
        }
        *told = Some((place.to_owned(), now));
        true
    }
}

impl StoreBackend {
    /// Says that this person looks at something, and who else does.
    pub(super) async fn meet_at(&self, place: &str) -> Result<Vec<Present>, Trouble> {
        let (store, now) = (self.store(), self.now());
        let here = self.whereabouts();
        if self.desk().access() == Access::Full && here.is_news(place, now) {
            let who = self.desk().who().0.as_str();
            // A courtesy: whoever cannot write just now must still see the case.
            if let Err(error) = store.look_at(&here.session, who, place, now).await {
                tracing::warn!(%error, place, "others were not told who looks at it");
            }
        }
        Ok(store.others_at(place, &here.session, now).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_once_in_a_while_and_never_faster_than_once_a_second() {
        let here = Whereabouts::new();
        let at = |secs| Ts(0) + Span::secs(secs);
        assert!(here.is_news("exception 1", at(0)));
        assert!(!here.is_news("exception 1", at(20)));
        assert!(here.is_news("exception 2", at(21)));
        assert!(!here.is_news("exception 3", at(21)));
        assert!(here.is_news("exception 3", at(22)));
        assert!(here.is_news("exception 3", at(72)));
    }
}
