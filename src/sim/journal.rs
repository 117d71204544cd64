//! What was asked, in order of arrival, for tests to read.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;

use super::fault::FaultKind;
use super::service::Service;

/// Requests that the journal remembers; older ones are forgotten.
const CAPACITY: usize = 200_000;

/// A request, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// When it arrived, by the simulator's clock.
    pub at: Timestamp,
    /// The service that it addressed.
    pub service: Service,
    /// The operation that it named.
    pub operation: String,
    /// The answer's HTTP status; none where there is no answer (yet).
    pub status: Option<u16>,
    /// The error code of a refusal, or the kind of connection fault.
    pub code: Option<String>,
    /// What went wrong on request.
    pub fault: Option<FaultKind>,
    /// Which attempt the client said that this is, counting from 1.
    pub attempt: u32,
    /// The access key that signed it.
    pub access_key: String,
    /// The Region in its credential scope.
    pub region: String,
    /// Whether the operation is one that changes something.
    pub write: bool,
}

/// The requests so far.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: VecDeque<Entry>,
    /// The number of the first entry that is still held; numbers are never used again.
    first: u64,
}

impl Journal {
    /// Notes an arrival, and gives the number to finish it by.
    pub(super) fn begin(&mut self, entry: Entry) -> u64 {
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
            self.first += 1;
        }
        self.entries.push_back(entry);
        self.first + self.entries.len() as u64 - 1
    }

    /// Notes what became of an arrival, unless it was forgotten meanwhile.
    pub(super) fn finish(&mut self, number: u64, status: Option<u16>, code: Option<String>, fault: Option<FaultKind>) {
        let index = number.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        if let Some(entry) = index.and_then(|index| self.entries.get_mut(index)) {
            entry.status = status;
            entry.code = code;
            entry.fault = fault;
        }
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.entries.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.first += self.entries.len() as u64;
        self.entries.clear();
    }
}
