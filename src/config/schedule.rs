//! Whether a cron pattern can be read, and whether it ever comes.

use chrono::{DateTime, TimeZone as _};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::Schedule;

/// What is wrong with a pattern.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CronError {
    /// It has more or fewer fields than six.
    #[error("has {0} fields, and takes six: second, minute, hour, day, month, weekday")]
    Fields(usize),
    /// A field cannot be read.
    #[error("cannot be read: the {name} is `{text}` ({reason})")]
    Field {
        /// Which.
        name: &'static str,
        /// As written.
        text: String,
        /// The parser's word for it.
        reason: String,
    },
    /// No date is like that.
    #[error("names a date that never comes")]
    Never,
}

/// The fields, in their order.
const FIELDS: [&str; 6] = ["second", "minute", "hour", "day", "month", "weekday"];

/// Reads a pattern of six fields. Where both the day and the weekday are given, both must match.
pub(super) fn check(pattern: &str) -> Result<(), CronError> {
    let fields: Vec<&str> = pattern.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(CronError::Fields(fields.len()));
    }
    // Field by field first: the parser does not say which of them it cannot read.
    for (index, (name, field)) in FIELDS.into_iter().zip(fields).enumerate() {
        let mut alone = ["*"; FIELDS.len()];
        alone[index] = field;
        let read = parse(&alone.join(" "));
        read.map_err(|error| CronError::Field { name, text: field.to_owned(), reason: reason(&error) })?;
    }
    match parse(pattern) {
        Ok(cron) if comes(&cron) => Ok(()),
        _ => Err(CronError::Never),
    }
}

fn parse(pattern: &str) -> Result<Cron, croner::errors::CronError> {
    CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).dom_and_dow(true).build().parse(pattern)
}

impl Schedule {
    /// The first moment after `now` that the pattern names, in its time zone as it is on that day.
    #[must_use]
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        let now = self.zone()?.from_utc_datetime(&DateTime::from_timestamp(now.as_second(), 0)?.naive_utc());
        let next = parse(&self.cron).ok()?.find_next_occurrence(&now, false).ok()?;
        Timestamp::from_second(next.timestamp()).ok()
    }

    /// The time zone, as the scheduler takes it; `None` for a name that it does not know.
    #[must_use]
    pub fn zone(&self) -> Option<Tz> {
        self.timezone.parse().ok()
    }
}

/// Whether some date matches. These 28 years have every day of the year, the 29th of February included, on every
/// weekday; hours, minutes and seconds match on some day whenever they can be read at all.
fn comes(cron: &Cron) -> bool {
    let (first, last) = (date(2000, 1, 1), date(2027, 12, 31));
    let mut dates = first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last);
    dates.any(|day| matches(cron, day).unwrap_or(false))
}

fn matches(cron: &Cron, day: Date) -> Result<bool, croner::errors::CronError> {
    let number = |part: i8| u32::from(part.unsigned_abs());
    let month = number(day.month());
    Ok(cron.pattern.month_match(month)? && cron.pattern.day_match(i32::from(day.year()), month, number(day.day()))?)
}

