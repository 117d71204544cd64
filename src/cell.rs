//! CSV files that people open in a spreadsheet, and text in their cells. A spreadsheet takes some texts for formulas, and a
//! formula can call programs and send what stands in other cells away. Names come from directories that others fill.
//!
//! Quoting is no help: it says where a cell ends, and a quoted formula is a formula still. Nor can it be relied on: where
//! the decimal sign is a comma, spreadsheets split at semicolons, and many split at tabs. What follows one of them begins
//! a cell there.

use std::borrow::Cow;
use std::io;

use csv::{Terminator, Writer, WriterBuilder};

use crate::model::connect::is_telephone_number;

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

/// A CSV file that is being written, of `N` columns, in which nothing is a formula. As RFC 4180 has it: lines end with CRLF,
/// and cells are quoted where they have to be. In UTF-8 without a byte order mark, which programs that are no spreadsheets
/// would take for a part of the first column's name.
#[derive(Debug)]
pub struct Table<const N: usize>(Writer<Vec<u8>>);

impl<const N: usize> Table<N> {
    /// Begins with the names of the columns.
    ///
    /// # Errors
    /// Where the line cannot be written.
    pub fn new(columns: &[&str; N]) -> Result<Self, csv::Error> {
        let mut lines = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        lines.write_record(columns)?;
        Ok(Self(lines))
    }

    /// Adds a row. Its cells are defused; a telephone number, which begins with `+` and can be nothing but a number, stays
    /// as it is. Not so in the first column: where a line begins, a program that splits elsewhere reads on into the next.
    ///
    /// # Errors
    /// Where the line cannot be written.
    pub fn row(&mut self, cells: [&str; N]) -> Result<(), csv::Error> {
        for (position, text) in cells.into_iter().enumerate() {
            let stays = position > 0 && is_telephone_number(text);
            self.0.write_field(if stays { Cow::Borrowed(text) } else { defused(text) }.as_bytes())?;
        }
        self.0.write_record(None::<&[u8]>)
    }

    /// The whole file.
    ///
    /// # Errors
    /// Where the last line cannot be written.
    pub fn text(self) -> Result<String, csv::Error> {
        let bytes = self.0.into_inner().map_err(csv::IntoInnerError::into_error)?;
        String::from_utf8(bytes).map_err(|error| io::Error::other(error).into())
    }
}

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
    use csv::ReaderBuilder;
    use proptest::prelude::*;

    use super::*;

    fn written<const N: usize>(rows: &[[&str; N]]) -> String {
        let mut table = Table::new(&["column"; N]).unwrap();
        for row in rows {
            table.row(*row).unwrap();
        }
        table.text().unwrap()
    }

    /// The cells below the header, as a program reads them that splits there.
    fn read(text: &str, delimiter: u8) -> Vec<String> {
        let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        let rows = reader.records().map(Result::unwrap);
        rows.flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn a_table_is_written_as_rfc_4180_has_it() {
        let rows = [["a, b", "\"Ann\"", "two\nlines"], ["é", "", "c"]];
        let lines = "column,column,column\r\n\"a, b\",\"\"\"Ann\"\"\",\"two\nlines\"\r\né,,c\r\n";
        assert_eq!(written(&rows), lines);
    }

    #[test]
    fn formulas_become_text_and_everything_else_stays() {
        for formula in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t1", "＝1", "+", "+1", "+1-1"] {
            assert_eq!(read(&written(&[["", formula]]), b','), ["", &format!("'{formula}")]);
        }
        for text in ["", "ana@example.com", "a=b", "o'brien", "<b>", "+447700900123", "🙂"] {
            assert_eq!(read(&written(&[["", text]]), b','), ["", text]);
        }
        for text in ["+0447700900123", "+1234567890123456"] {
            assert_eq!(read(&written(&[["", text]]), b','), ["", &format!("'{text}")]);
        }
        assert_eq!(read(&written(&[["+447700900123", ""]]), b','), ["'+447700900123", ""]);
    }

    /// What makes formulas, cells and lines, and what some programs drop before they look.
    const DROPPED: [char; 10] = ['"', ' ', '\t', '\r', '\n', '\0', '\u{a0}', '\u{feff}', '\u{200b}', '\u{2066}'];
    const OTHERS: [char; 12] = ['=', '+', '-', '@', '＝', ';', ',', '|', '\'', 'a', 'é', '1'];

    fn nasty() -> impl Strategy<Value = String> {
        let letter = prop::sample::select([&DROPPED[..], &OTHERS].concat());
        let text = prop::collection::vec(letter, 0..9).prop_map(String::from_iter);
        prop_oneof![9 => text, 1 => Just("+447700900123".to_owned())]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_cell_is_a_formula_wherever_the_file_is_split(rows in prop::collection::vec(prop::array::uniform3(nasty()), 1..4)) {
            let rows: Vec<[&str; 3]> = rows.iter().map(|row| row.each_ref().map(String::as_str)).collect();
            let text = written(&rows);
            for delimiter in [b',', b';', b'\t'] {
                for cell in read(&text, delimiter) {
                    let is_formula = cell.trim_start_matches(DROPPED).starts_with(SIGNS);
                    let is_number = delimiter == b',' && is_telephone_number(&cell);
                    prop_assert!(!is_formula || is_number, "{cell:?} of {text:?}");
                }
            }
            // Nor is anything lost, but for the apostrophes that came to it.
            let bare = |text: &str| text.replace('\'', "");
            let meant: Vec<String> = rows.iter().flatten().map(|cell| bare(cell)).collect();
            prop_assert_eq!(read(&text, b',').iter().map(|cell| bare(cell)).collect::<Vec<_>>(), meant);
        }
    }

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
