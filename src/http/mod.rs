//! The HTTP interface: probes, metrics, and everything under `/v1`. Handlers translate; what they ask for is done by the
//! [`Desk`].

mod auth;
mod events;
mod input;
mod open;
mod page;
mod problem;
mod reads;
mod server;
mod triggers;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::auth::{TokenProblem, Tokens};
use self::problem::Problem;
pub use self::server::{Peer, Server};
use crate::daemon::Desk;

/// The policy of what is no page.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// What every handler may use.
#[derive(Debug, Clone)]
pub struct App {
    /// Where runs are asked for.
    pub desk: Arc<Desk>,
    /// Who may ask.
    pub tokens: Arc<Tokens>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rollcall",
        description = "Keeps Amazon Connect users in step with groups of AWS IAM Identity Center.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "probes", description = "For whoever keeps the process running. Open."),
        (name = "reads", description = "With either token; without one configured, from this host only."),
        (name = "triggers", description = "With the token that may trigger.")
    ),
    modifiers(&Bearer)
)]
struct Described;

/// Says how the paths under `/v1` are protected.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        openapi.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// Every path, and what describes them.
pub fn router(app: App) -> Router {
    let protected = OpenApiRouter::new()
        .routes(routes!(reads::status))
        .routes(routes!(reads::runs))
        .routes(routes!(reads::run))
        .routes(routes!(reads::history))
        .routes(routes!(reads::findings))
        .routes(routes!(reads::explain))
        .routes(routes!(triggers::sync))
        .routes(routes!(triggers::approve))
        .routes(routes!(events::events))
        .route_layer(middleware::from_fn_with_state(app.clone(), auth::guard));
    let (router, described) = OpenApiRouter::with_openapi(Described::openapi())
        .routes(routes!(open::livez))
        .routes(routes!(open::readyz))
        .routes(routes!(open::metrics))
        .merge(protected)
        .split_for_parts();
    let described = Arc::new(described);
    router
        .route("/openapi.json", get(move || async move { axum::Json(described.as_ref().clone()) }))
        .merge(page::open())
        .merge(page::fragments().route_layer(middleware::from_fn_with_state(app.clone(), auth::guard)))
        .fallback(async || Problem::not_found("there is nothing here; `/openapi.json` lists every path"))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(middleware::from_fn(plainly))
        .with_state(app)
}

/// What every answer says: nothing here is to be kept by anybody in between, or taken for anything but what it says it is.
/// A request with two names of the host, of which somebody in between may have looked at the other, is none (RFC 9112).
async fn plainly(request: axum::extract::Request, next: Next) -> Response {
    let mut response = if request.headers().get_all(HOST).iter().count() > 1 {
        Problem::malformed("there are two `Host` headers").into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    // The page has a policy of its own; no other answer is to be shown as one.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    response
}
