//! Identity Store: groups and who is in them. Who these people are is in `people`.

use std::collections::BTreeSet;

use aws_sdk_identitystore::Client;
use aws_sdk_identitystore::types::{AlternateIdentifier, GroupMembership, MemberId, UniqueAttribute};
use aws_smithy_types::Document;

use super::error::Error;
use super::lane::Lane;
use super::operation;
use super::paging::{self, Page};
use crate::model::directory::Group;
use crate::model::id::{GroupId, PrincipalId};
use crate::model::settings::GroupRef;

/// The most that a page of Identity Store holds.
const PAGE: i32 = 100;

/// An identity store whose id is known.
pub(super) struct Store {
    pub(super) client: Client,
    pub(super) lane: Lane,
    pub(super) id: String,
}

impl Store {
    /// A group and all its memberships; `None` where the service says that there is no such group.
    pub(super) async fn group(&self, reference: &GroupRef) -> Result<Option<Group>, Error> {
        let found = match reference {
            GroupRef::Name(name) => self.group_by_name(name).await.map(|id| (id, Some(name.clone()))),
            GroupRef::Id(id) => self.group_by_id(id).await,
        };
        let (id, name) = match found {
            Err(error) if error.says_gone("GROUP") => return Ok(None),
            found => found?,
        };
        match self.members(&id).await {
            Err(error) if error.says_gone("GROUP") => Ok(None),
            members => Ok(Some(Group { members: members?, id, name })),
        }
    }

    /// The id of the group with this display name; `None` where the service says that there is none.
    pub(super) async fn group_named(&self, name: &str) -> Result<Option<GroupId>, Error> {
        match self.group_by_name(name).await {
            Err(error) if error.says_gone("GROUP") => Ok(None),
            found => found.map(Some),
        }
    }

    async fn group_by_name(&self, name: &str) -> Result<GroupId, Error> {
        let operation = &operation::GET_GROUP_ID;
        let doing = || format!("find the group `{name}`");
        let call = self
            .client
            .get_group_id()
            .identity_store_id(&self.id)
            .set_alternate_identifier(unique("displayName", name));
        let answer = self.lane.call(operation, doing, call.send()).await?;
        self.given(operation, doing, answer.group_id).map(GroupId::new)
    }

    async fn group_by_id(&self, id: &str) -> Result<(GroupId, Option<String>), Error> {
        let operation = &operation::DESCRIBE_GROUP;
        let doing = || format!("find the group `{id}`");
        let call = self.client.describe_group().identity_store_id(&self.id).group_id(id);
        let answer = self.lane.call(operation, doing, call.send()).await?;
        let id = self.given(operation, doing, answer.group_id).map(GroupId::new)?;
        Ok((id, answer.display_name))
    }

    async fn members(&self, group: &GroupId) -> Result<BTreeSet<PrincipalId>, Error> {
        let operation = &operation::LIST_GROUP_MEMBERSHIPS;
        let doing = || format!("list the members of group `{group}`");
        let fetch = |token| async move {
            let call = self
                .client
                .list_group_memberships()
                .identity_store_id(&self.id)
                .group_id(group.as_str())
                .max_results(PAGE)
                .set_next_token(token);
            let answer = self.lane.call(operation, doing, call.send()).await?;
            Ok(Page::new(Some(answer.group_memberships), answer.next_token))
        };
        let member = |membership: GroupMembership| {
            let Some(MemberId::UserId(id)) = membership.member_id else {
                let what = format!("membership `{}` is of something that is not a user", membership.membership_id);
                return Err(self.lane.unreadable(operation, doing(), what));
            };
            self.given(operation, doing, id).map(PrincipalId::new)
        };
        paging::gather(&self.lane, operation, doing, fetch, member).await
    }

    /// The SDK fills an id that the service leaves out with nothing.
    pub(super) fn given(
        &self,
        operation: &'static operation::Operation,
        doing: impl Fn() -> String,
        id: String,
    ) -> Result<String, Error> {
        if id.is_empty() { Err(self.lane.unreadable(operation, doing(), "the answer lacks an id")) } else { Ok(id) }
    }
}

/// What Identity Store finds one person or group by. Were it `None`, the SDK would refuse the call.
pub(super) fn unique(path: &str, value: &str) -> Option<AlternateIdentifier> {
    let value = Document::String(value.to_owned());
    let attribute = UniqueAttribute::builder().attribute_path(path).attribute_value(value).build();
    attribute.ok().map(AlternateIdentifier::UniqueAttribute)
}
