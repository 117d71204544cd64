//! A progress bar on stderr, while a run is under way and somebody watches.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::screen;
use crate::pass::Runner;
use crate::report::{RunReport, spoken};

/// How often it is drawn anew.
const BEAT: Duration = Duration::from_millis(120);

/// Waits for a run, and shows how far it has come.
pub(super) async fn shown(runner: &Runner, run: impl Future<Output = RunReport>) -> RunReport {
    if !screen::is_watched() {
        return run.await;
    }
    tokio::pin!(run);
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("  {spinner} reading, {elapsed} so far");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(BEAT);
    let mut beat = tokio::time::interval(BEAT);
    let mut is_bar = false;
    let report = loop {
        tokio::select! {
            report = &mut run => break report,
            _ = beat.tick() => {}
        }
        let (done, total) = runner.progress();
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
        bar.set_message(format!("about {} to go", spoken(runner.seconds_left())));
    };
    bar.finish_and_clear();
    report
}
