//! What is documented exists, and what exists is documented.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use fancy_regex::Regex;
use rollcall::config::Config;
use rollcall::daemon::{ConfigStatus, Desk};
use rollcall::http::{App, Tokens, router};
use rollcall::metrics::Metrics;
use rollcall::model::settings::Mode;
use rollcall::pass::{Request, Runner};
use rollcall::plan::finding::CODES;
use rollcall::report::Cause;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::stage::{Stage, agent, program};

pub(crate) fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What stands under a heading, as far as the next one.
fn section<'d>(document: &'d str, heading: &str) -> &'d str {
    let parts = document.split("\n## ").filter_map(|part| part.split_once('\n'));
    let mut found = parts.filter(|(title, _)| *title == heading).map(|(_, text)| text);
    let text = found.next().unwrap_or_else(|| panic!("there is no heading `{heading}`"));
    assert_eq!(found.next(), None, "the heading `{heading}` is there twice");
    text
}

/// The cells of the rows in its tables whose first cell is code.
fn rows(section: &str) -> Vec<Vec<&str>> {
    let lines = section.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect();
    assert!(!rows.is_empty(), "there is no such table in {section}");
    rows
}

/// The words that are code in a text.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Every file with such a name in a folder and below it, in one text.
fn texts(folder: &str, extension: &str) -> String {
    let mut text = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                text += &fs::read_to_string(&path).unwrap();
            }
        }
    }
    assert!(!text.is_empty(), "nothing is in {folder}");
    text
}

#[test]
fn every_shipped_configuration_can_be_loaded() {
    let variables = |name: &str| Some(format!("value-of-{name}"));
    for name in ["config/minimal.toml", "config/example.toml", "config/demo.toml"] {
        if let Err(problems) = Config::parse(&file(name), &variables) {
            panic!("{name}:\n{problems}");
        }
    }
}

#[test]
fn the_finding_reference_is_complete_and_says_the_severity() {
    let readme = file("README.md");
    for code in CODES {
        let row = format!("| `{code}` | {} |", code.severity().as_str());
        assert!(readme.contains(&row), "README.md lacks `{row}`");
    }
    let documented: BTreeSet<&str> =
        rows(section(&readme, "Findings")).into_iter().flat_map(|row| quoted(row[0])).collect();
    let known: BTreeSet<&str> = CODES.iter().map(|code| code.as_str()).collect();
    assert_eq!(documented, known);
}

#[test]
fn every_command_of_the_reference_exists_and_the_other_way_round() {
    use clap::CommandFactory;
    let readme = file("README.md");
    let documented: BTreeSet<&str> = quoted(section(&readme, "Commands and exit codes"))
        .filter_map(|code| code.strip_prefix("rollcall "))
        .filter_map(|call| call.split(' ').next())
        .collect();
    let program = rollcall::cli::Cli::command();
    let known: BTreeSet<&str> =
        program.get_subcommands().map(clap::Command::get_name).filter(|name| *name != "help").collect();
    assert_eq!(documented, known);
}

#[test]
fn the_transcript_of_the_demo_is_what_the_demo_prints() {
    let readme = file("README.md");
    let told =
        readme.split("<!-- transcript:demo -->").nth(1).and_then(|rest| rest.split("<!-- /transcript -->").next());
    let told = told.unwrap().trim().trim_start_matches("```text\n$ rollcall demo\n").trim_end_matches("```");
    let output = program().args(["demo", "--once"]).output().unwrap();
    assert_eq!(lasting(told), lasting(&String::from_utf8(output.stdout).unwrap()));
}

