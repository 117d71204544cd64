//! Runs: what one cause starts. A run is one pass for each target, and `whole` shows a pass from end to end.
//!
//! People and groups are read once for all passes of a run; apart from that they have nothing to do with one another, so
//! what one of them cannot read stops no other. Passes of one target never overlap, whatever started them.

mod approvals;
mod check;
mod everybody;
mod one;
mod request;
mod run;
mod telling;
mod turn;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, join_all};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

use self::approvals::Approvals;
pub use self::approvals::NotApproved;
pub use self::check::{Checked, CheckedTarget};
pub use self::everybody::Surveyed;
pub use self::one::Explained;
pub use self::request::{Request, Setup};
use self::run::LivePass;
pub use self::run::Run;
use self::turn::{Turn, Turns};
use self::whole::Pass;
use crate::aws::{self, DirectoryRead, IdentityCenter, IdentityCenterAt, Ledger, Pace, TargetAt};
use crate::config::Target;
use crate::metrics::Metrics;
use crate::model::id::TargetName;
use crate::model::settings::{GroupRef, Mode};
use crate::report::{Ages, Around, Journal, LastPass, Memory, RunReport, Standing, TargetReport, Trouble, log, meter};

/// Makes runs, which share connections, pace, and what is remembered from one to the next. Passes of one target never
/// overlap, whoever asks for them; a pass of one person goes beside them.
#[derive(Debug)]
pub struct Runner {
    setup: Mutex<Arc<Setup>>,
    pace: Pace,
    metrics: Option<Arc<Metrics>>,
    turns: Mutex<BTreeMap<TargetName, Arc<Turns>>>,
    memory: Mutex<Memory>,
    approvals: Mutex<Approvals>,
    standings: Mutex<BTreeMap<TargetName, Standing>>,
    journal: OnceLock<Journal>,
}

/// Everybody's people and groups, read once.
type SharedDirectory = Shared<BoxFuture<'static, Arc<DirectoryRead>>>;

