//! Everything against the simulator, over real HTTP: one binary, so that the SDK is linked once.

#![allow(missing_docs, reason = "tests explain themselves by their names")]

mod architecture;
mod bad_input;
mod budget;
mod cli;
mod converge;
mod documents;
mod roles;
mod safety;
mod stage;
