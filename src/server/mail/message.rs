//! What a mail looks like on the wire, and what can be none.
//!
//! Nothing that somebody typed begins another line of a head: what would is refused in words before it is kept, and the rest
//! is encoded. Source: RFC 5322, RFC 2046, RFC 2047; RFC 3834 for what a machine sends.

use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use crate::domain::email::read_email;
use crate::domain::person::PERSON_NAME_MAX;
use crate::domain::text;
use crate::server::config::mail::Sender;
use crate::server::mail::{Mail, Recipient};
use crate::server::store::mail::DueMail;

/// Characters of a name and of a subject: the longest first and last name fit, with a blank between them.
const LINE_MAX: usize = 2 * PERSON_NAME_MAX + 1;
/// Bytes of a text and of a page: more is no letter.
const TEXT_BYTES_MAX: usize = 200_000;

/// The mail with clean texts, if it can be sent.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub(super) fn checked(mail: Mail) -> Result<Mail, String> {
    let address = read_email(&mail.to.address)?;
    address.parse::<lettre::Address>().map_err(|_| format!("Nobody can be written to at {address}."))?;
    let name = one_line("The name of whom it goes to", &mail.to.name)?;
    let subject = one_line("The subject", &mail.subject)?;
    if subject.is_empty() {
        return Err("A mail needs a subject.".to_owned());
    }
    if mail.text.len() > TEXT_BYTES_MAX || mail.html.len() > TEXT_BYTES_MAX {
        return Err("This mail is far too long.".to_owned());
    }
    Ok(Mail { to: Recipient { name, address }, subject, ..mail })
}

fn one_line(what: &str, typed: &str) -> Result<String, String> {
    let line = typed.trim();
    if line.chars().any(text::is_disruptive) {
        return Err(format!("{what} must be one line without control characters."));
    }
    match text::length(line) {
        0..=LINE_MAX => Ok(line.to_owned()),
        _ => Err(format!("{what} can have {LINE_MAX} characters at most.")),
    }
}

/// A mail as it is sent: text, page and calendar side by side, and the same Message-ID however often it is tried.
///
/// # Errors
/// Why it can never be sent.
pub(super) fn made(mail: &DueMail, from: &Sender) -> Result<Message, String> {
    let DueMail { id, recipient, subject, parts, made_at, .. } = mail;
    let made = SystemTime::UNIX_EPOCH + Duration::from_millis(made_at.0.unsigned_abs());
    let place = from.address.rsplit('@').next().unwrap_or("podium");
    let mut forms = MultiPart::alternative()
        .singlepart(SinglePart::plain(parts.text.clone()))
        .singlepart(SinglePart::html(parts.html.clone()));
    if let Some(calendar) = &parts.calendar {
        let kind = ContentType::parse("text/calendar; charset=utf-8; method=PUBLISH").map_err(|why| why.to_string())?;
        forms = forms.singlepart(SinglePart::builder().header(kind).body(calendar.clone()));
    }
    Message::builder()
        .from(mailbox(&from.name, &from.address)?)
        .to(mailbox(&parts.name, recipient)?)
        .subject(subject.clone())
        .date(made)
        .message_id(Some(format!("<podium.{id}.{}@{place}>", made_at.0)))
        // So that nobody's absence answers.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        .multipart(forms)
        .map_err(|why| why.to_string())
}

fn mailbox(name: &str, address: &str) -> Result<Mailbox, String> {
    let address = address.parse().map_err(|_| "nobody can be written to at this address".to_owned())?;
    Ok(Mailbox::new((!name.is_empty()).then(|| name.to_owned()), address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(name: &str, address: &str, subject: &str) -> Mail {
        let to = Recipient { name: name.to_owned(), address: address.to_owned() };
        Mail { to, subject: subject.to_owned(), text: "Hello".to_owned(), html: "<p>Hello".to_owned(), calendar: None }
    }

    #[test]
    fn what_would_begin_another_line_is_refused_in_words() {
        for (name, address, subject) in [
            ("Ada\r\nBcc: eve@x.example", "ada@x.example", "Hello"),
            ("Ada\nX", "ada@x.example", "Hello"),
            ("Ada", "ada@x.example\r\nBcc: eve@x.example", "Hello"),
            ("Ada", "ada@x.example,eve@x.example", "Hello"),
            ("Ada", "Ada <ada@x.example>", "Hello"),
            ("Ada", "\"ada\"@x.example", "Hello"),
            ("Ada", "ada@x..example", "Hello"),
            ("Ada", "ada", "Hello"),
            ("Ada", "ada@x.example", "Hello\r\nBcc: eve@x.example"),
            ("Ada", "ada@x.example", "Hello\u{2028}you"),
            ("Ada", "ada@x.example", " "),
        ] {
            let why = checked(mail(name, address, subject)).expect_err("refused");
            assert!(why.ends_with('.') && why.starts_with(char::is_uppercase), "{name:?} {address:?}: {why}");
        }
    }

    #[test]
    fn one_beyond_each_bound_is_refused() {
        let long = |length: usize| "x".repeat(length);
        assert!(checked(mail(&long(LINE_MAX), "a@x.example", &long(LINE_MAX))).is_ok());
        assert!(checked(mail(&long(LINE_MAX + 1), "a@x.example", "x")).is_err());
        assert!(checked(mail("", "a@x.example", &long(LINE_MAX + 1))).is_err());
        assert!(checked(Mail { text: long(TEXT_BYTES_MAX), ..mail("", "a@x.example", "x") }).is_ok());
        assert!(checked(Mail { text: long(TEXT_BYTES_MAX + 1), ..mail("", "a@x.example", "x") }).is_err());
        assert!(checked(Mail { html: long(TEXT_BYTES_MAX + 1), ..mail("", "a@x.example", "x") }).is_err());
    }
}
