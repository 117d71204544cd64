//! A run that can be watched while it is under way: what was asked for, and how far each of its passes has come.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::Notify;
use ulid::Ulid;

use super::Request;
use crate::apply::{Outcome, Progress};
use crate::aws::Ledger;
use crate::model::id::TargetName;
use crate::model::settings::Mode;
use crate::report::json::{self, Header, State};
use crate::report::{Line, RunReport, TargetReport};

/// One run, from the moment that it was asked for.
#[derive(Debug)]
pub struct Run {
    id: String,
    request: Request,
    begun: OnceLock<(Timestamp, Instant)>,
    /// What the targets share.
    pub(super) ledger: Ledger,
    pub(super) passes: Vec<LivePass>,
    report: OnceLock<RunReport>,
    first: Notify,
}

/// One target's pass within a run.
#[derive(Debug)]
pub(super) struct LivePass {
    pub(super) target: TargetName,
    pub(super) mode: Mode,
    pub(super) progress: Progress,
    stage: Mutex<Stage>,
}

/// How far a pass has come.
#[derive(Debug, Clone)]
enum Stage {
    /// Another pass of the same target is under way, or the run has not begun.
    Waiting,
    Running,
    Done(Arc<TargetReport>),
}

impl Run {
    pub(super) fn new(request: Request, targets: impl Iterator<Item = (TargetName, Mode)>) -> Self {
        let pass = |(target, mode)| LivePass {
            target,
            mode,
            progress: Progress::default(),
            stage: Mutex::new(Stage::Waiting),
        };
        Self {
            id: Ulid::generate().to_string(),
            request,
            begun: OnceLock::new(),
            ledger: Ledger::new(),
            passes: targets.map(pass).collect(),
            report: OnceLock::new(),
            first: Notify::new(),
        }
    }

    /// Its id, a ULID: later runs sort later.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What was asked for.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        match (self.report.get(), self.begun.get()) {
            (Some(_), _) => State::Done,
            (None, Some(_)) => State::Running,
            (None, None) => State::Queued,
        }
    }

    /// When its first pass began, by the host's clock.
    #[must_use]
    pub fn started_at(&self) -> Option<Timestamp> {
        self.begun.get().map(|(at, _)| *at)
    }

    /// What came of it, once it is over.
    #[must_use]
    pub fn report(&self) -> Option<&RunReport> {
        self.report.get()
    }

    /// The targets whose passes belong to it.
    pub fn targets(&self) -> impl Iterator<Item = &TargetName> {
        self.passes.iter().map(|pass| &pass.target)
    }

    /// How far the actions of all its targets have come: done, and in all.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        self.passes.iter().fold((0, 0), |(done, total), pass| {
            let (one, all) = pass.progress.get();
            (done + one, total + all)
        })
    }

    /// Seconds that the rest of all actions takes at the service's rate.
    #[must_use]
    pub fn seconds_left(&self) -> f64 {
        self.passes.iter().map(|pass| pass.progress.seconds_left()).fold(0.0, f64::max)
    }

    /// Waits until its first pass begins; for one who waits.
    pub async fn begun(&self) {
        self.first.notified().await;
    }

    /// Notes that its first pass begins.
    pub(super) fn begin(&self) -> (Timestamp, Instant) {
        let begun = self.begun.get_or_init(|| (Timestamp::now(), Instant::now()));
        self.first.notify_one();
        *begun
    }

    /// Puts the report together, once every pass has ended.
    pub(super) fn end(&self, unused_approvals: Vec<String>) -> &RunReport {
        self.report.get_or_init(|| {
            let (started_at, started) = self.begin();
            RunReport {
                run: self.id.clone(),
                mode: self.request.mode,
                cause: self.request.cause,
                person: self.request.person.clone(),
                started_at,
                finished_at: Timestamp::now(),
                elapsed: started.elapsed(),
                requests: self.requests(),
                targets: self.passes.iter().filter_map(LivePass::report).collect(),
                unused_approvals,
            }
        })
    }

    /// What has been asked of AWS so far, of the passes that have ended and of what all share.
    fn requests(&self) -> BTreeMap<String, u64> {
        let mut requests = self.ledger.requests();
        for report in self.passes.iter().filter_map(LivePass::report) {
            for (operation, count) in &report.requests {
                *requests.entry(operation.clone()).or_default() += count;
            }
        }
        requests
    }

    /// The run in one line, at any time.
    #[must_use]
    pub fn line(&self) -> Line {
        let report = self.report.get();
        Line {
            run: self.id.clone(),
            state: self.state(),
            mode: self.request.mode.as_str().into(),
            cause: self.request.cause.as_str().into(),
            targets: self.targets().map(ToString::to_string).collect(),
            person: self.request.person.clone(),
            verdict: report.map(|report| report.verdict().as_str().into()),
            started_at: self.started_at().map(|at| at.to_string()),
            finished_at: report.map(|report| report.finished_at.to_string()),
            elapsed_seconds: report.map(|report| json::rounded(report.elapsed.as_secs_f64())),
            last_heard: None,
            changes: report.map(|report| report.count(|outcome| matches!(outcome, Outcome::Done))),
            failed: report
                .map(|report| report.count(|outcome| matches!(outcome, Outcome::Failed(_) | Outcome::Skipped(_)))),
            withheld: report.map(|report| report.targets.iter().map(|target| target.withheld().len()).sum()),
        }
    }

    /// The run as programs see it, at any time.
    #[must_use]
    pub fn view(&self) -> json::Run {
        if let Some(report) = self.report.get() {
            return json::run(report);
        }
        let target = |pass: &LivePass| match pass.stage() {
            Stage::Done(report) => json::target(&report, self.request.mode),
            Stage::Waiting | Stage::Running => {
                let (done, total) = pass.progress.get();
                let progress = json::Progress { done, total, eta_seconds: json::rounded(pass.progress.seconds_left()) };
                json::Target::under_way(pass.target.as_str(), pass.mode, progress)
            }
        };
        let header = Header {
            run: &self.id,
            state: self.state(),
            mode: self.request.mode,
            cause: self.request.cause,
            person: self.request.person.as_deref(),
            started_at: self.started_at(),
            elapsed: self.begun.get().map(|(_, begun)| begun.elapsed()),
        };
        json::under_way(header, self.requests(), self.passes.iter().map(target).collect())
    }
}

impl LivePass {
    pub(super) fn begin(&self) {
        self.set(Stage::Running);
    }

    pub(super) fn end(&self, report: Arc<TargetReport>) {
        self.set(Stage::Done(report));
    }

    fn set(&self, stage: Stage) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    fn stage(&self) -> Stage {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn report(&self) -> Option<Arc<TargetReport>> {
        match self.stage() {
            Stage::Done(report) => Some(report),
            Stage::Waiting | Stage::Running => None,
        }
    }
}
