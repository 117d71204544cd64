//! Quick connects: the entries that agents transfer contacts to. Those of a deleted user stay behind.

use std::collections::BTreeMap;

use aws_sdk_connect::types::QuickConnectType;
use futures::{StreamExt, TryStreamExt, stream};

use super::Target;
use super::catalog::PAGE;
use crate::aws::error::{Error, ErrorKind};
use crate::aws::lane::SIDE_BY_SIDE;
use crate::aws::operation;
use crate::aws::paging::{self, Page};
use crate::model::id::ConnectUserId;

impl Target {
    /// The names of the quick connects that lead to users, by the user. One call a page and one for each: read only when
    /// somebody is to be deleted.
    pub async fn quick_connects(&self) -> Result<BTreeMap<ConnectUserId, Vec<String>>, Error> {
        let operation = &operation::LIST_QUICK_CONNECTS;
        let doing = || "list the quick connects".to_owned();
        let fetch = |token| async move {
            let call = self
                .client
                .list_quick_connects()
                .instance_id(self.instance.as_str())
                .quick_connect_types(QuickConnectType::User)
                .max_results(PAGE)
                .set_next_token(token);
            let answer = self.lane.call(operation, doing, call.send()).await?;
            Ok(Page::new(answer.quick_connect_summary_list, answer.next_token))
        };
        let listed = paging::collect(&self.lane, operation, doing, fetch).await?;
        let users = listed.into_iter().map(async |summary| {
            let lacks = || self.lane.unreadable(operation, doing(), "the answer lacks an id");
            self.user_of(&summary.id.ok_or_else(lacks)?).await
        });
        let found: Vec<Option<(ConnectUserId, String)>> =
            stream::iter(users).buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
        let mut by_user: BTreeMap<ConnectUserId, Vec<String>> = BTreeMap::new();
        for (user, name) in found.into_iter().flatten() {
            by_user.entry(user).or_default().push(name);
        }
        for names in by_user.values_mut() {
            names.sort();
        }
        Ok(by_user)
    }

    /// The user that a quick connect leads to, and its name; `None` where it is gone by now, or leads elsewhere.
    async fn user_of(&self, id: &str) -> Result<Option<(ConnectUserId, String)>, Error> {
        let call = self.client.describe_quick_connect().instance_id(self.instance.as_str()).quick_connect_id(id);
        let doing = || format!("read the quick connect `{id}`");
        let answer = match self.lane.call(&operation::DESCRIBE_QUICK_CONNECT, doing, call.send()).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        let Some(quick) = answer.quick_connect else { return Ok(None) };
        let name = quick.name.unwrap_or_else(|| id.to_owned());
        let user = quick.quick_connect_config.and_then(|config| config.user_config);
        Ok(user.map(|user| (ConnectUserId::new(user.user_id), name)))
    }
}
