//! Runs over time as a picture: how much each changed, and how it came out. Shapes tell the verdicts as well as colours do.

use askama::Template;

use super::pieces;

/// Width of a run, and of the picture in which they stand.
const STEP: usize = 12;
const HEIGHT: usize = 60;

/// One run of the picture.
pub(super) struct Point {
    pub(super) changes: usize,
    pub(super) verdict: &'static str,
}

/// The picture, the oldest run first.
#[derive(Template)]
#[template(path = "chart.html", config = "src/http/page/askama.toml")]
pub(super) struct Chart {
    bars: Vec<Bar>,
    width: usize,
    most: usize,
    converged: usize,
    changes: usize,
}

struct Bar {
    x: usize,
    y: usize,
    height: usize,
    verdict: &'static str,
}

impl Chart {
    pub(super) fn of(points: &[Point]) -> Self {
        let most = points.iter().map(|point| point.changes).max().unwrap_or_default();
        let bar = |(position, point): (usize, &Point)| {
            let height = height(point.changes, most);
            Bar { x: position * STEP, y: HEIGHT - height, height, verdict: point.verdict }
        };
        Self {
            bars: points.iter().enumerate().map(bar).collect(),
            width: points.len().max(1) * STEP,
            most,
            converged: points.iter().filter(|point| point.verdict == "converged").count(),
            changes: points.iter().map(|point| point.changes).sum(),
        }
    }
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
}
