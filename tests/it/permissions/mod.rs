//! The policies in `deploy/iam`, as the simulator's IAM takes them: they are enough, nothing in them is too much, and
//! what they fence off cannot be done by whoever has the credentials.

mod fences;
mod scenes;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::ready;
use futures::{StreamExt, stream};
use rollcall::aws::Effect;
use rollcall::aws::operation::OPERATIONS;
use rollcall::sim::{Options, Policies, Policy};
use serde_json::{Value, json};

use crate::documents::file;
use crate::stage::{LADDER, Stage, actions, agent, program, unpaced, verdicts, view};
use scenes::{Scene, lives, readings};

/// A shipped policy. The world has the ids of its examples; only the instance lives in the caller's account here.
fn shipped(name: &str) -> Value {
    let text = file(&format!("deploy/iam/{name}.json"));
    serde_json::from_str(&text.replace("444455556666", "111122223333")).unwrap()
}

fn attached(document: &Value) -> Policies {
    let policy = Policy::parse(&document.to_string()).unwrap_or_else(|error| panic!("{error:?}"));
    Policies { caller: vec![policy], ..Policies::default() }
}

fn permitted(document: &Value) -> Options {
    Options { policies: Some(attached(document)), ..unpaced() }
}

fn statements(document: &Value) -> &[Value] {
    document["Statement"].as_array().unwrap()
}

/// What an element of a statement names, be it one or several.
fn named<'v>(statement: &'v Value, element: &str) -> Vec<&'v str> {
    match &statement[element] {
        Value::String(one) => vec![one],
        many => many.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect(),
    }
}

/// A document without one of the things that a statement names; without the statement, where that is all.
fn without(document: &Value, index: usize, element: &str, name: &str) -> Value {
    let mut document = document.clone();
    let statements = document["Statement"].as_array_mut().unwrap();
    let rest: Vec<String> =
        named(&statements[index], element).into_iter().filter(|one| *one != name).map(str::to_owned).collect();
    if rest.is_empty() {
        statements.remove(index);
    } else {
        statements[index][element] = json!(rest);
    }
    document
}

/// Plays every scene with everything allowed, and gives what came out and which actions that took.
async fn played(scenes: &[Scene]) -> Vec<(Vec<String>, BTreeSet<String>)> {
    stream::iter(scenes).map(|scene| scene.play(unpaced())).buffered(4).collect().await
}

/// Plays every scene with a policy: what comes out is what comes out with everything allowed.
async fn suffices(document: &Value, scenes: &[Scene]) {
    for (scene, (expected, _)) in scenes.iter().zip(played(scenes).await) {
        scene.is_as_named(&expected);
        let (found, _) = scene.play(permitted(document)).await;
        assert_eq!(found, expected, "{}", scene.name);
    }
}

/// A policy that lacks something.
struct Less {
    document: Value,
    lacks: String,
    /// The actions of which a scene has to ask for one, to miss anything.
    actions: BTreeSet<String>,
}

/// A policy without each of its actions, and without each of its resources, in each statement.
fn less(document: &Value) -> Vec<Less> {
    let mut less = Vec::new();
    for (index, statement) in statements(document).iter().enumerate() {
        let actions = named(statement, "Action");
        let resources = named(statement, "Resource");
        for (element, name) in
            actions.iter().map(|name| ("Action", *name)).chain(resources.iter().map(|name| ("Resource", *name)))
        {
            let of_action = [name];
            let concerned = if element == "Action" { &of_action[..] } else { &actions };
            less.push(Less {
                document: without(document, index, element, name),
                lacks: format!("{name} of {}", statement["Sid"]),
                actions: concerned.iter().map(|&action| action.to_owned()).collect(),
            });
        }
    }
    assert!(less.len() > 25);
    less
}

