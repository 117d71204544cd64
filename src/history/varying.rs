//! What differs each time in an action that fails, waits or is planned again and again: the time of the pass in the marks
//! that it would set, and the id of the request that failed. It is kept with the pass, so that the rest is one entry,
//! however often it comes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::model::tag;
use crate::report::Trouble;
use crate::report::json::{Action, Change, Withheld};

/// What stands around the id of a request at the end of a cause.
const REQUEST: (&str, &str) = ("(request `", "`)");

/// What stands before the name of a role, a slash and the name of a session. Where credentials come from a web identity,
/// each session has another.
const ROLE: &str = ":assumed-role/";

/// What was taken out of the entries of one pass.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Varying {
    /// The time that marks would have been set to. A pass has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    /// The session that was refused something. A pass seldom has two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// The ids of requests, by the position of their action in the list.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    requests: BTreeMap<usize, String>,
}

impl Varying {
    /// As the row of a pass has it.
    pub(super) fn of_column(column: Option<&str>) -> Result<Self, serde_json::Error> {
        column.map_or_else(|| Ok(Self::default()), serde_json::from_str)
    }

    /// For the row of a pass; `None` where there is nothing.
    pub(super) fn column(&self) -> Result<Option<String>, serde_json::Error> {
        let is_empty = self.time.is_none() && self.session.is_none() && self.requests.is_empty();
        if is_empty { Ok(None) } else { serde_json::to_string(self).map(Some) }
    }

    /// The action without what varies. One that was carried out happened once, and is left as it is.
    pub(super) fn without<'a>(&mut self, position: usize, action: &'a Action) -> Cow<'a, Action> {
        if is_once(&action.result) {
            return Cow::Borrowed(action);
        }
        let mut rest = action.clone();
        self.take_times(&mut rest.changes);
        self.take_sessions(rest.error.as_mut());
        if let Some((cause, begin, end)) = rest.error.as_mut().and_then(request) {
            self.requests.insert(position, cause[begin..end].to_owned());
            cause.replace_range(begin..end, "");
        }
        Cow::Owned(rest)
    }

    /// The same for what is withheld.
    pub(super) fn without_of_withheld(&mut self, held: &Withheld) -> Withheld {
        let mut rest = held.clone();
        self.take_times(&mut rest.changes);
        rest
    }

    /// The action as it was.
    pub(super) fn with(&self, position: usize, mut action: Action) -> Action {
        if !is_once(&action.result) {
            self.give_times(&mut action.changes);
        }
        if let (Some(id), Some((cause, begin, end))) =
            (self.requests.get(&position), action.error.as_mut().and_then(request))
            && begin == end
        {
            cause.insert_str(begin, id);
        }
        self.give_sessions(action.error.as_mut());
        action
    }

    /// The same for what is withheld.
    pub(super) fn with_of_withheld(&self, mut held: Withheld) -> Withheld {
        self.give_times(&mut held.changes);
        held
    }

    fn take_times(&mut self, changes: &mut [Change]) {
        for to in changes.iter_mut().filter_map(mark) {
            // A time that is not that of the others stays where it is.
            if !to.is_empty() && *self.time.get_or_insert_with(|| to.clone()) == *to {
                to.clear();
            }
        }
    }

    fn give_times(&self, changes: &mut [Change]) {
        let Some(time) = &self.time else { return };
        for to in changes.iter_mut().filter_map(mark).filter(|to| to.is_empty()) {
            to.clone_from(time);
        }
    }

    fn take_sessions(&mut self, error: Option<&mut Trouble>) {
        for cause in error.into_iter().flat_map(|error| &mut error.causes) {
            let Some(place) = session(cause) else { continue };
            let found = &cause[place.clone()];
            // One that is not that of the others stays where it is.
            if !found.is_empty() && self.session.get_or_insert_with(|| found.to_owned()) == found {
                cause.replace_range(place, "");
            }
        }
    }

    fn give_sessions(&self, error: Option<&mut Trouble>) {
        let Some(name) = &self.session else { return };
        for cause in error.into_iter().flat_map(|error| &mut error.causes) {
            if let Some(place) = session(cause).filter(Range::is_empty) {
                cause.insert_str(place.start, name);
            }
        }
    }
}

/// Whether an action with this result is told each time that it comes.
fn is_once(result: &str) -> bool {
    matches!(result, "done" | "already_so")
}

/// The time that a mark is to be set to, where this change is one.
fn mark(change: &mut Change) -> Option<&mut String> {
    let key = change.field.strip_prefix("tag:")?;
    if [tag::ABSENT_SINCE, tag::QUARANTINED_AT].contains(&key) { change.to.as_mut() } else { None }
}

/// The cause that ends with the id of a request, and where in it the id begins and ends.
fn request(error: &mut Trouble) -> Option<(&mut String, usize, usize)> {
    let (before, after) = REQUEST;
    error.causes.iter_mut().find_map(|cause| {
        let end = cause.strip_suffix(after)?.len();
        let begin = cause[..end].rfind(before)? + before.len();
        (!cause[begin..end].contains('`')).then_some((cause, begin, end))
    })
}

/// Where in a cause the name of a session stands.
fn session(cause: &str) -> Option<Range<usize>> {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    let role = &cause[cause.find(ROLE)? + ROLE.len()..];
    let name = role.trim_start_matches(is_of_name).strip_prefix('/')?;
    let after = name.trim_start_matches(is_of_name);
    Some(cause.len() - name.len()..cause.len() - after.len())
}
