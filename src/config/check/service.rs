//! `[schedule]`, `[http]`, `[log]`, `[history]` and `[timeouts]`: how the program itself runs.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::{TZ_VARIANTS, Tz};
use jiff::SignedDuration;

use super::section::Section;
use crate::config::schedule::{self, CronError};
use crate::config::{History, Http, Log, People, Schedule, file, suggest};
use crate::model::limits::Timeouts;

/// `[schedule]`.
pub(super) fn schedule(section: &mut Section<'_, '_>, written: &file::Schedule) -> Schedule {
    let cron = section.text("cron", written.cron.as_deref());
    if let Some(Err(error)) = cron.as_deref().map(schedule::check) {
        let hint = match (&error, cron.as_deref()) {
            (CronError::Fields(5), Some(cron)) => {
                format!("the first field is the second: did you mean `0 {}`?", cron.trim())
            }
            (CronError::Never, _) => "where both day and weekday are given, both must match".to_owned(),
            _ => "for example `0 */15 * * * *` (every 15 minutes)".to_owned(),
        };
        section.wrong_with("cron", error, hint);
    }
    let timezone = section.text("timezone", written.timezone.as_deref());
    if let Some(name) = timezone.as_deref().filter(|name| name.parse::<Tz>().is_err()) {
        let nearest = suggest::nearest(name, TZ_VARIANTS.iter().map(|zone| zone.name()));
        let hint =
            nearest.map_or_else(|| "an IANA name, for example `Europe/London`".to_owned(), suggest::did_you_mean);
        section.wrong_with("timezone", format_args!("is no time zone: `{name}`"), hint);
    }
    Schedule {
        cron: cron.unwrap_or_else(|| "0 */15 * * * *".to_owned()),
        timezone: timezone.unwrap_or_else(|| "UTC".to_owned()),
        jitter: section
            .duration("jitter", written.jitter.as_deref())
            .map_or(Duration::ZERO, SignedDuration::unsigned_abs),
        on_start: written.on_start.unwrap_or(true),
    }
}

/// `[http]`.
pub(super) fn http(section: &mut Section<'_, '_>, written: &file::Http) -> Http {
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
    let listen = written.listen.as_deref().map_or(Ok(default), str::parse);
    if listen.is_err() {
        let hint = "for example `127.0.0.1:8080`, `0.0.0.0:8080` or `[::1]:8080`; names are not looked up";
        section.wrong_with("listen", "is no IP address and port", hint);
    }
    let token_file = section.text("token_file", written.token_file.as_deref()).map(PathBuf::from);
    let read_token_file = section.text("read_token_file", written.read_token_file.as_deref()).map(PathBuf::from);
    if read_token_file.is_some() && read_token_file == token_file {
        let hint = "a token that can only read has to be another one";
        section.wrong_with("read_token_file", "is the same file as `token_file`", hint);
    }
    Http { listen: listen.unwrap_or(default), token_file, read_token_file }
}

/// `[log]`.
pub(super) fn log(section: &mut Section<'_, '_>, written: &file::Log) -> Log {
    let key_file = section.text("people_key_file", written.people_key_file.as_deref()).map(PathBuf::from);
    let people = match (written.people, key_file) {
        (None | Some(file::People::Plain), _) => People::Plain,
        (Some(file::People::Hashed), Some(key_file)) => People::Hashed { key_file },
        (Some(file::People::Hashed), None) => {
            section.missing("people_key_file", "`people = \"hashed\"` needs a file with the key of the hash");
            People::Plain
        }
    };
    let level = written.level.unwrap_or(file::Level::Info).as_str().to_owned();
    Log { format: written.format.map(Into::into), level, people }
}

/// `[history]`.
pub(super) fn history(section: &mut Section<'_, '_>, written: &file::History) -> History {
    let keep = section.positive("keep", written.keep.as_deref());
    let path = section.text("path", written.path.as_deref()).map(PathBuf::from);
    if path.as_ref().is_some_and(|path| path.is_relative()) {
        let hint = "the daemon and the commands may be started in different folders";
        section.wrong_with("path", "has to begin with `/`", hint);
    }
    History { path, keep: keep.unwrap_or(SignedDuration::from_hours(400 * 24)) }
}

/// `[timeouts]`.
pub(super) fn timeouts(section: &mut Section<'_, '_>, written: &file::Timeouts) -> Timeouts {
    let mut readable = true;
    let mut take = |name, written: Option<&str>, default| {
        let duration = section.positive(name, written).map(SignedDuration::unsigned_abs);
        readable &= duration.is_some() || written.is_none();
        duration.unwrap_or(default)
    };
    let default = Timeouts::default();
    let timeouts = Timeouts {
        connect: take("connect", written.connect.as_deref(), default.connect),
        attempt: take("attempt", written.attempt.as_deref(), default.attempt),
        call: take("call", written.call.as_deref(), default.call),
    };
    let Timeouts { connect: _, attempt, call } = timeouts;
    if readable && attempt > call {
        // Said of the key that is written: the other may be a default.
        let (name, other) = if written.call.is_some() { ("call", "attempt") } else { ("attempt", "call") };
        let (this, that) = if name == "call" { (call, attempt) } else { (attempt, call) };
        let relation = if name == "call" { "shorter" } else { "longer" };
        let message = format!("is {relation} ({}s) than `timeouts.{other}` ({}s)", this.as_secs(), that.as_secs());
        section.wrong_with(name, message, "a call has room for at least one attempt");
    }
    timeouts
}
