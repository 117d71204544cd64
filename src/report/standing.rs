//! How a target stands: what its passes came to since the program started.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Cause, TargetReport, Verdict};
use crate::model::id::PrincipalId;
use crate::plan::{ActionKind, Remedy, ShutOut};

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
    /// Whom passes of their own have given a Connect user since that pass read them, and when, by the host's clock.
    served_since: BTreeMap<PrincipalId, Timestamp>,
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
    /// Takes in what a pass of everybody has seen, if it could read it. It ended `at`, by the host's clock.
    pub fn saw(&mut self, report: &Arc<TargetReport>, at: Timestamp) {
        if report.counts().is_some() {
            // Who was served while it read or worked may have been left to that other pass.
            let took = SignedDuration::try_from(report.elapsed).unwrap_or(SignedDuration::MAX);
            let began = at.saturating_sub(took).unwrap_or(Timestamp::MIN);
            self.served_since.retain(|_, served| *served >= began);
            self.read = Some(Arc::clone(report));
        }
    }

    /// Takes in whom a pass of one person has given a Connect user.
    pub fn served(&mut self, report: &TargetReport, at: Timestamp) {
        let done = report.actions().iter().filter(|(_, outcome)| outcome.is_well());
        let given = done.filter(|(action, _)| matches!(action.kind(), ActionKind::CreateUser | ActionKind::RelinkUser));
        self.served_since.extend(given.filter_map(|(action, _)| Some((action.principal()?.clone(), at))));
    }

    /// Who cannot sign in, with what is in their way and the one thing to do about it, of those that are named: as the last
    /// pass of everybody left it, but for whom passes of their own have served since.
    #[must_use]
    pub fn unable(&self) -> Vec<(&ShutOut, Remedy)> {
        let mut people = self.read.as_deref().map(TargetReport::remedies).unwrap_or_default();
        people.retain(|(person, _)| !self.is_served(person));
        people
    }

    /// How many those are, with those that are not named; `None` where nobody can tell.
    #[must_use]
    pub fn count_of_unable(&self) -> Option<usize> {
        let report = self.read.as_deref()?;
        let served = report.unable()?.people.iter().filter(|person| self.is_served(person)).count();
        Some(report.count_of_unable()? - served)
    }

    /// A pass of one person does not look at the application: whom that shuts out stays so.
    fn is_served(&self, person: &ShutOut) -> bool {
        person.is_let_in && self.served_since.contains_key(&person.principal)
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
