//! SSO Admin: the Identity Center instance, the application that signs people in, and who is assigned to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_ssoadmin::Client;
use aws_sdk_ssoadmin::operation::describe_application::DescribeApplicationOutput;
use aws_sdk_ssoadmin::types::{
    ApplicationAssignment, ApplicationStatus, InstanceMetadata, InstanceStatus, PrincipalType,
};
use tokio::sync::{Notify, OnceCell};
use tokio_util::sync::CancellationToken;

use super::connector::Announce;
use super::error::{Error, ErrorKind};
use super::iam::Place;
use super::lane::Lane;
use super::ledger::Ledger;
use super::operation::{self, Operation, Service};
use super::pace::Pace;
use super::paging::{self, Page};
use super::retry::Corrections;
use super::trial::Trials;
use crate::model::connect::{Application, ApplicationState};
use crate::model::id::{ApplicationArn, GroupId, PrincipalId};
use crate::model::limits::Rate;
use crate::model::reference::{ApplicationRef, Role};

/// The most that a page of SSO Admin holds.
const PAGE: i32 = 100;

/// How an assignment came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// It was made.
    Done,
    /// It was there already.
    AlreadySo,
}

/// SSO Admin in one Region.
#[derive(Debug, Clone)]
pub(super) struct SsoAdmin {
    client: Client,
    lane: Lane,
    instance_arn: Option<String>,
    /// The instance, looked up once for all clones.
    found: Arc<OnceCell<InstanceFound>>,
}

/// What is to be known of the instance.
#[derive(Debug)]
pub(super) struct InstanceFound {
    pub(super) arn: String,
    pub(super) store_id: String,
}

impl SsoAdmin {
    /// `config` decides which Region it is and as whom it is called; `role` in which account, and `instance_arn` which
    /// instance is meant where there are several.
    pub(super) fn new(
        config: &SdkConfig,
        pace: &Pace,
        rate: &Rate,
        role: Option<&Role>,
        instance_arn: Option<&String>,
    ) -> Self {
        let account = role.and_then(Role::account);
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let here = Place { region, account: account.clone(), ..Place::default() };
        let lane = Lane::new(pace, rate, account, here);
        let client = aws_sdk_ssoadmin::config::Builder::from(config)
            .interceptor(Announce(lane.clone()))
            .retry_classifier(Corrections(Service::SsoAdmin))
            .build();
        Self { client: Client::from_conf(client), lane, instance_arn: instance_arn.cloned(), found: Arc::default() }
    }

    pub(super) fn counted(&self, ledger: &Ledger) -> Self {
        let client = self.client.config().to_builder().interceptor(ledger.clone()).build();
        Self { client: Client::from_conf(client), ..self.clone() }
    }

    pub(super) fn urgent(&self) -> Self {
        Self { lane: self.lane.urgent(), ..self.clone() }
    }

    pub(super) fn on_behalf_of(&self, owner: &str) -> Self {
        Self { lane: self.lane.on_behalf_of(owner), ..self.clone() }
    }

    pub(super) fn until(&self, stop: &CancellationToken) -> Self {
        Self { lane: self.lane.until(stop), ..self.clone() }
    }

    pub(super) fn telling(&self, writing: &Arc<Notify>) -> Self {
        Self { lane: self.lane.telling(writing), ..self.clone() }
    }

    /// The one instance that is meant: the configured one, or the only one there is. Asked for once, however many
    /// want to know.
    pub(super) async fn instance(&self) -> Result<&InstanceFound, Error> {
        self.found.get_or_try_init(|| self.find_instance()).await
    }

