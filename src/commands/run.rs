//! `run`: the daemon. And what `demo` has in common with it: the server, the desk and the loop.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{ExitStatus, Stop, pass};
use crate::aws::Access;
use crate::config::Config;
use crate::daemon::{ConfigStatus, Daemon, Desk, Source};
use crate::history::History;
use crate::http::{App, Server, Tokens, router};
use crate::metrics::Metrics;
use crate::pass::{Runner, Setup};
use crate::telemetry;

pub(super) async fn run(file: &Path) -> Result<ExitStatus, Stop> {
    let config = Config::load(file)?;
    let people = pass::people(&config)?;
    let log = telemetry::start(config.log.format, &config.log.level);
    let tokens = Tokens::load(&config.http).map_err(|error| Stop::Usage {
        message: crate::report::Trouble::of(&error, None).sentence(),
        hint: Some("`openssl rand -hex 32` makes a token; the file has to be readable for this user alone".to_owned()),
    })?;
    let access = Access::from_environment(config.timeouts, &config.identity_center.region).await?;
    let metrics = metrics()?;
    let setup = Setup { config: Arc::new(config), access, people };
    let runner = Arc::new(Runner::metered(setup, &metrics));
    let path = Some(file.display().to_string());
    let served = Served::start(runner, metrics, tokens, path, Source::File(file.to_owned()), log).await?;
    tracing::info!(
        event = "listening",
        address = served.address.as_str(),
        version = env!("CARGO_PKG_VERSION"),
        "rollcall is running"
    );
    served.run().await;
    Ok(ExitStatus::Success)
}

pub(super) fn metrics() -> Result<Arc<Metrics>, Stop> {
    let metrics = Metrics::new(env!("CARGO_PKG_VERSION"));
    Ok(Arc::new(metrics.map_err(|error| Stop::from(std::io::Error::other(error)))?))
}

/// A daemon that listens, and has not begun to work.
pub(super) struct Served {
    /// Where it listens.
    pub(super) address: String,
    daemon: Daemon,
    server: Server,
    app: App,
    /// Ends the server, once the daemon has ended.
    closed: CancellationToken,
}

impl Served {
    pub(super) async fn start(
        runner: Arc<Runner>,
        metrics: Arc<Metrics>,
        tokens: Tokens,
        path: Option<String>,
        source: Source,
        log: telemetry::Log,
    ) -> Result<Self, Stop> {
        let listen = runner.setup().config.http.listen;
        let unable = |source| Stop::Io { doing: format!("failed to listen on `{listen}`"), source };
        let server = Server::bind(listen).await.map_err(unable)?;
        let address = server.address().map_err(unable)?.to_string();
        let config = ConfigStatus { path, loaded_at: Timestamp::now().to_string(), last_reload: None };
        let kept = runner.setup().config.history.clone();
        let history = History::open(kept.path.as_deref(), kept.keep);
        // Without an answer every finding is news once more.
        runner.recall(history.ages().await.unwrap_or_default());
        let desk = Desk::new(runner, metrics, config, CancellationToken::new()).recording(history);
        let desk = Arc::new(desk);
        let tokens = Arc::new(tokens);
        let follow = {
            let tokens = Arc::clone(&tokens);
            Box::new(move |config: &Config| {
                tokens.reload(&config.http).map_err(|error| crate::report::Trouble::of(&error, None).sentence())?;
                let mut notes = Vec::new();
                if config.http.listen != listen {
                    notes.push(format!("`http.listen` takes a restart: `{listen}` stays"));
                }
                if config.history.path != kept.path {
                    notes.push("`history.path` takes a restart: the history stays where it is".to_owned());
                }
                Ok(notes)
            })
        };
        let daemon = Daemon::start(Arc::clone(&desk), source, log, follow).await?;
        Ok(Self { address, daemon, server, app: App { desk, tokens }, closed: CancellationToken::new() })
    }

    /// Works until somebody ends it.
    pub(super) async fn run(self) {
        let server = tokio::spawn(self.server.run(router(self.app), self.closed.clone()));
        self.daemon.run().await;
        self.closed.cancel();
        // A task that is only ever told to end does so.
        let _ = server.await;
    }
}
