//! One target's pass from end to end: start reading here.
//!
//! ```text
//! read ─► resolve ─► plan ─► guard ─► apply ─► report
//! (all or   (pure)    (pure)  (pure)  (paced)
//!  nothing)
//! ```
//!
//! Whether it writes is decided here and nowhere below: a pass that only plans never comes to `apply`.

use std::pin::pin;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use super::everybody::Everybody;
use super::one::{Depth, OnePerson};
use super::run::{LivePass, Run};
use super::telling::Telling;
use super::turn::Turns;
use super::{Runner, SharedDirectory, lock};
use crate::apply::{self, Applied, Beside, Forecast, Journal, Site, Word};
use crate::aws::{self, IdentityCenter, Ledger};
use crate::config::Target;
use crate::model::settings::Mode;
use crate::model::snapshot::Snapshot;
use crate::plan::{self, Plan};
use crate::report::{Around, TargetReport, Trouble, log};

/// How often the log is told how far a pass has come: first when it begins to write.
const BEAT: Duration = Duration::from_mins(1);

/// One target's pass.
pub(super) struct Pass<'a> {
    pub(super) runner: &'a Runner,
    pub(super) run: &'a Run,
    pub(super) live: &'a LivePass,
    pub(super) turns: &'a Turns,
    pub(super) target: &'a Target,
    /// Identity Center, for what only this pass asks of it.
    pub(super) identity_center: IdentityCenter,
    pub(super) ledger: Ledger,
    /// What was asked for all targets together.
    pub(super) shared: &'a Ledger,
    pub(super) started: Instant,
}

impl Pass<'_> {
    /// The report, and the approval that was made use of.
    pub(super) async fn run(
        self,
        identity_center: &IdentityCenter,
        directory: Option<SharedDirectory>,
        stop: &CancellationToken,
    ) -> (TargetReport, Option<String>) {
        let (request, settings) = (self.run.request(), &self.target.settings);
        let target = self.runner.open(self.target, identity_center).await;
        let target = target.counted(&self.ledger).until(stop);
        let since = Instant::now();
        let read = match (&request.person, directory) {
            (Some(person), _) => {
                let identity_center = self.identity_center.urgent();
                let reading = OnePerson { target: &target.urgent(), identity_center: &identity_center, settings };
                reading.read(person, Depth::Pass, [self.shared, &self.ledger]).await
            }
            (None, Some(directory)) => {
                // Claims that ended before now are seen to by reading.
                self.turns.claims.forget_before(Instant::now());
                let identity_center = &self.identity_center;
                let reading = Everybody { target: &target, identity_center, config: self.target };
                reading.read(directory, [self.shared, &self.ledger]).await
            }
            (None, None) => Err(Trouble::plain("the directory was not read")),
        };
        let snapshot = match read {
            Ok(snapshot) => snapshot,
            Err(trouble) => return (TargetReport::failed(self.around(Timestamp::now()), trouble), None),
        };
        let mut plan = plan::plan(&snapshot, settings);
        if request.mode == Mode::Plan || settings.mode == Mode::Plan {
            let estimate = Forecast::new(&target, &self.identity_center).seconds(plan.actions());
            return (TargetReport::planned(self.around(snapshot.time), plan, estimate), None);
        }
        let approved = request.approvals.iter().find(|code| plan.approve(code)).cloned();
        let applied = self.apply(&snapshot, &mut plan, &target, since, stop).await;
        (TargetReport::applied(self.around(snapshot.time), plan, applied), approved)
    }

    /// Carries the plan out, with what was approved meanwhile. `since` is when reading began.
    async fn apply(
        &self,
        snapshot: &Snapshot,
        plan: &mut Plan,
        target: &aws::Target,
        since: Instant,
        stop: &CancellationToken,
    ) -> Applied {
        let (settings, claims) = (&self.target.settings, &self.turns.claims);
        let granted = lock(&self.runner.approvals).granted(&settings.name, Instant::now());
        plan.release(&granted, settings);
        let plan = &*plan;
        let is_alone = self.run.request().person.is_some();
        // Whoever had read these people before lets them be from now on.
        let claim = is_alone.then(|| claims.claim(snapshot.directory.principals.keys().cloned()));
        let setup = self.runner.setup();
        let telling = self.runner.journal.get().map(|journal| Telling {
            journal,
            run: self.run,
            target: &settings.name,
            plan,
            time: snapshot.time,
            people: &setup.people,
            stop,
        });
        let tell = telling.map(|telling| move |word: Word<'_>| telling.tell(word));
        let site = Site {
            target: if is_alone { &target.urgent() } else { target },
            identity_center: &self.identity_center,
            owner: &settings.owner,
            time: snapshot.time,
            protected: plan::protected_profiles(snapshot, settings),
            beside: if is_alone { Beside::Nobody } else { Beside::Claims(claims, since) },
            journal: tell.as_ref().map(|tell| Journal(tell)),
        };
        let applied = self.told(apply::apply(site, plan, &self.live.progress, stop)).await;
        drop(claim);
        let mut approvals = lock(&self.runner.approvals);
        for (action, outcome) in plan.actions().iter().zip(&applied.outcomes) {
            let pair = action.pair();
            if granted.contains_key(&pair) && outcome.is_well() {
                approvals.used(&settings.name, &pair);
            }
        }
        applied
    }

    /// Tells the log how far it has come, from time to time.
    async fn told(&self, applying: impl Future<Output = Applied>) -> Applied {
        let mut applying = pin!(applying);
        let mut beat = interval(BEAT);
        loop {
            tokio::select! {
                biased;
                applied = &mut applying => return applied,
                _ = beat.tick() => log::progress(&self.live.target, &self.live.progress),
            }
        }
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
