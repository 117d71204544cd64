//! The CSV of Connect's bulk upload, for people who may upload users and have nobody who lets a program create them.
//! Pure: [`export`] makes an [`Upload`] of a snapshot, which says itself what it leaves out.
//!
//! Rows are what a pass would create, whether a guard holds it back or not: a guard is there for writes that nobody
//! looks at, and this list is uploaded by a person.

mod row;

use std::collections::{BTreeMap, BTreeSet};

pub use self::row::{HEADER, Obstacle, Row};
use crate::cell::Table;
use crate::model::connect::NewUser;
use crate::model::settings::Settings;
use crate::model::snapshot::Snapshot;
use crate::plan::finding::{Finding, Kind};
use crate::plan::{self, Guard, Plan, Unmade, Write};

/// The most rows that Connect takes in one file, the header not counted.
pub const MOST_ROWS: usize = 1000;
/// Past so many different routing profiles, security profiles or hierarchy groups in a file, Connect may not be able to
/// validate it.
pub const MOST_NAMES: usize = 100;

/// Whose rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Those whom a pass would create.
    Missing,
    /// Those whom a pass would create if the instance were empty.
    Everybody,
}

/// One target's people for the bulk upload, and what there is to say about them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Upload {
    /// Sorted by login.
    pub rows: Vec<Row>,
    /// How many of those whom a pass would create it would hold back, by the guard. Nothing where everybody is wanted:
    /// that plan is about a world that does not exist.
    pub withheld: BTreeMap<Guard, usize>,
    /// People whom a row cannot say, by the reason.
    pub unsayable: BTreeMap<Obstacle, usize>,
    /// Members who have no Connect user and would get none, by the reason.
    pub unready: BTreeMap<Unmade, usize>,
    /// Groups and profiles that the configuration names and that are not there, or groups with nobody in them: so many
    /// people may be missing here as nothing else can tell.
    pub gaps: Vec<Finding>,
    /// What the rows leave out or say in another way.
    pub losses: Losses,
}

/// What rows leave out or say in another way, in numbers of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    /// A name has an apostrophe in it, since it would be a formula.
    pub defused: usize,
    /// Auto accept or the time for work after a contact, which the template has no column for.
    pub contact_handling: usize,
    /// An e-mail address, likewise.
    pub addresses: usize,
    /// Tags whose key has the sign that stands between key and value.
    pub tags: usize,
}

/// Makes the upload of one target.
///
/// # Errors
/// Gives the finding that makes the whole target impossible.
pub fn export(mut snapshot: Snapshot, settings: &Settings, who: Who) -> Result<Upload, Box<Finding>> {
    if who == Who::Everybody {
        snapshot.users.clear();
    }
    let plan = plan::plan(&snapshot, settings);
    if let Some(refusal) = plan.refusal() {
        return Err(Box::new(refusal.clone()));
    }
    let gaps = plan.findings().iter().filter(|finding| is_gap(&finding.kind)).cloned().collect();
    let mut upload = Upload { unready: unready(&plan), gaps, ..Upload::default() };
    for action in plan.actions() {
        upload.add(&action.write, &snapshot);
    }
    for held in plan.withheld() {
        if upload.add(&held.action.write, &snapshot) && who == Who::Missing {
            *upload.withheld.entry(held.guard).or_default() += 1;
        }
    }
    upload.rows.sort_by(|one, other| one.login().cmp(other.login()));
    Ok(upload)
}

impl Upload {
    /// Takes in what creates somebody. Says whether it became a row.
    fn add(&mut self, write: &Write, snapshot: &Snapshot) -> bool {
        let Write::CreateUser { user, .. } = write else { return false };
        match Row::new(user, &snapshot.catalog) {
            Ok(row) => {
                self.losses.add(user);
                self.rows.push(row);
                true
            }
            Err(obstacle) => {
                *self.unsayable.entry(obstacle).or_default() += 1;
                false
            }
        }
    }

    /// The rows, file by file.
    pub fn files(&self) -> impl Iterator<Item = &[Row]> {
        self.rows.chunks(MOST_ROWS)
    }
}

impl Losses {
    fn add(&mut self, user: &NewUser) {
        let handles =
            user.phone.as_ref().is_some_and(|phone| phone.auto_accept.is_some() || phone.after_contact_work.is_some());
        self.contact_handling += usize::from(handles);
        self.addresses += usize::from(user.email.is_some() || user.secondary_email.is_some());
        self.defused += usize::from(row::has_formula(user));
        self.tags += usize::from(user.tags.keys().any(|key| !row::is_sayable(key)));
    }
}

/// The file with these rows. What has to stay as it is was [refused](Obstacle::Formula) where it is a formula, so that the
/// table leaves it alone.
///
/// # Errors
/// Where the text cannot be put together, as [`Table`] has it.
pub fn csv(rows: &[Row]) -> Result<String, csv::Error> {
    let mut table = Table::new(&HEADER)?;
    for row in rows {
        table.row(row.cells())?;
    }
    table.text()
}

/// How many different names stand in these rows, by the column, where they are more than Connect may be able to
/// validate.
#[must_use]
pub fn crowded(rows: &[Row]) -> Vec<(&'static str, usize)> {
    let count = |names: BTreeSet<&str>| names.len();
    let counts = [
        ("routing profiles", count(rows.iter().map(Row::routing_profile).collect())),
        ("security profiles", count(rows.iter().flat_map(Row::security_profiles).collect())),
        ("hierarchy groups", count(rows.iter().filter(|row| row.has_hierarchy()).map(Row::hierarchy).collect())),
    ];
    counts.into_iter().filter(|(_, count)| *count > MOST_NAMES).collect()
}

/// Whether a finding means that a mapping may give nobody a row.
fn is_gap(kind: &Kind) -> bool {
    matches!(kind, Kind::GroupMissing { .. } | Kind::GroupEmpty { .. } | Kind::ProfileMissing { .. })
}

/// Why members who have no Connect user would get none from a pass either, and how many they are.
fn unready(plan: &Plan) -> BTreeMap<Unmade, usize> {
    let mut unready = BTreeMap::new();
    for unmade in plan.counts().shut_out.iter().filter_map(|member| member.unmade.clone()) {
        *unready.entry(unmade).or_default() += 1;
    }
    unready
}
