//! `demo`: the whole job on a simulated AWS, told step by step. It reads no configuration file and nothing of the
//! environment but what a terminal is like.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{ExitStatus, Stop, interrupt, progress, screen};
use crate::aws::Access;
use crate::cli::DemoArgs;
use crate::config::{Config, LoadError};
use crate::model::settings::Mode;
use crate::pass::{Request, Runner};
use crate::report::table::{self, Look};
use crate::report::{Cause, RunReport, Verdict};
use crate::sim::{Options, Simulator, World};

/// The configuration that the demo runs with, which fits the workshop's world.
const CONFIG: &str = include_str!("../../config/demo.toml");

pub(super) async fn run(args: &DemoArgs) -> Result<ExitStatus, Stop> {
    // This version has nothing to serve after the story, so both ways end alike.
    let DemoArgs { once: _ } = args;
    let simulator = Simulator::start(World::workshop(), ([127, 0, 0, 1], 0).into(), Options::default()).await?;
    let config = Config::parse(CONFIG, &|_| None).map_err(LoadError::Invalid)?;
    let access = Access::simulated(&simulator.endpoint(), config.timeouts);
    let runner = Runner::new(Arc::new(config), access);
    let stop = interrupt::token(interrupt::RUN)?;
    screen::out(&format!(
        "A simulated AWS listens at {}: Identity Center with a dozen people, and a Connect instance.\n\
         The configuration names two groups, the application that signs people in, and the instance. What is to be done?\n\n\
         $ rollcall plan\n",
        simulator.endpoint()
    ))?;
    show(&runner, Mode::Plan, true, &stop).await?;
    screen::out("\nThe plan is carried out, at the pace that AWS allows.\n\n$ rollcall sync\n")?;
    show(&runner, Mode::Apply, false, &stop).await?;
    screen::out(
        "\nTwice the same is once: another pass finds nothing to do. The findings wait for somebody to mend them.\n\n$ rollcall sync\n",
    )?;
    let last = show(&runner, Mode::Apply, false, &stop).await?;
    simulator.stop().await;
    screen::out(
        "\nNext: write a configuration (`config/minimal.toml` is one to start from), then `rollcall check`, `rollcall plan`.\n\
         To play with this world by the AWS CLI: `rollcall sim`.\n",
    )?;
    Ok(if last.verdict() == Verdict::Converged { ExitStatus::Success } else { ExitStatus::Failure })
}

/// One run and its report. The findings are the same each time, so they are shown once and counted afterwards.
async fn show(runner: &Runner, mode: Mode, findings: bool, stop: &CancellationToken) -> Result<RunReport, Stop> {
    let request = Request::new(mode, Cause::Cli);
    let report = progress::shown(runner, runner.run(&request, stop)).await;
    screen::out(&table::run(&report, Look { findings, ..screen::look() }))?;
    Ok(report)
}
