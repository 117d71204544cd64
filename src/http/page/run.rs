//! What one run did, action by action.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::super::App;
use super::super::input::{Asked, Name};
use super::super::problem::Problem;
use super::pieces::{self, LINES, Moment, Pages, field};
use crate::apply::Outcome;
use crate::pass::Run;
use crate::plan::Action;
use crate::report::{RunReport, TargetReport, json, spoken, table, things};

/// Which page of which run is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunAsked {
    id: Name,
    #[serde(default, deserialize_with = "field")]
    page: Option<usize>,
}

#[derive(Template)]
#[template(path = "run.html", config = "src/http/page/askama.toml")]
struct OneRun {
    run: String,
    person: Option<String>,
    began: Option<Moment>,
    /// How it came out; `None` while it is not over.
    ended: Option<Ended>,
    targets: Vec<Pass>,
    lines: Vec<Line>,
    pages: Pages,
}

struct Ended {
    verdict: &'static str,
    took: String,
    requests: String,
}

struct Pass {
    name: String,
    verdict: &'static str,
    error: Option<json::Error>,
    /// What it found, in numbers.
    found: String,
}

struct Line {
    target: String,
    kind: String,
    who: String,
    details: String,
    result: &'static str,
    why: Option<String>,
    hint: Option<String>,
}

pub(super) async fn fragment(State(app): State<App>, Asked(asked): Asked<RunAsked>) -> Result<Response, Problem> {
    let run = app.desk.run(asked.id.as_str());
    let run = run.ok_or_else(|| Problem::not_found("this run was too long ago, and is no longer known"))?;
    Ok(super::html(&OneRun::of(&run, asked.page)))
}

impl OneRun {
    fn of(run: &Run, page: Option<usize>) -> Self {
        let report = run.report();
        let targets: Vec<&TargetReport> =
            report.iter().flat_map(|report| &report.targets).map(|target| &**target).collect();
        let all =
            || targets.iter().flat_map(|target| target.actions().iter().map(move |action| (&target.name, action)));
        let pages = Pages::of(page, all().count());
        Self {
            run: run.id().to_owned(),
            person: run.request().person.clone(),
            began: run.started_at().map(Moment::of),
            ended: report.map(Ended::of),
            lines: all()
                .skip(pages.skip())
                .take(LINES)
                .map(|(target, action)| Line::of(target.as_str(), action))
                .collect(),
            targets: targets.into_iter().map(Pass::of).collect(),
            pages,
        }
    }
}

impl Ended {
    fn of(report: &RunReport) -> Self {
        let requests: u64 = report.requests.values().sum();
        Self {
            verdict: report.verdict().as_str(),
            took: spoken(report.elapsed.as_secs_f64()),
            requests: format!("{requests} requests"),
        }
    }
}

impl Pass {
    fn of(report: &TargetReport) -> Self {
        let new = report.aged().filter(|(_, age)| age.is_new).count();
        let found = [
            things(report.findings().len(), "finding"),
            format!("{new} new"),
            format!("{} gone", report.gone().len()),
            format!("{} held back", report.withheld().len()),
        ];
        Self {
            name: report.name.to_string(),
            verdict: report.verdict().as_str(),
            error: report.trouble().as_ref().map(json::Error::from),
            found: found.join(", "),
        }
    }
}

impl Line {
    fn of(target: &str, (action, outcome): &(Action, Outcome)) -> Self {
        let trouble = crate::report::Trouble::of_outcome(outcome);
        Self {
            target: target.to_owned(),
            kind: pieces::words(action.kind().as_str()),
            who: action.login().map(ToString::to_string).or_else(|| action.mapping.clone()).unwrap_or_default(),
            details: table::details(action),
            result: outcome.as_str(),
            why: trouble.as_ref().map(crate::report::Trouble::sentence),
            hint: trouble.and_then(|trouble| trouble.hint),
        }
    }
}
