//! One run, from end to end: start reading here.
//!
//! ```text
//! read ─► resolve ─► plan ─► guard ─► apply ─► report
//! (all or   (pure)    (pure)  (pure)  (paced)
//!  nothing)
//! ```
//!
//! A run is one pass for each target. People and groups are read once for all of them; apart from that the passes have
//! nothing to do with one another, so what one of them cannot read stops no other. Whether a run writes is decided here
//! and nowhere below: a run that only plans never comes to `apply`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, join_all};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::apply::{self, Progress};
use crate::aws::{
    self, Access, DirectoryRead, IdentityCenter, IdentityCenterAt, Ledger, Pace, TargetAt, TargetProbe, Trial,
};
use crate::config::{Config, Target};
use crate::model::directory::{Directory, Group};
use crate::model::id::TargetName;
use crate::model::settings::{GroupRef, Mode};
use crate::model::snapshot::Snapshot;
use crate::plan::finding::Finding;
use crate::plan::{self, Plan};
use crate::report::{Around, Cause, RunReport, TargetReport, Trouble};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whether to write. A target that is in mode `plan` is never written to.
    pub mode: Mode,
    /// What started it.
    pub cause: Cause,
    /// One target only, by name.
    pub target: Option<TargetName>,
    /// One person only: a login, an e-mail or a principal's id.
    pub person: Option<String>,
}

/// What a run needs beside the request. It may be used for many runs, which then share connections and pace.
#[derive(Debug)]
pub struct Runner {
    config: Arc<Config>,
    access: Access,
    pace: Pace,
    progress: BTreeMap<TargetName, Arc<Progress>>,
}

/// Everybody's people and groups, read once.
type SharedDirectory = Shared<BoxFuture<'static, Arc<DirectoryRead>>>;

impl Runner {
    /// Prepares runs of this configuration. Nothing is called yet.
    #[must_use]
    pub fn new(config: Arc<Config>, access: Access) -> Self {
        let progress = config.targets.iter().map(|target| (target.settings.name.clone(), Arc::default())).collect();
        Self { config, access, pace: Pace::new(), progress }
    }

    /// How far the actions of all targets have come: done, and in all.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        self.progress.values().fold((0, 0), |(done, total), progress| {
            let (one, all) = progress.get();
            (done + one, total + all)
        })
    }

    /// Seconds that the rest of all actions takes at the service's rate.
    #[must_use]
    pub fn seconds_left(&self) -> f64 {
        let left = |target: &Target| self.progress[&target.settings.name].seconds_left(&target.rates);
        self.config.targets.iter().map(left).fold(0.0, f64::max)
    }

    /// Carries out one run. `stop` calls off what has not begun.
    pub async fn run(&self, request: &Request, stop: &CancellationToken) -> RunReport {
        let (started_at, started) = (Timestamp::now(), Instant::now());
        let is_meant = |target: &&Target| request.target.as_ref().is_none_or(|name| *name == target.settings.name);
        let targets: Vec<&Target> = self.config.targets.iter().filter(is_meant).collect();
        let ledger = Ledger::new();
        let identity_center = self.identity_center().await.until(stop);
        let directory = read_directory(identity_center.counted(&ledger), &targets);
        let passes = targets.iter().map(|target| {
            let pass = Pass { runner: self, request, target, ledger: Ledger::new(), shared: &ledger, started };
            // The futures of the SDK are large, and one more on the stack of every caller is not needed.
            Box::pin(pass.run(&identity_center, directory.clone(), stop))
        });
        let targets = join_all(passes).await;
        let mut requests = ledger.requests();
        for (operation, count) in targets.iter().flat_map(|target| &target.requests) {
            *requests.entry(operation.clone()).or_default() += count;
        }
        RunReport {
            run: Ulid::generate().to_string(),
            mode: request.mode,
            cause: request.cause,
            started_at,
            finished_at: Timestamp::now(),
            elapsed: started.elapsed(),
            requests,
            targets,
        }
    }

    async fn identity_center(&self) -> IdentityCenter {
        let center = &self.config.identity_center;
        let at = IdentityCenterAt {
            region: center.region.clone(),
            instance_arn: center.instance_arn.clone(),
            identity_store_id: center.identity_store_id.clone(),
            role: center.role.clone(),
        };
        // The targets agree on the rates of what they share, so any of them will do.
        let rates = self.config.targets.first().map(|target| target.rates.clone()).unwrap_or_default();
        IdentityCenter::open(&self.access, at, &self.pace, &rates).await
    }

    async fn open(&self, target: &Target, identity_center: &IdentityCenter) -> aws::Target {
        let at = TargetAt {
            region: target.region.clone(),
            instance: target.instance.clone(),
            account: target.account.clone(),
            role: target.role.clone(),
            application: target.application.clone(),
            application_region: Some(target.application_region.clone()),
        };
        aws::Target::open(&self.access, at, identity_center, &self.pace, &target.rates).await
    }

    /// Tries every read permission, and looks up every name of the configuration. Nothing is concluded about people.
    pub async fn check(&self) -> Checked {
        let identity_center = self.identity_center().await;
        let targets = &self.config.targets;
        let center = identity_center.probe(&mapped_groups(targets)).await;
        let groups = &center.groups;
        let check = async |target: &Target| {
            let probe = self.open(target, &identity_center).await.probe(&wanted_hierarchy(target)).await;
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
        directory: Directory { groups: groups.clone(), principals: BTreeMap::new() },
        instance: instance.clone(),
        catalog: catalog.clone(),
        users: Vec::new(),
        application: application.clone(),
        time: Timestamp::now(),
        skew: SignedDuration::ZERO,
    };
    let (_, findings, _) = plan::plan(&snapshot, &target.settings).into_parts();
    findings
        .into_iter()
        .filter(|finding| finding.kind.concerns_name() && (is_whole || !finding.kind.concerns_group()))
        .collect()
}

