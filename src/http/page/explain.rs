//! One person's chain, link by link, by live reads of that person alone.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::super::App;
use super::super::auth::Power;
use super::super::input::{Asked, Name};
use super::super::problem::Problem;
use super::pieces;
use crate::pass::Explained;
use crate::plan::explain::Verdict;

/// Who is asked about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainAsked {
    person: Name,
}

#[derive(Template)]
#[template(path = "explain.html", config = "src/http/page/askama.toml")]
struct Explanations<'a> {
    person: &'a str,
    explained: &'a [Explained],
    power: Power,
}

pub(super) async fn fragment(
    State(app): State<App>,
    Extension(power): Extension<Power>,
    Asked(asked): Asked<ExplainAsked>,
) -> Result<Response, Problem> {
    let person = asked.person.as_str();
    let explained = app.desk.explain(person, None).await;
    Ok(super::html(&Explanations { person, explained: &explained, power }))
}
