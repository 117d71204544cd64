//! Whole files: what they come to, and what is said of those that are wrong.

mod expects;
mod inheritance;
mod sections;
mod shapes;
mod shipped;
mod targets;
mod text;

use super::*;

/// The least that a file needs, apart from the top level.
const MINIMAL: &str = r#"
[identity_center]
region = "eu-west-1"

[[target]]
name = "support"
region = "eu-west-2"
instance_id = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"

[[target.mapping]]
group = "ConnectAgents"
"#;

fn no_environment(_: &str) -> Option<String> {
    None
}

/// The configuration of a file that is right.
fn config(text: &str) -> Config {
    match Config::parse(text, &no_environment) {
        Ok(config) => config,
        Err(problems) => panic!("{problems}"),
    }
}

/// What is said of a file that is wrong.
fn problems(text: &str) -> String {
    match Config::parse(text, &no_environment) {
        Ok(_) => "nothing is wrong".to_owned(),
        Err(problems) => problems.to_string(),
    }
}

/// The tables, followed by the least that a file needs: what is wrong stands on the lines of `tables`.
fn beside_minimal(tables: &str) -> String {
    format!("{}\n{MINIMAL}", tables.trim_start())
}

/// The least that a file needs, and more lines for its only mapping or after it.
fn minimal_and(lines: &str) -> String {
    format!("{MINIMAL}{lines}")
}

/// A line of a target is changed.
fn minimal_with(line: &str, instead: &str) -> String {
    assert!(MINIMAL.contains(line));
    MINIMAL.replace(line, instead)
}
