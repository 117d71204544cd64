//! What `check` asks of AWS: every read permission, and every name of the configuration. Nothing is concluded about people.

use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::{Runner, mapped_groups, wanted_hierarchy};
use crate::aws::{TargetProbe, Trial};
use crate::config::Target;
use crate::model::directory::{Directory, Group};
use crate::model::settings::{GroupRef, Removals};
use crate::model::snapshot::{Scope, Snapshot};
use crate::plan;
use crate::plan::finding::Finding;

impl Runner {
    /// Tries every read permission, and looks up every name of the configuration. Nothing is concluded about people.
    pub async fn check(&self) -> Checked {
        let setup = self.setup();
        let identity_center = self.identity_center(&setup).await;
        let targets = &setup.config.targets;
        let center = identity_center.probe(&mapped_groups(targets)).await;
        let groups = &center.groups;
        let check = async |target: &Target| {
            let deletes = target.settings.policy.removals == Removals::Delete;
            let probe = self.open(target, &identity_center).await.probe(&wanted_hierarchy(target), deletes).await;
            let findings = names(&probe, groups, target);
            CheckedTarget { trials: probe.trials, findings }
        };
        let targets = join_all(targets.iter().map(check)).await;
        Checked { center: center.trials, targets }
    }
}

/// What `check` found out.
#[derive(Debug)]
pub struct Checked {
    /// Permissions in Identity Store.
    pub center: Vec<Trial>,
    /// One for each target, in the order of the configuration.
    pub targets: Vec<CheckedTarget>,
}

/// What `check` found out about one target.
#[derive(Debug)]
pub struct CheckedTarget {
    /// Permissions in Connect and SSO Admin.
    pub trials: Vec<Trial>,
    /// What is wrong with names: groups, profiles, the application, the instance.
    pub findings: Vec<Finding>,
}

/// What a plan would say of names, as far as both sides could be read. Nobody is in this world, so that what it says
/// about people means nothing and is left out.
fn names(probe: &TargetProbe, groups: &BTreeMap<GroupRef, Option<Group>>, target: &Target) -> Vec<Finding> {
    let (Some(instance), Some(catalog), Some(application)) = (&probe.instance, &probe.catalog, &probe.application)
    else {
        return Vec::new();
    };
    let is_whole = target.settings.mappings.iter().all(|mapping| groups.contains_key(&mapping.group));
    let snapshot = Snapshot {
        scope: Scope::Everybody,
        directory: Directory { groups: groups.clone(), ..Directory::default() },
        instance: instance.clone(),
        catalog: catalog.clone(),
        users: Vec::new(),
        application: application.clone(),
        time: Timestamp::now(),
        skew: SignedDuration::ZERO,
    };
    let plan = plan::plan(&snapshot, &target.settings).into_parts();
    plan.findings
        .into_iter()
        .filter(|finding| finding.kind.concerns_name() && (is_whole || !finding.kind.concerns_group()))
        .collect()
}
