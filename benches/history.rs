//! What a history of 400 days holds and takes: a pass every half hour of one target with 10,000 people, 500 findings that
//! stand and 20 changes a day; then with 5 actions that fail and 20 that are withheld in each pass. It takes some minutes.
//! Run with `cargo bench --bench history`.

#![allow(missing_docs, clippy::print_stdout, reason = "a benchmark is a program that prints figures")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rollcall::history::{Store, Wanted, Whose};
use rollcall::report::json::Run;
use serde_json::{Value, json};
use ulid::Ulid;

const PASSES_A_DAY: i64 = 48;
const DAYS: i64 = 400;
const PEOPLE: usize = 10_000;
const FINDINGS: usize = 500;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let end: Timestamp = "2027-03-31T00:00:00Z".parse()?;
    for (failing, withheld) in [(0, 0), (5, 20)] {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("history.db");
        let mut store = Store::open(&path)?;
        let (passes, begin) = (DAYS * PASSES_A_DAY, end - SignedDuration::from_hours(24 * DAYS));
        let mut slowest = Duration::ZERO;
        let since = Instant::now();
        for number in 0..passes {
            let run = run(number, begin + SignedDuration::from_mins(30 * number), failing, withheld)?;
            let since = Instant::now();
            store.record(&run)?;
            if number > 0 {
                slowest = slowest.max(since.elapsed());
            }
        }
        let each = since.elapsed() / u32::try_from(passes)?;
        println!("{failing} fail and {withheld} are withheld in each pass");
        println!("  {passes} passes: {} MiB; to write one {each:.1?}, at most {slowest:.1?}", size(&path)? >> 20);
        ask(&path, end)?;
        let since = Instant::now();
        let gone = store.trim(begin + SignedDuration::from_hours(24))?;
        println!("  let go of {gone} runs: {:.1?}", since.elapsed());
    }
    Ok(())
}

/// Each question, to a file that was just opened.
fn ask(path: &Path, end: Timestamp) -> Outcome<()> {
    let store = Store::open_to_read(path)?;
    let page = |limit| Wanted { limit, ..Wanted::default() };
    let person = |person: &str| Whose { person: person.to_owned(), ..Whose::default() };
    let elsewhere = Wanted { target: Some("nowhere".to_owned()), ..page(20) };
    let last = store.lines(&page(1))?.remove(0).run;
    told("a page of 20 runs", || Ok(store.lines(&page(20))?.len()))?;
    told("a page of 100 runs", || Ok(store.lines(&page(100))?.len()))?;
    told("runs of a target that has none", || Ok(store.lines(&elsewhere)?.len()))?;
    told("50 runs with their passes", || {
        store.lines(&page(50))?.iter().try_fold(0, |count, line| Ok(count + store.passes(&line.run)?.len()))
    })?;
    told("one run, whole", || Ok(store.run(&last)?.map_or(0, |run| run.targets[0].findings.len())))?;
    let of = |name: &str| -> Outcome<usize> {
        let record = store.person(&person(name))?;
        Ok(record.events.len() + record.findings.len())
    };
    told("a person with two events", || of("p-9000"))?;
    told("a person with a finding for 400 days", || of("agent250@example.com"))?;
    told("a person whose action fails for 400 days", || of("p-0"))?;
    told("a name that nobody has", || of("nobody@example.com"))?;
    told("the ages of findings", || Ok(store.ages()?.values().map(std::collections::BTreeMap::len).sum()))?;
    told("400 days", || Ok(store.daily(400, end, &TimeZone::UTC)?.len()))
}

fn told(what: &str, question: impl Fn() -> Outcome<usize>) -> Outcome<()> {
    let since = Instant::now();
    let found = question()?;
    println!("  {what}: {:.1?}, {found} found", since.elapsed());
    Ok(())
}

fn size(path: &Path) -> Outcome<u64> {
    let log = path.with_extension("db-wal");
    Ok(std::fs::metadata(path)?.len() + std::fs::metadata(log).map_or(0, |log| log.len()))
}

/// The pass of this number: the first creates everybody, and 20 others of a day change somebody.
fn run(number: i64, at: Timestamp, failing: usize, withheld: usize) -> Outcome<Run> {
    let person = |person: usize| (format!("agent{person}@example.com"), format!("p-{person}"));
    let action = |kind: &str, person: (String, String), result: &str| {
        json!({"kind": kind, "login": person.0, "principal": person.1, "mapping": "Agents", "result": result, "changes": [
            {"field": "first_name", "to": "Agent"}, {"field": "routing_profile", "to": "Basic Routing Profile"},
            {"field": "tag:rollcall:quarantined-at", "to": at.to_string()}]})
    };
    let mut actions: Vec<Value> = match number {
        0 => (0..PEOPLE).map(|one| action("create_user", person(one), "done")).collect(),
        _ if number % PASSES_A_DAY < 20 => {
            vec![action("update_user", person(usize::try_from(number)? % PEOPLE), "done")]
        }
        _ => Vec::new(),
    };
    for one in 0..failing {
        let mut failed = action("update_user", person(one), "failed");
        let id = Ulid::generate();
        let cause = format!("AccessDeniedException: not authorized to perform connect:UpdateUser (request `{id}`)");
        failed["error"] = json!({"message": "failed to update the Connect user", "causes": [cause]});
        actions.push(failed);
    }
    let held = (0..withheld).map(|one| {
        let mut held = action("quarantine_user", person(5000 + one), "done");
        held["guard"] = json!("max-removals");
        held
    });
    let finding = |one: usize| {
        let (login, principal) = person(one);
        json!({"id": format!("{one:016x}"), "code": "near-miss", "severity": "warning", "accepted": false,
            "state": if number == 0 { "new" } else { "still" }, "login": login, "principal": principal,
            "evidence": {"like": login}, "since": "2026-02-24T00:00:00Z", "fix": "rename one of them",
            "message": "the Connect user looks like a member, and is none"})
    };
    let target = json!({"name": "support", "mode": "apply", "verdict": "converged", "estimate_seconds": 0.0,
        "progress": {"done": 0, "total": 0, "eta_seconds": 0.0}, "members": PEOPLE, "blocked": 0, "connect_users": PEOPLE,
        "owned": PEOPLE, "served": PEOPLE, "unable": 0, "requests": {"connect:ListUsers": 10, "connect:SearchUsers": 20},
        "actions": actions, "withheld": held.collect::<Vec<_>>(), "findings": (0..FINDINGS).map(finding).collect::<Vec<_>>()});
    let id = Ulid::from_parts(u64::try_from(at.as_millisecond())?, 7).to_string();
    let end = at + SignedDuration::from_secs(20);
    Ok(serde_json::from_value(json!({"schema": 1, "run": id, "state": "done", "mode": "apply", "cause": "schedule",
        "verdict": "converged", "started_at": at.to_string(), "finished_at": end.to_string(), "elapsed_seconds": 20.0,
        "requests": {"connect:ListUsers": 10, "connect:SearchUsers": 20}, "targets": [target]}))?)
}
