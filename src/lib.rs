//! Rollcall keeps Amazon Connect users in step with groups of AWS IAM Identity Center.
//!
//! Data flows one way, and the modules are listed as it flows: [`pass`] shows the whole of it in one file.
//!
//! ```text
//! config ─► aws (read) ─► plan (resolve, drift, guard) ─► apply ─► report
//! ```

pub mod metrics;
pub mod model;

pub mod config;

pub mod aws;

pub mod plan;

pub mod cell;
pub mod export;

pub mod apply;
pub mod report;

pub mod history;

pub mod pass;

pub mod daemon;
pub mod http;

pub mod cli;
pub mod commands;
pub mod telemetry;

pub mod sim;
