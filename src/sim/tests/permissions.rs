//! Policies in the way of calls: what each operation asks for, and how a denial looks.

use std::collections::BTreeMap;

use super::*;
use crate::sim::call::Call;
use crate::sim::pages::Pages;
use crate::sim::{Policies, Policy};

const AGENTS: &str = "arn:aws:connect:eu-west-2:111122223333:instance/7c9e6f1a-2b3c-4d5e-8f90-a1b2c3d4e5f6";

fn policy(statements: Value) -> Policy {
    let mut document = json!({"Version": "2012-10-17"});
    document["Statement"] = statements;
    Policy::parse(&document.to_string()).unwrap()
}

fn allow(action: &str, resources: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resources})
}

fn attach(simulator: &Simulator, policies: Policies) {
    simulator.set_options(Options { policies: Some(policies), ..unthrottled() });
}

async fn permitted(statements: Value) -> Simulator {
    let simulator = workshop().await;
    attach(&simulator, Policies { caller: vec![policy(statements)], roles: BTreeMap::new() });
    simulator
}

#[tokio::test]
async fn every_operation_has_its_needs_and_one_has_none() {
    let simulator = workshop().await;
    let listed = control(&simulator, "GET", "operations", "").await.json();
    let everything = Policies { caller: vec![policy(allow("*", &["*"]))], roles: BTreeMap::new() };
    let (world, options, nothing) = (World::workshop(), Options::default(), Policies::default());
    for (service, names) in listed.as_object().unwrap() {
        let service: Service = serde_json::from_value(json!(service)).unwrap();
        for operation in names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()) {
            let (listing, now, options) = (String::new(), simulator.now(), &options);
            let pages = Pages { service, listing, secret: "", now, options, fault: None };
            let (account, region) = ("111122223333".to_owned(), "eu-west-1".to_owned());
            let (input, caller) = (serde_json::Map::new(), String::new());
            let call = Call { service, operation, input, account, region, caller, now, pages };
            assert_eq!(everything.admit(None, &call, &world.state), Ok(()), "{service} {operation}");
            let denied = nothing.admit(None, &call, &world.state).is_err();
            assert_eq!(denied, operation != "GetCallerIdentity", "{service} {operation}");
        }
    }
}

/// Makes a call that these resources, and no fewer, have to be allowed for.
async fn wants(action: &str, resources: &[&str], call: impl AsyncFn(&Simulator) -> Reply) {
    let simulator = permitted(allow(action, resources)).await;
    let done = call(&simulator).await;
    assert_eq!(done.status, 200, "{action}: {}", done.body);
    for (index, missing) in resources.iter().enumerate() {
        let mut rest = resources.to_vec();
        rest.remove(index);
        // An ARN of nothing, where nothing is left.
        rest.push("arn:aws:none:::");
        let simulator = permitted(allow(action, &rest)).await;
        let refused = call(&simulator).await;
        assert_eq!(refused.code(), "AccessDeniedException", "{action} without {missing}: {}", refused.body);
        let message = refused.json()["Message"].as_str().unwrap().to_owned();
        assert!(message.contains(&format!("on resource: {missing} because")), "{message}");
    }
}

