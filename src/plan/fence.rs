//! Who may be touched at all, whatever the plan would like.

use std::collections::BTreeSet;

use super::action::Write;
use super::ownership::Ownership;
use crate::model::connect::{Catalog, ConnectUser};
use crate::model::id::{Login, SecurityProfileId};
use crate::model::settings::{Policy, Settings};

/// The name of the security profile whose holders are protected.
const ADMIN: &str = "Admin";

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
        Ownership::of(user, self.owner) == Ownership::Foreign && self.is_free(user)
    }

    /// Whether this user may be changed: one of ours, neither protected nor an administrator.
    pub(super) fn may_change(&self, user: &ConnectUser) -> bool {
        Ownership::of(user, self.owner).is_owned() && self.is_free(user)
    }

    /// Whether what an action would do is allowed on `user`, the Connect user that it names.
    pub(super) fn allows(&self, write: &Write, user: Option<&ConnectUser>) -> bool {
        match write {
            Write::AssignGroup { .. } => true,
            Write::CreateUser { user, .. } => !self.protects(&user.login),
            Write::AdoptUser { .. } => user.is_some_and(|user| self.may_adopt(user)),
            // The user becomes ours by the adoption that goes before it.
            Write::UpdateUser { .. } => user.is_some_and(|user| self.may_change(user) || self.may_adopt(user)),
            Write::RestoreUser { .. }
            | Write::RelinkUser { .. }
            | Write::UnmarkAbsent { .. }
            | Write::MarkAbsent { .. }
            | Write::QuarantineUser { .. }
            | Write::DeleteUser { .. } => user.is_some_and(|user| self.may_change(user)),
        }
    }

    /// The security profiles whose holders are not touched.
    pub(super) fn protected_profiles(&self) -> BTreeSet<SecurityProfileId> {
        if self.policy.protect_admins { self.admins.iter().copied().cloned().collect() } else { BTreeSet::new() }
    }

    /// Whether this user is known to hold the security profile `Admin`.
    pub(super) fn is_admin(&self, user: &ConnectUser) -> bool {
        let profiles = user.attributes.iter().flat_map(|attributes| &attributes.security_profiles);
        profiles.into_iter().any(|id| self.admins.contains(id))
    }

    /// Whether a user of ours may be changed: neither protected nor an administrator.
    pub(super) fn is_free(&self, user: &ConnectUser) -> bool {
        let is_protected_admin = self.policy.protect_admins && self.is_admin(user);
        !self.protects(&user.login) && !is_protected_admin
    }
}
