//! A run in one line, as lists of runs have it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::json::State;

/// A run in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RunLine)]
pub struct Line {
    /// Its id.
    pub run: String,
    /// Where it stands.
    pub state: State,
    /// Whether anything was to be written: `plan` or `apply`.
    pub mode: Cow<'static, str>,
    /// What started it.
    pub cause: Cow<'static, str>,
    /// The targets that it is about.
    pub targets: Vec<String>,
    /// The person that it is about; null where it is about everybody.
    pub person: Option<String>,
    /// The worst verdict of its targets, once it is done.
    pub verdict: Option<Cow<'static, str>>,
    /// When its first pass began.
    pub started_at: Option<String>,
    /// When its last pass ended.
    pub finished_at: Option<String>,
    /// How long it took.
    pub elapsed_seconds: Option<f64>,
    /// When an action of it was last heard of, where it has not told its end: it works still, or was cut off. Null where it
    /// is over, and while it is a run of the process that is asked.
    pub last_heard: Option<String>,
    /// Actions that were carried out; null until it is done, as are the next two.
    pub changes: Option<usize>,
    /// Actions that failed or were skipped.
    pub failed: Option<usize>,
    /// Actions that guards hold back.
    pub withheld: Option<usize>,
}
