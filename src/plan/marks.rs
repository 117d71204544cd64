//! What the tags of a Connect user remember of an absence: since when, on which rung, and what the user had before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::model::id::{RoutingProfileId, SecurityProfileId};
use crate::model::tag;

/// How far in the future a mark may lie: clocks are never quite the same.
const FUTURE: SignedDuration = SignedDuration::from_mins(5);

/// A time that a tag holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mark {
    /// There is no such tag.
    #[default]
    None,
    /// It was then.
    At(Timestamp),
    /// The tag's value is no time, or lies in the future: it says that there was something, not when.
    Invalid(String),
}

impl Mark {
    /// Reads a tag's value. `now` is the time of the pass.
    pub(super) fn read(value: &str, now: Timestamp) -> Self {
        match value.parse::<Timestamp>() {
            Ok(mark) if mark.duration_since(now) <= FUTURE => Self::At(mark),
            _ => Self::Invalid(value.to_owned()),
        }
    }

    /// When, where that can be told.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(*time),
            Self::None | Self::Invalid(_) => None,
        }
    }

    /// Whether there is such a tag.
    #[must_use]
    pub fn is_there(&self) -> bool {
        *self != Self::None
    }
}

/// Everything that the tags remember of an absence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// Since when the person is absent.
    pub absent_since: Mark,
    /// Since when the user is in quarantine.
    pub quarantined_at: Mark,
    /// What the user had before quarantine.
    pub was: Was,
}

/// The profiles that a user had before quarantine, as far as tags say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Was {
    /// The routing profile.
    pub routing_profile: Option<RoutingProfileId>,
    /// The security profiles; none is not known.
    pub security_profiles: BTreeSet<SecurityProfileId>,
}

impl Marks {
    /// Reads them off a user's tags. `now` is the time of the pass.
    #[must_use]
    pub fn read(tags: &BTreeMap<String, String>, now: Timestamp) -> Self {
        let mut marks = Self::default();
        // Nearly nobody carries any, so one walk over the few tags is all that it takes.
        for (key, value) in tags {
            match key.as_str() {
                tag::ABSENT_SINCE => marks.absent_since = Mark::read(value, now),
                tag::QUARANTINED_AT => marks.quarantined_at = Mark::read(value, now),
                tag::WAS_ROUTING_PROFILE if !value.is_empty() => {
                    marks.was.routing_profile = Some(RoutingProfileId::new(value));
                }
                tag::WAS_SECURITY_PROFILES | tag::WAS_SECURITY_PROFILES_2 => {
                    marks.was.security_profiles.extend(value.split_whitespace().map(SecurityProfileId::new));
                }
                _ => {}
            }
        }
        marks
    }

    /// Whether quarantine has begun, even if it was cut short: there is something to be given back.
    #[must_use]
    pub fn in_quarantine(&self) -> bool {
        self.quarantined_at.is_there() || self.was != Was::default()
    }

    /// The marks that cannot be used, by key, with their values.
    pub(super) fn invalid(&self) -> Vec<(&'static str, &str)> {
        let marks = [(tag::ABSENT_SINCE, &self.absent_since), (tag::QUARANTINED_AT, &self.quarantined_at)];
        let invalid = marks.into_iter().filter_map(|(key, mark)| match mark {
            Mark::Invalid(value) => Some((key, value.as_str())),
            Mark::None | Mark::At(_) => None,
        });
        invalid.collect()
    }
}

