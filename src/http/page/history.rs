//! What the latest runs came to.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::super::App;
use super::super::input::Asked;
use super::super::problem::Problem;
use super::chart::{Chart, Point};
use super::pieces::{self, LINES, Moment, Pages, field};
use crate::apply::Outcome;
use crate::model::id::TargetName;
use crate::model::settings::Mode;
use crate::pass::Run;
use crate::report::{RunReport, spoken};

/// Runs in the picture.
const DRAWN: usize = 60;

/// Which page is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryAsked {
    #[serde(default, deserialize_with = "field")]
    page: Option<usize>,
}

#[derive(Template)]
#[template(path = "history.html", config = "src/http/page/askama.toml")]
struct History {
    chart: Option<Chart>,
    lines: Vec<Line>,
    pages: Pages,
}

struct Line {
    run: String,
    at: Option<Moment>,
    cause: &'static str,
    /// What it was about.
    about: String,
    is_dry: bool,
    verdict: &'static str,
    changes: usize,
    /// Actions that failed or were skipped.
    failed: usize,
    withheld: usize,
    took: String,
}

pub(super) async fn fragment(State(app): State<App>, Asked(asked): Asked<HistoryAsked>) -> Result<Response, Problem> {
    Ok(super::html(&History::of(&app.desk.runs(), &asked)))
}

impl History {
    fn of(runs: &[Arc<Run>], asked: &HistoryAsked) -> Self {
        let over: Vec<(&Run, &RunReport)> = runs.iter().filter_map(|run| Some((&**run, run.report()?))).collect();
        let pages = Pages::of(asked.page, over.len());
        let whole = over.iter().filter(|(run, _)| run.request().person.is_none()).take(DRAWN);
        let point = |(_, report): &(&Run, &RunReport)| Point {
            changes: count(report, Outcome::is_well),
            verdict: report.verdict().as_str(),
        };
        let mut points: Vec<Point> = whole.map(point).collect();
        points.reverse();
        Self {
            chart: (points.len() > 1).then(|| Chart::of(&points)),
            lines: over.iter().skip(pages.skip()).take(LINES).map(|(run, report)| Line::of(run, report)).collect(),
            pages,
        }
    }
}

impl Line {
    fn of(run: &Run, report: &RunReport) -> Self {
        let targets: Vec<&str> = run.targets().map(TargetName::as_str).collect();
        let place = match targets.as_slice() {
            [first, second, third, _, ..] => format!("{first}, {second}, {third} and {} more", targets.len() - 3),
            few => few.join(", "),
        };
        Self {
            run: run.id().to_owned(),
            at: run.started_at().map(Moment::of),
            cause: report.cause.as_str(),
            about: run.request().person.as_ref().map_or_else(|| place.clone(), |person| format!("{person} in {place}")),
            is_dry: report.mode == Mode::Plan,
            verdict: report.verdict().as_str(),
            changes: count(report, Outcome::is_well),
            failed: count(report, |outcome| matches!(outcome, Outcome::Failed(_) | Outcome::Skipped(_))),
            withheld: report.targets.iter().map(|target| target.withheld().len()).sum(),
            took: spoken(report.elapsed.as_secs_f64()),
        }
    }
}

/// How many actions came out so.
fn count(report: &RunReport, is: impl Fn(&Outcome) -> bool) -> usize {
    let outcomes = report.targets.iter().flat_map(|target| target.actions()).map(|(_, outcome)| outcome);
    outcomes.filter(|outcome| is(outcome)).count()
}
