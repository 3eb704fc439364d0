//! Moments in words, in UTC, the same on pages and in mails.
//!
//! Who has a clock of their own with another zone shows that beside it; it is not known here.

use crate::domain::time::Timestamp;

/// A moment with its day of the week: `Friday, 20 November 2026, 12:18 UTC`.
pub fn moment_of_week(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
    // 1 January 1970 was a Thursday.
    let weekday = usize::try_from(at.0.div_euclid(86_400_000).rem_euclid(7)).unwrap_or_default();
    format!("{}, {}", DAYS[weekday], moment(at))
}

/// A moment, in UTC: `5 January 2027, 14:03 UTC`.
pub fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{}, {} UTC", day(at), text.get(11..16).unwrap_or_default())
}

/// The day of a moment, in UTC: `5 January 2027`.
pub fn day(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    // RFC 3339: year, month and day with dashes between them, then a `T`.
    let text = at.to_string();
    let mut parts = text.split(['-', 'T']).map(|part| part.parse::<usize>().unwrap_or_default());
    let (year, month, day) =
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let month = MONTHS.get(month.wrapping_sub(1)).copied().unwrap_or_default();
    format!("{day} {month} {year}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_to_the_minute() {
        assert_eq!(moment(Timestamp(1_798_761_599_999)), "31 December 2026, 23:59 UTC");
    }

    #[test]
    fn a_moment_has_its_day_of_the_week() {
        assert_eq!(moment_of_week(Timestamp(0)), "Thursday, 1 January 1970, 00:00 UTC");
        assert_eq!(moment_of_week(Timestamp(951_782_400_000)), "Tuesday, 29 February 2000, 00:00 UTC");
    }

    #[test]
    fn a_day_has_its_month_by_name() {
        for (ms, text) in
            [(0, "1 January 1970"), (951_782_400_000, "29 February 2000"), (1_798_761_599_999, "31 December 2026")]
        {
            assert_eq!(day(Timestamp(ms)), text);
        }
    }
}
