//! Groups and people.

use serde_json::{Value, json};

use super::double::{Reply, error, ok};
use super::*;
use crate::model::directory::Status;
use crate::model::id::PrincipalId;

fn membership(user: &str) -> Value {
    json!({ "IdentityStoreId": "d-1234567890", "MembershipId": format!("m-{user}"), "MembershipArn": "arn",
        "GroupId": "g-1", "MemberId": { "UserId": user } })
}

fn person(id: &str) -> Value {
    json!({ "IdentityStoreId": "d-1234567890", "UserId": id, "UserArn": "arn", "Revision": "1", "UserName": id,
        "UserStatus": "ENABLED", "Emails": [{ "Value": format!("{id}@example.com"), "Primary": true }],
        "Name": { "GivenName": "Given", "FamilyName": "Family" } })
}

/// People `u0` … of a directory, `page` to a page; the members are the last of them.
fn directory(people: usize, members: usize, page: usize) -> impl Fn(&double::Asked) -> Reply + Send + Sync {
    move |asked| match asked.operation.as_str() {
        "GetGroupId" => ok(json!({ "GroupId": "g-1", "GroupArn": "a", "IdentityStoreId": "d-1234567890" })),
        "ListGroupMemberships" => {
            let all: Vec<Value> = (people - members..people).map(|n| membership(&format!("u{n}"))).collect();
            ok(json!({ "GroupMemberships": all }))
        }
        "store:ListUsers" => {
            let from: usize = asked.token().map_or(0, |token| token.parse().unwrap());
            let to = people.min(from + page);
            let users: Vec<Value> = (from..to).map(|n| person(&format!("u{n}"))).collect();
            ok(json!({ "Users": users, "NextToken": (to < people).then(|| to.to_string()) }))
        }
        "store:DescribeUser" => ok(person(asked.body()["UserId"].as_str().unwrap())),
        other => panic!("`{other}` was not expected"),
    }
}

async fn read(double: &Double, names: &[&str]) -> Result<crate::model::directory::Directory, std::sync::Arc<Error>> {
    let (center, _) = center(double).await;
    let groups = groups(names);
    center.read(&groups).await.for_groups(&groups)
}

#[tokio::test]
async fn pages_are_turned_to_the_last_even_past_an_empty_one() {
    let double = Double::start(|asked| match (asked.operation.as_str(), asked.token().as_deref()) {
        ("ListGroupMemberships", None) => ok(json!({ "GroupMemberships": [membership("u1")], "NextToken": "a" })),
        ("ListGroupMemberships", Some("a")) => ok(json!({ "GroupMemberships": [], "NextToken": "b" })),
        ("ListGroupMemberships", Some("b")) => ok(json!({ "GroupMemberships": [membership("u2")] })),
        _ => directory(10, 2, 100)(asked),
    })
    .await;
    let read = read(&double, &["Agents"]).await.unwrap();
    let group = read.groups[&GroupRef::parse("Agents")].clone().unwrap();
    assert_eq!(group.name.as_deref(), Some("Agents"));
    assert_eq!(group.members, ["u1", "u2"].map(PrincipalId::new).into());
    let one = &read.principals[&PrincipalId::new("u1")];
    assert_eq!((one.email.as_deref(), one.status), (Some("u1@example.com"), Status::Enabled));
}

#[tokio::test]
async fn a_page_token_that_comes_again_is_an_error_not_the_end() {
    let double = Double::start(|asked| match asked.operation.as_str() {
        "ListGroupMemberships" => ok(json!({ "GroupMemberships": [membership("u1")], "NextToken": "again" })),
        _ => directory(10, 1, 100)(asked),
    })
    .await;
    let error = read(&double, &["Agents"]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreadable);
    assert!(cause(&error).contains("page token"), "{}", cause(&error));
    assert_eq!(double.count("ListGroupMemberships"), 2);
}

