//! What guards hold back, by target, and the button that approves it.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::super::App;
use super::super::auth::Power;
use super::super::input::Asked;
use super::super::problem::Problem;
use super::pieces::{self, LINES, Pages, field};
use crate::daemon::Desk;
use crate::plan::{Guard, Withheld};
use crate::report::{TargetReport, table};

/// Which page of which target is wanted. The other targets show their first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WithheldAsked {
    #[serde(default, deserialize_with = "field")]
    target: Option<String>,
    #[serde(default, deserialize_with = "field")]
    page: Option<usize>,
}

#[derive(Template)]
#[template(path = "withheld.html", config = "src/http/page/askama.toml")]
struct Holding {
    targets: Vec<Held>,
    power: Power,
}

/// What is held back in one target.
struct Held {
    target: String,
    code: String,
    /// How many of which kind.
    kinds: Vec<(String, usize)>,
    guards: Vec<(&'static str, &'static str)>,
    lines: Vec<Line>,
    pages: Pages,
}

struct Line {
    kind: String,
    login: String,
    details: String,
    guard: &'static str,
}

pub(super) async fn fragment(
    State(app): State<App>,
    Extension(power): Extension<Power>,
    Asked(asked): Asked<WithheldAsked>,
) -> Result<Response, Problem> {
    Ok(super::html(&Holding { targets: held(&app.desk, &asked), power }))
}

fn held(desk: &Desk, asked: &WithheldAsked) -> Vec<Held> {
    let runner = desk.runner();
    let setup = runner.setup();
    let reports = setup.config.targets.iter().filter_map(|target| runner.standing(&target.settings.name).read);
    reports.filter_map(|report| Held::of(&report, asked)).collect()
}

impl Held {
    fn of(report: &TargetReport, asked: &WithheldAsked) -> Option<Self> {
        let code = report.approval()?.to_owned();
        let all = report.withheld();
        let page = asked.page.filter(|_| asked.target.as_deref() == Some(report.name.as_str()));
        let pages = Pages::of(page, all.len());
        let mut kinds: Vec<(String, usize)> = Vec::new();
        for held in all {
            // They are sorted by kind.
            let kind = pieces::words(held.action.kind().as_str());
            match kinds.last_mut().filter(|(last, _)| *last == kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((kind, 1)),
            }
        }
        let guards = Guard::ALL.into_iter().filter(|guard| all.iter().any(|held| held.guard == *guard));
        Some(Self {
            target: report.name.to_string(),
            code,
            kinds,
            guards: guards.map(|guard| (guard.as_str(), reason(guard))).collect(),
            lines: all.iter().skip(pages.skip()).take(LINES).map(Line::of).collect(),
            pages,
        })
    }
}

impl Line {
    fn of(held: &Withheld) -> Self {
        let Withheld { action, guard } = held;
        Self {
            kind: pieces::words(action.kind().as_str()),
            login: action.login().map(ToString::to_string).or_else(|| action.mapping.clone()).unwrap_or_default(),
            details: table::details(action),
            guard: guard.as_str(),
        }
    }
}

/// Why a guard objects.
fn reason(guard: Guard) -> &'static str {
    match guard {
        Guard::LoginReused => "the login was somebody else's, who is gone",
        Guard::GroupMissing => "the group that they came from cannot be found",
        Guard::EmptyGroup => "nobody is in the group that they came from",
        Guard::Unmapped => "no mapping names the group that they came from",
        Guard::MaxRemovals => "more people would be taken down than the limit allows",
        Guard::MaxChanges => "more would be created and changed than the limit allows",
    }
}
