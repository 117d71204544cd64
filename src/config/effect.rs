//! Keys that are read and checked, and whose behaviour this version does not have yet. Saying so is better than letting
//! somebody believe that a setting protects them.

use toml::de::{DeTable, DeValue};

use super::key::{KeyPath, Step};

/// The paths of such keys in a table whose shape is right, sorted.
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
            _ if !has_effect(&path) => found.push(path.to_string()),
            _ => {}
        }
    }
}

fn has_effect(path: &KeyPath) -> bool {
    let names: Vec<&str> = path
        .steps()
        .iter()
        .filter_map(|step| match step {
            Step::Key(name) => Some(name.as_str()),
            Step::Item(_) => None,
        })
        .collect();
    !matches!(names.first(), Some(&"history"))
}
