//! Logs: lines on the standard error output, for people or for programs.
//!
//! Knows only how lines look; what is in them is said where it happens, and never a password, token, cookie or answer.
//! Libraries are heard from `info` on only: below it they print frames, headers and addresses, and with them secrets.

use std::io;

use tracing::Level;
use tracing::Metadata;
use tracing_subscriber::filter::{FilterExt, ParseError, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::server::config::{Config, LogFormat};

/// Reads the filter of a log.
///
/// # Errors
/// What is wrong with it.
pub fn filter(text: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::builder().parse(text)
}

/// Starts the log.
///
/// # Errors
/// One line about the filter that cannot be read.
pub fn start(config: &Config) -> Result<(), String> {
    let filter = filter(&config.log)
        .map_err(|why| format!("--log (PODIUM_LOG) cannot be {:?}: {why}; write a level, like info", config.log))?;
    // A second start in one process, as in tests, keeps the first log.
    let _ = log(filter, config.log_format, io::stderr).try_init();
    Ok(())
}

/// The log itself, wherever it is written.
pub fn log<W>(filter: EnvFilter, format: LogFormat, writer: W) -> impl SubscriberInitExt
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = filter.and(filter_fn(is_ours_or_no_detail));
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    Registry::default().with(lines.with_filter(filter))
}

fn is_ours_or_no_detail(line: &Metadata<'_>) -> bool {
    line.target().starts_with("podium") || *line.level() <= Level::INFO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_level_or_a_list() {
        assert!(filter("info").is_ok());
        assert!(filter("podium=debug,sqlx=warn").is_ok());
        assert!(filter("podium=loud").is_err());
    }
}
