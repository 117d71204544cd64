//! What comes again and again, and who let it through.

use super::*;

fn approval(code: &str, hours: i64, by: &str) -> Approval {
    Approval {
        code: code.to_owned(),
        target: Some("support".to_owned()),
        by: Some(by.to_owned()),
        peer: "127.0.0.1".to_owned(),
        at: at(hours),
        run: None,
    }
}

fn quarantine(hours: i64) -> Value {
    let time = at(hours).to_string();
    json!({"kind": "quarantine_user", "login": "a@x.com", "principal": "p", "changes": [
        {"field": "routing_profile", "from": "Basic", "to": "Parking"}, {"field": "tag:rollcall:quarantined-at", "to": time}]})
}

fn refused(hours: i64) -> Value {
    let mut action = quarantine(hours);
    action["result"] = json!("failed");
    let who = format!("User: arn:aws:sts::123456789012:assumed-role/rollcall/web-identity-token-{hours}");
    let cause = format!(
        "AccessDeniedException: {who} is not authorized to perform: connect:TagResource (request `7f3a-{hours}`)"
    );
    action["error"] = json!({"message": "failed to tag", "causes": ["looked at again", cause], "hint": "allow it"});
    action
}

fn withheld(hours: i64) -> Value {
    let mut held = quarantine(hours);
    held["guard"] = json!("max-removals");
    held
}

#[test]
fn what_fails_or_waits_in_each_pass_is_one_entry_and_every_run_is_told_as_it_was() {
    let mut store = Store::in_memory().unwrap();
    let runs: Vec<Run> = (0..48)
        .map(|hour| {
            let other = json!({"kind": "create_user", "login": "b@x.com", "principal": "q", "result": "failed",
                "changes": [], "error": {"message": "m", "causes": [format!("Refused (request `{hour}`)")]}});
            let planned = json!({"kind": "mark_absent", "login": "c@x.com", "result": "planned",
                "changes": [{"field": "tag:rollcall:absent-since", "to": at(hour).to_string()}]});
            let target = json!({"actions": [refused(hour), other, planned], "withheld": [withheld(hour)],
                "findings": [finding("1", "a@x.com", "p", "still", 0)]});
            run(hour, target)
        })
        .collect();
    for run in &runs {
        store.record(run).unwrap();
    }
    assert_eq!((rows(&store, "entry"), rows(&store, "list")), (5, 1));
    for run in &runs {
        let told = store.run(&run.run).unwrap().unwrap();
        assert_eq!(serde_json::to_value(&told).unwrap(), serde_json::to_value(run).unwrap());
    }
    let record = store.person(&whose("p")).unwrap();
    let told: Vec<(&str, usize)> = record.events.iter().map(|event| (event.result.as_str(), event.times)).collect();
    assert_eq!(told, [("failed", 48), ("withheld", 48)]);
    for event in &record.events {
        assert_eq!(event.changes[1].to, Some(at(47).to_string()), "as it was the last time");
    }
    let words = &record.events[0].error.as_ref().unwrap().causes[1];
    assert!(words.contains("web-identity-token-47 is") && words.ends_with("(request `7f3a-47`)"), "{words}");
}

#[test]
fn a_time_of_another_pass_and_what_was_carried_out_stay_as_they_are() {
    let mut store = Store::in_memory().unwrap();
    let mut done = quarantine(0);
    done["result"] = json!("done");
    let run = run(0, json!({"actions": [done, refused(0), refused(1)], "withheld": [withheld(2)]}));
    store.record(&run).unwrap();
    let told = store.run(&run.run).unwrap().unwrap();
    assert_eq!(serde_json::to_value(&told).unwrap(), serde_json::to_value(&run).unwrap());
}

#[test]
fn what_went_away_and_came_again_is_told_twice() {
    let mut store = Store::in_memory().unwrap();
    for hour in 0..10 {
        // Neither a pass that could not be read nor one person's says that it went away.
        let run = match hour {
            2 => run(hour, json!({"verdict": "failed", "members": null})),
            3 => Run { person: Some("b@x.com".to_owned()), ..run(hour, json!({})) },
            4 => run(hour, json!({"name": "sales"})),
            7 => run(hour, json!({})),
            _ => run(hour, json!({"withheld": [withheld(hour)], "approval": "c0de"})),
        };
        store.record(&run).unwrap();
    }
    store.approve(&approval("c0de", 6, "Kim")).unwrap();
    let events = store.person(&whose("p")).unwrap().events;
    let told: Vec<_> = events.iter().map(|event| (event.at.clone(), event.times)).collect();
    assert_eq!(told, [(at(0).to_string(), 4), (at(8).to_string(), 2)]);
    let by = |event: &Event| event.approvals.iter().filter_map(|one| one.by.clone()).collect::<Vec<_>>();
    assert_eq!((by(&events[0]), by(&events[1])), (vec!["Kim".to_owned()], vec![]), "given before it was held again");
}

