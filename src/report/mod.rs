//! What a run saw, planned and did. A report is built from what was executed, never from counters kept beside it, and
//! everything that people and machines read of a run comes from here: [`json`], [`table`] and [`log`].

pub mod chain;
pub mod json;
mod line;
pub mod log;
mod memory;
pub mod meter;
mod standing;
mod step;
pub mod table;
mod trouble;
mod unable;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;

use crate::apply::{Applied, Outcome};
use crate::model::id::TargetName;
use crate::model::settings::Mode;
use crate::plan::finding::{Finding, Severity};
use crate::plan::{Action, ActionKind, Counts, Pair, Parts, Plan, Withheld};

pub use self::line::Line;
pub use self::memory::{Age, Ages, Memory};
pub use self::standing::{LastPass, Standing};
pub use self::step::{Journal, Step};
pub use self::trouble::Trouble;
pub use self::unable::Unable;

/// What one cause started: the passes of all its targets.
#[derive(Debug, Clone)]
pub struct RunReport {
    /// The run's id, a ULID: later runs sort later.
    pub run: String,
    /// Whether anything was to be written.
    pub mode: Mode,
    /// What started it.
    pub cause: Cause,
    /// The person that it was for; `None` where it was for everybody.
    pub person: Option<String>,
    /// By the host's clock.
    pub started_at: Timestamp,
    /// By the host's clock.
    pub finished_at: Timestamp,
    /// How long it took.
    pub elapsed: Duration,
    /// Calls by operation, retries included: those that the targets share and their own.
    pub requests: BTreeMap<String, u64>,
    /// One for each target, in the order of the configuration.
    pub targets: Vec<Arc<TargetReport>>,
    /// Codes that were given to approve something, and that fit no target.
    pub unused_approvals: Vec<String>,
}

impl RunReport {
    /// The worst verdict of all targets.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.targets.iter().map(|target| target.verdict()).min().unwrap_or(Verdict::Converged)
    }

    /// How many actions came out so.
    #[must_use]
    pub fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        let outcomes = self.targets.iter().flat_map(|target| target.actions()).map(|(_, outcome)| outcome);
        outcomes.filter(|outcome| is(outcome)).count()
    }
}

/// What started a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The time of day.
    Schedule,
    /// A request by HTTP.
    Http,
    /// A command.
    Cli,
    /// The start of the program.
    Startup,
}

impl Cause {
    /// The word of the report.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Http => "http",
            Self::Cli => "cli",
            Self::Startup => "startup",
        }
    }
}

/// How a pass came out, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It could not be read, or not be served at all.
    Failed,
    /// An action failed or was skipped.
    Incomplete,
    /// A guard holds something back.
    Held,
    /// There is work, and it was not to be done.
    Pending,
    /// Everything is as it should be.
    Converged,
}

impl Verdict {
    /// All of them, the worst first.
    pub const ALL: [Self; 5] = [Self::Failed, Self::Incomplete, Self::Held, Self::Pending, Self::Converged];

    /// The word of the report.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Incomplete => "incomplete",
            Self::Held => "held",
            Self::Pending => "pending",
            Self::Converged => "converged",
        }
    }
}

/// One target's pass.
#[derive(Debug)]
pub struct TargetReport {
    /// The target.
    pub name: TargetName,
    /// Whether it may be written to.
    pub mode: Mode,
    /// What it took, without the readings that targets share.
    pub requests: BTreeMap<String, u64>,
    /// How long it took.
    pub elapsed: Duration,
    /// The services' time of the pass; the host's where nothing could be read.
    pub time: Timestamp,
    /// Seconds that carrying the plan out takes at the service's rate, as things stood when it was made.
    pub estimate: f64,
    result: Result<Pass, Trouble>,
    /// Of each finding, by its id, whether it is news; findings that are not here are.
    ages: BTreeMap<String, Age>,
    /// The same for each finding in order, once somebody has asked: ids are hashes, and take their time.
    aged: OnceLock<Vec<Age>>,
    /// What was found in the pass before this one, and is no more.
    gone: Vec<Finding>,
}

/// A pass that came to a plan.
#[derive(Debug)]
struct Pass {
    actions: Vec<(Action, Outcome)>,
    withheld: Vec<Withheld>,
    approval: Option<String>,
    released: BTreeMap<Pair, String>,
    deleted: BTreeMap<usize, serde_json::Value>,
    findings: Vec<Finding>,
    counts: Counts,
    unable: Unable,
    refused: bool,
}

/// What was around a pass: who, and what it took.
#[derive(Debug)]
pub struct Around {
    /// The target.
    pub name: TargetName,
    /// Whether it may be written to.
    pub mode: Mode,
    /// What it took.
    pub requests: BTreeMap<String, u64>,
    /// How long it took.
    pub elapsed: Duration,
    /// The time of the pass.
    pub time: Timestamp,
}

impl TargetReport {
    /// A target that could not be read.
    #[must_use]
    pub fn failed(around: Around, trouble: Trouble) -> Self {
        Self::new(around, 0.0, Err(trouble))
    }

