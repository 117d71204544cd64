//! A process whose processor time and memory are measured, as `/proc` has them.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Result;

/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// What a process took.
#[derive(Debug)]
pub(crate) struct Took {
    /// Seconds of processor time, of user and system.
    pub(crate) cpu: f64,
    /// The most that was resident, in MiB.
    pub(crate) memory: f64,
    pub(crate) stdout: String,
}

/// Runs a command to its end.
///
/// # Errors
/// Where it ends with anything but 0.
pub(crate) fn run(mut command: Command) -> Result<Took> {
    // Files take whatever is written to them, so that nobody has to read meanwhile.
    let (output, errors) = (tempfile::NamedTempFile::new()?, tempfile::NamedTempFile::new()?);
    let mut child = command.stdout(Stdio::from(output.reopen()?)).stderr(Stdio::from(errors.reopen()?)).spawn()?;
    let mut memory = 0.0_f64;
    // A process that has ended and was not waited for still tells its time, but no longer its memory.
    let cpu = loop {
        let (state, cpu) = stat(child.id())?;
        if state == 'Z' {
            break cpu;
        }
        memory = memory.max(peak(child.id()).unwrap_or_default());
        std::thread::sleep(LOOK);
    };
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("{command:?}: {status}\n{}", fs::read_to_string(errors.path())?).into());
    }
    Ok(Took { cpu, memory, stdout: fs::read_to_string(output.path())? })
}

/// A process' state, and the seconds of processor time that it has used.
fn stat(process: u32) -> Result<(char, f64)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = stat.rsplit_once(')').ok_or("no name in stat")?.1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let state = fields.first().and_then(|state| state.chars().next()).ok_or("no state in stat")?;
    let ticks = |at: usize| -> Result<f64> { Ok(fields.get(at).ok_or("a short stat")?.parse()?) };
    // The 14th and 15th field of the whole, counted from 1; ticks are of a hundredth of a second.
    Ok((state, (ticks(11)? + ticks(12)?) / 100.0))
}

/// The most memory that a process had resident so far, in MiB.
fn peak(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}
