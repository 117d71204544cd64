//! How the process and its targets stand, as `GET /v1/status` and `rollcall status` tell it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::Target;
use crate::history::{Health, History};
use crate::pass::{Run, Runner};
use crate::plan::finding::Severity;
use crate::report::Standing;
use crate::report::json::{self, State};

/// How the process and its targets stand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The version of this form.
    pub schema: u32,
    /// The program's version.
    pub version: String,
    /// `running` or `ending`.
    pub state: String,
    /// When the process started.
    pub started_at: String,
    /// When the next scheduled pass begins.
    pub next_pass_at: Option<String>,
    /// The schedule: second, minute, hour, day, month, weekday.
    pub cron: String,
    /// The time zone that the schedule is meant in.
    pub timezone: String,
    /// The configuration.
    pub config: ConfigStatus,
    /// The record of past runs.
    pub history: HistoryStatus,
    /// Runs that wait or are under way, the latest first.
    pub runs: Vec<OpenRun>,
    /// One for each target, in the order of the configuration.
    pub targets: Vec<TargetStatus>,
}

/// The configuration in force.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ConfigStatus {
    /// Its file; null where it is built in.
    pub path: Option<String>,
    /// When what is in force was read.
    pub loaded_at: String,
    /// How the last attempt at reading it anew came out.
    pub last_reload: Option<Reload>,
}

/// An attempt at reading the configuration anew.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Reload {
    /// When.
    pub at: String,
    /// Whether what was read is in force now.
    pub successful: bool,
    /// Why it is not.
    pub error: Option<String>,
    /// What was taken over only in part, and why.
    pub notes: Vec<String>,
}

/// The record of past runs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HistoryStatus {
    /// Its file; null where it is kept in memory and ends with the process.
    pub path: Option<String>,
    /// Why it cannot be written now; null where it can.
    pub error: Option<String>,
    /// Since when it cannot be written.
    pub since: Option<String>,
    /// Runs and approvals that wait to be written.
    pub waiting: usize,
    /// Those that were given up, since too many waited.
    pub lost: usize,
}

/// A run that waits or is under way.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OpenRun {
    /// Its id.
    pub run: String,
    /// `queued` or `running`.
    pub state: String,
    /// What started it.
    pub cause: String,
    /// Actions that have ended.
    pub done: usize,
    /// Actions in all; 0 until they are known.
    pub total: usize,
    /// Seconds that the rest takes at the service's rate.
    pub eta_seconds: f64,
}

/// How a target stands.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TargetStatus {
    /// The target.
    pub name: String,
    /// Whether it may be written to: `plan` or `apply`.
    pub mode: String,
    /// Whether a pass of everybody is under way.
    pub busy: bool,
    /// How the last pass of everybody came out; null before the first.
    pub verdict: Option<String>,
    /// What it could not do, where it failed.
    pub error: Option<String>,
    /// The run that it belonged to.
    pub run: Option<String>,
    /// When it ended.
    pub last_attempt_at: Option<String>,
    /// When everything was last read and tried.
    pub last_complete_at: Option<String>,
    /// When there was last nothing left to do.
    pub last_converged_at: Option<String>,
    /// Passes in a row that could not be read.
    pub consecutive_failures: u32,
    /// People who are to be able to work.
    pub members: Option<usize>,
    /// Those of them who could not sign in before the last pass.
    pub blocked: Option<usize>,
    /// Those of them who cannot sign in after it and after passes of one person since; null where a mapped group is missing, so that nobody can tell.
    pub unable: Option<usize>,
    /// Users of the instance.
    pub connect_users: Option<usize>,
    /// Those of them that are ours.
    pub owned: Option<usize>,
    /// Findings that are errors, and that nobody has accepted.
    pub errors: usize,
    /// Findings that are warnings, and that nobody has accepted.
    pub warnings: usize,
    /// Actions that guards hold back.
    pub withheld: usize,
    /// The code that approves exactly what is withheld.
    pub approval: Option<String>,
}

impl Status {
    pub(super) fn of(
        runner: &Runner,
        started_at: Timestamp,
        next_pass: Option<Timestamp>,
        config: ConfigStatus,
        history: HistoryStatus,
        open: &[Arc<Run>],
        is_ending: bool,
    ) -> Self {
        let setup = runner.setup();
        let target = |target: &Target| {
            let name = &target.settings.name;
            TargetStatus::of(target, &runner.standing(name), runner.is_busy(name))
        };
        Self {
            schema: 1,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            state: if is_ending { "ending" } else { "running" }.to_owned(),
            started_at: started_at.to_string(),
            next_pass_at: next_pass.map(|at| at.to_string()),
            cron: setup.config.schedule.cron.clone(),
            timezone: setup.config.schedule.timezone.clone(),
            config,
            history,
            runs: open.iter().map(|run| OpenRun::of(run)).collect(),
            targets: setup.config.targets.iter().map(target).collect(),
        }
    }
}

impl HistoryStatus {
    pub(super) fn of(history: &History) -> Self {
        let Health { trouble, waiting, lost, is_cut_off: _ } = history.health();
        let (error, since) = trouble.unzip();
        let path = history.path().map(|path| path.display().to_string());
        Self { path, error, since: since.map(|since| since.to_string()), waiting, lost }
    }
}

impl OpenRun {
    fn of(run: &Run) -> Self {
        let (done, total) = run.progress();
        Self {
            run: run.id().to_owned(),
            state: if run.state() == State::Queued { "queued" } else { "running" }.to_owned(),
            cause: run.request().cause.as_str().to_owned(),
            done,
            total,
            eta_seconds: json::rounded(run.seconds_left()),
        }
    }
}

impl TargetStatus {
    fn of(target: &Target, standing: &Standing, busy: bool) -> Self {
        let last = standing.last.as_ref();
        // What was last seen is still worth telling while a service is away.
        let read = standing.read.as_deref();
        let counts = read.and_then(|report| report.counts());
        let open = |severity| read.map_or(0, |report| report.open_findings(severity));
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        Self {
            name: target.settings.name.to_string(),
            mode: target.settings.mode.as_str().to_owned(),
            busy,
            verdict: last.map(|last| last.report.verdict().as_str().to_owned()),
            error: last.and_then(|last| last.report.trouble()).map(|trouble| trouble.sentence()),
            run: last.map(|last| last.run.clone()),
            last_attempt_at: time(last.map(|last| last.at)),
            last_complete_at: time(standing.last_complete),
            last_converged_at: time(standing.last_converged),
            consecutive_failures: standing.failures,
            members: counts.map(|counts| counts.members),
            blocked: counts.map(|counts| counts.blocked),
            unable: standing.count_of_unable(),
            connect_users: counts.map(|counts| counts.connect_users),
            owned: counts.map(|counts| counts.owned),
            errors: open(Severity::Error),
            warnings: open(Severity::Warning),
            withheld: read.map_or(0, |report| report.withheld().len()),
            approval: read.and_then(|report| report.approval()).map(str::to_owned),
        }
    }
}
