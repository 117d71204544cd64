//! Metrics: every name, type, label and help of what Prometheus reads. Names are a promise; label sets are closed, and
//! no label ever tells who a person is.
//!
//! This module knows nothing of passes or calls: [`crate::report::meter`] fills in what a pass came to, and
//! [`crate::aws`] what calls cost.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use prometheus::core::{Collector, MetricVec, MetricVecBuilder};
use prometheus::{
    CounterVec, Encoder, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

/// Bounds of the histogram of passes, in seconds: from a small instance to thousands of creations.
const PASS_BUCKETS: [f64; 10] = [0.5, 1.0, 2.5, 5.0, 15.0, 30.0, 60.0, 300.0, 900.0, 3600.0];
/// Bounds of the histogram of attempts, in seconds, up to the default time-out of one.
const ATTEMPT_BUCKETS: [f64; 9] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The type of the text that [`Metrics::text`] writes.
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// All series of one process.
pub struct Metrics {
    registry: Registry,
    /// Passes that have ended, by how they came out.
    pub passes: IntCounterVec,
    /// How long passes took.
    pub pass_seconds: HistogramVec,
    /// When the last pass ended, whatever came of it.
    pub last_attempt: GaugeVec,
    /// When the last pass ended that read everything and tried everything.
    pub last_complete: GaugeVec,
    /// When the last pass ended that left nothing to do.
    pub last_converged: GaugeVec,
    /// Passes in a row that could not be read.
    pub failures: IntGaugeVec,
    /// Members by winning mapping.
    pub members: IntGaugeVec,
    /// Members who cannot sign in.
    pub blocked: IntGaugeVec,
    /// Connect users by who owns them.
    pub connect_users: IntGaugeVec,
    /// Actions by what came of them.
    pub actions: IntCounterVec,
    /// Actions that guards hold back now.
    pub withheld: IntGaugeVec,
    /// Findings that are there now.
    pub findings: IntGaugeVec,
    /// Attempts at calls.
    pub requests: IntCounterVec,
    /// How long attempts took.
    pub request_seconds: HistogramVec,
    /// How long attempts waited for their turn.
    pub wait_seconds: CounterVec,
    /// When the next scheduled pass begins.
    pub next_pass: Gauge,
    /// Whether the configuration in force is the file's.
    pub reload_successful: Gauge,
    build_info: GaugeVec,
    process_start: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// All series of a process that starts now, at their first values.
    ///
    /// # Errors
    /// Where a name or a label is none that Prometheus takes: a mistake in this file, which a test would show.
    #[expect(clippy::too_many_lines, reason = "one table: every name in one place")]
    pub fn new(version: &str) -> Result<Self, prometheus::Error> {
        let gauge = |name: &str, help: &str, labels: &[&str]| GaugeVec::new(Opts::new(name, help), labels);
        let numbers = |name: &str, help: &str, labels: &[&str]| IntGaugeVec::new(Opts::new(name, help), labels);
        let counter = |name: &str, help: &str, labels: &[&str]| IntCounterVec::new(Opts::new(name, help), labels);
        let histogram = |name: &str, help: &str, labels: &[&str], bounds: &[f64]| {
            HistogramVec::new(HistogramOpts::new(name, help).buckets(bounds.to_vec()), labels)
        };
        let metrics = Self {
            registry: Registry::new(),
            passes: counter(
                "rollcall_passes_total",
                "Passes that have ended, by what started them and how they came out.",
                &["target", "cause", "verdict"],
            )?,
            pass_seconds: histogram(
                "rollcall_pass_duration_seconds",
                "How long passes took, from the first call to the report.",
                &["target"],
                &PASS_BUCKETS,
            )?,
            last_attempt: gauge(
                "rollcall_last_attempt_timestamp_seconds",
                "When the last pass ended, whatever came of it; 0 before the first.",
                &["target"],
            )?,
            last_complete: gauge(
                "rollcall_last_complete_timestamp_seconds",
                "When the last pass ended that read everything and tried everything (converged, held or incomplete); 0 before the first.",
                &["target"],
            )?,
            last_converged: gauge(
                "rollcall_last_converged_timestamp_seconds",
                "When the last pass ended that left nothing to do; 0 before the first.",
                &["target"],
            )?,
            failures: numbers("rollcall_consecutive_failures", "Passes in a row that could not be read.", &["target"])?,
            members: numbers(
                "rollcall_members",
                "People who are to be able to work, by the group whose mapping wins.",
                &["target", "mapping"],
            )?,
            blocked: numbers(
                "rollcall_members_blocked",
                "Members who, as far as can be seen, could not sign in as the last pass began.",
                &["target"],
            )?,
            connect_users: numbers(
                "rollcall_connect_users",
                "Users of the Connect instance, by who owns them.",
                &["target", "ownership"],
            )?,
            actions: counter(
                "rollcall_actions_total",
                "Actions of passes that may write, by what came of them.",
                &["target", "kind", "result"],
            )?,
            withheld: numbers(
                "rollcall_withheld_actions",
                "Actions that a guard held back in the last pass.",
                &["target", "guard"],
            )?,
            findings: numbers(
                "rollcall_findings",
                "Findings of the last pass; what the configuration accepts has the severity accepted.",
                &["target", "code", "severity"],
            )?,
            requests: counter(
                "rollcall_aws_requests_total",
                "Attempts at calls of AWS, retries included, by how they came out.",
                &["service", "operation", "outcome"],
            )?,
            request_seconds: histogram(
                "rollcall_aws_request_duration_seconds",
                "How long attempts at calls of AWS took, without the wait for their turn.",
                &["service", "operation"],
                &ATTEMPT_BUCKETS,
            )?,
            wait_seconds: CounterVec::new(
                Opts::new(
                    "rollcall_aws_wait_seconds_total",
                    "How long attempts at calls of AWS waited for their turn.",
                ),
                &["service", "operation"],
            )?,
            next_pass: Gauge::new("rollcall_next_pass_timestamp_seconds", "When the next scheduled pass begins.")?,
            reload_successful: Gauge::new(
                "rollcall_config_last_reload_successful",
                "Whether the configuration in force is the one that was last read: 1, or 0 where that one was refused.",
            )?,
            build_info: gauge("rollcall_build_info", "1, with the version as a label.", &["version"])?,
            process_start: Gauge::new("process_start_time_seconds", "When the process started, in Unix time.")?,
        };
        metrics.register()?;
        metrics.reload_successful.set(1.0);
        metrics.build_info.with_label_values(&[version]).set(1.0);
        metrics.process_start.set(unix(jiff::Timestamp::now()));
        Ok(metrics)
    }

    fn register(&self) -> Result<(), prometheus::Error> {
        let all: [Box<dyn Collector>; 19] = [
            Box::new(self.passes.clone()),
            Box::new(self.pass_seconds.clone()),
            Box::new(self.last_attempt.clone()),
            Box::new(self.last_complete.clone()),
            Box::new(self.last_converged.clone()),
            Box::new(self.failures.clone()),
            Box::new(self.members.clone()),
            Box::new(self.blocked.clone()),
            Box::new(self.connect_users.clone()),
            Box::new(self.actions.clone()),
            Box::new(self.withheld.clone()),
            Box::new(self.findings.clone()),
            Box::new(self.requests.clone()),
            Box::new(self.request_seconds.clone()),
            Box::new(self.wait_seconds.clone()),
            Box::new(self.next_pass.clone()),
            Box::new(self.reload_successful.clone()),
            Box::new(self.build_info.clone()),
            Box::new(self.process_start.clone()),
        ];
        all.into_iter().try_for_each(|collector| self.registry.register(collector))
    }

    /// Everything, as Prometheus reads it.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        // Only a broken writer could make this fail, and this one is memory.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        text
    }

    /// An attempt at a call: how it came out.
    pub(crate) fn attempt(&self, service: &str, operation: &str, outcome: &str) {
        self.requests.with_label_values(&[service, operation, outcome]).inc();
    }

    /// An attempt at a call: how long it took.
    pub(crate) fn took(&self, service: &str, operation: &str, time: Duration) {
        self.request_seconds.with_label_values(&[service, operation]).observe(time.as_secs_f64());
    }

    /// A wait for a turn.
    pub(crate) fn waited(&self, service: &str, operation: &str, time: Duration) {
        self.wait_seconds.with_label_values(&[service, operation]).inc_by(time.as_secs_f64());
    }

    /// Takes out every series of a target that is no longer configured.
    pub fn forget(&self, target: &str) {
        let of_target = |labels: &Labels<'_>| labels.get("target") == Some(&target);
        forget(&self.passes, of_target);
        forget(&self.pass_seconds, of_target);
        for vector in [&self.last_attempt, &self.last_complete, &self.last_converged] {
            forget(vector, of_target);
        }
        for vector in
            [&self.failures, &self.members, &self.blocked, &self.connect_users, &self.withheld, &self.findings]
        {
            forget(vector, of_target);
        }
        forget(&self.actions, of_target);
    }
}

/// Takes out the series whose labels are such.
pub fn forget<B: MetricVecBuilder>(vector: &MetricVec<B>, is_such: impl Fn(&Labels<'_>) -> bool) {
    for family in vector.collect() {
        for metric in family.get_metric() {
            let labels: Labels<'_> = metric.get_label().iter().map(|label| (label.name(), label.value())).collect();
            if is_such(&labels) {
                // It may have gone meanwhile, which is as good.
                let _ = vector.remove(&labels.into_iter().collect::<HashMap<_, _>>());
            }
        }
    }
}

/// The labels of a series, by name.
pub type Labels<'a> = BTreeMap<&'a str, &'a str>;

/// A time as Prometheus has it.
#[must_use]
pub fn unix(time: jiff::Timestamp) -> f64 {
    time.as_duration().as_secs_f64()
}
