//! What each command does: settings, parts, result, output. The result goes to stdout, everything else to stderr.

mod check;
mod demo;
mod explain;
mod export;
mod history;
mod interrupt;
mod pass;
mod progress;
mod run;
mod screen;
mod sim;
mod status;

use std::error::Error;
use std::io;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use clap::CommandFactory;
use futures::FutureExt;

use crate::cli::{Cli, Command, ConfigCommand};
use crate::config::{self, LoadError};
use crate::history::Error as HistoryError;
use crate::report::{Trouble, Verdict};

/// How the program ended, as its exit code says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: all is well.
    Success,
    /// 1: something could not be read, or a check failed.
    Failure,
    /// 2: the call or the configuration is wrong.
    Usage,
    /// 3: there is work to do, and the caller wanted to be told so.
    Work,
    /// 4: an action failed or was skipped.
    Incomplete,
    /// 5: a guard holds something back, and somebody has to approve it.
    Held,
}

impl ExitStatus {
    /// How `sync` ends, by the worst verdict of its targets.
    #[must_use]
    pub fn of_sync(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Failed => Self::Failure,
            Verdict::Incomplete => Self::Incomplete,
            Verdict::Held => Self::Held,
            // What is pending here belongs to targets that are only ever planned.
            Verdict::Pending | Verdict::Converged => Self::Success,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Success => 0,
            ExitStatus::Failure => 1,
            ExitStatus::Usage => 2,
            ExitStatus::Work => 3,
            ExitStatus::Incomplete => 4,
            ExitStatus::Held => 5,
        })
    }
}

/// Why a command could not do its work at all.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// There is no usable configuration.
    #[error(transparent)]
    Config(#[from] LoadError),
    /// A setting of the AWS SDK makes no sense.
    #[error(transparent)]
    Aws(#[from] crate::aws::Error),
    /// A word of the command line names nothing.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A file of the simulator cannot be read.
    #[error("failed to read the {kind} `{path}`")]
    Simulated {
        /// What it should hold.
        kind: &'static str,
        /// The file.
        path: String,
        /// Why not.
        source: Box<dyn Error + Send + Sync>,
    },
    /// There is no history that could be read.
    #[error("the history `{path}` cannot be read")]
    History {
        /// The file.
        path: String,
        /// Why not.
        source: HistoryError,
    },
    /// A file or a socket cannot be used.
    #[error("{doing}")]
    Io {
        /// What was being done.
        doing: String,
        /// Why not.
        source: io::Error,
    },
}

impl From<io::Error> for Stop {
    fn from(source: io::Error) -> Self {
        Self::Io { doing: "failed to start".to_owned(), source }
    }
}

impl Stop {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Config(error) => error.hint().map(str::to_owned),
            Self::Aws(error) => error.hint(),
            Self::Usage { hint, .. } => hint.clone(),
            Self::Io { source, .. } => of_io(source.kind()).map(str::to_owned),
            Self::History { source, .. } => of_history(source).map(str::to_owned),
            Self::Simulated { .. } => None,
        }
    }

    fn status(&self) -> ExitStatus {
        match self {
            Self::Config(_) | Self::Aws(_) | Self::Usage { .. } | Self::Simulated { .. } => ExitStatus::Usage,
            Self::Io { .. } | Self::History { .. } => ExitStatus::Failure,
        }
    }
}

fn of_io(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::ConnectionRefused => {
            Some("is the daemon running? it listens at `http.listen`, or where `--address` says")
        }
        io::ErrorKind::AddrInUse => Some("another process listens there: end it, or choose another port"),
        io::ErrorKind::AddrNotAvailable => Some("the address has to be one of this host's"),
        io::ErrorKind::StorageFull => Some("make room on that disk, or write to another"),
        io::ErrorKind::BrokenPipe => Some("what reads it ended before it had everything"),
        io::ErrorKind::PermissionDenied => Some("ports below 1024 and files of others need more than this user may do"),
        _ => None,
    }
}

fn of_history(error: &HistoryError) -> Option<&'static str> {
    match error {
        HistoryError::Missing => Some("the first run of the daemon or of `sync` makes it"),
        HistoryError::Open(_) => {
            Some("it belongs to the user of the daemon: run this command as that user, or as root")
        }
        HistoryError::Newer { .. } => Some("a newer version of the program reads it"),
        HistoryError::Foreign | HistoryError::NoFile => Some("`history.path` has to name a file of its own"),
        HistoryError::Older { .. } => {
            Some("a copy that may be written can be read, and so can this one after the daemon has started")
        }
        HistoryError::Sealed => Some("copy both into a folder of your own, or let the daemon end first"),
        HistoryError::ReadOnly | HistoryError::Database(_) | HistoryError::Content(_) => None,
    }
}

/// Runs one command to its end, and says how it ended. The runtime is made here and not in the program, so that all
/// that runs on it is compiled once, with the library.
#[must_use]
pub fn main(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return explain(&error.into()).into(),
    };
    let ended = runtime.block_on(AssertUnwindSafe(run(cli)).catch_unwind());
    // What a command left behind, such as a reader of signals, is not waited for.
    runtime.shutdown_background();
    let status = match ended {
        Ok(ended) => ended.unwrap_or_else(|stop| explain(&stop)),
        Err(panic) => {
            tell(&Trouble::of_panic("the command broke off", panic.as_ref()));
            ExitStatus::Failure
        }
    };
    status.into()
}

/// What keeps a command from doing its work at all is an error.
async fn run(cli: Cli) -> Result<ExitStatus, Stop> {
    let Cli { config, command } = cli;
    match command {
        Command::Demo(args) => demo::run(&args).await,
        Command::Plan(args) => pass::plan(&config, &args).await,
        Command::Sync(args) => pass::sync(&config, &args).await,
        Command::Run => run::run(&config).await,
        Command::Status(args) => status::run(&config, &args).await,
        Command::Explain(args) => explain::run(&config, &args).await,
        Command::Export(args) => export::run(&config, &args).await,
        Command::History(args) => history::run(&config, &args),
        Command::Check(args) => check::run(&config, &args).await,
        Command::Sim(args) => sim::run(&args).await,
        Command::Config(ConfigCommand::Schema) => {
            screen::out(&format!("{:#}\n", config::schema()))?;
            Ok(ExitStatus::Success)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "rollcall", &mut script);
            screen::out(&String::from_utf8_lossy(&script))?;
            Ok(ExitStatus::Success)
        }
    }
}

/// Says on stderr why a command stopped: a sentence, its causes, and a hint.
fn explain(stop: &Stop) -> ExitStatus {
    if let Stop::Config(LoadError::Invalid(problems)) = stop {
        // Each stands on a line of its own, with its place first, as editors and people expect it.
        screen::err(&format!("{problems}\n"));
        return stop.status();
    }
    tell(&Trouble::of(stop, stop.hint()));
    stop.status()
}

/// Says on stderr what went wrong.
fn tell(trouble: &Trouble) {
    let mut text = format!("error: {}\n", trouble.message);
    text.extend(trouble.causes.iter().map(|cause| format!("  caused by: {cause}\n")));
    text.extend(trouble.hint.iter().map(|hint| format!("hint: {hint}\n")));
    screen::err(&text);
}
