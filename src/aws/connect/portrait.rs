//! One Connect user as DescribeUser shows them now, whole: what the search index does not carry, and what has to be
//! remembered before a user is deleted.

use std::time::Duration;

use aws_sdk_connect::types::{User, UserIdentityInfo, UserPhoneConfig};
use serde_json::{Map, Value, json};

use super::Target;
use super::phone::Shown;
use super::read::attributes_of_user;
use crate::aws::error::{Error, ErrorKind};
use crate::aws::operation;
use crate::model::connect::{Attributes, ConnectUser};
use crate::model::id::{ConnectUserId, Login};

/// A Connect user, seen from close.
#[derive(Debug, Clone)]
pub struct Portrait {
    /// Who it is.
    pub id: ConnectUserId,
    /// What tags hang on.
    pub arn: String,
    /// `Username`.
    pub login: Login,
    /// What SearchUsers would say, if it were up to date.
    pub attributes: Attributes,
    /// Names and addresses, which are only ever written together.
    pub(super) identity: UserIdentityInfo,
    shown: Box<User>,
}

impl Target {
    /// One user, with everything that the service has now, whatever the search index says. `None` where there is no
    /// such user.
    pub async fn describe_user(&self, id: &ConnectUserId) -> Result<Option<Portrait>, Error> {
        let operation = &operation::DESCRIBE_USER;
        let doing = || format!("read the Connect user `{id}`");
        let call = self.client.describe_user().instance_id(self.instance.as_str()).user_id(id.as_str());
        let answer = match self.lane.call(operation, doing, call.send()).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        let lacks = |what: &str| self.lane.unreadable(operation, doing(), format!("the answer lacks the {what}"));
        let user = answer.user.ok_or_else(|| lacks("user"))?;
        if user.id.as_deref().is_some_and(|shown| shown != id.as_str()) {
            return Err(self.lane.unreadable(operation, doing(), "the answer is about somebody else"));
        }
        Ok(Some(Portrait {
            id: id.clone(),
            arn: user.arn.clone().ok_or_else(|| lacks("ARN"))?,
            login: user.username.clone().map(Login::new).ok_or_else(|| lacks("login"))?,
            attributes: attributes_of_user(user.clone()),
            identity: user.identity_info.clone().unwrap_or_else(|| UserIdentityInfo::builder().build()),
            shown: Box::new(user),
        }))
    }
}

impl Portrait {
    /// The same as a reading of everybody would have it.
    #[must_use]
    pub fn to_user(&self) -> ConnectUser {
        ConnectUser {
            id: self.id.clone(),
            arn: self.arn.clone(),
            login: self.login.clone(),
            attributes: Some(self.attributes.clone()),
        }
    }

    /// The phone settings, in the older form and by channel.
    pub(super) fn phone(&self) -> Shown {
        Shown {
            whole: self.shown.phone_config.clone(),
            numbers: self.shown.phone_number_configs.clone(),
            accepts: self.shown.auto_accept_configs.clone(),
            work: self.shown.after_contact_work_configs.clone(),
            unit: Duration::from_secs(1),
        }
    }

    /// All of it, with the service's own names.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let user = &self.shown;
        let info = &self.identity;
        let mut shown = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                shown.insert(name.to_owned(), value);
            }
        };
        put("Id", json!(user.id));
        put("Arn", json!(user.arn));
        put("Username", json!(user.username));
        put(
            "IdentityInfo",
            json!({
                "FirstName": info.first_name,
                "LastName": info.last_name,
                "Email": info.email,
                "SecondaryEmail": info.secondary_email,
                "Mobile": info.mobile,
            }),
        );
        put("DirectoryUserId", json!(user.directory_user_id));
        put("RoutingProfileId", json!(user.routing_profile_id));
        put("SecurityProfileIds", json!(user.security_profile_ids));
        put("HierarchyGroupId", json!(user.hierarchy_group_id));
        put("Tags", json!(user.tags));
        put("PhoneConfig", user.phone_config.as_ref().map_or(Value::Null, phone_config));
        self.put_channels(&mut put);
        put("LastModifiedTime", json!(user.last_modified_time.map(|time| time.to_string())));
        put("LastModifiedRegion", json!(user.last_modified_region));
        Value::Object(shown)
    }

    fn put_channels(&self, put: &mut impl FnMut(&str, Value)) {
        let user = &self.shown;
        let all = |entries: Vec<Value>| if entries.is_empty() { Value::Null } else { Value::Array(entries) };
        let accepts = user.auto_accept_configs().iter().map(|one| {
            json!({
                "Channel": one.channel.as_str(),
                "AutoAccept": one.auto_accept,
                "AgentFirstCallbackAutoAccept": one.agent_first_callback_auto_accept,
            })
        });
        put("AutoAcceptConfigs", all(accepts.collect()));
        let limit = |config: &Option<aws_sdk_connect::types::AfterContactWorkConfig>| {
            config.as_ref().map(|config| json!({"AfterContactWorkTimeLimit": config.after_contact_work_time_limit}))
        };
        let work = user.after_contact_work_configs().iter().map(|one| {
            json!({
                "Channel": one.channel.as_str(),
                "AfterContactWorkConfig": limit(&one.after_contact_work_config),
                "AgentFirstCallbackAfterContactWorkConfig": limit(&one.agent_first_callback_after_contact_work_config),
            })
        });
        put("AfterContactWorkConfigs", all(work.collect()));
        let numbers = user.phone_number_configs().iter().map(|one| {
            let (channel, kind) = (one.channel.as_str(), one.phone_type.as_str());
            json!({"Channel": channel, "PhoneType": kind, "PhoneNumber": one.phone_number})
        });
        put("PhoneNumberConfigs", all(numbers.collect()));
        let persistent = user
            .persistent_connection_configs()
            .iter()
            .map(|one| json!({"Channel": one.channel.as_str(), "PersistentConnection": one.persistent_connection}));
        put("PersistentConnectionConfigs", all(persistent.collect()));
        let voice = user.voice_enhancement_configs().iter().map(
            |one| json!({"Channel": one.channel.as_str(), "VoiceEnhancementMode": one.voice_enhancement_mode.as_str()}),
        );
        put("VoiceEnhancementConfigs", all(voice.collect()));
    }
}

fn phone_config(config: &UserPhoneConfig) -> Value {
    json!({
        "PhoneType": config.phone_type.as_str(),
        "AutoAccept": config.auto_accept,
        "AfterContactWorkTimeLimit": config.after_contact_work_time_limit,
        "DeskPhoneNumber": config.desk_phone_number,
        "PersistentConnection": config.persistent_connection,
    })
}
