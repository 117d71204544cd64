//! The path of a key in the file, as a person would say it: `target[0].mapping[1].phone.type`.

use std::fmt;

/// Where a key or a list's item stands, from the top of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyPath(Vec<Step>);

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Into a table.
    Key(String),
    /// Into a list, counted from 0.
    Item(usize),
}

impl KeyPath {
    /// The file itself.
    pub(super) fn root() -> Self {
        Self::default()
    }

    /// The key of this table.
    pub(super) fn key(&self, name: &str) -> Self {
        self.with(Step::Key(name.to_owned()))
    }

    /// The item of this list.
    pub(super) fn item(&self, index: usize) -> Self {
        self.with(Step::Item(index))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// What this stands in; the file itself stands in nothing.
    pub(super) fn parent(&self) -> Option<Self> {
        let (_, above) = self.0.split_last()?;
        Some(Self(above.to_vec()))
    }

    /// The steps, from the top.
    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The names alone, as a header of the file writes them: `target.mapping`.
    pub(super) fn header(&self) -> String {
        let names = self.0.iter().filter_map(|step| match step {
            Step::Key(name) => Some(written(name)),
            Step::Item(_) => None,
        });
        names.collect::<Vec<_>>().join(".")
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Item(item) => write!(f, "[{item}]")?,
                Step::Key(name) if index == 0 => f.write_str(&written(name))?,
                Step::Key(name) => write!(f, ".{}", written(name))?,
            }
        }
        Ok(())
    }
}

/// A key as TOML writes it: in quotes where it has other letters than a bare key may have.
fn written(name: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { format!("{name:?}") }
}
