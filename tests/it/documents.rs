//! What is documented exists, and what exists is documented.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fancy_regex::Regex;
use rollcall::config::Config;
use rollcall::plan::finding::CODES;

use crate::stage::program;

pub(crate) fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
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
    let documented: BTreeSet<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split("` | ").next())
        .collect();
    let known: BTreeSet<&str> = CODES.iter().map(|code| code.as_str()).collect();
    let findings =
        documented.iter().filter(|name| name.contains('-') && !name.contains(' ')).copied().collect::<Vec<_>>();
    for name in findings {
        assert!(known.contains(name), "README.md documents the finding `{name}`, which does not exist");
    }
}

#[test]
fn every_command_of_the_reference_exists_and_the_other_way_round() {
    use clap::CommandFactory;
    let readme = file("README.md");
    for command in rollcall::cli::Cli::command().get_subcommands().filter(|command| command.get_name() != "help") {
        let name = command.get_name();
        assert!(readme.contains(&format!("`rollcall {name}")), "README.md does not mention `rollcall {name}`");
    }
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
