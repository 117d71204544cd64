//! What was done and noticed, on the command line: of one person, or in one run.

use jiff::Timestamp;
use serde_json::Value;

use super::{Event, Noticed, PersonRecord};
use crate::cell::Table;
use crate::report::json::{Change, Run};
use crate::report::table::{Look, table, trimmed};
use crate::report::{Trouble, things};

const COLUMNS: [&str; 20] = [
    "at",
    "last_at",
    "times",
    "run",
    "cause",
    "asked_for",
    "target",
    "kind",
    "login",
    "principal",
    "mapping",
    "result",
    "before",
    "after",
    "guard",
    "approved_by",
    "approved_at",
    "message",
    "error",
    "user",
];

/// What was done and noticed.
#[derive(Debug, Default)]
pub struct Story {
    /// What stands above it.
    title: String,
    events: Vec<Event>,
    findings: Vec<Noticed>,
}

impl From<PersonRecord> for Story {
    fn from(record: PersonRecord) -> Self {
        let PersonRecord { schema: _, person, principals, logins, events, findings, is_cut, error: _ } = record;
        if events.is_empty() && findings.is_empty() {
            return Self { title: format!("nothing is recorded of `{}`", plain(&person)), ..Self::default() };
        }
        let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { plain(&names.join(", ")) };
        let cut = if is_cut { "\nwhat was earlier is left out, as `--limit` says" } else { "" };
        let title = format!("logins: {}\nids in Identity Store: {}{cut}", list(&logins), list(&principals));
        Self { title, events, findings }
    }
}

impl Story {
    /// A run, with what it did, tried, planned and withheld.
    #[must_use]
    pub fn of_run(run: Run, events: Vec<Event>) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (at, last_at) = (text(&run.started_at), text(&run.finished_at));
        let verdict = match &run.last_heard {
            Some(at) => format!("not over, or cut off: last heard of at {}", seconds(at)).into(),
            None => run.verdict.unwrap_or_default(),
        };
        let person = run.person.as_ref().map(|person| format!(" for {} alone", plain(person))).unwrap_or_default();
        let mut title = format!("run {}: {verdict}, started {} by {}{person}", run.run, seconds(&at), run.cause);
        let mut findings = Vec::new();
        for one in run.targets {
            let error = one.error.as_ref().map(|error| format!(": {}", plain(&error.sentence()))).unwrap_or_default();
            let verdict = one.verdict.unwrap_or_else(|| "not over, or cut off".into());
            title.extend(["\n", &plain(&one.name), ": ", &verdict, &error]);
            findings.extend(one.findings.into_iter().map(|finding| Noticed {
                target: one.name.clone(),
                last_seen: last_at.clone(),
                is_there: false,
                finding,
            }));
        }
        Self { title, events, findings }
    }

    /// Says what was asked for where that is why nothing is told: somebody may have been there before, or elsewhere.
    #[must_use]
    pub fn within(mut self, target: Option<&str>, since: Option<Timestamp>) -> Self {
        if self.events.is_empty() && self.findings.is_empty() {
            self.title.extend(target.map(|target| format!(" in target `{}`", plain(target))));
            self.title.extend(since.map(|since| format!(" since {}", seconds(&since.to_string()))));
        }
        self
    }

    /// For people, from the beginning to the end.
    #[must_use]
    pub fn table(&self, look: Look) -> String {
        let mut text = format!("{}\n", self.title);
        if !self.events.is_empty() {
            text.push('\n');
        }
        for event in &self.events {
            let login = event.login.as_deref().unwrap_or_default();
            let result = event.result.replace('_', " ");
            let head = [&seconds(&event.at), &event.target, &event.kind, &result, login];
            told(&mut text, look, head, &details(event));
        }
        if !self.findings.is_empty() {
            text.extend(["\n", &things(self.findings.len(), "finding"), "\n"]);
        }
        for Noticed { target, last_seen, is_there, finding } in &self.findings {
            let last = if *is_there { "still there".to_owned() } else { format!("last {}", seconds(last_seen)) };
            let head = [&seconds(&finding.since), target, &*finding.code, &last, ""];
            told(&mut text, look, head, &format!("{}\nfix: {}", finding.message, finding.fix));
        }
        text
    }

    /// For spreadsheets: a row for each event, and for each finding.
    ///
    /// # Errors
    /// Where a row cannot be written.
    pub fn csv(&self) -> Result<String, csv::Error> {
        let mut table = Table::new(&COLUMNS)?;
        for event in &self.events {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let approvals = || event.approvals.iter();
            let by = approvals()
                .map(|one| one.by.clone().map_or_else(|| one.peer.clone(), |by| format!("{by} ({})", one.peer)));
            table.row([
                &event.at,
                &event.last_at,
                &event.times.to_string(),
                &event.run,
                &event.cause,
                &text(&event.asked_for),
                &event.target,
                &event.kind,
                &text(&event.login),
                &text(&event.principal),
                &text(&event.mapping),
                &event.result,
                &side(&event.changes, |change| change.from.as_deref()),
                &side(&event.changes, |change| change.to.as_deref()),
                &text(&event.guard),
                &by.collect::<Vec<_>>().join("; "),
                &approvals().map(|one| one.at.as_str()).collect::<Vec<_>>().join("; "),
                "",
                &event.error.as_ref().map(Trouble::sentence).unwrap_or_default(),
                &event.user.as_ref().map(Value::to_string).unwrap_or_default(),
            ])?;
        }
        for Noticed { target, last_seen, is_there: _, finding } in &self.findings {
            let login = finding.login.as_deref().unwrap_or_default();
            let principal = finding.principal.as_deref().unwrap_or_default();
            let mut row = [""; COLUMNS.len()];
            (row[0], row[1], row[6], row[7]) = (&finding.since, last_seen, target, &finding.code);
            (row[8], row[9], row[11], row[17]) = (login, principal, &finding.severity, &finding.message);
            table.row(row)?;
        }
        table.text()
    }
}

