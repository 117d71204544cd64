//! Everything against the simulator, over real HTTP: one binary, so that the SDK is linked once.

#![allow(missing_docs, reason = "tests explain themselves by their names")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test a panic is the message")]

mod architecture;
mod bad_input;
mod budget;
mod cli;
mod clocks;
mod converge;
mod desk;
mod documents;
mod explain;
mod export;
mod faults;
mod guards;
mod history;
mod hung;
mod killed;
mod lifecycle;
mod pace;
mod parsers;
mod permissions;
mod random;
mod roles;
mod safety;
mod stage;
mod unable;
mod worlds;
