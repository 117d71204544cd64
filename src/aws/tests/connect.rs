//! Connect and the application.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::double::{Asked, Reply, error, ok};
use super::*;
use crate::model::connect::{AfterContactWork, ApplicationState, Attributes, Device, NewUser, Phone, SignIn};
use crate::model::id::{ApplicationArn, ConnectUserId, GroupId, Login, RoutingProfileId, SecurityProfileId};
use crate::model::snapshot::Scope;

fn listed(id: &str) -> Value {
    json!({ "Id": id, "Arn": format!("arn/agent/{id}"), "Username": format!("{id}@example.com") })
}

fn searched(id: &str) -> Value {
    json!({ "Id": id, "Arn": format!("arn/agent/{id}"), "Username": format!("{id}@example.com"),
        "IdentityInfo": { "FirstName": "First", "LastName": "Last" }, "RoutingProfileId": "rp-1",
        "SecurityProfileIds": ["sp-1"], "Tags": { "rollcall:owner": "rollcall" },
        "PhoneConfig": { "PhoneType": "SOFT_PHONE", "AutoAccept": true, "AfterContactWorkTimeLimit": 30000 } })
}

/// A small instance whose application is assigned to one group and one person.
fn instance(asked: &Asked) -> Reply {
    match (asked.operation.as_str(), asked.token().as_deref()) {
        ("DescribeInstance", _) => ok(json!({ "Instance": { "Id": INSTANCE, "Arn": "arn:instance",
            "IdentityManagementType": "SAML", "InstanceAlias": "contact" } })),
        ("ListRoutingProfiles", _) => {
            ok(json!({ "RoutingProfileSummaryList": [{ "Id": "rp-1", "Name": "Basic Routing Profile" }] }))
        }
        ("ListSecurityProfiles", _) => ok(json!({ "SecurityProfileSummaryList": [{ "Id": "sp-1", "Name": "Agent" }] })),
        ("connect:ListUsers", None) => ok(json!({ "UserSummaryList": [listed("u1")], "NextToken": "a" })),
        ("connect:ListUsers", _) => ok(json!({ "UserSummaryList": [listed("u2")] })),
        ("SearchUsers", _) => ok(json!({ "Users": [searched("u1"), searched("u9")] })),
        ("ListUserHierarchyGroups", _) => ok(json!({ "UserHierarchyGroupSummaryList":
            [{ "Id": "h-1", "Name": "London" }, { "Id": "h-2", "Name": "London" }, { "Id": "h-3", "Name": "Paris" }] })),
        ("DescribeUserHierarchyGroup", _) => {
            let top = if asked.target.ends_with("h-1") { "EMEA" } else { "Ontario" };
            ok(json!({ "HierarchyGroup": { "Id": "h", "Name": "London", "HierarchyPath":
                { "LevelOne": { "Id": "t", "Name": top }, "LevelTwo": { "Id": "h", "Name": "London" } } } }))
        }
        ("ListApplications", _) => ok(json!({ "Applications": [
            { "ApplicationArn": APPLICATION, "Name": "Amazon Connect" }, { "ApplicationArn": "arn:2", "Name": "Twin" },
            { "ApplicationArn": "arn:1", "Name": "Twin" }] })),
        ("DescribeApplication", _) => {
            ok(json!({ "ApplicationArn": APPLICATION, "Name": "Amazon Connect", "Status": "ENABLED" }))
        }
        ("GetApplicationAssignmentConfiguration", _) => ok(json!({ "AssignmentRequired": true })),
        ("ListApplicationAssignments", _) => ok(json!({ "ApplicationAssignments": [
            { "ApplicationArn": APPLICATION, "PrincipalId": "g-1", "PrincipalType": "GROUP" },
            { "ApplicationArn": APPLICATION, "PrincipalId": "u-1", "PrincipalType": "USER" }] })),
        (other, _) => panic!("`{other}` was not expected"),
    }
}

#[tokio::test]
async fn a_target_is_read_whole() {
    let double = Double::start(instance).await;
    let (target, ledger) = target(&double, Some(APPLICATION)).await;
    let read = target.read(&BTreeSet::new()).await.unwrap();

    assert_eq!(read.instance.sign_in, SignIn::Saml);
    assert_eq!(read.catalog.routing_profiles[&RoutingProfileId::new("rp-1")], "Basic Routing Profile");
    let logins: Vec<&str> = read.users.iter().map(|user| user.login.as_str()).collect();
    assert_eq!(logins, ["u1@example.com", "u2@example.com"], "whom only the index has does not exist");
    let expected = Attributes {
        first_name: Some("First".to_owned()),
        last_name: Some("Last".to_owned()),
        routing_profile: Some(RoutingProfileId::new("rp-1")),
        security_profiles: [SecurityProfileId::new("sp-1")].into(),
        hierarchy: None,
        phone: Some(Phone {
            device: Device::Soft,
            auto_accept: Some(true),
            after_contact_work: Some(AfterContactWork::Seconds(30)),
        }),
        tags: BTreeMap::from([("rollcall:owner".to_owned(), "rollcall".to_owned())]),
    };
    assert_eq!(read.users[0].attributes, Some(expected));
    assert_eq!(read.users[1].attributes, None, "whom the index does not carry is of unknown owner");
    let ApplicationState::Found(application) = &read.application else { panic!("{:?}", read.application) };
    assert!(application.enabled && application.assignment_required);
    assert_eq!(application.groups, [GroupId::new("g-1")].into());
    assert_eq!(application.people.len(), 1);

    let requests = ledger.requests();
    assert_eq!(requests["connect:ListUsers"], 2);
    assert_eq!(requests["sso:ListApplicationAssignments"], 1);
    assert_eq!(requests.values().sum::<u64>(), 9);
    let snapshot = read
        .into_snapshot(Scope::Everybody, crate::model::directory::Directory::default(), [&ledger, &Ledger::new()])
        .unwrap();
    assert!(snapshot.skew.unsigned_abs() < Duration::from_secs(3), "{}", snapshot.skew);
    assert_eq!(Some(snapshot.time), ledger.time());
}