    async fn find_instance(&self) -> Result<InstanceFound, Error> {
        let operation = &operation::LIST_INSTANCES;
        let doing = || "find the Identity Center instance".to_owned();
        let fetch = |token| async move {
            let call = self.client.list_instances().max_results(PAGE).set_next_token(token);
            let answer = self.lane.call(operation, doing, call.send()).await?;
            Ok(Page::new(answer.instances, answer.next_token))
        };
        let mut instances = paging::collect(&self.lane, operation, doing, fetch).await?;
        if let Some(arn) = &self.instance_arn {
            instances.retain(|instance| instance.instance_arn.as_ref() == Some(arn));
        }
        let no = |kind, why: String| Error::plain(kind, Some(operation), self.lane.place(), doing(), why);
        let region = &self.lane.place().region;
        let instance = match <[InstanceMetadata; 1]>::try_from(instances) {
            Ok([instance]) => instance,
            Err(none) if none.is_empty() => {
                return Err(no(ErrorKind::NotFound, format!("the account sees no such instance in `{region}`")));
            }
            Err(several) => {
                let why = format!("the account sees {} instances in `{region}`", several.len());
                return Err(no(ErrorKind::Conflict, why));
            }
        };
        if let Some(status) = instance.status.filter(|status| *status != InstanceStatus::Active) {
            return Err(no(ErrorKind::Invalid, format!("the instance is not active: its status is `{status}`")));
        }
        match (instance.instance_arn, instance.identity_store_id) {
            (Some(arn), Some(store_id)) => Ok(InstanceFound { arn, store_id }),
            _ => Err(no(ErrorKind::Unreadable, "the answer lacks an id".to_owned())),
        }
    }

    /// The application that is meant, and its assignments. `home` is SSO Admin in Identity Center's own Region, which
    /// knows the instance that a name is looked for in.
    pub(super) async fn application(&self, reference: &ApplicationRef, home: &Self) -> Result<ApplicationState, Error> {
        match self.arn_of(reference, home).await? {
            Ok(arn) => self.application_by_arn(&arn).await,
            Err(state) => Ok(state),
        }
    }

    /// The same as far as it concerns one person, in one mapped group.
    pub(super) async fn application_for(
        &self,
        reference: &ApplicationRef,
        home: &Self,
        group: Option<&GroupId>,
        person: Option<&PrincipalId>,
    ) -> Result<ApplicationState, Error> {
        let arn = match self.arn_of(reference, home).await? {
            Ok(arn) => arn,
            Err(state) => return Ok(state),
        };
        let described = match self.described(&arn).await {
            Err(error) if is_missing(&error) => return Ok(ApplicationState::Missing),
            described => described?,
        };
        let mut assigned = (Vec::new(), Vec::new());
        if let Some(group) = group
            && self.is_assigned(&arn, group.as_str(), PrincipalType::Group).await?
        {
            assigned.0.push(group.to_string());
        }
        let required = assigned.0.is_empty() && self.is_assignment_required(&arn).await?;
        if let Some(person) = person.filter(|_| required)
            && self.is_assigned(&arn, person.as_str(), PrincipalType::User).await?
        {
            assigned.1.push(person.to_string());
        }
        // Where the group is assigned it does not matter whether that was necessary.
        Ok(ApplicationState::Found(whole(&arn, described, required || !assigned.0.is_empty(), assigned)))
    }

    /// The ARN that a reference means, or why there is none.
    async fn arn_of(
        &self,
        reference: &ApplicationRef,
        home: &Self,
    ) -> Result<Result<ApplicationArn, ApplicationState>, Error> {
        let name = match reference {
            ApplicationRef::Arn(arn) => return Ok(Ok(arn.clone())),
            ApplicationRef::Name(name) => name,
        };
        let mut found = self.applications_named(name, home).await?;
        Ok(match (found.pop(), found.is_empty()) {
            (None, _) => Err(ApplicationState::Missing),
            (Some(arn), true) => Ok(arn),
            (Some(arn), false) => {
                found.push(arn);
                Err(ApplicationState::Ambiguous(found))
            }
        })
    }

