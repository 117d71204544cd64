//! The HTTP connector: the SDK's own, and around each attempt what the SDK cannot do.
//!
//! 1. A retry waits for a token, ahead of everybody who waits for a first attempt. (First attempts had theirs before the
//!    call began, so that they are signed when they go out.)
//! 2. From then on the attempt is timed, to the last byte of the body: the SDK's own time-outs would count the wait
//!    for the token, and end with the headers.
//! 3. A 200 that is not the service's answer is an error, never an empty list.
//!
//! All three make errors of the attempt, so that the SDK retries them as it retries everything else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use tokio::time::Instant;

use super::answer;
use super::error::Fault;
use super::lane::Lane;
use super::ledger;
use super::operation::Operation;
use super::pace::Turn;
use crate::model::limits::Timeouts;

/// What the connector has to know of the call that an attempt belongs to. It travels with the request.
#[derive(Debug, Clone)]
struct Call {
    operation: &'static Operation,
    lane: Lane,
    first: bool,
    attempts: Attempts,
}

/// What a call's attempts have come to so far. Clones share it.
#[derive(Debug, Clone, Default)]
struct Attempts(Arc<Mutex<SoFar>>);

#[derive(Debug, Default)]
struct SoFar {
    /// The time in attempts, without the waits before and between them.
    spent: Duration,
    /// When the last one was sent.
    sent: Option<Instant>,
}

impl Storable for Attempts {
    type Storer = StoreReplace<Self>;
}

impl Attempts {
    fn so_far(&self) -> MutexGuard<'_, SoFar> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spent(&self) -> Duration {
        self.so_far().spent
    }

    fn begin(&self) -> Instant {
        *self.so_far().sent.insert(Instant::now())
    }

    fn add(&self, time: Duration) {
        self.so_far().spent += time;
    }
}

/// The interceptor that tells the connector which call an attempt belongs to.
#[derive(Debug)]
pub(super) struct Announce(pub(super) Lane);

impl Intercept for Announce {
    fn name(&self) -> &'static str {
        "Announce"
    }

    fn modify_before_retry_loop(
        &self,
        _context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(Attempts::default());
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let call = config.load::<Metadata>().ok_or("the SDK does not say which operation this is")?;
        let operation = Operation::of_sdk(call.service(), call.name())
            .ok_or_else(|| format!("`{}` of {} is not in the table of operations", call.name(), call.service()))?;
        let first = config.load::<RequestAttempts>().is_none_or(|attempts| attempts.attempts() <= 1);
        let attempts = config.load::<Attempts>().cloned().unwrap_or_default();
        context.request_mut().add_extension(Call { operation, lane: self.0.clone(), first, attempts });
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some((operation, outcome)) = ledger::attempt(context, config) {
            let sent = config.load::<Attempts>().and_then(|attempts| attempts.so_far().sent);
            self.0.note(operation, outcome, sent.unwrap_or_else(Instant::now));
        }
        Ok(())
    }
}

/// The HTTP client of every SDK client: one pool of connections for each connect time-out.
#[derive(Debug)]
pub(super) struct Http {
    timeouts: Timeouts,
    proxy: ProxyConfig,
    connectors: Mutex<HashMap<SdkTimeouts, SharedHttpConnector>>,
}

/// To connect, and to the first byte of the answer: what the SDK sets, for sources of credentials above all.
type SdkTimeouts = (Option<Duration>, Option<Duration>);

impl Http {
    pub(super) fn new(timeouts: Timeouts, proxy: ProxyConfig) -> Self {
        Self { timeouts, proxy, connectors: Mutex::default() }
    }

    fn connect(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let mut builder = Connector::builder()
            .connector_settings(settings.clone())
            .proxy_config(self.proxy.clone())
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc));
        builder.set_sleep_impl(components.sleep_impl());
        let connector = Timed { inner: SharedHttpConnector::new(builder.build()), timeouts: self.timeouts };
        SharedHttpConnector::new(connector)
    }
}

impl HttpClient for Http {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let key = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        connectors.entry(key).or_insert_with(|| self.connect(settings, components)).clone()
    }
}

/// A connector whose attempts are paced, timed and checked.
#[derive(Debug)]
struct Timed {
    inner: SharedHttpConnector,
    timeouts: Timeouts,
}

impl HttpConnector for Timed {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(call) = request.extension::<Call>().cloned() else {
            // Not one of the services that Rollcall works with, but one that credentials come from.
            return HttpConnectorFuture::new(bounded(self.inner.call(request), self.timeouts.attempt));
        };
        let (inner, timeouts) = (self.inner.clone(), self.timeouts);
        HttpConnectorFuture::new(async move {
            if !call.first {
                call.lane.take(call.operation, Turn::Retry).await;
            }
            let left = timeouts.call.saturating_sub(call.attempts.spent());
            let sent = call.attempts.begin();
            let result = bounded(inner.call(request), timeouts.attempt.min(left)).await;
            call.attempts.add(sent.elapsed());
            call.lane.time(call.operation, sent.elapsed());
            if call.attempts.spent() >= timeouts.call && result.is_err() {
                return Err(Fault::Call(timeouts.call).into());
            }
            let response = result?;
            if response.status().is_success() {
                let body = response.body().bytes().unwrap_or_default();
                answer::check(call.operation.answer, body).map_err(Fault::Unreadable)?;
            }
            Ok(response)
        })
    }
}

/// An attempt and the whole of its answer, within a time.
async fn bounded(attempt: HttpConnectorFuture, limit: Duration) -> Result<HttpResponse, ConnectorError> {
    let whole = async {
        let mut response = attempt.await?;
        let body = ByteStream::new(response.take_body()).collect().await;
        let body = body.map_err(|error| Fault::BrokeOff(error.into()))?.into_bytes();
        *response.body_mut() = SdkBody::from(body);
        Ok(response)
    };
    tokio::time::timeout(limit, whole).await.unwrap_or_else(|_| Err(Fault::Attempt(limit).into()))
}
