//! Runs that have not told their end: what they have begun is written down as it happens, so that one that is cut off is
//! no secret. When a run is over its report takes the place of all of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, PoisonError};

use futures::FutureExt;
use rusqlite::{OptionalExtension, Row, TransactionBehavior, named_params, params};
use tokio::sync::oneshot;

use super::keeper::Job;
use super::read::first_id;
use super::store::{count, integer};
use super::write::Entry;
use super::{Error, Event, History, PATIENCE, PassLine, Shared, Store, Wanted, Whose};
use crate::model::settings::Mode;
use crate::report::json::{Action, Progress, Run, State, Target};
use crate::report::{Journal, Line, Step};

/// Steps that may wait for a file that takes none; the oldest are let go, since the report will have them.
const MOST: usize = 50_000;

impl History {
    /// Takes steps of runs that are under way down; `None` where there is no file that could outlast the process. A
    /// deletion is written at once, everything else within a moment.
    #[must_use]
    pub fn journal(&self) -> Option<Journal> {
        self.path()?;
        let history = self.clone();
        Some(Journal(Arc::new(move |step: Step| {
            let is_urgent = step.action.user.is_some() && step.action.result == "begun";
            let is_first = history.shared.push(step);
            if is_urgent {
                return history.clone().written().boxed();
            }
            if is_first {
                // Where the thread has too much to do, it comes to the steps with the next job of any sort.
                let _ = history.jobs.try_send(Job::Wake);
            }
            futures::future::ready(true).boxed()
        })))
    }

    /// Waits until every step so far is in the file, but not for long. Says whether it is.
    async fn written(self) -> bool {
        let (sender, written) = oneshot::channel();
        !self.shared.is_stuck()
            && self.jobs.try_send(Job::Steps(sender)).is_ok()
            && matches!(tokio::time::timeout(PATIENCE, written).await, Ok(Ok(true)))
    }
}

impl Shared {
    /// Says whether no other step waits.
    fn push(&self, step: Step) -> bool {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.push_back(step);
        if steps.len() > MOST {
            steps.pop_front();
        }
        steps.len() == 1
    }

