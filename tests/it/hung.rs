//! Services that fall silent: whichever it is, whenever, and however, a pass comes to its end and says so.

use std::collections::BTreeMap;
use std::future::pending;
use std::time::{Duration, Instant};

use futures::future::join_all;
use rollcall::report::RunReport;
use rollcall::sim::{Fault, FaultKind, Service};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use crate::stage::{
    CONFIG, LADDER, Stage, WORLD, actions, agent, hours_ago, owned, owned_with, person, unpaced, verdicts, view,
};

const TIMEOUTS: &str = "\n[timeouts]\nconnect = \"1s\"\nattempt = \"3s\"\ncall = \"5s\"\n";
/// As [`TIMEOUTS`] has it: the time that all attempts of a call may be under way.
const CALL: Duration = Duration::from_secs(5);
/// The SDK makes three attempts, and waits for at most one second before the second and two before the third.
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(3);
/// The SDK's own limit for fetching credentials. Calls that wait for the same ones ask one after another, as long as
/// nobody gets any: in Identity Center about the instance, the application, whether it asks for assignments, and for
/// which there are.
const CREDENTIALS: Duration = Duration::from_secs(5);
const ASKING: u32 = 4;
/// What everything else may take while a machine is busy.
const BESIDES: Duration = Duration::from_secs(10);

/// The longest that a pass may take in which so many calls, one after another, are never answered.
fn bound(calls: u32) -> Duration {
    (CALL + BETWEEN_ATTEMPTS) * calls + BESIDES
}

/// All or nothing: the first reading that fails ends the pass.
const READING: u32 = 1;
/// An action ends with its first call that fails, and actions of one sort go side by side: what gives, what has to be
/// known of quick connects before a deletion, what takes.
const WRITING: u32 = 3;

const SERVICES: [Service; 3] = [Service::IdentityStore, Service::Sso, Service::Connect];
const SILENCES: [FaultKind; 2] = [FaultKind::Hang, FaultKind::Stall];

/// A world with something to do for every service, of every sort.
async fn stage() -> Stage {
    let (long, due, parked) = (hours_ago(2000), hours_ago(100), hours_ago(721));
    let absent = |since| ("rollcall:absent-since", since);
    let gone = [absent(long.as_str()), ("rollcall:quarantined-at", &parked)];
    let world = [
        owned_with("gone@x.com", "gone@x.com", &gone),
        owned_with("due@x.com", "due@x.com", &[absent(&due)]),
        owned_with("back@x.com", "back@x.com", &gone),
        owned_with("soon@x.com", "soon@x.com", &[absent(&due)]),
        owned("left@x.com", "left@x.com"),
        owned("named@x.com", "named@x.com").replace("Family named", "Former"),
        "[[instances.quick_connects]]\nname = \"Gone\"\ntype = \"USER\"\ntarget = \"gone@x.com\"\n".to_owned(),
        agent("new@x.com"),
        agent("named@x.com"),
        agent("back@x.com"),
        agent("soon@x.com"),
        person("gone@x.com", &[]),
        person("due@x.com", &[]),
        person("left@x.com", &[]),
    ];
    let config = format!("{CONFIG}{LADDER}{TIMEOUTS}");
    let config = config.replace("[policy]\n", "[policy]\nattributes.name = \"enforce\"\n");
    Stage::with(&format!("{WORLD}\n{}", world.join("\n")), &config, unpaced()).await
}

const DONE: [&str; 8] = [
    "assign_group Agents: done",
    "restore_user back@x.com: done",
    "create_user new@x.com: done",
    "update_user named@x.com: done",
    "unmark_absent soon@x.com: done",
    "mark_absent left@x.com: done",
    "quarantine_user due@x.com: done",
    "delete_user gone@x.com: done",
];

/// A pass, which has to come to its end within a time.
async fn pass(stage: &Stage, within: Duration, what: &str) -> RunReport {
    let begun = Instant::now();
    let report = tokio::time::timeout(within, stage.sync()).await;
    let report = report.unwrap_or_else(|_| panic!("{what}: no end within {within:?}"));
    assert!(begun.elapsed() >= CALL / 2, "{what}: nothing was silent");
    report
}

/// Takes the silence away, and the time-outs, which are short for a busy machine.
fn answer_again(stage: &mut Stage) {
    stage.sim.clear_faults();
    stage.config = stage.config.replace(TIMEOUTS, "");
}

