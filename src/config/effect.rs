//! Keys that are read and checked, and whose behaviour this version does not have yet. Saying so is better than letting
//! somebody believe that a setting protects them.

use toml::de::{DeTable, DeValue};

use super::key::{KeyPath, Step};

/// The paths of such keys in a table whose shape is right, sorted. A value that asks for what happens anyway is not
/// among them.
pub(super) fn without_effect(table: &DeTable<'_>) -> Vec<String> {
    let mut found = Vec::new();
    enter(&KeyPath::root(), table, &mut found);
    found
}

fn enter(path: &KeyPath, table: &DeTable<'_>, found: &mut Vec<String>) {
    for (key, value) in table {
        let path = path.key(key.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => enter(&path, inner, found),
            DeValue::Array(items) if items.iter().any(|item| item.get_ref().is_table()) => {
                for (index, item) in items.iter().enumerate() {
                    if let DeValue::Table(inner) = item.get_ref() {
                        enter(&path.item(index), inner, found);
                    }
                }
            }
            value if !has_effect(&path, value.as_str()) => found.push(path.to_string()),
            _ => {}
        }
    }
}

fn has_effect(path: &KeyPath, value: Option<&str>) -> bool {
    let names: Vec<&str> = path
        .steps()
        .iter()
        .filter_map(|step| match step {
            Step::Key(name) => Some(name.as_str()),
            Step::Item(_) => None,
        })
        .collect();
    match names.strip_prefix(&["target"]).unwrap_or(&names) {
        ["schedule" | "http" | "history" | "quarantine", ..]
        | ["policy", "grace" | "delete_after" | "max_removals" | "max_changes"] => false,
        ["policy", "removals" | "renames"] => value == Some("report"),
        ["policy", "attributes", _] => value != Some("enforce"),
        _ => true,
    }
}
