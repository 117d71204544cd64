//! `export`: the CSV of Connect's bulk upload, on stdout or in files; what there is to say about it, on stderr.

mod files;

use std::path::Path;
use std::sync::Arc;

use super::{ExitStatus, Stop, pass, screen, tell};
use crate::aws::Access;
use crate::cli::ExportArgs;
use crate::config::Config;
use crate::export::{self, Losses, MOST_NAMES, MOST_ROWS, Row, Upload, Who};
use crate::model::id::TargetName;
use crate::model::settings::Settings;
use crate::model::snapshot::Snapshot;
use crate::pass::{Runner, Setup, Surveyed};
use crate::plan::Unmade;
use crate::report::{Trouble, things};

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
        Some(folder) => refuse(folder, &names)?,
    }
    let access = Access::from_environment(config.timeouts, &config.identity_center.region).await?;
    let surveyed = Runner::new(Setup::new(Arc::clone(&config), access)).survey(only.as_ref()).await;
    let mut status = ExitStatus::Success;
    for Surveyed { settings, result } in surveyed {
        let name = &settings.name;
        let upload = result.and_then(|snapshot| upload(&settings, snapshot, args));
        let written = match (upload, &args.out) {
            (Ok(upload), Some(folder)) => write(folder, name, &upload).map(|written| (written, upload)),
            (Ok(upload), None) => Ok((print(name, &upload)?, upload)),
            (Err(trouble), _) => Err(trouble),
        };
        match written {
            Ok((written, upload)) => screen::err(&told(name, &written, &upload)),
            // One target's trouble is its own.
            Err(trouble) => {
                let message = format!("{name}: {}", trouble.message);
                tell(&Trouble { message, ..trouble });
                status = ExitStatus::Failure;
            }
        }
    }
    Ok(status)
}

fn upload(settings: &Settings, snapshot: Snapshot, args: &ExportArgs) -> Result<Upload, Trouble> {
    let who = if args.all { Who::Everybody } else { Who::Missing };
    export::export(snapshot, settings, who)
        .map_err(|finding| Trouble { hint: Some(finding.fix()), ..Trouble::plain(finding.message()) })
}

/// Prints the rows. Says how many there are.
fn print(name: &TargetName, upload: &Upload) -> Result<String, Stop> {
    let rows = things(upload.rows.len(), "row");
    if upload.rows.len() > MOST_ROWS {
        return Err(Stop::Usage {
            message: format!("`{name}` has {rows}, and Connect takes {MOST_ROWS} in a file"),
            hint: Some("`--out DIR` writes as many files as are needed".to_owned()),
        });
    }
    let text = export::csv(&upload.rows)
        .map_err(|error| Stop::Io { doing: "failed to put the rows together".to_owned(), source: error.into() })?;
    screen::hand_over(&text)?;
    Ok(rows)
}

/// Writes the rows into files. Says how many there are, and where.
fn write(folder: &Path, name: &TargetName, upload: &Upload) -> Result<String, Trouble> {
    if upload.rows.is_empty() {
        return Ok("no rows, and so no file".to_owned());
    }
    let texts: Result<Vec<String>, _> = upload.files().map(export::csv).collect();
    let texts = texts.map_err(|error| Trouble::of(&error, None))?;
    let paths = files::write_all(folder, name, &texts)?;
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    Ok(format!("{} in {}", things(upload.rows.len(), "row"), paths.join(", ")))
}

/// What became of the rows of a target, and what there is to say about them.
fn told(name: &TargetName, written: &str, upload: &Upload) -> String {
    let mut text = format!("{name}: {written}\n");
    for sentence in sentences(upload) {
        text.extend(["  ", &sentence, "\n"]);
    }
    text
}

/// All that somebody should know who uploads these rows.
fn sentences(upload: &Upload) -> Vec<String> {
    let mut said = Vec::new();
    for (guard, count) in &upload.withheld {
        said.push(format!("`rollcall sync` would hold back {count} of these: `{}`", guard.as_str()));
    }
    for gap in &upload.gaps {
        said.push(format!("{}: {}: {}", gap.code().as_str(), gap.message(), gap.fix()));
    }
    if !upload.unready.is_empty() {
        let count = things(upload.unready.values().sum(), "member");
        let reasons = upload.unready.iter().map(|(unmade, count)| match unmade {
            Unmade::Finding(code) => format!("{count} {}", code.as_str()),
            Unmade::Protected => format!("{count} with a protected login"),
            Unmade::Mapping(group) => format!("{count} by `{}`, which names what does not exist", group.as_str()),
        });
        let reasons: Vec<String> = reasons.collect();
        said.push(format!("not in it: {count} ({}); `rollcall plan` tells more", reasons.join(", ")));
    }
    for (obstacle, count) in &upload.unsayable {
        let people = if *count == 1 { "1 person".to_owned() } else { format!("{count} people") };
        said.push(format!("not in it: {people}, since {obstacle}: rename it, or leave them to `rollcall sync`"));
    }
    if upload.rows.is_empty() {
        if said.is_empty() {
            said.push("nobody is missing".to_owned());
        }
        return said;
    }
    let Losses { defused, contact_handling, addresses, tags } = upload.losses;
    let losses = [
        (defused, "a name that a spreadsheet would take for a formula has an apostrophe in it"),
        (contact_handling, "auto accept and the time after a contact are left out, for want of a column"),
        (addresses, "e-mail addresses are left out, for want of a column"),
        (tags, "a tag whose key has a `=` is left out"),
    ];
    let losses = losses.into_iter().filter(|(count, _)| *count > 0);
    said.extend(losses.map(|(count, what)| format!("in {}: {what}", things(count, "row"))));
    for (position, rows) in upload.files().enumerate() {
        let crowded = export::crowded(rows).into_iter();
        said.extend(crowded.map(|(what, count)| {
            format!(
                "file {} has {count} {what}: past {MOST_NAMES}, Connect may not be able to validate it",
                position + 1
            )
        }));
    }
    let path = if upload.rows.iter().any(Row::has_hierarchy) { ", and the hierarchy groups as `A/B`" } else { "" };
    said.push(format!(
        "the tags stand as `key=value|key=value`{path}, for which nothing is documented: compare with the console's template"
    ));
    said
}

/// Where files cannot go, or would come to stand among older ones.
fn refuse(folder: &Path, names: &[&TargetName]) -> Result<(), Stop> {
    if files::is_barred(folder) {
        return Err(Stop::Usage {
            message: format!("`{}` is no folder, and cannot be made one", folder.display()),
            hint: Some("give `--out` a folder, or a name that is free".to_owned()),
        });
    }
    let earlier: Vec<String> = names
        .iter()
        .filter_map(|name| files::earlier(folder, name))
        .map(|path| format!("`{}`", path.display()))
        .collect();
    if earlier.is_empty() {
        return Ok(());
    }
    Err(Stop::Usage {
        message: format!("there are files of an earlier export, which are not written over: {}", earlier.join(", ")),
        hint: Some("move them away, or give another folder".to_owned()),
    })
}

fn several(names: &[&TargetName]) -> Stop {
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    Stop::Usage {
        message: format!("there are {} targets, and each wants a file of its own", names.len()),
        hint: Some(format!("name one with `--target` ({}), or give `--out DIR`", names.join(", "))),
    }
}
