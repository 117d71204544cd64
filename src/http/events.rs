//! `GET /v1/events`: what happens, as it happens.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http;
use axum::response::Sse;
use axum::response::sse::{Event as Message, KeepAlive};
use futures::stream::{self, Stream, StreamExt};
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use utoipa::ToSchema;

use super::App;
use super::auth;
use super::problem::Guarded;
use crate::daemon::Event;
use crate::pass::Run;
use crate::report::json::{self, State as RunState};

/// How often the progress of a run is told while it has some.
const PROGRESS: Duration = Duration::from_secs(1);
/// How often a line is sent that says nothing, so that nobody in between takes the stream for dead; and how often
/// it is asked whether the reader still may read.
const ALIVE: Duration = Duration::from_secs(15);

/// A run has changed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunEvent {
    /// Its id.
    run: String,
    /// Where it stands.
    state: RunState,
    /// The one person whom it is for; `null` where it is for everybody.
    person: Option<String>,
    /// What started it.
    cause: &'static str,
    /// Whether anything is to be written: `plan` or `apply`.
    mode: &'static str,
    /// The worst verdict of its targets, once it is done.
    verdict: Option<&'static str>,
    /// How far its actions have come.
    progress: json::Progress,
}

impl RunEvent {
    fn of(run: &Run) -> Self {
        let (done, total) = run.progress();
        Self {
            run: run.id().to_owned(),
            state: run.state(),
            person: run.request().person.clone(),
            cause: run.request().cause.as_str(),
            mode: run.request().mode.as_str(),
            verdict: run.report().map(|report| report.verdict().as_str()),
            progress: json::Progress { done, total, eta_seconds: json::rounded(run.seconds_left()) },
        }
    }
}

/// Follow what happens
///
/// A stream of server-sent events until either side ends it: `run` when a run is asked for, begins, gets on or is over,
/// `reload` when the configuration was read anew, `missed` when the reader was too slow to be told everything. It ends
/// too when its token is no longer in force.
#[utoipa::path(get, path = "/v1/events", tag = "reads", security(("bearer" = [])), responses(
    (status = 200, description = "The stream.", body = RunEvent, content_type = "text/event-stream"),
    Guarded,
))]
pub(super) async fn events(
    State(app): State<App>,
    request: Request,
) -> Sse<impl Stream<Item = Result<Message, Infallible>>> {
    let stop = app.desk.stop().clone();
    let events = app.desk.watch();
    let reader = Reader { request: request.map(drop), events, progress: every(PROGRESS), check: every(ALIVE), app };
    let messages = stream::unfold(reader, |mut reader| async {
        let messages = reader.next().await?;
        Some((stream::iter(messages.into_iter().map(Ok)), reader))
    });
    let messages = messages.flatten().take_until(stop.cancelled_owned());
    Sse::new(messages).keep_alive(KeepAlive::new().interval(ALIVE))
}

fn every(period: Duration) -> Interval {
    let mut beat = tokio::time::interval_at(Instant::now() + period, period);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat
}

/// Somebody who follows.
struct Reader {
    /// What they asked with.
    request: http::Request<()>,
    events: Receiver<Event>,
    progress: Interval,
    check: Interval,
    app: App,
}

impl Reader {
    /// The next messages; `None` at the end.
    async fn next(&mut self) -> Option<Vec<Message>> {
        loop {
            let messages = tokio::select! {
                event = self.events.recv() => vec![match event {
                    Ok(Event::Run(run)) => of_run(&run),
                    Ok(Event::Reload) => Message::default().event("reload").data("{}"),
                    Err(RecvError::Lagged(_)) => Message::default().event("missed").data("{}"),
                    Err(RecvError::Closed) => return None,
                }],
                _ = self.progress.tick() => match self.under_way() {
                    none if none.is_empty() => continue,
                    some => some,
                },
                _ = self.check.tick() => Vec::new(),
            };
            // A token may be replaced while the stream lasts: nothing is told to whoever would not be let in now.
            auth::power(&self.app.tokens, &self.request).ok()?;
            if !messages.is_empty() {
                return Some(messages);
            }
        }
    }

    /// How far the runs under way have come.
    fn under_way(&self) -> Vec<Message> {
        let runs = self.app.desk.runs();
        let under_way = runs.iter().filter(|run| run.state() == RunState::Running && run.progress().1 > 0);
        under_way.map(|run| of_run(run)).collect()
    }
}

fn of_run(run: &Run) -> Message {
    // Strings and numbers can always be written.
    Message::default().event("run").json_data(RunEvent::of(run)).unwrap_or_default()
}
