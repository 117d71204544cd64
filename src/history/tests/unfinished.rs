//! Runs that have not told their end.

use super::*;
use crate::report::json::Action;
use crate::report::{Cause, Step};

fn step(run: &str, position: usize, action: &Value) -> Step {
    let mut whole = json!({"changes": [], "mapping": "Agents"});
    for (name, value) in action.as_object().unwrap() {
        whole[name] = value.clone();
    }
    let action: Action = serde_json::from_value(whole).unwrap();
    Step {
        run: run.to_owned(),
        cause: Cause::Schedule,
        person: None,
        started_at: at(0),
        time: at(0),
        target: "support".to_owned(),
        position,
        at: at(0) + SignedDuration::from_secs(i64::try_from(position).unwrap()),
        action,
    }
}

fn created_of(login: &str, result: &str) -> Value {
    json!({"kind": "create_user", "login": login, "principal": format!("p-{login}"), "result": result,
        "changes": [{"field": "secondary_email", "to": format!("mail-{login}")}]})
}

#[test]
fn what_a_run_has_begun_is_told_until_its_report_takes_its_place() {
    let (_folder, path) = file();
    let mut store = Store::open(&path).unwrap();
    let over = run(0, json!({"actions": [created("ana@x.com", "p-ana@x.com")]}));
    let id = over.run.as_str();
    let user = json!({"Username": "bo@x.com"});
    let deleted =
        json!({"kind": "delete_user", "login": "bo@x.com", "principal": "p-bo", "result": "begun", "user": user});
    let begun = [
        step(id, 0, &created_of("ana@x.com", "begun")),
        step(id, 1, &created_of("cy@x.com", "begun")),
        step(id, 0, &created_of("ana@x.com", "done")),
        step(id, 2, &deleted),
    ];
    store.begin(&begun).unwrap();

    let wanted = Wanted { limit: 9, ..Wanted::default() };
    let told = Store::open_to_read(&path).unwrap();
    let [line] = told.lines(&wanted).unwrap().try_into().unwrap();
    assert_eq!((line.run.as_str(), line.verdict.as_deref(), line.finished_at.as_deref()), (id, None, None));
    assert_eq!(
        (line.targets, line.last_heard.as_deref()),
        (vec!["support".to_owned()], Some("2027-01-01T00:00:02.000Z"))
    );
    let whole = told.run(id).unwrap().unwrap();
    let results: Vec<&str> = whole.targets[0].actions.iter().map(|action| &*action.result).collect();
    assert_eq!((results, whole.targets[0].progress.done), (vec!["done", "begun", "begun"], 1));
    assert_eq!(told.excerpt(id, Span { skip: 1, limit: 1 }).unwrap().unwrap().events[0].result, "begun");
    // By any of their names.
    for name in ["CY@x.com", "p-cy@x.com", "mail-cy@x.com"] {
        let record = told.person(&whose(name)).unwrap();
        let [event] = record.events.as_slice() else { panic!("{record:?}") };
        assert!(event.is_open && event.result == "begun" && event.run == id, "{event:?}");
        assert_eq!((record.logins, record.principals), (vec!["cy@x.com".to_owned()], vec!["p-cy@x.com".to_owned()]));
    }
    assert_eq!(told.person(&whose("bo@x.com")).unwrap().events[0].user.as_ref(), Some(&user));
    let happened: i64 =
        told.connection.query_row("SELECT count(*) FROM happened WHERE verdict IS NULL", (), |row| row.get(0)).unwrap();
    assert_eq!(happened, 3);

    store.record(&over).unwrap();
    // What comes late says nothing that the report does not.
    store.begin(&[step(id, 1, &created_of("cy@x.com", "done"))]).unwrap();
    assert_eq!((rows(&store, "unfinished"), rows(&store, "begun")), (0, 0));
    assert_eq!(serde_json::to_value(told.run(id).unwrap()).unwrap(), serde_json::to_value(Some(&over)).unwrap());
    let record = told.person(&whose("ana@x.com")).unwrap();
    assert!(record.events.len() == 1 && !record.events[0].is_open, "{record:?}");
    assert!(told.person(&whose("cy@x.com")).unwrap().events.is_empty());
}

