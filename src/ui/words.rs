//! Numbers and lengths of time as people read them.
//!
//! Knows English and nothing of pages; every function is the same on both sides.

use crate::domain::time::Millis;

/// A number with its thousands apart: `4,325`.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number with its noun, which takes an `s` unless it is one: `1 question`, `10 questions`.
pub fn counted(number: u32, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(number))
}

/// A place in an order: `1st`, `22nd`, `113th`.
pub fn ordinal(number: u32) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{}{ending}", grouped(number))
}

/// A length of time in one or two units: `12 s`, `3 min`, `1 h 5 min`. Rounded down, never below zero.
pub fn lasting(length: Millis) -> String {
    let seconds = length.0.max(0) / 1_000;
    match (seconds / 3_600, seconds / 60 % 60, seconds) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, _) => format!("{minutes} min"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A length of time to the second, for what was chosen or measured: `20 min`, `1 h 30 min`, `1 min 30 s`. Never below zero.
pub fn exact(length: Millis) -> String {
    let seconds = length.0.max(0) / 1_000;
    let parts = [(seconds / 3_600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let words: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, unit)| format!("{number} {unit}")).collect();
    if words.is_empty() { "0 s".to_owned() } else { words.join(" ") }
}

/// How long ago something was, in one unit: `just now`, `12 min ago`, `3 days ago`.
pub fn ago(length: Millis) -> String {
    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;
    match length.0 {
        ..60_000 => "just now".to_owned(),
        60_000..HOUR => format!("{} ago", lasting(length)),
        HOUR..DAY => format!("{} ago", lasting(Millis(length.0 / HOUR * HOUR))),
        DAY.. => format!("{} ago", counted(u32::try_from(length.0 / DAY).unwrap_or(u32::MAX), "day")),
    }
}

/// What is left of a time, as a clock that runs down shows it: `06:12`, `1:02:03`. Rounded up, never below zero.
pub fn running_clock(left: Millis) -> String {
    let seconds = left.whole_seconds_up();
    match seconds / 3_600 {
        0 => format!("{:02}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// A part of a whole that is counted in thousandths: `4 %`, `12.5 %`.
pub fn percent_of_permille(permille: u64) -> String {
    match permille % 10 {
        0 => format!("{} %", permille / 10),
        tenth => format!("{}.{tenth} %", permille / 10),
    }
}

/// A length of time that is counted in microseconds: `0.8 ms`, `12 ms`.
pub fn millis_of_us(us: u64) -> String {
    match us {
        ..10_000 if us % 1_000 >= 50 => format!("{:.1} ms", us as f64 / 1_000.0),
        _ => format!("{} ms", us / 1_000),
    }
}

/// Bytes in the unit that fits: `812 kB`, `4.2 GB`. A thousand of each make one of the next.
pub fn amount_of_bytes(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000_000 => (1_000.0, "kB"),
        1_000_000..1_000_000_000 => (1_000_000.0, "MB"),
        1_000_000_000..1_000_000_000_000 => (1_000_000_000.0, "GB"),
        _ => (1_000_000_000_000.0, "TB"),
    };
    let amount = bytes as f64 / unit;
    if amount < 10.0 { format!("{amount:.1} {name}") } else { format!("{amount:.0} {name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_to_the_second() {
        for (ms, text) in [(90_000, "1 min 30 s"), (1_200_000, "20 min"), (86_400_000, "24 h"), (0, "0 s")] {
            assert_eq!(exact(Millis(ms)), text);
        }
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (65_432, "65,432"), (1_000_000, "1,000,000")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "question"), "1 question");
        assert_eq!(counted(0, "question"), "0 questions");
    }

    #[test]
    fn places_have_their_endings() {
        for (number, text) in
            [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")]
        {
            assert_eq!(ordinal(number), text);
        }
    }

    #[test]
    fn figures_have_units_that_fit() {
        assert_eq!([0, 40, 125, 1_000].map(percent_of_permille), ["0 %", "4 %", "12.5 %", "100 %"]);
        assert_eq!([0, 840, 9_000, 12_345].map(millis_of_us), ["0 ms", "0.8 ms", "9 ms", "12 ms"]);
        assert_eq!(
            [0, 812_000, 4_200_000_000, 94_371_840, 1 << 50].map(amount_of_bytes),
            ["0.0 kB", "812 kB", "4.2 GB", "94 MB", "1126 TB"]
        );
    }

    #[test]
    fn what_was_is_told_in_one_unit() {
        for (ms, text) in [
            (-5, "just now"),
            (59_999, "just now"),
            (60_000, "1 min ago"),
            (7_300_000, "2 h ago"),
            (86_400_000, "1 day ago"),
            (200_000_000, "2 days ago"),
        ] {
            assert_eq!(ago(Millis(ms)), text);
        }
    }

    #[test]
    fn a_clock_runs_down_to_zero_and_no_further() {
        for (ms, text) in
            [(-5, "00:00"), (1, "00:01"), (372_000, "06:12"), (3_599_001, "1:00:00"), (3_723_000, "1:02:03")]
        {
            assert_eq!(running_clock(Millis(ms)), text);
        }
    }

    #[test]
    fn lengths_are_told_in_units_that_fit() {
        for (ms, text) in
            [(-5, "0 s"), (59_999, "59 s"), (60_000, "1 min"), (3_600_000, "1 h"), (3_900_000, "1 h 5 min")]
        {
            assert_eq!(lasting(Millis(ms)), text);
        }
    }
}
