//! `demo`: the whole job on a simulated AWS, told step by step. It reads no configuration file and nothing of the
//! environment but what a terminal is like.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::run::{Served, metrics};
use super::{ExitStatus, Stop, interrupt, progress, screen};
use crate::aws::Access;
use crate::cli::DemoArgs;
use crate::config::{Config, LoadError};
use crate::daemon::Source;
use crate::http::Tokens;
use crate::metrics::Metrics;
use crate::model::settings::Mode;
use crate::pass::{Request, Runner, Setup};
use crate::report::table::{self, Look};
use crate::report::{Cause, RunReport, Verdict};
use crate::sim::{Options, Simulator, World};
use crate::telemetry;

/// The configuration that the demo runs with, which fits the workshop's world.
const CONFIG: &str = include_str!("../../config/demo.toml");

pub(super) async fn run(args: &DemoArgs) -> Result<ExitStatus, Stop> {
    let simulator = Simulator::start(World::workshop(), ([127, 0, 0, 1], 0).into(), Options::default()).await?;
    let config = Config::parse(CONFIG, &|_| None).map_err(LoadError::Invalid)?;
    let access = Access::simulated(&simulator.endpoint(), config.timeouts);
    let (format, level) = (config.log.format, config.log.level.clone());
    let metrics = metrics()?;
    let runner = Arc::new(Runner::metered(Setup::new(Arc::new(config), access), &metrics));
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
    let is_converged = last.verdict() == Verdict::Converged;
    if is_converged && !args.once && !stop.is_cancelled() {
        serve(runner, metrics, telemetry::start(format, &level)).await?;
        simulator.stop().await;
        return Ok(ExitStatus::Success);
    }
    simulator.stop().await;
    screen::out(
        "\nNext: write a configuration (`config/minimal.toml` is one to start from), then `rollcall check`, `rollcall plan`.\n\
         To play with this world by the AWS CLI: `rollcall sim`.\n",
    )?;
    Ok(if is_converged { ExitStatus::Success } else { ExitStatus::Failure })
}

/// Goes on as `run` does, with a token for this once.
async fn serve(runner: Arc<Runner>, metrics: Arc<Metrics>, log: telemetry::Log) -> Result<(), Stop> {
    let token = uuid::Uuid::new_v4().simple().to_string();
    let served = Served::start(runner, metrics, Tokens::of(&token), None, Source::BuiltIn, log).await?;
    let address = &served.address;
    screen::out(&format!(
        "\nThe daemon goes on with this world, as `rollcall run` does: a pass every 15 minutes, and whenever it is asked.\n\n\
         $ curl -H 'Authorization: Bearer {token}' http://{address}/v1/status\n\
         $ curl -H 'Authorization: Bearer {token}' -X POST 'http://{address}/v1/sync?wait=30'\n\
         $ curl http://{address}/metrics\n\n\
         Ctrl-C ends it. To see it at work, open the status page: http://{address}/#token={token}\n"
    ))?;
    served.run().await;
    Ok(())
}

/// One run and its report. The findings are the same each time, so they are shown once and counted afterwards.
async fn show(runner: &Runner, mode: Mode, findings: bool, stop: &CancellationToken) -> Result<RunReport, Stop> {
    let request = Request::new(mode, Cause::Cli);
    let report = progress::shown(runner, request, stop).await;
    screen::out(&table::run(&report, Look { findings, ..screen::look() }))?;
    Ok(report)
}
