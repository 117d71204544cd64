//! The shape of the sources, as ARCHITECTURE.md tells it: who may import whom, and what may stand where.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module, and the modules that it may import from.
const MAY_IMPORT: [(&str, &[&str]); 18] = [
    ("metrics", &[]),
    ("model", &[]),
    ("plan", &["model"]),
    ("cell", &["model"]),
    ("export", &["cell", "model", "plan"]),
    ("sim", &[]),
    ("config", &["model", "plan"]),
    ("aws", &["metrics", "model"]),
    ("apply", &["aws", "model", "plan"]),
    ("report", &["apply", "aws", "metrics", "model", "plan"]),
    ("history", &["cell", "model", "plan", "report"]),
    ("pass", &["apply", "aws", "config", "metrics", "model", "plan", "report"]),
    ("daemon", &["aws", "config", "history", "metrics", "model", "pass", "plan", "report", "telemetry"]),
    ("http", &["config", "daemon", "history", "metrics", "model", "pass", "plan", "report"]),
    ("telemetry", &["aws", "config"]),
    ("cli", &[]),
    (
        "commands",
        &[
            "aws",
            "cli",
            "config",
            "daemon",
            "export",
            "history",
            "http",
            "metrics",
            "model",
            "pass",
            "plan",
            "report",
            "sim",
            "telemetry",
        ],
    ),
    (
        "lib",
        &[
            "metrics",
            "model",
            "plan",
            "cell",
            "export",
            "sim",
            "config",
            "aws",
            "apply",
            "report",
            "history",
            "pass",
            "daemon",
            "http",
            "telemetry",
            "cli",
            "commands",
        ],
    ),
];

/// Every source file with the module that it belongs to, without its tests.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests.rs" {
                let inside = path.strip_prefix(&root).unwrap();
                let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
                found.push((module, path, text));
            }
        }
    }
    assert!(found.len() > 60, "only {} files were found", found.len());
    found
}

/// The lines that are code.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.starts_with("//"))
}

/// The crate's own modules that a line names.
fn named(line: &str) -> Vec<String> {
    line.match_indices("crate::")
        .flat_map(|(at, word)| {
            let rest = &line[at + word.len()..];
            let list = rest.strip_prefix('{').and_then(|list| list.split('}').next());
            let parts: Vec<&str> = list.map_or_else(|| vec![rest], |list| list.split(',').collect());
            let first = |part: &str| {
                part.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned()
            };
            parts.into_iter().map(first).collect::<Vec<_>>()
        })
        .filter(|module| !module.is_empty())
        .collect()
}

#[test]
fn imports_follow_the_map() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        MAY_IMPORT.iter().map(|(module, others)| (*module, others.iter().copied().collect())).collect();
    let mut seen = BTreeSet::new();
    for (module, path, text) in sources() {
        if module == "main" {
            continue;
        }
        let may = allowed.get(module.as_str()).unwrap_or_else(|| panic!("`{module}` is not on the map"));
        for line in code(&text) {
            for other in named(line).into_iter().filter(|other| *other != module) {
                assert!(
                    may.contains(other.as_str()),
                    "{}: `{module}` may not import `{other}`: {line}",
                    path.display()
                );
                seen.insert((module.clone(), other));
            }
        }
    }
    // Nor does the map show ways that nobody goes. `lib` names its modules without importing them.
    for (module, others) in MAY_IMPORT.iter().filter(|(module, _)| *module != "lib") {
        for other in *others {
            assert!(seen.contains(&((*module).to_owned(), (*other).to_owned())), "no `{module}` imports `{other}`");
        }
    }
}

#[test]
fn only_one_module_names_the_sdk() {
    let mut seen = 0;
    for (module, path, text) in sources() {
        for line in code(&text).filter(|line| line.contains("aws_")) {
            let names = ["aws_sdk_", "aws_smithy_", "aws_config", "aws_types", "aws_credential_types"];
            if names.iter().any(|name| line.contains(name)) {
                assert_eq!(module, "aws", "{}: {line}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 20);
}

#[test]
fn the_core_is_pure() {
    let forbidden = [
        "async ",
        ".await",
        "tracing",
        "tokio",
        "std::env",
        "std::fs",
        "std::time::Instant",
        "SystemTime",
        "Timestamp::now",
        "println",
    ];
    for (module, path, text) in sources() {
        if ["model", "plan", "cell", "export"].contains(&module.as_str()) {
            for line in code(&text) {
                let found = forbidden.iter().find(|word| line.contains(*word));
                assert_eq!(found, None, "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn the_map_in_the_documentation_is_this_one() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    for (module, others) in MAY_IMPORT.iter().filter(|(module, _)| *module != "lib") {
        let others = if others.is_empty() { "nothing of ours".to_owned() } else { others.join(", ") };
        let line = format!("| `{module}` | {others} |");
        assert!(document.contains(&line), "ARCHITECTURE.md lacks the line {line}");
    }
}
