//! Past runs on the command line, in a line for each pass.

use serde::Serialize;

use super::PassLine;
use super::story::{plain, seconds, told};
use crate::cell::Table;
use crate::report::table::{Look, table, trimmed};
use crate::report::{Line, things};

/// Letters in a line from which on all of a pass fits into one.
const WIDE: u16 = 110;
/// The version of this form.
const SCHEMA: u32 = 1;
const COLUMNS: [&str; 14] = [
    "run",
    "started_at",
    "finished_at",
    "cause",
    "mode",
    "person",
    "target",
    "verdict",
    "members",
    "blocked",
    "done",
    "failed",
    "withheld",
    "unable",
];

/// Past runs, the latest first.
#[derive(Debug, Serialize)]
pub struct Listing {
    schema: u32,
    runs: Vec<Listed>,
    /// Whether there are earlier ones.
    is_cut: bool,
}

/// A run, with its passes.
#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    line: Line,
    passes: Vec<PassLine>,
}

impl Listing {
    /// These runs, each with its passes; where there are earlier ones, that is said.
    #[must_use]
    pub fn new(runs: Vec<(Line, Vec<PassLine>)>, is_cut: bool) -> Self {
        let runs = runs.into_iter().map(|(line, passes)| Listed { line, passes }).collect();
        Self { schema: SCHEMA, runs, is_cut }
    }

    /// For people.
    #[must_use]
    pub fn table(&self, look: Look) -> String {
        if self.runs.is_empty() {
            return "nothing is recorded of that\n".to_owned();
        }
        let is_narrow = look.width.is_some_and(|width| width < WIDE);
        let (mut text, mut table) = (String::new(), table(look));
        for (line, pass) in self.passes() {
            let person = line.person.as_ref().map(|person| format!(" for {}", plain(person))).unwrap_or_default();
            let dry = if line.mode == "plan" { ", dry run" } else { "" };
            let begun = seconds(line.started_at.as_deref().unwrap_or_default());
            let cause = format!("{}{dry}{person}", line.cause);
            if is_narrow {
                let parts = [pass.name.clone(), verdict(pass), outcome(pass)];
                told(&mut text, look, [&begun, &line.run, &cause, "", ""], &parts.join("  "));
            } else {
                table.add_row([begun, line.run.clone(), cause, plain(&pass.name), verdict(pass), outcome(pass)]);
            }
        }
        if !is_narrow {
            text = format!("{}\n", trimmed(&table));
        }
        let more = if self.is_cut { "\nthere are earlier ones: `--limit` says how many are shown\n" } else { "" };
        text + more
    }

    /// For spreadsheets.
    ///
    /// # Errors
    /// Where a row cannot be written.
    pub fn csv(&self) -> Result<String, csv::Error> {
        let mut table = Table::new(&COLUMNS)?;
        for (line, pass) in self.passes() {
            let number = |number: Option<usize>| number.map(|number| number.to_string()).unwrap_or_default();
            table.row([
                &line.run,
                line.started_at.as_deref().unwrap_or_default(),
                line.finished_at.as_deref().unwrap_or_default(),
                &line.cause,
                &line.mode,
                line.person.as_deref().unwrap_or_default(),
                &pass.name,
                pass.verdict.as_deref().unwrap_or_default(),
                &number(pass.members),
                &number(pass.blocked),
                &done(pass),
                &pass.failed.to_string(),
                &pass.withheld.to_string(),
                &number(pass.unable),
            ])?;
        }
        table.text()
    }

    fn passes(&self) -> impl Iterator<Item = (&Line, &PassLine)> {
        self.runs.iter().flat_map(|run| run.passes.iter().map(|pass| (&run.line, pass)))
    }
}

fn verdict(pass: &PassLine) -> String {
    pass.verdict.clone().unwrap_or_else(|| "not over, or cut off".to_owned())
}

/// What a pass came to, in few words.
fn outcome(pass: &PassLine) -> String {
    let mut parts = Vec::new();
    // A file of the first form tells only how it was before the pass.
    if let (Some(members), Some(unable)) = (pass.members, pass.unable.or(pass.blocked)) {
        parts.push(format!("{}, of whom {unable} cannot sign in", things(members, "member")));
    }
    parts.extend(Some(done(pass)).filter(|done| !done.is_empty()));
    parts.extend((pass.failed > 0).then(|| format!("{} failed or skipped", pass.failed)));
    parts.extend((pass.withheld > 0).then(|| format!("{} withheld", pass.withheld)));
    parts.join("; ")
}

fn done(pass: &PassLine) -> String {
    let kinds = pass.done.iter().map(|(kind, count)| format!("{kind} {count}"));
    kinds.collect::<Vec<_>>().join(", ")
}
