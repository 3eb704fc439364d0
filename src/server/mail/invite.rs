//! What is written to somebody who is invited to a timed session.
//!
//! Plain words, one clear button, the address as text below it; no pictures, nothing that is fetched, readable on light and
//! on dark. It knows what an invite says and nothing of how one is kept.

use sha2::{Digest, Sha256};

use crate::domain::calendar::CalendarEntry;
use crate::domain::moment::moment_of_week;
use crate::domain::time::{Millis, Timestamp};
use crate::server::mail::{Mail, Recipient};

/// How long an entry in a calendar is when nothing says so.
const USUAL_LENGTH: Millis = Millis(30 * 60_000);

/// An invite as a mail is made from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteMail {
    /// Who invites.
    pub organisation_name: String,
    /// Who is invited; may be empty.
    pub person_name: String,
    /// Their address.
    pub address: String,
    /// What they are invited to.
    pub quiz_title: String,
    /// Their personal address of it, whole.
    pub invite_url: String,
    /// How many questions there are.
    pub question_count: u32,
    /// How long they have from when they begin; as long as they like unless said.
    pub limit_ms: Option<Millis>,
    /// Before this they cannot begin.
    pub opens_at: Option<Timestamp>,
    /// After this nothing is taken any more.
    pub closes_at: Option<Timestamp>,
    /// What the admin writes to them; may be empty.
    pub note: String,
}

impl InviteMail {
    /// The mail, made at this time.
    pub fn mail(&self, now: Timestamp) -> Mail {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (title, organisation) = (one_line(&self.quiz_title), one_line(&self.organisation_name));
        let name = one_line(&self.person_name);
        let said = Said {
            hello: if name.is_empty() { "Hello,".to_owned() } else { format!("Hello {name},") },
            invites: format!("{organisation} invites you to “{title}”."),
            facts: self.facts(),
            note: self.note.trim().replace("\r\n", "\n"),
            url: &self.invite_url,
            title: &title,
        };
        Mail {
            to: Recipient { name, address: self.address.clone() },
            subject: shortened(&format!("Your invite to “{title}”")),
            text: said.text(),
            html: said.html(),
            calendar: self.entry(now, &title, &organisation),
        }
    }

    /// What is good to know before one begins, a sentence each.
    fn facts(&self) -> Vec<String> {
        let questions = match self.question_count {
            1 => "It has 1 question".to_owned(),
            count => format!("It has {count} questions"),
        };
        let time = match self.limit_ms {
            Some(limit) => format!(", and you have {} from when you begin.", length(limit)),
            None => ", and you can take as long as you like.".to_owned(),
        };
        let window = match (self.opens_at, self.closes_at) {
            (Some(opens), Some(closes)) => {
                Some(format!("It is open from {} to {}.", moment_of_week(opens), moment_of_week(closes)))
            }
            (Some(opens), None) => Some(format!("It opens on {}.", moment_of_week(opens))),
            (None, Some(closes)) => Some(format!("It is open until {}.", moment_of_week(closes))),
            (None, None) => None,
        };
        let personal = "The link is yours alone; please do not pass it on.".to_owned();
        [Some(format!("{questions}{time}")), window, Some(personal)].into_iter().flatten().collect()
    }

    /// An entry of their calendar: when it opens, or else the last moment to begin.
    fn entry(&self, now: Timestamp, title: &str, organisation: &str) -> Option<CalendarEntry> {
        let length = self.limit_ms.unwrap_or(USUAL_LENGTH);
        let (begins_at, ends_at) = match (self.opens_at, self.closes_at) {
            (Some(opens), Some(closes)) => (opens, closes),
            (Some(opens), None) => (opens, opens + length),
            (None, Some(closes)) => (closes - length, closes),
            (None, None) => return None,
        };
        // The same invite has the same name in every mail, and the name tells nothing of its link.
        let digest = Sha256::digest(self.invite_url.as_bytes());
        let uid: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let description = format!("{}\n\n{}", self.facts().join("\n"), self.invite_url);
        Some(CalendarEntry {
            uid: format!("{uid}@podium"),
            made_at: now,
            begins_at,
            ends_at,
            summary: format!("{title} ({organisation})"),
            description,
            url: self.invite_url.clone(),
        })
    }
}

/// What a mail says, before it has a form.
struct Said<'m> {
    hello: String,
    invites: String,
    facts: Vec<String>,
    note: String,
    url: &'m str,
    title: &'m str,
}