#[test]
fn what_was_approved_and_begun_says_by_whom_and_in_which_run() {
    let mut store = Store::in_memory().unwrap();
    let id = run(0, json!({})).run;
    let approval = Approval {
        code: "c0de".to_owned(),
        target: Some("support".to_owned()),
        by: Some("Kim".to_owned()),
        peer: "192.0.2.7:4711".to_owned(),
        at: at(0),
        run: Some(id.clone()),
    };
    store.approve(&approval).unwrap();
    let mut released = created_of("ana@x.com", "done");
    released["approval"] = json!("c0de");
    store.begin(&[step(&id, 0, &released)]).unwrap();
    let of_person = store.person(&whose("ana@x.com")).unwrap().events;
    let of_run = store.events(&store.run(&id).unwrap().unwrap()).unwrap();
    for events in [of_person, of_run] {
        let [event] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((event.run.as_str(), event.is_open), (id.as_str(), true));
        assert_eq!(event.approvals.iter().map(|one| one.by.as_deref()).collect::<Vec<_>>(), [Some("Kim")]);
    }
}

#[test]
fn what_was_cut_off_stands_among_other_runs_and_is_let_go_like_them() {
    let mut store = Store::in_memory().unwrap();
    let [first, cut, last] =
        [0, 1, 2].map(|hours| run(hours, json!({"actions": [created("ana@x.com", "p-ana@x.com")]})));
    store.record(&first).unwrap();
    store
        .begin(&[Step { started_at: at(1), time: at(1), ..step(&cut.run, 0, &created_of("ana@x.com", "done")) }])
        .unwrap();
    store.record(&last).unwrap();
    let runs = |store: &Store, wanted: Wanted| {
        store.lines(&wanted).unwrap().into_iter().map(|line| line.run).collect::<Vec<_>>()
    };
    let wanted = |limit| Wanted { limit, ..Wanted::default() };
    assert_eq!(runs(&store, wanted(9)), [last.run.as_str(), &cut.run, &first.run]);
    assert_eq!(runs(&store, wanted(2)), [last.run.as_str(), &cut.run]);
    assert_eq!(runs(&store, Wanted { before: Some(last.run.clone()), ..wanted(1) }), [cut.run.as_str()]);
    assert_eq!(runs(&store, Wanted { since: Some(at(1)), ..wanted(9) }), [last.run.as_str(), &cut.run]);
    assert_eq!(runs(&store, Wanted { target: Some("other".to_owned()), ..wanted(9) }), Vec::<String>::new());
    let of: Vec<String> =
        store.person(&whose("ana@x.com")).unwrap().events.into_iter().map(|event| event.run).collect();
    assert_eq!(of, [first.run.as_str(), &cut.run, &last.run]);
    store.trim(at(1)).unwrap();
    assert_eq!(rows(&store, "begun"), 1);
    store.trim(at(2)).unwrap();
    assert_eq!((rows(&store, "begun"), runs(&store, wanted(9))), (0, vec![last.run]));
}

#[test]
fn a_file_of_the_third_form_is_brought_to_the_present_one() {
    let (_folder, path) = file();
    let mut store = Store::open(&path).unwrap();
    store.record(&run(0, json!({"actions": [created("ana@x.com", "p")]}))).unwrap();
    let view = include_str!("../migrations/3.sql").split_once("DROP VIEW").unwrap().1;
    let back = format!("DROP VIEW {view}; DROP TABLE begun; DROP TABLE unfinished; PRAGMA user_version = 3;");
    store.connection.execute_batch(&back).unwrap();
    drop(store);
    assert_eq!(Store::open_to_read(&path).unwrap().person(&whose("ana@x.com")).unwrap().events.len(), 1);
    let mut store = Store::open(&path).unwrap();
    store.begin(&[step("01", 0, &created_of("cy@x.com", "done"))]).unwrap();
    assert_eq!((rows(&store, "begun"), rows(&store, "happened")), (1, 2));
}
