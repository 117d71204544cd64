//! `history`: reads the record of past runs, whether a daemon writes to it or not.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use serde::Serialize;

use super::{ExitStatus, Stop, screen};
use crate::cli::{HistoryArgs, HistoryOutput};
use crate::config::{Config, duration};
use crate::history::{Listing, Store, Story, Wanted, Whose};

/// Runs that are shown where nobody says how many, and where it can be said that there are more.
const RUNS: usize = 50;

pub(super) fn run(file: &Path, args: &HistoryArgs) -> Result<ExitStatus, Stop> {
    let config = Config::load(file)?;
    let Some(path) = &config.history.path else {
        return Err(Stop::Usage {
            message: "the configuration names no file for the history".to_owned(),
            hint: Some("set `history.path`; what a daemon without it remembers is at `GET /v1/runs`".to_owned()),
        });
    };
    let person = args.person.as_deref().map(somebody).transpose()?;
    let since = args.since.as_deref().map(|text| when(text, Timestamp::now())).transpose()?;
    let broken = |source| Stop::History { path: path.display().to_string(), source };
    let store = Store::open_to_read(path).map_err(broken)?;
    let limit = args.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let target = args.target.clone();
    if let Some(name) = &target {
        known(name, &config, &store.targets().map_err(broken)?)?;
    }
    if let Some(id) = &args.run {
        let run = store.run(&id.to_ascii_uppercase()).map_err(broken)?.ok_or_else(|| Stop::Usage {
            message: format!("there is no run `{id}` in the history"),
            hint: Some("`rollcall history` lists the latest".to_owned()),
        })?;
        let events = store.events(&run).map_err(broken)?;
        return print(args.output, &run, || Story::of_run(run.clone(), events));
    }
    if let Some(person) = person {
        let whose = Whose { person, target, since, limit };
        let record = store.person(&whose).map_err(broken)?;
        return print(args.output, &record, || {
            Story::from(record.clone()).within(whose.target.as_deref(), whose.since)
        });
    }
    // A spreadsheet has no place to say that there are more.
    let limit = limit.unwrap_or(if args.output == HistoryOutput::Csv { usize::MAX } else { RUNS });
    let wanted = Wanted { before: None, since, target, limit: limit.saturating_add(1) };
    let mut lines = store.lines(&wanted).map_err(broken)?;
    let is_cut = lines.len() > limit;
    lines.truncate(limit);
    let with_passes = |line: crate::report::Line| {
        let mut passes = store.passes(&line.run)?;
        passes.retain(|pass| wanted.target.as_ref().is_none_or(|target| pass.name == *target));
        Ok((line, passes))
    };
    let runs = lines.into_iter().map(with_passes).collect::<Result<Vec<_>, _>>().map_err(broken)?;
    let listing = Listing::new(runs, is_cut);
    let text = match args.output {
        HistoryOutput::Table => listing.table(screen::look()),
        HistoryOutput::Json => json(&listing),
        HistoryOutput::Csv => listing.csv().map_err(unwritable)?,
    };
    screen::out(&text)?;
    Ok(ExitStatus::Success)
}

fn print(output: HistoryOutput, whole: &impl Serialize, story: impl FnOnce() -> Story) -> Result<ExitStatus, Stop> {
    let text = match output {
        HistoryOutput::Table => story().table(screen::look()),
        HistoryOutput::Json => json(whole),
        HistoryOutput::Csv => story().csv().map_err(unwritable)?,
    };
    screen::out(&text)?;
    Ok(ExitStatus::Success)
}

/// The form of programs, with a line for each member.
fn json(whole: &impl Serialize) -> String {
    // Strings, numbers and lists of them can always be written.
    serde_json::to_string_pretty(whole).map_or_else(|error| error.to_string(), |text| text + "\n")
}

/// A name that somebody may have.
fn somebody(person: &str) -> Result<String, Stop> {
    let person = person.trim();
    if person.is_empty() {
        return Err(Stop::Usage {
            message: "`--person` is empty".to_owned(),
            hint: Some("a login, an e-mail address or the id of Identity Store, of now or of earlier".to_owned()),
        });
    }
    Ok(person.to_owned())
}

/// A mistaken name would find nothing, which says that nothing was done. A target that is configured no more has a past.
fn known(name: &str, config: &Config, recorded: &[String]) -> Result<(), Stop> {
    let configured = config.targets.iter().map(|target| target.settings.name.as_str());
    let names: BTreeSet<&str> = recorded.iter().map(String::as_str).chain(configured).collect();
    if names.contains(name) {
        return Ok(());
    }
    Err(Stop::Usage {
        message: format!("there is no target `{name}`, neither in the history nor in the configuration"),
        hint: Some(format!("there are: {}", names.into_iter().collect::<Vec<_>>().join(", "))),
    })
}

fn unwritable(error: csv::Error) -> Stop {
    Stop::Io { doing: "failed to write the table".to_owned(), source: error.into() }
}

/// A time as people give it: so long ago, a day (which begins at midnight UTC), or a time.
fn when(text: &str, now: Timestamp) -> Result<Timestamp, Stop> {
    let text = text.trim();
    if let Ok(ago) = duration::parse(text) {
        return Ok(now.saturating_sub(ago).unwrap_or(Timestamp::MIN));
    }
    let day = text.parse::<civil::Date>().ok().filter(|_| text.len() == "2027-03-31".len());
    let begin = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok()).map(|midnight| midnight.timestamp());
    begin.or_else(|| text.parse().ok()).ok_or_else(|| Stop::Usage {
        message: format!("`--since` is `{text}`, which is no time"),
        hint: Some(
            "a duration such as `7d`, a date such as `2027-03-31`, or a time such as `2027-03-31T07:00:00Z`".to_owned(),
        ),
    })
}
