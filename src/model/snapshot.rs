//! All that was read for one target. It is whole: what could not be read is an error of the reader, never a gap here.

use jiff::{SignedDuration, Timestamp};

use super::connect::{ApplicationState, Catalog, ConnectUser, Instance};
use super::directory::Directory;

/// One target's world at one time.
#[derive(Debug, Clone)]
pub struct Snapshot {
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
