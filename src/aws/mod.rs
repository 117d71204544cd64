//! AWS: the only module that names a type of the SDK. It reads Identity Store, SSO Admin and Connect into the nouns of
//! [`crate::model`], and carries out single writes. It decides nothing: what to read is told to it, what a reading
//! means and what to write is for others.
//!
//! * [`access`](Access) – how AWS is reached: credentials, roles, endpoint, proxy, time-outs.
//! * [`operation`], [`iam`] – every operation that is ever called, and the permission that it needs.
//! * [`pace`](Pace), `lane` – a call waits for its turn, then is made.
//! * `connector`, `retry`, `answer` – each attempt is timed, checked, and retried as the SDK does it.
//! * [`ledger`](Ledger) – what was called, how it came out, and what time the services say it is.
//! * `paging`, [`directory`](IdentityCenter), `store`, `people`, `person`, `application`, [`connect`](Target) – what is read and written.
//! * [`probe`](Trial) – every read permission tried, one by one.
//! * [`noise`](log_ceiling) – what the SDK may say in the log.
//! * [`error`](Error) – what went wrong, in words that help.

mod access;
mod answer;
mod application;
mod connect;
mod connector;
mod directory;
mod error;
pub mod iam;
mod lane;
mod ledger;
mod noise;
pub mod operation;
mod pace;
mod paging;
mod people;
mod person;
mod probe;
mod retry;
mod store;
mod trial;

pub use access::Access;
pub use application::Assigned;
pub use connect::{Portrait, Target, TargetAt, TargetRead};
pub use directory::{DirectoryRead, IdentityCenter, IdentityCenterAt};
pub use error::{Error, ErrorKind};
pub use ledger::{Ledger, Outcome};
pub use noise::log_ceiling;
pub use operation::{Effect, Operation, Service};
pub use pace::Pace;
pub use probe::{CenterProbe, TargetProbe};
pub use trial::Trial;

#[cfg(test)]
mod tests;
