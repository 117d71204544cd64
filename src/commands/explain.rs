//! `explain`: one person, link by link, in every target.

use std::path::Path;
use std::sync::Arc;

use super::{ExitStatus, Stop, pass, screen};
use crate::aws::Access;
use crate::cli::{ExplainArgs, Output};
use crate::config::Config;
use crate::pass::{Runner, Setup};
use crate::report::chain;

pub(super) async fn run(file: &Path, args: &ExplainArgs) -> Result<ExitStatus, Stop> {
    let config = Config::load(file)?;
    pass::start_log(&config);
    let target = args.target.as_deref().map(|name| pass::find_target(&config, name)).transpose()?;
    let access = Access::from_environment(config.timeouts, &config.identity_center.region).await?;
    let explained = Runner::new(Setup::new(Arc::new(config), access)).explain(&args.person, target.as_ref()).await;
    let targets: Vec<chain::Answer<'_>> =
        explained.iter().map(|one| chain::Answer { target: &one.name, result: &one.result }).collect();
    match args.output {
        Output::Table => screen::out(&chain::table(&args.person, &targets, screen::look()))?,
        Output::Json => screen::out(&format!("{:#}\n", chain::json(&args.person, &targets)))?,
    }
    let is_answered = explained.iter().all(|one| one.result.is_ok());
    Ok(if is_answered { ExitStatus::Success } else { ExitStatus::Failure })
}
