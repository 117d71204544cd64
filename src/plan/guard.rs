//! The last gate before a plan can be carried out: who may be touched at all. A [`Draft`] holds what would make the
//! worlds equal, a [`Plan`] what may be done about it, and only this module makes one out of the other, so that
//! nothing reaches `apply` that did not pass here.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::action::{Action, Write};
use super::finding::Finding;
use super::ownership::Ownership;
use super::{Counts, Plan};
use crate::model::connect::{Catalog, ConnectUser};
use crate::model::id::{ConnectUserId, Login, SecurityProfileId};
use crate::model::settings::{Policy, Settings};

/// The name of the security profile whose holders are protected.
const ADMIN: &str = "Admin";

/// What would make both worlds equal, before anybody asked whether it is allowed.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) actions: Vec<Action>,
    pub(super) findings: Vec<Finding>,
    pub(super) counts: Counts,
}

/// Who is never touched in a target.
pub(super) struct Fence<'a> {
    policy: &'a Policy,
    owner: &'a str,
    admins: BTreeSet<&'a SecurityProfileId>,
}

impl<'a> Fence<'a> {
    pub(super) fn new(settings: &'a Settings, catalog: &'a Catalog) -> Self {
        let admins = catalog.security_profiles.iter().filter(|(_, name)| *name == ADMIN).map(|(id, _)| id).collect();
        Self { policy: &settings.policy, owner: &settings.owner, admins }
    }

    /// Whether the configuration keeps this login from being touched, created or called an orphan.
    pub(super) fn protects(&self, login: &Login) -> bool {
        self.policy.protect.iter().any(|glob| glob.matches(login))
    }

    /// Whether our tags may be put on this user: a foreign one, neither protected nor an administrator. Of one whose
    /// tags are not known nobody can say that they are foreign.
    pub(super) fn may_adopt(&self, user: &ConnectUser) -> bool {
        Ownership::of(user, self.owner) == Ownership::Foreign
            && !self.protects(&user.login)
            && !(self.policy.protect_admins && self.is_admin(user))
    }

    /// Whether this user is known to hold the security profile `Admin`.
    pub(super) fn is_admin(&self, user: &ConnectUser) -> bool {
        let profiles = user.attributes.iter().flat_map(|attributes| &attributes.security_profiles);
        profiles.into_iter().any(|id| self.admins.contains(id))
    }
}

/// Sorts a draft, drops what the fence forbids, and marks what the configuration accepts.
pub(super) fn guard(
    draft: Draft,
    settings: &Settings,
    fence: &Fence<'_>,
    users: &[ConnectUser],
    today: jiff::civil::Date,
) -> Plan {
    let Draft { mut actions, mut findings, counts } = draft;
    let by_id: FxHashMap<&ConnectUserId, &ConnectUser> = users.iter().map(|user| (&user.id, user)).collect();
    actions.retain(|action| match &action.write {
        Write::AssignGroup { .. } => true,
        Write::CreateUser { user, .. } => !fence.protects(&user.login),
        Write::AdoptUser { user: id, .. } => by_id.get(id).is_some_and(|user| fence.may_adopt(user)),
    });
    actions.sort_by(|one, other| one.order().cmp(&other.order()));
    for finding in &mut findings {
        finding.accepted = is_accepted(finding, settings, today);
    }
    findings.sort_by_cached_key(|finding| (finding.code(), finding.subject()));
    Plan { actions, findings, counts }
}

fn is_accepted(finding: &Finding, settings: &Settings, today: jiff::civil::Date) -> bool {
    let email = finding.email.as_deref().map(Login::new);
    settings.accepts.iter().any(|accept| {
        accept.code == finding.code().as_str()
            && accept.until.is_none_or(|until| today <= until)
            && accept.login.as_ref().is_none_or(|glob| {
                [finding.login.as_ref(), email.as_ref()].into_iter().flatten().any(|login| glob.matches(login))
            })
    })
}
