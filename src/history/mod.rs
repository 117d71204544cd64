//! The record of past runs. It decides nothing: no plan looks at it, and a lost one changes no pass. All that it gives
//! back is past runs to be shown, and since when findings are known.
//!
//! [`Store`] is the file: what is written (`write`) and what can be asked (`read`, `person`). [`History`] is a thread that
//! has one (`keeper`), so that a disk that is slow, full or locked holds up no pass and no answer. `listing` and
//! `story` are for the command line.

mod excerpt;
mod journal;
mod keeper;
mod listing;
mod person;
mod read;
mod store;
mod story;
#[cfg(test)]
mod tests;
mod varying;
mod write;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

pub use self::excerpt::{Excerpt, Span, Sums};
use self::keeper::{Job, Keeper};
pub use self::listing::Listing;
pub use self::person::{Approved, Event, Noticed, PersonRecord, Whose};
pub use self::read::{Day, PassLine, Wanted};
pub use self::store::{Error, Store};
pub use self::story::Story;
use crate::model::id::TargetName;
use crate::report::json::Run;
use crate::report::{Ages, Line, RunReport, Step};

/// Runs that are kept where there is no file.
pub const KEPT_IN_MEMORY: usize = 200;

/// Jobs that may wait for the thread: as many as runs may end at once, and then some.
const QUEUE: usize = 1024;
/// How long somebody waits for an answer, or for the copy of a user whom they are going to delete.
const PATIENCE: Duration = Duration::from_secs(3);
/// A thread that has been at one job for so long has a disk that does not answer.
const STUCK: Duration = Duration::from_secs(15);

/// The record of past runs, kept by a thread of its own. Clones are the same record, and the thread ends with the last.
#[derive(Debug, Clone)]
pub struct History {
    jobs: SyncSender<Job>,
    shared: Arc<Shared>,
}

/// Somebody let through what was withheld.
#[derive(Debug, Clone)]
pub struct Approval {
    /// The code.
    pub code: String,
    /// Whose code it is, where that is known.
    pub target: Option<String>,
    /// Who, as they said.
    pub by: Option<String>,
    /// Where it came from.
    pub peer: String,
    /// When, by the host's clock.
    pub at: Timestamp,
    /// The run that was to carry it out.
    pub run: Option<String>,
}

/// How the record is.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// What keeps it from writing, and since when.
    pub trouble: Option<(String, Timestamp)>,
    /// Runs that could not be written yet.
    pub waiting: usize,
    /// Runs that were given up, since too many were waiting.
    pub lost: usize,
    /// Whether what the file holds cannot be read, so that only what came since is known.
    pub is_cut_off: bool,
}

/// There is no answer now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the history cannot be read now: {0}")]
pub struct Unavailable(String);

/// What the thread and everybody else know of each other.
#[derive(Debug, Default)]
struct Shared {
    path: Option<PathBuf>,
    health: Mutex<Health>,
    /// What the thread has been doing, since when.
    busy: Mutex<Option<Instant>>,
    /// What runs under way have done, and is not written yet.
    steps: Mutex<VecDeque<Step>>,
}

impl Shared {
    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_busy(&self, since: Option<Instant>) {
        *self.busy.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn is_stuck(&self) -> bool {
        let busy = *self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.is_some_and(|since| since.elapsed() > STUCK)
    }
}

impl History {
    /// Begins to keep a record, in a file or in memory. What is wrong with the file is logged, and tried again; nothing of
    /// it is an error here.
    #[must_use]
    pub fn open(path: Option<&Path>, keep: SignedDuration) -> Self {
        let shared = Arc::new(Shared { path: path.map(Path::to_owned), ..Shared::default() });
        let (jobs, inbox) = sync_channel(QUEUE);
        let keeper = Keeper::new(Arc::clone(&shared), keep);
        let thread = std::thread::Builder::new().name("history".to_owned()).spawn(move || keeper.run(&inbox));
        if let Err(error) = thread {
            // The other end is gone, so that nothing is kept and nobody is answered.
            tracing::warn!(event = "history-unusable", %error, "the history has no thread, so nothing is kept");
            shared.health().trouble = Some((error.to_string(), Timestamp::now()));
        }
        Self { jobs, shared }
    }

    /// Its file; `None` where it ends with the process.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.shared.path.as_deref()
    }

    /// How it is.
    #[must_use]
    pub fn health(&self) -> Health {
        let mut health = self.shared.health().clone();
        if self.shared.is_stuck() && health.trouble.is_none() {
            health.trouble = Some(("the disk does not answer".to_owned(), Timestamp::now()));
        }
        health
    }

