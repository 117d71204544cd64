//! Everything that is known of one person. Records are found by principal as well as by login and e-mail, so that whoever
//! is renamed keeps one record, under either name.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Row, named_params, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::read::first_id;
use super::store::count;
use super::varying::Varying;
use super::{Error, Store};
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
    /// At most so many events and findings, the latest; `None` means all.
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
    /// The logins that these people have had.
    pub logins: Vec<String>,
    /// What was done, tried, planned and withheld, the earliest first.
    pub events: Vec<Event>,
    /// What was noticed, the earliest first.
    pub findings: Vec<Noticed>,
    /// Whether earlier ones were left out.
    pub is_cut: bool,
    /// Why what was earlier is missing; null where nothing is.
    pub error: Option<String>,
}

/// Something that was done to one person, or was not.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Event {
    /// When the run of it began. What was planned, withheld, failed or was skipped in the same way again and again is one
    /// event, from here on.
    pub at: String,
    /// When the last run of it ended.
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
    /// of a run that has not told its end.
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

/// A finding, from the first time that it was seen to the last.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Noticed {
    /// The target.
    pub target: String,
    /// When the last run that saw it ended.
    pub last_seen: String,
    /// Whether the last pass of everybody saw it.
    pub is_there: bool,
    /// The finding, as it was last seen; `since` tells when it was first.
    #[serde(flatten)]
    pub finding: Finding,
}

/// How long an approval may be made use of, in seconds, and something for what the pass itself takes.
const APPROVAL_LASTS: i64 = 25 * 3600;

