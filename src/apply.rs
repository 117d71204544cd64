//! Carries a plan out: one outcome for each action, in the plan's order. Nothing is decided here that the plan could
//! have decided. One person's failure stops nobody else's; the next pass is the retry.
//!
//! Actions of different kinds use different operations of AWS, each with a rate of its own, so they run side by side;
//! within a kind, calls are in flight side by side as well, and the pace of the service spaces them out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::stream::{self, StreamExt};
use tokio_util::sync::CancellationToken;

use crate::aws::{self, Assigned, ErrorKind};
use crate::model::connect::NewUser;
use crate::model::id::{Login, PrincipalId};
use crate::model::limits::{Rate, Rates};
use crate::plan::finding::{Finding, Kind};
use crate::plan::{Action, ActionKind, Ownership, Plan, Write};

/// Calls of one kind that may be under way or waiting at the same time.
const SIDE_BY_SIDE: usize = 64;

/// How one action came out.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was not to be carried out.
    Planned,
    /// It was done.
    Done,
    /// It was so already: an answer was lost, or somebody else did the same.
    AlreadySo,
    /// It failed.
    Failed(Arc<Failure>),
    /// It was not tried, or was called off before it began.
    Skipped(Skip),
}

impl Outcome {
    /// The word of the report.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::AlreadySo => "already_so",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
        }
    }
}

/// Why an action failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] aws::Error),
    /// The login belongs to a user that is not ours, or that cannot be found.
    #[error("the login is taken, and its holder is not ours or cannot be found")]
    LoginTaken,
}

/// Why an action was not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// The instance has no room for more users.
    Quota,
    /// The program is ending.
    Stopping,
}

impl Skip {
    /// The reason in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quota => "the quota of users is used up",
            Self::Stopping => "the program is ending",
        }
    }
}

/// How far a pass has come; whoever watches reads it at any time.
#[derive(Debug, Default)]
pub struct Progress {
    done: [AtomicUsize; ActionKind::ALL.len()],
    total: [AtomicUsize; ActionKind::ALL.len()],
}

impl Progress {
    /// Actions done, and actions in all.
    #[must_use]
    pub fn get(&self) -> (usize, usize) {
        let sum = |counts: &[AtomicUsize]| counts.iter().map(|count| count.load(Ordering::Relaxed)).sum();
        (sum(&self.done), sum(&self.total))
    }

    /// Seconds that the rest takes at the service's rate.
    #[must_use]
    pub fn seconds_left(&self, rates: &Rates) -> f64 {
        longest(|kind| {
            let count = |counts: &[AtomicUsize]| counts[kind as usize].load(Ordering::Relaxed);
            let left = u32::try_from(count(&self.total).saturating_sub(count(&self.done))).unwrap_or(u32::MAX);
            let (rate, operation) = rate_of(kind, rates);
            f64::from(left) / rate.per_second(operation)
        })
    }

    /// Starts anew with this plan.
    fn begin(&self, plan: &Plan) {
        for kind in ActionKind::ALL {
            let count = plan.actions().iter().filter(|action| action.kind() == kind).count();
            self.done[kind as usize].store(0, Ordering::Relaxed);
            self.total[kind as usize].store(count, Ordering::Relaxed);
        }
    }

    fn step(&self, kind: ActionKind) {
        self.done[kind as usize].fetch_add(1, Ordering::Relaxed);
    }
}

/// Seconds that these actions take at the service's rate, from the first call to the last.
#[must_use]
pub fn seconds(actions: &[Action], rates: &Rates) -> f64 {
    longest(|kind| {
        let calls = actions.iter().filter(|action| action.kind() == kind).count();
        let (rate, operation) = rate_of(kind, rates);
        rate.seconds_for(operation, calls)
    })
}

/// Kinds have rates of their own and run side by side, so the slowest tells.
fn longest(of: impl Fn(ActionKind) -> f64) -> f64 {
    ActionKind::ALL.into_iter().map(of).fold(0.0, f64::max)
}

/// The operation that a kind of action is carried out by, and its rate.
fn rate_of(kind: ActionKind, rates: &Rates) -> (&Rate, &'static str) {
    match kind {
        ActionKind::AssignGroup => (&rates.sso_admin, "CreateApplicationAssignment"),
        ActionKind::CreateUser => (&rates.connect, "CreateUser"),
        ActionKind::AdoptUser => (&rates.connect, "TagResource"),
    }
}

/// What came of a plan.
#[derive(Debug)]
pub struct Applied {
    /// One for each action of the plan, in its order.
    pub outcomes: Vec<Outcome>,
    /// What only trying could show.
    pub findings: Vec<Finding>,
}

