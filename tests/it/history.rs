//! The history of runs: it tells everything, and decides nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use rollcall::daemon::{ConfigStatus, Desk, Entry, Which};
use rollcall::history::{Health, History, Store, Wanted, Whose};
use rollcall::metrics::Metrics;
use rollcall::model::id::TargetName;
use rollcall::model::settings::Mode;
use rollcall::pass::{Request, Runner};
use rollcall::report::{Cause, RunReport};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::guards::six_of_ten;
use crate::stage::{LADDER, Stage, agent, hours_ago, owned, owned_with, person, user, verdicts, view};

const KEEP: SignedDuration = SignedDuration::from_hours(400 * 24);

/// A folder, and a file in it that does not exist yet.
fn file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    (folder, path)
}

async fn flushed(history: &History) {
    assert!(history.flush(Duration::from_secs(20)).await, "{:?}", history.health());
}

/// A desk that writes its runs there, as one process does.
pub(crate) async fn desk(stage: &Stage, path: &Path) -> Arc<Desk> {
    let metrics = Arc::new(Metrics::new("0").unwrap());
    let runner = Arc::new(Runner::metered(stage.setup(), &metrics));
    let history = History::open(Some(path), KEEP);
    runner.recall(history.ages().await.unwrap());
    let config = ConfigStatus { path: None, loaded_at: String::new(), last_reload: None };
    Arc::new(Desk::new(runner, metrics, config, CancellationToken::new()).recording(history))
}

async fn over(entry: &Entry) -> &RunReport {
    assert!(entry.wait(Duration::from_secs(30)).await, "the run does not end");
    entry.run.report().unwrap()
}

async fn pass(desk: &Arc<Desk>) -> RunReport {
    over(&desk.submit(Request::new(Mode::Apply, Cause::Http)).unwrap()).await.clone()
}

/// What a report says of people, without what differs from run to run.
fn told(report: &RunReport) -> Value {
    let view = view(report);
    let target = &view["targets"][0];
    let codes: Vec<&Value> = target["findings"].as_array().unwrap().iter().map(|finding| &finding["code"]).collect();
    json!([view["verdict"], target["actions"], target["withheld"], codes])
}

