//! The configuration: what a file says, checked, with every default filled in.
//!
//! A file goes through these steps, and everything that any of them finds wrong is reported at once, each with its key,
//! its line and a hint:
//!
//! 1. `document` reads the TOML and remembers where every key stands;
//! 2. `interpolate` puts environment variables into the strings;
//! 3. `shape` compares the table with the JSON Schema and takes out what does not fit;
//! 4. `file` reads the rest into types that mirror the file;
//! 5. `check` judges the values, one by one and together, and makes a [`Config`] of them.
//!
//! Nothing here asks AWS: whether a group, a profile or an instance exists is found out by a pass. Nothing here reads
//! the clock or a secret: files of tokens and keys are only named.

mod check;
mod document;
pub mod duration;
mod expect;
mod file;
mod form;
mod interpolate;
mod key;
mod problem;
mod review;
mod schedule;
mod schema;
mod shape;
mod suggest;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::model::id::InstanceId;
use crate::model::limits::{Rates, Timeouts};
use crate::model::reference::{ApplicationRef, Role};
use crate::model::settings::Settings;

pub use expect::{Difference, Expect, ExpectFailure};
pub use problem::{Problem, Problems};
pub use schema::schema;

/// Everything that one installation is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// The value of the owner tag.
    pub owner: String,
    /// Where people and groups come from.
    pub identity_center: IdentityCenter,
    /// When passes start by themselves.
    pub schedule: Schedule,
    /// The status page, the API and the metrics.
    pub http: Http,
    /// What is written to stderr.
    pub log: Log,
    /// The record of past runs.
    pub history: History,
    /// How long calls may take.
    pub timeouts: Timeouts,
    /// The Connect instances, at least one, in the order of the file.
    pub targets: Vec<Target>,
    /// Tests of the mappings, in the order of the file.
    pub expects: Vec<Expect>,
}

/// Where people and groups come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityCenter {
    /// Its Region.
    pub region: String,
    /// ARN of the Identity Center instance; `None` where the account has one only.
    pub instance_arn: Option<String>,
    /// Id of the identity store; `None` likewise.
    pub identity_store_id: Option<String>,
    /// Role for Identity Store and SSO Admin; `None` is the process's own identity.
    pub role: Option<Role>,
}

/// When passes start by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Second, minute, hour, day, month, weekday; day and weekday must both match.
    pub cron: String,
    /// IANA name of the time zone that `cron` is meant in.
    pub timezone: String,
    /// The longest random delay of a pass.
    pub jitter: Duration,
    /// Whether a pass starts with the daemon.
    pub on_start: bool,
}

/// The status page, the API and the metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Where to listen; port 0 is any free one.
    pub listen: SocketAddr,
    /// File with the token for everything under `/v1`.
    pub token_file: Option<PathBuf>,
    /// File with the token that can only read.
    pub read_token_file: Option<PathBuf>,
}

/// What is written to stderr.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// `None`: text on a terminal, JSON elsewhere.
    pub format: Option<LogFormat>,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// How people are named.
    pub people: People,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// How people are named in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum People {
    /// By their logins.
    Plain,
    /// By a hash of them.
    Hashed {
        /// File with the key of the hash.
        key_file: PathBuf,
    },
}

/// The record of past runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Its file; `None` keeps it in memory.
    pub path: Option<PathBuf>,
    /// How long runs are kept.
    pub keep: SignedDuration,
}

/// A Connect instance, and how to reach it.
#[derive(Debug, Clone)]
pub struct Target {
    /// What is to be true there.
    pub settings: Settings,
    /// Region of the instance.
    pub region: String,
    /// The instance's bare id.
    pub instance: InstanceId,
    /// The account that the instance is in, as far as the role's or the instance's ARN says; `None` is the account of
    /// the process's own identity.
    pub account: Option<String>,
    /// Role for Amazon Connect; `None` is the process's own identity.
    pub role: Option<Role>,
    /// The application that signs people in; `None` leaves assignments unchecked.
    pub application: Option<ApplicationRef>,
    /// Region that the application was made in.
    pub application_region: String,
    /// How many calls may be made.
    pub rates: Rates,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file does not exist.
    #[error("there is no configuration file `{}`", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file exists and cannot be read as text.
    #[error("failed to read the configuration file `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file can be read, and something in it is wrong.
    #[error(transparent)]
    Invalid(Problems),
}

impl LoadError {
    /// What to do about it; the problems of a file have hints of their own.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } => Some(
                "name the file with `--config` or in `ROLLCALL_CONFIG`; `config/minimal.toml` is one to start from",
            ),
            Self::Unreadable { .. } => Some("it has to be readable for this user, and text in UTF-8"),
            Self::Invalid(_) => None,
        }
    }
}

impl Config {
    /// Reads a file, with the environment of this process.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let text = std::fs::read_to_string(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => LoadError::Missing { path: path.to_owned() },
            _ => LoadError::Unreadable { path: path.to_owned(), source },
        })?;
        let environment = |name: &str| std::env::var(name).ok();
        Self::parse(&text, &environment)
            .map_err(|problems| LoadError::Invalid(problems.in_file(path.display().to_string())))
    }

    /// Reads a file's text. `environment` looks a variable up.
    pub fn parse(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let mut source = document::Source::new(text);
        let mistakes = std::mem::take(&mut source.mistakes);
        if !source.readable {
            return Err(Problems::new(mistakes));
        }
        let (mut table, places) = source.table();
        let mut review = review::Review::new(&places, mistakes);
        let root = key::KeyPath::root();
        interpolate::table(&mut review, &root, table.get_mut(), environment);
        shape::check(&mut review, schema::shared(), table.get_mut());
        let config = match file::File::deserialize(toml::Deserializer::from(table)) {
            Ok(file) => check::config(&mut review, &file),
            Err(error) => {
                review.wrong(&root, error.message());
                None
            }
        };
        let problems = review.into_problems();
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(Problems::new(problems)),
        }
    }

    /// The expectations that the mappings do not meet.
    #[must_use]
    pub fn failures(&self) -> Vec<ExpectFailure> {
        expect::failures(self)
    }
}
