//! Hosts whose clock is not the services'.

use super::*;

#[test]
fn whatever_the_hosts_clock_said_the_latest_run_is_the_one_written_last() {
    let mut store = Store::in_memory().unwrap();
    let ids: Vec<String> = [(0, 0), (-17_520, 1), (960, 2), (3, 3)]
        .into_iter()
        .map(|(host, services)| {
            let mut run = run(host, json!({"unable": 0}));
            // As the runs of several targets are.
            run.targets.push(run.targets[0].clone());
            store.record_of(&run, at(services)).unwrap();
            run.run
        })
        .collect();
    let listed = |store: &Store, before: Option<&String>, limit| -> Vec<String> {
        let lines = store.lines(&Wanted { before: before.cloned(), limit, ..Wanted::default() }).unwrap();
        lines.into_iter().map(|line| line.run).collect()
    };
    assert_eq!(listed(&store, None, 9), [&*ids[3], &ids[2], &ids[1], &ids[0]]);
    assert_eq!(listed(&store, Some(&ids[2]), 1), [&*ids[1]], "pages go on where they ended");
    assert_eq!(listed(&store, Some(&ids[1]), 9), [&*ids[0]]);
    assert_eq!(store.begins().unwrap(), Some(at(0)));
    assert_eq!(store.last_able(&TargetName::new("support")).unwrap(), Some(at(3)));
    let days = store.daily(1, at(4), &TimeZone::UTC).unwrap();
    assert_eq!(days[0].passes, 8);
    assert_eq!(store.trim(at(1)).unwrap(), 1, "old is what is old by the services' clock");
    assert_eq!(listed(&store, None, 9), [&*ids[3], &ids[2], &ids[1]]);
    assert_eq!(listed(&store, Some(&"01AAAAAAAAAAAAAAAAAAAAAAAA".to_owned()), 9), Vec::<String>::new());
    store.keep_latest(2, 1000).unwrap();
    assert_eq!(listed(&store, None, 9), [&*ids[3], &ids[2]]);
}
