//! Whole readings and writes against the simulator, which is as strict as the services.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use futures::{StreamExt, stream};

use super::*;
use crate::model::connect::{ApplicationState, NewUser};
use crate::model::id::{ApplicationArn, GroupId, Login};
use crate::model::reference::{ApplicationRef, Role};
use crate::model::snapshot::{Scope, Snapshot};
use crate::sim::{Fault, FaultKind, Options, Service as Sim, Simulator, World};

async fn simulator(world: World, options: Options) -> Simulator {
    Simulator::start(world, SocketAddr::from(([127, 0, 0, 1], 0)), options).await.unwrap()
}

/// No rate in the way, so that only what a test is about takes time.
fn unthrottled() -> Options {
    Options { throttle: false, ..Options::default() }
}

/// Identity Center and the target of a world that has one of each.
struct Both {
    center: IdentityCenter,
    target: Target,
    ledgers: [Ledger; 2],
}

async fn both(simulator: &Simulator, role: Option<Role>) -> Both {
    let world = simulator.snapshot();
    let instance = &world["instances"][0];
    let access = Access::simulated(&simulator.endpoint(), timeouts(3_000, 15_000));
    let (pace, ledgers) = (Pace::new(), [Ledger::new(), Ledger::new()]);
    let at = IdentityCenterAt { region: "eu-west-1".to_owned(), role: role.clone(), ..IdentityCenterAt::default() };
    let center = IdentityCenter::open(&access, at, &pace, &fast()).await;
    let at = TargetAt {
        owner: "rollcall".to_owned(),
        region: instance["region"].as_str().unwrap().to_owned(),
        instance: InstanceId::new(instance["id"].as_str().unwrap()),
        account: None,
        role,
        application: Some(ApplicationRef::parse("Amazon Connect")),
        application_region: None,
    };
    let target = Target::open(&access, at, &center, &pace, &fast()).await.counted(&ledgers[1]);
    Both { center: center.counted(&ledgers[0]), target, ledgers }
}

async fn read(simulator: &Simulator) -> Result<Snapshot, std::sync::Arc<Error>> {
    let Both { center, target, ledgers: [one, other] } = both(simulator, None).await;
    let (groups, hierarchy) =
        (groups(&["ConnectAgents", "ConnectSupervisors"]), BTreeSet::from(["Europe/Sales".to_owned()]));
    let (directory, target) = tokio::join!(center.read(&groups), target.read(&hierarchy));
    Ok(target?.into_snapshot(Scope::Everybody, directory.for_groups(&groups)?, [&one, &other])?)
}

#[tokio::test]
async fn pages_of_any_size_show_the_same_world() {
    let simulator = simulator(World::workshop(), unthrottled()).await;
    let whole = read(&simulator).await.unwrap();
    assert!(whole.directory.principals.len() >= 8 && whole.users.len() >= 4);
    assert!(whole.users.iter().all(|user| user.attributes.is_some()));
    assert_eq!(whole.catalog.hierarchy_groups.values().collect::<Vec<_>>(), ["Europe/Sales"]);
    for (page_size, empty_pages, short_pages) in
        [(Some(1), false, false), (Some(2), true, false), (Some(3), false, true), (None, true, true)]
    {
        simulator.set_options(Options { page_size, empty_pages, short_pages, ..unthrottled() });
        let again = read(&simulator).await.unwrap();
        assert_eq!(again.directory, whole.directory);
        assert_eq!(again.users, whole.users);
        assert_eq!((&again.catalog, &again.application), (&whole.catalog, &whole.application));
    }
    assert!(simulator.journal().iter().all(|entry| !entry.write));
}