#[test]
fn the_same_on_another_day_was_approved_by_whom_it_was_approved_that_day() {
    let mut store = Store::in_memory().unwrap();
    let done = |hours: i64| {
        let mut action = quarantine(hours);
        (action["result"], action["approval"]) = (json!("done"), json!("c0de"));
        run(hours, json!({"actions": [action]}))
    };
    let held = |hours: i64| run(hours, json!({"withheld": [withheld(hours)], "approval": "c0de"}));
    // The second day begins before what was approved on the first could not be made use of any more.
    let runs = [held(0), held(1), done(2), held(20), done(22)];
    for run in &runs {
        store.record(run).unwrap();
    }
    for (hours, by, run) in [(1, "Kim", &runs[2]), (21, "Lee", &runs[4])] {
        store.approve(&Approval { run: Some(run.run.clone()), ..approval("c0de", hours, by) }).unwrap();
    }
    // While the last run was under way somebody else did the same, and came to nothing.
    let late = Approval { run: Some("01ZZ".to_owned()), ..approval("c0de", 22, "Late") };
    store.approve(&late).unwrap();
    let by = |events: &[Event]| -> Vec<Vec<String>> {
        let of = |event: &Event| event.approvals.iter().filter_map(|one| one.by.clone()).collect();
        events.iter().map(of).collect()
    };
    let wanted = [vec!["Kim"], vec!["Kim"], vec!["Lee", "Late"], vec!["Lee"]];
    assert_eq!(by(&store.person(&whose("p")).unwrap().events), wanted);
    let told = runs.iter().map(|run| by(&store.events(&store.run(&run.run).unwrap().unwrap()).unwrap()).remove(0));
    let wanted = [vec!["Kim"], vec!["Kim"], vec!["Kim"], vec!["Lee", "Late"], vec!["Lee"]];
    assert_eq!(told.collect::<Vec<_>>(), wanted);
    // What was made use of does not count again, even where nobody else is on record.
    store.connection.execute("DELETE FROM approval WHERE by <> 'Kim'", ()).unwrap();
    assert_eq!(by(&store.person(&whose("p")).unwrap().events)[3], Vec::<String>::new());
}

#[test]
fn what_was_let_through_says_by_whom_whether_or_not_a_pass_had_held_it() {
    let mut store = Store::in_memory().unwrap();
    let mut done = quarantine(5000);
    done["result"] = json!("done");
    done["approval"] = json!("c0de");
    store.approve(&approval("c0de", 10, "Early")).unwrap();
    store.approve(&approval("c0de", 4999, "Kim")).unwrap();
    store.approve(&approval("other", 4999, "Pat")).unwrap();
    store.approve(&Approval { target: Some("sales".to_owned()), ..approval("c0de", 4999, "Sal") }).unwrap();
    store.record(&run(5000, json!({"actions": [done, created("b@x.com", "q")]}))).unwrap();
    store.approve(&approval("c0de", 5010, "Late")).unwrap();
    let events = store.person(&whose("p")).unwrap().events;
    let by: Vec<_> = events[0].approvals.iter().map(|one| one.by.as_deref()).collect();
    assert_eq!((events[0].approval.as_deref(), by), (Some("c0de"), vec![Some("Kim")]));
    let created = store.person(&whose("q")).unwrap().events;
    assert_eq!((&created[0].approval, created[0].approvals.len()), (&None, 0), "no guard had held it");
}

#[test]
fn approvals_stay_as_long_as_the_runs_that_they_explain() {
    let mut store = Store::in_memory().unwrap();
    for hour in 0..250 {
        store.record(&run(hour, json!({}))).unwrap();
        store.approve(&approval(&format!("c{hour}"), hour, "Kim")).unwrap();
    }
    // A host whose clock is years behind gave this one, and its run is here.
    let behind = Approval { run: Some(run(240, json!({})).run), ..approval("behind", -17_520, "Lee") };
    store.approve(&behind).unwrap();
    for (runs, code) in [(100, "c53"), (100, "c153"), (40, "c192"), (0, "c192")] {
        assert_eq!(store.trim(at(240)).unwrap(), runs);
        let oldest = "SELECT code FROM approval ORDER BY id LIMIT 1";
        let oldest: String = store.connection.query_row(oldest, (), |row| row.get(0)).unwrap();
        assert_eq!(oldest, code);
    }
    assert_eq!(rows(&store, "approval"), 58 + 1);
    store.trim(at(400)).unwrap();
    assert_eq!((rows(&store, "run"), rows(&store, "approval")), (0, 0));
}
