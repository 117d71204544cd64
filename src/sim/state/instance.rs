//! A Connect instance: its users, its search index, and what its users refer to.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::phone::Phone;

/// A Connect instance.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Instance {
    pub(in crate::sim) id: String,
    pub(in crate::sim) arn: String,
    pub(in crate::sim) account: String,
    pub(in crate::sim) region: String,
    pub(in crate::sim) alias: String,
    /// `SAML`, `CONNECT_MANAGED` or `EXISTING_DIRECTORY`.
    pub(in crate::sim) identity_management: String,
    /// `ACTIVE`, `CREATION_IN_PROGRESS` or `CREATION_FAILED`.
    pub(in crate::sim) status: String,
    /// Regions that it is replicated into.
    pub(in crate::sim) replicas: Vec<String>,
    /// Users that it can have.
    pub(in crate::sim) quota: usize,
    /// Routing profiles by id.
    pub(in crate::sim) routing_profiles: BTreeMap<String, Named>,
    /// What the world's users have where it does not say.
    pub(in crate::sim) first_routing_profile: String,
    /// Security profiles by id.
    pub(in crate::sim) security_profiles: BTreeMap<String, Named>,
    /// Hierarchy levels from the top.
    pub(in crate::sim) levels: Vec<Named>,
    /// Hierarchy groups by id.
    pub(in crate::sim) hierarchy: BTreeMap<String, HierarchyGroup>,
    /// Quick connects by id.
    pub(in crate::sim) quick_connects: BTreeMap<String, QuickConnect>,
    pub(in crate::sim) users: Users,
}

impl Instance {
    /// The ARN of something of this instance (`agent`, `routing-profile`, …).
    pub(in crate::sim) fn arn_of(&self, kind: &str, id: &str) -> String {
        format!("{}/{kind}/{id}", self.arn)
    }
}

/// A thing that has nothing but a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct Named {
    pub(in crate::sim) id: String,
    pub(in crate::sim) name: String,
}

/// A group of the agent hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct HierarchyGroup {
    pub(in crate::sim) name: String,
    /// Ids from the top down, its own included.
    pub(in crate::sim) path: Vec<String>,
}

/// An entry in the list that agents transfer contacts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct QuickConnect {
    pub(in crate::sim) name: String,
    /// `USER`, `QUEUE`, `PHONE_NUMBER` or `FLOW`.
    pub(in crate::sim) kind: String,
    /// What it leads to: a user's id, a queue's id or a telephone number.
    pub(in crate::sim) target: String,
}

/// A user of a Connect instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct User {
    pub(in crate::sim) id: String,
    pub(in crate::sim) login: String,
    pub(in crate::sim) first_name: Option<String>,
    pub(in crate::sim) last_name: Option<String>,
    pub(in crate::sim) email: Option<String>,
    pub(in crate::sim) secondary_email: Option<String>,
    pub(in crate::sim) mobile: Option<String>,
    /// Of an outside directory, where the instance uses one.
    pub(in crate::sim) directory_id: Option<String>,
    pub(in crate::sim) routing_profile: String,
    pub(in crate::sim) security_profiles: Vec<String>,
    pub(in crate::sim) hierarchy: Option<String>,
    pub(in crate::sim) phone: Phone,
    pub(in crate::sim) tags: BTreeMap<String, String>,
    pub(in crate::sim) modified: Timestamp,
}

/// The users of an instance, and the index that SearchUsers reads, which may lag behind them.
#[derive(Debug, Clone, Default)]
pub(in crate::sim) struct Users {
    live: BTreeMap<String, Arc<User>>,
    logins: HashMap<String, String>,
    index: BTreeMap<String, Arc<User>>,
    /// Writes that the index has not seen, oldest first: when, whom, and what they are now.
    unseen: VecDeque<(Timestamp, String, Option<Arc<User>>)>,
}

impl Users {
    /// Users by id, as they are.
    pub(in crate::sim) fn live(&self) -> &BTreeMap<String, Arc<User>> {
        &self.live
    }

    pub(in crate::sim) fn get(&self, id: &str) -> Option<&User> {
        self.live.get(id).map(Arc::as_ref)
    }

    /// The user with exactly this login.
    pub(in crate::sim) fn with_login(&self, login: &str) -> Option<&User> {
        self.get(self.logins.get(login)?)
    }

    /// Users by id, as the index has them when it sees what was written `lag` or longer before `now`.
    pub(in crate::sim) fn indexed(&mut self, now: Timestamp, lag: SignedDuration) -> &BTreeMap<String, Arc<User>> {
        while let Some((at, _, _)) = self.unseen.front()
            && (lag.is_zero() || now.duration_since(*at) >= lag)
            && let Some((_, id, user)) = self.unseen.pop_front()
        {
            match user {
                Some(user) => drop(self.index.insert(id, user)),
                None => drop(self.index.remove(&id)),
            }
        }
        &self.index
    }

    /// Adds or replaces a user, at once everywhere: the way in which a world begins.
    pub(in crate::sim) fn seed(&mut self, user: User) {
        let user = Arc::new(user);
        self.logins.insert(user.login.clone(), user.id.clone());
        self.index.insert(user.id.clone(), Arc::clone(&user));
        self.live.insert(user.id.clone(), user);
    }

    /// Adds or replaces a user. No other may have the login.
    pub(in crate::sim) fn put(&mut self, user: User, now: Timestamp) {
        let user = Arc::new(user);
        self.logins.insert(user.login.clone(), user.id.clone());
        self.unseen.push_back((now, user.id.clone(), Some(Arc::clone(&user))));
        self.live.insert(user.id.clone(), user);
    }

    /// Takes a user out.
    pub(in crate::sim) fn remove(&mut self, id: &str, now: Timestamp) -> Option<Arc<User>> {
        let user = self.live.remove(id)?;
        self.logins.remove(&user.login);
        self.unseen.push_back((now, id.to_owned(), None));
        Some(user)
    }
}
