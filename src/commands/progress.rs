//! A progress bar on stderr, while a run is under way and somebody watches.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::screen;
use crate::pass::{Request, Run, Runner};
use crate::report::{RunReport, spoken};

/// How often it is drawn anew.
const BEAT: Duration = Duration::from_millis(120);

/// Carries out a run, and shows how far it has come.
pub(super) async fn shown(runner: &Runner, request: Request, stop: &CancellationToken) -> RunReport {
    let run = runner.order(request);
    if screen::is_watched() {
        let report = watched(&run, runner.carry_out(&run, stop)).await;
        return report.clone();
    }
    runner.carry_out(&run, stop).await.clone()
}

async fn watched<'r>(run: &'r Run, end: impl Future<Output = &'r RunReport>) -> &'r RunReport {
    tokio::pin!(end);
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("  {spinner} reading, {elapsed} so far");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(BEAT);
    let mut beat = tokio::time::interval(BEAT);
    let mut is_bar = false;
    let report = loop {
        tokio::select! {
            report = &mut end => break report,
            _ = beat.tick() => {}
        }
        let (done, total) = run.progress();
        if total == 0 {
            continue;
        }
        if !is_bar {
            is_bar = true;
            let style = ProgressStyle::with_template("  {bar:32} {pos}/{len} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        }
        bar.set_length(u64::try_from(total).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        bar.set_message(format!("about {} to go", spoken(run.seconds_left())));
    };
    bar.finish_and_clear();
    report
}
