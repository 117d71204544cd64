//! `plan` and `sync`: one run, and its report.

use std::path::Path;
use std::sync::Arc;

use super::{ExitStatus, Stop, interrupt, progress, screen};
use crate::aws::Access;
use crate::cli::{Output, PassArgs, PlanArgs, SyncArgs};
use crate::config::Config;
use crate::daemon;
use crate::model::id::TargetName;
use crate::model::settings::Mode;
use crate::pass::{Request, Runner, Setup};
use crate::report::{Cause, RunReport, Verdict, json, log, table};
use crate::telemetry;

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
    note_without_effect(&config);
    let target = args.target.as_deref().map(|name| find_target(&config, name)).transpose()?;
    let access = Access::from_environment(config.timeouts, &config.identity_center.region).await?;
    let request =
        Request { mode, cause: Cause::Cli, target, person: args.person.clone(), approvals: approvals.to_vec() };
    let runner = Runner::new(Setup { config: Arc::new(config), access, people });
    let stop = interrupt::token(interrupt::RUN)?;
    let report = progress::shown(&runner, request, &stop).await;
    for code in &report.unused_approvals {
        tracing::warn!(event = "approval-unused", approval = code, "the approval fits no target now");
    }
    match args.output {
        Output::Table => screen::out(&table::run(&report, screen::look()))?,
        Output::Json => screen::out(&json::text(&report))?,
    }
    Ok(report)
}

/// Somebody who watches sees the result itself, so only warnings are logged then.
pub(super) fn start_log(config: &Config) {
    let level = if screen::is_watched() && config.log.level == "info" { "warn" } else { &config.log.level };
    let _ = telemetry::start(config.log.format, level);
}

/// The first line of a run names the keys that do nothing yet, so that nobody relies on them.
pub(super) fn note_without_effect(config: &Config) {
    if !config.without_effect.is_empty() {
        let keys = config.without_effect.join(", ");
        tracing::warn!(
            event = "without-effect",
            keys,
            "the configuration sets keys that this version does not act on yet"
        );
    }
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
