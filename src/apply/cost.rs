//! What carrying out costs: calls, and so time, since AWS takes only so many of each operation in a second.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::LAST;
use crate::aws::operation::{self, Operation};
use crate::aws::{self, IdentityCenter, Service};
use crate::plan::{Action, Reason, Update, Write};

/// The calls that an action takes where nothing is so already, by operation.
fn calls(action: &Action) -> Vec<&'static Operation> {
    let looked = |rest: &[&'static Operation]| [&[&operation::DESCRIBE_USER], rest].concat();
    match &action.write {
        Write::AssignGroup { .. } => vec![&operation::CREATE_ASSIGNMENT],
        Write::CreateUser { .. } => vec![&operation::CREATE_USER],
        Write::AdoptUser { .. } | Write::MarkAbsent { .. } => looked(&[&operation::TAG_RESOURCE]),
        Write::UnmarkAbsent { .. } => looked(&[&operation::UNTAG_RESOURCE]),
        Write::RelinkUser { .. } => looked(&[&operation::DESCRIBE_PRINCIPAL, &operation::TAG_RESOURCE]),
        Write::UpdateUser { update, .. } => looked(&of_update(update)),
        Write::RestoreUser { .. } => looked(&[
            &operation::UPDATE_ROUTING_PROFILE,
            &operation::UPDATE_SECURITY_PROFILES,
            &operation::UNTAG_RESOURCE,
        ]),
        Write::QuarantineUser { departed, .. } => {
            let mut calls = looked(&of_reason(&departed.reason));
            calls.extend([
                &operation::TAG_RESOURCE,
                &operation::UPDATE_ROUTING_PROFILE,
                &operation::UPDATE_SECURITY_PROFILES,
                &operation::TAG_RESOURCE,
            ]);
            calls
        }
        Write::DeleteUser { departed } => {
            let mut calls = looked(&of_reason(&departed.reason));
            calls.push(&operation::DELETE_USER);
            calls
        }
    }
}

fn of_update(update: &Update) -> Vec<&'static Operation> {
    let families: [(bool, &'static Operation); 6] = [
        (update.has_names(), &operation::UPDATE_IDENTITY),
        (update.routing_profile.is_some(), &operation::UPDATE_ROUTING_PROFILE),
        (update.security_profiles.is_some(), &operation::UPDATE_SECURITY_PROFILES),
        (update.hierarchy.is_some(), &operation::UPDATE_HIERARCHY),
        (update.phone.is_some(), &operation::UPDATE_PHONE),
        (!update.tags.is_empty(), &operation::TAG_RESOURCE),
    ];
    families.into_iter().filter(|(changes, _)| *changes).map(|(_, operation)| operation).collect()
}

/// The calls of the last look at a person.
fn of_reason(reason: &Reason) -> Vec<&'static Operation> {
    match reason {
        Reason::Outside(_) => vec![&operation::DESCRIBE_PRINCIPAL, &operation::IS_MEMBER_IN_GROUPS],
        Reason::Disabled => vec![&operation::DESCRIBE_PRINCIPAL],
        Reason::Superseded(_) => vec![&operation::DESCRIBE_USER],
    }
}

/// How many calls of each operation.
type Calls = BTreeMap<(Service, &'static str), (&'static Operation, u64)>;

/// Calls that are still to be made: what takes away waits for everything else.
#[derive(Debug, Default)]
struct Left {
    first: Calls,
    last: Calls,
}

impl Left {
    fn of(actions: &[Action]) -> Self {
        let mut left = Self::default();
        for action in actions {
            let phase = left.phase(action);
            for operation in calls(action) {
                phase.entry((operation.service, operation.name)).or_insert((operation, 0)).1 += 1;
            }
        }
        left
    }

    fn phase(&mut self, action: &Action) -> &mut Calls {
        if LAST.contains(&action.kind()) { &mut self.last } else { &mut self.first }
    }

    /// Operations have rates of their own and run side by side, so the slowest tells.
    fn seconds(&self, forecast: &Forecast) -> f64 {
        let phase = |calls: &Calls| {
            let times = calls.values().map(|(operation, calls)| forecast.seconds_for(operation, *calls));
            times.fold(0.0, f64::max)
        };
        phase(&self.first) + phase(&self.last)
    }
}

/// Tells how long calls will take, from what waits for a turn now and how fast turns come: the pace's own state.
#[derive(Debug, Clone)]
pub struct Forecast {
    target: aws::Target,
    identity_center: IdentityCenter,
}

impl Forecast {
    /// For what is done to this target, with last looks at people there.
    #[must_use]
    pub fn new(target: &aws::Target, identity_center: &IdentityCenter) -> Self {
        Self { target: target.clone(), identity_center: identity_center.clone() }
    }

    /// Seconds that these actions take as things stand, from the first call to the last.
    #[must_use]
    pub fn seconds(&self, actions: &[Action]) -> f64 {
        Left::of(actions).seconds(self)
    }

    fn seconds_for(&self, operation: &'static Operation, calls: u64) -> f64 {
        match operation.service {
            Service::IdentityStore => self.identity_center.seconds_for(operation, calls),
            Service::Connect | Service::SsoAdmin => self.target.seconds_for(operation, calls),
        }
    }
}

/// How far a pass has come; whoever watches reads it at any time.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicUsize,
    total: AtomicUsize,
    /// While actions are under way.
    left: Mutex<Option<(Left, Forecast)>>,
}

impl Progress {
    /// Actions done, and actions in all.
    #[must_use]
    pub fn get(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Seconds that the rest takes as things stand.
    #[must_use]
    pub fn seconds_left(&self) -> f64 {
        self.left().as_ref().map_or(0.0, |(left, forecast)| left.seconds(forecast))
    }

    /// Starts with these actions.
    pub(super) fn begin(&self, actions: &[Action], forecast: Forecast) {
        *self.left() = Some((Left::of(actions), forecast));
        self.done.store(0, Ordering::Relaxed);
        self.total.store(actions.len(), Ordering::Relaxed);
    }

    pub(super) fn step(&self, action: &Action) {
        if let Some((left, _)) = self.left().as_mut() {
            let phase = left.phase(action);
            for operation in calls(action) {
                if let Some((_, calls)) = phase.get_mut(&(operation.service, operation.name)) {
                    *calls = calls.saturating_sub(1);
                }
            }
        }
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Lets go of the clients that it asked: runs are remembered long after they are over.
    pub(super) fn end(&self) {
        *self.left() = None;
    }

    fn left(&self) -> MutexGuard<'_, Option<(Left, Forecast)>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