#[tokio::test]
async fn an_answer_that_is_not_the_services_is_never_an_empty_group() {
    let answers: [(fn() -> Reply, ErrorKind); 5] = [
        (|| ok(json!({})), ErrorKind::Unreadable),
        (|| ok(json!({ "GroupMemberships": null })), ErrorKind::Unreadable),
        (|| Reply::Text(200, "text/html", "<html>please log in</html>".to_owned()), ErrorKind::Unreadable),
        (|| Reply::Text(403, "text/html", "<html>blocked</html>".to_owned()), ErrorKind::Unreadable),
        (|| Reply::Half(r#"{"GroupMemberships":["#.to_owned()), ErrorKind::Connection),
    ];
    let check = async |(answer, kind): (fn() -> Reply, ErrorKind)| {
        let double = Double::start(move |asked| match asked.operation.as_str() {
            "ListGroupMemberships" => answer(),
            _ => directory(10, 1, 100)(asked),
        })
        .await;
        let error = read(&double, &["Agents"]).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}: {}", cause(&error));
        assert!(error.hint().is_some());
        assert_eq!(error.to_string(), "failed to list the members of group `g-1`");
    };
    futures::future::join_all(answers.map(check)).await;
}

#[tokio::test]
async fn half_a_body_is_fetched_again() {
    let double = Double::start(|asked| match (asked.operation.as_str(), asked.nth) {
        ("ListGroupMemberships", 1) => Reply::Half(r#"{"GroupMemberships":["#.to_owned()),
        _ => directory(10, 1, 100)(asked),
    })
    .await;
    assert_eq!(read(&double, &["Agents"]).await.unwrap().principals.len(), 1);
    assert_eq!(double.count("ListGroupMemberships"), 2);
}

fn gone(resource_type: &str, reason: Option<&str>) -> Reply {
    Reply::Json(
        400,
        json!({ "__type": "ResourceNotFoundException", "Message": "Not there.", "ResourceType": resource_type,
            "Reason": reason }),
    )
}

#[tokio::test]
async fn a_group_that_the_service_does_not_know_is_none() {
    let double = Double::start(|_| gone("GROUP", None)).await;
    let read = read(&double, &["Agents"]).await.unwrap();
    assert_eq!(read.groups[&GroupRef::parse("Agents")], None);
}

#[tokio::test]
async fn what_else_may_be_missing_is_an_error() {
    let double = Double::start(|_| gone("GROUP", Some("KMS_KEY_NOT_FOUND"))).await;
    let error = read(&double, &["Agents"]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.hint().unwrap().contains("kms:Decrypt"));

    let double = Double::start(|_| gone("IDENTITY_STORE", None)).await;
    let error = read(&double, &["Agents"]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.hint().unwrap().contains("identity_store_id"));
}

#[tokio::test]
async fn a_member_that_is_not_a_user_is_an_error() {
    for member in [json!(null), json!({ "RobotId": "r-1" })] {
        let double = Double::start(move |asked| match asked.operation.as_str() {
            "ListGroupMemberships" => {
                let mut membership = membership("u1");
                membership["MemberId"] = member.clone();
                ok(json!({ "GroupMemberships": [membership] }))
            }
            _ => directory(10, 1, 100)(asked),
        })
        .await;
        assert_eq!(read(&double, &["Agents"]).await.unwrap_err().kind(), ErrorKind::Unreadable);
    }
}

#[tokio::test]
async fn a_membership_that_outlived_its_principal_is_no_member_and_no_error() {
    let double = Double::start(|asked| match asked.operation.as_str() {
        "ListGroupMemberships" => ok(json!({ "GroupMemberships": [membership("u1"), membership("left")] })),
        "store:DescribeUser" => gone("USER", None),
        _ => directory(10, 1, 100)(asked),
    })
    .await;
    let read = read(&double, &["Agents"]).await.unwrap();
    assert_eq!(read.groups[&GroupRef::parse("Agents")].as_ref().unwrap().members.len(), 2);
    assert_eq!(read.principals.keys().collect::<Vec<_>>(), [&PrincipalId::new("u1")]);
}

#[tokio::test]
async fn a_group_that_cannot_be_read_fails_only_those_who_need_it() {
    let double = Double::start(|asked| match asked.operation.as_str() {
        "GetGroupId" if asked.text.contains("Secret") => error(400, "AccessDeniedException"),
        _ => directory(10, 1, 100)(asked),
    })
    .await;
    let (center, _) = center(&double).await;
    let read = center.read(&groups(&["Agents", "Secret"])).await;
    assert_eq!(read.for_groups(&groups(&["Agents"])).unwrap().principals.len(), 1);
    let error = read.for_groups(&groups(&["Agents", "Secret"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(cause(&error), "AccessDeniedException: A sentence of AWS (request `7f-1`)");
    let hint = error.hint().unwrap();
    assert!(hint.contains(r#""Action":["identitystore:GetGroupId"]"#), "{hint}");
    assert!(hint.contains("arn:aws:identitystore::*:identitystore/d-1234567890"), "{hint}");
}

#[tokio::test]
async fn the_first_error_among_people_is_everybodys_who_was_not_read() {
    let double = Double::start(|asked| match (asked.operation.as_str(), asked.token()) {
        ("store:ListUsers", Some(_)) => error(400, "AccessDeniedException"),
        _ => directory(200, 150, 100)(asked),
    })
    .await;
    let (center, _) = center(&double).await;
    let read = center.read(&groups(&["Agents"])).await;
    let (good, bad): (Vec<_>, Vec<_>) = read.people.values().partition(|person| person.is_ok());
    assert_eq!((good.len(), bad.len()), (50, 100));
    assert_eq!(read.for_groups(&groups(&["Agents"])).unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn people_are_read_with_few_calls() {
    // Directory, members (the last of it), then the most calls of ListUsers and DescribeUser.
    for (people, members, pages, described) in
        [(10, 1, 0, 1), (10, 2, 1, 0), (350, 8, 4, 0), (2_000, 1_000, 20, 0), (20_000, 50, 7, 50), (20_000, 3, 3, 3)]
    {
        let double = Double::start(directory(people, members, 100)).await;
        let read = read(&double, &["Agents"]).await.unwrap();
        assert_eq!(read.principals.len(), members);
        let calls = (double.count("store:ListUsers"), double.count("store:DescribeUser"));
        assert_eq!(calls, (pages, described), "{members} of {people}");
        assert_eq!(double.asked().len(), 2 + pages + described);
    }
}

#[tokio::test]
async fn two_names_for_one_group_are_read_as_one_group_each() {
    let id = "12345678-1234-1234-1234-123456789012";
    let double = Double::start(move |asked| match asked.operation.as_str() {
        "DescribeGroup" => ok(json!({ "GroupId": "g-1", "GroupArn": "a", "Revision": "1",
            "IdentityStoreId": "d-1234567890", "DisplayName": "Agents" })),
        _ => directory(10, 2, 100)(asked),
    })
    .await;
    let read = read(&double, &["Agents", id]).await.unwrap();
    assert_eq!(read.groups[&GroupRef::parse("Agents")], read.groups[&GroupRef::parse(id)]);
    assert_eq!(read.groups.len(), 2);
}

fn instances(instances: Value) -> impl Fn(&double::Asked) -> Reply + Send + Sync {
    move |asked| match asked.operation.as_str() {
        "ListInstances" => ok(json!({ "Instances": instances })),
        _ => directory(10, 1, 100)(asked),
    }
}

#[tokio::test]
async fn the_store_is_looked_up_once_where_it_is_not_configured() {
    let instance =
        |arn: &str, status: &str| json!({ "InstanceArn": arn, "IdentityStoreId": "d-1234567890", "Status": status });
    let at = IdentityCenterAt { instance_arn: None, identity_store_id: None, ..center_at() };
    let run = async |found: Value| {
        let double = Double::start(instances(found)).await;
        let access = Access::simulated(&double.endpoint(), Timeouts::default());
        let center = IdentityCenter::open(&access, at.clone(), &Pace::new(), &fast()).await;
        let groups = groups(&["Agents"]);
        let read = center.read(&groups).await.for_groups(&groups).map(|_| ());
        (read.map_err(|error| (error.kind(), error.hint().is_some())), double.count("ListInstances"))
    };
    assert_eq!(run(json!([instance("a", "ACTIVE")])).await, (Ok(()), 1));
    assert_eq!(run(json!([])).await.0, Err((ErrorKind::NotFound, true)));
    let two = json!([instance("a", "ACTIVE"), instance("b", "ACTIVE")]);
    assert_eq!(run(two).await.0, Err((ErrorKind::Conflict, true)));
    assert_eq!(run(json!([instance("a", "DELETE_IN_PROGRESS")])).await.0, Err((ErrorKind::Invalid, false)));
}
