//! Identity Center itself: where it is, and its applications.

use std::collections::{BTreeMap, BTreeSet};

/// An instance of Identity Center.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Center {
    /// The account that owns it.
    pub(in crate::sim) account: String,
    /// The Region that it is enabled in.
    pub(in crate::sim) region: String,
    /// `d-…`.
    pub(in crate::sim) store: String,
    pub(in crate::sim) arn: String,
    /// Applications by ARN.
    pub(in crate::sim) applications: BTreeMap<String, Application>,
}

/// An application that people sign in to.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Application {
    pub(in crate::sim) name: String,
    pub(in crate::sim) description: Option<String>,
    pub(in crate::sim) provider: String,
    pub(in crate::sim) enabled: bool,
    /// Whether only those who are assigned can use it.
    pub(in crate::sim) assignment_required: bool,
    /// Who is assigned, in the order of their ids.
    pub(in crate::sim) assignments: BTreeSet<Principal>,
}

/// A person or a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sim) struct Principal {
    /// Of Identity Store.
    pub(in crate::sim) id: String,
    /// `USER` or `GROUP`.
    pub(in crate::sim) kind: String,
}

/// Groups that one application can have.
pub(in crate::sim) const GROUPS_PER_APPLICATION: usize = 100;

impl Application {
    /// How many groups are assigned.
    pub(in crate::sim) fn groups(&self) -> usize {
        self.assignments.iter().filter(|principal| principal.kind == "GROUP").count()
    }
}
