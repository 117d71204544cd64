//! Durations as the file writes them: an integer and one of `s`, `m`, `h` and `d`.

use jiff::SignedDuration;

/// A hundred years of 365 days. Longer times would leave the calendar when they are added to a date.
const LONGEST: i64 = 100 * 365 * 24 * 60 * 60;

/// Why a text is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum DurationError {
    /// It has another form.
    #[error("is no duration, which is an integer and one of `s`, `m`, `h` and `d`")]
    Form,
    /// It is longer than anybody can mean.
    #[error("is longer than 100 years")]
    TooLong,
}

/// Reads `90s`, `15m`, `72h` or `30d`.
pub(super) fn parse(text: &str) -> Result<SignedDuration, DurationError> {
    let unit = text.chars().next_back().ok_or(DurationError::Form)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(DurationError::Form),
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DurationError::Form);
    }
    let count: i64 = digits.parse().map_err(|_| DurationError::TooLong)?;
    let total = count.checked_mul(seconds).filter(|total| *total <= LONGEST).ok_or(DurationError::TooLong)?;
    Ok(SignedDuration::from_secs(total))
}

/// A hint for a text that is no duration: the form that was probably meant.
pub(super) fn hint(text: &str) -> String {
    let letters: String = text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>().to_lowercase();
    let (digits, unit) =
        letters.split_at(letters.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(letters.len()));
    let unit = match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => Some('s'),
        "m" | "min" | "mins" | "minute" | "minutes" => Some('m'),
        "h" | "hr" | "hour" | "hours" => Some('h'),
        "d" | "day" | "days" => Some('d'),
        _ => None,
    };
    match unit {
        Some(unit) if !digits.is_empty() => format!("did you mean `{digits}{unit}`?"),
        _ => "for example `90s`, `15m`, `72h` or `30d`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_unit_has_its_length() {
        let seconds = |text| parse(text).map(|duration| duration.as_secs());
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("15m"), Ok(900));
        assert_eq!(seconds("72h"), Ok(259_200));
        assert_eq!(seconds("30d"), Ok(2_592_000));
        assert_eq!(seconds("0s"), Ok(0));
    }

    #[test]
    fn every_other_form_is_refused() {
        for text in ["", "s", "10", "10 s", "1h30m", "-1s", "+1s", "1.5h", "10S", "٣s", "10ß"] {
            assert_eq!(parse(text), Err(DurationError::Form), "{text}");
        }
    }

    #[test]
    fn what_would_leave_the_calendar_is_refused() {
        assert_eq!(parse("36500d").map(|duration| duration.as_secs()), Ok(LONGEST));
        assert_eq!(parse("36501d"), Err(DurationError::TooLong));
        assert_eq!(parse("9223372036854775807d"), Err(DurationError::TooLong));
        assert_eq!(parse("99999999999999999999s"), Err(DurationError::TooLong));
    }

    #[test]
    fn the_hint_mends_what_is_nearly_right() {
        assert_eq!(hint("20 sec"), "did you mean `20s`?");
        assert_eq!(hint("3 Days"), "did you mean `3d`?");
        assert_eq!(hint("soon"), "for example `90s`, `15m`, `72h` or `30d`");
    }

    proptest! {
        #[test]
        fn any_text_is_a_duration_of_its_form_or_none_with_a_hint(text in "\\PC{0,12}|[0-9]{0,22}[smhdS ]{0,2}") {
            match parse(&text) {
                Ok(read) => {
                    let whole = text.trim_start_matches('0').len();
                    prop_assert!(read >= SignedDuration::ZERO && read.as_secs() <= LONGEST && whole <= 12, "{}", text);
                }
                Err(_) => prop_assert!(!hint(&text).is_empty()),
            }
        }

        #[test]
        fn what_the_form_allows_is_read_to_the_second(
            count in 0..=36_500_i64,
            (unit, seconds) in prop::sample::select(&[("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)][..]),
        ) {
            prop_assert_eq!(parse(&format!("{count}{unit}")), Ok(SignedDuration::from_secs(count * seconds)));
        }
    }
}
