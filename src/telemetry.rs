//! Log lines: what is written to stderr while the program works.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::LogFormat;

/// Starts logging. Without a format, a terminal gets text and everything else JSON. `level` is a word of the
/// configuration; `filter` (the variable `RUST_LOG`) overrides it.
pub fn start(format: Option<LogFormat>, level: &str, filter: Option<&str>) {
    let filter = filter.filter(|filter| !filter.is_empty());
    // The SDK is silent but for warnings, unless somebody asks: at `debug` it would show what it sends.
    let directives = filter.map_or_else(|| format!("warn,rollcall={level}"), str::to_owned);
    let filter = EnvFilter::builder().parse_lossy(directives);
    let format = format.unwrap_or(if std::io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json });
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE)
        .with_target(false);
    // A second start in one process (tests) keeps the first.
    let _ = match format {
        LogFormat::Text => {
            lines.with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()).try_init()
        }
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
    };
}