fn leavers() -> Vec<String> {
    let since = hours_ago(100);
    let gone = owned_with("ana@x.com", "ana@x.com", &[("rollcall:absent-since", &since)]);
    let mut world = vec![gone, user("Bo@x.com"), user("nobody@x.com")];
    world.extend((0..9).map(|n| owned(&format!("stays{n}@x.com"), &format!("stays{n}@x.com"))));
    world.extend((0..9).map(|n| agent(&format!("stays{n}@x.com"))));
    world.extend([agent("bo@x.com"), agent("cy@x.com"), person("ana@x.com", &[])]);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_lost_changes_no_plan() {
    let (_folder, path) = file();
    let mut stories = Vec::new();
    for is_lost in [false, true] {
        let mut stage = Stage::new(&leavers()).await;
        stage.configure(LADDER);
        let mut story = Vec::new();
        for _ in 0..2 {
            let desk = desk(&stage, &path).await;
            story.push(told(&pass(&desk).await));
            flushed(desk.history()).await;
            drop(desk);
            if is_lost {
                std::fs::remove_file(&path).unwrap();
            }
        }
        // Times and ids belong to the world.
        let text = serde_json::to_string(&story).unwrap();
        assert!(text.contains("create_user") && text.contains("quarantine_user"), "{text}");
        let kinds = |story: &Value| {
            let actions = story[1].as_array().unwrap().iter();
            actions.map(|action| json!([action["kind"], action["login"], action["result"]])).collect::<Vec<_>>()
        };
        stories.push(story.iter().map(|pass| json!([pass[0], kinds(pass), pass[3]])).collect::<Vec<_>>());
        let _ = std::fs::remove_file(&path);
    }
    assert_eq!(stories[0], stories[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_keep_their_age_and_runs_can_be_asked_about_after_a_restart() {
    let (_folder, path) = file();
    let stage = Stage::new(&[user("Ana@x.com"), agent("ana@x.com")]).await;
    let ended = desk(&stage, &path).await;
    let first = view(&pass(&ended).await);
    let second = view(&pass(&ended).await);
    flushed(ended.history()).await;
    drop(ended);

    let desk = desk(&stage, &path).await;
    let third = view(&pass(&desk).await);
    let finding = |run: &Value| run["targets"][0]["findings"][0].clone();
    assert_eq!(finding(&first)["state"], "new");
    assert_eq!(finding(&third)["state"], "still");
    assert_eq!(finding(&third)["since"], finding(&first)["since"]);

    for run in [&first, &second, &third] {
        let told = desk.past_run(run["run"].as_str().unwrap()).await.unwrap().unwrap();
        assert_eq!(serde_json::to_value(told).unwrap(), *run);
    }
    flushed(desk.history()).await;
    let ids = |lines: Vec<rollcall::report::Line>| lines.into_iter().map(|line| json!(line.run)).collect::<Vec<_>>();
    let all = [third["run"].clone(), second["run"].clone(), first["run"].clone()];
    assert_eq!(ids(desk.past_runs(Which::All, None, 20).await.lines), all);
    assert_eq!(ids(desk.past_runs(Which::All, third["run"].as_str(), 1).await.lines), all[1..2]);
    assert!(desk.past_run("01ARZ3NDEKTSV4RRFFQ69G5FAV").await.unwrap().is_none());
    // However many wait, what is over is told.
    let open = desk.submit(Request::new(Mode::Apply, Cause::Http)).unwrap();
    let ended = desk.past_runs(Which::Ended, None, 3).await.lines;
    assert!(
        ended.len() == 3 && ended.iter().all(|line| line.state == rollcall::report::json::State::Done),
        "{ended:?}"
    );
    over(&open).await;
    flushed(desk.history()).await;
    let days = desk.daily(1).await.unwrap();
    assert_eq!((days.len(), days[0].passes, days[0].converged, days[0].changes), (1, 4, 4, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_approved_says_by_whom() {
    let (_folder, path) = file();
    let stage = six_of_ten(&[]).await;
    let desk = desk(&stage, &path).await;
    let held = pass(&desk).await;
    let code = held.targets[0].approval().unwrap().to_owned();
    over(&desk.approve(&code, "Kim", "192.0.2.7:4711").unwrap()).await;
    flushed(desk.history()).await;
    let record = desk.person(Whose { person: "agent0@x.com".to_owned(), ..Whose::default() }).await.unwrap();
    let events: Vec<(&str, &str)> =
        record.events.iter().map(|event| (event.kind.as_str(), event.result.as_str())).collect();
    assert_eq!(events, [("quarantine_user", "withheld"), ("quarantine_user", "done")]);
    for event in &record.events {
        let [approval] = event.approvals.as_slice() else { panic!("{event:?}") };
        assert_eq!((approval.by.as_deref(), approval.peer.as_str()), (Some("Kim"), "192.0.2.7:4711"));
        assert_eq!(event.approval.as_deref(), Some(code.as_str()));
    }
    let profile = record.events[1].changes.iter().find(|change| change.field == "routing_profile").unwrap();
    assert_eq!(profile.from.as_deref(), Some("Basic Routing Profile"));
    assert_eq!(profile.to.as_deref(), Some("Parking"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_approved_after_a_plan_alone_says_so_and_under_which_code() {
    let (_folder, path) = file();
    let mut stage = six_of_ten(&[]).await;
    stage.configure(&format!("\n[history]\npath = {:?}\n", path.display().to_string()));
    let planned = stage.cli(&["plan", "--output", "json"]).await.json();
    let code = planned["targets"][0]["approval"].as_str().unwrap();
    let synced = stage.cli(&["sync", "--approve", code, "--output", "json"]).await.json();
    let actions = synced["targets"][0]["actions"].as_array().unwrap();
    let (held, free): (Vec<&Value>, Vec<&Value>) =
        actions.iter().partition(|action| action["kind"] == "quarantine_user");
    assert!(held.len() == 6 && held.iter().all(|action| action["approval"] == code), "{actions:?}");
    assert!(free.iter().all(|action| action["approval"].is_null()), "no guard had held it back: {free:?}");
    // No pass on record has held it back.
    let record = stage.cli(&["history", "--person", "agent0@x.com", "--output", "json"]).await.json();
    let [event] = record["events"].as_array().unwrap().as_slice() else { panic!("{record:#}") };
    assert_eq!((&event["result"], &event["approval"]), (&json!("done"), &json!(code)));
    assert!(event["approvals"][0]["peer"].as_str().unwrap().starts_with("cli, user id "), "{event:#}");
    for arguments in [["--person", "agent0@x.com"], ["--run", synced["run"].as_str().unwrap()]] {
        let told = stage.cli(&[&["history"][..], &arguments].concat()).await.stdout;
        assert!(told.contains("approved at ") && told.contains(", from cli, user id "), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_used_fails_no_pass_and_is_tried_again() {
    let (_folder, path) = file();
    std::fs::write(&path, "no database, but a letter".repeat(100)).unwrap();
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    let desk = desk(&stage, &path).await;
    assert_eq!(verdicts(&pass(&desk).await), ["converged"]);
    assert!(!desk.history().flush(Duration::from_secs(20)).await);
    let status = desk.status().history;
    assert_eq!((status.error.as_deref(), status.waiting), (Some("file is not a database"), 1));
    // Meanwhile it is remembered, and what was earlier is not said to be nothing.
    let whose = || Whose { person: "ana@x.com".to_owned(), ..Whose::default() };
    let record = desk.person(whose()).await.unwrap();
    assert_eq!(record.events.len(), 1);
    let why = "the history cannot be read now: file is not a database";
    assert_eq!(record.error.as_deref(), Some(why));
    let runs = desk.past_runs(Which::All, None, 9).await;
    assert_eq!((runs.lines.len(), runs.unread.map(|error| error.to_string()).as_deref()), (1, Some(why)));
    assert_eq!(desk.past_run("01AAAAAAAAAAAAAAAAAAAAAAAA").await.unwrap_err().to_string(), why);
    let never = TargetName::new("nobody");
    assert_eq!(desk.last_able(&never).await.unwrap_err().to_string(), why);
    std::fs::remove_file(&path).unwrap();
    flushed(desk.history()).await;
    assert_eq!(desk.status().history.error, None);
    assert_eq!(desk.past_runs(Which::All, None, 9).await.unread, None);
    let store = Store::open_to_read(&path).unwrap();
    assert_eq!(store.lines(&Wanted { limit: 9, ..Wanted::default() }).unwrap().len(), 1);
    assert_eq!(store.person(&whose()).unwrap().events.len(), 1);
    // A file that is put away while it is written to is made anew.
    drop(store);
    std::fs::remove_file(&path).unwrap();
    pass(&desk).await;
    flushed(desk.history()).await;
    assert_eq!(Store::open_to_read(&path).unwrap().lines(&Wanted { limit: 9, ..Wanted::default() }).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_goes_by_the_services_time_and_not_by_a_clock_that_is_ahead() {
    let (_folder, path) = file();
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    let runner = stage.runner();
    let request = Request::new(Mode::Apply, Cause::Cli);
    let report = runner.run(&request, &CancellationToken::new()).await;
    let history = History::open(Some(&path), SignedDuration::from_hours(30 * 24));
    let past = |days: i64, run: &str| {
        let mut report = report.clone();
        run.clone_into(&mut report.run);
        report.started_at -= SignedDuration::from_hours(days * 24);
        report.finished_at = report.started_at;
        history.record(report);
    };
    past(20, "01AAAAAAAAAAAAAAAAAAAAAAAA");
    // Whatever the host believes, the services say that this is now.
    past(-40, "01BBBBBBBBBBBBBBBBBBBBBBBB");
    flushed(&history).await;
    assert!(history.run("01AAAAAAAAAAAAAAAAAAAAAAAA").await.unwrap().is_some());
    past(31, "01CCCCCCCCCCCCCCCCCCCCCCCC");
    past(0, "01DDDDDDDDDDDDDDDDDDDDDDDD");
    flushed(&history).await;
    let lines = history.lines(Wanted { limit: 9, ..Wanted::default() }).await.unwrap();
    let mut left: Vec<&str> = lines.iter().map(|line| &line.run[2..3]).collect();
    left.sort_unstable();
    assert_eq!(left, ["A", "B", "D"]);
    let Health { trouble, waiting, lost, is_cut_off: _ } = history.health();
    assert_eq!((trouble, waiting, lost), (None, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_writes_what_history_shows_and_plan_does_not() {
    let (_folder, path) = file();
    let since = hours_ago(2000);
    let aged = [("rollcall:absent-since", since.as_str()), ("rollcall:quarantined-at", &hours_ago(721))];
    let mut world = vec![owned_with("ana@x.com", "ana@x.com", &aged), owned("bo@x.com", "bo@x.com")];
    world.extend([agent("bo@x.com"), agent("cy@x.com"), person("ana@x.com", &[])]);
    let mut stage = Stage::new(&world).await;
    stage.configure(LADDER);
    let none = stage.cli(&["history"]).await;
    assert_eq!(none.code, Some(2), "{none:#?}");
    assert!(none.stderr.contains("hint: set `history.path`"), "{none:#?}");
    stage.configure(&format!("\n[history]\npath = {:?}\n", path.display().to_string()));
    let planned = stage.cli(&["plan"]).await;
    assert_eq!((planned.code, path.exists()), (Some(0), false));
    let missing = stage.cli(&["history"]).await;
    assert_eq!(missing.code, Some(1), "{missing:#?}");
    assert!(missing.stderr.contains("there is none yet"), "{missing:#?}");

    let synced = stage.cli(&["sync", "--output", "json"]).await.json();
    let id = synced["run"].as_str().unwrap();
    let again = stage.cli(&["sync", "--output", "json"]).await.json();
    assert_eq!(again["targets"][0]["findings"].as_array().unwrap().len(), 0);

    let run = stage.cli(&["history", "--run", id, "--output", "json"]).await;
    assert_eq!(run.json(), synced);
    let list = stage.cli(&["history", "--output", "json"]).await.json();
    assert_eq!((list["runs"].as_array().unwrap().len(), &list["runs"][1]["run"]), (2, &synced["run"]));
    assert_eq!(list["runs"][1]["passes"][0]["done"], json!({"assign_group": 1, "create_user": 1, "delete_user": 1}));
    let table = stage.cli(&["history"]).await;
    assert!(table.stdout.contains("create_user 1, delete_user 1") && table.stdout.contains(id), "{}", table.stdout);
    let since = stage.cli(&["history", "--since", "2199-01-01", "--output", "json"]).await.json();
    assert_eq!(since["runs"], json!([]));
    assert_eq!(stage.cli(&["history", "--since", "soon"]).await.code, Some(2));
    assert_eq!(stage.cli(&["history", "--run", "none"]).await.code, Some(2));

    let gone = stage.cli(&["history", "--person", "ana@x.com", "--output", "json"]).await.json();
    let deleted = &gone["events"][0];
    assert_eq!(
        (&deleted["kind"], &deleted["run"], &deleted["mapping"]),
        (&json!("delete_user"), &synced["run"], &json!("Agents"))
    );
    assert_eq!(deleted["user"]["IdentityInfo"]["FirstName"], "Given ana");
    let story = stage.cli(&["history", "--person", "ana@x.com"]).await;
    assert!(story.stdout.contains("it was Given ana Family ana"), "{}", story.stdout);
    let csv = stage.cli(&["history", "--person", "cy@x.com", "--output", "csv"]).await;
    let mut rows = csv::Reader::from_reader(csv.stdout.as_bytes());
    let names = rows.headers().unwrap().clone();
    let row = rows.records().next().unwrap().unwrap();
    let cell = |name: &str| row.get(names.iter().position(|one| one == name).unwrap()).unwrap();
    assert_eq!(
        (cell("kind"), cell("login"), cell("result"), cell("mapping")),
        ("create_user", "cy@x.com", "done", "Agents")
    );
    assert!(cell("after").contains("routing_profile: Basic Routing Profile"), "{}", csv.stdout);
    let nobody = stage.cli(&["history", "--person", "nobody@x.com"]).await;
    assert_eq!((nobody.code, nobody.stdout.as_str()), (Some(0), "nothing is recorded of `nobody@x.com`\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_cannot_be_meant_is_a_mistake_and_no_empty_answer() {
    let (_folder, path) = file();
    let mut stage = Stage::new(&[agent("ana@x.com")]).await;
    stage.configure(&format!("\n[history]\npath = {:?}\n", path.display().to_string()));
    assert_eq!(stage.cli(&["sync"]).await.code, Some(0));
    for (arguments, words) in [
        (["--person", " "], "`--person` is empty"),
        (["--target", "suport"], "there is no target `suport`, neither in the history nor in the configuration"),
    ] {
        let mistaken = stage.cli(&[&["history"][..], &arguments].concat()).await;
        assert_eq!(mistaken.code, Some(2), "{mistaken:#?}");
        assert!(mistaken.stderr.contains(words) && mistaken.stderr.contains("hint: "), "{mistaken:#?}");
    }
    let later = stage.cli(&["history", "--person", "ana@x.com", "--since", "2199-01-01"]).await;
    assert_eq!(later.stdout, "nothing is recorded of `ana@x.com` since 2199-01-01T00:00:00Z\n");
}
