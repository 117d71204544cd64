//! A world in which a pass has everything to do that can be cut short, and what it is to be like in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rollcall::sim::Options;
use serde_json::{Value, json};

use crate::stage::{CONFIG, LADDER, Stage, WORLD, hours_ago, person, unpaced, user};

/// How long each answer takes, so that there is something between two calls.
pub(super) const LATENCY: Duration = Duration::from_millis(15);

const CREATED: usize = 100;
/// Two ids of profiles that a tag has to remember, and so many more that one value does not hold them all.
const NIGHT: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const MANY: [&str; 8] = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8"];

/// Mappings that say something of every family, rates at which a pass takes some seconds, and policies under which
/// everything is put right but the profiles, since what somebody is given back counts from then on.
pub(super) fn config() -> String {
    let policy = "removals = \"delete\"\nmax_removals = 10\nattributes = { name = \"enforce\", hierarchy = \"enforce\", \
                  phone = \"enforce\", tags = \"enforce\" }";
    format!(
        "{CONFIG}routing_profile = \"Basic Routing Profile\"\nsecurity_profiles = [\"Agent\"]\nhierarchy = \"EMEA/London\"\n\
         phone = {{ type = \"soft\", auto_accept = true, after_contact_work = \"30s\" }}\ntags = {{ team = \"support\" }}\n\
         [[target.mapping]]\ngroup = \"Supervisors\"\nrouting_profile = \"VIP\"\nsecurity_profiles = [\"CallCenterManager\"]\n\
         {}",
        LADDER.replace("removals = \"delete\"", policy)
    )
}

const SLOW: &str = "\n[rates.connect]\nrequests_per_second = 15.0\nburst = 5\nshare = 1.0\n\
    operations = { CreateUser = 50.0, DescribeUser = 50.0, TagResource = 20.0 }\n\
    [rates.identity_store]\nrequests_per_second = 5000.0\nburst = 5000\n\
    [rates.sso_admin]\nrequests_per_second = 5000.0\nburst = 5000\n";

/// An owned user just as the mapping of the agents has it, of a person of the same name.
fn right(login: &str, tags: &[(&str, &str)]) -> String {
    let local = login.split('@').next().unwrap();
    let own = [
        ("rollcall:owner", "rollcall".to_owned()),
        ("rollcall:principal", format!("{{user_id:{login}}}")),
        ("rollcall:mapping", "{group_id:Agents}".to_owned()),
        ("team", "support".to_owned()),
    ];
    let tags = own.into_iter().chain(tags.iter().map(|(key, value)| (*key, (*value).to_owned())));
    let tags: Vec<String> = tags.map(|(key, value)| format!("\"{key}\" = \"{value}\"")).collect();
    format!(
        "[[instances.users]]\nlogin = \"{login}\"\nfirst_name = \"Given {local}\"\nlast_name = \"Family {local}\"\n\
         routing_profile = \"Basic Routing Profile\"\nsecurity_profiles = [\"Agent\"]\nhierarchy = \"EMEA/London\"\n\
         phone = {{ type = \"soft\", auto_accept = true, after_contact_work = 30 }}\ntags = {{ {} }}\n",
        tags.join(", ")
    )
}

/// The same with other profiles.
fn holding(user: &str, routing: &str, security: &[&str]) -> String {
    user.replace("routing_profile = \"Basic Routing Profile\"", &format!("routing_profile = \"{routing}\""))
        .replace("security_profiles = [\"Agent\"]", &format!("security_profiles = {security:?}"))
}

fn logins(kind: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{kind}{n:02}@x.com")).collect()
}