#[tokio::test]
async fn only_hierarchy_groups_that_somebody_may_mean_are_described() {
    let double = Double::start(instance).await;
    let (target, _) = target(&double, None).await;
    let read = target.read(&BTreeSet::from(["EMEA/London".to_owned()])).await.unwrap();
    let paths: Vec<&str> = read.catalog.hierarchy_groups.values().map(String::as_str).collect();
    assert_eq!(paths, ["EMEA/London", "Ontario/London"]);
    assert_eq!(double.count("DescribeUserHierarchyGroup"), 2);
    assert_eq!(read.application, ApplicationState::NotConfigured);
}

#[tokio::test]
async fn an_application_is_found_by_its_exact_name_or_not_at_all() {
    let double = Double::start(instance).await;
    let state = async |name| target(&double, Some(name)).await.0.read(&BTreeSet::new()).await.unwrap().application;
    assert!(matches!(state("Amazon Connect").await, ApplicationState::Found(_)));
    assert_eq!(state("amazon connect").await, ApplicationState::Missing);
    let twins = ["arn:1", "arn:2"].map(ApplicationArn::new).into();
    assert_eq!(state("Twin").await, ApplicationState::Ambiguous(twins));
}

#[tokio::test]
async fn an_application_that_the_service_does_not_know_is_missing() {
    let double = Double::start(|asked| match asked.operation.as_str() {
        "DescribeApplication" | "GetApplicationAssignmentConfiguration" | "ListApplicationAssignments" => {
            error(400, "ResourceNotFoundException")
        }
        _ => instance(asked),
    })
    .await;
    let (target, _) = target(&double, Some(APPLICATION)).await;
    assert_eq!(target.read(&BTreeSet::new()).await.unwrap().application, ApplicationState::Missing);
}

#[tokio::test]
async fn an_assignment_to_something_unknown_is_an_error() {
    let double = Double::start(|asked| match asked.operation.as_str() {
        "ListApplicationAssignments" => ok(json!({ "ApplicationAssignments":
            [{ "ApplicationArn": APPLICATION, "PrincipalId": "r-1", "PrincipalType": "ROBOT" }] })),
        _ => instance(asked),
    })
    .await;
    let (target, _) = target(&double, Some(APPLICATION)).await;
    assert_eq!(target.read(&BTreeSet::new()).await.unwrap_err().kind(), ErrorKind::Unreadable);
}

#[tokio::test]
async fn an_instance_that_is_not_there_fails_the_reading_and_says_where_to_look() {
    let double = Double::start(|asked| match asked.operation.as_str() {
        "DescribeInstance" => error(404, "ResourceNotFoundException"),
        _ => instance(asked),
    })
    .await;
    let (target, _) = target(&double, None).await;
    let error = target.read(&BTreeSet::new()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("failed to read the Connect instance `{INSTANCE}`"));
    let hint = error.hint().unwrap();
    assert!(["instance_id", "eu-west-2", "account"].iter().all(|word| hint.contains(word)), "{hint}");
}

fn new_user() -> NewUser {
    NewUser {
        login: Login::new("new@example.com"),
        first_name: "New".to_owned(),
        last_name: "User".to_owned(),
        email: None,
        secondary_email: Some("new@example.com".to_owned()),
        routing_profile: RoutingProfileId::new("rp-1"),
        security_profiles: [SecurityProfileId::new("sp-1")].into(),
        hierarchy: None,
        phone: None,
        tags: BTreeMap::from([("rollcall:owner".to_owned(), "rollcall".to_owned())]),
    }
}

#[tokio::test]
async fn create_user_says_what_is_asked_for_and_nothing_else() {
    let double = Double::start(|_| ok(json!({ "UserId": "u1", "UserArn": "arn" }))).await;
    let (target, _) = target(&double, None).await;
    assert_eq!(target.create_user(&new_user()).await.unwrap(), ConnectUserId::new("u1"));
    let expected = json!({
        "Username": "new@example.com",
        "IdentityInfo": { "FirstName": "New", "LastName": "User", "SecondaryEmail": "new@example.com" },
        "RoutingProfileId": "rp-1", "SecurityProfileIds": ["sp-1"], "Tags": { "rollcall:owner": "rollcall" }
    });
    assert_eq!(double.asked()[0].body(), expected);
}

