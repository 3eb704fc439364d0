//! Points in time and lengths of time, in milliseconds.
//!
//! Nothing here reads a clock: what time it is comes in as an argument.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// A point in server time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A length of time in milliseconds; negative when it points back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Millis(pub i64);

impl Millis {
    /// Whole seconds, rounded up and never below zero: what a countdown shows.
    pub fn whole_seconds_up(self) -> u32 {
        u32::try_from(self.0.max(0).saturating_add(999) / 1_000).unwrap_or(u32::MAX)
    }
}

impl Timestamp {
    /// Reads what [`Timestamp`] prints; `None` for any other form.
    pub fn parse(text: &str) -> Option<Self> {
        let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
        let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
        // Days since 1 March 0000, in years that begin in March.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
        let seconds = (part(11, 13)? * 60 + part(14, 16)?) * 60 + part(17, 19)?;
        let read = Self((days * 86_400 + seconds) * 1_000 + part(20, 23)?);
        (read.to_string() == text).then_some(read)
    }
}

impl Add<Millis> for Timestamp {
    type Output = Timestamp;

    fn add(self, length: Millis) -> Timestamp {
        Timestamp(self.0.saturating_add(length.0))
    }
}

impl Sub<Millis> for Timestamp {
    type Output = Timestamp;

    fn sub(self, length: Millis) -> Timestamp {
        Timestamp(self.0.saturating_sub(length.0))
    }
}

impl Sub for Timestamp {
    type Output = Millis;

    fn sub(self, earlier: Timestamp) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds, for example `2026-11-20T12:18:05.250Z`.
    ///
    /// Source: the proleptic Gregorian calendar, counted in eras of 400 years from 1 March 0000.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY_MS: i64 = 86_400_000;
        const ERA_DAYS: i64 = 146_097;
        let day = self.0.div_euclid(DAY_MS);
        let within_day = self.0.rem_euclid(DAY_MS);

        let since_march_0000 = day + 719_468;
        let era = since_march_0000.div_euclid(ERA_DAYS);
        let day_of_era = since_march_0000.rem_euclid(ERA_DAYS);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);

        let (seconds, millis) = (within_day / 1_000, within_day % 1_000);
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(out, "{year:04}-{month:02}-{day_of_month:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_prints_as_rfc_3339() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_795_177_085_250, "2026-11-20T12:18:05.250Z"),
            (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp(ms).to_string(), text);
            assert_eq!(Timestamp::parse(text), Some(Timestamp(ms)), "{text}");
        }
    }

    #[test]
    fn another_form_of_a_time_is_none() {
        for text in
            ["", "2026-11-20", "2026-11-20T12:18:05Z", "2026-02-30T00:00:00.000Z", "2026-11-20T12:18:05.250+01:00"]
        {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_countdown_rounds_up_and_stops_at_zero() {
        for (ms, seconds) in [(-5, 0), (0, 0), (1, 1), (1_000, 1), (1_001, 2)] {
            assert_eq!(Millis(ms).whole_seconds_up(), seconds);
        }
    }
}
