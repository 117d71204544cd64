//! Worlds as they are written down.

use std::error::Error;

use super::*;
use crate::sim::snapshot;
use crate::sim::state::GENESIS;

fn shown(text: &str) -> Value {
    snapshot::of(&World::parse(text).unwrap().state, GENESIS)
}

fn refused(text: &str) -> String {
    let error = World::parse(text).unwrap_err();
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

#[test]
fn the_workshop_is_what_the_workshop_needs() {
    let world = snapshot::of(&World::workshop().state, GENESIS);
    let center = &world["identity_center"];
    assert_eq!((center["region"].as_str(), center["identity_store_id"].as_str()), (Some("eu-west-1"), Some(STORE)));
    let agents = world["groups"].as_array().unwrap().iter().find(|group| group["name"] == "ConnectAgents").unwrap();
    for name in ["agent1@connect-workshop.com", "agent2@connect-workshop.com"] {
        let person = world["people"].as_array().unwrap().iter().find(|person| person["user_name"] == name).unwrap();
        assert_eq!(person["email"], name);
        assert_eq!(person["groups"], serde_json::json!([agents["id"]]));
        assert!(world["instances"][0]["users"].as_array().unwrap().iter().all(|user| user["login"] != name));
    }
    let application = &world["applications"][0];
    assert_eq!(
        (application["name"].as_str(), application["status"].as_str()),
        (Some("Amazon Connect"), Some("ENABLED"))
    );
    assert_eq!(
        (&application["assignment_required"], &application["assignments"]),
        (&true.into(), &Value::Array(vec![]))
    );
    let instance = &world["instances"][0];
    assert_eq!((instance["id"].as_str(), instance["region"].as_str()), (Some(INSTANCE), Some("eu-west-2")));
    assert_eq!(instance["identity_management"], "SAML");
}

#[test]
fn the_same_world_has_the_same_ids() {
    let first = snapshot::of(&World::workshop().state, GENESIS);
    assert_eq!(first, snapshot::of(&World::workshop().state, GENESIS));
}

#[test]
fn the_documentation_shows_a_world_that_can_be_read() {
    let source = include_str!("../world.rs");
    let example = source.split("//! ```toml\n").nth(1).unwrap().split("//! ```").next().unwrap();
    let example: String =
        example.lines().map(|line| line.trim_start_matches("//!").trim_start().to_owned() + "\n").collect();
    let world = shown(&example.replace("id = \"…\"", "id = \"night\""));
    assert_eq!(world["instances"][0]["users"].as_array().unwrap().len(), 501);
    assert_eq!(world["people"].as_array().unwrap().len(), 501);
    assert_eq!(
        world["instances"][0]["users"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|user| user["tags"]["person"].is_string())
            .count(),
        501
    );
}

#[test]
fn crowds_count_and_refer_to_themselves() {
    let world = shown(
        r#"
        [[groups]]
        name = "G"
        [[people]]
        user_name = "boss@x.org"
        [[instances]]
        alias = "one"
        [[instances]]
        alias = "two"
        [[crowd]]
        count = 3
        start = 9
        user_name = "u{n:03}"
        email = "u{n}@x.org"
        given_name = "Given {n}"
        groups = ["G"]
        [crowd.connect_users]
        instance = "two"
        tags = { me = "{user_id}", in = "{group_id:G}", boss = "{user_id:boss@x.org}", mail = "{email}" }
        [[crowd]]
        count = 2
        connect_users = { instance = "one", login = "robot{n}" }
        "#,
    );
    let instance = |alias: &str| {
        world["instances"].as_array().unwrap().iter().find(|instance| instance["alias"] == alias).unwrap().clone()
    };
    let two = instance("two");
    let users = two["users"].as_array().unwrap();
    let ten = users.iter().find(|user| user["login"] == "u10@x.org").unwrap();
    let find = |name: &str| {
        world["people"].as_array().unwrap().iter().find(|person| person["user_name"] == name).unwrap().clone()
    };
    assert_eq!(users.len(), 3);
    assert_eq!(ten["first_name"], "Given 10");
    assert_eq!(ten["tags"]["me"], find("u010")["id"]);
    assert_eq!(ten["tags"]["in"], world["groups"][0]["id"]);
    assert_eq!(ten["tags"]["boss"], find("boss@x.org")["id"]);
    assert_eq!(ten["tags"]["mail"], "u10@x.org");
    let one = instance("one");
    let mut robots: Vec<&str> =
        one["users"].as_array().unwrap().iter().filter_map(|user| user["login"].as_str()).collect();
    robots.sort_unstable();
    assert_eq!(robots, ["robot1", "robot2"]);
}

#[test]
fn what_does_not_go_together_is_refused_by_name() {
    let instance = "[[instances]]\nalias = \"i\"\n";
    for (world, message) in [
        (
            "[[people]]\nuser_name = \"a\"\ngroups = [\"G\"]",
            "a person names the group `G`, which the world does not have",
        ),
        (
            "[[people]]\nuser_name = \"a\"\n[[people]]\nuser_name = \"A\"\nid = \"{ID}\"",
            "there are two people with the user name `A`",
        ),
        (
            "[[people]]\nuser_name = \"a\"\nemail = \"m@x\"\n[[people]]\nuser_name = \"b\"\nemail = \"M@x\"",
            "there are two people with the address `M@x`",
        ),
        ("[[groups]]\nname = \"G\"\n[[groups]]\nname = \"G\"\nid = \"{ID}\"", "there are two groups with the name `G`"),
        ("[[groups]]\nname = \"G\"\nid = \"g-1\"", "`g-1` does not have the form of `PrincipalId`"),
        ("[[roles]]\narn = \"reader\"", "`reader` is not the ARN of a role"),
        (
            "[[roles]]\narn = \"arn:aws:iam::222233334444:role/r\"\n[[roles]]\narn = \"arn:aws:iam::222233334444:role/r\"",
            "there are two roles `arn:aws:iam::222233334444:role/r`",
        ),
        ("[[crowd]]\ncount = 1", "a crowd has neither a `user_name` nor `connect_users`"),
        (
            "[[crowd]]\ncount = 1\nuser_name = \"a\"\nconnect_users = {}",
            "a crowd names the instance ``, which the world does not have",
        ),
    ] {
        assert_eq!(refused(&world.replace("{ID}", INSTANCE)), message);
    }
    for (user, message) in [
        ("first_name = \"x\"", "a user of the instance `i` has no login"),
        (
            "login = \"a\"\nrouting_profile = \"P\"",
            "a user of the instance `i` names the routing profile `P`, which the world does not have",
        ),
        ("login = \"a\"\ntags = { k = \"{user_id}\" }", "`{user_id}` means nothing in a user of the instance `i`"),
        ("login = \"a\"\n[[instances.users]]\nlogin = \"a\"", "there are two Connect users `a`"),
        (
            "login = \"a\"\ninstance = \"i\"",
            "a user of the instance `i` says which instance it is in, which only those of a crowd have to",
        ),
        (
            "login = \"a\"\n[[instances.quick_connects]]\nname = \"Q\"\ntarget = \"a\"\n\
             [[instances.quick_connects]]\nname = \"Q\"\ntarget = \"a\"",
            "there are two quick connects `Q`",
        ),
        (
            "login = \"a\"\nhierarchy = \"Europe\"",
            "a user of the instance `i` names the hierarchy group `Europe`, which the world does not have",
        ),
    ] {
        assert_eq!(refused(&format!("{instance}[[instances.users]]\n{user}")), message);
    }
    assert!(refused("[[instances]]\nalias = \"i\"\nalais = \"j\"").contains("unknown field `alais`"));
}
