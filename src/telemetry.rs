//! Log lines: what is written to stderr while the program works. Lines within a run and a pass say so by their span.

use std::io::IsTerminal;

use tracing_subscriber::layer::{Layered, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::aws;
use crate::config::LogFormat;

type Filter = reload::Layer<EnvFilter, Registry>;
type Filtered = Layered<Filter, Registry>;
type Lines = Box<dyn Layer<Filtered> + Send + Sync>;

/// The log of this process, whose level and form can be changed while it runs.
#[derive(Clone)]
pub struct Log {
    filter: reload::Handle<EnvFilter, Registry>,
    lines: reload::Handle<Lines, Filtered>,
}

/// Starts logging. Without a format, a terminal gets text and everything else JSON. `level` is a word of the
/// configuration; the variable `RUST_LOG` overrides it.
///
/// A second start in one process (tests) keeps the first: what it returns changes nothing.
#[must_use]
pub fn start(format: Option<LogFormat>, level: &str) -> Log {
    let (filter, filter_handle) = reload::Layer::new(directives(level));
    let (lines, lines_handle) = reload::Layer::new(form(format));
    if tracing_subscriber::registry().with(filter).with(lines).with(aws::log_ceiling()).try_init().is_ok() {
        log_panics();
    }
    Log { filter: filter_handle, lines: lines_handle }
}

/// Lets a mistake in the program end in the log like everything else, rather than in lines of its own.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let said = payload.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
        let place = panic.location().map(ToString::to_string);
        tracing::error!(event = "panic", place, "{said}");
    }));
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Log")
    }
}

impl Log {
    /// Goes on with another level and another form.
    pub fn change(&self, format: Option<LogFormat>, level: &str) {
        // Only a process that is going down has no log any more.
        let _ = self.filter.reload(directives(level));
        let _ = self.lines.reload(form(format));
    }
}

fn directives(level: &str) -> EnvFilter {
    let override_ = std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty());
    // Libraries are silent but for warnings, unless somebody asks.
    EnvFilter::builder().parse_lossy(override_.unwrap_or_else(|| format!("warn,rollcall={level}")))
}

fn form(format: Option<LogFormat>) -> Lines {
    let terminal = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    match format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json }) {
        LogFormat::Text => lines.with_ansi(terminal && std::env::var_os("NO_COLOR").is_none()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    }
}
