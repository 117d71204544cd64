//! Carries a plan out: one outcome for each action, in the plan's order. Nothing is decided here that the plan could
//! have decided. One person's failure stops nobody else's; the next pass is the retry.
//!
//! What gives goes first, what takes away goes last. Within that, actions of different kinds use different operations of
//! AWS, each with a rate of its own, so they run side by side; within a kind, calls are in flight side by side as well,
//! and the pace of the service spaces them out. Only what is done to one and the same Connect user is done in order.

mod claims;
mod cost;
mod hands;
mod journal;
mod look;
mod outcome;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use self::claims::{Claim, Claims, Watch};
pub use self::cost::{Forecast, Progress};
use self::hands::Hands;
pub use self::journal::{Journal, Word};
pub use self::outcome::{Failure, Outcome, Skip};
use crate::aws::{self, ErrorKind, IdentityCenter};
use crate::model::id::{ConnectUserId, SecurityProfileId};
use crate::plan::finding::{Finding, Kind};
use crate::plan::{Action, ActionKind, Plan, Write};

/// Calls of one kind that may be under way or waiting at the same time.
const SIDE_BY_SIDE: usize = 64;

/// What gives, and what is harmless.
const FIRST: [ActionKind; 7] = [
    ActionKind::AssignGroup,
    ActionKind::RestoreUser,
    ActionKind::CreateUser,
    ActionKind::AdoptUser,
    ActionKind::RelinkUser,
    ActionKind::UpdateUser,
    ActionKind::UnmarkAbsent,
];
/// What belongs to leaving.
const LAST: [ActionKind; 3] = [ActionKind::MarkAbsent, ActionKind::QuarantineUser, ActionKind::DeleteUser];

/// Where a plan is carried out, and as whom.
#[derive(Debug)]
pub struct Site<'a> {
    /// The target.
    pub target: &'a aws::Target,
    /// Where people are looked at again before anything is taken from them.
    pub identity_center: &'a IdentityCenter,
    /// The value of the owner tag.
    pub owner: &'a str,
    /// The services' time of the pass.
    pub time: Timestamp,
    /// Security profiles whose holders are not touched.
    pub protected: BTreeSet<SecurityProfileId>,
    /// Whom this pass leaves to others.
    pub beside: Beside<'a>,
    /// Who is told of each action meanwhile, if anybody is.
    pub journal: Option<Journal<'a>>,
}

/// Who else is at work on the same target, and on whom.
#[derive(Debug, Clone, Copy)]
pub enum Beside<'a> {
    /// A pass of everybody that began to read then: whoever had a pass of their own since is left to it.
    Claims(&'a Claims, Instant),
    /// A pass of one person, for which the others make way.
    Nobody,
}

/// What came of a plan.
#[derive(Debug, Default)]
pub struct Applied {
    /// One for each action of the plan, in its order.
    pub outcomes: Vec<Outcome>,
    /// Users as they were before they were deleted, with the service's own names, by the action's position.
    pub deleted: BTreeMap<usize, Value>,
    /// What only trying could show.
    pub findings: Vec<Finding>,
    /// Seconds that it was to take, as things stood when it began.
    pub estimate: f64,
}

/// How one action ended.
pub(crate) struct Ended {
    pub(crate) position: usize,
    pub(crate) outcome: Outcome,
    /// The user as it was before it was deleted.
    pub(crate) deleted: Option<Value>,
}

/// Carries out every action of the plan. `stop` calls off what has not begun.
pub async fn apply(site: Site<'_>, plan: &Plan, progress: &Progress, stop: &CancellationToken) -> Applied {
    let forecast = Forecast::new(site.target, site.identity_center);
    let estimate = forecast.seconds(plan.actions());
    progress.begin(plan.actions(), forecast);
    // Ends with the run, or when the first creation finds no room.
    let creating = stop.child_token();
    let hands = Hands::new(&site, stop, &creating, progress);
    let mut ended = phase(&hands, plan, &FIRST).await;
    let quick_connects = hands.quick_connects(plan).await;
    ended.extend(phase(&hands, plan, &LAST).await);
    progress.end();
    ended.sort_unstable_by_key(|ended| ended.position);
    let mut applied = Applied { estimate, ..Applied::default() };
    for Ended { position, outcome, deleted } in ended {
        applied.deleted.extend(deleted.map(|user| (position, user)));
        applied.outcomes.push(outcome);
    }
    applied.findings = shown_by_trying(plan, &applied.outcomes, &quick_connects);
    applied
}

