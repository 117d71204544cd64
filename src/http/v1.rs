//! Everything under `/v1` but the stream of events.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::input::{Asked, Body};
use super::problem::{Bodied, Guarded, NoTarget, Problem, Unfit};
use super::{App, Peer};
use crate::daemon::{ApprovalRefused, Entry, Refused, Status};
use crate::model::id::TargetName;
use crate::model::settings::Mode;
use crate::pass::{NotApproved, Request, Run};
use crate::report::json::State as RunState;
use crate::report::{Cause, chain, json};

/// The longest wait for a run.
const LONGEST_WAIT: u64 = 60;
/// Runs on a page where nobody says how many.
const RUNS: usize = 20;
/// The most runs on a page.
const MOST_RUNS: usize = 100;
/// The most bytes of a name.
const LONGEST_NAME: usize = 256;

/// How the process and its targets stand
#[utoipa::path(get, path = "/v1/status", tag = "reads", security(("bearer" = [])), responses(
    (status = 200, description = "How they stand.", body = Status),
    Guarded,
))]
pub(super) async fn status(State(app): State<App>) -> Json<Status> {
    Json(app.desk.status())
}

/// Which runs are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RunsAsked {
    /// How many, from 1 to 100; 20 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Those before this one: the last id of the page before.
    #[param(max_length = 256)]
    before: Option<String>,
}

/// Runs, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunsPage {
    /// The version of this form.
    schema: u32,
    /// The runs of this page.
    runs: Vec<RunLine>,
    /// What `before` has to be for the next page; null where this is the last.
    next: Option<String>,
}

/// A run in one line.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunLine {
    /// Its id.
    run: String,
    /// Where it stands.
    state: RunState,
    /// Whether anything was to be written: `plan` or `apply`.
    mode: &'static str,
    /// What started it.
    cause: &'static str,
    /// The targets that it is about.
    targets: Vec<String>,
    /// The person that it is about; null where it is about everybody.
    person: Option<String>,
    /// The worst verdict of its targets, once it is done.
    verdict: Option<&'static str>,
    /// When its first pass began.
    started_at: Option<String>,
    /// When its last pass ended.
    finished_at: Option<String>,
}

impl RunLine {
    fn of(run: &Run) -> Self {
        let report = run.report();
        Self {
            run: run.id().to_owned(),
            state: run.state(),
            mode: run.request().mode.as_str(),
            cause: run.request().cause.as_str(),
            targets: run.targets().map(ToString::to_string).collect(),
            person: run.request().person.clone(),
            verdict: report.map(|report| report.verdict().as_str()),
            started_at: run.started_at().map(|at| at.to_string()),
            finished_at: report.map(|report| report.finished_at.to_string()),
        }
    }
}

/// The latest runs
#[utoipa::path(get, path = "/v1/runs", tag = "reads", security(("bearer" = [])), params(RunsAsked), responses(
    (status = 200, description = "A page of them.", body = RunsPage),
    Unfit,
    Guarded,
))]
pub(super) async fn runs(State(app): State<App>, Asked(asked): Asked<RunsAsked>) -> Result<Json<RunsPage>, Problem> {
    let limit = asked.limit.unwrap_or(RUNS);
    if !(1..=MOST_RUNS).contains(&limit) {
        return Err(Problem::invalid(format!("`limit` is {limit}, and goes from 1 to {MOST_RUNS}")));
    }
    // Ids sort as the runs came.
    let runs = app.desk.runs().into_iter();
    let mut runs = runs.filter(|run| asked.before.as_deref().is_none_or(|before| run.id() < before));
    let page: Vec<RunLine> = runs.by_ref().take(limit).map(|run| RunLine::of(&run)).collect();
    let next = runs.next().and(page.last()).map(|line| line.run.clone());
    Ok(Json(RunsPage { schema: 1, runs: page, next }))
}

/// One run, with everything that it saw, planned and did
#[utoipa::path(get, path = "/v1/runs/{id}", tag = "reads", security(("bearer" = [])),
    params(("id" = String, Path, description = "The run's id.")),
    responses(
    (status = 200, description = "The run; while it is under way with its progress.", body = json::Run),
    (status = 404, description = "No such run, or no longer.", body = Problem, content_type = "application/problem+json"),
    Guarded,
))]
pub(super) async fn run(State(app): State<App>, Path(id): Path<String>) -> Result<Json<json::Run>, Problem> {
    let run = app.desk.run(&id).ok_or_else(|| {
        Problem::not_found("there is no such run, or it was too long ago; `/v1/runs` lists those that are still known")
    })?;
    Ok(Json(run.view()))
}

/// Which findings are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FindingsAsked {
    /// Those of this target.
    target: Option<String>,
    /// Those with this code.
    code: Option<String>,
    /// Those of this severity: `error`, `warning` or `info`.
    severity: Option<String>,
    /// Those that the configuration accepts, or those that it does not.
    accepted: Option<bool>,
}

/// What was noticed in each target's last pass that could be read.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FindingsNow {
    /// The version of this form.
    schema: u32,
    /// The findings, by target, the gravest first.
    findings: Vec<TargetFinding>,
}

/// A finding, and where.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TargetFinding {
    /// The target.
    target: String,
    /// The finding.
    #[serde(flatten)]
    finding: json::Finding,
}

