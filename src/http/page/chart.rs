//! Days or runs over time as a picture: how much was changed, and how it came out. Shapes tell that as well as colours do.

use askama::Template;

use super::pieces::{self, Moment};
use crate::history::Day;
use crate::report::Line;

/// Width of a bar with its gap, and height of the highest.
const STEP: usize = 12;
const HEIGHT: usize = 60;

/// The picture, the oldest on the left.
#[derive(Template)]
#[template(path = "chart.html", config = "src/http/page/askama.toml")]
pub(super) struct Chart {
    /// For who does not see it.
    title: String,
    /// What its shapes mean.
    pub(super) legend: &'static str,
    bars: Vec<Bar>,
    width: usize,
    /// Whether nothing was changed at all, so that there is nothing to draw but how it came out.
    is_flat: bool,
}

struct Bar {
    x: usize,
    y: usize,
    height: usize,
    /// The verdict of a run, or how the passes of a day came out; `none` where there was none.
    mark: String,
    title: String,
}

/// What one bar tells.
struct Point {
    changes: usize,
    mark: String,
    title: String,
}

impl Chart {
    /// A bar for each day, the earliest first.
    pub(super) fn of_days(days: &[Day]) -> Self {
        let passes: usize = days.iter().map(|day| day.passes).sum();
        let converged: usize = days.iter().map(|day| day.converged).sum();
        let points: Vec<Point> = days.iter().map(Point::of_day).collect();
        let rest = format!(
            "{} of {} passes converged; {}",
            pieces::grouped(converged),
            pieces::grouped(passes),
            all_changes(&points, "day")
        );
        Self {
            title: format!("The last {} days, today on the right: {rest}", days.len()),
            legend: "Bars: changes of each day. Below: ● every pass converged, ▲ some did not, ✗ some failed.",
            ..Self::of(points)
        }
    }

    /// A bar for each run, the latest first.
    pub(super) fn of_runs(runs: &[&Line]) -> Self {
        let converged = runs.iter().filter(|run| run.verdict.as_deref() == Some("converged")).count();
        let points: Vec<Point> = runs.iter().rev().map(|run| Point::of_run(run)).collect();
        let rest = format!("{converged} converged; {}", all_changes(&points, "run"));
        Self {
            title: format!("The latest {} runs, the oldest on the left: {rest}", runs.len()),
            legend: "Bars: changes of each run. Below: ● converged, ‖ held, ▲ incomplete, ○ pending, ✗ failed.",
            ..Self::of(points)
        }
    }

    fn of(points: Vec<Point>) -> Self {
        let most = most(&points);
        let width = points.len().max(1) * STEP;
        let bar = |(position, Point { changes, mark, title }): (usize, Point)| {
            let height = height(changes, most);
            Bar { x: position * STEP, y: HEIGHT - height, height, mark, title }
        };
        let bars = points.into_iter().enumerate().map(bar).collect();
        Self { title: String::new(), legend: "", bars, width, is_flat: most == 0 }
    }
}

impl Point {
    fn of_day(day: &Day) -> Self {
        let mark = match day {
            Day { passes: 0, .. } => "none",
            Day { failed: 1.., .. } => "failed",
            Day { passes, converged, .. } if passes == converged => "converged",
            _ => "incomplete",
        };
        let changes = pieces::grouped(day.changes);
        Self {
            changes: day.changes,
            mark: mark.to_owned(),
            title: format!("{}: {} of {} passes converged, changes: {changes}", day.date, day.converged, day.passes),
        }
    }

    fn of_run(run: &Line) -> Self {
        let changes = run.changes.unwrap_or_default();
        let mark = run.verdict.as_deref().unwrap_or_default().to_owned();
        let at = Moment::read(run.started_at.as_deref()).map(|at| at.to_string()).unwrap_or_default();
        Self { changes, title: format!("{at}: {mark}, changes: {}", pieces::grouped(changes)), mark }
    }
}

fn most(points: &[Point]) -> usize {
    points.iter().map(|point| point.changes).max().unwrap_or_default()
}

fn all_changes(points: &[Point], one: &str) -> String {
    let all: usize = points.iter().map(|point| point.changes).sum();
    format!("{} changes, at most {} in one {one}.", pieces::grouped(all), pieces::grouped(most(points)))
}

/// By the square root, so that a single change can be seen beside a thousand.
fn height(changes: usize, most: usize) -> usize {
    if changes == 0 {
        return 0;
    }
    ((HEIGHT * HEIGHT * changes / most).isqrt()).max(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_changes_fill_the_height_and_a_single_one_can_be_seen() {
        assert_eq!([height(0, 900), height(1, 900), height(900, 900)], [0, 3, HEIGHT]);
        assert_eq!(height(0, 0), 0);
    }

    #[test]
    fn a_day_is_as_its_worst_pass() {
        let mark = |passes, converged, failed| Point::of_day(&Day { passes, converged, failed, ..Day::default() }).mark;
        let marks = [mark(0, 0, 0), mark(3, 3, 0), mark(3, 2, 0), mark(3, 2, 1)];
        assert_eq!(marks, ["none", "converged", "incomplete", "failed"]);
    }
}
