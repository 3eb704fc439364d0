//! Where mail is handed over, and in whose name.
//!
//! The address of the mail server may hold a password, so nothing here prints what was typed.

use std::path::PathBuf;

use clap::Args;

use crate::domain::email::read_email;
use crate::domain::text;
use crate::server::config::{Secret, complaint};

/// Characters of a sender's name.
const NAME_MAX: usize = 100;

/// Mail as settings.
#[derive(Args, Clone, Debug)]
pub struct MailSettings {
    /// Mail server that takes what this server sends, as smtps://user:password@mail.example or smtp://mail.example, which encrypts by STARTTLS; without it no mail is sent
    #[arg(long, env = "PODIUM_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<Secret>,

    /// File that holds the address of the mail server
    #[arg(long, env = "PODIUM_SMTP_URL_FILE", value_name = "FILE")]
    pub smtp_url_file: Option<PathBuf>,

    /// Whom mail comes from, like quiz@school.example or Quiz Night <quiz@school.example>
    #[arg(long, env = "PODIUM_MAIL_FROM", value_name = "ADDRESS", value_parser = Sender::parse)]
    pub mail_from: Option<Sender>,
}

/// How mail leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailConfig {
    /// The mail server.
    pub server: MailServer,
    /// In whose name.
    pub from: Sender,
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What keeps others from reading along.
    pub safety: Safety,
    /// Who signs in there, and with which password.
    pub login: Option<(String, Secret)>,
}

/// What keeps others from reading along on the way to the mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Encrypted from the first byte.
    Tls,
    /// Encrypted before anything is said; a server that cannot is told nothing.
    StartTls,
    /// Nothing.
    Plain,
}

/// Whom mail comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Their name; may be empty.
    pub name: String,
    /// Their address, in lower case.
    pub address: String,
}

impl MailSettings {
    /// Reads the file that a setting names, and checks what only makes sense together.
    ///
    /// # Errors
    /// One line that says what is wrong and how to mend it.
    pub fn resolve(self) -> Result<Option<MailConfig>, String> {
        let url = match (self.smtp_url, self.smtp_url_file) {
            (Some(_), Some(_)) => return Err("give --smtp-url or --smtp-url-file, not both".to_owned()),
            (None, Some(file)) => Some(Secret::read(&file, "--smtp-url-file")?),
            (given, None) => given,
        };
        match (url, self.mail_from) {
            (None, None) => Ok(None),
            (Some(url), Some(from)) => {
                let server = MailServer::parse(url.reveal())
                    .map_err(|cure| format!("{} cannot be that: {cure}", complaint::with_variables("--smtp-url")))?;
                Ok(Some(MailConfig { server, from }))
            }
            (Some(_), None) => {
                Err("--smtp-url needs --mail-from, whom mail comes from, like quiz@school.example".to_owned())
            }
            (None, Some(_)) => {
                Err("--mail-from needs --smtp-url, the mail server, like smtps://user:password@mail.example".to_owned())
            }
        }
    }
}

impl MailServer {
    /// Takes the address of a mail server.
    ///
    /// # Errors
    /// What to write instead, without a word of what was written.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let mend = || "write smtps://user:password@mail.example or smtp://mail.example:587".to_owned();
        let (scheme, rest) = typed.trim().split_once("://").ok_or_else(mend)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let safety = match (scheme.to_ascii_lowercase().as_str(), query) {
            ("smtps", "") => Safety::Tls,
            ("smtp", "" | "tls=required") => Safety::StartTls,
            ("smtp", "tls=none") => Safety::Plain,
            ("smtp" | "smtps", _) => return Err("behind its ? only tls=required and tls=none are known".to_owned()),
            _ => return Err(mend()),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, authority),
        };
        let place: http::uri::Authority = place.parse().map_err(|_| mend())?;
        let host = place.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port = place.port_u16().filter(|port| *port > 0);
        let has_port = place.as_str().len() > place.host().len();
        if host.is_empty() || (has_port && port.is_none()) {
            return Err(mend());
        }
        let login = login.map(Self::login).transpose()?;
        let is_here = ["localhost", "127.0.0.1", "::1"].contains(&host.as_str());
        if safety == Safety::Plain && login.is_some() && !is_here {
            return Err(
                "with tls=none everybody on the way would read the password; leave it or tls=none out".to_owned()
            );
        }
        let usual = match safety {
            Safety::Tls => 465,
            Safety::StartTls => 587,
            Safety::Plain => 25,
        };
        Ok(Self { host, port: port.unwrap_or(usual), safety, login })
    }

    fn login(written: &str) -> Result<(String, Secret), String> {
        let mend = || "write name and password as user:password, with %40 for @, %3A for : and %2F for /".to_owned();
        let (user, password) = written.split_once(':').ok_or_else(mend)?;
        let (user, password) = (unescaped(user).ok_or_else(mend)?, unescaped(password).ok_or_else(mend)?);
        let is_bad = |text: &str| text.is_empty() || text.chars().any(char::is_control);
        if is_bad(&user) || is_bad(&password) { Err(mend()) } else { Ok((user, password.into())) }
    }
}

