//! The record of past runs. It decides nothing: no plan looks at it, and a lost one changes no pass. All that it gives
//! back is past runs to be shown, and since when findings are known.
//!
//! [`Store`] is the file: what is written (`write`) and what can be asked (`read`, `person`, `approved`). [`History`] is a thread that
//! has one (`keeper`), so that a disk that is slow, full or locked holds up no pass and no answer. `listing` and
//! `story` are for the command line.

mod approved;
mod excerpt;
mod journal;
mod keeper;
mod listing;
mod person;
mod read;
mod shared;
mod store;
mod story;
#[cfg(test)]
mod tests;
mod varying;
mod write;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

pub use self::approved::Approved;
pub use self::excerpt::{Excerpt, Span, Sums};
use self::keeper::{Entry, Job, Keeper};
pub use self::listing::Listing;
pub use self::person::{Event, Noticed, PersonRecord, Whose};
pub use self::read::{Day, PassLine, Wanted};
pub use self::shared::{Health, Told, Unavailable};
use self::shared::{SILENT, Shared};
pub use self::store::{Error, Store};
pub use self::story::Story;
use crate::model::id::TargetName;
use crate::report::json::Run;
use crate::report::{Ages, Line, RunReport};

/// Runs that are kept where there is no file.
pub const KEPT_IN_MEMORY: usize = 200;

/// Jobs that may wait for the thread: as many as runs may end at once, and then some.
const QUEUE: usize = 1024;
/// How long somebody waits for an answer, or for the copy of a user whom they are going to delete.
const PATIENCE: Duration = Duration::from_secs(3);

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

impl History {
    /// Begins to keep a record, in a file or in memory. What is wrong with the file is logged, and tried again; nothing of
    /// it is an error here.
    #[must_use]
    pub fn open(path: Option<&Path>, keep: SignedDuration) -> Self {
        let shared = Arc::new(Shared::of(path));
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
        self.shared.path()
    }

    /// How it is.
    #[must_use]
    pub fn health(&self) -> Health {
        let silent = self.shared.silent().map(|since| (SILENT.to_owned(), since));
        let waiting = self.shared.unwritten().len();
        let health = self.shared.health().clone();
        Health { trouble: health.trouble.or(silent), waiting, ..health }
    }

    /// Whether a run that was handed in is not written yet.
    #[must_use]
    pub fn is_waiting(&self, run: &str) -> bool {
        self.shared.unwritten().iter().any(|name| name == run)
    }

    /// Tells the log where the disk has fallen silent. Its thread cannot, so somebody has to look now and then.
    pub fn look(&self) {
        self.shared.silent();
    }

    /// Writes down a run that is over, soon. Nobody waits for it.
    pub fn record(&self, report: RunReport) {
        self.enter(Entry::Run(Box::new(report)));
    }

    /// Writes an approval down, soon. Nobody waits for it.
    pub fn approve(&self, approval: Approval) {
        self.enter(Entry::Approval(approval));
    }

    /// Keeps runs for another time from now on.
    pub fn keep(&self, keep: SignedDuration) {
        // A queue that is full has worse to tell, and did.
        let _ = self.jobs.try_send(Job::Keep(keep));
    }

    fn enter(&self, entry: Entry) {
        self.look();
        let name = entry.name();
        self.shared.unwritten().push(name.clone());
        if let Err(error) = self.jobs.try_send(Job::Enter(entry)) {
            self.shared.settle(&name);
            let mut health = self.shared.health();
            health.lost += 1;
            // Where the thread is gone, that was told when it went.
            if health.lost == 1 && matches!(error, TrySendError::Full(_)) {
                tracing::warn!(event = "history-behind", "the history does not keep up, and lets go of what comes in");
            }
        }
    }

    /// Writes down what waits, and closes the file, which is whole by itself then, without a `-wal` beside it. Waits no
    /// longer than this. Says whether everything is in it; what is not is told to the log. What comes later opens it again.
    pub async fn close(&self, most: Duration) -> bool {
        if self.path().is_none() {
            return true;
        }
        let (sender, closed) = oneshot::channel();
        let is_closed = self.jobs.try_send(Job::Close(sender)).is_ok()
            && matches!(tokio::time::timeout(most, closed).await, Ok(Ok(())));
        let unwritten = self.shared.unwritten();
        if !unwritten.is_empty() {
            tracing::warn!(
                event = "history-lost",
                path = self.shared.shown(),
                lost = unwritten.join(", "),
                "what still waited for the history is not in it, and is lost when the process ends"
            );
        }
        is_closed && unwritten.is_empty()
    }