/// Text without what differs from run to run: ports, run ids and times.
fn lasting(text: &str) -> String {
    let changing = Regex::new(r"127\.0\.0\.1:\d+|run [0-9A-Z]{26}|in \d+(\.\d)? s").unwrap();
    changing.replace_all(text.trim(), "…").into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_of_the_reference_exists_as_described_and_the_other_way_round() {
    let readme = file("README.md");
    let mut documented = BTreeMap::new();
    for row in rows(section(&readme, "Metrics")) {
        let [name, kind, labels, _] = row[..] else { panic!("{row:?}") };
        documented.insert(name.trim_matches('`'), (kind, quoted(labels).collect::<BTreeSet<_>>()));
    }
    // A family is not told of before it has a series, and this pass gives one to each.
    let stage = Stage::new(&[agent("ana@x.com")]).await;
    let metrics = Arc::new(Metrics::new("0").unwrap());
    let runner = Runner::metered(stage.setup(), &metrics);
    runner.run(&Request::new(Mode::Apply, Cause::Cli), &CancellationToken::new()).await;
    let text = String::from_utf8(metrics.text()).unwrap();
    let mut known = BTreeMap::new();
    let mut family = "";
    for line in text.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            family = name;
            known.insert(family, (kind, BTreeSet::new()));
        } else if let Some((_, rest)) = line.split_once('{').filter(|_| !line.starts_with('#')) {
            let labels = rest.split("\",").filter_map(|label| label.split_once('=')).map(|(name, _)| name);
            // The bound of a bucket belongs to the type.
            known.get_mut(family).unwrap().1.extend(labels.filter(|name| *name != "le"));
        }
    }
    assert_eq!(documented, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_of_the_reference_is_described_and_the_other_way_round() {
    let readme = file("README.md");
    let table = rows(section(&readme, "The HTTP interface"));
    let mut documented = BTreeMap::new();
    for row in &table {
        let [path, token, answers] = row[..] else { panic!("{row:?}") };
        documented.insert(path.trim_matches('`').to_owned(), (token, answers));
    }
    let stage = Stage::new(&[]).await;
    let metrics = Arc::new(Metrics::new("0").unwrap());
    let runner = Arc::new(Runner::metered(stage.setup(), &metrics));
    let config = ConfigStatus { path: None, loaded_at: String::new(), last_reload: None };
    let desk = Arc::new(Desk::new(runner, metrics, config, CancellationToken::new()));
    let router = router(App { desk, tokens: Arc::new(Tokens::of("token")) });
    let mut known = BTreeMap::new();
    // What the description leaves out: itself, and the page, whose parts are for one another.
    for (path, asked) in [("/", "/"), ("/page/…", "/page/script.js"), ("/openapi.json", "/openapi.json")] {
        assert_eq!(get(&router, asked).await.0, 200, "{asked}");
        known.insert(format!("GET {path}"), "none");
    }
    assert_eq!(get(&router, "/v1/page/top").await.0, 401);
    known.insert("GET /v1/page/…".to_owned(), "either");
    let description: Value = serde_json::from_slice(&get(&router, "/openapi.json").await.1).unwrap();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let path = format!("{} {path}", method.to_uppercase());
            for asked in described["parameters"].as_array().into_iter().flatten().filter(|asked| asked["in"] == "query")
            {
                let name = format!("`?{}=`", asked["name"].as_str().unwrap());
                let (_, answers) = documented.get(&path).unwrap_or_else(|| panic!("README.md lacks `{path}`"));
                assert!(answers.contains(&name), "README.md lacks {name} of `{path}`");
            }
            let token = match described["tags"][0].as_str().unwrap() {
                "probes" => "none",
                "reads" => "either",
                "triggers" => "the one that can trigger",
                other => panic!("nobody knows which token `{other}` takes"),
            };
            known.insert(path, token);
        }
    }
    let documented: BTreeMap<String, &str> = documented.into_iter().map(|(path, (token, _))| (path, token)).collect();
    assert_eq!(documented, known);
}

/// The status and the body of an answer.
async fn get(router: &axum::Router, path: &str) -> (u16, Vec<u8>) {
    let request = axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    (status, axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
}

#[test]
fn every_log_event_of_the_reference_exists_and_the_other_way_round() {
    let readme = file("README.md");
    let table = rows(section(&readme, "Log lines"));
    let documented: BTreeSet<&str> = table.iter().flat_map(|row| quoted(row[0])).collect();
    let sources = texts("src", "rs");
    let known: BTreeSet<&str> = sources.split("event = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(documented, known);
}

#[test]
fn every_test_that_the_invariants_name_exists() {
    let architecture = file("ARCHITECTURE.md");
    let tests = texts("src", "rs") + &texts("tests", "rs");
    let table = section(&architecture, "Invariants");
    let named = table.lines().filter_map(|line| line.strip_prefix("| ")?.rsplit_once(" | "));
    let named: BTreeSet<&str> = named.flat_map(|(_, tests)| quoted(tests)).filter(|name| !name.contains('/')).collect();
    assert!(named.len() > 50, "only {} are named", named.len());
    for name in named {
        assert!(tests.contains(&format!("fn {name}(")), "ARCHITECTURE.md names `{name}`, and there is no such test");
    }
}