/// A text whose special characters are written as `%` and two digits. Source: RFC 3986, 2.1.
fn unescaped(written: &str) -> Option<String> {
    let mut parts = written.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

impl Sender {
    /// Takes an address, with a name before it where there is one.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let mend = |_| "write an address, like quiz@school.example or Quiz Night <quiz@school.example>".to_owned();
        let (name, address) = match typed.trim().strip_suffix('>').and_then(|typed| typed.split_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"').to_owned(), address),
            None => (String::new(), typed),
        };
        if name.chars().any(text::is_disruptive) || text::length(&name) > NAME_MAX {
            return Err(format!("write a name in one line, of {NAME_MAX} characters at most"));
        }
        Ok(Self { name, address: read_email(address).map_err(mend)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, port: u16, safety: Safety) -> MailServer {
        MailServer { host: host.to_owned(), port, safety, login: None }
    }

    #[test]
    fn a_mail_server_is_read_with_its_usual_port() {
        for (typed, expected) in [
            ("smtps://Mail.Example", server("mail.example", 465, Safety::Tls)),
            ("smtp://mail.example/", server("mail.example", 587, Safety::StartTls)),
            ("smtp://mail.example:2525?tls=required", server("mail.example", 2525, Safety::StartTls)),
            ("smtp://10.0.0.7?tls=none", server("10.0.0.7", 25, Safety::Plain)),
            ("smtp://[::1]:1025?tls=none", server("::1", 1025, Safety::Plain)),
        ] {
            assert_eq!(MailServer::parse(typed), Ok(expected), "{typed}");
        }
        let login =
            MailServer::parse("smtps://quiz%40school.example:p%C3%A4%3Ass@mail.example").expect("a login").login;
        assert_eq!(login, Some(("quiz@school.example".to_owned(), "pä:ss".into())));
        assert!(MailServer::parse("smtp://a:b@localhost?tls=none").is_ok());
    }

    #[test]
    fn what_is_no_mail_server_is_told_without_its_password() {
        for typed in [
            "",
            "mail.example",
            "https://mail.example",
            "smtp://",
            "smtp://:25",
            "smtp://mail.example:0",
            "smtp://mail.example:70000",
            "smtp://mail.example:",
            "smtp://mail.example?tls=maybe",
            "smtps://mail.example?tls=none",
            "smtp://s3cret@mail.example",
            "smtp://:s3cret@mail.example",
            "smtp://user:s3cret%0d@mail.example",
            "smtp://user:s3cret%zz@mail.example",
            "smtp://user:s3cret@mail.example?tls=none",
            "smtp://user:s3cret@mail example",
        ] {
            let cure = MailServer::parse(typed).expect_err(typed);
            assert!(!cure.contains("s3cret"), "{typed}: {cure}");
        }
        assert!(!format!("{:?}", MailServer::parse("smtps://u:s3cret@m.example")).contains("s3cret"));
    }

    #[test]
    fn a_sender_may_have_a_name() {
        let sender = |name: &str| Sender { name: name.to_owned(), address: "quiz@school.example".to_owned() };
        assert_eq!(Sender::parse(" Quiz@School.example "), Ok(sender("")));
        assert_eq!(Sender::parse("Quiz Night <quiz@school.example>"), Ok(sender("Quiz Night")));
        assert_eq!(Sender::parse("\"Ä, B\" <quiz@school.example>"), Ok(sender("Ä, B")));
        for bad in ["", "quiz", "a <quiz>", "a\r\nBcc: b <quiz@school.example>", "a <quiz@school.example> b"] {
            assert!(Sender::parse(bad).is_err(), "{bad:?}");
        }
        let long = format!("{} <quiz@school.example>", "x".repeat(NAME_MAX + 1));
        assert!(Sender::parse(&long).is_err());
    }
}
