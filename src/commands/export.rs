//! `export`: the CSV of Connect's bulk upload, on stdout or in files; what there is to say about it, on stderr.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ExitStatus, Stop, pass, screen};
use crate::aws::Access;
use crate::cli::ExportArgs;
use crate::config::Config;
use crate::export::{self, Losses, MOST_NAMES, MOST_ROWS, Sheet, Who};
use crate::model::id::TargetName;
use crate::model::snapshot::Snapshot;
use crate::pass::{Runner, Setup, Surveyed};
use crate::report::{Trouble, things};

/// Only their owner reads files about people, and lists the folder that was made for them.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

pub(super) async fn run(file: &Path, args: &ExportArgs) -> Result<ExitStatus, Stop> {
    let config = Arc::new(Config::load(file)?);
    pass::start_log(&config);
    let only = args.target.as_deref().map(|name| pass::find_target(&config, name)).transpose()?;
    let names: Vec<&TargetName> = match &only {
        Some(name) => vec![name],
        None => config.targets.iter().map(|target| &target.settings.name).collect(),
    };
    // What can be refused is refused before anything is read.
    match &args.out {
        None if names.len() > 1 => return Err(several(&names)),
        None => {}
        Some(folder) => names.iter().try_for_each(|name| refuse_existing(&path(folder, name, 1)))?,
    }
    let access = Access::from_environment(config.timeouts, &config.identity_center.region).await?;
    let surveyed = Runner::new(Setup::new(Arc::clone(&config), access)).survey(only.as_ref()).await;
    let mut status = ExitStatus::Success;
    for Surveyed { name, result } in surveyed {
        match result.and_then(|snapshot| sheet(&config, &name, snapshot, args)) {
            Ok(sheet) => deliver(&name, &sheet, args)?,
            Err(trouble) => {
                screen::err(&told(&name, &trouble));
                status = ExitStatus::Failure;
            }
        }
    }
    Ok(status)
}

fn sheet(config: &Config, name: &TargetName, snapshot: Snapshot, args: &ExportArgs) -> Result<Sheet, Trouble> {
    let target = config.targets.iter().find(|target| target.settings.name == *name);
    let Some(target) = target else { return Err(Trouble::plain("the configuration has no such target")) };
    let who = if args.all { Who::Everybody } else { Who::Missing };
    export::export(snapshot, &target.settings, who)
        .map_err(|finding| Trouble { hint: Some(finding.fix()), ..Trouble::plain(finding.message()) })
}

/// Gives the rows out, and says what there is to say.
fn deliver(name: &TargetName, sheet: &Sheet, args: &ExportArgs) -> Result<(), Stop> {
    let rows = things(sheet.rows.len(), "row");
    let written = match &args.out {
        None if sheet.rows.len() > MOST_ROWS => {
            return Err(Stop::Usage {
                message: format!("`{name}` has {rows}, and Connect takes {MOST_ROWS} in a file"),
                hint: Some("`--out DIR` writes as many files as are needed".to_owned()),
            });
        }
        None => {
            screen::out(&csv(&sheet.rows)?)?;
            rows
        }
        Some(_) if sheet.rows.is_empty() => "no rows, and so no file".to_owned(),
        Some(folder) => format!("{rows} in {}", write_all(folder, name, sheet)?),
    };
    let mut text = format!("{name}: {written}\n");
    for sentence in sentences(sheet) {
        text.extend(["  ", &sentence, "\n"]);
    }
    screen::err(&text);
    Ok(())
}

