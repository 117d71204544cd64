//! What nobody can do who has the credentials of a sync, whatever program they use.

use serde_json::{Value, json};

use super::scenes::{EXAMPLE, Scene};
use super::{named, permitted, shipped, statements};
use crate::stage::{Stage, actions, agent, owned, user, verdicts};

const HAND_MADE: &str = "hand@x.com";
const FOREIGN: &str = "foreign@x.com";
const OURS: &str = "ours@x.com";
const AGENT: &str = "cccccccc-2222-4333-8444-dddddddddddd";

/// A user made by hand, one of another installation, and one of ours.
fn scene() -> Scene {
    let foreign =
        owned(FOREIGN, FOREIGN).replace("\"rollcall:owner\" = \"rollcall\"", "\"rollcall:owner\" = \"other\"");
    let world = [user(HAND_MADE), foreign, owned(OURS, OURS), agent(OURS), agent(FOREIGN)];
    Scene::syncing("fences", &world, "")
}

/// A call: the line of the request, and the body.
#[derive(Debug, Clone)]
struct Call(String, Value);

impl Call {
    async fn status(&self, stage: &Stage) -> u16 {
        let Call(line, body) = self;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = stage.call("connect", "eu-west-2", line, &body).await;
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(status == 200 || answer.contains("AccessDeniedException"), "{self:?}: {answer}");
        status
    }
}

/// Updates and deletes of a user, the deletion last.
fn changes(stage: &Stage, login: &str) -> Vec<Call> {
    let id = stage.user(login)["id"].as_str().unwrap().to_owned();
    let world = stage.sim.snapshot();
    let of = |kind: &str, name: &str| {
        let known = world["instances"][0][kind].as_object().unwrap();
        known.iter().find(|(_, known)| *known == name).unwrap().0.clone()
    };
    let post = |family: &str, body: Value| Call(format!("POST /users/{EXAMPLE}/{id}/{family}"), body);
    let phone =
        json!({"PhoneConfig": {"PhoneType": "SOFT_PHONE", "AutoAccept": false, "AfterContactWorkTimeLimit": 9}});
    let config = json!({"AutoAcceptConfigs": [{"Channel": "VOICE", "AutoAccept": false}]});
    vec![
        post("identity-info", json!({"IdentityInfo": {"FirstName": "Eve", "LastName": "Eve"}})),
        post("routing-profile", json!({"RoutingProfileId": of("routing_profiles", "VIP")})),
        post("security-profiles", json!({"SecurityProfileIds": [AGENT]})),
        post("hierarchy", json!({"HierarchyGroupId": of("hierarchy", "EMEA")})),
        post("phone-config", phone),
        post("config", config),
        Call(format!("DELETE /users/{EXAMPLE}/{id}"), Value::Null),
    ]
}

fn tags_of(stage: &Stage, login: &str) -> String {
    format!("/tags/{}", stage.user(login)["arn"].as_str().unwrap().replace('/', "%2F"))
}

fn tag(stage: &Stage, login: &str, tags: Value) -> Call {
    let mut body = json!({});
    body["tags"] = tags;
    Call(format!("POST {}", tags_of(stage, login)), body)
}

fn untag(stage: &Stage, login: &str, key: &str) -> Call {
    Call(format!("DELETE {}?tagKeys={key}", tags_of(stage, login)), Value::Null)
}

fn create(stage: &Stage, login: &str, profile: &str, tags: &Value) -> Call {
    let world = stage.sim.snapshot();
    let routing = world["instances"][0]["routing_profiles"].as_object().unwrap().keys().next().unwrap().clone();
    let mut body = json!({
        "Username": login,
        "IdentityInfo": {"FirstName": "New", "LastName": "User"},
        "RoutingProfileId": routing,
        "SecurityProfileIds": [profile],
        "Tags": tags,
    });
    if tags.is_null() {
        body.as_object_mut().unwrap().remove("Tags");
    }
    Call(format!("PUT /users/{EXAMPLE}"), body)
}

fn admin(stage: &Stage) -> String {
    let world = stage.sim.snapshot();
    let profiles = world["instances"][0]["security_profiles"].as_object().unwrap().clone();
    profiles.into_iter().find(|(_, name)| name == "Admin").unwrap().0
}

