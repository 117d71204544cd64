//! The daemon: runs by the time of day and on request, until somebody stops it.
//!
//! [`Desk`] takes requests and can be asked; [`Daemon`] is the loop around it: ticks, signals, the configuration read
//! anew, and the supervisor's watchdog.

mod clockwork;
mod desk;
mod past;
mod reload;
mod status;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior};

use self::clockwork::Clockwork;
pub use self::desk::{ApprovalRefused, Desk, Entry, Event, Refused};
pub use self::past::{PastRuns, Which};
pub use self::reload::{Source, people};
pub use self::status::{ConfigStatus, HistoryStatus, Reload, Status, TargetStatus};
use crate::config::Config;
use crate::model::settings::Mode;
use crate::pass::Request;
use crate::report::Cause;
use crate::telemetry::Log;

/// How long runs are given to end: the calls in hand have two seconds, and what is left has to be written down.
const ENDING: Duration = Duration::from_millis(2_300);
/// How long the history is given at least to take the last of them down.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// What else has to follow a new configuration. A sentence says why it cannot be taken over.
pub type Follow = Box<dyn Fn(&Config) -> Result<Vec<String>, String> + Send>;

/// The loop of a daemon.
pub struct Daemon {
    desk: Arc<Desk>,
    source: Source,
    log: Log,
    follow: Follow,
    clockwork: Clockwork,
    ticks: mpsc::UnboundedReceiver<()>,
    signals: Signals,
}

impl std::fmt::Debug for Daemon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Daemon")
    }
}

struct Signals {
    reload: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn catch() -> std::io::Result<Self> {
        Ok(Self {
            reload: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }
}

impl Daemon {
    /// Starts the scheduler and catches the signals; nothing runs yet.
    ///
    /// # Errors
    /// Where the system lets no signals be caught, or the scheduler does not start.
    pub async fn start(desk: Arc<Desk>, source: Source, log: Log, follow: Follow) -> std::io::Result<Self> {
        let signals = Signals::catch()?;
        let (sender, ticks) = mpsc::unbounded_channel();
        let schedule = desk.runner().setup().config.schedule.clone();
        let clockwork = Clockwork::start(schedule, sender).await.map_err(std::io::Error::other)?;
        desk.set_next_pass(clockwork.next());
        Ok(Self { desk, source, log, follow, clockwork, ticks, signals })
    }

    /// Runs until a signal ends it, or whoever holds the desk's token. Every run that is under way is ended first.
    pub async fn run(mut self) {
        let desk = Arc::clone(&self.desk);
        notify(&[NotifyState::Ready]);
        if desk.runner().setup().config.schedule.on_start {
            // The first request cannot be refused: nothing waits, and nothing ends.
            let _ = desk.submit(Request::new(Mode::Apply, Cause::Startup));
        }
        let mut minute = every(clockwork::REARM);
        minute.tick().await;
        let mut watchdog = sd_notify::watchdog_enabled().map(|most| every(most / 3));
        loop {
            tokio::select! {
                () = desk.stop().cancelled() => break,
                _ = self.signals.interrupt.recv() => break,
                _ = self.signals.terminate.recv() => break,
                _ = self.signals.reload.recv() => self.reload().await,
                Some(()) = self.ticks.recv() => self.tick().await,
                _ = minute.tick() => self.rearm().await,
                () = beat(&mut watchdog) => notify(&[NotifyState::Watchdog]),
            }
        }
        notify(&[NotifyState::Stopping]);
        tracing::info!(event = "ending", "ending: calls in hand have two seconds, the rest is left to the next pass");
        desk.stop().cancel();
        let begun = Instant::now();
        if !desk.finish(ENDING).await {
            tracing::warn!(event = "ending-unfinished", "some runs did not end in time, and are left as they are");
        }
        desk.history().close(ENDING.saturating_sub(begun.elapsed()).max(LAST_WORDS)).await;
    }

    async fn tick(&mut self) {
        let desk = Arc::clone(&self.desk);
        let jitter = desk.runner().setup().config.schedule.jitter;
        if jitter.is_zero() {
            desk.tick();
        } else {
            let delay = jitter.mul_f64(fastrand::f64());
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                desk.tick();
            });
        }
        let armed = self.clockwork.ticked().await;
        self.armed(armed);
    }

    async fn rearm(&mut self) {
        self.desk.history().look();
        let armed = self.clockwork.rearm().await;
        self.armed(armed);
    }

    fn armed(&self, armed: Result<(), tokio_cron_scheduler::JobSchedulerError>) {
        if let Err(error) = armed {
            tracing::error!(event = "schedule-failed", %error, "the schedule could not be set; it is tried again within a minute");
        }
        self.desk.set_next_pass(self.clockwork.next());
    }

    /// Reads the configuration anew. One that is wrong changes nothing.
    async fn reload(&mut self) {
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            notify(&[NotifyState::Reloading, now]);
        }
        let taken_over = self.take_over().await;
        let at = Timestamp::now().to_string();
        let reload = match taken_over {
            Ok(notes) => {
                tracing::info!(event = "reload", notes = notes.join("; "), "the configuration was read anew");
                Reload { at, successful: true, error: None, notes }
            }
            Err(error) => {
                tracing::error!(event = "reload-failed", error, "the configuration was refused, and the old one stays");
                Reload { at, successful: false, error: Some(error), notes: Vec::new() }
            }
        };
        self.desk.set_reload(reload);
        notify(&[NotifyState::Ready]);
    }

    async fn take_over(&mut self) -> Result<Vec<String>, String> {
        let runner = self.desk.runner();
        let setup = self.source.read(&runner.setup()).await?;
        let notes = (self.follow)(&setup.config)?;
        let config = Arc::clone(&setup.config);
        runner.reload(setup);
        self.desk.history().keep(config.history.keep);
        self.log.change(config.log.format, &config.log.level);
        self.clockwork.change(config.schedule.clone()).await.map_err(|error| error.to_string())?;
        self.desk.set_next_pass(self.clockwork.next());
        Ok(notes)
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// The next beat of a heart that may not be there.
async fn beat(heart: &mut Option<Interval>) {
    match heart {
        Some(interval) => drop(interval.tick().await),
        None => std::future::pending().await,
    }
}

/// Tells the supervisor. Without one nobody listens, which is as good.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(event = "notify-failed", %error, "the supervisor could not be told");
    }
}