/// What is there now for somebody to mend
#[utoipa::path(get, path = "/v1/findings", tag = "reads", security(("bearer" = [])), params(FindingsAsked), responses(
    (status = 200, description = "The findings.", body = FindingsNow),
    NoTarget,
    Unfit,
    Guarded,
))]
pub(super) async fn findings(
    State(app): State<App>,
    Asked(asked): Asked<FindingsAsked>,
) -> Result<Json<FindingsNow>, Problem> {
    let setup = app.desk.runner().setup();
    let only = asked.target.as_deref().map(|name| known_target(&app, name)).transpose()?;
    let mut findings = Vec::new();
    for target in setup.config.targets.iter().map(|target| &target.settings.name) {
        if only.as_ref().is_some_and(|only| only != target) {
            continue;
        }
        let Some(report) = app.desk.runner().standing(target).read else { continue };
        let all = json::findings(&report).into_iter();
        let wanted = all.filter(|finding| {
            asked.code.as_deref().is_none_or(|code| finding.code == code)
                && asked.severity.as_deref().is_none_or(|severity| finding.severity == severity)
                && asked.accepted.is_none_or(|accepted| finding.accepted == accepted)
        });
        findings.extend(wanted.map(|finding| TargetFinding { target: target.to_string(), finding }));
    }
    Ok(Json(FindingsNow { schema: 1, findings }))
}

/// Who is asked about.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExplainAsked {
    /// A login, an e-mail address, a user name or the id of Identity Store.
    #[param(min_length = 1, max_length = 256)]
    person: String,
    /// In this target only.
    target: Option<String>,
}

/// Follow the whole chain for one person, by live reads of that person alone
#[utoipa::path(get, path = "/v1/explain", tag = "reads", security(("bearer" = [])), params(ExplainAsked), responses(
    (status = 200, description = "Each link, a verdict and one fix, for each target.", body = Object),
    NoTarget,
    Unfit,
    Guarded,
))]
pub(super) async fn explain(State(app): State<App>, Asked(asked): Asked<ExplainAsked>) -> Result<Response, Problem> {
    let person = name("person", &asked.person)?;
    let target = asked.target.as_deref().map(|name| known_target(&app, name)).transpose()?;
    let explained = app.desk.explain(&person, target.as_ref()).await;
    let answers: Vec<chain::Answer<'_>> =
        explained.iter().map(|one| chain::Answer { target: &one.name, result: &one.result }).collect();
    Ok(Json(chain::json(&person, &answers)).into_response())
}

/// What is to be synced.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SyncOrder {
    /// This target only.
    #[schema(max_length = 256)]
    target: Option<String>,
    /// This person only: a login, an e-mail address, a user name or the id of Identity Store.
    #[schema(min_length = 1, max_length = 256)]
    person: Option<String>,
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
    request_body(content = SyncOrder, description = "Nothing means everybody in every target."),
    responses(
    (status = 200, description = "It is over, as was waited for.", body = json::Run),
    (status = 202, description = "It is on its way.", body = Started, headers(("location" = String, description = "Where to ask how it goes."))),
    NoTarget,
    Guarded, Bodied,
))]
pub(super) async fn sync(
    State(app): State<App>,
    Asked(asked): Asked<SyncAsked>,
    Body(order): Body<SyncOrder>,
) -> Result<Response, Problem> {
    if let Some(wait) = asked.wait.filter(|wait| *wait > LONGEST_WAIT) {
        return Err(Problem::invalid(format!("`wait` is {wait}, and goes up to {LONGEST_WAIT} seconds")));
    }
    let mode = if order.dry_run { Mode::Plan } else { Mode::Apply };
    let request = Request {
        target: order.target.as_deref().map(TargetName::new),
        person: order.person.as_deref().map(|person| name("person", person)).transpose()?,
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
    #[schema(min_length = 1, max_length = 256)]
    approval: String,
    /// Who approves.
    #[schema(min_length = 1, max_length = 256)]
    by: String,
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
    let (code, by) = (name("approval", &approval.approval)?, name("by", &approval.by)?);
    let peer = peer.map(|Extension(Peer(peer))| SocketAddr::to_string(&peer)).unwrap_or_default();
    let entry = app.desk.approve(&code, &by, &peer)?;
    Ok(accepted(&entry))
}

fn accepted(entry: &Entry) -> Response {
    let run = entry.run.id().to_owned();
    let place = format!("/v1/runs/{run}");
    (StatusCode::ACCEPTED, [(LOCATION, place)], Json(Started { run })).into_response()
}

fn known_target(app: &App, name: &str) -> Result<TargetName, Problem> {
    let name = TargetName::new(name);
    let setup = app.desk.runner().setup();
    let is_known = setup.config.targets.iter().any(|target| target.settings.name == name);
    if is_known { Ok(name) } else { Err(Refused::NoTarget(name).into()) }
}

/// A name that somebody gave: something, not too long, and nothing that would move about in a log or a terminal.
fn name(member: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_NAME || text.chars().any(char::is_control) {
        return Err(Problem::invalid(format!(
            "`{member}` has to have 1 to {LONGEST_NAME} bytes, none of them a control character"
        )));
    }
    Ok(text.to_owned())
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match &refused {
            Refused::NoTarget(_) => Self::not_found(refused.to_string()),
            Refused::Ending | Refused::Full => Self::unavailable(refused.to_string()),
        }
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
