//! What a mapping can refer to: profiles, and the hierarchy groups that one may mean.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;

use aws_sdk_connect::types::{HierarchyGroup, HierarchyPath};
use futures::{StreamExt, TryStreamExt, stream};

use super::Target;
use crate::aws::error::Error;
use crate::aws::lane::SIDE_BY_SIDE;
use crate::aws::operation;
use crate::aws::paging::{self, Page};
use crate::model::connect::Catalog;
use crate::model::id::{HierarchyGroupId, RoutingProfileId, SecurityProfileId};

/// The most that a page of Connect's lists holds.
pub(super) const PAGE: i32 = 1000;

impl Target {
    /// Profiles, and of the hierarchy groups those that are wanted, by id or path.
    pub async fn catalog(&self, wanted_hierarchy: &BTreeSet<String>) -> Result<Catalog, Error> {
        let (routing_profiles, security_profiles, hierarchy_groups) = futures::future::try_join3(
            self.routing_profiles(),
            self.security_profiles(),
            self.hierarchy_groups(wanted_hierarchy),
        )
        .await?;
        Ok(Catalog { routing_profiles, security_profiles, hierarchy_groups })
    }

    pub(in crate::aws) async fn routing_profiles(&self) -> Result<BTreeMap<RoutingProfileId, String>, Error> {
        let operation = &operation::LIST_ROUTING_PROFILES;
        let doing = || "list the routing profiles".to_owned();
        let fetch = |token| async move {
            let call = self
                .client
                .list_routing_profiles()
                .instance_id(self.instance.as_str())
                .max_results(PAGE)
                .set_next_token(token);
            let answer = self.lane.call(operation, doing, call.send()).await?;
            Ok(Page::new(answer.routing_profile_summary_list, answer.next_token))
        };
        let profiles = paging::collect(&self.lane, operation, doing, fetch).await?;
        profiles
            .into_iter()
            .map(|profile| match (profile.id, profile.name) {
                (Some(id), Some(name)) => Ok((RoutingProfileId::new(id), name)),
                _ => Err(self.lane.unreadable(operation, doing(), "the answer lacks an id or a name")),
            })
            .collect()
    }

    pub(in crate::aws) async fn security_profiles(&self) -> Result<BTreeMap<SecurityProfileId, String>, Error> {
        let operation = &operation::LIST_SECURITY_PROFILES;
        let doing = || "list the security profiles".to_owned();
        let fetch = |token| async move {
            let call = self
                .client
                .list_security_profiles()
                .instance_id(self.instance.as_str())
                .max_results(PAGE)
                .set_next_token(token);
            let answer = self.lane.call(operation, doing, call.send()).await?;
            Ok(Page::new(answer.security_profile_summary_list, answer.next_token))
        };
        let profiles = paging::collect(&self.lane, operation, doing, fetch).await?;
        profiles
            .into_iter()
            .map(|profile| match (profile.id, profile.name) {
                (Some(id), Some(name)) => Ok((SecurityProfileId::new(id), name)),
                _ => Err(self.lane.unreadable(operation, doing(), "the answer lacks an id or a name")),
            })
            .collect()
    }

    /// The list gives ids and bare names, and different groups may share a name; only describing one gives its path. So
    /// those are described whose id, or whose name as the last part of a path, somebody wants.
    pub(in crate::aws) async fn hierarchy_groups(
        &self,
        wanted: &BTreeSet<String>,
    ) -> Result<BTreeMap<HierarchyGroupId, String>, Error> {
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let last_parts: BTreeSet<&str> = wanted.iter().filter_map(|path| path.rsplit('/').next()).collect();
        let operation = &operation::LIST_HIERARCHY_GROUPS;
        let doing = || "list the hierarchy groups".to_owned();
        let fetch = |token| async move {
            let call = self
                .client
                .list_user_hierarchy_groups()
                .instance_id(self.instance.as_str())
                .max_results(PAGE)
                .set_next_token(token);
            let answer = self.lane.call(operation, doing, call.send()).await?;
            Ok(Page::new(answer.user_hierarchy_group_summary_list, answer.next_token))
        };
        let groups = paging::collect(&self.lane, operation, doing, fetch).await?;
        let meant = groups.into_iter().filter_map(|group| {
            let named = group.name.is_some_and(|name| last_parts.contains(name.as_str()));
            group.id.filter(|id| named || wanted.contains(id))
        });
        stream::iter(meant)
            .map(|id| self.hierarchy_group(id))
            .buffer_unordered(SIDE_BY_SIDE)
            .try_filter_map(|group| ready(Ok(group)))
            .try_collect()
            .await
    }

    /// A hierarchy group and its path; `None` where it has gone since it was listed.
    async fn hierarchy_group(&self, id: String) -> Result<Option<(HierarchyGroupId, String)>, Error> {
        let operation = &operation::DESCRIBE_HIERARCHY_GROUP;
        let doing = || format!("read the hierarchy group `{id}`");
        let call =
            self.client.describe_user_hierarchy_group().instance_id(self.instance.as_str()).hierarchy_group_id(&id);
        let answer = match self.lane.call(operation, doing, call.send()).await {
            Err(error) if error.kind() == crate::aws::ErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        let path = answer.hierarchy_group.and_then(path);
        let path = path.ok_or_else(|| self.lane.unreadable(operation, doing(), "the answer lacks the path"))?;
        Ok(Some((HierarchyGroupId::new(id), path)))
    }
}

/// The names from the top down, `/` between them. A group that shows no path stands at the top.
fn path(group: HierarchyGroup) -> Option<String> {
    let HierarchyGroup { name, hierarchy_path, .. } = group;
    let levels = hierarchy_path.map(|path| {
        let HierarchyPath { level_one, level_two, level_three, level_four, level_five, .. } = path;
        [level_one, level_two, level_three, level_four, level_five]
    });
    let names: Vec<String> = levels.into_iter().flatten().flatten().filter_map(|level| level.name).collect();
    if names.is_empty() { name } else { Some(names.join("/")) }
}
