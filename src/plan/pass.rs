//! What every decision of a target's pass looks at: both worlds, and how they were arranged for finding.

use std::collections::BTreeMap;

use super::fence::Fence;
use super::ladder::Ladder;
use super::resolve::{Desired, Member, ResolvedMapping};
use super::roster::{Roster, Strays};
use crate::model::connect::ConnectUser;
use crate::model::settings::Settings;
use crate::model::snapshot::Snapshot;
use crate::model::tag;

/// Everything that is known when a decision is made.
pub(super) struct Pass<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) settings: &'a Settings,
    pub(super) desired: &'a Desired<'a>,
    pub(super) fence: &'a Fence<'a>,
    pub(super) roster: &'a Roster<'a>,
    /// Of each Connect user, whether their login is exactly a member's.
    pub(super) taken: &'a [bool],
    pub(super) strays: &'a Strays<'a>,
    pub(super) ladder: &'a Ladder<'a>,
}

impl<'a> Pass<'a> {
    /// Whether a Connect user has exactly the login of a member.
    pub(super) fn is_a_members(&self, user: &ConnectUser) -> bool {
        self.roster.position(&user.login).is_some_and(|at| self.taken[at])
    }

    /// The tags that make a user ours, this person's and this mapping's.
    pub(super) fn own_tags(&self, member: &Member<'_>, group: &str) -> BTreeMap<String, String> {
        [(tag::OWNER, self.settings.owner.as_str()), (tag::PRINCIPAL, member.person.id.as_str()), (tag::MAPPING, group)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }

    /// The mapping that a member's settings come from.
    pub(super) fn winning(&self, member: &Member<'_>) -> Option<&'a ResolvedMapping<'a>> {
        self.desired.mappings.get(*member.mappings.first()?)
    }
}
