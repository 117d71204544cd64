//! The thread that keeps the record. What it cannot write waits, is tried again, and at last let go; runs go on either way.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use super::{Approval, Error, KEPT_IN_MEMORY, Shared, Store, store};
use crate::report::{RunReport, json};

/// How long after a failure it is tried again.
const AGAIN: Duration = Duration::from_mins(1);
/// Entries that are kept where there is no file, and that may wait for one: a large run counts for many small ones.
const ENTRIES_IN_MEMORY: usize = 50_000;
/// The least between two times that steps of runs under way are written: many come at once, and each time is a sync.
const GATHER: Duration = Duration::from_millis(250);

/// What the thread is asked to do.
pub(super) enum Job {
    /// Write a run down.
    Record(Box<RunReport>),
    /// Write an approval down.
    Approve(Approval),
    /// Answer a question, from nothing if there is nothing.
    Ask(Ask),
    /// Write down soon what runs under way have done.
    Wake,
    /// Write that down at once, and say whether that went well.
    Steps(oneshot::Sender<bool>),
    /// Write everything down that waits, and say whether that went well.
    Flush(oneshot::Sender<bool>),
    /// Keep runs for so long.
    Keep(SignedDuration),
}

/// A question, with somebody who waits for the answer.
pub(super) type Ask = Box<dyn FnOnce(Option<&Store>) + Send>;

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Job")
    }
}

/// What is to be written.
enum Entry {
    Run(Box<RunReport>),
    Approval(Approval),
}

/// The thread's own.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    keep: SignedDuration,
    /// The file, while it can be used, and which one it was when it was opened.
    file: Option<(Store, Option<(u64, u64)>)>,
    /// Stands in while there is no file.
    memory: Option<Store>,
    /// What the file does not have yet.
    waiting: VecDeque<Entry>,
    /// When writing last failed.
    failed: Option<Instant>,
    /// When the steps that have come are to be written.
    due: Option<Instant>,
    /// When steps were last written.
    told: Option<Instant>,
}

impl Keeper {
    pub(super) fn new(shared: Arc<Shared>, keep: SignedDuration) -> Self {
        Self { shared, keep, file: None, memory: None, waiting: VecDeque::new(), failed: None, due: None, told: None }
    }

