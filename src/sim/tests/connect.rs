//! Amazon Connect.

use jiff::SignedDuration;
use serde_json::json;

use super::*;

fn path(user: &Value, rest: &str) -> String {
    format!("/users/{INSTANCE}/{}{rest}", user["id"].as_str().unwrap())
}

async fn search(simulator: &Simulator, input: Value) -> Value {
    let mut input = input;
    input["InstanceId"] = json!(INSTANCE);
    Client::default().connect(simulator, "POST", "/search-users", input).await.json()
}

fn logins(found: &Value) -> Vec<&str> {
    let mut logins: Vec<&str> =
        found["Users"].as_array().unwrap().iter().map(|user| user["Username"].as_str().unwrap()).collect();
    logins.sort_unstable();
    logins
}

#[tokio::test]
async fn a_login_of_a_saml_instance_follows_its_rules() {
    let simulator = workshop().await;
    for login in ["plain", "a.b-c_d", "ana@example.com", "A@b.c", &format!("{}@example.com", "x".repeat(52))] {
        let answer = create_user(&simulator, new_user(&simulator, login)).await;
        assert_eq!(answer.status, 200, "{login}: {}", answer.body);
    }
    let long = format!("{}@example.com", "x".repeat(53));
    let wrong =
        ["ana+1@example.com", "o'brien", "ana@example", "@example.com", "a@b@c.de", "ana@.com", "änne", "a b", &long];
    for login in wrong {
        let answer = create_user(&simulator, new_user(&simulator, login)).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidParameterException"), "{login}");
    }
}

#[tokio::test]
async fn logins_are_unique_exactly() {
    let simulator = workshop().await;
    let other_case = create_user(&simulator, new_user(&simulator, "priya.nair@connect-workshop.com")).await;
    assert_eq!(other_case.status, 200);
    let same = create_user(&simulator, new_user(&simulator, "Priya.Nair@connect-workshop.com")).await;
    assert_eq!((same.status, same.code().as_str()), (409, "DuplicateResourceException"));
}

#[tokio::test]
async fn logins_can_be_made_unique_whatever_their_case() {
    let simulator = start(World::workshop(), Options { logins_ignore_case: true, ..unthrottled() }).await;
    let other_case = create_user(&simulator, new_user(&simulator, "priya.nair@connect-workshop.com")).await;
    assert_eq!((other_case.status, other_case.code().as_str()), (409, "DuplicateResourceException"));
}

#[tokio::test]
async fn what_a_saml_instance_does_not_take_is_refused() {
    let simulator = workshop().await;
    let mut input = new_user(&simulator, "new");
    for (pointer, value, code) in [
        ("/Password", json!("Abcdefg1"), "InvalidRequestException"),
        ("/DirectoryUserId", json!("d"), "InvalidRequestException"),
        ("/IdentityInfo/Email", json!("a@b.co"), "InvalidRequestException"),
        ("/IdentityInfo/FirstName", json!(""), "InvalidRequestException"),
        ("/IdentityInfo/LastName", json!(null), "InvalidRequestException"),
        ("/IdentityInfo/FirstName", json!("A\u{301}na"), "InvalidParameterException"),
        ("/IdentityInfo/SecondaryEmail", json!("no address"), "InvalidParameterException"),
        ("/IdentityInfo/Mobile", json!("0163"), "InvalidParameterException"),
        ("/IdentityInfo", json!(null), "InvalidRequestException"),
        ("/RoutingProfileId", json!("unknown"), "InvalidParameterException"),
        ("/SecurityProfileIds", json!(["unknown"]), "InvalidParameterException"),
        ("/SecurityProfileIds", json!([]), "InvalidParameterException"),
        ("/HierarchyGroupId", json!("unknown"), "InvalidParameterException"),
        ("/Tags", json!({"aws:mine": "x"}), "InvalidParameterException"),
        ("/Tags", json!({"k": "v".repeat(257)}), "InvalidParameterException"),
        ("/PhoneConfig", json!({"PhoneType": "DESK_PHONE"}), "InvalidParameterException"),
        ("/PhoneConfig", json!({"PhoneType": "CAN"}), "InvalidParameterException"),
        ("/PhoneConfig", json!({"AfterContactWorkTimeLimit": 2_000_001}), "InvalidParameterException"),
        ("/Username", json!(7), "InvalidRequestException"),
    ] {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let mut wrong = input.clone();
        wrong.pointer_mut(parent).unwrap()[member] = value;
        let answer = create_user(&simulator, wrong).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{pointer}: {}", answer.body);
    }
    input["PhoneConfig"] = json!({"AutoAccept": false});
    input["AutoAcceptConfigs"] = json!([{"Channel": "VOICE", "AutoAccept": true}]);
    assert_eq!(create_user(&simulator, input).await.code(), "InvalidRequestException");
    assert!(user(&simulator, "new").is_none());
}

