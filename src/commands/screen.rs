//! The terminal: the only place that writes to stdout and stderr.

use std::io::{self, IsTerminal, Write};

use super::Stop;
use crate::report::table::Look;

/// Writes to stdout. A reader that has gone away, such as `head`, is no error.
pub(super) fn out(text: &str) -> Result<(), Stop> {
    match write(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(unwritten(error)),
        _ => Ok(()),
    }
}

/// The same for what is of use as a whole only: a reader that has gone away has not got it.
pub(super) fn hand_over(text: &str) -> Result<(), Stop> {
    write(text).map_err(unwritten)
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn unwritten(source: io::Error) -> Stop {
    Stop::Io { doing: "failed to write to stdout".to_owned(), source }
}

/// Writes to stderr. Where that fails there is nobody left to tell.
pub(super) fn err(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// How stdout wants its tables.
pub(super) fn look() -> Look {
    let terminal = io::stdout().is_terminal();
    let width = terminal.then(|| comfy_table::Table::new().width()).flatten();
    Look { width, colour: terminal && wants_colour(), findings: true }
}

/// Whether somebody sits at stderr, who sees progress and needs no log.
pub(super) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// `NO_COLOR` with any value but an empty one asks for none.
fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
