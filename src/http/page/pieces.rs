//! What several fragments are made of: moments, sentences with names in them, numbers, and pages.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// A time, for the script to show in the reader's own zone.
#[derive(Debug)]
pub(super) struct Moment(Timestamp);

impl Moment {
    pub(super) fn of(at: Timestamp) -> Self {
        Self(at)
    }

    /// A time that a report tells as text.
    pub(super) fn read(text: Option<&str>) -> Option<Self> {
        text?.parse().ok().map(Self)
    }

    /// As machines read it.
    pub(super) fn machine(&self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.strftime("%Y-%m-%d %H:%M UTC").fmt(f)
    }
}

/// A piece of a sentence.
pub(super) struct Part<'a> {
    /// Whether it is what stood between backticks: a login, a name, something to type.
    pub(super) is_name: bool,
    pub(super) text: &'a str,
}

/// The pieces of a sentence.
pub(super) fn parts(sentence: &str) -> impl Iterator<Item = Part<'_>> {
    sentence.split('`').enumerate().map(|(position, text)| Part { is_name: position % 2 == 1, text })
}

/// `12,345`. Templates hand numbers over by reference, and by reference to one.
pub(super) fn grouped(number: impl fmt::Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 person`, `1,234 people`.
pub(super) fn people(count: impl fmt::Display) -> String {
    match grouped(count).as_str() {
        "1" => "1 person".to_owned(),
        several => format!("{several} people"),
    }
}

/// `create_user` as people say it.
pub(super) fn words(name: &str) -> String {
    name.replace(['_', '-'], " ")
}

/// A sign that stands beside the word of a verdict, so that neither colour nor reading is needed.
pub(super) fn sign(verdict: &str) -> &'static str {
    match verdict {
        "converged" | "ready" | "done" | "already_so" => "✓",
        "failed" | "not ready" => "✗",
        "held" | "withheld" => "‖",
        "incomplete" | "skipped" => "!",
        _ => "·",
    }
}

/// Whether a choice of a form is the one that was asked for.
pub(super) fn is_chosen(asked: Option<&str>, choice: &str) -> bool {
    asked == Some(choice)
}

/// Which page of a long list is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pages {
    /// The number of this page, from 1.
    pub(super) page: usize,
    /// The number of the last page, 1 at least.
    pub(super) last: usize,
    /// How many lines there are in all.
    pub(super) all: usize,
}

/// Lines on a page.
pub(super) const LINES: usize = 50;

impl Pages {
    /// The page that was asked for, or the last one where there are no longer so many.
    pub(super) fn of(asked: Option<usize>, all: usize) -> Self {
        let last = all.div_ceil(LINES).max(1);
        Self { page: asked.unwrap_or(1).clamp(1, last), last, all }
    }

    /// How many lines come before it.
    pub(super) fn skip(&self) -> usize {
        (self.page - 1) * LINES
    }

    /// The numbers of its first and last line.
    pub(super) fn lines(&self) -> (usize, usize) {
        (self.all.min(self.skip() + 1), self.all.min(self.skip() + LINES))
    }
}

/// A field of a form: what is left empty was not asked.
pub(super) fn field<'de, D: Deserializer<'de>, T: std::str::FromStr>(from: D) -> Result<Option<T>, D::Error>
where
    T::Err: fmt::Display,
{
    let text = String::deserialize(from)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(serde::de::Error::custom) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_begin_at_one_and_end_with_the_lines() {
        let lines = |asked, all| Pages::of(asked, all).lines();
        assert_eq!(lines(None, 0), (0, 0));
        assert_eq!(lines(None, 50), (1, 50));
        assert_eq!(lines(Some(2), 51), (51, 51));
        assert_eq!(lines(Some(9), 51), (51, 51), "there were more pages before");
        assert_eq!(lines(Some(0), 51), (1, 50));
    }

    #[test]
    fn numbers_are_grouped() {
        let shown = [7, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(shown, ["7", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn what_stands_between_backticks_is_a_name() {
        let shown: Vec<(bool, &str)> = parts("give `a@x` up").map(|part| (part.is_name, part.text)).collect();
        assert_eq!(shown, [(false, "give "), (true, "a@x"), (false, " up")]);
    }
}
