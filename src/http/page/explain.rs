//! One person's chain, link by link, by live reads of that person alone; and what is on record of them.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;

use super::super::App;
use super::super::auth::Power;
use super::super::input::{Asked, Name};
use super::super::problem::Problem;
use super::pieces::{self, Moment};
use crate::history::{Approved, Event, PersonRecord, Whose};
use crate::pass::Explained;
use crate::plan::explain::Verdict;

/// So many events are shown; `rollcall history --person` has all.
const EVENTS: usize = 20;

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
    /// When its reads began.
    asked_at: Moment,
    explained: &'a [Explained],
    record: Vec<Recorded>,
    /// Whether there are earlier events.
    is_cut: bool,
    /// Why events are missing, where some are.
    unread: Option<String>,
    power: Power,
}

/// Something that was done to the person, or was not.
struct Recorded {
    at: Option<Moment>,
    /// Where it was so again and again, the last time.
    last_at: Option<Moment>,
    kind: String,
    /// The word of the report.
    result: String,
    target: String,
    /// The login that it was done to, where it is not the name that was asked for.
    login: Option<String>,
    changed: String,
    /// Why it came.
    because: String,
    approvals: Vec<Approval>,
    run: String,
}

/// Who let it through.
struct Approval {
    by: String,
    peer: String,
    at: Option<Moment>,
}

pub(super) async fn fragment(
    State(app): State<App>,
    Extension(power): Extension<Power>,
    Asked(asked): Asked<ExplainAsked>,
) -> Result<Response, Problem> {
    let person = asked.person.as_str();
    let asked_at = Moment::of(Timestamp::now());
    let whose = Whose { person: person.trim().to_owned(), limit: Some(EVENTS), ..Whose::default() };
    let (explained, record) = tokio::join!(app.desk.explain(person, None), app.desk.person(whose));
    let (events, is_cut, unread) = match record {
        Ok(PersonRecord { events, is_cut, error, .. }) => (events, is_cut, error),
        Err(error) => (Vec::new(), false, Some(error.to_string())),
    };
    // The latest first.
    let record = events.into_iter().rev().map(|event| Recorded::of(event, person)).collect();
    Ok(super::html(&Explanations { person, asked_at, explained: &explained, record, is_cut, unread, power }))
}

impl Recorded {
    fn of(event: Event, asked: &str) -> Self {
        let changed = event.changed();
        let mut because = Vec::from_iter(event.mapping.map(|mapping| format!("mapping `{mapping}`")));
        because.push(format!("by {}", event.cause));
        because.extend(event.guard.map(|guard| format!("held back by {guard}")));
        because.extend(event.error.map(|error| error.sentence()));
        Self {
            at: Moment::read(Some(&event.at)),
            last_at: Moment::read(Some(&event.last_at)).filter(|_| event.times > 1),
            kind: pieces::words(&event.kind),
            result: event.result,
            target: event.target,
            login: event.login.filter(|login| login != asked),
            changed,
            because: because.join(", "),
            approvals: event.approvals.into_iter().map(Approval::of).collect(),
            run: event.run,
        }
    }
}

impl Approval {
    fn of(approved: Approved) -> Self {
        let Approved { approval: _, by, peer, at } = approved;
        Self { by: by.unwrap_or_else(|| "somebody".to_owned()), peer, at: Moment::read(Some(&at)) }
    }
}