#[tokio::test]
async fn each_resource_of_a_call_has_to_be_allowed() {
    let base = workshop().await;
    let routing = profile(&base, "routing_profiles", "Basic Routing Profile");
    let [agent, quality] = ["Agent", "QualityAnalyst"].map(|name| profile(&base, "security_profiles", name));
    let maria = user(&base, "maria.santos@connect-workshop.com").unwrap()["id"].as_str().unwrap().to_owned();
    let (person, group) = (person(&base, "tom.becker"), group(&base, "ConnectAgents"));
    let part = |kind: &str, id: &str| format!("{AGENTS}/{kind}/{id}");
    let store = format!("arn:aws:identitystore::111122223333:identitystore/{STORE}");
    let of_store = |kind: &str, id: &str| format!("arn:aws:identitystore:::{kind}/{id}");

    let given = [part("agent", &maria), part("security-profile", &agent), part("security-profile", &quality)];
    let path = format!("/users/{INSTANCE}/{maria}/security-profiles");
    wants("connect:UpdateUserSecurityProfiles", &given.each_ref().map(String::as_str), async |simulator| {
        let body = json!({"SecurityProfileIds": [agent, quality]});
        Client::default().connect(simulator, "POST", &path, body).await
    })
    .await;
    let made = [part("agent", "*"), part("routing-profile", &routing), part("security-profile", &agent)];
    wants("connect:CreateUser", &made.each_ref().map(String::as_str), async |simulator| {
        let path = format!("/users/{INSTANCE}");
        Client::default().connect(simulator, "PUT", &path, new_user(simulator, "new@x.com")).await
    })
    .await;
    let list = part("transfer-destination", "*");
    wants("connect:ListQuickConnects", &[&list], async |simulator| {
        Client::default().connect(simulator, "GET", &format!("/quick-connects/{INSTANCE}"), Value::Null).await
    })
    .await;
    let members = [store.clone(), of_store("group", &group), of_store("membership", "*")];
    wants("identitystore:ListGroupMemberships", &members.each_ref().map(String::as_str), async |simulator| {
        Client::default().store(simulator, "ListGroupMemberships", json!({"GroupId": group})).await
    })
    .await;
    let is_member = [&members[..], &[of_store("user", &person)]].concat();
    let is_member: Vec<&str> = is_member.iter().map(String::as_str).collect();
    wants("identitystore:IsMemberInGroups", &is_member, async |simulator| {
        let asked = json!({"MemberId": {"UserId": person}, "GroupIds": [group]});
        Client::default().store(simulator, "IsMemberInGroups", asked).await
    })
    .await;
    wants("sso:DescribeApplication", &[APPLICATION], async |simulator| {
        Client::default().sso(simulator, "DescribeApplication", json!({"ApplicationArn": APPLICATION})).await
    })
    .await;
}

#[tokio::test]
async fn what_a_membership_is_of_is_looked_up() {
    let base = workshop().await;
    let asked = json!({"GroupId": group(&base, "ConnectAgents")});
    let membership =
        Client::default().store(&base, "ListGroupMemberships", asked).await.json()["GroupMemberships"][0].clone();
    let (id, member) =
        (membership["MembershipId"].as_str().unwrap(), membership["MemberId"]["UserId"].as_str().unwrap());
    let resources = [
        format!("arn:aws:identitystore::111122223333:identitystore/{STORE}"),
        format!("arn:aws:identitystore:::group/{}", group(&base, "ConnectAgents")),
        format!("arn:aws:identitystore:::membership/{id}"),
        format!("arn:aws:identitystore:::user/{member}"),
    ];
    wants("identitystore:DeleteGroupMembership", &resources.each_ref().map(String::as_str), async |simulator| {
        Client::default().store(simulator, "DeleteGroupMembership", json!({"MembershipId": id})).await
    })
    .await;
}

#[tokio::test]
async fn actions_that_depend_on_one_another_have_to_be_allowed_together() {
    let search = ["connect:SearchUsers", "connect:DescribeUser", "connect:ListUserProficiencies"];
    for lacking in [None, Some(0), Some(1), Some(2)] {
        let granted: Vec<&str> =
            search.iter().enumerate().filter(|(at, _)| Some(*at) != lacking).map(|(_, action)| *action).collect();
        let simulator = permitted(json!({"Effect": "Allow", "Action": granted, "Resource": "*"})).await;
        let found =
            Client::default().connect(&simulator, "POST", "/search-users", json!({"InstanceId": INSTANCE})).await;
        match lacking {
            None => assert_eq!(found.status, 200, "{}", found.body),
            Some(at) => assert!(found.body.contains(&format!("to perform: {} on", search[at])), "{}", found.body),
        }
    }
    // A user without tags is created without the right to tag, one with tags is not.
    let simulator = permitted(allow("connect:CreateUser", &["*"])).await;
    let path = format!("/users/{INSTANCE}");
    let created = Client::default().connect(&simulator, "PUT", &path, new_user(&simulator, "a@x.com")).await;
    assert_eq!(created.status, 200);
    let mut tagged = new_user(&simulator, "b@x.com");
    tagged["Tags"] = json!({"team": "x"});
    let refused = Client::default().connect(&simulator, "PUT", &path, tagged).await;
    assert!(refused.status == 403 && refused.body.contains("connect:TagResource"), "{}", refused.body);
}

