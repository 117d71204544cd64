//! Whose turn it is: passes of everybody in one target never overlap, and one person's pass waits for nobody.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

use crate::apply::Claims;

/// Who may be at work on a target.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// One pass of everybody at a time.
    pub(super) whole: Arc<tokio::sync::Mutex<()>>,
    /// The people who have a pass of their own.
    pub(super) claims: Claims,
}

/// How a pass came by its turn. A pass of everybody keeps the target to itself while it holds this.
pub(super) enum Turn {
    /// Nothing was under way.
    AtOnce(#[expect(dead_code, reason = "held, not read")] OwnedMutexGuard<()>),
    /// It waited for another pass of the same target, or was called off while it did.
    Later(#[expect(dead_code, reason = "held, not read")] Option<OwnedMutexGuard<()>>),
    /// One person's pass waits for nobody.
    Beside,
}

impl Turn {
    pub(super) async fn wait(turns: &Turns, stop: &CancellationToken) -> Self {
        if let Ok(guard) = Arc::clone(&turns.whole).try_lock_owned() {
            return Self::AtOnce(guard);
        }
        tokio::select! {
            guard = Arc::clone(&turns.whole).lock_owned() => Self::Later(Some(guard)),
            // Every call will be called off, so the pass ends at once and says so.
            () = stop.cancelled() => Self::Later(None),
        }
    }
}
