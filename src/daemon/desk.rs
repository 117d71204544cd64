//! The desk: where requests for runs come in, are put together where they are the same, and can be asked about.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::status::{ConfigStatus, HistoryStatus, Reload, Status};
use crate::history::{Approval, History, KEPT_IN_MEMORY};
use crate::metrics::{Metrics, unix};
use crate::model::id::TargetName;
use crate::model::settings::Mode;
use crate::pass::{Explained, NotApproved, Request, Run, Runner};
use crate::report::Cause;
use crate::report::json::State;

/// Runs that are over and can still be asked about.
const KEPT_RUNS: usize = KEPT_IN_MEMORY;
/// Findings and actions of all of them together: a run of a large instance counts for many small ones.
const KEPT_LINES: usize = 50_000;
/// Runs that may wait or be under way.
const OPEN_RUNS: usize = 500;
/// Explanations at the same time. Their calls go ahead of those of passes, which must not starve.
const EXPLAINING: usize = 4;
/// Messages that a slow reader of events may be behind.
const EVENTS_BEHIND: usize = 256;

/// Takes requests, and starts their runs.
#[derive(Debug)]
pub struct Desk {
    runner: Arc<Runner>,
    metrics: Arc<Metrics>,
    history: History,
    entries: Mutex<VecDeque<Entry>>,
    events: broadcast::Sender<Event>,
    tasks: TaskTracker,
    stop: CancellationToken,
    explaining: Semaphore,
    started_at: Timestamp,
    next_pass: Mutex<Option<Timestamp>>,
    config: Mutex<ConfigStatus>,
}

/// A run, and how to wait for its end.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The run.
    pub run: Arc<Run>,
    over: CancellationToken,
}

impl Entry {
    /// Waits for the end of the run, but no longer than this. Says whether it came.
    pub async fn wait(&self, most: Duration) -> bool {
        tokio::time::timeout(most, self.over.cancelled()).await.is_ok()
    }
}

/// Something that happened, for whoever watches.
#[derive(Debug, Clone)]
pub enum Event {
    /// A run was asked for, has begun, or is over.
    Run(Arc<Run>),
    /// The configuration was read anew, or was refused.
    Reload,
}

/// Why a request was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The program is ending.
    #[error("the program is ending")]
    Ending,
    /// Too much is waiting already.
    #[error("{OPEN_RUNS} runs are waiting or under way")]
    Full,
    /// No target has this name.
    #[error("there is no target `{0}` in the configuration")]
    NoTarget(TargetName),
}

impl Desk {
    /// A desk for these runs, which remembers the latest of them. `stop` ends them.
    #[must_use]
    pub fn new(runner: Arc<Runner>, metrics: Arc<Metrics>, config: ConfigStatus, stop: CancellationToken) -> Self {
        Self {
            runner,
            metrics,
            history: History::open(None, SignedDuration::MAX),
            entries: Mutex::default(),
            events: broadcast::Sender::new(EVENTS_BEHIND),
            tasks: TaskTracker::new(),
            stop,
            explaining: Semaphore::new(EXPLAINING),
            started_at: Timestamp::now(),
            next_pass: Mutex::default(),
            config: Mutex::new(config),
        }
    }

    /// The same, with this record of runs, which they are told to as they go.
    #[must_use]
    pub fn recording(self, history: History) -> Self {
        history.journal().into_iter().for_each(|journal| self.runner.tell(journal));
        Self { history, ..self }
    }

    /// The record of past runs.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What makes the runs.
    #[must_use]
    pub fn runner(&self) -> &Runner {
        &self.runner
    }

    /// Every metric of the process.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Cancelled when the program ends.
    #[must_use]
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// What happens from now on.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Takes a request. One that is the same as a run that has not begun is that run.
    ///
    /// # Errors
    /// Where the program is ending, too much is waiting already, or no target is meant.
    pub fn submit(self: &Arc<Self>, request: Request) -> Result<Entry, Refused> {
        if let Some(target) = &request.target
            && !self.runner.setup().config.targets.iter().any(|known| known.settings.name == *target)
        {
            return Err(Refused::NoTarget(target.clone()));
        }
        if self.stop.is_cancelled() {
            return Err(Refused::Ending);
        }
        let mut entries = self.entries();
        let is_same = |run: &Run| {
            let other = run.request();
            // A tick may have left targets out.
            other.cause != Cause::Schedule
                && (other.mode, &other.target, &other.person) == (request.mode, &request.target, &request.person)
        };
        let same = entries.iter().rev().find(|entry| is_same(&entry.run)).filter(|entry| !entry.over.is_cancelled());
        if let Some(entry) = same.filter(|entry| entry.run.state() == State::Queued) {
            return Ok(entry.clone());
        }
        if entries.iter().filter(|entry| !entry.over.is_cancelled()).count() >= OPEN_RUNS {
            return Err(Refused::Full);
        }
        // One person's passes wait for nobody but one another.
        let before = same.filter(|_| request.person.is_some()).cloned();
        let entry = enter(&mut entries, self.runner.order(request));
        drop(entries);
        self.start(entry.clone(), before);
        Ok(entry)
    }

    /// Starts a run of all targets that are idle: the others are left out, and what they miss is not made up.
    pub fn tick(self: &Arc<Self>) {
        if self.stop.is_cancelled() {
            return;
        }
        let Some(run) = self.runner.order_idle(Request::new(Mode::Apply, Cause::Schedule)) else {
            tracing::info!(event = "tick-left-out", "every target is still busy, so this tick starts nothing");
            return;
        };
        let entry = enter(&mut self.entries(), run);
        self.start(entry, None);
    }

