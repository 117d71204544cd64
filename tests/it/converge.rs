//! After a pass the worlds are equal, and a second pass writes nothing.

use rollcall::plan::finding::Code;
use rollcall::sim::{Fault, FaultKind, Options, Service};

use crate::stage::{CONFIG, Stage, WORLD, actions, agent, codes, owned, person, unpaced, user, verdicts, view};

#[tokio::test(flavor = "multi_thread")]
async fn the_missions_minimum_creates_assigns_and_reports() {
    let stage = Stage::new(&[user("Cy@x.com"), agent("ana@x.com"), agent("bo@x.com"), agent("cy@x.com")]).await;
    let planned = stage.plan().await;
    assert_eq!(verdicts(&planned), ["pending"]);
    assert_eq!(stage.writes().len(), 0, "a plan writes nothing");

    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["converged"]);
    assert_eq!(
        actions(&report),
        ["assign_group Agents: done", "create_user ana@x.com: done", "create_user bo@x.com: done"]
    );
    assert_eq!(codes(&report), [Code::LoginCase]);
    assert_eq!(stage.logins(), ["Cy@x.com", "ana@x.com", "bo@x.com"]);
    let counts = report.targets[0].counts().unwrap();
    assert_eq!((counts.members, counts.blocked, counts.connect_users, counts.owned), (3, 3, 1, 0), "as read, before");

    stage.sim.clear_journal();
    let again = stage.sync().await;
    assert_eq!((verdicts(&again), actions(&again).len()), (vec!["converged"], 0));
    assert_eq!(stage.writes().len(), 0, "twice the same is once");
    let counts = again.targets[0].counts().unwrap();
    assert_eq!((counts.members, counts.blocked, counts.connect_users, counts.owned), (3, 1, 3, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn twice_is_once_even_while_the_search_index_lags() {
    let options = Options { search_lag_seconds: 3600, ..unpaced() };
    let world = format!("{WORLD}\n{}\n{}", agent("ana@x.com"), agent("bo@x.com"));
    let stage = Stage::with(&world, CONFIG, options).await;
    assert_eq!(verdicts(&stage.sync().await), ["converged"]);
    stage.sim.clear_journal();
    let again = stage.sync().await;
    assert_eq!(actions(&again), [""; 0]);
    assert_eq!(codes(&again), [Code::IndexBehind]);
    assert_eq!(stage.writes().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_does_not_depend_on_the_size_of_pages() {
    let people: Vec<String> = (1..=7).map(|n| agent(&format!("agent{n}@x.com"))).collect();
    let users: Vec<String> = (3..=6).map(|n| owned(&format!("agent{n}@x.com"), &format!("agent{n}@x.com"))).collect();
    let world = format!("{WORLD}\n{}\n{}", users.join("\n"), people.join("\n"));
    let mut seen = Vec::new();
    for (page_size, empty_pages, short_pages) in [
        (None, false, false),
        (Some(1), false, false),
        (Some(2), true, false),
        (Some(3), false, true),
        (Some(1), true, true),
    ] {
        let stage = Stage::with(&world, CONFIG, Options { page_size, empty_pages, short_pages, ..unpaced() }).await;
        let report = stage.plan().await;
        seen.push((actions(&report), codes(&report), report.targets[0].counts().cloned()));
    }
    assert_eq!(seen[0].0.len(), 4, "{seen:#?}");
    for other in &seen[1..] {
        assert_eq!(*other, seen[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_found_to_be_so_already() {
    for kind in [FaultKind::ResetAfter, FaultKind::HalfBody] {
        let stage = Stage::new(&[agent("ana@x.com")]).await;
        stage.sim.inject(Fault::new(Service::Connect, "CreateUser", kind).times(1));
        let report = stage.sync().await;
        assert_eq!(actions(&report), ["assign_group Agents: done", "create_user ana@x.com: already_so"], "{kind:?}");
        assert_eq!(verdicts(&report), ["converged"]);
        assert_eq!(stage.logins(), ["ana@x.com"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_found_although_the_index_does_not_know_it_yet() {
    let world = format!("{WORLD}\n{}", agent("ana@x.com"));
    let stage = Stage::with(&world, CONFIG, Options { search_lag_seconds: 3600, ..unpaced() }).await;
    stage.sim.inject(Fault::new(Service::Connect, "CreateUser", FaultKind::ResetAfter).times(1));
    assert_eq!(actions(&stage.sync().await)[1], "create_user ana@x.com: already_so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_user_is_adopted_and_nothing_else_of_it_changes() {
    let mut stage = Stage::new(&[user("ana@x.com"), agent("ana@x.com")]).await;
    stage.configure("adopt = true\n");
    let before = stage.sim.snapshot()["instances"][0]["users"][0].clone();
    assert_eq!(actions(&stage.sync().await), ["assign_group Agents: done", "adopt_user ana@x.com: done"]);
    let mut after = stage.sim.snapshot()["instances"][0]["users"][0].clone();
    let tags = after["tags"].take();
    assert_eq!(tags["rollcall:owner"], "rollcall");
    let mut expected = before;
    expected["tags"].take();
    assert_eq!(after, expected);
    assert_eq!(stage.writes().keys().collect::<Vec<_>>(), ["CreateApplicationAssignment", "TagResource"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mappings_give_profiles_hierarchy_phone_and_tags() {
    let mut stage = Stage::new(&[person("ana@x.com", &["Supervisors"])]).await;
    stage.configure(
        "[[target.mapping]]\ngroup = \"Supervisors\"\nrouting_profile = \"VIP\"\n\
         security_profiles = [\"CallCenterManager\", \"Agent\"]\nhierarchy = \"EMEA/London\"\n\
         phone = { type = \"desk\", number = \"+442079460018\", auto_accept = true, after_contact_work = \"unlimited\" }\n\
         tags = { team = \"support\" }\n",
    );
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["converged"], "{:#}", view(&report));
    let world = stage.sim.snapshot();
    let user = &world["instances"][0]["users"][0];
    assert_eq!(user["tags"]["team"], "support", "{user:#}");
    let text = user.to_string();
    assert!(text.contains("+442079460018") && text.contains("DESK_PHONE"), "{user:#}");
    assert_eq!(actions(&stage.sync().await), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_may_be_named_by_id_and_an_application_by_name() {
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    let world = stage.sim.snapshot();
    let groups = world["groups"].as_array().unwrap_or_else(|| panic!("{world:#}"));
    let id = groups.iter().find(|group| group["name"] == "Agents").unwrap()["id"].as_str().unwrap();
    let mut stage = stage;
    stage.config = CONFIG
        .replace("group = \"Agents\"", &format!("group = \"{id}\""))
        .replace(crate::stage::APPLICATION, "Amazon Connect");
    let report = stage.sync().await;
    assert_eq!(actions(&report), ["assign_group Agents: done", "create_user ana@x.com: done"], "{:#}", view(&report));
}
