//! What is to be changed of a Connect user, family by family: each family is one call.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::connect::{Attributes, Phone};
use crate::model::id::{HierarchyGroupId, RoutingProfileId, SecurityProfileId};

/// What a Connect user is to have; what is `None` or not named stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Routing profile.
    pub routing_profile: Option<RoutingProfileId>,
    /// Security profiles, all of them.
    pub security_profiles: Option<BTreeSet<SecurityProfileId>>,
    /// Hierarchy group.
    pub hierarchy: Option<HierarchyGroupId>,
    /// Phone settings; of these too, what is `None` stays as it is.
    pub phone: Option<Phone>,
    /// Tags, our own among them.
    pub tags: BTreeMap<String, String>,
}

impl Update {
    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a name is to be changed.
    #[must_use]
    pub fn has_names(&self) -> bool {
        self.first_name.is_some() || self.last_name.is_some()
    }

    /// What of it is still to be done for a user who is like this now.
    #[must_use]
    pub fn left_for(&self, user: &Attributes) -> Self {
        let Self { first_name, last_name, routing_profile, security_profiles, hierarchy, phone, tags } = self;
        Self {
            first_name: other(first_name.as_ref(), user.first_name.as_ref()),
            last_name: other(last_name.as_ref(), user.last_name.as_ref()),
            routing_profile: other(routing_profile.as_ref(), user.routing_profile.as_ref()),
            security_profiles: other(security_profiles.as_ref(), Some(&user.security_profiles)),
            hierarchy: other(hierarchy.as_ref(), user.hierarchy.as_ref()),
            phone: phone.as_ref().filter(|phone| !phone.is_met_by(user.phone.as_ref())).cloned(),
            tags: tags
                .iter()
                .filter(|(key, value)| user.tags.get(*key) != Some(*value))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        }
    }
}

/// What is wanted, unless it is so.
fn other<T: Clone + PartialEq>(wanted: Option<&T>, is: Option<&T>) -> Option<T> {
    wanted.filter(|wanted| is != Some(*wanted)).cloned()
}
