//! An entry for somebody's calendar, in the form that calendar programs read.
//!
//! Knows the form and nothing of how it gets there. Source: RFC 5545 (iCalendar).

use crate::domain::time::Timestamp;

/// Octets of a line, its end not counted. Source: RFC 5545, 3.1.
const LINE_OCTETS: usize = 75;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarEntry {
    /// What names it for ever, in printable ASCII: the same entry sent again takes the place of the first.
    pub uid: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it begins.
    pub begins_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// What it is called.
    pub summary: String,
    /// More about it; may be empty.
    pub description: String,
    /// Where it leads.
    pub url: String,
}

impl CalendarEntry {
    /// The entry as a whole calendar, with the ends of lines that the form asks for.
    pub fn written(&self) -> String {
        let mut written = String::new();
        let mut line = |text: &str| fold(text, &mut written);
        line("BEGIN:VCALENDAR");
        line("VERSION:2.0");
        line("PRODID:-//Podium//Podium//EN");
        line("METHOD:PUBLISH");
        line("BEGIN:VEVENT");
        line(&format!("UID:{}", plain(&self.uid)));
        line(&format!("DTSTAMP:{}", time(self.made_at)));
        line(&format!("DTSTART:{}", time(self.begins_at)));
        line(&format!("DTEND:{}", time(self.ends_at.max(self.begins_at))));
        line(&format!("SUMMARY:{}", escaped(&self.summary)));
        if !self.description.is_empty() {
            line(&format!("DESCRIPTION:{}", escaped(&self.description)));
        }
        line(&format!("URL:{}", plain(&self.url)));
        line("END:VEVENT");
        line("END:VCALENDAR");
        written
    }
}

/// A time in UTC, for example `20261120T121805Z`.
fn time(at: Timestamp) -> String {
    let text = at.to_string();
    let digits: String = text.chars().take(19).filter(|letter| letter.is_ascii_digit() || *letter == 'T').collect();
    format!("{digits}Z")
}

/// A text value. Source: RFC 5545, 3.3.11.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.replace("\r\n", "\n").chars() {
        match letter {
            '\n' | '\r' => escaped.push_str("\\n"),
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A value that is not escaped and so must hold nothing that ends a line.
fn plain(value: &str) -> String {
    value.chars().filter(|letter| !letter.is_control()).collect()
}

/// Writes a line in pieces of [`LINE_OCTETS`], each but the first behind a blank, and no character in two of them.
fn fold(line: &str, into: &mut String) {
    let mut octets = 0;
    for letter in line.chars() {
        if octets + letter.len_utf8() > LINE_OCTETS {
            into.push_str("\r\n ");
            octets = 1;
        }
        into.push(letter);
        octets += letter.len_utf8();
    }
    into.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> CalendarEntry {
        CalendarEntry {
            uid: "7@quiz.example".to_owned(),
            made_at: Timestamp(0),
            begins_at: Timestamp(1_795_177_085_250),
            ends_at: Timestamp(1_795_180_685_250),
            summary: "Space; or: \"Comets, and\\or stars\"".to_owned(),
            description: "First line\nsecond\r\nthird\u{7}".to_owned(),
            url: "https://quiz.example/i/abc".to_owned(),
        }
    }

    #[test]
    fn an_entry_is_written_as_calendars_read_it() {
        let expected = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Podium//Podium//EN\r\nMETHOD:PUBLISH\r\n\
            BEGIN:VEVENT\r\nUID:7@quiz.example\r\nDTSTAMP:19700101T000000Z\r\nDTSTART:20261120T121805Z\r\n\
            DTEND:20261120T131805Z\r\nSUMMARY:Space\\; or: \"Comets\\, and\\\\or stars\"\r\n\
            DESCRIPTION:First line\\nsecond\\nthird\r\nURL:https://quiz.example/i/abc\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(entry().written(), expected);
    }

    #[test]
    fn lines_are_folded_at_75_octets_and_never_inside_a_character() {
        for summary in ["x".repeat(67), "x".repeat(68), "é".repeat(200), "\u{1F680}".repeat(100), "a€".repeat(90)] {
            let written = CalendarEntry { summary: summary.clone(), ..entry() }.written();
            assert!(written.split("\r\n").all(|line| line.len() <= LINE_OCTETS), "{written}");
            assert!(written.replace("\r\n ", "").contains(&format!("SUMMARY:{summary}\r\n")), "{written}");
        }
        let folds = |length: usize| {
            CalendarEntry { summary: "x".repeat(length), description: String::new(), ..entry() }
                .written()
                .matches("\r\n ")
                .count()
        };
        assert_eq!((folds(67), folds(68)), (0, 1), "SUMMARY: and 67 letters fill a line");
    }

    #[test]
    fn nothing_that_somebody_writes_begins_another_line() {
        let sly = "x\r\nATTENDEE:mailto:a@b\nEND:VEVENT";
        let entry = CalendarEntry {
            uid: sly.to_owned(),
            summary: sly.to_owned(),
            description: sly.to_owned(),
            url: sly.to_owned(),
            ..entry()
        };
        let written = entry.written();
        assert_eq!(written.matches("\r\nEND:VEVENT").count(), 1, "{written}");
        assert!(!written.contains("\r\nATTENDEE"), "{written}");
    }

    #[test]
    fn an_entry_never_ends_before_it_begins() {
        let written = CalendarEntry { ends_at: Timestamp(0), ..entry() }.written();
        assert!(written.contains("DTEND:20261120T121805Z"), "{written}");
    }
}
