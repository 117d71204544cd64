//! What the thread that keeps the record and everybody else know of each other.

use std::collections::VecDeque;
use std::path::{Display, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::field::{DisplayValue, display};

use crate::report::Step;

/// A thread that has been at one job for so long has a disk that does not answer.
pub(super) const STUCK: Duration = if cfg!(test) { Duration::from_secs(1) } else { Duration::from_secs(15) };
/// How that is told.
pub(super) const SILENT: &str = "the disk does not answer";

/// How the record is.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// What keeps it from writing, and since when.
    pub trouble: Option<(String, Timestamp)>,
    /// Runs and approvals that are not written yet.
    pub waiting: usize,
    /// Those that were given up, since too many were waiting.
    pub lost: usize,
    /// Whether what the file holds cannot be read, so that only what came since is known.
    pub is_cut_off: bool,
}

/// What cannot be told now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Everything, or all that was before this process.
    #[error("the history cannot be read now: {0}")]
    Unread(String),
    /// Something that nobody will ever be told again.
    #[error(
        "{0} of the latest runs and approvals are missing from the history: they could not be written, and were let go"
    )]
    Lost(usize),
    /// What has come since the file last took something down.
    #[error("what is latest is missing from the history, which cannot be written now: {0}")]
    Latest(String),
}

/// An answer, and what it lacks.
pub type Told<T> = (T, Option<Unavailable>);

/// What the thread and everybody else know of each other.
#[derive(Debug, Default)]
pub(super) struct Shared {
    path: Option<PathBuf>,
    health: Mutex<Health>,
    /// What the thread is at.
    busy: Mutex<Option<Busy>>,
    /// What was given to the thread and is not written yet, by [`Entry::name`](super::keeper::Entry::name).
    unwritten: Mutex<Vec<String>>,
    /// What runs under way have done, and is not written yet.
    steps: Mutex<VecDeque<Step>>,
}

/// A job that has begun.
#[derive(Debug)]
struct Busy {
    begun: Instant,
    since: Timestamp,
    /// Whether the log has been told that it takes too long.
    is_told: bool,
}

impl Shared {
    pub(super) fn of(path: Option<&Path>) -> Self {
        Self { path: path.map(Path::to_owned), ..Self::default() }
    }

    /// Its file; `None` where it is in memory.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(super) fn health(&self) -> MutexGuard<'_, Health> {
        lock(&self.health)
    }

    pub(super) fn unwritten(&self) -> MutexGuard<'_, Vec<String>> {
        lock(&self.unwritten)
    }

    pub(super) fn steps(&self) -> MutexGuard<'_, VecDeque<Step>> {
        lock(&self.steps)
    }

    /// Its file, for the log.
    pub(super) fn shown(&self) -> Option<DisplayValue<Display<'_>>> {
        self.path.as_deref().map(|path| display(path.display()))
    }

    pub(super) fn begin(&self) {
        *lock(&self.busy) = Some(Busy { begun: Instant::now(), since: Timestamp::now(), is_told: false });
    }

    pub(super) fn end(&self) {
        let is_told = lock(&self.busy).take().is_some_and(|busy| busy.is_told);
        if is_told && self.health().trouble.is_none() {
            tracing::info!(event = "history-usable", path = self.shown(), "the disk answers again");
        }
    }

    /// Since when the disk has not answered. The log is told once.
    pub(super) fn silent(&self) -> Option<Timestamp> {
        let mut busy = lock(&self.busy);
        let busy = busy.as_mut().filter(|busy| busy.begun.elapsed() > STUCK)?;
        if !std::mem::replace(&mut busy.is_told, true) {
            tracing::warn!(
                event = "history-unusable",
                path = self.shown(),
                error = SILENT,
                "the history is stuck; runs go on without it, and what waits is written when the disk answers"
            );
        }
        Some(busy.since)
    }

    /// Notes that something waits no more.
    pub(super) fn settle(&self, name: &str) {
        let mut unwritten = self.unwritten();
        if let Some(place) = unwritten.iter().position(|one| one == name) {
            unwritten.remove(place);
        }
    }

    /// What an answer lacks that is given now.
    pub(super) fn gap(&self) -> Option<Unavailable> {
        let is_waiting = !self.unwritten().is_empty();
        let health = self.health();
        let trouble = health.trouble.as_ref().map(|(trouble, _)| trouble.clone());
        match trouble {
            Some(trouble) if health.is_cut_off => Some(Unavailable::Unread(trouble)),
            _ if health.lost > 0 => Some(Unavailable::Lost(health.lost)),
            Some(trouble) if is_waiting => Some(Unavailable::Latest(trouble)),
            _ => None,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