    /// Why earlier runs are missing from what it tells; `None` where none are.
    #[must_use]
    pub fn gap(&self) -> Option<Unavailable> {
        let Health { trouble, is_cut_off, .. } = self.health();
        trouble.filter(|_| is_cut_off).map(|(trouble, _)| Unavailable(trouble))
    }

    /// What was found, unless nothing was, where earlier runs are missing: then nobody knows.
    fn found<T>(&self, found: Option<T>) -> Result<Option<T>, Unavailable> {
        match self.gap() {
            Some(gap) if found.is_none() => Err(gap),
            _ => Ok(found),
        }
    }

    /// Writes down a run that is over, soon. Nobody waits for it.
    pub fn record(&self, report: RunReport) {
        self.send(Job::Record(Box::new(report)));
    }

    /// Writes an approval down, soon. Nobody waits for it.
    pub fn approve(&self, approval: Approval) {
        self.send(Job::Approve(approval));
    }

    /// Keeps runs for another time from now on.
    pub fn keep(&self, keep: SignedDuration) {
        self.send(Job::Keep(keep));
    }

    fn send(&self, job: Job) {
        if self.jobs.try_send(job).is_err() {
            let mut health = self.shared.health();
            health.lost += 1;
            if health.lost == 1 {
                tracing::warn!(event = "history-behind", "the history does not keep up, and lets go of what comes in");
            }
        }
    }

    /// Waits until everything so far is in the file, if there is to be one, but no longer than this. Says whether it is.
    pub async fn flush(&self, most: Duration) -> bool {
        if self.path().is_none() {
            return true;
        }
        let (sender, written) = oneshot::channel();
        self.jobs.try_send(Job::Flush(sender)).is_ok()
            && matches!(tokio::time::timeout(most, written).await, Ok(Ok(true)))
    }

    /// Runs in a line each, the latest first; [`gap`](Self::gap) says whether earlier ones are missing.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn lines(&self, wanted: Wanted) -> Result<Vec<Line>, Unavailable> {
        self.ask(move |store| store.lines(&wanted)).await
    }

    /// A run, whole, as it was reported.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn run(&self, id: &str) -> Result<Option<Run>, Unavailable> {
        let id = id.to_owned();
        self.found(self.ask(move |store| store.run(&id)).await?)
    }

    /// A run with a part of what it did.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn excerpt(&self, id: &str, span: Span) -> Result<Option<Excerpt>, Unavailable> {
        let id = id.to_owned();
        self.found(self.ask(move |store| store.excerpt(&id, span)).await?)
    }

    /// Everything that is known of one person.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn person(&self, whose: Whose) -> Result<PersonRecord, Unavailable> {
        let record = self.ask(move |store| store.person(&whose)).await?;
        Ok(PersonRecord { error: self.gap().map(|gap| gap.to_string()), ..record })
    }

    /// The last run after which every member of a target could sign in, by the end of it; `None` where none is on record.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn last_able(&self, target: TargetName) -> Result<Option<Timestamp>, Unavailable> {
        self.found(self.ask(move |store| store.last_able(&target)).await?)
    }

    /// When the first run began that is on record.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn begins(&self) -> Result<Option<Timestamp>, Unavailable> {
        if let Some(gap) = self.gap() { Err(gap) } else { self.ask(Store::begins).await }
    }

    /// How the last days went, the earliest first. A day is one of this time zone.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn daily(&self, days: usize, zone: TimeZone) -> Result<Vec<Day>, Unavailable> {
        self.ask(move |store| store.daily(days, Timestamp::now(), &zone)).await
    }

    /// Since when the findings of each target's last pass are known.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn ages(&self) -> Result<Ages, Unavailable> {
        self.ask(Store::ages).await
    }

    async fn ask<T, F>(&self, question: F) -> Result<T, Unavailable>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        let ask = move |store: Option<&Store>| {
            // Whoever does not wait any more needs no answer.
            if !sender.is_closed() {
                let found = store.map(question).transpose();
                let _ = sender.send(found.map_err(|error| error.sentence()));
            }
        };
        let unable = |why: &str| Unavailable(why.to_owned());
        if self.shared.is_stuck() {
            return Err(unable("the disk does not answer"));
        }
        self.jobs.try_send(Job::Ask(Box::new(ask))).map_err(|error| match error {
            TrySendError::Full(_) => unable("too much waits for the disk"),
            TrySendError::Disconnected(_) => unable("nobody keeps it"),
        })?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(Ok(Some(found)))) => Ok(found),
            Ok(Ok(Ok(None)) | Err(_)) => Err(unable("nobody keeps it")),
            Ok(Ok(Err(error))) => Err(Unavailable(error)),
            Err(_) => Err(unable("the disk does not answer")),
        }
    }
}
