//! `[[accept]]`: findings that are known.

use jiff::civil::Date;

use super::policy::GLOB;
use super::section::Section;
use crate::config::{file, suggest};
use crate::model::settings::{Accept, LoginGlob};
use crate::plan::finding::CODES;

/// Checks every accepted finding.
pub(super) fn accepts(top: &mut Section<'_, '_>, written: &[file::Accept]) -> Vec<Accept> {
    written.iter().enumerate().map(|(index, accept)| self::accept(&mut top.item("accept", index), accept)).collect()
}

fn accept(section: &mut Section<'_, '_>, written: &file::Accept) -> Accept {
    let code = section.text("code", written.code.as_deref()).unwrap_or_default();
    let codes: Vec<&str> = CODES.iter().map(|code| code.as_str()).collect();
    if !code.is_empty() && !codes.contains(&code.as_str()) {
        section.wrong_with("code", format_args!("is no finding: `{code}`"), suggest::hint(&code, &codes));
    }
    let login = section.text("login", written.login.as_deref()).and_then(|text| {
        let glob = LoginGlob::parse(&text);
        glob.map_err(|error| section.wrong_with("login", format_args!("is no glob: {}", error.kind()), GLOB)).ok()
    });
    Accept {
        code,
        login,
        until: until(section, written.until.as_deref()),
        why: section.text("why", written.why.as_deref()),
    }
}

/// A day, as `2027-03-31`.
fn until(section: &mut Section<'_, '_>, written: Option<&str>) -> Option<Date> {
    let text = written?;
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    if date.is_none() {
        section.wrong_with(
            "until",
            format_args!("is no date: `{text}`"),
            "year, month and day, for example `2027-03-31`",
        );
    }
    date
}