impl Said<'_> {
    fn text(&self) -> String {
        let Self { hello, invites, facts, note, url, .. } = self;
        let note = if note.is_empty() { String::new() } else { format!("{note}\n\n") };
        format!("{hello}\n\n{invites}\n\n{note}{}\n\nBegin here:\n{url}\n", facts.join("\n"))
    }

    fn html(&self) -> String {
        let Self { hello, invites, facts, note, url, title } = self;
        let lines = |text: &str| escaped(text).replace('\n', "<br>");
        let note = match note.as_str() {
            "" => String::new(),
            note => format!("<p class=\"note\" style=\"{NOTE}\">{}</p>", lines(note)),
        };
        let facts: String =
            facts.iter().map(|fact| format!("<li style=\"margin:0 0 6px\">{}</li>", escaped(fact))).collect();
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
             <title>{title}</title><style>{DARK}</style></head>\
             <body style=\"{BODY}\"><div class=\"sheet\" style=\"{SHEET}\">\
             <p style=\"{TEXT}\">{hello}</p><p style=\"{TEXT}\">{invites}</p>{note}\
             <p style=\"margin:28px 0\"><a class=\"button\" href=\"{url}\" style=\"{BUTTON}\">Begin</a></p>\
             <ul style=\"{LIST}\">{facts}</ul>\
             <p class=\"small\" style=\"{SMALL}\">If the button does nothing, copy this address into your browser:<br>\
             <a class=\"address\" href=\"{url}\" style=\"{ADDRESS}\">{url}</a></p></div></body></html>",
            title = escaped(title),
            hello = escaped(hello),
            invites = escaped(invites),
            url = escaped(url),
        )
    }
}

const BODY: &str = "margin:0;padding:24px;background:#f4f2ee;color:#1f1d2b;\
    font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:17px;line-height:1.5";
const SHEET: &str =
    "max-width:560px;margin:0 auto;padding:28px;background:#ffffff;border:1px solid #d9d5cc;border-radius:12px";
const TEXT: &str = "margin:0 0 16px";
const NOTE: &str = "margin:0 0 16px;padding:0 0 0 14px;border-left:4px solid #5b3fd1";
const BUTTON: &str = "display:inline-block;padding:14px 32px;background:#5b3fd1;color:#ffffff;border-radius:8px;\
    font-weight:bold;text-decoration:none";
const LIST: &str = "margin:0 0 24px;padding:0 0 0 20px";
const SMALL: &str = "margin:0;font-size:15px;color:#55516a";
const ADDRESS: &str = "color:#4a2fc0;word-break:break-all";
/// Programs that know of dark mode and of styles; for the others the light one is written at each place.
const DARK: &str = "@media (prefers-color-scheme:dark){body{background:#15131f!important;color:#f1eff8!important}\
    .sheet{background:#211e2e!important;border-color:#3a3550!important}.small{color:#b9b4cc!important}\
    .address{color:#b7a6ff!important}.note{border-color:#b7a6ff!important}\
    .button{background:#b7a6ff!important;color:#15131f!important}}";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A subject that fits, cut between characters.
fn shortened(subject: &str) -> String {
    const SUBJECT_MAX: usize = 140;
    match subject.chars().count() {
        0..=SUBJECT_MAX => subject.to_owned(),
        _ => subject.chars().take(SUBJECT_MAX - 1).chain(['…']).collect(),
    }
}

