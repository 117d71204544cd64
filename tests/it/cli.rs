//! The program as somebody uses it: exit code, stdout and stderr.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rollcall::sim::{Fault, FaultKind, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::stage::{Stage, agent, ended, program, user};

async fn stage() -> Stage {
    Stage::new(&[user("Cy@x.com"), agent("ana@x.com"), agent("cy@x.com")]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_shows_what_would_be_done_and_writes_nothing() {
    let stage = stage().await;
    let ended = stage.cli(&["plan"]).await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let mut settings = insta::Settings::new();
    settings.add_filter(r"run [0-9A-Z]{26}: (\w+), \d+ requests in [0-9.]+ s", "run ID: $1, N requests in TIME");
    settings.bind(|| {
        insta::assert_snapshot!(ended.stdout, @"
        support: pending
          as read: 2 members, of whom 2 cannot sign in; 1 Connect user, of which 0 are owned
          logins: 1 in another case

          2 actions to do, which takes a moment at the service's rate
            assign_group  Agents     to Amazon Connect
            create_user   ana@x.com  Agents: Basic Routing Profile, Agent

          1 finding: 1 error
            error  login-case  the Connect user `Cy@x.com` differs from `cy@x.com` in case only, and logins are case-sensitive
                               fix: delete the Connect user `Cy@x.com` by hand; the next pass creates `cy@x.com`

        run ID: pending, N requests in TIME
        ");
    });
    assert_eq!(stage.writes().len(), 0);
    assert_eq!(stage.cli(&["plan", "--exit-code"]).await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_does_it_logs_it_and_then_there_is_nothing_to_do() {
    let stage = stage().await;
    let first = stage.cli(&["sync", "--output", "json"]).await;
    assert_eq!(first.code, Some(0), "{first:#?}");
    let report = first.json();
    assert_eq!((report["schema"].as_i64(), report["verdict"].as_str()), (Some(1), Some("converged")));
    assert_eq!(report["targets"][0]["actions"][1]["login"], "ana@x.com");
    assert_eq!(report["targets"][0]["actions"][1]["changes"][2]["to"], "Basic Routing Profile");
    assert!(!report["targets"][0]["findings"][0]["fix"].as_str().unwrap().is_empty());

    let lines: Vec<serde_json::Value> = first.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mismatch = lines.iter().find(|line| line["event"] == "finding").unwrap();
    assert_eq!((mismatch["code"].as_str(), mismatch["login"].as_str()), (Some("login-case"), Some("Cy@x.com")));
    let acts: Vec<(&str, &str)> = lines
        .iter()
        .filter(|line| line["event"] == "action")
        .map(|line| (line["kind"].as_str().unwrap(), line["result"].as_str().unwrap()))
        .collect();
    assert_eq!(acts, [("assign_group", "done"), ("create_user", "done")]);
    let pass = lines.last().unwrap();
    for name in [
        "target",
        "verdict",
        "cause",
        "members",
        "blocked",
        "created",
        "updated",
        "removed",
        "withheld",
        "failed",
        "elapsed_seconds",
    ] {
        assert!(!pass[name].is_null(), "{name}: {pass:#}");
    }
    assert_eq!((pass["event"].as_str(), pass["created"].as_i64()), (Some("pass"), Some(1)));

    let again = stage.cli(&["plan", "--exit-code"]).await;
    assert_eq!(again.code, Some(0), "{again:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_hashed_in_logs_where_the_configuration_says_so() {
    let mut stage = stage().await;
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "0123456789abcdef0123456789abcdef\n").unwrap();
    stage.configure(&format!("[log]\npeople = \"hashed\"\npeople_key_file = {:?}\n", key.path()));
    stage.sim.inject(Fault::new(Service::Connect, "CreateUser", FaultKind::AccessDenied));
    let ended = stage.cli_with(&["sync"], &[("RUST_LOG", "debug")]).await;
    assert_eq!(ended.code, Some(4), "{ended:#?}");
    assert!(ended.stderr.contains("person-"), "{}", ended.stderr);
    let unknown = stage.cli(&["sync", "--person", "zoe@x.com"]).await;
    assert_eq!(unknown.code, Some(1), "{unknown:#?}");
    stage.sim.inject(Fault::new(Service::IdentityStore, "GetUserId", FaultKind::AccessDenied));
    let denied = stage.cli(&["sync", "--person", "zoe@x.com"]).await;
    assert!(!denied.stderr.contains("zoe@x.com"), "{}", denied.stderr);
    for name in ["cy@x.com", "Cy@x.com", "ana@x.com", "zoe@x.com"] {
        assert!(!ended.stderr.contains(name), "{name} in {}", ended.stderr);
        assert!(!unknown.stderr.contains(name), "{name} in {}", unknown.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_tell_how_a_pass_came_out() {
    let stage = stage().await;
    stage.sim.inject(Fault::new(Service::Connect, "CreateUser", FaultKind::AccessDenied).times(1));
    assert_eq!(stage.cli(&["sync"]).await.code, Some(4));
    assert_eq!(stage.cli(&["sync"]).await.code, Some(0));
    stage.sim.inject(Fault::new(Service::Connect, "ListUsers", FaultKind::AccessDenied));
    assert_eq!(stage.cli(&["sync"]).await.code, Some(1));
    assert_eq!(stage.cli(&["plan"]).await.code, Some(1));
    assert_eq!(stage.cli(&["sync", "--target", "nobody"]).await.code, Some(2));
    assert_eq!(stage.cli(&["sync", "--frobnicate"]).await.code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_may_be_named_before_or_after_the_command() {
    let stage = stage().await;
    let elsewhere = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(elsewhere.path(), &stage.config).unwrap();
    let file = elsewhere.path().to_str().unwrap();
    for args in [["--config", file, "plan"], ["plan", "--config", file]] {
        let ended = stage.cli_with(&args, &[("ROLLCALL_CONFIG", "/nonexistent")]).await;
        assert_eq!(ended.code, Some(0), "{args:?}: {ended:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_can_be_planned_and_synced_alone() {
    let stage = Stage::new(&[agent("ana@x.com"), agent("bo@x.com")]).await;
    let ended = stage.cli(&["sync", "--person", "BO@x.com", "--output", "json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let kinds: Vec<String> = (ended.json()["targets"][0]["actions"].as_array().unwrap().iter())
        .map(|action| format!("{} {}", action["kind"].as_str().unwrap(), action["login"].as_str().unwrap_or("-")))
        .collect();
    assert_eq!(kinds, ["create_user bo@x.com"]);
    assert_eq!(stage.logins(), ["bo@x.com"]);
    let nobody = stage.cli(&["plan", "--person", "zoe@x.com"]).await;
    assert_eq!(nobody.code, Some(1), "{nobody:#?}");
    assert!(nobody.stdout.contains("nobody of that name"), "{nobody:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_needs_nothing_and_reads_nothing() {
    for hostile in [false, true] {
        let mut command = program();
        command.args(["demo", "--once"]);
        if hostile {
            for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CONNECT", "HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
                command.env(name, "http://127.0.0.1:9");
            }
            command.env("ROLLCALL_CONFIG", "/nonexistent").env("AWS_RETRY_MODE", "bogus").env("AWS_MAX_ATTEMPTS", "0");
            command.env("AWS_PROFILE", "nobody").env("AWS_REGION", "nowhere");
        }
        let ended = ended(command, "FOLDER").await;
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        for word in
            ["agent1@connect-workshop.com", "login-case", "email-mismatch", "login-invalid", "near-miss", "converged"]
        {
            assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_goes_on_as_a_daemon_whose_token_it_prints() {
    let mut demo = program().arg("demo").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdout = demo.stdout.take().unwrap();
    let story = tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(stdout).lines().map(Result::unwrap);
        lines.by_ref().take_while(|line| !line.starts_with("Ctrl-C ends it")).collect::<Vec<_>>().join("\n")
    });
    let story = story.await.unwrap();
    let asked = story.lines().find(|line| line.contains("/v1/status")).unwrap_or_else(|| panic!("{story}"));
    let token = asked.split("Bearer ").nth(1).unwrap().split('\'').next().unwrap();
    let address = asked.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let ask = async |token: &str| {
        let request = format!(
            "GET /v1/status HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let answer = ask(token).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connect-workshop"), "{answer}");
    assert!(ask("guessed").await.starts_with("HTTP/1.1 401"));
    let ended = Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().unwrap();
    assert!(ended.success());
    let ended = tokio::task::spawn_blocking(move || demo.wait().unwrap()).await.unwrap();
    assert_eq!(ended.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_finds_every_problem_at_once_and_names_what_is_untested() {
    let mut stage = stage().await;
    let good = stage.cli(&["check"]).await;
    assert_eq!(good.code, Some(0), "{good:#?}");
    assert!(good.stdout.contains("connect:CreateUser") && good.stdout.contains("untested"), "{}", good.stdout);
    assert_eq!(stage.writes().len(), 0);

    stage.configure("routing_profile = \"Basik\"\n[[expect]]\ngroups = [\"Agents\"]\ntarget = \"support\"\nrouting_profile = \"VIP\"\n");
    stage.sim.inject(Fault::new(Service::Connect, "SearchUsers", FaultKind::AccessDenied));
    stage.sim.inject(Fault::new(Service::Sso, "ListApplicationAssignments", FaultKind::AccessDenied));
    let bad = stage.cli(&["check"]).await;
    assert_eq!(bad.code, Some(1), "{bad:#?}");
    for word in ["VIP", "connect:SearchUsers", "sso:ListApplicationAssignments", "Basik"] {
        assert!(bad.stdout.contains(word), "{word}: {}", bad.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_and_the_completions_are_printed() {
    let mut command = program();
    command.args(["config", "schema"]);
    let schema = ended(command, "FOLDER").await;
    assert!(schema.json()["properties"]["target"].is_object(), "{schema:#?}");
    for shell in ["bash", "zsh", "fish"] {
        let mut command = program();
        command.args(["completions", shell]);
        let ended = ended(command, "FOLDER").await;
        assert_eq!((ended.code, ended.stdout.contains("rollcall")), (Some(0), true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_endpoint_counts_as_not_set() {
    let stage = stage().await;
    let mut of_one = stage.command(&["plan"]);
    of_one.env("AWS_ENDPOINT_URL_CONNECT", "");
    let endpoint = stage.sim.endpoint();
    let mut of_all = stage.command(&["plan"]);
    of_all.env("AWS_ENDPOINT_URL", "").env("AWS_ENDPOINT_URL_CONNECT", &endpoint);
    of_all.env("AWS_ENDPOINT_URL_IDENTITYSTORE", &endpoint).env("AWS_ENDPOINT_URL_SSO_ADMIN", &endpoint);
    for command in [of_one, of_all] {
        let ended = ended(command, "nowhere").await;
        assert_eq!(ended.code, Some(0), "{ended:#?}");
    }
}
