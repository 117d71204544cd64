//! Ctrl-C and SIGTERM: what has not begun is called off, what is under way is finished. The signals stay caught, so
//! that an impatient second one cannot tear a write that is under way; every call ends by its time-out.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::screen;

/// A token that the first signal cancels, after `words` have been written to stderr.
pub(super) fn token(words: &'static str) -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    let cancel = stop.clone();
    tokio::spawn(async move {
        tokio::select! { _ = interrupts.recv() => {}, _ = terminations.recv() => {} }
        screen::err(words);
        cancel.cancel();
    });
    Ok(stop)
}

/// What somebody reads who stops a run.
pub(super) const RUN: &str = "stopping: what is under way is finished, the rest is left to the next pass\n";
