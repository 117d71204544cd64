//! Writing a run down, and letting go of those that are too old.
//!
//! What a pass did, withheld and found is a list of entries. Both are known by what they say: a finding that stands for a
//! year is one entry, and a year of passes that see the same is one list.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::store::integer;
use super::varying::Varying;
use super::{Approval, Error, Store};
use crate::report::json::{Action, Change, Finding, Run, Target, Withheld};

/// The most runs that are let go at a time, which is many more than come in.
const RUNS_AT_A_TIME: usize = 100;
/// The most entries of lists that are let go at a time, so that nobody waits long for the thread.
const ENTRIES_AT_A_TIME: usize = 20_000;

/// What one entry is written as.
pub(super) struct Entry<'a> {
    sort: &'static str,
    pub(super) name: &'a str,
    pub(super) result: Option<&'a str>,
    pub(super) principal: Option<&'a str>,
    pub(super) login: Option<&'a str>,
    pub(super) email: Option<&'a str>,
    pub(super) body: String,
    is_new: bool,
}

impl Store {
    /// Writes a run down, all or nothing. One that is known already is left as it is.
    ///
    /// # Errors
    /// Where the database does not take it.
    pub fn record(&mut self, run: &Run) -> Result<(), Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let finished = run.finished_at.as_deref().unwrap_or_default();
        let rows = transaction
            .prepare_cached(
                "INSERT INTO run (id, cause, mode, person, verdict, started_at, finished_at, finished, elapsed_seconds, \
                 requests) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                run.run,
                run.cause,
                run.mode,
                run.person,
                run.verdict.as_deref().unwrap_or_default(),
                run.started_at.as_deref().unwrap_or_default(),
                finished,
                finished.parse::<Timestamp>().unwrap_or_default().as_second(),
                run.elapsed_seconds.unwrap_or_default(),
                serde_json::to_string(&run.requests)?,
            ])?;
        // The report has all of what was told while it was under way.
        transaction.prepare_cached("DELETE FROM unfinished WHERE id = ?1")?.execute([&run.run])?;
        if rows > 0 {
            for target in &run.targets {
                of_pass(&transaction, &run.run, target, run.person.is_none())?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Writes down who approved what.
    ///
    /// # Errors
    /// Where the database does not take it.
    pub fn approve(&mut self, approval: &Approval) -> Result<(), Error> {
        let Approval { code, target, by, peer, at, run } = approval;
        self.connection
            .prepare_cached(
                "INSERT INTO approval (code, target, by, peer, at, given, run) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![code, target, by, peer, at.to_string(), at.as_second(), run])?;
        Ok(())
    }

    /// Lets go of runs that ended before this time, the oldest first, and not of all of them at once. The space is used
    /// again. Says how many they were.
    ///
    /// # Errors
    /// Where the database does not take it.
    pub fn trim(&mut self, before: Timestamp) -> Result<usize, Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut statement = transaction.prepare("SELECT id FROM run WHERE finished < ?1 ORDER BY finished LIMIT ?2")?;
        let old =
            statement.query_map(params![before.as_second(), integer(RUNS_AT_A_TIME)], |row| row.get::<_, String>(0))?;
        let old = old.collect::<Result<Vec<_>, _>>()?;
        drop(statement);
        let (mut runs, mut entries) = (0, 0);
        for run in &old {
            entries += forget(&transaction, run)?;
            runs += 1;
            if entries > ENTRIES_AT_A_TIME {
                break;
            }
        }
        transaction.execute("DELETE FROM unfinished WHERE told < ?1", params![before.as_second()])?;
        transaction.execute("DELETE FROM approval WHERE given < ?1", params![before.as_second()])?;
        transaction.commit()?;
        Ok(runs)
    }

    /// Lets go of the oldest runs beyond so many, and of more while there are more entries than this.
    ///
    /// # Errors
    /// Where the database does not take it.
    pub fn keep_latest(&mut self, runs: usize, entries: usize) -> Result<(), Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        loop {
            let (has_runs, has_entries): (i64, i64) = transaction.query_row(
                "SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM entry)",
                (),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            if has_runs <= integer(runs) && (has_entries <= integer(entries) || has_runs <= 1) {
                return Ok(transaction.commit()?);
            }
            let oldest: String = transaction.query_row("SELECT min(id) FROM run", (), |row| row.get(0))?;
            forget(&transaction, &oldest)?;
        }
    }
}

/// Forgets a run, and what no other one has. Says how many entries its lists had.
fn forget(transaction: &Transaction<'_>, run: &str) -> Result<usize, rusqlite::Error> {
    let mut statement = transaction.prepare_cached("SELECT DISTINCT list FROM pass WHERE run = ?1")?;
    let lists = statement.query_map([run], |row| row.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
    transaction.prepare_cached("DELETE FROM run WHERE id = ?1")?.execute([run])?;
    let mut count = 0;
    for list in lists {
        let mut statement = transaction.prepare_cached(
            "SELECT entry FROM list_entry WHERE list = ?1 AND NOT EXISTS (SELECT 1 FROM pass WHERE pass.list = ?1)",
        )?;
        let entries = statement.query_map([list], |row| row.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
        count += entries.len();
        transaction
            .prepare_cached("DELETE FROM list WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM pass WHERE pass.list = ?1)")?
            .execute([list])?;
        let mut unused = transaction.prepare_cached(
            "DELETE FROM entry WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM list_entry WHERE list_entry.entry = ?1)",
        )?;
        for entry in entries {
            unused.execute([entry])?;
        }
    }
    Ok(count)
}

fn of_pass(transaction: &Transaction<'_>, run: &str, target: &Target, is_whole: bool) -> Result<(), Error> {
    let mut varying = Varying::default();
    let mut entries = Vec::with_capacity(target.actions.len() + target.withheld.len() + target.findings.len());
    for (position, action) in target.actions.iter().enumerate() {
        entries.push(Entry::of_action(action, &varying.without(position, action))?);
    }
    for held in &target.withheld {
        entries.push(Entry::of_withheld(held, &varying.without_of_withheld(held))?);
    }
    for finding in &target.findings {
        entries.push(Entry::of_finding(finding)?);
    }
    let list = list(transaction, &target.name, &entries)?;
    let count = |results: &[&str]| target.actions.iter().filter(|action| results.contains(&&*action.result)).count();
    transaction
        .prepare_cached(
            "INSERT INTO pass (run, target, mode, verdict, error, is_whole, estimate_seconds, members, blocked, \
             connect_users, owned, served, unable, approval, requests, changed, failed, withheld, list, varying) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        )?
        .execute(params![
            run,
            target.name,
            target.mode,
            target.verdict.as_deref().unwrap_or_default(),
            target.error.as_ref().map(serde_json::to_string).transpose()?,
            is_whole,
            target.estimate_seconds,
            target.members.map(integer),
            target.blocked.map(integer),
            target.connect_users.map(integer),
            target.owned.map(integer),
            target.served.map(integer),
            target.unable.map(integer),
            target.approval,
            serde_json::to_string(&target.requests)?,
            integer(count(&["done"])),
            integer(count(&["failed", "skipped"])),
            integer(target.withheld.len()),
            list,
            varying.column()?,
        ])?;
    Ok(())
}

/// The list that says exactly this.
fn list(transaction: &Transaction<'_>, target: &str, entries: &[Entry<'_>]) -> Result<i64, Error> {
    let mut ids = Vec::with_capacity(entries.len());
    let mut hash = Sha256::new();
    for entry in entries {
        let id = entry.id(transaction, target)?;
        hash.update(id.to_be_bytes());
        hash.update([u8::from(entry.is_new)]);
        ids.push(id);
    }
    let digest = hash.finalize();
    let mut known = transaction.prepare_cached("SELECT id FROM list WHERE digest = ?1")?;
    if let Some(list) = known.query_row([digest.as_slice()], |row| row.get(0)).optional()? {
        return Ok(list);
    }
    transaction.prepare_cached("INSERT INTO list (digest) VALUES (?1)")?.execute([digest.as_slice()])?;
    let list = transaction.last_insert_rowid();
    let mut insert =
        transaction.prepare_cached("INSERT INTO list_entry (list, position, entry, is_new) VALUES (?1, ?2, ?3, ?4)")?;
    for (position, (id, entry)) in ids.iter().zip(entries).enumerate() {
        insert.execute(params![list, integer(position), id, entry.is_new])?;
    }
    Ok(list)
}

impl<'a> Entry<'a> {
    /// An action, and what of it is the same each time.
    pub(super) fn of_action(action: &'a Action, lasting: &Action) -> Result<Self, serde_json::Error> {
        let changed = action.changes.iter().find(|change| matches!(change.field.as_str(), "email" | "secondary_email"));
        let deleted = action.user.as_ref().map(|user| &user["IdentityInfo"]);
        let deleted =
            deleted.and_then(|info| [&info["SecondaryEmail"], &info["Email"]].into_iter().find_map(Value::as_str));
        Ok(Self {
            sort: "action",
            name: &action.kind,
            result: Some(&action.result),
            principal: action.principal.as_deref(),
            login: action.login.as_deref(),
            email: changed.and_then(|Change { to, .. }| to.as_deref()).or(deleted),
            body: body(lasting)?,
            is_new: false,
        })
    }

    fn of_withheld(held: &'a Withheld, lasting: &Withheld) -> Result<Self, serde_json::Error> {
        Ok(Self {
            sort: "withheld",
            name: &held.kind,
            result: None,
            principal: held.principal.as_deref(),
            login: held.login.as_deref(),
            email: None,
            body: body(lasting)?,
            is_new: false,
        })
    }

    fn of_finding(finding: &'a Finding) -> Result<Self, serde_json::Error> {
        Ok(Self {
            sort: "finding",
            name: &finding.code,
            result: None,
            principal: finding.principal.as_deref(),
            login: finding.login.as_deref(),
            email: finding.email.as_deref(),
            // Whether it is news belongs to the pass.
            body: body(&Finding { state: "".into(), ..finding.clone() })?,
            is_new: finding.state == "new",
        })
    }

    /// The row that says exactly this of this target.
    fn id(&self, transaction: &Transaction<'_>, target: &str) -> Result<i64, Error> {
        let Self { sort, name, result, principal, login, email, body, is_new: _ } = self;
        let mut hash = Sha256::new();
        for part in [target, sort, body] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut known = transaction.prepare_cached("SELECT id FROM entry WHERE digest = ?1")?;
        if let Some(id) = known.query_row([digest.as_slice()], |row| row.get(0)).optional()? {
            return Ok(id);
        }
        transaction
            .prepare_cached(
                "INSERT INTO entry (digest, target, sort, name, result, principal, login, email, body) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![digest.as_slice(), target, sort, name, result, principal, login, email, body])?;
        Ok(transaction.last_insert_rowid())
    }
}

/// The entry as JSON, without members that are null: what is absent is read as null again.
fn body(entry: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(entry)?;
    let changes = value.get_mut("changes").and_then(Value::as_array_mut);
    for part in changes.into_iter().flatten() {
        without_nulls(part);
    }
    without_nulls(&mut value);
    serde_json::to_string(&value)
}

fn without_nulls(value: &mut Value) {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
}
