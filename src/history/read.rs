//! What can be asked of a history: runs, the ages of findings, and how the days went.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, civil};
use rusqlite::{OptionalExtension, Row, named_params, params};
use serde::{Deserialize, Serialize};
use ulid::Ulid;
use utoipa::ToSchema;

use super::store::{count, integer};
use super::varying::Varying;
use super::{Error, Store};
use crate::model::id::TargetName;
use crate::report::json::{Action, Finding, Progress, Run, State, Target, Withheld};
use crate::report::{Ages, Line};

/// Which runs are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Those that were asked for before this one.
    pub before: Option<String>,
    /// Those that were asked for at this time or later, by the host's clock.
    pub since: Option<Timestamp>,
    /// Those with a pass of this target.
    pub target: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// One target's pass in one line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PassLine {
    /// The target.
    pub name: String,
    /// Whether it may be written to: `plan` or `apply`.
    pub mode: String,
    /// How the pass came out; `None` where its run has not told its end.
    pub verdict: Option<String>,
    /// People who were to be able to work.
    pub members: Option<usize>,
    /// Those of them who could not sign in before it.
    pub blocked: Option<usize>,
    /// Those of them who could not sign in after it.
    pub unable: Option<usize>,
    /// How many actions of each kind were carried out.
    pub done: BTreeMap<String, usize>,
    /// How many actions failed or were skipped.
    pub failed: usize,
    /// How many actions were withheld.
    pub withheld: usize,
}

/// How one day went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Day {
    /// The day, such as `2027-03-31`.
    pub date: String,
    /// Passes of everybody.
    pub passes: usize,
    /// Those of them after which nothing was left to do.
    pub converged: usize,
    /// Those of them that could not be read.
    pub failed: usize,
    /// Actions that were carried out, those of one person's passes too.
    pub changes: usize,
}

/// What a pass did, withheld and found.
pub(super) struct List {
    pub(super) id: i64,
    /// What of it is that pass's alone.
    pub(super) varying: Varying,
}

