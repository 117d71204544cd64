//! All that was read for one target. It is whole: what could not be read is an error of the reader, never a gap here.

use jiff::{SignedDuration, Timestamp};

use super::connect::{ApplicationState, Catalog, ConnectUser, Instance};
use super::directory::Directory;

/// Clocks that are further apart are a fault.
const MOST_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How much of the world was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    Everybody,
    /// One person and the Connect users that may be theirs. Nothing can be concluded about anybody else: groups look
    /// as if this person alone were in them, and the instance as if it had nobody else's users.
    OnePerson,
}

/// One target's world at one time.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// How much of it was read.
    pub scope: Scope,
    /// People and groups.
    pub directory: Directory,
    /// The instance.
    pub instance: Instance,
    /// Its profiles and hierarchy groups.
    pub catalog: Catalog,
    /// Its users, as ListUsers has them; those that only the search index carries do not exist.
    pub users: Vec<ConnectUser>,
    /// The application and its assignments.
    pub application: ApplicationState,
    /// The services' time: the earliest `Date` of the answers that this snapshot was made of.
    pub time: Timestamp,
    /// The widest difference between an answer's `Date` and the host's clock (positive: the service is ahead).
    pub skew: SignedDuration,
}

impl Snapshot {
    /// Whether the services' clock and the host's are too far apart to say what is due.
    #[must_use]
    pub fn is_skewed(&self) -> bool {
        self.skew.abs() > MOST_SKEW
    }
}