#[tokio::test]
async fn an_instance_that_manages_its_people_wants_a_password_and_short_logins() {
    let world = "[[instances]]\nalias = \"own\"\nidentity_management = \"CONNECT_MANAGED\"\n";
    let simulator = start(World::parse(world).unwrap(), unthrottled()).await;
    let path = format!("/users/{}", simulator.snapshot()["instances"][0]["id"].as_str().unwrap());
    let client = Client::default();
    let mut input = new_user(&simulator, "ana");
    assert_eq!(client.connect(&simulator, "PUT", &path, input.clone()).await.code(), "InvalidRequestException");
    input["Password"] = json!("Abcdefg1");
    input["IdentityInfo"]["Email"] = json!("ana@example.com");
    assert_eq!(client.connect(&simulator, "PUT", &path, input.clone()).await.status, 200);
    input["Username"] = json!("x".repeat(21));
    assert_eq!(client.connect(&simulator, "PUT", &path, input).await.code(), "InvalidParameterException");
}

#[tokio::test]
async fn the_quota_of_users_is_a_limit_and_not_a_rate() {
    let simulator = workshop().await;
    let users = simulator.snapshot()["instances"][0]["users"].as_array().unwrap().len();
    simulator.set_options(Options { user_quota: Some(users + 1), ..unthrottled() });
    assert_eq!(create_user(&simulator, new_user(&simulator, "one")).await.status, 200);
    let refused = create_user(&simulator, new_user(&simulator, "two")).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "LimitExceededException"));
    let duplicate = create_user(&simulator, new_user(&simulator, "one")).await;
    assert_eq!(duplicate.code(), "DuplicateResourceException");
}

#[tokio::test]
async fn search_sees_writes_after_its_lag_and_listing_at_once() {
    let simulator = start(World::workshop(), Options { search_lag_seconds: 30, ..unthrottled() }).await;
    create_user(&simulator, new_user(&simulator, "late")).await;
    let exact = |value: &str| {
        json!({"SearchCriteria": {"StringCondition":
            {"FieldName": "Username", "Value": value, "ComparisonType": "EXACT"}}})
    };
    assert_eq!(logins(&search(&simulator, exact("late")).await), Vec::<&str>::new());
    let listed = Client::default().connect(&simulator, "GET", &format!("/users-summary/{INSTANCE}"), Value::Null).await;
    let listed = listed.json();
    assert!(listed["UserSummaryList"].as_array().unwrap().iter().any(|user| user["Username"] == "late"));
    simulator.set_clock(simulator.now() + SignedDuration::from_secs(31));
    assert_eq!(logins(&search(&simulator, exact("late")).await), ["late"]);
    // A deletion lags in the same way.
    let late = user(&simulator, "late").unwrap();
    Client::default().connect(&simulator, "DELETE", &path(&late, ""), Value::Null).await;
    assert_eq!(logins(&search(&simulator, exact("late")).await), ["late"]);
    simulator.set_options(unthrottled());
    assert_eq!(logins(&search(&simulator, exact("late")).await), Vec::<&str>::new());
}

