//! CSV files that people open with spreadsheet programs.

use std::borrow::Cow;

use crate::cell::defused;

/// A CSV file that is being written.
#[derive(Debug)]
pub struct Sheet(csv::Writer<Vec<u8>>);

impl Sheet {
    /// Begins with the names of the columns.
    ///
    /// # Errors
    /// Where the row cannot be written.
    pub fn new(columns: &[&str]) -> Result<Self, csv::Error> {
        let mut rows = csv::Writer::from_writer(Vec::new());
        rows.write_record(columns)?;
        Ok(Self(rows))
    }

    /// Adds a row, whose cells are text to any program.
    ///
    /// # Errors
    /// Where the row cannot be written, or has another number of cells than the first.
    pub fn row<const N: usize>(&mut self, cells: [&str; N]) -> Result<(), csv::Error> {
        self.0.write_record(cells.map(|text| cell(text).into_owned()))
    }

    /// The whole file.
    ///
    /// # Errors
    /// Where the last row cannot be written.
    pub fn text(self) -> Result<String, csv::Error> {
        let bytes = self.0.into_inner().map_err(csv::IntoInnerError::into_error)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The text as a cell that is text in any program. A phone number in E.164 form begins with `+` and can be nothing but a
/// number, so it stays as it is.
#[must_use]
pub fn cell(text: &str) -> Cow<'_, str> {
    if is_phone_number(text) { Cow::Borrowed(text) } else { defused(text) }
}

/// Whether this is a number as E.164 has it: `+` and up to 15 digits.
fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (1..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_everything_else_stays() {
        for formula in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t1", "＝1", "+", "+1-1"] {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        for text in ["", "ana@example.com", "a=b", "o'brien", "<b>", "+447700900123", "🙂"] {
            assert_eq!(cell(text), text);
        }
        assert_eq!(cell("+0447700900123"), "'+0447700900123");
        assert_eq!(cell("+1234567890123456"), "'+1234567890123456");
    }
}
