//! Who cannot sign in after a pass, and what each is told to have done about it.

use rollcall::model::id::TargetName;
use rollcall::model::settings::Mode;
use rollcall::pass::Request;
use rollcall::report::{Cause, RunReport};
use rollcall::sim::{Fault, FaultKind, Options, Service};
use tokio_util::sync::CancellationToken;

use crate::stage::{CONFIG, INSTANCE, Stage, WORLD, agent, person};

/// Each who cannot sign in, with why and the fix, in one line.
fn unable(report: &RunReport) -> Vec<String> {
    let target = &report.targets[0];
    let unable = target.unable().unwrap();
    assert_eq!(unable.count, unable.people.len());
    let remedies = target.remedies().into_iter();
    remedies.map(|(person, remedy)| format!("{}: {}; {}", person.name, remedy.why, remedy.fix)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_pass_has_let_in_is_not_called_shut_out() {
    let stage = Stage::new(&[agent("ana@x.com"), agent("o'brien@x.com")]).await;
    let report = stage.sync().await;
    assert_eq!(report.targets[0].counts().unwrap().blocked, 2, "as read");
    let found = unable(&report);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("o'brien@x.com: `o'brien@x.com` cannot be a Connect login"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_only_planned_lets_nobody_in() {
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    let planned = "ana@x.com: the Connect user was not made: it is only planned; make a pass that may write";
    assert_eq!(unable(&stage.run(Mode::Plan).await), [planned]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_user_and_no_way_in_is_told_what_is_the_matter_with_the_way() {
    let mut stage = Stage::new(&[agent("ana@x.com")]).await;
    stage.configure("assign = false\n");
    let found = unable(&stage.sync().await);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("is not assigned to the application, and `assign = false` forbids"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_held_back_is_told_by_which_guard() {
    let world = format!("{WORLD}\n{}\n{}", agent("ana@x.com"), agent("bo@x.com"));
    let config = format!("{CONFIG}\n[policy]\nmax_changes = 1\n");
    let stage = Stage::with(&world, &config, Options::default()).await;
    let found = unable(&stage.sync().await);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|one| one.contains("the guard `max-changes` holds back the Connect user")), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_configuration_gives_no_user_is_told_which_part_of_it() {
    let mut stage = Stage::new(&[agent("ana@x.com"), person("boss@x.com", &["Supervisors"])]).await;
    stage.configure(
        "routing_profile = \"Basic Routing\"\n[[target.mapping]]\ngroup = \"Supervisors\"\n\
         [policy]\nprotect = [\"boss@*\"]\n",
    );
    let missing = "there is no routing profile `Basic Routing` in the instance (the nearest is `Basic Routing \
                   Profile`); needed by `Agents`";
    let protected = "`protect` covers this login, so no Connect user is made for it";
    let mut found = unable(&stage.sync().await);
    found.sort();
    let [ana, boss] = &found[..] else { panic!("{found:?}") };
    assert_eq!(*ana, format!("ana@x.com: {missing}; write `Basic Routing Profile`, or create the missing one"));
    assert!(boss.starts_with(&format!("boss@x.com: {protected}; make the user in Connect by hand")), "{boss}");
    for (login, why) in [("ana@x.com", missing), ("boss@x.com", protected)] {
        let answer = stage.cli(&["explain", login, "--output", "json"]).await;
        let target = &answer.json()["targets"][0];
        assert_eq!(target["verdict"], "not ready", "{target:#}");
        assert_eq!(target["reason"], why);
    }
    let ended = stage.cli(&["export"]).await;
    let said = "not in it: 2 members (1 with a protected login, 1 by `Agents`, which names what does not exist)";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_creation_failed_is_told_why() {
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    stage.sim.inject(Fault::new(Service::Connect, "CreateUser", FaultKind::AccessDenied));
    let found = unable(&stage.sync().await);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].contains("the Connect user was not made: ") && found[0].contains("connect:CreateUser"),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_target_that_could_not_be_read_nothing_is_said() {
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    stage.sim.inject(Fault::new(Service::Connect, "ListUsers", FaultKind::AccessDenied));
    assert_eq!(stage.sync().await.targets[0].unable(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_pass_of_their_own_has_let_in_is_not_called_shut_out_any_more() {
    let stage = Stage::new(&[agent("ana@x.com"), agent("bo@x.com")]).await;
    let (runner, stop) = (stage.runner(), CancellationToken::new());
    let name = TargetName::new("support");
    let told = || {
        let standing = runner.standing(&name);
        let mut names: Vec<String> = standing.unable().iter().map(|(person, _)| person.name.clone()).collect();
        names.sort();
        (names, standing.count_of_unable())
    };
    let both = || vec!["ana@x.com".to_owned(), "bo@x.com".to_owned()];
    stage.sim.inject(Fault::new(Service::Connect, "CreateUser", FaultKind::AccessDenied));
    runner.run(&Request::new(Mode::Apply, Cause::Cli), &stop).await;
    assert_eq!(told(), (both(), Some(2)));
    let ana = Request { person: Some("ana@x.com".to_owned()), ..Request::new(Mode::Apply, Cause::Http) };
    runner.run(&ana, &stop).await;
    assert_eq!(told(), (both(), Some(2)), "that failed as well");
    stage.sim.clear_faults();
    runner.run(&ana, &stop).await;
    assert_eq!(told(), (vec!["bo@x.com".to_owned()], Some(1)));
    // What a later pass sees is what counts.
    let id = stage.user("ana@x.com")["id"].as_str().unwrap().to_owned();
    let answer = stage.call("connect", "eu-west-2", &format!("DELETE /users/{INSTANCE}/{id}"), "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    runner.run(&Request::new(Mode::Plan, Cause::Cli), &stop).await;
    assert_eq!(told(), (both(), Some(2)));
}
