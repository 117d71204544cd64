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

mod check;
mod one;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, join_all};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

pub use self::check::{Checked, CheckedTarget};
pub use self::one::Explained;
use self::one::{Depth, OnePerson};
use crate::apply::{self, Progress, Site};
use crate::aws::{self, Access, DirectoryRead, IdentityCenter, IdentityCenterAt, Ledger, Pace, TargetAt};
use crate::config::{Config, Target};
use crate::model::id::TargetName;
use crate::model::settings::{GroupRef, Mode};
use crate::model::snapshot::{Scope, Snapshot};
use crate::plan;
use crate::report::{Around, Cause, Memory, RunReport, TargetReport, Trouble};

/// What is asked for.
#[derive(Debug, Clone)]
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

/// What a run needs beside the request. It may be used for many runs, which then share connections and pace.
#[derive(Debug)]
pub struct Runner {
    config: Arc<Config>,
    access: Access,
    pace: Pace,
    progress: BTreeMap<TargetName, Arc<Progress>>,
    memory: Mutex<Memory>,
}

/// Everybody's people and groups, read once.
type SharedDirectory = Shared<BoxFuture<'static, Arc<DirectoryRead>>>;

impl Runner {
    /// Prepares runs of this configuration. Nothing is called yet.
    #[must_use]
    pub fn new(config: Arc<Config>, access: Access) -> Self {
        let progress = config.targets.iter().map(|target| (target.settings.name.clone(), Arc::default())).collect();
        Self { config, access, pace: Pace::new(), progress, memory: Mutex::default() }
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
        let shared = match request.person {
            Some(_) => None,
            None => Some(read_directory(identity_center.counted(&ledger), &targets)),
        };
        let passes = targets.iter().map(|target| {
            let ledger_of_target = Ledger::new();
            let pass = Pass {
                runner: self,
                request,
                target,
                identity_center: identity_center.counted(&ledger_of_target),
                ledger: ledger_of_target,
                shared: &ledger,
                started,
            };
            // The futures of the SDK are large, and one more on the stack of every caller is not needed.
            Box::pin(pass.run(&identity_center, shared.clone(), stop))
        });
        let (mut targets, used): (Vec<TargetReport>, Vec<Option<String>>) = join_all(passes).await.into_iter().unzip();
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        for target in &mut targets {
            // One person's pass sees next to nothing of what was found before.
            if request.person.is_none() { memory.note(target) } else { memory.tell(target) }
        }
        drop(memory);
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
            unused_approvals: request
                .approvals
                .iter()
                .filter(|code| !used.iter().flatten().any(|used| used == *code))
                .cloned()
                .collect(),
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
            owner: target.settings.owner.clone(),
            region: target.region.clone(),
            instance: target.instance.clone(),
            account: target.account.clone(),
            role: target.role.clone(),
            application: target.application.clone(),
            application_region: Some(target.application_region.clone()),
        };
        aws::Target::open(&self.access, at, identity_center, &self.pace, &target.rates).await
    }
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
    /// Identity Center, for what only this pass asks of it.
    identity_center: IdentityCenter,
    ledger: Ledger,
    shared: &'a Ledger,
    started: Instant,
}

impl Pass<'_> {
    /// The report, and the approval that was made use of.
    async fn run(
        self,
        identity_center: &IdentityCenter,
        directory: Option<SharedDirectory>,
        stop: &CancellationToken,
    ) -> (TargetReport, Option<String>) {
        let Self { runner, request, target: Target { settings, rates, .. }, .. } = &self;
        let target = runner.open(self.target, identity_center).await;
        let target = target.counted(&self.ledger).until(stop);
        let read = match (&request.person, directory) {
            (Some(person), _) => {
                let identity_center = self.identity_center.urgent();
                let reading = OnePerson { target: &target.urgent(), identity_center: &identity_center, settings };
                reading.read(person, Depth::Pass, [self.shared, &self.ledger]).await
            }
            (None, Some(directory)) => self.read(&target, directory).await,
            (None, None) => Err(Trouble::plain("the directory was not read")),
        };
        let snapshot = match read {
            Ok(snapshot) => snapshot,
            Err(trouble) => return (TargetReport::failed(self.around(Timestamp::now()), trouble), None),
        };
        let mut plan = plan::plan(&snapshot, settings);
        if request.mode == Mode::Plan || settings.mode == Mode::Plan {
            return (TargetReport::planned(self.around(snapshot.time), plan, rates), None);
        }
        let approved = request.approvals.iter().find(|code| plan.approve(code)).cloned();
        let site = Site {
            target: &target,
            identity_center: &self.identity_center,
            owner: &settings.owner,
            time: snapshot.time,
            protected: plan::protected_profiles(&snapshot, settings),
        };
        let applied = apply::apply(site, &plan, &runner.progress[&settings.name], stop).await;
        (TargetReport::applied(self.around(snapshot.time), plan, applied, rates), approved)
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
        let ledgers = [self.shared, &self.ledger];
        let mut snapshot = read.into_snapshot(Scope::Everybody, directory, ledgers).map_err(|error| trouble(&error))?;
        for id in plan::unknown_people(&snapshot, &self.target.settings) {
            let person = self.identity_center.person(&id).await.map_err(|error| trouble(&error))?;
            snapshot.directory.outsiders.insert(id, person);
        }
        Ok(snapshot)
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
