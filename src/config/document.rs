//! The text of a file as a table in which every key knows its place, and every mistake in the writing of TOML itself.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::key::KeyPath;
use super::problem::Problem;

/// A file's text, read once for mistakes in its TOML.
pub(super) struct Source<'t> {
    text: Cow<'t, str>,
    /// What is no TOML, one problem a line.
    pub(super) mistakes: Vec<Problem>,
    /// Whether the rest of the file can be looked through: either there are no mistakes, or the lines that have them
    /// set one key each and could be left out.
    pub(super) readable: bool,
}

impl<'t> Source<'t> {
    /// Reads the text for mistakes. Line by line they are taken out again, so that one bad quotation mark does not hide
    /// what else is wrong.
    pub(super) fn new(text: &'t str) -> Self {
        let (_, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            return Self { text: Cow::Borrowed(text), mistakes: Vec::new(), readable: true };
        }
        let lines = Lines::new(text);
        let mut worst: BTreeMap<usize, &Error> = BTreeMap::new();
        for error in &errors {
            worst.entry(lines.position(offset(error)).0).or_insert(error);
        }
        let mistakes = worst.values().map(|error| mistake(error, lines.position(offset(error)))).collect();
        let rest = without(text, worst.keys().map(|line| lines.range(*line)));
        let readable = rest.as_ref().is_some_and(|rest| DeTable::parse_recoverable(rest).1.is_empty());
        Self { text: rest.map_or(Cow::Borrowed(text), Cow::Owned), mistakes, readable }
    }

    /// The table, and where everything in it stands.
    pub(super) fn table(&self) -> (Spanned<DeTable<'_>>, Places) {
        let (table, _) = DeTable::parse_recoverable(&self.text);
        let places = Places::new(&self.text, table.get_ref());
        (table, places)
    }
}

/// The text with these lines blank, if each of them does no more than set one key. Other lines hold the file together:
/// without its header, a table's keys would fall to the table before it.
fn without(text: &str, lines: impl Iterator<Item = Range<usize>>) -> Option<String> {
    let mut rest = text.to_owned();
    for range in lines {
        let line = text.get(range.clone())?;
        let (key, _) = line.split_once('=')?;
        let bare = |letter: char| letter.is_ascii_alphanumeric() || "_-. \t".contains(letter);
        if key.trim().is_empty() || !key.chars().all(bare) {
            return None;
        }
        rest.replace_range(range.clone(), &" ".repeat(range.len()));
    }
    Some(rest)
}

fn offset(error: &Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

fn mistake(error: &Error, (line, column): (usize, usize)) -> Problem {
    let said = error.message();
    // A bare word is taken for the beginning of whatever it begins like, and named after that.
    let words = ["invalid float", "invalid boolean", "string values must be quoted", "invalid integer"];
    let (message, hint) = if words.iter().any(|word| said.starts_with(word)) {
        let message = "no value of TOML stands here".to_owned();
        (message, Some("text is written in double quotes: `key = \"text\"`".to_owned()))
    } else if said == "duplicate key" {
        ("this is set a second time".to_owned(), None)
    } else {
        (format!("this is not TOML: {said}"), None)
    };
    Problem { key: String::new(), line, column, message, hint }
}

/// Where each key and each item stands.
pub(super) struct Places {
    lines: BTreeMap<KeyPath, (usize, usize)>,
}

impl Places {
    fn new(text: &str, table: &DeTable<'_>) -> Self {
        let mut places = Self { lines: BTreeMap::new() };
        places.enter_table(&Lines::new(text), &KeyPath::root(), table);
        places
    }

    /// Line and column, counted from 1: of the key, else of what it would stand in, else of the file.
    pub(super) fn of(&self, key: &KeyPath) -> (usize, usize) {
        let mut key = key.clone();
        loop {
            if let Some(position) = self.lines.get(&key) {
                return *position;
            }
            match key.parent() {
                Some(parent) => key = parent,
                None => return (1, 1),
            }
        }
    }

    /// Everything that has a place.
    #[cfg(test)]
    pub(super) fn paths(&self) -> impl Iterator<Item = &KeyPath> {
        self.lines.keys()
    }

    /// Whether the file says anything there.
    pub(super) fn has(&self, key: &KeyPath) -> bool {
        self.lines.contains_key(key)
    }

    fn enter_table(&mut self, lines: &Lines<'_>, path: &KeyPath, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = path.key(key.get_ref());
            self.lines.insert(path.clone(), lines.position(key.span().start));
            self.enter(lines, &path, value);
        }
    }

    fn enter(&mut self, lines: &Lines<'_>, path: &KeyPath, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.enter_table(lines, path, table),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path = path.item(index);
                    self.lines.insert(path.clone(), lines.position(item.span().start));
                    self.enter(lines, &path, item);
                }
            }
            _ => {}
        }
    }
}

/// Line and column of an offset.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index + 1);
        Self { text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// Line and column, counted from 1, the column in letters.
    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// The bytes of a line, without its end.
    fn range(&self, line: usize) -> Range<usize> {
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let end = self.starts.get(line).map_or(self.text.len(), |next| next - 1);
        start..end
    }
}
