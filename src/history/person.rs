//! Everything that is known of one person. Records are found by principal as well as by login and e-mail, so that whoever
//! is renamed keeps one record, under either name.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Row, named_params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::approved::{Approved, moment};
use super::read::first_id;
use super::store::count;
use super::varying::Varying;
use super::{Error, Store};
use crate::model::tag;
use crate::report::Trouble;
use crate::report::json::{self, Action, Change, Finding, Withheld};

/// Whose record is wanted.
#[derive(Debug, Clone, Default)]
pub struct Whose {
    /// A login, an e-mail address or the id of Identity Store.
    pub person: String,
    /// In this target only.
    pub target: Option<String>,
    /// Of runs that were asked for at this time or later, by the host's clock.
    pub since: Option<Timestamp>,
    /// At most so many events and so many findings, the latest; `None` means all.
    pub limit: Option<usize>,
}

/// Everything that is known of one person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonRecord {
    /// The version of this form.
    pub schema: u32,
    /// The name that was asked for.
    pub person: String,
    /// The ids of Identity Store that this name stands for: more than one where a login went from one person to another.
    pub principals: Vec<String>,
    /// The logins that these people have had or were to have; of somebody who was never acted upon, those of findings
    /// about them.
    pub logins: Vec<String>,
    /// What was done, tried, planned and withheld, the earliest first; where some are left out, those that ended last.
    pub events: Vec<Event>,
    /// What was noticed, the earliest first; where some are left out, those that are there and those that were seen last.
    pub findings: Vec<Noticed>,
    /// Whether earlier ones were left out.
    pub is_cut: bool,
    /// Why something is missing, of earlier or of late; null where nothing is.
    pub error: Option<String>,
}

/// Something that was done to one person, or was not.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Event {
    /// When the run of it began, by the host's clock. What was planned, withheld, failed or was skipped in the same way
    /// again and again is one event, from here on.
    pub at: String,
    /// When the last run of it ended, by the same clock.
    pub last_at: String,
    /// How many passes came to it.
    pub times: usize,
    /// The first run of it.
    pub run: String,
    /// What started that run.
    pub cause: String,
    /// The person that the run was asked for, where it was for one only.
    pub asked_for: Option<String>,
    /// The target.
    pub target: String,
    /// What kind of change.
    pub kind: String,
    /// The Connect user's login.
    pub login: Option<String>,
    /// The person's id in Identity Store.
    pub principal: Option<String>,
    /// The group whose mapping was at work.
    pub mapping: Option<String>,
    /// What it changed, or would have.
    pub changes: Vec<Change>,
    /// What came of it: `planned`, `done`, `already_so`, `failed`, `skipped` or `withheld`; `begun` where that is not known
    /// of a run that has not told its end. What was `already_so` was done by an earlier try whose answer was lost, or by
    /// somebody else.
    pub result: String,
    /// Whether its run has not told its end: it works still, or was cut off.
    pub is_open: bool,
    /// The guard that withheld it.
    pub guard: Option<String>,
    /// The code that lets it through, or by which it was; null where no guard objected.
    pub approval: Option<String>,
    /// Who approved it.
    pub approvals: Vec<Approved>,
    /// Why it failed or was skipped, in the words of the last time.
    pub error: Option<Trouble>,
    /// A deleted user, whole, as it was right before, with the service's own names.
    #[schema(value_type = Option<Object>)]
    pub user: Option<Value>,
}

/// A finding, from the first time that it was seen to the last.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Noticed {
    /// The target.
    pub target: String,
    /// When the last run that saw it ended.
    pub last_seen: String,
    /// Whether the last pass of everybody saw it, of a target that runs still look at.
    pub is_there: bool,
    /// The finding, as it was last seen; `since` tells when it was first.
    #[serde(flatten)]
    pub finding: Finding,
}