    fn start(self: &Arc<Self>, entry: Entry, before: Option<Entry>) {
        let desk = Arc::clone(self);
        self.tell(&entry.run);
        self.tasks.spawn(async move {
            if let Some(before) = before {
                before.over.cancelled().await;
            }
            let run = &entry.run;
            let begun = async {
                run.begun().await;
                desk.tell(run);
                std::future::pending::<()>().await;
            };
            tokio::select! {
                biased;
                _ = desk.runner.carry_out(run, &desk.stop) => {}
                () = begun => {}
            }
            if let Some(report) = run.report() {
                desk.history.record(report.clone());
            }
            entry.over.cancel();
            desk.tell(run);
        });
    }

    /// Approves what is withheld under a code, and starts a pass that carries it out.
    ///
    /// # Errors
    /// Where nobody told the code, nothing of it is withheld any more, or the run is refused.
    pub fn approve(self: &Arc<Self>, code: &str, by: &str, peer: &str) -> Result<Entry, ApprovalRefused> {
        let target = self.runner.approve(code)?;
        let word = self.runner.setup().people.word(by);
        tracing::info!(
            event = "approved",
            approval = code,
            target = target.as_str(),
            by = word,
            peer,
            "an approval was given"
        );
        let at = Timestamp::now();
        let entry = self.submit(Request { target: Some(target.clone()), ..Request::new(Mode::Apply, Cause::Http) });
        self.history.approve(Approval {
            code: code.to_owned(),
            target: Some(target.to_string()),
            by: Some(by.to_owned()),
            peer: peer.to_owned(),
            at,
            run: entry.as_ref().ok().map(|entry| entry.run.id().to_owned()),
        });
        Ok(entry?)
    }

    /// Follows the whole chain for one person.
    pub async fn explain(&self, person: &str, target: Option<&TargetName>) -> Vec<Explained> {
        // Nobody closes it, so there is always a permit to come.
        let _permit = self.explaining.acquire().await;
        self.runner.explain(person, target).await
    }

    /// Runs, the latest first.
    #[must_use]
    pub fn runs(&self) -> Vec<Arc<Run>> {
        self.entries().iter().rev().map(|entry| Arc::clone(&entry.run)).collect()
    }

    /// A run by its id.
    #[must_use]
    pub fn run(&self, id: &str) -> Option<Arc<Run>> {
        self.entries().iter().find(|entry| entry.run.id() == id).map(|entry| Arc::clone(&entry.run))
    }

    /// How the process and its targets stand.
    #[must_use]
    pub fn status(&self) -> Status {
        let open: Vec<Arc<Run>> = self.runs().into_iter().filter(|run| run.state() != State::Done).collect();
        let config = self.config.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let next = *self.next_pass.lock().unwrap_or_else(PoisonError::into_inner);
        let history = HistoryStatus::of(&self.history);
        Status::of(&self.runner, self.started_at, next, config, history, &open, self.stop.is_cancelled())
    }

    /// Notes when the next scheduled pass begins.
    pub(super) fn set_next_pass(&self, next: Option<Timestamp>) {
        *self.next_pass.lock().unwrap_or_else(PoisonError::into_inner) = next;
        self.metrics.next_pass.set(next.map_or(0.0, unix));
    }

    /// Notes how reading the configuration anew came out.
    pub(super) fn set_reload(&self, reload: Reload) {
        self.metrics.reload_successful.set(if reload.successful { 1.0 } else { 0.0 });
        let mut config = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        if reload.successful {
            config.loaded_at.clone_from(&reload.at);
        }
        config.last_reload = Some(reload);
        drop(config);
        let _ = self.events.send(Event::Reload);
    }

    /// Waits until every run has ended, but no longer than this. Says whether they have.
    pub async fn finish(&self, most: Duration) -> bool {
        self.tasks.close();
        tokio::time::timeout(most, self.tasks.wait()).await.is_ok()
    }

    fn tell(&self, run: &Arc<Run>) {
        // Nobody may be watching.
        let _ = self.events.send(Event::Run(Arc::clone(run)));
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why an approval was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalRefused {
    /// It approves nothing.
    #[error(transparent)]
    Code(#[from] NotApproved),
    /// Its run was refused.
    #[error(transparent)]
    Run(#[from] Refused),
}

/// Puts a run at the end, where the oldest may have to go for it.
fn enter(entries: &mut VecDeque<Entry>, run: Run) -> Entry {
    let entry = Entry { run: Arc::new(run), over: CancellationToken::new() };
    entries.push_back(entry.clone());
    trim(entries);
    entry
}

/// Forgets the oldest runs that are over, beyond what is kept.
fn trim(entries: &mut VecDeque<Entry>) {
    let lines = |entry: &Entry| {
        entry.run.report().map_or(0, |report| {
            report.targets.iter().map(|target| target.findings().len() + target.actions().len()).sum::<usize>()
        })
    };
    let mut kept = 0;
    let mut all = 0;
    // From the latest on; what is not over is always kept.
    let keep: Vec<bool> = entries
        .iter()
        .rev()
        .map(|entry| {
            if !entry.over.is_cancelled() {
                return true;
            }
            kept += 1;
            all += lines(entry);
            kept <= KEPT_RUNS && (all <= KEPT_LINES || kept == 1)
        })
        .collect();
    let mut keep = keep.into_iter().rev();
    entries.retain(|_| keep.next().unwrap_or(true));
}
