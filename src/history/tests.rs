//! The file by itself: what it holds, what it lets go of, and which files are none.

mod repeats;
mod terminal;
mod unfinished;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use ulid::Ulid;

use super::store::Error;
use super::{Approval, Event, Excerpt, Listing, Span, Store, Story, Sums, Wanted, Whose};
use crate::model::id::TargetName;
use crate::report::json::Run;
use crate::report::table::Look;

const LOOK: Look = Look { width: None, colour: false, findings: true };

fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    (folder, path)
}

fn at(hours: i64) -> Timestamp {
    "2027-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

/// A run of one target that began in this hour.
#[expect(clippy::needless_pass_by_value, reason = "so that a call can say what is special in JSON")]
fn run(hours: i64, target: Value) -> Run {
    let begun = at(hours);
    let id = Ulid::from_parts(u64::try_from(begun.as_millisecond()).unwrap(), 7).to_string();
    let mut whole = json!({
        "name": "support", "mode": "apply", "verdict": "converged", "progress": {"done": 0, "total": 0, "eta_seconds": 0.0},
        "estimate_seconds": 0.0, "members": 2, "blocked": 0, "connect_users": 2, "owned": 2, "served": 2,
        "actions": [], "withheld": [], "findings": [], "requests": {"connect:ListUsers": 1},
    });
    let done = target["actions"].as_array().map_or(0, Vec::len);
    whole["progress"] = json!({"done": done, "total": done, "eta_seconds": 0.0});
    for (name, value) in target.as_object().unwrap() {
        whole[name] = value.clone();
    }
    serde_json::from_value(json!({
        "schema": 1, "run": id, "state": "done", "mode": "apply", "cause": "schedule", "verdict": whole["verdict"],
        "started_at": begun.to_string(), "finished_at": (begun + 1.minute()).to_string(), "elapsed_seconds": 60.0,
        "requests": {"connect:ListUsers": 1, "identitystore:ListUsers": 2}, "targets": [whole],
    }))
    .unwrap()
}

fn created(login: &str, principal: &str) -> Value {
    json!({"kind": "create_user", "login": login, "principal": principal, "mapping": "Agents", "result": "done",
        "changes": [{"field": "routing_profile", "to": "Basic Routing Profile"}, {"field": "secondary_email", "to": "mail@x.com"}]})
}

fn finding(id: &str, login: &str, principal: &str, state: &str, since: i64) -> Value {
    json!({"id": id, "code": "login-changed", "severity": "error", "state": state, "accepted": false, "login": login,
        "email": "new@x.com", "principal": principal, "evidence": {"one": null}, "message": "m", "fix": "f",
        "since": at(since).to_string()})
}

fn whose(person: &str) -> Whose {
    Whose { person: person.to_owned(), ..Whose::default() }
}

fn rows(store: &Store, table: &str) -> i64 {
    store.connection.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0)).unwrap()
}

