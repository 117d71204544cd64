//! What one run did, action by action: a run of this process, or one of the record.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::super::App;
use super::super::input::{Asked, Name};
use super::super::problem::Problem;
use super::pieces::{self, LINES, Moment, Pages, field};
use crate::history::{Event, Excerpt, Span, Sums};
use crate::report::{Trouble, json, spoken, things};

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
    verdict: String,
    took: String,
    requests: String,
}

struct Pass {
    name: String,
    /// How it came out; `None` while it is not over.
    verdict: Option<String>,
    error: Option<Trouble>,
    /// What it found, in numbers.
    found: String,
}

struct Line {
    target: String,
    kind: String,
    who: String,
    details: String,
    /// The word of the report.
    result: String,
    /// What kept it from being done, or let it be done.
    why: Option<String>,
    hint: Option<String>,
}

pub(super) async fn fragment(State(app): State<App>, Asked(asked): Asked<RunAsked>) -> Result<Response, Problem> {
    let page = asked.page.unwrap_or(1).max(1);
    let mut run = excerpt(&app, &asked, page).await?;
    let pages = Pages::of(Some(page), run.all);
    if pages.page < page {
        run = excerpt(&app, &asked, pages.page).await?;
    }
    Ok(super::html(&OneRun::of(run, pages)))
}

/// The run with this page of what it did.
async fn excerpt(app: &App, asked: &RunAsked, page: usize) -> Result<Excerpt, Problem> {
    let span = Span { skip: (page - 1).saturating_mul(LINES), limit: LINES };
    let run = app.desk.excerpt(asked.id.as_str(), span).await?;
    run.ok_or_else(|| Problem::not_found("this run was too long ago, and is no longer known"))
}

impl OneRun {
    fn of(Excerpt { run, sums, events, all: _ }: Excerpt, pages: Pages) -> Self {
        Self {
            run: run.run.clone(),
            person: run.person.clone(),
            began: Moment::read(run.started_at.as_deref()),
            ended: run.verdict.as_deref().map(|verdict| Ended::of(&run, verdict)),
            targets: run.targets.iter().zip(sums).map(|(target, sums)| Pass::of(target, sums)).collect(),
            lines: events.into_iter().map(Line::of).collect(),
            pages,
        }
    }
}

impl Ended {
    fn of(run: &json::Run, verdict: &str) -> Self {
        let requests: u64 = run.requests.values().sum();
        Self {
            verdict: verdict.to_owned(),
            took: spoken(run.elapsed_seconds.unwrap_or_default()),
            requests: format!("{} requests", pieces::grouped(requests)),
        }
    }
}

impl Pass {
    fn of(target: &json::Target, Sums { findings, new, withheld }: Sums) -> Self {
        let unable = target.unable.filter(|unable| *unable > 0);
        let found = [
            unable.map(|unable| format!("{} cannot sign in", pieces::people(unable))),
            Some(format!("{}, {new} new", things(findings, "finding"))),
            Some(withheld).filter(|held| *held > 0).map(|held| format!("{} held back", pieces::grouped(held))),
        ];
        Self {
            name: target.name.clone(),
            verdict: target.verdict.as_deref().map(str::to_owned),
            error: target.error.clone(),
            found: found.into_iter().flatten().collect::<Vec<_>>().join(", "),
        }
    }
}

impl Line {
    fn of(event: Event) -> Self {
        let details = event.changed();
        let held = event.guard.map(|guard| format!("held back by {guard}"));
        let approved = event.approval.map(|code| format!("let through by the approval `{code}`"));
        Self {
            target: event.target,
            kind: pieces::words(&event.kind),
            who: event.login.or(event.mapping).unwrap_or_default(),
            details,
            result: event.result,
            why: event.error.as_ref().map(Trouble::sentence).or(held).or(approved),
            hint: event.error.and_then(|error| error.hint),
        }
    }
}