    pub(super) fn has_steps(&self) -> bool {
        !self.steps.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Hands over what waits. What cannot be written comes back by [`Self::put_back`].
    pub(super) fn take_steps(&self) -> VecDeque<Step> {
        std::mem::take(&mut *self.steps.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts steps before those that came meanwhile.
    pub(super) fn put_back(&self, mut before: VecDeque<Step>) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        before.append(&mut steps);
        *steps = before;
    }

    /// Forgets what the report of this run has.
    pub(super) fn forget_steps(&self, run: &str) {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).retain(|step| step.run != run);
    }
}

impl Store {
    /// Writes steps down, all or none of them. Those of a run that is over are not needed.
    ///
    /// # Errors
    /// Where the database does not take it.
    pub fn begin<'a>(&mut self, steps: impl IntoIterator<Item = &'a Step>) -> Result<(), Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for Step { run, cause, person, started_at, time, target, position, at, action } in steps {
            transaction
                .prepare_cached(
                    "INSERT INTO unfinished (id, cause, person, started_at, told) SELECT ?1, ?2, ?3, ?4, ?5 \
                     WHERE NOT EXISTS (SELECT 1 FROM run WHERE id = ?1) ON CONFLICT DO NOTHING",
                )?
                .execute(params![run, cause.as_str(), person, started_at.to_string(), time.as_second()])?;
            let Entry { name, result, principal, login, email, body, .. } = Entry::of_action(action, action)?;
            transaction
                .prepare_cached(
                    "INSERT INTO begun (run, target, position, at, name, result, principal, login, email, body) \
                     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE EXISTS (SELECT 1 FROM unfinished WHERE id = ?1) \
                     ON CONFLICT DO UPDATE SET at = excluded.at, result = excluded.result, body = excluded.body",
                )?
                .execute(params![
                    run,
                    target,
                    integer(*position),
                    // Of one length, so that they sort as they came.
                    format!("{at:.3}"),
                    name,
                    result,
                    principal,
                    login,
                    email,
                    body
                ])?;
        }
        Ok(transaction.commit()?)
    }

    /// Runs that have not told their end, in a line each, the latest first.
    pub(super) fn unfinished_lines(&self, wanted: &Wanted) -> Result<Vec<Line>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT *, (SELECT max(at) FROM begun WHERE run = id) AS last_heard FROM unfinished \
             WHERE id < :before AND id >= :since \
             AND (:target IS NULL OR EXISTS (SELECT 1 FROM begun WHERE run = id AND target = :target)) \
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
                state: State::Running,
                mode: Mode::Apply.as_str().into(),
                cause: row.get::<_, String>("cause")?.into(),
                targets: Vec::new(),
                person: row.get("person")?,
                verdict: None,
                started_at: row.get("started_at")?,
                finished_at: None,
                elapsed_seconds: None,
                last_heard: row.get("last_heard")?,
                changes: None,
                failed: None,
                withheld: None,
            })
        })?;
        let mut lines = lines.collect::<Result<Vec<_>, _>>()?;
        for line in &mut lines {
            line.targets = self.unfinished_passes(&line.run)?.into_iter().map(|pass| pass.name).collect();
        }
        Ok(lines)
    }

    /// The passes of a run that has not told its end, as far as they have written.
    pub(super) fn unfinished_passes(&self, run: &str) -> Result<Vec<PassLine>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT target, name, result, count(*) FROM begun WHERE run = ?1 GROUP BY target, name, result",
        )?;
        let mut rows = statement.query([run])?;
        let mut passes: Vec<PassLine> = Vec::new();
        while let Some(row) = rows.next()? {
            let (name, kind, result): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if passes.last().is_none_or(|pass| pass.name != name) {
                passes.push(PassLine { name, mode: Mode::Apply.as_str().to_owned(), ..PassLine::default() });
            }
            let Some(pass) = passes.last_mut() else { continue };
            match result.as_str() {
                "done" => drop(pass.done.insert(kind, count(row.get(3)?))),
                "failed" => pass.failed += count(row.get(3)?),
                _ => {}
            }
        }
        Ok(passes)
    }

    /// A run that has not told its end, as far as it is known.
    pub(super) fn unfinished(&self, id: &str) -> Result<Option<Run>, Error> {
        let mut statement =
            self.connection.prepare_cached("SELECT cause, person, started_at FROM unfinished WHERE id = ?1")?;
        let head = statement.query_row([id], |row| {
            Ok(Run {
                schema: 1,
                run: id.to_owned(),
                state: State::Running,
                mode: Mode::Apply.as_str().into(),
                cause: row.get::<_, String>(0)?.into(),
                person: row.get(1)?,
                verdict: None,
                started_at: row.get(2)?,
                finished_at: None,
                elapsed_seconds: None,
                last_heard: None,
                requests: BTreeMap::new(),
                targets: Vec::new(),
            })
        });
        let Some(mut run) = head.optional()? else { return Ok(None) };
        let mut begun = self
            .connection
            .prepare_cached("SELECT target, at, body FROM begun WHERE run = ?1 ORDER BY target, position")?;
        let mut rows = begun.query([id])?;
        while let Some(row) = rows.next()? {
            let (name, at, body): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let action: Action = serde_json::from_str(&body)?;
            run.last_heard = run.last_heard.max(Some(at));
            if run.targets.last().is_none_or(|target| target.name != name) {
                run.targets.push(Target::under_way(&name, Mode::Apply, Progress::default()));
            }
            let Some(target) = run.targets.last_mut() else { continue };
            target.progress.done += usize::from(action.result != "begun");
            target.actions.push(action);
        }
        Ok(Some(run))
    }

    /// What runs that have not told their end have begun for one person, and whom that name stands for.
    pub(super) fn begun_for(&self, whose: &Whose) -> Result<Vec<Event>, Error> {
        let mut statement = self.connection.prepare_cached(
            "WITH named AS (
                 SELECT principal FROM begun WHERE :person IN (principal, login, email)
                 UNION SELECT principal FROM entry WHERE principal = :person AND sort = 'action'
                 UNION SELECT principal FROM entry WHERE login = :person AND sort = 'action'
                 UNION SELECT principal FROM entry WHERE email = :person AND sort = 'action'
             )
             SELECT unfinished.started_at, begun.at, run, cause, person, target, body
             FROM begun JOIN unfinished ON unfinished.id = begun.run
             WHERE (principal IN (SELECT principal FROM named WHERE principal IS NOT NULL)
                     OR login = :person OR email = :person)
                 AND (:target IS NULL OR target = :target) AND run >= :since
             ORDER BY run, target, position",
        )?;
        let parameters = named_params! {
            ":person": whose.person,
            ":target": whose.target,
            ":since": whose.since.map(first_id).unwrap_or_default(),
        };
        let mut rows = statement.query(parameters)?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            let event = Event::begun(row)?.with_action(serde_json::from_str(&row.get::<_, String>("body")?)?);
            events.push(Event { approvals: self.approvals_of_action(&event)?, ..event });
        }
        Ok(events)
    }
}

impl Event {
    fn begun(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            at: row.get("started_at")?,
            last_at: row.get("at")?,
            times: 1,
            run: row.get("run")?,
            cause: row.get("cause")?,
            asked_for: row.get("person")?,
            target: row.get("target")?,
            is_open: true,
            ..Self::default()
        })
    }
}