/// A length of time in words, seconds only where there are no hours.
fn length(length: Millis) -> String {
    let seconds = length.whole_seconds_up();
    let part = |count: u32, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {one}s")),
    };
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let rest = if hours > 0 { 0 } else { rest };
    let parts: Vec<String> =
        [part(hours, "hour"), part(minutes, "minute"), part(rest, "second")].into_iter().flatten().collect();
    if parts.is_empty() { "no time".to_owned() } else { parts.join(" and ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_177_085_250);

    fn invite() -> InviteMail {
        InviteMail {
            organisation_name: "Northwind & Sons".to_owned(),
            person_name: "Ada <b>".to_owned(),
            address: "ada@quiz.example".to_owned(),
            quiz_title: "Comets \"and\" stars".to_owned(),
            invite_url: "https://quiz.example/i/abc?x=1&y=2".to_owned(),
            question_count: 12,
            limit_ms: Some(Millis(1_800_000)),
            opens_at: Some(NOW),
            closes_at: Some(NOW + Millis(86_400_000)),
            note: "Good luck!\nInes <ines@northwind.example>".to_owned(),
        }
    }

    #[test]
    fn an_invite_says_in_text_what_it_is_and_where_it_leads() {
        let mail = invite().mail(NOW);
        assert_eq!(mail.subject, "Your invite to “Comets \"and\" stars”");
        let expected = "Hello Ada <b>,\n\n\
            Northwind & Sons invites you to “Comets \"and\" stars”.\n\n\
            Good luck!\nInes <ines@northwind.example>\n\n\
            It has 12 questions, and you have 30 minutes from when you begin.\n\
            It is open from Friday, 20 November 2026, 12:18 UTC to Saturday, 21 November 2026, 12:18 UTC.\n\
            The link is yours alone; please do not pass it on.\n\n\
            Begin here:\nhttps://quiz.example/i/abc?x=1&y=2\n";
        assert_eq!(mail.text, expected);
    }

    #[test]
    fn nothing_that_somebody_wrote_becomes_a_tag_and_nothing_is_fetched() {
        let html = invite().mail(NOW).html;
        assert!(html.contains("Hello Ada &lt;b&gt;,") && html.contains("Ines &lt;ines@northwind.example&gt;"));
        assert!(html.contains("Good luck!<br>Ines"));
        assert_eq!(
            html.matches("href=\"https://quiz.example/i/abc?x=1&amp;y=2\"").count(),
            2,
            "a button and the address"
        );
        assert!(html.contains(">https://quiz.example/i/abc?x=1&amp;y=2</a>"), "as text");
        assert_eq!(html.matches("class=\"button\"").count(), 1);
        for fetched in ["<img", "src=", "url(", "<script", "<link", "@import", "http://"] {
            assert!(!html.contains(fetched), "{fetched}");
        }
        assert!(html.contains("prefers-color-scheme:dark") && html.contains("content=\"light dark\""));
    }

    #[test]
    fn the_entry_of_the_calendar_follows_the_window() {
        let hour = Millis(3_600_000);
        let of = |opens_at, closes_at, limit_ms| {
            let mail = InviteMail { opens_at, closes_at, limit_ms, ..invite() }.mail(NOW);
            mail.calendar.map(|entry| (entry.begins_at, entry.ends_at))
        };
        assert_eq!(of(None, None, Some(hour)), None);
        assert_eq!(of(Some(NOW), Some(NOW + hour), None), Some((NOW, NOW + hour)));
        assert_eq!(of(Some(NOW), None, Some(hour)), Some((NOW, NOW + hour)));
        assert_eq!(of(None, Some(NOW), Some(hour)), Some((NOW - hour, NOW)));
        assert_eq!(of(None, Some(NOW), None), Some((NOW - USUAL_LENGTH, NOW)));
        let entry =
            |url: &str| InviteMail { invite_url: url.to_owned(), ..invite() }.mail(NOW).calendar.expect("an entry");
        assert_eq!(entry("https://a/i/1").uid, entry("https://a/i/1").uid);
        assert_ne!(entry("https://a/i/1").uid, entry("https://a/i/2").uid);
    }

    #[test]
    fn lengths_and_windows_are_told_in_words() {
        for (ms, words) in [
            (1_000, "1 second"),
            (90_000, "1 minute and 30 seconds"),
            (3_600_000, "1 hour"),
            (5_400_000, "1 hour and 30 minutes"),
            (7_261_000, "2 hours and 1 minute"),
        ] {
            assert_eq!(length(Millis(ms)), words);
        }
        let open = InviteMail { limit_ms: None, opens_at: None, closes_at: None, question_count: 1, ..invite() };
        assert!(open.mail(NOW).text.contains("It has 1 question, and you can take as long as you like.\nThe link"));
        let until = InviteMail { opens_at: None, ..invite() }.mail(NOW).text;
        assert!(until.contains("It is open until Saturday, 21 November 2026, 12:18 UTC."), "{until}");
    }

    #[test]
    fn a_long_title_leaves_a_subject_that_fits() {
        let mail =
            InviteMail { quiz_title: "é ".repeat(100), person_name: "\r\nAda\nKing".to_owned(), ..invite() }.mail(NOW);
        assert_eq!(mail.subject.chars().count(), 140);
        assert_eq!(mail.to.name, "Ada King", "a name is one line");
    }
}