/// One thing: a line that can be looked through for times and names, and under it what else there is to say. Side by side
/// they would leave no room for the latter on a terminal of 80 letters.
pub(super) fn told(text: &mut String, look: Look, head: [&str; 5], details: &str) {
    let head = head.iter().filter(|part| !part.is_empty()).map(|part| plain(part)).collect::<Vec<_>>();
    text.extend(["    ", &head.join("  ").replace('\n', " "), "\n"]);
    let mut under = table(Look { width: look.width.map(|width| width.saturating_sub(4)), ..look });
    under.add_row([plain(details)]);
    for line in trimmed(&under).lines() {
        text.extend(["    ", line, "\n"]);
    }
}

/// One side of all changes.
fn side(changes: &[Change], of: impl Fn(&Change) -> Option<&str>) -> String {
    let said = changes.iter().filter_map(|change| of(change).map(|value| format!("{}: {value}", change.field)));
    said.collect::<Vec<_>>().join("; ")
}

/// What an event was about, and why it came: line by line.
fn details(event: &Event) -> String {
    let mut lines = Vec::new();
    lines.push(event.changed());
    lines.extend(event.user.as_ref().map(whom));
    lines.extend(event.error.as_ref().map(|error| format!("because: {}", error.sentence())));
    lines.extend(event.guard.as_ref().map(|guard| format!("held back by {guard}")));
    for approval in &event.approvals {
        let by = approval.by.as_ref().map(|by| format!("by {by} ")).unwrap_or_default();
        lines.push(format!("approved {by}at {}, from {}", seconds(&approval.at), approval.peer));
    }
    if event.times > 1 {
        lines.push(format!("in {}, until {}", format_args!("{} passes", event.times), seconds(&event.last_at)));
    }
    let mapping = event.mapping.as_ref().map(|mapping| format!("mapping {mapping}, ")).unwrap_or_default();
    let asked = event.asked_for.as_ref().map(|person| format!(" for {person} alone")).unwrap_or_default();
    let open = if event.is_open { ", which is not over, or was cut off" } else { "" };
    lines.push(format!("{mapping}run {} by {}{asked}{open}", event.run, event.cause));
    lines.join("\n")
}

/// Who a deleted user was, in few words.
fn whom(user: &Value) -> String {
    let info = &user["IdentityInfo"];
    let said = [&info["FirstName"], &info["LastName"], &info["SecondaryEmail"], &info["Email"], &info["Mobile"]];
    let said: Vec<&str> = said.into_iter().filter_map(Value::as_str).filter(|text| !text.is_empty()).collect();
    format!("it was {}; `--output json` has it whole", said.join(" "))
}

/// A time without what is smaller than a second.
pub(super) fn seconds(time: &str) -> String {
    time.split_once('.').map_or_else(|| time.to_owned(), |(time, _)| format!("{time}Z"))
}

/// Text that stays where it is put: without letters that move the cursor or turn the direction of what follows.
pub(super) fn plain(text: &str) -> String {
    let moves = |letter: char| {
        (letter.is_control() && letter != '\n')
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
    };
    text.chars().map(|letter| if moves(letter) { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}
