//! The report as people read it on a terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};

use super::{RunReport, TargetReport, Trouble, Verdict, spoken, things};
use crate::apply::Outcome;
use crate::model::settings::Mode;
use crate::plan::finding::{Code, Finding, Severity};
use crate::plan::{Action, ActionKind, Change, Counts, Withheld};

/// How the table is to look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Letters in a line; `None` wraps nothing.
    pub width: Option<u16>,
    /// Whether words are coloured. Colour never carries meaning alone.
    pub colour: bool,
    /// Whether findings are shown, or only counted.
    pub findings: bool,
}

/// The whole report.
#[must_use]
pub fn run(report: &RunReport, look: Look) -> String {
    let mut text = String::new();
    for (position, target) in report.targets.iter().enumerate() {
        if position > 0 {
            text.push('\n');
        }
        of_target(&mut text, target, report, look);
    }
    for code in &report.unused_approvals {
        let _ = writeln!(
            text,
            "\nthe approval `{code}` fits no target: what is withheld has changed since, or nothing is withheld now"
        );
    }
    let requests: u64 = report.requests.values().sum();
    let elapsed = spoken(report.elapsed.as_secs_f64());
    // Writing to a string cannot fail.
    let _ =
        writeln!(text, "\nrun {}: {}, {requests} requests in {elapsed}", report.run, verdict(report.verdict(), look));
    text
}

fn of_target(text: &mut String, target: &TargetReport, report: &RunReport, look: Look) {
    let name = &target.name;
    let _ = write!(text, "{name}: {}", verdict(target.verdict(), look));
    if target.mode == Mode::Plan {
        text.push_str(" (plan only)");
    }
    text.push('\n');
    if let Some(counts) = target.counts() {
        let _ = writeln!(
            text,
            "  as read: {}, of whom {} cannot sign in; {}, of which {} are owned",
            things(counts.members, "member"),
            counts.blocked,
            things(counts.connect_users, "Connect user"),
            counts.owned
        );
        logins(text, target, counts);
    }
    if let Some(trouble) = target.trouble() {
        let _ = writeln!(text, "  error: {}", trouble.message);
        for cause in &trouble.causes {
            let _ = writeln!(text, "    caused by: {cause}");
        }
        if let Some(hint) = &trouble.hint {
            let _ = writeln!(text, "  hint: {hint}");
        }
    }
    actions(text, target, report, look);
    withheld(text, target, look);
    findings(text, target, look);
}

/// How members and Connect users fit together, in one line: what somebody wants to know on the first day.
fn logins(text: &mut String, target: &TargetReport, counts: &Counts) {
    if counts.connect_users == counts.owned {
        return;
    }
    let of = |code: Code| target.findings().iter().filter(|finding| finding.code() == code).count();
    let parts = [
        (counts.served, "served"),
        (of(Code::LoginCase), "in another case"),
        (of(Code::EmailMismatch), "under another login"),
        (of(Code::NearMiss), if of(Code::NearMiss) == 1 { "near miss" } else { "near misses" }),
        (of(Code::Orphan), "nobody's"),
        (counts.elsewhere, "of another installation"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if !parts.is_empty() {
        let _ = writeln!(text, "  logins: {}", parts.join(", "));
    }
}

fn actions(text: &mut String, target: &TargetReport, report: &RunReport, look: Look) {
    let all = target.actions();
    if all.is_empty() {
        return;
    }
    let is_plan = report.mode == Mode::Plan || target.mode == Mode::Plan;
    let count = things(all.len(), "action");
    let _ = if is_plan {
        writeln!(text, "\n  {count} to do, which takes {} at the service's rate", pace(target.estimate))
    } else {
        writeln!(text, "\n  {count}")
    };
    let mut table = table(look);
    let mut few = Few::default();
    for (action, outcome) in all {
        // What went wrong is always told.
        let is_well = outcome.is_well() || matches!(outcome, Outcome::Planned);
        if !is_well || few.takes(action.kind().as_str()) {
            table.add_row([action.kind().as_str().to_owned(), about(action), details(action), result(outcome)]);
        }
    }
    let _ = writeln!(text, "{}", trimmed(&table));
    few.write_rest(text);
}

/// Who or what an action is about.
fn about(action: &Action) -> String {
    action.login().map(ToString::to_string).or_else(|| action.mapping.clone()).unwrap_or_default()
}

/// What guards hold back, and how to let it through.
fn withheld(text: &mut String, target: &TargetReport, look: Look) {
    let Some(approval) = target.approval() else { return };
    let all = target.withheld();
    let _ = writeln!(
        text,
        "\n  {} withheld; to let exactly this through: --approve {approval}",
        things(all.len(), "action")
    );
    let mut table = table(look);
    let mut few = Few::default();
    for Withheld { action, guard } in all {
        if few.takes(action.kind().as_str()) {
            table.add_row([action.kind().as_str(), &about(action), &details(action), guard.as_str()]);
        }
    }
    let _ = writeln!(text, "{}", trimmed(&table));
    few.write_rest(text);
}

/// So many lines of one sort are shown, so that the rest can be seen beside them.
const SHOWN: usize = 25;

/// Counts lines by their sort, and knows when it is enough.
#[derive(Default)]
struct Few<'a>(BTreeMap<&'a str, usize>);

impl<'a> Few<'a> {
    fn takes(&mut self, sort: &'a str) -> bool {
        let count = self.0.entry(sort).or_default();
        *count += 1;
        *count <= SHOWN
    }

    fn write_rest(&self, text: &mut String) {
        for (sort, count) in self.0.iter().filter(|(_, count)| **count > SHOWN) {
            let _ = writeln!(text, "   … and {} more of `{sort}`; `--output json` has them all", count - SHOWN);
        }
    }
}

/// How long actions take: those that fit into the burst take no time worth telling.
fn pace(seconds: f64) -> String {
    if seconds < 1.0 { "a moment".to_owned() } else { format!("about {}", spoken(seconds)) }
}

/// What an action does, in few words.
#[must_use]
pub fn details(action: &Action) -> String {
    let of = |field: &str| {
        let found = action.changes.iter().find(|change| change.field == field);
        found.and_then(|Change { to, .. }| to.as_deref()).unwrap_or_default()
    };
    let by = action.mapping.as_deref().unwrap_or_default();
    match action.kind() {
        ActionKind::AssignGroup => format!("to {}", of("application")),
        ActionKind::CreateUser => format!("{by}: {}, {}", of("routing_profile"), of("security_profiles")),
        ActionKind::AdoptUser => format!("{by}: our tags"),
        ActionKind::RelinkUser => format!("to {}", of("tag:rollcall:principal")),
        ActionKind::UnmarkAbsent => format!("{by}: back"),
        // A mark that was no use is written anew, and that need not be the first.
        ActionKind::MarkAbsent => match of("tag:rollcall:absent-since") {
            "" => format!("{by}: in quarantine since {}", of("tag:rollcall:quarantined-at")),
            since => format!("{by}: absent since {since}"),
        },
        ActionKind::DeleteUser => format!("{by}: for ever"),
        ActionKind::UpdateUser | ActionKind::RestoreUser | ActionKind::QuarantineUser => {
            let words = |change: &Change| {
                let show = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
                format!("{} {} → {}", change.field.replace('_', " "), show(&change.from), show(&change.to))
            };
            let shown = action.changes.iter().filter(|change| !change.field.starts_with("tag:rollcall:"));
            let shown: Vec<String> = shown.map(words).collect();
            if shown.is_empty() { format!("{by}: our tags") } else { format!("{by}: {}", shown.join("; ")) }
        }
    }
}

fn result(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Planned => String::new(),
        Outcome::Done | Outcome::AlreadySo => outcome.as_str().replace('_', " "),
        Outcome::Failed(failure) => {
            let trouble = Trouble::of_failure(failure);
            let why = trouble.causes.first().cloned().unwrap_or(trouble.message);
            let hint = trouble.hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            format!("failed: {why}{hint}")
        }
        Outcome::Skipped(skip) => {
            let trouble = Trouble::of_skip(skip);
            let cause = trouble.causes.last().map(|cause| format!("\ncaused by: {cause}")).unwrap_or_default();
            let hint = trouble.hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            format!("skipped: {}{cause}{hint}", trouble.message)
        }
    }
}