/// The heart of the matter: whatever goes wrong while reading, the world never gets smaller by it.
#[tokio::test]
async fn a_fault_at_any_reading_operation_is_an_error_and_never_a_smaller_world() {
    use FaultKind::{
        AccessDenied, EmptyObject, ExpiredCredentials, HalfBody, Html, KmsMissing, RepeatToken, ServerError,
    };
    let operations = [
        (Sim::IdentityStore, "GetGroupId"),
        (Sim::IdentityStore, "ListGroupMemberships"),
        (Sim::IdentityStore, "ListUsers"),
        (Sim::Sso, "ListInstances"),
        (Sim::Sso, "ListApplications"),
        (Sim::Sso, "DescribeApplication"),
        (Sim::Sso, "GetApplicationAssignmentConfiguration"),
        (Sim::Sso, "ListApplicationAssignments"),
        (Sim::Connect, "DescribeInstance"),
        (Sim::Connect, "ListUsers"),
        (Sim::Connect, "SearchUsers"),
        (Sim::Connect, "ListRoutingProfiles"),
        (Sim::Connect, "ListSecurityProfiles"),
        (Sim::Connect, "ListUserHierarchyGroups"),
        (Sim::Connect, "DescribeUserHierarchyGroup"),
    ];
    let check = async |service, operation: &'static str, fault| {
        let simulator = simulator(World::workshop(), Options { page_size: Some(2), ..unthrottled() }).await;
        simulator.inject(Fault::new(service, operation, fault));
        let error = read(&simulator).await.expect_err(operation);
        assert!(error.hint().is_some() || error.kind() == ErrorKind::ServerError, "{operation}, {fault:?}: {error:?}");
        assert!(!cause(&error).is_empty());
        let expected = match fault {
            AccessDenied => ErrorKind::Denied,
            ExpiredCredentials => ErrorKind::Credentials,
            ServerError => ErrorKind::ServerError,
            HalfBody => ErrorKind::Connection,
            KmsMissing => ErrorKind::Invalid,
            _ => ErrorKind::Unreadable,
        };
        assert_eq!(error.kind(), expected, "{operation}, {fault:?}: {error:?}");
    };
    let mut checks = Vec::new();
    for (service, operation) in operations {
        for fault in [EmptyObject, Html, HalfBody, AccessDenied, ExpiredCredentials, ServerError] {
            checks.push(check(service, operation, fault));
        }
        if operation.starts_with("List") || operation == "SearchUsers" {
            checks.push(check(service, operation, RepeatToken));
        }
        if service == Sim::IdentityStore {
            checks.push(check(service, operation, KmsMissing));
        }
    }
    // All at once would be too much for one thread, and take more time than an attempt has.
    stream::iter(checks).buffer_unordered(20).collect::<()>().await;
}

#[tokio::test]
async fn what_passes_is_waited_out() {
    let simulator = simulator(World::workshop(), unthrottled()).await;
    let whole = read(&simulator).await.unwrap();
    for (service, operation, kind) in [
        (Sim::Connect, "ListUsers", FaultKind::Throttle),
        (Sim::IdentityStore, "ListGroupMemberships", FaultKind::HalfBody),
        (Sim::IdentityStore, "ListUsers", FaultKind::Hang),
        (Sim::Sso, "ListApplicationAssignments", FaultKind::ResetBefore),
        (Sim::Connect, "SearchUsers", FaultKind::ServerError),
    ] {
        simulator.inject(Fault::new(service, operation, kind).times(1));
    }
    let again = read(&simulator).await.unwrap();
    assert_eq!((again.directory, again.users), (whole.directory, whole.users));
}

#[tokio::test]
async fn the_services_time_is_kept_apart_from_the_hosts() {
    let simulator = simulator(World::workshop(), unthrottled()).await;
    let ahead = jiff::SignedDuration::from_mins(10);
    simulator.set_clock(jiff::Timestamp::now() + ahead);
    let snapshot = read(&simulator).await.unwrap();
    assert!((snapshot.skew - ahead).unsigned_abs() < Duration::from_secs(3), "{}", snapshot.skew);
    let time = snapshot.time.duration_since(simulator.now()).unsigned_abs();
    assert!(time < Duration::from_secs(10), "{time:?}");
}

const CROWD: &str = r#"
    [[groups]]
    name = "ConnectAgents"
    [[groups]]
    name = "ConnectSupervisors"
    [[applications]]
    name = "Amazon Connect"
    [[instances]]
    alias = "support"
    region = "eu-west-2"
    routing_profiles = ["Basic Routing Profile"]
    security_profiles = ["Admin", "Agent"]
    hierarchy = ["Europe/Sales"]
    [[crowd]]
    count = 10000
    user_name = "agent{n:05}@example.com"
    groups = ["ConnectAgents"]
    connect_users = { instance = "support" }
    [[crowd]]
    count = 9950
    user_name = "other{n:05}@example.com"
    [[crowd]]
    count = 50
    user_name = "zoe{n:05}@example.com"
    groups = ["ConnectSupervisors"]