/// Carries out the actions of these kinds.
async fn phase(hands: &Hands<'_>, plan: &Plan, kinds: &[ActionKind]) -> Vec<Ended> {
    let mut by_kind: BTreeMap<ActionKind, Vec<BoxFuture<'_, Vec<Ended>>>> = BTreeMap::new();
    for chain in chains(plan.actions(), kinds) {
        if let Some((_, action)) = chain.first() {
            by_kind.entry(action.kind()).or_default().push(carry_out(hands, chain).boxed());
        }
    }
    let of_kind = |chains| stream::iter(chains).buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>();
    join_all(by_kind.into_values().map(of_kind)).await.into_iter().flatten().flatten().collect()
}

/// Actions with their positions; those of one Connect user belong together, and each builds on the one before it.
fn chains<'a>(actions: &'a [Action], kinds: &[ActionKind]) -> Vec<Vec<(usize, &'a Action)>> {
    let mut chains: Vec<Vec<(usize, &Action)>> = Vec::new();
    let mut of_user: BTreeMap<&ConnectUserId, usize> = BTreeMap::new();
    for (position, action) in actions.iter().enumerate().filter(|(_, action)| kinds.contains(&action.kind())) {
        let at = match action.write.account() {
            Some(account) => *of_user.entry(&account.id).or_insert(chains.len()),
            None => chains.len(),
        };
        match chains.get_mut(at) {
            Some(chain) => chain.push((position, action)),
            None => chains.push(vec![(position, action)]),
        }
    }
    chains
}

async fn carry_out(hands: &Hands<'_>, chain: Vec<(usize, &Action)>) -> Vec<Ended> {
    let mut ended: Vec<Ended> = Vec::with_capacity(chain.len());
    for (position, action) in chain {
        let is_cut = ended.last().is_some_and(|before| !before.outcome.is_well());
        let (outcome, deleted) =
            if is_cut { (Outcome::Skipped(Skip::Earlier), None) } else { hands.carry_out(position, action).await };
        hands.step(action);
        hands.tell_of_end(position, action, &outcome, deleted.as_ref());
        ended.push(Ended { position, outcome, deleted });
    }
    ended
}

/// What only trying could show: logins that are taken, a quota that is used up, quick connects that lead nowhere now.
fn shown_by_trying(
    plan: &Plan,
    outcomes: &[Outcome],
    quick_connects: &BTreeMap<ConnectUserId, Vec<String>>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut left_out = 0;
    for (action, outcome) in plan.actions().iter().zip(outcomes) {
        match outcome {
            Outcome::Failed(failure) => match failure.as_ref() {
                Failure::LoginTaken => findings.push(about(action, Kind::LoginTaken)),
                Failure::Call(error) => left_out += usize::from(error.kind() == ErrorKind::Quota),
            },
            Outcome::Skipped(Skip::Quota) => left_out += 1,
            Outcome::Done => {
                if let Write::DeleteUser { departed } = &action.write
                    && let Some(names) = quick_connects.get(&departed.account.id)
                {
                    findings.push(about(action, Kind::QuickConnectLeft { names: names.clone() }));
                }
            }
            Outcome::Planned | Outcome::AlreadySo | Outcome::Skipped(_) => {}
        }
    }
    if left_out > 0 {
        findings.push(Finding::of_target(Kind::QuotaShort { left_out }));
    }
    findings
}

fn about(action: &Action, kind: Kind) -> Finding {
    Finding { principal: action.principal().cloned(), login: action.login().cloned(), ..Finding::of_target(kind) }
}

impl Outcome {
    fn failed(failure: impl Into<Failure>) -> Self {
        Self::Failed(Arc::new(failure.into()))
    }
}