impl Was {
    /// The tags that remember these profiles.
    #[must_use]
    pub fn tags(
        routing: Option<&RoutingProfileId>,
        security: &BTreeSet<SecurityProfileId>,
    ) -> BTreeMap<String, String> {
        let ids: Vec<&str> = security.iter().map(SecurityProfileId::as_str).collect();
        let (first, rest) = ids.split_at(ids.len().min(tag::PROFILES_IN_TAG));
        let values = [
            (tag::WAS_ROUTING_PROFILE, routing.map_or_else(String::new, ToString::to_string)),
            (tag::WAS_SECURITY_PROFILES, first.join(" ")),
            (tag::WAS_SECURITY_PROFILES_2, rest.join(" ")),
        ];
        values.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_mark_is_a_time_that_has_come_or_is_no_use() {
        let read = |value| Marks::read(&tags(&[(tag::ABSENT_SINCE, value)]), now()).absent_since;
        assert_eq!(read("2026-02-01T00:00:00Z").time(), "2026-02-01T00:00:00Z".parse().ok());
        assert_eq!(read("2026-03-01T12:05:00Z").time(), "2026-03-01T12:05:00Z".parse().ok());
        for value in ["2026-03-01T12:05:01Z", "2099-01-01T00:00:00Z", "yesterday", "", "2026-02-30T00:00:00Z"] {
            assert_eq!(read(value), Mark::Invalid(value.to_owned()));
        }
        assert_eq!(Marks::read(&tags(&[]), now()).absent_since, Mark::None);
    }

    #[test]
    fn ten_profiles_are_remembered_in_values_that_connect_takes() {
        let id = |n: usize| format!("{n:08}-1111-4222-8333-bbbbbbbbbbbb");
        for count in 1..=10 {
            let security: BTreeSet<_> = (0..count).map(|n| SecurityProfileId::new(id(n))).collect();
            let routing = RoutingProfileId::new(id(99));
            let tags = Was::tags(Some(&routing), &security);
            assert!(tags.values().all(|value| value.len() <= 256), "{tags:?}");
            assert_eq!(tags.len(), if count > 6 { 3 } else { 2 });
            let was = Marks::read(&tags, now()).was;
            assert_eq!(was, Was { routing_profile: Some(routing), security_profiles: security });
        }
    }

    /// The keys of marks, and others.
    fn key() -> impl Strategy<Value = String> {
        let ours = [
            tag::ABSENT_SINCE,
            tag::QUARANTINED_AT,
            tag::WAS_ROUTING_PROFILE,
            tag::WAS_SECURITY_PROFILES,
            tag::WAS_SECURITY_PROFILES_2,
            "rollcall:absent_since",
        ];
        prop_oneof![8 => prop::sample::select(ours.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
    }

    /// A time about now, nearly a time, or anything.
    fn value() -> impl Strategy<Value = String> {
        let about = |seconds| now().checked_add(SignedDuration::from_secs(seconds)).unwrap().to_string();
        prop_oneof![
            (-1_000..1_000_i64).prop_map(about),
            "-?[0-9]{4,6}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2}|)",
            "[0-9a-f -]{0,80}",
            any::<String>(),
        ]
    }

    proptest! {
        /// Whoever may tag users writes what they like.
        #[test]
        fn no_tag_is_a_time_that_has_not_come(tags in prop::collection::btree_map(key(), value(), 0..8)) {
            let marks = Marks::read(&tags, now());
            for (key, mark) in [(tag::ABSENT_SINCE, &marks.absent_since), (tag::QUARANTINED_AT, &marks.quarantined_at)] {
                prop_assert_eq!(mark.is_there(), tags.contains_key(key));
                prop_assert!(mark.time().is_none_or(|time| time.duration_since(now()) <= FUTURE), "{:?}", tags);
            }
            prop_assert!(marks.in_quarantine() || !tags.contains_key(tag::QUARANTINED_AT));
            prop_assert!(marks.was.security_profiles.iter().all(|id| !id.as_str().contains(char::is_whitespace)));
            prop_assert!(marks.invalid().len() <= 2);
        }

        #[test]
        fn what_somebody_had_is_read_as_it_was_written(
            routing in prop::option::of("[0-9a-f-]{1,36}"),
            security in prop::collection::btree_set("[0-9a-f-]{1,36}", 0..=10),
        ) {
            let was = Was {
                routing_profile: routing.map(RoutingProfileId::new),
                security_profiles: security.into_iter().map(SecurityProfileId::new).collect(),
            };
            let tags = Was::tags(was.routing_profile.as_ref(), &was.security_profiles);
            prop_assert!(tags.values().all(|value| value.len() <= 256));
            prop_assert_eq!(Marks::read(&tags, now()).was, was);
        }
    }
}
