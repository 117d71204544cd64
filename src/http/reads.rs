//! Reads under `/v1`: how things stand, runs, findings, and one person's chain.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use ulid::Ulid;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::input::{Asked, Name};
use super::problem::{Guarded, NoTarget, Problem, Unfit};
use crate::daemon::{PastRuns, Refused, Status, Which};
use crate::history::{PersonRecord, Whose};
use crate::model::id::TargetName;
use crate::plan::finding::CODES;
use crate::report::{Line, chain, json};

/// The words of severities.
const SEVERITIES: [&str; 3] = ["error", "warning", "info"];
/// Runs on a page where nobody says how many.
const RUNS: usize = 20;
/// The most runs on a page.
const MOST_RUNS: usize = 100;
/// Events of a person where nobody says how many.
const EVENTS: usize = 100;
/// The most events of a person.
const MOST_EVENTS: usize = 1000;

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
    #[param(schema_with = run_ids)]
    before: Option<Name>,
}

/// Runs, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunsPage {
    /// The version of this form.
    schema: u32,
    /// The runs of this page.
    runs: Vec<Line>,
    /// What `before` has to be for the next page; null where this is the last.
    next: Option<String>,
    /// Why runs of the record are missing; null where none are.
    error: Option<String>,
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
    let before = asked.before.as_ref().map(|before| run_id(before.as_str())).transpose()?;
    let PastRuns { lines, next, unread } = app.desk.past_runs(Which::All, before.as_deref(), limit).await;
    Ok(Json(RunsPage { schema: 1, runs: lines, next, error: unread.map(|error| error.to_string()) }))
}

/// What an id of a run looks like: a ULID.
fn run_ids() -> Object {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-7][0-9A-HJKMNP-TV-Z]{25}$")).build()
}

/// The id of a run, as runs have it. A mistaken one would find other runs than those that are meant.
fn run_id(id: &str) -> Result<String, Problem> {
    let id =
        id.parse::<Ulid>().map_err(|_| Problem::invalid(format!("`before` is `{id}`, which is no id of a run")))?;
    Ok(id.to_string())
}

/// One run, with everything that it saw, planned and did
#[utoipa::path(get, path = "/v1/runs/{id}", tag = "reads", security(("bearer" = [])),
    params(("id" = String, Path, description = "The run's id.")),
    responses(
    (status = 200, description = "The run; while it is under way with its progress.", body = json::Run),
    (status = 404, description = "No such run, or no longer.", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The history cannot be read now.", body = Problem, content_type = "application/problem+json"),
    Guarded,
))]
pub(super) async fn run(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<json::Run>, Problem> {
    // What is no text is no run's id either.
    let run = match id {
        Ok(Path(id)) => app.desk.past_run(&id).await?,
        Err(_) => None,
    };
    run.map(Json).ok_or_else(|| {
        Problem::not_found("there is no such run, or it was too long ago; `/v1/runs` lists those that are still known")
    })
}

/// Which findings are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FindingsAsked {
    /// Those of this target.
    target: Option<String>,
    /// Those with this code.
    #[param(schema_with = codes)]
    code: Option<String>,
    /// Those of this severity.
    #[param(schema_with = severities)]
    severity: Option<String>,
    /// Those that the configuration accepts, or those that it does not.
    accepted: Option<bool>,
}

/// The words that a code may be.
fn codes() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(CODES.iter().map(|code| code.as_str()))).build()
}

/// The words that a severity may be.
fn severities() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(SEVERITIES)).build()
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
    // A word that does not exist would find nothing, which looks like good news.
    if let Some(code) = asked.code.as_deref().filter(|asked| !CODES.iter().any(|code| code.as_str() == *asked)) {
        return Err(Problem::invalid(format!("there is no finding `{code}`")));
    }
    if let Some(severity) = asked.severity.as_deref().filter(|severity| !SEVERITIES.contains(severity)) {
        return Err(Problem::invalid(format!("`severity` is `{severity}`, none of {}", SEVERITIES.join(", "))));
    }
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

/// Whose record is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryAsked {
    /// A login, an e-mail address or the id of Identity Store, of now or of earlier.
    person: Name,
    /// In this target only, which need not be there any more.
    target: Option<String>,
    /// The latest so many events and findings, from 1 to 1000; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Everything that was done to one person, and why
#[utoipa::path(get, path = "/v1/history", tag = "reads", security(("bearer" = [])), params(HistoryAsked), responses(
    (status = 200, description = "Their record; empty for a name that was never seen.", body = PersonRecord),
    (status = 503, description = "The history cannot be read now.", body = Problem, content_type = "application/problem+json"),
    Unfit,
    Guarded,
))]
pub(super) async fn history(
    State(app): State<App>,
    Asked(asked): Asked<HistoryAsked>,
) -> Result<Json<PersonRecord>, Problem> {
    let limit = asked.limit.unwrap_or(EVENTS);
    if !(1..=MOST_EVENTS).contains(&limit) {
        return Err(Problem::invalid(format!("`limit` is {limit}, and goes from 1 to {MOST_EVENTS}")));
    }
    let person = asked.person.as_str().to_owned();
    let whose = Whose { person, target: asked.target, since: None, limit: Some(limit) };
    Ok(Json(app.desk.person(whose).await?))
}

/// Who is asked about.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExplainAsked {
    /// A login, an e-mail address, a user name or the id of Identity Store.
    person: Name,
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
    let person = asked.person.as_str();
    let target = asked.target.as_deref().map(|name| known_target(&app, name)).transpose()?;
    let explained = app.desk.explain(person, target.as_ref()).await;
    let answers: Vec<chain::Answer<'_>> =
        explained.iter().map(|one| chain::Answer { target: &one.name, result: &one.result }).collect();
    Ok(Json(chain::json(person, &answers)).into_response())
}

fn known_target(app: &App, name: &str) -> Result<TargetName, Problem> {
    let name = TargetName::new(name);
    let setup = app.desk.runner().setup();
    let is_known = setup.config.targets.iter().any(|target| target.settings.name == name);
    if is_known { Ok(name) } else { Err(Refused::NoTarget(name).into()) }
}
