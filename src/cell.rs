//! Text in the cells of CSV files that people open in a spreadsheet. A spreadsheet takes some texts for formulas, and a
//! formula can call programs and send what stands in other cells away. Names come from directories that others fill.
//!
//! Quoting is not the subject here: it says where a cell ends, and a quoted formula is a formula still. Nor can it be
//! relied on: where the decimal sign is a comma, spreadsheets split at semicolons, and many split at tabs. What follows
//! one of them begins a cell there.

use std::borrow::Cow;

/// What a formula begins with, and the wide forms that spreadsheets in Chinese and Japanese take for the same.
const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// What ends a cell in a program that splits elsewhere than at commas, or that does not know quotes.
const ENDS: [char; 4] = [';', '\t', '\r', '\n'];
/// What a spreadsheet passes over before it looks, so that some of them count whatever begins so as a formula.
const PASSED_OVER: [char; 3] = ['\t', '\r', '\n'];

/// Whether a spreadsheet may take this text, or a part of it, for a formula.
#[must_use]
pub fn is_formula(text: &str) -> bool {
    text.starts_with(PASSED_OVER) || parts(text).any(has_sign)
}

/// The text as a cell that no spreadsheet takes for a formula: with an apostrophe before each part that would be one, else
/// as it is. For text that people read; where a program has to find the very same text again, refuse instead.
#[must_use]
pub fn defused(text: &str) -> Cow<'_, str> {
    if !is_formula(text) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 2);
    if text.starts_with(PASSED_OVER) {
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
    part.trim_start().starts_with(SIGNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_gets_an_apostrophe() {
        for text in
            ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\u{a0}=1", "＝1", "＋1", "－1", "＠A1", "\t1", "\r1", "\n1"]
        {
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
        ] {
            assert!(is_formula(text), "{text:?}");
            assert_eq!(defused(text), safe);
            assert!(!is_formula(safe), "{safe:?}");
        }
    }

    #[test]
    fn every_other_text_stays_as_it_is() {
        let lines = ["two\nlines", "two\r\nlines", "a;b", "a; b", "a\tb", "ends;", "a,=b", "a|-b"];
        for text in ["", "Ana", "a=b", "O'Neil", "'quoted", "a@x.com", "محمد", "🎧", "1-2"].into_iter().chain(lines)
        {
            assert!(matches!(defused(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }
}
