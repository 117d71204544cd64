//! The program: parses the command line, and hands over to the library.

use std::process::ExitCode;

use clap::Parser;
use rollcall::cli::Cli;
use rollcall::commands;

fn main() -> ExitCode {
    commands::main(Cli::parse())
}
