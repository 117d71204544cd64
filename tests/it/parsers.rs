//! What comes in over HTTP, in process: nothing that anybody sends is the daemon's failure, and without a token nothing
//! under `/v1` says or does anything.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use rollcall::daemon::{ConfigStatus, Desk};
use rollcall::http::{App, Peer, Tokens, router};
use rollcall::metrics::Metrics;
use rollcall::pass::Runner;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::stage::Stage;

const TOKEN: &str = "the-right-token";
const PATHS: [&str; 14] = [
    "/",
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/v1/status",
    "/v1/runs",
    "/v1/runs/01JZ0000000000000000000000",
    "/v1/findings",
    "/v1/explain",
    "/v1/sync",
    "/v1/approvals",
    "/v1/",
    "/v1/nowhere",
];
const NAMES: [&str; 10] =
    ["target", "person", "dry_run", "wait", "limit", "approval", "by", "severity", "code", "state"];

/// One request.
#[derive(Debug, Clone)]
struct Sent {
    method: String,
    uri: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    /// What `Authorization` says that is wrong; none: the right token.
    token: Option<String>,
}

impl Sent {
    /// The request, where HTTP can say it at all.
    fn request(&self) -> Option<Request<Body>> {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = Method::from_bytes(self.method.as_bytes()).ok()?;
        *request.uri_mut() = self.uri.parse::<Uri>().ok()?;
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            request.headers_mut().append(name, HeaderValue::from_bytes(value).ok()?);
        }
        let token = self.token.as_deref().map_or_else(|| format!("Bearer {TOKEN}"), str::to_owned);
        if !token.is_empty() {
            request.headers_mut().insert("authorization", HeaderValue::from_str(&token).ok()?);
        }
        request.extensions_mut().insert(Peer(([127, 0, 0, 1], 4711).into()));
        Some(request)
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9@.-]{0,12}", any::<String>()]
}

/// A header's value: whatever HTTP lets through, bytes beyond ASCII included.
fn letters() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![4 => 0x20..=0x7e_u8, 1 => 0x80..=0xff_u8], 0..24)
}

fn json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![8 => select(&NAMES[..]).prop_map(str::to_owned), 1 => any::<String>()];
    let leaf = || {
        prop_oneof![
            text().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            Just(Value::Null),
            prop::collection::vec(text(), 0..3).prop_map(Value::from),
        ]
    };
    prop_oneof![
        4 => prop::collection::btree_map(name, leaf(), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        1 => leaf(),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    let method = prop_oneof![
        9 => select(vec!["GET", "GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE"]).prop_map(str::to_owned),
        1 => "[A-Z!#$%&'*+.^_`|~-]{1,8}",
    ];
    let query = prop_oneof![
        2 => Just(String::new()),
        3 => prop::collection::vec((select(&NAMES[..]), "([a-z0-9]|%[0-9a-fA-F]{2}|%|\\+){0,8}"), 1..3)
            .prop_map(|pairs| "?".to_owned() + &pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")),
        1 => "\\?[!-~]{0,24}",
    ];
    let path = prop_oneof![8 => select(&PATHS[..]).prop_map(str::to_owned), 1 => "/[!-~]{0,24}"];
    let header = prop_oneof![
        (
            "host|content-type|content-length|transfer-encoding|accept|last-event-id|x-forwarded-for|cookie",
            prop_oneof![
                select(vec![
                    "application/json",
                    "text/plain",
                    "application/json; charset=x",
                    "localhost",
                    "[::1",
                    "0",
                    "-1",
                    "chunked"
                ])
                .prop_map(|value| value.as_bytes().to_vec()),
                letters(),
            ]
        ),
        ("[a-z]{1,12}", letters()),
    ];
    let json_type = Just(("content-type".to_owned(), b"application/json".to_vec()));
    let headers = prop_oneof![json_type.prop_map(|one| vec![one]), prop::collection::vec(header, 0..4)];
    let body =
        prop_oneof![json().prop_map(|value| value.to_string().into_bytes()), prop::collection::vec(any::<u8>(), 0..48)];
    let scheme = select(vec!["Bearer ", "bearer ", "Bearer  ", "Bearer", "Basic ", ""]);
    let wrong = prop_oneof![
        select(vec!["the-right-toke", "the-right-token.", "THE-RIGHT-TOKEN", ""]).prop_map(str::to_owned),
        "[!-~]{1,24}"
    ];
    let token = prop::option::weighted(0.6, (scheme, wrong).prop_map(|(scheme, wrong)| scheme.to_owned() + &wrong));
    (method, path, query, headers, body, token).prop_map(|(method, path, query, headers, body, token)| Sent {
        method,
        uri: path + &query,
        headers,
        body,
        token,
    })
}

/// A daemon's paths over a world that is empty, so that a run which somebody starts by chance is short.
async fn served() -> (Router, Stage) {
    let stage = Stage::new(&[]).await;
    let metrics = Arc::new(Metrics::new("0").unwrap());
    let runner = Arc::new(Runner::metered(stage.setup(), &metrics));
    let config = ConfigStatus { path: None, loaded_at: String::new(), last_reload: None };
    let desk = Arc::new(Desk::new(runner, metrics, config, CancellationToken::new()));
    (router(App { desk, tokens: Arc::new(Tokens::of(TOKEN)) }), stage)
}

#[test]
fn nothing_that_is_sent_is_the_daemons_failure_and_without_a_token_nothing_is_said() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (router, stage) = runtime.block_on(served());
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let asked = std::cell::Cell::new(0);
    let checked = runner.run(&sent(), |sent| {
        let Some(request) = sent.request() else { return Ok(()) };
        // Waiting for a run is the desk's business; here its answer would only take time.
        prop_assume!(!sent.uri.contains("wait"));
        let path = request.uri().path().to_owned();
        asked.set(asked.get() + 1);
        let response = runtime.block_on(router.clone().oneshot(request)).unwrap();
        let status = response.status();
        prop_assert!(!status.is_server_error() || path == "/readyz", "{}", status);
        prop_assert_eq!(&response.headers()["x-content-type-options"], "nosniff");
        if path.starts_with("/v1/") && sent.token.is_some() {
            prop_assert!(status.is_client_error(), "{} for {:?}", status, sent.token);
        }
        if status.is_client_error() {
            let kind = response.headers()["content-type"].clone();
            prop_assert_eq!(kind, "application/problem+json");
        }
        Ok(())
    });
    checked.unwrap();
    assert!(asked.get() > 100, "only {} of them could be sent", asked.get());
    drop(stage);
}
