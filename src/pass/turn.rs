//! Whose turn it is: passes of everybody in one target never overlap, and one person's pass waits for nobody.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::apply::Claims;

/// Who may be at work on a target.
#[derive(Debug)]
pub(super) struct Turns {
    /// One pass of everybody at a time. A semaphore, since one can look at it without taking it.
    whole: Arc<Semaphore>,
    /// The people who have a pass of their own.
    pub(super) claims: Claims,
}

impl Default for Turns {
    fn default() -> Self {
        Self { whole: Arc::new(Semaphore::new(1)), claims: Claims::default() }
    }
}

impl Turns {
    /// Whether a pass of everybody is under way.
    pub(super) fn is_taken(&self) -> bool {
        self.whole.available_permits() == 0
    }
}

/// How a pass came by its turn. A pass of everybody keeps the target to itself while it holds this.
pub(super) enum Turn {
    /// Nothing was under way.
    AtOnce(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit),
    /// It waited for another pass of the same target, or was called off while it did.
    Later(#[expect(dead_code, reason = "held, not read")] Option<OwnedSemaphorePermit>),
    /// One person's pass waits for nobody.
    Beside,
}

impl Turn {
    pub(super) async fn wait(turns: &Turns, stop: &CancellationToken) -> Self {
        if let Ok(permit) = Arc::clone(&turns.whole).try_acquire_owned() {
            return Self::AtOnce(permit);
        }
        tokio::select! {
            permit = Arc::clone(&turns.whole).acquire_owned() => Self::Later(permit.ok()),
            // Every call will be called off, so the pass ends at once and says so.
            () = stop.cancelled() => Self::Later(None),
        }
    }
}
