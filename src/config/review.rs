//! What has been found wrong so far, while a file is looked through from the outside in.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::document::Places;
use super::key::KeyPath;
use super::problem::Problem;

/// Collects problems. Of a key that could not be understood at all nothing more is said, nor of anything below it.
pub(super) struct Review<'p> {
    places: &'p Places,
    problems: Vec<Problem>,
    rejected: BTreeSet<KeyPath>,
    has_gaps: bool,
}

impl<'p> Review<'p> {
    /// Begins with the mistakes of the TOML itself, if there are any: then nothing counts as missing.
    pub(super) fn new(places: &'p Places, mistakes: Vec<Problem>) -> Self {
        let has_gaps = !mistakes.is_empty();
        Self { places, problems: mistakes, rejected: BTreeSet::new(), has_gaps }
    }

    /// Where everything stands.
    pub(super) fn places(&self) -> &'p Places {
        self.places
    }

    /// Whether anything was found wrong.
    pub(super) fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// All that was found.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// The key is wrong. The message goes on after the key's name.
    pub(super) fn wrong(&mut self, key: &KeyPath, message: impl Display) {
        self.add(key, message, None);
    }

    /// The key is wrong, and this helps.
    pub(super) fn wrong_with(&mut self, key: &KeyPath, message: impl Display, hint: impl Into<String>) {
        self.add(key, message, Some(hint.into()));
    }

    /// The key is not there and has to be.
    pub(super) fn missing(&mut self, key: &KeyPath, hint: Option<String>) {
        if !self.has_gaps {
            self.add(key, "is missing", hint);
        }
    }

    /// The key cannot be understood: whoever calls this takes it out.
    pub(super) fn reject(&mut self, key: &KeyPath, message: impl Display, hint: Option<String>) {
        self.add(key, message, hint);
        self.rejected.insert(key.clone());
    }

    /// Enough has been said of this key: whoever calls this takes it out.
    pub(super) fn settle(&mut self, key: &KeyPath) {
        self.rejected.insert(key.clone());
    }

    fn add(&mut self, key: &KeyPath, message: impl Display, hint: Option<String>) {
        let mut above = Some(key.clone());
        while let Some(path) = above {
            if self.rejected.contains(&path) {
                return;
            }
            above = path.parent();
        }
        let (line, column) = self.places.of(key);
        let message = if *key == KeyPath::root() { message.to_string() } else { format!("`{key}` {message}") };
        self.problems.push(Problem { key: key.to_string(), line, column, message, hint });
    }
}
