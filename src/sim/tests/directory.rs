//! Identity Store.

use serde_json::json;

use super::*;

async fn id_of(simulator: &Simulator, operation: &str, path: &str, value: &str) -> Reply {
    let unique = json!({"AttributePath": path, "AttributeValue": value});
    let input = json!({"AlternateIdentifier": {"UniqueAttribute": unique}});
    Client::default().store(simulator, operation, input).await
}

#[tokio::test]
async fn a_group_is_found_by_its_exact_name_and_a_person_by_either_name_in_any_case() {
    let simulator = workshop().await;
    let found = id_of(&simulator, "GetGroupId", "displayName", "ConnectAgents").await;
    assert_eq!(found.json()["GroupId"], group(&simulator, "ConnectAgents"));
    let other_case = id_of(&simulator, "GetGroupId", "displayName", "connectagents").await;
    assert_eq!(other_case.code(), "ResourceNotFoundException");
    let tom = person(&simulator, "tom.becker");
    assert_eq!(id_of(&simulator, "GetUserId", "userName", "Tom.Becker").await.json()["UserId"], tom);
    let email = id_of(&simulator, "GetUserId", "emails.value", "TOM.BECKER@connect-workshop.example").await;
    assert_eq!(email.json()["UserId"], tom);
    assert_eq!(id_of(&simulator, "GetUserId", "displayName", "Tom Becker").await.code(), "ValidationException");
}

#[tokio::test]
async fn ids_and_the_store_can_be_named_by_arn() {
    let simulator = workshop().await;
    let id = group(&simulator, "ConnectAgents");
    let input = json!({
        "IdentityStoreId": format!("arn:aws:identitystore::111122223333:identitystore/{STORE}"),
        "GroupId": format!("arn:aws:identitystore:::group/{id}"),
    });
    let described = Client::default().store(&simulator, "DescribeGroup", input).await;
    assert_eq!(described.json()["GroupId"], id);
}

#[tokio::test]
async fn names_are_unique_whatever_their_case_and_free_again_after_deletion() {
    let simulator = workshop().await;
    let client = Client::default();
    let create = |name: &str, email: &str| {
        let email = json!({"Value": email, "Type": "work", "Primary": true});
        json!({"UserName": name, "DisplayName": "T", "Name": {"GivenName": "T", "FamilyName": "B"}, "Emails": [email]})
    };
    let name = client.store(&simulator, "CreateUser", create("TOM.becker", "t@x.org")).await;
    assert_eq!((name.status, name.code().as_str()), (400, "ConflictException"));
    assert_eq!(name.json()["Reason"], "UNIQUENESS_CONSTRAINT_VIOLATION");
    let email = client.store(&simulator, "CreateUser", create("t", "Tom.Becker@connect-workshop.example")).await;
    assert_eq!(email.code(), "ConflictException");
    let before = person(&simulator, "tom.becker");
    let deleted = client.store(&simulator, "DeleteUser", json!({"UserId": before})).await;
    assert_eq!((deleted.status, deleted.body.as_str()), (200, "{}"));
    let again = client.store(&simulator, "CreateUser", create("TOM.becker", "t@x.org")).await;
    assert_eq!(again.status, 200);
    assert_ne!(again.json()["UserId"], before, "a person made anew is somebody else");
}

#[tokio::test]
async fn a_new_person_has_every_name_that_identity_center_asks_for() {
    let simulator = workshop().await;
    let client = Client::default();
    let whole = json!({"UserName": "new", "DisplayName": "Di", "Name": {"GivenName": "Di", "FamilyName": "Oh"}});
    for (path, message) in [
        ("/UserName", "userName is a required attribute"),
        ("/DisplayName", "displayname: The attribute displayname is required"),
        ("/Name", "name: The attribute name is required"),
        ("/Name/GivenName", "givenname: The attribute givenname is required"),
        ("/Name/FamilyName", "familyname: The attribute familyname is required"),
    ] {
        let mut input = whole.clone();
        *input.pointer_mut(path).unwrap() = Value::Null;
        let refused = client.store(&simulator, "CreateUser", input).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "ValidationException"), "{path}");
        assert_eq!(refused.json()["Message"], message);
    }
    let nothing = client.store(&simulator, "CreateUser", json!({"UserName": "new", "Name": {"Title": "Dr"}})).await;
    assert_eq!(
        nothing.json()["Message"],
        "displayname: The attribute displayname is required, givenname: The attribute givenname is required, \
         familyname: The attribute familyname is required"
    );
    assert_eq!(client.store(&simulator, "CreateUser", whole).await.status, 200);
}

#[tokio::test]
async fn a_person_who_is_deleted_leaves_every_group() {
    let simulator = workshop().await;
    let client = Client::default();
    let (agents, tom) = (group(&simulator, "ConnectAgents"), person(&simulator, "tom.becker"));
    let count = |reply: &Reply| reply.json()["GroupMemberships"].as_array().unwrap().len();
    let before = count(&client.store(&simulator, "ListGroupMemberships", json!({"GroupId": agents})).await);
    client.store(&simulator, "DeleteUser", json!({"UserId": tom})).await;
    let after = count(&client.store(&simulator, "ListGroupMemberships", json!({"GroupId": agents})).await);
    assert_eq!(after, before - 1);
    let asked = client.store(&simulator, "DescribeUser", json!({"UserId": tom})).await;
    assert_eq!(asked.json()["ResourceType"], "USER");
}

