//! Reading a target: the instance, its users, what a mapping can refer to, the application. Whole, or not at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_connect::operation::describe_instance::DescribeInstanceOutput;
use aws_sdk_connect::types::{
    DirectoryType, User, UserSearchCriteria, UserSearchFilter, UserSearchSummary, UserSummary,
};

use super::catalog::PAGE;
use super::phone::Shown;
use super::{Target, tags};
use crate::aws::error::{Error, ErrorKind};
use crate::aws::iam::Place;
use crate::aws::ledger::{Ledger, wider};
use crate::aws::operation;
use crate::aws::paging::{self, Page};
use crate::model::connect::{ApplicationState, Attributes, Catalog, ConnectUser, Instance, SignIn};
use crate::model::directory::Directory;
use crate::model::id::{
    ConnectUserId, GroupId, HierarchyGroupId, Login, PrincipalId, RoutingProfileId, SecurityProfileId,
};
use crate::model::snapshot::{Scope, Snapshot};

/// The most that a page of SearchUsers holds.
const SEARCH_PAGE: i32 = 500;

/// What was read of a target, apart from people and groups.
#[derive(Debug, Clone)]
pub struct TargetRead {
    /// The instance.
    pub instance: Instance,
    /// Its profiles and hierarchy groups.
    pub catalog: Catalog,
    /// Its users, in the order of their ids.
    pub users: Vec<ConnectUser>,
    /// The application and its assignments.
    pub application: ApplicationState,
}

impl TargetRead {
    /// Puts a target's world together. `ledgers` are those that the readings were counted in: they say what time it is.
    ///
    /// # Errors
    /// `Unreadable` where no answer carried a `Date`, so that the services' time is not known.
    pub fn into_snapshot(self, scope: Scope, directory: Directory, ledgers: [&Ledger; 2]) -> Result<Snapshot, Error> {
        let Self { instance, catalog, users, application } = self;
        let time = ledgers.iter().filter_map(|ledger| ledger.time()).min();
        let time = time.ok_or_else(|| {
            let why = "none of the services' answers carried a `Date`";
            Error::plain(ErrorKind::Unreadable, None, &Place::default(), "tell the time of the services", why)
        })?;
        let [one, other] = ledgers;
        Ok(Snapshot {
            scope,
            directory,
            instance,
            catalog,
            users,
            application,
            time,
            skew: wider(one.skew(), other.skew()),
        })
    }
}

impl Target {
    /// Reads the target. `wanted_hierarchy` holds the ids and paths of hierarchy groups that mappings name; where there
    /// are none, the hierarchy is not read.
    ///
    /// # Errors
    /// The first that turns up: what cannot be read whole is not read.
    pub async fn read(&self, wanted_hierarchy: &BTreeSet<String>) -> Result<TargetRead, Error> {
        let (instance, catalog, listed, searched, application) = tokio::try_join!(
            self.instance(),
            self.catalog(wanted_hierarchy),
            self.listed_users(),
            self.searched_users(),
            self.application(),
        )?;
        Ok(TargetRead { instance, catalog, users: join(listed, searched), application })
    }

    /// The application as far as it concerns one person: whether it is assigned to `group`, and if it is not, whether that
    /// matters and whether `person` is assigned alone. At most four calls where it is given by ARN, however many
    /// assignments there are.
    pub async fn application_for(
        &self,
        group: Option<&GroupId>,
        person: Option<&PrincipalId>,
    ) -> Result<ApplicationState, Error> {
        match &self.application {
            Some(reference) => self.admin.application_for(reference, &self.home, group, person).await,
            None => Ok(ApplicationState::NotConfigured),
        }
    }

    pub(in crate::aws) async fn application(&self) -> Result<ApplicationState, Error> {
        match &self.application {
            Some(reference) => self.admin.application(reference, &self.home).await,
            None => Ok(ApplicationState::NotConfigured),
        }
    }

    /// The instance.
    pub async fn instance(&self) -> Result<Instance, Error> {
        let operation = &operation::DESCRIBE_INSTANCE;
        let doing = || format!("read the Connect instance `{}`", self.instance);
        let call = self.client.describe_instance().instance_id(self.instance.as_str());
        let DescribeInstanceOutput { instance, replication_configuration, .. } =
            self.lane.call(operation, doing, call.send()).await?;
        let lacks = |what: &str| self.lane.unreadable(operation, doing(), format!("the answer lacks the {what}"));
        let instance = instance.ok_or_else(|| lacks("instance"))?;
        Ok(Instance {
            id: self.instance.clone(),
            arn: instance.arn.ok_or_else(|| lacks("ARN"))?,
            alias: instance.instance_alias,
            sign_in: match instance.identity_management_type.ok_or_else(|| lacks("identity management type"))? {
                DirectoryType::Saml => SignIn::Saml,
                other => SignIn::Other(other.to_string()),
            },
            replicated: replication_configuration.is_some(),
        })
    }

    /// Everybody who exists, by id.
    async fn listed_users(&self) -> Result<BTreeMap<ConnectUserId, (String, Login)>, Error> {
        let operation = &operation::LIST_USERS;
        let doing = || "list the Connect users".to_owned();
        let fetch = |token| self.users_page(token);
        let keep = |user: UserSummary| match (user.id, user.arn, user.username) {
            (Some(id), Some(arn), Some(login)) => Ok((ConnectUserId::new(id), (arn, Login::new(login)))),
            _ => Err(self.lane.unreadable(operation, doing(), "the answer lacks an id, an ARN or a login")),
        };
        paging::gather(&self.lane, operation, doing, fetch, keep).await
    }

