//! What runs now and how long it will take, what comes next, and the button that starts a run.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use super::super::App;
use super::super::auth::Power;
use super::pieces::{self, Moment};
use crate::daemon::Desk;
use crate::pass::Run;
use crate::report::json::State as RunState;
use crate::report::spoken;

/// So many runs are shown at once; there may be hundreds of one person each.
const SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "activity.html", config = "src/http/page/askama.toml")]
struct Activity {
    open: Vec<Open>,
    more: usize,
    next_pass: Option<Moment>,
    cron: String,
    timezone: String,
    power: Power,
}

/// A run that waits or is under way.
struct Open {
    run: String,
    is_queued: bool,
    cause: &'static str,
    targets: Vec<String>,
    person: Option<String>,
    is_dry: bool,
    started_at: Option<Moment>,
    done: usize,
    total: usize,
    left: Option<String>,
}

pub(super) async fn fragment(State(app): State<App>, Extension(power): Extension<Power>) -> Response {
    super::html(&Activity::of(&app.desk, power))
}

impl Activity {
    fn of(desk: &Desk, power: Power) -> Self {
        let status = desk.status();
        let runs = desk.runs();
        let mut open: Vec<Open> =
            runs.iter().filter(|run| run.state() != RunState::Done).map(|run| Open::of(run)).collect();
        // What is under way first, then what waits, each as it came.
        open.reverse();
        open.sort_by_key(|run| run.is_queued);
        let more = open.len().saturating_sub(SHOWN);
        open.truncate(SHOWN);
        Self {
            open,
            more,
            next_pass: Moment::read(status.next_pass_at.as_deref()),
            cron: status.cron,
            timezone: status.timezone,
            power,
        }
    }
}

impl Open {
    fn of(run: &Run) -> Self {
        let (done, total) = run.progress();
        let left = run.seconds_left();
        Self {
            run: run.id().to_owned(),
            is_queued: run.state() == RunState::Queued,
            cause: run.request().cause.as_str(),
            targets: run.targets().map(ToString::to_string).collect(),
            person: run.request().person.clone(),
            is_dry: run.request().mode == crate::model::settings::Mode::Plan,
            started_at: run.started_at().map(Moment::of),
            done,
            total,
            left: (total > done && left >= 1.0).then(|| spoken(left)),
        }
    }
}
