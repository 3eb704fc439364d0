//! The mail server: where mail is handed over, by SMTP.
//!
//! Tells apart what will never be taken, what may be taken later, and a mail server that is not there for anybody.
//! Source: RFC 5321, 4.2.1 (the second digit of replies is not looked at; the first says whether trying again may help).

use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::domain::text;
use crate::server::config::mail::{MailConfig, MailServer, Safety, Sender};
use crate::server::mail::message;
use crate::server::store::mail::DueMail;

/// A mail server gets this long for each answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// A connection that is not used for so long is closed.
const IDLE: Duration = Duration::from_secs(20);
/// Characters of a mail server's words that are kept.
const WORDS_MAX: usize = 300;
/// Replies that are about us and not about the mail: closing, no such command, sign-in wanted, wrong, too weak, without
/// encryption. Source: RFC 5321, 4.2.3; RFC 4954, 6.
const ABOUT_US: [u16; 9] = [421, 500, 502, 503, 504, 530, 534, 535, 538];

/// Hands mail over.
pub(super) struct Outlet {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Sender,
}

/// Why a mail was not taken, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotSent {
    /// It never will be.
    Refused(String),
    /// It may be later.
    Later(String),
    /// The mail server takes nothing of anybody now.
    NoServer(String),
}

impl Outlet {
    /// Gets ready; connects with the first mail.
    ///
    /// # Errors
    /// One line: why the mail server's name can be none.
    pub(super) fn new(config: &MailConfig) -> Result<Self, String> {
        let MailConfig { server: MailServer { host, port, safety, login }, from } = config;
        let encryption =
            || TlsParameters::new(host.clone()).map_err(|why| format!("--smtp-url: {host} cannot be talked to: {why}"));
        let tls = match safety {
            Safety::Tls => Tls::Wrapper(encryption()?),
            Safety::StartTls => Tls::Required(encryption()?),
            Safety::Plain => Tls::None,
        };
        let place = from.address.rsplit('@').next().unwrap_or("localhost");
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.clone())
            .port(*port)
            .tls(tls)
            .timeout(Some(PATIENCE))
            .hello_name(ClientId::Domain(place.to_owned()))
            .pool_config(PoolConfig::new().max_size(1).idle_timeout(IDLE));
        if let Some((user, password)) = login {
            transport = transport.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        Ok(Self { transport: transport.build(), from: from.clone() })
    }

    /// Hands one mail over.
    ///
    /// # Errors
    /// [`NotSent`].
    pub(super) async fn send(&self, mail: &DueMail) -> Result<(), NotSent> {
        let message = message::made(mail, &self.from).map_err(NotSent::Refused)?;
        // A mail server that says nothing at each step, each time within its patience, is not waited for either.
        match tokio::time::timeout(PATIENCE * 3, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(why)) => Err(in_words(&why)),
            Err(_) => Err(NotSent::NoServer("the mail server takes too long".to_owned())),
        }
    }
}

fn in_words(why: &Error) -> NotSent {
    let words = short(&std::error::Error::source(why).map_or_else(|| why.to_string(), ToString::to_string));
    match why.status().map(u16::from) {
        Some(code) if ABOUT_US.contains(&code) => {
            NotSent::NoServer(format!("the mail server does not deal with us ({code}): {words}"))
        }
        Some(code) if why.is_permanent() => {
            NotSent::Refused(format!("the mail server does not take it ({code}): {words}"))
        }
        Some(code) => NotSent::Later(format!("the mail server does not take it now ({code}): {words}")),
        None if why.is_timeout() => NotSent::NoServer("the mail server does not answer".to_owned()),
        None if why.is_tls() => NotSent::NoServer(format!("no safe connection to the mail server: {words}")),
        None if why.is_client() => NotSent::NoServer(format!("the mail server cannot do what is needed: {words}")),
        None => NotSent::NoServer(format!("the mail server cannot be reached: {words}")),
    }
}

/// A mail server's words, in one line of a bounded length.
fn short(words: &str) -> String {
    let plain = words.chars().map(|letter| if text::is_disruptive(letter) { ' ' } else { letter });
    plain.take(WORDS_MAX).collect::<String>().trim().to_owned()
}
