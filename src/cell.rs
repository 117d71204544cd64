//! Text in the cells of CSV files that people open in a spreadsheet. A spreadsheet takes some texts for formulas, and a
//! formula can call programs and send what stands in other cells away. Names come from directories that others fill.
//!
//! Quoting is not the subject here: it says where a cell ends, and a quoted formula is a formula still. Nor can it be
//! relied on: where the decimal sign is a comma, spreadsheets split at semicolons, and many split at tabs. What follows
//! one of them begins a cell there.

use std::borrow::Cow;

/// What a formula begins with, and the wide forms that spreadsheets in Chinese and Japanese take for the same.
const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// What ends a cell in a program that splits at semicolons or tabs. Such a program takes for quotes only what stands at the
/// beginning of its own cells, so that lines end for it inside of ours as well.
///
/// The promise is: no cell is a formula in a program that knows the quotes of RFC 4180, be it at commas, semicolons or tabs
/// that it splits. A program that does not know them splits at any comma in a name, and is promised nothing.
const ENDS: [char; 4] = [';', '\t', '\r', '\n'];
/// What some spreadsheets count as a formula's beginning, whatever follows, since they pass over it before they look.
const BLANKS: [char; 3] = ['\t', '\r', '\n'];

/// Whether a spreadsheet may take this text, or a part of it, for a formula.
#[must_use]
pub fn is_formula(text: &str) -> bool {
    text.starts_with(BLANKS) || parts(text).any(has_sign)
}

/// The text as a cell that no spreadsheet takes for a formula: with an apostrophe before each part that would be one, else
/// as it is. For text that people read; where a program has to find the very same text again, refuse instead.
#[must_use]
pub fn defused(text: &str) -> Cow<'_, str> {
    if !is_formula(text) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 2);
    if text.starts_with(BLANKS) {
        safe.push('\'');
    }
    for part in parts(text) {
        if has_sign(part) {
            safe.push('\'');
        }
        safe.push_str(part);
    }
    Cow::Owned(safe)
}

/// What may come to stand in a cell of its own.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(ENDS)
}

fn has_sign(part: &str) -> bool {
    part.trim_start_matches(is_dropped).starts_with(SIGNS)
}

/// Whether a program may drop the letter at the beginning of a cell: a quote mark is read as a quote there and not as text,
/// and blanks, control codes and what has no shape (a byte order mark, spaces of no width) are cleaned away by some. An
/// apostrophe is not among them: what begins with one is text, which is why [`defused`] sets it.
fn is_dropped(letter: char) -> bool {
    let has_no_shape = || letter.escape_debug().eq(letter.escape_unicode());
    letter == '"' || letter.is_whitespace() || letter.is_control() || has_no_shape()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_gets_an_apostrophe() {
        let signs = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠A1", "\t1", "\r1", "\n1"];
        let dropped = [
            " =1",
            "\u{a0}=1",
            "\u{3000}=1",
            "\"=1",
            "\" \"\"=1",
            "\u{feff}=1",
            "\u{200b}\u{200d}=1",
            "\u{ad}=1",
            "\u{2066}=1",
            "\0=1",
            "\u{1b}=1",
            "\u{85}=1",
        ];
        for text in signs.into_iter().chain(dropped) {
            assert!(is_formula(text), "{text:?}");
            assert_eq!(defused(text), format!("'{text}"));
            assert!(!is_formula(&defused(text)));
        }
    }

    #[test]
    fn so_does_what_would_begin_a_cell_elsewhere() {
        for (text, safe) in [
            ("Ana;=1", "Ana;'=1"),
            ("Ana; -1;x;+2", "Ana;' -1;x;'+2"),
            ("Ana\t@A1", "Ana\t'@A1"),
            ("Ana\r\n=1", "Ana\r\n'=1"),
            ("=1;=2", "'=1;'=2"),
            ("\t=1", "'\t'=1"),
            ("Ana;\"=1+1;x", "Ana;'\"=1+1;x"),
            ("Ana\n\"=2+2;x", "Ana\n'\"=2+2;x"),
            ("Ana\t\"@SUM(A1)\tx", "Ana\t'\"@SUM(A1)\tx"),
            ("x;\"=3+3;y", "x;'\"=3+3;y"),
            ("x;\" \u{feff}\"-1", "x;'\" \u{feff}\"-1"),
        ] {
            assert!(is_formula(text), "{text:?}");
            assert_eq!(defused(text), safe);
            assert!(!is_formula(safe), "{safe:?}");
        }
    }

    #[test]
    fn every_other_text_stays_as_it_is() {
        let lines = ["two\nlines", "two\r\nlines", "a;b", "a; b", "a\tb", "ends;", "a,=b", "a|-b"];
        let words = ["", "Ana", "a=b", "O'Neil", "'quoted", "'=1", "\"Ana\" =", "a@x.com", "محمد", "🎧", "1-2", "\\=1"];
        for text in words.into_iter().chain(lines) {
            assert!(matches!(defused(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }
}
