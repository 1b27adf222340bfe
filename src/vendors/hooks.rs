//! What systems send by themselves: how a delivery is judged, and how deliveries are asked for.
//!
//! An adapter says who sent a delivery and whom it is about, by id; it never hands on what the delivery says of the
//! object. Subscribing is one call per method, like everything else.

use super::{Answer, CallLog, System};
use crate::domain::hint::About;
use crate::domain::time::{Span, Ts};
use crate::secret::Secret;
use futures::future::BoxFuture;
use http::HeaderMap;

/// Longest topic kept of a delivery, characters.
pub const TOPIC_CHARS_MAX: usize = 100;
/// Longest id that an object is read by, characters.
const ID_CHARS_MAX: usize = 64;

/// A delivery as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// What stands behind the secret in the address, without a leading slash; empty when nothing does.
    pub tail: &'a str,
    pub headers: &'a HeaderMap,
    /// Raw, as it was signed.
    pub body: &'a [u8],
}

/// What a delivery is, as far as its adapter can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Why it does not prove where it is from, in plain words. `None` when it does, or when the vendor signs nothing and
    /// the secret in the address is all the proof there is.
    pub refused: Option<String>,
    /// Cleaned.
    pub topic: String,
    /// The vendor's own id of the event; the same when it is delivered again.
    pub event_id: Option<String>,
    pub about: About,
    /// The last change of the order it is about, by the clock that [`crate::domain::order::SourceOrder::changed_at`]
    /// tells.
    pub changed_at: Option<Ts>,
}

impl Judged {
    /// One that proves nothing: about nothing, whatever it says.
    pub fn refused(topic: String, why: String) -> Self {
        Self {
            refused: Some(why),
            topic,
            event_id: None,
            about: About::Nothing,
            changed_at: None,
        }
    }
}

/// A subscription as the vendor lists it.
#[derive(Debug, Clone)]
pub struct Subscription {
    pub id: String,
    pub topic: String,
    /// A credential when it is ours: it holds the secret.
    pub address: Secret,
    /// The vendor still delivers.
    pub is_active: bool,
    /// It is as we would make it now; one that is not is replaced.
    pub is_current: bool,
}

/// A system that tells of changes by calling an address (SHOPLINE, Cin7 Core).
pub trait Hooks: System {
    /// Names of the headers kept with a delivery; never one that holds a credential.
    fn kept_headers(&self) -> &'static [&'static str];
    /// Who sent it and whom it is about. Makes no call and believes nothing.
    fn judge(&self, delivery: &Delivery<'_>) -> Judged;
    /// Topics to be told of.
    fn topics(&self) -> &'static [&'static str];
    /// Where deliveries of a topic go, below the address of the system.
    fn address(&self, base: &Secret, topic: &str) -> Secret;
    /// How long after a change its event may take to come.
    fn patience(&self) -> Span;
    /// Every subscription the vendor shows us, in one call; other programs' may be among them.
    fn subscriptions<'a>(&'a self, log: &'a CallLog) -> BoxFuture<'a, Answer<Vec<Subscription>>>;
    /// Asks for deliveries of a topic; answers with the id of the subscription.
    fn subscribe<'a>(
        &'a self,
        topic: &'a str,
        address: &'a Secret,
        log: &'a CallLog,
    ) -> BoxFuture<'a, Answer<String>>;
    /// Makes one that went inactive active again.
    fn revive<'a>(&'a self, held: &'a Subscription, log: &'a CallLog) -> BoxFuture<'a, Answer<()>>;
    /// Ends one.
    fn unsubscribe<'a>(&'a self, id: &'a str, log: &'a CallLog) -> BoxFuture<'a, Answer<()>>;
}

/// An id that may go into a call: whatever an event says, one odd id must not spoil the call of all the others.
pub(super) fn is_plain_id(id: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    !id.is_empty() && id.len() <= ID_CHARS_MAX && id.bytes().all(is_plain)
}
