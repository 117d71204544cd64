//! How a target stands: what its passes came to since the program started.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Cause, TargetReport, Verdict};

/// How a target stands after its last pass of everybody.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// The last pass of everybody, whatever came of it.
    pub last: Option<LastPass>,
    /// The last pass that came to a plan, so that what it found is still shown while a service is away.
    pub read: Option<Arc<TargetReport>>,
    /// When everything was last read and tried, by the host's clock.
    pub last_complete: Option<Timestamp>,
    /// When there was last nothing left to do, by the host's clock.
    pub last_converged: Option<Timestamp>,
    /// Passes in a row that could not be read.
    pub failures: u32,
}

/// The last pass of a target.
#[derive(Debug, Clone)]
pub struct LastPass {
    /// The run that it belonged to.
    pub run: String,
    /// What started it.
    pub cause: Cause,
    /// When it ended, by the host's clock.
    pub at: Timestamp,
    /// What came of it.
    pub report: Arc<TargetReport>,
}

impl Standing {
    /// Takes in what a pass of everybody has seen, if it could read it.
    pub fn saw(&mut self, report: &Arc<TargetReport>) {
        if report.counts().is_some() {
            self.read = Some(Arc::clone(report));
        }
    }

    /// Takes in how a pass of everybody came out.
    pub fn note(&mut self, last: LastPass) {
        let at = last.at;
        match last.report.verdict() {
            Verdict::Failed => self.failures = self.failures.saturating_add(1),
            Verdict::Pending => self.failures = 0,
            Verdict::Incomplete | Verdict::Held => {
                self.failures = 0;
                self.last_complete = Some(at);
            }
            Verdict::Converged => {
                self.failures = 0;
                self.last_complete = Some(at);
                self.last_converged = Some(at);
            }
        }
        self.last = Some(last);
    }
}
