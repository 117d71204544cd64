//! What anybody may ask: whether the process lives, whether it is ready, and its metrics.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::App;
use super::problem::Problem;
use crate::metrics;

/// Whether the process answers at all
#[utoipa::path(get, path = "/livez", tag = "probes", responses(
    (status = 200, description = "It does.", body = String, content_type = "text/plain"),
))]
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// Whether the configuration is loaded and the scheduler runs
///
/// Never depends on AWS.
#[utoipa::path(get, path = "/readyz", tag = "probes", responses(
    (status = 200, description = "They are.", body = String, content_type = "text/plain"),
    (status = 503, description = "The process is ending.", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    // The server starts after the configuration was read and the scheduler runs.
    if app.desk.stop().is_cancelled() { Err(Problem::unavailable("the process is ending")) } else { Ok("ok\n") }
}

/// Metrics, as Prometheus reads them
#[utoipa::path(get, path = "/metrics", tag = "probes", responses(
    (status = 200, description = "The text format, version 0.0.4.", body = String, content_type = "text/plain; version=0.0.4"),
))]
pub(super) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], app.desk.metrics().text())
}