    /// Runs in a line each, the latest first.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn lines(&self, wanted: Wanted) -> Result<Told<Vec<Line>>, Unavailable> {
        self.ask(move |store| store.lines(&wanted)).await
    }

    /// A run, whole, as it was reported.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn run(&self, id: &str) -> Result<Option<Run>, Unavailable> {
        let id = id.to_owned();
        found(self.ask(move |store| store.run(&id)).await?)
    }

    /// A run with a part of what it did.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn excerpt(&self, id: &str, span: Span) -> Result<Option<Excerpt>, Unavailable> {
        let id = id.to_owned();
        found(self.ask(move |store| store.excerpt(&id, span)).await?)
    }

    /// Everything that is known of one person.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn person(&self, whose: Whose) -> Result<PersonRecord, Unavailable> {
        let (record, gap) = self.ask(move |store| store.person(&whose)).await?;
        Ok(PersonRecord { error: gap.map(|gap| gap.to_string()), ..record })
    }

    /// The last run after which every member of a target could sign in, by the end of it; `None` where none is on record.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn last_able(&self, target: TargetName) -> Result<Option<Timestamp>, Unavailable> {
        found(self.ask(move |store| store.last_able(&target)).await?)
    }

    /// When the first run began that is on record.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn begins(&self) -> Result<Option<Timestamp>, Unavailable> {
        whole(self.ask(Store::begins).await?)
    }

    /// How the last days went, the earliest first. A day is one of this time zone.
    ///
    /// # Errors
    /// Where it cannot be read now, or lacks runs.
    pub async fn daily(&self, days: usize, zone: TimeZone) -> Result<Vec<Day>, Unavailable> {
        whole(self.ask(move |store| store.daily(days, Timestamp::now(), &zone)).await?)
    }

    /// Since when the findings of each target's last pass are known.
    ///
    /// # Errors
    /// Where it cannot be read now.
    pub async fn ages(&self) -> Result<Ages, Unavailable> {
        whole(self.ask(Store::ages).await?)
    }

    async fn ask<T, F>(&self, question: F) -> Result<Told<T>, Unavailable>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    {
        let unread = |why: &str| Unavailable::Unread(why.to_owned());
        if self.shared.silent().is_some() {
            return Err(unread(SILENT));
        }
        let (sender, answer) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        let ask = move |store: Option<&Store>| {
            // Whoever does not wait any more needs no answer.
            if !sender.is_closed() {
                let found = store.map(question).transpose();
                // Only this thread writes, so what is missing now is what this answer lacks.
                let _ = sender.send((found.map_err(|error| error.sentence()), shared.gap()));
            }
        };
        self.jobs.try_send(Job::Ask(Box::new(ask))).map_err(|error| match error {
            TrySendError::Full(_) => unread("too much waits for the disk"),
            TrySendError::Disconnected(_) => unread("nobody keeps it"),
        })?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok((Ok(Some(found)), gap))) => Ok((found, gap)),
            Ok(Ok((Ok(None), gap))) => Err(gap.unwrap_or_else(|| unread("nobody keeps it"))),
            Ok(Ok((Err(error), _))) => Err(Unavailable::Unread(error)),
            Ok(Err(_)) => Err(unread("nobody keeps it")),
            Err(_) => Err(unread(SILENT)),
        }
    }
}

/// What was found, unless nothing was, where something is missing: then nobody knows.
fn found<T>((found, gap): Told<Option<T>>) -> Result<Option<T>, Unavailable> {
    match gap {
        Some(gap) if found.is_none() => Err(gap),
        _ => Ok(found),
    }
}

/// What was found, where nothing is missing.
fn whole<T>((found, gap): Told<T>) -> Result<T, Unavailable> {
    gap.map_or(Ok(found), Err)
}