    /// A plan that was not to be carried out, and would take so many seconds.
    #[must_use]
    pub fn planned(around: Around, plan: Plan, estimate: f64) -> Self {
        let outcomes = plan.actions().iter().map(|_| Outcome::Planned).collect();
        Self::applied(around, plan, Applied { outcomes, estimate, ..Applied::default() })
    }

    /// A plan, and what came of it.
    #[must_use]
    pub fn applied(around: Around, plan: Plan, applied: Applied) -> Self {
        let refused = plan.refusal().is_some();
        let Parts { actions, withheld, approval, released, mut findings, mut counts } = plan.into_parts();
        let Applied { outcomes, deleted, findings: shown, estimate } = applied;
        findings.extend(shown);
        let actions: Vec<_> = actions.into_iter().zip(outcomes).collect();
        let unable = Unable::after(std::mem::take(&mut counts.shut_out), &actions);
        Self::new(
            around,
            estimate,
            Ok(Pass { actions, withheld, approval, released, deleted, findings, counts, unable, refused }),
        )
    }

    fn new(around: Around, estimate: f64, result: Result<Pass, Trouble>) -> Self {
        let Around { name, mode, requests, elapsed, time } = around;
        let (ages, gone) = (BTreeMap::new(), Vec::new());
        Self { name, mode, requests, elapsed, time, estimate, result, ages, aged: OnceLock::new(), gone }
    }

    /// How the pass came out.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match &self.result {
            Err(_) => Verdict::Failed,
            Ok(pass) if pass.refused => Verdict::Failed,
            Ok(pass) => {
                let held = (!pass.withheld.is_empty()).then_some(Verdict::Held);
                let verdicts = pass.actions.iter().map(|(_, outcome)| verdict_of(outcome));
                verdicts.chain(held).min().unwrap_or(Verdict::Converged)
            }
        }
    }

    /// Why the target failed, where it did.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        match &self.result {
            Err(trouble) => Some(trouble.clone()),
            Ok(pass) if pass.refused => pass
                .findings
                .iter()
                .find(|finding| finding.kind.refuses_target())
                .map(|finding| Trouble { message: finding.message(), causes: Vec::new(), hint: Some(finding.fix()) }),
            Ok(_) => None,
        }
    }

    /// Every action and how it came out, in the order of execution.
    #[must_use]
    pub fn actions(&self) -> &[(Action, Outcome)] {
        self.result.as_ref().map_or(&[], |pass| &pass.actions)
    }

    /// What a guard holds back, in order.
    #[must_use]
    pub fn withheld(&self) -> &[Withheld] {
        self.result.as_ref().map_or(&[], |pass| &pass.withheld)
    }

    /// The code that approves exactly what is withheld.
    #[must_use]
    pub fn approval(&self) -> Option<&str> {
        self.result.as_ref().ok()?.approval.as_deref()
    }

    /// The code by which somebody let this action through, where a guard had held it back.
    #[must_use]
    pub fn approved_by(&self, action: &Action) -> Option<&str> {
        let released = &self.result.as_ref().ok()?.released;
        if released.is_empty() { None } else { released.get(&action.pair()).map(String::as_str) }
    }

    /// A user as it was right before the action at this position deleted it, with the service's own names.
    #[must_use]
    pub fn deleted(&self, position: usize) -> Option<&serde_json::Value> {
        self.result.as_ref().ok()?.deleted.get(&position)
    }

    /// Whether a finding is news, and since when it is known.
    #[must_use]
    pub fn age(&self, finding: &Finding) -> Age {
        self.ages.get(&finding.id(&self.name)).copied().unwrap_or(Age { is_new: true, since: self.time })
    }

    /// What was found in the pass before this one, and is no more.
    #[must_use]
    pub fn gone(&self) -> &[Finding] {
        &self.gone
    }

    /// What was noticed.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        self.result.as_ref().map_or(&[], |pass| &pass.findings)
    }

    /// How many there were of whom, as read; `None` where nothing could be read.
    #[must_use]
    pub fn counts(&self) -> Option<&Counts> {
        self.result.as_ref().ok().map(|pass| &pass.counts)
    }

    /// How many actions of these kinds came out so.
    fn count(&self, kinds: &[ActionKind], is: impl Fn(&Outcome) -> bool) -> usize {
        self.actions().iter().filter(|(action, outcome)| kinds.contains(&action.kind()) && is(outcome)).count()
    }

    /// How many findings there are of a severity that nobody has accepted.
    #[must_use]
    pub fn open_findings(&self, severity: Severity) -> usize {
        self.findings().iter().filter(|finding| !finding.accepted && finding.code().severity() == severity).count()
    }
}

fn verdict_of(outcome: &Outcome) -> Verdict {
    match outcome {
        Outcome::Failed(_) | Outcome::Skipped(_) => Verdict::Incomplete,
        Outcome::Planned => Verdict::Pending,
        Outcome::Done | Outcome::AlreadySo => Verdict::Converged,
    }
}

/// A duration as people say it: `0.4 s`, `48 s`, `10 min 20 s`, `2 h 5 min`.
#[must_use]
pub fn spoken(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and saturating")]
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A number of things in words: `1 action`, `2 actions`.
#[must_use]
pub fn things(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