#[tokio::test]
async fn search_shows_milliseconds_where_describing_shows_seconds_and_less_of_the_person() {
    let simulator = workshop().await;
    let mut input = new_user(&simulator, "new");
    input["IdentityInfo"]["SecondaryEmail"] = json!("new@example.com");
    input["PhoneConfig"] = json!({"PhoneType": "SOFT_PHONE", "AutoAccept": true, "AfterContactWorkTimeLimit": 45});
    create_user(&simulator, input).await;
    let new = user(&simulator, "new").unwrap();
    let described = Client::default().connect(&simulator, "GET", &path(&new, ""), Value::Null).await.json();
    let described = &described["User"];
    assert_eq!(described["PhoneConfig"]["AfterContactWorkTimeLimit"], 45);
    assert_eq!(described["IdentityInfo"]["SecondaryEmail"], "new@example.com");
    let all = search(&simulator, json!({"SearchCriteria": {}})).await;
    let found = all["Users"].as_array().unwrap().iter().find(|user| user["Username"] == "new").unwrap();
    assert_eq!(found["PhoneConfig"]["AfterContactWorkTimeLimit"], 45_000);
    let per_channel = &found["AfterContactWorkConfigs"][3];
    assert_eq!(per_channel["AfterContactWorkConfig"]["AfterContactWorkTimeLimit"], 45_000);
    assert_eq!(found["IdentityInfo"], json!({"FirstName": "Ana", "LastName": "Lima"}));
    assert_eq!(found.get("LastModifiedTime"), None);
}

#[tokio::test]
async fn search_criteria_and_filters_choose() {
    let simulator = workshop().await;
    let text = |field: &str, how: &str, value: &str| {
        let condition = json!({"FieldName": field, "Value": value, "ComparisonType": how});
        json!({"StringCondition": condition})
    };
    let admin = profile(&simulator, "security_profiles", "Admin");
    for (criteria, expected) in [
        (text("Username", "EXACT", "ADMIN"), vec!["admin"]),
        (text("Username", "STARTS_WITH", "so"), vec!["sofialind@connect-workshop.com"]),
        (text("LastName", "CONTAINS", "eck"), vec!["tom.becker"]),
        (text("SecurityProfileId", "EXACT", &admin), vec!["admin"]),
        (
            json!({"OrConditions": [text("Username", "EXACT", "admin"), text("FirstName", "EXACT", "tom")]}),
            vec!["admin", "tom.becker"],
        ),
        (json!({"AndConditions": [text("Username", "EXACT", "admin"), text("FirstName", "EXACT", "tom")]}), vec![]),
    ] {
        let found = search(&simulator, json!({"SearchCriteria": criteria})).await;
        assert_eq!(logins(&found), expected, "{criteria}");
        assert_eq!(found["ApproximateTotalCount"], expected.len());
    }
    let short = json!({"InstanceId": INSTANCE, "SearchCriteria": text("LastName", "CONTAINS", "e")});
    let refused = Client::default().connect(&simulator, "POST", "/search-users", short).await;
    assert_eq!(refused.code(), "InvalidParameterException");
}

#[tokio::test]
async fn search_filters_by_tag_and_hierarchy_but_not_in_two_ways_at_once() {
    let simulator = workshop().await;
    let tom = user(&simulator, "tom.becker").unwrap();
    let arn = tom["arn"].as_str().unwrap().replace(':', "%3A").replace('/', "%2F");
    let client = Client::default();
    client.connect(&simulator, "POST", &format!("/tags/{arn}"), json!({"tags": {"team": "red"}})).await;
    let tag = json!({"TagCondition": {"TagKey": "team", "TagValue": "red"}});
    let found = search(&simulator, json!({"SearchFilter": {"TagFilter": tag}})).await;
    assert_eq!(logins(&found), ["tom.becker"]);
    let world = simulator.snapshot();
    let groups = world["instances"][0]["hierarchy"].as_object().unwrap();
    let europe = groups.iter().find(|(_, path)| *path == "Europe").unwrap().0;
    let hierarchy = |how: &str| json!({"HierarchyGroupCondition": {"Value": europe, "HierarchyGroupMatchType": how}});
    let below =
        search(&simulator, json!({"SearchFilter": {"UserAttributeFilter": hierarchy("WITH_CHILD_GROUPS")}})).await;
    assert_eq!(logins(&below).len(), 4);
    let itself = search(&simulator, json!({"SearchCriteria": hierarchy("EXACT")})).await;
    assert_eq!(logins(&itself), Vec::<&str>::new());
    let both = json!({"InstanceId": INSTANCE, "SearchFilter": {"TagFilter": tag, "UserAttributeFilter": tag}});
    let refused = client.connect(&simulator, "POST", "/search-users", both).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "AccessDeniedException"));
}

