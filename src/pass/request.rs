//! What runs are asked for, and made by.

use std::sync::Arc;

use crate::aws::Access;
use crate::config::{Config, Target};
use crate::model::id::TargetName;
use crate::model::settings::Mode;
use crate::report::{Cause, log};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whether to write. A target that is in mode `plan` is never written to.
    pub mode: Mode,
    /// What started it.
    pub cause: Cause,
    /// One target only, by name.
    pub target: Option<TargetName>,
    /// One person only: a login, an e-mail, a user name or a principal's id.
    pub person: Option<String>,
    /// Codes of what may be let through though a guard holds it back.
    pub approvals: Vec<String>,
}

impl Request {
    /// Everybody in every target, with nothing approved.
    #[must_use]
    pub fn new(mode: Mode, cause: Cause) -> Self {
        Self { mode, cause, target: None, person: None, approvals: Vec::new() }
    }
}

/// What runs are made by: a configuration, and the ways to what it names.
#[derive(Debug)]
pub struct Setup {
    /// The configuration.
    pub config: Arc<Config>,
    /// How AWS is reached.
    pub access: Access,
    /// How people appear in log lines.
    pub people: log::People,
}

impl Setup {
    /// A setup whose log lines name people as they are.
    #[must_use]
    pub fn new(config: Arc<Config>, access: Access) -> Self {
        Self { config, access, people: log::People::Plain }
    }

    pub(super) fn target(&self, name: &TargetName) -> Option<&Target> {
        self.config.targets.iter().find(|target| target.settings.name == *name)
    }
}