impl Store {
    /// Runs in a line each, the latest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn lines(&self, wanted: &Wanted) -> Result<Vec<Line>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, cause, mode, person, verdict, started_at, finished_at, elapsed_seconds FROM run \
             WHERE id < :before AND id >= :since \
             AND (:target IS NULL OR EXISTS (SELECT 1 FROM pass WHERE pass.run = run.id AND pass.target = :target)) \
             ORDER BY id DESC LIMIT :limit",
        )?;
        let parameters = named_params! {
            // Behind every ULID.
            ":before": wanted.before.as_deref().unwrap_or("~"),
            ":since": wanted.since.map(first_id).unwrap_or_default(),
            ":target": wanted.target,
            ":limit": integer(wanted.limit),
        };
        let lines = statement.query_map(parameters, |row| {
            Ok(Line {
                run: row.get("id")?,
                state: State::Done,
                mode: row.get::<_, String>("mode")?.into(),
                cause: row.get::<_, String>("cause")?.into(),
                targets: Vec::new(),
                person: row.get("person")?,
                verdict: Some(row.get::<_, String>("verdict")?.into()),
                started_at: row.get("started_at")?,
                finished_at: row.get("finished_at")?,
                elapsed_seconds: row.get("elapsed_seconds")?,
                last_heard: None,
                changes: None,
                failed: None,
                withheld: None,
            })
        })?;
        let mut lines = lines.collect::<Result<Vec<_>, _>>()?;
        let mut passes = self
            .connection
            .prepare_cached("SELECT target, changed, failed, withheld FROM pass WHERE run = ?1 ORDER BY id")?;
        for line in &mut lines {
            let (mut changes, mut failed, mut withheld) = (0, 0, 0);
            let mut rows = passes.query([&line.run])?;
            while let Some(row) = rows.next()? {
                line.targets.push(row.get(0)?);
                changes += count(row.get(1)?);
                failed += count(row.get(2)?);
                withheld += count(row.get(3)?);
            }
            (line.changes, line.failed, line.withheld) = (Some(changes), Some(failed), Some(withheld));
        }
        lines.extend(self.unfinished_lines(wanted)?);
        lines.sort_by(|one, other| other.run.cmp(&one.run));
        lines.truncate(wanted.limit);
        Ok(lines)
    }

    /// The targets that there are passes of, in the order of their names.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn targets(&self) -> Result<Vec<String>, Error> {
        let mut statement = self.connection.prepare_cached("SELECT DISTINCT target FROM pass ORDER BY target")?;
        let targets = statement.query_map((), |row| row.get(0))?;
        Ok(targets.collect::<Result<_, _>>()?)
    }

    /// The passes of a run in a line each, in their order.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn passes(&self, run: &str) -> Result<Vec<PassLine>, Error> {
        let mut passes = self.connection.prepare_cached(
            "SELECT target, mode, verdict, members, blocked, unable, failed, withheld, list FROM pass WHERE run = ?1 ORDER BY id",
        )?;
        let mut kinds = self.connection.prepare_cached(
            "SELECT name, count(*) FROM list_entry JOIN entry ON entry.id = list_entry.entry \
             WHERE list_entry.list = ?1 AND sort = 'action' AND result = 'done' GROUP BY name",
        )?;
        let mut found = Vec::new();
        let mut rows = passes.query([run])?;
        while let Some(row) = rows.next()? {
            let mut line = PassLine {
                name: row.get("target")?,
                mode: row.get("mode")?,
                verdict: row.get("verdict")?,
                members: row.get::<_, Option<i64>>("members")?.map(count),
                blocked: row.get::<_, Option<i64>>("blocked")?.map(count),
                unable: row.get::<_, Option<i64>>("unable")?.map(count),
                done: BTreeMap::new(),
                failed: count(row.get("failed")?),
                withheld: count(row.get("withheld")?),
            };
            let mut of_list = kinds.query([row.get::<_, i64>("list")?])?;
            while let Some(kind) = of_list.next()? {
                line.done.insert(kind.get(0)?, count(kind.get(1)?));
            }
            found.push(line);
        }
        if found.is_empty() { self.unfinished_passes(run) } else { Ok(found) }
    }

    /// A run, whole, as it was reported; one that has not told its end, as far as it is known.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn run(&self, id: &str) -> Result<Option<Run>, Error> {
        let Some((mut run, lists)) = self.head(id)? else { return self.unfinished(id) };
        for (target, list) in run.targets.iter_mut().zip(lists) {
            self.fill(target, &list, &run.mode)?;
        }
        Ok(Some(run))
    }

    /// A run, whose targets have no actions, findings and what was withheld, and the lists that have these.
    pub(super) fn head(&self, id: &str) -> Result<Option<(Run, Vec<List>)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT cause, mode, person, verdict, started_at, finished_at, elapsed_seconds, requests FROM run WHERE id = ?1",
        )?;
        let run = statement.query_row([id], |row| {
            let requests: String = row.get("requests")?;
            let run = Run {
                schema: 1,
                run: id.to_owned(),
                state: State::Done,
                mode: row.get::<_, String>("mode")?.into(),
                cause: row.get::<_, String>("cause")?.into(),
                person: row.get("person")?,
                verdict: Some(row.get::<_, String>("verdict")?.into()),
                started_at: row.get("started_at")?,
                finished_at: row.get("finished_at")?,
                elapsed_seconds: row.get("elapsed_seconds")?,
                last_heard: None,
                requests: BTreeMap::new(),
                targets: Vec::new(),
            };
            Ok((run, requests))
        });
        let Some((mut run, requests)) = run.optional()? else { return Ok(None) };
        run.requests = serde_json::from_str(&requests)?;
        let mut passes = self.connection.prepare_cached("SELECT * FROM pass WHERE run = ?1 ORDER BY id")?;
        let mut rows = passes.query([id])?;
        let mut lists = Vec::new();
        while let Some(row) = rows.next()? {
            run.targets.push(target(row)?);
            let varying = row.get::<_, Option<String>>("varying")?;
            lists.push(List { id: row.get("list")?, varying: Varying::of_column(varying.as_deref())? });
        }
        Ok(Some((run, lists)))
    }

    /// Gives a target what a list has.
    fn fill(&self, target: &mut Target, list: &List, mode: &str) -> Result<(), Error> {
        let mut entries = self.connection.prepare_cached(
            "SELECT entry.sort, entry.body, list_entry.is_new, list_entry.position \
             FROM list_entry JOIN entry ON entry.id = list_entry.entry \
             WHERE list_entry.list = ?1 ORDER BY list_entry.position",
        )?;
        let mut rows = entries.query([list.id])?;
        while let Some(row) = rows.next()? {
            let (sort, body, is_new): (String, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
            match sort.as_str() {
                "action" => {
                    let action = serde_json::from_str::<Action>(&body)?;
                    target.actions.push(list.varying.with(count(row.get(3)?), action));
                }
                "withheld" => {
                    target.withheld.push(list.varying.with_of_withheld(serde_json::from_str::<Withheld>(&body)?));
                }
                _ => {
                    let state = if is_new { "new" } else { "still" }.into();
                    target.findings.push(Finding { state, ..serde_json::from_str(&body)? });
                }
            }
        }
        let total = if mode == "apply" && target.mode == "apply" { target.actions.len() } else { 0 };
        target.progress = Progress { done: total, total, eta_seconds: 0.0 };
        Ok(())
    }

    /// Since when each finding of every target's last pass is known: of the last pass of everybody that was read.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn ages(&self) -> Result<Ages, Error> {
        let mut statement = self.connection.prepare(
            "SELECT pass.target, entry.body FROM pass \
             JOIN list_entry ON list_entry.list = pass.list \
             JOIN entry ON entry.id = list_entry.entry AND entry.sort = 'finding' \
             WHERE pass.id IN (SELECT max(id) FROM pass WHERE is_whole AND members IS NOT NULL GROUP BY target)",
        )?;
        let mut ages = Ages::new();
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let finding: Finding = serde_json::from_str(&row.get::<_, String>(1)?)?;
            if let Ok(since) = finding.since.parse() {
                ages.entry(TargetName::new(row.get::<_, String>(0)?)).or_default().insert(finding.id, since);
            }
        }
        Ok(ages)
    }

    /// The last run after which every member of a target could sign in, by the end of it; `None` where there was none.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn last_able(&self, target: &TargetName) -> Result<Option<Timestamp>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT run.finished_at FROM pass JOIN run ON run.id = pass.run \
             WHERE pass.target = ?1 AND pass.is_whole AND pass.unable = 0 ORDER BY pass.run DESC LIMIT 1",
        )?;
        let ended: Option<String> = statement.query_row([target.as_str()], |row| row.get(0)).optional()?;
        Ok(ended.and_then(|ended| ended.parse().ok()))
    }

    /// When the first run began that is on record.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn begins(&self) -> Result<Option<Timestamp>, Error> {
        let mut statement = self.connection.prepare_cached("SELECT started_at FROM run ORDER BY id LIMIT 1")?;
        let began: Option<String> = statement.query_row((), |row| row.get(0)).optional()?;
        Ok(began.and_then(|began| began.parse().ok()))
    }

    /// How the days went, the last `days` of them up to this time, the earliest first. A day is one of this time zone.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn daily(&self, days: usize, now: Timestamp, zone: &TimeZone) -> Result<Vec<Day>, Error> {
        let today = now.to_zoned(zone.clone()).date();
        let back = i64::try_from(days).unwrap_or(i64::MAX).saturating_sub(1).clamp(0, 36_500);
        let first = today.saturating_sub(back.days());
        let mut all: BTreeMap<civil::Date, Day> = first
            .series(1.day())
            .take_while(|date| *date <= today)
            .map(|date| (date, Day { date: date.to_string(), ..Day::default() }))
            .collect();
        let since = first.to_zoned(zone.clone()).map_or(Timestamp::MIN, |begin| begin.timestamp());
        let mut statement = self.connection.prepare_cached(
            "SELECT run.started_at, pass.verdict, pass.changed, \
             pass.is_whole AND (run.mode = 'apply' OR pass.mode = 'plan') \
             FROM run JOIN pass ON pass.run = run.id WHERE run.id >= ?1",
        )?;
        let mut rows = statement.query(params![first_id(since)])?;
        while let Some(row) = rows.next()? {
            let Ok(started) = row.get::<_, String>(0)?.parse::<Timestamp>() else { continue };
            let Some(day) = all.get_mut(&started.to_zoned(zone.clone()).date()) else { continue };
            day.changes += count(row.get(2)?);
            // A dry run says nothing of how the target stands.
            if row.get(3)? {
                day.passes += 1;
                match row.get::<_, String>(1)?.as_str() {
                    "converged" => day.converged += 1,
                    "failed" => day.failed += 1,
                    _ => {}
                }
            }
        }
        Ok(all.into_values().collect())
    }
}

/// A pass, without what its list has.
fn target(row: &Row<'_>) -> Result<Target, Error> {
    let error: Option<String> = row.get("error")?;
    Ok(Target {
        name: row.get("target")?,
        mode: row.get::<_, String>("mode")?.into(),
        verdict: Some(row.get::<_, String>("verdict")?.into()),
        error: error.map(|error| serde_json::from_str(&error)).transpose()?,
        estimate_seconds: row.get("estimate_seconds")?,
        members: row.get::<_, Option<i64>>("members")?.map(count),
        blocked: row.get::<_, Option<i64>>("blocked")?.map(count),
        connect_users: row.get::<_, Option<i64>>("connect_users")?.map(count),
        owned: row.get::<_, Option<i64>>("owned")?.map(count),
        served: row.get::<_, Option<i64>>("served")?.map(count),
        unable: row.get::<_, Option<i64>>("unable")?.map(count),
        approval: row.get("approval")?,
        requests: serde_json::from_str(&row.get::<_, String>("requests")?)?,
        ..Target::default()
    })
}

/// The first id that a run of this time may have.
pub(super) fn first_id(time: Timestamp) -> String {
    Ulid::from_parts(u64::try_from(time.as_millisecond()).unwrap_or_default(), 0).to_string()
}
