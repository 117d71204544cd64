//! How fast work gets done: beside others who call the same service, beside other targets, through a proxy.

use std::net::TcpListener;
use std::time::Duration;

use rollcall::model::settings::Mode;
use rollcall::pass::Request;
use rollcall::report::Cause;
use rollcall::report::json::State;
use rollcall::sim::{Options, Rate};
use tokio_util::sync::CancellationToken;

use crate::stage::{CONFIG, SECOND, SECOND_INSTANCE, Stage, WORLD, agent, person, unpaced, verdicts};

/// Creations at this rate, one at a time; nothing else waits.
fn creations_at(per_second: f64) -> String {
    format!(
        "\n[rates.connect]\nrequests_per_second = 5000.0\nburst = 1\nshare = 1.0\n\
         operations = {{ CreateUser = {per_second:?} }}\n[rates.identity_store]\nrequests_per_second = 5000.0\n\
         burst = 5000\n[rates.sso_admin]\nrequests_per_second = 5000.0\nburst = 5000\n"
    )
}

fn many(count: usize) -> Vec<String> {
    (1..=count).map(|n| agent(&format!("agent{n:03}@x.com"))).collect()
}

/// A service that takes so many creations a second, five at once.
fn taking(per_second: f64) -> Options {
    let mut options = Options::default();
    let rates = &mut options.rates;
    for service in [&mut rates.connect, &mut rates.identitystore, &mut rates.sso] {
        (service.requests_per_second, service.burst) = (5000.0, 5000.0);
    }
    let rate = Rate { requests_per_second: per_second, burst: 5.0 };
    rates.connect.operations.insert("CreateUser".to_owned(), rate);
    options
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_little_to_do_does_not_wait_for_one_with_much() {
    let few = (1..=3).map(|n| person(&format!("boss{n}@x.com"), &["Supervisors"]));
    let people: Vec<String> = many(60).into_iter().chain(few).collect();
    let world = format!("{WORLD}\n{SECOND_INSTANCE}\n{}", people.join("\n"));
    let stage = Stage::with(&world, &format!("{CONFIG}{SECOND}{}", creations_at(20.0)), unpaced()).await;
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["converged", "converged"]);
    let [much, little] = [0, 1].map(|target| report.targets[target].elapsed.as_secs_f64());
    // At 20 a second 63 creations take three seconds; in turns, three of them are over in a third of one.
    assert!(much > 2.9 && little < 1.5, "{little} s, {much} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_takes_fewer_calls_than_was_thought_is_not_pressed() {
    let world = format!("{WORLD}\n{}", many(90).join("\n"));
    let mut stage = Stage::with(&world, CONFIG, taking(10.0)).await;
    stage.configure(&creations_at(30.0));
    let report = stage.sync().await;
    assert_eq!(verdicts(&report), ["converged"]);
    assert_eq!(stage.logins().len(), 90);
    // Without giving way, two of three attempts would be refused.
    let refused = stage.calls("CreateUser") - 90;
    assert!((1..=25).contains(&refused), "{refused} attempts were refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_to_do_and_how_long_it_takes_can_be_watched() {
    let world = format!("{WORLD}\n{}", many(60).join("\n"));
    let mut stage = Stage::with(&world, CONFIG, unpaced()).await;
    stage.configure(&creations_at(20.0));
    let runner = stage.runner();
    let run = runner.order(Request::new(Mode::Apply, Cause::Cli));
    let mut told = Vec::new();
    let watching = async {
        while run.state() != State::Done {
            let (done, total) = run.progress();
            if total > 0 && run.targets().next().is_some() {
                told.push((std::time::Instant::now(), done, run.seconds_left()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let stop = CancellationToken::new();
    let (report, ()) = tokio::join!(runner.carry_out(&run, &stop), watching);
    assert_eq!(verdicts(report), ["converged"]);
    let estimate = report.targets[0].estimate;
    // The first is in the bucket, and sixty of a twentieth of a second are three.
    assert!((2.9..3.1).contains(&estimate), "{estimate}");
    let (begun, over) = (told[0].0, told.last().unwrap().0);
    assert!(told.len() > 30, "{}", told.len());
    // What the machine took beyond the service's pace cannot be told beforehand.
    let beyond = (over.duration_since(begun).as_secs_f64() - estimate).max(0.0);
    for (at, done, left) in &told {
        let too_few = over.duration_since(*at).as_secs_f64() - left;
        assert!((-0.6..0.6 + beyond).contains(&too_few), "{too_few} s too few were told after {done} actions");
    }
    assert!(told.windows(2).all(|pair| pair[0].1 <= pair[1].1), "nothing that is done comes undone");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_through_the_proxy_that_the_environment_names() {
    let stage = Stage::new(&many(2)).await;
    // A request that is meant for a proxy names the whole address; the simulator answers it whatever it is.
    let proxy = stage.sim.endpoint();
    let nowhere = ("AWS_ENDPOINT_URL", "http://aws.invalid");
    let ended = stage.cli_with(&["sync"], &[nowhere, ("HTTP_PROXY", &proxy)]).await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(stage.logins().len(), 2);
    let ended = stage.cli_with(&["sync"], &[nowhere, ("HTTP_PROXY", &proxy), ("NO_PROXY", "aws.invalid")]).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_by_tls_asks_the_proxy_for_a_tunnel() {
    let stage = Stage::new(&many(1)).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    // Answers as a proxy that lets nobody through, and notes what it was asked for.
    let asked = std::thread::spawn(move || {
        use std::io::{BufRead, BufReader, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        line
    });
    let ended = stage.cli_with(&["plan"], &[("AWS_ENDPOINT_URL", ""), ("HTTPS_PROXY", &proxy)]).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let line = asked.join().unwrap();
    assert!(line.starts_with("CONNECT ") && line.contains(".amazonaws.com:443 "), "{line}");
    assert!(!ended.stderr.contains("panicked") && ended.stdout.contains("failed"), "{ended:#?}");
    assert!(stage.sim.journal().is_empty(), "nothing came past the proxy");
}