#[tokio::test]
async fn a_lost_answer_comes_back_as_a_duplicate() {
    let double = Double::start(|asked| match asked.nth {
        1 => Reply::Reset,
        _ => error(409, "DuplicateResourceException"),
    })
    .await;
    let (target, ledger) = target(&double, None).await;
    let error = target.create_user(&new_user()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Duplicate);
    let attempts: Vec<_> = ledger.attempts().into_keys().map(|(_, _, outcome)| outcome).collect();
    assert_eq!(attempts, [Outcome::Conflict, Outcome::Connection]);
}

#[tokio::test]
async fn a_full_instance_is_no_throttling() {
    let double = Double::start(|_| error(429, "LimitExceededException")).await;
    let (target, ledger) = target(&double, None).await;
    let error = target.create_user(&new_user()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Quota);
    assert!(error.hint().unwrap().contains("quota"));
    assert_eq!(double.asked().len(), 1);
    assert_eq!(ledger.attempts()[&("connect", "CreateUser", Outcome::Quota)], 1);
}

#[tokio::test]
async fn a_user_is_found_by_exact_login_even_where_the_index_lags() {
    let double = Double::start(|asked| match asked.operation.as_str() {
        "SearchUsers" => {
            let mut other = searched("u3");
            other["Username"] = json!("U2@example.com");
            ok(json!({ "Users": [other] }))
        }
        _ => instance(asked),
    })
    .await;
    let (target, _) = target(&double, None).await;
    let find = async |login| target.find_user(&Login::new(login)).await.unwrap();
    assert_eq!(find("u1@example.com").await, Some(ConnectUserId::new("u1")));
    assert_eq!(double.count("connect:ListUsers"), 1, "the sweep ends where the user is found");
    assert_eq!(find("u2@example.com").await, Some(ConnectUserId::new("u2")));
    assert_eq!(find("U2@example.com").await, Some(ConnectUserId::new("u3")));
    assert_eq!(find("nobody@example.com").await, None);
}

#[tokio::test]
async fn a_described_user_shows_seconds_and_a_missing_one_is_none() {
    let double = Double::start(|asked| {
        if asked.target.ends_with("gone") {
            return error(404, "ResourceNotFoundException");
        }
        let mut user = searched("u1");
        user["PhoneConfig"]["AfterContactWorkTimeLimit"] = json!(30);
        ok(json!({ "User": user }))
    })
    .await;
    let (target, _) = target(&double, None).await;
    let user = target.describe_user(&ConnectUserId::new("u1")).await.unwrap().unwrap();
    let work = user.attributes.phone.unwrap().after_contact_work;
    assert_eq!(work, Some(AfterContactWork::Seconds(30)));
    assert!(target.describe_user(&ConnectUserId::new("gone")).await.unwrap().is_none());
}

#[tokio::test]
async fn tagging_sends_the_tags_to_the_users_arn() {
    let double = Double::start(|_| Reply::Text(200, "application/json", String::new())).await;
    let (target, _) = target(&double, None).await;
    let tags = BTreeMap::from([("team".to_owned(), "support".to_owned())]);
    target.tag_user("arn:aws:connect:r:a:instance/i/agent/u1", &tags).await.unwrap();
    let asked = &double.asked()[0];
    assert_eq!(asked.operation, "TagResource");
    assert_eq!(asked.body(), json!({ "tags": { "team": "support" } }));
}

async fn assign(double: &Double) -> Result<Assigned, Error> {
    let (target, _) = target(double, Some(APPLICATION)).await;
    target.assign_group(&ApplicationArn::new(APPLICATION), &GroupId::new("g-1")).await
}

#[tokio::test]
async fn a_conflict_is_retried() {
    let double = Double::start(|asked| match asked.nth {
        1 | 2 => error(400, "ConflictException"),
        _ => ok(json!({})),
    })
    .await;
    assert_eq!(assign(&double).await.unwrap(), Assigned::Done);
    assert_eq!(double.count("CreateApplicationAssignment"), 3);
}

#[tokio::test]
async fn a_conflict_that_stays_is_settled_by_looking() {
    let there = json!({ "ApplicationArn": APPLICATION, "PrincipalId": "g-1", "PrincipalType": "GROUP" });
    let double = Double::start(move |asked| match asked.operation.as_str() {
        "CreateApplicationAssignment" => error(400, "ConflictException"),
        _ => ok(there.clone()),
    })
    .await;
    assert_eq!(assign(&double).await.unwrap(), Assigned::AlreadySo);

    let double = Double::start(|asked| match asked.operation.as_str() {
        "CreateApplicationAssignment" => error(400, "ConflictException"),
        _ => error(400, "ResourceNotFoundException"),
    })
    .await;
    assert_eq!(assign(&double).await.unwrap_err().kind(), ErrorKind::Conflict);
}
