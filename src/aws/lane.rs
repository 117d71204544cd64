//! A lane: the way that all calls of one client go. It knows their pace, and what an error has to say of the place.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::error::Error;
use super::iam::Place;
use super::ledger::Outcome;
use super::operation::{Effect, Operation};
use super::pace::{Bucket, Pace, Scope, Turn};
use crate::model::limits::Rate;

/// How many things of one sort are read at the same time. The pace of the service spaces the calls; this bounds how many
/// wait for it.
pub(super) const SIDE_BY_SIDE: usize = 64;

/// How long the answers of calls that are under way are waited for when the program ends.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where and how fast a client calls. Clones share the buckets.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pace: Pace,
    scope: Scope,
    rate: Arc<Rate>,
    /// On whose behalf its calls are made, as far as fairness goes.
    owner: Arc<str>,
    turn: Turn,
    place: Arc<Place>,
    stop: CancellationToken,
    /// Told when a call that writes has had its turn.
    writing: Option<Arc<Notify>>,
}

impl Lane {
    pub(super) fn new(pace: &Pace, rate: &Rate, account: Option<String>, here: Place) -> Self {
        let scope = Scope { account, region: here.region.clone() };
        Self {
            pace: pace.clone(),
            scope,
            rate: Arc::new(rate.clone()),
            owner: Arc::from(""),
            turn: Turn::Regular,
            place: Arc::new(here),
            stop: CancellationToken::new(),
            writing: None,
        }
    }

    /// The same lane, for calls that somebody is waiting for.
    pub(super) fn urgent(&self) -> Self {
        Self { turn: Turn::Urgent, ..self.clone() }
    }

    /// The same lane, for calls on behalf of one of those who share the pace: they take turns.
    pub(super) fn on_behalf_of(&self, owner: &str) -> Self {
        Self { owner: Arc::from(owner), ..self.clone() }
    }

    /// The same lane, whose calls are called off while they wait for their turn, once this is cancelled.
    pub(super) fn until(&self, stop: &CancellationToken) -> Self {
        Self { stop: stop.clone(), ..self.clone() }
    }

    /// The same lane, which tells when a call that writes has had its turn and goes out.
    pub(super) fn telling(&self, writing: &Arc<Notify>) -> Self {
        Self { writing: Some(Arc::clone(writing)), ..self.clone() }
    }

    /// The same lane, where more is known of the place.
    pub(super) fn at(&self, place: Place) -> Self {
        Self { place: Arc::new(place), ..self.clone() }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Seconds until so many calls of this operation, those that wait already included, will have had their turn.
    pub(super) fn seconds_for(&self, operation: &'static Operation, calls: u64) -> f64 {
        self.bucket(operation).seconds_for(calls, &self.owner)
    }

    fn bucket(&self, operation: &'static Operation) -> Arc<Bucket> {
        self.pace.bucket(&self.scope, operation, &self.rate)
    }

    /// Makes a call: waits for its turn, and only then begins (and signs). `doing` completes "failed to …".
    pub(super) fn call<T, E>(
        &self,
        operation: &'static Operation,
        doing: impl FnOnce() -> String,
        send: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> impl Future<Output = Result<T, Error>>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        // The futures of the SDK are of many kilobytes each, and many wait here at the same time.
        let send = Box::pin(send);
        async move {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(Error::called_off(operation, &self.place, doing())),
                () = self.take(operation, self.turn) => {}
            }
            if let (Effect::Write, Some(writing)) = (operation.effect, &self.writing) {
                writing.notify_one();
            }
            tokio::select! {
                biased;
                answer = send => answer.map_err(|error| Error::of_call(operation, &self.place, doing(), &error)),
                // What has begun is finished, unless its answer is too long in coming.
                () = self.given_up() => Err(Error::called_off(operation, &self.place, doing())),
            }
        }
    }

    /// Waits for a turn.
    pub(super) async fn take(&self, operation: &'static Operation, turn: Turn) {
        let begun = Instant::now();
        self.bucket(operation).take(turn, &self.owner).await;
        if let Some(metrics) = self.pace.metrics() {
            metrics.waited(operation.service.prefix(), operation.name, begun.elapsed());
        }
    }

    /// Takes in how an attempt came out, and when it was sent: counts it, and slows down where there were too many.
    pub(super) fn note(&self, operation: &'static Operation, outcome: Outcome, sent: Instant) {
        if outcome == Outcome::Throttled
            && let Some(per_second) = self.bucket(operation).slow_down(sent)
        {
            let (service, region) = (operation.service.prefix(), self.scope.region.as_str());
            let per_second = (per_second * 1000.0).round() / 1000.0;
            info!(
                event = "slowed",
                service,
                operation = operation.name,
                region,
                per_second,
                "the service refuses calls as too many, so there will be fewer for a while"
            );
        }
        if let Some(metrics) = self.pace.metrics() {
            metrics.attempt(operation.service.prefix(), operation.name, outcome.as_str());
        }
    }

    /// Counts an attempt: how long it took.
    pub(super) fn time(&self, operation: &'static Operation, time: Duration) {
        if let Some(metrics) = self.pace.metrics() {
            metrics.took(operation.service.prefix(), operation.name, time);
        }
    }

    async fn given_up(&self) {
        self.stop.cancelled().await;
        tokio::time::sleep(PATIENCE).await;
    }

    /// The error for an answer that makes no sense.
    pub(super) fn unreadable(&self, operation: &'static Operation, doing: String, what: impl Into<String>) -> Error {
        Error::unreadable(operation, &self.place, doing, what)
    }
}