/// Whom this pass is about, and whom it is not.
fn world() -> String {
    let (mut users, mut people) = (Vec::new(), Vec::new());
    people.extend(logins("new", CREATED).iter().map(|login| person(login, &["Agents"])));
    for (n, login) in logins("update", 20).iter().enumerate() {
        let (made, group) = (right(login, &[]), if n % 5 == 1 { "Supervisors" } else { "Agents" });
        people.push(person(login, &[group]));
        users.push(match n % 5 {
            // Two ways to move; names; phone and hierarchy; a tag.
            0 => holding(&made, "VIP", &["CallCenterManager"])
                .replace("group_id:Agents", "group_id:Supervisors")
                .replace("hierarchy = \"EMEA/London\"\n", "")
                .replace("after_contact_work = 30", "after_contact_work = 60"),
            1 => made,
            2 => made.replace("Family", "Former"),
            3 => made.replace("hierarchy = \"EMEA/London\"\n", "").replace("auto_accept = true", "auto_accept = false"),
            _ => made.replace("support\" }", "sales\" }"),
        });
    }
    let (absent, parked) = (hours_ago(100), hours_ago(50));
    let had: [(&str, &[&str]); 5] = [
        ("VIP", &["Agent", "CallCenterManager"]),
        ("Night", &["Agent"]),
        ("VIP", &MANY),
        ("Night", &MANY),
        ("VIP", &["P3"]),
    ];
    for (login, (routing, security)) in logins("leaver", 5).iter().zip(had) {
        users.push(holding(&right(login, &[("rollcall:absent-since", &absent)]), routing, security));
        people.push(person(login, &[]));
    }
    for login in &logins("back", 3) {
        let (first, rest) = profile_ids().split_at(6);
        let (first, rest) = (first.join(" "), rest.join(" "));
        let marks = [
            ("rollcall:absent-since", absent.as_str()),
            ("rollcall:quarantined-at", &parked),
            ("rollcall:was-routing-profile", NIGHT),
            ("rollcall:was-security-profiles", &first),
            ("rollcall:was-security-profiles-2", &rest),
        ];
        users.push(holding(&right(login, &marks), "Parking", &["NoAccess"]));
        people.push(person(login, &["Agents"]));
    }
    // Nobody is to touch these: strangers, another owner's, an administrator, somebody whose time has not come.
    users.extend([user("orphan@x.com"), user("served@x.com")]);
    users.push(right("elsewhere@x.com", &[]).replace("\"rollcall\"", "\"another\""));
    users.push(holding(&right("boss@x.com", &[("rollcall:absent-since", &absent)]), "VIP", &["Admin"]));
    users.push(right("later@x.com", &[("rollcall:absent-since", &hours_ago(10))]));
    people.push(person("served@x.com", &["Agents"]));
    people.extend(["elsewhere@x.com", "boss@x.com", "later@x.com"].map(|login| person(login, &[])));
    let many: Vec<String> =
        MANY.iter().zip(profile_ids()).map(|(name, id)| format!("{{ name = \"{name}\", id = \"{id}\" }}")).collect();
    let places = WORLD
        .replace("\"Parking\"]", &format!("\"Parking\", {{ name = \"Night\", id = \"{NIGHT}\" }}]"))
        .replace("\"NoAccess\"]", &format!("\"NoAccess\", {}]", many.join(", ")));
    format!("{places}\n{}\n{}", users.join("\n"), people.join("\n"))
}

const UNTOUCHED: [&str; 5] = ["orphan@x.com", "served@x.com", "elsewhere@x.com", "boss@x.com", "later@x.com"];

fn profile_ids() -> &'static [&'static str; 8] {
    &[
        "bbbbbbbb-0000-4000-8000-000000000001",
        "bbbbbbbb-0000-4000-8000-000000000002",
        "bbbbbbbb-0000-4000-8000-000000000003",
        "bbbbbbbb-0000-4000-8000-000000000004",
        "bbbbbbbb-0000-4000-8000-000000000005",
        "bbbbbbbb-0000-4000-8000-000000000006",
        "bbbbbbbb-0000-4000-8000-000000000007",
        "bbbbbbbb-0000-4000-8000-000000000008",
    ]
}

/// A world to kill passes in, and its Connect users as they were, by login.
pub(super) struct Scene {
    pub(super) stage: Stage,
    before: BTreeMap<String, Value>,
}

impl Scene {
    pub(super) async fn new() -> Self {
        let options = Options { latency_ms: u64::try_from(LATENCY.as_millis()).unwrap(), ..unpaced() };
        let stage = Stage::with(&world(), &format!("{}{SLOW}", config()), options).await;
        let before = users(&stage);
        Self { stage, before }
    }
}

/// The Connect users by login. That a login stands there once is for [`Scene::settled`] to see.
fn users(stage: &Stage) -> BTreeMap<String, Value> {
    let world = stage.sim.snapshot();
    let users = world["instances"][0]["users"].as_array().unwrap().iter();
    users.map(|user| (user["login"].as_str().unwrap().to_owned(), user.clone())).collect()
}

