//! What is wrong with a configuration file: all of it, as data and as text that a person can act on.

use std::fmt;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key's path, such as `target[0].region`; empty where the text is no TOML.
    pub key: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in letters, counted from 1.
    pub column: usize,
    /// What is wrong: a sentence that can be read alone.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Everything that is wrong with one file, in the order of its lines. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    file: String,
    problems: Vec<Problem>,
}

impl Problems {
    /// Sorts them by place. What is said twice of one place is kept once.
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| (a.line, a.column, &a.key, &a.message).cmp(&(b.line, b.column, &b.key, &b.message)));
        problems.dedup();
        Self { file: "rollcall.toml".to_owned(), problems }
    }

    /// The same, of a file with this name.
    #[must_use]
    pub fn in_file(self, file: impl Into<String>) -> Self {
        Self { file: file.into(), ..self }
    }

    /// The problems, in the order of their lines.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.problems.len()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, problems } = self;
        for Problem { key: _, line, column, message, hint } in problems {
            writeln!(f, "{file}:{line}:{column}: {message}")?;
            if let Some(hint) = hint {
                writeln!(f, "  hint: {hint}")?;
            }
        }
        match problems.len() {
            1 => f.write_str("1 problem"),
            count => write!(f, "{count} problems"),
        }
    }
}

impl std::error::Error for Problems {}
