//! What carrying out costs: calls, and so time, since AWS takes only so many of each operation in a second.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::LAST;
use crate::aws::Service;
use crate::aws::operation::{self, Operation};
use crate::model::limits::{Rate, Rates};
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

fn rate<'r>(operation: &Operation, rates: &'r Rates) -> &'r Rate {
    match operation.service {
        Service::Connect => &rates.connect,
        Service::IdentityStore => &rates.identity_store,
        Service::SsoAdmin => &rates.sso_admin,
    }
}

/// How many calls of each operation.
type Calls = BTreeMap<(Service, &'static str), (&'static Operation, usize)>;

fn count<'a>(actions: impl Iterator<Item = &'a Action>) -> Calls {
    let mut counted = Calls::new();
    for operation in actions.flat_map(calls) {
        counted.entry((operation.service, operation.name)).or_insert((operation, 0)).1 += 1;
    }
    counted
}

/// Seconds that these actions take at the service's rate, from the first call to the last. Operations have rates of their
/// own and run side by side, so the slowest tells; what takes away waits for everything else.
#[must_use]
pub fn seconds(actions: &[Action], rates: &Rates) -> f64 {
    let phase = |is_last: bool| {
        let calls = count(actions.iter().filter(|action| LAST.contains(&action.kind()) == is_last));
        let times = calls.values().map(|(operation, calls)| rate(operation, rates).seconds_for(operation.name, *calls));
        times.fold(0.0, f64::max)
    };
    phase(false) + phase(true)
}

/// How far a pass has come; whoever watches reads it at any time.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicUsize,
    total: AtomicUsize,
    left: Mutex<(Calls, Rates)>,
}

impl Progress {
    /// Actions done, and actions in all.
    #[must_use]
    pub fn get(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Seconds that the rest takes at the service's rate.
    #[must_use]
    pub fn seconds_left(&self) -> f64 {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (calls, rates) = &*left;
        let time = |(operation, calls): &(&'static Operation, usize)| {
            f64::from(u32::try_from(*calls).unwrap_or(u32::MAX)) / rate(operation, rates).per_second(operation.name)
        };
        calls.values().map(time).fold(0.0, f64::max)
    }

    /// Starts with these actions, which are paced so.
    pub(super) fn begin(&self, actions: &[Action], rates: &Rates) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = (count(actions.iter()), rates.clone());
        self.done.store(0, Ordering::Relaxed);
        self.total.store(actions.len(), Ordering::Relaxed);
    }

    pub(super) fn step(&self, action: &Action) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        for operation in calls(action) {
            if let Some((_, calls)) = left.0.get_mut(&(operation.service, operation.name)) {
                *calls = calls.saturating_sub(1);
            }
        }
        drop(left);
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}