#[test]
fn a_run_is_told_as_it_was_reported() {
    let (_folder, path) = file();
    let mut store = Store::open(&path).unwrap();
    let deleted = json!({"kind": "delete_user", "login": "bo@x.com", "principal": "p-bo", "result": "done", "changes": [],
        "user": {"Username": "bo@x.com", "IdentityInfo": {"FirstName": "Bo", "Mobile": null}}});
    let failed = json!({"kind": "update_user", "login": "cy@x.com", "result": "failed", "changes": [],
        "error": {"message": "failed", "causes": ["denied"], "hint": null}});
    let held = json!({"kind": "quarantine_user", "login": "di@x.com", "principal": "p-di", "changes": [], "guard": "max-removals"});
    let run = run(
        0,
        json!({
            "verdict": "incomplete", "actions": [created("ana@x.com", "p-ana"), deleted, failed], "withheld": [held],
            "approval": "c0de", "findings": [finding("1", "ana@x.com", "p-ana", "new", 0)],
        }),
    );
    store.record(&run).unwrap();
    store.record(&run).unwrap();
    assert_eq!((rows(&store, "run"), rows(&store, "pass")), (1, 1), "twice the same is once");
    drop(store);
    let store = Store::open_to_read(&path).unwrap();
    let told = store.run(&run.run).unwrap().unwrap();
    assert_eq!(serde_json::to_value(&told).unwrap(), serde_json::to_value(&run).unwrap());
    assert!(store.run("other").unwrap().is_none());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_stands_is_held_once_however_many_passes_see_it() {
    let mut store = Store::in_memory().unwrap();
    let findings =
        |state: &str| (0..200).map(|n| finding(&n.to_string(), "a@x.com", "p", state, 0)).collect::<Vec<_>>();
    store.record(&run(0, json!({"findings": findings("new")}))).unwrap();
    for hour in 1..50 {
        store.record(&run(hour, json!({"findings": findings("still")}))).unwrap();
    }
    assert_eq!((rows(&store, "entry"), rows(&store, "list"), rows(&store, "pass")), (200, 2, 50));
    let record = store.person(&whose("p")).unwrap();
    assert_eq!(record.findings.len(), 200);
    let one = &record.findings[0];
    assert_eq!(one.finding.since, at(0).to_string());
    assert_eq!(one.last_seen, (at(49) + 1.minute()).to_string());
    assert!(one.is_there);
    let ages = store.ages().unwrap();
    assert_eq!(ages.values().map(std::collections::BTreeMap::len).sum::<usize>(), 200);
    // A pass that failed, and one person's pass, say nothing of what is there.
    store.record(&run(50, json!({"verdict": "failed", "members": null}))).unwrap();
    store.record(&Run { person: Some("a@x.com".to_owned()), ..run(51, json!({})) }).unwrap();
    assert_eq!(store.ages().unwrap(), ages);
    store.record(&run(52, json!({}))).unwrap();
    assert!(store.ages().unwrap().is_empty());
    assert!(!store.person(&whose("p")).unwrap().findings[0].is_there);
}

#[test]
fn who_is_renamed_keeps_one_record_under_either_name() {
    let mut store = Store::in_memory().unwrap();
    store.record(&run(0, json!({"actions": [created("old@x.com", "p-ana"), created("bo@x.com", "p-bo")]}))).unwrap();
    let moved =
        json!({"kind": "mark_absent", "login": "old@x.com", "principal": "p-ana", "result": "done", "changes": []});
    let actions = json!([created("new@x.com", "p-ana"), moved]);
    store
        .record(&run(1, json!({"actions": actions, "findings": [finding("1", "old@x.com", "p-ana", "new", 1)]})))
        .unwrap();
    for name in ["old@x.com", "New@x.com", "p-ana"] {
        let record = store.person(&whose(name)).unwrap();
        assert_eq!(record.principals, ["p-ana"], "{name}");
        assert_eq!(record.logins, ["new@x.com", "old@x.com"], "{name}");
        let events: Vec<&str> = record.events.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(events, ["create_user", "create_user", "mark_absent"], "{name}");
        assert_eq!(record.findings.len(), 1, "{name}");
    }
    let by_mail = store.person(&whose("mail@x.com")).unwrap();
    assert_eq!(by_mail.principals, ["p-ana", "p-bo"], "an address that both were created with");
    assert!(store.person(&whose("nobody@x.com")).unwrap().events.is_empty());
    let last = store.person(&Whose { limit: Some(1), ..whose("p-ana") }).unwrap();
    assert_eq!((last.events.len(), last.events[0].kind.as_str(), last.is_cut), (1, "mark_absent", true));
    assert_eq!(store.person(&Whose { since: Some(at(1)), ..whose("p-ana") }).unwrap().events.len(), 2);
    assert!(store.person(&Whose { target: Some("sales".to_owned()), ..whose("p-ana") }).unwrap().events.is_empty());
}

#[test]
fn what_is_done_twice_is_told_twice_and_what_waits_is_told_once() {
    let mut store = Store::in_memory().unwrap();
    let held = json!([{"kind": "quarantine_user", "login": "a@x.com", "principal": "p", "changes": [], "guard": "max-removals"}]);
    for hour in 0..3 {
        let target =
            json!({"actions": [created("a@x.com", "p")], "withheld": held, "approval": "c0de", "verdict": "held"});
        store.record(&run(hour, target)).unwrap();
    }
    let approval = |code: &str, target: Option<&str>| Approval {
        code: code.to_owned(),
        target: target.map(str::to_owned),
        by: Some("Kim".to_owned()),
        peer: "127.0.0.1".to_owned(),
        at: at(3),
        run: None,
    };
    store.approve(&approval("c0de", Some("support"))).unwrap();
    store.approve(&approval("c0de", Some("sales"))).unwrap();
    store.approve(&approval("other", None)).unwrap();
    let record = store.person(&whose("a@x.com")).unwrap();
    let told: Vec<(&str, usize)> = record.events.iter().map(|event| (event.result.as_str(), event.times)).collect();
    assert_eq!(told, [("done", 1), ("withheld", 3), ("done", 1), ("done", 1)]);
    let approvals: Vec<&str> = record.events[1].approvals.iter().map(|one| one.approval.as_str()).collect();
    assert_eq!(approvals, ["c0de"]);
    let table = Story::from(record).table(LOOK);
    assert!(table.contains("held back by max-removals") && table.contains("approved by Kim"), "{table}");
}

#[test]
fn what_is_too_old_is_let_go_in_parts_and_its_space_is_used_again() {
    let (_folder, path) = file();
    let mut store = Store::open(&path).unwrap();
    for hour in 0..250 {
        store.record(&run(hour, json!({"actions": [created(&format!("a{hour}@x.com"), "p")]}))).unwrap();
    }
    assert_eq!(store.trim(at(240)).unwrap(), 100, "a clock that is ahead takes a part, and there is time to see it");
    assert_eq!((rows(&store, "run"), rows(&store, "pass"), rows(&store, "entry")), (150, 150, 150));
    assert_eq!(store.trim(at(240)).unwrap(), 100);
    assert_eq!(store.trim(at(240)).unwrap(), 40);
    assert_eq!(store.trim(at(240)).unwrap(), 0);
    assert_eq!((rows(&store, "run"), rows(&store, "list"), rows(&store, "list_entry")), (10, 10, 10));
    let pages =
        |store: &Store| store.connection.query_row("PRAGMA page_count", (), |row| row.get::<_, i64>(0)).unwrap();
    let before = pages(&store);
    for hour in 250..450 {
        store.record(&run(hour, json!({"actions": [created(&format!("a{hour}@x.com"), "p")]}))).unwrap();
    }
    assert!(pages(&store) <= before + 1, "{} pages, and {} before", pages(&store), before);
    store.keep_latest(20, 1000).unwrap();
    assert_eq!((rows(&store, "run"), rows(&store, "entry")), (20, 20));
    store.keep_latest(20, 5).unwrap();
    assert_eq!((rows(&store, "run"), rows(&store, "entry")), (5, 5));
}

#[test]
fn a_file_of_the_first_form_is_brought_to_the_present_one_with_all_that_it_holds() {
    let (_folder, path) = file();
    let failed = json!({"kind": "update_user", "login": "cy@x.com", "result": "failed", "changes": []});
    let held = json!({"kind": "delete_user", "login": "bo@x.com", "changes": [], "guard": "max-removals"});
    let target = json!({"actions": [created("a@x.com", "p"), failed], "withheld": [held], "unable": 3});
    let mut store = Store::open(&path).unwrap();
    store.record(&run(0, target.clone())).unwrap();
    // What the second step adds is taken away again.
    let back = "DROP VIEW happened; DROP TABLE begun; DROP TABLE unfinished; ALTER TABLE pass DROP COLUMN varying; DROP INDEX pass_all_able; ALTER TABLE pass DROP COLUMN failed; ALTER TABLE pass DROP COLUMN withheld; \
                ALTER TABLE pass DROP COLUMN unable; PRAGMA user_version = 1;";
    store.connection.execute_batch(back).unwrap();
    drop(store);

    let mut store = Store::open_to_read(&path).unwrap();
    let line = store.lines(&Wanted { limit: 1, ..Wanted::default() }).unwrap().remove(0);
    assert_eq!((line.changes, line.failed, line.withheld), (Some(1), Some(1), Some(1)));
    assert_eq!(store.run(&line.run).unwrap().unwrap().targets[0].unable, None, "nobody wrote it down then");
    store.record(&run(1, target)).unwrap();
    assert_eq!(rows(&store, "list"), 1, "the same as before, and told once");
}

#[test]
fn a_part_of_a_run_is_the_same_part_of_the_whole() {
    let mut store = Store::in_memory().unwrap();
    let held = json!({"kind": "quarantine_user", "login": "bo@x.com", "guard": "max-removals",
        "changes": [{"field": "tag:rollcall:quarantined-at", "to": at(0).to_string()}]});
    let mut actions: Vec<Value> = (0..4).map(|number| created(&format!("a{number}@x.com"), "p")).collect();
    let findings = [finding("1", "a@x.com", "p", "new", 0), finding("2", "b@x.com", "q", "still", 0)];
    actions[3]["result"] = json!("failed");
    actions[3]["error"] = json!({"message": "failed", "causes": ["refused (request `7f3a`)"]});
    let first = json!({"actions": actions, "withheld": [held, held], "approval": "c0de", "findings": findings});
    let mut whole = run(0, first);
    whole.targets.extend(run(0, json!({"name": "empty"})).targets);
    whole.targets.extend(run(0, json!({"name": "sales", "actions": [created("s@x.com", "s")]})).targets);
    store.record(&whole).unwrap();
    for (skip, limit) in [(0, 50), (0, 3), (3, 3), (5, 1), (5, 9), (6, 50), (7, 50), (usize::MAX, 50)] {
        let span = Span { skip, limit };
        let part = store.excerpt(&whole.run, span).unwrap().unwrap();
        let wanted = Excerpt::of(whole.clone(), span);
        assert_eq!((part.all, &part.sums), (7, &wanted.sums), "{span:?}");
        let told = |excerpt: &Excerpt| serde_json::to_value(&excerpt.events).unwrap();
        assert_eq!(told(&part), told(&wanted), "{span:?}");
        assert!(part.events.len() <= limit);
    }
    assert_eq!(
        store.excerpt(&whole.run, Span { skip: 0, limit: 1 }).unwrap().unwrap().sums[0],
        Sums { findings: 2, new: 1, withheld: 2 }
    );
    assert!(store.excerpt("01AAAAAAAAAAAAAAAAAAAAAAAA", Span { skip: 0, limit: 1 }).unwrap().is_none());
}

#[test]
fn the_last_run_after_which_everybody_could_sign_in_is_found() {
    let mut store = Store::in_memory().unwrap();
    let name = TargetName::new("support");
    let last = |store: &Store| store.last_able(&name).unwrap();
    assert_eq!((last(&store), store.begins().unwrap()), (None, None));
    store.record(&run(0, json!({"unable": 1}))).unwrap();
    assert_eq!((last(&store), store.begins().unwrap()), (None, Some(at(0))));
    store.record(&run(1, json!({"unable": 0}))).unwrap();
    store.record(&run(2, json!({"unable": 0, "name": "sales"}))).unwrap();
    store.record(&run(3, json!({"unable": null, "verdict": "failed"}))).unwrap();
    store.record(&Run { person: Some("a@x.com".to_owned()), ..run(4, json!({"unable": 0})) }).unwrap();
    store.record(&run(5, json!({"unable": 2}))).unwrap();
    assert_eq!(last(&store), Some(at(1) + 1.minute()), "neither another target, nor one person, nor a failure counts");
}

#[test]
fn runs_are_listed_the_latest_first() {
    let mut store = Store::in_memory().unwrap();
    let ids: Vec<String> = (0..5)
        .map(|hour| {
            let run = run(hour, json!({"name": if hour == 2 { "sales" } else { "support" }}));
            store.record(&run).unwrap();
            run.run
        })
        .collect();
    let listed = |wanted: Wanted| -> Vec<usize> {
        let lines = store.lines(&wanted).unwrap();
        lines.iter().map(|line| ids.iter().position(|id| *id == line.run).unwrap()).collect()
    };
    let all = Wanted { limit: 9, ..Wanted::default() };
    assert_eq!(listed(all.clone()), [4, 3, 2, 1, 0]);
    assert_eq!(listed(Wanted { before: Some(ids[3].clone()), limit: 2, ..Wanted::default() }), [2, 1]);
    assert_eq!(listed(Wanted { since: Some(at(3)), ..all.clone() }), [4, 3]);
    assert_eq!(listed(Wanted { target: Some("sales".to_owned()), ..all }), [2]);
    let zone = TimeZone::get("Europe/London").unwrap();
    let days = store.daily(2, at(4), &zone).unwrap();
    let told: Vec<(&str, usize, usize)> =
        days.iter().map(|day| (day.date.as_str(), day.passes, day.converged)).collect();
    assert_eq!(told, [("2026-12-31", 0, 0), ("2027-01-01", 5, 5)]);
}

#[test]
fn what_is_no_history_is_left_as_it_is() {
    let (_folder, path) = file();
    assert!(matches!(Store::open_to_read(&path), Err(Error::Missing)));
    std::fs::write(&path, b"this is no database, but a letter to somebody".repeat(50)).unwrap();
    let corrupt = std::fs::read(&path).unwrap();
    for opened in [Store::open(&path), Store::open_to_read(&path)] {
        assert_eq!(opened.unwrap_err().sentence(), "file is not a database");
    }
    assert_eq!(std::fs::read(&path).unwrap(), corrupt);
    std::fs::remove_file(&path).unwrap();

    Connection::open(&path).unwrap().execute_batch("CREATE TABLE letters (text)").unwrap();
    for opened in [Store::open(&path), Store::open_to_read(&path)] {
        assert!(matches!(opened, Err(Error::Foreign)));
    }
    std::fs::remove_file(&path).unwrap();

    drop(Store::open(&path).unwrap());
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
    for opened in [Store::open(&path), Store::open_to_read(&path)] {
        assert!(matches!(opened, Err(Error::Newer { found: 9, known: 4 })));
    }
    let nowhere = path.join("nowhere");
    assert!(matches!(Store::open(&nowhere), Err(Error::Open(_))));
}

#[test]
fn a_full_disk_loses_one_run_and_nothing_of_another() {
    let (_folder, path) = file();
    let mut store = Store::open(&path).unwrap();
    store.record(&run(0, json!({}))).unwrap();
    let pages: i64 = store.connection.query_row("PRAGMA page_count", (), |row| row.get(0)).unwrap();
    store.connection.pragma_update(None, "max_page_count", pages + 4).unwrap();
    let many: Vec<Value> = (0..500).map(|n| created(&format!("a{n}@x.com"), "p")).collect();
    let error = store.record(&run(1, json!({"actions": many}))).unwrap_err();
    assert!(error.is_passing(), "{error}");
    assert_eq!((rows(&store, "run"), rows(&store, "entry")), (1, 0));
    store.connection.pragma_update(None, "max_page_count", pages + 4000).unwrap();
    store.record(&run(1, json!({"actions": many}))).unwrap();
    assert_eq!((rows(&store, "run"), rows(&store, "entry")), (2, 500));
}

#[test]
fn a_locked_file_can_be_read_and_is_written_later() {
    let (_folder, path) = file();
    let mut store = Store::open(&path).unwrap();
    store.record(&run(0, json!({}))).unwrap();
    store.connection.busy_timeout(Duration::from_millis(10)).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.record(&run(1, json!({}))).unwrap_err();
    assert!(error.is_passing(), "{error}");
    assert_eq!(Store::open_to_read(&path).unwrap().lines(&Wanted { limit: 9, ..Wanted::default() }).unwrap().len(), 1);
    other.execute_batch("COMMIT").unwrap();
    store.record(&run(1, json!({}))).unwrap();
    assert_eq!(rows(&store, "run"), 2);
}