/// Entries of people with this name, and the first and the last pass of each. What was carried out is told each time, and
/// what was not once for as long as no pass of everybody went without it.
///
/// Some findings tell of a person and of a user that is near them, but need not be theirs: such a user's login is nobody's
/// name. An account that was handed over belongs to the record of its former owner too. A finding is there as long as the
/// last pass of everybody saw it, and the latest run looked at its target; one over HTTP may be of one target alone.
const ENTRIES: &str = "
WITH named AS (
    SELECT principal FROM entry WHERE login = :person AND name NOT IN ('near-miss', 'email-mismatch')
    UNION SELECT principal FROM entry WHERE email = :person
    UNION SELECT principal FROM begun WHERE :person IN (principal, login, email)
    UNION VALUES (:person), (lower(:person))
), theirs AS (
    SELECT id FROM entry WHERE principal IN (SELECT principal FROM named)
    UNION SELECT id FROM entry WHERE login = :person
    UNION SELECT id FROM entry WHERE email = :person
    UNION SELECT entry.id FROM entry, json_each(entry.body, '$.changes') AS change
        WHERE entry.name = 'relink_user' AND change.value ->> 'field' = 'tag:rollcall:principal'
            AND change.value ->> 'from' IN (SELECT principal FROM named)
), seen AS (
    SELECT entry.id, entry.target, entry.sort, entry.result, list_entry.position, pass.id AS pass,
        lag(pass.id) OVER (PARTITION BY entry.id ORDER BY pass.id) AS before
    FROM theirs
    JOIN entry ON entry.id = theirs.id AND (:target IS NULL OR entry.target = :target)
    JOIN list_entry ON list_entry.entry = entry.id
    JOIN pass ON pass.list = list_entry.list
    WHERE pass.run >= :since
), told AS (
    SELECT *, sum(sort <> 'finding' AND (result IN ('done', 'already_so') OR EXISTS (
            SELECT 1 FROM pass AS without WHERE without.target = seen.target AND without.id > before
            AND without.id < pass AND without.is_whole AND without.members IS NOT NULL))
        ) OVER (PARTITION BY id ORDER BY pass) AS stretch
    FROM seen
), found AS (
    SELECT id, target, min(position) AS position, min(pass) AS first, max(pass) AS last, count(*) AS times
    FROM told GROUP BY id, stretch
)
SELECT found.*, entry.sort, entry.body, latest.varying, latest.approval AS code,
    (SELECT position FROM list_entry WHERE entry = found.id AND list = latest.list) AS last_position,
    (SELECT is_new FROM list_entry WHERE entry = found.id AND list = latest.list) AS is_new,
    one.started_at AS at, other.finished_at AS last_at, one.id AS run, one.cause, one.person AS asked_for,
    coalesce(entry.principal IN (SELECT principal FROM named WHERE principal IS NOT NULL), TRUE) AS is_theirs,
    entry.name IN ('near-miss', 'email-mismatch') AS is_near,
    found.last >= coalesce((SELECT max(id) FROM pass
        WHERE pass.target = found.target AND is_whole AND members IS NOT NULL), 0)
    AND (SELECT run FROM pass WHERE pass.target = found.target ORDER BY id DESC LIMIT 1)
        >= coalesce((SELECT run.id FROM pass JOIN run ON run.id = pass.run
            WHERE pass.is_whole AND run.cause <> 'http' ORDER BY pass.id DESC LIMIT 1), '') AS is_there
FROM found
JOIN entry ON entry.id = found.id
JOIN pass AS earliest ON earliest.id = found.first JOIN run AS one ON one.id = earliest.run
JOIN pass AS latest ON latest.id = found.last JOIN run AS other ON other.id = latest.run
ORDER BY found.first, found.position";

impl Store {
    /// Everything that is known of one person. Nobody is found under a name that was never seen.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn person(&self, whose: &Whose) -> Result<PersonRecord, Error> {
        let mut record = PersonRecord {
            schema: 1,
            person: whose.person.clone(),
            principals: Vec::new(),
            logins: Vec::new(),
            events: Vec::new(),
            findings: Vec::new(),
            is_cut: false,
            error: None,
        };
        let (mut principals, mut logins, mut noticed) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut statement = self.connection.prepare_cached(ENTRIES)?;
        let mut rows = statement.query(named_params! {
            ":person": whose.person,
            ":target": whose.target,
            ":since": whose.since.map(first_id).unwrap_or_default(),
        })?;
        while let Some(row) = rows.next()? {
            let body: String = row.get("body")?;
            let (is_theirs, is_near): (bool, bool) = (row.get("is_theirs")?, row.get("is_near")?);
            let varying =
                || Varying::of_column(row.get::<_, Option<String>>("varying")?.as_deref()).map_err(Error::from);
            let event = match row.get::<_, String>("sort")?.as_str() {
                "action" => {
                    let event = Event::of_row(row)?;
                    let position = count(row.get("last_position")?);
                    event.with_action(varying()?.with(position, serde_json::from_str(&body)?))
                }
                "withheld" => {
                    let event = Event::of_row(row)?;
                    let held = varying()?.with_of_withheld(serde_json::from_str(&body)?);
                    event.with_withheld(held, row.get("code")?)
                }
                _ => {
                    let finding: Finding = serde_json::from_str(&body)?;
                    principals.extend(finding.principal.clone().filter(|_| is_theirs));
                    noticed.extend(finding.login.clone().filter(|_| is_theirs && !is_near));
                    note(&mut record.findings, row, finding)?;
                    continue;
                }
            };
            // What is another's, and in this record nevertheless, took an account over.
            principals.extend(if is_theirs { event.principal.clone() } else { event.carried() });
            logins.extend(event.login.clone());
            let approvals = self.approvals(&event, Some(row.get("first")?..=row.get("last")?))?;
            record.events.push(Event { approvals, ..event });
        }
        for event in self.begun_for(whose)? {
            principals.extend(event.principal.clone());
            logins.extend(event.login.clone());
            record.events.push(event);
        }
        record.principals = principals.into_iter().collect();
        record.logins = if logins.is_empty() { noticed } else { logins }.into_iter().collect();
        let limit = whose.limit.unwrap_or(usize::MAX);
        record.is_cut = cut(&mut record.events, limit, |event| moment(&event.last_at))
            | cut(&mut record.findings, limit, |one| (one.is_there, moment(&one.last_seen)));
        record.events.sort_by_cached_key(|event| moment(&event.at));
        record.findings.sort_by_cached_key(|one| moment(&one.finding.since));
        Ok(record)
    }
}