#[tokio::test]
async fn updates_replace_what_they_name() {
    let simulator = workshop().await;
    let client = Client::default();
    let tom = user(&simulator, "tom.becker").unwrap();
    let admin = profile(&simulator, "security_profiles", "Admin");
    for (rest, input) in [
        ("/identity-info", json!({"IdentityInfo": {"FirstName": "T", "LastName": "B", "Mobile": "+441632960001"}})),
        ("/security-profiles", json!({"SecurityProfileIds": [admin]})),
        ("/hierarchy", json!({})),
        ("/phone-config", json!({"PhoneConfig": {"PhoneType": "DESK_PHONE", "DeskPhoneNumber": "+441632960002"}})),
    ] {
        let answer = client.connect(&simulator, "POST", &path(&tom, rest), input).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{rest}");
    }
    let after = user(&simulator, "tom.becker").unwrap();
    assert_eq!((&after["first_name"], &after["mobile"]), (&json!("T"), &json!("+441632960001")));
    assert_eq!(after["security_profiles"], json!(["Admin"]));
    assert_eq!(after["hierarchy"], Value::Null);
    let phone =
        json!({"type": "DESK_PHONE", "number": "+441632960002", "auto_accept": false, "after_contact_work_seconds": 0});
    assert_eq!(after["phone"], phone);
    let info = json!({"IdentityInfo": {"FirstName": "T", "LastName": "B"}});
    client.connect(&simulator, "POST", &path(&tom, "/identity-info"), info).await;
    assert_eq!(user(&simulator, "tom.becker").unwrap()["mobile"], Value::Null, "what is left out is cleared");
    let email = json!({"IdentityInfo": {"FirstName": "T", "LastName": "B", "Email": "t@x.org"}});
    let refused = client.connect(&simulator, "POST", &path(&tom, "/identity-info"), email).await;
    assert_eq!(refused.code(), "InvalidRequestException");
}

#[tokio::test]
async fn channels_are_set_one_by_one_until_the_old_operation_levels_them() {
    let simulator = workshop().await;
    let client = Client::default();
    let tom = user(&simulator, "tom.becker").unwrap();
    let limit = |channel: &str, seconds: u64| {
        let limit = json!({"AfterContactWorkTimeLimit": seconds});
        json!({"Channel": channel, "AfterContactWorkConfig": limit})
    };
    let config = json!({"AfterContactWorkConfigs": [limit("CHAT", 9_000), limit("VOICE", 20)]});
    assert_eq!(client.connect(&simulator, "POST", &path(&tom, "/config"), config).await.status, 200);
    let seconds = async |simulator: &Simulator| -> Vec<u64> {
        let described = Client::default().connect(simulator, "GET", &path(&tom, ""), Value::Null).await.json();
        let configs = described["User"]["AfterContactWorkConfigs"].as_array().unwrap().clone();
        configs.iter().map(|one| one["AfterContactWorkConfig"]["AfterContactWorkTimeLimit"].as_u64().unwrap()).collect()
    };
    assert_eq!(seconds(&simulator).await, [20, 5_400, 60, 60], "voice, chat up to its limit, task, e-mail");
    let level = json!({"PhoneConfig": {"PhoneType": "SOFT_PHONE", "AfterContactWorkTimeLimit": 10}});
    client.connect(&simulator, "POST", &path(&tom, "/phone-config"), level).await;
    assert_eq!(seconds(&simulator).await, [10; 4]);
    for wrong in [
        json!({"AutoAcceptConfigs": [{"Channel": "TASK", "AutoAccept": true, "AgentFirstCallbackAutoAccept": true}]}),
        json!({"AutoAcceptConfigs": vec![json!({"Channel": "TASK", "AutoAccept": true}); 2]}),
        json!({"PhoneNumberConfigs": [{"Channel": "CHAT", "PhoneType": "SOFT_PHONE"}]}),
    ] {
        let refused = client.connect(&simulator, "POST", &path(&tom, "/config"), wrong).await;
        assert_eq!(refused.code(), "InvalidParameterException", "{}", refused.body);
    }
}