    /// In order, each once.
    async fn applications_named(&self, name: &str, home: &Self) -> Result<Vec<ApplicationArn>, Error> {
        let operation = &operation::LIST_APPLICATIONS;
        let doing = || format!("find the application `{name}`");
        let found = match &self.instance_arn {
            Some(_) => None,
            None => Some(home.instance().await?.arn.clone()),
        };
        let instance = found.as_ref().or(self.instance_arn.as_ref());
        let fetch = |token| async move {
            let call = self
                .client
                .list_applications()
                .set_instance_arn(instance.cloned())
                .max_results(PAGE)
                .set_next_token(token);
            let answer = self.lane.call(operation, doing, call.send()).await?;
            Ok(Page::new(answer.applications, answer.next_token))
        };
        let applications = paging::collect(&self.lane, operation, doing, fetch).await?;
        let named = applications.into_iter().filter(|application| application.name.as_deref() == Some(name));
        // Pages may overlap, and one that is listed twice is still one.
        let arns: BTreeSet<ApplicationArn> = named
            .map(|application| match application.application_arn {
                Some(arn) => Ok(ApplicationArn::new(arn)),
                None => Err(self.lane.unreadable(operation, doing(), "the answer lacks an ARN")),
            })
            .collect::<Result<_, Error>>()?;
        Ok(arns.into_iter().collect())
    }

    async fn application_by_arn(&self, arn: &ApplicationArn) -> Result<ApplicationState, Error> {
        let parts =
            futures::future::join3(self.described(arn), self.is_assignment_required(arn), self.assignments(arn));
        match parts.await {
            (Err(error), _, _) if is_missing(&error) => Ok(ApplicationState::Missing),
            (described, required, assigned) => {
                Ok(ApplicationState::Found(whole(arn, described?, required?, assigned?)))
            }
        }
    }

    async fn described(&self, arn: &ApplicationArn) -> Result<DescribeApplicationOutput, Error> {
        let call = self.client.describe_application().application_arn(arn.as_str());
        let doing = || format!("read the application `{arn}`");
        self.lane_of(arn).call(&operation::DESCRIBE_APPLICATION, doing, call.send()).await
    }

    async fn is_assignment_required(&self, arn: &ApplicationArn) -> Result<bool, Error> {
        let call = self.client.get_application_assignment_configuration().application_arn(arn.as_str());
        let doing = || format!("see whether the application `{arn}` asks for assignments");
        let answer = self.lane_of(arn).call(&operation::GET_ASSIGNMENT_CONFIGURATION, doing, call.send()).await?;
        Ok(answer.assignment_required)
    }

    /// Reads the application part by part, and notes how each went.
    pub(super) async fn probe(
        &self,
        reference: &ApplicationRef,
        home: &Self,
        trials: &mut Trials,
    ) -> Option<ApplicationState> {
        let arn = match reference {
            ApplicationRef::Arn(arn) => arn.clone(),
            ApplicationRef::Name(name) => {
                let found = trials.note(&operation::LIST_APPLICATIONS, self.applications_named(name, home).await)?;
                match found.as_slice() {
                    [] => return Some(ApplicationState::Missing),
                    [arn] => arn.clone(),
                    _ => return Some(ApplicationState::Ambiguous(found)),
                }
            }
        };
        let described = match self.described(&arn).await {
            Err(error) if is_missing(&error) => return Some(ApplicationState::Missing),
            described => trials.note(&operation::DESCRIBE_APPLICATION, described),
        };
        let required = trials.note(&operation::GET_ASSIGNMENT_CONFIGURATION, self.is_assignment_required(&arn).await);
        let assigned = trials.note(&operation::LIST_ASSIGNMENTS, self.assignments(&arn).await);
        let somebody = assigned.as_ref().and_then(|(groups, _)| groups.first());
        if let Some(group) = somebody {
            let asked = self.is_assigned(&arn, group, PrincipalType::Group).await;
            trials.note(&operation::DESCRIBE_ASSIGNMENT, asked);
        }
        Some(ApplicationState::Found(whole(&arn, described?, required?, assigned?)))
    }

