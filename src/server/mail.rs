//! Mail: kept in the store until the mail server has taken it, tried again when it does not, given up in words.
//!
//! A mail whose personal link does not hold any more is taken back instead of being sent.
//!
//! One task sends, one mail after the other, so that the order stays and no mail server is pressed. What is on disk is sent
//! after a restart, too; a mail whose taking was not noted before the process ended is sent once more under the same
//! Message-ID, which mail programs show once. It knows nothing of why somebody is written to.
//!
//! Reading order: [`Mail`], [`Mailer`], `message` (what a mail looks like on the wire), `outlet` (the mail server),
//! [`invite`] (what is written to somebody who is invited).

pub mod invite;
mod message;
mod outlet;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::domain::calendar::CalendarEntry;
use crate::domain::ids::{MailId, OrganisationId};
use crate::domain::time::{Millis, Timestamp};
use crate::server::auth::invite::InviteClaim;
use crate::server::clock::Clock;
use crate::server::config::mail::MailConfig;
use crate::server::mail::outlet::{NotSent, Outlet};
use crate::server::store::mail::{DueMail, NewMail, Parts};
use crate::server::store::{Store, StoreError};

/// Mails that are read at once.
const AT_ONCE: u32 = 20;
/// What another process wants sent is noticed after this time at the latest.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A mail is given up after so many tries, half a day after the first.
const TRIES_MAX: u32 = 12;
/// Between the first two tries; each time twice as long,
const FIRST_WAIT: Millis = Millis(30_000);
/// but never longer.
const WAIT_MAX: Millis = Millis(4 * 3_600_000);
/// While the mail server does not answer at all, or lets nobody in, it is asked no more often than this.
const REST: Millis = Millis(30_000);
/// Outcomes that a listener may be behind before it misses some; the store has them all.
const TOLD_MAX: usize = 1_024;

/// One mail to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: Recipient,
    /// What stands above it: one line.
    pub subject: String,
    /// What it says, as plain text.
    pub text: String,
    /// The same as a page.
    pub html: String,
    /// The same as an entry of their calendar, if it has a time.
    pub calendar: Option<CalendarEntry>,
}

/// Whom a mail goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Their name, in one line; may be empty.
    pub name: String,
    /// Their address.
    pub address: String,
}

/// Why a mail was not even taken to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MailError {
    /// The operator has named no mail server.
    #[error("this server sends no mail; its operator can change that with --smtp-url")]
    Off,
    /// It cannot be sent as it is: a sentence.
    #[error("{0}")]
    Bad(String),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a mail in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailOutcome {
    /// Whose it was.
    pub organisation: OrganisationId,
    /// The mail.
    pub mail: MailId,
    /// Why it was given up, in words; nothing if it was sent.
    pub given_up: Option<String>,
}

/// What sends mail. A clone is the same.
#[derive(Clone)]
pub struct Mailer(Arc<Office>);

struct Office {
    store: Store,
    clock: Clock,
    outlet: Option<Outlet>,
    /// There is something to send.
    came: Notify,
    told: broadcast::Sender<MailOutcome>,
}

impl Mailer {
    /// Gets ready to send; nothing is sent before [`Mailer::deliver`] runs.
    ///
    /// # Errors
    /// One line: why the mail server cannot be used as it is written.
    pub fn new(config: Option<&MailConfig>, store: Store, clock: Clock) -> Result<Self, String> {
        let outlet = config.map(Outlet::new).transpose()?;
        let (came, told) = (Notify::new(), broadcast::channel(TOLD_MAX).0);
        Ok(Self(Arc::new(Office { store, clock, outlet, came, told })))
    }

    /// Whether mail can be sent.
    pub fn is_on(&self) -> bool {
        self.0.outlet.is_some()
    }

    /// Has a mail sent: it is on disk when this returns, and leaves as soon as it can. What becomes of it is told by
    /// [`Mailer::outcomes`] and by [`Store::mail`].
    ///
    /// # Errors
    /// [`MailError`]; nothing will be sent then.
    pub async fn send(&self, organisation: OrganisationId, mail: Mail) -> Result<MailId, MailError> {
        if !self.is_on() {
            return Err(MailError::Off);
        }
        let new = ready(mail, None).map_err(MailError::Bad)?;
        let id = self.0.store.add_mail(organisation, new, self.0.clock.now()).await?;
        self.0.came.notify_one();
        Ok(id)
    }

    /// Has mails sent that are ready, as [`Mailer::send`] does with one: they are on disk together. Those with a link that
    /// is on its way, or was sent just before, are left out. Returns the mails that will be sent, in their order.
    ///
    /// # Errors
    /// [`MailError`]; none of them will be sent then.
    pub async fn send_all(&self, organisation: OrganisationId, mails: Vec<NewMail>) -> Result<Vec<MailId>, MailError> {
        if !self.is_on() {
            return Err(MailError::Off);
        }
        let ids = self.0.store.add_mails(organisation, mails, self.0.clock.now()).await?;
        self.0.came.notify_one();
        Ok(ids)
    }

