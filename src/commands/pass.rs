//! `plan` and `sync`: one run, and its report.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{ExitStatus, Stop, interrupt, progress, screen};
use crate::aws::Access;
use crate::cli::{Output, PassArgs, PlanArgs, SyncArgs};
use crate::config::Config;
use crate::daemon;
use crate::history::{Approval, History};
use crate::model::id::TargetName;
use crate::model::settings::Mode;
use crate::pass::{Request, Runner, Setup};
use crate::report::{Cause, RunReport, Verdict, json, log, table};
use crate::telemetry;

/// How long a run that is over waits for its history: for another process that writes, and then some.
const PATIENCE: Duration = Duration::from_secs(8);

/// `rollcall plan`.
pub(super) async fn plan(config: &Path, args: &PlanArgs) -> Result<ExitStatus, Stop> {
    let report = run(config, &args.pass, Mode::Plan, &[]).await?;
    Ok(match report.verdict() {
        Verdict::Failed => ExitStatus::Failure,
        Verdict::Pending | Verdict::Held if args.exit_code => ExitStatus::Work,
        Verdict::Pending | Verdict::Held | Verdict::Incomplete | Verdict::Converged => ExitStatus::Success,
    })
}

/// `rollcall sync`.
pub(super) async fn sync(config: &Path, args: &SyncArgs) -> Result<ExitStatus, Stop> {
    let report = run(config, &args.pass, Mode::Apply, &args.approve).await?;
    Ok(ExitStatus::of_sync(report.verdict()))
}

async fn run(file: &Path, args: &PassArgs, mode: Mode, approvals: &[String]) -> Result<RunReport, Stop> {
    let config = Config::load(file)?;
    let people = people(&config)?;
    start_log(&config);
    let target = args.target.as_deref().map(|name| find_target(&config, name)).transpose()?;
    let access = Access::from_environment(config.timeouts, &config.identity_center.region).await?;
    let request =
        Request { mode, cause: Cause::Cli, target, person: args.person.clone(), approvals: approvals.to_vec() };
    // What is only planned leaves no trace, nor does it need one.
    let history = config.history.path.as_deref().filter(|_| mode == Mode::Apply);
    let history = history.map(|path| History::open(Some(path), config.history.keep));
    let runner = Runner::new(Setup { config: Arc::new(config), access, people });
    if let Some(history) = &history {
        runner.recall(history.ages().await.unwrap_or_default());
        history.journal().into_iter().for_each(|journal| runner.tell(journal));
    }
    let stop = interrupt::token(interrupt::RUN)?;
    let report = progress::shown(&runner, request, &stop).await;
    if let Some(history) = &history {
        write_down(history, &report, approvals).await;
    }
    for code in &report.unused_approvals {
        tracing::warn!(event = "approval-unused", approval = code, "the approval fits no target now");
    }
    match args.output {
        Output::Table => screen::out(&table::run(&report, screen::look()))?,
        Output::Json => screen::out(&json::text(&report))?,
    }
    Ok(report)
}

/// Writes a run into the history, and who approved what of it. That it cannot be written is told by the log.
async fn write_down(history: &History, report: &RunReport, approvals: &[String]) {
    // A command line says nothing of who sits at it; the system knows whose process this is.
    let peer =
        std::fs::metadata("/proc/self").map_or_else(|_| "cli".to_owned(), |own| format!("cli, user id {}", own.uid()));
    for code in approvals.iter().filter(|code| !report.unused_approvals.contains(code)) {
        history.approve(Approval {
            code: code.clone(),
            target: None,
            by: None,
            peer: peer.clone(),
            at: report.started_at,
            run: Some(report.run.clone()),
        });
    }
    history.record(report.clone());
    history.flush(PATIENCE).await;
}

/// Somebody who watches sees the result itself, so only warnings are logged then.
pub(super) fn start_log(config: &Config) {
    let level = if screen::is_watched() && config.log.level == "info" { "warn" } else { &config.log.level };
    let _ = telemetry::start(config.log.format, level);
}

/// How people appear in log lines.
pub(super) fn people(config: &Config) -> Result<log::People, Stop> {
    daemon::people(config).map_err(|message| Stop::Usage {
        message,
        hint: Some("`log.people_key_file` has to be readable for this user, and secret".to_owned()),
    })
}

pub(super) fn find_target(config: &Config, name: &str) -> Result<TargetName, Stop> {
    let names: Vec<&str> = config.targets.iter().map(|target| target.settings.name.as_str()).collect();
    if names.contains(&name) {
        return Ok(TargetName::new(name));
    }
    Err(Stop::Usage {
        message: format!("there is no target `{name}` in the configuration"),
        hint: Some(format!("its targets are: {}", names.join(", "))),
    })
}