    /// Ids of groups and of people that are assigned.
    async fn assignments(&self, arn: &ApplicationArn) -> Result<(Vec<String>, Vec<String>), Error> {
        let lane = &self.lane_of(arn);
        let operation = &operation::LIST_ASSIGNMENTS;
        let doing = || format!("list the assignments of the application `{arn}`");
        let fetch = |token| async move {
            let call = self
                .client
                .list_application_assignments()
                .application_arn(arn.as_str())
                .max_results(PAGE)
                .set_next_token(token);
            let answer = lane.call(operation, doing, call.send()).await?;
            Ok(Page::new(answer.application_assignments, answer.next_token))
        };
        let (mut groups, mut people) = (Vec::new(), Vec::new());
        for ApplicationAssignment { principal_id, principal_type, .. } in
            paging::collect(lane, operation, doing, fetch).await?
        {
            match principal_type {
                _ if principal_id.is_empty() => {
                    return Err(lane.unreadable(operation, doing(), "the answer lacks an id"));
                }
                PrincipalType::Group => groups.push(principal_id),
                PrincipalType::User => people.push(principal_id),
                other => {
                    let what = format!("`{principal_id}` is of the kind `{other}`, neither a group nor a user");
                    return Err(lane.unreadable(operation, doing(), what));
                }
            }
        }
        Ok((groups, people))
    }

    /// Assigns a group. A conflict that outlives the retries is settled by looking.
    pub(super) async fn assign(&self, arn: &ApplicationArn, group: &GroupId) -> Result<Assigned, Error> {
        let lane = self.lane_of(arn);
        let doing = || format!("assign the group `{group}` to the application `{arn}`");
        let call = self
            .client
            .create_application_assignment()
            .application_arn(arn.as_str())
            .principal_id(group.as_str())
            .principal_type(PrincipalType::Group);
        let conflict = match lane.call(&operation::CREATE_ASSIGNMENT, doing, call.send()).await {
            Ok(_) => return Ok(Assigned::Done),
            Err(error) if error.kind() == ErrorKind::Conflict => error,
            Err(error) => return Err(error),
        };
        if self.is_assigned(arn, group.as_str(), PrincipalType::Group).await? {
            Ok(Assigned::AlreadySo)
        } else {
            Err(conflict)
        }
    }

    /// Whether a group, or a person alone, is assigned.
    async fn is_assigned(&self, arn: &ApplicationArn, id: &str, kind: PrincipalType) -> Result<bool, Error> {
        let doing = || format!("see whether `{id}` is assigned to the application `{arn}`");
        let call = self
            .client
            .describe_application_assignment()
            .application_arn(arn.as_str())
            .principal_id(id)
            .principal_type(kind);
        match self.lane_of(arn).call(&operation::DESCRIBE_ASSIGNMENT, doing, call.send()).await {
            Ok(_) => Ok(true),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn lane_of(&self, arn: &ApplicationArn) -> Lane {
        let place = Place { application: Some(arn.to_string()), ..self.lane.place().clone() };
        self.lane.at(place)
    }

    pub(super) fn seconds_for(&self, operation: &'static Operation, calls: u64) -> f64 {
        self.lane.seconds_for(operation, calls)
    }
}

/// Puts the parts of an application together.
fn whole(
    arn: &ApplicationArn,
    described: DescribeApplicationOutput,
    assignment_required: bool,
    (groups, people): (Vec<String>, Vec<String>),
) -> Application {
    Application {
        arn: arn.clone(),
        name: described.name,
        enabled: described.status == Some(ApplicationStatus::Enabled),
        assignment_required,
        groups: groups.into_iter().map(GroupId::new).collect(),
        people: people.into_iter().map(PrincipalId::new).collect(),
    }
}

fn is_missing(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound
}
