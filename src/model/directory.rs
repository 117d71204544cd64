//! People and groups of Identity Center, as they were read.

use std::collections::{BTreeMap, BTreeSet};

use super::id::{GroupId, PrincipalId};
use super::settings::GroupRef;

/// What a target's mappings see of Identity Center.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// Each group that a mapping names; `None` where the service says that there is no such group.
    pub groups: BTreeMap<GroupRef, Option<Group>>,
    /// Everybody who is in one of these groups and exists, the disabled included.
    pub principals: BTreeMap<PrincipalId, Principal>,
    /// People in none of these groups who were asked for one by one; `None` where the service says that there is no such
    /// user.
    pub outsiders: BTreeMap<PrincipalId, Option<Principal>>,
}

impl Directory {
    /// Whether there is such a person in the groups that were read, and they are not disabled.
    #[must_use]
    pub fn is_enabled(&self, id: &PrincipalId) -> bool {
        self.principals.get(id).is_some_and(|person| person.status != Status::Disabled)
    }
}

/// A group, read to its last page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Identity Store's id.
    pub id: GroupId,
    /// The display name; absent where the service gives none.
    pub name: Option<String>,
    /// Every membership, whoever stands behind it: the principal may be disabled or gone.
    pub members: BTreeSet<PrincipalId>,
}

/// A user of Identity Center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Identity Store's id, which stays when every other attribute changes.
    pub id: PrincipalId,
    /// The name to sign in to Identity Center with.
    pub user_name: Option<String>,
    /// The primary e-mail address, as stored, case and all: this is what the application sends.
    pub email: Option<String>,
    /// The given name.
    pub given_name: Option<String>,
    /// The family name.
    pub family_name: Option<String>,
    /// The name to show.
    pub display_name: Option<String>,
    /// Whether the person is switched off.
    pub status: Status,
}

/// `UserStatus` of Identity Store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The service says that the person is enabled.
    Enabled,
    /// The service says that the person is disabled. The memberships stay.
    Disabled,
    /// The service did not say. Nobody is taken for disabled on that ground.
    Unknown,
}
