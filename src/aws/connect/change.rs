//! Changing a Connect user that exists: one call for each family of attributes. Each sets what it says, whole, so that
//! the same call twice is the same as once.

use std::collections::BTreeSet;

use aws_sdk_connect::types::UserIdentityInfo;

use super::portrait::Portrait;
use super::{Target, phone};
use crate::aws::error::{Error, ErrorKind};
use crate::aws::operation;
use crate::model::connect::Phone;
use crate::model::id::{ConnectUserId, HierarchyGroupId, RoutingProfileId, SecurityProfileId};

impl Target {
    /// Sets names. What is `None` stays, as do the addresses: the service may clear what the call leaves out.
    pub async fn rename_user(&self, user: &Portrait, first: Option<&str>, last: Option<&str>) -> Result<(), Error> {
        let mut identity: UserIdentityInfo = user.identity.clone();
        let own = |name: &str| name.to_owned();
        identity.first_name = first.map(own).or(identity.first_name);
        identity.last_name = last.map(own).or(identity.last_name);
        let call = self
            .client
            .update_user_identity_info()
            .instance_id(self.instance.as_str())
            .user_id(user.id.as_str())
            .identity_info(identity);
        let doing = || format!("set the name of the Connect user `{}`", user.login);
        self.lane.call(&operation::UPDATE_IDENTITY, doing, call.send()).await.map(|_| ())
    }

    /// Sets the routing profile.
    pub async fn set_routing_profile(&self, user: &ConnectUserId, profile: &RoutingProfileId) -> Result<(), Error> {
        let call = self
            .client
            .update_user_routing_profile()
            .instance_id(self.instance.as_str())
            .user_id(user.as_str())
            .routing_profile_id(profile.as_str());
        let doing = || format!("set the routing profile of the Connect user `{user}`");
        self.lane.call(&operation::UPDATE_ROUTING_PROFILE, doing, call.send()).await.map(|_| ())
    }

    /// Sets the security profiles, all of them.
    pub async fn set_security_profiles(
        &self,
        user: &ConnectUserId,
        profiles: &BTreeSet<SecurityProfileId>,
    ) -> Result<(), Error> {
        let ids = profiles.iter().map(|id| id.as_str().to_owned()).collect();
        let call = self
            .client
            .update_user_security_profiles()
            .instance_id(self.instance.as_str())
            .user_id(user.as_str())
            .set_security_profile_ids(Some(ids));
        let doing = || format!("set the security profiles of the Connect user `{user}`");
        self.lane.call(&operation::UPDATE_SECURITY_PROFILES, doing, call.send()).await.map(|_| ())
    }

    /// Sets the hierarchy group.
    pub async fn set_hierarchy(&self, user: &ConnectUserId, group: &HierarchyGroupId) -> Result<(), Error> {
        let call = self
            .client
            .update_user_hierarchy()
            .instance_id(self.instance.as_str())
            .user_id(user.as_str())
            .hierarchy_group_id(group.as_str());
        let doing = || format!("set the hierarchy group of the Connect user `{user}`");
        self.lane.call(&operation::UPDATE_HIERARCHY, doing, call.send()).await.map(|_| ())
    }

    /// Sets what is said of calls; other channels, and what is not said, stay. The older operation would set all channels
    /// alike.
    pub async fn set_phone(&self, user: &Portrait, wanted: &Phone) -> Result<(), Error> {
        let operation = &operation::UPDATE_PHONE;
        let doing = || format!("set the phone of the Connect user `{}`", user.login);
        let phone::Channels { numbers, accepts, work } = phone::for_calls(user.phone(), wanted)
            .map_err(|why| Error::plain(ErrorKind::Invalid, Some(operation), self.lane.place(), doing(), why))?;
        let call = self
            .client
            .update_user_config()
            .instance_id(self.instance.as_str())
            .user_id(user.id.as_str())
            .set_phone_number_configs(Some(numbers))
            .set_auto_accept_configs(accepts)
            .set_after_contact_work_configs(work);
        self.lane.call(operation, doing, call.send()).await.map(|_| ())
    }

    /// Takes tags away; others stay. `arn` is the user's.
    pub async fn untag_user(&self, arn: &str, keys: impl IntoIterator<Item = &str>) -> Result<(), Error> {
        let keys = keys.into_iter().map(str::to_owned).collect();
        let call = self.client.untag_resource().resource_arn(arn).set_tag_keys(Some(keys));
        let doing = || format!("take tags from the Connect user `{arn}`");
        self.lane.call(&operation::UNTAG_RESOURCE, doing, call.send()).await.map(|_| ())
    }

    /// Deletes a user, for ever. Says whether there was one.
    pub async fn delete_user(&self, user: &ConnectUserId) -> Result<bool, Error> {
        let call = self.client.delete_user().instance_id(self.instance.as_str()).user_id(user.as_str());
        let doing = || format!("delete the Connect user `{user}`");
        match self.lane.call(&operation::DELETE_USER, doing, call.send()).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}
