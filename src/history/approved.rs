//! Who let through what a guard had held back. A code stands for the same users and actions on every day that it is told,
//! so an approval belongs to what it was given for, and is made use of once.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, named_params, params};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Error, Event, Store};
use crate::plan::APPROVAL_LASTS;
use crate::report::json;

/// An approval of what was withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Approved {
    /// The code.
    pub approval: String,
    /// Who gave it, as they said.
    pub by: Option<String>,
    /// Where it came from.
    pub peer: String,
    /// When.
    pub at: String,
}

/// How long an approval lasts, in seconds, which is what the file counts in.
const LASTS: i64 = APPROVAL_LASTS.as_secs().cast_signed();

/// The approval that let an action through: the last that was given before the run's end and not used up before. One that
/// was given while the run was under way had another run to carry it out, and counts where there is no other.
const OF_ACTION: &str = "
SELECT code, by, peer, at FROM approval
WHERE code = :code AND coalesce(target, :target) = :target AND given BETWEEN :from AND :until
    AND given >= coalesce((
        SELECT max(unixepoch(run.finished_at)) FROM entry
        JOIN list_entry ON list_entry.entry = entry.id
        JOIN pass ON pass.list = list_entry.list
        JOIN run ON run.id = pass.run
        WHERE entry.login = :login AND entry.principal IS :principal AND entry.target = :target
            AND entry.sort = 'action' AND entry.name = :kind AND entry.result IN ('done', 'already_so')
            AND entry.body ->> '$.approval' = :code AND run.id < :run
    ), given)
ORDER BY coalesce(run, '') <= :run DESC, id DESC LIMIT 1";

/// Approvals of what these passes of a target held back, up to the end of the next that did not hold back the same.
const OF_WITHHELD: &str = "
SELECT code, by, peer, at FROM approval
WHERE code IN (SELECT approval FROM pass WHERE target = :target AND id BETWEEN :first AND :last)
    AND coalesce(target, :target) = :target AND given >= :from
    AND given <= min(:until, coalesce((
        SELECT unixepoch(run.finished_at) FROM pass JOIN run ON run.id = pass.run
        WHERE pass.target = :target AND pass.id > :last AND pass.is_whole AND pass.members IS NOT NULL
            AND pass.approval IS NOT :code
        ORDER BY pass.id LIMIT 1
    ), :until))
ORDER BY id";

impl Store {
    /// Everything that one run did, tried, planned and withheld, with who approved what of it.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn events(&self, run: &json::Run) -> Result<Vec<Event>, Error> {
        let mut pass = self.connection.prepare_cached("SELECT id FROM pass WHERE run = ?1 AND target = ?2")?;
        let mut events = Event::all_of(run);
        for event in events.iter_mut().filter(|event| event.approval.is_some()) {
            // A run that was cut off has actions, and no pass on record.
            let id: Option<i64> = pass.query_row(params![event.run, event.target], |row| row.get(0)).optional()?;
            event.approvals = self.approvals(event, id.map(|id| id..=id))?;
        }
        Ok(events)
    }

    /// Who approved what was carried out, tried, or held back by these passes.
    pub(super) fn approvals(&self, event: &Event, passes: Option<RangeInclusive<i64>>) -> Result<Vec<Approved>, Error> {
        let Some(code) = &event.approval else { return Ok(Vec::new()) };
        let (begun, ended) = (moment(&event.at).as_second(), moment(&event.last_at).as_second());
        let approvals = if let Some(passes) = passes.filter(|_| event.result == "withheld") {
            self.connection
                .prepare_cached(OF_WITHHELD)?
                .query_map(
                    named_params! {
                        ":code": code, ":target": event.target, ":first": passes.start(), ":last": passes.end(),
                        ":from": begun, ":until": ended + LASTS,
                    },
                    Approved::of_row,
                )?
                .collect::<Result<_, _>>()?
        } else {
            self.connection
                .prepare_cached(OF_ACTION)?
                .query_map(
                    named_params! {
                        ":code": code, ":target": event.target, ":kind": event.kind, ":login": event.login,
                        ":principal": event.principal, ":run": event.run,
                        ":from": begun - LASTS, ":until": ended,
                    },
                    Approved::of_row,
                )?
                .collect::<Result<_, _>>()?
        };
        Ok(approvals)
    }
}

impl Approved {
    fn of_row(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self { approval: row.get(0)?, by: row.get(1)?, peer: row.get(2)?, at: row.get(3)? })
    }
}

/// A time that was written down.
pub(super) fn moment(time: &str) -> Timestamp {
    time.parse().unwrap_or_default()
}
