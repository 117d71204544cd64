//! Everybody in one target: a snapshot of both sides, whole or not at all. A pass reads so, and so does what only looks.

use futures::future::join_all;

use super::{Runner, SharedDirectory, read_directory, wanted_hierarchy};
use crate::aws::{self, IdentityCenter, Ledger};
use crate::config::Target;
use crate::model::id::TargetName;
use crate::model::settings::Settings;
use crate::model::snapshot::{Scope, Snapshot};
use crate::plan;
use crate::report::Trouble;

/// One target as it was read, without a pass.
#[derive(Debug)]
pub struct Surveyed {
    /// How the target is kept.
    pub settings: Settings,
    /// All of it, or why it could not be read.
    pub result: Result<Snapshot, Trouble>,
}

impl Runner {
    /// Reads everybody in each target, or in one. Nothing is written, nothing remembered, and no turn taken.
    pub async fn survey(&self, only: Option<&TargetName>) -> Vec<Surveyed> {
        let setup = self.setup();
        let targets = &setup.config.targets;
        let targets = targets.iter().filter(|target| only.is_none_or(|name| target.settings.name == *name));
        let targets: Vec<&Target> = targets.collect();
        let identity_center = self.identity_center(&setup).await;
        let shared = Ledger::new();
        let directory = read_directory(identity_center.counted(&shared), targets.iter().copied());
        let survey = async |config: &Target| {
            let ledger = Ledger::new();
            let target = self.open(config, &identity_center).await.counted(&ledger);
            let identity_center = identity_center.counted(&ledger);
            let reading = Everybody { target: &target, identity_center: &identity_center, config };
            let result = reading.read(directory.clone(), [&shared, &ledger]).await;
            Surveyed { settings: config.settings.clone(), result }
        };
        join_all(targets.iter().map(|target| survey(target))).await
    }
}

/// What everybody is read with.
pub(super) struct Everybody<'a> {
    pub(super) target: &'a aws::Target,
    pub(super) identity_center: &'a IdentityCenter,
    pub(super) config: &'a Target,
}

impl Everybody<'_> {
    /// All or nothing.
    pub(super) async fn read(&self, directory: SharedDirectory, ledgers: [&Ledger; 2]) -> Result<Snapshot, Trouble> {
        let settings = &self.config.settings;
        let hierarchy = wanted_hierarchy(self.config);
        let (directory, read) = tokio::join!(directory, self.target.read(&hierarchy));
        let trouble = |error: &aws::Error| Trouble::of(error, error.hint());
        let read = read.map_err(|error| trouble(&error))?;
        let groups = settings.mappings.iter().map(|mapping| &mapping.group);
        let directory = directory.for_groups(groups).map_err(|error| trouble(&error))?;
        let mut snapshot = read.into_snapshot(Scope::Everybody, directory, ledgers).map_err(|error| trouble(&error))?;
        for id in plan::unknown_people(&snapshot, settings) {
            let person = self.identity_center.person(&id).await.map_err(|error| trouble(&error))?;
            snapshot.directory.outsiders.insert(id, person);
        }
        Ok(snapshot)
    }
}