#[tokio::test]
async fn tags_are_added_listed_taken_away_and_limited() {
    let simulator = workshop().await;
    let client = Client::default();
    let tom = user(&simulator, "tom.becker").unwrap();
    let path = format!("/tags/{}", tom["arn"].as_str().unwrap().replace(':', "%3A").replace('/', "%2F"));
    let many: Value =
        (0..50).map(|number| (format!("k{number}"), json!("v"))).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(client.connect(&simulator, "POST", &path, json!({"tags": many})).await.status, 200);
    let one_more = client.connect(&simulator, "POST", &path, json!({"tags": {"a b": "x"}})).await;
    assert_eq!(one_more.code(), "InvalidParameterException");
    let keys = (1..50).map(|number| format!("tagKeys=k{number}")).collect::<Vec<_>>().join("&");
    assert_eq!(client.connect(&simulator, "DELETE", &format!("{path}?{keys}"), Value::Null).await.status, 200);
    assert_eq!(client.connect(&simulator, "GET", &path, Value::Null).await.json(), json!({"tags": {"k0": "v"}}));
    assert_eq!(client.connect(&simulator, "DELETE", &path, Value::Null).await.code(), "InvalidRequestException");
    let stranger = path.replace("eu-west-2", "eu-west-1");
    assert_eq!(client.connect(&simulator, "GET", &stranger, Value::Null).await.code(), "ResourceNotFoundException");
}

#[tokio::test]
async fn deleting_a_user_is_final_and_leaves_their_quick_connect() {
    let simulator = workshop().await;
    let client = Client::default();
    let partner = user(&simulator, "trial.partner@connect-workshop.com").unwrap();
    let quick_connects = simulator.snapshot()["instances"][0]["quick_connects"].clone();
    assert_eq!(client.connect(&simulator, "DELETE", &path(&partner, ""), Value::Null).await.status, 200);
    let again = client.connect(&simulator, "DELETE", &path(&partner, ""), Value::Null).await;
    assert_eq!((again.status, again.code().as_str()), (404, "ResourceNotFoundException"));
    assert_eq!(simulator.snapshot()["instances"][0]["quick_connects"], quick_connects);
    let dangling = quick_connects.as_array().unwrap().iter().find(|quick| quick["target"] == partner["id"]).unwrap();
    let path = format!("/quick-connects/{INSTANCE}/{}", dangling["id"].as_str().unwrap());
    let described = client.connect(&simulator, "GET", &path, Value::Null).await.json();
    assert_eq!(described["QuickConnect"]["QuickConnectConfig"]["UserConfig"]["UserId"], partner["id"]);
}

#[tokio::test]
async fn the_hierarchy_is_told_group_by_group() {
    let simulator = workshop().await;
    let client = Client::default();
    let listed =
        client.connect(&simulator, "GET", &format!("/user-hierarchy-groups-summary/{INSTANCE}"), Value::Null).await;
    let listed = listed.json();
    let groups = listed["UserHierarchyGroupSummaryList"].as_array().unwrap();
    let sales = groups.iter().find(|group| group["Name"] == "Sales").unwrap();
    let path = format!("/user-hierarchy-groups/{INSTANCE}/{}", sales["Id"].as_str().unwrap());
    let described = client.connect(&simulator, "GET", &path, Value::Null).await.json();
    let hierarchy = &described["HierarchyGroup"]["HierarchyPath"];
    assert_eq!((&hierarchy["LevelOne"]["Name"], &hierarchy["LevelTwo"]["Name"]), (&json!("Europe"), &json!("Sales")));
    let structure =
        client.connect(&simulator, "GET", &format!("/user-hierarchy-structure/{INSTANCE}"), Value::Null).await;
    let structure = structure.json();
    assert_eq!(structure["HierarchyStructure"]["LevelTwo"]["Id"], described["HierarchyGroup"]["LevelId"]);
    assert_eq!(structure["HierarchyStructure"]["LevelTwo"]["Name"], "Team");
}

#[tokio::test]
async fn a_replicated_instance_says_where() {
    let world = "[[instances]]\nalias = \"twin\"\nreplicas = [\"eu-central-1\"]\n";
    let simulator = start(World::parse(world).unwrap(), unthrottled()).await;
    let path = format!("/instance/{}", simulator.snapshot()["instances"][0]["id"].as_str().unwrap());
    let described = Client::default().connect(&simulator, "GET", &path, Value::Null).await.json();
    let replication = &described["ReplicationConfiguration"];
    assert_eq!(replication["ReplicationStatusSummaryList"][0]["Region"], "eu-central-1");
    assert_eq!(replication["SourceRegion"], "eu-west-2");
}