/// All that somebody should know who uploads these rows.
fn sentences(sheet: &Sheet) -> Vec<String> {
    let mut said = Vec::new();
    for (guard, count) in &sheet.withheld {
        let rows = things(*count, "row");
        said.push(format!("{rows} of these, `rollcall sync` would hold back: `{}`", guard.as_str()));
    }
    if !sheet.unready.is_empty() {
        let count = things(sheet.unready.values().sum(), "member");
        let reasons = sheet.unready.iter().map(|(code, count)| match code {
            Some(code) => format!("{count} {}", code.as_str()),
            None => format!("{count} with a protected login, or a profile that does not exist"),
        });
        let reasons: Vec<String> = reasons.collect();
        said.push(format!("not in it: {count} ({}); `rollcall plan` tells more", reasons.join(", ")));
    }
    for (obstacle, count) in &sheet.unsayable {
        let people = if *count == 1 { "1 person".to_owned() } else { format!("{count} people") };
        said.push(format!("not in it: {people}, since {obstacle}: rename it, or leave them to `rollcall sync`"));
    }
    if sheet.rows.is_empty() {
        if said.is_empty() {
            said.push("nobody is missing".to_owned());
        }
        return said;
    }
    let Losses { defused, contact_handling, addresses, tags } = sheet.losses;
    let losses = [
        (defused, "a name that a spreadsheet would take for a formula has an apostrophe before it"),
        (contact_handling, "auto accept and the time after a contact are left out, for want of a column"),
        (addresses, "the secondary e-mail address is left out, for want of a column"),
        (tags, "a tag whose key has a `=` is left out"),
    ];
    let losses = losses.into_iter().filter(|(count, _)| *count > 0);
    said.extend(losses.map(|(count, what)| format!("in {}: {what}", things(count, "row"))));
    for (position, rows) in sheet.files().enumerate() {
        let crowded = export::crowded(rows).into_iter();
        said.extend(crowded.map(|(what, count)| {
            format!(
                "file {} has {count} {what}: past {MOST_NAMES}, Connect may not be able to validate it",
                position + 1
            )
        }));
    }
    said.push(
        "the tags stand as `key=value|key=value`, for which nothing is documented: compare with the console's template"
            .to_owned(),
    );
    said
}

/// Writes the files of a target, and gives their names.
fn write_all(folder: &Path, name: &TargetName, sheet: &Sheet) -> Result<String, Stop> {
    let files: Vec<(PathBuf, &[export::Row])> =
        sheet.files().enumerate().map(|(position, rows)| (path(folder, name, position + 1), rows)).collect();
    files.iter().try_for_each(|(path, _)| refuse_existing(path))?;
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder).map_err(|source| unwritten(folder, source))?;
    for (path, rows) in &files {
        write_whole(path, &csv(rows)?).map_err(|source| unwritten(path, source))?;
    }
    let names: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
    Ok(names.join(", "))
}

/// Whoever looks sees all of a file or none: it gets its name when it is complete.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension(format!("csv.{}", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(&unfinished)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // What is left of it is of no use; that it cannot be taken away either is no news.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn path(folder: &Path, name: &TargetName, number: usize) -> PathBuf {
    folder.join(format!("{name}-{number}.csv"))
}

fn refuse_existing(path: &Path) -> Result<(), Stop> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    Err(Stop::Usage {
        message: format!("the file `{}` exists, and is not written over", path.display()),
        hint: Some("move it away, or give another folder".to_owned()),
    })
}

fn unwritten(path: &Path, source: io::Error) -> Stop {
    Stop::Io { doing: format!("failed to write `{}`", path.display()), source }
}

fn csv(rows: &[export::Row]) -> Result<String, Stop> {
    export::csv(rows).map_err(|source| Stop::Io { doing: "failed to put the rows together".to_owned(), source })
}

fn several(names: &[&TargetName]) -> Stop {
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    Stop::Usage {
        message: format!("there are {} targets, and each wants a file of its own", names.len()),
        hint: Some(format!("name one with `--target` ({}), or give `--out DIR`", names.join(", "))),
    }
}

fn told(name: &TargetName, trouble: &Trouble) -> String {
    let mut text = format!("error: {name}: {}\n", trouble.message);
    text.extend(trouble.causes.iter().map(|cause| format!("  caused by: {cause}\n")));
    text.extend(trouble.hint.iter().map(|hint| format!("hint: {hint}\n")));
    text
}