/// Entries of people with this name, and the first and the last pass of each. What was carried out is told each time, and
/// what was not once for as long as no pass of everybody went without it.
const ENTRIES: &str = "
WITH named AS (
    SELECT principal FROM entry WHERE principal = :person
    UNION SELECT principal FROM entry WHERE login = :person
    UNION SELECT principal FROM entry WHERE email = :person
    UNION SELECT principal FROM begun WHERE :person IN (principal, login, email)
), theirs AS (
    SELECT * FROM entry
    WHERE (principal IN (SELECT principal FROM named WHERE principal IS NOT NULL)
            OR login = :person OR email = :person)
        AND (:target IS NULL OR target = :target)
), seen AS (
    SELECT theirs.id, theirs.target, theirs.sort, theirs.result, list_entry.position, pass.id AS pass,
        lag(pass.id) OVER (PARTITION BY theirs.id ORDER BY pass.id) AS before
    FROM theirs
    JOIN list_entry ON list_entry.entry = theirs.id
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
    one.started_at AS at, other.finished_at AS last_at, one.id AS run, one.cause, one.person AS asked_for,
    found.last >= coalesce((SELECT max(id) FROM pass
        WHERE pass.target = found.target AND is_whole AND members IS NOT NULL), 0) AS is_there
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
        let (mut principals, mut logins) = (BTreeSet::new(), BTreeSet::new());
        let mut statement = self.connection.prepare_cached(ENTRIES)?;
        let mut rows = statement.query(named_params! {
            ":person": whose.person,
            ":target": whose.target,
            ":since": whose.since.map(first_id).unwrap_or_default(),
        })?;
        while let Some(row) = rows.next()? {
            let body: String = row.get("body")?;
            let varying =
                || Varying::of_column(row.get::<_, Option<String>>("varying")?.as_deref()).map_err(Error::from);
            let event = match row.get::<_, String>("sort")?.as_str() {
                "action" => {
                    let event = Event::of_row(row)?;
                    let position = count(row.get("last_position")?);
                    let event = event.with_action(varying()?.with(position, serde_json::from_str(&body)?));
                    Event { approvals: self.approvals_of_action(&event)?, ..event }
                }
                "withheld" => {
                    let event = Event::of_row(row)?;
                    let held = varying()?.with_of_withheld(serde_json::from_str(&body)?);
                    let event = event.with_withheld(held, row.get("code")?);
                    Event { approvals: self.approvals_of_withheld(&event, row)?, ..event }
                }
                _ => {
                    let finding: Finding = serde_json::from_str(&body)?;
                    principals.extend(finding.principal.clone());
                    logins.extend(finding.login.clone());
                    note(&mut record.findings, row, finding)?;
                    continue;
                }
            };
            principals.extend(event.principal.clone());
            logins.extend(event.login.clone());
            record.events.push(event);
        }
        for event in self.begun_for(whose)? {
            principals.extend(event.principal.clone());
            logins.extend(event.login.clone());
            record.events.push(event);
        }
        record.events.sort_by_cached_key(|event| event.at.parse::<Timestamp>().ok());
        record.principals = principals.into_iter().collect();
        record.logins = logins.into_iter().collect();
        if let Some(limit) = whose.limit {
            record.is_cut = cut(&mut record.events, limit) | cut(&mut record.findings, limit);
        }
        Ok(record)
    }

    /// Who approved, under any of the codes that it was withheld under, while it was or soon after.
    fn approvals_of_withheld(&self, event: &Event, row: &Row<'_>) -> Result<Vec<Approved>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT code, by, peer, at FROM approval WHERE code IN (SELECT pass.approval FROM list_entry \
             JOIN pass ON pass.list = list_entry.list WHERE list_entry.entry = ?1 AND pass.id BETWEEN ?2 AND ?3) \
             AND coalesce(target, ?4) = ?4 AND given BETWEEN ?5 AND ?6 ORDER BY id",
        )?;
        let (id, first, last): (i64, i64, i64) = (row.get("id")?, row.get("first")?, row.get("last")?);
        let (from, until) = (second(&event.at), second(&event.last_at) + APPROVAL_LASTS);
        let approvals = statement.query_map(params![id, first, last, event.target, from, until], Approved::of_row)?;
        Ok(approvals.collect::<Result<_, _>>()?)
    }

    /// Who approved what was then carried out, or tried.
    pub(super) fn approvals_of_action(&self, event: &Event) -> Result<Vec<Approved>, Error> {
        let Some(code) = &event.approval else { return Ok(Vec::new()) };
        self.approvals_of(code, &event.target, second(&event.at) - APPROVAL_LASTS, second(&event.last_at))
    }

    /// Everything that one run did, tried, planned and withheld, with who approved what of it.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn events(&self, run: &json::Run) -> Result<Vec<Event>, Error> {
        let mut events = Event::all_of(run);
        for event in &mut events {
            event.approvals = match &event.approval {
                Some(code) if event.result == "withheld" => {
                    let (from, until) = (second(&event.at), second(&event.last_at) + APPROVAL_LASTS);
                    self.approvals_of(code, &event.target, from, until)?
                }
                _ => self.approvals_of_action(event)?,
            };
        }
        Ok(events)
    }

    /// Who gave this code within these seconds.
    fn approvals_of(&self, code: &str, target: &str, from: i64, until: i64) -> Result<Vec<Approved>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT code, by, peer, at FROM approval WHERE code = ?1 AND coalesce(target, ?2) = ?2 \
             AND given BETWEEN ?3 AND ?4 ORDER BY id",
        )?;
        let approvals = statement.query_map(params![code, target, from, until], Approved::of_row)?;
        Ok(approvals.collect::<Result<_, _>>()?)
    }
}

/// Seconds since 1970.
fn second(time: &str) -> i64 {
    time.parse::<Timestamp>().unwrap_or_default().as_second()
}

impl Approved {
    fn of_row(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self { approval: row.get(0)?, by: row.get(1)?, peer: row.get(2)?, at: row.get(3)? })
    }
}

/// Leaves the last ones. Says whether there were more.
fn cut<T>(all: &mut Vec<T>, limit: usize) -> bool {
    let surplus = all.len().saturating_sub(limit);
    all.drain(..surplus);
    surplus > 0
}

/// Notes a finding: what was told of it in other words before is the same, as long as there was no break.
fn note(noticed: &mut Vec<Noticed>, row: &Row<'_>, finding: Finding) -> Result<(), rusqlite::Error> {
    let (target, is_there): (String, bool) = (row.get("target")?, row.get("is_there")?);
    let state = if row.get::<_, i64>("times")? > 1 { "still" } else { "new" }.into();
    let now = Noticed { target, last_seen: row.get("last_at")?, is_there, finding: Finding { state, ..finding } };
    let is_same = |one: &Noticed| one.finding.id == now.finding.id && one.finding.since == now.finding.since;
    match noticed.iter_mut().find(|one| one.target == now.target && is_same(one)) {
        Some(before) => *before = Noticed { is_there: before.is_there || is_there, ..now },
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
