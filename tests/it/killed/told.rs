//! What the history tells of a run that was killed.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rollcall::history::{Span, Whose};
use rollcall::sim::{Fault, FaultKind, Service};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::history;
use crate::stage::{LADDER, RATES, Stage, agent, hours_ago, owned, owned_with, person};

/// Rates at which one call of a kind goes out at a time.
const ONE_BY_ONE: &str = "\n[rates.connect]\nrequests_per_second = 5000.0\nburst = 1\nshare = 1.0\n\
    operations = { CreateUser = 4.0, DeleteUser = 4.0 }\n\
    [rates.identity_store]\nrequests_per_second = 5000.0\nburst = 5000\n\
    [rates.sso_admin]\nrequests_per_second = 5000.0\nburst = 5000\n";

fn logins(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("agent{n:04}@x.com")).collect()
}

/// A stage with a history, in a folder of its own.
async fn stage(world: &[String], config: &str) -> (Stage, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(world).await;
    stage.configure(&format!(
        "{config}\n[history]\npath = {:?}\n",
        folder.path().join("history.db").display().to_string()
    ));
    (stage, folder)
}

/// Leavers whose time has come, and some who stay.
fn leavers(count: usize) -> Vec<String> {
    let (since, at) = (hours_ago(2000), hours_ago(1000));
    let marks = [("rollcall:absent-since", since.as_str()), ("rollcall:quarantined-at", &at)];
    let gone = logins(count);
    let mut world: Vec<String> = gone.iter().map(|login| owned_with(login, login, &marks)).collect();
    world.push(owned("stays@x.com", "stays@x.com"));
    world.push(agent("stays@x.com"));
    world.extend(gone.iter().map(|login| person(login, &[])));
    world
}

fn deleting() -> String {
    LADDER.replace("removals = \"delete\"", "removals = \"delete\"\nmax_removals = 100")
}

