//! What was found, filtered and in pages. Only the lines of the page that is shown are put into words: there may be
//! thousands.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::super::App;
use super::super::input::Asked;
use super::super::problem::Problem;
use super::pieces::{self, LINES, Moment, Pages, field};
use crate::model::id::Login;
use crate::plan::finding::{CODES, Finding, Severity};
use crate::report::{Age, TargetReport};

const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];
/// The words of ages, and what they are called.
const AGES: [(&str, &str); 4] =
    [("new", "new in the last pass"), ("day", "under a day"), ("older", "a day and more"), ("week", "a week and more")];
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Which findings are wanted; an empty field says nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FindingsAsked {
    #[serde(deserialize_with = "field")]
    target: Option<String>,
    #[serde(deserialize_with = "field")]
    code: Option<String>,
    #[serde(deserialize_with = "field")]
    severity: Option<String>,
    #[serde(deserialize_with = "field")]
    age: Option<String>,
    #[serde(deserialize_with = "field")]
    accepted: Option<bool>,
    /// A part of a login or an e-mail address, in any case.
    #[serde(deserialize_with = "field")]
    who: Option<String>,
    #[serde(deserialize_with = "field")]
    page: Option<usize>,
}

#[derive(Template)]
#[template(path = "findings.html", config = "src/http/page/askama.toml")]
struct Findings {
    asked: FindingsAsked,
    /// Whether any pass could be read yet.
    is_read: bool,
    /// Findings of all targets, whatever is asked for.
    everything: usize,
    targets: Vec<String>,
    /// Codes that are there, and how often.
    codes: Vec<(&'static str, usize)>,
    severities: Vec<&'static str>,
    ages: &'static [(&'static str, &'static str)],
    lines: Vec<Line>,
    pages: Pages,
}

struct Line {
    id: String,
    /// `error`, `warning`, `info` or `accepted`.
    severity: &'static str,
    code: &'static str,
    target: String,
    who: Option<String>,
    message: String,
    fix: String,
    is_new: bool,
    since: Moment,
}

pub(super) async fn fragment(State(app): State<App>, Asked(asked): Asked<FindingsAsked>) -> Result<Response, Problem> {
    let runner = app.desk.runner();
    let setup = runner.setup();
    let names = setup.config.targets.iter().map(|target| &target.settings.name);
    let reports: Vec<Arc<TargetReport>> = names.clone().filter_map(|name| runner.standing(name).read).collect();
    let targets = names.map(ToString::to_string).collect();
    Ok(super::html(&Findings::of(&reports, targets, asked, Timestamp::now())))
}

impl Findings {
    fn of(reports: &[Arc<TargetReport>], targets: Vec<String>, asked: FindingsAsked, now: Timestamp) -> Self {
        let mut codes: Vec<(&'static str, usize)> = CODES.iter().map(|code| (code.as_str(), 0)).collect();
        for finding in reports.iter().flat_map(|report| report.findings()) {
            codes[finding.code() as usize].1 += 1;
        }
        let wanted = Wanted::of(&asked, now);
        let all = reports.iter().flat_map(|report| report.aged().map(|(finding, age)| Found { report, finding, age }));
        let found: Vec<Found<'_>> = all.filter(|found| wanted.has(found)).collect();
        let pages = Pages::of(asked.page, found.len());
        Self {
            is_read: !reports.is_empty(),
            everything: codes.iter().map(|(_, count)| count).sum(),
            targets,
            codes: codes.into_iter().filter(|(_, count)| *count > 0).collect(),
            severities: SEVERITIES.iter().map(|severity| severity.as_str()).collect(),
            ages: &AGES,
            lines: found.iter().skip(pages.skip()).take(LINES).map(Line::of).collect(),
            pages,
            asked,
        }
    }
}

/// A finding, and where and for how long it is.
struct Found<'a> {
    report: &'a TargetReport,
    finding: &'a Finding,
    age: Age,
}

/// What is asked for, ready to be compared with.
struct Wanted<'a> {
    asked: &'a FindingsAsked,
    who: Option<String>,
    now: Timestamp,
}

impl<'a> Wanted<'a> {
    fn of(asked: &'a FindingsAsked, now: Timestamp) -> Self {
        Self { asked, who: asked.who.as_deref().map(|who| who.trim().to_lowercase()), now }
    }

    fn has(&self, found: &Found<'_>) -> bool {
        let Self { asked, who, .. } = self;
        let Found { report, finding, age } = found;
        let is = |asked: &Option<String>, found: &str| asked.as_deref().is_none_or(|asked| asked == found);
        is(&asked.target, report.name.as_str())
            && is(&asked.code, finding.code().as_str())
            && is(&asked.severity, finding.code().severity().as_str())
            && asked.accepted.is_none_or(|accepted| accepted == finding.accepted)
            && who.as_deref().is_none_or(|who| is_about(finding, who))
            && asked.age.as_deref().is_none_or(|asked| self.is_of_age(age, asked))
    }

    fn is_of_age(&self, age: &Age, asked: &str) -> bool {
        let lasted = self.now.duration_since(age.since);
        match asked {
            "new" => age.is_new,
            "day" => lasted < DAY,
            "older" => lasted >= DAY,
            "week" => lasted >= DAY * 7,
            _ => false,
        }
    }
}

fn is_about(finding: &Finding, who: &str) -> bool {
    let login = finding.login.as_ref().map(Login::as_str);
    [login, finding.email.as_deref()].into_iter().flatten().any(|name| name.to_lowercase().contains(who))
}

impl Line {
    fn of(found: &Found<'_>) -> Self {
        let Found { report, finding, age } = found;
        let who = finding.login.as_ref().map(ToString::to_string).or_else(|| finding.email.clone());
        Self {
            id: finding.id(&report.name),
            severity: if finding.accepted { "accepted" } else { finding.code().severity().as_str() },
            code: finding.code().as_str(),
            target: report.name.to_string(),
            who,
            message: finding.message(),
            fix: finding.fix(),
            is_new: age.is_new,
            since: Moment::of(age.since),
        }
    }
}
