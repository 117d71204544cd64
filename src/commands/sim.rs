//! `sim`: the simulator alone, until somebody stops it.

use super::{ExitStatus, Stop, interrupt, screen};
use crate::cli::SimArgs;
use crate::sim::{Options, Simulator, World};

pub(super) async fn run(args: &SimArgs) -> Result<ExitStatus, Stop> {
    let world = match &args.world {
        None => World::workshop(),
        Some(path) => {
            let wrong = |source: Box<dyn std::error::Error + Send + Sync>| Stop::World {
                path: path.display().to_string(),
                source,
            };
            let text = std::fs::read_to_string(path).map_err(|error| wrong(error.into()))?;
            World::parse(&text).map_err(|error| wrong(error.into()))?
        }
    };
    let doing = || format!("failed to listen on `{}`", args.listen);
    let simulator = Simulator::start(world, args.listen, Options::default()).await;
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