/// Leaves so many, the last of this rank. Says whether there were more.
fn cut<T, R: Ord>(all: &mut Vec<T>, limit: usize, rank: impl Fn(&T) -> R) -> bool {
    let surplus = all.len().saturating_sub(limit);
    if surplus > 0 {
        all.sort_by_cached_key(rank);
        all.drain(..surplus);
    }
    surplus > 0
}

/// Notes a finding: what was told of it in other words before is the same, as long as there was no break.
fn note(noticed: &mut Vec<Noticed>, row: &Row<'_>, finding: Finding) -> Result<(), rusqlite::Error> {
    let (target, is_there): (String, bool) = (row.get("target")?, row.get("is_there")?);
    let state = if row.get("is_new")? { "new" } else { "still" }.into();
    let now = Noticed { target, last_seen: row.get("last_at")?, is_there, finding: Finding { state, ..finding } };
    let is_same = |one: &&mut Noticed| {
        one.target == now.target && one.finding.id == now.finding.id && one.finding.since == now.finding.since
    };
    match noticed.iter_mut().find(is_same) {
        Some(before) if moment(&before.last_seen) > moment(&now.last_seen) => {}
        Some(before) => *before = now,
        None => noticed.push(now),
    }
    Ok(())
}

impl Event {
    /// Everything that a run did, tried, planned and withheld, in its order.
    #[must_use]
    pub fn all_of(run: &json::Run) -> Vec<Self> {
        let of_target = |target: &json::Target| {
            let event = Self::of_target(run, target);
            let actions = target.actions.iter().map(|action| event.clone().with_action(action.clone()));
            let withheld = target.withheld.iter();
            let withheld = withheld.map(|held| event.clone().with_withheld(held.clone(), target.approval.clone()));
            actions.chain(withheld).collect::<Vec<_>>()
        };
        run.targets.iter().flat_map(of_target).collect()
    }

    /// What all events of a target's pass have in common.
    pub(super) fn of_target(run: &json::Run, target: &json::Target) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            at: text(&run.started_at),
            last_at: text(&run.last_heard.clone().or_else(|| run.finished_at.clone())),
            is_open: run.last_heard.is_some(),
            times: 1,
            run: run.run.clone(),
            cause: run.cause.to_string(),
            asked_for: run.person.clone(),
            target: target.name.clone(),
            ..Self::default()
        }
    }

    /// The person that the account carries the id of before it.
    fn carried(&self) -> Option<String> {
        let mut changes = self.changes.iter();
        let change = changes.find(|change| change.field.strip_prefix("tag:") == Some(tag::PRINCIPAL))?;
        change.from.clone()
    }

    /// What it changed, in few words.
    #[must_use]
    pub fn changed(&self) -> String {
        let change = |Change { field, from, to }: &Change| {
            let to = to.as_deref().unwrap_or("nothing");
            let field = field.replace('_', " ");
            from.as_ref().map_or_else(|| format!("{field} {to}"), |from| format!("{field} {from} → {to}"))
        };
        // What our own tags say is for the program, and shown where it is all; CSV and JSON have them.
        let is_ours = |change: &&Change| change.field.starts_with("tag:rollcall:");
        let shown: Vec<String> = self.changes.iter().filter(|change| !is_ours(change)).map(change).collect();
        if shown.is_empty() { self.changes.iter().map(change).collect::<Vec<_>>() } else { shown }.join("; ")
    }

    pub(super) fn with_action(self, action: Action) -> Self {
        let Action { kind, login, group: _, principal, mapping, changes, approval, result, error, user } = action;
        let (kind, result) = (kind.into_owned(), result.into_owned());
        Self { kind, login, principal, mapping, changes, result, approval, error, user, ..self }
    }

    pub(super) fn with_withheld(self, held: Withheld, approval: Option<String>) -> Self {
        let Withheld { kind, login, principal, mapping, changes, guard } = held;
        let (kind, result, guard) = (kind.into_owned(), "withheld".to_owned(), Some(guard.into_owned()));
        Self { kind, login, principal, mapping, changes, result, guard, approval, ..self }
    }

    fn of_row(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            at: row.get("at")?,
            last_at: row.get("last_at")?,
            times: count(row.get("times")?),
            run: row.get("run")?,
            cause: row.get("cause")?,
            asked_for: row.get("asked_for")?,
            target: row.get("target")?,
            ..Self::default()
        })
    }
}
