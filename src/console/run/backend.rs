//! What the console asks and does, as one trait. It never calls a vendor nor the engine.

use super::super::app::ask::{Act, Answer, Done, Question, Trouble};
use super::super::app::export::ExportJob;
use super::export::Progress;
use futures::future::BoxFuture;

/// The store to read from and the desk to act through.
pub trait Backend: Send + Sync {
    /// Answers a question; changes nothing.
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<Answer, Trouble>>;

    /// Does something: checked, audited, in the operator's name.
    fn act(&self, act: Act) -> BoxFuture<'_, Result<Done, Trouble>>;

    /// Writes a file page by page; says what it holds and where it is. Given up half way nothing of it is left.
    fn export(&self, job: ExportJob, told: Progress) -> BoxFuture<'_, Result<String, Trouble>>;

    /// Returns when something in the store has changed, or after a minute at the latest.
    fn changed(&self) -> BoxFuture<'_, ()>;
}
