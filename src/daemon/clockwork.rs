//! Ticks by the time of day.
//!
//! The scheduler fixes a zone's offset when a job is made, so that only the job's first tick is sure to be right across a
//! change of clocks; and it waits for an absolute time, so that a clock that is set back would stall it. Both are mended
//! the same way: the job is made anew after each tick, and once a minute besides.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use uuid::Uuid;

use crate::config::Schedule;

/// How often the job is made anew.
pub(super) const REARM: Duration = Duration::from_mins(1);

/// So close to a tick the job is left alone: the scheduler looks twice a second, and taking the job away in between would
/// lose the tick.
const CLOSE: SignedDuration = SignedDuration::from_secs(3);

/// The scheduler, with its one job.
pub(super) struct Clockwork {
    scheduler: JobScheduler,
    schedule: Schedule,
    job: Option<Uuid>,
    next: Option<Timestamp>,
    ticks: mpsc::UnboundedSender<()>,
}

impl Clockwork {
    /// Starts to tick. Each tick is a message; nobody hears one that came while no one listened.
    pub(super) async fn start(schedule: Schedule, ticks: mpsc::UnboundedSender<()>) -> Result<Self, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        scheduler.start().await?;
        let mut clockwork = Self { scheduler, schedule, job: None, next: None, ticks };
        clockwork.arm().await?;
        Ok(clockwork)
    }

    /// When the next tick is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.next
    }

    /// Ticks by another schedule from now on.
    pub(super) async fn change(&mut self, schedule: Schedule) -> Result<(), JobSchedulerError> {
        if schedule == self.schedule {
            return Ok(());
        }
        self.schedule = schedule;
        self.arm().await
    }

    /// Makes the job anew after a tick.
    pub(super) async fn ticked(&mut self) -> Result<(), JobSchedulerError> {
        self.arm().await
    }

    /// Makes the job anew in case that the clock was set, unless its tick is about to come.
    pub(super) async fn rearm(&mut self) -> Result<(), JobSchedulerError> {
        let until = self.next.map(|next| next.duration_since(Timestamp::now()));
        if until.is_some_and(|until| until.abs() < CLOSE) { Ok(()) } else { self.arm().await }
    }

    async fn arm(&mut self) -> Result<(), JobSchedulerError> {
        if let Some(job) = self.job.take() {
            self.scheduler.remove(&job).await?;
        }
        let ticks = self.ticks.clone();
        let tick = move |_, _| {
            let ticks = ticks.clone();
            let send: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
                // Nobody listens any more when the program ends.
                let _ = ticks.send(());
            });
            send
        };
        // The configuration has seen to it that the zone is known, and that the pattern comes.
        let zone = self.schedule.zone().unwrap_or(chrono_tz::UTC);
        let job = Job::new_async_tz(self.schedule.cron.as_str(), zone, tick)?;
        self.job = Some(self.scheduler.add(job).await?);
        self.next = self.schedule.next_after(Timestamp::now());
        Ok(())
    }
}
