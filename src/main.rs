//! The program: parses the command line, runs the command, and says how it ended.

use std::process::ExitCode;

use clap::Parser;
use rollcall::cli::Cli;
use rollcall::commands;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return commands::explain(&error.into()).into(),
    };
    let ended = runtime.block_on(commands::run(cli));
    // What a command left behind, such as a reader of signals, is not waited for.
    runtime.shutdown_background();
    ended.unwrap_or_else(|stop| commands::explain(&stop)).into()
}
