//! Text in the cells of CSV files that people open in a spreadsheet. A spreadsheet takes some texts for formulas, and a
//! formula can call programs and send what stands in other cells away. Names come from directories that others fill.
//!
//! Quoting is not the subject here: it says where a cell ends, and a quoted formula is a formula still.

use std::borrow::Cow;

/// What a formula begins with, and the wide forms that spreadsheets in Chinese and Japanese take for the same. Tab and
/// line ends are passed over before a spreadsheet looks.
const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet may take this text for a formula.
#[must_use]
pub fn is_formula(text: &str) -> bool {
    text.starts_with(BEGINNINGS)
}

/// The text as a cell that no spreadsheet takes for a formula: with an apostrophe before it where it would be one, else
/// as it is. For text that people read; where a program has to find the very same text again, refuse instead.
#[must_use]
pub fn defused(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_gets_an_apostrophe() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A1"] {
            assert!(is_formula(text), "{text:?}");
            assert_eq!(defused(text), format!("'{text}"));
            assert!(!is_formula(&defused(text)));
        }
    }

    #[test]
    fn every_other_text_stays_as_it_is() {
        for text in ["", "Ana", "a=b", "O'Neil", "'quoted", "a@x.com", "محمد", "🎧", "1-2"] {
            assert!(matches!(defused(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }
}