    /// What becomes of mails from now on. Who was too slow and reads `Lagged` asks [`Store::mail`] for each.
    pub fn outcomes(&self) -> broadcast::Receiver<MailOutcome> {
        self.0.told.subscribe()
    }

    /// Sends what waits until the house stops.
    pub async fn deliver(&self, stop: CancellationToken) {
        let Some(outlet) = &self.0.outlet else { return };
        let (mut rests_until, mut was_well) = (Timestamp(0), true);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.0.came.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if self.0.clock.now() < rests_until {
                continue;
            }
            let round = tokio::select! {
                () = stop.cancelled() => return,
                round = self.deliver_due(outlet) => round,
            };
            let trouble = match round {
                Ok(()) => None,
                Err(Interrupted::Outlet(why)) => Some(why),
                Err(Interrupted::Store(why)) => Some(why.to_string()),
            };
            if let Some(why) = &trouble {
                rests_until = self.0.clock.now() + REST;
                if was_well {
                    warn!(error = %why, "no mail can be sent, it waits");
                }
            } else if !was_well {
                info!("mail can be sent again");
            }
            was_well = trouble.is_none();
        }
    }

    /// Sends everything that is due.
    async fn deliver_due(&self, outlet: &Outlet) -> Result<(), Interrupted> {
        let Office { store, clock, .. } = &*self.0;
        loop {
            let due = store.due_mails(clock.now(), AT_ONCE).await?;
            let is_last = due.len() < AT_ONCE as usize;
            for mail in due {
                self.deliver_one(outlet, mail).await?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Tries one mail, and notes what came of it.
    async fn deliver_one(&self, outlet: &Outlet, mail: DueMail) -> Result<(), Interrupted> {
        let Office { store, clock, told, .. } = &*self.0;
        let (id, organisation, tries) = (mail.id, mail.organisation, mail.tries + 1);
        // Asked just before it leaves: it may have waited for hours, and those before it take their time.
        if !store.mail_holds(id).await? {
            store.take_back_mail(organisation, id).await?;
            info!(mail.id = %id, organisation = %organisation, "mail taken back, its link does not hold any more");
            return Ok(());
        }
        let outcome = outlet.send(&mail).await;
        let now = clock.now();
        let given_up = match &outcome {
            Ok(()) => None,
            Err(NotSent::Refused(why)) => Some(why.clone()),
            Err(NotSent::Later(why) | NotSent::NoServer(why)) if tries >= TRIES_MAX => {
                Some(format!("{why} (tried {tries} times)"))
            }
            Err(NotSent::Later(why)) => {
                store.put_off_mail(id, why.clone(), now + wait_after(tries)).await?;
                return Ok(());
            }
            Err(NotSent::NoServer(why)) => {
                store.put_off_mail(id, why.clone(), now + wait_after(tries)).await?;
                return Err(Interrupted::Outlet(why.clone()));
            }
        };
        store.end_mail(id, given_up.clone(), now).await?;
        match &given_up {
            None => info!(mail.id = %id, organisation = %organisation, "mail sent"),
            // Not why: the words of a mail server may hold the address.
            Some(_) => warn!(mail.id = %id, organisation = %organisation, tries, "mail given up"),
        }
        // Nobody may be listening.
        let _ = told.send(MailOutcome { organisation, mail: id, given_up });
        Ok(())
    }
}

/// A mail as it is kept, with the personal link that is in it, if one is.
///
/// # Errors
/// Why it cannot be sent as it is, as a sentence.
pub fn ready(mail: Mail, link: Option<InviteClaim>) -> Result<NewMail, String> {
    let mail = message::checked(mail)?;
    let parts = Parts {
        name: mail.to.name,
        text: mail.text,
        html: mail.html,
        calendar: mail.calendar.map(|entry| entry.written()),
    };
    Ok(NewMail { recipient: mail.to.address, subject: mail.subject, parts, link })
}

/// Why a round ended before everything was tried.
enum Interrupted {
    /// The mail server is not there, or lets nobody in.
    Outlet(String),
    /// The store is not there.
    Store(StoreError),
}

impl From<StoreError> for Interrupted {
    fn from(why: StoreError) -> Self {
        Self::Store(why)
    }
}

/// How long to wait after so many tries.
fn wait_after(tries: u32) -> Millis {
    let doubled = FIRST_WAIT.0.saturating_mul(1_i64.checked_shl(tries.saturating_sub(1)).unwrap_or(i64::MAX));
    Millis(doubled.min(WAIT_MAX.0))
}
