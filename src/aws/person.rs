//! One person, read alone: by whatever name they are asked for, and with the Connect users that may be theirs. A few
//! calls, however many people there are.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_connect::types::{
    StringComparisonType, StringCondition, TagCondition, UserSearchCriteria, UserSearchFilter,
};
use aws_sdk_identitystore::types::MemberId;

use super::connect::Target;
use super::directory::IdentityCenter;
use super::error::Error;
use super::operation;
use super::store::{Store, unique};
use crate::model::connect::ConnectUser;
use crate::model::directory::Principal;
use crate::model::id::{ConnectUserId, GroupId, Login, PrincipalId};
use crate::model::settings::{GroupRef, is_store_id};
use crate::model::tag;

/// The most groups that one call compares a person with.
const GROUPS: usize = 100;

impl IdentityCenter {
    /// A person; `None` where the service says that there is no such user.
    pub async fn person(&self, id: &PrincipalId) -> Result<Option<Principal>, Error> {
        self.store().await?.describe(id).await
    }

    /// The person who is known by this id, e-mail address or user name; `None` where nobody is.
    pub async fn find_person(&self, name: &str) -> Result<Option<Principal>, Error> {
        let store = self.store().await?;
        if is_store_id(name) {
            return store.describe(&PrincipalId::new(name)).await;
        }
        for path in ["emails.value", "userName"] {
            if let Some(id) = store.id_of(path, name).await? {
                return store.describe(&id).await;
            }
        }
        Ok(None)
    }

    /// Whether a person is in any of these groups.
    pub async fn is_member_of_any(&self, person: &PrincipalId, groups: &[GroupId]) -> Result<bool, Error> {
        Ok(!self.memberships(person, groups).await?.is_empty())
    }

    /// Those of these groups that a person is in.
    ///
    /// # Errors
    /// Where the answer leaves out a group: that is no "no".
    pub async fn memberships(&self, person: &PrincipalId, groups: &[GroupId]) -> Result<BTreeSet<GroupId>, Error> {
        let store = self.store().await?;
        let mut found = BTreeSet::new();
        for groups in groups.chunks(GROUPS) {
            found.extend(store.memberships(person, groups).await?);
        }
        Ok(found)
    }

    /// The ids of groups, without their members. Names are looked up; what is an id already is taken as it is.
    pub async fn group_ids(&self, groups: &BTreeSet<GroupRef>) -> Result<BTreeMap<GroupRef, Option<GroupId>>, Error> {
        let store = self.store().await?;
        let id = async |group: &GroupRef| {
            let id = match group {
                GroupRef::Id(id) => Some(GroupId::new(id)),
                GroupRef::Name(name) => store.group_named(name).await?,
            };
            Ok::<_, Error>((group.clone(), id))
        };
        Ok(futures::future::try_join_all(groups.iter().map(id)).await?.into_iter().collect())
    }
}

impl Store {
    async fn id_of(&self, path: &str, value: &str) -> Result<Option<PrincipalId>, Error> {
        let operation = &operation::GET_USER_ID;
        // Whoever asked knows the name, and a log that keeps people out does not want to.
        let doing = || format!("find the person by `{path}`");
        let call = self.client.get_user_id().identity_store_id(&self.id).set_alternate_identifier(unique(path, value));
        match self.lane.call(operation, doing, call.send()).await {
            Err(error) if error.says_gone("USER") => Ok(None),
            answer => self.given(operation, doing, answer?.user_id).map(PrincipalId::new).map(Some),
        }
    }

    async fn memberships(&self, person: &PrincipalId, groups: &[GroupId]) -> Result<Vec<GroupId>, Error> {
        let operation = &operation::IS_MEMBER_IN_GROUPS;
        let doing = || format!("see which groups the person `{person}` is in");
        let call = self
            .client
            .is_member_in_groups()
            .identity_store_id(&self.id)
            .member_id(MemberId::UserId(person.as_str().to_owned()))
            .set_group_ids(Some(groups.iter().map(|group| group.as_str().to_owned()).collect()));
        let results = self.lane.call(operation, doing, call.send()).await?.results;
        let answer: BTreeMap<&str, bool> =
            results.iter().filter_map(|result| Some((result.group_id.as_deref()?, result.membership_exists))).collect();
        let mut found = Vec::new();
        for group in groups {
            match answer.get(group.as_str()) {
                Some(true) => found.push(group.clone()),
                Some(false) => {}
                None => {
                    let what = format!("the answer says nothing of the group `{group}`");
                    return Err(self.lane.unreadable(operation, doing(), what));
                }
            }
        }
        Ok(found)
    }
}

impl Target {
    /// The Connect users that may be a person's: those with one of these logins, those that begin alike, and those that
    /// carry the person's id. Where none has exactly the first login, everybody is listed, since the index may lag, and
    /// a login in another case stands in the way.
    pub async fn users_of(
        &self,
        logins: &[Login],
        beginnings: &[String],
        person: Option<&PrincipalId>,
    ) -> Result<Vec<ConnectUser>, Error> {
        let condition = |value: &str, comparison: StringComparisonType| {
            let condition =
                StringCondition::builder().field_name("Username").value(value).comparison_type(comparison).build();
            UserSearchCriteria::builder().string_condition(condition).build()
        };
        let exact = logins.iter().map(|login| condition(login.as_str(), StringComparisonType::Exact));
        let alike = beginnings.iter().map(|text| condition(text, StringComparisonType::StartsWith));
        let by_login = self
            .search(UserSearchCriteria::builder().set_or_conditions(Some(exact.chain(alike).collect())).build(), None);
        let by_tag = async {
            let Some(person) = person else { return Ok(Vec::new()) };
            let tag = TagCondition::builder().tag_key(tag::PRINCIPAL).tag_value(person.as_str()).build();
            let filter = aws_sdk_connect::types::ControlPlaneTagFilter::builder().tag_condition(tag).build();
            let filter = UserSearchFilter::builder().tag_filter(filter).build();
            self.search(UserSearchCriteria::builder().build(), Some(filter)).await
        };
        let (by_login, by_tag) = tokio::try_join!(by_login, by_tag)?;
        let mut found: BTreeMap<ConnectUserId, ConnectUser> =
            by_login.into_iter().chain(by_tag).map(|user| (user.id.clone(), user)).collect();
        let is_served = |user: &ConnectUser| logins.first().is_some_and(|login| user.login == *login);
        if !found.values().any(is_served) {
            for user in self.listed().await? {
                found.entry(user.id.clone()).or_insert(user);
            }
        }
        Ok(found.into_values().collect())
    }
}