    /// Works until nobody is left to ask for anything.
    pub(super) fn run(mut self, inbox: &Receiver<Job>) {
        self.busily(Self::attend);
        loop {
            if self.due.is_none() && self.failed.is_none() && self.shared.has_steps() {
                self.due = self.told.map(|told| told + GATHER).max(Some(Instant::now()));
            }
            let again = self.failed.map(|failed| AGAIN.saturating_sub(failed.elapsed()));
            let due = self.due.map(|due| due.saturating_duration_since(Instant::now()));
            let job = match again.into_iter().chain(due).min() {
                Some(most) => inbox.recv_timeout(most),
                None => inbox.recv().map_err(RecvTimeoutError::from),
            };
            match job {
                Ok(job) => self.busily(|keeper| keeper.take(job)),
                Err(RecvTimeoutError::Timeout) => self.busily(Self::attend),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    }

    fn busily(&mut self, work: impl FnOnce(&mut Self)) {
        self.shared.set_busy(Some(Instant::now()));
        work(self);
        self.shared.set_busy(None);
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Record(report) => {
                self.shared.forget_steps(&report.run);
                self.enter(Entry::Run(report));
            }
            Job::Approve(approval) => self.enter(Entry::Approval(approval)),
            Job::Ask(ask) => ask(self.file.as_ref().map(|(store, _)| store).or(self.memory.as_ref())),
            // Whoever wakes the thread wants no more than that it looks for steps.
            Job::Wake => {}
            Job::Steps(sender) => {
                self.attend();
                // Whoever asked may not wait any more.
                let _ = sender.send(self.failed.is_none());
            }
            Job::Flush(sender) => {
                if !self.waiting.is_empty() {
                    self.failed = None;
                }
                self.attend();
                // Whoever asked may not wait any more.
                let _ = sender.send(self.waiting.is_empty());
            }
            Job::Keep(keep) => self.keep = keep,
        }
    }

    fn enter(&mut self, entry: Entry) {
        if self.shared.path.is_none() {
            self.remember(&entry);
            return;
        }
        self.waiting.push_back(entry);
        self.attend();
        if self.file.is_none()
            && let Some(entry) = self.waiting.pop_back()
        {
            self.remember(&entry);
            self.waiting.push_back(entry);
        }
        self.let_go();
    }

    /// Writes everything down that waits, unless it failed a moment ago.
    fn attend(&mut self) {
        self.due = None;
        let Some(path) = self.shared.path.clone() else {
            self.memory();
            return;
        };
        if self.failed.is_none_or(|failed| failed.elapsed() >= AGAIN) {
            let written = self.write(&path);
            self.note(&path, written.err());
        }
        let mut health = self.shared.health();
        health.waiting = self.waiting.len();
        health.is_cut_off = self.file.is_none();
    }

    fn write(&mut self, path: &Path) -> Result<(), Error> {
        // Somebody may have put the file away meanwhile.
        if self.file.as_ref().is_some_and(|(_, identity)| *identity != store::identity(path)) {
            self.file = None;
        }
        if self.file.is_none() {
            let opened = Store::open(path)?;
            self.file = Some((opened, store::identity(path)));
            self.memory = None;
        }
        let Some((store, _)) = &mut self.file else { return Ok(()) };
        let steps = self.shared.take_steps();
        if !steps.is_empty() {
            if let Err(error) = store.begin(&steps) {
                self.shared.put_back(steps);
                return Err(error);
            }
            self.told = Some(Instant::now());
        }
        let mut now = None;
        while let Some(entry) = self.waiting.front() {
            let seen = put(store, entry)?;
            now = seen.or(now);
            self.waiting.pop_front();
        }
        if let Some(now) = now {
            store.trim(now.saturating_sub(self.keep).unwrap_or(Timestamp::MIN))?;
        }
        Ok(())
    }

    /// Tells the log when writing begins to fail, and when it works again.
    fn note(&mut self, path: &Path, error: Option<Error>) {
        let Some(error) = error else {
            self.failed = None;
            if self.shared.health().trouble.take().is_some() {
                let path = path.display();
                tracing::info!(event = "history-usable", %path, "the history is written again, with what had to wait");
            }
            return;
        };
        self.failed = Some(Instant::now());
        if !error.is_passing() {
            self.file = None;
            self.memory();
        }
        let error = error.sentence();
        let mut health = self.shared.health();
        if health.trouble.as_ref().is_none_or(|(before, _)| *before != error) {
            tracing::warn!(
                event = "history-unusable",
                path = %path.display(),
                error,
                "the history cannot be written; runs go on without it, and it is tried again every minute"
            );
        }
        let since = health.trouble.take().map_or_else(Timestamp::now, |(_, since)| since);
        health.trouble = Some((error, since));
    }

    /// The record that ends with the process.
    fn memory(&mut self) -> Option<&mut Store> {
        if self.memory.is_none() {
            self.memory = Store::in_memory().ok();
        }
        self.memory.as_mut()
    }

    fn remember(&mut self, entry: &Entry) {
        let Some(memory) = self.memory() else { return };
        let remembered = put(memory, entry).and_then(|_| memory.keep_latest(KEPT_IN_MEMORY, ENTRIES_IN_MEMORY));
        if let Err(error) = remembered {
            // It begins anew with the next run.
            tracing::debug!(error = error.sentence(), "the history in memory is lost");
            self.memory = None;
        }
    }

    /// Keeps what waits from growing without end.
    fn let_go(&mut self) {
        let lines = |entry: &Entry| match entry {
            Entry::Run(report) => {
                report.targets.iter().map(|target| target.findings().len() + target.actions().len()).sum()
            }
            Entry::Approval(_) => 1,
        };
        let mut all: usize = self.waiting.iter().map(lines).sum();
        let mut lost = 0;
        while self.waiting.len() > KEPT_IN_MEMORY || (all > ENTRIES_IN_MEMORY && self.waiting.len() > 1) {
            let Some(first) = self.waiting.pop_front() else { break };
            all -= lines(&first);
            lost += 1;
        }
        let mut health = self.shared.health();
        health.waiting = self.waiting.len();
        if lost > 0 && health.lost == 0 {
            tracing::warn!(
                event = "history-behind",
                "more waits for the history than can be kept; the oldest is let go"
            );
        }
        health.lost += lost;
    }
}

/// Puts one thing into a record. Of a run that could read something, says what time it is: the services' where it is
/// earlier than the host's, so that a host whose clock is ahead lets go of nothing.
fn put(store: &mut Store, entry: &Entry) -> Result<Option<Timestamp>, Error> {
    match entry {
        Entry::Run(report) => {
            store.record(&json::run(report))?;
            let read = report.targets.iter().filter(|target| target.counts().is_some());
            Ok(read.map(|target| target.time).min().map(|time| time.min(Timestamp::now())))
        }
        Entry::Approval(approval) => {
            store.approve(approval)?;
            Ok(None)
        }
    }
}
