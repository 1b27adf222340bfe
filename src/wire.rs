//! The seam between clients and the outside: one HTTP request in, one answer or one failure out.
//! Clients hold a [`Wire`]; whether reqwest or the sandbox stands behind it they cannot tell.

use bytes::Bytes;

/// One HTTP exchange as a service: bytes out, bytes in.
pub type Wire =
    tower::util::BoxCloneSyncService<http::Request<Bytes>, http::Response<Bytes>, WireError>;

/// Why an exchange produced no answer. The difference decides whether a write may have taken effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The request never left: name not resolved, connection refused, TLS refused. No effect is possible.
    #[error("could not connect: {0}")]
    NotSent(String),
    /// The request left and no whole answer came back: time-out, reset, cut body. The effect is unknown.
    #[error("no answer: {0}")]
    Lost(String),
    /// The answer was larger than the cap and was thrown away. The effect is unknown.
    #[error("answer larger than {limit_bytes} bytes")]
    TooLarge {
        /// The cap that was exceeded.
        limit_bytes: usize,
    },
}

/// Largest answer body a client accepts.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
