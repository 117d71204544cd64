//! What a run that is under way does, action by action.

use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;

use super::{Cause, json};

/// One action of a run that is under way: it begins to write, or it has ended.
#[derive(Debug, Clone)]
pub struct Step {
    /// The run.
    pub run: String,
    /// What started it.
    pub cause: Cause,
    /// The person that it is for; `None` where it is for everybody.
    pub person: Option<String>,
    /// When it began, by the host's clock.
    pub started_at: Timestamp,
    /// The services' time of the pass.
    pub time: Timestamp,
    /// The target.
    pub target: String,
    /// The action's position among those of the target.
    pub position: usize,
    /// When it was told, by the host's clock.
    pub at: Timestamp,
    /// The action, as the report will have it.
    pub action: json::Action,
}

/// Takes steps down. The future ends soon, and says whether the step is now where it outlasts the process.
#[derive(Clone)]
pub struct Journal(pub Arc<dyn Fn(Step) -> BoxFuture<'static, bool> + Send + Sync>);

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Journal")
    }
}