/// The groups of all mappings of these targets.
fn mapped_groups<'a>(targets: impl IntoIterator<Item = &'a Target>) -> BTreeSet<GroupRef> {
    targets.into_iter().flat_map(|target| &target.settings.mappings).map(|mapping| mapping.group.clone()).collect()
}

/// The hierarchy groups that a target's mappings name, by id or path.
fn wanted_hierarchy(target: &Target) -> BTreeSet<String> {
    target.settings.mappings.iter().filter_map(|mapping| mapping.hierarchy.clone()).collect()
}

/// Reads the groups of all these targets, when the first of them asks for it.
fn read_directory(identity_center: IdentityCenter, targets: &[&Target]) -> SharedDirectory {
    let groups = mapped_groups(targets.iter().copied());
    async move { Arc::new(identity_center.read(&groups).await) }.boxed().shared()
}

/// One target's pass.
struct Pass<'a> {
    runner: &'a Runner,
    request: &'a Request,
    target: &'a Target,
    ledger: Ledger,
    shared: &'a Ledger,
    started: Instant,
}

impl Pass<'_> {
    async fn run(
        self,
        identity_center: &IdentityCenter,
        directory: SharedDirectory,
        stop: &CancellationToken,
    ) -> TargetReport {
        let Self { runner, request, target: Target { settings, rates, .. }, .. } = &self;
        let target = runner.open(self.target, identity_center).await;
        let target = target.counted(&self.ledger).until(stop);
        let snapshot = match self.read(&target, directory).await {
            Ok(snapshot) => snapshot,
            Err(trouble) => return TargetReport::failed(self.around(Timestamp::now()), trouble),
        };
        let plan = plan::plan(&snapshot, settings);
        let plan = match self.only_for_person(plan, &snapshot) {
            Ok(plan) => plan,
            Err(trouble) => return TargetReport::failed(self.around(snapshot.time), trouble),
        };
        if request.mode == Mode::Plan || settings.mode == Mode::Plan {
            return TargetReport::planned(self.around(snapshot.time), plan, rates);
        }
        let progress = &runner.progress[&settings.name];
        let applied = apply::apply(&target, &plan, &settings.owner, progress, stop).await;
        TargetReport::applied(self.around(snapshot.time), plan, applied, rates)
    }

    /// All or nothing.
    async fn read(&self, target: &aws::Target, directory: SharedDirectory) -> Result<Snapshot, Trouble> {
        let mappings = &self.target.settings.mappings;
        let hierarchy = wanted_hierarchy(self.target);
        let (directory, read) = tokio::join!(directory, target.read(&hierarchy));
        let trouble = |error: &aws::Error| Trouble::of(error, error.hint());
        let read = read.map_err(|error| trouble(&error))?;
        let groups = mappings.iter().map(|mapping| &mapping.group);
        let directory = directory.for_groups(groups).map_err(|error| trouble(&error))?;
        read.into_snapshot(directory, [self.shared, &self.ledger]).map_err(|error| trouble(&error))
    }

    fn only_for_person(&self, plan: Plan, snapshot: &Snapshot) -> Result<Plan, Trouble> {
        let Some(person) = &self.request.person else { return Ok(plan) };
        plan.only_for(snapshot, person).ok_or_else(|| Trouble {
            // Whoever asked knows the name; a log that keeps people out does not want to.
            message: "nobody of that name is in a mapped group or in the instance".to_owned(),
            causes: Vec::new(),
            hint: Some("a person is a login, an e-mail address, a user name or the id of Identity Store".to_owned()),
        })
    }

    fn around(&self, time: Timestamp) -> Around {
        Around {
            name: self.target.settings.name.clone(),
            mode: self.target.settings.mode,
            requests: self.ledger.requests(),
            elapsed: self.started.elapsed(),
            time,
        }
    }
}