#[tokio::test]
async fn a_disabled_person_stays_a_member_and_shows_their_status() {
    let simulator = workshop().await;
    let client = Client::default();
    let omar = person(&simulator, "omar.haddad@connect-workshop.com");
    let described = client.store(&simulator, "DescribeUser", json!({"UserId": omar})).await.json();
    assert_eq!((&described["UserStatus"], &described["Revision"]), (&json!("DISABLED"), &json!("1")));
    let groups = client.store(&simulator, "ListGroupMembershipsForMember", json!({"MemberId": {"UserId": omar}})).await;
    assert_eq!(groups.json()["GroupMemberships"][0]["GroupId"], group(&simulator, "ConnectAgents"));
}

#[tokio::test]
async fn updates_follow_attribute_paths_and_are_checked_as_a_whole() {
    let simulator = workshop().await;
    let client = Client::default();
    let tom = person(&simulator, "tom.becker");
    let update = |operations: Value| json!({"UserId": tom, "Operations": operations});
    let operations = json!([
        {"AttributePath": "name.givenName", "AttributeValue": "Thomas"},
        {"AttributePath": "emails", "AttributeValue": [{"value": "thomas@x.org", "primary": true}]},
        {"AttributePath": "displayName"},
        {"AttributePath": "userStatus", "AttributeValue": "DISABLED"},
    ]);
    let updated = client.store(&simulator, "UpdateUser", update(operations)).await;
    assert_eq!(updated.json()["Revision"], "2");
    let user = client.store(&simulator, "DescribeUser", json!({"UserId": tom})).await.json();
    assert_eq!(user["Name"], json!({"GivenName": "Thomas", "FamilyName": "Becker"}));
    assert_eq!(user["Emails"], json!([{"Value": "thomas@x.org", "Primary": true}]));
    assert_eq!((&user["DisplayName"], &user["UserStatus"]), (&Value::Null, &json!("DISABLED")));
    for wrong in [
        json!([{"AttributePath": "userName", "AttributeValue": "a b"}]),
        json!([{"AttributePath": "userName"}]),
        json!([{"AttributePath": "emails.value", "AttributeValue": "x"}]),
    ] {
        let refused = client.store(&simulator, "UpdateUser", update(wrong)).await;
        assert_eq!(refused.code(), "ValidationException", "{}", refused.body);
    }
    let stale =
        json!({"UserId": tom, "Revision": "1", "Operations": [{"AttributePath": "title", "AttributeValue": "x"}]});
    let refused = client.store(&simulator, "UpdateUser", stale).await;
    assert_eq!(
        (refused.code().as_str(), &refused.json()["Reason"]),
        ("ConflictException", &json!("CONCURRENT_MODIFICATION"))
    );
}

#[tokio::test]
async fn memberships_are_made_asked_for_and_ended_by_id() {
    let simulator = workshop().await;
    let client = Client::default();
    let (agents, ruth) = (group(&simulator, "ConnectAgents"), person(&simulator, "ruth.okafor@connect-workshop.com"));
    let pair = json!({"GroupId": agents, "MemberId": {"UserId": ruth}});
    let made = client.store(&simulator, "CreateGroupMembership", pair.clone()).await.json();
    assert_eq!(client.store(&simulator, "CreateGroupMembership", pair.clone()).await.code(), "ConflictException");
    let found = client.store(&simulator, "GetGroupMembershipId", pair.clone()).await.json();
    assert_eq!(found["MembershipId"], made["MembershipId"]);
    let asked = json!({"MemberId": {"UserId": ruth}, "GroupIds": [agents, group(&simulator, "ConnectSupervisors")]});
    let results = client.store(&simulator, "IsMemberInGroups", asked).await.json();
    let exists = |index: usize| results["Results"][index]["MembershipExists"].as_bool().unwrap();
    assert_eq!((exists(0), exists(1)), (true, false));
    let ended = client.store(&simulator, "DeleteGroupMembership", json!({"MembershipId": made["MembershipId"]})).await;
    assert_eq!(ended.status, 200);
    let gone = client.store(&simulator, "DescribeGroupMembership", json!({"MembershipId": made["MembershipId"]})).await;
    assert_eq!(gone.json()["ResourceType"], "GROUP_MEMBERSHIP");
}

#[tokio::test]
async fn groups_are_made_renamed_and_deleted() {
    let simulator = workshop().await;
    let client = Client::default();
    let made = client.store(&simulator, "CreateGroup", json!({"DisplayName": "Night shift"})).await.json();
    let id = made["GroupId"].clone();
    let rename =
        |name: &str| json!({"GroupId": id, "Operations": [{"AttributePath": "displayName", "AttributeValue": name}]});
    assert_eq!(client.store(&simulator, "UpdateGroup", rename("ConnectAgents")).await.code(), "ConflictException");
    assert_eq!(client.store(&simulator, "UpdateGroup", rename("Late shift")).await.json()["Revision"], "2");
    assert_eq!(id_of(&simulator, "GetGroupId", "displayName", "Late shift").await.json()["GroupId"], id);
    assert_eq!(client.store(&simulator, "DeleteGroup", json!({"GroupId": id})).await.status, 200);
    assert_eq!(id_of(&simulator, "GetGroupId", "displayName", "Late shift").await.code(), "ResourceNotFoundException");
}

#[tokio::test]
async fn deprecated_filters_find_one_by_name() {
    let simulator = workshop().await;
    let client = Client::default();
    let filter = |path: &str, value: &str| json!({"Filters": [{"AttributePath": path, "AttributeValue": value}]});
    let users = client.store(&simulator, "ListUsers", filter("UserName", "tom.becker")).await.json();
    assert_eq!(users["Users"].as_array().unwrap().len(), 1);
    let groups = client.store(&simulator, "ListGroups", filter("DisplayName", "Nobody")).await.json();
    assert_eq!(groups["Groups"], json!([]));
    assert_eq!(client.store(&simulator, "ListUsers", filter("Title", "x")).await.code(), "ValidationException");
}