/// Calls of reading, by service.
async fn reads() -> BTreeMap<Service, u64> {
    let stage = stage().await;
    assert_eq!(verdicts(&stage.plan().await), ["pending"]);
    let mut reads = BTreeMap::new();
    for entry in stage.sim.journal() {
        *reads.entry(entry.service).or_default() += 1;
    }
    reads
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_falls_silent_while_it_is_read_ends_the_pass_in_the_time_of_one_call() {
    let reads = reads().await;
    let cases = SILENCES.into_iter().flat_map(|kind| SERVICES.map(|service| (kind, service)));
    let cases =
        cases.flat_map(|(kind, service)| [0, reads[&service] / 2, reads[&service] - 1].map(|n| (kind, service, n)));
    join_all(cases.map(async |(kind, service, answered)| {
        let (mut stage, what) = (stage().await, format!("{kind:?} of {service} after {answered}"));
        stage.sim.inject(Fault::new(service, "*", kind).after(answered));
        let report = pass(&stage, bound(READING), &what).await;
        assert_eq!(verdicts(&report), ["failed"], "{what}");
        let trouble = report.targets[0].trouble().unwrap();
        assert!(trouble.causes[0].contains("no answer within"), "{what}: {trouble:?}");
        assert_eq!(stage.writes().len(), 0, "{what}");
        answer_again(&mut stage);
        assert_eq!(actions(&stage.sync().await), DONE, "{what}");
    }))
    .await;
}

/// The actions that were not done, each with what is told of it.
fn undone(report: &RunReport) -> Vec<(String, String)> {
    let view = view(report);
    let all = view["targets"][0]["actions"].as_array().unwrap().iter();
    let undone = all.filter(|action| action["result"] != "done" && action["result"] != "already_so");
    undone.map(|action| (action["kind"].as_str().unwrap().to_owned(), action["error"].to_string())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_falls_silent_while_it_is_written_to_ends_the_pass_and_takes_nothing() {
    let reads = reads().await;
    let cases = SILENCES.into_iter().flat_map(|kind| SERVICES.map(|service| (kind, service)));
    join_all(cases.map(async |(kind, service)| {
        let (mut stage, what) = (stage().await, format!("{kind:?} of {service}"));
        let before = ["due@x.com", "gone@x.com"].map(|login| stage.user(login));
        stage.sim.inject(Fault::new(service, "*", kind).after(reads[&service]));
        let report = pass(&stage, bound(WRITING), &what).await;
        assert_eq!(verdicts(&report), ["incomplete"], "{what}: {:?}", actions(&report));
        let undone = undone(&report);
        let kinds: Vec<&str> = undone.iter().map(|(kind, _)| kind.as_str()).collect();
        match service {
            Service::Sso => assert_eq!(kinds, ["assign_group"], "{what}"),
            Service::IdentityStore => assert_eq!(kinds, ["quarantine_user", "delete_user"], "{what}"),
            _ => assert_eq!(kinds, DONE[1..].iter().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>()),
        }
        for (action, error) in undone {
            assert!(error.contains("no answer"), "{what}: {action}: {error}");
        }
        if service != Service::Sso {
            assert_eq!(["due@x.com", "gone@x.com"].map(|login| stage.user(login)), before, "{what}");
        }
        answer_again(&mut stage);
        assert_eq!(verdicts(&stage.sync().await), ["converged"], "{what}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_never_given_ends_the_pass_in_the_time_of_asking_for_it() {
    let role = "arn:aws:iam::111122223333:role/rollcall";
    let world = format!("{WORLD}\n{}\n[[roles]]\narn = \"{role}\"\n", agent("ana@x.com"));
    join_all(["eu-west-1", "eu-west-2"].map(async |region| {
        let side = format!("region = \"{region}\"");
        let config = format!("{CONFIG}{TIMEOUTS}").replace(&side, &format!("{side}\nrole_arn = \"{role}\""));
        let stage = Stage::with(&world, &config, unpaced()).await;
        stage.sim.inject(Fault::new(Service::Sts, "*", FaultKind::Hang));
        let report = pass(&stage, CREDENTIALS * ASKING + BESIDES, region).await;
        assert_eq!((verdicts(&report), stage.writes().len()), (vec!["failed"], 0), "{region}");
        let trouble = report.targets[0].trouble().unwrap();
        // Whichever is over first: the attempts to ask for it, or the time that the SDK gives to a source of credentials.
        let is_told = ["no answer within", "timed out"].iter().any(|words| trouble.causes[0].contains(words));
        assert!(is_told, "{region}: {trouble:?}");
    }))
    .await;
}

/// A way in which what listens at an address says nothing of use.
#[derive(Debug, Clone, Copy)]
enum Mute {
    /// Connections are made by the kernel, and nobody ever reads from them.
    NeverReads,
    /// There is no room for one more connection that nobody takes.
    NeverAccepts,
    /// A head and some of the body come, and then nothing.
    NeverEnds,
    /// A letter comes every now and then, for ever.
    Drips,
}

/// Listens, and keeps to that way until it is dropped.
fn mute(how: Mute) -> (String, JoinHandle<()>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(if matches!(how, Mute::NeverAccepts) { 1 } else { 64 }).unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        match how {
            Mute::NeverReads => pending().await,
            Mute::NeverAccepts => {
                // As many as there is room for, and some that wait for it.
                let _taken = join_all((0..8).map(async |_| TcpStream::connect(address).await)).await;
                pending::<()>().await;
            }
            Mute::NeverEnds | Mute::Drips => answer(&listener, how).await,
        }
    });
    (format!("http://{address}"), serving)
}

async fn answer(listener: &TcpListener, how: Mute) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"Instances\": [";
            let _ = stream.write_all(head.as_bytes()).await;
            while matches!(how, Mute::Drips) && stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            pending::<()>().await;
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_never_answers_ends_the_process_in_the_time_of_one_call() {
    join_all([Mute::NeverReads, Mute::NeverAccepts, Mute::NeverEnds, Mute::Drips].map(async |how| {
        let stage = stage().await;
        let (address, serving) = mute(how);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let begun = Instant::now();
        let elsewhere = [("AWS_ENDPOINT_URL", address.as_str())];
        let run = stage.cli_with(&["sync", "--output", "json"], &elsewhere);
        let ended = tokio::time::timeout(bound(READING), run).await.unwrap_or_else(|_| panic!("{how:?}: no end"));
        assert!(begun.elapsed() >= CALL / 2, "{how:?}: nothing was silent");
        assert_eq!(ended.code, Some(1), "{how:?}: {ended:#?}");
        let target = &ended.json()["targets"][0];
        assert_eq!((&target["verdict"], &target["actions"]), (&"failed".into(), &Value::Array(Vec::new())), "{how:?}");
        let causes = target["error"]["causes"].to_string();
        assert!(causes.contains("no answer within") || causes.contains("no connection in time"), "{how:?}: {causes}");
        serving.abort();
    }))
    .await;
}
