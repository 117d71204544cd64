//! How each target stands.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use super::super::App;
use super::super::auth::Power;
use super::pieces::{self, Moment};
use crate::daemon::{Desk, TargetStatus};

#[derive(Template)]
#[template(path = "targets.html", config = "src/http/page/askama.toml")]
struct Targets {
    panels: Vec<Panel>,
    power: Power,
}

struct Panel {
    status: TargetStatus,
    /// Members who cannot sign in after the last pass that could be read; the status counts them before it.
    last_attempt: Option<Moment>,
    last_complete: Option<Moment>,
    last_converged: Option<Moment>,
}

pub(super) async fn fragment(State(app): State<App>, Extension(power): Extension<Power>) -> Response {
    super::html(&Targets { panels: panels(&app.desk), power })
}

fn panels(desk: &Desk) -> Vec<Panel> {
    let targets = desk.status().targets.into_iter();
    targets.map(Panel::of).collect()
}

impl Panel {
    fn of(status: TargetStatus) -> Self {
        Self {
            last_attempt: Moment::read(status.last_attempt_at.as_deref()),
            last_complete: Moment::read(status.last_complete_at.as_deref()),
            last_converged: Moment::read(status.last_converged_at.as_deref()),
            status,
        }
    }

    /// The sentence for how the last pass came out.
    fn verdict(&self) -> &'static str {
        match self.status.verdict.as_deref() {
            None => "no pass has ended since the start",
            Some("failed") => "it could not be read, and nothing was written",
            Some("incomplete") => "something failed or was skipped; the next pass tries again",
            Some("held") => "a guard holds something back",
            Some("pending") => "there is work, and the last pass was not to do it",
            Some(_) => "nothing is left to do",
        }
    }
}