/// The parser's own words, without its type's name and its final period.
fn reason(error: &croner::errors::CronError) -> String {
    use croner::errors::CronError::{ComponentError, IllegalCharacters, InvalidPattern};
    match error {
        IllegalCharacters(_) => "it has a letter that means nothing there".to_owned(),
        ComponentError(text) | InvalidPattern(text) => text.trim_end_matches('.').to_lowercase(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_patterns_are_read() {
        for pattern in
            ["0 */15 * * * *", "0 0 7 * * MON-FRI", "0 0 0 29 2 *", "0 0 0 29 2 MON", "0 0 6 L * *", "0 0 6 * * 1#2"]
        {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn dates_that_never_come_are_found() {
        for pattern in ["0 0 0 30 2 *", "0 0 0 31 4,6,9,11 *", "0 0 0 31 2 MON"] {
            assert_eq!(check(pattern), Err(CronError::Never), "{pattern}");
        }
    }

    #[test]
    fn seven_in_london_is_seven_on_both_sides_of_a_change_of_clocks() {
        let schedule = Schedule {
            cron: "0 0 7 * * *".to_owned(),
            timezone: "Europe/London".to_owned(),
            jitter: std::time::Duration::ZERO,
            on_start: false,
        };
        let mut now: Timestamp = "2027-03-26T12:00:00Z".parse().unwrap();
        for expected in ["2027-03-27T07:00:00Z", "2027-03-28T06:00:00Z", "2027-03-29T06:00:00Z"] {
            now = schedule.next_after(now).unwrap();
            assert_eq!(now.to_string(), expected);
        }
        now = "2027-10-30T06:00:00Z".parse().unwrap();
        assert_eq!(schedule.next_after(now).unwrap().to_string(), "2027-10-31T07:00:00Z");
    }

    #[test]
    fn day_and_weekday_both_have_to_match() {
        assert_eq!(check("0 0 0 1 * MON#1"), Ok(()), "the first Monday may be the 1st");
        assert_eq!(check("0 0 0 15 * MON#1"), Err(CronError::Never), "the first Monday is never the 15th");
    }

    #[test]
    fn the_number_of_fields_is_six() {
        assert_eq!(check("*/15 * * * *"), Err(CronError::Fields(5)));
        assert_eq!(check("0 0 7 * * * 2027"), Err(CronError::Fields(7)));
        assert_eq!(check("@daily"), Err(CronError::Fields(1)));
        assert_eq!(check(""), Err(CronError::Fields(0)));
    }

    #[test]
    fn a_field_that_cannot_be_read_is_explained() {
        insta::assert_snapshot!(check("0 61 * * * *").unwrap_err(), @"cannot be read: the minute is `61` (number out of bounds)");
        insta::assert_snapshot!(check("0 0 x * * *").unwrap_err(), @"cannot be read: the hour is `x` (it has a letter that means nothing there)");
        insta::assert_snapshot!(check("*/0 0 * * * *").unwrap_err(), @"cannot be read: the second is `*/0` (step cannot be zero)");
        insta::assert_snapshot!(check("0 0 0 * * MONDAY").unwrap_err(), @"cannot be read: the weekday is `MONDAY` (it has a letter that means nothing there)");
    }

    /// A field that may mean something.
    fn field() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("*".to_owned()),
            "[0-9]{1,2}",
            "\\*/[0-9]{1,2}",
            "[0-9]{1,2}-[0-9]{1,2}(/[0-9])?",
            "[0-9]{1,2}(,[0-9]{1,2}){1,3}",
            "(29|30|31|2|4,6|MON|tue|SUN|FEB|dec|L|15W|LW|5#3|\\?)",
            "[0-9*/,#LW?+@A-Za-z-]{0,6}",
        ]
    }

    /// Days that come in some months, some years, or never.
    fn days() -> impl Strategy<Value = Vec<String>> {
        let day = prop::sample::select(vec!["29", "30", "31", "1", "L", "1-7"]);
        let month = prop::sample::select(vec!["2", "4,6,9,11", "FEB", "*", "1"]);
        let weekday = prop::sample::select(vec!["*", "MON", "MON#1", "MON#5", "FRI#L"]);
        (day, month, weekday)
            .prop_map(|(day, month, weekday)| ["0", "0", "7", day, month, weekday].map(str::to_owned).to_vec())
    }

    proptest! {
        // Each case may look at ten thousand days.
        #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]

        /// Whatever is let through also comes, wherever the clocks change, and after the moment that it is asked for.
        #[test]
        fn a_pattern_that_is_let_through_comes(
            fields in prop_oneof![prop::collection::vec(field(), 4..8), days()],
            zone in prop::sample::select(&["UTC", "Europe/London", "Australia/Lord_Howe", "America/St_Johns"][..]),
            now in 1_700_000_000..1_900_000_000_i64,
        ) {
            let cron = fields.join(" ");
            let read = check(&cron);
            prop_assert!(read.is_err() || cron.split_whitespace().count() == 6, "{}", cron);
            let schedule = Schedule { cron, timezone: zone.to_owned(), jitter: std::time::Duration::ZERO, on_start: false };
            let next = schedule.next_after(Timestamp::from_second(now).unwrap());
            if read.is_ok() {
                let next = next.map(Timestamp::as_second);
                prop_assert!(next.is_some_and(|next| next > now), "{}: {:?}", schedule.cron, next);
                let local = schedule.zone().unwrap().timestamp_opt(next.unwrap(), 0).unwrap();
                let day = parse(&schedule.cron).unwrap().pattern;
                prop_assert!(day.day_match(local.year(), local.month(), local.day()).unwrap(), "{}", schedule.cron);
            }
        }

        #[test]
        fn no_text_makes_the_reader_of_patterns_panic(pattern in any::<String>(), zone in any::<String>()) {
            let read = check(&pattern);
            let schedule = Schedule { cron: pattern, timezone: zone, jitter: std::time::Duration::ZERO, on_start: false };
            prop_assert!(schedule.next_after(Timestamp::UNIX_EPOCH).is_none() || read.is_ok());
        }
    }
}