fn findings(text: &mut String, target: &TargetReport, look: Look) {
    let all = target.findings();
    if all.is_empty() {
        return;
    }
    let mut counts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Info]
        .into_iter()
        .map(|severity| (target.open_findings(severity), severity.as_str()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| if word == "info" { format!("{count} for information") } else { things(count, word) })
        .collect();
    let accepted = all.iter().filter(|finding| finding.accepted).count();
    if accepted > 0 {
        counts.push(format!("{accepted} accepted"));
    }
    let _ = writeln!(text, "\n  {}: {}", things(all.len(), "finding"), counts.join(", "));
    if !look.findings {
        return;
    }
    let mut table = table(look);
    let mut few = Few::default();
    for finding in all.iter().filter(|finding| few.takes(finding.code().as_str())) {
        let message = format!("{}\nfix: {}", finding.message(), finding.fix());
        table.add_row([severity(finding, look), Cell::new(finding.code()), Cell::new(message)]);
    }
    let _ = writeln!(text, "{}", trimmed(&table));
    few.write_rest(text);
}

fn severity(finding: &Finding, look: Look) -> Cell {
    let severity = finding.code().severity();
    let (word, colour) = match severity {
        _ if finding.accepted => ("accepted", Color::Reset),
        Severity::Error => (severity.as_str(), Color::Red),
        Severity::Warning => (severity.as_str(), Color::Yellow),
        Severity::Info => (severity.as_str(), Color::Cyan),
    };
    if look.colour { Cell::new(word).fg(colour) } else { Cell::new(word) }
}

pub(crate) fn verdict(verdict: Verdict, look: Look) -> String {
    let colour = match verdict {
        Verdict::Failed => "31;1",
        Verdict::Incomplete => "31",
        Verdict::Held | Verdict::Pending => "33",
        Verdict::Converged => "32",
    };
    let word = verdict.as_str();
    if look.colour { format!("\u{1b}[{colour}m{word}\u{1b}[0m") } else { word.to_owned() }
}

/// A table without lines, which fits the width.
pub(crate) fn table(look: Look) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if look.colour {
        table.enforce_styling();
    }
    if let Some(width) = look.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.saturating_sub(3).max(40));
    }
    table
}

/// The table's lines, indented, without the blanks that end them.
pub(crate) fn trimmed(table: &Table) -> String {
    let lines: Vec<String> = table.lines().map(|line| format!("   {}", line.trim_end())).collect();
    lines.join("\n")
}
