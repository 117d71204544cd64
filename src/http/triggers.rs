//! Triggers under `/v1`: runs, and approvals of what is withheld.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::input::{Asked, Body, Name};
use super::problem::{Bodied, Guarded, NoTarget, Problem};
use super::{App, Peer};
use crate::daemon::{ApprovalRefused, Entry, Refused};
use crate::history::Unavailable;
use crate::model::id::TargetName;
use crate::model::settings::Mode;
use crate::pass::{NotApproved, Request};
use crate::report::json::State as RunState;
use crate::report::{Cause, json};

/// The longest wait for a run.
const LONGEST_WAIT: u64 = 60;

/// What is to be synced.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SyncOrder {
    /// This target only.
    #[schema(max_length = 256)]
    target: Option<String>,
    /// This person only: a login, an e-mail address, a user name or the id of Identity Store.
    person: Option<Name>,
    /// Read and plan only.
    #[serde(default)]
    dry_run: bool,
}

/// How long somebody waits.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SyncAsked {
    /// Seconds to wait for the report, up to 60; without it nobody waits.
    #[param(minimum = 0, maximum = 60)]
    wait: Option<u64>,
}

/// A run that was started, or that there was already.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Started {
    /// Its id.
    run: String,
}

/// Start a run
///
/// A request that is the same as one that waits is that one. `Location` says where to ask how it goes.
#[utoipa::path(post, path = "/v1/sync", tag = "triggers", security(("bearer" = [])), params(SyncAsked),
    request_body(content = Option<SyncOrder>, description = "Nothing means everybody in every target."),
    responses(
    (status = 200, description = "It is over, as was waited for.", body = json::Run),
    (status = 202, description = "It is on its way.", body = Started, headers(("location" = String, description = "Where to ask how it goes."))),
    NoTarget,
    Guarded, Bodied,
))]
pub(super) async fn sync(
    State(app): State<App>,
    Asked(asked): Asked<SyncAsked>,
    Body(order): Body<Option<SyncOrder>>,
) -> Result<Response, Problem> {
    if let Some(wait) = asked.wait.filter(|wait| *wait > LONGEST_WAIT) {
        return Err(Problem::invalid(format!("`wait` is {wait}, and goes up to {LONGEST_WAIT} seconds")));
    }
    let order = order.unwrap_or_default();
    let mode = if order.dry_run { Mode::Plan } else { Mode::Apply };
    let request = Request {
        target: order.target.as_deref().map(TargetName::new),
        person: order.person.map(|person| person.as_str().to_owned()),
        ..Request::new(mode, Cause::Http)
    };
    let entry = app.desk.submit(request)?;
    if let Some(wait) = asked.wait {
        tokio::select! {
            _ = entry.wait(Duration::from_secs(wait)) => {}
            // Whoever waits is told where the run can be asked about, if it can be.
            () = app.desk.stop().cancelled() => {}
        }
        if entry.run.state() == RunState::Done {
            return Ok(Json(entry.run.view()).into_response());
        }
    }
    Ok(accepted(&entry))
}

/// An approval of what is withheld.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Approval {
    /// The code, as a report tells it.
    approval: Name,
    /// Who approves.
    by: Name,
}

/// Let through what a guard holds back
///
/// Each action once, within 24 hours, as far as it is still planned; a run begins at once.
#[utoipa::path(post, path = "/v1/approvals", tag = "triggers", security(("bearer" = [])), request_body = Approval,
    responses(
    (status = 202, description = "Recorded, and a run is on its way.", body = Started, headers(("location" = String, description = "Where to ask how it goes."))),
    (status = 404, description = "No target told this code within 24 hours.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Nothing of it is held back any more.", body = Problem, content_type = "application/problem+json"),
    Guarded, Bodied,
))]
pub(super) async fn approve(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    Body(approval): Body<Approval>,
) -> Result<Response, Problem> {
    let peer = peer.map(|Extension(Peer(peer))| SocketAddr::to_string(&peer)).unwrap_or_default();
    let entry = app.desk.approve(approval.approval.as_str(), approval.by.as_str(), &peer)?;
    Ok(accepted(&entry))
}

fn accepted(entry: &Entry) -> Response {
    let run = entry.run.id().to_owned();
    let place = format!("/v1/runs/{run}");
    (StatusCode::ACCEPTED, [(LOCATION, place)], Json(Started { run })).into_response()
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match &refused {
            Refused::NoTarget(_) => Self::not_found(refused.to_string()),
            Refused::Ending | Refused::Full => Self::unavailable(refused.to_string()),
        }
    }
}

impl From<Unavailable> for Problem {
    fn from(unavailable: Unavailable) -> Self {
        Self::unavailable(unavailable.to_string())
    }
}

impl From<ApprovalRefused> for Problem {
    fn from(refused: ApprovalRefused) -> Self {
        match refused {
            ApprovalRefused::Code(NotApproved::Unknown) => Self::not_found(NotApproved::Unknown.to_string()),
            ApprovalRefused::Code(NotApproved::Stale) => Self::conflict(NotApproved::Stale.to_string()),
            ApprovalRefused::Run(refused) => refused.into(),
        }
    }
}