    pub(in crate::aws) async fn users_page(&self, token: Option<String>) -> Result<Page<UserSummary>, Error> {
        let call = self.client.list_users().instance_id(self.instance.as_str()).max_results(PAGE).set_next_token(token);
        let doing = || "list the Connect users".to_owned();
        let answer = self.lane.call(&operation::LIST_USERS, doing, call.send()).await?;
        Ok(Page::new(answer.user_summary_list, answer.next_token))
    }

    /// What the search index says of users, by id.
    async fn searched_users(&self) -> Result<HashMap<ConnectUserId, Attributes>, Error> {
        let operation = &operation::SEARCH_USERS;
        let doing = || "read the attributes of the Connect users".to_owned();
        let fetch = |token| self.search_page(token);
        let keep = |mut user: UserSearchSummary| match user.id.take() {
            Some(id) => Ok((ConnectUserId::new(id), attributes_of_search(user))),
            None => Err(self.lane.unreadable(operation, doing(), "the answer lacks an id")),
        };
        paging::gather(&self.lane, operation, doing, fetch, keep).await
    }

    /// Everybody who exists, of whom nothing but the login is known.
    pub(in crate::aws) async fn listed(&self) -> Result<impl Iterator<Item = ConnectUser>, Error> {
        let user = |(id, (arn, login))| ConnectUser { id, arn, login, attributes: None };
        Ok(self.listed_users().await?.into_iter().map(user))
    }

    /// Users whom the index finds; one page, since only a few are ever looked for.
    pub(in crate::aws) async fn search(
        &self,
        criteria: UserSearchCriteria,
        filter: Option<UserSearchFilter>,
    ) -> Result<Vec<ConnectUser>, Error> {
        let operation = &operation::SEARCH_USERS;
        let doing = || "find the Connect users of one person".to_owned();
        let call = self
            .client
            .search_users()
            .instance_id(self.instance.as_str())
            .max_results(SEARCH_PAGE)
            .search_criteria(criteria)
            .set_search_filter(filter);
        let answer = self.lane.call(operation, doing, call.send()).await?;
        let user = |mut user: UserSearchSummary| match (user.id.take(), user.arn.take(), user.username.take()) {
            (Some(id), Some(arn), Some(login)) => Ok(ConnectUser {
                id: ConnectUserId::new(id),
                arn,
                login: Login::new(login),
                attributes: Some(attributes_of_search(user)),
            }),
            _ => Err(self.lane.unreadable(operation, doing(), "the answer lacks an id, an ARN or a login")),
        };
        answer.users.into_iter().flatten().map(user).collect()
    }

    pub(in crate::aws) async fn search_page(&self, token: Option<String>) -> Result<Page<UserSearchSummary>, Error> {
        let call = self
            .client
            .search_users()
            .instance_id(self.instance.as_str())
            .max_results(SEARCH_PAGE)
            .set_next_token(token);
        let doing = || "read the attributes of the Connect users".to_owned();
        let answer = self.lane.call(&operation::SEARCH_USERS, doing, call.send()).await?;
        Ok(Page::new(answer.users, answer.next_token))
    }
}

/// The list says who exists, the index what is known of them. Whom only the index has does not exist.
fn join(
    listed: BTreeMap<ConnectUserId, (String, Login)>,
    mut searched: HashMap<ConnectUserId, Attributes>,
) -> Vec<ConnectUser> {
    let user = |(id, (arn, login))| ConnectUser { attributes: searched.remove(&id), id, arn, login };
    listed.into_iter().map(user).collect()
}

fn attributes_of_search(user: UserSearchSummary) -> Attributes {
    let name = user.identity_info;
    Attributes {
        first_name: name.as_ref().and_then(|name| name.first_name.clone()),
        last_name: name.and_then(|name| name.last_name),
        routing_profile: user.routing_profile_id.map(RoutingProfileId::new),
        security_profiles: user.security_profile_ids.into_iter().flatten().map(SecurityProfileId::new).collect(),
        hierarchy: user.hierarchy_group_id.map(HierarchyGroupId::new),
        phone: Shown {
            whole: user.phone_config,
            numbers: user.phone_number_configs,
            accepts: user.auto_accept_configs,
            work: user.after_contact_work_configs,
            unit: Duration::from_millis(1),
        }
        .for_calls(),
        tags: tags(user.tags),
    }
}

pub(super) fn attributes_of_user(user: User) -> Attributes {
    let name = user.identity_info;
    Attributes {
        first_name: name.as_ref().and_then(|name| name.first_name.clone()),
        last_name: name.and_then(|name| name.last_name),
        routing_profile: user.routing_profile_id.map(RoutingProfileId::new),
        security_profiles: user.security_profile_ids.into_iter().flatten().map(SecurityProfileId::new).collect(),
        hierarchy: user.hierarchy_group_id.map(HierarchyGroupId::new),
        phone: Shown {
            whole: user.phone_config,
            numbers: user.phone_number_configs,
            accepts: user.auto_accept_configs,
            work: user.after_contact_work_configs,
            unit: Duration::from_secs(1),
        }
        .for_calls(),
        tags: tags(user.tags),
    }
}
