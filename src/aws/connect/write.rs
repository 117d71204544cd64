//! Writing to a target: one call each. What to do next, and whether to, is the caller's.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use aws_sdk_connect::types::{
    StringComparisonType, StringCondition, UserIdentityInfo, UserSearchCriteria, UserSummary,
};

use super::{Target, phone};
use crate::aws::application::Assigned;
use crate::aws::error::Error;
use crate::aws::operation;
use crate::aws::paging;
use crate::model::connect::NewUser;
use crate::model::id::{ApplicationArn, ConnectUserId, GroupId, Login};

impl Target {
    /// Creates a user.
    ///
    /// # Errors
    /// `Duplicate` where the login is taken, perhaps by an earlier attempt of this very call whose answer was lost;
    /// `Quota` where the instance has no room. Both mean something to the caller.
    pub async fn create_user(&self, user: &NewUser) -> Result<ConnectUserId, Error> {
        let operation = &operation::CREATE_USER;
        let doing = || format!("create the Connect user `{}`", user.login);
        let NewUser {
            login,
            first_name,
            last_name,
            email,
            secondary_email,
            routing_profile,
            security_profiles,
            hierarchy,
            phone,
            tags,
        } = user;
        let identity = UserIdentityInfo::builder()
            .first_name(first_name)
            .last_name(last_name)
            .set_email(email.clone())
            .set_secondary_email(secondary_email.clone())
            .build();
        let security_profiles = security_profiles.iter().map(|id| id.as_str().to_owned()).collect();
        let call = self
            .client
            .create_user()
            .instance_id(self.instance.as_str())
            .username(login.as_str())
            .identity_info(identity)
            .routing_profile_id(routing_profile.as_str())
            .set_security_profile_ids(Some(security_profiles))
            .set_hierarchy_group_id(hierarchy.as_ref().map(|id| id.as_str().to_owned()))
            .set_phone_config(phone.as_ref().map(phone::whole))
            .set_tags((!tags.is_empty()).then(|| tags.clone().into_iter().collect()));
        let answer = self.lane.call(operation, doing, call.send()).await?;
        let id = answer.user_id.filter(|id| !id.is_empty());
        id.map(ConnectUserId::new).ok_or_else(|| self.lane.unreadable(operation, doing(), "the answer lacks the id"))
    }

    /// The user with exactly this login. The search index is asked first, and where it knows nobody, which may be
    /// because it lags, the list of users, up to the page that has them.
    pub async fn find_user(&self, login: &Login) -> Result<Option<ConnectUserId>, Error> {
        if let Some(id) = self.search_user(login).await? {
            return Ok(Some(id));
        }
        let fetch = |token| self.users_page(token);
        let see = |users: Vec<UserSummary>| {
            let found = users.into_iter().find(|user| user.username.as_deref() == Some(login.as_str()));
            Ok(found.and_then(|user| user.id).map_or(ControlFlow::Continue(()), ControlFlow::Break))
        };
        let doing = || format!("find the Connect user `{login}`");
        let found = paging::turn(&self.lane, &operation::LIST_USERS, doing, fetch, see).await?;
        Ok(found.break_value().map(ConnectUserId::new))
    }

    /// Whether the search compares case is not documented, so what it finds is compared here.
    async fn search_user(&self, login: &Login) -> Result<Option<ConnectUserId>, Error> {
        let condition = StringCondition::builder()
            .field_name("Username")
            .value(login.as_str())
            .comparison_type(StringComparisonType::Exact)
            .build();
        let criteria = UserSearchCriteria::builder().string_condition(condition).build();
        let call = self.client.search_users().instance_id(self.instance.as_str()).search_criteria(criteria);
        let doing = || format!("find the Connect user `{login}`");
        let answer = self.lane.call(&operation::SEARCH_USERS, doing, call.send()).await?;
        let found = answer.users.into_iter().flatten().find(|user| user.username.as_deref() == Some(login.as_str()));
        Ok(found.and_then(|user| user.id).map(ConnectUserId::new))
    }

    /// Sets tags; others stay as they are. `arn` is the user's.
    pub async fn tag_user(&self, arn: &str, tags: &BTreeMap<String, String>) -> Result<(), Error> {
        let tags = tags.clone().into_iter().collect();
        let call = self.client.tag_resource().resource_arn(arn).set_tags(Some(tags));
        let doing = || format!("tag the Connect user `{arn}`");
        self.lane.call(&operation::TAG_RESOURCE, doing, call.send()).await.map(|_| ())
    }

    /// Assigns a group to an application, and says whether that was news.
    pub async fn assign_group(&self, application: &ApplicationArn, group: &GroupId) -> Result<Assigned, Error> {
        self.admin.assign(application, group).await
    }
}