/// How many actions of a kind the history has of runs that have no end.
fn begun(folder: &Path, kind: &str) -> usize {
    let file = Connection::open_with_flags(folder.join("history.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    file.busy_timeout(Duration::from_secs(1)).unwrap();
    let count = file.query_row("SELECT count(*) FROM begun WHERE name = ?1", [kind], |row| row.get::<_, i64>(0));
    usize::try_from(count.unwrap()).unwrap()
}

/// Starts a pass, lets so many calls of an operation be answered, and kills it while others are on their way, which are
/// carried out all the same.
async fn killed_after(stage: &Stage, folder: &Path, (operation, kind): (&str, &str), calls: u64) {
    let slow = Fault::new(Service::Connect, operation, FaultKind::Slow).after(calls);
    stage.sim.inject(Fault { delay_ms: Some(60_000), ..slow });
    let mut command = stage.command(&["sync"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    // What goes out is in the file soon after.
    while stage.calls(operation) as u64 <= calls || begun(folder, kind) < stage.calls(operation) {
        assert!(child.try_wait().unwrap().is_none(), "the pass has ended");
        assert!(started.elapsed() < Duration::from_secs(20), "{} of {}", begun(folder, kind), stage.calls(operation));
        let sent = stage.calls(operation);
        // Who is deleted is in the file before.
        assert!(operation != "DeleteUser" || sent == 0 || begun(folder, kind) >= sent, "{sent} deletions were sent");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    stage.sim.clear_faults();
}

async fn record(stage: &Stage, login: &str) -> Vec<Value> {
    let record = stage.cli(&["history", "--person", login, "--output", "json"]).await.json();
    record["events"].as_array().unwrap().clone()
}

fn told(event: &Value) -> (&str, &str, bool) {
    let text = |name: &str| event[name].as_str().unwrap();
    (text("kind"), text("result"), event["is_open"].as_bool().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_among_creations_the_history_tells_who_has_an_account_and_of_none_twice() {
    let all = logins(40);
    let world: Vec<String> = all.iter().map(|login| agent(login)).collect();
    let (stage, folder) = stage(&world, ONE_BY_ONE).await;
    killed_after(&stage, folder.path(), ("CreateUser", "create_user"), 10).await;
    let made = stage.logins();
    assert!((11..40).contains(&made.len()), "{made:?}");

    let list = stage.cli(&["history", "--output", "json"]).await.json();
    let [line] = list["runs"].as_array().unwrap().as_slice() else { panic!("{list:#}") };
    assert_eq!(
        (&line["state"], &line["verdict"], &line["targets"]),
        (&json!("running"), &Value::Null, &json!(["support"]))
    );
    assert_eq!(line["passes"][0]["done"], json!({"assign_group": 1, "create_user": 10}));
    let id = line["run"].as_str().unwrap();
    let run = stage.cli(&["history", "--run", id, "--output", "json"]).await.json();
    assert_eq!((&run["finished_at"], &run["last_heard"]), (&Value::Null, &line["last_heard"]));
    let of = |result: &str| {
        let actions = run["targets"][0]["actions"].as_array().unwrap().iter();
        let actions = actions.filter(|action| action["kind"] == "create_user" && action["result"] == result);
        actions.map(|action| action["login"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (done, mut begun) = (of("done"), of("begun"));
    assert_eq!(done.len(), 10, "{run:#}");
    // Nobody is mentioned whose creation did not go out.
    begun.extend(done.clone());
    begun.sort();
    assert_eq!(begun, made);
    let table = stage.cli(&["history"]).await.stdout;
    assert!(table.contains("not over, or cut off") && table.contains("create_user 10"), "{table}");
    for arguments in [["--run", id], ["--person", &done[0]]] {
        let text = stage.cli(&[&["history"][..], &arguments].concat()).await.stdout;
        assert!(text.contains(&format!("run {id} by cli, which is not over, or was cut off")), "{text}");
    }

    // A daemon that starts then tells the same.
    let desk = history::desk(&stage, &folder.path().join("history.db")).await;
    let lines = desk.past_runs(rollcall::daemon::Which::All, None, 9).await.lines;
    assert_eq!((lines.len(), lines[0].run.as_str(), &json!(lines[0].last_heard)), (1, id, &run["last_heard"]));
    assert_eq!(serde_json::to_value(desk.past_run(id).await.unwrap()).unwrap(), run);
    assert_eq!(desk.excerpt(id, Span { skip: 1, limit: 9 }).await.unwrap().unwrap().events.len(), 9);
    let whose = Whose { person: done[0].clone(), ..Whose::default() };
    assert_eq!(desk.person(whose).await.unwrap().events[0].run, id);
    drop(desk);

    assert_eq!(stage.cli(&["sync"]).await.code, Some(0));
    for login in &all {
        let events = record(&stage, login).await;
        let [event] = events.as_slice() else { panic!("{login}: {events:#?}") };
        let expected = if done.contains(login) {
            ("create_user", "done", true)
        } else if made.contains(login) {
            ("create_user", "begun", true)
        } else {
            ("create_user", "done", false)
        };
        assert_eq!(told(event), expected, "{login}");
        assert_eq!(event["run"] == id, expected.2, "{event:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_among_deletions_the_history_has_every_deleted_user_whole() {
    let all = logins(8);
    let (stage, folder) = stage(&leavers(8), &format!("{}{ONE_BY_ONE}", deleting())).await;
    killed_after(&stage, folder.path(), ("DeleteUser", "delete_user"), 4).await;
    let left = stage.logins();
    let gone: Vec<&String> = all.iter().filter(|login| !left.contains(login)).collect();
    assert!((5..8).contains(&gone.len()), "{left:?}");
    for login in &gone {
        let events = record(&stage, login).await;
        let [event] = events.as_slice() else { panic!("{login}: {events:#?}") };
        assert!(matches!(told(event), ("delete_user", "done" | "begun", true)), "{event:#}");
        let user = &event["user"];
        assert_eq!(
            (&user["Username"], &user["IdentityInfo"]["FirstName"]),
            (&json!(login), &json!(format!("Given {}", &login[..9])))
        );
    }
    assert_eq!(stage.cli(&["sync"]).await.code, Some(0));
    for login in &all {
        let events = record(&stage, login).await;
        let done: Vec<&Value> =
            events.iter().filter(|event| event["result"] == "done" && event["is_open"] == false).collect();
        assert_eq!(done.len(), usize::from(!gone.contains(&login)), "{login}: {events:#?}");
        assert!(events.iter().all(|event| event["user"]["Username"] == login.as_str()), "{events:#?}");
    }
}

/// A history that somebody else is writing to, and does not let go of.
fn locked(folder: &Path) -> Connection {
    let other = Connection::open(folder.join("history.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_locked_holds_up_no_deletion_for_long_and_the_log_says_so() {
    let all = logins(12);
    let (mut stage, folder) = stage(&leavers(12), &format!("{}{RATES}", deleting())).await;
    // Makes the file.
    assert_eq!(stage.cli(&["sync", "--person", "stays@x.com"]).await.code, Some(0));
    stage.configure("\n[log]\nformat = \"json\"\n");
    let other = locked(folder.path());
    let begun = Instant::now();
    let mut command = stage.command(&["sync"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while all.iter().any(|login| stage.logins().contains(login)) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", stage.logins());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(3) && took < Duration::from_secs(7), "{took:?}");
    other.execute_batch("ROLLBACK").unwrap();
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{log}");
    assert_eq!(log.matches("deletion-unrecorded").count(), 12, "{log}");
    for login in &all {
        let events = record(&stage, login).await;
        let [event] = events.as_slice() else { panic!("{login}: {events:#?}") };
        assert_eq!(told(event), ("delete_user", "done", false));
    }
}
