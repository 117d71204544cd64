//! What the SDK, and the libraries by which it reaches AWS, may say in the log.

use tracing_subscriber::filter::{LevelFilter, Targets};

/// What no level and no `RUST_LOG` gets past. At `trace` the SDK writes whole requests and answers: external ids, session
/// tokens, everybody's name and address. At `info` it writes the external id of an AWS profile. So libraries give no more
/// than warnings, but for those whose lines tell of connections and of where credentials come from, and of nothing else.
#[must_use]
pub fn log_ceiling() -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("rollcall", LevelFilter::TRACE)
        // A line of a profile that it cannot read stands in its warning, whatever is on that line.
        .with_target("aws_runtime::env_config::normalize", LevelFilter::ERROR)
        .with_targets(CONNECTING.map(|library| (library, LevelFilter::DEBUG)))
}

/// Libraries whose lines at `debug` help with a network, a proxy, a certificate or missing credentials.
const CONNECTING: [&str; 4] = ["aws_config::meta", "hyper_rustls", "hyper_util", "rustls"];

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn nobody_can_ask_for_what_the_sdk_sends_and_gets() {
        let ceiling = log_ceiling();
        let shows = |target, level| ceiling.would_enable(target, &level);
        assert!(shows("rollcall::pass", Level::TRACE));
        assert!(shows("hyper_util::client::legacy::connect::http", Level::DEBUG));
        assert!(shows("aws_config::meta::credentials::chain", Level::DEBUG));
        assert!(shows("aws_smithy_runtime::client::defaults", Level::WARN));
        for (target, level) in [
            ("aws_smithy_runtime::client::orchestrator", Level::TRACE),
            ("aws_smithy_runtime::client::orchestrator", Level::DEBUG),
            ("aws_config::profile::credentials", Level::INFO),
            ("aws_runtime::env_config::normalize", Level::WARN),
            ("aws_sigv4::http_request::sign", Level::TRACE),
            ("hyper::proto::h1::role", Level::TRACE),
            ("hyper_util::client::legacy::pool", Level::TRACE),
            ("a_library_that_comes_later", Level::INFO),
        ] {
            assert!(!shows(target, level), "{target} at {level}");
        }
    }
}