/// All that the conditions of the policy are there to prevent.
fn forbidden(stage: &Stage) -> Vec<Call> {
    let mut calls = Vec::new();
    for login in [HAND_MADE, FOREIGN] {
        calls.push(tag(stage, login, json!({"rollcall:absent-since": "2026-01-01T00:00:00Z"})));
        calls.push(tag(stage, login, json!({"rollcall:owner": "other"})));
        calls.push(untag(stage, login, "rollcall:absent-since"));
        calls.push(untag(stage, login, "rollcall:owner"));
    }
    // Nobody is taken from another installation, nor given to one, nor let go.
    calls.push(tag(stage, FOREIGN, json!({"rollcall:owner": "rollcall"})));
    calls.push(tag(stage, OURS, json!({"rollcall:owner": "other"})));
    calls.push(untag(stage, OURS, "rollcall:owner"));
    calls.push(untag(stage, OURS, "team"));
    // No tag but the program's own.
    calls.push(tag(stage, OURS, json!({"team": "vip"})));
    calls.push(tag(stage, OURS, json!({"rollcall:mapping": "x", "team": "vip"})));
    calls.push(tag(stage, HAND_MADE, json!({"rollcall:owner": "rollcall", "team": "vip"})));
    calls.push(create(stage, "a@x.com", AGENT, &Value::Null));
    calls.push(create(stage, "b@x.com", AGENT, &json!({"rollcall:owner": "other"})));
    calls.push(create(stage, "c@x.com", AGENT, &json!({"rollcall:owner": "rollcall", "team": "vip"})));
    calls.extend(changes(stage, HAND_MADE));
    calls.extend(changes(stage, FOREIGN));
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn users_without_our_owner_tag_and_tags_that_are_not_ours_are_out_of_reach() {
    let stage = scene().stage(permitted(&shipped("sync"))).await;
    let before = stage.sim.snapshot()["instances"].clone();
    for call in forbidden(&stage) {
        assert_eq!(call.status(&stage).await, 403, "{call:?}");
    }
    assert_eq!(stage.sim.snapshot()["instances"], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_calls_are_well_made_where_they_are_ours() {
    let stage = scene().stage(permitted(&shipped("sync"))).await;
    let owner = json!({"rollcall:owner": "rollcall"});
    let mut calls = vec![
        tag(&stage, OURS, json!({"rollcall:absent-since": "2026-01-01T00:00:00Z"})),
        untag(&stage, OURS, "rollcall:absent-since"),
        create(&stage, "new@x.com", AGENT, &owner),
        // The one way over the fence: to take over a user whom nobody owns.
        tag(&stage, HAND_MADE, owner),
    ];
    calls.extend(changes(&stage, OURS));
    calls.extend(changes(&stage, HAND_MADE));
    for call in calls {
        assert_eq!(call.status(&stage).await, 200, "{call:?}");
    }
    assert_eq!(stage.logins(), [FOREIGN, "new@x.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_made_an_administrator_and_no_assignment_is_taken_away() {
    let stage = scene().stage(permitted(&shipped("sync"))).await;
    let admin = admin(&stage);
    let id = stage.user(OURS)["id"].as_str().unwrap().to_owned();
    let give = |profiles: Value| {
        Call(format!("POST /users/{EXAMPLE}/{id}/security-profiles"), json!({"SecurityProfileIds": profiles}))
    };
    for call in [
        create(&stage, "new@x.com", &admin, &json!({"rollcall:owner": "rollcall"})),
        give(json!([admin])),
        give(json!([AGENT, admin])),
    ] {
        assert_eq!(call.status(&stage).await, 403, "{call:?}");
    }
    let document = shipped("sync");
    let mut granted = statements(&document).iter().flat_map(|one| named(one, "Action"));
    assert!(granted.all(|action| !action.starts_with("sso:Delete") && !action.contains('*')));
}

/// Whether any of these calls passes.
async fn any_passes(document: &Value, calls: impl Fn(&Stage) -> Vec<Call>) -> bool {
    let stage = scene().stage(permitted(document)).await;
    for call in calls(&stage) {
        if call.status(&stage).await == 200 {
            return true;
        }
    }
    false
}

/// A policy that allows tagging anybody: AWS's reference does not say that creating somebody with tags asks for it.
fn with_tagging(document: &Value) -> Value {
    let mut document = document.clone();
    let statement = json!({"Effect": "Allow", "Action": "connect:TagResource", "Resource": "*"});
    document["Statement"].as_array_mut().unwrap().push(statement);
    document
}

fn creations(stage: &Stage) -> Vec<Call> {
    forbidden(stage).into_iter().filter(|Call(line, _)| line.starts_with("PUT")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_condition_keeps_something_out() {
    let document = shipped("sync");
    assert!(!any_passes(&with_tagging(&document), creations).await, "the conditions of creating hold by themselves");
    let mut count = 0;
    for (index, statement) in statements(&document).iter().enumerate() {
        for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
            for key in keys.as_object().unwrap().keys() {
                let mut less = document.clone();
                less["Statement"][index]["Condition"][operator].as_object_mut().unwrap().remove(key);
                let passes = if named(statement, "Action").contains(&"connect:CreateUser") {
                    any_passes(&with_tagging(&less), creations).await
                } else {
                    any_passes(&less, forbidden).await
                };
                assert!(passes, "without {operator} {key} of {} nothing more can be done", statement["Sid"]);
                count += 1;
            }
        }
    }
    assert!(count >= 10, "{count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_of_the_configuration_are_written_once_their_keys_are_in_the_policy() {
    let scene = Scene::syncing("tags", &[agent("ana@x.com")], "tags = { team = \"vip\" }\n");
    let document = shipped("sync");
    let stage = scene.stage(permitted(&document)).await;
    let report = stage.sync().await;
    assert_eq!(actions(&report), ["assign_group Agents: done", "create_user ana@x.com: failed"]);
    let mut wider = document;
    for statement in wider["Statement"].as_array_mut().unwrap() {
        let keys =
            statement.pointer_mut("/Condition/ForAllValues:StringLike/aws:TagKeys").and_then(Value::as_array_mut);
        if let Some(keys) = keys.filter(|keys| keys.contains(&json!("rollcall:*"))) {
            keys.push(json!("team"));
        }
    }
    let stage = scene.stage(permitted(&wider)).await;
    assert_eq!(verdicts(&stage.sync().await), ["converged"]);
    assert_eq!(stage.user("ana@x.com")["tags"]["team"], "vip");
}
