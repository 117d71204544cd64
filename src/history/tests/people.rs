//! Whose record it is, and what of it is told.

use super::*;

fn done(kind: &str, login: &str, principal: &str) -> Value {
    json!({"kind": kind, "login": login, "principal": principal, "result": "done", "changes": []})
}

/// Another finding, in words of its own.
fn noticed(code: &str, finding: Value, words: &str) -> Value {
    let mut finding = finding;
    (finding["code"], finding["message"]) = (json!(code), json!(words));
    finding
}

fn kinds(store: &Store, person: &str) -> Vec<String> {
    store.person(&whose(person)).unwrap().events.into_iter().map(|event| event.kind).collect()
}

#[test]
fn who_is_like_somebody_else_has_a_record_of_their_own() {
    let mut store = Store::in_memory().unwrap();
    let near =
        |login: &str| noticed("near-miss", finding(login, login, "p-new", "new", 0), "is like `sofia.lind@x.com`");
    let actions = [done("create_user", "sofia.lind@x.com", "p-new"), done("delete_user", "sofialind@x.com", "p-old")];
    let own = noticed("attribute-differs", finding("3", "bo@x.com", "p-bo", "new", 0), "differs");
    let findings = [near("sofialind@x.com"), near("sofia.lindt@x.com"), own];
    store.record(&run(0, json!({"actions": actions, "findings": findings}))).unwrap();
    for (person, principal, login, kind) in [
        ("sofialind@x.com", "p-old", "sofialind@x.com", "delete_user"),
        ("sofia.lind@x.com", "p-new", "sofia.lind@x.com", "create_user"),
        ("p-new", "p-new", "sofia.lind@x.com", "create_user"),
    ] {
        let record = store.person(&whose(person)).unwrap();
        assert_eq!(
            (record.principals, record.logins),
            (vec![principal.to_owned()], vec![login.to_owned()]),
            "{person}"
        );
        assert_eq!(kinds(&store, person), [kind]);
        assert!(record.findings.iter().any(|one| one.finding.id == "sofialind@x.com"), "{person}");
    }
    // Nobody's user, who was never acted upon, is told of by what it is.
    let record = store.person(&whose("sofia.lindt@x.com")).unwrap();
    assert_eq!((record.principals.len(), record.logins.len(), record.events.len()), (0, 0, 0));
    assert_eq!(record.findings[0].finding.message, "is like `sofia.lind@x.com`");
    let record = store.person(&whose("bo@x.com")).unwrap();
    assert_eq!((record.principals, record.logins), (vec!["p-bo".to_owned()], vec!["bo@x.com".to_owned()]));
}

#[test]
fn an_id_is_found_in_capitals_too() {
    let mut store = Store::in_memory().unwrap();
    let id = "80eae01e-8c42-4111-95a7-deaea0b38130";
    store.record(&run(0, json!({"actions": [created("a@x.com", id)]}))).unwrap();
    assert_eq!(kinds(&store, &id.to_uppercase()), ["create_user"]);
}

#[test]
fn an_account_that_was_handed_over_is_in_the_records_of_both() {
    let mut store = Store::in_memory().unwrap();
    let mut relinked = done("relink_user", "a@x.com", "p-new");
    relinked["changes"] = json!([{"field": "tag:rollcall:principal", "from": "p-old", "to": "p-new"}]);
    store.record(&run(0, json!({"actions": [created("a@x.com", "p-old")]}))).unwrap();
    store.record(&run(1, json!({"actions": [relinked, created("other@x.com", "p-other")]}))).unwrap();
    store.record(&run(2, json!({"actions": [done("mark_absent", "a@x.com", "p-new")]}))).unwrap();
    assert_eq!(kinds(&store, "p-old"), ["create_user", "relink_user"]);
    assert_eq!(kinds(&store, "p-new"), ["relink_user", "mark_absent"]);
    assert_eq!(kinds(&store, "a@x.com"), ["create_user", "relink_user", "mark_absent"]);
    // A record that begins later knows the former owner by nothing else.
    let later = store.person(&Whose { since: Some(at(1)), ..whose("p-old") }).unwrap();
    assert_eq!(
        (later.events.len(), later.principals, later.logins),
        (1, vec!["p-old".to_owned()], vec!["a@x.com".to_owned()])
    );
}

#[test]
fn events_are_told_in_the_order_of_the_times_that_are_shown() {
    let mut store = Store::in_memory().unwrap();
    // One person's run begins later than a pass of everybody, and is over before it.
    let beside = run(1, json!({"actions": [created("a@x.com", "p")]}));
    store.record(&Run { person: Some("a@x.com".to_owned()), ..beside }).unwrap();
    let actions = [done("mark_absent", "a@x.com", "p"), done("quarantine_user", "a@x.com", "p")];
    store.record(&run(0, json!({"actions": actions}))).unwrap();
    assert_eq!(kinds(&store, "p"), ["mark_absent", "quarantine_user", "create_user"]);
}

#[test]
fn a_finding_is_as_the_last_pass_told_it_and_one_that_stands_is_the_last_to_be_left_out() {
    let mut store = Store::in_memory().unwrap();
    let leaver = |state: &str, words: &str| noticed("leaver", finding("1", "a@x.com", "p", state, 0), words);
    let other = finding("2", "a@x.com", "p", "new", 1);
    store.record(&run(0, json!({"findings": [leaver("new", "absent")]}))).unwrap();
    store.record(&run(1, json!({"findings": [leaver("still", "in quarantine"), other]}))).unwrap();
    store.record(&run(2, json!({"findings": [leaver("still", "absent")]}))).unwrap();
    let told = |whose: Whose| {
        let record = store.person(&whose).unwrap();
        let one =
            |one: super::super::Noticed| format!("{} {} {}", one.finding.id, one.finding.state, one.finding.message);
        (record.findings.into_iter().map(one).collect::<Vec<_>>(), record.is_cut)
    };
    let (still, gone) = ("1 still absent".to_owned(), "2 new m".to_owned());
    assert_eq!(told(whose("p")), (vec![still.clone(), gone], false));
    assert_eq!(told(Whose { limit: Some(1), ..whose("p") }), (vec![still.clone()], true));
    assert_eq!(told(Whose { since: Some(at(2)), ..whose("p") }), (vec![still], false));
}

#[test]
fn a_finding_of_a_target_that_no_run_looks_at_any_more_is_not_said_to_be_there() {
    let mut store = Store::in_memory().unwrap();
    store.record(&run(0, json!({"findings": [finding("1", "a@x.com", "p", "new", 0)]}))).unwrap();
    let told = |store: &Store| Story::from(store.person(&whose("p")).unwrap()).table(LOOK);
    // Somebody asked for another target alone, or for this one when it could not be read.
    store.record(&Run { cause: "http".into(), ..run(1, json!({"name": "sales"})) }).unwrap();
    store.record(&run(2, json!({"verdict": "failed", "members": null}))).unwrap();
    assert!(told(&store).contains("login-changed  still there"), "{}", told(&store));
    store.record(&run(3, json!({"name": "sales"}))).unwrap();
    assert!(told(&store).contains("login-changed  last seen 2027-01-01T00:01:00Z"), "{}", told(&store));
}