/// Carries out every action of the plan. `stop` calls off what has not begun.
pub async fn apply(
    target: &aws::Target,
    plan: &Plan,
    owner: &str,
    progress: &Progress,
    stop: &CancellationToken,
) -> Applied {
    progress.begin(plan);
    // Ends with the run, or when the first creation finds no room.
    let creating = stop.child_token();
    let hands = Hands {
        target: target.until(stop),
        creator: target.until(&creating),
        owner,
        creating: &creating,
        stop,
        progress,
    };
    let of_kind = async |kind: ActionKind| {
        let actions = plan.actions().iter().enumerate().filter(|(_, action)| action.kind() == kind);
        let carried_out = stream::iter(actions).map(|(position, action)| hands.carry_out(position, action));
        carried_out.buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await
    };
    let (assigned, created, adopted) = tokio::join!(
        of_kind(ActionKind::AssignGroup),
        of_kind(ActionKind::CreateUser),
        of_kind(ActionKind::AdoptUser),
    );
    let mut all: Vec<(usize, Outcome)> = [assigned, created, adopted].into_iter().flatten().collect();
    all.sort_unstable_by_key(|(position, _)| *position);
    let outcomes: Vec<Outcome> = all.into_iter().map(|(_, outcome)| outcome).collect();
    let findings = shown_by_trying(plan, &outcomes);
    Applied { outcomes, findings }
}

/// What only trying could show: logins that are taken, and a quota that is used up.
fn shown_by_trying(plan: &Plan, outcomes: &[Outcome]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut left_out = 0;
    for (action, outcome) in plan.actions().iter().zip(outcomes) {
        match outcome {
            Outcome::Failed(failure) => match failure.as_ref() {
                Failure::LoginTaken => findings.push(Finding {
                    principal: action.principal().cloned(),
                    login: action.login().cloned(),
                    ..Finding::of_target(Kind::LoginTaken)
                }),
                Failure::Call(error) => left_out += usize::from(error.kind() == ErrorKind::Quota),
            },
            Outcome::Skipped(Skip::Quota) => left_out += 1,
            Outcome::Planned | Outcome::Done | Outcome::AlreadySo | Outcome::Skipped(Skip::Stopping) => {}
        }
    }
    if left_out > 0 {
        findings.push(Finding::of_target(Kind::QuotaShort { left_out }));
    }
    findings
}

/// All that carrying out needs.
struct Hands<'a> {
    target: aws::Target,
    /// The same target, for creating: its calls are called off when there is no room for more users.
    creator: aws::Target,
    owner: &'a str,
    creating: &'a CancellationToken,
    stop: &'a CancellationToken,
    progress: &'a Progress,
}

impl Hands<'_> {
    async fn carry_out(&self, position: usize, action: &Action) -> (usize, Outcome) {
        let result = match &action.write {
            Write::AssignGroup { application, group } => {
                self.target.assign_group(application, group).await.map_err(Failure::Call).map(|assigned| match assigned
                {
                    Assigned::Done => Outcome::Done,
                    Assigned::AlreadySo => Outcome::AlreadySo,
                })
            }
            Write::CreateUser { principal, user } => self.create(principal, user).await,
            Write::AdoptUser { arn, tags, .. } => {
                self.target.tag_user(arn, tags).await.map_err(Failure::Call).map(|()| Outcome::Done)
            }
        };
        let outcome = result.unwrap_or_else(|failure| self.failed(failure));
        self.progress.step(action.kind());
        (position, outcome)
    }

    fn failed(&self, failure: Failure) -> Outcome {
        match &failure {
            Failure::Call(error) if error.kind() == ErrorKind::CalledOff => {
                Outcome::Skipped(if self.stop.is_cancelled() { Skip::Stopping } else { Skip::Quota })
            }
            Failure::Call(_) | Failure::LoginTaken => Outcome::Failed(Arc::new(failure)),
        }
    }

    async fn create(&self, principal: &PrincipalId, user: &NewUser) -> Result<Outcome, Failure> {
        match self.creator.create_user(user).await {
            Ok(_) => Ok(Outcome::Done),
            // Our own earlier attempt, whose answer was lost, is a usual holder of the login.
            Err(error) if error.kind() == ErrorKind::Duplicate => {
                if self.is_ours(&user.login, principal).await? {
                    Ok(Outcome::AlreadySo)
                } else {
                    Err(Failure::LoginTaken)
                }
            }
            Err(error) => {
                if error.kind() == ErrorKind::Quota {
                    self.creating.cancel();
                }
                Err(error.into())
            }
        }
    }

    /// Whether the user with this login is ours and this person's.
    async fn is_ours(&self, login: &Login, person: &PrincipalId) -> Result<bool, aws::Error> {
        let Some(id) = self.target.find_user(login).await? else { return Ok(false) };
        let Some(user) = self.target.describe_user(&id).await? else { return Ok(false) };
        Ok(match Ownership::of(&user, self.owner) {
            Ownership::Owned { principal, .. } => principal == Some(person.as_str()),
            Ownership::Elsewhere(_) | Ownership::Foreign | Ownership::Unknown => false,
        })
    }
}
