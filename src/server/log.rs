//! Logs: lines on the standard error output, for people or for programs.
//!
//! Knows only how lines look; what is in them is said where it happens, and never a password, token, cookie or answer.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, ParseError};

use crate::server::config::{Config, LogFormat};

/// Libraries that write addresses, requests and frames into their finer lines, whole: tokens and answers with them.
const TOO_OPEN: [&str; 4] = ["tungstenite", "tokio_tungstenite", "hyper", "tower_http"];

/// Reads the filter of a log. Whatever it says, what would show secrets stays out.
///
/// # Errors
/// What is wrong with it.
pub fn filter(text: &str) -> Result<EnvFilter, ParseError> {
    let filter = EnvFilter::builder().parse(text)?;
    Ok(TOO_OPEN.iter().fold(filter, |filter, library| {
        let directive = format!("{library}={}", LevelFilter::INFO);
        filter.add_directive(directive.parse().expect("a name and a level are a directive"))
    }))
}

/// Starts the log.
///
/// # Errors
/// One line about the filter that cannot be read.
pub fn start(config: &Config) -> Result<(), String> {
    let filter = filter(&config.log)
        .map_err(|why| format!("--log (PODIUM_LOG) cannot be {:?}: {why}; write a level, like info", config.log))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A second start in one process, as in tests, keeps the first log.
    let _ = match config.log_format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    Ok(())
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

    #[test]
    fn libraries_that_would_write_secrets_are_quiet_at_every_level() {
        let filter = filter("trace").expect("a level").to_string();
        for library in TOO_OPEN {
            assert!(filter.split(',').any(|directive| directive == format!("{library}=info")), "{filter}");
        }
    }
}