"#;

#[tokio::test]
async fn ten_thousand_are_read_within_the_budget() {
    let simulator = simulator(World::parse(CROWD).unwrap(), unthrottled()).await;
    let Both { center, target, ledgers } = both(&simulator, None).await;
    let all = groups(&["ConnectAgents"]);
    let directory = center.read(&all).await.for_groups(&all).unwrap();
    assert_eq!(directory.principals.len(), 10_000);
    let requests = ledgers[0].requests();
    assert!(requests["identitystore:ListUsers"] <= 200 && requests["identitystore:ListGroupMemberships"] == 100);
    assert_eq!(requests.get("identitystore:DescribeUser"), None);

    let read = target.read(&BTreeSet::new()).await.unwrap();
    assert_eq!(read.users.len(), 10_000);
    let connect: u64 =
        ledgers[1].requests().iter().filter(|(name, _)| name.starts_with("connect:")).map(|(_, n)| n).sum();
    assert_eq!(connect, 33, "{:?}", ledgers[1].requests());

    let ledger = Ledger::new();
    let few = groups(&["ConnectSupervisors"]);
    let directory = center.counted(&ledger).read(&few).await.for_groups(&few).unwrap();
    assert_eq!(directory.principals.len(), 50);
    let calls: u64 =
        ledger.requests().iter().filter(|(name, _)| name.starts_with("identitystore:")).map(|(_, n)| n).sum();
    assert!(calls <= 59, "{:?}", ledger.requests());
}

#[tokio::test]
async fn our_own_pace_is_never_throttled() {
    let mut options = Options::default();
    options.rates.connect.requests_per_second = 10.0;
    let simulator = simulator(World::parse(CROWD).unwrap(), options).await;
    let access = Access::simulated(&simulator.endpoint(), Timeouts::default());
    let instance = simulator.snapshot()["instances"][0]["id"].as_str().unwrap().to_owned();
    let at = TargetAt { instance: InstanceId::new(instance), ..target_at(None) };
    // Of the service's burst of 5, two are left for calls that the network delays and lets arrive together.
    let rate = Rate { requests_per_second: 10.0, burst: 3, share: 0.8, operations: [].into() };
    let (target, ledger) = target_of(&access, at, &Rates { connect: rate, ..fast() }).await;
    target.find_user(&Login::new("agent00001@example.com")).await.unwrap();
    let logins: Vec<Login> = (1..=30).map(|n| Login::new(format!("agent{n:05}@example.com"))).collect();
    let found = futures::future::try_join_all(logins.iter().map(|login| target.find_user(login))).await.unwrap();
    assert!(found.iter().all(Option::is_some));
    let throttled = |(_, _, outcome): &(&str, &str, Outcome)| *outcome == Outcome::Throttled;
    assert!(!ledger.attempts().keys().any(throttled), "{:?}", ledger.attempts());
}

async fn new_user(target: &Target) -> NewUser {
    let catalog = target.read(&BTreeSet::new()).await.unwrap().catalog;
    let agent = catalog.security_profiles.into_iter().find(|(_, name)| name == "Agent");
    NewUser {
        login: Login::new("agent1@connect-workshop.com"),
        first_name: "Agent".to_owned(),
        last_name: "One".to_owned(),
        email: None,
        secondary_email: Some("agent1@connect-workshop.com".to_owned()),
        routing_profile: catalog.routing_profiles.into_keys().next().unwrap(),
        security_profiles: [agent.unwrap().0].into(),
        hierarchy: None,
        phone: None,
        tags: BTreeMap::from([("rollcall:owner".to_owned(), "rollcall".to_owned())]),
    }
}

