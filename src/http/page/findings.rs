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
use crate::model::id::{Login, PrincipalId};
use crate::plan::finding::{CODES, Finding, Kind, Severity};
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
    /// A part of any name that the person is known by, in any case.
    #[serde(deserialize_with = "field")]
    who: Option<String>,
    #[serde(deserialize_with = "field")]
    page: Option<usize>,
}

impl FindingsAsked {
    /// Whether anything is left out.
    fn is_filter(&self) -> bool {
        let Self { target, code, severity, age, accepted, who, page: _ } = self;
        accepted.is_some() || [target, code, severity, age, who].into_iter().any(Option::is_some)
    }
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
    /// Codes that are there or asked for, and how often they are there.
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
    fn of(reports: &[Arc<TargetReport>], mut targets: Vec<String>, asked: FindingsAsked, now: Timestamp) -> Self {
        let mut codes: Vec<(&'static str, usize)> = CODES.iter().map(|code| (code.as_str(), 0)).collect();
        for finding in reports.iter().flat_map(|report| report.findings()) {
            codes[finding.code() as usize].1 += 1;
        }
        let wanted = Wanted::of(&asked, now);
        let all = reports.iter().flat_map(|report| report.aged().map(|(finding, age)| Found { report, finding, age }));
        let found: Vec<Found<'_>> = all.filter(|found| wanted.has(found)).collect();
        let pages = Pages::of(asked.page, found.len());
        // What is asked for stays a choice, though it may be gone: the form shows what is applied.
        targets.extend(asked.target.clone().filter(|target| !targets.contains(target)));
        let is_choice = |(code, count): &(&str, usize)| *count > 0 || pieces::is_chosen(asked.code.as_deref(), code);
        Self {
            is_read: !reports.is_empty(),
            everything: codes.iter().map(|(_, count)| count).sum(),
            targets,
            codes: codes.into_iter().filter(is_choice).collect(),
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
    names(finding).any(|name| name.to_lowercase().contains(who))
}

/// What the person is known by, the best name first.
fn names(finding: &Finding) -> impl Iterator<Item = &str> {
    let known_as = match &finding.kind {
        Kind::EmailMissing { known_as, .. } => known_as.as_deref(),
        _ => None,
    };
    let login = finding.login.as_ref().map(Login::as_str);
    let principal = finding.principal.as_ref().map(PrincipalId::as_str);
    [login, finding.email.as_deref(), known_as, principal].into_iter().flatten()
}

impl Line {
    fn of(found: &Found<'_>) -> Self {
        let Found { report, finding, age } = found;
        Self {
            id: finding.id(&report.name),
            severity: if finding.accepted { "accepted" } else { finding.code().severity().as_str() },
            code: finding.code().as_str(),
            target: report.name.to_string(),
            who: names(finding).next().map(str::to_owned),
            message: finding.message(),
            fix: finding.fix(),
            is_new: age.is_new,
            since: Moment::of(age.since),
        }
    }
}
