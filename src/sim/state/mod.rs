//! The simulator's own tables: what exists, and the rules that hold between its parts whoever changes it. They know
//! nothing of HTTP, of error codes or of pages; the modules of the services do.

pub(super) mod center;
pub(super) mod directory;
pub(super) mod instance;
pub(super) mod phone;
pub(super) mod sessions;

use std::collections::BTreeMap;
use std::ops::Bound;

use jiff::Timestamp;

use center::Center;
use directory::Directory;
use instance::Instance;
use sessions::{Role, Sessions};

/// Everything that exists.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// Identity Center: where it is, its applications and who is assigned to them.
    pub(super) center: Center,
    /// Its people and groups.
    pub(super) directory: Directory,
    /// Connect instances by id.
    pub(super) instances: BTreeMap<String, Instance>,
    /// Roles that may be assumed, by ARN.
    pub(super) roles: BTreeMap<String, Role>,
    /// Who has assumed them.
    pub(super) sessions: Sessions,
    /// Things made since the world began, so that a thing made again gets another id.
    pub(super) made: u64,
}

impl State {
    /// The id of a new thing: one that nothing had before, and the same in every run with the same history.
    pub(super) fn new_id(&mut self, kind: &str, name: &str) -> String {
        self.made += 1;
        super::ids::uuid(&["made", kind, name, &self.made.to_string()])
    }
}

/// When the things of a world were made.
pub(super) const GENESIS: Timestamp = Timestamp::constant(1_735_689_600, 0);

/// The entries of a table after a key, in order.
pub(super) fn after<'t, V>(
    table: &'t BTreeMap<String, V>,
    key: Option<&str>,
) -> impl Iterator<Item = (&'t str, &'t V)> + use<'t, V> {
    let start = key.map_or(Bound::Unbounded, Bound::Excluded);
    table.range::<str, _>((start, Bound::Unbounded)).map(|(key, value)| (key.as_str(), value))
}
