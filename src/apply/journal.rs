//! Telling of actions while they are carried out: a run that is killed has no report.

use std::pin::pin;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Notify;

use super::Outcome;
use super::hands::Hands;
use crate::plan::{Action, ActionKind};

/// One action, when it begins to write or when it has ended.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    /// Its position in the plan.
    pub position: usize,
    /// The action.
    pub action: &'a Action,
    /// How it ended; `None` where it begins.
    pub outcome: Option<&'a Outcome>,
    /// The user as it is before it is deleted.
    pub user: Option<&'a Value>,
}

/// Who is told. What is to be deleted waits for the future, which therefore has to end soon, whatever became of the word.
#[derive(Clone, Copy)]
pub struct Journal<'a>(pub &'a (dyn Fn(Word<'_>) -> BoxFuture<'static, ()> + Send + Sync));

impl std::fmt::Debug for Journal<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Journal")
    }
}

impl Hands<'_> {
    /// Does it, and tells so as soon as the first of its writes goes out: many more wait for their turn.
    pub(super) async fn do_and_tell(&self, position: usize, action: &Action) -> (Outcome, Option<Value>) {
        let Some(Journal(tell)) = self.journal else { return self.do_it(position, action).await };
        let writing = Arc::new(Notify::new());
        let hands = self.telling(&writing);
        let mut doing = pin!(hands.do_it(position, action));
        tokio::select! {
            biased;
            ended = &mut doing => return ended,
            () = writing.notified() => {}
        }
        // Of a deletion more was told before.
        if action.kind() != ActionKind::DeleteUser {
            drop(tell(Word { position, action, outcome: None, user: None }));
        }
        doing.await
    }

    /// Has a user taken down, whole, before it is deleted.
    pub(super) async fn tell_of_deletion(&self, position: usize, action: &Action, user: &Value) {
        if let Some(Journal(tell)) = self.journal {
            tell(Word { position, action, outcome: None, user: Some(user) }).await;
        }
    }

    /// Tells how an action ended that was tried.
    pub(super) fn tell_of_end(&self, position: usize, action: &Action, outcome: &Outcome, user: Option<&Value>) {
        if let (Some(Journal(tell)), false) = (self.journal, matches!(outcome, Outcome::Skipped(_))) {
            drop(tell(Word { position, action, outcome: Some(outcome), user }));
        }
    }
}