impl Runner {
    /// Prepares runs. Nothing is called yet.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            setup: Mutex::new(Arc::new(setup)),
            pace: Pace::new(),
            metrics: None,
            turns: Mutex::default(),
            memory: Mutex::default(),
            approvals: Mutex::default(),
            standings: Mutex::default(),
            journal: OnceLock::new(),
        }
    }

    /// The same, for a process whose calls and passes are counted.
    #[must_use]
    pub fn metered(setup: Setup, metrics: &Arc<Metrics>) -> Self {
        meter::calls(metrics);
        for target in &setup.config.targets {
            meter::begin(metrics, target.settings.name.as_str());
        }
        let pace = Pace::counted(Arc::clone(metrics));
        Self { pace, metrics: Some(Arc::clone(metrics)), ..Self::new(setup) }
    }

    /// What runs are made by now.
    #[must_use]
    pub fn setup(&self) -> Arc<Setup> {
        Arc::clone(&lock(&self.setup))
    }

    /// Takes another configuration over: for every pass that has not begun. Pace and memory stay, but for targets that
    /// are no longer there.
    pub fn reload(&self, setup: Setup) {
        // While this is held no pass that ends can bring series of its target back.
        let mut standings = lock(&self.standings);
        let before = std::mem::replace(&mut *lock(&self.setup), Arc::new(setup));
        let now = self.setup();
        for target in &before.config.targets {
            let name = &target.settings.name;
            if now.target(name).is_none() {
                standings.remove(name);
                if let Some(metrics) = &self.metrics {
                    metrics.forget(name.as_str());
                }
            }
        }
        if let Some(metrics) = &self.metrics {
            for target in &now.config.targets {
                meter::begin(metrics, target.settings.name.as_str());
            }
        }
    }

    /// Takes over since when findings are known, from an earlier process. It changes what reports say of their age, and
    /// no plan.
    pub fn recall(&self, ages: Ages) {
        lock(&self.memory).recall(ages);
    }

    /// Tells of each action from now on when it begins to write and when it has ended. Only the first journal counts.
    pub fn tell(&self, journal: Journal) {
        self.journal.get_or_init(|| journal);
    }

    /// How a target stands.
    #[must_use]
    pub fn standing(&self, target: &TargetName) -> Standing {
        lock(&self.standings).get(target).cloned().unwrap_or_default()
    }

    /// Whether a pass of everybody is under way in a target.
    #[must_use]
    pub fn is_busy(&self, target: &TargetName) -> bool {
        self.turns(target).is_taken()
    }

    /// Approves what the code stands for, as far as it is still withheld: each pair once, within 24 hours. Says whose code
    /// it is.
    ///
    /// # Errors
    /// Where no target told the code, or nothing that it stood for is held back any more.
    pub fn approve(&self, code: &str) -> Result<TargetName, NotApproved> {
        lock(&self.approvals).grant(code, Instant::now())
    }

    /// A run of everything that a request means. It begins with [`Self::carry_out`].
    #[must_use]
    pub fn order(&self, request: Request) -> Run {
        self.order_of(request, |_| true)
    }

    /// A run of the targets of a request that nothing is under way in; `None` where that is none of them.
    #[must_use]
    pub fn order_idle(&self, request: Request) -> Option<Run> {
        let run = self.order_of(request, |target| !self.is_busy(target));
        (!run.passes.is_empty()).then_some(run)
    }

    fn order_of(&self, request: Request, is_meant: impl Fn(&TargetName) -> bool) -> Run {
        let setup = self.setup();
        let only = request.target.clone();
        let targets = setup.config.targets.iter().map(|target| (&target.settings.name, target.settings.mode));
        let targets = targets.filter(|(name, _)| only.as_ref().is_none_or(|only| only == *name) && is_meant(name));
        Run::new(request, targets.map(|(name, mode)| (name.clone(), mode)))
    }

    /// Carries out one run from end to end. `stop` calls off what has not begun.
    pub async fn run(&self, request: &Request, stop: &CancellationToken) -> RunReport {
        self.carry_out(&self.order(request.clone()), stop).await.clone()
    }

    /// Carries out a run that may be watched meanwhile. `stop` calls off what has not begun.
    pub async fn carry_out<'r>(&self, run: &'r Run, stop: &CancellationToken) -> &'r RunReport {
        let span = info_span!("run", run = run.id(), cause = run.request().cause.as_str());
        let passes = async {
            let setup = self.setup();
            let identity_center = self.identity_center(&setup).await.until(stop);
            let targets = run.passes.iter().filter_map(|pass| setup.target(&pass.target));
            let shared = read_directory(identity_center.counted(&run.ledger), targets);
            let passes = run.passes.iter().map(|live| {
                let span = info_span!("pass", target = live.target.as_str());
                // The futures of the SDK are large, and one more on the stack of every caller is not needed.
                let pass = self.pass(run, live, &identity_center, shared.clone(), stop);
                Box::pin(self.caught(run, live, pass).instrument(span))
            });
            join_all(passes).await
        };
        let used: BTreeSet<String> = passes.instrument(span).await.into_iter().flatten().collect();
        let unused = run.request().approvals.iter().filter(|code| !used.contains(*code)).cloned();
        run.end(unused.collect())
    }

    /// One target's pass. A mistake in the program ends this pass alone, and is told as what could not be read is.
    async fn caught(&self, run: &Run, live: &LivePass, pass: impl Future<Output = Option<String>>) -> Option<String> {
        let begun = Instant::now();
        match AssertUnwindSafe(pass).catch_unwind().await {
            Ok(approved) => approved,
            Err(panic) => {
                let trouble = Trouble::of_panic("the pass broke off", panic.as_ref());
                let report = TargetReport::failed(around_nothing(live, begun), trouble);
                self.conclude(run, live, report, &self.setup().people);
                None
            }
        }
    }

    /// One target's pass, when its turn comes. Says which approval was made use of.
    async fn pass(
        &self,
        run: &Run,
        live: &LivePass,
        identity_center: &IdentityCenter,
        shared: SharedDirectory,
        stop: &CancellationToken,
    ) -> Option<String> {
        let turns = self.turns(&live.target);
        let turn = match &run.request().person {
            Some(_) => Turn::Beside,
            None => Turn::wait(&turns, stop).await,
        };
        let (_, started) = run.begin();
        let started = if matches!(turn, Turn::Later(_)) { Instant::now() } else { started };
        live.begin();
        // A configuration that was reloaded meanwhile counts from here on.
        let setup = self.setup();
        let ledger = Ledger::new();
        let (report, approved) = match setup.target(&live.target) {
            None => (taken_out(live, started), None),
            Some(target) => {
                let anew = match turn {
                    // What the others of this run read has aged meanwhile.
                    Turn::Later(_) => Some(self.identity_center(&setup).await.until(stop)),
                    Turn::AtOnce(_) | Turn::Beside => None,
                };
                let directory = match (&run.request().person, &anew) {
                    (Some(_), _) => None,
                    (None, None) => Some(shared),
                    (None, Some(center)) => Some(read_directory(center.counted(&ledger), [target])),
                };
                let identity_center = anew.as_ref().unwrap_or(identity_center);
                let shared = if anew.is_some() { &ledger } else { &run.ledger };
                let pass = Pass {
                    runner: self,
                    run,
                    live,
                    turns: &turns,
                    target,
                    identity_center: identity_center.on_behalf_of(target.instance.as_str()).counted(&ledger),
                    ledger: ledger.clone(),
                    shared,
                    started,
                };
                pass.run(identity_center, directory, stop).await
            }
        };
        self.conclude(run, live, report, &setup.people);
        approved
    }

    /// Remembers what a pass came to, and tells the log and the metrics.
    fn conclude(&self, run: &Run, live: &LivePass, mut report: TargetReport, people: &log::People) {
        let Request { mode, cause, .. } = *run.request();
        let is_whole = run.request().person.is_none();
        {
            let mut memory = lock(&self.memory);
            // One person's pass sees next to nothing of what was found before.
            if is_whole { memory.note(&mut report) } else { memory.tell(&mut report) }
        }
        let now = Timestamp::now();
        let report = Arc::new(report);
        if is_whole && report.counts().is_some() {
            lock(&self.approvals).note(&live.target, report.approval(), report.withheld(), Instant::now());
        }
        log::pass(&report, cause, people);
        live.end(Arc::clone(&report));
        let mut standings = lock(&self.standings);
        if self.setup().target(&live.target).is_none() {
            return;
        }
        if let Some(metrics) = &self.metrics {
            meter::pass(metrics, &report, cause, mode);
        }
        let standing = standings.entry(live.target.clone()).or_default();
        if is_whole {
            standing.saw(&report, now);
            // A dry run of a target that is written to has seen everything, and tried nothing.
            if mode == Mode::Apply || report.mode == Mode::Plan {
                standing.note(LastPass { run: run.id().to_owned(), cause, at: now, report });
            }
            if let Some(metrics) = &self.metrics {
                meter::standing(metrics, live.target.as_str(), standing);
            }
        } else {
            standing.served(&report, now);
        }
    }

    fn turns(&self, target: &TargetName) -> Arc<Turns> {
        Arc::clone(lock(&self.turns).entry(target.clone()).or_default())
    }

    async fn identity_center(&self, setup: &Setup) -> IdentityCenter {
        let center = &setup.config.identity_center;
        let at = IdentityCenterAt {
            region: center.region.clone(),
            instance_arn: center.instance_arn.clone(),
            identity_store_id: center.identity_store_id.clone(),
            role: center.role.clone(),
        };
        // The targets agree on the rates of what they share, so any of them will do.
        let rates = setup.config.targets.first().map(|target| target.rates.clone()).unwrap_or_default();
        IdentityCenter::open(&setup.access, at, &self.pace, &rates).await
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
        aws::Target::open(&self.setup().access, at, identity_center, &self.pace, &target.rates).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The report of a pass whose target a reload took out while it waited.
fn taken_out(live: &LivePass, started: Instant) -> TargetReport {
    let trouble = Trouble::plain("the target was taken out of the configuration before its pass began");
    TargetReport::failed(around_nothing(live, started), trouble)
}

/// What is around a pass of which nothing is known.
fn around_nothing(live: &LivePass, started: Instant) -> Around {
    Around {
        name: live.target.clone(),
        mode: live.mode,
        requests: BTreeMap::new(),
        elapsed: started.elapsed(),
        time: Timestamp::now(),
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
fn read_directory<'a>(
    identity_center: IdentityCenter,
    targets: impl IntoIterator<Item = &'a Target>,
) -> SharedDirectory {
    let groups = mapped_groups(targets);
    async move { Arc::new(identity_center.read(&groups).await) }.boxed().shared()
}
