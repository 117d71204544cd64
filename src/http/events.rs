//! `GET /v1/events`: what happens, as it happens.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event as Message, KeepAlive};
use futures::stream::{self, Stream, StreamExt};
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use utoipa::ToSchema;

use super::App;
use super::problem::Guarded;
use crate::daemon::{Desk, Event};
use crate::pass::Run;
use crate::report::json::{self, State as RunState};

/// How often the progress of a run is told while it has some.
const PROGRESS: Duration = Duration::from_secs(1);
/// How often a line is sent that says nothing, so that nobody in between takes the stream for dead.
const ALIVE: Duration = Duration::from_secs(15);

/// A run has changed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunEvent {
    /// Its id.
    run: String,
    /// Where it stands.
    state: RunState,
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
/// `reload` when the configuration was read anew, `missed` when the reader was too slow to be told everything.
#[utoipa::path(get, path = "/v1/events", tag = "reads", security(("bearer" = [])), responses(
    (status = 200, description = "The stream.", body = RunEvent, content_type = "text/event-stream"),
    Guarded,
))]
pub(super) async fn events(State(app): State<App>) -> Sse<impl Stream<Item = Result<Message, Infallible>>> {
    let mut beat = tokio::time::interval_at(Instant::now() + PROGRESS, PROGRESS);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stop = app.desk.stop().clone();
    let reader = (app.desk.watch(), app, beat);
    let messages = stream::unfold(reader, |(mut events, app, mut beat)| async {
        let messages = next(&mut events, &mut beat, &app.desk).await?;
        Some((stream::iter(messages.into_iter().map(Ok)), (events, app, beat)))
    });
    let messages = messages.flatten().take_until(stop.cancelled_owned());
    Sse::new(messages).keep_alive(KeepAlive::new().interval(ALIVE))
}

/// The next messages; `None` at the end.
async fn next(events: &mut Receiver<Event>, beat: &mut Interval, desk: &Desk) -> Option<Vec<Message>> {
    loop {
        tokio::select! {
            event = events.recv() => return match event {
                Ok(Event::Run(run)) => Some(vec![of_run(&run)]),
                Ok(Event::Reload) => Some(vec![Message::default().event("reload").data("{}")]),
                Err(RecvError::Lagged(_)) => Some(vec![Message::default().event("missed").data("{}")]),
                Err(RecvError::Closed) => None,
            },
            _ = beat.tick() => {
                let runs = desk.runs();
                let under_way = runs.iter().filter(|run| run.state() == RunState::Running && run.progress().1 > 0);
                let messages: Vec<Message> = under_way.map(|run| of_run(run)).collect();
                if !messages.is_empty() {
                    return Some(messages);
                }
            }
        }
    }
}

fn of_run(run: &Run) -> Message {
    // Strings and numbers can always be written.
    Message::default().event("run").json_data(RunEvent::of(run)).unwrap_or_default()
}
