//! What is told of a pass while it writes, so that something is known of it if it has no end.

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Run;
use crate::apply::Word;
use crate::model::id::TargetName;
use crate::plan::Plan;
use crate::report::json::{self, Action};
use crate::report::{Journal, Step, log};

/// One pass that writes.
pub(super) struct Telling<'a> {
    pub(super) journal: &'a Journal,
    pub(super) run: &'a Run,
    pub(super) target: &'a TargetName,
    pub(super) plan: &'a Plan,
    /// The services' time of the pass.
    pub(super) time: Timestamp,
    pub(super) people: &'a log::People,
    pub(super) stop: &'a CancellationToken,
}

impl Telling<'_> {
    /// Tells of an action. Whoever deletes waits for what comes back: the deleted user is to be on record before, unless
    /// that takes too long or the program ends.
    pub(super) fn tell(&self, word: Word<'_>) -> BoxFuture<'static, ()> {
        let Word { position, action, outcome, user } = word;
        let approval = self.plan.approved_by(action).map(str::to_owned);
        let (started_at, _) = self.run.begin();
        let written = (self.journal.0)(Step {
            run: self.run.id().to_owned(),
            cause: self.run.request().cause,
            person: self.run.request().person.clone(),
            started_at,
            time: self.time,
            target: self.target.to_string(),
            position,
            at: Timestamp::now(),
            action: Action { approval, user: user.cloned(), ..json::step(action, outcome) },
        });
        let (target, stop) = (self.target.clone(), self.stop.clone());
        let login = action.login().map(|login| self.people.word(login.as_str()));
        async move {
            if stop.run_until_cancelled(written).await == Some(false) {
                log::unrecorded(&target, login.as_deref());
            }
        }
        .boxed()
    }
}