#[tokio::test]
async fn a_denial_reads_as_the_services_have_it() {
    let simulator = permitted(json!([
        allow("identitystore:*", &["*"]),
        {"Sid": "NotThis", "Effect": "Deny", "Action": "identitystore:ListGroups", "Resource": "*"},
    ]))
    .await;
    let client = Client::default();
    let caller = "User: arn:aws:iam::111122223333:user/operator is not authorized to perform:";
    let denied = client.store(&simulator, "ListGroups", json!({})).await;
    assert_eq!((denied.status, denied.code().as_str()), (400, "AccessDeniedException"));
    assert_eq!(
        denied.json()["Message"],
        format!(
            "{caller} identitystore:ListGroups on resource: \
             arn:aws:identitystore::111122223333:identitystore/{STORE} with an explicit deny in an identity-based policy"
        )
    );
    let sso = client.sso(&simulator, "ListInstances", json!({})).await;
    assert_eq!((sso.status, sso.code().as_str()), (400, "AccessDeniedException"));
    assert_eq!(
        sso.json()["Message"],
        format!(
            "{caller} sso:ListInstances on resource: * because no identity-based policy allows the sso:ListInstances action"
        )
    );
    let connect = client.connect(&simulator, "GET", &format!("/instance/{INSTANCE}"), Value::Null).await;
    assert_eq!((connect.status, connect.code().as_str()), (403, "AccessDeniedException"));
    // Whatever is wrong with a call comes before the question whether it is allowed.
    let invalid = client.store(&simulator, "DescribeGroup", json!({"GroupId": "?"})).await;
    assert_eq!(invalid.code(), "ValidationException");
    let identity = client.sts(&simulator, "Action=GetCallerIdentity").await;
    assert_eq!(identity.status, 200, "needs no permission");
    let role =
        client.sts(&simulator, "Action=AssumeRole&RoleArn=arn:aws:iam::1:role/abcdefghij&RoleSessionName=me").await;
    assert!(role.status == 403 && role.body.contains("<Code>AccessDenied</Code>"), "{}", role.body);
    assert!(
        role.body.contains("sts:AssumeRole on resource: arn:aws:iam::1:role/abcdefghij because no"),
        "{}",
        role.body
    );
}

#[tokio::test]
async fn the_tags_of_a_user_are_the_ones_that_they_have_now() {
    let owned = json!({"StringEquals": {"aws:ResourceTag/owner": "us"}});
    let simulator = permitted(json!([
        allow("connect:TagResource", &["*"]),
        {"Effect": "Allow", "Action": "connect:DeleteUser", "Resource": "*", "Condition": owned},
    ]))
    .await;
    let user = user(&simulator, "tom.becker").unwrap();
    let (id, arn) = (user["id"].as_str().unwrap(), user["arn"].as_str().unwrap().replace('/', "%2F"));
    let delete = format!("/users/{INSTANCE}/{id}");
    let client = Client::default();
    assert_eq!(client.connect(&simulator, "DELETE", &delete, Value::Null).await.status, 403);
    let tags = json!({"tags": {"owner": "us"}});
    assert_eq!(client.connect(&simulator, "POST", &format!("/tags/{arn}"), tags).await.status, 200);
    assert_eq!(client.connect(&simulator, "DELETE", &delete, Value::Null).await.status, 200);
}

#[tokio::test]
async fn policies_are_options_like_any_other() {
    let simulator = workshop().await;
    let attached = json!({"policies": {"caller": [{"Version": "2012-10-17", "Statement": allow("sso:*", &["*"])}]}});
    let set = control(&simulator, "POST", "options", &attached.to_string()).await;
    assert_eq!((set.status, &set.json()["policies"]["caller"]), (200, &attached["policies"]["caller"]));
    let client = Client::default();
    assert_eq!(client.sso(&simulator, "ListInstances", json!({})).await.status, 200);
    assert_eq!(client.store(&simulator, "ListUsers", json!({})).await.code(), "AccessDeniedException");
    let wrong = attached.to_string().replace("Allow", "Perhaps");
    let refused = control(&simulator, "POST", "options", &wrong).await;
    assert!(refused.status == 400 && refused.body.contains("unknown variant `Perhaps`"), "{}", refused.body);
    control(&simulator, "POST", "options", r#"{"policies": null}"#).await;
    assert_eq!(client.store(&simulator, "ListUsers", json!({})).await.status, 200);
}
