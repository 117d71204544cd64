//! Ctrl-C and SIGTERM: what has not begun is called off, what is under way is finished.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::screen;

/// A token that the first signal cancels. The second finds the program's own way of dying restored.
pub(super) fn token() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    let cancel = stop.clone();
    tokio::spawn(async move {
        let next = async || tokio::select! { _ = interrupts.recv() => {}, _ = terminations.recv() => {} };
        let mut next = next;
        next().await;
        screen::err("stopping: what is under way is finished, the rest is left to the next pass\n");
        cancel.cancel();
    });
    Ok(stop)
}