fn tags(user: &Value) -> BTreeMap<String, String> {
    serde_json::from_value(user["tags"].clone()).unwrap()
}

fn has(user: &Value, word: &str) -> bool {
    tags(user).keys().any(|key| key.starts_with("rollcall:") && key.contains(word))
}

/// How many people a killed pass left in between: on the way into quarantine, on the way back, on the move.
pub(super) fn halfway(stage: &Stage) -> [usize; 3] {
    let count = |kind, count, is_halfway: fn(&Value) -> bool| {
        logins(kind, count).iter().filter(|login| is_halfway(&stage.user(login))).count()
    };
    let agents = json!(["Agent"]);
    let into = count("leaver", 5, |user| has(user, "was-") && !has(user, "quarantined-at"));
    let back = count("back", 3, |user| has(user, "was-") && user["routing_profile"] == "Night");
    let moving = (0..20).step_by(5).map(|n| stage.user(&format!("update{n:02}@x.com")));
    let moving = moving.filter(|user| user["routing_profile"] != "VIP" && user["security_profiles"] != agents);
    [into, back, moving.count()]
}

impl Scene {
    /// Everything that is promised of the people of this world, once a pass has come to its end.
    pub(super) fn settled(&self) {
        let Self { stage, before } = self;
        let world = stage.sim.snapshot();
        let mut expected: Vec<String> = before.keys().cloned().chain(logins("new", CREATED)).collect();
        expected.sort();
        assert_eq!(stage.logins(), expected, "each person once, and nobody is gone");
        let id_of = |list: &str, name: &str, of: &str| {
            let all = world[list].as_array().unwrap();
            all.iter().find(|one| one[name] == of).unwrap()["id"].as_str().unwrap().to_owned()
        };
        for login in logins("new", CREATED) {
            let tags = tags(&stage.user(&login));
            assert_eq!(tags["rollcall:owner"], "rollcall", "{login}");
            assert_eq!(tags["rollcall:principal"], id_of("people", "user_name", &login));
            assert_eq!(tags["rollcall:mapping"], id_of("groups", "name", "Agents"), "{login}");
        }
        for login in logins("leaver", 5) {
            let (now, had) = (stage.user(&login), &before[&login]);
            assert_eq!((&now["routing_profile"], &now["security_profiles"]), (&json!("Parking"), &json!(["NoAccess"])));
            let tags = tags(&now);
            assert!(tags["rollcall:quarantined-at"].parse::<jiff::Timestamp>().is_ok(), "{login}: {tags:?}");
            assert_eq!(json!(tags["rollcall:was-routing-profile"]), had["routing_profile_id"], "{login}");
            let ids = |key: &str| tags.get(key).into_iter().flat_map(|value| value.split(' ')).map(|id| json!(id));
            let was: Vec<Value> =
                ids("rollcall:was-security-profiles").chain(ids("rollcall:was-security-profiles-2")).collect();
            let sorted = |ids: &[Value]| ids.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
            assert_eq!(sorted(&was), sorted(had["security_profile_ids"].as_array().unwrap()), "{login}");
        }
        for login in logins("back", 3) {
            let now = stage.user(&login);
            assert_eq!(
                (&now["routing_profile"], &now["security_profiles"]),
                (&json!("Night"), &json!(MANY)),
                "{login}"
            );
            assert!(["was-", "quarantined-at", "absent-since"].iter().all(|mark| !has(&now, mark)), "{login}: {now:#}");
        }
        for login in UNTOUCHED {
            assert_eq!(stage.user(login), before[login], "{login}");
        }
    }
}

/// All users as they are in the end, but for what differs from run to run: ids of those who were created, and times.
pub(super) fn end(stage: &Stage) -> Value {
    let mut users = users(stage);
    for user in users.values_mut() {
        for tag in ["rollcall:quarantined-at", "rollcall:absent-since"] {
            if let Some(time) = user["tags"].get_mut(tag) {
                *time = json!("some time");
            }
        }
        if user["login"].as_str().unwrap().starts_with("new") {
            user["id"] = Value::Null;
            user["arn"] = Value::Null;
        }
    }
    json!(users)
}
