//! What the runs came to: those of this process, and those of the record.

use std::borrow::Cow;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::super::App;
use super::super::input::Asked;
use super::super::problem::Problem;
use super::chart::Chart;
use super::pieces::{self, LINES, Moment, field};
use crate::daemon::{Desk, PastRuns, Which};
use crate::report::{self, spoken};

/// Days in the picture, and runs in it where the record does not go back for two days.
const DAYS: usize = 30;
const RUNS: usize = 60;

/// Which page is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryAsked {
    /// The runs before this one.
    #[serde(default, deserialize_with = "field")]
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "history.html", config = "src/http/page/askama.toml")]
struct History {
    chart: Option<Chart>,
    lines: Vec<Line>,
    /// Whether these are not the latest.
    is_later: bool,
    /// The run before which there are more.
    next: Option<String>,
    /// Why runs are missing, where some are.
    unread: Option<String>,
}

struct Line {
    run: String,
    at: Option<Moment>,
    cause: String,
    /// What it was about.
    about: String,
    is_dry: bool,
    verdict: String,
    changes: usize,
    /// Actions that failed or were skipped.
    failed: usize,
    withheld: usize,
    took: String,
}

pub(super) async fn fragment(State(app): State<App>, Asked(asked): Asked<HistoryAsked>) -> Result<Response, Problem> {
    let before = asked.before.as_deref();
    let PastRuns { lines, next, unread } = app.desk.past_runs(Which::Ended, before, LINES).await;
    Ok(super::html(&History {
        chart: chart(&app.desk).await,
        lines: lines.into_iter().map(Line::of).collect(),
        is_later: before.is_some(),
        next,
        unread: unread.map(|error| error.to_string()),
    }))
}

/// How the latest days went, or the latest runs, where there are too few days to tell of.
async fn chart(desk: &Desk) -> Option<Chart> {
    let days = desk.daily(DAYS).await.unwrap_or_default();
    if days.iter().filter(|day| day.passes > 0).count() > 1 {
        return Some(Chart::of_days(&days));
    }
    let runs = desk.past_runs(Which::Ended, None, RUNS).await.lines;
    let of_everybody = runs.iter().filter(|line| line.person.is_none() && line.verdict.is_some());
    let runs: Vec<&report::Line> = of_everybody.collect();
    (runs.len() > 1).then(|| Chart::of_runs(&runs))
}

impl Line {
    fn of(line: report::Line) -> Self {
        let place = match line.targets.as_slice() {
            [first, second, third, rest @ ..] if !rest.is_empty() => {
                format!("{first}, {second}, {third} and {} more", rest.len())
            }
            few => few.join(", "),
        };
        Self {
            at: Moment::read(line.started_at.as_deref()),
            about: line.person.map_or_else(|| place.clone(), |person| format!("{person} in {place}")),
            is_dry: line.mode == "plan",
            // Of another process, or cut off.
            verdict: line.verdict.map_or_else(|| "not over".to_owned(), Cow::into_owned),
            changes: line.changes.unwrap_or_default(),
            failed: line.failed.unwrap_or_default(),
            withheld: line.withheld.unwrap_or_default(),
            took: spoken(line.elapsed_seconds.unwrap_or_default()),
            cause: line.cause.into_owned(),
            run: line.run,
        }
    }
}
