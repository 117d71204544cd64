//! The status page. The shell, the script and the style at `/` hold no data and are open to all; the script asks for the
//! token and fetches fragments of HTML from `/v1/page/…`, which are for the page alone and change with it.
//!
//! A fragment is a struct that is made of what the desk tells, and a template beside it that decides nothing.

mod activity;
mod chart;
mod explain;
mod findings;
mod history;
mod pieces;
mod run;
mod targets;
mod top;
mod withheld;

use askama::Template;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use super::App;

/// What the page may load and do: its own script, style and icon, and questions to where it came from.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
struct Asset {
    path: &'static str,
    media_type: &'static str,
    text: &'static str,
}

const ASSETS: [Asset; 4] = [
    Asset { path: "/page/script.js", media_type: "text/javascript; charset=utf-8", text: include_str!("script.js") },
    Asset { path: "/page/replace.js", media_type: "text/javascript; charset=utf-8", text: include_str!("replace.js") },
    Asset { path: "/page/style.css", media_type: "text/css; charset=utf-8", text: include_str!("style.css") },
    Asset { path: "/page/icon.svg", media_type: "image/svg+xml", text: include_str!("icon.svg") },
];

/// What anybody may have: the shell, and what it loads.
pub(super) fn open() -> Router<App> {
    ASSETS.iter().fold(Router::new().route("/", get(shell)), |router, asset| {
        let tag = tag(asset.text);
        router.route(asset.path, get(move |headers: HeaderMap| async move { answer(asset, &tag, &headers) }))
    })
}

/// What holds data.
pub(super) fn fragments() -> Router<App> {
    Router::new()
        .route("/v1/page/top", get(top::fragment))
        .route("/v1/page/activity", get(activity::fragment))
        .route("/v1/page/withheld", get(withheld::fragment))
        .route("/v1/page/targets", get(targets::fragment))
        .route("/v1/page/findings", get(findings::fragment))
        .route("/v1/page/history", get(history::fragment))
        .route("/v1/page/run", get(run::fragment))
        .route("/v1/page/explain", get(explain::fragment))
}

async fn shell() -> impl IntoResponse {
    let headers =
        [(CONTENT_SECURITY_POLICY, POLICY), (HeaderName::from_static("cross-origin-opener-policy"), "same-origin")];
    (headers, Html(include_str!("shell.html")))
}

/// A browser keeps it, and asks each time whether it still is the same: another binary may answer next time.
fn answer(asset: &Asset, tag: &str, headers: &HeaderMap) -> Response {
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let kept = [(CACHE_CONTROL, "no-cache"), (ETAG, tag)];
    if known.is_some_and(|known| known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    (kept, [(CONTENT_TYPE, asset.media_type)], asset.text).into_response()
}

/// The same for the same text, and for no other.
fn tag(text: &str) -> String {
    let leading = Sha256::digest(text.as_bytes()).into_iter().take(8);
    format!("\"{:016x}\"", leading.fold(0_u64, |number, byte| number << 8 | u64::from(byte)))
}

/// A piece of HTML.
fn html(template: &impl Template) -> Response {
    // Writing to a string cannot fail.
    Html(template.render().unwrap_or_else(|error| error.to_string())).into_response()
}
