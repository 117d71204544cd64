//! Permissions that were tried, one by one, and what came of it.

use super::error::{Error, ErrorKind};
use super::operation::Operation;

/// One permission that was tried.
#[derive(Debug)]
pub struct Trial {
    /// The operation. Where it depends on another that failed, it was not tried and does not occur.
    pub operation: &'static Operation,
    /// What came of it.
    pub result: Result<(), Error>,
}

/// Takes note of trials, and keeps what they gave.
#[derive(Debug, Default)]
pub(super) struct Trials(Vec<Trial>);

impl Trials {
    /// Notes a trial. An error that names another operation, on the way to this one, is that operation's.
    pub(super) fn note<T>(&mut self, operation: &'static Operation, result: Result<T, Error>) -> Option<T> {
        match result {
            Ok(value) => {
                self.0.push(Trial { operation, result: Ok(()) });
                Some(value)
            }
            Err(error) => {
                self.0.push(Trial { operation: error.operation().unwrap_or(operation), result: Err(error) });
                None
            }
        }
    }

    /// Of several trials of one operation the failures are kept, or one success.
    pub(super) fn once_each(self) -> Vec<Trial> {
        let mut kept: Vec<Trial> = Vec::new();
        for trial in self.0 {
            let earlier = kept.iter().position(|other| other.operation == trial.operation);
            match earlier {
                None => kept.push(trial),
                Some(position) if kept[position].result.is_ok() && trial.result.is_err() => kept[position] = trial,
                Some(_) if trial.result.is_err() && !is_repeated(&kept, &trial) => kept.push(trial),
                Some(_) => {}
            }
        }
        kept
    }
}

/// Whether the same failure is kept already: being denied one group or five is one thing to mend.
fn is_repeated(kept: &[Trial], trial: &Trial) -> bool {
    let is_denied = |trial: &Trial| trial.result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Denied);
    is_denied(trial) && kept.iter().any(|other| other.operation == trial.operation && is_denied(other))
}