#[tokio::test]
async fn a_user_whose_creation_was_not_heard_of_is_found_and_can_be_tagged() {
    let simulator = simulator(World::workshop(), Options { search_lag_seconds: 600, ..unthrottled() }).await;
    let Both { target, .. } = both(&simulator, None).await;
    let user = new_user(&target).await;
    simulator.inject(Fault::new(Sim::Connect, "CreateUser", FaultKind::ResetAfter).times(1));
    assert_eq!(target.create_user(&user).await.unwrap_err().kind(), ErrorKind::Duplicate);

    let id = target.find_user(&user.login).await.unwrap().unwrap();
    let found = target.describe_user(&id).await.unwrap().unwrap();
    assert_eq!(found.attributes.tags, user.tags);
    target.tag_user(&found.arn, &BTreeMap::from([("team".to_owned(), "support".to_owned())])).await.unwrap();
    let tags = target.describe_user(&id).await.unwrap().unwrap().attributes.tags;
    assert_eq!(tags.keys().collect::<Vec<_>>(), ["rollcall:owner", "team"]);
    let listed = target.read(&BTreeSet::new()).await.unwrap().users.into_iter().find(|user| user.id == id);
    assert_eq!(listed.unwrap().attributes, None, "the index does not carry them yet");
}

#[tokio::test]
async fn a_full_instance_is_told_in_one_attempt() {
    let simulator = simulator(World::workshop(), Options { user_quota: Some(1), ..unthrottled() }).await;
    let Both { target, ledgers, .. } = both(&simulator, None).await;
    let user = new_user(&target).await;
    assert_eq!(target.create_user(&user).await.unwrap_err().kind(), ErrorKind::Quota);
    assert_eq!(ledgers[1].requests()["connect:CreateUser"], 1);
}

#[tokio::test]
async fn a_group_is_assigned_past_conflicts() {
    let simulator = simulator(World::workshop(), unthrottled()).await;
    let snapshot = read(&simulator).await.unwrap();
    let ApplicationState::Found(application) = snapshot.application else { panic!("{:?}", snapshot.application) };
    let group: GroupId = snapshot.directory.groups[&GroupRef::parse("ConnectAgents")].clone().unwrap().id;
    assert!(!application.groups.contains(&group));
    let Both { target, .. } = both(&simulator, None).await;
    simulator.inject(Fault::new(Sim::Sso, "CreateApplicationAssignment", FaultKind::Conflict).times(2));
    assert_eq!(target.assign_group(&application.arn, &group).await.unwrap(), Assigned::Done);
    let again = read(&simulator).await.unwrap().application;
    assert!(matches!(again, ApplicationState::Found(application) if application.groups.contains(&group)));
    simulator.inject(Fault::new(Sim::Sso, "CreateApplicationAssignment", FaultKind::Conflict));
    assert_eq!(target.assign_group(&application.arn, &group).await.unwrap(), Assigned::AlreadySo);
    let missing = ApplicationArn::new(APPLICATION);
    simulator.clear_faults();
    assert_eq!(target.assign_group(&missing, &group).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_role_opens_the_account_that_it_belongs_to() {
    let world = r#"
        [identity_center]
        account = "444455556666"
        [[groups]]
        name = "Agents"
        [[people]]
        user_name = "ana@example.com"
        groups = ["Agents"]
        [[applications]]
        name = "Amazon Connect"
        [[instances]]
        alias = "support"
        account = "444455556666"
        region = "eu-west-2"
        routing_profiles = ["Basic Routing Profile"]
        security_profiles = ["Admin", "Agent"]
        [[roles]]
        arn = "arn:aws:iam::444455556666:role/rollcall"
        external_id = "e-1"
    "#;
    let simulator = simulator(World::parse(world).unwrap(), unthrottled()).await;
    let role = |external_id: Option<&str>| Role {
        arn: "arn:aws:iam::444455556666:role/rollcall".to_owned(),
        external_id: external_id.map(str::to_owned),
    };
    let agents = groups(&["Agents"]);
    let attempt = async |role| {
        let Both { center, target, .. } = both(&simulator, role).await;
        let directory = center.read(&agents).await.for_groups(&agents);
        let people = directory.map(|directory| directory.principals.len()).map_err(|error| error.kind());
        (people, target.read(&BTreeSet::new()).await.map(|_| ()).map_err(|error| error.kind()))
    };
    assert_eq!(attempt(Some(role(Some("e-1")))).await, (Ok(1), Ok(())));
    assert_eq!(attempt(Some(role(None))).await, (Err(ErrorKind::Credentials), Err(ErrorKind::Credentials)));
    let (people, connect) = attempt(None).await;
    assert!(people.is_err() && connect.is_err(), "{people:?} {connect:?}");
}