/// Takes each action and each resource out of each statement in turn: some scene must come out another way.
async fn has_nothing_too_much(document: &Value, scenes: &[Scene]) {
    let played = played(scenes).await;
    let is_missed = async |less: &'_ Less| {
        for (scene, (expected, used)) in scenes.iter().zip(&played) {
            if !used.is_disjoint(&less.actions) && scene.play(permitted(&less.document)).await.0 != *expected {
                return true;
            }
        }
        false
    };
    let useless = |less| {
        let missed = is_missed(less);
        async move { (!missed.await).then_some(less.lacks.as_str()) }
    };
    let less = less(document);
    let useless: Vec<&str> = stream::iter(&less).map(useless).buffer_unordered(8).filter_map(ready).collect().await;
    assert_eq!(useless, [""; 0], "nobody misses these");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reading_policy_is_enough_for_all_that_writes_nothing() {
    suffices(&shipped("plan"), &readings()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_the_reading_policy_is_too_much() {
    has_nothing_too_much(&shipped("plan"), &readings()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_writing_policy_is_enough_for_the_whole_life_of_a_user() {
    suffices(&shipped("sync"), &lives()).await;
    suffices(&shipped("sync"), &readings()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_the_writing_policy_is_too_much() {
    let scenes: Vec<Scene> = lives().into_iter().chain(readings()).collect();
    has_nothing_too_much(&shipped("sync"), &scenes).await;
}

#[test]
fn the_policies_grant_what_the_program_calls_and_nothing_else() {
    for (name, effects) in [("plan", &[Effect::Read][..]), ("sync", &[Effect::Read, Effect::Write])] {
        let document = shipped(name);
        let granted: BTreeSet<String> =
            statements(&document).iter().flat_map(|one| named(one, "Action")).map(str::to_owned).collect();
        let called = OPERATIONS.iter().filter(|operation| effects.contains(&operation.effect));
        let needed: BTreeSet<String> = called
            .flat_map(|operation| {
                std::iter::once(operation.action()).chain(operation.also.iter().map(|&also| also.to_owned()))
            })
            .collect();
        assert_eq!(granted, needed, "{name}");
    }
}

#[test]
fn the_writing_policy_holds_the_reading_one_word_for_word() {
    let (plan, sync) = (shipped("plan"), shipped("sync"));
    for statement in statements(&plan) {
        assert!(statements(&sync).contains(statement), "{statement:#}");
    }
}

#[test]
fn the_policies_fit_into_a_managed_policy() {
    for name in ["plan", "sync"] {
        // IAM's limit; white space does not count.
        let size = file(&format!("deploy/iam/{name}.json")).chars().filter(|c| !c.is_whitespace()).count();
        assert!(size <= 6144, "{name}: {size}");
    }
}

#[test]
fn the_documentation_has_every_statement_and_every_place_of_the_owner() {
    let readme = file("deploy/README.md");
    let document = shipped("sync");
    for statement in statements(&document) {
        let sid = statement["Sid"].as_str().unwrap();
        assert!(readme.contains(&format!("`{sid}`")), "{sid}");
    }
    let text = document.to_string();
    let count = |key: &str| text.matches(&format!("\"aws:{key}/rollcall:owner\":\"rollcall\"")).count();
    assert_eq!((count("ResourceTag"), count("RequestTag")), (4, 3));
    assert!(readme.contains("four times under `aws:ResourceTag` and three times under `aws:RequestTag`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_documentation_says_can_be_left_out_is_not_missed() {
    let without = |sids: &[&str]| {
        let mut document = shipped("sync");
        let statements = document["Statement"].as_array_mut().unwrap();
        let before = statements.len();
        statements.retain(|one| !sids.iter().any(|sid| one["Sid"] == *sid));
        assert_eq!(statements.len(), before - sids.len(), "{sids:?}");
        document
    };
    let ids = "region = \"eu-west-1\"\ninstance_arn = \"arn:aws:sso:::instance/ssoins-68040f5b1c2d3e4f\"\n\
               identity_store_id = \"d-9067f0a1b2\"";
    let application = format!("application = \"{}\"\n", crate::stage::APPLICATION);
    let all_of_application = ["ApplicationRead", "ApplicationAssignGroups"];
    let quarantine = LADDER.replace("\"delete\"", "\"quarantine\"");
    let ana = || Scene::syncing("new", &[agent("ana@x.com")], "");
    for (sids, scene) in [
        (&["ConnectUnmarkOwnedUsers", "ConnectDeleteOwnedUsers", "ConnectReadQuickConnects"][..], ana()),
        (
            &["ConnectDeleteOwnedUsers", "ConnectReadQuickConnects"],
            Scene::syncing("quarantine", &[agent("ana@x.com")], &quarantine),
        ),
        (&["ApplicationAssignGroups"], Scene::syncing("unassigned", &[agent("ana@x.com")], "assign = false\n")),
        (&all_of_application, ana().reconfigured(&application, "")),
        (&["IdentityCenterLookUp"], ana().reconfigured("region = \"eu-west-1\"", ids)),
        (&["ConnectReadHierarchyGroups"], ana()),
    ] {
        let (lines, _) = scene.play(permitted(&without(sids))).await;
        assert_eq!(lines[lines.len() - 2..], ["create_user ana@x.com: done", "converged"], "{sids:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_with_the_reading_policy_writes_nothing_and_says_what_it_lacks() {
    let scene = &lives()[0];
    let stage = scene.stage(permitted(&shipped("plan"))).await;
    let users_and_assignments = || {
        let world = stage.sim.snapshot();
        (world["instances"].clone(), world["applications"].clone())
    };
    let before = users_and_assignments();
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["incomplete"]);
    assert_eq!(actions(&report), ["assign_group Agents: failed", "create_user ana@x.com: failed"]);
    assert_eq!(users_and_assignments(), before);
    let writes = stage.sim.journal().into_iter().filter(|entry| entry.write);
    let mut writes: Vec<(String, Option<String>, u32)> =
        writes.map(|entry| (entry.operation, entry.code, entry.attempt)).collect();
    // Both kinds of actions go side by side.
    writes.sort();
    let denied = |operation: &str| (operation.to_owned(), Some("AccessDeniedException".to_owned()), 1);
    assert_eq!(writes, [denied("CreateApplicationAssignment"), denied("CreateUser")]);
    let told = view(&report)["targets"][0]["actions"].to_string();
    for action in ["sso:CreateApplicationAssignment", "connect:CreateUser"] {
        assert!(told.contains(&format!("because no identity-based policy allows the {action} action")), "{told}");
        assert!(told.contains(&format!("allow `{action}`")), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_needs_the_statements_of_its_own_side_only() {
    let center = "arn:aws:iam::111122223333:role/directory";
    let target = "arn:aws:iam::111122223333:role/connect";
    let whole = shipped("sync");
    let side = |prefixes: &[&str]| {
        let has = |sid: &str| prefixes.iter().any(|prefix| sid.starts_with(prefix));
        let own = statements(&whole).iter().filter(|one| has(one["Sid"].as_str().unwrap()));
        attached(&json!({"Version": "2012-10-17", "Statement": own.collect::<Vec<_>>()})).caller
    };
    let assuming = |roles: &[&str]| {
        let statement = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": roles});
        attached(&json!({"Version": "2012-10-17", "Statement": statement})).caller
    };
    let roles = BTreeMap::from([
        (center.to_owned(), side(&["IdentityCenter", "Application"])),
        (target.to_owned(), side(&["Connect"])),
    ]);
    let scene = &lives()[0];
    let play = async |caller: Vec<Policy>, roles: BTreeMap<String, Vec<Policy>>| {
        let options = Options { policies: Some(Policies { caller, roles }), ..unpaced() };
        let world = format!("{}\n[[roles]]\narn = \"{center}\"\n[[roles]]\narn = \"{target}\"\n", scene.world());
        let config = scene
            .config()
            .replace("region = \"eu-west-1\"", &format!("region = \"eu-west-1\"\nrole_arn = \"{center}\""))
            .replace("region = \"eu-west-2\"", &format!("region = \"eu-west-2\"\nrole_arn = \"{target}\""));
        let stage = Stage::with(&world, &config, options).await;
        let report = stage.sync().await;
        (verdicts(&report)[0], report.targets[0].trouble().map(|trouble| format!("{trouble:?}")).unwrap_or_default())
    };
    assert_eq!(play(assuming(&[center, target]), roles.clone()).await.0, "converged");
    let (verdict, told) = play(assuming(&[center]), roles.clone()).await;
    assert_eq!(verdict, "failed");
    assert!(told.contains("sts:AssumeRole") && told.contains(target), "{told}");
    // The caller's own policies are of no use to a role, nor are those of the other role.
    let (verdict, told) = play(attached(&whole).caller, roles.clone()).await;
    assert!(verdict == "failed" && told.contains("sts:AssumeRole"), "{told}");
    let swapped: BTreeMap<String, Vec<Policy>> = roles.keys().cloned().zip(roles.values().rev().cloned()).collect();
    assert_eq!(play(assuming(&[center, target]), swapped).await.0, "failed");
}

#[test]
fn a_policy_that_cannot_be_read_stops_the_simulator_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.json");
    let run = |arguments: &[&str]| {
        let output = program().arg("sim").args(["--listen", "127.0.0.1:0"]).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let file = path.to_str().unwrap();
    let (code, told) = run(&["--policy", file]);
    assert!(code == Some(2) && told.contains(&format!("failed to read the policy `{file}`")), "{told}");
    let statement =
        json!({"Sid": "Odd", "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Maybe": {}}});
    let mut statement = statement;
    statement["Condition"] = json!({"Maybe": {"aws:TagKeys": "x"}});
    std::fs::write(&path, json!({"Version": "2012-10-17", "Statement": statement}).to_string()).unwrap();
    let role = format!("arn:aws:iam::111122223333:role/r={file}");
    for arguments in [["--policy", file], ["--role-policy", &role]] {
        let (code, told) = run(&arguments);
        let expected = "statement 1 (`Odd`) of the policy: the simulator does not know the condition operator `Maybe`";
        assert!(code == Some(2) && told.contains(expected), "{told}");
    }
    for wrong in ["role/r", "=file", "arn:aws:iam::111122223333:role/r="] {
        let (code, told) = run(&["--role-policy", wrong]);
        assert!(code == Some(2) && told.contains("role's ARN"), "{told}");
    }
}
