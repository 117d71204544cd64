//! Trying every read permission one by one, for `rollcall check`: unlike a pass, which stops at the first thing that it
//! cannot read, this goes on and reports all of them. What it reads is as little as shows the permission, and what it
//! finds is good for comparing names only: nobody's absence may be concluded from it.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::Target;
use super::directory::IdentityCenter;
use super::operation;
use super::trial::{Trial, Trials};
use crate::model::connect::{ApplicationState, Catalog, Instance};
use crate::model::directory::Group;
use crate::model::id::{ConnectUserId, PrincipalId};
use crate::model::settings::GroupRef;

/// What was found of Identity Center while permissions were tried.
#[derive(Debug)]
pub struct CenterProbe {
    /// Every permission.
    pub trials: Vec<Trial>,
    /// Groups that could be looked up; `None` where there is no such group.
    pub groups: BTreeMap<GroupRef, Option<Group>>,
}

/// What was found of a target while permissions were tried.
#[derive(Debug)]
pub struct TargetProbe {
    /// Every permission.
    pub trials: Vec<Trial>,
    /// The instance.
    pub instance: Option<Instance>,
    /// Profiles and hierarchy groups, where all of them could be read.
    pub catalog: Option<Catalog>,
    /// The application.
    pub application: Option<ApplicationState>,
}

impl IdentityCenter {
    /// Tries every read of Identity Store that a pass may need.
    pub async fn probe(&self, groups: &BTreeSet<GroupRef>) -> CenterProbe {
        let mut trials = Trials::default();
        let mut found = BTreeMap::new();
        let store = match self.store().await {
            Ok(store) => store,
            Err(error) => {
                trials.note::<()>(&operation::LIST_INSTANCES, Err(error));
                return CenterProbe { trials: trials.once_each(), groups: found };
            }
        };
        if self.looks_up_its_store() {
            trials.note(&operation::LIST_INSTANCES, Ok(()));
        }
        for reference in groups {
            let look_up = match reference {
                GroupRef::Name(_) => &operation::GET_GROUP_ID,
                GroupRef::Id(_) => &operation::DESCRIBE_GROUP,
            };
            let read = store.group(reference).await;
            if let Ok(Some(_)) = &read {
                trials.note(&operation::LIST_GROUP_MEMBERSHIPS, Ok(()));
            }
            if let Some(group) = trials.note(look_up, read) {
                found.insert(reference.clone(), group);
            }
        }
        let page = trials.note(&operation::LIST_PRINCIPALS, store.people_page(None).await);
        let somebody = page.and_then(|page| page.items.into_iter().next());
        if let Some(person) = somebody {
            let id = PrincipalId::new(person.user_id);
            trials.note(&operation::DESCRIBE_PRINCIPAL, store.describe(&id).await);
            if let Some(name) = person.user_name {
                trials.note(&operation::GET_USER_ID, self.find_person(&name).await);
            }
            if let Some(group) = found.values().flatten().next() {
                let asked = self.memberships(&id, std::slice::from_ref(&group.id)).await;
                trials.note(&operation::IS_MEMBER_IN_GROUPS, asked);
            }
        }
        CenterProbe { trials: trials.once_each(), groups: found }
    }
}

impl Target {
    /// Tries every read of Connect and SSO Admin that a pass may need. Quick connects are read only where people are
    /// deleted.
    pub async fn probe(&self, wanted_hierarchy: &BTreeSet<String>, deletes: bool) -> TargetProbe {
        let mut trials = Trials::default();
        let instance = trials.note(&operation::DESCRIBE_INSTANCE, self.instance().await);
        let users = trials.note(&operation::LIST_USERS, self.users_page(None).await);
        trials.note(&operation::SEARCH_USERS, self.search_page(None).await);
        let somebody = users.and_then(|page| page.items.into_iter().find_map(|user| user.id));
        if let Some(id) = somebody {
            let described = self.describe_user(&ConnectUserId::new(id)).await;
            trials.note(&operation::DESCRIBE_USER, described);
        }
        let routing = trials.note(&operation::LIST_ROUTING_PROFILES, self.routing_profiles().await);
        let security = trials.note(&operation::LIST_SECURITY_PROFILES, self.security_profiles().await);
        let hierarchy = if wanted_hierarchy.is_empty() {
            Some(BTreeMap::new())
        } else {
            trials.note(&operation::LIST_HIERARCHY_GROUPS, self.hierarchy_groups(wanted_hierarchy).await)
        };
        let catalog = match (routing, security, hierarchy) {
            (Some(routing_profiles), Some(security_profiles), Some(hierarchy_groups)) => {
                Some(Catalog { routing_profiles, security_profiles, hierarchy_groups })
            }
            _ => None,
        };
        if deletes {
            trials.note(&operation::LIST_QUICK_CONNECTS, self.quick_connects().await);
        }
        let application = self.probe_application(&mut trials).await;
        TargetProbe { trials: trials.once_each(), instance, catalog, application }
    }
}
