//! When the house speaks up by itself, as settings.
//!
//! Knows the thresholds and nothing of what is compared with them.

use std::time::Duration;

use clap::Args;

use crate::server::config::limits::within;

/// When the house speaks up, as the operator types it.
#[derive(Args, Clone, Copy, Debug)]
pub struct NoticeSettings {
    /// Days that notices are kept
    #[arg(long, env = "PODIUM_NOTICE_DAYS", default_value_t = 30, value_name = "DAYS", value_parser = within::<u32>(1, 3_650))]
    pub notice_days: u32,

    /// Megabytes free on the disk of the data folder below which operators are warned
    #[arg(long, env = "PODIUM_DISK_WARN_MB", default_value_t = 1_024, value_name = "NUMBER", value_parser = within::<u64>(0, 1_073_741_824))]
    pub disk_warn_mb: u64,

    /// Megabytes free on the disk of the data folder below which that is told as an error
    #[arg(long, env = "PODIUM_DISK_ERROR_MB", default_value_t = 256, value_name = "NUMBER", value_parser = within::<u64>(0, 1_073_741_824))]
    pub disk_error_mb: u64,

    /// Milliseconds of one commit from which on operators are told that the disk is slow
    #[arg(long, env = "PODIUM_SLOW_COMMIT_MS", default_value_t = 1_000, value_name = "NUMBER", value_parser = within::<u64>(1, 600_000))]
    pub slow_commit_ms: u64,

    /// Wrong passwords within a quarter of an hour, for one account or from one address, of which operators are told
    #[arg(long, env = "PODIUM_WRONG_PASSWORDS_TOLD", default_value_t = 5, value_name = "NUMBER", value_parser = within::<u32>(1, 10_000))]
    pub wrong_passwords_told: u32,
}

/// When the house speaks up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeConfig {
    /// Notices are kept so many days.
    pub days: u32,
    /// Less than so many megabytes free is little.
    pub disk_warn_mb: u64,
    /// Less than so many is too little.
    pub disk_error_mb: u64,
    /// A commit that takes so long is slow.
    pub slow_commit: Duration,
    /// So many wrong passwords are told.
    pub wrong_passwords: u32,
}

impl From<NoticeSettings> for NoticeConfig {
    fn from(typed: NoticeSettings) -> Self {
        Self {
            days: typed.notice_days,
            disk_warn_mb: typed.disk_warn_mb,
            disk_error_mb: typed.disk_error_mb,
            slow_commit: Duration::from_millis(typed.slow_commit_ms),
            wrong_passwords: typed.wrong_passwords_told,
        }
    }
}
