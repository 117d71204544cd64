//! `sim`: the simulator alone, until somebody stops it.

use std::path::Path;

use super::{ExitStatus, Stop, interrupt, screen};
use crate::cli::SimArgs;
use crate::sim::{Options, Policies, Policy, Simulator, World};

pub(super) async fn run(args: &SimArgs) -> Result<ExitStatus, Stop> {
    let world = match &args.world {
        None => World::workshop(),
        Some(path) => file("world", path, World::parse)?,
    };
    let options = Options { policies: policies(args)?, ..Options::default() };
    let doing = || format!("failed to listen on `{}`", args.listen);
    let simulator = Simulator::start(world, args.listen, options).await;
    let simulator = simulator.map_err(|source| Stop::Io { doing: doing(), source })?;
    let endpoint = simulator.endpoint();
    screen::out(&format!("{endpoint}\n"))?;
    screen::err(&format!(
        "a simulated AWS is listening; for example:\n  \
         AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=eu-west-1 \
         aws sso-admin list-instances\nits control plane is {endpoint}/_sim/health; end it with Ctrl-C\n"
    ));
    interrupt::token("stopping\n")?.cancelled().await;
    simulator.stop().await;
    Ok(ExitStatus::Success)
}

/// The policies that were given, if any were.
fn policies(args: &SimArgs) -> Result<Option<Policies>, Stop> {
    if args.policy.is_empty() && args.role_policy.is_empty() {
        return Ok(None);
    }
    let read = |path: &Path| file("policy", path, Policy::parse);
    let mut policies = Policies::default();
    for path in &args.policy {
        policies.caller.push(read(path)?);
    }
    for (role, path) in &args.role_policy {
        policies.roles.entry(role.clone()).or_default().push(read(path)?);
    }
    Ok(Some(policies))
}

/// Reads a file of the simulator's.
fn file<T, E>(kind: &'static str, path: &Path, parse: fn(&str) -> Result<T, E>) -> Result<T, Stop>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let wrong = |source| Stop::Simulated { kind, path: path.display().to_string(), source };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.into()))?;
    parse(&text).map_err(|error| wrong(error.into()))
}
